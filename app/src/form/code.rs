//! Code and JSON: a text area at once, the code editor in its place as soon as it is loaded.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::words::Words;
use super::{Completion, FormHandle};
use crate::i18n::fill;
use crate::ui::Icon;
use crate::view::{AnyView, IntoAny};

#[wasm_bindgen(inline_js = "export function load_module(url) { return import(url); }")]
extern "C" {
    fn load_module(url: &str) -> js_sys::Promise;
}

/// What `mount` of the module gave; removes the editor when it is dropped.
struct Mounted {
    handle: JsValue,
    _on_change: Closure<dyn FnMut(String)>,
}

impl Mounted {
    fn set(&self, text: &str) {
        let set = js_sys::Reflect::get(&self.handle, &"setDoc".into())
            .ok()
            .and_then(|f| f.dyn_into::<js_sys::Function>().ok());
        if let Some(set) = set {
            let _ = set.call1(&self.handle, &text.into());
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let destroy = js_sys::Reflect::get(&self.handle, &"destroy".into())
            .ok()
            .and_then(|f| f.dyn_into::<js_sys::Function>().ok());
        if let Some(destroy) = destroy {
            let _ = destroy.call0(&self.handle);
        }
    }
}

/// Text with syntax colours. `on_change` gets every change by the person.
#[component]
pub fn CodeEditor(
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_change: Callback<String>,
    /// `javascript`, `json` or empty.
    #[prop(into)]
    language: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] read_only: Signal<bool>,
    #[prop(optional, into)] completions: Signal<Vec<Completion>>,
    /// `tall` fills its pane.
    #[prop(default = "")]
    class: &'static str,
) -> AnyView {
    let host = NodeRef::<html::Div>::new();
    let area = NodeRef::<html::Textarea>::new();
    let mounted = StoredValue::new_local(Rc::new(RefCell::new(None::<Mounted>)));
    let ready = RwSignal::new(false);
    // What the editor holds, so that its own changes are not put into it again.
    let held = StoredValue::new(value.get_untracked());
    Effect::new({
        let (language, label) = (language.clone(), label.clone());
        move |started: Option<bool>| {
            let Some(element) = host.get() else { return false };
            if started == Some(true) {
                return true;
            }
            let (language, label) = (language.clone(), label.clone());
            let slot = mounted.get_value();
            leptos::task::spawn_local(async move {
                let changed = Closure::<dyn FnMut(String)>::new(move |text: String| {
                    held.try_set_value(text.clone());
                    on_change.run(text);
                });
                let words = completions.get_untracked();
                let given = value.get_untracked();
                let options =
                    Options { doc: given.clone(), language, label, read_only: read_only.get_untracked(), words };
                if let Ok(handle) = mount(&element, options, &changed).await {
                    let mounted = Mounted { handle, _on_change: changed };
                    // What was typed while it loaded comes along.
                    if let Some(now) = held.try_get_value().filter(|now| *now != given) {
                        mounted.set(&now);
                    }
                    *slot.borrow_mut() = Some(mounted);
                    // Whoever is typing goes on where they are; the editor comes when they leave the field.
                    if area.try_get_untracked().flatten().is_none_or(|a| !has_focus(&a)) {
                        ready.try_set(true);
                    }
                }
            });
            true
        }
    });
    Effect::new(move || {
        let now = value.get();
        if held.get_value() != now {
            held.set_value(now.clone());
            if let Some(mounted) = mounted.get_value().borrow().as_ref() {
                mounted.set(&now);
            }
        }
    });
    on_cleanup(move || {
        if let Some(slot) = mounted.try_get_value() {
            slot.borrow_mut().take();
        }
    });
    view! {
        <div class=format!("code-box {class}")>
            <div node_ref=host class="code-host" hidden=move || !ready.get()></div>
            <textarea
                node_ref=area
                on:blur=move |_| {
                    if mounted.get_value().borrow().is_some() {
                        ready.set(true);
                    }
                }
                class="input code"
                aria-label=label
                spellcheck="false"
                hidden=ready
                readonly=read_only
                prop:value=move || value.get()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    held.set_value(text.clone());
                    if let Some(mounted) = mounted.get_value().borrow().as_ref() {
                        mounted.set(&text);
                    }
                    on_change.run(text);
                }
            ></textarea>
        </div>
    }
    .into_any()
}

