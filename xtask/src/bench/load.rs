//! Many clients at once, each sending its next request when the last one was answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::http::Client;

/// What a load found out.
pub struct Load {
    pub per_second: f64,
    /// Milliseconds that 99 of 100 requests stayed under.
    pub p99: f64,
}

/// Sends `request` over `connections` kept connections for `time`, after a warm-up of a fifth of it. Every answer must be 200.
pub fn load(address: SocketAddr, request: &[u8], connections: usize, time: Duration) -> Result<Load> {
    let start = Instant::now() + time / 5;
    let end = start + time;
    let results = std::thread::scope(|scope| {
        let client = || -> Result<Vec<Duration>> {
            let mut client = Client::connect(address)?;
            let mut times = Vec::new();
            loop {
                let sent = Instant::now();
                if sent >= end {
                    return Ok(times);
                }
                let (status, body) = client.send(request)?;
                if status != 200 {
                    bail!("The server answered {status}: {}", String::from_utf8_lossy(body));
                }
                if sent >= start {
                    times.push(sent.elapsed());
                }
            }
        };
        let threads = (0..connections).map(|_| scope.spawn(client)).collect::<Vec<_>>();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("A client panicked."))?)
            .collect::<Result<Vec<_>>>()
    })?;
    let mut times = results.concat();
    if times.is_empty() {
        bail!("No request was answered in time.");
    }
    times.sort();
    let p99 = times[(times.len() - 1) * 99 / 100];
    Ok(Load { per_second: times.len() as f64 / time.as_secs_f64(), p99: p99.as_secs_f64() * 1e3 })
}
