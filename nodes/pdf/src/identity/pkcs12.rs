//! PKCS#12 (RFC 7292), with what the reading library lacks: BER, and telling a wrong password from
//! a damaged file, for which the integrity check (the MAC) is done here.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_lc_rs::{digest, hmac, pbkdf2};
use p12_keystore::{Pkcs12Archive, error::Error as LibraryError};

use super::MAX_CERTIFICATE_FILE;
use crate::algorithm::Digest;
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::error::Error;

/// What a file holds, in its order.
pub(super) struct Opened {
    /// PKCS#8 private keys.
    pub keys: Vec<Vec<u8>>,
    /// Certificates in DER.
    pub certificates: Vec<Vec<u8>>,
}

/// More rounds than this cost seconds; real files have 2,048 to 600,000.
const MAX_ITERATIONS: u32 = 1_000_000;

pub(super) fn open(bytes: &[u8], password: &str) -> Result<Opened, Error> {
    if bytes.len() > MAX_CERTIFICATE_FILE {
        return Err(Error::CertificateFileTooLarge { bytes: bytes.len(), limit: MAX_CERTIFICATE_FILE });
    }
    // A SEQUENCE that starts with INTEGER 3 is what every PKCS#12 file is.
    let whole = asn1::to_der(bytes).map_err(|_| {
        if looks_like_pkcs12(bytes) { Error::CertificateFileDamaged } else { Error::NotACertificateFile }
    })?;
    let file = File::parse(&whole).map_err(|_| {
        if looks_like_pkcs12(&whole) { Error::CertificateFileDamaged } else { Error::NotACertificateFile }
    })?;
    // Without a MAC only decryption can show that a password is wrong.
    let (spelling, checked) = match file.mac {
        Some(mac) => (matching_spelling(mac, file.content, password)?, true),
        None => (password.to_owned(), false),
    };
    let plain = rebuild(file.content).map_err(|_| Error::CertificateFileDamaged)?;
    let archive = read(&plain, &spelling).map_err(|problem| match problem {
        Problem::Unsupported => Error::CertificateFileUnsupported,
        Problem::Failed if !checked && file.is_encrypted() => Error::WrongCertificatePassword,
        Problem::Failed => Error::CertificateFileDamaged,
    })?;
    Ok(Opened {
        keys: archive.keys.iter().map(|bag| bag.key.as_der().to_vec()).collect(),
        certificates: archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect(),
    })
}

fn looks_like_pkcs12(bytes: &[u8]) -> bool {
    bytes.first() == Some(&asn1::SEQUENCE) && bytes[..bytes.len().min(12)].windows(3).any(|w| w == [2, 1, 3])
}

/// The parts of a PFX.
struct File<'a> {
    /// The content of the `authSafe` OCTET STRING, over which the MAC is made.
    content: &'a [u8],
    mac: Option<Tlv<'a>>,
}

impl<'a> File<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut pfx = Tlv::parse(der)?.expect(asn1::SEQUENCE)?.children();
        if pfx.expect(asn1::INTEGER)?.small_integer()? != 3 {
            return Err(Malformed);
        }
        let mut safe = pfx.expect(asn1::SEQUENCE)?.children();
        if safe.expect(asn1::OID)?.content != oid::DATA {
            return Err(Malformed);
        }
        let content = safe.expect(0xa0)?.children().expect(asn1::OCTET_STRING)?.content;
        Ok(Self { content, mac: pfx.optional(asn1::SEQUENCE)? })
    }

    /// Whether a password protects anything: an EncryptedData, or a shrouded key
    /// (1.2.840.113549.1.12.10.1.2) in plain data.
    fn is_encrypted(&self) -> bool {
        const SHROUDED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02];
        [SHROUDED, oid::ENCRYPTED_DATA].iter().any(|mark| self.content.windows(mark.len()).any(|w| w == *mark))
    }
}

