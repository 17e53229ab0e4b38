//! Two operations on one channel, and whether the second comes after the first for certain: same
//! variable, nothing assigned in between, no condition that may tell that the first happened.

use go_flow::{
    CallMode, ChannelAct, ChannelOp, FunctionFacts, LiteralUse, NodeId, Place, Point, Visit,
};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, FuncId, Span, StmtId, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, LocalKind};

use crate::cx::RuleCx;

/// The channels of a function, with what may change which channel a place is.
pub(crate) struct Channels<'c, 'a> {
    pub(crate) cx: &'c RuleCx<'a>,
    pub(crate) ops: Vec<ChannelOp<'a>>,
    writes: Vec<Write<'a>>,
}

/// An assignment to a path.
struct Write<'a> {
    place: Place<'a>,
    expr: ExprId,
    point: Option<Point>,
    /// Whether it sets a flag or a counter.
    is_flag: bool,
    /// Whether it is the next element of a `range`.
    is_round: bool,
}

impl<'c, 'a> Channels<'c, 'a> {
    pub(crate) fn new(cx: &'c RuleCx<'a>) -> Self {
        Self {
            cx,
            ops: cx.facts().channel_ops(),
            writes: writes(cx.facts()),
        }
    }

    /// The operations of this kind that happen where they stand and are on a path.
    pub(crate) fn now(&self, act: ChannelAct) -> impl Iterator<Item = &ChannelOp<'a>> {
        self.ops.iter().filter(move |op| {
            op.act == act
                && op.mode == CallMode::Now
                && op.place.is_some()
                && self.cx.facts().reachable(op.point)
        })
    }

    /// Whether `second` may follow `first` with the same channel, in one call of the function that
    /// both stand in, and no condition looks as if it knew.
    pub(crate) fn follows(&self, first: &ChannelOp<'a>, second: &ChannelOp<'a>) -> bool {
        let (Some(place), Some(other)) = (&first.place, &second.place) else {
            return false;
        };
        if place != other || first.point.func != second.point.func {
            return false;
        }
        let func = first.point.func;
        let cfg = self.cx.facts().cfg(func);
        let (a, b) = (first.point.node, second.point.node);
        let is_same = a == b;
        // In each round of a loop the second comes first, and the first after it.
        let alternate = cfg.dominates(b, a) && !cfg.reaches_avoiding(b, b, a);
        if !is_same && !alternate && !cfg.dominates(a, b) && !self.always_follows(first.point, b) {
            return false;
        }
        let reached = cfg
            .search_after(a, |node| match node {
                _ if node == b => Visit::Stop,
                _ if self.may_end(Point { func, node }) => Visit::Skip,
                _ if self.changes(Point { func, node }, place) => Visit::Skip,
                _ => Visit::Continue,
            })
            .is_some();
        // A change at the second node itself comes first only in a `range`.
        reached && !self.is_guarded(first, second)
    }

    /// Whether something is called at a point that may not return, such as `suite.FailNow()`.
    fn may_end(&self, point: Point) -> bool {
        let facts = self.cx.facts();
        let mut calls = facts.calls_at(point).iter();
        calls.any(|site| {
            site.mode == CallMode::Now
                && (facts.may_end(site.call)
                    || matches!(
                        facts.callee(site.call),
                        Callee::Selected {
                            name: "FailNow" | "Fatal" | "Fatalf",
                            ..
                        }
                    ))
        })
    }

    /// Whether an `if` around a statement, within `loop_span`, asks for one certain round.
    pub(crate) fn is_in_one_round(&self, inner: Span, loop_span: Span) -> bool {
        let file = self.cx.file();
        file.func(self.cx.root()).stmts.iter().any(|stmt| {
            let span = file.stmt(stmt).span;
            let StmtKind::If { cond, .. } = file.stmt(stmt).kind else {
                return false;
            };
            loop_span.contains(span) && span.contains(inner) && {
                let mut found = false;
                walk(file, Node::Expr(cond), |node| {
                    if let Node::Expr(expr) = node
                        && let ExprKind::Binary {
                            op: BinaryOp::Eq, ..
                        } = file.expr(expr).kind
                    {
                        found |= self.counts_rounds(expr);
                    }
                    Descend::Into
                });
                found
            }
        })
    }

    /// Whether each way from a point to the end of its function passes a node.
    pub(crate) fn always_follows(&self, from: Point, node: NodeId) -> bool {
        let cfg = self.cx.facts().cfg(from.func);
        cfg.reaches(from.node, node) && !cfg.reaches_avoiding(from.node, cfg.exit(), node)
    }

    /// Whether a place may be another channel after a node.
    pub(crate) fn changes(&self, point: Point, place: &Place<'a>) -> bool {
        let facts = self.cx.facts();
        let written = self
            .writes
            .iter()
            .any(|write| write.point == Some(point) && place.changes_with(&write.place));
        written || !self.is_steady(place) && self.calls_others(point) || {
            // Range variables and the like.
            place.local().is_some_and(|local| {
                facts
                    .var(local)
                    .writes
                    .iter()
                    .any(|access| access.point == point)
            })
        }
    }

    /// Whether only this function, without its literals, can assign to a place.
    fn is_steady(&self, place: &Place<'_>) -> bool {
        place.is_variable()
            && place.local().is_some_and(|local| {
                let var = self.cx.facts().var(local);
                !var.address_taken && !var.is_written_in_literal()
            })
    }

    /// Whether something is called at a point that may assign to what this function does not own.
    fn calls_others(&self, point: Point) -> bool {
        let facts = self.cx.facts();
        facts.calls_at(point).iter().any(|site| {
            site.mode == CallMode::Now
                && match facts.callee(site.call) {
                    Callee::Builtin(_) | Callee::Conversion(_) => false,
                    Callee::Func { package, .. } => !crate::harmless::is_standard(facts, package),
                    Callee::Selected { .. } => facts
                        .body()
                        .method(site.call)
                        .is_none_or(|method| !self.is_of_std(method.owner)),
                    _ => true,
                }
        })
    }

    fn is_of_std(&self, owner: go_types::TypeId) -> bool {
        let body = self.cx.body();
        let name = body.type_string(owner);
        let package = name.rsplit_once('.').map_or("", |(package, _)| package);
        crate::harmless::is_standard(self.cx.facts(), package)
    }

    /// Whether the function or its literals assign to a place, or to something on the way to it.
    pub(crate) fn is_set(&self, place: &Place<'a>) -> bool {
        let mut writes = self.writes.iter();
        writes.any(|write| place.changes_with(&write.place))
    }

    /// Whether a place is assigned a second time somewhere: in the function or its literals.
    pub(crate) fn is_assigned_once(&self, place: &Place<'a>) -> bool {
        let writes = self.writes.iter();
        let count = writes
            .filter(|write| place.changes_with(&write.place))
            .count();
        // The declaration of a variable is no assignment here.
        if place.is_variable() && place.local().is_some() {
            return place.local().is_some_and(|local| {
                let var = self.cx.facts().var(local);
                let real = var
                    .writes
                    .iter()
                    .filter(|write| write.value != go_flow::Value::Zero);
                !var.address_taken && real.count() <= 1
            });
        }
        count <= 1
    }

    /// Whether a condition around `second`, and not around `first`, asks something that is assigned
    /// in the function, or calls something: it may know that the channel is closed.
    fn is_guarded(&self, first: &ChannelOp<'_>, second: &ChannelOp<'_>) -> bool {
        let file = self.cx.file();
        let is_same = first.span == second.span;
        let loop_span = is_same.then(|| self.loop_around(second.point)).flatten();
        let root = file.func(second.point.func);
        root.stmts.iter().any(|stmt| {
            let node = file.stmt(stmt);
            if !node.span.contains(second.span) {
                return false;
            }
            let is_around = match loop_span {
                Some(span) => span != node.span && span.contains(node.span),
                None => {
                    !node.span.contains(first.span) || self.in_other_branches(stmt, first, second)
                }
            };
            is_around && (self.asks_state(stmt, second.span, first) || self.asks_it(stmt, second))
        })
    }

    /// Whether a `select` asks for the channel of an operation that stands in one of its clauses.
    fn asks_it(&self, stmt: StmtId, second: &ChannelOp<'_>) -> bool {
        self.ops.iter().any(|op| {
            op.arm.is_some_and(|arm| arm.select == stmt)
                && op.act == ChannelAct::Receive
                && op.place == second.place
        })
    }

    /// Whether two operations stand in different clauses of one statement that is passed again.
    fn in_other_branches(
        &self,
        stmt: StmtId,
        first: &ChannelOp<'_>,
        second: &ChannelOp<'_>,
    ) -> bool {
        let file = self.cx.file();
        let body = match file.stmt(stmt).kind {
            StmtKind::Switch { body, .. } | StmtKind::TypeSwitch { body, .. } => body,
            StmtKind::If { body, .. } => {
                let span = file.stmt(body).span;
                return span.contains(first.span) != span.contains(second.span);
            }
            _ => return false,
        };
        file.block_stmts(body).iter().any(|&clause| {
            let span = file.stmt(clause).span;
            span.contains(first.span) != span.contains(second.span)
        })
    }

    fn loop_around(&self, point: Point) -> Option<Span> {
        let cfg = self.cx.facts().cfg(point.func);
        let lp = *cfg.loops_of_node(point.node).first()?;
        Some(self.cx.file().stmt(lp.stmt).span)
    }

    /// Whether what decides if `inner` is reached in `stmt` can have changed since, or is computed.
    fn asks_state(&self, stmt: StmtId, inner: Span, first: &ChannelOp<'_>) -> bool {
        let file = self.cx.file();
        let asked: Vec<ExprId> = match file.stmt(stmt).kind {
            StmtKind::If { cond, .. } if !file.expr(cond).span.contains(inner) => vec![cond],
            StmtKind::For {
                cond: Some(cond), ..
            } => vec![cond],
            // A case is switched off by setting its channel to nil.
            StmtKind::CommClause {
                comm: Some(comm), ..
            } => {
                let mut asked = Vec::new();
                walk(file, Node::Stmt(comm), |node| {
                    if let Node::Expr(expr) = node
                        && let ExprKind::Unary {
                            op: UnaryOp::Recv,
                            x,
                        } = file.expr(expr).kind
                        && file.call(x).is_none()
                    {
                        asked.push(x);
                    }
                    Descend::Into
                });
                asked
            }
            StmtKind::Switch { tag, body, .. } => {
                let mut asked: Vec<ExprId> = tag.into_iter().collect();
                for &clause in file.block_stmts(body) {
                    if let StmtKind::CaseClause { list, .. } = file.stmt(clause).kind {
                        asked.extend(file.exprs(list));
                    }
                }
                asked
            }
            _ => return false,
        };
        asked.iter().any(|&cond| self.is_state(cond, first))
    }

    fn is_state(&self, cond: ExprId, first: &ChannelOp<'_>) -> bool {
        let (file, facts) = (self.cx.file(), self.cx.facts());
        let cfg = facts.cfg(first.point.func);
        let mut found = false;
        walk(file, Node::Expr(cond), |node| {
            let Node::Expr(expr) = node else {
                return Descend::Into;
            };
            match file.expr(expr).kind {
                // `i == last` holds in one round.
                ExprKind::Binary {
                    op: BinaryOp::Eq, ..
                } => {
                    found |= self.counts_rounds(expr);
                }
                // Something computed may ask what the first has left behind.
                ExprKind::Call { .. } => {
                    found |= !matches!(
                        facts.callee(expr),
                        Callee::Conversion(_) | Callee::Builtin(Builtin::Cap)
                    );
                }
                ExprKind::Ident | ExprKind::Selector { .. } | ExprKind::Index { .. } => {
                    let text = file.expr_text(expr);
                    found |= self.writes.iter().any(|write| {
                        file.expr_text(write.expr) == text
                            && !write.is_round
                            && !self.is_declaration(write.expr)
                            && write.point.is_none_or(|point| {
                                point.func != first.point.func
                                    || point.node == first.point.node
                                    || cfg.reaches(first.point.node, point.node)
                                    // A flag that is set just before.
                                    || write.is_flag && cfg.reaches(point.node, first.point.node)
                            })
                    });
                    // `ch != nil` of a channel that is a field, `s.closed` of one that others set.
                    found |= matches!(file.expr(expr).kind, ExprKind::Selector { .. });
                }
                _ => {}
            }
            if found { Descend::Stop } else { Descend::Into }
        });
        found
    }

    /// Whether a comparison has a variable in it that a loop sets in each round.
    fn counts_rounds(&self, comparison: ExprId) -> bool {
        let file = self.cx.file();
        let ExprKind::Binary { x, y, .. } = file.expr(comparison).kind else {
            return false;
        };
        [x, y].iter().any(|&side| {
            let text = file.expr_text(side);
            let mut writes = self.writes.iter();
            writes.any(|write| {
                (write.is_round || write.is_flag) && file.expr_text(write.expr) == text
            })
        })
    }

    fn is_declaration(&self, expr: ExprId) -> bool {
        self.cx.body().names().is_definition(expr)
    }

    /// A deferred close: the channel, the `defer`, where the close is written. A literal counts when
    /// it always closes.
    pub(crate) fn deferred_closes(&self) -> Vec<(&ChannelOp<'a>, Point)> {
        let facts = self.cx.facts();
        let closes = self.ops.iter().filter(|op| op.act == ChannelAct::Close);
        closes
            .filter_map(|op| match op.mode {
                CallMode::Deferred(_) => Some((op, op.point)),
                CallMode::Now => {
                    let LiteralUse::Deferred { stmt, .. } = facts.literal_use(op.point.func) else {
                        return None;
                    };
                    let cfg = facts.cfg(op.point.func);
                    let is_certain = !cfg.reaches_avoiding(cfg.entry(), cfg.exit(), op.point.node);
                    Some((op, facts.point_of_stmt(stmt).filter(|_| is_certain)?))
                }
                CallMode::Spawned(_) => None,
            })
            .filter(|(op, point)| op.place.is_some() && facts.reachable(*point))
            .collect()
    }

    /// The literal of a goroutine around a point, with the `go` statement.
    pub(crate) fn goroutine(&self, func: FuncId) -> Option<Point> {
        match self.cx.facts().literal_runs(func) {
            LiteralUse::Spawned { stmt, .. } => self.cx.facts().point_of_stmt(stmt),
            _ => None,
        }
    }

    /// Whether a place is a variable that is set anew in each round of a loop.
    pub(crate) fn is_made_in(&self, place: &Place<'_>, within: Span) -> bool {
        place.local().is_some_and(|local| {
            let declared = self.cx.body().names().local(local);
            within.contains(declared.span) || matches!(declared.kind, LocalKind::RangeVar { .. })
        })
    }
}

