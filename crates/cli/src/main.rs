//! The command line: arguments in, exit codes out.

mod args;
mod commands;
mod evidence;
mod exit;
mod interrupt;
mod output;
mod progress;
mod version;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = commands::run(cli).unwrap_or_else(|error| {
        output::error(&format!("{error:#}"));
        Exit::Failure
    });
    exit.into()
}
