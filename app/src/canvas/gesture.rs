//! What the pointer is doing: a state machine from pointer events to acts. The `Pointing…` states tell a click from a
//! drag. It changes nothing itself: [`Board`](super::Board) carries the acts out.

use std::sync::Arc;

use flow::Edge;

use super::connect::End;
use super::{Id, Point, Rect};

/// Screen pixels that the pointer may move before a press becomes a drag.
const THRESHOLD: f64 = 4.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    In,
    Out,
}

/// What is under the pointer.
#[derive(Clone, Debug, PartialEq)]
pub enum Hit {
    Canvas,
    Node(Id),
    Port { node: Id, side: Side, port: String },
    Edge(Arc<Edge>),
    Note { id: Id, resize: bool },
}

/// Keys that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mods {
    pub shift: bool,
    /// Ctrl, or Command on a Mac.
    pub ctrl: bool,
    /// The space bar: the canvas is grabbed.
    pub space: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    Left,
    Middle,
    Right,
    /// A finger: an empty place is grabbed, not boxed.
    Touch,
}

/// A pointer event with its place on the pane in screen pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pointer {
    Down {
        at: Point,
        button: Button,
        mods: Mods,
    },
    Move {
        at: Point,
        mods: Mods,
    },
    Up {
        at: Point,
        mods: Mods,
    },
    /// Escape, or the system took the pointer away.
    Cancel,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Gesture {
    #[default]
    Idle,
    PointingCanvas {
        from: Point,
        add: bool,
    },
    Panning {
        last: Point,
    },
    /// `from` on the board.
    BoxSelecting {
        from: Point,
        add: bool,
    },
    PointingCard {
        id: Id,
        from: Point,
        was_selected: bool,
        add: bool,
    },
    /// `from` on the board.
    Dragging {
        id: Id,
        from: Point,
    },
    PointingPort {
        end: End,
        from: Point,
    },
    Connecting {
        end: End,
    },
    PointingEdge {
        edge: Arc<Edge>,
    },
    PointingCorner {
        id: Id,
        from: Point,
    },
    /// `from` on the board.
    Resizing {
        id: Id,
        from: Point,
    },
}

/// What the board shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Pan {
        dx: f64,
        dy: f64,
    },
    Select {
        id: Id,
        /// Adds or takes away instead of replacing.
        toggle: bool,
    },
    SelectEdge(Arc<Edge>),
    SelectNothing,
    Box {
        area: Rect,
        add: bool,
    },
    BoxEnd,
    DragStart {
        id: Id,
    },
    /// Board pixels from the start.
    Drag {
        dx: f64,
        dy: f64,
    },
    Drop,
    DragCancel,
    /// `to` on the board.
    Connect {
        end: End,
        to: Point,
    },
    ConnectEnd {
        end: End,
        to: Point,
    },
    ConnectCancel,
    PortClicked {
        end: End,
    },
    ResizeStart {
        id: Id,
    },
    /// Board pixels from the start.
    Resize {
        dx: f64,
        dy: f64,
    },
    ResizeEnd,
}

/// What the machine may look at.
pub struct Around<'a> {
    /// What is under the pointer; asked for on a press only.
    pub hit: &'a dyn Fn(Point) -> Hit,
    pub to_board: &'a dyn Fn(Point) -> Point,
    pub is_selected: &'a dyn Fn(&Id) -> bool,
}

impl Gesture {
    pub fn is_idle(&self) -> bool {
        *self == Self::Idle
    }

    /// Dragging something towards the border of the pane pans.
    pub fn pans_at_border(&self) -> bool {
        matches!(
            self,
            Self::Dragging { .. } | Self::Connecting { .. } | Self::BoxSelecting { .. } | Self::Resizing { .. }
        )
    }

    /// The next state and what to do.
    pub fn next(self, event: Pointer, around: &Around<'_>) -> (Self, Vec<Act>) {
        match event {
            Pointer::Down { at, button, mods } => self.pressed(at, button, mods, around),
            Pointer::Move { at, .. } => self.moved(at, around),
            Pointer::Up { at, .. } => self.released(at, around),
            Pointer::Cancel => self.cancelled(),
        }
    }

