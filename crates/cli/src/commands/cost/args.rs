//! The arguments of `deferscope cost`.

use std::path::PathBuf;

use clap::ValueHint;

use super::BuildArgs;

pub(crate) const EXAMPLES: &str = "\
Examples:
  deferscope cost                           the module of the current folder, dearest first
  deferscope cost --all --sort place ./internal/...
  deferscope cost --go 1.24 --race std
  deferscope cost --totals package
  deferscope cost --compare go1.21,go1.27   what an upgrade of the compiler changes
  deferscope cost --evidence prod.jsonl     ranked by what production says

docs/cost.md tells where the figures come from.

Exit codes: 0 done (with --compare: nothing became dearer), 1 --compare found defers with a dearer class, 2
something could not be looked at.";

/// The arguments of `cost`.
#[derive(clap::Args, Debug)]
pub(crate) struct CostArgs {
    /// Folders, files, import paths, or patterns with `...`, as Go has them [default: ./...]
    #[arg(value_name = "PATTERN", value_hint = ValueHint::AnyPath)]
    pub(super) patterns: Vec<String>,
    #[command(flatten)]
    pub(super) build: BuildArgs,
    /// What the table is sorted by.
    #[arg(long, value_name = "KEY", default_value = "cost")]
    pub(super) sort: Sort,
    /// Show open-coded defers too, which cost next to nothing, and those that are never compiled.
    #[arg(long)]
    pub(super) all: bool,
    /// Show totals instead of defers.
    #[arg(long, value_name = "OF")]
    pub(super) totals: Option<TotalsOf>,
    /// Show what is different between two releases of Go, such as go1.21,go1.27.
    #[arg(long, value_name = "OLD,NEW", conflicts_with_all = ["totals", "evidence"])]
    pub(super) compare: Option<String>,
    /// What was observed of the program, as `profile`, `snapshot` and `bench` write it; can be given more
    /// than once. Ranks by what the defers cost there, and leaves out what was not seen.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) evidence: Vec<PathBuf>,
    /// Prices, as `deferscope bench` writes them [default: those of a reference machine]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) calibration: Option<PathBuf>,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Whether to look at test files.
    #[arg(long)]
    pub(super) tests: bool,
    /// The number of threads [default: one for each processor]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
}

/// What a table is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Sort {
    /// The dearest first.
    Cost,
    /// By class, the dearest first.
    Class,
    /// By path and line.
    Place,
    /// By package and function.
    Function,
}

/// What totals are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum TotalsOf {
    /// Functions.
    Function,
    /// Packages.
    Package,
}

/// How costs are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Format {
    /// A table.
    Text,
    /// An object on each line, see docs/cost.md.
    Json,
}
