//! At which time a signature has to be judged.
//!
//! Document time-stamps are checked from the last to the first, each at the time that the next one
//! proves: so an old one holds although its authority's certificate has expired since (the idea of
//! EN 319 102-1 5.6, without its corner cases). What they cover existed at their time.

use jiff::Timestamp;

use super::chain::{self, Chain};
use super::cms::Outcome;
use super::report::{Proof, StampReport};
use super::{Integrity, Signature, World};
use crate::certificate::{self, Certificate};
use crate::revocation::{SKEW, Source, Standing};

/// Times that are proven.
#[derive(Debug, Default)]
pub struct Times {
    /// Trusted document time-stamps: where their coverage ends, their time, and who vouches for them.
    stamps: Vec<(usize, Timestamp, Chain)>,
}

/// A time-stamp that was judged.
pub struct Judged {
    pub report: StampReport,
    /// Its time, if it proves it.
    pub proves: Option<Timestamp>,
    /// Its algorithms or its key are too weak to prove anything.
    pub is_weak: bool,
    pub chain: Option<Chain>,
}

impl Times {
    pub fn of(world: &World<'_>, signatures: &[Signature<'_>]) -> Self {
        let mut stamps: Vec<(usize, &Outcome)> = signatures
            .iter()
            .filter(|signature| signature.field.is_some())
            .filter_map(|signature| {
                let (range, cms) = (signature.examined.range.as_ref()?, signature.examined.cms.as_ref()?);
                let whole = range.end == world.pdf.bytes.len() || world.history.is_revision(range.end);
                (cms.is_time_stamp && whole).then_some((range.end, cms))
            })
            .collect();
        stamps.sort_by_key(|(end, _)| std::cmp::Reverse(*end));
        let mut times = Self::default();
        for (end, outcome) in stamps {
            let judged = stamp(world, outcome, times.control(world, end));
            if let (Some(time), Some(chain)) = (judged.proves, judged.chain) {
                times.stamps.push((end, time, chain));
            }
        }
        times
    }

    /// The earliest time at which what ends at `end` is proven by a later document time-stamp.
    pub fn after(&self, end: usize) -> Option<Timestamp> {
        self.stamps.iter().filter(|(stamped, ..)| *stamped > end).map(|(_, time, _)| *time).min()
    }

    /// Who vouches for the document time-stamps over what ends at `end` that do not reach `until`.
    pub fn chains(&self, end: usize, until: usize) -> impl Iterator<Item = &Chain> {
        self.stamps.iter().filter(move |(stamped, ..)| (end + 1..=until).contains(stamped)).map(|(.., chain)| chain)
    }

    /// The time at which what ends at `end` has to hold.
    pub fn control(&self, world: &World<'_>, end: usize) -> Timestamp {
        self.after(end).unwrap_or(world.options.now)
    }

    /// The earliest proof that a signature existed, and its time-stamps.
    pub fn of_signature(
        &self,
        world: &World<'_>,
        outcome: &Outcome,
        end: usize,
    ) -> (Option<(Timestamp, Proof)>, Vec<Judged>) {
        let at = self.control(world, end);
        let judged: Vec<Judged> = outcome.stamps.iter().map(|one| stamp(world, one, at)).collect();
        let own = judged.iter().filter_map(|stamp| stamp.proves).min().map(|time| (time, Proof::SignatureTimeStamp));
        let later = self.after(end).map(|time| (time, Proof::DocumentTimeStamp));
        ([own, later].into_iter().flatten().min_by_key(|(time, _)| *time), judged)
    }
}

/// Judges a time-stamp at the time `at`.
pub fn stamp(world: &World<'_>, outcome: &Outcome, at: Timestamp) -> Judged {
    let options = world.options;
    let signer = outcome.signer.as_deref();
    let chain = signer.filter(|_| outcome.integrity == Integrity::Intact).and_then(|der| {
        let mut certificates = outcome.certificates.clone();
        certificates.extend(world.certificates.iter().cloned());
        chain::check(der, &certificates, &options.roots, at, true)
    });
    let revoked = chain.as_ref().is_some_and(|chain| {
        let sources = [Source::Document, Source::Signature, Source::Fetched];
        chain.links().any(|(certificate, issuer)| {
            let word = world.evidence.about(&certificate, &issuer, at, options.now, &sources);
            word.is_some_and(|word| {
                word.standing == Standing::Revoked && word.revoked_at.is_none_or(|revoked| revoked <= at)
            })
        })
    });
    let sound = chain.is_some() && !revoked;
    // With a broken hash, anybody could have made it, or moved it here from something else.
    let strong = !outcome.is_weak;
    // Nobody can attest a time that has not come.
    let plausible = |time: &Timestamp| time.saturating_sub(SKEW).is_ok_and(|time| time <= at);
    let name = |der: &[u8]| Certificate::parse(der).ok().map(|c| certificate::holder(c.subject));
    Judged {
        report: StampReport {
            time: outcome.stamped,
            integrity: outcome.integrity,
            authority: signer.and_then(name),
            trusted: (!options.roots.is_empty()).then_some(sound),
            anchor: chain.as_ref().map(Chain::anchor),
            digest: outcome.digest.map(|digest| digest.name().to_owned()),
        },
        proves: outcome.stamped.filter(plausible).filter(|_| sound && strong),
        is_weak: outcome.is_weak,
        chain,
    }
}
