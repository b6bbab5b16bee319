//! What a card and a line show, computed from the document and the run; compared before anything is drawn again.

use std::sync::Arc;

use flow::check::Severity;
use flow::kind::lookup;
use flow::{Edge, Node, StepStatus};
use leptos::prelude::{WithUntracked, untrack};
use serde_json::Value;

use super::state::Editor;
use super::words::Words;
use crate::canvas::card::{Card, port_offset};
use crate::canvas::{Doc, EdgePath, Id, Side};
use crate::i18n::{self, fill};
use crate::ui::group_class;

/// State of a card: decides border, glyph and word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Idle,
    Running,
    Done,
    Failed,
    Waiting,
    Off,
    Pinned,
    /// Something keeps it from running.
    Wrong,
}

impl State {
    /// Value of `data-s`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Running => "run",
            Self::Done => "ok",
            Self::Failed => "err",
            Self::Waiting => "wait",
            Self::Off => "off",
            Self::Pinned => "pin",
            Self::Wrong => "wrong",
        }
    }

    pub fn icon(self) -> Option<&'static str> {
        Some(match self {
            Self::Idle => return None,
            Self::Running => "loader-circle",
            Self::Done => "circle-check",
            Self::Failed | Self::Wrong => "circle-alert",
            Self::Waiting => "hourglass",
            Self::Off => "power",
            Self::Pinned => "pin",
        })
    }

    pub fn word(self) -> &'static str {
        let w = Words::get();
        match self {
            Self::Idle => "",
            Self::Running => w.s_running,
            Self::Done => w.s_done,
            Self::Failed => w.s_failed,
            Self::Waiting => w.s_waiting,
            Self::Off => w.s_off,
            Self::Pinned => w.s_pinned,
            Self::Wrong => w.s_wrong,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortFace {
    pub side: Option<Side>,
    pub port: String,
    pub y: i32,
    /// Shown beside the port while it is free.
    pub label: String,
    /// What assistive technology and tests call it.
    pub name: String,
}

/// Everything a card shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Face {
    pub name: String,
    pub subtitle: String,
    pub icon: String,
    pub class: &'static str,
    pub height: i32,
    pub state: State,
    /// The strip below: what happened, what to do.
    pub message: String,
    pub ports: Vec<PortFace>,
    /// Set for a note instead of a node: its colour and size.
    pub note: Option<(String, [i32; 2])>,
}

impl Face {
    pub fn of(doc: &Doc, id: &Id, editor: &Editor) -> Self {
        if let Some(note) = doc.note(id) {
            return Self { name: note.text.clone(), note: Some((note.color.clone(), note.size)), ..Self::default() };
        }
        let Some(placed) = doc.placed(id) else { return Self::default() };
        let (node, card) = (&placed.node, &placed.card);
        let w = Words::get();
        let run = editor.live.of(id);
        let finding = editor.findings.with_untracked(|f| {
            let of = |s: Severity| f.iter().find(|f| f.node.as_deref() == Some(id) && f.severity == s);
            of(Severity::Error).map(|f| i18n::text(&f.message))
        });
        let lacks = untrack(|| editor.lacks(id));
        let mut message = String::new();
        let mut second = None;
        let state = match run.as_ref().map(|r| r.status) {
            _ if node.settings.disabled => {
                second = Some(w.switched_off.to_owned());
                State::Off
            }
            Some(StepStatus::Running) => {
                second = Some(w.s_running.to_owned());
                State::Running
            }
            Some(StepStatus::Waiting) => {
                message = run
                    .as_ref()
                    .and_then(|r| r.waiting.as_deref())
                    .map(|r| fill(w.waits_for, [i18n::waits_for(r, i18n::When::browser)]))
                    .unwrap_or_default();
                State::Waiting
            }
            Some(StepStatus::Failed) => {
                message =
                    run.as_ref().and_then(|r| r.error.as_ref()).map(|e| i18n::text(&e.said())).unwrap_or_default();
                State::Failed
            }
            // What a pinned node gave is what is pinned, in a run too.
            Some(StepStatus::Cancelled | StepStatus::Succeeded) | None if node.pinned.is_some() => {
                second = Some(w.pinned_output.to_owned());
                State::Pinned
            }
            Some(StepStatus::Cancelled) | None => match (&finding, card.kind.is_none()) {
                (_, true) => {
                    message = fill(w.unknown_kind, [&node.kind]);
                    State::Wrong
                }
                (Some(text), _) if untrack(|| editor.draft.shows_findings()) => {
                    message.clone_from(text);
                    State::Wrong
                }
                _ if lacks.is_some() => {
                    message = lacks.unwrap_or_default();
                    State::Wrong
                }
                _ => State::Idle,
            },
            Some(StepStatus::Succeeded) => State::Done,
        };
        let summary = card.kind.as_ref().map(|k| i18n::text(&k.summary)).unwrap_or_else(|| node.kind.clone());
        let subtitle = second
            .or_else(|| card.kind.as_ref().map(|k| subtitle(&k.subtitle, node)).filter(|s| !s.is_empty()))
            .unwrap_or(summary);
        Self {
            name: node.name.clone(),
            subtitle,
            icon: card.kind.as_ref().map_or_else(|| "circle-help".to_owned(), |k| k.icon.clone()),
            class: card.group().map_or("c-none", group_class),
            height: card.height() as i32,
            state,
            message,
            ports: ports(doc, id, card),
            note: None,
        }
    }

