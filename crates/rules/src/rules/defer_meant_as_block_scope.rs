//! `defer-meant-as-block-scope`.

use go_flow::{
    CallMode, CallSite, DeferSite, FunctionFacts, LockCall, NodeId, NodeKind, Place, Point,
};
use go_syntax::{ExprId, FuncId, Span, StmtId, StmtKind};
use go_types::{Body, Callee, LocalId};

use crate::blocks::InList;
use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::keeps::{Carrier, is_kept, only_gives_results};
use crate::nilness::declaration;
use crate::origin::{Origin, origin, root_local, starts_within};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer` statements in a block that seem to wait for the end of the block.
    ///
    /// ## What it does
    /// Reports a `defer` in a bare block, or in a branch of an `if`, `switch` or `select`, when what
    /// it gives back is visibly done with at the end of the block and the function goes on:
    /// - A lock that is taken in a bare block, or in a branch after which the function waits for
    ///   something; or that is taken again after the block, which waits for ever.
    /// - A file, connection, response… that is opened and used up in the block, when the function
    ///   then waits for others or serves; in a bare block, when it then calls anything.
    ///
    /// It is silent for what may be in use after the block: locks that a branch takes for the rest
    /// of the function (`if !locked { mu.Lock(); defer mu.Unlock() }`), values that something
    /// outside of the block keeps, contexts, and anything handed to a function that may keep it.
    ///
    /// ## Why it is bad
    /// Deferred calls run when the surrounding *function* ends; a block is no function
    /// (specification, "Defer statements"). The file stays open and the lock is held during
    /// everything that comes after the block: for as long as the program runs, when the function
    /// goes on to serve requests.
    ///
    /// ## Example
    /// ```go
    /// func (c *Cache) Refresh(load func() map[string]string) {
    /// 	{
    /// 		c.mu.Lock()
    /// 		defer c.mu.Unlock()
    /// 		c.stale = true
    /// 	}
    /// 	fresh := load() // takes minutes, with the lock held
    /// 	c.publish(fresh)
    /// }
    ///
    /// type Cache struct {
    /// 	mu    sync.Mutex
    /// 	stale bool
    /// }
    ///
    /// func (c *Cache) publish(map[string]string) {}
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func (c *Cache) Refresh(load func() map[string]string) {
    /// 	c.mu.Lock()
    /// 	c.stale = true
    /// 	c.mu.Unlock()
    /// 	fresh := load()
    /// 	c.publish(fresh)
    /// }
    ///
    /// type Cache struct {
    /// 	mu    sync.Mutex
    /// 	stale bool
    /// }
    ///
    /// func (c *Cache) publish(map[string]string) {}
    /// ```
    ///
    /// ## When it is wrong
    /// A function that is called in the block may keep what it is given, without its name telling.
    ///
    /// A function that goes on to run another program, to sleep or to send its result keeps the file
    /// open for that time too. Nobody minds, so the rule says nothing.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferMeantAsBlockScope {
        name: "defer-meant-as-block-scope",
        category: Placement,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferMeantAsBlockScope {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if !cx.facts().reachable(site.point) || cx.facts().in_cycle(site.point) {
                continue;
            }
            let Some(block) = Block::around(cx, site) else {
                continue;
            };
            let duty = Duty::of(cx, site);
            let story = match duty.kind {
                DutyKind::Unlock(_) => lock_story(cx, site, &duty, &block),
                DutyKind::Close | DutyKind::Rollback => resource_story(cx, site, &duty, &block),
                _ => None,
            };
            if let Some(story) = story {
                report(cx, site, &duty, &block, &story);
            }
        }
    }
}

/// A block or clause with a `defer` in it, after which the function goes on.
struct Block {
    stmt: StmtId,
    span: Span,
    /// Whether it is a block of its own, and not the body of another statement.
    is_bare: bool,
    /// What can happen after the block.
    after: Vec<NodeId>,
}

