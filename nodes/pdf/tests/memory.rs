//! Forged files that would take gigabytes are refused before they do. A program of its own, and one
//! test, because the memory of the whole process is measured.
#![expect(clippy::unwrap_used, reason = "a panic is the message of a test")]

use std::time::{Duration, Instant};

use lopdf::{Dictionary, Object, Stream, dictionary};
use pdf::{Limits, VerifyOptions, info, tools, verify};

/// What reading may take here. Each forged file would take a multiple.
const STRUCTURE: usize = 32 << 20;

#[test]
fn forged_files_take_no_memory() {
    let plain = File::new().finish();
    assert!(outcomes(&plain).iter().all(|outcome| outcome.is_none()), "the frame of the forged files is sound");
    for (name, file, code) in [
        ("many object streams", many_object_streams(), "pdf_expands_too_far"),
        ("one member many times", one_member_many_times(), "pdf_expands_too_far"),
        ("one object many times", one_object_many_times(), "pdf_expands_too_far"),
        ("names of nothing", names_of_nothing(), "pdf_expands_too_far"),
        ("a table of nothing", table_of_nothing(), "pdf_expands_too_far"),
        ("lengths in object streams", lengths_in_object_streams(), "pdf_expands_too_far"),
        ("lengths in lengths", lengths_in_lengths(), "pdf_damaged"),
    ] {
        let before = memory(true);
        let start = Instant::now();
        let outcomes = outcomes(&file);
        let (peak, took) = (memory(false).saturating_sub(before), start.elapsed());
        println!("{name}: {} bytes, {} MB, {took:?}, {outcomes:?}", file.len(), peak >> 20);
        assert!(outcomes.iter().all(|outcome| outcome.as_deref() == Some(code)), "{name}: {outcomes:?}");
        assert!(peak < 3 * STRUCTURE + 2 * file.len(), "{name}: {} MB", peak >> 20);
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    }
}

/// The codes of errors: of looking at the file, of verifying it, of a tool.
fn outcomes(file: &[u8]) -> [Option<String>; 3] {
    let limits = Limits { structure_bytes: STRUCTURE, ..Limits::default() };
    let code = |error: pdf::Error| error.code().to_owned();
    let options = VerifyOptions { limits, ..VerifyOptions::at(jiff::Timestamp::now()) };
    let text = tools::TextOptions { limits, ..tools::TextOptions::default() };
    [
        info(file, None, &limits).err().map(code),
        verify(file, &options).err().map(code),
        tools::text(file, &text).err().map(code),
    ]
}

/// A page, and what else is added.
struct File {
    bytes: Vec<u8>,
    /// Number, and where the object is: at an offset, or in an object stream.
    entries: Vec<(u32, Place)>,
}

enum Place {
    At(usize),
    In(u32),
}

