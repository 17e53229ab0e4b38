//! `lock-not-released`.

use diagnostics::Applicability;
use go_flow::{Answered, CallMode, LockEvent, LockFate, Mutex, NodeKind, TakenLock};
use go_syntax::{FuncId, Span, StmtKind};
use go_types::{Init, LocalKind, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::Repair;
use crate::fixes::lines::insert_after;
use crate::locked::{
    giving_call, is_start, lock_name, root_name, span_of, takes_locks, taking_call,
};
use crate::rule::{Rule, declare_rule};
use crate::story::story;

declare_rule! {
    /// Finds paths on which a function returns with a lock that it took.
    ///
    /// ## What it does
    /// Follows each `Lock`, `RLock` and successful `TryLock` or `TryRLock` to the ends of the
    /// function, and reports it when a path returns and has not given the lock back, by a call, by
    /// a deferred one, or by a function of the package that does. A loop that comes round to the
    /// same `Lock` with the lock still held is reported too. Functions of the package that come
    /// back with a lock count as taking it.
    ///
    /// Conditions that ask the same thing agree: `if shared { mu.Lock() }` and
    /// `if shared { mu.Unlock() }` belong together. Panics and ends of the process are no ways out.
    ///
    /// It is silent about functions that are meant to come back with the lock: those whose name
    /// speaks of it and that never give it back, those whose lock another function of the package
    /// gives back, unless this one gives it back when it succeeds and keeps it when it fails; those
    /// that return what the lock lies in, or a function that gives it back; and about locks that are
    /// handed on to a goroutine, a stored literal, or a function that is not at hand. Tests are left
    /// alone.
    ///
    /// ## Why it is bad
    /// The next `Lock` of it waits for ever, and with it everything that needs what the lock
    /// protects. Such paths are the rare ones, of errors and early ends, so that tests do not see
    /// it and the program stops much later and somewhere else.
    ///
    /// ## Example
    /// ```go
    /// type pool struct {
    /// 	mu    sync.Mutex
    /// 	items map[string]int
    /// }
    ///
    /// func (p *pool) take(key string) (int, error) {
    /// 	p.mu.Lock()
    /// 	item, ok := p.items[key]
    /// 	if !ok {
    /// 		return 0, errors.New("no such item")
    /// 	}
    /// 	delete(p.items, key)
    /// 	p.mu.Unlock()
    /// 	return item, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type pool struct {
    /// 	mu    sync.Mutex
    /// 	items map[string]int
    /// }
    ///
    /// func (p *pool) take(key string) (int, error) {
    /// 	p.mu.Lock()
    /// 	defer p.mu.Unlock()
    /// 	item, ok := p.items[key]
    /// 	if !ok {
    /// 		return 0, errors.New("no such item")
    /// 	}
    /// 	delete(p.items, key)
    /// 	return item, nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When conditions that look different always agree, or when a function of another package
    /// gives the lock back.
    ///
    /// ## Fix safety
    /// Where another path gives the lock back, the fix does so right before the `return` that keeps it.
    /// What the `return` evaluates is then read without the lock. Where nothing gives it back, the fix
    /// defers that. Both are unsafe: the lock may be meant to be kept.
    pub LockNotReleased {
        name: "lock-not-released",
        category: Locks,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for LockNotReleased {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test && takes_locks(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut reported = Vec::new();
        for lock in cx.taken_locks() {
            if lock.given_up || lock.is_entered {
                continue;
            }
            if let Some(event) = kept(cx, lock)
                && !reported.contains(&lock.call)
                && !is_explained(cx, lock)
            {
                reported.push(lock.call);
                report(cx, lock, event);
            }
        }
    }
}

/// The path that keeps the lock, when it should not.
fn kept<'l>(cx: &RuleCx<'_>, lock: &'l TakenLock) -> Option<&'l LockEvent> {
    let comes_round = |event: &&LockEvent| {
        matches!(
            event.fate,
            LockFate::Again {
                within: false,
                deferred_release: false,
                ..
            }
        ) && event.expr == Some(lock.call)
            && lock.mutex != Mutex::Other
    };
    let is_meant = is_meant(cx, lock);
    let ends = |event: &&LockEvent| match event.fate {
        LockFate::Kept { result } => match is_meant {
            // Who succeeds comes back with it; who fails must not.
            true => {
                matches!(result, Some(Answered::NonNil | Answered::False))
                    && gives_error(cx, lock)
                    && (lock.is_released() || keeps_on_success(lock))
            }
            false => true,
        },
        _ => false,
    };
    if is_start(cx) && !lock.is_released() {
        return None;
    }
    let events = &lock.events;
    // What comes with the answer whether it was taken may be given back by another name: locks of files.
    let is_known = lock.operand.is_none() || lock.is_released() || is_certain_kind(cx, lock);
    { events.iter() }
        .find(|event| is_known && ends(event))
        .filter(|_| lock.is_released() || is_meant || is_certain(cx, lock))
        .or_else(|| events.iter().find(comes_round))
}

/// Whether the last result of the function is an error, or says whether it went well.
fn gives_error(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let file = cx.file();
    let sig = file.sig(file.func(lock.point.func).sig);
    let last = sig
        .results
        .and_then(|list| file.fields_of(list).last())
        .map(|field| file.expr_text(file.field(field).ty));
    matches!(last, Some("error" | "bool"))
}

fn keeps_on_success(lock: &TakenLock) -> bool {
    lock.events.iter().any(|event| {
        matches!(
            event.fate,
            LockFate::Kept {
                result: Some(Answered::Nil | Answered::True)
            }
        )
    })
}

/// Whether the function may be there to come back with the lock.
fn is_meant(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    // Who says that it went well comes back with it.
    let succeeds = |event: &LockEvent| match event.fate {
        LockFate::Kept { result } => matches!(result, Some(Answered::Nil | Answered::True)),
        _ => true,
    };
    let name = root_name(cx);
    let by_name = match lock.is_released() {
        false => speaks_of_locking(name),
        true => name.to_ascii_lowercase().contains("lock") && lock.events.iter().all(succeeds),
    };
    // Who takes it by a function gives it back by one, and may do both here.
    let by_itself = lock.operand.is_some() || keeps_on_success(lock) && gives_error(cx, lock);
    by_name
        || by_itself
            && lock
                .field
                .as_ref()
                .is_some_and(|field| cx.lock_contracts().is_handed_over(cx.body().cx(), field))
}

/// Whether it is certain enough that a lock that no path gives back should be.
fn is_certain(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let follows = |event: &LockEvent| event.fate == LockFate::Unknown;
    lock.operand.is_some()
        && is_certain_kind(cx, lock)
        && (lock.field.is_some() || lock.mutex == Mutex::Unknown || is_variable(cx, lock))
        && !lock.events.iter().any(follows)
        && !releases_alike(cx, lock)
}

/// Whether a lock is one of package sync, as far as is known: what gives an answer is not.
fn is_certain_kind(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let file = cx.file();
    match lock.mutex {
        Mutex::Unknown => {
            let node = cx.facts().cfg(lock.point.func).kind(lock.point.node);
            matches!(node, NodeKind::Stmt(stmt)
                if matches!(file.stmt(stmt).kind, StmtKind::Expr(expr) if file.unparen(expr) == lock.call))
        }
        kind => matches!(kind, Mutex::Mutex | Mutex::RwMutex),
    }
}

/// Whether the lock is a variable of the package or of the function; what a call gave may be given back
/// by whoever gets it from there again.
fn is_variable(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    lock.operand
        .is_some_and(|operand| match cx.body().object(operand) {
            Object::Local(local) => match cx.body().names().local(local).kind {
                LocalKind::Var {
                    init: Init::Value(value),
                    ..
                } => cx.file().call(cx.file().unparen(value)).is_none(),
                _ => true,
            },
            object => matches!(object, Object::Member(_)),
        })
}

/// Whether the function gives back something that is called alike, in a literal perhaps.
fn releases_alike(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let file = cx.file();
    let Some(operand) = lock.operand else {
        return true;
    };
    let last = |expr| {
        let expr = file.unparen(expr);
        file.selector(expr)
            .map_or_else(|| file.expr_text(expr), |(_, name)| name)
    };
    let name = last(operand);
    cx.facts().locks().iter().any(|other| {
        !other.op.acquires()
            && (last(other.operand) == name || other.place.is_none())
            && !matches!(other.mode, CallMode::Spawned(_))
    })
}

/// Whether a comment beside the call, or right above it, says that the lock is to be kept.
fn is_explained(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let file = cx.file();
    let span = file.expr(lock.call).span;
    let text = file.text();
    let end = text[span.end as usize..]
        .find('\n')
        .map_or(text.len(), |length| span.end as usize + length);
    file.comments().iter().any(|comment| {
        let beside = comment.span.start >= span.end && (comment.span.end as usize) <= end;
        let above = comment.span.end <= span.start
            && file
                .span_text(Span::new(comment.span.end, span.start))
                .trim()
                .is_empty();
        let words = file.span_text(comment.span).to_ascii_lowercase();
        (beside || above)
            && ["unlock", "release", "held", "keep"]
                .iter()
                .any(|word| words.contains(word))
    }) && !lock.is_released()
}

/// Whether a name is that of a function that takes locks for its caller.
fn speaks_of_locking(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "lock", "acquire", "begin", "enter", "hold", "freeze", "suspend", "pause", "reserve",
        "start", "borrow", "take", "grab", "open",
    ];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

fn report(cx: &RuleCx<'_>, lock: &TakenLock, event: &LockEvent) {
    let call = taking_call(cx, lock);
    let name = lock_name(cx, lock);
    let round = matches!(event.fate, LockFate::Again { .. });
    let message = if round {
        format!(
            "the loop comes round to `{call}` with {name} still held, and waits for itself for ever"
        )
    } else if lock.is_released() {
        format!(
            "`{call}` is not undone on every path: the function returns with {name} held, and the next who wants it waits for ever"
        )
    } else {
        format!(
            "`{call}` is never undone: the function returns with {name} held, and the next who wants it waits for ever"
        )
    };
    let giving = giving_call(cx, lock);
    let help = match &giving {
        Some(giving) if round => format!("call `{giving}` before the next round"),
        Some(giving) => format!("`defer {giving}` right after it gives it back on every path"),
        None => "give the lock back on every path".to_owned(),
    };
    let mut finding = cx
        .report(
            &LockNotReleased::META,
            cx.file().expr(lock.call).span,
            message,
        )
        .help(help);
    for (span, text) in story(cx, &event.hops) {
        finding = finding.related(span, text);
    }
    if !round && let Some(span) = span_of(cx, event) {
        finding = finding.related(span, "the function ends here, and the lock is held");
    }
    let Some(giving) = giving else { return };
    if !lock.is_released() {
        finding.repair(defer_after(cx, lock, &giving));
    } else if let Some((at, indent)) = before_return(cx, lock, event) {
        finding.fix(
            Applicability::Unsafe,
            format!("Call `{giving}` before the `return`"),
            [(Span::new(at, at), format!("{giving}\n{indent}"))],
        );
    }
}

/// Gives the lock back when the function ends, if it is taken once.
fn defer_after(cx: &RuleCx<'_>, lock: &TakenLock, giving: &str) -> Option<Repair> {
    let cfg = cx.facts().cfg(lock.point.func);
    let NodeKind::Stmt(stmt) = cfg.kind(lock.point.node) else {
        return None;
    };
    if cfg.in_cycle(lock.point.node) || giving.contains('…') {
        return None;
    }
    let code = format!("defer {giving}");
    Some(Repair {
        applicability: Applicability::Unsafe,
        description: format!("Add `{code}` after the lock is taken"),
        edits: vec![insert_after(cx, stmt, &code)?],
    })
}

/// Where a statement can be put before the `return` that a path ends with, and how far it is indented.
fn before_return<'a>(
    cx: &RuleCx<'a>,
    lock: &TakenLock,
    event: &LockEvent,
) -> Option<(u32, &'a str)> {
    let file = cx.file();
    let cfg = cx.facts().cfg(event.at.func);
    let NodeKind::Return(stmt) = cfg.kind(event.at.node) else {
        return None;
    };
    let start = file.stmt(stmt).span.start;
    let text = &file.text()[..start as usize];
    let line = text.rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..];
    (indent.trim().is_empty() && comes_only_with(cx, lock, event)).then_some((start, indent))
}

/// Whether the lock is held whenever control comes to the `return`: it comes only by way of the call
/// that takes it, and by none that gives it back.
fn comes_only_with(cx: &RuleCx<'_>, lock: &TakenLock, event: &LockEvent) -> bool {
    let cfg = cx.facts().cfg(event.at.func);
    let (taken, end) = (lock.point.node, event.at.node);
    event.at.func == lock.point.func
        && !cfg.reaches_avoiding(cfg.entry(), end, taken)
        && lock.events.iter().all(|other| {
            other.fate != LockFate::Released
                || other.at.func != event.at.func
                || !cfg.reaches_avoiding(other.at.node, end, taken)
        })
}
