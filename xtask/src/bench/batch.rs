//! A thousand PDFs through a flow: read from a folder, signed, written to another; beside the same flow without signing,
//! and beside what two cores could do if they did nothing but RSA.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::server::Server;
use super::{Record, flows, sign};

const FILES: usize = 1000;
const SIZE: usize = 100_000;
const LONG: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(10);

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let mut server = Server::new(program, None)?;
    // The folder that file nodes may use without a setting.
    let files = server.data.join("files");
    for folder in ["inbox", "signed", "copied"] {
        std::fs::create_dir_all(files.join(folder))?;
    }
    let pdf = flows::pdf(SIZE);
    for number in 0..FILES {
        std::fs::write(files.join("inbox").join(format!("{number}.pdf")), &pdf)?;
    }
    server.start()?;
    let credential = sign::credential(&server)?;
    let signed = once(&server, &flows::folder("signed", Some(&credential)))?;
    let made = std::fs::read_dir(files.join("signed"))?.count();
    if made != FILES {
        bail!("{made} of {FILES} files were signed.");
    }
    let copied = once(&server, &flows::folder("copied", None))?;
    let rsa = sign::openssl_rsa2048()?;
    let cores = std::thread::available_parallelism()?.get() as f64;
    let count = FILES as f64;
    Ok(vec![
        Record::new("batch: 1,000 PDFs of 100 kB signed by a flow", count / signed.seconds, "files/s")
            .versus("RSA-2048 by openssl on all cores", cores / rsa),
        Record::new("batch: the same without signing", count / copied.seconds, "files/s"),
        Record::new("batch: CPU of a file", signed.cpu / count * 1e3, "ms"),
        Record::new("batch: CPU of a file without signing", copied.cpu / count * 1e3, "ms"),
        Record::new("batch: memory afterwards", server.rss()?, "MB"),
    ])
}

struct Took {
    seconds: f64,
    cpu: f64,
}

/// Runs the flow once, to its end.
fn once(server: &Server, flow: &Value) -> Result<Took> {
    let flow = server.flow(flow)?;
    let (start, before) = (Instant::now(), server.cpu()?);
    let run = server.api("POST", &format!("/flows/{flow}/runs"), &json!({}))?;
    let path = format!("/runs/{}", run["id"].as_str().context("The run has no id.")?);
    loop {
        let run = server.api("GET", &path, &Value::Null)?;
        match run["status"].as_str() {
            Some("succeeded") => break,
            Some("failed" | "cancelled") => bail!("The run ended otherwise: {}", run["error"]),
            _ if start.elapsed() > LONG => bail!("The run does not end."),
            _ => std::thread::sleep(LOOK),
        }
    }
    Ok(Took { seconds: start.elapsed().as_secs_f64(), cpu: server.cpu()? - before })
}
