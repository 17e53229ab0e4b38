//! Errors that nobody sees: the function's last result gets a name, and a deferred literal joins the
//! error of the release to it; or a release by hand is checked where it stands.

use diagnostics::Applicability;
use go_syntax::{AssignOp, ExprId, ExprKind, FieldId, FuncId, Span, StmtId, StmtKind};
use go_types::{Basic, LocalId, LocalKind, Object, Type};

use super::lines::{has_tail, indent, indented};
use super::names::{fresh, is_local, is_visible, package};
use super::{Change, Repair, imports};
use crate::blocks::InList;
use crate::cx::RuleCx;

/// The error result of a function under a name, and the edits that give it one.
pub(crate) struct NamedError {
    /// The name.
    pub(crate) name: String,
    /// What has to change in the signature.
    pub(crate) edits: Vec<Change>,
}

/// Gives the last result of `func`, an `error`, a name that can be used at `at`.
pub(crate) fn named_error(cx: &RuleCx<'_>, func: FuncId, at: u32) -> Option<NamedError> {
    let file = cx.file();
    let list = file.sig(file.func(func).sig).results?;
    let fields: Vec<FieldId> = file.fields_of(list).iter().collect();
    let last = file.field(*fields.last()?);
    if file.span_text(file.expr(last.ty).span) != "error" {
        return None;
    }
    if let Some(name) = last.names.iter().last() {
        if file.name(name) == "_" {
            let name_span = file.name_span(name);
            let new = free_name(cx, func, at)?;
            return Some(NamedError {
                edits: vec![(name_span, new.clone())],
                name: new,
            });
        }
        let local = cx.body().names().declared(name)?;
        return is_visible(cx, local, at).then(|| NamedError {
            name: file.name(name).to_owned(),
            edits: Vec::new(),
        });
    }
    let name = free_name(cx, func, at)?;
    let mut edits: Vec<Change> = Vec::new();
    let delimited = file.field_list(list).delimited;
    let (last_field, others) = fields.split_last()?;
    for &field in others {
        let start = file.field(field).span.start;
        edits.push((Span::new(start, start), "_ ".to_owned()));
    }
    let span = file.field(*last_field).span;
    let text = file.span_text(span);
    edits.push(match delimited {
        true => (Span::new(span.start, span.start), format!("{name} ")),
        false => (span, format!("({name} {text})")),
    });
    Some(NamedError { name, edits })
}

/// `err`, where that can be the name of a result, or another name that nothing has.
fn free_name(cx: &RuleCx<'_>, func: FuncId, at: u32) -> Option<String> {
    if can_be_result(cx, func, "err", at) {
        return Some("err".to_owned());
    }
    fresh(cx, "retErr")
}

/// Whether a result can be called `name`: the locals of that name in the outermost block of the
/// function then become the result, for which they have to be errors that other variables are
/// declared with, and none of that name may be in scope at `at` that is not one of them.
fn can_be_result(cx: &RuleCx<'_>, func: FuncId, name: &str, at: u32) -> bool {
    let file = cx.file();
    let names = cx.body().names();
    let Some(body) = file.func(func).body else {
        return false;
    };
    let top: Vec<StmtId> = file.block_stmts(body).to_vec();
    // A literal within a function that has such a variable may be using that one.
    if file.func(func).parent.is_some() && is_local_outside(cx, func, name) {
        return false;
    }
    names
        .locals()
        .filter(|(_, local)| local.func == func && file.span_text(local.span) == name)
        .all(|(id, local)| {
            if matches!(local.kind, LocalKind::Param(_) | LocalKind::Receiver(_)) {
                return false;
            }
            let declares = top.iter().copied().find(|&stmt| {
                file.stmt(stmt).span.contains(local.span)
                    && matches!(
                        file.stmt(stmt).kind,
                        StmtKind::Assign { .. } | StmtKind::Decl(_)
                    )
            });
            match declares {
                // In a block of its own, where it hides the result.
                None => !is_visible(cx, id, at),
                Some(stmt) => {
                    cx.body().is_error(cx.body().type_of_local(id))
                        && declares_others(cx, stmt, name)
                }
            }
        })
}

