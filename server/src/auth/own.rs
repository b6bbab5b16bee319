//! What people do with their own account.

use flow::api::{Page, PasswordChange, UserSession};

use super::{Auth, AuthError, Principal, Proof, Result, password};
use crate::store::{PageOf, StoreError, UserPatch, time};

impl Principal {
    /// The session, if it is a person who is signed in.
    pub fn session(&self) -> Option<&str> {
        match &self.proof {
            Proof::Session(id) => Some(id),
            Proof::Key(_) => None,
        }
    }
}

impl Auth {
    /// Where this person is signed in, newest first, a page at a time.
    pub async fn own_sessions(&self, caller: &Principal, page: &PageOf) -> Result<Page<UserSession>> {
        let stored = self.store().sessions_of(&caller.id, self.now(), page).await?;
        // What could not be written is few and of this hour: it belongs on the first page.
        let first = page.cursor.as_deref().is_none_or(str::is_empty);
        let spare = if first { self.inner.spare.sessions_of(&caller.id) } else { Vec::new() };
        let shown = spare.into_iter().chain(stored.items).map(|row| UserSession {
            current: caller.session() == Some(&row.id),
            id: row.id,
            address: row.address,
            agent: row.agent,
            created_at: time::rfc3339(row.created_at),
            last_seen_at: time::rfc3339(row.rotated_at),
            expires_at: time::rfc3339(row.expires_at),
        });
        Ok(Page { items: shown.collect(), next: stored.next })
    }

    /// Ends one of this person's sessions, at once.
    pub async fn end_own_session(&self, caller: &Principal, id: &str) -> Result<()> {
        let now = self.now();
        match self.live(id, now).await? {
            Some((session, _)) if session.user_id == caller.id => self.revoke(id, now).await,
            _ => Err(AuthError::NoSession),
        }
    }

    /// A new password for somebody who knows the present one. The other sessions end, because whoever held one may have
    /// known it too.
    pub async fn change_own_password(&self, caller: &Principal, change: PasswordChange, address: &str) -> Result<()> {
        let session = caller.session().ok_or(AuthError::NotAPerson)?;
        let user = self.store().user(&caller.id).await.map_err(|error| match error {
            StoreError::NotFound(_) => AuthError::NotSignedIn,
            other => other.into(),
        })?;
        password::check(&change.new, &user.email)?;
        if !self.is_password(&user.email, Some(user.password_hash), &change.current, address).await? {
            return Err(AuthError::WrongPassword);
        }
        let patch = UserPatch {
            password_hash: Some(self.inner.passwords.hash(&change.new).await?),
            keep_session: Some(session.to_owned()),
            ..UserPatch::default()
        };
        let changed = self.store().update_user(&user.id, patch, self.now()).await;
        if changed.is_ok() {
            self.inner.spare.end_of(&user.id, Some(session));
        }
        self.inner.cache.forget();
        changed?;
        Ok(())
    }
}
