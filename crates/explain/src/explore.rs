//! The ways out of a function with what happens on them: the function is run for every outcome of what
//! the source does not decide, and the runs that leave at the same place are told together.
//!
//! Where there are too many runs, or something cannot be run, what the control flow tells stays.

use go_syntax::{FuncId, StmtId};
use rustc_hash::FxHashSet;

use crate::conditions::{distinct, leading_to};
use crate::model::{Basis, Deed, Ending, Outcome, ResultValue, Run, Skip, Times, Way, WayKind};
use crate::run::{
    Abort, Choices, Completion, ExitKind, Machine, Memo, PathResult, PathRun, Shown, World,
};

/// So many runs are made.
const MAX_PATHS: usize = 400;
/// So many calls are found, one after the other, into which it is better not to look.
const MAX_RESTARTS: usize = 200;
/// So many steps are made in all paths together.
const MAX_STEPS: u64 = 1_000_000;
/// So many different runs are told one by one.
const MAX_VARIANTS: usize = 4;
/// So many deferred calls are told one by one.
const MAX_RUNS: usize = 64;
/// So many where only one path leads there.
const MAX_RUNS_OF_ONE: usize = 5000;

/// What the runs of a function have shown.
pub(crate) struct Explored {
    paths: Vec<PathResult>,
    /// Whether there are no other paths.
    complete: bool,
    /// Why there may be.
    why: Option<String>,
}

impl Explored {
    /// How it was found out what is told.
    fn basis(&self) -> Basis {
        if !self.complete || self.paths.is_empty() {
            return Basis::ControlFlow;
        }
        match &self.paths[..] {
            [only] if only.decisions.is_empty() && !only.looked_away => Basis::Run,
            _ => Basis::Explored,
        }
    }
}

/// Runs a function in all ways; `risky` are the lines of its statements that may panic.
pub(crate) fn explore(world: &World<'_>, file: u32, func: FuncId, risky: &[u32]) -> Explored {
    let mut opaque = FxHashSet::default();
    let plain = Pass {
        risky: &[],
        coarse: false,
        only_one: true,
    };
    let explored = plain.explore(world, &mut opaque, file, func);
    if explored.basis() == Basis::Run {
        return explored;
    }
    // Once more, with a panic where a statement may raise one.
    let with_panics = Pass {
        risky,
        coarse: false,
        only_one: false,
    };
    let explored = with_panics.explore(world, &mut opaque, file, func);
    if explored.complete {
        return explored;
    }
    let coarse = Pass {
        risky,
        coarse: true,
        only_one: false,
    };
    coarse.explore(world, &mut opaque, file, func)
}

/// A way to run a function in all ways.
struct Pass<'p> {
    /// The lines of statements that may panic.
    risky: &'p [u32],
    /// Whether what neither leaves nor defers is passed over.
    coarse: bool,
    /// Whether to give up as soon as there is more than one path.
    only_one: bool,
}

impl Pass<'_> {
    fn explore(
        &self,
        world: &World<'_>,
        opaque: &mut FxHashSet<(u32, go_syntax::ExprId)>,
        file: u32,
        func: FuncId,
    ) -> Explored {
        let mut left = MAX_STEPS;
        for _ in 0..=MAX_RESTARTS {
            let mut memo = Memo {
                opaque: opaque.clone(),
                risky: self.risky.to_vec(),
                coarse: self.coarse,
                ..Memo::default()
            };
            match all_paths(world, &mut memo, &mut left, file, func, self.only_one) {
                Ok(explored) => return explored,
                Err(call) => {
                    opaque.insert(call);
                }
            }
        }
        Explored {
            paths: Vec::new(),
            complete: false,
            why: Some("too many functions are called".to_owned()),
        }
    }
}