/// Whether a local of a function around `func` has this name.
fn is_local_outside(cx: &RuleCx<'_>, func: FuncId, name: &str) -> bool {
    let file = cx.file();
    let within = file.func(func).span;
    let mut locals = cx.body().names().locals();
    locals.any(|(_, local)| !within.contains(local.span) && file.span_text(local.span) == name)
}

/// Whether `:=` declares something else than `name` too.
fn declares_others(cx: &RuleCx<'_>, stmt: StmtId, name: &str) -> bool {
    let file = cx.file();
    let StmtKind::Assign {
        lhs,
        op: AssignOp::Define,
        ..
    } = file.stmt(stmt).kind
    else {
        return false;
    };
    file.exprs(lhs)
        .iter()
        .any(|&target| cx.body().names().is_definition(target) && file.expr_text(target) != name)
}

/// Defers a literal that joins the error of `release` to the function's, in the place of the deferred
/// call.
pub(crate) fn join_deferred(
    cx: &RuleCx<'_>,
    func: FuncId,
    defer: StmtId,
    release: ExprId,
) -> Option<Repair> {
    let file = cx.file();
    let span = file.stmt(defer).span;
    let text = file.expr_text(release);
    // What a loop piles up is a matter of its own, and settled first.
    if !is_on_a_line(cx, text, span) || is_in_loop(cx, defer) {
        return None;
    }
    let error = named_error(cx, func, span.start)?;
    let (body, import) = joining(cx, span.start, &error.name, text)?;
    let indent = indent(cx, span.start);
    let code = indented(indent, &format!("defer func() {{\n{body}}}()\n"));
    let mut edits = error.edits;
    edits.extend(import);
    edits.push((span, code.trim().to_owned()));
    Some(safe(format!("Return the error of `{text}`"), edits))
}

/// The same within a literal that is deferred already.
pub(crate) fn join_in_literal(
    cx: &RuleCx<'_>,
    func: FuncId,
    stmt: StmtId,
    release: ExprId,
) -> Option<Repair> {
    let file = cx.file();
    let span = file.stmt(stmt).span;
    let error = named_error(cx, func, span.start)?;
    let mut repair = join_statement(cx, &error.name, stmt, release)?;
    repair.edits.extend(error.edits);
    Some(repair)
}

/// Joins the error of `release` to the variable `error`, in the place of the statement `stmt`.
pub(crate) fn join_statement(
    cx: &RuleCx<'_>,
    error: &str,
    stmt: StmtId,
    release: ExprId,
) -> Option<Repair> {
    let file = cx.file();
    let span = file.stmt(stmt).span;
    let text = file.expr_text(release);
    if !is_on_a_line(cx, text, span) {
        return None;
    }
    crate::blocks::whole_lines(cx, span)?;
    InList::of(cx, stmt)?;
    let (body, import) = joining(cx, span.start, error, text)?;
    let indent = indent(cx, span.start);
    // `body` is indented by one tab for the literal that it stands in.
    let plain: String = body
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix('\t').unwrap_or(line)))
        .collect();
    let mut edits: Vec<Change> = import.into_iter().collect();
    edits.push((span, indented(indent, &plain).trim().to_owned()));
    Some(safe(format!("Return the error of `{text}`"), edits))
}

/// The statements of the literal, and an import that they need.
fn joining(
    cx: &RuleCx<'_>,
    at: u32,
    error: &str,
    release: &str,
) -> Option<(String, Option<Change>)> {
    let own = own_name(cx, at, error, release)?;
    if cx.go_at_least(20)
        && let Some((errors, import)) = imports::ensure(cx, "errors")
    {
        return Some((
            format!(
                "\tif {own} := {release}; {own} != nil {{\n\t\t{error} = {errors}.Join({error}, {own})\n\t}}\n"
            ),
            import,
        ));
    }
    Some((
        format!("\tif {own} := {release}; {error} == nil {{\n\t\t{error} = {own}\n\t}}\n"),
        None,
    ))
}

/// A name for the error of a release, which hides nothing that is meant at `at`.
fn own_name(cx: &RuleCx<'_>, at: u32, error: &str, release: &str) -> Option<String> {
    let file = cx.file();
    let names = cx.body().names();
    ["cerr", "closeErr", "cerr2"]
        .into_iter()
        .find(|&name| {
            name != error
                && !release.contains(name)
                && !names
                    .locals()
                    .any(|(id, local)| file.span_text(local.span) == name && is_visible(cx, id, at))
        })
        .map(str::to_owned)
}

