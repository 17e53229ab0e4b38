//! The chart: the prices with their bounds on a scale of powers of ten, and beside them what was measured
//! against what the model says. It stands alone: no scripts, no fonts, nothing from elsewhere.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::model::{Calibration, Release, Term};
use crate::text;

/// Colours that can be told apart, also by those who see few of them; more releases share them.
const COLOURS: [&str; 7] = [
    "#2f5bd0", "#c2410c", "#12794a", "#8a6100", "#7c3aed", "#0e7490", "#be185d",
];

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1d2530}.soft{fill:#667085;font-size:12px}.title{font-weight:600;font-size:15px}.grid{stroke:#d9dee6}.same{stroke:#667085;stroke-dasharray:4 4}.paper{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e4e8ee}.soft{fill:#98a2b3}.grid{stroke:#313945}.paper{fill:#14181f}}";

/// Pixels.
const NAMES: f64 = 220.0;
const PLOT: f64 = 480.0;
const TOP: f64 = 84.0;
const STEP: f64 = 12.0;
const SQUARE: f64 = 380.0;
const MARGIN: f64 = 24.0;

/// A scale of powers of ten.
struct Scale {
    /// The exponents at its ends.
    from: i32,
    to: i32,
    start: f64,
    length: f64,
}

impl Scale {
    /// One that has room for all of these, and for a tenth of a nanosecond.
    fn around(values: impl Iterator<Item = f64>, start: f64, length: f64) -> Self {
        let largest = values.fold(1.0f64, f64::max);
        Self {
            from: -1,
            to: (largest.log10().ceil() as i32).clamp(1, 12),
            start,
            length,
        }
    }

    /// Where a value is. What is too small stands at the start.
    fn at(&self, value: f64) -> f64 {
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        let share = (value.max(1e-12).log10() - from) / (to - from);
        self.start + self.length * share.clamp(0.0, 1.0)
    }

    /// The powers of ten on it, with their names.
    fn marks(&self) -> impl Iterator<Item = (f64, String)> {
        (self.from..=self.to).map(|power| {
            let value = 10f64.powi(power);
            (self.at(value), named(value))
        })
    }
}

/// `0.1 ns`, `10 µs`.
fn named(ns: f64) -> String {
    match ns {
        1e9.. => format!("{} s", ns / 1e9),
        1e6.. => format!("{} ms", ns / 1e6),
        1e3.. => format!("{} µs", ns / 1e3),
        _ => format!("{ns} ns"),
    }
}

/// Writes the chart as SVG.
///
/// # Errors
///
/// Those of the writer.
pub fn write_svg(out: &mut dyn Write, calibration: &Calibration) -> io::Result<()> {
    out.write_all(draw(calibration).as_bytes())
}

/// Writes a page with the chart and the tables.
///
/// # Errors
///
/// Those of the writer.
pub fn write_html(out: &mut dyn Write, calibration: &Calibration) -> io::Result<()> {
    let mut tables = Vec::new();
    text::write_text(&mut tables, calibration)?;
    let tables = String::from_utf8_lossy(&tables);
    // The heading has a place of its own.
    let tables = tables.split_once("\n\n").map_or(&*tables, |(_, rest)| rest);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>What a defer costs</title>\n<style>body{{margin:24px auto;padding:0 20px;max-width:1160px;font:15px/1.5 system-ui,sans-serif;background:#fff;color:#1d2530}}svg{{max-width:100%;height:auto}}pre{{overflow-x:auto;font-size:13px}}@media(prefers-color-scheme:dark){{body{{background:#14181f;color:#e4e8ee}}}}</style>\n</head>\n<body>\n<h1>What a defer costs</h1>\n<p>{}</p>\n{}<pre>{}</pre>\n</body>\n</html>\n",
        escape(&text::heading(calibration)),
        draw(calibration),
        escape(tables)
    )
}

fn draw(calibration: &Calibration) -> String {
    let releases = &calibration.releases;
    let terms: Vec<Term> = Term::ALL
        .iter()
        .copied()
        .filter(|&term| releases.iter().any(|release| release.price(term).is_some()))
        .collect();
    let row = STEP * (releases.len() as f64 + 1.0);
    let rows = row * terms.len() as f64;
    let has_cases = releases.iter().any(|release| !release.cases.is_empty());
    let width = MARGIN + NAMES + PLOT + MARGIN + if has_cases { SQUARE + 96.0 } else { 40.0 };
    let height = TOP + rows.max(if has_cases { SQUARE } else { 0.0 }) + 40.0;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"prices of defers\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    label(
        &mut svg,
        "title",
        MARGIN,
        26.0,
        "start",
        "Prices, with 95 % confidence",
    );
    legend(&mut svg, releases);
    prices(&mut svg, releases, &terms, row, rows);
    if has_cases {
        let left = MARGIN + NAMES + PLOT + MARGIN + 64.0;
        scatter(&mut svg, releases, left);
    }
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String, releases: &[Release]) {
    let mut x = MARGIN + 6.0;
    for (index, release) in releases.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"45\" r=\"4.5\" fill=\"{}\"/>",
            colour(index)
        );
        label(svg, "", x + 10.0, 49.0, "start", &release.go);
        x += 24.0 + 8.0 * release.go.chars().count() as f64;
    }
}

