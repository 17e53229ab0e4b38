//! `captured-variable-race`.

use diagnostics::Applicability;
use go_flow::{Access, BitSet, CallMode, Loop, LoopKind, NodeId, NodeKind, Point, Value, Visit};
use go_syntax::{ExprId, ExprKind, Features, File, FuncId, Span, StmtKind};
use go_types::{Callee, LocalId, LocalKind, Object, Role, Type};

use crate::FileInput;
use crate::cx::{Finding, RuleCx};
use crate::meeting::{Meeting, is_started, point_in, starts_argument, waits_at};
use crate::repeat::head_span;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds variables that a goroutine and others use at the same time, one of them assigning.
    ///
    /// ## What it does
    /// Reports a variable that the function literal of a goroutine captures and that is assigned on
    /// one side while the other side may use it: by the function that starts the goroutine, after the
    /// `go` statement; by the same literal, started again in a loop; or by another goroutine. Maps
    /// count as assigned when an element is. Loop variables count in files of a language version
    /// before Go 1.22, in which all rounds share one.
    ///
    /// It is silent as soon as something might order the two: when both touch a channel, a lock, a
    /// wait group, or anything else but plain data in between. What a goroutine does before it
    /// signals is compared with what the other side does before it waits, path by path.
    ///
    /// ## Why it is bad
    /// This is a data race (The Go Memory Model): the reader may see the old value, the new one, or
    /// for interfaces, strings and slices a mixture that crashes the program; of two `append`s or
    /// `++` one is lost; two goroutines that write to a map end the process. That a goroutine has
    /// ended, or that time has passed, orders nothing.
    ///
    /// ## Example
    /// ```go
    /// func transfer(dst io.WriteCloser, src io.Reader, control func() error) error {
    /// 	var err error
    /// 	go func() {
    /// 		_, err = io.Copy(dst, src)
    /// 		dst.Close()
    /// 	}()
    /// 	err = control()
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func transfer(dst io.WriteCloser, src io.Reader, control func() error) error {
    /// 	copied := make(chan error, 1)
    /// 	go func() {
    /// 		_, err := io.Copy(dst, src)
    /// 		dst.Close()
    /// 		copied <- err
    /// 	}()
    /// 	err := control()
    /// 	return errors.Join(err, <-copied)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When something orders the two that neither mentions by name: a hook that the goroutine's work
    /// calls, say, or a connection whose two ends were made in different places.
    ///
    /// ## Fix safety
    /// For loop variables the fix copies the variable before the `go` statement (`v := v`), which
    /// gives each goroutine its own. There is no fix for other cases.
    pub CapturedVariableRace {
        name: "captured-variable-race",
        category: Aliasing,
        severity: Error,
        default: on,
        needs: GO | FUNC_LIT,
    }
}

/// A goroutine that runs a literal.
struct Thread {
    literal: FuncId,
    /// The `go` statement, or the call that starts it.
    call: ExprId,
    span: Span,
    point: Point,
    /// What waits for it: the group whose method starts it.
    group: Option<ExprId>,
}

/// A use of the variable in a goroutine.
struct Use<'x> {
    access: &'x Access,
    /// Where in the literal of the goroutine.
    node: NodeId,
    writes: bool,
    /// What the goroutine touches afterwards.
    after: BitSet,
}

/// Who else uses the variable.
enum Other {
    /// The function that starts the goroutine.
    Parent { access: Access, writes: bool },
    /// The same literal, started again.
    Itself,
    /// Another goroutine.
    Sibling { span: Span },
}

