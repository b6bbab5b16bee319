//! A Job from its intent to its result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use server::cluster::JobSpec;
use server::store::{JobState, NewJob, Op};

use crate::fake::{End, Script};
use crate::world::{Heard, World, spec, until};

#[tokio::test]
async fn a_container_runs_and_its_output_comes_back() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    let (ended, heard) = world.dispatch(&run, spec()).await;
    let ended = ended.unwrap();
    assert_eq!((ended.exit_code, ended.attempt, ended.node.as_str()), (0, 1, "machine-1"));
    assert_eq!(ended.log, "hello\n{\"ok\":true}\n");
    assert_eq!(heard.lines(), ["hello", "{\"ok\":true}"]);
    let row = world.store.job(&ended.job).await.unwrap();
    assert_eq!((row.state, row.attempt, row.step), (JobState::Succeeded, 1, 2));
    // The log is a file of the run, and so are its lines.
    let file = ended.log_file.unwrap();
    assert_eq!(world.blobs.read(&file.id, 1_000).await.unwrap(), ended.log.as_bytes());
    let kept = world.store.job_logs(&run, 0).await.unwrap();
    assert_eq!(kept.iter().map(|l| l.line.as_str()).collect::<Vec<_>>(), ["hello", "{\"ok\":true}"]);
}

#[tokio::test]
async fn what_is_secret_travels_in_a_secret_that_goes_with_the_job() {
    let world = World::new(|_, _| Script { lines: vec!["key: s3cret-value".to_owned()], ..Script::default() }).await;
    let run = world.run().await;
    let spec = JobSpec {
        secret_environment: vec![("KEY".to_owned(), "s3cret-value".to_owned())],
        files: vec![("input.json".to_owned(), "[]".into())],
        ..spec()
    };
    let (ended, heard) = world.dispatch(&run, spec).await;
    let ended = ended.unwrap();
    assert_eq!((ended.log.as_str(), heard.lines()), ("key: •••\n", vec!["key: •••".to_owned()]));
    let job = world.fake.object("jobs", &ended.job).unwrap();
    assert!(!job.to_string().contains("s3cret-value"), "{job}");
    let secret = world.fake.object("secrets", &ended.job).unwrap();
    assert_eq!(secret["metadata"]["ownerReferences"][0]["uid"], job["metadata"]["uid"]);
    world.fake.remove("jobs", &ended.job);
    assert!(world.fake.names("secrets").is_empty());
}

#[tokio::test]
async fn the_same_intent_gives_the_result_that_was_accepted() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    let first = world.dispatch(&run, spec()).await.0.unwrap();
    let world = world.restart(&run).await;
    world.fake.remove("jobs", &first.job);
    let (again, heard) = world.dispatch(&run, spec()).await;
    assert_eq!(again.unwrap(), first);
    assert!(heard.lines().is_empty());
    assert_eq!(world.fake.made(), [(first.job, 1)].into());
}

/// `kill -9` while a container works: the Job is found again, and its log goes on behind the last line.
#[tokio::test]
async fn a_restart_finds_the_job_again() {
    let script = Script {
        lines: (0..40).map(|i| format!("line {i}")).collect(),
        between: Duration::from_millis(25),
        ..Script::default()
    };
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let intent = world.intent(&run, 0).await;
    let (cluster, listener) = (world.cluster.clone(), Arc::clone(&heard));
    // Also where no second Job may be made.
    let once = || JobSpec { at_most_once: true, ..spec() };
    let task = tokio::spawn(async move { cluster.dispatch(intent, once(), listener).await });
    until(async || heard.lines().len() > 5).await;
    world.cluster.leave();
    task.abort();
    let _ = task.await;
    let world = world.restart(&run).await;
    // What an expression gave may differ the second time: the Job that exists is the one that counts.
    let other = JobSpec { environment: vec![("NOW".to_owned(), "later".to_owned())], ..once() };
    let (ended, more) = world.dispatch(&run, other).await;
    let ended = ended.unwrap();
    let expected: Vec<String> = (0..40).map(|i| format!("line {i}")).collect();
    // What was kept just before the kill may not have been shown; whoever looks later finds it.
    let kept: Vec<String> = world.store.job_logs(&run, 0).await.unwrap().into_iter().map(|log| log.line).collect();
    assert_eq!(kept, expected);
    assert!(more.lines().len() < expected.len() && expected.ends_with(&more.lines()), "{:?}", more.lines());
    assert_eq!(ended.log.lines().collect::<Vec<_>>(), expected);
    assert_eq!(world.fake.made(), [(ended.job, 1)].into());
}

