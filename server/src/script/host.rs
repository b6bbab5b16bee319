//! What the prelude gets from Rust: answers about the scope, time zones, hashes. Nothing of this is reachable from the
//! user's code.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use jiff::Timestamp;
use jiff::civil::DateTime;
use md5::Digest as _;
use rquickjs::function::{Func, Opt};
use rquickjs::{Ctx, Exception, Function, Object, Result};

use super::answer::Ask;
use super::time::zone;
use super::vm::Asker;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Hardened and frozen, data read when touched.
    Expressions,
    /// The Code node in its own process: an ordinary global object.
    Code,
}

/// Written by us and run before anything else, as the body of one function.
const PRELUDE: &str = concat!(
    "(function (host, host_mode) { \"use strict\";\n",
    include_str!("prelude/guard.js"),
    include_str!("prelude/locale.js"),
    include_str!("prelude/duration.js"),
    include_str!("prelude/datetime.js"),
    include_str!("prelude/format.js"),
    include_str!("prelude/extensions.js"),
    include_str!("prelude/jmespath.js"),
    include_str!("prelude/roots.js"),
    include_str!("prelude/code.js"),
    include_str!("prelude/freeze.js"),
    include_str!("prelude/start.js"),
    "\n})"
);

/// Runs the prelude. The function that it gives begins an evaluation: `(item, now in ms, zone, whether the step is new)`;
/// in code mode it is the one that runs the user's code.
pub(super) fn install<'js>(ctx: &Ctx<'js>, asker: &Asker, mode: Mode) -> Result<Function<'js>> {
    let host = Object::new(ctx.clone())?;
    let asking = asker.clone();
    host.set(
        "ask",
        Func::from(
            move |kind: String,
                  name: Opt<Option<String>>,
                  port: Opt<Option<String>>,
                  step: Opt<Option<f64>>,
                  from: Opt<Option<f64>>,
                  count: Opt<Option<f64>>| {
                let ask = question(
                    &kind,
                    name.0.flatten(),
                    port.0.flatten(),
                    step.0.flatten(),
                    from.0.flatten(),
                    count.0.flatten(),
                )?;
                let mut asker = asking.try_borrow_mut().ok()?;
                match asker.as_mut()?(&ask) {
                    Ok(None) => None,
                    Ok(Some(json)) => Some(format!("={json}")),
                    Err(why) => Some(format!("!{why}")),
                }
            },
        ),
    )?;
    host.set(
        "offset",
        Func::from(|name: String, ms: f64| {
            let at = Timestamp::from_millisecond(ms as i64).ok()?;
            Some(f64::from(zone(&name)?.to_offset(at).seconds()) / 60.0)
        }),
    )?;
    host.set(
        "dst",
        Func::from(|name: String, ms: f64| {
            let at = Timestamp::from_millisecond(ms as i64).ok()?;
            Some(zone(&name)?.to_offset_info(at).dst().is_dst())
        }),
    )?;
    host.set(
        "abbreviation",
        Func::from(|name: String, ms: f64| {
            let at = Timestamp::from_millisecond(ms as i64).ok()?;
            Some(zone(&name)?.to_offset_info(at).abbreviation().to_owned())
        }),
    )?;
    // From a clock reading, in milliseconds as if it were UTC, to the instant.
    host.set(
        "instant",
        Func::from(|name: String, local: f64| {
            let reading = Timestamp::from_millisecond(local as i64).ok()?;
            let clock: DateTime = jiff::tz::TimeZone::UTC.to_datetime(reading);
            let at = zone(&name)?.to_ambiguous_zoned(clock).compatible().ok()?;
            Some(at.timestamp().as_millisecond() as f64)
        }),
    )?;
    host.set(
        "hash",
        Func::from(|ctx: Ctx<'_>, algorithm: String, text: String| {
            hash(&algorithm, &text).ok_or_else(|| {
                Exception::throw_type(
                    &ctx,
                    &format!("there is no hash “{algorithm}”; use md5, sha1, sha256, sha384, sha512 or sha3"),
                )
            })
        }),
    )?;
    host.set("base64Encode", Func::from(|text: String| STANDARD.encode(text)))?;
    host.set(
        "base64Decode",
        Func::from(|text: String| {
            let clean: String = text
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '=')
                .map(|c| match c {
                    '-' => '+',
                    '_' => '/',
                    c => c,
                })
                .collect();
            STANDARD_NO_PAD.decode(clean).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        }),
    )?;
    let prelude: Function<'js> = ctx.eval(PRELUDE)?;
    prelude.call((host, mode == Mode::Expressions))
}

fn question(
    kind: &str,
    name: Option<String>,
    port: Option<String>,
    step: Option<f64>,
    from: Option<f64>,
    count: Option<f64>,
) -> Option<Ask> {
    let port = port.and_then(|json| serde_json::from_str(&json).ok());
    let step = step.map(|s| s as i64);
    let (from, count) = (from.unwrap_or(0.0) as usize, count.unwrap_or(0.0) as usize);
    Some(match kind {
        "input" => Ask::Input { port: 0, from, count },
        "input_count" => Ask::InputCount { port: 0 },
        "node" => Ask::Node { name: name?, port, step, from, count },
        "node_count" => Ask::NodeCount { name: name?, port, step },
        "paired" => Ask::Paired { name: name?, item: from },
        "executed" => Ask::Executed { name: name? },
        "parameters" => Ask::Parameters { name: name? },
        "global" => Ask::Global { name: name? },
        _ => return None,
    })
}

/// In hexadecimal; `None` for an unknown algorithm. Base64 is among n8n's names.
fn hash(algorithm: &str, text: &str) -> Option<String> {
    let with = match algorithm.to_ascii_lowercase().replace('-', "").as_str() {
        "base64" => return Some(STANDARD.encode(text)),
        "md5" => return Some(hex(&md5::Md5::digest(text.as_bytes()))),
        "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => &digest::SHA224,
        "sha256" => &digest::SHA256,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        "sha3" | "sha3512" => &digest::SHA3_512,
        "sha3256" => &digest::SHA3_256,
        "sha3384" => &digest::SHA3_384,
        _ => return None,
    };
    Some(hex(digest::digest(with, text.as_bytes()).as_ref()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
