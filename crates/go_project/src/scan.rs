//! From a folder to the packages in it: which files belong to which, and what their heads say.
//!
//! Independent of modules: the same folder gives the same answer in every scope.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use crate::constraint::{Constraint, ConstraintError};
use crate::header::{self, Header};
use crate::heads::{KnownFiles, KnownFolder};
use crate::memo::Interner;
use crate::package::{
    FileFlags, IgnoreReason, IgnoredFile, Import, ImportName, PackageKind, SourceFile,
};
use crate::problem::{Problem, ProblemKind};
use crate::sources::{EmbeddedStd, Sources};
use crate::tags::TagSet;
use crate::version::GoVersion;

/// How much of a file is read first. Nearly every head fits.
const FIRST_READ: usize = 8 << 10;
/// Heads longer than this are nobody's; the file is left out.
const LONGEST_HEADER: usize = 16 << 20;
/// A buffer that a long head has grown is not kept beyond this size.
const KEPT_BUFFER: usize = 256 << 10;

/// The entries of a folder, as far as they matter here.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Files named `*.go`, sorted. Those that are no regular files are marked.
    pub(crate) go_files: Vec<GoFile>,
    /// Folders, sorted; links to folders are not among them.
    pub(crate) folders: Vec<OsString>,
    /// There is a file `go.mod`.
    pub(crate) has_go_mod: bool,
    /// A link to nowhere, for one.
    pub(crate) problems: Vec<Problem>,
}

/// A directory entry named `*.go`.
#[derive(Debug)]
pub(crate) struct GoFile {
    pub(crate) name: OsString,
    pub(crate) state: FileState,
}

/// What a directory entry turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileState {
    Regular,
    NotRegular,
    Broken,
}

impl GoFile {
    fn regular(name: &OsStr) -> Self {
        Self {
            name: name.to_owned(),
            state: FileState::Regular,
        }
    }
}

impl Listing {
    /// Whether the folder holds Go source, even if none of it matches the build context.
    pub(crate) fn has_go_files(&self) -> bool {
        self.go_files
            .iter()
            .any(|file| file.state == FileState::Regular && !is_hidden(&file.name))
    }
}

/// Lists a folder: one pass, and no further call per entry unless it is a link.
pub(crate) fn list(dir: &Path, sources: &Sources) -> io::Result<Listing> {
    if let Some(std) = sources.std.as_ref().filter(|std| std.covers(dir)) {
        return list_embedded(dir, std);
    }
    let mut listing = Listing::default();
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => Some(entries),
        Err(_) if sources.given_in(dir).next().is_some() => None,
        Err(error) => return Err(error),
    };
    for entry in entries.into_iter().flatten() {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            listing.folders.push(name);
            continue;
        }
        let is_go = has_go_suffix(&name);
        if !is_go && name != "go.mod" {
            continue;
        }
        let state = if kind.is_file() {
            FileState::Regular
        } else if kind.is_symlink() {
            let path = entry.path();
            match std::fs::metadata(&path) {
                Ok(target) if target.is_file() => FileState::Regular,
                Ok(_) => FileState::NotRegular,
                Err(error) => {
                    if is_go && !is_hidden(&name) {
                        listing.problems.push(Problem::unreadable(&path, &error));
                    }
                    FileState::Broken
                }
            }
        } else {
            FileState::NotRegular
        };
        if is_go {
            listing.go_files.push(GoFile { name, state });
        } else {
            listing.has_go_mod |= state == FileState::Regular;
        }
    }
    for name in sources.given_in(dir).filter(|name| has_go_suffix(name)) {
        let path = dir.join(name);
        listing.problems.retain(|problem| problem.path != path);
        listing.go_files.retain(|file| file.name != name);
        listing.go_files.push(GoFile::regular(name));
    }
    listing
        .go_files
        .sort_unstable_by(|a, b| a.name.cmp(&b.name));
    listing.folders.sort_unstable();
    Ok(listing)
}

/// Lists a package of the embedded standard library. Folders are not asked for there.
fn list_embedded(dir: &Path, std: &EmbeddedStd) -> io::Result<Listing> {
    let package = std.package_at(dir).ok_or(io::ErrorKind::NotFound)?;
    let names = std.files(&package)?.names();
    Ok(Listing {
        go_files: names.map(|name| GoFile::regular(name.as_ref())).collect(),
        ..Listing::default()
    })
}

