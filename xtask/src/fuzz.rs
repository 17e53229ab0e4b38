//! `cargo xtask fuzz`: libFuzzer on a stable toolchain.
//!
//! rustc has the coverage pass on board and needs only be told to run it, so neither cargo-fuzz nor
//! a nightly toolchain is wanted. What is found is kept in the cache: `fuzz/TARGET/corpus` grows
//! from run to run, and `fuzz/TARGET/artifacts` holds the inputs that crash, hang or eat memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::corpus::files_below;
use crate::process;
use crate::project::Project;
use crate::ui::say;

/// A fuzz target, and what it starts from.
struct Target {
    name: &'static str,
    /// Ends of the names of the files of the repository that are seeds.
    seeds: &'static [&'static str],
    /// Words that libFuzzer may put in, a file in `fuzz/dictionaries`.
    dictionary: Option<&'static str>,
    /// The longest input, in bytes.
    max_len: u32,
    /// How many inputs the test command tries.
    runs: u64,
}

/// How much is tried.
#[derive(Clone, Copy)]
enum Effort {
    /// So many seconds of CPU, from another seed each time, on top of what earlier runs found.
    Seconds(u64),
    /// [`Target::runs`] inputs, from the same seed and the same files each time: whoever repeats the
    /// run gets the same answer.
    Repeatable,
}

const TARGETS: &[Target] = &[
    Target {
        name: "parse",
        seeds: &[".go"],
        dictionary: Some("go.dict"),
        max_len: 1 << 14,
        runs: 15_000,
    },
    Target {
        name: "parse_structured",
        seeds: &[".go"],
        dictionary: None,
        max_len: 1 << 14,
        runs: 10_000,
    },
    Target {
        name: "gomod",
        seeds: &["go.mod", "go.work", "modules.txt", ".go"],
        dictionary: Some("gomod.dict"),
        max_len: 1 << 12,
        runs: 100_000,
    },
    Target {
        name: "config",
        seeds: &[
            "deferscope.toml",
            "config/full.toml",
            "config/wrong.toml",
            "baseline.json",
        ],
        dictionary: Some("config.dict"),
        max_len: 1 << 12,
        runs: 100_000,
    },
    Target {
        name: "cache",
        seeds: &["cache/entries", "cache/garbage"],
        dictionary: None,
        max_len: 1 << 12,
        runs: 100_000,
    },
    Target {
        name: "binary",
        seeds: &[".elf"],
        dictionary: None,
        max_len: 1 << 12,
        runs: 30_000,
    },
    Target {
        name: "calibration",
        seeds: &["calibration/small.toml", "calibration/wrong.toml"],
        dictionary: Some("calibration.dict"),
        max_len: 1 << 12,
        runs: 30_000,
    },
    Target {
        name: "pprof",
        seeds: &[".pb", ".pb.gz", "pprof/evidence.jsonl"],
        dictionary: None,
        max_len: 1 << 14,
        runs: 30_000,
    },
];

/// Folders of the repository in which seeds are looked for.
const SEED_FOLDERS: &[&str] = &["examples", "crates", "fuzz/seeds", "xtask/go"];

/// An input that takes longer than this many seconds is a finding, and so is one that takes more
/// than this much memory.
const TIMEOUT_SECONDS: u32 = 10;
const MEMORY_MEGABYTES: u32 = 2048;

/// The exit code with which libFuzzer says that it was interrupted.
const INTERRUPTED: i32 = 72;

/// A run that covers fewer edges than this was not instrumented.
const LEAST_COVERAGE: u64 = 100;

