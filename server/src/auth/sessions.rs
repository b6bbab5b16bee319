//! Signing in, staying signed in, signing out.

use std::sync::atomic::Ordering;

use flow::api::{NewUser, Role, Session, User};

use super::spare::{best_effort, unwritable};
use super::token::Refresh;
use super::{Auth, AuthError, Client, Principal, Proof, Result, Tokens};
use crate::store::{HAS_OWNER, SessionRow, StoreError, UserRow, new_id};

/// Milliseconds that a browser may stay away.
const STAY: i64 = 30 * 86_400_000;
/// A refresh token that was replaced this long ago is still taken: two tabs may have used it at once.
const GRACE: i64 = 30_000;
/// What attempts of a first start count for, in place of an e-mail address.
const SETUP: &str = "(first start)";
/// "Last seen" is written at most this often.
const SEEN: i64 = 60_000;

impl Auth {
    /// Makes the owner while there is none; `Refused` afterwards. Callers take turns, so that many at once hash one
    /// password and not one each: anybody may call this.
    pub async fn setup(&self, owner: NewUser, from: &Client) -> Result<User> {
        let _turn = self.inner.setup.lock().await;
        if !self.setup_required().await? {
            return Err(StoreError::Refused(HAS_OWNER.into()).into());
        }
        // An attempt that does not succeed, because nothing can be written, must not be repeated for ever either.
        self.inner.limits.enter(self.book(), SETUP, &from.address, self.now()).await?;
        let row = self.row(NewUser { role: Role::Owner, ..owner }).await?;
        self.store().insert_first_owner(row.clone()).await?;
        self.inner.set_up.store(true, Ordering::Relaxed);
        Ok(super::users::shown(row))
    }

    /// Whether the first owner is still to be made.
    pub async fn setup_required(&self) -> Result<bool> {
        if self.inner.set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let done = self.store().has_owner().await?;
        self.inner.set_up.store(done, Ordering::Relaxed);
        Ok(!done)
    }

