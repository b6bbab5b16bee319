//! The editor's state: the board without its skin, and the signals that the skin draws from. Cheap to copy.

mod add;
mod draw;
mod sight;

use std::collections::HashMap;
use std::sync::Arc;

use flow::api::{FlowDetail, WebhookAddress};
use flow::check::Finding;
use flow::{Edge, Flow, KindDescription, Node};
use leptos::html;
use leptos::prelude::*;

pub use self::add::fresh;
use super::draft::Draft;
use super::face::{Face, Line};
use super::far::Far;
use super::live::Live;
use super::palette::PaletteAt;
use crate::canvas::board::Overlay;
use crate::canvas::{Board, Change, Id, Kinds, Outcome, Point, Rect, Viewport, edit};
use crate::i18n::text;
use crate::ui::{ToastsHandle, use_toasts};

/// What a mounted card draws from.
#[derive(Clone, Copy)]
pub struct CardSignals {
    pub position: RwSignal<[i32; 2]>,
    pub face: RwSignal<Arc<Face>>,
    pub selected: RwSignal<bool>,
}

/// What is selected, for those who show it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    pub ids: Vec<Id>,
    pub edge: Option<Arc<Edge>>,
}

/// Where the context menu stands (on the pane) and what for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MenuAt {
    pub at: Point,
    pub on: MenuOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuOn {
    Canvas,
    Selection,
    Edge,
}

/// What is being written in place.
#[derive(Clone, Debug, PartialEq)]
pub enum Writing {
    NodeName(Id),
    Note(Id),
}

type Local<T> = StoredValue<T, LocalStorage>;

#[derive(Clone, Copy)]
pub struct Editor {
    pub flow_id: StoredValue<String>,
    /// The one who is signed in may change the flow.
    pub editable: bool,
    board: Local<Board>,
    cards: Local<HashMap<Id, CardSignals>>,
    lines: Local<HashMap<Arc<Edge>, RwSignal<Arc<Line>>>>,
    window: StoredValue<Option<Rect>>,
    last_focus: StoredValue<Option<Id>>,

    pub drawn_nodes: RwSignal<Vec<Id>>,
    pub drawn_edges: RwSignal<Vec<Arc<Edge>>>,
    pub drawn_notes: RwSignal<Vec<Id>>,
    pub view: RwSignal<Viewport>,
    pub selected: RwSignal<Selected>,
    pub overlay: RwSignal<Overlay>,
    /// The edge under the pointer.
    pub hovered: RwSignal<Option<Arc<Edge>>>,
    /// Grows with every change of the document.
    pub edits: RwSignal<u64>,
    pub flow_name: RwSignal<String>,
    pub can_undo: RwSignal<bool>,
    pub can_redo: RwSignal<bool>,

    pub palette: RwSignal<Option<PaletteAt>>,
    pub menu: RwSignal<Option<MenuAt>>,
    pub shortcuts: RwSignal<bool>,
    /// The flow's settings are shown instead of its drawing.
    pub settings: RwSignal<bool>,
    /// Grows when the history is asked for.
    pub history_asked: RwSignal<u32>,
    /// The dialog that connects the selected node.
    pub connecting: RwSignal<bool>,
    pub writing: RwSignal<Option<Writing>>,
    /// The node that the inspector shows.
    pub opened: RwSignal<Option<Id>>,
    pub findings: RwSignal<Vec<Finding>>,
    pub webhooks: RwSignal<Vec<WebhookAddress>>,
    /// Number of the version that triggers use.
    pub published: RwSignal<Option<u32>>,
    pub draft_changed: RwSignal<bool>,
    /// Said once by screen readers.
    pub announce: RwSignal<String>,
    pub say: ToastsHandle,

    pub draft: Draft,
    pub live: Live,
    pub far: Far,
    pub pane: NodeRef<html::Div>,
    pub layer: NodeRef<html::Div>,
    pub grid: NodeRef<html::Div>,
}

/// The editor that this component is part of.
pub fn use_editor() -> Editor {
    expect_context::<Editor>()
}

/// Milliseconds since 1970.
pub fn now() -> f64 {
    js_sys::Date::now()
}

