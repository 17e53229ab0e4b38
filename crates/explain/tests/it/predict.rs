//! Programs run by real Go print what their explanations say.
//!
//! `cargo xtask oracle explain` runs the same on more programs, through two variables:
//! `DEFERSCOPE_EXPLAIN_PROGRAMS` and `DEFERSCOPE_EXPLAIN_SEED`.

use std::path::{Path, PathBuf};
use std::process::Command;

use explain::{Basis, Deed, Defer, Ending, Explanation, OperandKind, Run, Way, WayKind};
use go_flow::Models;
use go_project::{BuildContext, ProcessEnv, Project};

use crate::generate;

/// Programs in one package: one build of Go each.
const BATCH: usize = 250;

/// The Go to compare with; nothing when there is none, which is a failure in continuous integration.
fn goroot() -> Option<PathBuf> {
    match std::env::var_os("DEFERSCOPE_GOROOT") {
        Some(root) => Some(PathBuf::from(root)),
        None => {
            assert!(
                std::env::var_os("CI").is_none(),
                "DEFERSCOPE_GOROOT is not set: explanations are not compared with Go"
            );
            None
        }
    }
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn explanations_say_what_programs_print() {
    let Some(goroot) = goroot() else {
        say("NOT COMPARED WITH GO: set DEFERSCOPE_GOROOT");
        return;
    };
    let count = number("DEFERSCOPE_EXPLAIN_PROGRAMS", 500);
    let seed = number("DEFERSCOPE_EXPLAIN_SEED", 1) as u64;
    let mut failures = Vec::new();
    let mut done = 0;
    for batch in 0..count.div_ceil(BATCH) {
        let size = BATCH.min(count - done);
        compare(&goroot, seed + batch as u64, size, &mut failures);
        done += size;
        if count > 1000 {
            say(&format!(
                "{done} programs, {} not as explained",
                failures.len()
            ));
        }
    }
    failures.sort_by_key(String::len);
    if let Some(path) = std::env::var_os("DEFERSCOPE_EXPLAIN_FAILURES") {
        std::fs::write(path, failures.join("\n=====\n")).expect("a file");
    }
    let shown: Vec<&String> = failures.iter().take(3).collect();
    assert!(
        failures.is_empty(),
        "{} of {done} programs do what their explanation does not say:\n{}",
        failures.len(),
        shown
            .into_iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n---\n")
    );
}

#[expect(
    clippy::print_stderr,
    reason = "a long test says how far it is, and one that does not run that it does not"
)]
fn say(text: &str) {
    eprintln!("{text}");
}

fn compare(goroot: &Path, seed: u64, count: usize, failures: &mut Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let text = generate::package(seed, count).text;
    std::fs::write(
        root.join("go.mod"),
        "module example.com/generated\n\ngo 1.22\n",
    )
    .expect("a file");
    std::fs::write(root.join("main.go"), &text).expect("a file");
    let printed = run_go(goroot, &root);
    let real = split(&printed);
    let lines: Vec<&str> = text.lines().collect();
    let numbers: Vec<usize> = (0..count).collect();
    let found: Vec<Vec<String>> = std::thread::scope(|scope| {
        let halves = numbers.chunks(count.div_ceil(2).max(1)).map(|half| {
            let (root, real, lines) = (&root, &real, &lines);
            std::thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, move || one_half(root, real, lines, half, seed))
                .expect("a thread")
        });
        let halves: Vec<_> = halves.collect();
        halves
            .into_iter()
            .map(|half| half.join().expect("no panic"))
            .collect()
    });
    failures.extend(found.into_iter().flatten());
}

fn one_half(
    root: &Path,
    real: &[Vec<String>],
    lines: &[&str],
    half: &[usize],
    seed: u64,
) -> Vec<String> {
    let (context, _) = BuildContext::from_env(&ProcessEnv);
    let project = Project::open(root, context);
    let models = Models::new();
    let mut failures = Vec::new();
    for &number in half {
        let target = format!("main.go:case{number}");
        let told = explain::explain(&project, &models, &target).expect("an explanation");
        let predicted = match predict(&told) {
            Ok(predicted) => predicted,
            Err(why) => vec![format!("? {why}")],
        };
        if predicted != real[number] {
            let (first, last) = (told.line as usize - 1, told.end_line as usize);
            let source: Vec<String> = lines[first..last]
                .iter()
                .enumerate()
                .map(|(index, line)| format!("{:>6} {line}", first + index + 1))
                .collect();
            failures.push(format!(
                "case{number} of seed {seed}\n{}\n--- Go printed\n{}\n--- explained\n{}",
                source.join("\n"),
                real[number].join("\n"),
                predicted.join("\n")
            ));
        }
    }
    failures
}

