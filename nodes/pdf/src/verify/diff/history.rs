//! The revisions of a file, from the first signature on, and what lies between each two.

use std::collections::BTreeSet;
use std::ops::Deref;

use super::{Changes, Difference, between, layout};
use crate::read::{Limits, Pdf};

/// What was appended to a file, step by step.
#[derive(Debug, Default)]
pub struct History {
    /// Where revisions end, ascending, beginning with the first signed one; the last is the file's end.
    ends: Vec<usize>,
    /// What lies between each of them and the next.
    steps: Vec<Difference>,
    /// The ends of signatures at which the file was no whole file.
    partial: BTreeSet<usize>,
    /// There are more revisions than are compared; nothing is known.
    pub too_many: bool,
}

enum Held<'p, 'a> {
    Whole(&'p Pdf<'a>),
    Part(Box<Pdf<'a>>),
}

impl<'a> Deref for Held<'_, 'a> {
    type Target = Pdf<'a>;

    fn deref(&self) -> &Pdf<'a> {
        match self {
            Held::Whole(pdf) => pdf,
            Held::Part(pdf) => pdf,
        }
    }
}

impl History {
    /// Reads the revisions that end with signatures, and those after them. `holds` tells whether the
    /// revision that ends there holds the signature that says so.
    pub fn read(
        pdf: &Pdf<'_>,
        signed: &BTreeSet<usize>,
        password: Option<&str>,
        limits: &Limits,
        holds: impl Fn(&Pdf<'_>, usize) -> bool,
    ) -> Self {
        let mut history = Self::default();
        let whole = pdf.bytes.len();
        let Some(&first) = signed.first() else { return history };
        let mut candidates: BTreeSet<usize> = signed.iter().copied().chain([whole]).collect();
        candidates.extend(boundaries(pdf.bytes, first, limits.revisions + 1));
        // Each is read from the start of the file.
        let work: usize = candidates.iter().fold(0, |sum, end| sum.saturating_add(*end));
        if candidates.len() > limits.revisions || work > limits.revision_bytes.max(whole.saturating_mul(8)) {
            history.too_many = true;
            return history;
        }
        let mut before: Option<Held<'_, '_>> = None;
        // Objects may be far more work than their bytes.
        let mut cost = 0usize;
        for end in candidates {
            if cost > limits.structure_bytes.max(pdf.cost.saturating_mul(8)) {
                history.too_many = true;
                return history;
            }
            let is_signature = signed.contains(&end);
            let now = if end == whole {
                Held::Whole(pdf)
            } else {
                let part = Pdf::load(&pdf.bytes[..end], password, limits);
                cost = cost.saturating_add(part.as_ref().map_or(0, |part| part.cost));
                match part {
                    Ok(part) if !part.rebuilt && layout::ending(part.bytes) == Some(part.xref_start) => {
                        Held::Part(Box::new(part))
                    }
                    _ => {
                        if is_signature {
                            history.partial.insert(end);
                        }
                        continue;
                    }
                }
            };
            if is_signature && end != whole && !holds(&now, end) {
                history.partial.insert(end);
            }
            if let (Some(before), Some(&start)) = (&before, history.ends.last()) {
                history.steps.push(step(before, &now, start));
            } else if !is_signature {
                continue;
            }
            history.ends.push(end);
            before = Some(now);
        }
        history
    }

    /// Whether the signature that ends there covers what was a whole file.
    pub fn is_revision(&self, end: usize) -> bool {
        !self.partial.contains(&end) && self.ends.contains(&end)
    }

    /// What was changed after the revision that ends at `end`; none if that is not known.
    pub fn after(&self, end: usize) -> Option<Difference> {
        let at = self.ends.iter().position(|known| *known == end)?;
        let mut all = Difference::default();
        for step in &self.steps[at..] {
            all.add(step);
        }
        Some(all)
    }
}

/// What was appended to `before`, which ends at `start`, by the end of `now`.
pub fn step(before: &Pdf<'_>, now: &Pdf<'_>, start: usize) -> Difference {
    if now.bytes[start..].iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0c)) {
        return Difference::default();
    }
    if now.rebuilt || before.rebuilt {
        return Difference::other("the cross-reference table is damaged");
    }
    let mut found = between(before, now);
    if !layout::is_tidy(now, start) {
        found.level = Changes::Other;
        found.reasons.insert(0, "bytes outside of the update's cross-reference table".into());
    }
    found
}

/// Places after `from` where a revision seems to end: behind `%%EOF` and its end of line.
fn boundaries(bytes: &[u8], from: usize, most: usize) -> Vec<usize> {
    let rest = &bytes[from..];
    let mut found = Vec::new();
    for (at, _) in rest.windows(5).enumerate().filter(|(_, window)| window == b"%%EOF") {
        let mut end = at + 5;
        let line = &rest[end..];
        end += if line.starts_with(b"\r\n") { 2 } else { usize::from(matches!(line.first(), Some(b'\r' | b'\n'))) };
        if layout::ending(&bytes[..from + end]).is_some() && !rest[..end].trim_ascii().is_empty() {
            found.push(from + end);
        }
        if found.len() >= most {
            break;
        }
    }
    // The file's own end is one already.
    found.retain(|end| !bytes[*end..].trim_ascii().is_empty());
    found
}
