//! What a step is given and what it gives back.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use flow::{Batch, BlobRef, Flow, Item, Node, Origin};
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::error::NodeError;
use crate::world::{Blobs, Clock, Files, Http, Jobs, Script, Secrets};

/// Everything a node may use while it runs. Made by the engine for one attempt of one step.
pub struct Context {
    pub flow: Arc<Flow>,
    pub node: Arc<Node>,
    pub run_id: String,
    /// The same for every attempt of this step, so that the other side can recognise a repetition.
    pub idempotency_key: String,
    /// 1 for the first.
    pub attempt: u32,
    /// By input port in the order of the description; `None` for a port that stayed silent. Triggers have none.
    pub inputs: Vec<Option<Batch>>,
    /// Items that fail are reported in [`Output::failed`] instead of failing the step.
    pub keep_going: bool,
    /// Set when the run is cancelled or the server stops; the future is dropped soon after.
    pub cancelled: CancellationToken,
    /// The flow's IANA zone.
    pub timezone: String,
    /// Bytes that one item's file or response may have.
    pub max_bytes: u64,
    /// Days before its end that a certificate is warned of.
    pub certificate_days: u32,
    /// Authorities (certificates in DER) that are trusted with signatures, beside ICP-Brasil: `FLUXO_SIGNATURE_ROOTS`.
    pub signature_roots: Arc<[Vec<u8>]>,
    pub parameters: Arc<dyn Parameters>,
    pub http: Arc<dyn Http>,
    pub blobs: Arc<dyn Blobs>,
    pub files: Arc<dyn Files>,
    pub secrets: Arc<dyn Secrets>,
    pub jobs: Arc<dyn Jobs>,
    pub script: Arc<dyn Script>,
    pub clock: Arc<dyn Clock>,
    pub log: Arc<dyn Fn(String) + Send + Sync>,
}

/// The node's parameters with expressions resolved.
#[async_trait]
pub trait Parameters: Send + Sync {
    /// For every item of the first input (at least one value, also without items), in order. Values are shared when
    /// no expression depends on the item.
    async fn resolve_all(&self) -> Vec<Result<Arc<Value>, NodeError>>;
}

/// What a step ended with.
#[derive(Debug)]
pub enum Outcome {
    Done(Output),
    /// Parks the run until then; no task or thread is held.
    Wait(Wait),
}

#[derive(Debug, Default)]
pub struct Output {
    /// Output port → items. A port that is missing or empty sends nothing.
    pub ports: Vec<(String, Batch)>,
    /// Only when [`Context::keep_going`].
    pub failed: Vec<Failed>,
    /// The answer to the webhook call that started the run; the first one counts.
    pub answer: Option<Answer>,
}

/// An input item that the node could not do.
#[derive(Debug)]
pub struct Failed {
    pub item: u32,
    pub error: NodeError,
}

#[derive(Debug)]
pub struct Wait {
    pub until: Timestamp,
    /// Shown while it waits: "until 24 Nov 07:00".
    pub reason: String,
    /// The step's result when it wakes.
    pub then: Output,
}

/// An HTTP answer made by the Respond node.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: AnswerBody,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerBody {
    Empty,
    Json(Value),
    Text(String),
    Blob(BlobRef),
}

impl Output {
    /// Items that came from nowhere, as those of a trigger.
    pub fn fresh(items: Vec<Item>) -> Self {
        Self::one(Batch::many(items.into_iter().map(|item| (Arc::new(item), Vec::new()))))
    }

    /// One batch on the port `out`.
    pub fn one(batch: Batch) -> Self {
        Self::on(flow::graph::OUTPUT, batch)
    }

    pub fn on(port: &str, batch: Batch) -> Self {
        Self { ports: vec![(port.to_owned(), batch)], ..Self::default() }
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self::Done(output)
    }
}

impl Context {
    /// The first input, empty when there is none.
    pub fn input(&self) -> Batch {
        self.inputs.first().cloned().flatten().unwrap_or_default()
    }

    /// The parameters for each input item. A value that does not fit is an error that names its place.
    pub async fn each<P: DeserializeOwned>(&self) -> Vec<Result<P, NodeError>> {
        let resolved = self.parameters.resolve_all().await;
        resolved.into_iter().enumerate().map(|(i, v)| parse(v?.as_ref()).map_err(|e| e.at_item(i))).collect()
    }

