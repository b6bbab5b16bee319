//! Which PAdES level a signature reaches (EN 319 142-1 6), going by the same rules as the EU's DSS.

use super::chain::Chain;
use super::cms::Outcome;
use super::judge::Who;
use super::report::{self, Level};
use super::time::{Judged, Times};
use super::{Integrity, Signature, World};
use crate::revocation::{Source, Standing};

/// What came with the file itself.
const OWN: [Source; 2] = [Source::Document, Source::Signature];

/// The level; none for what is no baseline signature.
pub fn of(world: &World<'_>, times: &Times, signature: &Signature<'_>, who: &Who) -> Option<Level> {
    let outcome = signature.examined.cms.as_ref()?;
    if outcome.integrity != Integrity::Intact || !is_baseline(world, signature, outcome) {
        return None;
    }
    let end = signature.examined.range.as_ref()?.end;
    // Without roots nobody can be trusted, and the time-stamp that is there counts.
    let counts = |stamp: &&Judged| {
        stamp.report.integrity == Integrity::Intact && stamp.report.trusted != Some(false) && !stamp.is_weak
    };
    let stamps: Vec<&Judged> = who.stamps.iter().filter(counts).collect();
    if who.proof.is_none() && stamps.is_empty() {
        return Some(Level::Basic);
    }
    let Some(evidence) = world.first_evidence else { return Some(Level::Time) };
    let complete = |chain: &Chain| {
        chain.links().all(|(certificate, issuer)| {
            let word = world.evidence.about(&certificate, &issuer, who.judged_at, world.options.now, &OWN);
            word.is_some_and(|word| word.standing != Standing::Unknown)
        })
    };
    // Who stamped has to be proven as well as who signed; a document time-stamp over the proofs only protects them.
    let own = std::iter::once(who.chain.as_ref()).chain(stamps.iter().map(|stamp| stamp.chain.as_ref()));
    if !own.chain(times.chains(end, evidence).map(Some)).all(|chain| chain.is_some_and(complete)) {
        return Some(Level::Time);
    }
    let protected = times.after(end.max(evidence)).is_some();
    Some(if protected { Level::Archive } else { Level::LongTerm })
}

/// Whether SignedData and dictionary keep the rules of EN 319 142-1 6.3.
fn is_baseline(world: &World<'_>, signature: &Signature<'_>, outcome: &Outcome) -> bool {
    let (pdf, dictionary) = (world.pdf, signature.dictionary);
    let date = pdf.get(dictionary, b"M").and_then(|m| m.as_str().ok()).and_then(report::parse_date);
    let has_reason = pdf.text(dictionary, b"Reason").is_some_and(|reason| !reason.is_empty());
    outcome.is_pades
        && date.is_some()
        && pdf.get(dictionary, b"Filter").is_some()
        && pdf.get(dictionary, b"Cert").is_none()
        && !(has_reason && outcome.replaces_reason)
}
