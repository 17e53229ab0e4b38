//! The arguments of the command line, and the help that is made of them.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use report::Format;

use crate::commands::bench::{self, BenchArgs};
use crate::commands::{COST_EXAMPLES, CostArgs, DefersArgs};
use crate::version;

const AFTER_HELP: &str = "\
Exit codes:
  0  nothing found
  1  findings, of whatever severity
  2  deferscope could not do its work: bad flags, an unreadable path, an invalid configuration
  130  interrupted with Ctrl-C";

const CHECK_EXAMPLES: &str = "\
Examples:
  deferscope check                          the module of the current folder
  deferscope check ./internal/... cmd/x     some of its packages
  deferscope check main.go                  one file, with its package around it
  deferscope check --select locks,defer-in-loop
  deferscope check --format sarif --output findings.sarif
  deferscope check --new-from-rev origin/main
  deferscope check --fix
  deferscope check --write-baseline known.json
  deferscope check --baseline known.json
  gofmt x.go | deferscope check --stdin-filename x.go

Exit codes: 0 nothing found, 1 findings (of whatever severity), 2 something could not be checked, 130
interrupted.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  deferscope explain server.go:Serve
  deferscope explain 'store/db.go:(*DB).Get'     or ./store:DB.Get
  deferscope explain server.go:120               the function around that line
  deferscope explain encoding/json.Marshal
  deferscope explain server.go:Serve --format html --output serve.html

docs/explain.md describes the JSON.";

const FIX_EXAMPLES: &str = "\
Examples:
  deferscope fix                            repair the module of the current folder
  deferscope fix --diff                     show what that would change
  deferscope fix --unsafe-fixes --interactive ./internal/...
  deferscope fix --select defer-in-loop
  deferscope fix --new-from-rev origin/main repair only what is new

Exit codes: 0 done (with --diff: nothing to change), 1 --diff shows changes, 2 something could not be
checked or written, 130 interrupted.";

const INSPECT_EXAMPLES: &str = "\
Examples:
  deferscope inspect ./server
  deferscope inspect --class heap-allocated ./server
  deferscope inspect --package example.com/shop/... ./server
  deferscope inspect server-go1.26 server-go1.27

Exit codes: 0 nothing became dearer (always, with one file), 1 a defer of the second file has a dearer class
than in the first, 2 a file could not be inspected.";

/// Follow each Go defer from source to production.
#[derive(Parser, Debug)]
#[command(name = "deferscope", version = version::NUMBER, long_version = version::long(), after_help = AFTER_HELP)]
#[command(max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Whether to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Find defers and releases that are misplaced, misunderstood or never run.
    ///
    /// Neither Go nor a build of the code is needed. GOROOT, vendor folders and the module cache are
    /// read where they are there; what is missing makes some types unknown, which is never an error.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Tell what each defer costs, from the source: the class that the compiler gives it, why, and a price.
    ///
    /// Neither Go nor a build of the code is needed. Open-coded defers are nearly free; records on the
    /// stack cost some nanoseconds, records on the heap more. Prices are those of a reference machine
    /// unless --calibration gives others.
    #[command(after_help = COST_EXAMPLES)]
    Cost(Box<CostArgs>),
    /// Tell what the defers of a function do: for each way out which run, in what order, with what
    /// values, and what they make of results and panics.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Repair what `check` finds, where that can be done without changing what the program is for.
    ///
    /// What `check` offers is applied until nothing is left to do, and the code is analysed again after
    /// each step; a fix whose finding is not gone then is taken back. Generated files are never changed.
    /// What is left is what `deferscope check` reports.
    #[command(after_help = FIX_EXAMPLES)]
    Fix(Box<FixArgs>),
    /// Explain a rule: what it finds, why that is bad, and what to write instead.
    Rule(RuleArgs),
    /// List all rules.
    Rules(RulesArgs),
    /// Show the defers of a built Go program, or how those of two builds differ.
    ///
    /// Reads ELF files for amd64 and arm64, made by Go 1.18 or later, stripped or not. Neither the source nor
    /// Go is needed. Classes are named as the compiler does: open-coded (nearly free), stack-allocated
    /// and heap-allocated. With two files, the second is compared with the first.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArgs),
    /// Show what a running Go process has pending: deferred calls by site, goroutines, panics, descriptors.
    ///
    /// Reads its memory from outside; the process is not changed, not restarted, and needs neither symbols nor
    /// debug information. It runs on meanwhile, unless --pause says otherwise.
    #[command(after_help = crate::commands::snapshot::EXAMPLES)]
    Snapshot(Box<crate::commands::snapshot::SnapshotArgs>),
    /// Measure what defers cost on this machine, with the Go that is installed.
    ///
    /// A Go program is written, built and run in a folder of its own, which is removed afterwards. A linear
    /// model is fitted to its times: a price for each thing, with bounds.
    #[command(after_help = bench::EXAMPLES)]
    Bench(BenchArgs),
    /// Count the defers of a running Go program, and take the time that they are kept waiting.
    ///
    /// Nothing in the program is changed or restarted. Probes of eBPF are placed where they are cheap, and only
    /// as long as the budget allows; what is too frequent to be watched all the time is watched in windows,
    /// and estimated with an interval. When deferscope ends, however it ends, a process of its own takes the
    /// probes away. Needs Linux 6.6 or later on amd64 (from 5.15 on it works, slowly), and root or the
    /// capabilities CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE.
    #[cfg(target_os = "linux")]
    #[command(after_help = crate::commands::profile::EXAMPLES)]
    Profile(crate::commands::profile::ProfileArgs),
    /// Show the configuration in effect, or its schema.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Remove the cache, in which `check` keeps what it found out about unchanged packages.
    ///
    /// Nothing else is removed, and a folder that is not a cache of deferscope is left alone.
    Clean {
        #[command(flatten)]
        cache: CacheFolder,
    },
    /// Print a script that completes the arguments of deferscope in a shell.
    ///
    /// For bash: `deferscope completions bash > ~/.local/share/bash-completion/completions/deferscope`
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Show what the layers believe: for those who work on deferscope.
    Dev {
        #[command(subcommand)]
        command: DevCommand,
    },
}

