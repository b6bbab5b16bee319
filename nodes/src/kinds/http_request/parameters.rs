//! The parameters of the HTTP request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::common::{Field, Json, NameValue};
use crate::kinds::describe::{choice, pt, when};

choice! {
    /// HTTP methods.
    pub enum Method {
        #[default]
        Get = "GET", "GET", "GET";
        Post = "POST", "POST", "POST";
        Put = "PUT", "PUT", "PUT";
        Patch = "PATCH", "PATCH", "PATCH";
        Delete = "DELETE", "DELETE", "DELETE";
        Head = "HEAD", "HEAD", "HEAD";
        Options = "OPTIONS", "OPTIONS", "OPTIONS";
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
            Self::Options => "OPTIONS",
        }
    }
}

choice! {
    /// How the request shows who sends it.
    pub enum Authentication {
        #[default]
        None = "none", "None", "Nenhuma";
        Basic = "basic", "Basic (user and password)", "Basic (usuário e senha)";
        Bearer = "bearer", "Bearer token", "Token Bearer";
        Header = "header", "A header", "Um cabeçalho";
        Query = "query", "A query parameter", "Um parâmetro da consulta";
        Digest = "digest", "Digest (user and password)", "Digest (usuário e senha)";
    }
}

choice! {
    /// How names and values are given.
    pub enum GivenAs {
        #[default]
        Fields = "fields", "As fields", "Como campos";
        Json = "json", "As JSON", "Como JSON";
    }
}

choice! {
    /// What the request carries.
    pub enum BodyKind {
        #[default]
        None = "none", "None", "Nenhum";
        Json = "json", "JSON", "JSON";
        Form = "form", "Form (URL-encoded)", "Formulário (URL-encoded)";
        Multipart = "multipart", "Form with files (multipart)", "Formulário com arquivos (multipart)";
        Raw = "raw", "Text as it is", "Texto como está";
        File = "file", "A file", "Um arquivo";
    }
}

choice! {
    /// What a part of a multipart body is.
    pub enum PartKind {
        #[default]
        Text = "text", "Text", "Texto";
        File = "file", "File of the item", "Arquivo do item";
    }
}

choice! {
    /// How the response is read.
    pub enum ResponseAs {
        #[default]
        Auto = "auto", "By its content type", "Pelo tipo de conteúdo";
        Json = "json", "JSON", "JSON";
        Text = "text", "Text", "Texto";
        File = "file", "File", "Arquivo";
    }
}

choice! {
    /// How the next page is found.
    pub enum PageMode {
        #[default]
        Off = "off", "One request only", "Uma só requisição";
        NextUrl = "next_url", "The response has the next address", "A resposta traz o próximo endereço";
        Parameter = "parameter", "A parameter changes with each page", "Um parâmetro muda a cada página";
        Link = "link", "The Link header (RFC 8288)", "O cabeçalho Link (RFC 8288)";
    }
}

choice! {
    /// When a changing parameter has reached the end.
    pub enum PageEnd {
        #[default]
        Empty = "empty", "The response is empty", "A resposta está vazia";
        Status = "status", "The response has a certain status", "A resposta tem um certo status";
        Expression = "expression", "An expression is true", "Uma expressão é verdadeira";
    }
}

choice! {
    /// Where a changing parameter goes.
    pub enum Place {
        #[default]
        Query = "query", "Query", "Consulta";
        Header = "header", "Header", "Cabeçalho";
        Body = "body", "Body", "Corpo";
    }
}

/// A part of a multipart body.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Part {
    /// The part's name.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome da parte.")))]
    pub name: String,
    /// Whether the part is a text or a file of the item.
    #[schemars(title = "Kind", extend("x-pt" = pt("Tipo", "Se a parte é um texto ou um arquivo do item.")))]
    pub kind: PartKind,
    /// The text, or the item's property that holds the file.
    #[schemars(title = "Value", extend("x-pt" = pt("Valor", "O texto, ou a propriedade do item que contém o arquivo.")))]
    pub value: String,
}

/// A parameter that changes with each page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PageParameter {
    /// Where it goes.
    #[schemars(title = "Place", extend("x-pt" = pt("Lugar", "Para onde vai.")))]
    pub place: Place,
    /// Its name.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "Seu nome.")))]
    pub name: String,
    /// JavaScript for its value; $pageCount is 0 for the first page, $response is the former page's answer.
    #[schemars(title = "Value (expression)", extend("x-pt" = pt("Valor (expressão)", "JavaScript para seu valor; $pageCount é 0 na primeira página, $response é a resposta da página anterior."), "x-widget" = "expression", "x-no-expression" = true, "x-placeholder" = "$pageCount + 1"))]
    pub value: String,
}

