//! Items as table, JSON, schema and files.
