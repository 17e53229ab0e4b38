//! `needless-defer-closure`.

use diagnostics::Applicability;
use go_flow::DeferSite;
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{Comment, ExprId, ExprKind, Features, FuncId, Span, StmtKind, UnaryOp};
use go_types::{
    Builtin, Callee, LocalId, LocalKind, Member, MemberKind, Object, Role, Selection, Type, TypeId,
};

use crate::blocks::whole_lines;
use crate::cx::RuleCx;
use crate::fixes::upwards;
use crate::nilness::is_same_type;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred literals that only make one call, which could be deferred itself.
    ///
    /// ## What it does
    /// Reports `defer func() { f.Close() }()` where `defer f.Close()` does the same: the receiver,
    /// the function and the arguments have the same values when the `defer` is passed as when the
    /// function ends. That is so for constants and for local variables that nothing changes
    /// afterwards; fields that may be assigned, calls among the arguments and variables of the
    /// package keep the rule silent, and so does a result that is ignored on purpose
    /// (`_ = f.Close()`).
    ///
    /// ## Why it is bad
    /// The literal says that something is to be evaluated late, and the reader looks for what it
    /// is. It also is one more function, and shows up as `F.func1` in stack traces.
    ///
    /// ## Example
    /// ```go
    /// func serve(l net.Listener, handle func(net.Conn)) {
    /// 	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
    /// 	defer func() {
    /// 		stop()
    /// 	}()
    /// 	for ctx.Err() == nil {
    /// 		conn, err := l.Accept()
    /// 		if err != nil {
    /// 			return
    /// 		}
    /// 		handle(conn)
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func serve(l net.Listener, handle func(net.Conn)) {
    /// 	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
    /// 	defer stop()
    /// 	for ctx.Err() == nil {
    /// 		conn, err := l.Accept()
    /// 		if err != nil {
    /// 			return
    /// 		}
    /// 		handle(conn)
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// It is a matter of style, and of nothing else where a linter for errors accepts an unchecked
    /// call in a literal but not in a `defer`.
    ///
    /// ## Fix safety
    /// The fix is safe. On a nil interface the panic moves from the end of the function to the
    /// `defer`. It is not offered when there is a comment in the literal.
    pub NeedlessDeferClosure {
        name: "needless-defer-closure",
        category: Placement,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for NeedlessDeferClosure {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let Some(literal) = site.literal else {
                continue;
            };
            let Some(call) = only_call(cx, site, literal) else {
                continue;
            };
            if !cx
                .file()
                .call(call)
                .is_some_and(|(_, args)| args.iter().all(|&arg| is_settled(cx, site, arg)))
                || !is_callee_settled(cx, site, call)
            {
                continue;
            }
            let snippet = cx.call_snippet(call);
            let span = cx.file().stmt(site.stmt).span;
            let finding = cx
                .report(
                    &Self::META,
                    span,
                    format!("the literal only calls `{snippet}`, with what is known already when the `defer` is passed"),
                )
                .help(format!("write `defer {snippet}`"));
            if !is_closed_elsewhere(cx, call)
                && let Some(text) = without_literal(cx, span, call)
            {
                let edit = (span, format!("defer {text}"));
                finding.fix(Applicability::Safe, "Defer the call itself", [edit]);
            }
        }
    }
}

/// Whether `call` closes a channel that is closed in another place too: something else is wrong then.
fn is_closed_elsewhere(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let file = cx.file();
    let channel = match file.call(call) {
        Some((_, &[channel])) if cx.body().is_builtin_call(call, Builtin::Close) => channel,
        _ => return false,
    };
    match cx.body().object(file.unparen(channel)) {
        Object::Local(local) => upwards::closes(cx, local) > 1,
        _ => false,
    }
}

/// The call that is all there is in a literal without parameters.
fn only_call(cx: &RuleCx<'_>, site: &DeferSite<'_>, literal: FuncId) -> Option<ExprId> {
    let file = cx.file();
    let (_, args) = file.call(site.call)?;
    let &[only] = file.block_stmts(file.func(literal).body?) else {
        return None;
    };
    let StmtKind::Expr(call) = file.stmt(only).kind else {
        return None;
    };
    let call = file.unparen(call);
    (args.is_empty() && file.call(call).is_some()).then_some(call)
}

/// The text of `call` with the indentation of the `defer` at `span`; `None` when something would be
/// lost.
fn without_literal(cx: &RuleCx<'_>, span: Span, call: ExprId) -> Option<String> {
    let file = cx.file();
    let is_inside = |comment: &Comment| span.contains(comment.span);
    if file.comments().iter().any(is_inside) {
        return None;
    }
    let text = file.expr_text(call);
    if !text.contains('\n') || whole_lines(cx, file.expr(call).span).is_none() {
        return Some(text.to_owned());
    }
    // The lines of a raw string are not indented.
    (!text.contains('`')).then(|| text.replace("\n\t", "\n"))
}

