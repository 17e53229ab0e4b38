//! The literals in expressions, and the calls in them that are replaced with what they call.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, Features, StmtId};

use super::Lowerer;
use crate::inliner::{inlined, short, target};
use crate::tree::{Inlined, Stmt};

impl<'a> Lowerer<'_, 'a> {
    /// The literals below `node`, but not those within them, and the calls that are replaced.
    pub(super) fn literals(&self, node: Node, out: &mut Vec<Stmt<'a>>) {
        self.inlined_calls(node, true, out);
        self.function_literals(node, out);
    }

    /// The same for what is evaluated within a statement, not before it.
    pub(super) fn literals_in_place(&self, node: Node, out: &mut Vec<Stmt<'a>>) {
        self.inlined_calls(node, false, out);
        self.function_literals(node, out);
    }

    pub(super) fn literals_of(&self, stmt: Option<StmtId>, out: &mut Vec<Stmt<'a>>) {
        if let Some(stmt) = stmt {
            self.literals(Node::Stmt(stmt), out);
        }
    }

    /// What `go` and `defer` evaluate: everything but the call itself.
    pub(super) fn started(&self, call: ExprId, out: &mut Vec<Stmt<'a>>) {
        if let Some((fun, args)) = self.file.call(call) {
            self.inlined_calls(Node::Expr(fun), true, out);
            for &arg in args {
                self.inlined_calls(Node::Expr(arg), true, out);
            }
        }
        self.function_literals(Node::Expr(call), out);
    }

    fn function_literals(&self, node: Node, out: &mut Vec<Stmt<'a>>) {
        let file = self.file;
        if !file.func(self.func).features.intersects(Features::FUNC_LIT) {
            return;
        }
        walk(file, node, |node| match node {
            Node::Func(func) => {
                out.push(Stmt::Literal(func));
                Descend::Past
            }
            _ => Descend::Into,
        });
    }

    /// Notes the calls below `node` that are replaced; `label` when they are evaluated before the statement.
    fn inlined_calls(&self, node: Node, label: bool, out: &mut Vec<Stmt<'a>>) {
        let file = self.file;
        walk(file, node, |node| {
            let Node::Expr(expr) = node else {
                return match node {
                    Node::Func(_) => Descend::Past,
                    _ => Descend::Into,
                };
            };
            match file.expr(expr).kind {
                // What may not be evaluated stands in a block of its own.
                ExprKind::Binary {
                    op: BinaryOp::LAnd | BinaryOp::LOr,
                    x,
                    y,
                } => {
                    self.inlined_calls(Node::Expr(x), label, out);
                    self.inlined_calls(Node::Expr(y), false, out);
                    Descend::Past
                }
                ExprKind::Call { fun, args, .. } => {
                    self.inlined_call(fun, file.exprs(args), label, out);
                    Descend::Into
                }
                _ => Descend::Into,
            }
        });
    }

    /// Notes the call of the function that `fun` gives, if it is replaced, and of the literals that it is given
    /// and calls.
    pub(super) fn inlined_call(
        &self,
        fun: ExprId,
        args: &[ExprId],
        label: bool,
        out: &mut Vec<Stmt<'a>>,
    ) {
        let Some((callee, found)) = inlined(self.body, self.build, self.func, fun) else {
            return;
        };
        let at = self.file.expr(fun).span.start;
        let tree = self.body.cx().file(callee.file);
        let name = tree.func(callee.func).name;
        let is_literal = tree.func(callee.func).parent.is_some();
        out.push(Stmt::Inlined {
            callee: name.map_or("a literal", |name| tree.name(name)),
            at,
            label,
            jumps_back: found.jumps_back,
            range_defer: found.range_defer,
            literal: is_literal.then_some(Inlined {
                func: callee.func,
                gone: matches!(
                    self.file.expr(self.file.unparen(fun)).kind,
                    ExprKind::FuncLit(_)
                ),
            }),
        });
        for call in &found.calls {
            let Some(&arg) = args.get(call.index) else {
                continue;
            };
            let Some(given) = target(self.body, self.func, arg) else {
                continue;
            };
            if given.file == self.body.file_index()
                && self.file.func(given.func).parent.is_some()
                && let Some(found) = short(self.body, self.build, given.func)
            {
                out.push(Stmt::Inlined {
                    callee: "a literal",
                    at,
                    label,
                    jumps_back: found.jumps_back && call.outermost,
                    range_defer: found.range_defer,
                    literal: Some(Inlined {
                        func: given.func,
                        gone: false,
                    }),
                });
            }
        }
    }
}
