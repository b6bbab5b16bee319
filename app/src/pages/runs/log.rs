//! Lines that nodes wrote.

use leptos::prelude::*;

use super::words::Words;
use crate::ui::{EmptyState, For, Moment, RelativeTime, Show};
use crate::view::{AnyView, IntoAny};

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name of the node.
    pub node: String,
    pub time: String,
    pub line: String,
}

/// Most lines drawn; the newest ones.
const SHOWN: usize = 2_000;

#[component]
pub fn LogView(lines: RwSignal<Vec<Line>>) -> AnyView {
    let words = Words::get();
    let rows = move || {
        let lines = lines.read();
        let first = lines.len().saturating_sub(SHOWN);
        lines.iter().enumerate().skip(first).map(|(i, l)| (i, l.clone())).collect::<Vec<_>>()
    };
    view! {
        <Show when=move || !lines.read().is_empty() fallback=move || view! { <EmptyState icon="terminal" title=words.no_lines text=words.no_lines_text/> }>
            <div class="log" role="log" tabindex="0" aria-label=words.log>
                <For each=rows key=|(i, _)| *i let((_, line))>
                    <div><RelativeTime at=line.time show=Moment::Precise/><span class="t3 clip">{line.node}</span><span class="log-line">{line.line}</span></div>
                </For>
            </div>
        </Show>
    }
    .into_any()
}
