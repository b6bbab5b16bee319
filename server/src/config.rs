//! Every setting of the server, from flags and environment. A data folder alone is enough.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Where the data lives; what every command needs.
#[derive(Clone, Debug, Args)]
pub struct DataOptions {
    /// Folder for the database, the files and the key.
    #[arg(long, env = "FLUXO_DATA", default_value = "data", value_name = "FOLDER")]
    pub data: PathBuf,
    /// `postgres://user:password@host/database`; SQLite in the data folder when absent.
    #[arg(long, env = "FLUXO_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// File with the key that encrypts credentials (32 bytes, or base64 of them); made in the data folder when absent.
    #[arg(long, env = "FLUXO_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The key itself in base64, instead of a file.
    #[arg(long, env = "FLUXO_KEY", hide = true, hide_env_values = true)]
    pub key: Option<String>,
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
    /// Folders that the file nodes may use, separated by commas; `files` in the data folder when absent.
    #[arg(long, env = "FLUXO_FILES", value_delimiter = ',', value_name = "FOLDERS")]
    pub files: Vec<PathBuf>,
    /// Private addresses (CIDR) that flows may call, separated by commas; none by default.
    #[arg(long, env = "FLUXO_HTTP_ALLOW", value_delimiter = ',', value_name = "CIDRS")]
    pub http_allow: Vec<String>,
    /// Names of environment variables that expressions may read as `$env`, separated by commas; none by default.
    #[arg(long, env = "FLUXO_ENV_ALLOW", value_delimiter = ',', value_name = "NAMES")]
    pub env_allow: Vec<String>,
    /// Largest body that a webhook or an upload may have, in bytes.
    #[arg(long, env = "FLUXO_MAX_BODY", default_value_t = 100 << 20, value_name = "BYTES")]
    pub max_body: u64,
    /// Runs at once; further ones queue.
    #[arg(long, env = "FLUXO_MAX_RUNS", default_value_t = 64, value_name = "N")]
    pub max_runs: u32,
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
    /// Days that finished runs and their files are kept.
    #[arg(long, env = "FLUXO_KEEP_DAYS", default_value_t = 14, value_name = "DAYS")]
    pub keep_days: u32,
    /// Seconds that running steps get to end when the server stops.
    #[arg(long, env = "FLUXO_GRACE", default_value_t = 20, value_name = "SECONDS")]
    pub grace: u64,
    /// `text` or `json`.
    #[arg(long, env = "FLUXO_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl DataOptions {
    /// The database's address: the given one, or SQLite in the data folder.
    pub fn url(&self) -> String {
        match &self.database_url {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", self.data.join("fluxo.db").display()),
        }
    }
}

impl ServeOptions {
    /// The folders that the file nodes may use; the default one is made.
    pub fn file_folders(&self) -> std::io::Result<Vec<PathBuf>> {
        if !self.files.is_empty() {
            return Ok(self.files.clone());
        }
        let own = self.data.data.join("files");
        std::fs::create_dir_all(&own)?;
        Ok(vec![own.canonicalize()?])
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
