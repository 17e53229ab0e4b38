//! Programs that know what they have pending, and what a snapshot says of them: for tests and for
//! `cargo xtask oracle snapshot`. Nothing else uses this.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use go_binary::Version;
use serde::Deserialize;

use crate::goroutine::Status;
use crate::snapshot::{Group, Snapshot};

/// What a target says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Truth {
    /// Pending calls, by the name of the site.
    pub pending: BTreeMap<String, u64>,
    /// Goroutines with calls pending there.
    pub goroutines: BTreeMap<String, u64>,
    /// Goroutines by what they wait for.
    pub waiting: BTreeMap<String, u64>,
    /// Panics in flight.
    pub panics: usize,
    /// Those that were recovered and whose function has not returned.
    pub recovered: usize,
    /// Goroutines that end.
    pub goexits: usize,
}

/// Builds a program with the Go whose root this is, without the network and without cgo.
///
/// # Errors
///
/// If Go cannot be started, or does not build it.
pub fn build(
    go_root: &Path,
    source: &Path,
    package: &str,
    flags: &[&str],
    output: &Path,
) -> io::Result<()> {
    let cache = std::env::var_os("GOCACHE");
    let cache = cache.map_or_else(|| output.with_file_name("go-cache"), PathBuf::from);
    let built = Command::new(go_root.join("bin/go"))
        .current_dir(source)
        .args(["build", "-buildvcs=false"])
        .args(flags)
        .arg("-o")
        .arg(output)
        .arg(package)
        .env("GOROOT", go_root)
        .env("GOCACHE", cache)
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0")
        .output()?;
    if built.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&built.stderr);
    Err(io::Error::other(format!("go build failed: {said}")))
}

/// A running target.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    /// What it said.
    pub truth: Truth,
}

impl Running {
    /// Starts a target and waits until it has said what it holds.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or says something else.
    pub fn start(binary: &Path, args: &[&str]) -> io::Result<Self> {
        let mut child = Command::new(binary)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let none = || io::Error::other("the target has no output");
        let mut output = BufReader::new(child.stdout.take().ok_or_else(none)?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let truth = serde_json::from_str(&line).map_err(io::Error::other)?;
        Ok(Self {
            child,
            output,
            truth,
        })
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or(i32::MAX)
    }

    /// Lets it end, and says whether its own checks held: no call was made that should wait.
    ///
    /// # Errors
    ///
    /// If it cannot be waited for.
    pub fn finish(mut self) -> io::Result<bool> {
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let ended = self.child.wait()?;
        Ok(ended.success() && line.trim() == r#"{"broken":0}"#)
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// If it cannot be killed, or waited for.
    pub fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends by itself when its input does; a test that failed does not wait for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a snapshot and the truth agree.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// What was compared: sites, and kinds of waiting.
    pub compared: usize,
    /// Calls that the target has pending.
    pub calls: u64,
    /// Calls by which the snapshot is wrong.
    pub wrong_calls: u64,
    /// What does not agree.
    pub wrong: Vec<String>,
}

/// Compares a snapshot of a target with what it said. `source` is the folder that it was built from.
///
/// # Errors
///
/// If the source cannot be read.
pub fn compare(
    truth: &Truth,
    snapshot: &Snapshot,
    source: &Path,
    release: Version,
) -> io::Result<Score> {
    let mut score = Score::default();
    let named = sites(source)?;
    let mut found: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for site in &snapshot.sites {
        if site.id.package != "example.com/truth" {
            continue;
        }
        match named.get(&(site.id.file.clone(), site.id.line)) {
            Some(Name::Churns) => {}
            Some(Name::Site(name)) => {
                let sum = found.entry(name).or_default();
                sum.0 += site.pending;
                sum.1 += site.goroutines;
            }
            None => {
                score.wrong_calls += site.pending;
                score
                    .wrong
                    .push(format!("{} has {} pending", site.id, site.pending));
            }
        }
    }
    for (name, &pending) in &truth.pending {
        let goroutines = truth.goroutines.get(name).copied().unwrap_or(0);
        let seen = found.get(name.as_str()).copied().unwrap_or_default();
        score.compared += 1;
        score.calls += pending;
        if seen != (pending, goroutines) {
            score.wrong_calls += seen.0.abs_diff(pending).max(1);
            score.wrong.push(format!(
                "{name}: {} calls in {} goroutines, not {pending} in {goroutines}",
                seen.0, seen.1
            ));
        }
    }
    let mut waiting: BTreeMap<String, u64> = BTreeMap::new();
    for group in snapshot.groups.iter().filter(|group| is_counted(group)) {
        let doing = match group.status {
            // A processor may have been taken away from it a moment ago.
            Status::Runnable | Status::Preempted => Status::Running.as_str(),
            status if group.reason.is_empty() => status.as_str(),
            _ => &group.reason,
        };
        *waiting.entry(doing.to_owned()).or_default() += group.count;
    }
    for (reason, &count) in &truth.waiting {
        let reason = match reason.as_str() {
            "wait group" if release.minor >= 24 => "sync.WaitGroup.Wait",
            "wait group" => "semacquire",
            other => other,
        };
        let seen = waiting.remove(reason).unwrap_or(0);
        score.compared += 1;
        if seen != count {
            score
                .wrong
                .push(format!("{reason}: {seen} goroutines, not {count}"));
        }
    }
    for (reason, count) in waiting {
        score
            .wrong
            .push(format!("{reason}: {count} goroutines nobody knows of"));
    }
    let count = |is: &dyn Fn(&crate::Panic) -> bool| {
        snapshot.panics.iter().filter(|panic| is(panic)).count()
    };
    for (what, seen, truth) in [
        (
            "panics",
            count(&|panic| panic.value.is_some() && !panic.recovered),
            truth.panics,
        ),
        (
            "recovered panics",
            count(&|panic| panic.value.is_some() && panic.recovered),
            truth.recovered,
        ),
        ("ends", count(&|panic| panic.value.is_none()), truth.goexits),
    ] {
        score.compared += 1;
        if seen != truth {
            score.wrong.push(format!("{what}: {seen}, not {truth}"));
        }
    }
    Ok(score)
}

/// Whether the target counts these goroutines: it started them, and they are not those that never settle.
fn is_counted(group: &Group) -> bool {
    let created = |function: &dyn Fn(&str) -> bool| {
        let by = group.created_by.as_ref();
        by.is_some_and(|place| function(&place.function))
    };
    let has = |part: &str| {
        let mut stack = group.stack.iter();
        stack.any(|place| place.function.starts_with(part))
    };
    created(&|function| function.starts_with("main."))
        && !has("main.churn")
        // One that churned while its stack was read: none of its frames is known to be its own.
        && (has("main.") || !created(&|function| function == "main.main"))
}

/// What a line of a target's source is for.
#[derive(Debug)]
enum Name {
    Site(String),
    Churns,
}

fn sites(source: &Path) -> io::Result<BTreeMap<(String, u32), Name>> {
    let mut sites = BTreeMap::new();
    for entry in std::fs::read_dir(source)? {
        let path = entry?.path();
        let (Some(file), true) = (
            path.file_name(),
            path.extension().is_some_and(|e| e == "go"),
        ) else {
            continue;
        };
        let file = file.to_string_lossy().into_owned();
        for (number, line) in (1..).zip(std::fs::read_to_string(&path)?.lines()) {
            if let Some((_, name)) = line.split_once("// site: ") {
                sites.insert((file.clone(), number), Name::Site(name.trim().to_owned()));
            } else if line.ends_with("// churns") {
                sites.insert((file.clone(), number), Name::Churns);
            }
        }
    }
    Ok(sites)
}
