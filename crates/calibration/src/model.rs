//! The model as data: what each thing costs, per Go release, and how well that fits what was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a calibration file holds: one machine, one or more Go releases.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calibration {
    /// What it is called where prices are shown: "the reference machine", "this machine, 2026-11-22".
    pub name: String,
    /// Where it was measured.
    pub machine: Machine,
    /// The oldest first; never empty.
    #[serde(rename = "release")]
    pub releases: Vec<Release>,
}

/// A machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Machine {
    /// The model of the CPU as the system names it.
    pub cpu: String,
    /// How many cores Go may use.
    pub cores: u32,
    /// The kernel and its version.
    pub kernel: String,
    /// GOOS.
    pub goos: String,
    /// GOARCH.
    pub goarch: String,
}

/// The prices under one Go release.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// As `runtime.Version()` says it: `go1.27.3`.
    pub go: String,
    /// The day, `2026-11-22`.
    pub date: String,
    /// How many times the benchmark ran; 0 when the prices were not fitted by `deferscope bench`.
    pub runs: u32,
    /// How well the model fits.
    pub fit: Fit,
    /// What each thing costs. Terms that the release does not have, or nobody measured, are missing.
    pub prices: BTreeMap<Term, Estimate>,
    /// What was measured.
    #[serde(default, rename = "case", skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
}

/// How well a model fits.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fit {
    /// The share of the variance that the model explains. Differences count as shares of the case's time:
    /// else the longest case alone would decide.
    pub r_squared: f64,
    /// The largest difference between a case and its prediction, in per cent of the case.
    pub worst_percent: f64,
}

/// Nanoseconds, with the bounds of the 95 % confidence interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The best guess.
    pub ns: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// One measured function.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// What it is: `heap-allocated, loop of 10`.
    pub name: String,
    /// How often each term happens in it; nothing when the model does not cover it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<Term, u32>,
    /// The time of one call.
    pub time: Estimate,
    /// What the model says, in ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<f64>,
    /// Allocations in one call.
    pub allocations: f64,
    /// Bytes allocated in one call.
    pub bytes: f64,
    /// Garbage collections in a million calls.
    pub collections: f64,
}

/// What the model knows a price of. The time of a function is the sum of how often each happens times
/// its price.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// Entering and leaving a function that does nothing else.
    Function,
    /// Calling the function that a defer would call, without one.
    Call,
    /// A defer written out at the end of the function; what it costs beyond the call.
    OpenCoded,
    /// Once for each call of a function that keeps records of its defers, on the stack or the heap.
    Records,
    /// A defer with a record on the stack, beyond the call.
    StackAllocated,
    /// A defer with a record on the heap, beyond the call.
    HeapAllocated,
    /// What a record on the heap costs more when its P has none left at hand: those beyond the 32 that a P keeps
    /// come from a list that all share, and go back to it.
    SharedRecord,
    /// What a closure that captures variables of the loop adds to a heap-allocated defer.
    CapturingClosure,
    /// Once for each loop over a function (Go 1.23 and later), without defers.
    IteratorLoop,
    /// A round of such a loop.
    IteratorStep,
    /// What a defer in its body adds to such a loop, once.
    RangeFuncLoop,
    /// A defer in the body of a loop over a function, beyond the call.
    RangeFunc,
    /// `recover` where nothing panics.
    Recover,
    /// `panic`, and `recover` in the function that panics.
    Panic,
    /// Each function between the panic and the one that recovers.
    PanicFrame,
    /// `Lock` and `Unlock` of a free mutex.
    Mutex,
}

