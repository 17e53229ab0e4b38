//! Assignments and returns: where the resource goes.

use go_syntax::{AssignOp, ExprId, ExprKind, List};
use go_types::{Basic, LocalId, Object, Type};

use super::calls::LAST;
use super::contract::Subject;
use super::explore::Explorer;
use super::outcome::Fate;
use super::state::{Fact, How, State, Sym};
use super::values::{NOWHERE, Temps, Val, element};
use crate::facts::Point;

impl<'a> Explorer<'_, '_, 'a> {
    pub(crate) fn assign(
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
        let held_before = !state.holders.is_empty();
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
                    let is_error = lhs.len() == 1
                        && rhs.first().is_some_and(|&value| {
                            matches!(self.t.body().object(file.unparen(value)),
                                Object::Local(from) if from != local && state.err == Some(from))
                        });
                    self.set_local(&mut state, local, value);
                    if is_error {
                        state.err_copy = Some(local);
                    }
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
                // The only result of a call that gives nothing else.
                LAST => lhs
                    .last()
                    .filter(|_| lhs.len() > 1 || self.gives.subject != Subject::Result),
                error => lhs.get(error as usize),
            }
        {
            match self.t.body().object(target) {
                Object::Local(local) => (state.err, state.err_copy) = (Some(local), None),
                Object::Blank => {}
                // Whether anything was acquired is not known from then on.
                _ => {
                    self.settle(Fate::Kept, point, None);
                    return Vec::new();
                }
            }
        }
        if let [value] = *rhs {
            if let Val::Multi { how: How::Same, .. } = self.t.value(&state, temps, value) {
                state.ok = self.told_by(lhs);
            }
            if self.t.never_fails(value)
                && let Some(&error) = lhs.last()
                && let Object::Local(error) = self.t.body().object(error)
                && self.t.is_own(error)
            {
                state.learn(error, Fact::Nil);
            }
            self.asks(&mut state, lhs, value, temps);
        }
        if held_before && state.holders.is_empty() {
            self.settle(Fate::Overwritten, point, None);
            return Vec::new();
        }
        vec![state]
    }

    /// The variable beside the resource that says, by being false, that nothing was acquired:
    /// `lock, acquired, err := …`. Other truths, such as `created`, do not say so.
    fn told_by(&self, lhs: &[ExprId]) -> Option<LocalId> {
        const WORDS: [&str; 7] = [
            "acquired", "exist", "found", "got", "locked", "obtained", "success",
        ];
        let (body, file) = (self.t.body(), self.t.file());
        lhs.iter().find_map(|&target| {
            let Object::Local(local) = body.object(target) else {
                return None;
            };
            let name = file.ident(file.unparen(target))?.to_ascii_lowercase();
            let says_so = name.ends_with("ok") || WORDS.iter().any(|word| name.contains(word));
            let ty = body.type_of_local(local);
            let is_truth = matches!(
                body.cx().ty(body.underlying(ty)),
                Type::Unknown | Type::Basic(Basic::Bool)
            );
            (says_so && is_truth).then_some(local)
        })
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
                // What a pool gives is nothing of the pool's when it is of another type.
                let is_pooled = || *self.class().rule == *"pool-item-not-returned";
                let is_wider = || {
                    self.t.is_closable(ty)
                        && self.t.body().cx().is_interface(self.t.body().type_of(ty))
                };
                if self.t.value(state, temps, x).how() == Some(How::Same)
                    && (is_pooled() || is_wider())
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

    pub(crate) fn set_local(&self, state: &mut State, local: LocalId, value: Val) {
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
        // What a pointer points to is not the pointer.
        let is_behind = matches!(self.t.file().expr(target).kind, ExprKind::Star(_));
        if let Some((local, path)) = &place
            && !is_behind
        {
            state.overwrite_path(*local, path);
        }
        let how = value.how()?;
        if how == How::Same
            && let ExprKind::Selector { x, sel } =
                self.t.file().expr(self.t.file().unparen(target)).kind
        {
            let owner = self.t.body().type_of(x);
            self.t.put_into(
                self.t.body().cx().deref(owner),
                self.t.file().span_text(sel),
            );
        }
        if how == How::Wrap {
            // What stands in a directory is known, and so the directory.
            return self.class().is_path.then_some(Fate::Kept);
        }
        match place {
            Some((local, mut path)) if self.t.is_own_struct(local) => {
                if let Val::Multi { in_field: true, .. } = value {
                    path.extend(self.path_of_subject(true));
                }
                state.hold(local, path, how);
                None
            }
            _ => Some(Fate::Kept),
        }
    }

    pub(crate) fn return_(
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
        let error = match (values.last(), results.last()) {
            (Some(Val::Known(fact)), Some(&last)) if self.t.is_zero(last).is_none() => Some(*fact),
            _ => None,
        };
        // The caller gets it twice, and need not use both.
        let is_firm = |value: &Val| value.how().is_some_and(|how| how != How::Wrap);
        let firm = values.iter().filter(|value| is_firm(value)).count();
        if firm > 1 {
            self.t.put_into.take();
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
                Val::Multi { index: NOWHERE, .. } => continue,
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
}
