//! Types, fields, parameters and type parameters.

use super::Parser;
use crate::ast::{BinaryOp, ChanDir, Expr, ExprKind, Field, Sig, Span, UnaryOp};
use crate::ids::{ArenaId, ExprId, FieldId, FieldListId, IdRange, SigId};
use crate::token::Token;

/// A parameter as far as it is read: until the list ends, a lone name may be a type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Param {
    name: Option<Span>,
    ty: Option<ExprId>,
}

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
    fn qualified_instance(&mut self, x: Option<ExprId>) -> ExprId {
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
    fn array_or_instance(&mut self, name: Span) -> (Option<Span>, ExprId) {
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
        let list = self.field_list(Span::new(open, self.previous_end.max(open)), fields, true);
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
        let span = Span::new(start, self.previous_end.max(start));
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
        let list = self.field_list(Span::new(open, self.previous_end.max(open)), fields, true);
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
            span: Span::new(start, self.previous_end.max(start)),
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
    fn union(&mut self, x: Option<ExprId>) -> ExprId {
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

    fn func_type(&mut self) -> SigId {
        let start = self.span.start;
        self.expect(Token::Func);
        if self.at(Token::LBrack) {
            let bracket = self.span;
            if self.type_params().is_some() {
                self.error(bracket, "a function type must have no type parameters");
            }
        }
        self.signature_after(start, None)
    }

    /// Parameters and results of a signature that starts at `start`.
    pub(super) fn signature_after(&mut self, start: u32, tparams: Option<FieldListId>) -> SigId {
        let params = self.parameters(true);
        let results = self.results();
        let span = Span::new(start, self.previous_end.max(start));
        self.signature(Sig {
            span,
            tparams,
            params,
            results,
        })
    }

    /// `[P C, …]`; nothing when it is empty, which is an error.
    pub(super) fn type_params(&mut self) -> Option<FieldListId> {
        let open = self.expect(Token::LBrack).start;
        let fields = if self.at(Token::RBrack) {
            IdRange::EMPTY
        } else {
            self.param_list(None, Token::RBrack)
        };
        if fields.is_empty() {
            self.error_here("empty type parameter list");
        }
        self.close_list(Token::RBrack, "type parameter list");
        (!fields.is_empty())
            .then(|| self.field_list(Span::new(open, self.previous_end), fields, true))
    }

    /// `(params)`; a variadic one is allowed in parameters, not in results.
    pub(super) fn parameters(&mut self, variadic_ok: bool) -> FieldListId {
        let open = self.span.start;
        if !self.at(Token::LParen) {
            self.expected("'('");
            return self.field_list(Span::new(open, open), IdRange::EMPTY, true);
        }
        self.next();
        let fields = if self.at(Token::RParen) {
            IdRange::EMPTY
        } else {
            self.checked_param_list(None, Token::RParen, variadic_ok)
        };
        self.close_list(Token::RParen, "parameter list");
        self.field_list(Span::new(open, self.previous_end.max(open)), fields, true)
    }

    fn results(&mut self) -> Option<FieldListId> {
        if self.at(Token::LParen) {
            return Some(self.parameters(false));
        }
        let ty = self.try_type()?;
        let span = self.span_of(ty);
        let base = self.field_stack.len();
        self.field_stack.push(Field {
            span,
            names: IdRange::EMPTY,
            ty,
            tag: None,
        });
        let fields = self.fields_from(base);
        Some(self.field_list(span, fields, false))
    }

    /// The list of a type parameter declaration whose first name, and perhaps the type after it,
    /// are read already.
    pub(super) fn param_list(
        &mut self,
        first: Option<(Span, Option<ExprId>)>,
        closing: Token,
    ) -> IdRange<FieldId> {
        self.checked_param_list(first, closing, false)
    }

    fn checked_param_list(
        &mut self,
        first: Option<(Span, Option<ExprId>)>,
        closing: Token,
        variadic_ok: bool,
    ) -> IdRange<FieldId> {
        let is_type_list = closing == Token::RBrack;
        let start = first.map_or(self.span, |(name, _)| name);
        let base = self.param_stack.len();
        let mut pending = first;
        while pending.is_some() || !matches!(self.token, Token::Eof) && self.token != closing {
            let before = (self.span.start, pending.is_some());
            let param = match pending.take() {
                Some((name, Some(ty))) => Param {
                    name: Some(name),
                    ty: Some(self.union(Some(ty))),
                },
                Some((name, None)) => self.param(Some(name), is_type_list),
                None => self.param(None, is_type_list),
            };
            if param.name.is_some() || param.ty.is_some() {
                self.param_stack.push(param);
            }
            if !self.list_goes_on("parameter list", closing) || (self.span.start, false) == before {
                break;
            }
        }
        let mut params = self.param_stack.split_off(base);
        self.name_params(&mut params, is_type_list, start);
        self.check_variadic(&params, variadic_ok);
        self.group_params(&params)
    }

    fn param(&mut self, name: Option<Span>, is_type_list: bool) -> Param {
        if name.is_none() && is_type_list && self.at(Token::Tilde) {
            return Param {
                name: None,
                ty: Some(self.union(None)),
            };
        }
        let mut param = Param { name, ty: None };
        if name.is_some() || self.at(Token::Ident) {
            let name = name.unwrap_or_else(|| self.name_span());
            param.name = Some(name);
            match self.token {
                Token::Ident
                | Token::Mul
                | Token::Arrow
                | Token::Func
                | Token::Chan
                | Token::Map
                | Token::Struct
                | Token::Interface
                | Token::LParen => param.ty = Some(self.type_()),
                Token::LBrack => {
                    let (name, ty) = self.array_or_instance(name);
                    param = Param { name, ty: Some(ty) };
                }
                Token::Ellipsis => {
                    param.ty = Some(self.variadic());
                    return param;
                }
                Token::Period => {
                    let x = self.expr(name, ExprKind::Ident);
                    param = Param {
                        name: None,
                        ty: Some(self.qualified_instance(Some(x))),
                    };
                }
                Token::Tilde if is_type_list => {
                    param.ty = Some(self.union(None));
                    return param;
                }
                Token::Or if is_type_list => {
                    let x = self.expr(name, ExprKind::Ident);
                    return Param {
                        name: None,
                        ty: Some(self.union(Some(x))),
                    };
                }
                _ => {}
            }
        } else {
            match self.token {
                Token::Mul
                | Token::Arrow
                | Token::Func
                | Token::LBrack
                | Token::Chan
                | Token::Map
                | Token::Struct
                | Token::Interface
                | Token::LParen => param.ty = Some(self.type_()),
                Token::Ellipsis => {
                    param.ty = Some(self.variadic());
                    return param;
                }
                _ => {
                    self.expected("parameter");
                    self.skip_to_expr_end();
                }
            }
        }
        if is_type_list
            && self.at(Token::Or)
            && let Some(ty) = param.ty
        {
            param.ty = Some(self.union(Some(ty)));
        }
        param
    }

    fn variadic(&mut self) -> ExprId {
        let start = self.span.start;
        self.expect(Token::Ellipsis);
        let elem = self.type_();
        self.expr_from(start, ExprKind::Ellipsis(Some(elem)))
    }

    /// Decides whether lone names are names or types: all are types, or all are names whose type
    /// follows later in the list.
    fn name_params(&mut self, params: &mut [Param], is_type_list: bool, start: Span) {
        let named = params
            .iter()
            .filter(|p| p.name.is_some() && p.ty.is_some())
            .count();
        let typed = params.iter().filter(|p| p.ty.is_some()).count();
        let what = match (is_type_list, params.len()) {
            (true, 1) => "type parameter name missing, or not a valid array length",
            (true, _) => "type parameter name missing",
            (false, _) => "parameter name missing",
        };
        if params.is_empty() {
            return;
        }
        if named == 0 {
            for param in params.iter_mut() {
                if let Some(name) = param.name.take() {
                    param.ty = Some(self.expr(name, ExprKind::Ident));
                }
            }
            if is_type_list {
                if typed == 0 {
                    self.error_here("type constraint missing");
                } else {
                    self.error(start, what);
                }
            }
            return;
        }
        if named == params.len() {
            return;
        }
        let mut following = None;
        let mut wrong = None;
        for param in params.iter_mut().rev() {
            match (param.ty, following) {
                (Some(ty), _) => {
                    following = Some(ty);
                    if param.name.is_none() {
                        let at = self.span_of(ty).start;
                        wrong = Some(self.span_of(ty));
                        param.name = Some(Span::new(at, at));
                    }
                }
                (None, Some(ty)) => param.ty = Some(ty),
                (None, None) => {
                    let at = param.name.unwrap_or(start);
                    wrong = Some(at);
                    param.ty = Some(self.expr(Span::new(at.end, at.end), ExprKind::Bad));
                }
            }
        }
        if let Some(place) = wrong {
            if named != typed {
                self.error(place, what);
            } else if is_type_list {
                self.error_here("type constraint missing");
            } else {
                self.error_here("parameter type missing");
            }
        }
    }

    fn check_variadic(&mut self, params: &[Param], variadic_ok: bool) {
        for (index, param) in params.iter().enumerate() {
            let Some(ty) = param.ty else { continue };
            if !matches!(self.kind_of(ty), ExprKind::Ellipsis(_)) {
                continue;
            }
            let span = self.span_of(ty);
            if !variadic_ok {
                self.error(span, "'...' is only allowed in parameters of functions");
                return;
            }
            if index + 1 < params.len() {
                self.error(span, "'...' is only allowed with the last parameter");
                return;
            }
        }
    }

    /// Makes one field of neighbours that share their type.
    fn group_params(&mut self, params: &[Param]) -> IdRange<FieldId> {
        let base = self.field_stack.len();
        let mut rest = params;
        while let Some(first) = rest.first() {
            let Some(ty) = first.ty else { break };
            let same = rest.iter().take_while(|p| p.ty == Some(ty)).count();
            let (group, others) = rest.split_at(same);
            rest = others;
            let first_name = self.out.names.len();
            self.out.names.extend(group.iter().filter_map(|p| p.name));
            let names = IdRange::new(first_name, self.out.names.len());
            let ty_span = self.span_of(ty);
            let span = match first.name {
                Some(name) => name.to(ty_span),
                None => ty_span,
            };
            self.field_stack.push(Field {
                span,
                names,
                ty,
                tag: None,
            });
        }
        self.fields_from(base)
    }

    /// The name and constraint in `x`, when `x` is the start of a type parameter list that was read
    /// as an array length: `P *C`, `P (C)`, `P *C | Q`. `force` when a comma follows, which no array
    /// length has.
    pub(super) fn split_type_param(
        &mut self,
        x: ExprId,
        force: bool,
    ) -> Option<(Span, Option<ExprId>)> {
        let Expr { span, kind } = self.out.exprs[x.index()];
        match kind {
            ExprKind::Ident => Some((span, None)),
            ExprKind::Binary {
                op: BinaryOp::Mul,
                x: name,
                y,
            } => {
                if !matches!(self.kind_of(name), ExprKind::Ident)
                    || !(force || self.is_type_element(y))
                {
                    return None;
                }
                let name = self.span_of(name);
                let star = self.operator_after(name.end);
                let ty = self.expr(Span::new(star, span.end), ExprKind::Star(y));
                Some((name, Some(ty)))
            }
            ExprKind::Binary {
                op: BinaryOp::Or,
                x: left,
                y,
            } => {
                let force = force || self.is_type_element(y);
                let (name, ty) = self.split_type_param(left, force)?;
                let ty = ty?;
                let span = self.span_of(ty).to(span);
                let ty = self.expr(
                    span,
                    ExprKind::Binary {
                        op: BinaryOp::Or,
                        x: ty,
                        y,
                    },
                );
                Some((name, Some(ty)))
            }
            ExprKind::Call {
                fun,
                args,
                spread: false,
            } if args.len() == 1 => {
                let arg = self.out.expr_pool[args.range()][0];
                if !matches!(self.kind_of(fun), ExprKind::Ident)
                    || !(force || self.is_type_element(arg))
                {
                    return None;
                }
                let name = self.span_of(fun);
                let paren = self.operator_after(name.end);
                let ty = self.expr(Span::new(paren, span.end), ExprKind::Paren(arg));
                Some((name, Some(ty)))
            }
            _ => None,
        }
    }

    /// Where the token after `offset` starts.
    fn operator_after(&self, offset: u32) -> u32 {
        crate::lexer::Lexer::starting_at(self.text, offset as usize)
            .next(Token::LBrack)
            .span
            .start
    }

    /// Whether `x` can only be a type or constraint.
    fn is_type_element(&self, x: ExprId) -> bool {
        match self.kind_of(x) {
            ExprKind::ArrayType { .. }
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. } => true,
            ExprKind::Binary { x, y, .. } => self.is_type_element(x) || self.is_type_element(y),
            ExprKind::Unary { op, .. } => op == UnaryOp::Tilde,
            ExprKind::Paren(x) => self.is_type_element(x),
            _ => false,
        }
    }
}
