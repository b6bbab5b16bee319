//! Parts that several kinds' parameters share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flow::{BlobRef, Item};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::describe::pt;
use crate::error::NodeError;

/// Most items that one step may make: a mistake must not fill the memory.
pub const MAX_ITEMS: usize = 500_000;

/// A name and its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NameValue {
    /// The name.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome.")))]
    pub name: String,
    /// The value.
    #[schemars(title = "Value", extend("x-pt" = pt("Valor", "O valor.")))]
    pub value: String,
}

/// A name and a value that keeps its type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Field {
    /// The field's name; dots make nested objects.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome do campo; pontos criam objetos aninhados.")))]
    pub name: String,
    /// The value; an expression keeps its type.
    #[schemars(title = "Value", extend("x-pt" = pt("Valor", "O valor; uma expressão mantém seu tipo."), "x-widget" = "text"))]
    pub value: Value,
}

/// JSON written as text or given by an expression.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub Value);

impl JsonSchema for Json {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Json".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "object", "array", "number", "boolean", "null"],
            "x-widget": "code:json",
        })
    }
}

impl Json {
    pub fn text(text: &str) -> Self {
        Self(Value::String(text.to_owned()))
    }

    pub fn is_blank(&self) -> bool {
        match &self.0 {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// The value; a text is parsed, a blank one is `null`.
    pub fn value(&self, what: &str) -> Result<Value, NodeError> {
        match &self.0 {
            Value::String(text) if text.trim().is_empty() => Ok(Value::Null),
            Value::String(text) => serde_json::from_str(text).map_err(|e| {
                let place = format!("line {}, column {}", e.line(), e.column());
                let why = e.to_string();
                let why = why.split(" at line ").next().unwrap_or("");
                NodeError::new(
                    "json_invalid",
                    format!("{what} is not valid JSON ({why}, {place}). Correct it; texts need double quotes."),
                )
            }),
            other => Ok(other.clone()),
        }
    }
}

/// The file of an item, or an error that names the files it has.
pub fn file<'a>(item: &'a Item, property: &str) -> Result<&'a BlobRef, NodeError> {
    item.binary.get(property.trim()).ok_or_else(|| {
        let names: Vec<&str> = item.binary.keys().map(String::as_str).collect();
        let has = match names.as_slice() {
            [] => "The item has no file at all; let an earlier node receive or read one.".to_owned(),
            names => format!("It has: {}. Choose one of them.", names.join(", ")),
        };
        NodeError::new("file_missing", format!("The item has no file in the property “{}”. {has}", property.trim()))
    })
}

/// Comma-separated names, trimmed, without empty ones.
pub fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

/// What kind of value, with its article, for sentences.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a yes/no value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A value as people read it: texts as they are, the rest as JSON, nothing as an empty text.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The MIME type that a file's name suggests.
pub fn mime_of(file_name: &str) -> &'static str {
    let extension = file_name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    match extension.as_str() {
        "pdf" => "application/pdf",
        "json" => "application/json",
        "xml" => "application/xml",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "txt" | "log" | "md" => "text/plain",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "zip" => "application/zip",
        "p7s" => "application/pkcs7-signature",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _ => "application/octet-stream",
    }
}

/// The extension that fits a MIME type, with its dot; empty when there is no common one.
pub fn extension_of(mime: &str) -> &'static str {
    match mime.split(';').next().unwrap_or("").trim() {
        "application/pdf" => ".pdf",
        "application/json" => ".json",
        "application/xml" | "text/xml" => ".xml",
        "text/csv" => ".csv",
        "text/html" => ".html",
        "text/plain" => ".txt",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "image/svg+xml" => ".svg",
        "application/zip" => ".zip",
        _ => "",
    }
}

/// Standard base64.
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Decodes base64 with or without line breaks and padding; `None` when it is none.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let compact = compact.split_once("base64,").map_or(compact.as_str(), |(_, data)| data);
    STANDARD.decode(compact).ok()
}
