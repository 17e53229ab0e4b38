//! Tables for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::{Calibration, Case, Estimate, Release, Term};

/// The prices, how well they fit, what was measured and what it allocates.
///
/// # Errors
///
/// Those of the writer.
pub fn write_text(out: &mut dyn Write, calibration: &Calibration) -> io::Result<()> {
    writeln!(out, "{}", heading(calibration))?;
    writeln!(out)?;
    prices(out, calibration)?;
    let measured: Vec<&Release> = calibration
        .releases
        .iter()
        .filter(|release| !release.cases.is_empty())
        .collect();
    if !measured.is_empty() {
        writeln!(out)?;
        cases(out, &measured)?;
        writeln!(out)?;
        memory(out, &measured)?;
    }
    Ok(())
}

/// Where and how it was measured, in a sentence.
pub(crate) fn heading(calibration: &Calibration) -> String {
    let machine = &calibration.machine;
    let cores = match machine.cores {
        1 => "1 core".to_owned(),
        n => format!("{n} cores"),
    };
    let runs: Vec<u32> = calibration
        .releases
        .iter()
        .map(|release| release.runs)
        .collect();
    let how = match (runs.iter().min(), runs.iter().max()) {
        (Some(0), _) => "some figures were not measured by `deferscope bench`".to_owned(),
        (Some(least), Some(most)) if least == most => {
            format!("{least} runs with each release, 95 % confidence")
        }
        (Some(least), Some(most)) => {
            format!("{least} to {most} runs with each release, 95 % confidence")
        }
        _ => String::new(),
    };
    format!(
        "{}: {}, {cores}, {}, {}/{}; {how}",
        calibration.name, machine.cpu, machine.kernel, machine.goos, machine.goarch
    )
}

fn prices(out: &mut dyn Write, calibration: &Calibration) -> io::Result<()> {
    let mut table = Table::new("PRICE, IN NS");
    for release in &calibration.releases {
        table.columns.push(release.go.clone());
    }
    for term in Term::ALL {
        let cells: Vec<String> = calibration
            .releases
            .iter()
            .map(|release| release.price(*term).map_or_else(none, bounds))
            .collect();
        if cells.iter().any(|cell| *cell != none()) {
            table.row(term.described(), cells);
        }
    }
    let fits = |show: fn(&Release) -> String| {
        calibration
            .releases
            .iter()
            .map(|release| {
                if release.runs == 0 {
                    none()
                } else {
                    show(release)
                }
            })
            .collect()
    };
    table.row(
        "R² of the model",
        fits(|release| format!("{:.4}", release.fit.r_squared)),
    );
    table.row(
        "worst case, off by",
        fits(|release| format!("{:.0} %", release.fit.worst_percent)),
    );
    table.write(out)
}

fn cases(out: &mut dyn Write, releases: &[&Release]) -> io::Result<()> {
    let mut table = Table::new("CALL OF A FUNCTION WITH, IN NS");
    for release in releases {
        table.columns.push(release.go.clone());
        table.columns.push("MODEL".to_owned());
        table.columns.push("OFF".to_owned());
    }
    for (name, found) in by_name(releases) {
        let mut cells = Vec::new();
        for case in found {
            cells.push(case.map_or_else(none, |case| bounds(case.time)));
            let predicted = case.and_then(|case| Some((case.time.ns, case.predicted?)));
            match predicted {
                Some((ns, predicted)) => {
                    cells.push(figure(predicted));
                    cells.push(format!("{:+.0} %", (predicted - ns) / ns * 100.0));
                }
                None => cells.extend([none(), none()]),
            }
        }
        table.row(name, cells);
    }
    table.write(out)
}

