//! From folders and patterns to a graph of Go packages, without running Go.
//!
//! A [`Project`] is a working folder and a [`BuildContext`]. It expands patterns to packages
//! ([`Project::load`]) and follows imports ([`Project::resolve_import`]), reading `go.mod`,
//! `go.work`, `vendor/modules.txt` and the heads of Go files, and nothing else. There is no network
//! and no `go` command; what is missing stays unknown, and what is wrong is returned as
//! [`Problem`]s beside everything that could still be found.
//!
//! No file is read beyond its imports, and nothing here knows what a declaration is.

mod build_list;
mod context;
mod env;
mod files;
mod goroot;
mod graph;
mod heads;
mod load;
mod memo;
mod names;
mod package;
mod pattern;
mod problem;
mod project;
mod resolve;
mod scan;
mod scope;
mod sources;
mod tags;
#[cfg(test)]
mod testing;
mod version;
mod walk;

pub mod constraint;
pub mod header;
pub mod modfile;

pub use context::{BuildContext, GoWork, ModMode, parse_tags};
pub use env::{Env, MapEnv, ProcessEnv};
pub use graph::PackageGraph;
pub use heads::{KnownFiles, KnownFolder};
pub use load::{Loaded, Selection, Target};
pub use names::guess_from_path;
pub use package::{
    FileFlags, IgnoreReason, IgnoredFile, Import, ImportName, Module, Origin, Package, PackageId,
    PackageKind, SourceFile,
};
pub use problem::{Problem, ProblemKind};
pub use project::{Project, StandardLibrary};
pub use resolve::{Location, NotFound, PackageName, Resolution};
pub use sources::embedded_release;
pub use version::{GoVersion, compare_module_versions, is_module_version};
