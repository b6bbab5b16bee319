//! Whether a certificate was revoked: by lists and answers that came with the document, or that the
//! caller fetched. Nothing is fetched here; what would be needed is told: to verify by [`wanted`], to
//! prove a new signature by [`Collector`].

mod collect;
mod crl;
pub(crate) mod links;
mod ocsp;

pub use collect::{Collector, Fetch, Proofs};

use std::cell::RefCell;
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::algorithm::{Digest, PublicKey};
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::Certificate;

/// Where a list or an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The document's security store (DSS).
    Document,
    /// The signature itself.
    Signature,
    /// The caller gave it.
    Fetched,
}

/// The kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Crl,
    Ocsp,
}

/// What the evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Good,
    Revoked,
    /// The responder does not know the certificate.
    Unknown,
}

/// Whether one certificate was revoked, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// The certificate's holder.
    pub certificate: String,
    /// Its serial number in hexadecimal.
    pub serial: String,
    pub standing: Standing,
    pub kind: Kind,
    pub source: Source,
    /// When the list or answer was made.
    pub issued_at: Timestamp,
    pub next_update: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Something that would settle what is open. Only `http` and `https` addresses are named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// `GET`: the certificate of an issuer (DER, PEM or a PKCS#7 bundle), for `certificates`.
    Issuer { url: String },
    /// `POST` as `application/ocsp-request`: an answer for `ocsps`.
    Ocsp { url: String, request: Vec<u8> },
    /// `GET`: a list for `crls`.
    Crl { url: String },
}

/// Lists and answers, in DER, with where they are from.
#[derive(Debug, Default)]
pub struct Evidence {
    pub crls: Vec<(Source, Vec<u8>)>,
    pub ocsps: Vec<(Source, Vec<u8>)>,
    /// What was found for a certificate: many signatures may be of one signer, and lists are long.
    known: RefCell<HashMap<Vec<u8>, Vec<(Kind, Source, Word)>>>,
}

/// What one list or answer says about one certificate.
#[derive(Debug, Clone, Copy)]
struct Word {
    standing: Standing,
    issued_at: Timestamp,
    next_update: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

/// For how long what names no end counts. It may be the newest there is only at its time: an authority that leaves the end
/// out has newer ones all the time (RFC 6960 4.2.2.1).
const WITHOUT_END: SignedDuration = SignedDuration::from_mins(30);

impl Word {
    /// Whether it still counted at the time `at`. That a certificate was revoked does not pass.
    fn is_current(&self, at: Timestamp) -> bool {
        let end = self.next_update.or_else(|| self.issued_at.checked_add(WITHOUT_END).ok());
        self.standing == Standing::Revoked || end.is_some_and(|end| end >= at)
    }
}

/// Clocks may differ by this much.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_mins(10);

impl Evidence {
    /// The newest word about `certificate` that counts for the time `at`: one that was still current
    /// then, or is newer. `sources` limits where it may come from.
    pub fn about(
        &self,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
        at: Timestamp,
        now: Timestamp,
        sources: &[Source],
    ) -> Option<Revocation> {
        let words = self.words(certificate, issuer);
        let (kind, source, word) = words
            .into_iter()
            .filter(|(_, source, _)| sources.contains(source))
            .filter(|(_, _, word)| {
                let current = word.is_current(at) || word.issued_at >= at;
                // Lists forget certificates that have expired.
                let remembered = word.standing == Standing::Revoked || word.issued_at <= certificate.not_after;
                word.issued_at.saturating_sub(SKEW).is_ok_and(|issued| issued <= now) && current && remembered
            })
            .max_by_key(|(_, _, word)| (word.issued_at, word.standing == Standing::Revoked))?;
        let summary = certificate.summary();
        Some(Revocation {
            certificate: summary.name,
            serial: summary.serial,
            standing: word.standing,
            kind,
            source,
            issued_at: word.issued_at,
            next_update: word.next_update,
            revoked_at: word.revoked_at,
        })
    }

    fn words(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Vec<(Kind, Source, Word)> {
        let key = Digest::Sha256.of(&[certificate.der, issuer.der]);
        if let Some(words) = self.known.borrow().get(&key) {
            return words.clone();
        }
        let crls = self.crls.iter().filter_map(|(source, der)| {
            Some((Kind::Crl, *source, crl::Crl::parse(der).ok()?.about(certificate, issuer)?))
        });
        let ocsps = self
            .ocsps
            .iter()
            .filter_map(|(source, der)| Some((Kind::Ocsp, *source, ocsp::read(der, certificate, issuer).ok()?.0)));
        let words: Vec<_> = crls.chain(ocsps).collect();
        self.known.borrow_mut().insert(key, words.clone());
        words
    }
}

/// What would tell whether `certificate` was revoked.
pub fn wanted(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Vec<Wanted> {
    let request = ocsp::request(certificate, issuer);
    let urls = links::ocsp(certificate).into_iter();
    let mut all: Vec<Wanted> = urls.map(|url| Wanted::Ocsp { url, request: request.clone() }).collect();
    all.extend(links::crl(certificate).into_iter().map(|url| Wanted::Crl { url }));
    all
}

/// Whether `key` signed `message`. What is signed with a broken hash counts as not signed.
fn signed_by(key: &PublicKey<'_>, algorithm: Tlv<'_>, message: &[u8], signature: &[u8]) -> bool {
    let Ok(kind) = algorithm.children().expect(asn1::OID) else { return false };
    let broken = [oid::RSA_SHA1, oid::ECDSA_SHA1, oid::RSA_MD5, oid::RSA, oid::EC];
    !broken.contains(&kind.content) && key.verify(algorithm, Digest::Sha256, message, signature).is_ok()
}

/// The three parts of everything that is signed as certificates are: the content, the algorithm and
/// the signature; and what follows.
fn signed<'a>(outer: &mut asn1::Reader<'a>) -> Result<(Tlv<'a>, Tlv<'a>, &'a [u8]), Malformed> {
    let content = outer.expect(asn1::SEQUENCE)?;
    let algorithm = outer.expect(asn1::SEQUENCE)?;
    Ok((content, algorithm, outer.expect(asn1::BIT_STRING)?.bit_string()?))
}

/// Whether `certificate` was issued with the key of `issuer`.
pub(crate) fn issued(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
    let parts = Tlv::parse(certificate.der).and_then(|outer| signed(&mut outer.children()));
    certificate.names_issuer(issuer)
        && parts.is_ok_and(|(content, algorithm, signature)| signed_by(&issuer.key, algorithm, content.raw, signature))
}
