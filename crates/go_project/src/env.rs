//! The environment: variables, and the settings that `go env -w` keeps in a file.
//!
//! Everything that the process environment could change about the result passes through [`Env`], so
//! that a test can replace it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::problem::{Problem, ProblemKind};

/// Where variables and well-known places come from.
pub trait Env {
    /// The value of a variable. A value that is empty counts as unset, as it does in Go.
    fn var(&self, name: &str) -> Option<OsString>;

    /// Folders where Go is usually installed, the most usual first.
    fn usual_goroots(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The operating system of this machine, in Go's words.
    fn host_os(&self) -> &str {
        match std::env::consts::OS {
            "macos" => "darwin",
            os => os,
        }
    }

    /// The architecture of this machine, in Go's words.
    fn host_arch(&self) -> &str {
        match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "loongarch64" => "loong64",
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            arch => arch,
        }
    }
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnv;

impl Env for ProcessEnv {
    fn var(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    fn usual_goroots(&self) -> Vec<PathBuf> {
        [
            "/usr/local/go",
            "/usr/lib/go",
            "/usr/lib/golang",
            "/opt/homebrew/opt/go/libexec",
            "/usr/local/opt/go/libexec",
            "/home/linuxbrew/.linuxbrew/opt/go/libexec",
            "/snap/go/current",
            "/opt/go",
            "C:\\Program Files\\Go",
            "C:\\Go",
        ]
        .into_iter()
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .collect()
    }
}

/// An environment that holds only what it is given.
#[derive(Clone, Debug, Default)]
pub struct MapEnv {
    vars: BTreeMap<String, OsString>,
}

impl MapEnv {
    /// With one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.vars.insert(name.to_owned(), value.into());
        self
    }
}

impl Env for MapEnv {
    fn var(&self, name: &str) -> Option<OsString> {
        self.vars
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    fn host_os(&self) -> &str {
        "linux"
    }

    fn host_arch(&self) -> &str {
        "amd64"
    }
}

/// Variables with the fallback to the file of `go env -w`.
pub(crate) struct Settings<'e> {
    env: &'e dyn Env,
    file: BTreeMap<String, String>,
}

impl<'e> Settings<'e> {
    pub(crate) fn new(env: &'e dyn Env, problems: &mut Vec<Problem>) -> Self {
        Self {
            env,
            file: read_settings_file(env, problems),
        }
    }

    /// The value as a path.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.os(name).map(PathBuf::from)
    }

    /// The value as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.os(name)
            .map(|value| value.to_string_lossy().into_owned())
    }

    pub(crate) fn os(&self, name: &str) -> Option<OsString> {
        self.env.var(name).or_else(|| {
            self.file
                .get(name)
                .filter(|value| !value.is_empty())
                .map(OsString::from)
        })
    }

    pub(crate) fn env(&self) -> &'e dyn Env {
        self.env
    }
}

/// The folder of the user.
pub(crate) fn home(env: &dyn Env) -> Option<PathBuf> {
    env.var("HOME")
        .or_else(|| env.var("USERPROFILE"))
        .map(PathBuf::from)
}

fn settings_file(env: &dyn Env) -> Option<PathBuf> {
    match env.var("GOENV") {
        Some(off) if off == "off" => None,
        Some(file) => Some(PathBuf::from(file)),
        None => {
            let config = match env.host_os() {
                "darwin" => home(env)?.join("Library/Application Support"),
                "windows" => PathBuf::from(env.var("APPDATA")?),
                _ => match env.var("XDG_CONFIG_HOME") {
                    Some(folder) => PathBuf::from(folder),
                    None => home(env)?.join(".config"),
                },
            };
            Some(config.join("go").join("env"))
        }
    }
}

fn read_settings_file(env: &dyn Env, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let Some(path) = settings_file(env) else {
        return BTreeMap::new();
    };
    let bytes = match crate::files::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            // Most people never ran `go env -w`. A file that is there and unreadable is another matter.
            if error.kind() != std::io::ErrorKind::NotFound {
                problems.push(
                    Problem::new(
                        ProblemKind::BadEnvironment,
                        &path,
                        format!("cannot read the settings of `go env -w`: {error}"),
                    )
                    .with_help("fix its permissions, or set GOENV=off"),
                );
            }
            return BTreeMap::new();
        }
    };
    String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| line.trim().split_once('='))
        .filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Splits the value of `GOFLAGS` into flags: at spaces, except within a word that starts with a
/// quote and goes on to the next such quote.
pub(crate) fn split_flags(text: &str) -> Result<Vec<String>, String> {
    let mut flags = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let inner = &rest[1..];
            let end = inner
                .find(first)
                .ok_or_else(|| format!("{first} is not closed"))?;
            flags.push(inner[..end].to_owned());
            rest = &inner[end + 1..];
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            flags.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_win_over_the_settings_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("env");
        std::fs::write(
            &file,
            "# kept by go env -w\nGOOS=plan9\r\nGOARCH=arm\nnot a setting\nGOFLAGS=-tags=a=b\n",
        )
        .expect("written");
        let env = MapEnv::default()
            .with("GOENV", &file)
            .with("GOARCH", "amd64")
            .with("GOFLAGS", "");
        let mut problems = Vec::new();
        let settings = Settings::new(&env, &mut problems);
        assert_eq!(settings.text("GOOS").as_deref(), Some("plan9"));
        assert_eq!(settings.text("GOARCH").as_deref(), Some("amd64"));
        assert_eq!(
            settings.text("GOFLAGS").as_deref(),
            Some("-tags=a=b"),
            "an empty variable is unset"
        );
        assert_eq!(settings.text("GOPATH"), None);
        assert_eq!(problems, []);
    }

    #[test]
    fn the_settings_file_is_found_and_can_be_turned_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let go = folder.path().join(".config/go");
        std::fs::create_dir_all(&go).expect("made");
        std::fs::write(go.join("env"), "GOOS=plan9\n").expect("written");
        let mut problems = Vec::new();
        let env = MapEnv::default().with("HOME", folder.path());
        assert_eq!(
            Settings::new(&env, &mut problems).text("GOOS").as_deref(),
            Some("plan9")
        );
        let env = env.with("GOENV", "off");
        assert_eq!(Settings::new(&env, &mut problems).text("GOOS"), None);
        // A folder in the place of the file is there and unreadable.
        let env = env.with("GOENV", &go);
        assert_eq!(Settings::new(&env, &mut problems).text("GOOS"), None);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].kind, ProblemKind::BadEnvironment);
    }

    #[test]
    fn flags_are_split_as_go_splits_them() {
        let split = |text| split_flags(text).expect("well formed");
        assert_eq!(
            split(" -mod=vendor  -tags=a,b "),
            ["-mod=vendor", "-tags=a,b"]
        );
        assert_eq!(split("'-tags=a b' \"-mod=mod\""), ["-tags=a b", "-mod=mod"]);
        assert_eq!(
            split("-ldflags='-w"),
            ["-ldflags='-w"],
            "a quote within a word is a character"
        );
        assert!(split_flags("'-tags=a b").is_err());
        assert_eq!(split(""), [""; 0]);
    }
}
