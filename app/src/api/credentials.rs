//! Credentials.

use flow::api::{Credential, CredentialKind, NewCredential};

use super::{Call, Request, all, call, command, get, post};

pub fn credentials() -> Call<Vec<Credential>> {
    all("/credentials")
}

pub fn credential_kinds() -> Call<Vec<CredentialKind>> {
    get("/credential-kinds")
}

pub fn create_credential(new: &NewCredential) -> Call<Credential> {
    post("/credentials", new)
}

/// An empty secret leaves the stored one.
pub fn change_credential(id: &str, new: &NewCredential) -> Call<Credential> {
    call(Request::new("PUT", &format!("/credentials/{id}")).json(new))
}

pub fn delete_credential(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/credentials/{id}")))
}
