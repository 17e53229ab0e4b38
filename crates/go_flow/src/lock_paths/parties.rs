//! The other side of a wait: which function of the package ends it, and whether it needs the lock
//! that is held meanwhile. And in which order the functions of a package take two locks.

use std::rc::Rc;

use go_syntax::{ArenaId, ExprId, ExprKind, File, FuncId, Span, StmtKind, UnaryOp};
use go_types::{Body, Builtin, Callee, Init, LocalKind, Object, PackageCx, Type};

use super::contract::{LockContracts, declared};
use super::spot::{Spot, field_of, field_of_spot};
use super::{LockFate, LockField, Wait, WaitKind};
use crate::cfg::NodeId;
use crate::facts::{FunctionFacts, Point, param_number};
use crate::sites::{CallMode, LiteralUse, LockOp};

/// What ends a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Done,
    Send,
    Receive,
}

/// Who ends a wait, and needs the lock for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherSide {
    /// The file, as index into those of the package.
    pub file: u32,
    /// The name of the declared function.
    pub function: String,
    /// Where it takes the lock.
    pub takes: Span,
}

/// Two locks that a function takes, one while it holds the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockOrder {
    /// The lock that is held.
    pub held: LockField,
    /// The lock that is taken.
    pub taken: LockField,
    /// Whether both are taken for reading.
    pub reads: bool,
    /// The file, as index into those of the package, and the declared function.
    pub func: (u32, FuncId),
    /// The name of the function.
    pub function: String,
    /// The call that takes the second.
    pub span: Span,
}

