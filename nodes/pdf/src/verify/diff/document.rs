//! The trailer, the catalog, and what hangs on them directly.

use lopdf::{Dictionary, Object};

use super::uses::Use;
use super::{Changes, Comparison, Rule, dss, form, keep, pages, refuse, same};

/// Entries of the catalog that are judged by rules of their own. All others stay as they were.
const JUDGED: [&str; 6] = ["AcroForm", "DSS", "Extensions", "Metadata", "MarkInfo", "Version"];

pub(super) fn compare(c: &mut Comparison<'_>) -> Rule {
    let (old, new) = (c.old, c.new);
    let (before, after) = (&old.document.trailer, &new.document.trailer);
    let encrypt = |trailer: &Dictionary| trailer.get(b"Encrypt").ok().cloned();
    if encrypt(before) != encrypt(after) || old.encryption().is_some() != new.encryption().is_some() {
        return refuse("trailer/Encrypt: changed");
    }
    if after.has(b"Info") {
        let (_, info, _) = c.entry(Some(before), &Use::trailer(), after, "Info", Changes::LongTerm)?;
        if info.is_some_and(|info| info.as_dict().is_err()) {
            return refuse("trailer/Info: not a dictionary");
        }
    }
    let (Ok(old_id), Ok(new_id)) = (old.catalog_id(), new.catalog_id()) else { return refuse("trailer/Root") };
    let (Ok(old_root), Ok(new_root)) = (old.catalog(), new.catalog()) else { return refuse("trailer/Root") };
    if old_id != new_id && !c.is_fresh(new_id) {
        return refuse("trailer/Root: another object");
    }
    let at = Use::of(old_id);
    keep(Some(old_root), new_root, &JUDGED, &at)?;
    c.approve(old_id, Changes::LongTerm);
    for key in ["Extensions", "MarkInfo"] {
        c.entry(Some(old_root), &at, new_root, key, Changes::LongTerm)?;
    }
    if let Ok(version) = new_root.get(b"Version")
        && version.as_name().is_err()
    {
        return refuse(format!("{}: not a name", at.below(b"Version")));
    }
    metadata(c, old_root, new_root, &at)?;
    dss::compare(c, old_root, new_root, &at)?;
    let widgets = form::compare(c, old_root, new_root, &at)?;
    pages::compare(c, &widgets)
}

/// XMP may be written anew; what it says is not part of what was signed for people.
fn metadata<'p>(c: &mut Comparison<'p>, old: &'p Dictionary, new: &'p Dictionary, at: &Use) -> Rule {
    let way = at.below(b"Metadata");
    let (before, after) = (old.get(b"Metadata").ok(), new.get(b"Metadata").ok());
    let Some(after) = after else {
        return if before.is_some() { refuse(format!("{way}: deleted")) } else { Ok(()) };
    };
    let Ok(id) = after.as_reference() else { return refuse(format!("{way}: not a reference")) };
    let unchanged = before.is_some_and(|before| same(before, after));
    if unchanged && !c.changed.contains(&id) {
        return Ok(());
    }
    let old_stream = before.map(|before| c.old.resolve(before));
    if !is_xmp(c.new.resolve(after)) || old_stream.is_some_and(|stream| !is_xmp(stream)) {
        return refuse(format!("{way}: not XMP"));
    }
    if unchanged {
        c.approve_by(id, way, false, Changes::LongTerm);
    } else if !c.is_fresh(id) {
        return refuse(format!("{way}: takes over object {} {}", id.0, id.1));
    }
    c.raise(Changes::LongTerm);
    Ok(())
}

/// A stream of XML that is XMP and brings no entities. It cannot be mistaken for a page's content.
fn is_xmp(object: &Object) -> bool {
    const MOST: usize = 16 << 20;
    let Object::Stream(stream) = object else { return false };
    let keys = ["Type", "Subtype", "Length", "Filter", "DecodeParms"];
    if !stream.dict.iter().all(|(key, _)| keys.iter().any(|known| known.as_bytes() == key.as_slice())) {
        return false;
    }
    let content = if stream.dict.has(b"Filter") {
        let Ok(content) = stream.decompressed_content_with_limit(MOST) else { return false };
        content
    } else {
        stream.content.clone()
    };
    let Ok(text) = std::str::from_utf8(&content) else { return false };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<')
        && text.contains("adobe:ns:meta/")
        && !text.contains("<!DOCTYPE")
        && !text.contains("<!ENTITY")
}
