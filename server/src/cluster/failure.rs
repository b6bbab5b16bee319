//! What went wrong on the cluster, each in one plain sentence with what to do.

mod sentences;

use flow::{RunError, Text};
use nodes::NodeError;
use serde_json::{Value, json};

/// Why a Job did not do what it should.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", message.en)]
pub struct Failure {
    /// Stable, `snake_case`; explained in `docs/errors.md`.
    pub code: &'static str,
    /// What happened. What to do. What the cluster itself says stands in it as it is.
    pub message: Text,
    pub details: Value,
    /// The cluster's fault rather than the container's: tried again outside the user's own count.
    pub infrastructure: bool,
}

impl Failure {
    fn new(code: &'static str, en: impl Into<String>, pt: impl Into<String>) -> Self {
        Self { code, message: Text::new(en, pt), details: Value::Null, infrastructure: false }
    }

    fn with(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    fn of_cluster(mut self) -> Self {
        self.infrastructure = true;
        self
    }

    pub fn store(error: &crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Fenced => Self::fenced(),
            other => Self::new("store", other.to_string(), other.to_string()),
        }
    }

    pub fn blob(error: &crate::blobs::BlobError) -> Self {
        Self::new("blob_failed", error.to_string(), error.to_string())
    }
}

impl From<Failure> for NodeError {
    fn from(failure: Failure) -> Self {
        let error = RunError::from(failure);
        Self::new(error.code, error.message).with_details(error.details)
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        let mut details = failure.details;
        if failure.message.pt != failure.message.en {
            match &mut details {
                Value::Object(map) => drop(map.insert("message_pt".to_owned(), failure.message.pt.into())),
                other => *other = json!({"message_pt": failure.message.pt}),
            }
        }
        Self { details, ..Self::new(failure.code, failure.message.en) }
    }
}

/// What the cluster says, as a part of a sentence.
fn said(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(cut(line.trim_end_matches('.'), 400)).filter(|line| !line.is_empty())
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_one_or_two_plain_sentences() {
        let check = |failure: Failure, en: &str, pt: &str| assert_eq!(failure.message, Text::new(en, pt));
        check(
            Failure::exit_code(3, "a\nno such file: x.\n\n"),
            "The container ended with exit code 3. Its last line: “no such file: x.”. Correct what it runs; its log says more.",
            "O contêiner terminou com o código de saída 3. Sua última linha: “no such file: x.”. Corrija o que ele executa; o log diz mais.",
        );
        check(
            Failure::exit_code(1, ""),
            "The container ended with exit code 1. It wrote nothing. Correct what it runs; its log says more.",
            "O contêiner terminou com o código de saída 1. Ele não escreveu nada. Corrija o que ele executa; o log diz mais.",
        );
        check(
            Failure::out_of_memory("64Mi"),
            "The container ran out of memory: its limit is 64Mi. Raise the memory limit, or give it less to do.",
            "O contêiner ficou sem memória: o limite dele é 64Mi. Aumente o limite de memória ou dê a ele menos trabalho.",
        );
        check(
            Failure::unschedulable("0/3 nodes are available: 3 Insufficient cpu.", &["cpu".to_owned()]),
            "No machine of the cluster can take the container (not enough cpu): 0/3 nodes are available: 3 Insufficient cpu. Ask for less, or make room.",
            "Nenhuma máquina do cluster pode receber o contêiner (falta: cpu): 0/3 nodes are available: 3 Insufficient cpu. Peça menos ou libere espaço.",
        );
        check(
            Failure::refused(" "),
            "The cluster refused the container: the cluster does not say why. Change the node, or ask the cluster's administrator to allow it.",
            "O cluster recusou o contêiner: o cluster não diz por quê. Mude o nó ou peça ao administrador do cluster que o permita.",
        );
        assert!(Failure::refused(&"x ".repeat(9_000)).message.en.len() < 700);
        assert!(Failure::evicted("").infrastructure && !Failure::out_of_memory("1Gi").infrastructure);
    }

    #[test]
    fn people_read_it_in_their_language() {
        let error = RunError::from(Failure::image_name("X Y"));
        assert_eq!((error.code.as_str(), &error.details["image"]), ("image_name", &json!("X Y")));
        assert_eq!(error.said().en, error.message);
        assert!(error.said().pt.starts_with("'X Y' não é o nome de uma imagem."), "{}", error.said().pt);
        assert_eq!(error.more(), Some(json!({"image": "X Y"})));
        let plain = NodeError::from(Failure::pod_gone());
        assert!(plain.details["message_pt"].as_str().is_some_and(|text| text.starts_with("O pod do contêiner sumiu")));
    }
}