    /// As [`Self::each`], but values that are shared because no expression depends on the item are read once.
    pub async fn each_shared<P: DeserializeOwned>(&self) -> Vec<Result<Arc<P>, NodeError>> {
        let resolved = self.parameters.resolve_all().await;
        let mut former: Option<(Arc<Value>, Arc<P>)> = None;
        let read = resolved.into_iter().enumerate().map(|(i, value)| {
            let value = value.map_err(|e| e.at_item(i))?;
            if let Some((_, parsed)) = former.as_ref().filter(|(v, _)| Arc::ptr_eq(v, &value)) {
                return Ok(parsed.clone());
            }
            let parsed = Arc::new(parse::<P>(&value).map_err(|e| e.at_item(i))?);
            former = Some((value, parsed.clone()));
            Ok(parsed)
        });
        read.collect()
    }

    /// Runs `work`, which waits for nothing, for every input item in order. An item that fails ends the step, or is
    /// collected when the node's error setting says to keep going. Lets others run, and stops when cancelled.
    pub async fn for_items<P>(
        &self,
        mut work: impl FnMut(u32, &Arc<Item>, &P) -> Result<(), NodeError> + Send,
    ) -> Result<Vec<Failed>, NodeError>
    where
        P: DeserializeOwned + Send + Sync,
    {
        let input = self.input();
        let parameters = self.each_shared::<P>().await;
        let mut failed = Vec::new();
        for (i, (item, p)) in input.items.iter().zip(parameters).enumerate() {
            if i % 256 == 255 {
                self.breathe().await?;
            }
            match p.and_then(|p| work(i as u32, item, &p)) {
                Ok(()) => {}
                Err(error) if self.keep_going => failed.push(Failed { item: i as u32, error: error.at_item(i) }),
                Err(error) => return Err(error.at_item(i)),
            }
        }
        Ok(failed)
    }

    /// Lets other work run; an error when the run was cancelled. For loops over many items.
    pub async fn breathe(&self) -> Result<(), NodeError> {
        tokio::task::yield_now().await;
        if self.cancelled.is_cancelled() { Err(NodeError::cancelled()) } else { Ok(()) }
    }

    /// `work`, or an error as soon as the run is cancelled.
    pub async fn unless_cancelled<T>(&self, work: impl Future<Output = Result<T, NodeError>>) -> Result<T, NodeError> {
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(NodeError::cancelled()),
            result = work => result,
        }
    }

    /// The parameters for the first item, for nodes that run once for all.
    pub async fn once<P: DeserializeOwned>(&self) -> Result<P, NodeError> {
        match self.parameters.resolve_all().await.into_iter().next() {
            Some(value) => parse(value?.as_ref()),
            None => parse(&Value::Object(Default::default())),
        }
    }

    /// Runs `work` for every input item, `limit` at a time, keeping the order of items and their lineage. An item that
    /// fails ends the step, or is collected when the node's error setting says to keep going.
    pub async fn map_items<P, F, W>(&self, limit: usize, work: W) -> Result<Output, NodeError>
    where
        P: DeserializeOwned,
        W: Fn(usize, Arc<Item>, P) -> F,
        F: Future<Output = Result<Vec<Item>, NodeError>>,
    {
        let input = self.input();
        let parameters = self.each::<P>().await;
        let jobs = input.items.iter().cloned().zip(parameters).enumerate().map(|(i, (item, p))| {
            let job = p.map(|p| work(i, item, p));
            async move {
                match job {
                    Ok(job) => job.await,
                    Err(e) => Err(e),
                }
            }
        });
        let mut results = futures_util::stream::iter(jobs).buffered(limit.max(1));
        let (mut made, mut failed, mut index) = (Vec::new(), Vec::new(), 0u32);
        while let Some(result) = self.unless_cancelled(async { Ok(results.next().await) }).await? {
            match result {
                Ok(items) => made.extend(items.into_iter().map(|item| (Arc::new(item), index))),
                Err(error) if self.keep_going => {
                    failed.push(Failed { item: index, error: error.at_item(index as usize) })
                }
                Err(error) => return Err(error.at_item(index as usize)),
            }
            index += 1;
        }
        Ok(Output { failed, ..Output::one(Batch::each(made)) })
    }

    /// All items of all inputs as origins, for nodes that make one thing of everything.
    pub fn all_origins(&self) -> Vec<Origin> {
        let ports = self.inputs.iter().enumerate();
        ports
            .flat_map(|(input, batch)| {
                let count = batch.as_ref().map_or(0, Batch::len) as u32;
                (0..count).map(move |item| Origin { input: input as u16, item })
            })
            .collect()
    }
}

/// Parameters as a node's struct; numbers, texts and yes/no values that an expression gave in another shape are converted.
pub fn parse<P: DeserializeOwned>(value: &Value) -> Result<P, NodeError> {
    crate::lenient::from_value(value).map_err(|e| {
        NodeError::new(
            "parameter_invalid",
            format!("A parameter does not fit: {e}. Correct it in the node's parameters."),
        )
    })
}
