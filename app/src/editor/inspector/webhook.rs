//! The addresses of a webhook node, and waiting for one test call.

use leptos::prelude::*;

use super::use_inspected;
use crate::editor::state::use_editor;
use crate::editor::words::Words;
use crate::ui::{Button, CopyButton, Icon, Segments};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn WebhookBox() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = StoredValue::new(inspected.id.get_value());
    let which = RwSignal::new(if editor.published.get_untracked().is_some() { "live" } else { "test" }.to_owned());
    let address = Memo::new(move |_| {
        let id = id.get_value();
        editor.webhooks.with(|all| all.iter().find(|a| a.node == *id).cloned())
    });
    let listening = Memo::new(move |_| {
        let id = id.get_value();
        editor.live.listening.with(|l| l.as_ref().filter(|(node, _)| *node == id).is_some())
    });
    let url = Signal::derive(move || {
        address.get().map(|a| if *which.read() == "live" { a.url } else { a.test_url }).unwrap_or_default()
    });
    view! {
        <div class="field webhook-box">
            <div class="row">
                <span class="lab grow">{w.webhook_url}</span>
                <Segments
                    value=which
                    options=vec![("test".to_owned(), w.url_test.to_owned()), ("live".to_owned(), w.url_live.to_owned())]
                    label=w.webhook_url
                    on_change=move |v: String| which.set(v)
                />
            </div>
            {move || match address.get() {
                None => view! { <p class="hint">{w.url_save_first}</p> }.into_any(),
                Some(address) => {
                    view! {
                        <div class="row">
                            <div class="url-box">
                                {address.methods.iter().map(|m| view! { <span class="badge line">{m.clone()}</span> }).collect_view()}
                                <code class="clip" data-webhook-url="">{url}</code>
                            </div>
                            <CopyButton text=url kind=""/>
                        </div>
                    }
                        .into_any()
                }
            }}
            {move || match which.get().as_str() {
                "live" => editor.published.get().is_none().then(|| view! { <p class="hint">{w.url_not_live}</p> }.into_any()),
                _ if !editor.editable => None,
                _ if listening.get() => Some(view! {
                    <div class="row listening" role="status">
                        <Icon name="loader-circle" class="s14 spin"/>
                        <span class="small grow">{w.listening}</span>
                        <Button kind="sm" on_click=move |_| editor.live.stop_listening(editor)>{w.stop_listening}</Button>
                    </div>
                }
                .into_any()),
                _ => Some(view! {
                    <div><Button kind="sm" icon="webhook" on_click=move |_| editor.live.listen(editor, id.get_value())>{w.listen}</Button></div>
                }
                .into_any()),
            }}
        </div>
    }
    .into_any()
}
