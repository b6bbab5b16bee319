//! Splitting a template into text and expressions.

use super::path::Path;
use super::scan::end_of_expression;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    Text(String),
    /// A plain path, evaluated without JavaScript.
    Path(Path),
    /// JavaScript, trimmed.
    Script {
        source: String,
        /// Characters before it, counted from the start of the template (after the `=`).
        at: usize,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What happened. What to do.
    pub message: String,
    /// Characters from the start of the template (after the `=`).
    pub at: usize,
}

impl Template {
    /// The template in a parameter: `None` for a string without a leading `=`, which is taken as it is.
    pub fn of(parameter: &str) -> Option<Result<Self, TemplateError>> {
        parameter.strip_prefix('=').map(Self::parse)
    }

    /// Parses a template without its leading `=`. `\{{` stands for two braces that open nothing.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (mut segments, mut plain, mut at) = (Vec::new(), String::new(), 0);
        while let Some(found) = text[at..].find("{{") {
            let open = at + found;
            if text[..open].ends_with('\\') && open > at {
                plain.push_str(&text[at..open - 1]);
                plain.push_str("{{");
                at = open + 2;
                continue;
            }
            plain.push_str(&text[at..open]);
            let place = |byte: usize| text[..byte].chars().count();
            let Some(close) = end_of_expression(text, open + 2) else {
                return Err(TemplateError {
                    message: format!(
                        "The expression that opens at character {} is never closed. Add }}}} behind it.",
                        place(open) + 1
                    ),
                    at: place(open),
                });
            };
            let inner = &text[open + 2..close];
            let source = inner.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
            if source.is_empty() {
                return Err(TemplateError {
                    message: format!(
                        "The expression at character {} is empty. Write one between {{{{ and }}}}, or remove the braces.",
                        place(open) + 1
                    ),
                    at: place(open),
                });
            }
            if !plain.is_empty() {
                segments.push(Segment::Text(std::mem::take(&mut plain)));
            }
            let start = open + 2 + (inner.len() - inner.trim_start().len());
            segments.push(match Path::parse(source) {
                Some(path) => Segment::Path(path),
                None => Segment::Script { source: source.to_owned(), at: place(start) },
            });
            at = close + 2;
        }
        plain.push_str(&text[at..]);
        if !plain.is_empty() {
            segments.push(Segment::Text(plain));
        }
        Ok(Self { segments })
    }

    /// The only segment, when the template is one expression and nothing else: its value keeps its type.
    pub fn lone(&self) -> Option<&Segment> {
        match self.segments.as_slice() {
            [segment @ (Segment::Path(_) | Segment::Script { .. })] => Some(segment),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `input` → segments as `text|`, `path:source|`, `script@place:source|`, or the error.
    fn check(input: &str, expected: &str) {
        let got = match Template::parse(input) {
            Err(e) => format!("error@{}: {}", e.at, e.message),
            Ok(t) => {
                let show = |s: &Segment| match s {
                    Segment::Text(t) => format!("'{t}'"),
                    Segment::Path(p) => format!("path:{}", p.source()),
                    Segment::Script { source, at } => format!("script@{at}:{source}"),
                };
                t.segments.iter().map(show).collect::<Vec<_>>().join(" | ")
            }
        };
        assert_eq!(got, expected, "for {input:?}");
    }

    #[test]
    fn segments() {
        check("", "");
        check("plain } text }}", "'plain } text }}'");
        check("{{ $json.a }}", "path:$json.a");
        check("{{$json.a}} and {{ $json.b + 1 }}!", "path:$json.a | ' and ' | script@19:$json.b + 1 | '!'");
        check("é {{ f() }}", "'é ' | script@5:f()");
        check("{{ $json.a; }}", "path:$json.a");
        check(r"\{{ not }} {{ $json.a }}", "'{{ not }} ' | path:$json.a");
    }

    #[test]
    fn the_end_is_found_outside_strings_comments_and_braces() {
        check(r#"{{ "}}" + 1 }}x"#, r#"script@3:"}}" + 1 | 'x'"#);
        check(r"{{ 'it\'s }}' }}x", r"script@3:'it\'s }}' | 'x'");
        check("{{ {a: {b: 1}} }}", "script@3:{a: {b: 1}}");
        check("{{ {a: {b: 1}}}}", "script@3:{a: {b: 1}}");
        check("{{ `a ${ {x: '}}'} } }}` }}x", "script@3:`a ${ {x: '}}'} } }}` | 'x'");
        check("{{ 1 /* }} */ + 2 }}", "script@3:1 /* }} */ + 2");
        check("{{ 1 // }} \n + 2 }}", "script@3:1 // }} \n + 2");
        check(r#"{{ s.replace(/["'}]}}/g, "") }}x"#, r#"script@3:s.replace(/["'}]}}/g, "") | 'x'"#);
        check("{{ a / b }} {{ c / d }}", "script@3:a / b | ' ' | script@15:c / d");
        check("{{ (() => { return 1 })() }}", "script@3:(() => { return 1 })()");
    }

    #[test]
    fn broken_code_ends_at_the_nearest_braces() {
        check("{{ it's }} b", "script@3:it's | ' b'");
        check("{{ { }} b {{ $json.c }}", "script@3:{ | ' b ' | path:$json.c");
        check("{{ $json.a // why }}", "script@3:$json.a // why");
    }

    #[test]
    fn errors_say_where() {
        check("ab {{ $json.a", "error@3: The expression that opens at character 4 is never closed. Add }} behind it.");
        check(
            "{{  }}",
            "error@0: The expression at character 1 is empty. Write one between {{ and }}, or remove the braces.",
        );
    }

    #[test]
    fn never_panics_on_odd_text() {
        for text in [
            "{{",
            "}}",
            "{{{{",
            "}}{{",
            "{{`${",
            "{{'\\",
            "{{/[",
            "{{ß}}",
            "\\{{",
            "{{\\}}",
            "{{ 'é\\é' }}",
            "{{ `\\é` }}",
        ] {
            let _ = Template::parse(text);
        }
    }
}
