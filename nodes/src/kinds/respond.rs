//! Respond: answers the webhook call that started the run.

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Batch, Group, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::{Json, NameValue, file};
use super::describe::{choice, describe, finding, pt, when, words};
use crate::context::{Answer, AnswerBody, Context, Outcome, Output};
use crate::{NodeError, NodeKind};

choice! {
    /// What the caller gets.
    pub enum With {
        #[default]
        Automatic = "automatic", "The first item's file, or the item if it has none", "O arquivo do primeiro item, ou o item se não houver";
        FirstItem = "first_item", "The first item", "O primeiro item";
        AllItems = "all_items", "All items", "Todos os itens";
        Json = "json", "JSON", "JSON";
        Text = "text", "Text", "Texto";
        File = "file", "A file", "Um arquivo";
        Redirect = "redirect", "A redirect to another address", "Um redirecionamento para outro endereço";
        Nothing = "nothing", "Nothing", "Nada";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// What the caller gets.
    #[schemars(title = "Respond with", extend("x-pt" = pt("Responder com", "O que quem chamou recebe."), "x-no-expression" = true))]
    pub with: With,
    /// The JSON to send.
    #[schemars(title = "JSON", extend("x-pt" = pt("JSON", "O JSON a enviar."), "x-show-when" = when("/with", &["json"])))]
    pub json: Json,
    /// The text to send.
    #[schemars(title = "Text", extend("x-pt" = pt("Texto", "O texto a enviar."), "x-widget" = "multiline", "x-show-when" = when("/with", &["text"])))]
    pub text: String,
    /// The item's file to send.
    #[schemars(title = "File property", extend("x-pt" = pt("Propriedade do arquivo", "O arquivo do item a enviar."), "x-widget" = "binary-property", "x-show-when" = when("/with", &["file"])))]
    pub file: String,
    /// Lets a browser show the file instead of saving it.
    #[schemars(title = "Show in the browser", extend("x-pt" = pt("Mostrar no navegador", "Deixa o navegador mostrar o arquivo em vez de salvá-lo."), "x-advanced" = true, "x-show-when" = when("/with", &["file"])))]
    pub inline: bool,
    /// The address to go to.
    #[schemars(title = "Address", extend("x-pt" = pt("Endereço", "O endereço de destino."), "x-placeholder" = "https://example.com/thanks", "x-show-when" = when("/with", &["redirect"])))]
    pub redirect_to: String,
    /// The answer's status; 0 chooses it: 200, 204 for nothing, 302 for a redirect.
    #[schemars(title = "Status", range(min = 0, max = 599), extend("x-pt" = pt("Status", "O status da resposta; 0 o escolhe: 200, 204 para nada, 302 para redirecionamento.")))]
    pub status: u16,
    /// Further headers of the answer.
    #[schemars(title = "Headers", extend("x-pt" = pt("Cabeçalhos", "Outros cabeçalhos da resposta."), "x-widget" = "key-values", "x-advanced" = true))]
    pub headers: Vec<NameValue>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            with: With::Automatic,
            json: Json::text("{\n  \"ok\": true\n}"),
            text: String::new(),
            file: "data".into(),
            inline: false,
            redirect_to: String::new(),
            status: 0,
            headers: Vec::new(),
        }
    }
}

pub struct Respond;

/// Headers that follow from the body and the connection.
const OWN: [&str; 8] = [
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "trailer",
    "proxy-connection",
    "x-fluxo-run",
];
/// Headers by which an answer would act on everything under the server's address: sign people out, set cookies, undo the
/// sandbox that the answer is shown in, send browsers elsewhere.
const WHOLE_SERVER: [&str; 11] = [
    "set-cookie",
    "content-security-policy",
    "content-security-policy-report-only",
    "clear-site-data",
    "strict-transport-security",
    "service-worker-allowed",
    "alt-svc",
    "nel",
    "report-to",
    "reporting-endpoints",
    "x-content-type-options",
];

/// Why a flow may not send this header (in lower case); `None` when it may.
pub fn refused(name: &str) -> Option<[String; 2]> {
    let [en, pt] = if OWN.contains(&name) {
        ["the server sets it itself", "o próprio servidor o define"]
    } else if WHOLE_SERVER.contains(&name) {
        [
            "it would act on all of Fluxo's pages, which have the same address",
            "ele agiria em todas as páginas do Fluxo, que têm o mesmo endereço",
        ]
    } else {
        return None;
    };
    Some([
        format!("The header “{name}” can't be sent: {en}. Remove it."),
        format!("O cabeçalho “{name}” não pode ser enviado: {pt}. Remova-o."),
    ])
}

