//! Limits and habits of the engine.

use std::sync::Arc;
use std::time::Duration;

/// Settings of the engine. The defaults suit two cores and 1 GiB.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// IANA zone of flows that name none.
    pub timezone: String,
    /// Runs that work at the same time; parked ones do not count.
    pub max_runs: u32,
    /// Runs that work on the cluster at the same time.
    pub max_cluster_runs: u32,
    /// Runs that wait for their turn; more are refused.
    pub max_queued: u32,
    /// Bytes of items that runs may hold in memory while they wait for their turn; further runs wait in the database.
    pub max_queued_bytes: u64,
    /// Steps of one run that work at the same time.
    pub max_parallel_steps: u32,
    /// Steps that one run may start.
    pub max_steps: u32,
    /// Items that one step may put out.
    pub max_items: u32,
    /// Bytes of JSON that all steps of one run may put out together.
    pub max_run_bytes: u64,
    /// Bytes that one file or response may have.
    pub max_blob_bytes: u64,
    /// Working time of a run whose flow names none; waiting does not count.
    pub run_timeout: Duration,
    /// How long a server that can't be heard of keeps its runs, where several share a database.
    pub lease: Duration,
    /// How long an `Idempotency-Key` is remembered.
    pub idempotency: Duration,
    /// Prepared versions that are kept in memory.
    pub max_prepared: usize,
    /// A run that has nothing to do but wait stays this long before it is parked.
    pub keep_waiting: Duration,
    /// Private addresses that flows may call, as in `FLUXO_HTTP_ALLOW`: what a Job is told.
    pub http_allow: String,
    /// Days before its end that a certificate is warned of when something is signed with it.
    pub certificate_days: u32,
    /// Authorities (certificates in DER) whose word counts in Verify PDF, beside ICP-Brasil.
    pub signature_roots: Arc<[Vec<u8>]>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            timezone: "UTC".to_owned(),
            max_runs: 64,
            max_cluster_runs: 100,
            max_queued: 10_000,
            max_queued_bytes: 64 * 1024 * 1024,
            max_parallel_steps: 16,
            max_steps: 50_000,
            max_items: 100_000,
            max_run_bytes: 128 * 1024 * 1024,
            max_blob_bytes: 100 * 1024 * 1024,
            run_timeout: Duration::from_secs(3_600),
            lease: Duration::from_secs(30),
            idempotency: Duration::from_secs(24 * 3_600),
            max_prepared: 256,
            keep_waiting: Duration::ZERO,
            http_allow: String::new(),
            certificate_days: crate::certificates::DAYS,
            signature_roots: Arc::new([]),
        }
    }
}
