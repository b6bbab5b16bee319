//! Processor time of signing a PDF, by the library and by a flow, beside what the bare RSA operation and pyHanko cost;
//! and the memory that a large file needs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::http::Client;
use super::server::Server;
use super::{Record, flows};
use crate::{setup, sh};

const ROUNDS: u32 = 300;
const PASSWORD: &str = "s3cret";

pub fn run(program: &Path) -> Result<Vec<Record>> {
    setup::for_corpus()?;
    let mut server = Server::new(program, None)?;
    server.start()?;
    let credential = credential(&server)?;
    server.publish(&flows::sign("sign", &credential))?;
    server.publish(&flows::pass("pass"))?;

    let pdf = flows::pdf(100_000);
    let sign = per_request(&server, "/webhook/sign", &pdf)?;
    let pass = per_request(&server, "/webhook/pass", &pdf)?;
    let rsa = openssl_rsa2048()?;
    let mut records = library(&server.data, rsa)?;
    records.extend([
        Record::new("sign: the flow, CPU", sign * 1e3, "ms").versus("one RSA-2048 signature by openssl", rsa * 1e3),
        Record::new("sign: signing alone, CPU", (sign - pass) * 1e3, "ms")
            .versus("one RSA-2048 signature by openssl", rsa * 1e3),
    ]);
    Ok(records)
}

/// Stores a new certificate with its key on the server, and in its folder as `id.p12`; gives the credential's id.
pub fn credential(server: &Server) -> Result<String> {
    let p12 = identity(&server.data)?;
    let secret = json!({ "name": "Signer", "kind": "pkcs12", "secret": { "file": p12, "password": PASSWORD } });
    let credential = server.api("POST", "/credentials", &secret)?;
    Ok(credential["id"].as_str().context("The new credential has no id.")?.to_owned())
}

/// The library alone, with a key that is open already. `folder` has `id.p12`.
fn library(folder: &Path, rsa: f64) -> Result<Vec<Record>> {
    sh::run(sh::cargo().args(["build", "--release", "-p", "pdf", "--example", "speed"]))?;
    let small = folder.join("small.pdf");
    std::fs::write(&small, flows::pdf(100_000))?;
    let (small_ms, _) = speed(folder, &small, 500)?;
    let medium = folder.join("medium.pdf");
    std::fs::write(&medium, flows::pages(10, 1_000_000))?;
    let (medium_ms, _) = speed(folder, &medium, 20)?;
    let hash_ms = 10e6 / openssl_sha256()? * 1e3;
    let python = setup::python::pyhanko()?.with_file_name("python");
    let script = sh::root().join("xtask/src/bench/pyhanko_speed.py");
    let said = sh::output(sh::command(python).arg(script).arg(folder.join("id.p12")).arg(PASSWORD).arg(&small))?;
    let pyhanko_ms: f64 = said.trim().parse().with_context(|| format!("pyHanko's measurement said {said}"))?;
    let mut records = vec![
        Record::new("sign: the library, 100 kB, CPU", small_ms, "ms")
            .versus("one RSA-2048 signature by openssl", rsa * 1e3),
        Record::new("sign: pyHanko with an open key, 100 kB, CPU", pyhanko_ms, "ms").versus("the library", small_ms),
        Record::new("sign: the library, 10 MB, CPU", medium_ms, "ms").versus("one SHA-256 over it by openssl", hash_ms),
    ];
    for (name, file) in large(folder)? {
        let (ms, peak) = speed(folder, &file, 1)?;
        let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
        records.push(Record::new(&format!("sign: the library, 100 MB, {name}, CPU"), ms, "ms"));
        let memory = Record::new(&format!("sign: the library, 100 MB, {name}, memory"), peak / 1e6, "MB");
        records.push(memory.versus("the file's size", megabytes));
        std::fs::remove_file(file)?;
    }
    Ok(records)
}

/// Files of 100 MB in the shapes that cost differently.
fn large(folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let place = |name: &str| folder.join(name);
    let (plain, many, giant, sealed, damaged) =
        (place("plain.pdf"), place("many.pdf"), place("giant.pdf"), place("sealed.pdf"), place("damaged.pdf"));
    let pages = flows::pages(100, 1_000_000);
    std::fs::write(&plain, &pages)?;
    std::fs::write(&many, flows::pages(10_000, 10_000))?;
    std::fs::write(&giant, flows::pages(1, 100_000_000))?;
    let arguments = ["--encrypt", "", "owner", "256", "--", "--stream-data=preserve"];
    sh::run(sh::command("qpdf").args(arguments).arg(&plain).arg(&sealed))?;
    // The table is there, and nothing says where.
    let end = pages.windows(9).rposition(|window| window == b"startxref").context("The PDF has no end.")?;
    std::fs::write(&damaged, [&pages[..end], b"startxref\n7\n%%EOF\n"].concat())?;
    Ok(vec![
        ("100 pages", plain),
        ("10,000 pages", many),
        ("one stream", giant),
        ("AES-256", sealed),
        ("table damaged", damaged),
    ])
}

/// Milliseconds of processor time for a signature, and bytes of memory at the highest.
fn speed(folder: &Path, file: &Path, rounds: u32) -> Result<(f64, f64)> {
    let mut command = sh::command(sh::target().join("release/examples/speed"));
    command.arg(folder.join("id.p12")).arg(PASSWORD).arg(file).arg(rounds.to_string());
    let said = sh::output(&mut command)?;
    let mut numbers = said.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let both = numbers.next().zip(numbers.next());
    both.with_context(|| format!("The example printed something else than expected:\n{said}"))
}

/// Bytes per second of SHA-256 over large blocks: the last word of `sha256 … 1600000.00k`, in thousands.
fn openssl_sha256() -> Result<f64> {
    let arguments = ["speed", "-seconds", "1", "-bytes", "1048576", "-evp", "sha256"];
    let table = sh::output(sh::command("openssl").args(arguments))?;
    let line = table.lines().rev().find(|line| line.to_lowercase().starts_with("sha256"));
    let thousands: Option<f64> = line.and_then(|l| l.split_whitespace().last()?.trim_end_matches('k').parse().ok());
    thousands.map(|k| k * 1e3).with_context(|| format!("`openssl speed` printed another table than expected:\n{table}"))
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
pub fn openssl_rsa2048() -> Result<f64> {
    let table = sh::output(sh::command("openssl").args(["speed", "-seconds", "3", "rsa2048"]))?;
    let line = table.lines().rev().find(|line| line.contains("2048 bits"));
    let time =
        line.and_then(|line| line.split("bits").nth(1)?.split_whitespace().next()?.trim_end_matches('s').parse().ok());
    time.with_context(|| format!("`openssl speed` printed another table than expected:\n{table}"))
}
