//! The ways out of a function by its control flow alone: which defers are registered on every path
//! to one, on some, on none. This holds for any function, whatever its size; what the deferred calls
//! do with values is found out by running them, see `explore`.

use go_flow::{Cfg, DeferSite, Effect, End, FunctionFacts, NodeId, NodeKind, PanicRisk, Point};
use go_syntax::{FuncId, StmtKind};

use crate::model::{Ending, Outcome, ResultValue, Run, Skip, Times, Way, WayKind};
use crate::returning::Returning;
use crate::source::{Lines, expr_text, one_line};

/// A set of defers, by number.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Set(Box<[u64]>);

impl Set {
    fn empty(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)].into())
    }

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn contains(&self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    fn unite(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&*other.0) {
            *a |= b;
        }
    }

    fn intersect(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&*other.0) {
            *a &= b;
        }
    }
}

/// What is registered when a node starts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Registered {
    /// On every path.
    must: Set,
    /// On some.
    may: Set,
}

/// The ways out of one function.
pub(crate) struct Structure<'r, 'a> {
    facts: &'r FunctionFacts<'a>,
    lines: &'r Lines,
    cfg: &'r Cfg<'a>,
    /// The defers of the function itself, and their numbers among all that are described.
    own: Vec<(DeferSite<'a>, usize, Times)>,
    /// By number of node; `None` where control does not get to.
    at: Vec<Option<Registered>>,
    /// The nodes with calls of functions of the package that never return.
    ended: Vec<(NodeId, Vec<End>)>,
}

impl<'r, 'a> Structure<'r, 'a> {
    /// `defers` are those described, with how often each can be registered.
    pub(crate) fn new(
        facts: &'r FunctionFacts<'a>,
        lines: &'r Lines,
        func: FuncId,
        defers: &[(DeferSite<'a>, Times)],
        returning: &Returning<'_>,
    ) -> Self {
        let cfg = facts.cfg(func);
        let ended = cfg
            .nodes()
            .filter_map(|node| Some((node.id, returning.at(facts, cfg, node.id)?)))
            .collect();
        let own = defers
            .iter()
            .enumerate()
            .filter(|(_, (site, _))| site.point.func == func)
            .map(|(index, &(site, times))| (site, index, times))
            .collect();
        let mut made = Self {
            facts,
            lines,
            cfg,
            own,
            at: Vec::new(),
            ended,
        };
        made.solve();
        made
    }

    /// Forward over the graph until nothing changes.
    fn solve(&mut self) {
        let count = self.own.len();
        let mut at: Vec<Option<Registered>> = vec![None; self.cfg.len()];
        at[self.cfg.entry().index()] = Some(Registered {
            must: Set::empty(count),
            may: Set::empty(count),
        });
        let mut open = vec![self.cfg.entry()];
        while let Some(node) = open.pop() {
            let Some(mut out) = at[node.index()].clone() else {
                continue;
            };
            if let Some(index) = self.own_at(node) {
                out.must.insert(index);
                out.may.insert(index);
            }
            if self.ended.iter().any(|(ended, _)| *ended == node) {
                continue;
            }
            for edge in self.cfg.successors(node) {
                let next = &mut at[edge.node.index()];
                let changed = match next {
                    None => {
                        *next = Some(out.clone());
                        true
                    }
                    Some(known) => {
                        let before = known.clone();
                        known.must.intersect(&out.must);
                        known.may.unite(&out.may);
                        *known != before
                    }
                };
                if changed {
                    open.push(edge.node);
                }
            }
        }
        self.at = at;
    }

    fn own_at(&self, node: NodeId) -> Option<usize> {
        self.own
            .iter()
            .position(|(site, ..)| site.point.node == node)
    }

    /// The ways out, in the order of the source; those that panics in calls are come last.
    pub(crate) fn ways(&self, results: &[String]) -> Vec<Way> {
        let mut ways: Vec<(NodeId, Way)> = Vec::new();
        for node in self.cfg.nodes() {
            if let NodeKind::Return(stmt) = node.kind {
                ways.push((node.id, self.return_way(node.id, stmt, results)));
            }
        }
        for edge in self.cfg.predecessors(self.cfg.exit()) {
            if !matches!(self.cfg.kind(edge.node), NodeKind::Return(_)) {
                let way = self.end_way(results);
                // All falls off at the closing brace.
                if !ways.iter().any(|(_, way)| way.kind == WayKind::End) {
                    ways.push((self.cfg.exit(), way));
                }
            }
        }
        for end in End::ALL {
            for edge in self.cfg.predecessors(self.cfg.end(end)) {
                ways.push((edge.node, self.ending_way(edge.node, end)));
            }
        }
        for (node, ends) in &self.ended {
            ways.extend(ends.iter().map(|&end| (*node, self.ending_way(*node, end))));
        }
        ways.sort_by_key(|(node, way)| (way.lines.first().copied(), *node));
        let mut ways: Vec<Way> = ways.into_iter().map(|(_, way)| way).collect();
        ways.extend(self.endless_loops());
        ways.extend(self.panicking_calls());
        ways
    }

    fn line_of(&self, node: NodeId) -> u32 {
        let span = self.cfg.span_of_node(node);
        span.map_or(0, |span| self.lines.at(span.start))
    }

    fn return_way(&self, node: NodeId, stmt: go_syntax::StmtId, results: &[String]) -> Way {
        let file = self.facts.file();
        let span = file.stmt(stmt).span;
        let values = match file.stmt(stmt).kind {
            StmtKind::Return(values) => file.exprs(values),
            _ => &[],
        };
        let puts: Vec<ResultValue> = if values.len() == results.len() {
            results
                .iter()
                .zip(values)
                .map(|(name, &value)| ResultValue {
                    name: name.clone(),
                    value: expr_text(file, value),
                    known: false,
                })
                .collect()
        } else if let [call] = values {
            results
                .iter()
                .map(|name| ResultValue {
                    name: name.clone(),
                    value: format!("a result of {}", expr_text(file, *call)),
                    known: false,
                })
                .collect()
        } else {
            Vec::new()
        };
        let outcome = returns(results, &puts);
        self.way(
            WayKind::Return,
            node,
            vec![self.lines.at(span.start)],
            one_line(file.span_text(span)),
            puts,
            outcome,
        )
    }

    fn end_way(&self, results: &[String]) -> Way {
        let exit = self.cfg.exit();
        // Only the paths that do not come by a return statement.
        let mut state: Option<Registered> = None;
        for edge in self.cfg.predecessors(exit) {
            if matches!(self.cfg.kind(edge.node), NodeKind::Return(_)) {
                continue;
            }
            let is_passed = !self.ended.iter().any(|(ended, _)| *ended == edge.node);
            let Some(mut here) = self.at[edge.node.index()].clone().filter(|_| is_passed) else {
                continue;
            };
            if let Some(index) = self.own_at(edge.node) {
                here.must.insert(index);
                here.may.insert(index);
            }
            match &mut state {
                None => state = Some(here),
                Some(known) => {
                    known.must.intersect(&here.must);
                    known.may.unite(&here.may);
                }
            }
        }
        let outcome = returns(results, &[]);
        self.way_with(
            WayKind::End,
            state.as_ref(),
            vec![self.line_of(exit)],
            "the end of the function".to_owned(),
            Vec::new(),
            outcome,
        )
    }

    fn ending_way(&self, node: NodeId, end: End) -> Way {
        let span = self.cfg.span_of_node(node);
        let text = span.map_or_else(String::new, |span| {
            one_line(self.facts.file().span_text(span))
        });
        let (kind, ending) = match end {
            End::Panic => (WayKind::Panic, Ending::Panics),
            End::Process => (WayKind::Exit, Ending::Exits),
            End::Goexit => (WayKind::Goexit, Ending::Goexit),
            End::Blocked => (WayKind::Blocks, Ending::Blocks),
        };
        let outcome = plain_outcome(ending);
        self.way(
            kind,
            node,
            vec![self.line_of(node)],
            text,
            Vec::new(),
            outcome,
        )
    }

    /// Loops that nothing in them leaves.
    fn endless_loops(&self) -> Vec<Way> {
        let loops = self.cfg.loops().iter();
        loops
            .filter(|lp| {
                self.cfg.reachable(lp.head) && self.facts.loop_info(self.cfg, lp).ways.is_empty()
            })
            .map(|lp| {
                let span = self.facts.file().stmt(lp.stmt).span;
                let line = self.lines.at(span.start);
                self.way(
                    WayKind::Blocks,
                    lp.head,
                    vec![line],
                    "a loop that nothing in it leaves but a panic".to_owned(),
                    Vec::new(),
                    plain_outcome(Ending::Blocks),
                )
            })
            .collect()
    }

    /// Where a panic may come from, by what is registered there.
    fn panicking_calls(&self) -> Vec<Way> {
        let mut groups: Vec<(&Registered, Vec<u32>, PanicRisk, NodeId)> = Vec::new();
        for node in self.cfg.nodes() {
            let Some(state) = &self.at[node.id.index()] else {
                continue;
            };
            let point = Point {
                func: self.cfg.func(),
                node: node.id,
            };
            let Effect { panic, .. } = self.facts.effect_at(point);
            let ends = self.cfg.successors(node.id).iter();
            let mut ends = ends.filter_map(|edge| match self.cfg.kind(edge.node) {
                NodeKind::End(end) => Some(end),
                _ => None,
            });
            // `os.Exit(1)` is a way out of its own.
            if !matches!(panic, PanicRisk::Operation | PanicRisk::Call) || ends.next().is_some() {
                continue;
            }
            let line = self.line_of(node.id);
            match groups.iter_mut().find(|(known, ..)| *known == state) {
                Some((_, lines, risk, _)) => {
                    lines.push(line);
                    *risk = (*risk).max(panic);
                }
                None => groups.push((state, vec![line], panic, node.id)),
            }
        }
        groups
            .into_iter()
            .map(|(state, mut lines, risk, _)| {
                lines.sort_unstable();
                lines.dedup();
                let text = match risk {
                    PanicRisk::Call => "a panic in something that is called",
                    _ => "a panic of an operation: nil, index, division, type assertion",
                };
                self.way_with(
                    WayKind::Calls,
                    Some(state),
                    lines,
                    text.to_owned(),
                    Vec::new(),
                    plain_outcome(Ending::Panics),
                )
            })
            .collect()
    }

    fn way(
        &self,
        kind: WayKind,
        node: NodeId,
        lines: Vec<u32>,
        text: String,
        puts: Vec<ResultValue>,
        outcome: Outcome,
    ) -> Way {
        let state = self.at[node.index()].as_ref();
        self.way_with(kind, state, lines, text, puts, outcome)
    }

    fn way_with(
        &self,
        kind: WayKind,
        state: Option<&Registered>,
        lines: Vec<u32>,
        text: String,
        puts: Vec<ResultValue>,
        outcome: Outcome,
    ) -> Way {
        let nothing = Registered {
            must: Set::empty(self.own.len()),
            may: Set::empty(self.own.len()),
        };
        let known = state.unwrap_or(&nothing);
        let does_run = !matches!(kind, WayKind::Exit | WayKind::Blocks);
        let (mut runs, mut skips) = (Vec::new(), Vec::new());
        for (number, (site, index, times)) in self.own.iter().enumerate().rev() {
            let line = self.lines.at(self.facts.file().stmt(site.stmt).span.start);
            if state.is_some() && known.may.contains(number) && does_run {
                runs.push(Run {
                    defer: *index,
                    line,
                    maybe: (!known.must.contains(number) && *times == Times::Once)
                        .then(|| format!("only if line {line} was passed")),
                    times: *times,
                    values: Vec::new(),
                    does: Vec::new(),
                });
            } else if state.is_some() {
                let why = match kind {
                    WayKind::Exit if known.may.contains(number) => {
                        "the process ends at once".to_owned()
                    }
                    WayKind::Blocks if known.may.contains(number) => {
                        "control stays here for ever".to_owned()
                    }
                    _ if lines.last().is_some_and(|&last| last < line) => {
                        format!("line {line} has not been reached")
                    }
                    _ => format!("line {line} is not passed on the way here"),
                };
                skips.push(Skip { defer: *index, why });
            }
        }
        skips.reverse();
        Way {
            kind,
            lines,
            text,
            reached: state.is_some(),
            given: Vec::new(),
            before: Vec::new(),
            puts,
            runs,
            skips,
            outcomes: vec![outcome],
        }
    }

    /// Whether no way out but a panic runs a defer: its numbers among all that are described.
    pub(crate) fn only_by_panic(&self, ways: &[Way]) -> Vec<(usize, bool)> {
        self.own
            .iter()
            .filter_map(|(site, index, _)| {
                if !self.facts.reachable(site.point) {
                    return None;
                }
                let runs_in = |way: &&Way| way.runs.iter().any(|run| run.defer == *index);
                let ordinary = ways
                    .iter()
                    .filter(|way| way.kind != WayKind::Calls)
                    .any(|way| runs_in(&way));
                let panics = ways.iter().any(|way| runs_in(&way));
                (!ordinary).then_some((*index, panics))
            })
            .collect()
    }
}

/// That the function returns, with what the return statement put there.
fn returns(results: &[String], puts: &[ResultValue]) -> Outcome {
    let values = if puts.is_empty() {
        results
            .iter()
            .map(|name| ResultValue {
                name: name.clone(),
                value: name.clone(),
                known: false,
            })
            .collect()
    } else {
        puts.to_vec()
    };
    Outcome {
        results: values,
        ..plain_outcome(Ending::Returns)
    }
}

pub(crate) fn plain_outcome(ending: Ending) -> Outcome {
    Outcome {
        ending,
        results: Vec::new(),
        panic: None,
        recovered: false,
        given: Vec::new(),
    }
}
