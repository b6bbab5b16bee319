//! The whole drawing on one `<canvas>` when cards would be too small to read. While the view moves the finished picture
//! is moved and scaled by CSS; it is drawn again when the view leaves it, and sharp once the view rests. What is being
//! dragged is drawn on a second one above, so that the rest stays as it is.

use std::collections::HashSet;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::face::State;
use super::state::Editor;
use crate::canvas::card::WIDTH;
use crate::canvas::gesture::Gesture;
use crate::canvas::{Board, Id, Point, Rect, Viewport};

/// The picture reaches this share of the pane beyond each of its sides.
const BEYOND: f64 = 0.5;
/// Below this zoom edges are straight: their curve can't be seen.
const STRAIGHT: f64 = 0.12;
/// Time without a change of the view after which the picture is drawn sharp.
const REST: Duration = Duration::from_millis(140);

#[derive(Clone, Copy)]
pub struct Far {
    pub base: NodeRef<html::Canvas>,
    pub top: NodeRef<html::Canvas>,
    /// The view that the picture was drawn for.
    drawn: StoredValue<Option<Viewport>>,
    /// What is drawn on the upper canvas.
    lifted: StoredValue<HashSet<Id>>,
    asked: StoredValue<Option<bool>>,
    rest: StoredValue<Option<TimeoutHandle>, LocalStorage>,
}

/// What of the drawing goes onto a canvas.
#[derive(Clone, Copy)]
enum Part<'a> {
    Without(&'a HashSet<Id>),
    /// These nodes and every edge that touches one of them.
    Only(&'a HashSet<Id>),
}

impl Part<'_> {
    fn has(self, id: &Id) -> bool {
        match self {
            Self::Without(ids) => !ids.contains(id),
            Self::Only(ids) => ids.contains(id),
        }
    }

    fn has_edge(self, from: &Id, to: &Id) -> bool {
        match self {
            Self::Without(_) => self.has(from) && self.has(to),
            Self::Only(_) => self.has(from) || self.has(to),
        }
    }
}

impl Far {
    pub fn new() -> Self {
        Self {
            base: NodeRef::new(),
            top: NodeRef::new(),
            drawn: StoredValue::new(None),
            lifted: StoredValue::new(HashSet::new()),
            asked: StoredValue::new(None),
            rest: StoredValue::new_local(None),
        }
    }

    /// Draws in the next frame. `view_only`: nothing but the view changed.
    pub fn request(&self, editor: Editor, view_only: bool) {
        if editor.with(|b| b.view.draws_cards()) {
            if self.drawn.get_value().is_some() {
                self.drawn.set_value(None);
                self.show(false);
            }
            return;
        }
        let pending = self.asked.get_value();
        self.asked.set_value(Some(view_only && pending.unwrap_or(true)));
        if pending.is_none() {
            let far = *self;
            request_animation_frame(move || {
                let Some(Some(view_only)) = far.asked.try_update_value(Option::take) else { return };
                far.frame(editor, view_only);
            });
        }
    }

    fn show(&self, on: bool) {
        for node in [self.base, self.top] {
            if let Some(canvas) = node.get_untracked() {
                let _ = web_sys::HtmlElement::style(&canvas).set_property("display", if on { "block" } else { "none" });
            }
        }
    }

