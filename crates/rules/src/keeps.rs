//! Where values go, seen from a loop or block: does something outside keep what is made there?
//!
//! The answers are rough and lean one way: in doubt a value is kept, so that rules stay silent.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{AssignOp, ExprId, ExprKind, Span, SpecKind, StmtId, StmtKind, UnaryOp};
use go_types::{Basic, Builtin, Callee, LocalId, Type, TypeId};

use crate::cx::RuleCx;
use crate::origin::{root_local, starts_within};

/// What has to be kept for a value to stay in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carrier {
    /// The value itself, or something that wraps it.
    Wrapper,
    /// Anything derived from it: the name of a file is enough to use the file.
    Anything,
}

/// Whether the value that `local` has in the statement `block` may be kept by something that lives
/// longer: assigned or appended to what is declared outside of `within`, sent, returned, handed to
/// a method that stores it, to a function that `go` starts, or to C.
pub(crate) fn is_kept(
    cx: &RuleCx<'_>,
    local: LocalId,
    block: StmtId,
    within: Span,
    carrier: Carrier,
) -> bool {
    let keeping = Keeping { cx, carrier };
    let flows = keeping.flows(block);
    let is_inside = |local| starts_within(cx.body().names().local(local).span, within);
    let mut holders = vec![local];
    loop {
        let before = holders.len();
        for flow in &flows {
            if !flow
                .values
                .iter()
                .any(|&value| keeping.carries(value, &holders))
            {
                continue;
            }
            match flow.to {
                Target::Local(local) if is_inside(local) => {
                    if !holders.contains(&local) {
                        holders.push(local);
                    }
                }
                Target::Local(to) if to == local => {}
                Target::Local(_) | Target::Elsewhere => return true,
            }
        }
        if holders.len() == before {
            return false;
        }
    }
}

/// Values that go somewhere.
struct Flow {
    values: Vec<ExprId>,
    to: Target,
}

enum Target {
    Local(LocalId),
    Elsewhere,
}

struct Keeping<'k, 'a> {
    cx: &'k RuleCx<'a>,
    carrier: Carrier,
}

impl Keeping<'_, '_> {
    /// All flows in a statement, function literals in it included.
    fn flows(&self, block: StmtId) -> Vec<Flow> {
        let file = self.cx.file();
        let names = self.cx.body().names();
        let mut flows = Vec::new();
        walk(file, Node::Stmt(block), |node| {
            match node {
                Node::Stmt(stmt) => self.flows_of_stmt(stmt, &mut flows),
                Node::Spec(spec) => {
                    if let SpecKind::Value {
                        names: declared,
                        values,
                        ..
                    } = file.spec(spec).kind
                    {
                        let values = file.exprs(values);
                        for local in declared.iter().filter_map(|name| names.declared(name)) {
                            flows.push(Flow {
                                values: values.to_vec(),
                                to: Target::Local(local),
                            });
                        }
                    }
                }
                Node::Expr(call) => self.flow_of_call(call, &mut flows),
                _ => {}
            }
            Descend::Into
        });
        flows
    }

    fn flows_of_stmt(&self, stmt: StmtId, flows: &mut Vec<Flow>) {
        let file = self.cx.file();
        let mut elsewhere = |values: &[ExprId]| {
            flows.push(Flow {
                values: values.to_vec(),
                to: Target::Elsewhere,
            });
        };
        match file.stmt(stmt).kind {
            StmtKind::Send { value, .. } => elsewhere(&[value]),
            StmtKind::Return(results) => elsewhere(file.exprs(results)),
            // The goroutine may go on with what it is given when the block is left. A literal that uses
            // something of the block mostly ends with it.
            StmtKind::Go(call) => {
                if let Some((fun, args)) = file.call(file.unparen(call)) {
                    let recv = file.selector(file.unparen(fun)).map(|(x, _)| x);
                    elsewhere(&[args, recv.as_slice()].concat());
                }
            }
            StmtKind::Assign {
                lhs,
                rhs,
                op: AssignOp::Define | AssignOp::Assign,
            } => {
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                let one_to_one = lhs.len() == rhs.len();
                for (index, &to) in lhs.iter().enumerate() {
                    let value = if one_to_one {
                        rhs.get(index)
                    } else {
                        rhs.first()
                    };
                    let holds = !matches!(file.ident(to), Some("_" | "err"))
                        && (one_to_one || self.may_hold(self.type_of(to), None));
                    if let Some(&value) = value.filter(|_| holds) {
                        flows.push(Flow {
                            values: vec![value],
                            to: self.target(to),
                        });
                    }
                }
            }
            _ => {}
        }
    }

    fn flow_of_call(&self, call: ExprId, flows: &mut Vec<Flow>) {
        let Some((_, args)) = self.cx.file().call(call) else {
            return;
        };
        let to = match self.cx.facts().callee(call) {
            Callee::Selected { x, name } if stores(name) => self.target(x),
            Callee::Func {
                package: "C", name, ..
            } if name != "free" => Target::Elsewhere,
            _ => return,
        };
        flows.push(Flow {
            values: args.to_vec(),
            to,
        });
    }

