//! A file as base64 inside the value.

use leptos::html;
use leptos::prelude::*;
use serde_json::Value;

use super::FormHandle;
use super::words::Words;
use crate::i18n::{bytes, fill};
use crate::ui::Icon;
use crate::view::{AnyView, IntoAny};

/// Largest file that is taken; certificates are a few kilobytes.
const LIMIT: u64 = 1_000_000;

#[component]
pub fn UploadField(form: FormHandle, pointer: String, label: String, accept: String) -> AnyView {
    let words = Words::get();
    let value = form.at(&pointer);
    let input = NodeRef::<html::Input>::new();
    let chosen = RwSignal::new(None::<(String, u64)>);
    let problem = RwSignal::new(None::<String>);
    let error = form.error(&pointer);
    let over = RwSignal::new(false);
    let pointer = StoredValue::new(pointer);
    let take = move |file: web_sys::File| {
        let size = file.size() as u64;
        if size > LIMIT {
            problem.set(Some(fill(words.too_large, [bytes(LIMIT)])));
            return;
        }
        problem.set(None);
        let name = file.name();
        leptos::task::spawn_local(async move {
            match wasm_bindgen_futures::JsFuture::from(file.array_buffer()).await {
                Ok(buffer) => {
                    let data = js_sys::Uint8Array::new(&buffer).to_vec();
                    chosen.set(Some((name, size)));
                    form.set(&pointer.get_value(), Value::String(base64(&data)));
                }
                Err(_) => problem.set(Some(words.cant_read.to_owned())),
            }
        });
    };
    let picked = move |_| {
        if let Some(file) = input.get_untracked().and_then(|i| i.files()).and_then(|f| f.get(0)) {
            take(file);
        }
    };
    let dropped = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0)) {
            take(file);
        }
    };
    let has = move || chosen.read().is_some() || value.with(|v| v.as_str().is_some_and(|t| !t.is_empty()));
    view! {
        <label
            class="upload"
            class:over=over
            class:bad=move || problem.read().is_some() || error.read().is_some()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <input node_ref=input type="file" class="sr" aria-label=label accept=accept on:change=picked/>
            <Icon name=Signal::derive(move || if has() { "file-check" } else { "upload" }.to_owned())/>
            <span class="grow clip">
                {move || match chosen.get() {
                    Some((name, size)) => fill(words.file_chosen, [name, bytes(size)]),
                    None => words.choose_file.to_owned(),
                }}
            </span>
            <span class="link small">{move || has().then_some(words.other_file)}</span>
        </label>
        {move || problem.get().map(|text| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> })}
    }
    .into_any()
}

/// Standard base64 with padding.
pub(crate) fn base64(data: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for chunk in data.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            match i <= chunk.len() {
                true => out.push(SIGNS[(bits >> (18 - 6 * i) & 63) as usize] as char),
                false => out.push('='),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_follows_rfc_4648_section_10() {
        let check = |data: &str, expected: &str| assert_eq!(base64(data.as_bytes()), expected);
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foob", "Zm9vYg==");
        check("foobar", "Zm9vYmFy");
    }
}