    fn frame(&self, editor: Editor, view_only: bool) {
        let view = editor.with(|b| b.view);
        if view.draws_cards() || view.width == 0.0 {
            return;
        }
        if view_only
            && let Some(drawn) = self.drawn.get_value()
            && covers(&drawn, &view)
        {
            place(self.base, &drawn, &view);
            place(self.top, &drawn, &view);
            self.sharpen_later(editor);
            return;
        }
        let dragging = editor.with(|b| matches!(b.gesture(), Gesture::Dragging { .. }));
        let lifted = match (dragging, self.drawn.get_value()) {
            // A drag within the picture: only what is dragged is drawn again.
            (true, Some(drawn)) if covers(&drawn, &view) && drawn.zoom == view.zoom => {
                let ids = editor.with(|b| b.selection.clone());
                if self.lifted.with_value(|l| *l != ids) {
                    self.paint(editor, self.base, &drawn, Part::Without(&ids));
                    self.lifted.set_value(ids.clone());
                }
                self.paint(editor, self.top, &drawn, Part::Only(&ids));
                place(self.base, &drawn, &view);
                place(self.top, &drawn, &view);
                return;
            }
            _ => HashSet::new(),
        };
        self.lifted.set_value(lifted);
        self.drawn.set_value(Some(view));
        self.show(true);
        let none = HashSet::new();
        self.paint(editor, self.base, &view, Part::Without(&none));
        self.paint(editor, self.top, &view, Part::Only(&none));
        place(self.base, &view, &view);
        place(self.top, &view, &view);
    }

    fn sharpen_later(&self, editor: Editor) {
        let far = *self;
        self.rest.update_value(|rest| {
            if let Some(rest) = rest.take() {
                rest.clear();
            }
            *rest = set_timeout_with_handle(
                move || {
                    if editor.alive() {
                        far.request(editor, false);
                    }
                },
                REST,
            )
            .ok();
        });
    }

    fn paint(&self, editor: Editor, node: NodeRef<html::Canvas>, view: &Viewport, part: Part<'_>) {
        let Some(canvas) = node.get_untracked() else { return };
        let ratio = window().device_pixel_ratio().clamp(1.0, 2.0);
        let Some(context) = prepare(&canvas, view, ratio) else { return };
        if matches!(part, Part::Only(ids) if ids.is_empty()) {
            return;
        }
        let colors = Colors::read(&canvas);
        // From board pixels to the canvas, whose corner lies outside the pane.
        let (mx, my) = (view.width * BEYOND, view.height * BEYOND);
        let scale = view.zoom * ratio;
        let _ = context.set_transform(scale, 0.0, 0.0, scale, (view.x + mx) * ratio, (view.y + my) * ratio);
        let area = Rect::new(
            (-view.x - mx) / view.zoom,
            (-view.y - my) / view.zoom,
            (view.width + 2.0 * mx) / view.zoom,
            (view.height + 2.0 * my) / view.zoom,
        );
        editor.with(|board| {
            if matches!(part, Part::Without(_)) {
                notes(&context, board, &area, view, &colors);
            }
            edges(&context, board, &area, view, &colors, part);
            cards(&context, editor, board, &area, view, &colors, part);
        });
    }
}

/// Size and an empty picture.
fn prepare(canvas: &HtmlCanvasElement, view: &Viewport, ratio: f64) -> Option<CanvasRenderingContext2d> {
    let (w, h) = (view.width * (1.0 + 2.0 * BEYOND), view.height * (1.0 + 2.0 * BEYOND));
    let (pw, ph) = ((w * ratio) as u32, (h * ratio) as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    if canvas.width() != pw || canvas.height() != ph {
        canvas.set_width(pw);
        canvas.set_height(ph);
        let style = web_sys::HtmlElement::style(canvas);
        let _ = style.set_property("width", &format!("{w}px"));
        let _ = style.set_property("height", &format!("{h}px"));
    } else {
        let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, f64::from(pw), f64::from(ph));
    }
    Some(context)
}

/// Puts the picture of one view where another view has it.
fn place(node: NodeRef<html::Canvas>, drawn: &Viewport, view: &Viewport) {
    let Some(canvas) = node.get_untracked() else { return };
    let s = view.zoom / drawn.zoom;
    let x = view.x - (drawn.x + drawn.width * BEYOND) * s;
    let y = view.y - (drawn.y + drawn.height * BEYOND) * s;
    let _ =
        web_sys::HtmlElement::style(&canvas).set_property("transform", &format!("translate({x}px,{y}px) scale({s})"));
}

