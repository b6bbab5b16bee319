//! Credentials: encrypted values and what may be shown of them.

use flow::api::Page;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::credential;
use super::records::{CredentialRow, ExpiringRow};
use super::{PageOf, Result, Store, StoreError};
use crate::vault::Sealed;

impl Store {
    pub async fn insert_credential(&self, row: CredentialRow) -> Result<()> {
        let model = credential::Model::try_from(row)?;
        self.write(move |tx| {
            Box::pin(async move {
                credential::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await
    }

    /// Name, summary, sealed value, its certificate's end and who changed it; id, kind and time of making stay.
    pub async fn update_credential(&self, row: CredentialRow) -> Result<()> {
        let model = credential::Model::try_from(row)?;
        let update = credential::Entity::update_many()
            .col_expr(credential::Column::Name, Expr::value(model.name))
            .col_expr(credential::Column::Summary, Expr::value(model.summary))
            .col_expr(credential::Column::KeyId, Expr::value(model.key_id))
            .col_expr(credential::Column::Sealed, Expr::value(model.sealed))
            .col_expr(credential::Column::UpdatedAt, Expr::value(model.updated_at))
            .col_expr(credential::Column::UpdatedBy, Expr::value(model.updated_by))
            .col_expr(credential::Column::ExpiresAt, Expr::value(model.expires_at))
            .filter(credential::Column::Id.eq(model.id));
        self.write(move |tx| {
            Box::pin(async move {
                if update.exec(tx).await?.rows_affected == 0 { Err(StoreError::NotFound("credential")) } else { Ok(()) }
            })
        })
        .await
    }

    /// Replaces the encrypted value alone, if it is still `former`: for a new key. False when it changed in between.
    pub async fn reseal_credential(&self, id: &str, former: &Sealed, sealed: &Sealed) -> Result<bool> {
        let update = credential::Entity::update_many()
            .col_expr(credential::Column::KeyId, Expr::value(sealed.key.clone()))
            .col_expr(credential::Column::Sealed, Expr::value(sealed.bytes.clone()))
            .filter(credential::Column::Id.eq(id))
            .filter(credential::Column::Sealed.eq(former.bytes.clone()));
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await?.rows_affected > 0) })).await
    }

    pub async fn credential(&self, id: &str) -> Result<CredentialRow> {
        let model = credential::Entity::find_by_id(id).one(self.read()).await?;
        model.ok_or(StoreError::NotFound("credential"))?.try_into()
    }

    /// By name.
    pub async fn credentials(&self) -> Result<Vec<CredentialRow>> {
        let models =
            credential::Entity::find().order_by_asc(credential::Column::Name).order_by_asc(credential::Column::Id);
        models.all(self.read()).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// By name, a page at a time.
    pub async fn credentials_page(&self, page: &PageOf) -> Result<Page<CredentialRow>> {
        use credential::Column as C;
        let mut select = credential::Entity::find();
        if let Some((name, id)) = page.after::<(String, String)>()? {
            let later = Condition::all().add(C::Name.eq(&name)).add(C::Id.gt(id));
            select = select.filter(Condition::any().add(C::Name.gt(name)).add(later));
        }
        let models = select.order_by_asc(C::Name).order_by_asc(C::Id).limit(page.rows()).all(self.read()).await?;
        let rows = models.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(page.page(rows, |row: &CredentialRow| (row.name.clone(), row.id.clone())))
    }

    /// Credentials whose certificate ends before `before`, those that ended included; the earliest first.
    pub async fn expiring(&self, before: i64, page: &PageOf) -> Result<Page<ExpiringRow>> {
        use credential::Column as C;
        let mut select = credential::Entity::find().filter(C::ExpiresAt.lt(before));
        if let Some((at, id)) = page.after::<(i64, String)>()? {
            let later = Condition::all().add(C::ExpiresAt.eq(at)).add(C::Id.gt(id));
            select = select.filter(Condition::any().add(C::ExpiresAt.gt(at)).add(later));
        }
        let select = select.order_by_asc(C::ExpiresAt).order_by_asc(C::Id).limit(page.rows());
        // Not the sealed values: nobody looks into them here.
        let columns = select.select_only().columns([C::Id, C::Name, C::ExpiresAt]);
        let rows: Vec<(String, String, i64)> = columns.into_tuple().all(self.read()).await?;
        let rows = rows.into_iter().map(|(id, name, expires_at)| ExpiringRow { id, name, expires_at }).collect();
        Ok(page.page(rows, |row: &ExpiringRow| (row.expires_at, row.id.clone())))
    }

    /// Credentials of these kinds whose certificate's end is not known, by id after `after`, `limit` at most.
    pub async fn credentials_unread(&self, kinds: &[&str], after: &str, limit: u64) -> Result<Vec<CredentialRow>> {
        use credential::Column as C;
        let select = credential::Entity::find()
            .filter(C::ExpiresAt.is_null())
            .filter(C::Kind.is_in(kinds.iter().copied()))
            .filter(C::Id.gt(after))
            .order_by_asc(C::Id)
            .limit(limit);
        select.all(self.read()).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// Keeps what a stored credential's certificate says, unless the credential was changed since `row` was read: then it
    /// is false.
    pub async fn keep_certificate(&self, row: CredentialRow) -> Result<bool> {
        let model = credential::Model::try_from(row)?;
        let update = credential::Entity::update_many()
            .col_expr(credential::Column::Summary, Expr::value(model.summary))
            .col_expr(credential::Column::ExpiresAt, Expr::value(model.expires_at))
            .filter(credential::Column::Id.eq(model.id))
            .filter(credential::Column::Sealed.eq(model.sealed));
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await?.rows_affected > 0) })).await
    }

    pub async fn delete_credential(&self, id: &str) -> Result<()> {
        let delete = credential::Entity::delete_many().filter(credential::Column::Id.eq(id));
        self.write(move |tx| {
            Box::pin(async move {
                if delete.exec(tx).await?.rows_affected == 0 { Err(StoreError::NotFound("credential")) } else { Ok(()) }
            })
        })
        .await
    }
}

impl TryFrom<CredentialRow> for credential::Model {
    type Error = StoreError;

    fn try_from(row: CredentialRow) -> Result<Self> {
        let summary = serde_json::to_string(&row.summary)
            .map_err(|e| StoreError::Invalid(format!("The summary is not JSON: {e}.")))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            summary,
            key_id: row.sealed.key,
            sealed: row.sealed.bytes,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
            expires_at: row.expires_at,
        })
    }
}

impl TryFrom<credential::Model> for CredentialRow {
    type Error = StoreError;

    fn try_from(model: credential::Model) -> Result<Self> {
        let summary = serde_json::from_str(&model.summary)
            .map_err(|e| super::runs::unknown("credential summary", &e.to_string()))?;
        Ok(Self {
            id: model.id,
            name: model.name,
            kind: model.kind,
            summary,
            sealed: Sealed { key: model.key_id, bytes: model.sealed },
            created_at: model.created_at,
            updated_at: model.updated_at,
            updated_by: model.updated_by,
            expires_at: model.expires_at,
        })
    }
}