#[tokio::test]
async fn who_lost_the_run_neither_makes_nor_ends_nor_deletes_a_job() {
    let script = Script { pending: Duration::from_millis(400), ..Script::default() };
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let intent = world.intent(&run, 0).await;
    let heard = Heard::new(world.store.clone());
    let task = tokio::spawn({
        let (cluster, intent) = (world.cluster.clone(), intent.clone());
        async move { cluster.dispatch(intent, spec(), heard).await }
    });
    until(async || !world.fake.names("jobs").is_empty()).await;
    world.own(&run).await;
    let (mine, _) = world.dispatch(&run, spec()).await;
    assert_eq!(task.await.unwrap().unwrap_err().code, "job_fenced");
    mine.unwrap();
    let late = world.cluster.dispatch(intent, spec(), Heard::new(world.store.clone())).await;
    assert_eq!(late.unwrap_err().code, "job_fenced");
    assert_eq!(world.fake.made().len(), 1);
    assert!(world.fake.deleted().is_empty());
}

#[tokio::test]
async fn a_cancelled_job_is_deleted() {
    let world = World::new(|_, _| Script { end: End::Never, ..Script::default() }).await;
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let mut work = Box::pin(world.cluster.dispatch(world.intent(&run, 0).await, spec(), heard.clone()));
    let started = until(async || !heard.lines().is_empty());
    tokio::select! {
        result = &mut work => panic!("{result:?}"),
        () = started => {}
    }
    drop(work);
    until(async || world.fake.names("jobs").is_empty()).await;
    let name = world.fake.deleted().remove(0);
    assert_eq!(world.store.job(&name).await.unwrap().state, JobState::Cancelled);
}

/// The server was down when the run ended: nobody dropped anything.
#[tokio::test]
async fn a_job_that_nobody_wants_is_swept_away() {
    let world = World::new(|_, _| Script { end: End::Never, ..Script::default() }).await;
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let intent = world.intent(&run, 0).await;
    let task = tokio::spawn({
        let cluster = world.cluster.clone();
        async move { cluster.dispatch(intent, spec(), heard).await }
    });
    until(async || !world.fake.names("pods").is_empty()).await;
    world.cluster.leave();
    task.abort();
    let world = world.restart(&run).await;
    let mut update = world.store.run(&run).await.unwrap().update();
    (update.status, update.finished_at) = (flow::RunStatus::Cancelled, Some(2));
    world.store.commit(vec![Op::UpdateRun(Box::new(update))]).await.unwrap();
    world.cluster.sweep();
    until(async || world.fake.names("jobs").is_empty()).await;
}

#[tokio::test]
async fn somebody_elses_job_is_not_taken_for_ours() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    let name = server::cluster::name::job(&run, 2, 0, 1);
    let stranger = json!({"metadata": {"name": name, "labels": {}}, "spec": {"template": {"spec": {}}}});
    let client = world.fake.client();
    let jobs: kube::Api<k8s_openapi::api::batch::v1::Job> = kube::Api::namespaced(client, "flows");
    jobs.create(&Default::default(), &serde_json::from_value(stranger).unwrap()).await.unwrap();
    let error = world.dispatch(&run, spec()).await.0.unwrap_err();
    assert_eq!(error.code, "job_name_taken");
}

