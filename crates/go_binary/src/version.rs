//! Releases of Go, as far as layouts depend on them.

use std::fmt;

/// A release of Go: `1.27`, with or without a patch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    /// The 27 of 1.27.3.
    pub minor: u16,
    /// The 3 of 1.27.3; 0 for 1.27, its candidates and development versions.
    pub patch: u16,
}

impl Version {
    /// Go 1.`minor`.
    #[must_use]
    pub const fn new(minor: u16) -> Self {
        Self { minor, patch: 0 }
    }

    /// Reads what Go says of itself: `go1.27.3`, `go1.27rc1`, `devel go1.28-abc`, also with text
    /// after a blank.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("devel ").unwrap_or(text);
        let rest = rest.strip_prefix("go")?.strip_prefix("1.")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (minor, rest) = rest.split_at(digits);
        let patch = rest.strip_prefix('.').unwrap_or_default();
        let digits = patch.bytes().take_while(u8::is_ascii_digit).count();
        Some(Self {
            minor: minor.parse().ok()?,
            patch: patch[..digits].parse().unwrap_or(0),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)?;
        if self.patch > 0 {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_all_their_forms() {
        let of = |text| Version::parse(text).map(|v| (v.minor, v.patch));
        assert_eq!(of("go1.27.3"), Some((27, 3)));
        assert_eq!(of("go1.21rc2"), Some((21, 0)));
        assert_eq!(of("devel go1.28-0a1b2c Mon"), Some((28, 0)));
        assert_eq!(of("go1.23.4 X:boringcrypto"), Some((23, 4)));
        assert_eq!(of("go2.1"), None);
        assert_eq!(of("gccgo"), None);
    }
}
