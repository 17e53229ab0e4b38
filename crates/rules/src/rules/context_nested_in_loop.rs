//! `context-nested-in-loop`.

use diagnostics::Applicability;
use go_flow::{BitSet, Cfg, LiteralUse, Loop, LoopKind, Place, Point, Visit};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{AssignOp, ExprId, ExprKind, Features, File, FuncId, Span, StmtId, StmtKind};
use go_types::{Callee, LocalId, LocalKind, Object};

use crate::cx::RuleCx;
use crate::driver::FileInput;
use crate::once::is_passed_once;
use crate::origin::{root_local, starts_within};
use crate::repeat::head_span;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds contexts that each round of a loop derives from the context of the round before.
    ///
    /// ## What it does
    /// Reports `ctx = context.WithValue(ctx, …)`, `ctx, cancel = context.WithTimeout(ctx, …)` and the
    /// like in a loop, when `ctx` is not a variable of the round and is used in the rest of the
    /// round. Any function counts that is handed the context and whose result replaces it.
    ///
    /// It is silent when the loop is left afterwards, when the variable gets another context at the
    /// start of each round, and when piling up is what the loop is for: the context is used only
    /// after the loop, each round adds another key, or each round asks another element to extend the
    /// context (`ctx = handler.Prepare(ctx)`).
    ///
    /// ## Why it is bad
    /// A derived context refers to its parent. With `=` the context of round n has n ancestors: none
    /// of them is freed while the last one lives, and every lookup of a value walks them all. For
    /// contexts with a deadline or a cancel function it is worse, since a context ends when one of
    /// its ancestors does: after the first timeout, or the first call of `cancel`, all later rounds
    /// start with a context that is done.
    ///
    /// ## Example
    /// ```go
    /// func poll(ctx context.Context, urls []string) error {
    /// 	var cancel context.CancelFunc
    /// 	for _, url := range urls {
    /// 		ctx, cancel = context.WithTimeout(ctx, 5*time.Second)
    /// 		err := fetch(ctx, url)
    /// 		cancel()
    /// 		if err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func poll(ctx context.Context, urls []string) error {
    /// 	for _, url := range urls {
    /// 		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
    /// 		err := fetch(ctx, url)
    /// 		cancel()
    /// 		if err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a function that is handed the context mostly gives it back as it is. When a loop has few
    /// rounds and each is meant to add to the context that the next one works with.
    ///
    /// ## Fix safety
    /// Where each round sets the same key and nothing uses the context after the loop, the fix
    /// declares a variable of the round by `:=`. The value of the key is the same everywhere. There
    /// is no fix for other cases.
    pub ContextNestedInLoop {
        name: "context-nested-in-loop",
        category: Context,
        severity: Warning,
        default: on,
        needs: LOOP | GOTO,
    }
}

/// How deep literals are followed outwards.
const DEEPEST: u32 = 8;

/// What deriving from the context of the round before leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deadline,
    Cancel,
    Value,
    /// A function that is not one of package context.
    Other,
}

/// An assignment of a context that is derived from what it replaces.
struct Derivation<'a> {
    stmt: StmtId,
    call: ExprId,
    /// The argument that is the context.
    arg: ExprId,
    target: ExprId,
    place: Place<'a>,
    kind: Kind,
}

impl Rule for ContextNestedInLoop {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    /// Few functions with loops assign to something the result of a call that takes it; and who
    /// derives contexts imports the package, or the one that derives them from signals.
    fn applies(&self, file: &File, func: FuncId, _: &FileInput<'_>) -> bool {
        let node = file.func(func);
        // All declarations are gone through for the imports, so that comes last.
        let imports_contexts = || {
            file.imports().any(|spec| {
                let path = file.import_path(spec);
                path.is_some_and(|path| path == "context" || path == "os/signal")
            })
        };
        node.features
            .intersects(Features::LOOP.union(Features::GOTO))
            && node
                .stmts
                .iter()
                .any(|stmt| candidates(file, stmt).next().is_some())
            && imports_contexts()
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut reported: Vec<(StmtId, Place<'_>)> = Vec::new();
        for stmt in cx.file().func(cx.root()).stmts.iter() {
            for (target, call, arg) in candidates(cx.file(), stmt) {
                let Some(derivation) = derivation(cx, stmt, target, call, arg) else {
                    continue;
                };
                let Some(lp) = nesting_loop(cx, &derivation) else {
                    continue;
                };
                // Several derivations in one loop are one mistake.
                let key = (lp, derivation.place.clone());
                if !reported.contains(&key) {
                    report(cx, &derivation, lp);
                    reported.push(key);
                }
            }
        }
    }
}

/// Assignments in `stmt` of the result of a call to something that is an argument of it, as far as
/// the text tells: target, call, argument.
fn candidates(file: &File, stmt: StmtId) -> impl Iterator<Item = (ExprId, ExprId, ExprId)> + '_ {
    let (lhs, rhs) = match file.stmt(stmt).kind {
        StmtKind::Assign {
            lhs,
            rhs,
            op: AssignOp::Assign | AssignOp::Define,
        } => (file.exprs(lhs), file.exprs(rhs)),
        _ => (&[][..], &[][..]),
    };
    lhs.iter().enumerate().filter_map(move |(index, &target)| {
        let value = match rhs {
            &[value] => value,
            _ => *rhs.get(index)?,
        };
        let call = file.unparen(value);
        let (fun, args) = file.call(call)?;
        if file.ident(fun) == Some("append") {
            return None;
        }
        let text = file.expr_text(target);
        let arg = args.iter().find(|&&arg| file.expr_text(arg) == text)?;
        (text != "_").then_some((target, call, *arg))
    })
}