impl Editor {
    pub fn new(detail: FlowDetail, kinds: Vec<KindDescription>, editable: bool) -> Self {
        let kinds: Kinds = Arc::new(kinds.into_iter().map(|k| (k.kind.clone(), Arc::new(k))).collect());
        let name = detail.draft.name.clone();
        let draft = Draft::new(&detail);
        let board = Board::new(detail.draft, kinds);
        Self {
            flow_id: StoredValue::new(detail.summary.id),
            editable,
            board: StoredValue::new_local(board),
            cards: StoredValue::new_local(HashMap::new()),
            lines: StoredValue::new_local(HashMap::new()),
            window: StoredValue::new(None),
            last_focus: StoredValue::new(None),
            drawn_nodes: RwSignal::new(Vec::new()),
            drawn_edges: RwSignal::new(Vec::new()),
            drawn_notes: RwSignal::new(Vec::new()),
            view: RwSignal::new(Viewport::default()),
            selected: RwSignal::new(Selected::default()),
            overlay: RwSignal::new(Overlay::default()),
            hovered: RwSignal::new(None),
            edits: RwSignal::new(0),
            flow_name: RwSignal::new(name),
            can_undo: RwSignal::new(false),
            can_redo: RwSignal::new(false),
            palette: RwSignal::new(None),
            menu: RwSignal::new(None),
            shortcuts: RwSignal::new(false),
            settings: RwSignal::new(false),
            history_asked: RwSignal::new(0),
            connecting: RwSignal::new(false),
            writing: RwSignal::new(None),
            opened: RwSignal::new(None),
            findings: RwSignal::new(detail.findings),
            webhooks: RwSignal::new(detail.webhooks),
            published: RwSignal::new(detail.summary.published),
            draft_changed: RwSignal::new(detail.summary.draft_changed),
            announce: RwSignal::new(String::new()),
            say: use_toasts(),
            draft,
            live: Live::new(),
            far: Far::new(),
            pane: NodeRef::new(),
            layer: NodeRef::new(),
            grid: NodeRef::new(),
        }
    }

    /// The page was not left meanwhile; asked after everything that takes time.
    pub fn alive(&self) -> bool {
        self.edits.try_get_untracked().is_some()
    }

    /// Reads the board.
    pub fn with<T>(&self, read: impl FnOnce(&Board) -> T) -> T {
        self.board.with_value(read)
    }

    pub fn node(&self, id: &str) -> Option<Node> {
        self.with(|b| b.doc.node(id).cloned())
    }

    pub fn kind_of(&self, id: &str) -> Option<Arc<KindDescription>> {
        self.with(|b| b.doc.card(id).and_then(|c| c.kind.clone()))
    }

    pub fn document(&self) -> Flow {
        self.with(|b| b.doc.to_flow())
    }

    /// Changes the board and draws what changed.
    pub fn act(&self, act: impl FnOnce(&mut Board) -> Outcome) {
        if let Some(outcome) = self.board.try_update_value(act) {
            self.show(outcome);
        }
    }

    /// One step of undo.
    pub fn commit(&self, make: impl FnOnce(&Board) -> Vec<Change>) {
        self.commit_as(None, make);
    }

    /// One step of undo; edits with the same `key` in quick succession become one.
    pub fn commit_as(&self, key: Option<&str>, make: impl FnOnce(&Board) -> Vec<Change>) {
        if !self.editable {
            return;
        }
        let changes = self.with(make);
        self.act(|b| b.commit(changes, key, now()));
    }

    /// Changes a copy of the node and puts it in its place.
    pub fn patch(&self, id: &str, key: Option<&str>, change: impl FnOnce(&mut Node)) {
        let Some(mut node) = self.node(id) else { return };
        change(&mut node);
        self.commit_as(key, |b| edit::replace(&b.doc, node));
    }

    pub fn select(&self, ids: impl IntoIterator<Item = Id>) {
        let ids = ids.into_iter().collect();
        self.act(|b| b.select(ids));
    }

    pub fn undo(&self) {
        if self.editable {
            self.act(Board::undo);
        }
    }

    pub fn redo(&self) {
        if self.editable {
            self.act(Board::redo);
        }
    }

    /// Puts another document in the place of this one.
    pub fn load(&self, flow: Flow) {
        self.flow_name.set(flow.name.clone());
        self.act(|b| b.load(flow));
        self.can_undo.set(false);
        self.can_redo.set(false);
        // What shows parts of the document reads them again: an edit of a stale part would undo the other's.
        self.edits.update(|n| *n += 1);
    }

    /// What this server lacks for the node to run. Unlike what is wrong with a node, nobody can fill it in: it is said while
    /// the flow is drawn.
    pub fn lacks(&self, id: &Id) -> Option<String> {
        self.findings.with(|found| {
            let lack = found.iter().find(|f| f.code == "cluster_missing" && f.node.as_deref() == Some(id));
            lack.map(|f| text(&f.message))
        })
    }

    /// Takes over what the server says beside the document.
    pub fn take(&self, detail: &FlowDetail) {
        self.findings.set(detail.findings.clone());
        self.webhooks.set(detail.webhooks.clone());
        self.published.set(detail.summary.published);
        self.draft_changed.set(detail.summary.draft_changed);
        let nodes: Vec<Id> = self.with(|b| b.doc.ids().cloned().collect());
        self.refresh_faces(nodes.iter());
    }
}
