//! Other people's programs, one file at a time.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use super::Outcome;
use super::material::Material;
use crate::sh;

/// What a program said and its exit status; it is stopped after a minute.
struct Said {
    text: String,
    status: Option<i32>,
}

fn ask(program: &str, arguments: &[&str]) -> Said {
    let mut command = sh::command("timeout");
    command.arg("60").arg(program).args(arguments).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    match command.output() {
        Ok(output) => Said {
            text: String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
            status: output.status.code(),
        },
        Err(error) => Said { text: error.to_string(), status: None },
    }
}

pub fn all(outcome: &mut Outcome, material: &Material, before: &Path, once: &Path, twice: &Path) {
    let twice = outcome.refused_second.is_none().then_some(twice);
    let password = outcome.password.clone();
    let password = password.as_deref();
    pdfsig(outcome, material, password, before, [Some(once), twice]);
    qpdf(outcome, password, before, twice.unwrap_or(once));
    fields(outcome, password, before, twice.unwrap_or(once));
    rendering(outcome, password, before, once);
}

/// Each signature by `pdfsig`: a line each of whether it is valid, trusted, and whole.
fn signatures(material: &Material, file: &Path, password: Option<&str>) -> Vec<[bool; 3]> {
    let nss = material.nss();
    let (nss, file) = (nss.to_string_lossy(), file.to_string_lossy());
    let mut arguments = vec!["-nssdir", &*nss];
    arguments.extend(password.iter().flat_map(|password| ["-upw", *password]));
    arguments.push(&*file);
    let said = ask("pdfsig", &arguments);
    let mut parts = said.text.split("Signature #");
    parts.next();
    parts
        .filter(|part| part.contains("Signature Validation") || part.contains("Signed Ranges"))
        .map(|part| {
            [
                part.contains("Signature Validation: Signature is Valid."),
                part.contains("Certificate Validation: Certificate is Trusted."),
                part.contains("Total document signed"),
            ]
        })
        .collect()
}

fn pdfsig(
    outcome: &mut Outcome,
    material: &Material,
    password: Option<&str>,
    before: &Path,
    signed: [Option<&Path>; 2],
) {
    // Most files hold none, and the program takes its time.
    let holds = std::fs::read(before).is_ok_and(|bytes| bytes.windows(10).any(|window| window == b"/ByteRange"));
    let earlier = if holds { signatures(material, before, password) } else { Vec::new() };
    let mut complain = |text: String| outcome.problems.push(("pdfsig".into(), text));
    for (file, added) in signed.into_iter().zip([1, 2]) {
        let Some(file) = file else { continue };
        let now = signatures(material, file, password);
        if now.len() != earlier.len() + added {
            complain(format!("{added}: {} signatures, {} before", now.len(), earlier.len()));
            continue;
        }
        for at in 0..added {
            let [valid, trusted, whole] = now[earlier.len() + at];
            // A later signature makes the earlier one cover its revision only.
            if !valid || !trusted || (!whole && at + 1 == added) {
                complain(format!("{added}: signature {} valid {valid}, trusted {trusted}, whole {whole}", at + 1));
            }
        }
        let stand = earlier.iter().zip(&now).all(|(before, now)| before[..2] == now[..2]);
        if !stand {
            complain(format!("{added}: earlier signatures are judged differently"));
        }
    }
}

/// 0 is better than 3 (warnings), which is better than 2 (errors).
fn qpdf(outcome: &mut Outcome, password: Option<&str>, before: &Path, after: &Path) {
    let password = format!("--password={}", password.unwrap_or_default());
    let rank = |path: &Path| match ask("qpdf", &["--check", &password, &path.to_string_lossy()]).status {
        Some(0) => 0,
        Some(3) => 1,
        _ => 2,
    };
    let (was, is) = (rank(before), rank(after));
    if is > was {
        outcome.problems.push(("qpdf".into(), format!("check is {is}, was {was}")));
    }
}

/// The names of the form's fields, as qpdf reads them.
fn names(file: &Path, password: Option<&str>) -> Option<BTreeSet<String>> {
    let password = format!("--password={}", password.unwrap_or_default());
    let said = ask("qpdf", &["--json=1", "--json-key=acroform", &password, &file.to_string_lossy()]);
    let end = said.text.rfind('}')?;
    let value: serde_json::Value = serde_json::from_str(&said.text[said.text.find('{')?..=end]).ok()?;
    let fields = value["acroform"]["fields"].as_array()?;
    Some(fields.iter().filter_map(|field| Some(field["fullname"].as_str()?.to_owned())).collect())
}

fn fields(outcome: &mut Outcome, password: Option<&str>, before: &Path, after: &Path) {
    let (Some(before), after) = (names(before, password), names(after, password)) else { return };
    let after = after.unwrap_or_default();
    let lost: Vec<_> = before.difference(&after).collect();
    if !lost.is_empty() {
        outcome.problems.push(("fields".into(), format!("lost {lost:?}")));
    }
}

/// The checksums of the first pages.
fn pages(file: &Path, password: Option<&str>) -> (Vec<String>, bool) {
    let password = password.unwrap_or_default();
    let said = ask("mutool", &["draw", "-q", "-s", "5", "-r", "50", "-p", password, &file.to_string_lossy(), "1-5"]);
    let sums = said.text.lines().filter_map(|line| {
        let sum = line.split_whitespace().next_back()?;
        (sum.len() == 32 && sum.bytes().all(|b| b.is_ascii_hexdigit())).then(|| sum.to_owned())
    });
    (sums.collect(), said.status == Some(0))
}

fn rendering(outcome: &mut Outcome, password: Option<&str>, before: &Path, after: &Path) {
    let ((was, worked), (is, works)) = (pages(before, password), pages(after, password));
    if was == is {
        return;
    }
    if !worked && works && is.len() >= was.len() {
        outcome.remarks.push("rendered only after signing".into());
    } else {
        outcome
            .problems
            .push(("rendering".into(), format!("{} pages before, {} after, not the same", was.len(), is.len())));
    }
}
