//! Short news at the edge of the page.

use std::time::Duration;

use flow::api::Problem;
use leptos::prelude::*;

use super::{For, Icon, IconButton};
use crate::i18n::Common;
use crate::view::{AnyView, IntoAny};

#[derive(Clone)]
struct Toast {
    id: u32,
    failed: bool,
    title: String,
    text: String,
}

/// Shows news; cheap to copy.
#[derive(Clone, Copy)]
pub struct ToastsHandle {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

/// Called once by the app.
pub fn provide_toasts() {
    provide_context(ToastsHandle { list: RwSignal::new(Vec::new()), next: StoredValue::new(0) });
}

/// The page's news. Take it when a component is made, not in an event handler.
pub fn use_toasts() -> ToastsHandle {
    use_context().unwrap_or_else(|| ToastsHandle { list: RwSignal::new(Vec::new()), next: StoredValue::new(0) })
}

impl ToastsHandle {
    /// Something went well.
    pub fn ok(self, title: impl Into<String>, text: impl Into<String>) {
        self.show(false, title.into(), text.into());
    }

    /// Something can't be done: why, and what to do.
    pub fn note(self, title: impl Into<String>, text: impl Into<String>) {
        self.show(true, title.into(), text.into());
    }

    /// Something failed: what happened, what to do.
    pub fn problem(self, problem: &Problem) {
        self.show(true, Common::get().something_wrong.to_owned(), problem.detail.clone());
    }

    /// What was said under this title holds no more.
    pub fn take_back(self, title: &str) {
        self.list.try_update(|list| list.retain(|t| t.title != title));
    }

    fn show(self, failed: bool, title: String, text: String) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| list.push(Toast { id, failed, title, text }));
        // What failed stays long enough to be read.
        let stay = Duration::from_secs(if failed { 12 } else { 5 });
        set_timeout(move || self.close(id), stay);
    }

    fn close(self, id: u32) {
        self.list.try_update(|list| list.retain(|t| t.id != id));
    }
}

/// Where the news appear.
#[component]
pub fn Toasts() -> AnyView {
    let toasts = use_toasts();
    let words = Common::get();
    view! {
        <div class="toasts">
            <For each=move || toasts.list.get() key=|t| t.id let(toast)>
                <div class="toast" role=if toast.failed { "alert" } else { "status" }>
                    <Icon
                        name=if toast.failed { "circle-alert" } else { "circle-check" }
                        class=if toast.failed { "err" } else { "ok" }
                    />
                    <div class="grow">
                        <b>{toast.title}</b>
                        {(!toast.text.is_empty()).then(|| view! { <div class="small t2">{toast.text}</div> })}
                    </div>
                    <IconButton icon="x" label=words.close kind="ghost xs" on_click=move |_| toasts.close(toast.id)/>
                </div>
            </For>
        </div>
    }
    .into_any()
}