    /// For `GET /session`. An API key is nobody here.
    pub async fn session(&self, caller: Option<&Principal>) -> Result<Session> {
        let user = match caller {
            Some(caller) => match self.store().user(&caller.id).await {
                Ok(row) => Some(super::users::shown(row)),
                Err(StoreError::NotFound(_)) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        Ok(Session { user, setup_required: self.setup_required().await? })
    }

    /// Starts a session.
    pub async fn sign_in(&self, email: &str, password: &str, from: &Client) -> Result<Tokens> {
        let (email, now) = (email.trim().to_lowercase(), self.now());
        let user = self.store().user_by_email(&email).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let right = self.is_password(&email, hash, password, &from.address).await?;
        let Some(user) = user.filter(|user| right && !user.disabled) else { return Err(AuthError::SignIn) };
        let session = SessionRow {
            id: new_id(),
            user_id: user.id.clone(),
            generation: 1,
            created_at: now,
            rotated_at: now,
            expires_at: now + STAY,
            revoked_at: None,
            address: from.address.chars().take(64).collect(),
            agent: from.agent.chars().take(200).collect(),
        };
        match self.store().insert_session(session.clone()).await {
            Err(error) if unwritable(&error) => self.inner.spare.keep(session.clone()),
            other => other?,
        }
        best_effort(self.store().touch_user(&user.id, now).await);
        self.tokens(&user, &session.id, 1)
    }

    /// Whether the password is the one of `stored`, within the limits on guessing.
    pub(super) async fn is_password(
        &self,
        email: &str,
        stored: Option<String>,
        password: &str,
        address: &str,
    ) -> Result<bool> {
        let (limits, book, now) = (&self.inner.limits, self.book(), self.now());
        limits.enter(book, email, address, now).await?;
        let right = self.inner.passwords.verify(password, stored).await?;
        match right {
            true => limits.succeeded(book, email, address).await?,
            false => limits.failed(book, email, address, now).await?,
        }
        Ok(right)
    }

    /// A fresh pair for a refresh token, which is used up by it. A token that was used up before ends the session: either
    /// its holder or whoever refreshed in between is a thief.
    pub async fn refresh(&self, token: &str) -> Result<Tokens> {
        let now = self.now();
        let Refresh { session: id, generation } =
            self.inner.tokens.verify_refresh(token).ok_or(AuthError::SessionEnded)?;
        let Some((session, user)) = self.live(&id, now).await? else { return Err(AuthError::SessionEnded) };
        if generation == session.generation {
            match self.rotate(&session, now).await {
                Ok(false) => {}
                Ok(true) => {
                    if user.last_seen_at.is_none_or(|seen| now - seen > SEEN) {
                        best_effort(self.store().touch_user(&user.id, now).await);
                    }
                    return self.tokens(&user, &id, generation + 1);
                }
                // The refresh token stays the one it was: it is still the session's, and still good for one use.
                Err(AuthError::Store(error)) if unwritable(&error) => return self.tokens(&user, &id, generation),
                Err(error) => return Err(error),
            }
        }
        // Used before, perhaps a moment ago by another tab.
        let Some((session, user)) = self.live(&id, now).await? else { return Err(AuthError::SessionEnded) };
        if generation + 1 == session.generation && now - session.rotated_at <= GRACE {
            return self.tokens(&user, &id, session.generation);
        }
        tracing::warn!(user = %user.id, session = %id, "a used refresh token came back; the session was ended");
        self.revoke(&id, now).await?;
        Err(AuthError::SessionEnded)
    }

    /// Ends the session of a refresh token or, without one, of an access token; a forged one changes nothing.
    pub async fn sign_out(&self, refresh: Option<&str>, access: Option<&str>) -> Result<()> {
        let tokens = &self.inner.tokens;
        let by_refresh = refresh.and_then(|token| Some(tokens.verify_refresh(token)?.session));
        match by_refresh.or_else(|| tokens.session_of(access?)) {
            Some(session) => self.revoke(&session, self.now()).await,
            None => Ok(()),
        }
    }

    /// Ends a session.
    pub(super) async fn revoke(&self, session: &str, now: i64) -> Result<()> {
        let kept = self.inner.spare.end(session);
        let revoked = self.store().revoke_session(session, now).await;
        self.inner.cache.forget();
        match revoked {
            // It was never written, so nothing is left of it.
            Err(error) if kept && unwritable(&error) => Ok(()),
            other => Ok(other?),
        }
    }

    /// To the next generation; false when it is not at this one any more.
    async fn rotate(&self, session: &SessionRow, now: i64) -> Result<bool> {
        let (from, expires_at) = (session.generation, now + STAY);
        if self.inner.spare.session(&session.id).is_none_or(|kept| kept.generation != from) {
            return Ok(self.store().rotate_session(&session.id, from, now, expires_at).await?);
        }
        let next = SessionRow { generation: from + 1, rotated_at: now, expires_at, ..session.clone() };
        match self.store().insert_session(next.clone()).await {
            Err(error) if unwritable(&error) => self.inner.spare.keep(next),
            Err(error) => return Err(error.into()),
            // From now on it is where all the others are.
            Ok(()) => {
                self.inner.spare.end(&session.id);
            }
        }
        Ok(true)
    }

    /// Who holds this access token. A session that was ended and a user who was disabled or changed take effect at once
    /// on this server, within seconds on others.
    pub async fn authenticate_jwt(&self, token: &str) -> Result<Principal> {
        let access = self.inner.tokens.verify_access(token, self.now())?;
        let principal = self.holder_of_session(&access.session).await?;
        if principal.id == access.user { Ok(principal) } else { Err(AuthError::NotSignedIn) }
    }

    /// Whether somebody who is known may go on, for what lasts longer than a request.
    pub async fn still(&self, principal: &Principal) -> Result<bool> {
        let now = match &principal.proof {
            Proof::Session(id) => self.holder_of_session(id).await,
            Proof::Key(hash) => self.holder_of_key(hash).await,
        };
        match now {
            Ok(_) => Ok(true),
            Err(AuthError::NotSignedIn | AuthError::KeyUnknown) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn holder_of_session(&self, session: &str) -> Result<Principal> {
        let now = self.now();
        let asked = match self.inner.cache.get(session, now) {
            Ok(principal) => return Ok(principal),
            Err(asked) => asked,
        };
        let (row, user) = self.live(session, now).await?.ok_or(AuthError::NotSignedIn)?;
        let principal = principal(&user, session);
        self.inner.cache.put(asked, session, &principal, now, Some(row.expires_at));
        Ok(principal)
    }

    /// The session and its user, if both may go on.
    pub(super) async fn live(&self, session: &str, now: i64) -> Result<Option<(SessionRow, UserRow)>> {
        let stored = self.store().session(session).await?;
        let Some(session) = stored.or_else(|| self.inner.spare.session(session)) else { return Ok(None) };
        if session.revoked_at.is_some() || session.expires_at <= now {
            return Ok(None);
        }
        match self.store().user(&session.user_id).await {
            Ok(user) if !user.disabled => Ok(Some((session, user))),
            Ok(_) | Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn tokens(&self, user: &UserRow, session: &str, generation: u32) -> Result<Tokens> {
        let access = self.inner.tokens.access(&user.id, session, self.now())?;
        Ok(Tokens { access, refresh: self.inner.tokens.refresh(session, generation) })
    }
}

fn principal(user: &UserRow, session: &str) -> Principal {
    let name = if user.name.is_empty() { &user.email } else { &user.name };
    let proof = Proof::Session(session.to_owned());
    Principal { id: user.id.clone(), name: name.clone(), role: user.role, proof }
}
