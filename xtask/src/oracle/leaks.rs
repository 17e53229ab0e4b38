//! `oracle leaks`: defects that public projects found in their own code and mended, as the commit
//! before the mending shows them. How many does `deferscope check` report?
//!
//! The lists are `oracle/leaks.toml` and, of goroutines that are stuck, `oracle/goroutine-leaks.toml`;
//! the code is not in this repository. Each tree of Go files is looked for in `leaks/NAME-PARENT` or
//! `goroutine-leaks/NAME-PARENT` of the cache, PARENT being the first eight digits. For the second list
//! the trees after the mending are there as well, and the table says whether the rule is silent in
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml::Table;

use super::{LeaksArgs, settle_table};
use crate::generated;
use crate::project::Project;
use crate::toolchains::{self, GO};
use crate::ui::complain;
use crate::usage::measured;

/// A list of defects, and where all about it is.
struct List {
    /// The list, below `oracle`.
    rows: &'static str,
    /// The table.
    table: &'static str,
    /// The folder of the cache that has the trees.
    trees: &'static str,
    /// The heading of the table.
    title: &'static str,
    /// Whether the trees after the mending are there too.
    has_fixed: bool,
}

const LISTS: [List; 2] = [
    List {
        rows: "leaks.toml",
        table: "leaks.md",
        trees: "leaks",
        title: "Real leaks found",
        has_fixed: false,
    },
    List {
        rows: "goroutine-leaks.toml",
        table: "goroutine-leaks.md",
        trees: "goroutine-leaks",
        title: "Real goroutine leaks found",
        has_fixed: true,
    },
];

/// A row of the list.
struct Leak {
    repo: String,
    parent: String,
    commit: String,
    path: PathBuf,
    function: String,
    line: i64,
    /// The line after the mending.
    fixed_line: Option<i64>,
    rule: String,
    visible: String,
    goos: Option<String>,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Its rule speaks, in the function or naming the line in its story.
    Found,
    /// Another rule of the same category does.
    Related,
    Missed,
}

/// The rules that speak for those about single kinds of resources, when they can say more: that the
/// release comes too late, that nobody takes the resource, that another takes its place.
const FOR_RELEASES: [&str; 3] = [
    "defer-too-late",
    "discarded-resource",
    "overwritten-before-release",
];

/// Whether a rule speaks in the place of one of `category`.
fn speaks_for(spoken: &BTreeSet<String>, category: &str) -> bool {
    category == "release" && FOR_RELEASES.iter().any(|&rule| spoken.contains(rule))
}

/// How many rows there are, and what became of them.
#[derive(Clone, Copy, Default)]
struct Sum {
    all: usize,
    found: usize,
    related: usize,
    /// Of those found or related: how many are silent after the mending.
    silent: usize,
}

impl Sum {
    fn add(&mut self, verdict: Verdict, is_silent: bool) {
        self.all += 1;
        match verdict {
            Verdict::Found => self.found += 1,
            Verdict::Related => self.related += 1,
            Verdict::Missed => {}
        }
        self.silent += usize::from(is_silent && verdict != Verdict::Missed);
    }

    fn row(self, rule: &str, visible: &str, list: &List) -> String {
        let share = (self.found + self.related) as f64 / self.all as f64 * 100.0;
        let silent = match list.has_fixed {
            true => format!(" {} |", self.silent),
            false => String::new(),
        };
        format!(
            "| {rule} | {visible} | {} | {} | {} | {share:.0} |{silent}\n",
            self.all, self.found, self.related
        )
    }
}

/// Runs over all rows of all lists whose code is at hand; fails when some is not.
pub(crate) fn run(project: &Project, args: &LeaksArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    let go = toolchains::go_toolchain(project, GO)?;
    let tool = Tool {
        categories: categories(&deferscope)?,
        deferscope,
        goroot: go.root,
    };
    for list in &LISTS {
        run_list(project, args, &tool, list)?;
    }
    Ok(())
}

/// What is run.
struct Tool {
    deferscope: PathBuf,
    goroot: PathBuf,
    /// Of each rule that exists.
    categories: BTreeMap<String, String>,
}

