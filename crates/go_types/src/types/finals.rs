//! The types that expressions have in the end: values without a type of their own (comparisons,
//! shifts of constants) get one from what is around them, two values are a tuple where two are
//! taken, and generic functions are instantiated.
//!
//! One pass over the nodes of a body notes where the final type differs from the one that the
//! expression has on its own. Constants are passed over.

use go_syntax::{
    AssignOp, BinaryOp, DeclId, DeclKind, ExprId, ExprKind, FuncId, IdRange, SpecId, SpecKind,
    StmtId, StmtKind, UnaryOp,
};

use super::store::{Type, TypeId, TypeList};
use super::typer::{BodyTypes, Meaning, Place, Typer};
use crate::universe::{Basic, Builtin};

impl Typer<'_> {
    /// The type that an expression of the body has in the end, as go/types records it.
    pub(crate) fn final_type(self, place: Place<'_>, expr: ExprId) -> TypeId {
        let Some(body) = self.body_at(place, expr) else {
            return self.type_of(place, expr);
        };
        if !body.finished.replace(true) {
            Finals {
                typer: self,
                place,
                body,
                literals: Vec::new(),
            }
            .run(body.decls);
        }
        let known = body.finals.borrow().get(&expr).copied();
        known.unwrap_or_else(|| self.type_of(place, expr))
    }
}

struct Finals<'f> {
    typer: Typer<'f>,
    place: Place<'f>,
    body: &'f BodyTypes<'f>,
    /// The function literals of the body, with their statements.
    literals: Vec<(IdRange<StmtId>, FuncId)>,
}

