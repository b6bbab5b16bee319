//! What can be done with PDFs beside signing: putting together and taking apart ([`merge`], [`split`]), reading their
//! text ([`text`]), filling in forms ([`fill`]) and stamping pages ([`stamp`]).
//!
//! Merging and splitting write a new file of the pages that are wanted. Filling and stamping append an update, as
//! signing does, so that signatures before it stay what they are.

mod bind;
mod check;
mod error;
mod fill;
mod pages;
pub(crate) mod pdfa;
mod signed;
mod stamp;
mod text;
mod warning;

pub(crate) use bind::names::entries as name_tree;
pub use bind::{Bound, MergeOptions, MergeSource, SignedPages, Split, SplitOptions, Splitter, merge};
pub use error::{ToolError, Wanted};
pub use fill::{FillOptions, Value, fill};
pub use pages::parse as page_list;
pub use signed::OnSigned;
pub use stamp::{Changed, Mark, StampOptions, StampPlace, stamp};
pub use text::{Order, PageText, Text, TextOptions, text};
pub use warning::ToolWarning;

#[cfg(test)]
pub mod tests;
