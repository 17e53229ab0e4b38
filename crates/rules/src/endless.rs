//! Goroutines that nothing ends: bodies from whose start no path leads to an end, given what the
//! package does with its channels.

use go_flow::{
    Cfg, ChannelAct, ChannelOp, EdgeKind, End, FieldUses, FunctionFacts, GoSite, LiteralUse,
    NodeId, NodeKind, Point,
};
use go_syntax::{ExprId, ExprKind, File, FuncId, Span, StmtKind};
use go_types::{Body, Callee, Object};
use rustc_hash::FxHashSet;

use crate::cx::RuleCx;

/// How deep calls are followed.
const DEEPEST: u32 = 3;

/// What a goroutine stands in that never ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endless {
    /// The loop or operation, when it is in the file of the `go` statement.
    pub(crate) span: Option<Span>,
    /// Deferred calls that never run, in that file too.
    pub(crate) defers: Vec<Span>,
    /// Where it takes locks that it never gives back, in that file too.
    pub(crate) locks: Vec<Span>,
    /// Channels that it asks and that nobody ever closes or sends to, by name.
    pub(crate) dead: Vec<String>,
    /// The ticker that it goes over, as it is written, when somebody else stops that: which closes
    /// nothing.
    pub(crate) stopped: Option<String>,
}