/// `errors.Join(a, b)`, with the import that it may need.
pub(crate) fn join(cx: &RuleCx<'_>, first: &str, second: &str) -> Option<(String, Option<Change>)> {
    if !cx.go_at_least(20) {
        return None;
    }
    let (errors, import) = imports::ensure(cx, "errors")?;
    Some((format!("{errors}.Join({first}, {second})"), import))
}

/// Replaces `value`, an error, by that and `first` joined.
pub(crate) fn join_value(cx: &RuleCx<'_>, first: &str, value: ExprId) -> Option<Repair> {
    let file = cx.file();
    let span = file.expr(value).span;
    if super::lines::is_aligned(file, span.start) {
        return None;
    }
    let (text, import) = join(cx, first, file.expr_text(value))?;
    let mut edits: Vec<Change> = import.into_iter().collect();
    edits.push((span, text));
    Some(safe(
        format!(
            "Keep both errors: `{first}` and that of `{}`",
            cx.snippet(value)
        ),
        edits,
    ))
}

/// Returns the error that `method` of `local` tells, after the statement `stmt`.
pub(crate) fn check_after(
    cx: &RuleCx<'_>,
    func: FuncId,
    stmt: StmtId,
    local: LocalId,
    method: &str,
) -> Option<Repair> {
    let file = cx.file();
    // Whoever calls a literal on the spot may look at other results first.
    let is_called_there = matches!(
        cx.facts().literal_runs(func),
        go_flow::LiteralUse::Called { .. }
    );
    if is_called_there && zero(cx, func, 0).as_deref() == Some("false") {
        return None;
    }
    let stmt = behind_release(cx, stmt, local);
    let end = file.stmt(stmt).span.end;
    let name = file.span_text(cx.body().names().local(local).span);
    if !is_visible(cx, local, end) || !super::names::is_predeclared(cx, "nil") {
        return None;
    }
    let list = file.sig(file.func(func).sig).results?;
    let count: usize = file
        .fields_of(list)
        .iter()
        .map(|field| file.field(field).names.iter().count().max(1))
        .sum();
    // What a result with a name holds by then is what was found so far.
    let held: Vec<String> = file
        .fields_of(list)
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .filter(|&name| {
            let local = cx.body().names().declared(name);
            local.is_some_and(|local| is_visible(cx, local, end))
        })
        .map(|name| file.name(name).to_owned())
        .collect();
    let values: Option<Vec<String>> = (0..count.checked_sub(1)?)
        .map(|index| match held.len() == count {
            true => Some(held[index].clone()),
            false => zero(cx, func, index),
        })
        .collect();
    let mut values = values?;
    values.push("err".to_owned());
    let text = format!("{name}.{method}()");
    let code = format!(
        "if err := {text}; err != nil {{\n\treturn {}\n}}\n",
        values.join(", ")
    );
    Some(safe(
        format!("Return what `{text}` tells after the loop"),
        vec![super::lines::insert_after(cx, stmt, &code)?],
    ))
}

/// The statement behind which a `return` forgets nothing: the release of `local` by hand right after
/// `stmt`, if there is one.
fn behind_release(cx: &RuleCx<'_>, stmt: StmtId, local: LocalId) -> StmtId {
    let file = cx.file();
    let next = InList::of(cx, stmt).and_then(|place| place.next());
    let releases = |&next: &StmtId| {
        let StmtKind::Expr(call) = file.stmt(next).kind else {
            return false;
        };
        let called = file.call(file.unparen(call));
        let selected = called.and_then(|(fun, _)| file.selector(file.unparen(fun)));
        selected.is_some_and(|(x, name)| {
            name == "Close" && cx.body().object(file.unparen(x)) == Object::Local(local)
        })
    };
    next.filter(releases).unwrap_or(stmt)
}

