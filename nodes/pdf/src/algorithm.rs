//! Digests, signature algorithms and public keys: what is accepted and what is too weak.

use aws_lc_rs::{digest, signature as sig};

use crate::asn1::{self, Malformed, Tlv, oid};

/// A message digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub fn from_oid(content: &[u8]) -> Option<Self> {
        Some(match content {
            c if c == oid::SHA1 => Self::Sha1,
            c if c == oid::SHA256 => Self::Sha256,
            c if c == oid::SHA384 => Self::Sha384,
            c if c == oid::SHA512 => Self::Sha512,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    pub fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    /// The digest of the parts, one after the other.
    pub fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(self.algorithm());
        for part in parts {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }

    /// `AlgorithmIdentifier` without parameters (RFC 5754 2).
    pub fn identifier(self) -> Vec<u8> {
        asn1::sequence(&[&asn1::tlv(asn1::OID, self.oid())])
    }
}

/// How a key of ours signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    RsaSha256,
    EcdsaP256Sha256,
    EcdsaP384Sha384,
    EcdsaP521Sha512,
}

impl SignatureAlgorithm {
    pub fn digest(self) -> Digest {
        match self {
            Self::RsaSha256 | Self::EcdsaP256Sha256 => Digest::Sha256,
            Self::EcdsaP384Sha384 => Digest::Sha384,
            Self::EcdsaP521Sha512 => Digest::Sha512,
        }
    }

    /// For people and for the services that hold keys: `RSA-SHA256` (PKCS#1 v1.5), `ECDSA-SHA256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "RSA-SHA256",
            Self::EcdsaP256Sha256 => "ECDSA-SHA256",
            Self::EcdsaP384Sha384 => "ECDSA-SHA384",
            Self::EcdsaP521Sha512 => "ECDSA-SHA512",
        }
    }

    /// `AlgorithmIdentifier` for a SignerInfo (RFC 5754 3).
    pub fn identifier(self) -> Vec<u8> {
        let ecdsa = |content| asn1::sequence(&[&asn1::tlv(asn1::OID, content)]);
        match self {
            Self::RsaSha256 => asn1::sequence(&[&asn1::tlv(asn1::OID, oid::RSA), &asn1::tlv(asn1::NULL, &[])]),
            Self::EcdsaP256Sha256 => ecdsa(oid::ECDSA_SHA256),
            Self::EcdsaP384Sha384 => ecdsa(oid::ECDSA_SHA384),
            Self::EcdsaP521Sha512 => ecdsa(oid::ECDSA_SHA512),
        }
    }
}

/// A public key, as a certificate holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKey<'a> {
    /// `RSAPublicKey`, and the size of its modulus in bits.
    Rsa {
        key: &'a [u8],
        bits: usize,
    },
    Ec {
        curve: Curve,
        point: &'a [u8],
    },
    Ed25519 {
        key: &'a [u8],
    },
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    P256,
    P384,
    P521,
}

impl<'a> PublicKey<'a> {
    /// Reads a `SubjectPublicKeyInfo`.
    pub fn parse(spki: Tlv<'a>) -> Result<Self, Malformed> {
        let mut parts = spki.expect(asn1::SEQUENCE)?.children();
        let mut algorithm = parts.expect(asn1::SEQUENCE)?.children();
        let key = parts.expect(asn1::BIT_STRING)?.bit_string()?;
        let kind = algorithm.expect(asn1::OID)?.content;
        Ok(match kind {
            k if k == oid::RSA || k == oid::RSA_PSS => {
                let modulus = Tlv::parse(key)?.expect(asn1::SEQUENCE)?.children().expect(asn1::INTEGER)?;
                Self::Rsa { key, bits: bits(modulus.content) }
            }
            k if k == oid::EC => match algorithm.one().map(|curve| curve.content) {
                Ok(c) if c == oid::P256 => Self::Ec { curve: Curve::P256, point: key },
                Ok(c) if c == oid::P384 => Self::Ec { curve: Curve::P384, point: key },
                Ok(c) if c == oid::P521 => Self::Ec { curve: Curve::P521, point: key },
                _ => Self::Other,
            },
            k if k == oid::ED25519 => Self::Ed25519 { key },
            _ => Self::Other,
        })
    }

    /// For people: `RSA 2048`, `EC P-256`.
    pub fn describe(&self) -> String {
        match self {
            Self::Rsa { bits, .. } => format!("RSA {bits}"),
            Self::Ec { curve: Curve::P256, .. } => "EC P-256".into(),
            Self::Ec { curve: Curve::P384, .. } => "EC P-384".into(),
            Self::Ec { curve: Curve::P521, .. } => "EC P-521".into(),
            Self::Ed25519 { .. } => "Ed25519".into(),
            Self::Other => "unknown".into(),
        }
    }