#[tokio::test]
async fn each_part_of_a_step_has_its_own_job() {
    let world = World::new(|job, _| Script { lines: vec![job.to_owned()], ..Script::default() }).await;
    let run = world.run().await;
    let parts = futures_util::future::join_all((0..20).map(|part| {
        let world = &world;
        let run = &run;
        async move {
            let heard = Heard::new(world.store.clone());
            world.cluster.dispatch(world.intent(run, part).await, spec(), heard).await.unwrap()
        }
    }))
    .await;
    for ended in &parts {
        assert_eq!(ended.log.trim(), ended.job);
    }
    assert_eq!(world.fake.made().len(), 20);
}

/// A kubelet tells the end of a log up to a second after the container's.
#[tokio::test]
async fn nobody_waits_for_the_end_of_a_logs_stream_and_no_line_is_lost() {
    let lines: Vec<String> = (0..200).map(|i| format!("line {i}")).collect();
    let script = Script { lines: lines.clone(), stream_lasts: Duration::from_secs(20), ..Script::default() };
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let began = Instant::now();
    let (ended, heard) = world.dispatch(&run, spec()).await;
    assert_eq!(ended.unwrap().log.lines().collect::<Vec<_>>(), lines);
    assert_eq!(heard.lines(), lines);
    // 200 lines take a second and more to write.
    assert!(began.elapsed() < Duration::from_millis(2_800), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_must_not_start_twice_does_not_although_the_cluster_is_to_blame() {
    let world = World::new(|_, _| Script { end: End::Evicted, ..Script::default() }).await;
    let run = world.run().await;
    let once = || JobSpec { at_most_once: true, ..spec() };
    assert_eq!(world.dispatch(&run, once()).await.0.unwrap_err().code, "job_evicted");
    assert_eq!(world.fake.made().len(), 1);
    // The server was killed before the step's end was written: the step begins again.
    let world = world.restart(&run).await;
    let error = world.dispatch(&run, once()).await.0.unwrap_err();
    assert_eq!(error.code, "at_most_once");
    assert!(error.message.en.contains("“The cluster removed the container from its machine"), "{error}");
    assert_eq!(world.fake.made().len(), 1);
    let name = world.fake.made().into_keys().next().unwrap();
    assert_eq!(world.store.job(&name).await.unwrap().state, JobState::Failed);
}

/// Killed between the intent and the Job: the intent shows that there was none, as long as a Job would still be there.
#[tokio::test]
async fn an_intent_without_a_job_is_proof_for_less_than_an_hour() {
    let check = async |age_s: i64, expected: Result<i32, &str>| {
        let world = World::new(|_, _| Script::default()).await;
        let run = world.run().await;
        let now = jiff::Timestamp::now().as_millisecond() - age_s * 1_000;
        let once = JobSpec { at_most_once: true, ..spec() };
        let spec_hash = server::cluster::manifest::spec_hash(&once);
        let new = NewJob { run: run.clone(), step: 2, part: 0, epoch: 1, spec_hash, token_hash: None, now };
        world.store.open_job(new, server::cluster::name::job).await.unwrap();
        let result = world.dispatch(&run, once).await.0;
        assert_eq!(result.map(|ended| ended.exit_code).map_err(|error| error.code), expected);
        assert_eq!(world.fake.made().len(), usize::from(expected.is_ok()));
    };
    check(60, Ok(0)).await;
    check(3_100, Err("job_vanished")).await;
}

#[tokio::test]
async fn the_job_of_a_run_that_another_server_cancelled_goes_with_it() {
    let world = World::new(|_, _| Script { end: End::Never, ..Script::default() }).await;
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let mut work = Box::pin(world.cluster.dispatch(world.intent(&run, 0).await, spec(), heard.clone()));
    tokio::select! {
        result = &mut work => panic!("{result:?}"),
        () = until(async || !heard.lines().is_empty()) => {}
    }
    world.own(&run).await;
    let mut update = world.store.run(&run).await.unwrap().update();
    (update.status, update.finished_at) = (flow::RunStatus::Cancelled, Some(2));
    world.store.commit(vec![Op::UpdateRun(Box::new(update))]).await.unwrap();
    let left = Instant::now();
    drop(work);
    until(async || world.fake.names("jobs").is_empty()).await;
    assert!(left.elapsed() < Duration::from_secs(1), "{:?}", left.elapsed());
}
