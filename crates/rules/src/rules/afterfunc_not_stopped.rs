//! `afterfunc-not-stopped`.

use go_flow::{CallMode, Fate, Leak, NodeKind};
use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Builtin, Callee, Object, PackageCx, Type};

use crate::FileInput;
use crate::contexts::mentions;
use crate::cx::RuleCx;
use crate::origin::root_local;
use crate::release::{may_acquire, report_leaks_if};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds functions that a timer or a context runs when what they were meant for is over.
    ///
    /// ## What it does
    /// Reports `time.AfterFunc` and `context.AfterFunc` when the function that calls them stops the
    /// timer, or takes the function back, on one path and not on another; and when the function
    /// sends on, or closes, a channel that the caller closes as well.
    ///
    /// A timer that is started for its own sake, and whose result nobody keeps, is left alone. Test
    /// files are left alone.
    ///
    /// ## Why it is bad
    /// The function runs when the time has come (package time, `AfterFunc`), however long the work
    /// that it guards is over: it logs a timeout that never was, kills a process that has ended, or
    /// sends on a closed channel, which panics. What `context.AfterFunc` registers stays with the
    /// context until that ends.
    ///
    /// ## Example
    /// ```go
    /// func run(cmd *exec.Cmd, limit time.Duration) error {
    /// 	timer := time.AfterFunc(limit, func() {
    /// 		log.Print("takes too long, killed")
    /// 		cmd.Process.Kill()
    /// 	})
    /// 	if err := cmd.Wait(); err != nil {
    /// 		return err
    /// 	}
    /// 	timer.Stop()
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func run(cmd *exec.Cmd, limit time.Duration) error {
    /// 	timer := time.AfterFunc(limit, func() {
    /// 		log.Print("takes too long, killed")
    /// 		cmd.Process.Kill()
    /// 	})
    /// 	defer timer.Stop()
    /// 	return cmd.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function finds out itself that it is too late, or is meant to run on just that path.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub AfterfuncNotStopped {
        name: "afterfunc-not-stopped",
        category: Context,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for AfterfuncNotStopped {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks_if(cx, &Self::META, |_, leak| {
            let is_forgotten = leak.fate == Fate::Held && leak.otherwise_fine;
            is_forgotten && !is_awaited(cx, leak) || hits_closed_channel(cx, leak)
        });
    }
}

/// Whether the function that will run sends on, or closes, a channel of the caller that the caller
/// closes.
fn hits_closed_channel(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let Some((_, args)) = file.call(leak.call) else {
        return false;
    };
    let Some(literal) = args.iter().find_map(|&arg| literal(cx, arg)) else {
        return false;
    };
    let around = file.func(literal).span;
    let is_inside = |func: FuncId| around.contains(file.func(func).span);
    let closed = cx.facts().calls().iter().filter(|site| {
        !matches!(site.mode, CallMode::Spawned(_))
            && !is_inside(site.point.func)
            && cx.facts().callee(site.call) == Callee::Builtin(Builtin::Close)
    });
    let closed: Vec<ExprId> = closed
        .filter_map(|site| file.call(site.call)?.1.first().copied())
        .filter(|&channel| root_local(cx, channel).is_some())
        .collect();
    let is_closed = |channel: ExprId| {
        closed.iter().any(|&other| {
            file.expr_text(other) == file.expr_text(channel)
                && root_local(cx, other) == root_local(cx, channel)
        })
    };
    let sends = file
        .func(literal)
        .stmts
        .iter()
        .any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Send { chan, .. } => is_closed(chan),
            _ => false,
        });
    let closes = || {
        cx.facts().calls().iter().any(|site| {
            is_inside(site.point.func)
                && cx.facts().callee(site.call) == Callee::Builtin(Builtin::Close)
                && file
                    .call(site.call)
                    .and_then(|(_, args)| args.first())
                    .is_some_and(|&channel| is_closed(channel))
        })
    };
    sends || closes()
}

/// Whether the path returns something that the function which will run has to do with, such as the
/// channel that it closes: then the caller waits for it.
fn is_awaited(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let literal = file
        .call(leak.call)
        .and_then(|(_, args)| args.iter().find_map(|&arg| literal(cx, arg)));
    let end = leak.hops.iter().rev().find_map(|hop| {
        match cx.facts().cfg(hop.point.func).kind(hop.point.node) {
            NodeKind::Return(stmt) => Some(stmt),
            _ => None,
        }
    });
    let (Some(literal), Some(end)) = (literal, end) else {
        return false;
    };
    let StmtKind::Return(results) = file.stmt(end).kind else {
        return false;
    };
    file.exprs(results).iter().any(|&result| {
        let Object::Local(local) = cx.body().object(result) else {
            return false;
        };
        let is_channel = matches!(
            cx.body().cx().ty(cx.body().type_of_local(local)),
            Type::Chan { .. }
        );
        is_channel && mentions(cx, literal, local)
    })
}

/// The literal that an argument is.
fn literal(cx: &RuleCx<'_>, arg: ExprId) -> Option<FuncId> {
    let file = cx.file();
    let arg = cx.facts().value_of(arg).unwrap_or(arg);
    match file.expr(file.unparen(arg)).kind {
        ExprKind::FuncLit(func) => Some(func),
        _ => None,
    }
}
