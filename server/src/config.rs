//! Every setting of the server, from flags and environment. A data folder alone is enough.

use std::net::SocketAddr;
use std::path::{Component, PathBuf};

use clap::Args;
use nodes::kinds::pdf_verify::signatures::authorities;

use crate::certificates;

/// Where the data lives; what every command needs.
#[derive(Clone, Args)]
pub struct DataOptions {
    /// Folder for the database, the files and the key.
    #[arg(long, env = "FLUXO_DATA", default_value = "data", value_name = "FOLDER")]
    pub data: PathBuf,
    /// `postgres://user:password@host/database`; SQLite in the data folder when absent.
    #[arg(long, env = "FLUXO_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// File with the key that encrypts credentials (32 bytes as they are, in base64 or hexadecimal; several keys one a line,
    /// the newest first); `fluxo.key` in the data folder, made at the first start, when absent.
    #[arg(long, env = "FLUXO_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The key itself in base64, instead of a file.
    #[arg(long, env = "FLUXO_KEY", hide = true, hide_env_values = true)]
    pub key: Option<String>,
    /// Waits for the disk before anything is acknowledged. `false` is faster, and a power cut or a crash of the system may
    /// lose the last second of acknowledged runs; a crash of Fluxo alone loses nothing.
    #[arg(long, env = "FLUXO_DURABLE", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub durable: bool,
}

