//! Drafts, versions, publishing, triggers.

use flow::{Changes, Flow, Node};

use sea_orm::EntityTrait;

use crate::store::entity::outline;
use crate::store::testing::{each, run, step};
use crate::store::{FlowFilter, FlowRow, NewSchedule, NewWebhook, Op, PageOf, PublishRow, Store, StoreError};
use crate::store::{Outline, outlines};

fn document(name: &str) -> Flow {
    Flow { name: name.into(), description: format!("{name} described"), ..Flow::default() }
}

fn hook(path: &str, normalised: &str) -> NewWebhook {
    NewWebhook { node: "hook".into(), method: "POST".into(), path: path.into(), normalised: normalised.into() }
}

fn publication(flow: &FlowRow) -> PublishRow {
    PublishRow {
        flow: flow.id.clone(),
        name: "first".into(),
        document: flow.draft.clone(),
        revision: flow.revision,
        by: "ana@example.com".into(),
        webhooks: vec![hook("orders/:id", "orders/:")],
        schedules: vec![NewSchedule { node: "clock".into(), spec: r#"{"every":1}"#.into(), next_at: Some(1000) }],
    }
}

#[tokio::test]
async fn a_save_over_somebody_elses_is_a_conflict_that_names_them() {
    each(async |store: Store| {
        let row = store.create_flow(&document("Orders"), "ana@example.com").await.unwrap();
        assert_eq!((row.revision, row.draft_changed()), (1, true));
        let saved = store.save_draft(&row.id, &document("Orders 2"), Some(1), "rui@example.com").await.unwrap();
        assert_eq!(
            (saved.revision, saved.name.as_str(), saved.updated_by.as_str()),
            (2, "Orders 2", "rui@example.com")
        );
        assert_eq!(store.flow(&row.id).await.unwrap(), saved);
        match store.save_draft(&row.id, &document("Mine"), Some(1), "ana@example.com").await {
            Err(StoreError::Conflict(conflict)) => {
                assert_eq!((conflict.by.as_str(), conflict.revision), ("rui@example.com", 2));
                // What they changed, not what I changed.
                assert_eq!(conflict.changes, Changes { settings: true, ..Changes::default() });
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.save_draft(&row.id, &document("Mine"), None, "ana@example.com").await.unwrap().revision, 3);
        assert!(matches!(store.save_draft("none", &document("x"), None, "").await, Err(StoreError::NotFound("flow"))));
    })
    .await;
}

#[tokio::test]
async fn publishing_is_all_or_nothing_and_versions_stay() {
    each(async |store: Store| {
        let mut changes = store.triggers_changed();
        let first = store.create_flow(&document("Orders"), "ana").await.unwrap();
        let second = store.create_flow(&document("Other"), "ana").await.unwrap();
        assert_eq!(store.triggers_revision().await.unwrap(), 0);
        let version = store.publish(publication(&first)).await.unwrap();
        assert_eq!((version.number, version.published), (1, true));
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        let revision = store.triggers_revision().await.unwrap();
        assert!(revision > 0);

        let hooks = store.webhooks().await.unwrap();
        assert_eq!((hooks.len(), hooks[0].path.as_str(), hooks[0].version_number), (1, "orders/:id", 1));
        assert_eq!((hooks[0].flow_name.as_str(), &hooks[0].version_id), ("Orders", &version.id));
        let row = store.flow(&first.id).await.unwrap();
        assert!(!row.draft_changed() && row.published.as_ref().unwrap().number == 1);

        let taken = PublishRow {
            webhooks: vec![hook("free", "free"), hook("orders/:number", "orders/:")],
            ..publication(&second)
        };
        match store.publish(taken).await {
            Err(StoreError::WebhookTaken { method, path, flow, flow_id }) => {
                assert_eq!(
                    (method.as_str(), path.as_str(), flow.as_str(), &flow_id),
                    ("POST", "orders/:number", "Orders", &first.id)
                );
            }
            other => panic!("{other:?}"),
        }
        assert!(store.versions(&second.id, &PageOf::default()).await.unwrap().items.is_empty());
        assert_eq!(store.webhooks().await.unwrap().len(), 1);
        assert_eq!(store.triggers_revision().await.unwrap(), revision);
        assert!(!changes.has_changed().unwrap());

        store.save_draft(&first.id, &document("Orders!"), Some(1), "rui").await.unwrap();
        let second_version = store.publish(publication(&store.flow(&first.id).await.unwrap())).await.unwrap();
        assert_eq!(second_version.number, 2);
        let list = store.versions(&first.id, &PageOf::default()).await.unwrap().items;
        assert_eq!(list.iter().map(|v| (v.number, v.published)).collect::<Vec<_>>(), [(2, true), (1, false)]);
        assert!(list.iter().all(|v| v.document.is_empty()));
        assert_eq!(store.version(&first.id, 1).await.unwrap().document, first.draft);
        assert_eq!(store.version_by_id(&version.id).await.unwrap().number, 1);
        assert!(matches!(store.version(&first.id, 9).await, Err(StoreError::NotFound("version"))));

        store.unpublish(&first.id, "ana").await.unwrap();
        assert!(store.webhooks().await.unwrap().is_empty() && store.schedules().await.unwrap().is_empty());
        assert!(store.flow(&first.id).await.unwrap().published.is_none());
        assert_eq!(store.versions(&first.id, &PageOf::default()).await.unwrap().items.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn two_flows_that_publish_one_path_at_once_do_not_both_get_it() {
    each(async |store: Store| {
        let mut tasks = Vec::new();
        for i in 0..6 {
            let flow = store.create_flow(&document(&format!("Flow {i}")), "ana").await.unwrap();
            let store = store.clone();
            tasks.push(tokio::spawn(async move { store.publish(publication(&flow)).await }));
        }
        let mut active = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => active += 1,
                Err(StoreError::WebhookTaken { flow, .. }) => assert!(flow.starts_with("Flow "), "{flow}"),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((active, store.webhooks().await.unwrap().len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_schedule_keeps_its_tick_when_it_is_published_again_unchanged() {
    each(async |store: Store| {
        let flow = store.create_flow(&document("Daily"), "ana").await.unwrap();
        store.publish(publication(&flow)).await.unwrap();
        let id = format!("{}:clock", flow.id);
        assert_eq!(store.earliest_schedule().await.unwrap(), Some(1000));
        assert_eq!(store.due_schedules(999).await.unwrap(), []);
        assert_eq!(store.due_schedules(1000).await.unwrap().len(), 1);
        let row = run(&flow.id);
        let tick = Op::Tick { schedule: id.clone(), at: 1000, run: Some(row.id.clone()), next_at: Some(2000) };
        store.commit(vec![Op::InsertRun(Box::new(row)), tick]).await.unwrap();
        let schedule = store.schedule(&id).await.unwrap();
        assert_eq!((schedule.next_at, schedule.last_at, schedule.version_number), (Some(2000), Some(1000), 1));
        assert_eq!(store.next_ticks(std::slice::from_ref(&flow.id)).await.unwrap()[&flow.id], 2000);

        store.publish(publication(&flow)).await.unwrap();
        let schedule = store.schedule(&id).await.unwrap();
        assert_eq!((schedule.next_at, schedule.last_at, schedule.version_number), (Some(2000), Some(1000), 2));
        let mut changed = publication(&flow);
        changed.schedules[0] = NewSchedule { node: "clock".into(), spec: r#"{"every":2}"#.into(), next_at: Some(5000) };
        store.publish(changed).await.unwrap();
        assert_eq!(store.schedule(&id).await.unwrap().next_at, Some(5000));
        store.set_schedule_next(&id, None).await.unwrap();
        assert_eq!(store.earliest_schedule().await.unwrap(), None);
        assert!(matches!(store.set_schedule_next("none", None).await, Err(StoreError::NotFound("schedule"))));
    })
    .await;
}

#[tokio::test]
async fn flows_are_found_by_their_words_and_in_pages() {
    each(async |store: Store| {
        for name in ["Sign PDF", "Daily report", "100% signed_off", "Ação noturna"] {
            store.create_flow(&document(name), "ana").await.unwrap();
        }
        let names = async |search: &str| {
            let page = store.flows(FlowFilter { search: Some(search.into()), ..Default::default() }).await.unwrap();
            let mut names: Vec<_> = page.items.into_iter().map(|row| row.name).collect();
            names.sort();
            names
        };
        assert_eq!(names("SIGN").await, ["100% signed_off", "Sign PDF"]);
        assert_eq!(names("report DESCRIBED").await, ["Daily report"]);
        assert_eq!(names("0%").await, ["100% signed_off"]);
        assert_eq!(names("d_o").await, ["100% signed_off"]);
        assert_eq!(names("noturna").await, ["Ação noturna"]);
        assert!(names("' OR 1=1 --").await.is_empty());
        let (mut seen, mut cursor) = (0, None);
        loop {
            let page = store.flows(FlowFilter { page: PageOf { limit: Some(3), cursor }, search: None }).await.unwrap();
            seen += page.items.len();
            // No list reads documents.
            assert!(page.items.iter().all(|row| row.draft.is_empty()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, 4);
        for cursor in ["x.y", "x", "!", "bm8", "MQ", "WyJcdTAwMDAiLCJhIl0"] {
            let page = PageOf { cursor: Some(cursor.into()), limit: None };
            let found = store.flows(FlowFilter { page, search: None }).await;
            assert!(matches!(found, Err(StoreError::NoSuchPage)), "{cursor}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_flow_takes_its_runs_along_and_its_credentials_are_known() {
    each(async |store: Store| {
        let mut drawn = document("Sign");
        drawn.nodes.push(Node {
            id: "n".into(),
            credentials: [("certificate".into(), "cred-1".into())].into(),
            ..Node::default()
        });
        let flow = store.create_flow(&drawn, "ana").await.unwrap();
        store.create_flow(&document("Other"), "ana").await.unwrap();
        let using = async || {
            let using = store.flows_using(&["cred-1".into(), "cred-2".into()]).await.unwrap();
            (using["cred-1"].clone(), using["cred-2"].len())
        };
        assert_eq!(using().await, (vec!["Sign".to_owned()], 0));
        store.publish(publication(&flow)).await.unwrap();
        assert_eq!(using().await, (vec!["Sign".to_owned()], 0));
        // The published version still uses it.
        store.save_draft(&flow.id, &document("Sign"), None, "ana").await.unwrap();
        assert_eq!(using().await, (vec!["Sign".to_owned()], 0));
        store.unpublish(&flow.id, "ana").await.unwrap();
        assert_eq!(using().await, (Vec::new(), 0));
        // What was stored by an older program has no outline: it gets one at the next start.
        store.save_draft(&flow.id, &drawn, None, "ana").await.unwrap();
        store
            .write(|tx| Box::pin(async move { Ok(outline::Entity::delete_many().exec(tx).await?.rows_affected) }))
            .await
            .unwrap();
        assert_eq!(using().await, (Vec::new(), 0));
        store.write(|tx| Box::pin(async move { outlines::fill(tx).await })).await.unwrap();
        assert_eq!(using().await, (vec!["Sign".to_owned()], 0));
        assert_eq!(store.outlines(std::slice::from_ref(&flow.id)).await.unwrap()[&flow.id], Outline::of(&drawn));
        store.publish(publication(&store.flow(&flow.id).await.unwrap())).await.unwrap();
        let row = run(&flow.id);
        store
            .commit(vec![Op::InsertRun(Box::new(row.clone())), Op::InsertSteps(vec![step(&row.id, 1)])])
            .await
            .unwrap();
        store.delete_flow(&flow.id).await.unwrap();
        assert!(matches!(store.flow(&flow.id).await, Err(StoreError::NotFound("flow"))));
        assert!(store.webhooks().await.unwrap().is_empty() && store.schedules().await.unwrap().is_empty());
        assert!(store.run(&row.id).await.is_err() && store.steps(&row.id).await.unwrap().is_empty());
        assert!(matches!(store.commit(vec![Op::UpdateRun(Box::new(row.update()))]).await, Err(StoreError::Fenced)));
        assert!(matches!(store.delete_flow(&flow.id).await, Err(StoreError::NotFound("flow"))));
    })
    .await;
}
