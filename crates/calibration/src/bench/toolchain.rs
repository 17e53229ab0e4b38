//! Which Go: found by a path or a version, and asked what it is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::process;
use crate::error::CalibrationError;
use crate::model::minor_of;

/// A Go that can build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its `go` command.
    pub(super) path: PathBuf,
    /// `go1.27.3`.
    pub(super) version: String,
    /// The 27 of that.
    pub(super) minor: u32,
}

/// The oldest release that is known to build the benchmark.
const OLDEST: u32 = 18;

impl Toolchain {
    /// What `--go` names: a `go` command, a GOROOT, or a version that is installed; the Go of this machine
    /// when nothing is named.
    ///
    /// # Errors
    ///
    /// If there is no such Go, or it does not say which release it is, or one that cannot build the benchmark.
    pub fn find(
        wanted: Option<&OsStr>,
        interrupted: &AtomicBool,
    ) -> Result<Self, CalibrationError> {
        let places = Places::of_this_machine();
        let path = match wanted {
            None => places.usual()?,
            Some(wanted) => places.named(wanted)?,
        };
        Self::ask(path, interrupted)
    }

    /// `go1.27.3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn ask(path: PathBuf, interrupted: &AtomicBool) -> Result<Self, CalibrationError> {
        let what = format!("ask {} for its version", path.display());
        let mut command = go(&path);
        command.args(["env", "GOVERSION"]);
        let output = process::run(&mut command, &what, Duration::from_secs(60), interrupted)?;
        // `go1.27.3-X:experiment` has experiments switched on.
        let version = output.stdout.trim();
        let version = version.split([' ', '-']).next().unwrap_or_default();
        let Some(minor) = minor_of(version) else {
            let said = output.stdout.trim().chars().take(100);
            return Err(CalibrationError::Go {
                what,
                problem: format!(
                    "it says {:?}, which is no release",
                    said.collect::<String>()
                ),
            });
        };
        if minor < OLDEST {
            return Err(CalibrationError::Go {
                what,
                problem: format!("it is {version}; Go 1.{OLDEST} or later is needed"),
            });
        }
        Ok(Self {
            path,
            version: version.to_owned(),
            minor,
        })
    }
}

/// A `go` command, without what the environment says about building: the prices shall be those of this
/// release, and not of somebody's flags.
pub(super) fn go(path: &Path) -> Command {
    let mut command = Command::new(path);
    without_settings(&mut command);
    command
        .env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("GOPROXY", "off")
        .env("GO111MODULE", "on")
        .env("GOTELEMETRY", "off")
        .env("CGO_ENABLED", "0");
    command
}

/// Takes away Go's variables, but for those that say where it may keep things.
pub(super) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let keeps = ["GOCACHE", "GOPATH", "GOMODCACHE", "GOTMPDIR"];
        if let Some(name) = name.to_str()
            && name.starts_with("GO")
            && !keeps.contains(&name)
        {
            command.env_remove(name);
        }
    }
}

