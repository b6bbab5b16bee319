//! Lists: of anything, of name and value, of assignments.

use leptos::prelude::*;
use serde_json::Value;

use super::FormHandle;
use super::expression::{ExpressionInput, ModeSwitch, allow_drop, is_expression};
use super::fields::{FieldRow, Fields, control};
use super::spec::{Kind, Spec, fresh, object};
use super::text::shown;
use super::words::Words;
use crate::i18n::fill;
use crate::ui::{Button, For, Icon, IconButton, Select};
use crate::view::{AnyView, IntoAny};

fn remove(form: FormHandle, pointer: &str, index: usize) {
    form.change_list(pointer, |list| {
        if index < list.len() {
            list.remove(index);
        }
    });
}

/// Buttons that every row ends with.
#[component]
fn RowTools(form: FormHandle, pointer: String, index: usize) -> AnyView {
    let words = Words::get();
    let (up, gone) = (pointer.clone(), pointer);
    view! {
        {(index > 0)
            .then(|| {
                view! {
                    <IconButton
                        icon="arrow-up"
                        label=words.move_up
                        kind="ghost xs"
                        disabled=form.read_only
                        on_click=move |_| form.change_list(&up, |list| if index < list.len() { list.swap(index, index - 1) })
                    />
                }
            })}
        <IconButton icon="x" label=words.remove kind="ghost xs" disabled=form.read_only on_click=move |_| remove(form, &gone, index)/>
    }
    .into_any()
}

#[component]
pub fn ListField(form: FormHandle, pointer: String, item: Spec) -> AnyView {
    let words = Words::get();
    let count = form.len(&pointer);
    let simple = !matches!(item.kind, Kind::Object(_) | Kind::Variants { .. } | Kind::Conditions(_));
    let add = {
        let (pointer, item) = (pointer.clone(), item.clone());
        move |_| {
            let new = match &item.kind {
                Kind::Object(fields) => object(fields),
                _ => fresh(&item),
            };
            form.change_list(&pointer, |list| list.push(new));
        }
    };
    view! {
        <div class="rows">
            <For each=move || 0..count.get() key=|i| *i let(index)>
                {
                    let here = format!("{pointer}/{index}");
                    let (item, pointer) = (item.clone(), pointer.clone());
                    match item.kind.clone() {
                        Kind::Object(fields) if !simple => {
                            view! {
                                <fieldset class="card-row form">
                                    <div class="card-row-head"><span class="num t3">{index + 1}</span><span class="grow"></span><RowTools form=form pointer=pointer index=index/></div>
                                    <Fields form=form specs=fields base=here/>
                                </fieldset>
                            }
                            .into_any()
                        }
                        _ if simple => {
                            view! { <div class="row-line"><div class="grow">{element(form, &item, here)}</div><RowTools form=form pointer=pointer index=index/></div> }.into_any()
                        }
                        _ => {
                            view! {
                                <fieldset class="card-row form">
                                    <div class="card-row-head"><span class="num t3">{index + 1}</span><span class="grow"></span><RowTools form=form pointer=pointer index=index/></div>
                                    <FieldRow form=form spec=item pointer=here/>
                                </fieldset>
                            }
                            .into_any()
                        }
                    }
                }
            </For>
            <div class="row"><Button kind="sm" icon="plus" disabled=form.read_only on_click=add>{words.add}</Button></div>
        </div>
    }
    .into_any()
}

/// A value without a label of its own; typing `=` or dropping a field makes it an expression.
fn element(form: FormHandle, spec: &Spec, pointer: String) -> AnyView {
    let value = form.at(&pointer);
    let can = form.expressions && spec.expression;
    let expressed = Memo::new(move |_| can && value.with(is_expression));
    let error = form.error(&pointer);
    let spec = spec.clone();
    view! {
        {move || match expressed.get() {
            true => view! { <ExpressionInput form=form pointer=pointer.clone() label=spec.title.clone()/> }.into_any(),
            false => control(form, &spec, &pointer),
        }}
        {move || error.get().map(|text| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> })}
    }
    .into_any()
}

/// Keys of the first and the last field, and the last field itself.
fn name_and_value(fields: &[Spec]) -> (String, Spec) {
    let name = fields.first().map_or("name".to_owned(), |f| f.key.clone());
    let value = fields.iter().find(|f| f.key == "value").or(fields.last()).cloned().unwrap_or(Spec {
        key: "value".into(),
        title: String::new(),
        help: String::new(),
        placeholder: String::new(),
        kind: Kind::Line,
        default: Value::String(String::new()),
        nullable: false,
        expression: true,
        advanced: false,
        show_when: Vec::new(),
    });
    (name, value)
}

/// A line of text for a name, at `pointer`.
#[component]
fn NameInput(
    form: FormHandle,
    pointer: String,
    label: &'static str,
    #[prop(default = "")] class: &'static str,
) -> AnyView {
    let value = form.at(&pointer);
    view! {
        <span class=format!("input mono {class}")>
            <input
                type="text"
                aria-label=label
                placeholder=label
                spellcheck="false"
                autocomplete="off"
                readonly=form.read_only
                prop:value=move || value.with(shown)
                on:input=move |event| form.set(&pointer, Value::String(event_target_value(&event)))
            />
        </span>
    }
    .into_any()
}

