//! Tokens to a tree: recursive descent with one token of lookahead, error recovery and bounds.
//!
//! This file holds what all parts share: the token stream, errors, recovery, list pools and
//! bounds. `decl`, `types`, `stmt` and `expr` hold the grammar. What is accepted follows go/parser
//! of Go 1.27 where the specification and that parser differ (the oracle compares with it).

mod decl;
mod expr;
mod params;
mod stmt;
mod types;

#[cfg(test)]
mod tests;

use crate::ast::{
    Decl, Expr, ExprKind, Features, Field, FieldList, File, Func, Sig, Span, Spec, Stmt, StmtKind,
};
use crate::ids::{
    ArenaId, DeclId, ExprId, FieldId, FieldListId, FuncId, IdRange, List, NameId, SigId, StmtId,
};
use crate::lexer::{Lexeme, Lexer, MAX_ERRORS};
use crate::source::Source;
use crate::token::Token;

/// How much of a file is parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Everything.
    Full,
    /// Everything but the bodies of functions, which are passed over by matching braces.
    SkipBodies,
    /// The package clause and the imports.
    ImportsOnly,
}

/// How deep statements, types and expressions may nest. Chains such as `a + b + …` and
/// `a.b().c()…` do not nest for their reader and have a bound of their own, and so has `else if`.
const MAX_DEPTH: u32 = 1_000;

/// How long a chain of operators, of selectors and calls, or of `else if` may be.
const MAX_CHAIN: u32 = 100_000;

