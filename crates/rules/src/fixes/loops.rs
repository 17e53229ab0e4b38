//! The body of a loop in a literal that is called at once, so that what it defers runs at the end of
//! the iteration.
//!
//! `continue` becomes `return`. What leaves the loop, the literal tells by what it returns, and the loop
//! does it: an error that is passed on; whether to `break`, to go on with a loop around, or to return;
//! the values that are returned. Bodies that leave their loop by `goto`, or in several of these ways (but
//! for errors together with one other way), are left to `by_hand`.

use diagnostics::Applicability;
use go_flow::DeferSite;
use go_syntax::walk::{Descend, Node, for_each_child, walk_function};
use go_syntax::{BranchKind, ExprId, ExprKind, File, FuncId, Span, StmtId, StmtKind};
use go_types::{Callee, LocalId, LocalKind, Object};

use super::anchors::{Test, tests};
use super::lines::{deeper, indent, is_aligned};
use super::names::{is_local, is_predeclared};
use super::release::{is_lent_only, mentions};
use super::{Change, Repair};
use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::locked::follows_lock;
use crate::origin::{Origin, origin, root_local};

/// How control leaves the body of a loop, other than at its end.
#[derive(Default)]
struct Exits {
    continues: Vec<StmtId>,
    returns: Vec<StmtId>,
    /// `break`, and what leads to a loop around.
    leaves: Vec<StmtId>,
    /// In a way that a literal cannot follow.
    other: bool,
}

/// What the literal around a body gives, and what the loop makes of it.
struct Shape {
    /// The line that the literal starts in, without tabs.
    head: String,
    /// The lines after the literal's closing brace, without tabs.
    tail: Vec<String>,
    /// What `continue` becomes, and what comes at the end if control gets there.
    go_on: String,
    /// Whether `go_on` can be left out at the end.
    needs_no_end: bool,
    /// What other statements become.
    changes: Vec<Change>,
}

/// Lets what is deferred run at the end of the iteration of the loop `stmt`: without `defer` where that
/// stands at the end already, in a literal around the body otherwise. What is deferred in a loop that
/// `is_endless` never runs, so nobody holds it for the sake of that.
pub(crate) fn run_each_round(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    stmt: StmtId,
    is_release: bool,
    is_endless: bool,
) -> Option<Repair> {
    let file = cx.file();
    let (StmtKind::For { body, .. } | StmtKind::Range { body, .. }) = file.stmt(stmt).kind else {
        return None;
    };
    let is_last = file.block_stmts(body).last() == Some(&site.stmt);
    let keyword = Span::new(
        file.stmt(site.stmt).span.start,
        file.expr(site.call).span.start,
    );
    let round = round(cx, site, stmt, is_endless)?;
    if is_last && (follows_lock(cx, site.point) || round.is_other || !round.is_own) {
        // Nothing would be left to protect, or somebody still needs it in the next iteration.
        return None;
    }
    if is_last && site.literal.is_none() && !is_aligned(file, keyword.start) {
        return Some(Repair {
            applicability: match is_release {
                true => Applicability::Safe,
                false => Applicability::Unsafe,
            },
            description: "Call it without `defer` at the end of the iteration".to_owned(),
            edits: vec![(keyword, String::new())],
        });
    }
    wrap(cx, site.point.func, stmt, is_release && round.is_own)
        .or_else(|| is_release.then(|| super::by_hand::release(cx, site, stmt))?)
}

