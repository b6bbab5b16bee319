//! Evaluating plain paths over borrowed data.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::builtin::NAMES;
use super::path::{Key, Part, Path, Pick, Root};
use super::text::{json_text, push_text};
use crate::item::{BlobRef, Item};

/// The data that paths look into, for one item of one step.
pub trait Lookup {
    /// An item of the first input; `None` when there is none.
    fn input(&self, pick: Pick) -> Option<&Item>;
    /// An item that another node sent; `Err` is the plain reason why it can't be told.
    fn node(&self, name: &str, pick: Pick) -> Result<Option<Arc<Item>>, String>;
    /// `$name` without the `$`; `None` when only JavaScript knows it.
    fn global(&self, name: &str) -> Option<Value>;
}

/// Why a path has no value here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// JavaScript has to evaluate it: a built-in member or an unknown name is involved.
    NeedsScript,
    /// What happened. What to do.
    Fails(String),
}

/// A value that a path found.
#[derive(Clone, Debug)]
pub enum Seen<'a> {
    Undefined,
    Value(&'a Value),
    Object(&'a Map<String, Value>),
    Made(Value),
}

impl Seen<'_> {
    /// `undefined` becomes `null`.
    pub fn into_value(self) -> Value {
        match self {
            Self::Undefined => Value::Null,
            Self::Value(v) => v.clone(),
            Self::Object(map) => Value::Object(map.clone()),
            Self::Made(v) => v,
        }
    }

    pub fn push_text(&self, out: &mut String) {
        match self {
            Self::Undefined => {}
            Self::Value(v) => push_text(v, out),
            Self::Object(map) => out.push_str(&json_text(map)),
            Self::Made(v) => push_text(v, out),
        }
    }
}

impl Path {
    /// Gives what the path finds to `use_it`.
    pub fn visit<R>(&self, data: &(impl Lookup + ?Sized), use_it: impl FnOnce(Seen<'_>) -> R) -> Result<R, Miss> {
        match &self.root {
            Root::Input(pick, part) => self.in_item(data.input(*pick), *part, use_it),
            Root::Node(name, pick, part) => {
                let item = data.node(name, *pick).map_err(Miss::Fails)?;
                self.in_item(item.as_deref(), *part, use_it)
            }
            Root::Global(name) => {
                let value = data.global(name).ok_or(Miss::NeedsScript)?;
                walk(&value, &self.keys).map(use_it)
            }
        }
    }

    /// The value, `null` when it is undefined.
    pub fn value(&self, data: &(impl Lookup + ?Sized)) -> Result<Value, Miss> {
        self.visit(data, |seen| seen.into_value())
    }

    fn in_item<R>(&self, item: Option<&Item>, part: Part, use_it: impl FnOnce(Seen<'_>) -> R) -> Result<R, Miss> {
        let Some(item) = item else { return Ok(use_it(Seen::Undefined)) };
        if part == Part::Binary {
            let files = item.binary.iter().map(|(name, blob)| (name.clone(), binary_value(blob)));
            let files = Value::Object(files.collect());
            return walk(&files, &self.keys).map(use_it);
        }
        let Some((first, rest)) = self.keys.split_first() else { return Ok(use_it(Seen::Object(&item.json))) };
        let value = match first {
            Key::Name(name) => item.json.get(&**name),
            Key::Index(i) => item.json.get(&i.to_string()),
        };
        match value {
            Some(value) => walk(value, rest).map(use_it),
            None => missing(first, rest).map(use_it),
        }
    }
}

fn walk<'a>(mut value: &'a Value, keys: &[Key]) -> Result<Seen<'a>, Miss> {
    for (i, key) in keys.iter().enumerate() {
        let next = match (value, key) {
            (Value::Object(map), Key::Name(name)) => map.get(&**name),
            (Value::Object(map), Key::Index(index)) => map.get(&index.to_string()),
            (Value::Array(list), Key::Index(index)) => list.get(*index),
            (Value::Array(list), Key::Name(name)) if &**name == "length" => {
                let length = Value::from(list.len());
                return own(length, &keys[i + 1..]);
            }
            // `list["0"]` is `list[0]`, but `list["00"]` is not.
            (Value::Array(list), Key::Name(name)) => {
                name.parse().ok().filter(|n: &usize| n.to_string() == **name).and_then(|n| list.get(n))
            }
            (Value::String(text), Key::Name(name)) if &**name == "length" => {
                return own(Value::from(text.encode_utf16().count()), &keys[i + 1..]);
            }
            (Value::String(text), Key::Index(index)) => match text.encode_utf16().nth(*index) {
                Some(unit) => {
                    let letter = char::from_u32(u32::from(unit)).ok_or(Miss::NeedsScript)?;
                    return own(Value::from(letter.to_string()), &keys[i + 1..]);
                }
                None => None,
            },
            (Value::String(_), Key::Name(name)) if name.starts_with(|c: char| c.is_ascii_digit()) => {
                return Err(Miss::NeedsScript);
            }
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None if value.is_null() => return Ok(Seen::Undefined),
            None => return missing(key, &keys[i + 1..]),
        }
    }
    Ok(Seen::Value(value))
}

