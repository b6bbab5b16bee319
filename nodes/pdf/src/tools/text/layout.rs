//! Lines of letters become the text of a page.

use super::letters::Line;

/// Lines in the order of the file. Lines on one height become one; a larger gap begins a paragraph.
pub fn reading(lines: Vec<Line>) -> String {
    let mut out = String::new();
    let mut last: Option<Line> = None;
    for line in lines.into_iter().filter(|line| !line.text.trim().is_empty()) {
        if let Some(last) = &last {
            let down = line.start.1 - last.start.1;
            let size = line.size.max(last.size);
            let beside = down.abs() < 0.5 * size && line.start.0 >= last.end.0 - size;
            if beside && line.is_level() && last.is_level() {
                out.push_str("   ");
            } else {
                trim_end(&mut out);
                out.push('\n');
                if down > 2.2 * size || down < -2.2 * size {
                    out.push('\n');
                }
            }
        }
        out.push_str(line.text.trim_start_matches(' '));
        last = Some(line);
    }
    trim_end(&mut out);
    out
}

/// Lines by where they are: rows from the top, in each from the left, gaps as wide as on the page.
pub fn position(lines: Vec<Line>) -> String {
    let mut lines: Vec<Line> = lines.into_iter().filter(|line| !line.text.trim().is_empty()).collect();
    lines.sort_by(|a, b| a.start.1.total_cmp(&b.start.1));
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        match rows.last_mut().filter(|row| same_row(row, &line)) {
            Some(row) => row.push(line),
            None => rows.push(vec![line]),
        }
    }
    let unit = letter_width(&rows);
    let left = rows.iter().flatten().map(|line| line.start.0).fold(f64::INFINITY, f64::min);
    let (mut out, mut last) = (String::new(), f64::NEG_INFINITY);
    for mut row in rows {
        row.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
        let (top, size) = row.first().map_or((0.0, 1.0), |line| (line.start.1, line.size));
        if !out.is_empty() {
            out.push('\n');
            if top - last > 2.2 * size {
                out.push('\n');
            }
        }
        last = top;
        let mut column = 0;
        for line in &row {
            let at = ((line.start.0 - left) / unit).round().clamp(0.0, 400.0) as usize;
            let gap = at.saturating_sub(column).max(usize::from(column > 0));
            out.push_str(&" ".repeat(gap));
            let text = line.text.trim();
            out.push_str(text);
            column += gap + text.chars().count();
        }
    }
    out
}

fn same_row(row: &[Line], line: &Line) -> bool {
    row.first().is_some_and(|first| (line.start.1 - first.start.1).abs() < 0.5 * line.size.min(first.size))
}

/// How wide a letter is on this page, in points.
fn letter_width(rows: &[Vec<Line>]) -> f64 {
    let (mut width, mut count) = (0.0, 0usize);
    for line in rows.iter().flatten().filter(|line| line.is_level()) {
        width += (line.end.0 - line.start.0).abs();
        count += line.text.chars().count();
    }
    if count == 0 || width <= 0.0 { 6.0 } else { (width / count as f64).clamp(1.0, 40.0) }
}

fn trim_end(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
}
