//! Which webhook answers under which method and path, in memory, as the database says.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use flow::{Flow, TriggerKind};
use nodes::Registry;
use nodes::kinds::webhook::{Parameters, Pattern};

use crate::engine::VersionKey;
use crate::flows::{self, FlowError};
use crate::store::{FlowRow, Store, StoreError, WebhookRow, time};

/// How long a draft listens for a test call.
const LISTEN: Duration = Duration::from_secs(120);
/// How soon a change by another process is seen.
const POLL: Duration = Duration::from_secs(1);

/// A webhook that can be called.
pub struct Entry {
    pub flow_id: String,
    pub flow_name: String,
    /// Absent for a draft that listens.
    pub version: Option<VersionKey>,
    pub document: Arc<Flow>,
    pub node: String,
    pub parameters: Parameters,
    pub pattern: Pattern,
    pub trigger: TriggerKind,
}

/// Parameters of a path, decoded.
pub type Params = HashMap<String, String>;

/// What was found for a method and path.
pub enum Found {
    Entry {
        entry: Arc<Entry>,
        params: Params,
    },
    /// The path exists, for these methods.
    OtherMethods(Vec<String>),
    Nothing,
}

#[derive(Clone, Default)]
pub struct Table(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// By method; more exact patterns first.
    published: RwLock<Arc<HashMap<String, Vec<Arc<Entry>>>>>,
    revision: AtomicI64,
    /// Loading takes turns: what was read first must not replace what was read last.
    loading: tokio::sync::Mutex<()>,
    /// Drafts that listen, by flow id.
    listening: Mutex<HashMap<String, (Instant, Arc<Entry>)>>,
}

impl Table {
    /// Loads the published webhooks again if they changed. A version that can't be read is left out, with a warning: only a
    /// damaged database holds one, and the other webhooks shall go on.
    pub async fn refresh(&self, store: &Store) -> Result<(), FlowError> {
        let _turn = self.0.loading.lock().await;
        let revision = store.triggers_revision().await?;
        // A first load with revision 0 finds nothing either way.
        if revision == self.0.revision.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut documents: HashMap<String, Option<Arc<Flow>>> = HashMap::new();
        let mut methods: HashMap<String, Vec<Arc<Entry>>> = HashMap::new();
        for row in store.webhooks().await? {
            let document = match documents.get(&row.version_id) {
                Some(document) => document.clone(),
                None => {
                    let document = readable(store, &row).await?;
                    documents.insert(row.version_id.clone(), document.clone());
                    document
                }
            };
            if let Some(entry) = document.and_then(|document| published(&row, document)) {
                methods.entry(row.method).or_default().push(Arc::new(entry));
            }
        }
        for entries in methods.values_mut() {
            entries.sort_by_key(|entry| Reverse(entry.pattern.specificity()));
        }
        *self.0.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(methods);
        self.0.revision.store(revision, Ordering::Release);
        Ok(())
    }