impl Finals<'_> {
    fn run(&mut self, decls: &[DeclId]) {
        let tree = self.place.tree();
        let names = &self.body.names;
        for expr in names.exprs().iter() {
            if let ExprKind::FuncLit(func) = tree.expr(expr).kind {
                self.literals.push((tree.func(func).stmts, func));
            }
        }
        for expr in names.exprs().iter() {
            self.expr(expr);
        }
        for stmt in names.stmts().iter() {
            self.stmt(stmt);
        }
        for &decl in decls {
            self.decl(decl);
        }
    }

    fn basic(&self, basic: Basic) -> TypeId {
        self.typer.basic(basic)
    }

    fn type_of(&self, expr: ExprId) -> TypeId {
        self.typer.type_of(self.place, expr)
    }

    fn note(&self, expr: ExprId, ty: TypeId) {
        self.body.finals.borrow_mut().insert(expr, ty);
    }

    /// Whether an expression could be something that gets its type from around it.
    fn is_open(&self, expr: ExprId) -> bool {
        let tree = self.place.tree();
        let mut expr = expr;
        loop {
            match tree.expr(expr).kind {
                ExprKind::Paren(x)
                // A function may be generic.
                | ExprKind::Index { x, .. }
                | ExprKind::Unary {
                    op: UnaryOp::Plus | UnaryOp::Neg | UnaryOp::Not | UnaryOp::BitNot,
                    x,
                } => expr = x,
                ExprKind::Binary { .. } => return true,
                ExprKind::Ident => {
                    return matches!(
                        self.typer.meaning(self.place, expr),
                        Meaning::Member(_) | Meaning::DotMember(_)
                    );
                }
                ExprKind::Selector { x, .. } => {
                    return self.typer.package_named(self.place, x).is_some();
                }
                _ => return false,
            }
        }
    }

    fn untyped(&self, ty: TypeId) -> Option<Basic> {
        match self.typer.cx.ty(ty) {
            Type::Basic(basic) if basic.is_untyped() => Some(basic),
            _ => None,
        }
    }

    /// `expr` is assigned to something of type `target`, or of its own default type.
    fn assign(&self, expr: ExprId, target: Option<TypeId>) {
        if !self.is_open(expr) {
            return;
        }
        let own = self.type_of(expr);
        if self.untyped(own).is_some() {
            let target = match target {
                Some(target) if !self.typer.is_interface(target) => target,
                _ => self.typer.default_type(own),
            };
            self.convert(expr, target);
        } else if let Some(target) = target
            && matches!(self.typer.cx.ty(own), Type::Func { .. })
        {
            self.instantiate(expr, own, target);
        }
    }

    /// A generic function, assigned to something of type `target`.
    fn instantiate(&self, expr: ExprId, own: TypeId, target: TypeId) {
        let (params, known) = self.typer.generic_callee(self.place, expr);
        if params.is_empty() || known.len() >= params.len() {
            return;
        }
        let env = self
            .typer
            .infer(&params, &known, &[own], &[self.typer.underlying(target)]);
        self.note(expr, self.typer.subst(own, &env));
    }

    /// `expr`, if it has no type, gets this one.
    fn convert(&self, expr: ExprId, target: TypeId) {
        let tree = self.place.tree();
        let mut expr = expr;
        while self.untyped(self.type_of(expr)).is_some() {
            self.note(expr, target);
            match tree.expr(expr).kind {
                ExprKind::Paren(x) | ExprKind::Unary { x, .. } => expr = x,
                ExprKind::Binary { op, x, y } => match op {
                    // The operands have types of their own.
                    BinaryOp::Eq
                    | BinaryOp::Ne
                    | BinaryOp::Lt
                    | BinaryOp::Le
                    | BinaryOp::Gt
                    | BinaryOp::Ge => return,
                    BinaryOp::Shl | BinaryOp::Shr => expr = x,
                    _ => {
                        if self.is_open(y) {
                            let place = self.place;
                            self.typer.deeper((), || {
                                debug_assert!(place.file == self.place.file);
                                self.convert(y, target);
                            });
                        }
                        expr = x;
                    }
                },
                _ => return,
            }
        }
    }

    fn expr(&self, expr: ExprId) {
        let tree = self.place.tree();
        match tree.expr(expr).kind {
            ExprKind::Binary { op, x, y } => self.binary(op, x, y),
            ExprKind::Call { .. } => self.call(expr),
            ExprKind::CompositeLit { elts, .. } => {
                let elts = tree.exprs(elts);
                let is_open = |&elt: &ExprId| match tree.expr(elt).kind {
                    ExprKind::KeyValue { key, value } => self.is_open(key) || self.is_open(value),
                    _ => self.is_open(elt),
                };
                if elts.iter().any(is_open) {
                    self.literal(expr, elts);
                }
            }
            ExprKind::Index { x, indices } => {
                for &index in tree.exprs(indices) {
                    if self.is_open(index) && !self.typer.denotes_type(self.place, index) {
                        match self.typer.cx.ty(self.typer.core(self.type_of(x))) {
                            Type::Map { key, .. } => self.assign(index, Some(key)),
                            _ => self.assign(index, Some(self.basic(Basic::Int))),
                        }
                    }
                }
            }
            ExprKind::Slice { lo, hi, max, .. } => {
                for bound in [lo, hi, max].into_iter().flatten() {
                    self.assign(bound, Some(self.basic(Basic::Int)));
                }
            }
            _ => {}
        }
    }

    fn binary(&self, op: BinaryOp, x: ExprId, y: ExprId) {
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            if self.is_open(y) && self.untyped(self.type_of(y)).is_some() {
                self.convert(y, self.basic(Basic::Uint));
            }
            return;
        }
        let (open_x, open_y) = (self.is_open(x), self.is_open(y));
        if !open_x && !open_y {
            return;
        }
        let (left, right) = (self.type_of(x), self.type_of(y));
        let is_comparison = matches!(
            op,
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
        );
        match (self.untyped(left), self.untyped(right)) {
            (Some(_), None) if open_x => self.assign(x, Some(right)),
            (None, Some(_)) if open_y => self.assign(y, Some(left)),
            (Some(a), Some(b)) if is_comparison => {
                let wider = self.typer.default_type(self.basic(a.max(b)));
                self.convert(x, wider);
                self.convert(y, wider);
            }
            _ => {}
        }
    }

    fn call(&self, call: ExprId) {
        let tree = self.place.tree();
        let ExprKind::Call { fun, args, spread } = tree.expr(call).kind else {
            return;
        };
        let typer = self.typer;
        let args = tree.exprs(args);
        let callee = tree.unparen(fun);
        if matches!(tree.expr(callee).kind, ExprKind::Ident)
            && let Meaning::Builtin(builtin) = typer.meaning(self.place, callee)
        {
            return self.builtin_call(builtin, args);
        }
        let any_open = args.iter().any(|&arg| self.is_open(arg));
        let (generic, _) = typer.generic_callee(self.place, callee);
        if !any_open && generic.is_empty() {
            return;
        }
        if typer.denotes_type(self.place, callee) {
            if let &[arg] = args {
                let target = typer.type_expr(self.place, callee);
                self.assign(arg, Some(target));
            }
            return;
        }
        let instance = typer.instance_of_call(self.place, call);
        if !generic.is_empty() {
            self.note(fun, instance);
            self.note(callee, instance);
        }
        let Type::Func {
            params, variadic, ..
        } = typer.cx.ty(typer.core(instance))
        else {
            return;
        };
        let params = typer.cx.types(params);
        for (index, &arg) in args.iter().enumerate() {
            let last = variadic && !spread && index + 1 >= params.len();
            let target = if last {
                params.last().map(|&slice| typer.element_of(slice))
            } else {
                params.get(index).copied()
            };
            self.assign(arg, Some(target.unwrap_or(TypeId::UNKNOWN)));
        }
    }

    fn builtin_call(&self, builtin: Builtin, args: &[ExprId]) {
        let typer = self.typer;
        if !args.iter().any(|&arg| self.is_open(arg)) {
            return;
        }
        match builtin {
            Builtin::Append => {
                if let [slice, rest @ ..] = args {
                    let elem = typer.element_of(typer.core(self.type_of(*slice)));
                    rest.iter().for_each(|&arg| self.assign(arg, Some(elem)));
                }
            }
            Builtin::Make => args
                .iter()
                .skip(1)
                .for_each(|&arg| self.assign(arg, Some(self.basic(Basic::Int)))),
            Builtin::Delete => {
                if let &[map, key] = args
                    && let Type::Map { key: ty, .. } = typer.cx.ty(typer.core(self.type_of(map)))
                {
                    self.assign(key, Some(ty));
                }
            }
            Builtin::Max | Builtin::Min => {
                let ty = typer.operands_type(self.place, args);
                if self.untyped(ty).is_none() {
                    args.iter().for_each(|&arg| self.assign(arg, Some(ty)));
                }
            }
            Builtin::New => args
                .iter()
                .filter(|&&arg| !typer.denotes_type(self.place, arg))
                .for_each(|&arg| self.assign(arg, None)),
            _ => args.iter().for_each(|&arg| self.assign(arg, None)),
        }
    }

    fn literal(&self, expr: ExprId, elts: &[ExprId]) {
        let typer = self.typer;
        let tree = self.place.tree();
        let ty = typer.literal_type(self.type_of(expr));
        let fields = typer.struct_fields(ty).unwrap_or_default();
        let kind = typer.cx.ty(ty);
        for (index, &elt) in elts.iter().enumerate() {
            let (key, value) = match tree.expr(elt).kind {
                ExprKind::KeyValue { key, value } => (Some(key), value),
                _ => (None, elt),
            };
            let target = match kind {
                Type::Struct { .. } => match key {
                    Some(key) => {
                        let name = tree.expr_text(key);
                        typer.field_named(ty, name)
                    }
                    None => fields.get(index).map(|&(_, ty)| ty),
                },
                Type::Map {
                    key: key_type,
                    value,
                } => {
                    if let Some(key) = key {
                        self.assign(key, Some(key_type));
                    }
                    Some(value)
                }
                Type::Slice(elem) | Type::Array { elem, .. } => Some(elem),
                _ => None,
            };
            self.assign(value, Some(target.unwrap_or(TypeId::UNKNOWN)));
        }
    }

    fn stmt(&self, stmt: StmtId) {
        let tree = self.place.tree();
        let typer = self.typer;
        match tree.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, op } => {
                self.assignment(tree.exprs(lhs), tree.exprs(rhs), op);
            }
            StmtKind::Decl(decl) => self.decl(decl),
            StmtKind::Send { chan, value } if self.is_open(value) => {
                if let Type::Chan { elem, .. } = typer.cx.ty(typer.core(self.type_of(chan))) {
                    self.assign(value, Some(elem));
                }
            }
            StmtKind::Return(results) => {
                let results = tree.exprs(results);
                if results.iter().any(|&result| self.is_open(result)) {
                    self.results(stmt, results);
                }
            }
            StmtKind::Switch { tag, body, .. } => {
                let ty = match tag {
                    Some(tag) => {
                        self.assign(tag, None);
                        typer.default_type(self.type_of(tag))
                    }
                    None => self.basic(Basic::Bool),
                };
                for &clause in tree.block_stmts(body) {
                    if let StmtKind::CaseClause { list, .. } = tree.stmt(clause).kind {
                        tree.exprs(list)
                            .iter()
                            .for_each(|&case| self.assign(case, Some(ty)));
                    }
                }
            }
            StmtKind::Range { x, .. } => self.assign(x, None),
            _ => {}
        }
    }

    fn assignment(&self, lhs: &[ExprId], rhs: &[ExprId], op: AssignOp) {
        if let (&[_, _], &[single]) = (lhs, rhs) {
            let ok = self
                .place
                .tree()
                .ident(lhs[1])
                .is_none_or(|name| name != "_")
                .then(|| self.type_of(lhs[1]));
            return self.comma_ok(single, ok);
        }
        if lhs.len() != rhs.len() {
            return;
        }
        for (&left, &right) in lhs.iter().zip(rhs) {
            if !self.is_open(right) {
                continue;
            }
            let blank = self.place.tree().ident(left) == Some("_");
            match op {
                AssignOp::Op(op) => {
                    self.binary(op, left, right);
                }
                _ if blank => self.assign(right, None),
                // A variable that is declared here has the default type of its value.
                _ => self.assign(right, Some(self.type_of(left))),
            }
        }
    }

    /// Both values of a form that can have two are taken; the second one as type `ok`.
    fn comma_ok(&self, expr: ExprId, ok: Option<TypeId>) {
        let tree = self.place.tree();
        let inner = tree.unparen(expr);
        let has_two = match tree.expr(inner).kind {
            ExprKind::TypeAssert { ty: Some(_), .. }
            | ExprKind::Unary {
                op: UnaryOp::Recv, ..
            } => true,
            ExprKind::Index { x, .. } => {
                let operand = self.type_of(x);
                matches!(self.typer.cx.ty(self.typer.core(operand)), Type::Map { .. })
            }
            _ => false,
        };
        if !has_two {
            return;
        }
        let ok = ok
            .filter(|&ok| !self.typer.is_interface(ok))
            .unwrap_or_else(|| self.basic(Basic::Bool));
        let types = self.typer.cx.list(&[self.type_of(inner), ok]);
        let tuple = self.typer.cx.intern(Type::Tuple(types));
        let mut expr = expr;
        loop {
            self.note(expr, tuple);
            match tree.expr(expr).kind {
                ExprKind::Paren(x) => expr = x,
                _ => return,
            }
        }
    }

    fn decl(&self, decl: DeclId) {
        if let DeclKind::Gen { specs, .. } = self.place.tree().decl(decl).kind {
            specs.iter().for_each(|spec| self.spec(spec));
        }
    }

    fn spec(&self, spec: SpecId) {
        let tree = self.place.tree();
        let SpecKind::Value {
            names, ty, values, ..
        } = tree.spec(spec).kind
        else {
            return;
        };
        let values = tree.exprs(values);
        let ty = ty.map(|ty| self.typer.type_expr(self.place, ty));
        if let &[single] = values
            && names.len() == 2
        {
            return self.comma_ok(single, ty);
        }
        for &value in values {
            self.assign(value, ty);
        }
    }

    fn results(&self, stmt: StmtId, results: &[ExprId]) {
        let tree = self.place.tree();
        let func = self
            .literals
            .iter()
            .filter(|(stmts, _)| stmts.contains(stmt))
            .min_by_key(|(stmts, _)| stmts.len())
            .map_or(self.body.names.root(), |&(_, func)| func);
        let Type::Func { results: types, .. } = self
            .typer
            .cx
            .ty(self.typer.signature(self.place, tree.func(func).sig))
        else {
            return;
        };
        if types == TypeList::EMPTY {
            return;
        }
        let types = self.typer.cx.types(types);
        for (&result, &ty) in results.iter().zip(types.iter()) {
            self.assign(result, Some(ty));
        }
    }
}
