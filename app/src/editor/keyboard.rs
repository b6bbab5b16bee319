//! Keys of the canvas: the keys of [`super::actions`], arrows, Escape, and pasting.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::actions::{self, ALL_ACTIONS};
use super::state::Editor;
use crate::canvas::walk::Direction;

/// Listens for as long as the component lives.
pub fn listen(editor: Editor) {
    let keys = window_event_listener(leptos::ev::keydown, move |event| {
        let typing = event.target().is_some_and(|t| crate::ui::is_editable(&t));
        // AltGr writes signs, and comes as Ctrl and Alt together.
        let writes = event.get_modifier_state("AltGraph");
        let ctrl = (event.ctrl_key() || event.meta_key()) && !writes;
        let key = event.key();
        if let Some(pane) = editor.pane.get_untracked() {
            let _ = pane.class_list().remove_1("by-pointer");
        }
        // What was answered already, and the browser's own keys, are none of ours; a menu closes itself.
        let taken = event.default_prevented() || event.is_composing() || (event.alt_key() && !writes);
        if taken || is_dialog_open() || is_open("[popover]:popover-open") {
            return;
        }
        // Saving and running work from everywhere.
        if ctrl && matches!(key.as_str(), "s" | "S" | "Enter") {
            event.prevent_default();
        } else if typing && key != "Escape" {
            return;
        }
        if key == "Escape" {
            if typing && let Some(input) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = input.blur();
                return;
            }
            actions::escape(editor);
            return;
        }
        let inspecting = is_covered(editor);
        let shift = event.shift_key();
        let direction = match key.as_str() {
            "ArrowLeft" => Some(Direction::Left),
            "ArrowRight" => Some(Direction::Right),
            "ArrowUp" => Some(Direction::Up),
            "ArrowDown" => Some(Direction::Down),
            _ => None,
        };
        if let Some(direction) = direction
            && !inspecting
            && !shift
            && on_canvas(&event)
        {
            event.prevent_default();
            actions::arrow(editor, direction, ctrl);
            return;
        }
        let found = ALL_ACTIONS.iter().find(|a| a.keys.iter().any(|k| matches(k, &key, ctrl, shift)));
        let Some(action) = found else { return };
        // While a node is open, what changes the drawing rests.
        if inspecting && !matches!(action.id, "undo" | "redo" | "save" | "run" | "run_to" | "sheet") {
            return;
        }
        // Keys without Ctrl mean the canvas only when nothing else has the focus.
        if !ctrl && !on_canvas(&event) {
            return;
        }
        // For these the browser sends an event with the clipboard: no permission is needed for that one.
        if matches!(action.id, "copy" | "cut" | "paste") {
            return;
        }
        if (action.enabled)(editor) {
            event.prevent_default();
            (action.run)(editor);
        } else if matches!(action.id, "undo" | "redo" | "duplicate" | "all") {
            event.prevent_default();
        }
    });
    let paste = window_event_listener_untyped("paste", move |event| {
        let typing = event.target().is_some_and(|t| crate::ui::is_editable(&t));
        if typing || is_dialog_open() || is_covered(editor) {
            return;
        }
        let text = event
            .dyn_ref::<web_sys::ClipboardEvent>()
            .and_then(web_sys::ClipboardEvent::clipboard_data)
            .and_then(|d| d.get_data("text/plain").ok());
        if let Some(text) = text {
            event.prevent_default();
            actions::paste_text(editor, &text);
        }
    });
    let copy = window_event_listener_untyped("copy", move |event| {
        take_selection(editor, &event);
    });
    let cut = window_event_listener_untyped("cut", move |event| {
        if editor.editable && take_selection(editor, &event) {
            editor.act(|b| b.delete_selected(super::state::now()));
        }
    });
    on_cleanup(move || {
        keys.remove();
        paste.remove();
        copy.remove();
        cut.remove();
    });
}

/// Puts the selected nodes on the clipboard, unless the person means marked text. Says whether it did.
fn take_selection(editor: Editor, event: &web_sys::Event) -> bool {
    let typing = event.target().is_some_and(|t| crate::ui::is_editable(&t));
    if typing || is_dialog_open() || is_covered(editor) || has_marked_text() {
        return false;
    }
    let data = event.dyn_ref::<web_sys::ClipboardEvent>().and_then(web_sys::ClipboardEvent::clipboard_data);
    let (Some(data), Some((text, nodes))) = (data, actions::selected_text(editor)) else { return false };
    if data.set_data("text/plain", &text).is_err() {
        return false;
    }
    event.prevent_default();
    actions::say_copied(editor, nodes);
    true
}

/// `Window.getSelection` as text is not empty.
fn has_marked_text() -> bool {
    let marked = js_sys::Reflect::get(&window(), &"getSelection".into())
        .ok()
        .and_then(|f| f.dyn_into::<js_sys::Function>().ok())
        .and_then(|f| f.call0(&window()).ok());
    marked.is_some_and(|m| m.is_object() && js_sys::Object::from(m).to_string().length() > 0)
}

/// Whether `keys` (`Ctrl+Shift+Z`) is what was pressed.
fn matches(keys: &str, key: &str, ctrl: bool, shift: bool) -> bool {
    let (mut want_ctrl, mut want_shift, mut want) = (false, false, keys);
    while let Some((mod_key, rest)) = want.split_once('+').filter(|(m, rest)| !m.is_empty() && !rest.is_empty()) {
        match mod_key {
            "Ctrl" => want_ctrl = true,
            "Shift" => want_shift = true,
            _ => return false,
        }
        want = rest;
    }
    // Signs come with or without Shift, by the layout of the keyboard.
    let sign = want.chars().count() == 1 && !want.chars().all(char::is_alphanumeric);
    want_ctrl == ctrl && (sign || want_shift == shift) && want.eq_ignore_ascii_case(key)
}

fn on_canvas(event: &web_sys::KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else { return true };
    let within = |selector: &str| matches!(target.closest(selector), Ok(Some(_)));
    target.tag_name() == "BODY" || target.id() == "page" || (within(".canvas") && !within("button, a"))
}

/// A node or the settings are shown in the drawing's place.
fn is_covered(editor: Editor) -> bool {
    editor.opened.get_untracked().is_some() || editor.settings.get_untracked()
}

fn is_dialog_open() -> bool {
    is_open("dialog[open]")
}

fn is_open(selector: &str) -> bool {
    matches!(document().query_selector(selector), Ok(Some(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_with_their_modifiers_and_no_others() {
        let check = |keys: &str, key: &str, ctrl: bool, shift: bool, expected: bool| {
            assert_eq!(matches(keys, key, ctrl, shift), expected, "{keys} {key} {ctrl} {shift}");
        };
        check("Ctrl+Z", "z", true, false, true);
        check("Ctrl+Z", "Z", true, true, false);
        check("Ctrl+Shift+Z", "Z", true, true, true);
        check("N", "n", false, false, true);
        check("N", "N", false, true, false);
        check("?", "?", false, true, true);
        check("+", "+", false, true, true);
        check("+", "+", true, false, false);
        check("-", "-", false, false, true);
        check("Shift+ArrowRight", "ArrowRight", false, true, true);
    }

    #[test]
    fn no_two_actions_share_a_key() {
        let mut seen = std::collections::HashSet::new();
        for action in ALL_ACTIONS {
            for keys in action.keys {
                assert!(seen.insert(keys.to_lowercase()), "{keys}");
            }
        }
    }
}
