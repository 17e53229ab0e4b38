//! Signatures, parameters and type parameters.

use super::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind, Field, Sig, Span, UnaryOp};
use crate::ids::{ArenaId, ExprId, FieldId, FieldListId, IdRange, SigId};
use crate::token::Token;

/// A parameter as far as it is read: until the list ends, a lone name may be a type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Param {
    name: Option<Span>,
    ty: Option<ExprId>,
}

impl Parser<'_> {
    pub(super) fn func_type(&mut self) -> SigId {
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
        let span = self.span_from(start);
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
        (!fields.is_empty()).then(|| self.field_list(self.span_from(open), fields, true))
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
        self.field_list(self.span_from(open), fields, true)
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
                let span = Span::new(self.span_of(ty).start, span.end);
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
