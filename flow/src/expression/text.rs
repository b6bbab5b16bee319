//! What a value looks like inside text.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Appends a value as templates show it: nothing for `null`, strings as they are, numbers as JavaScript prints them,
/// lists of plain values joined by commas, everything else as JSON.
pub fn push_text(value: &Value, out: &mut String) {
    match value {
        Value::Null => {}
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() => out.push_str(&number_text(f)),
            _ => out.push_str(&n.to_string()),
        },
        Value::String(s) => out.push_str(s),
        Value::Array(list) if list.iter().all(|v| !v.is_array() && !v.is_object()) => {
            for (i, v) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_text(v, out);
            }
        }
        Value::Array(_) | Value::Object(_) => out.push_str(&json_text(value)),
    }
}

/// JSON as JavaScript's `JSON.stringify` gives it: `1`, where Rust's would be `1.0`.
pub fn json_text(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut writer = Serializer::with_formatter(&mut bytes, NumbersOfJavaScript);
    // Values have texts as keys and go into memory: nothing can fail.
    let _ = value.serialize(&mut writer);
    String::from_utf8(bytes).unwrap_or_default()
}

struct NumbersOfJavaScript;

impl Formatter for NumbersOfJavaScript {
    fn write_f64<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(number_text(value).as_bytes())
    }
}

/// A number as JavaScript's `String(n)` gives it (ECMA-262, Number::toString).
pub fn number_text(n: f64) -> String {
    if !n.is_finite() {
        return if n.is_nan() {
            "NaN".into()
        } else if n > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        };
    }
    if n == 0.0 {
        return "0".into();
    }
    // `{:e}` gives the shortest digits that read back as the same number: d.ddde±x.
    let shortest = format!("{:e}", n.abs());
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits = digits.replace('.', "");
    let count = digits.len() as i32;
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let sign = if n < 0.0 { "-" } else { "" };
    let body = if (count..=21).contains(&point) {
        format!("{digits}{}", "0".repeat((point - count) as usize))
    } else if (1..=21).contains(&point) {
        format!("{}.{}", &digits[..point as usize], &digits[point as usize..])
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", "0".repeat(-point as usize))
    } else {
        let fraction = if count > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        format!("{}{fraction}e{}{}", &digits[..1], if point > 0 { '+' } else { '-' }, (point - 1).abs())
    };
    format!("{sign}{body}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_as_javascript_prints_them() {
        for (n, expected) in [
            (1.0, "1"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (-1234.25, "-1234.25"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.5e-7, "1.5e-7"),
            (0.000001, "0.000001"),
            (123456789012345680000.0, "123456789012345680000"),
            (5e-324, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number_text(n), expected);
        }
    }

    #[test]
    fn values_in_text() {
        for (value, expected) in [
            (json!(null), ""),
            (json!(false), "false"),
            (json!(0), "0"),
            (json!(2.0), "2"),
            (json!("a"), "a"),
            (json!([1, "b", null, true]), "1,b,,true"),
            (json!([]), ""),
            (json!([[1]]), "[[1]]"),
            (json!({"a": 1}), r#"{"a":1}"#),
            (json!([{"a": 0.0, "b": 2.0, "c": 1e21, "d": 1.5}]), r#"[{"a":0,"b":2,"c":1e+21,"d":1.5}]"#),
        ] {
            let mut text = String::new();
            push_text(&value, &mut text);
            assert_eq!(text, expected, "for {value}");
        }
    }
}
