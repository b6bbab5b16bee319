//! Expressions: the switch between fixed and expression, the field with completion, and what it gives.

use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen::JsCast;

use super::fields::about;
use super::spec::{Spec, fresh};
use super::words::Words;
use super::{Completion, FormHandle, PreviewFn};
use crate::i18n::fill;
use crate::ui::{Icon, Show};
use crate::view::{AnyView, IntoAny};

/// Most completions shown.
const SHOWN: usize = 8;

/// A string that starts with `=` is an expression.
pub fn is_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|t| t.starts_with('='))
}

/// Fixed or expression.
#[component]
pub fn ModeSwitch(form: FormHandle, pointer: String, spec: Spec, expressed: Memo<bool>) -> AnyView {
    let words = Words::get();
    let value = form.at(&pointer);
    let label = fill(words.mode_of, [&spec.title]);
    let to_fixed = {
        let (pointer, spec) = (pointer.clone(), spec);
        move |_| {
            if expressed.get_untracked() {
                form.set(&pointer, fixed(&value.get_untracked(), &spec));
            }
        }
    };
    let to_expression = move |_| {
        if !expressed.get_untracked() {
            form.set(&pointer, Value::String(format!("={}", super::text::shown(&value.get_untracked()))));
        }
    };
    view! {
        <span class="mode" role="radiogroup" aria-label=label>
            <button type="button" role="radio" class:on=move || !expressed.get() aria-checked=move || (!expressed.get()).to_string() disabled=form.read_only on:click=to_fixed>
                {words.fixed}
            </button>
            <button type="button" role="radio" class:on=expressed aria-checked=move || expressed.get().to_string() disabled=form.read_only on:click=to_expression>
                {words.expression}
            </button>
        </span>
    }
    .into_any()
}

/// An expression's text as a fixed value: kept where it has the field's type and no braces.
fn fixed(value: &Value, spec: &Spec) -> Value {
    use super::spec::Kind;
    let text = value.as_str().and_then(|t| t.strip_prefix('=')).unwrap_or("").to_owned();
    if text.is_empty() || text.contains("{{") {
        return fresh(spec);
    }
    match &spec.kind {
        Kind::Number { .. } | Kind::Switch | Kind::Json => serde_json::from_str(&text).unwrap_or_else(|_| fresh(spec)),
        Kind::Choice(choices) if !choices.iter().any(|c| c.0 == text) => fresh(spec),
        _ => Value::String(text),
    }
}

pub fn allow_drop(event: DragEvent) {
    event.prevent_default();
}

/// Makes the field at `pointer` the expression that was dropped, behind what the expression there already says.
pub fn accept_drop(event: &DragEvent, form: FormHandle, pointer: &str) {
    let Some(dropped) = event.data_transfer().and_then(|d| d.get_data("text/plain").ok()).filter(|t| t.contains("{{"))
    else {
        return;
    };
    event.prevent_default();
    let now = form.value.with_untracked(|v| v.pointer(pointer).cloned().unwrap_or_default());
    let before = now.as_str().filter(|_| is_expression(&now)).unwrap_or("=").to_owned();
    let space = if before.len() > 1 && !before.ends_with(' ') { " " } else { "" };
    form.set(pointer, Value::String(format!("{before}{space}{}", dropped.trim())));
}

