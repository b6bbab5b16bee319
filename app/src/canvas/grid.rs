//! An index of rectangles by the cells they touch: what is here, without looking at everything.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::geom::{Point, Rect};

/// Large enough for a card to touch few cells, small enough for few cards to share one.
const CELL: f64 = 512.0;
/// A rectangle over more cells than this is kept apart and looked at always: one very long edge must not fill the index.
const MOST: i64 = 24;

#[derive(Clone, Debug)]
pub struct Grid<K> {
    cells: HashMap<(i32, i32), Vec<K>>,
    rects: HashMap<K, Rect>,
    large: HashMap<K, Rect>,
}

impl<K> Default for Grid<K> {
    fn default() -> Self {
        Self { cells: HashMap::new(), rects: HashMap::new(), large: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash> Grid<K> {
    pub fn set(&mut self, key: &K, rect: Rect) {
        if let Some(old) = self.rects.insert(key.clone(), rect) {
            if span(&old) == span(&rect) {
                if let Some(large) = self.large.get_mut(key) {
                    *large = rect;
                }
                return;
            }
            self.take_out(key, &old);
        }
        let (x0, y0, x1, y1) = span(&rect);
        if is_large((x0, y0, x1, y1)) {
            self.large.insert(key.clone(), rect);
            return;
        }
        for x in x0..=x1 {
            for y in y0..=y1 {
                self.cells.entry((x, y)).or_default().push(key.clone());
            }
        }
    }

    pub fn remove(&mut self, key: &K) {
        if let Some(old) = self.rects.remove(key) {
            self.take_out(key, &old);
        }
    }

    pub fn rect(&self, key: &K) -> Option<Rect> {
        self.rects.get(key).copied()
    }

    /// Everything that touches `area`, each once, in no order.
    pub fn within(&self, area: &Rect) -> Vec<K> {
        let (x0, y0, x1, y1) = span(area);
        // With the whole board in view there are fewer rectangles than cells.
        if is_large((x0, y0, x1, y1)) {
            return touching(&self.rects, area).collect();
        }
        let mut seen = HashSet::new();
        let mut found: Vec<K> = touching(&self.large, area).collect();
        for x in x0..=x1 {
            for y in y0..=y1 {
                for key in self.cells.get(&(x, y)).into_iter().flatten() {
                    if self.rects.get(key).is_some_and(|r| r.touches(area)) && seen.insert(key) {
                        found.push(key.clone());
                    }
                }
            }
        }
        found
    }

    /// Everything under `p`, `slack` pixels around counted in.
    pub fn at(&self, p: Point, slack: f64) -> Vec<K> {
        self.within(&Rect::new(p.x, p.y, 0.0, 0.0).grown(slack))
    }

    fn take_out(&mut self, key: &K, rect: &Rect) {
        if self.large.remove(key).is_some() {
            return;
        }
        let (x0, y0, x1, y1) = span(rect);
        for x in x0..=x1 {
            for y in y0..=y1 {
                if let Some(cell) = self.cells.get_mut(&(x, y)) {
                    cell.retain(|k| k != key);
                }
            }
        }
    }
}

fn touching<K: Clone>(rects: &HashMap<K, Rect>, area: &Rect) -> impl Iterator<Item = K> {
    rects.iter().filter(|(_, r)| r.touches(area)).map(|(key, _)| key.clone())
}

fn span(r: &Rect) -> (i32, i32, i32, i32) {
    let cell = |v: f64| (v / CELL).floor() as i32;
    (cell(r.x), cell(r.y), cell(r.right()), cell(r.bottom()))
}

fn is_large((x0, y0, x1, y1): (i32, i32, i32, i32)) -> bool {
    (i64::from(x1) - i64::from(x0) + 1) * (i64::from(y1) - i64::from(y0) + 1) > MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_touches_an_area_and_nothing_else() {
        let mut grid = Grid::default();
        for i in 0..100u32 {
            grid.set(&i, Rect::new(f64::from(i % 10) * 300.0, f64::from(i / 10) * 100.0, 224.0, 64.0));
        }
        let mut found = grid.within(&Rect::new(290.0, 90.0, 320.0, 120.0));
        found.sort_unstable();
        assert_eq!(found, [11, 12, 21, 22]);
        grid.set(&11, Rect::new(-9_000.0, -9_000.0, 224.0, 64.0));
        grid.remove(&22);
        let mut found = grid.within(&Rect::new(290.0, 90.0, 320.0, 120.0));
        found.sort_unstable();
        assert_eq!(found, [12, 21]);
        assert_eq!(grid.at(Point::new(-8_900.0, -8_950.0), 4.0), [11]);
    }

    #[test]
    fn very_large_rectangles_and_areas_work_too() {
        let mut grid = Grid::default();
        grid.set(&1, Rect::new(-50_000.0, 0.0, 100_000.0, 10_000.0));
        grid.set(&2, Rect::new(5.0, 5.0, 10.0, 10.0));
        assert_eq!(grid.at(Point::new(40_000.0, 9_000.0), 1.0), [1]);
        let mut all = grid.within(&Rect::new(-90_000.0, -90_000.0, 180_000.0, 180_000.0));
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        grid.remove(&1);
        assert!(grid.at(Point::new(40_000.0, 9_000.0), 1.0).is_empty());
    }
}
