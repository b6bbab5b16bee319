//! The node kinds, one file each. To add one: its file, its line here, its test.

use std::sync::Arc;

use crate::registry::NodeKind;

/// Every kind, in no particular order.
pub fn all() -> Vec<Arc<dyn NodeKind>> {
    Vec::new()
}
