//! `critical-section-stretched`.

use go_flow::{CallMode, CallSite, DeferSite, LockCall, Mutex, PlaceRoot, Projection};
use go_syntax::{DeclKind, ExprId, ExprKind, Features, FuncId, Span, StmtKind};
use go_types::{Callee, Init, LocalId, LocalKind, Object, PackageCx, Type};
use rustc_hash::FxHashSet;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::locked::{is_start, root_name};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred unlocks that keep a lock over slow work which needs nothing that it guards.
    ///
    /// ## What it does
    /// Reports `defer x.mu.Unlock()` when the function ends with a call that waits for the network, a
    /// database, a process or the clock, and neither that call nor anything after it uses `x` or
    /// something that came from `x`, while the lines before do: the lock could be given back before.
    /// Which calls wait is known from the models (`[[block]]`).
    ///
    /// It is silent where the lock may be there to do one such thing at a time: when the call works on
    /// something that others have too, such as a connection, when the name of the lock says so
    /// (`sendMu`), or when no field of `x` that is ever assigned to is used before the call. Locks that are variables of the
    /// package, and tests, are left alone.
    ///
    /// ## Why it is bad
    /// Deferred calls run when the function ends, so the lock is held all the while. Everybody else
    /// who wants a look at the fields waits for a server far away, and one that hangs stops them all.
    ///
    /// ## Example
    /// ```go
    /// type stats struct {
    /// 	mu    sync.Mutex
    /// 	calls map[string]int
    /// }
    ///
    /// func (s *stats) get(url string) (*http.Response, error) {
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	s.calls[url]++
    /// 	return http.Get(url)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type stats struct {
    /// 	mu    sync.Mutex
    /// 	calls map[string]int
    /// }
    ///
    /// func (s *stats) get(url string) (*http.Response, error) {
    /// 	s.mu.Lock()
    /// 	s.calls[url]++
    /// 	s.mu.Unlock()
    /// 	return http.Get(url)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the lock is also meant to keep two such calls apart, without its name telling, or guards
    /// something outside of its struct.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CriticalSectionStretched {
        name: "critical-section-stretched",
        category: Locks,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for CriticalSectionStretched {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        !input.is_test
            && file.func(func).features.intersects(Features::LOCK)
            && go_flow::calls(file, func)
                .iter()
                .any(|name| input.models.may_block(name))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() || is_start(cx) {
            return;
        }
        for site in cx.facts().defers_of(cx.root()) {
            if !cx.facts().reachable(site.point) || cx.facts().in_cycle(site.point) {
                continue;
            }
            if let Some(section) = Section::of(cx, site)
                && let Some(slow) = section.stretched_by()
            {
                report(&section, slow);
            }
        }
    }
}

/// What runs under a lock that a `defer` gives back.
struct Section<'c, 'a> {
    cx: &'c RuleCx<'a>,
    site: &'c DeferSite<'a>,
    /// The call that takes the lock.
    lock: &'c LockCall<'a>,
    /// The variable with the struct that the lock is a field of.
    owner: LocalId,
}

impl<'c, 'a> Section<'c, 'a> {
    fn of(cx: &'c RuleCx<'a>, site: &'c DeferSite<'a>) -> Option<Self> {
        let locks = cx.facts().locks();
        let unlock = locks
            .iter()
            .find(|lock| lock.mode == CallMode::Deferred(site.stmt))?;
        if unlock.op.acquires() || !matches!(unlock.mutex, Mutex::Mutex | Mutex::RwMutex) {
            return None;
        }
        let place = unlock.place.as_ref()?;
        let PlaceRoot::Local(owner) = place.root else {
            return None;
        };
        match place.path.as_slice() {
            [Projection::Field(name)] if !keeps_apart(name) => {}
            // An embedded lock, and not a variable of its own.
            [] if !is_lock(cx, owner) => {}
            _ => return None,
        }
        // One call takes it, one gives it back.
        let mut others = locks
            .iter()
            .filter(|lock| lock.place.as_ref() == Some(place) && lock.call != unlock.call);
        let lock = others.next()?;
        let is_taken = lock.op == unlock.op.counterpart()
            && lock.mode == CallMode::Now
            && lock.point.func == site.point.func
            && cx
                .facts()
                .cfg(site.point.func)
                .reaches(lock.point.node, site.point.node);
        let is_plain = match cx.body().names().local(owner).kind {
            // What the function made itself, nobody else waits for.
            LocalKind::Var { init, .. } => !is_made_here(cx, init),
            LocalKind::Receiver(_) | LocalKind::Param(_) | LocalKind::RangeVar { .. } => true,
            _ => false,
        };
        (is_taken && is_plain && others.next().is_none()).then_some(Self {
            cx,
            site,
            lock,
            owner,
        })
    }

