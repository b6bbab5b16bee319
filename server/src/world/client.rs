//! HTTP clients with the address check built into their resolver.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nodes::NodeError;
use nodes::world::HttpRequest;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::AllowList;
use super::depot::Depot;
use super::fault;
use super::http::RunHttp;

/// Settings of outgoing HTTP.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// `FLUXO_HTTP_ALLOW`
    pub allow: AllowList,
    /// Bytes of a response body kept in memory, after decompression.
    pub max_response: u64,
    /// Bytes of a response body streamed into a blob.
    pub max_blob: u64,
    /// Until a connection stands.
    pub connect_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            allow: AllowList::default(),
            max_response: 32 * 1024 * 1024,
            max_blob: 1024 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

/// Clients with different settings (proxy, certificates) that are kept.
const MAX_CLIENTS: usize = 32;

/// Outgoing HTTP. A cheap clone; connections are shared by all runs.
#[derive(Clone)]
pub struct HttpClient(Arc<Shared>);

struct Shared {
    options: HttpOptions,
    clients: Mutex<VecDeque<(Key, reqwest::Client)>>,
}

/// What makes a client of its own necessary.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    insecure: bool,
    proxy: Option<String>,
    identity: Option<(String, String)>,
    roots: Option<String>,
}

impl HttpClient {
    pub fn new(options: HttpOptions) -> Self {
        // Fails when another part was first: then one is there.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Self(Arc::new(Shared { options, clients: Mutex::default() }))
    }

    /// As one run sees it: files come from and go to `depot`.
    pub fn for_run(&self, depot: Arc<dyn Depot>) -> RunHttp {
        RunHttp { client: self.clone(), depot }
    }

    pub fn options(&self) -> &HttpOptions {
        &self.0.options
    }

    /// The client for a request's settings.
    pub(super) fn client(&self, request: &HttpRequest) -> Result<reqwest::Client, NodeError> {
        let key = Key {
            insecure: request.insecure_tls,
            proxy: request.proxy.clone(),
            identity: request.client_identity.clone(),
            roots: request.extra_roots.clone(),
        };
        let mut clients = self.0.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = clients.iter().position(|(k, _)| *k == key) {
            let found = clients.remove(at);
            let client = found.as_ref().map(|(_, client)| client.clone());
            clients.extend(found);
            if let Some(client) = client {
                return Ok(client);
            }
        }
        let client = self.build(&key)?;
        if clients.len() >= MAX_CLIENTS {
            clients.pop_front();
        }
        clients.push_back((key, client.clone()));
        Ok(client)
    }

    fn build(&self, key: &Key) -> Result<reqwest::Client, NodeError> {
        let options = &self.0.options;
        let base = || -> Result<reqwest::ClientBuilder, NodeError> {
            let mut builder = reqwest::Client::builder()
                // Redirects are followed one by one, each address checked.
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .dns_resolver(Guard(options.allow.clone()))
                .connect_timeout(options.connect_timeout)
                .pool_idle_timeout(Duration::from_secs(60))
                .tls_danger_accept_invalid_certs(key.insecure)
                .user_agent(concat!("Fluxo/", env!("CARGO_PKG_VERSION")));
            if let Some(proxy) = &key.proxy {
                let proxy = reqwest::Proxy::all(proxy).map_err(|_| {
                    let text = "The proxy's address is not valid. Write it as http://host:port or socks5://host:port.";
                    NodeError::new("http_proxy", text)
                })?;
                builder = builder.proxy(proxy);
            }
            if let Some((certificate, secret)) = &key.identity {
                let pem = format!("{certificate}\n{secret}");
                let identity = reqwest::Identity::from_pem(pem.as_bytes()).map_err(|_| {
                    let text = "The client certificate or its key can't be read. Give both as PEM, the key without a password.";
                    NodeError::new("http_tls", text)
                })?;
                builder = builder.identity(identity);
            }
            Ok(builder)
        };
        let roots = match &key.roots {
            None => Vec::new(),
            Some(pem) => {
                let read = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|certs| !certs.is_empty());
                read.ok_or_else(|| {
                    NodeError::new("http_tls", "The extra certificates to trust can't be read. Give them as PEM.")
                })?
            }
        };
        let built = base()?.tls_certs_merge(roots.clone()).build();
        // A machine without any certificates: plain HTTP still works, and TLS says what it does not trust.
        let built = match built {
            Err(_) => base()?.tls_certs_only(roots).build(),
            built => built,
        };
        built.map_err(|e| {
            NodeError::new(
                "http_tls",
                format!("The connection can't be set up: {}. Check the certificates.", fault::causes(&e)),
            )
        })
    }

    /// Refuses a URL whose host is an address that is closed. Names are checked by the resolver.
    pub(super) fn check_literal(&self, host: &str) -> Result<(), NodeError> {
        let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() else { return Ok(()) };
        if self.0.options.allow.permits(address) {
            return Ok(());
        }
        Err(fault::blocked(&Blocked { host: host.to_owned(), address }))
    }

    /// For requests through a proxy, which resolves the name itself: refuses a name that leads to closed addresses here.
    pub(super) async fn check_name(&self, host: &str) -> Result<(), NodeError> {
        match lookup(&self.0.options.allow, host).await {
            Err(Lookup::Blocked(blocked)) => Err(fault::blocked(&blocked)),
            _ => Ok(()),
        }
    }
}

/// A name or address that is closed.
#[derive(Debug, thiserror::Error)]
#[error("{address} is closed")]
pub(super) struct Blocked {
    pub host: String,
    pub address: IpAddr,
}

/// A name that no address was found for.
#[derive(Debug, thiserror::Error)]
#[error("the name {0} was not found")]
pub(super) struct NoSuchName(pub String);

enum Lookup {
    Blocked(Blocked),
    Nothing,
}

/// The addresses of a name that may be reached; connections are made to these very addresses, so a second answer of the
/// name server can't slip in another one.
async fn lookup(allow: &AllowList, host: &str) -> Result<Vec<SocketAddr>, Lookup> {
    let found: Vec<SocketAddr> = match tokio::net::lookup_host((host, 0)).await {
        Ok(found) => found.collect(),
        Err(_) => return Err(Lookup::Nothing),
    };
    let Some(first) = found.first().copied() else { return Err(Lookup::Nothing) };
    if allow.permits_host(host) {
        return Ok(found);
    }
    let open: Vec<SocketAddr> = found.into_iter().filter(|at| allow.permits(at.ip())).collect();
    if open.is_empty() {
        return Err(Lookup::Blocked(Blocked { host: host.to_owned(), address: first.ip() }));
    }
    Ok(open)
}

struct Guard(AllowList);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.0.clone();
        Box::pin(async move {
            match lookup(&allow, name.as_str()).await {
                Ok(open) => Ok(Box::new(open.into_iter()) as Addrs),
                Err(Lookup::Blocked(blocked)) => Err(blocked.into()),
                Err(Lookup::Nothing) => Err(NoSuchName(name.as_str().to_owned()).into()),
            }
        })
    }
}
