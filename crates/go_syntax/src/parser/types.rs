//! Types, fields and elements of interfaces.

use super::Parser;
use crate::ast::{BinaryOp, ChanDir, ExprKind, Field, Span, UnaryOp};
use crate::ids::{ExprId, IdRange};
use crate::token::Token;

impl Parser<'_> {
    pub(super) fn type_(&mut self) -> ExprId {
        if let Some(ty) = self.try_type() {
            return ty;
        }
        let start = self.span.start;
        self.expected("type");
        self.skip_to_expr_end();
        self.expr(Span::new(start, start), ExprKind::Bad)
    }

    /// A type, if one starts here.
    pub(super) fn try_type(&mut self) -> Option<ExprId> {
        if !self.enter() {
            self.leave();
            return None;
        }
        let start = self.span.start;
        let ty = match self.token {
            Token::Ident => {
                let name = self.type_name();
                if self.at(Token::LBrack) {
                    self.type_instance(name)
                } else {
                    name
                }
            }
            Token::LBrack => {
                self.next();
                self.array_type(start, None)
            }
            Token::Struct => self.struct_type(),
            Token::Mul => {
                self.next();
                let x = self.type_();
                self.expr_from(start, ExprKind::Star(x))
            }
            Token::Func if !self.starts_func_decl() => {
                let sig = self.func_type();
                self.expr_from(start, ExprKind::FuncType(sig))
            }
            Token::Interface => self.interface_type(),
            Token::Map => {
                self.next();
                self.expect(Token::LBrack);
                let key = self.type_();
                self.expect(Token::RBrack);
                let value = self.type_();
                self.expr_from(start, ExprKind::MapType { key, value })
            }
            Token::Chan => {
                self.next();
                let dir = if self.eat(Token::Arrow) {
                    ChanDir::Send
                } else {
                    ChanDir::Both
                };
                let elem = self.type_();
                self.expr_from(start, ExprKind::ChanType { dir, elem })
            }
            Token::Arrow => {
                self.next();
                self.expect(Token::Chan);
                let elem = self.type_();
                self.expr_from(
                    start,
                    ExprKind::ChanType {
                        dir: ChanDir::Recv,
                        elem,
                    },
                )
            }
            Token::LParen => {
                self.next();
                let x = self.type_();
                self.expect(Token::RParen);
                self.expr_from(start, ExprKind::Paren(x))
            }
            _ => {
                self.leave();
                return None;
            }
        };
        self.leave();
        Some(ty)
    }

    /// A possibly qualified name, without type arguments.
    fn type_name(&mut self) -> ExprId {
        let span = self.name_span();
        let x = self.expr(span, ExprKind::Ident);
        self.qualified(x)
    }

    /// `.name` after `x`, if it is there.
    fn qualified(&mut self, x: ExprId) -> ExprId {
        if !self.eat(Token::Period) {
            return x;
        }
        let sel = self.name_span();
        let start = self.span_of(x).start;
        self.expr_from(start, ExprKind::Selector { x, sel })
    }

    /// A possibly qualified name with type arguments, after `x` when that is read already.
    pub(super) fn qualified_instance(&mut self, x: Option<ExprId>) -> ExprId {
        let name = match x {
            Some(x) => self.qualified(x),
            None => self.type_name(),
        };
        if self.at(Token::LBrack) {
            self.type_instance(name)
        } else {
            name
        }
    }

    fn type_instance(&mut self, x: ExprId) -> ExprId {
        let start = self.span_of(x).start;
        self.expect(Token::LBrack);
        self.expr_level += 1;
        let base = self.expr_stack.len();
        while !matches!(self.token, Token::RBrack | Token::Eof) {
            let ty = self.type_();
            self.expr_stack.push(ty);
            if !self.list_goes_on("type argument list", Token::RBrack) {
                break;
            }
        }
        self.expr_level -= 1;
        if self.expr_stack.len() == base {
            self.expected("type argument list");
            let bad = self.bad_expr();
            self.expr_stack.push(bad);
        }
        self.close_list(Token::RBrack, "type argument list");
        let indices = self.expr_list_from(base);
        self.expr_from(start, ExprKind::Index { x, indices })
    }

    /// An array or slice type after its `[` (at `start`), or after its length when that is read.
    pub(super) fn array_type(&mut self, start: u32, len: Option<ExprId>) -> ExprId {
        let len = match len {
            Some(len) => Some(len),
            None => {
                self.expr_level += 1;
                let span = self.span;
                let len = match self.token {
                    Token::Ellipsis => {
                        self.next();
                        Some(self.expr(span, ExprKind::Ellipsis(None)))
                    }
                    Token::RBrack => None,
                    _ => Some(self.rhs()),
                };
                self.expr_level -= 1;
                len
            }
        };
        if self.at(Token::Comma) {
            self.error_here("unexpected ',' in array type, expected ']'");
            self.next();
        }
        self.expect(Token::RBrack);
        let elem = self.type_();
        self.expr_from(start, ExprKind::ArrayType { len, elem })
    }

    /// What follows `name` when that is `[`: the array type of a field or parameter `name`, or
    /// type arguments of the type `name`. Tells which by whether the name is handed back.
    pub(super) fn array_or_instance(&mut self, name: Span) -> (Option<Span>, ExprId) {
        let start = self.span.start;
        self.expect(Token::LBrack);
        let base = self.expr_stack.len();
        let mut trailing_comma = None;
        if !self.at(Token::RBrack) {
            self.expr_level += 1;
            let first = self.rhs();
            self.expr_stack.push(first);
            while self.at(Token::Comma) {
                let comma = self.span;
                self.next();
                if self.at(Token::RBrack) {
                    trailing_comma = Some(comma);
                    break;
                }
                let arg = self.rhs();
                self.expr_stack.push(arg);
            }
            self.expr_level -= 1;
        }
        self.expect(Token::RBrack);
        let args_end = self.previous_end;
        match self.expr_stack.len() - base {
            0 => {
                let elem = self.type_();
                return (
                    Some(name),
                    self.expr_from(start, ExprKind::ArrayType { len: None, elem }),
                );
            }
            1 => {
                if let Some(elem) = self.try_type() {
                    if let Some(comma) = trailing_comma {
                        self.error(comma, "unexpected ',' in array type, expected ']'");
                    }
                    let len = self.expr_stack.pop();
                    return (
                        Some(name),
                        self.expr_from(start, ExprKind::ArrayType { len, elem }),
                    );
                }
            }
            _ => {}
        }
        let indices = self.expr_list_from(base);
        let x = self.expr(name, ExprKind::Ident);
        (
            None,
            self.expr(
                Span::new(name.start, args_end),
                ExprKind::Index { x, indices },
            ),
        )
    }

    fn struct_type(&mut self) -> ExprId {
        let start = self.span.start;
        self.expect(Token::Struct);
        let open = self.expect(Token::LBrace).start;
        let base = self.field_stack.len();
        while !matches!(self.token, Token::RBrace | Token::Eof) && !self.starts_declaration() {
            let before = self.span.start;
            let field = self.field_decl();
            self.field_stack.push(field);
            if self.span.start == before {
                self.next();
            }
        }
        self.expect(Token::RBrace);
        let fields = self.fields_from(base);
        let list = self.field_list(self.span_from(open), fields, true);
        self.expr_from(start, ExprKind::StructType(list))
    }

    fn field_decl(&mut self) -> Field {
        let start = self.span.start;
        let mut names = IdRange::EMPTY;
        let ty = match self.token {
            Token::Ident => {
                let name = self.name_span();
                match self.token {
                    Token::Period => {
                        let x = self.expr(name, ExprKind::Ident);
                        self.qualified_instance(Some(x))
                    }
                    Token::String | Token::Semicolon | Token::Newline | Token::RBrace => {
                        self.expr(name, ExprKind::Ident)
                    }
                    Token::LBrack => {
                        let (name, ty) = self.array_or_instance(name);
                        if let Some(name) = name {
                            names = self.names_at(&[name]);
                        }
                        ty
                    }
                    _ => {
                        let first = self.out.names.len();
                        self.name_at(name);
                        while self.eat(Token::Comma) {
                            self.name();
                        }
                        names = IdRange::new(first, self.out.names.len());
                        self.type_()
                    }
                }
            }
            Token::Mul => {
                self.next();
                let x = self.maybe_parenthesized_embedded();
                self.expr_from(start, ExprKind::Star(x))
            }
            Token::LParen => {
                self.error_here("the type of an embedded field must not be parenthesized");
                self.next();
                let ty = if self.at(Token::Mul) {
                    let star = self.span.start;
                    self.next();
                    let x = self.qualified_instance(None);
                    self.expr_from(star, ExprKind::Star(x))
                } else {
                    self.qualified_instance(None)
                };
                self.eat(Token::RParen);
                ty
            }
            _ => {
                self.expected("field name or embedded type");
                self.skip_to_expr_end();
                self.expr(Span::new(start, start), ExprKind::Bad)
            }
        };
        let tag = (self.token == Token::String).then(|| {
            let span = self.span;
            self.next();
            self.expr(span, ExprKind::BasicLit(crate::ast::LitKind::String))
        });
        let span = self.span_from(start);
        self.expect_semi();
        Field {
            span,
            names,
            ty,
            tag,
        }
    }

    fn maybe_parenthesized_embedded(&mut self) -> ExprId {
        if !self.at(Token::LParen) {
            return self.qualified_instance(None);
        }
        self.error_here("the type of an embedded field must not be parenthesized");
        self.next();
        let x = self.qualified_instance(None);
        self.eat(Token::RParen);
        x
    }

    fn names_at(&mut self, spans: &[Span]) -> IdRange<crate::ids::NameId> {
        let first = self.out.names.len();
        self.out.names.extend_from_slice(spans);
        IdRange::new(first, self.out.names.len())
    }

    fn interface_type(&mut self) -> ExprId {
        let start = self.span.start;
        self.expect(Token::Interface);
        let open = self.expect(Token::LBrace).start;
        let base = self.field_stack.len();
        while !matches!(self.token, Token::RBrace | Token::Eof) && !self.starts_declaration() {
            let before = self.span.start;
            let field = self.interface_element();
            self.field_stack.push(field);
            self.expect_semi();
            if self.span.start == before {
                self.next();
            }
        }
        self.expect(Token::RBrace);
        let fields = self.fields_from(base);
        let list = self.field_list(self.span_from(open), fields, true);
        self.expr_from(start, ExprKind::InterfaceType(list))
    }

    fn interface_element(&mut self) -> Field {
        let start = self.span.start;
        let (name, ty) = match self.token {
            Token::Ident => self.method_or_embedded(),
            Token::Tilde => (None, self.union(None)),
            _ => match self.try_type() {
                Some(ty) => (None, self.union(Some(ty))),
                None => {
                    self.expected("method or embedded element");
                    self.skip_to_expr_end();
                    (None, self.expr(Span::new(start, start), ExprKind::Bad))
                }
            },
        };
        let names = match name {
            Some(name) => self.names_at(&[name]),
            None => IdRange::EMPTY,
        };
        Field {
            span: self.span_from(start),
            names,
            ty,
            tag: None,
        }
    }

    fn method_or_embedded(&mut self) -> (Option<Span>, ExprId) {
        let name = self.name_span();
        match self.token {
            Token::LParen => (Some(name), self.method_type()),
            Token::LBrack => {
                let bracket = self.span;
                if self.type_params_of_method() {
                    self.error(
                        bracket,
                        "a method of an interface must have no type parameters",
                    );
                    return (Some(name), self.method_type());
                }
                let x = self.expr(name, ExprKind::Ident);
                let ty = self.type_instance(x);
                (None, self.union(Some(ty)))
            }
            _ => {
                let x = self.expr(name, ExprKind::Ident);
                let ty = self.qualified_instance(Some(x));
                (None, self.union(Some(ty)))
            }
        }
    }

    /// Passes over `[P C]` before the parameters of a method; leaves `[T]` of an instance alone.
    fn type_params_of_method(&mut self) -> bool {
        let mut ahead = crate::lexer::Lexer::starting_at(self.text, self.span.end as usize);
        let first = ahead.next(Token::LBrack).token;
        let second = ahead.next(first).token;
        let is_list = first == Token::Ident
            && !matches!(
                second,
                Token::RBrack | Token::Comma | Token::Period | Token::LBrack
            );
        if is_list {
            self.next();
            let base = self.param_stack.len();
            let fields = self.param_list(None, Token::RBrack);
            self.param_stack.truncate(base);
            self.field_list(Span::default(), fields, true);
            self.expect(Token::RBrack);
        }
        is_list
    }

    fn method_type(&mut self) -> ExprId {
        let start = self.span.start;
        let sig = self.signature_after(start, None);
        self.expr_from(start, ExprKind::FuncType(sig))
    }

    /// `a | ~b | …`, after `x` when that is read already.
    pub(super) fn union(&mut self, x: Option<ExprId>) -> ExprId {
        let mut x = match x {
            Some(x) => x,
            None => self.union_term(),
        };
        let mut links = 0;
        while self.at(Token::Or) && self.chain_goes_on(&mut links) {
            self.next();
            let y = self.union_term();
            let span = self.span_of(x).to(self.span_of(y));
            x = self.expr(
                span,
                ExprKind::Binary {
                    op: BinaryOp::Or,
                    x,
                    y,
                },
            );
        }
        x
    }

    fn union_term(&mut self) -> ExprId {
        let start = self.span.start;
        if self.eat(Token::Tilde) {
            let x = self.type_();
            return self.expr_from(
                start,
                ExprKind::Unary {
                    op: UnaryOp::Tilde,
                    x,
                },
            );
        }
        if let Some(ty) = self.try_type() {
            return ty;
        }
        self.expected("type or '~' type");
        self.skip_to_expr_end();
        self.expr(Span::new(start, start), ExprKind::Bad)
    }
}
