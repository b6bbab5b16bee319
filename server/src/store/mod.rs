//! The database: every table and every query on it. The only module that names a table.

mod error;
mod options;
mod records;
mod rows;
pub mod time;

pub use error::{DraftConflict, StoreError};
pub use options::StoreOptions;
pub use records::*;
pub use rows::*;
pub use time::new_id;

type Result<T> = std::result::Result<T, StoreError>;
/// A cheap clone; all clones share the connections and the writer.
#[derive(Clone)]
pub struct Store {}
/// Counters since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreMetrics {
    /** Transactions that were committed. */
    pub commits: u64,
    /** Calls of `commit` that succeeded. */
    pub submissions: u64,
    /** Operations in them. */
    pub ops: u64,
}
#[allow(clippy::todo, unused_variables, clippy::unused_async)]
mod signatures {
    use super::*;
    use flow::{
        Flow,
        api::{Page, RunSummary},
    };
    use std::{collections::HashMap, sync::Arc};
    use tokio::sync::watch;
    impl Store {
        /// Connects, migrates; on SQLite takes the file for this server (`Locked` when another has it).
        pub async fn open(options: &StoreOptions) -> Result<Self> {
            todo!()
        }
        /// `sqlite` or `postgres`.
        pub fn kind(&self) -> &'static str {
            todo!()
        }
        pub fn metrics(&self) -> StoreMetrics {
            todo!()
        }
        /// Answers `Ok` when the database reads.
        pub async fn ping(&self) -> Result<()> {
            todo!()
        }
        /// Waits for what is queued and closes the connections.
        pub async fn close(&self) {
            todo!()
        }
        /// All or nothing, durable on return; many calls share a transaction.
        pub async fn commit(&self, ops: Vec<Op>) -> Result<()> {
            todo!()
        }

        pub async fn run(&self, id: &str) -> Result<RunRow> {
            todo!()
        }
        pub async fn runs(&self, filter: RunFilter) -> Result<Page<RunSummary>> {
            todo!()
        }
        /// The newest run of each flow.
        pub async fn last_runs(&self, flows: &[String]) -> Result<HashMap<String, RunSummary>> {
            todo!()
        }
        /// In the order of their start, without data.
        pub async fn steps(&self, run: &str) -> Result<Vec<StepRow>> {
            todo!()
        }
        /// With data: to go on with a run.
        pub async fn steps_with_data(&self, run: &str) -> Result<Vec<StepRow>> {
            todo!()
        }
        pub async fn step_data(&self, run: &str, seq: u32) -> Result<Option<Arc<str>>> {
            todo!()
        }
        pub async fn idempotent_run(&self, flow: &str, key: &str, now: i64) -> Result<Option<String>> {
            todo!()
        }
        /// Queued, running and waiting runs, oldest first.
        pub async fn unfinished(&self, owner: OwnerFilter<'_>) -> Result<Vec<RunRow>> {
            todo!()
        }
        pub async fn count_unfinished(&self) -> Result<u64> {
            todo!()
        }
        /// Makes `owner` the owner of up to `limit` runs that are queued or running without a living owner, or waiting and
        /// due; each gets a new epoch. Two servers never get the same run.
        pub async fn claim(&self, owner: &str, limit: u64, now: i64, lease_until: i64) -> Result<Vec<RunRow>> {
            todo!()
        }
        /// Makes `owner` the owner of every queued or running run, whoever had it: for the start of a single server. SQLite only.
        pub async fn take_back(&self, owner: &str, lease_until: i64) -> Result<Vec<RunRow>> {
            todo!()
        }
        /// Extends the lease of all of the owner's unfinished runs; how many.
        pub async fn renew(&self, owner: &str, until: i64) -> Result<u64> {
            todo!()
        }
        /// Gives all of the owner's unfinished runs back, so that others can claim them at once.
        pub async fn release(&self, owner: &str) -> Result<u64> {
            todo!()
        }
        pub async fn due_waits(&self, now: i64, limit: u64) -> Result<Vec<RunRow>> {
            todo!()
        }
        /// The earliest `wake_at` of a waiting run.
        pub async fn next_wake(&self) -> Result<Option<i64>> {
            todo!()
        }
        /// Finished runs among these, with steps; how many. Their blobs become orphans.
        pub async fn delete_runs(&self, ids: &[String]) -> Result<u64> {
            todo!()
        }
        pub async fn prune(&self, retention: Retention) -> Result<u64> {
            todo!()
        }

