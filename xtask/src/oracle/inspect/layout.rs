//! The offsets of the runtime's structures that `go_binary` ships, against those that it reads from the debug
//! information of a program: so both are right, or wrong in the same way.

use std::fmt::Debug;

use anyhow::Result;
use go_binary::{Binary, RuntimeLayout};

/// Says where the layout for the program's release is wrong; nothing when it is right.
pub(super) fn check(program: &Binary<'_>) -> Result<Vec<String>> {
    let Some(known) = RuntimeLayout::of(program.version()) else {
        return Ok(vec![format!("no layout of Go {}", program.version())]);
    };
    let read = RuntimeLayout::read(program.image(), program.version())?;
    let mut wrong = Vec::new();
    differ("runtime.g", &known.g, &read.g, &mut wrong);
    differ("runtime.m", &known.m, &read.m, &mut wrong);
    differ("runtime._defer", &known.record, &read.record, &mut wrong);
    differ("runtime._panic", &known.panic, &read.panic, &mut wrong);
    Ok(wrong)
}

fn differ<T: PartialEq + Debug>(structure: &str, known: &T, read: &T, wrong: &mut Vec<String>) {
    if known != read {
        wrong.push(format!("{structure} is {read:?}, not {known:?}"));
    }
}
