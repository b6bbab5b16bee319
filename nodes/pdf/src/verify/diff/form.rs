//! The form: which fields were added, filled in or signed.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::uses::Use;
use super::{Changes, Comparison, Rule, keep, refuse, same, same_entries};
use crate::field::MAX_NAME;
use crate::read::Pdf;

/// Entries of the form that may change. `SigFlags` may gain its bits.
const FORM: [&str; 6] = ["Fields", "DR", "DA", "Q", "NeedAppearances", "SigFlags"];
/// Entries of a field that change when it is filled in. Acrobat also touches `Ff` and `Type`.
const FILLING: [&str; 8] = ["AP", "AS", "V", "F", "DA", "Q", "Ff", "Type"];
const HARMLESS: [&str; 2] = ["Ff", "Type"];

const MAX_DEPTH: usize = 32;
const MAX_FIELDS: usize = 50_000;

/// A field of both revisions or of one.
struct Field<'p> {
    name: String,
    kind: Option<&'p [u8]>,
    old: Option<(ObjectId, &'p Dictionary, Use)>,
    new: (ObjectId, &'p Dictionary),
    /// For a widget that is an object of its own: whether its field may be filled in.
    widget: Option<bool>,
}

/// Judges all fields. Returns the widgets of new signature fields with their field's name.
pub(super) fn compare<'p>(
    c: &mut Comparison<'p>,
    old_root: &'p Dictionary,
    new_root: &'p Dictionary,
    root: &Use,
) -> Rule<HashMap<ObjectId, String>> {
    let (old, new, at) = c.entry(Some(old_root), root, new_root, "AcroForm", Changes::LongTerm)?;
    let mut widgets = HashMap::new();
    let Some(new) = new else { return Ok(widgets) };
    let Ok(new) = new.as_dict() else { return refuse(format!("{at}: not a dictionary")) };
    let old = old.and_then(|old| old.as_dict().ok());
    keep(old, new, &FORM, &at)?;
    let flags = |form: &Dictionary, pdf: &Pdf<'_>| pdf.get(form, b"SigFlags").and_then(|flags| flags.as_i64().ok());
    let (before, after) = (old.and_then(|old| flags(old, c.old)).unwrap_or(0), flags(new, c.new).unwrap_or(0));
    if before & !after != 0 || (after != before && after != 3 && after != 1) {
        return refuse(format!("{}: changed", at.below(b"SigFlags")));
    }
    let (_, resources, _) = if new.has(b"DR") || old.is_some_and(|old| old.has(b"DR")) {
        c.entry(old, &at, new, "DR", Changes::FormsAndSignatures)?
    } else {
        (None, None, at.clone())
    };
    if resources.is_some_and(|resources| resources.as_dict().is_err()) {
        return refuse(format!("{}: not a dictionary", at.below(b"DR")));
    }
    let looks = ["DA", "Q", "NeedAppearances"];
    let differ = |key: &&str| {
        let value = |form: &'p Dictionary| form.get(key.as_bytes()).ok();
        match (old.and_then(value), value(new)) {
            (None, None) => false,
            (Some(old), Some(new)) => !same(old, new),
            _ => true,
        }
    };
    if looks.iter().any(differ) {
        c.raise(Changes::FormsAndSignatures);
    }
    let (old_fields, new_fields, place) = c.entry(old, &at, new, "Fields", Changes::LongTerm)?;
    let mut seen = [HashSet::new(), HashSet::new()];
    let mut fields = Vec::new();
    pair(c, (old_fields, &place), new_fields, &Above::default(), MAX_DEPTH, &mut seen, &mut fields)?;
    for field in &fields {
        judge(c, field, &mut widgets)?;
    }
    Ok(widgets)
}

/// A partial name, and how many of that name came before in the list.
type Name = (String, usize);
type Listed<'p> = Vec<(Name, ObjectId, &'p Dictionary)>;

