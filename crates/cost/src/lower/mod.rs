//! From the syntax of a function to the tree that the compiler judges.
//!
//! Since 1.22 the front end leaves dead code out while it writes a function down; before, a pass over
//! the finished tree did less ([`old`]). Both are followed to the letter, oddities included.

mod calls;
mod constants;
mod old;

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BranchKind, ExprId, File, FuncId, Span, StmtId, StmtKind};
use go_types::{Body, Builtin, Object, Type};

use crate::build::Build;
use crate::inliner::loops_as_body;
use crate::tree::{Case, RangeFunc, Stmt};

/// Lowers the function or literal `func` of a body; literals within are lowered for themselves. What is
/// left out of it is added to `dropped`.
pub(crate) fn lower<'a>(
    body: &Body<'a>,
    build: &Build,
    func: FuncId,
    dropped: &mut Vec<Span>,
) -> Vec<Stmt<'a>> {
    let mut list = lower_all(body, build, func, dropped, false);
    if !build.drops_while_writing() {
        old::remove_dead(&mut list);
    }
    list
}

/// Lowers a literal within one that is put in place of its call, as compilers before 1.22 make it a second time:
/// nobody takes dead code out of it.
pub(crate) fn lower_copy<'a>(body: &Body<'a>, build: &Build, func: FuncId) -> Vec<Stmt<'a>> {
    lower_all(body, build, func, &mut Vec::new(), true)
}

fn lower_all<'a>(
    body: &Body<'a>,
    build: &Build,
    func: FuncId,
    dropped: &mut Vec<Span>,
    is_copy: bool,
) -> Vec<Stmt<'a>> {
    let file = body.file();
    let Some(block) = file.func(func).body else {
        return Vec::new();
    };
    let mut lowerer = Lowerer {
        body,
        file,
        build,
        func,
        around: Vec::new(),
        pending: None,
        table_result: false,
        dropped,
        is_copy,
    };
    lowerer.table_result = lowerer.returns_one_plain_value();
    lowerer.list(file.block_stmts(block))
}

/// What `break`, `continue` and `goto` may leave.
#[derive(Clone, Copy)]
struct Around<'a> {
    label: Option<&'a str>,
    kind: AroundKind,
    stmt: StmtId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AroundKind {
    Loop,
    /// A loop over a function.
    Func,
    /// A switch or select.
    Choice,
}

struct Lowerer<'b, 'a> {
    body: &'b Body<'a>,
    file: &'a File,
    build: &'b Build,
    func: FuncId,
    around: Vec<Around<'a>>,
    /// The label in front of the next statement.
    pending: Option<&'a str>,
    /// Whether the function has one result, of a type whose constants may stand in tables.
    table_result: bool,
    /// What is left out.
    dropped: &'b mut Vec<Span>,
    /// Whether nothing is left out.
    is_copy: bool,
}

