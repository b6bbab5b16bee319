//! Setting lines of text into a box: the largest size at which they fit, broken between words.

use super::Line;

/// The space there is, in points.
pub struct Room {
    pub width: f64,
    pub height: f64,
}

/// Lines as they are drawn.
#[derive(Debug, PartialEq)]
pub struct Set {
    pub size: f64,
    pub lines: Vec<Line>,
}

/// How text is measured.
pub trait Measure {
    /// The width of a text at size 1; strong text is larger.
    fn width(&self, text: &str, strong: bool) -> f64;
    /// The height of a line at size 1.
    fn height(&self, strong: bool) -> f64;
}

const STEP: f64 = 0.25;

/// Breaks `lines` to fit `room`, at the largest size between `sizes` (largest, smallest) at which they fit.
pub fn set(lines: &[Line], room: &Room, sizes: (f64, f64), measure: &impl Measure) -> Set {
    let (largest, smallest) = sizes;
    let mut size = largest;
    loop {
        let limit = room.width / size;
        let broken: Vec<Line> = lines.iter().flat_map(|line| wrap(line, limit, measure)).collect();
        let height: f64 = broken.iter().map(|line| measure.height(line.strong)).sum();
        if height * size <= room.height || size - STEP < smallest {
            return Set { size, lines: broken };
        }
        size -= STEP;
    }
}

/// Breaks one line into as many as needed; a word that is too long by itself is cut.
fn wrap(line: &Line, limit: f64, measure: &impl Measure) -> Vec<Line> {
    let strong = line.strong;
    let width = |text: &str| measure.width(text, strong);
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.text.split_whitespace() {
        let candidate = if current.is_empty() { word.to_owned() } else { format!("{current} {word}") };
        if width(&candidate) <= limit {
            current = candidate;
            continue;
        }
        if !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        for letter in word.chars() {
            current.push(letter);
            if width(&current) > limit && current.chars().count() > 1 {
                current.pop();
                lines.push(std::mem::replace(&mut current, letter.to_string()));
            }
        }
    }
    lines.push(current);
    lines.into_iter().map(|text| Line { text, strong }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every letter is as wide as the size; strong ones twice.
    struct Blocks;

    impl Measure for Blocks {
        fn width(&self, text: &str, strong: bool) -> f64 {
            text.chars().count() as f64 * self.height(strong)
        }

        fn height(&self, strong: bool) -> f64 {
            if strong { 2.0 } else { 1.0 }
        }
    }

    /// A line that starts with `*` is strong.
    #[track_caller]
    fn check(text: &str, room: (f64, f64), size: f64, expected: &[&str]) {
        let line = |text: &str| match text.strip_prefix('*') {
            Some(text) => Line { text: text.into(), strong: true },
            None => Line { text: text.into(), strong: false },
        };
        let lines: Vec<Line> = text.lines().map(line).collect();
        let set = set(&lines, &Room { width: room.0, height: room.1 }, (10.0, 4.0), &Blocks);
        assert_eq!(set, Set { size, lines: expected.iter().map(|text| line(text)).collect() });
    }

    #[test]
    fn what_fits_stays_large() {
        check("abc\nde", (30.0, 20.0), 10.0, &["abc", "de"]);
    }

    #[test]
    fn long_lines_break_between_words() {
        check("abc def", (30.0, 20.0), 10.0, &["abc", "def"]);
        check("*ab cd", (40.0, 40.0), 10.0, &["*ab", "*cd"]);
    }

    #[test]
    fn too_much_text_shrinks() {
        check("abc def", (30.0, 10.0), 5.0, &["abc", "def"]);
        check("abc def", (35.0, 9.0), 5.0, &["abc def"]);
        check("*ab\ncd", (100.0, 24.0), 8.0, &["*ab", "cd"]);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        check("abcdefgh", (30.0, 30.0), 10.0, &["abc", "def", "gh"]);
        check("abcd", (0.0, 0.0), 4.0, &["a", "b", "c", "d"]);
    }
}
