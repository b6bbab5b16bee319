//! The Job and the Secret that fulfil an intent, with the defaults that keep a pod harmless: no service account token, no
//! root, no privileges, a root file system that can't be written, a deadline, and an end to its traces.

mod hash;

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::batch::v1::{Job, JobSpec as BatchSpec};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, EmptyDirVolumeSource, EnvVar, EnvVarSource, KeyToPath, LocalObjectReference,
    PodSecurityContext, PodSpec, PodTemplateSpec, ResourceRequirements, SeccompProfile, Secret, SecretKeySelector,
    SecretVolumeSource, SecurityContext, Toleration, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::json;

use super::spec::{Intent, JobSpec, Resources};
use super::{Helper, name};
pub use hash::spec_hash;

/// The container that does the work.
pub const MAIN: &str = "main";
/// Helpers of Fluxo's own image.
pub const FETCH: &str = "fetch";
pub const KEEP: &str = "keep";
/// Folder with what the container is given; read only.
pub const INPUT: &str = "/fluxo/in";
/// Folder whose files are kept.
pub const OUTPUT: &str = "/fluxo/out";
/// Where helpers see the Secret's files.
const GIVEN: &str = "/fluxo/given";
/// List of the files to fetch, in the Secret.
pub const LIST: &str = "fetch.json";
/// Finished Jobs stay this long, in seconds: enough to harvest them after an outage, and for people to look.
pub(super) const STAY: i32 = 3_600;
/// Seconds that a container gets between SIGTERM and its end.
const GRACE: i64 = 30;
/// Seconds on a node that is not ready or not reachable.
const LOST_NODE: i64 = 30;

/// Names, in the order in which a pod needs them.
pub struct Made {
    pub job: Job,
    /// Absent when there is nothing in it. Its owner is set when the Job exists.
    pub secret: Option<Secret>,
    pub spec_hash: String,
}

/// What belongs to one try of an intent.
pub struct Try<'a> {
    pub namespace: &'a str,
    pub instance: &'a str,
    pub intent: &'a Intent,
    pub attempt: u32,
    pub name: &'a str,
    /// For pods that talk to this server.
    pub helper: Option<&'a Helper>,
    /// Secrets in the namespace with which images are pulled, the helpers' as well as the work's.
    pub pull_secrets: &'a [String],
    pub token: Option<&'a str>,
}

/// The objects for one try.
pub fn make(spec: &JobSpec, this: &Try<'_>) -> Made {
    let labels = name::labels(this.instance, spec.component, this.intent, this.attempt);
    let spec_hash = spec_hash(spec);
    let secret = secret(spec, this, &labels);
    let metadata = ObjectMeta {
        name: Some(this.name.to_owned()),
        namespace: Some(this.namespace.to_owned()),
        labels: Some(labels.clone()),
        annotations: Some(BTreeMap::from([(name::SPEC_HASH.to_owned(), spec_hash.clone())])),
        ..ObjectMeta::default()
    };
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta { labels: Some(labels), ..ObjectMeta::default() }),
        spec: Some(pod(spec, this)),
    };
    let job = BatchSpec {
        active_deadline_seconds: Some(spec.timeout.as_secs().max(1) as i64),
        backoff_limit: Some(0),
        completions: Some(1),
        parallelism: Some(1),
        pod_replacement_policy: Some("Failed".to_owned()),
        template,
        ttl_seconds_after_finished: Some(STAY),
        ..BatchSpec::default()
    };
    Made { job: Job { metadata, spec: Some(job), status: None }, secret, spec_hash }
}

/// The Secret goes with its Job.
pub fn own(secret: &mut Secret, job: &str, uid: &str) {
    secret.metadata.owner_references = Some(vec![OwnerReference {
        api_version: "batch/v1".to_owned(),
        kind: "Job".to_owned(),
        name: job.to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: None,
    }]);
}