    /// The first slow call after which nothing uses what the lock may guard.
    fn stretched_by(&self) -> Option<(&'c CallSite, &'static str)> {
        let cx = self.cx;
        if keeps_time(root_name(cx)) {
            return None;
        }
        let file = cx.file();
        let uses = self.uses();
        let is_captured = uses
            .iter()
            .any(|&expr| cx.facts().func_of_expr(expr) != cx.root());
        let deferred = cx.facts().defers_of(cx.root());
        let mut deferred = deferred.filter(|defer| defer.stmt != self.site.stmt);
        // Other deferred calls run before the lock is given back.
        let runs_later = deferred.any(|defer| {
            let span = file.stmt(defer.stmt).span;
            uses.iter().any(|&expr| span.contains(file.expr(expr).span))
                || file.stmt(defer.stmt).span.start > file.stmt(self.site.stmt).span.start
                    && defer.literal.is_some()
        });
        if is_captured || runs_later {
            return None;
        }
        cx.facts().calls_of(cx.root()).iter().find_map(|site| {
            if site.mode != CallMode::Now || cx.facts().in_cycle(site.point) {
                return None;
            }
            let work = slow_work(cx, site.call)?;
            (self.is_after_all(site, &uses) && self.is_on_its_own(site.call))
                .then_some((site, work))
        })
    }

    /// Every mention of the owner, or of a variable that may lead to what the lock guards.
    fn uses(&self) -> Vec<ExprId> {
        let cx = self.cx;
        let file = cx.file();
        let mut derived: FxHashSet<LocalId> = FxHashSet::from_iter([self.owner]);
        let exprs = file.func(cx.root()).exprs;
        // Chains of variables are short.
        for _ in 0..4 {
            let before = derived.len();
            for stmt in file.func(cx.root()).stmts.iter() {
                let (targets, sources): (Vec<ExprId>, Span) = match file.stmt(stmt).kind {
                    StmtKind::Assign { lhs, rhs, .. } => {
                        let Some((first, last)) =
                            file.exprs(rhs).first().zip(file.exprs(rhs).last())
                        else {
                            continue;
                        };
                        (
                            file.exprs(lhs).to_vec(),
                            file.expr(*first).span.to(file.expr(*last).span),
                        )
                    }
                    StmtKind::Range { key, value, x, .. } => {
                        (key.into_iter().chain(value).collect(), file.expr(x).span)
                    }
                    StmtKind::Decl(_) => {
                        continue;
                    }
                    _ => continue,
                };
                let comes_from_it = exprs.iter().any(|expr| {
                    sources.contains(file.expr(expr).span)
                        && matches!(cx.body().object(expr), Object::Local(local) if derived.contains(&local))
                });
                if !comes_from_it {
                    continue;
                }
                for target in targets {
                    if let Some(local) = cx.body().names().local_of(target)
                        && !is_value(cx, local)
                    {
                        derived.insert(local);
                    }
                }
            }
            if derived.len() == before {
                break;
            }
        }
        for (local, known) in cx.body().names().locals() {
            // `var x = s.x`
            if let LocalKind::Var { init, .. } = known.kind
                && let Some(value) = init.expr()
                && !is_value(cx, local)
                && mentions(cx, file.expr(value).span, &derived)
            {
                derived.insert(local);
            }
        }
        exprs
            .iter()
            .filter(|&expr| {
                matches!(file.expr(expr).kind, ExprKind::Ident)
                    && matches!(cx.body().object(expr), Object::Local(local) if derived.contains(&local))
                    && !file
                        .stmt(self.site.stmt)
                        .span
                        .contains(file.expr(expr).span)
            })
            .collect()
    }

