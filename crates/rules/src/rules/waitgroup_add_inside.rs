//! `waitgroup-add-inside`.

use go_flow::{
    CallMode, ChannelAct, FunctionFacts, GoSite, LiteralUse, Place, PlaceRoot, Point, Visit,
};
use go_syntax::{ExprId, ExprKind, FuncId, LitKind, Span, StmtKind, UnaryOp};
use go_types::{Body, Builtin, Callee, LocalId, LocalKind, Object, Type};

use crate::cx::RuleCx;
use crate::fixes::groups::add_before;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds goroutines that add themselves to a sync.WaitGroup, which may come too late.
    ///
    /// ## What it does
    /// Reports `wg.Add(1)` in the function literal of a `go` statement when it counts that goroutine
    /// itself: the literal calls `wg.Done()` for it, deferred or not, and the `sync.WaitGroup` is
    /// from outside. Likewise `go s.run()`, when `run` is a function or method of the package that
    /// does so.
    ///
    /// It is silent when the goroutine is counted already, by an `Add` that always comes before the
    /// `go` statement; when the `Add` counts another goroutine, which the literal starts next; when
    /// the goroutine tells by a channel or another wait group that it has got past its `Add`; and, of
    /// `go s.run()`, when something is sent or received before the `Wait`, and in tests that have none.
    ///
    /// ## Why it is bad
    /// A `go` statement does not wait for anything: the goroutine may run long after it. `Wait`
    /// returns at once while the counter is zero, so it may come before the goroutines have counted
    /// themselves; then the program goes on without their work, and reads what they are still
    /// writing. The documentation of `sync.WaitGroup.Add` asks for calls that raise the counter from
    /// zero to happen before `Wait`. It mostly goes well on an idle machine, and fails under load.
    ///
    /// ## Example
    /// ```go
    /// func sum(parts [][]int) int64 {
    /// 	var total atomic.Int64
    /// 	var wg sync.WaitGroup
    /// 	for _, part := range parts {
    /// 		go func() {
    /// 			wg.Add(1)
    /// 			defer wg.Done()
    /// 			for _, n := range part {
    /// 				total.Add(int64(n))
    /// 			}
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// 	return total.Load()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func sum(parts [][]int) int64 {
    /// 	var total atomic.Int64
    /// 	var wg sync.WaitGroup
    /// 	for _, part := range parts {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			for _, n := range part {
    /// 				total.Add(int64(n))
    /// 			}
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// 	return total.Load()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// Where something else makes sure that `Wait` comes after the `Add`, such as a lock, a timer or
    /// a counter held up by another goroutine. Functions of other packages are not looked into.
    ///
    /// ## Fix safety
    /// The fix moves `Add(1)` from the goroutine to the line before its go statement, where the wait group
    /// is visible there. It is safe: the counter only grows earlier.
    pub WaitgroupAddInside {
        name: "waitgroup-add-inside",
        category: Goroutines,
        severity: Error,
        default: on,
        needs: GO,
    }
}

/// How deep literals are followed outwards.
const DEEPEST: u32 = 8;

/// A method of `sync.WaitGroup`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Done,
    Wait,
}

/// A call of such a method.
struct GroupCall<'a> {
    call: ExprId,
    point: Point,
    mode: CallMode,
    op: Op,
    /// The wait group.
    place: Place<'a>,
}

impl Rule for WaitgroupAddInside {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let calls = group_calls_in_literals(cx);
        for add in calls
            .iter()
            .filter(|call| call.op == Op::Add && call.mode == CallMode::Now)
        {
            if let Some((literal, at)) = goroutine_around(cx, add.point)
                && counts_itself(cx.facts(), &calls, add, literal, at)
            {
                check_starts(cx, &calls, add, literal);
            }
        }
        for go in cx.facts().gos() {
            if literal_of(cx.facts(), go).is_none() {
                check_callee(cx, go);
            }
        }
    }
}

