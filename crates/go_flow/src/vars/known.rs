//! Which value a variable certainly has, where that can be told without computing anything.

use go_syntax::{ExprId, ExprKind, StmtKind, UnaryOp};
use go_types::{LocalId, LocalKind, MemberKind, Object, Role, Type, TypeId};

use super::{Access, Value};
use crate::facts::{FunctionFacts, Point};
use crate::search::Visit;

/// The value that a variable certainly has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Known {
    /// Its zero value, nil included.
    Zero,
    /// What this expression gives: a literal, a named constant, a composite literal without
    /// elements.
    Constant(ExprId),
}

impl FunctionFacts<'_> {
    /// The value that `local` has whenever `point` starts: the zero value or a constant that is its
    /// only definition there, or nil, when a comparison says so.
    pub fn known_at(&self, point: Point, local: LocalId) -> Option<Known> {
        let definitions = self.definitions(point, local);
        let is_kept = !self.is_built_up(local) || !self.is_used_before(point, local);
        let known = definitions
            .single()
            .filter(|_| is_kept)
            .and_then(|definition| self.known_value(definition.value));
        let starts_as_zero = |value| matches!(self.known_value(value), Some(Known::Zero));
        let may_be_zero = definitions
            .list
            .iter()
            .any(|definition| starts_as_zero(definition.value));
        known.or_else(|| {
            // Of what is built up, the zero value that it began with says nothing.
            ((is_kept || !may_be_zero) && self.is_nil_at(point, local)).then_some(Known::Zero)
        })
    }

    /// What a write gives a variable, if that is the zero value or a constant.
    pub fn known_value(&self, value: Value) -> Option<Known> {
        match value {
            Value::Zero => Some(Known::Zero),
            Value::Expr(expr) if self.body().object(expr) == Object::Nil => Some(Known::Zero),
            Value::Expr(expr) => self.is_literal(expr).then_some(Known::Constant(expr)),
            _ => None,
        }
    }

    /// A literal, a constant with a name, or a composite literal without elements.
    fn is_literal(&self, expr: ExprId) -> bool {
        let file = self.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::BasicLit(_) => true,
            ExprKind::Unary {
                op: UnaryOp::Neg | UnaryOp::Plus,
                x,
            } => matches!(file.expr(file.unparen(x)).kind, ExprKind::BasicLit(_)),
            ExprKind::CompositeLit { elts, .. } => file.exprs(elts).is_empty(),
            ExprKind::Ident => match self.body().object(expr) {
                Object::UniverseConst(_) => true,
                Object::Local(local) => {
                    let kind = self.body().names().local(local).kind;
                    matches!(kind, LocalKind::Const { .. })
                }
                Object::Member(member) => {
                    let kind = self.body().cx().names().member(member).kind;
                    matches!(kind, MemberKind::Const { .. })
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the value of a variable can change without an assignment to the variable: by one to a
    /// field or element, or by a method with a pointer receiver.
    fn is_built_up(&self, local: LocalId) -> bool {
        let body = self.body();
        let ty = body.underlying(body.type_of_local(local));
        matches!(
            body.cx().ty(ty),
            Type::Struct { .. } | Type::Array { .. } | Type::Unknown | Type::TypeParam(_)
        )
    }

    /// Whether anything reads the variable, or a part of it, on a way to `point`.
    fn is_used_before(&self, point: Point, local: LocalId) -> bool {
        let reads = &self.var(local).reads;
        let visit = |node| {
            let here = Point {
                func: point.func,
                node,
            };
            if reads.iter().any(|read| read.point == here) {
                Visit::Stop
            } else {
                Visit::Continue
            }
        };
        let cfg = self.cfg(point.func);
        cfg.search_before(point.node, visit).is_some()
    }

    /// Whether `access`, an access of a local variable, may give the variable another value: an
    /// assignment to the variable, or to a field of the struct that it is. (What a pointer, slice or
    /// map refers to is no part of the variable. Calls of methods with pointer receivers are not
    /// seen.)
    pub fn changes_variable(&self, access: &Access) -> bool {
        match access.role {
            Role::Write | Role::ReadWrite => true,
            Role::PartWrite => access
                .expr
                .is_some_and(|ident| self.assigns_field(access, ident)),
            Role::Read | Role::AddressTaken | Role::PartAddressTaken => false,
        }
    }

    /// Whether the statement of `access` assigns to a field within the struct variable `ident`.
    fn assigns_field(&self, access: &Access, ident: ExprId) -> bool {
        let file = self.file();
        let cfg = self.cfg(access.point.func);
        let Some(stmt) = cfg.stmt_of_node(access.point.node) else {
            return false;
        };
        match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, .. } => file
                .exprs(lhs)
                .iter()
                .any(|&target| self.is_field_within(target, ident)),
            StmtKind::IncDec { x, .. } => self.is_field_within(x, ident),
            _ => false,
        }
    }

    /// Whether `target` selects a field of `ident`, or a field of such a field, without following a
    /// pointer.
    fn is_field_within(&self, target: ExprId, ident: ExprId) -> bool {
        let file = self.file();
        let mut target = file.unparen(target);
        while let ExprKind::Selector { x, .. } = file.expr(target).kind {
            target = file.unparen(x);
            if !self.is_struct(self.body().type_of(target)) {
                return false;
            }
            if target == ident {
                return true;
            }
        }
        false
    }

    /// Whether values of a type are structs.
    pub fn is_struct(&self, ty: TypeId) -> bool {
        let body = self.body();
        matches!(body.cx().ty(body.underlying(ty)), Type::Struct { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Snippet, with_facts};

    /// The value of `x` at `defer use(x)`.
    #[track_caller]
    fn assert_known(text: &str, expected: Option<&str>) {
        let text = format!(
            "type T struct {{ n int; sub struct {{ m int }}; p *T }}
            func (*T) init()
            func g() error
            func use(any)
            {text}"
        );
        with_facts(&text, |facts| {
            let known = facts.known_at(facts.at("defer use(x)"), facts.local("x"));
            let known = known.map(|known| match known {
                Known::Zero => "zero",
                Known::Constant(expr) => facts.file().expr_text(expr),
            });
            assert_eq!(known, expected, "{text}");
        });
    }

    #[test]
    fn constants_are_known() {
        assert_known("func f() { x := 0; defer use(x) }", Some("0"));
        assert_known("func f() { x := -1; defer use(x) }", Some("-1"));
        assert_known("func f() { x := (true); defer use(x) }", Some("(true)"));
        assert_known("func f() { const c = 3; x := c; defer use(x) }", Some("c"));
        assert_known("const c = 3; func f() { x := c; defer use(x) }", Some("c"));
        assert_known("func f() { x := []int{}; defer use(x) }", Some("[]int{}"));
        assert_known("func f() { x := 1; x = 2; defer use(x) }", Some("2"));
        assert_known("func f() { x := T{}; defer use(x) }", Some("T{}"));
        assert_known("func f() { var x int; defer use(x) }", Some("zero"));
        assert_known("func f() (x int) { defer use(x); return 1 }", Some("zero"));
        assert_known("func f() { var x *T = nil; defer use(x) }", Some("zero"));
        assert_known(
            "func f() { x := g(); if x != nil { return }; defer use(x) }",
            Some("zero"),
        );
    }

    #[test]
    fn other_values_are_not() {
        assert_known("func f() { x := g(); defer use(x) }", None);
        assert_known("func f(x int) { defer use(x) }", None);
        assert_known(
            "func f() { x := 1; if g() != nil { x = 2 }; defer use(x) }",
            None,
        );
        assert_known("func f() { for x := 0; x < 3; x++ { defer use(x) } }", None);
        assert_known("func f() { x := 0; x++; defer use(x) }", None);
        assert_known("func f() { x := []int{1}; defer use(x) }", None);
        assert_known("var v = 3; func f() { x := v; defer use(x) }", None);
        assert_known("func f() { x := 0; p := &x; *p = 1; defer use(x) }", None);
    }

    #[test]
    fn what_is_built_up_is_not_zero_any_more() {
        assert_known("func f() { var x T; x.n = 1; defer use(x) }", None);
        assert_known("func f() { var x T; x.init(); defer use(x) }", None);
        assert_known("func f() { var x unknown; x.init(); defer use(x) }", None);
        assert_known("func f() { var x T; defer use(x); x.n = 1 }", Some("zero"));
        // Of an integer, no method takes the address.
        assert_known("func f() { var x int; use(x); defer use(x) }", Some("zero"));
        assert_known(
            "func f() { var x unknown; x = h(); if x == nil { defer use(x) } }",
            Some("zero"),
        );
    }

    #[test]
    fn what_changes_a_variable() {
        let changing = |text: &str| {
            let mut found = Vec::new();
            let text =
                format!("type T struct {{ n int; sub struct {{ m int }}; p *T; a []int }}\n{text}");
            with_facts(&text, |facts| {
                let var = facts.var(facts.local("x"));
                let all = var.writes.iter().skip(1).chain(&var.reads);
                found.extend(
                    all.filter(|access| facts.changes_variable(access))
                        .map(|access| facts.node_text(access.point)),
                );
                found.dedup();
            });
            found
        };
        assert_eq!(
            changing(
                "func f() { var x T; x = T{}; x.n = 1; x.sub.m++; (x.sub).m += 2; x.p.n = 3; x.a[0] = 4; _ = x.n; _ = &x.n; y.n, x.n = 1, 2 }"
            ),
            [
                "x = T{}",
                "x.n = 1",
                "x.sub.m++",
                "(x.sub).m += 2",
                "y.n, x.n = 1, 2"
            ]
        );
        assert_eq!(
            changing("func f() { x := &T{}; x.n = 1; (*x).n = 2; *x = T{}; x = nil }"),
            ["x = nil"]
        );
    }
}
