//! The Code node's processes: this test program serves as the runner.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use nodes::world::{CodeRequest, CodeResult};

use super::super::pool::{RunnerOptions, RunnerPool};
use super::super::runner;
use super::*;

/// Not a test: what the pool starts.
#[test]
fn child() {
    if std::env::var_os(runner::MARK).is_some() {
        let _ = runner::main();
        std::process::exit(0);
    }
}

fn options() -> RunnerOptions {
    RunnerOptions {
        program: std::env::current_exe().unwrap(),
        arguments: ["script::tests::code::child", "--exact", "--nocapture", "--test-threads=1"]
            .map(str::to_owned)
            .to_vec(),
        ..RunnerOptions::default()
    }
}

fn request(source: &str) -> CodeRequest {
    CodeRequest {
        source: source.into(),
        each_item: false,
        timeout: Duration::from_secs(20),
        memory: 64 << 20,
        keep_going: false,
    }
}

fn run_in(pool: &RunnerPool, scope: &Scope, request: CodeRequest) -> Result<CodeResult, NodeError> {
    wait_on(pool.run(scope, &Map::new(), request, &|_| {}))
}

fn wait_on<F: Future>(future: F) -> F::Output {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
}

fn pool() -> RunnerPool {
    wait_on(async { RunnerPool::start(options()) })
}

fn two() -> Scope {
    scope(vec![order(), item(json!({ "name": "Bo", "price": 5 }))])
}

fn simple(result: Result<CodeResult, NodeError>) -> Value {
    match result {
        Ok(r) => r.items.into_iter().map(|(item, from)| json!([item.json, from])).collect(),
        Err(e) => json!(format!("{}: {}", e.code, e.message)),
    }
}

#[test]
fn all_items_at_once() {
    let (pool, scope) = (pool(), two());
    let check = |source: &str, expected: Value| {
        assert_eq!(simple(run_in(&pool, &scope, request(source))), expected, "for {source}")
    };
    check("return [{ json: { sum: items.map(i => i.json.price).sum() } }];", json!([[{ "sum": 24.5 }, null]]));
    check("return { a: 1 }", json!([[{ "a": 1 }, null]]));
    check("return [{ a: 1 }, { b: 2 }, { c: 3 }]", json!([[{ "a": 1 }, null], [{ "b": 2 }, null], [{ "c": 3 }, null]]));
    check("return []", json!([]));
    check("return $input.all().map(i => ({ n: i.json.name }))", json!([[{ "n": "Ana" }, [0]], [{ "n": "Bo" }, [1]]]));
    check("items[1].json.extra = true; return [items[1]]", json!([[{ "name": "Bo", "price": 5, "extra": true }, [1]]]));
    check(
        "return [{ json: { a: 1 }, pairedItem: 1 }, { json: { b: 1 }, pairedItem: [{ item: 0 }, { item: 1 }] }, { c: 1 }]",
        json!([[{ "a": 1 }, [1]], [{ "b": 1 }, [0, 1]], [{ "c": 1 }, null]]),
    );
    check(
        "const wait = (ms) => new Promise(r => setTimeout(r, ms)); await wait(5); return { done: await Promise.resolve(7) }",
        json!([[{ "done": 7 }, null]]),
    );
    check(
        "return [{ first: $input.first().json.name, last: $input.last().json.name, start: $('Start').first().json.name, all: $('Start').all().length, mine: $('Start').itemMatching(1).json.name }]",
        json!([[{ "first": "Ana", "last": "Bo", "start": "Ana", "all": 2, "mine": "Bo" }, null]]),
    );
    check(
        "return { at: $now.toISO(), run: $execution.id, v: $vars.region, t: $today }",
        json!([[{ "at": "2026-11-23T10:20:24.123-03:00", "run": "r1", "v": "eu", "t": "2026-11-23T00:00:00.000-03:00" }, null]]),
    );
    check("for (const item of $input.all()) { item.json.x = 1 }\nreturn $input.all();", {
        let mut first = order().json;
        first.insert("x".into(), json!(1));
        json!([[first, [0]], [{ "name": "Bo", "price": 5, "x": 1 }, [1]]])
    });
    check("sum = 0; for (i of items) sum += i.json.price; return { sum }", json!([[{ "sum": 24.5 }, null]]));
}

