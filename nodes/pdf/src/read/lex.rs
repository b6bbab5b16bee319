//! What an object will cost in memory, told from its text without reading it (ISO 32000-2 7.2, 7.3).
//!
//! A parsed object takes far more memory than its text: `0 ` becomes a whole [`Object`]. So objects are
//! counted before they are made. Where the text can be read in two ways, the one with more objects
//! counts.

use std::borrow::Cow;
use std::ops::Range;

use lopdf::Object;

/// What one object costs beside its text.
pub const OBJECT: usize = size_of::<Object>();

/// An object's text.
#[derive(Debug, Default)]
pub struct Shape {
    /// Where it and the white space after it end, counted in the bytes that were looked at.
    pub end: usize,
    /// Bytes of memory that it takes, about.
    pub cost: usize,
    /// The names that stand in the outermost dictionary, with their slashes: keys, and values among them.
    pub names: Vec<Range<usize>>,
    pub is_dictionary: bool,
}

/// Looks at the object that `bytes` begins with. Stops once it costs more than `most`.
pub fn shape(bytes: &[u8], most: usize) -> Shape {
    let mut shape = Shape::default();
    let mut depth = 0usize;
    let mut at = skip_space(bytes, 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let doubled = rest.get(1) == Some(&byte);
        let (length, objects) = match byte {
            b'(' => (string(rest), 1),
            b'<' if doubled => (2, 1),
            b'<' => (memchr::memchr(b'>', rest).unwrap_or(rest.len()) + 1, 1),
            b'[' => (1, 1),
            b'>' if doubled => (2, 0),
            b'/' => (1 + until(&rest[1..], |b| !is_regular(b)), 1),
            _ if is_regular(byte) => {
                let length = until(rest, |b| !is_regular(b));
                (length, words(&rest[..length]))
            }
            _ => (1, 0),
        };
        let length = length.min(rest.len());
        match byte {
            b'<' if doubled => {
                shape.is_dictionary |= depth == 0;
                depth += 1;
            }
            b'[' => depth += 1,
            b']' | b'>' => depth = depth.saturating_sub(1),
            b'/' if depth == 1 && shape.is_dictionary => shape.names.push(at..at + length),
            _ => {}
        }
        shape.cost += length + objects * OBJECT;
        if byte == b'R' && length == 1 {
            // Number, generation and `R` are one object.
            shape.cost = shape.cost.saturating_sub(2 * OBJECT);
        }
        at = skip_space(bytes, at + length);
        if depth == 0 || shape.cost > most {
            break;
        }
    }
    shape.end = at;
    shape
}

/// The objects in the content of an object stream (ISO 32000-2 7.5.7), and what they cost together.
/// Several may stand at one place.
pub fn members(content: &[u8], first: usize, most: usize) -> usize {
    let head = content.get(..first).unwrap_or_default();
    let lines = head.split(|b| matches!(b, b'\r' | b'\n'));
    let lines = lines.map(|line| line.split(|b| *b == b'%').next().unwrap_or_default());
    let words = lines.flat_map(|line| line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()));
    let places = words.skip(1).step_by(2).filter_map(|word| std::str::from_utf8(word).ok()?.parse::<usize>().ok());
    let mut cost = content.len();
    for place in places {
        let object = first.checked_add(place).and_then(|at| content.get(at..)).unwrap_or_default();
        cost = cost.saturating_add(OBJECT + shape(object, most).cost);
        if cost > most {
            break;
        }
    }
    cost
}

/// A name without its slash, escapes resolved (ISO 32000-2 7.3.5).
pub fn name(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(b"/").unwrap_or(text);
    if !text.contains(&b'#') {
        return Cow::Borrowed(text);
    }
    let digit = |at: usize| Some(char::from(*text.get(at)?).to_digit(16)? as u8);
    let (mut plain, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(&byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'#', Some(high), Some(low)) => {
                plain.push(high << 4 | low);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(plain)
}

/// How many objects a run of regular characters may be read as: numbers and words need nothing between.
fn words(run: &[u8]) -> usize {
    let count = |which: fn(u8) -> bool| run.iter().skip(1).filter(|b| which(**b)).count();
    let has = |which: fn(&u8) -> bool| run.iter().any(which);
    let letters = match (has(u8::is_ascii_alphabetic), has(u8::is_ascii_digit)) {
        (false, _) => 0,
        // `null` and `true` are the shortest.
        (true, false) => (run.len() / 4).saturating_sub(1),
        (true, true) => run.len() / 2,
    };
    1 + count(|b| b == b'+' || b == b'-') + count(|b| b == b'.').saturating_sub(1) + letters
}

/// Past white space and comments.
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0c => at += 1,
            b'%' => at += memchr::memchr2(b'\r', b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
            _ => break,
        }
    }
    at
}

fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0c | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

/// The length of a literal string with its parentheses.
fn string(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

fn until(rest: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_as_they_are_read() {
        let check = |text: &str, objects: usize| {
            let found = shape(text.as_bytes(), usize::MAX);
            assert_eq!(found.cost / OBJECT, objects, "{text}");
        };
        check("[0 1.5 -2 true null (a(b)c) <41> /N]", 9);
        check("[1 0 R 12 0 R]", 3);
        check("<</A 1 0 R/B[<</C(])>>]>>", 8);
        check("[1+1-1.5]", 4);
        check("[////]", 5);
        check("[nulltrue false]", 4);
        check("7 ", 1);
        // Only the first object counts.
        assert_eq!(shape(b"<</A 1>> [0 0 0]", usize::MAX).end, 9);
        assert!(shape(&b"[0 0 0 0 0 0 0 0 0 0]".repeat(9), 300).cost < 300 + 2 * OBJECT);
    }

    #[test]
    fn names_of_the_outermost_dictionary() {
        let text = b"<</Size 4 /#45ncrypt<</O(x)/Filter/Standard>>/ID[/No<</No 1>>]/Type/X#5>>";
        let found = shape(text, usize::MAX);
        let names: Vec<_> =
            found.names.iter().map(|at| String::from_utf8(name(&text[at.clone()]).into()).unwrap()).collect();
        assert_eq!(names, ["Size", "Encrypt", "ID", "Type", "X#5"]);
    }

    #[test]
    fn members_of_object_streams() {
        let check = |content: &[u8], first: usize, objects: usize| {
            let cost = members(content, first, usize::MAX);
            assert_eq!((cost - content.len()) / OBJECT, objects, "{}", String::from_utf8_lossy(content));
        };
        check(b"1 0 2 3 [0][1 2]", 8, 7);
        check(b"1 0 2 0 3 0 [0 0 0]", 12, 15);
        check(b"1 0 2 99 3 0 [0]", 99, 0);
        assert!(members(&b"1 0 ".repeat(1000), 4000, 5000) < 6000);
    }

    #[test]
    fn anything_may_be_looked_at() {
        for text in ["", "(", "<", "<<", "[", "/", "%", "(\\", "<<<<", ">>", "]", "{}", "R", "[R R R]", "#"] {
            shape(text.as_bytes(), usize::MAX);
            members(text.as_bytes(), 1, usize::MAX);
        }
    }
}
