//! The project's own chores: `cargo xtask COMMAND`.
//!
//! Only the command line lives here; each command is a module of its own.

mod bench;
mod corpus;
mod debian;
mod ecosystem;
mod fuzz;
mod generated;
mod goast;
mod oracle;
mod page;
mod process;
mod project;
mod sample;
mod std_index;
mod test;
mod tidy;
mod toolchains;
mod ui;
mod usage;

use std::process::ExitCode;

use clap::Parser;

use crate::project::Project;

/// The project's own chores.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Run everything that must hold: the one command for a fresh machine.
    Test(test::TestArgs),
    /// Measure parsing and checking against others, on the same files.
    Bench(bench::BenchArgs),
    /// Check real code, and say which findings came and went.
    Ecosystem(ecosystem::EcosystemArgs),
    /// Draw findings to be read by hand.
    Sample(sample::SampleArgs),
    /// Fuzz the parsers of foreign bytes.
    Fuzz(fuzz::FuzzArgs),
    /// Make the index of the standard library that is part of the program.
    StdIndex(std_index::StdIndexArgs),
    /// Check the rules of the house that neither compiler nor clippy knows.
    Tidy,
    /// Hold a layer against its reference, and compare the table of agreement with the committed one.
    Oracle {
        #[command(subcommand)]
        oracle: oracle::Oracle,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = Project::find().and_then(|project| match &cli.command {
        Command::Oracle { oracle } => oracle::run(&project, oracle),
        Command::Test(args) => test::run(&project, args),
        Command::Bench(args) => bench::run(&project, args),
        Command::Ecosystem(args) => ecosystem::run(&project, args),
        Command::Sample(args) => sample::run(args),
        Command::Fuzz(args) => fuzz::run(&project, args),
        Command::StdIndex(args) => std_index::run(&project, args),
        Command::Tidy => tidy::run(&project),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui::complain!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
