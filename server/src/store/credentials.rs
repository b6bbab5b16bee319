//! Credentials: encrypted values and what may be shown of them.

use flow::api::Page;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::credential;
use super::records::CredentialRow;
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

    /// Name, summary, sealed value and who changed it; id, kind and time of making stay.
    pub async fn update_credential(&self, row: CredentialRow) -> Result<()> {
        let model = credential::Model::try_from(row)?;
        let update = credential::Entity::update_many()
            .col_expr(credential::Column::Name, Expr::value(model.name))
            .col_expr(credential::Column::Summary, Expr::value(model.summary))
            .col_expr(credential::Column::KeyId, Expr::value(model.key_id))
            .col_expr(credential::Column::Sealed, Expr::value(model.sealed))
            .col_expr(credential::Column::UpdatedAt, Expr::value(model.updated_at))
            .col_expr(credential::Column::UpdatedBy, Expr::value(model.updated_by))
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
        })
    }
}
