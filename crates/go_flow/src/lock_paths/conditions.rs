//! What conditions are about, so that two that are about the same can be seen to agree: which
//! variable is true or nil, or the text of the condition when it is about something else.

use std::cell::RefCell;
use std::rc::Rc;

use go_syntax::{
    AssignOp, BinaryOp, DeclKind, ExprId, ExprKind, SpecKind, StmtId, StmtKind, UnaryOp,
};
use go_types::{Builtin, Callee, LocalId, Object};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cfg::{Cfg, EdgeKind, NodeId, NodeKind};
use crate::facts::{FunctionFacts, Point};
use crate::switches::exhaustive;
use crate::vars::Value;

/// What a condition asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Key {
    /// Whether a variable is true.
    True(LocalId),
    /// Whether a variable is nil.
    Nil(LocalId),
    /// Whether the condition with this number holds.
    Text(u32),
}

/// What is known on a path, sorted.
pub(super) type Known = Vec<(Key, bool)>;

/// The conditions of a function and of the literals in it.
#[derive(Debug)]
pub(super) struct Conditions<'a> {
    /// What a node asks, and the answer that its true edge gives.
    asked: FxHashMap<Point, (Key, bool)>,
    /// What is asked more than once.
    tested: FxHashSet<Key>,
    /// Conditions that ask whether one and the same value equals a constant, by a number for the value:
    /// of those with the same number, one at most holds.
    rivals: FxHashMap<Key, u32>,
    /// The last comparisons of switches that name every constant of the type: one of them holds.
    exhausted: FxHashSet<Point>,
    texts: Vec<Text<'a>>,
    writes: RefCell<FxHashMap<Point, Rc<Writes<'a>>>>,
}

/// A condition that is known by its text.
#[derive(Debug)]
struct Text<'a> {
    locals: Vec<LocalId>,
    fields: Vec<&'a str>,
}

/// What a node assigns.
#[derive(Debug, Default)]
pub(super) struct Writes<'a> {
    /// Variables, with what the new value is known to be.
    pub(super) locals: Vec<(LocalId, Option<Given>)>,
    /// The names of fields.
    pub(super) fields: Vec<&'a str>,
}

/// What a variable is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Given {
    /// `true` or `false`, or nil or not.
    Const {
        truth: Option<bool>,
        nil: Option<bool>,
    },
    /// What another variable has.
    Copy(LocalId),
}

impl<'a> Conditions<'a> {
    pub(super) fn of(facts: &FunctionFacts<'a>) -> Self {
        let mut this = Self {
            asked: FxHashMap::default(),
            tested: FxHashSet::default(),
            rivals: FxHashMap::default(),
            exhausted: FxHashSet::default(),
            texts: Vec::new(),
            writes: RefCell::default(),
        };
        let switches = switches(facts);
        let exhaustive = exhaustive(facts, false);
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        // By the value that is compared: where, and with what.
        let mut compared: FxHashMap<String, Vec<(StmtOrExpr, Key)>> = FxHashMap::default();
        let mut counts: FxHashMap<Key, u32> = FxHashMap::default();
        for &func in facts.funcs() {
            let cfg = facts.cfg(func);
            for node in cfg.nodes() {
                let asked = match node.kind {
                    NodeKind::Cond(cond) => this.key(facts, &mut numbers, cond),
                    NodeKind::Case { clause, expr } => match switches.get(&clause) {
                        Some(None) => this.key(facts, &mut numbers, expr),
                        Some(Some(tag)) => this.equal(facts, &mut numbers, *tag, expr),
                        None => None,
                    },
                    _ => None,
                };
                let point = Point {
                    func,
                    node: node.id,
                };
                if let NodeKind::Case { clause, .. } = node.kind
                    && exhaustive.contains(&clause)
                {
                    this.exhausted.insert(point);
                }
                if let Some((key, truth)) = asked {
                    *counts.entry(key).or_default() += 1;
                    this.asked.insert(point, (key, truth));
                    if let Key::Text(_) = key
                        && let Some((of, value)) = comparison(facts, &switches, node.kind)
                    {
                        compared.entry(value).or_default().push((of, key));
                    }
                }
            }
        }
        for (number, asked) in (0..).zip(compared.into_values()) {
            let several = |&(of, key): &(StmtOrExpr, Key)| of != asked[0].0 && key != asked[0].1;
            if asked.iter().any(several) {
                this.rivals
                    .extend(asked.iter().map(|&(_, key)| (key, number)));
            }
        }
        this.tested = counts
            .into_iter()
            .filter(|&(key, count)| count > 1 || this.may_vary(facts, key))
            .map(|(key, _)| key)
            .collect();
        this
    }

