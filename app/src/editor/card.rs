//! A node's card and a note, as HTML. At most twelve elements a card; what it shows is in its [`Face`].

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::face::{Face, State};
use super::state::{Editor, Writing, use_editor};
use super::words::Words;
use crate::canvas::{Id, Side, names};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Card(id: Id) -> AnyView {
    let editor = use_editor();
    let signals = editor.mount_card(&id);
    let gone = id.clone();
    on_cleanup(move || editor.unmount_card(&gone));
    let naming = {
        let id = id.clone();
        Memo::new(move |_| editor.writing.get() == Some(Writing::NodeName(id.clone())))
    };
    let name_id = StoredValue::new(id.clone());
    let face = signals.face;
    view! {
        <div
            class="node"
            class:sel=signals.selected
            data-node-id=id.to_string()
            data-s=move || face.with(|f| f.state.key())
            role="group"
            tabindex="0"
            aria-label=move || face.with(|f| f.label())
            aria-current=move || signals.selected.get().then_some("true")
            style:transform=move || {
                let [x, y] = signals.position.get();
                format!("translate({x}px,{y}px)")
            }
            style:min-height=move || face.with(|f| format!("{}px", f.height))
            on:focus=move |_| focused(editor, &name_id.get_value())
        >
            {move || inside(&face.get())}
            {move || naming.get().then(|| view! { <NameInput id=name_id.get_value()/> })}
        </div>
    }
    .into_any()
}

/// Focus by the keyboard is a choice: what keys do is done to this card. A press chooses by itself.
fn focused(editor: Editor, id: &Id) {
    let by_pointer = editor.pane.get_untracked().is_some_and(|p| p.class_list().contains("by-pointer"));
    if by_pointer || editor.with(|b| b.selection.contains(id) || !b.gesture().is_idle()) {
        return;
    }
    editor.select([id.clone()]);
    editor.reveal(id);
}

fn inside(face: &Arc<Face>) -> impl IntoView + use<> {
    let icon = format!("#i-{}", face.icon);
    let state = face.state.icon().map(|glyph| {
        let class = if face.state == State::Running { "i st spin" } else { "i st" };
        view! { <svg class=class aria-hidden="true"><use_ href=format!("#i-{glyph}")></use_></svg> }
    });
    let ports: Vec<_> = face
        .ports
        .iter()
        .map(|port| {
            let side = if port.side == Some(Side::In) { "port in" } else { "port out" };
            let label = (!port.label.is_empty()).then(|| port.label.clone());
            view! {
                <i
                    class=side
                    style:top=format!("{}px", port.y)
                    data-port=port.port.clone()
                    data-name=label
                    role="img"
                    aria-label=port.name.clone()
                ></i>
            }
        })
        .collect();
    let strip = (!face.message.is_empty()).then(|| view! { <p>{face.message.clone()}</p> });
    view! {
        <i class=format!("tile {}", face.class)>
            <svg class="i" aria-hidden="true"><use_ href=icon></use_></svg>
        </i>
        <b title=face.name.clone()>{face.name.clone()}</b>
        <span>{face.subtitle.clone()}</span>
        {state}
        {ports}
        {strip}
    }
}

/// Renames in place; Enter keeps it, Esc leaves it. References in expressions follow.
#[component]
fn NameInput(id: Id) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let input = NodeRef::<html::Input>::new();
    let name = editor.node(&id).map(|n| n.name).unwrap_or_default();
    Effect::new(move || {
        if let Some(input) = input.get() {
            let _ = input.focus();
            input.select();
        }
    });
    let done = StoredValue::new(false);
    let keep = {
        let id = id.clone();
        move || {
            // Leaving the field also comes when it is taken away.
            if done.try_get_value() != Some(false) {
                return;
            }
            done.set_value(true);
            if let Some(input) = input.get_untracked() {
                let wanted = input.value();
                editor.commit(|b| names::rename(&b.doc, &id, &wanted));
            }
            editor.writing.set(None);
        }
    };
    let enter = keep.clone();
    let back = id.clone();
    view! {
        <input
            class="name-input nodrag"
            node_ref=input
            aria-label=w.rename
            value=name
            on:keydown=move |event| {
                event.stop_propagation();
                match event.key().as_str() {
                    "Enter" => {
                        enter();
                        editor.focus_card(&back);
                    }
                    "Escape" => {
                        done.set_value(true);
                        editor.writing.set(None);
                        editor.focus_card(&back);
                    }
                    _ => {}
                }
            }
            on:blur=move |_| keep()
        />
    }
    .into_any()
}

/// A sticky note behind the nodes: the first line strong, the rest as it is.
#[component]
pub fn NoteCard(id: Id) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let signals = editor.mount_card(&id);
    let gone = id.clone();
    on_cleanup(move || editor.unmount_card(&gone));
    let face = signals.face;
    let writing = {
        let id = id.clone();
        Memo::new(move |_| editor.writing.get() == Some(Writing::Note(id.clone())))
    };
    let note_id = StoredValue::new(id.clone());
    let note = move || face.with(|f| f.note.clone().unwrap_or_default());
    view! {
        <div
            class=move || format!("note {}", note().0)
            class:sel=signals.selected
            data-note-id=id.to_string()
            role="note"
            tabindex="0"
            aria-label=move || face.with(|f| format!("{}: {}", w.note, f.name.lines().next().unwrap_or_default()))
            aria-current=move || signals.selected.get().then_some("true")
            on:focus=move |_| focused(editor, &note_id.get_value())
            style:transform=move || {
                let [x, y] = signals.position.get();
                format!("translate({x}px,{y}px)")
            }
            style:width=move || format!("{}px", note().1[0])
            style:height=move || format!("{}px", note().1[1])
        >
            {move || match writing.get() {
                true => view! { <NoteInput id=note_id.get_value()/> }.into_any(),
                false => {
                    let text = face.with(|f| f.name.clone());
                    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
                    view! { <h3>{first.to_owned()}</h3><div class="note-rest">{rest.to_owned()}</div><i class="corner-grip"></i> }.into_any()
                }
            }}
        </div>
    }
    .into_any()
}

#[component]
fn NoteInput(id: Id) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let area = NodeRef::<html::Textarea>::new();
    let before = editor.with(|b| b.doc.note(&id).map(|n| n.text.clone())).unwrap_or_default();
    Effect::new(move || {
        if let Some(area) = area.get() {
            let _ = area.focus();
        }
    });
    let keep = move || {
        let Some(Some(area)) = area.try_get_untracked() else { return };
        let text = area.value();
        editor.commit(|b| match b.doc.note(&id) {
            Some(note) if note.text != text => {
                vec![crate::canvas::Change::PatchNote { note: flow::Note { text, ..note.clone() } }]
            }
            _ => Vec::new(),
        });
        if editor.writing.try_get_untracked().flatten() == Some(Writing::Note(id.clone())) {
            editor.writing.set(None);
        }
    };
    let escape = keep.clone();
    view! {
        <textarea
            class="nodrag"
            node_ref=area
            aria-label=w.note
            placeholder=w.note_text
            prop:value=before
            on:keydown=move |event| {
                event.stop_propagation();
                if event.key() == "Escape" {
                    escape();
                    editor.focus_pane();
                }
            }
            on:blur=move |_| keep()
        ></textarea>
    }
    .into_any()
}
