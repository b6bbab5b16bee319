//! What goes wrong on the cluster is said in a plain sentence.

use std::time::Duration;

use server::cluster::JobSpec;

use crate::fake::{End, Script};
use crate::world::{World, spec, until};

/// The code and a part of the sentence that a container's end leads to.
async fn check(script: Script, spec: JobSpec, code: &str, part: &str) {
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let error = world.dispatch(&run, spec).await.0.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.en.contains(part), "{error}");
    let finished = matches!(code, "job_exit_code" | "out_of_memory");
    // What would go on trying is removed; what ended stays for people to look at.
    until(async || world.fake.names("jobs").is_empty() != finished).await;
}

fn soon() -> JobSpec {
    JobSpec { start_within: Duration::from_millis(900), ..spec() }
}

#[tokio::test]
async fn an_exit_code_with_the_last_line() {
    let lines = vec!["reading".to_owned(), "no such file: x".to_owned()];
    let script = Script { lines, end: End::Exit(3), ..Script::default() };
    check(script, spec(), "job_exit_code", "exit code 3. Its last line: “no such file: x”").await;
}

#[tokio::test]
async fn out_of_memory_with_the_limit() {
    let script = Script { end: End::OutOfMemory, ..Script::default() };
    let resources = server::cluster::Resources { memory_limit: "64Mi".to_owned(), ..Default::default() };
    check(script, JobSpec { resources, ..spec() }, "out_of_memory", "its limit is 64Mi").await;
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled() {
    let end = End::Stuck("ImagePullBackOff", "Back-off pulling image \"example/tool:1\"".to_owned());
    check(Script { end, ..Script::default() }, soon(), "image_pull", "'example/tool:1' can't be pulled").await;
}

#[tokio::test]
async fn a_bad_image_name_at_once() {
    let end = End::Stuck("InvalidImageName", "couldn't parse".to_owned());
    check(Script { end, ..Script::default() }, spec(), "image_name", "is not the name of an image").await;
}

#[tokio::test]
async fn no_room_and_which_resource() {
    let why =
        "0/3 nodes are available: 1 Insufficient memory, 3 Insufficient cpu. preemption: 0/3 nodes are available.";
    let script = Script { end: End::Unschedulable(why.to_owned()), ..Script::default() };
    check(script, soon(), "unschedulable", "(not enough memory and cpu)").await;
}

#[tokio::test]
async fn an_admission_that_was_refused() {
    let why = "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": hostNetwork";
    let script = Script { end: End::Refused(why.to_owned()), ..Script::default() };
    check(script, spec(), "job_refused", "violates PodSecurity").await;
}

#[tokio::test]
async fn a_quota_is_waited_for_then_said() {
    let why = "pods \"x\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2";
    let script = Script { end: End::Refused(why.to_owned()), ..Script::default() };
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let (result, heard) = world.dispatch(&run, soon()).await;
    assert_eq!(result.unwrap_err().code, "job_quota");
    assert!(heard.waits().iter().any(|why| why.contains("exceeded quota")), "{:?}", heard.waits());
}

#[tokio::test]
async fn an_eviction_is_tried_again_outside_the_users_count() {
    let script =
        |job: &str| Script { end: if job.ends_with("-1") { End::Evicted } else { End::Exit(0) }, ..Script::default() };
    let world = World::new(move |job, _| script(job)).await;
    let run = world.run().await;
    let (result, heard) = world.dispatch(&run, spec()).await;
    assert_eq!(result.unwrap().attempt, 2);
    let said = heard.said.lock().unwrap().clone();
    assert!(said[0].contains("the machine is drained") && said[0].ends_with("It is tried again (1 of 4)."), "{said:?}");
}

#[tokio::test]
async fn a_job_that_was_deleted_is_said_to_be() {
    let world = World::new(|_, _| Script { end: End::Never, ..Script::default() }).await;
    let run = world.run().await;
    let remove = async {
        until(async || world.fake.names("pods").len() == 1).await;
        let name = world.fake.names("jobs").remove(0);
        world.fake.remove("jobs", &name);
    };
    let (result, ()) = tokio::join!(world.dispatch(&run, spec()), remove);
    let error = result.0.unwrap_err();
    assert_eq!(error.code, "job_vanished", "{error}");
}

#[tokio::test]
async fn an_api_server_that_is_away_is_waited_for() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    world.fake.set_down(true);
    let back = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.fake.set_down(false);
    };
    let (result, ()) = tokio::join!(world.dispatch(&run, spec()), back);
    result.0.unwrap();
    let waits = result.1.waits();
    assert_eq!(waits[0], "Waiting for the cluster's API server: connection refused");
    assert_eq!(result.1.waits.lock().unwrap().last(), Some(&None));
}