/// The calls of `Add`, `Done` and `Wait`; none when no literal has an `Add`.
fn group_calls_in_literals<'a>(cx: &RuleCx<'a>) -> Vec<GroupCall<'a>> {
    let facts = cx.facts();
    let is_candidate = |&(point, op): &(Point, Op)| op == Op::Add && point.func != cx.root();
    let mut named = facts
        .calls()
        .iter()
        .filter_map(|site| Some((site.point, op_of(facts, site.call)?.0)));
    if !named.any(|call| is_candidate(&call)) {
        return Vec::new();
    }
    group_calls(facts)
}

/// All calls of `Add`, `Done` and `Wait`.
fn group_calls<'a>(facts: &FunctionFacts<'a>) -> Vec<GroupCall<'a>> {
    let group_call = |site: &go_flow::CallSite| {
        let (op, x, name) = op_of(facts, site.call)?;
        let place = Place::of_operand(facts.body(), x)?;
        let is_group = facts
            .body()
            .is_method_call(site.call, "sync", "WaitGroup", name);
        is_group.then_some(GroupCall {
            call: site.call,
            point: site.point,
            mode: site.mode,
            op,
            place,
        })
    };
    facts.calls().iter().filter_map(group_call).collect()
}

/// The method, by its name, and the operand.
fn op_of(facts: &FunctionFacts<'_>, call: ExprId) -> Option<(Op, ExprId, &'static str)> {
    match facts.callee(call) {
        Callee::Selected { x, name: "Add" } => Some((Op::Add, x, "Add")),
        Callee::Selected { x, name: "Done" } => Some((Op::Done, x, "Done")),
        Callee::Selected { x, name: "Wait" } => Some((Op::Wait, x, "Wait")),
        _ => None,
    }
}

/// The literal of the goroutine that passes a point, and where in that literal this is.
fn goroutine_around(cx: &RuleCx<'_>, mut point: Point) -> Option<(FuncId, Point)> {
    for _ in 0..DEEPEST {
        match cx.facts().literal_runs(point.func) {
            LiteralUse::Spawned { .. } => return Some((point.func, point)),
            LiteralUse::Called { call } => point = cx.facts().point_of_expr(call)?,
            _ => return None,
        }
    }
    None
}

/// Where in `func` something happens that stands there, or in a literal that is called or deferred
/// there.
fn point_in(facts: &FunctionFacts<'_>, func: FuncId, mut point: Point) -> Option<Point> {
    for _ in 0..DEEPEST {
        if point.func == func {
            return Some(point);
        }
        point = match facts.literal_runs(point.func) {
            LiteralUse::Called { call } | LiteralUse::Deferred { call, .. } => {
                facts.point_of_expr(call)?
            }
            _ => return None,
        };
    }
    None
}

