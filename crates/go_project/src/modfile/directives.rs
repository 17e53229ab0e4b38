//! What the directives of `go.mod` and `go.work` mean.

use std::borrow::Cow;

use super::lines::{Directive, LineError, ModFileError, directives};
use crate::version::{GoVersion, is_module_version};

/// A `go.mod`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ModFile {
    /// The path of the module.
    pub module: Option<String>,
    /// The language that the module is written in.
    pub go: Option<GoVersion>,
    /// The suggested toolchain, as written.
    pub toolchain: Option<String>,
    /// Modules needed, at least in these versions.
    pub require: Vec<Require>,
    /// Modules to be taken from elsewhere.
    pub replace: Vec<Replace>,
    /// Versions never to be used: path and version.
    pub exclude: Vec<(String, String)>,
    /// Own versions that should not be used.
    pub retract: Vec<Retract>,
    /// Packages that `go tool` runs.
    pub tool: Vec<String>,
    /// Folders that `...` does not enter.
    pub ignore: Vec<String>,
    /// Defaults for GODEBUG.
    pub godebug: Vec<(String, String)>,
}

/// A `go.work`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorkFile {
    /// The language version of the workspace.
    pub go: Option<GoVersion>,
    /// The suggested toolchain, as written.
    pub toolchain: Option<String>,
    /// The folders of the modules.
    pub uses: Vec<Use>,
    /// Modules to be taken from elsewhere.
    pub replace: Vec<Replace>,
    /// Defaults for GODEBUG.
    pub godebug: Vec<(String, String)>,
}

/// A module needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Require {
    /// The module's path.
    pub path: String,
    /// The least version.
    pub version: String,
    /// Marked `// indirect`.
    pub indirect: bool,
    /// The line, from 1.
    pub line: u32,
}

/// A module to be taken from elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replace {
    /// The module's path.
    pub path: String,
    /// The only version that is replaced; all are when absent.
    pub version: Option<String>,
    /// What takes its place.
    pub with: ReplaceWith,
    /// The line, from 1.
    pub line: u32,
}

/// What takes the place of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplaceWith {
    /// A folder, relative to that of the file.
    Dir(String),
    /// A module of the module cache.
    Module {
        /// Its path.
        path: String,
        /// Its version.
        version: String,
    },
}

/// A range of retracted versions; both ends belong to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retract {
    /// The oldest.
    pub low: String,
    /// The newest.
    pub high: String,
}

/// A module of a workspace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// Its folder, relative to that of the file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
}

/// Reads a `go.mod`.
pub fn parse_mod(bytes: &[u8]) -> (ModFile, Vec<LineError>) {
    let text = String::from_utf8_lossy(bytes);
    let mut errors = Vec::new();
    let mut file = ModFile::default();
    for directive in directives(&text, &mut errors) {
        if let Err(error) = file.add(&directive) {
            errors.push(LineError {
                line: directive.line,
                error,
            });
        }
    }
    if file.module.is_none() {
        errors.push(LineError {
            line: 1,
            error: ModFileError::NoModule,
        });
    }
    errors.sort_by_key(|error| error.line);
    (file, errors)
}

/// Reads a `go.work`.
pub fn parse_work(bytes: &[u8]) -> (WorkFile, Vec<LineError>) {
    let text = String::from_utf8_lossy(bytes);
    let mut errors = Vec::new();
    let mut file = WorkFile::default();
    for directive in directives(&text, &mut errors) {
        if let Err(error) = file.add(&directive) {
            errors.push(LineError {
                line: directive.line,
                error,
            });
        }
    }
    errors.sort_by_key(|error| error.line);
    (file, errors)
}

