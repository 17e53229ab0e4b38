//! Profiles in the format of `go tool pprof`: stacks with values and labels, gzipped.
//!
//! A [`Builder`] makes a [`Profile`], [`Profile::write`] and [`Profile::read`] move it out and in. The
//! two speak of frames by name; tables of strings and numbers stay inside.

mod builder;
mod proto;
mod read;

use std::borrow::Cow;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

pub use self::builder::{Builder, MappingId};
pub use self::read::{Limits, ReadError};

/// A profile whose tables are consistent: every number in it leads somewhere.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// Identifiers are positions in their table, from 1.
    proto: proto::Profile,
}

/// What the values of a profile mean: `samples` in `count`, `cpu` in `nanoseconds`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueType<'a> {
    /// What is counted.
    pub kind: Cow<'a, str>,
    /// In which unit.
    pub unit: Cow<'a, str>,
}

/// A frame of a stack.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frame<'a> {
    /// The name of the function, as in Go's own stack traces.
    pub function: Cow<'a, str>,
    /// The path of its file; may be empty.
    pub file: Cow<'a, str>,
    /// The line that runs; 0 when unknown.
    pub line: u32,
    /// The line of the function's declaration; 0 when unknown.
    pub start_line: u32,
    /// The address of the instruction; 0 when unknown.
    pub address: u64,
    /// The file that the code comes from.
    pub mapping: Option<MappingId>,
    /// Whether the function was inlined into the next frame.
    pub inlined: bool,
}

impl<'a> Frame<'a> {
    /// A frame of which no address is known.
    #[must_use]
    pub fn new(function: &'a str, file: &'a str, line: u32) -> Self {
        Self {
            function: function.into(),
            file: file.into(),
            line,
            ..Self::default()
        }
    }
}

/// What else is known of a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Label<'a> {
    /// Text.
    Text(Cow<'a, str>, Cow<'a, str>),
    /// A number and its unit, which may be empty.
    Number(Cow<'a, str>, i64, Cow<'a, str>),
}

/// A file that was mapped into the process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping<'a> {
    /// The first address.
    pub start: u64,
    /// The address after the last.
    pub end: u64,
    /// Where in the file the mapping begins.
    pub offset: u64,
    /// The file.
    pub file: Cow<'a, str>,
    /// What tells builds of it apart; may be empty.
    pub build_id: Cow<'a, str>,
}

/// A stack and its values.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    profile: &'a Profile,
    sample: &'a proto::Sample,
}

impl Profile {
    /// Reads a profile, gzipped or not, within [`Limits::default`].
    ///
    /// # Errors
    ///
    /// When the bytes are no profile, contradict themselves, or would take too much memory.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        read::read(bytes, &Limits::default())
    }

    /// Reads a profile within other limits.
    ///
    /// # Errors
    ///
    /// As for [`Profile::read`].
    pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        read::read(bytes, limits)
    }

    /// Writes the profile, gzipped. The bytes depend on nothing but the profile.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut packed = GzEncoder::new(out, Compression::default());
        packed.write_all(&self.proto.encode_to_vec())?;
        packed.finish()?.flush()
    }

    /// What each value of a sample means.
    pub fn sample_types(&self) -> impl ExactSizeIterator<Item = ValueType<'_>> {
        self.proto.sample_type.iter().map(|kind| self.kind(kind))
    }

    /// The position of the first of these kinds among the sample types.
    #[must_use]
    pub fn position(&self, kinds: &[&str]) -> Option<usize> {
        kinds
            .iter()
            .find_map(|wanted| self.sample_types().position(|known| known.kind == *wanted))
    }

    /// The distance between samples, and what it is measured in.
    #[must_use]
    pub fn period(&self) -> Option<(ValueType<'_>, i64)> {
        let kind = self.proto.period_type.as_ref()?;
        Some((self.kind(kind), self.proto.period))
    }

    /// When it was taken, in nanoseconds since 1970; 0 when unknown.
    #[must_use]
    pub fn time_nanos(&self) -> i64 {
        self.proto.time_nanos
    }

    /// How long it took, in nanoseconds; 0 when unknown.
    #[must_use]
    pub fn duration_nanos(&self) -> i64 {
        self.proto.duration_nanos
    }

    /// What its maker had to say.
    pub fn comments(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.proto.comment.iter().map(|&text| self.text(text))
    }

    /// The stacks, in the order of the file.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample<'_>> {
        self.proto.sample.iter().map(|sample| Sample {
            profile: self,
            sample,
        })
    }

    /// The files that were mapped.
    pub fn mappings(&self) -> impl ExactSizeIterator<Item = Mapping<'_>> {
        self.proto.mapping.iter().map(|mapping| Mapping {
            start: mapping.memory_start,
            end: mapping.memory_limit,
            offset: mapping.file_offset,
            file: self.text(mapping.filename),
            build_id: self.text(mapping.build_id),
        })
    }

    fn kind(&self, kind: &proto::ValueType) -> ValueType<'_> {
        ValueType {
            kind: self.text(kind.kind),
            unit: self.text(kind.unit),
        }
    }

    /// A string of the table. Reading has seen to it that there is one.
    fn text(&self, index: i64) -> Cow<'_, str> {
        let text = usize::try_from(index)
            .ok()
            .and_then(|index| self.proto.string_table.get(index));
        text.map_or(Cow::Borrowed(""), |bytes| String::from_utf8_lossy(bytes))
    }
}

/// The entry with an identifier, which is its position from 1.
fn entry<T>(table: &[T], id: u64) -> Option<&T> {
    table.get(usize::try_from(id.checked_sub(1)?).ok()?)
}

/// A line as other tools count them. What is no line is unknown.
fn line(line: i64) -> u32 {
    u32::try_from(line).unwrap_or(0)
}

impl<'a> Sample<'a> {
    /// Its values, one for each sample type.
    #[must_use]
    pub fn values(&self) -> &'a [i64] {
        &self.sample.value
    }

    /// Its frames, the one that runs first.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'a>> + use<'a> {
        let profile = self.profile;
        let tables = &profile.proto;
        let locations = self.sample.location_id.iter();
        locations
            .filter_map(|&id| entry(&tables.location, id))
            .flat_map(move |location| {
                let mapping = (location.mapping_id != 0).then_some(MappingId(location.mapping_id));
                let last = location.line.len().saturating_sub(1);
                let of_lines = location.line.iter().enumerate().map(move |(index, at)| {
                    let function = entry(&tables.function, at.function_id);
                    let name = function.map_or(0, |function| function.name);
                    Frame {
                        function: profile.text(name),
                        file: profile.text(function.map_or(0, |function| function.filename)),
                        line: line(at.line),
                        start_line: line(function.map_or(0, |function| function.start_line)),
                        address: location.address,
                        mapping,
                        inlined: index < last,
                    }
                });
                // Without symbols there is only the address.
                let bare = location.line.is_empty().then(|| Frame {
                    function: format!("{:#x}", location.address).into(),
                    address: location.address,
                    mapping,
                    ..Frame::default()
                });
                of_lines.chain(bare)
            })
    }

    /// Its labels.
    pub fn labels(&self) -> impl Iterator<Item = Label<'a>> + use<'a> {
        let profile = self.profile;
        self.sample.label.iter().map(move |label| {
            let key = profile.text(label.key);
            if label.text != 0 {
                Label::Text(key, profile.text(label.text))
            } else {
                Label::Number(key, label.number, profile.text(label.unit))
            }
        })
    }
}

#[cfg(test)]
mod tests;
