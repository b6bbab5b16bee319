//! The canvas without a browser: what is drawn, where it is, what the pointer does to it and how that is undone.
//! Nothing here knows the DOM, signals or the network, so all of it is tested natively; `editor` is the skin.

pub mod board;
pub mod card;
pub mod change;
pub mod clipboard;
pub mod connect;
pub mod cull;
pub mod doc;
pub mod edit;
pub mod geom;
pub mod gesture;
pub mod grid;
pub mod history;
pub mod hit;
pub mod insert;
pub mod names;
pub mod path;
pub mod tidy;
pub mod viewport;
pub mod walk;

#[cfg(test)]
mod testing;

pub use board::{Board, Outcome};
pub use card::Card;
pub use change::{Change, ChangeError};
pub use connect::Refusal;
pub use doc::{Doc, Kinds};
pub use geom::{Point, Rect};
pub use gesture::{Hit, Mods, Pointer, Side};
pub use path::EdgePath;
pub use viewport::Viewport;

use std::sync::Arc;

/// Id of a node or a note: cheap to keep in lists and signals.
pub type Id = Arc<str>;

/// Everything snaps to this many pixels (at 100 %).
pub const GRID: i32 = 16;

/// The nearest multiple of [`GRID`].
pub fn snap(v: f64) -> i32 {
    (v / f64::from(GRID)).round() as i32 * GRID
}
