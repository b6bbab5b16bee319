//! The sentences, in English and Brazilian Portuguese.

use flow::Text;
use serde_json::json;

use super::{Failure, cut, said};
use crate::cluster::manifest;

/// Stands where the cluster gave no reason.
const SILENT: [&str; 2] = ["the cluster does not say why", "o cluster não diz por quê"];

impl Failure {
    pub fn off(why: &Text) -> Self {
        Self::new("cluster_off", &why.en, &why.pt)
    }

    /// Somebody else owns the run by now, or it was ended.
    pub fn fenced() -> Self {
        Self::new(
            "job_fenced",
            "Another server took this run, so this one does not go on with its Job.",
            "Outro servidor assumiu esta execução, por isso este não continua com o Job dela.",
        )
    }

    /// `why`: what the former Job failed with, in English.
    pub fn began_before(why: Option<&str>) -> Self {
        let why = why.unwrap_or_default().trim_end_matches('.');
        let [en, pt] = match why {
            "" => [String::new(), String::new()],
            why => [format!(" with “{why}”"), format!(" com “{why}”")],
        };
        Self::new(
            "at_most_once",
            format!(
                "The node's Job had failed{en} when the server stopped, and this node must never start twice. Check what it did, then retry the run."
            ),
            format!(
                "O Job do nó tinha falhado{pt} quando o servidor parou, e este nó nunca pode iniciar duas vezes. Verifique o que ele fez e depois repita a execução."
            ),
        )
    }

    pub fn no_image() -> Self {
        Self::new(
            "cluster_image_missing",
            "Files go to and from containers by Fluxo's own image, and the server does not know it. Set FLUXO_CLUSTER_IMAGE, or give the container less than 700 KB and keep no files.",
            "Os arquivos vão para os contêineres e voltam deles pela imagem do próprio Fluxo, e o servidor não a conhece. Defina FLUXO_CLUSTER_IMAGE, ou dê ao contêiner menos de 700 KB e não guarde arquivos.",
        )
    }

    pub fn no_url() -> Self {
        Self::new(
            "cluster_url_missing",
            "Pods need an address by which they reach this server, and there is none. Set FLUXO_CLUSTER_URL, or FLUXO_PUBLIC_URL.",
            "Os pods precisam de um endereço para alcançar este servidor, e não há nenhum. Defina FLUXO_CLUSTER_URL ou FLUXO_PUBLIC_URL.",
        )
    }

    pub fn too_large(bytes: usize) -> Self {
        Self::new(
            "job_input_too_large",
            format!(
                "The container is given {bytes} bytes, more than a Job can carry by itself. Set FLUXO_CLUSTER_IMAGE on the server, so that they are fetched, or give it less."
            ),
            format!(
                "O contêiner recebe {bytes} bytes, mais do que um Job pode levar consigo. Defina FLUXO_CLUSTER_IMAGE no servidor, para que sejam buscados, ou dê menos a ele."
            ),
        )
    }

