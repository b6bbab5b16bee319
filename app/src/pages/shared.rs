//! What the pages under "Settings" share: content that is asked for first, a table, forms in dialogs, taking away with a
//! question.

use flow::api::{Problem, Role};
use leptos::prelude::*;
use leptos_meta::Title;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::welcome::{SHORTEST, Strength};
use crate::api::Call;
use crate::i18n::{Common, fill};
use crate::ui::{Button, Confirm, Dialog, ErrorBox, Failed, PasswordInput, SkeletonRows, use_toasts};
use crate::view::{AnyView, Children, ChildrenFn, IntoAny};

/// A page whose content is asked for; its title and grey rows stand there meanwhile.
#[component]
pub fn Fetched<T>(title: &'static str, fetch: fn() -> Call<T>, draw: fn(T) -> AnyView) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    let first = Resource::new(|| (), move |()| fetch());
    view! {
        <Title text=format!("{title} · Fluxo")/>
        <Suspense fallback=move || view! { <div class="page-head"><h1>{title}</h1></div><div class="body"><div class="card"><SkeletonRows/></div></div> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(content) => draw(content),
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// A table in a card. `heads`: words and class of each column; one more without words is for actions.
#[component]
pub fn Table(
    label: &'static str,
    #[prop(default = "table")] class: &'static str,
    heads: Vec<(&'static str, &'static str)>,
    actions: &'static str,
    children: Children,
) -> AnyView {
    let heads =
        heads.into_iter().map(|(words, class)| view! { <th scope="col" class=class>{words}</th> }).collect_view();
    view! {
        <div class="card table-card" tabindex="0" role="region" aria-label=label>
            <table class=class>
                <thead>
                    <tr>
                        {heads}
                        <th scope="col"><span class="sr">{actions}</span></th>
                    </tr>
                </thead>
                <tbody>{children.draw()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The state of a form in a dialog.
#[derive(Clone, Copy)]
pub struct Form {
    pub open: RwSignal<bool>,
    /// It was sent once: from then on fields say what is wrong with them.
    tried: RwSignal<bool>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
}

impl Form {
    /// `clear` empties the fields each time the dialog opens.
    pub fn new(clear: impl Fn() + 'static) -> Self {
        let form = Self {
            open: RwSignal::new(false),
            tried: RwSignal::new(false),
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
        };
        Effect::new(move || {
            if form.open.get() {
                clear();
                form.tried.set(false);
                form.problem.set(None);
            }
        });
        form
    }

    /// What is wrong with a field, once the form was sent.
    pub fn wrong(self, is_wrong: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
        Signal::derive(move || self.tried.get() && is_wrong())
    }

    /// Waits for `call`; a problem is shown in the form.
    pub fn send<T: 'static>(self, call: Call<T>, done: impl FnOnce(T) + 'static) {
        self.busy.set(true);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(answer) => done(answer),
                Err(found) => {
                    self.problem.try_set(Some(found));
                }
            }
            self.busy.try_set(false);
        });
    }
}

/// Fields with their buttons; `on_submit` is called while no field is wrong.
#[component]
pub fn FormBody(
    form: Form,
    action: &'static str,
    #[prop(into)] wrong: Vec<Signal<bool>>,
    #[prop(into)] on_submit: Callback<()>,
    children: Children,
) -> AnyView {
    let common = Common::get();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.tried.set(true);
        if !form.busy.get_untracked() && !wrong.iter().any(GetUntracked::get_untracked) {
            on_submit.run(());
        }
    };
    view! {
        <form class="stack" novalidate=true on:submit=submit>
            {children.draw()}
            <ErrorBox problem=form.problem/>
            <div class="dialog-foot">
                <Button on_click=move |_| form.open.set(false)>{common.cancel}</Button>
                <Button kind="primary" r#type="submit" busy=form.busy>{action}</Button>
            </div>
        </form>
    }
    .into_any()
}

/// [`FormBody`] in a dialog.
#[component]
pub fn FormDialog(
    form: Form,
    #[prop(into)] title: Signal<String>,
    action: &'static str,
    wrong: Vec<Signal<bool>>,
    #[prop(into)] on_submit: Callback<()>,
    children: ChildrenFn,
) -> AnyView {
    view! {
        <Dialog open=form.open title=title>
            {
                let children = children.clone();
                view! { <FormBody form=form action=action wrong=wrong.clone() on_submit=on_submit>{children.draw()}</FormBody> }
            }
        </Dialog>
    }
    .into_any()
}

/// Whether a new password is too short.
pub fn too_short(password: RwSignal<String>) -> bool {
    password.read().chars().count() < SHORTEST
}

/// A field for a new password that says how hard it is to guess.
#[component]
pub fn NewPassword(
    label: &'static str,
    value: RwSignal<String>,
    bad: Signal<bool>,
    #[prop(optional)] hint: &'static str,
) -> AnyView {
    view! {
        <div class="field">
            <label class="field">
                <span class="lab">{label}</span>
                <PasswordInput label=label value=value autocomplete="new-password" bad=bad/>
            </label>
            <Strength password=value bad=bad/>
            {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
        </div>
    }
    .into_any()
}

/// The roles for a select: value and words.
pub fn roles() -> Vec<(String, String)> {
    let common = Common::get();
    [Role::Viewer, Role::Editor, Role::Owner].map(|r| (r.as_str().to_owned(), common.role(r).to_owned())).to_vec()
}

/// A row that can be taken away.
pub trait Removable: Clone + Send + Sync + 'static {
    fn id(&self) -> &str;
    /// What the question calls it.
    fn shown_name(&self) -> String;
    fn remove(id: &str) -> Call<()>;
}

/// The words around [`Removable`]; `{}` stands for its name.
#[derive(Clone, Copy)]
pub struct RemovalWords {
    pub title: &'static str,
    pub action: &'static str,
    /// Told afterwards; nothing when empty.
    pub done: &'static str,
}

/// Asks whether the chosen row is to be taken away, and does it.
#[component]
pub fn Removal<T: Removable>(
    open: RwSignal<bool>,
    chosen: RwSignal<Option<T>>,
    list: RwSignal<Vec<T>>,
    words: RemovalWords,
    #[prop(into)] text: Signal<String>,
) -> AnyView {
    let toasts = use_toasts();
    let name = move || chosen.read().as_ref().map(T::shown_name).unwrap_or_default();
    let remove = move |()| {
        let Some(gone) = chosen.get_untracked() else { return };
        let call = T::remove(gone.id());
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    list.try_update(|l| l.retain(|row| row.id() != gone.id()));
                    if !words.done.is_empty() {
                        toasts.ok(fill(words.done, [gone.shown_name()]), "");
                    }
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || fill(words.title, [name()]))
            text=text
            action=words.action
            on_confirm=remove
        />
    }
    .into_any()
}
