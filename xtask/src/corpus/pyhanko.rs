//! pyHanko over all signed files, in one Python process.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::material::Material;
use super::{Outcome, signed};
use crate::{setup, sh};

pub fn judge(material: &Material, out: &Path, outcomes: &mut [Outcome]) -> Result<()> {
    let python = setup::python::pyhanko()?.with_file_name("python");
    let mut list = String::new();
    for (at, outcome) in outcomes.iter().enumerate().filter(|(_, outcome)| outcome.refused.is_none()) {
        let [once, twice] = signed(out, at);
        let (file, added) = if outcome.refused_second.is_none() { (twice, 2) } else { (once, 1) };
        let password = outcome.password.as_deref().unwrap_or_default();
        list += &format!("{at}\t{added}\t{}\t{password}\n", file.display());
    }
    let paths = material.path("pyhanko.txt");
    std::fs::write(&paths, list)?;
    let script = sh::root().join("xtask/src/corpus/pyhanko_judge.py");
    let text = sh::output(sh::command(python).arg(script).arg(material.path("root.pem")).arg(paths))?;
    for line in text.lines() {
        let answer: Value = serde_json::from_str(line)?;
        let at = answer["at"].as_u64().unwrap_or_default() as usize;
        let Some(outcome) = outcomes.get_mut(at) else { continue };
        if let Some(problem) = answer["problem"].as_str() {
            outcome.problems.push(("pyHanko".into(), problem.to_owned()));
        }
        if let Some(limit) = answer["unreadable"].as_str() {
            outcome.remarks.push(format!("pyHanko can't judge it: {limit}"));
        }
    }
    Ok(())
}
