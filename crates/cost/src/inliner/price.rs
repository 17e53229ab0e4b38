//! What a function costs when it is put in place of its calls: the nodes that the compiler would count.
//!
//! Before it counts, the front end has made conversions to interfaces explicit, folded constants, taken dead
//! code out, and declared each variable with a node of its own; types cost nothing.

use go_syntax::{
    AssignOp, BinaryOp, ExprId, ExprKind, FuncId, RangeOp, Span, SpecKind, StmtId, StmtKind,
    UnaryOp,
};
use go_types::{Body, Builtin, Callee, Object, Type, TypeId};

use super::inlined;
use crate::build::Build;

/// What a call costs beyond its parts.
const CALL: u32 = 57;
/// The same for a function that is a parameter, since 1.24.
const CALL_OF_PARAMETER: u32 = 17;
/// A function literal, whatever is in it.
const LITERAL: u32 = 16;
/// What surrounds the call that a loop over a function becomes: its state, and the checks of it.
const RANGE_FUNC: u32 = 17;

/// What surrounds the body of such a loop in the literal that it becomes.
const BODY: u32 = 18;
/// The same before 1.24, where the check of the loop's state counted as a call.
const BODY_WITH_CALL: u32 = 70;

/// The cost of the function or literal `func`, where nothing that is `dropped` counts; nothing when that is more
/// than `budget`, or when it has statements that are never put elsewhere.
pub(super) fn price(
    body: &Body<'_>,
    build: &Build,
    func: FuncId,
    dropped: &[Span],
    budget: u32,
) -> Option<u32> {
    let block = body.file().func(func).body?;
    let count = Count {
        body,
        build,
        func,
        dropped,
        spent: 0,
        budget,
    };
    count.of(block)
}

/// The same for the body of a loop over a function, which is a literal.
pub(super) fn price_body(
    body: &Body<'_>,
    build: &Build,
    func: FuncId,
    block: StmtId,
    dropped: &[Span],
    budget: u32,
) -> Option<u32> {
    let mut count = Count {
        body,
        build,
        func,
        dropped,
        spent: 0,
        budget,
    };
    count.spend(if build.inlines_literals_freely() {
        BODY
    } else {
        BODY_WITH_CALL
    })?;
    count.of(block)
}

struct Count<'b, 'a> {
    body: &'b Body<'a>,
    build: &'b Build,
    func: FuncId,
    dropped: &'b [Span],
    spent: u32,
    budget: u32,
}

impl Count<'_, '_> {
    /// What a block costs, with what is spent already.
    fn of(mut self, block: StmtId) -> Option<u32> {
        self.stmts(self.body.file().block_stmts(block))?;
        Some(self.spent)
    }

    /// Spends; nothing when that was too much.
    fn spend(&mut self, nodes: u32) -> Option<()> {
        self.spent = self.spent.saturating_add(nodes);
        (self.spent <= self.budget).then_some(())
    }

    fn stmts(&mut self, stmts: &[StmtId]) -> Option<()> {
        stmts.iter().try_for_each(|&stmt| self.stmt(stmt))
    }

    fn opt_stmt(&mut self, stmt: Option<StmtId>) -> Option<()> {
        stmt.map_or(Some(()), |stmt| self.stmt(stmt))
    }

    fn is_dropped(&self, span: Span) -> bool {
        self.dropped.iter().any(|dropped| dropped.contains(span))
    }

