//! What each node kind does: one file per kind under [`kinds`], holding its typed parameters, its description and its
//! `run`. A node knows nothing of the server: what it needs from the world it gets through [`Context`].

pub mod context;
pub mod credentials;
pub mod error;
pub mod kinds;
pub mod lenient;
pub mod reference;
pub mod registry;
pub mod schedule;
pub mod schema;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod world;

pub use context::{Answer, AnswerBody, Context, Failed, Outcome, Output, Wait};
pub use error::NodeError;
pub use registry::{NodeKind, Registry};