/// Following pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Pagination {
    /// How the next page is found.
    #[schemars(title = "Next page", extend("x-pt" = pt("Próxima página", "Como a próxima página é encontrada."), "x-no-expression" = true))]
    pub mode: PageMode,
    /// JavaScript for the next address, from $response.body, $response.headers and $response.statusCode; nothing ends it.
    #[schemars(title = "Next address (expression)", extend("x-pt" = pt("Próximo endereço (expressão)", "JavaScript para o próximo endereço, a partir de $response.body, $response.headers e $response.statusCode; vazio encerra."), "x-widget" = "expression", "x-no-expression" = true, "x-placeholder" = "$response.body.next", "x-show-when" = when("/pagination/mode", &["next_url"])))]
    pub next_url: String,
    /// What changes with each page.
    #[schemars(title = "Parameters", extend("x-pt" = pt("Parâmetros", "O que muda a cada página."), "x-show-when" = when("/pagination/mode", &["parameter"])))]
    pub parameters: Vec<PageParameter>,
    /// When the last page is reached.
    #[schemars(title = "Ends when", extend("x-pt" = pt("Termina quando", "Quando a última página foi alcançada."), "x-show-when" = when("/pagination/mode", &["parameter"])))]
    pub end: PageEnd,
    /// Statuses that end it, separated by commas.
    #[schemars(title = "Ending statuses", extend("x-pt" = pt("Status que encerram", "Status que encerram, separados por vírgulas."), "x-show-when" = when("/pagination/end", &["status"])))]
    pub end_statuses: String,
    /// JavaScript that is true at the last page, from $response and $pageCount.
    #[schemars(title = "Ends when (expression)", extend("x-pt" = pt("Termina quando (expressão)", "JavaScript que é verdadeiro na última página, a partir de $response e $pageCount."), "x-widget" = "expression", "x-no-expression" = true, "x-placeholder" = "!$response.body.has_more", "x-show-when" = when("/pagination/end", &["expression"])))]
    pub end_when: String,
    /// Most pages that are read.
    #[schemars(title = "At most", range(min = 1, max = 10000), extend("x-pt" = pt("No máximo", "Quantas páginas, no máximo, são lidas."), "x-show-when" = when("/pagination/mode", &["next_url", "parameter", "link"])))]
    pub max_pages: u32,
    /// Milliseconds between two pages.
    #[schemars(title = "Pause", extend("x-pt" = pt("Pausa", "Milissegundos entre duas páginas."), "x-show-when" = when("/pagination/mode", &["next_url", "parameter", "link"])))]
    pub wait_ms: u64,
}

impl Default for Pagination {
    fn default() -> Self {
        Self {
            mode: PageMode::Off,
            next_url: String::new(),
            parameters: vec![PageParameter {
                name: "page".into(),
                value: "$pageCount + 1".into(),
                ..Default::default()
            }],
            end: PageEnd::Empty,
            end_statuses: "404".into(),
            end_when: String::new(),
            max_pages: 100,
            wait_ms: 0,
        }
    }
}

/// Trying again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Retries {
    /// Attempts in all; more than one tries again after lost connections and the statuses 408, 425, 429, 500, 502, 503, 504.
    #[schemars(title = "Attempts", range(min = 1, max = 20), extend("x-pt" = pt("Tentativas", "Tentativas ao todo; mais de uma repete após conexões perdidas e os status 408, 425, 429, 500, 502, 503, 504.")))]
    pub tries: u32,
    /// Milliseconds before the second attempt; each further wait is twice as long. A Retry-After of the server goes first.
    #[schemars(title = "Wait", extend("x-pt" = pt("Espera", "Milissegundos antes da segunda tentativa; cada espera seguinte é o dobro. Um Retry-After do servidor tem precedência.")))]
    pub wait_ms: u64,
    /// Longest wait in seconds; when the server asks for more, the request fails.
    #[schemars(title = "Longest wait", extend("x-pt" = pt("Espera máxima", "Espera mais longa em segundos; se o servidor pedir mais, a requisição falha.")))]
    pub max_wait_s: u64,
}