impl Parameters {
    fn answer(&self, input: &Batch) -> Result<Answer, NodeError> {
        let first = input.items.first();
        let mut headers = Vec::new();
        let content_type = |mime: &str| ("content-type".to_owned(), mime.to_owned());
        let with = match self.with {
            With::Automatic if first.is_some_and(|item| !item.binary.is_empty()) => With::File,
            With::Automatic => With::FirstItem,
            chosen => chosen,
        };
        let (body, usual) = match with {
            With::FirstItem => {
                let json = first.map_or_else(|| Value::Object(Default::default()), |i| Value::Object(i.json.clone()));
                (AnswerBody::Json(json), 200)
            }
            With::AllItems => {
                let all = input.items.iter().map(|i| Value::Object(i.json.clone())).collect();
                (AnswerBody::Json(Value::Array(all)), 200)
            }
            With::Json => (AnswerBody::Json(self.json.value("The answer's “JSON”")?), 200),
            With::Text => {
                headers.push(content_type("text/plain; charset=utf-8"));
                (AnswerBody::Text(self.text.clone()), 200)
            }
            With::File => {
                let missing =
                    || NodeError::new("file_missing", "There is no item, so there is no file to answer with.");
                let item = first.ok_or_else(missing)?;
                let blob = match item.binary.values().next() {
                    // Nobody named a property: the usual one, or whichever there is.
                    Some(any) if self.with == With::Automatic => item.binary.get("data").unwrap_or(any),
                    _ => file(item, &self.file)?,
                };
                headers.push(content_type(&blob.mime));
                headers.push(("content-disposition".to_owned(), disposition(&blob.file_name, self.inline)));
                (AnswerBody::Blob(blob.clone()), 200)
            }
            With::Redirect => {
                headers.push(("location".to_owned(), self.target()?));
                (AnswerBody::Empty, 302)
            }
            With::Nothing | With::Automatic => (AnswerBody::Empty, 204),
        };
        for header in self.headers.iter().filter(|h| !h.name.trim().is_empty()) {
            let name = header.name.trim().to_ascii_lowercase();
            check_header(&name, &header.value)?;
            headers.retain(|(known, _)| *known != name);
            headers.push((name, header.value.clone()));
        }
        if self.status != 0 && !(200..=599).contains(&self.status) {
            let text = format!("The status {} is not possible for an answer. Give one from 200 to 599.", self.status);
            return Err(NodeError::new("status_range", text));
        }
        Ok(Answer { status: if self.status == 0 { usual } else { self.status }, headers, body })
    }

    fn target(&self) -> Result<String, NodeError> {
        let target = self.redirect_to.trim();
        let fits = target.starts_with("https://") || target.starts_with("http://") || target.starts_with('/');
        if !fits || target.chars().any(char::is_control) {
            let text = "The redirect has no address to go to. Give one that starts with https://, http:// or /.";
            return Err(NodeError::new("redirect_target", text));
        }
        Ok(target.to_owned())
    }
}

fn check_header(name: &str, value: &str) -> Result<(), NodeError> {
    let token = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    if !token || value.chars().any(|c| c.is_control() && c != '\t') {
        let text = format!("The header “{}” has characters that HTTP forbids. Correct it.", name.escape_default());
        return Err(NodeError::new("header_invalid", text));
    }
    match refused(name) {
        Some([text, _]) => Err(NodeError::new("header_refused", text)),
        None => Ok(()),
    }
}

/// RFC 6266: an ASCII name for old programs and the real one as UTF-8.
pub fn disposition(file_name: &str, inline: bool) -> String {
    let plain: String = file_name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '/') || c == ' ' { c } else { '_' })
        .collect();
    let encoded: String = file_name
        .bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    let kind = if inline { "inline" } else { "attachment" };
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[async_trait]
impl NodeKind for Respond {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["webhook", "answer", "reply", "return", "responder", "resposta", "retornar"]),
            ..describe::<Parameters>(
                "respond",
                ["Respond to webhook", "Responder ao webhook"],
                ["Answers the caller", "Responde a quem chamou"],
                Group::Flow,
                "corner-down-left",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let p: Parameters = context.once().await?;
        let input = context.input();
        let answer = p.answer(&input)?;
        Ok(Output { answer: Some(answer), ..Output::one(input) }.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let redirect = node.parameters.get("with").and_then(Value::as_str) == Some("redirect");
        let blank = super::describe::fixed_text(node, "redirect_to").is_some_and(|t| t.trim().is_empty());
        let message = ["Give the address to redirect to.", "Informe o endereço de destino."];
        let mut found = Vec::new();
        if redirect && blank {
            found.push(finding(node, "parameter_missing", "/redirect_to", message));
        }
        let headers = node.parameters.get("headers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (i, header) in headers.iter().enumerate() {
            let name = header.get("name").and_then(Value::as_str).unwrap_or("").trim().to_ascii_lowercase();
            if let Some([en, pt]) = refused(&name) {
                found.push(finding(node, "header_refused", &format!("/headers/{i}/name"), [&en, &pt]));
            }
        }
        found
    }
}
