//! Keys that stay in a token, smart card or HSM, reached through its maker's PKCS#11 library.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use super::{RawSigner, chain_above};
use crate::algorithm::{Curve, PublicKey, SignatureAlgorithm};
use crate::asn1;
use crate::certificate::{Certificate, CertificateSummary};
use crate::error::{Error, TokenError};
use crate::options::Secret;

/// Which key of which token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenOptions {
    /// The PKCS#11 library of the token's maker.
    pub module: PathBuf,
    /// The token's label. Empty: the only token that is plugged in.
    pub token: String,
    pub pin: Secret,
    /// The certificate's label on the token, or its serial number in hexadecimal. Empty: the only
    /// certificate that has a key.
    pub certificate: String,
}

/// A key in a token, with a session in which its PIN was entered.
pub struct Token {
    session: Mutex<Session>,
    key: ObjectHandle,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
    algorithm: SignatureAlgorithm,
    /// The token hashes by itself. Otherwise it gets the hash.
    hashes: bool,
}

impl Token {
    /// Opens a session and finds certificate and key.
    ///
    /// The order of a token's objects is not defined, so nothing is taken for being the first: where
    /// several certificates fit, the error lists them.
    ///
    /// # Errors
    /// [`TokenError`] for what concerns the token, and [`Error::UnsupportedKey`] or [`Error::WeakKey`].
    pub fn open(options: &TokenOptions) -> Result<Self, Error> {
        let module = module(&options.module)?;
        let slot = slot(&module, options.token.trim())?;
        let session = module.open_ro_session(slot).map_err(refused)?;
        let pin = AuthPin::new(options.pin.0.clone().into());
        match session.login(UserType::User, Some(&pin)) {
            // Another session of this process has done so.
            Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(refused(error)),
        }
        let certificates = certificates(&session)?;
        let wanted = options.certificate.trim();
        let mut problem = Error::from(TokenError::NoCertificate);
        let mut fitting: Vec<(usize, SignatureAlgorithm, ObjectHandle)> = Vec::new();
        for (at, found) in certificates.iter().enumerate() {
            if !wanted.is_empty() && found.label != wanted && !is_serial(&found.der, wanted) {
                continue;
            }
            match algorithm(&found.der) {
                // Some tools store a certificate twice.
                Ok(_) if fitting.iter().any(|(other, ..)| certificates[*other].der == found.der) => {}
                Ok(algorithm) => {
                    if let Some(key) = private_key(&session, &found.id)? {
                        fitting.push((at, algorithm, key));
                    }
                }
                Err(error) => problem = error,
            }
        }
        let [(at, algorithm, key)] = fitting[..] else {
            if !fitting.is_empty() {
                let all = fitting.iter().map(|(at, ..)| choice(&certificates[*at].der)).collect();
                return Err(TokenError::SeveralCertificates { certificates: all }.into());
            }
            return Err(problem);
        };
        let mechanisms = module.get_mechanism_list(slot).map_err(refused)?;
        let hashes = mechanisms.contains(&MechanismType::SHA256_RSA_PKCS);
        let all: Vec<Vec<u8>> = certificates.into_iter().map(|certificate| certificate.der).collect();
        let chain = chain_above(at, &all);
        Ok(Self { session: Mutex::new(session), key, certificate: all[at].clone(), chain, algorithm, hashes })
    }

    /// What the certificate says.
    pub fn summary(&self) -> CertificateSummary {
        super::summary(&self.certificate)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("name", &self.summary().name).finish_non_exhaustive()
    }
}

impl RawSigner for Token {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        // A session does one thing at a time. After a panic elsewhere it is as good as before.
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = self.algorithm.digest();
        match self.algorithm {
            SignatureAlgorithm::RsaSha256 if self.hashes => {
                session.sign(&Mechanism::Sha256RsaPkcs, self.key, message).map_err(refused)
            }
            SignatureAlgorithm::RsaSha256 => {
                // DigestInfo (RFC 8017 9.2), whose algorithm has NULL parameters.
                let kind = asn1::sequence(&[&asn1::tlv(asn1::OID, digest.oid()), &asn1::tlv(asn1::NULL, &[])]);
                let hash = asn1::tlv(asn1::OCTET_STRING, &digest.of(&[message]));
                session.sign(&Mechanism::RsaPkcs, self.key, &asn1::sequence(&[&kind, &hash])).map_err(refused)
            }
            _ => {
                let raw = session.sign(&Mechanism::Ecdsa, self.key, &digest.of(&[message])).map_err(refused)?;
                Ok(ecdsa_der(&raw))
            }
        }
    }
}

