//! What every node kind must hold to. A new kind is in here as soon as it is registered.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use flow::{Batch, KindDescription, Lineage};
use nodes::testing::{Bench, NEVER, lock, outcome, response};
use nodes::{NodeError, Outcome, Output, Registry};
use serde_json::{Value, json};

const HIDDEN: &str = "hidden-Vq9zX-value";

fn kinds() -> Vec<Arc<KindDescription>> {
    Registry::standard().descriptions().cloned().collect()
}

/// Calls `visit` with every property of a schema and its pointer.
fn properties(schema: &Value, pointer: &str, visit: &mut dyn FnMut(&str, &Value)) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let here = format!("{pointer}/{name}");
        visit(&here, field);
        properties(field, &here, visit);
        properties(&field["items"], &format!("{here}/[]"), visit);
    }
}

#[test]
fn every_parameter_is_explained_in_both_languages() {
    for kind in kinds() {
        assert_eq!(kind.parameters["type"], "object", "{}", kind.kind);
        assert!(!kind.parameters.to_string().contains("$ref"), "{}: forms resolve no references", kind.kind);
        properties(&kind.parameters, "", &mut |pointer, field| {
            let place = format!("{}{pointer}", kind.kind);
            for word in ["/title", "/description", "/x-pt/title", "/x-pt/description"] {
                let text = field.pointer(word).and_then(Value::as_str).unwrap_or("");
                assert!(!text.is_empty(), "{place} lacks {word}");
                if word.ends_with("description") {
                    assert!(text.ends_with('.'), "{place}{word} is no sentence: {text}");
                }
            }
            let options = field.get("enum").or_else(|| field.pointer("/items/enum")).and_then(Value::as_array);
            let labels = field.get("x-options").or_else(|| field.pointer("/items/x-options"));
            for option in options.into_iter().flatten() {
                let label = labels.and_then(|l| l.get(option.as_str().unwrap())).unwrap_or(&Value::Null);
                let named = |language: &str| label[language].as_str().is_some_and(|l| !l.is_empty());
                assert!(named("en") && named("pt"), "{place}: the option {option} has no labels");
            }
        });
    }
}

#[test]
fn hints_are_known_and_lead_somewhere() {
    const WIDGETS: &[&str] = &[
        "text",
        "multiline",
        "code:javascript",
        "code:json",
        "expression",
        "select",
        "switch",
        "key-values",
        "assignments",
        "conditions",
        "duration",
        "cron",
        "timezone",
        "file-path",
        "binary-property",
        "color",
        "json",
        "password",
    ];
    for kind in kinds() {
        let exists = |pointer: &str| kind.defaults.pointer(pointer).is_some();
        properties(&kind.parameters, "", &mut |pointer, field| {
            if let Some(widget) = field.get("x-widget").and_then(Value::as_str) {
                assert!(WIDGETS.contains(&widget), "{}{pointer}: unknown widget {widget}", kind.kind);
            }
            for (other, values) in field.get("x-show-when").and_then(Value::as_object).into_iter().flatten() {
                assert!(exists(other), "{}{pointer} is shown by {other}, which is no parameter", kind.kind);
                assert!(values.as_array().is_some_and(|v| !v.is_empty()), "{}{pointer}", kind.kind);
            }
        });
        for slot in &kind.credentials {
            assert!(!slot.label.en.is_empty() && !slot.label.pt.is_empty());
            for credential in &slot.kinds {
                assert!(
                    nodes::credentials::get(credential).is_some(),
                    "{}: no credential kind {credential}",
                    kind.kind
                );
            }
            assert!(slot.show_when.keys().all(|p| exists(p)), "{}: {}", kind.kind, slot.name);
        }
        for pointer in kind.subtitle.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(p, _)| p) {
            assert!(exists(pointer), "{}: the subtitle speaks of {pointer}", kind.kind);
        }
    }
}

