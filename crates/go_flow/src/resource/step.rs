//! What a node does with the resource.

use std::rc::Rc;

use go_syntax::{
    AssignOp, DeclKind, ExprId, ExprKind, FuncId, List, NameId, SpecKind, StmtId, StmtKind,
};
use go_types::{Basic, Builtin, Callee, Init, LocalId, LocalKind, Object, Type};

use super::calls::LAST;
use super::contract::ArgEffect;
use super::explore::{Explorer, Fate, TooMany, Tracker};
use super::models::Class;
use super::state::{Fact, How, State, Sym};
use super::values::{Temps, Val};
use crate::cfg::{Cfg, NodeKind};
use crate::facts::Point;
use go_syntax::walk::{Descend, Node, walk};

/// What is looked at in a node.
#[derive(Debug)]
pub(crate) struct NodeInfo {
    /// Calls, literals and composite literals, operands before what they are operands of.
    events: Vec<ExprId>,
    /// The variables that are mentioned, also within literals; sorted.
    locals: Vec<LocalId>,
    /// Whether a call in it never returns, by contract.
    ends: bool,
}

type Outs = Vec<(State, Temps)>;

impl<'a> Tracker<'_, 'a> {
    fn node_info(&self, cfg: &Cfg<'a>, point: Point) -> Rc<NodeInfo> {
        if let Some(info) = self.nodes.borrow().get(&point) {
            return Rc::clone(info);
        }
        let file = self.file();
        let later = match cfg.kind(point.node) {
            NodeKind::Defer(stmt) | NodeKind::Go(stmt) => self.call_of(stmt),
            _ => None,
        };
        let mut events = Vec::new();
        let mut locals = Vec::new();
        let mut ends = false;
        let mut mention = |expr: ExprId| {
            if let Object::Local(local) = self.body().object(expr) {
                locals.push(local);
            }
        };
        let mut literals = Vec::new();
        cfg.own_exprs(point.node, |expr| match file.expr(expr).kind {
            ExprKind::Ident => mention(expr),
            ExprKind::Call { .. } => {
                if Some(expr) != later {
                    events.push(expr);
                }
            }
            ExprKind::FuncLit(func) => {
                literals.push(func);
                events.push(expr);
            }
            ExprKind::CompositeLit { .. } => events.push(expr),
            _ => {}
        });
        for func in literals {
            walk(file, Node::Func(func), |node| {
                if let Node::Expr(expr) = node
                    && matches!(file.expr(expr).kind, ExprKind::Ident)
                {
                    mention(expr);
                }
                Descend::Into
            });
        }
        events.reverse();
        for &event in &events {
            let is_call = matches!(file.expr(event).kind, ExprKind::Call { .. });
            ends |= is_call && self.contract_ends(event);
        }
        // Names that declarations declare are no expressions.
        if let NodeKind::Stmt(stmt) = cfg.kind(point.node)
            && let StmtKind::Decl(decl) = file.stmt(stmt).kind
        {
            self.for_each_declared(decl, |name, _| {
                locals.extend(self.body().names().declared(name));
            });
        }
        locals.sort_unstable();
        locals.dedup();
        let info = Rc::new(NodeInfo {
            events,
            locals,
            ends,
        });
        self.nodes.borrow_mut().insert(point, Rc::clone(&info));
        info
    }

    /// Whether a call of a node never returns, by contract.
    pub(crate) fn ends_at(&self, cfg: &Cfg<'a>, point: Point) -> bool {
        self.node_info(cfg, point).ends
    }

    pub(crate) fn contract_ends(&self, call: ExprId) -> bool {
        match self.facts().callee(call) {
            Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                (self.models().may_end(name) || self.inferred().may_end(name))
                    && self.contract(call).contract.never_returns
            }
            _ => false,
        }
    }

    /// The names that a declaration within the function gives values, with those.
    fn for_each_declared(&self, decl: go_syntax::DeclId, mut visit: impl FnMut(NameId, Declared)) {
        let file = self.file();
        let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
            return;
        };
        for spec in specs.iter() {
            let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                continue;
            };
            let values = file.exprs(values);
            for (index, name) in names.iter().enumerate() {
                let value = match values {
                    [] => Declared::Zero,
                    &[value] if names.len() > 1 => Declared::Element(value, index as u32),
                    _ => values
                        .get(index)
                        .map_or(Declared::Zero, |&value| Declared::Value(value)),
                };
                visit(name, value);
            }
        }
    }

    /// Whether a conversion makes an `unsafe.Pointer`.
    fn is_unsafe_pointer(&self, call: ExprId) -> bool {
        let body = self.body();
        matches!(
            body.cx().ty(body.underlying(body.type_of(call))),
            Type::Basic(Basic::UnsafePointer)
        )
    }

    /// The literal that a variable always holds.
    fn literal_of(&self, local: LocalId) -> Option<FuncId> {
        let LocalKind::Var {
            init: Init::Value(value),
            ..
        } = self.body().names().local(local).kind
        else {
            return None;
        };
        if !self.facts().var_facts(local).is_single_assignment() {
            return None;
        }
        match self.file().expr(self.file().unparen(value)).kind {
            ExprKind::FuncLit(func) => Some(func),
            _ => None,
        }
    }

    /// Whether a variable is a struct, or a pointer to one, that this function made itself.
    fn is_own_struct(&self, local: LocalId) -> bool {
        let file = self.file();
        match self.body().names().local(local).kind {
            LocalKind::Var { init, .. } => match init {
                Init::Zero => true,
                Init::Value(value) => {
                    let value = file.unparen(value);
                    match file.expr(value).kind {
                        ExprKind::CompositeLit { .. } => true,
                        ExprKind::Unary { x, .. } => {
                            matches!(
                                file.expr(file.unparen(x)).kind,
                                ExprKind::CompositeLit { .. }
                            )
                        }
                        ExprKind::Call { .. } => self.body().is_builtin_call(value, Builtin::New),
                        _ => false,
                    }
                }
                Init::Element { .. } => false,
            },
            LocalKind::Result(_) => true,
            _ => false,
        }
    }
}

