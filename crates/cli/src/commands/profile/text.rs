//! Profiles for people: a table, and what it cost.

use std::io::{self, Write};

use go_binary::SiteId;
use probe::profile::{Counted, Estimate, Profile, SiteProfile};

use super::{descriptors, exit};

pub(super) fn write(out: &mut dyn Write, profile: &Profile) -> io::Result<()> {
    writeln!(
        out,
        "process {}: {}, {}, {} defer sites watched for {:.1} s",
        profile.pid,
        clean(&profile.executable),
        clean(
            profile
                .go_version
                .as_deref()
                .unwrap_or("an unknown release of Go")
        ),
        profile.watched,
        profile.seconds
    )?;
    cost(out, profile)?;
    for (what, rate) in [("panics", profile.panics), ("recovered", profile.recovers)] {
        if let Some(rate) = rate.filter(|rate| rate.value > 0.0) {
            writeln!(out, "  {what:<9} {} a second", with_interval(rate))?;
        }
    }
    defers(out, profile)?;
    if let Some(opened) = &profile.descriptors {
        descriptors::text(out, opened)?;
    }
    match &profile.exit {
        Some(exit) => exit::text(out, exit),
        None => Ok(()),
    }
}

fn defers(out: &mut dyn Write, profile: &Profile) -> io::Result<()> {
    if profile.sites.is_empty() {
        return writeln!(out, "\nNo defer ran.");
    }
    writeln!(out)?;
    let head = [
        "PER SECOND",
        "±",
        "CLASS",
        "HELD P50",
        "P99",
        "MAX",
        "OPEN",
        "WHERE",
        "IN",
    ];
    let rows: Vec<_> = profile.sites.iter().map(row).collect();
    table(out, head, &rows)?;
    notes(out, &profile.sites)
}

fn cost(out: &mut dyn Write, profile: &Profile) -> io::Result<()> {
    let cost = &profile.cost;
    write!(
        out,
        "  cost      {} of a processor, {} of what the program used: {} hits of {} to {}",
        percent(cost.of_processor()),
        percent(cost.of_process()),
        cost.hits,
        nanos(cost.prices.count * cost.dearness),
        nanos(cost.prices.timed * cost.dearness)
    )?;
    if cost.windows > 0 {
        write!(
            out,
            "; {} windows of {} on average",
            cost.windows,
            nanos(cost.window_seconds / cost.windows as f64 * 1e9)
        )?;
    }
    write!(
        out,
        "; deferscope itself used {} of a processor",
        percent(cost.own_seconds / cost.watched_seconds.max(1e-9))
    )?;
    writeln!(out)
}

fn row(site: &SiteProfile) -> [String; 9] {
    let exact = if site.exact && site.rate.high <= site.rate.low {
        "exact".to_owned()
    } else {
        percent((site.rate.high - site.rate.low) / 2.0 / site.rate.value)
    };
    let mut held = ["-".to_owned(), "-".to_owned(), "-".to_owned()];
    if let Some(times) = &site.held {
        let least = if times.from_before { "<" } else { "" };
        let quantile = |time: Option<f64>| match time {
            Some(time) => format!("{least}{}", nanos(time)),
            None => "longer".to_owned(),
        };
        held = [
            quantile(times.p50),
            quantile(times.p99),
            match times.count {
                0 => "-".to_owned(),
                _ => format!("{least}{}", nanos(times.max as f64)),
            },
        ];
    }
    let [p50, p99, max] = held;
    [
        number(site.rate.value),
        exact,
        site.class.as_str().to_owned(),
        p50,
        p99,
        max,
        site.pending
            .map_or_else(|| "-".to_owned(), |open| open.to_string()),
        place(&site.id),
        clean(&site.symbol),
    ]
}

fn notes(out: &mut dyn Write, sites: &[SiteProfile]) -> io::Result<()> {
    let any = |test: &dyn Fn(&SiteProfile) -> bool| sites.iter().any(test);
    let held = |test: fn(&probe::profile::Held) -> bool| {
        move |site: &SiteProfile| site.held.as_ref().is_some_and(test)
    };
    let mut said = vec![];
    if any(&|site| !site.exact) {
        said.push("±: the true rate lies within, 95 times in 100; seen in windows only.");
    }
    if any(&held(|times| times.from_before)) {
        said.push("<: taken from just before the defer statement.");
    }
    if any(&held(|times| times.p50.is_none() || times.p99.is_none())) {
        said.push("longer: than a window; give a larger --overhead, or a --sites that names few.");
    }
    if any(&|site| site.counted == Counted::Kept) {
        said.push("Sites without times may have been counted when their calls ran.");
    }
    if !said.is_empty() {
        writeln!(out)?;
    }
    for line in said {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

pub(super) fn place(id: &SiteId) -> String {
    clean(&format!("{}/{}:{}", id.package, id.file, id.line))
}

fn with_interval(rate: Estimate) -> String {
    if rate.low == rate.high {
        return number(rate.value);
    }
    format!(
        "{} ({} to {})",
        number(rate.value),
        number(rate.low),
        number(rate.high)
    )
}

/// Three digits that mean something.
fn number(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p >= 10.0 => format!("{p:.0} %"),
        p if p >= 1.0 => format!("{p:.1} %"),
        p => format!("{p:.2} %"),
    }
}

pub(super) fn nanos(nanos: f64) -> String {
    let (value, unit) = match nanos {
        n if n >= 1e9 => (n / 1e9, "s"),
        n if n >= 1e6 => (n / 1e6, "ms"),
        n if n >= 1e3 => (n / 1e3, "µs"),
        n => (n, "ns"),
    };
    match value {
        v if v >= 100.0 || unit == "ns" => format!("{v:.0} {unit}"),
        v if v >= 10.0 => format!("{v:.1} {unit}"),
        v => format!("{v:.2} {unit}"),
    }
}

/// Names in a file may contain what a terminal would act upon.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

pub(super) fn table<const N: usize>(
    out: &mut dyn Write,
    head: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    /// Longer names do not widen their column.
    const WIDEST: usize = 60;
    let head = head.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]);
        let widths = cells.filter_map(|row| Some(row.get(column)?.chars().count()));
        widths.filter(|&width| width <= WIDEST).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    for row in [&head].into_iter().chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(1_234_567.8), "1234568");
        assert_eq!(number(0.034), "0.03");
        assert_eq!(percent(0.0123), "1.2 %");
        assert_eq!(percent(0.25), "25 %");
        assert_eq!(nanos(750.4), "750 ns");
        assert_eq!(nanos(5_120_000.0), "5.12 ms");
        assert_eq!(nanos(61e9), "61.0 s");
    }
}
