//! What is acquired in a function, and which of it is left behind.

use go_syntax::{ExprId, ExprKind, FuncId, StmtId};
use go_types::{Callee, TypeId};

use super::contract::{Gives, Subject};
use super::models::ClassId;
use super::outcome::{Fate, Outcome};
use super::tracker::Tracker;
use crate::cfg::NodeKind;
use crate::facts::Point;
use crate::trail::{Hop, TooMany};

/// A resource that is left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leak {
    /// The call that acquires it.
    pub call: ExprId,
    /// Where.
    pub point: Point,
    /// What it is.
    pub class: ClassId,
    /// What of the call it is.
    pub subject: Subject,
    /// Which result of the call it is, or is in.
    pub result: u32,
    /// The field of that result which it is; empty for the result itself.
    pub field: Box<str>,
    /// What it holds that makes it a resource, when that was inferred.
    pub why: Box<str>,
    /// How it is left behind.
    pub fate: Fate,
    /// Where that happens: the end of the function, or the assignment that overwrites it.
    pub at: Point,
    /// The shortest path from the call to there.
    pub hops: Vec<Hop>,
    /// Whether it is released or handed on on another path.
    pub otherwise_fine: bool,
    /// Whether it is released on another path, for all to see.
    pub otherwise_released: bool,
    /// Whether it is in a struct by then that the function made, and that is left behind with it.
    pub in_object: bool,
    /// Whether that path returns an error, or comes by a condition that says there is one.
    pub with_error: bool,
    /// The first `defer` of the function in which it is acquired that takes care of it on another
    /// path.
    pub deferred: Option<StmtId>,
}

/// What is left behind in a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leaks {
    /// One for each call that acquires, at most.
    pub list: Vec<Leak>,
    /// What is put into fields of structs, and stays there when the function ends.
    pub stored: Vec<Stored>,
    /// So many resources had too many paths to follow.
    pub given_up: usize,
}

/// A resource that a field of a struct holds when the function has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The call that acquires it.
    pub call: ExprId,
    /// What it is.
    pub class: ClassId,
    /// The type of the struct.
    pub owner: TypeId,
    /// The name of the field.
    pub field: Box<str>,
}

impl Tracker<'_, '_> {
    /// All calls that acquire, with what they give.
    pub(crate) fn acquisitions(&self) -> Vec<(ExprId, Point, Gives)> {
        let mut found = Vec::new();
        for &func in self.facts().funcs() {
            let cfg = self.facts().cfg(func);
            for node in cfg.nodes() {
                if !cfg.reachable(node.id) {
                    continue;
                }
                let point = Point {
                    func,
                    node: node.id,
                };
                let skipped = match node.kind {
                    NodeKind::Defer(stmt) | NodeKind::Go(stmt) => self.call_of(stmt),
                    _ => None,
                };
                cfg.own_exprs(node.id, |expr| {
                    if Some(expr) == skipped
                        || !matches!(self.file().expr(expr).kind, ExprKind::Call { .. })
                    {
                        return;
                    }
                    let may_give = |name: &str| {
                        self.models().may_acquire(name) || self.inferred().may_give(name)
                    };
                    let may_give = match self.facts().callee(expr) {
                        Callee::Func { name, .. } | Callee::Selected { name, .. } => may_give(name),
                        Callee::Var(_) | Callee::MemberVar(_) => {
                            self.key(expr).is_some_and(|(_, name)| {
                                may_give(name.rsplit('.').next().unwrap_or_default())
                            })
                        }
                        _ => false,
                    };
                    if !may_give {
                        return;
                    }
                    if self.is_inherited(expr) {
                        return;
                    }
                    let contract = self.contract(expr);
                    if contract.gives.is_empty()
                        || self.takes_over(expr)
                        || !self.is_written_as_wanted(expr)
                    {
                        return;
                    }
                    let gives = contract.gives.iter();
                    found.extend(gives.map(|gives| (expr, point, gives.clone())));
                });
            }
        }
        found.sort_by_key(|(call, _, gives)| (self.file().expr(*call).span.start, gives.result));
        found
    }

    /// Follows everything that is acquired.
    pub(crate) fn leaks(&self) -> Leaks {
        let mut leaks = Leaks::default();
        for (call, point, gives) in self.acquisitions() {
            match self.leak_of(call, point, &gives) {
                Ok((leak, stored)) => {
                    leaks.list.extend(leak);
                    for stored in stored {
                        if !leaks.stored.contains(&stored) {
                            leaks.stored.push(stored);
                        }
                    }
                }
                Err(TooMany) => {
                    self.put_into.take();
                    leaks.given_up += 1;
                }
            }
        }
        leaks
    }

    /// How what a call gives is left behind, if it is, and the fields that hold it in the end.
    pub(crate) fn leak_of(
        &self,
        call: ExprId,
        point: Point,
        gives: &Gives,
    ) -> Result<(Option<Leak>, Vec<Stored>), TooMany> {
        let outcomes = self.follow_call(call, point, gives)?;
        let stays = |outcome: &Outcome| {
            matches!(
                outcome.fate,
                Fate::Kept | Fate::Returned { itself: false, .. }
            )
        };
        let mut stored = self.put_into.take();
        if !outcomes.iter().any(stays) {
            stored.clear();
        }
        let stored = stored.into_iter().map(|(owner, field)| Stored {
            call,
            class: gives.class,
            owner,
            field,
        });
        let released = outcomes
            .iter()
            .any(|outcome| outcome.fate == Fate::Released);
        let fine = outcomes.iter().any(|outcome| !outcome.fate.is_leak());
        let deferred = self.deferred(point.func, &outcomes);
        let excuses = self.models().class(gives.class).error_excuses;
        let shortest = outcomes
            .into_iter()
            .filter(|outcome| outcome.fate.is_leak())
            .filter(|outcome| !excuses || !self.ends_in_error(outcome))
            .min_by_key(|outcome| outcome.hops.len());
        let leak = shortest.map(|outcome| Leak {
            with_error: self.ends_in_error(&outcome),
            call,
            point,
            class: gives.class,
            subject: gives.subject,
            result: gives.result,
            field: gives.field.clone(),
            why: gives.why.clone(),
            fate: outcome.fate,
            at: outcome.at,
            hops: outcome.hops,
            otherwise_fine: fine,
            otherwise_released: released,
            in_object: outcome.in_object,
            deferred,
        });
        Ok((leak, stored.collect()))
    }

    /// The first `defer` of `func` by which a path comes to a good end.
    fn deferred(&self, func: FuncId, outcomes: &[Outcome]) -> Option<StmtId> {
        let defer_of = |outcome: &Outcome| {
            if !matches!(outcome.fate, Fate::Released | Fate::Kept) {
                return None;
            }
            if outcome.at.func != func {
                // In a deferred literal.
                let mut sites = self.facts().defers_of(func);
                return sites
                    .find(|site| site.literal == Some(outcome.at.func))
                    .map(|site| site.stmt);
            }
            match self.facts().cfg(func).kind(outcome.at.node) {
                NodeKind::Defer(stmt) => Some(stmt),
                _ => None,
            }
        };
        outcomes
            .iter()
            .filter_map(defer_of)
            .min_by_key(|&stmt| self.file().stmt(stmt).span.start)
    }
}
