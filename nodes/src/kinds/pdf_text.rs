//! Read PDF text: the words of a PDF, whole and by page.

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use pdf::tools::{Order, TextOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::describe::{choice, describe, pt, words};
use super::dotted;
use super::pdf_sign::{password, password_slot};
use super::pdf_tools::{AT_ONCE, on_file, property, secret, warnings};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};

choice! {
    /// How the text is put in order.
    pub enum Layout {
        #[default]
        Reading = "reading", "As it is read", "Como é lido";
        Position = "position", "As it stands on the page (tables)", "Como está na página (tabelas)";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to read.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a ler."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Which pages: 1-3, 5, -1 (the last), odd, even; all when empty.
    #[schemars(title = "Pages", extend("x-pt" = pt("Páginas", "Quais páginas: 1-3, 5, -1 (a última), odd (ímpares), even (pares); todas quando vazio."), "x-placeholder" = "1-3, 5"))]
    pub pages: String,
    /// How the text is put in order.
    #[schemars(title = "Order", extend("x-pt" = pt("Ordem", "Como o texto é posto em ordem.")))]
    pub layout: Layout,
    /// Letters that are read at most; the rest is left out, and a warning says so.
    #[schemars(title = "At most", range(min = 1, max = 20000000), extend("x-pt" = pt("No máximo", "Quantas letras são lidas no máximo; o resto fica de fora, e um aviso o diz."), "x-advanced" = true))]
    pub max_letters: u32,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Field of the item that gets the text, the pages and warnings.
    #[schemars(title = "Put text into", extend("x-pt" = pt("Colocar texto em", "Campo do item que recebe o texto, as páginas e avisos."), "x-widget" = "text"))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            pages: String::new(),
            layout: Layout::Reading,
            max_letters: 2_000_000,
            encrypted: false,
            property: "pdf".into(),
        }
    }
}

pub struct PdfText;

#[async_trait]
impl NodeKind for PdfText {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["extract", "words", "read", "ocr", "extrair", "texto", "ler", "palavras"]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_text",
                ["Read PDF text", "Ler texto de PDF"],
                ["Extracts the text", "Extrai o texto"],
                Group::Pdf,
                "file-text",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let options = TextOptions {
                    password: secret(password.as_deref(), p.encrypted),
                    pages: p.pages.clone(),
                    order: match p.layout {
                        Layout::Reading => Order::Reading,
                        Layout::Position => Order::Position,
                    },
                    letters: p.max_letters as usize,
                    ..TextOptions::default()
                };
                let read = on_file(context, &item, &p.file, move |pdf| pdf::tools::text(pdf, &options)).await?;
                let pages: Vec<_> =
                    read.pages.iter().map(|page| json!({"page": page.number, "text": page.text})).collect();
                let found = json!({"text": read.whole(), "pages": pages, "page_count": read.of,
                    "warnings": warnings(&read.warnings)});
                let mut made: Item = item.as_ref().clone();
                dotted::set(&mut made.json, property(&p.property, "pdf"), true, found)?;
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}
