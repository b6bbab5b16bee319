//! A PDF that waits for its signature.
//!
//! Everything that finishing needs is in the file: where the signature belongs stands a SignedData
//! with certificates and signed attributes and an empty signature. So a flow has to keep nothing but
//! the file while somebody approves on a telephone.

use std::ops::Range;

use crate::algorithm::{Digest, SignatureAlgorithm};
use crate::asn1::{self, Tlv};
use crate::certificate::{Certificate, CertificateSummary};
use crate::cms::{self, SignedData};
use crate::error::{Error, LevelError};
use crate::field::{self, Field};
use crate::identity::Certified;
use crate::increment;
use crate::options::Secret;
use crate::policy;
use crate::read::{Limits, Pdf};
use crate::verify::{self, Coverage};

use super::{Before, Signed, Warning};

/// A PDF with everything in it but the signature itself.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) bytes: Vec<u8>,
    /// `/Contents` in the file, with its angle brackets.
    pub(super) contents: Range<usize>,
    pub(super) field: String,
    pub(super) signer: Certified,
    /// The signed attributes, a SET OF in DER.
    pub(super) attributes: Vec<u8>,
    pub(super) warnings: Vec<Warning>,
    pub(super) before: Before,
}

impl Prepared {
    /// What the key has to sign: signed attributes in DER. A key that takes a hash gets
    /// [`Self::digest`] instead.
    pub fn to_sign(&self) -> &[u8] {
        &self.attributes
    }

    /// The hash of [`Self::to_sign`] by the digest of [`Self::algorithm`].
    pub fn digest(&self) -> Vec<u8> {
        self.algorithm().digest().of(&[&self.attributes])
    }

    /// How the key has to sign: RSA with PKCS#1 v1.5 padding, or ECDSA with the signature as a DER
    /// sequence of two numbers.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.signer.algorithm
    }

    /// The name of the signature field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whose signature is waited for.
    pub fn signer(&self) -> CertificateSummary {
        self.signer.summary()
    }

    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The file, to be kept until the signature is there; [`Self::reopen`] takes it up again.
    ///
    /// # Errors
    /// When it does not pass the check of finished files, as far as it can without a signature.
    pub fn into_file(mut self) -> Result<Vec<u8>, Error> {
        let waiting = cms::assemble(&self.signer, &self.attributes, &[], None)?;
        increment::fill(&mut self.bytes, self.contents, &waiting)?;
        self.before.waiting(&mut self.bytes, &self.field)?;
        Ok(self.bytes)
    }

    /// Takes up a file that [`Self::into_file`] gave. `password` opens the PDF, if it has one.
    ///
    /// # Errors
    /// [`LevelError::NotPrepared`] for any other PDF, and what reading a PDF may say.
    pub fn reopen(bytes: Vec<u8>, password: Option<Secret>, limits: &Limits) -> Result<Self, Error> {
        let (contents, field, signer, attributes, before);
        {
            let secret = password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
            let pdf = Pdf::outline(&bytes, secret, limits)?;
            let fields = field::all(&pdf);
            let found =
                fields.iter().filter(|f| f.is_signature()).find_map(|field| Some((field, waiting(&pdf, field)?)));
            let (waits, found) = found.ok_or(LevelError::NotPrepared)?;
            field = waits.name.clone();
            (contents, signer, attributes) = (found.contents, found.signer, found.attributes);
            let pages = pdf.pages();
            before = Before::new(&pdf, &bytes, fields, pages, password.clone(), *limits)?;
        }
        Ok(Self { bytes, contents, field, signer, attributes, warnings: Vec::new(), before })
    }

    /// Whether `signature` is one of the certificate's key over what was to be signed.
    ///
    /// # Errors
    /// [`LevelError::RawSignatureWrong`] if it is not.
    pub fn check(&self, signature: &[u8]) -> Result<(), Error> {
        let wrong = LevelError::RawSignatureWrong;
        let certificate = Certificate::parse(&self.signer.certificate).map_err(|_| wrong.clone())?;
        let identifier = self.signer.algorithm.identifier();
        let algorithm = Tlv::parse(&identifier).map_err(|_| wrong.clone())?;
        let digest = self.signer.algorithm.digest();
        certificate.key.verify(algorithm, digest, &self.attributes, signature).map_err(|_| wrong.into())
    }

    /// Puts in the signature, and a time stamp `token` over it if there is one.
    ///
    /// # Errors
    /// [`LevelError::NoRoom`] when both do not fit, [`LevelError::PolicyNeedsTimeStamp`], and when the finished
    /// file does not pass its check.
    pub fn finish(mut self, signature: &[u8], token: Option<&[u8]>) -> Result<Signed, Error> {
        if token.is_none() && policy::asks_for_time_stamp(&self.attributes) {
            return Err(LevelError::PolicyNeedsTimeStamp.into());
        }
        let signed = cms::assemble(&self.signer, &self.attributes, signature, token)?;
        increment::fill(&mut self.bytes, self.contents.clone(), &signed)?;
        self.before.signed(&mut self.bytes, &self.field)?;
        let mut contents = signed;
        contents.resize((self.contents.len() - 2) / 2, 0);
        Ok(Signed { pdf: self.bytes, field: self.field, contents, warnings: self.warnings })
    }
}

struct Waiting {
    contents: Range<usize>,
    signer: Certified,
    attributes: Vec<u8>,
}

/// What waits in a field: a SignedData with an empty signature that covers the whole file.
fn waiting(pdf: &Pdf<'_>, field: &Field) -> Option<Waiting> {
    let value = field.value.as_ref()?;
    if verify::examine(pdf, value).coverage != Coverage::WholeFile {
        return None;
    }
    let data = SignedData::parse(pdf.get(value, b"Contents")?.as_str().ok()?).ok()?;
    if !data.signature.is_empty() {
        return None;
    }
    let certificate = data.certificates.get(data.signer?)?;
    let others: Vec<Vec<u8>> = data.certificates.iter().map(|der| der.to_vec()).collect();
    let signer = Certified::from_certificates(certificate, &others).ok()?;
    // What is not in the chain would be lost; files of ours have no such thing.
    let [attributes, _] = data.signed_forms()?;
    let message_digest = data.attribute(asn1::oid::MESSAGE_DIGEST)?.content;
    let range = pdf.array(value, b"ByteRange")?;
    let number = |at: usize| usize::try_from(pdf.resolve(range.get(at)?).as_i64().ok()?).ok();
    let contents = number(1)?..number(2)?;
    let covered = [pdf.bytes.get(..contents.start)?, pdf.bytes.get(contents.end..)?];
    let digest: Digest = signer.algorithm.digest();
    (message_digest == digest.of(&covered)).then_some(Waiting { contents, signer, attributes })
}
