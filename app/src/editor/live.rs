//! The run that is shown on the canvas: started here, heard of, or opened from the list of runs.

use std::collections::{BTreeMap, HashMap};

use flow::api::{Listen, Listening, RunEvent, RunSummary, StartRun, Step, StepInput};
use flow::{RunError, StepStatus, TriggerKind};
use leptos::prelude::*;

use super::face::State;
use super::state::Editor;
use super::words::Words;
use crate::api::{self, Subscription};
use crate::canvas::Id;
use crate::i18n::fill;

/// What a node did in the run that is shown: its last step, with the items of all its steps counted together.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRun {
    pub seq: u32,
    pub status: StepStatus,
    pub outputs: BTreeMap<String, u32>,
    pub inputs: Vec<StepInput>,
    pub error: Option<RunError>,
    pub waiting: Option<String>,
    pub duration_ms: Option<u64>,
    pub pinned: bool,
}

#[derive(Clone, Copy)]
pub struct Live {
    steps: StoredValue<Vec<Step>, LocalStorage>,
    nodes: StoredValue<HashMap<Id, NodeRun>, LocalStorage>,
    /// Events that came since the last frame.
    waiting: StoredValue<Vec<RunEvent>, LocalStorage>,
    stream: StoredValue<Option<Subscription>, LocalStorage>,
    pub run: RwSignal<Option<RunSummary>>,
    /// Grows with every change of a step.
    pub changes: RwSignal<u64>,
    /// Being started.
    pub starting: RwSignal<bool>,
    /// Lines that nodes wrote: (node, line).
    pub log: RwSignal<Vec<(Id, String)>>,
    pub listening: RwSignal<Option<(Id, Listening)>>,
}

impl Live {
    pub fn new() -> Self {
        Self {
            steps: StoredValue::new_local(Vec::new()),
            nodes: StoredValue::new_local(HashMap::new()),
            waiting: StoredValue::new_local(Vec::new()),
            stream: StoredValue::new_local(None),
            run: RwSignal::new(None),
            changes: RwSignal::new(0),
            starting: RwSignal::new(false),
            log: RwSignal::new(Vec::new()),
            listening: RwSignal::new(None),
        }
    }

    /// What the node did; nothing when no run is shown or it did not get there.
    pub fn of(&self, id: &str) -> Option<NodeRun> {
        self.nodes.with_value(|n| n.get(id).cloned())
    }

    /// The state of a node as the run has it, for those who show nothing else of it.
    pub fn state_of(&self, id: &str, disabled: bool) -> State {
        if disabled {
            return State::Off;
        }
        match self.nodes.with_value(|n| n.get(id).map(|r| r.status)) {
            Some(StepStatus::Running) => State::Running,
            Some(StepStatus::Waiting) => State::Waiting,
            Some(StepStatus::Succeeded) => State::Done,
            Some(StepStatus::Failed) => State::Failed,
            Some(StepStatus::Cancelled) | None => State::Idle,
        }
    }

    /// All steps in the order of their start.
    pub fn steps(&self) -> Vec<Step> {
        self.steps.with_value(Clone::clone)
    }

    /// Starts a run of the draft, up to `until` when given; saves first what is not saved.
    pub fn start(&self, editor: Editor, until: Option<Id>) {
        self.start_in(editor, until, None);
    }

    /// As [`Live::start`], for once in another place than the flow's settings say.
    pub fn start_in(&self, editor: Editor, until: Option<Id>, runs_on: Option<flow::RunsOn>) {
        if self.starting.get_untracked() || !editor.editable {
            return;
        }
        let w = Words::get();
        if editor.with(|b| b.doc.nodes().len() == 0) {
            editor.say.note(w.nothing_to_run, w.nothing_to_run_text);
            return;
        }
        let trigger = match &until {
            Some(id) => editor.with(|b| {
                crate::canvas::walk::upstream(&b.doc, id).into_iter().find(|i| b.doc.card(i).is_some_and(|c| c.trigger))
            }),
            None => editor.trigger(),
        };
        self.starting.set(true);
        let live = *self;
        leptos::task::spawn_local(async move {
            if editor.draft.flush(editor).await {
                let start = StartRun {
                    trigger: trigger.map(|t| t.to_string()),
                    until: until.map(|u| u.to_string()),
                    runs_on,
                    ..StartRun::default()
                };
                let answer = api::start_run(&editor.flow_id.get_value(), &start).await;
                if !editor.alive() {
                    return;
                }
                match answer {
                    Ok(run) => live.follow(editor, run),
                    Err(problem) => {
                        editor.draft.show_findings(editor);
                        editor.say.problem(&problem);
                    }
                }
            } else if editor.draft.conflict.get_untracked().is_none() {
                editor.say.note(w.not_saved, w.not_saved_text);
            }
            live.starting.set(false);
        });
    }

    /// Shows a run from its beginning.
    pub fn follow(&self, editor: Editor, run: RunSummary) {
        self.clear(editor);
        let id = run.id.clone();
        self.run.set(Some(run));
        self.listen_to(editor, &id, 0);
    }

    /// Shows a run of the past, or one that is under way.
    pub fn open(&self, editor: Editor, id: String) {
        let live = *self;
        leptos::task::spawn_local(async move {
            let answer = api::run(&id).await;
            if !editor.alive() {
                return;
            }
            match answer {
                Ok(detail) => {
                    live.clear(editor);
                    let finished = detail.run.status.is_final();
                    live.run.set(Some(detail.run));
                    live.steps.set_value(detail.steps);
                    live.count();
                    editor.refresh_all();
                    live.changes.update(|n| *n += 1);
                    if !finished {
                        live.listen_to(editor, &id, detail.last_event);
                    }
                }
                Err(problem) => editor.say.problem(&problem),
            }
        });
    }

