//! Proofs that certificates were not revoked, for long-term validation (EN 319 142-1 5.4).
//!
//! A [`Collector`] says what is to be fetched and takes what came: issuers that are missing from a
//! chain, OCSP answers, revocation lists. Every proof is checked before it counts. How much may be
//! asked and kept is bounded, whatever certificates name.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;

use super::{SKEW, Standing, Word, crl, issued, links, ocsp};
use crate::certificate::{self, Certificate};
use crate::cms::SignedData;
use crate::error::{Error, LevelError};
use crate::verify::{certificates_in, pem};

/// Questions for one signature. A chain of four with a time stamp's chain of four needs about ten.
const MAX_FETCHES: usize = 40;
/// Certificates that are looked at for one signature.
const MAX_CERTIFICATES: usize = 48;
/// Bytes of proofs that are put into one file.
const MAX_PROOF: usize = 32 << 20;
/// The largest certificate, or bundle of them, that is read.
const MAX_ISSUERS: usize = 256 << 10;

/// What is to be fetched: by GET, or with a body by POST.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fetch {
    pub url: String,
    /// The body and its media type.
    pub post: Option<(Vec<u8>, &'static str)>,
    /// Bytes that the answer may have.
    pub limit: usize,
}

/// What was gathered; each in DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proofs {
    pub certificates: Vec<Vec<u8>>,
    /// Whole `OCSPResponse`s.
    pub ocsp: Vec<Vec<u8>>,
    pub crls: Vec<Vec<u8>>,
    /// What could not be proven.
    pub problems: Vec<Error>,
}

/// Gathers the proofs for one signature: for the signer, for the authority of its time stamp, and
/// for everyone above them up to the roots.
#[derive(Debug)]
pub struct Collector {
    now: Timestamp,
    /// Certificates that may be somebody's issuer.
    pool: Vec<Vec<u8>>,
    queue: VecDeque<Vec<u8>>,
    seen: HashSet<Vec<u8>>,
    step: Option<Step>,
    fetches: usize,
    proofs: Proofs,
}

/// The work on one certificate.
#[derive(Debug)]
struct Step {
    certificate: Vec<u8>,
    issuer: Option<Vec<u8>>,
    ways: VecDeque<Way>,
    asked: Option<Way>,
    /// Why the ways that were tried led nowhere.
    failures: Vec<String>,
}

#[derive(Debug, Clone)]
enum Way {
    Issuer(String),
    Ocsp(String),
    Crl(String),
}

impl Collector {
    /// For the signatures (`/Contents`) given: a PDF's signature or document time stamp. A time stamp
    /// inside one is taken too. `now` is when proofs have to be valid.
    pub fn new(signatures: &[&[u8]], now: Timestamp) -> Self {
        let mut made = Self {
            now,
            pool: Vec::new(),
            queue: VecDeque::new(),
            seen: HashSet::new(),
            step: None,
            fetches: 0,
            proofs: Proofs::default(),
        };
        for contents in signatures {
            let Ok(data) = SignedData::parse(contents) else { continue };
            made.add_signer(&data);
            if let Some(stamp) = data.time_stamp()
                && let Ok(stamp) = SignedData::parse(stamp.raw)
            {
                made.add_signer(&stamp);
            }
        }
        made
    }

    fn add_signer(&mut self, data: &SignedData<'_>) {
        for der in &data.certificates {
            self.add_to_pool(der.to_vec());
        }
        if let Some(own) = data.signer.and_then(|at| data.certificates.get(at)) {
            self.enqueue(own.to_vec());
        }
    }

    fn add_to_pool(&mut self, der: Vec<u8>) {
        if self.pool.len() < MAX_CERTIFICATES && !self.pool.contains(&der) {
            self.pool.push(der);
        }
    }

    fn enqueue(&mut self, der: Vec<u8>) {
        if self.seen.len() < MAX_CERTIFICATES && self.seen.insert(der.clone()) {
            self.queue.push_back(der);
        }
    }