fn derivation<'a>(
    cx: &RuleCx<'a>,
    stmt: StmtId,
    target: ExprId,
    call: ExprId,
    arg: ExprId,
) -> Option<Derivation<'a>> {
    let body = cx.body();
    if body.names().is_definition(target) {
        return None;
    }
    let kind = match cx.facts().callee(call) {
        Callee::Func {
            package: "context",
            name,
            ..
        } => match name {
            "WithTimeout" | "WithTimeoutCause" | "WithDeadline" | "WithDeadlineCause" => {
                Kind::Deadline
            }
            "WithCancel" | "WithCancelCause" => Kind::Cancel,
            "WithValue" => Kind::Value,
            _ => return None,
        },
        Callee::Func {
            package: "os/signal",
            name: "NotifyContext",
            ..
        } => Kind::Cancel,
        // Without types nothing tells that this is a context.
        Callee::Conversion(_) | Callee::Builtin(_) => return None,
        _ if body.is_named(body.type_of(target), "context", "Context") => Kind::Other,
        _ => return None,
    };
    let place = Place::of(body, target)?;
    (Place::of(body, arg)? == place).then_some(Derivation {
        stmt,
        call,
        arg,
        target,
        place,
        kind,
    })
}

/// The loop in which the context of one round is derived from that of the round before, and in
/// which that is not the intention.
fn nesting_loop(cx: &RuleCx<'_>, derivation: &Derivation<'_>) -> Option<StmtId> {
    let facts = cx.facts();
    let mut point = facts.point_of_stmt(derivation.stmt)?;
    let declared_in = derivation
        .place
        .local()
        .map(|local| cx.body().names().local(local).func);
    for _ in 0..DEEPEST {
        let cfg = facts.cfg(point.func);
        let resets = resets(cx, cfg, derivation);
        if let Some(lp) = loop_around(cfg, point, &resets) {
            let within = loop_span(cx, lp);
            let is_meant = is_passed_once(cx, derivation.stmt, lp, within)
                || is_extended_by_element(cx, derivation, within)
                || !is_used_in_round(cx, cfg, derivation, point, lp);
            return (!is_meant).then_some(lp.stmt);
        }
        if declared_in == Some(point.func) {
            return None;
        }
        // A literal that is called on the spot runs once for each round of the loop around it.
        let LiteralUse::Called { call } = facts.literal_use(point.func) else {
            return None;
        };
        point = facts.point_of_expr(call)?;
    }
    None
}

/// The innermost loop by which control comes back to `point` while the context is still the derived
/// one.
fn loop_around<'c>(cfg: &'c Cfg<'_>, point: Point, resets: &BitSet) -> Option<&'c Loop> {
    if !cfg.in_cycle(point.node) || !cfg.reachable(point.node) {
        return None;
    }
    let comes_back = |lp: &&Loop| {
        let outer = lp.parent.map(|parent| cfg.loop_(parent).head);
        let mut passes_head = false;
        cfg.search_after(point.node, |node| {
            if resets.contains(node.index()) || outer == Some(node) {
                return Visit::Skip;
            }
            passes_head |= node == lp.head;
            if node == point.node {
                return Visit::Stop;
            }
            Visit::Continue
        })
        .is_some()
            && passes_head
    };
    cfg.loops_of_node(point.node).into_iter().find(comes_back)
}

