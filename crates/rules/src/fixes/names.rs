//! Names: which are free in a function, and under which a package is visible in it.

use go_syntax::{ExprKind, Span, StmtKind};
use go_types::{LocalId, Object};

use crate::cx::RuleCx;

/// A name that nothing in the top-level function is called by: `base`, `base2` and so on. What it is
/// declared for hides nothing that the function means by it.
pub(crate) fn fresh(cx: &RuleCx<'_>, base: &str) -> Option<String> {
    (1..9)
        .map(|n| match n {
            1 => base.to_owned(),
            _ => format!("{base}{n}"),
        })
        .find(|name| !is_mentioned(cx, name))
}

/// Whether anything in the top-level function is called `name`, its parameters included.
pub(crate) fn is_mentioned(cx: &RuleCx<'_>, name: &str) -> bool {
    let file = cx.file();
    let func = file.func(cx.root());
    let declared = func.names.iter().any(|id| file.name(id) == name);
    declared
        || func.exprs.iter().any(|expr| {
            matches!(file.expr(expr).kind, ExprKind::Ident) && file.expr_text(expr) == name
        })
}

/// Whether a local of the function has this name.
pub(crate) fn is_local(cx: &RuleCx<'_>, name: &str) -> bool {
    let names = cx.body().names();
    let mut locals = names.locals();
    locals.any(|(_, local)| cx.file().span_text(local.span) == name)
}

/// The name by which the file imports a package, where no local hides it.
pub(crate) fn package(cx: &RuleCx<'_>, path: &str) -> Option<String> {
    let index = cx.body().file_index();
    let names = cx.body().cx().names();
    let last = path.rsplit('/').next()?;
    let file = cx.file();
    let mut candidates = vec![last];
    for spec in file.imports() {
        if let go_syntax::SpecKind::Import {
            name: Some(name), ..
        } = file.spec(spec).kind
            && file.import_path(spec).is_some_and(|found| found == path)
        {
            candidates.insert(0, file.name(name));
        }
    }
    let loader = cx.body().cx().loader();
    candidates
        .into_iter()
        .find(|name| {
            names
                .lookup_import(index, name, loader)
                .is_some_and(|id| &**names.canonical_path(id, loader) == path)
                && !is_local(cx, name)
        })
        .map(str::to_owned)
}

/// Whether the name could be that of a new import: nothing in the package or the function has it.
pub(crate) fn is_free_for_import(cx: &RuleCx<'_>, name: &str) -> bool {
    let found = cx.body().cx().lookup(cx.body().file_index(), name);
    matches!(found, Object::Unknown) && !is_local(cx, name)
}

/// Whether `name` means in the function what it means outside of functions: a predeclared name such as
/// `error` that nobody has hidden.
pub(crate) fn is_predeclared(cx: &RuleCx<'_>, name: &str) -> bool {
    let found = cx.body().cx().lookup(cx.body().file_index(), name);
    matches!(
        found,
        Object::UniverseType(_) | Object::Nil | Object::Builtin(_) | Object::UniverseConst(_)
    ) && !is_local(cx, name)
}

/// Whether the name of a local means it at `at`: it is declared before, in a block around, and nothing
/// between has taken its name.
pub(crate) fn is_visible(cx: &RuleCx<'_>, local: LocalId, at: u32) -> bool {
    let file = cx.file();
    let names = cx.body().names();
    let span = names.local(local).span;
    let name = file.span_text(span);
    span.end <= at
        && scope(cx, local).covers(at)
        && !names.locals().any(|(id, other)| {
            id != local
                && other.span.start > span.start
                && other.span.end <= at
                && file.span_text(other.span) == name
                && scope(cx, id).covers(at)
        })
}

/// The block, clause or statement with a header that a local is declared in; the function, for
/// parameters and results.
fn scope(cx: &RuleCx<'_>, local: LocalId) -> Span {
    let file = cx.file();
    let what = cx.body().names().local(local);
    let around = file.func(what.func).span;
    if what.is_param() || what.is_result() {
        return around;
    }
    file.func(cx.root())
        .stmts
        .iter()
        .filter(|&stmt| {
            matches!(
                file.stmt(stmt).kind,
                StmtKind::Block(_)
                    | StmtKind::If { .. }
                    | StmtKind::For { .. }
                    | StmtKind::Range { .. }
                    | StmtKind::Switch { .. }
                    | StmtKind::TypeSwitch { .. }
                    | StmtKind::CaseClause { .. }
                    | StmtKind::CommClause { .. }
            )
        })
        .map(|stmt| file.stmt(stmt).span)
        .filter(|span| span.contains(what.span))
        .min_by_key(|span| span.len())
        .unwrap_or(around)
}
