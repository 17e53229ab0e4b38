//! `close-error-masks`.

use diagnostics::Severity;
use go_syntax::{Features, FuncId, StmtKind};
use go_types::{LocalId, LocalKind, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::errors;
use crate::masks::{Assigned, assigned, mention_count, mentions, method_called, own_stmts};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred releases whose errors replace the error that a function returns.
    ///
    /// ## What it does
    /// Reports an assignment to the named error result in a deferred literal whose value is the error
    /// of a release (`Close`, `Flush`, `Sync`, `Stop`, …), when the literal does not look at the
    /// result before: neither `errors.Join(err, …)` nor `if err == nil`. `err = f.Close()` is a
    /// warning: a release that works sets the result to nil. `if cerr := f.Close(); cerr != nil
    /// { err = cerr }` is a note: it replaces an error only when both fail.
    ///
    /// ## Why it is bad
    /// Deferred calls run after the results are set, and may change named ones (Go specification,
    /// *Defer statements*). The function failed, its caller gets nil, or is told of the close and not
    /// of what went wrong first.
    ///
    /// ## Example
    /// ```go
    /// func save(path string, data []byte) (err error) {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer func() {
    /// 		err = f.Close()
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
    /// 		err = errors.Join(err, f.Close())
    /// 	}()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the error of the release is the more important one.
    ///
    /// ## Fix safety
    /// The fix keeps both errors: by `errors.Join` from Go 1.20 on, else the first. This is safe: the
    /// function returns an error more, never less.
    pub CloseErrorMasks {
        name: "close-error-masks",
        category: Errors,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

/// Methods that release, by the word they begin with.
const RELEASES: [&str; 9] = [
    "Close",
    "Flush",
    "Sync",
    "Stop",
    "Shutdown",
    "Release",
    "Unlock",
    "Disconnect",
    "Destroy",
];

impl Rule for CloseErrorMasks {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let features = package.file(input.index).func(func).features;
        !input.is_test && features.intersects(Features::DEFER)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let Some(literal) = site.literal else {
                continue;
            };
            let Some(result) = error_result(cx, site.point.func) else {
                continue;
            };
            let body = cx.file().func(literal).span;
            for stmt in own_stmts(cx, literal) {
                let Some(assigned) = assigned(cx, stmt) else {
                    continue;
                };
                if assigned.target != result || assigned.defines {
                    continue;
                }
                // Whoever looks at it knows what it replaces.
                if mention_count(cx, body, result) > writes_in(cx, literal, result) {
                    break;
                }
                if let Some(release) = release_behind(cx, literal, &assigned)
                    && may_fail_after(cx, site.stmt, site.point.func, result)
                {
                    report(cx, &assigned, release, result);
                    break;
                }
            }
        }
    }
}

/// The named result of a function that is its error.
fn error_result(cx: &RuleCx<'_>, func: FuncId) -> Option<LocalId> {
    let file = cx.file();
    let results = file.sig(file.func(func).sig).results?;
    let last = file.fields_of(results).iter().last()?;
    let name = file.field(last).names.iter().last()?;
    let local = cx.body().names().declared(name)?;
    let is_result = matches!(cx.body().names().local(local).kind, LocalKind::Result(_));
    (is_result && cx.body().is_error(cx.body().type_of_local(local))).then_some(local)
}

/// How often a literal assigns to `local`.
fn writes_in(cx: &RuleCx<'_>, literal: FuncId, local: LocalId) -> usize {
    own_stmts(cx, literal)
        .filter_map(|stmt| assigned(cx, stmt))
        .filter(|assigned| assigned.target == local && !assigned.defines)
        .count()
}

#[derive(Clone, Copy)]
enum Release {
    /// The value is that of the release.
    Itself,
    /// It is a variable that was set to it, or made of it.
    Through,
}

/// What releases whose error is assigned.
fn release_behind(cx: &RuleCx<'_>, literal: FuncId, at: &Assigned) -> Option<Release> {
    let file = cx.file();
    let releases = |value| {
        method_called(cx, value)
            .is_some_and(|name| RELEASES.iter().any(|word| name.starts_with(word)))
    };
    if releases(at.value) {
        return Some(Release::Itself);
    }
    let span = file.expr(at.value).span;
    own_stmts(cx, literal)
        .filter_map(|stmt| assigned(cx, stmt))
        .filter(|other| other.target != at.target && releases(other.value))
        .any(|other| mentions(cx, span, other.target))
        .then_some(Release::Through)
}

/// Whether the function may return an error after the statement that defers.
fn may_fail_after(
    cx: &RuleCx<'_>,
    defer: go_syntax::StmtId,
    func: FuncId,
    result: LocalId,
) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(func);
    let Some(node) = cfg.node_of_stmt(defer) else {
        return false;
    };
    let after = cfg.nodes_after(node);
    own_stmts(cx, func).any(|stmt| {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            return false;
        };
        let reached = cfg
            .node_of_stmt(stmt)
            .is_some_and(|node| after.contains(node.index()));
        reached
            && match file.exprs(results).last() {
                Some(&last) => cx.body().object(file.unparen(last)) != Object::Nil,
                None => cx.facts().var(result).writes.iter().any(|write| {
                    write.point.func == func && after.contains(write.point.node.index())
                }),
            }
    })
}

fn report(cx: &RuleCx<'_>, at: &Assigned, release: Release, result: LocalId) {
    let file = cx.file();
    let name = file.span_text(cx.body().names().local(result).span);
    let span = file.stmt(at.stmt).span;
    match release {
        Release::Itself => {
            let call = cx.snippet(at.value);
            let message = format!(
                "`{name}` takes the result of the deferred `{call}` whatever went wrong before, so an error becomes nil when that works"
            );
            cx.report(&CloseErrorMasks::META, span, message)
                .help(format!("`{name} = errors.Join({name}, {call})` keeps both"))
                .repair(errors::join_statement(cx, name, at.stmt, at.value));
        }
        Release::Through => {
            let value = cx.snippet(at.value);
            let message = format!(
                "when the release fails as well, `{value}` replaces the error in `{name}` that came first"
            );
            cx.report(&CloseErrorMasks::META, span, message)
                .help(format!(
                    "keep the first: assign only `if {name} == nil`, or join both by `errors.Join`"
                ))
                .at_most(Severity::Note)
                .repair(errors::join_value(cx, name, at.value));
        }
    }
}
