//! Text and numbers.

use leptos::prelude::*;
use serde_json::{Number, Value};

use super::FormHandle;
use super::expression::{accept_drop, allow_drop};
use super::fields::about;
use super::spec::Kind;
use super::words::Words;
use crate::i18n::fill;
use crate::ui::{Icon, PasswordInput};
use crate::view::{AnyView, IntoAny};

/// What a fixed value shows as in a line of text.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // "5", also where the server keeps 5.0.
        Value::Number(n) if n.is_f64() && n.as_f64().is_some_and(|f| f.fract() == 0.0 && f.abs() < 9e15) => {
            format!("{:.0}", n.as_f64().unwrap_or_default())
        }
        other => other.to_string(),
    }
}

#[component]
pub fn TextField(
    form: FormHandle,
    pointer: String,
    label: String,
    kind: Kind,
    placeholder: String,
    nullable: bool,
    expression: bool,
) -> AnyView {
    let value = form.at(&pointer);
    let error = form.error(&pointer);
    let can_express = form.expressions && expression;
    let store = {
        let pointer = pointer.clone();
        move |text: String| {
            if can_express && (text.starts_with('=') || text.contains("{{")) {
                form.typing.set_value(Some(pointer.clone()));
            }
            let value = match text {
                // Typing an expression makes it one.
                text if can_express && !text.starts_with('=') && text.contains("{{") => {
                    Value::String(format!("={text}"))
                }
                text if text.is_empty() && nullable => Value::Null,
                text => Value::String(text),
            };
            form.set(&pointer, value);
        }
    };
    let described = about(&pointer);
    let bad = move || error.read().is_some();
    let read_only = form.read_only;
    let drop = {
        let pointer = pointer.clone();
        move |event: leptos::ev::DragEvent| {
            if can_express {
                accept_drop(&event, form, &pointer);
            }
        }
    };
    let placeholder = placeholder.strip_prefix('=').map(str::to_owned).unwrap_or(placeholder);
    if kind == Kind::Multiline {
        return view! {
            <textarea
                class="input grow-text"
                class:bad=bad
                aria-label=label
                aria-describedby=described.clone()
                aria-invalid=move || bad().then_some("true")
                placeholder=placeholder
                readonly=read_only
                prop:value=move || value.with(shown)
                on:input=move |event| store(event_target_value(&event))
                on:dragover=allow_drop
                on:drop=drop
            ></textarea>
        }
        .into_any();
    }
    if kind == Kind::Password {
        let text = RwSignal::new(value.with_untracked(shown));
        // A value that changes elsewhere, by undo, is shown.
        Effect::new(move || {
            let stored = value.with(shown);
            if text.get_untracked() != stored {
                text.set(stored);
            }
        });
        Effect::new(move |former: Option<String>| {
            let now = text.get();
            if former.is_some_and(|f| f != now) && value.with_untracked(|v| shown(v) != now) {
                store(now.clone());
            }
            now
        });
        return view! { <PasswordInput label=label value=text autocomplete="new-password" bad=Signal::derive(bad) name="secret" placeholder=placeholder/> }.into_any();
    }
    let list_id = match kind {
        Kind::Timezone => Some(format!("zones{}", pointer.replace('/', "-"))),
        Kind::BinaryProperty => Some(format!("files{}", pointer.replace('/', "-"))),
        _ => None,
    };
    let suggestions = {
        let (kind, list_id) = (kind.clone(), list_id.clone());
        move || {
            let names = match kind {
                Kind::Timezone => zones(),
                Kind::BinaryProperty => form.binaries.get(),
                _ => return None,
            };
            Some(
                view! { <datalist id=list_id.clone()>{names.into_iter().map(|n| view! { <option value=n></option> }).collect_view()}</datalist> },
            )
        }
    };
    let mono = matches!(kind, Kind::Cron | Kind::FilePath);
    let lead = match kind {
        Kind::Cron => Some("calendar-clock"),
        Kind::Timezone => Some("globe"),
        Kind::FilePath => Some("folder"),
        Kind::BinaryProperty => Some("paperclip"),
        _ => None,
    };
    view! {
        <span class="input" class:bad=bad class:mono=mono>
            {lead.map(|name| view! { <Icon name=name/> })}
            <input
                type=if kind == Kind::Color { "color" } else { "text" }
                aria-label=label
                placeholder=placeholder
                list=list_id
                aria-describedby=described.clone()
                aria-invalid=move || bad().then_some("true")
                spellcheck="false"
                autocomplete="off"
                readonly=read_only
                prop:value=move || value.with(shown)
                on:input=move |event| store(event_target_value(&event))
                on:dragover=allow_drop
                on:drop=drop
            />
        </span>
        {suggestions}
    }
    .into_any()
}

