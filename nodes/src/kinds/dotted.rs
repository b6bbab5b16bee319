//! Fields by path: `customer.address.city`, `lines[0].price`, `["a key"].b`.

use serde_json::{Map, Value};

use crate::error::NodeError;

/// Most elements that setting a far index may add to a list.
const MAX_GAP: usize = 10_000;

#[derive(Debug, PartialEq)]
enum Part {
    Key(String),
    Index(usize),
}

fn parse(path: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some(end) = inner.find(']') else {
                parts.push(Part::Key(rest.to_owned()));
                break;
            };
            let name = inner[..end].trim();
            let unquoted = name.trim_matches(['"', '\'']);
            parts.push(match name.parse() {
                Ok(index) => Part::Index(index),
                Err(_) => Part::Key(unquoted.to_owned()),
            });
            rest = inner[end + 1..].strip_prefix('.').unwrap_or(&inner[end + 1..]);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            parts.push(Part::Key(rest[..end].to_owned()));
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    parts
}

/// The value at `path`; with `dots` off, `path` is one key.
pub fn get<'a>(map: &'a Map<String, Value>, path: &str, dots: bool) -> Option<&'a Value> {
    if let Some(value) = map.get(path) {
        return Some(value);
    }
    if !dots {
        return None;
    }
    let parts = parse(path);
    let (Part::Key(first), rest) = parts.split_first()? else { return None };
    rest.iter().try_fold(map.get(first)?, |value, part| step(value, part))
}

fn step<'a>(value: &'a Value, part: &Part) -> Option<&'a Value> {
    match (value, part) {
        (Value::Object(map), Part::Key(key)) => map.get(key),
        (Value::Object(map), Part::Index(i)) => map.get(&i.to_string()),
        (Value::Array(list), Part::Index(i)) => list.get(*i),
        (Value::Array(list), Part::Key(key)) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Sets the value at `path`, making the objects and lists on the way.
pub fn set(map: &mut Map<String, Value>, path: &str, dots: bool, value: Value) -> Result<(), NodeError> {
    let mut parts = if dots { parse(path) } else { vec![Part::Key(path.to_owned())] };
    if parts.is_empty() || !matches!(parts[0], Part::Key(_)) {
        return Err(NodeError::new("field_name", format!("“{path}” is no field name. Write a name such as total.")));
    }
    let Part::Key(first) = parts.remove(0) else { return Ok(()) };
    let mut place = map.entry(first).or_insert(Value::Null);
    for part in parts {
        match part {
            Part::Key(key) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let Value::Object(inner) = place else { return Ok(()) };
                place = inner.entry(key).or_insert(Value::Null);
            }
            Part::Index(index) => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let Value::Array(list) = place else { return Ok(()) };
                if index > list.len() + MAX_GAP {
                    let text = format!("“{path}” is far beyond the end of the list. Use an index near its length.");
                    return Err(NodeError::new("field_name", text));
                }
                if index >= list.len() {
                    list.resize(index + 1, Value::Null);
                }
                place = &mut list[index];
            }
        }
    }
    *place = value;
    Ok(())
}

/// Takes the value at `path` out.
pub fn remove(map: &mut Map<String, Value>, path: &str, dots: bool) -> Option<Value> {
    if let Some(value) = map.shift_remove(path) {
        return Some(value);
    }
    if !dots {
        return None;
    }
    let mut parts = parse(path);
    let last = parts.pop()?;
    let mut parts = parts.into_iter();
    let Part::Key(first) = parts.next()? else { return None };
    let mut place = map.get_mut(&first)?;
    for part in parts {
        place = match (place, part) {
            (Value::Object(inner), Part::Key(key)) => inner.get_mut(&key)?,
            (Value::Array(list), Part::Index(i)) => list.get_mut(i)?,
            _ => return None,
        };
    }
    match (place, last) {
        (Value::Object(inner), Part::Key(key)) => inner.shift_remove(&key),
        (Value::Array(list), Part::Index(i)) if i < list.len() => Some(list.remove(i)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn reads() {
        let data = map(json!({"a": {"b": [10, {"c": 1}]}, "x.y": 2, "k e y": {"z": 3}}));
        let check = |path: &str, dots: bool, expected: Option<Value>| {
            assert_eq!(get(&data, path, dots).cloned(), expected, "{path}");
        };
        check("a.b[1].c", true, Some(json!(1)));
        check("a.b.0", true, Some(json!(10)));
        check("a.b[7]", true, None);
        check("x.y", true, Some(json!(2)));
        check("x.y", false, Some(json!(2)));
        check("a.b", false, None);
        check("k e y.z", true, Some(json!(3)));
        check("[0]", true, None);
        check("", true, None);
    }

    #[test]
    fn writes_and_removes() {
        let check = |path: &str, dots: bool, expected: Value| {
            let mut data = map(json!({"a": 1}));
            set(&mut data, path, dots, json!(true)).unwrap();
            assert_eq!(Value::Object(data.clone()), expected, "{path}");
            assert_eq!(remove(&mut data, path, dots), Some(json!(true)), "{path}");
        };
        check("b.c", true, json!({"a": 1, "b": {"c": true}}));
        check("b.c", false, json!({"a": 1, "b.c": true}));
        check("a.x", true, json!({"a": {"x": true}}));
        check("l[2]", true, json!({"a": 1, "l": [null, null, true]}));
        check(r#"o["a key"]"#, true, json!({"a": 1, "o": {"a key": true}}));
        let mut data = Map::new();
        assert_eq!(set(&mut data, "l[99999999999]", true, json!(1)).unwrap_err().code, "field_name");
        assert_eq!(set(&mut data, "", true, json!(1)).unwrap_err().code, "field_name");
    }
}