impl Rule for CapturedVariableRace {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    /// Most functions have literals, and few start a goroutine.
    fn applies(&self, file: &File, func: FuncId, _: &FileInput<'_>) -> bool {
        let node = file.func(func);
        let starts = |expr| file.selector(expr).is_some_and(|(_, name)| name == "Go");
        node.features.intersects(Features::FUNC_LIT)
            && (node.features.intersects(Features::GO) || node.exprs.iter().any(starts))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let threads = threads(cx);
        if threads.is_empty() {
            return;
        }
        let mut meeting: Option<Meeting<'_, '_>> = None;
        for (local, declared) in cx.body().names().locals() {
            if !declared.is_var() || !declared.captured || cx.facts().var(local).address_taken {
                continue;
            }
            for thread in &threads {
                if is_candidate(cx, thread, local) {
                    let meeting = meeting.get_or_insert_with(|| Meeting::new(cx));
                    check_variable(cx, meeting, &threads, thread, local);
                }
            }
        }
    }
}

/// The goroutines that the function and its literals start, as far as they run literals.
fn threads(cx: &RuleCx<'_>) -> Vec<Thread> {
    let (facts, file) = (cx.facts(), cx.file());
    let spawned = facts.gos().iter().filter_map(|go| {
        let start = file.stmt(go.stmt).span.start;
        Some(Thread {
            literal: go.literal.or_else(|| facts.literal_called(go.call))?,
            call: go.call,
            span: Span::new(start, start + 2),
            point: go.point,
            group: None,
        })
    });
    let by_group = facts.calls().iter().filter_map(|site| {
        let Callee::Selected { x, name: "Go" } = facts.callee(site.call) else {
            return None;
        };
        let (fun, args) = file.call(site.call)?;
        let &[arg] = args else { return None };
        let literal = match file.expr(file.unparen(arg)).kind {
            ExprKind::FuncLit(literal) => literal,
            _ => facts.literal_in(cx.body().names().local_of(arg)?)?,
        };
        (site.mode == CallMode::Now && starts_argument(cx, site.call)).then_some(Thread {
            literal,
            call: site.call,
            span: file.expr(fun).span,
            point: site.point,
            group: Some(x),
        })
    });
    spawned.chain(by_group).collect()
}

/// Whether the literal of a goroutine uses a variable from outside that somebody assigns later.
fn is_candidate(cx: &RuleCx<'_>, thread: &Thread, local: LocalId) -> bool {
    let file = cx.file();
    let inside = file.func(thread.literal).span;
    let declared = cx.body().names().local(local);
    let uses = cx.body().names().uses(local);
    !inside.contains(declared.span)
        && uses
            .iter()
            .any(|used| inside.contains(file.expr(used.expr).span))
        && (cx.facts().var(local).writes.len() > 1
            || matches!(declared.kind, LocalKind::RangeVar { .. })
            || is_map(cx, local))
}

fn check_variable(
    cx: &RuleCx<'_>,
    meeting: &Meeting<'_, '_>,
    threads: &[Thread],
    thread: &Thread,
    local: LocalId,
) {
    let uses = uses_in(cx, meeting, thread, local);
    for used in &uses {
        if let Some((access, writes)) = race_with_parent(cx, meeting, thread, local, used) {
            report(cx, thread, local, used, &Other::Parent { access, writes });
            return;
        }
    }
    for other in threads
        .iter()
        .filter(|other| other.point.func == thread.point.func && other.call >= thread.call)
    {
        let is_itself = other.call == thread.call;
        let others = uses_in(cx, meeting, other, local);
        for (one, two) in uses
            .iter()
            .flat_map(|one| others.iter().map(move |two| (one, two)))
        {
            if (one.writes || two.writes)
                && is_unordered(cx, meeting, (thread, one), (other, two), local)
            {
                let kind = match is_itself {
                    true => Other::Itself,
                    false => Other::Sibling { span: other.span },
                };
                let used = if one.writes || !is_itself { one } else { two };
                report(cx, thread, local, used, &kind);
                return;
            }
        }
    }
}

