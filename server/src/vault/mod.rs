//! Encryption of credentials; the only module that sees a key.
//!
//! AES-256-GCM with a random nonce for each value. A sealed value names its key by id, so keys can be changed: the first
//! key of the list seals, all of them open, and [`Vault::rotate`] moves what is stored to a new first one. What else
//! needs a secret (tokens) gets one derived from the key for its purpose.

mod key;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::store::{Store, StoreError};
use key::Key;

/// Where a check value is stored that tells a wrong key at the start.
const CHECK: &str = "vault_check";

/// An encrypted value and the key that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Key id: the first 8 hexadecimal digits of the key's SHA-256.
    pub key: String,
    /// Nonce (12 bytes), ciphertext and tag.
    pub bytes: Vec<u8>,
}

/// What [`Vault::rotate`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Id of the key that is used from now on.
    pub key: String,
    /// Credentials that were sealed anew.
    pub moved: u64,
    /// Where the keys are.
    pub place: String,
}

/// Where the key comes from: `key`, else `key_file`, else `fluxo.key` in `folder`, which is made when it is missing.
#[derive(Clone, Default)]
pub struct VaultOptions {
    /// One key or several separated by commas, the newest first; each 32 bytes as base64 or hexadecimal.
    pub key: Option<String>,
    /// A file of such keys, one a line; or of one key as its 32 bytes.
    pub key_file: Option<PathBuf>,
    /// The data folder.
    pub folder: PathBuf,
}

impl VaultOptions {
    fn own_file(&self) -> PathBuf {
        self.folder.join("fluxo.key")
    }

    fn file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.own_file())
    }
}

impl std::fmt::Debug for VaultOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, key_file, folder } = self;
        f.debug_struct("VaultOptions")
            .field("key", &key.as_ref().map(|_| "…"))
            .field("key_file", key_file)
            .field("folder", folder)
            .finish()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("The key file {path} can't be used: {error}. Check that it exists and that Fluxo may read it.")]
    File { path: String, error: std::io::Error },
    #[error(
        "The key in {place} is not usable: {reason}. It must be 32 bytes as base64 or hexadecimal; `openssl rand -base64 32` makes one."
    )]
    Format { place: String, reason: &'static str },
    /// Another key than the one that the stored credentials were sealed with.
    #[error(
        "The key in {place} does not open the stored credentials. Put the former key back, after the new one if you mean to change it."
    )]
    WrongKey { place: String },
    #[error(
        "Nothing was sealed with another key than the one in FLUXO_KEY. To change it, put a new key before it, separated by a comma, and call this again; `openssl rand -base64 32` makes one."
    )]
    NoNewKey,
    #[error(
        "These credentials can't be opened with the given keys: {0}. Add the key that sealed them, or enter them again."
    )]
    Shut(String),
    #[error("There is no key file {0} yet. The first start of the server makes it.")]
    NoKey(String),
    #[error("A value was sealed with the key {0}, which is not among the given ones. Add that key again.")]
    UnknownKey(String),
    /// The value was changed, or belongs to another row.
    #[error("A stored secret can't be opened; it is damaged. Enter it again.")]
    Damaged,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals and opens; a cheap clone.
#[derive(Clone)]
pub struct Vault {
    /// Never empty; the first one seals.
    keys: Arc<Vec<Key>>,
    /// For people: where the keys came from.
    place: Arc<str>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(Key::id).collect();
        f.debug_struct("Vault").field("place", &self.place).field("keys", &ids).finish()
    }
}

impl Vault {
    /// Reads the keys, or makes one: a random key in `fluxo.key`, readable by its owner alone.
    pub fn new(options: &VaultOptions) -> Result<Self, VaultError> {
        if options.key.is_none() && options.key_file.is_none() {
            key::read_or_make(&options.own_file())?;
        }
        Self::existing(options)
    }

    /// Reads the keys and makes none.
    pub fn existing(options: &VaultOptions) -> Result<Self, VaultError> {
        let (place, text) = match (&options.key, options.file()) {
            (Some(text), _) => ("FLUXO_KEY".to_owned(), text.clone()),
            (None, path) if options.key_file.is_none() && !path.exists() => {
                return Err(VaultError::NoKey(path.display().to_string()));
            }
            (None, path) => (path.display().to_string(), key::read(&path)?),
        };
        let keys = key::parse(&text).map_err(|reason| VaultError::Format { place: place.clone(), reason })?;
        Ok(Self { keys: Arc::new(keys), place: place.into() })
    }

    /// Says early whether these are the keys of this database; the first start stores a value to tell by.
    pub async fn verify(&self, store: &Store) -> Result<(), VaultError> {
        self.opens_check(&store.setting_or(CHECK, &self.check()?).await?)
    }