impl Default for Retries {
    fn default() -> Self {
        Self { tries: 1, wait_ms: 1_000, max_wait_s: 60 }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The method.
    #[schemars(title = "Method", extend("x-pt" = pt("Método", "O método.")))]
    pub method: Method,
    /// The address, with http:// or https://.
    #[schemars(title = "URL", extend("x-pt" = pt("URL", "O endereço, com http:// ou https://."), "x-placeholder" = "https://api.example.com/orders"))]
    pub url: String,
    /// How the request shows who sends it; the secret comes from a credential.
    #[schemars(title = "Authentication", extend("x-pt" = pt("Autenticação", "Como a requisição mostra quem a envia; o segredo vem de uma credencial."), "x-no-expression" = true))]
    pub authentication: Authentication,
    /// Shows a client certificate to the server (mTLS), beside the authentication above.
    #[schemars(title = "Client certificate (mTLS)", extend("x-pt" = pt("Certificado do cliente (mTLS)", "Apresenta um certificado de cliente ao servidor (mTLS), além da autenticação acima."), "x-no-expression" = true, "x-advanced" = true))]
    pub client_certificate: bool,
    /// Whether query parameters are given as fields or as JSON.
    #[schemars(title = "Query parameters", extend("x-pt" = pt("Parâmetros da consulta", "Se os parâmetros da consulta são dados como campos ou como JSON."), "x-no-expression" = true))]
    pub query_as: GivenAs,
    /// Query parameters, added to those in the URL.
    #[schemars(title = "Query", extend("x-pt" = pt("Consulta", "Parâmetros da consulta, somados aos da URL."), "x-widget" = "key-values", "x-show-when" = when("/query_as", &["fields"])))]
    pub query: Vec<NameValue>,
    /// Query parameters as a JSON object; a list repeats its name.
    #[schemars(title = "Query as JSON", extend("x-pt" = pt("Consulta como JSON", "Parâmetros da consulta como objeto JSON; uma lista repete o nome."), "x-show-when" = when("/query_as", &["json"])))]
    pub query_json: Json,
    /// Whether headers are given as fields or as JSON.
    #[schemars(title = "Header fields", extend("x-pt" = pt("Campos do cabeçalho", "Se os cabeçalhos são dados como campos ou como JSON."), "x-no-expression" = true))]
    pub headers_as: GivenAs,
    /// Headers to send.
    #[schemars(title = "Headers", extend("x-pt" = pt("Cabeçalhos", "Cabeçalhos a enviar."), "x-widget" = "key-values", "x-show-when" = when("/headers_as", &["fields"])))]
    pub headers: Vec<NameValue>,
    /// Headers as a JSON object.
    #[schemars(title = "Headers as JSON", extend("x-pt" = pt("Cabeçalhos como JSON", "Cabeçalhos como objeto JSON."), "x-show-when" = when("/headers_as", &["json"])))]
    pub headers_json: Json,
    /// What the request carries.
    #[schemars(title = "Body", extend("x-pt" = pt("Corpo", "O que a requisição leva."), "x-no-expression" = true))]
    pub body: BodyKind,
    /// Whether the body is given as fields or as JSON.
    #[schemars(title = "Give body", extend("x-pt" = pt("Informar corpo", "Se o corpo é dado como campos ou como JSON."), "x-no-expression" = true, "x-show-when" = when("/body", &["json", "form"])))]
    pub body_as: GivenAs,
    /// The body's fields.
    #[schemars(title = "Body fields", extend("x-pt" = pt("Campos do corpo", "Os campos do corpo."), "x-widget" = "key-values", "x-show-when" = {"/body": ["json", "form"], "/body_as": ["fields"]}))]
    pub fields: Vec<Field>,
    /// The body as JSON.
    #[schemars(title = "Body as JSON", extend("x-pt" = pt("Corpo como JSON", "O corpo como JSON."), "x-show-when" = {"/body": ["json", "form"], "/body_as": ["json"]}))]
    pub json: Json,
    /// The parts of the form.
    #[schemars(title = "Parts", extend("x-pt" = pt("Partes", "As partes do formulário."), "x-show-when" = when("/body", &["multipart"])))]
    pub parts: Vec<Part>,
    /// The text to send.
    #[schemars(title = "Text", extend("x-pt" = pt("Texto", "O texto a enviar."), "x-widget" = "multiline", "x-show-when" = when("/body", &["raw"])))]
    pub raw: String,
    /// The text's content type.
    #[schemars(title = "Content type", extend("x-pt" = pt("Tipo de conteúdo", "O tipo de conteúdo do texto."), "x-show-when" = when("/body", &["raw"])))]
    pub raw_type: String,
    /// The item's file to send.
    #[schemars(title = "File property", extend("x-pt" = pt("Propriedade do arquivo", "O arquivo do item a enviar."), "x-widget" = "binary-property", "x-show-when" = when("/body", &["file"])))]
    pub file: String,
    /// How the response is read. A JSON list becomes one item for each element.
    #[schemars(title = "Response", extend("x-pt" = pt("Resposta", "Como a resposta é lida. Uma lista JSON vira um item para cada elemento.")))]
    pub response: ResponseAs,
    /// Name for a response that is a text or a file.
    #[schemars(title = "Put response into", extend("x-pt" = pt("Colocar resposta em", "Nome para uma resposta que é texto ou arquivo."), "x-advanced" = true))]
    pub property: String,
    /// Gives statusCode, statusMessage, headers and body instead of the body alone.
    #[schemars(title = "Status and headers too", extend("x-pt" = pt("Também status e cabeçalhos", "Dá statusCode, statusMessage, headers e body em vez de só o corpo."), "x-advanced" = true))]
    pub full: bool,
    /// Takes a status of 400 and above as a result, not as an error.
    #[schemars(title = "Never an error by status", extend("x-pt" = pt("Status nunca é erro", "Toma um status de 400 ou mais como resultado, não como erro."), "x-advanced" = true))]
    pub never_error: bool,
    /// Reading several pages.
    #[schemars(title = "Pages", extend("x-pt" = pt("Páginas", "Leitura de várias páginas."), "x-advanced" = true))]
    pub pagination: Pagination,
    /// Trying again after failures that may pass.
    #[schemars(title = "Retries", extend("x-pt" = pt("Novas tentativas", "Tentar de novo após falhas passageiras."), "x-advanced" = true))]
    pub retry: Retries,
    /// Requests that are under way at once.
    #[schemars(title = "At once", range(min = 1, max = 100), extend("x-pt" = pt("Ao mesmo tempo", "Requisições em andamento ao mesmo tempo."), "x-no-expression" = true, "x-advanced" = true))]
    pub concurrency: u32,
    /// Items per batch; a pause follows each batch. 0: no batches.
    #[schemars(title = "Batch size", extend("x-pt" = pt("Tamanho do lote", "Itens por lote; após cada lote há uma pausa. 0: sem lotes."), "x-no-expression" = true, "x-advanced" = true))]
    pub batch_size: u32,
    /// Milliseconds between two batches.
    #[schemars(title = "Pause between batches", extend("x-pt" = pt("Pausa entre lotes", "Milissegundos entre dois lotes."), "x-no-expression" = true, "x-advanced" = true))]
    pub batch_wait_ms: u64,
    /// Seconds until the server must have answered.
    #[schemars(title = "Time limit", range(min = 1, max = 3600), extend("x-pt" = pt("Limite de tempo", "Segundos até o servidor ter respondido."), "x-advanced" = true))]
    pub timeout_s: u64,
    /// Redirects that are followed; 0 gives the redirect itself.
    #[schemars(title = "Redirects", range(min = 0, max = 50), extend("x-pt" = pt("Redirecionamentos", "Redirecionamentos que são seguidos; 0 devolve o próprio redirecionamento."), "x-advanced" = true))]
    pub max_redirects: u32,
    /// A proxy: http://host:port or socks5://host:port.
    #[schemars(title = "Proxy", extend("x-pt" = pt("Proxy", "Um proxy: http://host:porta ou socks5://host:porta."), "x-placeholder" = "http://proxy.example.com:3128", "x-advanced" = true))]
    pub proxy: String,
    /// The proxy asks for a user and a password; they come from a credential.
    #[schemars(title = "Proxy asks for a password", extend("x-pt" = pt("O proxy pede senha", "O proxy pede usuário e senha; eles vêm de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub proxy_password: bool,
    /// Accepts any certificate of the server. Anybody in between can then read and change everything.
    #[schemars(title = "Accept any certificate", extend("x-pt" = pt("Aceitar qualquer certificado", "Aceita qualquer certificado do servidor. Assim, quem estiver no caminho pode ler e mudar tudo."), "x-advanced" = true))]
    pub ignore_tls: bool,
    /// Certificates (PEM) to trust beside the system's.
    #[schemars(title = "Further trusted certificates", extend("x-pt" = pt("Outros certificados confiáveis", "Certificados (PEM) em que confiar além dos do sistema."), "x-widget" = "multiline", "x-advanced" = true))]
    pub trusted: String,
    /// Sends an Idempotency-Key that stays the same when the step is tried again.
    #[schemars(title = "Idempotency key", extend("x-pt" = pt("Chave de idempotência", "Envia um Idempotency-Key que continua o mesmo quando o passo é repetido."), "x-advanced" = true))]
    pub idempotency_key: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            method: Method::Get,
            url: String::new(),
            authentication: Authentication::None,
            client_certificate: false,
            query_as: GivenAs::Fields,
            query: Vec::new(),
            query_json: Json::text("{}"),
            headers_as: GivenAs::Fields,
            headers: Vec::new(),
            headers_json: Json::text("{}"),
            body: BodyKind::None,
            body_as: GivenAs::Fields,
            fields: Vec::new(),
            json: Json::text("{}"),
            parts: Vec::new(),
            raw: String::new(),
            raw_type: "text/plain; charset=utf-8".into(),
            file: "data".into(),
            response: ResponseAs::Auto,
            property: "data".into(),
            full: false,
            never_error: false,
            pagination: Pagination::default(),
            retry: Retries::default(),
            concurrency: 10,
            batch_size: 0,
            batch_wait_ms: 1_000,
            timeout_s: 60,
            max_redirects: 10,
            proxy: String::new(),
            proxy_password: false,
            ignore_tls: false,
            trusted: String::new(),
            idempotency_key: false,
        }
    }
}