/// Whether an `Add` at `at` in `literal` is for the `Done` of the literal itself.
fn counts_itself(
    facts: &FunctionFacts<'_>,
    calls: &[GroupCall<'_>],
    add: &GroupCall<'_>,
    literal: FuncId,
    at: Point,
) -> bool {
    let cfg = facts.cfg(literal);
    let is_one = is_add_of_one(facts, add);
    // One that is passed again and again counts what the goroutine works on.
    if !is_one || facts.in_cycle(at) || facts.in_cycle(add.point) {
        return false;
    }
    if is_followed_by_done(facts, calls, add) {
        return true;
    }
    let mut adds = calls.iter().filter(|call| {
        call.op == Op::Add
            && call.place == add.place
            && point_in(facts, literal, call.point).is_some()
    });
    let is_only_add = adds.next().is_some() && adds.next().is_none();
    let is_done = calls.iter().any(|call| {
        call.op == Op::Done
            && call.place == add.place
            && !matches!(call.mode, CallMode::Spawned(_))
            && point_in(facts, literal, call.point)
                .is_some_and(|done| done.node == at.node || cfg.reaches(at.node, done.node))
    });
    is_only_add && is_done && !hands_on(facts, calls, literal, at)
}

/// Whether the next statement defers the `Done`: what is counted else is for others.
fn is_followed_by_done(
    facts: &FunctionFacts<'_>,
    calls: &[GroupCall<'_>],
    add: &GroupCall<'_>,
) -> bool {
    let file = facts.file();
    let end = file.expr(add.call).span.end as usize;
    facts.defers().iter().any(|defer| {
        let start = file.stmt(defer.stmt).span.start as usize;
        let is_done = |call: &&GroupCall<'_>| {
            call.call == defer.call && call.op == Op::Done && call.place == add.place
        };
        start >= end
            && file.text()[end..start].trim().is_empty()
            && calls.iter().any(|call| is_done(&call))
    })
}

/// Whether the literal starts a goroutine after `at` that may be the one counted there.
fn hands_on(
    facts: &FunctionFacts<'_>,
    calls: &[GroupCall<'_>],
    literal: FuncId,
    at: Point,
) -> bool {
    let cfg = facts.cfg(literal);
    facts.gos().iter().any(|go| {
        let follows = point_in(facts, literal, go.point)
            .is_some_and(|point| cfg.reaches(at.node, point.node));
        follows
            && match literal_of(facts, go) {
                Some(child) => {
                    let span = facts.file().func(child).span;
                    calls.iter().any(|call| {
                        call.op == Op::Done && span.contains(facts.file().expr(call.call).span)
                    })
                }
                None => true,
            }
    })
}

/// The literal that a `go` statement runs, written there or in a variable.
fn literal_of(facts: &FunctionFacts<'_>, go: &GoSite<'_>) -> Option<FuncId> {
    go.literal.or_else(|| facts.literal_called(go.call))
}

/// Reports the `Add` unless every `go` statement that runs `literal` finds it counted or waited for.
fn check_starts<'a>(
    cx: &RuleCx<'a>,
    calls: &[GroupCall<'a>],
    add: &GroupCall<'a>,
    literal: FuncId,
) {
    for go in cx.facts().gos() {
        if literal_of(cx.facts(), go) != Some(literal) {
            continue;
        }
        let Some(group) = seen_outside(cx, literal, go, &add.place) else {
            continue;
        };
        if is_counted(cx, calls, go, &group)
            || is_heard(
                cx,
                calls,
                go,
                &group,
                &told_by(cx.facts(), literal, calls, &group),
            )
        {
            continue;
        }
        let body = cx.file().func(literal).span;
        let wait = calls.iter().find(|call| {
            call.op == Op::Wait
                && call.place == group
                && !body.contains(cx.file().expr(call.call).span)
        });
        if wait.is_none() && is_private(cx, &group) {
            continue;
        }
        report(cx, add, go, wait.map(|wait| cx.file().expr(wait.call).span));
        return;
    }
}

/// Reports a `go` statement whose function, one of this package, counts itself.
fn check_callee(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<()> {
    let (file, func) = cx.body().declaration(go.call)?;
    let package = cx.body().cx();
    let tree = package.file(file);
    // Names are cheap.
    let mentions = |name: &str| {
        let mut exprs = tree.func(func).exprs.iter();
        exprs.any(|expr| tree.selector(expr).is_some_and(|(_, sel)| sel == name))
    };
    if !mentions("Add") || !mentions("Done") {
        return None;
    }
    let body = Body::new(package, file, func);
    let facts = FunctionFacts::new(&body);
    let inside = group_calls(&facts);
    let calls = group_calls(cx.facts());
    let mut adds = inside.iter().filter(|call| {
        call.op == Op::Add
            && call.mode == CallMode::Now
            && point_in(&facts, func, call.point)
                .is_some_and(|at| counts_itself(&facts, &inside, call, func, at))
    });
    let (add, group) =
        adds.find_map(|add| Some((add, seen_by_caller(cx, &body, go, &add.place)?)))?;
    let told: Vec<Place<'_>> = told_by(&facts, func, &inside, &add.place)
        .iter()
        .filter_map(|place| seen_by_caller(cx, &body, go, place))
        .collect();
    if is_counted(cx, &calls, go, &group)
        || is_heard(cx, &calls, go, &group, &told)
        || is_answered(cx, &calls, go, &group)
    {
        return None;
    }
    let wait = calls
        .iter()
        .find(|call| call.op == Op::Wait && call.place == group);
    let is_own = group.local().is_some_and(|local| {
        let declared = cx.body().names().local(local);
        group.is_variable() && matches!(declared.kind, LocalKind::Var { .. })
    });
    // A test that waits nowhere leaves it to what it tests, which it has asked something before.
    if wait.is_none() && (is_own || cx.is_test()) {
        return None;
    }
    let name = tree.expr_text(add.call);
    let callee = cx.call_snippet(go.call);
    let message = format!(
        "`{callee}` counts its goroutine itself, by `{name}`, which may be after `Wait`: then nobody waits for this goroutine"
    );
    let mut finding = cx
        .report(
            &WaitgroupAddInside::META,
            cx.file().stmt(go.stmt).span,
            message,
        )
        .help(format!("call `{name}` before the go statement"));
    if file == cx.body().file_index() {
        finding = finding.related(tree.expr(add.call).span, "counted here, too late");
    }
    if let Some(wait) = wait {
        finding.related(
            cx.file().expr(wait.call).span,
            "this returns at once while nothing is counted",
        );
    }
    Some(())
}

/// A place of a called function as the function with the `go` statement sees it; `None` when it
/// belongs to the goroutine.
fn seen_by_caller<'p, 'c: 'p>(
    cx: &RuleCx<'c>,
    callee: &Body<'_>,
    go: &GoSite<'_>,
    place: &Place<'p>,
) -> Option<Place<'p>> {
    let PlaceRoot::Local(local) = place.root else {
        return Some(place.clone());
    };
    let (_, args) = cx.file().call(go.call)?;
    let (operand, is_pointer) = match callee.names().local(local).kind {
        LocalKind::Receiver(_) => {
            let method = cx.body().method(go.call)?;
            (method.recv?, method.pointer)
        }
        LocalKind::Param(_) => {
            let file = callee.file();
            let index = file
                .fields_of(file.sig(file.func(callee.root()).sig).params)
                .iter()
                .flat_map(|field| file.field(field).names.iter())
                .position(|name| callee.names().declared(name) == Some(local))?;
            let ty = callee.type_of_local(local);
            let is_pointer = matches!(
                callee.cx().ty(callee.underlying(ty)),
                Type::Pointer(_) | Type::Chan { .. }
            );
            (*args.get(index)?, is_pointer)
        }
        _ => return None,
    };
    // A copy is another thing.
    let mut outside = Place::of_operand(cx.body(), operand).filter(|_| is_pointer)?;
    outside.path.extend(place.path.iter().copied());
    Some(outside)
}

fn report(cx: &RuleCx<'_>, add: &GroupCall<'_>, go: &GoSite<'_>, wait: Option<Span>) {
    let file = cx.file();
    let name = cx.snippet(add.call);
    let message = format!(
        "`{name}` runs when the goroutine does, which may be after `Wait`: then nobody waits for this goroutine"
    );
    let help = if cx.go_at_least(25) {
        format!(
            "call `{name}` before the go statement, or start the goroutine by the method `Go` of the wait group"
        )
    } else {
        format!("call `{name}` before the go statement")
    };
    let start = file.stmt(go.stmt).span.start;
    let finding = cx
        .report(&WaitgroupAddInside::META, file.expr(add.call).span, message)
        .help(help)
        .repair(add_before(cx, go.stmt, add.call))
        .related(
            Span::new(start, start + 2),
            "the goroutine is started here, not yet counted",
        );
    if let Some(wait) = wait {
        finding.related(wait, "this returns at once while nothing is counted");
    }
}

/// The wait group as the function with the `go` statement sees it; `None` when it belongs to the
/// goroutine.
fn seen_outside<'a>(
    cx: &RuleCx<'a>,
    literal: FuncId,
    go: &GoSite<'_>,
    group: &Place<'a>,
) -> Option<Place<'a>> {
    let Some(local) = group.local() else {
        return Some(group.clone());
    };
    let file = cx.file();
    let declared = cx.body().names().local(local);
    if !file.func(literal).span.contains(declared.span) {
        return Some(group.clone());
    }
    // A parameter of the literal stands for an argument.
    let index = param_index(cx, literal, local)?;
    let (_, args) = file.call(go.call)?;
    let mut outside = Place::of_operand(cx.body(), *args.get(index)?)?;
    outside.path.extend(group.path.iter().copied());
    Some(outside)
}