    /// Opens all that is stored and changes nothing; how many credentials there are. The names of those that do not
    /// open are in the error.
    pub async fn verify_all(&self, store: &Store) -> Result<usize, VaultError> {
        if let Some(stored) = store.setting(CHECK).await? {
            self.opens_check(&stored)?;
        }
        let rows = store.credentials().await?;
        let shut: Vec<_> = rows.iter().filter(|row| self.open(&row.sealed, row.id.as_bytes()).is_err()).collect();
        if shut.is_empty() {
            return Ok(rows.len());
        }
        Err(VaultError::Shut(shut.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ")))
    }

    fn opens_check(&self, stored: &str) -> Result<(), VaultError> {
        let sealed = stored
            .split_once(':')
            .and_then(|(key, bytes)| Some(Sealed { key: key.to_owned(), bytes: BASE64_STANDARD.decode(bytes).ok()? }));
        match sealed.map(|sealed| self.open(&sealed, CHECK.as_bytes())) {
            Some(Ok(_)) => Ok(()),
            _ => Err(VaultError::WrongKey { place: self.place.to_string() }),
        }
    }

    /// Encrypts. `context` is not secret but must be the same to open it: a credential's id, so that a value that is
    /// moved to another row does not open there.
    pub fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Sealed, VaultError> {
        // The list is never empty: `parse` sees to it.
        let key = self.keys.first().ok_or(VaultError::Damaged)?;
        Ok(Sealed { key: key.id().to_owned(), bytes: key.seal(plain, context)? })
    }

    /// Decrypts what was sealed with any of the keys.
    pub fn open(&self, sealed: &Sealed, context: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key = self.keys.iter().find(|key| key.id() == sealed.key);
        key.ok_or_else(|| VaultError::UnknownKey(sealed.key.clone()))?.open(&sealed.bytes, context)
    }

    /// Seals a value anew with the first key; `None` when it is sealed with that one.
    pub fn reseal(&self, sealed: &Sealed, context: &[u8]) -> Result<Option<Sealed>, VaultError> {
        if self.keys.first().is_some_and(|key| key.id() == sealed.key) {
            return Ok(None);
        }
        self.seal(&self.open(sealed, context)?, context).map(Some)
    }

    /// Changes the key: makes a new one in the key file, before the former ones, and moves all that is stored to it. Where
    /// the first key is not yet the one of all that is stored, because it was put there by hand or the last change did not
    /// end, what is stored moves to that one instead. No server may work with the former keys meanwhile.
    pub async fn rotate(options: &VaultOptions, store: &Store) -> Result<Rotated, VaultError> {
        let mut vault = Self::existing(options)?;
        vault.verify(store).await?;
        if vault.all_first(store).await? {
            if options.key.is_some() {
                return Err(VaultError::NoNewKey);
            }
            key::prepend(&options.file())?;
            vault = Self::existing(options)?;
        }
        let moved = vault.reseal_all(store).await?;
        let key = vault.keys.first().map(|key| key.id().to_owned()).unwrap_or_default();
        Ok(Rotated { key, moved, place: vault.place.to_string() })
    }

    /// Whether all that is stored was sealed with the first key.
    async fn all_first(&self, store: &Store) -> Result<bool, VaultError> {
        let first = self.keys.first().map(Key::id);
        let check = store.setting(CHECK).await?;
        let check = check.as_deref().and_then(|stored| Some(stored.split_once(':')?.0));
        Ok(check == first && store.credentials().await?.iter().all(|row| Some(row.sealed.key.as_str()) == first))
    }

    /// Moves all stored credentials to the first key; how many there were to move.
    async fn reseal_all(&self, store: &Store) -> Result<u64, VaultError> {
        let mut moved = 0;
        for row in store.credentials().await? {
            if let Some(sealed) = self.reseal(&row.sealed, row.id.as_bytes())?
                && store.reseal_credential(&row.id, &row.sealed, &sealed).await?
            {
                moved += 1;
            }
        }
        store.set_setting(CHECK, &self.check()?).await?;
        Ok(moved)
    }

    /// Secrets for another purpose, one for each key, the newest first.
    pub(crate) fn derive(&self, purpose: &str) -> Vec<[u8; 32]> {
        self.keys.iter().map(|key| key.derive(purpose)).collect()
    }

    fn check(&self) -> Result<String, VaultError> {
        let sealed = self.seal(b"fluxo", CHECK.as_bytes())?;
        Ok(format!("{}:{}", sealed.key, BASE64_STANDARD.encode(sealed.bytes)))
    }
}