    /// Whether all uses come before the call, and one of them is of a field and under the lock.
    fn is_after_all(&self, slow: &CallSite, uses: &[ExprId]) -> bool {
        let cx = self.cx;
        let file = cx.file();
        let cfg = cx.facts().cfg(cx.root());
        if !cfg.reaches(self.site.point.node, slow.point.node) {
            return false;
        }
        let after = cfg.nodes_after(slow.point.node);
        let later = uses.iter().any(|&expr| {
            cx.facts().point_of_expr(expr).is_none_or(|point| {
                point.node == slow.point.node || after.contains(point.node.index())
            })
        });
        let taken = file.expr(self.lock.call).span;
        let call = file.expr(slow.call).span;
        !later
            && file.func(cx.root()).exprs.iter().any(|expr| {
                let span = file.expr(expr).span;
                span.start > taken.end && span.end < call.start && self.is_field(expr)
            })
    }

    /// Whether an expression is a field of the owner, the lock apart.
    fn is_field(&self, expr: ExprId) -> bool {
        let cx = self.cx;
        let file = cx.file();
        let Some((x, name)) = file.selector(expr) else {
            return false;
        };
        let is_called = || {
            let mut exprs = file.func(cx.root()).exprs.iter();
            exprs.any(|call| {
                file.call(call)
                    .is_some_and(|(fun, _)| file.unparen(fun) == expr)
            })
        };
        cx.body().object(file.unparen(x)) == Object::Local(self.owner)
            && !file
                .expr(file.unparen(self.lock.operand))
                .span
                .contains(file.expr(expr).span)
            && !file
                .stmt(self.site.stmt)
                .span
                .contains(file.expr(expr).span)
            && !is_called()
            && is_written_somewhere(cx, name)
    }

