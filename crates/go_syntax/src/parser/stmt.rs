//! Statements.

use super::Parser;
use crate::ast::{AssignOp, BranchKind, ExprKind, Features, RangeOp, Span, StmtKind};
use crate::ids::{ArenaId, ExprId, List, StmtId};
use crate::token::Token;

/// What a simple statement may be beyond an expression, send, increment or assignment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Simple {
    Plain,
    OrLabel,
    OrRange,
}

/// A simple statement, or what turned out to be the clause of a range loop.
enum SimpleOrRange {
    Stmt(StmtId),
    Range {
        lhs: List<ExprId>,
        op: RangeOp,
        x: ExprId,
    },
}

impl Parser<'_> {
    /// `{ statements }`
    pub(super) fn block(&mut self) -> StmtId {
        let start = self.span.start;
        if !self.at(Token::LBrace) {
            self.expected("'{'");
            while !matches!(
                self.token,
                Token::LBrace | Token::RBrace | Token::Semicolon | Token::Newline | Token::Eof
            ) {
                self.next();
            }
            if !self.at(Token::LBrace) {
                return self.stmt_at(Span::new(start, start), StmtKind::Block(List::EMPTY));
            }
        }
        let start = self.span.start;
        self.next();
        let list = self.stmt_list();
        self.close_block();
        self.stmt(start, StmtKind::Block(list))
    }

    fn close_block(&mut self) {
        if !self.eat(Token::RBrace) {
            self.expected("'}'");
        }
    }

    fn stmt_list(&mut self) -> List<StmtId> {
        let base = self.stmt_stack.len();
        while !matches!(
            self.token,
            Token::Case | Token::Default | Token::RBrace | Token::Eof
        ) {
            if self.token == Token::Func && self.starts_func_decl() {
                break;
            }
            let before = self.span.start;
            let stmt = self.statement();
            self.stmt_stack.push(stmt);
            if self.span.start == before && !matches!(self.token, Token::RBrace | Token::Eof) {
                self.next();
            }
        }
        self.stmt_list_from(base)
    }

    fn statement(&mut self) -> StmtId {
        if !self.enter() {
            self.leave();
            return self.bad_stmt();
        }
        let stmt = self.statement_at_depth();
        self.leave();
        stmt
    }

    fn bad_stmt(&mut self) -> StmtId {
        let at = self.span.start;
        self.stmt_at(Span::new(at, at), StmtKind::Bad)
    }

    fn statement_at_depth(&mut self) -> StmtId {
        let span = self.span;
        match self.token {
            Token::Const | Token::Type | Token::Var => {
                let Some(decl) = self.local_declaration() else {
                    return self.bad_stmt();
                };
                let span = self.out.decls[decl.index()].span;
                self.stmt_at(span, StmtKind::Decl(decl))
            }
            Token::Ident
            | Token::Int
            | Token::Float
            | Token::Imag
            | Token::Char
            | Token::String
            | Token::Func
            | Token::LParen
            | Token::LBrack
            | Token::Struct
            | Token::Map
            | Token::Chan
            | Token::Interface
            | Token::Add
            | Token::Sub
            | Token::Mul
            | Token::And
            | Token::Xor
            | Token::Arrow
            | Token::Not => {
                let stmt = self.simple(Simple::OrLabel);
                if !matches!(self.out.stmts[stmt.index()].kind, StmtKind::Labeled { .. }) {
                    self.expect_semi();
                }
                stmt
            }
            Token::Go => self.go_or_defer(Features::GO, "go", StmtKind::Go),
            Token::Defer => self.go_or_defer(Features::DEFER, "defer", StmtKind::Defer),
            Token::Return => {
                self.next();
                let results = if self.token.is_semi() || self.at(Token::RBrace) {
                    List::EMPTY
                } else {
                    self.expr_list(true)
                };
                let stmt = self.stmt(span.start, StmtKind::Return(results));
                self.expect_semi();
                stmt
            }
            Token::Break => self.branch(BranchKind::Break),
            Token::Continue => self.branch(BranchKind::Continue),
            Token::Goto => self.branch(BranchKind::Goto),
            Token::Fallthrough => self.branch(BranchKind::Fallthrough),
            Token::LBrace => {
                let block = self.block();
                self.expect_semi();
                block
            }
            Token::If => self.if_chain(),
            Token::Switch => self.switch(),
            Token::Select => self.select(),
            Token::For => self.for_(),
            Token::Semicolon => {
                self.next();
                self.stmt_at(span, StmtKind::Empty { implicit: false })
            }
            Token::Newline => {
                self.next();
                self.stmt_at(
                    Span::new(span.start, span.start),
                    StmtKind::Empty { implicit: true },
                )
            }
            Token::RBrace => self.stmt_at(
                Span::new(span.start, span.start),
                StmtKind::Empty { implicit: true },
            ),
            _ => {
                self.expected("statement");
                let bad = self.bad_stmt();
                self.next();
                self.skip_to_stmt();
                if self.token.is_semi() {
                    self.next();
                }
                bad
            }
        }
    }

    fn simple(&mut self, mode: Simple) -> StmtId {
        match self.simple_or_range(mode) {
            SimpleOrRange::Stmt(stmt) => stmt,
            SimpleOrRange::Range { .. } => self.bad_stmt(),
        }
    }

    fn simple_or_range(&mut self, mode: Simple) -> SimpleOrRange {
        let start = self.span.start;
        let lhs = self.expr_list(false);
        let op = match self.token {
            Token::Define => Some(AssignOp::Define),
            Token::Assign => Some(AssignOp::Assign),
            token => token.compound_assign().map(AssignOp::Op),
        };
        if let Some(op) = op {
            self.next();
            if mode == Simple::OrRange && self.at(Token::Range) && !matches!(op, AssignOp::Op(_)) {
                self.next();
                let x = self.rhs();
                let op = if op == AssignOp::Define {
                    RangeOp::Define
                } else {
                    RangeOp::Assign
                };
                return SimpleOrRange::Range { lhs, op, x };
            }
            let rhs = self.expr_list(true);
            return SimpleOrRange::Stmt(self.stmt(start, StmtKind::Assign { lhs, rhs, op }));
        }
        let first = self.out.expr_pool[lhs.range()][0];
        if lhs.len() > 1 {
            self.error(self.span_of(first), "expected 1 expression before this");
        }
        let stmt = match self.token {
            Token::Colon => return SimpleOrRange::Stmt(self.label(first, mode)),
            Token::Arrow => {
                self.next();
                self.features = self.features.union(Features::CHANNEL);
                let value = self.rhs();
                StmtKind::Send { chan: first, value }
            }
            Token::Inc | Token::Dec => {
                let inc = self.at(Token::Inc);
                self.next();
                StmtKind::IncDec { x: first, inc }
            }
            _ => StmtKind::Expr(first),
        };
        SimpleOrRange::Stmt(self.stmt(start, stmt))
    }

    /// What follows the colon after `x`.
    fn label(&mut self, x: ExprId, mode: Simple) -> StmtId {
        let span = self.span_of(x);
        let colon = self.span;
        self.next();
        if mode != Simple::OrLabel || !matches!(self.kind_of(x), ExprKind::Ident) {
            self.error(colon, "a label cannot be declared here");
            return self.stmt(span.start, StmtKind::Bad);
        }
        let label = self.name_at(span);
        let stmt = self.statement();
        let end = self.out.stmts[stmt.index()].span.end;
        self.stmt_at(
            Span::new(span.start, end),
            StmtKind::Labeled { label, stmt },
        )
    }

    fn go_or_defer(
        &mut self,
        feature: Features,
        keyword: &str,
        make: fn(ExprId) -> StmtKind,
    ) -> StmtId {
        let start = self.span.start;
        self.next();
        let x = self.rhs();
        let call = self.unparen(x);
        let is_call = matches!(self.kind_of(call), ExprKind::Call { .. });
        if call != x {
            self.error(
                self.span_of(x),
                format!("the call after {keyword} must not be parenthesized"),
            );
        } else if !is_call && !matches!(self.kind_of(x), ExprKind::Bad) {
            self.error(
                self.span_of(x),
                format!("expression in {keyword} must be a function call"),
            );
        }
        let kind = if is_call { make(call) } else { StmtKind::Bad };
        self.features = self.features.union(feature);
        let stmt = self.stmt(start, kind);
        self.expect_semi();
        stmt
    }

    fn branch(&mut self, kind: BranchKind) -> StmtId {
        let start = self.span.start;
        self.next();
        let takes_label = match kind {
            BranchKind::Goto => {
                self.features = self.features.union(Features::GOTO);
                true
            }
            BranchKind::Break | BranchKind::Continue => self.at(Token::Ident),
            BranchKind::Fallthrough => false,
        };
        let label = takes_label.then(|| self.name());
        let stmt = self.stmt(start, StmtKind::Branch { kind, label });
        self.expect_semi();
        stmt
    }

    /// The condition in `stmt`, which must be an expression statement.
    fn as_condition(&mut self, stmt: StmtId, what: &str) -> ExprId {
        let node = self.out.stmts[stmt.index()];
        if let StmtKind::Expr(x) = node.kind {
            return x;
        }
        let found = if matches!(node.kind, StmtKind::Assign { .. }) {
            "assignment"
        } else {
            "statement"
        };
        let hint = "missing parentheses around a composite literal?";
        self.error(
            node.span,
            format!("expected {what}, found {found} ({hint})"),
        );
        self.expr(node.span, ExprKind::Bad)
    }

    /// `if … else if … else …`; long chains are common in generated code, so no recursion.
    fn if_chain(&mut self) -> StmtId {
        struct Link {
            start: u32,
            init: Option<StmtId>,
            cond: ExprId,
            body: StmtId,
        }
        let mut links: Vec<Link> = Vec::new();
        let mut count = 0;
        let mut els = loop {
            let start = self.span.start;
            self.next();
            let (init, cond) = self.if_header();
            let body = self.block();
            links.push(Link {
                start,
                init,
                cond,
                body,
            });
            if !self.at(Token::Else) {
                self.expect_semi();
                break None;
            }
            self.next();
            if self.at(Token::If) && self.chain_goes_on(&mut count) {
                continue;
            }
            if !self.at(Token::LBrace) {
                self.expected("'if' or block after 'else'");
                break Some(self.bad_stmt());
            }
            let block = self.block();
            self.expect_semi();
            break Some(block);
        };
        while let Some(Link {
            start,
            init,
            cond,
            body,
        }) = links.pop()
        {
            let last = els.unwrap_or(body);
            let end = self.out.stmts[last.index()]
                .span
                .end
                .max(self.out.stmts[body.index()].span.end);
            let stmt = self.stmt_at(
                Span::new(start, end),
                StmtKind::If {
                    init,
                    cond,
                    body,
                    els,
                },
            );
            els = Some(stmt);
        }
        els.unwrap_or_else(|| self.bad_stmt())
    }

    fn if_header(&mut self) -> (Option<StmtId>, ExprId) {
        if self.at(Token::LBrace) {
            self.error_here("missing condition in if statement");
            return (None, self.bad_expr());
        }
        let level = std::mem::replace(&mut self.expr_level, -1);
        let mut init = None;
        if !self.token.is_semi() {
            if self.at(Token::Var) {
                self.error_here("'var' is not allowed in the header of an if statement, use ':='");
                self.next();
            }
            init = Some(self.simple(Simple::Plain));
        }
        let mut condition = None;
        let mut separator = None;
        if self.at(Token::LBrace) {
            condition = init.take();
        } else {
            separator = Some((self.token, self.span));
            if self.token.is_semi() {
                self.next();
            } else {
                self.expected("';' or '{'");
            }
            if !self.at(Token::LBrace) && separator.is_some_and(|(token, _)| token.is_semi()) {
                condition = Some(self.simple(Simple::Plain));
            }
        }
        let cond = match (condition, separator) {
            (Some(stmt), _) => self.as_condition(stmt, "boolean expression"),
            (None, Some((Token::Newline, span))) => {
                self.error(span, "unexpected newline, expected '{' after if clause");
                self.bad_expr()
            }
            (None, Some((Token::Semicolon, span))) => {
                self.error(span, "missing condition in if statement");
                self.bad_expr()
            }
            (None, _) => self.bad_expr(),
        };
        self.expr_level = level;
        (init, cond)
    }

    fn switch(&mut self) -> StmtId {
        let start = self.span.start;
        self.next();
        let mut init = None;
        let mut tag = None;
        if !self.at(Token::LBrace) {
            let level = std::mem::replace(&mut self.expr_level, -1);
            if !self.token.is_semi() {
                tag = Some(self.simple(Simple::Plain));
            }
            if self.token.is_semi() {
                self.next();
                init = tag.take();
                if !self.at(Token::LBrace) {
                    tag = Some(self.simple(Simple::Plain));
                }
            }
            self.expr_level = level;
        }
        let guard = tag.filter(|&tag| self.is_type_switch_guard(tag));
        let body = self.clauses("case", Self::case_clause);
        let kind = match (guard, tag) {
            (Some(guard), _) => StmtKind::TypeSwitch { init, guard, body },
            (None, tag) => {
                let tag = tag.map(|tag| self.as_condition(tag, "switch expression"));
                StmtKind::Switch { init, tag, body }
            }
        };
        self.finish_clauses(start, kind)
    }

    /// Ends a statement whose block of clauses is read.
    fn finish_clauses(&mut self, start: u32, kind: StmtKind) -> StmtId {
        let stmt = self.stmt(start, kind);
        self.expect_semi();
        stmt
    }

    fn is_type_switch_guard(&mut self, stmt: StmtId) -> bool {
        let is_guard = |parser: &Self, x: ExprId| {
            matches!(parser.kind_of(x), ExprKind::TypeAssert { ty: None, .. })
        };
        let node = self.out.stmts[stmt.index()];
        match node.kind {
            StmtKind::Expr(x) => is_guard(self, x),
            StmtKind::Assign { lhs, rhs, op } if lhs.len() == 1 && rhs.len() == 1 => {
                if !is_guard(self, self.out.expr_pool[rhs.range()][0]) {
                    return false;
                }
                if op == AssignOp::Assign {
                    self.error(node.span, "expected ':=' in type switch guard, found '='");
                }
                matches!(op, AssignOp::Assign | AssignOp::Define)
            }
            _ => false,
        }
    }

    /// A block of clauses.
    fn clauses(&mut self, what: &str, clause: fn(&mut Self) -> StmtId) -> StmtId {
        let start = self.span.start;
        if !self.at(Token::LBrace) {
            self.expected("'{'");
            while !matches!(
                self.token,
                Token::LBrace | Token::RBrace | Token::Semicolon | Token::Newline | Token::Eof
            ) {
                self.next();
            }
            if !self.at(Token::LBrace) {
                return self.stmt_at(Span::new(start, start), StmtKind::Block(List::EMPTY));
            }
        }
        let start = self.span.start;
        self.next();
        let base = self.stmt_stack.len();
        loop {
            match self.token {
                Token::Case | Token::Default => {
                    let stmt = clause(self);
                    self.stmt_stack.push(stmt);
                }
                Token::RBrace | Token::Eof => break,
                _ if self.starts_func_decl() => break,
                _ => {
                    self.expected(&format!("'{what}', 'default' or '}}'"));
                    self.next();
                    while !matches!(
                        self.token,
                        Token::Case | Token::Default | Token::RBrace | Token::Eof
                    ) && !self.starts_func_decl()
                    {
                        self.next();
                    }
                }
            }
        }
        self.close_block();
        let list = self.stmt_list_from(base);
        self.stmt(start, StmtKind::Block(list))
    }

    fn case_clause(&mut self) -> StmtId {
        let start = self.span.start;
        let is_default = !self.at(Token::Case);
        self.next();
        let list = if is_default {
            List::EMPTY
        } else {
            self.expr_list(true)
        };
        let body = self.clause_body();
        self.clause(
            start,
            body,
            StmtKind::CaseClause {
                list,
                is_default,
                body,
            },
        )
    }

    /// A clause ends where its last statement does, which may be an empty one behind the last token.
    fn clause(&mut self, start: u32, body: List<StmtId>, kind: StmtKind) -> StmtId {
        let last = self.out.stmt_pool[body.range()].last();
        let end = last.map_or(self.previous_end, |stmt| {
            self.out.stmts[stmt.index()].span.end
        });
        self.stmt_at(Span::new(start, end.max(start)), kind)
    }

    /// The colon and the statements of a clause.
    fn clause_body(&mut self) -> List<StmtId> {
        self.expect(Token::Colon);
        self.stmt_list()
    }

    fn select(&mut self) -> StmtId {
        let start = self.span.start;
        self.next();
        self.features = self.features.union(Features::SELECT);
        let body = self.clauses("case", Self::comm_clause);
        self.finish_clauses(start, StmtKind::Select { body })
    }

    fn comm_clause(&mut self) -> StmtId {
        let start = self.span.start;
        let is_case = self.at(Token::Case);
        self.next();
        let comm = is_case.then(|| self.communication());
        let body = self.clause_body();
        self.clause(start, body, StmtKind::CommClause { comm, body })
    }

    fn communication(&mut self) -> StmtId {
        let start = self.span.start;
        self.features = self.features.union(Features::CHANNEL);
        let lhs = self.expr_list(false);
        let first = self.out.expr_pool[lhs.range()][0];
        let op = match self.token {
            Token::Assign => AssignOp::Assign,
            Token::Define => AssignOp::Define,
            _ => {
                if lhs.len() > 1 {
                    self.error(self.span_of(first), "expected 1 expression before this");
                }
                let kind = if self.eat(Token::Arrow) {
                    let value = self.rhs();
                    StmtKind::Send { chan: first, value }
                } else {
                    StmtKind::Expr(first)
                };
                return self.stmt(start, kind);
            }
        };
        if lhs.len() > 2 {
            self.error(
                self.span_of(first),
                "expected 1 or 2 expressions before the assignment",
            );
        }
        self.next();
        let value = self.rhs();
        let rhs = self.one_expr_list(value);
        self.stmt(start, StmtKind::Assign { lhs, rhs, op })
    }

    fn for_(&mut self) -> StmtId {
        let start = self.span.start;
        self.next();
        self.features = self.features.union(Features::LOOP);
        let level = std::mem::replace(&mut self.expr_level, -1);
        let (mut init, mut condition, mut post, mut range) = (None, None, None, None);
        if self.at(Token::Range) {
            self.next();
            let x = self.rhs();
            range = Some((List::EMPTY, RangeOp::None, x));
        } else if !self.at(Token::LBrace) {
            if !self.token.is_semi() {
                match self.simple_or_range(Simple::OrRange) {
                    SimpleOrRange::Stmt(stmt) => condition = Some(stmt),
                    SimpleOrRange::Range { lhs, op, x } => range = Some((lhs, op, x)),
                }
            }
            if range.is_none() && self.token.is_semi() {
                self.next();
                init = condition.take();
                if !self.token.is_semi() {
                    if self.at(Token::LBrace) {
                        self.error_here("expected for loop condition");
                    } else {
                        condition = Some(self.simple(Simple::Plain));
                    }
                }
                if self.token.is_semi() {
                    self.next();
                } else if !self.at(Token::LBrace) {
                    self.expected("';' in for clause");
                } else {
                    self.expected("';' after the condition of a for clause");
                }
                if !self.at(Token::LBrace) {
                    post = Some(self.simple(Simple::Plain));
                }
            }
        }
        self.expr_level = level;
        let body = self.block();
        let kind = match range {
            Some((lhs, op, x)) => {
                let names = &self.out.expr_pool[lhs.range()];
                let (key, value, surplus) = (
                    names.first().copied(),
                    names.get(1).copied(),
                    names.get(2).copied(),
                );
                if let Some(surplus) = surplus {
                    self.error(
                        self.span_of(surplus),
                        "range clause permits at most two iteration variables",
                    );
                }
                StmtKind::Range {
                    key,
                    value,
                    op,
                    x,
                    body,
                }
            }
            None => {
                let cond =
                    condition.map(|stmt| self.as_condition(stmt, "boolean or range expression"));
                StmtKind::For {
                    init,
                    cond,
                    post,
                    body,
                }
            }
        };
        let stmt = self.stmt(start, kind);
        self.expect_semi();
        stmt
    }
}
