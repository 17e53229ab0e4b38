//! Evidence: what was observed at defer sites, as lines of JSON.
//!
//! This is what `snapshot`, `profile` and `bench` hand to `check --evidence` and `cost --evidence`.
//! The first line of an observation is its [`Header`], each further line a [`Site`]; files may be
//! put one behind the other. docs/evidence.md tells the format to others.

mod cpu;
mod merge;
mod read;
mod write;

use go_binary::{Class, SiteId};
use serde::{Deserialize, Serialize};

pub use self::cpu::{CpuEvidence, NoCpuProfile, from_cpu_profile};
pub use self::merge::Merged;
pub use self::read::{MAX_SITES, ReadError, read};
pub use self::write::write;

/// The version of the format.
pub const VERSION: u32 = 1;

/// An observation: its header and the sites that were seen.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Evidence {
    /// Who looked at what.
    pub header: Header,
    /// What was seen, in no particular order.
    pub sites: Vec<Site>,
}

/// Who looked at what, and for how long.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Header {
    /// What it comes from.
    pub source: Source,
    /// What was observed, such as `pid 123 (/usr/bin/x)` or the name of a file.
    #[serde(default)]
    pub from: String,
    /// The release of Go that built it, such as `go1.27.3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_version: Option<String>,
    /// When it began, as in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The CPU time of all that was observed, in nanoseconds; what shares are shares of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_cpu_ns: Option<u64>,
}

/// What an observation comes from.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `deferscope profile`: a running process, watched for a while.
    #[default]
    Profile,
    /// `deferscope snapshot`: a process at one moment.
    Snapshot,
    /// `deferscope bench`.
    Bench,
    /// A CPU profile of Go.
    Pprof,
}

impl Source {
    /// Its name in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Snapshot => "snapshot",
            Self::Bench => "bench",
            Self::Pprof => "pprof",
        }
    }
}

/// What was seen at one `defer` statement, or at a line that opens something. What is absent was not
/// looked at; zero was looked at and not seen.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Site {
    /// The import path of its package; `main` when only that is known.
    pub package: String,
    /// The declaration around it: `F`, `T.M` or `(*T).M`.
    pub function: String,
    /// The name of its file, without folders.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Which of the line's it is, from 1.
    #[serde(default = "first")]
    pub ordinal: u32,
    /// The path of its file, as the compiler knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its class.
    #[serde(default, with = "class", skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// How often it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The lower end of the interval that the count lies in, 95 times in 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_low: Option<u64>,
    /// The upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_high: Option<u64>,
    /// How often it ran in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The time between the statement and the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_ns: Option<Held>,
    /// Calls that were waiting to be made when the observation ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u64>,
    /// What this line opened and nobody has closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// Panics during which its call ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panics: Option<u64>,
    /// Panics that its call recovered from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovers: Option<u64>,
    /// CPU time that the machinery of the defer took, in nanoseconds: not what is called at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ns: Option<u64>,
    /// CPU time of what is called at the end, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_cpu_ns: Option<u64>,
}

/// How long calls were kept waiting, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Held {
    /// How many were measured.
    pub count: u64,
    /// On average.
    pub mean: f64,
    /// Half of them no longer than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// All but one in a hundred no longer than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// The longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// Things of one kind that were opened here and are open still.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Resource {
    /// Such as `file` or `socket`.
    pub kind: String,
    /// How many.
    pub open: u64,
}

impl Site {
    /// What was seen at a site: nothing yet.
    #[must_use]
    pub fn at(id: &SiteId) -> Self {
        Self {
            package: id.package.clone(),
            function: id.function.clone(),
            file: id.file.clone(),
            line: id.line,
            ordinal: id.ordinal,
            ..Self::default()
        }
    }

    /// The site.
    #[must_use]
    pub fn id(&self) -> SiteId {
        SiteId {
            package: self.package.clone(),
            function: self.function.clone(),
            file: self.file.clone(),
            line: self.line,
            ordinal: self.ordinal,
        }
    }

    /// How many things it opened that are open still.
    #[must_use]
    pub fn open(&self) -> u64 {
        let open = self.resources.iter().map(|resource| resource.open);
        open.fold(0, u64::saturating_add)
    }
}

const fn first() -> u32 {
    1
}

/// Classes by the compiler's names.
mod class {
    use go_binary::Class;
    use serde::{Deserialize, Deserializer, Serializer, de};

    const ALL: [Class; 3] = [
        Class::OpenCoded,
        Class::StackAllocated,
        Class::HeapAllocated,
    ];

    #[expect(clippy::ref_option, reason = "serde hands over the field by reference")]
    pub(super) fn serialize<S: Serializer>(
        class: &Option<Class>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match class {
            Some(class) => serializer.serialize_str(class.as_str()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Class>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let known = ALL.into_iter().find(|class| class.as_str() == name);
        known.map(Some).ok_or_else(|| {
            de::Error::unknown_variant(&name, &["open-coded", "stack-allocated", "heap-allocated"])
        })
    }
}

#[cfg(test)]
mod tests;
