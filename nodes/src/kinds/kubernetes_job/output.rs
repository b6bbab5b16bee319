//! From what a container left to items.

use std::collections::BTreeMap;

use flow::Item;
use serde_json::{Map, Value, json};

use super::parameters::{OutputFrom, Parameters};
use crate::error::NodeError;
use crate::kinds::common::MAX_ITEMS;
use crate::world::JobResult;

/// Lines from the end that may begin a JSON value.
const STARTS: usize = 100;

pub(super) fn items(result: JobResult, p: &Parameters) -> Result<Vec<Item>, NodeError> {
    if result.cut && p.output != OutputFrom::Files {
        let text = "The container wrote more than its output may have. Write less, or write files and choose “The files in its output folder”.";
        return Err(NodeError::new("job_output_too_large", text));
    }
    let facts = p.add_job.then(|| {
        json!({
            "name": result.job,
            "exit_code": result.exit_code,
            "duration_ms": result.duration.as_millis() as u64,
            "node": result.node,
            "attempt": result.attempt,
        })
    });
    let log = result.log;
    let mut items = match p.output {
        OutputFrom::Json => fields_of(value(&result.text)?),
        OutputFrom::JsonLines => lines(&result.text)?,
        OutputFrom::Text => vec![plain(json!({"text": result.text.trim_end_matches('\n')}))],
        OutputFrom::Files => {
            let item = |(path, blob): (String, flow::BlobRef)| {
                let json = json!({"path": path, "name": blob.file_name, "size": blob.size});
                Item { binary: BTreeMap::from([("data".to_owned(), blob)]), ..plain(json) }
            };
            result.files.into_iter().map(item).collect()
        }
    };
    if items.len() > MAX_ITEMS {
        let text = format!("The container gave more than {MAX_ITEMS} items. Let it give fewer.");
        return Err(NodeError::new("too_many_items", text));
    }
    if let Some(facts) = facts {
        for item in &mut items {
            item.json.insert("job".to_owned(), facts.clone());
        }
    }
    if let (Some(first), Some(log)) = (items.first_mut(), log) {
        first.binary.entry("log".to_owned()).or_insert(log);
    }
    Ok(items)
}

fn plain(value: Value) -> Item {
    Item::from_value(value)
}

/// A list is one item for each of its values.
fn fields_of(value: Value) -> Vec<Item> {
    match value {
        Value::Array(list) => list.into_iter().map(wrapped).collect(),
        single => vec![wrapped(single)],
    }
}

/// An object is an item's fields; anything else is its field `value`.
fn wrapped(value: Value) -> Item {
    match value {
        Value::Object(map) => Item::new(map),
        other => Item::new(Map::from_iter([("value".to_owned(), other)])),
    }
}

/// The JSON value in a text: all of it, or its last lines.
fn value(text: &str) -> Result<Value, NodeError> {
    let text = text.trim();
    if text.is_empty() {
        let text = "The container wrote nothing, and its output should be a JSON value. Let it write one, or choose another output.";
        return Err(NodeError::new("job_output_empty", text));
    }
    let whole = serde_json::from_str(text);
    let Err(error) = whole else { return whole.map_err(|e| not_json(&e.to_string(), text)) };
    // A value may begin at any line; the earliest that leads to the end is meant, so that a pretty one is not cut.
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let mut starts: Vec<usize> = starts.filter(|at| text[*at..].starts_with(['{', '['])).collect();
    let first = starts.len().saturating_sub(STARTS);
    starts.drain(..first);
    let last_line = text.rfind('\n').map(|at| at + 1);
    let found = starts.into_iter().chain(last_line).find_map(|at| serde_json::from_str(&text[at..]).ok());
    found.ok_or_else(|| not_json(&error.to_string(), text))
}

fn not_json(why: &str, text: &str) -> NodeError {
    let last = text.lines().last().unwrap_or("").chars().take(200).collect::<String>();
    let message = format!(
        "What the container wrote does not end with a JSON value ({}). Its last line: “{last}”. Let it write one, or choose another output.",
        why.split(" at line ").next().unwrap_or("")
    );
    NodeError::new("job_output_not_json", message)
}

/// One item a line; lines that are no object and no list are the container's log.
fn lines(text: &str) -> Result<Vec<Item>, NodeError> {
    let mut items = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.starts_with(['{', '[']) {
            continue;
        }
        let value: Value = serde_json::from_str(line).map_err(|e| {
            let why = e.to_string();
            let why = why.split(" at line ").next().unwrap_or("").to_owned();
            let text = format!(
                "Line {} of what the container wrote is not valid JSON ({why}). Correct what it writes.",
                i + 1
            );
            NodeError::new("job_output_not_json", text)
        })?;
        items.push(wrapped(value));
        if items.len() > MAX_ITEMS {
            break;
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_all_of_it_or_its_end() {
        let check = |text: &str, expected: Result<Value, &str>| {
            assert_eq!(value(text).map_err(|e| e.code), expected.map_err(str::to_owned), "{text}");
        };
        check(" {\"a\": 1}\n", Ok(json!({"a": 1})));
        check("loading\n[done]\n{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", Ok(json!({"a": {"b": 1}})));
        check("warning: x\n42", Ok(json!(42)));
        check("{\"first\": 1}\n{\"second\": 2}", Ok(json!({"second": 2})));
        check("all is well", Err("job_output_not_json"));
        check("\n", Err("job_output_empty"));
    }

    #[test]
    fn lines_that_are_no_json_are_the_log() {
        let made = lines("start\n{\"a\":1}\n\n[1,2]\n 50%\n{\"a\":2}\n").unwrap();
        let made: Vec<Value> = made.into_iter().map(|item| Value::Object(item.json)).collect();
        assert_eq!(made, [json!({"a": 1}), json!({"value": [1, 2]}), json!({"a": 2})]);
        let error = lines("x\n{\"a\":").unwrap_err();
        assert!(error.message.starts_with("Line 2 of what the container wrote is not valid JSON"), "{error}");
    }
}
