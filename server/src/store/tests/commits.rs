//! Commits: all or nothing, fenced, shared.

use std::sync::Arc;

use flow::{RunError, RunStatus};
use tokio::sync::Barrier;

use crate::store::testing::{each, run, step};
use crate::store::{Op, RunRow, Store, StoreError, sql, time};

fn finished(row: &RunRow) -> crate::store::RunUpdate {
    let mut update = row.update();
    update.status = RunStatus::Succeeded;
    update.finished_at = Some(time::now());
    update.steps = 2;
    update
}

#[tokio::test]
async fn a_run_with_its_steps_goes_in_and_comes_out_as_it_was() {
    each(async |store: Store| {
        let mut row = run("f");
        row.status = RunStatus::Failed;
        row.finished_at = Some(row.created_at + 5);
        row.started_at = Some(row.created_at + 1);
        row.error = Some(RunError::new("http_status", "The server answered 500. Try again later."));
        row.answer = Some(r#"{"status":500,"text":"ação ✓ 'quoted'"}"#.into());
        row.document = Some(r#"{"name":"x"}"#.into());
        row.state = Some("{}".into());
        row.retry_of = Some("other".into());
        let steps: Vec<_> = (1..=130).map(|seq| step(&row.id, seq)).collect();
        store.commit(vec![Op::InsertRun(Box::new(row.clone())), Op::InsertSteps(steps.clone())]).await.unwrap();
        assert_eq!(store.run(&row.id).await.unwrap(), row);
        assert_eq!(store.steps_with_data(&row.id).await.unwrap(), steps);
        let outlines = store.steps(&row.id).await.unwrap();
        assert!(outlines.iter().all(|s| s.data.is_none()) && outlines.len() == 130);
        assert_eq!(store.step_data(&row.id, 7).await.unwrap(), steps[6].data);
        assert_eq!(store.step_data(&row.id, 999).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_step_is_replaced_by_its_later_state() {
    each(async |store: Store| {
        let row = run("f");
        let mut first = step(&row.id, 1);
        first.status = flow::StepStatus::Running;
        first.finished_at = None;
        let last = step(&row.id, 1);
        store.commit(vec![Op::InsertRun(Box::new(row.clone())), Op::InsertSteps(vec![first.clone()])]).await.unwrap();
        // Twice in one commit: the later one stays.
        let ops = vec![
            Op::UpdateRun(Box::new(finished(&row))),
            Op::InsertSteps(vec![first]),
            Op::InsertSteps(vec![last.clone()]),
        ];
        store.commit(ops).await.unwrap();
        assert_eq!(store.steps_with_data(&row.id).await.unwrap(), vec![last]);
        assert_eq!(store.run(&row.id).await.unwrap().status, RunStatus::Succeeded);
    })
    .await;
}

#[tokio::test]
async fn an_owner_that_lost_the_run_writes_nothing() {
    each(async |store: Store| {
        let row = run("f");
        store.commit(vec![Op::InsertRun(Box::new(row.clone()))]).await.unwrap();
        let now = time::now();
        let taken = store.claim("new", 10, now, now + 30_000).await.unwrap();
        assert_eq!(taken[0].epoch, 2);
        let late = vec![Op::UpdateRun(Box::new(finished(&row))), Op::InsertSteps(vec![step(&row.id, 1)])];
        assert!(matches!(store.commit(late).await, Err(StoreError::Fenced)));
        let late = vec![Op::Fence { run: row.id.clone(), epoch: 1 }, Op::InsertSteps(vec![step(&row.id, 1)])];
        assert!(matches!(store.commit(late).await, Err(StoreError::Fenced)));
        assert!(store.steps(&row.id).await.unwrap().is_empty());
        let mine = vec![Op::Fence { run: row.id.clone(), epoch: 2 }, Op::InsertSteps(vec![step(&row.id, 1)])];
        store.commit(mine).await.unwrap();
        let alone = vec![Op::InsertSteps(vec![step(&row.id, 2)])];
        assert!(matches!(store.commit(alone).await, Err(StoreError::Refused(_))), "steps without proof of the epoch");
        let endless = RunRow { id: "x".into(), status: RunStatus::Failed, ..row };
        assert!(matches!(store.commit(vec![Op::InsertRun(Box::new(endless))]).await, Err(StoreError::Refused(_))));
    })
    .await;
}

#[tokio::test]
async fn a_tick_and_an_idempotency_key_count_once() {
    each(async |store: Store| {
        let (first, second) = (run("f"), run("f"));
        let tick = |row: &RunRow| {
            let tick = Op::Tick { schedule: "s".into(), at: 1000, run: Some(row.id.clone()), next_at: Some(2000) };
            vec![Op::InsertRun(Box::new(row.clone())), tick]
        };
        store.commit(tick(&first)).await.unwrap();
        assert!(matches!(store.commit(tick(&second)).await, Err(StoreError::Duplicate(_))));
        assert!(matches!(store.run(&second.id).await, Err(StoreError::NotFound(_))), "its run must not exist either");

        let now = time::now();
        let keyed = |row: &RunRow, expires_at| {
            let key = Op::Idempotency { flow: "f".into(), key: "k".into(), run: row.id.clone(), expires_at };
            vec![Op::InsertRun(Box::new(row.clone())), key]
        };
        let (third, fourth) = (run("f"), run("f"));
        store.commit(keyed(&second, now - 1)).await.unwrap();
        assert_eq!(store.idempotent_run("f", "k", now).await.unwrap(), None, "expired");
        store.commit(keyed(&third, now + 60_000)).await.unwrap();
        assert!(matches!(store.commit(keyed(&fourth, now + 60_000)).await, Err(StoreError::Duplicate(_))));
        assert_eq!(store.idempotent_run("f", "k", now).await.unwrap(), Some(third.id.clone()));
        assert_eq!(store.idempotent_run("other", "k", now).await.unwrap(), None);
        // Whose run was deleted is free again.
        store.commit(vec![Op::UpdateRun(Box::new(finished(&third)))]).await.unwrap();
        store.delete_runs(&[third.id]).await.unwrap();
        assert_eq!(store.idempotent_run("f", "k", now).await.unwrap(), None);
        store.commit(keyed(&fourth, now + 60_000)).await.unwrap();
        assert_eq!(store.idempotent_run("f", "k", now).await.unwrap(), Some(fourth.id));
    })
    .await;
}

/// Keeps the writers busy until the barrier is reached a second time.
async fn hold(store: &Store) -> (Arc<Barrier>, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let barrier = Arc::new(Barrier::new(2));
    let (inside, holder) = (barrier.clone(), store.clone());
    let postgres = store.kind() == "postgres";
    let task = tokio::spawn(async move {
        let work = holder.write(move |tx| {
            Box::pin(async move {
                if postgres {
                    sql::execute(tx, "LOCK TABLE runs IN EXCLUSIVE MODE", []).await?;
                }
                inside.wait().await;
                inside.wait().await;
                Ok(())
            })
        });
        work.await
    });
    barrier.wait().await;
    (barrier, task)
}

#[tokio::test]
async fn commits_that_wait_share_a_transaction_and_the_bad_ones_fail_alone() {
    each(async |store: Store| {
        let kept = run("f");
        store.commit(vec![Op::InsertRun(Box::new(kept.clone()))]).await.unwrap();
        let before = store.metrics();
        let (barrier, holder) = hold(&store).await;
        let rows: Vec<_> = (0..64).map(|_| run("f")).collect();
        let tasks: Vec<_> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let mut ops = vec![Op::InsertRun(Box::new(row.clone())), Op::InsertSteps(vec![step(&row.id, 1)])];
                match i {
                    // One whose run exists, one that lost its run.
                    20 => ops.push(Op::InsertRun(Box::new(kept.clone()))),
                    40 => ops.push(Op::Fence { run: kept.id.clone(), epoch: 9 }),
                    _ => {}
                }
                let store = store.clone();
                tokio::spawn(async move { store.commit(ops).await })
            })
            .collect();
        while store.metrics().waiting < 64 {
            tokio::task::yield_now().await;
        }
        barrier.wait().await;
        holder.await.unwrap().unwrap();
        for (i, task) in tasks.into_iter().enumerate() {
            let result = task.await.unwrap();
            match i {
                20 => assert!(matches!(result, Err(StoreError::Duplicate(_))), "{result:?}"),
                40 => assert!(matches!(result, Err(StoreError::Fenced)), "{result:?}"),
                _ => result.unwrap(),
            }
            assert_eq!(store.run(&rows[i].id).await.is_ok(), i != 20 && i != 40);
            assert_eq!(store.steps(&rows[i].id).await.unwrap().len(), usize::from(i != 20 && i != 40));
        }
        let after = store.metrics();
        assert_eq!(after.submissions - before.submissions, 62);
        assert!(
            after.commits - before.commits <= 8,
            "64 submissions took {} transactions",
            after.commits - before.commits
        );
    })
    .await;
}