impl FunctionFacts<'_> {
    /// Who ends the wait, and takes for it the lock that `held` is, by the field or variable that
    /// they are; `None` when nobody at hand does. Of a `select` one of its communications is enough,
    /// if no other can end it.
    pub fn other_side(
        &self,
        contracts: &LockContracts,
        wait: &Wait,
        at: Point,
        held: (&Spot, Option<&LockField>),
    ) -> Option<OtherSide> {
        let file = self.file();
        if wait.kind == WaitKind::Select {
            let crate::cfg::NodeKind::Select(stmt) = self.cfg(at.func).kind(at.node) else {
                return None;
            };
            let StmtKind::Select { body } = file.stmt(stmt).kind else {
                return None;
            };
            let mut found = None;
            for &clause in file.block_stmts(body) {
                let StmtKind::CommClause {
                    comm: Some(comm), ..
                } = file.stmt(clause).kind
                else {
                    return None;
                };
                let (channel, deed) = communication(file, comm)?;
                if ends_by_itself(self, channel) {
                    return None;
                }
                found = found.or_else(|| self.party(contracts, at, channel, deed, held));
            }
            return found;
        }
        // Who asks how many values there are does not wait for them.
        if matches!(wait.kind, WaitKind::Receive | WaitKind::Send)
            && wait
                .operand
                .is_some_and(|operand| self.asks_for_length(at, operand))
        {
            return None;
        }
        let deed = match wait.kind {
            WaitKind::WaitGroup => Deed::Done,
            WaitKind::Send => Deed::Receive,
            WaitKind::Receive | WaitKind::RangeChannel => Deed::Send,
            WaitKind::Sleep | WaitKind::Select => return None,
        };
        self.party(contracts, at, wait.operand?, deed, held)
    }

    fn party(
        &self,
        contracts: &LockContracts,
        at: Point,
        operand: ExprId,
        deed: Deed,
        (spot, lock): (&Spot, Option<&LockField>),
    ) -> Option<OtherSide> {
        let target = Spot::of(self, operand)?;
        let name = name_of(self.file(), operand)?;
        if deed != Deed::Done && has_room(self, name) {
            return None;
        }
        // In the function itself: a literal that runs at the same time.
        for &func in self.funcs() {
            if func == self.root() || func == at.func || !self.is_concurrent(func) {
                continue;
            }
            let deeds = deeds(self, func);
            if is_token(self, &deeds, deed, name) {
                continue;
            }
            for (x, found) in deeds {
                if found == deed
                    && Spot::of(self, x).is_some_and(|other| other == target)
                    && let Some(takes) = self.needs(contracts, (func, x, deed), Some(spot), lock)
                {
                    return Some(self.side(takes));
                }
            }
        }
        // Who waits for what it has started itself, or counted itself, waits for nobody else.
        if self.is_own(at.func, name, deed) {
            return None;
        }
        let field = field_of(self, operand)?;
        let lock = lock?;
        let cx = self.body().cx();
        let mut side = None;
        for (index, file, root) in declared(cx) {
            if (index, root) == (self.body().file_index(), self.root())
                || !mentions(file, root, name)
                || is_test(file, root)
            {
                continue;
            }
            let body = Body::new(cx, index, root);
            let facts = FunctionFacts::new(&body);
            for &func in facts.funcs() {
                let deeds = deeds(&facts, func);
                if is_token(&facts, &deeds, deed, name) {
                    continue;
                }
                let renamed = facts.renamed(contracts, func, (name, &field), deed, lock);
                side = side.or(renamed);
                for (x, found) in deeds {
                    if found != deed
                        || name_of(file, x) != Some(name)
                        || field_of(&facts, x).as_ref() != Some(&field)
                    {
                        continue;
                    }
                    match facts.needs(contracts, (func, x, deed), None, Some(lock)) {
                        Some(takes) => side = side.or_else(|| Some(facts.side(takes))),
                        // Of those at the other end of a channel one is enough.
                        None if deed != Deed::Done => return None,
                        None => {}
                    }
                }
            }
        }
        side
    }

    /// Whether a function has itself made, closed, or added to what it waits for.
    fn is_own(&self, func: FuncId, name: &str, deed: Deed) -> bool {
        let file = self.file();
        let counts = self.calls_of(func).iter().any(|site| {
            match (deed, self.callee(site.call), file.call(site.call)) {
                (
                    Deed::Done,
                    Callee::Selected {
                        x,
                        name: "Add" | "Go",
                    },
                    _,
                ) => name_of(file, x) == Some(name),
                (Deed::Send, Callee::Builtin(Builtin::Close), Some((_, [channel]))) => {
                    name_of(file, *channel) == Some(name)
                }
                _ => false,
            }
        });
        let makes = || {
            file.func(func).stmts.iter().any(|stmt| {
                let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                    return false;
                };
                { file.exprs(lhs).iter().zip(file.exprs(rhs)) }.any(|(&target, &value)| {
                    name_of(file, target) == Some(name)
                        && self.callee(file.unparen(value)) == Callee::Builtin(Builtin::Make)
                })
            })
        };
        counts || deed != Deed::Done && makes()
    }

    /// The same for a function of the package that `func` hands the channel to: there it goes by the name
    /// of a parameter.
    fn renamed(
        &self,
        contracts: &LockContracts,
        func: FuncId,
        (name, field): (&str, &LockField),
        deed: Deed,
        lock: &LockField,
    ) -> Option<OtherSide> {
        let file = self.file();
        for site in self.calls_of(func) {
            let (_, args) = file.call(site.call)?;
            let is_it = |&arg: &ExprId| {
                name_of(file, arg) == Some(name) && field_of(self, arg).as_ref() == Some(field)
            };
            let Some(index) = args.iter().position(is_it) else {
                continue;
            };
            let Some((other, root)) = self.body().declaration(site.call) else {
                continue;
            };
            let body = Body::new(self.body().cx(), other, root);
            let facts = FunctionFacts::new(&body);
            for (x, found) in deeds(&facts, root) {
                let is_param = || {
                    matches!(body.object(x), Object::Local(local)
                        if param_number(&body, local) == Some(index))
                };
                if found == deed
                    && is_param()
                    && let Some(takes) = facts.needs(contracts, (root, x, deed), None, Some(lock))
                {
                    return Some(facts.side(takes));
                }
            }
        }
        None
    }

    /// Whether a condition of the function asks how many values a channel has.
    fn asks_for_length(&self, at: Point, channel: ExprId) -> bool {
        let file = self.file();
        let channel = file.expr_text(file.unparen(channel));
        let asked = format!("len({channel})");
        let cfg = self.cfg(at.func);
        cfg.nodes().any(|node| match node.kind {
            crate::cfg::NodeKind::Cond(cond) => file.expr_text(cond).contains(&asked),
            _ => false,
        })
    }

    fn side(&self, takes: Span) -> OtherSide {
        let file = self.file();
        OtherSide {
            file: self.body().file_index(),
            function: file
                .func(self.root())
                .name
                .map_or(String::new(), |name| file.name(name).to_owned()),
            takes,
        }
    }

    /// Whether a literal runs in a goroutine of its own.
    fn is_concurrent(&self, func: FuncId) -> bool {
        match self.literal_runs(func) {
            LiteralUse::Spawned { .. } => true,
            // What starts goroutines of its own, such as the method `Go` of groups.
            LiteralUse::Argument { call, .. } => {
                matches!(self.callee(call), Callee::Selected { name: "Go", .. })
            }
            _ => false,
        }
    }

    /// Whether a lock that is taken at a node comes between what a `Wait` waits for: after the `Add`, if
    /// the function has it, and before the `Done`.
    fn is_counted(&self, func: FuncId, operand: ExprId, at: NodeId) -> bool {
        let file = self.file();
        let cfg = self.cfg(func);
        let name = name_of(file, operand);
        let nodes_of = |method: &str| -> Vec<(NodeId, bool)> {
            { self.calls_of(func).iter() }
                .filter(|site| {
                    matches!(self.callee(site.call), Callee::Selected { x, name: called }
                        if called == method && name_of(file, x) == name)
                })
                .map(|site| (site.point.node, matches!(site.mode, CallMode::Deferred(_))))
                .collect()
        };
        let adds = nodes_of("Add");
        let dones = nodes_of("Done");
        let after_add = adds.is_empty() || adds.iter().any(|&(add, _)| cfg.reaches(add, at));
        let before_done =
            { dones.iter() }.any(|&(done, deferred)| deferred || cfg.reaches(at, done));
        // In a literal that is deferred.
        after_add && (before_done || dones.is_empty())
    }

    /// Where a function takes the lock, itself or by a call, before it has done its part.
    fn needs(
        &self,
        contracts: &LockContracts,
        (func, operand, deed): (FuncId, ExprId, Deed),
        spot: Option<&Spot>,
        field: Option<&LockField>,
    ) -> Option<Span> {
        let file = self.file();
        for lock in self.locks() {
            if lock.point.func != func
                || lock.mode != CallMode::Now
                || !matches!(lock.op, LockOp::Lock | LockOp::RLock)
                || deed == Deed::Done && !self.is_counted(func, operand, lock.point.node)
            {
                continue;
            }
            let same_spot = spot.is_some_and(|spot| {
                lock.place
                    .as_ref()
                    .is_some_and(|place| Spot::of_place(self, place) == *spot)
            });
            let same_field = || {
                field.is_some() && spot.is_none() && field_of(self, lock.operand).as_ref() == field
            };
            if same_spot || same_field() {
                return Some(file.expr(lock.call).span);
            }
        }
        for site in self.calls_of(func) {
            if site.mode != CallMode::Now
                || deed == Deed::Done && !self.is_counted(func, operand, site.point.node)
            {
                continue;
            }
            let Some(contract) = contracts.of_call(self, site.call) else {
                continue;
            };
            for effect in &contract.effects {
                if !effect.takes() {
                    continue;
                }
                let Some(taken) = effect.lock.at(self, site.call) else {
                    continue;
                };
                let is_it = match spot {
                    Some(spot) => taken == *spot,
                    None => field.is_some() && field_of_spot(self, &taken).as_ref() == field,
                };
                if is_it {
                    return Some(file.expr(site.call).span);
                }
            }
        }
        None
    }
}

