//! The parameters of the Kubernetes Job.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::common::NameValue;
use crate::kinds::describe::{choice, pt, when};

choice! {
    /// How often the container runs.
    pub enum Mode {
        #[default]
        AllItems = "all_items", "Once for all items", "Uma vez para todos os itens";
        EachItem = "each_item", "Once for each item", "Uma vez para cada item";
    }
}

choice! {
    /// What becomes the node's items.
    pub enum OutputFrom {
        #[default]
        Json = "json", "What it writes: one JSON value", "O que ele escreve: um valor JSON";
        JsonLines = "json_lines", "What it writes: one JSON value a line", "O que ele escreve: um valor JSON por linha";
        Text = "text", "What it writes: text", "O que ele escreve: texto";
        Files = "files", "The files in its output folder", "Os arquivos na sua pasta de saída";
    }
}

choice! {
    /// When the image is pulled.
    pub enum PullPolicy {
        #[default]
        IfNotPresent = "IfNotPresent", "If the machine does not have it", "Se a máquina não a tiver";
        Always = "Always", "Always", "Sempre";
        Never = "Never", "Never", "Nunca";
    }
}

choice! {
    /// How many credentials the container gets something of.
    pub enum Credentials {
        #[default]
        None = "none", "None", "Nenhuma";
        One = "one", "One", "Uma";
        Two = "two", "Two", "Duas";
    }
}

choice! {
    /// Which of the node's credentials.
    pub enum Which {
        #[default]
        First = "first", "The first", "A primeira";
        Second = "second", "The second", "A segunda";
    }
}

choice! {
    /// A field of a credential.
    pub enum SecretField {
        #[default]
        Password = "password", "Password", "Senha";
        User = "user", "User", "Usuário";
        Token = "token", "Token", "Token";
        Value = "value", "Value", "Valor";
        Secret = "secret", "Secret", "Segredo";
        Key = "key", "Key", "Chave";
        Certificate = "certificate", "Certificate", "Certificado";
    }
}

impl SecretField {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::User => "user",
            Self::Token => "token",
            Self::Value => "value",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Certificate => "certificate",
        }
    }
}

/// An argument.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Argument {
    /// One argument, as it is: no quotes, no shell. $(NAME) stands for a variable of the environment.
    #[schemars(title = "Argument", extend("x-pt" = pt("Argumento", "Um argumento, como ele é: sem aspas, sem shell. $(NOME) representa uma variável do ambiente.")))]
    pub value: String,
}

