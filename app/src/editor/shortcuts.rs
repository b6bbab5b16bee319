//! The sheet of shortcuts, from the list of actions.

use leptos::prelude::*;

use super::actions::{ALL_ACTIONS, Part, shown};
use super::state::use_editor;
use super::words::Words;
use crate::ui::Dialog;
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Shortcuts() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    view! {
        <Dialog open=editor.shortcuts title=w.shortcuts class="wide">
            <div class="sheet-of-keys">
                {[(Part::Draw, w.sc_draw), (Part::Select, w.sc_select), (Part::View, w.sc_view), (Part::Flow, w.sc_flow)]
                    .into_iter()
                    .map(|(part, title)| {
                        let rows = ALL_ACTIONS
                            .iter()
                            .filter(|a| a.part == part)
                            .map(|a| view! { <Row text=a.title(editor) keys=a.keys.iter().map(|k| (*k).to_owned()).collect()/> });
                        let more: Vec<(&str, String)> = match part {
                            Part::Select => vec![(w.sc_walk, w.arrows.to_owned()), (w.sc_nudge, format!("Ctrl+{}", w.arrows)), (w.sc_escape, "Esc".to_owned())],
                            Part::View => vec![(w.sc_pan, w.space.to_owned()), (w.sc_zoom, "Ctrl".to_owned())],
                            _ => vec![],
                        };
                        view! {
                            <section>
                                <h3>{title}</h3>
                                <dl>
                                    {rows.collect_view()}
                                    {more.into_iter().map(|(text, keys)| view! { <Row text=text.to_owned() keys=vec![keys]/> }).collect_view()}
                                </dl>
                            </section>
                        }
                    })
                    .collect_view()}
            </div>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Row(text: String, keys: Vec<String>) -> AnyView {
    let caps = |keys: String| {
        keys.split('+')
            .filter(|k| !k.is_empty())
            .map(|k| {
                view! { <kbd>{shown(k)}</kbd> }
            })
            .collect_view()
    };
    view! {
        <div>
            <dt>{text}</dt>
            <dd>{keys.into_iter().map(|k| if k == "+" { view! { <kbd>"+"</kbd> }.into_any() } else { view! { <span>{caps(k)}</span> }.into_any() }).collect_view()}</dd>
        </div>
    }
    .into_any()
}
