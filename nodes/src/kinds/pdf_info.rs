//! PDF info: pages, sizes, fields, protection, signatures and what the document says of itself.

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use pdf::Limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::describe::{describe, pt, words};
use super::dotted;
use super::pdf_sign::{password, password_slot};
use super::pdf_tools::{AT_ONCE, on_file, property};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to look at.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a examinar."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Field of the item that gets what is found.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que recebe o que for encontrado."), "x-widget" = "text"))]
    pub property: String,
    /// The PDF opens with a password; it comes from a credential. Without it, a protected PDF tells only that it is one.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial. Sem ela, um PDF protegido só diz que o é."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { file: "data".into(), property: "pdf".into(), encrypted: false }
    }
}

pub struct PdfInfo;

#[async_trait]
impl NodeKind for PdfInfo {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["pages", "metadata", "fields", "count", "páginas", "metadados", "campos", "contar"]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_info",
                ["PDF info", "Dados do PDF"],
                ["Pages, fields, signatures", "Páginas, campos, assinaturas"],
                Group::Pdf,
                "file-search",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let password = password.clone().filter(|_| p.encrypted);
                let look = move |pdf: &[u8]| pdf::info(pdf, password.as_deref(), &Limits::default());
                let info = on_file(context, &item, &p.file, look).await?;
                let found = serde_json::to_value(&info).unwrap_or(Value::Null);
                let mut made: Item = item.as_ref().clone();
                dotted::set(&mut made.json, property(&p.property, "pdf"), true, found)?;
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}