fn secret(spec: &JobSpec, this: &Try<'_>, labels: &BTreeMap<String, String>) -> Option<Secret> {
    let mut data = BTreeMap::new();
    for (i, (_, value)) in spec.secret_environment.iter().enumerate() {
        data.insert(format!("env-{i}"), ByteString(value.clone().into_bytes()));
    }
    for (i, (_, content)) in spec.files.iter().enumerate() {
        data.insert(format!("file-{i}"), ByteString(content.to_vec()));
    }
    if !spec.fetch.is_empty() {
        let list: Vec<_> = spec.fetch.iter().map(|(path, blob)| json!({"path": path, "blob": blob.id})).collect();
        data.insert(LIST.to_owned(), ByteString(json!(list).to_string().into_bytes()));
    }
    if let Some(token) = this.token {
        data.insert("token".to_owned(), ByteString(token.as_bytes().to_vec()));
    }
    let metadata = ObjectMeta {
        name: Some(this.name.to_owned()),
        namespace: Some(this.namespace.to_owned()),
        labels: Some(labels.clone()),
        ..ObjectMeta::default()
    };
    (!data.is_empty()).then(|| Secret { data: Some(data), immutable: Some(true), metadata, ..Secret::default() })
}

fn pod(spec: &JobSpec, this: &Try<'_>) -> PodSpec {
    let mut volumes = vec![scratch("tmp", &spec.scratch)];
    let mut mounts = vec![mount("tmp", "/tmp", false)];
    let fetching = !spec.fetch.is_empty();
    if !spec.files.is_empty() || fetching {
        let named = spec.files.iter().enumerate();
        let mut items: Vec<KeyToPath> = named
            .map(|(i, (path, _))| KeyToPath { key: format!("file-{i}"), path: path.clone(), mode: None })
            .collect();
        if fetching {
            items.push(KeyToPath { key: LIST.to_owned(), path: LIST.to_owned(), mode: None });
        }
        let source = SecretVolumeSource {
            secret_name: Some(this.name.to_owned()),
            items: Some(items),
            default_mode: Some(0o444),
            optional: None,
        };
        volumes.push(Volume { name: "given".to_owned(), secret: Some(source), ..Volume::default() });
    }
    if fetching {
        volumes.push(scratch("in", &spec.scratch));
        mounts.push(mount("in", INPUT, true));
    } else if !spec.files.is_empty() {
        mounts.push(mount("given", INPUT, true));
    }
    if spec.keep_files {
        volumes.push(scratch("out", &spec.scratch));
        mounts.push(mount("out", OUTPUT, false));
    }
    let main = Container {
        name: MAIN.to_owned(),
        image: Some(spec.image.clone()),
        image_pull_policy: Some(spec.pull_policy.clone()),
        command: some(&spec.command),
        args: some(&spec.arguments),
        env: Some(environment(spec, this)),
        resources: Some(resources(&spec.resources)),
        security_context: Some(locked()),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(mounts),
        ..Container::default()
    };
    let mut first = Vec::new();
    if let Some(helper) = this.helper.filter(|_| fetching) {
        let mounts = vec![mount("given", GIVEN, true), mount("in", INPUT, false), mount("tmp", "/tmp", false)];
        first.push(helper_container(FETCH, helper, this, mounts));
    }
    // Files are kept by a container that starts when the work is done and went well: the work is an init container then.
    let containers = match this.helper.filter(|_| spec.keep_files) {
        Some(helper) => {
            first.push(main);
            vec![helper_container(KEEP, helper, this, vec![mount("out", OUTPUT, true), mount("tmp", "/tmp", false)])]
        }
        None => vec![main],
    };
    PodSpec {
        automount_service_account_token: Some(false),
        containers,
        enable_service_links: Some(false),
        image_pull_secrets: pull_secrets(this.pull_secrets),
        init_containers: (!first.is_empty()).then_some(first),
        node_selector: (!spec.node_selector.is_empty()).then(|| spec.node_selector.iter().cloned().collect()),
        priority_class_name: spec.priority_class.clone(),
        restart_policy: Some("Never".to_owned()),
        security_context: Some(PodSecurityContext {
            fs_group: Some(spec.user.into()),
            run_as_group: Some(spec.user.into()),
            run_as_non_root: Some(true),
            run_as_user: Some(spec.user.into()),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        termination_grace_period_seconds: Some(GRACE),
        tolerations: Some(tolerations(spec)),
        volumes: Some(volumes),
        ..PodSpec::default()
    }
}

fn environment(spec: &JobSpec, this: &Try<'_>) -> Vec<EnvVar> {
    // The folder of a user that the image does not know is `/`, which can't be written.
    let mut env =
        vec![plain("HOME", "/tmp"), plain("TMPDIR", "/tmp"), plain("FLUXO_IDEMPOTENCY_KEY", &key(this.intent))];
    if spec.keep_files {
        env.push(plain("FLUXO_OUTPUT", OUTPUT));
    }
    if let (true, Some(helper)) = (spec.server_access, this.helper) {
        env.push(plain("FLUXO_JOB_URL", &helper.url));
        env.push(of_secret("FLUXO_JOB_TOKEN", this.name, "token"));
    }
    let own = spec.environment.iter().map(|(name, value)| plain(name, value));
    let secret = spec.secret_environment.iter().enumerate();
    let secret = secret.map(|(i, (name, _))| of_secret(name, this.name, &format!("env-{i}")));
    for variable in own.chain(secret) {
        env.retain(|known| known.name != variable.name);
        env.push(variable);
    }
    env
}

/// The same for every try, so that the other side can recognise a repetition.
fn key(intent: &Intent) -> String {
    format!("{}-{}-{}", intent.run, intent.step, intent.part)
}

fn helper_container(role: &str, helper: &Helper, this: &Try<'_>, mounts: Vec<VolumeMount>) -> Container {
    let text = |name: &str, value: &str| (name.to_owned(), Quantity(value.to_owned()));
    let needs = BTreeMap::from([text("cpu", "10m"), text("memory", "32Mi")]);
    Container {
        name: role.to_owned(),
        image: Some(helper.image.clone()),
        image_pull_policy: Some(helper.pull_policy.to_owned()),
        args: Some(vec!["job-files".to_owned(), role.to_owned()]),
        env: Some(vec![
            plain("FLUXO_JOB_URL", &helper.url),
            of_secret("FLUXO_JOB_TOKEN", this.name, "token"),
            plain("FLUXO_JOB_GIVEN", GIVEN),
            plain("FLUXO_JOB_FOLDER", if role == FETCH { INPUT } else { OUTPUT }),
        ]),
        resources: Some(ResourceRequirements {
            limits: Some(BTreeMap::from([text("memory", "128Mi")])),
            requests: Some(needs),
            claims: None,
        }),
        security_context: Some(locked()),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(mounts),
        ..Container::default()
    }
}

fn plain(name: &str, value: &str) -> EnvVar {
    // `$(OTHER)` would be replaced by Kubernetes; what people write is meant as it is.
    EnvVar { name: name.to_owned(), value: Some(value.replace('$', "$$")), value_from: None }
}

fn of_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    let selector = SecretKeySelector { key: key.to_owned(), name: secret.to_owned(), optional: None };
    let source = EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
    EnvVar { name: name.to_owned(), value: None, value_from: Some(source) }
}

fn scratch(name: &str, size: &str) -> Volume {
    let size = (!size.is_empty()).then(|| Quantity(size.to_owned()));
    let source = EmptyDirVolumeSource { medium: None, size_limit: size };
    Volume { name: name.to_owned(), empty_dir: Some(source), ..Volume::default() }
}

fn mount(name: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: Some(read_only),
        ..VolumeMount::default()
    }
}

