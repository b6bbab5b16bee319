use serde_json::json;

use super::*;

fn ask(value: Value) -> Result<bool, String> {
    let conditions: Conditions = crate::lenient::from_value(&value).unwrap();
    conditions.hold(&mut Comparer::new("America/Sao_Paulo")).map_err(|e| e.code)
}

/// One condition with loose types.
fn holds(left: Value, comparison: &str, right: Value, expected: bool) {
    let (kind, operation) = comparison.split_once('.').unwrap();
    let condition = json!({"left": left, "type": kind, "operation": operation, "right": right});
    assert_eq!(ask(json!({"conditions": [condition]})), Ok(expected), "{left} {comparison} {right}");
}

#[test]
fn texts() {
    holds(json!("abc"), "string.equals", json!("abc"), true);
    holds(json!("abc"), "string.equals", json!("ABC"), false);
    holds(json!(5), "string.equals", json!("5"), true);
    holds(json!(null), "string.equals", json!(""), true);
    holds(json!("abc"), "string.not_equals", json!("abd"), true);
    holds(json!("abc"), "string.contains", json!("bc"), true);
    holds(json!("abc"), "string.not_contains", json!("bc"), false);
    holds(json!("abc"), "string.starts_with", json!("ab"), true);
    holds(json!("abc"), "string.not_starts_with", json!("ab"), false);
    holds(json!("abc"), "string.ends_with", json!("bc"), true);
    holds(json!("abc"), "string.not_ends_with", json!("x"), true);
    holds(json!("NF-123"), "string.matches", json!(r"^NF-\d+$"), true);
    holds(json!("nf-123"), "string.matches", json!(r"/^NF-\d+$/i"), true);
    holds(json!("nf"), "string.not_matches", json!("^x"), true);
    holds(json!(null), "string.exists", json!(null), false);
    holds(json!(""), "string.exists", json!(null), true);
    holds(json!(""), "string.empty", json!(null), true);
    holds(json!("a"), "string.not_empty", json!(null), true);
    holds(json!(null), "string.not_exists", json!(null), true);
}

#[test]
fn numbers() {
    holds(json!(5), "number.equals", json!("5.0"), true);
    holds(json!(5), "number.not_equals", json!(6), true);
    holds(json!("10"), "number.gt", json!("9"), true);
    holds(json!(1), "number.lt", json!(1), false);
    holds(json!(1), "number.gte", json!(1), true);
    holds(json!(1), "number.lte", json!(0), false);
    holds(json!(null), "number.equals", json!(0), false);
    holds(json!(null), "number.not_equals", json!(0), true);
    holds(json!(0), "number.empty", json!(null), false);
}

#[test]
fn dates() {
    holds(json!("2026-11-24"), "date.equals", json!("2026-11-24T03:00:00Z"), true);
    holds(json!("2026-11-24T07:00:00-03:00"), "date.after", json!("2026-11-24T09:59:59Z"), true);
    holds(json!("2026-11-24T07:00:00"), "date.before", json!("2026-11-24T08:00:00"), true);
    holds(json!("2026-11-24"), "date.after_or_equals", json!("2026-11-24"), true);
    holds(json!("2026-11-25"), "date.before_or_equals", json!("2026-11-24"), false);
    holds(json!("2026-11-25"), "date.not_equals", json!("2026-11-24"), true);
    holds(json!(0), "date.equals", json!("1970-01-01T00:00:00Z"), true);
    holds(json!("Thu, 01 Jan 1970 00:00:00 +0000"), "date.equals", json!("0"), true);
}

#[test]
fn yes_no_lists_and_objects() {
    holds(json!(true), "boolean.true", json!(null), true);
    holds(json!("false"), "boolean.false", json!(null), true);
    holds(json!(null), "boolean.true", json!(null), false);
    holds(json!(null), "boolean.false", json!(null), false);
    holds(json!(1), "boolean.equals", json!(true), true);
    holds(json!(true), "boolean.not_equals", json!("no"), true);
    holds(json!([1, "b"]), "array.contains", json!("b"), true);
    holds(json!([1, "b"]), "array.contains", json!("1"), true);
    holds(json!([1]), "array.not_contains", json!(2), true);
    holds(json!("[1,2]"), "array.length_equals", json!(2), true);
    holds(json!([1]), "array.length_not_equals", json!(2), true);
    holds(json!([1]), "array.length_gt", json!(0), true);
    holds(json!([1]), "array.length_lt", json!(1), false);
    holds(json!([1]), "array.length_gte", json!(1), true);
    holds(json!([1]), "array.length_lte", json!(1), true);
    holds(json!([]), "array.empty", json!(null), true);
    holds(json!({}), "object.empty", json!(null), true);
    holds(json!({"a": 1}), "object.not_empty", json!(null), true);
}

#[test]
fn combinations_and_case() {
    let one = |left: &str| json!({"left": left, "type": "string", "operation": "equals", "right": "A"});
    assert_eq!(ask(json!({"conditions": [one("A"), one("b")]})), Ok(false));
    assert_eq!(ask(json!({"combinator": "or", "conditions": [one("b"), one("A")]})), Ok(true));
    assert_eq!(ask(json!({"combinator": "or", "conditions": [one("b")]})), Ok(false));
    assert_eq!(ask(json!({"ignore_case": true, "conditions": [one("a")]})), Ok(true));
    assert_eq!(ask(json!({"conditions": []})), Ok(true));
    assert_eq!(ask(json!({"combinator": "or", "conditions": []})), Ok(true));
    assert_eq!(ask(json!({})), Ok(true), "as placed");
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let check = |loose: bool, kind: &str, operation: &str, left: Value, right: Value, code: &str| {
        let condition = json!({"left": left, "type": kind, "operation": operation, "right": right});
        let asked = ask(json!({"loose_types": loose, "conditions": [condition]}));
        assert_eq!(asked, Err(code.to_owned()), "{kind}.{operation}");
    };
    check(false, "string", "equals", json!(5), json!("5"), "wrong_type");
    check(false, "number", "equals", json!("5"), json!(5), "wrong_type");
    check(true, "number", "gt", json!("many"), json!(5), "wrong_type");
    check(true, "date", "after", json!("soon"), json!("2026-01-01"), "wrong_type");
    check(false, "boolean", "true", json!("true"), json!(null), "wrong_type");
    check(true, "array", "contains", json!("no list"), json!(1), "wrong_type");
    check(true, "number", "contains", json!(1), json!(1), "comparison_unfit");
    check(true, "string", "matches", json!("a"), json!("("), "pattern_invalid");
    check(true, "string", "matches", json!("a"), json!("(a{1000}){1000}"), "pattern_invalid");
}

#[test]
fn drawn_conditions_are_checked() {
    let node = flow::Node { id: "n".into(), ..flow::Node::default() };
    let drawn = json!({"conditions": [
        {"left": "={{ $json.a }}", "type": "number", "operation": "contains", "right": ""},
        {"left": "", "type": "string", "operation": "matches", "right": "("},
        {"left": "", "type": "string", "operation": "matches", "right": "={{ $json.pattern }}"},
    ]});
    let found: Vec<String> = check(&node, "/conditions", Some(&drawn)).into_iter().map(|f| f.code).collect();
    assert_eq!(found, ["comparison_unfit", "pattern_invalid"]);
}
