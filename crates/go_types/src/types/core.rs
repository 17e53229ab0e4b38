//! Type parameters seen through their constraints: type sets, and the one type that all types of a
//! set are underneath.

use go_syntax::{BinaryOp, ChanDir, DeclKind, ExprId, ExprKind, SpecKind, UnaryOp};

use super::store::{Type, TypeId, TypeParam};
use super::subst::Env;
use super::typer::{Place, Typer, enclosing_decl, receiver_args};
use crate::names::MemberKind;
use crate::universe::Basic;

/// How deep interfaces that embed interfaces are followed. One that embeds itself goes on for ever.
pub(super) const MAX_EMBEDDING: u32 = 12;

/// One alternative of a type set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Term {
    /// Whether all types with this one underneath belong to the set.
    pub(crate) tilde: bool,
    pub(crate) ty: TypeId,
}

/// The types of a set; `None` when it is not bounded.
pub(super) type Terms = Option<Vec<Term>>;

impl Typer<'_> {
    /// What operations on values of the type see: what is underneath, for a type parameter the type
    /// that is underneath all types it may stand for. Unknown when there is no such type.
    pub(crate) fn core(self, ty: TypeId) -> TypeId {
        let underlying = self.underlying(ty);
        match self.cx.ty(underlying) {
            Type::TypeParam(_) => self
                .core_term(underlying)
                .map_or(TypeId::UNKNOWN, |term| term.ty),
            _ => underlying,
        }
    }

    /// The core type of a type parameter; with a tilde, when it may stand for other types with that
    /// underneath, or for several.
    pub(super) fn core_term(self, param: TypeId) -> Option<Term> {
        if let Some(known) = self.cx.known_core(param) {
            return known;
        }
        // A parameter that is constrained by itself has no core.
        self.cx.remember_core(param, None);
        let core = self
            .terms_of_param(param)
            .and_then(|terms| self.common_type(&terms));
        self.cx.remember_core(param, core);
        core
    }

    /// The types that a type parameter may stand for.
    pub(super) fn terms_of_param(self, param: TypeId) -> Terms {
        let Type::TypeParam(param) = self.cx.ty(param) else {
            return None;
        };
        self.with_constraint(param, |this, place, expr, env| {
            this.terms_of_expr(place, expr, env, MAX_EMBEDDING)
        })?
    }

    /// Calls `answer` with where the constraint of a type parameter stands, and what the type
    /// parameters in it stand for.
    pub(super) fn with_constraint<T>(
        self,
        param: TypeParam,
        answer: impl FnOnce(Self, Place<'_>, ExprId, &Env) -> T,
    ) -> Option<T> {
        let package = self.cx.package_at(param.path)?;
        let place = Place {
            path: param.path,
            package: &package,
            file: param.file,
        };
        if let Some(constraint) = param.constraint {
            return Some(answer(self, place, constraint, &Env::default()));
        }
        // A parameter of a receiver has the constraint that the declaration of its type gives it.
        let tree = place.tree();
        let DeclKind::Func(func) = tree.decl(enclosing_decl(tree, param.start)?).kind else {
            return None;
        };
        let recv = tree.func(func).recv?;
        let own = self.receiver_params(place, recv);
        let position = receiver_args(tree, recv)
            .iter()
            .position(|&arg| tree.expr(arg).span.start == param.start)?;
        let mut base = tree.field(tree.fields_of(recv).first()?).ty;
        let name = loop {
            match tree.expr(base).kind {
                ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Index { x, .. } => base = x,
                ExprKind::Ident => break tree.expr_text(base),
                _ => return None,
            }
        };
        let member = package.member(package.lookup(name)?);
        let MemberKind::Type(spec) = member.kind else {
            return None;
        };
        let place = Place {
            file: member.file,
            ..place
        };
        let tree = place.tree();
        let SpecKind::Type { tparams, .. } = tree.spec(spec).kind else {
            return None;
        };
        let declared = self.type_params(place, tparams);
        let constraint = match self.cx.ty(*declared.get(position)?) {
            Type::TypeParam(declared) => declared.constraint?,
            _ => return None,
        };
        let outside = Typer { body: None, ..self };
        Some(answer(
            outside,
            place,
            constraint,
            &Env::new(&declared, &own),
        ))
    }

    fn terms_of_expr(self, place: Place<'_>, expr: ExprId, env: &Env, levels: u32) -> Terms {
        let tree = place.tree();
        match tree.expr(expr).kind {
            ExprKind::Paren(x) => self.terms_of_expr(place, x, env, levels),
            ExprKind::Unary {
                op: UnaryOp::Tilde,
                x,
            } => Some(vec![Term {
                tilde: true,
                ty: self.subst(self.type_expr(place, x), env),
            }]),
            ExprKind::Binary {
                op: BinaryOp::Or, ..
            } => {
                let mut all = Vec::new();
                let mut rest = expr;
                while let ExprKind::Binary {
                    op: BinaryOp::Or,
                    x,
                    y,
                } = tree.expr(rest).kind
                {
                    all.extend(self.terms_of_expr(place, y, env, levels)?);
                    rest = x;
                }
                all.extend(self.terms_of_expr(place, rest, env, levels)?);
                Some(all)
            }
            _ => self.terms_of_type(self.subst(self.type_expr(place, expr), env), levels),
        }
    }

    pub(super) fn terms_of_type(self, ty: TypeId, levels: u32) -> Terms {
        let levels = levels.checked_sub(1)?;
        let (site, env) = match self.cx.ty(self.underlying(ty)) {
            Type::Interface { site, env } => (site, env),
            Type::EmptyInterface | Type::Named { .. } | Type::Unknown => return None,
            _ => return Some(vec![Term { tilde: false, ty }]),
        };
        let package = self.cx.package_at(site.path)?;
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let env = self.env_of(env);
        let tree = place.tree();
        let mut all: Terms = None;
        let embedded = tree.fields_of(site.node).iter().map(|id| tree.field(id));
        for field in embedded.filter(|field| field.names.is_empty()) {
            let terms = self.terms_of_expr(place, field.ty, &env, levels);
            all = match (all, terms) {
                (Some(one), Some(other)) => Some(self.both(&one, &other)),
                (one, other) => one.or(other),
            };
        }
        all
    }

    /// The terms that two sets have in common.
    fn both(self, one: &[Term], other: &[Term]) -> Vec<Term> {
        let mut common = Vec::new();
        for &a in one {
            for &b in other {
                if a.ty == b.ty {
                    common.push(Term {
                        tilde: a.tilde && b.tilde,
                        ty: a.ty,
                    });
                } else if a.tilde && self.underlying(b.ty) == self.underlying(a.ty) {
                    common.push(b);
                } else if b.tilde && self.underlying(a.ty) == self.underlying(b.ty) {
                    common.push(a);
                }
            }
        }
        common
    }

    fn common_type(self, terms: &[Term]) -> Option<Term> {
        if let &[term] = terms {
            return Some(Term {
                ty: if term.tilde || matches!(self.cx.ty(term.ty), Type::Named { .. }) {
                    self.underlying(term.ty)
                } else {
                    term.ty
                },
                ..term
            });
        }
        let mut common: Option<TypeId> = None;
        for term in terms {
            let ty = self.underlying(term.ty);
            common = Some(match common {
                None => ty,
                Some(common) => self.common_of(common, ty)?,
            });
        }
        common.map(|ty| Term { tilde: true, ty })
    }

    /// The type that stands for both: either, when they are the same; of channels the one with a
    /// direction.
    fn common_of(self, a: TypeId, b: TypeId) -> Option<TypeId> {
        if self.identical(a, b) {
            return Some(a);
        }
        match (self.cx.ty(a), self.cx.ty(b)) {
            (
                Type::Chan { dir, elem },
                Type::Chan {
                    dir: other,
                    elem: same,
                },
            ) if self.identical(elem, same) => match (dir, other) {
                (ChanDir::Both, _) => Some(b),
                (_, ChanDir::Both) => Some(a),
                _ => None,
            },
            _ => None,
        }
    }

    /// The element type that all types of a set have when they are indexed, where they have no core
    /// type: strings and byte slices, arrays of different lengths.
    pub(super) fn common_element(self, param: TypeId) -> Option<TypeId> {
        let terms = self.terms_of_param(self.underlying(param))?;
        let mut common: Option<TypeId> = None;
        for term in &terms {
            let elem = match self.cx.ty(self.underlying(term.ty)) {
                Type::Basic(basic) if basic.is_string() => self.basic(Basic::Byte),
                Type::Slice(elem) | Type::Array { elem, .. } | Type::Map { value: elem, .. } => {
                    elem
                }
                Type::Pointer(array) => match self.cx.ty(self.underlying(array)) {
                    Type::Array { elem, .. } => elem,
                    _ => return None,
                },
                _ => return None,
            };
            match common {
                Some(common) if !self.identical(common, elem) => return None,
                _ => common = Some(elem),
            }
        }
        common
    }

    /// Whether all types that a type parameter may stand for are strings or slices of bytes.
    pub(super) fn is_bytes_or_string(self, param: TypeId) -> bool {
        let terms = self.terms_of_param(self.underlying(param));
        terms.is_some_and(|terms| {
            terms
                .iter()
                .all(|term| match self.cx.ty(self.underlying(term.ty)) {
                    Type::Basic(basic) => basic.is_string(),
                    Type::Slice(elem) => {
                        self.cx.ty(self.underlying(elem)) == Type::Basic(Basic::Uint8)
                    }
                    _ => false,
                })
        })
    }

    /// Names and types of the fields of a struct type; embedded fields have no name.
    pub(crate) fn struct_fields(self, ty: TypeId) -> Option<Vec<(String, TypeId)>> {
        let Type::Struct { site, env } = self.cx.ty(ty) else {
            return None;
        };
        let package = self.cx.package_at(site.path)?;
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let tree = place.tree();
        let env = self.env_of(env);
        let mut fields = Vec::new();
        for field in tree.fields_of(site.node).iter() {
            let field = tree.field(field);
            let ty = self.subst(self.type_expr(place, field.ty), &env);
            if field.names.is_empty() {
                fields.push((String::new(), ty));
            }
            fields.extend(
                field
                    .names
                    .iter()
                    .map(|name| (tree.name(name).to_owned(), ty)),
            );
        }
        Some(fields)
    }
}
