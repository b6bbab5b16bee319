//! Large flows in a browser, by `e2e/bench/canvas.bench.ts`.

use std::path::Path;

use anyhow::Result;

use super::server::Server;
use super::{Record, flows, in_browser};

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let mut server = Server::new(program, None)?;
    server.start()?;
    let ids = [1_000, 5_000].map(|count| server.flow(&flows::large(count)).map(|id| format!("{count}={id}")));
    let ids = ids.into_iter().collect::<Result<Vec<_>>>()?.join(",");
    in_browser(&server, "canvas", &[("FLUXO_FLOWS", &ids)])
}