fn memory(out: &mut dyn Write, releases: &[&Release]) -> io::Result<()> {
    let mut table = Table::new("ALLOCATED BY A CALL");
    for release in releases {
        table.columns.push(release.go.clone());
        table.columns.push("BYTES".to_owned());
        table.columns.push("GC/MILLION".to_owned());
    }
    for (name, found) in by_name(releases) {
        if !found.iter().flatten().any(|case| allocates(case)) {
            continue;
        }
        let cells = found.iter().flat_map(|case| match case {
            Some(case) => [
                format!("{:.1}", case.allocations),
                format!("{:.0}", case.bytes),
                format!("{:.1}", case.collections),
            ],
            None => [none(), none(), none()],
        });
        table.row(name, cells.collect());
    }
    table.write(out)
}

/// Whether a call allocates more than what the measuring itself does now and then.
fn allocates(case: &Case) -> bool {
    case.allocations >= 0.5
}

/// Each case in the releases that have it, in the order of the newest.
pub(crate) fn by_name<'a>(releases: &[&'a Release]) -> Vec<(&'a str, Vec<Option<&'a Case>>)> {
    let mut order: Vec<&str> = Vec::new();
    let mut known: BTreeMap<&str, Vec<Option<&Case>>> = BTreeMap::new();
    for (index, release) in releases.iter().enumerate().rev() {
        for case in &release.cases {
            let found = known.entry(&case.name).or_insert_with(|| {
                order.push(&case.name);
                vec![None; releases.len()]
            });
            found[index] = Some(case);
        }
    }
    let take = |name| (name, known.remove(name).unwrap_or_default());
    order.into_iter().map(take).collect()
}

fn none() -> String {
    "–".to_owned()
}

/// A figure with its bounds.
fn bounds(estimate: Estimate) -> String {
    let Estimate { ns, low, high } = estimate;
    if low == ns && high == ns {
        return figure(ns);
    }
    format!("{} ({}–{})", figure(ns), figure(low), figure(high))
}

/// Three digits or so: nobody can measure more.
pub(crate) fn figure(ns: f64) -> String {
    match ns {
        0.0..10.0 => format!("{ns:.2}"),
        10.0..100.0 => format!("{ns:.1}"),
        _ => format!("{ns:.0}"),
    }
}

/// A table whose first column is text and whose others are figures.
struct Table {
    title: &'static str,
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

impl Table {
    fn new(title: &'static str) -> Self {
        Self {
            title,
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn row(&mut self, name: &str, cells: Vec<String>) {
        self.rows.push((name.to_owned(), cells));
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let names = self.rows.iter().map(|(name, _)| name.as_str());
        let first = width(&mut names.chain([self.title]));
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().map(|(_, cells)| cells[column].as_str());
                width(&mut cells.chain([self.columns[column].as_str()]))
            })
            .collect();
        let mut line = |name: &str, cells: &[String]| -> io::Result<()> {
            let mut text = format!("{name:first$}");
            for (cell, width) in cells.iter().zip(&widths) {
                text.push_str(&format!("  {cell:>width$}"));
            }
            writeln!(out, "{}", text.trim_end())
        };
        line(self.title, &self.columns)?;
        for (name, cells) in &self.rows {
            line(name, cells)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        for (ns, text) in [
            (0.0, "0.00"),
            (0.254, "0.25"),
            (9.99, "9.99"),
            (14.26, "14.3"),
            (155.4, "155"),
            (35_600.2, "35600"),
        ] {
            assert_eq!(figure(ns), text);
        }
        let estimate = Estimate {
            ns: 2.0,
            low: 1.5,
            high: 12.0,
        };
        assert_eq!(bounds(estimate), "2.00 (1.50–12.0)");
    }

    #[test]
    fn tables_line_up() {
        let mut table = Table::new("A");
        table.columns = vec!["B".to_owned(), "LONG".to_owned()];
        table.row("a name", vec!["1".to_owned(), "–".to_owned()]);
        table.row("x", vec!["22".to_owned(), "3".to_owned()]);
        let mut out = Vec::new();
        table.write(&mut out).expect("memory");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(
            text,
            "A        B  LONG\na name   1     –\nx       22     3\n"
        );
    }
}