#[test]
fn descriptions_are_complete() {
    let mut names = HashSet::new();
    for kind in kinds() {
        assert!(kind.kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", kind.kind);
        assert!(names.insert(kind.name.en.clone()), "two kinds are called {}", kind.name.en);
        assert!(
            !kind.name.pt.is_empty() && !kind.summary.en.is_empty() && !kind.summary.pt.is_empty(),
            "{}",
            kind.kind
        );
        assert!(kind.summary.en.split(' ').count() <= 5, "{}: the summary is longer than five words", kind.kind);
        assert!(!kind.icon.is_empty() && !kind.aliases.is_empty(), "{}", kind.kind);
        assert_eq!(kind.is_trigger(), kind.inputs.fixed.is_empty() && kind.inputs.rules.is_empty(), "{}", kind.kind);
        let node = Bench::new(&kind.kind).node;
        let ports = kind.output_ports(&node);
        assert!(!ports.is_empty(), "{}", kind.kind);
        let unique: HashSet<&str> = ports.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(unique.len(), ports.len(), "{}: two ports have the same name", kind.kind);
        for port in ports.iter().filter(|_| ports.len() > 1) {
            assert!(!port.label.en.is_empty() && !port.label.pt.is_empty(), "{}: {}", kind.kind, port.name);
        }
    }
}

#[test]
fn defaults_fit_their_schema() {
    for kind in kinds() {
        assert_eq!(nodes::schema::check(&kind.parameters, &kind.defaults), [], "{}", kind.kind);
        let node = Bench::new(&kind.kind).node;
        let flow = flow::Flow { nodes: vec![node], ..flow::Flow::default() };
        let found = flow::check::check(&flow, &|_| Some(kind.as_ref()));
        let misfit = found.into_iter().find(|f| f.code.starts_with("parameter_"));
        assert_eq!(misfit, None, "{}", kind.kind);
    }
}

/// Ids, ports, effects, credentials and parameter names are what saved flows refer to.
#[test]
fn what_saved_flows_refer_to_is_stable() {
    let mut all = serde_json::Map::new();
    for kind in kinds() {
        let mut parameters = Vec::new();
        properties(&kind.parameters, "", &mut |pointer, field| {
            let options = field.get("enum").or_else(|| field.pointer("/items/enum"));
            let options = options.map(|o| format!(" {o}")).unwrap_or_default();
            parameters.push(format!("{pointer}{options}"));
        });
        let names = |ports: &flow::Ports| {
            json!({
                "fixed": ports.fixed.iter().map(|p| &p.name).collect::<Vec<_>>(),
                "rules": ports.rules.iter().map(|r| serde_json::to_string(r).unwrap()).collect::<Vec<_>>(),
            })
        };
        let slots: Vec<String> =
            kind.credentials.iter().map(|s| format!("{}: {}", s.name, s.kinds.join(" "))).collect();
        let stable = json!({"version": kind.version, "group": kind.group, "effect": kind.effect, "icon": kind.icon,
            "inputs": names(&kind.inputs), "outputs": names(&kind.outputs), "credentials": slots, "parameters": parameters});
        all.insert(kind.kind.clone(), stable);
    }
    insta::assert_json_snapshot!("kinds", all);
}

/// A node as placed, with what it needs from outside to do something.
fn placed(kind: &KindDescription, items: usize) -> Bench {
    let parameters = match kind.kind.as_str() {
        "http_request" => json!({"url": "http://127.0.0.1/"}),
        "read_file" => json!({"path": "/in/*"}),
        "write_file" => json!({"path": "/out/a", "action": "text", "existing": "append"}),
        "split_out" => json!({"field": "list"}),
        "kubernetes_job" => json!({"image": "example/tool:1"}),
        _ => json!({}),
    };
    let bench = Bench::new(&kind.kind).parameters(parameters);
    lock(&bench.world.files).insert("/in/a".into(), "x".into());
    if kind.is_trigger() {
        return bench;
    }
    let list = json!((0..items).map(|i| json!({"i": i, "list": [1, 2]})).collect::<Vec<_>>());
    let count = kind.input_ports(&bench.node).len();
    bench.inputs((0..count).map(|_| Some(list.clone())))
}

/// Every output item says where it came from, and that place exists.
fn check_lineage(kind: &KindDescription, inputs: &[Option<Batch>], output: &Output) {
    for (port, batch) in &output.ports {
        match &batch.lineage {
            Lineage::Same => assert!(inputs.first().is_some_and(|i| i.as_ref().map_or(0, Batch::len) == batch.len())),
            Lineage::Each(origins) => assert_eq!(origins.len(), batch.len(), "{} {port}", kind.kind),
            Lineage::Many(origins) => assert_eq!(origins.len(), batch.len(), "{} {port}", kind.kind),
        }
        for i in 0..batch.len() {
            let origins = batch.origins(i);
            assert_eq!(
                origins.is_empty(),
                kind.is_trigger() || inputs.iter().flatten().all(Batch::is_empty),
                "{} {port}",
                kind.kind
            );
            for origin in origins {
                let input = inputs.get(usize::from(origin.input)).and_then(Option::as_ref);
                assert!(input.is_some_and(|b| (origin.item as usize) < b.len()), "{} {port} {origin:?}", kind.kind);
            }
        }
    }
}

/// Kinds that do nothing sensible as placed with these items, and what they then say.
fn refusal(kind: &str, items: usize) -> Option<&'static str> {
    match kind {
        "stop_with_error" if items > 0 => Some("stopped"),
        "pdf_sign" if items > 0 => Some("credential_missing"),
        kind if kind.starts_with("pdf_") && items > 0 => Some("file_missing"),
        _ => None,
    }
}

