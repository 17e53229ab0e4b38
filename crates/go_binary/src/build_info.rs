//! What `go build` wrote about itself into the program: version, modules, settings.
//!
//! This is the text that `go version -m` prints, found by its mark.

use memchr::memmem;

use crate::image::Image;
use crate::version::Version;

/// What stands in the program about its build. All of it is what the builder said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BuildInfo {
    /// The Go release, as Go writes it: `go1.27.3`, perhaps with experiments after a space.
    pub go_version: String,
    /// The import path of the main package.
    pub path: Option<String>,
    /// The main module.
    pub main: Option<Module>,
    /// The modules it depends on.
    pub dependencies: Vec<Module>,
    /// The settings of the build, in the order of the file: `-race`, `CGO_ENABLED`, `vcs.revision`, …
    pub settings: Vec<(String, String)>,
}

/// A module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Its path.
    pub path: String,
    /// Its version; `(devel)` when it was built from a working tree.
    pub version: String,
    /// Its checksum, or nothing.
    pub sum: String,
    /// What it was replaced by.
    pub replace: Option<Box<Module>>,
}

impl BuildInfo {
    /// The release, if it can be read as one.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        Version::parse(&self.go_version)
    }

    /// A setting.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Finds and reads what is there; nothing where there is nothing that makes sense.
    pub(crate) fn find(image: &Image<'_>) -> Option<Self> {
        let by_name = image.section(b".go.buildinfo").map(|section| section.data);
        let by_search = image
            .segments()
            .iter()
            .filter(|segment| segment.writable)
            .chain(image.segments().iter().filter(|segment| !segment.writable))
            .map(|segment| segment.data);
        by_name
            .into_iter()
            .chain(by_search)
            .find_map(|data| memmem::find_iter(data, MARK).find_map(|at| read(image, &data[at..])))
    }
}

/// What the record starts with.
const MARK: &[u8] = b"\xff Go buildinf:";
const POINTER_SIZE: usize = 14;
const FLAGS: usize = 15;
const STRINGS: usize = 32;
/// The flag for strings that follow the header, as Go 1.18 and later write them.
const INLINE: u8 = 2;
/// Go puts this many bytes before and after the text of the modules.
const FRAME: usize = 16;

fn read(image: &Image<'_>, record: &[u8]) -> Option<BuildInfo> {
    let (go_version, modules) = if record.get(FLAGS)? & INLINE != 0 {
        let (version, rest) = string(record.get(STRINGS..)?)?;
        let (modules, _) = string(rest).unwrap_or_default();
        (version, modules)
    } else {
        // Linkers before that wrote pointers to strings.
        if *record.get(POINTER_SIZE)? != 8 {
            return None;
        }
        let text = |at: usize| {
            let header = u64::from_le_bytes(*record.get(at..)?.first_chunk()?);
            let (data, len) = (image.word(header)?, image.word(header.checked_add(8)?)?);
            image.bytes(data, usize::try_from(len).ok()?)
        };
        (text(16)?, text(24).unwrap_or_default())
    };
    let go_version = std::str::from_utf8(go_version).ok()?;
    if !go_version.starts_with("go") && !go_version.starts_with("devel") {
        return None;
    }
    let mut info = BuildInfo {
        go_version: go_version.to_owned(),
        ..BuildInfo::default()
    };
    let framed = modules.len() > 2 * FRAME && modules[modules.len() - FRAME - 1] == b'\n';
    if framed && let Ok(text) = std::str::from_utf8(&modules[FRAME..modules.len() - FRAME]) {
        info.read_modules(text);
    }
    Some(info)
}

/// A string after its length, and what follows it.
fn string(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut cursor = data;
    let len = crate::varint::unsigned(&mut cursor)?;
    cursor.split_at_checked(usize::try_from(len).ok()?)
}

impl BuildInfo {
    fn read_modules(&mut self, text: &str) {
        let module = |fields: &str| {
            let mut fields = fields.split('\t').map(str::to_owned);
            Module {
                path: fields.next().unwrap_or_default(),
                version: fields.next().unwrap_or_default(),
                sum: fields.next().unwrap_or_default(),
                replace: None,
            }
        };
        let mut last_is_main = false;
        for line in text.lines() {
            let Some((key, rest)) = line.split_once('\t') else {
                continue;
            };
            match key {
                "path" => self.path = Some(rest.to_owned()),
                "mod" => {
                    self.main = Some(module(rest));
                    last_is_main = true;
                }
                "dep" => {
                    self.dependencies.push(module(rest));
                    last_is_main = false;
                }
                "=>" => {
                    let replaced = if last_is_main {
                        self.main.as_mut()
                    } else {
                        self.dependencies.last_mut()
                    };
                    if let Some(replaced) = replaced {
                        replaced.replace = Some(Box::new(module(rest)));
                    }
                }
                "build" => {
                    let (key, value) = setting(rest);
                    self.settings.push((key, value));
                }
                _ => {}
            }
        }
    }
}

/// `key=value`, each perhaps quoted as in Go.
fn setting(text: &str) -> (String, String) {
    let (key, rest) = unquote(text, '=');
    let (value, _) = unquote(rest.strip_prefix('=').unwrap_or(rest), '\n');
    (key, value)
}

/// A word up to `end`, without its quotes, and what follows it.
fn unquote(text: &str, end: char) -> (String, &str) {
    for quote in ['"', '`'] {
        let Some(inner) = text.strip_prefix(quote) else {
            continue;
        };
        let mut word = String::new();
        let mut characters = inner.char_indices();
        while let Some((at, c)) = characters.next() {
            if c == quote {
                return (word, &inner[at + c.len_utf8()..]);
            }
            if c == '\\' && quote == '"' {
                match characters.next() {
                    Some((_, 'n')) => word.push('\n'),
                    Some((_, 't')) => word.push('\t'),
                    Some((_, escaped)) => word.push(escaped),
                    None => {}
                }
            } else {
                word.push(c);
            }
        }
    }
    let (word, rest) = text.split_at(text.find(end).unwrap_or(text.len()));
    (word.to_owned(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_settings_are_read() {
        let mut info = BuildInfo::default();
        info.read_modules(
            "path\texample.com/a/cmd\nmod\texample.com/a\t(devel)\t\ndep\texample.com/b\tv1.2.3\th1:x=\n\
             =>\t../b\t\t\nbuild\t-ldflags=\"-X a=\\\"b c\\\"\"\nbuild\tCGO_ENABLED=0\nodd\n",
        );
        assert_eq!(info.path.as_deref(), Some("example.com/a/cmd"));
        assert_eq!(
            info.main.as_ref().map(|m| m.version.as_str()),
            Some("(devel)")
        );
        let replaced = info.dependencies[0].replace.as_ref();
        assert_eq!(replaced.map(|m| m.path.as_str()), Some("../b"));
        assert_eq!(info.setting("-ldflags"), Some("-X a=\"b c\""));
        assert_eq!(info.setting("CGO_ENABLED"), Some("0"));
    }
}
