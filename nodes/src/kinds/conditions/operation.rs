//! The comparisons and the types they fit.

use serde_json::{Value, json};

use crate::kinds::describe::choice;

choice! {
    /// What values are compared as.
    pub enum ValueType {
        #[default]
        String = "string", "Text", "Texto";
        Number = "number", "Number", "Número";
        Date = "date", "Date and time", "Data e hora";
        Boolean = "boolean", "Yes/no", "Sim/não";
        Array = "array", "List", "Lista";
        Object = "object", "Object", "Objeto";
    }
}

choice! {
    /// How two values are compared.
    pub enum Operation {
        Exists = "exists", "exists", "existe";
        NotExists = "not_exists", "does not exist", "não existe";
        Empty = "empty", "is empty", "está vazio";
        NotEmpty = "not_empty", "is not empty", "não está vazio";
        #[default]
        Equals = "equals", "is equal to", "é igual a";
        NotEquals = "not_equals", "is not equal to", "é diferente de";
        Contains = "contains", "contains", "contém";
        NotContains = "not_contains", "does not contain", "não contém";
        StartsWith = "starts_with", "starts with", "começa com";
        NotStartsWith = "not_starts_with", "does not start with", "não começa com";
        EndsWith = "ends_with", "ends with", "termina com";
        NotEndsWith = "not_ends_with", "does not end with", "não termina com";
        Matches = "matches", "matches the pattern", "corresponde ao padrão";
        NotMatches = "not_matches", "does not match the pattern", "não corresponde ao padrão";
        Gt = "gt", "is greater than", "é maior que";
        Lt = "lt", "is less than", "é menor que";
        Gte = "gte", "is at least", "é no mínimo";
        Lte = "lte", "is at most", "é no máximo";
        After = "after", "is after", "é depois de";
        Before = "before", "is before", "é antes de";
        AfterOrEquals = "after_or_equals", "is after or the same", "é depois ou igual";
        BeforeOrEquals = "before_or_equals", "is before or the same", "é antes ou igual";
        True = "true", "is true", "é verdadeiro";
        False = "false", "is false", "é falso";
        LengthEquals = "length_equals", "has as many elements as", "tem tantos elementos quanto";
        LengthNotEquals = "length_not_equals", "has not as many elements as", "não tem tantos elementos quanto";
        LengthGt = "length_gt", "has more elements than", "tem mais elementos que";
        LengthLt = "length_lt", "has fewer elements than", "tem menos elementos que";
        LengthGte = "length_gte", "has at least as many elements as", "tem no mínimo tantos elementos quanto";
        LengthLte = "length_lte", "has at most as many elements as", "tem no máximo tantos elementos quanto";
    }
}

use Operation as Op;

const COMMON: &[Op] = &[Op::Exists, Op::NotExists, Op::Empty, Op::NotEmpty];

impl Operation {
    pub fn fits(self, value_type: ValueType) -> bool {
        COMMON.contains(&self) || own(value_type).contains(&self)
    }

    pub fn is_pattern(self) -> bool {
        matches!(self, Op::Matches | Op::NotMatches)
    }

    /// Needs no right value.
    pub fn is_unary(self) -> bool {
        COMMON.contains(&self) || matches!(self, Op::True | Op::False)
    }
}

/// Beside [`COMMON`], in the order of the menu.
fn own(value_type: ValueType) -> &'static [Op] {
    match value_type {
        ValueType::String => &[
            Op::Equals,
            Op::NotEquals,
            Op::Contains,
            Op::NotContains,
            Op::StartsWith,
            Op::NotStartsWith,
            Op::EndsWith,
            Op::NotEndsWith,
            Op::Matches,
            Op::NotMatches,
        ],
        ValueType::Number => &[Op::Equals, Op::NotEquals, Op::Gt, Op::Lt, Op::Gte, Op::Lte],
        ValueType::Date => &[Op::Equals, Op::NotEquals, Op::After, Op::Before, Op::AfterOrEquals, Op::BeforeOrEquals],
        ValueType::Boolean => &[Op::True, Op::False, Op::Equals, Op::NotEquals],
        ValueType::Array => &[
            Op::Contains,
            Op::NotContains,
            Op::LengthEquals,
            Op::LengthNotEquals,
            Op::LengthGt,
            Op::LengthLt,
            Op::LengthGte,
            Op::LengthLte,
        ],
        ValueType::Object => &[],
    }
}

const TYPES: [ValueType; 6] =
    [ValueType::String, ValueType::Number, ValueType::Date, ValueType::Boolean, ValueType::Array, ValueType::Object];

/// For the form: type → comparisons.
pub(super) fn by_type() -> Value {
    let of = |t: ValueType| own(t).iter().chain(COMMON).map(|op| json!(op)).collect::<Vec<_>>();
    TYPES.into_iter().map(|t| (json!(t).as_str().unwrap_or("").to_owned(), json!(of(t)))).collect()
}

/// For the form: comparisons without a right value.
pub(super) fn unary() -> Value {
    json!(COMMON.iter().chain(&[Op::True, Op::False]).collect::<Vec<_>>())
}
