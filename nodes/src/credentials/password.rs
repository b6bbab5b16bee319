//! A password alone, such as the one that opens a PDF.

use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{CredentialType, describe};
use crate::error::NodeError;
use crate::kinds::describe::pt;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct Fields {
    /// The password.
    #[schemars(title = "Password", length(min = 1), extend("x-pt" = pt("Senha", "A senha."), "x-widget" = "password"))]
    password: String,
}

pub(super) struct Password;

impl CredentialType for Password {
    fn describe(&self) -> CredentialKind {
        describe::<Fields>("password", ["Password (PDF)", "Senha (PDF)"], "key-round")
    }

    fn summary(&self, _: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        Ok(Map::new())
    }
}
