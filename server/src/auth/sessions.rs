//! Signing in, staying signed in, signing out.

use std::sync::atomic::Ordering;

use flow::api::{NewUser, Role, Session, User};

use super::token::Refresh;
use super::{Auth, AuthError, Principal, Result, Tokens};
use crate::store::{SessionRow, UserRow, new_id};

/// Milliseconds that a browser may stay away.
const STAY: i64 = 30 * 86_400_000;
/// A refresh token that was replaced this long ago is still taken: two tabs may have used it at once.
const GRACE: i64 = 30_000;
/// "Last seen" is written at most this often.
const SEEN: i64 = 60_000;

impl Auth {
    /// Makes the owner while there is no user; `Refused` afterwards.
    pub async fn setup(&self, owner: NewUser) -> Result<User> {
        let row = self.row(NewUser { role: Role::Owner, ..owner }).await?;
        self.store().insert_first_user(row.clone()).await?;
        self.inner.set_up.store(true, Ordering::Relaxed);
        Ok(super::users::shown(row))
    }

    /// Whether the first user is still to be made.
    pub async fn setup_required(&self) -> Result<bool> {
        if self.inner.set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let any = self.store().count_users().await? > 0;
        self.inner.set_up.store(any, Ordering::Relaxed);
        Ok(!any)
    }

    /// For `GET /session`. An API key is nobody here.
    pub async fn session(&self, caller: Option<&Principal>) -> Result<Session> {
        let user = match caller {
            Some(caller) => match self.store().user(&caller.id).await {
                Ok(row) => Some(super::users::shown(row)),
                Err(crate::store::StoreError::NotFound(_)) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        Ok(Session { user, setup_required: self.setup_required().await? })
    }

    /// Starts a session. `address` is the caller's network address, for counting failures.
    pub async fn sign_in(&self, email: &str, password: &str, address: &str) -> Result<Tokens> {
        let (email, now) = (email.trim().to_lowercase(), self.now());
        self.inner.limits.enter(self.store(), &email, address, now).await?;
        let user = self.store().user_by_email(&email).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let right = self.inner.passwords.verify(password, hash).await?;
        let Some(user) = user.filter(|user| right && !user.disabled) else {
            self.inner.limits.failed(self.store(), address, now).await?;
            return Err(AuthError::SignIn);
        };
        self.inner.limits.succeeded(self.store(), &email).await?;
        let session = SessionRow {
            id: new_id(),
            user_id: user.id.clone(),
            generation: 1,
            created_at: now,
            rotated_at: now,
            expires_at: now + STAY,
            revoked_at: None,
        };
        self.store().insert_session(session.clone()).await?;
        self.store().touch_user(&user.id, now).await?;
        self.tokens(&user, &session.id, 1)
    }

    /// A fresh pair for a refresh token, which is used up by it. A token that was used up before ends the session: either
    /// its holder or whoever refreshed in between is a thief.
    pub async fn refresh(&self, token: &str) -> Result<Tokens> {
        let now = self.now();
        let Refresh { session: id, generation } =
            self.inner.tokens.verify_refresh(token).ok_or(AuthError::SessionEnded)?;
        let Some((session, user)) = self.live(&id, now).await? else { return Err(AuthError::SessionEnded) };
        if generation == session.generation && self.store().rotate_session(&id, generation, now, now + STAY).await? {
            if user.last_seen_at.is_none_or(|seen| now - seen > SEEN) {
                self.store().touch_user(&user.id, now).await?;
            }
            return self.tokens(&user, &id, generation + 1);
        }
        // Used before, perhaps a moment ago by another tab.
        let Some((session, user)) = self.live(&id, now).await? else { return Err(AuthError::SessionEnded) };
        if generation + 1 == session.generation && now - session.rotated_at <= GRACE {
            return self.tokens(&user, &id, session.generation);
        }
        tracing::warn!(user = %user.id, session = %id, "a used refresh token came back; the session was ended");
        self.store().revoke_session(&id, now).await?;
        self.inner.cache.forget();
        Err(AuthError::SessionEnded)
    }

    /// Ends the session of a refresh token; a forged one changes nothing.
    pub async fn sign_out(&self, refresh: &str) -> Result<()> {
        if let Some(refresh) = self.inner.tokens.verify_refresh(refresh) {
            self.store().revoke_session(&refresh.session, self.now()).await?;
            self.inner.cache.forget();
        }
        Ok(())
    }

    /// Who holds this access token. A session that was ended and a user who was disabled or changed take effect at once
    /// on this server, within seconds on others.
    pub async fn authenticate_jwt(&self, token: &str) -> Result<Principal> {
        let now = self.now();
        let access = self.inner.tokens.verify_access(token, now)?;
        if let Some(principal) = self.inner.cache.get(&access.session, now) {
            return Ok(principal);
        }
        let (_, user) = self.live(&access.session, now).await?.ok_or(AuthError::NotSignedIn)?;
        if user.id != access.user {
            return Err(AuthError::NotSignedIn);
        }
        let principal = principal(&user);
        self.inner.cache.put(&access.session, &principal, now);
        Ok(principal)
    }

    /// The session and its user, if both may go on.
    async fn live(&self, session: &str, now: i64) -> Result<Option<(SessionRow, UserRow)>> {
        let Some(session) = self.store().session(session).await? else { return Ok(None) };
        if session.revoked_at.is_some() || session.expires_at <= now {
            return Ok(None);
        }
        let user = self.store().user(&session.user_id).await?;
        Ok(if user.disabled { None } else { Some((session, user)) })
    }

    fn tokens(&self, user: &UserRow, session: &str, generation: u32) -> Result<Tokens> {
        let access = self.inner.tokens.access(&user.id, session, self.now())?;
        Ok(Tokens { access, refresh: self.inner.tokens.refresh(session, generation) })
    }
}

fn principal(user: &UserRow) -> Principal {
    let name = if user.name.is_empty() { &user.email } else { &user.name };
    Principal { id: user.id.clone(), name: name.clone(), role: user.role }
}
