//! What evaluating an expression, or passing a node, can do besides giving a value.

#[cfg(test)]
mod tests;

use go_syntax::walk::{Node, for_each_child};
use go_syntax::{
    AssignOp, BinaryOp, DeclKind, ExprId, ExprKind, SpecKind, StmtId, StmtKind, UnaryOp,
};
use go_types::{Basic, Builtin, Callee, LocalKind, MemberKind, Object, Type};

use crate::cfg::NodeKind;
use crate::facts::{FunctionFacts, Point};

/// How likely a panic is. Ordered: a whole is as risky as its riskiest part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PanicRisk {
    /// Nothing in it can panic.
    #[default]
    None,
    /// An operation that panics on some values: index, slice, dereference of a pointer or a field
    /// through one, type assertion without `ok`, division, send, `close`.
    Operation,
    /// A call of which nothing is known.
    Call,
    /// A call of `panic`.
    Certain,
}

/// What evaluation can do. Function literals are created, not run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Effect {
    /// How likely a panic is.
    pub panic: PanicRisk,
    /// Whether functions are called, conversions and builtins without effects (`len`, `append`, …)
    /// apart.
    pub calls: bool,
    /// Whether a channel is received from, sent to, or selected on.
    pub blocks: bool,
    /// Whether something is assigned.
    pub writes: bool,
}

impl Effect {
    /// Whether nothing but a value comes of it.
    pub const fn is_pure(self) -> bool {
        matches!(self.panic, PanicRisk::None) && !self.calls && !self.blocks && !self.writes
    }
}

impl FunctionFacts<'_> {
    /// What evaluating `expr` can do.
    pub fn effect(&self, expr: ExprId) -> Effect {
        let mut scan = Scan::new(self);
        scan.root(Node::Expr(expr));
        scan.effect
    }

    /// What passing the node can do: all that is evaluated there. The registration of a `defer`
    /// counts, the deferred call does not; likewise `go`.
    pub fn effect_at(&self, point: Point) -> Effect {
        let mut scan = Scan::new(self);
        let cfg = self.cfg(point.func);
        match cfg.kind(point.node) {
            NodeKind::Defer(stmt) | NodeKind::Go(stmt) => {
                if let StmtKind::Defer(x) | StmtKind::Go(x) = self.file().stmt(stmt).kind {
                    scan.later = Some(self.file().unparen(x));
                }
            }
            NodeKind::Stmt(stmt) => scan.stmt(stmt),
            NodeKind::Comm(clause) => {
                scan.in_select = true;
                scan.comm(clause);
            }
            NodeKind::Select(_) => {
                scan.effect.blocks = true;
                scan.in_select = true;
            }
            NodeKind::Return(stmt) => {
                if let StmtKind::Return(values) = self.file().stmt(stmt).kind {
                    scan.effect.writes |= !values.is_empty();
                }
            }
            NodeKind::RangeNext(stmt) => scan.range(stmt),
            _ => {}
        }
        cfg.for_each_part(point.node, |part| {
            scan.part(part, |expr| cfg.node_of_expr(expr) == Some(point.node));
        });
        scan.effect
    }

    /// Whether evaluating `expr` only gives a value: no call, no channel, no panic.
    pub fn is_pure(&self, expr: ExprId) -> bool {
        self.effect(expr).is_pure()
    }
}

/// A walk over expressions that gathers their effect.
struct Scan<'f, 'a> {
    facts: &'f FunctionFacts<'a>,
    effect: Effect,
    /// The call that does not happen now: that of a `defer` or `go`.
    later: Option<ExprId>,
    /// The operation whose result is asked for together with `ok`, so that it does not panic.
    with_ok: Option<ExprId>,
    /// Whether a `select` does the waiting.
    in_select: bool,
}

impl<'f, 'a> Scan<'f, 'a> {
    fn new(facts: &'f FunctionFacts<'a>) -> Self {
        Self {
            facts,
            effect: Effect::default(),
            later: None,
            with_ok: None,
            in_select: false,
        }
    }

