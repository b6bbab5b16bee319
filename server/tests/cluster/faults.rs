//! The law: whatever goes wrong on the way, for every step that was acknowledged exactly one result was accepted, by
//! exactly one container, and each line of its log was shown once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use server::cluster::{Ended, Failure};
use server::store::JobState;

use crate::fake::{Fake, Faults, Script};
use crate::world::{Heard, World, spec};

const PARTS: u32 = 6;

/// One history: some Jobs side by side, every fault now and then, and now and then the server dies.
async fn history(seed: u64) {
    let faults = Faults {
        busy: 30,
        unavailable: 60,
        answer_lost: 100,
        conflict: 60,
        watch_dropped: 150,
        gone: 100,
        delete_unheard: 500,
        log_broken: 60,
    };
    let script = |job: &str, _: &serde_json::Value| Script {
        pending: Duration::from_millis(40),
        lines: (0..12).map(|i| format!("{job} {i}")).collect(),
        between: Duration::from_millis(15),
        ..Script::default()
    };
    let fake = Fake::new(seed, faults, script);
    let mut world = World::with(Arc::clone(&fake)).await;
    let run = world.run().await;
    let mut lines: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut acknowledged: BTreeMap<u32, Vec<Ended>> = BTreeMap::new();
    for life in 0..4u64 {
        let open: Vec<u32> = (0..PARTS).filter(|part| !acknowledged.contains_key(part)).collect();
        let mut work = Vec::new();
        for part in open {
            let heard = Heard::new(world.store.clone());
            let (cluster, intent, listener) = (world.cluster.clone(), world.intent(&run, part).await, heard.clone());
            work.push((part, heard, tokio::spawn(async move { cluster.dispatch(intent, spec(), listener).await })));
        }
        // The last life lasts as long as it takes.
        let limit =
            if life < 3 { Duration::from_millis(60 + (seed * 7 + life * 53) % 400) } else { Duration::from_secs(90) };
        let end = tokio::time::Instant::now() + limit;
        let mut died = Vec::new();
        for (part, heard, mut task) in work {
            match tokio::time::timeout_at(end, &mut task).await {
                Ok(result) => {
                    let result: Result<Ended, Failure> = result.unwrap();
                    acknowledged.entry(part).or_default().push(result.unwrap_or_else(|e| panic!("seed {seed}: {e}")));
                    lines.entry(part).or_default().extend(heard.lines());
                }
                Err(_) => died.push((part, heard, task)),
            }
        }
        if died.is_empty() {
            break;
        }
        assert!(life < 3, "seed {seed}: parts {:?} do not end", died.iter().map(|d| d.0).collect::<Vec<_>>());
        world.cluster.leave();
        for (part, heard, task) in died {
            task.abort();
            let _ = task.await;
            lines.entry(part).or_default().extend(heard.lines());
        }
        world = world.restart(&run).await;
    }
    let logs = world.store.job_logs(&run, 0).await.unwrap();
    for part in 0..PARTS {
        let results = &acknowledged[&part];
        assert_eq!(results.len(), 1, "seed {seed}: part {part}");
        let job = &results[0].job;
        let expected: Vec<String> = (0..12).map(|i| format!("{job} {i}")).collect();
        assert_eq!(results[0].log.lines().collect::<Vec<_>>(), expected, "seed {seed}: the result of part {part}");
        let kept = logs.iter().filter(|log| log.line.starts_with(&format!("{job} "))).map(|log| log.line.clone());
        assert_eq!(kept.collect::<Vec<_>>(), expected, "seed {seed}: the lines of part {part}");
        // Shown is what was kept, in order and once; a kill may come between the two.
        let shown = lines[&part].iter().map(|line| expected.iter().position(|e| e == line));
        let shown: Vec<Option<usize>> = shown.collect();
        assert!(shown.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {:?}", lines[&part]);
        assert_eq!(world.store.job(job).await.unwrap().state, JobState::Succeeded);
    }
    let made = fake.made();
    assert_eq!(made.len() as u32, PARTS, "seed {seed}: one Job for each part: {made:?}");
    assert!(made.values().all(|times| *times == 1), "seed {seed}: {made:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_every_acknowledged_step_one_result_was_accepted() {
    let histories: u64 = std::env::var("FLUXO_TEST_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    let first: u64 = std::env::var("FLUXO_TEST_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let seeds: Vec<u64> = (first..first + histories).collect();
    for some in seeds.chunks(8) {
        let work: Vec<_> = some.iter().map(|seed| tokio::spawn(history(*seed))).collect();
        for task in work {
            task.await.unwrap();
        }
    }
}
