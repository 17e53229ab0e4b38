//! The drawing as a page: search, and zoom by a click. The script is the page's own and only moves
//! what is there; without it the page still shows everything.

use std::io::{self, Write};

use super::draw::{self, STYLE, escape};
use super::tree::Graph;

const PAGE_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn write(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    let (boxes, narrow) = graph.boxes();
    let title = escape(graph.title());
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{PAGE_STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<div class=\"total\">{}{}</div>",
        escape(&graph.shown(graph.total())),
        if narrow > 0 {
            format!(" · {narrow} narrow frames are not drawn")
        } else {
            String::new()
        }
    )?;
    writeln!(
        out,
        "<div class=\"tools\"><input id=\"search\" type=\"search\" placeholder=\"find a function\" \
         aria-label=\"find a function\"><button id=\"reset\" disabled>Show all</button>\
         <span id=\"status\" role=\"status\"></span></div>\n<div id=\"hover\"></div>"
    )?;
    draw::inner(out, graph, &boxes)?;
    writeln!(out, "<script>\n{SCRIPT}</script>\n</body>\n</html>")
}