    /// Whether a single question may be settled by what the variable is given, or matters in the end.
    fn may_vary(&self, facts: &FunctionFacts<'a>, key: Key) -> bool {
        match key {
            Key::True(local) => !facts.var(local).is_single_assignment(),
            Key::Nil(local) => {
                let local = facts.body().names().local(local);
                // What is known of errors tells the failing ends of a function from the others.
                let name = facts.file().span_text(local.span);
                local.is_result() || name.to_ascii_lowercase().contains("err")
            }
            Key::Text(_) => false,
        }
    }

    fn key(
        &mut self,
        facts: &FunctionFacts<'a>,
        numbers: &mut FxHashMap<String, u32>,
        cond: ExprId,
    ) -> Option<(Key, bool)> {
        let file = facts.file();
        let body = facts.body();
        let cond = file.unparen(cond);
        match file.expr(cond).kind {
            ExprKind::Ident => match body.object(cond) {
                Object::Local(local) => Some((Key::True(local), true)),
                _ => Some((self.text(facts, numbers, &[cond], "")?, true)),
            },
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => {
                let (key, truth) = self.key(facts, numbers, x)?;
                Some((key, !truth))
            }
            ExprKind::Binary { op, x, y } => match op {
                BinaryOp::Eq => self.equal(facts, numbers, x, y),
                BinaryOp::Ne => {
                    let (key, truth) = self.equal(facts, numbers, x, y)?;
                    Some((key, !truth))
                }
                BinaryOp::Lt => Some((self.text(facts, numbers, &[x, y], "<")?, true)),
                BinaryOp::Ge => Some((self.text(facts, numbers, &[x, y], "<")?, false)),
                BinaryOp::Gt => Some((self.text(facts, numbers, &[y, x], "<")?, true)),
                BinaryOp::Le => Some((self.text(facts, numbers, &[y, x], "<")?, false)),
                _ => Some((self.text(facts, numbers, &[cond], "")?, true)),
            },
            _ => Some((self.text(facts, numbers, &[cond], "")?, true)),
        }
    }

    fn equal(
        &mut self,
        facts: &FunctionFacts<'a>,
        numbers: &mut FxHashMap<String, u32>,
        x: ExprId,
        y: ExprId,
    ) -> Option<(Key, bool)> {
        let file = facts.file();
        let body = facts.body();
        let is_nil = |expr| body.object(expr) == Object::Nil;
        for (x, y) in [(x, y), (y, x)] {
            if is_nil(y)
                && let Object::Local(local) = body.object(x)
            {
                return Some((Key::Nil(local), true));
            }
            let word = file.ident(file.unparen(y));
            if let (Object::Local(local), Some(word @ ("true" | "false"))) = (body.object(x), word)
            {
                return Some((Key::True(local), word == "true"));
            }
        }
        Some((self.text(facts, numbers, &[x, y], "==")?, true))
    }

    /// The number of a condition; none when its value may be another one each time.
    fn text(
        &mut self,
        facts: &FunctionFacts<'a>,
        numbers: &mut FxHashMap<String, u32>,
        exprs: &[ExprId],
        op: &str,
    ) -> Option<Key> {
        let file = facts.file();
        let mut text = String::new();
        let mut locals = Vec::new();
        let mut fields = Vec::new();
        let mut open: Vec<ExprId> = exprs.to_vec();
        while let Some(expr) = open.pop() {
            match file.expr(expr).kind {
                ExprKind::Ident => {
                    if let Object::Local(local) = facts.body().object(expr) {
                        locals.push(local);
                    } else {
                        fields.push(file.expr_text(expr));
                    }
                }
                ExprKind::Selector { x, sel } => {
                    fields.push(file.span_text(sel));
                    open.push(x);
                }
                ExprKind::Call { fun, args, .. } => {
                    let is_plain = match facts.callee(expr) {
                        Callee::Builtin(Builtin::Len | Builtin::Cap) => true,
                        Callee::Selected { name, .. } | Callee::Func { name, .. } => {
                            is_question(name)
                        }
                        _ => false,
                    };
                    if !is_plain {
                        return None;
                    }
                    open.push(fun);
                    open.extend(file.exprs(args));
                }
                ExprKind::BasicLit(_) => {}
                ExprKind::Paren(x) | ExprKind::Star(x) => open.push(x),
                ExprKind::Unary { op, x } if op != UnaryOp::Recv => open.push(x),
                ExprKind::Binary { x, y, .. } => open.extend([x, y]),
                ExprKind::Index { x, indices } => {
                    open.push(x);
                    open.extend(file.exprs(indices));
                }
                _ => return None,
            }
        }
        for (index, &expr) in exprs.iter().enumerate() {
            if index > 0 {
                text.push_str(op);
            }
            text.extend(file.expr_text(expr).split_whitespace());
        }
        // The same name may mean different variables.
        locals.sort_unstable();
        locals.dedup();
        for local in &locals {
            text.push_str(&format!("#{local:?}"));
        }
        let next = u32::try_from(self.texts.len()).ok()?;
        let number = *numbers.entry(text).or_insert(next);
        if number == next {
            self.texts.push(Text { locals, fields });
        }
        Some(Key::Text(number))
    }