fn pull_secrets(names: &[String]) -> Option<Vec<LocalObjectReference>> {
    let all: Vec<_> = names.iter().map(|name| LocalObjectReference { name: name.clone() }).collect();
    (!all.is_empty()).then_some(all)
}

fn some(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn locked() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) }),
        privileged: Some(false),
        read_only_root_filesystem: Some(true),
        ..SecurityContext::default()
    }
}

fn resources(r: &Resources) -> ResourceRequirements {
    let list = |cpu: &str, memory: &str| {
        let known = [("cpu", cpu), ("memory", memory)];
        let mut map: BTreeMap<String, Quantity> = known
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| (name.to_owned(), Quantity(value.trim().to_owned())))
            .collect();
        if r.gpus > 0 {
            map.insert("nvidia.com/gpu".to_owned(), Quantity(r.gpus.to_string()));
        }
        (!map.is_empty()).then_some(map)
    };
    ResourceRequirements {
        claims: None,
        limits: list(&r.cpu_limit, &r.memory_limit),
        requests: list(&r.cpu_request, &r.memory_request),
    }
}

fn tolerations(spec: &JobSpec) -> Vec<Toleration> {
    let lost = |key: &str| Toleration {
        key: Some(key.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoExecute".to_owned()),
        toleration_seconds: Some(LOST_NODE),
        value: None,
    };
    let own = spec.tolerations.iter().map(|t| Toleration {
        key: Some(t.key.clone()),
        operator: Some(if t.value.is_some() { "Equal" } else { "Exists" }.to_owned()),
        value: t.value.clone(),
        effect: t.effect.clone(),
        toleration_seconds: None,
    });
    own.chain(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(lost)).collect()
}

#[cfg(test)]
mod tests;
