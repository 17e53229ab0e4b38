//! Our parser: comments included.

use go_syntax::{Mode, Source, parse};

fn main() -> anyhow::Result<()> {
    deferscope_bench::measure(|source| parse(Source::new(source), Mode::Full).errors().is_empty())
}
