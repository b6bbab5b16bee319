//! To the clipboard, to a file.

use std::future::Future;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{Icon, ToastsHandle, use_toasts};
use crate::i18n::Common;
use crate::view::{AnyView, IntoAny};

/// Puts `text` on the clipboard, at once; the future says whether it got there.
pub fn copy_now(text: &str) -> impl Future<Output = bool> + use<> {
    let started = clipboard().map(|c| c.write_text(text));
    let text = text.to_owned();
    // The old way works on addresses without TLS too, but within the click only.
    let copied = started.is_none() && copy_marked(&text);
    async move {
        match started {
            Some(writing) => wasm_bindgen_futures::JsFuture::from(writing).await.is_ok() || copy_marked(&text),
            None => copied,
        }
    }
}

/// The browser's clipboard; pages without TLS have none.
pub fn clipboard() -> Option<web_sys::Clipboard> {
    let found = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).ok()?;
    (!found.is_undefined() && !found.is_null()).then(|| found.unchecked_into())
}

/// Copies by marking `text` in a field that nobody sees.
fn copy_marked(text: &str) -> bool {
    let page = document();
    let Ok(html) = page.clone().dyn_into::<web_sys::HtmlDocument>() else { return false };
    let Some(field) =
        page.create_element("textarea").ok().and_then(|e| e.dyn_into::<web_sys::HtmlTextAreaElement>().ok())
    else {
        return false;
    };
    // Outside an open dialog nothing can have the focus.
    let dialog = page.query_selector("dialog[open]").ok().flatten();
    let Some(host) = dialog.or_else(|| page.body().map(Into::into)) else { return false };
    let focused = page.active_element().and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok());
    field.set_class_name("sr");
    field.set_value(text);
    let _ = host.append_child(&field);
    let _ = field.focus();
    field.select();
    let done = html.exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
    done
}

/// Hands `text` to the person as a file.
pub fn download_text(file_name: &str, mime: &str, text: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    if let Some(link) =
        document().create_element("a").ok().and_then(|e| e.dyn_into::<web_sys::HtmlAnchorElement>().ok())
    {
        link.set_href(&url);
        link.set_download(file_name);
        link.click();
    }
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// Copies `text` and says so for two seconds.
#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    /// Words on the button; only an icon when empty.
    #[prop(default = "")]
    label: &'static str,
    #[prop(default = "sm")] kind: &'static str,
) -> AnyView {
    let words = Common::get();
    let toasts = use_toasts();
    let done = RwSignal::new(false);
    let copy = move |_| {
        let copied = copy_now(&text.get_untracked());
        leptos::task::spawn_local(async move {
            if !copied.await {
                toasts.note(words.not_copied, words.not_copied_text);
                return;
            }
            done.try_set(true);
            let fade = move || {
                done.try_set(false);
            };
            set_timeout(fade, std::time::Duration::from_secs(2));
        });
    };
    view! {
        <button
            type="button"
            class=format!("btn {kind}{}", if label.is_empty() { " icon" } else { "" })
            aria-label=move || label.is_empty().then(|| if done.get() { words.copied } else { words.copy })
            title=move || label.is_empty().then(|| if done.get() { words.copied } else { words.copy })
            on:click=copy
        >
            <Icon name=Signal::derive(move || if done.get() { "check" } else { "copy" }.to_owned())/>
            {(!label.is_empty()).then(|| view! { <span>{move || if done.get() { words.copied } else { label }}</span> })}
        </button>
    }
    .into_any()
}

/// Copies `text` where nothing shows that it was copied; says so if it was not.
pub fn copy_or_say(text: &str, toasts: ToastsHandle) {
    let copied = copy_now(text);
    leptos::task::spawn_local(async move {
        if !copied.await {
            let words = Common::get();
            toasts.note(words.not_copied, words.not_copied_text);
        }
    });
}
