//! `kill -9` in the middle of many runs: what was acknowledged ends, and repeated starts can be recognised.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flow::RunStatus;
use serde_json::{Value, json};

use crate::world::{World, flow, lasting, probe, set, start, trigger, until};

const CHILD: &str = "FLUXO_TEST_CRASH_CHILD";

fn drawn() -> flow::Flow {
    flow(
        "t>a a>b b>m:in1 t>c c>d d>m:in2 m>e e>f",
        json!({
            "t": trigger(),
            "a": probe(json!({"sleep_ms": 20})),
            "b": set("b", "={{ $('t').item.json.n }}"),
            "c": {"kind": "no_operation"},
            "d": probe(json!({"sleep_ms": 30})),
            "m": {"kind": "merge"},
            "e": probe(json!({"wait_ms": 150})),
            "f": probe(json!({"sleep_ms": 10})),
        }),
    )
}

/// The child process: takes runs and says each id once it is acknowledged, until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let folder = PathBuf::from(folder);
    let world = World::open(&folder, |o| o.max_runs = 16, Some(folder.join("calls"))).await;
    let drawn = drawn();
    for n in 0.. {
        let run = world.engine.submit(start(&drawn, json!([{"n": n}]))).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "ack {run} {n}").unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_runs_survive_kill_9() {
    let (folder, _database) = World::folder().await;
    let mut acknowledged = BTreeMap::new();
    for round in 0..3u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines {
            let line = line.unwrap();
            // The test harness writes before it on the same line.
            if let Some((_, ack)) = line.split_once("ack ") {
                let (run, n) = ack.split_once(' ').unwrap();
                acknowledged.insert(run.to_owned(), n.parse::<u64>().unwrap());
                seen += 1;
            }
            if seen > 60 + round * 17 {
                break;
            }
        }
        assert!(seen > 60, "the child ended early");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let world = World::open(folder.path(), |o| o.max_runs = 64, Some(folder.path().join("calls"))).await;
    for (run, n) in &acknowledged {
        let row = tokio::time::timeout(Duration::from_secs(120), world.over(run)).await.unwrap();
        assert_eq!((row.status, row.error), (RunStatus::Succeeded, None));
        let steps = world.store.steps_with_data(run).await.unwrap();
        let nodes: BTreeSet<&str> = steps.iter().map(|s| s.node.as_str()).collect();
        assert_eq!(nodes, BTreeSet::from(["t", "a", "b", "c", "d", "m", "e", "f"]));
        let merged = steps.iter().find(|s| s.node == "m").unwrap();
        let data: Value = serde_json::from_str(merged.data.as_deref().unwrap()).unwrap();
        assert_eq!(data["out"]["items"], json!([{"json": {"n": n, "b": n}}, {"json": {"n": n}}]));
    }
    // Every start of a step carries the same key; two steps never share one.
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    let (mut keys, mut steps, mut repeated) = (BTreeMap::new(), BTreeMap::new(), 0);
    for line in calls.lines() {
        let [run, node, key, attempt] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert_eq!(*keys.entry(key).or_insert((run, node)), (run, node), "a key belongs to one step");
        let known = steps.insert((run, node), key);
        assert!(known.is_none_or(|known| known == key), "{run} {node} was started with two keys");
        repeated += u32::from(attempt != "1");
    }
    assert!(repeated > 0, "the kills hit no step at work, so this test showed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_must_not_repeat_stops_the_run() {
    let world = World::new().await;
    let mut node = probe(json!({"sleep_ms": 60_000}));
    node["settings"] = json!({"at_most_once": true, "on_error": "continue"});
    let drawn = flow("t>a", json!({"t": trigger(), "a": node}));
    let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    while world.calls.of("a") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // No grace: the step is cut off in the middle, as by a crash.
    let world = world.restart(Duration::ZERO).await;
    let row = world.over(&run).await;
    let error = row.error.unwrap();
    assert_eq!(
        (row.status, error.code.as_str(), error.node.as_deref()),
        (RunStatus::Failed, "at_most_once", Some("a"))
    );
    assert_eq!(world.calls.of("a"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_finds_its_work_again_goes_on_also_where_it_must_not_repeat() {
    let world = World::new().await;
    let mut node = lasting(json!({"sleep_ms": 1_500}));
    node["settings"] = json!({"at_most_once": true});
    let drawn = flow("t>a", json!({"t": trigger(), "a": node}));
    let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    until(async || world.calls.of("a") == 1).await;
    let world = world.restart(Duration::ZERO).await;
    let row = world.over(&run).await;
    assert_eq!((row.status, row.error, world.calls.of("a")), (RunStatus::Succeeded, None, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_work_that_goes_on_without_the_server() {
    let world = World::new().await;
    let drawn = flow(
        "t>a t>b",
        json!({"t": trigger(), "a": lasting(json!({"sleep_ms": 3_000})), "b": probe(json!({"sleep_ms": 700}))}),
    );
    let run = world.engine.submit(start(&drawn, json!([{}]))).await.unwrap();
    until(async || world.calls.of("a") + world.calls.of("b") == 2).await;
    let stop = Instant::now();
    let world = world.restart(Duration::from_secs(30)).await;
    assert!(stop.elapsed() < Duration::from_millis(2_500), "{:?}", stop.elapsed());
    let row = world.over(&run).await;
    assert_eq!((row.status, row.error), (RunStatus::Succeeded, None));
    assert_eq!((world.calls.of("a"), world.calls.of("b")), (1, 0), "the other step was let end");
}
