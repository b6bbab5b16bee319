//! Who signs: a key, its certificate and the certificates above it.

mod pkcs12;
#[cfg(feature = "pkcs11")]
mod token;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self as sig, EcdsaKeyPair, KeyPair, RsaKeyPair};

use super::algorithm::{self, SignatureAlgorithm};
use super::asn1::{self, Tlv, oid};
use super::certificate::{Certificate, CertificateSummary};
use super::error::Error;
#[cfg(feature = "pkcs11")]
pub use token::{Token, TokenOptions};

/// A key that can sign, wherever it is: in memory, in a token, or with a cloud provider.
///
/// Only the bytes that are to be signed reach it, so a key outside this process can implement it.
pub trait RawSigner: Send + Sync {
    /// The signer's certificate in DER.
    fn certificate(&self) -> &[u8];
    /// The certificates above it, in DER: issuer first. May be empty.
    fn chain(&self) -> &[Vec<u8>];
    fn algorithm(&self) -> SignatureAlgorithm;
    /// Hashes `message` with the algorithm's digest and signs the hash.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// The public half of a signer: what a signature needs besides the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The signer's certificate in DER.
    pub certificate: Vec<u8>,
    /// The certificates above it, in DER: issuer first. May be empty.
    pub chain: Vec<Vec<u8>>,
    pub algorithm: SignatureAlgorithm,
}

impl Certified {
    pub fn of(signer: &dyn RawSigner) -> Self {
        Self {
            certificate: signer.certificate().to_vec(),
            chain: signer.chain().to_vec(),
            algorithm: signer.algorithm(),
        }
    }

    /// For a key that is elsewhere: its certificate in DER, and in any order those above it. How it
    /// signs follows from the kind of key.
    ///
    /// # Errors
    /// For what is no certificate, and for a key that is too weak or of a kind that is not supported.
    pub fn from_certificates(certificate: &[u8], others: &[Vec<u8>]) -> Result<Self, Error> {
        use algorithm::{Curve, PublicKey};
        let own = Certificate::parse(certificate).map_err(|_| Error::CertificateFileDamaged)?;
        let algorithm = match own.key {
            PublicKey::Rsa { bits, .. } if bits < 2048 => return Err(Error::WeakKey { bits }),
            PublicKey::Rsa { .. } => SignatureAlgorithm::RsaSha256,
            PublicKey::Ec { curve: Curve::P256, .. } => SignatureAlgorithm::EcdsaP256Sha256,
            PublicKey::Ec { curve: Curve::P384, .. } => SignatureAlgorithm::EcdsaP384Sha384,
            PublicKey::Ec { curve: Curve::P521, .. } => SignatureAlgorithm::EcdsaP521Sha512,
            PublicKey::Ed25519 { .. } | PublicKey::Other => return Err(Error::UnsupportedKey),
        };
        let mut all = vec![certificate.to_vec()];
        all.extend(others.iter().filter(|der| *der != certificate).cloned());
        Ok(Self { certificate: certificate.to_vec(), chain: chain_above(0, &all), algorithm })
    }

    /// What the certificate says.
    pub fn summary(&self) -> CertificateSummary {
        summary(&self.certificate)
    }
}

/// The largest certificate file that is read: 1 MiB. Real ones have 3 to 10 KB.
pub const MAX_CERTIFICATE_FILE: usize = 1 << 20;

/// A certificate with its private key in memory, from a PKCS#12 file.
pub struct Identity {
    key: Key,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, SignatureAlgorithm),
}

impl Identity {
    /// Opens a PKCS#12 file (`.pfx`, `.p12`).
    ///
    /// # Errors
    /// A wrong password is told from a damaged file and from one without key or certificate. The
    /// certificate's dates are not judged here: signing does, at its own time.
    pub fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, Error> {
        let opened = pkcs12::open(bytes, password)?;
        if opened.keys.is_empty() {
            return Err(Error::NoPrivateKey);
        }
        let mut problem = Error::NoMatchingCertificate;
        for pkcs8 in &opened.keys {
            let key = match Key::load(pkcs8) {
                Ok(key) => key,
                Err(error) => {
                    problem = error;
                    continue;
                }
            };
            let own = opened
                .certificates
                .iter()
                .position(|der| Certificate::parse(der).is_ok_and(|certificate| key.belongs_to(&certificate)));
            if let Some(own) = own {
                let chain = chain_above(own, &opened.certificates);
                return Ok(Self { key, certificate: opened.certificates[own].clone(), chain });
            }
        }
        Err(problem)
    }

    /// What the certificate says.
    pub fn summary(&self) -> CertificateSummary {
        summary(&self.certificate)
    }
}

