//! Rows of blobs, and settings.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{blob, run, setting};
use super::records::BlobRow;
use super::{Result, Store, StoreError};

impl Store {
    pub async fn insert_blob(&self, row: BlobRow) -> Result<()> {
        let model = blob::Model {
            id: row.id,
            run_id: row.run_id,
            file_name: row.file_name,
            mime: row.mime,
            size: row.size as i64,
            created_at: row.created_at,
        };
        self.write(move |tx| {
            Box::pin(async move {
                blob::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await
    }

    pub async fn blob(&self, id: &str) -> Result<BlobRow> {
        Ok(blob::Entity::find_by_id(id).one(self.read()).await?.ok_or(StoreError::NotFound("file"))?.into())
    }

    /// Files made before `before` whose run is gone, or that never belonged to one; oldest first.
    pub async fn orphan_blobs(&self, before: i64, limit: u64) -> Result<Vec<BlobRow>> {
        let alive = Query::select()
            .expr(Expr::value(1))
            .from(run::Entity)
            .and_where(Expr::col((run::Entity, run::Column::Id)).equals((blob::Entity, blob::Column::RunId)))
            .take();
        let gone = Condition::any().add(blob::Column::RunId.is_null()).add(Expr::exists(alive).not());
        let select = blob::Entity::find().filter(blob::Column::Id.lt(super::time::id_floor(before))).filter(gone);
        Ok(select
            .order_by_asc(blob::Column::Id)
            .limit(limit)
            .all(self.read())
            .await?
            .into_iter()
            .map(Into::into)
            .collect())
    }

    pub async fn delete_blobs(&self, ids: &[String]) -> Result<u64> {
        let delete = blob::Entity::delete_many().filter(blob::Column::Id.is_in(ids));
        self.write(move |tx| Box::pin(async move { Ok(delete.exec(tx).await?.rows_affected) })).await
    }

    pub async fn setting(&self, key: &str) -> Result<Option<String>> {
        Ok(setting::Entity::find_by_id(key).one(self.read()).await?.map(|row| row.value))
    }

    pub async fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        let model = setting::Model { key: key.to_owned(), value: value.to_owned() };
        self.write(move |tx| {
            Box::pin(async move {
                let replace = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
                setting::Entity::insert(model.into_active_model())
                    .on_conflict(replace)
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Sets it unless it is set; what it is then. Of several servers that start at once, one wins.
    pub async fn setting_or(&self, key: &str, value: &str) -> Result<String> {
        let model = setting::Model { key: key.to_owned(), value: value.to_owned() };
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
                super::sql::execute(tx, sql, [model.key.as_str().into(), model.value.as_str().into()]).await?;
                Ok(setting::Entity::find_by_id(&model.key).one(tx).await?.unwrap_or(model).value)
            })
        })
        .await
    }
}

impl From<blob::Model> for BlobRow {
    fn from(model: blob::Model) -> Self {
        Self {
            id: model.id,
            run_id: model.run_id,
            file_name: model.file_name,
            mime: model.mime,
            size: model.size as u64,
            created_at: model.created_at,
        }
    }
}
