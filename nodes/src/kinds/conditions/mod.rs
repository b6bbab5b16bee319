//! Conditions over values: what If, Switch and Filter ask.

mod compare;
mod operation;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use compare::Comparer;
pub use operation::{Operation, ValueType};

use super::describe::{choice, finding, pt};
use crate::error::NodeError;

choice! {
    /// How several conditions combine.
    pub enum Combinator {
        #[default]
        And = "and", "All must hold (AND)", "Todas devem valer (E)";
        Or = "or", "One is enough (OR)", "Basta uma (OU)";
    }
}

/// A question about an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Conditions {
    /// Whether all conditions must hold or one is enough.
    #[schemars(title = "Combine with", extend("x-pt" = pt("Combinar com", "Se todas as condições devem valer ou se basta uma.")))]
    pub combinator: Combinator,
    /// The conditions, compared one after another.
    #[schemars(title = "Conditions", extend("x-pt" = pt("Condições", "As condições, comparadas uma após a outra.")))]
    pub conditions: Vec<Condition>,
    /// Treats capital and small letters alike.
    #[schemars(title = "Ignore case", extend("x-pt" = pt("Ignorar maiúsculas", "Trata letras maiúsculas e minúsculas como iguais."), "x-advanced" = true))]
    pub ignore_case: bool,
    /// Converts values to the chosen type where they have one meaning (the text 5 to the number 5). Without it, another
    /// type is an error.
    #[schemars(title = "Convert types", extend("x-pt" = pt("Converter tipos", "Converte valores para o tipo escolhido quando há um só sentido (o texto 5 para o número 5). Sem isso, outro tipo é um erro."), "x-advanced" = true))]
    pub loose_types: bool,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Condition {
    /// The value that is looked at, usually an expression such as {{ $json.total }}.
    #[schemars(title = "Value", extend("x-pt" = pt("Valor", "O valor examinado, em geral uma expressão como {{ $json.total }}."), "x-widget" = "text"))]
    pub left: Value,
    /// The type that both values are compared as.
    #[schemars(title = "Type", extend("x-pt" = pt("Tipo", "O tipo com que os dois valores são comparados."), "x-no-expression" = true))]
    pub r#type: ValueType,
    /// How the values are compared.
    #[schemars(title = "Comparison", extend("x-pt" = pt("Comparação", "Como os valores são comparados."), "x-no-expression" = true, "x-operators" = operation::by_type(), "x-unary" = operation::unary()))]
    pub operation: Operation,
    /// What it is compared with; not used by comparisons such as "is empty".
    #[schemars(title = "Compared with", extend("x-pt" = pt("Comparado com", "Com o que é comparado; comparações como “está vazio” não o usam."), "x-widget" = "text"))]
    pub right: Value,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            combinator: Combinator::And,
            conditions: vec![Condition::default()],
            ignore_case: false,
            loose_types: true,
        }
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self {
            left: Value::String(String::new()),
            r#type: ValueType::String,
            operation: Operation::Equals,
            right: Value::String(String::new()),
        }
    }
}

impl Conditions {
    /// Whether they hold. No conditions at all hold.
    pub fn hold(&self, comparer: &mut Comparer) -> Result<bool, NodeError> {
        comparer.ignore_case = self.ignore_case;
        comparer.loose = self.loose_types;
        let or = self.combinator == Combinator::Or;
        for condition in &self.conditions {
            if comparer.compare(condition)? == or {
                return Ok(or);
            }
        }
        Ok(!or || self.conditions.is_empty())
    }
}

/// What can be said of drawn conditions without running: comparisons that do not fit the type, broken patterns.
pub fn check(node: &flow::Node, pointer: &str, drawn: Option<&Value>) -> Vec<flow::check::Finding> {
    let Some(Ok(conditions)) = drawn.map(crate::lenient::from_value::<Conditions>) else { return Vec::new() };
    let mut found = Vec::new();
    for (i, c) in conditions.conditions.iter().enumerate() {
        if !c.operation.fits(c.r#type) {
            let message = [
                "This comparison does not fit the type. Choose another comparison or another type.",
                "Esta comparação não serve para o tipo. Escolha outra comparação ou outro tipo.",
            ];
            found.push(finding(node, "comparison_unfit", &format!("{pointer}/conditions/{i}/operation"), message));
        }
        let pattern = c.right.as_str().filter(|t| c.operation.is_pattern() && !t.starts_with('='));
        if let Some(Err(e)) = pattern.map(|p| compare::pattern(p, false)) {
            let pt = format!("A expressão regular está incorreta: {}. Corrija-a.", compare::reason(&e));
            let en = format!("The pattern is not a valid regular expression: {}. Correct it.", compare::reason(&e));
            found.push(finding(node, "pattern_invalid", &format!("{pointer}/conditions/{i}/right"), [&en, &pt]));
        }
    }
    found
}

#[cfg(test)]
mod tests;
