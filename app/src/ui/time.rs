//! Times in the page: drawn with the server's clock first, with the browser's from then on.

use leptos::prelude::*;

use crate::i18n::{When, clock, date, date_time, from_now, parse_time, time_of_day};
use crate::view::{AnyView, IntoAny};

/// How a moment is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `6 min ago`, `today 07:00`.
    Relative,
    /// `23 Nov 2026`.
    Day,
    /// `10:42`.
    Clock,
    /// `10:42:07.183`.
    Precise,
    /// `23 Nov 2026, 10:42:07`.
    Full,
}

#[derive(Clone, Copy)]
struct Clock(Signal<Option<i64>>);

/// Starts the page's clock; called once by the app.
pub fn provide_clock() {
    let now = RwSignal::new(None);
    Effect::new(move |started: Option<()>| {
        if started.is_none() {
            let tick = move || {
                now.try_set(Some(js_sys::Date::now() as i64));
            };
            tick();
            if let Ok(handle) = set_interval_with_handle(tick, std::time::Duration::from_secs(20)) {
                on_cleanup(move || handle.clear());
            }
        }
    });
    provide_context(Clock(now.into()));
}

/// Milliseconds since 1970, every 20 seconds once the page lives; `None` while it is first drawn.
pub fn use_clock() -> Signal<Option<i64>> {
    use_context::<Clock>().map_or_else(|| Signal::derive(|| None), |clock| clock.0)
}

/// An instant of the API as people read it; the full time is in the tooltip.
#[component]
pub fn RelativeTime(#[prop(into)] at: String, #[prop(default = Moment::Relative)] show: Moment) -> AnyView {
    let ticks = use_clock();
    let rendered = When::rendered();
    let Some(ms) = parse_time(&at) else { return view! { <span>{at}</span> }.into_any() };
    let when = move || match ticks.get() {
        None => rendered,
        Some(_) => When::browser(ms),
    };
    let words = move || match show {
        Moment::Relative => from_now(ms, when()),
        Moment::Day => date(ms, when()),
        Moment::Clock => clock(ms, when()),
        Moment::Precise => time_of_day(ms, when()),
        Moment::Full => date_time(ms, when()),
    };
    view! { <time class="num" datetime=at title=move || date_time(ms, when())>{words}</time> }.into_any()
}
