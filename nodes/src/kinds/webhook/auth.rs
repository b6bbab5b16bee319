//! Who may call a webhook. Secrets are compared in constant time.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

use super::{Authentication, Parameters};
use crate::error::NodeError;
use crate::kinds::common::unbase64;
use crate::world::Secret;

/// Seconds by which clocks may differ.
const LEEWAY: f64 = 60.0;

/// What is known of a caller who was let in; nothing when anybody may call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admitted {
    /// The header that carried the secret, in lower case: it stays out of the item.
    pub secret_header: Option<String>,
    /// Of the caller's token.
    pub claims: Option<Map<String, Value>>,
}

impl Parameters {
    /// The slot of the credential that [`authorise`] needs; `None` when anybody may call.
    pub fn credential_slot(&self) -> Option<&'static str> {
        match self.authentication {
            Authentication::None => None,
            Authentication::Basic => Some("basic"),
            Authentication::Header => Some("header"),
            Authentication::Jwt => Some("jwt"),
        }
    }
}

/// Whether a call is let in; answer 401 when it is an error. `header` gives a header by its name in lower case.
/// Errors: `credential_wrong`, `token_missing`, `token_wrong`, `token_expired`, `token_early`, with the value for
/// `www-authenticate` in `details.challenge`.
pub fn authorise<'a>(
    p: &Parameters,
    secret: &Secret,
    header: impl Fn(&str) -> Option<&'a str>,
    now: Timestamp,
) -> Result<Admitted, NodeError> {
    let authorization = || header("authorization");
    let admitted = |header: &str| Admitted { secret_header: Some(header.to_owned()), claims: None };
    match p.authentication {
        Authentication::None => Ok(Admitted::default()),
        Authentication::Basic => {
            let given = authorization().and_then(|h| scheme(h, "basic")).and_then(unbase64).unwrap_or_default();
            let expected = format!("{}:{}", secret.text("user"), secret.text("password"));
            if !secret.text("password").is_empty() && same(&given, expected.as_bytes()) {
                return Ok(admitted("authorization"));
            }
            let text = "The user name or the password is missing or wrong. Send them with Basic authentication.";
            Err(refusal("credential_wrong", text, "Basic realm=\"webhook\", charset=\"UTF-8\""))
        }
        Authentication::Header => {
            let name = secret.text("name").trim().to_ascii_lowercase();
            let (given, expected) = (header(&name).unwrap_or(""), secret.text("value"));
            if !expected.is_empty() && same(given.as_bytes(), expected.as_bytes()) {
                return Ok(admitted(&name));
            }
            let text = "The secret header is missing or wrong. Send the header that the flow's owner gave you.";
            Err(NodeError::new("credential_wrong", text))
        }
        Authentication::Jwt => {
            let refusal = |code, text| refusal(code, text, "Bearer");
            let token = authorization().and_then(|h| scheme(h, "bearer"));
            let token =
                token.ok_or_else(|| refusal("token_missing", "The token is missing. Send it as a Bearer token."))?;
            let claims = verify(token, secret)
                .ok_or_else(|| refusal("token_wrong", "The token's signature does not hold. Use a valid token."))?;
            let time = |name: &str| claims.get(name).and_then(Value::as_f64);
            let now = now.as_second() as f64;
            if time("exp").is_some_and(|exp| now > exp + LEEWAY) {
                return Err(refusal("token_expired", "The token has expired. Get a new one."));
            }
            if time("nbf").is_some_and(|nbf| now + LEEWAY < nbf) {
                return Err(refusal("token_early", "The token is not valid yet. Check the clocks."));
            }
            Ok(Admitted { claims: Some(claims), ..admitted("authorization") })
        }
    }
}

fn refusal(code: &str, text: &str, challenge: &str) -> NodeError {
    NodeError::new(code, text).with_details(json!({"challenge": challenge}))
}

/// What follows the scheme's name, which is written in any case.
fn scheme<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (given, rest) = header.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(name).then(|| rest.trim())
}

/// Hashed first, so that not even the length shows in the time it takes.
fn same(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(digest(&SHA256, a).as_ref(), digest(&SHA256, b).as_ref()).is_ok()
}

/// The claims of a token signed by the credential's algorithm and key; the token's own word on its algorithm must agree.
/// Times are left to the caller, who has the clock.
fn verify(token: &str, secret: &Secret) -> Option<Map<String, Value>> {
    let algorithm: Algorithm = secret.text("algorithm").parse().ok()?;
    let key = key(algorithm, secret.text("secret"))?;
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation).ok().map(|data| data.claims)
}

/// A shared secret for HS…, a public key as PEM for the others.
pub(crate) fn key(algorithm: Algorithm, text: &str) -> Option<DecodingKey> {
    let pem = text.trim().as_bytes();
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            Some(text).filter(|t| !t.is_empty()).map(|t| DecodingKey::from_secret(t.as_bytes()))
        }
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(pem).ok(),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem).ok(),
        _ => DecodingKey::from_rsa_pem(pem).ok(),
    }
}