impl Block {
    fn around(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<Self> {
        let file = cx.file();
        let place = InList::of(cx, site.stmt)?;
        if file.func(site.point.func).body == Some(place.owner) {
            return None;
        }
        let span = file.stmt(place.owner).span;
        let cfg = cx.facts().cfg(site.point.func);
        let after = cfg.nodes_after(site.point.node);
        let is_outside = |node: NodeId| cfg.span_of_node(node).is_some_and(|at| !span.contains(at));
        let after = cfg
            .nodes()
            .map(|node| node.id)
            .filter(|&node| {
                after.contains(node.index()) && cfg.kind(node) != NodeKind::Exit && is_outside(node)
            })
            .collect();
        Some(Self {
            stmt: place.owner,
            span,
            is_bare: matches!(file.stmt(place.owner).kind, StmtKind::Block(_))
                && InList::of(cx, place.owner).is_some(),
            after,
        })
    }
}

/// What is wrong.
struct Story {
    consequence: String,
    /// What the function goes on with.
    goes_on: Span,
    related: &'static str,
}

fn lock_story(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, block: &Block) -> Option<Story> {
    let facts = cx.facts();
    let place = Place::of_operand(cx.body(), duty.subject?)?;
    let DutyKind::Unlock(op) = duty.kind else {
        return None;
    };
    let is_same = |lock: &&LockCall<'_>| {
        lock.place.as_ref() == Some(&place)
            && lock.point.func == site.point.func
            && lock.mode == CallMode::Now
    };
    let at = |lock: &LockCall<'_>| cx.file().expr(lock.call).span;
    let cfg = facts.cfg(site.point.func);
    let mut locks = facts.locks().iter().filter(is_same);
    locks.find(|lock| {
        lock.op == op.counterpart()
            && block.span.contains(at(lock))
            && cfg.reaches(lock.point.node, site.point.node)
    })?;
    let is_after = |lock: &&LockCall<'_>| block.after.contains(&lock.point.node);
    let mut later = facts
        .locks()
        .iter()
        .filter(is_same)
        .filter(is_after)
        .peekable();
    let lock_name = cx.snippet(duty.subject?);
    if let Some(again) = later.peek() {
        // Unlocked by hand: what is meant is not clear.
        let waits = again.op.acquires() && !(again.op.is_read() && op.is_read());
        return waits.then(|| Story {
            consequence: format!(
                "`{}` after the block waits for ever",
                cx.call_snippet(again.call)
            ),
            goes_on: at(again),
            related: "the lock is still held here",
        });
    }
    if !block.is_bare {
        // Taken for the rest of the function by those who come this way.
        return None;
    }
    let work = block
        .after
        .iter()
        .copied()
        .find(|&node| calls(cx, site.point.func, node));
    Some(Story {
        consequence: format!("`{lock_name}` stays locked while the function goes on"),
        goes_on: cfg.span_of_node(work?)?,
        related: "the function goes on here, with the lock held",
    })
}

fn resource_story(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    duty: &Duty,
    block: &Block,
) -> Option<Story> {
    let subject = duty.subject?;
    let local = root_local(cx, subject)?;
    if !matches!(origin(cx, subject, block.span), Origin::Made(_))
        || !starts_within(cx.body().names().local(local).span, block.span)
        || comes_with_others(cx, local, block)
        || is_done_by_hand(cx, site, duty, block)
        || !is_used_up(cx, site, local, block)
        || is_kept(cx, local, block.stmt, block.span, Carrier::Wrapper)
    {
        return None;
    }
    let func = site.point.func;
    let work = match block.is_bare {
        true => block
            .after
            .iter()
            .copied()
            .find(|&node| calls(cx, func, node)),
        false => block
            .after
            .iter()
            .copied()
            .find(|&node| waits(cx, func, node)),
    };
    let name = cx.file().span_text(cx.body().names().local(local).span);
    Some(Story {
        consequence: format!(
            "`{name}` is not used after the block, but stays open while the function goes on"
        ),
        goes_on: cx.facts().cfg(func).span_of_node(work?)?,
        related: "the function goes on here",
    })
}

/// Whether the block makes the deferred call by hand, too.
fn is_done_by_hand(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, block: &Block) -> bool {
    let file = cx.file();
    cx.facts().calls_of(site.point.func).iter().any(|call| {
        call.mode == CallMode::Now
            && block.span.contains(file.expr(call.call).span)
            && file.expr_text(call.call) == file.expr_text(duty.call)
    })
}

/// Whether the call that gave the value of `local` also gave something to a variable from outside
/// of the block, as `ctx` in `ctx, cancel = …`.
fn comes_with_others(cx: &RuleCx<'_>, local: LocalId, block: &Block) -> bool {
    let facts = cx.facts();
    let names = cx.body().names();
    let acquisitions = facts.acquisitions();
    let mut own = acquisitions
        .iter()
        .filter(|acquisition| acquisition.results.contains(&Some(local)));
    own.any(|acquisition| {
        acquisition
            .values()
            .any(|value| !starts_within(names.local(value).span, block.span))
    })
}

/// Whether everything that is done with `local` in the block looks done when it returns: calls of
/// its methods, and of functions that only read or write it.
fn is_used_up(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId, block: &Block) -> bool {
    let file = cx.file();
    let deferred = file.stmt(site.stmt).span;
    let mut is_used = false;
    for call in cx.facts().calls() {
        let span = file.expr(call.call).span;
        if !block.span.contains(span) || deferred.contains(span) {
            continue;
        }
        let Some((_, args)) = file.call(call.call) else {
            continue;
        };
        let is_argument = args.iter().any(|&arg| root_local(cx, arg) == Some(local));
        let is_receiver = match cx.facts().callee(call.call) {
            Callee::Selected { x, .. } => root_local(cx, x) == Some(local),
            _ => false,
        };
        if !is_argument && !is_receiver {
            continue;
        }
        let is_done = match cx.facts().callee(call.call) {
            _ if call.mode != CallMode::Now || call.point.func != site.point.func => false,
            Callee::Selected { name, .. } if is_receiver => is_finished(name),
            Callee::Func { package, name, .. } => {
                reads_or_writes(package) || only_gives_results(name)
            }
            Callee::Selected { name, .. } => only_gives_results(name),
            Callee::Builtin(_) | Callee::Conversion(_) => true,
            _ => false,
        };
        if !is_done {
            return false;
        }
        is_used |= file.stmt(site.stmt).span.end <= span.start;
    }
    is_used
}

