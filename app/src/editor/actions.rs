//! What can be done, once each: name, icon, keys and deed. Menu, toolbar, keyboard and the sheet of shortcuts come from
//! this list.

use std::collections::HashSet;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::state::{Editor, Writing, fresh, now};
use super::words::Words;
use crate::canvas::gesture::Pointer;
use crate::canvas::viewport::ZOOM_STEP;
use crate::canvas::walk::{self, Direction};
use crate::canvas::{Id, Viewport, clipboard, edit, tidy};
use crate::i18n::{Common, count, fill};

/// Where an action stands in the sheet of shortcuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Draw,
    Select,
    View,
    Flow,
}

pub struct Action {
    pub id: &'static str,
    pub part: Part,
    /// As shown; each alternative as `Ctrl+Shift+Z`.
    pub keys: &'static [&'static str],
    pub icon: fn(Editor) -> &'static str,
    title: fn(Editor, &Words) -> &'static str,
    pub enabled: fn(Editor) -> bool,
    pub run: fn(Editor),
}

impl Action {
    pub fn title(&self, editor: Editor) -> String {
        (self.title)(editor, Words::get()).to_owned()
    }

    /// "Duplicate (Ctrl+D)".
    pub fn with_keys(&self, title: &str) -> String {
        match self.keys.first() {
            Some(keys) => format!("{title} ({})", shown(keys)),
            None => title.to_owned(),
        }
    }
}

/// Keys as they stand on a keyboard: `Shift+→`.
pub fn shown(keys: &str) -> String {
    keys.replace("ArrowRight", "→").replace("ArrowLeft", "←")
}

fn some(editor: Editor) -> bool {
    editor.selected.with(|s| !s.ids.is_empty())
}

fn some_nodes(editor: Editor) -> bool {
    editor.editable && editor.selected.with(|s| !s.ids.is_empty())
}

fn deletable(editor: Editor) -> bool {
    editor.editable && editor.selected.with(|s| !s.ids.is_empty() || s.edge.is_some())
}

fn one_node(editor: Editor) -> bool {
    editor.selected.with(|s| matches!(s.ids.as_slice(), [id] if editor.node(id).is_some()))
}

/// A node, or a note whose text can be written.
fn one(editor: Editor) -> bool {
    one_node(editor) || (editor.editable && editor.selected.with(|s| s.ids.len() == 1))
}

fn an_edge(editor: Editor) -> bool {
    editor.selected.with(|s| s.edge.is_some())
}

fn always(_: Editor) -> bool {
    true
}

fn may_edit(editor: Editor) -> bool {
    editor.editable
}

fn the_node(editor: Editor) -> Option<Id> {
    editor.with(|b| b.selection.iter().find(|id| b.doc.node(id).is_some()).cloned())
}

fn all_off(editor: Editor) -> bool {
    editor.with(|b| b.selection.iter().filter_map(|id| b.doc.node(id)).all(|n| n.settings.disabled))
}

fn is_pinned(editor: Editor) -> bool {
    the_node(editor).and_then(|id| editor.node(&id)).is_some_and(|n| n.pinned.is_some())
}

macro_rules! action {
    ($id:literal, $part:ident, [$($keys:literal),*], $icon:literal, $title:ident, $enabled:expr, $run:expr) => {
        Action {
            id: $id,
            part: Part::$part,
            keys: &[$($keys),*],
            icon: |_| $icon,
            title: |_, w| w.$title,
            enabled: $enabled,
            run: $run,
        }
    };
}

static ADD: Action = action!("add", Draw, ["N", "Tab"], "plus", add_node, may_edit, |e| e.ask_for_node(None, None));
static OPEN: Action = action!("open", Draw, ["Enter"], "maximize-2", open, one, |e| match the_node(e) {
    Some(id) => e.opened.set(Some(id)),
    None => e.writing.set(e.selected.with_untracked(|s| s.ids.first().cloned()).map(Writing::Note)),
});
static CONNECT: Action =
    action!("connect", Draw, ["C"], "link", connect_to, |e| e.editable && one_node(e), |e| e.connecting.set(true));
