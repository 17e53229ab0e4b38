//! `semaphore-not-released`.

use go_flow::{Cfg, EdgeKind, NodeId, NodeKind, calls};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, Features, File, FuncId, SpecKind, StmtKind, UnaryOp};
use go_types::{Object, PackageCx};
use rustc_hash::FxHashSet;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::slots;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds places in a semaphore that are taken on every path and given back on some.
    ///
    /// ## What it does
    /// Reports `sem.Acquire(…)` and `sem.TryAcquire(…)` of a `semaphore.Weighted`, and
    /// `sem <- struct{}{}` on a channel that serves as one, when the function gives the place back
    /// on one path (`sem.Release(…)`, `<-sem`) and ends without that on another. A goroutine that
    /// gives it back is as good. Where a function never gives a place back, another one is taken
    /// to do so.
    ///
    /// ## Why it is bad
    /// The place stays taken. When all are, everybody who wants one waits for ever
    /// (`golang.org/x/sync/semaphore`: Acquire blocks until resources are available).
    ///
    /// ## Example
    /// ```go
    /// var slots = make(chan struct{}, 4)
    ///
    /// func load(path string) ([]byte, error) {
    /// 	slots <- struct{}{}
    /// 	text, err := os.ReadFile(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	<-slots
    /// 	return text, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// var slots = make(chan struct{}, 4)
    ///
    /// func load(path string) ([]byte, error) {
    /// 	slots <- struct{}{}
    /// 	defer func() { <-slots }()
    /// 	return os.ReadFile(path)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When another function gives the place back for the paths that do not, or when the channel is
    /// no semaphore but tells something by what is in it.
    ///
    /// ## Fix safety
    /// Where the place is given back once, at the end of the function, the fix defers that right after the
    /// place is taken. It is safe: what is deferred runs where it ran before, and on the other paths too.
    pub SemaphoreNotReleased {
        name: "semaphore-not-released",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for SemaphoreNotReleased {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        if input.is_test {
            return false;
        }
        if file.func(func).features.intersects(Features::CHANNEL) {
            let sends = |stmt| matches!(file.stmt(stmt).kind, StmtKind::Send { .. });
            if file.func(func).stmts.iter().any(sends) {
                return true;
            }
        }
        let calls = calls(file, func);
        (calls.contains("Acquire") || calls.contains("TryAcquire")) && calls.contains("Release")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() {
            return;
        }
        for func in cx.funcs() {
            let cfg = cx.facts().cfg(func);
            for node in cfg.nodes() {
                if cfg.reachable(node.id)
                    && let Some(taken) = taken(cx, cfg, node.id)
                {
                    look(cx, cfg, node.id, &taken);
                }
            }
        }
    }
}

/// A place that is taken.
struct Taken {
    /// The semaphore, as it is written.
    name: String,
    /// What takes it.
    expr: ExprId,
    is_channel: bool,
    /// Whether the result of taking it says that it was not taken.
    may_fail: bool,
}

fn taken(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId) -> Option<Taken> {
    let file = cx.file();
    if let NodeKind::Stmt(stmt) = cfg.kind(node)
        && let StmtKind::Send { chan, value } = file.stmt(stmt).kind
    {
        let is_token = matches!(
            &*file.expr_text(value).replace(' ', ""),
            "struct{}{}" | "true" | "1"
        );
        return (is_token && is_buffered(cx, chan)).then(|| Taken {
            name: file.expr_text(chan).to_owned(),
            expr: chan,
            is_channel: true,
            may_fail: false,
        });
    }
    if !matches!(cfg.kind(node), NodeKind::Stmt(_) | NodeKind::Cond(_)) {
        return None;
    }
    let mut found = None;
    cfg.own_exprs(node, |expr| {
        if let Some((x, name)) = method(file, expr)
            && matches!(name, "Acquire" | "TryAcquire")
            && cx
                .body()
                .is_method_call(expr, "golang.org/x/sync/semaphore", "Weighted", name)
        {
            found = Some(Taken {
                name: file.expr_text(x).to_owned(),
                expr,
                is_channel: false,
                may_fail: true,
            });
        }
    });
    found
}

/// Whether a channel is made with room for more than one.
fn is_buffered(cx: &RuleCx<'_>, chan: ExprId) -> bool {
    let package = cx.body().cx();
    let file = cx.file();
    let chan = file.unparen(chan);
    let name = match file.selector(chan) {
        Some((_, name)) => name,
        None => file.expr_text(chan),
    };
    // Made somewhere in the package, by the name of the variable or field.
    (0..).take(package.names().files().len()).any(|index| {
        let file = package.file(index);
        let mut made = false;
        let mut see = |target: &str, value: ExprId| {
            let value = file.unparen(value);
            made |= target == name
                && file
                    .call(value)
                    .is_some_and(|(fun, args)| file.ident(fun) == Some("make") && args.len() > 1);
        };
        for &decl in file.top_decls() {
            walk(file, Node::Decl(decl), |node| {
                match node {
                    Node::Expr(expr) => {
                        if let ExprKind::KeyValue { key, value } = file.expr(expr).kind {
                            see(file.expr_text(key), value);
                        }
                    }
                    Node::Stmt(stmt) => {
                        if let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind {
                            for (&target, &value) in file.exprs(lhs).iter().zip(file.exprs(rhs)) {
                                let target = file.unparen(target);
                                let selected = file.selector(target).map(|(_, name)| name);
                                see(selected.unwrap_or_else(|| file.expr_text(target)), value);
                            }
                        }
                    }
                    Node::Spec(spec) => {
                        if let SpecKind::Value { names, values, .. } = file.spec(spec).kind {
                            for (name, &value) in names.iter().zip(file.exprs(values)) {
                                see(file.name(name), value);
                            }
                        }
                    }
                    _ => {}
                }
                Descend::Into
            });
        }
        made
    })
}

