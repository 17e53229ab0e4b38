//! `closure-releases-last-only`.

use go_flow::{Leak, calls};
use go_syntax::{FuncId, StmtId};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::deferred::{last_only, leak_by_defer, made_by, releases};
use crate::release::{matters, may_acquire, variable, wording};
use crate::rule::{Rule, declare_rule};
use crate::story::story;

declare_rule! {
    /// Finds a deferred literal that releases only the last of what a loop acquires.
    ///
    /// ## What it does
    /// Reports a call in a loop whose result goes to a variable that a literal, deferred outside of
    /// the loop, closes: each round gives the variable another value before the one of the round
    /// before is closed. Rounds in which the call failed do not count, nor those that close by hand
    /// what they got, or hand it on.
    ///
    /// Where this rule runs, those of the family *release* leave such a call to it.
    ///
    /// ## Why it is bad
    /// A literal sees a variable, not the values that it had: when the function ends and the literal
    /// runs, the variable has its last value ("they are shared between the surrounding function and
    /// the function literal", Go specification, Function literals). The files or connections of all
    /// rounds before stay open.
    ///
    /// ## Example
    /// ```go
    /// func total(paths []string) (n int64, err error) {
    /// 	var f *os.File
    /// 	defer func() {
    /// 		if f != nil {
    /// 			f.Close()
    /// 		}
    /// 	}()
    /// 	for _, path := range paths {
    /// 		f, err = os.Open(path)
    /// 		if err != nil {
    /// 			return 0, err
    /// 		}
    /// 		m, err := io.Copy(io.Discard, f)
    /// 		if err != nil {
    /// 			return 0, err
    /// 		}
    /// 		n += m
    /// 	}
    /// 	return n, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func total(paths []string) (n int64, err error) {
    /// 	for _, path := range paths {
    /// 		m, err := length(path)
    /// 		if err != nil {
    /// 			return 0, err
    /// 		}
    /// 		n += m
    /// 	}
    /// 	return n, nil
    /// }
    ///
    /// func length(path string) (int64, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	defer f.Close()
    /// 	return io.Copy(io.Discard, f)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the loop goes on only in cases in which there is nothing to close, in a way that the code
    /// does not show.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ClosureReleasesLastOnly {
        name: "closure-releases-last-only",
        category: Semantics,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for ClosureReleasesLastOnly {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let loops = go_syntax::Features::LOOP.union(go_syntax::Features::GOTO);
        !input.is_test
            && file.func(func).features.intersects(loops)
            && (may_acquire(package, func, input) || calls(file, func).contains("Close"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let facts = cx.facts();
        let is_candidate = facts.defers().iter().any(|site| site.literal.is_some());
        if !is_candidate {
            return;
        }
        for leak in &cx.leaks().list {
            check(cx, leak);
        }
        for site in facts.defers() {
            if site.literal.is_none() || !facts.reachable(site.point) {
                continue;
            }
            for release in releases(cx, site) {
                for write in &facts.var(release.local).writes {
                    let cfg = facts.cfg(write.point.func);
                    if write.point.func == site.point.func
                        && !cfg.loops_of_node(write.point.node).is_empty()
                        && let Some(made) = made_by(cx, write.value)
                        && let Some(leak) = leak_by_defer(cx, &release, made)
                    {
                        check(cx, &leak);
                    }
                }
            }
        }
    }
}

fn check(cx: &RuleCx<'_>, leak: &Leak) {
    if let Some(defer) = last_only(cx, leak)
        && matters(cx, cx.models().class(leak.class), leak)
    {
        report(cx, leak, defer);
    }
}

fn report(cx: &RuleCx<'_>, leak: &Leak, defer: StmtId) {
    let file = cx.file();
    let class = cx.models().class(leak.class);
    let call = cx.call_snippet(leak.call);
    let name = variable(cx, leak);
    let (done, _) = wording(cx, class, leak);
    let (another, is) = if class.noun.ends_with("rows") {
        ("other", "are")
    } else {
        ("another", "is")
    };
    let variable = name
        .as_deref()
        .map_or("the variable".to_owned(), |name| format!("`{name}`"));
    let message = format!(
        "each round gives {variable} {another} {} by `{call}`, and only the last {is} {done} by the deferred literal",
        class.noun
    );
    let mut finding = cx
        .report(
            &ClosureReleasesLastOnly::META,
            file.expr(leak.call).span,
            message,
        )
        .help("release it in the round that acquires it, or let a function do the work of a round")
        .related(
            file.stmt(defer).span,
            format!("this runs once, and looks at the value that {variable} has then"),
        );
    for (span, text) in story(cx, &leak.hops) {
        finding = finding.related(span, text);
    }
}
