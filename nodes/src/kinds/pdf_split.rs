//! Split PDF: its pages become files of their own.

use std::collections::BTreeMap;

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use pdf::tools::{Bound, Split, SplitOptions, Splitter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;

use super::common::file;
use super::describe::{choice, describe, pt, words};
use super::dotted;
use super::pdf_sign::{blocking, error, password, password_slot, share};
use super::pdf_tools::{Signed, property, secret, warnings};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};

choice! {
    /// Where to cut.
    pub enum Mode {
        #[default]
        EachPage = "each_page", "Every page", "Cada página";
        Every = "every", "Every so many pages", "A cada tantas páginas";
        Ranges = "ranges", "A file for each range", "Um arquivo por intervalo";
        Pages = "pages", "Chosen pages into one file", "Páginas escolhidas em um arquivo";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to split.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a dividir."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Where the PDF is cut.
    #[schemars(title = "Split", extend("x-pt" = pt("Dividir", "Onde o PDF é cortado.")))]
    pub mode: Mode,
    /// How many pages each file gets.
    #[schemars(title = "Pages per file", range(min = 1), extend("x-pt" = pt("Páginas por arquivo", "Quantas páginas cada arquivo recebe."), "x-show-when" = {"/mode": ["every"]}))]
    pub every: u32,
    /// Pages and ranges separated by commas: 1-3, 4-, -1 (the last), odd, even.
    #[schemars(title = "Pages", extend("x-pt" = pt("Páginas", "Páginas e intervalos separados por vírgulas: 1-3, 4-, -1 (a última), odd (ímpares), even (pares)."), "x-show-when" = {"/mode": ["ranges", "pages"]}, "x-placeholder" = "1-3, 4-"))]
    pub pages: String,
    /// Name that each new PDF gets in its item.
    #[schemars(title = "Put PDF into", extend("x-pt" = pt("Colocar PDF em", "Nome que cada novo PDF recebe em seu item."), "x-widget" = "text"))]
    pub output: String,
    /// What happens with a signed PDF: signatures can't survive. When it goes on, they become pictures.
    #[schemars(title = "When it is signed", extend("x-pt" = pt("Quando está assinado", "O que acontece com um PDF assinado: assinaturas não sobrevivem. Ao continuar, elas viram imagens."), "x-advanced" = true))]
    pub signed: Signed,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Field of each item that tells of its part (number, pages, warnings); none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo de cada item que descreve sua parte (número, páginas, avisos); nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            mode: Mode::EachPage,
            every: 1,
            pages: String::new(),
            output: "data".into(),
            signed: Signed::Refuse,
            encrypted: false,
            property: "part".into(),
        }
    }
}

impl Parameters {
    fn options(&self, password: Option<&str>) -> SplitOptions {
        SplitOptions {
            split: match self.mode {
                Mode::EachPage => Split::EachPage,
                Mode::Every => Split::Every(self.every.max(1) as usize),
                Mode::Ranges => Split::Ranges(self.pages.clone()),
                Mode::Pages => Split::Pages(self.pages.clone()),
            },
            password: secret(password, self.encrypted),
            signed: self.signed.into(),
            ..SplitOptions::default()
        }
    }
}

pub struct PdfSplit;

/// Most files that one PDF becomes.
const MAX_PARTS: usize = 20_000;

/// A part with the pages that it has, or why it could not be made.
type Part = Result<(Vec<usize>, Bound), NodeError>;

#[async_trait]
impl NodeKind for PdfSplit {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["pages", "cut", "extract", "separate", "páginas", "cortar", "dividir", "separar"]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_split",
                ["Split PDF", "Dividir PDF"],
                ["Makes several PDFs of one", "Faz vários PDFs de um"],
                Group::Pdf,
                "scissors",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        // One after another: what one makes may be large.
        let output = context
            .map_items(1, |_, item, p: Parameters| async move { split(context, &item, &p, password.as_deref()).await })
            .await?;
        Ok(output.into())
    }
}

async fn split(context: &Context, item: &Item, p: &Parameters, password: Option<&str>) -> Result<Vec<Item>, NodeError> {
    let blob = file(item, &p.file)?;
    let share = share(blob).await?;
    let content = context.blobs.read(blob, context.max_bytes).await?;
    let options = p.options(password);
    // The parts are written while the next are made; no more than two are in memory.
    let (sender, mut parts) = mpsc::channel::<Part>(1);
    let work = tokio::spawn(blocking(move || {
        let _share = share;
        let splitter = Splitter::new(&content, &options).map_err(|e| error(&e))?;
        let pages: Vec<Vec<usize>> = splitter.parts().collect();
        if pages.len() > MAX_PARTS {
            let text =
                format!("The PDF would become {} files, more than {MAX_PARTS}. Take more pages per file.", pages.len());
            return Err(NodeError::new("too_many_files", text));
        }
        for (at, pages) in pages.into_iter().enumerate() {
            let part = splitter.part(at).map(|bound| (pages, bound)).map_err(|e| error(&e));
            let failed = part.is_err();
            // Nobody waits for more when the run was cancelled.
            if sender.blocking_send(part).is_err() || failed {
                break;
            }
        }
        Ok(())
    }));
    let stem = blob.file_name.rsplit_once('.').map_or(blob.file_name.as_str(), |(stem, _)| stem);
    let stem = if stem.is_empty() { "part" } else { stem };
    let (mut items, mut total) = (Vec::new(), 0u64);
    while let Some(part) = parts.recv().await {
        let (pages, bound) = part?;
        // Pages that share large pictures have them each: the parts may be many times the whole.
        total = total.saturating_add(bound.pdf.len() as u64);
        if total > context.max_bytes.saturating_mul(16) {
            let text = "The parts are together more than 16 times the largest file allowed. Take more pages per file.";
            return Err(NodeError::new("pdf_result_too_large", text));
        }
        let name = match (pages.first(), pages.last()) {
            (Some(first), Some(last)) if first != last => format!("{stem}-{first}-{last}.pdf"),
            (Some(only), _) => format!("{stem}-{only}.pdf"),
            _ => format!("{stem}.pdf"),
        };
        let written = context.blobs.write(&name, "application/pdf", bound.pdf.into()).await?;
        let mut made = Item { json: item.json.clone(), binary: BTreeMap::new() };
        made.binary.insert(property(&p.output, "data").to_owned(), written);
        if !p.property.trim().is_empty() {
            let facts = json!({"number": items.len() + 1, "pages": pages, "warnings": warnings(&bound.warnings)});
            dotted::set(&mut made.json, p.property.trim(), true, facts)?;
        }
        items.push(made);
    }
    work.await.map_err(|_| NodeError::cancelled())??;
    Ok(items)
}

#[cfg(test)]
mod tests;
