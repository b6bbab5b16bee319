//! A PDF's signatures for somebody who looks at the file outside of a run: verified without asking anybody, within bounds
//! of size, memory and time.

mod refused;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flow::BlobRef;
use flow::api::PdfSignatures;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::credentials::mtls::pem;
use crate::kinds::pdf_sign::share;
pub use pdf::Lang;
pub use refused::Refused;

/// How much is done for those who look.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The largest file, in bytes.
    pub bytes: u64,
    /// Files at once; runs need the cores too.
    pub at_once: usize,
    /// How long to wait for one's turn.
    pub wait: Duration,
    /// How long one file may take.
    pub work: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 100 << 20, at_once: 2, wait: Duration::from_secs(20), work: Duration::from_secs(30) }
    }
}

/// Verifies for those who look.
pub struct Verifier {
    /// ICP-Brasil's and those of the server's own choice.
    roots: Vec<Vec<u8>>,
    bounds: Bounds,
    turns: Arc<Semaphore>,
}

/// A file's signatures, and where the versions that were signed end.
pub struct Verified {
    pub signatures: PdfSignatures,
    ends: Vec<Option<u64>>,
}

impl Verifier {
    /// `authorities` (DER) are trusted beside ICP-Brasil.
    pub fn new(authorities: Vec<Vec<u8>>, bounds: Bounds) -> Self {
        let roots = pdf::icp_brasil().into_iter().chain(authorities).collect();
        Self { roots, bounds, turns: Arc::new(Semaphore::new(bounds.at_once.max(1))) }
    }

    /// Verifies `blob`. `read` gives its content and is awaited when there is memory for it.
    ///
    /// # Errors
    /// Why nothing can be said about the signatures, or why the file could not be read.
    pub async fn verify<E: From<Refused>>(
        &self,
        blob: &BlobRef,
        read: impl Future<Output = Result<Bytes, E>>,
        lang: Lang,
        now: Timestamp,
    ) -> Result<Verified, E> {
        let limit = self.bounds.bytes;
        if blob.size > limit {
            return Err(Refused::TooLarge { bytes: blob.size, limit }.into());
        }
        let turn = timeout(self.bounds.wait, self.turn(blob)).await.map_err(|_| Refused::Busy)?;
        // It is never closed.
        let (turn, share) = turn.ok_or(Refused::Busy)?;
        let content = read.await?;
        let options = pdf::VerifyOptions { roots: self.roots.clone(), lang, ..pdf::VerifyOptions::at(now) };
        let work = tokio::task::spawn_blocking(move || {
            // The work goes on when nobody waits for it any more; its turn and its share go with it.
            let (_turn, _share) = (turn, share);
            verified(&content, &options)
        });
        let verified = timeout(self.bounds.work, work).await.map_err(|_| Refused::Slow)?;
        Ok(verified.map_err(|_| Refused::Broken)??)
    }

    async fn turn(&self, blob: &BlobRef) -> Option<(OwnedSemaphorePermit, tokio::sync::SemaphorePermit<'static>)> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        Some((turn, share(blob).await.ok()?))
    }
}

impl Verified {
    /// How many bytes from the start of the file are what the signer of signature `number` (from 1) signed.
    ///
    /// # Errors
    /// There is no such signature, or it does not cover a whole file.
    pub fn revision(&self, number: usize) -> Result<u64, Refused> {
        let at = number.checked_sub(1).ok_or(Refused::NoSignature)?;
        self.ends.get(at).ok_or(Refused::NoSignature)?.ok_or(Refused::NoRevision)
    }
}

fn verified(content: &[u8], options: &pdf::VerifyOptions) -> Result<Verified, Refused> {
    let report = pdf::verify(content, options).map_err(Refused::Pdf)?;
    let end = |signature| pdf::signed_revision(content, signature).map(|revision| revision.len() as u64);
    let ends: Vec<Option<u64>> = report.signatures.iter().map(end).collect();
    let mut signatures = told(&report).map_err(|_| Refused::Broken)?;
    for (signature, end) in signatures.signatures.iter_mut().zip(&ends) {
        signature.revision = end.is_some();
    }
    Ok(Verified { signatures, ends })
}

/// The report as the API gives it: the same names, and personal numbers as they may be shown.
fn told(report: &pdf::Report) -> Result<PdfSignatures, serde_json::Error> {
    let mut value = serde_json::to_value(report)?;
    for signature in value["signatures"].as_array_mut().into_iter().flatten() {
        // Two fields of one holder; a document time stamp has none.
        if let Some(holder) = signature["signer"].as_object_mut() {
            for (name, show) in [("cpf", masked as fn(&str) -> Option<String>), ("cnpj", formatted)] {
                let shown = holder.get(name).and_then(Value::as_str).and_then(show);
                holder.insert(name.to_owned(), shown.into());
            }
        }
    }
    serde_json::from_value(value)
}

/// A CPF as it may be shown: the middle six digits only.
fn masked(cpf: &str) -> Option<String> {
    let (a, b) = (cpf.get(3..6)?, cpf.get(6..9)?);
    (cpf.len() == 11).then(|| format!("***.{a}.{b}-**"))
}

/// A CNPJ as it is written.
fn formatted(cnpj: &str) -> Option<String> {
    let [a, b, c, d, e] = [0..2, 2..5, 5..8, 8..12, 12..14].map(|range| cnpj.get(range));
    (cnpj.len() == 14).then(|| Some(format!("{}.{}.{}/{}-{}", a?, b?, c?, d?, e?)))?
}

/// The certificates (DER) in a PEM text of authorities; none if one of them can't be read.
pub fn authorities(text: &str) -> Option<Vec<Vec<u8>>> {
    let blocks = pem(text).into_iter().filter(|(label, _)| label == "CERTIFICATE");
    let found: Vec<Vec<u8>> = blocks.map(|(_, der)| der).collect();
    let whole = found.len() == text.matches("-----BEGIN CERTIFICATE-----").count();
    (whole && !found.is_empty() && found.iter().all(|der| pdf::Certificate::parse(der).is_ok())).then_some(found)
}

#[cfg(test)]
mod tests;
