//! Fields: a label, a control, help or what is wrong.

use leptos::html;
use leptos::prelude::*;

use super::{Icon, Show};
use crate::i18n::Common;
use crate::view::{AnyView, Children, IntoAny};

/// Id of what stands below the field that a control is in.
#[derive(Clone)]
pub(super) struct About(pub String);

/// The same on the server and in the browser.
fn about_id(label: &str) -> String {
    let slug: String =
        label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("about-{slug}")
}

/// A control with its label. What is wrong with it takes the place of the help.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] problem: Signal<Option<String>>,
    #[prop(optional)] is_optional: bool,
    children: Children,
) -> AnyView {
    let words = Common::get();
    let id = about_id(&label);
    provide_context(About(id.clone()));
    view! {
        <div class="field">
            <label class="field">
                <span class="lab">{label} {is_optional.then(|| view! { <span class="opt">{words.optional}</span> })}</span>
                {children.draw()}
            </label>
            <div id=id class="field-about">{move || match problem.get() {
                Some(text) => view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> }.into_any(),
                None if hint.is_empty() => ().into_any(),
                None => view! { <span class="hint">{hint.clone()}</span> }.into_any(),
            }}</div>
        </div>
    }
    .into_any()
}

/// A line of text.
#[component]
pub fn Input(
    value: RwSignal<String>,
    #[prop(default = "text")] r#type: &'static str,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional, into)] name: String,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] bad: Signal<bool>,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional)] node_ref: NodeRef<html::Input>,
) -> AnyView {
    keep_typed(node_ref, value);
    let described = use_context::<About>().map(|about| about.0);
    view! {
        <span class="input" class:bad=bad>
            <input
                node_ref=node_ref
                type=r#type
                name=name
                placeholder=placeholder
                autocomplete=autocomplete
                autofocus=autofocus
                required=required
                aria-label=label
                aria-describedby=described
                aria-invalid=move || bad.get().then_some("true")
                value=value.get_untracked()
                on:input=move |event| value.set(event_target_value(&event))
                on:change=move |event| value.set(event_target_value(&event))
            />
        </span>
    }
    .into_any()
}

/// Keeps a field and its value alike. What was typed, or filled in by the browser, before the page was ready comes
/// first: setting the value then would wipe it.
pub(super) fn keep_typed(node: NodeRef<html::Input>, value: RwSignal<String>) {
    Effect::new(move |known: Option<bool>| {
        let wanted = value.get();
        let Some(input) = node.get() else { return false };
        let typed = input.value();
        if known != Some(true) && wanted.is_empty() && !typed.is_empty() {
            value.set(typed);
        } else if typed != wanted {
            input.set_value(&wanted);
        }
        true
    });
}

/// Whether the page answers: what is sent before that would leave as the browser's own request.
pub fn use_ready() -> RwSignal<bool> {
    let ready = RwSignal::new(false);
    Effect::new(move || ready.set(true));
    ready
}

/// What stands in the form's field `name` when it is sent. Browsers show what they filled in only then to scripts.
pub fn sent_value(event: &leptos::ev::SubmitEvent, name: &str) -> Option<String> {
    use wasm_bindgen::JsCast;
    let form = event.current_target().or(event.target())?.dyn_into::<web_sys::Element>().ok()?;
    let field = form.query_selector(&format!("input[name=\"{name}\"]")).ok()??;
    Some(field.dyn_into::<web_sys::HtmlInputElement>().ok()?.value())
}

/// A line to search with; Esc clears it, `/` from anywhere on the page goes to it.
#[component]
pub fn SearchInput(
    value: RwSignal<String>,
    #[prop(into)] placeholder: String,
    /// `sm` for 28 px.
    #[prop(default = "")]
    class: &'static str,
    /// Whether `/` goes to it.
    #[prop(optional)]
    slash: bool,
    /// Takes the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> AnyView {
    let words = Common::get();
    let node = NodeRef::<html::Input>::new();
    if slash {
        let handle = window_event_listener_on_client(move |event| {
            let typing = event.target().is_some_and(|t| is_editable(&t));
            if event.key() == "/"
                && !typing
                && !event.ctrl_key()
                && !event.meta_key()
                && let Some(input) = node.get_untracked()
            {
                event.prevent_default();
                let _ = input.focus();
            }
        });
        on_cleanup(move || drop(handle));
    }
    view! {
        <span class=format!("input search {class}") role="search">
            <Icon name="search"/>
            <input
                node_ref=node
                type="text"
                placeholder=placeholder.clone()
                aria-label=placeholder
                autofocus=autofocus
                autocomplete="off"
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Escape" && !value.get_untracked().is_empty() {
                        event.stop_propagation();
                        value.set(String::new());
                    }
                }
            />
            <Show when=move || !value.get().is_empty() fallback=move || slash.then(|| view! { <kbd>"/"</kbd> })>
                <button type="button" class="btn ghost icon xs" aria-label=words.clear on:click=move |_| value.set(String::new())>
                    <Icon name="x" class="s14"/>
                </button>
            </Show>
        </span>
    }
    .into_any()
}

/// Whether typing goes into `target`.
pub(crate) fn is_editable(target: &web_sys::EventTarget) -> bool {
    use wasm_bindgen::JsCast;
    target
        .dyn_ref::<web_sys::HtmlElement>()
        .is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || e.is_content_editable())
}

/// A key listener on the window for as long as the component lives; the server has no window.
pub(crate) fn window_event_listener_on_client(
    handler: impl Fn(web_sys::KeyboardEvent) + 'static,
) -> Option<send_wrapper::SendWrapper<WindowListener>> {
    #[cfg(feature = "ssr")]
    {
        drop(handler);
        None
    }
    #[cfg(not(feature = "ssr"))]
    Some(send_wrapper::SendWrapper::new(WindowListener(Some(window_event_listener(leptos::ev::keydown, handler)))))
}

/// Stops listening when it is dropped.
pub struct WindowListener(Option<WindowListenerHandle>);

impl Drop for WindowListener {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.remove();
        }
    }
}

/// Listens to keys that are typed nowhere: no field has the focus, no modifier is held.
pub fn on_window_key(
    handler: impl Fn(web_sys::KeyboardEvent) + 'static,
) -> Option<send_wrapper::SendWrapper<WindowListener>> {
    window_event_listener_on_client(move |event| {
        let typing = event.target().is_some_and(|t| is_editable(&t));
        if !typing && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
            handler(event);
        }
    })
}
