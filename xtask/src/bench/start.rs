//! From `exec` to the first answered webhook, on a folder that has been used before.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::http::Client;
use super::server::Server;
use super::{Record, flows};

const ROUNDS: usize = 5;

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let mut server = Server::new(program, None)?;
    server.start()?;
    server.publish(&flows::edit("start"))?;
    server.stop()?;

    let request = Client::request("POST", "/webhook/start", &[("content-type", "application/json")], flows::ORDER);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        server.spawn()?;
        loop {
            if let Ok(mut client) = Client::connect(server.address)
                && client.send(&request).is_ok_and(|(status, _)| status == 200)
            {
                break;
            }
            server.still_there(start + Duration::from_secs(30))?;
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
        if times.len() < ROUNDS {
            server.stop()?;
        }
    }
    times.sort_by(f64::total_cmp);
    std::thread::sleep(Duration::from_secs(3));
    Ok(vec![
        Record::new("start: to the first answered webhook, median", times[ROUNDS / 2], "ms"),
        Record::new("start: resident memory when idle", server.rss()?, "MB"),
    ])
}
