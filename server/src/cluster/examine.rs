//! What `fluxo doctor` says about the cluster: whether it answers, and whether the server may do what it needs.

use std::time::Duration;

use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};

use super::connect;
use crate::config::ClusterOptions;

/// Group, resource, subresource, verb: what the chart's role allows.
const NEEDED: [(&str, &str, &str, &str); 11] = [
    ("batch", "jobs", "", "create"),
    ("batch", "jobs", "", "get"),
    ("batch", "jobs", "", "list"),
    ("batch", "jobs", "", "watch"),
    ("batch", "jobs", "", "delete"),
    ("", "pods", "", "list"),
    ("", "pods", "", "watch"),
    ("", "pods", "log", "get"),
    ("", "events", "", "list"),
    ("", "events", "", "watch"),
    ("", "secrets", "", "create"),
];
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) async fn examine(options: &ClusterOptions) -> Result<String, String> {
    let Some(config) = connect::config(options).await? else {
        return Ok("none; nodes that run containers need one".to_owned());
    };
    let namespace = options.cluster_namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let url = config.cluster_url.to_string();
    let client = Client::try_from(config).map_err(|e| format!("{url} can't be used: {e}."))?;
    let version = tokio::time::timeout(LIMIT, client.apiserver_version()).await;
    let version = version
        .map_err(|_| format!("{url} does not answer. Check the network, or FLUXO_KUBECONFIG."))?
        .map_err(|e| format!("{url} can't be used: {e}. Check FLUXO_KUBECONFIG."))?;
    let mut missing = Vec::new();
    for (group, resource, sub, verb) in &NEEDED {
        let sub = (!sub.is_empty()).then(|| (*sub).to_owned());
        let attributes = ResourceAttributes {
            group: Some((*group).to_owned()),
            namespace: Some(namespace.clone()),
            resource: Some((*resource).to_owned()),
            subresource: sub.clone(),
            verb: Some((*verb).to_owned()),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..Default::default() };
        let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
        let answer = reviews.create(&PostParams::default(), &review).await;
        let answer = answer.map_err(|e| format!("{url} does not say what this server may do: {e}."))?;
        if !answer.status.is_some_and(|status| status.allowed) {
            let resource = sub.map_or((*resource).to_owned(), |sub| format!("{resource}/{sub}"));
            missing.push(format!("{verb} {resource}"));
        }
    }
    match missing.as_slice() {
        [] => Ok(format!("Kubernetes {} at {url}, namespace {namespace}", version.git_version)),
        list => Err(format!(
            "in the namespace {namespace} of {url} this server may not: {}. Give its account the chart's role.",
            list.join(", ")
        )),
    }
}