/// Runs over the rows of one list.
fn run_list(project: &Project, args: &LeaksArgs, tool: &Tool, list: &List) -> Result<()> {
    let categories = &tool.categories;
    let trees = project.cache_dir(list.trees)?;
    let oracle = project.root.join("oracle");
    let leaks = read(&oracle.join(list.rows))?;

    let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
    let mut unwritten: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut missed, mut speaking) = (String::new(), String::new());
    let mut absent = BTreeSet::new();
    for leak in &leaks {
        let Some(category) = categories.get(&leak.rule) else {
            *unwritten.entry(&leak.rule).or_default() += 1;
            continue;
        };
        let name = leak.repo.rsplit('/').next().unwrap_or(&leak.repo);
        let tree_of = |commit: &str| trees.join(format!("{name}-{}", &commit[..8]));
        let tree = tree_of(&leak.parent);
        let file = tree.join(&leak.path);
        if !file.is_file() {
            absent.insert(tree);
            continue;
        }
        let spoken = findings(tool, &file, leak, leak.line)
            .with_context(|| format!("checking {}", file.display()))?;
        let verdict = if spoken.contains(&leak.rule) || speaks_for(&spoken, category) {
            Verdict::Found
        } else if spoken
            .iter()
            .any(|rule| categories.get(rule) == Some(category))
        {
            Verdict::Related
        } else {
            Verdict::Missed
        };
        let mut is_silent = true;
        if list.has_fixed && verdict != Verdict::Missed {
            let tree = tree_of(&leak.commit);
            if !tree.is_dir() {
                absent.insert(tree);
                continue;
            }
            // Where the mending took the file away, nothing can be said about it.
            let file = tree.join(&leak.path);
            let still = match file.is_file() {
                true => findings(tool, &file, leak, leak.fixed_line.unwrap_or(leak.line))?,
                false => BTreeSet::new(),
            };
            let told = |rule: &&String| match verdict {
                Verdict::Found => **rule == leak.rule,
                _ => spoken.contains(*rule) && categories.get(*rule) == Some(category),
            };
            is_silent = !still.iter().any(|rule| told(&rule));
            if !is_silent {
                speaking.push_str(&line_of(leak));
            }
        }
        for key in [
            (leak.rule.clone(), leak.visible.clone()),
            ("all".to_owned(), leak.visible.clone()),
            ("all".to_owned(), "all".to_owned()),
        ] {
            if list.has_fixed || key.1 != "all" {
                sums.entry(key).or_default().add(verdict, is_silent);
            }
        }
        if verdict == Verdict::Missed {
            missed.push_str(&line_of(leak));
        }
    }
    if !absent.is_empty() {
        for tree in &absent {
            complain!("there is no {}", tree.display());
        }
        bail!(
            "{} of the trees that oracle/{} names are not on this machine; docs/triage/leaks.md says how to get them",
            absent.len(),
            list.rows
        );
    }
    settle_table(
        &oracle.join(list.table),
        &table(list, &sums, &unwritten, &missed, &speaking),
        args.write,
        "cargo xtask oracle leaks --write",
    )
}

/// A row as the table lists it.
fn line_of(leak: &Leak) -> String {
    format!(
        "- `{}`, {}: {} {}, {}:{}\n",
        leak.rule,
        leak.visible,
        leak.repo,
        &leak.parent[..8],
        leak.path.display(),
        leak.line
    )
}

fn table(
    list: &List,
    sums: &BTreeMap<(String, String), Sum>,
    unwritten: &BTreeMap<&str, usize>,
    missed: &str,
    speaking: &str,
) -> String {
    let mut text = format!(
        "# {}\n\n\
        Written by `cargo xtask oracle leaks --write`; do not edit. The defects are those of\n\
        [{rows}]({rows}), as the commit before their mending shows them. *Found* are those of which\n\
        the rule speaks in the function, or names the line in its story, or one that says more in its place (`defer-too-late`,\n\
        `discarded-resource`, `overwritten-before-release`); *related* those in which another rule of its\n\
        category does. What has to be seen: one *function*, its *package*, or its *module* with what that\n\
        depends on (which most of these trees do not hold).",
        list.title,
        rows = list.rows
    );
    if list.has_fixed {
        text.push_str(
            " *Silent* are those of the found and related of\n\
            which nothing is said any more in the commit that mends them.",
        );
    }
    text.push_str("\n\n| rule | to be seen | defects | found | related | % |");
    text.push_str(match list.has_fixed {
        true => " silent |\n|---|---|--:|--:|--:|--:|--:|\n",
        false => "\n|---|---|--:|--:|--:|--:|\n",
    });
    for ((rule, visible), sum) in sums {
        text.push_str(&sum.row(rule, visible, list));
    }
    text.push_str("\n## Without a rule yet\n\n");
    let total: usize = unwritten.values().sum();
    let names: Vec<_> = unwritten
        .iter()
        .map(|(rule, count)| format!("`{rule}` {count}"))
        .collect();
    text.push_str(&format!("{total} defects: {}.\n", names.join(", ")));
    text.push_str("\n## Missed\n\n");
    text.push_str(missed);
    if list.has_fixed {
        text.push_str("\n## Not silent after the mending\n\n");
        text.push_str(speaking);
    }
    text
}

