//! Puts together what there is to say about one signature.

use jiff::Timestamp;
use lopdf::Dictionary;

use super::chain::{self, Chain};
use super::cms::Outcome;
use super::diff::{Changes, Difference};
use super::findings::Code;
use super::level;
use super::report::{self, ChainLink, Proof, Severity, SignatureReport, Status};
use super::time::{self, Judged, Times};
use super::{Coverage, Integrity, Signature, World};
use crate::algorithm::PublicKey;
use crate::certificate::{Certificate, CertificateSummary};
use crate::read::Pdf;
use crate::revocation::{self, Revocation, SKEW, Source, Standing, Wanted};
use crate::{field, trust};

const ALL: [Source; 3] = [Source::Document, Source::Signature, Source::Fetched];

/// The report of one signature, and what would complete it.
pub fn one(world: &World<'_>, times: &Times, signature: &Signature<'_>) -> (SignatureReport, Vec<Wanted>) {
    let (pdf, dictionary, examined) = (world.pdf, signature.dictionary, &signature.examined);
    let mut codes = examined.codes.clone();
    if signature.field.is_none() {
        codes.push(Code::OutsideForm);
    }
    let (coverage, content_after) = coverage(world, signature);
    let difference = changes(world, signature, coverage, &mut codes);

    let date = pdf.get(dictionary, b"M").and_then(|m| m.as_str().ok()).and_then(report::parse_date);
    let inside = examined.cms.as_ref().and_then(|cms| cms.signing_time);
    let claimed = date.or(inside);
    let end = examined.range.as_ref().map_or(0, |range| range.end);
    let who = examined.cms.as_ref().map(|outcome| signer(world, times, outcome, end, claimed, &mut codes));
    let who = who.unwrap_or_else(|| Who::nobody(world.options.now));
    let outcome = examined.cms.as_ref();
    if who.proof.is_none() && claimed.is_some() {
        codes.push(Code::TimeNotProven);
    }
    if let Some((proven, _)) = who.proof
        && outcome.is_some_and(|cms| !cms.is_time_stamp)
        && [date, inside].into_iter().flatten().any(|claim| is_later(claim, proven))
    {
        codes.push(Code::TimesContradict);
    }
    if outcome.is_some_and(|cms| cms.misplaced_time) {
        codes.push(Code::TimeInside);
    }

    match outcome.and_then(|cms| cms.policy.as_ref()).map(|policy| policy.as_published) {
        None | Some(Some(true)) => {}
        Some(Some(false)) => codes.push(Code::PolicyDiffers),
        Some(None) => codes.push(Code::PolicyUnknown),
    }

    let is_stamped = who.stamps.iter().any(|stamp| stamp.report.integrity == Integrity::Intact);
    let policy = outcome.and_then(|cms| cms.policy.as_ref()?.name.as_deref());
    if !is_stamped && policy.is_some_and(|name| name.starts_with("AD-RT")) {
        codes.push(Code::PolicyUnstamped);
    }

    let chain = who.chain.as_ref();
    let report = SignatureReport {
        field: signature.field.clone(),
        status: Status::of(codes.iter().map(|code| code.severity())),
        integrity: examined.integrity,
        coverage,
        covered_bytes: end,
        content_after,
        changes: difference.as_ref().map(|difference| difference.level),
        changed_fields: difference.iter().flat_map(|difference| difference.fields.iter().cloned()).collect(),
        other_changes: difference.map(|difference| difference.reasons).unwrap_or_default(),
        sub_filter: pdf.name(dictionary, b"SubFilter").unwrap_or_default(),
        level: level::of(world, times, signature, &who),
        time_stamp: outcome.is_some_and(|cms| cms.is_time_stamp),
        digest: outcome.and_then(|cms| cms.digest).map(|digest| digest.name().to_owned()),
        algorithm: outcome.and_then(|cms| cms.algorithm.clone()),
        icp_brasil: chain.is_some_and(|chain| is_icp_brasil(&chain.root)),
        trusted: who.trusted,
        anchor: chain.map(Chain::anchor),
        chain: chain.map(links).unwrap_or_default(),
        signer: who.signer,
        revocation: who.revocation,
        time_stamps: who.stamps.into_iter().map(|stamp| stamp.report).collect(),
        judged_at: who.judged_at,
        claimed_time: claimed,
        proven_time: who.proof.map(|(time, _)| time),
        proven_by: who.proof.map(|(_, proof)| proof),
        policy: outcome.and_then(|cms| cms.policy.clone()),
        name: pdf.text(dictionary, b"Name"),
        reason: pdf.text(dictionary, b"Reason"),
        location: pdf.text(dictionary, b"Location"),
        contact: pdf.text(dictionary, b"ContactInfo"),
        certification: field::certification_level(pdf, dictionary),
        findings: codes.into_iter().map(|code| code.finding(world.options.lang)).collect(),
    };
    (report, who.wanted)
}

