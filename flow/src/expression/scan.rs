//! A light JavaScript tokenizer: just enough to know what is string, comment, regular expression or bracket, so that
//! the end of an expression and the names of nodes are found without being fooled by quoted text.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Identifier or keyword, `$` included.
    Word,
    Number,
    /// A closed string in single or double quotes, or a template literal without `${`.
    Text,
    /// A piece of a template literal beside a `${`.
    TemplatePiece,
    Regex,
    Mark(u8),
    /// A string, comment or regular expression that never ends.
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

pub(super) struct Tokens<'a> {
    code: &'a str,
    at: usize,
    /// For each open `{`: whether it is the `${` of a template literal.
    braces: Vec<bool>,
    /// Whether a `/` here would begin a regular expression.
    operand_next: bool,
}

/// After these words a `/` begins a regular expression, after others it divides.
const OPERAND_AFTER: [&str; 12] =
    ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "await"];

impl<'a> Tokens<'a> {
    pub(super) fn new(code: &'a str, at: usize) -> Self {
        Self { code, at, braces: Vec::new(), operand_next: true }
    }

    /// Open braces before the next token.
    pub(super) fn depth(&self) -> usize {
        self.braces.len()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.code.as_bytes().get(at).copied()
    }

    fn token(&mut self, kind: Kind, start: usize, end: usize, operand_next: bool) -> Token {
        self.at = end;
        self.operand_next = operand_next;
        Token { kind, start, end }
    }

    /// Skips white space and comments; false when a comment never ends.
    fn skip_blank(&mut self) -> bool {
        while let Some(b) = self.byte(self.at) {
            match b {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if self.byte(self.at + 1) == Some(b'/') => match self.code[self.at..].find('\n') {
                    Some(n) => self.at += n + 1,
                    // An expression usually stands on one line: `{{ $json.a // why }}` ends with the template.
                    None => return false,
                },
                b'/' if self.byte(self.at + 1) == Some(b'*') => match self.code[self.at + 2..].find("*/") {
                    Some(n) => self.at += n + 4,
                    None => return false,
                },
                _ => break,
            }
        }
        true
    }

    fn quoted(&mut self, quote: u8) -> Token {
        let start = self.at;
        let mut i = start + 1;
        while let Some(b) = self.byte(i) {
            match b {
                b'\\' => i += 2,
                b'\n' => break,
                b if b == quote => return self.token(Kind::Text, start, i + 1, false),
                _ => i += 1,
            }
        }
        self.token(Kind::Broken, start, self.code.len(), false)
    }

    /// From the back-tick, or from behind the `}` that ended a `${`.
    fn template(&mut self, start: usize, first: bool) -> Token {
        let mut i = start + 1;
        while let Some(b) = self.byte(i) {
            match b {
                b'\\' => i += 2,
                b'`' => {
                    let kind = if first { Kind::Text } else { Kind::TemplatePiece };
                    return self.token(kind, start, i + 1, false);
                }
                b'$' if self.byte(i + 1) == Some(b'{') => {
                    self.braces.push(true);
                    return self.token(Kind::TemplatePiece, start, i + 2, true);
                }
                _ => i += 1,
            }
        }
        self.token(Kind::Broken, start, self.code.len(), false)
    }

    fn regex(&mut self) -> Token {
        let start = self.at;
        let (mut i, mut class) = (start + 1, false);
        while let Some(b) = self.byte(i) {
            match b {
                b'\\' => i += 1,
                b'\n' => break,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    let flags = self.code[i + 1..].bytes().take_while(u8::is_ascii_alphabetic).count();
                    return self.token(Kind::Regex, start, i + 1 + flags, false);
                }
                _ => {}
            }
            i += 1;
        }
        self.token(Kind::Broken, start, self.code.len(), false)
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        if !self.skip_blank() {
            return Some(self.token(Kind::Broken, start, self.code.len(), false));
        }
        let start = self.at;
        let first = self.code.get(start..)?.chars().next()?;
        Some(match first {
            '\'' | '"' => self.quoted(first as u8),
            '`' => self.template(start, true),
            '/' if self.operand_next => self.regex(),
            '{' => {
                self.braces.push(false);
                self.token(Kind::Mark(b'{'), start, start + 1, true)
            }
            '}' if self.braces.pop() == Some(true) => self.template(start, false),
            '}' => self.token(Kind::Mark(b'}'), start, start + 1, true),
            '0'..='9' => {
                let length =
                    self.code[start..].find(|c: char| !is_word(c) && c != '.').unwrap_or(self.code.len() - start);
                self.token(Kind::Number, start, start + length, false)
            }
            c if is_word(c) => {
                let length = self.code[start..].find(|c: char| !is_word(c)).unwrap_or(self.code.len() - start);
                let operand = OPERAND_AFTER.contains(&&self.code[start..start + length]);
                self.token(Kind::Word, start, start + length, operand)
            }
            c => {
                let mark = if c.is_ascii() { c as u8 } else { 0 };
                self.token(Kind::Mark(mark), start, start + c.len_utf8(), !matches!(c, ')' | ']'))
            }
        })
    }
}

/// Byte offset of the `}}` that ends the expression beginning at `start`, or `None` when there is none.
pub(super) fn end_of_expression(text: &str, start: usize) -> Option<usize> {
    let mut tokens = Tokens::new(text, start);
    loop {
        let depth = tokens.depth();
        let Some(token) = tokens.next() else { break };
        match token.kind {
            Kind::Mark(b'}') if depth == 0 && text[token.end..].starts_with('}') => return Some(token.start),
            Kind::Broken => break,
            _ => {}
        }
    }
    // A stray quote or brace: the nearest end, and the JavaScript compiler says what is wrong in between.
    text[start..].find("}}").map(|n| start + n)
}