    /// Whether what the call works on is nobody else's, or made for many at a time.
    fn is_on_its_own(&self, call: ExprId) -> bool {
        let cx = self.cx;
        let file = cx.file();
        match cx.facts().callee(call) {
            Callee::Func { .. } => true,
            Callee::Selected { x, .. } => {
                let x = file.unparen(x);
                if is_for_many(cx, x) {
                    return true;
                }
                match (file.expr(x).kind, cx.body().object(x)) {
                    (ExprKind::Call { .. }, _) => true,
                    (_, Object::Local(local)) => match cx.body().names().local(local).kind {
                        LocalKind::Var { init, .. } => is_made_here(cx, init),
                        _ => false,
                    },
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

fn mentions(cx: &RuleCx<'_>, span: Span, locals: &FxHashSet<LocalId>) -> bool {
    let file = cx.file();
    file.func(cx.root()).exprs.iter().any(|expr| {
        span.contains(file.expr(expr).span)
            && matches!(cx.body().object(expr), Object::Local(local) if locals.contains(&local))
    })
}

/// Whether the package assigns to a field of this name, or to its elements: what never changes needs
/// no lock.
fn is_written_somewhere(cx: &RuleCx<'_>, name: &str) -> bool {
    let package = cx.body().cx();
    (0..).take(package.names().files().len()).any(|index| {
        let file = package.file(index);
        let is_field = |target: ExprId| {
            let mut at = file.unparen(target);
            while let ExprKind::Index { x, .. } = file.expr(at).kind {
                at = file.unparen(x);
            }
            file.selector(at).is_some_and(|(_, field)| field == name)
        };
        file.top_decls().iter().any(|&decl| {
            let DeclKind::Func(func) = file.decl(decl).kind else {
                return false;
            };
            let mut stmts = file.func(func).stmts.iter();
            stmts.any(|stmt| match file.stmt(stmt).kind {
                StmtKind::Assign { lhs, .. } => file.exprs(lhs).iter().any(|&x| is_field(x)),
                StmtKind::IncDec { x, .. } => is_field(x),
                _ => false,
            })
        })
    })
}

/// What a call waits for, when that is long and no matter of other goroutines.
fn slow_work(cx: &RuleCx<'_>, call: ExprId) -> Option<&'static str> {
    match cx.facts().waits_for(call, cx.models())? {
        "network" => Some("the network"),
        "database" => Some("the database"),
        "process" => Some("another process"),
        "time" => Some("the clock"),
        _ => None,
    }
}

/// Whether a name says that a lock is there to do one thing at a time.
fn keeps_apart(name: &str) -> bool {
    const WORDS: [&str; 30] = [
        "exec", "run", "write", "read", "send", "call", "refresh", "sync", "update", "start",
        "build", "cmd", "proc", "serial", "single", "once", "fetch", "load", "apply", "install",
        "dial", "connect", "request", "limit", "throttle", "wait", "sleep", "backoff", "retry",
        "rate",
    ];
    let lower = name.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a name says that what a function is for is to let time pass.
fn keeps_time(name: &str) -> bool {
    const WORDS: [&str; 9] = [
        "serial", "once", "limit", "throttle", "wait", "sleep", "backoff", "retry", "rate",
    ];
    let lower = name.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

fn is_lock(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let ty = cx.body().cx().deref(cx.body().type_of_local(local));
    ty.is_unknown()
        || ["Mutex", "RWMutex", "Locker"]
            .iter()
            .any(|name| cx.body().is_named(ty, "sync", name))
}

/// Whether a variable starts with what a call or a literal gives.
fn is_made_here(cx: &RuleCx<'_>, init: Init) -> bool {
    let file = cx.file();
    let Some(value) = init.expr().map(|value| file.unparen(value)) else {
        return matches!(init, Init::Zero);
    };
    let value = match file.expr(value).kind {
        ExprKind::Unary { x, .. } => file.unparen(x),
        _ => value,
    };
    matches!(
        file.expr(value).kind,
        ExprKind::Call { .. } | ExprKind::CompositeLit { .. }
    )
}

/// Whether copies of a variable lead to nothing that a lock could guard, or what they lead to takes
/// care of itself.
fn is_value(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let cx_ = cx.body().cx();
    let ty = cx.body().type_of_local(local);
    matches!(cx_.ty(cx.body().underlying(ty)), Type::Basic(_))
        || cx.body().is_error(ty)
        || cx.body().is_named(ty, "time", "Time")
        || cx.body().is_named(ty, "time", "Duration")
        || is_safe_type(cx, ty)
}

/// Whether the type is made to be used by many goroutines at a time.
fn is_safe_type(cx: &RuleCx<'_>, ty: go_types::TypeId) -> bool {
    const TYPES: [(&str, &str); 5] = [
        ("net/http", "Client"),
        ("net/http", "Transport"),
        ("database/sql", "DB"),
        ("net", "Dialer"),
        ("net", "Resolver"),
    ];
    let ty = cx.body().cx().deref(ty);
    TYPES
        .iter()
        .any(|(package, name)| cx.body().is_named(ty, package, name))
}

fn is_for_many(cx: &RuleCx<'_>, x: ExprId) -> bool {
    is_safe_type(cx, cx.body().type_of(x))
}

fn report(section: &Section<'_, '_>, (slow, work): (&CallSite, &str)) {
    let cx = section.cx;
    let file = cx.file();
    let lock = cx.snippet(section.lock.operand);
    let unlock = cx.call_snippet(section.site.call);
    let call = cx.call_snippet(slow.call);
    cx.report(
        &CriticalSectionStretched::META,
        file.stmt(section.site.stmt).span,
        format!("`{lock}` stays locked while `{call}` waits for {work}, which needs nothing that it guards"),
    )
    .help(format!("call `{unlock}` before `{call}`, or move what needs the lock into a function of its own"))
    .related(file.expr(slow.call).span, "this needs no lock");
}