/// The uses of a variable that the literal of a goroutine makes itself.
fn uses_in<'c>(
    cx: &RuleCx<'c>,
    meeting: &Meeting<'_, '_>,
    thread: &Thread,
    local: LocalId,
) -> Vec<Use<'c>> {
    let cfg = cx.facts().cfg(thread.literal);
    let touched = meeting.touched(thread.literal, true);
    accesses(cx, local)
        .filter_map(|(access, writes)| {
            let point = point_in(cx, thread.literal, access.point)?;
            if !cfg.reachable(point.node) {
                return None;
            }
            let mut after = match thread.group {
                Some(group) => meeting.touched_in(group),
                None => meeting.nothing(),
            };
            let is_over = writes && access.point.func == thread.literal;
            let mut add = |node: NodeId| {
                for index in touched[node.index()].iter() {
                    after.insert(index);
                }
            };
            if !is_over {
                add(point.node);
            }
            cfg.search_after(point.node, |node| {
                add(node);
                Visit::Continue
            });
            for node in cfg.nodes() {
                if matches!(node.kind, NodeKind::Defer(_)) {
                    add(node.id);
                }
            }
            Some(Use {
                access,
                node: point.node,
                writes,
                after,
            })
        })
        .collect()
}

/// The uses of a variable after its declaration, and whether they assign.
fn accesses<'r, 'c>(
    cx: &'r RuleCx<'c>,
    local: LocalId,
) -> impl Iterator<Item = (&'c Access, bool)> + use<'r, 'c> {
    let facts = cx.facts().var(local);
    let is_map = is_map(cx, local);
    let names = cx.body().names();
    let is_loop_variable = matches!(names.local(local).kind, LocalKind::RangeVar { .. });
    // `return x` where `x` is the result.
    let is_itself = move |access: &Access| match access.value {
        Value::Expr(value) => cx.body().object(value) == Object::Local(local),
        _ => false,
    };
    let writes = facts
        .writes
        .iter()
        .skip(usize::from(!is_loop_variable))
        .map(move |access| (access, !is_itself(access)));
    let reads = facts
        .reads
        .iter()
        .filter_map(move |access| match access.role {
            Role::Read => Some((access, false)),
            Role::PartWrite if is_map => Some((access, true)),
            _ => None,
        });
    writes.chain(reads)
}

/// Whether the variable is a map whose elements have no parts: assigning to one writes to the map.
fn is_map(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let body = cx.body();
    let Type::Map { value, .. } = body.cx().ty(body.underlying(body.type_of_local(local))) else {
        return false;
    };
    matches!(
        body.cx().ty(body.underlying(value)),
        Type::Basic(_) | Type::Struct { .. } | Type::Interface { .. } | Type::EmptyInterface
    ) || body.is_error(value)
}

/// A use by the function that starts the goroutine which `used` may coincide with.
fn race_with_parent(
    cx: &RuleCx<'_>,
    meeting: &Meeting<'_, '_>,
    thread: &Thread,
    local: LocalId,
    used: &Use<'_>,
) -> Option<(Access, bool)> {
    let func = thread.point.func;
    let cfg = cx.facts().cfg(func);
    let ends = new_variable_at(cx, func, local);
    let here: Vec<(&Access, bool, NodeId)> = accesses(cx, local)
        .filter(|&(_, writes)| writes || used.writes)
        .filter_map(|(access, writes)| {
            let point = point_in(cx, func, access.point)?;
            Some((access, writes, point.node))
        })
        .collect();
    if here.is_empty() {
        return None;
    }
    let before = waits_before(cx, meeting, thread.literal, used);
    let mut found = None;
    cfg.search_after(thread.point.node, |node| {
        if ends.contains(&node) || waits_for(cx, meeting, thread, node, &used.after, local) {
            return Visit::Skip;
        }
        found = here.iter().find(|&&(_, _, at)| {
            at == node
                && at != thread.point.node
                && !is_announced(cx, meeting, func, at, &before, local)
        });
        if found.is_some() {
            Visit::Stop
        } else {
            Visit::Continue
        }
    });
    found.map(|&(access, writes, _)| (*access, writes))
}

