//! Passwords: argon2id, few at a time.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::{AuthError, Result, random};

/// Characters.
pub const MIN_PASSWORD: usize = 10;
/// Bytes; more is an attempt to keep the server busy.
const MAX_PASSWORD: usize = 1024;
/// KiB and passes: about 50 ms on one core. OWASP's floor is 19 MiB with 2 passes.
const MEMORY: u32 = 32 * 1024;
const PASSES: u32 = 2;
/// Hashes computed at once, so that a flood of sign-ins takes neither all cores nor much memory.
const AT_ONCE: usize = 2;

pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    /// What the password of an unknown user is compared with, so that it takes as long as any.
    decoy: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), decoy: Arc::default() }
    }
}

impl Passwords {
    /// A PHC string to store.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.work(move |_| hash(&password)).await?
    }

    /// Whether the password is the one of `stored`; takes the same time without one.
    pub(super) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool> {
        let password = password.to_owned();
        self.work(move |decoy| {
            let known = stored.is_some();
            let stored = match stored {
                Some(stored) => stored,
                None => match decoy.get() {
                    Some(decoy) => decoy.clone(),
                    None => {
                        let made = hash(&random::token())?;
                        decoy.get_or_init(|| made).clone()
                    }
                },
            };
            let parsed = PasswordHash::new(&stored).map_err(internal)?;
            Ok(hasher()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }

    /// Nothing is hashed while this is held.
    #[cfg(test)]
    pub(super) async fn take_all_turns(&self) -> tokio::sync::OwnedSemaphorePermit {
        self.turns.clone().acquire_many_owned(AT_ONCE as u32).await.unwrap()
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&OnceLock<String>) -> T + Send + 'static) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await.map_err(internal)?;
        let decoy = self.decoy.clone();
        let result = tokio::task::spawn_blocking(move || {
            let result = work(&decoy);
            drop(turn);
            result
        });
        result.await.map_err(internal)
    }
}

/// Says what is wrong with a password that somebody chose.
pub(super) fn check(password: &str, email: &str) -> Result<()> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(AuthError::Password("The password is too short. Take 10 characters or more."));
    }
    if password.len() > MAX_PASSWORD {
        return Err(AuthError::Password("The password is too long. Take 1,000 characters or fewer."));
    }
    if password.eq_ignore_ascii_case(email) {
        return Err(AuthError::Password("The password is the e-mail address. Choose another one."));
    }
    Ok(())
}

fn hash(password: &str) -> Result<String> {
    let salt: [u8; 16] = random::bytes();
    Ok(hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(internal)?.to_string())
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, 1, None).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn internal(error: impl std::fmt::Display) -> AuthError {
    AuthError::Internal(error.to_string())
}