static EDGE: Action = action!("edge", Select, ["E"], "route", next_edge, always, |e| {
    if let Some(edge) = e.with(crate::canvas::Board::next_edge) {
        e.select_edge(&edge);
    }
});
static INSERT: Action = action!("insert", Draw, ["I"], "plus", insert_here, |e| e.editable && an_edge(e), |e| {
    let edge = e.selected.with_untracked(|s| s.edge.clone());
    e.palette.set(edge.map(super::palette::PaletteAt::Edge));
});
static RENAME: Action = action!("rename", Draw, ["F2"], "pencil-line", rename, |e| e.editable && one_node(e), |e| e
    .writing
    .set(the_node(e).map(Writing::NodeName)));
static TOGGLE: Action = Action {
    id: "toggle",
    part: Part::Draw,
    keys: &["D"],
    icon: |_| "power",
    title: |e, w| if all_off(e) { w.switch_on } else { w.switch_off },
    enabled: some_nodes,
    run: |e| e.commit(|b| edit::toggle_disabled(&b.doc, &b.selection)),
};
static PIN: Action = Action {
    id: "pin",
    part: Part::Draw,
    keys: &["P"],
    icon: |e| if is_pinned(e) { "pin-off" } else { "pin" },
    title: |e, w| if is_pinned(e) { w.unpin } else { w.pin },
    enabled: |e| e.editable && one_node(e),
    run: |e| {
        if let Some(id) = the_node(e) {
            super::inspector::toggle_pin(e, id);
        }
    },
};
static DUPLICATE: Action = action!("duplicate", Draw, ["Ctrl+D"], "copy", duplicate, some_nodes, duplicate);
static DELETE: Action = action!("delete", Draw, ["Delete", "Backspace"], "trash-2", delete, deletable, |e| e
    .act(|b| b.delete_selected(now())));
static COPY: Action = action!("copy", Draw, ["Ctrl+C"], "clipboard", copy, some, copy);
static CUT: Action = action!("cut", Draw, ["Ctrl+X"], "scissors", cut, some_nodes, cut);
static PASTE: Action = action!("paste", Draw, ["Ctrl+V"], "clipboard-paste", paste, may_edit, paste_from_clipboard);
static UNDO: Action = action!("undo", Draw, ["Ctrl+Z"], "undo-2", undo, |e| e.can_undo.get(), |e| e.undo());
static REDO: Action =
    action!("redo", Draw, ["Ctrl+Shift+Z", "Ctrl+Y"], "redo-2", redo, |e| e.can_redo.get(), |e| e.redo());
static NOTE: Action = action!("note", Draw, ["Shift+N"], "sticky-note", add_note, may_edit, add_note);
static TIDY: Action = action!("tidy", Draw, ["Shift+T"], "wand-sparkles", tidy, may_edit, tidy_up);
static ALL: Action =
    action!("all", Select, ["Ctrl+A"], "list-checks", select_all, always, |e| e.act(crate::canvas::Board::select_all));
static AFTER: Action = action!("after", Select, ["Shift+ArrowRight"], "arrow-right", select_after, one_node, |e| {
    reach(e, walk::downstream);
});
static BEFORE: Action = action!("before", Select, ["Shift+ArrowLeft"], "arrow-left", select_before, one_node, |e| {
    reach(e, walk::upstream);
});
static IN: Action = action!("in", View, ["+", "="], "plus", zoom_in, always, |e| zoom(e, ZOOM_STEP));
static OUT: Action = action!("out", View, ["-"], "minus", zoom_out, always, |e| zoom(e, 1.0 / ZOOM_STEP));
static FULL: Action =
    action!("full", View, ["0"], "search", zoom_100, always, |e| e.set_view(|b| b.view.zoomed_middle(1.0)));
static FIT: Action = action!("fit", View, ["1"], "maximize", fit, always, |e| e.fit());
static SHEET: Action = action!("sheet", View, ["?"], "keyboard", shortcuts, always, |e| e.shortcuts.set(true));
static RUN: Action = action!("run", Flow, ["Ctrl+Enter"], "play", run, may_edit, |e| e.live.start(e, None));
static RUN_TO: Action =
    action!("run_to", Flow, ["Ctrl+Shift+Enter"], "play", run_to_here, |e| e.editable && one_node(e), |e| e
        .live
        .start(e, the_node(e)));
