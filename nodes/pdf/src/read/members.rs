//! Object streams (ISO 32000-2 7.5.7), unpacked one after the other within what the file may cost.

use lopdf::xref::XrefEntry;
use lopdf::{Document, Object, ObjectId, ObjectStream, Stream, dictionary, encryption};

use super::lex;
use super::open::How;
use super::scan::{self, Scan};
use crate::error::Error;

/// The type of an object stream that lopdf is kept from unpacking.
const HIDDEN: &[u8] = b"ObjStm\0";

/// Makes an object stream one that lopdf takes for any other stream.
pub fn hide(stream: &mut Stream) {
    if stream.dict.has_type(HIDDEN) {
        // Somebody else's: it is none.
        stream.dict.remove(b"Type");
    }
    if stream.dict.has_type(b"ObjStm") {
        stream.dict.set("Type", Object::Name(HIDDEN.to_vec()));
    }
}

pub fn holds_members(stream: &Stream) -> bool {
    stream.dict.has_type(HIDDEN) || stream.dict.has_type(b"ObjStm")
}

/// Unpacks the object streams that [`hide`] hid into the document, and reads the streams whose length
/// stands in one.
///
/// # Errors
/// When one, or all together, are too much.
pub fn unpack(document: &mut Document, bytes: &[u8], how: &How<'_>, scan: &mut Scan) -> Result<(), Error> {
    let hidden =
        |(id, object): (&ObjectId, &Object)| object.as_stream().is_ok_and(|s| s.dict.has_type(HIDDEN)).then_some(*id);
    let containers: Vec<ObjectId> = document.objects.iter().filter_map(hidden).collect();
    for id in containers {
        let Some(Object::Stream(stream)) = document.objects.get_mut(&id) else { continue };
        stream.dict.set("Type", "ObjStm");
        let Some(all) = open(stream, how, scan)? else { continue };
        for (member, object) in all.objects {
            let belongs = match document.reference_table.entries.get(&member.0) {
                Some(XrefEntry::Compressed { container, .. }) => *container == id.0,
                Some(XrefEntry::Free | XrefEntry::UnusableFree) => false,
                // Not in the table, or led to a place where it was not found.
                _ => true,
            };
            if belongs {
                document.objects.entry(member).or_insert(object);
            }
        }
    }
    if let Some((id, _)) = document.objects.last_key_value() {
        document.max_id = document.max_id.max(id.0);
    }
    late_lengths(document, bytes, how);
    Ok(())
}

fn open(stream: &Stream, how: &How<'_>, scan: &mut Scan) -> Result<Option<ObjectStream>, Error> {
    let (one, together) = (how.limits.stream_bytes, how.limits.structure_bytes);
    let left = together - scan.cost.min(together);
    let Some(content) = scan::unpacked(stream, one.min(left)) else {
        return Err(scan::too_much(how.limits, left));
    };
    let number = |key: &[u8]| stream.dict.get(key).and_then(Object::as_i64).ok();
    let (Some(first), Some(count)) = (number(b"First"), number(b"N")) else { return Ok(None) };
    let Ok(start) = usize::try_from(first) else { return Ok(None) };
    scan.add(lex::members(&content, start, left), together)?;
    let plain = Stream::new(dictionary! { "First" => first, "N" => count }, content);
    // What cannot be read is left out, as other readers do.
    Ok(ObjectStream::new_with_limit(&plain, None).ok())
}

/// Reads the content of streams whose length was not known when they were read.
fn late_lengths(document: &mut Document, bytes: &[u8], how: &How<'_>) {
    let late = document.objects.iter().filter_map(|(&id, object)| {
        let stream = object.as_stream().ok().filter(|stream| stream.content.is_empty())?;
        let start = stream.start_position?;
        let (_, length) = document.dereference(stream.dict.get(b"Length").ok()?).ok()?;
        let end = start.checked_add(usize::try_from(length.as_i64().ok()?).ok()?)?;
        let wanted = how.contents || stream.dict.has_type(b"Metadata");
        (wanted && end > start).then_some(())?;
        let mut content = Object::Stream(Stream::new(stream.dict.clone(), bytes.get(start..end)?.to_vec()));
        if let Some(state) = &document.encryption_state {
            // The strings of its dictionary are open already: only the content of this copy is used.
            encryption::decrypt_object(state, id, &mut content).ok()?;
        }
        match content {
            Object::Stream(stream) => Some((id, stream.content)),
            _ => None,
        }
    });
    for (id, content) in late.collect::<Vec<_>>() {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.content = content;
        }
    }
}