impl ModFile {
    fn add(&mut self, directive: &Directive<'_>) -> Result<(), ModFileError> {
        let args = directive.args.as_slice();
        match &*directive.verb {
            "module" => {
                let path = one(args, "module", "module example.com/path")?;
                once(&mut self.module, path, "module")
            }
            "go" => go_line(&mut self.go, args),
            "toolchain" => once(
                &mut self.toolchain,
                one(args, "toolchain", "toolchain go1.23.0")?,
                "toolchain",
            ),
            "require" => {
                let [path, version] = args else {
                    return Err(usage("require", "require example.com/path v1.2.3"));
                };
                self.require.push(Require {
                    path: path.to_string(),
                    version: version.to_string(),
                    indirect: is_indirect(directive.comment),
                    line: directive.line,
                });
                // Kept all the same: Go accepts a branch here until the file is tidied.
                check_version(version)
            }
            "exclude" => {
                let [path, version] = args else {
                    return Err(usage("exclude", "exclude example.com/path v1.2.3"));
                };
                check_version(version)?;
                self.exclude.push((path.to_string(), version.to_string()));
                Ok(())
            }
            "replace" => {
                self.replace.push(replace(args, directive.line)?);
                Ok(())
            }
            "retract" => {
                let (low, high) = match args {
                    [version] => (version, version),
                    [open, low, comma, high, close]
                        if open == "[" && comma == "," && close == "]" =>
                    {
                        (low, high)
                    }
                    _ => {
                        return Err(usage(
                            "retract",
                            "retract v1.2.3 or retract [v1.0.0, v1.2.3]",
                        ));
                    }
                };
                check_version(low)?;
                check_version(high)?;
                self.retract.push(Retract {
                    low: low.to_string(),
                    high: high.to_string(),
                });
                Ok(())
            }
            "tool" => {
                self.tool
                    .push(one(args, "tool", "tool example.com/path/cmd")?);
                Ok(())
            }
            "ignore" => {
                self.ignore.push(one(args, "ignore", "ignore ./folder")?);
                Ok(())
            }
            "godebug" => godebug(&mut self.godebug, args),
            verb => Err(ModFileError::UnknownDirective(verb.to_owned())),
        }
    }
}

impl WorkFile {
    fn add(&mut self, directive: &Directive<'_>) -> Result<(), ModFileError> {
        let args = directive.args.as_slice();
        match &*directive.verb {
            "go" => go_line(&mut self.go, args),
            "toolchain" => once(
                &mut self.toolchain,
                one(args, "toolchain", "toolchain go1.23.0")?,
                "toolchain",
            ),
            "use" => {
                let path = one(args, "use", "use ./folder")?;
                self.uses.push(Use {
                    path,
                    line: directive.line,
                });
                Ok(())
            }
            "replace" => {
                self.replace.push(replace(args, directive.line)?);
                Ok(())
            }
            "godebug" => godebug(&mut self.godebug, args),
            verb => Err(ModFileError::UnknownDirective(verb.to_owned())),
        }
    }
}

fn usage(verb: &'static str, usage: &'static str) -> ModFileError {
    ModFileError::Usage { verb, usage }
}

