//! Runs that wait hold nothing, and wake in time, also after a restart.

use std::time::{Duration, Instant};

use flow::{RunStatus, StepStatus};
use serde_json::json;

use crate::world::{World, fields, flow, probe, set, start, trigger};

async fn parked(world: &World, run: &str) {
    for _ in 0..500 {
        if world.engine.active() == 0 && world.store.run(run).await.unwrap().status == RunStatus::Waiting {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not parked: {:?}", world.store.run(run).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_parks_the_run() {
    let world = World::new().await;
    let drawn = flow(
        "t>w w>a",
        json!({"t": trigger(), "w": probe(json!({"wait_ms": 700})), "a": set("after", "={{ $('t').item.json.n }}")}),
    );
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    parked(&world, &run).await;
    let row = world.store.run(&run).await.unwrap();
    assert!(row.wake_at.is_some() && row.owner.is_none());
    let step = &world.store.steps(&run).await.unwrap()[1];
    assert_eq!((step.status, step.waiting.as_deref()), (StepStatus::Waiting, Some("a while")));
    assert_eq!(world.over(&run).await.status, RunStatus::Succeeded);
    assert_eq!(world.calls.of("w"), 1, "the node is not started again when it wakes");
    let items = world.engine.step_items(&run, 3, server::engine::Side::Output, "out", 0, 1).await.unwrap();
    assert_eq!(items.items[0].json["after"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_waits_with_the_run() {
    let world = World::new().await;
    let drawn = flow(
        "t>w w>a",
        json!({"t": trigger(), "w": {"kind": "wait", "parameters": {"amount": 0.5}}, "a": set("x", "1")}),
    );
    let ended = world.run(&drawn, json!([{"n": 1}])).await;
    assert_eq!((ended.status, fields(&ended)), (RunStatus::Succeeded, json!([{"n": 1, "x": "1"}])));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_branch_goes_on_meanwhile() {
    let world = World::new().await;
    let drawn = flow(
        "t>w w>m:in1 t>a a>m:in2",
        json!({"t": trigger(), "w": probe(json!({"wait_ms": 400})), "a": probe(json!({"sleep_ms": 800})), "m": {"kind": "merge"}}),
    );
    let ended = world.run(&drawn, json!([{"n": 1}])).await;
    assert_eq!(fields(&ended), json!([{"n": 1}, {"n": 1}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_outlives_the_server() {
    let world = World::new().await;
    let drawn = flow("t>w w>a", json!({"t": trigger(), "w": probe(json!({"wait_ms": 1_500})), "a": set("x", "1")}));
    let runs = [
        world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap(),
        world.engine.submit(start(&drawn, json!([{"n": 2}]))).await.unwrap(),
    ];
    for run in &runs {
        parked(&world, run).await;
    }
    let world = world.restart(Duration::from_secs(10)).await;
    for run in &runs {
        assert_eq!(world.over(run).await.status, RunStatus::Succeeded);
    }
    assert_eq!(world.calls.of("w"), 0);
}

/// The promise is one second; the machine that tests may be busy, so only what is far outside of it fails here.
#[tokio::test(flavor = "multi_thread")]
async fn many_waits_wake_together() {
    let world = World::new().await;
    let drawn = flow("t>w w>a", json!({"t": trigger(), "w": probe(json!({"wait_ms": 1_000})), "a": set("x", "1")}));
    let mut runs = Vec::new();
    for n in 0..250 {
        runs.push(world.engine.submit(start(&drawn, json!([{"n": n}]))).await.unwrap());
    }
    let begun = Instant::now();
    for run in &runs {
        assert_eq!(world.over(run).await.status, RunStatus::Succeeded);
    }
    assert!(begun.elapsed() < Duration::from_secs(30));
}
