//! Lists in pages by cursor.

use leptos::prelude::*;

use super::{Button, Show};
use crate::i18n::Common;
use crate::view::{AnyView, IntoAny};

/// Asks for the next page while there is one.
#[component]
pub fn LoadMore(
    #[prop(into)] more: Signal<bool>,
    #[prop(into)] busy: Signal<bool>,
    #[prop(into)] on_more: Callback<()>,
) -> AnyView {
    let words = Common::get();
    view! {
        <Show when=move || more.get()>
            <div class="load-more"><Button kind="ghost" busy=busy on_click=move |_| on_more.run(())>{words.load_more}</Button></div>
        </Show>
    }
    .into_any()
}
