//! `deferscope explain`: what the defers of a function do.

use anyhow::{Context, Result};
use go_project::{BuildContext, ProcessEnv, Project};
use rules::RunModels;

use super::config::{load, working_folder};
use crate::args::{ExplainArgs, ExplainFormat, Settings};
use crate::exit::Exit;
use crate::output;

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit> {
    let cwd = working_folder()?;
    let config = load(&args.source, &Settings::default(), &cwd)?;
    let models = RunModels::new(Some(config.models.clone()));
    let (mut context, problems) = BuildContext::from_env(&ProcessEnv);
    for problem in &problems {
        output::warning(&problem.to_string());
    }
    let build = &config.build;
    if let Some(goos) = &build.goos {
        context.goos.clone_from(goos);
    }
    if let Some(goarch) = &build.goarch {
        context.goarch.clone_from(goarch);
    }
    if let Some(tags) = &build.tags {
        context.tags = tags.iter().cloned().collect();
    }
    let project = Project::open(&cwd, context);
    let told = on_large_stack(|| explain::explain(&project, models.get(), &args.target))??;
    output::to(args.output.as_deref(), |out| match args.format {
        ExplainFormat::Text => explain::write_text(out, &told),
        ExplainFormat::Html => explain::write_html(out, &told),
        ExplainFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &told)?;
            out.write_all(b"\n")
        }
    })?;
    Ok(Exit::Clean)
}

/// Trees are as deep as the parser accepts, and the analysis recurses along them.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    const STACK_BYTES: usize = 128 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .context("cannot start a thread")?;
        thread.join().map_err(|_| {
            anyhow::anyhow!("internal error\n  help: this is a bug of deferscope: please report it")
        })
    })
}
