//! What a deferred call is for, as far as its name tells: messages of several rules say what stays
//! open, locked or running as long as it has not run.
//!
//! Names are good enough for words in a message. Nothing that decides whether something is reported
//! may rest on them alone.

use go_flow::{DeferSite, LockOp};
use go_syntax::{ExprId, ExprKind};
use go_types::{Builtin, Callee};

use crate::cx::RuleCx;

/// What kind of thing is put in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DutyKind {
    /// A lock is given back.
    Unlock(LockOp),
    /// A file, connection or the like is closed.
    Close,
    /// A channel is closed.
    CloseChannel,
    /// A context is cancelled.
    Cancel,
    /// A wait group is counted down.
    Done,
    /// A timer, server, span… is stopped.
    Stop,
    /// A transaction is rolled back.
    Rollback,
    /// A file or folder is removed.
    Remove,
    /// Something else is given back.
    Release,
    /// A panic is caught.
    Recover,
    /// No name that says so.
    Other,
}

impl DutyKind {
    /// Whether something is given back that is scarce, or that others wait for.
    pub(crate) const fn is_release(self) -> bool {
        !matches!(self, Self::Recover | Self::Other)
    }

    /// What is the case as long as the calls that `rounds` have deferred (`every iteration`) have
    /// not run.
    pub(crate) fn piles_up(self, rounds: &str) -> String {
        match self {
            Self::Unlock(_) => format!("the locks that {rounds} takes stay locked"),
            Self::Close => format!("what {rounds} opens stays open"),
            Self::CloseChannel => format!("the channels of {rounds} are not closed"),
            Self::Cancel => format!("the contexts of {rounds} stay alive"),
            Self::Done => format!("{rounds} counts as not done"),
            Self::Stop => format!("what {rounds} starts keeps running"),
            Self::Rollback => format!("the transactions of {rounds} stay open"),
            Self::Remove => format!("what {rounds} creates stays there"),
            Self::Release => format!("what {rounds} takes is not given back"),
            Self::Recover => "a panic ends the loop all the same".to_owned(),
            Self::Other => format!("the calls of {rounds} pile up"),
        }
    }
}

/// What a deferred call does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duty {
    /// The kind of duty.
    pub(crate) kind: DutyKind,
    /// The call that does it: the deferred one, or one in the deferred literal.
    pub(crate) call: ExprId,
    /// What it is done to: the receiver, the function variable that is called, the first argument.
    pub(crate) subject: Option<ExprId>,
}

impl Duty {
    /// What the deferred call of `site` does.
    pub(crate) fn of(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Self {
        let Some(literal) = site.literal else {
            return Self::of_call(cx, site.call);
        };
        let facts = cx.facts();
        let mut in_literal = facts
            .calls_of(literal)
            .iter()
            .map(|call| Self::of_call(cx, call.call));
        let release = in_literal.find(|duty| duty.kind.is_release());
        release.unwrap_or_else(|| {
            let recovers = facts
                .recovers()
                .iter()
                .any(|recover| recover.point.func == literal);
            let kind = if recovers {
                DutyKind::Recover
            } else {
                DutyKind::Other
            };
            Self {
                kind,
                call: site.call,
                subject: None,
            }
        })
    }

    fn of_call(cx: &RuleCx<'_>, call: ExprId) -> Self {
        let file = cx.file();
        let args = file.call(call).map_or(&[][..], |(_, args)| args);
        let first = args.first().copied();
        let (kind, subject) = match cx.facts().callee(call) {
            Callee::Selected { x, name } => match LockOp::from_name(name) {
                Some(op) if !op.acquires() && args.is_empty() => (DutyKind::Unlock(op), Some(x)),
                // `wg.Add(-1)`, and counters of what is going on.
                _ if name == "Add"
                    && first.is_some_and(|arg| file.expr_text(arg).starts_with('-')) =>
                {
                    (DutyKind::Done, Some(x))
                }
                _ => (kind_of_name(name), Some(x)),
            },
            Callee::Builtin(Builtin::Close) => (DutyKind::CloseChannel, first),
            Callee::Func {
                package: "os",
                name: "Remove" | "RemoveAll",
                ..
            } => (DutyKind::Remove, first.map(|first| named_by(cx, first))),
            Callee::Func { name, .. } => (kind_of_name(name), first),
            Callee::Var(_) | Callee::MemberVar(_) => {
                let fun = file.call(call).map(|(fun, _)| file.unparen(fun));
                let name = fun.filter(|&fun| matches!(file.expr(fun).kind, ExprKind::Ident));
                (
                    name.map_or(DutyKind::Other, |name| kind_of_name(file.expr_text(name))),
                    fun,
                )
            }
            _ => (DutyKind::Other, None),
        };
        Self {
            kind,
            call,
            subject,
        }
    }
}

/// What `expr` is the name of: `f` for `f.Name()`, else itself.
fn named_by(cx: &RuleCx<'_>, expr: ExprId) -> ExprId {
    let file = cx.file();
    match file.call(file.unparen(expr)) {
        Some((fun, [])) => file.selector(file.unparen(fun)).map_or(expr, |(x, _)| x),
        _ => expr,
    }
}

/// What a method, function or function variable with this name does.
fn kind_of_name(name: &str) -> DutyKind {
    let lower = name.to_ascii_lowercase();
    let one_of = |names: &[&str]| names.contains(&lower.as_str());
    if lower.starts_with("close") || lower.ends_with("close") || one_of(&["shutdown", "disconnect"])
    {
        DutyKind::Close
    } else if lower.starts_with("cancel") || lower.ends_with("cancel") {
        DutyKind::Cancel
    } else if one_of(&["done"]) {
        DutyKind::Done
    } else if one_of(&["stop", "end", "finish"]) || lower.starts_with("stop") {
        DutyKind::Stop
    } else if lower.starts_with("rollback") {
        DutyKind::Rollback
    } else if [
        "unlock", "release", "free", "cleanup", "teardown", "restore", "unmount", "destroy",
    ]
    .iter()
    .any(|word| lower.starts_with(word))
        || one_of(&["put", "unref", "decref"])
    {
        DutyKind::Release
    } else {
        DutyKind::Other
    }
}
