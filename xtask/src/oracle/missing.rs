//! `oracle missing`: `deferscope check` of vendored projects with a random half of their dependencies
//! taken away. It must come to an end, and whatever it still finds must be found with them, too.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::MissingArgs;
use super::types::vendored_projects;
use crate::corpus::files_below;
use crate::generated;
use crate::project::Project;
use crate::ui::{complain, say};
use crate::usage::measured;

/// Rule, path, line and column of a finding.
type Found = BTreeSet<(String, String, u64, u64)>;

/// Runs over all projects that are on this machine.
pub(crate) fn run(project: &Project, args: &MissingArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    let mut failed = Vec::new();
    let mut checked = 0;
    for (name, root, _) in vendored_projects(project) {
        if !root.join("vendor/modules.txt").is_file() {
            complain!(
                "warning: {name} is not on this machine; put its source into {}",
                root.display()
            );
            continue;
        }
        checked += 1;
        let scratch = project.cache_dir("oracle-missing")?.join(name);
        let all = check(&deferscope, &root)?;
        for seed in args.seed..args.seed + args.rounds {
            let removed = copy_without_half(&root, &scratch, seed)?;
            let less = check(&deferscope, &scratch)?;
            let new: Vec<_> = less.difference(&all).collect();
            say!(
                "{name}, seed {seed}: {removed} modules removed, {} of {} findings remain, {} are new",
                less.len() - new.len(),
                all.len(),
                new.len()
            );
            for (rule, path, line, column) in &new {
                say!("  {path}:{line}:{column}: {rule}");
            }
            if !new.is_empty() {
                failed.push(format!("{name} with seed {seed}"));
            }
        }
        std::fs::remove_dir_all(&scratch)
            .with_context(|| format!("removing {}", scratch.display()))?;
    }
    if !failed.is_empty() {
        bail!(
            "without some dependencies more is found than with them: {}",
            failed.join(", ")
        );
    }
    if checked == 0 {
        bail!("none of the projects is on this machine");
    }
    Ok(())
}

/// Links the files of a project into another folder, but for a random half of its vendored modules;
/// returns how many those are.
fn copy_without_half(from: &Path, to: &Path, seed: u64) -> Result<usize> {
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("removing {}", to.display()))?;
    }
    let modules = std::fs::read_to_string(from.join("vendor/modules.txt"))
        .with_context(|| format!("reading the vendored modules of {}", from.display()))?;
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut removed = BTreeSet::new();
    for line in modules.lines() {
        let Some(module) = line
            .strip_prefix("# ")
            .and_then(|rest| rest.split(' ').next())
        else {
            continue;
        };
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state >> 63 == 0 {
            removed.insert(format!("vendor/{module}"));
        }
    }
    for file in files_below(from)? {
        let within_removed = file
            .match_indices('/')
            .any(|(end, _)| removed.contains(&file[..end]));
        if within_removed {
            continue;
        }
        let target = to.join(&file);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("creating {}", folder.display()))?;
        }
        // The source may lie on another file system.
        std::fs::hard_link(from.join(&file), &target)
            .or_else(|_| std::fs::copy(from.join(&file), &target).map(drop))
            .with_context(|| format!("copying to {}", target.display()))?;
    }
    Ok(removed.len())
}

/// What all rules find in a project.
fn check(deferscope: &Path, root: &Path) -> Result<Found> {
    let mut command = Command::new(deferscope);
    command
        .current_dir(root)
        .env("DEFERSCOPE_CACHE_DIR", "off")
        .args(["check", "--isolated", "--select", "all", "--format", "json"])
        .arg("./...");
    let (_, output) = measured(&command)?;
    let mut found = Found::new();
    for line in String::from_utf8_lossy(&output).lines() {
        let finding: Value = serde_json::from_str(line).context("reading a finding")?;
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| finding[key].as_u64().unwrap_or_default();
        found.insert((text("rule"), text("path"), number("line"), number("column")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_modules_are_left_out() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let mut modules = String::new();
        for index in 0..64 {
            let module = format!("example.com/m{index}");
            std::fs::create_dir_all(from.join("vendor").join(&module))?;
            std::fs::write(from.join("vendor").join(&module).join("x.go"), "package x")?;
            modules.push_str(&format!("# {module} v1.0.0\n## explicit\n{module}\n"));
        }
        std::fs::write(from.join("vendor/modules.txt"), &modules)?;
        std::fs::write(from.join("main.go"), "package main")?;
        let removed = copy_without_half(&from, &to, 1)?;
        assert!((16..48).contains(&removed), "{removed}");
        assert!(to.join("main.go").is_file());
        // All but the list of modules and the program are modules.
        assert_eq!(files_below(&to)?.len(), 64 - removed + 2);
        assert_eq!(files_below(&from)?.len(), 64 + 2);
        assert_ne!(copy_without_half(&from, &to, 2)?, 0);
        Ok(())
    }
}
