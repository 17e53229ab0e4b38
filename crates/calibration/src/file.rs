//! The file: TOML with a version. What is in it is checked before anybody uses it.

use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::error::CalibrationError;
use crate::model::{Calibration, Estimate, Machine, Release, minor_of};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Larger files are none of ours: a release takes less than 20 kB.
const MAX_BYTES: u64 = 4 << 20;

/// The calibration with its frame.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// `calibration`.
    deferscope: String,
    version: u32,
    name: String,
    machine: Machine,
    release: Vec<Release>,
}

/// Only the frame, read first: another version may have other keys.
#[derive(Deserialize)]
struct Frame {
    deferscope: Option<String>,
    version: Option<i64>,
}

static REFERENCE: LazyLock<Calibration> = LazyLock::new(|| {
    Calibration::parse("reference.toml", include_str!("reference.toml"))
        .unwrap_or_else(|error| panic!("the calibration that ships is read by a test: {error}"))
});

impl Calibration {
    /// The calibration that ships: that of the machine that deferscope was made on.
    pub fn reference() -> &'static Self {
        &REFERENCE
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no calibration: see [`Self::parse`].
    pub fn load(path: &Path) -> Result<Self, CalibrationError> {
        let cannot = |source| CalibrationError::Read {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(cannot)?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut std::io::Read::take(file, MAX_BYTES + 1), &mut text)
            .map_err(cannot)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(cannot(std::io::Error::new(
                std::io::ErrorKind::FileTooLarge,
                "it is too large to be a calibration",
            )));
        }
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads the text of a file that is called `path` in errors.
    ///
    /// # Errors
    ///
    /// If it is no TOML, not of this version, has keys that are not known, or values that cannot be.
    pub fn parse(path: &str, text: &str) -> Result<Self, CalibrationError> {
        let syntax = |error: toml::de::Error| CalibrationError::Syntax {
            place: match error.span() {
                Some(span) => format!("{path}:{}", line_of(text, span.start)),
                None => path.to_owned(),
            },
            message: error.message().to_owned(),
        };
        let value = |key: &str, problem: String| CalibrationError::Value {
            path: path.to_owned(),
            key: key.to_owned(),
            problem,
        };
        let frame: Frame = toml::from_str(text).map_err(syntax)?;
        if frame.deferscope.as_deref() != Some("calibration") {
            return Err(value(
                "deferscope",
                "this is no calibration; it must say `deferscope = \"calibration\"`".to_owned(),
            ));
        }
        if frame.version != Some(i64::from(VERSION)) {
            let problem = match frame.version {
                Some(other) => format!(
                    "version {other} is not known to this deferscope, which reads version {VERSION}; measure again with `deferscope bench`"
                ),
                None => format!("there is no version; this deferscope reads version {VERSION}"),
            };
            return Err(value("version", problem));
        }
        let file: File = toml::from_str(text).map_err(syntax)?;
        let mut calibration = Self {
            name: file.name,
            machine: file.machine,
            releases: file.release,
        };
        calibration
            .check()
            .map_err(|(key, problem)| value(&key, problem))?;
        calibration
            .releases
            .sort_by_key(|release| number(&release.go));
        Ok(calibration)
    }

    /// The text of a file.
    pub fn to_toml(&self) -> String {
        let mut release = self.releases.clone();
        release.iter_mut().for_each(round);
        let file = File {
            deferscope: "calibration".to_owned(),
            version: VERSION,
            name: self.name.clone(),
            machine: self.machine.clone(),
            release,
        };
        toml::to_string(&file).unwrap_or_else(|error| panic!("numbers and text are TOML: {error}"))
    }

    /// Which key is wrong, and how.
    fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: String, problem: &str| Err((key, problem.to_owned()));
        if self.releases.is_empty() {
            return wrong(
                "release".to_owned(),
                "there is no release; at least one is needed",
            );
        }
        for (index, release) in self.releases.iter().enumerate() {
            let at = format!("release {} ({})", index + 1, release.go);
            if minor_of(&release.go).is_none() {
                return wrong(format!("{at}: go"), "a release is written like `go1.27.3`");
            }
            if self.releases[..index]
                .iter()
                .any(|other| other.go == release.go)
            {
                return wrong(at, "this release is there twice");
            }
            if release.prices.is_empty() {
                return wrong(format!("{at}: prices"), "there is no price");
            }
            if !(release.fit.r_squared <= 1.0 && release.fit.worst_percent >= 0.0) {
                return wrong(
                    format!("{at}: fit"),
                    "r-squared is at most 1, and worst-percent not negative",
                );
            }
            for (term, price) in &release.prices {
                check_estimate(price).map_err(|problem| (format!("{at}: {term}"), problem))?;
            }
            for case in &release.cases {
                let at = format!("{at}: case {}", case.name);
                check_estimate(&case.time).map_err(|problem| (at.clone(), problem))?;
                let others = [
                    case.predicted.unwrap_or(0.0),
                    case.allocations,
                    case.bytes,
                    case.collections,
                ];
                if others.iter().any(|&n| !n.is_finite() || n < 0.0) {
                    return wrong(at, "figures are finite and not negative");
                }
            }
        }
        Ok(())
    }
}

/// What is wrong with an estimate.
fn check_estimate(estimate: &Estimate) -> Result<(), String> {
    let Estimate { ns, low, high } = *estimate;
    if ![ns, low, high].iter().all(|n| n.is_finite()) {
        return Err("a time is a finite number of nanoseconds".to_owned());
    }
    if low < 0.0 || !(low <= ns && ns <= high) {
        return Err(format!(
            "0 <= low <= ns <= high must hold, but low is {low}, ns {ns}, high {high}"
        ));
    }
    Ok(())
}