/// All paths, or the call that is not to be looked into.
fn all_paths(
    world: &World<'_>,
    memo: &mut Memo,
    left: &mut u64,
    file: u32,
    func: FuncId,
    only_one: bool,
) -> Result<Explored, (u32, go_syntax::ExprId)> {
    let mut explored = Explored {
        paths: Vec::new(),
        complete: true,
        why: None,
    };
    let mut next = Some(Choices::default());
    let mut count = 0;
    while let Some(choices) = next {
        count += 1;
        if count > MAX_PATHS || *left == 0 {
            explored.complete = false;
            explored.why = Some("there are too many paths".to_owned());
            break;
        }
        let machine = Machine::new(world, memo, choices, *left);
        let (choices, steps, result) = machine.run(file, func);
        *left = steps;
        match result {
            Ok(path) => explored.paths.push(path),
            Err(Abort::Covered) => {}
            Err(Abort::Opaque(call)) => return Err(call),
            Err(Abort::Steps) => {
                explored.complete = false;
                explored.why = Some("it takes too many steps".to_owned());
            }
            Err(Abort::Unsupported) => {
                explored.complete = false;
                explored.why = Some(match memo.stuck {
                    Some(line) => format!("something at line {line} cannot be run here"),
                    None => "something in it cannot be run here".to_owned(),
                });
            }
        }
        next = choices.advance();
        if only_one && next.is_some() {
            explored.complete = false;
            explored.why = Some("there are several paths".to_owned());
            break;
        }
    }
    Ok(explored)
}

/// What is needed to tell of paths: the numbers of defers, the names of results.
pub(crate) struct Telling<'r> {
    pub(crate) explored: &'r Explored,
    /// The statement of each defer that is described.
    pub(crate) stmts: &'r [StmtId],
    /// The line of each.
    pub(crate) lines: &'r [u32],
    /// Whether it is one of the explained function, not of a literal in it.
    pub(crate) own: &'r [bool],
    pub(crate) results: &'r [String],
}

