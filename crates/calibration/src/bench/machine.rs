//! What a calibration says about the machine and the day.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Machine;

/// What is not known is called so.
const UNKNOWN: &str = "unknown";

/// The machine at hand, with what the benchmark said about it.
pub(super) fn machine(goos: &str, goarch: &str, cores: u32) -> Machine {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let kernel = match read("/proc/sys/kernel/osrelease").trim() {
        "" => UNKNOWN.to_owned(),
        release => format!("Linux {release}"),
    };
    Machine {
        cpu: cpu(&read("/proc/cpuinfo")),
        cores,
        kernel,
        goos: goos.to_owned(),
        goarch: goarch.to_owned(),
    }
}

/// The model of the CPU.
fn cpu(info: &str) -> String {
    // arm64 says who made it, in numbers, and no name.
    for key in ["model name", "Model", "CPU implementer"] {
        let value = info.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == key).then(|| value.trim())
        });
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            return match key {
                "CPU implementer" => format!("implementer {value}"),
                _ => value.to_owned(),
            };
        }
    }
    UNKNOWN.to_owned()
}

/// Today in UTC: `2026-11-22`.
pub(super) fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    date(seconds / 86_400)
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar.
fn date(days: u64) -> String {
    // Years begin in March, so that the leap day is the last one; eras have 400 of them.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..10 => (year, month + 3),
        _ => (year + 1, month - 9),
    };
    format!("{:04}-{month:02}-{day:02}", year + era * 400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, wanted) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (19_783, "2024-03-01"),
            (20_779, "2026-11-22"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(date(days), wanted);
        }
    }

    #[test]
    fn a_cpu_has_a_name_or_none() {
        assert_eq!(cpu("processor\t: 0\nmodel name\t: Abacus 9\n"), "Abacus 9");
        assert_eq!(cpu("CPU implementer\t: 0x41\n"), "implementer 0x41");
        assert_eq!(cpu(""), UNKNOWN);
    }
}
