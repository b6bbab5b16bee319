//! Credentials.

use flow::api::{Credential, CredentialKind, NewCredential, Notice, Page};

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

/// How many notices there are; counts no further than `most`.
pub fn notices(most: usize) -> Call<usize> {
    let page: Call<Page<Notice>> = get(&format!("/notices?limit={most}"));
    Box::pin(async move { page.await.map(|page| page.items.len()) })
}

pub fn delete_credential(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/credentials/{id}")))
}
