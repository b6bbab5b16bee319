//! Rows of blobs, and settings.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{blob, blob_use, run, setting};
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

    /// Whether a run made this file, or its steps name it.
    pub async fn blob_of_run(&self, run: &str, id: &str) -> Result<bool> {
        let made = blob::Entity::find_by_id(id).filter(blob::Column::RunId.eq(run));
        if made.one(self.read()).await?.is_some() {
            return Ok(true);
        }
        Ok(blob_use::Entity::find_by_id((run.to_owned(), id.to_owned())).one(self.read()).await?.is_some())
    }

    pub async fn blob(&self, id: &str) -> Result<BlobRow> {
        Ok(blob::Entity::find_by_id(id).one(self.read()).await?.ok_or(StoreError::NotFound("file"))?.into())
    }

    /// Removes the rows of up to `limit` files made before `before` that no run needs: neither the one that made it is
    /// there, nor one whose steps name it. Their ids, oldest first.
    pub async fn delete_orphan_blobs(&self, before: i64, limit: u64) -> Result<Vec<String>> {
        let makers = Query::select()
            .expr(Expr::value(1))
            .from(run::Entity)
            .and_where(Expr::col((run::Entity, run::Column::Id)).equals((blob::Entity, blob::Column::RunId)))
            .take();
        let users = Query::select()
            .expr(Expr::value(1))
            .from(blob_use::Entity)
            .inner_join(
                run::Entity,
                Expr::col((run::Entity, run::Column::Id)).equals((blob_use::Entity, blob_use::Column::RunId)),
            )
            .and_where(Expr::col((blob_use::Entity, blob_use::Column::BlobId)).equals((blob::Entity, blob::Column::Id)))
            .take();
        let orphans = blob::Entity::find()
            .select_only()
            .column(blob::Column::Id)
            .filter(blob::Column::Id.lt(super::time::id_floor(before)))
            .filter(Expr::exists(makers).not())
            .filter(Expr::exists(users).not())
            .order_by_asc(blob::Column::Id)
            .limit(limit);
        // Looked for and removed in one transaction: no run takes one of them in between.
        self.write(move |tx| {
            Box::pin(async move {
                let ids: Vec<String> = orphans.into_tuple().all(tx).await?;
                blob::Entity::delete_many().filter(blob::Column::Id.is_in(&ids)).exec(tx).await?;
                Ok(ids)
            })
        })
        .await
    }

    /// Removes the rows of files that nothing came to use.
    pub async fn delete_blobs(&self, ids: &[String]) -> Result<()> {
        let delete = blob::Entity::delete_many().filter(blob::Column::Id.is_in(ids));
        self.write(move |tx| {
            Box::pin(async move {
                delete.exec(tx).await?;
                Ok(())
            })
        })
        .await
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

    /// Sets it; whether it was something else before. Of several servers that set it to the same at once, one hears true.
    pub async fn take_turn(&self, key: &str, value: &str) -> Result<bool> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE \
                           SET value = excluded.value WHERE settings.value <> excluded.value";
                Ok(super::sql::execute(tx, sql, [key.into(), value.into()]).await? > 0)
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
