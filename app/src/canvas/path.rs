//! The line of an edge: one cubic forwards, a loop below both cards backwards.

use std::fmt::Write;

use super::geom::{Point, Rect};

/// An edge's line in board pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgePath {
    /// Cubic Bézier segments, each from the end of the one before.
    segments: Vec<[Point; 4]>,
    pub label: Point,
    pub backward: bool,
}

/// Space between a backward edge and the cards above it.
const BELOW: f64 = 40.0;

impl EdgePath {
    /// From an output port to an input port; `bottom` is the lower edge of the lower one of both cards.
    pub fn new(from: Point, to: Point, bottom: f64) -> Self {
        if to.x >= from.x { Self::forward(from, to) } else { Self::loop_below(from, to, bottom + BELOW) }
    }

    /// The line to the pointer while connecting.
    pub fn forward(from: Point, to: Point) -> Self {
        let c = ((to.x - from.x).abs() / 2.0).clamp(36.0, 96.0);
        let curve = [from, Point::new(from.x + c, from.y), Point::new(to.x - c, to.y), to];
        Self { segments: vec![curve], label: middle(from, to), backward: false }
    }

    fn loop_below(from: Point, to: Point, y: f64) -> Self {
        let reach = 64.0;
        let (right, left) = (Point::new(from.x, y), Point::new(to.x, y));
        let out = [from, Point::new(from.x + reach, from.y), Point::new(from.x + reach, y), right];
        let back = [right, middle(right, left), middle(right, left), left];
        let into = [left, Point::new(to.x - reach, y), Point::new(to.x - reach, to.y), to];
        Self { segments: vec![out, back, into], label: middle(right, left), backward: true }
    }

    /// The `d` of an SVG path.
    pub fn d(&self) -> String {
        let mut d = String::with_capacity(64 * self.segments.len());
        let Some(first) = self.segments.first() else { return d };
        // Writing into a String can't fail.
        let _ = write!(d, "M{} {}", first[0].x, first[0].y);
        for [_, a, b, end] in &self.segments {
            let _ = write!(d, "C{} {} {} {} {} {}", a.x, a.y, b.x, b.y, end.x, end.y);
        }
        if self.backward {
            // One chevron says which way a loop goes.
            let Point { x, y } = self.label;
            let _ = write!(d, "M{} {}L{} {}L{} {}", x + 28.0, y - 5.0, x + 22.0, y, x + 28.0, y + 5.0);
        }
        d
    }

    /// Calls `draw` with the control points of each segment, for a `<canvas>`.
    pub fn segments(&self) -> &[[Point; 4]] {
        &self.segments
    }

    /// A box around the line: the control points' box holds every Bézier curve.
    pub fn bounds(&self) -> Rect {
        let mut points = self.segments.iter().flatten();
        let first = points.next().copied().unwrap_or_default();
        let (mut a, mut b) = (first, first);
        for p in points {
            a = Point::new(a.x.min(p.x), a.y.min(p.y));
            b = Point::new(b.x.max(p.x), b.y.max(p.y));
        }
        Rect::between(a, b)
    }

    /// Distance from `p` to the line, near enough for the pointer.
    pub fn distance(&self, p: Point) -> f64 {
        const PIECES: u32 = 20;
        let mut best = f64::MAX;
        for curve in &self.segments {
            let mut last = curve[0];
            for i in 1..=PIECES {
                let next = bezier(curve, f64::from(i) / f64::from(PIECES));
                best = best.min(to_line(p, last, next));
                last = next;
            }
        }
        best
    }

    /// Enough room for "12 items" instead of "12".
    pub fn has_room(&self) -> bool {
        let b = self.bounds();
        b.w.hypot(b.h) >= 160.0
    }
}

fn middle(a: Point, b: Point) -> Point {
    Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0)
}

fn bezier([a, b, c, d]: &[Point; 4], t: f64) -> Point {
    let u = 1.0 - t;
    let mix =
        |a: f64, b: f64, c: f64, d: f64| u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d;
    Point::new(mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y))
}

fn to_line(p: Point, a: Point, b: Point) -> f64 {
    let ab = b - a;
    let length = ab.x * ab.x + ab.y * ab.y;
    let t = if length == 0.0 { 0.0 } else { (((p - a).x * ab.x + (p - a).y * ab.y) / length).clamp(0.0, 1.0) };
    p.distance(Point::new(a.x + t * ab.x, a.y + t * ab.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_edges_are_the_cubic_of_the_look() {
        let path = EdgePath::new(Point::new(240.0, 176.0), Point::new(304.0, 432.0), 464.0);
        assert_eq!(path.d(), "M240 176C276 176 268 432 304 432");
        assert_eq!(path.label, Point::new(272.0, 304.0));
    }

    #[test]
    fn backward_edges_pass_below_both_cards() {
        let path = EdgePath::new(Point::new(800.0, 32.0), Point::new(100.0, 32.0), 64.0);
        assert!(path.backward);
        assert_eq!(path.bounds().bottom(), 104.0);
        assert!(path.distance(Point::new(450.0, 104.0)) < 1.0);
        assert!(path.distance(Point::new(450.0, 32.0)) > 60.0);
    }

    #[test]
    fn distance_is_measured_to_the_curve() {
        let path = EdgePath::new(Point::new(0.0, 0.0), Point::new(100.0, 0.0), 64.0);
        assert!((path.distance(Point::new(50.0, 7.0)) - 7.0).abs() < 1e-9);
        assert!((path.distance(Point::new(-3.0, 4.0)) - 5.0).abs() < 1e-9);
    }
}
