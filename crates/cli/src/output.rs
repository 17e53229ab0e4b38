//! Writing to standard output and standard error.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use clap::ColorChoice;

/// Says on standard error what went wrong.
pub(crate) fn error(message: &str) {
    say("error", message);
}

/// Says on standard error what should be known.
pub(crate) fn warning(message: &str) {
    say("warning", message);
}

/// Says something on standard error.
pub(crate) fn note(message: &str) {
    // Names of files may contain what a terminal would act upon.
    let harmless = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let message: String = message
        .chars()
        .map(|c| if harmless(c) { c } else { '\u{fffd}' })
        .collect();
    // There is nobody to tell if this fails.
    let _ = writeln!(io::stderr().lock(), "{message}");
}

fn say(kind: &str, message: &str) {
    note(&format!("{kind}: {message}"));
}

/// Writes to standard output. That nobody reads on (`| head`) is no error.
pub(crate) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = write(&mut out).and_then(|()| out.flush());
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer would be written on drop, and fail again.
            drop(out.into_parts());
            Ok(())
        }
        other => other.context("cannot write to standard output"),
    }
}

/// Writes to a file as a whole or not at all; to standard output when there is no file.
pub(crate) fn to(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    match path {
        Some(path) => Ok(engine::write_atomically(path, write)?),
        None => to_stdout(write),
    }
}

/// Whether to use colours.
pub(crate) fn use_color(choice: ColorChoice, to_file: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        // NO_COLOR, CLICOLOR and TERM have a say.
        ColorChoice::Auto => {
            !to_file && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
        }
    }
}

/// The width of the terminal, if output goes to one.
pub(crate) fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
