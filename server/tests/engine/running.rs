//! Which nodes run, with which items.

use flow::graph::{History, Order};
use flow::{RunStatus, StepStatus, TriggerKind};
use serde_json::{Value, json};
use server::engine::{Side, Start};

use crate::world::{World, fields, flow, probe, set, start, trigger, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_pure_flow_costs_one_commit_and_answers() {
    let world = World::new().await;
    let flow = flow(
        "t>a a>r",
        json!({
            "t": trigger(),
            "a": set("greeting", "=Hello {{ $json.name }}"),
            "r": {"kind": "respond"},
        }),
    );
    let before = world.store.metrics();
    let (run, ended) = world.run_id(start(&flow, json!([{"name": "Ada"}]))).await;
    let after = world.store.metrics();
    assert_eq!((after.commits - before.commits, after.submissions - before.submissions), (1, 1));
    assert_eq!(ended.status, RunStatus::Succeeded);
    let body = &ended.answer.unwrap().body;
    assert_eq!(*body, nodes::AnswerBody::Json(json!({"name": "Ada", "greeting": "Hello Ada"})));
    let row = world.store.run(&run).await.unwrap();
    assert_eq!((row.status, row.steps, row.error), (RunStatus::Succeeded, 3, None));
    assert_eq!(world.nodes_of(&run).await, ["t", "a", "r"]);
    let items = world.engine.step_items(&run, 2, Side::Output, "out", 0, 10).await.unwrap();
    assert_eq!((items.total, items.items[0].json["greeting"].clone()), (1, json!("Hello Ada")));
    let items = world.engine.step_items(&run, 3, Side::Input, "in", 0, 10).await.unwrap();
    assert_eq!(items.items[0].json["greeting"], json!("Hello Ada"));
    // The answer goes out first; the run's place is given back a moment later.
    until(async || world.engine.active() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_meet_again() {
    let world = World::new().await;
    let condition = json!({"conditions": {"conditions": [{"left": "={{ $json.n }}", "type": "number", "operation": "gt", "right": 1}]}});
    let flow = flow(
        "t>i i:true>a i:false>b a>m:in1 b>m:in2 m>z",
        json!({
            "t": trigger(),
            "i": {"kind": "if", "parameters": condition},
            "a": set("side", "big"),
            "b": set("side", "small"),
            "m": {"kind": "merge"},
            // The way back goes through merge, edit fields and if.
            "z": set("from", "={{ $('t').item.json.id }}"),
        }),
    );
    let ended = world.run(&flow, json!([{"n": 1, "id": "x"}, {"n": 2, "id": "y"}, {"n": 3, "id": "z"}])).await;
    assert_eq!(ended.error, None);
    assert_eq!(
        fields(&ended),
        json!([
            {"n": 2, "id": "y", "side": "big", "from": "y"},
            {"n": 3, "id": "z", "side": "big", "from": "z"},
            {"n": 1, "id": "x", "side": "small", "from": "x"},
        ])
    );
    // One branch stays silent: merge goes on with what it has.
    let ended = world.run(&flow, json!([{"n": 5, "id": "x"}])).await;
    assert_eq!(fields(&ended), json!([{"n": 5, "id": "x", "side": "big", "from": "x"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_run_side_by_side_or_one_after_another() {
    let world = World::new().await;
    let slow = || probe(json!({"sleep_ms": 150}));
    let mut drawn = flow("t>a t>b t>c", json!({"t": trigger(), "a": slow(), "b": slow(), "c": slow()}));
    world.run(&drawn, json!([{}])).await;
    assert_eq!(world.calls.side_by_side.load(std::sync::atomic::Ordering::SeqCst), 3);
    let world = World::new().await;
    drawn.settings.order = Order::OneBranchAfterAnother;
    world.run(&drawn, json!([{}])).await;
    assert_eq!(world.calls.side_by_side.load(std::sync::atomic::Ordering::SeqCst), 1);
    assert_eq!(world.calls.of("c"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_node() {
    let world = World::new().await;
    let check = async |settings: Value, items: Value, expected: Value| {
        let mut node = set("seen", "yes");
        node["settings"] = settings.clone();
        let drawn = flow("t>a a>b", json!({"t": trigger(), "a": node, "b": set("after", "={{ $itemIndex }}")}));
        let ended = world.run(&drawn, items).await;
        assert_eq!(fields(&ended), expected, "{settings}");
    };
    check(json!({}), json!([{"n": 1}]), json!([{"n": 1, "seen": "yes", "after": 0}])).await;
    check(json!({"disabled": true}), json!([{"n": 1}]), json!([{"n": 1, "after": 0}])).await;
    check(json!({"run_once": true}), json!([{"n": 1}, {"n": 2}]), json!([{"n": 1, "seen": "yes", "after": 0}])).await;

    let never = json!({"conditions": {"conditions": [{"left": 1, "type": "number", "operation": "gt", "right": 2}]}});
    let mut filter = json!({"kind": "filter", "parameters": never});
    let drawn = |filter: &Value| flow("t>a a>b", json!({"t": trigger(), "a": filter, "b": set("reached", "yes")}));
    assert_eq!(fields(&world.run(&drawn(&filter), json!([{"n": 1}])).await), json!([]), "b is not reached");
    filter["settings"] = json!({"always_output": true});
    assert_eq!(fields(&world.run(&drawn(&filter), json!([{"n": 1}])).await), json!([{"reached": "yes"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn up_to_a_node_and_pinned_output() {
    let world = World::new().await;
    let mut pinned = probe(json!({}));
    pinned["pinned"] = json!({"out": [{"json": {"pinned": true}}]});
    let drawn =
        flow("t>a a>b t>c", json!({"t": trigger(), "a": pinned, "b": set("after", "b"), "c": set("after", "c")}));
    let by_hand = |until: Option<&str>| Start {
        trigger: TriggerKind::Manual,
        until: until.map(str::to_owned),
        items: None,
        ..start(&drawn, json!([]))
    };
    let (run, ended) = world.run_id(by_hand(Some("b"))).await;
    assert_eq!(fields(&ended), json!([{"pinned": true, "after": "b"}]));
    assert_eq!(world.nodes_of(&run).await, ["t", "a", "b"]);
    assert_eq!(world.calls.of("a"), 0);
    assert!(world.store.steps(&run).await.unwrap()[1].pinned);
    // Outside the editor the node runs.
    let (run, _) = world.run_id(start(&drawn, json!([{}]))).await;
    assert_eq!(world.calls.of("a"), 1);
    assert!(!world.store.steps(&run).await.unwrap()[1].pinned);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_history_keeps() {
    let world = World::new().await;
    for (history, outside, steps, kept) in [
        (History::AllSteps, false, 2, true),
        (History::FailuresOnly, false, 2, false),
        (History::OutcomeOnly, false, 0, false),
        (History::AllSteps, true, 2, true),
        (History::FailuresOnly, true, 2, false),
    ] {
        let node = if outside { probe(json!({})) } else { set("x", "y") };
        let mut drawn = flow("t>a", json!({"t": trigger(), "a": node}));
        drawn.settings.history = history;
        let (run, ended) = world.run_id(start(&drawn, json!([{"n": 1}]))).await;
        assert_eq!((ended.status, ended.last_items.len()), (RunStatus::Succeeded, 1));
        assert_eq!(world.store.steps(&run).await.unwrap().len(), steps, "{history:?}");
        assert_eq!(world.store.step_data(&run, 1).await.unwrap().is_some(), kept, "{history:?} {outside}");
        if steps > 0 {
            // For a moment after its end the run is still in memory, with everything.
            until(async || {
                let items = world.engine.step_items(&run, 1, Side::Output, "out", 0, 9).await.unwrap();
                (items.total, items.not_kept, items.items.len()) == (1, !kept, usize::from(kept))
            })
            .await;
        }
    }
    let mut drawn = flow("t>a", json!({"t": trigger(), "a": probe(json!({"fail": 9}))}));
    drawn.settings.history = History::FailuresOnly;
    let (run, ended) = world.run_id(start(&drawn, json!([{"n": 1}]))).await;
    assert_eq!(ended.status, RunStatus::Failed);
    assert!(world.store.step_data(&run, 1).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_pass_through_are_kept_once() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": {"kind": "no_operation"}, "b": {"kind": "no_operation"}}));
    let (run, _) = world.run_id(start(&drawn, json!([{"text": "x".repeat(10_000)}]))).await;
    let kept = async |seq| world.store.step_data(&run, seq).await.unwrap().unwrap().len();
    assert!(kept(1).await > 10_000 && kept(2).await < 200 && kept(3).await < 200);
    let items = world.engine.step_items(&run, 3, Side::Output, "out", 0, 1).await.unwrap();
    assert_eq!(items.items[0].json["text"].as_str().unwrap().len(), 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_steps() {
    let world = World::new().await;
    let names: Vec<String> = (0..2_000).map(|i| format!("n{i}")).collect();
    let mut nodes = json!({"t": trigger()});
    let mut edges = String::from("t>n0");
    for (i, name) in names.iter().enumerate() {
        nodes[name] = json!({"kind": "no_operation"});
        if i > 0 {
            edges += &format!(" n{}>{name}", i - 1);
        }
    }
    let (run, ended) = world.run_id(start(&flow(&edges, nodes), json!([{"n": 1}]))).await;
    assert_eq!((ended.status, fields(&ended)), (RunStatus::Succeeded, json!([{"n": 1}])));
    let steps = world.store.steps(&run).await.unwrap();
    assert_eq!(steps.len(), 2_001);
    assert!(steps.iter().all(|s| s.status == StepStatus::Succeeded));
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_use_a_runs_items() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": set("x", "={{ $json.n * 2 }}"), "b": set("y", "1")}));
    let (run, _) = world.run_id(start(&drawn, json!([{"n": 1}, {"n": 2}]))).await;
    let preview = async |document: &flow::Flow, node: &str, expression: &str, run: Option<&str>, item: u32| {
        let request = flow::api::PreviewExpression {
            document: document.clone(),
            node: node.to_owned(),
            expression: expression.to_owned(),
            run: run.map(str::to_owned),
            item,
        };
        world.engine.preview(request).await.unwrap()
    };
    assert_eq!(preview(&drawn, "b", "={{ $json.x }}", Some(&run), 1).await.value, Some(json!(4)));
    assert_eq!(preview(&drawn, "b", "{{ $('t').item.json.n }}", Some(&run), 1).await.value, Some(json!(2)));
    assert_eq!(preview(&drawn, "b", "{{ 1 + 1 }}", None, 0).await.value, Some(json!(2)));
    // A node that was drawn after the run sees what would reach it.
    let mut longer = drawn.clone();
    let more = flow("b>c", json!({"b": set("y", "1"), "c": set("z", "1")}));
    longer.nodes.push(more.nodes[1].clone());
    longer.edges.extend(more.edges);
    assert_eq!(preview(&longer, "c", "{{ $json.y }}", Some(&run), 0).await.value, Some(json!("1")));
    assert!(preview(&drawn, "b", "{{ $('nobody').item.json.n }}", Some(&run), 0).await.error.is_some());
    // Steps that the expression can't see are not read: here the trigger's, which can't be.
    crate::world::execute(&world.database, "UPDATE steps SET data = 'nonsense' WHERE node = 't'").await;
    assert_eq!(preview(&drawn, "b", "={{ $json.x }}", Some(&run), 1).await.value, Some(json!(4)));
    let pass = flow("t>a a>b", json!({"t": trigger(), "a": {"kind": "no_operation"}, "b": set("y", "1")}));
    let (run, _) = world.run_id(start(&pass, json!([{"n": 1}]))).await;
    assert_eq!(preview(&pass, "b", "={{ $json.n }}", Some(&run), 0).await.value, Some(json!(1)));
}
