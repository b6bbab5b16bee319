//! Signing: what the document allows, the new objects, the signature, and the check afterwards.

mod check;
mod objects;
mod prepared;
mod reserve;
mod stamp;
mod warning;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lopdf::{Dictionary, Object, ObjectId, StringFormat};

use crate::appearance::{self, Ink, Look, Picture, Values};
use crate::certificate::{Certificate, CertificateSummary};
use crate::cms;
use crate::error::{Error, LevelError};
use crate::field::{self, Field};
use crate::identity::{self, Certified, RawSigner};
use crate::increment::Update;
use crate::options::{Format, SignOptions, Visible};
use crate::page::{self, Geometry};
use crate::policy::Policy;
use crate::read::Pdf;
pub(crate) use check::Before;
#[cfg(test)]
pub(crate) use check::EARLIER_SIGNATURES;
pub use prepared::Prepared;
pub use stamp::{PreparedStamp, StampOptions, prepare_time_stamp};
pub use warning::Warning;

/// A signed PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub pdf: Vec<u8>,
    /// The name of the signature field.
    pub field: String,
    /// `/Contents` of the signature with its padding: what proofs for it are filed under.
    pub contents: Vec<u8>,
    /// What the person should know although it did not stop the signing.
    pub warnings: Vec<Warning>,
}

/// Signs `input` at `now` with a key that answers at once.
///
/// The result is the input with an update appended, and has passed the check that every signed
/// file must pass before it is returned: the input is its beginning, it reads back, digest and
/// signature match, it is covered whole, and earlier fields, signatures and pages are as they were.
pub fn sign(input: &[u8], signer: &dyn RawSigner, options: &SignOptions, now: Timestamp) -> Result<Signed, Error> {
    let prepared = prepare(input, &Certified::of(signer), options, now)?;
    let signature = signer.sign(prepared.to_sign())?;
    prepared.finish(&signature, None)
}

/// Appends everything to `input` but the signature itself, which a key elsewhere may make days
/// later from [`Prepared::to_sign`].
///
/// # Errors
/// When the document, the certificate or the options do not allow it.
pub fn prepare(input: &[u8], signer: &Certified, options: &SignOptions, now: Timestamp) -> Result<Prepared, Error> {
    let mut warnings = Vec::new();
    let summary = check_certificate(&signer.certificate, options, now, &mut warnings)?;
    check_policy(options, signer, &summary, &mut warnings)?;
    let zone = time_zone(&options.time_zone)?;
    let password = options.pdf_password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::outline(input, password, &options.limits)?;
    let fields = field::all(&pdf);
    check_document(&pdf, &fields, options, &mut warnings)?;
    let target = choose_field(&pdf, &fields, options)?;
    let pages = pdf.pages();
    if pages.is_empty() {
        return Err(Error::NoPages);
    }

    let mut update = Update::new(&pdf);
    let stamp = Stamp { options, summary: &summary, at: now.to_zoned(zone) };
    let reserve = cms::size_bound(signer) + options.room;
    let signature = objects::signature(&mut update, &pdf, &stamp, target.existing(), reserve)?;
    let missing = match target {
        Target::Existing(field) => objects::fill_existing(&mut update, &pdf, field, signature, &stamp)?,
        Target::New(ref name) => objects::add_field(&mut update, &pdf, &pages, name, signature, Some(&stamp))?,
    };
    if !missing.is_empty() {
        warnings.push(Warning::MissingLetters { letters: missing.into_iter().collect() });
    }
    reserve::add(&mut update, &pdf, &pages, &fields, target.name(), &options.reserve)?;
    objects::form_flags(&mut update, &pdf)?;
    if options.certification.level().is_some() && options.certification_in_permissions {
        objects::permissions(&mut update, &pdf, signature)?;
    }

    let seed = [&signer.certificate[..], now.to_string().as_bytes()].concat();
    let mut written = update.write(signature, &seed)?;
    written.fill_byte_range()?;
    let signing_time = (options.format == Format::Adobe).then_some(now);
    let request = cms::Request { content: &written.covered(), signing_time, policy: options.policy };
    let attributes = cms::attributes(signer, &request);
    let field = target.name().to_owned();
    let before = Before::new(&pdf, &written.bytes, fields, pages, options.pdf_password.clone(), options.limits)?;
    Ok(Prepared {
        bytes: written.bytes,
        contents: written.contents,
        field,
        signer: signer.clone(),
        attributes,
        warnings,
        before,
    })
}