    /// Takes an edge: adds what it tells; false when that contradicts what is known.
    pub(super) fn refine(&self, point: Point, edge: EdgeKind, known: &mut Known) -> Answer {
        let truth = match edge {
            EdgeKind::True | EdgeKind::Case => true,
            EdgeKind::False | EdgeKind::Default => false,
            _ => return Answer::Nothing,
        };
        if edge == EdgeKind::Default && self.exhausted.contains(&point) {
            return Answer::Contradicts;
        }
        let Some(&(key, means)) = self.asked.get(&point) else {
            return Answer::Nothing;
        };
        let value = truth == means;
        let rival = self.rivals.get(&key).filter(|_| value);
        if let Some(rival) = rival
            && known.iter().any(|(other, holds)| {
                *holds && *other != key && self.rivals.get(other) == Some(rival)
            })
        {
            return Answer::Contradicts;
        }
        match lookup(known, key) {
            Some(before) if before != value => return Answer::Contradicts,
            None if rival.is_some() || self.tested.contains(&key) => learn(known, key, value),
            Some(_) | None => {}
        }
        Answer::Tells(key, value)
    }

    /// Forgets what the assignments of a node make untrue, and learns what they tell.
    pub(super) fn assign(&self, writes: &Writes<'a>, known: &mut Known) {
        if writes.locals.is_empty() && writes.fields.is_empty() {
            return;
        }
        let copied: Vec<(LocalId, Option<bool>, Option<bool>)> = writes
            .locals
            .iter()
            .map(|&(local, given)| match given {
                Some(Given::Const { truth, nil }) => (local, truth, nil),
                Some(Given::Copy(from)) => (
                    local,
                    lookup(known, Key::True(from)),
                    lookup(known, Key::Nil(from)),
                ),
                None => (local, None, None),
            })
            .collect();
        known.retain(|&(key, _)| match key {
            Key::True(local) | Key::Nil(local) => {
                writes.locals.iter().all(|&(written, _)| written != local)
            }
            Key::Text(number) => {
                let text = &self.texts[number as usize];
                let writes_local = |&(local, _): &(LocalId, _)| text.locals.contains(&local);
                !writes.locals.iter().any(writes_local)
                    && !writes
                        .fields
                        .iter()
                        .any(|field| text.fields.contains(field))
            }
        });
        for (local, truth, nil) in copied {
            for (key, value) in [(Key::True(local), truth), (Key::Nil(local), nil)] {
                if let Some(value) = value
                    && self.tested.contains(&key)
                {
                    learn(known, key, value);
                }
            }
        }
    }

    /// What is known at a point because every way there takes the same side of a condition, and what
    /// that is about does not change in between.
    pub(super) fn known_before(&self, facts: &FunctionFacts<'a>, point: Point) -> Known {
        let cfg = facts.cfg(point.func);
        let mut known = Known::new();
        for node in cfg.nodes() {
            let at = Point {
                func: point.func,
                node: node.id,
            };
            let Some(&(key, means)) = self.asked.get(&at) else {
                continue;
            };
            let matters = self.tested.contains(&key) || self.rivals.contains_key(&key);
            if !matters || node.id == point.node {
                continue;
            }
            let by_true = !comes_without(cfg, point.node, node.id, true);
            let by_false = !comes_without(cfg, point.node, node.id, false);
            if by_true != by_false && self.holds_until(facts, key, node.id, point) {
                learn(&mut known, key, by_true == means);
            }
        }
        for &key in &self.tested {
            if let Key::True(local) = key
                && lookup(&known, key).is_none()
                && let Some(value) = assigned(facts, point, local)
            {
                learn(&mut known, key, value);
            }
        }
        known
    }