pub(crate) fn has_go_suffix(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b".go")
}

/// Whether Go skips entries of this name.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    matches!(name.as_encoded_bytes().first(), Some(b'_' | b'.'))
}

/// The packages of a folder.
#[derive(Debug)]
pub(crate) struct DirScan {
    /// The ordinary package first, if there is one; then external tests, then strays.
    pub(crate) units: Vec<Unit>,
    pub(crate) ignored: Arc<[IgnoredFile]>,
    pub(crate) has_go_files: bool,
    pub(crate) problems: Vec<Problem>,
}

/// A package without a place in a module.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) name: Arc<str>,
    pub(crate) kind: PackageKind,
    pub(crate) files: Arc<[SourceFile]>,
}

/// What scanning depends on.
#[derive(Clone, Copy)]
pub(crate) struct Scanner<'a> {
    pub(crate) tags: &'a TagSet,
    pub(crate) interner: &'a Interner,
    pub(crate) sources: &'a Sources,
    pub(crate) known: Option<&'a dyn KnownFiles>,
}

/// A file that belongs to a package, and the name in its package clause.
struct Member {
    package: Option<Arc<str>>,
    file: SourceFile,
}

impl Scanner<'_> {
    /// Scans the files of a folder. Those in `forced` are taken in whatever their constraints say.
    pub(crate) fn scan(&self, dir: &Path, listing: &Listing, forced: &[OsString]) -> DirScan {
        let mut members = Vec::new();
        let mut ignored = Vec::new();
        let mut problems = listing.problems.clone();
        let mut known = self.known.map(|known| known.folder(dir));
        for entry in &listing.go_files {
            let force = forced.contains(&entry.name);
            match self.examine(dir, entry, force, known.as_deref_mut(), &mut problems) {
                Ok(member) => members.push(member),
                Err(reason) => ignored.push(IgnoredFile {
                    name: entry.name.clone(),
                    reason,
                }),
            }
        }
        DirScan {
            units: self.split(dir, members, &mut problems),
            ignored: ignored.into(),
            has_go_files: listing.has_go_files(),
            problems,
        }
    }

    /// The name of the package that others import from this folder, read from as few files as
    /// possible.
    pub(crate) fn package_name(&self, dir: &Path, listing: &Listing) -> Option<Arc<str>> {
        let mut problems = Vec::new();
        listing
            .go_files
            .iter()
            .filter(|entry| !is_test(&entry.name))
            .filter_map(|entry| self.examine(dir, entry, false, None, &mut problems).ok())
            .find_map(|member| member.package)
    }

    fn examine(
        &self,
        dir: &Path,
        entry: &GoFile,
        force: bool,
        known: Option<&mut (dyn KnownFolder + '_)>,
        problems: &mut Vec<Problem>,
    ) -> Result<Member, IgnoreReason> {
        match entry.state {
            FileState::Regular => {}
            FileState::NotRegular => return Err(IgnoreReason::NotRegular),
            FileState::Broken => return Err(IgnoreReason::Unreadable),
        }
        let text_name = entry.name.to_string_lossy();
        let mut excluded = is_hidden(&entry.name)
            .then_some(IgnoreReason::HiddenName)
            .or_else(|| {
                let tag = self.tags.mismatch_in_name(&text_name)?;
                Some(IgnoreReason::NameSuffix(tag.into()))
            });
        if let (Some(reason), false) = (&excluded, force) {
            return Err(reason.clone());
        }
        let path = dir.join(&entry.name);
        let test = is_test(&entry.name);
        let mut complaint = None;
        let read = with_header(&path, self.sources, known, |header| {
            let constraint = self.constraint(header);
            if let Err(error) = &constraint {
                complaint = Some(error.to_string());
            }
            if excluded.is_none() {
                excluded = self.reason_to_ignore(header, &constraint, test);
            }
            let go_version = header
                .go_build
                .and(constraint.as_ref().ok().and_then(Option::as_ref))
                .and_then(Constraint::go_version);
            self.member(&entry.name, header, test, go_version)
        });
        if let Some(message) = complaint {
            problems.push(
                Problem::new(ProblemKind::BadConstraint, &path, message)
                    .with_help("Go does not build the file either; correct its //go:build line"),
            );
        }
        let mut member = match read {
            Ok(member) => member,
            Err(HeadError::Io(error)) => {
                problems.push(Problem::unreadable(&path, &error));
                return Err(IgnoreReason::Unreadable);
            }
            Err(HeadError::TooLarge) => {
                let limit = LONGEST_HEADER >> 20;
                let message = format!("no end of the imports within the first {limit} MiB");
                problems.push(
                    Problem::new(ProblemKind::HeaderTooLarge, &path, message)
                        .with_help("this is hardly a Go file; leave it out or rename it"),
                );
                return Err(IgnoreReason::Unreadable);
            }
        };
        match excluded {
            Some(reason) if !force => Err(reason),
            reason => {
                member.file.flags.forced = reason.is_some();
                Ok(member)
            }
        }
    }

    /// The constraint that the head of a file states.
    fn constraint(&self, header: &Header<'_>) -> Result<Option<Constraint>, BadConstraint> {
        if header.several_go_build {
            return Err(BadConstraint::Several);
        }
        if let Some(text) = header.go_build {
            return Constraint::parse(&String::from_utf8_lossy(text))
                .map(Some)
                .map_err(Into::into);
        }
        // A `+build` line that is too large does not count, which is what Go does.
        let lines = header
            .plus_build
            .iter()
            .filter_map(|text| Constraint::parse_plus_build(&String::from_utf8_lossy(text)).ok());
        Ok(lines.reduce(|a, b| Constraint::And(Box::new(a), Box::new(b))))
    }

    fn reason_to_ignore(
        &self,
        header: &Header<'_>,
        constraint: &Result<Option<Constraint>, BadConstraint>,
        test: bool,
    ) -> Option<IgnoreReason> {
        match constraint {
            Err(_) => return Some(IgnoreReason::BadConstraint),
            Ok(Some(constraint)) if !constraint.eval(&|tag| self.tags.holds(tag)) => {
                let lines = match header.go_build {
                    Some(text) => vec![text],
                    None => header.plus_build.clone(),
                };
                let text = String::from_utf8_lossy(&lines.join(&b", "[..])).into_owned();
                return Some(IgnoreReason::Constraint(text.into()));
            }
            Ok(_) => {}
        }
        if header
            .package
            .is_some_and(|package| package.name == "documentation")
        {
            return Some(IgnoreReason::Documentation);
        }
        let needs_cgo = !test && header.imports.iter().any(|import| import.path == "C");
        (needs_cgo && !self.tags.cgo()).then_some(IgnoreReason::Cgo)
    }

    fn member(
        &self,
        name: &OsStr,
        header: &Header<'_>,
        test: bool,
        go_version: Option<GoVersion>,
    ) -> Member {
        let imports = header.imports.iter().map(|spec| Import {
            path: self.interner.intern(&spec.path),
            name: match spec.name {
                None => ImportName::Default,
                Some(".") => ImportName::Dot,
                Some("_") => ImportName::Blank,
                Some(name) => ImportName::Named(self.interner.intern(name)),
            },
            range: spec.range.clone(),
        });
        let file = SourceFile {
            name: name.to_owned(),
            imports: imports.collect(),
            flags: FileFlags {
                test,
                generated: header.generated,
                cgo: header.imports.iter().any(|import| import.path == "C"),
                ..FileFlags::default()
            },
            go_version,
            header_error: header.error,
        };
        Member {
            package: header
                .package
                .map(|package| self.interner.intern(package.name)),
            file,
        }
    }

    /// Sorts files into packages by the names in their package clauses.
    fn split(&self, dir: &Path, members: Vec<Member>, problems: &mut Vec<Problem>) -> Vec<Unit> {
        if members.is_empty() {
            return Vec::new();
        }
        let base = self.base_name(dir, &members);
        let external = self.interner.intern(&format!("{base}_test"));
        let mut units: Vec<(PackageKind, Arc<str>, Vec<SourceFile>)> = Vec::new();
        for Member { package, mut file } in members {
            let (kind, name) = match package {
                Some(name) if name == base => (PackageKind::Ordinary, name),
                Some(name) if name == external && file.flags.test => {
                    file.flags.external_test = true;
                    (PackageKind::ExternalTest, name)
                }
                Some(name) => (PackageKind::Stray, name),
                // A file without a package clause is reported by the parser; any place will do.
                None => (PackageKind::Ordinary, Arc::clone(&base)),
            };
            match units
                .iter_mut()
                .find(|unit| (unit.0, &unit.1) == (kind, &name))
            {
                Some(unit) => unit.2.push(file),
                None => units.push((kind, name, vec![file])),
            }
        }
        units.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let stray = units.iter().find(|unit| unit.0 == PackageKind::Stray);
        if let Some((_, name, files)) = stray {
            let first = files
                .first()
                .map(SourceFile::display_name)
                .unwrap_or_default();
            problems.push(
                Problem::new(
                    ProblemKind::SeveralPackages,
                    dir,
                    format!("the folder holds package {base} and package {name} ({first})"),
                )
                .with_help("move the files apart; until then each is analysed on its own"),
            );
        }
        units
            .into_iter()
            .map(|(kind, name, files)| Unit {
                name,
                kind,
                files: files.into(),
            })
            .collect()
    }

    /// The name of the package that others import: what most files say, tests apart; the first one
    /// when there are as many of another.
    fn base_name(&self, dir: &Path, members: &[Member]) -> Arc<str> {
        let mut counts: Vec<(Arc<str>, usize)> = Vec::new();
        let only_tests = members.iter().all(|member| member.file.flags.test);
        for member in members
            .iter()
            .filter(|member| only_tests || !member.file.flags.test)
        {
            let Some(name) = &member.package else {
                continue;
            };
            let name = match name.strip_suffix("_test") {
                Some(stripped) if only_tests => self.interner.intern(stripped),
                _ => Arc::clone(name),
            };
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        // `max_by_key` would take the last of equals.
        counts.reverse();
        counts
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map_or_else(
                || {
                    let folder = dir.file_name().unwrap_or_default().to_string_lossy();
                    self.interner
                        .intern(&crate::names::guess_from_path(&folder))
                },
                |(name, _)| name,
            )
    }
}

fn is_test(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b"_test.go")
}

