//! What the compiler printed: `path:line:col: CLASS defer`, put to the functions of the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use go_syntax::{LineColumn, LineIndex, Mode, Source, parse};

/// The function of the source that a defer is in, literals counted for themselves: its file, and the line
/// of its word `func`, with the offset to tell those apart that share it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SourceFunction {
    pub(super) path: PathBuf,
    pub(super) line: u32,
    offset: u32,
}

/// The defers of a function of the source: lines and classes.
pub(super) type Defers = Vec<(u32, String)>;

/// All that was printed.
#[derive(Debug, Default)]
pub(super) struct Printed {
    pub(super) functions: BTreeMap<SourceFunction, Defers>,
    /// The functions that have a defer on a line.
    pub(super) by_line: BTreeMap<(PathBuf, u32), BTreeSet<SourceFunction>>,
}

impl Printed {
    /// Reads the compiler's output.
    pub(super) fn read(text: &str, places: &Places<'_>) -> Result<Self> {
        // A package that was compiled for several places, and generic code, print the same again.
        let mut statements = BTreeSet::new();
        for line in text.lines() {
            let Some(entry) = line.strip_suffix(" defer") else {
                continue;
            };
            let (place, class) = entry
                .rsplit_once(": ")
                .with_context(|| format!("no class in {line:?}"))?;
            let (path, place) = split(place).with_context(|| format!("no place in {line:?}"))?;
            statements.insert((places.resolve(path), place, class));
        }
        let mut files: BTreeMap<PathBuf, File> = BTreeMap::new();
        let mut printed = Self::default();
        for (path, place, class) in statements {
            if !files.contains_key(&path) {
                files.insert(path.clone(), File::read(&path)?);
            }
            let function = files[&path].function(&path, place);
            printed
                .by_line
                .entry((path, place.line))
                .or_default()
                .insert(function.clone());
            printed
                .functions
                .entry(function)
                .or_default()
                .push((place.line, class.to_owned()));
        }
        for defers in printed.functions.values_mut() {
            defers.sort_unstable();
        }
        if printed.functions.is_empty() {
            bail!("the compiler printed nothing about defers");
        }
        Ok(printed)
    }
}

/// `path:line:col`, or `path:line` where a `//line` directive gives no columns.
fn split(place: &str) -> Option<(&str, LineColumn)> {
    let (front, last) = place.rsplit_once(':')?;
    let last = last.parse().ok()?;
    if let Some((path, line)) = front.rsplit_once(':')
        && let Ok(line) = line.parse()
    {
        return Some((path, LineColumn { line, column: last }));
    }
    let place = LineColumn {
        line: last,
        column: 0,
    };
    Some((front, place))
}

/// Where the paths lead that the compiler prints, and writes into programs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    /// The folder of the program: relative paths are relative to it.
    pub(super) folder: &'a Path,
    /// The root of Go. What comes from the build cache may name another one, with the same files.
    pub(super) go_root: &'a Path,
}

impl Places<'_> {
    /// A path without `.` and `..`.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        if let Some((_, in_library)) = path.split_once("/go/src/") {
            return self.go_root.join("src").join(in_library);
        }
        let mut resolved = PathBuf::new();
        for component in self.folder.join(path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    resolved.pop();
                }
                other => resolved.push(other),
            }
        }
        resolved
    }
}

/// A file of the source; nothing when a `//line` directive made its name up.
struct File(Option<(go_syntax::File, LineIndex)>);

impl File {
    fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self(None));
        }
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let file = parse(Source::new(bytes), Mode::Full);
        let index = LineIndex::new(file.source().text());
        Ok(Self(Some((file, index))))
    }

    /// The innermost function around a place.
    fn function(&self, path: &Path, place: LineColumn) -> SourceFunction {
        let around = self.0.as_ref().and_then(|(file, index)| {
            let at = index.offset(place)?;
            let functions = file.all_funcs();
            functions
                .map(|id| file.func(id).span)
                .filter(|span| span.start <= at && at < span.end)
                .max_by_key(|span| span.start)
                .map(|span| (index.line(span.start), span.start))
        });
        // Without a source every line is taken for a function.
        let (line, offset) = around.unwrap_or((0, place.line));
        SourceFunction {
            path: path.to_path_buf(),
            line,
            offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_with_and_without_columns() {
        let at = |line, column| LineColumn { line, column };
        assert_eq!(split("./a.go:12:3"), Some(("./a.go", at(12, 3))));
        assert_eq!(split("a.tmpl:101"), Some(("a.tmpl", at(101, 0))));
        assert_eq!(split("nonsense"), None);
    }

    #[test]
    fn paths_are_resolved() {
        let places = Places {
            folder: Path::new("/a/b"),
            go_root: Path::new("/go-1/go"),
        };
        for (path, resolved) in [
            ("./x.go", "/a/b/x.go"),
            ("../../c/x.go", "/c/x.go"),
            ("/d/x.go", "/d/x.go"),
            ("../../go-2/go/src/os/x.go", "/go-1/go/src/os/x.go"),
        ] {
            assert_eq!(places.resolve(path), Path::new(resolved), "{path}");
        }
    }
}
