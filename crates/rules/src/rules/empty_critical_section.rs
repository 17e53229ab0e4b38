//! `empty-critical-section`.

use diagnostics::Applicability;
use go_flow::{CallMode, LockCall, LockOp, Mutex};
use go_syntax::{ExprId, ExprKind, File, Span, StmtId, StmtKind};
use rustc_hash::FxHashMap;

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds locks that are given back the moment they are taken.
    ///
    /// ## What it does
    /// Reports `mu.Lock()` directly followed by `mu.Unlock()`, and `RLock` by `RUnlock`, with
    /// nothing in between.
    ///
    /// Taking a lock only to wait for whoever holds it is a known trick. The rule is silent when
    /// something says so: a comment (of more than one word) next to the two lines or in the paragraph above, a comment
    /// further up in the block that speaks of waiting or blocking, or a function whose name or
    /// comment speaks of waiting, a barrier, synchronising or draining. It is silent too where
    /// another goroutine is handed the lock, and in test files, where contention is often the point.
    ///
    /// ## Why it is bad
    /// No statement runs while the lock is held, so nothing is protected. Most often a `defer` is
    /// missing before the `Unlock`, and what follows reads and writes shared data without the lock:
    /// a data race.
    ///
    /// ## Example
    /// ```go
    /// type registry struct {
    /// 	mu    sync.Mutex
    /// 	names []string
    /// }
    ///
    /// func (r *registry) add(name string) {
    /// 	r.mu.Lock()
    /// 	r.mu.Unlock()
    /// 	r.names = append(r.names, name)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type registry struct {
    /// 	mu    sync.Mutex
    /// 	names []string
    /// }
    ///
    /// func (r *registry) add(name string) {
    /// 	r.mu.Lock()
    /// 	defer r.mu.Unlock()
    /// 	r.names = append(r.names, name)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When waiting for the holder of the lock is all that is wanted. A comment that says what is
    /// waited for silences the rule, and helps the next reader.
    ///
    /// ## Fix safety
    /// Where statements follow that nothing else protects, the fix puts `defer` before the unlock.
    /// It is unsafe: the lock is then held until the function returns, and a function called there
    /// that takes it too would wait for ever.
    pub EmptyCriticalSection {
        name: "empty-critical-section",
        category: Locks,
        severity: Warning,
        default: on,
        needs: LOCK,
    }
}

impl Rule for EmptyCriticalSection {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() {
            return;
        }
        let file = cx.file();
        let locks: Locks<'_> = cx
            .facts()
            .locks()
            .iter()
            .map(|lock| (lock.call, lock))
            .collect();
        for owner in file.func(cx.root()).stmts.iter() {
            let list = match file.stmt(owner).kind {
                StmtKind::Block(list)
                | StmtKind::CaseClause { body: list, .. }
                | StmtKind::CommClause { body: list, .. } => file.stmts(list),
                _ => continue,
            };
            for (index, pair) in list.windows(2).enumerate() {
                if let [first, second] = *pair
                    && let Some(lock) = lock_of(file, &locks, first)
                    && let Some(unlock) = lock_of(file, &locks, second)
                    && is_pair(file, lock, unlock)
                    && !is_explained(
                        file,
                        file.stmt(owner).span.start,
                        file.stmt(first).span.to(file.stmt(second).span),
                    )
                    && !waits_by_name(cx)
                    && !is_handed_over(cx, lock)
                {
                    report(cx, lock, unlock, (first, second), &list[index + 2..]);
                }
            }
        }
    }
}

type Locks<'l> = FxHashMap<ExprId, &'l LockCall<'l>>;

/// The operation on a lock that is all a statement does.
fn lock_of<'l>(file: &File, locks: &Locks<'l>, stmt: StmtId) -> Option<&'l LockCall<'l>> {
    match file.stmt(stmt).kind {
        StmtKind::Expr(expr) => locks.get(&file.unparen(expr)).copied(),
        _ => None,
    }
}

fn is_pair(file: &File, lock: &LockCall<'_>, unlock: &LockCall<'_>) -> bool {
    matches!(lock.op, LockOp::Lock | LockOp::RLock)
        && unlock.op == lock.op.counterpart()
        && lock.mutex != Mutex::Other
        && match (&lock.place, &unlock.place) {
            (Some(one), Some(other)) => one == other,
            (None, None) => {
                lock.mutex != Mutex::Unknown
                    && is_getter(file, lock.operand)
                    && file.expr_text(lock.operand) == file.expr_text(unlock.operand)
            }
            _ => false,
        }
}

/// Whether `operand` asks a value for its lock, as `s.lock()` does: it gives the same one twice.
fn is_getter(file: &File, operand: ExprId) -> bool {
    let mut at = operand;
    loop {
        at = match file.expr(at).kind {
            ExprKind::Ident => return true,
            ExprKind::Paren(x) | ExprKind::Selector { x, .. } => x,
            ExprKind::Call { fun, args, .. } if args.is_empty() => fun,
            _ => return false,
        }
    }
}

