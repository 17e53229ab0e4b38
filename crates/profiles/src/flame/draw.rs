//! The drawing as SVG.

use std::io::{self, Write};

use super::tree::{Box, Graph};

/// The width of the drawing; a page stretches it.
const WIDTH: f64 = 1200.0;
const ROW: usize = 18;
/// Room for the title above.
const TOP: usize = 34;
/// About the width of a letter.
const LETTER: f64 = 6.7;
/// The number of colours in style.css.
const COLOURS: u32 = 8;

/// Colours, for the day and for the night.
pub(super) const STYLE: &str = include_str!("style.css");

/// The whole file.
pub(super) fn alone(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    let (boxes, narrow) = graph.boxes();
    let height = height(&boxes);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>",
        escape(graph.title())
    )?;
    let mut heading = format!("{} · {}", graph.title(), graph.shown(graph.total()));
    if narrow > 0 {
        heading.push_str(&format!(" · {narrow} narrow frames are not drawn"));
    }
    writeln!(
        out,
        "<text class=\"heading\" x=\"4\" y=\"20\">{}</text>",
        escape(&heading)
    )?;
    frames(out, graph, &boxes)?;
    writeln!(out, "</svg>")
}

/// The drawing as part of a page.
pub(super) fn inner(out: &mut dyn Write, graph: &Graph, boxes: &[Box<'_>]) -> io::Result<()> {
    let height = height(boxes);
    writeln!(
        out,
        "<svg id=\"graph\" role=\"img\" aria-label=\"flame graph\" viewBox=\"0 0 {WIDTH} {height}\">"
    )?;
    frames(out, graph, boxes)?;
    writeln!(out, "</svg>")
}

fn height(boxes: &[Box<'_>]) -> usize {
    let rows = boxes.iter().map(|frame| frame.depth + 1).max().unwrap_or(1);
    TOP + rows * ROW + 4
}

fn frames(out: &mut dyn Write, graph: &Graph, boxes: &[Box<'_>]) -> io::Result<()> {
    if boxes.is_empty() {
        return writeln!(
            out,
            "<text class=\"heading\" x=\"4\" y=\"{}\">nothing was observed</text>",
            TOP + ROW
        );
    }
    let bottom = height(boxes) - 4;
    let total = graph.total() as f64;
    for frame in boxes {
        let y = bottom - (frame.depth + 1) * ROW;
        let (x, width) = (frame.left * WIDTH, frame.width * WIDTH);
        writeln!(
            out,
            "<g class=\"frame c{}\" data-x=\"{:.6}\" data-w=\"{:.6}\" data-d=\"{}\">\
             <title>{} · {} · {:.2} %</title>\
             <rect x=\"{x:.2}\" y=\"{y}\" width=\"{:.2}\" height=\"{}\" rx=\"2\"/>\
             <text x=\"{:.2}\" y=\"{}\">{}</text></g>",
            colour(frame.name),
            frame.left,
            frame.width,
            frame.depth,
            escape(frame.name),
            escape(&graph.shown(frame.weight)),
            frame.weight as f64 / total * 100.0,
            // A gap on the right, unless nothing would be left.
            if width > 2.0 { width - 0.5 } else { width },
            ROW - 1,
            x + 3.0,
            y + 13,
            escape(&shortened(frame.name, width)),
        )?;
    }
    Ok(())
}

/// The part of a name that fits; nothing when that would tell nothing.
fn shortened(name: &str, width: f64) -> String {
    let room = ((width - 6.0) / LETTER) as usize;
    if room < 3 {
        return String::new();
    }
    if name.chars().count() <= room {
        return name.to_owned();
    }
    let mut text: String = name.chars().take(room - 1).collect();
    text.push('…');
    text
}

/// The colour of a frame: packages keep theirs in every drawing.
fn colour(name: &str) -> u32 {
    let path = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name[path..].find('.').map_or(name.len(), |dot| path + dot);
    // FNV-1a: the same everywhere.
    let hash = name[..end].bytes().fold(0x811c_9dc5u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 8) % COLOURS
}

/// Text as it stands in SVG and HTML.
pub(super) fn escape(text: &str) -> String {
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
