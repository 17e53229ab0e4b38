//! The loop that all parsers are measured in: read a file, parse it, forget it, one at a time.
//!
//! Standard input names the files, one a line. The answer is one line of JSON; its Go counterpart is
//! `xtask/go/parsebench`.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// Runs `parse` over all files; it says whether it was content with a file.
pub fn measure(mut parse: impl FnMut(Vec<u8>) -> bool) -> Result<()> {
    let paths = std::io::stdin()
        .lock()
        .lines()
        .collect::<std::io::Result<Vec<_>>>()
        .context("reading the list of files")?;
    let (mut bytes, mut failures) = (0, 0);
    for path in &paths {
        let source = std::fs::read(path).with_context(|| format!("reading {path}"))?;
        bytes += source.len();
        failures += usize::from(!parse(source));
    }
    // User and system time of the whole process, its start included.
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
    let files = paths.len();
    let answer = format!(
        "{{\"files\":{files},\"bytes\":{bytes},\"failures\":{failures},\"cpu_seconds\":{seconds:.6}}}"
    );
    writeln!(std::io::stdout(), "{answer}").context("writing the answer")
}
