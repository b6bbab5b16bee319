//! Names of nodes inside expressions and code: which ones are used, and renaming them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::scan::{Kind, Token, Tokens, end_of_expression};

/// A node's name inside code: `$('Name')`, `$node["Name"]` or `$items("Name")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub name: String,
    /// Bytes of the string literal, quotes included.
    pub literal: Range<usize>,
}

/// The references in JavaScript, in order. Names that are computed can't be seen.
pub fn references_in_code(code: &str) -> Vec<Reference> {
    let tokens: Vec<Token> = Tokens::new(code, 0).collect();
    tokens.windows(4).filter_map(|four| reference(code, four)).collect()
}

fn reference(code: &str, four: &[Token]) -> Option<Reference> {
    let [word, open, text, close] = four else { return None };
    let brackets = match &code[word.start..word.end] {
        "$" | "$items" => (Kind::Mark(b'('), Kind::Mark(b')')),
        "$node" => (Kind::Mark(b'['), Kind::Mark(b']')),
        _ => return None,
    };
    // `$items("Name", 0)` has more arguments.
    let closes = close.kind == brackets.1 || close.kind == Kind::Mark(b',');
    if word.kind != Kind::Word || open.kind != brackets.0 || text.kind != Kind::Text || !closes {
        return None;
    }
    let literal = text.start..text.end;
    Some(Reference { name: unquote(&code[literal.clone()]), literal })
}

fn unquote(literal: &str) -> String {
    let inner = &literal[1..literal.len() - 1];
    let (mut name, mut escaped) = (String::with_capacity(inner.len()), false);
    for c in inner.chars() {
        if escaped || c != '\\' {
            name.push(c);
        }
        escaped = !escaped && c == '\\';
    }
    name
}

fn quote(name: &str, mark: char) -> String {
    let mut out = String::from(mark);
    for c in name.chars() {
        if c == mark || c == '\\' || (c == '$' && mark == '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push(mark);
    out
}

/// JavaScript with the node's name replaced; `None` when it does not occur.
pub fn rename_in_code(code: &str, old: &str, new: &str) -> Option<String> {
    let hits: Vec<_> = references_in_code(code).into_iter().filter(|r| r.name == old).collect();
    if hits.is_empty() {
        return None;
    }
    let (mut out, mut at) = (String::with_capacity(code.len()), 0);
    for hit in hits {
        out.push_str(&code[at..hit.literal.start]);
        out.push_str(&quote(new, code[hit.literal.start..].chars().next().unwrap_or('\'')));
        at = hit.literal.end;
    }
    out.push_str(&code[at..]);
    Some(out)
}

/// A parameter (with its leading `=`) with a node's name replaced inside its expressions; `None` when nothing changes.
pub fn rename_node(template: &str, old: &str, new: &str) -> Option<String> {
    let text = template.strip_prefix('=')?;
    let (mut out, mut at, mut changed) = (String::from("="), 0, false);
    for inner in expressions(text) {
        if let Some(code) = rename_in_code(&text[inner.clone()], old, new) {
            out.push_str(&text[at..inner.start]);
            out.push_str(&code);
            at = inner.end;
            changed = true;
        }
    }
    out.push_str(&text[at..]);
    changed.then_some(out)
}

/// Names of the nodes that a parameter (with its leading `=`) refers to.
pub fn node_names(template: &str) -> BTreeSet<String> {
    let Some(text) = template.strip_prefix('=') else { return BTreeSet::new() };
    expressions(text).into_iter().flat_map(|r| references_in_code(&text[r])).map(|r| r.name).collect()
}

/// Byte ranges between `{{` and `}}`.
fn expressions(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(n) = text[at..].find("{{") {
        let open = at + n;
        if open > at && text[..open].ends_with('\\') {
            at = open + 2;
            continue;
        }
        let Some(close) = end_of_expression(text, open + 2) else { break };
        found.push(open + 2..close);
        at = close + 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: Option<&str>) {
        assert_eq!(rename_node(template, "Old", "It's").as_deref(), expected, "for {template:?}");
    }

    #[test]
    fn renaming() {
        check("={{ $('Old').item.json.x }}", Some(r"={{ $('It\'s').item.json.x }}"));
        check(
            r#"=a {{ $( "Old" ).first() }} b {{ $node["Old"].json }}"#,
            Some(r#"=a {{ $( "It's" ).first() }} b {{ $node["It's"].json }}"#),
        );
        check("={{ $items('Old', 0) }}", Some(r"={{ $items('It\'s', 0) }}"));
        check("={{ `${ $('Old').item.json.x }` }}", Some(r"={{ `${ $('It\'s').item.json.x }` }}"));
        check("={{ 'Old' + \"$('Old')\" }}", None);
        check("={{ 1 // $('Old')\n }}", None);
        check("=text $('Old') {{ $('Older').item.json }}", None);
        check("{{ $('Old').item }}", None);
        check("={{ foo$('Old') }}", None);
    }

    #[test]
    fn renaming_back_and_forth_changes_nothing() {
        let template = r#"={{ $('A').item.json.x + $node["A"].json.y }} {{ $(`A`).first() }}"#;
        for name in ["It's", "say \"hi\"", "a\\b", "`$x`", "ü ß"] {
            let there = rename_node(template, "A", name).unwrap();
            assert_eq!(node_names(&there), BTreeSet::from([name.to_owned()]));
            assert_eq!(rename_node(&there, name, "A").unwrap(), template);
        }
    }

    #[test]
    fn names() {
        let names = node_names("={{ $('A').item.json.x }} {{ $('B c').all().map(i => $('D').first()) }}");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["A", "B c", "D"]);
    }
}
