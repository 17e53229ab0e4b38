//! Functions that let go of something and return it all the same.
//!
//! A helper may release what it acquires on most paths and return it on all of them, for the callers
//! to read what is left of it. Callers cannot know which of them has to release it, so nobody is told to.

use go_syntax::{ExprId, ExprKind, StmtKind};
use go_types::{Callee, LocalId, Object};

use super::outcome::{Fate, Outcome};
use super::tracker::Tracker;
use crate::cfg::NodeKind;
use crate::facts::Point;
use crate::search::Visit;

impl Tracker<'_, '_> {
    /// Whether what is acquired at `acquired` is returned after the function has released it,
    /// or handed a response to a function value that may.
    pub(super) fn lets_go_and_returns(&self, acquired: Point, outcomes: &[Outcome]) -> bool {
        let root = self.body().root();
        let returned: Vec<(LocalId, u32)> = outcomes
            .iter()
            .filter_map(|outcome| match outcome.fate {
                Fate::Returned { result, .. } if outcome.at.func == root => {
                    Some((self.returned_local(outcome.at, result)?, result))
                }
                _ => None,
            })
            .collect();
        if returned.is_empty() {
            return false;
        }
        let cfg = self.facts().cfg(root);
        outcomes.iter().any(|outcome| {
            outcome.at.func == root
                && (outcome.fate == Fate::Released
                    || outcome.fate == Fate::Kept && self.asks_a_value(outcome.at))
                && !self.ends_in_error(outcome)
                && cfg
                    .search_after(outcome.at.node, |node| {
                        let at = Point { func: root, node };
                        let again = returned.iter().any(|&(local, result)| {
                            self.returned_local(at, result) == Some(local)
                                && !self.returns_new_error(at)
                        });
                        match (node == acquired.node, again) {
                            (true, _) => Visit::Skip,
                            (false, true) => Visit::Stop,
                            (false, false) => Visit::Continue,
                        }
                    })
                    .is_some()
        })
    }

    /// Whether a function value is called at `at` that may read a response, and close its body.
    fn asks_a_value(&self, at: Point) -> bool {
        let class = self.models().class(self.class.get());
        let mut sites = self.facts().calls_at(at).iter();
        *class.rule == *"body-not-closed"
            && sites.any(|site| {
                let callee = self.facts().callee(site.call);
                matches!(callee, Callee::Var(_) | Callee::MemberVar(_))
            })
    }

    /// The variable that a return statement gives as this result.
    fn returned_local(&self, at: Point, result: u32) -> Option<LocalId> {
        let NodeKind::Return(stmt) = self.facts().cfg(at.func).kind(at.node) else {
            return None;
        };
        let StmtKind::Return(values) = self.file().stmt(stmt).kind else {
            return None;
        };
        let values = self.file().exprs(values);
        if values.is_empty() {
            return *self.named_results(at.func).get(result as usize)?;
        }
        match self.body().object(*values.get(result as usize)?) {
            Object::Local(local) => Some(local),
            _ => None,
        }
    }

    /// Whether a return statement gives an error that cannot be nil: one made on the spot, or a
    /// variable of a package.
    fn returns_new_error(&self, at: Point) -> bool {
        let NodeKind::Return(stmt) = self.facts().cfg(at.func).kind(at.node) else {
            return false;
        };
        let StmtKind::Return(values) = self.file().stmt(stmt).kind else {
            return false;
        };
        let Some(&last) = self.file().exprs(values).last() else {
            return false;
        };
        self.is_new_error(last)
    }

    fn is_new_error(&self, expr: ExprId) -> bool {
        if !self.is_kind_of_error(self.body().type_of(expr)) {
            return false;
        }
        match self.file().expr(self.file().unparen(expr)).kind {
            ExprKind::Call { .. } | ExprKind::Unary { .. } | ExprKind::CompositeLit { .. } => true,
            _ => !matches!(self.body().object(expr), Object::Local(_) | Object::Nil),
        }
    }
}