/// The place of a parameter among those of a function.
fn param_index(cx: &RuleCx<'_>, func: FuncId, local: LocalId) -> Option<usize> {
    let file = cx.file();
    file.fields_of(file.sig(file.func(func).sig).params)
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .position(|name| cx.body().names().declared(name) == Some(local))
}

/// Whether an `Add` always comes before the `go` statement, and is not for another goroutine that was
/// started before.
fn is_counted(
    cx: &RuleCx<'_>,
    calls: &[GroupCall<'_>],
    go: &GoSite<'_>,
    group: &Place<'_>,
) -> bool {
    let facts = cx.facts();
    let cfg = facts.cfg(go.point.func);
    let mut counts = 0;
    for call in calls {
        let is_before = call.op == Op::Add
            && call.mode == CallMode::Now
            && call.place == *group
            && point_in(facts, go.point.func, call.point)
                .is_some_and(|add| cfg.dominates(add.node, go.point.node));
        if is_before && (!is_add_of_one(facts, call) || facts.in_cycle(call.point)) {
            return true;
        }
        counts += usize::from(is_before);
    }
    counts > others_served(facts, calls, go, group)
}

/// Whether a call of `Add` counts a single goroutine.
fn is_add_of_one(facts: &FunctionFacts<'_>, add: &GroupCall<'_>) -> bool {
    let file = facts.file();
    file.call(add.call).is_some_and(|(_, args)| {
        args.first().is_some_and(|&arg| {
            matches!(file.expr(arg).kind, ExprKind::BasicLit(LitKind::Int))
                && file.expr_text(arg) == "1"
        })
    })
}

/// How many goroutines are always started before `go` and are done without counting themselves.
fn others_served(
    facts: &FunctionFacts<'_>,
    calls: &[GroupCall<'_>],
    go: &GoSite<'_>,
    group: &Place<'_>,
) -> usize {
    let file = facts.file();
    let cfg = facts.cfg(go.point.func);
    let serves = |other: &&GoSite<'_>| {
        let Some(literal) = literal_of(facts, other) else {
            return false;
        };
        let span = file.func(literal).span;
        let does = |op| {
            calls.iter().any(|call| {
                call.op == op && call.place == *group && span.contains(file.expr(call.call).span)
            })
        };
        other.stmt != go.stmt
            && other.point.func == go.point.func
            && cfg.dominates(other.point.node, go.point.node)
            && does(Op::Done)
            && !does(Op::Add)
    };
    facts.gos().iter().filter(serves).count()
}

/// What a goroutine that runs `func` tells others by: the channels it sends on or closes, other wait
/// groups.
fn told_by<'a>(
    facts: &FunctionFacts<'a>,
    func: FuncId,
    calls: &[GroupCall<'a>],
    group: &Place<'_>,
) -> Vec<Place<'a>> {
    let (file, body) = (facts.file(), facts.body());
    let inside = file.func(func).span;
    let sent = file
        .func(func)
        .stmts
        .iter()
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::Send { chan, .. } => Place::of(body, chan),
            _ => None,
        });
    let closed = facts.calls().iter().filter_map(|site| {
        let is_inside = inside.contains(file.expr(site.call).span);
        let is_close = || body.is_builtin_call(site.call, Builtin::Close);
        let (_, args) = file.call(site.call).filter(|_| is_inside && is_close())?;
        Place::of(body, *args.first()?)
    });
    let done = calls
        .iter()
        .filter(|call| {
            call.op == Op::Done
                && call.place != *group
                && inside.contains(file.expr(call.call).span)
        })
        .map(|call| call.place.clone());
    sent.chain(closed).chain(done).collect()
}

