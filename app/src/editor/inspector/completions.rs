//! Words that expressions here can be completed with: fields of the input, earlier nodes, what is always there.

use serde_json::Value;

use crate::canvas::walk;
use crate::data::{Items, member, one_line};
use crate::editor::state::Editor;
use crate::form::Completion;
use crate::i18n::Lang;

/// Fields offered of one object.
const FIELDS: usize = 60;

pub fn completions(editor: Editor, id: &str, items: &Items, item: u32) -> Vec<Completion> {
    let mut words = Vec::new();
    if let Some(item) = items.get(item as usize).or(items.first()) {
        for (key, value) in item.json.iter().take(FIELDS) {
            let path = member("$json", key);
            words.push(Completion { detail: shortened(value), label: path.clone() });
            if let Value::Object(inner) = value {
                for (key, value) in inner.iter().take(FIELDS) {
                    words.push(Completion { label: member(&path, key), detail: shortened(value) });
                }
            }
        }
    }
    let lang = crate::i18n::use_lang();
    let say = |en: &str, pt: &str| if lang == Lang::Pt { pt.to_owned() } else { en.to_owned() };
    editor.with(|b| {
        let before = walk::upstream(&b.doc, id);
        for earlier in walk::flow_order(&b.doc).into_iter().filter(|e| before.contains(e) && **e != *id) {
            if let Some(node) = b.doc.node(&earlier) {
                let name = node.name.replace('\\', "\\\\").replace('\'', "\\'");
                let detail = say("the item it came from", "o item de onde veio");
                words.push(Completion { label: format!("$('{name}').item.json"), detail });
            }
        }
    });
    for (label, en, pt) in [
        ("$json", "fields of this item", "campos deste item"),
        ("$binary", "files of this item", "arquivos deste item"),
        ("$itemIndex", "number of this item, from 0", "número deste item, a partir de 0"),
        ("$now", "this moment", "este momento"),
        ("$today", "midnight today", "meia-noite de hoje"),
        ("$vars", "variables", "variáveis"),
        ("$execution.id", "id of this run", "id desta execução"),
        ("$workflow.name", "name of this flow", "nome deste fluxo"),
    ] {
        words.push(Completion { label: label.to_owned(), detail: say(en, pt) });
    }
    words
}

fn shortened(value: &Value) -> String {
    let text = one_line(value);
    match text.char_indices().nth(48) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