/// The fields of a list, by name. Kids without a name are widgets and come in the second list.
fn listed<'p>(
    pdf: &'p Pdf<'_>,
    list: Option<&'p Object>,
    at: &Use,
    seen: &mut HashSet<ObjectId>,
) -> Rule<(Listed<'p>, Listed<'p>)> {
    let (mut fields, mut widgets, mut names) = (Vec::new(), Vec::new(), HashMap::new());
    let list = match list {
        None => return Ok((fields, widgets)),
        Some(list) => list.as_array().or_else(|_| refuse(format!("{at}: not an array")))?,
    };
    for entry in list {
        let Ok(id) = entry.as_reference() else { return refuse(format!("{at}: a field inside a list")) };
        let Ok(field) = pdf.resolve(entry).as_dict() else { return refuse(format!("{at}: not a field")) };
        if !seen.insert(id) || seen.len() > MAX_FIELDS {
            return refuse(format!("{at}: a field twice, or too many"));
        }
        let Ok(name) = field.get(b"T") else {
            widgets.push((Name::default(), id, field));
            continue;
        };
        let Ok(name) = lopdf::decode_text_string(pdf.resolve(name)) else {
            return refuse(format!("{at}: a field's name"));
        };
        // Some files have two fields of one name; they are told apart by their order.
        let nth = names.entry(name.clone()).and_modify(|nth| *nth += 1).or_insert(0_usize);
        fields.push(((name, *nth), id, field));
    }
    Ok((fields, widgets))
}

/// What a field hands down to its kids.
#[derive(Default)]
struct Above<'p> {
    name: String,
    kind: Option<&'p [u8]>,
    /// Its value may change: it is no signature field, or it is being signed.
    filled: bool,
}

/// Walks down both trees of fields at once.
fn pair<'p>(
    c: &Comparison<'p>,
    (old_list, old_at): (Option<&'p Object>, &Use),
    new_list: Option<&'p Object>,
    above: &Above<'p>,
    depth: usize,
    seen: &mut [HashSet<ObjectId>; 2],
    fields: &mut Vec<Field<'p>>,
) -> Rule {
    if depth == 0 {
        return refuse(format!("{old_at}: fields too deep"));
    }
    let (old_pdf, new_pdf) = (c.old, c.new);
    let [seen_old, seen_new] = seen;
    let (old_fields, old_widgets) = listed(old_pdf, old_list, old_at, seen_old)?;
    let (new_fields, new_widgets) = listed(new_pdf, new_list, old_at, seen_new)?;
    // What has no name at the root is no field, and nobody could say what it is for.
    if above.name.is_empty() && new_widgets.iter().any(|(_, id, _)| !old_widgets.iter().any(|(_, old, _)| old == id)) {
        return refuse(format!("{old_at}: a field without a name was added"));
    }
    let mut old_by_name: HashMap<Name, (ObjectId, &'p Dictionary)> =
        old_fields.into_iter().map(|(name, id, field)| (name, (id, field))).collect();
    let full = |name: &str| if above.name.is_empty() { name.to_owned() } else { format!("{}.{name}", above.name) };
    let kind_of = |pdf: &'p Pdf<'_>, field: &'p Dictionary| match pdf.get(field, b"FT") {
        Some(kind) => kind.as_name().ok(),
        None => above.kind,
    };
    let kids_at = |old: Option<&(ObjectId, &'p Dictionary)>| match old {
        Some((id, field)) => match field.get(b"Kids").and_then(Object::as_reference) {
            Ok(list) => Use::of(list),
            Err(_) => Use::of(*id).below(b"Kids"),
        },
        None => old_at.clone(),
    };
    for (partial, id, field) in new_fields {
        if above.name.len() + partial.0.len() > MAX_NAME {
            return refuse(format!("{old_at}: a field's name is too long"));
        }
        let name = full(&partial.0);
        let old = old_by_name.remove(&partial);
        if old.is_none() && (partial.1 > 0 || partial.0.contains('.')) {
            return refuse(format!("field {name}: added, with a name that is taken or has dots"));
        }
        let kind = kind_of(new_pdf, field);
        if old.is_some_and(|(_, old)| kind_of(old_pdf, old) != kind) {
            return refuse(format!("field {name}: another kind"));
        }
        let at = kids_at(old.as_ref());
        let old_kids = old.and_then(|(_, old)| old_pdf.get(old, b"Kids"));
        let new_kids = new_pdf.get(field, b"Kids");
        fields.push(Field {
            name: name.clone(),
            kind,
            old: old.map(|(id, old)| (id, old, old_at.element())),
            new: (id, field),
            widget: None,
        });
        if old_kids.is_some() || new_kids.is_some() {
            let filled = may_fill(kind, old.map(|(_, old)| old), field);
            pair(c, (old_kids, &at), new_kids, &Above { name, kind, filled }, depth - 1, seen, fields)?;
        }
    }
    if let Some((name, _)) = old_by_name.keys().min() {
        return refuse(format!("field {}: deleted", full(name)));
    }
    // Widgets of a field that was there: filling it in also changes how they look.
    if !above.name.is_empty() {
        let old_by_id: HashMap<ObjectId, &'p Dictionary> = old_widgets.into_iter().map(|(_, id, w)| (id, w)).collect();
        for (_, id, widget) in new_widgets {
            if let Some(old) = old_by_id.get(&id) {
                fields.push(Field {
                    name: above.name.clone(),
                    kind: above.kind,
                    old: Some((id, old, old_at.element())),
                    new: (id, widget),
                    widget: Some(above.filled),
                });
            }
        }
    }
    Ok(())
}