/// The nodes of `func` at which `local` becomes another variable.
fn new_variable_at(cx: &RuleCx<'_>, func: FuncId, local: LocalId) -> Vec<NodeId> {
    let facts = cx.facts();
    let declared = cx.body().names().local(local);
    let mut nodes = Vec::new();
    if declared.func != func {
        return nodes;
    }
    let cfg = facts.cfg(func);
    let first = facts
        .var(local)
        .writes
        .first()
        .map(|write| write.point.node);
    match declared.kind {
        LocalKind::RangeVar { .. } if !cx.go_at_least(22) => {}
        LocalKind::RangeVar { .. } | LocalKind::TypeSwitchVar { .. } => nodes.extend(first),
        LocalKind::Var { .. } => {
            nodes.extend(first);
            let own = cfg.loops().iter().find(|lp| {
                lp.kind == LoopKind::For
                    && matches!(cx.file().stmt(lp.stmt).kind, StmtKind::For { init: Some(init), .. }
                        if cx.file().stmt(init).span.contains(declared.span))
            });
            if let Some(lp) = own
                && cx.go_at_least(22)
            {
                let post = match cx.file().stmt(lp.stmt).kind {
                    StmtKind::For {
                        post: Some(post), ..
                    } => cfg.node_of_stmt(post),
                    _ => None,
                };
                nodes.push(post.unwrap_or(lp.head));
            }
        }
        _ => {}
    }
    nodes
}

/// What the goroutine waits by before `used`.
fn waits_before(
    cx: &RuleCx<'_>,
    meeting: &Meeting<'_, '_>,
    literal: FuncId,
    used: &Use<'_>,
) -> BitSet {
    let touched = meeting.touched(literal, true);
    let mut set = meeting.nothing();
    for node in nodes_before(cx, literal, used) {
        if waits_at(
            cx,
            Point {
                func: literal,
                node,
            },
        ) {
            for index in touched[node.index()].iter() {
                set.insert(index);
            }
        }
    }
    set
}

/// The nodes that may be passed before `used`, its own included.
fn nodes_before(cx: &RuleCx<'_>, literal: FuncId, used: &Use<'_>) -> Vec<NodeId> {
    let mut nodes = vec![used.node];
    cx.facts().cfg(literal).search_before(used.node, |node| {
        nodes.push(node);
        Visit::Continue
    });
    nodes
}

/// Whether the goroutine may wait for what happens after the node `at` of `func`.
fn is_announced(
    cx: &RuleCx<'_>,
    meeting: &Meeting<'_, '_>,
    func: FuncId,
    at: NodeId,
    waits: &BitSet,
    local: LocalId,
) -> bool {
    if meeting.reaches_outside(waits, local) {
        return true;
    }
    let touched = meeting.touched(func, true);
    let cfg = cx.facts().cfg(func);
    let meets = |node: NodeId| meeting.meets(waits, &touched[node.index()], local);
    meets(at)
        || cfg
            .nodes()
            .any(|node| matches!(node.kind, NodeKind::Defer(_)) && meets(node.id))
        || cfg
            .search_after(at, |node| match meets(node) {
                true => Visit::Stop,
                false => Visit::Continue,
            })
            .is_some()
}

