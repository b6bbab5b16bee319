//! Who owns which run: claims, leases, waits.

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::run;
use super::rows::{OwnerFilter, RunRow};
use super::{Result, Store};
use flow::RunStatus;

impl Store {
    /// Queued, running and waiting runs, oldest first.
    pub async fn unfinished(&self, owner: OwnerFilter<'_>) -> Result<Vec<RunRow>> {
        let mut select = run::Entity::find().filter(run::Column::FinishedAt.is_null());
        match owner {
            OwnerFilter::Any => {}
            OwnerFilter::Of(owner) => select = select.filter(run::Column::Owner.eq(owner)),
            OwnerFilter::Free { now } => select = select.filter(free(now)),
        }
        select.order_by_asc(run::Column::Id).all(self.read()).await?.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn count_unfinished(&self) -> Result<u64> {
        Ok(run::Entity::find().filter(run::Column::FinishedAt.is_null()).count(self.read()).await?)
    }

    /// Makes `owner` the owner of up to `limit` runs that are queued or running without a living owner, or waiting and due;
    /// each gets a new epoch. Two servers never get the same run. Oldest first.
    pub async fn claim(&self, owner: &str, limit: u64, now: i64, lease_until: i64) -> Result<Vec<RunRow>> {
        self.take(owner.to_owned(), lease_until, claimable(owner, now), limit).await
    }

    /// How many runs [`Store::claim`] would take for `owner`, counted up to `most`.
    pub async fn count_claimable(&self, owner: &str, now: i64, most: u64) -> Result<u64> {
        let select = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::FinishedAt.is_null())
            .filter(claimable(owner, now))
            .limit(most);
        let ids: Vec<String> = select.into_tuple().all(self.read()).await?;
        Ok(ids.len() as u64)
    }

    /// Makes `owner` the owner of this run, whoever has it: what its former owner still writes is refused. `None` when
    /// there is no such run or it ended.
    pub async fn seize(&self, run: &str, owner: &str, lease_until: i64) -> Result<Option<RunRow>> {
        let wanted = Condition::all().add(run::Column::Id.eq(run));
        Ok(self.take(owner.to_owned(), lease_until, wanted, 1).await?.pop())
    }

    /// Takes every unfinished run from its owner, so that it can be claimed at once: for the start of a server that has
    /// the database for itself; how many they are.
    pub async fn free_all(&self) -> Result<u64> {
        self.disown(Condition::all().add(run::Column::Owner.is_not_null())).await
    }

    async fn take(&self, owner: String, lease_until: i64, wanted: Condition, limit: u64) -> Result<Vec<RunRow>> {
        let mut select = Query::select();
        select
            .column(run::Column::Id)
            .from(run::Entity)
            .cond_where(Condition::all().add(run::Column::FinishedAt.is_null()).add(wanted))
            .order_by(run::Column::Id, sea_orm::Order::Asc)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let update = run::Entity::update_many()
            .col_expr(run::Column::Owner, Expr::value(owner))
            .col_expr(run::Column::LeaseUntil, Expr::value(lease_until))
            .col_expr(run::Column::Epoch, Expr::col(run::Column::Epoch).add(1))
            .filter(run::Column::Id.in_subquery(select));
        let mut taken =
            self.write(move |tx| Box::pin(async move { Ok(update.exec_with_returning(tx).await?) })).await?;
        taken.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        taken.into_iter().map(TryInto::try_into).collect()
    }

    /// Extends the lease of all of the owner's unfinished runs; how many they are.
    pub async fn renew(&self, owner: &str, until: i64) -> Result<u64> {
        let update = run::Entity::update_many()
            .col_expr(run::Column::LeaseUntil, Expr::value(until))
            .filter(run::Column::FinishedAt.is_null())
            .filter(run::Column::Owner.eq(owner));
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await?.rows_affected) })).await
    }

    /// Ids of the owner's unfinished runs.
    pub async fn owned(&self, owner: &str) -> Result<Vec<String>> {
        let select = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::FinishedAt.is_null())
            .filter(run::Column::Owner.eq(owner));
        Ok(select.into_tuple().all(self.read()).await?)
    }

    /// Gives all of the owner's unfinished runs back, so that others can claim them at once; how many they are.
    pub async fn release(&self, owner: &str) -> Result<u64> {
        self.disown(Condition::all().add(run::Column::Owner.eq(owner))).await
    }

    /// As [`Store::release`], of these runs alone.
    pub async fn give_back(&self, owner: &str, runs: &[String]) -> Result<u64> {
        let mut given = 0;
        for chunk in runs.chunks(500) {
            let those = Condition::all().add(run::Column::Owner.eq(owner)).add(run::Column::Id.is_in(chunk));
            given += self.disown(those).await?;
        }
        Ok(given)
    }

    async fn disown(&self, runs: Condition) -> Result<u64> {
        let update = run::Entity::update_many()
            .col_expr(run::Column::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(run::Column::Owner, Expr::value(None::<String>))
            .filter(run::Column::FinishedAt.is_null())
            .filter(runs);
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await?.rows_affected) })).await
    }

    /// Waiting runs whose time has come, the longest overdue first.
    pub async fn due_waits(&self, now: i64, limit: u64) -> Result<Vec<RunRow>> {
        let select = waiting().filter(run::Column::WakeAt.lte(now)).order_by_asc(run::Column::WakeAt).limit(limit);
        select.all(self.read()).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// When the next waiting run of nobody goes on after `now`.
    pub async fn next_wake(&self, now: i64) -> Result<Option<i64>> {
        let later = waiting().filter(run::Column::WakeAt.gt(now)).filter(run::Column::Owner.is_null());
        let select = later.select_only().column(run::Column::WakeAt).order_by_asc(run::Column::WakeAt).limit(1);
        Ok(select.into_tuple::<Option<i64>>().one(self.read()).await?.flatten())
    }
}

fn waiting() -> sea_orm::Select<run::Entity> {
    run::Entity::find()
        .filter(run::Column::FinishedAt.is_null())
        .filter(run::Column::WakeAt.is_not_null())
        .filter(run::Column::Status.eq(RunStatus::Waiting.as_str()))
}

/// What `owner` may take: free and not waiting for a later time. Its own runs are never among it, however old their lease
/// is: they are at work, and taking them would fence off the one who works.
fn claimable(owner: &str, now: i64) -> Condition {
    let ready =
        Condition::any().add(run::Column::Status.ne(RunStatus::Waiting.as_str())).add(run::Column::WakeAt.lte(now));
    let others = Condition::any().add(run::Column::Owner.is_null()).add(run::Column::Owner.ne(owner));
    Condition::all().add(free(now)).add(others).add(ready)
}

/// Of nobody, or of an owner whose lease ended.
fn free(now: i64) -> Condition {
    Condition::any()
        .add(run::Column::Owner.is_null())
        .add(run::Column::LeaseUntil.is_null())
        .add(run::Column::LeaseUntil.lt(now))
}
