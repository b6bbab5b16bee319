//! Session, users, API keys.

use flow::api::{
    ApiKey, CreatedApiKey, NewApiKey, NewUser, PasswordChange, Session, SignIn, User, UserChange, UserSession,
};

use super::{Call, Request, all, call, command, get, post};

pub fn session() -> Call<Session> {
    get("/session")
}

/// Signs in; the cookies come with the answer.
pub fn sign_in(who: &SignIn) -> Call<Session> {
    post("/session", who)
}

pub fn sign_out() -> Call<()> {
    command(Request::new("DELETE", "/session"))
}

/// Where the person is signed in, newest first.
pub fn sessions() -> Call<Vec<UserSession>> {
    all("/sessions")
}

pub fn end_session(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/sessions/{id}")))
}

/// The person's other sessions end.
pub fn change_password(change: &PasswordChange) -> Call<()> {
    command(Request::new("POST", "/session/password").json(change))
}

/// Makes the owner, once, and signs in.
pub fn setup(owner: &NewUser) -> Call<Session> {
    post("/setup", owner)
}

pub fn users() -> Call<Vec<User>> {
    all("/users")
}

pub fn create_user(new: &NewUser) -> Call<User> {
    post("/users", new)
}

pub fn change_user(id: &str, change: &UserChange) -> Call<User> {
    call(Request::new("PATCH", &format!("/users/{id}")).json(change))
}

pub fn delete_user(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/users/{id}")))
}

pub fn keys() -> Call<Vec<ApiKey>> {
    all("/keys")
}

pub fn create_key(new: &NewApiKey) -> Call<CreatedApiKey> {
    post("/keys", new)
}

pub fn delete_key(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/keys/{id}")))
}
