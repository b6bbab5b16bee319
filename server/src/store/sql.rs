//! Raw statements for the hot path: prepared once, many rows at a time.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::Result;

/// Rows in one statement. Chunks are powers of two, so that few different statements are prepared and kept.
const CHUNK: usize = 64;

pub(super) struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    /// What follows the rows.
    pub tail: &'static str,
}

/// Inserts all rows; how many were written.
pub(super) async fn insert<T>(
    db: &impl ConnectionTrait,
    table: &Table,
    rows: &[T],
    values: impl Fn(&T, &mut Vec<Value>),
) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let before = format!("INSERT INTO {} ({}) ", table.name, table.columns.join(", "));
    each_chunk(db, &before, table.tail, table.columns.len(), rows, values).await
}

/// Executes `before VALUES (…), (…) after` for all rows in chunks; how many rows were touched.
pub(super) async fn each_chunk<T>(
    db: &impl ConnectionTrait,
    before: &str,
    after: &str,
    width: usize,
    rows: &[T],
    values: impl Fn(&T, &mut Vec<Value>),
) -> Result<u64> {
    let backend = db.get_database_backend();
    let (mut rest, mut touched) = (rows, 0);
    while !rest.is_empty() {
        let size = CHUNK.min(1 << rest.len().ilog2());
        let (chunk, others) = rest.split_at(size);
        rest = others;
        let mut sql = String::with_capacity(before.len() + after.len() + size * width * 5);
        sql.push_str(before);
        push_rows(&mut sql, backend, size, width);
        sql.push_str(after);
        let mut list = Vec::with_capacity(size * width);
        for row in chunk {
            values(row, &mut list);
        }
        debug_assert_eq!(list.len(), size * width);
        touched += db.execute_raw(Statement::from_sql_and_values(backend, sql, list)).await?.rows_affected();
    }
    Ok(touched)
}

/// `VALUES (?, ?), (?, ?)` or `VALUES ($1, $2), ($3, $4)`.
fn push_rows(sql: &mut String, backend: DbBackend, rows: usize, width: usize) {
    use std::fmt::Write;
    sql.push_str("VALUES ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            if column > 0 {
                sql.push_str(", ");
            }
            if backend == DbBackend::Postgres {
                // Writing to a string can't fail.
                let _ = write!(sql, "${}", row * width + column + 1);
            } else {
                sql.push('?');
            }
        }
        sql.push(')');
    }
}

/// One statement with parameters `$1`, `$2`…, which both databases know; how many rows were touched.
pub(super) async fn execute(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Whether the run still has this epoch; keeps it so until the transaction ends.
pub(super) async fn owns(db: &impl ConnectionTrait, run: &str, epoch: i64) -> Result<bool> {
    let backend = db.get_database_backend();
    let hold = if backend == DbBackend::Postgres { " FOR SHARE" } else { "" };
    let sql = format!("SELECT epoch FROM runs WHERE id = $1 AND epoch = $2{hold}");
    Ok(db.query_one_raw(Statement::from_sql_and_values(backend, sql, [run.into(), epoch.into()])).await?.is_some())
}

pub(super) fn text(value: Option<&str>) -> Value {
    Value::String(value.map(str::to_owned))
}

pub(super) fn json<T: serde::Serialize>(value: Option<&T>) -> Value {
    // Our own types with string keys: they always serialise.
    Value::String(value.map(|v| serde_json::to_string(v).unwrap_or_default()))
}
