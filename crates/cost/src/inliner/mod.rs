//! Which calls the compiler replaces with the body of the function that is called.
//!
//! That matters to defers in three ways. What is put in place ends with a label, so that code after it
//! counts as reached even when nothing reaches the call. A label in it that is jumped back to makes a loop of the
//! rest of the block around the call. And a loop over a function with a `defer` in it may come along.
//!
//! Whether a function is short enough is the compiler's own count of nodes, redone on the syntax
//! ([`price`]). Only functions of the package are looked at.

mod price;

use std::cell::RefCell;
use std::rc::Rc;

use go_syntax::walk::{Descend, Node, walk_function};
use go_syntax::{ExprId, ExprKind, File, FuncId, Span, StmtId, StmtKind};
use go_types::{
    Body, Init, LocalId, LocalKind, MemberKind, Object, PackageCx, Role, Selection, Type,
};
use rustc_hash::FxHashMap;

use crate::build::Build;
use crate::lower::lower;
use crate::passes::looping_labels;
use crate::tree::{Stmt, each_list};

/// The most that a function may cost that is put in place of its calls.
const BUDGET: u32 = 80;
/// The same for a literal that is called once, since 1.24.
const CALLED_ONCE: u32 = 800;

/// A function that is put in place of its calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Short {
    pub(crate) cost: u32,
    /// Whether a label in its outermost block is jumped back to.
    pub(crate) jumps_back: bool,
    /// A `defer` in a loop over a function within it.
    pub(crate) range_defer: Option<StmtId>,
    /// The calls of its parameters.
    pub(crate) calls: Vec<ParamCall>,
}

/// A call of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ParamCall {
    /// Which.
    pub(crate) index: usize,
    /// Whether it stands in the outermost block.
    pub(crate) outermost: bool,
}

/// A function or literal of the package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    pub(crate) file: u32,
    pub(crate) func: FuncId,
    /// A literal that is called at this place only.
    once: bool,
}

/// What is known of the functions of a package, by file, function and release. `None` while a function is looked
/// at: one that calls itself is not put in place.
#[derive(Default)]
struct Known(RefCell<FxHashMap<(u32, FuncId, u32), Found>>);

type Found = Option<Rc<Short>>;

/// What becomes of a call in the function `caller` whose function is given by the expression `fun`;
/// nothing when it stays a call.
pub(crate) fn inlined(
    body: &Body<'_>,
    build: &Build,
    caller: FuncId,
    fun: ExprId,
) -> Option<(Target, Rc<Short>)> {
    let target = target(body, caller, fun)?;
    if (target.file, target.func) == (body.file_index(), caller) {
        return None;
    }
    let cx = body.cx();
    let is_literal = cx.file(target.file).func(target.func).parent.is_some();
    let short = if is_literal {
        short(body, build, target.func)?
    } else {
        short_declared(cx, build, target.file, target.func)?
    };
    let most = match (is_literal && build.inlines_literals_freely(), target.once) {
        (false, _) => BUDGET,
        (true, false) => 2 * BUDGET,
        (true, true) => CALLED_ONCE,
    };
    (short.cost <= most).then_some((target, short))
}

/// What is known of a declared function of the package, if it is short.
pub(crate) fn short_declared(
    cx: &PackageCx<'_>,
    build: &Build,
    file: u32,
    func: FuncId,
) -> Option<Rc<Short>> {
    let known = known(cx);
    if let Some(short) = known.0.borrow().get(&(file, func, build.minor)) {
        return short.clone();
    }
    short(&Body::new(cx, file, func), build, func)
}

fn known(cx: &PackageCx<'_>) -> Rc<Known> {
    cx.memo(Known::default)
}

/// What is known of the function or literal `func` of a body, if it is short.
pub(crate) fn short(body: &Body<'_>, build: &Build, func: FuncId) -> Option<Rc<Short>> {
    let known = known(body.cx());
    let key = (body.file_index(), func, build.minor);
    if let Some(short) = known.0.borrow().get(&key) {
        return short.clone();
    }
    known.0.borrow_mut().insert(key, None);
    let short = look(body, build, func).map(Rc::new);
    known.0.borrow_mut().insert(key, short.clone());
    short
}

fn look(body: &Body<'_>, build: &Build, func: FuncId) -> Option<Short> {
    let file = body.file();
    let node = file.func(func);
    node.body?;
    let literal = node.parent.is_some();
    if !literal && is_noinline(file, func) {
        return None;
    }
    let budget = if literal && build.inlines_literals_freely() {
        CALLED_ONCE
    } else {
        BUDGET
    };
    // Nothing that long is short, whatever is dropped of it.
    let text = node.span.end - node.span.start;
    if text > budget * 400 {
        return None;
    }
    let mut dropped = Vec::new();
    let list = lower(body, build, func, &mut dropped);
    let cost = price::price(body, build, func, &dropped, budget)?;
    Some(Short {
        cost,
        jumps_back: jumps_back(&list),
        range_defer: range_defer(&list),
        calls: called_parameters(body, func),
    })
}

/// Whether `//go:noinline` stands in front of a function.
fn is_noinline(file: &File, func: FuncId) -> bool {
    let start = file.func(func).span.start as usize;
    let before = file.text().get(..start).unwrap_or_default();
    let mut directives = before.lines().rev();
    directives
        .by_ref()
        .take_while(|line| line.starts_with("//"))
        .any(|line| line.trim_end() == "//go:noinline")
}

