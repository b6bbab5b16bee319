//! Webhook: an HTTP call starts the flow. The server's HTTP layer owns the socket; what a call means is here, as pure
//! functions: which path fits ([`Pattern`]), who may call ([`authorise`]), what item a call becomes ([`item`]) and what its
//! caller gets when the run ends ([`Parameters::answer_at_end`]).

mod auth;
mod pattern;
mod request;

use std::sync::Arc;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Group, Item, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::describe::{choice, describe, finding, pt, slot, when, words};
use crate::context::{Answer, AnswerBody, Context, Outcome, Output};
use crate::{NodeError, NodeKind};

pub(crate) use auth::key;
pub use auth::{Admitted, authorise};
pub use pattern::{Pattern, percent_decode};
pub use request::{Call, item};

choice! {
    /// Methods that a webhook may take.
    pub enum Method {
        Get = "GET", "GET", "GET";
        #[default]
        Post = "POST", "POST", "POST";
        Put = "PUT", "PUT", "PUT";
        Patch = "PATCH", "PATCH", "PATCH";
        Delete = "DELETE", "DELETE", "DELETE";
        Head = "HEAD", "HEAD", "HEAD";
    }
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
        }
    }
}

choice! {
    /// When and with what the caller is answered.
    pub enum Mode {
        AtOnce = "at_once", "At once (202 with the run's id)", "Imediatamente (202 com o id da execução)";
        #[default]
        AtEnd = "at_end", "When the run ends", "Quando a execução termina";
        Respond = "respond", "By a Respond node", "Por um nó Responder";
    }
}

choice! {
    /// What the caller gets when the run ends without a Respond node.
    pub enum AnswerData {
        #[default]
        Automatic = "automatic", "The last node's first file, or its first item if there is none", "O primeiro arquivo do último nó, ou seu primeiro item se não houver";
        FirstItem = "first_item", "The first item of the last node", "O primeiro item do último nó";
        AllItems = "all_items", "All items of the last node", "Todos os itens do último nó";
        FirstFile = "first_file", "The first file of the last node", "O primeiro arquivo do último nó";
        Nothing = "nothing", "Nothing", "Nada";
    }
}

choice! {
    /// Who may call.
    pub enum Authentication {
        #[default]
        None = "none", "Anybody who knows the address", "Quem souber o endereço";
        Basic = "basic", "User and password (Basic)", "Usuário e senha (Basic)";
        Header = "header", "A secret header", "Um cabeçalho secreto";
        Jwt = "jwt", "A signed token (JWT)", "Um token assinado (JWT)";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// Methods that start the flow.
    #[schemars(title = "Methods", length(min = 1), extend("x-pt" = pt("Métodos", "Métodos que iniciam o fluxo."), "x-no-expression" = true, "x-widget" = "select"))]
    pub methods: Vec<Method>,
    /// The address after /webhook/. A part that starts with a colon is a parameter: orders/:id. Empty: the node's own id.
    #[schemars(title = "Path", extend("x-pt" = pt("Caminho", "O endereço após /webhook/. Uma parte que começa com dois-pontos é um parâmetro: pedidos/:id. Vazio: o id do próprio nó."), "x-no-expression" = true, "x-placeholder" = "orders/:id"))]
    pub path: String,
    /// When the caller is answered. With "When the run ends", a Respond node that ran has the word.
    #[schemars(title = "Answer", extend("x-pt" = pt("Responder", "Quando quem chamou é respondido. Com “Quando a execução termina”, um nó Responder que rodou tem a palavra."), "x-no-expression" = true))]
    pub answer: Mode,
    /// What the caller gets when no Respond node ran.
    #[schemars(title = "Answer with", extend("x-pt" = pt("Responder com", "O que quem chamou recebe quando nenhum nó Responder rodou."), "x-no-expression" = true, "x-show-when" = when("/answer", &["at_end"])))]
    pub answer_data: AnswerData,
    /// Status of that answer.
    #[schemars(title = "Status", range(min = 200, max = 599), extend("x-pt" = pt("Status", "Status dessa resposta."), "x-no-expression" = true, "x-advanced" = true, "x-show-when" = when("/answer", &["at_end"])))]
    pub answer_status: u16,
    /// Who may call. The secret comes from a credential; who fails gets 401 or 403 and starts nothing.
    #[schemars(title = "Who may call", extend("x-pt" = pt("Quem pode chamar", "Quem pode chamar. O segredo vem de uma credencial; quem falha recebe 401 ou 403 e nada inicia."), "x-no-expression" = true))]
    pub authentication: Authentication,
    /// Takes the body as a file, whatever it is. Without it JSON, forms (their files become files of the item) and text
    /// are read; anything else is a file in "data".
    #[schemars(title = "Body as a file", extend("x-pt" = pt("Corpo como arquivo", "Recebe o corpo como arquivo, seja o que for. Sem isso, JSON, formulários (seus arquivos viram arquivos do item) e texto são lidos; qualquer outro é um arquivo em “data”."), "x-no-expression" = true, "x-advanced" = true))]
    pub raw_body: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            methods: vec![Method::Post],
            path: String::new(),
            answer: Mode::AtEnd,
            answer_data: AnswerData::Automatic,
            answer_status: 200,
            authentication: Authentication::None,
            raw_body: false,
        }
    }
}