/// Why the goroutine of `go` never ends; `None` when it may.
pub(crate) fn endless(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<Endless> {
    if is_test_hook(cx, go) {
        return None;
    }
    Ask { cx, silent: None }.of_go(go)
}

/// Why the goroutine of `go` never ends when nothing comes out of the fields called `field`.
pub(crate) fn endless_without(cx: &RuleCx<'_>, go: &GoSite<'_>, field: &str) -> Option<Endless> {
    let ask = Ask {
        cx,
        silent: Some(field),
    };
    ask.of_go(go)
}

/// What a question is about: the rule that asks, and the field that is taken to be silent.
#[derive(Clone, Copy)]
struct Ask<'c, 'a> {
    cx: &'c RuleCx<'a>,
    silent: Option<&'c str>,
}

impl Ask<'_, '_> {
    fn of_go(self, go: &GoSite<'_>) -> Option<Endless> {
        let facts = self.cx.facts();
        match go.literal.or_else(|| facts.literal_called(go.call)) {
            Some(literal) => of_body(self, facts, literal, true, DEEPEST),
            None => of_callee(self, facts, go.call, true, DEEPEST),
        }
    }
}

/// What comments say of goroutines that are to stay.
const STAYS: [&str; 10] = [
    "process lifetime",
    "lifetime of the process",
    "life of the process",
    "lifetime of the program",
    "lifetime of the application",
    "until the process",
    "as long as the process",
    "runs forever",
    "stay here forever",
    "stays here forever",
];

/// Whether a comment in a statement, or right before it, says that the goroutine is to stay.
pub(crate) fn is_said_to_stay(file: &File, stmt: Span) -> bool {
    file.comments().iter().any(|comment| {
        let is_near = if comment.span.end <= stmt.start {
            let between = file.span_text(Span::new(comment.span.end, stmt.start));
            between.bytes().filter(|&byte| byte == b'\n').count() <= 2
        } else {
            comment.span.start < stmt.end
        };
        is_near && {
            let text = file.span_text(comment.span).to_lowercase();
            STAYS.iter().any(|says| text.contains(says))
        }
    })
}

/// Whether the `go` statement stands in a literal that only runs in a build for tests.
fn is_test_hook(cx: &RuleCx<'_>, go: &GoSite<'_>) -> bool {
    let facts = cx.facts();
    let LiteralUse::Argument { call, .. } = facts.literal_use(go.point.func) else {
        return false;
    };
    matches!(facts.callee(call), Callee::Func { package, .. } if package.ends_with("/failpoint"))
}

/// Why a call of a function never returns, panics apart: one of the package, or one of another whose
/// contract says so.
fn of_callee(
    ask: Ask<'_, '_>,
    facts: &FunctionFacts<'_>,
    call: ExprId,
    is_here: bool,
    depth: u32,
) -> Option<Endless> {
    let package = facts.body().cx();
    let Some((file, func)) = facts.body().declaration(call) else {
        let ending = facts.contract_end(call, ask.cx.models(), ask.cx.contracts());
        return (ending.never_returns && ending.blocks).then(|| Endless {
            span: is_here.then(|| facts.file().expr(call).span),
            ..Endless::default()
        });
    };
    package.file(file).func(func).body?;
    let body = Body::new(package, file, func);
    let inner = FunctionFacts::new(&body);
    let is_here = is_here && file == facts.body().file_index();
    of_body(ask, &inner, func, is_here, depth)
}

fn of_body(
    ask: Ask<'_, '_>,
    facts: &FunctionFacts<'_>,
    func: FuncId,
    is_here: bool,
    depth: u32,
) -> Option<Endless> {
    let cfg = facts.cfg(func);
    let mut inner = None;
    let ops: Vec<ChannelOp<'_>> = facts
        .channel_ops()
        .into_iter()
        .filter(|op| op.point.func == func)
        .collect();
    let mut dead = Vec::new();
    let mut stopped = None;
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut open = vec![cfg.entry()];
    let mut last = None;
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        if node == cfg.exit() || is_end(cfg, node) {
            return None;
        }
        let point = Point { func, node };
        if facts
            .calls_at(point)
            .iter()
            .any(|site| facts.may_end(site.call))
        {
            return None;
        }
        match stands_at(ask, facts, &ops, point, depth, is_here) {
            Stand::Passes => {}
            Stand::Waits(name) => {
                dead.push(name);
                last = Some(node);
                continue;
            }
            Stand::Runs(endless) => {
                inner = Some(endless);
                last = Some(node);
                continue;
            }
        }
        for edge in cfg.successors(node) {
            let over = edge.kind == EdgeKind::RangeDone;
            match over.then(|| never_closed(facts, &ops, point)).flatten() {
                Some(name) if name.is_empty() => {
                    stopped = stopped.or_else(|| stopped_ticker(facts, point));
                }
                Some(name) => dead.push(name),
                None => open.push(edge.node),
            }
        }
    }
    let loops = cfg.loops().iter().filter(|lp| seen.contains(&lp.head));
    let lp = loops.max_by_key(|lp| facts.file().stmt(lp.stmt).span.len());
    let span = match (&inner, lp) {
        (Some(endless), _) => endless.span,
        (None, Some(lp)) => Some(head_of(facts, lp.stmt)),
        (None, None) => last.and_then(|node| cfg.span_of_node(node)),
    };
    let mut defers: Vec<Span> = facts
        .defers_of(func)
        .filter(|site| is_here && seen.contains(&site.point.node))
        .map(|site| facts.file().stmt(site.stmt).span)
        .collect();
    // Who goes round gives back on the way what the loop gives back.
    let (at, stays) = match (lp, last) {
        (Some(lp), None) => (Some(lp.head), false),
        (_, last) => (last, true),
    };
    let mut locks = match at.filter(|_| is_here) {
        Some(node) => crate::held::locks_at(facts, Point { func, node }, stays),
        None => Vec::new(),
    };
    if let Some(endless) = inner {
        locks.extend(endless.locks);
        defers.extend(endless.defers);
        dead.extend(endless.dead);
        stopped = stopped.or(endless.stopped);
    }
    dead.sort();
    dead.dedup();
    Some(Endless {
        span: span.filter(|_| is_here),
        defers,
        locks,
        dead,
        stopped,
    })
}

/// The head of a loop.
fn head_of(facts: &FunctionFacts<'_>, stmt: go_syntax::StmtId) -> Span {
    let file = facts.file();
    let span = file.stmt(stmt).span;
    match file.stmt(stmt).kind {
        StmtKind::For { body, .. } | StmtKind::Range { body, .. } => {
            let head = Span::new(span.start, file.stmt(body).span.start);
            let len = file.span_text(head).trim_end().len();
            Span::new(head.start, head.start + u32::try_from(len).unwrap_or(0))
        }
        _ => span,
    }
}

