//! `cargo xtask oracle`: holds the layers against references, and keeps the tables of agreement.
//!
//! Each oracle regenerates a table and compares it with the committed one; `--write` replaces it.

mod astdump;
mod defers;
mod explain;
mod fixes;
mod goker;
mod inspect;
mod leaks;
mod missing;
mod mutants;
mod peers;
mod profile;
mod profiles;
#[cfg(target_os = "linux")]
mod snapshot;
mod syntax;
mod table;
mod types;

use std::path::PathBuf;

use anyhow::Result;

pub(crate) use self::table::settle as settle_table;
use crate::page::{self, PageArgs};
use crate::project::Project;

/// Which layer to hold against its reference.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Oracle {
    /// `go_syntax` against go/parser: accept and reject alike, equal trees and comments.
    Syntax(SyntaxArgs),
    /// `go_types` against go/types: the types of expressions, the objects behind identifiers.
    Types(TypesArgs),
    /// `go_binary` against the compiler: the defers in built programs, and their classes.
    Inspect(InspectArgs),
    /// `snapshot` of a program that knows what it has pending, for each Go release.
    Snapshot(SnapshotArgs),
    /// `dev defers` against the compiler: the classes of defers, from the source.
    Defers(DefersArgs),
    /// `check` of vendored projects with half of their dependencies taken away: nothing new is found.
    Missing(MissingArgs),
    /// `check` of defects that public projects mended, before they did: how many are found.
    Leaks(LeaksArgs),
    /// `check` of the blocking kernels of the benchmark GoKer: at how many does it speak.
    Goker(LeaksArgs),
    /// `fix` of our cases and of real code: it builds, and has fewer findings and no new ones.
    Fixes(FixesArgs),
    /// `check` of the test data of other checkers: how many of their expectations are met.
    Peers(PeersArgs),
    /// `profile` of a program that knows its own counts: how many rates are right, and what that costs it.
    Profile(ProfileArgs),
    /// `profiles` against Go: profiles read and written, evidence in them, flame graphs in Chromium.
    Profiles,
    /// `explain` of generated programs: what it says is what they print when Go runs them.
    Explain(ExplainArgs),
    /// The pages that `explain` writes, in headless Chromium: they are drawn without a complaint.
    Page(PageArgs),
}

/// The flags of `oracle syntax`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct SyntaxArgs {
    /// Also the Debian packages.
    #[arg(long)]
    pub(crate) all: bool,
    /// Replace the committed tables.
    #[arg(long)]
    pub(crate) write: bool,
    /// Print where the two trees of one file part, instead.
    #[arg(long, value_name = "FILE")]
    pub(crate) show: Option<PathBuf>,
    /// Instead, break files of GOROOT in this many ways, and see whether they are rejected alike.
    #[arg(long, value_name = "N")]
    pub(crate) mutants: Option<usize>,
    /// The seed of the mutants.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keep the mutants that are judged differently in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

/// The flags of `oracle types`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct TypesArgs {
    /// Also real projects with what they vendor, and the Debian packages.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the corpora whose names contain one of these.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
}

/// The flags of `oracle inspect`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct InspectArgs {
    /// Every Go release and every way to build, not only the newest, plain and stripped.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the builds whose names contain one of these.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
}

/// The flags of `oracle defers`.
#[derive(clap::Args, Debug)]
pub(crate) struct DefersArgs {
    /// Every Go release, and the library too, not only generated programs for the newest.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the rows whose names contain one of these.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// The seed of the first generated file; the others follow.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many files of functions are generated.
    #[arg(long, default_value_t = 40)]
    pub(crate) files: u32,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
}

impl Default for DefersArgs {
    fn default() -> Self {
        Self {
            all: false,
            only: Vec::new(),
            write: false,
            seed: 1,
            files: 40,
            binary: None,
        }
    }
}

/// The flags of `oracle snapshot`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct SnapshotArgs {
    /// Every Go release, core files, and 100,000 goroutines, not only the newest, stopped and running.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the rows whose names contain one of these.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// Instead: so many rounds of killing the one who looks, and the one who is looked at.
    #[arg(long, value_name = "ROUNDS")]
    pub(crate) chaos: Option<u32>,
}

/// The flags of `oracle missing`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct MissingArgs {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many seeds are tried.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: u64,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
}

/// The flags of `oracle leaks`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct LeaksArgs {
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
}

/// The flags of `oracle fixes`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct FixesArgs {
    /// Only the corpora whose names contain one of these; the table keeps its other rows.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// Make the copies in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

/// The flags of `oracle peers`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct PeersArgs {
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
}

/// The flags of `oracle explain`.
#[derive(clap::Args, Debug)]
pub(crate) struct ExplainArgs {
    /// How many programs.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) programs: u32,
    /// The seed of the first 250; the others follow.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the programs that do something else to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
}

/// The flags of `oracle profile`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct ProfileArgs {
    /// Every Go release, not only the newest.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the releases whose numbers begin so.
    #[arg(long, value_name = "VERSION")]
    pub(crate) only: Vec<String>,
    /// Replace the committed table.
    #[arg(long)]
    pub(crate) write: bool,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// How many profiles at each pace.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: u32,
    /// How long each.
    #[arg(long, default_value_t = 15.0)]
    pub(crate) seconds: f64,
    /// What each may cost, in hundredths.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) overhead: f64,
    /// A sentence for the table: what else the machine did.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Instead, two short profiles, and only what must hold on a machine that does other things as well.
    #[arg(long)]
    pub(crate) short: bool,
    /// Instead, kill deferscope, the program or both at random moments, so many times.
    #[arg(long, value_name = "ROUNDS", default_value_t = 0)]
    pub(crate) chaos: u32,
    /// The seed of the moments.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Runs an oracle.
pub(crate) fn run(project: &Project, oracle: &Oracle) -> Result<()> {
    match oracle {
        Oracle::Syntax(args) => syntax::run(project, args),
        Oracle::Types(args) => types::run(project, args),
        Oracle::Inspect(args) => inspect::run(project, args),
        #[cfg(target_os = "linux")]
        Oracle::Snapshot(args) => snapshot::run(project, args),
        #[cfg(not(target_os = "linux"))]
        Oracle::Snapshot(_) => anyhow::bail!("processes are read on Linux only"),
        Oracle::Defers(args) => defers::run(project, args),
        Oracle::Missing(args) => missing::run(project, args),
        Oracle::Leaks(args) => leaks::run(project, args),
        Oracle::Goker(args) => goker::run(project, args),
        Oracle::Fixes(args) => fixes::run(project, args),
        Oracle::Peers(args) => peers::run(project, args),
        Oracle::Profile(args) => profile::run(project, args),
        Oracle::Profiles => profiles::run(project),
        Oracle::Explain(args) => explain::run(project, args),
        Oracle::Page(args) => page::run(project, args),
    }
}

/// The oracles whose tables every test run checks.
pub(crate) fn check_all(project: &Project) -> Result<()> {
    run(project, &Oracle::Syntax(SyntaxArgs::default()))?;
    run(project, &Oracle::Types(TypesArgs::default()))?;
    run(project, &Oracle::Inspect(InspectArgs::default()))?;
    if cfg!(target_os = "linux") {
        run(project, &Oracle::Snapshot(SnapshotArgs::default()))?;
    }
    profiles::check(project)?;
    run(project, &Oracle::Defers(DefersArgs::default()))?;
    peers::check_list(project)
}

/// The flame graph in a browser.
pub(crate) fn check_flame(project: &Project) -> Result<()> {
    profiles::flame(project)
}