/// A PFX in DER throughout and without MAC: the library would check it over other bytes.
fn rebuild(content: &[u8]) -> Result<Vec<u8>, Malformed> {
    let safes = asn1::to_der(content)?;
    let mut rebuilt = Vec::new();
    for safe in Tlv::parse(&safes)?.expect(asn1::SEQUENCE)?.children() {
        let mut parts = safe.children();
        let kind = parts.expect(asn1::OID)?;
        if kind.content == oid::DATA {
            let inner = parts.expect(0xa0)?.children().expect(asn1::OCTET_STRING)?;
            rebuilt.extend(data(&asn1::to_der(inner.content)?));
        } else {
            rebuilt.extend_from_slice(safe.raw);
        }
    }
    let safes = asn1::tlv(asn1::SEQUENCE, &rebuilt);
    Ok(asn1::sequence(&[&asn1::tlv(asn1::INTEGER, &[3]), &data(&safes)]))
}

/// A ContentInfo of type data.
fn data(content: &[u8]) -> Vec<u8> {
    let octets = asn1::tlv(asn1::OCTET_STRING, content);
    asn1::sequence(&[&asn1::tlv(asn1::OID, oid::DATA), &asn1::tlv(0xa0, &octets)])
}

enum Problem {
    Unsupported,
    Failed,
}

fn read(der: &[u8], password: &str) -> Result<Pkcs12Archive, Problem> {
    // The file comes from outside, and a fault in one of the library's parsers must not take a
    // server's thread with it.
    catch_unwind(AssertUnwindSafe(|| Pkcs12Archive::from_pkcs12(der, password))).map_err(|_| Problem::Failed)?.map_err(
        |error| match error {
            LibraryError::UnsupportedEncryptionScheme
            | LibraryError::UnsupportedCertificateType
            | LibraryError::InvalidParameters => Problem::Unsupported,
            _ => Problem::Failed,
        },
    )
}

/// The spelling of the password that the MAC was made with.
///
/// Programs that did not know the encoding of what was typed treated its UTF-8 bytes as letters
/// (OpenSSL before 1.1 did), so that is tried too.
fn matching_spelling(mac: Tlv<'_>, content: &[u8], password: &str) -> Result<String, Error> {
    let mac = Mac::parse(mac).map_err(|problem| match problem {
        Problem::Unsupported => Error::CertificateFileUnsupported,
        Problem::Failed => Error::CertificateFileDamaged,
    })?;
    let mut spellings = vec![password.to_owned()];
    if !password.is_ascii() {
        spellings.push(password.bytes().map(char::from).collect());
    }
    spellings.into_iter().find(|spelling| mac.matches(content, spelling)).ok_or(Error::WrongCertificatePassword)
}

/// `MacData` (RFC 7292 4), or PBMAC1 in its place (RFC 9579).
struct Mac<'a> {
    scheme: MacScheme<'a>,
    hash: hmac::Algorithm,
    digest: &'a [u8],
}