/// The nodes at which the variable gets a context that is not derived from what it had.
fn resets(cx: &RuleCx<'_>, cfg: &Cfg<'_>, derivation: &Derivation<'_>) -> BitSet {
    let file = cx.file();
    let mut nodes = BitSet::new(cfg.len());
    let own = |call: ExprId, target: ExprId| {
        file.call(file.unparen(call)).is_some_and(|(_, args)| {
            args.iter()
                .any(|&arg| file.expr_text(arg) == file.expr_text(target))
        })
    };
    for stmt in file.func(cfg.func()).stmts.iter() {
        let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
            continue;
        };
        let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
        for (index, &target) in lhs.iter().enumerate() {
            let value = if rhs.len() == 1 {
                rhs.first()
            } else {
                rhs.get(index)
            };
            let writes = Place::of(cx.body(), target)
                .is_some_and(|place| derivation.place.changes_with(&place));
            if writes
                && !value.is_some_and(|&value| own(value, target))
                && let Some(node) = cfg.node_of_stmt(stmt)
            {
                nodes.insert(node.index());
            }
        }
    }
    // Declarations, and variables of range clauses.
    if let Some(local) = derivation.place.local() {
        for write in &cx.facts().var(local).writes {
            let is_assigned = write
                .expr
                .is_some_and(|expr| !cx.body().names().is_definition(expr));
            let is_range = matches!(write.value, go_flow::Value::Range { .. });
            if write.point.func == cfg.func() && (!is_assigned || is_range) {
                nodes.insert(write.point.node.index());
            }
        }
    }
    nodes
}

/// Whether each round has another element extend the context, or adds another key.
fn is_extended_by_element(cx: &RuleCx<'_>, derivation: &Derivation<'_>, within: Span) -> bool {
    let file = cx.file();
    let Some((fun, args)) = file.call(derivation.call) else {
        return false;
    };
    match derivation.kind {
        Kind::Deadline | Kind::Cancel => false,
        Kind::Value => args.get(1).is_some_and(|&key| varies(cx, key, within)),
        Kind::Other => varies(cx, fun, within),
    }
}

/// Whether an expression mentions a variable that a loop declares or assigns.
fn varies(cx: &RuleCx<'_>, expr: ExprId, within: Span) -> bool {
    let file = cx.file();
    let mut found = false;
    walk(file, Node::Expr(expr), |node| {
        if let Node::Expr(expr) = node
            && let Object::Local(local) = cx.body().object(expr)
        {
            found |= is_changed_in(cx, local, within);
        }
        Descend::Into
    });
    found
}

fn is_changed_in(cx: &RuleCx<'_>, local: LocalId, within: Span) -> bool {
    let declared = cx.body().names().local(local);
    declared.is_var()
        && (starts_within(declared.span, within)
            || cx.facts().var(local).writes.iter().any(|write| {
                write
                    .expr
                    .is_some_and(|expr| starts_within(cx.file().expr(expr).span, within))
            }))
}

/// Whether the derived context is used before the next round begins, other than to derive from it.
fn is_used_in_round(
    cx: &RuleCx<'_>,
    cfg: &Cfg<'_>,
    derivation: &Derivation<'_>,
    point: Point,
    lp: &Loop,
) -> bool {
    let (facts, file) = (cx.facts(), cx.file());
    let mut round = BitSet::new(cfg.len());
    cfg.search_after(point.node, |node| {
        if node == lp.head || !cfg.is_in_loop(node, lp) {
            return Visit::Skip;
        }
        round.insert(node.index());
        Visit::Continue
    });
    uses(cx, derivation).any(|expr| {
        let mut at = facts.point_of_expr(expr);
        for _ in 0..DEEPEST {
            let Some(here) = at else { return false };
            if here.func == point.func {
                // The rest of a literal that is called on the spot.
                let is_rest = here.node == point.node
                    && file.expr(expr).span.start >= file.stmt(derivation.stmt).span.end;
                return is_rest || round.contains(here.node.index());
            }
            at = facts.created_at(here.func);
        }
        false
    })
}

/// Where the context is read, derivations of itself left out.
fn uses<'c>(
    cx: &'c RuleCx<'_>,
    derivation: &'c Derivation<'_>,
) -> impl Iterator<Item = ExprId> + 'c {
    let file = cx.file();
    let all = file.func(cx.root()).exprs;
    let text = file.expr_text(derivation.target);
    let is_derivation: Vec<ExprId> = file
        .func(cx.root())
        .stmts
        .iter()
        .flat_map(|stmt| candidates(file, stmt))
        .flat_map(|(target, _, arg)| [target, arg])
        .collect();
    all.iter().filter(move |&expr| {
        matches!(
            file.expr(expr).kind,
            ExprKind::Ident | ExprKind::Selector { .. }
        ) && file.expr_text(expr) == text
            && !is_derivation.contains(&expr)
            && !is_target(cx, expr)
            && Place::of(cx.body(), expr).as_ref() == Some(&derivation.place)
    })
}

/// Whether a variable is only assigned here.
fn is_target(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    cx.body().names().local_of(expr).is_some_and(|local| {
        let mut uses = cx.body().names().uses(local).iter();
        uses.any(|used| used.expr == expr && !used.role.reads())
    })
}