    /// What is to be fetched next; none when everything has been tried.
    ///
    /// # Errors
    /// [`LevelError::Revoked`] when a proof that was gathered says so.
    pub fn next_fetch(&mut self) -> Result<Option<Fetch>, Error> {
        loop {
            if let Some(step) = &mut self.step {
                if self.fetches < MAX_FETCHES
                    && let Some(way) = step.ways.pop_front()
                    && let Some(fetch) = step.fetch(&way)
                {
                    step.asked = Some(way);
                    self.fetches += 1;
                    return Ok(Some(fetch));
                }
                if step.ways.is_empty() || self.fetches >= MAX_FETCHES {
                    let problem = step.problem();
                    self.proofs.problems.push(problem);
                    self.step = None;
                }
            } else {
                let Some(certificate) = self.queue.pop_front() else { return Ok(None) };
                self.begin(certificate)?;
            }
        }
    }

    fn begin(&mut self, certificate: Vec<u8>) -> Result<(), Error> {
        let Ok(parsed) = Certificate::parse(&certificate) else { return Ok(()) };
        self.keep_certificate(certificate.clone());
        // Nobody can say of a root that it is revoked.
        if parsed.is_self_issued() {
            return Ok(());
        }
        let ways = links::issuers(&parsed).into_iter().map(Way::Issuer).collect();
        let step = Step { certificate, issuer: None, ways, asked: None, failures: Vec::new() };
        self.with_issuer(step)
    }

    /// Goes on with a step as soon as the issuer is known.
    fn with_issuer(&mut self, mut step: Step) -> Result<(), Error> {
        let issuer = {
            let Ok(own) = Certificate::parse(&step.certificate) else { return Ok(()) };
            let fits = |der: &&Vec<u8>| {
                Certificate::parse(der).is_ok_and(|issuer| issuer.may_issue() && issued(&own, &issuer))
            };
            self.pool.iter().find(fits).cloned()
        };
        let Some(issuer) = issuer else {
            self.step = Some(step);
            return Ok(());
        };
        self.enqueue(issuer.clone());
        let Ok(own) = Certificate::parse(&step.certificate) else { return Ok(()) };
        if links::is_exempt_from_checks(&own) {
            return Ok(());
        }
        // A list that was fetched for a sibling may tell.
        if let Ok(issuer) = Certificate::parse(&issuer) {
            for list in &self.proofs.crls {
                if let Ok(word) = listed(list, &own, &issuer).and_then(|word| current(word, self.now)) {
                    return judge(&own, word);
                }
            }
        }
        let ocsp = links::ocsp(&own).into_iter().map(Way::Ocsp);
        step.ways = ocsp.chain(links::crl(&own).into_iter().map(Way::Crl)).collect();
        step.issuer = Some(issuer);
        step.failures.clear();
        self.step = Some(step);
        Ok(())
    }

    /// Takes what was fetched, or in a few words why it was not.
    ///
    /// # Errors
    /// [`LevelError::Revoked`] when a certificate is.
    pub fn answer(&mut self, answer: Result<&[u8], String>) -> Result<(), Error> {
        let Some(mut step) = self.step.take() else { return Ok(()) };
        let Some(way) = step.asked.take() else {
            self.step = Some(step);
            return Ok(());
        };
        let outcome =
            answer.and_then(|bytes| if bytes.len() > way.limit() { Err("too large".into()) } else { Ok(bytes) });
        let outcome = outcome.and_then(|bytes| self.take(&step, &way, bytes));
        match outcome {
            Ok(Some(word)) => {
                if let Ok(own) = Certificate::parse(&step.certificate) {
                    judge(&own, word)?;
                }
                Ok(())
            }
            Ok(None) => self.with_issuer(step),
            Err(reason) => {
                step.failures.push(format!("{}: {reason}", way.describe()));
                self.step = Some(step);
                Ok(())
            }
        }
    }

