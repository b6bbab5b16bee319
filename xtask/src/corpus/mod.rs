//! `cargo xtask pdf-corpus FOLDER`: signs every PDF below a folder, twice, and lets other people's programs judge.
//!
//! Per file: the input is the beginning of the output; `pdfsig` and pyHanko call both signatures valid, trusted and
//! whole; `qpdf --check` complains no more than before; the first pages render the same; earlier fields and
//! signatures are there and judged as before. A crash of one file is counted and does not end the run.

mod judges;
mod material;
mod passwords;
mod pyhanko;
mod signer;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use crate::{setup, sh};
use material::Material;

#[derive(Args)]
pub struct CorpusArgs {
    /// The folder with the PDFs
    folder: PathBuf,
    /// Files at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only files whose path has this in it
    #[arg(long)]
    only: Option<String>,
    /// Where to leave the signed files; without it they are removed
    #[arg(long)]
    keep: Option<PathBuf>,
    /// A list of the passwords that open files: lines of a file name and a password, separated by a tab
    #[arg(long)]
    passwords: Option<PathBuf>,
    /// Fail unless at least so many files are signed and pass all checks
    #[arg(long)]
    gate: Option<usize>,
}

/// What happened to one file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    pub file: String,
    pub bytes: u64,
    /// What opens it.
    #[serde(skip)]
    pub password: Option<String>,
    /// The code of the error, if it was refused: `crash` and `timeout` are ours.
    pub refused: Option<String>,
    pub refused_second: Option<String>,
    /// Milliseconds of signing, and bytes of memory at its highest.
    pub ms: f64,
    pub peak: u64,
    /// What a judge found wrong: judge and words.
    pub problems: Vec<(String, String)>,
    /// What differs although it is no fault of ours, such as a page that rendered only after signing.
    pub remarks: Vec<String>,
}

pub fn run(args: &CorpusArgs) -> Result<()> {
    setup::for_corpus()?;
    sh::run(sh::cargo().args(["build", "--release", "-p", "pdf", "--example", "corpus"]))?;
    let mut files = Vec::new();
    collect(&args.folder, &mut files)?;
    files.sort();
    files.retain(|file| args.only.as_ref().is_none_or(|only| file.to_string_lossy().contains(only)));
    if files.is_empty() {
        bail!("There is no PDF below {}.", args.folder.display());
    }
    let folder = sh::target().join("pdf-corpus");
    let out = args.keep.clone().unwrap_or_else(|| folder.join("signed"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&out)?;
    let out = out.canonicalize()?;
    let material = Material::make(&folder)?;
    let passwords = passwords::Passwords::read(args.passwords.as_deref())?;

    println!("  {} files, {} at a time", files.len(), args.jobs);
    let queue = Mutex::new(files.iter().enumerate());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            scope.spawn(|| worker(&queue, &results, &material, &passwords, &out, &args.folder));
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    let mut outcomes = results.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>();
    println!("  pyHanko …");
    pyhanko::judge(&material, &out, &mut outcomes)?;

    print!("\n{}", table::of(&outcomes));
    let file = folder.join("report.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&outcomes)?)?;
    println!("\n  {}", file.display());
    if args.keep.is_none() {
        std::fs::remove_dir_all(&out)?;
    }
    let good = outcomes.iter().filter(|outcome| outcome.refused.is_none() && outcome.problems.is_empty()).count();
    let crashed = outcomes.iter().filter(|outcome| outcome.crashed()).count();
    if crashed > 0 {
        bail!("{crashed} files made the signer crash or take too long.");
    }
    if let Some(gate) = args.gate.filter(|gate| good < *gate) {
        bail!("{good} files passed, {gate} are required.");
    }
    Ok(())
}

impl Outcome {
    pub fn crashed(&self) -> bool {
        [&self.refused, &self.refused_second].iter().any(|code| matches!(code.as_deref(), Some("crash" | "timeout")))
    }
}

/// Where the signed files of the file number `at` are.
pub fn signed(out: &Path, at: usize) -> [PathBuf; 2] {
    ["once", "twice"].map(|times| out.join(format!("{at:05}-{times}.pdf")))
}

fn worker<'a>(
    queue: &Mutex<impl Iterator<Item = (usize, &'a PathBuf)>>,
    results: &Mutex<Vec<(usize, Outcome)>>,
    material: &Material,
    passwords: &passwords::Passwords,
    out: &Path,
    root: &Path,
) {
    let mut signer = signer::Signer::new(material);
    loop {
        let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        let Some((at, file)) = next else { return };
        let [once, twice] = signed(out, at);
        let password = passwords.of(file);
        let mut outcome = signer.sign(file, &once, &twice, password);
        outcome.password = password.map(str::to_owned);
        outcome.file = file.strip_prefix(root).unwrap_or(file).display().to_string();
        outcome.bytes = file.metadata().map_or(0, |data| data.len());
        if outcome.refused.is_none() {
            judges::all(&mut outcome, material, file, &once, &twice);
        }
        if at % 100 == 99 {
            println!("  {} …", at + 1);
        }
        results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, outcome));
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf")) {
            files.push(path);
        }
    }
    Ok(())
}
