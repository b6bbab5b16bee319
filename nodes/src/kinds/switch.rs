//! Switch: sends each item to one of several named outputs.

use std::sync::Arc;

use async_trait::async_trait;
use flow::check::Finding;
use flow::kind::PortRule;
use flow::{Batch, Group, Item, KindDescription, Node, Port, Ports};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::conditions::{self, Comparer, Conditions};
use super::describe::{choice, describe, finding, pt, when, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

choice! {
    /// How the output is chosen.
    pub enum Mode {
        #[default]
        Rules = "rules", "Conditions for each output", "Condições para cada saída";
        Expression = "expression", "An expression names the output", "Uma expressão indica a saída";
    }
}

choice! {
    /// What happens to items without an output.
    pub enum Fallback {
        #[default]
        None = "none", "They end here", "Terminam aqui";
        Extra = "extra", "They leave by an extra output", "Saem por uma saída extra";
        Error = "error", "They are an error", "São um erro";
    }
}

/// One output.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Rule {
    /// The output's name; its position when empty.
    #[schemars(title = "Output name", extend("x-pt" = pt("Nome da saída", "O nome da saída; sua posição quando vazio."), "x-no-expression" = true))]
    pub name: String,
    /// Items for which these hold leave by this output.
    #[schemars(title = "Conditions", extend("x-pt" = pt("Condições", "Itens para os quais estas valem saem por esta saída."), "x-widget" = "conditions", "x-show-when" = when("/mode", &["rules"])))]
    pub conditions: Conditions,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// How the output of an item is chosen.
    #[schemars(title = "Choose by", extend("x-pt" = pt("Escolher por", "Como a saída de um item é escolhida."), "x-no-expression" = true))]
    pub mode: Mode,
    /// The outputs, from top to bottom; the first whose conditions hold gets the item.
    #[schemars(title = "Outputs", extend("x-pt" = pt("Saídas", "As saídas, de cima para baixo; a primeira cujas condições valem recebe o item.")))]
    pub rules: Vec<Rule>,
    /// The output's name, or its position counted from 0.
    #[schemars(title = "Output", extend("x-pt" = pt("Saída", "O nome da saída ou sua posição contada de 0."), "x-widget" = "text", "x-placeholder" = "={{ $json.kind }}", "x-show-when" = when("/mode", &["expression"])))]
    pub output: Value,
    /// What happens to items that no output wants.
    #[schemars(title = "Other items", extend("x-pt" = pt("Outros itens", "O que acontece com itens que nenhuma saída quer."), "x-no-expression" = true))]
    pub fallback: Fallback,
    /// Sends an item to every output whose conditions hold, not just the first.
    #[schemars(title = "All that match", extend("x-pt" = pt("Todas que atendem", "Envia o item a todas as saídas cujas condições valem, não só à primeira."), "x-advanced" = true, "x-show-when" = when("/mode", &["rules"])))]
    pub all_matching: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            mode: Mode::Rules,
            rules: vec![Rule::default(), Rule::default()],
            output: json!(0),
            fallback: Fallback::None,
            all_matching: false,
        }
    }
}

pub struct Switch;

const EXTRA: &str = "fallback";

/// The port of each rule, named as [`PortRule::List`] names it.
fn port_names(rules: &[Rule]) -> Vec<String> {
    let name = |(i, rule): (usize, &Rule)| match rule.name.trim() {
        "" => (i + 1).to_string(),
        given => given.to_owned(),
    };
    rules.iter().enumerate().map(name).collect()
}

impl Parameters {
    /// The ports for one item; empty when no output wants it.
    fn choose(&self, names: &[String], comparer: &mut Comparer) -> Result<Vec<String>, NodeError> {
        if self.mode == Mode::Expression {
            return Ok(pick(&self.output, names).cloned().into_iter().collect());
        }
        let mut chosen: Vec<String> = Vec::new();
        for (rule, name) in self.rules.iter().zip(names) {
            if !chosen.contains(name) && rule.conditions.hold(comparer)? {
                chosen.push(name.clone());
                if !self.all_matching {
                    break;
                }
            }
        }
        Ok(chosen)
    }
}

/// An output by its name, or by its position from 0.
fn pick<'a>(wanted: &Value, names: &'a [String]) -> Option<&'a String> {
    let text = wanted.as_str().map(str::trim);
    let by_name = text.and_then(|text| names.iter().find(|name| name.as_str() == text));
    by_name.or_else(|| {
        let index = wanted.as_f64().or_else(|| text?.parse().ok())?;
        if index.fract() == 0.0 && index >= 0.0 { names.get(index as usize) } else { None }
    })
}

#[async_trait]
impl NodeKind for Switch {
    fn describe(&self) -> KindDescription {
        let extra = Port::new(EXTRA, "other items", "outros itens");
        KindDescription {
            aliases: words(&["route", "case", "branch", "rotear", "caminhos", "escolha"]),
            outputs: Ports {
                fixed: Vec::new(),
                rules: vec![
                    PortRule::List { pointer: "/rules".into(), name: "name".into() },
                    PortRule::When { pointer: "/fallback".into(), equals: json!("extra"), port: extra },
                ],
            },
            ..describe::<Parameters>(
                "switch",
                ["Switch", "Escolha"],
                ["Sends items many ways", "Envia itens por vários caminhos"],
                Group::Flow,
                "git-branch",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let mut comparer = Comparer::new(&context.timezone);
        let mut ports: Vec<(String, Vec<(Arc<Item>, u32)>)> = Vec::new();
        let failed = context
            .for_items::<Parameters>(|i, item, p| {
                let mut chosen = p.choose(&port_names(&p.rules), &mut comparer)?;
                if chosen.is_empty() {
                    match p.fallback {
                        Fallback::None => {}
                        Fallback::Extra => chosen.push(EXTRA.to_owned()),
                        Fallback::Error => {
                            let text = "No output of the Switch wants this item. Add an output, or let other items leave by an extra output.";
                            return Err(NodeError::new("no_output", text));
                        }
                    }
                }
                for name in chosen {
                    match ports.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, items)) => items.push((item.clone(), i)),
                        None => ports.push((name, vec![(item.clone(), i)])),
                    }
                }
                Ok(())
            })
            .await?;
        let ports = ports.into_iter().map(|(name, items)| (name, Batch::each(items))).collect();
        Ok(Output { ports, failed, answer: None }.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let rules = node.parameters.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if rules.is_empty() {
            let message = ["The Switch has no output. Add one.", "A Escolha não tem saída. Acrescente uma."];
            return vec![finding(node, "no_output", "/rules", message)];
        }
        let checked = rules.iter().enumerate();
        checked
            .flat_map(|(i, r)| conditions::check(node, &format!("/rules/{i}/conditions"), r.get("conditions")))
            .collect()
    }
}
