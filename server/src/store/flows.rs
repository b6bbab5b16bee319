//! Flows, their drafts and versions.

use flow::Flow;
use flow::api::Page;
use sea_orm::sea_query::{Expr, Func, LikeExpr, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use std::collections::HashMap;
use std::sync::Arc;

use super::entity::{blob_use, flow as flows, idempotency, run, step, version};
use super::records::{FlowFilter, FlowRow, PublishedRow, VersionRow};
use super::{DraftConflict, Result, Store, StoreError, limit, new_id, time};

impl Store {
    /// A new flow with this draft, revision 1.
    pub async fn create_flow(&self, document: &Flow, by: &str) -> Result<FlowRow> {
        let now = time::now();
        let model = flows::Model {
            id: new_id(),
            name: document.name.clone(),
            description: document.description.clone(),
            revision: 1,
            published_id: None,
            published_number: None,
            published_revision: None,
            created_at: now,
            updated_at: now,
            updated_by: by.to_owned(),
            draft: to_json(document)?,
        };
        let row = FlowRow::from(model.clone());
        self.write(move |tx| {
            Box::pin(async move {
                flows::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                Ok(row)
            })
        })
        .await
    }

    pub async fn flow(&self, id: &str) -> Result<FlowRow> {
        find(self.read(), id).await.map(Into::into)
    }

    /// Last changed first.
    pub async fn flows(&self, filter: FlowFilter) -> Result<Page<FlowRow>> {
        let limit = limit(filter.limit);
        let mut select = flows::Entity::find();
        if let Some(search) = filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
            let pattern = format!("%{}%", search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            select = select.filter(self.contains(&pattern));
        }
        if let Some((at, id)) = filter.cursor.as_deref().and_then(|cursor| cursor.split_once('.')) {
            let at: i64 = at
                .parse()
                .map_err(|_| StoreError::Invalid("This page does not exist. Start from the first one.".into()))?;
            let later = Condition::all().add(flows::Column::UpdatedAt.eq(at)).add(flows::Column::Id.lt(id));
            select = select.filter(Condition::any().add(flows::Column::UpdatedAt.lt(at)).add(later));
        }
        let select = select.order_by_desc(flows::Column::UpdatedAt).order_by_desc(flows::Column::Id).limit(limit + 1);
        let mut items: Vec<FlowRow> = select.all(self.read()).await?.into_iter().map(Into::into).collect();
        let more = items.len() as u64 > limit;
        items.truncate(limit as usize);
        let next = if more { items.last().map(|row| format!("{}.{}", row.updated_at, row.id)) } else { None };
        Ok(Page { items, next })
    }

    /// Saves over the draft. With `expected`, only when the stored revision is that one; else `Conflict`.
    pub async fn save_draft(&self, id: &str, document: &Flow, expected: Option<u32>, by: &str) -> Result<FlowRow> {
        let (id, by, draft) = (id.to_owned(), by.to_owned(), to_json(document)?);
        let (name, description) = (document.name.clone(), document.description.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let stored = locked(tx, &id).await?;
                if expected.is_some_and(|expected| i64::from(expected) != stored.revision) {
                    return Err(StoreError::Conflict(Box::new(DraftConflict {
                        by: stored.updated_by,
                        at: stored.updated_at,
                        revision: stored.revision as u32,
                        document: stored.draft.into(),
                    })));
                }
                // Two saves within a millisecond, or a clock that went back: the list and its cursor stay in order.
                let (revision, at) = (stored.revision + 1, Ord::max(time::now(), stored.updated_at));
                let mut change = stored.into_active_model();
                change.revision = Set(revision);
                change.updated_at = Set(at);
                change.updated_by = Set(by);
                change.name = Set(name);
                change.description = Set(description);
                change.draft = Set(draft);
                Ok(change.update(tx).await?.into())
            })
        })
        .await
    }

    /// Removes the flow with its versions, triggers and runs. What runs of it still do is refused as `Fenced`.
    pub async fn delete_flow(&self, id: &str) -> Result<()> {
        find(self.read(), id).await?;
        // What ended goes first, little by little: a flow may have a million runs, and nobody shall wait for that.
        self.delete_finished(Condition::all().add(run::Column::FlowId.eq(id))).await?;
        let id = id.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                // Versions, webhooks and schedules go with it, by their foreign keys.
                if flows::Entity::delete_by_id(&id).exec(tx).await?.rows_affected == 0 {
                    return Err(StoreError::NotFound("flow"));
                }
                let runs = Query::select()
                    .column(run::Column::Id)
                    .from(run::Entity)
                    .and_where(run::Column::FlowId.eq(&id))
                    .take();
                blob_use::Entity::delete_many()
                    .filter(blob_use::Column::RunId.in_subquery(runs.clone()))
                    .exec(tx)
                    .await?;
                step::Entity::delete_many().filter(step::Column::RunId.in_subquery(runs)).exec(tx).await?;
                idempotency::Entity::delete_many().filter(idempotency::Column::FlowId.eq(&id)).exec(tx).await?;
                run::Entity::delete_many().filter(run::Column::FlowId.eq(&id)).exec(tx).await?;
                super::triggers::bump(tx).await
            })
        })
        .await?;
        self.announce_triggers();
        Ok(())
    }

    /// Newest first, without their documents.
    pub async fn versions(&self, flow: &str) -> Result<Vec<VersionRow>> {
        let active = find(self.read(), flow).await?.published_id;
        use version::Column as C;
        let select = version::Entity::find()
            .select_only()
            .columns([C::Id, C::FlowId, C::Number, C::Name, C::CreatedAt, C::CreatedBy])
            .column_as(Expr::value(""), "document")
            .filter(C::FlowId.eq(flow))
            .order_by_desc(C::Number);
        let models: Vec<version::Model> = select.into_model().all(self.read()).await?;
        Ok(models.into_iter().map(|model| row(model, active.as_deref())).collect())
    }

    pub async fn version(&self, flow: &str, number: u32) -> Result<VersionRow> {
        let filter =
            Condition::all().add(version::Column::FlowId.eq(flow)).add(version::Column::Number.eq(i64::from(number)));
        self.one_version(filter).await
    }

    pub async fn version_by_id(&self, id: &str) -> Result<VersionRow> {
        self.one_version(Condition::all().add(version::Column::Id.eq(id))).await
    }

    async fn one_version(&self, filter: Condition) -> Result<VersionRow> {
        let model =
            version::Entity::find().filter(filter).one(self.read()).await?.ok_or(StoreError::NotFound("version"))?;
        let active = find(self.read(), &model.flow_id).await?.published_id;
        Ok(row(model, active.as_deref()))
    }

    /// Names of the flows whose draft or published version holds each of these credential ids; sorted.
    pub async fn flows_using(&self, credentials: &[String]) -> Result<HashMap<String, Vec<String>>> {
        let published: HashMap<String, String> = version::Entity::find()
            .select_only()
            .columns([version::Column::Id, version::Column::Document])
            .filter(
                version::Column::Id.in_subquery(
                    Query::select()
                        .column(flows::Column::PublishedId)
                        .from(flows::Entity)
                        .and_where(flows::Column::PublishedId.is_not_null())
                        .take(),
                ),
            )
            .into_tuple()
            .all(self.read())
            .await?
            .into_iter()
            .collect();
        let mut using: HashMap<String, Vec<String>> = credentials.iter().map(|id| (id.clone(), Vec::new())).collect();
        for flow in flows::Entity::find().order_by_asc(flows::Column::Name).all(self.read()).await? {
            let active = flow.published_id.as_ref().and_then(|id| published.get(id)).map_or("", String::as_str);
            for (id, names) in &mut using {
                let quoted = format!("\"{id}\"");
                if flow.draft.contains(&quoted) || active.contains(&quoted) {
                    names.push(flow.name.clone());
                }
            }
        }
        Ok(using)
    }

    fn contains(&self, pattern: &str) -> Condition {
        use sea_orm::sea_query::ExprTrait;
        use sea_orm::sea_query::extension::postgres::PgExpr;
        let like = |column: flows::Column| match self.backend() {
            DbBackend::Postgres => Expr::col(column).ilike(pattern),
            // SQLite folds ASCII only, by itself as well as by `lower`.
            _ => Func::lower(Expr::col(column)).like(LikeExpr::new(pattern.to_lowercase()).escape('\\')),
        };
        Condition::any().add(like(flows::Column::Name)).add(like(flows::Column::Description))
    }
}

