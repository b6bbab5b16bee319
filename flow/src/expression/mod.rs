//! Expressions: syntax and native paths.
