//! Signing: what the document allows, the new objects, the signature, and the check afterwards.

mod check;
mod objects;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lopdf::{Dictionary, Object, ObjectId, StringFormat};

use crate::appearance::{self, Values};
use crate::certificate::{Certificate, CertificateSummary};
use crate::cms;
use crate::error::{Error, Lang};
use crate::field::{self, Field};
use crate::identity::{self, RawSigner};
use crate::increment::Update;
use crate::options::{Format, SignOptions, Visible};
use crate::page::{self, Geometry};
use crate::read::Pdf;

/// A signed PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub pdf: Vec<u8>,
    /// The name of the signature field.
    pub field: String,
    /// What the person should know although it did not stop the signing.
    pub warnings: Vec<Warning>,
}

/// Something worth knowing about a signature that was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "code")]
pub enum Warning {
    /// The certificate is an electronic seal.
    #[serde(rename = "pdf_seal_certificate")]
    Seal,
    /// The certificate is outside its dates, and that was allowed.
    #[serde(rename = "pdf_signed_outside_validity")]
    OutsideValidity,
    /// The document carries usage rights that this change ends.
    #[serde(rename = "pdf_usage_rights")]
    UsageRights,
    /// The visible signature's font lacks letters.
    #[serde(rename = "pdf_missing_letters")]
    MissingLetters { letters: String },
    /// The file's cross-reference table was damaged and has been repaired in the update.
    #[serde(rename = "pdf_repaired")]
    Repaired,
    /// A new visible field was added to a certified document.
    #[serde(rename = "pdf_visible_after_certification")]
    VisibleAfterCertification,
}

impl Warning {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Seal => "pdf_seal_certificate",
            Self::OutsideValidity => "pdf_signed_outside_validity",
            Self::UsageRights => "pdf_usage_rights",
            Self::MissingLetters { .. } => "pdf_missing_letters",
            Self::Repaired => "pdf_repaired",
            Self::VisibleAfterCertification => "pdf_visible_after_certification",
        }
    }

    pub fn message(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, Self::Seal) => "The certificate is an electronic seal, which shows where a document comes from but is not a signature of will. For contracts use a person's certificate.".into(),
            (Lang::PtBr, Self::Seal) => "O certificado é um selo eletrônico, que mostra a origem do documento mas não vale como manifestação de vontade. Para contratos, use o certificado de uma pessoa.".into(),
            (Lang::En, Self::OutsideValidity) => "The certificate was not valid at the time of signing, so the signature is not either. Renew the certificate.".into(),
            (Lang::PtBr, Self::OutsideValidity) => "O certificado não era válido no momento da assinatura, portanto a assinatura também não é. Renove o certificado.".into(),
            (Lang::En, Self::UsageRights) => "The PDF carried usage rights for Adobe Reader, which end with any change. Readers may say so when it is opened.".into(),
            (Lang::PtBr, Self::UsageRights) => "O PDF tinha direitos de uso para o Adobe Reader, que acabam com qualquer alteração. Leitores podem avisar ao abri-lo.".into(),
            (Lang::En, Self::MissingLetters { letters }) => format!("The visible signature shows \"?\" instead of these letters, which its font lacks: {letters}"),
            (Lang::PtBr, Self::MissingLetters { letters }) => format!("A assinatura visível mostra \"?\" no lugar destas letras, que faltam na fonte: {letters}"),
            (Lang::En, Self::VisibleAfterCertification) => "The PDF is certified, and some validators do not accept a new visible signature after that. Make the signature invisible, or use a field that was reserved for it.".into(),
            (Lang::PtBr, Self::VisibleAfterCertification) => "O PDF está certificado, e alguns validadores não aceitam depois disso uma nova assinatura visível. Faça a assinatura invisível ou use um campo reservado para ela.".into(),
            (Lang::En, Self::Repaired) => "The PDF's internal table was damaged and has been repaired.".into(),
            (Lang::PtBr, Self::Repaired) => "A tabela interna do PDF estava danificada e foi reparada.".into(),
        }
    }
}

/// Signs `input` at `now`.
///
/// The result is the input with an update appended, and has passed the check that every signed
/// file must pass before it is returned: the input is its beginning, it reads back, digest and
/// signature match, it is covered whole, and earlier fields, signatures and pages are as they were.
pub fn sign(input: &[u8], signer: &dyn RawSigner, options: &SignOptions, now: Timestamp) -> Result<Signed, Error> {
    let mut warnings = Vec::new();
    let summary = check_certificate(signer.certificate(), options, now, &mut warnings)?;
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
    let reserve = cms::size_bound(signer);
    let signature = objects::signature(&mut update, &stamp, target.existing(), reserve)?;
    let missing = match target {
        Target::Existing(field) => objects::fill_existing(&mut update, &pdf, field, signature, &stamp)?,
        Target::New(ref name) => objects::add_field(&mut update, &pdf, &pages, name, signature, &stamp)?,
    };
    if !missing.is_empty() {
        warnings.push(Warning::MissingLetters { letters: missing.into_iter().collect() });
    }
    objects::form_flags(&mut update, &pdf)?;
    if options.certification.level().is_some() && options.certification_in_permissions {
        objects::permissions(&mut update, &pdf, signature)?;
    }

    let seed = [signer.certificate(), now.to_string().as_bytes()].concat();
    let mut written = update.write(signature, &seed)?;
    written.fill_byte_range()?;
    let signing_time = (options.format == Format::Adobe).then_some(now);
    let request = cms::Request { content: &written.covered(), signing_time };
    let signed = cms::sign(signer, &request)?;
    written.fill_contents(&signed)?;

    let name = target.name().to_owned();
    check::after(&pdf, &fields, &pages, &written.bytes, &name, password, &options.limits)?;
    Ok(Signed { pdf: written.bytes, field: name, warnings })
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

    /// The lines of the visible signature.
    fn lines(&self, visible: &Visible) -> Result<Vec<String>, Error> {
        let date = jiff::fmt::strtime::format(&visible.date_format, &self.at)
            .unwrap_or_else(|_| self.at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string());
        let text = |option: &Option<String>| option.clone().unwrap_or_default();
        Ok(appearance::fill(
            &visible.text,
            &Values {
                name: self.name().to_owned(),
                cpf: text(&self.summary.cpf),
                cnpj: text(&self.summary.cnpj),
                issuer: self.summary.issuer.clone(),
                serial: self.summary.serial.clone(),
                date,
                reason: self.options.reason.clone(),
                location: self.options.location.clone(),
                contact: self.options.contact.clone(),
            },
        ))
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
    if let Some(certification) = field::certification(pdf, fields) {
        if certification.level == 1 {
            return Err(Error::Locked { signer: certification.signer });
        }
        if options.certification.level().is_some() {
            return Err(Error::AlreadyCertified { signer: certification.signer });
        }
        let existing = fields.iter().any(|field| field.name == options.field.trim());
        if options.visible.is_some() && !existing {
            warnings.push(Warning::VisibleAfterCertification);
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
