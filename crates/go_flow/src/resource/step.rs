//! What a node does with the resource.

use go_syntax::{ExprId, ExprKind, FuncId, StmtId, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, Object, Type};

use super::contract::{ArgEffect, Subject};
use super::explore::Explorer;
use super::life::Seen;
use super::models::{Class, ClassId};
use super::nodes::{Declared, NodeInfo};
use super::outcome::Fate;
use super::state::{Fact, How, State};
use super::tracker::Tracker;
use super::values::{NOWHERE, Temps, Val, element};
use crate::cfg::{Cfg, NodeKind};
use crate::facts::Point;
use crate::trail::TooMany;

type Outs = Vec<(State, Temps)>;

impl<'a> Explorer<'_, '_, 'a> {
    /// Whether a node has nothing to do with the resource, so that the state behind it is the one
    /// before it.
    pub(crate) fn passes_by(&self, cfg: &Cfg<'a>, point: Point, state: &State) -> bool {
        if matches!(
            cfg.kind(point.node),
            NodeKind::Return(_) | NodeKind::Comm(_)
        ) || self.gives.subject == Subject::Global
        {
            return false;
        }
        let info = self.t.node_info(cfg, point);
        !info.ends
            && !info.locals.iter().any(|&local| state.mentions(local))
            && !self.assigns_tested(&info)
    }

