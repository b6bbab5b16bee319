//! Fill PDF form: values of the item become values of the form.

use std::collections::BTreeMap;

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use pdf::tools::{FillOptions, Value as FormValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::{Field, as_text};
use super::describe::{choice, describe, pt, words};
use super::dotted;
use super::pdf_sign::{password, password_slot};
use super::pdf_tools::{AT_ONCE, Signed, Target, on_file, secret, with_changed};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};

choice! {
    /// Where the values come from.
    pub enum Source {
        #[default]
        Fields = "fields", "Listed here", "Listados aqui";
        Item = "item", "An object of the item", "Um objeto do item";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file with the form.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item com o formulário."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Where the values come from.
    #[schemars(title = "Values", extend("x-pt" = pt("Valores", "De onde vêm os valores.")))]
    pub source: Source,
    /// Fields of the form by their full names, and their values: a text, true or false for a check box, an option, or a
    /// list of options. The node PDF info tells the names.
    #[schemars(title = "Fields", extend("x-pt" = pt("Campos", "Campos do formulário por seus nomes completos, e seus valores: um texto, true ou false para uma caixa de seleção, uma opção, ou uma lista de opções. O nó Dados do PDF diz os nomes."), "x-widget" = "key-values", "x-show-when" = {"/source": ["fields"]}))]
    pub fields: Vec<Field>,
    /// Field of the item that holds an object: field names of the form with their values.
    #[schemars(title = "Object", extend("x-pt" = pt("Objeto", "Campo do item que contém um objeto: nomes de campos do formulário com seus valores."), "x-widget" = "text", "x-show-when" = {"/source": ["item"]}))]
    pub object: String,
    /// Leaves out names that the form does not have, with a warning. Otherwise they are an error.
    #[schemars(title = "Allow unknown names", extend("x-pt" = pt("Permitir nomes desconhecidos", "Deixa de fora nomes que o formulário não tem, com um aviso. Sem isso, são um erro."), "x-advanced" = true))]
    pub allow_unknown: bool,
    /// Makes the values part of the pages, so that nobody changes them any more.
    #[schemars(title = "Flatten", extend("x-pt" = pt("Achatar", "Torna os valores parte das páginas, para que ninguém mais os mude.")))]
    pub flatten: bool,
    /// What happens with a signed PDF when it is flattened, which breaks signatures. Filling in alone does not.
    #[schemars(title = "When it is signed", extend("x-pt" = pt("Quando está assinado", "O que acontece com um PDF assinado ao achatar, o que quebra assinaturas. Só preencher não quebra."), "x-advanced" = true, "x-show-when" = {"/flatten": [true]}))]
    pub signed: Signed,
    /// Name that the filled PDF gets in the item; the same name replaces the old one.
    #[schemars(title = "Put PDF into", extend("x-pt" = pt("Colocar PDF em", "Nome que o PDF preenchido recebe no item; o mesmo nome substitui o antigo."), "x-widget" = "text"))]
    pub output: String,
    /// The new file's name; the old name with -filled when empty.
    #[schemars(title = "File name", extend("x-pt" = pt("Nome do arquivo", "O nome do novo arquivo; o nome antigo com -filled quando vazio."), "x-advanced" = true))]
    pub file_name: String,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Field of the item that tells of warnings; none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que conta os avisos; nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            source: Source::Fields,
            fields: Vec::new(),
            object: "form".into(),
            allow_unknown: false,
            flatten: false,
            signed: Signed::Refuse,
            output: "data".into(),
            file_name: String::new(),
            encrypted: false,
            property: String::new(),
        }
    }
}

impl Parameters {
    fn values(&self, item: &Item) -> Result<BTreeMap<String, FormValue>, NodeError> {
        if self.source == Source::Fields {
            let named = self.fields.iter().filter(|field| !field.name.trim().is_empty());
            return Ok(named.map(|field| (field.name.trim().to_owned(), value(&field.value))).collect());
        }
        let object = dotted::get(&item.json, self.object.trim(), true).and_then(Value::as_object).ok_or_else(|| {
            let text =
                format!("The item has no object in “{}”. Give the field with names and values.", self.object.trim());
            NodeError::new("field_missing", text)
        })?;
        Ok(object.iter().map(|(name, given)| (name.clone(), value(given))).collect())
    }
}

/// A value as forms take it; nothing empties a field.
fn value(given: &Value) -> FormValue {
    match given {
        Value::Bool(yes) => FormValue::YesOrNo(*yes),
        Value::Array(list) => FormValue::Several(list.iter().map(as_text).collect()),
        other => FormValue::Text(as_text(other)),
    }
}

pub struct PdfFill;

#[async_trait]
impl NodeKind for PdfFill {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&[
                "acroform",
                "fields",
                "flatten",
                "complete",
                "preencher",
                "formulário",
                "campos",
                "achatar",
            ]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_fill",
                ["Fill PDF form", "Preencher PDF"],
                ["Fills in a form", "Preenche um formulário"],
                Group::Pdf,
                "form-input",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let options = FillOptions {
                    values: p.values(&item)?,
                    allow_unknown: p.allow_unknown,
                    flatten: p.flatten,
                    signed: p.signed.into(),
                    password: secret(password.as_deref(), p.encrypted),
                    ..FillOptions::default()
                };
                let changed = on_file(context, &item, &p.file, move |pdf| pdf::tools::fill(pdf, &options)).await?;
                let target = Target {
                    file: &p.file,
                    output: &p.output,
                    file_name: &p.file_name,
                    suffix: "-filled",
                    facts: &p.property,
                };
                Ok(vec![with_changed(context, &item, target, changed).await?])
            })
            .await?;
        Ok(output.into())
    }
}

#[cfg(test)]
mod tests;
