//! Split out: makes an item of every element of a list.

use std::sync::Arc;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Batch, Group, Item, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::common::{MAX_ITEMS, kind_of, names};
use super::describe::{choice, describe, needed, pt, when, words};
use super::dotted;
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

choice! {
    /// Which other fields the new items get.
    pub enum Include {
        #[default]
        None = "none", "None", "Nenhum";
        All = "all", "All of them", "Todos";
        Selected = "selected", "Only these", "Somente estes";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The field that holds the list; several, separated by commas, are split side by side.
    #[schemars(title = "Field", extend("x-pt" = pt("Campo", "O campo que contém a lista; vários, separados por vírgulas, são divididos lado a lado."), "x-placeholder" = "lines"))]
    pub field: String,
    /// Which other fields of the item every new item gets too.
    #[schemars(title = "Other fields", extend("x-pt" = pt("Outros campos", "Quais outros campos do item cada novo item também recebe.")))]
    pub include: Include,
    /// Names of those fields, separated by commas.
    #[schemars(title = "Which fields", extend("x-pt" = pt("Quais campos", "Nomes desses campos, separados por vírgulas."), "x-show-when" = when("/include", &["selected"])))]
    pub fields: String,
    /// Name of the field that gets the element; the list's own name when empty. Elements that are objects become the
    /// item itself when this is empty and no other fields stay.
    #[schemars(title = "Put it into", extend("x-pt" = pt("Colocar em", "Nome do campo que recebe o elemento; o nome da própria lista quando vazio. Elementos que são objetos viram o próprio item quando isto está vazio e nenhum outro campo permanece."), "x-advanced" = true))]
    pub destination: String,
    /// Reads dots in names as a way into objects.
    #[schemars(title = "Dots reach into objects", extend("x-pt" = pt("Pontos entram em objetos", "Lê pontos nos nomes como caminho para dentro de objetos."), "x-advanced" = true))]
    pub dot_notation: bool,
    /// Gives every new item the files of the item it came from.
    #[schemars(title = "Keep files", extend("x-pt" = pt("Manter arquivos", "Dá a cada novo item os arquivos do item de origem."), "x-advanced" = true))]
    pub keep_files: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            field: String::new(),
            include: Include::None,
            fields: String::new(),
            destination: String::new(),
            dot_notation: true,
            keep_files: false,
        }
    }
}

pub struct SplitOut;

impl Parameters {
    fn split(&self, item: &Item) -> Result<Vec<Item>, NodeError> {
        let fields = names(&self.field);
        if fields.is_empty() {
            let text = "No field to split is chosen. Name the field that holds the list.";
            return Err(NodeError::new("parameter_missing", text));
        }
        let lists = fields.iter().map(|f| self.list(item, f)).collect::<Result<Vec<_>, _>>()?;
        let destinations = names(&self.destination);
        let rest = self.rest(item, &fields)?;
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest)
            .map(|i| {
                let mut json = rest.clone();
                for (n, (field, list)) in fields.iter().zip(&lists).enumerate() {
                    let Some(element) = list.get(i) else { continue };
                    let whole = fields.len() == 1 && self.include == Include::None && destinations.is_empty();
                    match element {
                        Value::Object(map) if whole => json.extend(map.clone()),
                        other => {
                            let last = field.rsplit('.').next().unwrap_or(field);
                            let name = destinations.get(n).map_or(if whole { last } else { field }, String::as_str);
                            dotted::set(&mut json, name, self.dot_notation, other.clone())?;
                        }
                    }
                }
                let binary = if self.keep_files { item.binary.clone() } else { Default::default() };
                Ok(Item { json, binary })
            })
            .collect()
    }

    /// A field as a list: nothing is an empty one, an object gives its values, a single value a list of one.
    fn list(&self, item: &Item, field: &str) -> Result<Vec<Value>, NodeError> {
        match dotted::get(&item.json, field, self.dot_notation) {
            Some(Value::Array(list)) => Ok(list.clone()),
            Some(Value::Object(map)) => Ok(map.values().cloned().collect()),
            Some(Value::Null) => Ok(Vec::new()),
            Some(single) => Ok(vec![single.clone()]),
            None => {
                let known: Vec<&str> = item.json.keys().take(10).map(String::as_str).collect();
                let text = format!(
                    "The item has no field “{field}” (it has: {}). Choose a field that holds a list.",
                    if known.is_empty() { kind_of(&Value::Null).to_owned() } else { known.join(", ") }
                );
                Err(NodeError::new("field_missing", text))
            }
        }
    }

    fn rest(&self, item: &Item, split: &[String]) -> Result<Map<String, Value>, NodeError> {
        let mut rest = Map::new();
        match self.include {
            Include::None => {}
            Include::All => {
                rest = item.json.clone();
                for field in split {
                    dotted::remove(&mut rest, field, self.dot_notation);
                }
            }
            Include::Selected => {
                for name in names(&self.fields) {
                    if let Some(value) = dotted::get(&item.json, &name, self.dot_notation) {
                        dotted::set(&mut rest, &name, self.dot_notation, value.clone())?;
                    }
                }
            }
        }
        Ok(rest)
    }
}

#[async_trait]
impl NodeKind for SplitOut {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["list", "array", "explode", "unnest", "dividir", "separar", "lista"]),
            subtitle: "{/field}".into(),
            ..describe::<Parameters>(
                "split_out",
                ["Split out", "Separar lista"],
                ["Makes items of a list", "Transforma lista em itens"],
                Group::Data,
                "list",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let mut made: Vec<(Arc<Item>, u32)> = Vec::new();
        let failed = context
            .for_items::<Parameters>(|i, item, p| {
                let items = p.split(item)?;
                if made.len() + items.len() > MAX_ITEMS {
                    let text =
                        format!("The lists have more than {MAX_ITEMS} elements together. Split fewer items at once.");
                    return Err(NodeError::new("too_many_items", text));
                }
                made.extend(items.into_iter().map(|item| (Arc::new(item), i)));
                Ok(())
            })
            .await?;
        Ok(Output { failed, ..Output::one(Batch::each(made)) }.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let message = ["Name the field that holds the list.", "Informe o campo que contém a lista."];
        needed(node, "field", message).into_iter().collect()
    }
}