/// Whether two goroutines, or one literal started twice, may use the variable at the same time.
fn is_unordered(
    cx: &RuleCx<'_>,
    meeting: &Meeting<'_, '_>,
    (thread, one): (&Thread, &Use<'_>),
    (other, two): (&Thread, &Use<'_>),
    local: LocalId,
) -> bool {
    let func = thread.point.func;
    let cfg = cx.facts().cfg(func);
    let excludes = |thread: &Thread, used: &Use<'_>| {
        let literal = thread.literal;
        nodes_before(cx, literal, used).into_iter().any(|node| {
            waits_at(
                cx,
                Point {
                    func: literal,
                    node,
                },
            )
        })
    };
    if excludes(thread, one) || excludes(other, two) {
        return false;
    }
    let before = |thread: &Thread, used: &Use<'_>, after: &BitSet| {
        let touched = meeting.touched(thread.literal, false);
        nodes_before(cx, thread.literal, used)
            .into_iter()
            .any(|node| meeting.meets(&touched[node.index()], after, local))
    };
    if before(thread, one, &two.after) || before(other, two, &one.after) {
        return false;
    }
    if thread.call == other.call && (is_for_one_round(cx, thread, one) || is_single(cx, thread)) {
        return false;
    }
    // The second is started while the first may still run.
    let ends = new_variable_at(cx, func, local);
    cfg.search_after(thread.point.node, |node| {
        if ends.contains(&node) {
            Visit::Skip
        } else if node == other.point.node {
            Visit::Stop
        } else if waits_for(cx, meeting, thread, node, &one.after, local) {
            Visit::Skip
        } else {
            Visit::Continue
        }
    })
    .is_some()
}

/// Whether the function that starts a goroutine may wait, at a node, for what the goroutine touches.
/// A loop that waits counts at its head: it has as many rounds as there are goroutines.
fn waits_for(
    cx: &RuleCx<'_>,
    meeting: &Meeting<'_, '_>,
    thread: &Thread,
    node: NodeId,
    after: &BitSet,
    local: LocalId,
) -> bool {
    let cfg = cx.facts().cfg(thread.point.func);
    let touched = meeting.touched(thread.point.func, false);
    let waits = |node: NodeId| meeting.meets(&touched[node.index()], after, local);
    let loop_waits = |lp: &Loop| {
        lp.head == node
            && !cfg.is_in_loop(thread.point.node, lp)
            && cfg
                .nodes()
                .any(|inner| cfg.is_in_loop(inner.id, lp) && waits(inner.id))
    };
    waits(node) || cfg.loops().iter().any(loop_waits)
}

/// Whether a condition in the goroutine picks one of those that a loop starts: it looks at a
/// parameter, or at a variable of the round, that is a number or a string.
fn is_for_one_round(cx: &RuleCx<'_>, thread: &Thread, used: &Use<'_>) -> bool {
    let (facts, body, file) = (cx.facts(), cx.body(), cx.file());
    let cfg = facts.cfg(thread.literal);
    let is_number = |expr: ExprId| {
        let Object::Local(local) = body.object(expr) else {
            return false;
        };
        let declared = body.names().local(local);
        let inside = file.func(thread.literal).span.contains(declared.span);
        (!inside || declared.is_param())
            && matches!(
                body.cx().ty(body.underlying(body.type_of_local(local))),
                Type::Basic(_)
            )
            && !body.is_error(body.type_of_local(local))
    };
    cfg.nodes().any(|node| {
        let tested = match node.kind {
            NodeKind::Cond(expr) => Some(expr),
            NodeKind::Tag(stmt) => match file.stmt(stmt).kind {
                StmtKind::Switch { tag, .. } => tag,
                _ => None,
            },
            _ => None,
        };
        let Some(tested) = tested else { return false };
        let span = file.expr(tested).span;
        cfg.dominates(node.id, used.node)
            && node.id != used.node
            && file
                .func(thread.literal)
                .exprs
                .iter()
                .any(|expr| span.contains(file.expr(expr).span) && is_number(expr))
    })
}

/// Whether the loops around a goroutine's start have one round.
fn is_single(cx: &RuleCx<'_>, thread: &Thread) -> bool {
    let facts = cx.facts();
    let cfg = facts.cfg(thread.point.func);
    cfg.loops_of_node(thread.point.node).iter().all(|lp| {
        facts
            .loop_info(cfg, lp)
            .bound
            .is_some_and(|bound| bound <= 1)
    })
}