/// Checks the error of a release that stands alone.
pub(crate) fn check_here(
    cx: &RuleCx<'_>,
    func: FuncId,
    stmt: StmtId,
    release: ExprId,
) -> Option<Repair> {
    let file = cx.file();
    let span = file.stmt(stmt).span;
    let text = file.expr_text(release);
    if !is_on_a_line(cx, text, span) || is_in_loop(cx, stmt) {
        return None;
    }
    crate::blocks::whole_lines(cx, span)?;
    // Where the function is about to return anyway, nothing else is left undone.
    let next = InList::of(cx, stmt)?.next()?;
    let StmtKind::Return(results) = file.stmt(next).kind else {
        return None;
    };
    let results = file.exprs(results);
    let (&last, others) = results.split_last()?;
    if cx.body().object(file.unparen(last)) != Object::Nil {
        return None;
    }
    let values: Option<Vec<String>> = others
        .iter()
        .enumerate()
        .map(|(index, _)| zero(cx, func, index))
        .collect();
    let mut values = values?;
    let name = if is_local(cx, "err") || package(cx, "err").is_none() {
        "err".to_owned()
    } else {
        fresh(cx, "cerr")?
    };
    values.push(name.clone());
    let code = format!(
        "if {name} := {text}; {name} != nil {{\n\treturn {}\n}}\n",
        values.join(", ")
    );
    let code = indented(indent(cx, span.start), &code);
    Some(safe(
        format!("Return the error of `{text}`"),
        vec![(span, code.trim().to_owned())],
    ))
}

/// Whether a release is written on one line, and the line of its statement, at `span`, ends without a
/// comment.
fn is_on_a_line(cx: &RuleCx<'_>, release: &str, span: Span) -> bool {
    !release.contains('\n') && !has_tail(cx.file(), span.start)
}

fn is_in_loop(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    cx.facts()
        .point_of_stmt(stmt)
        .is_none_or(|point| cx.facts().in_cycle(point))
}

/// The zero value of a result, as it is written.
pub(crate) fn zero(cx: &RuleCx<'_>, func: FuncId, index: usize) -> Option<String> {
    let file = cx.file();
    let body = cx.body();
    let Type::Func { results, .. } = body.cx().ty(body.signature_of(func)) else {
        return None;
    };
    let ty = *body.cx().types(results).get(index)?;
    Some(match body.cx().ty(body.underlying(ty)) {
        Type::Basic(basic) => match basic {
            Basic::Bool => "false".to_owned(),
            Basic::String => "\"\"".to_owned(),
            Basic::UnsafePointer => "nil".to_owned(),
            _ => "0".to_owned(),
        },
        Type::Pointer(_)
        | Type::Slice(_)
        | Type::Map { .. }
        | Type::Chan { .. }
        | Type::Func { .. }
        | Type::Interface { .. }
        | Type::EmptyInterface => "nil".to_owned(),
        Type::Struct { .. } | Type::Array { .. } => {
            let list = file.sig(file.func(func).sig).results?;
            let fields = file.fields_of(list);
            let mut at = 0;
            let mut found = None;
            for field in fields.iter() {
                let field = file.field(field);
                let width = field.names.iter().count().max(1);
                if index < at + width {
                    found = Some(field.ty);
                    break;
                }
                at += width;
            }
            let ty = found?;
            let is_name = matches!(
                file.expr(ty).kind,
                ExprKind::Ident | ExprKind::Selector { .. }
            );
            is_name.then(|| format!("{}{{}}", file.expr_text(ty)))?
        }
        _ => return None,
    })
}

fn safe(description: String, edits: Vec<Change>) -> Repair {
    Repair {
        applicability: Applicability::Safe,
        description,
        edits,
    }
}

/// Whether the operand of the method that `release` calls is a variable that has one value only, and is
/// released in this place only.
pub(crate) fn is_only_release(cx: &RuleCx<'_>, release: ExprId) -> Option<LocalId> {
    let file = cx.file();
    let (fun, args) = file.call(release)?;
    let (x, method) = file.selector(file.unparen(fun))?;
    if !args.is_empty() {
        return None;
    }
    let Object::Local(local) = cx.body().object(x) else {
        return None;
    };
    let calls = file
        .func(cx.root())
        .exprs
        .iter()
        .filter(|&expr| {
            file.selector(expr).is_some_and(|(x, name)| {
                name == method && cx.body().object(x) == Object::Local(local)
            })
        })
        .count();
    let writes = cx.facts().var(local).writes.len();
    (calls == 1 && writes <= 1).then_some(local)
}
