//! `deferscope dev parse`: the parser over many files, on one thread.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use go_syntax::{Mode, Source, parse};
use walkdir::WalkDir;

use crate::exit::Exit;
use crate::output::to_stdout;

pub(crate) fn run(paths: &[PathBuf], include_testdata: bool) -> Result<Exit> {
    let mut tally = Tally::default();
    to_stdout(|out| {
        // Errors of reading are kept for later: this closure is about writing.
        for path in paths {
            if !path.exists() {
                tally.unreadable.push(format!(
                    "{} does not exist; check the spelling",
                    path.display()
                ));
                continue;
            }
            for file in go_files(path, include_testdata) {
                match file.and_then(|file| {
                    Ok((
                        std::fs::read(&file).with_context(|| cannot_read(&file))?,
                        file,
                    ))
                }) {
                    Ok((bytes, file)) => tally.parse(&file, bytes, out)?,
                    Err(error) => tally.unreadable.push(format!("{error:#}")),
                }
            }
        }
        writeln!(out, "{tally}")
    })?;
    if !tally.unreadable.is_empty() {
        bail!("{}", tally.unreadable.join("\nerror: "));
    }
    Ok(if tally.failures == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn cannot_read(file: &Path) -> String {
    format!("cannot read {}", file.display())
}

/// The Go files below a folder, in order of their names.
fn go_files(root: &Path, include_testdata: bool) -> impl Iterator<Item = Result<PathBuf>> {
    let entered = move |entry: &walkdir::DirEntry| {
        include_testdata
            || entry.depth() == 0
            || !entry.file_type().is_dir()
            || entry.file_name() != "testdata"
    };
    let entries = WalkDir::new(root)
        .follow_root_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(entered);
    entries.filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_file() => {
            let is_go = entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "go");
            is_go.then(|| Ok(entry.into_path()))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error).context("cannot read a folder")),
    })
}

/// What was parsed so far.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    lines: usize,
    bytes: usize,
    failures: usize,
    time: Duration,
    unreadable: Vec<String>,
}

impl Tally {
    fn parse(&mut self, path: &Path, bytes: Vec<u8>, out: &mut dyn Write) -> std::io::Result<()> {
        self.files += 1;
        self.bytes += bytes.len();
        self.lines += memchr::memchr_iter(b'\n', &bytes).count();
        let start = Instant::now();
        let file = parse(Source::new(bytes), Mode::Full);
        self.time += start.elapsed();
        if file.errors().is_empty() {
            return Ok(());
        }
        self.failures += 1;
        let lines = file.line_index();
        for error in file.errors() {
            let place = lines.line_column(error.span.start);
            writeln!(
                out,
                "{}:{}:{}: {}",
                path.display(),
                place.line,
                place.column,
                error.message
            )?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.time.as_secs_f64();
        let speed = if seconds > 0.0 {
            self.bytes as f64 / 1e6 / seconds
        } else {
            0.0
        };
        write!(
            f,
            "{} files, {} lines, {} bytes, {} failures, {seconds:.3} s, {speed:.1} MB/s",
            self.files, self.lines, self.bytes, self.failures
        )
    }
}