    pub fn image_pull(image: &str, why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "image_pull",
            format!(
                "The image '{image}' can't be pulled: {en}. Check its name and tag, and that the cluster may read from its registry."
            ),
            format!(
                "A imagem '{image}' não pode ser baixada: {pt}. Verifique o nome e a tag dela, e se o cluster pode ler do registro."
            ),
        )
        .with(json!({"image": image}))
    }

    pub fn image_never(image: &str) -> Self {
        Self::new(
            "image_missing",
            format!(
                "The image '{image}' is not on the machine, and the pull policy forbids pulling it. Change the pull policy, or load the image."
            ),
            format!(
                "A imagem '{image}' não está na máquina, e a política de download proíbe baixá-la. Mude a política de download ou carregue a imagem."
            ),
        )
        .with(json!({"image": image}))
    }

    pub fn image_name(image: &str) -> Self {
        Self::new(
            "image_name",
            format!("'{image}' is not the name of an image. Write it as registry/name:tag, in small letters."),
            format!("'{image}' não é o nome de uma imagem. Escreva-o como registro/nome:tag, em letras minúsculas."),
        )
        .with(json!({"image": image}))
    }

    pub fn unschedulable(why: &str, resources: &[String]) -> Self {
        let [en, pt] = reason(why);
        let [what, o_que] = match resources {
            [] => [String::new(), String::new()],
            list => [format!(" (not enough {})", list.join(" and ")), format!(" (falta: {})", list.join(" e "))],
        };
        Self::new(
            "unschedulable",
            format!("No machine of the cluster can take the container{what}: {en}. Ask for less, or make room."),
            format!("Nenhuma máquina do cluster pode receber o contêiner{o_que}: {pt}. Peça menos ou libere espaço."),
        )
        .with(json!({"resources": resources}))
    }

    /// `why`: in English and in Portuguese.
    pub fn not_started(seconds: u64, why: [&str; 2]) -> Self {
        let [en, pt] = why;
        Self::new(
            "job_not_started",
            format!(
                "The container did not start within {seconds} seconds: {en}. Give it more time to start, or correct that."
            ),
            format!(
                "O contêiner não iniciou em {seconds} segundos: {pt}. Dê a ele mais tempo para iniciar ou corrija isso."
            ),
        )
    }

    pub fn out_of_memory(limit: &str) -> Self {
        let [en, pt] = match limit {
            "" => [
                "The container ran out of memory: the machine had no more. Give it a memory request that fits, or less to do.".to_owned(),
                "O contêiner ficou sem memória: a máquina não tinha mais. Dê a ele um pedido de memória adequado ou menos trabalho.".to_owned(),
            ],
            limit => [
                format!("The container ran out of memory: its limit is {limit}. Raise the memory limit, or give it less to do."),
                format!("O contêiner ficou sem memória: o limite dele é {limit}. Aumente o limite de memória ou dê a ele menos trabalho."),
            ],
        };
        Self::new("out_of_memory", en, pt).with(json!({"limit": limit}))
    }

    pub fn deadline(seconds: u64) -> Self {
        Self::new(
            "job_deadline",
            format!(
                "The Job was stopped after {seconds} seconds, as long as it may take. Raise its time limit, or give it less to do."
            ),
            format!(
                "O Job foi interrompido após {seconds} segundos, o máximo que ele pode levar. Aumente o limite de tempo dele ou dê a ele menos trabalho."
            ),
        )
        .with(json!({"seconds": seconds}))
    }

    /// `last`: the last lines of the log.
    pub fn exit_code(code: i32, last: &str) -> Self {
        let shown = last.lines().rev().find(|line| !line.trim().is_empty()).map(|line| cut(line.trim(), 300));
        let [en, pt] = match shown {
            None => ["It wrote nothing".to_owned(), "Ele não escreveu nada".to_owned()],
            Some(line) => [format!("Its last line: “{line}”"), format!("Sua última linha: “{line}”")],
        };
        let [hint, dica] = match code {
            126 | 127 => [
                "The command was not found or can't be run: check it, and that the image has it.",
                "O comando não foi encontrado ou não pode ser executado: verifique-o, e se a imagem o tem.",
            ],
            _ => ["Correct what it runs; its log says more.", "Corrija o que ele executa; o log diz mais."],
        };
        Self::new(
            "job_exit_code",
            format!("The container ended with exit code {code}. {en}. {hint}"),
            format!("O contêiner terminou com o código de saída {code}. {pt}. {dica}"),
        )
        .with(json!({"exit_code": code, "log": last}))
    }

    pub fn cannot_start(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "container_start",
            format!("The container could not be started: {en}. Check its command and image."),
            format!("O contêiner não pôde ser iniciado: {pt}. Verifique o comando e a imagem dele."),
        )
    }

    pub fn root(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "container_root",
            format!(
                "The image wants to run as root, which Jobs of Fluxo may not: {en}. Give a user id in the node, or use an image for an ordinary user."
            ),
            format!(
                "A imagem quer executar como root, o que os Jobs do Fluxo não podem: {pt}. Informe um id de usuário no nó ou use uma imagem para um usuário comum."
            ),
        )
    }

    pub fn missing_object(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "object_missing",
            format!(
                "The container could not be started because something that it needs is missing: {en}. Create it in the namespace, or start the run again."
            ),
            format!(
                "O contêiner não pôde ser iniciado porque falta algo de que ele precisa: {pt}. Crie-o no namespace ou inicie a execução de novo."
            ),
        )
        .of_cluster()
    }

    pub fn refused(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "job_refused",
            format!(
                "The cluster refused the container: {en}. Change the node, or ask the cluster's administrator to allow it."
            ),
            format!(
                "O cluster recusou o contêiner: {pt}. Mude o nó ou peça ao administrador do cluster que o permita."
            ),
        )
    }

    pub fn quota(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "job_quota",
            format!(
                "The namespace's quota leaves no room for the container: {en}. Ask for less, wait for other Jobs to end, or raise the quota."
            ),
            format!(
                "A cota do namespace não deixa espaço para o contêiner: {pt}. Peça menos, espere outros Jobs terminarem ou aumente a cota."
            ),
        )
    }

    pub fn forbidden(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "cluster_forbidden",
            format!(
                "The server may not do this on the cluster: {en}. Give its service account the role of the chart (Jobs, pods and their logs, events, Secrets in one namespace)."
            ),
            format!(
                "O servidor não pode fazer isto no cluster: {pt}. Dê à conta de serviço dele o papel do chart (Jobs, pods e seus logs, eventos, Secrets em um namespace)."
            ),
        )
    }

    pub fn invalid(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "job_invalid",
            format!("The cluster does not take this Job: {en}. Correct the node's parameters."),
            format!("O cluster não aceita este Job: {pt}. Corrija os parâmetros do nó."),
        )
    }

    pub fn evicted(why: &str) -> Self {
        let [en, pt] = reason(why);
        Self::new(
            "job_evicted",
            format!(
                "The cluster removed the container from its machine: {en}. Give it requests that fit its use, or run it again."
            ),
            format!(
                "O cluster removeu o contêiner da máquina: {pt}. Dê a ele pedidos de recursos adequados ao uso ou execute-o de novo."
            ),
        )
        .of_cluster()
    }

    pub fn node_lost(node: &str) -> Self {
        Self::new(
            "node_lost",
            format!(
                "The machine '{node}' was lost while the container worked. Run it again; if it happens often, tell the cluster's administrator."
            ),
            format!(
                "A máquina '{node}' se perdeu enquanto o contêiner trabalhava. Execute de novo; se acontecer com frequência, avise o administrador do cluster."
            ),
        )
        .with(json!({"node": node}))
        .of_cluster()
    }

    pub fn pod_gone() -> Self {
        Self::new(
            "pod_gone",
            "The container's pod disappeared before it ended. Run it again; if nobody deleted it, its machine was taken away.",
            "O pod do contêiner sumiu antes de terminar. Execute de novo; se ninguém o apagou, a máquina dele foi retirada.",
        )
        .of_cluster()
    }

    pub fn vanished(name: &str) -> Self {
        Self::new(
            "job_vanished",
            format!(
                "The Job '{name}' was deleted on the cluster before its result was read. Run it again; nobody but Fluxo should delete its Jobs."
            ),
            format!(
                "O Job '{name}' foi apagado no cluster antes que o resultado fosse lido. Execute de novo; ninguém além do Fluxo deve apagar os Jobs dele."
            ),
        )
    }

    pub fn name_taken(name: &str) -> Self {
        Self::new(
            "job_name_taken",
            format!(
                "The cluster has a Job '{name}' that this server did not ask for. Delete it, or give this installation a namespace of its own."
            ),
            format!(
                "O cluster tem um Job '{name}' que este servidor não pediu. Apague-o ou dê a esta instalação um namespace próprio."
            ),
        )
    }

    /// `why`: in English and in Portuguese.
    pub fn log_unreadable(why: [&str; 2]) -> Self {
        let [en, pt] = why;
        Self::new(
            "job_log_unreadable",
            format!(
                "The container ended well, but its output can't be read: {}. Run it again; to keep large results, write them to files.",
                reason(en)[0]
            ),
            format!(
                "O contêiner terminou bem, mas a saída dele não pode ser lida: {}. Execute de novo; para guardar resultados grandes, escreva-os em arquivos.",
                reason(pt)[1]
            ),
        )
    }

    /// `what`: the helper's role.
    pub fn helper(what: &str, code: i32, last: &str) -> Self {
        let [en, pt] = match what {
            manifest::FETCH => [
                "The files for the container could not be fetched from the server",
                "Os arquivos para o contêiner não puderam ser buscados do servidor",
            ],
            _ => [
                "The container's files could not be sent to the server",
                "Os arquivos do contêiner não puderam ser enviados ao servidor",
            ],
        };
        let last = last.lines().last().and_then(said);
        let or = |silent: &str| last.clone().unwrap_or_else(|| silent.to_owned());
        Self::new(
            "job_files",
            format!(
                "{en}: {}. Check that pods reach the server at FLUXO_CLUSTER_URL and that FLUXO_CLUSTER_IMAGE is this version's image.",
                or("it said nothing")
            ),
            format!(
                "{pt}: {}. Verifique se os pods alcançam o servidor em FLUXO_CLUSTER_URL e se FLUXO_CLUSTER_IMAGE é a imagem desta versão.",
                or("nada foi dito")
            ),
        )
        .with(json!({"exit_code": code}))
    }
}

/// What the cluster says in both sentences.
fn reason(why: &str) -> [String; 2] {
    said(why).map_or(SILENT.map(str::to_owned), |why| [why.clone(), why])
}
