//! Loops: round by round as long as the source decides how it goes on; else one round that stands for
//! any.

use std::rc::Rc;

use go_syntax::{ExprId, RangeOp, StmtId, StmtKind};
use go_types::{LocalId, LocalKind, Role};

use super::convert::{Kind, kind};
use super::machine::{Abort, Exec, Machine, Stop};
use super::stmts::Flow;
use super::value::{Pointer, Value};

/// A loop of more rounds than this is not run round by round.
const MAX_ROUNDS: u32 = 1000;

/// What the body of a loop leaves.
enum Round {
    /// The next round comes.
    On,
    /// The loop ends.
    Leave,
    /// Control leaves more than the loop.
    Out(Flow),
}

impl<'a> Machine<'_, 'a> {
    fn round(&mut self, body: StmtId, label: Option<&str>) -> Exec<Round> {
        let is_own = |name: &Option<String>| match name {
            None => true,
            Some(name) => label == Some(name),
        };
        Ok(match self.block(body)? {
            Flow::Next | Flow::Fallthrough => Round::On,
            Flow::Continue(name) if is_own(&name) => Round::On,
            Flow::Break(name) if is_own(&name) => Round::Leave,
            flow => Round::Out(flow),
        })
    }

    /// Whether loop variables are new in each round.
    fn per_round(&self) -> bool {
        let version = self.world.versions.get(self.frame().file as usize);
        version.is_none_or(|&minor| minor >= 22)
    }

    /// The variables that the `init` of a loop declares.
    fn declared_by(&self, init: Option<StmtId>) -> Vec<LocalId> {
        let frame = self.frame();
        let file = frame.body.file();
        match init.map(|init| file.stmt(init).kind) {
            Some(StmtKind::Assign {
                lhs,
                op: go_syntax::AssignOp::Define,
                ..
            }) => file
                .exprs(lhs)
                .iter()
                .filter_map(|&name| frame.body.names().local_of(name))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Each round has copies of its own.
    fn renew(&mut self, locals: &[LocalId]) {
        for &local in locals {
            if let Some(cell) = self.cell_of(local) {
                let value = self.memory.get(cell).clone();
                let escaped = self.memory.is_escaped(cell);
                let cell = self.memory.new_cell(value);
                if escaped {
                    self.memory.escape_cell(cell);
                }
                self.bind(local, cell);
            }
        }
    }

    pub(super) fn for_loop(
        &mut self,
        stmt: StmtId,
        label: Option<&str>,
        init: Option<StmtId>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: StmtId,
    ) -> Exec<Flow> {
        if let Some(init) = init {
            self.statement(init, None, None)?;
        }
        let own = if self.per_round() {
            self.declared_by(init)
        } else {
            Vec::new()
        };
        let mut rounds = 0;
        loop {
            self.step()?;
            let before = self.decisions_made();
            if let Some(cond) = cond
                && !self.condition(cond)?
            {
                return Ok(Flow::Next);
            }
            if self.decisions_made() > before || rounds >= MAX_ROUNDS {
                return self.any_round(stmt, label, cond, post, body);
            }
            let round = self.round(body, label)?;
            match round {
                Round::On => {}
                Round::Leave => return Ok(Flow::Next),
                Round::Out(flow) => return Ok(flow),
            }
            self.renew(&own);
            if let Some(post) = post {
                self.statement(post, None, None)?;
            }
            rounds += 1;
            if self.decisions_made() > before {
                // What was found holds of the first rounds only: one more stands for the rest.
                self.forget_written(stmt);
                if let Some(cond) = cond
                    && !self.condition(cond)?
                {
                    return Ok(Flow::Next);
                }
                return self.any_round(stmt, label, cond, post, body);
            }
        }
    }

    fn decisions_made(&self) -> usize {
        self.decisions.len() + self.known.len()
    }

    /// One round that stands for any, and what comes after the loop.
    fn any_round(
        &mut self,
        stmt: StmtId,
        label: Option<&str>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: StmtId,
    ) -> Exec<Flow> {
        self.forget_written(stmt);
        self.frame_mut().general += 1;
        let round = self.round(body, label);
        self.frame_mut().general -= 1;
        match round? {
            Round::On => {}
            Round::Leave => {
                self.forget_written(stmt);
                return Ok(Flow::Next);
            }
            Round::Out(flow) => return Ok(flow),
        }
        let _ = post;
        if cond.is_none()
            && matches!(
                self.frame().body.file().stmt(stmt).kind,
                StmtKind::For { .. }
            )
        {
            // It goes on until one of the other ways is taken.
            return Err(Stop::Abort(Abort::Covered));
        }
        self.forget_written(stmt);
        Ok(Flow::Next)
    }

    /// Variables that a loop assigns to may have any value.
    pub(super) fn forget_written(&mut self, stmt: StmtId) {
        let body = self.body();
        let file = body.file();
        let span = file.stmt(stmt).span;
        let env = Rc::clone(&self.frame().env);
        let mut written: Vec<_> = env
            .iter()
            .filter(|&(&local, _)| {
                matches!(body.names().local(local).kind, LocalKind::RangeVar { .. })
                    && span.contains(body.names().local(local).span)
                    || body.names().uses(local).iter().any(|used| {
                        used.role != Role::Read && span.contains(file.expr(used.expr).span)
                    })
            })
            .map(|(&local, &cell)| (local, cell))
            .collect();
        written.sort_by_key(|&(local, _)| local);
        for (local, cell) in written {
            let name = file.span_text(body.names().local(local).span).to_owned();
            let value = self.unknown(&name);
            self.memory.set(cell, value);
        }
        self.epoch += 1;
    }

    pub(super) fn range_loop(&mut self, stmt: StmtId, label: Option<&str>) -> Exec<Flow> {
        let tree = self.body();
        let file = tree.file();
        let StmtKind::Range {
            key,
            value,
            op,
            x,
            body,
        } = file.stmt(stmt).kind
        else {
            return Err(self.give_up_inside());
        };
        let over = self.value(x)?;
        let elem_ty = tree.type_of(x);
        let items: Option<Vec<(Value, Value)>> = match &over {
            Value::Int(count) if (0..=i128::from(MAX_ROUNDS)).contains(count) => {
                Some((0..*count).map(|at| (Value::Int(at), Value::Nil)).collect())
            }
            Value::Int(count) if *count < 0 => Some(Vec::new()),
            Value::Nil => match kind(&tree, elem_ty) {
                Kind::Chan => return Err(Stop::Blocked),
                _ => Some(Vec::new()),
            },
            Value::Str(text) => Some(
                text.char_indices()
                    .map(|(at, c)| (Value::Int(at as i128), Value::Int(i128::from(u32::from(c)))))
                    .collect(),
            ),
            // The length is that of the start, the elements are those of each round.
            Value::Slice(slice) => Some(
                (0..slice.len)
                    .map(|at| (Value::Int(at as i128), Value::Nil))
                    .collect(),
            ),
            Value::Array(items) => Some(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (Value::Int(at as i128), item.clone()))
                    .collect(),
            ),
            Value::Map(cell) => match self.memory.get(*cell) {
                // The order of more is random.
                Value::Entries(entries) if entries.len() <= 1 => Some((**entries).clone()),
                _ => None,
            },
            _ => None,
        };
        let Some(items) = items.filter(|items| items.len() <= MAX_ROUNDS as usize) else {
            return self.some_elements(stmt, label, key, value, op, x, body);
        };
        let count = items.len();
        for (index, (at, item)) in items.into_iter().enumerate() {
            self.step()?;
            let before = self.decisions_made();
            let item = match &over {
                Value::Slice(slice) if value.is_some() => {
                    let pointer = Pointer {
                        cell: slice.cell,
                        path: Rc::from([slice.start + index]),
                    };
                    match self.memory.load(&pointer) {
                        Some(item) => item,
                        None => self.unknown(&format!("an element of {}", file.expr_text(x))),
                    }
                }
                _ => item,
            };
            self.set_round(stmt, key, at, op, index == 0)?;
            self.set_round(stmt, value, item, op, index == 0)?;
            match self.round(body, label)? {
                Round::On => {}
                Round::Leave => return Ok(Flow::Next),
                Round::Out(flow) => return Ok(flow),
            }
            if self.decisions_made() > before && count > 3 {
                return self.some_elements(stmt, label, key, value, op, x, body);
            }
        }
        Ok(Flow::Next)
    }

    /// Sets the key or the value of a round.
    fn set_round(
        &mut self,
        stmt: StmtId,
        name: Option<ExprId>,
        value: Value,
        op: RangeOp,
        first: bool,
    ) -> Exec<()> {
        let body = self.body();
        let Some(name) = name else {
            return Ok(());
        };
        if op == RangeOp::Define {
            let Some(local) = body.names().local_of(name) else {
                return Ok(());
            };
            let _ = stmt;
            if first || self.per_round() || self.cell_of(local).is_none() {
                let cell = self.memory.new_cell(value);
                self.bind(local, cell);
            } else if let Some(cell) = self.cell_of(local) {
                self.memory.set(cell, value);
            }
            return Ok(());
        }
        let place = self.place(name)?;
        self.store(&place, value);
        Ok(())
    }

    /// A range over something of which the elements are not known: none, or one that stands for any.
    #[expect(clippy::too_many_arguments, reason = "the parts of one statement")]
    fn some_elements(
        &mut self,
        stmt: StmtId,
        label: Option<&str>,
        key: Option<ExprId>,
        value: Option<ExprId>,
        op: RangeOp,
        x: ExprId,
        body: StmtId,
    ) -> Exec<Flow> {
        let line = self.line;
        let text = self.text(x);
        let any = self.unknown(&text);
        if !self.decide(
            &any,
            &format!("{text} has elements"),
            &format!("{text} has no elements"),
            line,
        )? {
            return Ok(Flow::Next);
        }
        self.forget_written(stmt);
        for name in [key, value] {
            let element = self.unknown(&format!("an element of {text}"));
            self.set_round(stmt, name, element, op, true)?;
        }
        self.frame_mut().general += 1;
        let round = self.round(body, label);
        self.frame_mut().general -= 1;
        if let Round::Out(flow) = round? {
            return Ok(flow);
        }
        self.forget_written(stmt);
        Ok(Flow::Next)
    }
}