    /// A run of this flow began somewhere. A test call is what somebody here waits for; others don't disturb.
    pub fn noticed(&self, editor: Editor, run: RunSummary) {
        let ours = self.listening.get_untracked().is_some() && run.trigger == TriggerKind::WebhookTest;
        if ours {
            self.listening.set(None);
            self.follow(editor, run);
        }
    }

    pub fn cancel(&self, editor: Editor) {
        let Some(run) = self.run.get_untracked() else { return };
        leptos::task::spawn_local(async move {
            if let Err(problem) = api::cancel_run(&run.id).await {
                editor.say.problem(&problem);
            }
        });
    }

    /// Takes the run off the canvas.
    pub fn close(&self, editor: Editor) {
        self.clear(editor);
        self.run.set(None);
    }

    /// Lets the webhook answer one test call.
    pub fn listen(&self, editor: Editor, node: Id) {
        let live = *self;
        leptos::task::spawn_local(async move {
            if !editor.draft.flush(editor).await {
                let w = Words::get();
                editor.say.note(w.not_saved, w.not_saved_text);
                return;
            }
            match api::listen(&editor.flow_id.get_value(), &Listen { node: node.to_string() }).await {
                Ok(_) if !editor.alive() => {}
                Ok(listening) => {
                    let until = crate::i18n::parse_time(&listening.until).unwrap_or_default() as f64;
                    live.listening.set(Some((node, listening)));
                    let left = (until - super::state::now()).max(0.0) as u64;
                    set_timeout(
                        move || {
                            live.listening.try_set(None);
                        },
                        std::time::Duration::from_millis(left),
                    );
                }
                Err(problem) => editor.say.problem(&problem),
            }
        });
    }

    pub fn stop_listening(&self, editor: Editor) {
        self.listening.set(None);
        leptos::task::spawn_local(async move {
            if let Err(problem) = api::stop_listening(&editor.flow_id.get_value()).await {
                editor.say.problem(&problem);
            }
        });
    }

    fn clear(&self, editor: Editor) {
        self.stream.set_value(None);
        self.waiting.set_value(Vec::new());
        self.steps.set_value(Vec::new());
        self.nodes.set_value(HashMap::new());
        self.log.set(Vec::new());
        self.changes.update(|n| *n += 1);
        editor.refresh_all();
    }

    fn listen_to(&self, editor: Editor, run: &str, known: u64) {
        let live = *self;
        let stream = api::follow_run(run, known, move |event| {
            let first = live.waiting.try_update_value(|w| {
                w.push(event);
                w.len() == 1
            });
            // All events of a frame are drawn together.
            if first == Some(true) {
                request_animation_frame(move || live.draw(editor));
            }
        });
        self.stream.set_value(Some(stream));
    }

    fn draw(&self, editor: Editor) {
        let Some(events) = self.waiting.try_update_value(std::mem::take) else { return };
        let mut nodes = Vec::new();
        for event in events {
            match event {
                RunEvent::Run { run } => self.ran(editor, *run),
                RunEvent::Step { step } => {
                    nodes.push(Id::from(step.node.as_str()));
                    self.steps.update_value(|steps| match steps.iter_mut().rev().find(|s| s.seq == step.seq) {
                        Some(known) => *known = *step,
                        None => steps.push(*step),
                    });
                }
                RunEvent::Log { node, line, .. } => self.log.update(|log| {
                    // The page keeps the last lines only; the run has them all.
                    if log.len() >= 2_000 {
                        log.drain(..500);
                    }
                    log.push((Id::from(node.as_str()), line));
                }),
            }
        }
        self.count();
        // An edge shows that its target runs: the line of an arriving edge changes with it.
        editor.refresh_faces(nodes.iter());
        editor.far.request(editor, false);
        self.changes.update(|n| *n += 1);
    }

    fn ran(&self, editor: Editor, run: RunSummary) {
        let before = self.run.get_untracked();
        if run.status.is_final() && before.is_none_or(|b| !b.status.is_final()) {
            let w = Words::get();
            let number = short_id(&run.id);
            editor.announce.set(match &run.error {
                Some(error) => fill(w.run_failed, [number, crate::i18n::text(&error.said())]),
                None => fill(w.run_over, [number, crate::i18n::Common::get().run_status(run.status).to_lowercase()]),
            });
        }
        self.run.set(Some(run));
    }

    /// The latest step of each node, with the items of all its steps.
    fn count(&self) {
        let mut nodes: HashMap<Id, NodeRun> = HashMap::new();
        self.steps.with_value(|steps| {
            for step in steps {
                let node = nodes.entry(Id::from(step.node.as_str())).or_insert_with(|| NodeRun {
                    seq: step.seq,
                    status: step.status,
                    outputs: BTreeMap::new(),
                    inputs: Vec::new(),
                    error: None,
                    waiting: None,
                    duration_ms: None,
                    pinned: false,
                });
                node.seq = step.seq;
                node.status = step.status;
                node.inputs.clone_from(&step.inputs);
                node.error.clone_from(&step.error);
                node.waiting.clone_from(&step.waiting);
                node.duration_ms = step.duration_ms;
                node.pinned = step.pinned;
                for (port, items) in &step.outputs {
                    *node.outputs.entry(port.clone()).or_default() += items;
                }
            }
        });
        self.nodes.set_value(nodes);
    }
}

/// The end of an id: what differs between neighbours, short enough for a label.
pub fn short_id(id: &str) -> String {
    id.chars().skip(id.chars().count().saturating_sub(6)).collect()
}