/// What a signer's certificate says.
pub(super) fn summary(certificate: &[u8]) -> CertificateSummary {
    match Certificate::parse(certificate) {
        Ok(certificate) => certificate.summary(),
        Err(_) => CertificateSummary {
            name: String::new(),
            cpf: None,
            cnpj: None,
            issuer: String::new(),
            serial: String::new(),
            not_before: jiff::Timestamp::MIN,
            not_after: jiff::Timestamp::MIN,
            key: "unknown".into(),
            icp_brasil: false,
            seal: false,
        },
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("name", &self.summary().name).field("key", &"***").finish_non_exhaustive()
    }
}

impl RawSigner for Identity {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match &self.key {
            Key::Rsa(_) => SignatureAlgorithm::RsaSha256,
            Key::Ec(_, algorithm) => *algorithm,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let failed = |_| Error::SigningFailed { reason: "the cryptographic library refused".into() };
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&sig::RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Key::Ec(key, _) => Ok(key.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
        }
    }
}

impl Key {
    fn load(pkcs8: &[u8]) -> Result<Self, Error> {
        match kind(pkcs8).map_err(|_| Error::CertificateFileDamaged)? {
            Kind::Rsa { bits } if bits < 2048 => Err(Error::WeakKey { bits }),
            Kind::Rsa { .. } => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rsa).map_err(|_| Error::UnsupportedKey),
            Kind::Ec(algorithm) => {
                let scheme = match algorithm {
                    SignatureAlgorithm::EcdsaP384Sha384 => &sig::ECDSA_P384_SHA384_ASN1_SIGNING,
                    SignatureAlgorithm::EcdsaP521Sha512 => &sig::ECDSA_P521_SHA512_ASN1_SIGNING,
                    _ => &sig::ECDSA_P256_SHA256_ASN1_SIGNING,
                };
                EcdsaKeyPair::from_pkcs8(scheme, pkcs8)
                    .map(|key| Self::Ec(key, algorithm))
                    .map_err(|_| Error::UnsupportedKey)
            }
            Kind::Other => Err(Error::UnsupportedKey),
        }
    }

    fn belongs_to(&self, certificate: &Certificate<'_>) -> bool {
        use algorithm::PublicKey;
        match (self, certificate.key) {
            (Self::Rsa(own), PublicKey::Rsa { key, .. }) => own.public_key().as_ref() == key,
            (Self::Ec(own, _), PublicKey::Ec { point, .. }) => own.public_key().as_ref() == point,
            _ => false,
        }
    }
}

enum Kind {
    Rsa { bits: usize },
    Ec(SignatureAlgorithm),
    Other,
}

/// What a PKCS#8 `PrivateKeyInfo` holds, told before the cryptographic library judges it, so that
/// a key that is too small is called that.
fn kind(pkcs8: &[u8]) -> Result<Kind, asn1::Malformed> {
    let mut info = Tlv::parse_prefix(pkcs8)?.expect(asn1::SEQUENCE)?.children();
    info.expect(asn1::INTEGER)?;
    let mut algorithm = info.expect(asn1::SEQUENCE)?.children();
    let key = info.expect(asn1::OCTET_STRING)?;
    match algorithm.expect(asn1::OID)?.content {
        k if k == oid::RSA => {
            let mut numbers = Tlv::parse_prefix(key.content)?.expect(asn1::SEQUENCE)?.children();
            numbers.expect(asn1::INTEGER)?;
            Ok(Kind::Rsa { bits: algorithm::bits(numbers.expect(asn1::INTEGER)?.content) })
        }
        k if k == oid::EC => Ok(match algorithm.one().map(|curve| curve.content) {
            Ok(c) if c == oid::P256 => Kind::Ec(SignatureAlgorithm::EcdsaP256Sha256),
            Ok(c) if c == oid::P384 => Kind::Ec(SignatureAlgorithm::EcdsaP384Sha384),
            Ok(c) if c == oid::P521 => Kind::Ec(SignatureAlgorithm::EcdsaP521Sha512),
            _ => Kind::Other,
        }),
        _ => Ok(Kind::Other),
    }
}

/// The certificates that lead from `own` upwards, by names, as far as the file holds them.
fn chain_above(own: usize, certificates: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let parsed: Vec<Option<Certificate<'_>>> = certificates.iter().map(|der| Certificate::parse(der).ok()).collect();
    let mut path = vec![own];
    while let Some(current) = path.last().and_then(|&at| parsed[at].as_ref()) {
        if current.is_self_issued() {
            break;
        }
        let next = (0..parsed.len())
            .find(|at| !path.contains(at) && parsed[*at].as_ref().is_some_and(|above| current.names_issuer(above)));
        match next {
            Some(at) => path.push(at),
            None => break,
        }
    }
    path[1..].iter().map(|&at| certificates[at].clone()).collect()
}
