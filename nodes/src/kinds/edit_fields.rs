//! Edit fields: sets, keeps and drops fields of items.

use std::sync::Arc;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Batch, Group, Item, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::common::{Json, as_text, kind_of, names};
use super::describe::{choice, describe, pt, when, words};
use super::dotted;
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

choice! {
    /// How the fields are given.
    pub enum Mode {
        #[default]
        Fields = "fields", "Field by field", "Campo por campo";
        Json = "json", "As JSON", "Como JSON";
    }
}

choice! {
    /// Which other fields of the input stay.
    pub enum Include {
        #[default]
        All = "all", "All of them", "Todos";
        None = "none", "None", "Nenhum";
        Selected = "selected", "Only these", "Somente estes";
        Except = "except", "All but these", "Todos menos estes";
    }
}

choice! {
    /// The type that a field gets.
    pub enum FieldType {
        #[default]
        Auto = "auto", "As it is", "Como está";
        String = "string", "Text", "Texto";
        Number = "number", "Number", "Número";
        Boolean = "boolean", "Yes/no", "Sim/não";
        Array = "array", "List", "Lista";
        Object = "object", "Object", "Objeto";
    }
}

/// One field to set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Assignment {
    /// The field's name; with dots it goes into an object: customer.name.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome do campo; com pontos vai para dentro de um objeto: cliente.nome.")))]
    pub name: String,
    /// The value's type; a value of another type is converted.
    #[schemars(title = "Type", extend("x-pt" = pt("Tipo", "O tipo do valor; um valor de outro tipo é convertido."), "x-no-expression" = true))]
    pub r#type: FieldType,
    /// The value.
    #[schemars(title = "Value", extend("x-pt" = pt("Valor", "O valor."), "x-widget" = "text"))]
    pub value: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// Whether the fields are given one by one or as one JSON object.
    #[schemars(title = "Give fields", extend("x-pt" = pt("Informar campos", "Se os campos são informados um a um ou como um objeto JSON."), "x-no-expression" = true))]
    pub mode: Mode,
    /// The fields to set.
    #[schemars(title = "Fields", extend("x-pt" = pt("Campos", "Os campos a definir."), "x-widget" = "assignments", "x-show-when" = when("/mode", &["fields"])))]
    pub assignments: Vec<Assignment>,
    /// The fields to set, as a JSON object.
    #[schemars(title = "JSON", extend("x-pt" = pt("JSON", "Os campos a definir, como objeto JSON."), "x-show-when" = when("/mode", &["json"])))]
    pub json: Json,
    /// Which other fields of the item stay.
    #[schemars(title = "Other fields", extend("x-pt" = pt("Outros campos", "Quais outros campos do item permanecem.")))]
    pub include: Include,
    /// Names of those fields, separated by commas.
    #[schemars(title = "Which fields", extend("x-pt" = pt("Quais campos", "Nomes desses campos, separados por vírgulas."), "x-show-when" = when("/include", &["selected", "except"])))]
    pub fields: String,
    /// Reads dots in names as a way into objects; without it a dot is part of the name.
    #[schemars(title = "Dots reach into objects", extend("x-pt" = pt("Pontos entram em objetos", "Lê pontos nos nomes como caminho para dentro de objetos; sem isso o ponto é parte do nome."), "x-advanced" = true))]
    pub dot_notation: bool,
    /// Sets a field to nothing when its value cannot be converted, instead of failing.
    #[schemars(title = "Ignore conversion errors", extend("x-pt" = pt("Ignorar erros de conversão", "Deixa o campo vazio quando o valor não pode ser convertido, em vez de falhar."), "x-advanced" = true))]
    pub ignore_conversion_errors: bool,
    /// Keeps the item's files.
    #[schemars(title = "Keep files", extend("x-pt" = pt("Manter arquivos", "Mantém os arquivos do item."), "x-advanced" = true))]
    pub keep_files: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            mode: Mode::Fields,
            assignments: Vec::new(),
            json: Json::text("{\n  \"name\": \"value\"\n}"),
            include: Include::All,
            fields: String::new(),
            dot_notation: true,
            ignore_conversion_errors: false,
            keep_files: true,
        }
    }
}

pub struct EditFields;

