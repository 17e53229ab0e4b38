//! Drawing the parts of a finding, and lining them up.

use std::io::{self, Write};

use annotate_snippets::renderer::{
    DEFAULT_ADDITION_STYLE, DEFAULT_HELP_STYLE, DEFAULT_LINE_NUM_STYLE, DEFAULT_REMOVAL_STYLE,
    DEFAULT_TERM_WIDTH, Style,
};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet as Source};
use diagnostics::Severity;

use super::diff::{DiffLine, Kind};
use super::excerpt::Excerpt;
use crate::wording::visible;

/// Narrower terminals than this get lines that wrap rather than excerpts that show nothing.
const LEAST_WIDTH: usize = 60;

/// One or more places in a file, to be shown together.
#[derive(Debug)]
pub(super) struct Snippet {
    /// The path, with line and column where they are known.
    pub(super) origin: String,
    /// The lines to show, unless the file cannot be read.
    pub(super) excerpt: Option<Excerpt>,
    /// A label for each mark of the excerpt; the finding itself has none.
    pub(super) labels: Vec<Option<String>>,
}

/// A piece of output.
pub(super) enum Part {
    /// A line that starts at the margin.
    Line(String),
    /// Lines that start with a column for line numbers of this width.
    Block { gutter: usize, lines: String },
}

/// Lines of repairs are cut when they are longer than this and than the terminal is wide.
const REPAIR_WIDTH: usize = 240;

/// Knows the colours and the width.
pub(super) struct Painter {
    renderer: Renderer,
    color: bool,
    width: usize,
}

impl Painter {
    pub(super) fn new(color: bool, width: Option<usize>) -> Self {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let width = width.map_or(DEFAULT_TERM_WIDTH, |width| width.max(LEAST_WIDTH));
        Self {
            renderer: renderer.hyperlink(false).term_width(width),
            color,
            width,
        }
    }

    /// `warning[rule]: message`
    pub(super) fn title(&self, severity: Severity, rule: &str, message: &str) -> String {
        let title = level(severity)
            .primary_title(visible(message))
            .id(visible(rule));
        self.renderer.render(&[Group::with_title(title)])
    }

    /// Text that is there for whoever looks for it.
    pub(super) fn faint(&self, text: &str) -> String {
        self.painted(DEFAULT_LINE_NUM_STYLE, text)
    }

    /// The origin, the excerpt and the notes below it, each with its name.
    pub(super) fn snippet(
        &self,
        severity: Severity,
        snippet: Snippet,
        notes: &[(&str, &str)],
        is_followed: bool,
    ) -> Part {
        let Snippet {
            origin,
            excerpt,
            labels,
        } = snippet;
        let is_finding = labels.iter().any(Option::is_none);
        let gutter = excerpt
            .as_ref()
            .map_or(1, |excerpt| digits(excerpt.last_line()));
        let margin = " ".repeat(gutter);
        let arrow = if is_finding { "-->" } else { ":::" };
        let mut lines = self.origin(&margin, arrow, &origin);
        if let Some(excerpt) = excerpt {
            let marks = excerpt.marks.into_iter().zip(labels).map(|(mark, label)| {
                let kind = match label {
                    None => AnnotationKind::Primary,
                    Some(_) => AnnotationKind::Context,
                };
                kind.span(mark).label(label)
            });
            let source = Source::source(excerpt.text).line_start(excerpt.first_line);
            let group = Group::with_level(level(severity)).element(source.annotations(marks));
            lines.push_str(&self.renderer.render(&[group]));
            lines.push('\n');
            if !notes.is_empty() || is_followed {
                lines.push_str(&self.bar(&margin));
            }
        } else {
            for label in labels.iter().flatten() {
                self.note(&mut lines, &margin, "note", label);
            }
        }
        for (name, text) in notes {
            self.note(&mut lines, &margin, name, &visible(text));
        }
        Part::Block { gutter, lines }
    }

    fn origin(&self, margin: &str, arrow: &str, origin: &str) -> String {
        let arrow = self.painted(DEFAULT_LINE_NUM_STYLE, arrow);
        format!("{margin}{arrow} {}\n", visible(origin))
    }

    fn bar(&self, margin: &str) -> String {
        format!("{margin} {}\n", self.painted(DEFAULT_LINE_NUM_STYLE, "|"))
    }

    fn note(&self, lines: &mut String, margin: &str, name: &str, text: &str) {
        let sign = self.painted(DEFAULT_LINE_NUM_STYLE, "=");
        let name = self.painted(Style::new().bold(), &format!("{name}:"));
        lines.push_str(&format!("{margin} {sign} {name} {text}\n"));
    }

    /// `safe fix: description`
    pub(super) fn fix_title(&self, kind: &str, description: &str) -> Part {
        let kind = self.painted(DEFAULT_HELP_STYLE, &format!("{kind}:"));
        Part::Line(format!("{kind} {description}"))
    }

    /// The lines that a fix changes, if they are known.
    pub(super) fn fix(&self, lines: &[DiffLine]) -> Option<Part> {
        let gutter = lines
            .iter()
            .filter_map(|line| line.number)
            .max()
            .map(digits)?;
        let margin = " ".repeat(gutter);
        let mut block = self.bar(&margin);
        for line in lines {
            let (sign_style, style, sign) = match line.kind {
                Kind::Same => (DEFAULT_LINE_NUM_STYLE, Style::new(), "|"),
                Kind::Removed => (DEFAULT_REMOVAL_STYLE, DEFAULT_REMOVAL_STYLE, "-"),
                Kind::Added => (DEFAULT_ADDITION_STYLE, DEFAULT_ADDITION_STYLE, "+"),
                Kind::Elided => {
                    let text = format!("... {}", line.text);
                    block.push_str(&self.painted(DEFAULT_LINE_NUM_STYLE, text.trim_end()));
                    block.push('\n');
                    continue;
                }
                Kind::File => {
                    block.push_str(&self.origin(&margin, ":::", &line.text));
                    continue;
                }
            };
            let number = line
                .number
                .map(|number| number.to_string())
                .unwrap_or_default();
            let number = self.painted(DEFAULT_LINE_NUM_STYLE, &format!("{number:<gutter$}"));
            let sign = self.painted(sign_style, sign);
            block.push_str(&format!("{number} {sign}"));
            let text = self.clipped(&line.text, gutter);
            if !text.is_empty() {
                block.push(' ');
                block.push_str(&self.painted(style, &text));
            }
            block.push('\n');
        }
        Some(Part::Block {
            gutter,
            lines: block,
        })
    }

    /// A line of source with tabs as wide as in excerpts. A repair is there to be read whole, so it
    /// may run on beyond the edge of the terminal, only not for ever.
    fn clipped(&self, text: &str, gutter: usize) -> String {
        let text = text.trim_end().replace('\t', "    ");
        let room = self.width.max(REPAIR_WIDTH).saturating_sub(gutter + 4);
        match text.char_indices().nth(room) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    fn painted(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Prints the parts below each other, with their line numbers ending in one column.
    pub(super) fn print(&self, parts: &[Part], out: &mut dyn Write) -> io::Result<()> {
        let gutters = parts.iter().map(|part| match part {
            Part::Line(_) => 0,
            Part::Block { gutter, .. } => *gutter,
        });
        let widest = gutters.max().unwrap_or_default();
        for part in parts {
            match part {
                Part::Line(line) => writeln!(out, "{line}")?,
                Part::Block { gutter, lines } => {
                    let indent = " ".repeat(widest - gutter);
                    for line in lines.lines() {
                        writeln!(out, "{indent}{line}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}
