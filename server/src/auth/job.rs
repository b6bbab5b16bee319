//! Tokens of Jobs: what runs in a pod shows that it belongs to one attempt of one run.
//!
//! Signed with a key of their own and for an audience of their own, so that they are good for nothing else; whether the
//! attempt is still at work is asked of the engine with each request, so a token ends with it.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{Auth, AuthError, Result};
use crate::vault::Vault;

const ISSUER: &str = "fluxo";
const AUDIENCE: &str = "fluxo-job";

/// What a Job's token is good for: the steps of a run, done by one attempt of `fluxo run-job`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobScope {
    pub run: String,
    pub attempt: u32,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    scope: JobScope,
    /// Seconds.
    iat: i64,
    exp: i64,
}

pub(super) struct JobSigner {
    sign: EncodingKey,
    verify: Vec<DecodingKey>,
}

impl JobSigner {
    pub(super) fn new(vault: &Vault) -> Self {
        let secrets = vault.derive("job tokens");
        // The vault always has a key.
        let newest = secrets.first().copied().unwrap_or_default();
        Self {
            sign: EncodingKey::from_secret(&newest),
            verify: secrets.iter().map(|secret| DecodingKey::from_secret(secret)).collect(),
        }
    }
}

impl Auth {
    /// A token for a Job, good for `seconds` at most.
    pub fn job_token(&self, scope: JobScope, seconds: u64) -> Result<String> {
        let iat = self.now() / 1000;
        let exp = iat.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        let claims = Claims { iss: ISSUER.into(), aud: AUDIENCE.into(), scope, iat, exp };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.inner.jobs.sign)
            .map_err(|error| AuthError::Internal(error.to_string()))
    }

    /// What a genuine token that has not expired is good for.
    pub fn job_scope(&self, token: &str) -> Result<JobScope> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // By our clock, which tests can set.
        validation.validate_exp = false;
        let keys = &self.inner.jobs.verify;
        let decoded = keys.iter().find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok());
        let claims = decoded.map(|token| token.claims).filter(|claims| claims.exp > self.now() / 1000);
        claims.map(|claims| claims.scope).ok_or(AuthError::JobToken)
    }
}
