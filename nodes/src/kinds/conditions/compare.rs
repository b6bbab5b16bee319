//! Comparing two values as a type.

use std::cmp::Ordering;
use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::{Condition, Operation as Op, ValueType};
use crate::error::NodeError;
use crate::kinds::common::{as_text, kind_of};

/// Patterns kept compiled; more are compiled each time.
const MAX_PATTERNS: usize = 1_000;

/// Compares; keeps compiled patterns, so use one for many items.
pub struct Comparer {
    pub(super) ignore_case: bool,
    pub(super) loose: bool,
    zone: TimeZone,
    patterns: HashMap<(String, bool), Regex>,
}

impl Comparer {
    /// `timezone`: IANA zone for dates that name none; UTC when unknown.
    pub fn new(timezone: &str) -> Self {
        let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
        Self { ignore_case: false, loose: true, zone, patterns: HashMap::new() }
    }

    pub(super) fn compare(&mut self, c: &Condition) -> Result<bool, NodeError> {
        match c.operation {
            Op::Exists => return Ok(!c.left.is_null()),
            Op::NotExists => return Ok(c.left.is_null()),
            Op::Empty => return Ok(is_empty(&c.left)),
            Op::NotEmpty => return Ok(!is_empty(&c.left)),
            _ => {}
        }
        if !c.operation.fits(c.r#type) {
            let text = "A comparison does not fit its type. Choose another comparison or another type.";
            return Err(NodeError::new("comparison_unfit", text));
        }
        match c.r#type {
            ValueType::String => self.strings(c),
            ValueType::Number => {
                let sides = (self.number(&c.left)?, self.number(&c.right)?);
                Ok(ordered(c.operation, pair(sides).and_then(|(a, b)| a.partial_cmp(&b))))
            }
            ValueType::Date => {
                let sides = (self.date(&c.left)?, self.date(&c.right)?);
                Ok(ordered(c.operation, pair(sides).map(|(a, b)| a.cmp(&b))))
            }
            ValueType::Boolean => self.booleans(c),
            ValueType::Array => self.lists(c),
            ValueType::Object => Ok(false),
        }
    }

    fn strings(&mut self, c: &Condition) -> Result<bool, NodeError> {
        let (left, right) = (self.text(&c.left)?, self.text(&c.right)?);
        if c.operation.is_pattern() {
            let found = self.pattern(&right)?.is_match(&left);
            return Ok(found == (c.operation == Op::Matches));
        }
        let (left, right) = if self.ignore_case { (left.to_lowercase(), right.to_lowercase()) } else { (left, right) };
        Ok(match c.operation {
            Op::Equals => left == right,
            Op::NotEquals => left != right,
            Op::Contains => left.contains(&right),
            Op::NotContains => !left.contains(&right),
            Op::StartsWith => left.starts_with(&right),
            Op::NotStartsWith => !left.starts_with(&right),
            Op::EndsWith => left.ends_with(&right),
            Op::NotEndsWith => !left.ends_with(&right),
            _ => false,
        })
    }

    fn booleans(&self, c: &Condition) -> Result<bool, NodeError> {
        let left = self.boolean(&c.left)?;
        Ok(match c.operation {
            Op::True => left == Some(true),
            Op::False => left == Some(false),
            Op::Equals => left == self.boolean(&c.right)?,
            _ => left != self.boolean(&c.right)?,
        })
    }

    fn lists(&self, c: &Condition) -> Result<bool, NodeError> {
        let parsed;
        let list = match &c.left {
            Value::Array(list) => list,
            Value::Null => return Ok(c.operation == Op::NotContains),
            Value::String(text) if self.loose => {
                parsed = serde_json::from_str::<Vec<Value>>(text).map_err(|_| wrong(&c.left, "a list"))?;
                &parsed
            }
            other => return Err(wrong(other, "a list")),
        };
        if matches!(c.operation, Op::Contains | Op::NotContains) {
            let found = list.iter().any(|element| self.alike(element, &c.right));
            return Ok(found == (c.operation == Op::Contains));
        }
        let wanted = self.number(&c.right)?;
        let order = wanted.and_then(|n| (list.len() as f64).partial_cmp(&n));
        let operation = match c.operation {
            Op::LengthEquals => Op::Equals,
            Op::LengthNotEquals => Op::NotEquals,
            Op::LengthGt => Op::Gt,
            Op::LengthLt => Op::Lt,
            Op::LengthGte => Op::Gte,
            _ => Op::Lte,
        };
        Ok(ordered(operation, order))
    }

    fn alike(&self, a: &Value, b: &Value) -> bool {
        if a == b {
            return true;
        }
        let both_texts = a.is_string() && b.is_string();
        if !both_texts && !self.loose {
            return false;
        }
        let (a, b) = (as_text(a), as_text(b));
        if self.ignore_case { a.to_lowercase() == b.to_lowercase() } else { a == b }
    }

    fn text(&self, value: &Value) -> Result<String, NodeError> {
        match value {
            Value::String(_) | Value::Null => Ok(as_text(value)),
            other if self.loose => Ok(as_text(other)),
            other => Err(wrong(other, "a text")),
        }
    }

    /// `None`: there is nothing to compare.
    fn number(&self, value: &Value) -> Result<Option<f64>, NodeError> {
        match value {
            Value::Null => Ok(None),
            Value::Number(n) => Ok(n.as_f64()),
            Value::String(text) if self.loose && text.trim().is_empty() => Ok(None),
            Value::String(text) if self.loose => text.trim().parse().map(Some).map_err(|_| wrong(value, "a number")),
            Value::Bool(b) if self.loose => Ok(Some(f64::from(u8::from(*b)))),
            other => Err(wrong(other, "a number")),
        }
    }

    fn boolean(&self, value: &Value) -> Result<Option<bool>, NodeError> {
        let loose = match value {
            Value::Null => return Ok(None),
            Value::Bool(b) => return Ok(Some(*b)),
            Value::String(text) => match text.trim().to_lowercase().as_str() {
                "" => return if self.loose { Ok(None) } else { Err(wrong(value, "a yes/no value")) },
                "true" | "1" | "yes" => Some(true),
                "false" | "0" | "no" => Some(false),
                _ => None,
            },
            Value::Number(n) => match n.as_f64() {
                Some(1.0) => Some(true),
                Some(0.0) => Some(false),
                _ => None,
            },
            _ => None,
        };
        if self.loose && loose.is_some() { Ok(loose) } else { Err(wrong(value, "a yes/no value")) }
    }

    fn date(&self, value: &Value) -> Result<Option<Timestamp>, NodeError> {
        let parsed = match value {
            Value::Null => return Ok(None),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => parse_date(text.trim(), &self.zone, self.loose),
            Value::Number(n) if self.loose => n.as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            _ => None,
        };
        parsed.map(Some).ok_or_else(|| wrong(value, "a date such as 2026-11-24 or 2026-11-24T07:00:00-03:00"))
    }

    fn pattern(&mut self, text: &str) -> Result<&Regex, NodeError> {
        let key = (text.to_owned(), self.ignore_case);
        if self.patterns.len() >= MAX_PATTERNS && !self.patterns.contains_key(&key) {
            self.patterns.clear();
        }
        Ok(match self.patterns.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let made = pattern(text, self.ignore_case).map_err(|e| {
                    let why = reason(&e);
                    let text = format!("A pattern is not a valid regular expression: {why}. Correct it.");
                    NodeError::new("pattern_invalid", text)
                })?;
                place.insert(made)
            }
        })
    }
}

