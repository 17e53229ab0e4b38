//! The build context: for which system, with which tags, and where Go and the modules are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::env::{Env, Settings, home, split_flags};
use crate::goroot;
use crate::problem::{Problem, ProblemKind};
use crate::version::GoVersion;

/// The values of `-mod`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ModMode {
    /// Dependencies come from the module cache.
    Mod,
    /// The same for a tool that never changes `go.mod`.
    Readonly,
    /// Dependencies come from the vendor folder.
    Vendor,
}

impl ModMode {
    /// The mode of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mod" => Some(Self::Mod),
            "readonly" => Some(Self::Readonly),
            "vendor" => Some(Self::Vendor),
            _ => None,
        }
    }
}

/// Which `go.work` is in effect.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum GoWork {
    /// The nearest one in the working folder or above.
    #[default]
    Nearest,
    /// None.
    Off,
    /// This file.
    File(PathBuf),
}

/// What decides which files make up a package, and where imports lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildContext {
    /// The operating system built for.
    pub goos: String,
    /// The architecture built for.
    pub goarch: String,
    /// Tags given with `-tags`.
    pub tags: BTreeSet<String>,
    /// Whether files that import "C" belong to packages.
    pub cgo: bool,
    /// The newest release whose tag (`go1.N`) holds.
    pub release: GoVersion,
    /// The root of the installed Go, if there is one.
    pub goroot: Option<PathBuf>,
    /// Roots whose `src` is searched for code outside of modules.
    pub gopath: Vec<PathBuf>,
    /// Where downloaded modules are unpacked.
    pub mod_cache: Option<PathBuf>,
    /// The value of `-mod`, if one was given.
    pub mod_mode: Option<ModMode>,
    /// Which `go.work` is in effect.
    pub go_work: GoWork,
    /// The value of `GOEXPERIMENT`.
    pub experiment: String,
    /// The value of `GOAMD64`, `GOARM` or whatever the architecture has.
    pub arch_level: String,
}

impl Default for BuildContext {
    /// linux/amd64 with cgo and the newest release; no Go, no module cache.
    fn default() -> Self {
        Self {
            goos: "linux".into(),
            goarch: "amd64".into(),
            tags: BTreeSet::new(),
            cgo: true,
            release: GoVersion::NEWEST,
            goroot: None,
            gopath: Vec::new(),
            mod_cache: None,
            mod_mode: None,
            go_work: GoWork::Nearest,
            experiment: String::new(),
            arch_level: String::new(),
        }
    }
}

impl BuildContext {
    /// The context that the `go` command would use in this environment.
    ///
    /// Two differences: cgo counts as available for the machine's own system even where no C
    /// compiler is installed, since nothing is compiled here; and the release is that of the Go
    /// found, or [`GoVersion::NEWEST`] when there is none.
    pub fn from_env(env: &dyn Env) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let settings = Settings::new(env, &mut problems);
        let text =
            |name: &str, default: &str| settings.text(name).unwrap_or_else(|| default.into());

        let gopath = gopath(&settings);
        let mod_cache = settings
            .path("GOMODCACHE")
            .or_else(|| gopath.first().map(|first| first.join("pkg").join("mod")));
        let goroot = goroot::find(&settings, mod_cache.as_deref(), &mut problems);
        let goarch = text("GOARCH", env.host_arch());
        let mut context = Self {
            arch_level: level_variable(&goarch)
                .map(|name| text(name, ""))
                .unwrap_or_default(),
            goos: text("GOOS", env.host_os()),
            goarch,
            release: goroot
                .as_deref()
                .and_then(goroot::release)
                .unwrap_or(GoVersion::NEWEST),
            goroot,
            gopath,
            mod_cache,
            go_work: match settings.os("GOWORK") {
                None => GoWork::Nearest,
                Some(off) if off == "off" => GoWork::Off,
                Some(file) => GoWork::File(PathBuf::from(file)),
            },
            experiment: text("GOEXPERIMENT", ""),
            ..Self::default()
        };
        context.cgo = match settings.text("CGO_ENABLED").as_deref() {
            Some("0") => false,
            Some("1") => true,
            _ => context.goos == env.host_os() && context.goarch == env.host_arch(),
        };
        if let Some(flags) = settings.text("GOFLAGS") {
            context.apply_flags(&flags, &mut problems);
        }
        (context, problems)
    }

    /// Takes `-mod` and `-tags` out of the value of `GOFLAGS`; other flags do not concern us.
    fn apply_flags(&mut self, flags: &str, problems: &mut Vec<Problem>) {
        let mut complain = |message: String| {
            problems.push(
                Problem::new(ProblemKind::BadEnvironment, "", message)
                    .with_help("correct GOFLAGS in the environment or with `go env -w`"),
            );
        };
        let words = match split_flags(flags) {
            Ok(words) => words,
            Err(error) => return complain(format!("GOFLAGS cannot be read: {error}")),
        };
        for word in words {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
                complain(format!("GOFLAGS: `{word}` is not a flag"));
                continue;
            };
            match flag.split_once('=') {
                Some(("mod", value)) => match ModMode::from_name(value) {
                    Some(mode) => self.mod_mode = Some(mode),
                    None => complain(format!(
                        "GOFLAGS: -mod={value} is none of mod, readonly, vendor"
                    )),
                },
                Some(("tags", value)) => self.tags = parse_tags(value),
                _ => {}
            }
        }
    }

    /// Uses the Go in `root`, and its release.
    ///
    /// # Errors
    ///
    /// If there is no Go in that folder.
    pub fn set_goroot(&mut self, root: &Path) -> Result<(), Problem> {
        if !goroot::is_goroot(root) {
            return Err(Problem::new(
                ProblemKind::MissingPath,
                root,
                format!("{} does not hold Go: it has no src/runtime", root.display()),
            )
            .with_help("name the folder that `go env GOROOT` prints"));
        }
        self.goroot = Some(root.to_path_buf());
        self.release = goroot::release(root).unwrap_or(GoVersion::NEWEST);
        Ok(())
    }
}