    /// Follows changes that other processes make, until the program ends.
    pub fn follow(&self, store: Store) {
        let table = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(POLL).await;
                if let Err(error) = table.refresh(&store).await {
                    tracing::warn!(%error, "The webhooks could not be loaded again; the former ones stay.");
                }
            }
        });
    }

    /// Which published webhook answers.
    pub fn find(&self, method: &str, path: &str) -> Found {
        let methods = self.0.published.read().unwrap_or_else(PoisonError::into_inner).clone();
        let matching = |entries: &[Arc<Entry>]| {
            entries.iter().find_map(|e| Some(Found::Entry { params: e.pattern.matches(path)?, entry: e.clone() }))
        };
        if let Some(found) = methods.get(method).and_then(|entries| matching(entries)) {
            return found;
        }
        let mut others: Vec<String> =
            methods.iter().filter(|(_, entries)| matching(entries).is_some()).map(|(m, _)| m.clone()).collect();
        others.sort();
        if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
    }

    /// Lets the draft's webhook `node` answer one call; until when. A draft that could not run is refused here, not when
    /// somebody calls.
    pub fn listen(&self, row: &FlowRow, registry: &Registry, node: &str) -> Result<String, FlowError> {
        let document = Arc::new(flows::document(&row.draft)?);
        let found = document.node(node).filter(|n| n.kind == "webhook");
        let found = found.ok_or(FlowError::NotFound("webhook node in the saved draft"))?;
        flows::usable(&document, registry, node)?;
        let parameters = Parameters::of(found).map_err(|e| FlowError::Invalid(e.message))?;
        let entry = Entry {
            flow_id: row.id.clone(),
            flow_name: row.name.clone(),
            version: None,
            node: node.to_owned(),
            pattern: parameters.pattern().map_err(|e| FlowError::Invalid(e.message))?,
            parameters,
            document,
            trigger: TriggerKind::WebhookTest,
        };
        let until = (Instant::now() + LISTEN, Arc::new(entry));
        self.listening().insert(row.id.clone(), until);
        Ok(time::rfc3339(time::now() + LISTEN.as_millis() as i64))
    }

    pub fn stop_listening(&self, flow: &str) {
        self.listening().remove(flow);
    }

    /// The draft that listens for this call: the most exact path first, then who listens since last. It goes on listening
    /// until the call is [`Self::take`]n.
    pub fn find_listening(&self, method: &str, path: &str) -> Found {
        let mut listening = self.listening();
        let now = Instant::now();
        listening.retain(|_, (until, _)| *until > now);
        let fits = listening.values().filter_map(|(until, entry)| Some((until, entry, entry.pattern.matches(path)?)));
        let (right, wrong): (Vec<_>, Vec<_>) =
            fits.partition(|(_, entry, _)| entry.parameters.methods().iter().any(|m| m == method));
        match right.into_iter().max_by_key(|(until, entry, _)| (entry.pattern.specificity(), **until)) {
            Some((_, entry, params)) => Found::Entry { entry: entry.clone(), params },
            None => wrong.first().map_or(Found::Nothing, |(_, e, _)| Found::OtherMethods(e.parameters.methods())),
        }
    }

    /// Ends the listening of a draft for the call that it was [found](Self::find_listening) for; false when another call
    /// was first.
    pub fn take(&self, entry: &Arc<Entry>) -> bool {
        let mut listening = self.listening();
        let still = listening.get(&entry.flow_id).is_some_and(|(_, listens)| Arc::ptr_eq(listens, entry));
        if still {
            listening.remove(&entry.flow_id);
        }
        still
    }

    fn listening(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Instant, Arc<Entry>)>> {
        self.0.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The version's document; `None`, with a warning, when it can't be read, or was deleted just now.
async fn readable(store: &Store, row: &WebhookRow) -> Result<Option<Arc<Flow>>, FlowError> {
    let stored = match store.version_by_id(&row.version_id).await {
        Err(StoreError::NotFound(_)) => return Ok(None),
        stored => stored?,
    };
    match flows::document(&stored.document) {
        Ok(document) => Ok(Some(Arc::new(document))),
        Err(error) => {
            tracing::warn!(flow = %row.flow_id, %error, "A published version can't be read; its webhooks do not answer.");
            Ok(None)
        }
    }
}

/// `None`, with a warning, when the version's node is not what the row says.
fn published(row: &WebhookRow, document: Arc<Flow>) -> Option<Entry> {
    let parameters = document.node(&row.node).and_then(|node| Parameters::of(node).ok());
    let pattern = parameters.as_ref().and_then(|p| p.pattern().ok());
    let (Some(parameters), Some(pattern)) = (parameters, pattern) else {
        tracing::warn!(flow = %row.flow_id, node = %row.node, "A published webhook can't be read and does not answer.");
        return None;
    };
    Some(Entry {
        flow_id: row.flow_id.clone(),
        flow_name: row.flow_name.clone(),
        version: Some(VersionKey { id: row.version_id.clone(), number: row.version_number }),
        document,
        node: row.node.clone(),
        parameters,
        pattern,
        trigger: TriggerKind::Webhook,
    })
}
