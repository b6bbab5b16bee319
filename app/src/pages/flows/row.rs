//! One flow in the list.

use flow::api::{FlowSummary, Problem, Publish, Version};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use serde_json::Value;

use super::List;
use super::words::Words;
use crate::api::{self, KindFace};
use crate::i18n::{Common, fill, text};
use crate::ui::{
    Confirm, Icon, Link, Menu, MenuItem, MenuLine, RelativeTime, RunState, Switch, Tile, download_text, group_class,
};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn FlowRow(flow: FlowSummary, kinds: StoredValue<Vec<KindFace>>, list: List, edits: bool) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let id = flow.id.clone();
    // The row stays while what it shows changes: an open menu or dialog in it stays open.
    let flow = Memo::new(move |former: Option<&FlowSummary>| {
        let now = list.items.with(|items| items.iter().find(|f| f.id == id).cloned());
        now.or_else(|| former.cloned()).unwrap_or_else(|| flow.clone())
    });
    let tile = move || {
        let (icon, class, _) = kinds.with_value(|kinds| flow.with(|flow| trigger(flow, kinds, words)));
        view! { <Tile icon=icon class=class/> }
    };
    let second = move || {
        flow.with(|flow| match (flow.description.is_empty(), flow.published, flow.draft_changed) {
            (_, None, _) => words.draft_only.to_owned(),
            (_, Some(version), true) => fill(words.draft_changed, [version]),
            (false, ..) => flow.description.clone(),
            (true, Some(version), _) => fill(words.version, [version]),
        })
    };
    let starts = move || kinds.with_value(|kinds| flow.with(|flow| trigger(flow, kinds, words)).2);
    let when = move || {
        flow.with(|flow| match (&flow.next_tick, flow.published.is_some()) {
            (Some(at), true) => {
                let (before, after) = words.next.split_once("{}").unwrap_or((words.next, ""));
                view! { {before}<RelativeTime at=at.clone()/>{after} }.into_any()
            }
            (_, false) => words.not_listening.into_any(),
            (None, true) if flow.triggers.iter().any(|t| t == "webhook") => words.on_call.into_any(),
            (None, true) => "".into_any(),
        })
    };
    let last = move || {
        flow.with(|flow| match flow.last_run.clone() {
            None => view! { <span class="t3">{words.never_run}</span> }.into_any(),
            Some(run) => view! {
                <Link href=format!("/runs/{}?flow={}", run.id, flow.id) class="plain">
                    <RunState status=run.status/>
                    <span class="t3 block under"><RelativeTime at=run.created_at/></span>
                </Link>
            }
            .into_any(),
        })
    };
    let changed = move || {
        let by = flow.with(|f| (!f.updated_by.is_empty()).then(|| fill(words.by, [&f.updated_by])));
        view! { <RelativeTime at=flow.with(|f| f.updated_at.clone())/><span class="t3 block">{by}</span> }
    };
    let address = format!("/flows/{}", flow.with_untracked(|f| f.id.clone()));
    view! {
        <tr>
            <td class="main-cell">
                <div class="row gap-12">
                    {tile}
                    <div class="clip">
                        <Link href=address class="name clip block">{move || flow.with(|f| f.name.clone())}</Link>
                        <span class="small t3 clip block">{second}</span>
                    </div>
                </div>
            </td>
            <td class="small"><span class="block">{starts}</span><span class="t3">{when}</span></td>
            <td class="small">{last}</td>
            <td class="small wide-only">{changed}</td>
            <td class="narrow"><OnSwitch flow=flow list=list edits=edits/></td>
            <td class="narrow"><Actions flow=flow.get_untracked() list=list edits=edits label=common.more_for/></td>
        </tr>
    }
    .into_any()
}

/// Icon, colours and words of what starts a flow.
fn trigger(flow: &FlowSummary, kinds: &[KindFace], words: &'static Words) -> (String, &'static str, String) {
    let known: Vec<&KindFace> = flow.triggers.iter().filter_map(|t| kinds.iter().find(|k| k.kind == *t)).collect();
    match known.first() {
        None => ("workflow".to_owned(), "c-none", words.no_trigger.to_owned()),
        Some(first) => {
            let mut names: Vec<String> = known.iter().map(|k| text(&k.name)).collect();
            names.dedup();
            (first.icon.clone(), group_class(first.group), names.join(", "))
        }
    }
}

