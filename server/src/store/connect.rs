//! Opening the connections: what each kind of database needs.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use migrations::Migrator;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};
use sea_orm_migration::MigratorTrait;

use super::{Result, StoreError, StoreOptions, sql, writer};

/// Any number, the same in every server: who holds it migrates.
const MIGRATION_LOCK: i64 = 0x0066_6c75_786f;
/// Pages of the write-ahead log that are moved into the file at once.
const CHECKPOINT_PAGES: &str = "4000";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
    /// A reader of a database that is not ours to make or change.
    Looker,
}

/// Which database the URL names.
pub(super) fn backend(url: &str) -> Result<DbBackend> {
    match url.split(':').next() {
        Some("sqlite") => Ok(DbBackend::Sqlite),
        Some("postgres" | "postgresql") => Ok(DbBackend::Postgres),
        _ => Err(StoreError::Invalid(
            "The database URL must start with sqlite:// or postgres://. Correct FLUXO_DATABASE_URL.".into(),
        )),
    }
}

pub(super) async fn connect(options: &StoreOptions, role: Role) -> Result<DatabaseConnection> {
    let mut connect = ConnectOptions::new(options.url.clone());
    let connections = if role == Role::Writer { 1 } else { options.readers.max(1) };
    connect
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .connect_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    match backend(&options.url)? {
        DbBackend::Sqlite => {
            connect.test_before_acquire(false);
            let (durable, limit) = (options.durable, options.max_bytes);
            connect.map_sqlx_sqlite_opts(move |sqlite| {
                let sqlite = sqlite
                    .create_if_missing(role == Role::Writer)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Normal })
                    .busy_timeout(Duration::from_secs(5))
                    .foreign_keys(true)
                    .pragma("temp_store", "MEMORY")
                    .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                    .pragma("journal_size_limit", "67108864");
                let sqlite = match limit {
                    Some(bytes) => sqlite.pragma("max_page_count", (bytes / 4096).max(1).to_string()),
                    None => sqlite,
                };
                match role {
                    Role::Writer => sqlite.pragma("cache_size", "-16000"),
                    Role::Reader | Role::Looker => sqlite.pragma("cache_size", "-4000").pragma("query_only", "1"),
                }
            });
        }
        _ => {
            let durable = options.durable;
            connect.map_sqlx_postgres_opts(move |postgres| {
                postgres.application_name("fluxo").options([
                    ("synchronous_commit", if durable { "on" } else { "off" }),
                    ("jit", "off"),
                    ("default_transaction_read_only", if role == Role::Looker { "on" } else { "off" }),
                ])
            });
        }
    }
    Database::connect(connect).await.map_err(|error| match StoreError::from(error) {
        StoreError::Database(words) => StoreError::Database(format!("can't connect ({words})")),
        StoreError::Unavailable(words) => StoreError::Unavailable(format!("can't connect ({words})")),
        other => other,
    })
}

/// Brings the schema up to date. Several servers that start at once take turns.
pub(super) async fn migrate(db: &DatabaseConnection) -> Result<()> {
    if db.get_database_backend() == DbBackend::Postgres {
        // The writer's pool has one connection, so the lock and the migrations share a session.
        db.execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
        let result = Migrator::up(db, None).await;
        db.execute_unprepared(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})")).await?;
        result?;
    } else {
        Migrator::up(db, None).await?;
    }
    Ok(())
}

/// Whether the schema is older than this program.
pub(super) async fn outdated(db: &DatabaseConnection) -> Result<bool> {
    // A database without the table of migrations is outdated as well, which reading their state says by an error.
    Ok(Migrator::get_pending_migrations(db).await.map_or(true, |pending| !pending.is_empty()))
}

/// An error now rather than at the first run: the file or its folder may be read-only.
pub(super) async fn writable(db: &DatabaseConnection) -> Result<()> {
    let tx = writer::begin(db, db.get_database_backend()).await?;
    sql::execute(&tx, "UPDATE counters SET value = value WHERE name = 'triggers'", []).await?;
    Ok(tx.commit().await?)
}

/// Holds the file of a SQLite database for one server, as long as it lives.
pub(super) fn lock(database: &Path) -> Result<Arc<File>> {
    let path = beside(database, ".lock");
    let file = private(OpenOptions::new().create(true).truncate(false).write(true))
        .open(&path)
        .map_err(|error| StoreError::ReadOnly(format!("{} ({error})", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(Arc::new(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(database.display().to_string())),
        Err(TryLockError::Error(error)) => Err(StoreError::Invalid(format!(
            "{} can't be locked ({error}). Use a local disk for the data folder.",
            path.display()
        ))),
    }
}

/// Creates the file before SQLite does, readable by its owner alone: it holds password hashes.
pub(super) fn create_private(database: &Path) -> Result<()> {
    private(OpenOptions::new().create(true).truncate(false).write(true))
        .open(database)
        .map(drop)
        .map_err(|error| StoreError::ReadOnly(format!("{} ({error})", database.display())))
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
