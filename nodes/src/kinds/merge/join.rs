//! Joining two lists of items by equal fields, in time proportional to the items (a hash of the right side).

use std::collections::HashMap;

use serde_json::Value;

use super::{Join, Made, Multiple, Parameters, combine, too_many};
use crate::error::NodeError;
use crate::kinds::common::{MAX_ITEMS, as_text};
use crate::kinds::dotted;

/// Joins what came so far with the input `number` (from 2).
pub(super) fn join(p: &Parameters, left: Vec<Made>, right: Vec<Made>, number: usize) -> Result<Vec<Made>, NodeError> {
    let (left_fields, right_fields) = fields(p)?;
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, made) in right.iter().enumerate() {
        if let Some(key) = key(made, &right_fields, p.loose) {
            by_key.entry(key).or_default().push(i);
        }
    }
    let mut matched = vec![false; right.len()];
    // For each left item its partners; what leaves is decided after, since a right join keeps the right side's order.
    let mut partners: Vec<Vec<usize>> = Vec::with_capacity(left.len());
    let mut pairs = 0usize;
    for made in &left {
        let found = key(made, &left_fields, p.loose).and_then(|key| by_key.get(&key)).cloned().unwrap_or_default();
        let found = if p.multiple == Multiple::First { found.into_iter().take(1).collect() } else { found };
        pairs += found.len();
        if pairs > MAX_ITEMS {
            return Err(too_many());
        }
        found.iter().for_each(|&i| matched[i] = true);
        partners.push(found);
    }
    let put = |l: usize, r: usize| combine::pair(p, &left[l], &right[r], number - 1, number);
    let mut made = Vec::new();
    match p.join {
        Join::Right => {
            let mut of_right: Vec<Vec<usize>> = vec![Vec::new(); right.len()];
            for (l, found) in partners.iter().enumerate() {
                found.iter().for_each(|&r| of_right[r].push(l));
            }
            for (r, found) in of_right.iter().enumerate() {
                match found.as_slice() {
                    [] => made.push(right[r].clone()),
                    found => made.extend(found.iter().map(|&l| put(l, r))),
                }
            }
        }
        join => {
            let with_matches = join != Join::NonMatching;
            let with_left = join != Join::Inner;
            for (l, found) in partners.iter().enumerate() {
                match found.as_slice() {
                    [] if with_left => made.push(left[l].clone()),
                    found if with_matches => made.extend(found.iter().map(|&r| put(l, r))),
                    _ => {}
                }
            }
            if matches!(join, Join::Outer | Join::NonMatching) {
                made.extend(right.iter().zip(&matched).filter(|(_, m)| !**m).map(|(made, _)| made.clone()));
            }
        }
    }
    Ok(made)
}

/// The fields of either side; an empty name on one side is the other side's.
fn fields(p: &Parameters) -> Result<(Vec<&str>, Vec<&str>), NodeError> {
    let named =
        p.fields.iter().map(|f| (f.left.trim(), f.right.trim())).filter(|(l, r)| !l.is_empty() || !r.is_empty());
    let sides = named.map(|(l, r)| (if l.is_empty() { r } else { l }, if r.is_empty() { l } else { r }));
    let (left, right): (Vec<_>, Vec<_>) = sides.unzip();
    if left.is_empty() {
        let text = "No field is named that must be equal. Name one under “Equal fields”.";
        return Err(NodeError::new("parameter_missing", text));
    }
    Ok((left, right))
}

/// What must be equal; `None` when a field is missing or nothing, which never matches.
fn key(made: &Made, fields: &[&str], loose: bool) -> Option<String> {
    let mut key = String::new();
    for field in fields {
        let value = dotted::get(&made.0.json, field, true).filter(|v| !v.is_null())?;
        let text = if loose { as_text(value).trim().to_owned() } else { exact(value) };
        key.push_str(&text);
        key.push('\u{1f}');
    }
    Some(key)
}

/// Equal for equal JSON values: 1 and 1.0 are the same number.
fn exact(value: &Value) -> String {
    match value {
        Value::Number(n) => n.as_f64().map_or_else(|| n.to_string(), |f| f.to_string()),
        other => other.to_string(),
    }
}