/// Wraps the body of the loop `stmt` of the function `func`.
pub(crate) fn wrap(
    cx: &RuleCx<'_>,
    func: FuncId,
    stmt: StmtId,
    is_release: bool,
) -> Option<Repair> {
    let file = cx.file();
    let (StmtKind::For { body, .. } | StmtKind::Range { body, .. }) = file.stmt(stmt).kind else {
        return None;
    };
    let mut exits = Exits::default();
    find_exits(file, Node::Stmt(body), false, false, &mut exits);
    if exits.other || sets_result(cx, func, body) {
        return None;
    }
    let block = file.stmt(body).span;
    let lines = inner_lines(file, block)?;
    let tabs = format!("{}\t", indent(cx, block.end - 1));
    let shape = shape(cx, func, &exits)?;
    let mut inner = shape.changes;
    for &at in &exits.continues {
        inner.push((file.stmt(at).span, shape.go_on.clone()));
    }
    if inner.iter().any(|(span, _)| is_aligned(file, span.start)) {
        return None;
    }
    let text = deeper(cx, Node::Stmt(body), lines, inner)?;
    let end = match shape.needs_no_end || ends_elsewhere(file, body) {
        true => String::new(),
        false => format!("{tabs}\t{}\n", shape.go_on),
    };
    let tail: String = shape
        .tail
        .iter()
        .map(|line| format!("{tabs}{line}\n"))
        .collect();
    let starts = has_go(file, body);
    Some(Repair {
        applicability: if is_release && !starts {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        },
        description: "Wrap the body of the loop in a function literal that is called at once"
            .to_owned(),
        edits: vec![(lines, format!("{tabs}{}\n{text}{end}{tail}", shape.head))],
    })
}

/// Wraps the body of a loop for the sake of a `defer` in it.
pub(crate) fn wrap_for(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    duty: &Duty,
    stmt: StmtId,
    is_endless: bool,
) -> Option<Repair> {
    let file = cx.file();
    let func = site.point.func;
    let within = Span::new(file.stmt(stmt).span.start, file.func(func).span.end);
    let is_of_round = duty
        .subject
        .is_some_and(|subject| matches!(origin(cx, subject, within), Origin::Made(_)));
    let is_release = duty.kind.is_release() && is_of_round;
    run_each_round(cx, site, stmt, is_release, is_endless)
}

/// How what is deferred belongs to an iteration.
struct Round {
    /// Whether what is released is a variable of the iteration, and nothing of it goes on behind that.
    is_own: bool,
    /// Whether the call is none that releases.
    is_other: bool,
}

/// How what `site` defers belongs to an iteration of the loop `stmt`; `None` where it must not end with
/// it: something else that comes with it goes on, or it is held for the sake of being held.
fn round(cx: &RuleCx<'_>, site: &DeferSite<'_>, stmt: StmtId, is_endless: bool) -> Option<Round> {
    let file = cx.file();
    let duty = Duty::of(cx, site);
    let is_other = !duty.kind.is_release();
    let local = duty.subject.and_then(|subject| root_local(cx, subject));
    // What a function releases is one of its arguments, as far as is known.
    let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
    let given = args.iter().filter_map(|&arg| root_local(cx, arg));
    if local
        .into_iter()
        .chain(given)
        .any(|local| goes_on(cx, local, stmt))
    {
        return None;
    }
    let Some(local) = local else {
        return Some(Round {
            is_own: true,
            is_other,
        });
    };
    let within = file.stmt(stmt).span;
    let deferred = file.stmt(site.stmt).span;
    let names = cx.body().names();
    let is_within = |local: LocalId| within.contains(names.local(local).span);
    let mut is_own = is_within(local);
    for other in file.func(cx.root()).stmts.iter() {
        let span = file.stmt(other).span;
        if !within.contains(span) {
            continue;
        }
        match file.stmt(other).kind {
            StmtKind::Go(_) if mentions(cx, Node::Stmt(other), local) => return None,
            StmtKind::Assign { lhs, .. }
                if file
                    .exprs(lhs)
                    .iter()
                    .any(|&target| cx.body().object(target) == Object::Local(local)) =>
            {
                for &target in file.exprs(lhs) {
                    match cx.body().object(target) {
                        Object::Local(other) if other == local => {}
                        Object::Local(other) if is_within(other) => {
                            is_own &= duty.kind != DutyKind::Cancel || is_lent_only(cx, other);
                        }
                        Object::Local(other)
                            if cx.body().is_error(cx.body().type_of_local(other)) => {}
                        Object::Blank => {}
                        _ => return None,
                    }
                }
            }
            _ => {}
        }
    }
    let is_compared = |used: ExprId| {
        let mut exprs = file.func(cx.root()).exprs.iter();
        exprs.any(|expr| match file.expr(expr).kind {
            ExprKind::Binary { x, y, .. } => {
                (x == used || y == used)
                    && [x, y]
                        .map(|side| cx.body().object(side))
                        .contains(&Object::Nil)
            }
            _ => false,
        })
    };
    let is_used = names.uses(local).iter().any(|used| {
        let at = file.expr(used.expr).span;
        within.contains(at)
            && !deferred.contains(at)
            && !names.is_definition(used.expr)
            && !used.role.writes()
            && !is_compared(used.expr)
    });
    let needs_use = !is_endless
        && matches!(
            duty.kind,
            DutyKind::Close | DutyKind::Stop | DutyKind::Remove | DutyKind::Release
        );
    (is_used || !needs_use).then_some(Round { is_own, is_other })
}

