//! Whether a function returns, as far as its statements tell: quicker than its graph, and enough for
//! most.

use go_syntax::{ExprKind, File, FuncId, List, Span, StmtId, StmtKind};

/// Whether some path through a function comes to its end, whatever the functions do that it calls,
/// unless they have names that `may_end` knows. False is no answer.
pub(super) fn surely_returns(file: &File, func: FuncId, may_end: impl Fn(&str) -> bool) -> bool {
    let node = file.func(func);
    let ends = |&call: &go_syntax::ExprId| called_name(file, call).is_some_and(&may_end);
    let ending = node.exprs.iter().filter(ends);
    let statements = Statements {
        file,
        ending: ending.map(|call| file.expr(call).span).collect(),
    };
    let body = node.body.map(|body| statements.flow(body));
    matches!(body, Some(Flow::Falls | Flow::Returns))
}

/// The name of what a call calls.
pub(super) fn called_name(file: &File, call: go_syntax::ExprId) -> Option<&str> {
    let (fun, _) = file.call(call)?;
    let mut fun = file.unparen(fun);
    while let ExprKind::Index { x, .. } = file.expr(fun).kind {
        fun = file.unparen(x);
    }
    match file.selector(fun) {
        Some((_, name)) => Some(name),
        None => file.ident(fun),
    }
}

/// What is known of control that comes to a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// It may come to what follows.
    Falls,
    /// It may come to a `return`.
    Returns,
    /// Nothing.
    Unsure,
}

struct Statements<'a> {
    file: &'a File,
    /// The calls that may end a path.
    ending: Vec<Span>,
}

impl Statements<'_> {
    fn list(&self, list: List<StmtId>) -> Flow {
        let flows = self.file.stmts(list).iter().map(|&stmt| self.flow(stmt));
        first(flows, Flow::Falls)
    }

    /// What is known where a list of statements stands behind each of many.
    fn any(&self, mut lists: impl Iterator<Item = List<StmtId>>) -> Flow {
        lists
            .find_map(|list| Some(self.list(list)).filter(|&flow| flow != Flow::Unsure))
            .unwrap_or(Flow::Unsure)
    }

    /// Whether control passes a statement that may be there, before another one.
    fn passes(&self, stmt: Option<StmtId>) -> bool {
        stmt.is_none_or(|stmt| self.flow(stmt) == Flow::Falls)
    }

    fn flow(&self, stmt: StmtId) -> Flow {
        let file = self.file;
        match file.stmt(stmt).kind {
            StmtKind::Empty { .. }
            | StmtKind::Defer(_)
            | StmtKind::Go(_)
            | StmtKind::Range { .. } => Flow::Falls,
            // Calls end paths where they are statements, or parts of such.
            StmtKind::Bad
            | StmtKind::Decl(_)
            | StmtKind::Expr(_)
            | StmtKind::Send { .. }
            | StmtKind::IncDec { .. }
            | StmtKind::Assign { .. } => {
                let span = file.stmt(stmt).span;
                match self.ending.iter().any(|&call| span.contains(call)) {
                    true => Flow::Unsure,
                    false => Flow::Falls,
                }
            }
            StmtKind::Return(_) => Flow::Returns,
            StmtKind::Block(list) => self.list(list),
            StmtKind::Labeled { stmt, .. } => self.flow(stmt),
            StmtKind::If { .. } => self.if_chain(stmt),
            StmtKind::For {
                init, cond, body, ..
            } => match (self.passes(init), cond) {
                (false, _) => Flow::Unsure,
                (true, Some(_)) => Flow::Falls,
                (true, None) => match self.flow(body) {
                    Flow::Returns => Flow::Returns,
                    Flow::Falls | Flow::Unsure => Flow::Unsure,
                },
            },
            StmtKind::Switch { init, body, .. } | StmtKind::TypeSwitch { init, body, .. } => {
                let clauses = file.block_stmts(body).iter();
                let clauses = clauses.filter_map(|&clause| match file.stmt(clause).kind {
                    StmtKind::CaseClause {
                        is_default, body, ..
                    } => Some((is_default, body)),
                    _ => None,
                });
                if !self.passes(init) {
                    Flow::Unsure
                } else if clauses.clone().any(|(is_default, _)| is_default) {
                    self.any(clauses.map(|(_, body)| body))
                } else {
                    Flow::Falls
                }
            }
            StmtKind::Select { body } => {
                let clauses = file.block_stmts(body).iter();
                self.any(clauses.filter_map(|&clause| match file.stmt(clause).kind {
                    StmtKind::CommClause { body, .. } => Some(body),
                    _ => None,
                }))
            }
            StmtKind::Branch { .. } | StmtKind::CaseClause { .. } | StmtKind::CommClause { .. } => {
                Flow::Unsure
            }
        }
    }

    /// In a loop: generated code has chains of thousands.
    fn if_chain(&self, first: StmtId) -> Flow {
        let mut at = first;
        loop {
            let StmtKind::If {
                init, body, els, ..
            } = self.file.stmt(at).kind
            else {
                return self.flow(at);
            };
            if !self.passes(init) {
                return Flow::Unsure;
            }
            match (els, self.flow(body)) {
                (None, Flow::Unsure | Flow::Falls) => return Flow::Falls,
                (_, flow @ (Flow::Returns | Flow::Falls)) => return flow,
                (Some(els), Flow::Unsure) => at = els,
            }
        }
    }
}

/// The first that does not fall through.
fn first(mut flows: impl Iterator<Item = Flow>, otherwise: Flow) -> Flow {
    flows.find(|&flow| flow != Flow::Falls).unwrap_or(otherwise)
}
