//! The commands, one file each.

pub(crate) mod bench;
mod cache;
mod check;
mod completions;
mod config;
mod cost;
mod docs;
mod explain;
mod fix;
mod inspect;
mod parse;
#[cfg(target_os = "linux")]
pub(crate) mod profile;
mod rules;
pub(crate) mod snapshot;
mod summary;
mod types;

pub(crate) use self::cost::{CostArgs, DefersArgs, EXAMPLES as COST_EXAMPLES};
use anyhow::Result;

use crate::args::{Cli, Command, ConfigCommand, DevCommand};
use crate::exit::Exit;

/// Does what the arguments ask for.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    let color = cli.color;
    match cli.command {
        Command::Bench(args) => bench::run(&args),
        Command::Check(args) => check::run(&args, color),
        Command::Cost(args) => cost::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Fix(args) => fix::run(*args, color),
        Command::Inspect(args) => inspect::run(&args),
        Command::Snapshot(args) => snapshot::run(&args),
        #[cfg(target_os = "linux")]
        Command::Profile(args) => profile::run(&args),
        Command::Rule(args) => rules::explain(&args, color),
        Command::Rules(args) => rules::list(args.format),
        Command::Config {
            command: ConfigCommand::Show { source, settings },
        } => config::show(&source, &settings),
        Command::Config {
            command: ConfigCommand::Schema,
        } => config::schema(),
        Command::Clean { cache } => cache::clean(&cache),
        Command::Completions { shell } => completions::run(shell),
        Command::Dev {
            command:
                DevCommand::Parse {
                    paths,
                    include_testdata,
                },
        } => parse::run(&paths, include_testdata),
        Command::Dev {
            command: DevCommand::Types(args),
        } => types::run(&args),
        Command::Dev {
            command: DevCommand::Defers(args),
        } => cost::defers(&args),
        Command::Dev {
            command: DevCommand::Summary(args),
        } => summary::run(&args),
        Command::Dev {
            command: DevCommand::Docs { folder, check },
        } => docs::run(&folder, check),
    }
}
