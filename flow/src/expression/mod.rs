//! Expressions inside parameters. A string that starts with `=` is a template: text with any number of `{{ … }}`
//! segments. A segment that is a plain path (`$json.a.b[0]`, `$('Node').item.json.x`) is evaluated here, without
//! JavaScript; every other segment is a [`Segment::Script`] for the server's JavaScript engine.
//!
//! **Invariant:** what a path gives here is what JavaScript would give; the server tests that with random data.

mod builtin;
mod eval;
mod path;
mod references;
mod scan;
mod template;
mod text;

pub use eval::{Lookup, Miss, Seen, binary_value, is_builtin};
pub use path::{Key, Part, Path, Pick, Root};
pub use references::{Reference, node_names, references_in_code, rename_in_code, rename_node};
pub use template::{Segment, Template, TemplateError};
pub use text::{number_text, push_text};
