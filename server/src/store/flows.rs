//! Flows, their drafts and versions.

use flow::api::Page;
use flow::{Changes, Flow};
use sea_orm::sea_query::{Expr, Func, LikeExpr, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use std::sync::Arc;

use super::entity::{blob_use, flow as flows, idempotency, run, save, step, version};
use super::records::{FlowFilter, FlowRow, PublishedRow, VersionRow};
use super::{DraftConflict, Outline, PageOf, Result, Store, StoreError, new_id, outlines, time};

/// Saves of a flow whose changes are remembered: a page that is older is not told everything that changed since.
const SAVES: i64 = 200;

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
        let (row, outline) = (FlowRow::from(model.clone()), Outline::of(document));
        self.write(move |tx| {
            Box::pin(async move {
                flows::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                outlines::put(tx, &row.id, &row.id, &outline).await?;
                Ok(row)
            })
        })
        .await
    }

    pub async fn flow(&self, id: &str) -> Result<FlowRow> {
        find(self.read(), id).await.map(Into::into)
    }

    /// Last changed first, without their drafts.
    pub async fn flows(&self, filter: FlowFilter) -> Result<Page<FlowRow>> {
        use flows::Column as C;
        let columns = [
            C::Id,
            C::Name,
            C::Description,
            C::Revision,
            C::PublishedId,
            C::PublishedNumber,
            C::PublishedRevision,
            C::CreatedAt,
            C::UpdatedAt,
            C::UpdatedBy,
        ];
        let mut select = flows::Entity::find().select_only().columns(columns).column_as(Expr::value(""), "draft");
        if let Some(search) = filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
            let pattern = format!("%{}%", search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            select = select.filter(self.contains(&pattern));
        }
        if let Some((at, id)) = filter.page.after::<(i64, String)>()? {
            let later = Condition::all().add(C::UpdatedAt.eq(at)).add(C::Id.lt(id));
            select = select.filter(Condition::any().add(C::UpdatedAt.lt(at)).add(later));
        }
        let select = select.order_by_desc(C::UpdatedAt).order_by_desc(C::Id).limit(filter.page.rows());
        let rows: Vec<flows::Model> = select.into_model().all(self.read()).await?;
        let rows = rows.into_iter().map(FlowRow::from).collect();
        Ok(filter.page.page(rows, |row| (row.updated_at, row.id.clone())))
    }

    /// Saves over the draft. With `expected`, only when the stored revision is that one; else `Conflict`.
    pub async fn save_draft(&self, id: &str, document: &Flow, expected: Option<u32>, by: &str) -> Result<FlowRow> {
        let (id, by, draft) = (id.to_owned(), by.to_owned(), to_json(document)?);
        let document = document.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let stored = locked(tx, &id).await?;
                if let Some(base) = expected.map(i64::from).filter(|base| *base != stored.revision) {
                    return Err(StoreError::Conflict(Box::new(DraftConflict {
                        changes: changes_since(tx, &id, base).await?,
                        by: stored.updated_by,
                        at: stored.updated_at,
                        revision: stored.revision as u32,
                    })));
                }
                // A stored draft that can't be read is replaced whole; nobody can say what that changes.
                let former: Flow = serde_json::from_str(&stored.draft).unwrap_or_default();
                let changes = Changes::between(&former, &document);
                remember(tx, &id, stored.revision + 1, &changes).await?;
                outlines::put(tx, &id, &id, &Outline::of(&document)).await?;
                // Two saves within a millisecond, or a clock that went back: the list and its cursor stay in order.
                let (revision, at) = (stored.revision + 1, Ord::max(time::now(), stored.updated_at));
                let mut change = stored.into_active_model();
                change.revision = Set(revision);
                change.updated_at = Set(at);
                change.updated_by = Set(by);
                change.name = Set(document.name);
                change.description = Set(document.description);
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
    pub async fn versions(&self, flow: &str, page: &PageOf) -> Result<Page<VersionRow>> {
        let active = find(self.read(), flow).await?.published_id;
        use version::Column as C;
        let mut select = version::Entity::find()
            .select_only()
            .columns([C::Id, C::FlowId, C::Number, C::Name, C::CreatedAt, C::CreatedBy])
            .column_as(Expr::value(""), "document")
            .filter(C::FlowId.eq(flow));
        if let Some(number) = page.after::<i64>()? {
            select = select.filter(C::Number.lt(number));
        }
        let select = select.order_by_desc(C::Number).limit(page.rows());
        let models: Vec<version::Model> = select.into_model().all(self.read()).await?;
        let rows = models.into_iter().map(|model| row(model, active.as_deref())).collect();
        Ok(page.page(rows, |row: &VersionRow| row.number))
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

/// What the saves after revision `base` changed.
async fn changes_since(db: &impl ConnectionTrait, flow: &str, base: i64) -> Result<Changes> {
    let later = save::Entity::find().filter(save::Column::FlowId.eq(flow)).filter(save::Column::Revision.gt(base));
    let mut changes = Changes::default();
    for save in later.all(db).await? {
        let these: Changes =
            serde_json::from_str(&save.changes).map_err(|e| super::runs::unknown("save", &e.to_string()))?;
        changes = changes.and(these);
    }
    Ok(changes)
}

async fn remember(db: &impl ConnectionTrait, flow: &str, revision: i64, changes: &Changes) -> Result<()> {
    let changes = serde_json::to_string(changes)
        .map_err(|error| StoreError::Invalid(format!("The flow can't be written as JSON: {error}.")))?;
    let model = save::Model { flow_id: flow.to_owned(), revision, changes };
    save::Entity::insert(model.into_active_model()).exec_without_returning(db).await?;
    let old = save::Column::Revision.lte(revision - SAVES);
    save::Entity::delete_many().filter(save::Column::FlowId.eq(flow)).filter(old).exec(db).await?;
    Ok(())
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
