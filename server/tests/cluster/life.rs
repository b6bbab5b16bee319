//! A Job from its intent to its result.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use server::cluster::JobSpec;
use server::store::JobState;

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
    let task = tokio::spawn(async move { cluster.dispatch(intent, spec(), listener).await });
    until(async || heard.lines().len() > 5).await;
    world.cluster.leave();
    task.abort();
    let _ = task.await;
    let world = world.restart(&run).await;
    // What an expression gave may differ the second time: the Job that exists is the one that counts.
    let other = JobSpec { environment: vec![("NOW".to_owned(), "later".to_owned())], ..spec() };
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
    world.store.commit(vec![server::store::Op::UpdateRun(Box::new(update))]).await.unwrap();
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
