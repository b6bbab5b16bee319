//! What the flow has beside its drawing: description, zone, limit, order, history.

use flow::graph::{History, Order};
use flow::{ClusterSettings, FlowSettings, RunsOn};
use leptos::prelude::*;

use super::inspector::NumberField;
use super::state::use_editor;
use super::words::Words;
use crate::canvas::Change;
use crate::form::zones;
use crate::i18n::text;
use crate::ui::{Callout, Select};
use crate::view::{AnyView, IntoAny};

/// The tab "Settings" of the top bar.
#[component]
pub fn FlowSettingsTab() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let shown = Memo::new(move |_| {
        editor.edits.track();
        editor.with(|b| (b.doc.description().to_owned(), b.doc.settings().clone()))
    });
    let change = move |key: &str, edit: &dyn Fn(&mut String, &mut FlowSettings)| {
        editor.commit_as(Some(&format!("flow#{key}")), |b| {
            let (mut description, mut settings) = (b.doc.description().to_owned(), b.doc.settings().clone());
            edit(&mut description, &mut settings);
            if (description.as_str(), &settings) == (b.doc.description(), b.doc.settings()) {
                return Vec::new();
            }
            vec![Change::Settings { description, settings }]
        });
    };
    let order = Signal::derive(move || {
        shown.with(|(_, s)| match s.order {
            Order::Parallel => "parallel".to_owned(),
            Order::OneBranchAfterAnother => "one".to_owned(),
        })
    });
    let orders = vec![
        ("parallel".to_owned(), w.flow_order_parallel.to_owned()),
        ("one".to_owned(), w.flow_order_one.to_owned()),
    ];
    let history = Signal::derive(move || {
        shown.with(|(_, s)| match s.history {
            History::AllSteps => "all".to_owned(),
            History::FailuresOnly => "failures".to_owned(),
            History::OutcomeOnly => "outcome".to_owned(),
        })
    });
    let histories = vec![
        ("all".to_owned(), w.flow_history_all.to_owned()),
        ("failures".to_owned(), w.flow_history_failures.to_owned()),
        ("outcome".to_owned(), w.flow_history_outcome.to_owned()),
    ];
    let on_cluster = move || shown.with(|(_, s)| s.runs_on == RunsOn::Cluster);
    let places =
        vec![("server".to_owned(), w.flow_on_server.to_owned()), ("cluster".to_owned(), w.flow_on_cluster.to_owned())];
    // What is wrong with the flow and with no single node of it.
    let findings = move || {
        let whole = editor
            .findings
            .with(|f| f.iter().filter(|f| f.node.is_none()).map(|f| text(&f.message)).collect::<Vec<_>>());
        whole.into_iter().map(|message| view! { <Callout kind="warn">{message}</Callout> }).collect_view()
    };
    view! {
        <section class="flow-settings scroll" aria-label=w.flow_settings>
            <fieldset class="form form-pad" disabled=!editor.editable>
                <h2>{w.flow_settings}</h2>
                {findings}
                <label class="field">
                    <span class="lab">{w.flow_description}</span>
                    <textarea
                        class="input"
                        rows="3"
                        prop:value=move || shown.with(|(d, _)| d.clone())
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            change("description", &|d, _| d.clone_from(&text));
                        }
                    ></textarea>
                    <span class="hint">{w.flow_description_help}</span>
                </label>
                <label class="field">
                    <span class="lab">{w.flow_zone}</span>
                    <span class="input">
                        <input
                            type="text"
                            list="flow-zones"
                            spellcheck="false"
                            autocomplete="off"
                            prop:value=move || shown.with(|(_, s)| s.timezone.clone().unwrap_or_default())
                            on:change=move |event| {
                                let zone = event_target_value(&event).trim().to_owned();
                                change("zone", &|_, s| s.timezone = (!zone.is_empty()).then(|| zone.clone()));
                            }
                        />
                    </span>
                    <datalist id="flow-zones">{zones().into_iter().map(|z| view! { <option value=z></option> }).collect_view()}</datalist>
                    <span class="hint">{w.flow_zone_help}</span>
                </label>
                <NumberField
                    label=w.flow_timeout
                    help=w.flow_timeout_help
                    value=Signal::derive(move || shown.with(|(_, s)| s.timeout_s.map(|t| t as f64)))
                    min=1.0
                    max=31_536_000.0
                    on_change={move |v: Option<f64>| change("timeout", &|_, s| s.timeout_s = v.map(|v| v as u64))}
                />
                <div class="field">
                    <span class="lab">{w.flow_order}</span>
                    <Select
                        value=order
                        options=orders
                        label=w.flow_order
                        on_change=move |v: String| {
                            let order = if v == "one" { Order::OneBranchAfterAnother } else { Order::Parallel };
                            change("order", &|_, s| s.order = order);
                        }
                    />
                </div>
                <div class="field">
                    <span class="lab">{w.flow_history}</span>
                    <Select
                        value=history
                        options=histories
                        label=w.flow_history
                        on_change=move |v: String| {
                            let history = match v.as_str() {
                                "failures" => History::FailuresOnly,
                                "outcome" => History::OutcomeOnly,
                                _ => History::AllSteps,
                            };
                            change("history", &|_, s| s.history = history);
                        }
                    />
                    <span class="hint">{w.flow_history_help}</span>
                </div>
                <div class="field">
                    <span class="lab">{w.flow_runs_on}</span>
                    <Select
                        value=Signal::derive(move || if on_cluster() { "cluster" } else { "server" }.to_owned())
                        options=places
                        label=w.flow_runs_on
                        on_change=move |v: String| {
                            let place = if v == "cluster" { RunsOn::Cluster } else { RunsOn::Server };
                            change("runs_on", &|_, s| s.runs_on = place);
                        }
                    />
                    <span class="hint">{w.flow_runs_on_help}</span>
                </div>
                {move || on_cluster().then(|| asks(w).map(|(ask, label, help)| {
                    let value = move || shown.with(|(_, s)| written(&s.cluster, ask));
                    let keep = move |text: String| change(label, &|_, s| read(&mut s.cluster, ask, &text));
                    view! {
                        <label class="field">
                            <span class="lab">{label}</span>
                            <span class="input">
                                <input type="text" spellcheck="false" autocomplete="off" prop:value=value on:change=move |e| keep(event_target_value(&e))/>
                            </span>
                            <span class="hint">{help}</span>
                        </label>
                    }
                    .into_any()
                }).collect_view())}
                <p class="hint">{w.flow_settings_when}</p>
            </fieldset>
        </section>
    }
    .into_any()
}