    fn stmt(&mut self, stmt: StmtId) -> Option<()> {
        let file = self.body.file();
        let node = file.stmt(stmt);
        if self.is_dropped(node.span) {
            return Some(());
        }
        match node.kind {
            StmtKind::Bad | StmtKind::Empty { .. } => Some(()),
            // Never put elsewhere.
            StmtKind::Go(_) | StmtKind::Defer(_) => None,
            StmtKind::Decl(decl) => self.decl(decl),
            StmtKind::Labeled { stmt, .. } => {
                self.spend(1)?;
                self.stmt(stmt)
            }
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Send { chan, value } => {
                self.spend(1)?;
                self.expr(chan)?;
                self.expr(value)
            }
            StmtKind::IncDec { x, .. } => {
                self.spend(2)?;
                self.expr(x)
            }
            StmtKind::Assign { lhs, rhs, op } => self.assign(file.exprs(lhs), file.exprs(rhs), op),
            StmtKind::Return(results) => {
                self.spend(1)?;
                self.exprs(file.exprs(results))
            }
            StmtKind::Branch { kind, .. } => match kind {
                go_syntax::BranchKind::Fallthrough => Some(()),
                _ => self.spend(1),
            },
            StmtKind::Block(list) => self.stmts(file.stmts(list)),
            StmtKind::If {
                init,
                cond,
                body,
                els,
            } => {
                self.opt_stmt(init)?;
                let gone = |stmt: StmtId| self.is_dropped(file.stmt(stmt).span);
                let decided = gone(body) || els.is_some_and(gone);
                // A condition that is known costs nothing, unless it stays for what it does.
                if !self.body.is_constant(cond) {
                    self.spend(if decided { 2 } else { 1 })?;
                    self.expr(cond)?;
                }
                self.stmt(body)?;
                self.opt_stmt(els)
            }
            StmtKind::Switch { init, tag, body } => {
                self.opt_stmt(init)?;
                self.spend(1)?;
                tag.map_or(Some(()), |tag| self.expr(tag))?;
                self.stmts(file.block_stmts(body))
            }
            StmtKind::TypeSwitch { init, guard, body } => {
                self.opt_stmt(init)?;
                self.spend(2)?;
                let binds = match file.stmt(guard).kind {
                    StmtKind::Assign { rhs, .. } => {
                        self.exprs(file.exprs(rhs))?;
                        true
                    }
                    StmtKind::Expr(expr) => {
                        self.expr(expr)?;
                        false
                    }
                    _ => false,
                };
                // The type assertion of the guard is no node.
                self.spent = self.spent.saturating_sub(1);
                let clauses = file.block_stmts(body);
                if binds {
                    self.spend(u32::try_from(clauses.len()).unwrap_or(u32::MAX))?;
                }
                self.stmts(clauses)
            }
            StmtKind::CaseClause { list, body, .. } => {
                self.spend(1)?;
                self.exprs(file.exprs(list))?;
                self.stmts(file.stmts(body))
            }
            StmtKind::Select { body } => {
                self.spend(1)?;
                self.stmts(file.block_stmts(body))
            }
            StmtKind::CommClause { comm, body } => {
                self.spend(1)?;
                self.opt_stmt(comm)?;
                self.stmts(file.stmts(body))
            }
            StmtKind::For {
                init,
                cond,
                post,
                body,
            } => {
                self.opt_stmt(init)?;
                self.spend(1)?;
                cond.map_or(Some(()), |cond| self.expr(cond))?;
                self.opt_stmt(post)?;
                self.stmt(body)
            }
            StmtKind::Range {
                key,
                value,
                op,
                x,
                body,
            } => {
                let core = self.body.core(self.body.type_of(x));
                if self.build.has_range_over_func()
                    && matches!(self.body.cx().ty(core), Type::Func { .. })
                {
                    return self.range_func(x, body);
                }
                self.spend(1)?;
                for name in [key, value].into_iter().flatten() {
                    self.expr(name)?;
                    if op == RangeOp::Define && file.ident(name) != Some("_") {
                        self.spend(2)?;
                    }
                }
                self.expr(x)?;
                self.stmt(body)
            }
        }
    }

    /// A call with the body as a literal.
    fn range_func(&mut self, x: ExprId, block: StmtId) -> Option<()> {
        let file = self.body.file();
        self.spend(RANGE_FUNC + LITERAL + 1)?;
        let span = file.stmt(block).span;
        let defers = file.func(self.func).stmts.iter().any(|stmt| {
            matches!(file.stmt(stmt).kind, StmtKind::Defer(_))
                && span.contains(file.stmt(stmt).span)
                && !self.is_dropped(file.stmt(stmt).span)
        });
        if defers {
            if !self.build.inlines_range_func_defers() {
                return None;
            }
            self.spend(CALL + 6)?;
        }
        match inlined(self.body, self.build, self.func, x) {
            Some((_, short)) => self.spend(short.cost)?,
            None => self.spend(self.cost_of_calling(x))?,
        }
        self.expr(x)
    }

