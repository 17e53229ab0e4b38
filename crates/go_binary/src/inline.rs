//! Where an instruction comes from: the lines and functions that were inlined to make it.

use crate::image::Image;
use crate::pclntab::{Function, FunctionTable, Layout, funcdata, pcdata, u32_at};

/// Calls nest no deeper than this in what the compiler makes; more is a damaged table.
const MAX_DEPTH: usize = 256;

/// A function that is active at an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// The name of the function.
    pub function: &'a str,
    /// Where its declaration starts, if it is known.
    pub start_line: Option<u32>,
    /// The file of the instruction, or of the call of the frame before.
    pub file: &'a str,
    /// The line there.
    pub line: u32,
}

/// The frames at `pc`, the innermost first; the last is the function itself. Empty when the tables of the
/// function are damaged.
#[must_use]
pub(crate) fn frames_at<'a>(
    image: &Image<'a>,
    table: &FunctionTable<'a>,
    function: &Function<'a>,
    pc: u64,
) -> Vec<Frame<'a>> {
    let mut frames = Vec::new();
    let mut pc = pc;
    while frames.len() < MAX_DEPTH {
        let Some((file, line)) = position(table, function, pc) else {
            return Vec::new();
        };
        let frame = |name, start_line| Frame {
            function: name,
            start_line,
            file,
            line,
        };
        let Some(call) = inlined_at(image, table, function, pc) else {
            frames.push(frame(function.name, function.start_line));
            return frames;
        };
        let Some(name) = table.name(call.name) else {
            return Vec::new();
        };
        frames.push(frame(name, call.start_line));
        pc = function.entry.saturating_add(u64::from(call.parent_pc));
    }
    Vec::new()
}

/// The file and the line of an instruction.
#[must_use]
pub(crate) fn position<'a>(
    table: &FunctionTable<'a>,
    function: &Function<'a>,
    pc: u64,
) -> Option<(&'a str, u32)> {
    let line = u32::try_from(table.lines(function).at(pc)?).ok()?;
    let file = table.file(function, table.files(function).at(pc)?)?;
    Some((file, line))
}

/// A call that was inlined.
#[derive(Clone, Copy, Debug)]
struct Inlined {
    name: u32,
    parent_pc: u32,
    start_line: Option<u32>,
}

/// The innermost call that was inlined and that the instruction at `pc` belongs to.
fn inlined_at<'a>(
    image: &Image<'a>,
    table: &FunctionTable<'a>,
    function: &Function<'a>,
    pc: u64,
) -> Option<Inlined> {
    let index = table
        .pcdata(function, pcdata::INLINE_TREE_INDEX)
        .at(pc)
        .and_then(|index| u64::try_from(index).ok())?;
    let tree = table.funcdata(function, funcdata::INLINE_TREE)?;
    let entry = |size: u64| image.tail(tree.checked_add(index.checked_mul(size)?)?);
    match table.layout() {
        // parent (2), function (1), file, line, name, instruction before the call
        Layout::Go118 => {
            let entry = entry(20)?;
            Some(Inlined {
                name: u32_at(entry, 12)?,
                parent_pc: u32_at(entry, 16)?,
                start_line: None,
            })
        }
        // function (1), name, instruction before the call, start line
        Layout::Go120 => {
            let entry = entry(16)?;
            Some(Inlined {
                name: u32_at(entry, 4)?,
                parent_pc: u32_at(entry, 8)?,
                start_line: Some(u32_at(entry, 12)?),
            })
        }
    }
}