fn report(cx: &RuleCx<'_>, thread: &Thread, local: LocalId, used: &Use<'_>, other: &Other) {
    let file = cx.file();
    let declared = cx.body().names().local(local);
    let name = file.span_text(declared.span);
    let verb = |writes: bool| match (writes, is_map(cx, local)) {
        (true, true) => "writes to",
        (true, false) => "assigns",
        (false, _) => "reads",
    };
    let span = used
        .access
        .expr
        .map_or(thread.span, |expr| file.expr(expr).span);
    let does = verb(used.writes);
    let (message, help) = match other {
        Other::Parent { access, .. } if is_loop_clause(cx, local, access) => (
            format!(
                "the goroutine reads `{name}` while the loop assigns the next value: before Go 1.22 all rounds share one variable"
            ),
            format!(
                "pass `{name}` as an argument, or copy it before the go statement: `{name} := {name}`"
            ),
        ),
        Other::Parent { writes, .. } => (
            format!(
                "the goroutine {does} `{name}` while the function that started it {} it, and nothing makes one wait for the other: a data race",
                verb(*writes)
            ),
            format!(
                "give the goroutine a variable of its own, or wait for it before `{name}` is used"
            ),
        ),
        Other::Itself => (
            format!(
                "each goroutine that the loop starts {does} `{name}`, and nothing makes one wait for another: a data race, in which values are lost"
            ),
            format!("hold a lock around the uses of `{name}`, or send the values on a channel"),
        ),
        Other::Sibling { .. } => (
            format!(
                "this goroutine {does} `{name}` while another one uses it, and nothing makes one wait for the other: a data race"
            ),
            format!(
                "give each goroutine a variable of its own, or hold a lock around the uses of `{name}`"
            ),
        ),
    };
    let mut finding = cx
        .report(&CapturedVariableRace::META, span, message)
        .help(help)
        .related(thread.span, "the goroutine is started here");
    match other {
        Other::Parent { access, writes } => {
            let at = access_span(cx, access);
            if let Some(at) = at {
                finding = finding.related(
                    at,
                    format!("this {} it, perhaps at the same time", verb(*writes)),
                );
            }
            add_fix(cx, finding, thread, local, access);
        }
        Other::Sibling { span } => {
            finding.related(*span, "the other goroutine is started here");
        }
        Other::Itself => {}
    }
}

fn access_span(cx: &RuleCx<'_>, access: &Access) -> Option<Span> {
    match access.expr {
        Some(expr) => Some(cx.file().expr(expr).span),
        None => cx
            .facts()
            .cfg(access.point.func)
            .span_of_node(access.point.node),
    }
}

/// Whether an access is the loop's own assignment to its variable.
fn is_loop_clause(cx: &RuleCx<'_>, local: LocalId, access: &Access) -> bool {
    let file = cx.file();
    let declared = cx.body().names().local(local);
    if cx.go_at_least(22) {
        return false;
    }
    cx.facts().cfg(access.point.func).loops().iter().any(|lp| {
        let head = head_span(cx, lp);
        let at = access
            .expr
            .map_or(declared.span, |expr| file.expr(expr).span);
        head.contains(declared.span) && head.contains(at)
    })
}

/// `v := v` before the `go` statement, where the loop alone assigns to its variable.
fn add_fix(
    cx: &RuleCx<'_>,
    finding: Finding<'_>,
    thread: &Thread,
    local: LocalId,
    access: &Access,
) {
    let file = cx.file();
    let declared = cx.body().names().local(local);
    let is_plain = matches!(declared.kind, LocalKind::RangeVar { .. })
        && is_loop_clause(cx, local, access)
        && cx.facts().var(local).writes.len() == 1
        && thread.group.is_none();
    let line_start = file.text()[..thread.span.start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let indent = &file.text()[line_start..thread.span.start as usize];
    if is_plain && indent.trim().is_empty() && is_started(cx, thread.literal) {
        let name = file.span_text(declared.span);
        finding.fix(
            Applicability::Safe,
            format!("copy `{name}` for each goroutine"),
            [(
                Span::new(thread.span.start, thread.span.start),
                format!("{name} := {name}\n{indent}"),
            )],
        );
    }
}
