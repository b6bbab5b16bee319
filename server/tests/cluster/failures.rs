//! What goes wrong on the cluster is said in a plain sentence.

use std::time::Duration;

use server::cluster::JobSpec;

use crate::fake::{End, Fake, Faults, Script};
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

/// The Job's time is over before its container started: what kept it is said, and not that it should get more time.
#[tokio::test]
async fn a_deadline_says_what_kept_the_container_from_starting() {
    let short = || JobSpec { timeout: Duration::from_secs(1), ..spec() };
    // As long as each other, as for a run on the cluster.
    let equal = || JobSpec { start_within: Duration::from_secs(1), ..short() };
    let stuck = End::Stuck("ImagePullBackOff", "Back-off pulling image \"example/tool:1\"".to_owned());
    let full = End::Unschedulable("0/3 nodes are available: 3 Insufficient cpu.".to_owned());
    for spec in [short(), equal()] {
        let script = |end: &End| Script { end: end.clone(), ..Script::default() };
        ended_late(script(&stuck), spec.clone(), "image_pull", "'example/tool:1' can't be pulled").await;
        ended_late(script(&full), spec, "unschedulable", "(not enough cpu)").await;
    }
    let works = Script { end: End::Never, ..Script::default() };
    ended_late(works, short(), "job_deadline", "after 1 seconds").await;
}

async fn ended_late(script: Script, spec: JobSpec, code: &str, part: &str) {
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let error = world.dispatch(&run, spec).await.0.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.en.contains(part), "{error}");
}

/// The log can't be read any more: what the cluster kept of its end is said, and holds no secret either.
#[tokio::test]
async fn last_words_are_masked_like_lines() {
    let said = "cond-part of it\ncan't sign in with hunter2-hunter2 at the end";
    let script = Script { lines: Vec::new(), end: End::Said(3, said.to_owned()), ..Script::default() };
    let world = World::new(move |_, _| script.clone()).await;
    let run = world.run().await;
    let secret = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let secrets = vec![secret("A", "hunter2-hunter2"), secret("B", "the-second-part"), secret("C", "end")];
    let error = world.dispatch(&run, JobSpec { secret_environment: secrets, ..spec() }).await.0.unwrap_err();
    assert_eq!(error.code, "job_exit_code", "{error}");
    // What has less than five characters is not masked.
    assert!(error.message.en.contains("Its last line: “can't sign in with ••• at the end”"), "{error}");
    assert_eq!(error.details["log"], "••• of it\ncan't sign in with ••• at the end");
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

const FULL: &str = "jobs.batch \"x\" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: \
                    count/jobs.batch=5, limited: count/jobs.batch=5";

#[tokio::test]
async fn a_quota_of_jobs_is_waited_for() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    world.fake.refuse_jobs(Some((403, FULL)));
    let room = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.fake.refuse_jobs(None);
    };
    let (result, ()) = tokio::join!(world.dispatch(&run, spec()), room);
    result.0.unwrap();
    let waits = result.1.waits();
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert!(waits[0].starts_with("The cluster takes no Job yet: ") && waits[0].contains("exceeded quota"), "{waits:?}");
}

#[tokio::test]
async fn a_quota_of_jobs_is_said_in_the_end() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    world.fake.refuse_jobs(Some((403, FULL)));
    assert_eq!(world.dispatch(&run, soon()).await.0.unwrap_err().code, "job_quota");
    assert!(world.fake.made().is_empty());
}

#[tokio::test]
async fn a_policy_that_refuses_the_job_is_said() {
    let world = World::new(|_, _| Script::default()).await;
    let run = world.run().await;
    let why = "jobs.batch \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no, sorry";
    world.fake.refuse_jobs(Some((422, why)));
    let error = world.dispatch(&run, spec()).await.0.unwrap_err();
    assert_eq!(error.code, "job_refused", "{error}");
    assert!(error.message.en.contains("no, sorry"), "{error}");
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

/// No Job is there whose change a watcher would tell.
#[tokio::test]
async fn a_quiet_cluster_that_answers_again_is_not_said_to_be_away() {
    let world = World::new(|_, _| Script::default()).await;
    world.dispatch(&world.run().await, spec()).await.0.unwrap();
    assert_eq!(world.cluster.ready(), Ok(()));
    world.fake.set_down(true);
    until(async || world.cluster.ready().is_err()).await;
    world.fake.set_down(false);
    let begun = std::time::Instant::now();
    until(async || world.cluster.ready().is_ok()).await;
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_cluster_that_never_answered_is_said_to_be_away_all_the_time() {
    let fake = Fake::new(1, Faults::default(), |_, _| Script::default());
    fake.set_down(true);
    let world = World::with(fake).await;
    until(async || world.cluster.ready().is_err()).await;
    // A watcher that begins anew tells so before it asks.
    for _ in 0..250 {
        assert!(world.cluster.ready().is_err());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
