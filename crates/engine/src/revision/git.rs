//! Running git. It is asked for text that does not depend on anybody's settings.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::diff::path;

/// Why it is not known what has changed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("cannot run git: {0}\n  help: --new-from-rev needs git on the PATH")]
    NoGit(io::Error),
    /// The folder is in no working tree.
    #[error("{} is not in a git working tree ({message})\n  help: run deferscope in the repository, or leave out --new-from-rev", dir.display())]
    NoRepository {
        /// The folder.
        dir: PathBuf,
        /// What git says.
        message: String,
    },
    /// The revision is unknown.
    #[error("git knows no revision `{revision}` in {}\n  help: check the name; in a shallow clone, fetch it first", root.display())]
    NoRevision {
        /// The revision.
        revision: String,
        /// The repository.
        root: PathBuf,
    },
    /// git failed for a reason of its own.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The command.
        command: &'static str,
        /// What git says.
        message: String,
    },
}

/// What matters to deferscope of a repository. A glob of git, from the top.
const GO_FILES: &str = ":(top,glob)**/*.go";

/// A working tree.
pub(crate) struct Git {
    root: PathBuf,
}

impl Git {
    /// The working tree that `cwd` is in.
    pub(crate) fn open(cwd: &Path) -> Result<Self, GitError> {
        let output = command(cwd)
            .args(["rev-parse", "--show-toplevel"])
            .output()
            .map_err(GitError::NoGit)?;
        let no_repository = |message| GitError::NoRepository {
            dir: cwd.to_path_buf(),
            message,
        };
        if !output.status.success() {
            return Err(no_repository(message(&output)));
        }
        let line = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        match path(line) {
            Some(root) => Ok(Self { root }),
            None => Err(no_repository(
                "the repository has no working tree".to_owned(),
            )),
        }
    }

    pub(crate) fn into_root(self) -> PathBuf {
        self.root
    }

    /// Checks that `revision` names a commit.
    pub(crate) fn check_revision(&self, revision: &str) -> Result<(), GitError> {
        let unknown = || GitError::NoRevision {
            revision: revision.to_owned(),
            root: self.root.clone(),
        };
        // git would take it for a flag.
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown());
        }
        let commit = format!("{revision}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", &commit])?;
        if output.status.success() {
            Ok(())
        } else {
            Err(unknown())
        }
    }

    /// The differences between `revision` and the working tree, without context.
    pub(crate) fn diff(&self, revision: &str) -> Result<Vec<u8>, GitError> {
        let output = self.run(&[
            "diff",
            "-U0",
            "--inter-hunk-context=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--find-renames",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--ignore-submodules",
            revision,
            "--",
            GO_FILES,
        ])?;
        success("diff", output)
    }

    /// The tracked files that are not as they were committed.
    pub(crate) fn modified(&self) -> Result<Vec<PathBuf>, GitError> {
        let output = self.run(&["diff", "--name-only", "-z", "HEAD", "--", GO_FILES])?;
        let names = success("diff", output)?;
        Ok(names.split(|&byte| byte == 0).filter_map(path).collect())
    }

    /// The files that are not tracked and not ignored.
    pub(crate) fn untracked(&self) -> Result<Vec<PathBuf>, GitError> {
        let output = self.run(&[
            "ls-files",
            "--others",
            "--exclude-standard",
            "-z",
            "--",
            GO_FILES,
        ])?;
        let names = success("ls-files", output)?;
        Ok(names.split(|&byte| byte == 0).filter_map(path).collect())
    }

    fn run(&self, args: &[&str]) -> Result<Output, GitError> {
        command(&self.root)
            .args(args)
            .output()
            .map_err(GitError::NoGit)
    }
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(dir)
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0");
    let settings = [
        "GIT_DIFF_OPTS",
        "GIT_EXTERNAL_DIFF",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
    ];
    for setting in settings {
        command.env_remove(setting);
    }
    command
}

fn success(command: &'static str, output: Output) -> Result<Vec<u8>, GitError> {
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(GitError::Failed {
            command,
            message: message(&output),
        })
    }
}

/// The first line that git complained with.
fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    match text.lines().find(|line| !line.trim().is_empty()) {
        Some(line) => line.trim().to_owned(),
        None => output.status.to_string(),
    }
}