impl Parameters {
    /// The node's parameters; expressions have no place in a trigger. A webhook without a path listens on its node's id.
    pub fn of(node: &Node) -> Result<Self, NodeError> {
        let mut p: Self = crate::context::parse(&node.parameters.clone().into())?;
        if p.path.trim().trim_matches('/').is_empty() {
            p.path = node.id.clone();
        }
        Ok(p)
    }

    /// Where the webhook listens, after `/webhook/`.
    pub fn pattern(&self) -> Result<Pattern, NodeError> {
        Pattern::parse(&self.path)
    }

    /// Each method once, in upper case.
    pub fn methods(&self) -> Vec<String> {
        let mut methods: Vec<String> = Vec::new();
        for method in &self.methods {
            if !methods.iter().any(|m| m == method.as_str()) {
                methods.push(method.as_str().to_owned());
            }
        }
        methods
    }

    /// The answer when the run ended well and no Respond node answered; `items`: what its last node put out.
    pub fn answer_at_end(&self, items: &[Arc<Item>]) -> Answer {
        let json = |item: &Arc<Item>| Value::Object(item.json.clone());
        let file = || items.iter().find_map(|item| item.binary.values().next());
        let body = match (self.answer_data, file()) {
            (AnswerData::Automatic | AnswerData::FirstFile, Some(blob)) => AnswerBody::Blob(blob.clone()),
            (AnswerData::Automatic | AnswerData::FirstItem, _) => {
                AnswerBody::Json(items.first().map_or_else(|| json!({}), json))
            }
            (AnswerData::AllItems, _) => AnswerBody::Json(items.iter().map(json).collect()),
            (AnswerData::FirstFile, None) | (AnswerData::Nothing, _) => AnswerBody::Empty,
        };
        let headers = match &body {
            AnswerBody::Blob(blob) => vec![
                ("content-type".to_owned(), blob.mime.clone()),
                ("content-disposition".to_owned(), super::respond::disposition(&blob.file_name, false)),
            ],
            _ => Vec::new(),
        };
        let none = body == AnswerBody::Empty && self.answer_status == 200;
        Answer { status: if none { 204 } else { self.answer_status }, headers, body }
    }
}

pub struct Webhook;

#[async_trait]
impl NodeKind for Webhook {
    fn describe(&self) -> KindDescription {
        let by = |value: &str| Some(("/authentication", json!(value)));
        KindDescription {
            aliases: words(&["http", "call", "api", "receive", "endpoint", "chamada", "receber", "gatilho"]),
            credentials: vec![
                slot("basic", ["User and password", "Usuário e senha"], &["http_basic"], by("basic")),
                slot("header", ["Header", "Cabeçalho"], &["http_header"], by("header")),
                slot("jwt", ["Token check", "Verificação do token"], &["jwt"], by("jwt")),
            ],
            subtitle: "{/methods} {/path}".into(),
            ..describe::<Parameters>(
                "webhook",
                ["Webhook", "Webhook"],
                ["Starts when it is called", "Inicia ao ser chamado"],
                Group::Trigger,
                "webhook",
            )
        }
    }

    /// Started by hand: a call without anything in it.
    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let p: Parameters = context.once().await?;
        let method = p.methods.first().copied().unwrap_or_default();
        let call = Call { method: method.as_str(), ..Call::default() };
        Ok(Output::fresh(vec![item(call, &Admitted::default())]).into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let Ok(p) = crate::context::parse::<Parameters>(&node.parameters.clone().into()) else { return Vec::new() };
        let mut found = Vec::new();
        if let Err((_, message)) = Pattern::check(p.path.trim().trim_matches('/')) {
            found.push(finding(node, "webhook_path", "/path", message));
        }
        if p.methods.is_empty() {
            let message = ["Choose at least one method.", "Escolha ao menos um método."];
            found.push(finding(node, "parameter_missing", "/methods", message));
        }
        found
    }
}

#[cfg(test)]
mod tests;
