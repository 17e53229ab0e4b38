//! Where what a call acquires comes from, when it is no result of the call: a command that is
//! started was made before, and is followed from there.

use go_syntax::{ExprId, ExprKind, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, LocalId, Object, TypeId};

use super::contract::{Gives, Subject};
use super::nodes::Declared;
use super::tracker::Tracker;
use crate::cfg::NodeKind;
use crate::facts::Point;

impl Tracker<'_, '_> {
    /// The expression that becomes the resource by a call; `None` for results and for states of the
    /// program.
    pub(crate) fn subject(&self, call: ExprId, subject: Subject) -> Option<ExprId> {
        match subject {
            Subject::Result | Subject::Global => None,
            Subject::Receiver => match self.facts().callee(call) {
                Callee::Selected { x, .. } => Some(x),
                _ => None,
            },
            Subject::Param(index) => {
                let (_, args) = self.file().call(call)?;
                args.get(index as usize).copied()
            }
        }
    }

    /// Notes that the resource at hand is put into a field.
    pub(crate) fn put_into(&self, owner: TypeId, field: &str) {
        let mut list = self.put_into.borrow_mut();
        if !owner.is_unknown()
            && !list
                .iter()
                .any(|(ty, name)| *ty == owner && **name == *field)
        {
            list.push((owner, field.into()));
        }
    }

    /// Where a walk that follows what a call acquires starts: the expression that makes it, which of
    /// its values it is, and where that stands. Nothing when it comes from elsewhere: who made it may
    /// see to it.
    pub(crate) fn origins(
        &self,
        call: ExprId,
        point: Point,
        gives: &Gives,
    ) -> Vec<(ExprId, u32, Point)> {
        if let Subject::Result | Subject::Global = gives.subject {
            return vec![(call, gives.result, point)];
        }
        let Some(subject) = self.subject(call, gives.subject) else {
            return Vec::new();
        };
        match self.body().object(self.file().unparen(subject)) {
            Object::Local(local) => {
                let mut made = self.made_for(local);
                // What was looked up somewhere has an owner there.
                if self.models().is_inferred(gives.class) {
                    made.retain(|&(made_by, _, _)| self.makes_new(made_by));
                }
                made
            }
            _ => Vec::new(),
        }
    }

    /// Whether an expression makes a value that nobody else has: a literal, or a call whose name says
    /// so.
    fn makes_new(&self, expr: ExprId) -> bool {
        match self.file().expr(expr).kind {
            ExprKind::Call { .. } => match self.facts().callee(expr) {
                Callee::Builtin(Builtin::New) => true,
                Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                    ["New", "new", "Make", "make"]
                        .iter()
                        .any(|verb| name.starts_with(verb))
                }
                _ => false,
            },
            _ => true,
        }
    }

    /// The expressions in this function that make what `local` holds.
    fn made_for(&self, local: LocalId) -> Vec<(ExprId, u32, Point)> {
        let file = self.file();
        let mut found = Vec::new();
        for &func in self.facts().funcs() {
            let cfg = self.facts().cfg(func);
            for node in cfg.nodes() {
                let NodeKind::Stmt(stmt) = node.kind else {
                    continue;
                };
                let point = Point {
                    func,
                    node: node.id,
                };
                let mut add = |value: ExprId, index: u32| {
                    found.extend(self.maker(value).map(|made_by| (made_by, index, point)));
                };
                match file.stmt(stmt).kind {
                    StmtKind::Assign { lhs, rhs, .. } => {
                        let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                        for (at, &target) in lhs.iter().enumerate() {
                            if self.body().object(target) != Object::Local(local) {
                                continue;
                            }
                            match rhs {
                                &[value] if lhs.len() > 1 => add(value, at as u32),
                                _ => rhs.get(at).into_iter().for_each(|&value| add(value, 0)),
                            }
                        }
                    }
                    StmtKind::Decl(decl) => self.for_each_declared(decl, |name, value| {
                        if self.body().names().declared(name) != Some(local) {
                            return;
                        }
                        match value {
                            Declared::Zero => {}
                            Declared::Value(value) => add(value, 0),
                            Declared::Element(value, index) => add(value, index),
                        }
                    }),
                    _ => {}
                }
            }
        }
        found
    }

    /// The call or the literal that makes a value.
    fn maker(&self, value: ExprId) -> Option<ExprId> {
        let file = self.file();
        let value = file.unparen(value);
        match file.expr(value).kind {
            ExprKind::Call { .. } | ExprKind::CompositeLit { .. } => Some(value),
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => {
                let x = file.unparen(x);
                matches!(file.expr(x).kind, ExprKind::CompositeLit { .. }).then_some(x)
            }
            _ => None,
        }
    }
}