/// What a function does that ends waits of others: the operand, and what.
fn deeds(facts: &FunctionFacts<'_>, func: FuncId) -> Vec<(ExprId, Deed)> {
    let file = facts.file();
    let mut found = Vec::new();
    for stmt in file.func(func).stmts.iter() {
        if facts.func_of_stmt(stmt) != func {
            continue;
        }
        match file.stmt(stmt).kind {
            StmtKind::Send { chan, .. } => found.push((chan, Deed::Send)),
            StmtKind::Range { x, .. } => {
                let body = facts.body();
                if matches!(
                    body.cx().ty(body.underlying(body.type_of(x))),
                    Type::Chan { .. }
                ) {
                    found.push((x, Deed::Receive));
                }
            }
            _ => {}
        }
    }
    for expr in file.func(func).exprs.iter() {
        match file.expr(expr).kind {
            ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } if facts.func_of_expr(expr) == func => found.push((x, Deed::Receive)),
            ExprKind::Call { fun, .. } => {
                if let Some((x, "Done")) = file.selector(file.unparen(fun))
                    && facts.func_of_expr(expr) == func
                    && facts
                        .body()
                        .is_method_call(expr, "sync", "WaitGroup", "Done")
                {
                    found.push((x, Deed::Done));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a function both sends to and receives from a channel of this name: it holds a token, and
/// does not hand anything over.
fn is_token(facts: &FunctionFacts<'_>, deeds: &[(ExprId, Deed)], deed: Deed, name: &str) -> bool {
    let other = match deed {
        Deed::Done => return false,
        Deed::Send => Deed::Receive,
        Deed::Receive => Deed::Send,
    };
    deeds
        .iter()
        .any(|&(x, found)| found == other && name_of(facts.file(), x) == Some(name))
}

/// Whether a channel of this name is made with room for a number of values that is written down:
/// somebody has counted.
fn has_room(facts: &FunctionFacts<'_>, name: &str) -> bool {
    let is_sized_make = |file: &File, value: ExprId| {
        let Some((fun, &[ty, size])) = file.call(file.unparen(value)) else {
            return false;
        };
        // A channel with room for values that say nothing counts: tokens, or slots.
        let is_counter = || file.expr_text(ty).ends_with("struct{}");
        file.ident(file.unparen(fun)) == Some("make")
            && (matches!(file.expr(file.unparen(size)).kind, ExprKind::BasicLit(_)) || is_counter())
            && file.expr_text(size) != "0"
    };
    let cx = facts.body().cx();
    let count = u32::try_from(cx.names().files().len()).unwrap_or(u32::MAX);
    (0..count).any(|index| {
        let file = cx.file(index);
        declared(cx)
            .filter(|&(of, ..)| of == index)
            .any(|(_, _, func)| {
                let node = file.func(func);
                let in_literal = node.exprs.iter().any(|expr| {
                    matches!(file.expr(expr).kind, ExprKind::KeyValue { key, value }
                        if file.ident(key) == Some(name) && is_sized_make(file, value))
                });
                in_literal
                    || node.stmts.iter().any(|stmt| match file.stmt(stmt).kind {
                        StmtKind::Assign { lhs, rhs, .. } => file
                            .exprs(lhs)
                            .iter()
                            .zip(file.exprs(rhs))
                            .any(|(&target, &value)| {
                                name_of(file, target) == Some(name) && is_sized_make(file, value)
                            }),
                        _ => false,
                    })
            })
    })
}

/// The last name of a path.
fn name_of(file: &File, expr: ExprId) -> Option<&str> {
    let expr = file.unparen(expr);
    match file.selector(expr) {
        Some((_, name)) => Some(name),
        None => file.ident(expr),
    }
}

/// Whether a function is a test, by its name.
fn is_test(file: &File, func: FuncId) -> bool {
    let name = file.func(func).name.map_or("", |name| file.name(name));
    ["Test", "Benchmark", "Example", "Fuzz"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether a function has a name in it.
fn mentions(file: &File, func: FuncId, name: &str) -> bool {
    file.func(func)
        .exprs
        .iter()
        .any(|expr| match file.expr(expr).kind {
            ExprKind::Selector { sel, .. } => file.span_text(sel) == name,
            ExprKind::Ident => file.expr_text(expr) == name,
            _ => false,
        })
}

/// The channel of a communication, and what its other side does.
fn communication(file: &File, comm: go_syntax::StmtId) -> Option<(ExprId, Deed)> {
    let received = match file.stmt(comm).kind {
        StmtKind::Send { chan, .. } => return Some((chan, Deed::Receive)),
        StmtKind::Expr(x) => x,
        StmtKind::Assign { rhs, .. } => *file.exprs(rhs).first()?,
        _ => return None,
    };
    match file.expr(file.unparen(received)).kind {
        ExprKind::Unary {
            op: UnaryOp::Recv,
            x,
        } => Some((x, Deed::Send)),
        _ => None,
    }
}

/// Whether a channel speaks up after some time, or when everything is to end.
fn ends_by_itself(facts: &FunctionFacts<'_>, channel: ExprId) -> bool {
    let file = facts.file();
    let channel = file.unparen(channel);
    let text = file.expr_text(channel).to_ascii_lowercase();
    const WORDS: [&str; 10] = [
        "done", "after", "quit", "stop", "close", "exit", "shutdown", "timeout", "timer", "tick",
    ];
    matches!(file.expr(channel).kind, ExprKind::Call { .. })
        || text.ends_with(".c")
        || WORDS.iter().any(|word| text.contains(word))
}

/// Whether the lock lies in something that the function has just made, so that nobody else has it.
pub(super) fn is_fresh(facts: &FunctionFacts<'_>, spot: &Spot) -> bool {
    let Some(local) = spot.local() else {
        return false;
    };
    let file = facts.file();
    match facts.body().names().local(local).kind {
        LocalKind::Var { init, .. } => match init {
            Init::Zero => !spot.path.is_empty() || facts.var(local).captures.is_empty(),
            Init::Value(value) => {
                let value = file.unparen(value);
                let value = match file.expr(value).kind {
                    ExprKind::Unary { x, .. } => file.unparen(x),
                    _ => value,
                };
                match file.expr(value).kind {
                    ExprKind::CompositeLit { .. } => true,
                    ExprKind::Call { fun, .. } => {
                        let name = name_of(file, fun).unwrap_or_default();
                        name.starts_with("New") || name.starts_with("new")
                    }
                    _ => false,
                }
            }
            Init::Element { .. } => false,
        },
        _ => false,
    }
}

impl LockContracts {
    /// The orders in which the functions of the package take locks.
    pub fn orders(&self, cx: &PackageCx<'_>) -> Rc<Vec<LockOrder>> {
        if let Some(known) = self.orders.borrow().as_ref() {
            return Rc::clone(known);
        }
        let mut orders = Vec::new();
        for (index, file, func) in declared(cx) {
            let node = file.func(func);
            let locks = node.features.intersects(go_syntax::Features::LOCK);
            if is_test(file, func) || !locks && !self.calls_keeper(cx, index, func) {
                continue;
            }
            let body = Body::new(cx, index, func);
            let facts = FunctionFacts::new(&body);
            let name = node.name.map_or("", |name| file.name(name));
            for lock in facts.taken_locks(self) {
                let Some(held) = &lock.field else { continue };
                if lock.given_up || is_fresh(&facts, &lock.spot) {
                    continue;
                }
                for event in &lock.events {
                    let LockFate::Takes {
                        lock: taken, op, ..
                    } = &event.fate
                    else {
                        continue;
                    };
                    let Some(expr) = event.expr.filter(|_| taken != held) else {
                        continue;
                    };
                    orders.push(LockOrder {
                        held: held.clone(),
                        taken: taken.clone(),
                        reads: lock.op.is_read() && op.is_read(),
                        func: (index, func),
                        function: name.to_owned(),
                        span: file.expr(expr).span,
                    });
                }
            }
        }
        orders.sort_by_key(|order| (order.func.0, order.func.1.index(), order.span.start));
        let orders = Rc::new(orders);
        *self.orders.borrow_mut() = Some(Rc::clone(&orders));
        orders
    }
}
