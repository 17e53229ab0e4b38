//! `unreachable-defer`.

use go_flow::{CallEnd, Cfg, DeferSite, End, NodeId, NodeKind};
use go_syntax::{BranchKind, Span, StmtKind};

use crate::cx::RuleCx;
use crate::repeat::head_span;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer` statements that control never comes to.
    ///
    /// ## What it does
    /// Reports a `defer` behind a `return`, a `panic`, a call that ends the process or the
    /// goroutine, a jump, or a loop without a way out, when no other path leads to it.
    ///
    /// Conditions are not computed: what stands behind `if false` is not reported. It is silent
    /// where a test or a function is switched off on purpose, by `t.Skip` or by a `panic` as its
    /// first statement.
    ///
    /// ## Why it is bad
    /// A deferred call is registered when the `defer` statement is executed (specification, "Defer
    /// statements"). This one is not, so what it should release or finish stays as it is. Usually
    /// the `defer` has ended up behind the `return` it should stand before.
    ///
    /// ## Example
    /// ```go
    /// func count(path string) (int64, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return 0, err
    /// 		defer f.Close()
    /// 	}
    /// 	return io.Copy(io.Discard, f)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func count(path string) (int64, error) {
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
    /// While somebody has put a `return` into the function to try something out.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub UnreachableDefer {
        name: "unreachable-defer",
        category: NeverRuns,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for UnreachableDefer {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let cfg = cx.facts().cfg(site.point.func);
            if !cfg.reachable(site.point.node) {
                check_site(cx, cfg, site);
            }
        }
    }
}

fn check_site(cx: &RuleCx<'_>, cfg: &Cfg<'_>, site: &DeferSite<'_>) {
    let Some(barrier) = barrier(cx, cfg, site) else {
        return;
    };
    if barrier.is_deliberate {
        return;
    }
    let call = cx.call_snippet(site.call);
    cx.report(
        &UnreachableDefer::META,
        cx.file().stmt(site.stmt).span,
        format!("`{call}` is never deferred: {}", barrier.why),
    )
    .help("put the `defer` directly behind what it undoes, before the function can be left")
    .related(barrier.span, "control does not come past this");
}

/// What control does not come past.
struct Barrier {
    span: Span,
    why: String,
    is_deliberate: bool,
}

/// The last statement before the `defer` that control reaches and does not leave towards it.
fn barrier(cx: &RuleCx<'_>, cfg: &Cfg<'_>, site: &DeferSite<'_>) -> Option<Barrier> {
    let file = cx.file();
    let start = file.stmt(site.stmt).span.start;
    let reached = cfg.nodes().filter(|node| cfg.reachable(node.id));
    let (node, span) = reached
        .filter_map(|node| Some((node.id, cfg.span_of_node(node.id)?)))
        .filter(|(node, span)| span.end <= start && leads_away(cfg, *node))
        .max_by_key(|(_, span)| span.end)?;
    let name = |text: &str| format!("control does not come past {text}");
    let is_first = cfg
        .successors(cfg.entry())
        .iter()
        .any(|edge| edge.node == node);
    let (why, is_deliberate) = match cfg.kind(node) {
        NodeKind::Return(_) => (
            "the `return` before it always leaves the function".to_owned(),
            // A test that is switched off.
            cx.is_test() && is_first,
        ),
        NodeKind::Branch(stmt) => {
            let keyword = match file.stmt(stmt).kind {
                StmtKind::Branch {
                    kind: BranchKind::Break,
                    ..
                } => "break",
                StmtKind::Branch {
                    kind: BranchKind::Continue,
                    ..
                } => "continue",
                _ => "goto",
            };
            (name(&format!("the `{keyword}` before it")), false)
        }
        NodeKind::Select(_) => (name("`select {}`"), false),
        _ => match ending_call(cx, cfg, node) {
            Some((call, end)) => {
                let skipped = end == End::Goexit || end == End::Panic && is_first;
                (name(&format!("`{call}`, which does not return")), skipped)
            }
            None => {
                let lp = cfg.loops_of_node(node).pop()?;
                let head = head_span(cx, lp);
                return Some(Barrier {
                    span: head,
                    why: "the loop before it has no way out".to_owned(),
                    is_deliberate: false,
                });
            }
        },
    };
    Some(Barrier {
        span,
        why,
        is_deliberate,
    })
}

/// Whether control does not simply go on from here: it jumps, ends, or goes back.
fn leads_away(cfg: &Cfg<'_>, node: NodeId) -> bool {
    let is_jump = matches!(cfg.kind(node), NodeKind::Return(_) | NodeKind::Branch(_));
    let ends = |to| cfg.exit() == to || End::ALL.into_iter().any(|end| cfg.end(end) == to);
    is_jump
        || cfg
            .successors(node)
            .iter()
            .any(|edge| ends(edge.node) || edge.node <= node)
}

/// The call at a node that never returns.
fn ending_call(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId) -> Option<(String, End)> {
    let point = go_flow::Point {
        func: cfg.func(),
        node,
    };
    cx.facts()
        .calls_at(point)
        .iter()
        .find_map(|site| match cx.facts().call_end(site.call) {
            Some(CallEnd::Never(end)) => Some((cx.call_snippet(site.call), end)),
            _ => None,
        })
}
