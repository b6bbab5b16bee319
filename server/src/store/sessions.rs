//! Signed-in browsers, API keys, failed sign-ins.

use flow::api::{Page, Role};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::entity::{api_key, attempt, session};
use super::records::{Attempts, KeyRow, SessionRow};
use super::{PageOf, Result, Store, StoreError};

impl Store {
    pub async fn insert_session(&self, row: SessionRow) -> Result<()> {
        let model = session::Model {
            id: row.id,
            user_id: row.user_id,
            generation: i64::from(row.generation),
            created_at: row.created_at,
            rotated_at: row.rotated_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            address: row.address,
            agent: row.agent,
        };
        self.write(move |tx| {
            Box::pin(async move {
                session::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await
    }

    pub async fn session(&self, id: &str) -> Result<Option<SessionRow>> {
        Ok(session::Entity::find_by_id(id).one(self.read()).await?.map(Into::into))
    }

    /// From one generation to the next; false when it is not at `from` any more, or was revoked.
    pub async fn rotate_session(&self, id: &str, from: u32, now: i64, expires_at: i64) -> Result<bool> {
        let update = session::Entity::update_many()
            .col_expr(session::Column::Generation, Expr::value(i64::from(from) + 1))
            .col_expr(session::Column::RotatedAt, Expr::value(now))
            .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
            .filter(session::Column::Id.eq(id))
            .filter(session::Column::Generation.eq(i64::from(from)))
            .filter(session::Column::RevokedAt.is_null());
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await?.rows_affected > 0) })).await
    }

