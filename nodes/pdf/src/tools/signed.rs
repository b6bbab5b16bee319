//! What signatures in a document forbid.

use super::{ToolError, ToolWarning};
use crate::error::Error;
use crate::field::{self, Field};
use crate::read::Pdf;

/// What happens when a change would break signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnSigned {
    /// It is an error.
    #[default]
    Refuse,
    /// The change is made, and the signatures are broken.
    Break,
}

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

/// Before a change that breaks every signature.
pub fn may_break(
    pdf: &Pdf<'_>,
    fields: &[Field],
    on_signed: OnSigned,
    warnings: &mut Vec<ToolWarning>,
) -> Result<(), Error> {
    match (signers(pdf, fields), on_signed) {
        (None, _) => Ok(()),
        (Some(signers), OnSigned::Refuse) => Err(ToolError::Signed { signers }.into()),
        (Some(signers), OnSigned::Break) => {
            warnings.push(ToolWarning::SignaturesBroken { signers });
            Ok(())
        }
    }
}
