//! What deferred calls release, and which of them come too late.

use go_flow::{ClassId, DeferSite, Fate, Gives, Leak, Place, Projection, Value, Visit};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, FuncId, StmtId};
use go_types::{Callee, LocalId};

use crate::cx::RuleCx;
use crate::release::target;

/// A release that a deferred call makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Release<'a> {
    /// The call that releases: the deferred one, or one in the deferred literal.
    pub(crate) call: ExprId,
    /// The variable that holds what is released, or that is called.
    pub(crate) local: LocalId,
    /// The field of the variable that is released; empty for the variable itself.
    pub(crate) field: &'a str,
    /// The method; empty when the variable is called.
    pub(crate) method: &'a str,
    /// Whether the deferred call always makes it.
    pub(crate) always: bool,
}

impl Release<'_> {
    /// What it is that is released: by its type, or anything with a `Close`.
    pub(crate) fn class(&self, cx: &RuleCx<'_>) -> Option<ClassId> {
        if self.method.is_empty() {
            return None;
        }
        let class = match self.field {
            "" => cx
                .facts()
                .class_of(cx.models(), cx.body().type_of_local(self.local)),
            _ => None,
        };
        let class = class.unwrap_or(ClassId::CLOSER);
        let mut methods = cx.models().class(class).release.iter();
        methods.any(|name| **name == *self.method).then_some(class)
    }
}

/// What the deferred call of `site` releases, as its methods are called.
pub(crate) fn releases<'a>(cx: &RuleCx<'a>, site: &DeferSite<'a>) -> Vec<Release<'a>> {
    let Some(literal) = site.literal else {
        return release(cx, site.call, true).into_iter().collect();
    };
    let calls = cx.facts().calls_of(literal).iter();
    calls
        .filter_map(|call| release(cx, call.call, is_always_made(cx, literal, call.call)))
        .collect()
}

fn release<'a>(cx: &RuleCx<'a>, call: ExprId, always: bool) -> Option<Release<'a>> {
    match cx.facts().callee(call) {
        Callee::Selected { x, name } => {
            let place = Place::of_operand(cx.body(), x)?;
            let field = match *place.path {
                [] => "",
                [Projection::Field(field)] => field,
                _ => return None,
            };
            Some(Release {
                call,
                local: place.local()?,
                field,
                method: name,
                always,
            })
        }
        Callee::Var(local) => Some(Release {
            call,
            local,
            field: "",
            method: "",
            always,
        }),
        _ => None,
    }
}

/// Whether every way through a literal comes by a call in it.
fn is_always_made(cx: &RuleCx<'_>, literal: FuncId, call: ExprId) -> bool {
    let Some(point) = cx.facts().point_of_expr(call) else {
        return false;
    };
    let cfg = cx.facts().cfg(literal);
    point.func == literal
        && cfg
            .search([cfg.entry()], |node| match node {
                _ if node == point.node => Visit::Skip,
                _ if node == cfg.exit() => Visit::Stop,
                _ => Visit::Continue,
            })
            .is_none()
}

/// The call that gives `local` its value at a `defer`, and which of its results that is.
pub(crate) fn source(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    local: LocalId,
) -> Option<(ExprId, u32)> {
    let definition = cx.facts().definitions(site.point, local).single()?;
    if definition.point.func != site.point.func {
        return None;
    }
    made_by(cx, definition.value)
}

/// The call that a value comes from, and which of its results it is.
pub(crate) fn made_by(cx: &RuleCx<'_>, value: Value) -> Option<(ExprId, u32)> {
    let (expr, index) = match value {
        Value::Expr(expr) => (expr, 0),
        Value::Element { expr, index, .. } => (expr, index),
        _ => return None,
    };
    let call = cx.file().unparen(expr);
    cx.file().call(call)?;
    match cx.facts().callee(call) {
        Callee::Func { .. } | Callee::Selected { .. } => Some((call, index)),
        _ => None,
    }
}

