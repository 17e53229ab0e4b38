//! What a finding calls a resource, and what it says is to be done with it.

use go_flow::{Class, Leak, Subject};
use go_syntax::{ExprId, ExprKind, StmtKind};
use go_types::{Callee, Object};

use crate::cx::RuleCx;

/// The participle of what is to be done, and the advice.
pub(crate) fn wording(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> (String, String) {
    let name = variable(cx, leak);
    let var = name.as_deref().unwrap_or("it");
    if class.by_call {
        let advice = format!(
            "call `{var}` on every path: `defer {var}()` right after it is known to be set"
        );
        return ("called".to_owned(), advice);
    }
    match (&*class.rule, &*class.name) {
        ("temp-not-removed", _) => {
            let advice = match class.release_via.as_deref() {
                Some(via) => format!("`defer os.Remove({var}.{via}())` removes it on every path"),
                None => format!("`defer os.RemoveAll({var})` removes it on every path"),
            };
            return ("removed".to_owned(), advice);
        }
        ("raw-fd-not-closed", "raw-fd") => {
            let advice = format!(
                "close `{var}` on every path, or make an `os.File` of it at once, which is easier to hand on"
            );
            return ("closed".to_owned(), advice);
        }
        _ => {}
    }
    if class.release.is_empty() {
        let (done, with) = match &*class.rule {
            "pool-item-not-returned" => ("put back", "put it back"),
            "stop-not-called" => ("stopped", "stop it"),
            _ => ("released", "release it"),
        };
        let advice = format!("{with} on every path: defer that right after the call");
        return (done.to_owned(), advice);
    }
    let method = class.release.first().map_or("Close", |name| name);
    let done = match method {
        "Close" => "closed",
        "Stop" => "stopped",
        "End" => "ended",
        "Flush" => "flushed",
        "Wait" => "waited for",
        "Commit" => "committed or rolled back",
        "Put" => "put back",
        "Finish" => "finished",
        "Kill" => "killed",
        "Cancel" => "cancelled",
        "Shutdown" => "shut down",
        _ => "released",
    };
    let field = match &*leak.field {
        "" => String::new(),
        field => format!(".{field}"),
    };
    // What ends it badly is harmless after what ends it well.
    let method = if class.release.iter().any(|name| **name == *"Rollback") {
        "Rollback"
    } else {
        method
    };
    let advice = match &name {
        Some(var) => format!(
            "`defer {var}{field}.{method}()` right after the error check releases it on every path"
        ),
        None => format!("keep the result in a variable and defer its `{method}`"),
    };
    (done.to_owned(), advice)
}

/// The variable or field that takes the resource, as it is written.
pub(crate) fn variable(cx: &RuleCx<'_>, leak: &Leak) -> Option<String> {
    let target = match leak.subject {
        Subject::Result => target(cx, leak)?,
        Subject::Receiver => match cx.facts().callee(leak.call) {
            Callee::Selected { x, .. } => x,
            _ => return None,
        },
        Subject::Param(index) => {
            let (_, args) = cx.file().call(leak.call)?;
            *args.get(index as usize)?
        }
        Subject::Global => return None,
    };
    Some(cx.snippet(target))
}

/// The variable or field that takes the resource.
pub(crate) fn target(cx: &RuleCx<'_>, leak: &Leak) -> Option<ExprId> {
    let cfg = cx.facts().cfg(leak.point.func);
    let stmt = cfg.stmt_of_node(leak.point.node)?;
    let file = cx.file();
    let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
        return None;
    };
    let is_call = |expr: &&ExprId| {
        let mut expr = file.unparen(**expr);
        while let ExprKind::TypeAssert { x, .. } = file.expr(expr).kind {
            expr = file.unparen(x);
        }
        expr == leak.call
    };
    file.exprs(rhs).first().filter(is_call)?;
    let target = *file.exprs(lhs).get(leak.result as usize)?;
    match (
        file.expr(file.unparen(target)).kind,
        cx.body().object(target),
    ) {
        (_, Object::Blank) => None,
        (ExprKind::Ident | ExprKind::Selector { .. }, _) => Some(target),
        _ => None,
    }
}
