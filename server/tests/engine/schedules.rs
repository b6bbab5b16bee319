//! Ticks fire once, whatever happens.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::{Flow, RunStatus};
use jiff::Timestamp;
use nodes::world::Clock;
use serde_json::{Value, json};
use server::schedule::{self, Scheduler};
use server::store::{PublishRow, RunFilter};

use crate::world::{World, flow, probe, set};

/// Always the same moment.
struct Stopped(Timestamp);

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
    fn random(&self) -> f64 {
        0.5
    }
}

fn scheduled(parameters: Value, node: Value) -> Flow {
    flow("t>a", json!({"t": {"kind": "schedule", "parameters": parameters}, "a": node}))
}

/// Publishes at `published`; the id of the flow.
async fn publish(world: &World, flow: &Flow, published: &str) -> String {
    let stored = world.store.create_flow(flow, "Ada").await.unwrap();
    let row = PublishRow {
        flow: stored.id.clone(),
        name: String::new(),
        document: serde_json::to_string(flow).unwrap().into(),
        revision: stored.revision,
        by: "Ada".to_owned(),
        webhooks: Vec::new(),
        schedules: schedule::of(flow, "UTC", published.parse().unwrap()).unwrap(),
    };
    world.store.publish(row).await.unwrap();
    stored.id
}

/// Runs two schedulers at the moment `now` until the schedule is not due any more; the ticks that were fired.
async fn fired(world: &World, flow: &str, now: &str) -> Vec<String> {
    let now: Timestamp = now.parse().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(Stopped(now));
    let schedulers =
        [Scheduler::start(world.engine.clone(), clock.clone()), Scheduler::start(world.engine.clone(), clock)];
    for _ in 0..500 {
        if world.store.due_schedules(now.as_millisecond()).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for scheduler in schedulers {
        scheduler.stop().await;
    }
    let runs = world.store.runs(RunFilter { flow: Some(flow.to_owned()), ..RunFilter::default() }).await.unwrap().items;
    let mut ticks = Vec::new();
    for run in runs {
        world.over(&run.id).await;
        let items = world.engine.step_items(&run.id, 1, server::engine::Side::Output, "out", 0, 1).await.unwrap();
        ticks.push(items.items[0].json["tick"].as_str().unwrap().to_owned());
    }
    ticks.sort();
    ticks
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tick_once_with_two_schedulers() {
    let world = World::new().await;
    let hourly = scheduled(json!({"unit": "hours", "missed": "all"}), set("x", "1"));
    let flow = publish(&world, &hourly, "2026-11-24T00:30:00Z").await;
    assert_eq!(fired(&world, &flow, "2026-11-24T00:59:59Z").await, [] as [&str; 0]);
    assert_eq!(fired(&world, &flow, "2026-11-24T01:00:00Z").await, ["2026-11-24T01:00:00Z"]);
    assert_eq!(fired(&world, &flow, "2026-11-24T01:00:00Z").await, ["2026-11-24T01:00:00Z"]);
    let three = ["2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z", "2026-11-24T03:00:00Z"];
    assert_eq!(fired(&world, &flow, "2026-11-24T03:10:00Z").await, three);
    assert_eq!(
        world.store.next_ticks(std::slice::from_ref(&flow)).await.unwrap()[&flow],
        "2026-11-24T04:00:00Z".parse::<Timestamp>().unwrap().as_millisecond()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_ticks_by_their_rule() {
    for (missed, expected) in [("last", vec!["2026-11-24T09:00:00Z"]), ("skip", vec![])] {
        let world = World::new().await;
        let hourly = scheduled(json!({"unit": "hours", "missed": missed}), set("x", "1"));
        let flow = publish(&world, &hourly, "2026-11-24T00:30:00Z").await;
        assert_eq!(fired(&world, &flow, "2026-11-24T09:30:00Z").await, expected, "{missed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_is_skipped_while_the_former_run_works() {
    let world = World::new().await;
    let slow = scheduled(json!({"unit": "hours", "overlap": "skip"}), probe(json!({"wait_ms": 1_500})));
    let flow = publish(&world, &slow, "2026-11-24T00:30:00Z").await;
    let clock = |at: &str| -> Arc<dyn Clock> { Arc::new(Stopped(at.parse().unwrap())) };
    for at in ["2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z"] {
        let scheduler = Scheduler::start(world.engine.clone(), clock(at));
        while !world.store.due_schedules(at.parse::<Timestamp>().unwrap().as_millisecond()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        scheduler.stop().await;
    }
    let runs = world.store.runs(RunFilter { flow: Some(flow.clone()), ..RunFilter::default() }).await.unwrap().items;
    assert_eq!(runs.len(), 1);
    assert_eq!(world.over(&runs[0].id).await.status, RunStatus::Succeeded);
    assert_eq!(fired(&world, &flow, "2026-11-24T03:00:00Z").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_broken_schedule_holds_up_no_other() {
    let world = World::new().await;
    let hourly = scheduled(json!({"unit": "hours"}), set("x", "1"));
    let broken = publish(&world, &hourly, "2026-11-24T00:30:00Z").await;
    crate::world::execute(&world.database, "UPDATE versions SET document = 'nonsense'").await;
    let good = publish(&world, &hourly, "2026-11-24T00:40:00Z").await;
    let now: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
    let scheduler = Scheduler::start(world.engine.clone(), Arc::new(Stopped(now)));
    while world.store.next_ticks(std::slice::from_ref(&good)).await.unwrap()[&good] <= now.as_millisecond() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scheduler.stop().await;
    assert_eq!(world.store.next_ticks(std::slice::from_ref(&broken)).await.unwrap()[&broken], now.as_millisecond());
}

#[test]
fn a_schedule_that_never_comes_is_not_published() {
    let finding = schedule::of(
        &scheduled(json!({"mode": "cron", "cron": "61 * * * *"}), json!({"kind": "no_operation"})),
        "UTC",
        Timestamp::UNIX_EPOCH,
    )
    .unwrap_err();
    assert_eq!(
        (finding.code.as_str(), finding.pointer.as_deref(), finding.node.as_deref()),
        ("schedule_invalid", Some("/cron"), Some("t"))
    );
    let off =
        json!({"t": {"kind": "schedule", "parameters": {"mode": "cron", "cron": "x"}, "settings": {"disabled": true}}});
    assert_eq!(schedule::of(&flow("", off), "UTC", Timestamp::UNIX_EPOCH).unwrap(), []);
}
