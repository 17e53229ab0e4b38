//! `waitgroup-wrong-count`.

use go_flow::{CallMode, EdgeKind, GoSite, LiteralUse, NodeId, NodeKind, Point, Visit, calls};
use go_syntax::{ExprId, FuncId, Span, StmtKind};
use go_types::{Builtin, Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::groups::{GroupCall, GroupOp, constant_of, group_calls, imports, is_private};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds wait groups that count more, or fewer, goroutines than are started.
    ///
    /// ## What it does
    /// Looks at a `sync.WaitGroup` that is a variable of the function and that nobody else has, and
    /// reports
    ///
    /// - an `Add` after which a path comes to `Wait`, or to the next round of the loop, without having
    ///   started the goroutine or called `Done`;
    /// - `wg.Add(len(list))` before a loop over the list that can skip the start of the goroutine;
    /// - `wg.Add(1)` before a loop that starts a goroutine with a `Done` in each round;
    /// - a constant `Add` that is not the number of goroutines that follow it;
    /// - a goroutine, counted once, that calls `Done` by hand and by a `defer`;
    /// - `Done` in the function that `wg.Go` runs, which counts down by itself.
    ///
    /// ## Why it is bad
    /// With a `Done` too few `Wait` never returns, and with one too many the counter becomes negative,
    /// which panics (documentation of `sync.WaitGroup.Add`).
    ///
    /// ## Example
    /// ```go
    /// func fetchAll(urls []string, fetch func(string)) {
    /// 	var wg sync.WaitGroup
    /// 	wg.Add(len(urls))
    /// 	for _, url := range urls {
    /// 		if url == "" {
    /// 			continue
    /// 		}
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			fetch(url)
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func fetchAll(urls []string, fetch func(string)) {
    /// 	var wg sync.WaitGroup
    /// 	for _, url := range urls {
    /// 		if url == "" {
    /// 			continue
    /// 		}
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			fetch(url)
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When conditions that have nothing to do with each other in the text belong together. Groups in
    /// fields, and those that are handed to functions, are not looked at.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub WaitgroupWrongCount {
        name: "waitgroup-wrong-count",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for WaitgroupWrongCount {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        imports(file, "sync") && calls(file, func).contains("Done")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let calls = group_calls(cx.facts());
        let mut seen = Vec::new();
        for call in &calls {
            let Some(local) = call.place.local().filter(|_| call.place.is_variable()) else {
                continue;
            };
            if seen.contains(&local) {
                continue;
            }
            seen.push(local);
            if is_private(cx.facts(), local, &calls) {
                let of: Vec<&GroupCall<'_>> =
                    calls.iter().filter(|c| c.place == call.place).collect();
                Group::new(cx, of).check();
            }
        }
    }
}

/// A wait group that is all in this function.
struct Group<'x, 'c, 'a> {
    cx: &'c RuleCx<'a>,
    calls: Vec<&'x GroupCall<'a>>,
    /// The goroutines with a `Done` of the group, and the literals they run.
    goroutines: Vec<(GoSite<'a>, FuncId)>,
}

impl<'x, 'c, 'a> Group<'x, 'c, 'a> {
    fn new(cx: &'c RuleCx<'a>, calls: Vec<&'x GroupCall<'a>>) -> Self {
        let facts = cx.facts();
        let goroutines = facts.gos().iter().filter_map(|go| {
            let literal = go.literal.or_else(|| facts.literal_called(go.call))?;
            let span = cx.file().func(literal).span;
            let has_done = calls.iter().any(|call| {
                call.op == GroupOp::Done && span.contains(cx.file().expr(call.call).span)
            });
            has_done.then_some((*go, literal))
        });
        let goroutines = goroutines.collect();
        Self {
            cx,
            calls,
            goroutines,
        }
    }

    fn of(&self, op: GroupOp) -> impl Iterator<Item = &&'x GroupCall<'a>> {
        self.calls.iter().filter(move |call| call.op == op)
    }

    fn span(&self, expr: ExprId) -> Span {
        self.cx.file().expr(expr).span
    }

    fn check(&self) {
        self.in_group_go();
        if self.of(GroupOp::Add).any(|add| add.mode != CallMode::Now) {
            return;
        }
        self.twice();
        if !self.is_plain() {
            return;
        }
        if !self.skipped() && !self.skipped_in_loop() {
            self.constants();
        }
    }

    /// `Done` in the function of `wg.Go`.
    fn in_group_go(&self) {
        if self.of(GroupOp::Add).next().is_some() {
            return;
        }
        for done in self.of(GroupOp::Done) {
            let mut func = done.point.func;
            if let LiteralUse::Deferred { stmt, .. } = self.cx.facts().literal_use(func)
                && let Some(outer) = self.cx.facts().point_of_stmt(stmt)
            {
                func = outer.func;
            }
            let LiteralUse::Argument { call, .. } = self.cx.facts().literal_use(func) else {
                continue;
            };
            if let Some(go) = self.of(GroupOp::Go).find(|go| go.call == call) {
                let text = self.cx.call_snippet(go.call);
                self.cx
                    .report(
                        &WaitgroupWrongCount::META,
                        self.span(done.call),
                        format!("`{text}` counts down by itself, so this `Done` makes the counter negative, which panics"),
                    )
                    .help("leave out `Done`")
                    .related(self.span(go.call), "the goroutine is started here");
            }
        }
    }

    /// A goroutine that counts down twice.
    fn twice(&self) {
        let facts = self.cx.facts();
        let is_one = self
            .of(GroupOp::Add)
            .all(|add| constant_of(facts, add) == Some(1));
        if !is_one || self.of(GroupOp::Add).next().is_none() {
            return;
        }
        for (_, literal) in &self.goroutines {
            let here: Vec<_> = self
                .of(GroupOp::Done)
                .filter(|done| done.point.func == *literal)
                .collect();
            if self.of(GroupOp::Add).any(|add| add.point.func == *literal) {
                continue;
            }
            let Some(deferred) = here
                .iter()
                .find(|done| matches!(done.mode, CallMode::Deferred(_)))
            else {
                continue;
            };
            let cfg = facts.cfg(*literal);
            let by_hand = here.iter().find(|done| {
                done.mode == CallMode::Now
                    && (cfg.dominates(deferred.point.node, done.point.node)
                        || cfg.reaches(done.point.node, deferred.point.node))
            });
            if let Some(done) = by_hand {
                self.cx
                    .report(
                        &WaitgroupWrongCount::META,
                        self.span(done.call),
                        "the goroutine counts down here and again by the deferred call, so the counter becomes negative, which panics",
                    )
                    .help("leave out this one")
                    .related(self.span(deferred.call), "this counts down too");
            }
        }
    }

    /// Whether all of it is as simple as the questions below suppose: adds and waits in one function,
    /// every goroutine counts down once, and nothing else does.
    fn is_plain(&self) -> bool {
        let facts = self.cx.facts();
        let mut funcs: Vec<FuncId> = self
            .calls
            .iter()
            .filter(|call| matches!(call.op, GroupOp::Add | GroupOp::Go))
            .map(|call| call.point.func)
            .collect();
        funcs.dedup();
        let &[func] = funcs.as_slice() else {
            return false;
        };
        if self.of(GroupOp::Go).next().is_some() || self.of(GroupOp::Wait).next().is_none() {
            return false;
        }
        self.goroutines.iter().all(|(go, _)| go.point.func == func)
            && self.of(GroupOp::Done).all(|done| {
                done.point.func == func && done.mode == CallMode::Now
                    || self
                        .goroutines
                        .iter()
                        .any(|(_, literal)| self.counts_down_once(*literal, done))
            })
            && self.of(GroupOp::Wait).any(|wait| {
                let point = match facts.literal_runs(wait.point.func) {
                    LiteralUse::Spawned { stmt, .. } => facts.point_of_stmt(stmt),
                    _ => Some(wait.point),
                };
                point.is_some_and(|point| point.func == func)
            })
    }

    /// Whether a `Done` is the one of a goroutine, and is always called once.
    fn counts_down_once(&self, literal: FuncId, done: &GroupCall<'_>) -> bool {
        let facts = self.cx.facts();
        let span = self.cx.file().func(literal).span;
        if !span.contains(self.span(done.call)) {
            return false;
        }
        let others = self
            .of(GroupOp::Done)
            .filter(|other| span.contains(self.span(other.call)))
            .count();
        let in_literal = match facts.literal_use(done.point.func) {
            _ if done.point.func == literal => Some(done.point),
            LiteralUse::Deferred { stmt, .. } => facts.point_of_stmt(stmt),
            _ => None,
        };
        others == 1
            && in_literal.is_some_and(|point| {
                let cfg = facts.cfg(literal);
                point.func == literal
                    && !cfg.in_cycle(point.node)
                    && !cfg.reaches_avoiding(cfg.entry(), cfg.exit(), point.node)
            })
    }

    /// Nodes where the counter goes down, or something that will lower it starts.
    fn settles(&self, point: Point) -> bool {
        let facts = self.cx.facts();
        self.goroutines.iter().any(|(go, _)| go.point == point)
            || self
                .of(GroupOp::Done)
                .any(|done| done.point == point && done.mode == CallMode::Now)
            || facts
                .gos()
                .iter()
                .any(|go| go.point == point && self.is_unknown(go))
            || facts.calls_at(point).iter().any(|call| {
                // A local function may start it.
                match facts.literal_called(call.call) {
                    Some(literal) => self.mentions_group(literal),
                    None => self.hands_literal(call.call),
                }
            })
    }

    fn is_unknown(&self, go: &GoSite<'_>) -> bool {
        go.literal.is_none() && self.cx.facts().literal_called(go.call).is_none()
    }

    fn mentions_group(&self, literal: FuncId) -> bool {
        let span = self.cx.file().func(literal).span;
        self.calls
            .iter()
            .any(|call| span.contains(self.span(call.call)))
    }

    /// Whether a literal with the group in it is an argument of a call.
    fn hands_literal(&self, call: ExprId) -> bool {
        let file = self.cx.file();
        let args = file.call(call).map_or(&[][..], |(_, args)| args);
        args.iter().any(|&arg| {
            let span = file.expr(arg).span;
            self.calls
                .iter()
                .any(|call| span.contains(self.span(call.call)))
        })
    }

    /// Whether a node is where the group is waited for: a deferred `Wait` is, when the function ends.
    fn waits(&self, point: Point) -> bool {
        let facts = self.cx.facts();
        self.of(GroupOp::Wait)
            .any(|wait| match facts.literal_runs(wait.point.func) {
                LiteralUse::Spawned { stmt, .. } => facts.point_of_stmt(stmt) == Some(point),
                LiteralUse::Deferred { stmt, .. } => facts
                    .point_of_stmt(stmt)
                    .is_some_and(|at| self.is_exit(at, point)),
                _ if wait.mode != CallMode::Now => self.is_exit(wait.point, point),
                _ => wait.point == point,
            })
    }

    /// Whether `point` is the end of the function that `registered` is in.
    fn is_exit(&self, registered: Point, point: Point) -> bool {
        let cfg = self.cx.facts().cfg(point.func);
        registered.func == point.func && point.node == cfg.exit()
    }

    /// An `Add(1)` that a path leaves alone.
    fn skipped(&self) -> bool {
        let facts = self.cx.facts();
        for add in self.of(GroupOp::Add) {
            if constant_of(facts, add) != Some(1) {
                continue;
            }
            let func = add.point.func;
            let cfg = facts.cfg(func);
            // One `Add` for each goroutine: not one before a loop.
            let follows = self.goroutines.iter().filter(|(go, _)| {
                cfg.dominates(add.point.node, go.point.node)
                    && cfg.in_cycle(add.point.node) == cfg.in_cycle(go.point.node)
            });
            if follows.count() != 1 || self.of(GroupOp::Add).count() != 1 {
                continue;
            }
            let mut left = None;
            let reached = cfg.search_after(add.point.node, |node| {
                let point = Point { func, node };
                if self.settles(point) {
                    return Visit::Skip;
                }
                if let NodeKind::Branch(_) | NodeKind::Cond(_) = cfg.kind(node) {
                    left = Some(node);
                }
                if node == add.point.node || self.waits(point) {
                    Visit::Stop
                } else {
                    Visit::Continue
                }
            });
            if reached.is_none() {
                continue;
            }
            let text = self.cx.call_snippet(add.call);
            let mut finding = self
                .cx
                .report(
                    &WaitgroupWrongCount::META,
                    self.span(add.call),
                    format!(
                        "`{text}` counts a goroutine that is not started on every path, so `Wait` may wait for ever"
                    ),
                )
                .help("count right before the `go` statement");
            if let Some(span) = left.and_then(|node| cfg.span_of_node(node)) {
                finding = finding.related(span, "a path leads on here without the goroutine");
            }
            drop(finding);
            return true;
        }
        false
    }

    /// `Add(len(list))`, and a loop over the list that does not start a goroutine in each round.
    fn skipped_in_loop(&self) -> bool {
        let (facts, file) = (self.cx.facts(), self.cx.file());
        let mut adds = self.of(GroupOp::Add);
        let (Some(add), None) = (adds.next(), adds.next()) else {
            return false;
        };
        let Some(list) = self.length_of(add.call) else {
            return false;
        };
        let [(go, _)] = self.goroutines.as_slice() else {
            return false;
        };
        let func = add.point.func;
        let cfg = facts.cfg(func);
        if cfg.in_cycle(add.point.node) {
            return false;
        }
        let loops = cfg.loops_of_node(go.point.node);
        let &[lp] = loops.as_slice() else {
            return false;
        };
        let StmtKind::Range { x, .. } = file.stmt(lp.stmt).kind else {
            return false;
        };
        if file.expr_text(x) != file.expr_text(list) {
            return false;
        }
        let starts: Vec<NodeId> = cfg
            .successors(lp.head)
            .iter()
            .filter(|edge| edge.kind == EdgeKind::RangeBody)
            .map(|edge| edge.node)
            .collect();
        let mut left = None;
        let skips = cfg
            .search(starts, |node| {
                let point = Point { func, node };
                if self.settles(point) {
                    return Visit::Skip;
                }
                if let NodeKind::Branch(_) | NodeKind::Cond(_) = cfg.kind(node) {
                    left = Some(node);
                }
                if node == lp.head || self.waits(point) {
                    Visit::Stop
                } else {
                    Visit::Continue
                }
            })
            .is_some();
        if !skips {
            return false;
        }
        let text = file.expr_text(add.call).to_owned();
        let mut finding = self
            .cx
            .report(
                &WaitgroupWrongCount::META,
                self.span(add.call),
                format!("`{text}` counts rounds of the loop in which no goroutine is started, so `Wait` may wait for ever"),
            )
            .help("call `Add(1)` right before the `go` statement");
        if let Some(span) = left.and_then(|node| cfg.span_of_node(node)) {
            finding = finding.related(span, "a round can end here without the goroutine");
        }
        drop(finding);
        true
    }

    /// The list in `Add(len(list))`.
    fn length_of(&self, add: ExprId) -> Option<ExprId> {
        let file = self.cx.file();
        let (_, &[size]) = file.call(add)? else {
            return None;
        };
        let size = file.unparen(size);
        if self.cx.facts().callee(size) != Callee::Builtin(Builtin::Len) {
            return None;
        }
        match file.call(size)? {
            (_, &[list]) => Some(list),
            _ => None,
        }
    }

    /// One `Add` of a constant, and the goroutines after it.
    fn constants(&self) {
        let facts = self.cx.facts();
        let mut adds = self.of(GroupOp::Add);
        let (Some(add), None) = (adds.next(), adds.next()) else {
            return;
        };
        let Some(count) = constant_of(facts, add).filter(|&count| count > 0) else {
            return;
        };
        let func = add.point.func;
        let cfg = facts.cfg(func);
        let is_spoilt = facts.gos().iter().any(|go| self.is_unknown(go))
            || self
                .of(GroupOp::Done)
                .any(|done| done.point.func == func && done.mode == CallMode::Now);
        if is_spoilt || cfg.in_cycle(add.point.node) || self.goroutines.is_empty() {
            return;
        }
        let text = self.cx.file().expr_text(add.call).to_owned();
        let looped = self.goroutines.iter().find(|(go, _)| {
            cfg.in_cycle(go.point.node)
                && cfg.loops_of_node(go.point.node).iter().all(|lp| {
                    let info = facts.loop_info(cfg, lp);
                    info.bound.is_none() && !self.is_counted_by(lp.stmt, count)
                })
        });
        if let Some((go, _)) = looped {
            if count == 1 && self.goroutines.len() == 1 && self.goes_round(go.point) {
                self.cx
                    .report(
                        &WaitgroupWrongCount::META,
                        self.span(add.call),
                        format!("`{text}` counts one goroutine, and the loop starts one in each round: the counter becomes negative, which panics"),
                    )
                    .help("move `Add` into the loop")
                    .related(self.cx.file().stmt(go.stmt).span, "started in each round");
            }
            return;
        }
        let is_straight = self.goroutines.iter().all(|(go, _)| {
            !cfg.in_cycle(go.point.node) && cfg.dominates(add.point.node, go.point.node)
        });
        let waits: Vec<Point> = self.of(GroupOp::Wait).map(|wait| wait.point).collect();
        let &[wait] = waits.as_slice() else {
            return;
        };
        let all_pass = wait.func == func
            && self
                .goroutines
                .iter()
                .all(|(go, _)| cfg.dominates(go.point.node, wait.node));
        let started = i64::try_from(self.goroutines.len()).unwrap_or(i64::MAX);
        if !is_straight || !all_pass || started == count {
            return;
        }
        let message = if started < count {
            format!(
                "`{text}` counts more goroutines than the {started} that call `Done`, so `Wait` waits for ever"
            )
        } else {
            format!(
                "`{text}` counts fewer goroutines than the {started} that call `Done`: the counter becomes negative, which panics"
            )
        };
        self.cx
            .report(&WaitgroupWrongCount::META, self.span(add.call), message)
            .help("call `Add(1)` right before each `go` statement");
    }

    /// Whether a loop seems to go round `count` times, in a way that bounds do not see.
    fn is_counted_by(&self, lp: go_syntax::StmtId, count: i64) -> bool {
        let file = self.cx.file();
        let text = file.span_text(file.stmt(lp).span);
        let head = text.split('{').next().unwrap_or_default();
        head.contains(&count.to_string())
    }

    /// Whether a loop comes back to a point without leaving first.
    fn goes_round(&self, point: Point) -> bool {
        self.cx.facts().cfg(point.func).in_cycle(point.node)
    }
}
