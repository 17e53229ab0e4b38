//! Which build tags hold in a build context, and what a file's name asks for.

use std::collections::BTreeSet;

use crate::context::BuildContext;
use crate::version::GoVersion;

/// Operating systems that a file name can ask for: all that Go ever had or reserved.
const KNOWN_OS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

/// Operating systems for which the tag `unix` holds.
const UNIX_OS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "linux",
    "netbsd",
    "openbsd",
    "solaris",
];

/// Architectures that a file name can ask for.
const KNOWN_ARCH: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// The tags that hold in one build context.
#[derive(Clone, Debug)]
pub(crate) struct TagSet {
    goos: String,
    goarch: String,
    cgo: bool,
    release: GoVersion,
    /// Tags given by the user, experiments, and levels of the architecture.
    listed: BTreeSet<String>,
}

impl TagSet {
    /// The tags of `context`, with release tags up to `release`.
    pub(crate) fn new(context: &BuildContext, release: GoVersion) -> Self {
        let mut listed = context.tags.clone();
        listed.extend(experiments(context, release));
        listed.extend(architecture_levels(context));
        Self {
            goos: context.goos.clone(),
            goarch: context.goarch.clone(),
            cgo: context.cgo,
            release,
            listed,
        }
    }

    /// Whether cgo is on.
    pub(crate) fn cgo(&self) -> bool {
        self.cgo
    }

    /// Whether `tag` holds.
    pub(crate) fn holds(&self, tag: &str) -> bool {
        if tag == self.goos || tag == self.goarch {
            return true;
        }
        let implied = match tag {
            "cgo" => self.cgo,
            "gc" => true,
            "unix" => UNIX_OS.contains(&self.goos.as_str()),
            "linux" => self.goos == "android",
            "solaris" => self.goos == "illumos",
            "darwin" => self.goos == "ios",
            "boringcrypto" => self.listed.contains("goexperiment.boringcrypto"),
            _ => self.is_release(tag),
        };
        implied || self.listed.contains(tag)
    }

    /// `go1.1` up to the release; `go1` and `go1.01` are no tags.
    fn is_release(&self, tag: &str) -> bool {
        let Some(digits) = tag.strip_prefix("go1.") else {
            return false;
        };
        !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits
                .parse()
                .is_ok_and(|minor| GoVersion::new(1, minor) <= self.release)
    }

    /// The part of a file's name that asks for another system or architecture, if one does.
    pub(crate) fn mismatch_in_name<'n>(&self, file_name: &'n str) -> Option<&'n str> {
        let stem = file_name.split('.').next().unwrap_or_default();
        // What comes before the first underscore never counts: `linux.go` is for everybody.
        let (_, suffixes) = stem.split_once('_')?;
        let suffixes = match suffixes.rsplit_once('_') {
            Some((rest, "test")) => rest,
            None if suffixes == "test" => return None,
            _ => suffixes,
        };
        let (before, last) = suffixes
            .rsplit_once('_')
            .map_or((None, suffixes), |(rest, last)| (Some(rest), last));
        let os_before = before
            .map(|rest| rest.rsplit('_').next().unwrap_or(rest))
            .filter(|os| KNOWN_OS.contains(os) && KNOWN_ARCH.contains(&last));
        let asks = KNOWN_OS.contains(&last) || KNOWN_ARCH.contains(&last);
        if asks && !self.holds(last) {
            return Some(last);
        }
        os_before.filter(|os| !self.holds(os))
    }
}

