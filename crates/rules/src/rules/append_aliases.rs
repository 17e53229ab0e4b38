//! `append-aliases`.

use diagnostics::Applicability;
use go_flow::{BitSet, NodeId, NodeKind, Place, Point, Visit};
use go_syntax::{AssignOp, ExprId, ExprKind, File, FuncId, LitKind, Span, StmtKind};
use go_types::{Basic, Builtin, Callee, LocalId, Object, Role, Type};

use crate::cx::RuleCx;
use crate::driver::FileInput;
use crate::rule::{Rule, declare_rule};
use crate::spare::{Append, Holder, Parents, appends, has_spare, holder, is_len_of, is_slice};

declare_rule! {
    /// Finds `append` calls that write over elements which somebody else still reads.
    ///
    /// ## What it does
    /// Reports three cases, where the write really can hit what is read later:
    ///
    /// - `b := append(a[:i], …)`, and the elements of `a` from `i` on are read afterwards;
    /// - `x := append(base, …)`, then `append(base, …)` again, while `x` is still read, and `base` has
    ///   room behind its elements;
    /// - in a loop, the results of `append(base, …)` are kept, and `base`, which has room, is the same
    ///   in each round.
    ///
    /// It is silent when the result goes back to the slice that was appended to, when the capacity is
    /// limited (`a[:i:i]`, `slices.Clip`), when the base was made without room (a literal, `make`
    /// with a length only), when a buffer is used again (`buf[:0]`), and when elements are filtered
    /// in place.
    ///
    /// ## Why it is bad
    /// `append` allocates only when the capacity does not suffice (specification, "Appending to and
    /// copying slices"). Otherwise it writes into the array behind the slice, which other slices
    /// share: the elements after `a[:i]` are still elements of `a`, and two results of appending to
    /// one base have their first new element in the same place, so the second overwrites the first.
    /// Whether there is room depends on how the slice has grown: tests with few elements go well.
    ///
    /// ## Example
    /// ```go
    /// func others(names []string, i int) ([]string, string) {
    /// 	rest := append(names[:i], names[i+1:]...)
    /// 	return rest, strings.Join(names, " ")
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func others(names []string, i int) ([]string, string) {
    /// 	rest := append(names[:i:i], names[i+1:]...)
    /// 	return rest, strings.Join(names, " ")
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When what is read afterwards is meant to be what `append` wrote.
    ///
    /// ## Fix safety
    /// The fix limits the capacity of the base by a full slice expression, so that `append` copies.
    /// It is offered where the bound is a name, a number, or made of these by `+` and `-`.
    pub AppendAliases {
        name: "append-aliases",
        category: Aliasing,
        severity: Warning,
        default: on,
        needs: APPEND,
    }
}

impl Rule for AppendAliases {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    /// Most calls of `append` give the result back to what they append to.
    fn applies(&self, file: &File, func: FuncId, _: &FileInput<'_>) -> bool {
        let node = file.func(func);
        if !node.features.intersects(Self::META.needs) {
            return false;
        }
        let base_of = |call: ExprId| {
            let (fun, args) = file.call(call)?;
            let base = *args.first()?;
            (file.ident(fun) == Some("append")).then(|| file.unparen(base))
        };
        let all = node.exprs.iter().filter_map(base_of).count();
        let given_back = node
            .stmts
            .iter()
            .map(|stmt| match file.stmt(stmt).kind {
                StmtKind::Assign { lhs, rhs, .. } => {
                    let pairs = file.exprs(lhs).iter().zip(file.exprs(rhs));
                    pairs
                        .filter(|&(&target, &value)| {
                            base_of(value)
                                .is_some_and(|base| file.expr_text(base) == file.expr_text(target))
                        })
                        .count()
                }
                _ => 0,
            })
            .sum();
        all > given_back
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let appends = appends(cx);
        let mut parents = None;
        for append in &appends {
            if !cx.facts().reachable(append.point) {
                continue;
            }
            let parents = parents.get_or_insert_with(|| Parents::new(cx));
            match cx.file().expr(append.base).kind {
                ExprKind::Slice {
                    x,
                    hi: Some(hi),
                    max: None,
                    ..
                } => check_sub_slice(cx, parents, append, x, hi),
                ExprKind::Ident => {
                    if let Object::Local(base) = cx.body().object(append.base) {
                        check_same_base(cx, parents, &appends, append, base);
                    }
                }
                _ => {}
            }
        }
    }
}

/// `append(x[:hi], …)`.
fn check_sub_slice(cx: &RuleCx<'_>, parents: &Parents, append: &Append, x: ExprId, hi: ExprId) {
    let (file, body) = (cx.file(), cx.body());
    let ty = body.type_of(x);
    if !is_slice(cx, ty) || is_len_of(cx, hi, x) {
        return;
    }
    let Some(place) = Place::of(body, x) else {
        return;
    };
    let is_reset =
        matches!(file.expr(hi).kind, ExprKind::BasicLit(LitKind::Int)) && file.expr_text(hi) == "0";
    if is_reset {
        // A buffer that is used again.
        return;
    }
    let writes = writes_of(cx, append.point.func, &place);
    if writes.contains(append.point.node.index()) {
        return;
    }
    let cfg = cx.facts().cfg(append.point.func);
    let reads = reads_of(
        cx,
        parents,
        append.point.func,
        &place,
        x,
        hi,
        is_bytes(cx, x),
    );
    let mut found = None;
    cfg.search_after(append.point.node, |node| {
        found = reads.iter().find(|&&(at, _)| at == node);
        if found.is_some() {
            Visit::Stop
        } else if writes.contains(node.index()) {
            Visit::Skip
        } else {
            Visit::Continue
        }
    });
    let Some(&(_, read)) = found else { return };
    let name = cx.snippet(x);
    let bound = cx.snippet(hi);
    let call = file.expr(append.call).span;
    let is_same = call.contains(file.expr(read).span);
    let message = match is_same {
        true => format!(
            "`append` writes over the elements of `{name}` from index `{bound}` on, and the next round reads them: they are not what they were"
        ),
        false => format!(
            "`append` writes over the elements of `{name}` from index `{bound}` on, and `{name}` is read afterwards: it is not what it was"
        ),
    };
    let mut finding = cx
        .report(&AppendAliases::META, call, message)
        .help("limit the capacity so that `append` copies, by a full slice expression");
    if !is_same {
        finding = finding.related(file.expr(read).span, format!("`{name}` is read here"));
    }
    if is_simple(cx, hi) {
        let end = file.expr(hi).span.end;
        finding.fix(
            Applicability::Safe,
            "limit the capacity",
            [(Span::new(end, end), format!(":{}", file.expr_text(hi)))],
        );
    }
}

/// `append(base, …)` where `base` is appended to again while the result is in use.
fn check_same_base(
    cx: &RuleCx<'_>,
    parents: &Parents,
    appends: &[Append],
    append: &Append,
    base: LocalId,
) {
    if cx.facts().var(base).address_taken || !has_spare(cx, append.point, base) {
        return;
    }
    let kept = holder(cx, parents, append.call);
    let hit = match kept {
        Holder::Local(kept) if kept == base => None,
        Holder::Local(kept) => overwritten(cx, parents, appends, append, base, kept),
        Holder::Container if comes_again(cx, append, base) => Some((append.call, None)),
        _ => None,
    };
    let Some((second, kept)) = hit else { return };
    let file = cx.file();
    let name = cx.snippet(append.base);
    let message = match kept {
        Some(kept) => format!(
            "the second `append` to `{name}` may write where the first one did: `{}` then ends in the elements of the second",
            file.span_text(cx.body().names().local(kept).span)
        ),
        None => format!(
            "each round appends to the same `{name}`, and may write where the rounds before did: all that is kept then ends in the elements of the last round"
        ),
    };
    let finding = cx
        .report(
            &AppendAliases::META,
            file.expr(append.call).span,
            message,
        )
        .help(format!(
            "let the first one copy: `append({name}[:len({name}):len({name})], …)`, or `slices.Concat`"
        ));
    let span = file.expr(append.base).span;
    let finding = match second == append.call {
        true => finding,
        false => finding.related(file.expr(second).span, "the second `append`"),
    };
    finding.fix(
        Applicability::Safe,
        "limit the capacity",
        [(
            Span::new(span.end, span.end),
            format!("[:len({name}):len({name})]"),
        )],
    );
}

/// The second `append` to `base` after which `kept`, the result of the first, is read.
fn overwritten(
    cx: &RuleCx<'_>,
    parents: &Parents,
    appends: &[Append],
    append: &Append,
    base: LocalId,
    kept: LocalId,
) -> Option<(ExprId, Option<LocalId>)> {
    let func = append.point.func;
    let cfg = cx.facts().cfg(func);
    let writes = |local: LocalId| {
        let mut nodes = BitSet::new(cfg.len());
        for write in &cx.facts().var(local).writes {
            if write.point.func == func {
                nodes.insert(write.point.node.index());
            }
        }
        nodes
    };
    let (base_writes, kept_writes) = (writes(base), writes(kept));
    let reads: Vec<NodeId> = cx
        .facts()
        .var(kept)
        .reads
        .iter()
        .filter(|read| {
            read.role == Role::Read
                && read
                    .expr
                    .is_some_and(|expr| !is_measured(cx, parents, expr))
        })
        .filter_map(|read| node_in(cx, func, read.point))
        .collect();
    appends
        .iter()
        .filter(|second| {
            second.call != append.call
                && second.point.func == func
                && cx.body().object(second.base) == Object::Local(base)
                && !kept_writes.contains(second.point.node.index())
                && second.point.node != append.point.node
        })
        .find(|second| {
            let comes = cfg
                .search_after(append.point.node, |node| {
                    if node == second.point.node {
                        Visit::Stop
                    } else if base_writes.contains(node.index())
                        || kept_writes.contains(node.index())
                    {
                        Visit::Skip
                    } else {
                        Visit::Continue
                    }
                })
                .is_some();
            comes
                && cfg
                    .search_after(second.point.node, |node| {
                        if reads.contains(&node) {
                            Visit::Stop
                        } else if kept_writes.contains(node.index()) {
                            Visit::Skip
                        } else {
                            Visit::Continue
                        }
                    })
                    .is_some()
        })
        .map(|second| (second.call, Some(kept)))
}

/// Whether control comes back to an `append` while `base` is the same.
fn comes_again(cx: &RuleCx<'_>, append: &Append, base: LocalId) -> bool {
    let cfg = cx.facts().cfg(append.point.func);
    let writes = &cx.facts().var(base).writes;
    let is_written = |node: NodeId| {
        writes.iter().any(|write| {
            write.point
                == Point {
                    node,
                    ..append.point
                }
        })
    };
    !is_written(append.point.node)
        && cfg
            .search_after(append.point.node, |node| {
                if node == append.point.node {
                    Visit::Stop
                } else if is_written(node) {
                    Visit::Skip
                } else {
                    Visit::Continue
                }
            })
            .is_some()
}

/// The nodes of `func` that give `place`, or what it is part of, another value.
fn writes_of(cx: &RuleCx<'_>, func: FuncId, place: &Place<'_>) -> BitSet {
    let file = cx.file();
    let cfg = cx.facts().cfg(func);
    let mut nodes = BitSet::new(cfg.len());
    for stmt in file.func(func).stmts.iter() {
        let StmtKind::Assign {
            lhs,
            op: AssignOp::Assign | AssignOp::Define,
            ..
        } = file.stmt(stmt).kind
        else {
            continue;
        };
        let writes = file.exprs(lhs).iter().any(|&target| {
            Place::of(cx.body(), target).is_some_and(|written| place.changes_with(&written))
        });
        if writes && let Some(node) = cfg.node_of_stmt(stmt) {
            nodes.insert(node.index());
        }
    }
    if !place.is_variable() {
        // What is called may give the field another value.
        for site in cx.facts().calls_of(func) {
            let is_plain = matches!(
                cx.body().callee(site.call),
                Callee::Builtin(_) | Callee::Conversion(_)
            );
            if !is_plain {
                nodes.insert(site.point.node.index());
            }
        }
    }
    if let Some(local) = place.local() {
        for write in &cx.facts().var(local).writes {
            if write.point.func == func {
                nodes.insert(write.point.node.index());
            }
        }
    }
    nodes
}

/// Where elements of `place` from `hi` on are read in `func`: node and expression.
fn reads_of(
    cx: &RuleCx<'_>,
    parents: &Parents,
    func: FuncId,
    place: &Place<'_>,
    x: ExprId,
    hi: ExprId,
    is_bytes: bool,
) -> Vec<(NodeId, ExprId)> {
    let file = cx.file();
    let text = file.expr_text(x);
    file.func(func)
        .exprs
        .iter()
        .filter(|&expr| {
            matches!(
                file.expr(expr).kind,
                ExprKind::Ident | ExprKind::Selector { .. }
            ) && file.expr_text(expr) == text
                && Place::of(cx.body(), expr).as_ref() == Some(place)
                && reads_behind(cx, parents, expr, hi, is_bytes)
        })
        .filter_map(|expr| {
            let point = cx.facts().point_of_expr(expr)?;
            Some((node_in(cx, func, point)?, expr))
        })
        .collect()
}

/// The node of `func` itself for a point; uses in literals count where those are created.
fn node_in(cx: &RuleCx<'_>, func: FuncId, mut point: Point) -> Option<NodeId> {
    while point.func != func {
        point = cx.facts().created_at(point.func)?;
    }
    Some(point.node)
}

/// Whether the use `expr` of a slice reads its elements from `hi` on.
fn reads_behind(
    cx: &RuleCx<'_>,
    parents: &Parents,
    expr: ExprId,
    hi: ExprId,
    is_bytes: bool,
) -> bool {
    let file = cx.file();
    let (inner, parent) = parents.around(cx, expr);
    let Some(parent) = parent else {
        return reads_as_operand(cx, inner);
    };
    match file.expr(parent).kind {
        ExprKind::Slice {
            x, lo, hi: None, ..
        } if x == inner => {
            // `x[len(y):]` is what is left over.
            lo.is_none_or(|lo| !cx.body().is_builtin_call(file.unparen(lo), Builtin::Len))
        }
        ExprKind::Index { x, indices } if x == inner => {
            let &[index] = file.exprs(indices) else {
                return false;
            };
            file.expr_text(index) == file.expr_text(hi) && !is_assigned(cx, parent)
        }
        ExprKind::Call { args, .. } => {
            let args = file.exprs(args);
            let Some(position) = args.iter().position(|&arg| arg == inner) else {
                return false;
            };
            match cx.body().callee(parent) {
                Callee::Builtin(Builtin::Copy) => position == 1,
                Callee::Builtin(Builtin::Append) => position > 0,
                Callee::Builtin(_) => false,
                Callee::Conversion(_) => true,
                Callee::Func { package, .. } => {
                    !is_bytes || matches!(package, "bytes" | "fmt" | "strings")
                }
                // Whatever it is, it may as well fill the buffer.
                _ => !is_bytes,
            }
        }
        ExprKind::KeyValue { .. } | ExprKind::CompositeLit { .. } => true,
        _ => false,
    }
}

/// Whether an expression that is an operand of a statement is read there.
fn reads_as_operand(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let Some(point) = cx.facts().point_of_expr(expr) else {
        return false;
    };
    let cfg = cx.facts().cfg(point.func);
    match cfg.kind(point.node) {
        NodeKind::Range(stmt) => match file.stmt(stmt).kind {
            StmtKind::Range { x, value, .. } => x == expr && value.is_some(),
            _ => false,
        },
        NodeKind::Return(_) => true,
        NodeKind::Stmt(stmt) => match file.stmt(stmt).kind {
            StmtKind::Assign { rhs, .. } => file.exprs(rhs).contains(&expr),
            StmtKind::Send { value, .. } => value == expr,
            _ => false,
        },
        _ => false,
    }
}

/// Whether an element is assigned rather than read.
fn is_assigned(cx: &RuleCx<'_>, element: ExprId) -> bool {
    let file = cx.file();
    let Some(point) = cx.facts().point_of_expr(element) else {
        return false;
    };
    match cx.facts().cfg(point.func).kind(point.node) {
        NodeKind::Stmt(stmt) => match file.stmt(stmt).kind {
            StmtKind::Assign {
                lhs,
                op: AssignOp::Assign,
                ..
            } => file.exprs(lhs).contains(&element),
            _ => false,
        },
        _ => false,
    }
}

/// Whether only the length or capacity of a slice is asked for, or whether it is nil.
fn is_measured(cx: &RuleCx<'_>, parents: &Parents, expr: ExprId) -> bool {
    match parents.around(cx, expr).1 {
        Some(parent) => match cx.file().expr(parent).kind {
            ExprKind::Binary { .. } => true,
            ExprKind::Call { .. } => matches!(
                cx.body().callee(parent),
                Callee::Builtin(Builtin::Len | Builtin::Cap)
            ),
            _ => false,
        },
        None => false,
    }
}

fn is_bytes(cx: &RuleCx<'_>, x: ExprId) -> bool {
    let body = cx.body();
    match body.cx().ty(body.underlying(body.type_of(x))) {
        Type::Slice(elem) => {
            matches!(body.cx().ty(body.underlying(elem)), Type::Basic(basic) if matches!(basic, Basic::Uint8 | Basic::Byte))
        }
        _ => false,
    }
}

/// Whether writing an expression twice changes nothing: names, numbers, and what `+`, `-` and `len`
/// make of them.
fn is_simple(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    match file.expr(expr).kind {
        ExprKind::Ident | ExprKind::BasicLit(_) => true,
        ExprKind::Selector { x, .. } | ExprKind::Paren(x) => is_simple(cx, x),
        ExprKind::Binary { x, y, .. } => is_simple(cx, x) && is_simple(cx, y),
        ExprKind::Call { args, .. } => {
            cx.body().is_builtin_call(expr, Builtin::Len)
                && file.exprs(args).iter().all(|&arg| is_simple(cx, arg))
        }
        _ => false,
    }
}
