//! `deferscope dev summary`: the contract of a function in words.

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use diagnostics::Severity;
use engine::{Request, Silent, Summary, summarize};
use go_project::ProcessEnv;

use super::config::{load, working_folder};
use crate::args::{Settings, SummaryArgs, SummaryFormat};
use crate::exit::Exit;
use crate::output::to_stdout;

pub(crate) fn run(args: &SummaryArgs) -> Result<Exit> {
    let cwd = working_folder()?;
    let config = load(&args.source, &Settings::default(), &cwd)?;
    let request = Request {
        cwd: &cwd,
        env: &ProcessEnv,
        patterns: &[],
        config: &config,
        stand_ins: &[],
        changes: None,
        evidence: None,
        baseline: None,
        min_severity: Severity::Note,
        cache: None,
        jobs: None,
        count_imports: false,
        prove_fixes: false,
        observer: &Silent,
        interrupt: &AtomicBool::new(false),
    };
    let summary = summarize(&request, &args.function)?;
    to_stdout(|out| match args.format {
        SummaryFormat::Text => text(out, &summary),
        SummaryFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &summary)?;
            out.write_all(b"\n")
        }
    })?;
    Ok(Exit::Clean)
}

fn text(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "{}", summary.function)?;
    if let Some(place) = &summary.declared {
        writeln!(out, "  declared at {}:{}", place.path, place.line)?;
    }
    for fact in &summary.facts {
        writeln!(out, "  - {} [{}]", fact.text, fact.source)?;
    }
    if !summary.known {
        writeln!(
            out,
            "  nothing is known of it: it gives its caller nothing to release, it returns, and it may keep or release what it is given"
        )?;
    }
    Ok(())
}