/// Experiments that are on by default, per release, changed by `GOEXPERIMENT`.
///
/// Such tags are used by Go's own library alone; they decide, for one, what `encoding/json` is made
/// of. Releases before the first of the table had others, which no library asks for any more.
fn experiments(context: &BuildContext, release: GoVersion) -> BTreeSet<String> {
    let mut on: BTreeSet<&str> = BTreeSet::new();
    let register_abi = [
        "amd64", "arm64", "loong64", "ppc64", "ppc64le", "riscv64", "s390x",
    ];
    if register_abi.contains(&context.goarch.as_str()) {
        on.extend(["regabiwrappers", "regabiargs"]);
    }
    let since: &[(u16, Option<u16>, &str)] = &[
        (20, Some(24), "coverageredesign"),
        (22, Some(22), "allocheaders"),
        (22, Some(22), "exectracer2"),
        (24, Some(25), "aliastypeparams"),
        (24, Some(25), "swissmap"),
        (24, Some(25), "spinbitmutex"),
        (24, Some(25), "synchashtriemap"),
        (26, None, "greenteagc"),
        (26, None, "randomizedheapbase64"),
        (26, None, "sizespecializedmalloc"),
        (27, None, "jsonv2"),
    ];
    for (first, last, name) in since {
        if release.minor >= *first && last.is_none_or(|last| release.minor <= last) {
            on.insert(name);
        }
    }
    if release.minor >= 25 && !["darwin", "ios", "aix"].contains(&context.goos.as_str()) {
        on.insert("dwarf5");
    }
    for word in context
        .experiment
        .split(',')
        .filter(|word| !word.is_empty())
    {
        match (word, word.strip_prefix("no")) {
            ("none", _) => on.clear(),
            ("regabi", _) => on.extend(["regabiwrappers", "regabiargs"]),
            ("noregabi", _) => on.retain(|name| !name.starts_with("regabi")),
            (_, Some(off)) => {
                on.remove(off);
            }
            (_, None) => {
                on.insert(word);
            }
        }
    }
    on.into_iter()
        .map(|name| format!("goexperiment.{name}"))
        .collect()
}

