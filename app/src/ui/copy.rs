//! To the clipboard, to a file.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::Icon;
use crate::i18n::Common;

/// Puts `text` on the clipboard.
pub fn copy_text(text: &str) {
    let written = window().navigator().clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        let _ = wasm_bindgen_futures::JsFuture::from(written).await;
    });
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
    let done = RwSignal::new(false);
    let copy = move |_| {
        copy_text(&text.get_untracked());
        done.set(true);
        set_timeout(move || done.set(false), std::time::Duration::from_secs(2));
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
