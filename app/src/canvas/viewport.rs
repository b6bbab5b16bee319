//! Which part of the endless board is on the screen, and how large.

use super::geom::{Point, Rect};

/// `screen = board × zoom + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    pub x: f64,
    pub y: f64,
    pub zoom: f64,
    /// Size of the pane in screen pixels.
    pub width: f64,
    pub height: f64,
}

pub const MIN_ZOOM: f64 = 0.05;
pub const MAX_ZOOM: f64 = 2.0;
/// Below this zoom the whole board is drawn on one `<canvas>`.
pub const CARD_ZOOM: f64 = 0.4;
/// One press of + or −.
pub const ZOOM_STEP: f64 = 1.25;

impl Default for Viewport {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, zoom: 1.0, width: 0.0, height: 0.0 }
    }
}

impl Viewport {
    pub fn to_board(&self, screen: Point) -> Point {
        Point::new((screen.x - self.x) / self.zoom, (screen.y - self.y) / self.zoom)
    }

    pub fn to_screen(&self, board: Point) -> Point {
        Point::new(board.x * self.zoom + self.x, board.y * self.zoom + self.y)
    }

    /// The visible part of the board.
    pub fn visible(&self) -> Rect {
        let at = self.to_board(Point::default());
        Rect::new(at.x, at.y, self.width / self.zoom, self.height / self.zoom)
    }

    pub fn centre(&self) -> Point {
        self.to_board(Point::new(self.width / 2.0, self.height / 2.0))
    }

    /// Cards stand in the DOM, or all is drawn on one `<canvas>`.
    pub fn draws_cards(&self) -> bool {
        self.zoom >= CARD_ZOOM
    }

    #[must_use]
    pub fn panned(&self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..*self }
    }

    /// Zooms so that what is under `screen` stays there.
    #[must_use]
    pub fn zoomed(&self, zoom: f64, screen: Point) -> Self {
        let zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        let at = self.to_board(screen);
        Self { x: screen.x - at.x * zoom, y: screen.y - at.y * zoom, zoom, ..*self }
    }

    /// Zooms around the middle of the pane.
    #[must_use]
    pub fn zoomed_middle(&self, zoom: f64) -> Self {
        self.zoomed(zoom, Point::new(self.width / 2.0, self.height / 2.0))
    }

    /// Shows all of `content` with `margin` screen pixels around, never larger than 100 %.
    #[must_use]
    pub fn fitted(&self, content: Rect, margin: f64) -> Self {
        let (w, h) = ((self.width - 2.0 * margin).max(1.0), (self.height - 2.0 * margin).max(1.0));
        let zoom = (w / content.w.max(1.0)).min(h / content.h.max(1.0)).clamp(MIN_ZOOM, 1.0);
        self.at_zoom(zoom).centred(content.centre())
    }

    /// Puts this point of the board into the middle.
    #[must_use]
    pub fn centred(&self, board: Point) -> Self {
        Self { x: self.width / 2.0 - board.x * self.zoom, y: self.height / 2.0 - board.y * self.zoom, ..*self }
    }

    /// Pans as little as needed for `target` to be visible with `margin` screen pixels around.
    #[must_use]
    pub fn revealing(&self, target: Rect, margin: f64) -> Self {
        let a = self.to_screen(Point::new(target.x, target.y));
        let b = self.to_screen(Point::new(target.right(), target.bottom()));
        let shift = |low: f64, high: f64, size: f64| {
            if low < margin {
                margin - low
            } else if high > size - margin {
                (size - margin - high).max(margin - low)
            } else {
                0.0
            }
        };
        self.panned(shift(a.x, b.x, self.width), shift(a.y, b.y, self.height))
    }

    fn at_zoom(&self, zoom: f64) -> Self {
        Self { zoom, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane() -> Viewport {
        Viewport { width: 1_000.0, height: 800.0, ..Viewport::default() }
    }

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let at = Point::new(317.0, 211.0);
        let view = pane().panned(33.0, -7.0);
        for zoom in [0.05, 0.3, 1.7, 2.0] {
            let after = view.zoomed(zoom, at);
            assert!(after.to_screen(view.to_board(at)).distance(at) < 1e-9);
            assert_eq!(after.zoom, zoom);
        }
    }

    #[test]
    fn zoom_stays_within_its_limits() {
        assert_eq!(pane().zoomed_middle(9.0).zoom, MAX_ZOOM);
        assert_eq!(pane().zoomed_middle(0.0001).zoom, MIN_ZOOM);
    }

    #[test]
    fn fitting_shows_everything_in_the_middle_and_never_enlarges() {
        let content = Rect::new(-4_000.0, 100.0, 9_000.0, 300.0);
        let view = pane().fitted(content, 40.0);
        let seen = view.visible();
        assert!(seen.x <= content.x && seen.right() >= content.right());
        assert!(view.centre().distance(content.centre()) < 1e-6);
        assert_eq!(pane().fitted(Rect::new(0.0, 0.0, 224.0, 64.0), 40.0).zoom, 1.0);
    }

    #[test]
    fn revealing_moves_only_when_needed() {
        let view = pane();
        assert_eq!(view.revealing(Rect::new(100.0, 100.0, 224.0, 64.0), 24.0), view);
        let moved = view.revealing(Rect::new(990.0, 100.0, 224.0, 64.0), 24.0);
        assert_eq!((moved.x, moved.y), (1_000.0 - 24.0 - 1_214.0, 0.0));
    }
}
