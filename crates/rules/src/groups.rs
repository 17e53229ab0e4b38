//! Calls of the methods of a `sync.WaitGroup`, and which group they are about: shared by the rules
//! about wait groups.

use go_flow::{CallMode, FunctionFacts, Place, Point};
use go_syntax::{ExprId, ExprKind, File, LitKind};
use go_types::{Body, Callee, LocalId};

/// A method of `sync.WaitGroup`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GroupOp {
    Add,
    Done,
    Wait,
    /// `wg.Go(f)`: counts, starts and counts down by itself.
    Go,
}

/// A call of such a method.
#[derive(Clone, Debug)]
pub(crate) struct GroupCall<'a> {
    pub(crate) call: ExprId,
    pub(crate) point: Point,
    pub(crate) mode: CallMode,
    pub(crate) op: GroupOp,
    /// The operand: `s.wg` in `s.wg.Add(1)`.
    pub(crate) operand: ExprId,
    /// The wait group.
    pub(crate) place: Place<'a>,
}

/// All calls of `Add`, `Done`, `Wait` and `Go` in a function and its literals.
pub(crate) fn group_calls<'a>(facts: &FunctionFacts<'a>) -> Vec<GroupCall<'a>> {
    let group_call = |site: &go_flow::CallSite| {
        let Callee::Selected { x, name } = facts.callee(site.call) else {
            return None;
        };
        let op = match name {
            "Add" => GroupOp::Add,
            "Done" => GroupOp::Done,
            "Wait" => GroupOp::Wait,
            "Go" => GroupOp::Go,
            _ => return None,
        };
        let place = Place::of_operand(facts.body(), x)?;
        let is_group = facts
            .body()
            .is_method_call(site.call, "sync", "WaitGroup", name);
        is_group.then_some(GroupCall {
            call: site.call,
            point: site.point,
            mode: site.mode,
            op,
            operand: x,
            place,
        })
    };
    facts.calls().iter().filter_map(group_call).collect()
}

/// The number that an `Add` adds, when it is written as a number.
pub(crate) fn constant_of(facts: &FunctionFacts<'_>, add: &GroupCall<'_>) -> Option<i64> {
    let file = facts.file();
    let (_, &[arg]) = file.call(add.call)? else {
        return None;
    };
    let arg = file.unparen(arg);
    match file.expr(arg).kind {
        ExprKind::BasicLit(LitKind::Int) => file.expr_text(arg).parse().ok(),
        ExprKind::Unary {
            op: go_syntax::UnaryOp::Neg,
            x,
        } => file.expr_text(x).parse::<i64>().ok().map(|n| -n),
        _ => None,
    }
}

/// Whether `local` is a wait group of this function that nobody else can know: it is declared here
/// as a value, and all that is done to it is calling its methods.
pub(crate) fn is_private(
    facts: &FunctionFacts<'_>,
    local: LocalId,
    calls: &[GroupCall<'_>],
) -> bool {
    let body: &Body<'_> = facts.body();
    let declared = body.names().local(local);
    if !declared.is_var() || declared.is_param() || declared.is_result() {
        return false;
    }
    if !body.is_named(body.type_of_local(local), "sync", "WaitGroup") {
        return false;
    }
    let file = facts.file();
    body.names().uses(local).iter().all(|mention| {
        let span = file.expr(mention.expr).span;
        calls
            .iter()
            .any(|call| file.expr(call.operand).span.contains(span))
    })
}

/// Whether a file imports a package: cheap, and false for most files.
pub(crate) fn imports(file: &File, path: &str) -> bool {
    file.imports().any(|import| {
        file.import_path(import)
            .is_some_and(|imported| imported == path)
    })
}
