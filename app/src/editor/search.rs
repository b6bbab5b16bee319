//! What the palette finds: by name, alias and what it does, in both languages, accents or not.

use std::sync::Arc;

use flow::KindDescription;

/// Kinds that match `query`, best first; all when it is empty. `lang`: tag of the language that counts most.
pub fn find(kinds: &[Arc<KindDescription>], query: &str, lang: &str) -> Vec<Arc<KindDescription>> {
    let words: Vec<String> = plain(query).split_whitespace().map(str::to_owned).collect();
    let mut found: Vec<(u32, &Arc<KindDescription>)> =
        kinds.iter().filter_map(|k| Some((score(k, &words, lang)?, k))).collect();
    // Stable: equal ones keep the palette's order.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, k)| k.clone()).collect()
}

fn score(kind: &KindDescription, words: &[String], lang: &str) -> Option<u32> {
    let own = plain(kind.name.get(lang));
    let names = [plain(&kind.name.en), plain(&kind.name.pt), kind.kind.replace('_', " ")];
    let aliases: Vec<String> = kind.aliases.iter().map(|a| plain(a)).collect();
    let summaries = [plain(&kind.summary.en), plain(&kind.summary.pt)];
    let mut total = 0;
    for word in words {
        let begins = |text: &str| text.split([' ', '-', '/']).any(|w| w.starts_with(word.as_str()));
        total += if own.starts_with(word.as_str()) {
            100
        } else if names.iter().any(|n| n.starts_with(word.as_str())) {
            80
        } else if names.iter().any(|n| begins(n)) {
            60
        } else if aliases.iter().any(|a| begins(a)) {
            40
        } else if names.iter().chain(&aliases).any(|n| n.contains(word.as_str())) {
            20
        } else if summaries.iter().any(|s| begins(s)) {
            10
        } else {
            return None;
        };
    }
    Some(total)
}

/// Lower case without accents.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::{Effect, Group, Ports, Text};

    fn kind(kind: &str, en: &str, pt: &str, aliases: &[&str], summary: (&str, &str)) -> Arc<KindDescription> {
        Arc::new(KindDescription {
            kind: kind.into(),
            version: 1,
            name: Text::new(en, pt),
            summary: Text::new(summary.0, summary.1),
            group: Group::Flow,
            icon: String::new(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            inputs: Ports::none(),
            outputs: Ports::none(),
            effect: Effect::Pure,
            credentials: vec![],
            parameters: serde_json::Value::Null,
            defaults: serde_json::Value::Null,
            subtitle: String::new(),
        })
    }

    #[test]
    fn the_best_match_comes_first() {
        let kinds = [
            kind("if", "If", "Se", &["branch", "condition"], ("Two ways, by a condition", "Dois caminhos")),
            kind("switch", "Switch", "Escolha", &["case"], ("Many ways, by rules", "Vários caminhos, por regras")),
            kind("http_request", "HTTP request", "Requisição HTTP", &["curl", "api"], ("Call any service", "Chama")),
            kind("pdf_sign", "Sign PDF", "Assinar PDF", &["signature"], ("With a certificate", "Com um certificado")),
        ];
        let check = |query: &str, lang: &str, expected: &[&str]| {
            let found: Vec<String> = find(&kinds, query, lang).iter().map(|k| k.kind.clone()).collect();
            assert_eq!(found, expected, "{query}");
        };
        check("", "en", &["if", "switch", "http_request", "pdf_sign"]);
        check("s", "en", &["switch", "pdf_sign", "if", "http_request"]);
        check("requisicao", "pt-BR", &["http_request"]);
        check("request", "pt-BR", &["http_request"]);
        check("curl", "en", &["http_request"]);
        check("pdf assi", "en", &["pdf_sign"]);
        check("condition", "en", &["if"]);
        check("ways rules", "en", &["switch"]);
        check("nothing like it", "en", &[]);
    }
}
