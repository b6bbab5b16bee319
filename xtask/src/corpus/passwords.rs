//! The passwords that open files of a corpus, from a list that its makers publish.

use std::path::Path;

use anyhow::{Context, Result};

/// File names and the passwords that open them.
pub struct Passwords(Vec<(String, String)>);

impl Passwords {
    pub fn read(list: Option<&Path>) -> Result<Passwords> {
        let Some(list) = list else { return Ok(Passwords(Vec::new())) };
        let text = std::fs::read_to_string(list).with_context(|| format!("Can't read {}.", list.display()))?;
        Ok(Passwords::parse(&text))
    }

    fn parse(text: &str) -> Passwords {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Passwords(lines.filter_map(|line| line.split_once('\t')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect())
    }

    /// The password of a file. Collections put the folder into the name: `pdfs_a.pdf` is `a.pdf` too.
    pub fn of(&self, file: &Path) -> Option<&str> {
        let name = file.file_name()?.to_string_lossy();
        let is = |listed: &str| name.strip_suffix(listed).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
        self.0.iter().find(|(listed, _)| is(listed)).map(|(_, password)| password.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_the_end_of_their_names() {
        let passwords = Passwords::parse("# from somewhere\na.pdf\tsecret\nb.pdf\tæ ø\n\nnothing");
        let check = |file: &str, expected: Option<&str>| assert_eq!(passwords.of(Path::new(file)), expected, "{file}");
        check("x/a.pdf", Some("secret"));
        check("x/test_pdfs_b.pdf", Some("æ ø"));
        check("x/aa.pdf", None);
        check("nothing", None);
    }
}
