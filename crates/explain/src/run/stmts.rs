//! Statements.

use go_syntax::{
    AssignOp, BinaryOp, BranchKind, DeclKind, ExprId, ExprKind, GenKeyword, SpecKind, StmtId,
    StmtKind, UnaryOp,
};

use go_syntax::walk::{Descend, Node, walk};

use super::convert::kind;
use super::machine::{Abort, Exec, ExitKind, Machine, Stop};
use super::value::Value;

/// What comes after a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    Next,
    Break(Option<String>),
    Continue(Option<String>),
    Fallthrough,
    Return,
}

impl<'a> Machine<'_, 'a> {
    /// The statements of a block.
    pub(super) fn block(&mut self, block: StmtId) -> Exec<Flow> {
        let body = self.body();
        let stmts = body.file().block_stmts(block);
        self.list(stmts)
    }

    pub(super) fn list(&mut self, stmts: &[StmtId]) -> Exec<Flow> {
        for (index, &stmt) in stmts.iter().enumerate() {
            let next = stmts.get(index + 1).copied();
            match self.statement(stmt, None, next)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn statement(
        &mut self,
        stmt: StmtId,
        label: Option<&str>,
        next: Option<StmtId>,
    ) -> Exec<Flow> {
        self.step()?;
        let body = self.body();
        let file = body.file();
        let node = file.stmt(stmt);
        if !matches!(node.kind, StmtKind::Block(_) | StmtKind::Labeled { .. }) {
            self.line = self.line_of(node.span.start);
            if self.frame().is_target {
                self.may_panic(self.line)?;
                if self.memo.coarse && self.is_passed_over(stmt) {
                    self.looked_away = true;
                    self.forget_written(stmt);
                    self.forget_escaped();
                    return Ok(Flow::Next);
                }
            }
        }
        match node.kind {
            StmtKind::Empty { .. } => Ok(Flow::Next),
            StmtKind::Decl(decl) => self.declaration(decl),
            StmtKind::Labeled { label, stmt } => {
                let name = file.name(label).to_owned();
                match self.statement(stmt, Some(&name), None)? {
                    Flow::Break(Some(to)) if to == name => Ok(Flow::Next),
                    flow => Ok(flow),
                }
            }
            StmtKind::Expr(expr) => {
                let expr = file.unparen(expr);
                match file.expr(expr).kind {
                    ExprKind::Call { .. } => {
                        self.call(expr)?;
                    }
                    _ => {
                        self.value(expr)?;
                    }
                }
                Ok(Flow::Next)
            }
            StmtKind::Send { chan, value } => {
                let chan = self.value(chan)?;
                let value = self.value(value)?;
                self.send(&chan, value)?;
                Ok(Flow::Next)
            }
            StmtKind::IncDec { x, inc } => {
                let place = self.place(x)?;
                let old = self.load(&place, x)?;
                let op = if inc { BinaryOp::Add } else { BinaryOp::Sub };
                let ty = kind(&body, body.type_of(x));
                let value = self.arithmetic(op, &old, &Value::Int(1), ty, x)?;
                self.store(&place, value);
                Ok(Flow::Next)
            }
            StmtKind::Assign { lhs, rhs, op } => {
                let (lhs, rhs) = (file.exprs(lhs).to_vec(), file.exprs(rhs).to_vec());
                self.assign(&lhs, &rhs, op)?;
                Ok(Flow::Next)
            }
            StmtKind::Go(call) => {
                let waits = next.is_some_and(|next| self.is_receive(next));
                self.spawn(file.unparen(call), waits)?;
                Ok(Flow::Next)
            }
            StmtKind::Defer(call) => {
                let line = self.line;
                self.register(stmt, file.unparen(call), line)?;
                Ok(Flow::Next)
            }
            StmtKind::Return(values) => {
                let values = file.exprs(values).to_vec();
                self.returned(stmt, &values)?;
                Ok(Flow::Return)
            }
            StmtKind::Branch { kind, label } => {
                let label = label.map(|label| file.name(label).to_owned());
                match kind {
                    BranchKind::Break => Ok(Flow::Break(label)),
                    BranchKind::Continue => Ok(Flow::Continue(label)),
                    BranchKind::Fallthrough => Ok(Flow::Fallthrough),
                    BranchKind::Goto => Err(self.give_up_inside()),
                }
            }
            StmtKind::Block(list) => {
                let stmts = file.stmts(list).to_vec();
                self.list(&stmts)
            }
            StmtKind::If {
                init,
                cond,
                body,
                els,
            } => {
                if let Some(init) = init {
                    self.statement(init, None, None)?;
                }
                if self.condition(cond)? {
                    self.block(body)
                } else if let Some(els) = els {
                    self.statement(els, None, None)
                } else {
                    Ok(Flow::Next)
                }
            }
            StmtKind::Switch { init, tag, body } => self.switch(init, tag, body),
            StmtKind::TypeSwitch { init, guard, body } => self.type_switch(init, guard, body),
            StmtKind::Select { body } => self.select(body),
            StmtKind::For {
                init,
                cond,
                post,
                body,
            } => self.for_loop(stmt, label, init, cond, post, body),
            StmtKind::Range { .. } => self.range_loop(stmt, label),
            StmtKind::Bad | StmtKind::CaseClause { .. } | StmtKind::CommClause { .. } => {
                Err(self.give_up_inside())
            }
        }
    }

    /// Whether a statement chooses between ways of which none leaves it or defers.
    fn is_passed_over(&self, stmt: StmtId) -> bool {
        let frame = self.frame();
        let file = frame.body.file();
        if !matches!(
            file.stmt(stmt).kind,
            StmtKind::If { .. }
                | StmtKind::Switch { .. }
                | StmtKind::TypeSwitch { .. }
                | StmtKind::Select { .. }
                | StmtKind::For { cond: Some(_), .. }
                | StmtKind::Range { .. }
        ) {
            return false;
        }
        let mut found = true;
        walk(file, Node::Stmt(stmt), |node| {
            let leaves = match node {
                Node::Func(_) => return Descend::Past,
                Node::Stmt(stmt) => matches!(
                    file.stmt(stmt).kind,
                    StmtKind::Defer(_)
                        | StmtKind::Return(_)
                        | StmtKind::Labeled { .. }
                        | StmtKind::Branch {
                            kind: BranchKind::Goto,
                            ..
                        }
                        | StmtKind::Branch { label: Some(_), .. }
                ),
                Node::Expr(expr) => self.world.ends.contains_key(&(frame.file, expr)),
                _ => false,
            };
            if leaves {
                found = false;
                return Descend::Stop;
            }
            Descend::Into
        });
        // A break or continue without label may be one of a loop around.
        found && !self.breaks_out(stmt)
    }

    fn breaks_out(&self, stmt: StmtId) -> bool {
        let file = self.frame().body.file();
        if !matches!(
            file.stmt(stmt).kind,
            StmtKind::If { .. }
                | StmtKind::Switch { .. }
                | StmtKind::TypeSwitch { .. }
                | StmtKind::Select { .. }
        ) {
            return false;
        }
        let mut found = false;
        walk(file, Node::Stmt(stmt), |node| match node {
            Node::Func(_) => Descend::Past,
            Node::Stmt(inner) => match file.stmt(inner).kind {
                StmtKind::For { .. } | StmtKind::Range { .. } => Descend::Past,
                StmtKind::Branch {
                    kind: BranchKind::Break | BranchKind::Continue,
                    ..
                } => {
                    found = true;
                    Descend::Stop
                }
                _ => Descend::Into,
            },
            _ => Descend::Into,
        });
        found
    }

    /// Whether a statement waits for a channel.
    fn is_receive(&self, stmt: StmtId) -> bool {
        let file = self.frame().body.file();
        match file.stmt(stmt).kind {
            StmtKind::Expr(expr) => matches!(
                file.expr(file.unparen(expr)).kind,
                ExprKind::Unary {
                    op: UnaryOp::Recv,
                    ..
                }
            ),
            _ => false,
        }
    }

    fn declaration(&mut self, decl: go_syntax::DeclId) -> Exec<Flow> {
        let body = self.body();
        let file = body.file();
        let DeclKind::Gen {
            keyword: GenKeyword::Var,
            specs,
            ..
        } = file.decl(decl).kind
        else {
            return Ok(Flow::Next);
        };
        for spec in specs.iter() {
            let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                continue;
            };
            let names: Vec<_> = names.iter().collect();
            let values = file.exprs(values).to_vec();
            let given = if values.is_empty() {
                None
            } else {
                Some(self.right_sides(&values, names.len())?)
            };
            for (index, name) in names.into_iter().enumerate() {
                let Some(local) = body.names().declared(name) else {
                    continue;
                };
                let to = body.type_of_local(local);
                let value = match &given {
                    None => self.zero(&body, to),
                    Some(given) => match given.get(index) {
                        Some((value, from)) => self.assigned(&body, value.clone(), *from, to),
                        None => self.unknown(file.name(name)),
                    },
                };
                let cell = self.memory.new_cell(value);
                self.bind(local, cell);
            }
        }
        Ok(Flow::Next)
    }

    fn returned(&mut self, stmt: StmtId, values: &[ExprId]) -> Exec<()> {
        let body = self.body();
        let count = self.frame().results.len();
        if !values.is_empty() {
            let given = self.right_sides(values, count)?;
            let types = self.result_types();
            for (index, (value, from)) in given.into_iter().enumerate() {
                let value = match types.get(index) {
                    Some(&to) => self.assigned(&body, value, from, to),
                    None => value,
                };
                if let Some(&cell) = self.frame().results.get(index) {
                    self.memory.set(cell, value);
                }
            }
        }
        if self.frame().is_target {
            let line = self.line_of(body.file().stmt(stmt).span.start);
            self.exit = Some((ExitKind::Return, line));
            self.puts = self.result_values();
        }
        Ok(())
    }

    fn result_types(&self) -> Vec<go_types::TypeId> {
        let frame = self.frame();
        let file = frame.body.file();
        let sig = file.sig(file.func(frame.func).sig);
        let mut types = Vec::new();
        for field in sig
            .results
            .into_iter()
            .flat_map(|list| file.fields_of(list).iter())
        {
            let field = file.field(field);
            let ty = frame.body.type_of(field.ty);
            types.extend(std::iter::repeat_n(ty, field.names.len().max(1)));
        }
        types
    }

    fn switch(&mut self, init: Option<StmtId>, tag: Option<ExprId>, block: StmtId) -> Exec<Flow> {
        let body = self.body();
        let file = body.file();
        if let Some(init) = init {
            self.statement(init, None, None)?;
        }
        let tag_value = match tag {
            Some(tag) => Some(self.value(tag)?),
            None => None,
        };
        let clauses = file.block_stmts(block).to_vec();
        let mut chosen = None;
        'search: for (index, &clause) in clauses.iter().enumerate() {
            let StmtKind::CaseClause { list, .. } = file.stmt(clause).kind else {
                continue;
            };
            for &case in file.exprs(list) {
                let holds = match (&tag_value, tag) {
                    (Some(value), Some(tag)) => {
                        let other = self.value(case)?;
                        let truth = self.compare(BinaryOp::Eq, value, &other, case);
                        let line = self.line_of(file.expr(case).span.start);
                        let (tag, case) = (self.text(tag), self.text(case));
                        self.decide(
                            &truth,
                            &format!("{tag} == {case}"),
                            &format!("{tag} != {case}"),
                            line,
                        )?
                    }
                    _ => self.condition(case)?,
                };
                if holds {
                    chosen = Some(index);
                    break 'search;
                }
            }
        }
        let default = clauses.iter().position(|&clause| {
            matches!(
                file.stmt(clause).kind,
                StmtKind::CaseClause {
                    is_default: true,
                    ..
                }
            )
        });
        let mut at = chosen.or(default);
        while let Some(index) = at {
            let StmtKind::CaseClause { body, .. } = file.stmt(clauses[index]).kind else {
                break;
            };
            let stmts = file.stmts(body).to_vec();
            match self.list(&stmts)? {
                Flow::Break(None) | Flow::Next => break,
                Flow::Fallthrough => at = (index + 1 < clauses.len()).then_some(index + 1),
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn type_switch(&mut self, init: Option<StmtId>, guard: StmtId, block: StmtId) -> Exec<Flow> {
        let body = self.body();
        let file = body.file();
        if let Some(init) = init {
            self.statement(init, None, None)?;
        }
        let guard = match file.stmt(guard).kind {
            StmtKind::Expr(expr) => expr,
            StmtKind::Assign {
                rhs,
                op: AssignOp::Define,
                ..
            } => match file.exprs(rhs) {
                [expr] => *expr,
                _ => return Err(self.give_up_inside()),
            },
            _ => return Err(self.give_up_inside()),
        };
        let ExprKind::TypeAssert { x, .. } = file.expr(file.unparen(guard)).kind else {
            return Err(self.give_up_inside());
        };
        let value = self.value(x)?;
        let clauses = file.block_stmts(block).to_vec();
        let mut chosen: Option<(StmtId, Value)> = None;
        'search: for &clause in &clauses {
            let StmtKind::CaseClause { list, .. } = file.stmt(clause).kind else {
                continue;
            };
            let cases = file.exprs(list).to_vec();
            for &case in &cases {
                let is_nil = body.object(case) == go_types::Object::Nil;
                let wanted = body.type_of(case);
                let holds = if is_nil {
                    value.is_nil()
                } else {
                    self.has_type(&value, wanted)
                };
                let line = self.line_of(file.expr(case).span.start);
                let truth = match holds {
                    Some(holds) => holds,
                    None => {
                        let (x, case) = (self.text(x), self.text(case));
                        let key = match &value {
                            Value::Unknown(unknown) => format!("{} is {case}", unknown.0.key),
                            _ => format!("{} is {case}", self.fresh),
                        };
                        let truth = self.unknown_bool(key, false, &x);
                        self.decide(
                            &truth,
                            &format!("{x} is a {case}"),
                            &format!("{x} is no {case}"),
                            line,
                        )?
                    }
                };
                if truth {
                    let inner = if cases.len() == 1 && !is_nil {
                        self.unwrapped(&value, wanted)
                    } else {
                        value.clone()
                    };
                    chosen = Some((clause, inner));
                    break 'search;
                }
            }
        }
        let chosen = chosen.or_else(|| {
            let default = clauses.iter().find(|&&clause| {
                matches!(
                    file.stmt(clause).kind,
                    StmtKind::CaseClause {
                        is_default: true,
                        ..
                    }
                )
            });
            default.map(|&clause| (clause, value.clone()))
        });
        let Some((clause, value)) = chosen else {
            return Ok(Flow::Next);
        };
        let variable = body.names().locals().find(|(_, local)| {
            matches!(local.kind, go_types::LocalKind::TypeSwitchVar { clause: own, .. } if own == clause)
        });
        if let Some((local, _)) = variable {
            let cell = self.memory.new_cell(value);
            self.bind(local, cell);
        }
        let StmtKind::CaseClause { body: stmts, .. } = file.stmt(clause).kind else {
            return Ok(Flow::Next);
        };
        let stmts = file.stmts(stmts).to_vec();
        match self.list(&stmts)? {
            Flow::Break(None) => Ok(Flow::Next),
            flow => Ok(flow),
        }
    }

    /// Any communication may be the one that happens.
    fn select(&mut self, block: StmtId) -> Exec<Flow> {
        let body = self.body();
        let file = body.file();
        let clauses = file.block_stmts(block).to_vec();
        if clauses.is_empty() {
            return Err(Stop::Blocked);
        }
        let last = clauses.len() - 1;
        for (index, &clause) in clauses.iter().enumerate() {
            let StmtKind::CommClause { comm, body: stmts } = file.stmt(clause).kind else {
                return Err(Stop::Abort(Abort::Unsupported));
            };
            let line = self.line_of(file.stmt(clause).span.start);
            if index < last && !self.choose()? {
                continue;
            }
            if let Some(comm) = comm {
                let text = file.span_text(file.stmt(comm).span).to_owned();
                self.decided(&format!("case {text}"), None, line);
                self.forget_escaped();
                self.communicated(comm)?;
            } else {
                self.decided("default", None, line);
            }
            let stmts = file.stmts(stmts).to_vec();
            return match self.list(&stmts)? {
                Flow::Break(None) => Ok(Flow::Next),
                flow => Ok(flow),
            };
        }
        Ok(Flow::Next)
    }

    /// Sets what a communication of a select receives; the values are not known.
    fn communicated(&mut self, comm: StmtId) -> Exec<()> {
        let body = self.body();
        let file = body.file();
        let StmtKind::Assign { lhs, op, .. } = file.stmt(comm).kind else {
            return Ok(());
        };
        for &name in file.exprs(lhs) {
            let value = self.unknown_at(name);
            match body
                .names()
                .local_of(name)
                .filter(|_| op == AssignOp::Define)
            {
                Some(local) => {
                    let cell = self.memory.new_cell(value);
                    self.bind(local, cell);
                }
                None => {
                    let place = self.place(name)?;
                    self.store(&place, value);
                }
            }
        }
        Ok(())
    }
}
