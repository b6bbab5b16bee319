//! Large flows in a browser, by `e2e/bench/canvas.bench.ts`.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::server::{self, Server};
use super::{Record, flows};
use crate::{sh, test};

#[derive(Deserialize)]
struct Measured {
    name: String,
    value: f64,
    unit: String,
}

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let mut server = Server::new(program, None)?;
    server.start()?;
    let ids = [1_000, 5_000].map(|count| server.flow(&flows::large(count)).map(|id| format!("{count}={id}")));
    let ids = ids.into_iter().collect::<Result<Vec<_>>>()?.join(",");
    let out = server.data.join("canvas.json");
    let mut playwright = test::browser::playwright("test")?;
    playwright.args(["--config", "bench/playwright.config.ts"]);
    playwright.env("FLUXO_URL", format!("http://{}", server.address)).env("FLUXO_FLOWS", ids).env("FLUXO_OUT", &out);
    playwright.env("FLUXO_EMAIL", server::EMAIL).env("FLUXO_PASSWORD", server::PASSWORD);
    sh::run(&mut playwright)?;
    let measured = std::fs::read(&out).context("The browser wrote no figures.")?;
    let measured = serde_json::from_slice::<Vec<Measured>>(&measured)?;
    Ok(measured.into_iter().map(|Measured { name, value, unit }| Record::new(&name, value, &unit)).collect())
}
