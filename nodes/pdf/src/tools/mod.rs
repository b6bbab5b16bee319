//! What can be done with PDFs beside signing: putting together and taking apart ([`merge`], [`split`]), reading their
//! text ([`text`]), filling in forms ([`fill`]) and stamping pages ([`stamp`]).
//!
//! Merging and splitting write a new file of the pages that are wanted. Filling and stamping append an update, as
//! signing does, so that signatures before it stay what they are.

mod bind;
mod error;
mod pages;
mod pdfa;
mod signed;
mod text;
mod warning;

pub use bind::{Bound, MergeOptions, MergeSource, SignedPages, Split, SplitOptions, Splitter, merge};
pub use error::{ToolError, Wanted};
pub use pages::parse as page_list;
pub use text::{Order, PageText, Text, TextOptions, text};
pub use warning::ToolWarning;

#[cfg(test)]
mod tests;
