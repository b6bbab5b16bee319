//! Patterns for file names: `*`, `?`, `[a-z]`, `{a,b}`; `**` as a whole part stands for any folders.

/// Whether the text has characters with a meaning in patterns.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Whether one name fits one part of a pattern. A leading dot is matched by a dot only.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    alternatives(pattern).iter().any(|p| matches(&p.chars().collect::<Vec<_>>(), &name))
}

/// `a{b,c}d` → `abd`, `acd`; a few levels, so that a pattern can't grow without end.
fn alternatives(pattern: &str) -> Vec<String> {
    const MOST: usize = 256;
    let mut done = Vec::new();
    let mut left = vec![pattern.to_owned()];
    while let Some(p) = left.pop() {
        let braces = p.find('{').and_then(|open| p[open..].find('}').map(|close| (open, open + close)));
        match braces {
            Some((open, close)) if done.len() + left.len() < MOST => {
                let options = p[open + 1..close].split(',');
                left.extend(options.map(|option| format!("{}{option}{}", &p[..open], &p[close + 1..])));
            }
            _ => done.push(p),
        }
    }
    done
}

/// Linear but for one step back per `*`.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
            continue;
        }
        if n == name.len() {
            return pattern[p..].iter().all(|c| *c == '*');
        }
        let step = match pattern.get(p) {
            Some('?') => Some(1),
            Some('[') => class(&pattern[p..], name[n]),
            Some(c) if *c == name[n] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((at, from))) => {
                p = at + 1;
                n = from + 1;
                star = Some((at, from + 1));
            }
            (None, None) => return false,
        }
    }
}

/// The length of `[…]` when the character is in it.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let end = 2 + pattern.iter().skip(2).position(|p| *p == ']')?;
    let not = matches!(pattern[1], '!' | '^');
    let set = &pattern[if not { 2 } else { 1 }..end];
    let mut i = 0;
    let mut found = false;
    while i < set.len() {
        if i + 2 < set.len() && set[i + 1] == '-' {
            found |= set[i] <= c && c <= set[i + 2];
            i += 3;
        } else {
            found |= set[i] == c;
            i += 1;
        }
    }
    (found != not).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (pattern, name, expected) in [
            ("*.pdf", "a.pdf", true),
            ("*.pdf", ".pdf", false),
            ("*.pdf", "a.PDF", false),
            ("*", "a", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]x", "]x", true),
            ("[", "[", false),
            ("*.{pdf,txt}", "a.txt", true),
            ("*.{pdf,txt}", "a.doc", false),
            ("a*b*c", "aXbYbc", true),
            ("*a*a*a*a*b", &"a".repeat(200), false),
            ("é*", "éa", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
