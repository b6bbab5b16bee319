//! Merge PDFs: the files of all items become one.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flow::{Batch, BlobRef, Group, Item, KindDescription};
use pdf::tools::{MergeOptions, MergeSource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::common::file;
use super::describe::{describe, pt, words};
use super::dotted;
use super::pdf_sign::{blocking, error, password, password_slot, share};
use super::pdf_tools::{Signed, name, property, secret, warnings};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The file of each item, in the order of the items. Several names separated by commas take several files of an item.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo de cada item, na ordem dos itens. Vários nomes separados por vírgulas usam vários arquivos de um item."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Which pages of each file: 1-3, 5, -1 (the last), odd, even; all when empty.
    #[schemars(title = "Pages", extend("x-pt" = pt("Páginas", "Quais páginas de cada arquivo: 1-3, 5, -1 (a última), odd (ímpares), even (pares); todas quando vazio."), "x-placeholder" = "1-3, 5"))]
    pub pages: String,
    /// Name that the new PDF gets in the item.
    #[schemars(title = "Put PDF into", extend("x-pt" = pt("Colocar PDF em", "Nome que o novo PDF recebe no item."), "x-widget" = "text"))]
    pub output: String,
    /// The new file's name; the first one's with -merged when empty.
    #[schemars(title = "File name", extend("x-pt" = pt("Nome do arquivo", "O nome do novo arquivo; o do primeiro com -merged quando vazio.")))]
    pub file_name: String,
    /// The new document's title; the first one's when empty.
    #[schemars(title = "Title", extend("x-pt" = pt("Título", "O título do novo documento; o do primeiro quando vazio."), "x-advanced" = true))]
    pub title: String,
    /// Gives each file an entry in the outline (bookmarks), above those that it has itself.
    #[schemars(title = "Outline by file", extend("x-pt" = pt("Sumário por arquivo", "Dá a cada arquivo uma entrada no sumário (marcadores), acima das que ele já tem."), "x-advanced" = true))]
    pub outline: bool,
    /// What happens with a signed PDF: signatures can't survive a merge. When it goes on, they become pictures.
    #[schemars(title = "When one is signed", extend("x-pt" = pt("Quando um está assinado", "O que acontece com um PDF assinado: assinaturas não sobrevivem à junção. Ao continuar, elas viram imagens."), "x-advanced" = true))]
    pub signed: Signed,
    /// The PDFs open with a password; it comes from a credential.
    #[schemars(title = "The PDFs have a password", extend("x-pt" = pt("Os PDFs têm senha", "Os PDFs abrem com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Field of the item that tells of the work (pages, files, warnings); none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que descreve o trabalho (páginas, arquivos, avisos); nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            pages: String::new(),
            output: "data".into(),
            file_name: String::new(),
            title: String::new(),
            outline: true,
            signed: Signed::Refuse,
            encrypted: false,
            property: "merged".into(),
        }
    }
}

pub struct PdfMerge;

/// Most files that become one.
const MAX_FILES: usize = 2_000;

#[async_trait]
impl NodeKind for PdfMerge {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["join", "combine", "concatenate", "append", "juntar", "unir", "combinar", "concatenar"]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_merge",
                ["Merge PDFs", "Juntar PDFs"],
                ["Makes one PDF of many", "Faz um PDF de vários"],
                Group::Pdf,
                "merge",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let input = context.input();
        if input.is_empty() {
            return Ok(Output::one(Batch::many([])).into());
        }
        let p: Parameters = context.once().await?;
        let password = password(context).await?;
        let names: Vec<&str> = p.file.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let mut files = Vec::new();
        for (at, item) in input.items.iter().enumerate() {
            for name in &names {
                files.push((at, file(item, name).map_err(|e| e.at_item(at))?));
            }
        }
        if files.len() > MAX_FILES {
            let text = format!("There are {} files, more than {MAX_FILES}. Merge them in several steps.", files.len());
            return Err(NodeError::new("too_many_files", text));
        }
        let bytes = files.iter().map(|(_, blob)| blob.size).sum();
        let (merged, facts) = merge(context, &p, password.as_deref(), &files, bytes).await?;
        let mut item = Item {
            json: Default::default(),
            binary: BTreeMap::from([(property(&p.output, "data").to_owned(), merged)]),
        };
        if !p.property.trim().is_empty() {
            dotted::set(&mut item.json, p.property.trim(), true, facts)?;
        }
        Ok(Output::one(Batch::many([(Arc::new(item), context.all_origins())])).into())
    }
}

async fn merge(
    context: &Context,
    p: &Parameters,
    password: Option<&str>,
    files: &[(usize, &BlobRef)],
    bytes: u64,
) -> Result<(BlobRef, serde_json::Value), NodeError> {
    let first = files.first().map(|(_, blob)| (*blob).clone()).unwrap_or_default();
    let share = share(&BlobRef { size: bytes, ..first.clone() }).await?;
    let mut contents = Vec::with_capacity(files.len());
    let mut left = context.max_bytes;
    for (at, blob) in files {
        context.breathe().await?;
        let content = context.blobs.read(blob, left).await.map_err(|e| e.at_item(*at))?;
        left = left.saturating_sub(content.len() as u64);
        let title = blob.file_name.rsplit_once('.').map_or(blob.file_name.as_str(), |(stem, _)| stem).to_owned();
        contents.push((*at, content, title));
    }
    let options = MergeOptions {
        signed: p.signed.into(),
        title: p.title.clone(),
        bytes: usize::try_from(context.max_bytes.saturating_mul(2)).unwrap_or(usize::MAX),
        ..MergeOptions::default()
    };
    let (secret, pages, outline) = (secret(password, p.encrypted), p.pages.clone(), p.outline);
    let bound = blocking(move || {
        let _share = share;
        let source = |content, title: &String| MergeSource {
            bytes: content,
            // A file without password opens with any.
            password: secret.clone(),
            pages: pages.clone(),
            title: if outline { title.clone() } else { String::new() },
        };
        let sources: Vec<MergeSource<'_>> = contents.iter().map(|(_, content, title)| source(content, title)).collect();
        pdf::tools::merge(&sources, &options).map_err(|e| {
            // Which of them it was.
            let limits = Default::default();
            let bad = contents.iter().find(|(_, content, title)| {
                pdf::tools::merge(&[source(content, title)], &MergeOptions { limits, ..options.clone() }).is_err()
            });
            match bad {
                Some((at, ..)) => error(&e).at_item(*at),
                None => error(&e),
            }
        })
    })
    .await?;
    let facts = json!({"pages": bound.pages, "files": files.len(), "warnings": warnings(&bound.warnings)});
    let name = name(&p.file_name, &first.file_name, "-merged");
    let blob = context.blobs.write(&name, "application/pdf", bound.pdf.into()).await?;
    Ok((blob, facts))
}

#[cfg(test)]
mod tests;
