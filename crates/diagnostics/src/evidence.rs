//! What was observed at run time at the place of a finding, and places where something was observed
//! that no finding speaks of.

use std::path::PathBuf;
use std::sync::Arc;

/// What was observed at a place. What is absent was not looked at. Numbers are finite and not negative.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Evidence {
    /// The compiler's class of the defer.
    pub class: Option<&'static str>,
    /// How often it ran.
    pub count: Option<u64>,
    /// What the count lies between, 95 times in 100, where it is an estimate.
    pub interval: Option<(u64, u64)>,
    /// How often it ran in a second.
    pub rate: Option<f64>,
    /// How long its call was kept waiting.
    pub held: Option<Held>,
    /// Calls that were waiting.
    pub pending: Option<u64>,
    /// What the line opened and nobody had closed: kind and number.
    pub open: Vec<(String, u64)>,
    /// Panics during which its call ran.
    pub panics: Option<u64>,
    /// Panics that its call recovered from.
    pub recovers: Option<u64>,
    /// The share of all CPU time that its machinery took.
    pub cpu_share: Option<f64>,
    /// The share of all CPU time that the deferred call took.
    pub deferred_cpu_share: Option<f64>,
    /// The line that it was observed at, where that is not the line of today.
    pub observed_line: Option<u32>,
}

// Numbers are finite.
impl Eq for Evidence {}

/// Times in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Held {
    /// The mean.
    pub mean: f64,
    /// Half of them are no longer.
    pub p50: Option<f64>,
    /// All but one in a hundred are no longer.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// Why a place is worth telling without a finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Striking {
    /// Calls or open things pile up there.
    Piles,
    /// It takes CPU time.
    Hot,
}

impl Striking {
    /// The name used in every output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Piles => "piles-up",
            Self::Hot => "hot",
        }
    }
}

/// A place where something striking was observed and no finding is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObservedSite {
    /// The file, as in findings.
    pub path: Arc<PathBuf>,
    /// The line of today.
    pub line: u32,
    /// The import path of the package.
    pub package: String,
    /// The declared function around it.
    pub function: String,
    /// Which of the line's it is, from 1.
    pub ordinal: u32,
    /// Why it is told.
    pub striking: Striking,
    /// What was observed.
    pub evidence: Evidence,
}

impl Evidence {
    /// How many things are open.
    #[must_use]
    pub fn open_count(&self) -> u64 {
        let counts = self.open.iter().map(|&(_, count)| count);
        counts.fold(0, u64::saturating_add)
    }

    /// Whether calls or open things pile up.
    #[must_use]
    pub fn piles_up(&self) -> bool {
        self.pending.is_some_and(|pending| pending >= PILE) || self.open_count() >= OPEN_PILE
    }

    /// Why this would be worth telling without a finding, if it would.
    #[must_use]
    pub fn striking(&self) -> Option<Striking> {
        let share = self.cpu_share.unwrap_or(0.0) + self.deferred_cpu_share.unwrap_or(0.0);
        if self.piles_up() {
            Some(Striking::Piles)
        } else if self.rate.is_some_and(|rate| rate >= HOT_RATE) || share >= HOT_SHARE {
            Some(Striking::Hot)
        } else {
            None
        }
    }

    /// The larger, the more it matters: what piles up first, then what takes CPU time, then what runs
    /// most often.
    #[must_use]
    pub fn weight(&self) -> Weight {
        let piled = self.pending.unwrap_or(0).saturating_add(self.open_count());
        Weight {
            piled: if self.piles_up() { piled } else { 0 },
            share: self.cpu_share.unwrap_or(0.0) + self.deferred_cpu_share.unwrap_or(0.0),
            rate: self.rate.unwrap_or(0.0),
            count: self.count.unwrap_or(0),
            rest: piled,
        }
    }
}

/// Fewer calls that wait are no pile: every busy line has some.
pub const PILE: u64 = 1_000;
/// Fewer things that are open are no pile.
pub const OPEN_PILE: u64 = 100;
/// A line that runs so often in a second is hot.
pub const HOT_RATE: f64 = 10_000.0;
/// A line that takes so much of all CPU time is hot.
pub const HOT_SHARE: f64 = 0.01;

/// How much an observation matters; see [`Evidence::weight`].
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Weight {
    piled: u64,
    share: f64,
    rate: f64,
    count: u64,
    rest: u64,
}

impl Weight {
    /// A total order.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        (self.piled.cmp(&other.piled))
            .then(self.share.total_cmp(&other.share))
            .then(self.rate.total_cmp(&other.rate))
            .then(self.count.cmp(&other.count))
            .then(self.rest.cmp(&other.rest))
    }
}