/// The flags of `fuzz`.
#[derive(clap::Args, Debug)]
pub(crate) struct FuzzArgs {
    /// The targets; all when none is named.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Seconds of CPU for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Run one input once, instead: an artifact of an earlier run.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

/// Runs the targets that the flags name.
pub(crate) fn run(project: &Project, args: &FuzzArgs) -> Result<()> {
    for name in &args.targets {
        if !TARGETS.iter().any(|target| target.name == name) {
            let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            bail!(
                "there is no fuzz target {name:?}; the targets are {}",
                known.join(", ")
            );
        }
    }
    let wanted = |target: &&Target| {
        args.targets.is_empty() || args.targets.iter().any(|name| name == target.name)
    };
    let binaries = build(project)?;
    for target in TARGETS.iter().filter(wanted) {
        match &args.input {
            Some(input) => {
                let mut command = Command::new(binaries.join(target.name));
                command
                    .arg(format!("-timeout={TIMEOUT_SECONDS}"))
                    .arg(input);
                process::run(&mut command)?;
            }
            None => fuzz(project, &binaries, target, Effort::Seconds(args.seconds))?,
        }
    }
    Ok(())
}

/// Runs every target for a while, in the same way each time.
pub(crate) fn run_all(project: &Project) -> Result<()> {
    let binaries = build(project)?;
    TARGETS
        .iter()
        .try_for_each(|target| fuzz(project, &binaries, target, Effort::Repeatable))
}

/// Builds all targets with coverage, and returns the folder of the binaries.
fn build(project: &Project) -> Result<PathBuf> {
    // `-sanitizer-coverage-level=4` is edges with indirect calls; the rest is what libFuzzer reads.
    let flags = [
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=4",
        "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
        "-Cllvm-args=-sanitizer-coverage-pc-table",
        "-Cllvm-args=-sanitizer-coverage-trace-compares",
        "--cfg=fuzzing",
    ];
    // With an explicit target the flags spare build scripts, which have no libFuzzer to link to.
    let host = host()?;
    let target_dir = project.target.join("fuzz");
    let mut command = project.cargo();
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "--bins",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--target",
            &host,
        ])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    process::run(&mut command).context("building the fuzz targets")?;
    Ok(target_dir.join(host).join("release"))
}

fn host() -> Result<String> {
    let version = process::stdout(Command::new("rustc").arg("-vV"))?;
    version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("`rustc -vV` names no host")
}

fn fuzz(project: &Project, binaries: &Path, target: &Target, effort: Effort) -> Result<()> {
    let folder = project.cache_dir(&format!("fuzz/{}", target.name))?;
    let corpus = match effort {
        Effort::Seconds(_) => "corpus",
        Effort::Repeatable => "corpus-of-tests",
    };
    let [corpus, seeds, artifacts] = [corpus, "seeds", "artifacts"].map(|name| folder.join(name));
    if matches!(effort, Effort::Repeatable) && corpus.exists() {
        std::fs::remove_dir_all(&corpus)
            .with_context(|| format!("removing {}", corpus.display()))?;
    }
    for path in [&corpus, &artifacts] {
        std::fs::create_dir_all(path).with_context(|| format!("creating {}", path.display()))?;
    }
    let count = gather_seeds(project, target, &seeds)?;
    match effort {
        Effort::Seconds(seconds) => say!(
            "fuzzing {} for {seconds} s of CPU, from {count} seeds",
            target.name
        ),
        Effort::Repeatable => say!(
            "fuzzing {} with {} inputs, from {count} seeds",
            target.name,
            target.runs
        ),
    }

    let log = folder.join("log");
    let output =
        std::fs::File::create(&log).with_context(|| format!("creating {}", log.display()))?;
    let mut command = Command::new(binaries.join(target.name));
    command
        .arg(format!("-timeout={TIMEOUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MEGABYTES}"))
        .arg(format!("-max_len={}", target.max_len))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1");
    match effort {
        // A bound on the wall clock for machines that are too busy to give us the CPU.
        Effort::Seconds(seconds) => command.arg(format!("-max_total_time={}", seconds * 10)),
        Effort::Repeatable => {
            command.args(["-seed=1".to_owned(), format!("-runs={}", target.runs)])
        }
    };
    if let Some(dictionary) = target.dictionary {
        let path = project.root.join("fuzz/dictionaries").join(dictionary);
        command.arg(format!("-dict={}", path.display()));
    }
    command.arg(&corpus).arg(&seeds);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output);
    let mut child = command
        .spawn()
        .with_context(|| format!("starting `{}`", process::shown(&command)))?;
    let interrupted = match effort {
        Effort::Seconds(seconds) => watch(&mut child, seconds)?,
        Effort::Repeatable => false,
    };
    let status = child
        .wait()
        .with_context(|| format!("waiting for the fuzz target {}", target.name))?;

    let text = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    let ended_as_told = interrupted && status.code() == Some(INTERRUPTED);
    if !status.success() && !ended_as_told {
        bail!(
            "fuzz target {} failed ({status}):\n{}\nthe whole log is {}; run the input again with \
             `cargo xtask fuzz {} --input FILE`",
            target.name,
            what_happened(&text),
            log.display(),
            target.name
        );
    }
    let coverage = last_number(&text, "cov: ").unwrap_or_default();
    if coverage < LEAST_COVERAGE {
        bail!(
            "fuzz target {} covered {coverage} edges: it was built without coverage",
            target.name
        );
    }
    let runs = text.lines().rev().find_map(|line| {
        line.trim_start_matches('#')
            .split_whitespace()
            .next()?
            .parse::<u64>()
            .ok()
    });
    say!(
        "{}: {} runs, {coverage} edges covered, nothing found",
        target.name,
        runs.map_or("?".to_owned(), |runs| runs.to_string())
    );
    Ok(())
}

