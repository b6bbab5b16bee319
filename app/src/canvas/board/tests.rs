use super::super::connect::Refusal;
use super::super::gesture::{Button, Mods};
use super::super::testing::{doc, edge, kinds, node};
use super::*;

fn board() -> Board {
    let mut board = Board::new(doc().to_flow(), kinds());
    board.view = Viewport { x: 100.0, y: 100.0, zoom: 0.5, width: 1_200.0, height: 800.0 };
    board
}

/// Presses at one place of the board, moves to another in steps and lets go.
fn drag(board: &mut Board, from: (f64, f64), to: (f64, f64)) -> Outcome {
    let screen = |b: &Board, p: (f64, f64)| b.view.to_screen(Point::new(p.0, p.1));
    let mods = Mods::default();
    let mut outcome = board.pointer(Pointer::Down { at: screen(board, from), button: Button::Left, mods }, 0.0);
    for i in 1..=4 {
        let t = f64::from(i) / 4.0;
        let p = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
        outcome.merge(board.pointer(Pointer::Move { at: screen(board, p), mods }, 0.0));
    }
    outcome.merge(board.pointer(Pointer::Up { at: screen(board, to), mods }, 0.0));
    outcome
}

fn ids(board: &Board) -> Vec<&str> {
    let mut list: Vec<&str> = board.selection.iter().map(|id| &**id).collect();
    list.sort_unstable();
    list
}

#[test]
fn dragging_a_node_moves_it_on_the_grid_as_one_step_of_undo() {
    let mut board = board();
    let before = board.doc.to_flow();
    let outcome = drag(&mut board, (80.0, 20.0), (185.0, 290.0));
    assert_eq!(board.doc.position("a"), Some([112, 272]));
    assert!(outcome.edited && !outcome.structure && outcome.moved.iter().all(|id| &**id == "a"));
    board.undo();
    assert_eq!(board.doc.to_flow(), before);
    assert!(!board.can_undo());
    board.redo();
    assert_eq!(board.doc.position("a"), Some([112, 272]));
}

#[test]
fn a_box_selects_and_all_of_it_is_dragged_together() {
    let mut board = board();
    drag(&mut board, (-60.0, -40.0), (500.0, 90.0));
    assert_eq!(ids(&board), ["a", "b"]);
    assert_eq!(board.overlay, Overlay::default());
    drag(&mut board, (100.0, 20.0), (100.0, 116.0));
    assert_eq!((board.doc.position("a"), board.doc.position("b")), (Some([0, 96]), Some([320, 96])));
    assert_eq!(ids(&board), ["a", "b"]);
}

#[test]
fn escape_puts_everything_back() {
    let mut board = board();
    let before = board.doc.to_flow();
    let at = board.view.to_screen(Point::new(80.0, 20.0));
    board.pointer(Pointer::Down { at, button: Button::Left, mods: Mods::default() }, 0.0);
    board.pointer(Pointer::Move { at: Point::new(700.0, 700.0), mods: Mods::default() }, 0.0);
    assert_ne!(board.doc.to_flow(), before);
    board.pointer(Pointer::Cancel, 0.0);
    assert_eq!(board.doc.to_flow(), before);
    assert!(!board.can_undo());
}

#[test]
fn dragging_from_a_port_connects() {
    let mut board = board();
    let outcome = drag(&mut board, (544.0, 48.0), (960.0, 128.0));
    assert!(board.doc.has_edge(&edge("b", "false", "d")) && outcome.structure && outcome.edited);
    let outcome = drag(&mut board, (864.0, -32.0), (100.0, 20.0));
    assert_eq!(outcome.ask, Some(Ask::Refused(Refusal::IntoTrigger)));
    let outcome = drag(&mut board, (864.0, -32.0), (1_000.0, 400.0));
    assert!(matches!(outcome.ask, Some(Ask::Palette { at: Point { x, y: 368.0 }, .. }) if x == 1_000.0));
    assert!(!outcome.edited);
}

#[test]
fn a_free_node_dropped_on_an_edge_goes_into_it() {
    let mut board = board();
    board.commit(vec![Change::add_node(node("x", "set", [0, 400]))], None, 0.0);
    let before = board.doc.to_flow();
    drag(&mut board, (100.0, 420.0), (260.0, 20.0));
    assert!(board.doc.has_edge(&edge("a", "out", "x")) && board.doc.has_edge(&edge("x", "out", "b")));
    board.undo();
    assert_eq!(board.doc.to_flow(), before);
}

#[test]
fn what_is_deleted_is_not_selected_and_comes_back_selected() {
    let mut board = board();
    board.select(HashSet::from(["b".into()]));
    assert!(board.delete_selected(0.0).selection);
    assert!(board.selection.is_empty());
    board.undo();
    assert_eq!(ids(&board), ["b"]);
    let at = board.view.to_screen(Point::new(272.0, 34.0));
    board.pointer(Pointer::Down { at, button: Button::Left, mods: Mods::default() }, 0.0);
    board.pointer(Pointer::Up { at, mods: Mods::default() }, 0.0);
    board.delete_selected(0.0);
    assert!(!board.doc.has_edge(&edge("a", "out", "b")));
}

#[test]
fn the_view_follows_a_drag_at_the_border() {
    let mut board = board();
    let at = board.view.to_screen(Point::new(80.0, 20.0));
    board.pointer(Pointer::Down { at, button: Button::Left, mods: Mods::default() }, 0.0);
    board.pointer(Pointer::Move { at: Point::new(1_195.0, 400.0), mods: Mods::default() }, 0.0);
    let before = board.doc.position("a");
    for _ in 0..10 {
        assert!(board.pan_at_border(0.0).view);
    }
    assert!(board.doc.position("a") > before);
    board.pointer(Pointer::Move { at: Point::new(600.0, 400.0), mods: Mods::default() }, 0.0);
    assert_eq!(board.pan_at_border(0.0), Outcome::default());
}

#[test]
fn edges_are_walked_one_after_another() {
    let mut board = board();
    board.select(HashSet::from(["b".into()]));
    let first = board.next_edge().unwrap();
    assert_eq!(first.from, "b");
    board.select_edge(first.clone());
    assert!(board.selection.is_empty());
    let mut seen = vec![first];
    loop {
        let next = board.next_edge().unwrap();
        if seen.contains(&next) {
            break;
        }
        board.select_edge(next.clone());
        seen.push(next);
    }
    assert_eq!(seen.len(), board.doc.edges().len());
}

#[test]
fn a_note_is_resized_by_its_corner() {
    let mut board = board();
    board.commit(vec![edit::add_note("t".into(), Point::new(2_000.0, 0.0), "x".into())], None, 0.0);
    let rect = board.doc.rect("t").unwrap();
    drag(&mut board, (rect.right() - 4.0, rect.bottom() - 4.0), (rect.right() + 40.0, rect.bottom() - 4_000.0));
    assert_eq!(board.doc.note("t").unwrap().size, [336, 48]);
    board.undo();
    assert_eq!(board.doc.rect("t"), Some(rect));
}