/// A variable whose value is a field of a credential.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecretVariable {
    /// The variable's name.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome da variável.")))]
    pub name: String,
    /// Which credential.
    #[schemars(title = "Credential", extend("x-pt" = pt("Credencial", "Qual credencial.")))]
    pub credential: Which,
    /// Which of its fields.
    #[schemars(title = "Field", extend("x-pt" = pt("Campo", "Qual dos seus campos.")))]
    pub field: SecretField,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The container's image, with its registry and a tag.
    #[schemars(title = "Image", extend("x-pt" = pt("Imagem", "A imagem do contêiner, com seu registro e uma tag."), "x-widget" = "text", "x-placeholder" = "docker.io/library/python:3.14-slim"))]
    pub image: String,
    /// What is run instead of the image's own entry point: the program, then what always follows it. Empty: the image
    /// decides.
    #[schemars(title = "Command", extend("x-pt" = pt("Comando", "O que é executado em vez do ponto de entrada da imagem: o programa e o que sempre o segue. Vazio: a imagem decide.")))]
    pub command: Vec<Argument>,
    /// What the program is given.
    #[schemars(title = "Arguments", extend("x-pt" = pt("Argumentos", "O que o programa recebe.")))]
    pub arguments: Vec<Argument>,
    /// Variables of its environment. FLUXO_INPUT, FLUXO_FILES and FLUXO_OUTPUT are set by Fluxo.
    #[schemars(title = "Environment", extend("x-pt" = pt("Ambiente", "Variáveis do seu ambiente. FLUXO_INPUT, FLUXO_FILES e FLUXO_OUTPUT são definidas pelo Fluxo."), "x-widget" = "key-values"))]
    pub environment: Vec<NameValue>,
    /// How many credentials the container gets something of, as variables of its environment.
    #[schemars(title = "Credentials", extend("x-pt" = pt("Credenciais", "De quantas credenciais o contêiner recebe algo, como variáveis do seu ambiente."), "x-no-expression" = true))]
    pub credentials: Credentials,
    /// Variables with what is secret. The values are masked in what the container writes.
    #[schemars(title = "Secret environment", extend("x-pt" = pt("Ambiente secreto", "Variáveis com o que é secreto. Os valores são mascarados no que o contêiner escreve."), "x-show-when" = when("/credentials", &["one", "two"])))]
    pub secret_environment: Vec<SecretVariable>,
    /// Whether one container gets all items, or each item its own.
    #[schemars(title = "Run", extend("x-pt" = pt("Executar", "Se um contêiner recebe todos os itens ou cada item tem o seu."), "x-no-expression" = true))]
    pub mode: Mode,
    /// Containers at work at the same time.
    #[schemars(title = "At once", range(min = 1, max = 100), extend("x-pt" = pt("Ao mesmo tempo", "Contêineres trabalhando ao mesmo tempo."), "x-show-when" = when("/mode", &["each_item"]), "x-no-expression" = true))]
    pub at_once: u32,
    /// The items' fields as a JSON file; the variable FLUXO_INPUT has its path. Once for all items it is a list, else one
    /// object.
    #[schemars(title = "Give the items", extend("x-pt" = pt("Entregar os itens", "Os campos dos itens como um arquivo JSON; a variável FLUXO_INPUT traz o caminho. Uma vez para todos os itens é uma lista; senão, um objeto.")))]
    pub give_items: bool,
    /// The items' files in the folder that the variable FLUXO_FILES has, each as property/name; once for all items below the
    /// item's position: 0/data/report.pdf.
    #[schemars(title = "Give the files", extend("x-pt" = pt("Entregar os arquivos", "Os arquivos dos itens na pasta que a variável FLUXO_FILES traz, cada um como propriedade/nome; uma vez para todos os itens, abaixo da posição do item: 0/data/report.pdf.")))]
    pub give_files: bool,
    /// What becomes the node's items. The cluster keeps both output streams of a container as one: with JSON, lines before it
    /// are taken as its log. Files are those in the folder that the variable FLUXO_OUTPUT has, one item each.
    #[schemars(title = "Output", extend("x-pt" = pt("Saída", "O que vira os itens do nó. O cluster guarda os dois fluxos de saída de um contêiner como um só: com JSON, as linhas antes dele são tomadas como seu log. Arquivos são os da pasta que a variável FLUXO_OUTPUT traz, um item cada."), "x-no-expression" = true))]
    pub output: OutputFrom,
    /// Adds the field job to each item: name, exit code, duration, machine, tries.
    #[schemars(title = "Add facts about the Job", extend("x-pt" = pt("Incluir dados do Job", "Inclui o campo job em cada item: nome, código de saída, duração, máquina, tentativas."), "x-advanced" = true))]
    pub add_job: bool,
    /// CPU that the cluster keeps free for it: 500m is half a core.
    #[schemars(title = "CPU request", extend("x-pt" = pt("CPU reservada", "CPU que o cluster reserva para ele: 500m é meio núcleo."), "x-widget" = "text", "x-placeholder" = "250m", "x-advanced" = true))]
    pub cpu_request: String,
    /// CPU that it may use at most; blank for no limit.
    #[schemars(title = "CPU limit", extend("x-pt" = pt("Limite de CPU", "CPU que ele pode usar no máximo; em branco, sem limite."), "x-widget" = "text", "x-placeholder" = "1", "x-advanced" = true))]
    pub cpu_limit: String,
    /// Memory that the cluster keeps free for it.
    #[schemars(title = "Memory request", extend("x-pt" = pt("Memória reservada", "Memória que o cluster reserva para ele."), "x-widget" = "text", "x-placeholder" = "128Mi", "x-advanced" = true))]
    pub memory_request: String,
    /// Memory that it may use at most; the container is stopped when it needs more. Blank for no limit.
    #[schemars(title = "Memory limit", extend("x-pt" = pt("Limite de memória", "Memória que ele pode usar no máximo; o contêiner é parado quando precisa de mais. Em branco, sem limite."), "x-widget" = "text", "x-placeholder" = "512Mi", "x-advanced" = true))]
    pub memory_limit: String,
    /// Size of the folders that it may write: /tmp, and that of FLUXO_OUTPUT. Everything else is read only.
    #[schemars(title = "Scratch space", extend("x-pt" = pt("Espaço temporário", "Tamanho das pastas que ele pode escrever: /tmp e a de FLUXO_OUTPUT. Todo o resto é somente leitura."), "x-widget" = "text", "x-advanced" = true))]
    pub scratch: String,
    /// Seconds that the Job may take, from its start on the cluster to its end.
    #[schemars(title = "Time limit", range(min = 1, max = 604800), extend("x-pt" = pt("Limite de tempo", "Segundos que o Job pode levar, do início no cluster ao fim."), "x-advanced" = true))]
    pub timeout_s: u32,
    /// Seconds that may pass until the container starts: room on the cluster must be found and the image pulled.
    #[schemars(title = "Start within", range(min = 1, max = 604800), extend("x-pt" = pt("Iniciar em até", "Segundos que podem passar até o contêiner iniciar: é preciso achar lugar no cluster e baixar a imagem."), "x-advanced" = true))]
    pub start_within_s: u32,
    /// When the image is pulled.
    #[schemars(title = "Pull the image", extend("x-pt" = pt("Baixar a imagem", "Quando a imagem é baixada."), "x-advanced" = true))]
    pub pull_policy: PullPolicy,
    /// Id of the user that the container runs as; never 0, which is root.
    #[schemars(title = "User id", range(min = 1, max = 2147483647), extend("x-pt" = pt("Id do usuário", "Id do usuário com que o contêiner roda; nunca 0, que é root."), "x-advanced" = true))]
    pub user: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            image: String::new(),
            command: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            credentials: Credentials::None,
            secret_environment: Vec::new(),
            mode: Mode::AllItems,
            at_once: 5,
            give_items: true,
            give_files: false,
            output: OutputFrom::Json,
            add_job: true,
            cpu_request: "100m".into(),
            cpu_limit: String::new(),
            memory_request: "128Mi".into(),
            memory_limit: "512Mi".into(),
            scratch: "1Gi".into(),
            timeout_s: 3_600,
            start_within_s: 300,
            pull_policy: PullPolicy::IfNotPresent,
            user: 65_532,
        }
    }
}