fn check_policy(
    options: &SignOptions,
    signer: &Certified,
    summary: &CertificateSummary,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    if options.policy == Policy::None {
        return Ok(());
    }
    if options.format != Format::Pades {
        return Err(LevelError::PolicyFormat.into());
    }
    if options.policy.needs_time_stamp() && options.room == 0 {
        return Err(LevelError::PolicyNeedsTimeStamp.into());
    }
    if !options.policy.allows(signer.algorithm) {
        return Err(LevelError::PolicyAlgorithm { algorithm: signer.algorithm.name() }.into());
    }
    if !summary.icp_brasil {
        warnings.push(Warning::PolicyOutsideIcpBrasil);
    }
    // EN 319 142-1 6.3: a signature names a policy or a reason, not both.
    if !options.reason.is_empty() {
        warnings.push(Warning::PolicyWithoutReason);
    }
    Ok(())
}

/// Everything the objects of a signature are made from.
struct Stamp<'a> {
    options: &'a SignOptions,
    summary: &'a CertificateSummary,
    at: jiff::Zoned,
}

impl Stamp<'_> {
    fn name(&self) -> &str {
        if self.options.name.is_empty() { &self.summary.name } else { &self.options.name }
    }

    /// What the visible signature shows.
    fn look(&self, pdf: &Pdf<'_>, visible: &Visible) -> Result<Look, Error> {
        let date = jiff::fmt::strtime::format(&visible.date_format, &self.at)
            .unwrap_or_else(|_| self.at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string());
        let text = |option: &Option<String>| option.clone().unwrap_or_default();
        let values = Values {
            name: self.name().to_owned(),
            cpf: text(&self.summary.cpf),
            cnpj: text(&self.summary.cnpj),
            issuer: self.summary.issuer.clone(),
            serial: self.summary.serial.clone(),
            date,
            reason: self.options.reason.clone(),
            location: self.options.location.clone(),
            contact: self.options.contact.clone(),
        };
        Ok(Look {
            lines: appearance::fill(&visible.text, &values),
            frame: visible.frame,
            picture: visible.picture.as_deref().map(Picture::read).transpose()?,
            arrangement: visible.arrangement,
            qr: appearance::fill(visible.qr.trim(), &values).concat(),
            ink: Ink::of(pdf),
        })
    }
}

enum Target<'f> {
    Existing(&'f Field),
    New(String),
}

impl Target<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Existing(field) => &field.name,
            Self::New(name) => name,
        }
    }

    fn existing(&self) -> Option<&Field> {
        match self {
            Self::Existing(field) => Some(field),
            Self::New(_) => None,
        }
    }
}

fn time_zone(name: &str) -> Result<TimeZone, Error> {
    match name.trim() {
        "" | "UTC" => Ok(TimeZone::UTC),
        name => TimeZone::get(name).map_err(|_| Error::UnknownTimeZone { name: name.to_owned() }),
    }
}

fn check_certificate(
    der: &[u8],
    options: &SignOptions,
    now: Timestamp,
    warnings: &mut Vec<Warning>,
) -> Result<CertificateSummary, Error> {
    let certificate = Certificate::parse(der).map_err(|_| Error::CertificateFileDamaged)?;
    let summary = identity::summary(der);
    let name = summary.name.clone();
    if !certificate.may_sign() {
        return Err(Error::CertificateKeyUsage { name });
    }
    // A self-signed certificate is vouched for by nobody, whatever its hash.
    if let Some(algorithm) = certificate.weak_signature()
        && !certificate.is_self_issued()
    {
        return Err(Error::WeakCertificate { algorithm });
    }
    if now > summary.not_after || now < summary.not_before {
        if !options.allow_expired {
            return Err(if now > summary.not_after {
                Error::CertificateExpired { name, on: summary.not_after }
            } else {
                Error::CertificateNotYetValid { name, from: summary.not_before }
            });
        }
        warnings.push(Warning::OutsideValidity);
    }
    if summary.seal {
        warnings.push(Warning::Seal);
    }
    Ok(summary)
}

