//! What is asked about a node, whatever the resource: what it evaluates, which variables it mentions,
//! what declarations in it declare.

use std::rc::Rc;

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{DeclKind, ExprId, ExprKind, FuncId, NameId, SpecKind, StmtKind, UnaryOp};
use go_types::{Basic, Builtin, Callee, Init, LocalId, LocalKind, Object, Type};

use super::contract::Ending;
use super::tracker::Tracker;
use crate::cfg::{Cfg, NodeKind};
use crate::facts::Point;

/// What is looked at in a node.
#[derive(Debug)]
pub(crate) struct NodeInfo {
    /// Calls, receives, literals and composite literals, operands before what they are operands of.
    pub(crate) events: Vec<ExprId>,
    /// The variables that are mentioned, also within literals; sorted.
    pub(crate) locals: Vec<LocalId>,
    /// Whether a call in it never returns, by contract.
    pub(crate) ends: bool,
}

impl<'a> Tracker<'_, 'a> {
    pub(crate) fn node_info(&self, cfg: &Cfg<'a>, point: Point) -> Rc<NodeInfo> {
        if let Some(info) = self.nodes.borrow().get(&point) {
            return Rc::clone(info);
        }
        let file = self.file();
        let later = match cfg.kind(point.node) {
            NodeKind::Defer(stmt) | NodeKind::Go(stmt) => self.call_of(stmt),
            _ => None,
        };
        let mut events = Vec::new();
        let mut locals = Vec::new();
        let mut ends = false;
        let mut mention = |expr: ExprId| {
            if let Object::Local(local) = self.body().object(expr) {
                locals.push(local);
            }
        };
        let mut literals = Vec::new();
        cfg.own_exprs(point.node, |expr| match file.expr(expr).kind {
            ExprKind::Ident => mention(expr),
            ExprKind::Call { .. } if Some(expr) != later => events.push(expr),
            ExprKind::FuncLit(func) => {
                literals.push(func);
                events.push(expr);
            }
            ExprKind::CompositeLit { .. }
            | ExprKind::Unary {
                op: UnaryOp::Recv, ..
            } => events.push(expr),
            _ => {}
        });
        for func in literals {
            walk(file, Node::Func(func), |node| {
                if let Node::Expr(expr) = node
                    && matches!(file.expr(expr).kind, ExprKind::Ident)
                {
                    mention(expr);
                }
                Descend::Into
            });
        }
        // What ends first is evaluated first: operands, and what stands left.
        events.sort_by_key(|&event| file.expr(event).span.end);
        for &event in &events {
            let is_call = matches!(file.expr(event).kind, ExprKind::Call { .. });
            ends |= is_call && self.contract_ends(event);
        }
        // Names that declarations declare are no expressions.
        if let NodeKind::Stmt(stmt) = cfg.kind(point.node)
            && let StmtKind::Decl(decl) = file.stmt(stmt).kind
        {
            self.for_each_declared(decl, |name, _| {
                locals.extend(self.body().names().declared(name));
            });
        }
        locals.sort_unstable();
        locals.dedup();
        let info = Rc::new(NodeInfo {
            events,
            locals,
            ends,
        });
        self.nodes.borrow_mut().insert(point, Rc::clone(&info));
        info
    }

    /// Whether a call of a node never returns, by contract.
    pub(crate) fn ends_at(&self, cfg: &Cfg<'a>, point: Point) -> bool {
        self.node_info(cfg, point).ends
    }

    pub(crate) fn contract_ends(&self, call: ExprId) -> bool {
        match self.facts().callee(call) {
            Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                (self.models().may_end(name) || self.inferred().may_end(name))
                    && self.contract_end(call).never_returns
            }
            _ => false,
        }
    }

    /// What the contract of what a call calls says about its end; nothing for most calls.
    pub(crate) fn end_of(&self, call: ExprId) -> Ending {
        let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = self.facts().callee(call)
        else {
            return Ending::default();
        };
        let (models, inferred) = (self.models(), self.inferred());
        if !models.may_end(name) && !inferred.may_end(name) && !inferred.may_exit(name) {
            return Ending::default();
        }
        self.contract_end(call)
    }

    /// The names that a declaration within the function gives values, with those.
    pub(crate) fn for_each_declared(
        &self,
        decl: go_syntax::DeclId,
        mut visit: impl FnMut(NameId, Declared),
    ) {
        let file = self.file();
        let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
            return;
        };
        for spec in specs.iter() {
            let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                continue;
            };
            let values = file.exprs(values);
            for (index, name) in names.iter().enumerate() {
                let value = match values {
                    [] => Declared::Zero,
                    &[value] if names.len() > 1 => Declared::Element(value, index as u32),
                    _ => values
                        .get(index)
                        .map_or(Declared::Zero, |&value| Declared::Value(value)),
                };
                visit(name, value);
            }
        }
    }

    /// Whether a conversion makes an `unsafe.Pointer`.
    pub(crate) fn is_unsafe_pointer(&self, call: ExprId) -> bool {
        let body = self.body();
        matches!(
            body.cx().ty(body.underlying(body.type_of(call))),
            Type::Basic(Basic::UnsafePointer)
        )
    }

    /// The literal that a variable always holds.
    pub(crate) fn literal_of(&self, local: LocalId) -> Option<FuncId> {
        let LocalKind::Var {
            init: Init::Value(value),
            ..
        } = self.body().names().local(local).kind
        else {
            return None;
        };
        if !self.facts().var_facts(local).is_single_assignment() {
            return None;
        }
        match self.file().expr(self.file().unparen(value)).kind {
            ExprKind::FuncLit(func) => Some(func),
            _ => None,
        }
    }

    /// Whether a variable is a struct, or a pointer to one, that this function made itself.
    pub(crate) fn is_own_struct(&self, local: LocalId) -> bool {
        let file = self.file();
        match self.body().names().local(local).kind {
            LocalKind::Var { init, .. } => match init {
                Init::Zero => true,
                Init::Value(value) => {
                    let value = file.unparen(value);
                    match file.expr(value).kind {
                        ExprKind::CompositeLit { .. } => true,
                        ExprKind::Unary { x, .. } => {
                            matches!(
                                file.expr(file.unparen(x)).kind,
                                ExprKind::CompositeLit { .. }
                            )
                        }
                        ExprKind::Call { .. } => self.body().is_builtin_call(value, Builtin::New),
                        _ => false,
                    }
                }
                Init::Element { .. } => false,
            },
            LocalKind::Result(_) => true,
            _ => false,
        }
    }
}

/// The value of a declared name.
#[derive(Clone, Copy)]
pub(crate) enum Declared {
    Zero,
    Value(ExprId),
    Element(ExprId, u32),
}
