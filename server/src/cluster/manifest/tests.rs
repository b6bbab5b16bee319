use flow::BlobRef;
use serde_json::Value;

use super::*;

fn intent() -> Intent {
    Intent { run: "0192f4c8-7b1e-7c3a-9f00-0123456789ab".to_owned(), step: 3, part: 0, epoch: 1 }
}

fn made(spec: &JobSpec) -> (Value, Option<Secret>) {
    let intent = intent();
    let helper =
        Helper { image: "fluxo:1".to_owned(), pull_policy: "IfNotPresent", url: "http://fluxo:8080".to_owned() };
    let this = Try {
        namespace: "flows",
        instance: "i1",
        intent: &intent,
        attempt: 1,
        name: "fluxo-a-3-0-1",
        helper: Some(&helper),
        token: spec.needs_server().then_some("token"),
    };
    let made = make(spec, &this);
    (serde_json::to_value(made.job).unwrap(), made.secret)
}

#[test]
fn a_pod_is_harmless_by_default() {
    let (job, secret) = made(&JobSpec { image: "busybox".to_owned(), ..JobSpec::default() });
    let (spec, pod) = (&job["spec"], &job["spec"]["template"]["spec"]);
    assert_eq!((&spec["backoffLimit"], &spec["ttlSecondsAfterFinished"]), (&0.into(), &3_600.into()));
    assert_eq!((&spec["activeDeadlineSeconds"], &spec["podReplacementPolicy"]), (&3_600.into(), &"Failed".into()));
    assert_eq!((&pod["restartPolicy"], &pod["automountServiceAccountToken"]), (&"Never".into(), &false.into()));
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let main = &pod["containers"][0]["securityContext"];
    assert_eq!((&main["allowPrivilegeEscalation"], &main["readOnlyRootFilesystem"]), (&false.into(), &true.into()));
    assert_eq!(main["capabilities"]["drop"][0], "ALL");
    for never in ["hostPath", "hostNetwork", "hostPID", "serviceAccountName"] {
        assert!(!job.to_string().contains(never), "{never}");
    }
    assert!(secret.is_none() && pod.get("initContainers").is_none());
}

#[test]
fn secrets_are_not_in_the_job() {
    let spec = JobSpec {
        environment: vec![("PRICE".to_owned(), "$(KEY) $5".to_owned())],
        secret_environment: vec![("KEY".to_owned(), "hidden".to_owned())],
        files: vec![("files/0/a.pdf".to_owned(), "pdf".into())],
        ..JobSpec::default()
    };
    let (job, secret) = made(&spec);
    assert!(!job.to_string().contains("hidden"));
    let main = &job["spec"]["template"]["spec"]["containers"][0];
    let variable = |name: &str| main["env"].as_array().unwrap().iter().find(|v| v["name"] == name).unwrap().clone();
    assert_eq!(variable("KEY")["valueFrom"]["secretKeyRef"]["key"], "env-0");
    // Kubernetes would put in the value of KEY.
    assert_eq!(variable("PRICE")["value"], "$$(KEY) $$5");
    let data = secret.unwrap().data.unwrap();
    assert_eq!((&data["env-0"].0[..], &data["file-0"].0[..]), (&b"hidden"[..], &b"pdf"[..]));
}

#[test]
fn files_are_moved_by_our_own_image_around_the_work() {
    let blob = BlobRef { id: "b1".to_owned(), file_name: "a.pdf".to_owned(), mime: String::new(), size: 9 };
    let spec = JobSpec {
        image: "tool".to_owned(),
        fetch: vec![("files/0/a.pdf".to_owned(), blob)],
        keep_files: true,
        ..JobSpec::default()
    };
    let (job, secret) = made(&spec);
    let pod = &job["spec"]["template"]["spec"];
    let names = |list: &str| -> Vec<String> {
        let list = pod[list].as_array().unwrap();
        list.iter().map(|c| format!("{} {}", c["name"].as_str().unwrap(), c["image"].as_str().unwrap())).collect()
    };
    assert_eq!(names("initContainers"), ["fetch fluxo:1", "main tool"]);
    assert_eq!(names("containers"), ["keep fluxo:1"]);
    let main = &pod["initContainers"][1];
    // The container itself gets no token.
    assert!(!main.to_string().contains("FLUXO_JOB_TOKEN"), "{main}");
    assert!(secret.unwrap().data.unwrap().contains_key(LIST));
}

#[test]
fn the_hash_tells_what_was_asked_for() {
    let base = JobSpec { image: "a".to_owned(), ..JobSpec::default() };
    let hash = spec_hash(&base);
    assert_eq!(hash, spec_hash(&base.clone()));
    let others = [
        JobSpec { image: "b".to_owned(), ..base.clone() },
        JobSpec { arguments: vec!["x".to_owned()], ..base.clone() },
        JobSpec { secret_environment: vec![("K".to_owned(), "v".to_owned())], ..base.clone() },
        JobSpec { files: vec![("f".to_owned(), "1".into())], ..base.clone() },
    ];
    for other in others {
        assert_ne!(spec_hash(&other), hash);
    }
}