/// What a run on the cluster asks for; all of it is text.
#[derive(Clone, Copy)]
enum Ask {
    Cpu,
    Memory,
    Gpus,
    Selector,
    Tolerations,
    Priority,
}

fn asks(w: &'static Words) -> [(Ask, &'static str, &'static str); 6] {
    [
        (Ask::Cpu, w.flow_cpu, w.flow_cpu_help),
        (Ask::Memory, w.flow_memory, w.flow_memory_help),
        (Ask::Gpus, w.flow_gpus, ""),
        (Ask::Selector, w.flow_selector, w.flow_selector_help),
        (Ask::Tolerations, w.flow_tolerations, w.flow_tolerations_help),
        (Ask::Priority, w.flow_priority, ""),
    ]
}

fn written(cluster: &ClusterSettings, ask: Ask) -> String {
    match ask {
        Ask::Cpu => cluster.cpu.clone(),
        Ask::Memory => cluster.memory.clone(),
        Ask::Gpus => {
            if cluster.gpus == 0 {
                String::new()
            } else {
                cluster.gpus.to_string()
            }
        }
        Ask::Selector => {
            let pairs: Vec<String> = cluster.node_selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
            pairs.join(", ")
        }
        Ask::Tolerations => cluster.tolerations.join(", "),
        Ask::Priority => cluster.priority_class.clone(),
    }
}

/// What is not written as it should be stays as it is: the server says what is wrong with it.
fn read(cluster: &mut ClusterSettings, ask: Ask, text: &str) {
    let text = text.trim();
    let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
    match ask {
        Ask::Cpu => cluster.cpu = text.to_owned(),
        Ask::Memory => cluster.memory = text.to_owned(),
        Ask::Gpus => cluster.gpus = text.parse().unwrap_or(0),
        Ask::Selector => {
            let pairs = parts().map(|part| part.split_once('=').unwrap_or((part, "")));
            cluster.node_selector = pairs.map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())).collect();
        }
        Ask::Tolerations => cluster.tolerations = parts().map(str::to_owned).collect(),
        Ask::Priority => cluster.priority_class = text.to_owned(),
    }
}
