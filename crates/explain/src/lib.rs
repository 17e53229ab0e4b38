//! What the defers of a function do: for each way out of it, which run, in what order, with what
//! values, and what comes of results and panics.
//!
//! `find` finds the function that is meant, `sites` describes its defer statements, `structure` the
//! ways out by control flow; `explore` runs the function with the machine of `run` and makes that more
//! exact, and `conditions` says when something happens; `returning` knows the functions of the package that
//! never return. The [`Explanation`] is plain data; `text` and
//! `html` print it.
//! No findings are made here, and nothing is judged.

mod conditions;
mod error;
mod explore;
mod find;
mod html;
mod model;
mod releases;
mod returning;
mod run;
mod sites;
mod source;
mod structure;
mod text;

use go_flow::{CallEnd, FunctionFacts, Models};
use go_project::Project;
use go_types::{Body, PackageCx, ProjectLoader, root_of};

pub use error::ExplainError;
pub use html::write_html;
pub use model::{
    Basis, Deed, Defer, Ending, Explanation, Operand, OperandKind, Outcome, Recovers, ResultValue,
    Run, SCHEMA, SiteId, Skip, Times, Way, WayKind,
};
pub use text::write_text;

use find::Found;
use run::World;
use sites::Sites;
use source::{Lines, one_line};
use structure::Structure;

/// Explains the function that `target` means: `PATH:FUNC`, `PATH:LINE`, or `PKG.FUNC`.
///
/// # Errors
///
/// When it means no function, or several.
pub fn explain(
    project: &Project,
    models: &Models,
    target: &str,
) -> Result<Explanation, ExplainError> {
    let found = find::find(project, target)?;
    let loader = ProjectLoader::new(project);
    let cx = PackageCx::new(&found.names, &loader);
    let root = root_of(cx.file(found.file), found.func);
    let body = Body::new(&cx, found.file, root);
    let facts = FunctionFacts::new(&body);
    Ok(Explainer {
        project,
        models,
        found: &found,
        facts: &facts,
    }
    .explain())
}

struct Explainer<'r, 'a> {
    project: &'r Project,
    models: &'r Models,
    found: &'r Found,
    facts: &'r FunctionFacts<'a>,
}