/// Whether a variable from outside of the loop `stmt` gets another value in it that somebody needs after
/// the iteration: the next one begins with it, or what comes after the loop does.
fn goes_on(cx: &RuleCx<'_>, local: LocalId, stmt: StmtId) -> bool {
    let file = cx.file();
    let names = cx.body().names();
    let within = file.stmt(stmt).span;
    if within.contains(names.local(local).span) {
        return false;
    }
    let writes = |assign: StmtId| match file.stmt(assign).kind {
        StmtKind::Assign { lhs, .. } if within.contains(file.stmt(assign).span) => {
            let mut targets = file.exprs(lhs).iter();
            targets.any(|&target| cx.body().object(target) == Object::Local(local))
        }
        _ => false,
    };
    let mut stmts = file.func(cx.root()).stmts.iter();
    let Some(first) = stmts.find(|&stmt| writes(stmt)) else {
        return false;
    };
    let written = file.stmt(first).span.end;
    names.uses(local).iter().any(|used| {
        let at = file.expr(used.expr).span.start;
        let is_early = within.start <= at && at < written;
        !used.role.writes() && (is_early || at >= within.end)
    })
}

fn shape(cx: &RuleCx<'_>, func: FuncId, exits: &Exits) -> Option<Shape> {
    if exits.returns.is_empty() && exits.leaves.is_empty() {
        return Some(Shape {
            head: "func() {".to_owned(),
            tail: vec!["}()".to_owned()],
            go_on: "return".to_owned(),
            needs_no_end: true,
            changes: Vec::new(),
        });
    }
    for name in ["error", "nil", "bool", "true", "false"] {
        if !is_predeclared(cx, name) {
            return None;
        }
    }
    if exits.returns.is_empty() {
        return stops(cx, &exits.leaves);
    }
    if let Some(others) = returned_beside(cx, func, &exits.returns) {
        return errors(cx, exits, others);
    }
    if !exits.leaves.is_empty() {
        return None;
    }
    let is_bare = |&stmt: &StmtId| match cx.file().stmt(stmt).kind {
        StmtKind::Return(results) => cx.file().exprs(results).is_empty(),
        _ => false,
    };
    match exits.returns.iter().all(is_bare) {
        true => stops(cx, &exits.returns),
        false => values(cx, func, &exits.returns),
    }
}

/// The literal tells whether to do what all of `leaves` do.
fn stops(cx: &RuleCx<'_>, leaves: &[StmtId]) -> Option<Shape> {
    let file = cx.file();
    let text = same_text(file, leaves)?;
    let name = match text.starts_with("continue") {
        true => "next",
        false => "done",
    };
    Some(Shape {
        head: format!("if {name} := func() bool {{"),
        tail: vec![
            format!("}}(); {name} {{"),
            format!("\t{text}"),
            "}".to_owned(),
        ],
        go_on: "return false".to_owned(),
        needs_no_end: false,
        changes: changes(file, leaves, |_| Some("return true".to_owned()))?,
    })
}

