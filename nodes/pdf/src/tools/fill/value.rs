//! Values of each kind of field (ISO 32000-2 12.7.5).

use lopdf::{Object, ObjectId, text_string};

use super::form::{self, FormField, Kind};
use super::{Value, Work, draw};
use crate::error::Error;
use crate::tools::{ToolError, Wanted};

impl Work<'_, '_, '_> {
    /// Sets a field's value and what it looks like.
    pub(super) fn set(&mut self, field: &FormField, value: &Value) -> Result<(), Error> {
        match field.kind {
            Kind::Other => Err(ToolError::FieldKind { field: field.name.clone() }.into()),
            Kind::Text { multiline, comb, password } => {
                let wanted = Wanted::Text { at_most: field.max_length };
                let text = text(value).ok_or_else(|| wrong(field, wanted.clone()))?;
                if field.max_length.is_some_and(|most| text.chars().count() > most) {
                    return Err(wrong(field, wanted));
                }
                let cells = field.max_length.filter(|cells| comb && (1..=1_000).contains(cells));
                let shown = if password { "*".repeat(text.chars().count()) } else { text.clone() };
                let layout = match cells {
                    Some(cells) => draw::Layout::Comb(cells),
                    None if multiline => draw::Layout::Multiline,
                    None => draw::Layout::Line,
                };
                self.store(field.id, &[("V", text_string(&text))], &["RV"])?;
                self.draw(field, vec![shown], layout, &[])
            }
            Kind::Drop { free } => {
                let options = || Wanted::OneOf { options: shown(field) };
                let text = text(value).ok_or_else(|| wrong(field, options()))?;
                let at = position(field, &text);
                if at.is_none() && !free && !text.is_empty() {
                    return Err(wrong(field, options()));
                }
                let chosen = at.and_then(|at| field.options.get(at));
                let (export, shown) = chosen.cloned().unwrap_or((text.clone(), text));
                let index = at.map(|at| Object::Array(vec![Object::Integer(at as i64)]));
                self.store(field.id, &[("V", text_string(&export)), ("I", index.unwrap_or(Object::Null))], &["RV"])?;
                self.draw(field, vec![shown], draw::Layout::Line, &[])
            }
            Kind::List { several } => self.set_list(field, value, several),
            Kind::Check => self.set_check(field, value),
            Kind::Radio => self.set_radio(field, value),
        }
    }

    fn set_list(&mut self, field: &FormField, value: &Value, several: bool) -> Result<(), Error> {
        let options = || match several {
            true => Wanted::SomeOf { options: shown(field) },
            false => Wanted::OneOf { options: shown(field) },
        };
        let texts = match value {
            Value::Several(texts) => texts.clone(),
            Value::Text(text) if text.is_empty() => Vec::new(),
            Value::Text(text) => vec![text.clone()],
            Value::YesOrNo(_) => return Err(wrong(field, options())),
        };
        let mut chosen = texts
            .iter()
            .map(|text| position(field, text))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| wrong(field, options()))?;
        if chosen.len() > 1 && !several {
            return Err(wrong(field, options()));
        }
        chosen.sort_unstable();
        chosen.dedup();
        let exports: Vec<Object> =
            chosen.iter().filter_map(|at| field.options.get(*at)).map(|(e, _)| text_string(e)).collect();
        let value = match exports.len() {
            0 => Object::Null,
            1 => exports.into_iter().next().unwrap_or(Object::Null),
            _ => Object::Array(exports),
        };
        let indices = chosen.iter().map(|at| Object::Integer(*at as i64)).collect::<Vec<_>>();
        self.store(field.id, &[("V", value), ("I", indices.into())], &["RV"])?;
        let lines = field.options.iter().map(|(_, shown)| shown.clone()).collect();
        self.draw(field, lines, draw::Layout::List, &chosen)
    }

    fn set_check(&mut self, field: &FormField, value: &Value) -> Result<(), Error> {
        let all: Vec<Vec<u8>> = field.widgets.iter().flat_map(|widget| form::states(self.pdf, *widget)).collect();
        let on = all.first().cloned().unwrap_or_else(|| b"Yes".to_vec());
        let state = match value {
            Value::YesOrNo(true) => on,
            Value::YesOrNo(false) => b"Off".to_vec(),
            Value::Text(text) => match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "on" | "sim" | "x" | "1" => on,
                "" | "false" | "no" | "off" | "não" | "nao" | "0" => b"Off".to_vec(),
                _ => {
                    let named = all.iter().find(|state| state.as_slice() == text.trim().as_bytes());
                    named.cloned().ok_or_else(|| wrong(field, Wanted::YesOrNo))?
                }
            },
            Value::Several(_) => return Err(wrong(field, Wanted::YesOrNo)),
        };
        self.switch(field, &state)
    }

    fn set_radio(&mut self, field: &FormField, value: &Value) -> Result<(), Error> {
        let states: Vec<Vec<u8>> = field
            .widgets
            .iter()
            .map(|widget| form::states(self.pdf, *widget).into_iter().next().unwrap_or_default())
            .collect();
        let names: Vec<String> = states
            .iter()
            .enumerate()
            .map(|(at, state)| {
                // The names that people know may be in the options, in the order of the buttons.
                let option = field.options.get(at).map(|(export, _)| export.clone());
                option.unwrap_or_else(|| String::from_utf8_lossy(state).into_owned())
            })
            .collect();
        let wanted = || Wanted::OneOf { options: names.join(", ") };
        let text = text(value).ok_or_else(|| wrong(field, wanted()))?;
        if text.trim().is_empty() {
            return self.switch(field, b"Off");
        }
        let by_name = names.iter().position(|name| name.trim() == text.trim());
        let at = by_name.or_else(|| states.iter().position(|state| state.as_slice() == text.trim().as_bytes()));
        let state = at.and_then(|at| states.get(at)).filter(|state| !state.is_empty());
        let state = state.cloned().ok_or_else(|| wrong(field, wanted()))?;
        self.switch(field, &state)
    }

    /// Switches a check box or a group of radio buttons.
    fn switch(&mut self, field: &FormField, state: &[u8]) -> Result<(), Error> {
        let name = Object::Name(state.to_vec());
        self.store(field.id, &[("V", name.clone())], &[])?;
        for widget in &field.widgets {
            let mut known = form::states(self.pdf, *widget);
            if known.is_empty() && state != b"Off" && field.kind == Kind::Check {
                self.draw_check(*widget, state)?;
                known.push(state.to_vec());
            }
            let own = known.iter().any(|own| own == state);
            let shown = if own { name.clone() } else { Object::Name(b"Off".to_vec()) };
            self.store(*widget, &[("AS", shown)], &[])?;
        }
        Ok(())
    }

    fn store(&mut self, id: ObjectId, entries: &[(&str, Object)], gone: &[&str]) -> Result<(), Error> {
        let dictionary = self.update.dictionary(id)?;
        for key in gone {
            dictionary.remove(key.as_bytes());
        }
        for (key, value) in entries {
            if value.is_null() {
                dictionary.remove(key.as_bytes());
            } else {
                dictionary.set(*key, value.clone());
            }
        }
        Ok(())
    }
}

fn wrong(field: &FormField, wanted: Wanted) -> Error {
    ToolError::FieldValue { field: field.name.clone(), wanted }.into()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.replace("\r\n", "\n")),
        Value::YesOrNo(yes) => Some(yes.to_string()),
        Value::Several(_) => None,
    }
}

/// The option that exports or shows this.
fn position(field: &FormField, text: &str) -> Option<usize> {
    let exact = field.options.iter().position(|(export, _)| export == text);
    exact.or_else(|| field.options.iter().position(|(_, shown)| shown == text))
}

fn shown(field: &FormField) -> String {
    field.options.iter().map(|(_, shown)| shown.as_str()).take(30).collect::<Vec<_>>().join(", ")
}