/// Whether the value of a field that was there may change.
fn may_fill(kind: Option<&[u8]>, old: Option<&Dictionary>, new: &Dictionary) -> bool {
    kind != Some(b"Sig") || (new.has(b"V") && old.is_none_or(|old| !old.has(b"V")))
}

fn judge<'p>(c: &mut Comparison<'p>, field: &Field<'p>, widgets: &mut HashMap<ObjectId, String>) -> Rule {
    let (name, (id, new)) = (&field.name, field.new);
    let is_signature = field.kind == Some(b"Sig");
    let Some((old_id, old, way)) = &field.old else {
        if !is_signature {
            return refuse(format!("field {name}: added"));
        }
        created(c, name, id, new, widgets)?;
        return if new.has(b"V") { signed(c, name, new) } else { Ok(()) };
    };
    if *old_id != id {
        return refuse(format!("field {name}: another object"));
    }
    let fills = field.widget.unwrap_or_else(|| may_fill(field.kind, Some(old), new));
    filled_in(c, name, id, (old, new), way, fills)?;
    if is_signature && fills && field.widget.is_none() { signed(c, name, new) } else { Ok(()) }
}

/// A field that was there already. `fills`: its value and looks may change.
fn filled_in<'p>(
    c: &mut Comparison<'p>,
    name: &str,
    id: ObjectId,
    (old, new): (&'p Dictionary, &'p Dictionary),
    way: &Use,
    fills: bool,
) -> Rule {
    let at = Use::of(id);
    keep(Some(old), new, &FILLING, &at)?;
    let kind = |field: &'p Dictionary| field.get(b"Type").ok();
    match (kind(old), kind(new)) {
        (None, None) => {}
        (None, Some(kind)) if kind.as_name().is_ok_and(|kind| kind == b"Annot") => {}
        (Some(old), Some(new)) if same(old, new) => {}
        _ => return refuse(format!("{}: changed", at.below(b"Type"))),
    }
    let untouched = same_entries(old, new, &HARMLESS).is_none();
    if !untouched && !fills {
        // It stays unexplained.
        return Ok(());
    }
    c.approve_by(id, way.clone(), true, if untouched { Changes::LongTerm } else { Changes::FormsAndSignatures });
    if fills {
        let looks = appearance(c, id, old, new)?;
        if !untouched || looks {
            c.found.fields.insert(name.to_owned());
        }
    }
    Ok(())
}

