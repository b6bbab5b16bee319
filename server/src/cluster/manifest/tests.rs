use flow::BlobRef;
use serde_json::Value;

use super::*;
use crate::cluster::Toleration;

fn intent() -> Intent {
    Intent { run: "0192f4c8-7b1e-7c3a-9f00-0123456789ab".to_owned(), step: 3, part: 0, epoch: 1 }
}

fn made(spec: &JobSpec) -> (Value, Option<Secret>) {
    made_with(spec, &[])
}

fn made_with(spec: &JobSpec, pull_secrets: &[String]) -> (Value, Option<Secret>) {
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
        pull_secrets,
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
    let blob = BlobRef { id: "b1".to_owned(), file_name: "a.pdf".to_owned(), mime: String::new(), size: 9 };
    let pair = || vec![("k".to_owned(), "v".to_owned())];
    let of = |resources: Resources| JobSpec { resources, ..base.clone() };
    let bears = |key: &str, value: Option<&str>, effect: Option<&str>| {
        let (value, effect) = (value.map(str::to_owned), effect.map(str::to_owned));
        JobSpec { tolerations: vec![Toleration { key: key.to_owned(), value, effect }], ..base.clone() }
    };
    let (time, one) = (std::time::Duration::from_secs(7), || "1".to_owned());
    let others = [
        base.clone(),
        JobSpec { component: "run", ..base.clone() },
        JobSpec { image: "b".to_owned(), ..base.clone() },
        JobSpec { pull_policy: "Never".to_owned(), ..base.clone() },
        JobSpec { command: vec!["x".to_owned()], ..base.clone() },
        JobSpec { arguments: vec!["x".to_owned()], ..base.clone() },
        JobSpec { environment: pair(), ..base.clone() },
        JobSpec { secret_environment: pair(), ..base.clone() },
        of(Resources { cpu_request: one(), ..Resources::default() }),
        of(Resources { cpu_limit: one(), ..Resources::default() }),
        of(Resources { memory_request: one(), ..Resources::default() }),
        of(Resources { memory_limit: one(), ..Resources::default() }),
        of(Resources { gpus: 1, ..Resources::default() }),
        JobSpec { scratch: "2Gi".to_owned(), ..base.clone() },
        JobSpec { timeout: time, ..base.clone() },
        JobSpec { start_within: time, ..base.clone() },
        JobSpec { user: 7, ..base.clone() },
        JobSpec { files: vec![("f".to_owned(), "1".into())], ..base.clone() },
        JobSpec { files: vec![("f".to_owned(), "2".into())], ..base.clone() },
        JobSpec { fetch: vec![("f".to_owned(), blob)], ..base.clone() },
        JobSpec { keep_files: true, ..base.clone() },
        JobSpec { server_access: true, ..base.clone() },
        JobSpec { max_log: 7, ..base.clone() },
        JobSpec { keep_log: true, ..base.clone() },
        JobSpec { at_most_once: true, ..base.clone() },
        JobSpec { node_selector: pair(), ..base.clone() },
        bears("dedicated", None, None),
        bears("gpu", None, None),
        bears("dedicated", Some("x"), None),
        bears("dedicated", None, Some("NoSchedule")),
        JobSpec { priority_class: Some("high".to_owned()), ..base.clone() },
    ];
    let hashes: std::collections::BTreeSet<String> = others.iter().map(spec_hash).collect();
    assert_eq!(hashes.len(), others.len(), "two that differ have one hash");
    assert_eq!(spec_hash(&base), spec_hash(&base.clone()));
}

#[test]
fn every_pod_is_pulled_with_the_secrets_of_the_namespace() {
    for spec in [
        JobSpec { image: "tool".to_owned(), ..JobSpec::default() },
        JobSpec { image: "tool".to_owned(), keep_files: true, ..JobSpec::default() },
        JobSpec { component: "run", server_access: true, ..JobSpec::default() },
    ] {
        let secrets = made_with(&spec, &["registry".to_owned(), "other".to_owned()]).0;
        let pod = &secrets["spec"]["template"]["spec"];
        assert_eq!(pod["imagePullSecrets"], serde_json::json!([{"name": "registry"}, {"name": "other"}]));
        assert!(made(&spec).0["spec"]["template"]["spec"].get("imagePullSecrets").is_none());
    }
}