    /// Whether nothing that `key` is about is written between a node and `point`.
    fn holds_until(&self, facts: &FunctionFacts<'a>, key: Key, from: NodeId, point: Point) -> bool {
        let cfg = facts.cfg(point.func);
        let mut seen = FxHashSet::default();
        let mut open = vec![point.node];
        while let Some(node) = open.pop() {
            for edge in cfg.predecessors(node) {
                if edge.node == from || !seen.insert(edge.node) {
                    continue;
                }
                let at = Point {
                    func: point.func,
                    node: edge.node,
                };
                let mut probe = vec![(key, true)];
                self.assign(&self.writes(facts, at), &mut probe);
                if probe.is_empty() {
                    return false;
                }
                open.push(edge.node);
            }
        }
        true
    }

    /// What a node assigns.
    pub(super) fn writes(&self, facts: &FunctionFacts<'a>, point: Point) -> Rc<Writes<'a>> {
        if let Some(known) = self.writes.borrow().get(&point) {
            return Rc::clone(known);
        }
        let file = facts.file();
        let mut writes = Writes::default();
        match facts.cfg(point.func).kind(point.node) {
            NodeKind::Stmt(stmt) => stmt_writes(facts, stmt, &mut writes),
            NodeKind::Comm(clause) => {
                if let StmtKind::CommClause {
                    comm: Some(comm), ..
                } = file.stmt(clause).kind
                {
                    stmt_writes(facts, comm, &mut writes);
                }
            }
            NodeKind::RangeNext(stmt) => {
                if let StmtKind::Range { key, value, .. } = file.stmt(stmt).kind {
                    for target in [key, value].into_iter().flatten() {
                        write(facts, target, None, &mut writes);
                    }
                }
            }
            _ => {}
        }
        let writes = Rc::new(writes);
        self.writes.borrow_mut().insert(point, Rc::clone(&writes));
        writes
    }
}

/// What an edge tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Nothing,
    /// Control cannot go there.
    Contradicts,
    Tells(Key, bool),
}

fn lookup(known: &Known, key: Key) -> Option<bool> {
    let at = known.binary_search_by_key(&key, |&(key, _)| key).ok()?;
    Some(known[at].1)
}

pub(super) fn learn(known: &mut Known, key: Key, value: bool) {
    match known.binary_search_by_key(&key, |&(key, _)| key) {
        Ok(at) => known[at].1 = value,
        Err(at) => known.insert(at, (key, value)),
    }
}

pub(super) fn fact(known: &Known, key: Key) -> Option<bool> {
    lookup(known, key)
}

/// Whether a variable is true, or false, at a point, because nothing else was assigned to it.
fn assigned(facts: &FunctionFacts<'_>, point: Point, local: LocalId) -> Option<bool> {
    if facts.body().names().local(local).func != point.func {
        return None;
    }
    let mut values = facts
        .definitions(point, local)
        .list
        .into_iter()
        .map(|definition| match definition.value {
            Value::Zero => Some(false),
            Value::Expr(expr) => match given(facts, expr) {
                Some(Given::Const { truth, .. }) => truth,
                _ => None,
            },
            _ => None,
        });
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// Whether a function by its name only answers, so that it answers the same when asked again.
fn is_question(name: &str) -> bool {
    let starts = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    [
        "Is", "is", "Has", "has", "Should", "should", "Needs", "needs", "Can", "can", "Use", "use",
    ]
    .into_iter()
    .any(starts)
}

/// A statement or a condition that compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum StmtOrExpr {
    Switch(ExprId),
    Cond(ExprId),
}

