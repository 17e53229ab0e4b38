//! Constructors that start a goroutine which only a method of what they make stops.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Features, FuncId, StmtKind};
use go_types::{Callee, LocalId, Object, Type, TypeId};
use rustc_hash::FxHashSet;

use super::contract::{Gives, Subject};
use super::declared::calls;
use super::models::ClassId;
use super::tracker::Tracker;
use crate::cfg::NodeKind;

impl Tracker<'_, '_> {
    /// What the function gives to its caller that has a goroutine of its own.
    pub(crate) fn started(&self, results: &[TypeId], unless_error: bool) -> Vec<Gives> {
        let mut list = Vec::new();
        for (result, &ty) in (0..).zip(results) {
            let Some(class) = self
                .class_of(ty)
                .filter(|&class| self.is_stoppable(ty, class))
            else {
                continue;
            };
            let made = self.returned_locals(result as usize);
            if made.iter().any(|&local| self.runs(local)) {
                list.push(Gives {
                    subject: Subject::Result,
                    result,
                    class,
                    field: "".into(),
                    unless_error: unless_error && result as usize + 1 < results.len(),
                    why: "goroutine".into(),
                });
            }
        }
        list
    }

    /// Whether the method that ends the use of a type of this package stops something.
    fn is_stoppable(&self, ty: TypeId, class: ClassId) -> bool {
        let cx = self.body().cx();
        let Type::Named { name, .. } = cx.ty(cx.deref(ty)) else {
            return false;
        };
        let named = cx.named(name);
        let names = cx.names();
        if named.package != *names.path() {
            return false;
        }
        let release = &self.models().class(class).release;
        release.iter().any(|method| {
            let Some(id) = names.lookup_method(&named.name, method) else {
                return false;
            };
            let method = names.method(id);
            calls(cx.file(method.file), method.func)
                .iter()
                .any(|name| *name == "close" || name.to_lowercase().contains("cancel"))
        })
    }

    /// The variables that the function returns as this result, made here and known to nobody else.
    fn returned_locals(&self, result: usize) -> Vec<LocalId> {
        let file = self.file();
        let root = self.body().root();
        let cfg = self.facts().cfg(root);
        let mut locals = Vec::new();
        let mut returned = FxHashSet::default();
        for node in cfg.nodes() {
            if let NodeKind::Return(stmt) = node.kind
                && let StmtKind::Return(results) = file.stmt(stmt).kind
                && let Some(&value) = file.exprs(results).get(result)
            {
                let value = file.unparen(value);
                if let Object::Local(local) = self.body().object(value) {
                    returned.insert(value);
                    locals.push(local);
                }
            }
        }
        locals.sort_unstable();
        locals.dedup();
        locals.retain(|&local| self.is_own_struct(local) && self.is_private(local, &returned));
        locals
    }

    /// Whether a variable is used by its fields and methods only, apart from `but`.
    fn is_private(&self, local: LocalId, but: &FxHashSet<ExprId>) -> bool {
        let file = self.file();
        let mut bases = but.clone();
        let mut uses = Vec::new();
        walk(file, Node::Func(self.body().root()), |node| {
            if let Node::Expr(expr) = node {
                match file.expr(expr).kind {
                    ExprKind::Selector { x, .. } => {
                        bases.insert(file.unparen(x));
                    }
                    ExprKind::Ident
                        if self.body().object(expr) == Object::Local(local)
                            && !self.body().names().is_definition(expr) =>
                    {
                        uses.push(expr);
                    }
                    _ => {}
                }
            }
            Descend::Into
        });
        uses.iter().all(|expr| bases.contains(expr))
    }

    /// Whether the function starts a goroutine that goes round with `local`, or calls a method that
    /// does.
    fn runs(&self, local: LocalId) -> bool {
        let file = self.file();
        let cfg = self.facts().cfg(self.body().root());
        cfg.nodes().any(|node| {
            if !cfg.reachable(node.id) {
                return false;
            }
            match node.kind {
                NodeKind::Go(stmt) => {
                    self.call_of(stmt)
                        .is_some_and(|call| match self.facts().callee(call) {
                            Callee::Literal(func) => self.loops(func) && self.mentions(func, local),
                            _ => self.is_looping_method(call, local),
                        })
                }
                NodeKind::Stmt(stmt) => match file.stmt(stmt).kind {
                    StmtKind::Expr(call) => self.starts_in_method(file.unparen(call), local),
                    _ => false,
                },
                _ => false,
            }
        })
    }

    fn loops(&self, func: FuncId) -> bool {
        let mut loops = false;
        walk(self.file(), Node::Func(func), |node| {
            if let Node::Stmt(stmt) = node {
                loops |= matches!(
                    self.file().stmt(stmt).kind,
                    StmtKind::For { .. } | StmtKind::Range { .. }
                );
            }
            if let Node::Expr(expr) = node
                && let ExprKind::Call { .. } = self.file().expr(expr).kind
                && let Some((file, func)) = self.body().declaration(expr)
            {
                let called = self.body().cx().file(file).func(func);
                loops |= called.features.intersects(Features::LOOP);
            }
            Descend::Into
        });
        loops
    }

    fn mentions(&self, func: FuncId, local: LocalId) -> bool {
        let mut mentions = false;
        walk(self.file(), Node::Func(func), |node| {
            if let Node::Expr(expr) = node {
                mentions |= self.body().object(expr) == Object::Local(local);
            }
            Descend::Into
        });
        mentions
    }

    /// Whether a call calls a method of `local` with a loop in it.
    fn is_looping_method(&self, call: ExprId, local: LocalId) -> bool {
        self.method_of(call, local)
            .is_some_and(|features| features.intersects(Features::LOOP))
    }

    /// Whether a call calls a method of `local` that starts goroutines.
    fn starts_in_method(&self, call: ExprId, local: LocalId) -> bool {
        self.method_of(call, local)
            .is_some_and(|features| features.intersects(Features::GO))
    }

    /// What occurs in the method of `local` that a call calls.
    fn method_of(&self, call: ExprId, local: LocalId) -> Option<Features> {
        let Callee::Selected { x, .. } = self.facts().callee(call) else {
            return None;
        };
        if self.body().object(self.file().unparen(x)) != Object::Local(local) {
            return None;
        }
        let (file, func) = self.body().declaration(call)?;
        Some(self.body().cx().file(file).func(func).features)
    }
}
