//! The process that signs: started again when it crashed or takes too long.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Outcome;
use super::material::{Material, PASSWORD};
use crate::sh;

/// Longer than this is a fault: the median is a millisecond.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Signer<'m> {
    material: &'m Material,
    process: Option<Process>,
}

struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl<'m> Signer<'m> {
    pub fn new(material: &'m Material) -> Self {
        Self { material, process: None }
    }

    pub fn sign(&mut self, file: &Path, once: &Path, twice: &Path, password: Option<&str>) -> Outcome {
        let mut outcome = Outcome::default();
        match self.ask(file, once, twice, password) {
            Ok(answer) => read(&answer, &mut outcome),
            Err(code) => {
                if let Some(mut process) = self.process.take() {
                    let _ = process.child.kill();
                    let _ = process.child.wait();
                }
                outcome.refused = Some(code.to_owned());
            }
        }
        outcome
    }

    fn ask(&mut self, file: &Path, once: &Path, twice: &Path, password: Option<&str>) -> Result<Value, &'static str> {
        if self.process.is_none() {
            self.process = Some(Process::start(self.material).map_err(|_| "signer_did_not_start")?);
        }
        let Some(process) = &mut self.process else { return Err("signer_did_not_start") };
        let password = password.map(|password| format!("\t{password}")).unwrap_or_default();
        let line = format!("{}\t{}\t{}{password}\n", file.display(), once.display(), twice.display());
        process.input.write_all(line.as_bytes()).and_then(|()| process.input.flush()).map_err(|_| "crash")?;
        let answer = process.answers.recv_timeout(LIMIT).map_err(|error| match error {
            std::sync::mpsc::RecvTimeoutError::Timeout => "timeout",
            std::sync::mpsc::RecvTimeoutError::Disconnected => "crash",
        })?;
        serde_json::from_str(&answer).map_err(|_| "crash")
    }
}

impl Process {
    fn start(material: &Material) -> Result<Self> {
        let mut command = sh::command(sh::target().join("release/examples/corpus"));
        command.arg(material.path("first.p12")).arg(material.path("second.p12")).arg(PASSWORD);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("Can't start the signer.")?;
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, input, answers })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(answer: &Value, outcome: &mut Outcome) {
    let first = &answer["first"];
    outcome.ms = first["ms"].as_f64().unwrap_or_default();
    outcome.peak = first["peak"].as_u64().unwrap_or_default();
    if let Some(code) = first["code"].as_str() {
        outcome.refused = Some(code.to_owned());
        return;
    }
    for (times, step) in [("once", first), ("twice", &answer["second"])] {
        match step["code"].as_str() {
            Some(code) => outcome.refused_second = Some(code.to_owned()),
            None if step["prefix"] != true => {
                outcome.problems.push(("prefix".into(), format!("{times}: the input is not the output's beginning")));
            }
            None => {}
        }
    }
}