/// Whether the function with the `go` statement waits for what the goroutine tells by, before it
/// waits for the group.
fn is_heard(
    cx: &RuleCx<'_>,
    calls: &[GroupCall<'_>],
    go: &GoSite<'_>,
    group: &Place<'_>,
    told: &[Place<'_>],
) -> bool {
    let file = cx.file();
    let (facts, body) = (cx.facts(), cx.body());
    if told.is_empty() {
        return false;
    }
    let cfg = facts.cfg(go.point.func);
    let waits = |call: &&GroupCall<'_>| {
        call.op == Op::Wait
            && call.mode == CallMode::Now
            && call.place == *group
            && call.point.func == go.point.func
    };
    // After the go statement, and before the group is waited for.
    let is_between = |point: Point| {
        point.func == go.point.func
            && cfg.reaches(go.point.node, point.node)
            && calls.iter().filter(waits).all(|wait| {
                cfg.dominates(point.node, wait.point.node)
                    || !cfg.reaches(wait.point.node, point.node)
            })
    };
    let received = file
        .func(go.point.func)
        .exprs
        .iter()
        .any(|expr| match file.expr(expr).kind {
            ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } => {
                facts.point_of_expr(expr).is_some_and(is_between)
                    && Place::of(body, x).is_some_and(|place| told.contains(&place))
            }
            _ => false,
        });
    received
        || calls
            .iter()
            .any(|call| call.op == Op::Wait && is_between(call.point) && told.contains(&call.place))
}