fn one(
    args: &[Cow<'_, str>],
    verb: &'static str,
    example: &'static str,
) -> Result<String, ModFileError> {
    match args {
        [only] if !only.is_empty() => Ok(only.to_string()),
        _ => Err(usage(verb, example)),
    }
}

fn once<T>(slot: &mut Option<T>, value: T, verb: &'static str) -> Result<(), ModFileError> {
    if slot.is_some() {
        return Err(ModFileError::Repeated(verb));
    }
    *slot = Some(value);
    Ok(())
}

fn go_line(slot: &mut Option<GoVersion>, args: &[Cow<'_, str>]) -> Result<(), ModFileError> {
    let text = one(args, "go", "go 1.23.0")?;
    let plain = text.starts_with(|c: char| c.is_ascii_digit());
    let version = GoVersion::parse(&text).filter(|_| plain);
    once(slot, version.ok_or(ModFileError::BadGoVersion(text))?, "go")
}

fn godebug(list: &mut Vec<(String, String)>, args: &[Cow<'_, str>]) -> Result<(), ModFileError> {
    let setting = match args {
        [only] => only.split_once('='),
        _ => None,
    };
    let (key, value) = setting.ok_or(usage("godebug", "godebug key=value"))?;
    list.push((key.to_owned(), value.to_owned()));
    Ok(())
}

fn replace(args: &[Cow<'_, str>], line: u32) -> Result<Replace, ModFileError> {
    let malformed = || {
        usage(
            "replace",
            "replace old/path [v1.2.3] => new/path v1.2.3 or => ./folder",
        )
    };
    let arrow = args
        .iter()
        .position(|arg| arg == "=>")
        .ok_or_else(malformed)?;
    let (old, new) = (&args[..arrow], &args[arrow + 1..]);
    let (path, version) = match old {
        [path] => (path, None),
        [path, version] => (path, Some(version)),
        _ => return Err(malformed()),
    };
    if let Some(version) = version {
        check_version(version)?;
    }
    let with = match new {
        [dir] if is_folder(dir) => ReplaceWith::Dir(dir.to_string()),
        [other] => return Err(ModFileError::BadReplacement(other.to_string())),
        [path, version] => {
            check_version(version)?;
            ReplaceWith::Module {
                path: path.to_string(),
                version: version.to_string(),
            }
        }
        _ => return Err(malformed()),
    };
    Ok(Replace {
        path: path.to_string(),
        version: version.map(ToString::to_string),
        with,
        line,
    })
}

/// Whether the target of a replacement is a folder rather than a module.
fn is_folder(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    path == "."
        || path == ".."
        || drive
        || ["./", "../", "/", ".\\", "..\\", "\\"]
            .iter()
            .any(|start| path.starts_with(start))
}

fn check_version(version: &str) -> Result<(), ModFileError> {
    if is_module_version(version) {
        Ok(())
    } else {
        Err(ModFileError::BadVersion(version.to_owned()))
    }
}

/// `// indirect`, alone or before another remark.
fn is_indirect(comment: &str) -> bool {
    comment == "indirect" || comment.starts_with("indirect;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_mod_with_everything() {
        let (file, errors) = parse_mod(
            b"// Deprecated: no.\nmodule \"example.com/m\" // the name\n\ngo 1.25.3\ntoolchain go1.26.1\n\
              require example.com/a v1.2.3\nrequire (\n\texample.com/B/v2 v2.0.0-20200101000000-0123456789ab // indirect\n\
              \t\"example.com/c\" v1.0.0+incompatible // indirect; for tests\n)\n\
              replace example.com/a v1.2.3 => ../a\nreplace (\n\texample.com/c => example.com/fork v1.1.0\n\texample.com/d => /abs/d\n)\n\
              exclude example.com/a v1.2.2\nretract v0.1.0\nretract [v0.2.0, v0.3.0] // bad\n\
              tool example.com/t/cmd/t\nignore ./web/node_modules\nignore (\n\tgen\n)\ngodebug (\n\tpanicnil=1\n)\n",
        );
        assert_eq!(errors, []);
        assert_eq!(file.module.as_deref(), Some("example.com/m"));
        assert_eq!(file.go, Some(GoVersion::new(1, 25)));
        assert_eq!(file.toolchain.as_deref(), Some("go1.26.1"));
        let require: Vec<_> = file
            .require
            .iter()
            .map(|r| (r.path.as_str(), r.version.as_str(), r.indirect, r.line))
            .collect();
        assert_eq!(
            require,
            [
                ("example.com/a", "v1.2.3", false, 6),
                (
                    "example.com/B/v2",
                    "v2.0.0-20200101000000-0123456789ab",
                    true,
                    8
                ),
                ("example.com/c", "v1.0.0+incompatible", true, 9),
            ]
        );
        let replace: Vec<_> = file
            .replace
            .iter()
            .map(|r| (r.path.as_str(), r.version.as_deref(), &r.with))
            .collect();
        assert_eq!(
            replace,
            [
                (
                    "example.com/a",
                    Some("v1.2.3"),
                    &ReplaceWith::Dir("../a".into())
                ),
                (
                    "example.com/c",
                    None,
                    &ReplaceWith::Module {
                        path: "example.com/fork".into(),
                        version: "v1.1.0".into()
                    }
                ),
                ("example.com/d", None, &ReplaceWith::Dir("/abs/d".into())),
            ]
        );
        assert_eq!(file.exclude, [("example.com/a".into(), "v1.2.2".into())]);
        assert_eq!(
            file.retract,
            [
                Retract {
                    low: "v0.1.0".into(),
                    high: "v0.1.0".into()
                },
                Retract {
                    low: "v0.2.0".into(),
                    high: "v0.3.0".into()
                },
            ]
        );
        assert_eq!(file.tool, ["example.com/t/cmd/t"]);
        assert_eq!(file.ignore, ["./web/node_modules", "gen"]);
        assert_eq!(file.godebug, [("panicnil".into(), "1".into())]);
    }

    #[test]
    fn a_broken_go_mod_keeps_its_good_lines() {
        use ModFileError as E;
        let (file, errors) = parse_mod(
            b"module example.com/m extra\nmodule example.com/m\nmodule again\ngo go1.2\ngo 1.21\ngo 1.22\nrequir a v1.0.0\n\
              require a\nrequire b latest\nrequire c v1.0.0\nreplace a =>\nreplace a => b\nreplace c => ./c\n\
              retract [v1.0.0]\nexclude a v1\ngodebug x\ntoolchain\nreplace\nignore \"\"\n",
        );
        assert_eq!(file.module.as_deref(), Some("example.com/m"));
        assert_eq!(file.go, Some(GoVersion::new(1, 21)));
        let require: Vec<_> = file.require.iter().map(|r| r.path.as_str()).collect();
        assert_eq!(require, ["b", "c"]);
        assert_eq!(file.replace.len(), 1);
        let found: Vec<_> = errors.iter().map(|error| error.line).collect();
        assert_eq!(found, [1, 3, 4, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 19]);
        assert_eq!(errors[1].error, E::Repeated("module"));
        assert_eq!(errors[2].error, E::BadGoVersion("go1.2".into()));
        assert_eq!(errors[4].error, E::UnknownDirective("requir".into()));
        assert_eq!(errors[6].error, E::BadVersion("latest".into()));
        assert_eq!(errors[8].error, E::BadReplacement("b".into()));
        assert!(errors.iter().all(|error| !error.error.help().is_empty()));
    }

    #[test]
    fn a_module_without_a_name_is_an_error() {
        for text in ["", "go 1.21\n", "\u{0}\u{1}"] {
            let (file, errors) = parse_mod(text.as_bytes());
            assert_eq!(file.module, None);
            assert!(
                errors
                    .iter()
                    .any(|error| error.error == ModFileError::NoModule),
                "{text:?}"
            );
        }
    }

    #[test]
    fn any_bytes_are_survived() {
        let seed = b"module m\nrequire (\n\ta v1.0.0 // x\n)\nreplace \"a\" => `./b`\nretract [v1.0.0, v1.1.0]\n";
        for at in 0..seed.len() {
            for byte in 0..=255 {
                let mut bytes = seed.to_vec();
                bytes[at] = byte;
                parse_mod(&bytes);
                parse_work(&bytes[at..]);
            }
        }
    }

    #[test]
    fn a_go_work_with_everything() {
        let (file, errors) = parse_work(
            b"go 1.24\ntoolchain go1.24.1\nuse .\nuse (\n\t./a\n\t\"../b c\"\n)\nreplace x => ./x\ngodebug a=b\n",
        );
        assert_eq!(errors, []);
        assert_eq!(file.go, Some(GoVersion::new(1, 24)));
        let uses: Vec<_> = file
            .uses
            .iter()
            .map(|one| (one.path.as_str(), one.line))
            .collect();
        assert_eq!(uses, [(".", 3), ("./a", 5), ("../b c", 6)]);
        assert_eq!(file.replace.len(), 1);
        assert_eq!(file.godebug.len(), 1);
        let (_, errors) = parse_work(b"module m\nuse\n");
        let lines: Vec<_> = errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [1, 2]);
    }
}