    fn decl(&mut self, decl: go_syntax::DeclId) -> Option<()> {
        let file = self.body.file();
        let go_syntax::DeclKind::Gen { keyword, specs, .. } = file.decl(decl).kind else {
            return Some(());
        };
        if keyword != go_syntax::GenKeyword::Var {
            return Some(());
        }
        for spec in specs.iter() {
            if let SpecKind::Value { names, values, .. } = file.spec(spec).kind {
                let names = u32::try_from(names.len()).unwrap_or(u32::MAX);
                let values = file.exprs(values);
                let statements = if values.len() == 1 { 1 } else { names };
                self.spend(names.saturating_mul(3).saturating_add(statements))?;
                self.exprs(values)?;
            }
        }
        Some(())
    }

    fn assign(&mut self, lhs: &[ExprId], rhs: &[ExprId], op: AssignOp) -> Option<()> {
        self.spend(1)?;
        for &target in lhs {
            self.expr(target)?;
            // Declared, with a node for it and its name again.
            if op == AssignOp::Define && self.body.names().local_of(target).is_some() {
                self.spend(2)?;
            }
        }
        self.exprs(rhs)?;
        if lhs.len() == rhs.len() && op == AssignOp::Assign {
            for (&target, &value) in lhs.iter().zip(rhs) {
                self.converted(value, self.body.type_of(target))?;
            }
        }
        Some(())
    }

    /// A value that is stored as a type: a conversion, if that is an interface and the value none.
    fn converted(&mut self, value: ExprId, to: TypeId) -> Option<()> {
        let from = self.body.final_type_of(value);
        let is_nil = self.body.object(value) == Object::Nil;
        if self.body.cx().is_interface(to) && !self.body.cx().is_interface(from) && !is_nil {
            self.spend(1)?;
        }
        Some(())
    }

    fn exprs(&mut self, exprs: &[ExprId]) -> Option<()> {
        exprs.iter().try_for_each(|&expr| self.expr(expr))
    }

