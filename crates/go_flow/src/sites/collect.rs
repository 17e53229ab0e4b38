//! One pass over all nodes of a function that finds its calls, defers and literals.

use go_syntax::{ArenaId, DeclKind, ExprId, ExprKind, FuncId, SpecKind, StmtId, StmtKind};
use go_types::{Builtin, Callee, Object};

use super::{
    CallMode, CallSite, DeferSite, GoSite, Literal, LiteralUse, LockCall, LockOp, Mutex,
    RecoverCall, Sites,
};
use crate::cfg::NodeKind;
use crate::facts::{FunctionFacts, Point};
use crate::place::{Place, Projection};

impl<'a> FunctionFacts<'a> {
    /// Finds everything that stands in the function.
    pub(crate) fn collect_sites(&self) -> Sites<'a> {
        let unknown = Literal {
            role: LiteralUse::Other,
            created: None,
        };
        let mut sites = Sites {
            defers: Vec::new(),
            gos: Vec::new(),
            calls: Vec::new(),
            recovers: Vec::new(),
            literals: vec![unknown; self.funcs().len()].into_boxed_slice(),
        };
        sites.literals[0].role = LiteralUse::Root;
        for &func in self.funcs() {
            let cfg = self.cfg(func);
            for node in cfg.nodes() {
                let point = Point {
                    func,
                    node: node.id,
                };
                self.collect_node(&mut sites, point, node.kind);
            }
        }
        sites.defers.sort_by_key(|site| self.start_of(site.stmt));
        sites.gos.sort_by_key(|site| self.start_of(site.stmt));
        self.number(&mut sites.defers);
        sites
    }

    fn start_of(&self, stmt: StmtId) -> u32 {
        self.file().stmt(stmt).span.start
    }

    fn number(&self, defers: &mut [DeferSite<'a>]) {
        let mut previous: Option<(u32, u32)> = None;
        for (ordinal, site) in (0..).zip(defers) {
            let start = self.start_of(site.stmt);
            let between = |from| self.file().span_text(go_syntax::Span::new(from, start));
            site.ordinal = ordinal;
            site.on_line = match previous {
                Some((from, on_line)) if !between(from).contains('\n') => on_line + 1,
                _ => 0,
            };
            previous = Some((start, site.on_line));
        }
    }

    fn collect_node(&self, sites: &mut Sites<'a>, point: Point, kind: NodeKind) {
        let mode = self.collect_stmt(sites, point, kind);
        let first = sites.calls.len();
        self.cfg(point.func).own_exprs(point.node, |expr| {
            self.collect_expr(sites, point, expr, mode);
        });
        // What is called first ends first: arguments before the call, the operand before the rest
        // of a chain.
        sites.calls[first..].sort_by_key(|site| self.file().expr(site.call).span.end);
        let recovers = sites.calls[first..]
            .iter()
            .filter(|site| self.is_recover(site.call));
        sites.recovers.extend(recovers.map(|site| RecoverCall {
            call: site.call,
            point: site.point,
            mode: site.mode,
        }));
    }

    fn is_recover(&self, call: ExprId) -> bool {
        let file = self.file();
        file.call(call)
            .is_some_and(|(fun, _)| file.ident(file.unparen(fun)) == Some("recover"))
            && self.callee(call) == Callee::Builtin(Builtin::Recover)
    }

    /// What a node does as a statement. Gives the call that does not happen now, and when it does.
    fn collect_stmt(
        &self,
        sites: &mut Sites<'a>,
        point: Point,
        kind: NodeKind,
    ) -> Option<(ExprId, CallMode)> {
        let file = self.file();
        match kind {
            NodeKind::Defer(stmt) => {
                let StmtKind::Defer(x) = file.stmt(stmt).kind else {
                    return None;
                };
                let call = file.unparen(x);
                let callee = self.callee(call);
                let literal = literal_of(callee);
                if let Some(func) = literal {
                    self.set_use(sites, func, LiteralUse::Deferred { stmt, call });
                }
                sites.defers.push(DeferSite {
                    stmt,
                    call,
                    callee,
                    point,
                    literal,
                    ordinal: 0,
                    on_line: 0,
                });
                Some((call, CallMode::Deferred(stmt)))
            }
            NodeKind::Go(stmt) => {
                let StmtKind::Go(x) = file.stmt(stmt).kind else {
                    return None;
                };
                let call = file.unparen(x);
                let callee = self.callee(call);
                let literal = literal_of(callee);
                if let Some(func) = literal {
                    self.set_use(sites, func, LiteralUse::Spawned { stmt, call });
                }
                sites.gos.push(GoSite {
                    stmt,
                    call,
                    callee,
                    point,
                    literal,
                });
                Some((call, CallMode::Spawned(stmt)))
            }
            NodeKind::Return(stmt) => {
                if let StmtKind::Return(results) = file.stmt(stmt).kind {
                    for &result in file.exprs(results) {
                        self.use_of(sites, result, LiteralUse::Returned { stmt });
                    }
                }
                None
            }
            NodeKind::Stmt(stmt) => {
                self.collect_assignment(sites, stmt);
                None
            }
            _ => None,
        }
    }

    /// The literals that a statement stores as they are.
    fn collect_assignment(&self, sites: &mut Sites<'a>, stmt: StmtId) {
        let file = self.file();
        match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, .. } => {
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                for (&left, &right) in lhs.iter().zip(rhs) {
                    let role = match self.body().object(left) {
                        Object::Local(local) => LiteralUse::Assigned { local },
                        Object::Blank => LiteralUse::Other,
                        _ => LiteralUse::Stored,
                    };
                    self.use_of(sites, right, role);
                }
            }
            StmtKind::Send { value, .. } => self.use_of(sites, value, LiteralUse::Stored),
            StmtKind::Decl(decl) => {
                let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
                    return;
                };
                for spec in specs.iter() {
                    let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                        continue;
                    };
                    for (name, &value) in names.iter().zip(file.exprs(values)) {
                        if let Some(local) = self.body().names().declared(name) {
                            self.use_of(sites, value, LiteralUse::Assigned { local });
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn collect_expr(
        &self,
        sites: &mut Sites<'a>,
        point: Point,
        expr: ExprId,
        later: Option<(ExprId, CallMode)>,
    ) {
        let file = self.file();
        match file.expr(expr).kind {
            ExprKind::FuncLit(func) => {
                sites.literals[self.position(func)].created = Some(point);
            }
            ExprKind::Call { fun, args, .. } => {
                let mode = match later {
                    Some((call, mode)) if call == expr => mode,
                    _ => CallMode::Now,
                };
                sites.calls.push(CallSite {
                    call: expr,
                    point,
                    mode,
                });
                if mode == CallMode::Now {
                    self.use_of(sites, fun, LiteralUse::Called { call: expr });
                }
                for (index, &arg) in (0..).zip(file.exprs(args)) {
                    self.use_of(sites, arg, LiteralUse::Argument { call: expr, index });
                }
            }
            ExprKind::CompositeLit { elts, .. } => {
                for &elt in file.exprs(elts) {
                    let value = match file.expr(elt).kind {
                        ExprKind::KeyValue { value, .. } => value,
                        _ => elt,
                    };
                    self.use_of(sites, value, LiteralUse::Stored);
                }
            }
            _ => {}
        }
    }

    /// Notes what becomes of `expr`, if it is a literal.
    fn use_of(&self, sites: &mut Sites<'a>, expr: ExprId, role: LiteralUse) {
        if let ExprKind::FuncLit(func) = self.file().expr(self.file().unparen(expr)).kind {
            self.set_use(sites, func, role);
        }
    }

    fn set_use(&self, sites: &mut Sites<'a>, func: FuncId, role: LiteralUse) {
        sites.literals[self.position(func)].role = role;
    }

    /// Finds the calls of methods of locks.
    pub(crate) fn collect_locks(&self) -> Vec<LockCall<'a>> {
        self.calls()
            .iter()
            .filter_map(|site| self.lock_call(site))
            .collect()
    }

    fn lock_call(&self, site: &CallSite) -> Option<LockCall<'a>> {
        let file = self.file();
        let (fun, args) = file.call(site.call)?;
        let (x, name) = file.selector(file.unparen(fun))?;
        let op = LockOp::from_name(name)?;
        let Callee::Selected { .. } = self.callee(site.call) else {
            return None;
        };
        let cx = self.body().cx();
        let kind_of = |owner| {
            [
                ("Mutex", Mutex::Mutex),
                ("RWMutex", Mutex::RwMutex),
                ("Locker", Mutex::Locker),
            ]
            .into_iter()
            .find(|(name, _)| cx.is_named(owner, "sync", name))
            .map(|(_, mutex)| mutex)
        };
        let ty = self.body().type_of(x);
        let (operand, mutex) = match self.body().method(site.call) {
            Some(method) => (method.recv?, kind_of(method.owner).unwrap_or(Mutex::Other)),
            // Neither method nor field: a declaration is not at hand, but the type may be named.
            None if self.body().selection(ty, name).is_none() => {
                (x, kind_of(cx.deref(ty)).unwrap_or(Mutex::Unknown))
            }
            // A field of function type.
            None => return None,
        };
        // In `(*sync.Mutex).Lock(&mu)` the operand is an argument.
        let rest = args.iter().filter(|&&arg| arg != operand).count();
        if rest > 0 {
            return None;
        }
        let mut place = Place::of_operand(self.body(), operand);
        if let Some(place) = &mut place {
            // `s.Mutex.Lock()` and `s.Lock()` are the same when the mutex is embedded.
            if let Some(Projection::Field("Mutex" | "RWMutex")) = place.path.last() {
                place.path.pop();
            }
        }
        Some(LockCall {
            call: site.call,
            point: site.point,
            mode: site.mode,
            op,
            mutex,
            operand,
            place,
        })
    }

    /// The position of a function among those of the root.
    pub(crate) fn position(&self, func: FuncId) -> usize {
        func.index() - self.root().index()
    }
}

fn literal_of(callee: Callee<'_>) -> Option<FuncId> {
    match callee {
        Callee::Literal(func) => Some(func),
        _ => None,
    }
}
