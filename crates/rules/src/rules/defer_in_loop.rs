//! `defer-in-loop`.

use diagnostics::Severity;
use go_flow::{DeferSite, LockOp, Place, Visit};
use go_syntax::{ExprId, ExprKind, Span, SpecKind, StmtId, StmtKind};
use go_types::{Callee, Init, LocalKind, MemberKind, Object};

use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::fixes::loops::run_each_round;
use crate::keeps::{Carrier, is_kept};
use crate::once::is_passed_once;
use crate::origin::{Origin, origin, root_local, starts_within};
use crate::repeat::{Repeat, Rounds, head_span, repeat};
use crate::rule::{Rule, declare_rule};
use crate::spent::is_spent;

declare_rule! {
    /// Finds `defer` statements in loops, whose calls wait for the end of the function.
    ///
    /// ## What it does
    /// Reports a `defer` that can be passed more than once before its function returns: in a `for`
    /// or `range` loop, or between a label and a `goto` that jumps back to it. Loops over iterator
    /// functions count: their body looks like a function, but what is deferred there waits for the
    /// end of the function around the loop.
    ///
    /// It is silent where that does no harm:
    /// - each iteration that gets to the `defer` leaves the function or the loop;
    /// - the loop is in turn around a function literal that has the `defer` in it;
    /// - what is released is done with before the next iteration: the same call is made by hand, or the
    ///   timer that it stops has fired;
    /// - the function does not return after the loop, but ends the process;
    /// - what is released was there before the loop, as in `for _, c := range conns { defer c.Close() }`,
    ///   or is stored in something that lives on after it;
    /// - each iteration locks another element and all locks are given back at the end.
    ///
    /// It is a note where it does little: constants show that there are at most eight iterations and no
    /// lock is held, or the call has to do with nothing that the iteration takes.
    ///
    /// ## Why it is bad
    /// Deferred calls run when the surrounding *function* ends, not the block or the iteration
    /// (specification, "Defer statements"). Each iteration adds a record to a list (`deferproc` in
    /// `runtime/panic.go`) together with everything it refers to. A loop over ten thousand files
    /// has them all open at once, and fails with "too many open files" where the limit is lower; a
    /// lock taken in the first iteration is still held in the second, which then waits for ever; a
    /// `wg.Done()` does not count down before everything is over.
    ///
    /// ## Example
    /// ```go
    /// func total(paths []string) (int64, error) {
    /// 	var sum int64
    /// 	for _, path := range paths {
    /// 		f, err := os.Open(path)
    /// 		if err != nil {
    /// 			return 0, err
    /// 		}
    /// 		defer f.Close()
    /// 		n, err := io.Copy(io.Discard, f)
    /// 		if err != nil {
    /// 			return 0, err
    /// 		}
    /// 		sum += n
    /// 	}
    /// 	return sum, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func total(paths []string) (int64, error) {
    /// 	var sum int64
    /// 	for _, path := range paths {
    /// 		n, err := size(path)
    /// 		if err != nil {
    /// 			return 0, err
    /// 		}
    /// 		sum += n
    /// 	}
    /// 	return sum, nil
    /// }
    ///
    /// func size(path string) (int64, error) {
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
    /// A loop that goes round a few times only, which constants do not show, does no harm, and a
    /// program that ends soon after may not care. What is handed to something that keeps it, by a
    /// call that does not look like it, is needed after the loop, and then the `defer` is right; so it
    /// is when the calls have to come after something that follows the loop. What the iteration closes by
    /// closing something else is not seen to be closed. In
    /// test files findings are notes, and loops over tables of cases are left alone: the table is
    /// short, and the test is soon over.
    ///
    /// ## Fix safety
    /// The fix wraps the body of the loop in a function literal that is called at once. `continue` becomes
    /// `return`; what leaves the loop (`break`, a label of a loop around, a `return`) the literal tells by
    /// what it returns. A `defer` at the very end of the body only loses its keyword. This is safe for what
    /// the iteration itself acquires. Where control leaves the loop by `goto`, or in several of these ways,
    /// the fix makes the call by hand wherever the iteration ends; it is unsafe, since a panic would then
    /// leave something behind.
    pub DeferInLoop {
        name: "defer-in-loop",
        category: Placement,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

/// Iterations that do little harm.
const FEW: u64 = 8;

/// Iterations that do none in tests.
const FEW_IN_TESTS: u64 = 100;

impl Rule for DeferInLoop {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if let Some(Repeat::Loop(rounds)) = repeat(cx, site) {
                check_site(cx, site, &rounds);
            }
        }
    }
}