    pub async fn revoke_session(&self, id: &str, now: i64) -> Result<()> {
        let update = session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, Expr::value(now))
            .filter(session::Column::Id.eq(id))
            .filter(session::Column::RevokedAt.is_null());
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await.map(drop)?) })).await
    }

    /// The sessions of a user that go on, newest first, a page at a time.
    pub async fn sessions_of(&self, user: &str, now: i64, page: &PageOf) -> Result<Page<SessionRow>> {
        let mut open = session::Entity::find()
            .filter(session::Column::UserId.eq(user))
            .filter(session::Column::RevokedAt.is_null())
            .filter(session::Column::ExpiresAt.gt(now));
        if let Some(id) = page.after::<String>()? {
            open = open.filter(session::Column::Id.lt(id));
        }
        let models = open.order_by_desc(session::Column::Id).limit(page.rows()).all(self.read()).await?;
        Ok(page.page(models.into_iter().map(Into::into).collect(), |row: &SessionRow| row.id.clone()))
    }

    pub async fn insert_key(&self, row: KeyRow) -> Result<()> {
        let model = api_key::Model {
            id: row.id,
            name: row.name,
            role: row.role.as_str().into(),
            prefix: row.prefix,
            hash: row.hash,
            created_by: row.created_by,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        };
        self.write(move |tx| {
            Box::pin(async move {
                api_key::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await
    }

    /// By the SHA-256 of the key.
    pub async fn key_by_hash(&self, hash: &str) -> Result<Option<KeyRow>> {
        let found = api_key::Entity::find().filter(api_key::Column::Hash.eq(hash)).one(self.read()).await?;
        found.map(TryInto::try_into).transpose()
    }

    /// Newest first.
    pub async fn keys(&self) -> Result<Vec<KeyRow>> {
        api_key::Entity::find()
            .order_by_desc(api_key::Column::Id)
            .all(self.read())
            .await?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    /// Newest first, a page at a time.
    pub async fn keys_page(&self, page: &PageOf) -> Result<Page<KeyRow>> {
        let mut select = api_key::Entity::find();
        if let Some(id) = page.after::<String>()? {
            select = select.filter(api_key::Column::Id.lt(id));
        }
        let models = select.order_by_desc(api_key::Column::Id).limit(page.rows()).all(self.read()).await?;
        let rows = models.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(page.page(rows, |row: &KeyRow| row.id.clone()))
    }

    pub async fn delete_key(&self, id: &str) -> Result<()> {
        let delete = api_key::Entity::delete_many().filter(api_key::Column::Id.eq(id));
        self.write(move |tx| {
            Box::pin(async move {
                if delete.exec(tx).await?.rows_affected == 0 { Err(StoreError::NotFound("API key")) } else { Ok(()) }
            })
        })
        .await
    }

    /// Remembers when the key was last used.
    pub async fn touch_key(&self, id: &str, now: i64) -> Result<()> {
        let update = api_key::Entity::update_many()
            .col_expr(api_key::Column::LastUsedAt, Expr::value(now))
            .filter(api_key::Column::Id.eq(id));
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await.map(drop)?) })).await
    }

    /// Failed sign-ins that count; none when there is no record.
    pub async fn attempts(&self, subject: &str) -> Result<Attempts> {
        Ok(attempt::Entity::find_by_id(subject).one(self.read()).await?.map(Into::into).unwrap_or_default())
    }

    /// Counts a failure; when the last one is older than `window_start`, counting starts anew.
    pub async fn count_failure(&self, subject: &str, now: i64, window_start: i64) -> Result<Attempts> {
        let subject = subject.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO attempts (subject, failures, since, last_at) VALUES ($1, 1, $2, $2) \
                           ON CONFLICT (subject) DO UPDATE SET \
                           failures = CASE WHEN attempts.last_at < $3 THEN 1 ELSE attempts.failures + 1 END, \
                           since = CASE WHEN attempts.last_at < $3 THEN excluded.since ELSE attempts.since END, \
                           last_at = excluded.last_at RETURNING failures, since, last_at";
                let values = [subject.into(), now.into(), window_start.into()];
                let row =
                    tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
                let row = row.ok_or_else(|| StoreError::Database("a failed sign-in was not counted".into()))?;
                let failures: i64 = row.try_get_by_index(0)?;
                Ok(Attempts {
                    failures: failures as u32,
                    since: row.try_get_by_index(1)?,
                    last_at: row.try_get_by_index(2)?,
                })
            })
        })
        .await
    }

    pub async fn clear_attempts(&self, subject: &str) -> Result<()> {
        let delete = attempt::Entity::delete_many().filter(attempt::Column::Subject.eq(subject));
        self.write(move |tx| Box::pin(async move { Ok(delete.exec(tx).await.map(drop)?) })).await
    }
}

/// Signs the user out everywhere but in the session `except`; how many sessions ended.
pub(super) async fn revoke_of(db: &impl ConnectionTrait, user: &str, except: Option<&str>, now: i64) -> Result<u64> {
    let update = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(now))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::Id.ne(except.unwrap_or("")))
        .filter(session::Column::RevokedAt.is_null());
    Ok(update.exec(db).await?.rows_affected)
}

impl From<session::Model> for SessionRow {
    fn from(model: session::Model) -> Self {
        Self {
            id: model.id,
            user_id: model.user_id,
            generation: model.generation as u32,
            created_at: model.created_at,
            rotated_at: model.rotated_at,
            expires_at: model.expires_at,
            revoked_at: model.revoked_at,
            address: model.address,
            agent: model.agent,
        }
    }
}

impl TryFrom<api_key::Model> for KeyRow {
    type Error = StoreError;

    fn try_from(model: api_key::Model) -> Result<Self> {
        Ok(Self {
            role: Role::parse(&model.role).ok_or_else(|| super::runs::unknown("role", &model.role))?,
            id: model.id,
            name: model.name,
            prefix: model.prefix,
            hash: model.hash,
            created_by: model.created_by,
            created_at: model.created_at,
            last_used_at: model.last_used_at,
            expires_at: model.expires_at,
        })
    }
}

impl From<attempt::Model> for Attempts {
    fn from(model: attempt::Model) -> Self {
        Self { failures: model.failures as u32, since: model.since, last_at: model.last_at }
    }
}