/// All assignments to paths in a function and its literals.
fn writes<'a>(facts: &FunctionFacts<'a>) -> Vec<Write<'a>> {
    let (file, body) = (facts.file(), facts.body());
    let mut writes = Vec::new();
    for stmt in file.func(facts.root()).stmts.iter() {
        let mut is_flag = matches!(file.stmt(stmt).kind, StmtKind::IncDec { .. });
        let targets: Vec<ExprId> = match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, .. } => {
                let mut values = file.exprs(rhs).iter();
                is_flag = values.any(|&value| matches!(file.expr_text(value), "true" | "false"));
                file.exprs(lhs).to_vec()
            }
            StmtKind::IncDec { x, .. } => vec![x],
            StmtKind::Range { key, value, .. } => key.into_iter().chain(value).collect(),
            _ => continue,
        };
        let point = match file.stmt(stmt).kind {
            StmtKind::Range { .. } => {
                let func = facts.func_of_stmt(stmt);
                let head = facts.cfg(func).loop_of_stmt(stmt).map(|lp| lp.head);
                head.map(|node| Point { func, node })
            }
            _ => facts.point_of_stmt(stmt),
        };
        for expr in targets {
            if let Some(place) = Place::of(body, expr) {
                writes.push(Write {
                    place,
                    expr,
                    point,
                    is_flag,
                    is_round: matches!(file.stmt(stmt).kind, StmtKind::Range { .. }),
                });
            }
        }
    }
    writes
}

/// Whether two operations stand right after each other in a test: it wants to see the panic.
pub(crate) fn is_meant(cx: &RuleCx<'_>, first: Span, second: Span) -> bool {
    let text = cx.file().text();
    cx.is_test()
        && first.end <= second.start
        && text
            .get(first.end as usize..second.start as usize)
            .is_some_and(|between| between.trim().is_empty())
}
