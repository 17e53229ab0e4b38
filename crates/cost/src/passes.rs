//! The passes over a lowered function that decide: loops, counts, and which statements code is made for.

use go_syntax::StmtId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::build::Build;
use crate::tree::{Case, RangeFunc, Stmt, each_list};

/// Where a defer stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Standing<'a> {
    /// Passed at most once in a call.
    Once,
    /// In a loop.
    Loop { stmt: StmtId, range: bool },
    /// After a label that a later `goto` jumps back to.
    Label(&'a str),
    /// After a call of a short function that jumps back.
    Inlined { callee: &'a str, at: u32 },
    /// In the body of a loop over a function.
    RangeFunc { stmt: StmtId },
}

/// What is known of a function after all passes.
#[derive(Debug, Default)]
pub(crate) struct Verdicts<'a> {
    /// Each defer that is in the tree, in order.
    pub(crate) defers: Vec<(StmtId, Standing<'a>)>,
    /// Those that no code is made for: they count, but are never reached.
    pub(crate) unreached: FxHashSet<StmtId>,
    /// The defers that belong to the function itself.
    pub(crate) own: u32,
    /// Return statements, those on behalf of loops over functions included.
    pub(crate) returns: u32,
    /// A loop over a function with a defer in its body.
    pub(crate) range_func: Option<StmtId>,
}

/// Looks at a lowered function.
pub(crate) fn judge<'a>(list: &[Stmt<'a>], build: &Build) -> Verdicts<'a> {
    let mut verdicts = Verdicts::default();
    let mut function = Function {
        verdicts: &mut verdicts,
        build,
        looping: looping_labels(list),
        within: None,
    };
    let mut depth = Vec::new();
    function.standing(list, &mut depth);
    function.count(list);
    function.reach(list, true);
    verdicts
}

/// One function as the compiler sees it: the one of the source, or the body of a loop over a function.
struct Function<'v, 'a> {
    verdicts: &'v mut Verdicts<'a>,
    build: &'v Build,
    looping: FxHashSet<&'a str>,
    /// The loop over a function whose body this is.
    within: Option<StmtId>,
}

/// Labels that a `goto` after them jumps to.
pub(crate) fn looping_labels<'a>(list: &[Stmt<'a>]) -> FxHashSet<&'a str> {
    fn visit<'a>(list: &[Stmt<'a>], labels: &mut FxHashMap<&'a str, bool>) {
        for stmt in list {
            match stmt {
                Stmt::Label(name) => {
                    labels.insert(name, false);
                }
                Stmt::Goto(name) => {
                    labels.entry(name).and_modify(|looping| *looping = true);
                }
                Stmt::RangeFunc(range) => {
                    for name in &range.gotos {
                        labels.entry(name).and_modify(|looping| *looping = true);
                    }
                }
                _ => each_list(stmt, &mut |inner| visit(inner, labels)),
            }
        }
    }
    let mut labels = FxHashMap::default();
    visit(list, &mut labels);
    let looping = labels.into_iter().filter(|(_, looping)| *looping);
    looping.map(|(name, _)| name).collect()
}

