//! Plain paths: what four in five expressions are.

use super::scan::is_word;

/// A path that needs no JavaScript: `$json.a["b c"][0]`, `$('Node').first().json.x`, `$vars.region`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub root: Root,
    pub keys: Vec<Key>,
    source: Box<str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// An item of this node's first input.
    Input(Pick, Part),
    /// An item that an earlier node sent.
    Node(Box<str>, Pick, Part),
    /// `$name`, without the `$`.
    Global(Box<str>),
}

/// Which item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The current one; of another node: the one that the current one came from.
    Current,
    First,
    Last,
    /// `.all()[n]`
    At(usize),
    /// The one with the current item's index (`$node["Name"]`).
    SameIndex,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Json,
    Binary,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Name(Box<str>),
    Index(usize),
}

impl Path {
    /// `None` when it is not a plain path (then it is JavaScript).
    pub fn parse(source: &str) -> Option<Self> {
        let mut at = Cursor(source);
        let root = at.root()?;
        let mut keys = Vec::new();
        while !at.0.is_empty() {
            keys.push(at.key()?);
        }
        // Dates are objects with properties of their own, known to JavaScript only.
        let dates = matches!(&root, Root::Global(name) if matches!(&**name, "now" | "today"));
        let strange = keys.iter().any(|k| matches!(k, Key::Name(n) if &**n == "__proto__"));
        if strange || (dates && !keys.is_empty()) {
            return None;
        }
        Some(Self { root, keys, source: source.into() })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether its value may differ from item to item.
    pub fn by_item(&self) -> bool {
        match &self.root {
            Root::Input(pick, _) | Root::Node(_, pick, _) => matches!(pick, Pick::Current | Pick::SameIndex),
            Root::Global(name) => &**name == "itemIndex",
        }
    }
}

struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn blank(&mut self) {
        self.0 = self.0.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// `text` as a whole word, not as the beginning of a longer one.
    fn eat_word(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) if !rest.starts_with(is_word) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn word(&mut self) -> Option<Box<str>> {
        let end = self.0.find(|c: char| !is_word(c)).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        if word.is_empty() || word.starts_with(|c: char| c.is_numeric()) {
            return None;
        }
        self.0 = rest;
        Some(word.into())
    }

    /// A string literal with no escapes but of quotes and back-slashes.
    fn text(&mut self) -> Option<Box<str>> {
        let quote = self.0.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
        let (mut text, mut escaped) = (String::new(), false);
        for (i, c) in self.0.char_indices().skip(1) {
            match c {
                '\'' | '"' | '`' | '\\' if escaped => {
                    text.push(c);
                    escaped = false;
                }
                _ if escaped => return None,
                '\\' => escaped = true,
                '\n' | '\r' => return None,
                '$' if quote == '`' => return None,
                c if c == quote => {
                    self.0 = &self.0[i + 1..];
                    return Some(text.into());
                }
                c => text.push(c),
            }
        }
        None
    }

    fn number(&mut self) -> Option<usize> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        if digits.is_empty() || digits.len() > 9 || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        self.0 = rest;
        digits.parse().ok()
    }

    fn root(&mut self) -> Option<Root> {
        if self.eat_word("$json") {
            return Some(Root::Input(Pick::Current, Part::Json));
        }
        if self.eat_word("$binary") {
            return Some(Root::Input(Pick::Current, Part::Binary));
        }
        if self.eat_word("$input") {
            let pick = self.pick()?;
            return Some(Root::Input(pick, self.part()?));
        }
        if self.eat_word("$node") {
            self.blank();
            let name = self.bracketed()?;
            return Some(Root::Node(name, Pick::SameIndex, self.part()?));
        }
        if self.eat("$(") {
            self.blank();
            let name = self.text()?;
            self.blank();
            if !self.eat(")") {
                return None;
            }
            let pick = self.pick()?;
            return Some(Root::Node(name, pick, self.part()?));
        }
        if self.eat("$") {
            return Some(Root::Global(self.word()?));
        }
        None
    }