/// Whether a node ends the goroutine, or more.
fn is_end(cfg: &Cfg<'_>, node: NodeId) -> bool {
    matches!(cfg.kind(node), NodeKind::End(end) if end != End::Blocked)
}

/// What happens to a goroutine at a node.
enum Stand {
    /// It may go on.
    Passes,
    /// It waits for a channel that nobody uses; its name.
    Waits(String),
    /// It calls something that never returns.
    Runs(Endless),
}

fn stands_at(
    ask: Ask<'_, '_>,
    facts: &FunctionFacts<'_>,
    ops: &[ChannelOp<'_>],
    point: Point,
    depth: u32,
    is_here: bool,
) -> Stand {
    for op in ops.iter().filter(|op| op.point == point) {
        if op.act != ChannelAct::Receive {
            continue;
        }
        let silent = ask.silent.filter(|field| {
            let file = facts.file();
            file.selector(file.unparen(op.channel))
                .is_some_and(|(_, name)| name == *field)
        });
        if let Some(name) = silent
            .map(str::to_owned)
            .or_else(|| unused_channel(facts, op.channel, true))
        {
            return Stand::Waits(name);
        }
    }
    if depth == 0 {
        return Stand::Passes;
    }
    for site in facts.calls_at(point) {
        if site.mode != go_flow::CallMode::Now {
            continue;
        }
        let found = match facts.literal_called(site.call) {
            Some(literal) => of_body(ask, facts, literal, is_here, depth - 1),
            None => match facts.callee(site.call) {
                Callee::Func { .. } | Callee::Selected { .. } => {
                    of_callee(ask, facts, site.call, is_here, depth - 1)
                }
                _ => None,
            },
        };
        if let Some(endless) = found {
            return Stand::Runs(endless);
        }
    }
    Stand::Passes
}

/// The name of the channel that a `range` at `point` goes over, if that is never closed; empty for
/// the channel of a ticker.
fn never_closed(facts: &FunctionFacts<'_>, ops: &[ChannelOp<'_>], point: Point) -> Option<String> {
    let op = ops
        .iter()
        .find(|op| op.point == point && op.act == ChannelAct::Range);
    match op {
        Some(op) if is_clock(facts, op.channel) => Some(String::new()),
        Some(op) => unused_channel(facts, op.channel, false),
        // Without the declarations of package time its channels are known by name.
        None => {
            let NodeKind::RangeNext(stmt) = facts.cfg(point.func).kind(point.node) else {
                return None;
            };
            match facts.file().stmt(stmt).kind {
                StmtKind::Range { x, .. } if is_clock(facts, x) => Some(String::new()),
                _ => None,
            }
        }
    }
}

/// The ticker that a `range` at `point` goes over, when it is stopped outside of the goroutine.
fn stopped_ticker(facts: &FunctionFacts<'_>, point: Point) -> Option<String> {
    let (file, body) = (facts.file(), facts.body());
    let NodeKind::RangeNext(stmt) = facts.cfg(point.func).kind(point.node) else {
        return None;
    };
    let StmtKind::Range { x, .. } = file.stmt(stmt).kind else {
        return None;
    };
    let channel = file.unparen(facts.value_of(x).unwrap_or(x));
    let (ticker, _) = file.selector(channel)?;
    let ticker = file.unparen(ticker);
    let is_stopped = match (body.object(ticker), file.selector(ticker)) {
        (Object::Local(local), _) => {
            let inside = file.func(point.func).span;
            facts.calls().iter().any(|site| {
                matches!(facts.callee(site.call), Callee::Selected { x, name: "Stop" }
                    if body.object(x) == Object::Local(local)
                        && !inside.contains(file.expr(x).span))
            })
        }
        (_, Some((_, field))) => FieldUses::of(body.cx())
            .get(field)
            .is_some_and(|of| of.selects(&["Stop"])),
        _ => false,
    };
    is_stopped.then(|| file.expr_text(ticker).to_owned())
}