impl<'a> Function<'_, 'a> {
    /// Finds out where each defer stands. A label counts for the rest of the block it stands in, where
    /// plain blocks are no blocks.
    fn standing(&mut self, list: &[Stmt<'a>], around: &mut Vec<Standing<'a>>) {
        for stmt in list {
            match stmt {
                Stmt::Defer(stmt) => {
                    let standing = match self.within {
                        Some(stmt) => Standing::RangeFunc { stmt },
                        None => around.last().cloned().unwrap_or(Standing::Once),
                    };
                    self.verdicts.defers.push((*stmt, standing));
                }
                Stmt::Label(name) if self.looping.contains(name) => {
                    around.push(Standing::Label(name));
                }
                Stmt::Inlined {
                    callee,
                    at,
                    jumps_back: true,
                    ..
                } => {
                    around.push(Standing::Inlined { callee, at: *at });
                }
                Stmt::Block(body) => self.standing(body, around),
                Stmt::Loop { stmt, range, body } => {
                    let depth = around.len();
                    around.push(Standing::Loop {
                        stmt: *stmt,
                        range: *range,
                    });
                    self.standing(body, around);
                    around.truncate(depth);
                }
                Stmt::RangeFunc(range) => {
                    let mut inner = self.body_of(range);
                    inner.standing(&range.body, &mut Vec::new());
                }
                _ => each_list(stmt, &mut |inner| {
                    let depth = around.len();
                    self.standing(inner, around);
                    around.truncate(depth);
                }),
            }
        }
    }

    fn body_of<'s>(&'s mut self, range: &RangeFunc<'a>) -> Function<'s, 'a> {
        Function {
            verdicts: &mut *self.verdicts,
            build: self.build,
            looping: looping_labels(&range.body),
            within: Some(range.stmt),
        }
    }

    /// Counts what the function returns and defers itself.
    fn count(&mut self, list: &[Stmt<'a>]) {
        for stmt in list {
            match stmt {
                Stmt::Defer(_) => self.verdicts.own += 1,
                Stmt::Return { .. } => self.verdicts.returns += 1,
                Stmt::RangeFunc(range) => {
                    self.verdicts.returns += u32::from(range.returns);
                    if let Some(defer) = range.defers {
                        self.verdicts.range_func.get_or_insert(defer);
                    }
                }
                Stmt::Inlined { range_defer, .. } => {
                    if let Some(defer) = *range_defer {
                        self.verdicts.range_func.get_or_insert(defer);
                    }
                }
                Stmt::Switch {
                    cases,
                    tabular: true,
                } => {
                    let in_table = self.in_table(cases);
                    self.verdicts.returns += u32::from(in_table.iter().any(|&is_in| is_in));
                    for (case, is_in) in cases.iter().zip(in_table) {
                        if !is_in {
                            self.count(&case.body);
                        }
                    }
                }
                _ => each_list(stmt, &mut |inner| self.count(inner)),
            }
        }
    }

    /// Which cases of a switch over an integer become entries of a table of constants.
    fn in_table(&self, cases: &[Case<'_>]) -> Vec<bool> {
        const FEWEST: usize = 4;
        /// So many per cent of a table must be used.
        const DENSITY: i128 = 40;
        let none = vec![false; cases.len()];
        if !self.build.has_lookup_tables() {
            return none;
        }
        let mut chosen = none.clone();
        let mut values: FxHashSet<i64> = FxHashSet::default();
        let mut fallen_into = false;
        for (case, chosen) in cases.iter().zip(&mut chosen) {
            let target = std::mem::replace(&mut fallen_into, case.falls_through);
            if case.is_default {
                continue;
            }
            let Some(constants) = &case.values else {
                return none;
            };
            let constant = matches!(case.body[..], [Stmt::Return { constant: true }]);
            if constant && !target && !case.falls_through {
                values.extend(constants);
                *chosen = true;
            }
        }
        let (Some(&least), Some(&most)) = (values.iter().min(), values.iter().max()) else {
            return none;
        };
        let size = i128::from(most) - i128::from(least) + 1;
        let dense = values.len() as i128 * 100 >= size * DENSITY;
        if values.len() < FEWEST || size > i128::from(i64::MAX) / 100 || !dense {
            return none;
        }
        chosen
    }

    /// Finds the defers that no code is made for: those that follow a jump, with no label between. What is
    /// put in place of a call ends with a label.
    /// Returns whether the end is reached.
    fn reach(&mut self, list: &[Stmt<'a>], mut alive: bool) -> bool {
        for stmt in list {
            // Blocks are no more when code is made: a label in one is as good as outside.
            if !alive && !matches!(stmt, Stmt::Label(_) | Stmt::Block(_) | Stmt::Inlined { .. }) {
                self.bury(std::slice::from_ref(stmt));
                continue;
            }
            match stmt {
                Stmt::Label(_) => alive = true,
                Stmt::Inlined { label, .. } => alive |= label,
                Stmt::Return { .. } | Stmt::Panic | Stmt::Leave | Stmt::Goto(_) => alive = false,
                Stmt::Block(body) => alive = self.reach(body, alive),
                Stmt::If { then, els, truth } => match truth {
                    Some(true) => alive = self.reach(then, true),
                    Some(false) => alive = self.reach(els, true),
                    None => {
                        self.reach(then, true);
                        self.reach(els, true);
                    }
                },
                Stmt::RangeFunc(range) => {
                    let mut inner = self.body_of(range);
                    inner.reach(&range.body, true);
                }
                _ => each_list(stmt, &mut |inner| {
                    self.reach(inner, true);
                }),
            }
        }
        alive
    }

    fn bury(&mut self, list: &[Stmt<'a>]) {
        for stmt in list {
            match stmt {
                Stmt::Defer(stmt) => {
                    self.verdicts.unreached.insert(*stmt);
                }
                // The body is a function of its own, which is compiled nevertheless.
                Stmt::RangeFunc(range) => {
                    let mut inner = self.body_of(range);
                    inner.reach(&range.body, true);
                }
                _ => each_list(stmt, &mut |inner| self.bury(inner)),
            }
        }
    }
}
