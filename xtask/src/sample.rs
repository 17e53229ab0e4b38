//! `cargo xtask sample`: which findings to read by hand.
//!
//! Each finding has a rank that depends on the seed and on itself, and the lowest of each rule are
//! drawn: the sample stays the same when other findings come or go.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::ecosystem::{Finding, read_findings};
use crate::ui::say;

/// The flags of `sample`.
#[derive(clap::Args, Debug)]
pub(crate) struct SampleArgs {
    /// Another seed draws another sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many findings of each rule.
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    /// All findings of these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    all: Vec<String>,
    /// What `deferscope check --format json` printed; the name of a file is that of its project.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Draws a sample and prints it, one finding a line.
pub(crate) fn run(args: &SampleArgs) -> Result<()> {
    let mut findings = Vec::new();
    for path in &args.files {
        let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let Some(project) = path.file_stem() else {
            bail!("{} has no name", path.display());
        };
        let project = project.to_string_lossy().into_owned();
        let read = read_findings(&text).with_context(|| format!("reading {}", path.display()))?;
        findings.extend(read.into_iter().map(|finding| (project.clone(), finding)));
    }
    for (rule, (drawn, total)) in draw(findings, args.seed, args.count, &args.all) {
        say!("{rule}: {} of {total}", drawn.len());
        for (project, finding) in drawn {
            say!("  {project}: {}:{}", finding.path, finding.line);
        }
    }
    Ok(())
}

/// The name of a project, and something found in it.
type Found = (String, Finding);

/// For each rule what is drawn, in the order of projects and places, and how many there were.
fn draw(
    mut findings: Vec<Found>,
    seed: u64,
    count: usize,
    all: &[String],
) -> BTreeMap<String, (Vec<Found>, usize)> {
    findings.sort();
    let mut seen = HashSet::new();
    findings.retain(|(project, finding)| seen.insert(identity(project, finding)));
    let mut rules: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for found in findings {
        rules.entry(found.1.rule.clone()).or_default().push(found);
    }
    let pick = |(rule, mut found): (String, Vec<Found>)| {
        let total = found.len();
        if !all.contains(&rule) {
            found.sort_by_key(|(project, finding)| rank(seed, &identity(project, finding)));
            found.truncate(count);
            found.sort();
        }
        (rule, (found, total))
    };
    rules.into_iter().map(pick).collect()
}

/// What tells a finding from others. One in a package that several projects have a copy of is the
/// same in all of them, on whatever line it stands.
fn identity(project: &str, finding: &Finding) -> String {
    match finding.path.rsplit_once("vendor/") {
        Some((_, package)) => format!("{package} {} {}", finding.rule, finding.message),
        None => format!("{project} {} {}", finding.path, finding.line),
    }
}

/// A number that looks random: FNV-1a with the bits mixed in the end.
fn rank(seed: u64, text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed.to_le_bytes().into_iter().chain(text.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(project: &str, path: &str, line: u64, rule: &str) -> Found {
        let finding = Finding {
            path: path.into(),
            line,
            column: 1,
            rule: rule.into(),
            message: "m".into(),
        };
        (project.into(), finding)
    }

    fn many() -> Vec<Found> {
        let lines = (1..=50).map(|line| found("p", "a.go", line, "often"));
        lines.chain([found("p", "b.go", 1, "rare")]).collect()
    }

    fn drawn(findings: Vec<Found>, seed: u64) -> Vec<u64> {
        let mut drawn = draw(findings, seed, 5, &[]);
        let often = drawn.remove("often").map(|(found, _)| found);
        let lines = often.into_iter().flatten();
        lines.map(|(_, finding)| finding.line).collect()
    }

    #[test]
    fn every_rule_has_its_share() {
        let drawn = draw(many(), 1, 5, &[]);
        assert_eq!(drawn["often"].0.len(), 5);
        assert_eq!(drawn["often"].1, 50);
        assert_eq!(drawn["rare"].0.len(), 1);
        let all = draw(many(), 1, 5, &["often".into()]);
        assert_eq!(all["often"].0.len(), 50);
    }

    #[test]
    fn a_seed_draws_the_same_again_and_another_does_not() {
        assert_eq!(drawn(many(), 1), drawn(many(), 1));
        assert_ne!(drawn(many(), 1), drawn(many(), 2));
    }

    #[test]
    fn what_goes_does_not_change_the_rest() {
        let before = drawn(many(), 1);
        let mut fewer = many();
        fewer.retain(|(_, finding)| finding.line != before[0]);
        let after = drawn(fewer, 1);
        assert_eq!(after.len(), 5);
        assert!(before[1..].iter().all(|line| after.contains(line)));
    }

    #[test]
    fn copies_of_a_package_count_once() {
        let copies = vec![
            found("p", "vendor/x/a.go", 3, "rare"),
            found("q", "vendor/x/a.go", 4, "rare"),
            found("q", "x/a.go", 4, "rare"),
        ];
        assert_eq!(draw(copies, 1, 5, &[])["rare"].1, 2);
    }
}
