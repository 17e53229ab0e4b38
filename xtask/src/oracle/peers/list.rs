//! `oracle/peers.toml`: whose test data, which of our rules answer for it, and what is not theirs to
//! answer for.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

/// A project that checks Go, and the part of its test data that is about what we check, too.
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) repo: String,
    pub(super) commit: String,
    /// Where a copy is looked for, below `peers` in the cache.
    pub(super) folder: PathBuf,
    pub(super) checks: Vec<Check>,
}

/// One of its checks.
pub(super) struct Check {
    pub(super) name: String,
    /// Folders with Go files, each a package, or files, which are checked alone.
    pub(super) paths: Vec<PathBuf>,
    pub(super) form: Form,
    /// The rules of ours that may answer.
    pub(super) rules: Vec<String>,
    /// Only expectations that contain this are this check's.
    pub(super) text: Option<String>,
    /// Expectations that contain one of these tell a defect of another expectation once more.
    pub(super) repeats: Vec<String>,
    /// The Go version that the test data is written for, where no go.mod tells it.
    pub(super) go: Option<String>,
    pub(super) notes: Vec<Note>,
}

/// How expectations are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// `// want "text"`, one or more.
    Want,
    /// `//@ diag("text")`, one or more.
    Diag,
    /// `/*! text */` in the line above.
    Above,
    /// `// MATCH /text/`.
    Match,
    /// `// UNCHECKED`.
    Unchecked,
    /// `// $ Alert`.
    Alert,
    /// A file `expected_results.txt` beside the Go files, with lines `path:line:column: text`.
    Listed,
}

/// What is said of some expectations, or of some findings that nobody expects.
pub(super) struct Note {
    pub(super) kind: Kind,
    /// Which: those in files whose path ends so, on these lines, that contain this text. What is not
    /// given does not matter.
    pub(super) file: Option<String>,
    pub(super) lines: Vec<u32>,
    /// On other lines than these.
    pub(super) except: Vec<u32>,
    pub(super) text: Option<String>,
    pub(super) reason: String,
}

/// What a note says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The expectation is not of something that we mean to report.
    Out,
    /// We miss it, and know why.
    Missed,
    /// We say something that they do not expect, and are right.
    Right,
    /// We say something that they do not expect, and are wrong.
    Wrong,
}

impl Note {
    /// Whether the note is about this place.
    pub(super) fn fits(&self, file: &str, line: u32, text: &str) -> bool {
        self.file.as_ref().is_none_or(|end| file.ends_with(end))
            && (self.lines.is_empty() || self.lines.contains(&line))
            && !self.except.contains(&line)
            && self.text.as_ref().is_none_or(|part| text.contains(part))
    }
}

/// Reads the list.
pub(super) fn read(path: &Path) -> Result<Vec<Peer>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    parse(&text).with_context(|| format!("in {}", path.display()))
}

/// The list in `text`.
pub(super) fn parse(text: &str) -> Result<Vec<Peer>> {
    let list: Table = toml::from_str(text)?;
    keys(&list, &["peer"])?;
    tables(&list, "peer")?.into_iter().map(peer).collect()
}

fn peer(table: &Table) -> Result<Peer> {
    let name = needed(table, "name")?;
    let read = || -> Result<Peer> {
        keys(
            table,
            &["name", "repo", "commit", "folder", "form", "check"],
        )?;
        let form = optional(table, "form")?;
        let checks = tables(table, "check")?;
        Ok(Peer {
            name: name.clone(),
            repo: needed(table, "repo")?,
            commit: needed(table, "commit")?,
            folder: needed(table, "folder")?.into(),
            checks: checks
                .into_iter()
                .map(|table| check(table, form.as_deref()))
                .collect::<Result<_>>()?,
        })
    };
    read().with_context(|| format!("peer {name}"))
}

fn check(table: &Table, form: Option<&str>) -> Result<Check> {
    let name = needed(table, "name")?;
    let read = || -> Result<Check> {
        keys(
            table,
            &[
                "name", "paths", "form", "rules", "text", "repeats", "go", "note",
            ],
        )?;
        let own = optional(table, "form")?;
        let form = own.as_deref().or(form).context("there is no `form`")?;
        let check = Check {
            name: name.clone(),
            paths: texts(table, "paths")?
                .into_iter()
                .map(PathBuf::from)
                .collect(),
            form: self::form(form)?,
            rules: texts(table, "rules")?,
            text: optional(table, "text")?,
            repeats: texts(table, "repeats")?,
            go: optional(table, "go")?,
            notes: tables(table, "note")?
                .into_iter()
                .map(note)
                .collect::<Result<_>>()?,
        };
        if check.paths.is_empty() || check.rules.is_empty() {
            bail!("`paths` and `rules` must name something");
        }
        Ok(check)
    };
    read().with_context(|| format!("check {name}"))
}

