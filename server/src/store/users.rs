//! People.

use flow::api::{Page, Role};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::entity::{session, user};
use super::records::{UserPatch, UserRow};
use super::{PageOf, Result, Store, StoreError, sql};

/// Why there is no second first start.
pub const HAS_OWNER: &str = "The owner was made already. Sign in instead.";
const LAST_OWNER: &str = "This is the last owner who can sign in. Make somebody else an owner first.";

impl Store {
    /// `Duplicate` when the e-mail address is taken.
    pub async fn insert_user(&self, row: UserRow) -> Result<()> {
        self.write(move |tx| Box::pin(insert(tx, row))).await
    }

    /// Only while there is no owner; else `Refused`.
    pub async fn insert_first_owner(&self, row: UserRow) -> Result<()> {
        self.write(move |tx| {
            Box::pin(async move {
                one_at_a_time(tx).await?;
                if count_owners(tx).await? > 0 {
                    return Err(StoreError::Refused(HAS_OWNER.into()));
                }
                insert(tx, row).await
            })
        })
        .await
    }

    pub async fn user(&self, id: &str) -> Result<UserRow> {
        user::Entity::find_by_id(id).one(self.read()).await?.ok_or(StoreError::NotFound("user"))?.try_into()
    }

    /// By e-mail address in lower case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>> {
        let found = user::Entity::find().filter(user::Column::Email.eq(email.to_lowercase())).one(self.read()).await?;
        found.map(TryInto::try_into).transpose()
    }

    /// By e-mail address.
    pub async fn users(&self) -> Result<Vec<UserRow>> {
        user::Entity::find()
            .order_by_asc(user::Column::Email)
            .all(self.read())
            .await?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    /// By e-mail address, a page at a time.
    pub async fn users_page(&self, page: &PageOf) -> Result<Page<UserRow>> {
        let mut select = user::Entity::find();
        if let Some(email) = page.after::<String>()? {
            select = select.filter(user::Column::Email.gt(email));
        }
        let models = select.order_by_asc(user::Column::Email).limit(page.rows()).all(self.read()).await?;
        let rows = models.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(page.page(rows, |row: &UserRow| row.email.clone()))
    }

    /// Whether there is an owner who can sign in.
    pub async fn has_owner(&self) -> Result<bool> {
        Ok(count_owners(self.read()).await? > 0)
    }

    /// `Refused` when no owner who can sign in would be left. A disabled user and one with a new password are signed out
    /// everywhere.
    pub async fn update_user(&self, id: &str, patch: UserPatch, now: i64) -> Result<UserRow> {
        let id = id.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                one_at_a_time(tx).await?;
                let stored = user::Entity::find_by_id(&id).one(tx).await?.ok_or(StoreError::NotFound("user"))?;
                if patch.disabled == Some(true) || patch.password_hash.is_some() {
                    super::sessions::revoke_of(tx, &id, patch.keep_session.as_deref(), now).await?;
                }
                let led = is_owner(&stored);
                let mut change = stored.clone().into_active_model();
                if let Some(name) = patch.name {
                    change.name = Set(name);
                }
                if let Some(role) = patch.role {
                    change.role = Set(role.as_str().into());
                }
                if let Some(disabled) = patch.disabled {
                    change.disabled = Set(disabled);
                }
                if let Some(hash) = patch.password_hash {
                    change.password_hash = Set(hash);
                }
                let row = if change.is_changed() { change.update(tx).await? } else { stored };
                if led {
                    owner_left(tx).await?;
                }
                row.try_into()
            })
        })
        .await
    }

    /// Remembers when the user was last seen.
    pub async fn touch_user(&self, id: &str, now: i64) -> Result<()> {
        let update = user::Entity::update_many()
            .col_expr(user::Column::LastSeenAt, Expr::value(now))
            .filter(user::Column::Id.eq(id));
        self.write(move |tx| Box::pin(async move { Ok(update.exec(tx).await.map(drop)?) })).await
    }

    /// With the user's sessions. `Refused` for the last owner.
    pub async fn delete_user(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                one_at_a_time(tx).await?;
                let stored = user::Entity::find_by_id(&id).one(tx).await?.ok_or(StoreError::NotFound("user"))?;
                session::Entity::delete_many().filter(session::Column::UserId.eq(&id)).exec(tx).await?;
                user::Entity::delete_by_id(&id).exec(tx).await?;
                if is_owner(&stored) { owner_left(tx).await } else { Ok(()) }
            })
        })
        .await
    }
}

async fn insert(tx: &DatabaseTransaction, row: UserRow) -> Result<()> {
    let model = user::Model {
        id: row.id,
        email: row.email.to_lowercase(),
        name: row.name,
        password_hash: row.password_hash,
        role: row.role.as_str().into(),
        disabled: row.disabled,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    };
    match user::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(StoreError::from) {
        Err(StoreError::Duplicate(_)) => {
            Err(StoreError::Duplicate("A user with this e-mail address exists. Choose another address.".into()))
        }
        other => other.map(drop),
    }
}

fn is_owner(user: &user::Model) -> bool {
    user.role == Role::Owner.as_str() && !user.disabled
}

/// Owners who can sign in; counts no further than one.
async fn count_owners(db: &impl ConnectionTrait) -> Result<u64> {
    let owners = user::Entity::find()
        .filter(user::Column::Role.eq(Role::Owner.as_str()))
        .filter(user::Column::Disabled.eq(false))
        .limit(1);
    Ok(owners.count(db).await?)
}

async fn owner_left(db: &impl ConnectionTrait) -> Result<()> {
    if count_owners(db).await? == 0 { Err(StoreError::Refused(LAST_OWNER.into())) } else { Ok(()) }
}

/// Changes of users take turns on PostgreSQL, so that two of them can't each remove the other's last owner.
async fn one_at_a_time(tx: &DatabaseTransaction) -> Result<()> {
    if tx.get_database_backend() == sea_orm::DbBackend::Postgres {
        sql::execute(tx, "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE", []).await?;
    }
    Ok(())
}

impl TryFrom<user::Model> for UserRow {
    type Error = StoreError;

    fn try_from(model: user::Model) -> Result<Self> {
        Ok(Self {
            role: Role::parse(&model.role).ok_or_else(|| super::runs::unknown("role", &model.role))?,
            id: model.id,
            email: model.email,
            name: model.name,
            password_hash: model.password_hash,
            disabled: model.disabled,
            created_at: model.created_at,
            last_seen_at: model.last_seen_at,
        })
    }
}
