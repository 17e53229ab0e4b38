//! `deferscope dev defers`: a line for each defer, as the compiler prints it with `-d=defer`; two where the
//! compiler makes two copies of different classes.

use anyhow::Result;
use cost::{Class, Survey};
use go_project::Project;

use super::{BuildArgs, Went, complain, context};
use crate::commands::config::working_folder;
use crate::exit::Exit;
use crate::output::to_stdout;

/// The arguments of `dev defers`.
#[derive(clap::Args, Debug)]
pub(crate) struct DefersArgs {
    /// Folders, files, import paths, or patterns with `...`, as Go has them [default: ./...]
    #[arg(value_name = "PATTERN", value_hint = clap::ValueHint::AnyPath)]
    patterns: Vec<String>,
    #[command(flatten)]
    build: BuildArgs,
    /// Print why, too.
    #[arg(long)]
    reasons: bool,
    /// Mark defers of generic functions with an asterisk: the compiler prints them where they are used.
    #[arg(long)]
    mark_generic: bool,
    /// Whether to look at test files.
    #[arg(long)]
    tests: bool,
    /// The number of threads [default: one for each processor]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

pub(crate) fn run(args: &DefersArgs) -> Result<Exit> {
    let (context, build) = context(&args.build)?;
    let folder = working_folder()?;
    let project = Project::open(&folder, context);
    let survey = Survey {
        project: &project,
        patterns: &args.patterns,
        builds: &[build],
        tests: args.tests,
        jobs: args.jobs,
    };
    let surveyed = survey.run(|seen| {
        let mut page = String::new();
        let classes = &seen.classes[0];
        for site in &classes.sites {
            let place = seen.lines.line_column(seen.file.stmt(site.stmt).span.start);
            let dead = (site.class.is_none() && args.reasons).then_some("none");
            let classes_of = site.class.into_iter().chain(site.copy).map(Class::as_str);
            for class in dead.into_iter().chain(classes_of) {
                page.push_str(&format!(
                    "{}:{}:{}\t{class}",
                    seen.path.display(),
                    place.line,
                    place.column
                ));
                if args.mark_generic && classes.generic {
                    page.push('*');
                }
                if args.reasons {
                    page.push_str(&format!("\t{}", site.reason));
                }
                page.push('\n');
            }
        }
        page
    })?;
    let went = complain(&surveyed, &folder);
    to_stdout(|out| {
        for page in &surveyed.functions {
            out.write_all(page.as_bytes())?;
        }
        Ok(())
    })?;
    Ok(if went == Went::Well {
        Exit::Clean
    } else {
        Exit::Failure
    })
}
