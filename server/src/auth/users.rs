//! The people who may sign in.

use flow::api::{NewUser, Page, User, UserChange};

use super::{Auth, AuthError, Result, password};
use crate::store::{PageOf, UserPatch, UserRow, new_id, time};

impl Auth {
    pub async fn users(&self) -> Result<Vec<User>> {
        Ok(self.store().users().await?.into_iter().map(shown).collect())
    }

    /// By e-mail address, a page at a time.
    pub async fn users_page(&self, page: &PageOf) -> Result<Page<User>> {
        let page = self.store().users_page(page).await?;
        Ok(Page { items: page.items.into_iter().map(shown).collect(), next: page.next })
    }

    /// `Duplicate` when the e-mail address is taken.
    pub async fn add_user(&self, user: NewUser) -> Result<User> {
        let row = self.row(user).await?;
        self.store().insert_user(row.clone()).await?;
        Ok(shown(row))
    }

    /// Holds at once. Disabling a user and a new password end the user's sessions; the last owner stays one.
    pub async fn change_user(&self, id: &str, change: UserChange) -> Result<User> {
        let mut patch =
            UserPatch { name: change.name, role: change.role, disabled: change.disabled, ..UserPatch::default() };
        let ends = change.password.is_some() || change.disabled == Some(true);
        if let Some(new) = change.password {
            password::check(&new, &self.store().user(id).await?.email)?;
            patch.password_hash = Some(self.inner.passwords.hash(&new).await?);
        }
        let changed = self.store().update_user(id, patch, self.now()).await;
        if ends && changed.is_ok() {
            self.inner.spare.end_of(id, None);
        }
        self.inner.cache.forget();
        Ok(shown(changed?))
    }

    pub async fn delete_user(&self, id: &str) -> Result<()> {
        let deleted = self.store().delete_user(id).await;
        self.inner.cache.forget();
        Ok(deleted?)
    }

    /// Checks what was entered, which costs nothing, and then hashes the password, which does.
    pub(super) async fn row(&self, user: NewUser) -> Result<UserRow> {
        let email = user.email.trim().to_lowercase();
        let plausible = email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        if !plausible || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(AuthError::Email);
        }
        password::check(&user.password, &email)?;
        Ok(UserRow {
            id: new_id(),
            email,
            name: user.name.trim().chars().take(200).collect(),
            password_hash: self.inner.passwords.hash(&user.password).await?,
            role: user.role,
            disabled: false,
            created_at: self.now(),
            last_seen_at: None,
        })
    }
}

pub(super) fn shown(row: UserRow) -> User {
    User {
        id: row.id,
        email: row.email,
        name: row.name,
        role: row.role,
        disabled: row.disabled,
        created_at: time::rfc3339(row.created_at),
        last_seen_at: row.last_seen_at.map(time::rfc3339),
    }
}