/// Whether the picture of `drawn` still does for `view`.
fn covers(drawn: &Viewport, view: &Viewport) -> bool {
    let s = view.zoom / drawn.zoom;
    if drawn.width != view.width || drawn.height != view.height || !(0.6..=1.8).contains(&s) {
        return false;
    }
    let x = view.x - (drawn.x + drawn.width * BEYOND) * s;
    let y = view.y - (drawn.y + drawn.height * BEYOND) * s;
    let (w, h) = (drawn.width * (1.0 + 2.0 * BEYOND) * s, drawn.height * (1.0 + 2.0 * BEYOND) * s);
    x <= 0.0 && y <= 0.0 && x + w >= view.width && y + h >= view.height
}

fn notes(context: &CanvasRenderingContext2d, board: &Board, area: &Rect, view: &Viewport, colors: &Colors) {
    context.set_line_width(1.0 / view.zoom);
    for (id, note) in board.doc.notes() {
        let Some(r) = board.doc.rect(id).filter(|r| r.touches(area)) else { continue };
        let (fill, line) = colors.note(&note.color);
        context.set_fill_style_str(fill);
        context.set_stroke_style_str(line);
        context.fill_rect(r.x, r.y, r.w, r.h);
        context.stroke_rect(r.x, r.y, r.w, r.h);
    }
}

fn edges(
    context: &CanvasRenderingContext2d,
    board: &Board,
    area: &Rect,
    view: &Viewport,
    colors: &Colors,
    part: Part<'_>,
) {
    context.set_stroke_style_str(&colors.edge);
    context.set_line_width((1.0 / view.zoom).min(6.0));
    context.begin_path();
    for edge in board.doc.edges() {
        let (Some((from, a)), Some((to, b))) = (board.doc.entry(edge.from.as_str()), board.doc.entry(edge.to.as_str()))
        else {
            continue;
        };
        if !part.has_edge(from, to) {
            continue;
        }
        let start = a.card.output_at(&edge.from_port);
        let end = b.card.input_at(&edge.to_port);
        let (ap, bp) = (a.node.position, b.node.position);
        let start = Point::new(start.x + f64::from(ap[0]), start.y + f64::from(ap[1]));
        let end = Point::new(end.x + f64::from(bp[0]), end.y + f64::from(bp[1]));
        if !Rect::between(start, end).grown(120.0).touches(area) {
            continue;
        }
        if view.zoom < STRAIGHT && end.x >= start.x {
            context.move_to(start.x, start.y);
            context.line_to(end.x, end.y);
        } else if let Some(path) = board.doc.edge_path(edge) {
            for (i, [p, c, d, q]) in path.segments().iter().enumerate() {
                if i == 0 {
                    context.move_to(p.x, p.y);
                }
                context.bezier_curve_to(c.x, c.y, d.x, d.y, q.x, q.y);
            }
        }
    }
    context.stroke();
}

