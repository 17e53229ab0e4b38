//! The form of the index, and reading it.
//!
//! Three lines of text: what this is ([`MAGIC`]), the release of Go, and the lengths of the table of
//! contents, packed and unpacked. Then the table of contents and the packages, each deflated on its
//! own, so that a package can be read without the others.
//!
//! The table has a line per package, sorted: path, name, packed length, unpacked length. A package
//! is its files, sorted: name, a zero byte, text, a zero byte.

use std::ops::Range;
use std::str::{FromStr, Lines};
use std::sync::OnceLock;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// The first line; its number changes with the form.
pub const MAGIC: &str = "deferscope index of the Go standard library, form 1";

/// No part of an index is larger than this when unpacked.
const LARGEST: usize = 64 << 20;

/// An index cannot be read. With the one that is part of the program this does not happen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IndexError {
    /// It is something else, or of another form.
    #[error(
        "this is no index of the Go standard library of the form expected; make it anew with `cargo xtask std-index`"
    )]
    Form,
    /// A part of it is damaged.
    #[error(
        "the index of the Go standard library is damaged at {0}; make it anew with `cargo xtask std-index`"
    )]
    Damaged(String),
}

/// The standard library of one release of Go.
#[derive(Debug)]
pub struct Index {
    release: Box<str>,
    /// Sorted by path.
    entries: Vec<Entry>,
    /// The packed packages.
    packed: &'static [u8],
}

#[derive(Debug)]
struct Entry {
    path: Box<str>,
    name: Box<str>,
    packed: Range<usize>,
    unpacked: usize,
    files: OnceLock<Result<Files, IndexError>>,
}

/// The files of a package, sorted by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Files {
    text: String,
    /// Where name and text of each file stand.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Index {
    /// Reads the table of contents.
    ///
    /// # Errors
    ///
    /// When this is no index, or damaged.
    pub fn read(bytes: &'static [u8]) -> Result<Self, IndexError> {
        let mut rest = bytes;
        let magic = first_line(&mut rest)?;
        if magic != MAGIC {
            return Err(IndexError::Form);
        }
        let release = first_line(&mut rest)?.into();
        let mut lengths = first_line(&mut rest)?.split(' ');
        let (packed, unpacked) = (number(lengths.next())?, number(lengths.next())?);
        let Some((table, packed)) = rest.split_at_checked(packed) else {
            return Err(damaged("its table of contents"));
        };
        let table = unpack(table, unpacked, "its table of contents")?;
        Ok(Self {
            release,
            entries: entries(table.lines(), packed.len())?,
            packed,
        })
    }

    /// The release of Go, such as `1.27.3`.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The import paths of the packages, sorted.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.path)
    }

    /// Whether there is a package of this import path.
    pub fn contains(&self, path: &str) -> bool {
        self.entry(path).is_some()
    }

    /// The name in the package clause of a package. Nothing is unpacked for it.
    pub fn package_name(&self, path: &str) -> Option<&str> {
        self.entry(path).map(|entry| &*entry.name)
    }

    /// The files of a package. They are unpacked when first asked for, and kept.
    ///
    /// # Errors
    ///
    /// When the package is damaged.
    pub fn files(&self, path: &str) -> Option<Result<&Files, &IndexError>> {
        let entry = self.entry(path)?;
        let read = || {
            let packed = self.packed.get(entry.packed.clone()).unwrap_or_default();
            let text = unpack(packed, entry.unpacked, &entry.path)?;
            Files::new(text).ok_or_else(|| damaged(&entry.path))
        };
        Some(entry.files.get_or_init(read).as_ref())
    }

    /// How many packages have been unpacked so far.
    pub fn unpacked(&self) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.files.get().is_some())
            .count()
    }

    fn entry(&self, path: &str) -> Option<&Entry> {
        let found = self
            .entries
            .binary_search_by(|entry| (*entry.path).cmp(path));
        found.ok().map(|index| &self.entries[index])
    }
}

impl Files {
    fn new(text: String) -> Option<Self> {
        let mut places = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let name = at..at + text[at..].find('\0')?;
            let start = name.end + 1;
            let end = start + text[start..].find('\0')?;
            at = end + 1;
            places.push((name, start..end));
        }
        Some(Self { text, places })
    }

    /// The names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(name, _)| &self.text[name.clone()])
    }

    /// The text of a file.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self
            .places
            .binary_search_by(|(range, _)| self.text[range.clone()].cmp(name));
        found
            .ok()
            .map(|index| &self.text[self.places[index].1.clone()])
    }
}

fn entries(lines: Lines<'_>, packed_length: usize) -> Result<Vec<Entry>, IndexError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut start = 0;
    for line in lines {
        let mut words = line.split(' ');
        let (Some(path), Some(name)) = (words.next(), words.next()) else {
            return Err(damaged(line));
        };
        let (packed, unpacked) = (number(words.next())?, number(words.next())?);
        let sorted = entries.last().is_none_or(|last| *last.path < *path);
        let end = start + packed;
        if !sorted || end > packed_length {
            return Err(damaged(line));
        }
        entries.push(Entry {
            path: path.into(),
            name: name.into(),
            packed: start..end,
            unpacked,
            files: OnceLock::new(),
        });
        start = end;
    }
    if start != packed_length {
        return Err(damaged("its end"));
    }
    Ok(entries)
}

fn unpack(packed: &[u8], length: usize, what: &str) -> Result<String, IndexError> {
    decompress_to_vec_with_limit(packed, length)
        .ok()
        .filter(|bytes| bytes.len() == length)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| damaged(what))
}

/// Takes a line off the front.
fn first_line<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, IndexError> {
    let end = bytes.iter().position(|&byte| byte == b'\n');
    let (line, rest) = end
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or(IndexError::Form)?;
    *bytes = &rest[1..];
    std::str::from_utf8(line).map_err(|_| IndexError::Form)
}

/// A length, which is never so large that sums of them could overflow.
fn number(word: Option<&str>) -> Result<usize, IndexError> {
    word.and_then(|word| usize::from_str(word).ok())
        .filter(|&number| number <= LARGEST)
        .ok_or_else(|| damaged("a length"))
}

fn damaged(what: &str) -> IndexError {
    IndexError::Damaged(what.to_owned())
}
