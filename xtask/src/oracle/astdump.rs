//! What go/parser and what `go_syntax` make of a source, in the same form.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use go_syntax::{File, Mode, Source, parse};

use crate::goast::{self, Digest, Node};
use crate::process;
use crate::project::Project;
use crate::toolchains::Go;

/// Room for the recursion over the deepest tree that a parser accepts.
const STACK: usize = 1 << 30;

/// What a parser says of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept(Digests),
    Reject(String),
}

/// Digests of what was parsed: equal digests mean equal trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digests {
    /// The whole tree.
    pub(crate) tree: String,
    /// The number of its nodes.
    pub(crate) nodes: usize,
    /// The tree without the bodies of functions; on our side, of a run that skips them.
    pub(crate) declarations: String,
    /// The package name and the imports; on our side, of a run that stops after them.
    pub(crate) imports: String,
    /// The comments.
    pub(crate) comments: String,
    /// The number of comments.
    pub(crate) comment_count: usize,
}

/// The reference: our Go program on top of go/parser.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    binary: PathBuf,
}

impl Reference {
    /// Builds the program.
    pub(crate) fn new(project: &Project, go: &Go) -> Result<Self> {
        Ok(Self {
            binary: go.build_program(project, "astdump")?,
        })
    }

    /// The verdicts on `sources`, in order.
    pub(crate) fn judge(&self, sources: &[Vec<u8>]) -> Result<Vec<Verdict>> {
        let mut input = Vec::with_capacity(sources.iter().map(|source| source.len() + 12).sum());
        for source in sources {
            input.extend_from_slice(format!("{}\n", source.len()).as_bytes());
            input.extend_from_slice(source);
        }
        let output = process::stdout_bytes(&mut Command::new(&self.binary), &input)?;
        let output = String::from_utf8_lossy(&output);
        let verdicts = output.lines().map(verdict).collect::<Result<Vec<_>>>()?;
        if verdicts.len() != sources.len() {
            bail!(
                "astdump answered {} of {} sources",
                verdicts.len(),
                sources.len()
            );
        }
        Ok(verdicts)
    }

    /// The lines that describe one file.
    pub(crate) fn dump(&self, path: &Path) -> Result<String> {
        process::stdout(Command::new(&self.binary).arg(path))
    }
}

fn verdict(line: &str) -> Result<Verdict> {
    if let Some(message) = line.strip_prefix("reject ") {
        return Ok(Verdict::Reject(message.to_owned()));
    }
    let fields: Vec<&str> = line.split(' ').collect();
    let [
        "accept",
        tree,
        nodes,
        declarations,
        imports,
        comments,
        comment_count,
    ] = fields[..]
    else {
        bail!("astdump answered {line:?}");
    };
    Ok(Verdict::Accept(Digests {
        tree: tree.to_owned(),
        nodes: nodes.parse().context("reading the number of nodes")?,
        declarations: declarations.to_owned(),
        imports: imports.to_owned(),
        comments: comments.to_owned(),
        comment_count: comment_count
            .parse()
            .context("reading the number of comments")?,
    }))
}

/// Our verdicts on `sources`, in order.
pub(crate) fn judge(sources: &[Vec<u8>]) -> Result<Vec<Verdict>> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut verdicts = vec![Verdict::Reject(String::new()); sources.len()];
    std::thread::scope(|scope| {
        let mut handles = Vec::new();
        for worker in 0..workers {
            let handle =
                std::thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, move || {
                        let own = sources.iter().enumerate().skip(worker).step_by(workers);
                        own.map(|(index, source)| (index, ours(source)))
                            .collect::<Vec<_>>()
                    })?;
            handles.push(handle);
        }
        for handle in handles {
            let Ok(own) = handle.join() else {
                bail!("a thread panicked while parsing")
            };
            for (index, verdict) in own {
                verdicts[index] = verdict;
            }
        }
        Ok(())
    })?;
    Ok(verdicts)
}

fn ours(source: &[u8]) -> Verdict {
    let file = parse(Source::new(source.to_vec()), Mode::Full);
    if let Some(message) = rejection(&file) {
        return Verdict::Reject(message);
    }
    let (tree, nodes) = digest(&file, |_| true);
    let comments = comment_lines(&file);
    let mut comment_digest = Digest::new();
    for line in &comments {
        comment_digest.add(line);
    }
    // What the shorter runs see must be what the full run sees there.
    let shorter = |mode: Mode, wanted: fn(&Node<'_>) -> bool| {
        let file = parse(Source::new(source.to_vec()), mode);
        rejection(&file).unwrap_or_else(|| digest(&file, wanted).0)
    };
    Verdict::Accept(Digests {
        tree,
        nodes,
        declarations: shorter(Mode::SkipBodies, |_| true),
        imports: shorter(Mode::ImportsOnly, |node| node.in_imports),
        comments: comment_digest.hex(),
        comment_count: comment_digest.count,
    })
}

/// Line, column and message of the first error.
fn rejection(file: &File) -> Option<String> {
    let error = file.errors().first()?;
    let place = file.line_index().line_column(error.span.start);
    Some(format!(
        "{}:{}: {}",
        place.line, place.column, error.message
    ))
}

fn digest(file: &File, wanted: impl Fn(&Node<'_>) -> bool) -> (String, usize) {
    let mut digest = Digest::new();
    goast::walk(file, &mut |node| {
        if wanted(&node) {
            digest.add(&node.line());
        }
    });
    (digest.hex(), digest.count)
}

fn comment_lines(file: &File) -> Vec<String> {
    let line = |comment: &go_syntax::Comment| {
        format!("Comment {} {}\n", comment.span.start, comment.span.end)
    };
    file.comments().iter().map(line).collect()
}

/// The lines that describe a source, as [`Reference::dump`] has them.
pub(crate) fn dump(source: &[u8]) -> Result<String> {
    std::thread::scope(|scope| {
        let handle = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                let file = parse(Source::new(source.to_vec()), Mode::Full);
                if let Some(message) = rejection(&file) {
                    return format!("reject {message}\n");
                }
                let mut lines = String::new();
                goast::walk(&file, &mut |node| lines.push_str(&node.line()));
                lines.extend(comment_lines(&file));
                lines
            })?;
        match handle.join() {
            Ok(lines) => Ok(lines),
            Err(_) => bail!("the thread panicked while parsing"),
        }
    })
}