    fn risk(&mut self, risk: PanicRisk) {
        self.effect.panic = self.effect.panic.max(risk);
    }

    fn operation(&mut self) {
        self.risk(PanicRisk::Operation);
    }

    fn root(&mut self, root: Node) {
        self.part(root, |_| true);
    }

    /// Everything below `root` that `wanted` accepts.
    fn part(&mut self, root: Node, wanted: impl Fn(ExprId) -> bool) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match node {
                Node::Func(_) | Node::Fields(_) => {}
                Node::Spec(spec) => {
                    // Not its type.
                    if let SpecKind::Value { values, .. } = self.facts.file().spec(spec).kind {
                        let values = self.facts.file().exprs(values);
                        open.extend(values.iter().copied().map(Node::Expr));
                    }
                }
                Node::Expr(expr) => {
                    if wanted(expr) {
                        self.expr(expr, &mut open);
                    }
                }
                _ => for_each_child(self.facts.file(), node, |child| open.push(child)),
            }
        }
    }

    /// What a simple statement does itself.
    fn stmt(&mut self, stmt: StmtId) {
        let file = self.facts.file();
        match file.stmt(stmt).kind {
            StmtKind::Send { .. } => {
                self.effect.blocks = true;
                self.operation();
            }
            StmtKind::IncDec { x, .. } => self.assign(&[x]),
            StmtKind::Assign { lhs, rhs, op } => {
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                self.assign(lhs);
                self.comma_ok(lhs.len(), rhs);
                if matches!(op, AssignOp::Op(BinaryOp::Quo | BinaryOp::Rem))
                    && !rhs.iter().all(|&divisor| self.is_safe_divisor(divisor))
                {
                    self.operation();
                }
            }
            StmtKind::Decl(decl) => {
                self.effect.writes = true;
                let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
                    return;
                };
                for spec in specs.iter() {
                    if let SpecKind::Value { names, values, .. } = file.spec(spec).kind {
                        self.comma_ok(names.len(), file.exprs(values));
                    }
                }
            }
            StmtKind::Bad => {
                self.effect.writes = true;
                self.risk(PanicRisk::Call);
            }
            _ => {}
        }
    }

    fn comm(&mut self, clause: StmtId) {
        let file = self.facts.file();
        let StmtKind::CommClause {
            comm: Some(comm), ..
        } = file.stmt(clause).kind
        else {
            return;
        };
        match file.stmt(comm).kind {
            // The wait is over, but the channel may be closed.
            StmtKind::Send { .. } => self.operation(),
            StmtKind::Assign { lhs, .. } => self.assign(file.exprs(lhs)),
            _ => {}
        }
    }

    fn range(&mut self, stmt: StmtId) {
        let StmtKind::Range { key, value, x, .. } = self.facts.file().stmt(stmt).kind else {
            return;
        };
        let targets: Vec<ExprId> = [key, value].into_iter().flatten().collect();
        self.assign(&targets);
        match self.type_of(x) {
            Type::Chan { .. } => self.effect.blocks = true,
            Type::Func { .. } => self.call(),
            Type::Unknown | Type::TypeParam(_) => {
                self.effect.blocks = true;
                self.call();
            }
            _ => {}
        }
    }

    fn call(&mut self) {
        self.effect.calls = true;
        self.risk(PanicRisk::Call);
    }

    fn assign(&mut self, targets: &[ExprId]) {
        for &target in targets {
            let target = self.facts.file().unparen(target);
            if self.facts.body().object(target) == Object::Blank {
                continue;
            }
            self.effect.writes = true;
            // An element of a nil map cannot be assigned; those of slices are looked at below.
            if matches!(self.facts.file().expr(target).kind, ExprKind::Index { .. }) {
                self.operation();
            }
        }
    }

    fn comma_ok(&mut self, targets: usize, values: &[ExprId]) {
        if let (2, &[value]) = (targets, values) {
            self.with_ok = Some(self.facts.file().unparen(value));
        }
    }

    /// What an expression does itself; pushes what it evaluates besides.
    fn expr(&mut self, expr: ExprId, open: &mut Vec<Node>) {
        let file = self.facts.file();
        let push = |open: &mut Vec<Node>, x: ExprId| open.push(Node::Expr(x));
        match file.expr(expr).kind {
            ExprKind::Call { fun, args, .. } => {
                let args = self.call_expr(expr, fun, file.exprs(args), open);
                args.iter().for_each(|&arg| push(open, arg));
            }
            ExprKind::CompositeLit { elts, .. } => {
                for &elt in file.exprs(elts) {
                    match file.expr(elt).kind {
                        ExprKind::KeyValue { key, value } => {
                            push(open, key);
                            push(open, value);
                        }
                        _ => push(open, elt),
                    }
                }
            }
            ExprKind::Selector { x, .. } => {
                if matches!(self.facts.body().object(x), Object::Package(_)) {
                    return;
                }
                if self.may_be_pointer(x) {
                    self.operation();
                }
                push(open, x);
            }
            ExprKind::Index { x, indices } => {
                let indices = file.exprs(indices);
                match self.type_of(x) {
                    // A type or function with type arguments.
                    Type::Func { .. } => return,
                    Type::Map { .. } => {}
                    Type::Array { .. } if indices.iter().all(|&index| self.is_constant(index)) => {}
                    _ => self.operation(),
                }
                push(open, x);
                indices.iter().for_each(|&index| push(open, index));
            }
            ExprKind::Slice { x, lo, hi, max } => {
                if lo.is_some() || hi.is_some() || max.is_some() {
                    self.operation();
                }
                push(open, x);
                [lo, hi, max]
                    .into_iter()
                    .flatten()
                    .for_each(|bound| push(open, bound));
            }
            ExprKind::TypeAssert { x, ty } => {
                if ty.is_some() && self.with_ok != Some(expr) {
                    self.operation();
                }
                push(open, x);
            }
            ExprKind::Star(x) => {
                self.operation();
                push(open, x);
            }
            ExprKind::Unary { op, x } => {
                self.effect.blocks |= op == UnaryOp::Recv && !self.in_select;
                push(open, x);
            }
            ExprKind::Binary { op, x, y } => {
                match op {
                    BinaryOp::Quo | BinaryOp::Rem if !self.is_safe_divisor(y) => self.operation(),
                    BinaryOp::Shl | BinaryOp::Shr if !self.is_safe_shift(y) => self.operation(),
                    _ => {}
                }
                push(open, x);
                push(open, y);
            }
            ExprKind::Paren(x) => push(open, x),
            ExprKind::Bad => self.risk(PanicRisk::Call),
            // Types, and what only gives a value.
            _ => {}
        }
    }

    /// What a call does itself; gives the arguments that are evaluated, and pushes the operand.
    fn call_expr<'l>(
        &mut self,
        expr: ExprId,
        fun: ExprId,
        args: &'l [ExprId],
        open: &mut Vec<Node>,
    ) -> &'l [ExprId] {
        let now = self.later != Some(expr);
        match self.facts.callee(expr) {
            Callee::Conversion(_) => {
                // Only a slice that is too short for an array makes a conversion panic.
                let ty = self.type_of(expr);
                let cx = self.facts.body().cx();
                let target = match ty {
                    Type::Pointer(elem) => cx.ty(cx.underlying(elem)),
                    other => other,
                };
                if matches!(target, Type::Array { .. }) {
                    self.operation();
                }
                args
            }
            Callee::Builtin(builtin) => {
                if now {
                    self.builtin(builtin, args);
                }
                match builtin {
                    // The first argument is a type (or, of `new`, may be one).
                    Builtin::Make => args.get(1..).unwrap_or_default(),
                    Builtin::New if args.first().is_some_and(|&arg| self.is_type(arg)) => &[],
                    _ => args,
                }
            }
            _ => {
                if now {
                    self.call();
                }
                open.push(Node::Expr(fun));
                args
            }
        }
    }

    fn builtin(&mut self, builtin: Builtin, args: &[ExprId]) {
        match builtin {
            Builtin::Panic => self.risk(PanicRisk::Certain),
            Builtin::Close => {
                self.effect.writes = true;
                self.operation();
            }
            Builtin::Clear | Builtin::Copy | Builtin::Delete | Builtin::Append => {
                self.effect.writes |= builtin != Builtin::Append;
            }
            Builtin::Recover | Builtin::Print | Builtin::Println => self.effect.calls = true,
            Builtin::Make => {
                let sizes = args.get(1..).unwrap_or_default();
                if !sizes.iter().all(|&size| self.is_safe_size(size)) {
                    self.operation();
                }
            }
            _ => {}
        }
    }

    /// The underlying type.
    fn type_of(&self, expr: ExprId) -> Type {
        let body = self.facts.body();
        body.cx().ty(body.cx().underlying(body.type_of(expr)))
    }

    /// Whether a selector on `x` follows a pointer that may be nil. An interface may be nil too.
    fn may_be_pointer(&self, x: ExprId) -> bool {
        !matches!(
            self.type_of(x),
            Type::Struct { .. }
                | Type::Basic(_)
                | Type::Slice(_)
                | Type::Array { .. }
                | Type::Map { .. }
                | Type::Chan { .. }
                | Type::Func { .. }
        )
    }

    fn is_constant(&self, expr: ExprId) -> bool {
        let file = self.facts.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::BasicLit(_) => true,
            ExprKind::Ident => match self.facts.body().object(expr) {
                Object::Local(id) => matches!(
                    self.facts.body().names().local(id).kind,
                    LocalKind::Const { .. }
                ),
                Object::Member(id) => matches!(
                    self.facts.body().cx().names().member(id).kind,
                    MemberKind::Const { .. }
                ),
                Object::UniverseConst(_) => true,
                _ => false,
            },
            _ => false,
        }
    }

    fn is_type(&self, expr: ExprId) -> bool {
        let file = self.facts.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::ArrayType { .. }
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. }
            | ExprKind::FuncType(_)
            | ExprKind::StructType(_)
            | ExprKind::InterfaceType(_) => true,
            ExprKind::Ident => match self.facts.body().object(expr) {
                Object::Local(id) => matches!(
                    self.facts.body().names().local(id).kind,
                    LocalKind::Type(_) | LocalKind::TypeParam(_)
                ),
                Object::Member(id) => matches!(
                    self.facts.body().cx().names().member(id).kind,
                    MemberKind::Type(_)
                ),
                Object::UniverseType(_) => true,
                _ => false,
            },
            ExprKind::Star(x) | ExprKind::Index { x, .. } => self.is_type(x),
            ExprKind::Selector { x, .. } => {
                matches!(self.facts.body().object(x), Object::Package(_))
            }
            _ => false,
        }
    }

    /// A constant divisor is not zero, or the program would not compile. Division of floats and
    /// complex numbers does not panic.
    fn is_safe_divisor(&self, divisor: ExprId) -> bool {
        self.is_constant(divisor)
            || matches!(self.type_of(divisor), Type::Basic(basic) if basic.is_numeric() && !basic.is_integer())
    }

    /// Only a negative count makes a shift panic.
    fn is_safe_shift(&self, count: ExprId) -> bool {
        self.is_constant(count) || self.is_unsigned(count)
    }

    fn is_unsigned(&self, expr: ExprId) -> bool {
        matches!(
            self.type_of(expr),
            Type::Basic(
                Basic::Uint
                    | Basic::Uint8
                    | Basic::Uint16
                    | Basic::Uint32
                    | Basic::Uint64
                    | Basic::Uintptr
            )
        )
    }

    /// The size of something that exists is a good size for another.
    fn is_safe_size(&self, size: ExprId) -> bool {
        let file = self.facts.file();
        let size = file.unparen(size);
        self.is_constant(size)
            || matches!(file.expr(size).kind, ExprKind::Call { .. })
                && matches!(
                    self.facts.callee(size),
                    Callee::Builtin(Builtin::Len | Builtin::Cap)
                )
    }
}
