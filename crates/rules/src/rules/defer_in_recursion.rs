//! `defer-in-recursion`.

use go_flow::{CallMode, DeferSite, calls};
use go_syntax::{ExprId, FuncId};
use go_types::{Body, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds releases that a recursion puts off, so that what they would release piles up.
    ///
    /// ## What it does
    /// Reports a deferred `Close` of something that the function has opened when the function calls
    /// itself before it returns, or calls a function of the package that calls it. Each level of the
    /// recursion then holds one.
    ///
    /// ## Why it is bad
    /// A deferred call runs when its function returns, and the outer calls return last. Walking a
    /// tree that is a hundred levels deep keeps a hundred files open, and a list of ten thousand
    /// links ends with `too many open files`.
    ///
    /// ## Example
    /// ```go
    /// func follow(name string) error {
    /// 	f, err := os.Open(name)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer f.Close()
    /// 	next, err := bufio.NewReader(f).ReadString('\n')
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	return follow(next)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func follow(name string) error {
    /// 	next, err := firstLine(name)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	return follow(next)
    /// }
    ///
    /// func firstLine(name string) (string, error) {
    /// 	f, err := os.Open(name)
    /// 	if err != nil {
    /// 		return "", err
    /// 	}
    /// 	defer f.Close()
    /// 	return bufio.NewReader(f).ReadString('\n')
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the depth is small, as it mostly is for folders, or when the inner calls use what the
    /// outer ones hold. That is common, so the rule is off by default.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferInRecursion {
        name: "defer-in-recursion",
        category: Placement,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for DeferInRecursion {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test && calls(package.file(input.index), func).contains("Close")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let recursive: Vec<_> = cx
            .facts()
            .calls_of(cx.root())
            .iter()
            .filter(|site| site.mode == CallMode::Now && calls_back(cx, site.call))
            .collect();
        if recursive.is_empty() {
            return;
        }
        for site in cx.facts().defers_of(cx.root()) {
            let Some(opened) = opened(cx, site) else {
                continue;
            };
            let cfg = cx.facts().cfg(cx.root());
            let call = recursive
                .iter()
                .find(|call| cfg.reaches(site.point.node, call.point.node));
            let Some(call) = call else { continue };
            cx.report(
                &DeferInRecursion::META,
                cx.file().stmt(site.stmt).span,
                format!(
                    "`{}` opens one at each level of the recursion, and all stay open until the innermost call has returned",
                    cx.call_snippet(opened)
                ),
            )
            .help("close it before the recursion, for example by a function that does what needs it")
            .related(cx.file().expr(call.call).span, "the recursion");
        }
    }
}

/// The call of this function that opened what the deferred call closes.
fn opened(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<ExprId> {
    let duty = Duty::of(cx, site);
    if duty.kind != DutyKind::Close {
        return None;
    }
    let (call, 0) = crate::contexts::maker(cx, duty.subject?)? else {
        return None;
    };
    let ty = cx.body().type_string(cx.body().type_of(duty.subject?));
    let is_scarce = ["os.File", "net.Conn", "sql.Rows", "os.Root", "*os.Dir"]
        .iter()
        .any(|name| ty.contains(name));
    let by_name = || {
        matches!(
            cx.facts().callee(call),
            go_types::Callee::Func {
                package: "os",
                name: "Open" | "OpenFile" | "Create",
                ..
            } | go_types::Callee::Func {
                package: "net",
                name: "Dial" | "DialTimeout",
                ..
            }
        )
    };
    (is_scarce || by_name()).then_some(call)
}

/// Whether a call is one of the function itself, or of one of the package that calls it.
fn calls_back(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let Some(target) = cx.body().declaration(call) else {
        return false;
    };
    let own = (cx.body().file_index(), cx.root());
    if target == own {
        return true;
    }
    let package = cx.body().cx();
    let (index, func): (u32, FuncId) = target;
    let Some(name) = cx.file().func(cx.root()).name else {
        return false;
    };
    if !calls(package.file(index), func).contains(cx.file().name(name)) {
        return false;
    }
    let body = Body::new(package, index, func);
    let facts = go_flow::FunctionFacts::new(&body);
    facts
        .calls_of(func)
        .iter()
        .any(|site| site.mode == CallMode::Now && body.declaration(site.call) == Some(own))
}
