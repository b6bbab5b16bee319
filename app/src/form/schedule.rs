//! The next ticks of a schedule, below its fields.

use flow::api::SchedulePreview;
use leptos::prelude::*;
use serde_json::Value;

use super::ScheduleFn;
use super::words::Words;
use crate::ui::{Icon, Moment, RelativeTime};
use crate::view::{AnyView, IntoAny};

/// Words for the schedule and its next five ticks, asked for a moment after the last change.
#[component]
pub fn Ticks(parameters: Signal<Value>, fetch: ScheduleFn) -> AnyView {
    let words = Words::get();
    let result = RwSignal::new(None::<Result<SchedulePreview, String>>);
    let asked = StoredValue::new(0u32);
    Effect::new(move || {
        let parameters = parameters.get();
        let fetch = fetch.clone();
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let later = move || {
            if asked.try_get_value() != Some(number) {
                return;
            }
            let call = fetch(parameters);
            leptos::task::spawn_local(async move {
                let answer = call.await.map_err(|p| p.detail);
                if asked.try_get_value() == Some(number) {
                    result.try_set(Some(answer));
                }
            });
        };
        set_timeout(later, std::time::Duration::from_millis(250));
    });
    view! {
        <div class="ticks-box" role="status">
            {move || match result.get() {
                None => view! { <span class="t3">{words.working_out}</span> }.into_any(),
                Some(Err(message)) => view! { <span class="problem"><Icon name="circle-alert"/><span>{message}</span></span> }.into_any(),
                Some(Ok(preview)) => {
                    let none = preview.next.is_empty();
                    view! {
                        <b>{crate::i18n::text(&preview.words)}</b>
                        {none.then(|| view! { <span class="t3">{words.no_ticks}</span> })}
                        {(!none)
                            .then(|| {
                                view! { <div class="ticks-head t3"><span>{words.schedule_time}</span><span>{words.your_time}</span></div> }
                            })}
                        <ol aria-label=words.next_ticks>
                            {preview
                                .next
                                .into_iter()
                                .map(|tick| view! { <li><span class="num">{tick.local}</span><span class="t3"><RelativeTime at=tick.at show=Moment::Relative/></span></li> })
                                .collect_view()}
                        </ol>
                    }
                    .into_any()
                }
            }}
        </div>
    }
    .into_any()
}
