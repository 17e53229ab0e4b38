//! `deferscope fix`, and what `check --fix` has in common with it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::{Result, bail};
use clap::ColorChoice;
use diagnostics::{Applicability, Diagnostic};
use engine::{Answer, Asker, FixError, FixRequest, Fixed, Outcome, Request};

use crate::args::{CheckArgs, FixArgs, FixFlags};
use crate::exit::Exit;
use crate::output::{self, note, warning};

pub(crate) fn run(args: FixArgs, color: ColorChoice) -> Result<Exit> {
    let args = CheckArgs {
        patterns: args.patterns,
        fix_only: true,
        fixes: args.fixes,
        quiet: args.quiet,
        verbose: args.verbose,
        no_progress: args.no_progress,
        min_severity: args.min_severity,
        new_from_rev: args.new_from_rev,
        analysis: args.analysis,
        ..CheckArgs::default()
    };
    super::check::run(&args, color)
}

/// Analyses and repairs, in memory. What is left to report comes first.
pub(super) fn repair(request: Request<'_>, flags: &FixFlags) -> Result<(Outcome, Option<Fixed>)> {
    if flags.interactive && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        bail!(
            "--interactive needs a terminal to ask on\n  help: use --diff to see what would change"
        );
    }
    let request = FixRequest {
        run: request,
        unsafe_too: flags.unsafe_fixes,
    };
    let mut always = None;
    let mut ask = |finding: &Diagnostic, before: &str, after: &str| {
        question(finding, before, after, &mut always)
    };
    let asker: Option<&mut Asker<'_>> = if flags.interactive {
        Some(&mut ask)
    } else {
        None
    };
    let mut fixed = engine::fix(&request, asker)?;
    let outcome = std::mem::take(&mut fixed.outcome);
    Ok((outcome, Some(fixed)))
}

/// Writes, or shows, what changes, and says what was done.
pub(super) fn finish(
    fixed: &Fixed,
    outcome: &Outcome,
    args: &CheckArgs,
    cwd: &Path,
) -> Result<Exit> {
    let mut failed = outcome.has_failed();
    for problem in &fixed.problems {
        failed |= problem.is_failure();
        if problem.is_failure() || !args.quiet {
            warning(&problem.to_string());
        }
    }
    if args.fixes.diff {
        output::to_stdout(|out| {
            for change in &fixed.changes {
                let diff = report::unified_diff(&change.path, &change.before, &change.after);
                out.write_all(diff.as_bytes())?;
            }
            Ok(())
        })?;
        if !args.quiet {
            summary(fixed, outcome, args, fixed.changes.len(), &[]);
        }
        return Ok(match (failed, fixed.changes.is_empty()) {
            (true, _) => Exit::Failure,
            (false, true) => Exit::Clean,
            (false, false) => Exit::Findings,
        });
    }
    let dirty = engine::uncommitted(cwd, &fixed.changes);
    let (written, errors) = engine::write_changes(&fixed.changes);
    for error in &errors {
        failed = true;
        output::error(&error.to_string());
    }
    if !args.quiet {
        if !dirty.is_empty() {
            let names: Vec<_> = dirty
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            note(&format!(
                "these files had changes that are not committed, which are now in one with the fixes: {}",
                names.join(", ")
            ));
        }
        // What could not be written is not repaired.
        let unwritten: Vec<&Path> = errors.iter().map(FixError::path).collect();
        summary(fixed, outcome, args, written, &unwritten);
    }
    Ok(if failed { Exit::Failure } else { Exit::Clean })
}

fn summary(fixed: &Fixed, outcome: &Outcome, args: &CheckArgs, files: usize, unwritten: &[&Path]) {
    // Where nothing could be looked at, that nothing was repaired says nothing.
    if fixed.changes.is_empty() && outcome.has_failed() && outcome.statistics.files == 0 {
        return;
    }
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for applied in &fixed.applied {
        if !unwritten.contains(&applied.path.as_path()) {
            *by_rule.entry(applied.rule).or_default() += 1;
        }
    }
    let verb = if args.fixes.diff {
        "would repair"
    } else {
        "repaired"
    };
    let mut text = format!(
        "{verb} {} in {}",
        count(by_rule.values().sum(), "finding"),
        count(files, "file")
    );
    if !by_rule.is_empty() {
        let rules: Vec<_> = by_rule
            .iter()
            .map(|(rule, count)| format!("{rule} ({count})"))
            .collect();
        text.push_str(": ");
        text.push_str(&rules.join(", "));
    }
    note(&text);
    if args.verbose {
        for applied in &fixed.applied {
            note(&format!(
                "  {}: {}: {}",
                applied.path.display(),
                applied.rule,
                applied.description
            ));
        }
    }
    let is_unsafe = |finding: &&Diagnostic| {
        let fix = finding.fix.as_ref();
        fix.is_some_and(|fix| fix.applicability == Applicability::Unsafe)
    };
    let left = outcome.findings.len();
    if left > 0 {
        let hidden = outcome.findings.iter().filter(is_unsafe).count();
        let mut text = format!("{} left", count(left, "finding"));
        if hidden > 0 && !args.fixes.unsafe_fixes {
            text.push_str(&format!(
                ", {hidden} of them with a fix that may change what the program does: see --unsafe-fixes --diff"
            ));
        }
        note(&text);
    }
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Shows a fix and asks for a decision. `always` remembers the rules whose fixes are all wanted.
fn question(
    finding: &Diagnostic,
    before: &str,
    after: &str,
    always: &mut Option<&'static str>,
) -> Answer {
    if *always == Some(finding.rule) {
        return Answer::Yes;
    }
    let Some(fix) = &finding.fix else {
        return Answer::No;
    };
    let diff = report::unified_diff(&finding.path, before, after);
    note(&format!("\n{}: {}", finding.rule, finding.message));
    for line in diff.lines().skip(2) {
        note(line);
    }
    let kind = match fix.applicability {
        Applicability::Safe => "safe",
        _ => "unsafe",
    };
    loop {
        let mut err = io::stderr().lock();
        // Without an answer nothing happens.
        let _ = write!(
            err,
            "{} ({kind})? [y]es, [n]o, [a]ll of {}, [q]uit: ",
            fix.description, finding.rule
        );
        let _ = err.flush();
        drop(err);
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::Quit,
            Ok(_) => {}
        }
        match line.trim() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "a" | "all" => {
                *always = Some(finding.rule);
                return Answer::Yes;
            }
            "q" | "quit" => return Answer::Quit,
            _ => {}
        }
    }
}
