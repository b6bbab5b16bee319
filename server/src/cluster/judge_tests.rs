use super::*;

fn patience(seconds: u64) -> Patience {
    Patience {
        age: Duration::from_secs(seconds),
        start_within: Duration::from_secs(300),
        timeout: Duration::from_secs(600),
    }
}

fn pod() -> PodSeen {
    PodSeen {
        name: "p".to_owned(),
        phase: "Pending".to_owned(),
        node: "m1".to_owned(),
        image: "tool".to_owned(),
        memory_limit: "1Gi".to_owned(),
        ..PodSeen::default()
    }
}

fn exit(code: i32, reason: &str) -> State {
    State::Ended(Exit { code, reason: reason.to_owned(), ..Exit::default() })
}

fn waiting(reason: &str) -> State {
    State::Waiting(reason.to_owned(), "because".to_owned())
}

/// In one word what the verdict is.
fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Waiting(..) => "waiting".to_owned(),
        Verdict::Running { .. } => "running".to_owned(),
        Verdict::Succeeded { .. } => "succeeded".to_owned(),
        Verdict::Exited { exit, .. } => format!("exit {}", exit.code),
        Verdict::Failed(failure, _) => failure.code.to_owned(),
        Verdict::Missing => "missing".to_owned(),
    }
}

fn check(pod: PodSeen, job: JobSeen, seconds: u64, expected: &str) {
    let seen = Seen { job: Some(job), pods: vec![pod.clone()], ..Seen::default() };
    assert_eq!(word(judge(&seen, patience(seconds))), expected, "{pod:?}");
}

fn failed(reason: &str) -> JobSeen {
    JobSeen { failed: Some((reason.to_owned(), String::new())), ..JobSeen::default() }
}

#[test]
fn a_pod_decides() {
    let at_work = JobSeen::default();
    check(pod(), at_work.clone(), 1, "waiting");
    check(pod(), at_work.clone(), 301, "job_not_started");
    check(PodSeen { main: State::Running(None), phase: "Running".into(), ..pod() }, at_work.clone(), 500, "running");
    let ended = |state: State| PodSeen { main: state, phase: "Failed".into(), ..pod() };
    check(PodSeen { phase: "Succeeded".into(), ..ended(exit(0, "Completed")) }, at_work.clone(), 9, "succeeded");
    // A short one ends before anybody saw it work: the phase lags behind.
    check(PodSeen { main: exit(0, "Completed"), ..pod() }, at_work.clone(), 9, "succeeded");
    check(ended(exit(3, "Error")), at_work.clone(), 9, "exit 3");
    check(ended(exit(137, "OOMKilled")), at_work.clone(), 9, "out_of_memory");
    check(ended(exit(128, "StartError")), at_work.clone(), 9, "container_start");
    // Out of memory stays that, whatever the Job says.
    check(ended(exit(137, "OOMKilled")), failed("BackoffLimitExceeded"), 9, "out_of_memory");
}

#[test]
fn what_keeps_a_container_from_starting() {
    let at_work = JobSeen::default;
    let main = |reason: &str| PodSeen { main: waiting(reason), ..pod() };
    check(main("ErrImagePull"), at_work(), 5, "waiting");
    check(main("ImagePullBackOff"), at_work(), 60, "image_pull");
    check(main("InvalidImageName"), at_work(), 0, "image_name");
    check(main("ErrImageNeverPull"), at_work(), 0, "image_missing");
    check(main("CreateContainerConfigError"), at_work(), 5, "waiting");
    check(main("CreateContainerConfigError"), at_work(), 20, "object_missing");
    let root = State::Waiting(
        "CreateContainerConfigError".to_owned(),
        "container has runAsNonRoot and image will run as root".to_owned(),
    );
    check(PodSeen { main: root, ..pod() }, at_work(), 0, "container_root");
    let no_room = PodSeen { unscheduled: Some("0/1 nodes: 1 Insufficient cpu.".to_owned()), ..pod() };
    check(no_room.clone(), at_work(), 299, "waiting");
    check(no_room, at_work(), 300, "unschedulable");
}

#[test]
fn what_ends_a_pod_from_outside() {
    let at_work = JobSeen::default;
    let running = PodSeen { main: State::Running(None), phase: "Running".into(), ..pod() };
    let disrupted =
        |reason: &str| PodSeen { disrupted: Some((reason.to_owned(), "drained".to_owned())), ..running.clone() };
    check(disrupted("EvictionByEvictionAPI"), at_work(), 9, "job_evicted");
    check(disrupted("DeletionByTaintManager"), at_work(), 9, "node_lost");
    check(PodSeen { reason: "Evicted".into(), phase: "Failed".into(), ..pod() }, at_work(), 9, "job_evicted");
    check(PodSeen { main: exit(143, "Error"), ..running.clone() }, failed("DeadlineExceeded"), 9, "job_deadline");
    // Stopped by somebody: what the Job says next tells by whom.
    let stopping = PodSeen { main: exit(143, "Error"), deleting: true, ..running.clone() };
    check(stopping.clone(), at_work(), 9, "running");
    check(stopping, failed("BackoffLimitExceeded"), 9, "pod_gone");
}