fn has_focus(element: &web_sys::HtmlTextAreaElement) -> bool {
    document().active_element().is_some_and(|active| active.is_same_node(Some(element)))
}

struct Options {
    doc: String,
    language: String,
    label: String,
    read_only: bool,
    words: Vec<Completion>,
}

async fn mount(
    element: &web_sys::HtmlDivElement,
    options: Options,
    changed: &Closure<dyn FnMut(String)>,
) -> Result<JsValue, JsValue> {
    let url = crate::context::with_page(|p| p.codemirror_url.clone());
    let url = match url.is_empty() {
        false => url,
        true => {
            let assets = js_sys::Reflect::get(&js_sys::global(), &"fluxoAssets".into())?;
            js_sys::Reflect::get(&assets, &"codemirror.js".into())?.as_string().unwrap_or_default()
        }
    };
    let module = wasm_bindgen_futures::JsFuture::from(load_module(&url)).await?;
    let mount: js_sys::Function = js_sys::Reflect::get(&module, &"mount".into())?.dyn_into()?;
    let given = js_sys::Object::new();
    let put = |name: &str, value: JsValue| js_sys::Reflect::set(&given, &name.into(), &value);
    put("doc", options.doc.into())?;
    put("language", options.language.into())?;
    put("label", options.label.into())?;
    put("readOnly", options.read_only.into())?;
    put("onChange", changed.as_ref().clone())?;
    let words = js_sys::Array::new();
    for word in options.words {
        let entry = js_sys::Object::new();
        js_sys::Reflect::set(&entry, &"label".into(), &word.label.into())?;
        js_sys::Reflect::set(&entry, &"detail".into(), &word.detail.into())?;
        words.push(&entry);
    }
    put("completions", words.into())?;
    mount.call2(&JsValue::UNDEFINED, element, &given)
}

/// A field with code. With `parsed` the value is any JSON, shown indented; otherwise it is the text itself.
#[component]
pub fn CodeField(
    form: FormHandle,
    pointer: String,
    label: String,
    language: String,
    #[prop(optional)] parsed: bool,
) -> AnyView {
    let words = Words::get();
    let value = form.at(&pointer);
    // What was typed, with the value that was stored then: when another one is stored, by undo, that one is shown.
    let typed = RwSignal::new(None::<(String, Value)>);
    let current =
        Memo::new(move |_| typed.get().filter(|(_, stored)| value.with(|v| v == stored)).map(|(text, _)| text));
    let text = Memo::new(move |_| current.get().unwrap_or_else(|| value.with(|v| as_text(v, parsed))));
    let problem = move || {
        let text = current.get().filter(|t| parsed && !t.trim().is_empty())?;
        serde_json::from_str::<Value>(&text).err().map(|error| fill(words.json_wrong, [error]))
    };
    let store = move |new: String| {
        if !parsed {
            form.set(&pointer, Value::String(new));
            return;
        }
        let read = match new.trim().is_empty() {
            true => Some(Value::Null),
            false => serde_json::from_str::<Value>(&new).ok(),
        };
        match read {
            Some(value) => {
                typed.set(Some((new, value.clone())));
                form.set(&pointer, value);
            }
            None => typed.set(Some((new, value.get_untracked()))),
        }
    };
    view! {
        <CodeEditor value=text on_change=store language=language label=label read_only=form.read_only completions=form.completions/>
        {move || problem().map(|text| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> })}
    }
    .into_any()
}

fn as_text(value: &Value, parsed: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if !parsed => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}
