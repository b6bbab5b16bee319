//! The state of a run or a step: always a glyph and a word beside the colour.

use flow::{RunStatus, StepStatus};
use leptos::prelude::*;

use super::Icon;
use crate::i18n::Common;
use crate::view::{AnyView, IntoAny};

/// Symbol of a state.
pub fn status_icon(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "clock",
        RunStatus::Running => "loader-circle",
        RunStatus::Waiting => "hourglass",
        RunStatus::Succeeded => "circle-check",
        RunStatus::Failed => "circle-alert",
        RunStatus::Cancelled => "circle-slash",
    }
}

/// Text colour class of a state.
pub fn status_class(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued | RunStatus::Cancelled => "t2",
        RunStatus::Running => "info",
        RunStatus::Waiting => "wait",
        RunStatus::Succeeded => "ok",
        RunStatus::Failed => "err",
    }
}

/// Glyph and word of a run's state.
#[component]
pub fn RunState(#[prop(into)] status: Signal<RunStatus>) -> AnyView {
    let words = Common::get();
    view! {
        <span class=move || format!("state {}", status_class(status.get()))>
            <Icon
                name=Signal::derive(move || status_icon(status.get()).to_owned())
                class=Signal::derive(move || if status.get() == RunStatus::Running { "s14 spin" } else { "s14" }.to_owned())
            />
            {move || words.run_status(status.get())}
        </span>
    }
    .into_any()
}

/// Glyph and word of a step's state.
#[component]
pub fn StepGlyph(status: StepStatus) -> AnyView {
    let status = match status {
        StepStatus::Running => RunStatus::Running,
        StepStatus::Waiting => RunStatus::Waiting,
        StepStatus::Succeeded => RunStatus::Succeeded,
        StepStatus::Failed => RunStatus::Failed,
        StepStatus::Cancelled => RunStatus::Cancelled,
    };
    view! { <RunState status=status/> }.into_any()
}
