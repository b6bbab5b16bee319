//! Files of items, with a preview of what the browser can show.

use flow::BlobRef;
use leptos::prelude::*;

use super::Items;
use super::pdf::PdfPreview;
use super::words::Words;
use crate::api::{blob_inline_url, blob_url};
use crate::i18n::{bytes, fill};
use crate::ui::{Icon, Segments};
use crate::view::{AnyView, Children, IntoAny};

/// Largest text that is shown, in bytes.
const TEXT: u64 = 512_000;

fn icon(mime: &str) -> &'static str {
    match mime.split('/').next().unwrap_or("") {
        "image" => "image",
        "text" => "file-text",
        _ if mime == "application/pdf" => "file-text",
        _ if mime.ends_with("json") => "file-json",
        _ => "file",
    }
}

/// All files of a page of items, one chosen and shown.
#[component]
pub fn FilesView(
    items: Items,
    /// The index of each item among all.
    indices: Vec<u32>,
    /// The file that is shown at first: its item's index and its name in the item.
    first: Option<(u32, String)>,
) -> AnyView {
    let words = Words::get();
    let files: Vec<(u32, String, BlobRef)> = items
        .iter()
        .zip(indices)
        .flat_map(|(item, i)| item.binary.iter().map(move |(key, blob)| (i, key.clone(), blob.clone())))
        .collect();
    if files.is_empty() {
        return view! { <p class="data-note t3">{words.no_files}</p> }.into_any();
    }
    let first = first.and_then(|(item, key)| files.iter().position(|(i, k, _)| *i == item && *k == key));
    let chosen = RwSignal::new(first.unwrap_or(0));
    let all = StoredValue::new(files.clone());
    let many = files.len() > 1;
    view! {
        <div class="files">
            {many
                .then(|| {
                    view! {
                        <ul class="file-list">
                            {files
                                .into_iter()
                                .enumerate()
                                .map(|(i, (item, key, blob))| {
                                    view! {
                                        <li>
                                            <button type="button" class="file-row" class:on=move || chosen.get() == i on:click=move |_| chosen.set(i)>
                                                <Icon name=icon(&blob.mime)/>
                                                <span class="clip grow">{blob.file_name}</span>
                                                <span class="t3 small">{format!("{} · {key}", fill(words.item, [item + 1]))}</span>
                                            </button>
                                        </li>
                                    }
                                })
                                .collect_view()}
                        </ul>
                    }
                })}
            {move || all.with_value(|files| files.get(chosen.get()).cloned()).map(|(_, _, blob)| view! { <FilePreview blob=blob/> })}
        </div>
    }
    .into_any()
}

/// One file: what it is, a way to download it, and what it looks like.
#[component]
pub fn FilePreview(blob: BlobRef) -> AnyView {
    let words = Words::get();
    let title = fill(words.preview, [&blob.file_name]);
    let inline = blob_inline_url(&blob.id);
    let mime = blob.mime.split(';').next().unwrap_or("").trim().to_owned();
    if mime == "application/pdf" {
        return view! { <PdfPreview blob=blob/> }.into_any();
    }
    let picture = match mime.as_str() {
        // A picture in SVG may hold scripts; as an image they do not run.
        image if image.starts_with("image/") => {
            view! { <div class="image-box"><img src=inline alt=title/></div> }.into_any()
        }
        text if text.starts_with("text/")
            || text.ends_with("json")
            || text.ends_with("xml")
            || text.ends_with("javascript") =>
        {
            match blob.size <= TEXT {
                true => view! { <TextPreview url=inline json=text.ends_with("json")/> }.into_any(),
                false => view! { <p class="data-note t3">{words.too_large}</p> }.into_any(),
            }
        }
        _ => view! { <p class="data-note t3">{words.no_preview}</p> }.into_any(),
    };
    view! {
        <FileHead blob=blob/>
        {picture}
    }
    .into_any()
}

/// What a file is, a way to download it, and what else can be done with it.
#[component]
pub(super) fn FileHead(
    blob: BlobRef,
    /// What is known of it, instead of its type.
    #[prop(optional, into)]
    kind: Option<Signal<String>>,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    let words = Words::get();
    let (mime, title) = (blob.mime.clone(), blob.mime.clone());
    view! {
        <div class="file-head">
            <Icon name=icon(&blob.mime)/>
            <b class="clip">{blob.file_name.clone()}</b>
            <span class="small t3" title=title>
                {bytes(blob.size)}
                {move || {
                    let kind = kind.map_or_else(|| mime.clone(), |kind| kind.get());
                    if kind.is_empty() { kind } else { format!(", {kind}") }
                }}
            </span>
            <span class="row end">
                {children.map(Children::draw)}
                <a class="btn sm" href=blob_url(&blob.id) download=blob.file_name rel="external"><Icon name="download"/>{words.download}</a>
            </span>
        </div>
    }
    .into_any()
}

/// Text fetched when it is shown.
#[component]
fn TextPreview(url: String, json: bool) -> AnyView {
    let text = RwSignal::new(None::<String>);
    let raw = RwSignal::new("json".to_owned());
    Effect::new(move || {
        let url = url.clone();
        leptos::task::spawn_local(async move {
            if let Ok(found) = fetch_text(&url).await {
                text.try_set(Some(found));
            }
        });
    });
    (move || {
        let found = text.get()?;
        let parsed = json.then(|| serde_json::from_str(&found).ok()).flatten();
        Some(match (parsed, raw.read().as_str()) {
            (Some(value), "json") => view! { <JsonToggle raw=raw/><super::JsonView value=value/> }.into_any(),
            (Some(_), _) => view! { <JsonToggle raw=raw/><pre class="text-box" tabindex="0">{found}</pre> }.into_any(),
            _ => view! { <pre class="text-box" tabindex="0">{found}</pre> }.into_any(),
        })
    })
    .into_any()
}

#[component]
fn JsonToggle(raw: RwSignal<String>) -> AnyView {
    let words = Words::get();
    let options = vec![("json".to_owned(), words.json.to_owned()), ("text".to_owned(), words.text.to_owned())];
    view! { <div class="data-note"><Segments value=raw options=options label=words.view on_change=move |v| raw.set(v)/></div> }.into_any()
}

async fn fetch_text(url: &str) -> Result<String, wasm_bindgen::JsValue> {
    use wasm_bindgen::JsCast;
    let response: web_sys::Response =
        wasm_bindgen_futures::JsFuture::from(window().fetch_with_str(url)).await?.dyn_into()?;
    let text = wasm_bindgen_futures::JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}