/// The library, started once: it can be started only once in a process, and ending it would end all
/// sessions.
fn module(path: &Path) -> Result<Pkcs11, Error> {
    static MODULES: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    let modules = modules.get_or_insert_with(HashMap::new);
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let failed = |_| TokenError::Module { path: path.display().to_string() };
    let module = Pkcs11::new(path).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error).into()),
    }
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn slot(module: &Pkcs11, label: &str) -> Result<Slot, Error> {
    let slots = module.get_slots_with_initialized_token().map_err(refused)?;
    let not_found = || TokenError::NotFound { label: label.to_owned() }.into();
    if label.is_empty() {
        return match slots[..] {
            [only] => Ok(only),
            [] => Err(not_found()),
            _ => Err(TokenError::Several.into()),
        };
    }
    let named = |slot: &Slot| module.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == label);
    slots.into_iter().find(named).ok_or_else(not_found)
}

struct Found {
    der: Vec<u8>,
    /// CKA_ID, which certificate and key share.
    id: Vec<u8>,
    label: String,
}

fn certificates(session: &Session) -> Result<Vec<Found>, Error> {
    let handles = session.find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)]).map_err(refused)?;
    let mut found = Vec::new();
    for handle in handles {
        let wanted = [AttributeType::Value, AttributeType::Id, AttributeType::Label];
        let mut certificate = Found { der: Vec::new(), id: Vec::new(), label: String::new() };
        for attribute in session.get_attributes(handle, &wanted).map_err(refused)? {
            match attribute {
                Attribute::Value(der) => certificate.der = der,
                Attribute::Id(id) => certificate.id = id,
                Attribute::Label(label) => certificate.label = String::from_utf8_lossy(&label).into_owned(),
                _ => {}
            }
        }
        found.push(certificate);
    }
    Ok(found)
}

/// A certificate as one chooses it: the name, and the serial number that tells it from others.
fn choice(der: &[u8]) -> String {
    let summary = super::summary(der);
    format!("{} ({})", summary.name, summary.serial)
}

fn private_key(session: &Session, id: &[u8]) -> Result<Option<ObjectHandle>, Error> {
    let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id.to_vec())];
    Ok(session.find_objects(&template).map_err(refused)?.first().copied())
}

fn is_serial(der: &[u8], wanted: &str) -> bool {
    let plain = |text: &str| text.replace([':', ' '], "").trim_start_matches('0').to_lowercase();
    let serial = super::summary(der).serial;
    !serial.is_empty() && plain(&serial) == plain(wanted)
}

/// How a key of the certificate's kind signs.
fn algorithm(der: &[u8]) -> Result<SignatureAlgorithm, Error> {
    match Certificate::parse(der).map_err(|_| TokenError::NoCertificate)?.key {
        PublicKey::Rsa { bits, .. } if bits < 2048 => Err(Error::WeakKey { bits }),
        PublicKey::Rsa { .. } => Ok(SignatureAlgorithm::RsaSha256),
        PublicKey::Ec { curve: Curve::P256, .. } => Ok(SignatureAlgorithm::EcdsaP256Sha256),
        PublicKey::Ec { curve: Curve::P384, .. } => Ok(SignatureAlgorithm::EcdsaP384Sha384),
        PublicKey::Ec { curve: Curve::P521, .. } => Ok(SignatureAlgorithm::EcdsaP521Sha512),
        PublicKey::Ed25519 { .. } | PublicKey::Other => Err(Error::UnsupportedKey),
    }
}

/// PKCS#11 gives the two numbers of an ECDSA signature one after the other, CMS wants a SEQUENCE
/// (RFC 3279 2.2.3).
fn ecdsa_der(raw: &[u8]) -> Vec<u8> {
    let integer = |digits: &[u8]| {
        let digits = asn1::magnitude(digits);
        let sign: &[u8] = if digits.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
        asn1::tlv(asn1::INTEGER, &[sign, digits].concat())
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    asn1::sequence(&[&integer(r), &integer(s)])
}

fn refused(error: Pkcs11Error) -> Error {
    match error {
        Pkcs11Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
            TokenError::WrongPin
        }
        Pkcs11Error::Pkcs11(RvError::PinLocked, _) => TokenError::PinLocked,
        Pkcs11Error::Pkcs11(
            RvError::TokenNotPresent
            | RvError::DeviceRemoved
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::ObjectHandleInvalid
            | RvError::KeyHandleInvalid,
            _,
        ) => TokenError::Removed,
        Pkcs11Error::Pkcs11(code, _) => TokenError::Failed { reason: format!("{code:?}") },
        other => TokenError::Failed { reason: other.to_string() },
    }
    .into()
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    /// What the token of the tests never says: it does not lock itself and cannot be pulled out.
    #[test]
    fn answers_of_tokens_are_told_apart() {
        let check = |code: RvError, expected: TokenError| {
            assert_eq!(refused(Pkcs11Error::Pkcs11(code, Function::Sign)), expected.into());
        };
        check(RvError::PinLocked, TokenError::PinLocked);
        for removed in [RvError::TokenNotPresent, RvError::DeviceRemoved, RvError::SessionHandleInvalid] {
            check(removed, TokenError::Removed);
        }
        check(RvError::FunctionFailed, TokenError::Failed { reason: "FunctionFailed".into() });
    }
}
