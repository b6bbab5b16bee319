//! Fields of an object: shown when their rules hold, advanced ones folded away.

use leptos::prelude::*;
use serde_json::Value;

use super::FormHandle;
use super::choice::{ChoiceField, SwitchField};
use super::code::CodeField;
use super::conditions::ConditionsField;
use super::expression::{ExpressionInput, ModeSwitch, is_expression};
use super::lists::{AssignmentsField, KeyValuesField, ListField};
use super::spec::{Kind, Spec, fresh, object, shows};
use super::text::{NumberField, TextField};
use super::upload::UploadField;
use super::words::Words;
use crate::ui::{Icon, Select, Switch};
use crate::view::{AnyView, IntoAny};

/// All fields of an object at `base`.
#[component]
pub fn Fields(form: FormHandle, specs: Vec<Spec>, base: String) -> AnyView {
    let words = Words::get();
    let (advanced, plain): (Vec<_>, Vec<_>) = specs.into_iter().partition(|s| s.advanced);
    let rules: Vec<_> = advanced.iter().map(|s| s.show_when.clone()).collect();
    let any = Memo::new(move |_| form.value.with(|v| rules.iter().any(|r| shows(r, v))));
    let more_base = base.clone();
    view! {
        {plain.into_iter().map(|spec| view! { <FieldSlot form=form spec=spec base=base.clone()/> }).collect_view()}
        {(!advanced.is_empty())
            .then(move || {
                view! {
                    <details class="more" class:empty-more=move || !any.get()>
                        <summary><Icon name="chevron-right" class="s14"/>{words.options}</summary>
                        <div class="form">
                            {advanced.into_iter().map(|spec| view! { <FieldSlot form=form spec=spec base=more_base.clone()/> }).collect_view()}
                        </div>
                    </details>
                }
            })}
    }
    .into_any()
}

/// A field while its rules hold.
#[component]
fn FieldSlot(form: FormHandle, spec: Spec, base: String) -> AnyView {
    let pointer = format!("{base}/{}", spec.key.replace('~', "~0").replace('/', "~1"));
    if spec.show_when.is_empty() {
        return view! { <FieldRow form=form spec=spec pointer=pointer/> }.into_any();
    }
    let rules = spec.show_when.clone();
    let shown = Memo::new(move |_| form.value.with(|v| shows(&rules, v)));
    (move || shown.get().then(|| view! { <FieldRow form=form spec=spec.clone() pointer=pointer.clone()/> })).into_any()
}

/// Label, control, help or error of one field.
#[component]
pub fn FieldRow(form: FormHandle, spec: Spec, pointer: String) -> AnyView {
    let value = form.at(&pointer);
    let error = form.error(&pointer);
    let can_express = form.expressions && spec.expression;
    let always = form.expressions && spec.kind == Kind::Expression;
    let expressed = Memo::new(move |_| can_express && (always || value.with(is_expression)));
    let title = spec.title.clone();
    let help = spec.help.clone();
    let about = about(&pointer);
    let mode = {
        let (pointer, spec) = (pointer.clone(), spec.clone());
        (can_express && !always)
            .then(|| view! { <ModeSwitch form=form pointer=pointer spec=spec expressed=expressed/> })
    };
    let inline = spec.kind == Kind::Switch;
    let control = {
        let title = title.clone();
        move || match expressed.get() {
            true => view! { <ExpressionInput form=form pointer=pointer.clone() label=title.clone()/> }.into_any(),
            false => control(form, &spec, &pointer),
        }
    };
    let below = move || match (error.get(), help.is_empty()) {
        (Some(text), _) => {
            view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> }
                .into_any()
        }
        (None, false) => view! { <span class="hint">{help.clone()}</span> }.into_any(),
        (None, true) => ().into_any(),
    };
    if inline {
        return view! {
            <div class="field inline-field">
                <div class="lab"><span>{title}</span>{mode}{control}</div>
                <div class="field-about" id=about>{below}</div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="field" class:bad=move || error.read().is_some()>
            <div class="lab"><span>{title}</span>{mode}</div>
            {control}
            <div class="field-about" id=about>{below}</div>
        </div>
    }
    .into_any()
}

/// Id of what stands below the field at `pointer`: its help, or what is wrong with it.
pub fn about(pointer: &str) -> String {
    format!("about{}", pointer.replace('/', "-"))
}

