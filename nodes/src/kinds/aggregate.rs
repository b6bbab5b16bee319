//! Aggregate: makes one item of many.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flow::{Batch, BlobRef, Group, Item, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::common::names;
use super::describe::{choice, describe, pt, when, words};
use super::dotted;
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

choice! {
    /// What is gathered.
    pub enum Mode {
        #[default]
        AllItems = "all_items", "Whole items, in one list", "Itens inteiros, numa lista";
        Fields = "fields", "Single fields, a list each", "Campos avulsos, uma lista cada";
    }
}

choice! {
    /// Which fields of the items go into the list.
    pub enum Include {
        #[default]
        All = "all", "All fields", "Todos os campos";
        Selected = "selected", "Only these", "Somente estes";
        Except = "except", "All but these", "Todos menos estes";
    }
}

/// A field that becomes a list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Gathered {
    /// The field to gather.
    #[schemars(title = "Field", extend("x-pt" = pt("Campo", "O campo a reunir.")))]
    pub field: String,
    /// Name of the list; the field's own name when empty.
    #[schemars(title = "Name of the list", extend("x-pt" = pt("Nome da lista", "Nome da lista; o nome do próprio campo quando vazio.")))]
    pub rename_to: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// Whether whole items or single fields are gathered.
    #[schemars(title = "Gather", extend("x-pt" = pt("Reunir", "Se itens inteiros ou campos avulsos são reunidos."), "x-no-expression" = true))]
    pub mode: Mode,
    /// Name of the field that gets the list.
    #[schemars(title = "Put it into", extend("x-pt" = pt("Colocar em", "Nome do campo que recebe a lista."), "x-show-when" = when("/mode", &["all_items"])))]
    pub destination: String,
    /// Which fields of the items go into the list.
    #[schemars(title = "Fields of the items", extend("x-pt" = pt("Campos dos itens", "Quais campos dos itens vão para a lista."), "x-show-when" = when("/mode", &["all_items"])))]
    pub include: Include,
    /// Names of those fields, separated by commas.
    #[schemars(title = "Which fields", extend("x-pt" = pt("Quais campos", "Nomes desses campos, separados por vírgulas."), "x-show-when" = when("/include", &["selected", "except"])))]
    pub selected: String,
    /// The fields to gather, each into a list of its own.
    #[schemars(title = "Fields", extend("x-pt" = pt("Campos", "Os campos a reunir, cada um em sua própria lista."), "x-show-when" = when("/mode", &["fields"])))]
    pub fields: Vec<Gathered>,
    /// Joins fields that are lists into one list instead of a list of lists.
    #[schemars(title = "Join lists", extend("x-pt" = pt("Juntar listas", "Junta campos que são listas numa só lista, em vez de uma lista de listas."), "x-advanced" = true, "x-show-when" = when("/mode", &["fields"])))]
    pub merge_lists: bool,
    /// Puts an empty element where an item has no such field, so that lists keep the same length.
    #[schemars(title = "Keep missing values", extend("x-pt" = pt("Manter valores ausentes", "Põe um elemento vazio onde o item não tem o campo, para que as listas mantenham o mesmo tamanho."), "x-advanced" = true, "x-show-when" = when("/mode", &["fields"])))]
    pub keep_missing: bool,
    /// Gives the one item the files of all; files with the same property get a number.
    #[schemars(title = "Keep files", extend("x-pt" = pt("Manter arquivos", "Dá ao item único os arquivos de todos; arquivos com a mesma propriedade recebem um número."), "x-advanced" = true))]
    pub keep_files: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            mode: Mode::AllItems,
            destination: "data".into(),
            include: Include::All,
            selected: String::new(),
            fields: vec![Gathered::default()],
            merge_lists: false,
            keep_missing: false,
            keep_files: false,
        }
    }
}

pub struct Aggregate;

impl Parameters {
    fn gather(&self, items: &[Arc<Item>]) -> Result<Item, NodeError> {
        let mut json = Map::new();
        match self.mode {
            Mode::AllItems => {
                let list = items.iter().map(|item| self.of_item(&item.json)).collect::<Result<Vec<_>, _>>()?;
                let name = if self.destination.trim().is_empty() { "data" } else { self.destination.trim() };
                dotted::set(&mut json, name, true, Value::Array(list))?;
            }
            Mode::Fields => {
                for gathered in self.fields.iter().filter(|g| !g.field.trim().is_empty()) {
                    let field = gathered.field.trim();
                    let own = field.rsplit('.').next().unwrap_or(field);
                    let name = if gathered.rename_to.trim().is_empty() { own } else { gathered.rename_to.trim() };
                    dotted::set(&mut json, name, true, Value::Array(self.values(items, field)))?;
                }
            }
        }
        let binary = if self.keep_files { files(items) } else { BTreeMap::new() };
        Ok(Item { json, binary })
    }

    fn of_item(&self, json: &Map<String, Value>) -> Result<Value, NodeError> {
        let mut kept = Map::new();
        match self.include {
            Include::All => kept = json.clone(),
            Include::Selected => {
                for name in names(&self.selected) {
                    if let Some(value) = dotted::get(json, &name, true) {
                        dotted::set(&mut kept, &name, true, value.clone())?;
                    }
                }
            }
            Include::Except => {
                kept = json.clone();
                for name in names(&self.selected) {
                    dotted::remove(&mut kept, &name, true);
                }
            }
        }
        Ok(Value::Object(kept))
    }

    fn values(&self, items: &[Arc<Item>], field: &str) -> Vec<Value> {
        let mut list = Vec::new();
        for item in items {
            match dotted::get(&item.json, field, true) {
                Some(Value::Array(inner)) if self.merge_lists => list.extend(inner.iter().cloned()),
                Some(Value::Null) | None if !self.keep_missing => {}
                value => list.push(value.cloned().unwrap_or(Value::Null)),
            }
        }
        list
    }
}

/// The files of all items: `data`, `data_2`, `data_3`…
fn files(items: &[Arc<Item>]) -> BTreeMap<String, BlobRef> {
    let (mut all, mut taken) = (BTreeMap::new(), BTreeMap::<String, u32>::new());
    for (name, blob) in items.iter().flat_map(|item| &item.binary) {
        let mut free = name.clone();
        while all.contains_key(&free) {
            let count = taken.entry(name.clone()).or_insert(1);
            *count += 1;
            free = format!("{name}_{count}");
        }
        all.insert(free, blob.clone());
    }
    all
}

#[async_trait]
impl NodeKind for Aggregate {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["collect", "group", "list", "combine", "agrupar", "reunir", "juntar"]),
            ..describe::<Parameters>(
                "aggregate",
                ["Aggregate", "Agregar"],
                ["Makes one item of many", "Reúne itens em um só"],
                Group::Data,
                "layers",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let parameters: Parameters = context.once().await?;
        let input = context.input();
        let item = parameters.gather(&input.items)?;
        Ok(Output::one(Batch::many([(Arc::new(item), context.all_origins())])).into())
    }
}
