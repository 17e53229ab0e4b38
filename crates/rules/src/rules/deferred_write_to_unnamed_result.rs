//! `deferred-write-to-unnamed-result`.

use go_flow::{Access, DeferSite, LiteralUse, NodeKind};
use go_syntax::{ExprId, FuncId, Span, StmtId, StmtKind};
use go_types::{Local, LocalId, LocalKind, Object, Role};

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred functions that assign to a variable which is not the result it should be.
    ///
    /// ## What it does
    /// Reports assignments in deferred function literals to a local variable of the function around,
    /// when nothing reads the variable afterwards and the variable was meant to be returned:
    /// - the function returns it: `return err`, `return stats`, or
    /// - it is an error, and the last result of the function is an error.
    ///
    /// Named results are what should be assigned to, and never reported. Fields count where the
    /// variable is a struct: `return stats` copies it.
    ///
    /// ## Why it is bad
    /// `return err` sets the results first and then runs the deferred functions (specification,
    /// "Defer statements"). Unless the variable is itself a result, what they assign to it does not
    /// reach the caller: the error of the close or rollback is lost, a recovered panic becomes a
    /// success, although the code seems to return it.
    ///
    /// ## Example
    /// ```go
    /// func save(path string, data []byte) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer func() {
    /// 		if closeErr := f.Close(); err == nil {
    /// 			err = closeErr
    /// 		}
    /// 	}()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func save(path string, data []byte) (err error) {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer func() {
    /// 		if closeErr := f.Close(); err == nil {
    /// 			err = closeErr
    /// 		}
    /// 	}()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the assignment only serves to throw a value away; `_ =` says so. The rule is silent when
    /// a pointer to the variable exists or another function literal uses it, since it may be read
    /// later then.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferredWriteToUnnamedResult {
        name: "deferred-write-to-unnamed-result",
        category: Semantics,
        severity: Error,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferredWriteToUnnamedResult {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if let Some(literal) = deferred_literal(cx, site)
                && let Some(results) = Results::of(cx, site)
            {
                check_literal(cx, site, literal, &results);
            }
        }
    }
}

