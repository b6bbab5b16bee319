//! The migrations make the same schema on both databases, and the entities agree with it.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Iterable, Statement};

use crate::store::entity;
use crate::store::testing::{each, each_options};
use crate::store::{Store, StoreOptions};

/// Table → columns, and the names of our indexes.
async fn schema(store: &Store) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let (columns, indexes) = match store.backend() {
        DbBackend::Postgres => (
            "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position",
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' ORDER BY 1",
        ),
        _ => (
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY c.cid",
            "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
        ),
    };
    let query =
        async |sql: &str| store.read().query_all_raw(Statement::from_string(store.backend(), sql)).await.unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in query(columns).await {
        tables.entry(row.try_get_by_index(0).unwrap()).or_default().push(row.try_get_by_index(1).unwrap());
    }
    tables.retain(|name, _| !name.starts_with("sqlite_"));
    let indexes = query(indexes).await.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    (tables, indexes)
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let found = std::sync::Mutex::new(Vec::new());
    each(async |store: Store| {
        let schema = schema(&store).await;
        assert_eq!(schema.0.len(), 23, "{:?}", schema.0.keys());
        assert_eq!(schema.1.len(), 23, "{:?}", schema.1);
        found.lock().unwrap().push(schema);
    })
    .await;
    let found = found.into_inner().unwrap();
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:#?}");
}

#[tokio::test]
async fn every_entity_agrees_with_its_table() {
    async fn check<E: EntityTrait>(store: &Store) {
        let columns = &schema(store).await.0[E::default().table_name()];
        let named: Vec<String> = E::Column::iter().map(|c| sea_orm::Iden::to_string(&c)).collect();
        assert_eq!(&named, columns);
        assert!(E::find().all(store.read()).await.unwrap().is_empty(), "{}", E::default().table_name());
    }
    each(async |store: Store| {
        check::<entity::api_key::Entity>(&store).await;
        check::<entity::attempt::Entity>(&store).await;
        check::<entity::blob::Entity>(&store).await;
        check::<entity::blob_use::Entity>(&store).await;
        check::<entity::credential::Entity>(&store).await;
        check::<entity::flow::Entity>(&store).await;
        check::<entity::idempotency::Entity>(&store).await;
        check::<entity::job::Entity>(&store).await;
        check::<entity::job_file::Entity>(&store).await;
        check::<entity::job_log::Entity>(&store).await;
        check::<entity::outline::Entity>(&store).await;
        check::<entity::run::Entity>(&store).await;
        check::<entity::save::Entity>(&store).await;
        check::<entity::schedule::Entity>(&store).await;
        check::<entity::session::Entity>(&store).await;
        check::<entity::setting::Entity>(&store).await;
        check::<entity::step::Entity>(&store).await;
        check::<entity::user::Entity>(&store).await;
        check::<entity::version::Entity>(&store).await;
        check::<entity::webhook::Entity>(&store).await;
    })
    .await;
}

#[tokio::test]
async fn servers_that_start_at_once_migrate_once() {
    each_options(async |options| {
        let options = StoreOptions { alone: false, ..options };
        if options.sqlite_path().is_some() {
            // One server only, by its lock; a command that comes first migrates as well.
            Store::open(&options).await.unwrap().close().await;
        }
        let opened = futures_util::future::join_all((0..4).map(|_| Store::open(&options))).await;
        for store in opened {
            let store = store.unwrap();
            store.ping().await.unwrap();
            store.close().await;
        }
    })
    .await;
}
