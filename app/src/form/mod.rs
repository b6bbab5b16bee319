//! Draws a JSON Schema, with the hints of [`flow::KindDescription::parameters`], as fields.
//!
//! The editor's contract: give the schema, the parameters and what they change to; optionally previews, completions and
//! errors. Nothing here knows a node kind.

mod choice;
mod code;
mod conditions;
mod expression;
mod fields;
mod handle;
mod lists;
mod schedule;
mod spec;
mod text;
mod upload;
mod words;

use std::sync::Arc;

use flow::api::{Preview, SchedulePreview};
use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::api::Call;
use crate::view::{AnyView, IntoAny};

pub use code::CodeEditor;
pub use expression::ExpressionInput;
pub use handle::FormHandle;
pub use schedule::Ticks;
pub use spec::{Kind, Spec, parse};
pub use text::{shown, zones};

/// Something wrong with the value at a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// `/conditions/0/left`
    pub pointer: String,
    pub message: String,
}

/// A word that expressions can be completed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is inserted: `$json.total`.
    pub label: String,
    /// A value, or what it does.
    pub detail: String,
}

/// Asks what an expression (with its leading `=`) gives for the chosen item.
pub type PreviewFn = Arc<dyn Fn(String) -> Call<Preview> + Send + Sync>;

/// Asks for the next ticks of a schedule node's parameters.
pub type ScheduleFn = Arc<dyn Fn(Value) -> Call<SchedulePreview> + Send + Sync>;

/// A change by the person.
#[derive(Clone, Debug)]
pub struct FormChange {
    /// JSON pointer to what was changed; several changes of one pointer in a row are one for undo.
    pub pointer: String,
    /// All parameters with the change.
    pub value: Map<String, Value>,
}

/// The fields of an object's schema.
#[component]
pub fn SchemaForm(
    /// JSON Schema of an object. Read once: make the form again for another schema.
    schema: Arc<Value>,
    #[prop(into)] value: Signal<Map<String, Value>>,
    #[prop(into)] on_change: Callback<FormChange>,
    /// Shown at their fields; those without a field stand above the form.
    #[prop(optional, into)]
    errors: Signal<Vec<FieldError>>,
    /// Fields can be switched to expressions.
    #[prop(optional)]
    expressions: bool,
    #[prop(optional, into)] preview: Signal<Option<PreviewFn>>,
    #[prop(optional, into)] completions: Signal<Vec<Completion>>,
    /// Shows the next ticks below the fields.
    #[prop(optional, into)]
    schedule: Signal<Option<ScheduleFn>>,
    /// Names of files that the input has, for fields that name one.
    #[prop(optional, into)]
    binaries: Signal<Vec<String>>,
    #[prop(optional, into)] read_only: Signal<bool>,
) -> AnyView {
    let form = FormHandle {
        value: Signal::derive(move || Value::Object(value.get())),
        on_change,
        errors,
        expressions,
        preview,
        completions,
        binaries,
        read_only,
        typing: StoredValue::new(None),
    };
    let specs = parse(&schema, crate::i18n::use_lang());
    view! {
        <div class="form">
            <fields::Fields form=form specs=specs base=String::new()/>
            {move || schedule.get().map(|fetch| view! { <Ticks parameters=form.value fetch=fetch/> })}
        </div>
    }
    .into_any()
}