static SAVE: Action = action!("save", Flow, ["Ctrl+S"], "check", save_now, may_edit, |e| {
    leptos::task::spawn_local(async move {
        e.draft.flush(e).await;
    });
});

/// In the order of menus and of the sheet.
pub static ALL_ACTIONS: &[&Action] = &[
    &ADD, &OPEN, &CONNECT, &INSERT, &RENAME, &TOGGLE, &PIN, &COPY, &CUT, &PASTE, &DUPLICATE, &DELETE, &UNDO, &REDO,
    &NOTE, &TIDY, &ALL, &EDGE, &AFTER, &BEFORE, &IN, &OUT, &FULL, &FIT, &SHEET, &RUN, &RUN_TO, &SAVE,
];

/// Above the selected node.
pub static TOOLBAR: &[&Action] = &[&OPEN, &PIN, &TOGGLE, &DUPLICATE, &DELETE];

/// Menus; an empty group name stands for a line.
pub static NODE_MENU: &[Option<&Action>] = &[
    Some(&OPEN),
    Some(&RUN_TO),
    Some(&CONNECT),
    Some(&RENAME),
    None,
    Some(&TOGGLE),
    Some(&PIN),
    None,
    Some(&COPY),
    Some(&CUT),
    Some(&DUPLICATE),
    None,
    Some(&AFTER),
    Some(&BEFORE),
    Some(&TIDY),
    None,
    Some(&DELETE),
];
pub static EDGE_MENU: &[Option<&Action>] = &[Some(&INSERT), Some(&EDGE), None, Some(&DELETE)];
pub static CANVAS_MENU: &[Option<&Action>] =
    &[Some(&ADD), Some(&NOTE), Some(&PASTE), None, Some(&ALL), Some(&TIDY), Some(&FIT), None, Some(&RUN), Some(&SHEET)];

pub fn zoom(editor: Editor, by: f64) {
    editor.set_view(|b| b.view.zoomed_middle(b.view.zoom * by));
}

fn reach(editor: Editor, walk: fn(&crate::canvas::Doc, &str) -> HashSet<Id>) {
    if let Some(id) = the_node(editor) {
        let ids = editor.with(|b| walk(&b.doc, &id));
        editor.select(ids);
    }
}

fn duplicate(editor: Editor) {
    editor.act(|b| {
        let paste = {
            let board: &crate::canvas::Board = b;
            clipboard::duplicate(&board.doc, &board.selection, &mut || fresh(board))
        };
        paste.map(|p| b.commit_selecting(p.changes, p.ids, now())).unwrap_or_default()
    });
}

fn add_note(editor: Editor) {
    let mut made = None;
    editor.act(|b| {
        let id = fresh(b);
        made = Some(Id::from(id.as_str()));
        let change = edit::add_note(id.clone(), b.view.centre(), String::new());
        b.commit_selecting(vec![change], HashSet::from([Id::from(id.as_str())]), now())
    });
    editor.writing.set(made.map(Writing::Note));
}

fn tidy_up(editor: Editor) {
    editor.commit(|b| {
        let only = b.selection.iter().filter(|id| b.doc.node(id).is_some()).count() > 1;
        tidy::tidy(&b.doc, only.then_some(&b.selection))
    });
    if editor.with(|b| b.selection.len() < 2) {
        editor.fit();
    }
}

/// What is selected as text, with the number of nodes and notes in it.
pub fn selected_text(editor: Editor) -> Option<(String, usize)> {
    editor.with(|b| (!b.selection.is_empty()).then(|| (clipboard::copy(&b.doc, &b.selection), b.selection.len())))
}

pub fn say_copied(editor: Editor, nodes: usize) {
    let w = Words::get();
    editor.announce.set(count(nodes, w.copied_one, w.copied_many));
}

fn copy(editor: Editor) {
    copy_then(editor, |_| {});
}

fn cut(editor: Editor) {
    copy_then(editor, |editor| editor.act(|b| b.delete_selected(now())));
}