fn note(table: &Table) -> Result<Note> {
    keys(
        table,
        &["kind", "file", "lines", "except", "text", "reason"],
    )?;
    let kind = match needed(table, "kind")?.as_str() {
        "out" => Kind::Out,
        "missed" => Kind::Missed,
        "right" => Kind::Right,
        "wrong" => Kind::Wrong,
        other => bail!("there is no kind {other:?} of notes: out, missed, right or wrong"),
    };
    Ok(Note {
        kind,
        file: optional(table, "file")?,
        lines: lines(table, "lines")?,
        except: lines(table, "except")?,
        text: optional(table, "text")?,
        reason: needed(table, "reason")?,
    })
}

fn lines(table: &Table, key: &str) -> Result<Vec<u32>> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    let line = |line: &Value| line.as_integer().and_then(|line| line.try_into().ok());
    value
        .as_array()
        .and_then(|lines| lines.iter().map(line).collect())
        .with_context(|| format!("`{key}` is a list of numbers"))
}

fn form(name: &str) -> Result<Form> {
    Ok(match name {
        "want" => Form::Want,
        "diag" => Form::Diag,
        "above" => Form::Above,
        "match" => Form::Match,
        "unchecked" => Form::Unchecked,
        "alert" => Form::Alert,
        "listed" => Form::Listed,
        other => bail!("there is no form {other:?}"),
    })
}

/// An error when the table has another key than these.
fn keys(table: &Table, known: &[&str]) -> Result<()> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => bail!("unknown key `{key}`; there are {}", known.join(", ")),
    }
}

fn tables<'a>(table: &'a Table, key: &str) -> Result<Vec<&'a Table>> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    value
        .as_array()
        .and_then(|all| all.iter().map(Value::as_table).collect())
        .with_context(|| format!("`{key}` is a list of tables"))
}

fn texts(table: &Table, key: &str) -> Result<Vec<String>> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    value
        .as_array()
        .and_then(|all| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            all.iter().map(text).collect()
        })
        .with_context(|| format!("`{key}` is a list of texts"))
}

fn optional(table: &Table, key: &str) -> Result<Option<String>> {
    let Some(value) = table.get(key) else {
        return Ok(None);
    };
    let text = value
        .as_str()
        .with_context(|| format!("`{key}` is a text"))?;
    Ok(Some(text.to_owned()))
}

fn needed(table: &Table, key: &str) -> Result<String> {
    optional(table, key)?.with_context(|| format!("there is no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[[peer]]\nname = 'p'\nrepo = 'o/p'\ncommit = 'c'\nfolder = 'p'\nform = 'want'\n\
        [[peer.check]]\nname = 'x'\npaths = ['a']\nrules = ['r']\n\
        [[peer.check.note]]\nkind = 'out'\nfile = 'a.go'\nlines = [3]\nreason = 'style'\n";

    #[test]
    fn a_list_is_read() -> Result<()> {
        let peers = parse(LIST)?;
        let check = &peers[0].checks[0];
        assert_eq!(check.form, Form::Want);
        let note = &check.notes[0];
        assert_eq!(note.kind, Kind::Out);
        assert!(note.fits("b/a.go", 3, ""));
        assert!(!note.fits("b/a.go", 4, ""));
        assert!(!note.fits("b/c.go", 3, ""));
        Ok(())
    }

    #[test]
    fn what_is_unknown_is_an_error_that_says_where() {
        for (from, to, said) in [
            ("rules", "rule", "unknown key `rule`"),
            ("'out'", "'in'", "no kind"),
            ("'want'", "'wants'", "no form"),
            ("[3]", "['3']", "numbers"),
            ("['a']", "[]", "must name something"),
        ] {
            let Err(error) = parse(&LIST.replace(from, to)) else {
                panic!("{to} is read");
            };
            let error = format!("{error:#}");
            assert!(error.starts_with("peer p: check x: "), "{error}");
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn the_committed_list_is_read() -> Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../oracle/peers.toml");
        assert!(!read(&path)?.is_empty());
        Ok(())
    }
}
