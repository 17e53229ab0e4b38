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
    #[cfg(target_os = "linux")]
    let held = commands::profile::holder::run_if_called();
    #[cfg(not(target_os = "linux"))]
    let held = None;
    let result = held.unwrap_or_else(|| commands::run(Cli::parse()));
    let exit = result.unwrap_or_else(|error| {
        output::error(&format!("{error:#}"));
        Exit::Failure
    });
    exit.into()
}
