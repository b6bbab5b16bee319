//! Paths with parameters: `orders/:id/items`.

use std::collections::HashMap;

use crate::error::NodeError;

/// The path that a webhook listens on, without slashes around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Decoded.
    Fixed(String),
    Parameter(String),
}

const MAX_PARTS: usize = 32;
const MAX_LENGTH: usize = 512;

/// English and Portuguese.
type Message = [&'static str; 2];

impl Pattern {
    /// Errors: `webhook_path`, with what to correct.
    pub fn parse(text: &str) -> Result<Self, NodeError> {
        let text = text.trim().trim_matches('/');
        Self::check(text).map_err(|(code, message)| NodeError::new(code, message[0]))?;
        let part = |part: &str| match part.strip_prefix(':') {
            Some(name) => Part::Parameter(name.to_owned()),
            None => Part::Fixed(percent_decode(part).unwrap_or_else(|| part.to_owned())),
        };
        let parts = text.split('/').filter(|p| !p.is_empty()).map(part).collect();
        Ok(Self { written: text.to_owned(), parts })
    }

    /// As it was drawn, without slashes around it.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What is wrong with a path as drawn; an empty one is fine (it stands for the node's id).
    pub fn check(text: &str) -> Result<(), (&'static str, Message)> {
        let wrong = |message: Message| Err(("webhook_path", message));
        if text.is_empty() {
            return Ok(());
        }
        if text.len() > MAX_LENGTH || text.split('/').count() > MAX_PARTS {
            return wrong(["The path is too long. Shorten it.", "O caminho é longo demais. Encurte-o."]);
        }
        if text.starts_with('=') {
            return wrong([
                "The path can't be an expression. Write it out; parts such as :id are parameters.",
                "O caminho não pode ser uma expressão. Escreva-o; partes como :id são parâmetros.",
            ]);
        }
        let mut names: Vec<&str> = Vec::new();
        for part in text.split('/') {
            if part.is_empty() || part == "." || part == ".." {
                return wrong([
                    "The path has an empty part or dots alone. Write it as orders/:id.",
                    "O caminho tem uma parte vazia ou só pontos. Escreva como pedidos/:id.",
                ]);
            }
            if let Some(name) = part.strip_prefix(':') {
                let mut letters = name.chars();
                let starts = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
                if !starts || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return wrong([
                        "A path parameter needs a name of letters, digits and _ after the colon, such as :id.",
                        "Um parâmetro do caminho precisa de um nome com letras, dígitos e _ após os dois-pontos, como :id.",
                    ]);
                }
                if names.contains(&name) {
                    return wrong([
                        "Two parameters of the path have the same name. Rename one.",
                        "Dois parâmetros do caminho têm o mesmo nome. Renomeie um.",
                    ]);
                }
                names.push(name);
            } else if part.chars().any(|c| c.is_control() || c.is_whitespace() || "?#\\{}*:".contains(c))
                || percent_decode(part).is_none_or(|p| p.is_empty() || p.contains(['/', '\0']))
            {
                return wrong([
                    "The path has a character that does not belong there. Use letters, digits, -, _ and dots.",
                    "O caminho tem um caractere que não cabe ali. Use letras, dígitos, -, _ e pontos.",
                ]);
            }
        }
        Ok(())
    }

    /// The same for patterns that take the same calls: parameters lose their names. For the database's unique key.
    pub fn normalised(&self) -> String {
        let part = |part: &Part| match part {
            Part::Fixed(text) => text.clone(),
            Part::Parameter(_) => ":".to_owned(),
        };
        self.parts.iter().map(part).collect::<Vec<_>>().join("/")
    }

    /// The parameters when `path` (still percent-encoded, with or without slashes around it) fits.
    pub fn matches(&self, path: &str) -> Option<HashMap<String, String>> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let given: Vec<&str> = path.split('/').collect();
        if given.len() != self.parts.len() {
            return None;
        }
        let mut found = HashMap::new();
        for (part, text) in self.parts.iter().zip(given) {
            let text = percent_decode(text)?;
            match part {
                Part::Fixed(fixed) if *fixed == text => {}
                Part::Fixed(_) => return None,
                Part::Parameter(_) if text.is_empty() => return None,
                Part::Parameter(name) => {
                    found.insert(name.clone(), text);
                }
            }
        }
        Some(found)
    }

    /// Of several patterns that fit a path the one with the greatest has it: fixed parts go before parameters, from left
    /// to right.
    pub fn specificity(&self) -> Vec<bool> {
        self.parts.iter().map(|part| matches!(part, Part::Fixed(_))).collect()
    }
}

/// `%20` and the like as text; `None` when it is broken or no UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}