/// Splits a list of tags as the flag `-tags` takes it: at commas, or at spaces as it once was.
pub fn parse_tags(text: &str) -> BTreeSet<String> {
    text.split([',', ' ', '\t'])
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

fn gopath(settings: &Settings<'_>) -> Vec<PathBuf> {
    match settings.os("GOPATH") {
        // A relative entry would mean something else in every folder; Go refuses it.
        Some(list) => std::env::split_paths(&list)
            .filter(|path| path.is_absolute())
            .collect(),
        None => home(settings.env())
            .map(|home| home.join("go"))
            .into_iter()
            .collect(),
    }
}

/// The variable that chooses the level of an architecture.
fn level_variable(goarch: &str) -> Option<&'static str> {
    Some(match goarch {
        "386" => "GO386",
        "amd64" => "GOAMD64",
        "arm" => "GOARM",
        "arm64" => "GOARM64",
        "mips" | "mipsle" => "GOMIPS",
        "mips64" | "mips64le" => "GOMIPS64",
        "ppc64" | "ppc64le" => "GOPPC64",
        "riscv64" => "GORISCV64",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::MapEnv;
    use crate::testing::Tree;

    fn from(env: MapEnv) -> (BuildContext, Vec<Problem>) {
        BuildContext::from_env(&env.with("GOENV", "off"))
    }

    #[test]
    fn an_empty_environment_means_this_machine_and_the_newest_release() {
        let (context, problems) = from(MapEnv::default());
        assert_eq!(context, BuildContext::default());
        assert_eq!(problems, []);
    }

    #[test]
    fn variables_choose_target_folders_and_workspace() {
        let (context, problems) = from(
            MapEnv::default()
                .with("GOOS", "windows")
                .with("GOARCH", "arm64")
                .with("GOARM64", "v8.2")
                .with(
                    "GOPATH",
                    std::env::join_paths(["/one", "relative", "/two"]).expect("joined"),
                )
                .with("GOWORK", "off")
                .with("GOEXPERIMENT", "simd"),
        );
        assert_eq!(
            (context.goos.as_str(), context.goarch.as_str()),
            ("windows", "arm64")
        );
        assert_eq!(context.arch_level, "v8.2");
        assert!(!context.cgo, "cross-compiling turns cgo off");
        assert_eq!(
            context.gopath,
            [PathBuf::from("/one"), PathBuf::from("/two")]
        );
        assert_eq!(context.mod_cache, Some("/one/pkg/mod".into()));
        assert_eq!(context.go_work, GoWork::Off);
        assert_eq!(context.experiment, "simd");
        assert_eq!(problems, []);

        let (context, _) = from(
            MapEnv::default()
                .with("HOME", "/home/gopher")
                .with("GOOS", "windows")
                .with("CGO_ENABLED", "1")
                .with("GOWORK", "/w/go.work"),
        );
        assert!(context.cgo);
        assert_eq!(context.mod_cache, Some("/home/gopher/go/pkg/mod".into()));
        assert_eq!(context.go_work, GoWork::File("/w/go.work".into()));
        let (context, _) = from(
            MapEnv::default()
                .with("GOMODCACHE", "/cache")
                .with("CGO_ENABLED", "0"),
        );
        assert_eq!(context.mod_cache, Some("/cache".into()));
        assert!(!context.cgo);
    }

    #[test]
    fn goflags_give_mode_and_tags_and_the_last_one_wins() {
        let flags = "-trimpath -mod=mod '-tags=a b' --tags=c,d -mod=vendor -ldflags=-w";
        let (context, problems) = from(MapEnv::default().with("GOFLAGS", flags));
        assert_eq!(context.mod_mode, Some(ModMode::Vendor));
        assert_eq!(context.tags, parse_tags("c,d"));
        assert_eq!(problems, []);
    }

    #[test]
    fn bad_goflags_are_reported_and_the_rest_is_used() {
        for (flags, count) in [
            ("-mod=wild -tags=x", 1),
            ("tags=x -tags=x", 1),
            ("-tags=x '-mod", 1),
        ] {
            let (context, problems) = from(MapEnv::default().with("GOFLAGS", flags));
            assert_eq!(problems.len(), count, "{flags}");
            assert!(problems[0].message.contains("GOFLAGS"), "{}", problems[0]);
            assert!(!problems[0].is_fatal());
            assert_eq!(context.mod_mode, None);
        }
    }

    #[test]
    fn the_release_is_that_of_the_go_found() {
        let tree = Tree::new(&[("go/src/runtime/a.go", ""), ("go/VERSION", "go1.23.4")]);
        let (context, _) = from(MapEnv::default().with("GOROOT", tree.path("go")));
        assert_eq!(context.release, GoVersion::new(1, 23));
        let mut context = BuildContext::default();
        context.set_goroot(&tree.path("go")).expect("a root");
        assert_eq!(context.release, GoVersion::new(1, 23));
        let error = context.set_goroot(tree.root()).expect_err("no root");
        assert!(error.is_fatal());
        assert_eq!(
            context.goroot,
            Some(tree.path("go")),
            "a failed change changes nothing"
        );
    }
}
