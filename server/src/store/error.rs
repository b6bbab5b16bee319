//! What can go wrong with storage, each with a plain sentence.

use flow::Changes;
use sea_orm::{DbErr, RuntimeErr};

/// Cloneable, because one failed commit answers every caller that shared it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row.
    #[error("There is no {0} with this id. It may have been deleted.")]
    NotFound(&'static str),
    /// Somebody saved the draft in between.
    #[error("{} saved this flow in the meantime. Load it again, or save over it.", .0.by)]
    Conflict(Box<DraftConflict>),
    /// Another flow answers under the same method and path.
    #[error(
        "The webhook {method} {path} already belongs to the flow \"{flow}\". Choose another path or unpublish that flow."
    )]
    WebhookTaken { method: String, path: String, flow: String, flow_id: String },
    /// The run has another owner by now; nothing of the submission was written.
    #[error("The run belongs to another server by now, or was deleted. Nothing was written.")]
    Fenced,
    /// It exists already: the tick fired, the idempotency key, e-mail address or name is taken.
    #[error("{0}")]
    Duplicate(String),
    /// What is asked breaks a rule of the data.
    #[error("{0}")]
    Refused(String),
    #[error("The disk is full, or the database reached its size limit. Free some space; nothing was written.")]
    DiskFull,
    #[error("The database can't be written: {0}. Check the permissions of the file and its folder.")]
    ReadOnly(String),
    /// Another server has the file.
    #[error("Another Fluxo server uses the database {0}. Stop it, or give this one another data folder.")]
    Locked(String),
    /// A cursor that no answer of ours gave.
    #[error("This page does not exist. Start from the first one, without a cursor.")]
    NoSuchPage,
    /// Text that a database can't hold.
    #[error("A text has a character that can't be stored (NUL). Remove it.")]
    Unstorable,
    /// A setting or a stored value that can't be used.
    #[error("{0}")]
    Invalid(String),
    /// In use, restarting or out of reach: what was asked is fine, and works once that passes.
    #[error("The database can't be used at the moment: {0}. Try again shortly; if it lasts, look at the database.")]
    Unavailable(String),
    #[error("The database did not answer as it should: {0}. Look at the server's log and the database.")]
    Database(String),
}

/// Who saved, when, and what is stored now.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftConflict {
    pub by: String,
    pub at: i64,
    pub revision: u32,
    /// What was changed since the sender's base.
    pub changes: Changes,
}

impl StoreError {
    /// Worth trying again later: nothing is wrong with what was asked.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::DiskFull | Self::ReadOnly(_) | Self::Unavailable(_))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let sqlx_error = match &error {
            DbErr::Exec(RuntimeErr::SqlxError(e))
            | DbErr::Query(RuntimeErr::SqlxError(e))
            | DbErr::Conn(RuntimeErr::SqlxError(e)) => e,
            DbErr::RecordNotFound(_) => return Self::NotFound("row"),
            DbErr::ConnectionAcquire(_) => return Self::Unavailable(sentence(&error)),
            other => return Self::Database(sentence(other)),
        };
        let Some(database) = sqlx_error.as_database_error() else {
            return if lost_connection(sqlx_error) {
                Self::Unavailable(sentence(sqlx_error))
            } else {
                Self::Database(sentence(sqlx_error))
            };
        };
        let code = database.code().unwrap_or_default();
        match code.parse::<u32>() {
            // PostgreSQL's codes have five characters; SQLite's extended codes carry the kind in the low byte.
            Ok(extended) if code.len() < 5 => match extended & 0xff {
                8 => Self::ReadOnly(database.message().to_owned()),
                13 => Self::DiskFull,
                14 => Self::ReadOnly("the file can't be opened".to_owned()),
                // Of the broken rules only those of uniqueness say that something exists.
                19 if matches!(extended, 1555 | 2067 | 2579) => {
                    Self::Duplicate("It exists already. Choose another name.".to_owned())
                }
                // Busy, locked, no memory, interrupted, an error of the disk, a lock that changed hands.
                5 | 6 | 7 | 9 | 10 | 15 => Self::Unavailable(database.message().to_owned()),
                _ => Self::Database(database.message().to_owned()),
            },
            _ => match code.as_ref() {
                "23505" => Self::Duplicate("It exists already. Choose another name.".to_owned()),
                "53100" => Self::DiskFull,
                "22021" | "22P05" => Self::Unstorable,
                "25006" => Self::ReadOnly(database.message().to_owned()),
                // Lost connections, deadlocks, too few resources, locks, a server that stops or starts.
                other if ["08", "40", "53", "55", "57"].contains(&other.get(..2).unwrap_or("")) => {
                    Self::Unavailable(database.message().to_owned())
                }
                _ => Self::Database(database.message().to_owned()),
            },
        }
    }
}

fn lost_connection(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    matches!(
        error,
        E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::BeginFailed
    )
}

/// The error's own words without a closing full stop, to stand inside ours.
fn sentence(error: &impl std::fmt::Display) -> String {
    error.to_string().trim_end_matches('.').to_owned()
}
