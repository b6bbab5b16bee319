//! Requests per second of webhook → edit three fields by expressions → respond, every run saved, beside a bare axum handler
//! that does one durable insert through the same writer; and the same flow on PostgreSQL.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::Client;
use super::load::{Load, load};
use super::server::Server;
use super::{Record, flows};
use crate::test::postgres::Postgres;
use crate::{run, sh};

const CONNECTIONS: usize = 32;
const TIME: Duration = Duration::from_secs(10);

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let bare = bare()?;
    let mut server = Server::new(program, None)?;
    let sqlite = flow(&mut server)?;
    let memory = server.rss()?;
    drop(server);

    let postgres = Postgres::start()?;
    let mut server = Server::new(program, Some(postgres.url()))?;
    let on_postgres = flow(&mut server)?;
    drop(server);

    let yardstick = "a bare durable insert";
    Ok(vec![
        Record::new("webhook: a bare durable insert", bare.per_second, "req/s"),
        Record::new("webhook: on SQLite", sqlite.per_second, "req/s").versus(yardstick, bare.per_second),
        Record::new("webhook: on SQLite, 99 of 100 within", sqlite.p99, "ms").versus(yardstick, bare.p99),
        Record::new("webhook: on PostgreSQL", on_postgres.per_second, "req/s").versus("SQLite", sqlite.per_second),
        Record::new("webhook: on PostgreSQL, 99 of 100 within", on_postgres.p99, "ms").versus("SQLite", sqlite.p99),
        Record::new("webhook: resident memory after the load", memory, "MB"),
    ])
}

fn flow(server: &mut Server) -> Result<Load> {
    server.start()?;
    server.publish(&flows::edit("load"))?;
    let request = Client::request("POST", "/webhook/load", &[("content-type", "application/json")], flows::ORDER);
    let mut client = Client::connect(server.address)?;
    let (status, answer) = client.send(&request)?;
    if status != 200 || !String::from_utf8_lossy(answer).contains(flows::ANSWER) {
        bail!("The flow answered {status}: {}", String::from_utf8_lossy(answer));
    }
    load(server.address, &request, CONNECTIONS, TIME)
}

/// The yardstick: `server/examples/bare_insert.rs`.
fn bare() -> Result<Load> {
    run::server(true, &["--example", "bare_insert"])?;
    let folder = sh::target().join("bench").join(format!("bare-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let address: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut program = sh::command(sh::target().join("release/examples/bare_insert"));
    program.arg(address.to_string()).arg(&folder).stdin(Stdio::null());
    let server = Running(program.spawn().context("Can't start the bare handler.")?);
    let end = Instant::now() + Duration::from_secs(10);
    while Client::connect(address).is_err() {
        if Instant::now() > end {
            bail!("The bare handler does not answer.");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let request = Client::request("POST", "/", &[("content-type", "application/json")], flows::ORDER);
    let measured = load(address, &request, CONNECTIONS, TIME);
    drop(server);
    std::fs::remove_dir_all(&folder)?;
    measured
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
