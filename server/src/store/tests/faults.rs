//! Databases that can't be used, and what is said about them.

use sea_orm::{ConnectionTrait, Database};

use crate::store::testing::{each_options, run, sqlite, step};
use crate::store::{Op, Store, StoreError, StoreOptions};

fn ops() -> Vec<Op> {
    let row = run("f");
    let mut steps = vec![step(&row.id, 1)];
    steps[0].data = Some("x".repeat(20_000).into());
    vec![Op::InsertRun(Box::new(row)), Op::InsertSteps(steps)]
}

async fn refused(options: &StoreOptions) -> StoreError {
    match Store::open(options).await {
        Ok(_) => panic!("{options:?} was opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_second_server_is_told_so_and_a_command_may_write_beside() {
    let (store, folder) = sqlite().await;
    let options = StoreOptions::in_folder(folder.path());
    let error = refused(&options).await;
    assert!(matches!(error, StoreError::Locked(_)), "{error:?}");
    assert!(error.to_string().contains("fluxo.db") && error.to_string().contains("Another Fluxo server"), "{error}");
    let beside = Store::open(&StoreOptions { alone: false, ..options.clone() }).await.unwrap();
    beside.set_setting("from", "beside").await.unwrap();
    assert_eq!(store.setting("from").await.unwrap().as_deref(), Some("beside"));
    beside.close().await;
    store.commit(ops()).await.unwrap();
    store.close().await;
    assert!(store.commit(ops()).await.is_err(), "closed");
    Store::open(&options).await.unwrap().close().await;
}

#[tokio::test]
async fn a_file_that_cant_be_written_is_refused_at_the_start() {
    let (store, folder) = sqlite().await;
    store.close().await;
    let options = StoreOptions::in_folder(folder.path());
    // As root, permissions hold nobody back; a read-only connection behaves the same for everyone.
    let read_only = StoreOptions { url: format!("{}?mode=ro", options.url), ..options.clone() };
    let error = refused(&read_only).await;
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
    let nowhere = StoreOptions::in_folder(&folder.path().join("missing"));
    let error = refused(&nowhere).await;
    assert!(matches!(error, StoreError::ReadOnly(ref words) if words.contains("missing")), "{error:?}");
    std::fs::write(folder.path().join("fluxo.db"), "this is no database, but long enough to look at".repeat(50))
        .unwrap();
    let error = refused(&options).await;
    assert!(error.to_string().contains("not a database"), "{error}");
    let error = refused(&StoreOptions::new("mysql://x")).await;
    assert!(error.to_string().contains("sqlite://"), "{error}");
}

#[tokio::test]
async fn a_full_disk_fails_the_write_alone_and_nothing_is_lost() {
    let (store, folder) = sqlite().await;
    store.commit(ops()).await.unwrap();
    store.close().await;
    let options = StoreOptions { max_bytes: Some(1_000_000), ..StoreOptions::in_folder(folder.path()) };
    let store = Store::open(&options).await.unwrap();
    let mut written = 1;
    let error = loop {
        match store.commit(ops()).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "the limit does not hold");
    };
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert!(store.set_setting("big", &"x".repeat(100_000)).await.is_err());
    assert_eq!(store.count_unfinished().await.unwrap(), written);
    store.close().await;
    // There is room again: all that was acknowledged is there, and writing goes on.
    let store = Store::open(&StoreOptions::in_folder(folder.path())).await.unwrap();
    assert_eq!(store.count_unfinished().await.unwrap(), written);
    store.commit(ops()).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn the_writer_goes_on_after_a_full_disk_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { max_bytes: Some(600_000), ..StoreOptions::in_folder(folder.path()) };
    let store = Store::open(&options).await.unwrap();
    let mut rows = Vec::new();
    loop {
        let ops = ops();
        let Op::InsertRun(row) = &ops[0] else { unreachable!() };
        rows.push(row.id.clone());
        if store.commit(ops).await.is_err() {
            break;
        }
    }
    rows.pop();
    let flow = store.unfinished(crate::store::OwnerFilter::Any).await.unwrap();
    assert_eq!(flow.len(), rows.len());
    // Room by ending and deleting runs.
    for row in &flow {
        let mut update = row.update();
        (update.status, update.finished_at) = (flow::RunStatus::Succeeded, Some(1));
        store.commit(vec![Op::UpdateRun(Box::new(update))]).await.unwrap();
    }
    assert_eq!(store.delete_runs(&rows).await.unwrap(), rows.len() as u64);
    store.commit(ops()).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_without_closing() {
    each_options(async |options| {
        let options = StoreOptions { alone: false, ..options };
        let store = Store::open(&options).await.unwrap();
        let ops = ops();
        let Op::InsertRun(row) = ops[0].clone() else { unreachable!() };
        store.commit(ops).await.unwrap();
        // A second opening sees it while the first has not closed anything.
        let other = Store::open(&options).await.unwrap();
        assert_eq!(other.run(&row.id).await.unwrap(), *row);
        other.close().await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn no_password_of_the_url_is_shown() {
    let options = StoreOptions::new("postgres://fluxo:s3cret@127.0.0.1:1/none");
    let error = refused(&options).await;
    assert!(!format!("{options:?} {error:?} {error}").contains("s3cret"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_belongs_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (store, folder) = sqlite().await;
    store.set_setting("a", "b").await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
    store.close().await;
}

#[tokio::test]
async fn sqlite_waits_for_the_disk_and_writes_ahead() {
    let (store, folder) = sqlite().await;
    let found = store
        .write(|tx| {
            Box::pin(async move {
                let row = tx
                    .query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA synchronous"))
                    .await?;
                Ok(row.unwrap().try_get_by_index::<i32>(0)?)
            })
        })
        .await
        .unwrap();
    assert_eq!(found, 2, "synchronous=FULL");
    let url = StoreOptions::in_folder(folder.path()).url;
    let other = Database::connect(url).await.unwrap();
    let mode = other
        .query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA journal_mode"))
        .await
        .unwrap();
    assert_eq!(mode.unwrap().try_get_by_index::<String>(0).unwrap(), "wal");
    other.close().await.unwrap();
    store.close().await;
}