    fn target(&self, expr: ExprId) -> Target {
        root_local(self.cx, expr).map_or(Target::Elsewhere, Target::Local)
    }

    fn type_of(&self, expr: ExprId) -> TypeId {
        self.cx.body().type_of(expr)
    }

    /// Whether the value of `expr` may lead to what one of `holders` holds.
    fn carries(&self, expr: ExprId, holders: &[LocalId]) -> bool {
        let file = self.cx.file();
        let names = self.cx.body().names();
        let is_holder = |expr| {
            names
                .local_of(expr)
                .is_some_and(|local| holders.contains(&local))
        };
        let mut work = vec![expr];
        while let Some(expr) = work.pop() {
            match file.expr(expr).kind {
                ExprKind::Ident if is_holder(expr) => return true,
                ExprKind::Paren(x)
                | ExprKind::Slice { x, .. }
                | ExprKind::TypeAssert { x, .. }
                | ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => work.push(x),
                ExprKind::Selector { x, .. } | ExprKind::Index { x, .. } | ExprKind::Star(x)
                    if self.may_hold(self.type_of(expr), None) =>
                {
                    work.push(x);
                }
                ExprKind::Binary { x, y, .. } if self.carrier == Carrier::Anything => {
                    work.extend([x, y]);
                }
                ExprKind::CompositeLit { elts, .. } => work.extend(file.exprs(elts)),
                ExprKind::KeyValue { value, .. } => work.push(value),
                ExprKind::FuncLit(func) => {
                    let span = file.func(func).span;
                    let is_used = |&local: &LocalId| {
                        names
                            .uses(local)
                            .iter()
                            .any(|used| span.contains(file.expr(used.expr).span))
                    };
                    if holders.iter().any(is_used) {
                        return true;
                    }
                }
                ExprKind::Call { fun, args, .. } => {
                    let name = match self.cx.facts().callee(expr) {
                        Callee::Builtin(Builtin::Append) | Callee::Conversion(_) => {
                            work.extend(file.exprs(args));
                            continue;
                        }
                        Callee::Builtin(_) => continue,
                        Callee::Func { name, .. } | Callee::Selected { name, .. } => name,
                        _ => "",
                    };
                    let is_done = self.carrier == Carrier::Wrapper && only_gives_results(name);
                    if !is_done && self.may_hold(self.type_of(expr), Some(name)) {
                        work.extend(file.exprs(args));
                        work.extend(file.selector(file.unparen(fun)).map(|(x, _)| x));
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Whether a value of this type may hold on to something that has to be released. Where the type
    /// is not known, the name of the function that gives the value decides, if there is one.
    fn may_hold(&self, ty: TypeId, made_by: Option<&str>) -> bool {
        let package = self.cx.body().cx();
        if package.is_error(ty) || made_by.is_some_and(|name| name.contains("Err")) {
            return false;
        }
        if self.carrier == Carrier::Anything {
            return true;
        }
        let is_basic = |ty| matches!(package.ty(package.underlying(ty)), Type::Basic(_));
        match package.ty(package.underlying(ty)) {
            Type::Unknown => made_by.is_none_or(wraps),
            Type::Basic(Basic::UnsafePointer) => true,
            Type::Basic(_) => false,
            Type::Slice(elem) | Type::Array { elem, .. } => !is_basic(elem),
            Type::Tuple(types) => package
                .types(types)
                .iter()
                .any(|&ty| self.may_hold(ty, made_by)),
            _ => true,
        }
    }
}

/// Whether a method with this name keeps its arguments in its receiver.
fn stores(name: &str) -> bool {
    const WORDS: [&str; 13] = [
        "Add", "Append", "Attach", "Insert", "Push", "Put", "Register", "Reset", "Set", "Store",
        "Swap", "Track", "Use",
    ];
    let ends_word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_lowercase());
    WORDS
        .iter()
        .any(|word| name.strip_prefix(word).is_some_and(ends_word))
}

/// Whether a function with this name is done with its arguments when it returns, and what it gives
/// does not hold on to them: it reads, parses, writes.
pub(crate) fn only_gives_results(name: &str) -> bool {
    const VERBS: [&str; 20] = [
        "check",
        "copy",
        "decode",
        "dump",
        "encode",
        "export",
        "fprint",
        "hash",
        "import",
        "load",
        "parse",
        "print",
        "read",
        "restore",
        "scan",
        "sum",
        "unmarshal",
        "validate",
        "verify",
        "write",
    ];
    let lower = name.to_ascii_lowercase();
    let is_handle = [
        "reader", "writer", "closer", "stream", "scanner", "iterator", "decoder", "encoder",
    ]
    .iter()
    .any(|noun| lower.ends_with(noun));
    !is_handle && VERBS.iter().any(|verb| lower.starts_with(verb))
}

/// Whether a function with this name gives something that wraps its arguments.
fn wraps(name: &str) -> bool {
    ["New", "new", "With", "Wrap", "Open"]
        .iter()
        .any(|word| name.starts_with(word))
        || name.ends_with("Reader")
        || name.ends_with("Writer")
}