impl<'a> Explainer<'_, 'a> {
    fn explain(&self) -> Explanation {
        let (found, facts) = (self.found, self.facts);
        let file = facts.file();
        let lines = Lines::new(file);
        let func = file.func(found.func);
        let path = &found.paths[found.file as usize];
        let path = path.strip_prefix(self.project.cwd()).unwrap_or(path);
        let path = path.display().to_string();
        let function = found.names.function_label(found.file, facts.root());
        let package = found.package.import_path.to_string();
        let build = cost::Build::plain(self.project.context().release.minor.into());
        let sites = Sites {
            facts,
            classes: cost::classes(facts.body(), &build),
            models: self.models,
            lines: &lines,
            package: &package,
            function: &function,
            path: &path,
            func: found.func,
        };
        let wanted = sites.wanted();
        let mut defers: Vec<Defer> = wanted.iter().map(|site| sites.describe(site)).collect();
        let timed: Vec<_> = wanted
            .iter()
            .zip(&defers)
            .map(|(site, defer)| (*site, defer.times))
            .collect();
        let results = self.results();
        let world = self.world();
        let structure = Structure::new(facts, &lines, found.func, &timed, &world.returning);
        let mut ways = structure.ways(&results);
        doubt(&mut ways, &defers);
        let risky: Vec<u32> = ways
            .iter()
            .filter(|way| way.kind == WayKind::Calls)
            .flat_map(|way| way.lines.iter().copied())
            .collect();
        let explored = explore::explore(&world, found.file, found.func, &risky);
        let stmts: Vec<_> = wanted.iter().map(|site| site.stmt).collect();
        let at: Vec<u32> = defers.iter().map(|defer| defer.site.line).collect();
        let own: Vec<bool> = defers.iter().map(|defer| defer.within.is_none()).collect();
        let telling = explore::Telling {
            explored: &explored,
            stmts: &stmts,
            lines: &at,
            own: &own,
            results: &results,
        };
        telling.refine(&mut ways);
        for (index, panics) in structure.only_by_panic(&ways) {
            defers[index].never = Some(if panics {
                "it runs only if something panics: no other way out leads past it".to_owned()
            } else {
                "no way out of the function runs it".to_owned()
            });
        }
        let (line, end_line) = lines.of(func.span);
        let body_start = func
            .body
            .map_or(func.span.end, |body| file.stmt(body).span.start);
        let head = go_syntax::Span::new(func.span.start, body_start);
        Explanation {
            schema: SCHEMA,
            package,
            function,
            path,
            line,
            end_line,
            literal: found.func != facts.root() || func.name.is_none(),
            signature: one_line(file.span_text(head)),
            basis: telling.basis(),
            notes: self.notes(&lines, &defers, telling.why()),
            defers,
            ways,
            source: source_lines(file.text(), line, end_line),
        }
    }

    fn world(&self) -> World<'a> {
        let (found, facts) = (self.found, self.facts);
        let ends = facts
            .calls()
            .iter()
            .filter_map(|site| match facts.call_end(site.call) {
                Some(CallEnd::Never(end)) => Some(((found.file, site.call), end)),
                _ => None,
            })
            .collect();
        World::new(facts.body().cx(), found.versions.clone(), ends)
    }

    /// The names of the results; their numbers in brackets where they have none.
    fn results(&self) -> Vec<String> {
        let file = self.facts.file();
        let sig = file.sig(file.func(self.found.func).sig);
        let mut names = Vec::new();
        for field in sig
            .results
            .into_iter()
            .flat_map(|list| file.fields_of(list).iter())
        {
            let field = file.field(field);
            if field.names.is_empty() {
                names.push(format!("[{}]", names.len()));
            }
            for name in field.names.iter() {
                names.push(file.name(name).to_owned());
            }
        }
        names
    }

    fn notes(&self, lines: &Lines, defers: &[Defer], why: Option<&str>) -> Vec<String> {
        let file = self.facts.file();
        let mut notes = Vec::new();
        if let Some(error) = file.errors().first() {
            notes.push(format!(
                "the file does not parse (line {}: {}): what is told may be incomplete",
                lines.at(error.span.start),
                error.message
            ));
        }
        if let Some(why) = why {
            notes.push(format!("the function was not run: {why}"));
        }
        if defers.iter().all(|defer| defer.within.is_some()) {
            notes.push("the function itself has no defer statement".to_owned());
        }
        let mut inner: Vec<u32> = defers.iter().filter_map(|defer| defer.within).collect();
        inner.sort_unstable();
        inner.dedup();
        for line in inner {
            notes.push(format!(
                "the function literal at line {line} has defers of its own, which run when it ends: explain {}:{} tells of them",
                self.found.paths[self.found.file as usize]
                    .strip_prefix(self.project.cwd())
                    .unwrap_or(&self.found.paths[self.found.file as usize])
                    .display(),
                defers
                    .iter()
                    .find(|defer| defer.within == Some(line))
                    .map_or(line, |defer| defer.site.line),
            ));
        }
        notes
    }
}

fn source_lines(text: &str, first: u32, last: u32) -> Vec<String> {
    let skip = first.saturating_sub(1) as usize;
    let count = (last + 1).saturating_sub(first) as usize;
    text.lines()
        .skip(skip)
        .take(count)
        .map(|line| line.replace('\t', "    "))
        .collect()
}

/// Where values are not followed, deferred calls may change what control flow alone would promise.
fn doubt(ways: &mut [Way], defers: &[Defer]) {
    for way in ways {
        let running = |wanted: &dyn Fn(&Defer) -> bool| -> Option<usize> {
            way.runs
                .iter()
                .map(|run| run.defer)
                .find(|&defer| wanted(&defers[defer]))
        };
        if matches!(way.kind, WayKind::Panic | WayKind::Calls)
            // Those that are known to recover first: of the others it is only not known that they do not.
            && let Some(defer) = running(&|defer| defer.recovers == Recovers::Yes)
                .or_else(|| running(&|defer| defer.recovers == Recovers::Unknown))
        {
            let mut goes_on = structure::plain_outcome(Ending::Panics);
            goes_on.given = vec![format!("D{} does not recover", defer + 1)];
            let mut returns = structure::plain_outcome(Ending::Returns);
            returns.given = vec![format!("D{} recovers", defer + 1)];
            returns.recovered = true;
            way.outcomes = vec![returns, goes_on];
        }
        let mut changed = Vec::new();
        for outcome in &way.outcomes {
            for result in &outcome.results {
                changed.push(running(&|defer| defer.changes.contains(&result.name)));
            }
        }
        let mut changed = changed.into_iter();
        for result in way
            .outcomes
            .iter_mut()
            .flat_map(|outcome| &mut outcome.results)
        {
            if let Some(Some(defer)) = changed.next() {
                result.value = format!("{}, or what D{} makes of it", result.value, defer + 1);
            }
        }
    }
}
