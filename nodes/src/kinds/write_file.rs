//! Write file: files of items become files of the server's machine; files there can be moved.

use async_trait::async_trait;
use bytes::Bytes;
use flow::check::Finding;
use flow::{Effect, Group, Item, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::{file, mime_of};
use super::describe::{choice, describe, finding, needed, pt, when, words};
use super::read_file::{fields, path};
use crate::context::{Context, Outcome};
use crate::world::WriteMode;
use crate::{NodeError, NodeKind};

choice! {
    /// What is done.
    pub enum Action {
        #[default]
        File = "file", "Write a file of the item", "Gravar um arquivo do item";
        Text = "text", "Write a text", "Gravar um texto";
        Move = "move", "Move a file", "Mover um arquivo";
    }
}

choice! {
    /// What happens when the file is already there.
    pub enum Existing {
        #[default]
        Error = "error", "It is an error", "É um erro";
        Replace = "replace", "Replace it", "Substituir";
        Append = "append", "Write at its end", "Gravar no fim";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// What is done.
    #[schemars(title = "Action", extend("x-pt" = pt("Ação", "O que é feito."), "x-no-expression" = true))]
    pub action: Action,
    /// The file to move.
    #[schemars(title = "File to move", extend("x-pt" = pt("Arquivo a mover", "O arquivo a mover."), "x-widget" = "file-path", "x-placeholder" = "={{ $json.path }}", "x-show-when" = when("/action", &["move"])))]
    pub from: String,
    /// Where the file goes. Only folders that the administrator allowed (FLUXO_FILES) can be written.
    #[schemars(title = "Path", extend("x-pt" = pt("Caminho", "Para onde o arquivo vai. Só é possível gravar em pastas que o administrador permitiu (FLUXO_FILES)."), "x-widget" = "file-path", "x-placeholder" = "outbox/{{ $json.name }}"))]
    pub path: String,
    /// The item's file to write.
    #[schemars(title = "File property", extend("x-pt" = pt("Propriedade do arquivo", "O arquivo do item a gravar."), "x-widget" = "binary-property", "x-show-when" = when("/action", &["file"])))]
    pub file: String,
    /// The text to write, as UTF-8.
    #[schemars(title = "Text", extend("x-pt" = pt("Texto", "O texto a gravar, em UTF-8."), "x-widget" = "multiline", "x-show-when" = when("/action", &["text"])))]
    pub text: String,
    /// What happens when the file is already there.
    #[schemars(title = "When it exists", extend("x-pt" = pt("Quando já existe", "O que acontece quando o arquivo já está lá."), "x-show-when" = when("/action", &["file", "text"])))]
    pub existing: Existing,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            action: Action::File,
            from: String::new(),
            path: String::new(),
            file: "data".into(),
            text: String::new(),
            existing: Existing::Error,
        }
    }
}

pub struct WriteFile;

impl Parameters {
    async fn write(&self, context: &Context, item: &Item) -> Result<Item, NodeError> {
        let path = path(&self.path)?;
        let mode = match self.existing {
            Existing::Error => WriteMode::New,
            Existing::Replace => WriteMode::Replace,
            Existing::Append => WriteMode::Append,
        };
        let entry = match self.action {
            Action::File => context.files.write(path, file(item, &self.file)?, mode).await?,
            Action::Text => {
                let name = path.rsplit('/').next().unwrap_or(path);
                let content = Bytes::from(self.text.clone());
                let blob = context.blobs.write(name, mime_of(name), content).await?;
                context.files.write(path, &blob, mode).await?
            }
            Action::Move => {
                let from = self.from.trim();
                if from.is_empty() {
                    let text = "No file to move is given. Give its path under “File to move”.";
                    return Err(NodeError::new("parameter_missing", text));
                }
                context.files.rename(from, path).await?
            }
        };
        let mut made = item.clone();
        made.json.extend(fields(&entry));
        Ok(made)
    }
}

#[async_trait]
impl NodeKind for WriteFile {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["save", "store", "move", "rename", "disk", "gravar", "salvar", "mover", "arquivo"]),
            effect: Effect::Outside,
            subtitle: "{/path}".into(),
            ..describe::<Parameters>(
                "write_file",
                ["Write file", "Gravar arquivo"],
                ["Writes or moves files", "Grava ou move arquivos"],
                Group::Files,
                "download",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        // One at a time: several items may append to the same file, and their order counts.
        let output = context
            .map_items(1, |_, item, p: Parameters| async move { Ok(vec![p.write(context, &item).await?]) })
            .await?;
        Ok(output.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let message = ["Give the path of the file to write.", "Informe o caminho do arquivo a gravar."];
        let mut found: Vec<Finding> = needed(node, "path", message).into_iter().collect();
        if node.parameters.get("action").and_then(Value::as_str) == Some("move") {
            let message = ["Give the file to move.", "Informe o arquivo a mover."];
            found.extend(needed(node, "from", message).map(|_| finding(node, "parameter_missing", "/from", message)));
        }
        found
    }
}
