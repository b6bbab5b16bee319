//! Draws a JSON Schema as fields.