/// The lines of a log that say what went wrong, and where the input is.
fn what_happened(log: &str) -> String {
    let mut lines = Vec::new();
    let mut message = false;
    for line in log.lines() {
        let tells = [
            "panicked at",
            "ERROR: libFuzzer",
            "SUMMARY:",
            "Test unit written to",
        ];
        if message || tells.iter().any(|tell| line.contains(tell)) {
            lines.push(format!("  {line}"));
        }
        // The message of a panic stands on the line after its place.
        message = line.contains("panicked at");
    }
    lines.join("\n")
}

/// Copies the seeds into one folder, as libFuzzer wants them.
fn gather_seeds(project: &Project, target: &Target, seeds: &Path) -> Result<usize> {
    if seeds.exists() {
        std::fs::remove_dir_all(seeds).with_context(|| format!("removing {}", seeds.display()))?;
    }
    std::fs::create_dir_all(seeds).with_context(|| format!("creating {}", seeds.display()))?;
    let mut count = 0;
    for folder in SEED_FOLDERS {
        let root = project.root.join(folder);
        if !root.is_dir() {
            continue;
        }
        for file in files_below(&root)? {
            if !target.seeds.iter().any(|end| file.ends_with(end)) {
                continue;
            }
            let from = root.join(&file);
            let to = seeds.join(format!("{count}"));
            std::fs::copy(&from, &to).with_context(|| format!("copying {}", from.display()))?;
            count += 1;
        }
    }
    if count == 0 {
        bail!(
            "no seeds for the fuzz target {}: no file ends with {}",
            target.name,
            target.seeds.join(" or ")
        );
    }
    Ok(count)
}

/// Waits until the child has ended, or has used its CPU and is told to end; says whether it was.
fn watch(child: &mut Child, seconds: u64) -> Result<bool> {
    loop {
        if child
            .try_wait()
            .context("waiting for the fuzz target")?
            .is_some()
        {
            return Ok(false);
        }
        if cpu_seconds(child.id()).is_some_and(|used| used >= seconds) {
            let mut kill = Command::new("kill");
            process::stdout(kill.args(["-INT", &child.id().to_string()]))?;
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// User and system time of a process, where the system says it (Linux).
fn cpu_seconds(pid: u32) -> Option<u64> {
    // Linux counts in hundredths of a second here, whatever the kernel's own tick.
    const TICKS: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold blanks.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

/// The number after the last `key` of a text.
fn last_number(text: &str, key: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once(key)?;
    rest.split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_coverage_counts() {
        let log = "#2 INITED cov: 12 ft: 13\n#99 NEW cov: 345 ft: 400 corp: 1/1b\n";
        assert_eq!(last_number(log, "cov: "), Some(345));
        assert_eq!(last_number("#2 INITED", "cov: "), None);
    }

    #[test]
    fn our_own_cpu_time_can_be_read() {
        assert!(!cfg!(target_os = "linux") || cpu_seconds(std::process::id()).is_some());
    }
}