impl Telling<'_> {
    /// How it was found out what is told.
    pub(crate) fn basis(&self) -> Basis {
        self.explored.basis()
    }

    /// Why values are not followed, if they are not.
    pub(crate) fn why(&self) -> Option<&str> {
        self.explored
            .why
            .as_deref()
            .filter(|_| self.basis() == Basis::ControlFlow)
    }

    /// What the control flow tells, made more exact.
    pub(crate) fn refine(&self, ways: &mut Vec<Way>) {
        let basis = self.basis();
        if basis == Basis::ControlFlow {
            return;
        }
        let mut told = vec![false; self.explored.paths.len()];
        for way in ways.iter_mut() {
            let paths: Vec<&PathResult> = self
                .explored
                .paths
                .iter()
                .enumerate()
                .filter(|(_, path)| leaves_by(path, way))
                .map(|(index, path)| {
                    told[index] = true;
                    path
                })
                .collect();
            if paths.is_empty() {
                // What can panic in some call is known only if all was run.
                if way.kind != WayKind::Calls || basis == Basis::Run {
                    way.reached = false;
                }
                continue;
            }
            self.tell(way, &paths, basis);
        }
        // Panics that the control flow does not know of: they come from calls or operations.
        let mut others: Vec<&PathResult> = self
            .explored
            .paths
            .iter()
            .zip(&told)
            .filter(|(_, told)| !**told)
            .map(|(path, _)| path)
            .collect();
        others.sort_by_key(|path| path.line);
        while let Some(first) = others.first().copied() {
            let (same, rest): (Vec<&PathResult>, Vec<&PathResult>) = others
                .into_iter()
                .partition(|path| path.line == first.line && path.exit == first.exit);
            others = rest;
            let mut way = self.new_way(first);
            self.tell(&mut way, &same, basis);
            ways.push(way);
        }
        if basis == Basis::Run {
            ways.retain(|way| way.kind != WayKind::Calls || way.reached);
        }
        ways.sort_by_key(|way| {
            (
                way.kind == WayKind::Calls,
                way.lines.first().copied().unwrap_or(0),
            )
        });
    }

    fn new_way(&self, path: &PathResult) -> Way {
        let (kind, text) = match path.exit {
            ExitKind::Return => (WayKind::Return, "return"),
            ExitKind::End => (WayKind::End, "the end of the function"),
            ExitKind::Panic | ExitKind::Calls => {
                (WayKind::Panic, "a panic of what is done or called here")
            }
            ExitKind::Goexit => (WayKind::Goexit, "the goroutine ends in what is called here"),
            ExitKind::Exit => (WayKind::Exit, "the process ends in what is called here"),
            ExitKind::Blocks => (WayKind::Blocks, "a wait without end"),
        };
        Way {
            kind,
            lines: vec![path.line],
            text: text.to_owned(),
            reached: true,
            given: Vec::new(),
            before: Vec::new(),
            puts: Vec::new(),
            runs: Vec::new(),
            skips: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Tells what the paths that leave by a way have in common, and where they differ.
    fn tell(&self, way: &mut Way, paths: &[&PathResult], basis: Basis) {
        way.reached = true;
        // One run stands for all calls that may panic with these defers registered.
        if way.kind != WayKind::Calls {
            way.given = leading_to(paths);
        }
        if way.kind == WayKind::Return || way.kind == WayKind::End {
            way.puts = self.puts(way, paths);
        }
        if let (Basis::Run, [only]) = (basis, paths) {
            way.before.clone_from(&only.before);
        }
        self.tell_runs(way, paths);
        self.tell_skips(way);
        way.outcomes = self.outcomes(way, paths);
    }

    fn puts(&self, way: &Way, paths: &[&PathResult]) -> Vec<ResultValue> {
        let mut puts = Vec::new();
        for (index, name) in self.results.iter().enumerate() {
            let values: Vec<&Shown> = paths
                .iter()
                .filter_map(|path| path.puts.get(index))
                .collect();
            let source = way.puts.get(index).map(|put| put.value.clone());
            // The end of the function puts nothing: what there is is there.
            if way.kind == WayKind::Return && source.is_none() && way.puts.is_empty() {
                continue;
            }
            let merged = merge(&values);
            let value = match (merged, source) {
                (Some(shown), _) if shown.known => shown.clone(),
                (_, Some(text)) => Shown { text, known: false },
                (Some(shown), None) => shown.clone(),
                (None, None) => Shown {
                    text: name.clone(),
                    known: false,
                },
            };
            puts.push(ResultValue {
                name: name.clone(),
                value: value.text,
                known: value.known,
            });
        }
        if way.kind == WayKind::End {
            return Vec::new();
        }
        puts
    }

    fn number(&self, stmt: StmtId) -> Option<usize> {
        self.stmts.iter().position(|&known| known == stmt)
    }

    fn tell_runs(&self, way: &mut Way, paths: &[&PathResult]) {
        let shapes: Vec<Vec<(StmtId, bool)>> = paths
            .iter()
            .map(|path| path.runs.iter().map(|run| (run.stmt, run.many)).collect())
            .collect();
        let is_same = shapes.windows(2).all(|pair| pair[0] == pair[1]);
        let most = if paths.len() == 1 {
            MAX_RUNS_OF_ONE
        } else {
            MAX_RUNS
        };
        if is_same && shapes[0].len() <= most {
            way.runs = (0..shapes[0].len())
                .filter_map(|index| {
                    let runs: Vec<(&PathResult, &PathRun)> = paths
                        .iter()
                        .map(|path| (*path, &path.runs[index]))
                        .collect();
                    let defer = self.number(runs[0].1.stmt)?;
                    let times = if runs[0].1.many {
                        Times::Any
                    } else {
                        Times::Once
                    };
                    Some(self.run(defer, &runs, None, times))
                })
                .collect();
            return;
        }
        // In the order that the control flow gives; some only on some of the paths.
        let mut merged = Vec::new();
        for old in &way.runs {
            let Some(&stmt) = self.stmts.get(old.defer) else {
                continue;
            };
            let runs: Vec<(&PathResult, &PathRun)> = paths
                .iter()
                .flat_map(|path| {
                    path.runs
                        .iter()
                        .filter(move |run| run.stmt == stmt)
                        .map(|run| (*path, run))
                })
                .collect();
            if runs.is_empty() {
                continue;
            }
            let with: Vec<&PathResult> = paths
                .iter()
                .copied()
                .filter(|path| path.runs.iter().any(|run| run.stmt == stmt))
                .collect();
            let maybe = (with.len() < paths.len()).then(|| {
                let given = distinct(&with, paths);
                match (given.is_empty(), &old.maybe) {
                    (false, _) => format!("only if {}", given.join(" and ")),
                    (true, Some(maybe)) => maybe.clone(),
                    (true, None) => format!("only if line {} was passed", old.line),
                }
            });
            let is_loop = old.times != Times::Once;
            let most = paths
                .iter()
                .map(|path| path.runs.iter().filter(|run| run.stmt == stmt).count())
                .max()
                .unwrap_or(0);
            let times = match most {
                0 | 1 if !runs.iter().any(|(_, run)| run.many) => Times::Once,
                _ => old.times,
            };
            merged.push(self.run(old.defer, &runs, maybe.filter(|_| !is_loop), times));
        }
        way.runs = merged;
    }

    fn run(
        &self,
        defer: usize,
        runs: &[(&PathResult, &PathRun)],
        maybe: Option<String>,
        times: Times,
    ) -> Run {
        let count = runs
            .iter()
            .map(|(_, run)| run.values.len())
            .max()
            .unwrap_or(0);
        let values = (0..count)
            .map(|index| {
                let values: Vec<&Shown> = runs
                    .iter()
                    .filter_map(|(_, run)| run.values.get(index))
                    .collect();
                if values.len() < runs.len() {
                    return None;
                }
                merge(&values)
                    .filter(|shown| shown.known)
                    .map(|shown| shown.text.clone())
            })
            .collect();
        Run {
            defer,
            line: self.lines.get(defer).copied().unwrap_or(0),
            maybe,
            times,
            values,
            does: does(runs),
        }
    }

    fn tell_skips(&self, way: &mut Way) {
        let mut skips = Vec::new();
        for (defer, own) in self.own.iter().enumerate() {
            if !own || way.runs.iter().any(|run| run.defer == defer) {
                continue;
            }
            let old = way.skips.iter().find(|skip| skip.defer == defer);
            let line = self.lines.get(defer).copied().unwrap_or(0);
            skips.push(match old {
                Some(skip) => skip.clone(),
                None => Skip {
                    defer,
                    why: match way.kind {
                        WayKind::Exit => "the process ends at once".to_owned(),
                        WayKind::Blocks => "control stays here for ever".to_owned(),
                        _ => format!("line {line} is not passed on the way here"),
                    },
                },
            });
        }
        way.skips = skips;
    }

    fn outcomes(&self, way: &Way, paths: &[&PathResult]) -> Vec<Outcome> {
        let mut groups: Vec<(Outcome, Vec<&PathResult>)> = Vec::new();
        for path in paths {
            let outcome = self.outcome(way, path);
            match groups
                .iter_mut()
                .find(|(known, _)| same_ending(known, &outcome))
            {
                Some((known, group)) => {
                    for (known, new) in known.results.iter_mut().zip(&outcome.results) {
                        if *known != *new {
                            known.value.clone_from(&known.name);
                            known.known = false;
                        }
                    }
                    group.push(path);
                }
                None => groups.push((outcome, vec![path])),
            }
        }
        let several = groups.len() > 1;
        let mut told: Vec<Outcome> = Vec::new();
        for (mut outcome, group) in groups {
            if several {
                outcome.given = distinct(&group, paths);
            }
            // What nothing tells apart is one outcome.
            let same = told.iter_mut().find(|known| {
                known.ending == outcome.ending
                    && known.recovered == outcome.recovered
                    && (known.given == outcome.given
                        || known.given.is_empty()
                        || outcome.given.is_empty())
            });
            let Some(known) = same else {
                told.push(outcome);
                continue;
            };
            if known.given != outcome.given {
                known.given.clear();
            }
            for (known, new) in known.results.iter_mut().zip(&outcome.results) {
                if *known != *new {
                    known.value.clone_from(&known.name);
                    known.known = false;
                }
            }
            if known.panic != outcome.panic {
                known.panic = None;
            }
        }
        told
    }

    fn outcome(&self, way: &Way, path: &PathResult) -> Outcome {
        let (ending, results, panic) = match &path.completion {
            Completion::Returns(values) => (Ending::Returns, values.clone(), None),
            Completion::Panics(value) => (Ending::Panics, Vec::new(), Some(value.text.clone())),
            Completion::Goexit => (Ending::Goexit, Vec::new(), None),
            Completion::Exits => (Ending::Exits, Vec::new(), None),
            Completion::Blocks => (Ending::Blocks, Vec::new(), None),
        };
        let results = self
            .results
            .iter()
            .zip(&results)
            .enumerate()
            .map(|(index, (name, shown))| {
                // What the return statement put there and nobody changed is said as it says it.
                let untouched = path.puts.get(index) == Some(shown);
                let source = way.puts.get(index).filter(|_| untouched && !shown.known);
                ResultValue {
                    name: name.clone(),
                    value: source.map_or_else(|| shown.text.clone(), |put| put.value.clone()),
                    known: shown.known,
                }
            })
            .collect();
        Outcome {
            ending,
            results,
            panic,
            recovered: path.recovered,
            given: Vec::new(),
        }
    }
}

fn same_ending(a: &Outcome, b: &Outcome) -> bool {
    let known = |outcome: &Outcome| -> Vec<(bool, String)> {
        outcome
            .results
            .iter()
            .map(|result| (result.known, result.value.clone()))
            .collect()
    };
    a.ending == b.ending
        && a.recovered == b.recovered
        && a.panic == b.panic
        && (known(a) == known(b)
            || a.results
                .iter()
                .zip(&b.results)
                .all(|(a, b)| !a.known && !b.known))
}

fn leaves_by(path: &PathResult, way: &Way) -> bool {
    let kind = match path.exit {
        ExitKind::Return => WayKind::Return,
        ExitKind::End => WayKind::End,
        ExitKind::Panic => WayKind::Panic,
        ExitKind::Calls => WayKind::Calls,
        ExitKind::Goexit => WayKind::Goexit,
        ExitKind::Exit => WayKind::Exit,
        ExitKind::Blocks => WayKind::Blocks,
    };
    kind == way.kind && way.lines.contains(&path.line)
}

/// The value that all have.
fn merge<'s>(values: &[&'s Shown]) -> Option<&'s Shown> {
    let first = values.first()?;
    values.iter().all(|value| value == first).then_some(*first)
}