/// The field of an expression, with what it gives below.
#[component]
pub fn ExpressionInput(form: FormHandle, #[prop(into)] pointer: String, #[prop(into)] label: String) -> AnyView {
    let value = form.at(&pointer);
    let error = form.error(&pointer);
    let node = NodeRef::<html::Textarea>::new();
    let text =
        Memo::new(move |_| value.with(|v| v.as_str().and_then(|t| t.strip_prefix('=')).unwrap_or("").to_owned()));
    let offered = RwSignal::new(Vec::<Completion>::new());
    let at = RwSignal::new(0usize);
    let failed = RwSignal::new(false);
    let pointer = StoredValue::new(pointer);
    let store = move |text: String| form.set(&pointer.get_value(), Value::String(format!("={text}")));
    // Whoever typed `=` or `{{` in the field that was here goes on typing.
    Effect::new(move || {
        let Some(area) = node.get() else { return };
        if form.typing.with_value(|t| *t == Some(pointer.get_value())) {
            form.typing.set_value(None);
            let _ = area.focus();
            let end = area.value().encode_utf16().count() as u32;
            let _ = area.set_selection_range(end, end);
        }
    });
    let offer = move |area: &web_sys::HtmlTextAreaElement| {
        let caret = area.selection_start().ok().flatten().unwrap_or(0) as usize;
        let found = complete(&area.value(), caret, &form.completions.read_untracked());
        at.set(0);
        offered.set(found);
    };
    let accept = move |index: usize| {
        let Some(area) = node.get_untracked() else { return };
        let Some(chosen) = offered.with_untracked(|o| o.get(index).cloned()) else { return };
        let caret = area.selection_start().ok().flatten().unwrap_or(0) as usize;
        let (new, caret) = insert(&area.value(), caret, &chosen.label);
        area.set_value(&new);
        let _ = area.set_selection_range(caret, caret);
        offered.set(Vec::new());
        store(new);
        let _ = area.focus();
    };
    let keys = move |event: KeyboardEvent| {
        let count = offered.read_untracked().len();
        if count == 0 {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => at.update(|i| *i = (*i + 1) % count),
            "ArrowUp" => at.update(|i| *i = (*i + count - 1) % count),
            "Enter" | "Tab" => accept(at.get_untracked()),
            "Escape" => offered.set(Vec::new()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let list_id = move || format!("complete{}", pointer.get_value().replace('/', "-"));
    view! {
        <div class="expr" class:bad=move || error.read().is_some() || failed.get()>
            <span class="fx" aria-hidden="true">"="</span>
            <textarea
                node_ref=node
                class="code"
                rows="1"
                spellcheck="false"
                autocomplete="off"
                role="combobox"
                aria-label=label
                aria-autocomplete="list"
                aria-expanded=move || (!offered.read().is_empty()).to_string()
                aria-controls=list_id
                aria-describedby=about(&pointer.get_value())
                aria-invalid=move || (error.read().is_some() || failed.get()).then_some("true")
                readonly=form.read_only
                prop:value=move || text.get()
                on:input=move |event| {
                    store(event_target_value(&event));
                    if let Some(area) = event.target().and_then(|t| t.dyn_into().ok()) {
                        offer(&area);
                    }
                }
                on:keydown=keys
                on:blur=move |_| offered.set(Vec::new())
                on:dragover=allow_drop
                on:drop=move |event| accept_drop(&event, form, &pointer.get_value())
            ></textarea>
            <Show when=move || form.preview.read().is_some()>
                <Result text=text preview=form.preview failed=failed/>
            </Show>
        </div>
        <div class="complete" id=list_id role="listbox" aria-label=Words::get().completions>
            {move || {
                offered
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(i, c)| {
                        view! {
                            <div
                                role="option"
                                class:on=move || at.get() == i
                                aria-selected=move || (at.get() == i).to_string()
                                on:mousedown=move |event| {
                                    event.prevent_default();
                                    accept(i);
                                }
                            >
                                <code class="grow clip">{c.label}</code>
                                <span class="t3 small clip">{c.detail}</span>
                            </div>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
    .into_any()
}

/// What an expression gives, asked for a moment after the last change.
#[component]
fn Result(text: Memo<String>, preview: Signal<Option<PreviewFn>>, failed: RwSignal<bool>) -> AnyView {
    let words = Words::get();
    let result = RwSignal::new(None::<std::result::Result<Option<Value>, String>>);
    let asked = StoredValue::new(0u32);
    Effect::new(move || {
        let text = text.get();
        let Some(ask) = preview.get() else { return };
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let later = move || {
            if asked.try_get_value() != Some(number) {
                return;
            }
            let call = ask(format!("={text}"));
            leptos::task::spawn_local(async move {
                let answer = match call.await {
                    Ok(preview) => match preview.error {
                        Some(error) => Err(error.message),
                        None => Ok(preview.value),
                    },
                    Err(problem) => Err(problem.detail),
                };
                // An older question may be answered last.
                if asked.try_get_value() == Some(number) {
                    failed.try_set(answer.is_err());
                    result.try_set(Some(answer));
                }
            });
        };
        set_timeout(later, std::time::Duration::from_millis(250));
    });
    (move || match result.get() {
        None => view! { <div class="res"><span class="t3">{words.working_out}</span></div> }.into_any(),
        Some(Ok(None)) => {
            view! { <div class="res" role="status"><span class="t3">{words.preview_none}</span></div> }.into_any()
        }
        Some(Ok(Some(value))) => {
            let text = match &value {
                Value::String(text) if text.is_empty() => words.empty_result.to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            view! { <div class="res" role="status"><Icon name="check"/><span class="clip">{text}</span></div> }
                .into_any()
        }
        Some(Err(message)) => {
            view! { <div class="res" role="alert"><Icon name="circle-alert"/><span>{message}</span></div> }.into_any()
        }
    })
    .into_any()
}

/// Where the word before the caret starts, in UTF-16 units as the browser counts.
fn word_start(units: &[u16], caret: usize) -> usize {
    let part = |unit: u16| char::from_u32(unit.into()).is_none_or(|c| c.is_alphanumeric() || "$_.'\"()[]".contains(c));
    let caret = caret.min(units.len());
    let mut start = caret;
    while start > 0 && part(units[start - 1]) {
        start -= 1;
    }
    start
}

/// What fits the word before the caret, inside braces only.
fn complete(text: &str, caret: usize, all: &[Completion]) -> Vec<Completion> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let caret = caret.min(units.len());
    let before = String::from_utf16_lossy(&units[..caret]);
    let inside = before.rfind("{{").is_some_and(|open| before.rfind("}}").is_none_or(|close| close < open));
    let word = String::from_utf16_lossy(&units[word_start(&units, caret)..caret]).to_lowercase();
    if !inside || word.is_empty() {
        return Vec::new();
    }
    all.iter()
        .filter(|c| {
            let label = c.label.to_lowercase();
            label.starts_with(&word) && label != word
        })
        .take(SHOWN)
        .cloned()
        .collect()
}

/// The text with the word before the caret replaced, and where the caret then stands.
fn insert(text: &str, caret: usize, word: &str) -> (String, u32) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let caret = caret.min(units.len());
    let start = word_start(&units, caret);
    let mut new: Vec<u16> = units[..start].to_vec();
    new.extend(word.encode_utf16());
    let end = new.len() as u32;
    new.extend(&units[caret..]);
    (String::from_utf16_lossy(&new), end)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all() -> Vec<Completion> {
        ["$json.total", "$json.título", "$now", "$('Ler nota').item"]
            .map(|l| Completion { label: l.into(), detail: String::new() })
            .to_vec()
    }

    #[test]
    fn completions_fit_the_word_inside_braces() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> =
                complete(text, text.encode_utf16().count(), &all()).into_iter().map(|c| c.label).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("{{ $json.t", &["$json.total", "$json.título"]);
        check("{{ $N", &["$now"]);
        check("{{ 1 + $('L", &["$('Ler nota').item"]);
        check("$json", &[]);
        check("{{ 1 }} $json", &[]);
        check("{{ $now", &[]);
        check("ção {{ $json.tí", &["$json.título"]);
    }

    #[test]
    fn a_completion_takes_the_place_of_the_word() {
        assert_eq!(insert("é {{ $js }}", 8, "$json.total"), ("é {{ $json.total }}".into(), 16));
    }

    #[test]
    fn an_expression_without_braces_becomes_its_text() {
        let spec = super::super::parse(
            &json!({"type": "object", "properties": {"n": {"type": "number", "default": 7}}}),
            crate::i18n::Lang::En,
        )
        .remove(0);
        assert_eq!(fixed(&json!("=12"), &spec), json!(12));
        assert_eq!(fixed(&json!("={{ $json.x }}"), &spec), json!(7));
        assert_eq!(fixed(&json!("=abc"), &spec), json!(7));
    }
}