/// Where the configuration comes from.
#[derive(Args, Debug, Default)]
pub(crate) struct ConfigSource {
    /// Read this configuration, instead of the nearest deferscope.toml in the current folder or above.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration.
    #[arg(long, conflicts_with = "config", help_heading = "Configuration")]
    pub(crate) isolated: bool,
}

/// Settings that can stand in the configuration too.
#[derive(Args, Debug, Default)]
pub(crate) struct Settings {
    /// Run these rules, categories or `all`, instead of the configured ones.
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(crate) select: Option<Vec<String>>,
    /// Run these rules in addition.
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(crate) extend_select: Vec<String>,
    /// Do not run these rules. A rule that is named beats its category.
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(crate) ignore: Vec<String>,
    /// Set a severity: off, note, warning or error. `defer-in-loop=error`, `locks=note`.
    #[arg(
        long,
        value_name = "RULE=LEVEL",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(crate) severity: Vec<String>,
    /// Report comments that suppress nothing.
    #[arg(long, help_heading = "Rules")]
    pub(crate) report_unused_suppressions: bool,
    /// Leave out files and folders that match.
    #[arg(long, value_name = "GLOB", help_heading = "Files")]
    pub(crate) exclude: Vec<String>,
    /// Whether to analyse test files.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Files")]
    pub(crate) tests: Option<bool>,
    /// Whether to report findings in generated files.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Files")]
    pub(crate) generated: Option<bool>,
    /// Build tags that hold.
    #[arg(
        long,
        value_name = "TAG",
        value_delimiter = ',',
        help_heading = "Files"
    )]
    pub(crate) tags: Option<Vec<String>>,
    /// The operating system that the code is built for; else that of $GOOS or of this machine.
    #[arg(long, help_heading = "Files")]
    pub(crate) goos: Option<String>,
    /// The architecture that the code is built for; else that of $GOARCH or of this machine.
    #[arg(long, help_heading = "Files")]
    pub(crate) goarch: Option<String>,
    /// The version of the Go language, instead of the one in go.mod.
    #[arg(long, value_name = "VERSION", help_heading = "Files")]
    pub(crate) go_version: Option<String>,
    /// Do not report the findings in this file, which --write-baseline made.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is reported")]
    pub(crate) baseline: Option<PathBuf>,
}

