//! Versions: of the Go language (`1.21`), and of modules (`v1.2.3-pre+incompatible`).
//!
//! Only parsing and ordering live here; which version a module or file has is decided elsewhere.

use std::cmp::Ordering;
use std::fmt;

/// A version of the Go language. Patch releases do not change the language, so they are dropped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GoVersion {
    /// `1`, so far.
    pub major: u16,
    /// The `21` of `1.21`.
    pub minor: u16,
}

impl GoVersion {
    /// The newest language that deferscope knows, assumed where nothing says otherwise.
    pub const NEWEST: Self = Self::new(1, 27);
    /// What a `go.mod` without a `go` line means.
    pub const UNSTATED: Self = Self::new(1, 16);
    /// The oldest version that a `//go:build` line can select for a single file.
    pub const FILE_FLOOR: Self = Self::new(1, 21);

    /// The version `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Reads `1.21`, `1.21.3`, `1.21rc2`, `go1.21.3` or `go1.21-custom`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("go").unwrap_or(text);
        let (major, rest) = text.split_once('.')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (minor, rest) = rest.split_at(digits);
        let tail_is_fine = rest.is_empty()
            || rest.starts_with(|c: char| c.is_ascii_alphabetic() || ".-+ ".contains(c));
        if !tail_is_fine || !major.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The parts of a module version that matter for its order.
struct Semver<'a> {
    numbers: [&'a str; 3],
    prerelease: &'a str,
}

impl<'a> Semver<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v')?;
        let (text, build) = text
            .split_once('+')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        if build.is_some_and(|build| !identifiers_are_valid(build)) {
            return None;
        }
        let (core, prerelease) = text
            .split_once('-')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        if prerelease.is_some_and(|pre| !identifiers_are_valid(pre)) {
            return None;
        }
        let mut numbers = [""; 3];
        let mut parts = core.split('.');
        for number in &mut numbers {
            *number = parts.next()?;
            let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if !plain || (number.len() > 1 && number.starts_with('0')) {
                return None;
            }
        }
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            numbers,
            prerelease: prerelease.unwrap_or_default(),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        for (a, b) in self.numbers.iter().zip(other.numbers) {
            let order = compare_digits(a, b);
            if order.is_ne() {
                return order;
            }
        }
        match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_prereleases(self.prerelease, other.prerelease),
        }
    }
}

fn identifiers_are_valid(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Numbers without leading zeros: the longer one is the larger one.
fn compare_digits(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let order = match (numeric(x), numeric(y)) {
            (true, true) => compare_digits(x.trim_start_matches('0'), y.trim_start_matches('0')),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Whether `text` is a full module version, such as `v1.2.3` or a pseudo-version.
pub fn is_module_version(text: &str) -> bool {
    Semver::parse(text).is_some()
}

/// Orders module versions by precedence; what is not a version comes before all that are.
pub fn compare_module_versions(a: &str, b: &str) -> Ordering {
    match (Semver::parse(a), Semver::parse(b)) {
        (Some(a), Some(b)) => a.compare(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_versions_are_read_in_every_spelling() {
        for text in [
            "1.21",
            "1.21.3",
            "1.21rc2",
            "go1.21",
            "go1.21.0",
            "go1.21-custom",
            "1.21.0-rc.1",
        ] {
            assert_eq!(
                GoVersion::parse(text),
                Some(GoVersion::new(1, 21)),
                "{text}"
            );
        }
        for text in [
            "",
            "1",
            "go1",
            "v1.21",
            "1.",
            "1.x",
            "one.two",
            "1.21_3",
            "1.99999999",
            "-1.2",
        ] {
            assert_eq!(GoVersion::parse(text), None, "{text}");
        }
        assert!(GoVersion::new(1, 9) < GoVersion::new(1, 10));
    }

    #[test]
    fn module_versions_are_ordered_by_precedence() {
        let ordered = [
            "master",
            "v0.0.0-20200101000000-0123456789ab",
            "v0.0.1",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-rc.2",
            "v1.0.0-rc.10",
            "v1.0.0",
            "v1.2.3",
            "v1.10.0",
            "v2.0.0+incompatible",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(
                compare_module_versions(pair[0], pair[1]),
                Ordering::Less,
                "{pair:?}"
            );
            assert_eq!(
                compare_module_versions(pair[1], pair[0]),
                Ordering::Greater,
                "{pair:?}"
            );
        }
        assert_eq!(
            compare_module_versions("v1.0.0+a", "v1.0.0+b"),
            Ordering::Equal
        );
    }

    #[test]
    fn only_full_versions_are_module_versions() {
        for text in [
            "v1.2.3",
            "v0.0.0-20200101000000-0123456789ab",
            "v2.0.0+incompatible",
        ] {
            assert!(is_module_version(text), "{text}");
        }
        for text in [
            "", "v1", "v1.2", "1.2.3", "v1.2.3.4", "v01.2.3", "v1.2.3-", "latest", "v1.2.x",
        ] {
            assert!(!is_module_version(text), "{text}");
        }
    }
}