    /// "Validate XML, nfe-tools:2.1, failed".
    pub fn label(&self) -> String {
        let mut parts = vec![self.name.as_str(), self.subtitle.as_str(), self.state.word(), self.message.as_str()];
        parts.retain(|p| !p.is_empty());
        parts.dedup();
        parts.join(", ")
    }
}

fn ports(doc: &Doc, id: &Id, card: &Card) -> Vec<PortFace> {
    let w = Words::get();
    let mut faces = Vec::with_capacity(card.inputs.len() + card.outputs.len());
    let sides = [(Side::In, &card.inputs), (Side::Out, &card.outputs)];
    for (side, ports) in sides {
        for (i, port) in ports.iter().enumerate() {
            let label = i18n::text(&port.label);
            let free = match side {
                Side::In => !doc.arriving(id).any(|e| e.to_port == port.name),
                Side::Out => !doc.leaving(id).any(|e| e.from_port == port.name),
            };
            let name = match side {
                Side::In => w.input_port,
                Side::Out => w.output_port,
            };
            faces.push(PortFace {
                side: Some(side),
                port: port.name.clone(),
                y: port_offset(i, ports.len()) as i32,
                name: if label.is_empty() { name.to_owned() } else { format!("{name} {label}") },
                label: if free && ports.len() > 1 { label } else { String::new() },
            });
        }
    }
    faces
}

/// The second line by a kind's template: `"{/method} {/path}"`.
pub fn subtitle(template: &str, node: &Node) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else {
            // What a broken template says is of no use to anyone.
            rest = "";
            break;
        };
        match lookup(node, &rest[start + 1..start + end]) {
            Some(Value::String(text)) => out.push_str(text.strip_prefix('=').unwrap_or(text)),
            Some(Value::Array(list)) if !list.is_empty() && list.iter().all(Value::is_string) => {
                let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                out.push_str(&words.join(", "));
            }
            Some(Value::Array(list)) => out.push_str(&list.len().to_string()),
            Some(Value::Null | Value::Object(_)) | None => {}
            Some(other) => out.push_str(&crate::form::shown(other)),
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    words.join(" ")
}

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Idle,
    Running,
    /// Not taken in the run that is shown, or one of its ends is switched off.
    Skipped,
    /// Its port is gone.
    Broken,
}

/// Everything an edge shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub path: EdgePath,
    pub d: String,
    pub look: Look,
    /// Name of the port, when its node has several.
    pub port: String,
    /// "12 items", or "12" where there is little room.
    pub count: String,
    /// The label in words.
    pub words: String,
}

impl Line {
    pub fn of(doc: &Doc, edge: &Edge, editor: &Editor) -> Self {
        let path = doc.edge_path(edge).unwrap_or_else(|| EdgePath::forward(Default::default(), Default::default()));
        let (from, to) = (doc.placed(&edge.from), doc.placed(&edge.to));
        let broken = from.is_some_and(|p| !p.card.has_output(&edge.from_port))
            || to.is_some_and(|p| !p.card.has_input(&edge.to_port));
        let off = from.is_some_and(|p| p.node.settings.disabled) || to.is_some_and(|p| p.node.settings.disabled);
        let run = editor.live.of(&edge.from);
        let target = editor.live.of(&edge.to);
        let count = run.as_ref().and_then(|r| r.outputs.get(&edge.from_port).copied()).filter(|n| *n > 0);
        let look = if broken {
            Look::Broken
        } else if off {
            Look::Skipped
        } else if target.is_some_and(|t| t.status == StepStatus::Running) {
            Look::Running
        } else if run.is_some_and(|r| r.status == StepStatus::Succeeded) && count.is_none() {
            Look::Skipped
        } else {
            Look::Idle
        };
        let port = from.and_then(|p| p.card.output_label(&edge.from_port)).map(i18n::text).unwrap_or_default();
        let w = crate::i18n::Common::get();
        let words = count.map(|n| i18n::count(n as usize, w.items_one, w.items_many)).unwrap_or_default();
        let short = count.map(|n| i18n::number(f64::from(n))).unwrap_or_default();
        let count = if path.has_room() && port.is_empty() { words.clone() } else { short };
        Self { d: path.d(), path, look, port, count, words }
    }

    pub fn class(&self) -> &'static str {
        match self.look {
            Look::Idle => "",
            Look::Running => "run",
            Look::Skipped => "skip",
            Look::Broken => "broken",
        }
    }
}

/// For lists that show a node outside the canvas.
pub fn tile(editor: &Editor, id: &Id) -> (String, &'static str) {
    editor.with(|b| match b.doc.card(id).and_then(|c| c.kind.as_ref().map(Arc::clone)) {
        Some(kind) => (kind.icon.clone(), group_class(kind.group)),
        None => ("circle-help".to_owned(), "c-none"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_second_line_follows_the_parameters() {
        let mut node = Node::default();
        for (key, value) in [
            ("method", json!("POST")),
            ("path", json!("={{ $json.x }}")),
            ("list", json!([1, 2])),
            ("on", json!(true)),
            ("amount", json!(5.0)),
            ("methods", json!(["GET", "POST"])),
        ] {
            node.parameters.insert(key.into(), value);
        }
        let check = |template: &str, expected: &str| assert_eq!(subtitle(template, &node), expected, "{template}");
        check("{/method} {/path}", "POST {{ $json.x }}");
        check("{/none}", "");
        check("{/list} fields {/none} {/on}", "2 fields true");
        check("plain", "plain");
        check("{/methods} {/none}", "GET, POST");
        check("{/amount} seconds", "5 seconds");
        check("{/broken", "");
    }
}
