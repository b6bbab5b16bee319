//! What all PDF nodes work with: the open certificate, the password of the PDF, a share of the memory, a thread of its own.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context as Hash, SHA256};
use flow::{BlobRef, CredentialSlot};
use pdf::{Identity, Lang};
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::NodeError;
use crate::context::Context;
use crate::credentials::pkcs12;
use crate::kinds::describe::slot;

pub(crate) fn error(e: &pdf::Error) -> NodeError {
    NodeError::new(e.code(), e.message(Lang::En)).with_details(json!({"message_pt": e.message(Lang::PtBr)}))
}

type Known = Vec<([u8; 32], Arc<Identity>)>;

/// Opening a PKCS#12 file costs much more than signing with it, so the last few stay open. A changed file or password is
/// another one.
pub(crate) async fn identity(context: &Context) -> Result<Arc<Identity>, NodeError> {
    static KNOWN: Mutex<Known> = Mutex::new(Vec::new());
    const KEPT: usize = 16;
    let secret = context.secrets.get("certificate").await?.ok_or_else(|| {
        let text = "No certificate is chosen. Choose a PKCS#12 credential in the node's parameters.";
        NodeError::new("credential_missing", text)
    })?;
    let mut hash = Hash::new(&SHA256);
    for part in [secret.text("file"), "\0", secret.text("password")] {
        hash.update(part.as_bytes());
    }
    let mut key = [0; 32];
    key.copy_from_slice(hash.finish().as_ref());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, identity)) = known().iter().find(|(k, _)| *k == key) {
        return Ok(identity.clone());
    }
    let opened = Arc::new(blocking(move || pkcs12::identity(&secret.fields)).await?);
    let mut known = known();
    if known.len() >= KEPT {
        known.remove(0);
    }
    known.push((key, opened.clone()));
    Ok(opened)
}

/// The slot of the password that opens the PDF.
pub(crate) fn password_slot() -> CredentialSlot {
    slot("password", ["PDF password", "Senha do PDF"], &["password"], Some(("/encrypted", json!(true))))
}

/// The password of that slot; `None` when no item says that its PDF has one.
pub(crate) async fn password(context: &Context) -> Result<Option<String>, NodeError> {
    if context.node.parameters.get("encrypted").is_none_or(|v| v == &json!(false)) {
        return Ok(None);
    }
    let secret = context.secrets.get("password").await?.ok_or_else(|| {
        let text = "No password is chosen for the PDF. Choose a credential in the node's parameters.";
        NodeError::new("credential_missing", text)
    })?;
    Ok(Some(secret.text("password").to_owned()))
}

/// Megabytes of PDF that are worked on at once in the whole process, whatever the number of runs: each needs about four
/// times its size in memory.
const WORKING: u32 = 128;

/// The file's share of [`WORKING`], waited for in turn and held while it is worked on. A file that is larger than all of
/// it is worked on alone.
pub(crate) async fn share(blob: &BlobRef) -> Result<SemaphorePermit<'static>, NodeError> {
    static LEFT: Semaphore = Semaphore::const_new(WORKING as usize);
    let megabytes = u32::try_from(blob.size.div_ceil(1 << 20)).unwrap_or(WORKING).clamp(1, WORKING);
    // It is never closed.
    LEFT.acquire_many(megabytes).await.map_err(|_| NodeError::cancelled())
}

/// Runs work that keeps a core busy beside the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        NodeError::new(
            "internal",
            "The work on the file broke off. Try again; if it happens again, report it with the file.",
        )
    })?
}
