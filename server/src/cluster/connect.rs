//! Which cluster, and how this server is known there.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use flow::Text;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Cluster, Connected, Failure, Helper, State, api, board, name, sweep, watch};
use crate::blobs::Blobs;
use crate::config::{ClusterMode, ClusterOptions};
use crate::store::{Store, new_id};
use crate::vault::Vault;

/// Where a pod's service account is.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// Setting with this installation's name on labels.
const INSTANCE: &str = "cluster.instance";

/// What is needed beside a client.
#[derive(Clone)]
pub struct Settings {
    pub namespace: String,
    pub helper: Result<Helper, Failure>,
    /// Secrets of the namespace with which the Jobs' images are pulled.
    pub pull_secrets: Vec<String>,
    pub store: Store,
    pub blobs: Blobs,
    pub vault: Vault,
}

impl Cluster {
    /// By the settings: the cluster that this server runs in, the one of the kubeconfig, or none. Asks nothing of the
    /// cluster yet; one that does not answer is waited for. An error is a sentence about a setting that is wrong.
    pub async fn open(
        options: &ClusterOptions,
        public_url: Option<&str>,
        store: &Store,
        blobs: &Blobs,
        vault: &Vault,
    ) -> Result<Self, String> {
        let Some(config) = config(options).await? else {
            return Ok(Self::off(match options.cluster {
                ClusterMode::Off => Text::new(
                    "This server uses no cluster. Its administrator can allow one with FLUXO_CLUSTER=auto.",
                    "Este servidor não usa um cluster. O administrador pode permitir um com FLUXO_CLUSTER=auto.",
                ),
                ClusterMode::Auto => Text::new(
                    "This server has no Kubernetes cluster. Its administrator can name one with FLUXO_KUBECONFIG, or install Fluxo on the cluster.",
                    "Este servidor não tem um cluster Kubernetes. O administrador pode indicar um com FLUXO_KUBECONFIG ou instalar o Fluxo no cluster.",
                ),
            }));
        };
        let namespace = options.cluster_namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client =
            Client::try_from(config).map_err(|e| format!("The cluster can't be used: {e}. Correct the kubeconfig."))?;
        let settings = Settings {
            namespace,
            helper: helper(options, public_url),
            pull_secrets: pull_secrets(&options.cluster_pull_secrets)?,
            store: store.clone(),
            blobs: blobs.clone(),
            vault: vault.clone(),
        };
        Self::with_client(client, settings).await
    }

    /// With a client that is there.
    pub async fn with_client(client: Client, settings: Settings) -> Result<Self, String> {
        let instance = settings.store.setting_or(INSTANCE, &new_id()).await.map_err(|e| e.to_string())?;
        let on = Arc::new(Connected {
            objects: api::Objects::new(&client, &settings.namespace),
            namespace: settings.namespace,
            selector: name::selector(&instance),
            instance,
            board: board::Board::default(),
            store: settings.store,
            blobs: settings.blobs,
            helper: settings.helper,
            pull_secrets: settings.pull_secrets,
            key: settings.vault.derive("cluster job token").first().map(|key| key.to_vec()).unwrap_or_default(),
            synced: AtomicBool::new(false),
            trouble: Mutex::default(),
            leaving: AtomicBool::new(false),
            stop: CancellationToken::new(),
            sweep: Notify::new(),
        });
        watch::start(&on);
        sweep::start(&on);
        Ok(Self(State::On(on)))
    }
}

/// `None`: there is no cluster to use.
pub(crate) async fn config(options: &ClusterOptions) -> Result<Option<Config>, String> {
    if options.cluster == ClusterMode::Off {
        return Ok(None);
    }
    let mut config = match &options.kubeconfig {
        Some(path) => {
            let shown = path.display();
            let file = Kubeconfig::read_from(path)
                .map_err(|e| format!("The kubeconfig {shown} can't be read: {e}. Correct FLUXO_KUBECONFIG."))?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                .await
                .map_err(|e| format!("The kubeconfig {shown} can't be used: {e}. Correct FLUXO_KUBECONFIG."))?
        }
        None if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() && Path::new(ACCOUNT).exists() => {
            Config::incluster().map_err(|e| {
                format!("The pod's service account can't be used: {e}. Mount its token, or set FLUXO_CLUSTER=off.")
            })?
        }
        None => return Ok(None),
    };
    // We try again ourselves, and say so meanwhile.
    config.default_retry = false;
    Ok(Some(config))
}

/// Kubernetes would refuse each Job for a name that can't be one.
fn pull_secrets(names: &[String]) -> Result<Vec<String>, String> {
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let fine = |name: &&String| {
        let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let part = |part: &str| {
            part.bytes().all(|c| inner(c) || c == b'-')
                && !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        name.len() <= 253 && name.split('.').all(part)
    };
    match names.iter().find(|name| !fine(name)) {
        Some(wrong) => Err(format!(
            "'{wrong}' is not the name of a Secret. Correct FLUXO_CLUSTER_PULL_SECRETS: names with commas between them."
        )),
        None => Ok(names),
    }
}

fn helper(options: &ClusterOptions, public_url: Option<&str>) -> Result<Helper, Failure> {
    let image = options.cluster_image.as_deref().map(str::trim).filter(|image| !image.is_empty());
    let image = image.ok_or_else(Failure::no_image)?;
    let url = options.cluster_url.as_deref().or(public_url).map(str::trim).filter(|url| !url.is_empty());
    let url = url.ok_or_else(Failure::no_url)?;
    Ok(Helper {
        image: image.to_owned(),
        pull_policy: options.cluster_pull_policy.as_str(),
        url: url.trim_end_matches('/').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_looked_at_before_a_job_is() {
        let read = |names: &[&str]| pull_secrets(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["registry", " my.other-1 ", ""]), Ok(vec!["registry".to_owned(), "my.other-1".to_owned()]));
        for wrong in ["Registry", "a b", "-a", "a-", "a..b", "a_b", &"a".repeat(254)] {
            assert!(read(&["registry", wrong]).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