fn cards(
    context: &CanvasRenderingContext2d,
    editor: Editor,
    board: &Board,
    area: &Rect,
    view: &Viewport,
    colors: &Colors,
    part: Part<'_>,
) {
    let width = (1.0 / view.zoom).min(8.0);
    context.set_line_width(width);
    let mut shown: Vec<(&'static str, Rect)> = Vec::new();
    let mut states: Vec<(State, Rect)> = Vec::new();
    let mut selected: Vec<Rect> = Vec::new();
    context.set_fill_style_str(&colors.surface);
    context.set_stroke_style_str(&colors.line);
    for (id, placed) in board.doc.nodes() {
        let r = placed.card.rect(placed.node.position);
        if !r.touches(area) || !part.has(id) {
            continue;
        }
        context.fill_rect(r.x, r.y, r.w, r.h);
        context.stroke_rect(r.x, r.y, r.w, r.h);
        shown.push((placed.card.group().map_or("c-none", crate::ui::group_class), r));
        let state = editor.live.state_of(id, placed.node.settings.disabled);
        if state != State::Idle && state != State::Done {
            states.push((state, r));
        }
        if board.selection.contains(id) {
            selected.push(r);
        }
    }
    // One colour after the other: setting a colour costs more than a rectangle.
    shown.sort_by_key(|(class, _)| *class);
    let mut last = "";
    for (class, r) in &shown {
        if *class != last {
            context.set_fill_style_str(colors.tile(class));
            last = class;
        }
        context.fill_rect(r.x + 14.0, r.y + 16.0, 32.0, 32.0);
    }
    if view.zoom >= 0.2 {
        context.set_fill_style_str(&colors.faint);
        for (_, r) in &shown {
            context.fill_rect(r.x + 58.0, r.y + 20.0, WIDTH * 0.45, 8.0);
        }
    }
    context.set_line_width(width * 2.5);
    for (state, r) in &states {
        context.set_stroke_style_str(colors.state(*state));
        context.stroke_rect(r.x, r.y, r.w, r.h);
    }
    context.set_stroke_style_str(&colors.accent);
    for r in &selected {
        context.stroke_rect(r.x, r.y, r.w, r.h);
    }
}

/// The colours of the theme, resolved: a canvas knows no custom properties.
struct Colors {
    surface: String,
    line: String,
    edge: String,
    faint: String,
    accent: String,
    run: String,
    err: String,
    wait: String,
    off: String,
    tiles: Vec<(&'static str, String)>,
    notes: Vec<(&'static str, String, String)>,
}

impl Colors {
    fn read(canvas: &HtmlCanvasElement) -> Self {
        let style = web_sys::HtmlElement::style(canvas);
        let computed = window().get_computed_style(canvas).ok().flatten();
        // The element's own `color` carries the token through the browser's resolver.
        let of = |token: &str| {
            let _ = style.set_property("color", &format!("var({token})"));
            computed.as_ref().and_then(|c| c.get_property_value("color").ok()).unwrap_or_default()
        };
        let tiles = [
            ("c-trigger", "--cat-trigger-solid"),
            ("c-flow", "--cat-flow"),
            ("c-data", "--cat-data"),
            ("c-files", "--cat-files"),
            ("c-pdf", "--cat-pdf"),
            ("c-network", "--cat-network"),
            ("c-database", "--cat-database"),
            ("c-kubernetes", "--cat-kubernetes"),
            ("c-ai", "--cat-ai"),
            ("c-none", "--text-3"),
        ];
        let notes = [
            ("sand", "--note-sand", "--note-sand-line"),
            ("sky", "--note-sky", "--note-sky-line"),
            ("leaf", "--note-leaf", "--note-leaf-line"),
            ("rose", "--note-rose", "--note-rose-line"),
        ];
        let colors = Self {
            surface: of("--bg-surface"),
            line: of("--line-strong"),
            edge: of("--edge"),
            faint: of("--line-strong"),
            accent: of("--accent"),
            run: of("--mark-run"),
            err: of("--mark-err"),
            wait: of("--mark-wait"),
            off: of("--line-control"),
            tiles: tiles.map(|(class, token)| (class, of(token))).to_vec(),
            notes: notes.map(|(name, fill, line)| (name, of(fill), of(line))).to_vec(),
        };
        let _ = style.remove_property("color");
        colors
    }

    fn tile(&self, class: &str) -> &str {
        self.tiles.iter().find(|(c, _)| *c == class).map_or("", |(_, v)| v)
    }

    fn note(&self, name: &str) -> (&str, &str) {
        self.notes.iter().find(|(n, ..)| *n == name).or(self.notes.first()).map_or(("", ""), |(_, f, l)| (f, l))
    }

    fn state(&self, state: State) -> &str {
        match state {
            State::Running => &self.run,
            State::Failed | State::Wrong => &self.err,
            State::Waiting => &self.wait,
            State::Off => &self.off,
            State::Pinned => &self.accent,
            State::Idle | State::Done => &self.line,
        }
    }
}
