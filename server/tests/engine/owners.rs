//! Who has a run: one server at a time, and never nobody for long.

use std::process::Command;
use std::time::{Duration, Instant};

use flow::{RunStatus, StepStatus};
use serde_json::json;
use server::engine::EngineError;

use crate::world::{POSTGRES, World, execute, flow, on_postgres, probe, set, start, trigger, until};

/// Runs every test of this suite once more, on PostgreSQL, where there is one (`cargo xtask test` always has one).
#[test]
fn on_postgresql() {
    let Ok(server) = std::env::var("FLUXO_TEST_POSTGRES_URL") else { return };
    if on_postgres() {
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap()).env(POSTGRES, server).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_takes_over_when_a_lease_ends() {
    if !on_postgres() {
        return;
    }
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({})), "b": probe(json!({"sleep_ms": 2_500}))}));
    // Its server died: nobody renews the lease of the run.
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    until(async || world.calls.of("b") == 1).await;
    let (former, owner) = (world.store.run(&run).await.unwrap(), "a server that died");
    execute(
        &world.database,
        &format!("UPDATE runs SET owner = '{owner}', epoch = epoch + 1, lease_until = {}", former.lease_until.unwrap()),
    )
    .await;
    let second = World::open(&world.folder, |_| {}, None).await;
    assert_eq!(second.over(&run).await.status, RunStatus::Succeeded);
    let row = second.store.run(&run).await.unwrap();
    assert!(row.epoch > former.epoch + 1, "taken from the dead one");
    // What ended before is not done again.
    assert_eq!(second.calls.of("a") + world.calls.of("a"), 1);
    second.engine.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_runs() {
    if !on_postgres() {
        return;
    }
    let first = World::with(|o| o.max_runs = 2).await;
    let second = World::open(&first.folder, |o| o.max_runs = 2, None).await;
    let drawn = flow(
        "t>w w>a",
        json!({"t": trigger(), "w": probe(json!({"wait_ms": 50})), "a": probe(json!({"sleep_ms": 20}))}),
    );
    let mut runs = Vec::new();
    for n in 0..20 {
        let world = if n % 2 == 0 { &first } else { &second };
        runs.push(world.engine.submit(start(&drawn, json!([{"n": n}]))).await.unwrap());
    }
    for run in &runs {
        assert_eq!(first.over(run).await.status, RunStatus::Succeeded);
    }
    assert_eq!(first.calls.of("a") + second.calls.of("a"), 20);
    second.engine.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_elsewhere_is_left_within_two_seconds() {
    if !on_postgres() {
        return;
    }
    let world = World::with(|o| o.lease = Duration::from_secs(60)).await;
    let other = World::open(&world.folder, |_| {}, None).await;
    let drawn = flow("t>a", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 60_000}))}));
    let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    let stays = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    until(async || world.calls.of("a") == 2).await;
    // Long enough to be known as this server's.
    tokio::time::sleep(Duration::from_secs(1)).await;
    other.engine.cancel(&run, "Ada").await.unwrap();
    let cancelled = Instant::now();
    until(async || world.engine.active() == 1).await;
    assert!(cancelled.elapsed() < Duration::from_secs(2), "{:?}", cancelled.elapsed());
    assert_eq!(world.over(&run).await.status, RunStatus::Cancelled);
    assert_eq!(world.store.run(&stays).await.unwrap().status, RunStatus::Running);
    other.engine.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ran_out_is_no_reason_to_take_the_own_run() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 2_500})), "b": set("x", "1")}));
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    until(async || world.calls.of("a") == 1).await;
    // As after an outage in which it could not renew.
    execute(&world.database, "UPDATE runs SET lease_until = 1").await;
    assert_eq!(world.over(&run).await.status, RunStatus::Succeeded);
    assert_eq!((world.calls.of("a"), world.store.run(&run).await.unwrap().epoch), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_has_is_taken_up() {
    let world = World::new().await;
    let drawn = flow("t>a a>b", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 300})), "b": set("x", "1")}));
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    until(async || world.calls.of("a") == 1).await;
    // Ours in the database, but the one who works on it is refused and leaves.
    execute(&world.database, "UPDATE runs SET epoch = epoch + 1").await;
    let row = world.over(&run).await;
    assert_eq!((row.status, world.calls.of("a")), (RunStatus::Succeeded, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_of_no_time_are_not_lost() {
    let world = World::with(|o| o.max_runs = 4).await;
    let mut nodes = json!({"t": trigger()});
    let mut edges = String::from("t>w0");
    for n in 0..20 {
        nodes[format!("w{n}")] = probe(json!({"wait_ms": 1 + n % 3}));
        edges += &format!(" w{n}>w{}", n + 1);
    }
    nodes["w20"] = set("x", "1");
    let drawn = flow(&edges, nodes);
    let ended = futures_util::future::join_all((0..20).map(|n| world.run_id(start(&drawn, json!([{"n": n}]))))).await;
    for (_, ended) in ended {
        assert_eq!((ended.status, ended.error), (RunStatus::Succeeded, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn due_runs_that_wait_for_a_slot_cost_nothing() {
    let world = World::with(|o| o.max_runs = 1).await;
    let drawn = flow("t>w w>a", json!({"t": trigger(), "w": probe(json!({"wait_ms": 100})), "a": set("x", "1")}));
    let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    until(async || world.store.run(&run).await.unwrap().status == RunStatus::Waiting).await;
    let busy = flow("t>b", json!({"t": trigger(), "b": probe(json!({"sleep_ms": 1_000}))}));
    let long = world.engine.submit(start(&busy, json!([{}]))).await.unwrap();
    until(async || world.calls.of("b") == 1).await;
    let epoch = world.store.run(&run).await.unwrap().epoch;
    world.over(&long).await;
    let row = world.over(&run).await;
    assert_eq!((row.status, row.epoch), (RunStatus::Succeeded, epoch + 1), "it was taken once, when there was a slot");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_what_memory_may_hold_runs_queue_in_the_database() {
    let world = World::with(|o| (o.max_runs, o.max_queued_bytes, o.max_queued) = (1, 3_000, 6)).await;
    let drawn = flow(
        "t>a a>b",
        json!({"t": trigger(), "a": probe(json!({"sleep_ms": 250})), "b": set("from", "={{ $('t').item.json.n }}")}),
    );
    let text = "x".repeat(1_000);
    let items = |n: u32| json!([{"n": n, "text": text}]);
    let mut runs = Vec::new();
    for n in 0..5 {
        runs.push(world.engine.submit(start(&drawn, items(n))).await.unwrap());
    }
    let owned: Vec<bool> = futures_util::future::join_all(
        runs.iter().map(async |run| world.store.run(run).await.unwrap().owner.is_some()),
    )
    .await;
    assert_eq!(owned[..4], [true, true, true, false], "one works, two fit into memory");
    assert!(world.engine.queued() >= 3);
    // One in the database can be cancelled, and one with a caller answers.
    world.engine.cancel(&runs[4], "Ada").await.unwrap();
    let (waited, ended) = world.run_id(start(&drawn, items(9))).await;
    assert_eq!((ended.status, ended.last_items[0].json["from"].clone()), (RunStatus::Succeeded, json!(9)));
    let mut order = Vec::new();
    for run in runs[..4].iter().chain([&waited]) {
        let row = world.over(run).await;
        assert_eq!((row.status, row.error), (RunStatus::Succeeded, None));
        order.push(row.finished_at.unwrap());
    }
    assert!(order.is_sorted(), "in the order of their coming: {order:?}");
    assert_eq!(world.over(&runs[4]).await.status, RunStatus::Cancelled);
    assert_eq!((world.calls.of("a"), world.engine.queued()), (5, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_has_an_end_in_the_database_too() {
    let world = World::with(|o| (o.max_runs, o.max_queued_bytes, o.max_queued) = (1, 0, 2)).await;
    let drawn = flow("t>a", json!({"t": trigger(), "a": probe(json!({"sleep_ms": 400}))}));
    let mut runs = Vec::new();
    for n in 0..3 {
        runs.push(world.engine.submit(start(&drawn, json!([{}]))).await.unwrap());
        if n == 0 {
            // It has left the queue.
            until(async || world.calls.of("a") == 1).await;
        }
    }
    assert_eq!(world.engine.submit(start(&drawn, json!([{}]))).await, Err(EngineError::Busy(2)));
    for run in &runs {
        assert_eq!(world.over(run).await.status, RunStatus::Succeeded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_parked_run_answers_its_caller() {
    let world = World::new().await;
    let drawn = flow("t>w", json!({"t": trigger(), "w": probe(json!({"wait_ms": 3_600_000}))}));
    let start = start(&drawn, json!([{}]));
    let id = server::engine::new_id();
    let start = server::engine::Start { id: Some(id.clone()), ..start };
    let cancel = async {
        until(async || {
            world.store.run(&id).await.is_ok_and(|row| row.status == RunStatus::Waiting) && world.engine.active() == 0
        })
        .await;
        world.engine.cancel(&id, "Ada").await.unwrap();
    };
    let ((_, ended), ()) = futures_util::future::join(world.run_id(start), cancel).await;
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (RunStatus::Cancelled, "cancelled"));
    assert_eq!(world.store.steps(&id).await.unwrap()[1].status, StepStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_cancelled_while_it_is_taken_up_stays_cancelled() {
    let world = World::new().await;
    let drawn = flow("t>w w>a", json!({"t": trigger(), "w": probe(json!({"wait_ms": 40})), "a": set("x", "1")}));
    for _ in 0..30 {
        let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
        until(async || world.store.run(&run).await.unwrap().status == RunStatus::Waiting).await;
        let due = world.store.run(&run).await.unwrap().wake_at.unwrap();
        let left = due - jiff::Timestamp::now().as_millisecond();
        tokio::time::sleep(Duration::from_millis(left.max(0) as u64)).await;
        // Whoever was told that it is cancelled finds it cancelled, however close the wake is.
        let told = world.engine.cancel(&run, "Ada").await;
        let status = world.over(&run).await.status;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(world.store.run(&run).await.unwrap().status, status, "what ended stays as it ended");
        match told {
            Ok(()) => assert!(matches!(status, RunStatus::Cancelled | RunStatus::Succeeded)),
            Err(error) => assert_eq!((error, status), (EngineError::Ended, RunStatus::Succeeded)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_fails_the_run_and_nothing_else() {
    let world = World::new().await;
    let drawn = flow("t>p p>cursed", json!({"t": trigger(), "p": probe(json!({})), "cursed": probe(json!({}))}));
    let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    let row = world.over(&run).await;
    assert_eq!((row.status, row.error.unwrap().code.as_str()), (RunStatus::Failed, "defect"));
    assert!(world.store.steps(&run).await.unwrap().iter().all(|step| step.finished_at.is_some()));
    until(async || world.engine.active() == 0).await;
    let refused = world.engine.run_to_answer(start(&drawn, json!([{}]))).await;
    assert_eq!(refused.err(), Some(EngineError::Defect));
    // Far beyond what a clock can count.
    let mut endless = flow("t>a", json!({"t": trigger(), "a": set("x", "1")}));
    endless.settings.timeout_s = Some(u64::MAX);
    assert_eq!(world.run(&endless, json!([{}])).await.status, RunStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_fails_the_run() {
    let world = World::new().await;
    let rule = match on_postgres() {
        true => "ALTER TABLE steps ADD CONSTRAINT refused CHECK (data NOT LIKE '%poison%')",
        false => {
            "CREATE TRIGGER refused BEFORE INSERT ON steps WHEN NEW.data LIKE '%poison%' BEGIN SELECT RAISE(ABORT, 'refused'); END"
        }
    };
    execute(&world.database, rule).await;
    let drawn = flow(
        "t>a a>b b>c",
        json!({"t": trigger(), "a": probe(json!({})), "b": probe(json!({"text": "poison"})), "c": probe(json!({}))}),
    );
    let run = world.engine.submit(start(&drawn, json!([{"n": 1}]))).await.unwrap();
    let row = world.over(&run).await;
    assert_eq!((row.status, row.error.unwrap().code.as_str()), (RunStatus::Failed, "run_unwritable"));
    assert_eq!((world.calls.of("c"), row.owner), (0, None));
    assert!(world.store.step_data(&run, 1).await.unwrap().is_some(), "what was written before stays");
    let steps = world.store.steps(&run).await.unwrap();
    assert!(steps.iter().all(|step| step.finished_at.is_some()), "{steps:?}");
}
