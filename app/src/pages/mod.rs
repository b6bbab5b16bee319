//! One file a page.

mod account;
mod credentials;
mod entrance;
mod flows;
mod keys;
mod not_found;
mod runs;
mod sign_in;
mod users;
mod welcome;

pub use account::AccountPage;
pub use credentials::{CredentialDialog, CredentialsPage};
pub use flows::FlowsPage;
pub use keys::KeysPage;
pub use not_found::NotFound;
pub use runs::{FlowRuns, NoRun, RunPage, RunsPage};
pub use sign_in::SignInPage;
pub use users::UsersPage;
pub use welcome::Welcome;
