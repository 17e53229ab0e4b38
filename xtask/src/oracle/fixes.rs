//! `oracle fixes`: what `deferscope fix` makes of the cases of our rules and of real code must build,
//! be formatted as gofmt does, have fewer findings and no new ones, and stay as it is when fixed again.
//!
//! Every case is a package of its own. GOROOT is copied, as its tests run with the fixes; of the
//! vendored projects what they vendor is fixed too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::types::vendored_projects;
use super::{FixesArgs, settle_table};
use crate::corpus::files_below;
use crate::generated;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::{complain, say};

const HEAD: &str = "# What fixes make of code\n\n\
`cargo xtask oracle fixes --write` rewrites this table. `deferscope fix --select all`, once without \
and once with `--unsafe-fixes`, is run on the cases of our rules, on GOROOT and on vendored projects. \
*offered*: findings with a fix that may be applied; *repaired*; *taken back*: the analysis did not bear \
the fix out, and nothing was changed; *checked*: packages that pass `go vet` before, of those changed; then \
what must be 0: packages that do not pass afterwards, files that gofmt would change and would not \
before, findings that are new, files that a second run changes; last the packages whose own tests fail \
with the fixes and not without.\n\n\
| corpus | fixes | findings | offered | repaired | taken back | files | checked | broken | unformatted | new | unstable | tests |\n\
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n";

/// Something to fix.
struct Corpus {
    name: String,
    /// What it is copied from.
    from: PathBuf,
    /// Where in the copy to fix, and what.
    folder: PathBuf,
    patterns: Vec<&'static str>,
    /// Whether the copy is the GOROOT to build with.
    is_goroot: bool,
    /// Whether each file becomes a package of its own.
    is_cases: bool,
}

/// A finding, without its place.
type Key = (String, String, String);

#[derive(Default)]
struct Row {
    findings: usize,
    offered: usize,
    repaired: usize,
    taken_back: usize,
    files: usize,
    checked: usize,
    broken: Vec<String>,
    unformatted: Vec<String>,
    new: Vec<String>,
    unstable: usize,
    tests: String,
}

/// Fixes all corpora that are on this machine.
pub(crate) fn run(project: &Project, args: &FixesArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    let go = toolchains::go_toolchain(project, GO)?;
    let scratch = match &args.scratch {
        Some(folder) => std::path::absolute(folder)?,
        None => project.cache_dir("oracle-fixes")?,
    };
    let mut table = String::from(HEAD);
    let mut failures = Vec::new();
    for corpus in corpora(project, &go) {
        if !args.only.is_empty() && !args.only.iter().any(|name| corpus.name.contains(name)) {
            continue;
        }
        if !corpus.from.exists() {
            complain!(
                "warning: {} is not on this machine; put its source into {}",
                corpus.name,
                corpus.from.display()
            );
            continue;
        }
        for is_unsafe in [false, true] {
            let row = one(&deferscope, &go, &corpus, &scratch, is_unsafe)
                .with_context(|| format!("fixing {}", corpus.name))?;
            let kind = if is_unsafe { "all" } else { "safe" };
            for (what, list) in [
                ("does not build", &row.broken),
                ("is not formatted", &row.unformatted),
                ("is new", &row.new),
            ] {
                for item in list {
                    say!("{} ({kind}): {item} {what}", corpus.name);
                    failures.push(format!("{}: {item} {what}", corpus.name));
                }
            }
            table.push_str(&format!(
                "| {} | {kind} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                corpus.name,
                row.findings,
                row.offered,
                row.repaired,
                row.taken_back,
                row.files,
                row.checked,
                row.broken.len(),
                row.unformatted.len(),
                row.new.len(),
                row.unstable,
                row.tests,
            ));
        }
    }
    say!("{table}");
    if args.only.is_empty() {
        settle_table(
            &project.root.join("oracle/fixes.md"),
            &table,
            args.write,
            "cargo xtask oracle fixes --write",
        )?;
    }
    if !failures.is_empty() {
        bail!("{} things are worse after fixes", failures.len());
    }
    Ok(())
}

