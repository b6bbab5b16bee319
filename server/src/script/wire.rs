//! What the server and a runner process say to each other: frames of JSON behind a four-byte length.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Ask;

/// What a runner writes before its first frame, so that whatever was printed earlier does no harm.
pub(super) const HELLO: &[u8] = b"\0fluxo runner 1\0";
/// Largest frame in bytes.
pub(super) const MAX_FRAME: usize = 256 * 1024 * 1024;

/// From the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToRunner {
    Run(Box<Work>),
    Answer(Result<Option<String>, String>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Work {
    pub source: String,
    pub each_item: bool,
    pub keep_going: bool,
    /// Bytes of JavaScript memory.
    pub memory: u64,
    /// Seconds of processor time.
    pub cpu: u64,
    /// Milliseconds since 1970.
    pub now: i64,
    pub zone: String,
    /// JSON text: the items of the first input.
    pub items: String,
}

/// From a runner.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromRunner {
    Ask(Ask),
    Log(String),
    Done(Made),
    Failed(Thrown),
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Made {
    pub items: Vec<MadeItem>,
    #[serde(default)]
    pub failed: Vec<Thrown>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MadeItem {
    pub json: serde_json::Map<String, Value>,
    /// Name → blob id.
    #[serde(default)]
    pub binary: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub paired: Option<Vec<u32>>,
}

/// What the user's code threw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Thrown {
    #[serde(default)]
    pub item: Option<u32>,
    pub name: String,
    pub message: String,
    #[serde(default)]
    pub stack: String,
}

pub(super) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - 4;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the data is too large"));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(frame)
}

pub(super) fn write(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    out.write_all(&encode(message)?)?;
    out.flush()
}

pub(super) fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the data is too large"));
    }
    let mut body = Vec::new();
    input.take(length as u64).read_to_end(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