/// The control of a fixed value.
pub fn control(form: FormHandle, spec: &Spec, pointer: &str) -> AnyView {
    let (spec, pointer) = (spec.clone(), pointer.to_owned());
    match spec.kind.clone() {
        Kind::Number { integer, min, max } => {
            view! { <NumberField form=form pointer=pointer label=spec.title integer=integer min=min max=max nullable=spec.nullable placeholder=spec.placeholder/> }.into_any()
        }
        Kind::Switch => view! { <SwitchField form=form pointer=pointer label=spec.title/> }.into_any(),
        Kind::Choice(choices) => view! { <ChoiceField form=form pointer=pointer label=spec.title choices=choices nullable=spec.nullable/> }.into_any(),
        Kind::Code { language } => view! { <CodeField form=form pointer=pointer label=spec.title language=language/> }.into_any(),
        Kind::Json => view! { <CodeField form=form pointer=pointer label=spec.title language="json".to_owned() parsed=true/> }.into_any(),
        Kind::Upload { accept } => view! { <UploadField form=form pointer=pointer label=spec.title accept=accept/> }.into_any(),
        Kind::KeyValues(fields) => view! { <KeyValuesField form=form pointer=pointer fields=fields/> }.into_any(),
        Kind::Assignments(fields) => view! { <AssignmentsField form=form pointer=pointer fields=fields/> }.into_any(),
        Kind::Conditions(conditions) => view! { <ConditionsField form=form pointer=pointer conditions=*conditions/> }.into_any(),
        Kind::List(item) => view! { <ListField form=form pointer=pointer item=*item/> }.into_any(),
        Kind::Object(fields) => view! { <ObjectField form=form pointer=pointer spec_title=spec.title fields=fields nullable=spec.nullable/> }.into_any(),
        Kind::Variants { tag, variants } => view! { <VariantsField form=form pointer=pointer label=spec.title tag=tag variants=variants/> }.into_any(),
        kind => view! { <TextField form=form pointer=pointer label=spec.title kind=kind placeholder=spec.placeholder nullable=spec.nullable expression=spec.expression/> }.into_any(),
    }
}

/// A nested object; one that may be absent has a switch.
#[component]
fn ObjectField(form: FormHandle, pointer: String, spec_title: String, fields: Vec<Spec>, nullable: bool) -> AnyView {
    let value = form.at(&pointer);
    let present = Memo::new(move |_| !nullable || !value.read().is_null());
    let toggle = {
        let (pointer, fields, title) = (pointer.clone(), fields.clone(), spec_title);
        nullable.then(move || {
            view! {
                <Switch
                    on=present
                    label=title
                    disabled=form.read_only
                    on_change=move |on: bool| form.set(&pointer, if on { object(&fields) } else { Value::Null })
                />
            }
        })
    };
    view! {
        {toggle}
        {move || present.get().then(|| view! { <div class="nest form"><Fields form=form specs=fields.clone() base=pointer.clone()/></div> })}
    }
    .into_any()
}

/// One of several shapes.
#[component]
fn VariantsField(
    form: FormHandle,
    pointer: String,
    label: String,
    tag: String,
    variants: Vec<(String, String, Vec<Spec>)>,
) -> AnyView {
    let chosen = form.at(&format!("{pointer}/{tag}"));
    let current = Memo::new(move |_| chosen.with(|v| v.as_str().unwrap_or("").to_owned()));
    let options: Vec<(String, String)> =
        variants.iter().map(|(value, title, _)| (value.clone(), title.clone())).collect();
    let choose = {
        let (pointer, variants) = (pointer.clone(), variants.clone());
        move |value: String| {
            let fields = variants.iter().find(|v| v.0 == value).map(|v| v.2.clone()).unwrap_or_default();
            let mut new = serde_json::Map::from_iter([(tag.clone(), Value::String(value))]);
            new.extend(fields.iter().map(|f| (f.key.clone(), fresh(f))));
            form.set(&pointer, Value::Object(new));
        }
    };
    view! {
        <Select value=current options=options label=label on_change=choose/>
        {move || {
            let fields = variants.iter().find(|v| v.0 == *current.read()).map(|v| v.2.clone()).unwrap_or_default();
            (!fields.is_empty()).then(|| view! { <div class="nest form"><Fields form=form specs=fields base=pointer.clone()/></div> })
        }}
    }
    .into_any()
}