fn own<'a>(value: Value, rest: &[Key]) -> Result<Seen<'a>, Miss> {
    if rest.is_empty() {
        return Ok(Seen::Made(value));
    }
    walk(&value, rest).map(|seen| Seen::Made(seen.into_value()))
}

/// A key that the data lacks. A built-in method of that name counts as undefined at the end of a path; with more keys
/// behind it JavaScript has to look.
fn missing<'a>(key: &Key, rest: &[Key]) -> Result<Seen<'a>, Miss> {
    match key {
        Key::Name(name) if !rest.is_empty() && is_builtin(name) => Err(Miss::NeedsScript),
        _ => Ok(Seen::Undefined),
    }
}

/// A file as expressions see it in `$binary`: n8n's names and ours.
pub fn binary_value(blob: &BlobRef) -> Value {
    let extension = blob.file_name.rsplit_once('.').map_or("", |(_, ext)| ext);
    json!({
        "id": blob.id, "fileName": blob.file_name, "mimeType": blob.mime, "fileExtension": extension, "fileSize": blob.size,
        "bytes": blob.size, "file_name": blob.file_name, "mime": blob.mime, "size": blob.size,
    })
}

/// Whether values in the JavaScript engine have a member of this name without owning it: the language's own and the
/// extension methods. Sorted. The server tests that the list is complete.
pub fn is_builtin(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Data(Item);

    impl Lookup for Data {
        fn input(&self, pick: Pick) -> Option<&Item> {
            (pick != Pick::At(9)).then_some(&self.0)
        }
        fn node(&self, name: &str, _: Pick) -> Result<Option<Arc<Item>>, String> {
            match name {
                "A" => Ok(Some(Arc::new(self.0.clone()))),
                "Empty" => Ok(None),
                _ => Err(format!("No node is called {name}.")),
            }
        }
        fn global(&self, name: &str) -> Option<Value> {
            (name == "vars").then(|| json!({"region": "eu"}))
        }
    }

    fn check(path: &str, expected: Result<Value, Miss>) {
        let json = json!({"a": {"b": [1, {"c": "x"}], "n": null}, "text": "aé😀", "0": "zero", "é": 1.5});
        let mut item = Item::from_value(json);
        let blob =
            BlobRef { id: "b1".into(), file_name: "in.voice.pdf".into(), mime: "application/pdf".into(), size: 7 };
        item.binary.insert("data".into(), blob);
        assert_eq!(Path::parse(path).unwrap().value(&Data(item)), expected, "for {path}");
    }

    #[test]
    fn values() {
        check("$json.a.b[1].c", Ok(json!("x")));
        check("$json.a.b['0']", Ok(json!(1)));
        check("$json.a.b['00']", Ok(json!(null)));
        check("$json.a.b.length", Ok(json!(2)));
        check("$json[0]", Ok(json!("zero")));
        check("$json.text.length", Ok(json!(4)));
        check("$json.text[1]", Ok(json!("é")));
        check("$json.text[2]", Err(Miss::NeedsScript));
        check("$json.é", Ok(json!(1.5)));
        check("$binary.data.fileExtension", Ok(json!("pdf")));
        check("$binary.data.mimeType.length", Ok(json!(15)));
        check("$('A').item.json.a.n", Ok(json!(null)));
        check("$vars.region", Ok(json!("eu")));
    }

    #[test]
    fn what_is_missing_is_null() {
        for path in [
            "$json.x",
            "$json.x.y.z",
            "$json.a.n.x",
            "$json.a.b[7].c",
            "$json.text.x",
            "$json.a.b.x.y",
            "$('Empty').first().json.x",
            "$input.all()[9].json.x",
            "$vars.other",
            "$binary.x.fileName",
        ] {
            check(path, Ok(json!(null)));
        }
    }

    #[test]
    fn what_only_javascript_knows() {
        check("$unknown", Err(Miss::NeedsScript));
        check("$('B').item.json", Err(Miss::Fails("No node is called B.".into())));
    }
}
