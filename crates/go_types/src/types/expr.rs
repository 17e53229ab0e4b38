//! The types of expressions.

use go_syntax::{BinaryOp, ExprId, ExprKind, LitKind, UnaryOp};

use rustc_hash::FxHashMap;

use super::lookup::Selection;
use super::store::{PathId, Type, TypeId};
use super::typer::{BodyTypes, Meaning, Place, Typer};
use crate::names::is_exported;
use crate::universe::{Basic, UniverseConst};

/// From this length on, a chain of operators or selectors is computed from its inner end, so that it
/// needs no more stack than a short one.
const LONG_CHAIN: usize = 50;

impl Typer<'_> {
    /// The type of an expression; for a type expression the type it denotes. A call without results,
    /// or with several, has a tuple type.
    pub(crate) fn type_of(self, place: Place<'_>, expr: ExprId) -> TypeId {
        let Some(body) = self.body_at(place, expr) else {
            return self.declared_type(place, expr);
        };
        if let Some(known) = body.known_expr(expr) {
            return known;
        }
        let mut chain = Vec::new();
        let mut inner = expr;
        while let Some(next) =
            leftmost_operand(place, inner).filter(|&next| body.known_expr(next).is_none())
        {
            chain.push(next);
            inner = next;
        }
        if chain.len() > LONG_CHAIN {
            for &link in chain.iter().rev() {
                self.remembered_type(place, body, link);
            }
        }
        self.remembered_type(place, body, expr)
    }

    fn remembered_type(self, place: Place<'_>, body: &BodyTypes<'_>, expr: ExprId) -> TypeId {
        if let Some(known) = body.known_expr(expr) {
            return known;
        }
        self.deeper(TypeId::UNKNOWN, || {
            let ty = self.compute_type(place, expr);
            body.remember_expr(expr, ty);
            ty
        })
    }

    /// The type of an expression outside of the body, as in the value of a package's variable. It is
    /// remembered for as long as the outermost question takes: a link of a chain of calls is asked
    /// for more than once, and its own links each time.
    fn declared_type(self, place: Place<'_>, expr: ExprId) -> TypeId {
        let key = (place.path, place.file, expr);
        let known = self.cx.answers.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            self.deeper(TypeId::UNKNOWN, || {
                let ty = self.compute_type(place, expr);
                self.cx.answers.borrow_mut().insert(key, ty);
                ty
            })
        })
    }

    fn compute_type(self, place: Place<'_>, expr: ExprId) -> TypeId {
        let tree = place.tree();
        let cx = self.cx;
        match tree.expr(expr).kind {
            ExprKind::Bad | ExprKind::KeyValue { .. } => TypeId::UNKNOWN,
            ExprKind::CompositeLit { ty: None, .. } => self.elided_type(place, expr),
            ExprKind::Ident => self.ident_type(place, expr),
            ExprKind::BasicLit(kind) => self.basic(literal_type(kind)),
            ExprKind::CompositeLit {
                ty: Some(ty), elts, ..
            } => self.literal_of(place, ty, tree.exprs(elts)),
            ExprKind::TypeAssert { ty: Some(ty), .. } => self.type_expr(place, ty),
            ExprKind::FuncLit(func) => self.signature(place, tree.func(func).sig),
            ExprKind::Paren(x) | ExprKind::TypeAssert { x, ty: None } => self.type_of(place, x),
            ExprKind::Selector { x, sel } => self.selector_type(place, x, tree.span_text(sel)),
            ExprKind::Index { x, indices } => self.index_type(place, expr, x, tree.exprs(indices)),
            ExprKind::Slice { x, .. } => self.slice_type(self.type_of(place, x)),
            ExprKind::Call { .. } => match self.results(place, expr) {
                None => TypeId::UNKNOWN,
                Some(results) => match *cx.types(results) {
                    [single] => single,
                    _ => cx.intern(Type::Tuple(results)),
                },
            },
            ExprKind::Star(x) if self.denotes_type(place, x) => self.type_expr(place, expr),
            ExprKind::Star(x) => self.elem_of(self.type_of(place, x)),
            ExprKind::Unary { op, x } => self.unary_type(op, self.type_of(place, x)),
            ExprKind::Binary { op, x, y } => self.binary_type(place, op, x, y),
            ExprKind::Ellipsis(_)
            | ExprKind::ArrayType { .. }
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. } => self.type_expr(place, expr),
        }
    }

    fn ident_type(self, place: Place<'_>, ident: ExprId) -> TypeId {
        match self.meaning(place, ident) {
            Meaning::Local(id) => self.local_type(id),
            Meaning::TypeParam(param) => param,
            Meaning::Member(id) => self.member_type(place.path, place.package, id),
            Meaning::DotMember(path) => self.imported_type(path, place.tree().expr_text(ident)),
            Meaning::Type(ty) => self.universe_type(ty),
            Meaning::Const(UniverseConst::Iota) => self.basic(Basic::UntypedInt),
            Meaning::Const(UniverseConst::True | UniverseConst::False) => {
                self.basic(Basic::UntypedBool)
            }
            Meaning::Nil => self.basic(Basic::UntypedNil),
            Meaning::Package(_) | Meaning::Builtin(_) | Meaning::Unknown => TypeId::UNKNOWN,
        }
    }

    /// The type of the exported member `name` of another package.
    fn imported_type(self, path: PathId, name: &str) -> TypeId {
        if !is_exported(name) {
            return TypeId::UNKNOWN;
        }
        let Some(package) = self.cx.package_at(path) else {
            return TypeId::UNKNOWN;
        };
        package
            .lookup(name)
            .map_or(TypeId::UNKNOWN, |id| self.member_type(path, &package, id))
    }

    fn selector_type(self, place: Place<'_>, x: ExprId, name: &str) -> TypeId {
        if let Some(path) = self.package_named(place, x) {
            return self.imported_type(path, name);
        }
        let operand = self.type_of(place, x);
        let Some(selection) = self.lookup(operand, name, place.path) else {
            return TypeId::UNKNOWN;
        };
        if self.denotes_type(place, x) {
            self.method_expr_type(operand, name, selection)
        } else {
            selection.ty()
        }
    }

    /// The type of `T.m`: a function whose first parameter is the receiver.
    fn method_expr_type(self, recv: TypeId, name: &str, selection: Selection) -> TypeId {
        let Type::Func {
            params,
            results,
            variadic,
            tparams,
        } = self.cx.ty(selection.ty())
        else {
            return TypeId::UNKNOWN;
        };
        let with_recv: Vec<TypeId> = std::iter::once(recv)
            .chain(self.cx.types(params).iter().copied())
            .collect();
        let mut names = self.cx.names_of(params);
        // Either all parameters have names or none.
        if !names.is_empty() {
            names = format!("{},{names}", self.receiver_name(selection, name)).into();
        }
        self.cx.intern(Type::Func {
            params: self.cx.named_list(&with_recv, &names),
            results,
            variadic,
            tparams,
        })
    }

    /// The name that a method gives to its receiver.
    fn receiver_name(self, selection: Selection, name: &str) -> String {
        let declared = || {
            let Selection::Method { owner, .. } = selection else {
                return None;
            };
            let Type::Named { name: base, .. } = self.cx.ty(owner) else {
                return None;
            };
            let base = self.cx.named(base);
            let package = self.cx.package_at(base.path)?;
            let method = package.method(package.lookup_method(&base.name, name)?);
            let tree = package.file(method.file);
            let recv = tree.fields_of(tree.func(method.func).recv?).first()?;
            let name = tree.field(recv).names.first()?;
            Some(tree.name(name).to_owned())
        };
        declared().unwrap_or_else(|| "_".to_owned())
    }

    fn index_type(self, place: Place<'_>, expr: ExprId, x: ExprId, indices: &[ExprId]) -> TypeId {
        if self.denotes_type(place, x) {
            return self.type_expr(place, expr);
        }
        let operand = self.type_of(place, x);
        match self.cx.ty(self.core(operand)) {
            Type::Map { value, .. } => value,
            Type::Slice(elem) | Type::Array { elem, .. } => elem,
            Type::Pointer(pointee) => match self.cx.ty(self.underlying(pointee)) {
                Type::Array { elem, .. } => elem,
                _ => TypeId::UNKNOWN,
            },
            Type::Basic(basic) if basic.is_string() => self.basic(Basic::Byte),
            Type::Func { .. } => {
                let (params, known) = self.generic_callee(place, expr);
                if params.is_empty() {
                    return TypeId::UNKNOWN;
                }
                debug_assert_eq!(known.len(), indices.len());
                let env = self.infer(&params, &known, &[], &[]);
                self.subst(operand, &env.without_unknown())
            }
            Type::Unknown => self.common_element(operand).unwrap_or(TypeId::UNKNOWN),
            _ => TypeId::UNKNOWN,
        }
    }

    fn slice_type(self, operand: TypeId) -> TypeId {
        let cx = self.cx;
        match cx.ty(self.core(operand)) {
            Type::Array { elem, .. } => cx.intern(Type::Slice(elem)),
            Type::Pointer(pointee) => match cx.ty(self.underlying(pointee)) {
                Type::Array { elem, .. } => cx.intern(Type::Slice(elem)),
                _ => TypeId::UNKNOWN,
            },
            Type::Basic(Basic::UntypedString) => self.basic(Basic::String),
            Type::Slice(_) | Type::Basic(Basic::String) => operand,
            Type::Unknown if self.is_bytes_or_string(operand) => operand,
            _ => TypeId::UNKNOWN,
        }
    }

    /// The type that a pointer points to.
    fn elem_of(self, pointer: TypeId) -> TypeId {
        match self.cx.ty(self.core(pointer)) {
            Type::Pointer(elem) => elem,
            _ => TypeId::UNKNOWN,
        }
    }

    fn unary_type(self, op: UnaryOp, operand: TypeId) -> TypeId {
        match op {
            UnaryOp::Addr => self.cx.intern(Type::Pointer(operand)),
            UnaryOp::Recv => match self.cx.ty(self.core(operand)) {
                Type::Chan { elem, .. } => elem,
                _ => TypeId::UNKNOWN,
            },
            UnaryOp::Plus | UnaryOp::Neg | UnaryOp::Not | UnaryOp::BitNot => operand,
            UnaryOp::Tilde => TypeId::UNKNOWN,
        }
    }

    fn binary_type(self, place: Place<'_>, op: BinaryOp, x: ExprId, y: ExprId) -> TypeId {
        match op {
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => self.basic(Basic::UntypedBool),
            BinaryOp::Shl | BinaryOp::Shr => {
                let ty = self.type_of(place, x);
                match self.cx.ty(ty) {
                    Type::Basic(Basic::UntypedFloat | Basic::UntypedComplex) => {
                        self.basic(Basic::UntypedInt)
                    }
                    _ => ty,
                }
            }
            _ => {
                // Constants made of thousands of strings are added up in a loop.
                let mut ty = self.type_of(place, y);
                let mut left = x;
                let known = |expr| {
                    self.body_at(place, expr)
                        .and_then(|body| body.known_expr(expr))
                        .is_some()
                };
                while let ExprKind::Binary { op: same, x, y } = place.tree().expr(left).kind
                    && same == op
                    && !known(left)
                {
                    ty = self.operands_of_type(self.type_of(place, y), ty);
                    left = x;
                }
                self.operands_of_type(self.type_of(place, left), ty)
            }
        }
    }

    /// The type of an arithmetic operation on operands of these types.
    fn operands_of_type(self, left: TypeId, right: TypeId) -> TypeId {
        match (self.cx.ty(left), self.cx.ty(right)) {
            // Of two constants without type the wider kind counts, and kinds are in order.
            (Type::Basic(a), Type::Basic(b)) if a.is_untyped() && b.is_untyped() => {
                self.basic(a.max(b))
            }
            (Type::Basic(a), _) if a.is_untyped() => right,
            (Type::Unknown, Type::Basic(b)) if b.is_untyped() => TypeId::UNKNOWN,
            (Type::Unknown, _) => right,
            _ => left,
        }
    }

    /// The type of `ty{elts}`, where the length of an array may be left to the elements.
    fn literal_of(self, place: Place<'_>, ty: ExprId, elts: &[ExprId]) -> TypeId {
        let tree = place.tree();
        let ExprKind::ArrayType {
            len: Some(len),
            elem,
        } = tree.expr(tree.unparen(ty)).kind
        else {
            return self.type_expr(place, ty);
        };
        if !matches!(tree.expr(len).kind, ExprKind::Ellipsis(None)) {
            return self.type_expr(place, ty);
        }
        let elem = self.type_expr(place, elem);
        let mut next: Option<u64> = Some(0);
        let mut len = Some(0);
        for &elt in elts {
            if let ExprKind::KeyValue { key, .. } = tree.expr(elt).kind {
                next = self.array_len(place, key);
            }
            next = next.and_then(|index| index.checked_add(1));
            len = len.zip(next).map(|(len, next): (u64, u64)| len.max(next));
        }
        self.cx.intern(Type::Array { len, elem })
    }

    /// The type of a literal without one, an element or key of another literal: that of the elements,
    /// which may be pointers.
    fn elided_type(self, place: Place<'_>, expr: ExprId) -> TypeId {
        let Some(body) = self.body_at(place, expr) else {
            return TypeId::UNKNOWN;
        };
        let elided = body.elided.get_or_init(|| elided_literals(place, body));
        let Some(&(outer, is_key)) = elided.get(&expr) else {
            return TypeId::UNKNOWN;
        };
        let outer = self.literal_type(self.type_of(place, outer));
        match self.cx.ty(outer) {
            Type::Slice(elem) | Type::Array { elem, .. } if !is_key => elem,
            Type::Map { key, value } => {
                if is_key {
                    key
                } else {
                    value
                }
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// What a composite literal of type `ty` is made of: what is underneath, behind a pointer when
    /// the type of the literal was left out.
    pub(crate) fn literal_type(self, ty: TypeId) -> TypeId {
        let core = self.core(ty);
        match self.cx.ty(core) {
            Type::Pointer(elem) => self.core(elem),
            _ => core,
        }
    }

    /// The type of one of the values of an expression that has several: a call, or a comma-ok form.
    pub(super) fn element_type(self, place: Place<'_>, expr: ExprId, index: u32) -> TypeId {
        let expr = place.tree().unparen(expr);
        match place.tree().expr(expr).kind {
            ExprKind::Call { .. } => match self.cx.ty(self.type_of(place, expr)) {
                Type::Tuple(types) => self
                    .cx
                    .types(types)
                    .get(index as usize)
                    .copied()
                    .unwrap_or(TypeId::UNKNOWN),
                _ => TypeId::UNKNOWN,
            },
            ExprKind::Index { .. }
            | ExprKind::TypeAssert { .. }
            | ExprKind::Unary {
                op: UnaryOp::Recv, ..
            } => {
                if index == 0 {
                    self.type_of(place, expr)
                } else {
                    self.basic(Basic::Bool)
                }
            }
            _ => TypeId::UNKNOWN,
        }
    }
}

impl BodyTypes<'_> {
    fn known_expr(&self, expr: ExprId) -> Option<TypeId> {
        let position = self.names.position(expr)?;
        self.exprs
            .borrow()
            .get(position)
            .copied()
            .filter(|&ty| ty != TypeId::PENDING)
    }

    fn remember_expr(&self, expr: ExprId, ty: TypeId) {
        let mut exprs = self.exprs.borrow_mut();
        if exprs.is_empty() {
            exprs.resize(self.names.expr_count(), TypeId::PENDING);
        }
        if let Some(slot) = self
            .names
            .position(expr)
            .and_then(|position| exprs.get_mut(position))
        {
            *slot = ty;
        }
    }
}

/// The literals of a body whose type is left out, with the literal around each and whether it is a
/// key there.
fn elided_literals(place: Place<'_>, body: &BodyTypes<'_>) -> FxHashMap<ExprId, (ExprId, bool)> {
    let tree = place.tree();
    let is_elided = |expr| {
        matches!(
            tree.expr(expr).kind,
            ExprKind::CompositeLit { ty: None, .. }
        )
    };
    let mut elided = FxHashMap::default();
    for outer in body.names.exprs().iter() {
        let ExprKind::CompositeLit { elts, .. } = tree.expr(outer).kind else {
            continue;
        };
        for &elt in tree.exprs(elts) {
            let (key, value) = match tree.expr(elt).kind {
                ExprKind::KeyValue { key, value } => (Some(key), value),
                _ => (None, elt),
            };
            if let Some(key) = key.filter(|&key| is_elided(key)) {
                elided.insert(key, (outer, true));
            }
            if is_elided(value) {
                elided.insert(value, (outer, false));
            }
        }
    }
    elided
}

/// The operand that an expression begins with.
fn leftmost_operand(place: Place<'_>, expr: ExprId) -> Option<ExprId> {
    match place.tree().expr(expr).kind {
        ExprKind::Paren(x)
        | ExprKind::Star(x)
        | ExprKind::Selector { x, .. }
        | ExprKind::Index { x, .. }
        | ExprKind::Slice { x, .. }
        | ExprKind::TypeAssert { x, .. }
        | ExprKind::Call { fun: x, .. }
        | ExprKind::Unary { x, .. }
        | ExprKind::Binary { x, .. } => Some(x),
        _ => None,
    }
}

fn literal_type(kind: LitKind) -> Basic {
    match kind {
        LitKind::Int => Basic::UntypedInt,
        LitKind::Float => Basic::UntypedFloat,
        LitKind::Imag => Basic::UntypedComplex,
        LitKind::Char => Basic::UntypedRune,
        LitKind::String => Basic::UntypedString,
    }
}
