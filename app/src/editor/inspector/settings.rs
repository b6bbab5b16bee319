//! What every node has beside its parameters.

use flow::graph::OnError;
use flow::{NodeSettings, Retry};
use leptos::prelude::*;

use super::use_inspected;
use crate::editor::state::use_editor;
use crate::editor::words::Words;
use crate::ui::{Select, Show, Switch};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn SettingsTab() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = StoredValue::new(inspected.id.get_value());
    let settings = Memo::new(move |_| {
        editor.edits.track();
        editor.node(&id.get_value()).map(|n| n.settings).unwrap_or_default()
    });
    let change = move |key: &str, edit: &dyn Fn(&mut NodeSettings)| {
        let id = id.get_value();
        editor.patch(&id, Some(&format!("{id}#{key}")), |n| edit(&mut n.settings));
    };
    let retry = Memo::new(move |_| settings.with(|s| s.retry.clone()));
    let on_error = Signal::derive(move || {
        settings.with(|s| {
            match s.on_error {
                OnError::Stop => "stop",
                OnError::Continue => "continue",
                OnError::ErrorPort => "error_port",
            }
            .to_owned()
        })
    });
    let choices = vec![
        ("stop".to_owned(), w.set_stop.to_owned()),
        ("continue".to_owned(), w.set_continue.to_owned()),
        ("error_port".to_owned(), w.set_error_port.to_owned()),
    ];
    let has_retry = Memo::new(move |_| retry.with(Option::is_some));
    let tune = move |key: &str, edit: &dyn Fn(&mut Retry)| {
        change(key, &|s| {
            if let Some(retry) = &mut s.retry {
                edit(retry);
            }
        });
    };
    view! {
        <div class="form form-pad">
            <div class="field">
                <label class="lab" for="set-on-error">{w.set_on_error}</label>
                <Select
                    value=on_error
                    options=choices
                    label=w.set_on_error
                    on_change=move |v: String| {
                        let on_error = match v.as_str() {
                            "continue" => OnError::Continue,
                            "error_port" => OnError::ErrorPort,
                            _ => OnError::Stop,
                        };
                        change("on_error", &|s| s.on_error = on_error);
                    }
                />
            </div>
            <Toggle
                label=w.set_retry
                help=w.set_retry_help
                on=Signal::derive(move || has_retry.get())
                on_change=move |on: bool| change("retry", &|s| s.retry = on.then(Retry::default))
            />
            <Show when=move || has_retry.get()>
                <div class="nest two-columns">
                    <NumberField label=w.set_tries help="" value=Signal::derive(move || retry.with(|r| r.as_ref().map(|r| f64::from(r.tries)))) min=1.0 max=100.0
                        on_change={move |v: Option<f64>| tune("tries", &|r| r.tries = v.unwrap_or(3.0) as u32)}/>
                    <NumberField label=w.set_wait help="" value=Signal::derive(move || retry.with(|r| r.as_ref().map(|r| r.wait_ms as f64))) min=0.0 max=86_400_000.0
                        on_change={move |v: Option<f64>| tune("wait", &|r| r.wait_ms = v.unwrap_or(1_000.0) as u64)}/>
                    <NumberField label=w.set_factor help="" value=Signal::derive(move || retry.with(|r| r.as_ref().map(|r| r.factor))) min=1.0 max=10.0
                        on_change={move |v: Option<f64>| tune("factor", &|r| r.factor = v.unwrap_or(2.0))}/>
                    <NumberField label=w.set_max_wait help="" value=Signal::derive(move || retry.with(|r| r.as_ref().map(|r| r.max_wait_ms as f64))) min=0.0 max=86_400_000.0
                        on_change={move |v: Option<f64>| tune("max", &|r| r.max_wait_ms = v.unwrap_or(60_000.0) as u64)}/>
                </div>
            </Show>
            <NumberField label=w.set_timeout help=w.set_timeout_help value=Signal::derive(move || settings.with(|s| s.timeout_s.map(|t| t as f64))) min=1.0 max=604_800.0
                on_change={move |v: Option<f64>| change("timeout", &|s| s.timeout_s = v.map(|v| v as u64))}/>
            <Toggle label=w.set_always help=w.set_always_help on=Signal::derive(move || settings.with(|s| s.always_output))
                on_change={move |on: bool| change("always", &|s| s.always_output = on)}/>
            <Toggle label=w.set_once help=w.set_once_help on=Signal::derive(move || settings.with(|s| s.run_once))
                on_change={move |on: bool| change("once", &|s| s.run_once = on)}/>
            <Toggle label=w.set_at_most help=w.set_at_most_help on=Signal::derive(move || settings.with(|s| s.at_most_once))
                on_change={move |on: bool| change("at_most", &|s| s.at_most_once = on)}/>
            <Toggle label=w.set_disabled help=w.set_disabled_help on=Signal::derive(move || settings.with(|s| s.disabled))
                on_change={move |on: bool| change("disabled", &|s| s.disabled = on)}/>
            <label class="field">
                <span class="lab">{w.set_note}</span>
                <textarea
                    class="input"
                    rows="3"
                    disabled=!editor.editable
                    prop:value=move || settings.with(|s| s.note.clone())
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        change("note", &|s| s.note.clone_from(&text));
                    }
                ></textarea>
                <span class="hint">{w.set_note_help}</span>
            </label>
        </div>
    }
    .into_any()
}

#[component]
fn Toggle(
    label: &'static str,
    help: &'static str,
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
) -> AnyView {
    let editor = use_editor();
    view! {
        <div class="field setting">
            <div class="row">
                <span class="lab grow">{label}</span>
                <Switch on=on label=label disabled=!editor.editable on_change=on_change/>
            </div>
            <span class="hint">{help}</span>
        </div>
    }
    .into_any()
}

#[component]
pub fn NumberField(
    label: &'static str,
    help: &'static str,
    #[prop(into)] value: Signal<Option<f64>>,
    min: f64,
    max: f64,
    #[prop(into)] on_change: Callback<Option<f64>>,
) -> AnyView {
    let editor = use_editor();
    view! {
        <label class="field">
            <span class="lab">{label}</span>
            <span class="input">
                <input
                    type="number"
                    min=min.to_string()
                    max=max.to_string()
                    step="any"
                    disabled=!editor.editable
                    prop:value=move || value.get().map(|v| v.to_string()).unwrap_or_default()
                    on:change=move |event| {
                        let number = event_target_value(&event).trim().parse::<f64>().ok();
                        on_change.run(number.map(|n| n.clamp(min, max)));
                    }
                />
            </span>
            {(!help.is_empty()).then(|| view! { <span class="hint">{help}</span> })}
        </label>
    }
    .into_any()
}