impl<'a> Lowerer<'_, 'a> {
    fn list(&mut self, stmts: &[StmtId]) -> Vec<Stmt<'a>> {
        let mut out = Vec::new();
        self.list_into(stmts, &mut out);
        out
    }

    fn list_into(&mut self, stmts: &[StmtId], out: &mut Vec<Stmt<'a>>) {
        let drops = self.build.drops_while_writing();
        let is_label =
            |stmt: &StmtId| matches!(self.file.stmt(*stmt).kind, StmtKind::Labeled { .. });
        let last_label = stmts.iter().rposition(is_label);
        let mut dead = false;
        for (index, &stmt) in stmts.iter().enumerate() {
            if dead && last_label.is_none_or(|last| index > last) {
                self.dropped.push(self.file.stmt(stmt).span);
                if drops {
                    continue;
                }
            }
            self.stmt(stmt, out);
            dead = if drops {
                self.terminates(stmt)
            } else {
                dead || self.cuts(stmt)
            };
        }
    }

    fn stmt(&mut self, stmt: StmtId, out: &mut Vec<Stmt<'a>>) {
        let file = self.file;
        let label = self.pending.take();
        match file.stmt(stmt).kind {
            StmtKind::Bad
            | StmtKind::Empty { .. }
            | StmtKind::CaseClause { .. }
            | StmtKind::CommClause { .. } => {}
            StmtKind::Labeled { label, stmt } => {
                let name = file.name(label);
                if name != "_" {
                    out.push(Stmt::Label(name));
                }
                self.pending = Some(name);
                self.stmt(stmt, out);
                self.pending = None;
            }
            StmtKind::Defer(call) => {
                self.started(call, out);
                out.push(Stmt::Defer(stmt));
            }
            StmtKind::Go(call) => {
                self.started(call, out);
                out.push(Stmt::Other);
            }
            StmtKind::Return(results) => {
                self.literals(Node::Stmt(stmt), out);
                let results = file.exprs(results);
                let constant = self.table_result
                    && matches!(results, &[result] if self.body.is_constant(result));
                let constant = constant && !self.in_range_func();
                out.push(Stmt::Return { constant });
            }
            StmtKind::Expr(expr) => {
                self.literals(Node::Expr(expr), out);
                out.push(if self.is_panic(expr) {
                    Stmt::Panic
                } else {
                    Stmt::Other
                });
            }
            StmtKind::Branch { kind, label } => {
                self.branch(kind, label.map(|id| file.name(id)), out);
            }
            StmtKind::Block(list) => self.list_into(file.stmts(list), out),
            StmtKind::If {
                init,
                cond,
                body,
                els,
            } => self.if_stmt((init, cond, body, els), out),
            StmtKind::For {
                init,
                cond,
                post,
                body,
            } => self.for_stmt((stmt, label), (init, cond, post, body), out),
            StmtKind::Range { x, body, .. } => self.range_stmt((stmt, label), x, body, out),
            StmtKind::Switch { init, tag, body } => {
                self.switch_stmt((stmt, label), (init, tag, body), out);
            }
            StmtKind::TypeSwitch { init, guard, body } => {
                self.literals_of(init, out);
                self.literals(Node::Stmt(guard), out);
                self.enter(stmt, label, AroundKind::Choice);
                let mut cases = Vec::new();
                for &clause in file.block_stmts(body) {
                    if let StmtKind::CaseClause {
                        is_default, body, ..
                    } = file.stmt(clause).kind
                    {
                        cases.push(Case {
                            body: self.list(file.stmts(body)),
                            values: None,
                            is_default,
                            falls_through: false,
                        });
                    }
                }
                self.around.pop();
                out.push(Stmt::Switch {
                    cases,
                    tabular: false,
                });
            }
            StmtKind::Select { body } => {
                self.enter(stmt, label, AroundKind::Choice);
                let mut clauses = Vec::new();
                for &clause in file.block_stmts(body) {
                    if let StmtKind::CommClause { comm, body } = file.stmt(clause).kind {
                        self.literals_of(comm, out);
                        clauses.push(self.list(file.stmts(body)));
                    }
                }
                self.around.pop();
                out.push(Stmt::Select(clauses));
            }
            StmtKind::Decl(_)
            | StmtKind::Send { .. }
            | StmtKind::IncDec { .. }
            | StmtKind::Assign { .. } => {
                self.literals(Node::Stmt(stmt), out);
                out.push(Stmt::Other);
            }
        }
    }

    fn if_stmt(
        &mut self,
        (init, cond, body, els): (Option<StmtId>, ExprId, StmtId, Option<StmtId>),
        out: &mut Vec<Stmt<'a>>,
    ) {
        let file = self.file;
        let truth = if self.build.drops_while_writing() {
            self.static_bool(cond)
        } else if self.is_copy {
            self.constant_bool(cond)
        } else {
            self.folded(cond)
        };
        self.literals_of(init, out);
        match truth {
            Some(true) => self.drop_stmt(els),
            Some(false) => self.drop_stmt(Some(body)),
            None => {}
        }
        if !self.build.drops_while_writing() || truth.is_none() {
            self.literals_in_place(Node::Expr(cond), out);
            let then = self.list(file.block_stmts(body));
            let els = els.map_or_else(Vec::new, |els| self.list(&[els]));
            out.push(Stmt::If { then, els, truth });
            return;
        }
        self.kept_literals(cond, out);
        let mut kept = Vec::new();
        if truth == Some(true) {
            self.list_into(file.block_stmts(body), &mut kept);
        } else if let Some(els) = els {
            self.list_into(&[els], &mut kept);
        }
        out.push(Stmt::Block(kept));
    }

    fn for_stmt(
        &mut self,
        (stmt, label): (StmtId, Option<&'a str>),
        (init, cond, post, body): (Option<StmtId>, Option<ExprId>, Option<StmtId>, StmtId),
        out: &mut Vec<Stmt<'a>>,
    ) {
        let drops = self.build.drops_while_writing();
        let truth = cond
            .filter(|_| drops)
            .and_then(|cond| self.static_bool(cond));
        self.literals_of(init, out);
        if truth == Some(false) {
            if let Some(cond) = cond {
                self.kept_literals(cond, out);
            }
            self.drop_stmt(post);
            self.drop_stmt(Some(body));
            out.push(Stmt::Other);
            return;
        }
        if let Some(cond) = cond {
            self.literals_in_place(Node::Expr(cond), out);
        }
        if let Some(post) = post {
            self.literals_in_place(Node::Stmt(post), out);
        }
        self.enter(stmt, label, AroundKind::Loop);
        let body = self.list(self.file.block_stmts(body));
        self.around.pop();
        out.push(Stmt::Loop {
            stmt,
            range: false,
            body,
        });
    }

    fn range_stmt(
        &mut self,
        (stmt, label): (StmtId, Option<&'a str>),
        x: ExprId,
        body: StmtId,
        out: &mut Vec<Stmt<'a>>,
    ) {
        self.literals(Node::Expr(x), out);
        let stmts = self.file.block_stmts(body);
        if !self.ranges_over_func(x) {
            self.enter(stmt, label, AroundKind::Loop);
            let body = self.list(stmts);
            self.around.pop();
            out.push(Stmt::Loop {
                stmt,
                range: true,
                body,
            });
            return;
        }
        self.enter(stmt, label, AroundKind::Func);
        let list = self.list(stmts);
        let after = self.after_range_func(stmt, body);
        self.around.pop();
        self.inlined_call(x, &[], true, out);
        let loops = loops_as_body(
            self.body,
            self.build,
            self.func,
            (x, body),
            &list,
            self.dropped,
        );
        out.push(Stmt::RangeFunc(RangeFunc {
            stmt,
            body: list,
            ..after
        }));
        if loops {
            out.push(Stmt::Inlined {
                callee: "the body of the loop",
                at: self.file.stmt(stmt).span.start,
                label: true,
                jumps_back: true,
                range_defer: None,
                literal: None,
            });
        }
    }

    /// What the rewriting of the body leaves for after the call. It happens before dead code is dropped,
    /// so dead statements count.
    fn after_range_func(&self, stmt: StmtId, body: StmtId) -> RangeFunc<'a> {
        let file = self.file;
        let mut after = RangeFunc {
            stmt,
            body: Vec::new(),
            defers: None,
            gotos: Vec::new(),
            returns: false,
        };
        let outermost = !self.around[..self.around.len() - 1]
            .iter()
            .any(|around| around.kind == AroundKind::Func);
        let mut labels = Vec::new();
        walk(file, Node::Stmt(body), |node| {
            match node {
                Node::Func(_) => return Descend::Past,
                Node::Stmt(stmt) => match file.stmt(stmt).kind {
                    StmtKind::Defer(_) => {
                        after.defers.get_or_insert(stmt);
                    }
                    StmtKind::Return(_) => after.returns = true,
                    StmtKind::Branch {
                        kind: BranchKind::Goto,
                        label: Some(label),
                    } => after.gotos.push(file.name(label)),
                    StmtKind::Labeled { label, .. } => labels.push(file.name(label)),
                    _ => {}
                },
                _ => {}
            }
            Descend::Into
        });
        after.gotos.retain(|label| !labels.contains(label));
        // A loop within another leaves its jumps to the body it stands in, which returns.
        if !outermost {
            after.gotos.clear();
        }
        after
    }

    fn switch_stmt(
        &mut self,
        (stmt, label): (StmtId, Option<&'a str>),
        (init, tag, body): (Option<StmtId>, Option<ExprId>, StmtId),
        out: &mut Vec<Stmt<'a>>,
    ) {
        let file = self.file;
        self.literals_of(init, out);
        let clauses = file.block_stmts(body);
        let decided = if self.is_copy {
            None
        } else {
            self.decided_clause(tag, clauses)
        };
        if decided.is_none()
            && let Some(tag) = tag
        {
            self.literals(Node::Expr(tag), out);
        }
        self.enter(stmt, label, AroundKind::Choice);
        let mut cases = Vec::new();
        for &clause in clauses {
            let StmtKind::CaseClause {
                list,
                is_default,
                body,
            } = file.stmt(clause).kind
            else {
                continue;
            };
            if decided.is_some_and(|decided| decided != Some(clause)) {
                self.drop_stmt(Some(clause));
                continue;
            }
            let exprs = file.exprs(list);
            if decided.is_none() {
                for &expr in exprs {
                    self.literals_in_place(Node::Expr(expr), out);
                }
            }
            let stmts = file.stmts(body);
            cases.push(Case {
                body: self.list(stmts),
                values: self.integers(exprs),
                is_default: is_default || decided.is_some(),
                falls_through: self.falls_through(stmts),
            });
        }
        self.around.pop();
        let tabular = decided.is_none()
            && self.build.has_lookup_tables()
            && tag.is_some_and(|tag| self.is_word(tag));
        out.push(Stmt::Switch { cases, tabular });
    }

    fn branch(&mut self, kind: BranchKind, label: Option<&'a str>, out: &mut Vec<Stmt<'a>>) {
        match kind {
            BranchKind::Fallthrough => {}
            _ if self.returns_instead(kind, label) => out.push(Stmt::Return { constant: false }),
            BranchKind::Goto => out.push(label.map_or(Stmt::Other, Stmt::Goto)),
            BranchKind::Break | BranchKind::Continue => out.push(Stmt::Leave),
        }
    }

    /// Whether a branch leaves the body of a loop over a function, where it becomes a return.
    fn returns_instead(&self, kind: BranchKind, label: Option<&str>) -> bool {
        let Some(func) = self
            .around
            .iter()
            .rposition(|around| around.kind == AroundKind::Func)
        else {
            return false;
        };
        let within = &self.around[func + 1..];
        match (kind, label) {
            (BranchKind::Fallthrough, _) => false,
            (BranchKind::Break, None) => within.is_empty(),
            (BranchKind::Continue, None) => {
                !within.iter().any(|around| around.kind == AroundKind::Loop)
            }
            (BranchKind::Goto, Some(label)) => !self.declares(self.around[func].stmt, label),
            (_, label) => !within.iter().any(|around| around.label == label),
        }
    }

    /// Whether the loop at `stmt` has a label in its body.
    fn declares(&self, stmt: StmtId, label: &str) -> bool {
        let file = self.file;
        let StmtKind::Range { body, .. } = file.stmt(stmt).kind else {
            return false;
        };
        let mut found = false;
        walk(file, Node::Stmt(body), |node| match node {
            Node::Func(_) => Descend::Past,
            Node::Stmt(stmt) => match file.stmt(stmt).kind {
                StmtKind::Labeled { label: name, .. } if file.name(name) == label => {
                    found = true;
                    Descend::Stop
                }
                _ => Descend::Into,
            },
            _ => Descend::Into,
        });
        found
    }

    /// Whether the front end sees that nothing after a statement is reached.
    fn terminates(&self, stmt: StmtId) -> bool {
        let file = self.file;
        match file.stmt(stmt).kind {
            StmtKind::Branch { kind, label } => {
                kind == BranchKind::Goto
                    || self.returns_instead(kind, label.map(|label| file.name(label)))
            }
            StmtKind::Return(_) => true,
            StmtKind::Expr(expr) => self.is_panic(expr),
            StmtKind::If {
                cond, body, els, ..
            } => {
                let truth = self.static_bool(cond);
                (truth == Some(false) || self.terminates(body))
                    && (truth == Some(true) || els.is_some_and(|els| self.terminates(els)))
            }
            StmtKind::Block(list) => file
                .stmts(list)
                .iter()
                .rev()
                .find(|stmt| !matches!(file.stmt(**stmt).kind, StmtKind::Empty { .. }))
                .is_some_and(|&last| self.terminates(last)),
            _ => false,
        }
    }

    /// Whether the old pass removes what follows a statement: an `if` with a constant condition whose
    /// live branch leaves.
    fn cuts(&self, stmt: StmtId) -> bool {
        let file = self.file;
        let StmtKind::If {
            cond, body, els, ..
        } = file.stmt(stmt).kind
        else {
            return false;
        };
        let live = match self.folded(cond) {
            Some(true) => body,
            Some(false) => match els {
                Some(els) => els,
                None => return false,
            },
            None => return false,
        };
        let last = file.block_stmts(live).last();
        last.is_some_and(|&last| match file.stmt(last).kind {
            StmtKind::Return(_) => true,
            StmtKind::Expr(expr) => self.is_panic(expr),
            _ => false,
        })
    }

    fn drop_stmt(&mut self, stmt: Option<StmtId>) {
        self.dropped
            .extend(stmt.map(|stmt| self.file.stmt(stmt).span));
    }

    fn enter(&mut self, stmt: StmtId, label: Option<&'a str>, kind: AroundKind) {
        self.around.push(Around { label, kind, stmt });
    }

    fn in_range_func(&self) -> bool {
        self.around
            .iter()
            .any(|around| around.kind == AroundKind::Func)
    }

    fn is_panic(&self, expr: ExprId) -> bool {
        let expr = self.file.unparen(expr);
        self.file.call(expr).is_some_and(|(fun, _)| {
            let fun = self.file.unparen(fun);
            self.file.ident(fun) == Some("panic")
                && self.body.object(fun) == Object::Builtin(Builtin::Panic)
        })
    }

    fn ranges_over_func(&self, x: ExprId) -> bool {
        self.build.has_range_over_func()
            && matches!(
                self.body.cx().ty(self.body.core(self.body.type_of(x))),
                Type::Func { .. }
            )
    }

    /// Whether the function has one result whose constants are plain values in the end.
    fn returns_one_plain_value(&self) -> bool {
        if !self.build.has_lookup_tables() {
            return false;
        }
        let signature = self.body.signature_of(self.func);
        let Type::Func { results, .. } = self.body.cx().ty(signature) else {
            return false;
        };
        let results = self.body.cx().types(results);
        let &[result] = &results[..] else {
            return false;
        };
        matches!(
            self.body.cx().ty(self.body.underlying(result)),
            Type::Basic(_)
        )
    }
}
