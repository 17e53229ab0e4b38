//! The names of the output formats.

use std::fmt;
use std::str::FromStr;

/// An output format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Format {
    /// Excerpts with carets, for people.
    #[default]
    Text,
    /// One line per finding, for people and for `grep`.
    Concise,
    /// One JSON object per line.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's code quality report (Code Climate).
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// Reviewdog Diagnostic Format.
    Rdjson,
}

impl Format {
    /// All formats, in the order in which help should list them.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Checkstyle,
        Self::Rdjson,
    ];

    /// The name used on the command line and in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Checkstyle => "checkstyle",
            Self::Rdjson => "rdjson",
        }
    }

    /// What the format is, in a few words for help texts.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Text => "source excerpts with carets, related places, help and fixes",
            Self::Concise => "one line per finding: path:line:col: rule: message",
            Self::Json => "one JSON object per line",
            Self::Sarif => "SARIF 2.1.0, for code scanning services and editors",
            Self::Github => "annotations for GitHub Actions",
            Self::Gitlab => "GitLab code quality report (Code Climate)",
            Self::Junit => "JUnit XML, one failed test case per finding",
            Self::Checkstyle => "Checkstyle XML",
            Self::Rdjson => "Reviewdog Diagnostic Format",
        }
    }

    /// Whether a report tells of fixes, or how many there are.
    pub const fn shows_fixes(self) -> bool {
        match self {
            Self::Text | Self::Json | Self::Sarif | Self::Rdjson => true,
            Self::Concise | Self::Github | Self::Gitlab | Self::Junit | Self::Checkstyle => false,
        }
    }

    /// Whether people rather than programs read it, so that colour may be used.
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Concise)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no format has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no output format `{name}`; choose one of {}", names())]
pub struct UnknownFormat {
    /// The name that was given.
    pub name: String,
}

fn names() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
    names.join(", ")
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for &format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "SARIF".parse::<Format>().unwrap_err();
        assert_eq!(error.name, "SARIF");
        let message = error.to_string();
        assert!(
            message.contains("`SARIF`") && message.contains("sarif, github"),
            "{message}"
        );
    }
}
