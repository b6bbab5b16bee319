//! Who may do what: passwords, sessions, API keys, roles. Knows nothing of HTTP: cookies and headers are `http`'s.
//!
//! A browser holds two tokens: an access token (a JWT, 15 minutes) and a refresh token, which changes with each use; one
//! that is used again after that ends the whole session. Programs hold an API key.

mod cache;
mod keys;
mod limit;
mod own;
mod password;
pub(crate) mod random;
mod sessions;
mod spare;
#[cfg(test)]
mod tests;
mod token;
mod users;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use flow::api::Role;
use tokio::sync::Mutex;

use crate::store::{Store, StoreError, time};
use crate::vault::Vault;

pub use keys::KEY_PREFIX;
pub use password::MIN_PASSWORD;

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Of the user or the API key.
    pub id: String,
    /// The user's name, or e-mail address if there is none; the API key's name.
    pub name: String,
    pub role: Role,
    pub proof: Proof,
}

/// What somebody showed to be who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Id of the session.
    Session(String),
    /// SHA-256 of the API key.
    Key(String),
}

/// Where somebody signs in from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Network address; failures count for it.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// What a browser gets when it signs in; belongs into `HttpOnly` cookies.
#[derive(Clone)]
pub struct Tokens {
    /// Good for 15 minutes.
    pub access: String,
    /// Good for 30 days and for one use.
    pub refresh: String,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The same for an unknown address, a wrong password and a disabled user.
    #[error(
        "The e-mail address or the password is wrong. Try again, or ask an owner of this Fluxo for a new password."
    )]
    SignIn,
    #[error("Too many attempts. Wait {0} seconds, then try again.")]
    TooMany(u64),
    #[error("You are not signed in, or no longer. Sign in.")]
    NotSignedIn,
    #[error("This session has ended. Sign in again.")]
    SessionEnded,
    #[error("This API key does not exist, was deleted or has expired. Make a new one.")]
    KeyUnknown,
    #[error("This is not an e-mail address. Enter one like name@example.com.")]
    Email,
    #[error("{0}")]
    Password(&'static str),
    #[error("This is not your current password. Enter it as you do to sign in.")]
    WrongPassword,
    #[error(
        "This is about the person who is signed in; an API key has no sessions and no password. Sign in on the page."
    )]
    NotAPerson,
    #[error("There is no such session of yours. It may have ended.")]
    NoSession,
    #[error("The API key needs a name. Enter one that says who uses it.")]
    KeyName,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("Signing in does not work: {0}. Look at the server's log.")]
    Internal(String),
}

impl AuthError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignIn => "sign_in_failed",
            Self::TooMany(_) => "too_many_attempts",
            Self::NotSignedIn => "unauthenticated",
            Self::SessionEnded => "session_ended",
            Self::KeyUnknown => "key_unknown",
            Self::Email => "email_invalid",
            Self::Password(_) => "password_invalid",
            Self::WrongPassword => "password_wrong",
            Self::NotAPerson => "not_a_person",
            Self::NoSession => "not_found",
            Self::KeyName => "name_missing",
            Self::Store(_) => "store",
            Self::Internal(_) => "internal",
        }
    }

    /// HTTP status that fits.
    pub fn status(&self) -> u16 {
        match self {
            Self::SignIn | Self::NotSignedIn | Self::SessionEnded | Self::KeyUnknown => 401,
            Self::TooMany(_) => 429,
            Self::NotAPerson => 403,
            Self::NoSession => 404,
            Self::Email | Self::Password(_) | Self::WrongPassword | Self::KeyName => 422,
            Self::Store(_) | Self::Internal(_) => 500,
        }
    }

    /// Seconds to wait.
    pub fn retry_after(&self) -> Option<u64> {
        if let Self::TooMany(seconds) = self { Some(*seconds) } else { None }
    }
}

type Result<T> = std::result::Result<T, AuthError>;

/// Sign-in, sessions, users and keys; a cheap clone.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    passwords: password::Passwords,
    tokens: token::Signer,
    limits: limit::Limits,
    cache: cache::Cache,
    spare: spare::Spare,
    /// There is an owner: never false again once true.
    set_up: AtomicBool,
    /// One first start at a time.
    setup: Mutex<()>,
    /// Milliseconds UTC.
    now: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl Auth {
    pub fn new(store: Store, vault: &Vault) -> Self {
        Self::with_clock(store, vault, time::now)
    }

    fn with_clock(store: Store, vault: &Vault, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let inner = Inner {
            store,
            passwords: password::Passwords::default(),
            tokens: token::Signer::new(vault),
            limits: limit::Limits::default(),
            cache: cache::Cache::default(),
            spare: spare::Spare::default(),
            set_up: AtomicBool::new(false),
            setup: Mutex::new(()),
            now: Box::new(now),
        };
        Self { inner: Arc::new(inner) }
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn book(&self) -> limit::Book<'_> {
        limit::Book { store: &self.inner.store, spare: &self.inner.spare }
    }

    fn now(&self) -> i64 {
        (self.inner.now)()
    }
}