    fn expr(&mut self, expr: ExprId) -> Option<()> {
        let file = self.body.file();
        if self.body.is_constant(expr) {
            return self.spend(1);
        }
        match file.expr(expr).kind {
            ExprKind::Paren(x) => self.expr(x),
            ExprKind::Bad | ExprKind::Ident | ExprKind::BasicLit(_) => self.spend(1),
            ExprKind::FuncLit(_) => self.spend(LITERAL),
            ExprKind::CompositeLit { ty, elts, .. } => {
                let ty = ty.map_or_else(|| self.body.type_of(expr), |ty| self.body.type_of(ty));
                let under = self.body.underlying(ty);
                let (own, each) = match self.body.cx().ty(under) {
                    Type::Slice(_) => (2, 0),
                    Type::Struct { .. } | Type::Map { .. } => (1, 1),
                    _ => (1, 0),
                };
                self.spend(own)?;
                for &elt in file.exprs(elts) {
                    self.spend(each)?;
                    match file.expr(elt).kind {
                        ExprKind::KeyValue { key, value } => {
                            if each == 0 {
                                self.spend(1)?;
                            }
                            if !matches!(self.body.object(key), Object::FieldKey) {
                                self.expr(key)?;
                            }
                            self.expr(value)?;
                        }
                        _ => self.expr(elt)?,
                    }
                }
                Some(())
            }
            ExprKind::Selector { x, .. } => {
                if matches!(self.body.object(x), Object::Package(_)) || self.body.denotes_type(x) {
                    return self.spend(1);
                }
                self.spend(1)?;
                self.expr(x)
            }
            ExprKind::Index { x, indices } => {
                let ty = self.body.cx().ty(self.body.core(self.body.type_of(x)));
                if matches!(ty, Type::Func { .. }) {
                    return self.expr(x);
                }
                self.spend(1)?;
                self.expr(x)?;
                self.exprs(file.exprs(indices))
            }
            ExprKind::Slice { x, lo, hi, max } => {
                self.spend(1)?;
                self.expr(x)?;
                [lo, hi, max]
                    .into_iter()
                    .flatten()
                    .try_for_each(|bound| self.expr(bound))
            }
            ExprKind::TypeAssert { x, .. } | ExprKind::Star(x) => {
                self.spend(1)?;
                self.expr(x)
            }
            ExprKind::Unary { op, x } => {
                // The address of a first field is that of the whole.
                let of_first = op == UnaryOp::Addr && self.is_first_field(x);
                self.spend(1)?;
                self.expr(x)?;
                if of_first {
                    self.spent = self.spent.saturating_sub(2);
                }
                Some(())
            }
            ExprKind::Binary { op, x, y } => {
                self.spend(1)?;
                self.expr(x)?;
                self.expr(y)?;
                if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                    self.converted(x, self.body.type_of(y))?;
                    self.converted(y, self.body.type_of(x))?;
                }
                Some(())
            }
            ExprKind::Call { fun, args, .. } => self.call(expr, fun, file.exprs(args)),
            ExprKind::KeyValue { key, value } => {
                self.expr(key)?;
                self.expr(value)
            }
            // Types.
            ExprKind::Ellipsis(_)
            | ExprKind::ArrayType { .. }
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. } => Some(()),
        }
    }

    /// Whether an expression selects the first field of a variable.
    fn is_first_field(&self, expr: ExprId) -> bool {
        let file = self.body.file();
        let ExprKind::Selector { x, sel } = file.expr(expr).kind else {
            return false;
        };
        if file.ident(x).is_none() {
            return false;
        }
        let mut ty = self.body.underlying(self.body.type_of(x));
        if let Type::Pointer(elem) = self.body.cx().ty(ty) {
            ty = self.body.underlying(elem);
        }
        let fields = self.body.fields(ty).unwrap_or_default();
        fields
            .first()
            .is_some_and(|(name, _)| name == file.span_text(sel))
    }

    fn call(&mut self, call: ExprId, fun: ExprId, args: &[ExprId]) -> Option<()> {
        match self.body.callee(call) {
            Callee::Builtin(Builtin::Recover) => None,
            Callee::Builtin(Builtin::Panic) => {
                self.spend(2)?;
                self.exprs(args)
            }
            Callee::Builtin(_) => {
                self.spend(1)?;
                args.iter()
                    .filter(|&&arg| !self.body.denotes_type(arg))
                    .try_for_each(|&arg| self.expr(arg))
            }
            Callee::Conversion(ty) => {
                let (to, from) = (
                    self.body.underlying(self.body.type_of(ty)),
                    self.body.underlying(self.body.type_of(*args.first()?)),
                );
                self.spend(u32::from(!self.body.identical(to, from)))?;
                self.exprs(args)
            }
            _ => {
                self.spend(1)?;
                match inlined(self.body, self.build, self.func, fun) {
                    Some((_, short)) => self.spend(short.cost)?,
                    None => self.spend(self.cost_of_calling(fun))?,
                }
                self.called(call, fun)?;
                self.exprs(args)?;
                self.arguments(fun, args)
            }
        }
    }

    /// The expression of a function that is called; of a method, what it is called on.
    fn called(&mut self, call: ExprId, fun: ExprId) -> Option<()> {
        let file = self.body.file();
        let fun = file.unparen(fun);
        if let ExprKind::Selector { x, .. } = file.expr(fun).kind
            && !matches!(self.body.object(x), Object::Package(_))
            && let Some(method) = self.body.method(call)
        {
            let on_interface = self.body.cx().is_interface(method.owner);
            let ty = self
                .body
                .cx()
                .ty(self.body.underlying(self.body.type_of(x)));
            let is_pointer = matches!(ty, Type::Pointer(_));
            // Its address is taken, or what it points to; an interface is selected from.
            self.spend(u32::from(on_interface || method.pointer != is_pointer))?;
            return self.expr(x);
        }
        self.expr(fun)
    }

    fn arguments(&mut self, fun: ExprId, args: &[ExprId]) -> Option<()> {
        let cx = self.body.cx();
        let Type::Func {
            params, variadic, ..
        } = cx.ty(cx.underlying(self.body.type_of(fun)))
        else {
            return Some(());
        };
        let params = cx.types(params).to_vec();
        if variadic {
            // What is left over is put into a slice.
            return self.spend(2);
        }
        for (&arg, param) in args.iter().zip(params) {
            self.converted(arg, param)?;
        }
        Some(())
    }

    fn cost_of_calling(&self, fun: ExprId) -> u32 {
        let is_param = match self.body.object(self.body.file().unparen(fun)) {
            Object::Local(local) => {
                let local = self.body.names().local(local);
                // A variable of the function around counts like a parameter.
                local.is_param() || local.func != self.func
            }
            _ => false,
        };
        if is_param && self.build.inlines_literals_freely() {
            CALL_OF_PARAMETER
        } else {
            CALL
        }
    }
}