/// Why the constraint of a file cannot be used.
#[derive(Debug, thiserror::Error)]
enum BadConstraint {
    #[error("the file has more than one //go:build line")]
    Several,
    #[error("the //go:build line cannot be read: {0}")]
    Syntax(#[from] ConstraintError),
}

enum HeadError {
    Io(io::Error),
    TooLarge,
}

/// Reads as much of a file as its head takes.
fn with_header<R>(
    path: &Path,
    sources: &Sources,
    known: Option<&mut (dyn KnownFolder + '_)>,
    use_header: impl FnOnce(&Header<'_>) -> R,
) -> Result<R, HeadError> {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    if let Some(content) = sources.content(path) {
        return header::scan(content.map_err(HeadError::Io)?, true)
            .map(|h| use_header(&h))
            .map_err(|_| HeadError::TooLarge);
    }
    let mut keeper = None;
    if let (Some(known), Some(name)) = (known, path.file_name()) {
        if let Some(header) = known.head(name) {
            return Ok(use_header(&header));
        }
        keeper = Some((known, name));
    }
    let mut file = File::open(path).map_err(HeadError::Io)?;
    // From before the file is read: what is learnt is never newer than these say.
    let keeper = keeper.and_then(|(known, name)| Some((known, name, file.metadata().ok()?)));
    BUFFER.with_borrow_mut(|buffer| {
        let mut limit = FIRST_READ;
        let mut filled = 0;
        let result = loop {
            buffer.resize(limit.max(buffer.len()), 0);
            let (from, more) = (filled, read(&mut file, &mut buffer[filled..limit]));
            match more {
                Ok(count) => filled += count,
                Err(error) => break Err(HeadError::Io(error)),
            }
            let ended = filled == from;
            // One read is enough for nearly every file, even to see no end of it. Later on, small
            // portions are gathered: each scan starts anew.
            if from > 0 && filled < limit && !ended {
                continue;
            }
            match header::scan(&buffer[..filled], ended) {
                Ok(header) => {
                    if let Some((known, name, metadata)) = keeper {
                        known.learn(name, &metadata, &header);
                    }
                    break Ok(use_header(&header));
                }
                Err(header::NeedMore) if filled >= LONGEST_HEADER => {
                    break Err(HeadError::TooLarge);
                }
                Err(header::NeedMore) if filled == limit => {
                    limit = (limit * 4).min(LONGEST_HEADER);
                }
                Err(header::NeedMore) => {}
            }
        };
        if buffer.len() > KEPT_BUFFER {
            buffer.truncate(KEPT_BUFFER);
            buffer.shrink_to_fit();
        }
        result
    })
}

/// Reads once; nothing more means that the file has ended.
fn read(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests;
