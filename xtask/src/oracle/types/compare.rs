//! Holding the lines of `dev types` against those of the reference, file by file: either may be
//! larger than memory.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::corpora::Code;
use crate::process::shown;

/// How many disagreements of a corpus are named.
const NAMED: usize = 20;

/// What the reference says, by file.
#[derive(Debug)]
pub(super) struct Reference {
    spool: PathBuf,
    blocks: BTreeMap<PathBuf, (u64, u64)>,
    packages: usize,
    skipped: usize,
}

impl Reference {
    /// Runs the reference; its lines are kept in `spool`.
    pub(super) fn of(command: &mut Command, spool: &Path) -> Result<Self> {
        let out = File::create(spool).with_context(|| format!("creating {}", spool.display()))?;
        let status = command
            .stdin(Stdio::null())
            .stdout(out)
            .status()
            .with_context(|| format!("starting `{}`", shown(command)))?;
        if !status.success() {
            bail!("`{}` failed: {status}", shown(command));
        }
        let mut this = Self {
            spool: spool.to_path_buf(),
            blocks: BTreeMap::new(),
            packages: 0,
            skipped: 0,
        };
        let mut reader = BufReader::new(File::open(spool)?);
        let mut line = String::new();
        let mut offset = 0;
        let mut open: Option<(PathBuf, u64)> = None;
        loop {
            line.clear();
            let length = reader
                .read_line(&mut line)
                .with_context(|| format!("reading {}", spool.display()))?;
            let kind = line.split('\t').next().unwrap_or_default();
            if matches!(kind, "file" | "package" | "skipped") || length == 0 {
                if let Some((path, start)) = open.take() {
                    this.blocks.insert(path, (start, offset));
                }
                let rest = line.trim_end().split('\t').nth(1).unwrap_or_default();
                match kind {
                    "file" => open = Some((PathBuf::from(rest), offset + length as u64)),
                    "package" => this.packages += 1,
                    "skipped" => this.skipped += 1,
                    _ => {}
                }
            }
            if length == 0 {
                return Ok(this);
            }
            offset += length as u64;
        }
    }

    fn block(&self, spool: &mut File, path: &Path) -> Result<Option<String>> {
        let Some(&(start, end)) = self.blocks.get(path) else {
            return Ok(None);
        };
        let mut text = vec![0; usize::try_from(end - start)?];
        spool.seek(SeekFrom::Start(start))?;
        spool.read_exact(&mut text)?;
        Ok(Some(String::from_utf8(text)?))
    }
}

/// How many agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) total: usize,
    pub(super) agree: usize,
}

impl Score {
    /// Rounded down, so that only what is complete is called so.
    pub(super) fn percent(self) -> String {
        if self.total == 0 {
            return "-".to_owned();
        }
        let parts = self.agree as u128 * 1_000_000 / self.total as u128;
        format!("{}.{:04}", parts / 10_000, parts % 10_000)
    }
}

/// How far both agree on one corpus.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) corpus: String,
    pub(super) packages: usize,
    pub(super) rejected: usize,
    pub(super) expressions: Score,
    pub(super) identifiers: Score,
    /// A line for each of the first.
    pub(super) disagreements: Vec<String>,
}

impl Row {
    pub(super) fn shown(&self) -> String {
        format!(
            "{}: {} packages, {} rejected; expressions {} of {} ({} %), identifiers {} of {} ({} %)",
            self.corpus,
            self.packages,
            self.rejected,
            self.expressions.agree,
            self.expressions.total,
            self.expressions.percent(),
            self.identifiers.agree,
            self.identifiers.total,
            self.identifiers.percent()
        )
    }
}

/// Compares both lists of a corpus.
pub(super) fn compare(
    code: &Code,
    reference: &Reference,
    types: Command,
    objects: Command,
) -> Result<Row> {
    let mut row = Row {
        corpus: code.name.clone(),
        packages: reference.packages,
        rejected: reference.skipped,
        expressions: Score::default(),
        identifiers: Score::default(),
        disagreements: Vec::new(),
    };
    for (command, kinds) in [(types, Kinds::Types), (objects, Kinds::Objects)] {
        let mut pass = Pass {
            code,
            reference,
            spool: File::open(&reference.spool)?,
            kinds,
            score: Score::default(),
            examples: Vec::new(),
            seen: 0,
        };
        pass.run(command)?;
        match kinds {
            Kinds::Types => row.expressions = pass.score,
            Kinds::Objects => row.identifiers = pass.score,
        }
        row.disagreements.extend(pass.examples);
    }
    Ok(row)
}

/// Which lines are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kinds {
    Types,
    Objects,
}

/// What a line is about, and what it says: `start end` or `start role`, and type or object.
fn split(kinds: Kinds, line: &str) -> Option<(&str, &str)> {
    let (first, rest) = line.split_once('\t')?;
    let second = rest.split_once('\t')?.0;
    debug_assert!(kinds == Kinds::Types || matches!(second, "def" | "use"));
    Some((
        &line[..first.len() + 1 + second.len()],
        &line[first.len() + second.len() + 2..],
    ))
}

struct Pass<'a> {
    code: &'a Code,
    reference: &'a Reference,
    spool: File,
    kinds: Kinds,
    score: Score,
    examples: Vec<String>,
    /// How many files of the reference were compared.
    seen: usize,
}