/// The literal returns the error that the loop passes on, with `others` before it, and perhaps whether to
/// do what the `leaves` do.
fn errors(cx: &RuleCx<'_>, exits: &Exits, others: Vec<String>) -> Option<Shape> {
    let file = cx.file();
    let last = |stmt| match file.stmt(stmt).kind {
        StmtKind::Return(results) => Some(file.expr_text(*file.exprs(results).last()?)),
        _ => None,
    };
    let mut passed = others;
    passed.push("err".to_owned());
    let passed = format!("\treturn {}", passed.join(", "));
    if exits.leaves.is_empty() {
        return Some(Shape {
            head: "if err := func() error {".to_owned(),
            tail: vec!["}(); err != nil {".to_owned(), passed, "}".to_owned()],
            go_on: "return nil".to_owned(),
            needs_no_end: false,
            changes: changes(file, &exits.returns, |stmt| {
                Some(format!("return {}", last(stmt)?))
            })?,
        });
    }
    let text = same_text(file, &exits.leaves)?;
    let name = match text.starts_with("continue") {
        true => "next",
        false => "done",
    };
    let mut all = changes(file, &exits.returns, |stmt| {
        Some(format!("return false, {}", last(stmt)?))
    })?;
    all.extend(changes(file, &exits.leaves, |_| {
        Some("return true, nil".to_owned())
    })?);
    Some(Shape {
        head: format!("{name}, err := func() (bool, error) {{"),
        tail: vec![
            "}()".to_owned(),
            "if err != nil {".to_owned(),
            passed,
            "}".to_owned(),
            format!("if {name} {{"),
            format!("\t{text}"),
            "}".to_owned(),
        ],
        go_on: "return false, nil".to_owned(),
        needs_no_end: false,
        changes: all,
    })
}

/// The literal returns whether the function is to return, and what.
fn values(cx: &RuleCx<'_>, func: FuncId, returns: &[StmtId]) -> Option<Shape> {
    const NAMES: [&str; 3] = ["value", "second", "third"];
    let file = cx.file();
    let list = file.sig(file.func(func).sig).results?;
    let fields: Vec<_> = file
        .fields_of(list)
        .iter()
        .map(|field| file.field(field))
        .collect();
    // What has a name may be set elsewhere too.
    if fields
        .iter()
        .any(|field| field.names.iter().next().is_some())
    {
        return None;
    }
    let types: Vec<&str> = fields
        .iter()
        .map(|field| file.expr_text(field.ty))
        .collect();
    let gives_error = types.last() == Some(&"error");
    let plain = types.len() - usize::from(gives_error);
    let mut zeros: Vec<String> = (0..plain)
        .map(|index| super::errors::zero(cx, func, index))
        .collect::<Option<_>>()?;
    if gives_error {
        zeros.push("nil".to_owned());
    }
    let hides = |ty: &str| {
        ty.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| is_local(cx, word))
    };
    if types.iter().any(|ty| ty.contains('\n') || hides(ty)) || plain > NAMES.len() {
        return None;
    }
    let mut names: Vec<&str> = NAMES[..plain].to_vec();
    if gives_error {
        names.push("err");
    }
    let names = names.join(", ");
    Some(Shape {
        head: format!("if done, {names} := func() (bool, {}) {{", types.join(", ")),
        tail: vec![
            "}(); done {".to_owned(),
            format!("\treturn {names}"),
            "}".to_owned(),
        ],
        go_on: format!("return false, {}", zeros.join(", ")),
        needs_no_end: false,
        changes: changes(file, returns, |stmt| {
            let StmtKind::Return(results) = file.stmt(stmt).kind else {
                return None;
            };
            let results = file.exprs(results);
            if results.len() != types.len() {
                return None;
            }
            let texts: Vec<&str> = results.iter().map(|&value| file.expr_text(value)).collect();
            Some(format!("return true, {}", texts.join(", ")))
        })?,
    })
}

