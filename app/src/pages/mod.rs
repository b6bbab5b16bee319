//! One file a page.

mod account;
mod credentials;
mod entrance;
mod flows;
mod keys;
mod not_found;
pub mod part;
mod runs;
mod shared;
mod sign_in;
mod users;
mod welcome;

pub use credentials::{Badges, CredentialDialog, Standing, in_short, standing};
pub use flows::FlowsPage;
pub use not_found::NotFound;
pub use part::{AccountPage, CredentialsPage, FlowRuns, KeysPage, NoRun, RunPage, RunsPage, UsersPage};
pub use sign_in::SignInPage;
pub use welcome::Welcome;
