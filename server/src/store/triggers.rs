//! What starts flows: publishing, webhooks, schedules.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Set, Statement,
};
use tokio::sync::watch;

use super::entity::{flow as flows, schedule, version, webhook};
use super::flows::locked;
use super::records::{NewSchedule, NewWebhook, PublishRow, ScheduleRow, VersionRow, WebhookRow};
use super::{Outline, Result, Store, StoreError, new_id, outlines, sql, time};

impl Store {
    /// Makes a new version active, with its webhooks and schedules, in one transaction: either all of it, or
    /// `WebhookTaken` says which flow has the path. A schedule whose specification stays the same keeps its next tick.
    pub async fn publish(&self, publish: PublishRow) -> Result<VersionRow> {
        let row = self.write(move |tx| Box::pin(activate(tx, publish, None))).await?;
        self.announce_triggers();
        Ok(row)
    }

    /// Like [`Store::publish`], with a version that is there already.
    pub async fn publish_again(&self, publish: PublishRow, version: VersionRow) -> Result<VersionRow> {
        let row = self.write(move |tx| Box::pin(activate(tx, publish, Some(version)))).await?;
        self.announce_triggers();
        Ok(row)
    }

    /// Stops the flow's triggers; its versions stay.
    pub async fn unpublish(&self, flow: &str, by: &str) -> Result<()> {
        let (flow, by) = (flow.to_owned(), by.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let mut change = locked(tx, &flow).await?.into_active_model();
                change.published_id = Set(None);
                change.published_number = Set(None);
                change.published_revision = Set(None);
                change.updated_by = Set(by);
                change.updated_at = Set(time::now());
                change.update(tx).await?;
                webhook::Entity::delete_many().filter(webhook::Column::FlowId.eq(&flow)).exec(tx).await?;
                schedule::Entity::delete_many().filter(schedule::Column::FlowId.eq(&flow)).exec(tx).await?;
                bump(tx).await
            })
        })
        .await?;
        self.announce_triggers();
        Ok(())
    }

    /// Every active webhook.
    pub async fn webhooks(&self) -> Result<Vec<WebhookRow>> {
        let sql = "SELECT w.flow_id, f.name AS flow_name, f.published_id AS version_id, f.published_number AS version_number, w.node, \
                   w.method, w.path, w.normalised FROM webhooks w JOIN flows f ON f.id = w.flow_id WHERE f.published_id IS NOT NULL \
                   ORDER BY w.normalised, w.method";
        let rows = Webhook::find_by_statement(Statement::from_string(self.backend(), sql)).all(self.read()).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Grows with every change of triggers on any server: one cheap query tells whether to read them again.
    pub async fn triggers_revision(&self) -> Result<i64> {
        let statement = Statement::from_string(self.backend(), "SELECT value FROM counters WHERE name = 'triggers'");
        match self.read().query_one_raw(statement).await? {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Ok(0),
        }
    }

    /// Changes whenever this process changed triggers; for others' changes ask [`Store::triggers_revision`].
    pub fn triggers_changed(&self) -> watch::Receiver<u64> {
        self.inner.triggers.subscribe()
    }

    pub async fn schedule(&self, id: &str) -> Result<ScheduleRow> {
        let rows = self.schedules_where("s.id = $1", [id.into()]).await?;
        rows.into_iter().next().ok_or(StoreError::NotFound("schedule"))
    }

    /// Every active schedule.
    pub async fn schedules(&self) -> Result<Vec<ScheduleRow>> {
        self.schedules_where("1 = 1", []).await
    }

    /// Active schedules whose next tick is due, the longest overdue first.
    pub async fn due_schedules(&self, now: i64) -> Result<Vec<ScheduleRow>> {
        self.schedules_where("s.next_at <= $1", [now.into()]).await
    }

    /// When the next tick of any schedule is due.
    pub async fn earliest_schedule(&self) -> Result<Option<i64>> {
        let select = schedule::Entity::find()
            .select_only()
            .column(schedule::Column::NextAt)
            .filter(schedule::Column::NextAt.is_not_null());
        Ok(select.order_by_asc(schedule::Column::NextAt).into_tuple::<Option<i64>>().one(self.read()).await?.flatten())
    }

    pub async fn set_schedule_next(&self, id: &str, next_at: Option<i64>) -> Result<()> {
        let update = schedule::Entity::update_many()
            .col_expr(schedule::Column::NextAt, Expr::value(next_at))
            .filter(schedule::Column::Id.eq(id));
        self.write(move |tx| {
            Box::pin(async move {
                if update.exec(tx).await?.rows_affected == 0 { Err(StoreError::NotFound("schedule")) } else { Ok(()) }
            })
        })
        .await
    }

    /// When the next tick of each of these flows is due; flows without one are absent.
    pub async fn next_ticks(&self, flows: &[String]) -> Result<HashMap<String, i64>> {
        let select = schedule::Entity::find()
            .select_only()
            .column(schedule::Column::FlowId)
            .column_as(schedule::Column::NextAt.min(), "next_at")
            .filter(schedule::Column::FlowId.is_in(flows))
            .filter(schedule::Column::NextAt.is_not_null())
            .group_by(schedule::Column::FlowId);
        let rows: Vec<(String, i64)> = select.into_tuple().all(self.read()).await?;
        Ok(rows.into_iter().collect())
    }

    async fn schedules_where<const N: usize>(
        &self,
        filter: &str,
        values: [sea_orm::Value; N],
    ) -> Result<Vec<ScheduleRow>> {
        let sql = format!(
            "SELECT s.id, s.flow_id, f.name AS flow_name, f.published_id AS version_id, f.published_number AS version_number, s.node, \
             s.spec, s.next_at, s.last_at FROM schedules s JOIN flows f ON f.id = s.flow_id \
             WHERE f.published_id IS NOT NULL AND {filter} ORDER BY s.next_at, s.id"
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        Ok(Schedule::find_by_statement(statement).all(self.read()).await?.into_iter().map(Into::into).collect())
    }

    pub(super) fn announce_triggers(&self) {
        self.inner.triggers.send_modify(|count| *count += 1);
    }
}

async fn activate(tx: &DatabaseTransaction, publish: PublishRow, again: Option<VersionRow>) -> Result<VersionRow> {
    // First of all: this row is the lock that lets one publish at a time, so that looking for a taken path is enough.
    bump(tx).await?;
    let stored = locked(tx, &publish.flow).await?;
    let version = match again {
        Some(version) => version,
        None => new_version(tx, &publish).await?,
    };
    replace_webhooks(tx, &publish.flow, publish.webhooks).await?;
    replace_schedules(tx, &publish.flow, publish.schedules).await?;
    let mut change = stored.into_active_model();
    change.published_id = Set(Some(version.id.clone()));
    change.published_number = Set(Some(i64::from(version.number)));
    change.published_revision = Set(Some(i64::from(publish.revision)));
    change.update(tx).await?;
    Ok(VersionRow { published: true, ..version })
}

async fn new_version(tx: &DatabaseTransaction, publish: &PublishRow) -> Result<VersionRow> {
    let last: Option<Option<i64>> = version::Entity::find()
        .select_only()
        .column_as(version::Column::Number.max(), "number")
        .filter(version::Column::FlowId.eq(&publish.flow))
        .into_tuple()
        .one(tx)
        .await?;
    let model = version::Model {
        id: new_id(),
        flow_id: publish.flow.clone(),
        number: last.flatten().unwrap_or(0) + 1,
        name: publish.name.clone(),
        created_at: time::now(),
        created_by: publish.by.clone(),
        document: publish.document.to_string(),
    };
    version::Entity::insert(model.clone().into_active_model()).exec_without_returning(tx).await?;
    let document = serde_json::from_str(&publish.document)
        .map_err(|error| StoreError::Invalid(format!("The version can't be read: {error}.")))?;
    outlines::put(tx, &model.id, &model.flow_id, &Outline::of(&document)).await?;
    Ok(VersionRow {
        id: model.id,
        flow_id: model.flow_id,
        number: model.number as u32,
        name: model.name,
        document: publish.document.clone(),
        created_at: model.created_at,
        created_by: model.created_by,
        published: true,
    })
}

async fn replace_webhooks(tx: &DatabaseTransaction, flow: &str, new: Vec<NewWebhook>) -> Result<()> {
    webhook::Entity::delete_many().filter(webhook::Column::FlowId.eq(flow)).exec(tx).await?;
    for hook in new {
        let taken = webhook::Entity::find_by_id((hook.method.clone(), hook.normalised.clone())).one(tx).await?;
        if let Some(taken) = taken {
            return Err(taken_by(tx, taken, hook).await);
        }
        let model = webhook::Model {
            method: hook.method,
            normalised: hook.normalised,
            path: hook.path,
            flow_id: flow.to_owned(),
            node: hook.node,
        };
        webhook::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn taken_by(db: &impl ConnectionTrait, taken: webhook::Model, hook: NewWebhook) -> StoreError {
    let name = match flows::Entity::find_by_id(&taken.flow_id).one(db).await {
        Ok(flow) => flow.map(|flow| flow.name).unwrap_or_default(),
        Err(error) => return error.into(),
    };
    StoreError::WebhookTaken { method: hook.method, path: hook.path, flow: name, flow_id: taken.flow_id }
}

async fn replace_schedules(tx: &DatabaseTransaction, flow: &str, new: Vec<NewSchedule>) -> Result<()> {
    let rows = schedule::Entity::find().filter(schedule::Column::FlowId.eq(flow)).all(tx).await?;
    let mut old: HashMap<String, schedule::Model> = rows.into_iter().map(|row| (row.node.clone(), row)).collect();
    schedule::Entity::delete_many().filter(schedule::Column::FlowId.eq(flow)).exec(tx).await?;
    for new in new {
        let former = old.remove(&new.node);
        // What is unchanged keeps its due time: a tick that is due right now is not lost by publishing.
        let unchanged = former.as_ref().filter(|former| former.spec == *new.spec).and_then(|former| former.next_at);
        let model = schedule::Model {
            id: format!("{flow}:{}", new.node),
            flow_id: flow.to_owned(),
            next_at: unchanged.or(new.next_at),
            last_at: former.and_then(|former| former.last_at),
            node: new.node,
            spec: new.spec.to_string(),
        };
        schedule::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Tells all servers that triggers changed.
pub(super) async fn bump(tx: &DatabaseTransaction) -> Result<()> {
    let sql = "INSERT INTO counters (name, value) VALUES ('triggers', 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1";
    sql::execute(tx, sql, []).await.map(drop)
}

#[derive(FromQueryResult)]
struct Webhook {
    flow_id: String,
    flow_name: String,
    version_id: String,
    version_number: i64,
    node: String,
    method: String,
    path: String,
    normalised: String,
}

#[derive(FromQueryResult)]
struct Schedule {
    id: String,
    flow_id: String,
    flow_name: String,
    version_id: String,
    version_number: i64,
    node: String,
    spec: String,
    next_at: Option<i64>,
    last_at: Option<i64>,
}

impl From<Webhook> for WebhookRow {
    fn from(row: Webhook) -> Self {
        Self {
            flow_id: row.flow_id,
            flow_name: row.flow_name,
            version_id: row.version_id,
            version_number: row.version_number as u32,
            node: row.node,
            method: row.method,
            path: row.path,
            normalised: row.normalised,
        }
    }
}

impl From<Schedule> for ScheduleRow {
    fn from(row: Schedule) -> Self {
        Self {
            id: row.id,
            flow_id: row.flow_id,
            flow_name: row.flow_name,
            version_id: row.version_id,
            version_number: row.version_number as u32,
            node: row.node,
            spec: row.spec.into(),
            next_at: row.next_at,
            last_at: row.last_at,
        }
    }
}
