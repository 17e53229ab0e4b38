//! What it tells of a resource that a condition holds, or does not.

use go_syntax::{BinaryOp, ExprId, ExprKind, LitKind, StmtId, StmtKind, UnaryOp};
use go_types::{Callee, Init, LocalId, LocalKind, Object};

use super::state::{Fact, How, State};
use super::tracker::Tracker;
use super::values::Temps;
use crate::cfg::{Cfg, EdgeKind, NodeId, NodeKind};

/// Functions that are true only for errors that are not nil, by the first argument.
const OF_ERRORS: [&str; 8] = [
    "Is",
    "As",
    "IsExist",
    "IsNotExist",
    "IsPermission",
    "IsTimeout",
    "IsNotFound",
    "IsCanceled",
];

/// Types whose methods that write never fail.
const NEVER_FAILING: [(&str, &str); 2] = [("bytes", "Buffer"), ("strings", "Builder")];

impl<'a> Tracker<'_, 'a> {
    /// Whether the error that a call gives is always nil.
    pub(crate) fn never_fails(&self, call: ExprId) -> bool {
        let file = self.file();
        let call = file.unparen(call);
        // The address of a listener or connection is one that can be split.
        let is_address = |expr: ExprId| {
            let method = |expr: ExprId| match self.facts().callee(file.unparen(expr)) {
                Callee::Selected { x, name } => Some((x, name)),
                _ => None,
            };
            matches!(method(expr), Some((x, "String"))
                if matches!(method(x), Some((_, "Addr" | "LocalAddr" | "RemoteAddr"))))
        };
        match self.facts().callee(call) {
            Callee::Func {
                package: "net",
                name: "SplitHostPort",
                ..
            } => matches!(file.call(call), Some((_, &[address])) if is_address(address)),
            Callee::Selected { name, .. } if name.starts_with("Write") && name != "WriteTo" => {
                NEVER_FAILING
                    .iter()
                    .any(|(package, ty)| self.body().is_method_call(call, package, ty, name))
            }
            _ => false,
        }
    }

    /// Whether a variable gets its values where the function itself assigns them, and nowhere else.
    pub(crate) fn is_own(&self, local: LocalId) -> bool {
        let facts = self.facts().var_facts(local);
        !facts.address_taken && !facts.is_written_in_literal()
    }

    /// Whether a `range` statement is one over the channel of the resource.
    fn is_own_channel(&self, cfg: &Cfg<'a>, node: NodeId, state: &State) -> bool {
        if self.models().class(self.class.get()).channel.is_none() {
            return false;
        }
        let NodeKind::RangeNext(stmt) = cfg.kind(node) else {
            return false;
        };
        let StmtKind::Range { x, .. } = self.file().stmt(stmt).kind else {
            return false;
        };
        self.value(state, &Temps::default(), x).how() == Some(How::Inside)
    }

    /// Whether taking an edge may tell anything of a state. `passes` says that the state speaks of no
    /// variable that the node mentions.
    pub(crate) fn refines(
        &self,
        cfg: &Cfg<'a>,
        node: NodeId,
        edge: EdgeKind,
        passes: bool,
    ) -> bool {
        match edge {
            EdgeKind::RangeDone => true,
            EdgeKind::True | EdgeKind::False | EdgeKind::Case | EdgeKind::Default => {
                // Variables may stand for others, and clauses for the tag of their switch; all other
                // conditions tell only of what they mention.
                match cfg.kind(node) {
                    NodeKind::Cond(cond) if passes => self.is_name(cond),
                    _ => true,
                }
            }
            _ => false,
        }
    }

    /// Whether a condition is the name of a variable, or that with `!`.
    fn is_name(&self, cond: ExprId) -> bool {
        let file = self.file();
        let mut cond = cond;
        loop {
            match file.expr(cond).kind {
                ExprKind::Paren(x)
                | ExprKind::Unary {
                    op: UnaryOp::Not,
                    x,
                } => cond = x,
                ExprKind::Ident => return true,
                _ => return false,
            }
        }
    }

    /// Takes an edge; false when control cannot go there with what is known, or when nothing was
    /// acquired if it does.
    pub(crate) fn refine(
        &self,
        cfg: &Cfg<'a>,
        node: NodeId,
        edge: EdgeKind,
        state: &mut State,
    ) -> bool {
        // Nobody closes the channel of a ticker.
        if edge == EdgeKind::RangeDone {
            return !self.is_own_channel(cfg, node, state);
        }
        let truth = match edge {
            EdgeKind::True | EdgeKind::Case => true,
            EdgeKind::False | EdgeKind::Default => false,
            _ => return true,
        };
        match cfg.kind(node) {
            // One of the cases holds.
            NodeKind::Case { clause, .. }
                if edge == EdgeKind::Default && self.is_exhaustive(clause) =>
            {
                false
            }
            NodeKind::Cond(expr) => self.assume(state, expr, truth),
            NodeKind::Case { clause, expr } => match self.tag_of(clause) {
                Some(Tag::None) => self.assume(state, expr, truth),
                Some(Tag::Value(tag)) => self.assume_equal(state, tag, expr, truth),
                // An error that is of some type is an error.
                Some(Tag::Type(of)) if truth => {
                    let is_nil = self.body().object(self.file().unparen(expr)) == Object::Nil;
                    is_nil || !self.local(of).is_some_and(|of| state.tells_error(of))
                }
                Some(Tag::Type(_)) | None => true,
            },
            _ => true,
        }
    }

    fn assume(&self, state: &mut State, cond: ExprId, truth: bool) -> bool {
        let file = self.file();
        let cond = file.unparen(cond);
        match file.expr(cond).kind {
            ExprKind::Ident => match self.body().object(cond) {
                Object::Local(local) => {
                    let is_error = truth && self.is_of_error(state, local);
                    !is_error
                        && self.know(state, local, if truth { Fact::True } else { Fact::False })
                }
                _ => true,
            },
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => self.assume(state, x, !truth),
            ExprKind::Binary {
                op: BinaryOp::Eq,
                x,
                y,
            } => self.assume_equal(state, x, y, truth),
            ExprKind::Binary {
                op: BinaryOp::Ne,
                x,
                y,
            } => self.assume_equal(state, x, y, !truth),
            ExprKind::Binary { op, x, y } if self.is_held(state, x) => {
                // A descriptor that was opened is not negative.
                match (op, self.number(y)) {
                    (BinaryOp::Lt, Some(number)) => !(truth && number <= 0),
                    (BinaryOp::Le, Some(number)) => !(truth && number < 0),
                    (BinaryOp::Ge, Some(number)) => truth || number > 0,
                    (BinaryOp::Gt, Some(number)) => truth || number >= 0,
                    _ => true,
                }
            }
            ExprKind::Binary {
                op: BinaryOp::Gt | BinaryOp::Lt,
                x,
                y,
            } if truth && self.is_zero(y) == Some(true) => match self.local(x) {
                Some(local) => self.know(state, local, Fact::NonNil),
                None => true,
            },
            ExprKind::Call { .. } if !truth => {
                state.spent |= self.asks_for_more(state, cond);
                true
            }
            ExprKind::Call { args, .. } => match file.exprs(args).first() {
                Some(&arg) => match self.local(arg) {
                    Some(local)
                        if self.is_about_errors(cond)
                            || (state.tells_error(local) && self.asks_what_error(cond)) =>
                    {
                        self.know(state, local, Fact::NonNil)
                    }
                    _ => true,
                },
                None => true,
            },
            _ => true,
        }
    }

    fn assume_equal(&self, state: &mut State, x: ExprId, y: ExprId, equal: bool) -> bool {
        let file = self.file();
        let is_nil = |expr| self.body().object(file.unparen(expr)) == Object::Nil;
        let (operand, other) = if is_nil(x) { (y, x) } else { (x, y) };
        if is_nil(other) {
            // A field that is the resource itself.
            if let Some((local, path)) = self.place(operand)
                && !path.is_empty()
            {
                let is_it = state.holders.iter().any(|holder| {
                    holder.local == local && holder.path == path && holder.how == How::Same
                });
                return !(is_it && equal);
            }
            let fact = if equal { Fact::Nil } else { Fact::NonNil };
            return match self.local(operand) {
                Some(local) => self.know(state, local, fact),
                None => true,
            };
        }
        // Zero is to numbers and texts what nil is to pointers.
        let literal = [(x, y), (y, x)]
            .into_iter()
            .find_map(|(x, y)| Some((x, self.is_zero(y)?)));
        if let Some((operand, is_zero)) = literal
            && !self.is_held(state, operand)
        {
            let fact = match (is_zero, equal) {
                (true, true) => Fact::Nil,
                (true, false) | (false, true) => Fact::NonNil,
                (false, false) => return true,
            };
            return match self.local(operand) {
                Some(local) => self.know(state, local, fact),
                None => true,
            };
        }
        if equal && self.is_held(state, x) && self.number(y).is_some_and(|number| number < 0) {
            return false;
        }
        // What was there before is something else.
        let is_older = |expr| {
            let expr = file.unparen(expr);
            match file.expr(expr).kind {
                ExprKind::Selector { x, .. } => {
                    matches!(self.body().object(x), Object::Package(_))
                }
                _ => matches!(self.body().object(expr), Object::Member(_)),
            }
        };
        if (self.is_held(state, x) && is_older(y)) || (self.is_held(state, y) && is_older(x)) {
            return !equal;
        }
        // An error that equals a certain one is an error.
        if equal
            && let Some(local) = self.local(operand).or_else(|| self.local(other))
            && state.tells_error(local)
        {
            return self.know(state, local, Fact::NonNil);
        }
        true
    }

    fn know(&self, state: &mut State, local: LocalId, fact: Fact) -> bool {
        if state.tells_error(local) {
            match fact {
                Fact::NonNil | Fact::False => return false,
                Fact::Nil | Fact::True => (state.err, state.err_copy) = (None, None),
            }
        }
        if fact == Fact::False && state.ok == Some(local) {
            return false;
        }
        if fact == Fact::False && state.more == Some(local) {
            state.spent = true;
        }
        if fact == Fact::Nil || fact == Fact::False {
            // What has it, in a field perhaps, is not nil.
            let has_it =
                |holder: &super::state::Holder| holder.local == local && holder.how != How::Wrap;
            if state.holders.iter().any(has_it) {
                return false;
            }
        }
        if let Some(known) = state.fact(local)
            && opposite(known) == fact
        {
            return false;
        }
        if self.is_tested(local) {
            state.learn(local, fact);
        }
        true
    }

    /// Whether a call that gives false has released the resource.
    pub(crate) fn asks_for_more(&self, state: &State, call: ExprId) -> bool {
        let exhausted_by = &self.models().class(self.class.get()).exhausted_by;
        match self.facts().callee(call) {
            Callee::Selected { x, name } => {
                exhausted_by.iter().any(|method| **method == *name) && self.is_held(state, x)
            }
            Callee::Var(local) => state.feeder == Some(local),
            _ => false,
        }
    }

    /// Whether a literal is the zero value of its type; `None` for what is no number and no text.
    pub(crate) fn is_zero(&self, expr: ExprId) -> Option<bool> {
        let file = self.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::BasicLit(LitKind::Int) => Some(file.expr_text(expr).parse() == Ok(0_u64)),
            ExprKind::BasicLit(LitKind::String) => Some(file.expr_text(expr).len() == 2),
            _ => None,
        }
    }

    /// Whether `expr` is a variable that is the resource.
    fn is_held(&self, state: &State, expr: ExprId) -> bool {
        self.local(expr).is_some_and(|local| {
            state.holders.iter().any(|holder| {
                holder.local == local && holder.path.is_empty() && holder.how == How::Same
            })
        })
    }

    /// The number that a literal is, with its sign.
    fn number(&self, expr: ExprId) -> Option<i64> {
        let file = self.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::Unary {
                op: UnaryOp::Neg,
                x,
            } => Some(-self.number(x)?),
            ExprKind::BasicLit(_) => file.expr_text(expr).parse().ok(),
            _ => None,
        }
    }

    /// Whether `ok` is what says that the error, of which nothing is known yet, is of some type.
    fn is_of_error(&self, state: &State, ok: LocalId) -> bool {
        let LocalKind::Var {
            init: Init::Element { expr, index: 1, .. },
            ..
        } = self.body().names().local(ok).kind
        else {
            return false;
        };
        let file = self.file();
        let ExprKind::TypeAssert { x, .. } = file.expr(file.unparen(expr)).kind else {
            return false;
        };
        self.facts().var_facts(ok).is_single_assignment()
            && self.local(x).is_some_and(|x| state.tells_error(x))
    }

    fn local(&self, expr: ExprId) -> Option<LocalId> {
        match self.body().object(expr) {
            Object::Local(local) => Some(local),
            _ => None,
        }
    }

    fn is_about_errors(&self, call: ExprId) -> bool {
        match self.facts().callee(call) {
            Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                OF_ERRORS.contains(&name)
                    || name
                        .strip_prefix("Is")
                        .or_else(|| name.strip_prefix("is"))
                        .is_some_and(|rest| rest.contains("Err") || rest.contains("Not"))
            }
            _ => false,
        }
    }

    /// Whether a call asks of what kind the error is that it is given: `db.IsCorrupted(err)`.
    fn asks_what_error(&self, call: ExprId) -> bool {
        let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = self.facts().callee(call)
        else {
            return false;
        };
        let rest = name.strip_prefix("Is").or_else(|| name.strip_prefix("is"));
        rest.is_some_and(|rest| {
            rest.starts_with(char::is_uppercase)
                && !["Nil", "OK", "Ok", "Success", "Empty", "Zero", "None"]
                    .iter()
                    .any(|word| rest.contains(word))
        })
    }

    /// What the expressions of a clause are compared with.
    fn tag_of(&self, clause: StmtId) -> Option<Tag> {
        let file = self.file();
        match file.stmt(self.switch_of(clause)?).kind {
            StmtKind::Switch { tag, .. } => Some(tag.map_or(Tag::None, Tag::Value)),
            StmtKind::TypeSwitch { guard, .. } => {
                let value = match file.stmt(guard).kind {
                    StmtKind::Assign { rhs, .. } => *file.exprs(rhs).first()?,
                    StmtKind::Expr(x) => x,
                    _ => return None,
                };
                match file.expr(file.unparen(value)).kind {
                    ExprKind::TypeAssert { x, .. } => Some(Tag::Type(x)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

enum Tag {
    None,
    Value(ExprId),
    /// Its type is what is compared.
    Type(ExprId),
}

fn opposite(fact: Fact) -> Fact {
    match fact {
        Fact::Nil => Fact::NonNil,
        Fact::NonNil => Fact::Nil,
        Fact::True => Fact::False,
        Fact::False => Fact::True,
    }
}
