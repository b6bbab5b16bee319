//! The chart's README: `README.md.in` and a table of what `values.yaml` says in its `# --` lines.

use std::fmt::Write;

/// A documented value: `image.tag`, its default, what it means.
struct Row {
    path: String,
    default: String,
    meaning: String,
}

/// The README's text.
pub fn text(intro: &str, values: &str) -> String {
    let mut text = format!("{intro}| value | default | meaning |\n|---|---|---|\n");
    for Row { path, default, meaning } in rows(values) {
        let _ = writeln!(text, "| `{path}` | `{default}` | {meaning} |");
    }
    text
}

fn rows(values: &str) -> Vec<Row> {
    let lines = values.lines().collect::<Vec<_>>();
    let mut rows = Vec::new();
    // Names of the objects that a line is in, with their depth.
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut meaning = None;
    for (number, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        if let Some(words) = text.strip_prefix("# -- ") {
            meaning = Some(words);
            continue;
        }
        let Some((name, value)) = text.split_once(':').filter(|_| !text.starts_with('#')) else { continue };
        let depth = line.len() - text.len();
        above.retain(|(other, _)| *other < depth);
        above.push((depth, name));
        let Some(meaning) = meaning.take() else { continue };
        let path = above.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(".");
        let default = match value.trim() {
            "" => block(&lines[number + 1..], depth),
            inline => inline.to_owned(),
        };
        rows.push(Row { path, default, meaning: meaning.replace('|', "\\|") });
    }
    rows
}

/// The lines that are deeper than `depth`, in one.
fn block(lines: &[&str], depth: usize) -> String {
    let deeper = lines.iter().take_while(|line| line.len() - line.trim_start().len() > depth);
    format!("{{{}}}", deeper.map(|line| line.trim()).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sh;

    #[test]
    fn the_readme_is_what_the_values_say() {
        let chart = sh::root().join("charts/fluxo");
        let read = |name: &str| std::fs::read_to_string(chart.join(name)).unwrap_or_default();
        let wanted = text(&read("README.md.in"), &read("values.yaml"));
        if std::env::var_os("FLUXO_UPDATE").is_some() {
            std::fs::write(chart.join("README.md"), &wanted).unwrap();
        }
        assert!(
            read("README.md") == wanted,
            "charts/fluxo/README.md is not what values.yaml says. Run: FLUXO_UPDATE=1 cargo test -p xtask readme"
        );
    }

    #[test]
    fn every_value_is_explained() {
        let values = std::fs::read_to_string(sh::root().join("charts/fluxo/values.yaml")).unwrap();
        let explained = rows(&values).len();
        // A line with a value of its own, outside of a block that is explained as a whole.
        let lines = values.lines().filter(|line| line.trim_start().starts_with("# -- ")).count();
        assert_eq!(explained, lines);
        assert!(explained > 40, "{explained}");
    }

    #[test]
    fn nested_values_have_their_path_and_blocks_their_text() {
        let values = "image:\n  # -- Its tag.\n  tag: \"\"\n# -- What it takes.\nresources:\n  limits: {memory: 1Gi}\n  requests: {cpu: 1}\n";
        let rows = rows(values);
        assert_eq!(rows[0].path, "image.tag");
        assert_eq!(rows[1].default, "{limits: {memory: 1Gi}, requests: {cpu: 1}}");
    }
}