/// The value of a declared name.
#[derive(Clone, Copy)]
enum Declared {
    Zero,
    Value(ExprId),
    Element(ExprId, u32),
}

impl<'a> Explorer<'_, '_, 'a> {
    /// What a node does; gives the states after it in which the resource is still held.
    pub(crate) fn step(
        &mut self,
        cfg: &Cfg<'a>,
        point: Point,
        mut state: State,
        start: Option<ExprId>,
    ) -> Result<Vec<State>, TooMany> {
        let info = self.t.node_info(cfg, point);
        let kind = cfg.kind(point.node);
        let concerns = |state: &State| info.locals.iter().any(|&local| state.mentions(local));
        if start.is_none()
            && !info.ends
            && !matches!(kind, NodeKind::Return(_) | NodeKind::Comm(_))
            && !concerns(&state)
            && !self.assigns_tested(&info)
        {
            return Ok(vec![state]);
        }
        if start.is_none() && !state.used && self.excuses() {
            let mut holders = state.holders.iter();
            state.used = holders.any(|holder| info.locals.binary_search(&holder.local).is_ok());
        }
        let mut temps = Temps::default();
        let mut events = &info.events[..];
        if let Some(call) = start {
            let at = events.iter().position(|&event| event == call);
            events = &events[at.map_or(0, |at| at + 1)..];
            let error = self.gives.unless_error.then(|| self.t.contract(call).error);
            temps.set(
                call,
                Val::Multi {
                    index: self.gives.result,
                    how: How::Same,
                    error: error.flatten(),
                    in_field: !self.gives.field.is_empty(),
                },
            );
        }
        let mut outs: Outs = vec![(state, temps)];
        for &event in events {
            let mut next = Vec::new();
            for (state, temps) in outs {
                self.event(point, event, state, temps, &mut next)?;
            }
            outs = next;
        }
        let mut states = Vec::new();
        for (state, temps) in outs {
            let after = self.action(point, kind, state, &temps)?;
            for state in after {
                if start.is_some() && state.holders.is_empty() {
                    self.settle(Fate::Discarded, point, None);
                } else if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
        Ok(states)
    }

    fn assigns_tested(&self, info: &NodeInfo) -> bool {
        info.locals.iter().any(|&local| self.t.is_tested(local))
    }

    /// What evaluating a call or a literal does.
    fn event(
        &mut self,
        point: Point,
        expr: ExprId,
        state: State,
        mut temps: Temps,
        outs: &mut Outs,
    ) -> Result<(), TooMany> {
        let file = self.t.file();
        match file.expr(expr).kind {
            ExprKind::FuncLit(func) => {
                let (fates, _) = self.probe(func, state.clone())?;
                if !fates.is_empty() {
                    temps.set(expr, Val::Thing(How::Call));
                }
                outs.push((state, temps));
            }
            ExprKind::CompositeLit { elts, .. } => {
                let mut how = None;
                for &elt in file.exprs(elts) {
                    let value = match file.expr(elt).kind {
                        ExprKind::KeyValue { value, .. } => value,
                        _ => elt,
                    };
                    match self.t.value(&state, &temps, value).how() {
                        Some(How::Wrap) => how = how.or(Some(How::Wrap)),
                        Some(_) => how = Some(How::Inside),
                        None => {}
                    }
                }
                if let Some(how) = how {
                    temps.set(expr, Val::Thing(how));
                }
                outs.push((state, temps));
            }
            ExprKind::Call { .. } => self.call(point, expr, state, temps, outs)?,
            _ => outs.push((state, temps)),
        }
        Ok(())
    }

    fn call(
        &mut self,
        point: Point,
        call: ExprId,
        mut state: State,
        mut temps: Temps,
        outs: &mut Outs,
    ) -> Result<(), TooMany> {
        let file = self.t.file();
        let Some((_, args)) = file.call(call) else {
            outs.push((state, temps));
            return Ok(());
        };
        match self.t.facts().callee(call) {
            Callee::Conversion(_) => {
                if let Some(&arg) = args.first() {
                    let value = self.t.value(&state, &temps, arg);
                    // What happens through such a pointer cannot be seen.
                    if value.how().is_some() && self.t.is_unsafe_pointer(call) {
                        self.settle(Fate::Kept, point, None);
                        return Ok(());
                    }
                    temps.set(call, value);
                }
                outs.push((state, temps));
                return Ok(());
            }
            Callee::Builtin(Builtin::New) => {
                outs.push((state, temps));
                return Ok(());
            }
            Callee::Literal(func) => {
                self.bind(func, args, &mut state, &temps);
                for state in self.inline(func, state)? {
                    outs.push((state, temps.clone()));
                }
                return Ok(());
            }
            Callee::Var(local) => {
                if let Some(func) = self.t.literal_of(local) {
                    self.bind(func, args, &mut state, &temps);
                    for state in self.inline(func, state)? {
                        outs.push((state, temps.clone()));
                    }
                    return Ok(());
                }
            }
            _ => {}
        }
        if let Some(fate) = self.receive(call, &state, &mut temps) {
            self.settle(fate, point, None);
            return Ok(());
        }
        for (index, &arg) in args.iter().enumerate() {
            let Some(how) = self.t.value(&state, &temps, arg).how() else {
                continue;
            };
            if let Some(fate) = self.pass(call, index, how, &mut temps) {
                self.settle(fate, point, None);
                return Ok(());
            }
        }
        if self.t.contract_ends(call) {
            return Ok(());
        }
        if makes_error(self.t.facts().callee(call)) || self.t.sounds_like_error(call) {
            temps.set(call, Val::Known(Fact::NonNil));
        }
        outs.push((state, temps));
        Ok(())
    }

    /// Gives the parameters of a literal their values.
    fn bind(&self, func: FuncId, args: &[ExprId], state: &mut State, temps: &Temps) {
        let file = self.t.file();
        let names = self.t.body().names();
        let params = file.fields_of(file.sig(file.func(func).sig).params);
        let declared = params
            .iter()
            .flat_map(|field| file.field(field).names.iter());
        let values: Vec<Option<How>> = args
            .iter()
            .map(|&arg| self.t.value(state, temps, arg).how())
            .collect();
        for (name, how) in declared.zip(values) {
            if let (Some(local), Some(how)) = (names.declared(name), how) {
                state.hold(local, Vec::new(), how);
            }
        }
    }

    /// What a call does with what it is called on.
    fn receive(&self, call: ExprId, state: &State, temps: &mut Temps) -> Option<Fate> {
        match self.t.facts().callee(call) {
            Callee::Selected { x, name } => {
                let how = self.t.value(state, temps, x).how()?;
                if how == How::Same && self.t.names_by(name) {
                    temps.set(call, Val::Thing(How::Name));
                    return None;
                }
                match how {
                    How::Same if self.t.releases_by(name) => return Some(Fate::Released),
                    How::Own | How::Inside if Tracker::is_ending(name) => {
                        return Some(Fate::Released);
                    }
                    How::Call => return Some(Fate::Kept),
                    How::Wrap | How::Name => {}
                    _ => match self.t.contract(call).contract.recv {
                        ArgEffect::Release => return Some(Fate::Released),
                        ArgEffect::Keep | ArgEffect::Own => return Some(Fate::Kept),
                        // A method of something that holds the resource may release it.
                        ArgEffect::Unknown
                            if how == How::Inside
                                && self.gives.field.is_empty()
                                && !self.t.is_borrowing_method(call) =>
                        {
                            return Some(Fate::Kept);
                        }
                        _ => {}
                    },
                }
                // A field of function type may do anything.
                if how == How::Inside && self.t.body().method(call).is_none() {
                    return Some(Fate::Kept);
                }
                // `x.With(…)` mostly gives `x` again.
                let ty = self.t.body().type_of(call);
                if !ty.is_unknown() && ty == self.t.body().type_of(x) {
                    temps.set(call, Val::Thing(how));
                }
                None
            }
            Callee::Var(local) => {
                let held = state
                    .holders
                    .iter()
                    .find(|holder| holder.local == local && holder.path.is_empty())?;
                match held.how {
                    How::Call => Some(Fate::Released),
                    How::Same if self.by_call() => Some(Fate::Released),
                    _ => None,
                }
            }
            Callee::Dynamic => {
                let (fun, _) = self.t.file().call(call)?;
                let held = self.t.value(state, temps, fun).how();
                held.map(|_| Fate::Kept)
            }
            _ => None,
        }
    }

    fn class(&self) -> &Class {
        self.t.models().class(self.gives.class)
    }

    /// Whether it may be left as it is for a reason.
    pub(crate) fn excuses(&self) -> bool {
        self.t.models().class(self.gives.class).error_excuses
    }

    fn by_call(&self) -> bool {
        self.class().by_call
    }

    /// What a call does with an argument.
    fn pass(&self, call: ExprId, index: usize, how: How, temps: &mut Temps) -> Option<Fate> {
        let effect = self.t.arg_effect(call, index, self.gives.class);
        match (effect, how) {
            (ArgEffect::Release, How::Wrap) => None,
            (ArgEffect::Release, How::Same) if self.t.is_named() => Some(Fate::Kept),
            (_, How::Name) if self.t.named_release(call, index) => Some(Fate::Released),
            // A name that goes elsewhere may be removed there.
            (ArgEffect::Unknown | ArgEffect::Keep, How::Name) => Some(Fate::Kept),
            // A name made of a name.
            (ArgEffect::Own, How::Name) => {
                temps.set(
                    call,
                    Val::Multi {
                        index: 0,
                        how: How::Name,
                        error: None,
                        in_field: false,
                    },
                );
                None
            }
            (_, How::Name) => None,
            (ArgEffect::Release, _) => Some(Fate::Released),
            (ArgEffect::Drain, How::Same | How::Own) if self.class().drained => {
                Some(Fate::Released)
            }
            (ArgEffect::Borrow | ArgEffect::Drain, How::Call) => Some(Fate::Kept),
            // Who gets a function mostly calls it.
            (ArgEffect::Borrow | ArgEffect::Drain, How::Same) if self.by_call() => Some(Fate::Kept),
            (ArgEffect::Borrow | ArgEffect::Drain, _) => {
                // The name of something within a directory.
                if self.class().is_path && how == How::Same && self.t.makes_path(call) {
                    temps.set(call, Val::Thing(How::Wrap));
                }
                None
            }
            (ArgEffect::Wrap, _) => {
                temps.set(
                    call,
                    Val::Multi {
                        index: 0,
                        how: How::Wrap,
                        error: None,
                        in_field: false,
                    },
                );
                None
            }
            (ArgEffect::Own, How::Wrap) => None,
            (ArgEffect::Own, _) if self.t.gives_no_owner(call) => Some(Fate::Released),
            (ArgEffect::Own, _) => {
                temps.set(
                    call,
                    Val::Multi {
                        index: 0,
                        how: How::Own,
                        error: None,
                        in_field: false,
                    },
                );
                None
            }
            (ArgEffect::Unknown, How::Wrap) => None,
            (ArgEffect::Unknown | ArgEffect::Keep, _) => Some(Fate::Kept),
        }
    }

    /// What a node does beside evaluating.
    fn action(
        &mut self,
        point: Point,
        kind: NodeKind,
        mut state: State,
        temps: &Temps,
    ) -> Result<Vec<State>, TooMany> {
        let file = self.t.file();
        match kind {
            NodeKind::Stmt(stmt) => match file.stmt(stmt).kind {
                StmtKind::Assign { lhs, rhs, op } => {
                    return Ok(self.assign(point, lhs, rhs, op, state, temps));
                }
                StmtKind::Decl(decl) => {
                    let mut values = Vec::new();
                    self.t.for_each_declared(decl, |name, value| {
                        values.extend(self.t.body().names().declared(name).zip(Some(value)));
                    });
                    for (local, value) in values {
                        let val = match value {
                            Declared::Zero => Val::Other,
                            Declared::Value(expr) => self.t.value(&state, temps, expr),
                            Declared::Element(expr, index) => {
                                element(self.t.value(&state, temps, expr), index)
                            }
                        };
                        self.set_local(&mut state, local, val);
                    }
                }
                StmtKind::Send { value, .. } => {
                    if self.t.value(&state, temps, value).how().is_some() {
                        self.settle(Fate::Kept, point, None);
                        return Ok(Vec::new());
                    }
                }
                _ => {}
            },
            NodeKind::Comm(clause) | NodeKind::Clause(clause) => {
                if self.sends(clause, &state, temps) {
                    self.settle(Fate::Kept, point, None);
                    return Ok(Vec::new());
                }
                self.clause(clause, &mut state);
            }
            NodeKind::RangeNext(stmt) => {
                if let StmtKind::Range { key, value, .. } = file.stmt(stmt).kind {
                    for target in [key, value].into_iter().flatten() {
                        if let Object::Local(local) = self.t.body().object(target) {
                            state.overwrite(local);
                        }
                    }
                }
            }
            NodeKind::Range(stmt) => {
                // An iterator function may do anything with what it iterates over, and the elements
                // may be what is followed.
                if let StmtKind::Range { x, .. } = file.stmt(stmt).kind
                    && let Some(How::Call | How::Inside) = self.t.value(&state, temps, x).how()
                {
                    self.settle(Fate::Kept, point, None);
                    return Ok(Vec::new());
                }
            }
            NodeKind::Return(stmt) => {
                if let StmtKind::Return(results) = file.stmt(stmt).kind {
                    return Ok(self.return_(point, results, state, temps));
                }
            }
            NodeKind::Defer(stmt) => return self.defer(point, stmt, state, temps),
            NodeKind::Go(stmt) => return self.spawn(point, stmt, state, temps),
            _ => {}
        }
        Ok(vec![state])
    }

    fn clause(&self, clause: StmtId, state: &mut State) {
        let file = self.t.file();
        if let StmtKind::CommClause {
            comm: Some(comm), ..
        } = file.stmt(clause).kind
            && let StmtKind::Assign { lhs, .. } = file.stmt(comm).kind
        {
            for &target in file.exprs(lhs) {
                if let Object::Local(local) = self.t.body().object(target) {
                    state.overwrite(local);
                }
            }
        }
    }

    /// Whether a clause of a `select` sends the resource.
    fn sends(&self, clause: StmtId, state: &State, temps: &Temps) -> bool {
        let file = self.t.file();
        let StmtKind::CommClause {
            comm: Some(comm), ..
        } = file.stmt(clause).kind
        else {
            return false;
        };
        match file.stmt(comm).kind {
            StmtKind::Send { value, .. } => self.t.value(state, temps, value).how().is_some(),
            _ => false,
        }
    }

    fn assign(
        &mut self,
        point: Point,
        lhs: List<ExprId>,
        rhs: List<ExprId>,
        op: AssignOp,
        mut state: State,
        temps: &Temps,
    ) -> Vec<State> {
        let file = self.t.file();
        let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
        if matches!(op, AssignOp::Op(_)) {
            for &target in lhs {
                if let Object::Local(local) = self.t.body().object(target) {
                    state.forget(local);
                }
            }
            return vec![state];
        }
        let values: Vec<Val> = match *rhs {
            [value] if lhs.len() > 1 => {
                let value = self.t.value(&state, temps, value);
                (0..lhs.len())
                    .map(|index| element(value, index as u32))
                    .collect()
            }
            _ => rhs
                .iter()
                .map(|&value| element(self.t.value(&state, temps, value), 0))
                .collect(),
        };
        let held_before = held_firmly(&state);
        let error = match *rhs {
            [value] => match self.t.value(&state, temps, value) {
                Val::Multi { error, .. } => error,
                _ => None,
            },
            _ => None,
        };
        let gives_function = self.by_call()
            && values
                .iter()
                .any(|value| matches!(value, Val::Multi { how: How::Same, .. }));
        for (&target, &value) in lhs.iter().zip(&values) {
            let target = file.unparen(target);
            match self.t.body().object(target) {
                Object::Local(local) => {
                    self.set_local(&mut state, local, value);
                    // The context that comes with a cancel function is never nil.
                    if gives_function && value == Val::Other && self.t.is_tested(local) {
                        state.learn(local, Fact::NonNil);
                    }
                }
                Object::Blank => {}
                _ => {
                    if let Some(fate) = self.set_place(&mut state, target, value) {
                        self.settle(fate, point, None);
                        return Vec::new();
                    }
                }
            }
        }
        if let Some(error) = error
            && let Some(&target) = match error {
                LAST => lhs.last().filter(|_| lhs.len() > 1),
                error => lhs.get(error as usize),
            }
        {
            match self.t.body().object(target) {
                Object::Local(local) => state.err = Some(local),
                Object::Blank => {}
                // Whether anything was acquired is not known from then on.
                _ => {
                    self.settle(Fate::Kept, point, None);
                    return Vec::new();
                }
            }
        }
        if let [value] = *rhs {
            self.asks(&mut state, lhs, value, temps);
        }
        if held_before && !held_firmly(&state) {
            self.settle(Fate::Overwritten, point, None);
            return Vec::new();
        }
        vec![state]
    }

    /// Notes what says, after an assignment, that the resource came to its end.
    fn asks(&self, state: &mut State, lhs: &[ExprId], value: ExprId, temps: &Temps) {
        let file = self.t.file();
        let value = file.unparen(value);
        let local = |target: Option<&ExprId>| match self.t.body().object(*target?) {
            Object::Local(local) => Some(local),
            _ => None,
        };
        match file.expr(value).kind {
            ExprKind::Call { .. } => {}
            // What has no method to close needs no closing.
            ExprKind::TypeAssert { x, ty: Some(ty) } => {
                if self.t.value(state, temps, x).how() == Some(How::Same)
                    && self.t.is_closable(ty)
                    && self.t.body().cx().is_interface(self.t.body().type_of(ty))
                {
                    state.more = local(lhs.get(1));
                }
                return;
            }
            _ => return,
        }
        if let Val::Multi { how: How::Same, .. } = self.t.value(state, temps, value)
            && let Some(result) = self.class().fed_by
            && result != self.gives.result
        {
            state.feeder = local(lhs.get(result as usize));
        } else if self.t.asks_for_more(state, value) {
            state.more = local(lhs.last());
        }
    }

    fn set_local(&self, state: &mut State, local: LocalId, value: Val) {
        state.overwrite(local);
        match value {
            Val::Thing(how) => state.hold(local, Vec::new(), how),
            Val::Multi {
                index: 0,
                how,
                in_field,
                ..
            } => {
                let path = self.path_of_subject(in_field);
                state.hold(local, path, how);
            }
            Val::Known(fact) if self.t.is_tested(local) => state.learn(local, fact),
            _ => {}
        }
    }

    fn path_of_subject(&self, in_field: bool) -> Vec<Sym> {
        if in_field {
            vec![self.t.sym(&self.gives.field)]
        } else {
            Vec::new()
        }
    }

    /// Assigns to a field, an element, a variable of the package.
    fn set_place(&self, state: &mut State, target: ExprId, value: Val) -> Option<Fate> {
        let place = self.t.place(target);
        if let Some((local, path)) = &place {
            state.overwrite_path(*local, path);
        }
        let how = value.how()?;
        if how == How::Wrap {
            // What stands in a directory is known, and so the directory.
            return self.class().is_path.then_some(Fate::Kept);
        }
        match place {
            Some((local, path)) if self.t.is_own_struct(local) => {
                state.hold(local, path, how);
                None
            }
            _ => Some(Fate::Kept),
        }
    }

    fn return_(
        &mut self,
        point: Point,
        results: List<ExprId>,
        mut state: State,
        temps: &Temps,
    ) -> Vec<State> {
        let file = self.t.file();
        let results = file.exprs(results);
        let named = self.t.named_results(point.func);
        if results.is_empty() {
            let held = |local: LocalId| {
                state
                    .holders
                    .iter()
                    .find(|holder| holder.local == local)
                    .map(|holder| holder.how == How::Same)
            };
            // The caller gets it twice, and need not use both.
            if named.iter().filter_map(|&local| held(local?)).count() > 1 {
                let error = named.last().and_then(|&last| state.fact(last?));
                self.settle(Fate::Kept, point, error);
                return Vec::new();
            }
            for (index, &local) in (0..).zip(&named) {
                if let Some(itself) = local.and_then(held) {
                    let error = named.last().and_then(|&last| state.fact(last?));
                    let fate = Fate::Returned {
                        result: index,
                        itself,
                    };
                    self.settle(fate, point, error);
                    return Vec::new();
                }
            }
            return vec![state];
        }
        let values: Vec<Val> = results
            .iter()
            .map(|&result| self.t.value(&state, temps, result))
            .collect();
        let error = match values.last() {
            Some(Val::Known(fact)) => Some(*fact),
            _ => None,
        };
        // The caller gets it twice, and need not use both.
        let is_firm = |value: &Val| value.how().is_some_and(|how| how != How::Wrap);
        let firm = values.iter().filter(|value| is_firm(value)).count();
        if firm > 1 {
            self.settle(Fate::Kept, point, error);
            return Vec::new();
        }
        for (at, &value) in (0..).zip(&values) {
            if firm == 1 && !is_firm(&value) {
                continue;
            }
            let fate = match value {
                // Only a call that gives all results gives more than one.
                Val::Multi { index, .. } if values.len() > 1 && index > 0 => continue,
                Val::Multi { index, how, .. } => Fate::Returned {
                    result: if values.len() > 1 { at } else { index },
                    itself: how == How::Same,
                },
                Val::Thing(how) => Fate::Returned {
                    result: at,
                    itself: how == How::Same,
                },
                _ => continue,
            };
            self.settle(fate, point, error);
            return Vec::new();
        }
        state.returned = error;
        // Deferred literals see what is returned.
        if named.len() == values.len() {
            for (&local, &value) in named.iter().zip(&values) {
                let Some(local) = local else { continue };
                if let Val::Known(fact) = value {
                    state.overwrite(local);
                    if self.t.is_tested(local) {
                        state.learn(local, fact);
                    }
                } else if !matches!(value, Val::Thing(_)) && !self.is_local(results, local) {
                    state.overwrite(local);
                }
            }
        }
        vec![state]
    }

    /// Whether one of these expressions is just `local`.
    fn is_local(&self, exprs: &[ExprId], local: LocalId) -> bool {
        exprs
            .iter()
            .any(|&expr| self.t.body().object(expr) == Object::Local(local))
    }

    fn defer(
        &mut self,
        point: Point,
        stmt: StmtId,
        mut state: State,
        temps: &Temps,
    ) -> Result<Vec<State>, TooMany> {
        let Some(call) = self.t.call_of(stmt) else {
            return Ok(vec![state]);
        };
        let literal = match self.t.facts().callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.t.literal_of(local),
            _ => None,
        };
        let Some(func) = literal else {
            return Ok(self.call_later(point, call, state, temps));
        };
        // When it runs, other values may be known.
        let mut then = state.clone();
        if let Some((_, args)) = self.t.file().call(call) {
            self.bind(func, args, &mut then, temps);
        }
        then.forget_all();
        let (fates, remains) = self.probe(func, then)?;
        // What is not held now may be when it runs.
        if fates.is_empty() || remains {
            // Its arguments are those of now.
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut state, temps);
            }
            state.defers.push(stmt);
            return Ok(vec![state]);
        }
        self.settle(Fate::Released, point, None);
        Ok(Vec::new())
    }

    /// Runs a deferred call when the function ends.
    pub(crate) fn run_defer(
        &mut self,
        stmt: StmtId,
        mut state: State,
    ) -> Result<Vec<State>, TooMany> {
        let Some(call) = self.t.call_of(stmt) else {
            return Ok(vec![state]);
        };
        let point = self.t.facts().point_of_stmt(stmt);
        let mut temps = Temps::default();
        let literal = match self.t.facts().callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.t.literal_of(local),
            _ => None,
        };
        if let Some(func) = literal {
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut state, &temps);
            }
            let before = self.outcomes.len();
            let states = self.inline(func, state)?;
            // What it depends on is not known, so whoever wrote it is believed.
            let mut within = self.outcomes[before..].iter();
            if within.any(|outcome| !outcome.fate.is_leak()) {
                return Ok(Vec::new());
            }
            return Ok(states);
        }
        // The receiver was evaluated when the resource was not yet there; only what it points to can
        // have it in it.
        if let Callee::Selected { x, .. } = self.t.facts().callee(call)
            && let Some(How::Inside) = self.t.value(&state, &temps, x).how()
            && let (Some(fate), Some(point)) = (self.receive(call, &state, &mut temps), point)
        {
            self.settle(fate, point, None);
            return Ok(Vec::new());
        }
        let args = self.t.file().call(call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in args.iter().enumerate() {
            if let Some(how @ (How::Inside | How::Call)) = self.t.value(&state, &temps, arg).how()
                && let (Some(fate), Some(point)) = (self.pass(call, index, how, &mut temps), point)
            {
                self.settle(fate, point, None);
                return Ok(Vec::new());
            }
        }
        Ok(vec![state])
    }

    fn spawn(
        &mut self,
        point: Point,
        stmt: StmtId,
        state: State,
        temps: &Temps,
    ) -> Result<Vec<State>, TooMany> {
        let Some(call) = self.t.call_of(stmt) else {
            return Ok(vec![state]);
        };
        let literal = match self.t.facts().callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.t.literal_of(local),
            _ => None,
        };
        // Who reads to the end of a pipe elsewhere is done with it then.
        if *self.t.models().class(self.gives.class).rule == *"pipe-not-closed" {
            let info = self.t.node_info(self.t.facts().cfg(point.func), point);
            let mut holders = state.holders.iter();
            if holders.any(|holder| info.locals.binary_search(&holder.local).is_ok()) {
                self.settle(Fate::Kept, point, None);
                return Ok(Vec::new());
            }
        }
        if let Some(func) = literal {
            let mut then = state.clone();
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut then, temps);
            }
            let (fates, _) = self.probe(func, then)?;
            if fates.is_empty() {
                return Ok(vec![state]);
            }
            self.settle(Fate::Kept, point, None);
            return Ok(Vec::new());
        }
        Ok(self.call_later(point, call, state, temps))
    }

    /// A call that happens later, of something that is no literal.
    fn call_later(
        &mut self,
        point: Point,
        call: ExprId,
        state: State,
        temps: &Temps,
    ) -> Vec<State> {
        let mut temps = temps.clone();
        if let Some(fate) = self.receive(call, &state, &mut temps) {
            self.settle(fate, point, None);
            return Vec::new();
        }
        let args = self.t.file().call(call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in args.iter().enumerate() {
            if let Some(how) = self.t.value(&state, &temps, arg).how()
                && let Some(fate) = self.pass(call, index, how, &mut temps)
            {
                self.settle(fate, point, None);
                return Vec::new();
            }
        }
        vec![state]
    }
}

/// Whether something can still release the resource.
fn held_firmly(state: &State) -> bool {
    !state.holders.is_empty()
}

/// One of several values.
fn element(value: Val, wanted: u32) -> Val {
    match value {
        Val::Multi {
            index,
            how,
            in_field,
            ..
        } if index == wanted => Val::Multi {
            index: 0,
            how,
            error: None,
            in_field,
        },
        Val::Multi { .. } => Val::Other,
        // `v, ok := x.(T)`
        Val::Thing(how) if wanted == 0 => Val::Thing(how),
        Val::Known(fact) if wanted == 0 => Val::Known(fact),
        _ => Val::Other,
    }
}

/// Whether a function always gives an error.
fn makes_error(callee: Callee<'_>) -> bool {
    matches!(
        callee,
        Callee::Func {
            package: "errors",
            name: "New",
            ..
        } | Callee::Func {
            package: "fmt",
            name: "Errorf",
            ..
        } | Callee::Func {
            package: "github.com/pkg/errors",
            name: "New" | "Errorf",
            ..
        }
    )
}