/// A new appearance. Says whether there is one.
fn appearance<'p>(c: &mut Comparison<'p>, id: ObjectId, old: &'p Dictionary, new: &'p Dictionary) -> Rule<bool> {
    let level = Changes::FormsAndSignatures;
    let at = Use::of(id);
    if !new.has(b"AP") && !old.has(b"AP") {
        return Ok(false);
    }
    let direct = !old.get(b"AP").is_ok_and(|old| new.get(b"AP").is_ok_and(|new| same(old, new)));
    let held = old.get(b"AP").and_then(Object::as_reference).is_ok_and(|id| c.changed.contains(&id));
    let (before, after, place) = c.entry(Some(old), &at, new, "AP", level)?;
    let Some(after) = after else { return Ok(false) };
    let Ok(after) = after.as_dict() else { return refuse(format!("{}: not a dictionary", at.below(b"AP"))) };
    let mut changes = direct || held;
    // A field with states (a check box) has nothing to draw anew.
    let before = before.and_then(|before| before.as_dict().ok()).filter(|_| !old.has(b"AS"));
    for key in [&b"N"[..], b"R", b"D"] {
        let same_stream = before.and_then(|before| before.get(key).ok()?.as_reference().ok());
        let now = after.get(key).ok().and_then(|now| now.as_reference().ok());
        if let Some(stream) = same_stream
            && now == Some(stream)
            && c.changed.contains(&stream)
        {
            c.approve_by(stream, place.below(key), false, level);
            changes = true;
        }
    }
    if changes
        && let Ok(shared) = old.get(b"AP").and_then(Object::as_reference)
        && c.uses.get(&shared).is_some_and(|uses| uses.len() > 1)
    {
        return refuse(format!("{}: used elsewhere too", at.below(b"AP")));
    }
    Ok(changes)
}

/// A new signature field, empty or not.
fn created<'p>(
    c: &mut Comparison<'p>,
    name: &str,
    id: ObjectId,
    field: &'p Dictionary,
    widgets: &mut HashMap<ObjectId, String>,
) -> Rule {
    let pdf = c.new;
    let mut visible = is_visible(pdf, field);
    match pdf.get(field, b"Kids") {
        None => drop(widgets.insert(id, name.to_owned())),
        Some(Object::Array(kids)) => {
            for kid in kids {
                let (Ok(id), Ok(kid)) = (kid.as_reference(), pdf.resolve(kid).as_dict()) else {
                    return refuse(format!("field {name}: its kids"));
                };
                if !kid.has(b"T") {
                    visible |= is_visible(pdf, kid);
                    widgets.insert(id, name.to_owned());
                }
            }
        }
        Some(_) => return refuse(format!("field {name}: its kids")),
    }
    if visible {
        c.found.visible_field = true;
        c.found.fields.insert(name.to_owned());
    }
    c.raise(if visible { Changes::FormsAndSignatures } else { Changes::LongTerm });
    Ok(())
}

/// The signature in a field that had none.
fn signed<'p>(c: &mut Comparison<'p>, name: &str, field: &'p Dictionary) -> Rule {
    let value = field.get(b"V").and_then(Object::as_reference);
    let Ok(id) = value else { return refuse(format!("field {name}: its signature is no object of its own")) };
    if !c.is_fresh(id) {
        return refuse(format!("field {name}: its signature was there before"));
    }
    let Ok(signature) = c.new.document.get_dictionary(id) else {
        return refuse(format!("field {name}: its signature is not a dictionary"));
    };
    let is_stamp = signature.has_type(b"DocTimeStamp")
        && c.new.name(signature, b"SubFilter").as_deref() == Some("ETSI.RFC3161")
        && !is_visible(c.new, field);
    if is_stamp {
        c.raise(Changes::LongTerm);
    } else {
        c.raise(Changes::FormsAndSignatures);
        c.found.fields.insert(name.to_owned());
    }
    Ok(())
}

/// Whether a widget has an area. What is no proper rectangle is taken to have one.
fn is_visible(pdf: &Pdf<'_>, widget: &Dictionary) -> bool {
    let Some(rect) = pdf.get(widget, b"Rect") else { return false };
    let numbers: Option<Vec<f32>> =
        rect.as_array().ok().map(|list| list.iter().filter_map(|n| pdf.resolve(n).as_float().ok()).collect());
    match numbers.as_deref() {
        Some([left, bottom, right, top]) => left != right && bottom != top,
        _ => true,
    }
}
