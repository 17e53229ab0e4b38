//! What the text of the files must and must not have.

use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::project::Project;

/// The longest file that is no test, in lines.
const MAX_LINES: usize = 900;

/// Longer files, and why that is right for them.
const LONG_FILES: &[(&str, &str)] = &[];

/// Host names of package registries, in two halves so that this file has none. Which registry is
/// used is for the machine to say, not for the repository.
const REGISTRY_HOSTS: &[(&str, &str)] = &[
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("deb.debian", ".org"),
    ("proxy.golang", ".org"),
    ("sum.golang", ".org"),
];

/// Files that a tool writes, hosts included.
const WRITTEN_BY_TOOLS: &[&str] = &["Cargo.lock"];

/// The one place for system calls, and so for unsafe code.
const UNSAFE_FOLDER: &str = "crates/probe/src/sys/";

/// Breaches in the files of the repository, those not yet added included.
pub(super) fn check(project: &Project) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(&project.root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let listing = process::stdout(&mut git)?;
    let mut breaches = Vec::new();
    let mut long = Vec::new();
    for file in listing.split('\0').filter(|file| !file.is_empty()) {
        let path = project.root.join(file);
        if !path.is_file() {
            // Removed, and not yet committed so.
            continue;
        }
        let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        breaches.extend(any_file(file, &text));
        if file.ends_with(".rs") {
            breaches.extend(rust_file(file, &text));
            if !is_test(file) && text.lines().count() > MAX_LINES {
                long.push(file.to_owned());
            }
        }
    }
    for file in &long {
        if !LONG_FILES.iter().any(|(exception, _)| exception == file) {
            breaches.push(format!(
                "{file} has more than {MAX_LINES} lines; split it by responsibility"
            ));
        }
    }
    for (exception, _) in LONG_FILES {
        if !long.iter().any(|file| file == exception) {
            breaches.push(format!(
                "{exception} needs no exception in LONG_FILES of xtask/src/tidy/text.rs any more"
            ));
        }
    }
    Ok(breaches)
}

fn any_file(file: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let name = file.rsplit('/').next().unwrap_or(file);
    if !WRITTEN_BY_TOOLS.contains(&name) {
        for (first, second) in REGISTRY_HOSTS {
            if let Some(line) = line_with(text, &format!("{first}{second}")) {
                breaches.push(format!("{file}:{line}: names a host of a package registry"));
            }
        }
    }
    if let Some(line) = text
        .lines()
        .position(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "))
    {
        breaches.push(format!("{file}:{}: a merge was left half done", line + 1));
    }
    breaches
}

fn rust_file(file: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !has_head(text) {
        breaches.push(format!("{file}: no `//!` head says what lives here"));
    }
    if !file.starts_with(UNSAFE_FOLDER) {
        for code in ["{", "fn", "impl", "extern"] {
            if let Some(line) = code_line_with(text, &["unsafe", code].join(" ")) {
                breaches.push(format!(
                    "{file}:{line}: unsafe code outside of {UNSAFE_FOLDER}"
                ));
            }
        }
    }
    // In two halves, like the hosts.
    if let Some(line) = line_with(text, concat!("#[", "ignore")) {
        breaches.push(format!(
            "{file}:{line}: an ignored test; assert today's behaviour and mark it a bug"
        ));
    }
    // A build script speaks to cargo by printing.
    if file.starts_with("crates/") && !is_test(file) && !file.ends_with("/build.rs") {
        for call in ["print", "println", "eprint", "eprintln", "dbg"] {
            if let Some(line) = code_line_with(text, &format!("{call}!(")) {
                breaches.push(format!("{file}:{line}: stray `{call}!`"));
            }
        }
    }
    breaches
}

/// Whether the file says, before anything else (a `#!` attribute apart), what lives in it.
fn has_head(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("#!["))
        .is_some_and(|line| line.starts_with("//!"))
}

fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs")
}

fn line_with(text: &str, needle: &str) -> Option<usize> {
    text.lines()
        .position(|line| line.contains(needle))
        .map(|index| index + 1)
}

/// Like [`line_with`], where the needle starts a word outside of a comment.
fn code_line_with(text: &str, needle: &str) -> Option<usize> {
    let starts_word = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.match_indices(needle).any(|(at, _)| {
            !code[..at]
                .ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | '"'))
        })
    };
    text.lines().position(starts_word).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_needs_a_head() {
        assert!(has_head("//! What lives here.\n"));
        assert!(has_head("#![no_main]\n//! What lives here.\n"));
        assert!(!has_head("// Not for the documentation.\n"));
        assert!(!has_head(""));
    }

    #[test]
    fn hosts_of_registries_are_found() {
        let host = ["crates", ".io"].concat();
        let breaches = any_file("a.md", &format!("x\nhttps://{host}/crates/x\n"));
        assert_eq!(breaches, ["a.md:2: names a host of a package registry"]);
        assert!(any_file("Cargo.lock", &host).is_empty());
    }

    #[test]
    fn ignored_tests_and_stray_prints_are_found() {
        let text = ["//! Head.\n#[", "ignore]\nfn f() { println!(\"\") }\n"].concat();
        let breaches = rust_file("crates/x/src/a.rs", &text);
        assert_eq!(breaches.len(), 2, "{breaches:?}");
        assert!(
            breaches[0].contains("a.rs:2: an ignored test"),
            "{breaches:?}"
        );
        assert!(
            breaches[1].contains("a.rs:3: stray `println!`"),
            "{breaches:?}"
        );
    }

    #[test]
    fn unsafe_code_stays_where_system_calls_are() {
        let text = ["//! Head.\nfn f() { ", "unsafe", " { g() } }\n"].concat();
        assert_eq!(rust_file("crates/x/src/a.rs", &text).len(), 1);
        assert!(rust_file("crates/probe/src/sys/a.rs", &text).is_empty());
    }

    #[test]
    fn a_print_in_a_comment_or_a_string_is_none() {
        let text = "//! Head.\n// println!(1)\nlet a = \"println!(\";\nmy_println!(2);\n";
        assert_eq!(rust_file("crates/x/src/a.rs", text), Vec::<String>::new());
    }
}
