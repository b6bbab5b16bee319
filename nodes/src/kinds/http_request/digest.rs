//! Digest authentication (RFC 7616): MD5 and SHA-256, with and without `-sess`, quality `auth`.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, SHA512_256, digest};
use md5::Digest as _;

use crate::error::NodeError;

/// What the server asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    session: bool,
    quality: bool,
    user_hash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512,
}

impl Algorithm {
    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&md5::Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(digest(&SHA256, text.as_bytes()).as_ref()),
            Self::Sha512 => hex(digest(&SHA512_256, text.as_bytes()).as_ref()),
        }
    }

    fn name(self, session: bool) -> &'static str {
        match (self, session) {
            (Self::Md5, false) => "MD5",
            (Self::Md5, true) => "MD5-sess",
            (Self::Sha256, false) => "SHA-256",
            (Self::Sha256, true) => "SHA-256-sess",
            (Self::Sha512, false) => "SHA-512-256",
            (Self::Sha512, true) => "SHA-512-256-sess",
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The strongest Digest challenge in the `www-authenticate` headers; `None` when there is none.
pub(super) fn challenge<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let all = headers.flat_map(schemes).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("digest"));
    all.filter_map(|(_, values)| parse(&values))
        .max_by(|a, b| a.algorithm.partial_cmp(&b.algorithm).unwrap_or(std::cmp::Ordering::Equal))
}

fn parse(values: &HashMap<String, String>) -> Option<Challenge> {
    let named = values.get("algorithm").map_or("MD5", String::as_str).to_ascii_uppercase();
    let (name, session) = named.strip_suffix("-SESS").map_or((named.as_str(), false), |n| (n, true));
    let algorithm = match name {
        "MD5" => Algorithm::Md5,
        "SHA-256" => Algorithm::Sha256,
        "SHA-512-256" => Algorithm::Sha512,
        _ => return None,
    };
    let qualities = values.get("qop");
    let quality = qualities.is_some_and(|q| q.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth")));
    if qualities.is_some() && !quality {
        return None;
    }
    Some(Challenge {
        realm: values.get("realm").cloned().unwrap_or_default(),
        nonce: values.get("nonce")?.clone(),
        opaque: values.get("opaque").cloned(),
        algorithm,
        session,
        quality,
        user_hash: values.get("userhash").is_some_and(|v| v.eq_ignore_ascii_case("true")),
    })
}

/// Splits `Digest a="b", c=d, Basic realm="x"` into schemes with their values.
fn schemes(header: &str) -> Vec<(String, HashMap<String, String>)> {
    let mut found: Vec<(String, HashMap<String, String>)> = Vec::new();
    let mut rest = header.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let end = rest.find(['=', ' ', ',']).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = &rest[end..];
        if let Some(value) = rest.trim_start().strip_prefix('=') {
            let (value, after) = value_of(value.trim_start());
            if let Some((_, values)) = found.last_mut() {
                values.insert(word.to_ascii_lowercase(), value);
            }
            rest = after;
        } else if !word.is_empty() {
            found.push((word.to_owned(), HashMap::new()));
        }
        rest = rest.trim_start_matches([' ', ',']);
    }
    found
}

/// A quoted or plain value and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (i, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[i + 1..]),
            _ => value.push(c),
        }
    }
    (value, "")
}

/// The `authorization` header for a request. `uri`: path and query. `client_nonce`: random, hexadecimal.
pub(super) fn answer(
    challenge: &Challenge,
    user: &str,
    password: &str,
    method: &str,
    uri: &str,
    client_nonce: &str,
) -> Result<String, NodeError> {
    if [user, &challenge.realm, &challenge.nonce].iter().any(|text| text.chars().any(char::is_control)) {
        let text = "The server's digest challenge or the user name has control characters. Check the credential.";
        return Err(NodeError::new("digest_invalid", text));
    }
    let Challenge { realm, nonce, algorithm, session, .. } = challenge;
    let hash = |text: String| algorithm.hash(&text);
    let mut secret = hash(format!("{user}:{realm}:{password}"));
    if *session {
        secret = hash(format!("{secret}:{nonce}:{client_nonce}"));
    }
    let request = hash(format!("{method}:{uri}"));
    let response = if challenge.quality {
        hash(format!("{secret}:{nonce}:00000001:{client_nonce}:auth:{request}"))
    } else {
        hash(format!("{secret}:{nonce}:{request}"))
    };
    let shown = if challenge.user_hash { hash(format!("{user}:{realm}")) } else { user.to_owned() };
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut header = format!(
        "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", algorithm={}, response=\"{response}\"",
        quote(&shown),
        quote(realm),
        quote(nonce),
        algorithm.name(*session),
    );
    if challenge.quality || *session {
        header.push_str(&format!(", cnonce=\"{client_nonce}\""));
    }
    if challenge.quality {
        header.push_str(", qop=auth, nc=00000001");
    }
    if let Some(opaque) = &challenge.opaque {
        header.push_str(&format!(", opaque=\"{}\"", quote(opaque)));
    }
    if challenge.user_hash {
        header.push_str(", userhash=true");
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616, section 3.9.1.
    const HEADER: &str = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", Basic realm="x""#;

    fn check(header: &str, expected: &str) {
        let nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let challenge = challenge(std::iter::once(header)).unwrap();
        let answer = answer(&challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", nonce).unwrap();
        assert!(answer.contains(&format!("response=\"{expected}\"")), "{answer}");
    }

    #[test]
    fn answers_as_the_standard_says() {
        check(HEADER, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
        check(&HEADER.replace("SHA-256", "MD5"), "8ca523f5e9506fed4657c9700eebdbec");
    }

    #[test]
    fn chooses_the_strongest_it_knows() {
        let both = [HEADER.replace("SHA-256", "MD5"), HEADER.to_owned(), "Basic realm=\"Digest a=b\"".to_owned()];
        let found = challenge(both.iter().map(String::as_str)).unwrap();
        assert_eq!(found.algorithm, Algorithm::Sha256);
        assert!(found.quality);
        let none = |header: &str| assert_eq!(challenge(std::iter::once(header)), None, "{header}");
        none("Basic realm=\"x\"");
        none("Digest realm=\"x\"");
        none("Digest realm=\"x\", nonce=\"n\", algorithm=GOST");
        none("Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"");
        none("Digest realm=\"x");
        none("");
    }
}