impl Pass<'_> {
    fn run(&mut self, mut command: Command) -> Result<()> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting `{}`", shown(&command)))?;
        let out = child.stdout.take().context("the output is piped")?;
        let mut reader = BufReader::with_capacity(1 << 20, out);
        let mut path = String::new();
        let mut block: Vec<String> = Vec::new();
        let mut missing: BTreeMap<PathBuf, ()> = self
            .reference
            .blocks
            .keys()
            .map(|path| (path.clone(), ()))
            .collect();
        loop {
            let mut line = String::new();
            let length = reader.read_line(&mut line)?;
            let parts = line.trim_end_matches('\n').split_once('\t');
            if length == 0 || parts.is_none_or(|(own, _)| own != path) {
                if !path.is_empty() {
                    let full = self.code.root.join(&path);
                    missing.remove(&full);
                    self.file(&full, &block)?;
                }
                block.clear();
            }
            let Some((own, rest)) = parts else {
                if length == 0 {
                    break;
                }
                bail!("`{}` printed {line:?}", shown(&command));
            };
            if path != own {
                own.clone_into(&mut path);
            }
            block.push(rest.to_owned());
        }
        let status = child.wait()?;
        if status.code().is_none_or(|code| code > 2) {
            bail!("`{}` failed: {status}", shown(&command));
        }
        // Files of which nothing was printed have nothing in them, or were not seen.
        for path in missing.into_keys() {
            self.file(&path, &[])?;
        }
        if self.seen != self.reference.blocks.len() {
            bail!(
                "{} of {} files of the reference were compared",
                self.seen,
                self.reference.blocks.len()
            );
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, ours: &[String]) -> Result<()> {
        let Some(text) = self.reference.block(&mut self.spool, path)? else {
            return Ok(());
        };
        self.seen += 1;
        let mut theirs: HashMap<String, &str> = HashMap::new();
        for line in text.lines() {
            let Some((kind, rest)) = line.split_once('\t') else {
                continue;
            };
            match (kind, self.kinds) {
                ("T", Kinds::Types) => {
                    let (place, said) =
                        split(self.kinds, rest).context("a line has four fields")?;
                    theirs.insert(place.to_owned(), said);
                }
                ("D" | "U", Kinds::Objects) => {
                    let (start, said) = rest.split_once('\t').context("a line has three fields")?;
                    let role = if kind == "D" { "def" } else { "use" };
                    theirs.insert(format!("{start}\t{role}"), said);
                }
                _ => {}
            }
        }
        let mut differences: Vec<(String, String)> = Vec::new();
        for line in ours {
            let (place, said) = split(self.kinds, line).context("a line has four fields")?;
            self.score.total += 1;
            match theirs.remove(place) {
                Some(expected) if self.comparable(expected) == self.comparable(said) => {
                    self.score.agree += 1;
                }
                Some(expected) => {
                    differences.push((place.to_owned(), format!("`{said}`, not `{expected}`")));
                }
                None => differences.push((place.to_owned(), format!("only we say `{said}`"))),
            }
        }
        self.score.total += theirs.len();
        differences.extend(
            theirs
                .into_iter()
                .map(|(place, said)| (place, format!("only they say `{said}`"))),
        );
        self.note(path, differences)
    }

    /// What of an object can be compared: the embedded standard library has other offsets.
    fn comparable<'l>(&self, said: &'l str) -> &'l str {
        if !self.code.without_go || self.kinds == Kinds::Types {
            return said;
        }
        let (path, _) = said.split_once('@').unwrap_or((said, ""));
        let first = path.split('/').next().unwrap_or_default();
        if first.contains('.') { said } else { path }
    }

    fn note(&mut self, path: &Path, mut differences: Vec<(String, String)>) -> Result<()> {
        let room = NAMED.saturating_sub(self.examples.len());
        if differences.is_empty() || room == 0 {
            return Ok(());
        }
        let source = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let offset = |place: &str| -> usize {
            let start = place.split('\t').next().unwrap_or_default();
            start.parse().unwrap_or_default()
        };
        differences.sort_by_key(|(place, said)| (offset(place), place.clone(), said.clone()));
        let name = path.strip_prefix(&self.code.root).unwrap_or(path);
        for (place, said) in differences.into_iter().take(room) {
            let start = offset(&place).min(source.len());
            let line = 1 + source[..start]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            let text: String = String::from_utf8_lossy(&source[start..])
                .chars()
                .take_while(|&c| c != '\n')
                .take(40)
                .collect();
            self.examples.push(format!(
                "`{}:{line}`, `{}`: {said}",
                name.display(),
                text.replace('`', "'")
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_into_place_and_answer() {
        assert_eq!(
            split(Kinds::Types, "1\t2\tfunc(a int)"),
            Some(("1\t2", "func(a int)"))
        );
        assert_eq!(
            split(Kinds::Objects, "1\tuse\tpackage os"),
            Some(("1\tuse", "package os"))
        );
        assert_eq!(split(Kinds::Types, "1\t2"), None);
    }

    #[test]
    fn nearly_all_is_not_all() {
        let score = |agree, total| Score { total, agree }.percent();
        assert_eq!(score(9_999_999, 10_000_000), "99.9999");
        assert_eq!(score(3, 3), "100.0000");
        assert_eq!(score(0, 0), "-");
    }
}
