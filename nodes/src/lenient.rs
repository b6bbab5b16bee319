//! Reading parameters whose values came from expressions: `"5"` fits a number, `5` fits a text, `"true"` fits a yes/no.
//! What does not fit is an error that names its place.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

/// `value` as a `T`.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Misfit> {
    T::deserialize(Lenient(value))
}

/// What does not fit, and where.
#[derive(Debug, PartialEq)]
pub struct Misfit {
    /// Outermost first: names and positions.
    path: Vec<String>,
    message: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "“{}”: {}", self.path.join("."), self.message)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }
}

impl Misfit {
    fn within(mut self, place: impl Into<String>) -> Self {
        self.path.insert(0, place.into());
        self
    }

    /// Says the value's type only: the value itself may be secret.
    fn wanted(what: &str, got: &Value) -> Self {
        let got = match got {
            Value::Null => "nothing",
            Value::Bool(_) => "a yes/no value",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        de::Error::custom(format_args!("{what} is needed, but it got {got}"))
    }
}

#[derive(Clone, Copy)]
struct Lenient<'a>(&'a Value);

impl Lenient<'_> {
    fn number(self) -> Option<serde_json::Number> {
        match self.0 {
            Value::Number(n) => Some(n.clone()),
            Value::String(text) => serde_json::from_str(text.trim()).ok(),
            _ => None,
        }
    }

    fn integer(self) -> Result<i128, Misfit> {
        let number = self.number().ok_or_else(|| Misfit::wanted("a whole number", self.0))?;
        let whole = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
        let whole = whole.or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i128));
        whole.ok_or_else(|| de::Error::custom("a whole number is needed, without a fraction"))
    }

    fn text(self) -> Result<String, Misfit> {
        match self.0 {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            Value::Array(_) | Value::Object(_) => Ok(self.0.to_string()),
            Value::Number(_) | Value::Bool(_) => Ok(self.0.to_string()),
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            let whole = self.integer()?;
            let fits = <$type>::try_from(whole).map_err(|_| {
                <Misfit as de::Error>::custom(format_args!("{whole} is outside {} to {}", <$type>::MIN, <$type>::MAX))
            })?;
            visitor.$visit(fits)
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Number(n) => match (n.as_u64(), n.as_i64(), n.as_f64()) {
                (Some(u), ..) => visitor.visit_u64(u),
                (_, Some(i), _) => visitor.visit_i64(i),
                (.., f) => visitor.visit_f64(f.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(list) => visitor.visit_seq(List { rest: list.iter(), index: 0 }),
            Value::Object(map) => visitor.visit_map(Object { rest: map.iter(), value: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            Value::String(text) if matches!(text.trim(), "" | "false" | "False" | "FALSE") => visitor.visit_bool(false),
            Value::Null => visitor.visit_bool(false),
            other => Err(Misfit::wanted("true or false", other)),
        }
    }

    integers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let number = self.number().and_then(|n| n.as_f64()).ok_or_else(|| Misfit::wanted("a number", self.0))?;
        visitor.visit_f64(number)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => visitor.visit_string(self.text()?),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Array(_) => self.deserialize_any(visitor),
            Value::Null => visitor.visit_seq(List { rest: [].iter(), index: 0 }),
            other => Err(Misfit::wanted("a list", other)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            other => Err(Misfit::wanted("an object", other)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(text) if variants.iter().any(|v| v == text) => {
                let text: StrDeserializer<'_, Misfit> = text.as_str().into_deserializer();
                visitor.visit_enum(text)
            }
            Value::Object(_) => {
                self.0.deserialize_enum(name, variants, visitor).map_err(|e| de::Error::custom(e.to_string()))
            }
            _ => Err(de::Error::custom(format_args!("one of {} is needed", variants.join(", ")))),
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

struct List<'a> {
    rest: std::slice::Iter<'a, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(value) = self.rest.next() else { return Ok(None) };
        self.index += 1;
        seed.deserialize(Lenient(value)).map(Some).map_err(|e| e.within(self.index.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Object<'a> {
    rest: serde_json::map::Iter<'a>,
    value: Option<(&'a String, &'a Value)>,
}

impl<'de> MapAccess<'de> for Object<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.value = self.rest.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        let key: StrDeserializer<'_, Misfit> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let (key, value) = self.value.take().ok_or_else(|| <Misfit as de::Error>::custom("a value without a key"))?;
        seed.deserialize(Lenient(value)).map_err(|e| e.within(key.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        DarkBlue,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Shape {
        count: u32,
        ratio: f64,
        name: String,
        on: bool,
        colour: Option<Colour>,
        list: Vec<u8>,
        any: Value,
    }

    fn check(value: Value, expected: Result<Shape, &str>) {
        let got = from_value::<Shape>(&value).map_err(|e| e.to_string());
        assert_eq!(got, expected.map_err(str::to_owned), "{value}");
    }

    #[test]
    fn converts_what_has_one_meaning() {
        let full = Shape {
            count: 5,
            ratio: 0.5,
            name: "7".into(),
            on: true,
            colour: Some(Colour::DarkBlue),
            list: vec![1, 2],
            any: json!({"a": [1, null]}),
        };
        check(
            json!({"count": " 5 ", "ratio": "0.5", "name": 7, "on": "true", "colour": "dark_blue", "list": ["1", 2.0],
                "any": {"a": [1, null]}}),
            Ok(full),
        );
        check(json!({"name": null, "on": null, "list": null, "colour": null}), Ok(Shape::default()));
        check(json!({"name": {"a": 1}}), Ok(Shape { name: r#"{"a":1}"#.into(), ..Shape::default() }));
    }

    #[test]
    fn says_what_does_not_fit_and_where() {
        check(json!({"count": "five"}), Err("“count”: a whole number is needed, but it got a text"));
        check(json!({"count": 1.5}), Err("“count”: a whole number is needed, without a fraction"));
        check(json!({"count": -1}), Err("“count”: -1 is outside 0 to 4294967295"));
        check(json!({"list": [1, 300]}), Err("“list.2”: 300 is outside 0 to 255"));
        check(json!({"colour": "green"}), Err("“colour”: one of red, dark_blue is needed"));
        check(json!([]), Err("an object is needed, but it got a list"));
        check(json!({"on": "maybe"}), Err("“on”: true or false is needed, but it got a text"));
    }
}
