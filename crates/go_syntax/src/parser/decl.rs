//! Files and declarations.

use super::{Mode, Parser};
use crate::ast::{Decl, DeclKind, ExprKind, Features, Func, GenKeyword, Span, Spec, SpecKind};
use crate::ids::{ArenaId, DeclId, ExprId, FuncId, IdRange, List, NameId, SigId, StmtId};
use crate::token::Token;

impl Parser<'_> {
    pub(super) fn file(&mut self) {
        let keyword = self.span;
        if self.expect_package() {
            self.out.package = Some(keyword);
            self.out.package_name = Some(self.name());
            self.expect_semi();
        }
        let mut imports_over = false;
        while !self.at(Token::Eof) {
            if self.at(Token::Import) {
                if imports_over {
                    self.error_here("imports must stand before other declarations");
                }
            } else {
                imports_over = true;
                if self.mode == Mode::ImportsOnly {
                    return;
                }
            }
            let before = self.span.start;
            let decl = self.declaration();
            self.out.top.push(decl);
            if self.span.start == before && !self.at(Token::Eof) {
                self.next();
            }
        }
    }

    fn expect_package(&mut self) -> bool {
        let found = self.at(Token::Package);
        self.expect(Token::Package);
        found
    }

    fn declaration(&mut self) -> DeclId {
        let start = self.span.start;
        if self.at(Token::Func) {
            let func = self.func_decl();
            let span = self.out.funcs[func.index()].span;
            return self.decl(Decl {
                span,
                kind: DeclKind::Func(func),
            });
        }
        if let Some(keyword) = self.gen_keyword() {
            return self.gen_decl(keyword);
        }
        self.expected("declaration");
        self.next();
        self.skip_to_decl();
        self.decl(Decl {
            span: self.span_from(start),
            kind: DeclKind::Bad,
        })
    }

    fn gen_keyword(&self) -> Option<GenKeyword> {
        Some(match self.token {
            Token::Import => GenKeyword::Import,
            Token::Const => GenKeyword::Const,
            Token::Type => GenKeyword::Type,
            Token::Var => GenKeyword::Var,
            _ => return None,
        })
    }

    /// `const`, `type` or `var` within a function.
    pub(super) fn local_declaration(&mut self) -> Option<DeclId> {
        let keyword = self.gen_keyword()?;
        Some(self.gen_decl(keyword))
    }

    fn gen_decl(&mut self, keyword: GenKeyword) -> DeclId {
        let start = self.span.start;
        self.next();
        let base = self.spec_stack.len();
        let parens = self.eat(Token::LParen);
        if parens {
            let mut iota = 0;
            while !matches!(self.token, Token::RParen | Token::Eof) && !self.starts_declaration() {
                let before = self.span.start;
                let spec = self.spec(keyword, iota);
                self.spec_stack.push(spec);
                self.expect_semi();
                iota += 1;
                if self.span.start == before {
                    self.next();
                }
            }
            self.expect(Token::RParen);
        } else {
            let spec = self.spec(keyword, 0);
            self.spec_stack.push(spec);
        }
        let span = self.span_from(start);
        self.expect_semi();
        let first = self.out.specs.len();
        self.out.specs.extend(self.spec_stack.drain(base..));
        let specs = IdRange::new(first, self.out.specs.len());
        self.decl(Decl {
            span,
            kind: DeclKind::Gen {
                keyword,
                parens,
                specs,
            },
        })
    }

    fn spec(&mut self, keyword: GenKeyword, iota: u32) -> Spec {
        let start = self.span.start;
        let kind = match keyword {
            GenKeyword::Import => self.import_spec(),
            GenKeyword::Const => self.const_spec(iota),
            GenKeyword::Var => self.var_spec(iota),
            GenKeyword::Type => self.type_spec(),
        };
        Spec {
            span: self.span_from(start),
            kind,
        }
    }

    fn import_spec(&mut self) -> SpecKind {
        let name = match self.token {
            Token::Ident => Some(self.name()),
            Token::Period => {
                let span = self.span;
                self.next();
                Some(self.name_at(span))
            }
            _ => None,
        };
        let mut path = self.span;
        if self.at(Token::String) {
            self.next();
        } else {
            path.end = path.start;
            if self.token.is_literal() {
                self.error_here("an import path must be a string literal");
                self.next();
            } else {
                self.expected("import path");
                self.skip_to_expr_end();
            }
        }
        SpecKind::Import { name, path }
    }

    fn name_list(&mut self) -> IdRange<NameId> {
        let first = self.out.names.len();
        self.name();
        while self.eat(Token::Comma) {
            self.name();
        }
        IdRange::new(first, self.out.names.len())
    }

    fn values(&mut self) -> List<ExprId> {
        if self.eat(Token::Assign) {
            self.expr_list(true)
        } else {
            List::EMPTY
        }
    }

    fn const_spec(&mut self, iota: u32) -> SpecKind {
        let names = self.name_list();
        let mut ty = None;
        let mut values = List::EMPTY;
        if !matches!(
            self.token,
            Token::Eof | Token::Semicolon | Token::Newline | Token::RParen
        ) {
            ty = self.try_type();
            values = self.values();
        }
        SpecKind::Value {
            names,
            ty,
            values,
            iota,
        }
    }

    fn var_spec(&mut self, iota: u32) -> SpecKind {
        let names = self.name_list();
        let ty = if self.at(Token::Assign) {
            None
        } else {
            Some(self.type_())
        };
        let values = self.values();
        SpecKind::Value {
            names,
            ty,
            values,
            iota,
        }
    }

    fn type_spec(&mut self) -> SpecKind {
        let name = self.name();
        let mut tparams = None;
        let mut alias = false;
        let ty = if self.at(Token::LBrack) {
            let open = self.span.start;
            self.next();
            match self.array_length_or_type_param() {
                LengthOrParam::Param(first, constraint) => {
                    let fields = self.param_list(Some((first, constraint)), Token::RBrack);
                    self.close_list(Token::RBrack, "type parameter list");
                    tparams = Some(self.field_list(self.span_from(open), fields, true));
                    alias = self.eat(Token::Assign);
                    self.type_()
                }
                LengthOrParam::Length(len) => self.array_type(open, len),
            }
        } else {
            alias = self.eat(Token::Assign);
            self.type_()
        };
        SpecKind::Type {
            name,
            tparams,
            alias,
            ty,
        }
    }

    /// After `type T [`: the length of an array, or the first type parameter. Only what follows an
    /// expression tells, and sometimes only its parts.
    fn array_length_or_type_param(&mut self) -> LengthOrParam {
        if !self.at(Token::Ident) {
            return LengthOrParam::Length(None);
        }
        let span = self.span;
        self.next();
        let mut x = self.expr(span, ExprKind::Ident);
        if !self.at(Token::LBrack) {
            // `P [` is the start of a type parameter with an array or slice constraint.
            self.expr_level += 1;
            let operand = self.primary(Some(x));
            x = self.binary(Some(operand), 1);
            self.expr_level -= 1;
        }
        let force = self.at(Token::Comma);
        match self.split_type_param(x, force) {
            Some((name, constraint)) if constraint.is_some() || !self.at(Token::RBrack) => {
                LengthOrParam::Param(name, constraint)
            }
            _ => LengthOrParam::Length(Some(x)),
        }
    }

    fn func_decl(&mut self) -> FuncId {
        let start = self.span.start;
        let marks = self.start_func();
        self.expect(Token::Func);
        let recv = self.at(Token::LParen).then(|| self.parameters(true));
        let name = self.name();
        let tparams = if self.at(Token::LBrack) {
            self.type_params()
        } else {
            None
        };
        let sig = self.signature_after(start, tparams);
        let id = self.open_func(start, Some(name), sig);
        self.out.funcs[id.index()].recv = recv;
        let mut body = None;
        if self.token.is_semi() {
            self.next();
            if self.at(Token::LBrace) {
                self.error_here("'{' must stand on the line of the function's signature");
                body = self.func_body();
                self.close_func(id, body, marks);
                self.expect_semi();
                return id;
            }
            self.close_func(id, body, marks);
            return id;
        }
        if self.at(Token::LBrace) {
            body = self.func_body();
        }
        self.close_func(id, body, marks);
        self.expect_semi();
        id
    }

    /// A function type, or a function literal when a body follows.
    pub(super) fn func_type_or_literal(&mut self) -> ExprId {
        let start = self.span.start;
        let marks = self.start_func();
        if !self.enter() {
            self.leave();
            return self.bad_expr();
        }
        let Some(ty) = self.try_type() else {
            self.leave();
            return self.bad_expr();
        };
        let ExprKind::FuncType(sig) = self.kind_of(ty) else {
            self.leave();
            return ty;
        };
        if !self.at(Token::LBrace) {
            self.leave();
            return ty;
        }
        self.expr_level += 1;
        let in_rhs = std::mem::replace(&mut self.in_rhs, false);
        let id = self.open_func(start, None, sig);
        let body = self.func_body();
        self.close_func(id, body, marks);
        self.features = self.features.union(Features::FUNC_LIT);
        self.in_rhs = in_rhs;
        self.expr_level -= 1;
        self.leave();
        self.expr_from(start, ExprKind::FuncLit(id))
    }

    fn start_func(&self) -> Marks {
        Marks {
            exprs: self.out.exprs.len(),
            stmts: self.out.stmts.len(),
            names: self.out.names.len(),
        }
    }

    /// Makes the function known, so that literals in its body find their parent.
    fn open_func(&mut self, start: u32, name: Option<NameId>, sig: SigId) -> FuncId {
        // Until the function is closed, its node keeps what was seen of the enclosing one.
        let features = std::mem::take(&mut self.features);
        let id = self.add_func(Func {
            span: self.span_from(start),
            name,
            recv: None,
            sig,
            body: None,
            parent: self.current_func,
            features,
            exprs: IdRange::EMPTY,
            stmts: IdRange::EMPTY,
            names: IdRange::EMPTY,
        });
        self.current_func = Some(id);
        id
    }

    fn func_body(&mut self) -> Option<StmtId> {
        if self.mode == Mode::Full {
            return Some(self.block());
        }
        // The current token is the brace that opens the body.
        let open = self.span;
        if !self.lexer.skip_braces() {
            self.error(open, "'{' without '}'");
        }
        self.token = Token::RBrace;
        self.span = self.lexer.last_byte();
        self.next();
        None
    }

    fn close_func(&mut self, id: FuncId, body: Option<StmtId>, marks: Marks) {
        let inner = match body {
            Some(_) => self.features.union(Features::BODY),
            None => self.features,
        };
        let exprs = IdRange::new(marks.exprs, self.out.exprs.len());
        let stmts = IdRange::new(marks.stmts, self.out.stmts.len());
        let names = IdRange::new(marks.names, self.out.names.len());
        let func = &mut self.out.funcs[id.index()];
        let outer = std::mem::replace(&mut func.features, inner);
        func.span.end = self.previous_end.max(func.span.start);
        func.body = body;
        func.exprs = exprs;
        func.stmts = stmts;
        func.names = names;
        self.current_func = func.parent;
        self.features = if func.parent.is_some() {
            outer.union(inner)
        } else {
            Features::NONE
        };
    }
}

/// Where the nodes of a function start in their arenas.
#[derive(Clone, Copy)]
struct Marks {
    exprs: usize,
    stmts: usize,
    names: usize,
}

enum LengthOrParam {
    Length(Option<ExprId>),
    Param(Span, Option<ExprId>),
}
