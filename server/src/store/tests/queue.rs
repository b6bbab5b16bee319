//! Claims, leases, waits, pruning.

use flow::RunStatus;

use crate::store::testing::{each, run, step};
use crate::store::{Op, OwnerFilter, Retention, RunRow, Store, time};

async fn insert(store: &Store, rows: &[RunRow]) {
    let ops = rows.iter().map(|row| Op::InsertRun(Box::new(row.clone()))).collect();
    store.commit(ops).await.unwrap();
}

fn ids(rows: &[RunRow]) -> Vec<String> {
    rows.iter().map(|row| row.id.clone()).collect()
}

#[tokio::test]
async fn a_claim_takes_what_is_free_once() {
    each(async |store: Store| {
        let now = time::now();
        let queued = run("f");
        let lost =
            RunRow { status: RunStatus::Running, owner: Some("dead".into()), lease_until: Some(now - 1), ..run("f") };
        let held = RunRow {
            status: RunStatus::Running,
            owner: Some("alive".into()),
            lease_until: Some(now + 1000),
            ..run("f")
        };
        let due = RunRow { status: RunStatus::Waiting, wake_at: Some(now - 5), ..run("f") };
        let later = RunRow { status: RunStatus::Waiting, wake_at: Some(now + 5000), ..run("f") };
        let done = RunRow { status: RunStatus::Succeeded, finished_at: Some(now), ..run("f") };
        insert(&store, &[queued.clone(), lost.clone(), held.clone(), due.clone(), later.clone(), done.clone()]).await;

        assert_eq!(ids(&store.due_waits(now, 10).await.unwrap()), std::slice::from_ref(&due.id));
        assert_eq!(store.next_wake(now - 10).await.unwrap(), due.wake_at);
        assert_eq!(store.next_wake(now).await.unwrap(), later.wake_at);
        assert_eq!(store.count_claimable("me", now, 10).await.unwrap(), 3);
        assert_eq!(store.count_claimable("me", now, 2).await.unwrap(), 2);
        assert_eq!(store.count_claimable("dead", now, 10).await.unwrap(), 2, "its own run is at work");
        assert_eq!(store.count_unfinished().await.unwrap(), 5);
        let first = store.claim("me", 1, now, now + 30_000).await.unwrap();
        assert_eq!(ids(&first), std::slice::from_ref(&queued.id), "oldest first");
        assert_eq!(
            (first[0].epoch, first[0].owner.as_deref(), first[0].lease_until),
            (2, Some("me"), Some(now + 30_000))
        );
        let rest = store.claim("you", 10, now, now + 30_000).await.unwrap();
        assert_eq!(ids(&rest), [lost.id.clone(), due.id.clone()]);
        assert!(store.claim("me", 10, now, now + 30_000).await.unwrap().is_empty());

        assert_eq!(store.renew("you", now + 60_000).await.unwrap(), 2);
        assert_eq!(ids(&store.unfinished(OwnerFilter::Of("you")).await.unwrap()), [lost.id.clone(), due.id.clone()]);
        assert_eq!(store.owned("you").await.unwrap().len(), 2);
        assert_eq!(store.give_back("you", &[lost.id.clone(), queued.id.clone()]).await.unwrap(), 1, "its own alone");
        assert_eq!(store.release("you").await.unwrap(), 1);
        assert_eq!(
            ids(&store.unfinished(OwnerFilter::Free { now }).await.unwrap()),
            [lost.id.clone(), due.id.clone(), later.id.clone()]
        );
        assert_eq!(store.unfinished(OwnerFilter::Any).await.unwrap().len(), 5);
        let seized = store.seize(&held.id, "me", now + 30_000).await.unwrap().unwrap();
        assert_eq!((seized.epoch, seized.owner.as_deref()), (held.epoch + 1, Some("me")));
        assert!(store.seize(&done.id, "me", now).await.unwrap().is_none(), "it ended");
        assert_eq!(store.free_all().await.unwrap(), 2);
        let back = store.claim("restarted", 10, now, now + 30_000).await.unwrap();
        assert_eq!(ids(&back), [queued.id, lost.id, held.id, due.id], "all but the one that waits for its time");
        // Whoever could not renew in time keeps its runs as long as nobody else takes them.
        assert!(store.claim("restarted", 10, now + 1_000_000, 0).await.unwrap().iter().all(|row| row.id == later.id));
        assert_eq!(store.claim("other", 10, now + 1_000_000, now + 2_000_000).await.unwrap().len(), 5);
    })
    .await;
}

#[tokio::test]
async fn claims_at_once_never_share_a_run() {
    each(async |store: Store| {
        let rows: Vec<_> = (0..60).map(|_| run("f")).collect();
        insert(&store, &rows).await;
        let now = time::now();
        let claims = (0..8).map(|i| {
            let (store, owner) = (store.clone(), format!("owner{i}"));
            tokio::spawn(async move { store.claim(&owner, 10, now, now + 30_000).await })
        });
        let mut all = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            all.extend(ids(&claim.await.unwrap().unwrap()));
        }
        let taken = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), taken, "a run was claimed twice");
        assert!(taken <= 60 && taken > 0);
    })
    .await;
}

#[tokio::test]
async fn pruning_keeps_what_is_new_or_unfinished() {
    each(async |store: Store| {
        let now = time::now();
        let at = |days: i64| {
            let created_at = now - days * 86_400_000;
            let id = format!("{}{}", &time::id_floor(created_at)[..15], &time::new_id()[15..]);
            RunRow { id, created_at, status: RunStatus::Succeeded, finished_at: Some(created_at), ..run("f") }
        };
        let open = RunRow { status: RunStatus::Waiting, finished_at: None, ..at(30) };
        let (old, new, newest) = (at(20), at(3), at(1));
        insert(&store, &[open.clone(), old.clone(), new.clone(), newest.clone()]).await;
        let steps = vec![Op::Fence { run: old.id.clone(), epoch: 1 }, Op::InsertSteps(vec![step(&old.id, 1)])];
        store.commit(steps).await.unwrap();

        assert_eq!(store.prune(Retention::days(now, Retention::DAYS)).await.unwrap(), 1);
        assert!(store.run(&old.id).await.is_err() && store.steps(&old.id).await.unwrap().is_empty());
        assert_eq!(store.prune(Retention { before: 0, keep: Some(1) }).await.unwrap(), 1);
        assert!(
            store.run(&new.id).await.is_err()
                && store.run(&newest.id).await.is_ok()
                && store.run(&open.id).await.is_ok()
        );
        assert_eq!(store.delete_runs(&[open.id.clone(), newest.id]).await.unwrap(), 1, "an unfinished run stays");
        store.sweep(now).await.unwrap();
    })
    .await;
}