/// What was observed, in words: `ran 41,000 times a second, held for 1.2 ms on average`. Empty when there
/// is nothing to tell.
impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut told = Vec::new();
        match (self.rate, self.count) {
            (Some(rate), _) => told.push(format!("ran {} times a second", number(rate))),
            (None, Some(1)) => told.push("ran once".to_owned()),
            (None, Some(count)) => told.push(format!("ran {} times", grouped(count))),
            (None, None) => {}
        }
        if let (Some((low, high)), Some(last)) = (self.interval, told.last_mut()) {
            last.push_str(&format!(" ({} to {} in all)", grouped(low), grouped(high)));
        }
        if let Some(class) = self.class {
            told.push(class.to_owned());
        }
        if let Some(held) = &self.held {
            let mut text = format!("held for {} on average", time(held.mean));
            for (name, value) in [("p99", held.p99), ("at most", held.max)] {
                if let Some(value) = value {
                    text.push_str(&format!(", {name} {}", time(value)));
                }
            }
            told.push(text);
        }
        if let Some(pending) = self.pending {
            let plural = if pending == 1 { "call" } else { "calls" };
            told.push(format!("{} {plural} waiting", grouped(pending)));
        }
        for (kind, count) in &self.open {
            told.push(format!("{} × {kind} left open", grouped(*count)));
        }
        for (share, what) in [
            (self.cpu_share, "of the CPU time for the defer itself"),
            (
                self.deferred_cpu_share,
                "of the CPU time in the deferred call",
            ),
        ] {
            if let Some(share) = share.filter(|&share| share > 0.0) {
                told.push(format!("{} {what}", percent(share)));
            }
        }
        for (count, what) in [
            (self.panics, "ran during a panic"),
            (self.recovers, "recovered"),
        ] {
            if let Some(count) = count.filter(|&count| count > 0) {
                let plural = if count == 1 { "time" } else { "times" };
                told.push(format!("{} {plural} {what}", grouped(count)));
            }
        }
        f.write_str(&told.join("; "))?;
        if let Some(line) = self.observed_line {
            write!(f, " (seen at line {line} of an earlier state of the file)")?;
        }
        Ok(())
    }
}

/// 41234.5 as 41,235, and 0.0123 as 0.012.
#[must_use]
pub fn number(value: f64) -> String {
    if value >= 100.0 {
        // Larger ones saturate.
        grouped(value.round() as u64)
    } else if value >= 10.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// 1234567 as 1,234,567.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in nanoseconds, in the unit that suits it.
#[must_use]
pub fn time(nanos: f64) -> String {
    let (value, unit) = match nanos {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    if value >= 10.0 || unit == "ns" {
        format!("{value:.0} {unit}")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// A share as a percentage.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 {
        format!("{percent:.0} %")
    } else if percent >= 0.1 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.3} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_told_in_words() {
        let seen = Evidence {
            class: Some("heap-allocated"),
            count: Some(1_230_000),
            interval: Some((1_200_000, 1_260_000)),
            rate: Some(41_000.4),
            held: Some(Held {
                mean: 1_234.0,
                p50: None,
                p99: Some(9e6),
                max: None,
            }),
            pending: Some(1),
            open: vec![("file".to_owned(), 3)],
            cpu_share: Some(0.0123),
            observed_line: Some(7),
            panics: Some(0),
            recovers: Some(2),
            ..Evidence::default()
        };
        assert_eq!(
            seen.to_string(),
            "ran 41,000 times a second (1,200,000 to 1,260,000 in all); heap-allocated; \
             held for 1.2 µs on average, p99 9.0 ms; 1 call waiting; 3 × file left open; \
             1.2 % of the CPU time for the defer itself; 2 times recovered \
             (seen at line 7 of an earlier state of the file)"
        );
        assert_eq!(Evidence::default().to_string(), "");
    }

    #[test]
    fn piles_come_before_heat_and_heat_before_rates() {
        let of = |pending, share, rate| Evidence {
            pending: Some(pending),
            cpu_share: Some(share),
            rate: Some(rate),
            ..Evidence::default()
        };
        let ordered = [
            of(0, 0.0, 1.0),
            of(999, 0.0, 5.0),
            of(0, 0.0, 6.0),
            of(0, 0.2, 0.0),
            of(1_000, 0.0, 0.0),
            of(2_000, 0.0, 0.0),
        ];
        assert!(ordered.is_sorted_by(|one, other| one.weight().order(&other.weight()).is_lt()));
    }
}