/// The category of each rule that exists.
fn categories(deferscope: &Path) -> Result<BTreeMap<String, String>> {
    let (_, output) = measured(Command::new(deferscope).args(["rules", "--format", "json"]))?;
    let rules: Value = serde_json::from_slice(&output).context("reading the table of rules")?;
    let entry = |rule: &Value| {
        let text = |key: &str| rule[key].as_str().map(str::to_owned);
        Some((text("name")?, text("category")?))
    };
    let rules = rules.as_array().context("the table of rules is a list")?;
    Ok(rules.iter().filter_map(entry).collect())
}

/// The rules that speak in the function of a leak, or whose story names its line.
fn findings(tool: &Tool, file: &Path, leak: &Leak, at: i64) -> Result<BTreeSet<String>> {
    let folder = file.parent().context("files lie in folders")?;
    let mut command = Command::new(&tool.deferscope);
    command
        .current_dir(folder)
        .env("GOROOT", &tool.goroot)
        .env("DEFERSCOPE_CACHE_DIR", "off")
        .args([
            "check",
            "--select",
            "all",
            "--exit-zero",
            "--format",
            "json",
            ".",
        ]);
    if let Some(goos) = &leak.goos {
        command.env("GOOS", goos);
    }
    let (_, output) = measured(&command)?;
    let function = last_name(&leak.function);
    let mut rules = BTreeSet::new();
    for line in String::from_utf8_lossy(&output).lines() {
        let finding: Value = serde_json::from_str(line).context("reading a finding")?;
        let text = |key: &str| finding[key].as_str().unwrap_or_default();
        if Path::new(text("path")).file_name() == file.file_name()
            && (last_name(text("function")) == function || names(&finding, at))
        {
            rules.insert(text("rule").to_owned());
        }
    }
    Ok(rules)
}

/// Whether the story of a finding names a line of its file.
fn names(finding: &Value, line: i64) -> bool {
    finding["related"].as_array().is_some_and(|story| {
        let is_it = |place: &Value| place["line"] == line && place["path"] == finding["path"];
        story.iter().any(is_it)
    })
}

/// `M` of `(*T).M`.
fn last_name(function: &str) -> &str {
    function.rsplit('.').next().unwrap_or(function)
}

fn read(path: &Path) -> Result<Vec<Leak>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let rows = table["leak"].as_array().context("`leak` is a list")?;
    let leak = |row: &toml::Value| {
        let text = |key: &str| {
            let value = row.get(key).and_then(toml::Value::as_str);
            value.map(str::to_owned)
        };
        let needed = |key: &str| text(key).with_context(|| format!("a leak has no {key}: {row}"));
        let parent = needed("parent")?;
        let commit = text("commit").unwrap_or_default();
        if parent.len() < 8 || commit.len() < 8 {
            bail!("{row} has no commit");
        }
        Ok(Leak {
            repo: needed("repo")?,
            parent,
            commit,
            path: needed("path")?.into(),
            function: needed("function")?,
            line: row
                .get("line")
                .and_then(toml::Value::as_integer)
                .unwrap_or_default(),
            fixed_line: row.get("fixed_line").and_then(toml::Value::as_integer),
            rule: needed("rule")?,
            visible: needed("visible")?,
            goos: text("goos"),
        })
    };
    rows.iter().map(leak).collect()
}
