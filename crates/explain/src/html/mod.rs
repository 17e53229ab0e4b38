//! An explanation as one page of HTML: a drawing, the source, the defers and the ways out. The page
//! needs nothing else: no script, no font, no picture from elsewhere.

mod drawing;

use std::io::{self, Write};

use crate::model::{Deed, Explanation, Recovers, Run, Way, WayKind};
use crate::text::{
    basis, deed_line, defer_lines, grouped, marks, outcome_line, run_title, shortened_runs,
    way_title,
};

const STYLE: &str = include_str!("style.css");

/// Prints an explanation as a page of HTML.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write_html(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    let title = escape(&format!("{} in {}:{}", told.function, told.path, told.line));
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
    )?;
    writeln!(
        out,
        "<h1><code>{}</code></h1>\n<p class=\"where\">{}:{}–{}{}</p>\n<p class=\"basis\">{}</p>",
        escape(&told.function),
        escape(&told.path),
        told.line,
        told.end_line,
        if told.literal {
            ", a function literal"
        } else {
            ""
        },
        escape(basis(told.basis))
    )?;
    for note in &told.notes {
        writeln!(out, "<p class=\"note\">{}</p>", escape(note))?;
    }
    writeln!(out, "<h2>At a glance</h2>\n<div class=\"drawing\">")?;
    drawing::draw(out, told)?;
    writeln!(out, "</div>")?;
    source(out, told)?;
    if !told.defers.is_empty() {
        defers(out, told)?;
    }
    ways(out, told)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

/// Text as it stands in HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

fn source(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    let marks = marks(told);
    writeln!(out, "<h2>Source</h2>\n<table class=\"source\">")?;
    for (line, text) in (told.line..).zip(&told.source) {
        let here: Vec<String> = marks
            .iter()
            .filter(|&&(at, _)| at == line)
            .map(|(_, mark)| {
                let class = if mark.starts_with("out") { "out" } else { "in" };
                format!("<span class=\"{class}\">{}</span>", escape(mark))
            })
            .collect();
        writeln!(
            out,
            "<tr id=\"L{line}\"><td class=\"number\">{line}</td><td class=\"code\">{}</td><td class=\"mark\">{}</td></tr>",
            escape(text),
            here.join(" ")
        )?;
    }
    writeln!(out, "</table>")
}

fn defers(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    writeln!(out, "<h2>Defers</h2>\n<ol class=\"defers\">")?;
    for (index, defer) in told.defers.iter().enumerate() {
        write!(
            out,
            "<li><p class=\"head\"><span class=\"chip\">D{}</span> <a href=\"#L{}\">line {}</a> <code>defer {}</code>",
            index + 1,
            defer.site.line,
            defer.site.line,
            escape(&defer.call)
        )?;
        if let Some(class) = &defer.class {
            write!(out, " <span class=\"class\">{}</span>", escape(class))?;
        }
        if defer.recovers == Recovers::Yes {
            write!(out, " <span class=\"class\">recovers</span>")?;
        }
        writeln!(out, "</p>\n<ul>")?;
        for line in defer_lines(defer) {
            writeln!(out, "<li>{}</li>", with_code(&line))?;
        }
        writeln!(out, "</ul></li>")?;
    }
    writeln!(out, "</ol>")
}

/// A sentence whose parts between backticks are code.
fn with_code(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            html.push_str(&format!("<code>{}</code>", escape(part)));
        } else {
            html.push_str(&escape(part));
        }
    }
    html
}

fn ways(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    writeln!(out, "<h2>Ways out</h2>")?;
    for (_, group) in grouped(told) {
        way(out, told, &group)?;
    }
    Ok(())
}

fn way(out: &mut dyn Write, told: &Explanation, group: &[&Way]) -> io::Result<()> {
    let way = group[0];
    let class = match way.kind {
        _ if !way.reached => "way never",
        WayKind::Panic | WayKind::Calls => "way panic",
        WayKind::Exit | WayKind::Blocks | WayKind::Goexit => "way stop",
        WayKind::Return | WayKind::End => "way",
    };
    writeln!(
        out,
        "<section class=\"{class}\" id=\"way-{}\">\n<h3>{}</h3>",
        way.lines.first().copied().unwrap_or(0),
        escape(&way_title(group))
    )?;
    if !way.reached {
        return writeln!(out, "<p>never reached</p>\n</section>");
    }
    if !way.given.is_empty() {
        let given: Vec<String> = way.given.iter().map(|given| with_code(given)).collect();
        writeln!(out, "<p>when {}</p>", given.join(", "))?;
    }
    if !way.puts.is_empty() {
        let puts: Vec<String> = way
            .puts
            .iter()
            .map(|put| {
                format!(
                    "<code>{} = {}</code>",
                    escape(&put.name),
                    escape(&put.value)
                )
            })
            .collect();
        writeln!(out, "<p>sets {}</p>", puts.join(", "))?;
    }
    if way.runs.is_empty() {
        writeln!(out, "<p>no deferred call runs</p>")?;
    } else {
        writeln!(out, "<ol>")?;
        let (shown, hidden) = shortened_runs(&way.runs);
        for run in shown {
            one_run(out, told, run)?;
        }
        if hidden > 0 {
            writeln!(out, "<li>… and {hidden} more</li>")?;
        }
        writeln!(out, "</ol>")?;
    }
    for skip in &way.skips {
        writeln!(
            out,
            "<p class=\"skip\">D{} does not run: {}</p>",
            skip.defer + 1,
            escape(&skip.why)
        )?;
    }
    for outcome in &way.outcomes {
        writeln!(
            out,
            "<p class=\"outcome\">{}</p>",
            with_code(&outcome_line(outcome))
        )?;
    }
    writeln!(out, "</section>")
}

fn one_run(out: &mut dyn Write, told: &Explanation, run: &Run) -> io::Result<()> {
    write!(out, "<li><code>{}</code>", escape(&run_title(told, run)))?;
    deeds(out, &run.does)?;
    writeln!(out, "</li>")
}

fn deeds(out: &mut dyn Write, does: &[Deed]) -> io::Result<()> {
    if does.is_empty() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for deed in does {
        write!(out, "<li>{}", with_code(&deed_line(deed)))?;
        if let Deed::Within { does, .. } | Deed::Runs { does, .. } | Deed::If { does, .. } = deed {
            deeds(out, does)?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul>")
}