/// What a node compares with a constant, as it is written, and the `switch` or condition that does.
fn comparison(
    facts: &FunctionFacts<'_>,
    switches: &FxHashMap<StmtId, Option<ExprId>>,
    kind: NodeKind,
) -> Option<(StmtOrExpr, String)> {
    let file = facts.file();
    let written = |expr: ExprId| -> String { file.expr_text(expr).split_whitespace().collect() };
    let constant = |expr: ExprId| {
        matches!(file.expr(file.unparen(expr)).kind, ExprKind::BasicLit(_))
            || facts.body().is_constant(expr)
    };
    match kind {
        NodeKind::Case { clause, expr } => {
            let tag = (*switches.get(&clause)?)?;
            constant(expr).then(|| (StmtOrExpr::Switch(tag), written(tag)))
        }
        NodeKind::Cond(cond) => {
            let cond = file.unparen(cond);
            let ExprKind::Binary {
                op: BinaryOp::Eq | BinaryOp::Ne,
                x,
                y,
            } = file.expr(cond).kind
            else {
                return None;
            };
            match (constant(x), constant(y)) {
                (false, true) => Some((StmtOrExpr::Cond(cond), written(x))),
                (true, false) => Some((StmtOrExpr::Cond(cond), written(y))),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The tag of the switch that each clause belongs to; type switches left out.
fn switches(facts: &FunctionFacts<'_>) -> FxHashMap<StmtId, Option<ExprId>> {
    let file = facts.file();
    let mut switches = FxHashMap::default();
    for stmt in file.func(facts.root()).stmts.iter() {
        if let StmtKind::Switch { tag, body, .. } = file.stmt(stmt).kind {
            for &clause in file.block_stmts(body) {
                switches.insert(clause, tag);
            }
        }
    }
    switches
}

fn stmt_writes<'a>(facts: &FunctionFacts<'a>, stmt: StmtId, writes: &mut Writes<'a>) {
    let file = facts.file();
    match file.stmt(stmt).kind {
        StmtKind::Assign { lhs, rhs, op } => {
            let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
            let plain = matches!(op, AssignOp::Define | AssignOp::Assign);
            for (index, &target) in lhs.iter().enumerate() {
                let value = match (plain && lhs.len() == rhs.len(), rhs.get(index)) {
                    (true, Some(&value)) => given(facts, value),
                    _ => None,
                };
                write(facts, target, value, writes);
            }
        }
        StmtKind::IncDec { x, .. } => write(facts, x, None, writes),
        StmtKind::Decl(decl) => {
            let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
                return;
            };
            for spec in specs.iter() {
                let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                    continue;
                };
                let values = file.exprs(values);
                for (index, name) in names.iter().enumerate() {
                    let Some(local) = facts.body().names().declared(name) else {
                        continue;
                    };
                    let value = match values {
                        [] => Some(Given::Const {
                            truth: Some(false),
                            nil: Some(true),
                        }),
                        _ if values.len() == names.iter().count() => given(facts, values[index]),
                        _ => None,
                    };
                    writes.locals.push((local, value));
                }
            }
        }
        _ => {}
    }
}

fn write<'a>(
    facts: &FunctionFacts<'a>,
    target: ExprId,
    value: Option<Given>,
    writes: &mut Writes<'a>,
) {
    let file = facts.file();
    let target = file.unparen(target);
    match file.expr(target).kind {
        ExprKind::Ident => match facts.body().object(target) {
            Object::Local(local) => writes.locals.push((local, value)),
            Object::Blank => {}
            _ => writes.fields.push(file.expr_text(target)),
        },
        ExprKind::Selector { sel, .. } => writes.fields.push(file.span_text(sel)),
        ExprKind::Index { x, .. } | ExprKind::Star(x) => write(facts, x, None, writes),
        _ => {}
    }
}

/// What is known of a value.
fn given(facts: &FunctionFacts<'_>, value: ExprId) -> Option<Given> {
    let file = facts.file();
    let value = file.unparen(value);
    let nil = |nil| {
        Some(Given::Const {
            truth: None,
            nil: Some(nil),
        })
    };
    match file.expr(value).kind {
        ExprKind::Ident => match (facts.body().object(value), file.expr_text(value)) {
            (Object::Nil, _) => nil(true),
            (Object::Local(local), _) => Some(Given::Copy(local)),
            (Object::UniverseConst(_), text @ ("true" | "false")) => Some(Given::Const {
                truth: Some(text == "true"),
                nil: None,
            }),
            _ => None,
        },
        ExprKind::FuncLit(_)
        | ExprKind::CompositeLit { .. }
        | ExprKind::Unary {
            op: UnaryOp::Addr, ..
        } => nil(false),
        ExprKind::Call { .. } => match facts.callee(value) {
            Callee::Builtin(Builtin::Make | Builtin::New) => nil(false),
            Callee::Func { package, name, .. }
                if matches!((package, name), ("errors", "New") | ("fmt", "Errorf")) =>
            {
                nil(false)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether control can come to `to` without leaving `cond` by its true (or false) edge.
pub(super) fn comes_without(cfg: &Cfg<'_>, to: NodeId, cond: NodeId, by: bool) -> bool {
    cfg.comes_without(to, |from, kind| {
        from == cond && matches!(kind, EdgeKind::True | EdgeKind::Case) == by
    })
}