fn changes(
    file: &File,
    stmts: &[StmtId],
    text: impl Fn(StmtId) -> Option<String>,
) -> Option<Vec<Change>> {
    let change = |&stmt: &StmtId| Some((file.stmt(stmt).span, text(stmt)?));
    stmts.iter().map(change).collect()
}

/// What all of the statements say, if they say the same.
fn same_text<'a>(file: &'a File, stmts: &[StmtId]) -> Option<&'a str> {
    let (&first, others) = stmts.split_first()?;
    let text = |stmt| file.span_text(file.stmt(stmt).span);
    others
        .iter()
        .all(|&other| text(other) == text(first))
        .then(|| text(first))
}

/// Whether a literal in the body sets a result of the function: the literal around it would return
/// before, and what is returned then would take its place.
fn sets_result(cx: &RuleCx<'_>, func: FuncId, body: StmtId) -> bool {
    let file = cx.file();
    let within = file.stmt(body).span;
    let names = cx.body().names();
    names
        .locals()
        .filter(|(_, local)| local.is_result() && local.func == func)
        .any(|(id, _)| {
            names
                .uses(id)
                .iter()
                .any(|used| used.func != func && within.contains(file.expr(used.expr).span))
        })
}

/// The lines between the braces of a block.
fn inner_lines(file: &File, block: Span) -> Option<Span> {
    let text = file.span_text(block);
    let open = text.find('\n')? + 1;
    let head = text.get(1..open)?.trim();
    let close = text.rfind('\n')? + 1;
    let is_plain = head.is_empty() || head.starts_with("//");
    let closes = text.get(close..)?.trim() == "}";
    (is_plain && closes && open < close).then(|| {
        Some(Span::new(
            block.start + u32::try_from(open).ok()?,
            block.start + u32::try_from(close).ok()?,
        ))
    })?
}

/// Collects how control leaves. `in_loop` and `in_switch`: a `break` or `continue` there belongs to
/// something within.
fn find_exits(file: &File, node: Node, in_loop: bool, in_switch: bool, exits: &mut Exits) {
    let (mut in_loop, mut in_switch) = (in_loop, in_switch);
    match node {
        Node::Func(_) | Node::Expr(_) => return,
        Node::Stmt(stmt) => match file.stmt(stmt).kind {
            StmtKind::Branch { kind, label } => match kind {
                BranchKind::Fallthrough => {}
                BranchKind::Goto => exits.other = true,
                // No label is within: that is not repaired.
                _ if label.is_some() => exits.leaves.push(stmt),
                BranchKind::Break if !in_loop && !in_switch => exits.leaves.push(stmt),
                BranchKind::Continue if !in_loop => exits.continues.push(stmt),
                BranchKind::Break | BranchKind::Continue => {}
            },
            StmtKind::Return(_) => exits.returns.push(stmt),
            StmtKind::Labeled { .. } => exits.other = true,
            StmtKind::For { .. } | StmtKind::Range { .. } => in_loop = true,
            StmtKind::Switch { .. } | StmtKind::TypeSwitch { .. } | StmtKind::Select { .. } => {
                in_switch = true;
            }
            _ => {}
        },
        _ => {}
    }
    for_each_child(file, node, |child| {
        find_exits(file, child, in_loop, in_switch, exits);
    });
}

/// What the `return`s give beside an error that is one for sure: the same plain values each.
fn returned_beside(cx: &RuleCx<'_>, func: FuncId, returns: &[StmtId]) -> Option<Vec<String>> {
    let file = cx.file();
    let mut beside: Option<Vec<String>> = None;
    for &stmt in returns {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            return None;
        };
        let (&last, others) = file.exprs(results).split_last()?;
        if !cx.body().is_error(cx.body().type_of(last)) || !is_error(cx, func, stmt, last) {
            return None;
        }
        let texts: Option<Vec<String>> = others
            .iter()
            .map(|&other| is_plain(cx, other).then(|| file.expr_text(other).to_owned()))
            .collect();
        let texts = texts?;
        if beside.as_ref().is_some_and(|known| *known != texts) {
            return None;
        }
        beside = Some(texts);
    }
    beside
}

