//! Read file: files of the server's machine become files of items.

use std::collections::BTreeMap;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Effect, Group, Item, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::describe::{choice, describe, needed, pt, words};
use crate::context::{Context, Outcome};
use crate::world::FileEntry;
use crate::{NodeError, NodeKind};

choice! {
    /// What happens when no file matches.
    pub enum NoneFound {
        #[default]
        Nothing = "nothing", "The flow ends here, without an error", "O fluxo termina aqui, sem erro";
        Error = "error", "It is an error", "É um erro";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// A file, or a pattern for several: * any characters, ** also folders. Only folders that the administrator allowed
    /// (FLUXO_FILES) can be read.
    #[schemars(title = "Path", extend("x-pt" = pt("Caminho", "Um arquivo ou um padrão para vários: * quaisquer caracteres, ** também pastas. Só é possível ler pastas que o administrador permitiu (FLUXO_FILES)."), "x-widget" = "file-path", "x-placeholder" = "inbox/*.pdf"))]
    pub path: String,
    /// Name that the file gets in the item.
    #[schemars(title = "File property", extend("x-pt" = pt("Propriedade do arquivo", "Nome que o arquivo recebe no item."), "x-widget" = "text"))]
    pub property: String,
    /// Most files that one item may read; more are an error.
    #[schemars(title = "At most", range(min = 1, max = 10000), extend("x-pt" = pt("No máximo", "Quantos arquivos, no máximo, um item pode ler; mais que isso é um erro."), "x-advanced" = true))]
    pub max_files: u32,
    /// What happens when no file matches the pattern. A path without a pattern is always an error then.
    #[schemars(title = "When there is none", extend("x-pt" = pt("Quando não há nenhum", "O que acontece quando nenhum arquivo atende ao padrão. Um caminho sem padrão é sempre um erro nesse caso."), "x-advanced" = true))]
    pub none_found: NoneFound,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { path: String::new(), property: "data".into(), max_files: 1_000, none_found: NoneFound::Nothing }
    }
}

pub struct ReadFile;

/// What an item says of a file: path, name, extension, folder, size, modified.
pub(super) fn fields(entry: &FileEntry) -> Map<String, Value> {
    let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name, ""),
    };
    let facts = json!({
        "path": entry.path,
        "name": name,
        "stem": stem,
        "extension": extension,
        "folder": folder,
        "size": entry.size,
        "modified": entry.modified.to_string(),
    });
    match facts {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A blank path is an error with one sentence for all file nodes.
pub(super) fn path(given: &str) -> Result<&str, NodeError> {
    match given.trim() {
        "" => Err(NodeError::new("parameter_missing", "The path is empty. Give a path inside an allowed folder.")),
        path => Ok(path),
    }
}

#[async_trait]
impl NodeKind for ReadFile {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["open", "load", "folder", "disk", "ler", "arquivo", "pasta", "disco"]),
            effect: Effect::Outside,
            subtitle: "{/path}".into(),
            ..describe::<Parameters>(
                "read_file",
                ["Read file", "Ler arquivo"],
                ["Reads files from folders", "Lê arquivos de pastas"],
                Group::Files,
                "file",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let output = context
            .map_items(1, |_, _, p: Parameters| async move {
                let path = path(&p.path)?;
                let max = p.max_files.clamp(1, 10_000) as usize;
                let found = context.files.list(path, max + 1).await?;
                if found.len() > max {
                    let text = format!("More than {max} files match “{path}”. Narrow the pattern, or raise “At most”.");
                    return Err(NodeError::new("too_many_files", text));
                }
                let is_pattern = path.contains(['*', '?', '[', '{']);
                if found.is_empty() && (!is_pattern || p.none_found == NoneFound::Error) {
                    let text = format!("No file was found at “{path}”. Check the path and the allowed folders.");
                    return Err(NodeError::new("file_not_found", text));
                }
                let mut items = Vec::with_capacity(found.len());
                for entry in found {
                    let blob = context.files.read(&entry.path).await?;
                    let property = if p.property.trim().is_empty() { "data" } else { p.property.trim() };
                    let binary = BTreeMap::from([(property.to_owned(), blob)]);
                    items.push(Item { json: fields(&entry), binary });
                }
                Ok(items)
            })
            .await?;
        Ok(output.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let message = ["Give the path of a file or a pattern.", "Informe o caminho de um arquivo ou um padrão."];
        needed(node, "path", message).into_iter().collect()
    }
}