    /// What a node does that does not [pass by](Self::passes_by); gives the states after it in which the resource is still held.
    pub(crate) fn step(
        &mut self,
        cfg: &Cfg<'a>,
        point: Point,
        mut state: State,
        start: Option<ExprId>,
    ) -> Result<Vec<State>, TooMany> {
        let info = self.t.node_info(cfg, point);
        let kind = cfg.kind(point.node);
        let everywhere = self.gives.subject == Subject::Global;
        if start.is_none() && !state.used && self.excuses() {
            let mut holders = state.holders.iter();
            state.used = holders.any(|holder| info.locals.binary_search(&holder.local).is_ok());
        }
        let mut temps = Temps::default();
        let mut events = &info.events[..];
        if let Some(call) = start {
            let at = events.iter().position(|&event| event == call);
            events = &events[at.map_or(0, |at| at + 1)..];
            temps.set(call, self.acquired(call));
        }
        let mut outs: Outs = vec![(state, temps)];
        for &event in events {
            let mut next = Vec::new();
            for (state, temps) in outs {
                self.dormant = state.dormant;
                self.event(point, event, state, temps, &mut next)?;
            }
            outs = next;
        }
        let mut states = Vec::new();
        for (state, temps) in outs {
            self.dormant = state.dormant;
            let after = self.action(point, kind, state, &temps)?;
            for state in after {
                if start.is_some() && state.holders.is_empty() && !everywhere {
                    self.settle(Fate::Discarded, point, None);
                } else if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
        Ok(states)
    }

    /// What the expression that a walk starts with gives.
    fn acquired(&self, expr: ExprId) -> Val {
        if self.armed_by.is_some() {
            return Val::Multi {
                index: self.made,
                how: How::Same,
                error: None,
                in_field: false,
            };
        }
        let index = match self.gives.subject {
            Subject::Global => NOWHERE,
            _ => self.gives.result,
        };
        let error = self.gives.unless_error.then(|| self.t.error_result(expr));
        Val::Multi {
            index,
            how: How::Same,
            error: error.flatten(),
            in_field: !self.gives.field.is_empty(),
        }
    }

    /// What a call does that makes a resource of what is followed; `None` for other calls. Empty when
    /// it is another call than the one that is asked about.
    fn arms(&self, call: ExprId, state: &State, temps: &Temps) -> Option<Option<Val>> {
        if !state.dormant {
            return None;
        }
        let contract = self.t.contract(call);
        let mut gives = contract.gives.iter();
        let gives = gives.find(|gives| gives.class == self.gives.class)?;
        let subject = self.t.subject(call, gives.subject)?;
        let how = self.t.value(state, temps, subject).how()?;
        if how != How::Same {
            return None;
        }
        if self.armed_by != Some(call) {
            return Some(None);
        }
        let error = self.gives.unless_error.then(|| self.t.error_result(call));
        Some(Some(Val::Multi {
            index: NOWHERE,
            how: How::Same,
            error: error.flatten(),
            in_field: false,
        }))
    }

    fn assigns_tested(&self, info: &NodeInfo) -> bool {
        info.locals.iter().any(|&local| self.t.is_tested(local))
    }

    /// What evaluating a call or a literal does.
    pub(crate) fn event(
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
                    let (key, value) = match file.expr(elt).kind {
                        ExprKind::KeyValue { key, value } => (file.ident(key), value),
                        _ => (None, elt),
                    };
                    if let Some(key) = key
                        && self.t.value(&state, &temps, value).how() == Some(How::Same)
                    {
                        self.t.put_into(self.t.body().type_of(expr), key);
                    }
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
            // The timer has fired: nothing is left of it.
            ExprKind::Unary { x, .. }
                if self.class().fires
                    && self.t.value(&state, &temps, x).how() == Some(How::Inside) =>
            {
                self.settle(Fate::Released, point, None);
            }
            _ => outs.push((state, temps)),
        }
        Ok(())
    }

    pub(crate) fn call(
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
        self.note_use(point, call, &mut state, &temps);
        match self.arms(call, &state, &temps) {
            Some(Some(value)) => {
                state.dormant = false;
                temps.set(call, value);
                outs.push((state, temps));
                return Ok(());
            }
            Some(None) => return Ok(()),
            None => {}
        }
        if let Some(fate) = self.receive(call, &state, &mut temps) {
            if self.goes_on(fate, call, &state, &temps) {
                let seen = self.t.seen(point, call);
                self.release(call, seen, &mut state);
                outs.push((state, temps));
            } else {
                self.settle(fate, point, None);
            }
            return Ok(());
        }
        for (index, &arg) in args.iter().enumerate() {
            let (index, how) = match self.t.value(&state, &temps, arg) {
                // `f(g())` hands on all results of `g`.
                Val::Multi { index, how, .. } if args.len() == 1 => (index as usize, how),
                value => match value.how() {
                    Some(how) => (index, how),
                    None => continue,
                },
            };
            if let Some(fate) = self.pass(call, index, how, &mut temps) {
                if self.is_beyond() && fate == Fate::Released && how == How::Same {
                    // Whoever closes it for others looks at the error, or says why not.
                    self.release(call, Seen::Yes, &mut state);
                    continue;
                }
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
    pub(crate) fn bind(&self, func: FuncId, args: &[ExprId], state: &mut State, temps: &Temps) {
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
    pub(crate) fn receive(&self, call: ExprId, state: &State, temps: &mut Temps) -> Option<Fate> {
        if self.gives.subject == Subject::Global && self.t.releases_global(call) {
            return Some(Fate::Released);
        }
        match self.t.facts().callee(call) {
            Callee::Selected { x, name } => {
                let how = match self.t.value(state, temps, x).how() {
                    Some(how) => how,
                    // Something in it, of a type that nobody knows, may be it.
                    None if Tracker::is_ending(name) && self.is_part(state, temps, x) => {
                        return Some(Fate::Released);
                    }
                    None => return None,
                };
                if how == How::Same && self.t.names_by(name) {
                    temps.set(call, Val::Thing(How::Name));
                    return None;
                }
                match how {
                    How::Same if self.t.releases_by(name) || self.t.is_other_end(name) => {
                        return Some(Fate::Released);
                    }
                    How::Own | How::Inside
                        if Tracker::is_ending(name) || self.t.releases_by(name) =>
                    {
                        return Some(Fate::Released);
                    }
                    How::Call => return Some(Fate::Kept),
                    How::Wrap | How::Name => {}
                    _ => match self.t.contract(call).recv {
                        ArgEffect::Release => return Some(Fate::Released),
                        ArgEffect::Keep | ArgEffect::Own => return Some(Fate::Kept),
                        // A method of something that holds the resource may release it.
                        ArgEffect::Unknown
                            if how == How::Inside
                                && (self.gives.field.is_empty()
                                    || self.t.body().declaration(call).is_some())
                                && !self.t.is_borrowing_method(call) =>
                        {
                            return Some(Fate::Kept);
                        }
                        _ => {}
                    },
                }
                // A field of function type may do anything, and so may a method that nobody knows and
                // that gives something to close.
                let is_closer = how == How::Same && name.ends_with("Closer");
                if (how == How::Inside || is_closer) && self.t.body().method(call).is_none() {
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

    /// Whether `expr` is a field, of a type of which nothing is known, of what has the resource in
    /// it.
    fn is_part(&self, state: &State, temps: &Temps, expr: ExprId) -> bool {
        let Some((x, _)) = self.t.file().selector(self.t.file().unparen(expr)) else {
            return false;
        };
        let ty = self.t.body().cx().deref(self.t.body().type_of(expr));
        let has_it = match self.t.value(state, temps, x).how() {
            Some(How::Inside | How::Own) => true,
            Some(How::Same) => self.gives.class == ClassId::CLOSER,
            _ => false,
        };
        has_it
            && matches!(
                self.t.body().cx().ty(self.t.body().underlying(ty)),
                Type::Unknown
            )
    }

    pub(crate) fn class(&self) -> &Class {
        self.t.models().class(self.gives.class)
    }

    /// Whether it may be left as it is for a reason.
    pub(crate) fn excuses(&self) -> bool {
        self.t.models().class(self.gives.class).error_excuses
    }

    pub(crate) fn by_call(&self) -> bool {
        self.class().by_call
    }

    /// What a call does with an argument.
    pub(crate) fn pass(
        &self,
        call: ExprId,
        index: usize,
        how: How,
        temps: &mut Temps,
    ) -> Option<Fate> {
        let effect = self.t.arg_effect(call, index, self.gives.class);
        let result = |how| Val::Multi {
            index: 0,
            how,
            error: None,
            in_field: false,
        };
        match (effect, how) {
            (_, How::Name) if self.t.named_release(call, index) => Some(Fate::Released),
            // A name made of a name.
            (ArgEffect::Own, How::Name) => {
                temps.set(call, result(How::Name));
                None
            }
            // A name that goes elsewhere may be removed there, and who gets a function mostly calls
            // it.
            (ArgEffect::Release | ArgEffect::Own | ArgEffect::Unknown, How::Wrap)
            | (
                ArgEffect::Release | ArgEffect::Wrap | ArgEffect::Borrow | ArgEffect::Drain,
                How::Name,
            ) => None,
            (ArgEffect::Borrow | ArgEffect::Drain, How::Call)
            | (ArgEffect::Unknown | ArgEffect::Keep, _) => Some(Fate::Kept),
            (ArgEffect::Release, How::Same) if self.t.is_named() => Some(Fate::Kept),
            (ArgEffect::Release, _) => Some(Fate::Released),
            (ArgEffect::Drain, How::Same | How::Own) if self.class().drained => {
                Some(Fate::Released)
            }
            (ArgEffect::Borrow | ArgEffect::Drain, How::Same) if self.by_call() => Some(Fate::Kept),
            (ArgEffect::Borrow | ArgEffect::Drain, _) => {
                // The name of something within a directory.
                if self.class().is_path && how == How::Same && self.t.makes_path(call) {
                    temps.set(call, Val::Thing(How::Wrap));
                }
                None
            }
            (ArgEffect::Wrap, _) => {
                temps.set(call, result(How::Wrap));
                None
            }
            (ArgEffect::Own, _) if self.own_keeps => Some(Fate::Kept),
            (ArgEffect::Own, _) if self.t.gives_no_owner(call) => Some(Fate::Released),
            (ArgEffect::Own, _) => {
                temps.set(call, result(How::Own));
                None
            }
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
                StmtKind::IncDec { x, .. } => {
                    if let Object::Local(local) = self.t.body().object(x) {
                        state.forget(local);
                    }
                }
                StmtKind::Send { chan, value } => {
                    if let Some(how) = self.t.value(&state, temps, value).how() {
                        let fate = self.sent(point, chan, how, false);
                        self.settle(fate, point, None);
                        return Ok(Vec::new());
                    }
                }
                _ => {}
            },
            NodeKind::Comm(clause) | NodeKind::Clause(clause) => {
                if let Some((chan, how)) = self.sends(clause, &state, temps) {
                    let fate = self.sent(point, chan, how, true);
                    self.settle(fate, point, None);
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
                if self.class().channel.is_none()
                    && let StmtKind::Range { x, .. } = file.stmt(stmt).kind
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

    /// The channel to which a clause of a `select` sends the resource, and what it sends.
    fn sends(&self, clause: StmtId, state: &State, temps: &Temps) -> Option<(ExprId, How)> {
        let file = self.t.file();
        let StmtKind::CommClause {
            comm: Some(comm), ..
        } = file.stmt(clause).kind
        else {
            return None;
        };
        match file.stmt(comm).kind {
            StmtKind::Send { chan, value } => {
                let how = self.t.value(state, temps, value).how();
                let within = || self.is_part_of(state, temps, value).then_some(How::Inside);
                Some((chan, how.or_else(within)?))
            }
            _ => None,
        }
    }

    /// Whether the resource is in a value, which may be a composite literal that was made at another
    /// node: the operands of a `select` are evaluated before one of its clauses is chosen.
    fn is_part_of(&self, state: &State, temps: &Temps, expr: ExprId) -> bool {
        let file = self.t.file();
        let expr = file.unparen(expr);
        if self.t.value(state, temps, expr).how().is_some() {
            return true;
        }
        match file.expr(expr).kind {
            ExprKind::CompositeLit { elts, .. } => {
                let mut elts = file.exprs(elts).iter();
                elts.any(|&elt| self.is_part_of(state, temps, elt))
            }
            ExprKind::KeyValue { value, .. } => self.is_part_of(state, temps, value),
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => self.is_part_of(state, temps, x),
            _ => false,
        }
    }

    /// What becomes of what is sent to a channel.
    fn sent(&self, point: Point, chan: ExprId, how: How, may_skip: bool) -> Fate {
        let is_it = matches!(how, How::Same | How::Inside | How::Own) && !self.by_call();
        match is_it && self.t.is_abandoned(chan, point.func, may_skip) {
            true => Fate::Unreceived,
            false => Fate::Kept,
        }
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
