//! The shape of what is on its way; it does not shimmer.

use leptos::prelude::*;

use crate::i18n::Common;
use crate::view::{AnyView, IntoAny};

/// Rows as high as a table's.
#[component]
pub fn SkeletonRows(#[prop(default = 6)] rows: usize) -> AnyView {
    view! {
        <div class="skel-rows" aria-busy="true" aria-label=Common::get().loading>
            {(0..rows).map(|i| view! { <span class=format!("skel w{}", i % 4)></span> }).collect_view()}
        </div>
    }
    .into_any()
}