        pub async fn create_flow(&self, document: &Flow, by: &str) -> Result<FlowRow> {
            todo!()
        }
        pub async fn flow(&self, id: &str) -> Result<FlowRow> {
            todo!()
        }
        pub async fn flows(&self, filter: FlowFilter) -> Result<Page<FlowRow>> {
            todo!()
        }
        /// `Conflict` when the stored revision is not `expected`; without one, saves over it.
        pub async fn save_draft(&self, id: &str, document: &Flow, expected: Option<u32>, by: &str) -> Result<FlowRow> {
            todo!()
        }
        /// With its versions, triggers and runs.
        pub async fn delete_flow(&self, id: &str) -> Result<()> {
            todo!()
        }
        /// A new version, its webhooks and schedules, in one transaction.
        pub async fn publish(&self, publish: PublishRow) -> Result<VersionRow> {
            todo!()
        }
        pub async fn unpublish(&self, flow: &str, by: &str) -> Result<()> {
            todo!()
        }
        /// Newest first, without documents.
        pub async fn versions(&self, flow: &str) -> Result<Vec<VersionRow>> {
            todo!()
        }
        pub async fn version(&self, flow: &str, number: u32) -> Result<VersionRow> {
            todo!()
        }
        pub async fn version_by_id(&self, id: &str) -> Result<VersionRow> {
            todo!()
        }
        pub async fn webhooks(&self) -> Result<Vec<WebhookRow>> {
            todo!()
        }
        /// Grows with each change of triggers, on any replica.
        pub async fn triggers_revision(&self) -> Result<i64> {
            todo!()
        }
        /// Changes when this process changed triggers.
        pub fn triggers_changed(&self) -> watch::Receiver<u64> {
            todo!()
        }
        pub async fn schedule(&self, id: &str) -> Result<ScheduleRow> {
            todo!()
        }
        pub async fn schedules(&self) -> Result<Vec<ScheduleRow>> {
            todo!()
        }
        pub async fn due_schedules(&self, now: i64) -> Result<Vec<ScheduleRow>> {
            todo!()
        }
        pub async fn earliest_schedule(&self) -> Result<Option<i64>> {
            todo!()
        }
        pub async fn set_schedule_next(&self, id: &str, next_at: Option<i64>) -> Result<()> {
            todo!()
        }
        /// When the next tick of each flow is due.
        pub async fn next_ticks(&self, flows: &[String]) -> Result<HashMap<String, i64>> {
            todo!()
        }

        pub async fn insert_credential(&self, row: CredentialRow) -> Result<()> {
            todo!()
        }
        pub async fn update_credential(&self, row: CredentialRow) -> Result<()> {
            todo!()
        }
        pub async fn credential(&self, id: &str) -> Result<CredentialRow> {
            todo!()
        }
        pub async fn credentials(&self) -> Result<Vec<CredentialRow>> {
            todo!()
        }
        pub async fn delete_credential(&self, id: &str) -> Result<()> {
            todo!()
        }
        /// Names of the flows whose draft or published version holds any of these credential ids.
        pub async fn flows_using(&self, credentials: &[String]) -> Result<HashMap<String, Vec<String>>> {
            todo!()
        }

        pub async fn insert_user(&self, row: UserRow) -> Result<()> {
            todo!()
        }
        /// Only while there is no user; else `Refused`.
        pub async fn insert_first_user(&self, row: UserRow) -> Result<()> {
            todo!()
        }
        pub async fn user(&self, id: &str) -> Result<UserRow> {
            todo!()
        }
        pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>> {
            todo!()
        }
        pub async fn users(&self) -> Result<Vec<UserRow>> {
            todo!()
        }
        pub async fn count_users(&self) -> Result<u64> {
            todo!()
        }
        /// `Refused` when no enabled owner would be left. Disabling and a new password end the user's sessions.
        pub async fn update_user(&self, id: &str, patch: UserPatch, now: i64) -> Result<UserRow> {
            todo!()
        }
        pub async fn touch_user(&self, id: &str, now: i64) -> Result<()> {
            todo!()
        }
        pub async fn delete_user(&self, id: &str) -> Result<()> {
            todo!()
        }

        pub async fn insert_session(&self, row: SessionRow) -> Result<()> {
            todo!()
        }
        pub async fn session(&self, id: &str) -> Result<Option<SessionRow>> {
            todo!()
        }
        /// From one generation to the next; false when it is not at `from` or was revoked.
        pub async fn rotate_session(&self, id: &str, from: u32, now: i64, expires_at: i64) -> Result<bool> {
            todo!()
        }
        pub async fn revoke_session(&self, id: &str, now: i64) -> Result<()> {
            todo!()
        }
        pub async fn revoke_sessions_of(&self, user: &str, now: i64) -> Result<u64> {
            todo!()
        }

        pub async fn insert_key(&self, row: KeyRow) -> Result<()> {
            todo!()
        }
        pub async fn key_by_hash(&self, hash: &str) -> Result<Option<KeyRow>> {
            todo!()
        }
        pub async fn keys(&self) -> Result<Vec<KeyRow>> {
            todo!()
        }
        pub async fn delete_key(&self, id: &str) -> Result<()> {
            todo!()
        }
        pub async fn touch_key(&self, id: &str, now: i64) -> Result<()> {
            todo!()
        }

        pub async fn insert_blob(&self, row: BlobRow) -> Result<()> {
            todo!()
        }
        pub async fn blob(&self, id: &str) -> Result<BlobRow> {
            todo!()
        }
        /// Files made before `before` whose run is gone, or that never had one.
        pub async fn orphan_blobs(&self, before: i64, limit: u64) -> Result<Vec<BlobRow>> {
            todo!()
        }
        pub async fn delete_blobs(&self, ids: &[String]) -> Result<u64> {
            todo!()
        }

        pub async fn setting(&self, key: &str) -> Result<Option<String>> {
            todo!()
        }
        pub async fn set_setting(&self, key: &str, value: &str) -> Result<()> {
            todo!()
        }
        pub async fn attempts(&self, subject: &str) -> Result<Attempts> {
            todo!()
        }
        /// Counts a failure; failures before `window_start` no longer count.
        pub async fn count_failure(&self, subject: &str, now: i64, window_start: i64) -> Result<Attempts> {
            todo!()
        }
        pub async fn clear_attempts(&self, subject: &str) -> Result<()> {
            todo!()
        }
    }
}