fn corpora(project: &Project, go: &Go) -> Vec<Corpus> {
    let mut corpora = vec![
        Corpus {
            name: "cases of the rules".to_owned(),
            from: project.root.join("crates/rules/testdata"),
            folder: PathBuf::new(),
            patterns: vec!["./..."],
            is_goroot: false,
            is_cases: true,
        },
        Corpus {
            name: "GOROOT/src".to_owned(),
            from: go.root.clone(),
            folder: PathBuf::from("src"),
            patterns: vec!["./..."],
            is_goroot: true,
            is_cases: false,
        },
        Corpus {
            name: "GOROOT/src/cmd".to_owned(),
            from: go.root.clone(),
            folder: PathBuf::from("src/cmd"),
            patterns: vec!["./..."],
            is_goroot: true,
            is_cases: false,
        },
    ];
    for (name, root) in vendored_projects(project) {
        if matches!(name, "podman" | "skopeo") {
            corpora.push(Corpus {
                name: format!("{name}, with what it vendors"),
                from: root,
                folder: PathBuf::new(),
                patterns: vec!["./...", "./vendor/..."],
                is_goroot: false,
                is_cases: false,
            });
        }
    }
    corpora
}

fn one(
    deferscope: &Path,
    go: &Go,
    corpus: &Corpus,
    scratch: &Path,
    is_unsafe: bool,
) -> Result<Row> {
    let copy = scratch.join("copy");
    if copy.exists() {
        std::fs::remove_dir_all(&copy).with_context(|| format!("removing {}", copy.display()))?;
    }
    if corpus.is_cases {
        copy_cases(&corpus.from, &copy)?;
    } else {
        copy_tree(&corpus.from, &copy)?;
    }
    let place = Place {
        deferscope,
        folder: copy.join(&corpus.folder),
        patterns: &corpus.patterns,
        goroot: if corpus.is_goroot {
            copy.clone()
        } else {
            go.root.clone()
        },
        is_unsafe,
        cache: scratch.join("gocache"),
    };
    let before = place.findings()?;
    let (diff, _) = place.deferscope(&["fix", "--diff"], true)?;
    let changed: Vec<String> = diff
        .lines()
        .filter_map(|line| line.strip_prefix("+++ b/"))
        .map(str::to_owned)
        .collect();
    let packages: BTreeSet<String> = changed
        .iter()
        .map(|file| match file.rsplit_once('/') {
            Some((folder, _)) => format!("./{folder}"),
            None => ".".to_owned(),
        })
        .collect();
    let sound = place.sound(&packages)?;
    let formatted = place.unformatted(&changed)?;
    let tested = place.failing_tests(corpus, &packages)?;

    let (_, said) = place.deferscope(&["fix"], true)?;
    let mut row = Row {
        findings: before.values().map(|(count, _)| count).sum(),
        offered: before.values().map(|(_, offered)| offered).sum(),
        repaired: said
            .lines()
            .find_map(|line| {
                line.strip_prefix("repaired ")?
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .context("`deferscope fix` says what it repaired")?,
        taken_back: said.matches("was taken back").count(),
        files: changed.len(),
        checked: sound.len(),
        ..Row::default()
    };
    let after = place.findings()?;
    for (key, (count, _)) in &after {
        let known = before.get(key).map_or(0, |(count, _)| *count);
        if *count > known {
            row.new.push(format!("{} in {} of {}", key.0, key.2, key.1));
        }
    }
    let still = place.sound(&sound)?;
    row.broken = sound.difference(&still).cloned().collect();
    row.unformatted = place
        .unformatted(&changed)?
        .difference(&formatted)
        .cloned()
        .collect();
    let (again, _) = place.deferscope(&["fix", "--diff"], true)?;
    row.unstable = again
        .lines()
        .filter(|line| line.starts_with("+++ b/"))
        .count();
    row.tests = match (tested, place.failing_tests(corpus, &packages)?) {
        (Some(before), Some(after)) => {
            let worse: Vec<_> = after.difference(&before).cloned().collect();
            if worse.is_empty() {
                format!("{} pass", packages.len() - after.len())
            } else {
                row.broken
                    .extend(worse.iter().map(|package| format!("{package} (its tests)")));
                worse.join(" ")
            }
        }
        _ => "–".to_owned(),
    };
    Ok(row)
}

/// A copy, and how to look at it.
struct Place<'a> {
    deferscope: &'a Path,
    folder: PathBuf,
    patterns: &'a [&'static str],
    goroot: PathBuf,
    is_unsafe: bool,
    cache: PathBuf,
}