#[test]
fn each_item_alone() {
    let (pool, scope) = (pool(), two());
    let each = |source: &str, keep_going: bool| {
        run_in(&pool, &scope, CodeRequest { each_item: true, keep_going, ..request(source) })
    };
    assert_eq!(
        simple(each("return { json: { n: $json.name, i: $itemIndex, same: item === $input.item } }", false)),
        json!([[{ "n": "Ana", "i": 0, "same": true }, [0]], [{ "n": "Bo", "i": 1, "same": true }, [1]]])
    );
    assert_eq!(
        simple(each("if ($itemIndex === 0) return []; return { start: $('Start').item.json.name }", false)),
        json!([[{ "start": "Bo" }, [1]]])
    );
    let error = each("if ($itemIndex === 1)\n  throw new Error('no price')\nreturn {}", false).unwrap_err();
    assert_eq!((error.code.as_str(), error.item, error.details.get("line")), ("code_failed", Some(1), Some(&json!(2))));
    let kept = each("if ($itemIndex === 0) throw new Error('no price'); return { ok: 1 }", true).unwrap();
    assert_eq!((kept.items.len(), kept.failed.len(), kept.failed[0].0), (1, 1, 0));
    assert!(kept.failed[0].1.message.contains("no price"));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let (pool, scope) = (pool(), two());
    let check = |source: &str, expected: &str| {
        let got = simple(run_in(&pool, &scope, request(source)));
        assert!(got.as_str().is_some_and(|text| text.contains(expected)), "for {source}: {got}");
    };
    check("const a = 1;\nlet b = a.x.y;\nreturn []", "code_failed: The code failed at line 2, character");
    check("const a = 1;\n\nreturn [", "code_failed: The code failed at line");
    check("throw new TypeError('odd')", "TypeError: odd");
    check("throw 'text'", "text");
    check("await Promise.reject(new RangeError('late'))", "RangeError: late");
    check("", "code_result: The code returned nothing.");
    check("return [1]", "Item 0 that the code returned is a number");
    check("return [{ json: [] }]", "“json” that is not an object");
    check("return 'x'", "is a string");
    check("return [{ json: {}, pairedItem: 7 }]", "only 2 items came in");
    check("await new Promise(() => {})", "waits for something that never happens");
    check("require('fs')", "has no modules");
    check("return [{ json: {}, binary: { f: { id: 'other' } } }]", "did not come in");
    check("$('Never').first()", "expression_reference: The node “Never” has not run");
}

#[test]
fn files_that_came_in_can_be_passed_on() {
    let (pool, scope) = (pool(), two());
    let got = run_in(
        &pool,
        &scope,
        request("return [{ json: { name: items[0].binary.data.fileName }, binary: { copy: items[0].binary.data } }]"),
    )
    .unwrap();
    assert_eq!(got.items[0].0.binary.get("copy"), Some(&blob("b1")));
    assert_eq!(got.items[0].0.json, *json!({ "name": "b1.pdf" }).as_object().unwrap());
}

#[test]
fn lines_reach_the_log() {
    let (pool, scope) = (pool(), two());
    let lines = Mutex::new(Vec::new());
    let result = wait_on(pool.run(
        &scope,
        &Map::new(),
        request("console.log('a', 1, { b: [2] }, null); console.error(new Error('x')); return []"),
        &|line| lines.lock().unwrap().push(line),
    ));
    let expected = [r#"a 1 {"b":[2]} null"#, "Error: x"];
    assert_eq!(result.unwrap().lines, expected);
    assert_eq!(*lines.lock().unwrap(), expected);
}

#[test]
fn what_does_not_end_is_killed_and_the_next_call_works() {
    let (pool, scope) = (pool(), two());
    for source in
        ["for (;;) {}", "return [{ a: new Array(2e9).indexOf(1) }]", "await new Promise(r => setTimeout(r, 1e9))"]
    {
        let error =
            run_in(&pool, &scope, CodeRequest { timeout: Duration::from_millis(300), ..request(source) }).unwrap_err();
        assert_eq!(error.code, "code_timeout", "{source}: {error}");
    }
    for source in ["const a = []; for (;;) a.push(new Array(1000).fill(1))", "return [{ a: 'x'.repeat(2 ** 29) }]"] {
        let error = run_in(&pool, &scope, CodeRequest { memory: 32 << 20, ..request(source) }).unwrap_err();
        assert!(["code_memory", "code_failed"].contains(&error.code.as_str()), "{source}: {error}");
    }
    assert_eq!(simple(run_in(&pool, &scope, request("return { a: 1 }"))), json!([[{ "a": 1 }, null]]));
}

#[test]
fn nothing_stays_from_one_call_to_the_next() {
    let (pool, scope) = (pool(), two());
    run_in(
        &pool,
        &scope,
        request("globalThis.left = 1; Array.prototype.left = 2; Object.prototype.left = 3; return []"),
    )
    .unwrap();
    let got = run_in(&pool, &scope, request("return { a: typeof left, b: typeof [].left, c: typeof ({}).left }"));
    assert_eq!(simple(got), json!([[{ "a": "undefined", "b": "undefined", "c": "undefined" }, null]]));
}

#[test]
fn the_process_has_nothing_but_the_code() {
    let (pool, scope) = (pool(), two());
    let got = run_in(
        &pool,
        &scope,
        request(
            "return { names: ['process', 'fetch', 'std', 'os', 'WebSocket', 'XMLHttpRequest', 'Deno', '__log'].filter(n => n in globalThis) }",
        ),
    );
    assert_eq!(simple(got), json!([[{ "names": [] }, null]]));
}

#[test]
fn a_program_that_cannot_start_is_an_error() {
    let pool = wait_on(async {
        RunnerPool::start(RunnerOptions { program: PathBuf::from("/nowhere/fluxo"), ready: 0, ..options() })
    });
    let error = run_in(&pool, &two(), request("return []")).unwrap_err();
    assert!(error.code == "code_failed" && error.message.contains("could not be started"), "{error}");
}
