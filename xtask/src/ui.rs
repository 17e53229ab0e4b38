//! What the chores say. The workspace denies stray prints, so everything goes through here; a
//! closed pipe is no error of ours.

use std::fmt::Arguments;
use std::io::Write;

/// Writes one line to standard output.
pub(crate) fn out(line: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes one line to standard error.
pub(crate) fn err(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Says a line on standard output.
macro_rules! say {
    ($($arg:tt)*) => { $crate::ui::out(format_args!($($arg)*)) };
}

/// Complains on standard error.
macro_rules! complain {
    ($($arg:tt)*) => { $crate::ui::err(format_args!($($arg)*)) };
}

pub(crate) use {complain, say};