#[tokio::test]
async fn runs_as_placed_with_no_one_and_many_items() {
    for kind in kinds() {
        for items in [0, 1, 50] {
            let bench = placed(&kind, items);
            let inputs = bench.inputs.clone();
            let ports: Vec<String> = kind.output_ports(&bench.node).into_iter().map(|p| p.name).collect();
            let result = bench.run().await;
            if let Some(code) = refusal(&kind.kind, items) {
                let error = result.unwrap_err();
                assert_eq!(error.code, code, "{} with {items} items", kind.kind);
                assert!(error.message.ends_with('.'), "{error}");
                continue;
            }
            let output = match result.unwrap_or_else(|e| panic!("{} with {items} items: {e}", kind.kind)) {
                Outcome::Done(output) => output,
                Outcome::Wait(wait) => wait.then,
            };
            for (port, _) in &output.ports {
                assert!(ports.contains(port), "{} sends to {port}, which it does not have", kind.kind);
            }
            check_lineage(&kind, &inputs, &output);
        }
    }
}

/// Kinds whose work is one for all items: they have no failures of single items.
const WHOLE: &[&str] =
    &["aggregate", "merge", "respond", "wait", "no_operation", "code", "kubernetes_job", "pdf_merge"];

#[tokio::test]
async fn an_item_that_fails_does_not_stop_the_others() {
    for kind in kinds().iter().filter(|k| !k.is_trigger() && !WHOLE.contains(&k.kind.as_str())) {
        let bench = failing_second(placed(kind, 0)).keep_going();
        let bench = if kind.kind == "pdf_sign" {
            bench.secret("certificate", "pkcs12", json!({"file": "AAAA", "password": HIDDEN}))
        } else {
            bench
        };
        // Its only choice is whether there is a password, which then comes from a credential.
        let bench = if kind.kind == "pdf_info" {
            bench.secret("password", "password", json!({"password": HIDDEN}))
        } else {
            bench
        };
        let result = bench.run().await;
        if kind.kind == "pdf_sign" {
            // Its certificate is for all items; with real ones: the kind's own tests.
            assert_eq!(result.unwrap_err().code, "pdf_not_a_certificate_file");
            continue;
        }
        let output = outcome(result);
        let failed: Vec<u32> = output.failed.iter().map(|f| f.item).collect();
        assert!(failed.contains(&1), "{}: {failed:?}", kind.kind);
        for failure in &output.failed {
            assert_eq!(failure.error.item, Some(failure.item), "{}", kind.kind);
        }
        let all_fail = kind.kind == "stop_with_error" || kind.kind.starts_with("pdf_");
        assert_eq!(failed.len(), if all_fail { 3 } else { 1 }, "{}", kind.kind);
        let sent = output.ports.iter().flat_map(|(_, batch)| (0..batch.len()).flat_map(|i| batch.origins(i)));
        assert!(sent.into_iter().all(|origin| origin.item != 1), "{}: the failed item went on too", kind.kind);
    }
}