    /// Uses an answer: what it says, or none when it brought certificates.
    fn take(&mut self, step: &Step, way: &Way, bytes: &[u8]) -> Result<Option<Word>, String> {
        if let Way::Issuer(_) = way {
            let found = certificates_in(bytes);
            if found.is_empty() {
                return Err("unreadable".into());
            }
            found.into_iter().for_each(|der| self.add_to_pool(der));
            return Ok(None);
        }
        let own = Certificate::parse(&step.certificate).map_err(|_| "unreadable")?;
        let issuer = step.issuer.as_deref().and_then(|der| Certificate::parse(der).ok()).ok_or("no issuer")?;
        if let Way::Ocsp(_) = way {
            let (word, responder) = ocsp::read(bytes, &own, &issuer)?;
            let word = current(word, self.now)?;
            self.room_for(bytes.len())?;
            self.proofs.ocsp.push(bytes.to_vec());
            if let Some(responder) = responder {
                self.enqueue(responder);
            }
            return Ok(Some(word));
        }
        // Some authorities publish PEM.
        let list = pem(bytes, "X509 CRL").unwrap_or_else(|| bytes.to_vec());
        let word = listed(&list, &own, &issuer).and_then(|word| current(word, self.now))?;
        self.room_for(list.len())?;
        self.proofs.crls.push(list);
        Ok(Some(word))
    }

    fn room_for(&self, bytes: usize) -> Result<(), String> {
        let used: usize = self.proofs.ocsp.iter().chain(&self.proofs.crls).map(Vec::len).sum();
        if used + bytes > MAX_PROOF { Err("too large".into()) } else { Ok(()) }
    }

    fn keep_certificate(&mut self, der: Vec<u8>) {
        if !self.proofs.certificates.contains(&der) {
            self.proofs.certificates.push(der);
        }
    }

    /// What was gathered.
    pub fn proofs(self) -> Proofs {
        self.proofs
    }
}

/// What a list says about `own`.
fn listed(list: &[u8], own: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<Word, &'static str> {
    let list = crl::Crl::parse(list).map_err(|_| "unreadable")?;
    list.about(own, issuer).ok_or("other issuer, only a part, or signature")
}

/// What was said, if that counts at `now`.
fn current(word: Word, now: Timestamp) -> Result<Word, &'static str> {
    if word.issued_at.saturating_sub(SKEW).is_ok_and(|issued| issued > now) {
        return Err("not valid yet");
    }
    if !word.is_current(now) {
        return Err("out of date");
    }
    if word.standing == Standing::Unknown { Err("unknown") } else { Ok(word) }
}

fn judge(certificate: &Certificate<'_>, word: Word) -> Result<(), Error> {
    match word.revoked_at {
        Some(on) => Err(LevelError::Revoked { name: certificate::holder(certificate.subject), on }.into()),
        None => Ok(()),
    }
}

impl Step {
    fn fetch(&self, way: &Way) -> Option<Fetch> {
        let post = match way {
            Way::Ocsp(_) => {
                let own = Certificate::parse(&self.certificate).ok()?;
                let issuer = Certificate::parse(self.issuer.as_deref()?).ok()?;
                Some((ocsp::request(&own, &issuer), ocsp::QUERY))
            }
            Way::Issuer(_) | Way::Crl(_) => None,
        };
        Some(Fetch { url: way.url().to_owned(), post, limit: way.limit() })
    }

    fn problem(&self) -> Error {
        let name =
            Certificate::parse(&self.certificate).map_or_else(|_| "?".into(), |c| certificate::holder(c.subject));
        if self.issuer.is_none() {
            return LevelError::ChainIncomplete { name }.into();
        }
        let reason = if self.failures.is_empty() { "OCSP, CRL: -".to_owned() } else { self.failures.join("; ") };
        LevelError::NoProof { name, reason }.into()
    }
}

impl Way {
    fn url(&self) -> &str {
        let (Self::Issuer(url) | Self::Ocsp(url) | Self::Crl(url)) = self;
        url
    }

    fn limit(&self) -> usize {
        match self {
            Self::Issuer(_) => MAX_ISSUERS,
            Self::Ocsp(_) => ocsp::MAX_ANSWER,
            Self::Crl(_) => crl::MAX_LIST,
        }
    }

    fn describe(&self) -> String {
        let kind = match self {
            Self::Issuer(_) => "AIA",
            Self::Ocsp(_) => "OCSP",
            Self::Crl(_) => "CRL",
        };
        format!("{kind} {}", self.url().chars().filter(|c| !c.is_control()).take(120).collect::<String>())
    }
}
