use super::*;

fn parameters(value: Value) -> Compiled {
    Compiled::parameters(value.as_object().unwrap())
}

fn all(compiled: &Compiled, scope: &Arc<Scope>) -> Vec<Result<Arc<Value>, NodeError>> {
    wait(compiled.resolve_all(&engine(), scope))
}

#[test]
fn each_item_has_its_values() {
    let scope = Arc::new(scope(vec![item(json!({ "n": 1 })), item(json!({ "n": 2 }))]));
    let compiled = parameters(json!({
        "fixed": { "a": [1, null] }, "path": "={{ $json.n }}", "text": "=n is {{ $json.n }} of {{ $input.all().length }}",
        "list": ["={{ $json.n * 10 }}", { "deep": "={{ $itemIndex }}" }], "plain": "{{ $json.n }}", "empty": "=",
    }));
    assert!(compiled.by_item());
    let got: Vec<Value> = all(&compiled, &scope).into_iter().map(|r| (*r.unwrap()).clone()).collect();
    let expected = |n: i64| {
        json!({
            "fixed": { "a": [1, null] }, "path": n, "text": format!("n is {n} of 2"), "list": [n * 10, { "deep": n - 1 }],
            "plain": "{{ $json.n }}", "empty": "",
        })
    };
    assert_eq!(got, [expected(1), expected(2)]);
}

#[test]
fn values_are_shared_when_no_expression_depends_on_the_item() {
    let scope = Arc::new(scope(vec![order(), order(), order()]));
    let compiled = parameters(
        json!({ "a": "={{ $('Start').first().json.name }}", "b": "={{ $now }} {{ $vars.region }}", "c": 1 }),
    );
    let got = all(&compiled, &scope);
    let first = got[0].clone().unwrap();
    assert_eq!(*first, json!({ "a": "Ana", "b": "2026-11-23T10:20:24.123-03:00 eu", "c": 1 }));
    assert!(got.len() == 3 && got.iter().all(|r| Arc::ptr_eq(r.as_ref().unwrap(), &first)));
}

#[test]
fn there_is_one_value_without_items() {
    let mut bare = scope(vec![]);
    bare.inputs = vec![];
    let got = all(&parameters(json!({ "a": "={{ $json.x }}", "b": "={{ $json?.x ?? 'none' }}" })), &Arc::new(bare));
    assert_eq!(got.len(), 1);
    assert_eq!(**got[0].as_ref().unwrap(), json!({ "a": null, "b": "none" }));
}

#[test]
fn an_error_names_item_and_parameter_and_the_others_go_on() {
    let scope = Arc::new(scope(vec![item(json!({ "s": "a" })), item(json!({ "s": 1 })), item(json!({ "s": "b" }))]));
    let got = all(&parameters(json!({ "fields": [{ "value": "={{ $json.s.toUpperCase() }}" }] })), &scope);
    assert_eq!(**got[0].as_ref().unwrap(), json!({ "fields": [{ "value": "A" }] }));
    let error = got[1].clone().unwrap_err();
    assert_eq!((error.code.as_str(), error.item), ("expression_failed", Some(1)));
    assert!(
        error.message.starts_with("Parameter “fields.0.value”: The expression “$json.s.toUpperCase()” failed"),
        "{error}"
    );
    assert_eq!(**got[2].as_ref().unwrap(), json!({ "fields": [{ "value": "B" }] }));
}

#[test]
fn broken_templates_are_errors_of_the_step() {
    let scope = Arc::new(scope(vec![order()]));
    let got = all(&parameters(json!({ "a": "=x {{ $json.a" })), &scope);
    let error = got[0].clone().unwrap_err();
    assert_eq!(error.code, "expression_syntax");
    assert!(error.message.contains("character 3 is never closed"), "{error}");
    let got = all(&parameters(json!({ "a": "={{ $('Gone').item.json.x }}" })), &scope);
    assert_eq!(got[0].clone().unwrap_err().code, "expression_reference");
}

#[test]
fn what_the_node_supplies_later_stays_a_template() {
    let scope = Arc::new(scope(vec![order()]));
    let template = "={{ $response.body.next + $pageCount }}";
    let got = all(&parameters(json!({ "next": template, "url": "={{ $json.name }}" })), &scope);
    assert_eq!(**got[0].as_ref().unwrap(), json!({ "next": template, "url": "Ana" }));
    let names = json!({ "$response": { "body": { "next": 5 } }, "$pageCount": 2 });
    let compiled = Compiled::value(&json!({ "sum": template, "path": "={{ $response.body.next }}" }));
    let got = wait(compiled.resolve_one(&engine(), &scope, 0, names.as_object().unwrap()));
    assert_eq!(got, Ok(json!({ "sum": 7, "path": 5 })));
}

#[test]
fn many_items_do_not_keep_others_waiting() {
    let engine = Engine::start(EngineOptions { threads: 1, ..EngineOptions::default() });
    let many = Arc::new(scope((0..100_000).map(|n| item(json!({ "n": n }))).collect()));
    let (slow, quick) = (parameters(json!({ "a": "={{ $json.n + 1 }}" })), parameters(json!({ "a": "={{ 1 + 1 }}" })));
    let one = Arc::new(scope(vec![order()]));
    wait(async {
        let long = slow.resolve_all(&engine, &many);
        tokio::pin!(long);
        tokio::select! {
            biased;
            _ = &mut long => panic!("100,000 items before one"),
            got = async {
                tokio::task::yield_now().await;
                quick.resolve_all(&engine, &one).await
            } => assert_eq!(**got[0].as_ref().unwrap(), json!({ "a": 2 })),
        }
        let all = long.await;
        assert_eq!(all.len(), 100_000);
        assert_eq!(**all[99_999].as_ref().unwrap(), json!({ "a": 100_000 }));
    });
}