    /// The content of the BIT STRING that holds the key.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Rsa { key, .. } | Self::Ed25519 { key } => key,
            Self::Ec { point, .. } => point,
            Self::Other => &[],
        }
    }

    /// Checks `signature` over `message`. `algorithm` is the SignerInfo's `signatureAlgorithm`,
    /// `digest` its `digestAlgorithm`, which plain RSA needs.
    pub fn verify(
        &self,
        algorithm: Tlv<'_>,
        digest: Digest,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let scheme = self.scheme(algorithm, digest).ok_or(VerifyError::Unsupported)?;
        sig::UnparsedPublicKey::new(scheme, self.bytes()).verify(message, signature).map_err(|_| VerifyError::Mismatch)
    }

    /// The hash that a signature with this key is over, as `algorithm` names it; none for a scheme that brings its
    /// own (Ed25519) or is not known. `digest` stands in where only the kind of key is named, as for
    /// [`PublicKey::verify`].
    pub fn hash(&self, algorithm: Tlv<'_>, digest: Digest) -> Option<Digest> {
        let mut parts = algorithm.expect(asn1::SEQUENCE).ok()?.children();
        let kind = parts.expect(asn1::OID).ok()?.content;
        match self {
            Self::Rsa { .. } if kind == oid::RSA_PSS => pss_digest(parts.one().ok()?),
            Self::Rsa { .. } => rsa_digest(kind, digest),
            Self::Ec { .. } => ecdsa_digest(kind, digest),
            Self::Ed25519 { .. } | Self::Other => None,
        }
    }

    fn scheme(&self, algorithm: Tlv<'_>, digest: Digest) -> Option<&'static dyn sig::VerificationAlgorithm> {
        let kind = algorithm.expect(asn1::SEQUENCE).ok()?.children().expect(asn1::OID).ok()?.content;
        let hash = self.hash(algorithm, digest);
        match self {
            Self::Rsa { .. } if kind == oid::RSA_PSS => Some(match hash? {
                Digest::Sha1 => return None,
                Digest::Sha256 => &sig::RSA_PSS_2048_8192_SHA256,
                Digest::Sha384 => &sig::RSA_PSS_2048_8192_SHA384,
                Digest::Sha512 => &sig::RSA_PSS_2048_8192_SHA512,
            }),
            Self::Rsa { .. } => Some(match hash? {
                Digest::Sha1 => &sig::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
                Digest::Sha256 => &sig::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                Digest::Sha384 => &sig::RSA_PKCS1_2048_8192_SHA384,
                Digest::Sha512 => &sig::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            }),
            Self::Ec { curve, .. } => ecdsa(*curve, hash?),
            Self::Ed25519 { .. } if kind == oid::ED25519 => Some(&sig::ED25519),
            _ => None,
        }
    }
}

/// Why a signature could not be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// The signature is not one of this key over these bytes.
    Mismatch,
    /// The algorithm is unknown here, so nothing can be said.
    Unsupported,
}

/// The size of a number in bits.
pub fn bits(content: &[u8]) -> usize {
    let digits = asn1::magnitude(content);
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

fn rsa_digest(kind: &[u8], digest: Digest) -> Option<Digest> {
    if kind == oid::RSA {
        return Some(digest);
    }
    if kind == oid::RSA_SHA1 {
        return Some(Digest::Sha1);
    }
    match kind.strip_prefix(oid::RSA_SHA2_ARC)? {
        [0x0b] => Some(Digest::Sha256),
        [0x0c] => Some(Digest::Sha384),
        [0x0d] => Some(Digest::Sha512),
        _ => None,
    }
}

fn ecdsa_digest(kind: &[u8], digest: Digest) -> Option<Digest> {
    match kind {
        // Some signers name the key instead of the scheme.
        k if k == oid::EC => Some(digest),
        k if k == oid::ECDSA_SHA1 => Some(Digest::Sha1),
        k if k == oid::ECDSA_SHA256 => Some(Digest::Sha256),
        k if k == oid::ECDSA_SHA384 => Some(Digest::Sha384),
        k if k == oid::ECDSA_SHA512 => Some(Digest::Sha512),
        _ => None,
    }
}

fn ecdsa(curve: Curve, digest: Digest) -> Option<&'static dyn sig::VerificationAlgorithm> {
    Some(match (curve, digest) {
        (Curve::P256, Digest::Sha1) => &sig::ECDSA_P256_SHA1_ASN1,
        (Curve::P256, Digest::Sha256) => &sig::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Digest::Sha384) => &sig::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Digest::Sha512) => &sig::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Digest::Sha1) => return None,
        (Curve::P384, Digest::Sha256) => &sig::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Digest::Sha384) => &sig::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Digest::Sha512) => &sig::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Digest::Sha1) => &sig::ECDSA_P521_SHA1_ASN1,
        (Curve::P521, Digest::Sha256) => &sig::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Digest::Sha384) => &sig::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Digest::Sha512) => &sig::ECDSA_P521_SHA512_ASN1,
    })
}

/// The hash of `RSASSA-PSS-params` (RFC 4055 3.1); its default is SHA-1. The check that follows
/// uses the same hash for the mask and a salt of its length, as every signer does.
fn pss_digest(params: Tlv<'_>) -> Option<Digest> {
    match params.children().optional(0xa0).ok()? {
        None => Some(Digest::Sha1),
        Some(hash) => {
            let algorithm = hash.children().expect(asn1::SEQUENCE).ok()?;
            Digest::from_oid(algorithm.children().expect(asn1::OID).ok()?.content)
        }
    }
}
