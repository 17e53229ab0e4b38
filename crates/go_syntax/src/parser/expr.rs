//! Expressions.

use super::Parser;
use crate::ast::{ChanDir, ExprKind, Features, LitKind, Span, UnaryOp};
use crate::ids::{ArenaId, ExprId, List};
use crate::lexer::Lexer;
use crate::token::Token;

impl Parser<'_> {
    #[inline]
    pub(super) fn expression(&mut self) -> ExprId {
        self.binary(None, 1)
    }

    /// An expression where `=` cannot follow.
    #[inline]
    pub(super) fn rhs(&mut self) -> ExprId {
        let old = std::mem::replace(&mut self.in_rhs, true);
        let x = self.expression();
        self.in_rhs = old;
        x
    }

    /// One or more expressions.
    pub(super) fn expr_list(&mut self, in_rhs: bool) -> List<ExprId> {
        let old = std::mem::replace(&mut self.in_rhs, in_rhs);
        let first = self.expression();
        let list = if self.at(Token::Comma) {
            let base = self.expr_stack.len();
            self.expr_stack.push(first);
            while self.eat(Token::Comma) {
                let x = self.expression();
                self.expr_stack.push(x);
            }
            self.expr_list_from(base)
        } else {
            self.one_expr_list(first)
        };
        self.in_rhs = old;
        list
    }

    /// Operators of at least precedence `lowest`, after `x` when that is read already.
    pub(super) fn binary(&mut self, x: Option<ExprId>, lowest: u8) -> ExprId {
        let mut x = match x {
            Some(x) => x,
            None => self.unary(),
        };
        let mut links = 0;
        loop {
            let (op, precedence) = match self.token.binary() {
                Some(found) => found,
                // Read `=` as the `==` that was meant.
                None if self.in_rhs && self.at(Token::Assign) => {
                    let Some(found) = Token::Eql.binary() else {
                        return x;
                    };
                    if found.1 >= lowest {
                        self.expected("'=='");
                    }
                    found
                }
                None => return x,
            };
            if precedence < lowest || !self.chain_goes_on(&mut links) {
                return x;
            }
            self.next();
            let y = self.binary(None, precedence + 1);
            let span = self.span_of(x).to(self.span_of(y));
            x = self.expr(span, ExprKind::Binary { op, x, y });
        }
    }

    fn unary(&mut self) -> ExprId {
        let op = match self.token {
            Token::Add => UnaryOp::Plus,
            Token::Sub => UnaryOp::Neg,
            Token::Not => UnaryOp::Not,
            Token::Xor => UnaryOp::BitNot,
            Token::And => UnaryOp::Addr,
            Token::Tilde => UnaryOp::Tilde,
            Token::Arrow => UnaryOp::Recv,
            Token::Mul => {
                let start = self.span.start;
                if !self.enter() {
                    self.leave();
                    return self.bad_expr();
                }
                self.next();
                let x = self.unary();
                self.leave();
                return self.expr_from(start, ExprKind::Star(x));
            }
            _ => return self.primary(None),
        };
        let start = self.span.start;
        if !self.enter() {
            self.leave();
            return self.bad_expr();
        }
        self.next();
        let x = self.unary();
        self.leave();
        if op == UnaryOp::Recv {
            if matches!(self.kind_of(x), ExprKind::ChanType { .. }) {
                self.arrow_belongs_to_type(start, x);
                return x;
            }
            self.features = self.features.union(Features::CHANNEL);
        }
        self.expr_from(start, ExprKind::Unary { op, x })
    }

    /// `<-` before a channel type binds to the leftmost `chan` possible: `<-chan T` and
    /// `<-chan (chan<- T)` for `<- chan T` and `<- chan<- chan T`; see "Channel types".
    fn arrow_belongs_to_type(&mut self, mut arrow: u32, mut x: ExprId) {
        loop {
            let ExprKind::ChanType { dir, elem } = self.kind_of(x) else {
                // The last `chan<-` gave its arrow away and no `chan` was there to take it.
                self.error(
                    Span::new(arrow, arrow + 2),
                    "expected channel type after '<-'",
                );
                return;
            };
            let span = self.span_of(x);
            if dir == ChanDir::Recv {
                self.error(span, "expected 'chan' after '<-'");
            }
            let next_arrow = (dir == ChanDir::Send).then(|| {
                let after_chan = span.start as usize + "chan".len();
                Lexer::starting_at(self.text, after_chan)
                    .next(Token::Chan)
                    .span
                    .start
            });
            let node = &mut self.out.exprs[x.index()];
            node.span.start = arrow;
            node.kind = ExprKind::ChanType {
                dir: ChanDir::Recv,
                elem,
            };
            let Some(next_arrow) = next_arrow else { return };
            arrow = next_arrow;
            x = elem;
        }
    }

    /// An operand and what follows it, after `x` when that is read already.
    pub(super) fn primary(&mut self, x: Option<ExprId>) -> ExprId {
        let mut x = match x {
            Some(x) => x,
            None => self.operand(),
        };
        let start = self.span_of(x).start;
        let mut links = 0;
        loop {
            match self.token {
                Token::Period => {
                    self.next();
                    x = match self.token {
                        Token::Ident => {
                            let sel = self.span;
                            self.note_selector(sel);
                            self.next();
                            self.expr_from(start, ExprKind::Selector { x, sel })
                        }
                        Token::LParen => self.type_assertion(start, x),
                        _ => {
                            self.expected("selector or type assertion");
                            let sel = Span::new(self.previous_end, self.previous_end);
                            self.expr_from(start, ExprKind::Selector { x, sel })
                        }
                    };
                }
                Token::LBrack => x = self.index_or_slice(start, x),
                Token::LParen => x = self.call(start, x),
                Token::LBrace => {
                    let ty = self.unparen(x);
                    match self.kind_of(ty) {
                        ExprKind::Bad
                        | ExprKind::Ident
                        | ExprKind::Selector { .. }
                        | ExprKind::Index { .. }
                            if self.expr_level >= 0 => {}
                        ExprKind::ArrayType { .. }
                        | ExprKind::StructType(_)
                        | ExprKind::MapType { .. } => {}
                        _ => return x,
                    }
                    if ty != x {
                        self.error(
                            self.span_of(ty),
                            "the type of a composite literal must not be parenthesized",
                        );
                    }
                    x = self.literal_value(start, Some(x));
                }
                _ => return x,
            }
            if !self.chain_goes_on(&mut links) {
                return x;
            }
        }
    }

    /// Remembers selectors that say something about the function they stand in.
    #[inline]
    fn note_selector(&mut self, sel: Span) {
        let text = &self.text.as_bytes()[sel.range()];
        if text.last() == Some(&b'k') && matches!(text, b"Lock" | b"Unlock" | b"RLock" | b"RUnlock")
        {
            self.features = self.features.union(Features::LOCK);
        }
    }

    /// Remembers predeclared functions that say something about the function they stand in.
    #[inline]
    fn note_operand(&mut self, name: Span) {
        let text = &self.text.as_bytes()[name.range()];
        match text {
            b"recover" => self.features = self.features.union(Features::RECOVER),
            b"append" => self.features = self.features.union(Features::APPEND),
            _ => {}
        }
    }

    fn operand(&mut self) -> ExprId {
        let span = self.span;
        let literal = match self.token {
            Token::Ident => {
                self.note_operand(span);
                self.next();
                return self.expr(span, ExprKind::Ident);
            }
            Token::Int => LitKind::Int,
            Token::Float => LitKind::Float,
            Token::Imag => LitKind::Imag,
            Token::Char => LitKind::Char,
            Token::String => LitKind::String,
            Token::LParen => {
                if !self.enter() {
                    self.leave();
                    return self.bad_expr();
                }
                self.next();
                self.expr_level += 1;
                let x = self.rhs();
                self.expr_level -= 1;
                self.expect(Token::RParen);
                self.leave();
                return self.expr_from(span.start, ExprKind::Paren(x));
            }
            Token::Func => return self.func_type_or_literal(),
            _ => {
                if let Some(ty) = self.try_type() {
                    return ty;
                }
                self.expected("operand");
                return self.bad_expr();
            }
        };
        self.next();
        self.expr(span, ExprKind::BasicLit(literal))
    }

    fn type_assertion(&mut self, start: u32, x: ExprId) -> ExprId {
        self.expect(Token::LParen);
        let ty = if self.eat(Token::Type) {
            None
        } else {
            Some(self.type_())
        };
        self.expect(Token::RParen);
        self.expr_from(start, ExprKind::TypeAssert { x, ty })
    }

    fn index_or_slice(&mut self, start: u32, x: ExprId) -> ExprId {
        self.expect(Token::LBrack);
        if self.at(Token::RBrack) {
            self.expected("operand");
            let index = self.bad_expr();
            self.next();
            let indices = self.one_expr_list(index);
            return self.expr_from(start, ExprKind::Index { x, indices });
        }
        self.expr_level += 1;
        let first = if self.at(Token::Colon) {
            None
        } else {
            Some(self.rhs())
        };
        let kind = match (first, self.token) {
            (_, Token::Colon) => self.slice_rest(x, first),
            (Some(first), Token::Comma) => {
                let base = self.expr_stack.len();
                self.expr_stack.push(first);
                while self.eat(Token::Comma) {
                    if !matches!(self.token, Token::RBrack | Token::Eof) {
                        let ty = self.type_();
                        self.expr_stack.push(ty);
                    }
                }
                ExprKind::Index {
                    x,
                    indices: self.expr_list_from(base),
                }
            }
            (Some(first), _) => ExprKind::Index {
                x,
                indices: self.one_expr_list(first),
            },
            (None, _) => ExprKind::Bad,
        };
        self.expr_level -= 1;
        self.expect(Token::RBrack);
        self.expr_from(start, kind)
    }

    fn slice_rest(&mut self, x: ExprId, lo: Option<ExprId>) -> ExprKind {
        let mut bounds = [None, None];
        let mut colons = [Span::default(); 2];
        let mut count = 0;
        while count < 2 && self.at(Token::Colon) {
            colons[count] = self.span;
            self.next();
            if !matches!(self.token, Token::Colon | Token::RBrack | Token::Eof) {
                bounds[count] = Some(self.rhs());
            }
            count += 1;
        }
        if count == 2 {
            for (bound, colon, which) in [
                (bounds[0], colons[0], "middle"),
                (bounds[1], colons[1], "final"),
            ] {
                if bound.is_none() {
                    self.error(colon, format!("{which} index required in 3-index slice"));
                }
            }
            // The third bound is what tells a full slice expression from a simple one.
            bounds[1] = bounds[1].or_else(|| Some(self.bad_expr()));
        }
        ExprKind::Slice {
            x,
            lo,
            hi: bounds[0],
            max: bounds[1],
        }
    }

    fn call(&mut self, start: u32, fun: ExprId) -> ExprId {
        self.expect(Token::LParen);
        self.expr_level += 1;
        let base = self.expr_stack.len();
        let mut spread = false;
        if self.enter() {
            while !matches!(self.token, Token::RParen | Token::Eof) && !spread {
                let before = self.span.start;
                let arg = self.rhs();
                self.expr_stack.push(arg);
                spread = self.eat(Token::Ellipsis);
                if !self.list_goes_on("argument list", Token::RParen) {
                    break;
                }
                if self.span.start == before {
                    break;
                }
            }
        }
        self.leave();
        self.expr_level -= 1;
        self.close_list(Token::RParen, "argument list");
        let args = self.expr_list_from(base);
        self.expr_from(start, ExprKind::Call { fun, args, spread })
    }

    /// Ends a list; after an error, looks for its end on the same line.
    pub(super) fn close_list(&mut self, closing: Token, context: &str) {
        if !self.at(closing) {
            self.expect_recovering(closing, context);
            return;
        }
        self.next();
    }

    #[cold]
    fn expect_recovering(&mut self, closing: Token, context: &str) {
        self.expect_closing(closing, context);
        let mut depth = 0u32;
        while !matches!(self.token, Token::Newline | Token::Semicolon | Token::Eof) {
            match self.token {
                _ if self.starts_declaration() => return,
                token if token.starts_statement_only() => return,
                token if token == closing && depth == 0 => {
                    self.next();
                    return;
                }
                Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
                Token::RParen | Token::RBrack | Token::RBrace => {
                    if depth == 0 {
                        return;
                    }
                    depth -= 1;
                }
                _ => {}
            }
            self.next();
        }
    }

    /// `{elements}` of a composite literal that starts at `start`.
    pub(super) fn literal_value(&mut self, start: u32, ty: Option<ExprId>) -> ExprId {
        let lbrace = self.span.start;
        if !self.enter() {
            self.leave();
            return self.bad_expr();
        }
        self.expect(Token::LBrace);
        self.expr_level += 1;
        let base = self.expr_stack.len();
        while !matches!(self.token, Token::RBrace | Token::Eof) {
            let before = self.span.start;
            let element = self.element();
            self.expr_stack.push(element);
            if !self.list_goes_on("composite literal", Token::RBrace) || self.span.start == before {
                break;
            }
        }
        self.expr_level -= 1;
        self.close_list(Token::RBrace, "composite literal");
        self.leave();
        let elts = self.expr_list_from(base);
        self.expr_from(start, ExprKind::CompositeLit { ty, elts, lbrace })
    }

    fn element(&mut self) -> ExprId {
        let key = self.element_value();
        if !self.eat(Token::Colon) {
            return key;
        }
        let value = self.element_value();
        let span = self.span_of(key).to(self.span_of(value));
        self.expr(span, ExprKind::KeyValue { key, value })
    }

    fn element_value(&mut self) -> ExprId {
        if self.at(Token::LBrace) {
            self.literal_value(self.span.start, None)
        } else {
            self.expression()
        }
    }
}