/// Compiles `words` or `/words/flags`.
pub(super) fn pattern(text: &str, ignore_case: bool) -> Result<Regex, regex::Error> {
    let slashed = text.strip_prefix('/').and_then(|t| t.rsplit_once('/'));
    let slashed = slashed.filter(|(_, flags)| flags.chars().all(|c| "gimsuy".contains(c)));
    let (body, flags) = slashed.unwrap_or((text, ""));
    RegexBuilder::new(body)
        .case_insensitive(ignore_case || flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(1 << 20)
        .build()
}

/// The last line of a pattern's error: the ones before draw the pattern.
pub(super) fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("").trim();
    last.trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

/// A moment, or a wall clock in `zone`; with `loose` also milliseconds since 1970 and mail dates.
fn parse_date(text: &str, zone: &TimeZone, loose: bool) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if let Ok(zoned) = text.parse::<jiff::Zoned>() {
        return Some(zoned.timestamp());
    }
    if let Ok(local) = text.parse::<jiff::civil::DateTime>() {
        return local.to_zoned(zone.clone()).ok().map(|z| z.timestamp());
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return day.to_zoned(zone.clone()).ok().map(|z| z.timestamp());
    }
    if !loose {
        return None;
    }
    let mail = jiff::fmt::rfc2822::parse(text).ok().map(|z| z.timestamp());
    mail.or_else(|| Timestamp::from_millisecond(text.parse().ok()?).ok())
}

fn pair<T>((a, b): (Option<T>, Option<T>)) -> Option<(T, T)> {
    Some((a?, b?))
}

/// With nothing on a side only "is not equal" holds.
fn ordered(operation: Op, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return operation == Op::NotEquals };
    match operation {
        Op::Equals => order.is_eq(),
        Op::NotEquals => order.is_ne(),
        Op::Gt | Op::After => order.is_gt(),
        Op::Lt | Op::Before => order.is_lt(),
        Op::Gte | Op::AfterOrEquals => order.is_ge(),
        Op::Lte | Op::BeforeOrEquals => order.is_le(),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn wrong(value: &Value, wanted: &str) -> NodeError {
    let text = format!(
        "A condition compares {}, but {wanted} is needed. Choose the value's own type, or correct the value.",
        kind_of(value)
    );
    NodeError::new("wrong_type", text)
}
