//! The document and its vocabulary: the flow graph, items, expressions, node descriptions, run records and the
//! types of the HTTP API. Pure data and functions: no I/O, no clock, no database, no browser; compiles to wasm.

pub mod api;
mod changes;
pub mod check;
pub mod expression;
pub mod graph;
pub mod item;
pub mod kind;
pub mod run;
pub mod text;

pub use changes::Changes;
pub use graph::{ClusterSettings, Edge, Flow, FlowSettings, Node, NodeSettings, Note, OnError, Retry, RunsOn};
pub use item::{Batch, BlobRef, Item, Lineage, Origin};
pub use kind::{CredentialSlot, Effect, Group, KindDescription, Port, Ports};
pub use run::{RunError, RunStatus, StepStatus, TriggerKind};
pub use text::Text;
