//! `oracle fixes`: what `deferscope fix` makes of the cases of our rules and of real code must build,
//! be formatted as gofmt does, have fewer findings and no new ones, and stay as it is when fixed again.
//!
//! Every case is a package of its own. GOROOT is copied, as its tests run with the fixes; of the
//! vendored projects what they vendor is fixed too. What goes wrong with the fixes is tried without
//! them too: only what went well before counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

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
*offered*: findings whose fix may be applied, as `check` says after it has analysed the fixed text: what \
leaves the finding there, or lets another rule speak, is only shown, and does not count; *repaired*, among them what came to light on the way; \
*taken back*: fixes that were offered and that the analysis of everything did not bear out, so that nothing was changed; *checked*: packages that pass `go vet` before, of those changed; then \
what must be 0: packages that do not pass afterwards, files that gofmt would change and would not \
before, findings that are new, files that a second run changes. *tests*: of the changed packages, those \
whose own tests pass with the fixes, fail without them too, or were left out when time was up. What needs C \
is not built, so packages that do not pass `go vet` before are those that need it.\n\n\
| corpus | fixes | findings | offered | repaired | taken back | files | checked | broken | unformatted | new | unstable | tests |\n\
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n";

/// How long the tests of one corpus may take together: then the rest is left out.
const TESTS: Duration = Duration::from_secs(180);

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
    /// What to build it with.
    tags: &'static str,
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
    unstable: Vec<String>,
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
    let build_cache = project.cache_dir("go-build")?;
    let path = project.root.join("oracle/fixes.md");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let mut table = String::from(HEAD);
    let mut failures = Vec::new();
    for corpus in corpora(project, &go) {
        if !args.only.is_empty() && !args.only.iter().any(|name| corpus.name.contains(name)) {
            let start = format!("| {} |", corpus.name);
            for row in known.lines().filter(|line| line.starts_with(&start)) {
                table.push_str(row);
                table.push('\n');
            }
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
            let row = one(&deferscope, &go, &corpus, &scratch, &build_cache, is_unsafe)
                .with_context(|| format!("fixing {}", corpus.name))?;
            let kind = if is_unsafe { "all" } else { "safe" };
            for (what, list) in [
                ("does not build", &row.broken),
                ("is not formatted", &row.unformatted),
                ("is new", &row.new),
                ("changes again", &row.unstable),
            ] {
                for item in list {
                    say!("{} ({kind}): {item} {what}", corpus.name);
                    failures.push(format!("{}: {item} {what}", corpus.name));
                }
            }
            let row = format!(
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
                row.unstable.len(),
                row.tests,
            );
            complain!("{}", row.trim_end());
            table.push_str(&row);
        }
    }
    say!("{table}");
    if args.only.is_empty() || args.write {
        settle_table(
            &path,
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
            tags: "",
        },
        Corpus {
            name: "GOROOT/src".to_owned(),
            from: go.root.clone(),
            folder: PathBuf::from("src"),
            patterns: vec!["./..."],
            is_goroot: true,
            is_cases: false,
            tags: "",
        },
        Corpus {
            name: "GOROOT/src/cmd".to_owned(),
            from: go.root.clone(),
            folder: PathBuf::from("src/cmd"),
            patterns: vec!["./..."],
            is_goroot: true,
            is_cases: false,
            tags: "",
        },
    ];
    for (name, root, tags) in vendored_projects(project) {
        if matches!(name, "podman" | "skopeo") {
            corpora.push(Corpus {
                name: format!("{name}, with what it vendors"),
                from: root,
                folder: PathBuf::new(),
                patterns: vec!["./...", "./vendor/..."],
                is_goroot: false,
                is_cases: false,
                tags,
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
    build_cache: &Path,
    is_unsafe: bool,
) -> Result<Row> {
    let copy = scratch.join("copy");
    if copy.exists() {
        std::fs::remove_dir_all(&copy).with_context(|| format!("removing {}", copy.display()))?;
    }
    if corpus.is_cases {
        copy_cases(&corpus.from, &copy)?;
    } else if corpus.is_goroot {
        copy_goroot(&corpus.from, &copy)?;
    } else {
        copy_tree(&corpus.from, &copy)?;
    }
    let here = |root: &Path| Place {
        deferscope,
        folder: root.join(&corpus.folder),
        corpus,
        goroot: if corpus.is_goroot {
            root.to_path_buf()
        } else {
            go.root.clone()
        },
        is_unsafe,
        build_cache: build_cache.to_path_buf(),
        cache: scratch.join("deferscope"),
    };
    let place = here(&copy);
    let original = if corpus.is_cases {
        // They are no packages before they are copied.
        let apart = scratch.join("untouched");
        if apart.exists() {
            std::fs::remove_dir_all(&apart)
                .with_context(|| format!("removing {}", apart.display()))?;
        }
        copy_cases(&corpus.from, &apart)?;
        here(&apart)
    } else {
        here(&corpus.from)
    };
    let before = place.findings()?;

    let (_, said) = place.deferscope(&["fix", "--verbose"], true)?;
    let changed: BTreeSet<String> = said
        .lines()
        .filter_map(|line| Some(line.strip_prefix("  ")?.split_once(": ")?.0.to_owned()))
        .filter(|path| path.ends_with(".go"))
        .collect();
    let packages: BTreeSet<String> = changed
        .iter()
        .map(|file| match file.rsplit_once('/') {
            Some((folder, _)) => format!("./{folder}"),
            None => ".".to_owned(),
        })
        .collect();
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
        ..Row::default()
    };
    let after = place.findings()?;
    for (key, (count, _)) in &after {
        let known = before.get(key).map_or(0, |(count, _)| *count);
        if *count > known {
            row.new.push(format!("{} in {} of {}", key.0, key.2, key.1));
        }
    }
    let (again, _) = place.deferscope(&["fix", "--diff"], true)?;
    row.unstable = again
        .lines()
        .filter_map(|line| line.strip_prefix("+++ b/"))
        .map(str::to_owned)
        .collect();
    let unformatted = place.unformatted(&changed)?;
    let known = original.unformatted(&unformatted)?;
    row.unformatted = unformatted.difference(&known).cloned().collect();
    let unsound = place.unsound(&packages)?;
    let known = original.unsound(&unsound)?;
    row.broken = unsound.difference(&known).cloned().collect();
    row.checked = packages.len() - known.len();
    row.tests = "–".to_owned();
    if corpus.is_goroot {
        let tested = place.tests(&packages)?;
        let known = original.tests(&tested.failing)?;
        row.broken.extend(
            known
                .passing
                .iter()
                .map(|package| format!("{package} (its tests)")),
        );
        row.tests = format!(
            "{} pass, {} fail before too, {} left out",
            tested.passing.len(),
            known.failing.len(),
            tested.left_out.len() + known.left_out.len()
        );
    }
    Ok(row)
}

/// Code, and how to look at it.
struct Place<'a> {
    deferscope: &'a Path,
    folder: PathBuf,
    corpus: &'a Corpus,
    goroot: PathBuf,
    is_unsafe: bool,
    build_cache: PathBuf,
    /// Where deferscope keeps what it knows about what has not changed.
    cache: PathBuf,
}

impl Place<'_> {
    fn deferscope(&self, args: &[&str], fixes: bool) -> Result<(String, String)> {
        let mut command = Command::new(self.deferscope);
        command
            .current_dir(&self.folder)
            .env("GOROOT", &self.goroot)
            .args(args)
            .args(["--select", "all", "--no-progress", "--isolated"])
            .arg("--cache-dir")
            .arg(&self.cache);
        if !self.corpus.tags.is_empty() {
            command.args(["--tags", self.corpus.tags]);
        }
        if fixes && self.is_unsafe {
            command.arg("--unsafe-fixes");
        }
        command.args(&self.corpus.patterns);
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
        let mut flags = Vec::new();
        if !self.corpus.is_goroot {
            flags.push(match self.folder.join("vendor").is_dir() {
                true => "-mod=vendor".to_owned(),
                false => "-mod=mod".to_owned(),
            });
        }
        if !self.corpus.tags.is_empty() {
            flags.push(format!("-tags={}", self.corpus.tags));
        }
        let mut command = Command::new(self.goroot.join("bin/go"));
        command
            .current_dir(&self.folder)
            .env("GOROOT", &self.goroot)
            .env("GOCACHE", &self.build_cache)
            .env("GOFLAGS", flags.join(" "))
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GO111MODULE", "on")
            .env("CGO_ENABLED", "0");
        command
    }

    /// Those of the packages, tests included, that `go vet` finds something wrong with, such as that
    /// they cannot be built.
    fn unsound(&self, packages: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let passes = |packages: &mut dyn Iterator<Item = &String>| -> Result<bool> {
            let mut command = self.go();
            command.args(["vet", "-p=2"]).args(packages);
            Ok(output(&mut command)?.status.success())
        };
        let mut unsound = BTreeSet::new();
        if packages.is_empty() || passes(&mut packages.iter())? {
            return Ok(unsound);
        }
        for package in packages {
            if !passes(&mut std::iter::once(package))? {
                unsound.insert(package.clone());
            }
        }
        Ok(unsound)
    }

    /// Those of the files that gofmt would change.
    fn unformatted(&self, files: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        let files: Vec<&String> = files.iter().collect();
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

    /// Runs the tests of packages.
    fn tests(&self, packages: &BTreeSet<String>) -> Result<Tested> {
        let start = Instant::now();
        let mut tested = Tested::default();
        for package in packages {
            let package = package.clone();
            if start.elapsed() > TESTS {
                tested.left_out.insert(package);
                continue;
            }
            let mut command = self.go();
            command.args(["test", "-short", "-count=1", "-p=2", "-timeout=15m"]);
            command.arg(&package);
            match output(&mut command)?.status.success() {
                true => tested.passing.insert(package),
                false => tested.failing.insert(package),
            };
        }
        Ok(tested)
    }
}

/// What became of the tests of packages.
#[derive(Default)]
struct Tested {
    passing: BTreeSet<String>,
    failing: BTreeSet<String>,
    left_out: BTreeSet<String>,
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

/// A GOROOT whose source may be changed; the rest is that of the original.
fn copy_goroot(from: &Path, to: &Path) -> Result<()> {
    copy_tree(&from.join("src"), &to.join("src"))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        if entry.file_name() != "src" {
            let place = to.join(entry.file_name());
            std::os::unix::fs::symlink(entry.path(), &place)
                .with_context(|| format!("linking {}", place.display()))?;
        }
    }
    Ok(())
}
