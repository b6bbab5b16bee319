//! Lists of runs.

use flow::{RunStatus, TriggerKind};

use crate::store::testing::{each, run};
use crate::store::{Op, PageOf, RunFilter, RunRow, Store, time};

#[tokio::test]
async fn runs_are_listed_newest_first_by_filter_and_page() {
    each(async |store: Store| {
        let mut rows = Vec::new();
        for i in 0..7 {
            let mut row = RunRow { created_at: time::now(), ..run(if i % 2 == 0 { "even" } else { "odd" }) };
            if i == 3 {
                row = RunRow {
                    status: RunStatus::Failed,
                    finished_at: Some(row.created_at),
                    trigger: TriggerKind::Manual,
                    ..row
                };
            }
            store.commit(vec![Op::InsertRun(Box::new(row.clone()))]).await.unwrap();
            rows.push(row);
        }
        let list = async |filter: RunFilter| {
            let page = store.runs(filter).await.unwrap();
            let places =
                page.items.iter().map(|run| rows.iter().position(|row| row.id == run.id).unwrap()).collect::<Vec<_>>();
            (places, page.next)
        };
        let check = async |filter: RunFilter, expected: &[usize]| {
            assert_eq!(list(filter.clone()).await.0, expected, "{filter:?}")
        };
        check(RunFilter::default(), &[6, 5, 4, 3, 2, 1, 0]).await;
        check(RunFilter { flow: Some("odd".into()), ..Default::default() }, &[5, 3, 1]).await;
        check(RunFilter { status: vec![RunStatus::Failed, RunStatus::Cancelled], ..Default::default() }, &[3]).await;
        check(RunFilter { trigger: vec![TriggerKind::Manual], ..Default::default() }, &[3]).await;
        check(RunFilter { from: Some(time::now() + 60_000), ..Default::default() }, &[]).await;
        check(RunFilter { to: Some(rows[0].created_at), ..Default::default() }, &[]).await;
        check(RunFilter { from: Some(rows[0].created_at), ..Default::default() }, &[6, 5, 4, 3, 2, 1, 0]).await;

        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (page, next) = list(RunFilter { page: PageOf { limit: Some(3), cursor }, ..Default::default() }).await;
            seen.extend(page);
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);

        let last = store.last_runs(&["even".into(), "odd".into(), "none".into()]).await.unwrap();
        assert_eq!(
            (last["even"].id.as_str(), last["odd"].id.as_str(), last.len()),
            (rows[6].id.as_str(), rows[5].id.as_str(), 2)
        );
        let summary = store
            .runs(RunFilter { status: vec![RunStatus::Failed], ..Default::default() })
            .await
            .unwrap()
            .items
            .remove(0);
        assert_eq!(summary, rows[3].summary(0));
    })
    .await;
}

#[tokio::test]
async fn open_runs_are_found_by_their_own_index() {
    use sea_orm::{ConnectionTrait, QueryOrder, QueryTrait, Statement};
    let (store, _folder) = crate::store::testing::sqlite().await;
    let filter = RunFilter {
        flow: Some("f".into()),
        status: vec![RunStatus::Queued, RunStatus::Running],
        trigger: vec![TriggerKind::Schedule],
        ..Default::default()
    };
    for filter in [filter.clone(), RunFilter { flow: None, trigger: Vec::new(), ..filter }] {
        let select = super::super::runs::filtered(&filter).order_by_desc(crate::store::entity::run::Column::Id);
        let statement = select.build(store.backend());
        let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {}", statement.sql), ..statement };
        let plan: Vec<String> = store
            .read()
            .query_all_raw(explain)
            .await
            .unwrap()
            .iter()
            .map(|row| row.try_get_by_index(3).unwrap())
            .collect();
        assert!(plan.iter().any(|line| line.contains("runs_open")), "{plan:?}");
    }
    store.close().await;
}