/// The release as numbers, to sort by.
fn number(go: &str) -> Vec<u32> {
    go.split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// Figures that nobody can measure are left out.
fn round(release: &mut Release) {
    // What is too large to be scaled has no decimals to lose.
    let scaled = |n: f64, by: f64| Some((n * by).round() / by).filter(|n| n.is_finite());
    let round = |n: &mut f64| *n = scaled(*n, 1000.0).unwrap_or(*n);
    let estimate = |estimate: &mut Estimate| {
        round(&mut estimate.ns);
        round(&mut estimate.low);
        round(&mut estimate.high);
    };
    let r_squared = release.fit.r_squared;
    release.fit.r_squared = scaled(r_squared, 1e6).unwrap_or(r_squared);
    round(&mut release.fit.worst_percent);
    release.prices.values_mut().for_each(estimate);
    for case in &mut release.cases {
        estimate(&mut case.time);
        case.predicted.iter_mut().for_each(round);
        for figure in [
            &mut case.allocations,
            &mut case.bytes,
            &mut case.collections,
        ] {
            round(figure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Term;

    /// A file by hand.
    const SMALL: &str = r#"
deferscope = "calibration"
version = 1
name = "a machine of paper"

[machine]
cpu = "Abacus"
cores = 10
kernel = "wood"
goos = "linux"
goarch = "amd64"

[[release]]
go = "go1.27.3"
date = "2026-11-22"
runs = 3
fit = { r-squared = 0.999, worst-percent = 4.5 }

[release.prices]
open-coded = { ns = 0.25, low = 0.0, high = 0.5 }
heap-allocated = { ns = 12, low = 11, high = 13 }

[[release.case]]
name = "heap-allocated, loop of 1"
counts = { heap-allocated = 1 }
time = { ns = 15, low = 14, high = 16 }
predicted = 12
allocations = 0
bytes = 0
collections = 0
"#;

    fn error(text: &str) -> String {
        match Calibration::parse("mine.toml", text) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let read = Calibration::parse("mine.toml", SMALL).expect("a right file");
        assert_eq!(read.machine.cpu, "Abacus");
        let price = read.releases[0].price(Term::HeapAllocated);
        assert_eq!(price.map(|price| price.high), Some(13.0));
        let again = Calibration::parse("again.toml", &read.to_toml()).expect("our own file");
        assert_eq!(read, again);
    }

    #[test]
    fn the_reference_is_right() {
        let reference = Calibration::reference();
        assert!(reference.name.contains("reference machine"));
        for release in &reference.releases {
            for term in Term::ALL {
                let is_newer = matches!(
                    term,
                    Term::IteratorLoop | Term::IteratorStep | Term::RangeFunc | Term::RangeFuncLoop
                );
                let has = release.price(*term).is_some();
                let minor = release.minor().expect("a release");
                assert!(has || is_newer && minor < 23, "{} of {}", term, release.go);
            }
        }
    }

    #[test]
    fn unknown_keys_name_their_line() {
        let text = SMALL.replace("runs = 3", "runs = 3\nspeed = 1");
        let error = error(&text);
        assert!(error.starts_with("mine.toml:17: "), "{error}");
        assert!(error.contains("speed"), "{error}");
        let text = SMALL.replace("open-coded =", "open-codedd =");
        let error = self::error(&text);
        assert!(
            error.contains("mine.toml:20: ") && error.contains("open-codedd"),
            "{error}"
        );
    }

    #[test]
    fn values_that_cannot_be_are_named() {
        for (from, to, said) in [
            ("low = 11", "low = 12.5", "heap-allocated: 0 <= low"),
            ("low = 11", "low = -1", "heap-allocated: 0 <= low"),
            ("high = 13", "high = nan", "finite"),
            ("high = 13", "high = inf", "finite"),
            ("version = 1", "version = 2", "version 2 is not known"),
            ("version = 1", "", "no version"),
            ("\"calibration\"", "\"evidence\"", "no calibration"),
            ("\"go1.27.3\"", "\"1.27.3\"", "like `go1.27.3`"),
            ("predicted = 12", "predicted = -12", "not negative"),
            ("cores = 10", "cores = \"ten\"", "mine.toml:8"),
            ("date = ", "daten = ", "daten"),
            ("r-squared = 0.999", "r-squared = 1.5", "at most 1"),
        ] {
            let text = SMALL.replacen(from, to, 1);
            let error = error(&text);
            assert!(error.contains(said), "{from} -> {to}: {error:?}");
        }
        assert!(error("").contains("no calibration"));
        assert!(error("{").contains("mine.toml:1"));
        let (head, _) = SMALL.split_once("[[release]]").expect("a release");
        assert!(error(head).contains("release"), "{}", error(head));
        let twice = format!(
            "{SMALL}\n[[release]]{}",
            SMALL.split_once("[[release]]").expect("a release").1
        );
        assert!(error(&twice).contains("twice"));
    }

    #[test]
    fn the_largest_numbers_are_read_again() {
        let text = SMALL.replace("high = 0.5", "high = 1e308");
        let huge = Calibration::parse("c.toml", &text).expect("finite");
        let again = Calibration::parse("d.toml", &huge.to_toml()).expect("as finite as before");
        let price = again.newest().price(Term::OpenCoded).expect("a price");
        assert!((price.high / 1e308 - 1.0).abs() < 1e-9, "{price:?}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Calibration::load(Path::new("/nowhere/c.toml")).expect_err("no such file");
        assert_eq!(
            error.to_string(),
            "cannot read the calibration /nowhere/c.toml; `deferscope bench --output FILE` writes one"
        );
    }
}
