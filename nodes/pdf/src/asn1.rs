//! ASN.1 in the small: reading DER without judging it, and writing DER.
//!
//! Certificates and names are handled as the raw bytes they arrived in: a certificate that is
//! re-encoded is another certificate, and signatures are over bytes. A strict typed reader would
//! also refuse real certificates for details that do not matter here.

mod ber;
pub mod oid;

pub use ber::to_der;

/// The bytes are not the ASN.1 that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// One element of DER: its tag byte, all its bytes, and its content.
#[derive(Debug, Clone, Copy)]
pub struct Tlv<'a> {
    pub tag: u8,
    pub raw: &'a [u8],
    pub content: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The single element that `bytes` consists of; nothing may follow it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (tlv, rest) = split(bytes)?;
        if rest.is_empty() { Ok(tlv) } else { Err(Malformed) }
    }

    /// The element at the start of `bytes`, ignoring what follows: `/Contents` is padded with zeros.
    pub fn parse_prefix(bytes: &'a [u8]) -> Result<Self, Malformed> {
        split(bytes).map(|(tlv, _)| tlv)
    }

    /// This element, if it has `tag`.
    pub fn expect(self, tag: u8) -> Result<Self, Malformed> {
        if self.tag == tag { Ok(self) } else { Err(Malformed) }
    }

    /// The elements inside.
    pub fn children(self) -> Reader<'a> {
        Reader(self.content)
    }

    /// The bits of a BIT STRING that has no unused bits, as keys and signatures are.
    pub fn bit_string(self) -> Result<&'a [u8], Malformed> {
        match self.expect(BIT_STRING)?.content {
            [0, bits @ ..] => Ok(bits),
            _ => Err(Malformed),
        }
    }

    /// A non-negative INTEGER below 2^32.
    pub fn small_integer(self) -> Result<u32, Malformed> {
        let bytes = magnitude(self.expect(INTEGER)?.content);
        if bytes.len() > 4 || self.content.first().is_none_or(|b| b & 0x80 != 0) {
            return Err(Malformed);
        }
        Ok(bytes.iter().fold(0, |n, &b| n << 8 | u32::from(b)))
    }
}

/// Reads elements one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn one(&mut self) -> Result<Tlv<'a>, Malformed> {
        let (tlv, rest) = split(self.0)?;
        self.0 = rest;
        Ok(tlv)
    }

    pub fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, Malformed> {
        self.one()?.expect(tag)
    }

    /// The next element if it has `tag`; otherwise nothing is consumed.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Malformed> {
        if self.0.first() == Some(&tag) { self.one().map(Some) } else { Ok(None) }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Tlv<'a>;

    /// The next element; ends at the first malformed one.
    fn next(&mut self) -> Option<Tlv<'a>> {
        if self.is_empty() { None } else { self.one().ok() }
    }
}

fn split(bytes: &[u8]) -> Result<(Tlv<'_>, &[u8]), Malformed> {
    let (&tag, rest) = bytes.split_first().ok_or(Malformed)?;
    // Tag numbers above 30 do not occur in what is read here.
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let (&first, rest) = rest.split_first().ok_or(Malformed)?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(Malformed)?;
            (digits.iter().fold(0, |n, &b| n << 8 | usize::from(b)), rest)
        }
        _ => return Err(Malformed),
    };
    let (content, after) = rest.split_at_checked(length).ok_or(Malformed)?;
    let raw = &bytes[..bytes.len() - after.len()];
    Ok((Tlv { tag, raw, content }, after))
}

/// The digits of an INTEGER without the leading zeros that keep it positive.
pub fn magnitude(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|&&b| b == 0).count();
    &content[zeros..]
}

/// An element in DER.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    match content.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length => {
            let digits = length.to_be_bytes();
            let digits = magnitude(&digits);
            out.push(0x80 | digits.len() as u8);
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A constructed element of the given parts, in order.
pub fn constructed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    constructed(SEQUENCE, parts)
}

/// A SET OF, which DER wants sorted by encoding (X.690 11.6).
pub fn set_of(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    tlv(tag, &parts.concat())
}

/// The content of an OID that is written with dots; none if it is no OID (X.690 8.19).
pub fn dotted_oid(text: &str) -> Option<Vec<u8>> {
    let mut numbers = text.split('.').map(|part| {
        let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse::<u64>().ok() } else { None }
    });
    let (first, second) = (numbers.next()??, numbers.next()??);
    if first > 2 || (first < 2 && second > 39) || text.len() > 200 {
        return None;
    }
    let mut out = Vec::new();
    let joined = first.checked_mul(40)?.checked_add(second)?;
    for number in std::iter::once(Some(joined)).chain(numbers) {
        let number = number?;
        let groups = (64 - number.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let more = if group > 0 { 0x80 } else { 0 };
            out.push((number >> (7 * group)) as u8 & 0x7f | more);
        }
    }
    Some(out)
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5652 11.3).
pub fn time(at: jiff::Timestamp) -> Vec<u8> {
    let utc = at.to_zoned(jiff::tz::TimeZone::UTC);
    if (1950..2050).contains(&utc.year()) {
        tlv(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        tlv(GENERALIZED_TIME, utc.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}

/// Reads UTCTime or GeneralizedTime. A time past what a timestamp holds becomes the last one.
pub fn parse_time(tlv: Tlv<'_>) -> Result<jiff::Timestamp, Malformed> {
    let text = std::str::from_utf8(tlv.content).map_err(|_| Malformed)?;
    let digits = text.strip_suffix('Z').ok_or(Malformed)?;
    // Fractions of seconds are legal in time-stamps.
    let digits = digits.split('.').next().unwrap_or(digits);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Malformed);
    }
    let (year, rest): (i16, &str) = match tlv.tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2).ok_or(Malformed)?;
            let year: i16 = year.parse().map_err(|_| Malformed)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4).ok_or(Malformed)?;
            (year.parse().map_err(|_| Malformed)?, rest)
        }
        _ => return Err(Malformed),
    };
    let part = |i: usize| rest.get(2 * i..2 * i + 2).and_then(|s| s.parse::<i8>().ok());
    let seconds = if rest.len() == 8 { Some(0) } else { part(4) };
    let (Some(month), Some(day), Some(hour), Some(minute), Some(second)) =
        (part(0), part(1), part(2), part(3), seconds)
    else {
        return Err(Malformed);
    };
    let civil = jiff::civil::DateTime::new(year, month, day, hour, minute, second.min(59), 0).map_err(|_| Malformed)?;
    Ok(civil.to_zoned(jiff::tz::TimeZone::UTC).map_or(jiff::Timestamp::MAX, |zoned| zoned.timestamp()))
}

/// Text of any of the string types that names use.
pub fn text(tlv: Tlv<'_>) -> Option<String> {
    match tlv.tag {
        0x0c => Some(String::from_utf8_lossy(tlv.content).into_owned()),
        // PrintableString, IA5String, NumericString, VisibleString, and TeletexString, which in
        // practice holds Latin-1.
        0x12 | 0x13 | 0x14 | 0x16 | 0x1a => match std::str::from_utf8(tlv.content) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => Some(tlv.content.iter().map(|&b| char::from(b)).collect()),
        },
        0x1e => {
            let units: Vec<u16> =
                tlv.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}
