//! What people see of a run while it works and later.

use flow::api::{FlowEvent, RunEvent};
use flow::{RunStatus, StepStatus};
use futures_util::StreamExt;
use serde_json::json;

use crate::world::{World, flow, probe, set, start, trigger};

/// Reads to the end: the newest state of each step by number, log lines, and the last state of the run.
async fn read(world: &World, run: &str, after: u64) -> (Vec<(u32, StepStatus)>, Vec<String>, Option<RunStatus>, u64) {
    let mut events = world.engine.events(run, after).await.unwrap();
    let (mut steps, mut lines, mut status, mut last) = (std::collections::BTreeMap::new(), Vec::new(), None, after);
    while let Some((number, event)) = events.next().await {
        assert!(number > last, "numbers only grow");
        last = number;
        match event {
            RunEvent::Step { step } => {
                steps.insert(step.seq, step.status);
            }
            RunEvent::Log { line, .. } => lines.push(line),
            RunEvent::Run { run } => status = Some(run.status),
        }
    }
    (steps.into_iter().collect(), lines, status, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_and_live() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 300})), "b": set("x", "1")}));
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    let all = [(1, StepStatus::Succeeded), (2, StepStatus::Succeeded), (3, StepStatus::Succeeded)];
    let (steps, lines, status, _) = read(&world, &run, 0).await;
    assert_eq!((&steps[..], &lines[..], status), (&all[..], &["start 1".to_owned()][..], Some(RunStatus::Succeeded)));
    // Later, from the database.
    let (steps, _, status, last) = read(&world, &run, 0).await;
    assert_eq!((&steps[..], status), (&all[..], Some(RunStatus::Succeeded)));
    // Whoever knew all of it long after its end hears of the end alone.
    let (steps, _, status, _) = read(&world, &run, last + 60_000_000).await;
    assert_eq!((&steps[..], status), (&[][..], Some(RunStatus::Succeeded)));
    assert_eq!(world.engine.steps(&run).await.unwrap().1.len(), 3);
    assert!(world.engine.events("nobody", 0).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn following_from_a_number() {
    let world = World::new().await;
    let drawn = flow(
        "t>a a>b",
        json!({"t": trigger(), "a": probe(json!({"sleep_ms": 200})), "b": probe(json!({"sleep_ms": 200}))}),
    );
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    while world.calls.of("b") == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (number, steps) = world.engine.steps(&run).await.unwrap();
    assert_eq!(steps.len(), 3);
    let (steps, _, status, _) = read(&world, &run, number).await;
    assert_eq!((steps, status), (vec![(3, StepStatus::Succeeded)], Some(RunStatus::Succeeded)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_run_is_followed_until_its_end() {
    let world = World::new().await;
    let drawn = flow("t>w w>a", json!({"t": trigger(), "w": probe(json!({"wait_ms": 900})), "a": set("x", "1")}));
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    let (steps, _, status, _) = read(&world, &run, 0).await;
    assert_eq!((steps.len(), status), (3, Some(RunStatus::Succeeded)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_does_not_flood() {
    let world = World::new().await;
    let mut nodes = json!({"t": trigger()});
    let mut edges = String::from("t>n0");
    for i in 0..1_000 {
        nodes[format!("n{i}")] = json!({"kind": "no_operation"});
        edges += &format!(" n{i}>n{}", i + 1);
    }
    nodes["n1000"] = probe(json!({"sleep_ms": 200}));
    let run = world.engine.submit(start(&flow(&edges, nodes), json!([{}]))).await.unwrap();
    let events = world.engine.events(&run, 0).await.unwrap().count().await;
    assert!((1_002..2_000).contains(&events), "{events} events for 1,002 steps");
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_has_the_flow_open_hears_of_runs() {
    let world = World::new().await;
    let mut listener = world.engine.flow_events("flow");
    let drawn = flow("t>a", json!({"t": trigger(), "a": set("x", "1")}));
    let (run, _) = world.run_id(start(&drawn, json!([{}]))).await;
    let FlowEvent::Run { run: heard } = listener.recv().await.unwrap() else { panic!("a run") };
    assert_eq!(heard.id, run);
    world.engine.publish_flow_event("flow", FlowEvent::Saved { revision: 2, by: "Ada".to_owned() });
    assert_eq!(listener.recv().await.unwrap(), FlowEvent::Saved { revision: 2, by: "Ada".to_owned() });
}
