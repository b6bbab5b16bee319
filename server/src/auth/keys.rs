//! API keys: shown once, stored hashed.

use aws_lc_rs::digest;
use flow::api::{ApiKey, CreatedApiKey, NewApiKey, Page};

use super::spare::best_effort;
use super::{Auth, AuthError, Principal, Proof, Result, random};
use crate::store::{KeyRow, PageOf, new_id, time};

/// What every API key starts with.
pub const KEY_PREFIX: &str = "fluxo_";
/// Characters that people recognise a key by.
const SHOWN: usize = 12;
/// "Last used" is written at most this often.
const USED: i64 = 60_000;

impl Auth {
    /// Newest first.
    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        Ok(self.store().keys().await?.into_iter().map(shown).collect())
    }

    /// Newest first, a page at a time.
    pub async fn keys_page(&self, page: &PageOf) -> Result<Page<ApiKey>> {
        let page = self.store().keys_page(page).await?;
        Ok(Page { items: page.items.into_iter().map(shown).collect(), next: page.next })
    }

    /// The answer is the only place where the key itself is.
    pub async fn add_key(&self, key: NewApiKey, by: &str) -> Result<CreatedApiKey> {
        let name: String = key.name.trim().chars().take(200).collect();
        if name.is_empty() {
            return Err(AuthError::KeyName);
        }
        // 256 random bits: a plain hash is enough, there is nothing to guess.
        let (secret, now) = (format!("{KEY_PREFIX}{}", random::token()), self.now());
        let row = KeyRow {
            id: new_id(),
            name,
            role: key.role,
            prefix: secret[..SHOWN].to_owned(),
            hash: hash(&secret),
            created_by: by.to_owned(),
            created_at: now,
            last_used_at: None,
            expires_at: key.expires_in_days.map(|days| now + i64::from(days) * 86_400_000),
        };
        self.store().insert_key(row.clone()).await?;
        Ok(CreatedApiKey { key: shown(row), secret })
    }

    /// The key works no more, at once.
    pub async fn delete_key(&self, id: &str) -> Result<()> {
        let deleted = self.store().delete_key(id).await;
        self.inner.cache.forget();
        Ok(deleted?)
    }

    /// Who holds this API key.
    pub async fn authenticate_key(&self, key: &str) -> Result<Principal> {
        if !key.starts_with(KEY_PREFIX) {
            return Err(AuthError::KeyUnknown);
        }
        self.holder_of_key(&hash(key)).await
    }

    pub(super) async fn holder_of_key(&self, hash: &str) -> Result<Principal> {
        let now = self.now();
        let asked = match self.inner.cache.get(hash, now) {
            Ok(principal) => return Ok(principal),
            Err(asked) => asked,
        };
        let row = self.store().key_by_hash(hash).await?.ok_or(AuthError::KeyUnknown)?;
        if row.expires_at.is_some_and(|end| end <= now) {
            return Err(AuthError::KeyUnknown);
        }
        if row.last_used_at.is_none_or(|used| now - used > USED) {
            best_effort(self.store().touch_key(&row.id, now).await);
        }
        let proof = Proof::Key(hash.to_owned());
        let principal = Principal { id: row.id, name: row.name, role: row.role, proof };
        self.inner.cache.put(asked, hash, &principal, now, row.expires_at);
        Ok(principal)
    }
}

fn hash(key: &str) -> String {
    digest::digest(&digest::SHA256, key.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shown(row: KeyRow) -> ApiKey {
    ApiKey {
        id: row.id,
        name: row.name,
        role: row.role,
        prefix: row.prefix,
        created_at: time::rfc3339(row.created_at),
        last_used_at: row.last_used_at.map(time::rfc3339),
        expires_at: row.expires_at.map(time::rfc3339),
    }
}