impl Term {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Function,
        Self::Call,
        Self::OpenCoded,
        Self::Records,
        Self::StackAllocated,
        Self::HeapAllocated,
        Self::SharedRecord,
        Self::CapturingClosure,
        Self::IteratorLoop,
        Self::IteratorStep,
        Self::RangeFuncLoop,
        Self::RangeFunc,
        Self::Recover,
        Self::Panic,
        Self::PanicFrame,
        Self::Mutex,
    ];

    /// The name used in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Call => "call",
            Self::OpenCoded => "open-coded",
            Self::Records => "records",
            Self::StackAllocated => "stack-allocated",
            Self::HeapAllocated => "heap-allocated",
            Self::SharedRecord => "shared-record",
            Self::CapturingClosure => "capturing-closure",
            Self::IteratorLoop => "iterator-loop",
            Self::IteratorStep => "iterator-step",
            Self::RangeFuncLoop => "range-func-loop",
            Self::RangeFunc => "range-func",
            Self::Recover => "recover",
            Self::Panic => "panic",
            Self::PanicFrame => "panic-frame",
            Self::Mutex => "mutex",
        }
    }

    /// What it is, for tables.
    pub const fn described(self) -> &'static str {
        match self {
            Self::Function => "function that does nothing",
            Self::Call => "call, without a defer",
            Self::OpenCoded => "open-coded defer",
            Self::Records => "function with records, once",
            Self::StackAllocated => "stack-allocated defer",
            Self::HeapAllocated => "heap-allocated defer",
            Self::SharedRecord => "record beyond 32 pending, more",
            Self::CapturingClosure => "closure that captures, in a loop",
            Self::IteratorLoop => "loop over a function, once",
            Self::IteratorStep => "round of such a loop",
            Self::RangeFuncLoop => "such a loop with a defer, once",
            Self::RangeFunc => "defer in such a loop",
            Self::Recover => "recover, without a panic",
            Self::Panic => "panic and recover",
            Self::PanicFrame => "each frame that a panic passes",
            Self::Mutex => "lock and unlock",
        }
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Calibration {
    /// The prices for Go 1.`minor`: those of that release, else of the nearest before it, else of the oldest.
    pub fn for_minor(&self, minor: u32) -> &Release {
        let before = |release: &&Release| release.minor().is_some_and(|known| known <= minor);
        self.releases
            .iter()
            .rfind(before)
            .unwrap_or(&self.releases[0])
    }

    /// The prices of the newest release.
    pub fn newest(&self) -> &Release {
        &self.releases[self.releases.len() - 1]
    }
}

impl Release {
    /// The N of Go 1.N.
    pub fn minor(&self) -> Option<u32> {
        minor_of(&self.go)
    }

    /// What `term` costs; nothing when that is not known for this release.
    pub fn price(&self, term: Term) -> Option<Estimate> {
        self.prices.get(&term).copied()
    }

    /// What a function costs in which each term happens so often, in ns; nothing when a price is not known.
    pub fn predict(&self, counts: &BTreeMap<Term, u32>) -> Option<f64> {
        let price = |(&term, &count): (&Term, &u32)| Some(self.price(term)?.ns * f64::from(count));
        counts.iter().map(price).sum()
    }
}

/// The N of `go1.N`, `go1.N.M`, `go1.NrcM`.
pub(crate) fn minor_of(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("go1.")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Estimate {
    /// A figure that nobody knows the bounds of is its own bounds.
    pub const fn exact(ns: f64) -> Self {
        Self {
            ns,
            low: ns,
            high: ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(go: &str) -> Release {
        Release {
            go: go.to_owned(),
            date: "2026-11-22".to_owned(),
            runs: 1,
            fit: Fit {
                r_squared: 1.0,
                worst_percent: 0.0,
            },
            prices: BTreeMap::from([
                (Term::Function, Estimate::exact(2.0)),
                (Term::HeapAllocated, Estimate::exact(10.0)),
            ]),
            cases: Vec::new(),
        }
    }

    #[test]
    fn a_release_without_prices_has_those_of_the_one_before() {
        let calibration = Calibration {
            name: "test".to_owned(),
            machine: Machine {
                cpu: "x".to_owned(),
                cores: 1,
                kernel: "x".to_owned(),
                goos: "linux".to_owned(),
                goarch: "amd64".to_owned(),
            },
            releases: vec![
                release("go1.21.13"),
                release("go1.24.1"),
                release("go1.27rc1"),
            ],
        };
        let for_minor = |minor| calibration.for_minor(minor).go.as_str();
        assert_eq!(for_minor(21), "go1.21.13");
        assert_eq!(for_minor(23), "go1.21.13");
        assert_eq!(for_minor(24), "go1.24.1");
        assert_eq!(for_minor(99), "go1.27rc1");
        assert_eq!(for_minor(18), "go1.21.13");
        assert_eq!(calibration.newest().go, "go1.27rc1");
    }

    #[test]
    fn a_prediction_is_the_sum_of_its_parts_or_nothing() {
        let release = release("go1.27.3");
        let counts = BTreeMap::from([(Term::Function, 1), (Term::HeapAllocated, 3)]);
        assert_eq!(release.predict(&counts), Some(32.0));
        let unknown = BTreeMap::from([(Term::Function, 1), (Term::RangeFunc, 3)]);
        assert_eq!(release.predict(&unknown), None);
    }

    #[test]
    fn names_are_those_of_the_file() {
        for term in Term::ALL {
            let value = toml::Value::try_from(term).expect("a name");
            assert_eq!(value.as_str(), Some(term.as_str()));
        }
    }
}