/// From a menu; the keys bring an event that needs no permission.
fn copy_then(editor: Editor, then: fn(Editor)) {
    let Some((text, nodes)) = selected_text(editor) else { return };
    let copied = crate::ui::copy_now(&text);
    leptos::task::spawn_local(async move {
        match copied.await {
            _ if !editor.alive() => {}
            true => {
                say_copied(editor, nodes);
                then(editor);
            }
            false => editor.say.note(Common::get().not_copied, Words::get().copy_refused),
        }
    });
}

/// Pastes what the clipboard holds; a browser that does not let the page read it still sends a paste event.
fn paste_from_clipboard(editor: Editor) {
    let w = Words::get();
    let Some(clipboard) = crate::ui::clipboard() else {
        editor.say.note(w.nothing_to_paste, w.clipboard_refused);
        return;
    };
    let read = clipboard.read_text();
    leptos::task::spawn_local(async move {
        match JsFuture::from(read).await {
            _ if !editor.alive() => {}
            Ok(text) => paste_text(editor, &text.as_string().unwrap_or_default()),
            Err(_) => editor.say.note(w.nothing_to_paste, w.clipboard_refused),
        }
    });
}

/// Pastes nodes in the middle of the view, or under the pointer.
pub fn paste_text(editor: Editor, text: &str) {
    let w = Words::get();
    if !editor.editable {
        return;
    }
    let mut pasted = 0;
    editor.act(|b| {
        let paste = {
            let board: &crate::canvas::Board = b;
            clipboard::paste(&board.doc, text, board.view.centre(), &mut || fresh(board))
        };
        match paste {
            Some(paste) => {
                pasted = paste.ids.len();
                b.commit_selecting(paste.changes, paste.ids, now())
            }
            None => Default::default(),
        }
    });
    if pasted == 0 {
        editor.say.note(w.nothing_to_paste, w.nothing_to_paste_text);
    } else {
        editor.announce.set(fill(w.pasted, [pasted]));
    }
}

/// Escape: the topmost thing first.
pub fn escape(editor: Editor) {
    if editor.menu.get_untracked().is_some() {
        editor.menu.set(None);
        editor.focus_pane();
    } else if editor.with(|b| !b.gesture().is_idle()) {
        editor.act(|b| b.pointer(Pointer::Cancel, now()));
    } else if editor.settings.get_untracked() {
        editor.settings.set(false);
        editor.focus_pane();
    } else if editor.opened.get_untracked().is_some() {
        editor.opened.set(None);
        editor.focus_pane();
    } else if editor.palette.get_untracked().is_some() {
        editor.palette.set(None);
        editor.focus_pane();
    } else {
        editor.select([]);
    }
}

/// Arrow keys: along the edges, or with Ctrl the selection itself.
pub fn arrow(editor: Editor, direction: Direction, moves: bool) {
    if moves {
        let by = match direction {
            Direction::Left => [-16, 0],
            Direction::Right => [16, 0],
            Direction::Up => [0, -16],
            Direction::Down => [0, 16],
        };
        editor.commit_as(Some("arrows"), |b| edit::nudge(&b.doc, &b.selection, by));
        return;
    }
    let next = editor.with(|b| match (&b.selected_edge, direction) {
        // From an edge to its ends.
        (Some(edge), Direction::Left | Direction::Up) => Some(Id::from(edge.from.as_str())),
        (Some(edge), _) => Some(Id::from(edge.to.as_str())),
        (None, _) => next_node(b, direction),
    });
    if let Some(id) = next {
        editor.select([id.clone()]);
        if editor.with(|b| b.view.draws_cards()) {
            editor.reveal(&id);
        } else {
            editor.set_view(|b| match b.doc.rect(&id) {
                Some(rect) => Viewport { zoom: 1.0, ..b.view }.centred(rect.centre()),
                None => b.view,
            });
        }
        editor.focus_card(&id);
    }
}

fn next_node(b: &crate::canvas::Board, direction: Direction) -> Option<Id> {
    match b.selection.iter().find(|id| b.doc.node(id).is_some()) {
        Some(id) => walk::neighbour(&b.doc, id, direction),
        None => walk::flow_order(&b.doc).into_iter().next(),
    }
}