/// Settings of `fluxo serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    #[command(flatten)]
    pub data: DataOptions,
    /// Address to listen on.
    #[arg(long, env = "FLUXO_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Address that people and webhooks use, when it differs (`https://fluxo.example.com`).
    #[arg(long, env = "FLUXO_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Zone of schedules and dates of flows that name none.
    #[arg(long, env = "FLUXO_TIMEZONE", default_value = "UTC", value_name = "ZONE")]
    pub timezone: String,
    /// Folders that the file nodes may use, separated by commas; `files` in the data folder when absent. A relative one is
    /// relative to the folder that the server is started in.
    #[arg(long, env = "FLUXO_FILES", value_delimiter = ',', value_name = "FOLDERS")]
    pub files: Vec<PathBuf>,
    /// Private addresses (CIDR) that flows may call, separated by commas; none by default.
    #[arg(long, env = "FLUXO_HTTP_ALLOW", value_delimiter = ',', value_name = "CIDRS")]
    pub http_allow: Vec<String>,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed, separated by commas; none by default.
    #[arg(long, env = "FLUXO_TRUSTED_PROXIES", value_delimiter = ',', value_name = "CIDRS")]
    pub trusted_proxies: Vec<String>,
    /// Names of environment variables that expressions may read as `$env`, separated by commas; none by default.
    #[arg(long, env = "FLUXO_ENV_ALLOW", value_delimiter = ',', value_name = "NAMES")]
    pub env_allow: Vec<String>,
    /// PEM file with certificates of authorities that are trusted beside ICP-Brasil with a PDF's signatures.
    #[arg(long, env = "FLUXO_SIGNATURE_ROOTS", value_name = "FILE")]
    pub signature_roots: Option<PathBuf>,
    /// Largest body that a webhook or an upload may have, in bytes.
    #[arg(long, env = "FLUXO_MAX_BODY", default_value_t = 100 << 20, value_name = "BYTES")]
    pub max_body: u64,
    /// Runs at once; further ones queue.
    #[arg(long, env = "FLUXO_MAX_RUNS", default_value_t = 64, value_name = "N")]
    pub max_runs: u32,
    /// Runs on the cluster at once; further ones take a place among those of the server until there is one.
    #[arg(long, env = "FLUXO_MAX_CLUSTER_RUNS", default_value_t = 100, value_name = "N")]
    pub max_cluster_runs: u32,
    /// Runs that may wait for their turn; more are refused.
    #[arg(long, env = "FLUXO_MAX_QUEUED_RUNS", default_value_t = 10_000, value_name = "N")]
    pub max_queued_runs: u32,
    /// Bytes of items that waiting runs may hold in memory; further ones wait in the database.
    #[arg(long, env = "FLUXO_MAX_QUEUED_BYTES", default_value_t = 64 << 20, value_name = "BYTES")]
    pub max_queued_bytes: u64,
    /// Steps that one run may take.
    #[arg(long, env = "FLUXO_MAX_STEPS", default_value_t = 50_000, value_name = "N")]
    pub max_steps: u32,
    /// Items that one step may put out.
    #[arg(long, env = "FLUXO_MAX_ITEMS", default_value_t = 100_000, value_name = "N")]
    pub max_items: u32,
    /// Bytes of items that one run may keep, over all its steps.
    #[arg(long, env = "FLUXO_MAX_RUN_BYTES", default_value_t = 128 << 20, value_name = "BYTES")]
    pub max_run_bytes: u64,
    /// Seconds that a run may work whose flow names no limit; waiting does not count.
    #[arg(long, env = "FLUXO_RUN_TIMEOUT", default_value_t = 3600, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub run_timeout: u64,
    /// Steps of one run that may work at once.
    #[arg(long, env = "FLUXO_MAX_PARALLEL_STEPS", default_value_t = 16, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_parallel_steps: u32,
    /// Milliseconds that one expression may take.
    #[arg(long, env = "FLUXO_EXPRESSION_TIME", default_value_t = 200, value_name = "MILLISECONDS",
        value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub expression_time: u64,
    /// Bytes of memory that expressions may use, for each of the two threads that evaluate them.
    #[arg(long, env = "FLUXO_EXPRESSION_MEMORY", default_value_t = 32 << 20, value_name = "BYTES",
        value_parser = clap::value_parser!(u64).range(4 << 20..=4 << 30))]
    pub expression_memory: u64,
    /// Processes of the Code node at once; further calls wait.
    #[arg(long, env = "FLUXO_CODE_PROCESSES", default_value_t = 4, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=64))]
    pub code_processes: u32,
    /// Days that finished runs and their files are kept.
    #[arg(long, env = "FLUXO_KEEP_DAYS", default_value_t = 14, value_name = "DAYS")]
    pub keep_days: u32,
    /// Days before its end that a credential's certificate is warned of; with 0 only expired ones are.
    #[arg(long, env = "FLUXO_CERTIFICATE_WARNING_DAYS", default_value_t = certificates::DAYS, value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(0..=3650))]
    pub certificate_warning_days: u32,
    #[command(flatten)]
    pub cluster: ClusterOptions,
    /// Connections at once; further ones wait.
    #[arg(long, env = "FLUXO_MAX_CONNECTIONS", default_value_t = 1000, value_name = "N")]
    pub max_connections: usize,
    /// Seconds that a client may take to send its next request's headers, or be silent in the middle of a body.
    #[arg(long, env = "FLUXO_IDLE", default_value_t = 75, value_name = "SECONDS")]
    pub idle: u64,
    /// Seconds that running steps get to end when the server stops.
    #[arg(long, env = "FLUXO_GRACE", default_value_t = 20, value_name = "SECONDS")]
    pub grace: u64,
    /// `text` or `json`.
    #[arg(long, env = "FLUXO_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// The Kubernetes cluster that flows may use.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterOptions {
    /// `auto`: the cluster that this server runs in, or the one of --kubeconfig; `off`: none.
    #[arg(long, env = "FLUXO_CLUSTER", default_value = "auto", value_name = "MODE")]
    pub cluster: ClusterMode,
    /// File that says which cluster to use and how, for a server that runs outside of it.
    #[arg(long, env = "FLUXO_KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Namespace for Jobs; the server's own, or the one that the kubeconfig names, when absent.
    #[arg(long, env = "FLUXO_CLUSTER_NAMESPACE", value_name = "NAME")]
    pub cluster_namespace: Option<String>,
    /// Fluxo's own image, for flows that run on the cluster and for moving files to and from containers.
    #[arg(long, env = "FLUXO_CLUSTER_IMAGE", value_name = "IMAGE")]
    pub cluster_image: Option<String>,
    /// Address by which pods reach this server; the public one when absent.
    #[arg(long, env = "FLUXO_CLUSTER_URL", value_name = "URL")]
    pub cluster_url: Option<String>,
    /// When Fluxo's own image is pulled.
    #[arg(long, env = "FLUXO_CLUSTER_PULL_POLICY", default_value = "IfNotPresent", value_name = "POLICY")]
    pub cluster_pull_policy: PullPolicy,
    /// Names of Secrets of the Jobs' namespace with which images are pulled from private registries, with commas between them.
    #[arg(long, env = "FLUXO_CLUSTER_PULL_SECRETS", value_delimiter = ',', value_name = "NAMES")]
    pub cluster_pull_secrets: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ClusterMode {
    #[default]
    Auto,
    Off,
}

