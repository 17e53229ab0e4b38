//! Methods that do nothing to what their receivers hold, as far as their text tells: they call
//! nothing that could end its use, and hand nothing of the receiver on.

use std::cell::RefCell;

use go_syntax::{AssignOp, ExprId, ExprKind, Features, File, FuncId, StmtKind};
use go_types::{MemberKind, PackageCx, Type};
use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::ENDING;
use super::declared::calls;
use super::tracker::Tracker;

/// Calls are followed so many levels deep.
const MAX_DEPTH: u32 = 3;

/// How names of functions begin that may end the use of something.
const ENDS: [&str; 20] = [
    "close",
    "stop",
    "shutdown",
    "release",
    "cancel",
    "destroy",
    "dispose",
    "finish",
    "terminate",
    "teardown",
    "cleanup",
    "free",
    "kill",
    "abort",
    "rollback",
    "reset",
    "commit",
    "end",
    "done",
    "exit",
];

/// What is known of functions of the package; none while one is looked at.
#[derive(Debug, Default)]
struct Quiet(RefCell<FxHashMap<(u32, FuncId), Option<bool>>>);

impl Tracker<'_, '_> {
    /// Whether a call calls a method of the package that leaves alone what its receiver holds.
    pub(crate) fn is_quiet(&self, call: ExprId) -> bool {
        let cx = self.body().cx();
        // Flushing ends the use of no other resource.
        let is_flushed = *self.models().class(self.class.get()).rule == *"writer-not-finished";
        let declaration = self.body().declaration(call).filter(|_| !is_flushed);
        declaration.is_some_and(|(file, func)| is_quiet(cx, file, func, MAX_DEPTH))
    }
}

fn is_quiet(cx: &PackageCx<'_>, index: u32, func: FuncId, depth: u32) -> bool {
    let memo = cx.memo(Quiet::default);
    if let Some(known) = memo.0.borrow().get(&(index, func)) {
        // A function that calls itself does nothing more by that.
        return known.unwrap_or(true);
    }
    let Some(deeper) = depth.checked_sub(1) else {
        return false;
    };
    memo.0.borrow_mut().insert((index, func), None);
    let quiet = looks_quiet(cx, index, func) && calls_quiet(cx, index, func, deeper);
    memo.0.borrow_mut().insert((index, func), Some(quiet));
    quiet
}

fn looks_quiet(cx: &PackageCx<'_>, index: u32, func: FuncId) -> bool {
    let file = cx.file(index);
    let node = file.func(func);
    if node.features.intersects(Features::GO) || !node.features.intersects(Features::BODY) {
        return false;
    }
    // What it gives may be what the receiver holds.
    let Type::Func { results, .. } = cx.ty(cx.signature(index, func)) else {
        return false;
    };
    let is_plain = |&ty: &go_types::TypeId| {
        cx.is_error(ty) || matches!(cx.ty(cx.underlying(ty)), Type::Basic(_))
    };
    if !cx.types(results).iter().all(is_plain) {
        return false;
    }
    let receiver = node.recv.and_then(|list| file.fields_of(list).first());
    let name = receiver.and_then(|field| file.field(field).names.iter().next());
    let name = name.map_or("_", |name| file.name(name));
    !hands_on(file, func, name)
}

/// Whether a function uses the variable `name` other than by its fields and methods, or puts a field
/// of it elsewhere.
fn hands_on(file: &File, func: FuncId, name: &str) -> bool {
    let node = file.func(func);
    let is_it = |expr: ExprId| file.ident(file.unparen(expr)) == Some(name);
    let bases: FxHashSet<ExprId> = node
        .exprs
        .iter()
        .filter_map(|expr| match file.expr(expr).kind {
            ExprKind::Selector { x, .. } => Some(file.unparen(x)),
            _ => None,
        })
        .collect();
    let is_field = |expr: ExprId| match file.expr(file.unparen(expr)).kind {
        ExprKind::Selector { x, .. } => is_it(x),
        _ => false,
    };
    node.exprs
        .iter()
        .any(|expr| is_it(expr) && !bases.contains(&expr))
        || node.stmts.iter().any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Send { .. } => true,
            StmtKind::Assign { rhs, op, .. } => {
                op != AssignOp::Define && file.exprs(rhs).iter().any(|&value| is_field(value))
            }
            _ => false,
        })
}

/// Whether everything that a function calls is quiet by its name, and by its body where that is of
/// the package.
fn calls_quiet(cx: &PackageCx<'_>, index: u32, func: FuncId, depth: u32) -> bool {
    let names = cx.names();
    calls(cx.file(index), func).iter().all(|&name| {
        if ENDING.contains(&name) {
            return false;
        }
        let lower = name.to_lowercase();
        if ENDS.iter().any(|verb| lower.starts_with(verb)) {
            return false;
        }
        let function = names.lookup(name).map(|id| names.member(id));
        let function_is_quiet = function.is_none_or(|member| match member.kind {
            MemberKind::Func(func) => is_quiet(cx, member.file, func, depth),
            _ => true,
        });
        function_is_quiet
            && names
                .methods()
                .filter(|&(id, _)| names.method_name(id) == name)
                .all(|(_, method)| is_quiet(cx, method.file, method.func, depth))
    })
}
