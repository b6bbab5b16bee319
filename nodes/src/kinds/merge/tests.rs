use serde_json::{Value, json};

use crate::testing::{Bench, outcome};

/// Runs the merge; items as JSON, and after `|` the origins of each as `input.item`.
async fn check(parameters: Value, inputs: [Value; 2], expected: &[(Value, &str)]) {
    let bench = Bench::new("merge").parameters(parameters.clone()).inputs(inputs.map(Some));
    let output = outcome(bench.run().await);
    let batch = &output.ports[0].1;
    let got: Vec<(Value, String)> = (0..batch.len())
        .map(|i| {
            let origins: Vec<String> = batch.origins(i).iter().map(|o| format!("{}.{}", o.input, o.item)).collect();
            (Value::Object(batch.items[i].json.clone()), origins.join(" "))
        })
        .collect();
    let expected: Vec<(Value, String)> = expected.iter().map(|(v, o)| (v.clone(), (*o).to_owned())).collect();
    assert_eq!(got, expected, "{parameters}");
}

fn people() -> [Value; 2] {
    [
        json!([{"id": 1, "name": "Ana"}, {"id": 2, "name": "Rui"}]),
        json!([{"key": 2, "city": "Recife"}, {"key": 3, "city": "Natal"}]),
    ]
}

fn joined(join: &str) -> Value {
    json!({"mode": "by_fields", "fields": [{"left": "id", "right": "key"}], "join": join})
}

#[tokio::test]
async fn all_five_joins() {
    let both = json!({"id": 2, "name": "Rui", "key": 2, "city": "Recife"});
    let (ana, natal) = (json!({"id": 1, "name": "Ana"}), json!({"key": 3, "city": "Natal"}));
    check(joined("inner"), people(), &[(both.clone(), "0.1 1.0")]).await;
    check(joined("left"), people(), &[(ana.clone(), "0.0"), (both.clone(), "0.1 1.0")]).await;
    check(joined("right"), people(), &[(both.clone(), "0.1 1.0"), (natal.clone(), "1.1")]).await;
    let outer = [(ana.clone(), "0.0"), (both, "0.1 1.0"), (natal.clone(), "1.1")];
    check(joined("outer"), people(), &outer).await;
    check(joined("non_matching"), people(), &[(ana, "0.0"), (natal, "1.1")]).await;
}

#[tokio::test]
async fn what_matches() {
    let parameters = |more: Value| {
        let mut all = json!({"mode": "by_fields", "fields": [{"left": "k"}]});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let inputs = || [json!([{"k": 1}]), json!([{"k": "1", "n": 1}, {"k": 1.0, "n": 2}, {"k": 1, "n": 3}, {"k": null}])];
    check(
        parameters(json!({})),
        inputs(),
        &[(json!({"k": 1.0, "n": 2}), "0.0 1.1"), (json!({"k": 1, "n": 3}), "0.0 1.2")],
    )
    .await;
    check(parameters(json!({"multiple": "first"})), inputs(), &[(json!({"k": 1.0, "n": 2}), "0.0 1.1")]).await;
    check(parameters(json!({"loose": true, "multiple": "first"})), inputs(), &[(json!({"k": "1", "n": 1}), "0.0 1.0")])
        .await;
}

#[tokio::test]
async fn other_modes() {
    let inputs = || [json!([{"a": 1}, {"a": 2}]), json!([{"b": 3}])];
    let append = [(json!({"a": 1}), "0.0"), (json!({"a": 2}), "0.1"), (json!({"b": 3}), "1.0")];
    check(json!({}), inputs(), &append).await;
    check(json!({"mode": "by_position"}), inputs(), &[(json!({"a": 1, "b": 3}), "0.0 1.0")]).await;
    let unpaired = [(json!({"a": 1, "b": 3}), "0.0 1.0"), (json!({"a": 2}), "0.1")];
    check(json!({"mode": "by_position", "keep_unpaired": true}), inputs(), &unpaired).await;
    let all = [(json!({"a": 1, "b": 3}), "0.0 1.0"), (json!({"a": 2, "b": 3}), "0.1 1.0")];
    check(json!({"mode": "all_combinations"}), inputs(), &all).await;
    check(json!({"mode": "choose", "choose": 2}), inputs(), &[(json!({"b": 3}), "1.0")]).await;
    check(json!({"mode": "choose", "choose": 9}), inputs(), &[]).await;
}

#[tokio::test]
async fn fields_of_both() {
    let inputs = || [json!([{"x": 1, "o": {"a": 1, "b": 1}}]), json!([{"x": 2, "o": {"b": 2}}])];
    let parameters = |clash: &str, deep: bool| json!({"mode": "by_position", "clash": clash, "deep": deep});
    check(parameters("last", false), inputs(), &[(json!({"x": 2, "o": {"b": 2}}), "0.0 1.0")]).await;
    check(parameters("last", true), inputs(), &[(json!({"x": 2, "o": {"a": 1, "b": 2}}), "0.0 1.0")]).await;
    check(parameters("first", true), inputs(), &[(json!({"x": 1, "o": {"a": 1, "b": 1}}), "0.0 1.0")]).await;
    let numbered = json!({"x_1": 1, "o_1": {"a": 1, "b": 1}, "x_2": 2, "o_2": {"b": 2}});
    check(parameters("number", false), inputs(), &[(numbered, "0.0 1.0")]).await;
}

#[tokio::test]
async fn a_silent_input_and_too_many_combinations() {
    let bench = Bench::new("merge").parameters(json!({"mode": "by_position"})).inputs([Some(json!([{"a": 1}])), None]);
    assert!(outcome(bench.run().await).ports[0].1.is_empty());
    let many = json!((0..1_000).map(|i| json!({"i": i})).collect::<Vec<_>>());
    let bench =
        Bench::new("merge").parameters(json!({"mode": "all_combinations"})).inputs([Some(many.clone()), Some(many)]);
    assert_eq!(bench.run().await.unwrap_err().code, "too_many_items");
}
