//! Failing, retrying, going on, limits, cancelling.

use std::time::Duration;

use flow::{RunStatus, StepStatus};
use serde_json::{Value, json};
use server::engine::EngineError;

use crate::world::{World, fields, flow, probe, set, start, trigger, until};

async fn check(world: &World, node: Value, status: RunStatus, code: Option<&str>) {
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": node, "b": set("after", "b")}));
    let (run, ended) = world.run_id(start(&drawn, json!([{"n": 1}]))).await;
    assert_eq!(ended.status, status);
    assert_eq!(ended.error.as_ref().map(|e| e.code.as_str()), code);
    let row = world.store.run(&run).await.unwrap();
    assert_eq!((row.status, &row.error), (status, &ended.error));
    if let Some(error) = ended.error {
        assert!(
            error.message.contains(". ") || error.code == "probe_failed",
            "what happened. what to do: {}",
            error.message
        );
        assert_eq!(error.node.as_deref().unwrap_or("a"), "a");
        // A run's size is known when it is written: pure steps before that may have run.
        let late = error.code == "run_too_large";
        assert!(late || !world.nodes_of(&run).await.contains(&"b".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_fails_the_run() {
    let world = World::new().await;
    check(&world, probe(json!({"fail": 99})), RunStatus::Failed, Some("probe_failed")).await;
    check(&world, probe(json!({"panic": true})), RunStatus::Failed, Some("node_panicked")).await;
    check(
        &world,
        json!({"kind": "pure_probe", "parameters": {"panic": true}}),
        RunStatus::Failed,
        Some("node_panicked"),
    )
    .await;
    check(&world, json!({"kind": "teleport"}), RunStatus::Failed, Some("kind_missing")).await;
    check(&world, set("x", "={{ JSON.parse('{') }}"), RunStatus::Failed, Some("expression_failed")).await;
    let mut slow = probe(json!({"sleep_ms": 60_000}));
    slow["settings"] = json!({"timeout_s": 1});
    check(&world, slow, RunStatus::Failed, Some("step_timeout")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_until_it_works() {
    let world = World::new().await;
    let retry = |fail: u32, tries: u32, only_if: &str| {
        let mut node = probe(json!({"fail": fail}));
        node["settings"] = json!({"retry": {"tries": tries, "wait_ms": 1, "only_if": only_if}});
        node
    };
    let drawn = |node: Value| flow("t>a", json!({"t": trigger(), "a": node}));
    let (run, ended) = world.run_id(start(&drawn(retry(2, 3, "")), json!([{}]))).await;
    assert_eq!((ended.status, world.calls.of("a")), (RunStatus::Succeeded, 3));
    assert_eq!(world.store.steps(&run).await.unwrap()[1].attempt, 3);
    for (node, status, calls) in [
        (retry(9, 2, ""), RunStatus::Failed, 2),
        (retry(9, 5, "$error.details.start < 3"), RunStatus::Failed, 3),
        (retry(9, 5, "{{ $error.code == 'other' }}"), RunStatus::Failed, 1),
    ] {
        let world = World::new().await;
        assert_eq!((world.run(&drawn(node), json!([{}])).await.status, world.calls.of("a")), (status, calls));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_after_an_error() {
    let world = World::new().await;
    let with = |on_error: &str| {
        let mut node = probe(json!({"fail": 99}));
        node["settings"] = json!({"on_error": on_error});
        flow("t>a a>b a:error>c", json!({"t": trigger(), "a": node, "b": set("by", "out"), "c": set("by", "error")}))
    };
    let ended = world.run(&with("continue"), json!([{"n": 1}])).await;
    assert_eq!((ended.status, fields(&ended)), (RunStatus::Succeeded, json!([{"n": 1, "by": "out"}])));
    let (run, ended) = world.run_id(start(&with("error_port"), json!([{"n": 1}]))).await;
    let item = &fields(&ended)[0];
    assert_eq!((&item["by"], &item["error"]["code"]), (&json!("error"), &json!("probe_failed")));
    let step = &world.store.steps(&run).await.unwrap()[1];
    assert_eq!(
        (step.status, step.error.as_ref().map(|e| e.code.as_str())),
        (StepStatus::Succeeded, Some("probe_failed"))
    );

    // Item by item: what works goes on, what fails leaves by the error port, and both know where they came from.
    let mut node = set("x", "={{ JSON.parse('{') }}");
    node["settings"] = json!({"on_error": "error_port"});
    let drawn = flow(
        "t>a a>m:in1 a:error>m:in2 m>z",
        json!({"t": trigger(), "a": node, "m": {"kind": "merge"}, "z": set("id", "={{ $('t').item.json.n.id }}")}),
    );
    let ended = world.run(&drawn, json!([{"n": {"id": 1}}, {"n": {"id": 2}}])).await;
    let list = fields(&ended);
    assert_eq!((&list[0]["id"], &list[1]["id"]), (&json!(1), &json!(2)), "{list}");
    assert!(list[0]["error"]["message"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_end_a_run_with_a_reason() {
    let world = World::with(|o| {
        o.max_items = 100;
        o.max_run_bytes = 20_000;
        o.max_steps = 10;
        o.run_timeout = Duration::from_secs(2);
    })
    .await;
    check(&world, probe(json!({"many": 101})), RunStatus::Failed, Some("too_many_items")).await;
    check(&world, probe(json!({"many": 100})), RunStatus::Succeeded, None).await;
    check(&world, set("x", &"y".repeat(30_000)), RunStatus::Failed, Some("run_too_large")).await;
    check(&world, probe(json!({"sleep_ms": 60_000})), RunStatus::Failed, Some("run_timeout")).await;
    let mut nodes = json!({"t": trigger()});
    let mut edges = String::new();
    for i in 0..12 {
        nodes[format!("n{i}")] = json!({"kind": "no_operation"});
        edges += &format!(" t>n{i}");
    }
    let ended = world.run(&flow(&edges, nodes), json!([{}])).await;
    assert_eq!(ended.error.map(|e| e.code).as_deref(), Some("too_many_steps"));
    let ended = world
        .run(&flow("t>a a>b b>a", json!({"t": trigger(), "a": set("x", "1"), "b": set("y", "1")})), json!([{}]))
        .await;
    assert_eq!(ended.error.map(|e| e.code).as_deref(), Some("cycle"));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_queue_and_are_refused_beyond() {
    let world = World::with(|o| (o.max_runs, o.max_queued) = (1, 2)).await;
    let drawn = flow("t>a", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 300}))}));
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(world.engine.submit(start(&drawn, json!([{}]))).await.unwrap());
        // Its turn to work or wait is taken in a task of its own.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(world.store.run(&runs[2]).await.unwrap().status, RunStatus::Queued);
    assert_eq!(world.engine.submit(start(&drawn, json!([{}]))).await, Err(EngineError::Busy(2)));
    for run in &runs {
        assert_eq!(world.over(run).await.status, RunStatus::Succeeded);
    }
    assert_eq!(world.calls.side_by_side.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling() {
    let world = World::with(|o| o.max_runs = 1).await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 60_000})), "b": set("x", "1")}));
    let working = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    while world.calls.of("a") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let queued = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    for run in [&queued, &working] {
        world.engine.cancel(run, "Ada").await.unwrap();
        let row = world.over(run).await;
        assert_eq!(row.status, RunStatus::Cancelled);
        assert!(row.error.unwrap().message.starts_with("Ada cancelled the run."));
    }
    let steps = world.store.steps(&working).await.unwrap();
    assert_eq!((steps.len(), steps[1].status), (2, StepStatus::Cancelled));
    assert_eq!(world.calls.of("a"), 1);
    assert_eq!(world.engine.cancel(&working, "Ada").await, Err(EngineError::Ended));
    assert_eq!(world.engine.cancel("nobody", "Ada").await, Err(EngineError::NotFound));

    // A parked run is cancelled in the database.
    let drawn = flow("t>a", json!({"t": trigger(), "a": probe(json!({"wait_ms": 3_600_000}))}));
    let parked = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    while world.store.run(&parked).await.unwrap().status != RunStatus::Waiting {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until(async || world.engine.active() == 0).await;
    world.engine.cancel(&parked, "Ada").await.unwrap();
    assert_eq!(world.over(&parked).await.status, RunStatus::Cancelled);
    assert_eq!(world.store.steps(&parked).await.unwrap()[1].status, StepStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn retrying_goes_on_from_the_failed_step() {
    let world = World::new().await;
    let drawn = flow(
        "t>a a>b b>c",
        json!({"t": trigger(), "a": probe(json!({})), "b": probe(json!({"fail": 1})), "c": set("from", "={{ $('t').item.json.n }}")}),
    );
    let (run, ended) = world.run_id(start(&drawn, json!([{"n": 7}]))).await;
    assert_eq!(ended.status, RunStatus::Failed);
    let again = world.engine.retry(&run, None).await.unwrap();
    let row = world.over(&again).await;
    assert_eq!((row.status, row.retry_of.as_deref()), (RunStatus::Succeeded, Some(run.as_str())));
    assert_eq!((world.calls.of("a"), world.calls.of("b")), (1, 2));
    assert_eq!(world.nodes_of(&again).await, ["t", "a", "b", "c"]);
    let items = world.engine.step_items(&again, 4, server::engine::Side::Output, "out", 0, 1).await.unwrap();
    assert_eq!(items.items[0].json["from"], json!(7));
    assert_eq!(world.engine.retry(&again, None).await, Err(EngineError::NotRetryable));

    // With a newer drawing: what is gone is done again.
    let mut fails = drawn.clone();
    fails.nodes[2].parameters["fail"] = json!(99);
    let (run, _) = world.run_id(start(&fails, json!([{"n": 8}]))).await;
    let newer =
        flow("t>x x>c", json!({"t": trigger(), "x": probe(json!({})), "c": set("from", "={{ $('x').item.json.n }}")}));
    let again = world.engine.retry(&run, Some((std::sync::Arc::new(newer), None))).await.unwrap();
    assert_eq!(world.over(&again).await.status, RunStatus::Succeeded);
    assert_eq!(world.calls.of("x"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_from_the_editor_uses_pinned_output() {
    let world = World::new().await;
    let mut pinned = probe(json!({}));
    pinned["pinned"] = json!({"out": [{"json": {"pinned": true}}]});
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({"fail": 1})), "b": pinned}));
    let by_hand = server::engine::Start { trigger: flow::TriggerKind::Manual, ..start(&drawn, json!([{}])) };
    let (run, ended) = world.run_id(by_hand).await;
    assert_eq!(ended.status, RunStatus::Failed);
    let again = world.engine.retry(&run, None).await.unwrap();
    assert_eq!(world.over(&again).await.status, RunStatus::Succeeded);
    assert_eq!(world.calls.of("b"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_stay_as_long_as_a_run_names_them() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({})), "b": probe(json!({"fail": 1}))}));
    let file = |run: Option<String>| server::store::BlobRow {
        id: server::engine::new_id(),
        run_id: run,
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 1,
        created_at: 1,
    };
    let with = |id: &str| {
        let mut start = start(&drawn, json!([{"n": 1}]));
        let blob = flow::BlobRef { id: id.to_owned(), ..Default::default() };
        start.items.as_mut().unwrap()[0].binary.insert("data".to_owned(), blob);
        start
    };
    let (uploaded, unused) = (file(None), file(None));
    world.store.insert_blob(uploaded.clone()).await.unwrap();
    world.store.insert_blob(unused.clone()).await.unwrap();
    let (run, ended) = world.run_id(with(&uploaded.id)).await;
    assert_eq!(ended.status, RunStatus::Failed);
    let again = world.engine.retry(&run, None).await.unwrap();
    assert_eq!(world.over(&again).await.status, RunStatus::Succeeded);
    let later = jiff::Timestamp::now().as_millisecond() + 60_000;
    assert_eq!(world.store.delete_orphan_blobs(later, 10).await.unwrap(), [unused.id]);
    world.store.delete_runs(&[run]).await.unwrap();
    assert!(world.store.delete_orphan_blobs(later, 10).await.unwrap().is_empty(), "the retry names it");
    world.store.delete_runs(&[again]).await.unwrap();
    assert_eq!(world.store.delete_orphan_blobs(later, 10).await.unwrap(), [uploaded.id]);
}