#[test]
fn a_job_without_a_pod() {
    let check = |job: Option<JobSeen>, refused: Option<&str>, seconds: u64, expected: &str| {
        let seen = Seen { job, refused: refused.map(str::to_owned), ..Seen::default() };
        assert_eq!(word(judge(&seen, patience(seconds))), expected);
    };
    check(None, None, 0, "missing");
    check(Some(JobSeen::default()), None, 9, "waiting");
    check(Some(JobSeen::default()), None, 300, "job_not_started");
    check(Some(failed("DeadlineExceeded")), None, 9, "job_deadline");
    check(Some(failed("BackoffLimitExceeded")), None, 9, "pod_gone");
    check(Some(JobSeen::default()), Some("violates PodSecurity"), 5, "job_refused");
    check(Some(JobSeen::default()), Some("exceeded quota: q"), 299, "waiting");
    check(Some(JobSeen::default()), Some("exceeded quota: q"), 300, "job_quota");
    check(Some(JobSeen { suspended: true, ..JobSeen::default() }), None, 9, "waiting");
}

#[test]
fn files_are_kept_before_it_is_over() {
    let at_work = JobSeen::default;
    let done = PodSeen { main: exit(0, "Completed"), phase: "Pending".into(), keeps: true, ..pod() };
    check(done.clone(), at_work(), 9, "running");
    check(PodSeen { keep: waiting("PodInitializing"), ..done.clone() }, at_work(), 9, "running");
    check(PodSeen { keep: State::Running(None), phase: "Running".into(), ..done.clone() }, at_work(), 9, "running");
    check(PodSeen { keep: exit(0, "Completed"), phase: "Succeeded".into(), ..done.clone() }, at_work(), 9, "succeeded");
    check(PodSeen { keep: exit(1, "Error"), phase: "Failed".into(), ..done.clone() }, at_work(), 9, "job_files");
    // Its machine was taken away before the files were sent.
    check(PodSeen { reason: "Evicted".into(), phase: "Failed".into(), ..done.clone() }, at_work(), 9, "job_evicted");
    check(PodSeen { phase: "Failed".into(), ..done.clone() }, failed("BackoffLimitExceeded"), 9, "pod_gone");
    check(PodSeen { fetch: exit(1, "Error"), phase: "Failed".into(), ..pod() }, at_work(), 9, "job_files");
}

#[test]
fn of_two_pods_the_one_that_ended_well_counts() {
    let good = PodSeen { uid: "1".into(), main: exit(0, "Completed"), phase: "Succeeded".into(), ..pod() };
    let bad = PodSeen { uid: "2".into(), main: exit(1, "Error"), phase: "Failed".into(), ..pod() };
    let seen = Seen { job: Some(JobSeen::default()), pods: vec![bad, good], ..Seen::default() };
    assert_eq!(word(judge(&seen, patience(9))), "succeeded");
}

/// The Job's time limit is shorter than the time in which its container must have started, or as long, as that of a run.
#[test]
fn a_deadline_that_comes_before_the_start_says_what_kept_the_container() {
    let check = |pods: Vec<PodSeen>, held: Option<Failure>, code: &str, part: &str| {
        let seen = Seen { job: Some(failed("DeadlineExceeded")), pods, held, refused: None };
        for start_within in [300, 60] {
            let start_within = Duration::from_secs(start_within);
            let patience = Patience { age: Duration::from_secs(61), start_within, timeout: Duration::from_secs(60) };
            let Verdict::Failed(failure, _) = judge(&seen, patience) else { panic!("{seen:?}") };
            assert_eq!(failure.code, code, "{seen:?}");
            assert!(failure.message.en.contains(part), "{failure}");
        }
    };
    let no_room = || Some("0/1 nodes are available: 1 Insufficient cpu.".to_owned());
    // The pod is still there, as it was.
    check(vec![PodSeen { main: waiting("ErrImagePull"), ..pod() }], None, "image_pull", "'tool' can't be pulled");
    check(vec![PodSeen { unscheduled: no_room(), ..pod() }], None, "unschedulable", "(not enough cpu)");
    check(vec![pod()], None, "job_not_started", "did not start within 60 seconds");
    // It went with the deadline, or says no more than that it is over.
    let pull = || Some(Failure::image_pull("tool", "no such host"));
    check(Vec::new(), pull(), "image_pull", "no such host");
    check(Vec::new(), Some(Failure::quota("exceeded quota: q")), "job_quota", "exceeded quota: q");
    let unknown = PodSeen { main: exit(137, "ContainerStatusUnknown"), phase: "Failed".into(), ..pod() };
    check(vec![unknown.clone()], pull(), "image_pull", "no such host");
    // What had begun is the limit's to end, whatever it waited for before.
    check(vec![PodSeen { main: exit(143, "Error"), ..pod() }], pull(), "job_deadline", "after 60 seconds");
    check(vec![PodSeen { main: State::Running(None), ..pod() }], pull(), "job_deadline", "after 60 seconds");
    check(vec![unknown], None, "job_deadline", "after 60 seconds");
}
