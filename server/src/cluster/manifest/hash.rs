//! What tells one spec from another.

use serde_json::json;

use crate::cluster::name;
use crate::cluster::spec::JobSpec;

/// Whatever the spec asks for, without what differs from try to try.
pub fn spec_hash(spec: &JobSpec) -> String {
    // Every field by its name: one that is new has to be put in here.
    let JobSpec {
        component,
        image,
        pull_policy,
        command,
        arguments,
        environment,
        secret_environment,
        resources,
        scratch,
        timeout,
        start_within,
        user,
        files,
        fetch,
        keep_files,
        server_access,
        max_log,
        keep_log,
        at_most_once,
        node_selector,
        tolerations,
        priority_class,
    } = spec;
    let files: Vec<(&str, String)> =
        files.iter().map(|(path, content)| (path.as_str(), name::sha256(content))).collect();
    let secrets: Vec<(&str, String)> =
        secret_environment.iter().map(|(n, v)| (n.as_str(), name::sha256(v.as_bytes()))).collect();
    let all = json!({
        "component": component,
        "image": image,
        "pull_policy": pull_policy,
        "command": command,
        "arguments": arguments,
        "environment": environment,
        "secret_environment": secrets,
        "resources": resources,
        "scratch": scratch,
        "timeout": timeout,
        "start_within": start_within,
        "user": user,
        "files": files,
        "fetch": fetch,
        "keep_files": keep_files,
        "server_access": server_access,
        "max_log": max_log,
        "keep_log": keep_log,
        "at_most_once": at_most_once,
        "node_selector": node_selector,
        "tolerations": tolerations,
        "priority_class": priority_class,
    });
    name::sha256(all.to_string().as_bytes())[..32].to_owned()
}
