//! Credentials: secrets that nodes use. Their values go in and never come out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Time;
use crate::text::Text;

/// A kind of credential: its form. `GET /api/v1/credential-kinds`
///
/// Kinds: `pkcs12` {file, password}, `http_basic` {user, password}, `http_bearer` {token}, `http_header` {name, value},
/// `http_query` {name, value}, `jwt` {algorithm, secret}, `mtls` {certificate, key, ca}, `password` {password}.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialKind {
    pub kind: String,
    pub name: Text,
    pub icon: String,
    /// JSON Schema of the secret, an object, with the hints of [`crate::KindDescription::parameters`]; additionally
    /// `x-widget`: `password` (never shown) and `upload` (a file as base64).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub schema: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credential {
    pub id: String,
    pub name: String,
    pub kind: String,
    /// What may be shown; for `pkcs12`: `name`, `cpf` (masked), `cnpj`, `issuer`, `serial`, `not_before`, `not_after`, `key`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub summary: Map<String, Value>,
    pub created_at: Time,
    pub updated_at: Time,
    /// Names of the flows whose draft or published version uses it.
    #[serde(default)]
    pub used_by: Vec<String>,
}

/// `POST /api/v1/credentials`; `PUT /api/v1/credentials/{id}` (there, an absent `secret` stays).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCredential {
    pub name: String,
    pub kind: String,
    /// By the kind's schema. Checked before it is stored: a wrong certificate password is an error here.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub secret: Map<String, Value>,
}
