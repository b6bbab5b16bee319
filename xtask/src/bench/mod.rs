//! Measurements: a table for people and `target/bench.json` for programs. Every figure that has a yardstick is compared
//! with it in the same run, on the same machine.

mod batch;
mod canvas;
mod flows;
mod http;
mod job;
mod load;
mod server;
mod sign;
mod start;
mod webhook;

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use server::Server;

use crate::{run, setup, sh, test};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Cold start to the first answered webhook, memory when idle
    Start,
    /// Requests per second of a small flow beside a bare durable insert, also on PostgreSQL
    Webhook,
    /// Processor time of signing a PDF beside the bare RSA operation
    Sign,
    /// 1,000 PDFs through a flow that signs them, per second
    Batch,
    /// Flows of 1,000 and 5,000 nodes in a browser
    Canvas,
    /// A container as a node beside the same Job made with kubectl, its lines in a browser, the image's size
    Job,
}

/// One figure. `versus` says what `ratio` compares `value` with, measured in the same run.
#[derive(Clone, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub value: f64,
    pub unit: String,
    pub versus: Option<String>,
    pub ratio: Option<f64>,
}

impl Record {
    pub fn new(name: &str, value: f64, unit: &str) -> Record {
        Record { name: name.to_owned(), value, unit: unit.to_owned(), versus: None, ratio: None }
    }

    /// Compares with `other`, called `what`.
    pub fn versus(mut self, what: &str, other: f64) -> Record {
        self.versus = Some(what.to_owned());
        self.ratio = Some(self.value / other);
        self
    }
}

/// Runs `names`, or all; each builds on the optimised program. What was measured is shown and written even if a later one fails.
pub fn run(names: &[Name]) -> Result<()> {
    let names = if names.is_empty() { Name::value_variants() } else { names };
    setup::all(false)?;
    let program = run::build(true)?;
    let mut records = Vec::new();
    let mut failed = Vec::new();
    for name in names {
        let title = name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        println!("  measuring {title} …");
        let measured = match name {
            Name::Start => start::run(&program),
            Name::Webhook => webhook::run(&program),
            Name::Sign => sign::run(&program),
            Name::Batch => batch::run(&program),
            Name::Canvas => canvas::run(&program),
            Name::Job => job::run(&program),
        };
        match measured {
            Ok(more) => records.extend(more),
            Err(error) => {
                eprintln!("{error:#}");
                failed.push(title);
            }
        }
    }
    print!("\n{}", table(&records));
    let folder = sh::root().join("target");
    std::fs::create_dir_all(&folder).with_context(|| format!("Can't make {}.", folder.display()))?;
    let file = folder.join("bench.json");
    let former = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    std::fs::write(&file, serde_json::to_vec_pretty(&beside(former, records))?)?;
    println!("\n  {}", file.display());
    if !failed.is_empty() {
        bail!("Failed: {}.", failed.join(", "));
    }
    Ok(())
}

/// What was measured now, beside what other names measured before.
fn beside(former: Vec<Record>, records: Vec<Record>) -> Vec<Record> {
    let group = |record: &Record| record.name.split(':').next().unwrap_or_default().to_owned();
    let measured: Vec<String> = records.iter().map(group).collect();
    former.into_iter().filter(|record| !measured.contains(&group(record))).chain(records).collect()
}

/// Measures in a browser, by `e2e/bench/NAME.bench.ts`, which gets `more` in its environment.
fn in_browser(server: &Server, name: &str, more: &[(&str, &str)]) -> Result<Vec<Record>> {
    #[derive(Deserialize)]
    struct Measured {
        name: String,
        value: f64,
        unit: String,
    }

    let out = server.data.join(format!("{name}.json"));
    let mut playwright = test::browser::playwright("test")?;
    playwright.args(["--config", "bench/playwright.config.ts", &format!("{name}.bench.ts")]);
    playwright.env("FLUXO_URL", format!("http://{}", server.address)).env("FLUXO_OUT", &out);
    playwright.env("FLUXO_EMAIL", server::EMAIL).env("FLUXO_PASSWORD", server::PASSWORD);
    playwright.envs(more.iter().copied());
    sh::run(&mut playwright)?;
    let measured = std::fs::read(&out).context("The browser wrote no figures.")?;
    let measured = serde_json::from_slice::<Vec<Measured>>(&measured)?;
    Ok(measured.into_iter().map(|Measured { name, value, unit }| Record::new(&name, value, &unit)).collect())
}

fn table(records: &[Record]) -> String {
    let wide = records.iter().map(|record| record.name.chars().count()).max().unwrap_or(0);
    let mut table = String::new();
    for Record { name, value, unit, versus, ratio } in records {
        let _ = write!(table, "  {name:<wide$}  {:>10} {unit:<9}", number(*value));
        if let (Some(versus), Some(ratio)) = (versus, ratio) {
            let _ = write!(table, "  {} × {versus}", number(*ratio));
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    table
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        some if some >= 10.0 => format!("{value:.1}"),
        small if small >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lines_up_and_names_the_yardstick() {
        let records =
            [Record::new("webhook", 5123.4, "req/s").versus("bare insert", 8000.0), Record::new("start", 0.0421, "s")];
        let expected = "  webhook        5123 req/s      0.640 × bare insert\n  start         0.042 s\n";
        assert_eq!(table(&records), expected);
    }

    #[test]
    fn what_was_measured_before_stays_unless_it_is_measured_again() {
        let record = |name: &str, value: f64| Record::new(name, value, "ms");
        let former = vec![record("sign: a", 1.0), record("job: a", 2.0), record("job: b", 3.0)];
        let all = beside(former, vec![record("job: a", 4.0)]);
        let all: Vec<(&str, f64)> = all.iter().map(|r| (r.name.as_str(), r.value)).collect();
        assert_eq!(all, [("sign: a", 1.0), ("job: a", 4.0)]);
    }
}
