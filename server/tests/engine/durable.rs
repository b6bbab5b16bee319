//! What is durable when, and what a second request or start finds.

use std::time::Duration;

use flow::RunStatus;
use serde_json::json;
use server::engine::Start;

use crate::world::{World, flow, probe, set, start, trigger};

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_run_is_durable_at_once() {
    let world = World::with(|o| o.max_runs = 1).await;
    let drawn = flow("t>a", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 200}))}));
    for _ in 0..3 {
        let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
        let row = world.store.run(&run).await.unwrap();
        assert!(matches!(row.status, RunStatus::Queued | RunStatus::Running));
        assert!(world.store.step_data(&run, 1).await.unwrap().unwrap().contains("\"n\":1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_act_outside_cost_a_commit_each() {
    let world = World::new().await;
    let drawn =
        flow("t>a a>b b>c", json!({"t": trigger(), "a": probe(json!({})), "b": set("x", "1"), "c": probe(json!({}))}));
    let before = world.store.metrics().submissions;
    world.run(&drawn, json!([{}])).await;
    // The run and a's start; a's and b's results and c's start (a's result may be written before); c's result and the end.
    let commits = world.store.metrics().submissions - before;
    assert!((3..=4).contains(&commits), "{commits}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_before_the_rest_of_the_run() {
    let world = World::new().await;
    let drawn =
        flow("t>r r>a", json!({"t": trigger(), "r": {"kind": "respond"}, "a": probe(json!({"sleep_ms": 400}))}));
    let (run, ended) = world.run_id(start(&drawn, json!([{"n": 1}]))).await;
    assert!(ended.answer.is_some() && !ended.status.is_final());
    let row = world.store.run(&run).await.unwrap();
    assert!(row.answer.is_some(), "the answer is durable when the caller has it");
    assert_eq!(world.over(&run).await.status, RunStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_the_same_run() {
    let world = World::new().await;
    let drawn =
        flow("t>a a>r", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 100})), "r": {"kind": "respond"}}));
    let keyed = |key: &str| Start { idempotency: Some(key.to_owned()), ..start(&drawn, json!([{"n": 1}])) };
    let together = futures_util::future::join_all((0..8).map(|_| world.run_id(keyed("one")))).await;
    let (run, first) = &together[0];
    for (other, ended) in &together {
        assert_eq!((other, &ended.answer), (run, &first.answer));
    }
    assert_eq!(world.calls.of("a"), 1);
    assert_eq!(world.run_id(keyed("one")).await.0, *run);
    assert_eq!(world.engine.submit(keyed("one")).await.unwrap(), *run);
    assert_ne!(world.run_id(keyed("two")).await.0, *run);
    assert_eq!(world.calls.of("a"), 2);
    // Of two pure runs one is written; both callers hear of that one.
    let pure = flow("t>a", json!({"t": trigger(), "a": set("x", "={{ Math.random() }}")}));
    let keyed = || Start { idempotency: Some("pure".to_owned()), ..start(&pure, json!([{}])) };
    let together = futures_util::future::join_all((0..8).map(|_| world.run_id(keyed()))).await;
    for (other, ended) in &together {
        assert_eq!((other, &ended.last_items), (&together[0].0, &together[0].1.last_items));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_hands_its_runs_over() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 400})), "b": probe(json!({}))}));
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    while world.calls.of("a") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refused = world.engine.clone();
    let world = world.restart(Duration::from_secs(10)).await;
    assert_eq!(refused.submit(start(&drawn, json!([{}]))).await, Err(server::engine::EngineError::Stopping));
    assert_eq!(world.over(&run).await.status, RunStatus::Succeeded);
    // a had the time to end before the stop, so only b was started by the second server.
    assert_eq!((world.calls.of("a"), world.calls.of("b")), (0, 1));
}