/// Whether the functions of a package of the standard library do no more than read or write what
/// they are given.
fn reads_or_writes(package: &str) -> bool {
    let first = package.split('/').next().unwrap_or_default();
    matches!(
        first,
        "bufio" | "fmt" | "encoding" | "compress" | "archive" | "image" | "hash"
    ) || package == "io"
}

/// Whether a method with this name does what it does before it returns, and gives nothing that is
/// bound to the receiver.
fn is_finished(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "Chmod",
        "Chown",
        "Close",
        "Columns",
        "Commit",
        "Err",
        "Exec",
        "ExecContext",
        "Flush",
        "Next",
        "Seek",
        "Stat",
        "Sync",
        "Truncate",
    ];
    NAMES.contains(&name) || only_gives_results(name)
}

/// Whether the function may wait for long at `node`: at a channel, in a loop without end, in a call
/// whose name says so, or that does the like.
fn waits(cx: &RuleCx<'_>, func: FuncId, node: NodeId) -> bool {
    let facts = cx.facts();
    let point = Point { func, node };
    // Who hands out a result is about to end.
    let sends = cx
        .facts()
        .cfg(func)
        .stmt_of_node(node)
        .is_some_and(|stmt| matches!(cx.file().stmt(stmt).kind, StmtKind::Send { .. }));
    if sends {
        return false;
    }
    let is_wait = |call: &CallSite| {
        call.mode == CallMode::Now
            && (waits_by_name(facts.callee(call.call)) || callee_waits(facts, call.call))
    };
    facts.effect_at(point).blocks || facts.calls_at(point).iter().any(is_wait)
}

fn waits_by_name(callee: Callee<'_>) -> bool {
    let (Callee::Selected { name, .. } | Callee::Func { name, .. }) = callee else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    let starts = |word| name.starts_with(word);
    name == "wait" || ["serve", "listenandserve"].into_iter().any(starts)
}

/// Whether a function of this package that is called waits itself.
fn callee_waits(facts: &FunctionFacts<'_>, call: ExprId) -> bool {
    let Some((file, func)) = declaration(facts, call) else {
        return false;
    };
    if file == facts.body().file_index() && facts.funcs().contains(&func) {
        return false;
    }
    let body = Body::new(facts.body().cx(), file, func);
    let facts = FunctionFacts::new(&body);
    let nodes = facts.cfg(func).nodes();
    nodes.into_iter().any(|node| {
        facts
            .effect_at(Point {
                func,
                node: node.id,
            })
            .blocks
    }) || facts
        .calls_of(func)
        .iter()
        .any(|call| call.mode == CallMode::Now && waits_by_name(facts.callee(call.call)))
}

/// Whether a call at `node` may do something that takes time.
fn calls(cx: &RuleCx<'_>, func: FuncId, node: NodeId) -> bool {
    let facts = cx.facts();
    let mut calls = facts.calls_at(Point { func, node }).iter();
    calls.any(|call| {
        call.mode == CallMode::Now
            && match facts.callee(call.call) {
                Callee::Builtin(_) | Callee::Conversion(_) => false,
                Callee::Func { package, name, .. } => {
                    !matches!(
                        package,
                        "errors"
                            | "strings"
                            | "strconv"
                            | "bytes"
                            | "sort"
                            | "slices"
                            | "maps"
                            | "math"
                            | "path"
                            | "path/filepath"
                            | "unsafe"
                    ) && !(package == "fmt" && (name == "Errorf" || name.starts_with("Sprint")))
                }
                _ => true,
            }
    })
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, block: &Block, story: &Story) {
    let call = cx.call_snippet(duty.call);
    let end = cx.func_label(site.point.func);
    cx.report(
        &DeferMeantAsBlockScope::META,
        cx.file().stmt(site.stmt).span,
        format!(
            "`{call}` runs when {end} returns, not at the end of the block: {}",
            story.consequence
        ),
    )
    .help(format!(
        "move the block into a function of its own, or call `{call}` at its end"
    ))
    .related(
        Span::new(block.span.end.saturating_sub(1), block.span.end),
        "the block ends here",
    )
    .related(story.goes_on, story.related);
}
