//! Lists of pages as people write them: `1-3, 5, -1`, `odd`, `even`, `all`.

use super::ToolError;
use crate::error::Error;

/// Longest list that is read, in characters.
const MAX_TEXT: usize = 4_000;
/// Most pages that a list may name, repetitions counted.
const MAX_PAGES: usize = 100_000;

/// The pages that `list` names among `count`, from 0, in the order of the list. Commas (or semicolons) separate parts: a
/// number, a range `2-5`, `3-` up to the end, numbers from the end (`-1` is the last; `-3--1` the last three), `5-1`
/// backwards, and the words `all`, `odd`, `even`, `first` and `last`. An empty list means all pages.
///
/// # Errors
/// When a part is none of these or names a page beyond the last.
pub fn parse(list: &str, count: usize) -> Result<Vec<usize>, Error> {
    Ok(parts(list, count)?.concat())
}

/// As [`parse`], each part by itself.
pub(super) fn parts(list: &str, count: usize) -> Result<Vec<Vec<usize>>, Error> {
    let wrong = |text: &str| Error::from(ToolError::PageList { text: text.chars().take(60).collect() });
    if count == 0 {
        return Err(Error::NoPages);
    }
    if list.len() > MAX_TEXT {
        return Err(wrong(list));
    }
    if list.trim().is_empty() {
        return Ok(vec![(0..count).collect()]);
    }
    let (mut all, mut total) = (Vec::new(), 0usize);
    for part in list.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let pages = one(part, count)?.ok_or_else(|| wrong(part))?;
        total += pages.len();
        if total > MAX_PAGES {
            return Err(ToolError::TooMuch { limit: format!("{MAX_PAGES} pages") }.into());
        }
        all.push(pages);
    }
    if total == 0 { Err(wrong(list)) } else { Ok(all) }
}

/// The pages of one part; none if it is no such part.
fn one(part: &str, count: usize) -> Result<Option<Vec<usize>>, Error> {
    Ok(Some(match part.to_ascii_lowercase().as_str() {
        "all" | "todas" => (0..count).collect(),
        "odd" | "ímpares" => (0..count).step_by(2).collect(),
        "even" | "pares" => (1..count).step_by(2).collect(),
        "first" | "primeira" => vec![0],
        "last" | "última" => vec![count - 1],
        text => {
            let Some((first, rest)) = number(text) else { return Ok(None) };
            let first = index(first, count)?;
            match rest.trim_start().strip_prefix(['-', '–']).map(str::trim) {
                None if rest.trim().is_empty() => vec![first],
                None => return Ok(None),
                Some("") => (first..count).collect(),
                Some(rest) => {
                    let Some((last, "")) = number(rest) else { return Ok(None) };
                    let last = index(last, count)?;
                    if first <= last { (first..=last).collect() } else { (last..=first).rev().collect() }
                }
            }
        }
    }))
}

/// A number at the beginning, with its sign, and what follows.
fn number(text: &str) -> Option<(i64, &str)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let length = text.len() - digits.len() + end;
    let number: i64 = text[..length].parse().ok()?;
    Some((number, &text[length..]))
}

fn index(number: i64, count: usize) -> Result<usize, Error> {
    let beyond = ToolError::PageBeyond { page: number, pages: count };
    let index = if number < 0 { (count as i64).checked_add(number) } else { number.checked_sub(1) };
    index.and_then(|i| usize::try_from(i).ok()).filter(|i| *i < count).ok_or(beyond.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, expected: Result<&[usize], &str>) {
        let got = parse(list, 5).map_err(|e| e.code());
        assert_eq!(got.as_deref().map_err(|code| *code), expected, "{list}");
    }

    #[test]
    fn lists_of_pages() {
        check("", Ok(&[0, 1, 2, 3, 4]));
        check("1-3, 5", Ok(&[0, 1, 2, 4]));
        check("3-", Ok(&[2, 3, 4]));
        check("-1", Ok(&[4]));
        check("-2--1;1", Ok(&[3, 4, 0]));
        check("3-1", Ok(&[2, 1, 0]));
        check(" 2 – 3 ", Ok(&[1, 2]));
        check("odd,even", Ok(&[0, 2, 4, 1, 3]));
        check("last,first", Ok(&[4, 0]));
    }

    #[test]
    fn what_is_no_list() {
        for list in ["x", "1-x", "1 2", ",", "1--", "--1", "1.5"] {
            check(list, Err("pdf_page_list"));
        }
        for list in ["0", "6", "-6", "1-9", "99999999999999"] {
            check(list, Err("pdf_page_beyond"));
        }
        check("99999999999999999999", Err("pdf_page_list"));
        check(&"1,".repeat(3_000), Err("pdf_page_list"));
        assert_eq!(parse(&"all,".repeat(900), 1_000).unwrap_err().code(), "pdf_result_too_large");
        assert_eq!(parse("1", 0).unwrap_err().code(), "pdf_no_pages");
    }
}