fn method(file: &File, call: ExprId) -> Option<(ExprId, &str)> {
    let (fun, _) = file.call(call)?;
    file.selector(file.unparen(fun))
}

/// Whether an expression gives a place back.
fn gives_back(file: &File, expr: ExprId, taken: &Taken) -> bool {
    match file.expr(expr).kind {
        ExprKind::Unary {
            op: UnaryOp::Recv,
            x,
        } => taken.is_channel && file.expr_text(x) == taken.name,
        ExprKind::Call { .. } => {
            !taken.is_channel
                && method(file, expr)
                    .is_some_and(|(x, name)| name == "Release" && file.expr_text(x) == taken.name)
        }
        _ => false,
    }
}

/// The nodes that give a place back, or start or defer what does.
fn releases(cx: &RuleCx<'_>, cfg: &Cfg<'_>, taken: &Taken) -> FxHashSet<NodeId> {
    let file = cx.file();
    let mut found = FxHashSet::default();
    for node in cfg.nodes() {
        let mut releases = false;
        let mut inner = Vec::new();
        cfg.own_exprs(node.id, |expr| {
            releases |= gives_back(file, expr, taken);
            if let ExprKind::FuncLit(func) = file.expr(expr).kind {
                inner.push(func);
            }
        });
        // Who gets a literal that gives the place back is taken to call it.
        for func in inner {
            walk(file, Node::Func(func), |at| {
                if let Node::Expr(expr) = at {
                    releases |= gives_back(file, expr, taken);
                }
                Descend::Into
            });
        }
        if releases {
            found.insert(node.id);
        }
    }
    found
}

fn look(cx: &RuleCx<'_>, cfg: &Cfg<'_>, start: NodeId, taken: &Taken) {
    let file = cx.file();
    let releases = releases(cx, cfg, taken);
    if releases.is_empty() || releases.contains(&start) {
        return;
    }
    // A defer before it gives it back as well.
    let is_deferred = releases
        .iter()
        .any(|&node| matches!(cfg.kind(node), NodeKind::Defer(_)) && comes_to(cfg, node, start));
    if is_deferred {
        return;
    }
    let mut seen = FxHashSet::from_iter([start]);
    let mut open = vec![start];
    let (mut meets, mut end) = (false, None);
    while let Some(node) = open.pop() {
        for edge in cfg.successors(node) {
            if taken.may_fail && !may_go(cx, cfg, node, edge.kind, node == start) {
                continue;
            }
            if releases.contains(&edge.node) {
                meets = true;
                continue;
            }
            if edge.node == cfg.exit() {
                end = end.or(Some(node));
                continue;
            }
            if seen.insert(edge.node) {
                open.push(edge.node);
            }
        }
    }
    let Some(end) = end.filter(|_| meets) else {
        return;
    };
    // A place that others write to, or that is asked for what is in it, is no semaphore.
    let message = format!(
        "the place in `{}` that is taken here is not given back on every path",
        taken.name
    );
    let help = match taken.is_channel {
        true => format!(
            "`defer func() {{ <-{} }}()` gives it back on every path",
            taken.name
        ),
        false => format!(
            "defer `{}.Release` with the same weight right after it is taken",
            taken.name
        ),
    };
    let finding = cx
        .report(
            &SemaphoreNotReleased::META,
            file.expr(taken.expr).span,
            message,
        )
        .help(help)
        .repair(
            cfg.stmt_of_node(start)
                .and_then(|stmt| slots::place(cx, stmt, |expr| gives_back(file, expr, taken))),
        );
    if let Some(span) = cfg.span_of_node(end) {
        finding.related(span, "the function ends here, and the place stays taken");
    }
}

/// Whether control comes from one node to another.
fn comes_to(cfg: &Cfg<'_>, from: NodeId, to: NodeId) -> bool {
    let mut seen = FxHashSet::from_iter([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if node == to {
            return true;
        }
        for edge in cfg.successors(node) {
            if seen.insert(edge.node) {
                open.push(edge.node);
            }
        }
    }
    false
}

/// Whether an edge may be taken when the place was taken: not when there was an error, or when
/// trying failed.
fn may_go(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId, edge: EdgeKind, is_start: bool) -> bool {
    let NodeKind::Cond(cond) = cfg.kind(node) else {
        return true;
    };
    let file = cx.file();
    let truth = match edge {
        EdgeKind::True => true,
        EdgeKind::False => false,
        _ => return true,
    };
    let cond = file.unparen(cond);
    match file.expr(cond).kind {
        ExprKind::Binary { op, x, y } if matches!(op, BinaryOp::Eq | BinaryOp::Ne) => {
            let is_nil = cx.body().object(y) == Object::Nil;
            let is_error = file.expr_text(x).to_lowercase().contains("err") || is_start;
            !(is_nil && is_error) || truth == (op == BinaryOp::Eq)
        }
        ExprKind::Unary {
            op: UnaryOp::Not, ..
        } => !truth || !is_start,
        ExprKind::Call { .. } => truth || !is_start,
        _ => true,
    }
}
