//! Processor time of signing a 100 kB PDF by a flow, beside what the bare RSA operation costs.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::http::Client;
use super::server::Server;
use super::{Record, flows};
use crate::sh;

const ROUNDS: u32 = 300;
const PASSWORD: &str = "s3cret";

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let mut server = Server::new(program, None)?;
    server.start()?;
    let p12 = identity(&server.data)?;
    let credential = server.api(
        "POST",
        "/credentials",
        &json!({ "name": "Signer", "kind": "pkcs12", "secret": { "file": p12, "password": PASSWORD } }),
    )?;
    let credential = credential["id"].as_str().context("The new credential has no id.")?;
    server.publish(&flows::sign("sign", credential))?;
    server.publish(&flows::pass("pass"))?;

    let pdf = flows::pdf(100_000);
    let sign = per_request(&server, "/webhook/sign", &pdf)?;
    let pass = per_request(&server, "/webhook/pass", &pdf)?;
    let rsa = openssl_rsa2048()?;
    Ok(vec![
        Record::new("sign: the flow, CPU", sign * 1e3, "ms").versus("one RSA-2048 signature by openssl", rsa * 1e3),
        Record::new("sign: signing alone, CPU", (sign - pass) * 1e3, "ms")
            .versus("one RSA-2048 signature by openssl", rsa * 1e3),
    ])
}

/// Seconds of the server's processor time for one request.
fn per_request(server: &Server, path: &str, pdf: &[u8]) -> Result<f64> {
    let request = Client::request("POST", path, &[("content-type", "application/pdf")], pdf);
    let mut client = Client::connect(server.address)?;
    let mut before = 0.0;
    for round in 0..ROUNDS + 20 {
        if round == 20 {
            before = server.cpu()?;
        }
        let (status, body) = client.send(&request)?;
        if status != 200 || !body.starts_with(b"%PDF-") {
            bail!("{path} answered {status}: {}", String::from_utf8_lossy(&body[..body.len().min(500)]));
        }
    }
    Ok((server.cpu()? - before) / f64::from(ROUNDS))
}

/// A PKCS#12 with a new RSA-2048 key, as base64.
fn identity(folder: &Path) -> Result<String> {
    let openssl = |args: &[&str]| sh::output(sh::command("openssl").args(args).current_dir(folder));
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-days",
        "30",
        "-subj",
        "/CN=Bench",
    ])?;
    openssl(&[
        "pkcs12",
        "-export",
        "-inkey",
        "key.pem",
        "-in",
        "cert.pem",
        "-passout",
        &format!("pass:{PASSWORD}"),
        "-out",
        "id.p12",
    ])?;
    Ok(openssl(&["base64", "-A", "-in", "id.p12"])?.trim().to_owned())
}

/// Seconds of one private-key operation: the fourth word of `rsa 2048 bits 0.000500s …`.
fn openssl_rsa2048() -> Result<f64> {
    let table = sh::output(sh::command("openssl").args(["speed", "-seconds", "3", "rsa2048"]))?;
    let line = table.lines().rev().find(|line| line.contains("2048 bits"));
    let time =
        line.and_then(|line| line.split("bits").nth(1)?.split_whitespace().next()?.trim_end_matches('s').parse().ok());
    time.with_context(|| format!("`openssl speed` printed another table than expected:\n{table}"))
}
