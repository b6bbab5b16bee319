//! A PDF as pages, with its signatures beside them.

mod panel;
mod signature;
mod words;

use flow::BlobRef;
use flow::api::{PdfSignatures, Problem};
use leptos::prelude::*;

use super::files::FileHead;
use crate::api::{self, blob_inline_url};
use crate::i18n::{count, fill, use_lang};
use crate::ui::{Dialog, IconButton};
use crate::view::{AnyView, IntoAny};
use panel::SignaturePanel;
use words::Words;

/// What is known of a file's signatures; nothing while they are verified.
type Report = RwSignal<Option<Result<PdfSignatures, Problem>>>;

/// A PDF with its name, its pages and its signatures; it can be made as large as the window.
#[component]
pub fn PdfPreview(blob: BlobRef) -> AnyView {
    let words = Words::get();
    let report: Report = RwSignal::new(None);
    let asked = StoredValue::new(0u32);
    let id = StoredValue::new(blob.id.clone());
    let ask = Callback::new(move |()| {
        report.set(None);
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let call = api::blob_signatures(&id.get_value(), use_lang().tag());
        leptos::task::spawn_local(async move {
            let answer = call.await;
            if asked.try_get_value() == Some(number) {
                report.try_set(Some(answer));
            }
        });
    });
    Effect::new(move || ask.run(()));
    let large = RwSignal::new(false);
    let pages = Signal::derive(move || match &*report.read() {
        Some(Ok(found)) => count(found.pages as usize, words.page, words.pages),
        _ => String::new(),
    });
    let (name, shown) = (blob.file_name.clone(), StoredValue::new(blob.clone()));
    view! {
        <FileHead blob=blob kind=pages>
            <IconButton icon="maximize-2" label=words.large kind="ghost sm" on_click=move |_| large.set(true)/>
        </FileHead>
        <PagesAndPanel blob=shown.get_value() report=report ask=ask/>
        <Dialog open=large title=name class="pdf-dialog">
            <PagesAndPanel blob=shown.get_value() report=report ask=ask/>
        </Dialog>
    }
    .into_any()
}

#[component]
fn PagesAndPanel(blob: BlobRef, report: Report, ask: Callback<()>) -> AnyView {
    let title = fill(super::words::Words::get().preview, [&blob.file_name]);
    // The browser's own viewer: it counts and turns pages, zooms, searches and prints.
    let pages = format!("{}#view=FitH&navpanes=0", blob_inline_url(&blob.id));
    // For what is no PDF the viewer would show an error of its own beside our sentence.
    let has_pages = Memo::new(move |_| report.with(|report| !matches!(report, Some(Err(problem)) if no_pdf(problem))));
    let frame =
        move || has_pages.get().then(|| view! { <iframe class="pdf" src=pages.clone() title=title.clone()></iframe> });
    view! {
        <div class="pdf-view">
            <div class="pdf-both">
                {frame}
                <SignaturePanel id=blob.id report=report ask=ask/>
            </div>
        </div>
    }
    .into_any()
}

fn no_pdf(problem: &Problem) -> bool {
    matches!(problem.code.as_str(), "pdf_not_a_pdf" | "pdf_empty")
}