/// The literal that the call of `site` runs, when deferred calls are all that run it. A literal that
/// two statements defer belongs to the first.
fn deferred_literal(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<FuncId> {
    let literal = cx.facts().literal_called(site.call)?;
    let runs = cx.facts().literal_runs(literal);
    matches!(runs, LiteralUse::Deferred { stmt, .. } if stmt == site.stmt).then_some(literal)
}

/// The results of a function.
struct Results<'a> {
    /// Of the last one, if it is an error: where it is declared, and its name.
    error: Option<(Span, Option<&'a str>)>,
    /// Where the function, after the `defer`, returns which values.
    returns: Vec<(StmtId, &'a [ExprId])>,
    named: bool,
}

impl<'a> Results<'a> {
    fn of(cx: &RuleCx<'a>, site: &DeferSite<'_>) -> Option<Self> {
        let file = cx.file();
        let func = site.point.func;
        let list = file.sig(file.func(func).sig).results?;
        let last = file.field(file.fields_of(list).last()?);
        let name = last.names.last().map(|name| file.name(name));
        let is_error = cx.body().is_error(cx.body().type_of(last.ty));
        let cfg = cx.facts().cfg(func);
        let after = cfg.nodes_after(site.point.node);
        let returns = cfg.nodes().filter_map(|node| match node.kind {
            NodeKind::Return(stmt) if after.contains(node.id.index()) => match file.stmt(stmt).kind
            {
                StmtKind::Return(values) => Some((stmt, file.exprs(values))),
                _ => None,
            },
            _ => None,
        });
        Some(Self {
            error: is_error.then(|| (last.span, name.filter(|&name| name != "_"))),
            returns: returns.collect(),
            named: name.is_some(),
        })
    }

    /// The `return` that names `local` as a value.
    fn return_of(&self, cx: &RuleCx<'_>, local: LocalId) -> Option<StmtId> {
        let is_local = |&value: &ExprId| cx.body().object(value) == Object::Local(local);
        self.returns
            .iter()
            .find(|(_, values)| values.iter().any(is_local))
            .map(|&(stmt, _)| stmt)
    }
}

fn check_literal(cx: &RuleCx<'_>, site: &DeferSite<'_>, literal: FuncId, results: &Results<'_>) {
    for (id, local) in cx.body().names().locals() {
        if !is_candidate(local, site.point.func) {
            continue;
        }
        let Some(write) = lost_write(cx, id, literal) else {
            continue;
        };
        match (results.return_of(cx, id), results.error) {
            (Some(returned), _) => report_returned(cx, id, write, returned, results),
            (None, Some(error)) if is_error(cx, id) => report_error(cx, id, write, error),
            _ => {}
        }
    }
}

fn is_candidate(local: &Local, func: FuncId) -> bool {
    let is_variable = matches!(local.kind, LocalKind::Var { .. } | LocalKind::Param(_));
    local.captured && local.func == func && is_variable
}

/// An assignment in `literal` to a variable that nobody reads again.
fn lost_write(cx: &RuleCx<'_>, id: LocalId, literal: FuncId) -> Option<ExprId> {
    let facts = cx.facts();
    let var = facts.var(id);
    if var.address_taken
        || var
            .captures
            .iter()
            .any(|capture| capture.literal != literal)
    {
        return None;
    }
    let in_literal = |access: &&Access| access.point.func == literal;
    let (parts, reads): (Vec<&Access>, Vec<&Access>) = var
        .reads
        .iter()
        .filter(in_literal)
        .partition(|read| read.role == Role::PartWrite && facts.changes_variable(read));
    let cfg = facts.cfg(literal);
    let is_lost = |write: &&Access| {
        let after = cfg.nodes_after(write.point.node);
        !reads
            .iter()
            .any(|read| after.contains(read.point.node.index()))
    };
    let mut writes = var.writes.iter().filter(in_literal).chain(parts);
    writes.find(is_lost)?.expr
}

fn report_returned(
    cx: &RuleCx<'_>,
    id: LocalId,
    write: ExprId,
    returned: StmtId,
    results: &Results<'_>,
) {
    let name = cx.file().span_text(cx.body().names().local(id).span);
    let message = format!(
        "`{name}` has been returned by the time the deferred function assigns to it, so the caller does not see it"
    );
    let help = match results.named {
        true => "assign to the named result instead".to_owned(),
        false => format!("make `{name}` a named result of the function"),
    };
    cx.report(
        &DeferredWriteToUnnamedResult::META,
        cx.file().expr(write).span,
        message,
    )
    .related(
        cx.file().stmt(returned).span,
        format!("this copies `{name}` into the result, and then the deferred function runs"),
    )
    .help(help);
}

fn report_error(
    cx: &RuleCx<'_>,
    id: LocalId,
    write: ExprId,
    (result, result_name): (Span, Option<&str>),
) {
    let declared = cx.body().names().local(id).span;
    let name = cx.file().span_text(declared);
    let (message, help) = match result_name {
        Some(other) if other == name => (
            format!(
                "this `{name}` is not the result `{name}` but another variable: what is assigned here is lost"
            ),
            format!("assign to the result: do not declare another `{name}` in an inner block"),
        ),
        Some(other) => (
            format!(
                "`{name}` is no result of the function: the error that is assigned here is lost"
            ),
            format!("assign to the result `{other}`"),
        ),
        None => (
            format!(
                "`{name}` is no result of the function: the error that is assigned here is lost"
            ),
            format!("make `{name}` a named result of the function"),
        ),
    };
    cx.report(
        &DeferredWriteToUnnamedResult::META,
        cx.file().expr(write).span,
        message,
    )
    .related(declared, format!("`{name}` is declared here"))
    .related(result, "this is the result")
    .help(help);
}

fn is_error(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let ty = cx.body().type_of_local(local);
    if ty.is_unknown() {
        let name = cx.file().span_text(cx.body().names().local(local).span);
        return name == "err" || name.ends_with("Err");
    }
    cx.body().is_error(ty)
}