/// Whether what follows in the same block stands in a loop.
fn jumps_back(list: &[Stmt<'_>]) -> bool {
    fn visit(list: &[Stmt<'_>], is_looping: &dyn Fn(&str) -> bool) -> bool {
        list.iter().any(|stmt| match stmt {
            Stmt::Label(name) => is_looping(name),
            Stmt::Inlined { jumps_back, .. } => *jumps_back,
            Stmt::Block(body) => visit(body, is_looping),
            _ => false,
        })
    }
    let looping = looping_labels(list);
    visit(list, &|name| looping.contains(name))
}

fn range_defer(list: &[Stmt<'_>]) -> Option<StmtId> {
    list.iter().find_map(|stmt| match stmt {
        Stmt::RangeFunc(range) => range.defers,
        Stmt::Inlined { range_defer, .. } => *range_defer,
        _ => {
            let mut found = None;
            each_list(stmt, &mut |inner| found = found.or(range_defer(inner)));
            found
        }
    })
}

/// The calls of its parameters that a function makes itself.
fn called_parameters(body: &Body<'_>, func: FuncId) -> Vec<ParamCall> {
    let file = body.file();
    let Some(block) = file.func(func).body else {
        return Vec::new();
    };
    let mut params: Vec<Option<LocalId>> = Vec::new();
    for field in file.fields_of(file.sig(file.func(func).sig).params).iter() {
        let names = file.field(field).names;
        params.extend(names.iter().map(|name| body.names().declared(name)));
    }
    let mut calls = Vec::new();
    let mut lists = vec![file.block_stmts(block)];
    while let Some(list) = lists.pop() {
        for &stmt in list {
            let outermost = match file.stmt(stmt).kind {
                StmtKind::Block(inner) => {
                    lists.push(file.stmts(inner));
                    continue;
                }
                StmtKind::If { .. }
                | StmtKind::For { .. }
                | StmtKind::Range { .. }
                | StmtKind::Switch { .. }
                | StmtKind::TypeSwitch { .. }
                | StmtKind::Select { .. } => false,
                _ => true,
            };
            walk_function(file, Node::Stmt(stmt), |node| {
                if let Node::Expr(expr) = node
                    && let Some((fun, _)) = file.call(expr)
                    && let Object::Local(local) = body.object(file.unparen(fun))
                    && let Some(index) = params.iter().position(|param| *param == Some(local))
                {
                    calls.push(ParamCall { index, outermost });
                }
                Descend::Into
            });
        }
    }
    calls
}

/// Whether the body of a loop over a function is put in place of its call, in the function that the loop is over,
/// and makes a loop of what follows there.
pub(crate) fn loops_as_body(
    body: &Body<'_>,
    build: &Build,
    caller: FuncId,
    (over, block): (ExprId, StmtId),
    list: &[Stmt<'_>],
    dropped: &[Span],
) -> bool {
    if !jumps_back(list) {
        return false;
    }
    let Some((_, short)) = inlined(body, build, caller, over) else {
        return false;
    };
    if !short
        .calls
        .iter()
        .any(|call| call.index == 0 && call.outermost)
    {
        return false;
    }
    let most = match (build.inlines_literals_freely(), short.calls.len()) {
        (false, _) => BUDGET,
        (true, 1) => CALLED_ONCE,
        (true, _) => 2 * BUDGET,
    };
    price::price_body(body, build, caller, block, dropped, most).is_some()
}

/// The function that an expression in `caller` stands for, when there can be only one.
pub(crate) fn target(body: &Body<'_>, caller: FuncId, fun: ExprId) -> Option<Target> {
    let file = body.file();
    let fun = file.unparen(fun);
    let of = |file, func| Target {
        file,
        func,
        once: false,
    };
    match file.expr(fun).kind {
        // One of another function brings its variables along, which the compiler does not do.
        ExprKind::FuncLit(func) => (file.func(func).parent == Some(caller)).then_some(Target {
            once: true,
            ..of(body.file_index(), func)
        }),
        ExprKind::Index { x, .. } => target(body, caller, x),
        ExprKind::Ident => match body.object(fun) {
            Object::Local(local) => {
                let value = only_value(body, local)?;
                let once = body.names().uses(local).len() == 1;
                target(body, caller, value).map(|target| Target { once, ..target })
            }
            Object::Member(member) => {
                let member = body.cx().names().member(member);
                match member.kind {
                    MemberKind::Func(func) => Some(of(member.file, func)),
                    _ => None,
                }
            }
            _ => None,
        },
        ExprKind::Selector { x, sel } => {
            if matches!(body.object(x), Object::Package(_)) || body.denotes_type(x) {
                return None;
            }
            let name = file.span_text(sel);
            let Selection::Method { owner, .. } = body.selection(body.type_of(x), name)? else {
                return None;
            };
            let Type::Named { name: owner, .. } = body.cx().ty(owner) else {
                return None;
            };
            let owner = body.cx().named(owner);
            let names = body.cx().names();
            // Types within functions have no methods of their own.
            if owner.package != *names.path() {
                return None;
            }
            let method = names.method(names.lookup_method(&owner.name, name)?);
            Some(of(method.file, method.func))
        }
        _ => None,
    }
}

/// The only value that a local variable ever has.
pub(crate) fn only_value(body: &Body<'_>, id: LocalId) -> Option<ExprId> {
    let names = body.names();
    let LocalKind::Var {
        init: Init::Value(value),
        ..
    } = names.local(id).kind
    else {
        return None;
    };
    let changes = names.uses(id).iter().any(|used| used.role != Role::Read);
    (!changes).then_some(value)
}