/// Where a loop is: one that `goto` forms has no end in the tree.
fn loop_span(cx: &RuleCx<'_>, lp: &Loop) -> Span {
    let span = cx.file().stmt(lp.stmt).span;
    match lp.kind {
        LoopKind::For | LoopKind::Range => span,
        LoopKind::Goto => Span::new(span.start, cx.file().func(cx.root()).span.end),
    }
}

fn report(cx: &RuleCx<'_>, derivation: &Derivation<'_>, lp: StmtId) {
    let file = cx.file();
    let name = cx.snippet(derivation.target);
    let effect = match derivation.kind {
        Kind::Deadline => {
            "once the deadline of one round has passed, every later round starts with a context that is done"
        }
        Kind::Cancel => "cancelling the context of one round cancels those of all later rounds",
        Kind::Value | Kind::Other => {
            "the chain of contexts grows with every round, and looking up a value walks it"
        }
    };
    let message = format!("`{name}` is derived from the context of the round before: {effect}");
    let is_variable = derivation.place.is_variable();
    let help = match is_variable {
        true => format!(
            "declare a variable of the round, so that each is derived from the context before the loop: `{} := {}`",
            targets(cx, derivation.stmt),
            cx.call_snippet(derivation.call)
        ),
        false => format!(
            "keep the context from before the loop, and derive from that instead of `{name}`"
        ),
    };
    let head = cx
        .facts()
        .funcs()
        .iter()
        .find_map(|&func| {
            let cfg = cx.facts().cfg(func);
            let lp = cfg.loops().iter().find(|known| known.stmt == lp)?;
            Some(head_span(cx, lp))
        })
        .unwrap_or(file.stmt(lp).span);
    let finding = cx
        .report(
            &ContextNestedInLoop::META,
            file.stmt(derivation.stmt).span,
            message,
        )
        .help(help)
        .related(head, "each round of this loop adds to the chain");
    if let Some(edit) = fix(cx, derivation, lp) {
        finding.fix(
            Applicability::Safe,
            format!("declare `{name}` in the loop"),
            [edit],
        );
    }
}

fn targets(cx: &RuleCx<'_>, stmt: StmtId) -> String {
    match cx.file().stmt(stmt).kind {
        StmtKind::Assign { lhs, .. } => {
            let names: Vec<_> = cx
                .file()
                .exprs(lhs)
                .iter()
                .map(|&x| cx.snippet(x))
                .collect();
            names.join(", ")
        }
        _ => String::new(),
    }
}

/// `:=` instead of `=`, where each round sets the same key and only the round sees it.
fn fix(cx: &RuleCx<'_>, derivation: &Derivation<'_>, lp: StmtId) -> Option<(Span, String)> {
    let file = cx.file();
    let (StmtKind::For { body, .. } | StmtKind::Range { body, .. }) = file.stmt(lp).kind else {
        return None;
    };
    let StmtKind::Assign {
        lhs,
        rhs,
        op: AssignOp::Assign,
    } = file.stmt(derivation.stmt).kind
    else {
        return None;
    };
    let (&[target], &[value]) = (file.exprs(lhs), file.exprs(rhs)) else {
        return None;
    };
    let local = derivation.place.local()?;
    let declared = cx.body().names().local(local);
    let is_plain = matches!(declared.kind, LocalKind::Param(_) | LocalKind::Var { .. });
    let stands_in_body = file.block_stmts(body).contains(&derivation.stmt);
    if derivation.kind != Kind::Value
        || !derivation.place.is_variable()
        || !is_plain
        || !stands_in_body
        || root_local(cx, derivation.arg) != Some(local)
    {
        return None;
    }
    // Seen from the statement on, and nowhere else but before the loop.
    let (stmt, loop_start) = (file.stmt(derivation.stmt).span, file.stmt(lp).span.start);
    let visible = Span::new(stmt.start, file.stmt(body).span.end);
    let elsewhere = cx.body().names().uses(local).iter().any(|used| {
        let span = file.expr(used.expr).span;
        let is_before = span.end <= loop_start && used.func == declared.func;
        !visible.contains(span) && !is_before
    });
    // A loop around would bring control back to what stands before.
    let is_repeated = cx
        .facts()
        .point_of_stmt(lp)
        .is_none_or(|point| !cx.facts().cfg(point.func).loops_of(lp).is_empty());
    if elsewhere || is_repeated {
        return None;
    }
    let between = Span::new(file.expr(target).span.end, file.expr(value).span.start);
    let at = u32::try_from(file.span_text(between).find('=')?).ok()?;
    let start = between.start + at;
    Some((Span::new(start, start + 1), ":=".to_owned()))
}
