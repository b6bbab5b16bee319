//! What filled fields look like (ISO 32000-2 12.7.4.3): text in the field's size, colour and alignment, in an embedded font.

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use super::Work;
use super::form::FormField;
use crate::appearance::{LINE_HEIGHT, form, normal, number, text};
use crate::error::Error;
use crate::page;

/// Space between the field's edge and its text.
const PADDING: f64 = 2.0;
/// Most lines of a list that are drawn.
const MAX_LINES: usize = 500;

/// How a text is set.
#[derive(Clone, Copy, PartialEq)]
pub enum Layout {
    Line,
    Multiline,
    /// One letter in each of so many cells.
    Comb(usize),
    /// Lines of which some are chosen.
    List,
}

/// An appearance that waits for its font.
pub struct Pending {
    widget: ObjectId,
    size: [f64; 2],
    matrix: [i64; 6],
    content: String,
}

/// Size and colour of a default appearance.
struct Style {
    size: f64,
    colour: String,
}

impl Style {
    fn of(appearance: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&appearance[..appearance.len().min(1_000)]).into_owned();
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let before = |operator: &str, count: usize| -> Option<Vec<f64>> {
            let at = words.iter().rposition(|word| *word == operator)?;
            let operands = words.get(at.checked_sub(count)?..at)?;
            operands.iter().map(|word| word.parse().ok().filter(|n: &f64| n.is_finite())).collect()
        };
        let size = before("Tf", 1).and_then(|n| n.first().copied()).filter(|size| (0.0..=500.0).contains(size));
        let colour = [("g", 1), ("rg", 3), ("k", 4)].into_iter().find_map(|(operator, count)| {
            let values: Vec<String> =
                before(operator, count)?.iter().map(|value| number(value.clamp(0.0, 1.0))).collect();
            Some(format!("{} {operator}\n", values.join(" ")))
        });
        Self { size: size.unwrap_or(0.0), colour: colour.unwrap_or_else(|| "0 g\n".into()) }
    }
}

