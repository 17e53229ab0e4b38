//! Running `deferscope` in a folder of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A temporary folder with files in it.
pub(crate) struct Folder {
    _folder: TempDir,
    pub(crate) root: PathBuf,
}

/// What a run of `deferscope` gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Says that something is not tested here, past the capture of output: nobody should think that it was. In
/// continuous integration that is a failure.
pub(crate) fn not_tested(why: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "in CI this must be tested, but: {why}"
    );
    writeln!(std::io::stderr(), "\n*** NOT TESTED: {why} ***").expect("stderr is open");
}

/// The root of the Go to compare with, or to build programs with; where there is none, that is said.
pub(crate) fn go_root() -> Option<PathBuf> {
    let root = std::env::var_os("DEFERSCOPE_GOROOT").map(PathBuf::from);
    if root.is_none() {
        not_tested("DEFERSCOPE_GOROOT names no Go (`cargo xtask test` sets it)");
    }
    root
}

/// A function in which the rule `invalid-suppression` finds something whatever other rules exist.
pub(crate) const FINDING: &str =
    "package p\n\nfunc f() {\n\t//deferscope:ignore no-such-rule\n\tg()\n}\n\nfunc g() {}\n";

impl Folder {
    /// A folder that holds these files, each below a path.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // On some systems the temporary folder is behind a link.
        let root = folder.path().canonicalize().expect("a real path");
        let made = Self {
            _folder: folder,
            root,
        };
        for (path, text) in files {
            made.write(path, text);
        }
        made
    }

    /// A module with these files.
    pub(crate) fn module(files: &[(&str, &str)]) -> Self {
        let folder = Self::new(files);
        folder.write("go.mod", "module example.com/m\n\ngo 1.22\n");
        folder
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a path below the root"))
            .expect("a folder is made");
        std::fs::write(path, text).expect("a file is written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).expect("a file is read")
    }

    /// `deferscope` with these arguments, ready to run here, knowing nothing of the machine's Go.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = deferscope();
        command
            .current_dir(&self.root)
            .env("HOME", &self.root)
            .args(args);
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        finish(&mut self.command(args))
    }

    /// A run in a folder below.
    pub(crate) fn run_in(&self, folder: &str, args: &[&str]) -> Run {
        finish(self.command(args).current_dir(self.path(folder)))
    }

    /// A run with text on standard input.
    pub(crate) fn run_with_stdin(&self, args: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("deferscope starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input).expect("it reads standard input");
        drop(stdin);
        Run::of(&child.wait_with_output().expect("deferscope ends"))
    }

    /// `check --format concise` with further arguments.
    pub(crate) fn check(&self, args: &[&str]) -> Run {
        self.run(&[&["check", "--format", "concise"], args].concat())
    }
}

/// `deferscope` in an environment that does not depend on the machine.
pub(crate) fn deferscope() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deferscope"));
    for variable in [
        "GOROOT",
        "GOPATH",
        "GOMODCACHE",
        "GOFLAGS",
        "GOOS",
        "GOARCH",
        "GOWORK",
        "NO_COLOR",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(variable);
    }
    command
        .env(
            "DEFERSCOPE_CACHE_DIR",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/deferscope-cache"),
        )
        .env("GOENV", "off")
        .env("GOROOT", "off")
        .stdin(Stdio::null());
    command
}

pub(crate) fn finish(command: &mut Command) -> Run {
    Run::of(&command.output().expect("deferscope starts"))
}

impl Run {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).expect("it writes UTF-8"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Checks the exit code, and that no panic came through.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(
            !self.stderr.contains("panicked") && !self.stderr.contains("internal error"),
            "{self:#?}"
        );
        self
    }

    /// Checks that standard error says all of this.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
        self
    }

    /// Checks that standard output has all of this.
    #[track_caller]
    pub(crate) fn prints(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stdout.contains(part), "no {part:?} in {self:#?}");
        }
        self
    }

    /// Checks that it found exactly these, as `path:line:col: rule`.
    #[track_caller]
    pub(crate) fn finds(self, expected: &[&str]) -> Self {
        assert_eq!(self.findings(), expected, "{self:#?}");
        self
    }

    /// The findings of `--format concise`, as `path:line:col: rule`.
    pub(crate) fn findings(&self) -> Vec<String> {
        let lines = self.stdout.lines();
        lines
            .map(|line| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(": "))
            .collect()
    }
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the repository")
}
