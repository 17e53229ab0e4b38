//! `channel-never-closed`.

use go_flow::{NodeKind, StuckKind};
use go_syntax::{ExprKind, Features, File, FuncId, Span, StmtId, StmtKind};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::channels;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_be_stuck, operand, stuck_here, tell};

declare_rule! {
    /// Finds `range` over a channel that nobody closes.
    ///
    /// ## What it does
    /// Reports a loop over a channel that waits for ever for a next value: those who send have ended, and none
    /// of them closes the channel, or not on this path.
    ///
    /// A function that defers `close` of a parameter promises to close it. It is reported where it returns before
    /// that.
    ///
    /// ## Why it is bad
    /// `range` ends when the channel is closed, and only then. The goroutine that ranges stays for good; when it
    /// is the function itself, its caller waits as well.
    ///
    /// ## Example
    /// ```go
    /// func sum(parts []int) int {
    /// 	ch := make(chan int)
    /// 	go func() {
    /// 		for _, n := range parts {
    /// 			ch <- n
    /// 		}
    /// 	}()
    /// 	total := 0
    /// 	for n := range ch {
    /// 		total += n
    /// 	}
    /// 	return total
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func sum(parts []int) int {
    /// 	ch := make(chan int)
    /// 	go func() {
    /// 		defer close(ch)
    /// 		for _, n := range parts {
    /// 			ch <- n
    /// 		}
    /// 	}()
    /// 	total := 0
    /// 	for n := range ch {
    /// 		total += n
    /// 	}
    /// 	return total
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function that is missing on the other side is called by code that is not followed: by
    /// another package through an interface, or by reflection. Conditions that depend on each other in ways that
    /// are not seen may also make a path look possible that is none: flags, numbers that are counted by hand.
    /// What is seen only from a test is told of test files alone.
    ///
    /// ## Fix safety
    /// Where one goroutine sends, or the function itself, the fix defers the `close` there. It is unsafe:
    /// somebody else may send to the channel by another name.
    pub ChannelNeverClosed {
        name: "channel-never-closed",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for ChannelNeverClosed {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        closes_param_late(package.file(input.index), func) || may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::Range]) {
            let chan = operand(cx, &stuck);
            let finding = cx
                .report(&Self::META, stuck.site.span, format!("this loop may wait for ever: nobody sends to `{chan}` any more, and nobody closes it"))
                .help("close the channel in a deferred call of the goroutine that sends");
            let finding = finding.repair(channels::close_in_sender(cx, &stuck));
            drop(tell(cx, &stuck, finding));
        }
        for defer in late_closes(cx.file(), cx.root()) {
            check_returns(cx, defer);
        }
    }
}

/// Whether a function defers `close` of one of its parameters, and not as the first thing.
fn closes_param_late(file: &File, func: FuncId) -> bool {
    file.func(func).features.intersects(Features::DEFER) && late_closes(file, func).next().is_some()
}

/// The statements `defer close(p)` of a parameter that stand in the body itself, not under a condition,
/// behind other statements.
fn late_closes(file: &File, func: FuncId) -> impl Iterator<Item = StmtId> {
    let node = file.func(func);
    let stmts = node.body.map_or(&[][..], |body| file.block_stmts(body));
    stmts.iter().copied().skip(1).filter(move |&stmt| {
        closed_by(file, stmt).is_some_and(|name| {
            let params = file.fields_of(file.sig(node.sig).params);
            params.iter().any(|field| {
                let field = file.field(field);
                matches!(file.expr(field.ty).kind, ExprKind::ChanType { .. })
                    && field.names.iter().any(|param| file.name(param) == name)
            })
        })
    })
}

/// The name in `defer close(name)`.
fn closed_by(file: &File, stmt: StmtId) -> Option<&str> {
    let StmtKind::Defer(call) = file.stmt(stmt).kind else {
        return None;
    };
    match file.call(file.unparen(call))? {
        (fun, &[arg]) if file.ident(fun) == Some("close") => file.ident(arg),
        _ => None,
    }
}

/// Reports the first return before the `defer`, unless something before it looks at the channel.
fn check_returns(cx: &RuleCx<'_>, defer: StmtId) {
    let file = cx.file();
    let Some(name) = closed_by(file, defer) else {
        return;
    };
    let start = file.stmt(defer).span.start;
    let body = file.func(cx.root()).body.map(|body| file.stmt(body).span);
    let is_before =
        |span: Span| span.end <= start && body.is_some_and(|body| body.start < span.start);
    let is_looked_at = file
        .func(cx.root())
        .exprs
        .iter()
        .any(|expr| is_before(file.expr(expr).span) && file.ident(expr) == Some(name));
    if is_looked_at {
        return;
    }
    let cfg = cx.facts().cfg(cx.root());
    let first = cfg
        .nodes()
        .filter(|node| cfg.reachable(node.id))
        .filter_map(|node| match node.kind {
            NodeKind::Return(stmt) => Some(file.stmt(stmt).span),
            _ => None,
        })
        .filter(|&span| is_before(span))
        .min_by_key(|span| span.start);
    if let Some(span) = first {
        cx.report(
            &ChannelNeverClosed::META,
            span,
            format!(
                "this returns before `{name}` is closed, and who ranges over it waits for ever"
            ),
        )
        .help("defer the `close` first")
        .related(
            file.stmt(defer).span,
            "all other ways close it, from here on",
        );
    }
}
