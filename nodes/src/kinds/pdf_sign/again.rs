//! What happens with a PDF that the certificate has signed already, such as when a run is repeated.

use std::sync::Arc;

use bytes::Bytes;
use flow::Item;
use serde_json::json;

use super::{Parameters, blocking, error};
use crate::NodeError;
use crate::kinds::common::file;
use crate::kinds::describe::choice;
use crate::kinds::dotted;

choice! {
    /// What happens with a PDF that this certificate has signed already.
    pub enum Again {
        #[default]
        Sign = "sign", "It is signed again", "É assinado de novo";
        Pass = "pass", "It goes on unchanged", "Segue inalterado";
        Error = "error", "It is an error", "É um erro";
    }
}

/// The item as it goes on without another signature; none if it is to be signed.
pub(super) async fn passed(
    item: &Item,
    p: &Parameters,
    content: &Bytes,
    certificate: &Arc<Vec<u8>>,
    password: Option<&str>,
) -> Result<Option<Item>, NodeError> {
    if p.again == Again::Sign {
        return Ok(None);
    }
    let (content, certificate) = (content.clone(), certificate.clone());
    let password = password.map(|password| pdf::Secret(password.to_owned()));
    let (field, who) = blocking(move || {
        let limits = pdf::Limits::default();
        let field = pdf::signed_by(&content, &certificate, password.as_ref(), &limits).map_err(|e| error(&e))?;
        let who = pdf::Certificate::parse(&certificate).map(|certificate| certificate.summary());
        Ok((field, who.map_err(|_| error(&pdf::Error::CertificateFileDamaged))?))
    })
    .await?;
    let Some(field) = field else { return Ok(None) };
    if p.again == Again::Error {
        return Err(error(&pdf::Error::AlreadySigned { name: who.name, field }));
    }
    let mut made = item.clone();
    let output = if p.output.trim().is_empty() { p.file.trim() } else { p.output.trim() };
    made.binary.insert(output.to_owned(), file(item, &p.file)?.clone());
    if !p.property.trim().is_empty() {
        let facts = json!({
            "name": who.name,
            "issuer": who.issuer,
            "serial": who.serial,
            "field": field,
            "already_signed": true,
            "warnings": [],
        });
        dotted::set(&mut made.json, p.property.trim(), true, facts)?;
    }
    Ok(Some(made))
}
