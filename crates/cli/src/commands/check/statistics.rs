//! The table of `check --statistics`. Everything but the times is the same for the same input.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use engine::{Outcome, Statistics, Times};
use go_project::StandardLibrary;

/// The table.
pub(crate) fn table(outcome: &Outcome) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
    rows.extend(
        counts
            .into_iter()
            .map(|(rule, count)| (rule.to_owned(), count.to_string())),
    );

    let Statistics {
        packages,
        files,
        bytes,
        generated,
        imports_not_found,
        suppressed,
        not_new,
        baselined,
        stale,
        below_severity,
        explored,
        unexplored,
        times,
    } = outcome.statistics;
    let numbers = [
        ("findings", outcome.findings.len() as u64),
        ("packages", packages as u64),
        ("files", files as u64),
        ("bytes", bytes),
        ("generated files, not reported on", generated as u64),
        ("imports not found", imports_not_found as u64),
        ("findings suppressed by comments", suppressed as u64),
        ("findings not new", not_new as u64),
        ("findings in the baseline", baselined as u64),
        ("stale entries of the baseline", stale as u64),
        ("findings of less severity", below_severity as u64),
        ("functions with goroutines tried", explored as u64),
        ("  of them not to the end", unexplored as u64),
    ];
    rows.extend(numbers.map(|(name, number)| (name.to_owned(), number.to_string())));

    let Times {
        discover,
        analyse,
        read,
        parse,
        names,
        rules,
        fixes,
    } = times;
    let durations = [
        ("time to find packages", discover),
        ("time to analyse them", analyse),
        ("  reading, all threads", read),
        ("  parsing, all threads", parse),
        ("  names, all threads", names),
        ("  rules, all threads", rules),
        ("  trying fixes, all threads", fixes),
    ];
    rows.extend(durations.map(|(name, time)| (name.to_owned(), seconds(time))));

    if let Some(library) = &outcome.standard_library {
        rows.push(("standard library".to_owned(), shown(library)));
    }

    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut table = String::new();
    for (name, value) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(table, "{name:width$}  {value:>12}");
    }
    if imports_not_found > 0 {
        table.push_str(HOW_TO_GET_IMPORTS);
    }
    table
}

/// What to do about imports that were not found.
const HOW_TO_GET_IMPORTS: &str = "types of packages that were not found are unknown, and what rests on them is not reported; \
     in the module, `go mod download` puts them into the module cache and `go mod vendor` into the project\n";

/// Where the standard library came from.
fn shown(library: &StandardLibrary) -> String {
    match library {
        StandardLibrary::Sources(src) => src.display().to_string(),
        StandardLibrary::Embedded {
            release,
            packages,
            unpacked,
        } => format!("embedded index of Go {release}, {unpacked} of {packages} packages read"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
