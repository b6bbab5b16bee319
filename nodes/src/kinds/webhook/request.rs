//! A call as an item: `{method, url, headers, params, query, body}` and its files.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use flow::{BlobRef, Item};
use serde_json::{Map, Value, json};

use super::Admitted;

/// A call that the HTTP layer has read.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    pub method: &'a str,
    /// As it was called: path and query.
    pub url: &'a str,
    /// Names in lower case; a name may come more than once.
    pub headers: Vec<(&'a str, Cow<'a, str>)>,
    /// Parameters of the path, decoded.
    pub path: HashMap<String, String>,
    /// What follows the question mark, still encoded.
    pub query: &'a str,
    /// JSON as it is, a form's fields as an object, a text as a text; `Null` when there was none or it is a file.
    pub body: Value,
    /// By property name.
    pub files: BTreeMap<String, BlobRef>,
}

/// The item that a call becomes. What let the caller in is a secret and stays out of it.
pub fn item(call: Call<'_>, admitted: &Admitted) -> Item {
    let hidden = admitted.secret_header.as_deref();
    let headers = call.headers.into_iter().filter(|(name, _)| Some(*name) != hidden);
    let query = url::form_urlencoded::parse(call.query.as_bytes());
    let mut params: Vec<(String, String)> = call.path.into_iter().collect();
    params.sort();
    let mut json = Map::new();
    json.insert("method".into(), json!(call.method));
    json.insert("url".into(), json!(call.url));
    json.insert("headers".into(), joined(headers));
    json.insert("params".into(), params.into_iter().map(|(n, v)| (n, Value::String(v))).collect());
    json.insert("query".into(), listed(query.map(|(n, v)| (n.into_owned(), v.into_owned()))));
    json.insert("body".into(), if call.body.is_null() { json!({}) } else { call.body });
    if let Some(claims) = &admitted.claims {
        json.insert("jwt".into(), Value::Object(claims.clone()));
    }
    Item { json, binary: call.files }
}

/// A header that comes more than once is one text, as HTTP defines it.
fn joined<'a>(pairs: impl IntoIterator<Item = (&'a str, Cow<'a, str>)>) -> Value {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match map.get_mut(name) {
            Some(Value::String(text)) => {
                text.push_str(", ");
                text.push_str(&value);
            }
            _ => {
                map.insert(name.to_owned(), json!(value));
            }
        }
    }
    Value::Object(map)
}

/// A name that comes more than once gives a list.
fn listed(pairs: impl IntoIterator<Item = (String, String)>) -> Value {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match map.get_mut(&name) {
            Some(Value::Array(list)) => list.push(Value::String(value)),
            Some(first) => *first = json!([first.take(), value]),
            None => {
                map.insert(name, Value::String(value));
            }
        }
    }
    Value::Object(map)
}
