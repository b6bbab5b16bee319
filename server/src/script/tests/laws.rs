//! A path gives natively what JavaScript gives.

use flow::expression::{Miss, Path, is_builtin};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::scope::View;
use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1_000_000i64..1_000_000).prop_map(Value::from),
        (-1e6f64..1e6).prop_map(Value::from),
        "[a-c é😀]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any_key(), inner, 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b",
        "c",
        "0",
        "1",
        "00",
        "length",
        "values",
        "keys",
        "first",
        "constructor",
        "toString",
        "é",
        "x y",
    ])
    .prop_map(str::to_owned)
}

fn any_step() -> impl Strategy<Value = String> {
    prop_oneof![
        any_key()
            .prop_filter("a name", |k| !k.starts_with(|c: char| c.is_ascii_digit()) && !k.contains(' '))
            .prop_map(|k| format!(".{k}")),
        any_key().prop_map(|k| format!("[\"{k}\"]")),
        (0usize..4).prop_map(|i| format!("[{i}]")),
        any_key().prop_map(|k| format!("?.[\"{k}\"]")),
    ]
}

#[test]
fn native_paths_give_what_javascript_gives() {
    let root = prop::sample::select(vec![
        "$json",
        "$input.item.json",
        "$('Start').item.json",
        "$('Start').first().json",
        "$input.last().json",
        "$('Start').all()[0].json",
        "$vars",
        "$binary",
    ]);
    let path =
        (root, prop::collection::vec(any_step(), 0..5)).prop_map(|(root, steps)| format!("{root}{}", steps.concat()));
    let config = Config { cases: 1_500, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(any_json(), path), |(json, path)| {
            let mut one = item(json!({ "a": json, "b": json, "c": "text" }));
            if let Value::Object(map) = &json {
                one.json.extend(map.clone());
            }
            one.binary.insert("a".into(), blob("b9"));
            let mut made = scope(vec![one]);
            made.vars = Arc::new(Map::from_iter([("a".to_owned(), json)]));
            let made = Arc::new(made);
            let (names, env) = (Map::new(), Map::new());
            let parsed = Path::parse(&path).expect("a plain path");
            match parsed.value(&View::new(&made, &names, &env)) {
                Err(Miss::NeedsScript) => {}
                native => {
                    // Parentheses make it JavaScript.
                    let script = resolve(&made, &format!("{{{{ ({path}) }}}}"), 0);
                    prop_assert_eq!(
                        native.map_err(|_| ()).map(plain),
                        script.map_err(|_| ()).map(plain),
                        "for {}",
                        path
                    );
                }
            }
            Ok(())
        })
        .unwrap();
}

/// JavaScript has one kind of number.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64()),
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(map) => map.into_iter().map(|(k, v)| (k, plain(v))).collect(),
        other => other,
    }
}

#[test]
fn values_in_text_look_the_same_from_both_sides() {
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&any_json(), |json| {
            let made = Arc::new(scope(vec![item(json!({ "a": json }))]));
            let native = resolve(&made, "<{{ $json.a }}>", 0);
            let script = resolve(&made, "<{{ ($json.a) }}>", 0);
            // Objects in JavaScript put keys that are numbers first.
            if native != script {
                let unordered = |v: &Result<Value, NodeError>| {
                    let mut letters: Vec<char> = v.clone().unwrap().as_str().unwrap().chars().collect();
                    letters.sort_unstable();
                    letters
                };
                prop_assert_eq!(unordered(&native), unordered(&script));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_list_of_built_in_names_is_whole() {
    let scope = Arc::new(scope(vec![order()]));
    let names = "[Object, Array, String, Number, Boolean, Function].flatMap(c => Object.getOwnPropertyNames(c.prototype)).concat(Object.getOwnPropertyNames(Function.prototype)).unique().sort()";
    let Ok(Value::Array(found)) = resolve(&scope, &format!("{{{{ {names} }}}}"), 0) else { panic!("no names") };
    let missing: Vec<&str> =
        found.iter().filter_map(Value::as_str).filter(|n| !is_builtin(n) && n.parse::<u32>().is_err()).collect();
    assert_eq!(missing, Vec::<&str>::new(), "add these to flow/src/expression/builtin.rs, sorted");
}
