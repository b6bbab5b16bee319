//! The same on a real cluster, where `FLUXO_TEST_KUBECONFIG` names one: `cargo xtask cluster up` makes it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::batch::v1::Job;
use kube::Api;
use server::cluster::{Failure, JobSpec, Resources};

use crate::world::{Heard, World, until};

/// An image with a shell.
const IMAGE: &str = "localhost/busybox:dev";

async fn world() -> Option<World> {
    let kubeconfig = std::env::var("FLUXO_TEST_KUBECONFIG").ok()?;
    let namespace = std::env::var("FLUXO_TEST_NAMESPACE").unwrap_or_else(|_| "default".to_owned());
    Some(World::real(&kubeconfig, &namespace).await)
}

fn shell(script: &str) -> JobSpec {
    let command = ["sh", "-c"].map(str::to_owned).to_vec();
    let image = std::env::var("FLUXO_TEST_IMAGE").unwrap_or_else(|_| IMAGE.to_owned());
    JobSpec { image, command, arguments: vec![script.to_owned()], keep_log: true, ..JobSpec::default() }
}

async fn failure(world: &World, spec: JobSpec) -> Failure {
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let intent = world.intent(&run, 0).await;
    let limit = Duration::from_secs(150);
    let ended = tokio::time::timeout(limit, world.cluster.dispatch(intent, spec, heard)).await;
    ended.expect("it ends").unwrap_err()
}

#[tokio::test]
async fn real_containers_run() {
    let Some(world) = world().await else { return };
    let run = world.run().await;
    let spec = JobSpec {
        secret_environment: vec![("KEY".to_owned(), "s3cret-value".to_owned())],
        environment: vec![("NAME".to_owned(), "$(KEY) $HOME".to_owned())],
        files: vec![("input.json".to_owned(), "[1]".into()), ("files/0/a b.txt".to_owned(), "file".into())],
        ..shell(
            "id -u; echo \"$NAME\"; echo $KEY | wc -c; cat /fluxo/in/input.json '/fluxo/in/files/0/a b.txt'; echo; \
             touch /tmp/x && touch /x; ls /var/run/secrets/kubernetes.io 2>&1 | wc -l; echo $KEY",
        )
    };
    let (ended, heard) = world.dispatch(&run, spec).await;
    let ended = ended.unwrap();
    let lines = heard.lines();
    assert_eq!(lines[..4], ["65532", "$(KEY) $HOME", "13", "[1]file"], "{lines:?}");
    assert!(lines[4].contains("Read-only file system"), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "•••");
    assert_eq!((ended.exit_code, ended.log.lines().count()), (0, lines.len()));
}

#[tokio::test]
async fn real_failures_are_said_plainly() {
    let Some(world) = world().await else { return };
    let check = async |spec: JobSpec, code: &str, part: &str| {
        let error = failure(&world, spec).await;
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(part), "{error}");
        println!("{code}: {error}");
    };
    let limits = |memory: &str| Resources { memory_limit: memory.to_owned(), ..Resources::default() };
    let hungry = "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done";
    let gone = JobSpec { image: "localhost/does-not-exist:1".to_owned(), ..shell("") };
    let soon = Duration::from_secs(4);
    let huge = Resources { cpu_request: "500".to_owned(), ..Resources::default() };
    tokio::join!(
        check(shell("echo no such thing >&2; exit 3"), "job_exit_code", "exit code 3. Its last line: “no such thing”"),
        check(shell("nothere"), "job_exit_code", "The command was not found"),
        check(JobSpec { resources: limits("16Mi"), ..shell(hungry) }, "out_of_memory", "its limit is 16Mi"),
        check(JobSpec { start_within: soon, ..gone.clone() }, "image_pull", "localhost/does-not-exist:1"),
        check(JobSpec { pull_policy: "Never".to_owned(), ..gone }, "image_missing", "not on the machine"),
        check(JobSpec { image: "Not A Name".to_owned(), ..shell("") }, "image_name", "'Not A Name'"),
        check(JobSpec { resources: huge, start_within: soon, ..shell("") }, "unschedulable", "(not enough cpu)"),
        check(JobSpec { timeout: Duration::from_secs(3), ..shell("sleep 60") }, "job_deadline", "after 3 seconds"),
        check(JobSpec { command: vec!["/nothing".to_owned()], ..shell("") }, "container_start", "no such file"),
        check(JobSpec { resources: limits("no"), ..shell("") }, "job_invalid", "quantities"),
    );
}

#[tokio::test]
async fn a_real_job_is_found_again_after_a_restart() {
    let Some(world) = world().await else { return };
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let intent = world.intent(&run, 0).await;
    let script = "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.1; done";
    let (cluster, listener) = (world.cluster.clone(), Arc::clone(&heard));
    let task = tokio::spawn(async move { cluster.dispatch(intent, shell(script), listener).await });
    until(async || heard.lines().len() > 5).await;
    world.cluster.leave();
    task.abort();
    let _ = task.await;
    let world = world.restart(&run).await;
    let (ended, more) = world.dispatch(&run, shell(script)).await;
    let ended = ended.unwrap();
    let expected: Vec<String> = (0..40).map(|i| format!("line {i}")).collect();
    assert_eq!([heard.lines(), more.lines()].concat(), expected);
    assert_eq!(ended.log.lines().collect::<Vec<_>>(), expected);
    assert!(ended.job.ends_with("-2-0-1"), "{}", ended.job);
}

#[tokio::test]
async fn a_cancelled_real_job_goes_with_all_it_made() {
    let Some(world) = world().await else { return };
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let spec = JobSpec { files: vec![("input.json".to_owned(), "1".into())], ..shell("echo on; sleep 600") };
    let mut work = Box::pin(world.cluster.dispatch(world.intent(&run, 0).await, spec, heard.clone()));
    tokio::select! {
        result = &mut work => panic!("{result:?}"),
        () = until(async || !heard.lines().is_empty()) => {}
    }
    drop(work);
    let jobs: Api<Job> = Api::namespaced(world.client.clone(), world.cluster.namespace().unwrap());
    let name = server::cluster::name::job(&run, 2, 0, 1);
    until(async || jobs.get_opt(&name).await.unwrap().is_none()).await;
}

/// Lines reach the run while the container works.
#[tokio::test]
async fn real_lines_are_heard_at_once() {
    let Some(world) = world().await else { return };
    let run = world.run().await;
    let heard = Heard::new(world.store.clone());
    let intent = world.intent(&run, 0).await;
    let spec = shell("i=0; while [ $i -lt 20 ]; do date +%s.%N; i=$((i+1)); sleep 0.2; done");
    let (cluster, listener) = (world.cluster.clone(), Arc::clone(&heard));
    let task = tokio::spawn(async move { cluster.dispatch(intent, spec, listener).await });
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut late = Vec::new();
    let begin = Instant::now();
    while seen.len() < 20 && begin.elapsed() < Duration::from_secs(60) {
        let now = jiff::Timestamp::now().as_duration().as_secs_f64();
        for (i, line) in heard.lines().iter().enumerate() {
            if seen.insert(i) && i > 4 {
                late.push(now - line.parse::<f64>().unwrap());
            }
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    task.await.unwrap().unwrap();
    late.sort_by(f64::total_cmp);
    let median = late[late.len() / 2];
    println!("a line is heard {:.0} ms after it was written (median of {})", median * 1e3, late.len());
    assert!(median < 0.3, "{late:?}");
}