enum MacScheme<'a> {
    Pkcs12 { salt: &'a [u8], iterations: u32, hash: Digest },
    Pbmac1 { salt: &'a [u8], iterations: NonZeroU32, prf: pbkdf2::Algorithm, length: usize },
}

impl<'a> Mac<'a> {
    fn parse(mac: Tlv<'a>) -> Result<Self, Problem> {
        let failed = |_: Malformed| Problem::Failed;
        let mut parts = mac.children();
        let mut info = parts.expect(asn1::SEQUENCE).map_err(failed)?.children();
        let mut algorithm = info.expect(asn1::SEQUENCE).map_err(failed)?.children();
        let digest = info.expect(asn1::OCTET_STRING).map_err(failed)?.content;
        let kind = algorithm.expect(asn1::OID).map_err(failed)?.content;
        if kind == oid::PBMAC1 {
            return Self::pbmac1(algorithm.expect(asn1::SEQUENCE).map_err(failed)?, digest);
        }
        let hash = Digest::from_oid(kind).ok_or(Problem::Unsupported)?;
        let salt = parts.expect(asn1::OCTET_STRING).map_err(failed)?.content;
        let iterations = match parts.optional(asn1::INTEGER).map_err(failed)? {
            Some(number) => number.small_integer().map_err(failed)?,
            None => 1,
        };
        if iterations > MAX_ITERATIONS {
            return Err(Problem::Unsupported);
        }
        let hmac = match hash {
            Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => hmac::HMAC_SHA256,
            Digest::Sha384 => hmac::HMAC_SHA384,
            Digest::Sha512 => hmac::HMAC_SHA512,
        };
        Ok(Self { scheme: MacScheme::Pkcs12 { salt, iterations, hash }, hash: hmac, digest })
    }

    fn pbmac1(params: Tlv<'a>, digest: &'a [u8]) -> Result<Self, Problem> {
        let failed = |_: Malformed| Problem::Failed;
        let mut params = params.children();
        let mut derivation = params.expect(asn1::SEQUENCE).map_err(failed)?.children();
        let scheme = params.expect(asn1::SEQUENCE).map_err(failed)?;
        if derivation.expect(asn1::OID).map_err(failed)?.content != oid::PBKDF2 {
            return Err(Problem::Unsupported);
        }
        let mut pbkdf = derivation.expect(asn1::SEQUENCE).map_err(failed)?.children();
        let salt = pbkdf.expect(asn1::OCTET_STRING).map_err(failed)?.content;
        let iterations = pbkdf.one().and_then(Tlv::small_integer).map_err(failed)?;
        let length = pbkdf.one().and_then(Tlv::small_integer).map_err(failed)? as usize;
        let prf = match hmac_kind(pbkdf.one().map_err(failed)?) {
            Some(Digest::Sha256) => pbkdf2::PBKDF2_HMAC_SHA256,
            Some(Digest::Sha384) => pbkdf2::PBKDF2_HMAC_SHA384,
            Some(Digest::Sha512) => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return Err(Problem::Unsupported),
        };
        let hash = match hmac_kind(scheme) {
            Some(Digest::Sha256) => hmac::HMAC_SHA256,
            Some(Digest::Sha384) => hmac::HMAC_SHA384,
            Some(Digest::Sha512) => hmac::HMAC_SHA512,
            _ => return Err(Problem::Unsupported),
        };
        let iterations = NonZeroU32::new(iterations).ok_or(Problem::Failed)?;
        if iterations.get() > MAX_ITERATIONS || !(1..=128).contains(&length) {
            return Err(Problem::Unsupported);
        }
        Ok(Self { scheme: MacScheme::Pbmac1 { salt, iterations, prf, length }, hash, digest })
    }

    fn matches(&self, content: &[u8], password: &str) -> bool {
        let verify = |key: &[u8]| hmac::verify(&hmac::Key::new(self.hash, key), content, self.digest).is_ok();
        match &self.scheme {
            MacScheme::Pbmac1 { salt, iterations, prf, length } => {
                let mut key = vec![0; *length];
                pbkdf2::derive(*prf, *iterations, salt, password.as_bytes(), &mut key);
                verify(&key)
            }
            MacScheme::Pkcs12 { salt, iterations, hash } => {
                let mut units: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
                units.extend([0, 0]);
                verify(&derive_mac_key(*hash, &units, salt, *iterations))
                    // Some write the empty password without its closing zero.
                    || password.is_empty() && verify(&derive_mac_key(*hash, &[], salt, *iterations))
            }
        }
    }
}

/// The digest of an hmacWithSHA… algorithm.
fn hmac_kind(algorithm: Tlv<'_>) -> Option<Digest> {
    match algorithm.children().expect(asn1::OID).ok()?.content.strip_prefix(oid::HMAC_ARC)? {
        [0x09] => Some(Digest::Sha256),
        [0x0a] => Some(Digest::Sha384),
        [0x0b] => Some(Digest::Sha512),
        _ => None,
    }
}

/// Key derivation of RFC 7292 appendix B.2 for a MAC (ID 3). One block of output is all that is
/// needed, because the key is as long as the hash.
fn derive_mac_key(hash: Digest, password: &[u8], salt: &[u8], iterations: u32) -> Vec<u8> {
    let algorithm = hash.algorithm();
    let block = algorithm.block_len();
    let fill =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect() };
    let mut input = vec![3; block];
    input.extend(fill(salt));
    input.extend(fill(password));
    let mut key = digest::digest(algorithm, &input);
    for _ in 1..iterations {
        key = digest::digest(algorithm, key.as_ref());
    }
    key.as_ref().to_vec()
}