    /// `["text"]`
    fn bracketed(&mut self) -> Option<Box<str>> {
        if !self.eat("[") {
            return None;
        }
        self.blank();
        let name = self.text()?;
        self.blank();
        self.eat("]").then_some(name)
    }

    fn dot(&mut self) -> bool {
        self.blank();
        let dot = self.eat("?.") || self.eat(".");
        self.blank();
        dot
    }

    fn pick(&mut self) -> Option<Pick> {
        if !self.dot() {
            return None;
        }
        if self.eat_word("item") {
            return Some(Pick::Current);
        }
        if self.eat("first()") {
            return Some(Pick::First);
        }
        if self.eat("last()") {
            return Some(Pick::Last);
        }
        if self.eat("all()[") {
            let index = self.number()?;
            return self.eat("]").then_some(Pick::At(index));
        }
        None
    }

    fn part(&mut self) -> Option<Part> {
        if !self.dot() {
            return None;
        }
        if self.eat_word("json") {
            return Some(Part::Json);
        }
        self.eat_word("binary").then_some(Part::Binary)
    }

    fn key(&mut self) -> Option<Key> {
        self.blank();
        let optional = self.eat("?.");
        if self.eat("[") {
            self.blank();
            let key = match self.number() {
                Some(index) => Key::Index(index),
                None => Key::Name(self.text()?),
            };
            self.blank();
            return self.eat("]").then_some(key);
        }
        if !optional && !self.eat(".") {
            return None;
        }
        self.blank();
        self.word().map(Key::Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: Option<(Root, &[&str])>) {
        let got = Path::parse(source).map(|p| {
            let keys = p.keys.iter().map(|k| match k {
                Key::Name(n) => n.to_string(),
                Key::Index(i) => format!("#{i}"),
            });
            (p.root, keys.collect::<Vec<_>>())
        });
        let expected = expected.map(|(root, keys)| (root, keys.iter().map(ToString::to_string).collect::<Vec<_>>()));
        assert_eq!(got, expected, "for {source:?}");
    }

    fn json() -> Root {
        Root::Input(Pick::Current, Part::Json)
    }

    #[test]
    fn paths() {
        check("$json", Some((json(), &[])));
        check("$json.a.b[0]['c d'].é", Some((json(), &["a", "b", "#0", "c d", "é"])));
        check("$json?.a?.[1]", Some((json(), &["a", "#1"])));
        check("$json\n  .a\n  .b", Some((json(), &["a", "b"])));
        check(r#"$json["it's"]['q\'']"#, Some((json(), &["it's", "q'"])));
        check("$binary.data.fileName", Some((Root::Input(Pick::Current, Part::Binary), &["data", "fileName"])));
        check("$input.item.json.x", Some((json(), &["x"])));
        check("$input.first().json.x", Some((Root::Input(Pick::First, Part::Json), &["x"])));
        check("$('A b').item.json.x", Some((Root::Node("A b".into(), Pick::Current, Part::Json), &["x"])));
        check("$( \"A\" ).last().binary", Some((Root::Node("A".into(), Pick::Last, Part::Binary), &[])));
        check("$('A').all()[3].json", Some((Root::Node("A".into(), Pick::At(3), Part::Json), &[])));
        check("$node['A'].json.x", Some((Root::Node("A".into(), Pick::SameIndex, Part::Json), &["x"])));
        check("$itemIndex", Some((Root::Global("itemIndex".into()), &[])));
        check("$vars.a", Some((Root::Global("vars".into()), &["a"])));
        check("$now", Some((Root::Global("now".into()), &[])));
    }

    #[test]
    fn everything_else_is_javascript() {
        for source in [
            "$json.a + 1",
            "$json.a()",
            "$json[a]",
            "$json[-1]",
            "$json[01]",
            "$json.0",
            "$json.",
            "json",
            "$",
            "$('A')",
            "$('A').item",
            "$('A').first(1).json",
            "$('A' + b).item.json",
            "$json[`a${b}`]",
            "$json.__proto__",
            "$now.year",
            "$json['\\n']",
            "$json.a // c",
            "$json /**/.a",
            "!$json.a",
            "",
            "$json.a b",
            "$json?.()",
            "$input.all()",
        ] {
            check(source, None);
        }
    }
}