    fn pressed(self, at: Point, button: Button, mods: Mods, around: &Around<'_>) -> (Self, Vec<Act>) {
        if !self.is_idle() {
            // A second button during a drag means nothing.
            return (self, vec![]);
        }
        if button == Button::Middle || (mods.space && button == Button::Left) {
            return (Self::Panning { last: at }, vec![]);
        }
        let add = mods.shift || mods.ctrl;
        let hit = (around.hit)(at);
        if button == Button::Right {
            // The menu is for what is under it: that gets selected unless it is part of the selection.
            let acts = match hit {
                Hit::Node(id) | Hit::Note { id, .. } if !(around.is_selected)(&id) => {
                    vec![Act::Select { id, toggle: false }]
                }
                Hit::Edge(edge) => vec![Act::SelectEdge(edge)],
                _ => vec![],
            };
            return (Self::Idle, acts);
        }
        match hit {
            Hit::Canvas if button == Button::Touch => (Self::Panning { last: at }, vec![]),
            Hit::Canvas => (Self::PointingCanvas { from: at, add }, vec![]),
            Hit::Port { node, side, port } => (Self::PointingPort { end: End { node, side, port }, from: at }, vec![]),
            Hit::Edge(edge) => (Self::PointingEdge { edge: edge.clone() }, vec![Act::SelectEdge(edge)]),
            Hit::Note { id, resize: true } => (Self::PointingCorner { id, from: at }, vec![]),
            Hit::Node(id) | Hit::Note { id, .. } => {
                let was_selected = (around.is_selected)(&id);
                let acts = if was_selected { vec![] } else { vec![Act::Select { id: id.clone(), toggle: add }] };
                (Self::PointingCard { id, from: at, was_selected, add }, acts)
            }
        }
    }

    fn moved(self, at: Point, around: &Around<'_>) -> (Self, Vec<Act>) {
        let board = (around.to_board)(at);
        let far = |from: Point| from.distance(at) > THRESHOLD;
        match self {
            Self::PointingCanvas { from, add } if far(from) => {
                let from = (around.to_board)(from);
                (Self::BoxSelecting { from, add }, vec![Act::Box { area: Rect::between(from, board), add }])
            }
            Self::BoxSelecting { from, add } => {
                (Self::BoxSelecting { from, add }, vec![Act::Box { area: Rect::between(from, board), add }])
            }
            Self::Panning { last } => {
                (Self::Panning { last: at }, vec![Act::Pan { dx: at.x - last.x, dy: at.y - last.y }])
            }
            Self::PointingCard { id, from, .. } if far(from) => {
                let from = (around.to_board)(from);
                let acts =
                    vec![Act::DragStart { id: id.clone() }, Act::Drag { dx: board.x - from.x, dy: board.y - from.y }];
                (Self::Dragging { id, from }, acts)
            }
            Self::Dragging { id, from } => {
                (Self::Dragging { id, from }, vec![Act::Drag { dx: board.x - from.x, dy: board.y - from.y }])
            }
            Self::PointingPort { end, from } if far(from) => {
                (Self::Connecting { end: end.clone() }, vec![Act::Connect { end, to: board }])
            }
            Self::Connecting { end } => (Self::Connecting { end: end.clone() }, vec![Act::Connect { end, to: board }]),
            Self::PointingCorner { id, from } if far(from) => {
                let from = (around.to_board)(from);
                (Self::Resizing { id: id.clone(), from }, vec![Act::ResizeStart { id }])
            }
            Self::Resizing { id, from } => {
                (Self::Resizing { id, from }, vec![Act::Resize { dx: board.x - from.x, dy: board.y - from.y }])
            }
            same => (same, vec![]),
        }
    }

    fn released(self, at: Point, around: &Around<'_>) -> (Self, Vec<Act>) {
        let acts = match self {
            Self::Idle | Self::Panning { .. } | Self::PointingEdge { .. } => vec![],
            Self::PointingCanvas { add: true, .. } => vec![],
            Self::PointingCanvas { .. } => vec![Act::SelectNothing],
            Self::BoxSelecting { .. } => vec![Act::BoxEnd],
            // A click on one of several selected nodes selects that one; with Shift it leaves the selection.
            Self::PointingCard { id, was_selected: true, add, .. } => vec![Act::Select { id, toggle: add }],
            Self::PointingCard { .. } => vec![],
            Self::PointingCorner { id, .. } => vec![Act::Select { id, toggle: false }],
            Self::Dragging { .. } => vec![Act::Drop],
            Self::PointingPort { end, .. } => vec![Act::PortClicked { end }],
            Self::Connecting { end } => vec![Act::ConnectEnd { end, to: (around.to_board)(at) }],
            Self::Resizing { .. } => vec![Act::ResizeEnd],
        };
        (Self::Idle, acts)
    }

