//! The project's own tasks. Each says what it does, may be repeated, and skips what is done already.
//!
//! `cargo xtask run` and `cargo xtask test` are all a newcomer needs; the others are their parts.

mod bench;
mod chart;
mod cluster;
mod corpus;
mod fuzz;
#[cfg(test)]
mod graph;
mod image;
mod run;
mod setup;
mod sh;
mod site;
mod test;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own tasks", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what building, running and testing need; skip what is present
    Setup {
        /// Only what building and running need, not what the tests need
        #[arg(long)]
        run: bool,
    },
    /// Build the browser half into one folder of hashed, compressed files
    Site {
        /// Small instead of quick to build
        #[arg(long)]
        release: bool,
    },
    /// Build everything and start the server
    Run(run::RunArgs),
    /// Build one program with the site inside
    Build {
        /// Optimised, with the site embedded; without it, a debug program that reads the site from disk
        #[arg(long)]
        release: bool,
    },
    /// Build the container image without a registry, as an archive
    Image(image::ImageArgs),
    /// Check formatting, lints, unit tests and browser tests
    Test {
        /// The parts to run, all if none is named
        parts: Vec<test::Part>,
        /// Parts to leave out
        #[arg(long, value_delimiter = ',')]
        skip: Vec<test::Part>,
        /// Words that the browser tests' names must match
        #[arg(long)]
        grep: Option<String>,
    },
    /// Run a command with what the unit tests get: a PostgreSQL of its own and pyHanko
    With {
        /// For example `cargo test -p server store`
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// A real Kubernetes for the tests, in a network of its own
    Cluster {
        /// Another cluster than the checkout's own one, which the tests use
        #[arg(long)]
        name: Option<String>,
        #[command(subcommand)]
        order: cluster::Order,
    },
    /// Sign every PDF below a folder, twice, and let other people's programs judge
    PdfCorpus(corpus::CorpusArgs),
    /// Feed the PDF library with broken files made by libFuzzer
    PdfFuzz(fuzz::FuzzArgs),
    /// Measure, print a table and write `target/bench.json`
    Bench {
        /// The benchmarks to run, all if none is named
        names: Vec<bench::Name>,
    },
}

fn main() -> std::process::ExitCode {
    let done = match Cli::parse().task {
        Task::Setup { run } => setup::all(run),
        Task::Site { release } => setup::for_site().and_then(|()| site::build(release)).map(drop),
        Task::Run(args) => run::run(&args),
        Task::Build { release } => run::build(release).map(drop),
        Task::Test { parts, skip, grep } => test::run(&parts, &skip, grep.as_deref()),
        Task::With { command } => test::with(&command),
        Task::Image(args) => image::run(&args).map(drop),
        Task::Cluster { name, order } => cluster::run(name.as_deref(), &order),
        Task::PdfCorpus(args) => corpus::run(&args),
        Task::PdfFuzz(args) => fuzz::run(&args),
        Task::Bench { names } => bench::run(&names),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
