//! Signing with a key elsewhere: the first of two steps. The second is the node that finishes the signature.

use std::sync::Arc;

use pdf::{Certified, Lang, Prepared};
use serde_json::{Value, json};

use super::outside::warnings;
use super::{AT_ONCE, Parameters, again, blocking, error, look, password, share, with_file};
use crate::NodeError;
use crate::context::{Context, Outcome};
use crate::credentials::mtls::pem;
use crate::kinds::common::{base64, file};
use crate::kinds::dotted;

/// The first step: a file that waits, and what is to be signed.
pub(super) async fn prepare(context: &Context) -> Result<Outcome, NodeError> {
    let password = &password(context).await?;
    let output = context
        .map_items(AT_ONCE, |_, item, p: Parameters| async move {
            let blob = file(&item, &p.file)?;
            let signer = certified(&p.certificate)?;
            let share = share(blob).await?;
            let content = context.blobs.read(blob, context.max_bytes).await?;
            let password = if p.encrypted { password.as_deref() } else { None };
            let certificate = Arc::new(signer.certificate.clone());
            if let Some(passed) = again::passed(&item, &p, &content, &certificate, password).await? {
                return Ok(vec![passed]);
            }
            let (mut options, now) = (p.options(&context.timezone, password), context.clock.now());
            look::complete(context, &item, &p, &mut options).await?;
            let (facts, pdf) = blocking(move || {
                let _share = share;
                let prepared = pdf::prepare(&content, &signer, &options, now).map_err(|e| error(&e))?;
                let facts = facts(&prepared);
                Ok((facts, prepared.into_file().map_err(|e| error(&e))?))
            })
            .await?;
            let mut made = with_file(context, &item, &p, pdf).await?;
            // Without it nothing could be signed.
            let property = if p.property.trim().is_empty() { "signature" } else { p.property.trim() };
            dotted::set(&mut made.json, property, true, facts)?;
            Ok(vec![made])
        })
        .await?;
    Ok(output.into())
}

/// Who signs, from a PEM text: the first certificate is the signer's.
fn certified(text: &str) -> Result<Certified, NodeError> {
    let blocks = pem(text);
    let mut ders: Vec<Vec<u8>> =
        blocks.into_iter().filter(|(label, _)| label == "CERTIFICATE").map(|(_, der)| der).collect();
    if ders.is_empty() {
        let text = "“Certificate (PEM)” has no certificate. Paste the signer's certificate from -----BEGIN CERTIFICATE----- to the end.";
        return Err(NodeError::new("certificate_invalid", text));
    }
    let own = ders.remove(0);
    Certified::from_certificates(&own, &ders).map_err(|e| match e {
        pdf::Error::CertificateFileDamaged => {
            let text = "“Certificate (PEM)” starts with what is no certificate. Paste the signer's certificate first.";
            NodeError::new("certificate_invalid", text)
        }
        other => NodeError::new(other.code(), other.message(Lang::En)),
    })
}

/// What the key has to sign, and whose it is.
fn facts(prepared: &Prepared) -> Value {
    let who = prepared.signer();
    json!({
        "name": who.name,
        "issuer": who.issuer,
        "serial": who.serial,
        "field": prepared.field(),
        "algorithm": prepared.algorithm().name(),
        "digest": base64(prepared.digest()),
        "to_sign": base64(prepared.to_sign()),
        "warnings": warnings(prepared.warnings()),
    })
}