    fn cancelled(self) -> (Self, Vec<Act>) {
        let acts = match self {
            Self::BoxSelecting { .. } => vec![Act::BoxEnd],
            Self::Dragging { .. } => vec![Act::DragCancel],
            Self::Connecting { .. } => vec![Act::ConnectCancel],
            Self::Resizing { .. } => vec![Act::ResizeEnd],
            _ => vec![],
        };
        (Self::Idle, acts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Point = Point::new(10.0, 10.0);
    const NEAR: Point = Point::new(12.0, 11.0);
    const FAR: Point = Point::new(60.0, 40.0);

    fn run(hit: &Hit, selected: bool, button: Button, mods: Mods, then: &[Pointer]) -> (Gesture, Vec<Act>) {
        let around = Around {
            hit: &|_| hit.clone(),
            to_board: &|p| Point::new(p.x / 2.0, p.y / 2.0),
            is_selected: &|_| selected,
        };
        let mut all = Vec::new();
        let mut state = Gesture::Idle;
        for event in [Pointer::Down { at: AT, button, mods }].iter().chain(then) {
            let (next, acts) = state.next(*event, &around);
            state = next;
            all.extend(acts);
        }
        (state, all)
    }

    fn moved(at: Point) -> Pointer {
        Pointer::Move { at, mods: Mods::default() }
    }

    fn up(at: Point) -> Pointer {
        Pointer::Up { at, mods: Mods::default() }
    }

    #[track_caller]
    fn check(hit: Hit, selected: bool, then: &[Pointer], expected: Vec<Act>) {
        let (_, acts) = run(&hit, selected, Button::Left, Mods::default(), then);
        assert_eq!(acts, expected);
    }

    fn select(toggle: bool) -> Act {
        Act::Select { id: "a".into(), toggle }
    }

    #[test]
    fn a_press_that_hardly_moves_is_a_click() {
        check(Hit::Canvas, false, &[moved(NEAR), up(NEAR)], vec![Act::SelectNothing]);
        check(Hit::Node("a".into()), false, &[moved(NEAR), up(NEAR)], vec![select(false)]);
        check(Hit::Node("a".into()), true, &[up(AT)], vec![select(false)]);
    }

    #[test]
    fn a_card_is_dragged_from_where_it_was_pressed() {
        let drag = Act::Drag { dx: 25.0, dy: 15.0 };
        let start = Act::DragStart { id: "a".into() };
        check(Hit::Node("a".into()), true, &[moved(FAR), up(FAR)], vec![start.clone(), drag.clone(), Act::Drop]);
        check(
            Hit::Node("a".into()),
            false,
            &[moved(FAR), Pointer::Cancel, moved(FAR)],
            vec![select(false), start, drag, Act::DragCancel],
        );
    }

    #[test]
    fn empty_canvas_is_boxed_with_the_mouse_and_grabbed_otherwise() {
        let area = Rect::new(5.0, 5.0, 25.0, 15.0);
        check(Hit::Canvas, false, &[moved(FAR), up(FAR)], vec![Act::Box { area, add: false }, Act::BoxEnd]);
        let pan = vec![Act::Pan { dx: 50.0, dy: 30.0 }];
        let space = Mods { space: true, ..Mods::default() };
        for (button, mods) in
            [(Button::Middle, Mods::default()), (Button::Touch, Mods::default()), (Button::Left, space)]
        {
            assert_eq!(run(&Hit::Canvas, false, button, mods, &[moved(FAR), up(FAR)]).1, pan);
        }
    }

    #[test]
    fn a_port_connects_by_dragging_and_asks_by_clicking() {
        let hit = Hit::Port { node: "a".into(), side: Side::Out, port: "out".into() };
        let end = End { node: "a".into(), side: Side::Out, port: "out".into() };
        let to = Point::new(30.0, 20.0);
        check(
            hit.clone(),
            false,
            &[moved(FAR), up(FAR)],
            vec![Act::Connect { end: end.clone(), to }, Act::ConnectEnd { end: end.clone(), to }],
        );
        check(hit, false, &[up(AT)], vec![Act::PortClicked { end }]);
    }

    #[test]
    fn shift_adds_and_takes_away() {
        let shift = Mods { shift: true, ..Mods::default() };
        let node = Hit::Node("a".into());
        assert_eq!(run(&node, false, Button::Left, shift, &[up(AT)]).1, [select(true)]);
        assert_eq!(run(&node, true, Button::Left, shift, &[up(AT)]).1, [select(true)]);
        assert_eq!(run(&Hit::Canvas, true, Button::Left, shift, &[up(AT)]).1, [], "a slip of the finger loses nothing");
    }

    #[test]
    fn a_second_button_does_not_disturb_a_drag() {
        let press = Pointer::Down { at: FAR, button: Button::Right, mods: Mods::default() };
        let (state, _) = run(&Hit::Node("a".into()), false, Button::Left, Mods::default(), &[moved(FAR), press]);
        assert!(matches!(state, Gesture::Dragging { .. }));
    }
}