/// What runs of one deferred call do, told together.
fn does(runs: &[(&PathResult, &PathRun)]) -> Vec<Deed> {
    let mut variants: Vec<(Vec<Deed>, Vec<&PathResult>)> = Vec::new();
    for (path, run) in runs {
        match variants
            .iter_mut()
            .find_map(|(known, paths)| Some((alike(known, &run.does)?, known, paths)))
        {
            Some((both, known, paths)) => {
                *known = both;
                paths.push(path);
            }
            None => variants.push((run.does.clone(), vec![path])),
        }
    }
    if let [(only, _)] = &variants[..] {
        return only.clone();
    }
    let all: Vec<&PathResult> = runs.iter().map(|(path, _)| *path).collect();
    if variants.len() <= MAX_VARIANTS {
        return variants
            .into_iter()
            .filter(|(deeds, _)| !deeds.is_empty())
            .map(|(deeds, paths)| {
                let given = distinct(&paths, &all);
                Deed::If {
                    given: if given.is_empty() {
                        "it comes to that".to_owned()
                    } else {
                        given.join(" and ")
                    },
                    does: deeds,
                }
            })
            .collect();
    }
    // Too many to tell apart: what occurs, once each.
    let mut seen: Vec<Deed> = Vec::new();
    for deed in variants.iter().flat_map(|(deeds, _)| deeds.iter()) {
        if !seen.contains(deed) && seen.len() < MAX_RUNS {
            seen.push(deed.clone());
        }
    }
    vec![Deed::If {
        given: "it comes to that, in part".to_owned(),
        does: seen,
    }]
}

/// What two lists of deeds have in common when they differ in nothing but what a result was before.
fn alike(a: &[Deed], b: &[Deed]) -> Option<Vec<Deed>> {
    if a.len() != b.len() {
        return None;
    }
    a.iter()
        .zip(b)
        .map(|(a, b)| match (a, b) {
            _ if a == b => Some(a.clone()),
            (
                Deed::Sets { name, to, line, .. },
                Deed::Sets {
                    name: other,
                    to: value,
                    line: at,
                    ..
                },
            ) if name == other && to == value && line == at => Some(Deed::Sets {
                name: name.clone(),
                from: "something else".to_owned(),
                to: to.clone(),
                line: *line,
            }),
            _ => None,
        })
        .collect()
}