/// How what `release` releases is left behind elsewhere, when no model and no contract tells that
/// `call` gives it: the `defer` tells.
pub(crate) fn leak_by_defer(
    cx: &RuleCx<'_>,
    release: &Release<'_>,
    (call, result): (ExprId, u32),
) -> Option<Leak> {
    let contract = cx.facts().call_contract(cx.models(), cx.contracts(), call);
    if !contract.contract.gives.is_empty() {
        return None;
    }
    // Start closes these when it fails, and Wait otherwise.
    if let Callee::Selected { name, .. } = cx.facts().callee(call)
        && matches!(name, "StdinPipe" | "StdoutPipe" | "StderrPipe")
    {
        return None;
    }
    let gives = Gives {
        subject: go_flow::Subject::Result,
        why: "".into(),
        result,
        class: release.class(cx)?,
        field: release.field.into(),
        unless_error: true,
    };
    let leak = cx
        .facts()
        .leak_of(cx.models(), cx.contracts(), call, &gives)?;
    (!is_started_on(cx, &leak, release.local)).then_some(leak)
}

/// Methods after which there is something to close.
const STARTING: [&str; 14] = [
    "Open",
    "Start",
    "Connect",
    "Init",
    "Initialize",
    "Listen",
    "Dial",
    "Begin",
    "Login",
    "Setup",
    "SetUp",
    "Run",
    "Bind",
    "Load",
];

/// Whether the path starts what a variable holds: when that fails, there is nothing to release.
fn is_started_on(cx: &RuleCx<'_>, leak: &Leak, local: LocalId) -> bool {
    let on_path = |site: &go_flow::CallSite| {
        site.point == leak.at || leak.hops.iter().any(|hop| hop.point == site.point)
    };
    cx.facts()
        .calls_of(leak.point.func)
        .iter()
        .filter(|site| on_path(site))
        .any(|site| match cx.facts().callee(site.call) {
            Callee::Selected { x, name } => {
                STARTING.iter().any(|verb| name.starts_with(verb))
                    && Place::of_operand(cx.body(), x)
                        .is_some_and(|place| place.local() == Some(local))
            }
            _ => false,
        })
}

/// The `defer` that would have released what a path leaves behind, had that not returned before.
pub(crate) fn too_late(cx: &RuleCx<'_>, leak: &Leak) -> Option<StmtId> {
    let defer = leak.deferred?;
    if leak.fate != Fate::Held || leak.at.func != leak.point.func {
        return None;
    }
    let file = cx.file();
    let end = cx.facts().cfg(leak.at.func).span_of_node(leak.at.node)?;
    let acquired = file.expr(leak.call).span;
    let starts = [acquired.start, end.start, file.stmt(defer).span.start];
    let is_between = starts.is_sorted() && leak.at.node != leak.point.node;
    (is_between && is_for(cx, leak, defer)).then_some(defer)
}

/// Whether a `defer` is for the variable that takes the resource, and not for something around it.
fn is_for(cx: &RuleCx<'_>, leak: &Leak, defer: StmtId) -> bool {
    let Some(target) = target(cx, leak) else {
        return false;
    };
    let Some(local) = Place::of_operand(cx.body(), target).and_then(|place| place.local()) else {
        return false;
    };
    let mut found = false;
    walk(cx.file(), Node::Stmt(defer), |node| {
        if let Node::Expr(expr) = node {
            found |= cx.body().names().local_of(expr) == Some(local);
        }
        Descend::Into
    });
    found
}

/// The `defer` outside of a loop whose literal releases only the last of what a loop acquires.
pub(crate) fn last_only(cx: &RuleCx<'_>, leak: &Leak) -> Option<StmtId> {
    let defer = leak.deferred?;
    if leak.fate != Fate::Overwritten || leak.at != leak.point {
        return None;
    }
    let cfg = cx.facts().cfg(leak.point.func);
    let site = cx.facts().defers().iter().find(|site| site.stmt == defer)?;
    site.literal?;
    let mut loops = cfg.loops_of_node(leak.point.node).into_iter();
    loops
        .any(|lp| !cfg.is_in_loop(site.point.node, lp))
        .then_some(defer)
}
