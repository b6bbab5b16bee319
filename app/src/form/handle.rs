//! What every field of a form needs: its value, how to change it, what is wrong with it.

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::{Completion, FieldError, FormChange, PreviewFn};

/// Cheap to copy; fields find their part by JSON pointer.
#[derive(Clone, Copy)]
pub struct FormHandle {
    /// The whole object.
    pub value: Signal<Value>,
    pub on_change: Callback<FormChange>,
    pub errors: Signal<Vec<FieldError>>,
    pub expressions: bool,
    pub preview: Signal<Option<PreviewFn>>,
    pub completions: Signal<Vec<Completion>>,
    pub binaries: Signal<Vec<String>>,
    pub read_only: Signal<bool>,
    /// The field that became an expression while it was typed in: the expression's field takes over the focus.
    pub typing: StoredValue<Option<String>>,
}

impl FormHandle {
    /// The value at `pointer`, `null` when there is none; changes only when it does.
    pub fn at(self, pointer: &str) -> Memo<Value> {
        let pointer = pointer.to_owned();
        Memo::new(move |_| self.value.with(|v| v.pointer(&pointer).cloned().unwrap_or_default()))
    }

    /// How many elements the list at `pointer` has.
    pub fn len(self, pointer: &str) -> Memo<usize> {
        let pointer = pointer.to_owned();
        Memo::new(move |_| self.value.with(|v| v.pointer(&pointer).and_then(Value::as_array).map_or(0, Vec::len)))
    }

    /// What is wrong at `pointer` itself.
    pub fn error(self, pointer: &str) -> Memo<Option<String>> {
        let pointer = pointer.to_owned();
        Memo::new(move |_| self.errors.with(|e| e.iter().find(|e| e.pointer == pointer).map(|e| e.message.clone())))
    }

    pub fn set(self, pointer: &str, value: Value) {
        let mut all = self.value.get_untracked();
        put(&mut all, pointer, value);
        self.changed(pointer, all);
    }

    /// Changes the list at `pointer`; a missing one counts as empty.
    pub fn change_list(self, pointer: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let mut all = self.value.get_untracked();
        let mut list = match all.pointer(pointer) {
            Some(Value::Array(list)) => list.clone(),
            _ => Vec::new(),
        };
        change(&mut list);
        put(&mut all, pointer, Value::Array(list));
        self.changed(pointer, all);
    }

    fn changed(self, pointer: &str, all: Value) {
        if let Value::Object(value) = all
            && !self.read_only.get_untracked()
        {
            self.on_change.run(FormChange { pointer: pointer.to_owned(), value });
        }
    }
}

/// Puts `value` at `pointer`, making the objects on the way.
fn put(all: &mut Value, pointer: &str, value: Value) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        *all = value;
        return;
    };
    if !parent.is_empty() && !all.pointer(parent).is_some_and(|p| p.is_object() || p.is_array()) {
        put(all, parent, Value::Object(Map::new()));
    }
    match all.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.insert(key.replace("~1", "/").replace("~0", "~"), value);
        }
        Some(Value::Array(list)) => {
            if let Some(slot) = key.parse::<usize>().ok().and_then(|i| list.get_mut(i)) {
                *slot = value;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn put_makes_the_way() {
        let check = |mut all: Value, pointer: &str, value: Value, expected: Value| {
            put(&mut all, pointer, value);
            assert_eq!(all, expected, "{pointer}");
        };
        check(json!({}), "/a", json!(1), json!({"a": 1}));
        check(json!({}), "/a/b", json!(1), json!({"a": {"b": 1}}));
        check(json!({"a": null}), "/a/b", json!(1), json!({"a": {"b": 1}}));
        check(json!({"a": [{"x": 1}, {"x": 2}]}), "/a/1/x", json!(3), json!({"a": [{"x": 1}, {"x": 3}]}));
        check(json!({"a": [1]}), "/a/7", json!(3), json!({"a": [1]}));
    }
}