/// Where the cache is.
#[derive(Args, Debug, Default)]
pub(crate) struct CacheFolder {
    /// Keep what is found out about unchanged packages in this folder, `off` for nowhere [default:
    /// $XDG_CACHE_HOME/deferscope or ~/.cache/deferscope]
    #[arg(long, env = "DEFERSCOPE_CACHE_DIR", hide_env_values = true, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Cache")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// How code is analysed, whatever is done with the findings.
#[derive(Args, Debug, Default)]
pub(crate) struct Analysis {
    /// Analyse everything anew, and keep nothing for later runs.
    #[arg(long, help_heading = "Cache")]
    pub(crate) no_cache: bool,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
    /// The number of threads [default: one for each processor]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    pub(crate) source: ConfigSource,
}

#[derive(Args, Debug, Default)]
pub(crate) struct CheckArgs {
    /// Folders, files, import paths, or patterns with `...`, as Go has them [default: ./...]
    #[arg(value_name = "PATTERN", value_hint = ValueHint::AnyPath)]
    pub(crate) patterns: Vec<String>,
    /// Repair what can be repaired, and report the rest.
    #[arg(long, conflicts_with_all = ["stdin_filename", "write_baseline"], help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// Repair what can be repaired, and report nothing.
    #[arg(long, conflicts_with_all = ["stdin_filename", "write_baseline"], help_heading = "Fixes")]
    pub(crate) fix_only: bool,
    #[command(flatten)]
    pub(crate) fixes: FixFlags,
    /// The format of the report.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: FormatArg,
    /// Write the report to this file: all of it or nothing.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Print on standard error what was done, and where the time went.
    #[arg(long, help_heading = "Output")]
    pub(crate) statistics: bool,
    /// Print neither warnings nor notes on standard error.
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Say on standard error which configuration and which Go are used.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Show no progress on the terminal.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
    /// Report only findings of this severity or above.
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "note",
        help_heading = "What is reported"
    )]
    pub(crate) min_severity: SeverityArg,
    /// Report only what is new in the working tree since this revision, as `git diff` has it.
    #[arg(
        long,
        value_name = "REV",
        conflicts_with = "stdin_filename",
        help_heading = "What is reported"
    )]
    pub(crate) new_from_rev: Option<String>,
    /// Write all findings to this file, to be given to --baseline, instead of reporting them.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is reported")]
    #[arg(conflicts_with_all = ["baseline", "new_from_rev", "output"])]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Rank findings by what was observed when the program ran, and report what matters of the rules
    /// about cost. The file is what `profile` or `snapshot` wrote, or a CPU profile of Go; can be repeated.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is reported")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Exit with 0 even if something is found.
    #[arg(long, help_heading = "What is reported")]
    pub(crate) exit_zero: bool,
    /// Check this file, reading its content from standard input. The file need not exist.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with = "patterns", help_heading = "Files")]
    pub(crate) stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) analysis: Analysis,
}

/// What becomes of fixes.
#[derive(Args, Debug, Default)]
pub(crate) struct FixFlags {
    /// Apply also fixes that may change what the program does in ways that a person should look at.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,
    /// Write nothing: print what would be changed, as a unified diff.
    #[arg(long, conflicts_with = "interactive", help_heading = "Fixes")]
    pub(crate) diff: bool,
    /// Show each fix and ask whether to apply it.
    #[arg(long, short, help_heading = "Fixes")]
    pub(crate) interactive: bool,
}

#[derive(Args, Debug, Default)]
pub(crate) struct FixArgs {
    /// Folders, files, import paths, or patterns with `...`, as Go has them [default: ./...]
    #[arg(value_name = "PATTERN", value_hint = ValueHint::AnyPath)]
    pub(crate) patterns: Vec<String>,
    #[command(flatten)]
    pub(crate) fixes: FixFlags,
    /// Print neither warnings nor notes on standard error.
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Say on standard error which configuration and which Go are used, and what was repaired.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Show no progress on the terminal.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
    /// Repair only findings of this severity or above.
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "note",
        help_heading = "What is repaired"
    )]
    pub(crate) min_severity: SeverityArg,
    /// Repair only what is new in the working tree since this revision, as `git diff` has it.
    #[arg(long, value_name = "REV", help_heading = "What is repaired")]
    pub(crate) new_from_rev: Option<String>,
    #[command(flatten)]
    pub(crate) analysis: Analysis,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The function: PATH:FUNC, PATH:LINE or PKG.FUNC, where PATH is a file or a folder, and FUNC is F,
    /// T.M or '(*T).M'.
    #[arg(value_name = "TARGET", value_hint = ValueHint::FilePath)]
    pub(crate) target: String,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ExplainFormat,
    /// Write to this file: all of it or nothing.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: ConfigSource,
}

/// How an explanation is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people.
    Text,
    /// One object, described in docs/explain.md.
    Json,
    /// One page with a drawing, which needs nothing from elsewhere.
    Html,
}

#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// The program.
    #[arg(value_name = "BINARY", value_hint = ValueHint::FilePath)]
    pub(crate) binary: PathBuf,
    /// Another build of it, to be compared with the first.
    #[arg(value_name = "BINARY2", value_hint = ValueHint::FilePath)]
    pub(crate) other: Option<PathBuf>,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: InspectFormat,
    /// Only defers of this class, in one of the two files if there are two; can be given more than once.
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub(crate) class: Vec<ClassArg>,
    /// Only defers of this package, or of those below it: PATH or PATH/...; can be given more than once.
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    pub(crate) package: Vec<String>,
}

/// How an inspection is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum InspectFormat {
    /// A table.
    Text,
    /// An object on each line, see docs/output-formats.md.
    Json,
}