/// Whether the function with the `go` statement talks to somebody by a channel before it waits for the
/// group: the goroutine has begun by then, if it is the one that answers.
fn is_answered(
    cx: &RuleCx<'_>,
    calls: &[GroupCall<'_>],
    go: &GoSite<'_>,
    group: &Place<'_>,
) -> bool {
    let facts = cx.facts();
    let func = go.point.func;
    let cfg = facts.cfg(func);
    let waits_at = |node| {
        calls.iter().any(|call| {
            call.op == Op::Wait && call.place == *group && call.point == Point { func, node }
        })
    };
    let talks: Vec<Point> = facts
        .channel_ops()
        .iter()
        .filter(|op| op.act != ChannelAct::Close && op.arm.is_none_or(|arm| !arm.has_default))
        .map(|op| op.point)
        .chain(
            calls
                .iter()
                .filter(|call| call.op == Op::Wait && call.place != *group)
                .map(|call| call.point),
        )
        .collect();
    let is_waited_for = cfg
        .nodes()
        .any(|node| waits_at(node.id) && cfg.reaches(go.point.node, node.id));
    let at_once = cfg.search_after(go.point.node, |node| {
        if talks.contains(&Point { func, node }) {
            Visit::Skip
        } else if waits_at(node) {
            Visit::Stop
        } else {
            Visit::Continue
        }
    });
    is_waited_for && at_once.is_none()
}

/// Whether nobody can wait for the group but this function: it is a variable of it, whose address
/// goes nowhere.
fn is_private(cx: &RuleCx<'_>, group: &Place<'_>) -> bool {
    let PlaceRoot::Local(local) = group.root else {
        return false;
    };
    let is_plain = matches!(cx.body().names().local(local).kind, LocalKind::Var { .. });
    is_plain && group.is_variable() && !cx.facts().var(local).address_taken && !is_passed(cx, local)
}

/// Whether a variable is an argument of a call, as a pointer to a wait group is.
fn is_passed(cx: &RuleCx<'_>, local: LocalId) -> bool {
    cx.facts().calls().iter().any(|site| {
        let args = cx.file().call(site.call).map_or(&[][..], |(_, args)| args);
        args.iter()
            .any(|&arg| cx.body().object(arg) == Object::Local(local))
    })
}