impl Work<'_, '_, '_> {
    /// Draws the lines into every widget of the field.
    pub(super) fn draw(
        &mut self,
        field: &FormField,
        lines: Vec<String>,
        layout: Layout,
        chosen: &[usize],
    ) -> Result<(), Error> {
        let style = Style::of(&field.appearance);
        for widget in &field.widgets {
            let Ok(dictionary) = self.pdf.document.get_dictionary(*widget) else { continue };
            let rect = self.pdf.get(dictionary, b"Rect").and_then(|rect| page::rectangle(self.pdf, rect));
            let Some(rect) = rect.filter(|rect| rect[2] - rect[0] >= 1.0 && rect[3] - rect[1] >= 1.0) else { continue };
            let turned = self.turn(dictionary);
            let (width, height) = (rect[2] - rect[0], rect[3] - rect[1]);
            let size = if turned % 180 == 0 { [width, height] } else { [height, width] };
            let content =
                self.background(dictionary, size) + &self.content(field, &lines, layout, chosen, &style, size);
            let matrix = match turned {
                90 => [0, 1, -1, 0, 0, 0],
                180 => [-1, 0, 0, -1, 0, 0],
                270 => [0, -1, 1, 0, 0, 0],
                _ => [1, 0, 0, 1, 0, 0],
            };
            self.drawn.push(Pending { widget: *widget, size, matrix, content });
        }
        Ok(())
    }

    /// By how many degrees a widget is turned.
    fn turn(&self, widget: &Dictionary) -> i64 {
        let turn = self.pdf.dictionary(widget, b"MK").and_then(|mk| self.pdf.get(mk, b"R")?.as_i64().ok());
        turn.unwrap_or(0).rem_euclid(360) / 90 * 90
    }

    /// Background and border of a widget.
    fn background(&self, widget: &Dictionary, [width, height]: [f64; 2]) -> String {
        let Some(look) = self.pdf.dictionary(widget, b"MK") else { return String::new() };
        let colour = |key: &[u8], operators: [&str; 3]| {
            let values = self.pdf.array(look, key)?;
            let values: Vec<String> = values
                .iter()
                .filter_map(|v| self.pdf.resolve(v).as_float().ok())
                .map(|v| number(v.clamp(0.0, 1.0).into()))
                .collect();
            let operator = match values.len() {
                1 => operators[0],
                3 => operators[1],
                4 => operators[2],
                _ => return None,
            };
            Some(format!("{} {operator}\n", values.join(" ")))
        };
        let mut content = String::new();
        if let Some(fill) = colour(b"BG", ["g", "rg", "k"]) {
            content += &format!("q {fill}0 0 {} {} re f Q\n", number(width), number(height));
        }
        let thickness = self.pdf.dictionary(widget, b"BS").and_then(|bs| self.pdf.get(bs, b"W")?.as_float().ok());
        let thickness = f64::from(thickness.unwrap_or(1.0).clamp(0.0, 20.0));
        if let Some(stroke) = colour(b"BC", ["G", "RG", "K"]).filter(|_| thickness > 0.0) {
            let half = thickness / 2.0;
            content += &format!(
                "q {stroke}{} w {half} {half} {} {} re S Q\n",
                number(thickness),
                number(width - thickness),
                number(height - thickness)
            );
        }
        content
    }

    fn content(
        &mut self,
        field: &FormField,
        lines: &[String],
        layout: Layout,
        chosen: &[usize],
        style: &Style,
        [width, height]: [f64; 2],
    ) -> String {
        let room = text::Room { width: (width - 2.0 * PADDING).max(1.0), height: (height - 2.0 * PADDING).max(1.0) };
        let mut content =
            format!("/Tx BMC\nq\n1 1 {} {} re W n\n", number((width - 2.0).max(0.5)), number((height - 2.0).max(0.5)));
        let text = lines.join("\n");
        let (size, set) = match layout {
            Layout::Multiline => {
                let lines: Vec<String> = text.split('\n').map(clean).collect();
                let sizes = if style.size > 0.0 { (style.size, style.size) } else { (12.0, 4.0) };
                let set = text::set(&lines, &room, sizes, LINE_HEIGHT, |text| self.font.width(text));
                (set.size, set.lines)
            }
            Layout::List => {
                let size = if style.size > 0.0 { style.size } else { 12.0 };
                (size, lines.iter().take(MAX_LINES).map(|line| clean(line)).collect())
            }
            _ => {
                let line = clean(&text.replace('\n', " "));
                // As large as the field is high and the text is wide.
                let fitting =
                    (room.height / LINE_HEIGHT).min(room.width / self.font.width(&line).max(0.01)).clamp(4.0, 12.0);
                (if style.size > 0.0 { style.size } else { fitting }, vec![line])
            }
        };
        let leading = size * LINE_HEIGHT;
        let top = match layout {
            Layout::Multiline | Layout::List => height - PADDING,
            _ => height - (height - leading) / 2.0,
        };
        // A list begins with the first chosen line when that would not be seen.
        let seen = (room.height / leading).floor().max(1.0) as usize;
        let first = match chosen.first() {
            Some(first) if layout == Layout::List && *first >= seen => *first,
            _ => 0,
        };
        for at in chosen.iter().filter(|at| **at >= first && layout == Layout::List) {
            let bottom = top - leading * (at - first + 1) as f64;
            content += &format!(
                "q 0.6 0.75 0.85 rg 1 {} {} {} re f Q\n",
                number(bottom),
                number(width - 2.0),
                number(leading)
            );
        }
        content += &format!("BT\n{}/F1 {} Tf\n", style.colour, number(size));
        let mut y = top - (leading - size) / 2.0 - size * self.font.ascent();
        for line in set.iter().skip(first) {
            if let Layout::Comb(cells) = layout {
                let cell = width / cells as f64;
                for (at, letter) in line.chars().enumerate() {
                    let letter = letter.to_string();
                    let x = cell * at as f64 + (cell - self.font.width(&letter) * size) / 2.0;
                    content += &format!("1 0 0 1 {} {} Tm <{}> Tj\n", number(x), number(y), self.font.encode(&letter));
                }
                continue;
            }
            let free = (width - 2.0 * PADDING - self.font.width(line) * size).max(0.0);
            let x = PADDING + free * field.alignment.clamp(0, 2) as f64 / 2.0;
            content += &format!("1 0 0 1 {} {} Tm <{}> Tj\n", number(x), number(y), self.font.encode(line));
            y -= leading;
            if y < -leading {
                break;
            }
        }
        content + "ET\nQ\nEMC\n"
    }

    /// Draws a tick for a check box that has no pictures of its states.
    pub(super) fn draw_check(&mut self, widget: ObjectId, state: &[u8]) -> Result<(), Error> {
        let Ok(dictionary) = self.pdf.document.get_dictionary(widget) else { return Ok(()) };
        let rect = self.pdf.get(dictionary, b"Rect").and_then(|rect| page::rectangle(self.pdf, rect));
        let Some([left, bottom, right, top]) = rect else { return Ok(()) };
        let size @ [width, height] = [right - left, top - bottom];
        let side = width.min(height);
        let (x, y) = ((width - side) / 2.0, (height - side) / 2.0);
        let point = |a: f64, b: f64| format!("{} {}", number(x + a * side), number(y + b * side));
        let empty = self.background(dictionary, size);
        let tick = format!(
            "{empty}q 0 G {} w 1 J 1 j {} m {} l {} l S Q\n",
            number(side * 0.1),
            point(0.22, 0.52),
            point(0.42, 0.28),
            point(0.78, 0.74)
        );
        let matrix = [1, 0, 0, 1, 0, 0].map(Object::Integer).to_vec();
        let on = form(self.update, size, matrix.clone(), Dictionary::new(), tick)?;
        let off = form(self.update, size, matrix, Dictionary::new(), empty)?;
        let mut states = Dictionary::new();
        states.set(state.to_vec(), on);
        states.set("Off", off);
        self.update.dictionary(widget)?.set("AP", dictionary! { "N" => states });
        Ok(())
    }

    /// Adds the font and what is drawn with it. Returns letters that the font lacks.
    pub(super) fn finish(self) -> Result<Vec<char>, Error> {
        if self.drawn.is_empty() {
            return Ok(Vec::new());
        }
        let (font, missing) = self.font.embed(self.update)?;
        let resources = dictionary! { "Font" => dictionary! { "F1" => font } };
        for pending in self.drawn {
            let matrix = pending.matrix.map(Object::Integer).to_vec();
            let drawn = form(self.update, pending.size, matrix, resources.clone(), pending.content)?;
            self.update.dictionary(pending.widget)?.set("AP", normal(drawn));
        }
        Ok(missing)
    }
}

fn clean(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect()
}
