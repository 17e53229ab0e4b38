//! Expressions and type expressions of a body.

use go_syntax::{ExprId, ExprKind, UnaryOp};

use super::keys::Literal;
use super::object::{Object, Role};
use super::resolve::Resolver;

impl Resolver<'_, '_> {
    pub(super) fn exprs(&mut self, list: &[ExprId]) {
        for &expr in list {
            self.expr(expr, Role::Read);
        }
    }

    /// Resolves all identifiers below `id`; `role` is what happens to the operand that `id` denotes.
    ///
    /// Operators and selectors follow each other in chains whose length is bounded only by the size
    /// of the file, so the leftmost operand is found in a loop, and then the others.
    pub(super) fn expr(&mut self, id: ExprId, role: Role) {
        let base = self.pending.len();
        let (mut id, mut role) = (id, role);
        loop {
            let kind = self.file.expr(id).kind;
            (id, role) = match kind {
                ExprKind::Paren(x) => (x, role),
                ExprKind::Selector { x, .. } | ExprKind::Star(x) => (x, part(role)),
                ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => (x, Role::AddressTaken),
                ExprKind::Unary { x, .. } => (x, Role::Read),
                ExprKind::Index { x, .. } => {
                    self.pending.push(id);
                    (x, part(role))
                }
                ExprKind::Call { fun: x, .. }
                | ExprKind::Slice { x, .. }
                | ExprKind::TypeAssert { x, .. }
                | ExprKind::Binary { x, .. } => {
                    self.pending.push(id);
                    (x, Role::Read)
                }
                _ => break,
            };
        }
        self.leftmost(id, role);
        while self.pending.len() > base {
            if let Some(id) = self.pending.pop() {
                self.right_operands(id);
            }
        }
    }

    /// An expression that does not begin with another one.
    fn leftmost(&mut self, id: ExprId, role: Role) {
        match self.file.expr(id).kind {
            ExprKind::Ident => self.ident(id, role),
            ExprKind::CompositeLit { .. } => self.composite(id, None),
            ExprKind::FuncLit(func) => self.function(func),
            // A key and its value stand outside of a composite literal only after a syntax error.
            ExprKind::KeyValue { key, value } | ExprKind::MapType { key, value } => {
                self.expr(key, Role::Read);
                self.expr(value, Role::Read);
            }
            ExprKind::Ellipsis(elem) => self.opt_expr(elem),
            ExprKind::ArrayType { len, elem } => {
                self.opt_expr(len);
                self.expr(elem, Role::Read);
            }
            ExprKind::StructType(fields) | ExprKind::InterfaceType(fields) => {
                self.field_types(fields);
            }
            ExprKind::FuncType(sig) => {
                let sig = self.file.sig(sig);
                self.field_types(sig.params);
                if let Some(results) = sig.results {
                    self.field_types(results);
                }
            }
            ExprKind::ChanType { elem, .. } => self.expr(elem, Role::Read),
            _ => {}
        }
    }

    /// What stands to the right of the leftmost operand of `id`.
    fn right_operands(&mut self, id: ExprId) {
        match self.file.expr(id).kind {
            ExprKind::Index { indices, .. } => self.exprs(self.file.exprs(indices)),
            ExprKind::Call { args, .. } => self.exprs(self.file.exprs(args)),
            ExprKind::Slice { lo, hi, max, .. } => {
                for bound in [lo, hi, max] {
                    self.opt_expr(bound);
                }
            }
            ExprKind::TypeAssert { ty, .. } => self.opt_expr(ty),
            ExprKind::Binary { y, .. } => self.expr(y, Role::Read),
            _ => {}
        }
    }

    fn ident(&mut self, id: ExprId, role: Role) {
        let object = self.lookup(self.file.expr_text(id));
        self.record(id, object, role);
    }

    /// What `name` means at the current place: from the innermost block outwards.
    pub(super) fn lookup(&self, name: &str) -> Object {
        if name == "_" {
            return Object::Blank;
        }
        if let Some(local) = self.scopes.find(name) {
            return Object::Local(local);
        }
        self.cx.lookup(self.file_index, name)
    }

    /// A composite literal; `elided` is its type when it is left out, being the element type of the
    /// literal around it.
    fn composite(&mut self, id: ExprId, elided: Option<&Literal>) {
        let ExprKind::CompositeLit { ty, elts, .. } = self.file.expr(id).kind else {
            return self.expr(id, Role::Read);
        };
        let literal = match (ty, elided) {
            (Some(ty), _) => {
                self.expr(ty, Role::Read);
                Literal::of_type(ty)
            }
            (None, Some(outer)) => outer.clone(),
            (None, None) => Literal::UNKNOWN,
        };
        let mut element = None;
        for &elt in self.file.exprs(elts) {
            if let ExprKind::KeyValue { key, value } = self.file.expr(elt).kind {
                match self.file.expr(key).kind {
                    ExprKind::Ident => self.key(key, &literal),
                    ExprKind::CompositeLit { ty: None, .. } => {
                        let ty = self.key_type(&literal);
                        self.composite(key, Some(&ty));
                    }
                    _ => self.expr(key, Role::Read),
                }
                self.element(value, &literal, &mut element);
            } else {
                self.element(elt, &literal, &mut element);
            }
        }
    }

    /// An element of `literal`; `ty` keeps the type of elements that leave theirs out.
    fn element(&mut self, id: ExprId, literal: &Literal, ty: &mut Option<Literal>) {
        if let ExprKind::CompositeLit { ty: None, .. } = self.file.expr(id).kind {
            let ty = ty.get_or_insert_with(|| self.element_type(literal)).clone();
            self.composite(id, Some(&ty));
        } else {
            self.expr(id, Role::Read);
        }
    }

    /// The key of an element, a plain identifier: a field or a value, depending on the type of the
    /// literal. That type may be declared in another package, so it is looked at only when the
    /// identifier could be a value.
    fn key(&mut self, id: ExprId, literal: &Literal) {
        let name = self.file.expr_text(id);
        let object = self.lookup(name);
        if object == Object::Unknown || self.is_field_key(literal, name) {
            self.set_object(id, Object::FieldKey);
        } else {
            self.record(id, object, Role::Read);
        }
    }
}

/// What happens to `x` when `role` happens to `x.f`, `x[i]` or `*x`.
fn part(role: Role) -> Role {
    match role {
        Role::Read => Role::Read,
        Role::Write | Role::ReadWrite | Role::PartWrite => Role::PartWrite,
        Role::AddressTaken | Role::PartAddressTaken => Role::PartAddressTaken,
    }
}
