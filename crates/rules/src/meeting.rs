//! By what two goroutines may wait for each other: channels, locks, wait groups, and whatever else
//! both of them touch and that is not plain data.
//!
//! This is an estimate on the safe side. What a called function does is not looked at; a variable
//! that both goroutines mention, other than numbers, strings and the like, may be what orders them.

use std::cell::RefCell;
use std::rc::Rc;

use go_flow::{BitSet, CallMode, LiteralUse, NodeKind, Point, Value};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, FuncId, StmtId, StmtKind};
use go_types::{Callee, LocalId, MemberKind, Object, Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cx::RuleCx;
use crate::harmless::is_standard;

/// Types that cannot order anything, by package and name.
const PLAIN: [(&str, &str); 15] = [
    ("", "error"),
    ("bytes", "Buffer"),
    ("bytes", "Reader"),
    ("strings", "Builder"),
    ("strings", "Reader"),
    ("time", "Time"),
    ("time", "Duration"),
    ("net/url", "URL"),
    ("log", "Logger"),
    ("log/slog", "Logger"),
    ("testing", "T"),
    ("testing", "B"),
    ("testing", "F"),
    ("testing", "M"),
    ("testing", "TB"),
];

/// How deep types, and literals that are called on the spot, are followed.
const DEEPEST: u32 = 8;

/// How many literals are followed from one mention of a variable that holds one.
const MOST_LITERALS: usize = 64;

/// What is touched at the nodes of one graph.
pub(crate) type Touched = Rc<[BitSet]>;

/// What the goroutines of a function share.
pub(crate) struct Meeting<'c, 'a> {
    cx: &'c RuleCx<'a>,
    /// By number of local: which stand for the same thing.
    groups: Vec<usize>,
    /// By number of local: plain data.
    plain: Vec<bool>,
    /// Operands of calls that never wait.
    passed_by: FxHashSet<ExprId>,
    tables: RefCell<FxHashMap<(FuncId, bool), Touched>>,
}

impl<'c, 'a> Meeting<'c, 'a> {
    pub(crate) fn new(cx: &'c RuleCx<'a>) -> Self {
        let names = cx.body().names();
        let plain = names
            .locals()
            .map(|(id, local)| {
                // A number whose address is taken may be an atomic one.
                !local.is_var()
                    || !cx.facts().var(id).address_taken
                        && is_plain(cx, cx.body().type_of_local(id), DEEPEST)
            })
            .collect();
        let mut meeting = Self {
            cx,
            groups: (0..names.local_count()).collect(),
            plain,
            passed_by: FxHashSet::default(),
            tables: RefCell::default(),
        };
        meeting.link();
        meeting.passed_by = calls_that_never_wait(cx);
        meeting.link_by_goroutines();
        meeting
    }

    /// The set of nothing.
    pub(crate) fn nothing(&self) -> BitSet {
        BitSet::new(self.groups.len() + 2)
    }

    /// In sets: what other functions of the package, and other packages, know of.
    fn everywhere(&self) -> usize {
        self.groups.len()
    }

    /// In sets: a wait for whatever there is.
    fn barrier(&self) -> usize {
        self.groups.len() + 1
    }

    /// What is touched at each node of `func`, in literals that are created there included. With
    /// `all`, also what the goroutines that are started there do, and deferred calls; without, only
    /// what may wait at the node.
    pub(crate) fn touched(&self, func: FuncId, all: bool) -> Touched {
        if let Some(known) = self.tables.borrow().get(&(func, all)) {
            return Rc::clone(known);
        }
        let facts = self.cx.facts();
        let cfg = facts.cfg(func);
        let mut table = vec![self.nothing(); cfg.len()];
        for expr in self.cx.file().func(func).exprs.iter() {
            if let Some(node) = self.node_in(func, expr, all) {
                self.touch(expr, all, &mut table[node], &mut Vec::new());
            }
        }
        let table: Touched = table.into();
        self.tables
            .borrow_mut()
            .insert((func, all), Rc::clone(&table));
        table
    }

    /// What is touched by an expression and all that is in it.
    pub(crate) fn touched_in(&self, expr: ExprId) -> BitSet {
        let mut set = self.nothing();
        walk(self.cx.file(), Node::Expr(expr), |node| {
            if let Node::Expr(expr) = node {
                self.touch(expr, true, &mut set, &mut Vec::new());
            }
            Descend::Into
        });
        set
    }

    /// Whether somebody who touches `waits` may wait for somebody who touches `other`; the variable
    /// `but` itself does not count.
    pub(crate) fn meets(&self, waits: &BitSet, other: &BitSet, but: LocalId) -> bool {
        let but = self.own_group(but);
        let mut common = waits
            .iter()
            .filter(|&index| Some(index) != but && other.contains(index));
        waits.contains(self.barrier()) || common.next().is_some()
    }

    /// The group of a variable that is alone in it and is no channel.
    fn own_group(&self, local: LocalId) -> Option<usize> {
        let body = self.cx.body();
        let ty = body.cx().ty(body.underlying(body.type_of_local(local)));
        if let Type::Chan { .. } | Type::Unknown = ty {
            return None;
        }
        let group = self.groups[local.index()];
        let members = self.groups.iter().filter(|&&other| other == group).count();
        (members == 1).then_some(group)
    }

    /// Whether something in the set is known outside of the function as well.
    pub(crate) fn reaches_outside(&self, set: &BitSet, but: LocalId) -> bool {
        let names = self.cx.body().names();
        let but = self.own_group(but);
        set.contains(self.everywhere())
            || set.contains(self.barrier())
            || names.locals().any(|(id, local)| {
                let group = self.groups[id.index()];
                local.is_param() && Some(group) != but && set.contains(group)
            })
    }

    /// The node of `func` at which `expr`, perhaps in a literal, is evaluated or created.
    fn node_in(&self, func: FuncId, expr: ExprId, all: bool) -> Option<usize> {
        let facts = self.cx.facts();
        let mut point = facts.point_of_expr(expr)?;
        while point.func != func {
            if !all && is_started(self.cx, point.func) {
                return None;
            }
            point = facts.created_at(point.func)?;
        }
        let waits = !matches!(
            facts.cfg(func).kind(point.node),
            NodeKind::Defer(_) | NodeKind::Go(_)
        );
        (all || waits).then_some(point.node.index())
    }

    /// Adds what one expression mentions or calls.
    fn touch(&self, expr: ExprId, all: bool, set: &mut BitSet, seen: &mut Vec<FuncId>) {
        let (file, body) = (self.cx.file(), self.cx.body());
        match file.expr(expr).kind {
            ExprKind::Ident => match body.object(expr) {
                Object::Local(local) => {
                    if !self.plain[local.index()] && (all || !self.passed_by.contains(&expr)) {
                        set.insert(self.groups[local.index()]);
                    }
                    if self.is_foreign_func(local) {
                        set.insert(self.everywhere());
                    }
                    self.touch_literal(local, all, set, seen);
                }
                Object::Member(member) => {
                    let names = body.cx().names();
                    if let MemberKind::Var { .. } = names.member(member).kind
                        && !is_plain(self.cx, body.cx().type_of_member(member), DEEPEST)
                        && (all || !self.passed_by.contains(&expr))
                    {
                        set.insert(self.everywhere());
                    }
                }
                _ => {}
            },
            ExprKind::Call { .. } => match body.callee(expr) {
                Callee::Func {
                    package: "testing/synctest" | "internal/synctest",
                    name: "Wait",
                    ..
                } => {
                    set.insert(self.barrier());
                }
                Callee::Func { package, .. } => {
                    let is_own = *package == **body.cx().names().path();
                    if is_own || !is_standard(self.cx.facts(), package) {
                        set.insert(self.everywhere());
                    }
                }
                Callee::Dynamic | Callee::Unknown | Callee::MemberVar(_) => {
                    set.insert(self.everywhere());
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Whether a parameter is a function, which may do anything.
    fn is_foreign_func(&self, local: LocalId) -> bool {
        let body = self.cx.body();
        body.names().local(local).is_param()
            && matches!(
                body.cx().ty(body.underlying(body.type_of_local(local))),
                Type::Func { .. }
            )
    }

    /// Adds what the literal mentions that `local` holds. `seen` are the literals that were followed:
    /// they may call each other.
    fn touch_literal(&self, local: LocalId, all: bool, set: &mut BitSet, seen: &mut Vec<FuncId>) {
        let Some(literal) = self.cx.facts().literal_in(local) else {
            return;
        };
        if seen.len() >= MOST_LITERALS || seen.contains(&literal) {
            return;
        }
        seen.push(literal);
        for expr in self.cx.file().func(literal).exprs.iter() {
            self.touch(expr, all, set, seen);
        }
    }

    /// Finds variables that stand for the same thing: results of one call, what is made of another.
    fn link(&mut self) {
        let facts = self.cx.facts();
        let mut made_by: FxHashMap<ExprId, usize> = FxHashMap::default();
        for (id, local) in self.cx.body().names().locals() {
            if !local.is_var() || self.plain[id.index()] {
                continue;
            }
            for write in &facts.var(id).writes {
                let (Value::Expr(value) | Value::Element { expr: value, .. }) = write.value else {
                    continue;
                };
                if let Value::Element { .. } = write.value {
                    let first = *made_by.entry(value).or_insert(id.index());
                    self.unite(id.index(), first);
                }
                for other in self.ingredients(id, value) {
                    self.unite(id.index(), other.index());
                }
            }
        }
    }

    /// Unites what a goroutine waits for with what it touches besides: it may pass the news on.
    fn link_by_goroutines(&mut self) {
        let facts = self.cx.facts();
        let mut literals: Vec<FuncId> = facts.gos().iter().filter_map(|go| go.literal).collect();
        literals.retain(|&literal| {
            let cfg = facts.cfg(literal);
            cfg.nodes().any(|node| {
                let point = Point {
                    func: literal,
                    node: node.id,
                };
                let sends = cfg.stmt_of_node(node.id).is_some_and(|stmt| {
                    matches!(self.cx.file().stmt(stmt).kind, StmtKind::Send { .. })
                });
                !sends && waits_at(self.cx, point)
            })
        });
        for literal in literals {
            let mut all = self.nothing();
            for expr in self.cx.file().func(literal).exprs.iter() {
                self.touch(expr, true, &mut all, &mut Vec::new());
            }
            let mut members = all.iter().filter(|&index| index < self.everywhere());
            let Some(first) = members.next() else {
                continue;
            };
            let rest: Vec<usize> = members.collect();
            for other in rest {
                self.unite(other, first);
            }
        }
    }

    /// The variables that the value of `local` is made of.
    fn ingredients(&self, local: LocalId, value: ExprId) -> Vec<LocalId> {
        let (file, body) = (self.cx.file(), self.cx.body());
        let mut found = Vec::new();
        walk(file, Node::Expr(value), |node| {
            let Node::Expr(expr) = node else {
                return Descend::Past;
            };
            if let ExprKind::Call { args, .. } = file.expr(expr).kind
                && let Callee::Selected { .. } = body.callee(expr)
                && !is_channel_or_func(self.cx, body.type_of_local(local))
            {
                // What a method returns is another thing than its operand.
                for &arg in file.exprs(args) {
                    found.extend(self.ingredients(local, arg));
                }
                return Descend::Past;
            }
            if let Object::Local(other) = body.object(expr)
                && !self.plain[other.index()]
                && !body.is_named(body.type_of_local(other), "context", "Context")
            {
                found.push(other);
            }
            Descend::Into
        });
        found
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.groups[a], self.groups[b]);
        if a != b {
            for group in &mut self.groups {
                if *group == a {
                    *group = b;
                }
            }
        }
    }
}

/// Whether a literal runs in a goroutine of its own.
pub(crate) fn is_started(cx: &RuleCx<'_>, literal: FuncId) -> bool {
    match cx.facts().literal_runs(literal) {
        LiteralUse::Spawned { .. } => true,
        LiteralUse::Argument { call, index: 0 } => starts_argument(cx, call),
        _ => false,
    }
}

/// Whether a call is `Go` of a `sync.WaitGroup` or an `errgroup.Group`.
pub(crate) fn starts_argument(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let body = cx.body();
    matches!(body.callee(call), Callee::Selected { name: "Go", .. })
        && (body.is_method_call(call, "sync", "WaitGroup", "Go")
            || body.is_method_call(call, "golang.org/x/sync/errgroup", "Group", "Go"))
}

/// The variables at the start of operands of calls that never wait for anybody.
fn calls_that_never_wait(cx: &RuleCx<'_>) -> FxHashSet<ExprId> {
    let body = cx.body();
    let is_limited = cx.facts().calls().iter().any(|site| {
        matches!(
            body.callee(site.call),
            Callee::Selected {
                name: "SetLimit",
                ..
            }
        )
    });
    let operand = |site: &go_flow::CallSite| {
        let Callee::Selected { x, name } = body.callee(site.call) else {
            return None;
        };
        let never_waits = match name {
            "Add" | "Done" => body.is_method_call(site.call, "sync", "WaitGroup", name),
            "Go" => !is_limited && starts_argument(cx, site.call),
            _ => false,
        };
        let mut x = cx.file().unparen(x);
        while let ExprKind::Selector { x: inner, .. } | ExprKind::Paren(inner) =
            cx.file().expr(x).kind
        {
            x = inner;
        }
        never_waits.then_some(x)
    };
    cx.facts().calls().iter().filter_map(operand).collect()
}

/// Whether values of a type are data that nobody can wait for.
fn is_plain(cx: &RuleCx<'_>, ty: TypeId, levels: u32) -> bool {
    let body = cx.body();
    let Some(levels) = levels.checked_sub(1) else {
        return false;
    };
    let named = body.cx().deref(ty);
    if PLAIN
        .iter()
        .any(|&(package, name)| body.is_named(named, package, name))
    {
        return true;
    }
    match body.cx().ty(body.underlying(ty)) {
        Type::Basic(_) => true,
        Type::Slice(elem) | Type::Array { elem, .. } => is_plain(cx, elem, levels),
        Type::Map { key, value } => is_plain(cx, key, levels) && is_plain(cx, value, levels),
        _ => false,
    }
}

fn is_channel_or_func(cx: &RuleCx<'_>, ty: TypeId) -> bool {
    matches!(
        cx.body().cx().ty(cx.body().underlying(ty)),
        Type::Chan { .. } | Type::Func { .. } | Type::Unknown
    )
}

/// Where in `func` something happens that stands there, or in literals that are called there.
pub(crate) fn point_in(cx: &RuleCx<'_>, func: FuncId, mut point: Point) -> Option<Point> {
    for _ in 0..DEEPEST {
        if point.func == func {
            return Some(point);
        }
        let LiteralUse::Called { call } = cx.facts().literal_use(point.func) else {
            return None;
        };
        point = cx.facts().point_of_expr(call)?;
    }
    None
}

/// Whether something at a node waits for others or excludes them.
pub(crate) fn waits_at(cx: &RuleCx<'_>, point: Point) -> bool {
    let facts = cx.facts();
    let is_range = match facts.cfg(point.func).kind(point.node) {
        NodeKind::Range(stmt) => is_channel_range(cx, stmt),
        _ => false,
    };
    is_range
        || facts.effect_at(point).blocks
        || facts.calls_at(point).iter().any(|site| {
            site.mode == CallMode::Now
                && match facts.callee(site.call) {
                    Callee::Selected { name, .. } => {
                        name.contains("Lock")
                            || name.contains("Wait")
                            || matches!(
                                name,
                                "Do" | "Load"
                                    | "Swap"
                                    | "CompareAndSwap"
                                    | "Acquire"
                                    | "Add"
                                    | "Store"
                            ) && !is_wait_group(cx, site.call, name)
                    }
                    Callee::Func { package, .. } => package == "sync/atomic",
                    _ => false,
                }
        })
}

fn is_wait_group(cx: &RuleCx<'_>, call: ExprId, name: &str) -> bool {
    cx.body().is_method_call(call, "sync", "WaitGroup", name)
}

fn is_channel_range(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    let StmtKind::Range { x, .. } = cx.file().stmt(stmt).kind else {
        return false;
    };
    let body = cx.body();
    matches!(
        body.cx().ty(body.underlying(body.type_of(x))),
        Type::Chan { .. } | Type::Func { .. } | Type::Unknown
    )
}
