//! Names and labels: the same for the same intent, so that a Job is found again.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use super::Intent;

/// What is ours: the value of `app.kubernetes.io/managed-by`.
pub const MANAGER: &str = "fluxo";
pub const INSTANCE: &str = "fluxo.dev/instance";
pub const RUN: &str = "fluxo.dev/run";
pub const STEP: &str = "fluxo.dev/step";
pub const PART: &str = "fluxo.dev/part";
pub const ATTEMPT: &str = "fluxo.dev/attempt";
/// Annotation: [`super::manifest::spec_hash`].
pub const SPEC_HASH: &str = "fluxo.dev/spec-hash";
/// Label that the Job controller gives to pods.
pub const JOB_OF_POD: &str = "batch.kubernetes.io/job-name";

/// Most characters of a name that is a label's value, too.
const LONGEST: usize = 63;

/// `fluxo-<run>-<step>-<part>-<attempt>`; a digest of it when that is too long for a label.
pub fn job(run: &str, step: u32, part: u32, attempt: u32) -> String {
    let run: String = run.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let name = format!("{MANAGER}-{run}-{step}-{part}-{attempt}");
    if name.len() <= LONGEST { name } else { format!("{MANAGER}-{}", &sha256(name.as_bytes())[..40]) }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

pub fn labels(instance: &str, component: &str, intent: &Intent, attempt: u32) -> BTreeMap<String, String> {
    let labels = [
        ("app.kubernetes.io/name", MANAGER.to_owned()),
        ("app.kubernetes.io/managed-by", MANAGER.to_owned()),
        ("app.kubernetes.io/component", component.to_owned()),
        (INSTANCE, instance.to_owned()),
        (RUN, intent.run.clone()),
        (STEP, intent.step.to_string()),
        (PART, intent.part.to_string()),
        (ATTEMPT, attempt.to_string()),
    ];
    labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Selects everything that this installation made.
pub fn selector(instance: &str) -> String {
    format!("app.kubernetes.io/managed-by={MANAGER},{INSTANCE}={instance}")
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_say_what_they_are_for() {
        let run = "0192f4c8-7b1e-7c3a-9f00-0123456789ab";
        assert_eq!(job(run, 3, 0, 1), "fluxo-0192f4c87b1e7c3a9f000123456789ab-3-0-1");
        let long = job(run, 50_000, 499_999, 1_000_000);
        assert!(long.len() <= LONGEST && long != job(run, 50_000, 499_999, 1_000_001), "{long}");
    }
}