/// Whether a value is the same wherever it is written: a literal, `nil`, `true`, or `T{}`.
fn is_plain(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    match file.expr(expr).kind {
        ExprKind::BasicLit(_) => true,
        ExprKind::CompositeLit { elts, .. } => elts.is_empty(),
        ExprKind::Ident => matches!(
            cx.body().object(expr),
            Object::Nil | Object::UniverseConst(_)
        ),
        ExprKind::Unary { x, .. } => matches!(file.expr(x).kind, ExprKind::BasicLit(_)),
        _ => false,
    }
}

/// Whether a returned error cannot be nil: it was made on the spot, or a condition around says so.
pub(super) fn is_error(cx: &RuleCx<'_>, func: FuncId, stmt: StmtId, value: ExprId) -> bool {
    let file = cx.file();
    let value = file.unparen(value);
    if let Some((_, args)) = file.call(value) {
        let made = matches!(
            cx.facts().callee(value),
            Callee::Func {
                package: "fmt",
                name: "Errorf",
                ..
            } | Callee::Func {
                package: "errors",
                name: "New",
                ..
            }
        );
        // `errors.Wrap(err, "…")` is nil for nil, so it is as good as what it is given.
        let wraps = matches!(
            cx.facts().callee(value),
            Callee::Func {
                package: "github.com/pkg/errors",
                name: "Wrap" | "Wrapf" | "WithStack" | "WithMessage",
                ..
            }
        );
        return made
            || wraps
                && args
                    .first()
                    .is_some_and(|&arg| is_error(cx, func, stmt, arg));
    }
    let Object::Local(local) = cx.body().object(value) else {
        return false;
    };
    if matches!(cx.body().names().local(local).kind, LocalKind::Param(_)) {
        return false;
    }
    // The innermost `if` whose first branch the `return` stands in.
    let at = file.stmt(stmt).span;
    file.func(func).stmts.iter().any(|around| {
        let StmtKind::If { cond, body, .. } = file.stmt(around).kind else {
            return false;
        };
        let within = file.stmt(body).span;
        let is_set_between = || {
            cx.facts().var(local).writes.iter().any(|write| {
                write.expr.is_some_and(|expr| {
                    let span = file.expr(expr).span;
                    within.contains(span) && span.start < at.start
                })
            })
        };
        within.contains(at) && tests(cx, cond, local) == Some(Test::IsError) && !is_set_between()
    })
}

/// Whether control plainly does not come to the end of a block.
pub(super) fn ends_elsewhere(file: &File, block: StmtId) -> bool {
    let Some(&last) = file.block_stmts(block).last() else {
        return false;
    };
    match file.stmt(last).kind {
        StmtKind::Return(_) => true,
        StmtKind::Branch { kind, .. } => kind != BranchKind::Fallthrough,
        StmtKind::Block(_) => ends_elsewhere(file, last),
        StmtKind::If {
            body,
            els: Some(els),
            ..
        } => ends_elsewhere(file, body) && ends_in_else(file, els),
        StmtKind::Expr(call) => {
            let called = file.call(file.unparen(call));
            called.is_some_and(|(fun, _)| file.ident(fun) == Some("panic"))
        }
        _ => false,
    }
}

fn ends_in_else(file: &File, els: StmtId) -> bool {
    match file.stmt(els).kind {
        StmtKind::If {
            body,
            els: Some(els),
            ..
        } => ends_elsewhere(file, body) && ends_in_else(file, els),
        StmtKind::Block(_) => ends_elsewhere(file, els),
        _ => false,
    }
}

fn has_go(file: &File, body: StmtId) -> bool {
    let mut found = false;
    walk_function(file, Node::Stmt(body), |node| {
        if let Node::Stmt(stmt) = node {
            found |= matches!(file.stmt(stmt).kind, StmtKind::Go(_));
        }
        Descend::Into
    });
    found
}
