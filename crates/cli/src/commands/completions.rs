//! `deferscope completions`.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::Exit;
use crate::output::to_stdout;

pub(crate) fn run(shell: Shell) -> Result<Exit> {
    // Written to memory first: clap_complete panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "deferscope", &mut script);
    to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Clean)
}