/// Whether what `call` calls is the same now as later, and may be deferred.
fn is_callee_settled(cx: &RuleCx<'_>, site: &DeferSite<'_>, call: ExprId) -> bool {
    match cx.facts().callee(call) {
        Callee::Func {
            member: Some(id), ..
        } => match cx.body().cx().names().member(id) {
            // A recover within works only when the function is the deferred one itself.
            Member {
                file,
                kind: MemberKind::Func(func),
                ..
            } => !cx
                .body()
                .cx()
                .file(file)
                .func(func)
                .features
                .intersects(Features::RECOVER),
            _ => false,
        },
        Callee::Func { package, .. } => !package.contains('.') && package != "C",
        Callee::Builtin(builtin) => matches!(
            builtin,
            Builtin::Close | Builtin::Delete | Builtin::Clear | Builtin::Print | Builtin::Println
        ),
        Callee::Var(local) => is_unchanged(cx, site, local),
        Callee::Selected { x, name } => is_receiver_settled(cx, site, call, x, name),
        _ => false,
    }
}

/// Whether `x.name` is the same method of the same thing now as later.
fn is_receiver_settled(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    call: ExprId,
    x: ExprId,
    name: &str,
) -> bool {
    let file = cx.file();
    let body = cx.body();
    let x = file.unparen(x);
    let ty = body.type_of(x);
    let types = body.cx();
    if matches!(body.selection(ty, name), Some(Selection::Field(_)) | None) {
        return false;
    }
    let Some(method) = body.method(call) else {
        return false;
    };
    match file.expr(x).kind {
        ExprKind::Ident => {
            let Some(local) = body.names().local_of(x) else {
                return false;
            };
            match types.ty(types.underlying(ty)) {
                Type::Interface { .. } | Type::Pointer(_) if is_unchanged(cx, site, local) => {
                    // What is promoted from a field is looked up in the field now.
                    types.is_interface(ty) || method.pointer && is_own(cx, ty, method.owner)
                }
                // The address of a variable does not change.
                Type::Struct { .. } => method.pointer && is_own(cx, ty, method.owner),
                _ => false,
            }
        }
        // `s.mu.Unlock()`: the address of a field, as long as `s` is the same.
        ExprKind::Selector { x: base, .. } => {
            let Some(local) = body.names().local_of(file.unparen(base)) else {
                return false;
            };
            let is_value = matches!(types.ty(types.underlying(ty)), Type::Struct { .. });
            is_value
                && method.pointer
                && is_own(cx, ty, method.owner)
                && is_unchanged(cx, site, local)
        }
        _ => false,
    }
}

/// Whether a method of `owner` is the type's own, not promoted.
fn is_own(cx: &RuleCx<'_>, ty: TypeId, owner: TypeId) -> bool {
    let types = cx.body().cx();
    is_same_type(cx, types.deref(types.canonical(ty)), owner)
}

/// Whether `expr` has the same value now as later, and nothing is done to get it.
fn is_settled(cx: &RuleCx<'_>, site: &DeferSite<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    if !cx.facts().is_pure(expr) {
        return false;
    }
    let mut settled = true;
    walk(file, Node::Expr(expr), |node| {
        let Node::Expr(part) = node else {
            settled = false;
            return Descend::Past;
        };
        match file.expr(part).kind {
            // The address is settled, whatever happens to the value.
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } if body_local(cx, x) => return Descend::Past,
            ExprKind::Ident => {
                settled &= match cx.body().object(part) {
                    Object::Local(local) => is_unchanged(cx, site, local),
                    Object::Member(id) => !matches!(
                        cx.body().cx().names().member(id).kind,
                        MemberKind::Var { .. }
                    ),
                    Object::Unknown | Object::DotMember(_) => false,
                    _ => true,
                };
            }
            ExprKind::Selector { .. }
            | ExprKind::Index { .. }
            | ExprKind::Slice { .. }
            | ExprKind::Star(_)
            | ExprKind::CompositeLit { .. } => settled = false,
            _ => {}
        }
        Descend::Into
    });
    settled
}

fn body_local(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    matches!(cx.body().object(expr), Object::Local(_))
}

/// Whether nothing assigns to `local`, or to a part of it, after the `defer`.
fn is_unchanged(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId) -> bool {
    let facts = cx.facts().var(local);
    let is_scalar = {
        let types = cx.body().cx();
        !matches!(
            types.ty(types.underlying(cx.body().type_of_local(local))),
            Type::Struct { .. } | Type::Array { .. } | Type::Unknown
        )
    };
    let in_parts = facts
        .reads
        .iter()
        .any(|read| matches!(read.role, Role::PartWrite | Role::PartAddressTaken));
    // The declaration gives a new variable each time it is passed, but for loops before Go 1.22.
    let is_shared = !cx.go_at_least(22)
        && matches!(
            cx.body().names().local(local).kind,
            LocalKind::RangeVar { .. }
        );
    let declaration = facts.writes.first().filter(|_| !is_shared);
    let late = cx.facts().writes_after(site.point, local);
    let is_written = late.iter().any(|write| Some(&write.access) != declaration);
    !facts.address_taken && (is_scalar || !in_parts) && !is_written
}
