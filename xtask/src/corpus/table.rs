//! The summary for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Outcome;
use crate::sh;

pub fn of(outcomes: &[Outcome]) -> String {
    let mut table = String::new();
    let signed: Vec<_> = outcomes.iter().filter(|outcome| outcome.refused.is_none()).collect();
    let without = |judges: &[&str]| {
        signed.iter().filter(|o| !o.problems.iter().any(|(judge, _)| judges.contains(&judge.as_str()))).count()
    };
    let mut line = |name: &str, value: String| {
        let _ = writeln!(table, "  {name:<44} {value}");
    };
    line("files", outcomes.len().to_string());
    line("signed", signed.len().to_string());
    line("signed again", signed.iter().filter(|outcome| outcome.refused_second.is_none()).count().to_string());
    line("input is the output's beginning", without(&["prefix"]).to_string());
    line("pdfsig: valid, trusted, whole", without(&["pdfsig"]).to_string());
    let unread = signed.iter().filter(|o| o.remarks.iter().any(|text| text.contains("pyHanko"))).count();
    let pyhanko = without(&["pyHanko"]) - unread;
    line("pyHanko: valid, trusted, whole", format!("{pyhanko}, and {unread} it can't judge"));
    line("qpdf --check no worse than before", without(&["qpdf"]).to_string());
    let only = signed.iter().filter(|o| o.remarks.iter().any(|text| text.starts_with("rendered only"))).count();
    line("renders the same", format!("{}, of these {only} only after signing", without(&["rendering"])));
    line("earlier fields are there", without(&["fields"]).to_string());
    line("no problem at all", signed.iter().filter(|outcome| outcome.problems.is_empty()).count().to_string());
    let mut times: Vec<f64> = signed.iter().map(|outcome| outcome.ms).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    line(
        "milliseconds: median, 95 %, longest",
        format!("{:.2}, {:.1}, {:.0}", at(0.5), at(0.95), times.last().unwrap_or(&0.0)),
    );
    let peak = signed.iter().max_by_key(|outcome| outcome.peak);
    if let Some(peak) = peak {
        line("most memory", format!("{} for {} ({})", sh::bytes(peak.peak), sh::bytes(peak.bytes), peak.file));
    }
    for (title, code) in [
        ("Refused", (|outcome| outcome.refused.as_ref()) as fn(&Outcome) -> Option<&String>),
        ("Refused the second time", |outcome| outcome.refused_second.as_ref()),
    ] {
        let mut codes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for outcome in outcomes {
            if let Some(code) = code(outcome) {
                codes.entry(code).or_default().push(&outcome.file);
            }
        }
        if !codes.is_empty() {
            let _ = writeln!(table, "\n  {title}");
        }
        for (code, files) in codes {
            let _ = writeln!(table, "  {:>6}  {code:<32} {}", files.len(), some(&files));
        }
    }
    let with_problems: Vec<_> = outcomes.iter().filter(|outcome| !outcome.problems.is_empty()).collect();
    if !with_problems.is_empty() {
        let _ = writeln!(table, "\n  Problems");
    }
    for outcome in with_problems {
        for (judge, text) in &outcome.problems {
            let _ = writeln!(table, "  {judge:<10} {}: {text}", outcome.file);
        }
    }
    table
}

fn some(files: &[&str]) -> String {
    let shown = files.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if files.len() > 3 { format!("{shown}, …") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_refusals_and_problems_are_shown() {
        let outcomes = [
            Outcome { file: "a.pdf".into(), ms: 1.5, ..Outcome::default() },
            Outcome { file: "b.pdf".into(), refused: Some("pdf_encrypted".into()), ..Outcome::default() },
            Outcome {
                file: "c.pdf".into(),
                problems: vec![("qpdf".into(), "check is 2, was 0".into())],
                ..Outcome::default()
            },
        ];
        let table = of(&outcomes);
        let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
        assert!(line("  files ").ends_with(" 3") && line("  signed ").ends_with(" 2"), "{table}");
        assert!(line("qpdf --check").ends_with(" 1") && line("no problem").ends_with(" 1"), "{table}");
        assert!(line("pdf_encrypted").contains("1  pdf_encrypted") && line("c.pdf: ").contains("was 0"), "{table}");
    }
}
