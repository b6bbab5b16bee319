//! Putting items together: by position and every combination; what happens to fields of both.

use std::collections::HashSet;
use std::sync::Arc;

use flow::Item;
use serde_json::{Map, Value};

use super::{Clash, Made, Parameters, too_many};
use crate::context::Context;
use crate::error::NodeError;
use crate::kinds::common::MAX_ITEMS;

/// The first item of every input together, then the second ones…
pub(super) fn by_position(p: &Parameters, inputs: Vec<Vec<Made>>) -> Vec<Made> {
    let lengths = inputs.iter().map(Vec::len);
    let count = if p.keep_unpaired { lengths.max() } else { lengths.min() };
    (0..count.unwrap_or(0))
        .filter_map(|i| {
            let mut there = inputs.iter().enumerate().filter_map(|(n, list)| Some((n + 1, list.get(i)?)));
            let (number, first) = there.next()?;
            Some(there.fold((number, first.clone()), |(a, left), (b, right)| (b, pair(p, &left, right, a, b))).1)
        })
        .collect()
}

/// Every item so far with every item of input `number`.
pub(super) async fn all(
    context: &Context,
    p: &Parameters,
    left: Vec<Made>,
    right: Vec<Made>,
    number: usize,
) -> Result<Vec<Made>, NodeError> {
    if left.len().saturating_mul(right.len()) > MAX_ITEMS {
        return Err(too_many());
    }
    let mut made = Vec::with_capacity(left.len() * right.len());
    for a in &left {
        context.breathe().await?;
        made.extend(right.iter().map(|b| pair(p, a, b, number - 1, number)));
    }
    Ok(made)
}

/// One item of two; `left_number` and `right_number` are the inputs they came from, from 1.
pub(super) fn pair(p: &Parameters, left: &Made, right: &Made, left_number: usize, right_number: usize) -> Made {
    let (a, b) = (&left.0, &right.0);
    let json = match p.clash {
        Clash::Last => merged(a.json.clone(), &b.json, p.deep, true),
        Clash::First => merged(a.json.clone(), &b.json, p.deep, false),
        Clash::Number => numbered(&a.json, &b.json, left_number, right_number),
    };
    let (mut binary, other) = (a.binary.clone(), &b.binary);
    for (name, blob) in other {
        if p.clash == Clash::Last || !binary.contains_key(name) {
            binary.insert(name.clone(), blob.clone());
        } else if p.clash == Clash::Number {
            binary.insert(format!("{name}_{right_number}"), blob.clone());
        }
    }
    let origins = left.1.iter().chain(&right.1).copied().collect();
    (Arc::new(Item { json, binary }), origins)
}

fn merged(mut a: Map<String, Value>, b: &Map<String, Value>, deep: bool, last_wins: bool) -> Map<String, Value> {
    for (key, value) in b {
        match (a.get_mut(key), value) {
            (Some(Value::Object(inner)), Value::Object(other)) if deep => {
                *inner = merged(std::mem::take(inner), other, deep, last_wins);
            }
            (Some(place), value) => {
                if last_wins {
                    *place = value.clone();
                }
            }
            (None, value) => {
                a.insert(key.clone(), value.clone());
            }
        }
    }
    a
}

/// Fields that both have get the input's number; three inputs keep the numbers given before.
fn numbered(a: &Map<String, Value>, b: &Map<String, Value>, left: usize, right: usize) -> Map<String, Value> {
    let both: HashSet<&String> = a.keys().filter(|k| b.contains_key(*k)).collect();
    let name = |key: &String, number: usize| {
        if both.contains(key) { format!("{key}_{number}") } else { key.clone() }
    };
    let left = a.iter().map(|(k, v)| (name(k, left), v.clone()));
    left.chain(b.iter().map(|(k, v)| (name(k, right), v.clone()))).collect()
}
