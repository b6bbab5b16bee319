//! Names: unique within a flow, and known to expressions, which follow when a node is renamed.

use std::collections::{HashMap, HashSet};

use flow::Node;
use serde_json::Value;

use super::{Change, Doc};

/// `wanted`, or `wanted 2`, `wanted 3`… when taken. A number that `wanted` ends in is counted on.
pub fn unique(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let wanted = wanted.trim();
    if !taken(wanted) {
        return wanted.to_owned();
    }
    let stem = match wanted.rsplit_once(' ') {
        Some((stem, n)) if n.parse::<u32>().is_ok() => stem,
        _ => wanted,
    };
    let mut n = 2u32;
    loop {
        let name = format!("{stem} {n}");
        if !taken(&name) {
            return name;
        }
        n += 1;
    }
}

/// What renames a node: the node itself and every expression that refers to it. The name is made unique.
/// Nothing when it is empty or the same.
pub fn rename(doc: &Doc, id: &str, wanted: &str) -> Vec<Change> {
    let Some(node) = doc.node(id) else { return Vec::new() };
    if wanted.trim().is_empty() || wanted.trim() == node.name {
        return Vec::new();
    }
    let taken: HashSet<&str> = doc.nodes().filter(|(i, _)| ***i != *id).map(|(_, p)| p.node.name.as_str()).collect();
    let name = unique(wanted, |n| taken.contains(n));
    let names = HashMap::from([(node.name.clone(), name.clone())]);
    let mut changes = Vec::new();
    for (_, placed) in doc.nodes() {
        let mut changed = follow(doc, &placed.node, &names);
        if placed.node.id == id {
            changed.get_or_insert_with(|| placed.node.clone()).name = name.clone();
        }
        if let Some(node) = changed {
            changes.push(Change::PatchNode { node: Box::new(node) });
        }
    }
    changes
}

/// `node` with its expressions referring to the new names (former name → new name); `None` when none refers to them.
pub fn follow(doc: &Doc, node: &Node, names: &HashMap<String, String>) -> Option<Node> {
    let mut new = node.clone();
    let mut changed = false;
    let schema = doc.kinds().get(&node.kind).map(|k| &k.parameters["properties"]);
    for (key, value) in &mut new.parameters {
        let is_code = schema
            .and_then(|s| s[key]["x-widget"].as_str())
            .is_some_and(|w| w == "expression" || w == "code:javascript");
        changed |= follow_value(value, names, is_code);
    }
    if let Some(only_if) = new.settings.retry.as_mut().and_then(|r| r.only_if.as_mut())
        && let Some(text) = follow_text(only_if, names)
    {
        *only_if = text;
        changed = true;
    }
    changed.then_some(new)
}

fn follow_value(value: &mut Value, names: &HashMap<String, String>, is_code: bool) -> bool {
    match value {
        Value::String(text) if is_code || text.starts_with('=') => match follow_text(text, names) {
            Some(new) => {
                *text = new;
                true
            }
            None => false,
        },
        Value::Array(list) => list.iter_mut().fold(false, |c, v| follow_value(v, names, is_code) | c),
        Value::Object(map) => map.iter_mut().fold(false, |c, (_, v)| follow_value(v, names, is_code) | c),
        _ => false,
    }
}

/// Replaces the names in `$('Name')`, `$("Name")`, `` $(`Name`) ``, `$items('Name')` and `$node['Name']`.
fn follow_text(text: &str, names: &HashMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('$') {
        let start = at + found + 1;
        at = start;
        let rest = &text[start..];
        let head = ["items", "node"].into_iter().find(|w| rest.starts_with(w)).unwrap_or("");
        let after = rest[head.len()..].trim_start();
        let Some(inner) = after.strip_prefix(if head == "node" { '[' } else { '(' }) else { continue };
        let inner = inner.trim_start();
        let Some(quote @ ('\'' | '"' | '`')) = inner.chars().next() else { continue };
        let Some((name, length)) = quoted(&inner[1..], quote) else { continue };
        let begin = start + (rest.len() - inner.len()) + 1;
        at = begin + length;
        if let Some(new) = names.get(&name) {
            out.push_str(&text[copied..begin]);
            out.push_str(&escaped(new, quote));
            copied = begin + length;
        }
    }
    (copied > 0).then(|| {
        out.push_str(&text[copied..]);
        out
    })
}

/// The text up to the closing quote, unescaped, and how many bytes it takes.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?.1),
            c if c == quote => return Some((name, i)),
            c => name.push(c),
        }
    }
    None
}

fn escaped(name: &str, quote: char) -> String {
    name.chars().flat_map(|c| (c == quote || c == '\\').then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::doc;
    use super::*;
    use serde_json::json;

    #[test]
    fn taken_names_are_counted_on() {
        let taken = |n: &str| ["If", "If 2", "A 7"].contains(&n);
        assert_eq!(unique("If", taken), "If 3");
        assert_eq!(unique("If 2", taken), "If 3");
        assert_eq!(unique("A 7", taken), "A 2");
        assert_eq!(unique(" Set ", taken), "Set");
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let names = HashMap::from([("Old".to_owned(), "It's new".to_owned())]);
        assert_eq!(follow_text(text, &names).as_deref(), expected, "{text}");
    }

    #[test]
    fn references_follow_in_every_way_they_are_written() {
        check("={{ $('Old').item.json.a }}", Some(r"={{ $('It\'s new').item.json.a }}"));
        check(r#"={{ $( "Old" ).first() + $('Older') }}"#, Some(r#"={{ $( "It's new" ).first() + $('Older') }}"#));
        check("return $items('Old') + $node[\"Old\"]", Some("return $items('It\\'s new') + $node[\"It's new\"]"));
        check("={{ $(`Old`) }}", Some("={{ $(`It's new`) }}"));
        check("={{ $json.Old }} 'Old' $('Old", None);
        check("={{ $('Olá') }} costs $5", None);
    }

    #[test]
    fn renaming_changes_the_node_and_who_refers_to_it() {
        let mut doc = doc();
        let mut c = doc.node("c").unwrap().clone();
        c.parameters.insert("x".into(), json!({ "list": ["={{ $('A').item }}", "$('A') in fixed text"] }));
        c.parameters.insert("code".into(), json!("return $('A').all()"));
        doc.apply(Change::PatchNode { node: Box::new(c) }).unwrap();
        doc.apply_all(&rename(&doc.clone(), "a", " B ")).unwrap();
        assert_eq!(doc.node("a").unwrap().name, "B 2", "B is taken");
        let c = doc.node("c").unwrap();
        assert_eq!(c.parameters["x"], json!({ "list": ["={{ $('B 2').item }}", "$('A') in fixed text"] }));
        assert_eq!(c.parameters["code"], json!("return $('B 2').all()"));
        assert!(rename(&doc, "a", "B 2").is_empty() && rename(&doc, "a", "  ").is_empty());
    }
}
