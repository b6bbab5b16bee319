//! Measurements: a table for people and `target/bench.json` for programs.

use std::fmt::Write;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::sh;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {}

/// One figure. `versus` says what `ratio` compares `value` with, measured in the same run.
#[derive(Serialize)]
pub struct Record {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    pub versus: Option<String>,
    pub ratio: Option<f64>,
}

pub fn run(names: &[Name]) -> Result<()> {
    let records = Vec::<Record>::new();
    let _ = names;
    print!("{}", table(&records));
    let file = sh::root().join("target/bench.json");
    std::fs::create_dir_all(sh::root().join("target"))?;
    std::fs::write(&file, serde_json::to_vec_pretty(&records)?)?;
    println!("\n  {}", file.display());
    Ok(())
}

fn table(records: &[Record]) -> String {
    let mut table = String::new();
    for record in records {
        let _ = writeln!(table, "{} {} {}", record.name, record.value, record.unit);
    }
    table
}