/// Where Go may be.
#[derive(Debug, Default)]
struct Places {
    /// The folders of PATH.
    path: Vec<PathBuf>,
    goroot: Option<PathBuf>,
    gopath: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl Places {
    fn of_this_machine() -> Self {
        let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            path: folder("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            goroot: folder("GOROOT").map(PathBuf::from),
            gopath: folder("GOPATH").map(PathBuf::from),
            home: std::env::home_dir(),
        }
    }

    /// The Go that is used when none is named.
    fn usual(&self) -> Result<PathBuf, CalibrationError> {
        let on_path = self.path.iter().map(|folder| folder.join(GO));
        let roots = [self.goroot.clone(), Some(PathBuf::from("/usr/local/go"))];
        let in_root = roots
            .into_iter()
            .flatten()
            .map(|root| root.join("bin").join(GO));
        on_path
            .chain(in_root)
            .find(|path| path.is_file())
            .ok_or(CalibrationError::NoGo)
    }

    /// A `go` command, a GOROOT, or a version.
    fn named(&self, wanted: &OsStr) -> Result<PathBuf, CalibrationError> {
        let path = Path::new(wanted);
        if path.is_dir() {
            let go = path.join("bin").join(GO);
            return if go.is_file() {
                Ok(go)
            } else {
                Err(CalibrationError::NoSuchGo {
                    wanted: path.display().to_string(),
                    looked: format!("this folder has no bin/{GO}"),
                })
            };
        }
        if path.is_file() {
            // A name without a folder would be looked for on PATH.
            return Ok(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        }
        let text = wanted.to_string_lossy();
        let version = text.strip_prefix("go").unwrap_or(&text);
        let is_version = version.starts_with(|c: char| c.is_ascii_digit())
            && version
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '.');
        if !is_version {
            if let Some(found) = self.on_path(&text) {
                return Ok(found);
            }
            return Err(CalibrationError::NoSuchGo {
                wanted: text.into_owned(),
                looked: "it is no file, no folder, no command on PATH, and no version like 1.27.3"
                    .to_owned(),
            });
        }
        let places = self.of_version(version);
        if let Some(found) = places.iter().find(|path| path.is_file()) {
            return Ok(found.clone());
        }
        let looked: Vec<_> = places
            .iter()
            .map(|place| place.display().to_string())
            .collect();
        Err(CalibrationError::NoSuchGo {
            wanted: format!("Go {version}"),
            looked: format!(
                "there is no go{version} on PATH, and none of\n  {}\nis there. Install it, or name its `go` command",
                looked.join("\n  ")
            ),
        })
    }

    fn on_path(&self, name: &str) -> Option<PathBuf> {
        if name.contains(['/', '\\']) {
            return None;
        }
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let on_path = self.path.iter().map(|folder| folder.join(&name));
        on_path.into_iter().find(|path| path.is_file())
    }

    /// Where the installers put a version.
    fn of_version(&self, version: &str) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> = self.on_path(&format!("go{version}")).into_iter().collect();
        let in_root = |root: PathBuf| root.join("bin").join(GO);
        if let Some(home) = &self.home {
            // `go install golang.org/dl/go1.N.M@latest`.
            places.push(in_root(home.join("sdk").join(format!("go{version}"))));
        }
        // Toolchains that `go` fetched for a go.mod.
        let gopath = self
            .gopath
            .clone()
            .or_else(|| Some(self.home.as_ref()?.join("go")));
        if let Some(gopath) = gopath {
            let (os, arch) = (goos(), goarch());
            places.push(in_root(gopath.join(format!(
                "pkg/mod/golang.org/toolchain@v0.0.1-go{version}.{os}-{arch}"
            ))));
        }
        // Debian has one of each minor release.
        let minor: Vec<&str> = version.split('.').take(2).collect();
        if version.split('.').count() <= 2 {
            places.push(in_root(PathBuf::from(format!(
                "/usr/lib/go-{}",
                minor.join(".")
            ))));
        }
        places
    }
}

const GO: &str = if cfg!(windows) { "go.exe" } else { "go" };

fn goos() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn goarch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A file that is there.
    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a new folder");
        std::fs::write(path, "").expect("a new file");
    }

    #[test]
    fn a_go_is_found_by_what_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        let dl = at("bin/go1.22.10");
        let sdk = at("home/sdk/go1.21.13/bin/go");
        let fetched = at(&format!(
            "home/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.25.5.{}-{}/bin/go",
            goos(),
            goarch()
        ));
        let usual = at("root/bin/go");
        for path in [&dl, &sdk, &fetched, &usual] {
            touch(path);
        }
        let places = Places {
            path: vec![at("bin")],
            goroot: Some(at("root")),
            gopath: None,
            home: Some(at("home")),
        };
        let named = |name: &str| places.named(OsStr::new(name)).map_err(|e| e.to_string());
        assert_eq!(places.usual().ok(), Some(usual.clone()));
        assert_eq!(named("1.22.10"), Ok(dl.clone()));
        assert_eq!(named("go1.22.10"), Ok(dl));
        assert_eq!(named("1.21.13"), Ok(sdk));
        assert_eq!(named("1.25.5"), Ok(fetched));
        assert_eq!(named(at("root").to_str().expect("text")), Ok(usual.clone()));
        assert_eq!(named(usual.to_str().expect("text")), Ok(usual));
        let error = named("1.26.6").expect_err("it is not there");
        assert!(
            error.contains("Go 1.26.6") && error.contains("sdk/go1.26.6"),
            "{error}"
        );
        let error = named(at("home").to_str().expect("text")).expect_err("no GOROOT");
        assert!(error.contains("has no bin/go"), "{error}");
        let error = named("gone").expect_err("nothing");
        assert!(error.contains("no version like"), "{error}");
    }

    #[test]
    fn a_path_without_go_has_clear_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places {
            path: vec![folder.path().to_owned()],
            ..Places::default()
        };
        if !Path::new("/usr/local/go/bin/go").exists() {
            let error = places.usual().expect_err("no Go").to_string();
            assert!(error.contains("no Go was found"), "{error}");
        }
    }
}
