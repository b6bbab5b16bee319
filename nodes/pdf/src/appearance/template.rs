//! Filling in the text of a visible signature.

/// What the words in braces stand for.
#[derive(Debug, Clone, Default)]
pub struct Values {
    pub name: String,
    pub cpf: String,
    pub cnpj: String,
    pub issuer: String,
    pub serial: String,
    pub date: String,
    pub reason: String,
    pub location: String,
    pub contact: String,
}

/// More text than this is cut: it could not be read anyway.
const MAX_TEXT: usize = 2000;

impl Values {
    fn get(&self, word: &str) -> Option<String> {
        Some(match word {
            "name" => self.name.clone(),
            "cpf" => masked(&self.cpf),
            "cpfFull" => formatted_cpf(&self.cpf),
            "cnpj" => formatted_cnpj(&self.cnpj),
            "issuer" => self.issuer.clone(),
            "serial" => self.serial.clone(),
            "date" => self.date.clone(),
            "reason" => self.reason.clone(),
            "location" => self.location.clone(),
            "contact" => self.contact.clone(),
            _ => return None,
        })
    }
}

/// Puts values in the place of words in single or double braces. Words that are not known stay as
/// they are. A line whose words all turned out empty is left out.
pub fn fill(template: &str, values: &Values) -> Vec<String> {
    let mut lines = Vec::new();
    let mut length = 0;
    for line in template.lines() {
        let (filled, words, empty) = fill_line(line, values);
        if words > 0 && words == empty {
            continue;
        }
        let filled: String = filled.chars().filter(|c| !c.is_control()).take(MAX_TEXT - length).collect();
        length += filled.chars().count();
        lines.push(filled);
        if length >= MAX_TEXT {
            break;
        }
    }
    lines
}

/// The filled line, how many words it had, and how many of them were empty.
fn fill_line(line: &str, values: &Values) -> (String, usize, usize) {
    let (mut out, mut words, mut empty) = (String::new(), 0, 0);
    let mut rest = line;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let found = [("{{", "}}"), ("{", "}")].into_iter().find_map(|(left, right)| {
            let inner = rest.strip_prefix(left)?;
            let end = inner.find(right)?;
            let value = values.get(inner[..end].trim())?;
            Some((value, &inner[end + right.len()..]))
        });
        match found {
            Some((value, after)) => {
                words += 1;
                empty += usize::from(value.trim().is_empty());
                out.push_str(&value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    (out, words, empty)
}

/// A CPF as Brazilian law wants it shown in public: the middle six digits only.
fn masked(cpf: &str) -> String {
    match (cpf.get(3..6), cpf.get(6..9), cpf.len()) {
        (Some(a), Some(b), 11) => format!("***.{a}.{b}-**"),
        _ => String::new(),
    }
}

fn formatted_cpf(cpf: &str) -> String {
    match (cpf.get(..3), cpf.get(3..6), cpf.get(6..9), cpf.get(9..), cpf.len()) {
        (Some(a), Some(b), Some(c), Some(d), 11) => format!("{a}.{b}.{c}-{d}"),
        _ => String::new(),
    }
}

fn formatted_cnpj(cnpj: &str) -> String {
    let parts = (cnpj.get(..2), cnpj.get(2..5), cnpj.get(5..8), cnpj.get(8..12), cnpj.get(12..14));
    match parts {
        (Some(a), Some(b), Some(c), Some(d), Some(e)) => format!("{a}.{b}.{c}/{d}-{e}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, expected: &[&str]) {
        let values = Values {
            name: "Ana {date}".into(),
            cpf: "12345678909".into(),
            cnpj: "12345678000195".into(),
            date: "2026-11-23".into(),
            ..Values::default()
        };
        assert_eq!(fill(template, &values), expected);
    }

    #[test]
    fn words_become_values() {
        check("{name}, {{ date }}", &["Ana {date}, 2026-11-23"]);
        check("{cpf} {cpfFull} {cnpj}", &["***.456.789-** 123.456.789-09 12.345.678/0001-95"]);
    }

    #[test]
    fn what_is_no_word_stays() {
        check("{ {name {who} }", &["{ {name {who} }"]);
        check("", &[]);
        check("a\n\nb", &["a", "", "b"]);
    }

    #[test]
    fn a_line_with_only_empty_words_goes() {
        check("{name}\nReason: {reason}\n{date}", &["Ana {date}", "2026-11-23"]);
        check("{reason} {date}", &[" 2026-11-23"]);
    }
}
