//! The document security store (EN 319 142-1 5.4.2): proofs for validation in years, appended to the
//! file.

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use crate::algorithm::Digest;
use crate::error::{Error, LevelError};
use crate::field;
use crate::increment::Update;
use crate::options::Secret;
use crate::read::{Limits, Pdf};
use crate::revocation::Proofs;
use crate::sign::Before;

/// Streams that a store may hold; more are no store.
const MAX_ENTRIES: usize = 10_000;

/// Appends `proofs` to a signed PDF. `signatures` are the `/Contents` that they are for, with padding.
/// What the store holds already stays and is not repeated.
///
/// # Errors
/// When the PDF cannot be read, and when the finished file does not pass its check.
pub fn add_proofs(
    input: &[u8],
    proofs: &Proofs,
    signatures: &[&[u8]],
    password: Option<&Secret>,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    let secret = password.map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    // What was signed here may be a little larger than an input may be.
    let limits = Limits { pdf_bytes: limits.pdf_bytes.saturating_mul(2), ..*limits };
    let pdf = Pdf::load(input, secret, &limits)?;
    let mut update = Update::new(&pdf);
    let old = pdf.dictionary(pdf.catalog()?, b"DSS").cloned().unwrap_or_default();
    let mut store = Store { pdf: &pdf, update: &mut update };
    let (certs, certs_all) = store.put(&old, b"Certs", &proofs.certificates)?;
    let (ocsps, ocsps_all) = store.put(&old, b"OCSPs", &proofs.ocsp)?;
    let (crls, crls_all) = store.put(&old, b"CRLs", &proofs.crls)?;

    let mut vri = pdf.dictionary(&old, b"VRI").cloned().unwrap_or_default();
    for contents in signatures {
        let mut entry = dictionary! { "Type" => "VRI" };
        for (key, list) in [("Cert", &certs), ("OCSP", &ocsps), ("CRL", &crls)] {
            if !list.is_empty() {
                entry.set(key, list.clone());
            }
        }
        // Not a matter of security: SHA-1 is how a signature's entry is named.
        let name: String = Digest::Sha1.of(&[contents]).iter().map(|b| format!("{b:02X}")).collect();
        vri.set(name, Object::Dictionary(entry));
    }
    let mut dss = old;
    dss.set("Type", "DSS");
    for (key, list) in [("Certs", certs_all), ("OCSPs", ocsps_all), ("CRLs", crls_all)] {
        if !list.is_empty() {
            dss.set(key, list);
        }
    }
    dss.set("VRI", Object::Dictionary(vri));
    let dss = update.add(dss)?;
    let catalog = pdf.catalog_id()?;
    let dictionary = update.dictionary(catalog)?;
    dictionary.set("DSS", dss);
    extension(&pdf, dictionary);
    let mut output = update.write_changes(b"document security store")?;
    let before = Before::new(&pdf, &output, field::all(&pdf), pdf.pages(), password.cloned(), limits)?;
    before.unsigned(&mut output)?;
    Ok(output)
}

/// Says that the file uses what ETSI added to PDF 1.7 (EN 319 142-1 5.4.2.1); PDF 2.0 has it itself.
fn extension(pdf: &Pdf<'_>, catalog: &mut Dictionary) {
    let mut extensions = pdf.dictionary(catalog, b"Extensions").cloned().unwrap_or_default();
    if !extensions.has(b"ESIC") {
        let level = dictionary! { "BaseVersion" => Object::Name(b"1.7".to_vec()), "ExtensionLevel" => 2 };
        extensions.set("ESIC", Object::Dictionary(level));
        catalog.set("Extensions", Object::Dictionary(extensions));
    }
}

struct Store<'s, 'p, 'a> {
    pdf: &'p Pdf<'a>,
    update: &'s mut Update<'p, 'a>,
}

type List = Vec<Object>;

impl Store<'_, '_, '_> {
    /// References to `items` in the list `key`, and the whole list, old entries first.
    fn put(&mut self, old: &Dictionary, key: &[u8], items: &[Vec<u8>]) -> Result<(List, List), Error> {
        let mut all: List = self.pdf.array(old, key).cloned().unwrap_or_default();
        if all.len() > MAX_ENTRIES {
            return Err(LevelError::TooMuchProof.into());
        }
        let known: Vec<(ObjectId, Vec<u8>)> = all.iter().filter_map(|entry| self.content(entry)).collect();
        let mut mine = List::new();
        for item in items {
            let id = match known.iter().find(|(_, content)| content == item) {
                Some((id, _)) => *id,
                None => {
                    let id = self.update.add(Object::Stream(Stream::new(Dictionary::new(), item.clone())))?;
                    all.push(Object::Reference(id));
                    id
                }
            };
            mine.push(Object::Reference(id));
        }
        Ok((mine, all))
    }

    fn content(&self, entry: &Object) -> Option<(ObjectId, Vec<u8>)> {
        let id = entry.as_reference().ok()?;
        let stream = self.pdf.resolve(entry).as_stream().ok()?;
        let content = if stream.dict.has(b"Filter") {
            stream.decompressed_content_with_limit(1 << 20).ok()?
        } else {
            stream.content.clone()
        };
        Some((id, content))
    }
}
