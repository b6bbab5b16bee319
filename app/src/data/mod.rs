//! Items as table, JSON, schema and files.

mod files;
mod json;
mod pane;
mod pdf;
mod schema;
mod table;
mod words;

use std::sync::Arc;

use flow::Item;
use serde_json::Value;

pub use files::{FilePreview, FilesView};
pub use json::JsonView;
pub use pane::{ItemsPane, Source};
pub use schema::SchemaView;
pub use table::TableView;

/// Items of one page, shared.
pub type Items = Arc<Vec<Item>>;

/// What a value shows as in one line.
pub fn one_line(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `root.key`, or `root["a key"]` when the key is not a name.
pub fn member(root: &str, key: &str) -> String {
    let mut chars = key.chars();
    let name = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    match name {
        true => format!("{root}.{key}"),
        false => format!("{root}[{}]", Value::String(key.to_owned())),
    }
}

/// Whether `text` (lower case) occurs in the item's names or values.
pub fn matches(item: &Item, text: &str) -> bool {
    fn value_matches(value: &Value, text: &str) -> bool {
        match value {
            Value::Object(map) => map.iter().any(|(k, v)| k.to_lowercase().contains(text) || value_matches(v, text)),
            Value::Array(list) => list.iter().any(|v| value_matches(v, text)),
            other => one_line(other).to_lowercase().contains(text),
        }
    }
    item.json.iter().any(|(k, v)| k.to_lowercase().contains(text) || value_matches(v, text))
        || item.binary.iter().any(|(k, b)| k.to_lowercase().contains(text) || b.file_name.to_lowercase().contains(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_named_or_quoted() {
        let check = |key: &str, expected: &str| assert_eq!(member("$json", key), expected);
        check("total", "$json.total");
        check("emissão", "$json.emissão");
        check("2x", "$json[\"2x\"]");
        check("a b\"c", r#"$json["a b\"c"]"#);
        check("", "$json[\"\"]");
    }

    #[test]
    fn search_looks_into_names_and_values() {
        let item = Item::from_value(json!({"cliente": {"Nome": "Padaria Sol"}, "itens": [{"sku": 42}]}));
        let check = |text: &str, expected: bool| assert_eq!(matches(&item, text), expected, "{text}");
        check("padaria", true);
        check("nome", true);
        check("42", true);
        check("mercado", false);
    }
}