fn report(
    cx: &RuleCx<'_>,
    lock: &LockCall<'_>,
    unlock: &LockCall<'_>,
    (first, second): (StmtId, StmtId),
    rest: &[StmtId],
) {
    let file = cx.file();
    let call = cx.call_snippet(lock.call);
    let back = cx.call_snippet(unlock.call);
    let what_follows = match rest {
        [] => "nothing runs while the lock is held",
        _ => "what follows runs without the lock",
    };
    let finding = cx
        .report(
            &EmptyCriticalSection::META,
            file.stmt(first).span,
            format!("`{back}` comes right after `{call}`: {what_follows}"),
        )
        .help(format!(
            "write `defer {back}`, or move it behind what the lock protects; if waiting for the holder is all that is wanted, say so in a comment"
        ))
        .related(file.stmt(second).span, "given back here");
    if !rest.is_empty() && is_body(cx, lock, first) && is_alone(cx, lock, unlock) {
        let at = file.stmt(second).span.start;
        finding.fix(
            Applicability::Unsafe,
            format!("Defer `{back}`"),
            [(Span::new(at, at), "defer ".to_owned())],
        );
    }
}

/// Whether a comment tells about `pair`: it stands on its lines, or above in the same paragraph, or
/// further up in the same block and speaks of waiting.
fn is_explained(file: &File, block: u32, pair: Span) -> bool {
    let text = file.text();
    let end = text[pair.end as usize..]
        .find('\n')
        .map_or(text.len(), |length| pair.end as usize + length);
    let before = file.span_text(Span::new(block, pair.start));
    let paragraph = pair.start
        - before
            .rsplit("\n\n")
            .next()
            .map_or(0, |last| last.len() as u32);
    file.comments().iter().any(|comment| {
        let span = comment.span;
        let words = file.span_text(span);
        if span.start >= paragraph && (span.end as usize) <= end {
            explains(words)
        } else {
            span.start >= block && span.end <= pair.start && speaks_of_waiting(words)
        }
    })
}

/// Whether a comment is a directive, such as `//nolint:…`, or says something: one word does not, nor
/// what tells a checker's own test what to find here.
fn explains(comment: &str) -> bool {
    const MARKS: [&str; 6] = ["// want ", "//@ ", "/*!", "// MATCH ", "// $ ", "// ERROR "];
    if MARKS.iter().any(|mark| comment.starts_with(mark)) {
        return false;
    }
    let text = comment.trim_start_matches(['/', '*']);
    let is_directive = text.starts_with(|c: char| c.is_ascii_lowercase());
    is_directive || text.split_whitespace().nth(1).is_some()
}

/// Whether the declared function speaks of waiting.
fn waits_by_name(cx: &RuleCx<'_>) -> bool {
    let file = cx.file();
    let root = file.func(cx.root());
    let name = root.name.map_or("", |name| file.name(name));
    let doc = doc_comment(file, root.span.start);
    [name, doc]
        .iter()
        .any(|text| speaks_of_waiting(text) || text.to_ascii_lowercase().contains("sync"))
}

fn speaks_of_waiting(text: &str) -> bool {
    const WORDS: [&str; 5] = ["wait", "block", "barrier", "drain", "quiesce"];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// The comment lines directly above the declaration that starts at `start`.
fn doc_comment(file: &File, start: u32) -> &str {
    let mut from = start;
    for comment in file
        .comments()
        .iter()
        .rev()
        .skip_while(|comment| comment.span.end > start)
    {
        let between = file.span_text(Span::new(comment.span.end, from));
        if !between.trim().is_empty() || between.matches('\n').count() != 1 {
            break;
        }
        from = comment.span.start;
    }
    file.span_text(Span::new(from, start))
}

/// Whether another function literal gives back what it has not taken: the lock passes between
/// goroutines, and taking it means to wait.
fn is_handed_over(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> bool {
    let locks = cx.facts().locks();
    locks.iter().any(|other| {
        !other.op.acquires()
            && other.point.func != lock.point.func
            && other.place == lock.place
            && !locks.iter().any(|taken| {
                taken.op.acquires()
                    && taken.point.func == other.point.func
                    && taken.place == other.place
            })
    })
}

/// Whether `stmt` stands directly in the body of its function, so that a `defer` there is not
/// repeated.
fn is_body(cx: &RuleCx<'_>, lock: &LockCall<'_>, stmt: StmtId) -> bool {
    let file = cx.file();
    let body = file.func(lock.point.func).body;
    body.is_some_and(|body| file.block_stmts(body).contains(&stmt))
        && !cx.facts().in_cycle(lock.point)
}

/// Whether the function does nothing else to the lock.
fn is_alone(cx: &RuleCx<'_>, lock: &LockCall<'_>, unlock: &LockCall<'_>) -> bool {
    cx.facts().locks().iter().all(|other| {
        other.call == lock.call
            || other.call == unlock.call
            || other.place != lock.place
            || matches!(other.mode, CallMode::Spawned(_))
    })
}
