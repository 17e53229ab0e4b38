//! What the rules of the family *release* have in common: each reports the resources of its kind that
//! are left behind.
//!
//! `matters` tells whether anything goes wrong then, `discarded` reports those that nobody takes, `wording`
//! has the words.

mod discarded;
mod matters;
mod wording;

use std::cell::RefCell;

use go_flow::{Class, Fate, Leak, Subject, acquires_by_variable, calls};
use go_syntax::{ExprId, FuncId};
use go_types::PackageCx;
use rustc_hash::FxHashMap;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::deferred::{last_only, too_late};
use crate::fixes;
use crate::rule::RuleMeta;
use crate::rules::rule_by_name;
use crate::story::story;
use discarded::is_thrown_away;

pub(crate) use discarded::report_discarded;
pub(crate) use matters::matters;
pub(crate) use wording::{target, variable, wording};

/// Whether a function calls something that may acquire.
pub(crate) fn may_acquire(package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
    if input.is_test {
        return false;
    }
    let known = package.memo(Acquiring::default);
    if let Some(known) = known.0.borrow().get(&(input.index, func)) {
        return *known;
    }
    let calls = calls(package.file(input.index), func);
    let acquires = calls
        .iter()
        .any(|name| input.models.may_acquire(name) || input.contracts.may_give(name))
        || acquires_by_variable(package, input.models, &calls);
    known.0.borrow_mut().insert((input.index, func), acquires);
    acquires
}

/// Whether functions may acquire: a dozen rules ask it of each.
#[derive(Default)]
struct Acquiring(RefCell<FxHashMap<(u32, FuncId), bool>>);

/// Reports the resources that are left behind of which the rule `meta` speaks.
pub(crate) fn report_leaks(cx: &RuleCx<'_>, meta: &'static RuleMeta) {
    report_leaks_if(cx, meta, |_, _| true);
}

/// Likewise, of those that are `wanted`.
pub(crate) fn report_leaks_if(
    cx: &RuleCx<'_>,
    meta: &'static RuleMeta,
    wanted: impl Fn(&Class, &Leak) -> bool,
) {
    let mut reported = None;
    for leak in &cx.leaks().list {
        let class = cx.models().class(leak.class);
        // Of two ends that one call gives, one is enough to say.
        let again = reported == Some(leak.call);
        let rule = match leak.fate {
            Fate::Unreceived => "left-in-channel",
            Fate::Held
                if leak.in_object
                    && leak.with_error
                    && !class.by_call
                    && !class.is_path
                    && cx.runs("half-built-object") =>
            {
                "half-built-object"
            }
            _ => &*class.rule,
        };
        let mine = *rule == *meta.name && !is_told_elsewhere(cx, class, leak);
        if mine && !again && wanted(class, leak) && matters(cx, class, leak) {
            report(cx, meta, class, leak);
            reported = Some(leak.call);
        }
    }
}

/// Reports the resources whose variable gets another value while they are held, of whatever kind.
pub(crate) fn report_overwritten(cx: &RuleCx<'_>, meta: &'static RuleMeta) {
    for leak in &cx.leaks().list {
        let class = cx.models().class(leak.class);
        let is_last_only =
            || cx.runs("closure-releases-last-only") && last_only(cx, leak).is_some();
        if is_overwritten(class, leak) && !is_last_only() && matters(cx, class, leak) {
            report(cx, meta, class, leak);
        }
    }
}

/// What `overwritten-before-release` tells: functions that are to be called, channels that nobody can
/// release, and what comes from a pool stay with their own rules.
fn is_overwritten(class: &Class, leak: &Leak) -> bool {
    leak.fate == Fate::Overwritten
        && leak.subject == Subject::Result
        && !class.by_call
        && !class.noun.ends_with("channel")
        && *class.rule != *"pool-item-not-returned"
        && rule_by_name(&class.rule).is_some()
}

/// Whether of the timer or ticker that a call gives only the channel is taken: `time.NewTimer(d).C`.
pub(crate) fn is_only_channel(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let file = cx.file();
    file.func(cx.root())
        .exprs
        .iter()
        .any(|expr| matches!(file.selector(expr), Some((x, "C")) if file.unparen(x) == call))
}

/// Whether a rule that runs too tells more of it: that nobody takes it, that its variable gets
/// another value, or that there is a `defer` for it at the wrong place.
fn is_told_elsewhere(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> bool {
    (cx.runs("overwritten-before-release") && is_overwritten(class, leak))
        || (cx.runs("discarded-resource") && is_thrown_away(cx, class, leak))
        || (cx.runs("defer-too-late") && too_late(cx, leak).is_some())
        || (cx.runs("closure-releases-last-only") && last_only(cx, leak).is_some())
}

fn report(cx: &RuleCx<'_>, meta: &'static RuleMeta, class: &Class, leak: &Leak) {
    let file = cx.file();
    let span = file.expr(leak.call).span;
    let call = cx.call_snippet(leak.call);
    let noun = match variable(cx, leak) {
        Some(name) => format!("{} `{name}`", class.noun),
        None => class.noun.to_string(),
    };
    let (done, how) = wording(cx, class, leak);
    let (it, is) = if class.noun.ends_with("rows") {
        ("they", "are")
    } else {
        ("it", "is")
    };
    let message = match leak.fate {
        Fate::Held if meta.name == "half-built-object" => {
            format!(
                "the {noun} that `{call}` gives is dropped with the object that holds it, and {is} not {done}, when the rest of the construction fails"
            )
        }
        _ if leak.subject == Subject::Global => {
            format!("what `{call}` starts is not {done} on every path")
        }
        Fate::Overwritten if leak.subject != Subject::Result => {
            format!("the {noun} {is} overwritten before {it} {is} {done}")
        }
        _ if leak.subject != Subject::Result && leak.otherwise_fine => {
            format!("the {noun} {is} not {done} on every path")
        }
        _ if leak.subject != Subject::Result => {
            format!("the {noun} {is} never {done}")
        }
        Fate::Discarded => {
            format!("nothing holds the {noun} that `{call}` gives, so {it} {is} never {done}")
        }
        Fate::Unreceived => {
            format!(
                "the {noun} that `{call}` gives stays in the channel, and {is} never {done}, when the receiver takes another case"
            )
        }
        Fate::Overwritten if leak.otherwise_fine => {
            format!(
                "the {noun} that `{call}` gives {is} overwritten on one path before {it} {is} {done}"
            )
        }
        Fate::Overwritten => {
            format!("the {noun} that `{call}` gives {is} overwritten before {it} {is} {done}")
        }
        _ if leak.otherwise_fine => {
            format!("the {noun} that `{call}` gives {is} not {done} on every path")
        }
        _ => format!("the {noun} that `{call}` gives {is} never {done}"),
    };
    let message = match &*leak.why {
        "" => message,
        "goroutine" => format!("{message}, and its goroutine goes on"),
        what => format!("{message}, with the {what} in it"),
    };
    let mut finding = cx
        .report(meta, span, message)
        .help(how)
        .repair(fixes::release::repair(cx, class, leak));
    for (span, text) in story(cx, &leak.hops) {
        finding = finding.related(span, text);
    }
    let end = match leak.fate {
        Fate::Overwritten => Some("another value takes its place here".to_owned()),
        Fate::Held => Some(format!("the function ends here, and it is not {done}")),
        Fate::Unreceived => Some("it is sent here, and nobody may receive it".to_owned()),
        _ => None,
    };
    if let Some(text) = end
        && let Some(span) = cx.facts().cfg(leak.at.func).span_of_node(leak.at.node)
    {
        finding.related(span, text);
    }
}