fn run_go(goroot: &Path, folder: &Path) -> String {
    let cache = std::env::var_os("GOCACHE")
        .unwrap_or_else(|| concat!(env!("CARGO_TARGET_TMPDIR"), "/go-build").into());
    let output = Command::new(goroot.join("bin/go"))
        .args(["run", "."])
        .current_dir(folder)
        .env("GOROOT", goroot)
        .env("GOCACHE", cache)
        .env("GOPATH", concat!(env!("CARGO_TARGET_TMPDIR"), "/gopath"))
        .env("GOENV", "off")
        .env("CGO_ENABLED", "0")
        .env("GOPROXY", "off")
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local")
        .output()
        .expect("go starts");
    if !output.status.success() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("failed.go");
        std::fs::copy(folder.join("main.go"), &kept).expect("a copy");
        let said: String = String::from_utf8_lossy(&output.stderr)
            .chars()
            .take(3000)
            .collect();
        let last = String::from_utf8_lossy(&output.stdout);
        let last = last
            .lines()
            .rfind(|line| line.starts_with("case "))
            .unwrap_or("none");
        panic!(
            "the programs in {} do not run (the last was {last}): {said}",
            kept.display()
        );
    }
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines of each program.
fn split(printed: &str) -> Vec<Vec<String>> {
    let mut cases: Vec<Vec<String>> = Vec::new();
    for line in printed.lines() {
        if line.starts_with("case ") {
            cases.push(Vec::new());
        } else if let Some(case) = cases.last_mut() {
            case.push(line.to_owned());
        }
    }
    cases
}

/// What a program prints, by its explanation.
fn predict(told: &Explanation) -> Result<Vec<String>, String> {
    if told.basis != Basis::Run {
        return Err(format!("the explanation is not certain: {:?}", told.basis));
    }
    let reached: Vec<&Way> = told.ways.iter().filter(|way| way.reached).collect();
    let [way] = reached[..] else {
        let kinds: Vec<WayKind> = reached.iter().map(|way| way.kind).collect();
        return Err(format!("not one way out: {kinds:?}"));
    };
    let mut lines = Vec::new();
    deeds(&way.before, &mut lines)?;
    for run in &way.runs {
        one_run(told, run, &mut lines)?;
    }
    let [outcome] = &way.outcomes[..] else {
        return Err("not one outcome".to_owned());
    };
    match outcome.ending {
        Ending::Returns => {
            let mut line = "R".to_owned();
            for result in &outcome.results {
                if !result.known {
                    return Err(format!("result {} is not known", result.name));
                }
                line.push(' ');
                line.push_str(&plain(&result.value));
            }
            lines.push(line);
        }
        Ending::Panics => {
            let value = outcome.panic.as_ref().ok_or("a panic without value")?;
            lines.push(format!("P {}", plain(value)));
        }
        Ending::Goexit => lines.push("G".to_owned()),
        other => return Err(format!("it ends: {other:?}")),
    }
    Ok(lines)
}

/// What a deferred call of the program prints; that its line and its values are those told.
fn one_run(told: &Explanation, run: &Run, lines: &mut Vec<String>) -> Result<(), String> {
    let defer: &Defer = told.defers.get(run.defer).ok_or("no such defer")?;
    if run.line != defer.site.line {
        return Err("a run and its defer are on two lines".to_owned());
    }
    let before = lines.len();
    let mut values = Vec::new();
    for (operand, value) in defer.operands.iter().zip(&run.values) {
        if operand.kind == OperandKind::Argument {
            let value = value
                .as_ref()
                .ok_or_else(|| format!("`{}` is not known", operand.text))?;
            values.push(plain(value));
        }
    }
    if defer.call.starts_with("fmt.Println(") {
        lines.push(values.join(" "));
    } else {
        deeds(&run.does, lines)?;
    }
    let Some(first) = lines.get(before) else {
        return Ok(());
    };
    if !first.starts_with("D ") {
        return Err(format!(
            "{first:?} is not what a deferred call prints first"
        ));
    }
    // Functions that are told the line have it among their arguments.
    let told_line = first
        .split(' ')
        .nth(1)
        .and_then(|id| id.parse::<u32>().ok());
    if told_line != Some(run.line) {
        return Err(format!(
            "{first:?} is printed by the defer at line {}",
            run.line
        ));
    }
    if defer.call.starts_with("func(a")
        && !first.starts_with(&format!("D {} {}", run.line, values.join(" ")))
    {
        return Err(format!("{first:?} shows other arguments than {values:?}"));
    }
    Ok(())
}

fn deeds(does: &[Deed], lines: &mut Vec<String>) -> Result<(), String> {
    for deed in does {
        match deed {
            Deed::Calls { text, args, .. } if text.starts_with("fmt.Println(") => {
                let args: Vec<String> = args.iter().map(|arg| plain(arg)).collect();
                lines.push(args.join(" "));
            }
            Deed::Calls { text, .. } => return Err(format!("{text} is not looked into")),
            Deed::Within { does, .. } => deeds(does, lines)?,
            Deed::Runs {
                call, values, does, ..
            } => {
                if call.starts_with("fmt.Println(") {
                    let values: Vec<String> = values.iter().map(|value| plain(value)).collect();
                    lines.push(values.join(" "));
                } else {
                    deeds(does, lines)?;
                }
            }
            Deed::If { given, .. } => return Err(format!("something depends on {given}")),
            _ => {}
        }
    }
    Ok(())
}

/// A value as Go prints it.
fn plain(value: &str) -> String {
    if value == "nil" {
        return "<nil>".to_owned();
    }
    if value.starts_with('"') {
        return serde_json::from_str(value).expect("a string literal");
    }
    value.to_owned()
}