fn check_document(
    pdf: &Pdf<'_>,
    fields: &[Field],
    options: &SignOptions,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    let signed = fields.iter().any(|field| field.is_signature() && field.value.is_some());
    if pdf.rebuilt {
        if signed {
            return Err(Error::DamagedSigned);
        }
        warnings.push(Warning::Repaired);
    }
    let catalog = pdf.catalog()?;
    let needs_rendering = pdf.get(catalog, b"NeedsRendering").is_some_and(|v| v.as_bool().unwrap_or(false));
    let xfa = field::form(pdf).is_some_and(|form| form.has(b"XFA"));
    if xfa && needs_rendering {
        return Err(Error::DynamicForm);
    }
    if let Some(perms) = pdf.dictionary(catalog, b"Perms")
        && (perms.has(b"UR3") || perms.has(b"UR"))
    {
        warnings.push(Warning::UsageRights);
    }
    let restricted = field::restricted(pdf, fields);
    if let Some(field::Certification { level: 1, signer }) = restricted {
        return Err(Error::Locked { signer });
    }
    if options.certification.level().is_some()
        && let Some(certification) = field::certification(pdf, fields)
    {
        return Err(Error::AlreadyCertified { signer: certification.signer });
    }
    if let Some(restricted) = restricted {
        let existing = fields.iter().any(|field| field.name == options.field.trim());
        // A new box could cover what was certified.
        if options.visible.is_some() && !existing || options.reserve.iter().any(|field| field.place.is_some()) {
            return Err(Error::VisibleAfterCertification { signer: restricted.signer });
        }
    }
    if signed && options.certification.level().is_some() {
        return Err(Error::CertifyAfterSignature);
    }
    Ok(())
}

fn choose_field<'f>(pdf: &Pdf<'_>, fields: &'f [Field], options: &SignOptions) -> Result<Target<'f>, Error> {
    let name = options.field.trim();
    let target = if name.is_empty() {
        Target::New(field::fresh_name(fields))
    } else if let Some(existing) = fields.iter().find(|field| field.name == name) {
        let field = name.to_owned();
        if !existing.is_signature() || existing.id.is_none() {
            return Err(Error::FieldNotSignature { field });
        }
        if existing.value.is_some() {
            return Err(Error::FieldSigned { field });
        }
        Target::Existing(existing)
    } else {
        let below = format!("{name}.");
        let taken = fields.iter().any(|field| field.name.starts_with(&below));
        if name.contains('.') || name.chars().count() > 120 || name.chars().any(char::is_control) || taken {
            return Err(Error::FieldName { field: name.chars().take(120).collect() });
        }
        Target::New(name.to_owned())
    };
    match field::locked_by(pdf, fields, target.name()) {
        Some(signer) => Err(Error::FieldLocked { field: target.name().to_owned(), signer }),
        None => Ok(target),
    }
}

/// A text string: PDFDocEncoding where ASCII does, UTF-16 otherwise.
fn text(value: &str) -> Object {
    if value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return Object::String(value.as_bytes().to_vec(), StringFormat::Literal);
    }
    let mut bytes = vec![0xfe, 0xff];
    bytes.extend(value.encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// `D:20261123140509-03'00'` (ISO 32000-2 7.9.4).
fn date(at: &jiff::Zoned) -> Object {
    let offset = at.offset().seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs() / 60;
    let text = format!("D:{}{sign}{:02}'{:02}'", at.strftime("%Y%m%d%H%M%S"), minutes / 60, minutes % 60);
    Object::String(text.into_bytes(), StringFormat::Literal)
}

/// Numbers as a PDF array.
fn rect(rect: [f64; 4]) -> Object {
    Object::Array(rect.map(|n| Object::Real(n as f32)).to_vec())
}

/// The page an object's area is looked up on.
fn area_on(pdf: &Pdf<'_>, page: ObjectId, widget: &Dictionary) -> Option<(Geometry, page::Area)> {
    let geometry = Geometry::of(pdf, page);
    let rect = page::rectangle(pdf, pdf.get(widget, b"Rect")?)?;
    Some((geometry, geometry.area_of(rect)?))
}
