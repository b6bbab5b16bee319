//! Access tokens (JWT) and refresh tokens. Both are signed with secrets derived from the vault's keys: the newest key
//! signs, all of them verify, so a change of key signs nobody out.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{AuthError, Result};
use crate::vault::Vault;

/// Seconds.
pub(super) const ACCESS: i64 = 15 * 60;
const ISSUER: &str = "fluxo";

pub(super) struct Signer {
    sign: EncodingKey,
    verify: Vec<DecodingKey>,
    refresh: Vec<hmac::Key>,
}

/// What an access token says. The role is not in it: it is read from the user, so a change holds at once.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// User id.
    sub: String,
    /// Session id.
    sid: String,
    /// Seconds.
    iat: i64,
    exp: i64,
}

/// What a valid access token stands for.
pub(super) struct Access {
    pub user: String,
    pub session: String,
}

/// What a genuine refresh token stands for, used or not.
pub(super) struct Refresh {
    pub session: String,
    pub generation: u32,
}

impl Signer {
    pub(super) fn new(vault: &Vault) -> Self {
        let access = vault.derive("access tokens");
        // The vault always has a key.
        let newest = access.first().copied().unwrap_or_default();
        Self {
            sign: EncodingKey::from_secret(&newest),
            verify: access.iter().map(|secret| DecodingKey::from_secret(secret)).collect(),
            refresh: vault
                .derive("refresh tokens")
                .iter()
                .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret))
                .collect(),
        }
    }

    /// `now` in milliseconds.
    pub(super) fn access(&self, user: &str, session: &str, now: i64) -> Result<String> {
        let iat = now / 1000;
        let claims = Claims { iss: ISSUER.into(), sub: user.into(), sid: session.into(), iat, exp: iat + ACCESS };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
            .map_err(|error| AuthError::Internal(error.to_string()))
    }

    pub(super) fn verify_access(&self, token: &str, now: i64) -> Result<Access> {
        let claims = self.claims(token).filter(|claims| claims.exp > now / 1000).ok_or(AuthError::NotSignedIn)?;
        Ok(Access { user: claims.sub, session: claims.sid })
    }

    /// The session of a genuine access token, also of one that has expired.
    pub(super) fn session_of(&self, token: &str) -> Option<String> {
        Some(self.claims(token)?.sid)
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        // By our clock, which tests can set.
        validation.validate_exp = false;
        let decoded = self.verify.iter().find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok());
        decoded.map(|token| token.claims)
    }

    /// `session.generation.signature`: nothing secret needs to be stored for it, and the same one can be made again for a
    /// second tab that asks at the same moment.
    pub(super) fn refresh(&self, session: &str, generation: u32) -> String {
        let body = format!("{session}.{generation}");
        let signature = self.refresh.first().map(|key| hmac::sign(key, body.as_bytes()));
        format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref().map_or(&[][..], AsRef::as_ref)))
    }

    pub(super) fn verify_refresh(&self, token: &str) -> Option<Refresh> {
        let (body, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.refresh.iter().find(|key| hmac::verify(key, body.as_bytes(), &signature).is_ok())?;
        let (session, generation) = body.split_once('.')?;
        Some(Refresh { session: session.to_owned(), generation: generation.parse().ok()? })
    }
}
