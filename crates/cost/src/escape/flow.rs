//! Where the address of a variable may go.

use std::cell::RefCell;

use go_syntax::walk::Node;
use go_syntax::{ExprId, ExprKind, File, FuncId, Span, SpecKind, StmtId, StmtKind, UnaryOp};
use go_types::{Body, Builtin, Callee, LocalId, LocalKind, MemberKind, Object, Role, Type, Use};
use rustc_hash::FxHashSet;

use super::parents::Parents;
use crate::inliner::only_value;

/// So many calls deep parameters are followed; what goes deeper is taken to be kept.
const DEEPEST: u32 = 12;

/// Where a value goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Goes {
    /// To something that outlives the function.
    heap: bool,
    /// To a result of the function.
    out: bool,
}

impl Goes {
    const NOWHERE: Self = Self {
        heap: false,
        out: false,
    };
    const HEAP: Self = Self {
        heap: true,
        out: false,
    };
    const OUT: Self = Self {
        heap: false,
        out: true,
    };

    const fn or(self, other: Self) -> Self {
        Self {
            heap: self.heap || other.heap,
            out: self.out || other.out,
        }
    }
}

/// A body, and what of it has been looked at.
pub(super) struct Flow<'b, 'a> {
    body: &'b Body<'a>,
    parents: Parents,
    /// What the compiler leaves out of the body.
    dropped: &'b [Span],
    seen: RefCell<FxHashSet<LocalId>>,
    depth: u32,
}

impl<'b, 'a> Flow<'b, 'a> {
    pub(super) fn new(body: &'b Body<'a>, dropped: &'b [Span]) -> Self {
        Self {
            body,
            parents: Parents::new(body.file(), body.root()),
            dropped,
            seen: RefCell::default(),
            depth: 0,
        }
    }