/// When an image is pulled, in Kubernetes' own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum PullPolicy {
    #[value(name = "Always")]
    Always,
    #[default]
    #[value(name = "IfNotPresent")]
    IfNotPresent,
    #[value(name = "Never")]
    Never,
}

impl PullPolicy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl std::fmt::Debug for DataOptions {
    /// Without the key and the database's address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { data, database_url, key_file, key, durable } = self;
        f.debug_struct("DataOptions")
            .field("data", data)
            .field("database_url", &database_url.as_ref().map(|_| "…"))
            .field("key_file", key_file)
            .field("key", &key.as_ref().map(|_| "…"))
            .field("durable", durable)
            .finish()
    }
}

/// Refuses a time zone that there is not.
pub fn check_zone(name: &str) -> Result<(), String> {
    jiff::tz::TimeZone::get(name).map(drop).map_err(|_| {
        format!("The time zone '{name}' is not known. Use a name such as America/Sao_Paulo in --timezone.")
    })
}

impl ServeOptions {
    /// The certificates (DER) of the authorities in `signature_roots`.
    pub fn signature_authorities(&self) -> Result<Vec<Vec<u8>>, String> {
        let Some(path) = &self.signature_roots else { return Ok(Vec::new()) };
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|e| {
            format!("The file {shown} of --signature-roots can't be read: {e}. Correct its path or permissions.")
        })?;
        authorities(&text).ok_or_else(|| {
            format!("The file {shown} of --signature-roots has no PEM certificate, or a broken one. Write them from -----BEGIN CERTIFICATE----- to the end.")
        })
    }

    /// The folders that the file nodes may use, each an absolute path.
    pub fn file_folders(&self) -> std::io::Result<Vec<PathBuf>> {
        let own = [self.data.data.join("files")];
        let folders = if self.files.is_empty() { &own } else { self.files.as_slice() };
        // A `..` means what it means to the system, links followed; otherwise the folder keeps the name it was given, which
        // is the one that flows use.
        let whole = |folder: &PathBuf| match folder.components().any(|part| part == Component::ParentDir) {
            true => folder.canonicalize(),
            false => std::path::absolute(folder),
        };
        folders.iter().map(whole).collect()
    }

    /// Scheme, host and port of addresses shown to people, without a slash at the end.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Cookies are marked `Secure` when people come by HTTPS.
    pub fn secure_cookies(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeOptions,
    }

    fn options(flags: &[&str]) -> ServeOptions {
        Line::parse_from(["fluxo"].iter().chain(flags)).serve
    }

    #[test]
    fn no_secret_is_shown() {
        let shown = format!("{:?}", options(&["--key", "c2VjcmV0", "--database-url", "postgres://u:word@h/d"]));
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("word@"), "{shown}");
    }

    #[test]
    fn relative_folders_are_those_of_the_working_folder() {
        let here = std::env::current_dir().unwrap();
        let folders = options(&["--files", "in,/srv/out"]).file_folders().unwrap();
        assert_eq!(folders, [here.join("in"), PathBuf::from("/srv/out")]);
        let parent = here.parent().unwrap().canonicalize().unwrap();
        assert_eq!(options(&["--files", ".."]).file_folders().unwrap(), [parent]);
        assert_eq!(options(&["--data", "d"]).file_folders().unwrap(), [here.join("d/files")]);
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        assert_eq!(check_zone(&options(&["--timezone", "America/Sao_Paulo"]).timezone), Ok(()));
        let refused = check_zone("Mars/Base").unwrap_err();
        assert!(refused.contains("'Mars/Base' is not known. Use"), "{refused}");
    }

    #[test]
    fn signature_roots_are_certificates() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let read = |path: &str| options(&["--signature-roots", path]).signature_authorities();
        assert_eq!(options(&[]).signature_authorities(), Ok(Vec::new()));
        assert!(read(path).unwrap_err().contains("has no PEM certificate"));
        assert!(read("/nowhere.pem").unwrap_err().contains("can't be read"));
    }
}