/// Tags such as `amd64.v2`: every level up to the one that `GOAMD64` and its like ask for.
fn architecture_levels(context: &BuildContext) -> Vec<String> {
    let arch = context.goarch.as_str();
    // `GOARM=6,softfloat` and `GOARM64=v8.2,lse` carry options after the level.
    let level = context.arch_level.split(',').next().unwrap_or_default();
    let number = |prefix: &str, default: u32| {
        level
            .strip_prefix(prefix)
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(default)
    };
    let up_to = |prefix: &str, first: u32, last: u32| {
        (first..=last.min(first + 16))
            .map(|n| format!("{arch}.{prefix}{n}"))
            .collect()
    };
    let one_of = |names: &[&str]| {
        let name = if names.contains(&level) {
            level
        } else {
            names.first().unwrap_or(&"")
        };
        vec![format!("{arch}.{name}")]
    };
    match arch {
        "amd64" => up_to("v", 1, number("v", 1)),
        "arm" => up_to("", 5, number("", 7)),
        "arm64" => {
            let (major, minor) = level
                .strip_prefix('v')
                .and_then(|text| text.split_once('.'))
                .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
                .unwrap_or((8, 0));
            let mut tags: Vec<String> = up_to(&format!("v{major}."), 0, minor);
            if major == 9 {
                // Armv9.x contains Armv8.(x+5).
                tags.extend(up_to("v8.", 0, (minor + 5).min(9)) as Vec<String>);
            }
            tags
        }
        "386" => one_of(&["sse2", "softfloat"]),
        "mips" | "mipsle" | "mips64" | "mips64le" => one_of(&["hardfloat", "softfloat"]),
        "ppc64" | "ppc64le" => up_to("power", 8, number("power", 8)),
        "riscv64" => {
            let profiles = ["rva20u64", "rva22u64", "rva23u64"];
            let last = profiles.iter().position(|name| *name == level).unwrap_or(0);
            profiles
                .iter()
                .take(last + 1)
                .map(|name| format!("{arch}.{name}"))
                .collect()
        }
        "wasm" => vec!["wasm.satconv".into(), "wasm.signext".into()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(goos: &str, goarch: &str, change: impl FnOnce(&mut BuildContext)) -> TagSet {
        let mut context = BuildContext {
            goos: goos.into(),
            goarch: goarch.into(),
            ..BuildContext::default()
        };
        change(&mut context);
        let release = context.release;
        TagSet::new(&context, release)
    }

    #[test]
    fn tags_of_the_target_hold() {
        let set = tags("linux", "amd64", |context| context.cgo = true);
        for tag in [
            "linux",
            "amd64",
            "gc",
            "cgo",
            "unix",
            "go1.1",
            "go1.27",
            "amd64.v1",
            "goexperiment.jsonv2",
        ] {
            assert!(set.holds(tag), "{tag}");
        }
        for tag in [
            "windows", "arm64", "gccgo", "go1", "go1.28", "go1.01", "go1.", "go1.x", "ignore",
            "amd64.v2", "",
        ] {
            assert!(!set.holds(tag), "{tag}");
        }
    }

    #[test]
    fn some_systems_imply_others() {
        assert!(tags("android", "arm64", |_| ()).holds("linux"));
        assert!(tags("illumos", "amd64", |_| ()).holds("solaris"));
        assert!(tags("ios", "arm64", |_| ()).holds("darwin"));
        assert!(!tags("windows", "amd64", |_| ()).holds("unix"));
        assert!(!tags("darwin", "arm64", |_| ()).holds("ios"));
        assert!(!tags("linux", "amd64", |_| ()).holds("android"));
    }

    #[test]
    fn user_tags_releases_experiments_and_levels() {
        let set = tags("linux", "amd64", |context| {
            context.tags.insert("integration".into());
            context.release = GoVersion::new(1, 20);
            context.experiment = "boringcrypto,noregabiargs".into();
            context.arch_level = "v3".into();
            context.cgo = false;
        });
        for tag in [
            "integration",
            "go1.20",
            "boringcrypto",
            "goexperiment.regabiwrappers",
            "amd64.v3",
            "amd64.v2",
        ] {
            assert!(set.holds(tag), "{tag}");
        }
        for tag in [
            "go1.21",
            "cgo",
            "goexperiment.regabiargs",
            "goexperiment.jsonv2",
            "amd64.v4",
        ] {
            assert!(!set.holds(tag), "{tag}");
        }
        let arm = tags("linux", "arm64", |context| {
            context.arch_level = "v9.1,lse".into();
        });
        assert!(arm.holds("arm64.v9.1") && arm.holds("arm64.v8.6") && !arm.holds("arm64.v9.2"));
        let huge = tags("linux", "amd64", |context| {
            context.arch_level = "v4000000000".into();
        });
        assert!(
            huge.holds("amd64.v17"),
            "a silly level is bounded, not fatal"
        );
    }

    #[test]
    fn file_names_ask_for_systems_and_architectures() {
        let set = tags("linux", "amd64", |_| ());
        for name in [
            "a.go",
            "linux.go",
            "windows.go",
            "a_linux.go",
            "a_amd64.go",
            "a_linux_amd64.go",
            "a_linux_test.go",
            "a_linux_amd64_test.go",
            "a_unix.go",
            "windows_test.go",
            "a_b.go",
            "a_windows_b.go",
            "a_test.go",
            "test.go",
            "a_linux.pb.go",
            "_test.go",
            "x_darwin_y_linux.go",
            "windows_linux.go",
            "a_amd64_linux.go",
        ] {
            assert_eq!(set.mismatch_in_name(name), None, "{name}");
        }
        for (name, tag) in [
            ("a_windows.go", "windows"),
            ("a_arm64.go", "arm64"),
            ("a_windows_amd64.go", "windows"),
            ("a_linux_arm64.go", "arm64"),
            ("a_windows_test.go", "windows"),
            ("a_b_windows_arm64_test.go", "arm64"),
            ("_windows.go", "windows"),
            ("linux_windows.go", "windows"),
            ("a_windows.pb.go", "windows"),
            ("a_android.go", "android"),
        ] {
            assert_eq!(set.mismatch_in_name(name), Some(tag), "{name}");
        }
        assert_eq!(
            tags("android", "arm64", |_| ()).mismatch_in_name("a_linux.go"),
            None
        );
    }
}