/// Three items of which the second gives some parameter a value that does not fit.
fn failing_second(bench: Bench) -> Bench {
    let description = Registry::standard().get(&bench.node.kind).unwrap().description.clone();
    let fields = description.parameters["properties"].as_object().unwrap();
    let spoiled = fields.iter().find_map(|(name, field)| match field["type"].as_str() {
        Some("object") => Some((name, json!(5))),
        Some("boolean" | "integer") => Some((name, json!({"not": 1}))),
        _ if field.get("enum").is_some() => Some((name, json!({"not": 1}))),
        _ => None,
    });
    // A kind with nothing but texts takes everything.
    let Some((name, bad)) = spoiled else { return bench.items(json!([{}, {}, {}])) };
    let good = bench.node.parameters[name].clone();
    let item = |i: u32| json!({"i": i, "list": [1], "value": if i == 1 { &bad } else { &good }});
    bench.items((0..3).map(item).collect()).parameters(json!({ name: "={{ $json.value }}" }))
}

#[tokio::test]
async fn a_cancelled_run_ends_at_once() {
    let slow = ["http_request", "code", "kubernetes_job"];
    for kind in kinds() {
        let bench = placed(&kind, 20_000).http(|_| Err(NodeError::new(NEVER, "")));
        let bench = bench.container(|_| Err(NodeError::new(NEVER, "")));
        let bench = if kind.kind == "code" { bench.parameters(json!({"source": "loop"})) } else { bench };
        let cancelled = bench.cancelled.clone();
        cancelled.cancel();
        // What never answers must give way to the cancelling; the limit only keeps a broken build from hanging.
        let result = tokio::time::timeout(Duration::from_secs(60), bench.run()).await;
        let result = result.unwrap_or_else(|_| panic!("{} goes on although it was cancelled", kind.kind));
        if slow.contains(&kind.kind.as_str()) {
            assert_eq!(result.unwrap_err().code, "cancelled", "{}", kind.kind);
        }
    }
}

#[tokio::test]
async fn what_would_fill_the_memory_is_refused() {
    let check = async |bench: Bench| {
        let kind = bench.node.kind.clone();
        assert_eq!(bench.run().await.unwrap_err().code, "too_many_items", "{kind}");
    };
    let many = |n: usize| json!((0..n).map(|i| json!({"i": i})).collect::<Vec<_>>());
    let all = json!({"mode": "all_combinations"});
    check(Bench::new("merge").parameters(all).inputs([Some(many(1_000)), Some(many(1_000))])).await;
    let same = json!({"mode": "by_fields", "fields": [{"left": "k"}]});
    let equal = json!((0..1_000).map(|_| json!({"k": 1})).collect::<Vec<_>>());
    check(Bench::new("merge").parameters(same).inputs([Some(equal.clone()), Some(equal)])).await;
    let long = json!([{"l": vec![0; 300_000]}, {"l": vec![0; 300_000]}]);
    check(Bench::new("split_out").parameters(json!({"field": "l"})).items(long)).await;
    let endless = json!({"url": "http://127.0.0.1/", "pagination": {"mode": "parameter", "max_pages": 10_000}});
    let page = format!("[{}]", vec!["1"; 100_000].join(","));
    check(
        Bench::new("http_request")
            .parameters(endless)
            .items(json!([{}]))
            .http(move |_| Ok(response(200, "application/json", &page))),
    )
    .await;
}

/// A hidden text in every slot of every kind: neither output nor error nor what is logged shows it.
#[tokio::test]
async fn secrets_are_never_seen() {
    let fields = json!({"user": HIDDEN, "password": HIDDEN, "token": HIDDEN, "name": "x-name", "value": HIDDEN,
        "secret": HIDDEN, "certificate": HIDDEN, "key": HIDDEN, "file": HIDDEN, "ca": ""});
    for kind in kinds().iter().filter(|k| !k.credentials.is_empty()) {
        for slot in &kind.credentials {
            for status in [200, 401, 500] {
                let mut parameters = serde_json::Map::new();
                for (pointer, values) in &slot.show_when {
                    parameters.insert(pointer.trim_start_matches('/').to_owned(), values[0].clone());
                }
                let bench = placed(kind, 1).parameters(Value::Object(parameters));
                let bench = bench.secret(&slot.name, &slot.kinds[0], fields.clone()).http(move |request| {
                    let echoed =
                        if status == 200 { String::new() } else { format!("{} {:?}", request.url, request.headers) };
                    Ok(response(status, "text/plain", &echoed))
                });
                let shown = format!("{:?}", bench.world.secrets);
                let (result, world) = bench.run_in().await;
                let shown = format!("{shown} {result:?} {:?}", lock(&world.log));
                assert!(!shown.contains(HIDDEN), "{} {} {status}: {shown}", kind.kind, slot.name);
            }
        }
    }
}