impl Parameters {
    fn edit(&self, item: &Item) -> Result<Item, NodeError> {
        let mut json = self.base(&item.json)?;
        match self.mode {
            Mode::Fields => {
                for a in self.assignments.iter().filter(|a| !a.name.trim().is_empty()) {
                    let value = match convert(&a.value, a.r#type) {
                        Err(_) if self.ignore_conversion_errors => Value::Null,
                        Err(wanted) => {
                            let name = a.name.trim();
                            let got = kind_of(&a.value);
                            let text = format!(
                                "The field “{name}” is {got} that cannot become {wanted}. Correct the value or choose another type."
                            );
                            return Err(NodeError::new("conversion", text));
                        }
                        Ok(value) => value,
                    };
                    dotted::set(&mut json, a.name.trim(), self.dot_notation, value)?;
                }
            }
            Mode::Json => match self.json.value("The text in “JSON”")? {
                Value::Object(fields) => json.extend(fields),
                Value::Null => {}
                other => {
                    let got = kind_of(&other);
                    let text = format!("“JSON” is {got}, but an object is needed. Write {{ \"name\": value }}.");
                    return Err(NodeError::new("json_no_object", text));
                }
            },
        }
        let binary = if self.keep_files { item.binary.clone() } else { Default::default() };
        Ok(Item { json, binary })
    }

    /// The input's fields that stay.
    fn base(&self, input: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        Ok(match self.include {
            Include::All => input.clone(),
            Include::None => Map::new(),
            Include::Selected => {
                let mut kept = Map::new();
                for name in names(&self.fields) {
                    if let Some(value) = dotted::get(input, &name, self.dot_notation) {
                        dotted::set(&mut kept, &name, self.dot_notation, value.clone())?;
                    }
                }
                kept
            }
            Include::Except => {
                let mut kept = input.clone();
                for name in names(&self.fields) {
                    dotted::remove(&mut kept, &name, self.dot_notation);
                }
                kept
            }
        })
    }
}

/// The value as the type, or the type's name when it cannot be.
fn convert(value: &Value, wanted: FieldType) -> Result<Value, &'static str> {
    let text = value.as_str().map(str::trim);
    match (wanted, value) {
        (FieldType::Auto, v) => Ok(v.clone()),
        (FieldType::String, v) => Ok(Value::String(as_text(v))),
        (_, Value::Null) => Ok(Value::Null),
        (FieldType::Number, Value::Number(_)) | (FieldType::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (FieldType::Array, Value::Array(_)) | (FieldType::Object, Value::Object(_)) => Ok(value.clone()),
        (FieldType::Number, Value::Bool(b)) => Ok(Value::from(u8::from(*b))),
        (FieldType::Number, _) => {
            let number = text.and_then(|t| t.parse::<Number>().ok().or_else(|| Number::from_f64(t.parse().ok()?)));
            number.map(Value::Number).ok_or("a number")
        }
        (FieldType::Boolean, v) => {
            let word = as_text(v).trim().to_lowercase();
            match word.as_str() {
                "true" | "1" | "yes" => Ok(Value::Bool(true)),
                "false" | "0" | "no" => Ok(Value::Bool(false)),
                _ => Err("a yes/no value"),
            }
        }
        (FieldType::Array, _) => {
            text.and_then(|t| serde_json::from_str::<Vec<Value>>(t).ok()).map(Value::Array).ok_or("a list")
        }
        (FieldType::Object, _) => {
            text.and_then(|t| serde_json::from_str::<Map<_, _>>(t).ok()).map(Value::Object).ok_or("an object")
        }
    }
}

#[async_trait]
impl NodeKind for EditFields {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["set", "assign", "map", "rename", "definir", "transformar", "campos"]),
            ..describe::<Parameters>(
                "edit_fields",
                ["Edit fields", "Editar campos"],
                ["Sets and drops fields", "Define e remove campos"],
                Group::Data,
                "pencil-line",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let mut made = Vec::with_capacity(context.input().len());
        let failed = context
            .for_items::<Parameters>(|i, item, p| {
                made.push((Arc::new(p.edit(item)?), i));
                Ok(())
            })
            .await?;
        Ok(Output { failed, ..Output::one(Batch::each(made)) }.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let json = (node.parameters.get("mode").and_then(Value::as_str) == Some("json"))
            .then(|| super::describe::fixed_text(node, "json"))
            .flatten();
        let broken = json.filter(|text| !text.contains("{{") && Json::text(text).value("").is_err());
        let message = [
            "“JSON” is not valid JSON. Correct it; texts need double quotes.",
            "“JSON” não é um JSON válido. Corrija; textos precisam de aspas duplas.",
        ];
        broken.map(|_| super::describe::finding(node, "json_invalid", "/json", message)).into_iter().collect()
    }
}