/// Whether a signer claims a time at which the signature had already been stamped, beyond what clocks differ.
fn is_later(claimed: Timestamp, proven: Timestamp) -> bool {
    claimed.duration_since(proven) > SKEW
}

fn coverage(world: &World<'_>, signature: &Signature<'_>) -> (Coverage, bool) {
    let Some(range) = &signature.examined.range else { return (Coverage::Partial, false) };
    let rest = &world.pdf.bytes[range.end..];
    let content_after = rest.iter().any(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0c));
    let coverage = match signature.examined.coverage {
        Coverage::Partial if world.history.is_revision(range.end) => Coverage::WholeRevision,
        other => other,
    };
    (coverage, content_after)
}

/// What came after the signature, and whether it puts up with that.
fn changes(
    world: &World<'_>,
    signature: &Signature<'_>,
    coverage: Coverage,
    codes: &mut Vec<Code>,
) -> Option<Difference> {
    let range = signature.examined.range.as_ref()?;
    if signature.examined.integrity == Integrity::Broken {
        return None;
    }
    if coverage == Coverage::WholeFile {
        return Some(Difference::default());
    }
    if world.history.too_many {
        // The document's own finding says so too; this one makes no signature valid.
        codes.push(Code::TooManyRevisions);
        return None;
    }
    if coverage == Coverage::Partial {
        codes.push(Code::CoversPart);
        return Some(Difference::other("the signature covers no whole revision"));
    }
    let difference = world.history.after(range.end)?;
    judge_changes(world.pdf, (signature.dictionary, signature.lock), &difference, codes);
    Some(difference)
}

/// Whether a signature of `pdf` does not put up with what was appended. `lock` is that of its field.
pub fn is_broken_by(pdf: &Pdf<'_>, signature: (&Dictionary, Option<&Dictionary>), difference: &Difference) -> bool {
    let mut codes = Vec::new();
    judge_changes(pdf, signature, difference, &mut codes);
    !none_invalid(&codes)
}

/// Whether a signature puts up with all that came after it, as far as that is known.
pub fn stands(world: &World<'_>, signature: &Signature<'_>) -> bool {
    let mut codes = Vec::new();
    let (coverage, _) = coverage(world, signature);
    changes(world, signature, coverage, &mut codes);
    none_invalid(&codes)
}

fn none_invalid(codes: &[Code]) -> bool {
    codes.iter().all(|code| code.severity() != Severity::Invalid)
}

/// `lock` is that of the signature's field.
fn judge_changes(
    pdf: &Pdf<'_>,
    (signature, lock): (&Dictionary, Option<&Dictionary>),
    difference: &Difference,
    codes: &mut Vec<Code>,
) {
    let level = field::restriction(pdf, signature, lock);
    let allowed = match level {
        Some(1) => Changes::LongTerm,
        Some(3) => Changes::Comments,
        _ => Changes::FormsAndSignatures,
    };
    if difference.fields.iter().any(|name| field::locks(pdf, signature, name)) {
        codes.push(Code::LockedFieldChanged);
    }
    match difference.level {
        Changes::None => {}
        Changes::Other => codes.push(Code::ChangedAfter),
        // A box that comes after a certification can cover what was certified.
        _ if level.is_some() && difference.visible_field => codes.push(Code::CertificationBroken),
        found if found > allowed && level.is_some() => codes.push(Code::CertificationBroken),
        found if found > allowed => codes.push(Code::ChangedAfter),
        Changes::Comments => codes.push(Code::CommentsAdded),
        _ => codes.push(Code::ExtendedAfter),
    }
}

/// Who signed, and whether that can be believed.
pub struct Who {
    signer: Option<CertificateSummary>,
    trusted: Option<bool>,
    pub chain: Option<Chain>,
    revocation: Vec<Revocation>,
    pub stamps: Vec<Judged>,
    pub proof: Option<(Timestamp, Proof)>,
    pub judged_at: Timestamp,
    wanted: Vec<Wanted>,
}

impl Who {
    fn nobody(now: Timestamp) -> Self {
        Self {
            signer: None,
            trusted: None,
            chain: None,
            revocation: Vec::new(),
            stamps: Vec::new(),
            proof: None,
            judged_at: now,
            wanted: Vec::new(),
        }
    }
}

