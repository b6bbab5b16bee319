//! What the PDF nodes share: reading the item's file, what happens with signed ones, names, warnings.

use flow::{BlobRef, Item};
use pdf::tools::{Changed, OnSigned, SignedPages, ToolWarning};
use pdf::{Lang, Secret};
use serde_json::{Value, json};

use super::common::file;
use super::describe::choice;
use super::dotted;
use super::pdf_sign::{blocking, error, share};
use crate::NodeError;
use crate::context::Context;

choice! {
    /// What happens with a signed PDF.
    pub enum Signed {
        #[default]
        Refuse = "refuse", "It is an error", "É um erro";
        Lose = "lose", "Go on: its signatures no longer count", "Continuar: as assinaturas deixam de valer";
    }
}

impl From<Signed> for OnSigned {
    fn from(signed: Signed) -> Self {
        match signed {
            Signed::Refuse => Self::Refuse,
            Signed::Lose => Self::Break,
        }
    }
}

impl From<Signed> for SignedPages {
    fn from(signed: Signed) -> Self {
        match signed {
            Signed::Refuse => Self::Refuse,
            Signed::Lose => Self::Drop,
        }
    }
}

/// Files worked on at once; each takes one core.
pub(super) const AT_ONCE: usize = 4;

/// Reads the item's PDF and does `work` on it beside the async threads, within the memory that PDFs share.
pub(super) async fn on_file<T: Send + 'static>(
    context: &Context,
    item: &Item,
    property: &str,
    work: impl FnOnce(&[u8]) -> Result<T, pdf::Error> + Send + 'static,
) -> Result<T, NodeError> {
    let blob = file(item, property)?;
    let share = share(blob).await?;
    let content = context.blobs.read(blob, context.max_bytes).await?;
    blocking(move || {
        // Held until the work ends, also when the run is cancelled meanwhile.
        let _share = share;
        work(&content).map_err(|e| error(&e))
    })
    .await
}

/// The password, where the item says that its PDF has one.
pub(super) fn secret(password: Option<&str>, encrypted: bool) -> Option<Secret> {
    password.filter(|_| encrypted).map(|p| Secret(p.to_owned()))
}

/// Writes a PDF under the given name, or the old one with `suffix`.
pub(super) async fn write(
    context: &Context,
    given: &str,
    old: &str,
    suffix: &str,
    pdf: Vec<u8>,
) -> Result<BlobRef, NodeError> {
    context.blobs.write(&name(given, old, suffix), "application/pdf", pdf.into()).await
}

/// The name that was given, or the old one with `suffix`.
pub(super) fn name(given: &str, old: &str, suffix: &str) -> String {
    let given = given.trim();
    if !given.is_empty() {
        return given.to_owned();
    }
    match old.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case("pdf") => format!("{stem}{suffix}.{extension}"),
        _ if old.is_empty() => format!("{}.pdf", suffix.trim_start_matches('-')),
        _ => format!("{old}{suffix}.pdf"),
    }
}

/// Where a changed PDF goes: parameters that the nodes which change one share.
pub(super) struct Target<'p> {
    /// The property that the PDF was in.
    pub file: &'p str,
    /// The property for the changed one; the same when blank.
    pub output: &'p str,
    /// Its name; the old one with `suffix` when blank.
    pub file_name: &'p str,
    pub suffix: &'static str,
    /// The field for the warnings; none when blank.
    pub facts: &'p str,
}

/// The item with its changed PDF.
pub(super) async fn with_changed(
    context: &Context,
    item: &Item,
    target: Target<'_>,
    changed: Changed,
) -> Result<Item, NodeError> {
    let old = &file(item, target.file)?.file_name;
    let blob = write(context, target.file_name, old, target.suffix, changed.pdf).await?;
    let mut made = item.clone();
    made.binary.insert(property(target.output, target.file).to_owned(), blob);
    if !target.facts.trim().is_empty() {
        let facts = json!({"warnings": warnings(&changed.warnings)});
        dotted::set(&mut made.json, target.facts.trim(), true, facts)?;
    }
    Ok(made)
}

/// A property's name, or another where it is blank.
pub(super) fn property<'a>(given: &'a str, otherwise: &'a str) -> &'a str {
    match given.trim() {
        "" => otherwise.trim(),
        given => given,
    }
}

/// Warnings with their codes and sentences.
pub(super) fn warnings(warnings: &[ToolWarning]) -> Value {
    let told = |w: &ToolWarning| json!({"code": w.code(), "message": w.message(Lang::En), "message_pt": w.message(Lang::PtBr)});
    warnings.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names() {
        let check = |given: &str, old: &str, expected: &str| assert_eq!(super::name(given, old, "-merged"), expected);
        check("", "a.b.PDF", "a.b-merged.PDF");
        check("", "scan", "scan-merged.pdf");
        check("", "", "merged.pdf");
        check(" x.pdf ", "a.pdf", "x.pdf");
    }
}