#[component]
pub fn KeyValuesField(form: FormHandle, pointer: String, fields: Vec<Spec>) -> AnyView {
    let words = Words::get();
    let count = form.len(&pointer);
    let (name_key, value_spec) = name_and_value(&fields);
    let new = object(&fields);
    let add = {
        let pointer = pointer.clone();
        move |_| form.change_list(&pointer, |list| list.push(new.clone()))
    };
    view! {
        <div class="rows">
            <For each=move || 0..count.get() key=|i| *i let(index)>
                {
                    let base = format!("{pointer}/{index}");
                    view! {
                        <div class="row-line pairs">
                            <NameInput form=form pointer=format!("{base}/{name_key}") label=words.name/>
                            <div>{element(form, &value_spec, format!("{base}/{}", value_spec.key))}</div>
                            <RowTools form=form pointer=pointer.clone() index=index/>
                        </div>
                    }
                }
            </For>
            <div class="row"><Button kind="sm" icon="plus" disabled=form.read_only on_click=add>{words.add}</Button></div>
        </div>
    }
    .into_any()
}

#[component]
pub fn AssignmentsField(form: FormHandle, pointer: String, fields: Vec<Spec>) -> AnyView {
    let words = Words::get();
    let count = form.len(&pointer);
    let (name_key, value_spec) = name_and_value(&fields);
    let type_spec = fields.iter().find(|f| matches!(f.kind, Kind::Choice(_))).cloned();
    let new = object(&fields);
    let add = {
        let (pointer, new) = (pointer.clone(), new.clone());
        move |_| form.change_list(&pointer, |list| list.push(new.clone()))
    };
    // A field dropped on the list is assigned under its own name.
    let dropped = {
        let (pointer, name_key, value_key) = (pointer.clone(), name_key.clone(), value_spec.key.clone());
        move |event: leptos::ev::DragEvent| {
            let Some(text) =
                event.data_transfer().and_then(|d| d.get_data("text/plain").ok()).filter(|t| t.contains("{{"))
            else {
                return;
            };
            event.prevent_default();
            let mut new = new.clone();
            if let Value::Object(map) = &mut new {
                map.insert(name_key.clone(), Value::String(last_name(&text)));
                map.insert(value_key.clone(), Value::String(format!("={}", text.trim())));
            }
            form.change_list(&pointer, |list| list.push(new));
        }
    };
    view! {
        <div class="rows wide-rows">
            <For each=move || 0..count.get() key=|i| *i let(index)>
                {
                    let base = format!("{pointer}/{index}");
                    let value_pointer = format!("{base}/{}", value_spec.key);
                    let value = form.at(&value_pointer);
                    let expressed = Memo::new(move |_| form.expressions && value.with(is_expression));
                    let list = pointer.clone();
                    let named = form.at(&format!("{base}/{name_key}"));
                    let types = type_spec.clone().map(|spec| {
                        let pointer = format!("{base}/{}", spec.key);
                        let current = form.at(&pointer);
                        let options: Vec<(String, String)> = match &spec.kind {
                            Kind::Choice(choices) => choices.iter().map(|(v, w)| (shown(v), w.clone())).collect(),
                            _ => Vec::new(),
                        };
                        view! { <Select class="sm auto bare" label=words.r#type value=Signal::derive(move || current.with(shown)) options=options on_change=move |v: String| form.set(&pointer, v.into())/> }
                    });
                    view! {
                        <div class="asg">
                            <div class="asg-head">
                                <NameInput form=form pointer=format!("{base}/{name_key}") label=words.name class="sm asg-name"/>
                                {types}
                                {form.expressions.then(|| view! { <ModeSwitch form=form pointer=value_pointer.clone() spec=value_spec.clone() expressed=expressed/> })}
                                <IconButton
                                    icon="x"
                                    label=Signal::derive(move || fill(words.remove_named, [named.with(shown)]))
                                    kind="ghost xs"
                                    disabled=form.read_only
                                    on_click=move |_| remove(form, &list, index)
                                />
                            </div>
                            {element(form, &value_spec, value_pointer.clone())}
                        </div>
                    }
                }
            </For>
            <div class="row drop-here" on:dragover=allow_drop on:drop=dropped>
                <Button kind="sm" icon="plus" disabled=form.read_only on_click=add>{words.add_field}</Button>
                {form.expressions.then(|| view! { <span class="small t3">{words.or_drop}</span> })}
            </div>
        </div>
    }
    .into_any()
}

/// `{{ $json.customer.name }}` is called `name`.
fn last_name(expression: &str) -> String {
    let inside = expression.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
    let last = inside.rsplit(['.', '[']).next().unwrap_or("");
    last.trim_matches(|c| matches!(c, ']' | '"' | '\'')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::last_name;

    #[test]
    fn a_dropped_field_keeps_its_name() {
        let check = |expression: &str, expected: &str| assert_eq!(last_name(expression), expected, "{expression}");
        check("{{ $json.total }}", "total");
        check("{{ $json.customer.name }}", "name");
        check(r#"{{ $json["data de emissão"] }}"#, "data de emissão");
        check("{{ $('Ler nota').item.json.valor }}", "valor");
    }
}
