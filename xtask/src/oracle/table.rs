//! Committed tables: written by a command, or compared with what the command would write.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::ui::say;

/// Writes `text` to `path`, or demands that it stands there already.
pub(crate) fn settle(path: &Path, text: &str, write: bool, rewrite_with: &str) -> Result<()> {
    if write {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("creating {}", folder.display()))?;
        }
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
        say!("wrote {}", path.display());
        return Ok(());
    }
    let committed = std::fs::read_to_string(path)
        .with_context(|| format!("reading {}; `{rewrite_with}` writes it", path.display()))?;
    if committed == text {
        say!("{} is as committed", path.display());
        return Ok(());
    }
    let mut difference = String::new();
    for line in committed
        .lines()
        .filter(|line| !text.lines().any(|other| other == *line))
    {
        difference.push_str(&format!("\n  - {line}"));
    }
    for line in text
        .lines()
        .filter(|line| !committed.lines().any(|other| other == *line))
    {
        difference.push_str(&format!("\n  + {line}"));
    }
    bail!(
        "{} is not what comes out now (rewrite it with `{rewrite_with}`):{difference}",
        path.display()
    );
}

/// The rows of a table by name, of which a run measures some: the others stay as they are.
#[derive(Debug, Default)]
pub(super) struct Rows {
    names: Vec<String>,
    lines: BTreeMap<String, String>,
}

impl Rows {
    /// The rows of the table at `path`; none if there is no table.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let lines = text.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("| ")?.split_once(" | ")?;
            Some((name.to_owned(), line.to_owned()))
        });
        Ok(Self {
            names: Vec::new(),
            lines: lines.collect(),
        })
    }

    /// Leaves out rows that there are no more, and puts the others in this order.
    pub(super) fn keep(&mut self, names: impl Iterator<Item = String>) {
        self.names = names.collect();
    }

    /// Puts in what was measured.
    pub(super) fn set(&mut self, name: &str, line: String) {
        self.lines.insert(name.to_owned(), line);
    }

    /// The table: what stands above the rows, and the rows.
    pub(super) fn render(&self, head: &str) -> String {
        let mut text = head.to_owned();
        for line in self.names.iter().filter_map(|name| self.lines.get(name)) {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

/// A row is called after the release and what is built or read with it.
pub(super) fn row_name(version: &str, what: &str) -> String {
    format!("Go {version} {what}")
}

/// `agree` of `all` in percent, with two places: 100 only if there are no disagreements.
pub(super) fn percent(agree: usize, all: usize, disagreements: usize) -> String {
    if disagreements == 0 {
        return "100".to_owned();
    }
    let hundredths = (agree * 10_000 / all.max(1)).min(9_999);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_agree_never_rounds_up() {
        assert_eq!(percent(0, 0, 0), "100");
        assert_eq!(percent(7, 7, 0), "100");
        assert_eq!(percent(199_999, 200_000, 1), "99.99");
        assert_eq!(percent(1, 3, 2), "33.33");
        // Something that the reference does not have at all.
        assert_eq!(percent(3, 3, 1), "99.99");
        assert_eq!(percent(0, 0, 1), "0.00");
    }

    #[test]
    fn rows_that_are_not_measured_stay_and_others_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("table.md");
        let mut rows = Rows::read(&path).expect("no table is an empty one");
        rows.set("b", "| b | 1 |".to_owned());
        rows.set("gone", "| gone | 1 |".to_owned());
        rows.keep(["b", "gone"].map(str::to_owned).into_iter());
        std::fs::write(&path, rows.render("# Head\n\n| name | n |\n|---|--:|\n")).expect("written");

        let mut rows = Rows::read(&path).expect("read again");
        rows.set("a", "| a | 2 |".to_owned());
        rows.keep(["a", "b", "unknown"].map(str::to_owned).into_iter());
        assert_eq!(rows.render("# Head\n"), "# Head\n| a | 2 |\n| b | 1 |\n");
    }
}
