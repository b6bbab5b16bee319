//! How much processor time one signature costs: signs a PDF of 100 KB with RSA-2048 and prints
//! `{"cpu_ms", "bytes", "signatures"}` as JSON. Arguments: the PKCS#12 file, its password, how many (1000).

use std::process::ExitCode;

use jiff::Timestamp;
use nodes::pdf::{Identity, SignOptions, sign};

fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, password, rest @ ..] = &arguments[..] else {
        return Err("Give a PKCS#12 file and its password, and optionally a number of signatures.".into());
    };
    let count: u32 = rest.first().map_or(Ok(1000), |n| n.parse()).map_err(|_| "The count is not a number.")?;
    let file = std::fs::read(file).map_err(|error| format!("{file} cannot be read: {error}"))?;
    let identity = Identity::from_pkcs12(&file, password).map_err(|error| error.to_string())?;
    let pdf = document(100_000);
    let options = SignOptions { reason: "Benchmark".into(), ..SignOptions::default() };
    let once = || sign(&pdf, &identity, &options, Timestamp::now()).map_err(|error| error.to_string());
    for _ in 0..20 {
        once()?;
    }
    let before = cpu_ms()?;
    for _ in 0..count {
        once()?;
    }
    let each = (cpu_ms()? - before) / f64::from(count.max(1));
    Ok(format!(r#"{{"cpu_ms":{each:.4},"bytes":{},"signatures":{count}}}"#, pdf.len()))
}

/// A PDF of ten pages and about `bytes` bytes, most of it in content that does not compress.
fn document(bytes: usize) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    let mut object = |out: &mut Vec<u8>, body: &[u8]| {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", offsets.len()).as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    };
    object(&mut out, b"<</Type/Catalog /Pages 2 0 R>>");
    let kids: String = (0..10).map(|n| format!("{} 0 R ", 3 + 2 * n)).collect();
    object(&mut out, format!("<</Type/Pages /Count 10 /Kids [{kids}] /MediaBox [0 0 595 842]>>").as_bytes());
    let mut state = 1u32;
    for n in 0..10 {
        let content: Vec<u8> = (0..bytes / 10 - 250)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'0' + (state >> 24) as u8 % 10
            })
            .collect();
        object(&mut out, format!("<</Type/Page /Parent 2 0 R /Contents {} 0 R>>", 4 + 2 * n).as_bytes());
        let head = format!("<</Length {}>>\nstream\n%", content.len() + 1);
        object(&mut out, &[head.as_bytes(), &content, b"\nendstream"].concat());
    }
    let start = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).as_bytes());
    for offset in &offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let size = offsets.len() + 1;
    out.extend_from_slice(format!("trailer\n<</Size {size} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    out
}

/// Processor time of this process so far, from Linux's accounting.
fn cpu_ms() -> Result<f64, String> {
    let text =
        std::fs::read_to_string("/proc/self/schedstat").map_err(|e| format!("Processor time cannot be read: {e}"))?;
    let nanoseconds: f64 =
        text.split_whitespace().next().and_then(|n| n.parse().ok()).ok_or("Processor time is missing.")?;
    Ok(nanoseconds / 1e6)
}
