//! `ticker-not-stopped`.

use go_flow::{CallMode, CallSite, Cfg, EdgeKind, LiteralUse, NodeId, NodeKind, Point, calls};
use go_syntax::{ExprId, FuncId, StmtKind};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{is_only_channel, may_acquire, report_leaks_if};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds tickers that nobody stops, in modules for Go before 1.23.
    ///
    /// ## What it does
    /// Reports `time.NewTicker` when some path to the end of the function neither stops the ticker
    /// nor hands it on, and `time.Tick`, whose ticker nobody can stop, in functions that may end and
    /// in loops that make one in each round.
    ///
    /// It is silent where the module asks for Go 1.23 or later, in tests, in `main`, and about
    /// `time.Tick` in commands and in functions that never return.
    ///
    /// ## Why it is bad
    /// Before Go 1.23 the runtime refers to a running ticker, so it is never collected, and it ticks
    /// until the program ends (package time, `NewTicker`). Each call of the function adds one, and
    /// each costs processor time for good. Since Go 1.23 a ticker that nothing refers to is
    /// collected; what counts is the version in the go.mod of the main module.
    ///
    /// ## Example
    /// ```go
    /// // go 1.21
    /// func watch(done chan bool, look func()) {
    /// 	ticker := time.NewTicker(time.Second)
    /// 	for {
    /// 		select {
    /// 		case <-ticker.C:
    /// 			look()
    /// 		case <-done:
    /// 			return
    /// 		}
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// // go 1.21
    /// func watch(done chan bool, look func()) {
    /// 	ticker := time.NewTicker(time.Second)
    /// 	defer ticker.Stop()
    /// 	for {
    /// 		select {
    /// 		case <-ticker.C:
    /// 			look()
    /// 		case <-done:
    /// 			return
    /// 		}
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// In a library whose go.mod names an old version although all programs that use it are built
    /// for a newer one, and in functions that run once, until shortly before the program ends.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub TickerNotStopped {
        name: "ticker-not-stopped",
        category: Context,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

/// From this minor version of Go on, tickers that nothing refers to are collected.
const COLLECTED_SINCE: u32 = 23;

impl Rule for TickerNotStopped {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        input.go < COLLECTED_SINCE
            && (may_acquire(package, func, input)
                || !input.is_test && calls(package.file(input.index), func).contains("Tick"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks_if(cx, &Self::META, |class, leak| {
            *class.name == *"ticker" && !is_only_channel(cx, leak.call)
        });
        if cx.is_test() {
            return;
        }
        for site in cx.facts().calls() {
            let is_tick = cx.body().is_call_to(site.call, "time", "Tick")
                || cx.body().is_call_to(site.call, "time", "NewTicker")
                    && is_only_channel(cx, site.call);
            if is_tick
                && cx.facts().reachable(site.point)
                && (is_made_again(cx, site) || may_end(cx, site))
            {
                report_tick(cx, site);
            }
        }
    }
}

/// Whether the ticker is made in each round of a loop.
fn is_made_again(cx: &RuleCx<'_>, site: &CallSite) -> bool {
    site.mode == CallMode::Now && cx.facts().in_cycle(site.point)
}

/// Whether the program goes on when the function that makes the ticker has ended.
fn may_end(cx: &RuleCx<'_>, site: &CallSite) -> bool {
    if cx.is_main_package() {
        return false;
    }
    let mut point = site.point;
    loop {
        if !comes_to_end(cx, point, site.call) {
            return false;
        }
        match cx.facts().literal_use(point.func) {
            // It ends with the function around it.
            LiteralUse::Called { .. } => match cx.facts().created_at(point.func) {
                Some(outer) => point = outer,
                None => return true,
            },
            _ => return true,
        }
    }
}

/// Whether control can come from a point to the end of its function. A `range` over the channel of
/// the ticker never ends by itself.
fn comes_to_end(cx: &RuleCx<'_>, from: Point, ticker: ExprId) -> bool {
    let cfg = cx.facts().cfg(from.func);
    let mut seen = vec![from.node];
    let mut open = vec![from.node];
    while let Some(node) = open.pop() {
        if node == cfg.exit() {
            return true;
        }
        for edge in cfg.successors(node) {
            let is_over = edge.kind == EdgeKind::RangeDone && ranges_over(cx, cfg, node, ticker);
            if !is_over && !seen.contains(&edge.node) {
                seen.push(edge.node);
                open.push(edge.node);
            }
        }
    }
    false
}

/// Whether a node is the head of a `range` over the channel of the ticker.
fn ranges_over(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId, ticker: ExprId) -> bool {
    let file = cx.file();
    let NodeKind::RangeNext(stmt) = cfg.kind(node) else {
        return false;
    };
    let StmtKind::Range { x, .. } = file.stmt(stmt).kind else {
        return false;
    };
    let mut channel = cx.facts().value_of(x).unwrap_or(x);
    if let Some((operand, "C")) = file.selector(file.unparen(channel)) {
        channel = operand;
    }
    file.unparen(channel) == ticker
}

fn report_tick(cx: &RuleCx<'_>, site: &CallSite) {
    let message = if is_made_again(cx, site) {
        "each round of the loop makes a ticker that nobody can stop, and it ticks until the program ends"
    } else {
        "nobody can stop the ticker behind this channel, so it ticks on when the function has ended"
    };
    cx.report(
        &TickerNotStopped::META,
        cx.file().expr(site.call).span,
        message,
    )
    .help("use `time.NewTicker` and defer its `Stop`, or ask for Go 1.23 in go.mod");
}
