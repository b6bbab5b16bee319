//! Setting lines of text into a box: the largest size at which they fit, broken between words.

/// The space there is, in points.
pub struct Room {
    pub width: f64,
    pub height: f64,
}

/// Lines as they are drawn.
#[derive(Debug, PartialEq)]
pub struct Set {
    pub size: f64,
    pub lines: Vec<String>,
}

const STEP: f64 = 0.5;

/// Breaks `lines` to fit `room`, at the largest size between `sizes` (largest, smallest) at which
/// they fit. `width` is that of a text at size 1.
pub fn set(
    lines: &[String],
    room: &Room,
    sizes: (f64, f64),
    line_height: f64,
    mut width: impl FnMut(&str) -> f64,
) -> Set {
    let (largest, smallest) = sizes;
    let mut size = largest;
    loop {
        let limit = room.width / size;
        let broken: Vec<String> = lines.iter().flat_map(|line| wrap(line, limit, &mut width)).collect();
        let fits = broken.len() as f64 * size * line_height <= room.height;
        if fits || size - STEP < smallest {
            return Set { size, lines: broken };
        }
        size -= STEP;
    }
}

/// Breaks one line into as many as needed; a word that is too long by itself is cut.
fn wrap(line: &str, limit: f64, width: &mut impl FnMut(&str) -> f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_whitespace() {
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
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, room: (f64, f64), size: f64, expected: &[&str]) {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let room = Room { width: room.0, height: room.1 };
        let set = set(&lines, &room, (10.0, 4.0), 1.0, |text| text.chars().count() as f64);
        assert_eq!(set, Set { size, lines: expected.iter().map(|s| (*s).to_owned()).collect() });
    }

    #[test]
    fn what_fits_stays_large() {
        check("abc\nde", (30.0, 20.0), 10.0, &["abc", "de"]);
    }

    #[test]
    fn long_lines_break_between_words() {
        check("abc def", (30.0, 20.0), 10.0, &["abc", "def"]);
    }

    #[test]
    fn too_much_text_shrinks() {
        check("abc def", (30.0, 10.0), 5.0, &["abc", "def"]);
        check("abc def", (35.0, 10.0), 5.0, &["abc def"]);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        check("abcdefgh", (30.0, 30.0), 10.0, &["abc", "def", "gh"]);
        check("abcd", (0.0, 0.0), 4.0, &["a", "b", "c", "d"]);
    }
}