pub(super) async fn find(db: &impl ConnectionTrait, id: &str) -> Result<flows::Model> {
    flows::Entity::find_by_id(id).one(db).await?.ok_or(StoreError::NotFound("flow"))
}

/// The flow, kept from changing until the transaction ends.
pub(super) async fn locked(db: &impl ConnectionTrait, id: &str) -> Result<flows::Model> {
    flows::Entity::find_by_id(id).lock_exclusive().one(db).await?.ok_or(StoreError::NotFound("flow"))
}

fn row(model: version::Model, active: Option<&str>) -> VersionRow {
    VersionRow {
        published: active == Some(model.id.as_str()),
        id: model.id,
        flow_id: model.flow_id,
        number: model.number as u32,
        name: model.name,
        document: model.document.into(),
        created_at: model.created_at,
        created_by: model.created_by,
    }
}

fn to_json(document: &Flow) -> Result<String> {
    serde_json::to_string(document)
        .map_err(|error| StoreError::Invalid(format!("The flow can't be written as JSON: {error}.")))
}

impl From<flows::Model> for FlowRow {
    fn from(model: flows::Model) -> Self {
        let numbers = model.published_number.zip(model.published_revision);
        Self {
            published: model.published_id.zip(numbers).map(|(version_id, (number, revision))| PublishedRow {
                version_id,
                number: number as u32,
                revision: revision as u32,
            }),
            id: model.id,
            name: model.name,
            description: model.description,
            draft: Arc::from(model.draft),
            revision: model.revision as u32,
            created_at: model.created_at,
            updated_at: model.updated_at,
            updated_by: model.updated_by,
        }
    }
}