/// A class of defers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ClassArg {
    /// The calls are written out at the end of the function.
    OpenCoded,
    /// A record on the stack.
    StackAllocated,
    /// A record on the heap.
    HeapAllocated,
}

impl From<ClassArg> for go_binary::Class {
    fn from(class: ClassArg) -> Self {
        match class {
            ClassArg::OpenCoded => Self::OpenCoded,
            ClassArg::StackAllocated => Self::StackAllocated,
            ClassArg::HeapAllocated => Self::HeapAllocated,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct RuleArgs {
    /// The rule; without it, all are listed.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: RuleFormat,
}

#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ListFormat,
}

/// How a rule is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum RuleFormat {
    /// For the terminal.
    Text,
    /// As in docs/rules.
    Markdown,
    /// For programs.
    Json,
}

/// How a list of rules is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table.
    Text,
    /// An array with an object for each rule.
    Json,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Print the settings in effect, as a deferscope.toml that would give them.
    Show {
        #[command(flatten)]
        source: ConfigSource,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Print the JSON schema of deferscope.toml.
    Schema,
}

#[derive(Subcommand, Debug)]
pub(crate) enum DevCommand {
    /// Parse all Go files below folders, on one thread, and say how many, how fast and what failed.
    ///
    /// Exits with 1 if a file does not parse.
    Parse {
        /// The folders or files.
        #[arg(value_name = "DIR", required = true, value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
        /// Go into folders called testdata too.
        #[arg(long)]
        include_testdata: bool,
    },
    /// Print the type of every expression that is a value and no constant.
    ///
    /// A line for each: path, start, end and type, with tabs between. Offsets are in bytes; types are
    /// written as go/types does, with full package paths, and `?` where nothing is known.
    Types(TypesArgs),
    /// Print the class of every defer, as the compiler does with `-gcflags=-d=defer`.
    ///
    /// A line for each that code is made for: path, line and column with colons between, a tab, and
    /// `open-coded`, `stack-allocated` or `heap-allocated`.
    Defers(DefersArgs),
    /// Print in words what is known of a function: its contract, and where each part comes from.
    ///
    /// What it gives to its caller, what it does with its receiver and its parameters, whether it
    /// ends, and what it does with locks. With `--format json` one object: `function`, `package`,
    /// `declared` (`path` and `line`, or null), `known`, and `facts`, a list of objects with `about`
    /// (gives, receiver, parameter, process, ends, lock, waits), `text`, `source` (`from` body with
    /// `path` and `line`, or `from` model with `path` and `table`), and where they say something
    /// `name`, `index` (from 0), `effect` and `class`.
    Summary(SummaryArgs),
    /// Write the pages of the rules and the schema of the configuration.
    Docs {
        /// The folder `docs` of the repository.
        #[arg(default_value = "docs", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
        /// Write nothing; exit with 1 if something is not as it would be written.
        #[arg(long)]
        check: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct TypesArgs {
    /// Folders, files, import paths, or patterns with `...`, as Go has them [default: ./...]
    #[arg(value_name = "PATTERN", value_hint = ValueHint::AnyPath)]
    pub(crate) patterns: Vec<String>,
    /// Resolve everything, but print only how much that was.
    #[arg(long)]
    pub(crate) count: bool,
    /// Instead of types, print what identifiers stand for.
    ///
    /// A line for each: path, start, `def` or `use`, and where the object is declared: an import path,
    /// `@` and an offset; `package` and an import path; or `predeclared`.
    #[arg(long)]
    pub(crate) objects: bool,
    /// Whether to look at test files.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) tests: bool,
    /// The number of threads [default: one for each processor]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Args, Debug)]
pub(crate) struct SummaryArgs {
    /// The function: path.F, path.T.M, '(*path.T).M', ./dir.F, ./dir.T.M, or F or T.M if there is only
    /// one in the module.
    #[arg(value_name = "FUNC")]
    pub(crate) function: String,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: SummaryFormat,
    #[command(flatten)]
    pub(crate) source: ConfigSource,
}

/// How a summary is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SummaryFormat {
    /// For people.
    Text,
    /// One object.
    Json,
}

/// A format of reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FormatArg(pub(crate) Format);

impl ValueEnum for FormatArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: std::sync::LazyLock<Vec<FormatArg>> =
            std::sync::LazyLock::new(|| Format::ALL.iter().copied().map(FormatArg).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()).help(self.0.description()))
    }
}

/// A severity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum SeverityArg {
    /// Worth knowing.
    #[default]
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong whenever the line runs.
    Error,
}

impl From<SeverityArg> for diagnostics::Severity {
    fn from(severity: SeverityArg) -> Self {
        match severity {
            SeverityArg::Note => Self::Note,
            SeverityArg::Warning => Self::Warning,
            SeverityArg::Error => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
