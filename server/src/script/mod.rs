//! JavaScript. Expressions run in embedded QuickJS contexts on threads of their own ([`Engine`]), with limits on memory,
//! stack, time and result size and no access to the host. The Code node runs in child processes of the same program
//! ([`RunnerPool`]) that are killed at the deadline. Plain paths need neither: `flow::expression` evaluates them.
//!
//! **Invariant:** what an expression gives is data, never evaluated again.

mod answer;
mod compiled;
mod engine;
mod host;
#[cfg(target_os = "linux")]
mod jail;
mod pool;
pub mod runner;
mod scope;
mod step;
pub mod time;
mod vm;
mod wire;

pub use compiled::Compiled;
pub use engine::{Engine, EngineOptions};
pub use pool::{RunnerOptions, RunnerPool};
pub use scope::{History, NodeRun, Previous, Scope};
pub use step::{StepParameters, StepScript};

#[cfg(test)]
mod tests;
