//! `owner-without-close`.

use go_flow::Stored;
use go_syntax::{ExprKind, FuncId, StmtKind};
use go_types::{PackageCx, Type};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::owners::{Released, ends};
use crate::release::may_acquire;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds structs that keep something open which nothing in their package ever closes.
    ///
    /// ## What it does
    /// Reports a call that opens something (a file, a connection, a listener, …) which is put into a
    /// field of a struct that the package declares, when nothing in the package releases that field
    /// or hands it on: the struct has no method that closes, or that method forgets the field.
    ///
    /// Exported fields are left alone, since others may release them, as are package main, whose
    /// structs often live as long as the process, and test files.
    ///
    /// ## Why it is bad
    /// Whoever makes such a struct cannot give back what it holds, not even by calling its `Close`.
    /// Each one leaves a descriptor, a connection or a goroutine behind.
    ///
    /// ## Example
    /// ```go
    /// type journal struct {
    /// 	f    *os.File
    /// 	lock *os.File
    /// }
    ///
    /// func openJournal(dir string) (*journal, error) {
    /// 	lock, err := os.Create(dir + "/lock")
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	f, err := os.Open(dir + "/journal")
    /// 	if err != nil {
    /// 		lock.Close()
    /// 		return nil, err
    /// 	}
    /// 	return &journal{f: f, lock: lock}, nil
    /// }
    ///
    /// func (j *journal) Close() error {
    /// 	return j.f.Close()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type journal struct {
    /// 	f    *os.File
    /// 	lock *os.File
    /// }
    ///
    /// func openJournal(dir string) (*journal, error) {
    /// 	lock, err := os.Create(dir + "/lock")
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	f, err := os.Open(dir + "/journal")
    /// 	if err != nil {
    /// 		lock.Close()
    /// 		return nil, err
    /// 	}
    /// 	return &journal{f: f, lock: lock}, nil
    /// }
    ///
    /// func (j *journal) Close() error {
    /// 	return errors.Join(j.f.Close(), j.lock.Close())
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When there is one such struct, which lives as long as the process.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub OwnerWithoutClose {
        name: "owner-without-close",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

/// The rules whose resources have to be released by those who keep them.
const KINDS: [&str; 7] = [
    "file-not-closed",
    "conn-not-closed",
    "listener-not-closed",
    "closer-not-closed",
    "raw-fd-not-closed",
    "sqlconn-not-closed",
    "rows-not-closed",
];

impl Rule for OwnerWithoutClose {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_main && may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() || cx.is_main_package() {
            return;
        }
        for stored in &cx.leaks().stored {
            let class = cx.models().class(stored.class);
            if class.long_lived || !KINDS.contains(&&*class.rule) {
                continue;
            }
            let Some((name, closer)) = owner(cx, stored) else {
                continue;
            };
            // Who has it in two places closes it in one of them.
            let is_shared = cx
                .leaks()
                .stored
                .iter()
                .any(|other| other.call == stored.call && other.owner != stored.owner);
            if is_shared
                || is_released_later(cx, stored)
                || Released::contains(cx.body().cx(), &stored.field)
            {
                continue;
            }
            let (noun, field) = (&class.noun, &stored.field);
            let call = cx.call_snippet(stored.call);
            let message = match &closer {
                Some(closer) => format!(
                    "`{name}.{closer}` forgets the {noun} that `{call}` gives and the field `{field}` keeps, and nothing else closes it"
                ),
                None => format!(
                    "`{name}` keeps the {noun} that `{call}` gives in its field `{field}`, and has no method that closes it"
                ),
            };
            let help = match closer {
                Some(closer) => format!("close `{field}` in `{name}.{closer}`"),
                None => format!("give `{name}` a method `Close` that closes `{field}`"),
            };
            let span = cx.file().expr(stored.call).span;
            cx.report(&Self::META, span, message).help(help);
        }
    }
}

/// The name of the struct, and its method that ends its use, when both are the package's own.
fn owner(cx: &RuleCx<'_>, stored: &Stored) -> Option<(String, Option<String>)> {
    if stored.field.starts_with(char::is_uppercase) || stored.field.is_empty() {
        return None;
    }
    let package = cx.body().cx();
    let Type::Named { name, .. } = package.ty(stored.owner) else {
        return None;
    };
    let named = package.named(name);
    let names = package.names();
    if named.package != *names.path() {
        return None;
    }
    let mut methods = names.methods_of(&named.name);
    let closer = methods.find_map(|(id, _)| {
        let method = names.method_name(id);
        ends(method).then(|| method.to_owned())
    });
    // What an embedded field closes may be this one.
    let fields = package.fields(stored.owner)?;
    let is_embedded = fields.iter().any(|(field, _)| field.is_empty());
    (!is_embedded || closer.is_some()).then(|| (named.name.to_string(), closer))
}

/// Whether the function defers what ends the use of what it stores, or has a literal that does.
fn is_released_later(cx: &RuleCx<'_>, stored: &Stored) -> bool {
    let file = cx.file();
    let mut name = None;
    for stmt in file.func(cx.root()).stmts.iter() {
        if let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind
            && file
                .exprs(rhs)
                .iter()
                .any(|&value| file.unparen(value) == stored.call)
        {
            name = file
                .exprs(lhs)
                .first()
                .map(|&target| file.expr_text(target));
        }
    }
    let Some(name) = name else { return false };
    let ends_in = |text: &str| {
        text.match_indices(name).any(|(at, _)| {
            let rest = &text[at + name.len()..];
            rest.strip_prefix('.').is_some_and(ends)
        })
    };
    let node = file.func(cx.root());
    node.stmts.iter().any(|stmt| {
        let is_defer = matches!(file.stmt(stmt).kind, StmtKind::Defer(_));
        is_defer && ends_in(file.span_text(file.stmt(stmt).span))
    }) || node.exprs.iter().any(|expr| {
        let is_literal = matches!(file.expr(expr).kind, ExprKind::FuncLit(_));
        is_literal && ends_in(file.expr_text(expr))
    })
}