fn signer(
    world: &World<'_>,
    times: &Times,
    outcome: &Outcome,
    end: usize,
    claimed: Option<Timestamp>,
    codes: &mut Vec<Code>,
) -> Who {
    let options = world.options;
    let mut who = Who::nobody(options.now);
    let Some(Ok(certificate)) = outcome.signer.as_deref().map(Certificate::parse) else { return who };
    let mut certificates = outcome.certificates.clone();
    certificates.extend(world.certificates.iter().cloned());
    if outcome.is_time_stamp {
        let at = times.control(world, end);
        let own = time::stamp(world, outcome, at);
        who.proof = own.proves.map(|time| (time, Proof::DocumentTimeStamp));
        who.judged_at = at;
        who.chain = own.chain.clone();
        who.stamps.push(own);
    } else {
        (who.proof, who.stamps) = times.of_signature(world, outcome, end);
        who.judged_at = who.proof.map_or(options.now, |(time, _)| time);
        who.chain = chain::check(certificate.der, &certificates, &options.roots, who.judged_at, false);
        for stamp in &who.stamps {
            if stamp.report.integrity != Integrity::Intact {
                codes.push(Code::StampBroken);
            } else if stamp.is_weak {
                codes.push(Code::StampWeak);
            } else if stamp.report.trusted == Some(false) {
                codes.push(Code::StampUntrusted);
            }
        }
    }
    let summary = certificate.summary();
    about_certificate(&certificate, &summary, &who, claimed, codes);
    if options.roots.is_empty() {
        codes.push(if options.require_trust { Code::TrustNotChecked } else { Code::TrustIgnored });
    } else {
        who.trusted = Some(who.chain.is_some());
        if who.chain.is_none() {
            codes.push(if options.require_trust { Code::Untrusted } else { Code::TrustIgnored });
            who.wanted = chain::missing(&certificate, &certificates, &options.roots)
                .into_iter()
                .map(|url| Wanted::Issuer { url })
                .collect();
        }
    }
    about_revocation(world, &mut who, codes);
    for chain in who.stamps.iter().filter_map(|stamp| stamp.chain.as_ref()).filter(|_| !outcome.is_time_stamp) {
        who.wanted.extend(unknown(world, chain, who.judged_at));
    }
    who.signer = Some(summary);
    who
}

fn about_certificate(
    certificate: &Certificate<'_>,
    summary: &CertificateSummary,
    who: &Who,
    claimed: Option<Timestamp>,
    codes: &mut Vec<Code>,
) {
    if !certificate.may_sign() {
        codes.push(Code::KeyUsage);
    }
    if let PublicKey::Rsa { bits, .. } = certificate.key
        && bits < 2048
    {
        codes.push(Code::WeakKey);
    }
    if certificate.weak_signature().is_some() && !certificate.is_self_issued() {
        codes.push(Code::WeakCertificate);
    }
    let outside = |at: Timestamp| at > summary.not_after || at < summary.not_before;
    if who.judged_at > summary.not_after {
        codes.push(if who.proof.is_some() { Code::SignedOutsideValidity } else { Code::SignerExpired });
    } else if who.judged_at < summary.not_before {
        codes.push(Code::SignerNotYetValid);
    }
    if who.proof.is_none() && claimed.is_some_and(outside) {
        codes.push(Code::SignedOutsideValidity);
    }
    if summary.seal {
        codes.push(Code::Seal);
    }
}

/// Looks up whether the certificates of the chain were revoked.
fn about_revocation(world: &World<'_>, who: &mut Who, codes: &mut Vec<Code>) {
    let options = world.options;
    let Some(chain) = &who.chain else {
        codes.push(if options.require_revocation { Code::RevocationUnknown } else { Code::RevocationNotChecked });
        return;
    };
    let mut open = false;
    for (at, (certificate, issuer)) in chain.links().enumerate() {
        let word = world.evidence.about(&certificate, &issuer, who.judged_at, options.now, &ALL);
        match &word {
            Some(word) if word.standing == Standing::Revoked => {
                let before = word.revoked_at.is_none_or(|revoked| revoked <= who.judged_at);
                codes.push(match (at, before) {
                    (0, true) if who.proof.is_some() => Code::Revoked,
                    (0, true) => Code::RevokedUnproven,
                    (_, true) => Code::AuthorityRevoked,
                    (_, false) => Code::RevokedLater,
                });
            }
            Some(word) if word.standing == Standing::Good => {}
            _ => open = true,
        }
        who.revocation.extend(word);
    }
    if open {
        codes.push(if options.require_revocation { Code::RevocationUnknown } else { Code::RevocationNotChecked });
        who.wanted.extend(unknown(world, chain, who.judged_at));
    }
}

/// What would tell about the certificates of a chain that nothing is known about.
fn unknown(world: &World<'_>, chain: &Chain, at: Timestamp) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for (certificate, issuer) in chain.links() {
        let word = world.evidence.about(&certificate, &issuer, at, world.options.now, &ALL);
        if word.is_none_or(|word| word.standing == Standing::Unknown) {
            wanted.extend(revocation::wanted(&certificate, &issuer));
        }
    }
    wanted
}

fn links(chain: &Chain) -> Vec<ChainLink> {
    let root = Some(&chain.root).filter(|root| chain.certificates.last() != Some(root));
    chain.certificates.iter().chain(root).filter_map(|der| ChainLink::of(der)).collect()
}

/// A root that is shipped, or a newer one of the same house that the caller trusts.
fn is_icp_brasil(root: &[u8]) -> bool {
    let house = |root: Certificate<'_>| {
        root.is_self_issued() && root.summary().name.starts_with("Autoridade Certificadora Raiz Brasileira")
    };
    trust::is_icp_brasil(root) || Certificate::parse(root).is_ok_and(house)
}
