//! Signs PDF after PDF, each twice with two keys; `cargo xtask pdf-corpus` drives it and judges the results.
//!
//! `corpus FIRST.p12 SECOND.p12 PASSWORD` reads lines of three paths and perhaps a password, separated by tabs: the PDF,
//! where to put it signed once, and where signed twice. It answers each line with one line of JSON. It is a process of
//! its own so that even a crash costs the driver one file and not the run.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use pdf::{Identity, RawSigner, Secret, SignOptions, Visible};
use serde_json::{Value, json};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("usage: corpus FIRST.p12 SECOND.p12 PASSWORD");
    let (first, second, password) = (argument(), argument(), argument());
    let identity = |path: &str| {
        let file = std::fs::read(path).expect("the PKCS#12 file can be read");
        Identity::from_pkcs12(&file, &password).expect("the PKCS#12 file opens with the password")
    };
    let (first, second) = (identity(&first), identity(&second));
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = one(&line, &first, &second);
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("the driver reads the answers");
    }
}

fn one(line: &str, first: &dyn RawSigner, second: &dyn RawSigner) -> Value {
    let mut parts = line.split('\t');
    let (Some(input), Some(once), Some(twice)) = (parts.next(), parts.next(), parts.next()) else {
        return json!({ "error": "three paths are needed" });
    };
    let mut options =
        SignOptions { pdf_password: parts.next().map(|password| Secret(password.into())), ..Default::default() };
    let first = step(Path::new(input), Path::new(once), first, &options);
    if first.get("code").is_some() {
        return json!({ "first": first });
    }
    // The second one shows itself where that is allowed, so that appearances pass through every kind of file too.
    options.visible = Some(Visible::default());
    let mut then = step(Path::new(once), Path::new(twice), second, &options);
    if then["code"] == "pdf_visible_after_certification" {
        options.visible = None;
        then = step(Path::new(once), Path::new(twice), second, &options);
    }
    json!({ "first": first, "second": then })
}

/// Signs one file. Time is of signing alone; memory is what the process took more than before at its highest, with
/// input and output.
fn step(from: &Path, to: &Path, signer: &dyn RawSigner, options: &SignOptions) -> Value {
    let before = memory(true);
    let input = match std::fs::read(from) {
        Ok(input) => input,
        Err(error) => return json!({ "code": "unreadable", "message": error.to_string() }),
    };
    let start = Instant::now();
    let result = pdf::sign(&input, signer, options, jiff::Timestamp::now());
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let peak = memory(false).saturating_sub(before);
    match result {
        Ok(signed) => {
            let whole = signed.pdf.starts_with(&input);
            if let Err(error) = std::fs::write(to, &signed.pdf) {
                return json!({ "code": "unwritable", "message": error.to_string() });
            }
            let warnings: Vec<_> = signed.warnings.iter().map(pdf::Warning::code).collect();
            json!({
                "ms": milliseconds, "peak": peak, "bytes": input.len(), "prefix": whole, "warnings": warnings,
            })
        }
        Err(error) => {
            json!({ "code": error.code(), "message": error.to_string(), "ms": milliseconds, "peak": peak, "bytes": input.len() })
        }
    }
}

/// The process's memory now, or its highest since the last `reset`, in bytes; 0 where the system does not tell.
fn memory(reset: bool) -> u64 {
    if reset {
        // Best effort: without it the highest is that of the whole run.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let name = if reset { "VmRSS:" } else { "VmHWM:" };
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
