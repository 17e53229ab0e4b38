//! The types of names declared within a body.

use go_syntax::{AssignOp, ExprId, ExprKind, StmtId, StmtKind};

use super::store::{Type, TypeId, TypeList};
use super::typer::{Meaning, Place, Typer};
use crate::names::{DeclSite, Local, LocalId, LocalKind};
use crate::universe::Basic;

impl Typer<'_> {
    /// The type of a local of the body; the type that a local type or type parameter is.
    pub(crate) fn local_type(self, id: LocalId) -> TypeId {
        let Some(body) = self.body else {
            return TypeId::UNKNOWN;
        };
        let known = body.locals.borrow().get(id.index()).copied();
        if let Some(known) = known.filter(|&ty| ty != TypeId::PENDING) {
            return known;
        }
        self.deeper(TypeId::UNKNOWN, || {
            let ty = self.compute_local_type(self.root_place(body.file), body.names.local(id));
            let mut locals = body.locals.borrow_mut();
            if locals.is_empty() {
                locals.resize(body.names.local_count(), TypeId::PENDING);
            }
            if let Some(slot) = locals.get_mut(id.index()) {
                *slot = ty;
            }
            ty
        })
    }

    fn compute_local_type(self, place: Place<'_>, local: &Local) -> TypeId {
        let tree = place.tree();
        match local.kind {
            LocalKind::Param(field) | LocalKind::Result(field) | LocalKind::Receiver(field) => {
                self.type_expr(place, tree.field(field).ty)
            }
            LocalKind::TypeParam(field) => self.type_param(
                place,
                local.span.start,
                field.map(|field| tree.field(field).ty),
            ),
            LocalKind::Var { ty: Some(ty), .. } => self.type_expr(place, ty),
            LocalKind::Var { ty: None, init } => self.init_type(place, init),
            LocalKind::Const { origin, index, .. } => self.const_type(place, origin, index),
            LocalKind::Type(spec) => {
                let name =
                    self.cx
                        .named_local(place.path, tree.span_text(local.span), (place.file, spec));
                self.cx.intern(Type::Named {
                    name,
                    args: TypeList::EMPTY,
                })
            }
            LocalKind::RangeVar { x, is_key, .. } => {
                self.range_type(self.type_of(place, x), is_key)
            }
            LocalKind::TypeSwitchVar { switch, clause } => {
                self.clause_type(place, switch, clause, local.site)
            }
        }
    }

    /// The type of a variable of `for key, value := range x`, where `x` is of type `operand`.
    fn range_type(self, operand: TypeId, is_key: bool) -> TypeId {
        let cx = self.cx;
        let int = || self.basic(Basic::Int);
        match cx.ty(self.core(operand)) {
            Type::Slice(elem) | Type::Array { elem, .. } => {
                if is_key {
                    int()
                } else {
                    elem
                }
            }
            Type::Pointer(array) => match cx.ty(self.underlying(array)) {
                Type::Array { elem, .. } => {
                    if is_key {
                        int()
                    } else {
                        elem
                    }
                }
                _ => TypeId::UNKNOWN,
            },
            Type::Map { key, value } => {
                if is_key {
                    key
                } else {
                    value
                }
            }
            Type::Chan { elem, .. } if is_key => elem,
            Type::Basic(basic) if basic.is_string() => {
                if is_key {
                    int()
                } else {
                    self.basic(Basic::Rune)
                }
            }
            Type::Basic(basic) if basic.is_integer() && is_key => self.default_type(operand),
            // An iterator: the variables are the parameters of its parameter.
            Type::Func { params, .. } => match *cx.types(params) {
                [yields] => match cx.ty(self.core(yields)) {
                    Type::Func { params, .. } => cx
                        .types(params)
                        .get(usize::from(!is_key))
                        .copied()
                        .unwrap_or(TypeId::UNKNOWN),
                    _ => TypeId::UNKNOWN,
                },
                _ => TypeId::UNKNOWN,
            },
            Type::Unknown if self.is_bytes_or_string(operand) && is_key => int(),
            _ => TypeId::UNKNOWN,
        }
    }

    /// The type of the variable that a clause of a type switch has.
    fn clause_type(
        self,
        place: Place<'_>,
        switch: StmtId,
        clause: StmtId,
        site: DeclSite,
    ) -> TypeId {
        let tree = place.tree();
        let StmtKind::CaseClause { list, .. } = tree.stmt(clause).kind else {
            return TypeId::UNKNOWN;
        };
        if let [case] = *tree.exprs(list)
            && !self.is_nil(place, case)
        {
            return self.type_expr(place, case);
        }
        let StmtKind::TypeSwitch { guard, .. } = tree.stmt(switch).kind else {
            return TypeId::UNKNOWN;
        };
        let StmtKind::Assign {
            rhs,
            op: AssignOp::Define,
            ..
        } = tree.stmt(guard).kind
        else {
            debug_assert!(false, "a type switch declares {site:?} without `:=`");
            return TypeId::UNKNOWN;
        };
        tree.exprs(rhs)
            .first()
            .map_or(TypeId::UNKNOWN, |&guard| self.type_of(place, guard))
    }

    fn is_nil(self, place: Place<'_>, expr: ExprId) -> bool {
        let expr = place.tree().unparen(expr);
        matches!(place.tree().expr(expr).kind, ExprKind::Ident)
            && matches!(self.meaning(place, expr), Meaning::Nil)
    }
}