/// Parses a file. Errors are part of the result; the tree then has gaps.
///
/// The stack that is needed is bounded: a few hundred bytes for each of at most 1,000 levels of
/// nesting.
pub fn parse(source: Source, mode: Mode) -> File {
    let mut source = source;
    let encoding_errors = source.take_errors();
    let arenas = {
        let mut parser = Parser::new(source.text(), mode);
        parser.lexer.errors.extend(encoding_errors);
        parser.file();
        parser.into_arenas()
    };
    File { source, ..arenas }
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    mode: Mode,

    token: Token,
    span: Span,
    /// Where the token before the current one ends.
    previous_end: u32,

    /// Nesting of expressions; negative in the header of a control statement, where a composite
    /// literal of a named type needs parentheses.
    expr_level: i32,
    /// Whether `=` is certainly a mistake for `==`.
    in_rhs: bool,
    depth: u32,
    /// Where the last error was reported: one an line is enough.
    last_error: Option<u32>,

    features: Features,
    current_func: Option<FuncId>,

    // Nodes whose ids must follow each other wait on these stacks until their list is complete.
    expr_stack: Vec<ExprId>,
    stmt_stack: Vec<StmtId>,
    field_stack: Vec<Field>,
    spec_stack: Vec<Spec>,
    param_stack: Vec<params::Param>,

    out: File,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, mode: Mode) -> Self {
        let expected = if mode == Mode::Full {
            text.len()
        } else {
            text.len() / 8
        };
        let out = File {
            source: Source::from(""),
            exprs: Vec::with_capacity(expected / 10),
            stmts: Vec::with_capacity(expected / 40),
            decls: Vec::new(),
            specs: Vec::new(),
            funcs: Vec::new(),
            sigs: Vec::new(),
            field_lists: Vec::new(),
            fields: Vec::new(),
            names: Vec::with_capacity(expected / 100),
            expr_pool: Vec::with_capacity(expected / 20),
            stmt_pool: Vec::with_capacity(expected / 40),
            comments: Vec::new(),
            errors: Vec::new(),
            package: None,
            package_name: None,
            top: Vec::new(),
        };
        let mut parser = Self {
            text,
            lexer: Lexer::new(text),
            mode,
            token: Token::Eof,
            span: Span::default(),
            previous_end: 0,
            expr_level: 0,
            in_rhs: false,
            depth: 0,
            last_error: None,
            features: Features::NONE,
            current_func: None,
            expr_stack: Vec::new(),
            stmt_stack: Vec::new(),
            field_stack: Vec::new(),
            spec_stack: Vec::new(),
            param_stack: Vec::new(),
            out,
        };
        parser.next();
        parser.previous_end = 0;
        parser
    }

    fn into_arenas(mut self) -> File {
        self.out.comments = self.lexer.comments;
        self.out.errors = self.lexer.errors;
        self.out.errors.sort_by_key(|error| error.span);
        self.out
    }

    // Tokens.

    #[inline]
    fn next(&mut self) {
        if !self.token.is_semi() {
            self.previous_end = self.span.end;
        }
        let Lexeme { token, span } = self.lexer.next(self.token);
        self.token = token;
        self.span = span;
    }

    #[inline]
    fn at(&self, token: Token) -> bool {
        self.token == token
    }

    /// Passes over `token` if it is the current one.
    #[inline]
    fn eat(&mut self, token: Token) -> bool {
        let found = self.token == token;
        if found {
            self.next();
        }
        found
    }

    /// Passes over `token`, or reports that it is missing and stays.
    #[inline]
    fn expect(&mut self, token: Token) -> Span {
        let span = self.span;
        if self.token == token {
            self.next();
            return span;
        }
        self.expected(&quoted(token));
        Span::new(span.start, span.start)
    }

    /// Passes over the delimiter that ends a list spread over lines.
    fn expect_closing(&mut self, token: Token, context: &str) {
        if self.token == Token::Newline {
            self.error_here(format!("missing ',' before newline in {context}"));
            self.next();
        }
        self.expect(token);
    }

    /// Passes over the semicolon that ends a statement or declaration; optional before `)` and `}`.
    #[inline]
    fn expect_semi(&mut self) {
        match self.token {
            Token::Semicolon | Token::Newline => self.next(),
            Token::RParen | Token::RBrace => {}
            Token::Comma => {
                self.expected("';'");
                self.next();
            }
            _ => {
                self.expected("';' or newline");
                self.skip_to_stmt();
                if self.token.is_semi() {
                    self.next();
                }
            }
        }
    }

    /// Whether a list goes on: passes over a comma, or reports a missing one unless `closing` is
    /// next.
    #[inline]
    fn list_goes_on(&mut self, context: &str, closing: Token) -> bool {
        if self.token == Token::Comma {
            self.next();
            return true;
        }
        if self.token == closing {
            return false;
        }
        let before = if self.token == Token::Newline {
            " before newline"
        } else {
            ""
        };
        self.error_here(format!("missing ','{before} in {context}"));
        if self.token == Token::Newline {
            // The list may go on in the next line.
            self.next();
            return self.token != closing && !self.starts_declaration();
        }
        false
    }

    // Errors and recovery.

    fn error(&mut self, span: Span, message: impl Into<String>) {
        if let Some(last) = self.last_error {
            let (from, to) = (last.min(span.start), last.max(span.start));
            if memchr::memchr(b'\n', &self.text.as_bytes()[from as usize..to as usize]).is_none() {
                return;
            }
        }
        self.last_error = Some(span.start);
        self.lexer
            .error(span.start as usize, span.end as usize, message);
        if self.lexer.errors.len() >= MAX_ERRORS {
            self.give_up();
        }
    }

    fn error_here(&mut self, message: impl Into<String>) {
        self.error(self.span, message);
    }

    #[cold]
    fn expected(&mut self, what: &str) {
        let found = match self.token {
            Token::Ident => format!("name {}", &self.text[self.span.range()]),
            token if token.is_literal() => {
                let text = &self.text[self.span.range()];
                let short: String = text.chars().take(20).collect();
                format!("{short}{}", if short.len() < text.len() { "…" } else { "" })
            }
            token @ (Token::Eof | Token::Newline | Token::Illegal) => token.describe().to_owned(),
            token => quoted(token),
        };
        self.error_here(format!("expected {what}, found {found}"));
    }

    /// Makes the rest of the file disappear.
    fn give_up(&mut self) {
        self.lexer.finish();
        self.token = Token::Eof;
        self.span = Span::new(self.text.len() as u32, self.text.len() as u32);
    }

    /// Enters a level of nesting; false when there are too many, and the rest of the file is gone.
    #[inline]
    fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.too_deep();
            return false;
        }
        true
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    #[cold]
    fn too_deep(&mut self) {
        if self.token != Token::Eof {
            self.last_error = None;
            self.error_here(format!(
                "nested more than {MAX_DEPTH} levels deep; the rest of the file is not analysed"
            ));
            self.give_up();
        }
    }

    /// Counts a link of a chain; false when there are too many, and the rest of the file is gone.
    #[inline]
    fn chain_goes_on(&mut self, links: &mut u32) -> bool {
        *links += 1;
        if *links > MAX_CHAIN {
            self.last_error = None;
            self.error_here(format!("more than {MAX_CHAIN} links in one expression; the rest of the file is not analysed"));
            self.give_up();
            return false;
        }
        true
    }

    /// Whether the current token stands at the start of a line.
    fn at_line_start(&self) -> bool {
        self.span.start == 0 || self.text.as_bytes()[self.span.start as usize - 1] == b'\n'
    }

    /// Whether a declaration of a function or method starts here. Within a body this tells that a
    /// brace is missing: there, `func` is always followed by a parenthesis that no name follows.
    fn starts_func_decl(&self) -> bool {
        if self.token != Token::Func || !self.at_line_start() {
            return false;
        }
        let mut ahead = Lexer::starting_at(self.text, self.span.end as usize);
        let first = ahead.next(Token::Func).token;
        if first != Token::LParen {
            return first == Token::Ident;
        }
        // A receiver is short; what is longer is no receiver.
        let (mut depth, mut previous) = (1, first);
        for _ in 0..64 {
            previous = ahead.next(previous).token;
            match previous {
                Token::LParen | Token::LBrack => depth += 1,
                Token::RParen | Token::RBrack => depth -= 1,
                Token::Eof | Token::LBrace | Token::RBrace => return false,
                _ => {}
            }
            if depth == 0 {
                // `func (x) Name(` or `func (x) Name[`: a function type's result is followed by
                // neither.
                let name = ahead.next(previous).token;
                return name == Token::Ident
                    && matches!(ahead.next(name).token, Token::LParen | Token::LBrack);
            }
        }
        false
    }

    /// Whether a top-level declaration starts here, as far as layout tells.
    fn starts_declaration(&self) -> bool {
        match self.token {
            Token::Func => self.starts_func_decl(),
            Token::Type | Token::Var | Token::Const | Token::Import => self.at_line_start(),
            _ => false,
        }
    }

    /// Skips to where a statement may start or end.
    fn skip_to_stmt(&mut self) {
        let mut depth = 0u32;
        loop {
            match self.token {
                Token::Eof => return,
                _ if self.starts_func_decl() => return,
                Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
                Token::RBrace | Token::Semicolon | Token::Newline if depth == 0 => return,
                Token::RParen | Token::RBrack | Token::RBrace => depth = depth.saturating_sub(1),
                token if depth == 0 && token.starts_statement_only() => return,
                _ => {}
            }
            self.next();
        }
    }

    /// Skips to where a top-level declaration starts.
    fn skip_to_decl(&mut self) {
        while self.token != Token::Eof && !self.starts_declaration() {
            self.next();
        }
    }

    /// Skips to where an expression or type within a list ends.
    fn skip_to_expr_end(&mut self) {
        while !matches!(
            self.token,
            Token::Comma
                | Token::Colon
                | Token::Semicolon
                | Token::Newline
                | Token::RParen
                | Token::RBrack
                | Token::RBrace
                | Token::LBrace
                | Token::Eof
        ) && !self.starts_declaration()
        {
            self.next();
        }
    }

    // Nodes.

    #[inline]
    fn expr(&mut self, span: Span, kind: ExprKind) -> ExprId {
        let id = ExprId::from_index(self.out.exprs.len());
        self.out.exprs.push(Expr { span, kind });
        id
    }

    /// An expression from `start` to the end of the token before the current one.
    #[inline]
    fn expr_from(&mut self, start: u32, kind: ExprKind) -> ExprId {
        self.expr(self.span_from(start), kind)
    }

    /// From `start` to the end of the token before this one; empty when nothing was read since, which
    /// happens where what should be there is missing.
    fn span_from(&self, start: u32) -> Span {
        Span::new(start, self.previous_end.max(start))
    }

    /// A gap of no width where an expression should be.
    fn bad_expr(&mut self) -> ExprId {
        let at = self.span.start;
        self.expr(Span::new(at, at), ExprKind::Bad)
    }

    #[inline]
    fn stmt(&mut self, start: u32, kind: StmtKind) -> StmtId {
        self.stmt_at(self.span_from(start), kind)
    }

    #[inline]
    fn stmt_at(&mut self, span: Span, kind: StmtKind) -> StmtId {
        let id = StmtId::from_index(self.out.stmts.len());
        self.out.stmts.push(Stmt { span, kind });
        id
    }

    fn decl(&mut self, decl: Decl) -> DeclId {
        let id = DeclId::from_index(self.out.decls.len());
        self.out.decls.push(decl);
        id
    }

    #[inline]
    fn name_at(&mut self, span: Span) -> NameId {
        let id = NameId::from_index(self.out.names.len());
        self.out.names.push(span);
        id
    }

    fn signature(&mut self, sig: Sig) -> SigId {
        let id = SigId::from_index(self.out.sigs.len());
        self.out.sigs.push(sig);
        id
    }

    fn field_list(&mut self, span: Span, fields: IdRange<FieldId>, delimited: bool) -> FieldListId {
        let id = FieldListId::from_index(self.out.field_lists.len());
        self.out.field_lists.push(FieldList {
            span,
            fields,
            delimited,
        });
        id
    }

    fn add_func(&mut self, func: Func) -> FuncId {
        let id = FuncId::from_index(self.out.funcs.len());
        self.out.funcs.push(func);
        id
    }

    /// Moves what waits above `base` into the pool.
    #[inline]
    fn expr_list_from(&mut self, base: usize) -> List<ExprId> {
        let start = self.out.expr_pool.len();
        let len = self.expr_stack.len() - base;
        self.out.expr_pool.extend(self.expr_stack.drain(base..));
        List::new(start, len)
    }

    #[inline]
    fn one_expr_list(&mut self, id: ExprId) -> List<ExprId> {
        let start = self.out.expr_pool.len();
        self.out.expr_pool.push(id);
        List::new(start, 1)
    }

    #[inline]
    fn stmt_list_from(&mut self, base: usize) -> List<StmtId> {
        let start = self.out.stmt_pool.len();
        let len = self.stmt_stack.len() - base;
        self.out.stmt_pool.extend(self.stmt_stack.drain(base..));
        List::new(start, len)
    }

    fn fields_from(&mut self, base: usize) -> IdRange<FieldId> {
        let start = self.out.fields.len();
        self.out.fields.extend(self.field_stack.drain(base..));
        IdRange::new(start, self.out.fields.len())
    }

    #[inline]
    fn span_of(&self, id: ExprId) -> Span {
        self.out.exprs[id.index()].span
    }

    #[inline]
    fn kind_of(&self, id: ExprId) -> ExprKind {
        self.out.exprs[id.index()].kind
    }

    fn unparen(&self, mut id: ExprId) -> ExprId {
        while let ExprKind::Paren(x) = self.kind_of(id) {
            id = x;
        }
        id
    }

    /// Reads a name that is declared here.
    fn name(&mut self) -> NameId {
        let span = self.name_span();
        self.name_at(span)
    }

    fn name_span(&mut self) -> Span {
        let span = self.span;
        if self.eat(Token::Ident) {
            return span;
        }
        self.expected("name");
        Span::new(span.start, span.start)
    }
}

fn quoted(token: Token) -> String {
    match token {
        Token::Ident => "name".to_owned(),
        Token::String => "string literal".to_owned(),
        token => format!("'{}'", token.describe()),
    }
}
