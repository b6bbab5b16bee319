//! Choices and switches.

use leptos::prelude::*;
use serde_json::Value;

use super::FormHandle;
use super::words::Words;
use crate::ui::{Segments, Select, Switch};
use crate::view::{AnyView, IntoAny};

/// Most choices that stand side by side.
const SIDE_BY_SIDE: usize = 3;

#[component]
pub fn ChoiceField(
    form: FormHandle,
    pointer: String,
    label: String,
    choices: Vec<(Value, String)>,
    nullable: bool,
) -> AnyView {
    let words = Words::get();
    let value = form.at(&pointer);
    let text =
        |v: &Value| v.as_str().map_or_else(|| if v.is_null() { String::new() } else { v.to_string() }, str::to_owned);
    let current = Memo::new(move |_| value.with(text));
    let mut options: Vec<(String, String)> = choices.iter().map(|(v, word)| (text(v), word.clone())).collect();
    let short = options.iter().map(|o| o.1.chars().count()).sum::<usize>() <= 30;
    let pick = {
        let choices = choices.clone();
        move |chosen: String| {
            let value = choices.iter().find(|(v, _)| text(v) == chosen).map(|c| c.0.clone()).unwrap_or_default();
            form.set(&pointer, value);
        }
    };
    if !nullable && short && options.len() <= SIDE_BY_SIDE {
        return view! { <Segments value=current options=options label=label on_change=pick/> }.into_any();
    }
    if nullable {
        options.insert(0, (String::new(), words.not_set.to_owned()));
    }
    let options = Signal::derive(move || {
        let mut options = options.clone();
        // What is stored shows even when the kind no longer offers it.
        let now = current.get();
        if !options.iter().any(|o| o.0 == now) {
            options.push((now.clone(), now));
        }
        options
    });
    view! { <Select value=current options=options label=label on_change=pick/> }.into_any()
}

#[component]
pub fn SwitchField(form: FormHandle, pointer: String, label: String) -> AnyView {
    let value = form.at(&pointer);
    let on = Memo::new(move |_| value.read().as_bool().unwrap_or(false));
    view! { <Switch on=on label=label disabled=form.read_only on_change=move |on: bool| form.set(&pointer, on.into())/> }.into_any()
}
