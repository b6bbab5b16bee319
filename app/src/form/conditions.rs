//! The builder of conditions: value, comparison, value.

use leptos::prelude::*;
use serde_json::Value;

use super::FormHandle;
use super::expression::{ExpressionInput, is_expression};
use super::fields::{Fields, control};
use super::spec::{Conditions, Kind, Spec};
use super::text::shown;
use super::words::Words;
use crate::ui::{Button, For, Icon, IconButton, Segments, Select, Show};
use crate::view::{AnyView, IntoAny};

/// One side of a comparison.
fn operand(form: FormHandle, pointer: String, label: &'static str) -> AnyView {
    let spec = Spec {
        key: String::new(),
        title: label.to_owned(),
        help: String::new(),
        placeholder: label.to_owned(),
        kind: Kind::Line,
        default: Value::String(String::new()),
        nullable: false,
        expression: true,
        advanced: false,
        show_when: Vec::new(),
    };
    let value = form.at(&pointer);
    let expressed = Memo::new(move |_| form.expressions && value.with(is_expression));
    let error = form.error(&pointer);
    view! {
        <div class="operand">
            {move || match expressed.get() {
                true => view! { <ExpressionInput form=form pointer=pointer.clone() label=label/> }.into_any(),
                false => control(form, &spec, &pointer),
            }}
            {move || error.get().map(|text| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> })}
        </div>
    }
    .into_any()
}

#[component]
pub fn ConditionsField(form: FormHandle, pointer: String, conditions: Conditions) -> AnyView {
    let words = Words::get();
    let list = format!("{pointer}/conditions");
    let count = form.len(&list);
    let combinator = form.at(&format!("{pointer}/combinator"));
    let combined = Memo::new(move |_| combinator.with(shown));
    let kinds: Vec<(String, String)> = conditions.combinators.iter().map(|(v, w)| (shown(v), w.clone())).collect();
    let is_or = Memo::new(move |_| combined.read().as_str() == "or");
    let Conditions { types, operations, by_type, unary, others, fresh, .. } = conditions;
    let table = StoredValue::new((types, operations, by_type, unary));
    let add = {
        let list = list.clone();
        move |_| form.change_list(&list, |list| list.push(fresh.clone()))
    };
    let choose = {
        let pointer = format!("{pointer}/combinator");
        move |value: String| form.set(&pointer, value.into())
    };
    view! {
        <div class="rows">
            <For each=move || 0..count.get() key=|i| *i let(index)>
                {(index > 0).then(|| view! { <div class="joint small t3">{move || if is_or.get() { words.any_or } else { words.all_and }}</div> })}
                <ConditionRow form=form list=list.clone() index=index table=table/>
            </For>
            <div class="row wrap">
                <Button kind="sm" icon="plus" disabled=form.read_only on_click=add>{words.add_condition}</Button>
                <Show when=move || { count.get() > 1 }>
                    <Segments value=combined options=kinds.clone() label=words.comparison on_change=choose.clone()/>
                </Show>
            </div>
            <Fields form=form specs=others base=pointer/>
        </div>
    }
    .into_any()
}

type Table = (Vec<(Value, String)>, Vec<(Value, String)>, serde_json::Map<String, Value>, Vec<Value>);

#[component]
fn ConditionRow(form: FormHandle, list: String, index: usize, table: StoredValue<Table>) -> AnyView {
    let words = Words::get();
    let base = format!("{list}/{index}");
    let (type_at, operation_at) = (format!("{base}/type"), format!("{base}/operation"));
    let value_type = form.at(&type_at);
    let operation = form.at(&operation_at);
    let error = form.error(&operation_at);
    let unary = Memo::new(move |_| table.with_value(|t| t.3.contains(&*operation.read())));
    let types = table.with_value(|t| t.0.iter().map(|(v, w)| (shown(v), w.clone())).collect::<Vec<_>>());
    let operations = Signal::derive(move || {
        let now = value_type.with(shown);
        table.with_value(|(_, all, by_type, _)| {
            let fit = by_type.get(&now).and_then(Value::as_array);
            all.iter()
                .filter(|(v, _)| fit.is_none_or(|fit| fit.contains(v)))
                .map(|(v, w)| (shown(v), w.clone()))
                .collect::<Vec<_>>()
        })
    });
    // A comparison that the new type has not is exchanged for its first one.
    let set_type = {
        let operation_at = operation_at.clone();
        move |chosen: String| {
            form.set(&type_at, chosen.clone().into());
            let first = table.with_value(|(_, _, by_type, _)| {
                let fit = by_type.get(&chosen).and_then(Value::as_array)?;
                (!fit.contains(&operation.get_untracked())).then(|| fit.first().cloned()).flatten()
            });
            if let Some(first) = first {
                form.set(&operation_at, first);
            }
        }
    };
    let (left, right) = (format!("{base}/left"), format!("{base}/right"));
    view! {
        <fieldset class="card-row condition">
            {operand(form, left, words.first_value)}
            <div class="row condition-line">
                <Select class="sm auto" label=words.r#type value=Signal::derive(move || value_type.with(shown)) options=types on_change=set_type/>
                <div class="grow">
                    <Select
                        class="sm"
                        label=words.comparison
                        value=Signal::derive(move || operation.with(shown))
                        options=operations
                        bad=Signal::derive(move || error.read().is_some())
                        on_change=move |chosen: String| form.set(&operation_at, chosen.into())
                    />
                </div>
                <IconButton
                    icon="x"
                    label=words.remove
                    kind="ghost xs"
                    disabled=form.read_only
                    on_click=move |_| form.change_list(&list, |list| if index < list.len() { list.remove(index); })
                />
            </div>
            {move || (!unary.get()).then(|| operand(form, right.clone(), words.second_value))}
            {move || error.get().map(|text| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> })}
        </fieldset>
    }
    .into_any()
}
