//! What signatures in a document forbid.

use crate::field::{self, Field};
use crate::read::Pdf;

/// Who signed the document; none if nobody did.
pub fn signers(pdf: &Pdf<'_>, fields: &[Field]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for signature in fields.iter().filter(|field| field.is_signature()).filter_map(|field| field.value.as_ref()) {
        let name = field::signer(pdf, signature);
        if !names.contains(&name) && names.len() < 10 {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}