fn prices(svg: &mut String, releases: &[Release], terms: &[Term], row: f64, rows: f64) {
    let all = releases.iter().flat_map(|release| release.prices.values());
    let scale = Scale::around(all.map(|price| price.high), MARGIN + NAMES, PLOT);
    for (x, name) in scale.marks() {
        let bottom = TOP + rows;
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>"
        );
        label(svg, "soft", x, TOP - 8.0, "middle", &name);
    }
    for (index, term) in terms.iter().enumerate() {
        let top = TOP + row * index as f64;
        let middle = top + row / 2.0 + 4.0;
        label(svg, "", MARGIN, middle, "start", term.described());
        for (index, release) in releases.iter().enumerate() {
            let Some(price) = release.price(*term) else {
                continue;
            };
            let y = top + STEP * (index as f64 + 1.0);
            let (x, low, high) = (
                scale.at(price.ns),
                scale.at(price.low),
                scale.at(price.high),
            );
            let colour = colour(index);
            let _ = writeln!(
                svg,
                "<g><title>{}: {}, {} ns ({} to {})</title><line x1=\"{low:.1}\" y1=\"{y}\" x2=\"{high:.1}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"/><circle cx=\"{x:.1}\" cy=\"{y}\" r=\"4.5\" fill=\"{colour}\"/></g>",
                escape(&release.go),
                term.described(),
                text::figure(price.ns),
                text::figure(price.low),
                text::figure(price.high)
            );
        }
    }
}

fn scatter(svg: &mut String, releases: &[Release], left: f64) {
    let all = || {
        let indexed = releases.iter().enumerate();
        indexed.flat_map(|(index, release)| release.cases.iter().map(move |case| (index, case)))
    };
    let largest = || all().map(|(_, case)| case.time.ns.max(case.predicted.unwrap_or(0.0)));
    let across = Scale::around(largest(), left, SQUARE);
    // Up is negative.
    let up = Scale::around(largest(), TOP + SQUARE, -SQUARE);
    label(
        svg,
        "title",
        left,
        26.0,
        "start",
        "Each case: measured and modelled",
    );
    for ((x, name), (y, _)) in across.marks().zip(up.marks()) {
        let (right, bottom) = (left + SQUARE, TOP + SQUARE);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} {TOP}V{bottom}M{left} {y:.1}H{right}\"/>"
        );
        label(svg, "soft", x, bottom + 18.0, "middle", &name);
        label(svg, "soft", left - 8.0, y + 4.0, "end", &name);
    }
    let _ = writeln!(
        svg,
        "<line class=\"same\" x1=\"{left}\" y1=\"{}\" x2=\"{}\" y2=\"{TOP}\"/>",
        TOP + SQUARE,
        left + SQUARE
    );
    label(
        svg,
        "soft",
        left + SQUARE,
        TOP + SQUARE + 34.0,
        "end",
        "measured →",
    );
    label(svg, "soft", left - 40.0, TOP - 12.0, "start", "↑ model");
    for (index, case) in all() {
        let Some(predicted) = case.predicted else {
            continue;
        };
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{}\" fill-opacity=\"0.7\"><title>{}: {}: {} ns, model {} ns</title></circle>",
            across.at(case.time.ns),
            up.at(predicted),
            colour(index),
            escape(&releases[index].go),
            escape(&case.name),
            text::figure(case.time.ns),
            text::figure(predicted)
        );
    }
}

fn colour(index: usize) -> &'static str {
    COLOURS[index % COLOURS.len()]
}

fn label(svg: &mut String, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
        escape(text)
    );
}

/// Text that is no markup: a calibration may come from anybody.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_of_powers_of_ten() {
        let scale = Scale::around([0.2, 155.0].into_iter(), 100.0, 400.0);
        assert_eq!(scale.at(0.1), 100.0);
        assert_eq!(scale.at(0.0), 100.0);
        assert_eq!(scale.at(1000.0), 500.0);
        assert_eq!(scale.at(10.0), 300.0);
        let names: Vec<_> = scale.marks().map(|(_, name)| name).collect();
        assert_eq!(names, ["0.1 ns", "1 ns", "10 ns", "100 ns", "1 µs"]);
    }

    #[test]
    fn a_chart_has_every_price_and_loads_nothing() {
        let reference = Calibration::reference();
        let mut page = Vec::new();
        write_html(&mut page, reference).expect("memory");
        let page = String::from_utf8(page).expect("text");
        for release in &reference.releases {
            for (term, price) in &release.prices {
                let title = format!(
                    "<title>{}: {}, {} ns",
                    release.go,
                    term.described(),
                    text::figure(price.ns)
                );
                assert!(page.contains(&title), "{title}");
            }
        }
        let without_namespace = page.replace("http://www.w3.org/2000/svg", "");
        for word in ["http", "<script", "url(", "@import", "src=", "NaN", "inf"] {
            assert!(!without_namespace.contains(word), "{word}");
        }
    }

    #[test]
    fn what_a_file_says_is_no_markup() {
        let mut calibration = Calibration::reference().clone();
        calibration.machine.cpu = "<script>alert('x')</script>".to_owned();
        calibration.releases[0].go = "go1.21<b>".to_owned();
        let mut page = Vec::new();
        write_html(&mut page, &calibration).expect("memory");
        let page = String::from_utf8(page).expect("text");
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
    }
}