    fn file(&self) -> &'a File {
        self.body.file()
    }

    /// Whether the address of a variable leaves its function.
    pub(super) fn address_escapes(&self, id: LocalId) -> bool {
        self.seen.borrow_mut().clear();
        let names = self.body.names();
        let owner = names.local(id).func;
        self.uses(id).any(|used| {
            if used.func != owner
                && self
                    .literal_below(owner, used.func)
                    .is_some_and(|literal| self.literal_escapes(literal))
            {
                return true;
            }
            let goes = match used.role {
                Role::Write | Role::ReadWrite => Goes::NOWHERE,
                Role::AddressTaken | Role::PartAddressTaken | Role::Read | Role::PartWrite => {
                    self.address(used.expr)
                }
            };
            goes.heap || goes.out
        })
    }

    /// Whether the body of a loop over a function may be kept by that function.
    pub(super) fn body_escapes(&self, stmt: StmtId) -> bool {
        let StmtKind::Range { x, .. } = self.file().stmt(stmt).kind else {
            return false;
        };
        self.seen.borrow_mut().clear();
        self.function_argument(x, 0).heap
    }

    /// The uses of a variable that are compiled.
    fn uses(&self, id: LocalId) -> impl Iterator<Item = &Use> + '_ {
        let uses = self.body.names().uses(id).iter();
        uses.filter(|used| {
            let span = self.file().expr(used.expr).span;
            !self.dropped.iter().any(|dropped| dropped.contains(span))
        })
    }

    /// The literal directly within `owner` around `func`.
    fn literal_below(&self, owner: FuncId, func: FuncId) -> Option<FuncId> {
        let mut at = func;
        while let Some(parent) = self.file().func(at).parent {
            if parent == owner {
                return Some(at);
            }
            at = parent;
        }
        None
    }

    fn literal_escapes(&self, literal: FuncId) -> bool {
        let Some(expr) = self.parents.literal(literal) else {
            return true;
        };
        let goes = self.value(expr);
        goes.heap || goes.out
    }

    /// Where the address goes that is taken of the variable that `expr` mentions.
    fn address(&self, expr: ExprId) -> Goes {
        let file = self.file();
        let mut at = expr;
        loop {
            let Some(Node::Expr(parent)) = self.parents.of_expr(at) else {
                return Goes::NOWHERE;
            };
            match file.expr(parent).kind {
                ExprKind::Paren(_) => {}
                ExprKind::Unary {
                    op: UnaryOp::Addr, ..
                }
                | ExprKind::Slice { .. } => {
                    let is_slice = matches!(file.expr(parent).kind, ExprKind::Slice { .. });
                    let ty = self
                        .body
                        .cx()
                        .ty(self.body.underlying(self.body.type_of(at)));
                    return if is_slice && !matches!(ty, Type::Array { .. }) {
                        Goes::NOWHERE
                    } else {
                        self.value(parent)
                    };
                }
                ExprKind::Selector { .. } => {
                    if self.is_pointer(at) {
                        return Goes::NOWHERE;
                    }
                    if let Some(Node::Expr(call)) = self.parents.of_expr(parent)
                        && file.call(call).is_some_and(|(fun, _)| fun == parent)
                        && let Some(method) = self.body.method(call)
                    {
                        return if method.pointer {
                            self.receiver(call)
                        } else {
                            Goes::NOWHERE
                        };
                    }
                }
                ExprKind::Index { x, .. } if x == at => {
                    let ty = self
                        .body
                        .cx()
                        .ty(self.body.underlying(self.body.type_of(at)));
                    if !matches!(ty, Type::Array { .. }) {
                        return Goes::NOWHERE;
                    }
                }
                _ => return Goes::NOWHERE,
            }
            at = parent;
        }
    }

    /// Where the value of an expression goes that holds the address.
    fn value(&self, expr: ExprId) -> Goes {
        match self.parents.of_expr(expr) {
            Some(Node::Expr(parent)) => self.in_expr(expr, parent),
            Some(Node::Stmt(stmt)) => self.in_stmt(expr, stmt),
            Some(Node::Spec(spec)) => {
                let SpecKind::Value { names, values, .. } = self.file().spec(spec).kind else {
                    return Goes::HEAP;
                };
                let values = self.file().exprs(values);
                let index = values.iter().position(|&value| value == expr);
                let name = index.and_then(|index| names.iter().nth(index));
                match name.and_then(|name| self.body.names().declared(name)) {
                    Some(local) => self.variable(local),
                    None => Goes::NOWHERE,
                }
            }
            _ => Goes::HEAP,
        }
    }

    fn in_expr(&self, expr: ExprId, parent: ExprId) -> Goes {
        let file = self.file();
        match file.expr(parent).kind {
            ExprKind::Paren(_)
            | ExprKind::KeyValue { .. }
            | ExprKind::TypeAssert { .. }
            | ExprKind::Unary {
                op: UnaryOp::Addr, ..
            } => self.value(parent),
            ExprKind::Slice { x, .. } if x == expr => self.value(parent),
            ExprKind::Index { x, .. } if x == expr && !self.is_pointer(expr) => self.value(parent),
            ExprKind::CompositeLit { .. } => {
                let ty = self.body.underlying(self.body.type_of(parent));
                match self.body.cx().ty(ty) {
                    Type::Map { .. } => Goes::HEAP,
                    _ => self.value(parent),
                }
            }
            ExprKind::Selector { .. } => {
                if let Some(Node::Expr(call)) = self.parents.of_expr(parent)
                    && file.call(call).is_some_and(|(fun, _)| fun == parent)
                    && self.body.method(call).is_some()
                {
                    self.receiver(call)
                } else if self.is_pointer(expr) {
                    Goes::NOWHERE
                } else {
                    self.value(parent)
                }
            }
            ExprKind::Call { fun, args, .. } => {
                if fun == expr {
                    return self.called(parent);
                }
                match file.exprs(args).iter().position(|&arg| arg == expr) {
                    Some(index) => self.argument(parent, index),
                    None => Goes::NOWHERE,
                }
            }
            _ => Goes::NOWHERE,
        }
    }

    /// A function value that is called on the spot, or by `go` or `defer`.
    fn called(&self, call: ExprId) -> Goes {
        match self.statement_of_call(call) {
            Some((_, StmtKind::Go(_))) => Goes::HEAP,
            Some((stmt, StmtKind::Defer(_))) if self.in_loop(stmt) => Goes::HEAP,
            _ => Goes::NOWHERE,
        }
    }

    fn statement_of_call(&self, call: ExprId) -> Option<(StmtId, StmtKind)> {
        match self.parents.of_expr(call)? {
            Node::Stmt(stmt) => Some((stmt, self.file().stmt(stmt).kind)),
            _ => None,
        }
    }

    fn in_loop(&self, stmt: StmtId) -> bool {
        let mut at = stmt;
        while let Some(Node::Stmt(parent)) = self.parents.of_stmt(at) {
            let kind = self.file().stmt(parent).kind;
            if matches!(kind, StmtKind::For { .. } | StmtKind::Range { .. }) {
                return true;
            }
            at = parent;
        }
        false
    }

    fn in_stmt(&self, expr: ExprId, stmt: StmtId) -> Goes {
        let file = self.file();
        match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, .. } => {
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                let Some(index) = rhs.iter().position(|&value| value == expr) else {
                    return Goes::NOWHERE;
                };
                if lhs.len() == rhs.len() {
                    self.stored(lhs[index])
                } else {
                    lhs.iter()
                        .fold(Goes::NOWHERE, |goes, &target| goes.or(self.stored(target)))
                }
            }
            StmtKind::Return(_) => Goes::OUT,
            StmtKind::Send { value, .. } if value == expr => Goes::HEAP,
            StmtKind::Range { x, value, .. } if x == expr => {
                let local = value.and_then(|value| self.body.names().local_of(value));
                local.map_or(Goes::NOWHERE, |local| self.variable(local))
            }
            _ => Goes::NOWHERE,
        }
    }

    /// What becomes of a value that is stored into `target`.
    fn stored(&self, target: ExprId) -> Goes {
        let file = self.file();
        let mut at = file.unparen(target);
        loop {
            match file.expr(at).kind {
                ExprKind::Ident => {
                    if file.ident(at) == Some("_") {
                        return Goes::NOWHERE;
                    }
                    return match self.body.names().local_of(at) {
                        Some(local) => self.variable(local),
                        None => Goes::HEAP,
                    };
                }
                ExprKind::Selector { x, .. } if !self.is_pointer(x) => at = file.unparen(x),
                ExprKind::Index { x, .. } => {
                    let ty = self
                        .body
                        .cx()
                        .ty(self.body.underlying(self.body.type_of(x)));
                    if !matches!(ty, Type::Array { .. }) {
                        return Goes::HEAP;
                    }
                    at = file.unparen(x);
                }
                _ => return Goes::HEAP,
            }
        }
    }

    /// Where the value of a variable goes.
    fn variable(&self, id: LocalId) -> Goes {
        if !self.seen.borrow_mut().insert(id) {
            return Goes::NOWHERE;
        }
        let names = self.body.names();
        let local = names.local(id);
        let mut goes = if local.is_result() {
            Goes::OUT
        } else {
            Goes::NOWHERE
        };
        for used in self.uses(id) {
            if used.func != local.func
                && self
                    .literal_below(local.func, used.func)
                    .is_some_and(|literal| self.literal_escapes(literal))
            {
                goes = goes.or(Goes::HEAP);
            }
            goes = goes.or(match used.role {
                Role::Read => self.value(used.expr),
                Role::AddressTaken | Role::PartAddressTaken => {
                    self.address(used.expr).or(self.value(used.expr))
                }
                Role::Write | Role::ReadWrite | Role::PartWrite => Goes::NOWHERE,
            });
        }
        goes
    }

    /// Where an argument goes.
    fn argument(&self, call: ExprId, index: usize) -> Goes {
        if let Some((_, StmtKind::Go(_))) = self.statement_of_call(call) {
            return Goes::HEAP;
        }
        match self.body.callee(call) {
            Callee::Builtin(Builtin::Append) if index == 0 => self.value(call),
            Callee::Builtin(Builtin::Append | Builtin::Panic) => Goes::HEAP,
            Callee::Builtin(_) => Goes::NOWHERE,
            Callee::Conversion(_) => self.value(call),
            Callee::Selected { .. } => {
                let Some(method) = self.body.method(call) else {
                    return Goes::HEAP;
                };
                if self.body.cx().is_interface(method.owner) {
                    return Goes::HEAP;
                }
                self.declared_argument(call, index, method.signature)
            }
            Callee::Func { .. } => {
                let Some((fun, _)) = self.file().call(call) else {
                    return Goes::HEAP;
                };
                self.declared_argument(call, index, self.body.type_of(fun))
            }
            _ => {
                let Some((fun, _)) = self.file().call(call) else {
                    return Goes::HEAP;
                };
                self.after(call, self.function_argument(fun, index))
            }
        }
    }

    /// The argument of a function or method that is known.
    fn declared_argument(&self, call: ExprId, index: usize, signature: go_types::TypeId) -> Goes {
        let goes = match self.body.declaration(call) {
            Some((file, func)) => self.parameter(file, func, index),
            None => self.foreign(signature, index),
        };
        self.after(call, goes)
    }

    /// A parameter that is returned goes where the call's value goes.
    fn after(&self, call: ExprId, goes: Goes) -> Goes {
        let kept = Goes {
            heap: goes.heap,
            out: false,
        };
        if goes.out {
            kept.or(self.value(call))
        } else {
            kept
        }
    }

    /// A parameter of a function whose body is not at hand.
    fn foreign(&self, signature: go_types::TypeId, index: usize) -> Goes {
        let cx = self.body.cx();
        let Type::Func {
            params, variadic, ..
        } = cx.ty(cx.underlying(signature))
        else {
            return Goes::HEAP;
        };
        let params = cx.types(params);
        let Some(&last) = params.last() else {
            return Goes::NOWHERE;
        };
        let param = params.get(index).copied().unwrap_or(last);
        let param = match cx.ty(cx.underlying(param)) {
            Type::Slice(elem) if variadic && index + 1 >= params.len() => elem,
            _ => param,
        };
        if cx.is_interface(param) {
            Goes::HEAP
        } else {
            Goes::NOWHERE
        }
    }

    /// The receiver of a method call.
    fn receiver(&self, call: ExprId) -> Goes {
        if let Some((_, StmtKind::Go(_))) = self.statement_of_call(call) {
            return Goes::HEAP;
        }
        if let Some(method) = self.body.method(call)
            && self.body.cx().is_interface(method.owner)
        {
            return Goes::HEAP;
        }
        match self.body.declaration(call) {
            Some((file, func)) => {
                let goes = self.in_other(file, func, |flow| {
                    let names = flow.body.names();
                    let receiver = names.locals().find(|(_, local)| {
                        matches!(local.kind, LocalKind::Receiver(_)) && local.func == func
                    });
                    receiver.map_or(Goes::NOWHERE, |(id, _)| flow.variable(id))
                });
                self.after(call, goes)
            }
            None => Goes::NOWHERE,
        }
    }

    /// The parameter at `index` of a function of the package.
    fn parameter(&self, file: u32, func: FuncId, index: usize) -> Goes {
        if self.body.cx().file(file).func(func).body.is_none() {
            return if is_noescape(self.body.cx().file(file), func) {
                Goes::NOWHERE
            } else {
                Goes::HEAP
            };
        }
        self.in_other(file, func, |flow| flow.parameter_of(func, index))
    }

    /// The parameter at `index` of the function or literal `func` of this body.
    fn parameter_of(&self, func: FuncId, index: usize) -> Goes {
        let tree = self.file();
        let mut at = 0;
        for field in tree.fields_of(tree.sig(tree.func(func).sig).params).iter() {
            let field = tree.field(field);
            let variadic = matches!(tree.expr(field.ty).kind, ExprKind::Ellipsis(_));
            if field.names.is_empty() {
                if at == index {
                    return Goes::NOWHERE;
                }
                at += 1;
            }
            for name in field.names.iter() {
                if at == index || variadic {
                    let local = self.body.names().declared(name);
                    return local.map_or(Goes::NOWHERE, |local| self.variable(local));
                }
                at += 1;
            }
        }
        Goes::NOWHERE
    }

    fn in_other(&self, file: u32, func: FuncId, ask: impl FnOnce(&Flow<'_, 'a>) -> Goes) -> Goes {
        if self.depth >= DEEPEST {
            return Goes::HEAP;
        }
        // Whoever calls itself is followed once.
        if file == self.body.file_index() && func == self.body.root() {
            return ask(self);
        }
        let body = Body::new(self.body.cx(), file, func);
        // Dead code of other functions counts: nobody has looked for it.
        let mut flow = Flow::new(&body, &[]);
        flow.depth = self.depth + 1;
        ask(&flow)
    }

    /// The argument at `index` of the function that an expression gives.
    fn function_argument(&self, fun: ExprId, index: usize) -> Goes {
        let file = self.file();
        let fun = file.unparen(fun);
        match file.expr(fun).kind {
            ExprKind::FuncLit(func) => self.parameter_of(func, index),
            ExprKind::Index { x, .. } => self.function_argument(x, index),
            ExprKind::Ident => match self.body.object(fun) {
                Object::Local(local) => match only_value(self.body, local) {
                    Some(value) => self.function_argument(value, index),
                    None => Goes::HEAP,
                },
                Object::Member(member) => {
                    let member = self.body.cx().names().member(member);
                    match member.kind {
                        MemberKind::Func(func) => self.parameter(member.file, func, index),
                        _ => Goes::HEAP,
                    }
                }
                _ => Goes::HEAP,
            },
            ExprKind::Selector { x, .. } => match self.body.object(x) {
                Object::Package(_) => self.foreign(self.body.type_of(fun), index),
                _ => self.method_value(x, fun, index),
            },
            // A function that makes the function, put in place of its call when it is short.
            ExprKind::Call { .. } => self.made_argument(fun, index),
            _ => Goes::HEAP,
        }
    }

    fn method_value(&self, x: ExprId, fun: ExprId, index: usize) -> Goes {
        let ExprKind::Selector { sel, .. } = self.file().expr(fun).kind else {
            return Goes::HEAP;
        };
        let ty = self.body.type_of(x);
        let selected = self.body.selection(ty, self.file().span_text(sel));
        let Some(go_types::Selection::Method { owner, .. }) = selected else {
            return Goes::HEAP;
        };
        if self.body.cx().is_interface(owner) {
            return Goes::HEAP;
        }
        let names = self.body.cx().names();
        if let Type::Named { name, .. } = self.body.cx().ty(owner) {
            let named = self.body.cx().named(name);
            if named.package == *names.path()
                && let Some(method) = names.lookup_method(&named.name, self.file().span_text(sel))
            {
                let method = names.method(method);
                return self.parameter(method.file, method.func, index);
            }
        }
        Goes::NOWHERE
    }

    /// The argument of the literal that a called function returns, and does nothing else.
    fn made_argument(&self, call: ExprId, index: usize) -> Goes {
        match self.body.callee(call) {
            Callee::Func { .. } | Callee::Selected { .. } => {}
            _ => return Goes::HEAP,
        }
        if let Some(method) = self.body.method(call)
            && self.body.cx().is_interface(method.owner)
        {
            return Goes::HEAP;
        }
        let Some((file, func)) = self.body.declaration(call) else {
            // Of another package; those that return such functions are short.
            return Goes::NOWHERE;
        };
        self.in_other(file, func, |flow| {
            let tree = flow.file();
            let Some(block) = tree.func(func).body else {
                return Goes::HEAP;
            };
            let &[stmt] = tree.block_stmts(block) else {
                return Goes::HEAP;
            };
            let StmtKind::Return(results) = tree.stmt(stmt).kind else {
                return Goes::HEAP;
            };
            let &[result] = tree.exprs(results) else {
                return Goes::HEAP;
            };
            match tree.expr(tree.unparen(result)).kind {
                ExprKind::FuncLit(literal) => flow.parameter_of(literal, index),
                _ => Goes::HEAP,
            }
        })
    }

    fn is_pointer(&self, expr: ExprId) -> bool {
        matches!(
            self.body
                .cx()
                .ty(self.body.underlying(self.body.type_of(expr))),
            Type::Pointer(_)
        )
    }
}

/// Whether `//go:noescape` stands in front of a function without body.
fn is_noescape(file: &File, func: FuncId) -> bool {
    let start = file.func(func).span.start as usize;
    let before = file.text().get(..start).unwrap_or_default();
    before
        .lines()
        .rev()
        .take_while(|line| line.starts_with("//") || line.trim().is_empty())
        .any(|line| line.trim() == "//go:noescape")
}