/// Whether a channel is that of a ticker or timer, which nobody closes.
fn is_clock(facts: &FunctionFacts<'_>, channel: ExprId) -> bool {
    let (file, body) = (facts.file(), facts.body());
    let channel = file.unparen(facts.value_of(channel).unwrap_or(channel));
    match file.expr(channel).kind {
        ExprKind::Call { .. } => matches!(
            facts.callee(channel),
            Callee::Func {
                package: "time",
                name: "Tick" | "After",
                ..
            }
        ),
        ExprKind::Selector { x, sel } if file.span_text(sel) == "C" => {
            let ty = body.cx().deref(body.type_of(x));
            let is_made = || {
                facts.value_of(x).is_some_and(|made| {
                    let made = file.unparen(made);
                    body.is_call_to(made, "time", "NewTicker")
                })
            };
            body.is_named(ty, "time", "Ticker")
                || body.is_named(ty, "time", "Timer")
                || ty.is_unknown() && is_made()
        }
        _ => false,
    }
}

/// The name of a private field that is a channel of this package and which nobody closes, nor sends
/// to when `or_sent`: it is made and asked, and nothing else.
fn unused_channel(facts: &FunctionFacts<'_>, channel: ExprId, or_sent: bool) -> Option<String> {
    let (file, body) = (facts.file(), facts.body());
    let channel = file.unparen(channel);
    let (x, name) = file.selector(channel)?;
    if !name.starts_with(|c: char| c.is_lowercase() || c == '_') {
        return None;
    }
    // A field of a type of this package, not something promoted from elsewhere.
    let owner = body.cx().deref(body.type_of(x));
    let fields = body.fields(owner)?;
    let owner_name = body.type_string(owner);
    let is_own = owner_name
        .strip_prefix(&**body.cx().names().path())
        .is_some_and(|rest| rest.starts_with('.') && !rest.contains('['));
    if !is_own || !fields.iter().any(|(field, _)| field == name) || !facts.is_channel(channel) {
        return None;
    }
    let uses = FieldUses::of(body.cx());
    let of = uses.get(name)?;
    let is_used = of.closed || of.escapes || or_sent && of.sent;
    (!is_used && of.assigned && makes_it(body, name)).then(|| name.to_owned())
}

/// Whether every value that the package gives fields of a name is made on the spot.
fn makes_it(body: &Body<'_>, name: &str) -> bool {
    all_values(body, name, |file, value| {
        file.call(value)
            .is_some_and(|(fun, _)| file.ident(file.unparen(fun)) == Some("make"))
    })
}

/// Whether `is_wanted` holds for every value that the package gives fields called `name`.
pub(crate) fn all_values(
    body: &Body<'_>,
    name: &str,
    is_wanted: impl Fn(&File, ExprId) -> bool,
) -> bool {
    let holds = |file: &File, value: ExprId| is_wanted(file, file.unparen(value));
    body.cx().names().files().iter().all(|file| {
        let mut funcs = file
            .all_funcs()
            .filter(|&func| file.func(func).parent.is_none());
        funcs.all(|func| {
            let node = file.func(func);
            let in_literals = node.exprs.iter().all(|expr| match file.expr(expr).kind {
                ExprKind::KeyValue { key, value } => {
                    file.ident(key) != Some(name) || holds(file, value)
                }
                _ => true,
            });
            in_literals
                && node.stmts.iter().all(|stmt| {
                    let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                        return true;
                    };
                    let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                    lhs.iter().enumerate().all(|(index, &target)| {
                        file.selector(file.unparen(target))
                            .is_none_or(|(_, field)| field != name)
                            || lhs.len() == rhs.len() && holds(file, rhs[index])
                    })
                })
        })
    })
}

/// The variable of the function around it, or receiver, that a goroutine holds on to: the value whose
/// method it runs, and what its literal mentions.
pub(crate) fn holds(cx: &RuleCx<'_>, go: &GoSite<'_>, local: go_types::LocalId) -> bool {
    let file = cx.file();
    let span = file.expr(go.call).span;
    let mut uses = cx.body().names().uses(local).iter();
    uses.any(|mention| span.contains(file.expr(mention.expr).span))
}
