//! Credentials: checked when they come in, sealed, and opened only for the step that uses them.

use flow::api::{Credential, NewCredential, Page};
use nodes::NodeError;
use nodes::world::Secret;
use serde_json::{Map, Value};

use crate::certificates::{self, Outlook};
use crate::store::{CredentialRow, PageOf, Store, StoreError, time};
use crate::vault::{Vault, VaultError};

#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("'{0}' is no kind of credential. See GET /api/v1/credential-kinds.")]
    UnknownKind(String),
    #[error("The credential needs a name.")]
    Unnamed,
    #[error("A credential's kind can't be changed. Make a new one.")]
    KindChanged,
    #[error("The credential is used by: {}. Choose another one there first.", .0.join(", "))]
    InUse(Vec<String>),
    /// The secret does not fit its kind, for example a wrong certificate password.
    #[error("{0}")]
    Refused(#[from] NodeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Checks and stores a new credential.
pub async fn create(
    store: &Store,
    vault: &Vault,
    new: NewCredential,
    by: &str,
    outlook: &Outlook,
) -> Result<Credential, CredentialError> {
    let now = time::now();
    let id = time::new_id();
    let row = row(vault, id, new, now, now, by)?;
    store.insert_credential(row.clone()).await?;
    Ok(shown(row, Vec::new(), outlook))
}

/// Changes the name and, unless it is empty, the secret.
pub async fn update(
    store: &Store,
    vault: &Vault,
    id: &str,
    new: NewCredential,
    by: &str,
    outlook: &Outlook,
) -> Result<Credential, CredentialError> {
    let old = store.credential(id).await?;
    if new.kind != old.kind {
        return Err(CredentialError::KindChanged);
    }
    let changed = if new.secret.is_empty() {
        let name = name(&new.name)?;
        CredentialRow { name, updated_at: time::now(), updated_by: by.to_owned(), ..old }
    } else {
        row(vault, old.id, new, old.created_at, time::now(), by)?
    };
    store.update_credential(changed.clone()).await?;
    Ok(shown(changed, users(store, id).await?, outlook))
}

/// Deletes a credential that no flow uses.
pub async fn delete(store: &Store, id: &str) -> Result<(), CredentialError> {
    store.credential(id).await?;
    let flows = users(store, id).await?;
    if !flows.is_empty() {
        return Err(CredentialError::InUse(flows));
    }
    Ok(store.delete_credential(id).await?)
}

/// By name, a page at a time.
pub async fn list(store: &Store, page: &PageOf, outlook: &Outlook) -> Result<Page<Credential>, CredentialError> {
    let Page { items, next } = store.credentials_page(page).await?;
    let ids: Vec<String> = items.iter().map(|row| row.id.clone()).collect();
    let mut users = store.flows_using(&ids).await?;
    let used = |row: CredentialRow| (users.remove(&row.id).unwrap_or_default(), row);
    let shown = items.into_iter().map(used).map(|(users, row)| shown(row, users, outlook));
    Ok(Page { items: shown.collect(), next })
}

pub async fn show(store: &Store, id: &str, outlook: &Outlook) -> Result<Credential, CredentialError> {
    Ok(shown(store.credential(id).await?, users(store, id).await?, outlook))
}

/// Opens a credential for a step.
pub async fn open(store: &Store, vault: &Vault, id: &str) -> Result<Secret, CredentialError> {
    let row = store.credential(id).await?;
    let plain = vault.open(&row.sealed, row.id.as_bytes())?;
    let fields: Map<String, Value> = serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged)?;
    Ok(Secret { kind: row.kind, name: row.name, fields })
}

fn row(
    vault: &Vault,
    id: String,
    new: NewCredential,
    created_at: i64,
    updated_at: i64,
    by: &str,
) -> Result<CredentialRow, CredentialError> {
    let name = name(&new.name)?;
    let kind = nodes::credentials::get(&new.kind).ok_or_else(|| CredentialError::UnknownKind(new.kind.clone()))?;
    // Checked, stored and used is one and the same text.
    let secret = kind.trimmed(new.secret);
    let summary = kind.check(&secret)?;
    let plain = serde_json::to_vec(&secret).map_err(|_| VaultError::Damaged)?;
    // Bound to its row: a sealed value moved to another credential does not open.
    let sealed = vault.seal(&plain, id.as_bytes())?;
    let expires_at = certificates::ends(&summary);
    let updated_by = by.to_owned();
    Ok(CredentialRow { id, name, kind: new.kind, summary, sealed, created_at, updated_at, updated_by, expires_at })
}

fn name(text: &str) -> Result<String, CredentialError> {
    let name: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    if name.is_empty() { Err(CredentialError::Unnamed) } else { Ok(name) }
}

async fn users(store: &Store, id: &str) -> Result<Vec<String>, StoreError> {
    Ok(store.flows_using(&[id.to_owned()]).await?.remove(id).unwrap_or_default())
}

fn shown(row: CredentialRow, used_by: Vec<String>, outlook: &Outlook) -> Credential {
    Credential {
        certificate: certificates::of(&row.summary, outlook),
        id: row.id,
        name: row.name,
        kind: row.kind,
        summary: row.summary,
        created_at: time::rfc3339(row.created_at),
        updated_at: time::rfc3339(row.updated_at),
        used_by,
    }
}
