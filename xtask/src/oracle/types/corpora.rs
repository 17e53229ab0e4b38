//! The code that `oracle types` runs over: the standard library and the commands always; real
//! projects with their dependencies and Debian's packages when they are asked for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::leaves;
use crate::corpus::files_below;
use crate::debian;
use crate::project::Project;
use crate::toolchains::Go;

/// Projects with all their dependencies vendored: name, commit, build tags.
const PROJECTS: &[(&str, &str, &str)] = &[
    (
        "podman",
        "c6580b4a52",
        "remote,containers_image_openpgp,exclude_graphdriver_btrfs,http2legacy",
    ),
    (
        "cri-o",
        "f954a17e50",
        "containers_image_openpgp,exclude_graphdriver_btrfs,http2legacy",
    ),
    (
        "skopeo",
        "b71619af4",
        "containers_image_openpgp,exclude_graphdriver_btrfs,http2legacy",
    ),
];

/// Code that both sides look at.
#[derive(Debug)]
pub(super) struct Code {
    /// What the table calls it.
    pub(super) name: String,
    /// The folder that both run in.
    pub(super) root: PathBuf,
    /// Go's settings.
    pub(super) env: Vec<(&'static str, OsString)>,
    /// Flags of the reference.
    pub(super) flags: Vec<&'static str>,
    /// What the reference looks at.
    pub(super) patterns: Vec<String>,
    /// What we look at: no less.
    pub(super) our_patterns: Vec<String>,
    /// Whether we are to see no installed Go. Places in the standard library cannot be compared then.
    pub(super) without_go: bool,
}

/// A corpus, or why there is none.
#[derive(Debug)]
pub(super) enum Found {
    Here(Code),
    Missing { name: String, help: String },
}

/// All corpora, in the order of the table.
pub(super) fn all(project: &Project, go: &Go, with_optional: bool) -> Result<Vec<Found>> {
    let goroot = |name: &str| {
        Found::Here(Code {
            name: name.to_owned(),
            root: go.root.join("src"),
            env: Vec::new(),
            flags: Vec::new(),
            patterns: vec![name.to_owned()],
            our_patterns: vec![name.to_owned()],
            without_go: false,
        })
    };
    let mut all = vec![goroot("std"), goroot("cmd")];
    if with_optional {
        for &(name, commit, tags) in PROJECTS {
            all.push(vendored(project, name, commit, tags)?);
        }
        all.push(of_debian(project)?);
    }
    all.extend(leaves::through_index(project, go, with_optional)?);
    Ok(all)
}

/// The names of the vendored projects, where their source is expected, and what they are built with.
pub(in crate::oracle) fn vendored_projects(
    project: &Project,
) -> impl Iterator<Item = (&'static str, PathBuf, &'static str)> + '_ {
    let projects = PROJECTS.iter();
    projects.map(|&(name, commit, tags)| (name, place(project, name, commit), tags))
}

fn place(project: &Project, name: &str, commit: &str) -> PathBuf {
    project.cache.join("repos").join(format!("{name}-{commit}"))
}

/// A project whose source at the pinned commit lies in `repos/NAME-COMMIT` of the cache.
fn vendored(project: &Project, name: &str, commit: &str, tags: &str) -> Result<Found> {
    let root = place(project, name, commit);
    let label = label(name, commit);
    if !root.join("vendor/modules.txt").is_file() {
        let help = format!("put its source at that commit into {}", root.display());
        return Ok(Found::Missing { name: label, help });
    }
    Ok(Found::Here(Code {
        name: label,
        root: root.canonicalize()?,
        env: vec![("GOFLAGS", format!("-mod=vendor -tags={tags}").into())],
        flags: vec!["-deps"],
        patterns: vec!["./...".to_owned()],
        our_patterns: vec!["./...".to_owned(), "./vendor/...".to_owned()],
        without_go: false,
    }))
}

/// What the table calls Debian's packages.
const DEBIAN: &str = "Debian packages";

/// Debian's packages in one folder, where they see each other in the manner of GOPATH. What none of
/// them holds makes those that need it fall out.
fn of_debian(project: &Project) -> Result<Found> {
    let packages = debian::fetch(project)?;
    if packages.len() < debian::count() {
        let help = "not all of the pinned packages could be had".to_owned();
        let name = DEBIAN.to_owned();
        return Ok(Found::Missing { name, help });
    }
    let gopath = project.cache.join("oracle-types/gopath");
    if !gopath.is_dir() {
        let scratch = gopath.with_extension(format!("part.{}", std::process::id()));
        for package in &packages {
            let source = package.root.join("usr/share/gocode/src");
            if source.is_dir() {
                link_tree(&source, &scratch.join("src"))?;
            }
        }
        std::fs::rename(&scratch, &gopath)
            .with_context(|| format!("moving {} into place", gopath.display()))?;
    }
    let gopath = gopath.canonicalize()?;
    Ok(Found::Here(Code {
        name: DEBIAN.to_owned(),
        root: gopath.join("src"),
        env: vec![
            ("GOPATH", gopath.into_os_string()),
            ("GO111MODULE", "off".into()),
            ("GOFLAGS", OsString::new()),
        ],
        flags: Vec::new(),
        patterns: vec!["./...".to_owned()],
        our_patterns: vec!["./...".to_owned()],
        without_go: false,
    }))
}

/// Makes the files of `from` appear in `to` too, but for those that would make modules of folders.
fn link_tree(from: &Path, to: &Path) -> Result<()> {
    for file in files_below(from)? {
        let target = to.join(&file);
        let folder = target.parent().unwrap_or(to);
        if target.file_name().is_some_and(|name| name == "go.mod") || target.exists() {
            continue;
        }
        std::fs::create_dir_all(folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        std::fs::hard_link(from.join(&file), &target)
            .with_context(|| format!("linking {}", target.display()))?;
    }
    Ok(())
}

/// The names of all corpora, also of those that were not asked for.
pub(super) fn names() -> Vec<String> {
    let goroot = ["std", "cmd"].map(str::to_owned);
    let projects = PROJECTS
        .iter()
        .map(|&(name, commit, _)| label(name, commit));
    goroot
        .into_iter()
        .chain(projects)
        .chain([DEBIAN.to_owned()])
        .chain(leaves::names())
        .collect()
}

fn label(name: &str, commit: &str) -> String {
    format!("{name} {commit} with vendor")
}
