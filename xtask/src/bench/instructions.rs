//! Instructions that parsing a fixed set of files takes: a number that does not depend on how busy
//! the machine is. It depends on the compiler, so it is committed with its version.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::corpus::files_below;
use crate::process;
use crate::project::Project;
use crate::toolchains::{GO, Go};
use crate::ui::{complain, say};

/// The packages that are parsed: of many kinds, and small enough for valgrind.
const PACKAGES: &[&str] = &[
    "go/types",
    "net/http",
    "runtime",
    "text/template",
    "unicode",
];

/// How far the count may be from the committed one, in per cent.
const TOLERANCE: f64 = 3.0;

/// Counts, and compares with the committed number or replaces it.
pub(super) fn run(project: &Project, go: &Go, binaries: &Path, write: bool) -> Result<u64> {
    if !process::exists("valgrind") {
        bail!("valgrind was not found; install it to count instructions");
    }
    let mut list = String::new();
    for package in PACKAGES {
        let folder = go.root.join("src").join(package);
        for file in files_below(&folder)? {
            if file.ends_with(".go") && !file.contains('/') {
                list.push_str(&format!("{}\n", folder.join(file).display()));
            }
        }
    }
    let count = count(&binaries.join("go_syntax"), &list)?;
    let rustc = process::stdout(Command::new("rustc").arg("--version"))?
        .trim()
        .to_owned();
    complain!(
        "{} instructions for {} files, {rustc}",
        grouped(count),
        list.lines().count()
    );

    let path = project.root.join("oracle/instructions.md");
    if write {
        let text = format!(
            "# Instructions\n\n\
             Counted by valgrind, written by `cargo xtask bench instructions --write`, held within {TOLERANCE} per cent.\n\n\
             | what | Go sources | compiler | instructions |\n|---|---|---|--:|\n\
             | parse {} | {GO} | {rustc} | {count} |\n",
            PACKAGES.join(", ")
        );
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        say!("wrote {}", path.display());
        return Ok(count);
    }
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "reading {}; `cargo xtask bench instructions --write` writes it",
            path.display()
        )
    })?;
    let (compiler, committed) =
        committed(&text).with_context(|| format!("{} has no count", path.display()))?;
    if compiler != rustc {
        complain!(
            "warning: {} is for {compiler}: not compared",
            path.display()
        );
        return Ok(count);
    }
    let change = (count as f64 / committed as f64 - 1.0) * 100.0;
    if change.abs() > TOLERANCE {
        bail!(
            "{change:+.1} per cent against the {} of {}",
            grouped(committed),
            path.display()
        );
    }
    complain!("{change:+.1} per cent against the committed count");
    Ok(count)
}

/// Instructions of one run, as callgrind collects them.
fn count(program: &Path, list: &str) -> Result<u64> {
    let folder = tempfile::tempdir().context("making a folder for valgrind")?;
    let input = folder.path().join("files");
    std::fs::write(&input, list).with_context(|| format!("writing {}", input.display()))?;
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program);
    command.stdin(
        std::fs::File::open(&input).with_context(|| format!("opening {}", input.display()))?,
    );
    let output = command.output().context("starting valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind failed: {}\n{said}", output.status);
    }
    collected(&said).with_context(|| format!("valgrind collected nothing:\n{said}"))
}

/// The number after `Collected :` in what callgrind says.
fn collected(said: &str) -> Option<u64> {
    said.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

/// Compiler and count of the committed table.
fn committed(table: &str) -> Option<(&str, u64)> {
    let row = table.lines().find(|line| line.starts_with("| parse "))?;
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [_, _, _, compiler, count, _] = cells[..] else {
        return None;
    };
    Some((compiler, count.parse().ok()?))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_callgrind_is_found() {
        let said = "==1== Events    : Ir\n==1== Collected : 1234567\n==1== \n";
        assert_eq!(collected(said), Some(1_234_567));
        assert_eq!(collected("==1== nothing\n"), None);
    }

    #[test]
    fn the_committed_row_is_read() {
        let table = "# Instructions\n\n| what | Go | compiler | n |\n|---|---|---|--:|\n| parse a, b | 1 | rustc 1.2 | 99 |\n";
        assert_eq!(committed(table), Some(("rustc 1.2", 99)));
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
    }
}