impl File {
    fn new() -> Self {
        let mut file = Self { bytes: b"%PDF-1.7\n".to_vec(), entries: Vec::new() };
        file.add(1, b"<</Type/Catalog/Pages 2 0 R>>");
        file.add(2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>");
        file.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>");
        file
    }

    fn add(&mut self, number: u32, object: &[u8]) {
        self.entries.push((number, Place::At(self.bytes.len())));
        self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        self.bytes.extend_from_slice(object);
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    /// A compressed stream. `length` is what stands for its length.
    fn add_stream(&mut self, number: u32, dictionary: Dictionary, content: Vec<u8>, length: Option<&str>) {
        let mut stream = Stream::new(dictionary, content);
        stream.compress().unwrap();
        let mut text = String::from("<<");
        for (key, value) in stream.dict.iter().filter(|(key, _)| *key != b"Length") {
            text += &format!("/{} ", String::from_utf8_lossy(key));
            match value {
                Object::Name(name) => text += &format!("/{}", String::from_utf8_lossy(name)),
                Object::Integer(number) => text += &number.to_string(),
                Object::Array(numbers) => {
                    text += &format!("{:?}", numbers.iter().map(|n| n.as_i64().unwrap()).collect::<Vec<_>>());
                }
                other => panic!("{other:?}"),
            }
        }
        let length = length.map_or(stream.content.len().to_string(), str::to_owned);
        text = text.replace(", ", " ") + &format!("/Length {length}>>\nstream\n");
        let object = [text.as_bytes(), &stream.content, b"\nendstream"].concat();
        self.add(number, &object);
    }

    fn add_object_stream(&mut self, number: u32, head: &str, objects: &[u8], length: Option<&str>) {
        let count = head.split_whitespace().count() / 2;
        let dictionary = dictionary! { "Type" => "ObjStm", "N" => count as i64, "First" => head.len() as i64 };
        self.add_stream(number, dictionary, [head.as_bytes(), objects].concat(), length);
    }

    /// Adds the table, a stream, and the end.
    fn finish(self) -> Vec<u8> {
        self.finish_with(0)
    }

    /// `nothing` more entries lead nowhere.
    fn finish_with(mut self, nothing: usize) -> Vec<u8> {
        self.entries.sort_by_key(|(number, _)| *number);
        let number = self.entries.last().unwrap().0 + 1;
        let (start, mut content, mut index) = (self.bytes.len(), vec![0; 7 * nothing], vec![1_000_000, nothing as i64]);
        for (number, place) in &self.entries {
            index.extend([i64::from(*number), 1]);
            let (kind, value) = match place {
                Place::At(offset) => (1, *offset as u32),
                Place::In(container) => (2, *container),
            };
            content.push(kind);
            content.extend_from_slice(&value.to_be_bytes());
            content.extend_from_slice(&[0, 0]);
        }
        let numbers = |numbers: Vec<i64>| numbers.into_iter().map(Object::Integer).collect::<Vec<_>>();
        let table = dictionary! {
            "Type" => "XRef", "Size" => i64::from(number) + 1, "W" => numbers(vec![1, 4, 2]), "Index" => numbers(index),
        };
        self.add_stream(number, table, content, None);
        let at = start + format!("{number} 0 obj\n<<").len();
        self.bytes.splice(at..at, b"/Root 1 0 R ".iter().copied());
        self.bytes.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        self.bytes
    }
}

/// Forty times 12 MB.
fn many_object_streams() -> Vec<u8> {
    let mut file = File::new();
    for number in 10..50 {
        file.add_object_stream(number, &format!("{} 0 ", number + 100), &array(100_000), None);
        file.entries.push((number + 100, Place::In(number)));
    }
    file.finish()
}

/// A thousand objects that stand at the same place.
fn one_member_many_times() -> Vec<u8> {
    let mut file = File::new();
    let head: String = (100..1100).map(|number| format!("{number} 0 ")).collect();
    file.add_object_stream(10, &head, &array(5_000), None);
    file.entries.extend((100..1100).map(|number| (number, Place::In(10))));
    file.finish()
}

/// A thousand entries of the table lead to one object.
fn one_object_many_times() -> Vec<u8> {
    let mut file = File::new();
    let at = file.bytes.len();
    file.add(10, &array(5_000));
    file.entries.extend((100..1100).map(|number| (number, Place::At(at))));
    file.finish()
}

/// Each byte is a name, and takes more than a hundred.
fn names_of_nothing() -> Vec<u8> {
    let mut file = File::new();
    file.add(10, &[&b"["[..], &b"/".repeat(2 << 20), b"]"].concat());
    file.finish()
}

fn table_of_nothing() -> Vec<u8> {
    File::new().finish_with(4_000_000)
}

/// What says how long a stream is stands in an object stream, beside a large array.
fn lengths_in_object_streams() -> Vec<u8> {
    let mut file = File::new();
    for number in 10..110 {
        let length = number + 200;
        file.add_object_stream(
            number,
            &format!("{length} 0 {} 2 ", number + 400),
            &[b"9 ", &array(5_000)[..]].concat(),
            None,
        );
        file.entries.push((length, Place::In(number)));
        file.entries.push((number + 400, Place::In(number)));
        file.add_stream(number + 600, Dictionary::new(), vec![b' '; 9], Some(&format!("{length} 0 R")));
    }
    file.finish()
}

/// The length of each stream is the next stream.
fn lengths_in_lengths() -> Vec<u8> {
    let mut file = File::new();
    for number in 10..20_010 {
        file.add(number, format!("<</Length {} 0 R>>\nstream\n \nendstream", number + 1).as_bytes());
    }
    file.finish()
}

fn array(count: usize) -> Vec<u8> {
    [&b"["[..], &b"0 ".repeat(count), b"]"].concat()
}

/// The process's memory now, or its highest since the last `reset`, in bytes (Linux).
fn memory(reset: bool) -> usize {
    if reset {
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let name = if reset { "VmRSS:" } else { "VmHWM:" };
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