fn check_site(cx: &RuleCx<'_>, site: &DeferSite<'_>, rounds: &Rounds<'_>) {
    let duty = Duty::of(cx, site);
    let is_lock = matches!(duty.kind, DutyKind::Unlock(_));
    let is_few = rounds.bound.is_some_and(|bound| bound <= FEW) && !is_lock;
    if is_few && cx.is_test() {
        return;
    }
    let lp = rounds.innermost;
    let within = Span::new(
        cx.file().stmt(lp.stmt).span.start,
        cx.file().func(site.point.func).span.end,
    );
    let deadlock = locked_again(cx, site, &duty, within);
    let is_short_test = cx.is_test()
        && (rounds.bound.is_some_and(|bound| bound <= FEW_IN_TESTS)
            || duty.kind == DutyKind::Recover
            || is_over_table(cx, lp.stmt));
    let returns = cx
        .facts()
        .cfg(site.point.func)
        .can_reach_exit(site.point.node);
    if deadlock.is_none()
        && (is_short_test
            || !returns
            || is_spent(cx, site, &duty, within)
            || cx.is_test() && is_only_held(cx, site, &duty)
            || is_meant(cx, site, &duty, rounds, within))
    {
        return;
    }

    let call = cx.call_snippet(duty.call);
    let end = cx.func_label(site.point.func);
    let all = rounds.bound.map_or("every iteration".to_owned(), |bound| {
        format!("each of up to {bound} iterations")
    });
    let consequence = match deadlock {
        Some(_) => {
            "the second iteration waits for ever for a lock that the first still holds".to_owned()
        }
        None if duty.kind == DutyKind::Recover => {
            "a panic in one iteration ends the loop".to_owned()
        }
        None => format!("until then {}", duty.kind.piles_up(&all)),
    };
    let message =
        format!("`{call}` runs when {end} returns, not at the end of the iteration: {consequence}");
    let is_of_round = duty
        .subject
        .is_some_and(|subject| matches!(origin(cx, subject, within), Origin::Made(_)));
    let is_release = duty.kind.is_release() && is_of_round || deadlock.is_some();
    let mut finding = cx
        .report(&DeferInLoop::META, cx.file().stmt(site.stmt).span, message)
        .repair(run_each_round(cx, site, lp.stmt, is_release, false))
        .help(match duty.kind {
            DutyKind::Recover | DutyKind::Other => {
                "move the body of the loop into a function of its own, and defer there".to_owned()
            }
            _ => format!(
                "move the body of the loop into a function of its own and defer there, or call `{call}` at the end of the iteration"
            ),
        })
        .related(head_span(cx, lp), "each iteration defers another call");
    if let Some(lock) = deadlock {
        finding = finding.related(lock, "locked here in each iteration");
    }
    if cx.is_test() || is_few || is_about_nothing(cx, site, &duty, within) {
        finding.at_most(Severity::Note);
    }
}

/// Whether the call is neither known to release something nor about something of the iteration: it
/// matters only that there is one for each.
fn is_about_nothing(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, within: Span) -> bool {
    let is_made = |expr| matches!(origin(cx, expr, within), Origin::Made(_));
    let args = cx.file().call(site.call).map_or(&[][..], |(_, args)| args);
    duty.kind == DutyKind::Other
        && (site.literal.is_some() || !duty.subject.iter().chain(args).any(|&expr| is_made(expr)))
}

