//! What a loaded package is: modules, packages, files, imports.
//!
//! Plain data, shared and never changed. How it comes about is in `scan` and `project`.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::header::HeaderError;
use crate::scope::Scope;
use crate::version::GoVersion;

/// A module: a tree of packages with a common version.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Module {
    /// Its path; `std` and `cmd` for the two of Go itself.
    pub path: String,
    /// Its version; none for modules that are worked on.
    pub version: Option<String>,
    /// Its root. For a vendored module, the vendor folder.
    pub dir: PathBuf,
    /// The language that its `go.mod` asks for.
    pub go: GoVersion,
}

/// Names a package within one [`Project`](crate::Project). The numbers depend on the order of
/// loading, which threads decide: good for maps, never for sorting or output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackageId(pub u32);

/// Which of the packages of a folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PackageKind {
    /// The one that is imported, with its own tests.
    Ordinary,
    /// The tests in `package x_test`, which see `x` (and its own tests) from outside.
    ExternalTest,
    /// Files whose package clause differs from that of most files. Go would refuse the folder.
    Stray,
}

/// Where the source of a package comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// Go itself, `cmd` included.
    Std,
    /// A main module, or a folder outside of modules: the code that is worked on.
    FirstParty,
    /// A vendor folder.
    Vendored,
    /// The module cache.
    ModCache,
    /// A source tree in the manner of GOPATH.
    Gopath,
    /// A folder that a `replace` directive names.
    Replace,
}

impl Origin {
    /// Whether this is code that is worked on, rather than a dependency.
    pub const fn is_first_party(self) -> bool {
        matches!(self, Self::FirstParty)
    }
}

/// A package: files that are compiled together.
#[derive(Debug)]
pub struct Package {
    /// Names it within the project.
    pub id: PackageId,
    /// The path by which it is imported. External tests have the path of their package and `_test`.
    pub import_path: Arc<str>,
    /// The name in its package clauses.
    pub name: Arc<str>,
    /// Its folder, absolute.
    pub dir: Arc<Path>,
    /// Which of the packages of the folder.
    pub kind: PackageKind,
    /// Where its source comes from.
    pub origin: Origin,
    /// The module that it belongs to, if any.
    pub module: Option<Arc<Module>>,
    /// The language of its module; that of a file may differ, see [`Package::file_version`].
    pub go_version: GoVersion,
    /// Its files, sorted by name.
    pub files: Arc<[SourceFile]>,
    /// The Go files of the folder that belong to no package, sorted by name.
    pub ignored: Arc<[IgnoredFile]>,
    pub(crate) scope: Arc<Scope>,
}

impl Package {
    /// Whether it is a program.
    pub fn is_main(&self) -> bool {
        &*self.name == "main"
    }

    /// The absolute path of one of its files.
    pub fn file_path(&self, file: &SourceFile) -> PathBuf {
        self.dir.join(&file.name)
    }

    /// The language that one of its files is written in: a `//go:build go1.N` line changes it, down
    /// to 1.21 at the lowest.
    pub fn file_version(&self, file: &SourceFile) -> GoVersion {
        file.go_version.map_or(self.go_version, |version| {
            version.max(GoVersion::FILE_FLOOR)
        })
    }

    /// The paths imported by the files that `select` chooses, sorted, each once.
    pub fn imports(&self, select: impl Fn(&SourceFile) -> bool) -> Vec<Arc<str>> {
        let mut paths: Vec<Arc<str>> = self
            .files
            .iter()
            .filter(|file| select(file))
            .flat_map(|file| file.imports.iter().map(|import| Arc::clone(&import.path)))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

/// A Go file of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its name in the folder of the package.
    pub name: OsString,
    /// What sort of file it is.
    pub flags: FileFlags,
    /// What it imports, in the order of the file.
    pub imports: Box<[Import]>,
    /// The version of Go that its constraints imply.
    pub go_version: Option<GoVersion>,
    /// What is wrong with its head. The parser will report it.
    pub header_error: Option<HeaderError>,
}

impl SourceFile {
    /// The name for people.
    pub fn display_name(&self) -> Cow<'_, str> {
        self.name.to_string_lossy()
    }
}

/// What sort of file a file is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FileFlags {
    /// Its name ends with `_test.go`.
    pub test: bool,
    /// It belongs to the external test package.
    pub external_test: bool,
    /// A program wrote it.
    pub generated: bool,
    /// It imports "C".
    pub cgo: bool,
    /// It does not match the build context, and is here because it was named.
    pub forced: bool,
}

/// An import of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The path.
    pub path: Arc<str>,
    /// The name it is given.
    pub name: ImportName,
    /// The quoted path in the file.
    pub range: Range<u32>,
}

/// The name that an import is given.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ImportName {
    /// That of the package.
    Default,
    /// `.`: what the package exports is in scope.
    Dot,
    /// `_`: for its effects.
    Blank,
    /// An identifier.
    Named(Arc<str>),
}

/// A Go file that belongs to no package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoredFile {
    /// Its name in the folder.
    pub name: OsString,
    /// Why.
    pub reason: IgnoreReason,
}

/// Why a Go file belongs to no package.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum IgnoreReason {
    /// The name starts with `_` or `.`.
    HiddenName,
    /// The name asks for another system or architecture.
    NameSuffix(Box<str>),
    /// Its constraint does not hold. The text of the constraint.
    Constraint(Box<str>),
    /// Its constraint cannot be read.
    BadConstraint,
    /// It imports "C" and cgo is off.
    Cgo,
    /// It is in `package documentation`.
    Documentation,
    /// It is neither a file nor a link to one.
    NotRegular,
    /// It could not be read.
    Unreadable,
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HiddenName => f.write_str("its name starts with `_` or `.`"),
            Self::NameSuffix(tag) => write!(f, "its name asks for {tag}"),
            Self::Constraint(text) => write!(f, "it asks for `{text}`"),
            Self::BadConstraint => f.write_str("its build constraint cannot be read"),
            Self::Cgo => f.write_str("it needs cgo"),
            Self::Documentation => f.write_str("it is in package documentation"),
            Self::NotRegular => f.write_str("it is not a regular file"),
            Self::Unreadable => f.write_str("it cannot be read"),
        }
    }
}