impl Place<'_> {
    fn deferscope(&self, args: &[&str], fixes: bool) -> Result<(String, String)> {
        let mut command = Command::new(self.deferscope);
        command
            .current_dir(&self.folder)
            .env("GOROOT", &self.goroot)
            .args(args)
            .args([
                "--select",
                "all",
                "--no-cache",
                "--no-progress",
                "--isolated",
            ]);
        if fixes && self.is_unsafe {
            command.arg("--unsafe-fixes");
        }
        command.args(self.patterns);
        let output = output(&mut command)?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            bail!(
                "deferscope failed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok((
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }

    /// How many findings there are of each kind, and how many of them have a fix that may be applied.
    fn findings(&self) -> Result<BTreeMap<Key, (usize, usize)>> {
        let (text, _) = self.deferscope(&["check", "--format", "json"], false)?;
        let mut found: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).context("a line of JSON")?;
            let of = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let entry = found
                .entry((of("rule"), of("path"), of("function")))
                .or_default();
            entry.0 += 1;
            let allowed = match value["fix"]["applicability"].as_str() {
                Some("safe") => true,
                Some("unsafe") => self.is_unsafe,
                _ => false,
            };
            entry.1 += usize::from(allowed);
        }
        Ok(found)
    }

    fn go(&self) -> Command {
        let mut command = Command::new(self.goroot.join("bin/go"));
        command
            .current_dir(&self.folder)
            .env("GOROOT", &self.goroot)
            .env("GOCACHE", &self.cache)
            .env(
                "GOFLAGS",
                if self.folder.join("vendor").is_dir() {
                    "-mod=vendor"
                } else {
                    "-mod=mod"
                },
            )
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GO111MODULE", "on")
            .env("CGO_ENABLED", "0");
        command
    }

    /// Those of the packages, tests included, that `go vet` finds nothing wrong with that keeps them
    /// from being built.
    fn sound(&self, packages: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let mut sound = BTreeSet::new();
        for package in packages {
            let mut command = self.go();
            command.args(["vet", "-p=2", package]);
            if output(&mut command)?.status.success() {
                sound.insert(package.clone());
            }
        }
        Ok(sound)
    }

    /// Those of the files that gofmt would change.
    fn unformatted(&self, files: &[String]) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for files in files.chunks(200) {
            let mut command = Command::new(self.goroot.join("bin/gofmt"));
            command.current_dir(&self.folder).arg("-l").args(files);
            let output = output(&mut command)?;
            found.extend(
                String::from_utf8_lossy(&output.stdout)
                    .lines()
                    .map(str::to_owned),
            );
        }
        Ok(found)
    }

    /// The packages of GOROOT whose tests fail.
    fn failing_tests(
        &self,
        corpus: &Corpus,
        packages: &BTreeSet<String>,
    ) -> Result<Option<BTreeSet<String>>> {
        if !corpus.is_goroot {
            return Ok(None);
        }
        let mut failing = BTreeSet::new();
        for package in packages {
            let mut command = self.go();
            command.args([
                "test",
                "-short",
                "-count=1",
                "-p=2",
                "-timeout=300s",
                package,
            ]);
            if !output(&mut command)?.status.success() {
                failing.insert(package.clone());
            }
        }
        Ok(Some(failing))
    }
}

fn output(command: &mut Command) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {:?}", command.get_program()))
}

/// Copies each case into a folder of its own, all in one module. Cases that ask for another version of
/// the language are left out.
fn copy_cases(from: &Path, to: &Path) -> Result<()> {
    for file in files_below(from)? {
        let text =
            std::fs::read_to_string(from.join(&file)).with_context(|| format!("reading {file}"))?;
        if !file.ends_with(".go") || text.lines().any(|line| line.starts_with("// go: ")) {
            continue;
        }
        let folder = to.join(file.trim_end_matches(".go"));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        let name = file.rsplit('/').next().unwrap_or(&file);
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let path = to.join("go.mod");
    std::fs::write(&path, "module example.com/cases\n\ngo 1.27\n")
        .with_context(|| format!("writing {}", path.display()))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    let mut command = Command::new("cp");
    command.arg("-R").arg(from.join(".")).arg(to);
    crate::process::run(&mut command)
}
