//! Dialogs: the browser's own `<dialog>`, which holds focus, closes on Esc and gives focus back.

use leptos::html;
use leptos::prelude::*;

use super::{Button, IconButton, Show};
use crate::i18n::Common;
use crate::view::{AnyView, ChildrenFn, IntoAny};

/// A modal dialog. What is inside exists only while it is open.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// `wide` for forms with code or tables.
    #[prop(default = "")]
    class: &'static str,
    children: ChildrenFn,
) -> AnyView {
    let words = Common::get();
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            // In the next frame: what is inside must be there to take the focus.
            (true, false) => request_animation_frame(move || {
                if open.try_get_untracked() == Some(true) && dialog.is_connected() && !dialog.open() {
                    let _ = dialog.show_modal();
                }
            }),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog node_ref=node class=format!("dialog {class}") aria-label=title on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <header class="dialog-head">
                    <h2>{title}</h2>
                    <IconButton icon="x" label=words.close kind="ghost xs" on_click=move |_| open.set(false)/>
                </header>
                {children.draw()}
            </Show>
        </dialog>
    }
    .into_any()
}

/// Asks before something is lost. `action` names what happens ("Delete 3 flows"), `keep` what stays.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] action: Signal<String>,
    #[prop(optional)] keep: Option<&'static str>,
    #[prop(into)] on_confirm: Callback<()>,
) -> AnyView {
    let keep = keep.unwrap_or(Common::get().keep);
    view! {
        <Dialog open=open title=title>
            <p class="t2">{text}</p>
            <div class="dialog-foot">
                <Button on_click=move |_| open.set(false)>{keep}</Button>
                <Button
                    kind="danger"
                    icon="trash-2"
                    on_click=move |_| {
                        open.set(false);
                        on_confirm.run(());
                    }
                >
                    {action}
                </Button>
            </div>
        </Dialog>
    }
    .into_any()
}
