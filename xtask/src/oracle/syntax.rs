//! `oracle syntax`: `go_syntax` against go/parser of the pinned Go release.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::astdump::{self, Reference, Verdict};
use super::{SyntaxArgs, mutants, table};
use crate::corpus::{self, Corpus};
use crate::project::Project;
use crate::toolchains::{self, GO};
use crate::ui::say;

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &SyntaxArgs) -> Result<()> {
    let go = toolchains::go_toolchain(project, GO)?;
    let reference = Reference::new(project, &go)?;
    if let Some(path) = &args.show {
        return show(&reference, path);
    }
    let goroot = corpus::of_goroot(&go)?;
    if let Some(count) = args.mutants {
        return mutants::run(&reference, &goroot, count, args.seed, args.keep.as_deref());
    }
    let command = "cargo xtask oracle syntax --all --write";
    let settle = |name: &str, corpora: &[Corpus]| -> Result<()> {
        let rows = corpora
            .iter()
            .map(|corpus| measure(&reference, corpus))
            .collect::<Result<Vec<_>>>()?;
        table::settle(
            &project.root.join("oracle").join(name),
            &render(&rows),
            args.write,
            command,
        )
    };
    settle("syntax.md", &goroot)?;
    if args.all {
        settle("syntax-debian.md", &corpus::of_debian(project)?)?;
    }
    Ok(())
}

/// How far the two parsers agree on one corpus.
#[derive(Debug, Default)]
struct Row {
    corpus: String,
    files: usize,
    both_accept: usize,
    both_reject: usize,
    verdicts_differ: usize,
    nodes: usize,
    trees: usize,
    declarations: usize,
    imports: usize,
    comments: usize,
    /// A line per file on which they disagree.
    disagreements: Vec<String>,
}

fn measure(reference: &Reference, corpus: &Corpus) -> Result<Row> {
    let mut row = Row {
        corpus: corpus.name.clone(),
        files: corpus.files.len(),
        ..Row::default()
    };
    // Bounded batches, so that a large corpus does not stand in memory at once.
    for files in corpus.files.chunks(2000) {
        let mut sources = Vec::with_capacity(files.len());
        for file in files {
            let path = corpus.path(file);
            sources
                .push(std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?);
        }
        let theirs = reference.judge(&sources)?;
        let ours = astdump::judge(&sources)?;
        for ((file, theirs), ours) in files.iter().zip(theirs).zip(ours) {
            row.add(file, &theirs, &ours);
        }
    }
    say!(
        "{}: {} files, {} verdicts differ, {} of {} trees equal",
        row.corpus,
        row.files,
        row.verdicts_differ,
        row.trees,
        row.both_accept
    );
    Ok(row)
}

impl Row {
    fn add(&mut self, file: &str, theirs: &Verdict, ours: &Verdict) {
        let (theirs, ours) = match (theirs, ours) {
            (Verdict::Accept(theirs), Verdict::Accept(ours)) => (theirs, ours),
            (Verdict::Reject(_), Verdict::Reject(_)) => {
                self.both_reject += 1;
                return;
            }
            (Verdict::Accept(_), Verdict::Reject(message)) => {
                self.verdicts_differ += 1;
                self.disagreements
                    .push(format!("`{file}`: only we reject it: {message}"));
                return;
            }
            (Verdict::Reject(message), Verdict::Accept(_)) => {
                self.verdicts_differ += 1;
                self.disagreements
                    .push(format!("`{file}`: only go/parser rejects it: {message}"));
                return;
            }
        };
        self.both_accept += 1;
        self.nodes += theirs.nodes;
        let mut parts = Vec::new();
        for (equal, count, part) in [
            (ours.tree == theirs.tree, &mut self.trees, "tree"),
            (
                ours.declarations == theirs.declarations,
                &mut self.declarations,
                "tree without bodies",
            ),
            (ours.imports == theirs.imports, &mut self.imports, "imports"),
            (
                ours.comments == theirs.comments,
                &mut self.comments,
                "comments",
            ),
        ] {
            if equal {
                *count += 1;
            } else {
                parts.push(part);
            }
        }
        if !parts.is_empty() {
            self.disagreements
                .push(format!("`{file}`: differs in {}", parts.join(", ")));
        }
    }
}

fn render(rows: &[Row]) -> String {
    let mut text = format!(
        "# go_syntax against go/parser of Go {GO}\n\n\
         Written by `cargo xtask oracle syntax`; do not edit. A file is *accepted* by both, *rejected* by\n\
         both, or *judged differently*. Of the files that both accept, the other columns count those with\n\
         equal trees (kinds, start and end of all nodes, operators), equal trees when our parser skips\n\
         function bodies, equal imports when it stops after them, and equal comments.\n\n\
         | corpus | files | accepted | rejected | judged differently | nodes | trees equal | without bodies | imports | comments |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.corpus,
            row.files,
            row.both_accept,
            row.both_reject,
            row.verdicts_differ,
            row.nodes,
            row.trees,
            row.declarations,
            row.imports,
            row.comments
        );
    }
    text.push_str("\n## Disagreements\n");
    if rows.iter().all(|row| row.disagreements.is_empty()) {
        text.push_str("\nNone.\n");
    }
    for row in rows.iter().filter(|row| !row.disagreements.is_empty()) {
        let _ = writeln!(text, "\n### {}\n", row.corpus);
        for line in &row.disagreements {
            let _ = writeln!(text, "- {line}");
        }
    }
    text
}

/// Prints where the two descriptions of a file part.
fn show(reference: &Reference, path: &Path) -> Result<()> {
    let source = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let theirs = reference.dump(path)?;
    let ours = astdump::dump(&source)?;
    if theirs == ours {
        say!("{}: equal, {} lines", path.display(), ours.lines().count());
        return Ok(());
    }
    let theirs: Vec<&str> = theirs.lines().collect();
    let ours: Vec<&str> = ours.lines().collect();
    let parting = theirs
        .iter()
        .zip(&ours)
        .take_while(|(theirs, ours)| theirs == ours)
        .count();
    for (who, lines) in [("go/parser", &theirs), ("go_syntax", &ours)] {
        say!("{who}, {} lines:", lines.len());
        let from = parting.saturating_sub(5);
        for (index, line) in lines.iter().enumerate().skip(from).take(16) {
            say!(
                "{}{line}{}",
                if index < parting { "    " } else { "  > " },
                excerpt(&source, line)
            );
        }
    }
    bail!(
        "the descriptions of {} part at line {}",
        path.display(),
        parting + 1
    )
}

/// The source that a line speaks of, cut short.
fn excerpt(source: &[u8], line: &str) -> String {
    let mut numbers = line
        .split(' ')
        .skip(1)
        .map_while(|word| word.parse::<usize>().ok());
    let (Some(start), Some(end)) = (numbers.next(), numbers.next()) else {
        return String::new();
    };
    let Some(bytes) = source.get(start..end) else {
        return String::new();
    };
    let text: String = String::from_utf8_lossy(bytes).chars().take(40).collect();
    format!("    {text:?}")
}