/// IANA zones that the browser knows; none on the server, where nobody types.
pub fn zones() -> Vec<String> {
    #[cfg(feature = "ssr")]
    return Vec::new();
    #[cfg(not(feature = "ssr"))]
    {
        use wasm_bindgen::JsCast;
        let intl = js_sys::Reflect::get(&js_sys::global(), &"Intl".into()).unwrap_or_default();
        let function = js_sys::Reflect::get(&intl, &"supportedValuesOf".into())
            .ok()
            .and_then(|f| f.dyn_into::<js_sys::Function>().ok());
        let list = function.and_then(|f| f.call1(&intl, &"timeZone".into()).ok());
        list.map(|l| js_sys::Array::from(&l).iter().filter_map(|z| z.as_string()).collect()).unwrap_or_default()
    }
}

#[component]
pub fn NumberField(
    form: FormHandle,
    pointer: String,
    label: String,
    integer: bool,
    min: Option<f64>,
    max: Option<f64>,
    nullable: bool,
    placeholder: String,
) -> AnyView {
    let words = Words::get();
    let value = form.at(&pointer);
    let error = form.error(&pointer);
    let described = about(&pointer);
    // What was typed, with the value that was stored then: a text that is no number stays, and says what is wrong with
    // it, until something else is stored.
    let typed = RwSignal::new(None::<(String, Value)>);
    let current =
        Memo::new(move |_| typed.get().filter(|(_, stored)| value.with(|v| v == stored)).map(|(text, _)| text));
    let problem = move || {
        let text = current.get()?;
        judge(&text, integer, min, max, nullable).err().map(|wrong| match wrong {
            Wrong::NoNumber => words.number_wanted.to_owned(),
            Wrong::TooSmall(min) => fill(words.number_min, [min]),
            Wrong::TooLarge(max) => fill(words.number_max, [max]),
        })
    };
    let input = {
        let pointer = pointer.clone();
        move |event| {
            let text = event_target_value(&event);
            if form.expressions && text.starts_with('=') {
                form.typing.set_value(Some(pointer.clone()));
                form.set(&pointer, Value::String(text));
                return;
            }
            match judge(&text, integer, min, max, nullable) {
                Ok(number) => {
                    typed.set(Some((text, number.clone())));
                    form.set(&pointer, number);
                }
                Err(_) => typed.set(Some((text, value.get_untracked()))),
            }
        }
    };
    view! {
        <span class="input" class:bad=move || error.read().is_some() || problem().is_some()>
            <input
                type="text"
                inputmode=if integer { "numeric" } else { "decimal" }
                class="num"
                aria-label=label
                placeholder=placeholder
                autocomplete="off"
                readonly=form.read_only
                aria-describedby=described.clone()
                aria-invalid=move || (error.read().is_some() || problem().is_some()).then_some("true")
                prop:value=move || current.get().unwrap_or_else(|| value.with(shown))
                on:input=input
                on:dragover=allow_drop
                on:drop=move |event| {
                    if form.expressions {
                        accept_drop(&event, form, &pointer);
                    }
                }
            />
        </span>
        {move || problem().map(|text| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span> })}
    }
    .into_any()
}

#[derive(Debug, PartialEq)]
enum Wrong {
    NoNumber,
    TooSmall(f64),
    TooLarge(f64),
}

fn judge(text: &str, integer: bool, min: Option<f64>, max: Option<f64>, nullable: bool) -> Result<Value, Wrong> {
    let text = text.trim().replace(',', ".");
    if text.is_empty() && nullable {
        return Ok(Value::Null);
    }
    let value = if integer { text.parse::<i64>().map(|n| n as f64).ok() } else { text.parse::<f64>().ok() };
    let number = value.filter(|v| v.is_finite()).ok_or(Wrong::NoNumber)?;
    if let Some(min) = min.filter(|min| number < *min) {
        return Err(Wrong::TooSmall(min));
    }
    if let Some(max) = max.filter(|max| number > *max) {
        return Err(Wrong::TooLarge(max));
    }
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => Ok(Value::from(number as i64)),
        false => Number::from_f64(number).map(Value::Number).ok_or(Wrong::NoNumber),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_show_without_a_fraction() {
        let check = |value: Value, expected: &str| assert_eq!(shown(&value), expected);
        check(json!(5.0), "5");
        check(json!(-0.5), "-0.5");
        check(json!(12), "12");
        check(json!("5.0"), "5.0");
        check(json!(null), "");
    }

    #[test]
    fn numbers_are_judged_as_they_are_typed() {
        let check = |text: &str, integer: bool, nullable: bool, expected: Result<Value, Wrong>| {
            assert_eq!(judge(text, integer, Some(1.0), Some(100.0), nullable), expected, "{text}");
        };
        check("12", true, false, Ok(json!(12)));
        check("1,5", false, false, Ok(json!(1.5)));
        check("1.5", true, false, Err(Wrong::NoNumber));
        check("", true, true, Ok(Value::Null));
        check("", true, false, Err(Wrong::NoNumber));
        check("0", true, false, Err(Wrong::TooSmall(1.0)));
        check("101", true, false, Err(Wrong::TooLarge(100.0)));
        check("inf", false, false, Err(Wrong::NoNumber));
    }
}
