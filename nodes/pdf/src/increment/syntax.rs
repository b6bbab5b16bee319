//! Objects as PDF syntax (ISO 32000-2 7.3).

use std::ops::Range;

use lopdf::{Dictionary, Object, Stream};

use super::spelling::Spelling;

/// Room for `/ByteRange`: four numbers of up to ten digits, and brackets.
const BYTE_RANGE_ROOM: usize = 46;

pub fn write(out: &mut Vec<u8>, object: &Object) {
    write_as(out, object, &Spelling::default());
}

/// Writes an object with its numbers as `spelling` has them.
pub fn write_as(out: &mut Vec<u8>, object: &Object, spelling: &Spelling) {
    match object {
        Object::Null => out.extend_from_slice(b"null"),
        Object::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Object::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Object::Real(value) => match spelling.get(*value) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => real(out, *value),
        },
        Object::Name(value) => name(out, value),
        Object::String(value, _) => string(out, value),
        Object::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                write_as(out, item, spelling);
            }
            out.push(b']');
        }
        Object::Dictionary(dictionary) => entries(out, dictionary, spelling, |_, _, _| false),
        Object::Stream(stream) => write_stream(out, stream),
        Object::Reference((number, generation)) => {
            out.extend_from_slice(format!("{number} {generation} R").as_bytes());
        }
    }
}

pub fn write_stream(out: &mut Vec<u8>, stream: &Stream) {
    let mut dictionary = stream.dict.clone();
    dictionary.set("Length", stream.content.len() as i64);
    entries(out, &dictionary, &Spelling::default(), |_, _, _| false);
    out.extend_from_slice(b"\nstream\n");
    out.extend_from_slice(&stream.content);
    out.extend_from_slice(b"\nendstream");
}

/// Writes a signature dictionary; says where `/Contents` and the room for `/ByteRange` are.
pub fn write_signature(out: &mut Vec<u8>, dictionary: &Dictionary) -> (Range<usize>, Range<usize>) {
    let mut contents = 0..0;
    let mut byte_range = 0..0;
    entries(out, dictionary, &Spelling::default(), |out, key, value| match (key, value) {
        (b"Contents", Object::String(room, _)) => {
            let start = out.len();
            out.push(b'<');
            for byte in room {
                out.extend_from_slice(&hex(*byte));
            }
            out.push(b'>');
            contents = start..out.len();
            true
        }
        (b"ByteRange", _) => {
            let start = out.len();
            out.push(b'[');
            out.resize(start + BYTE_RANGE_ROOM - 1, b' ');
            out.push(b']');
            byte_range = start..out.len();
            true
        }
        _ => false,
    });
    (contents, byte_range)
}

/// Writes a dictionary; `special` may write a value itself and then answers true.
fn entries(
    out: &mut Vec<u8>,
    dictionary: &Dictionary,
    spelling: &Spelling,
    mut special: impl FnMut(&mut Vec<u8>, &[u8], &Object) -> bool,
) {
    out.extend_from_slice(b"<<");
    for (key, value) in dictionary.iter() {
        name(out, key);
        out.push(b' ');
        if !special(out, key, value) {
            write_as(out, value, spelling);
        }
    }
    out.extend_from_slice(b">>");
}

fn name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for &byte in name {
        if byte.is_ascii_graphic() && !b"()<>[]{}/%#".contains(&byte) {
            out.push(byte);
        } else {
            out.push(b'#');
            out.extend_from_slice(&hex(byte));
        }
    }
}

fn string(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|&b| b == b' ' || b.is_ascii_graphic()) {
        out.push(b'(');
        for &byte in text {
            if b"()\\".contains(&byte) {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b')');
    } else {
        out.push(b'<');
        for &byte in text {
            out.extend_from_slice(&hex(byte));
        }
        out.push(b'>');
    }
}

fn real(out: &mut Vec<u8>, value: f32) {
    // There is no spelling for what is not a number.
    let value = if value.is_finite() { value } else { 0.0 };
    let text = value.to_string();
    out.extend_from_slice(text.as_bytes());
    if !text.contains('.') {
        out.extend_from_slice(b".0");
    }
}

pub fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