/// Whether the loop ranges over a variable that is declared with its elements: a table of cases.
fn is_over_table(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    let file = cx.file();
    let StmtKind::Range { x, .. } = file.stmt(stmt).kind else {
        return false;
    };
    let value = match cx.body().object(x) {
        Object::Local(local) => match cx.body().names().local(local).kind {
            LocalKind::Var {
                init: Init::Value(value),
                ..
            } => Some((file, value)),
            _ => None,
        },
        Object::Member(member) => {
            let names = cx.body().cx().names();
            let member = names.member(member);
            let declaring = names.file(member.file);
            match member.kind {
                MemberKind::Var { spec, index } => match declaring.spec(spec).kind {
                    SpecKind::Value { values, .. } => declaring
                        .exprs(values)
                        .get(index as usize)
                        .map(|&value| (declaring, value)),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    };
    value.is_some_and(|(file, value)| {
        matches!(
            file.expr(file.unparen(value)).kind,
            ExprKind::CompositeLit { .. }
        )
    })
}

/// Whether nothing is done with what the iteration takes: a test that takes many at once on purpose.
fn is_only_held(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty) -> bool {
    let file = cx.file();
    let Some(local) = duty.subject.and_then(|subject| root_local(cx, subject)) else {
        return false;
    };
    let deferred = file.stmt(site.stmt).span;
    let is_unused = |local| {
        let reads = cx.facts().var(local).reads.iter();
        { reads }.all(|read| {
            read.expr
                .is_some_and(|expr| deferred.contains(file.expr(expr).span))
        })
    };
    let acquisitions = cx.facts().acquisitions();
    let mut own = acquisitions
        .iter()
        .filter(|acquisition| acquisition.results.contains(&Some(local)));
    own.any(|acquisition| acquisition.values().all(is_unused))
}

/// Whether the calls are to run at the end of the function: what they are about was there before the
/// loop or is needed after it, the `defer` is passed once only, or undoes things when the function
/// fails.
fn is_meant(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    duty: &Duty,
    rounds: &Rounds<'_>,
    within: Span,
) -> bool {
    let lp = rounds.innermost;
    if is_passed_once(cx, site.stmt, lp, within) || is_about_function(cx, site, duty, within) {
        return true;
    }
    let origin_of = |expr| origin(cx, expr, within);
    if duty.kind == DutyKind::Other {
        // What the call is for is not known: it matters when it is about something of the iteration,
        // and somewhat when there is one for each.
        let cfg = cx.facts().cfg(site.point.func);
        let around = lp.parent.map(|parent| cfg.loop_(parent).head);
        let round_without = cfg.search_after(lp.head, |node| match node {
            _ if node == lp.head => Visit::Stop,
            _ if node == site.point.node || Some(node) == around => Visit::Skip,
            _ => Visit::Continue,
        });
        let is_in_each_round = round_without.is_none();
        let is_needed_later = matches!(duty.subject.map(origin_of), Some(Origin::Made(local))
            if is_kept(cx, local, lp.stmt, within, Carrier::Wrapper));
        return is_needed_later
            || is_about_nothing(cx, site, duty, within)
                && (cx.is_test() || !is_in_each_round || keeps_state(cx, site, lp.stmt));
    }
    let carrier = match duty.kind {
        DutyKind::Remove => Carrier::Anything,
        _ => Carrier::Wrapper,
    };
    match duty.subject.map(origin_of) {
        Some(Origin::Element) => !rounds.over_func,
        Some(Origin::Made(local)) => {
            !matches!(duty.kind, DutyKind::Unlock(_))
                && is_kept(cx, local, lp.stmt, within, carrier)
        }
        Some(Origin::Outside) | None => false,
    }
}

/// Whether the `defer`, the last statement of the body of its loop, keeps something for later:
/// `defer set(name, current(name))` at the end of the iteration would change nothing.
fn keeps_state(cx: &RuleCx<'_>, site: &DeferSite<'_>, lp: StmtId) -> bool {
    let file = cx.file();
    let (StmtKind::For { body, .. } | StmtKind::Range { body, .. }) = file.stmt(lp).kind else {
        return false;
    };
    let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
    let is_asked = |&arg: &ExprId| {
        matches!(
            cx.facts().callee(file.unparen(arg)),
            Callee::Func { .. } | Callee::Selected { .. }
        )
    };
    file.block_stmts(body).last() == Some(&site.stmt) && args.iter().any(is_asked)
}

/// Whether the deferred literal looks at or sets what belongs to the function rather than to the
/// iteration: `if err != nil { undo() }`, a recover that sets a result.
fn is_about_function(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, within: Span) -> bool {
    let Some(literal) = site.literal else {
        return false;
    };
    let file = cx.file();
    let names = cx.body().names();
    let conditions: Vec<Span> = file
        .func(literal)
        .stmts
        .iter()
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::If { cond, .. } => Some(file.expr(cond).span),
            _ => None,
        })
        .collect();
    let body = file.func(literal).span;
    names.locals().any(|(id, local)| {
        let uses = names
            .uses(id)
            .iter()
            .map(|used| (file.expr(used.expr).span, used.role));
        local.is_var()
            && !starts_within(local.span, within)
            && uses.into_iter().any(|(span, role)| {
                let is_tested = conditions.iter().any(|condition| condition.contains(span));
                let is_set = duty.kind == DutyKind::Recover && local.is_result() && role.writes();
                is_tested && duty.kind != DutyKind::Recover || is_set && body.contains(span)
            })
    })
}

/// Where an iteration locks what the one before keeps locked because its unlock is deferred.
fn locked_again(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, within: Span) -> Option<Span> {
    let DutyKind::Unlock(LockOp::Unlock) = duty.kind else {
        return None;
    };
    let place = Place::of_operand(cx.body(), duty.subject?)?;
    if place
        .local()
        .is_some_and(|local| within.covers(cx.body().names().local(local).span.start))
    {
        return None;
    }
    let indexed = place
        .path
        .iter()
        .any(|step| matches!(step, go_flow::Projection::Index(_)));
    let cfg = cx.facts().cfg(site.point.func);
    let again = cx.facts().locks().iter().find(|lock| {
        lock.op == LockOp::Lock
            && lock.mode == go_flow::CallMode::Now
            && lock.point.func == site.point.func
            && lock.place.as_ref() == Some(&place)
            && cfg.in_same_cycle(lock.point.node, site.point.node)
    })?;
    (!indexed).then(|| cx.file().expr(again.call).span)
}
