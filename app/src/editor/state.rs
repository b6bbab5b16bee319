//! The editor's state: the board without its skin, and the signals that the skin draws from. Cheap to copy.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use flow::api::{FlowDetail, WebhookAddress};
use flow::check::Finding;
use flow::{Edge, Flow, KindDescription, Node};
use leptos::html;
use leptos::prelude::*;

use super::draft::Draft;
use super::face::{Face, Line};
use super::far::Far;
use super::live::Live;
use super::palette::PaletteAt;
use super::words::Words;
use crate::canvas::board::{Ask, Overlay};
use crate::canvas::connect::End;
use crate::canvas::{Board, Change, Id, Kinds, Outcome, Point, Rect, Viewport, cull, edit, insert, walk};
use crate::i18n::{fill, use_lang};
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

/// A short random id for a node or a note: unique within a flow is enough, [`Board`] checks it.
pub fn new_id() -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..10).map(|_| char::from(DIGITS[(js_sys::Math::random() * 32.0) as usize & 31])).collect()
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

    /// Selects an edge, brings it into view and says its name.
    pub fn select_edge(&self, edge: &Arc<Edge>) {
        self.act(|b| {
            let mut outcome = b.select_edge(edge.clone());
            if let Some(path) = b.doc.edge_path(edge) {
                let around = Rect::new(path.label.x - 24.0, path.label.y - 24.0, 48.0, 48.0);
                outcome.merge(b.set_view(b.view.revealing(around, 48.0)));
            }
            outcome
        });
        let name = |id: &str| self.node(id).map(|n| n.name).unwrap_or_default();
        self.announce.set(fill(Words::get().edge_from_to, [name(&edge.from), name(&edge.to)]));
    }

    /// Adds a node of `kind`: at `at`, else beside what is selected, else in the middle; then selects it.
    pub fn add_node(&self, kind: &KindDescription, place: Option<&PaletteAt>) {
        if !self.editable {
            return;
        }
        let lang = use_lang().tag();
        let mut made = None;
        self.act(|b| {
            let id = fresh(b);
            let (changes, id) = match place {
                Some(PaletteAt::Edge(edge)) => {
                    let node = edit::new_node(&b.doc, kind, id.clone(), lang, [0, 0]);
                    let changes = insert::split(&b.doc, edge, node.clone());
                    // What can't stand between two nodes is put beside the first of them.
                    let changes = if changes.is_empty() {
                        let from = std::iter::once(Id::from(edge.from.as_str())).collect();
                        let (at, _) = edit::next_place(&b.doc, &from, b.view.centre());
                        let node = Node { position: edit::free_place(&b.doc, at), ..node };
                        edit::add(&b.doc, node, None)
                    } else {
                        changes
                    };
                    (changes, id)
                }
                Some(PaletteAt::Board { at, end }) => {
                    let position = match end {
                        Some(_) => edit::free_place(&b.doc, *at),
                        None => [crate::canvas::snap(at.x), crate::canvas::snap(at.y)],
                    };
                    let node = edit::new_node(&b.doc, kind, id.clone(), lang, position);
                    (edit::add(&b.doc, node, end.as_ref()), id)
                }
                Some(PaletteAt::Anywhere) | None => {
                    let (at, end) = edit::next_place(&b.doc, &b.selection, b.view.centre());
                    // A trigger starts a branch of its own.
                    let (at, end) = if kind.is_trigger() {
                        (Point::new(b.view.centre().x - 112.0, b.view.centre().y - 32.0), None)
                    } else {
                        (at, end)
                    };
                    let node = edit::new_node(&b.doc, kind, id.clone(), lang, edit::free_place(&b.doc, at));
                    (edit::add(&b.doc, node, end.as_ref()), id)
                }
            };
            let id = Id::from(id.as_str());
            made = Some(id.clone());
            b.commit_selecting(changes, HashSet::from([id]), now())
        });
        if let Some(id) = made {
            self.reveal(&id);
            self.focus_card(&id);
        }
    }

    /// Pans until the node is in view.
    pub fn reveal(&self, id: &str) {
        self.act(|b| match b.doc.rect(id) {
            Some(rect) => b.set_view(b.view.revealing(rect, 48.0)),
            None => Outcome::default(),
        });
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

    /// A node that is gone, by undo or by somebody else, can't be open.
    fn close_gone(&self) {
        if let Some(id) = self.opened.get_untracked()
            && self.node(&id).is_none()
        {
            self.opened.set(None);
            self.focus_pane();
        }
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

    pub fn set_view(&self, make: impl FnOnce(&Board) -> Viewport) {
        self.act(|b| {
            let view = make(b);
            b.set_view(view)
        });
    }

    /// Fits everything, or the given things, into the pane.
    pub fn fit(&self) {
        self.set_view(|b| match b.doc.bounds() {
            Some(bounds) => b.view.fitted(bounds, 64.0),
            None => Viewport { width: b.view.width, height: b.view.height, ..Viewport::default() },
        });
    }

    /// Moves the keyboard's focus to a card.
    pub fn focus_card(&self, id: &Id) {
        self.last_focus.set_value(Some(id.clone()));
        let (id, pane) = (id.clone(), self.pane);
        request_animation_frame(move || {
            let Some(Some(pane)) = pane.try_get_untracked() else { return };
            if let Ok(Some(card)) = pane.query_selector(&format!("[data-node-id=\"{id}\"]")) {
                use wasm_bindgen::JsCast;
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                if let Some(card) = card.dyn_ref::<web_sys::HtmlElement>() {
                    let _ = card.focus_with_options(&options);
                }
            } else {
                let _ = pane.focus();
            }
        });
    }

    /// Focus back to the canvas.
    pub fn focus_pane(&self) {
        match self.with(|b| b.selection.iter().next().cloned()) {
            Some(id) => self.focus_card(&id),
            None => {
                if let Some(pane) = self.pane.get_untracked() {
                    let _ = pane.focus();
                }
            }
        }
    }

    /// Draws what `outcome` says.
    pub fn show(&self, outcome: Outcome) {
        if outcome.view {
            self.apply_view();
        }
        if outcome.structure {
            self.drawn_notes.set(self.with(|b| b.doc.notes().map(|(id, _)| id.clone()).collect()));
        }
        let refreshed: HashSet<&Id> = outcome.patched.iter().collect();
        self.refresh_faces(refreshed.iter().copied());
        let moved: HashSet<&Id> = outcome.moved.iter().chain(refreshed).collect();
        self.refresh_places(&moved);
        if outcome.structure || outcome.view || !outcome.moved.is_empty() || outcome.selection {
            self.redraw_lists(outcome.structure || !outcome.moved.is_empty() || outcome.selection);
        }
        if outcome.selection {
            self.refresh_selection();
        }
        if outcome.overlay {
            self.overlay.set(self.with(|b| b.overlay.clone()));
        }
        if outcome.structure {
            self.close_gone();
            // Port names stand beside free ports only.
            let ids: Vec<Id> = self.cards.with_value(|c| c.keys().cloned().collect());
            self.refresh_faces(ids.iter());
            self.hovered.update(|h| {
                if h.as_ref().is_some_and(|e| !self.with(|b| b.doc.has_edge(e))) {
                    *h = None;
                }
            });
        }
        if outcome.flow {
            let name = self.with(|b| b.doc.name().to_owned());
            if self.flow_name.get_untracked() != name {
                self.flow_name.set(name);
            }
        }
        if outcome.edited {
            self.edits.update(|n| *n += 1);
            self.can_undo.set(self.with(Board::can_undo));
            self.can_redo.set(self.with(Board::can_redo));
            self.draft.changed(*self);
        }
        if outcome.structure || outcome.selection || !outcome.moved.is_empty() || outcome.view || outcome.edited {
            self.far.request(*self, outcome.view && !outcome.edited && outcome.moved.is_empty());
        }
        match outcome.ask {
            Some(Ask::Palette { at, end }) if self.editable => {
                self.palette.set(Some(PaletteAt::Board { at, end: Some(end) }));
            }
            Some(Ask::Refused(refusal)) => {
                let text = crate::i18n::text(&refusal.text());
                self.say.note(Words::get().not_connected, text);
            }
            _ => {}
        }
    }

    /// One transform on the layer, and the grid below it.
    fn apply_view(&self) {
        let view = self.with(|b| b.view);
        let style = |node: NodeRef<html::Div>, name: &str, value: &str| {
            if let Some(node) = node.get_untracked() {
                let _ = web_sys::HtmlElement::style(&node).set_property(name, value);
            }
        };
        style(self.layer, "transform", &format!("translate({}px,{}px) scale({})", view.x, view.y, view.zoom));
        // Dots closer than 8 px would be a grey veil.
        let mut step = 16.0 * view.zoom;
        while step < 8.0 {
            step *= 4.0;
        }
        let (x, y) = (view.x.rem_euclid(step) - step, view.y.rem_euclid(step) - step);
        style(self.grid, "transform", &format!("translate({x}px,{y}px)"));
        if (view.zoom - self.view.get_untracked().zoom).abs() > 1e-9 || self.view.get_untracked().width == 0.0 {
            style(self.grid, "background-size", &format!("{step}px {step}px"));
        }
        self.view.set(view);
    }

    /// Mounts what came into view and unmounts what left it.
    fn redraw_lists(&self, always: bool) {
        let (view, window) = self.with(|b| (b.view, cull::window(&b.view)));
        if !view.draws_cards() {
            self.window.set_value(None);
            if !self.drawn_nodes.read_untracked().is_empty() || !self.drawn_edges.read_untracked().is_empty() {
                self.drawn_nodes.set(Vec::new());
                self.drawn_edges.set(Vec::new());
            }
            return;
        }
        if !always && self.window.get_value() == Some(window) {
            return;
        }
        self.window.set_value(Some(window));
        let focused = self.last_focus.get_value();
        let drawn = self.with(|b| {
            // A large selection is not kept outside the view: it would bring the whole flow into the page.
            let kept: Vec<&Id> = b.selection.iter().take(50).chain(focused.as_ref()).collect();
            cull::drawn(&b.doc, &window, kept)
        });
        if *self.drawn_nodes.read_untracked() != drawn.nodes {
            self.drawn_nodes.set(drawn.nodes);
        }
        if *self.drawn_edges.read_untracked() != drawn.edges {
            self.drawn_edges.set(drawn.edges);
        }
    }

    fn refresh_selection(&self) {
        let (ids, edge) = self.with(|b| {
            let mut ids: Vec<Id> = b.selection.iter().cloned().collect();
            ids.sort();
            (ids, b.selected_edge.clone())
        });
        self.cards.with_value(|cards| {
            for (id, card) in cards {
                let on = ids.binary_search(id).is_ok();
                if card.selected.get_untracked() != on {
                    card.selected.set(on);
                }
            }
        });
        self.selected.set(Selected { ids, edge });
    }

    /// Signals for a card (or a note) that is being mounted.
    pub fn mount_card(&self, id: &Id) -> CardSignals {
        let (position, face, selected) = self.with(|b| {
            let face = Face::of(&b.doc, id, self);
            (b.doc.position(id).unwrap_or_default(), Arc::new(face), b.selection.contains(id))
        });
        let signals = CardSignals {
            position: RwSignal::new(position),
            face: RwSignal::new(face),
            selected: RwSignal::new(selected),
        };
        self.cards.update_value(|c| {
            c.insert(id.clone(), signals);
        });
        signals
    }

    pub fn unmount_card(&self, id: &Id) {
        let _ = self.cards.try_update_value(|c| c.remove(id));
    }

    pub fn mount_line(&self, edge: &Arc<Edge>) -> RwSignal<Arc<Line>> {
        let line = RwSignal::new(Arc::new(self.with(|b| Line::of(&b.doc, edge, self))));
        self.lines.update_value(|l| {
            l.insert(edge.clone(), line);
        });
        line
    }

    pub fn unmount_line(&self, edge: &Arc<Edge>) {
        let _ = self.lines.try_update_value(|l| l.remove(edge));
    }

    /// The signal of a line that is mounted.
    pub fn line_signal(&self, edge: &Arc<Edge>) -> Option<RwSignal<Arc<Line>>> {
        self.lines.with_value(|l| l.get(edge).copied())
    }

    pub fn line(&self, edge: &Arc<Edge>) -> Line {
        self.with(|b| Line::of(&b.doc, edge, self))
    }

    /// The faces of those of `ids` that are mounted, and the lines of their edges.
    pub fn refresh_faces<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) {
        let mut touched = Vec::new();
        for id in ids {
            let Some(card) = self.cards.with_value(|c| c.get(id).copied()) else { continue };
            let face = self.with(|b| Face::of(&b.doc, id, self));
            if *card.face.read_untracked().as_ref() != face {
                card.face.set(Arc::new(face));
            }
            touched.push(id.clone());
        }
        let touched: HashSet<&Id> = touched.iter().collect();
        self.refresh_lines(&touched);
    }

    fn refresh_places(&self, ids: &HashSet<&Id>) {
        for id in ids {
            let Some(card) = self.cards.with_value(|c| c.get(*id).copied()) else { continue };
            if let Some(to) = self.with(|b| b.doc.position(id))
                && card.position.get_untracked() != to
            {
                card.position.set(to);
            }
        }
        self.refresh_lines(ids);
    }

    /// The lines of the edges of `ids`, each once.
    pub fn refresh_lines(&self, ids: &HashSet<&Id>) {
        let mut done: HashSet<Arc<Edge>> = HashSet::new();
        for id in ids {
            for edge in self.with(|b| b.doc.edges_of(id).to_vec()) {
                let Some(line) = self.lines.with_value(|l| l.get(&edge).copied()) else { continue };
                if done.insert(edge.clone()) {
                    let new = self.line(&edge);
                    if *line.read_untracked().as_ref() != new {
                        line.set(Arc::new(new));
                    }
                }
            }
        }
    }

    /// All nodes, for what changes everywhere at once: a run that begins.
    pub fn refresh_all(&self) {
        let ids: Vec<Id> = self.cards.with_value(|c| c.keys().cloned().collect());
        self.refresh_faces(ids.iter());
        let edges: Vec<(Arc<Edge>, RwSignal<Arc<Line>>)> =
            self.lines.with_value(|l| l.iter().map(|(e, s)| (e.clone(), *s)).collect());
        for (edge, line) in edges {
            let new = self.line(&edge);
            if *line.read_untracked().as_ref() != new {
                line.set(Arc::new(new));
            }
        }
        self.far.request(*self, false);
    }

    /// The trigger that a run starts from: the selected one, the one before what is selected, or the first.
    pub fn trigger(&self) -> Option<Id> {
        self.with(|b| {
            let is_trigger = |id: &Id| b.doc.card(id).is_some_and(|c| c.trigger);
            let before = b.selection.iter().flat_map(|id| walk::upstream(&b.doc, id)).find(is_trigger);
            before.or_else(|| b.doc.ids().find(|id| is_trigger(id)).cloned())
        })
    }

    /// Opens the palette for an end that is being connected.
    pub fn ask_for_node(&self, end: Option<End>, at: Option<Point>) {
        if self.editable {
            self.palette.set(Some(match at {
                Some(at) => PaletteAt::Board { at, end },
                None => PaletteAt::Anywhere,
            }));
        }
    }
}

/// An id that the flow does not have.
pub fn fresh(board: &Board) -> String {
    loop {
        let id = new_id();
        if board.doc.rect(&id).is_none() {
            return id;
        }
    }
}