/// Off takes the triggers away; on gives them back as they were, whatever was drawn meanwhile. A flow that never had a
/// version gets its first.
#[component]
fn OnSwitch(flow: Memo<FlowSummary>, list: List, edits: bool) -> AnyView {
    let words = Words::get();
    let busy = RwSignal::new(false);
    // What was wished for while the server works on it.
    let wished = RwSignal::new(None::<bool>);
    let on = Signal::derive(move || wished.get().unwrap_or_else(|| flow.with(|f| f.published.is_some())));
    let name = flow.with_untracked(|f| f.name.clone());
    let label = fill(words.switch, [&name]);
    let name = StoredValue::new(name);
    let change = move |wanted: bool| {
        let id = flow.with_untracked(|f| f.id.clone());
        busy.set(true);
        wished.set(Some(wanted));
        leptos::task::spawn_local(async move {
            let done = match wanted {
                true => switch_on(&id).await.map(|v| Some(v.number)),
                false => api::unpublish_flow(&id).await.map(|()| None),
            };
            if let Ok(number) = &done {
                list.items.try_update(|items| {
                    if let Some(flow) = items.iter_mut().find(|f| f.id == id) {
                        flow.published = *number;
                    }
                });
            }
            wished.try_set(None);
            busy.try_set(false);
            let name = name.try_get_value().unwrap_or_default();
            match done {
                Ok(Some(number)) => list.toasts.ok(fill(words.turned_on, [name]), fill(words.turned_on_text, [number])),
                Ok(None) => list.toasts.ok(fill(words.turned_off, [name]), words.turned_off_text),
                Err(problem) => list.toasts.problem(&problem),
            }
            list.reload();
        });
    };
    view! {
        <Switch
            on=on
            label=label
            disabled=Signal::derive(move || !edits || busy.get())
            on_change=change
        />
    }
    .into_any()
}

/// The draft of a flow as it is: it goes out as it came.
fn draft(id: &str) -> api::Call<Value> {
    let text = api::flow_text(id);
    Box::pin(async move {
        let mut detail: Value = text.await?.read()?;
        Ok(detail.get_mut("draft").map(Value::take).unwrap_or_default())
    })
}

fn name_of(draft: &Value) -> &str {
    draft.get("name").and_then(Value::as_str).unwrap_or_default()
}

async fn switch_on(id: &str) -> Result<Version, Problem> {
    let last = api::versions(id).await?.first().map(|v| v.number);
    api::publish_flow(id, &Publish { version: last, ..Publish::default() }).await
}

#[component]
fn Actions(flow: FlowSummary, list: List, edits: bool, label: &'static str) -> AnyView {
    let words = Words::get();
    let asking = RwSignal::new(false);
    let navigate = StoredValue::new(use_navigate());
    let go = move |to: String| {
        navigate.with_value(|navigate| navigate(&to, leptos_router::NavigateOptions::default()));
    };
    let id = StoredValue::new(flow.id.clone());
    let name = StoredValue::new(flow.name.clone());
    let export = move || {
        let call = draft(&id.get_value());
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(draft) => {
                    let json = serde_json::to_string_pretty(&draft).unwrap_or_default();
                    download_text(&format!("{}.json", file_name(name_of(&draft))), "application/json", &json);
                }
                Err(problem) => list.toasts.problem(&problem),
            }
        });
    };
    let duplicate = move || {
        let call = draft(&id.get_value());
        leptos::task::spawn_local(async move {
            let made = match call.await {
                Ok(draft) => {
                    let name = fill(words.copy_of, [name_of(&draft)]);
                    api::create_flow_of(&draft, Some(&name)).await
                }
                Err(problem) => Err(problem),
            };
            match made {
                Ok(_) => list.reload(),
                Err(problem) => list.toasts.problem(&problem),
            }
        });
    };
    let delete = move |()| {
        let call = api::delete_flow(&id.get_value());
        let name = name.get_value();
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    list.items.try_update(|items| items.retain(|f| id.try_get_value().as_ref() != Some(&f.id)));
                    list.toasts.ok(fill(words.deleted, [name]), "");
                    list.reload();
                }
                Err(problem) => list.toasts.problem(&problem),
            }
        });
    };
    view! {
        <Menu
            id=format!("flow-{}", flow.id)
            label=fill(label, [&flow.name])
            button=|| view! { <Icon name="ellipsis"/> }
        >
            <MenuItem icon="square-pen" on_click=move |()| go(format!("/flows/{}", id.get_value()))>{words.open}</MenuItem>
            <MenuItem icon="activity" on_click=move |()| go(format!("/runs?flow={}", id.get_value()))>{words.runs}</MenuItem>
            {edits.then(|| view! { <MenuItem icon="copy" on_click=move |()| duplicate()>{words.duplicate}</MenuItem> })}
            <MenuItem icon="download" on_click=move |()| export()>{words.export}</MenuItem>
            {edits
                .then(|| {
                    view! {
                        <MenuLine/>
                        <MenuItem icon="trash-2" kind="del" on_click=move |()| asking.set(true)>{words.delete}</MenuItem>
                    }
                })}
        </Menu>
        <Confirm
            open=asking
            title=fill(words.delete_title, [&flow.name])
            text=words.delete_text
            action=words.delete_action
            on_confirm=delete
        />
    }
    .into_any()
}

/// A name that every file system takes.
fn file_name(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() || "-_ .".contains(c) { c } else { '-' }).collect();
    let safe = safe.trim().trim_matches('.').to_owned();
    if safe.is_empty() { "flow".to_owned() } else { safe }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn file_names_are_safe() {
        let check = |name: &str, expected: &str| assert_eq!(file_name(name), expected);
        check("Relatório diário", "Relatório diário");
        check("a/b:c", "a-b-c");
        check("../..", "-");
        check("", "flow");
    }
}
