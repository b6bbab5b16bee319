//! What one signature costs: `speed KEY.p12 PASSWORD FILE.pdf ROUNDS` prints the processor time of a signature and the
//! process's highest memory. `cargo xtask bench sign` shows it beside what other programs need.

use pdf::{Identity, SignOptions};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, password, file, rounds] = &arguments[..] else { panic!("usage: speed KEY.p12 PASSWORD FILE.pdf ROUNDS") };
    let key = std::fs::read(key).expect("the PKCS#12 file can be read");
    let identity = Identity::from_pkcs12(&key, password).expect("the PKCS#12 file opens with the password");
    let input = std::fs::read(file).expect("the PDF can be read");
    let rounds: u32 = rounds.parse().expect("a number of rounds");
    let options = SignOptions::default();
    let now = jiff::Timestamp::now();
    // The first one also opens the library's source of random numbers.
    pdf::sign(&input, &identity, &options, now).expect("the PDF can be signed");
    let before = processor_nanoseconds();
    for _ in 0..rounds {
        pdf::sign(&input, &identity, &options, now).expect("the PDF can be signed");
    }
    let each = (processor_nanoseconds() - before) as f64 / f64::from(rounds) / 1e6;
    println!("{each:.4} ms {} bytes", peak());
}

/// Processor time of this thread (Linux).
fn processor_nanoseconds() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    times.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// The highest memory of the process, in bytes (Linux).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
