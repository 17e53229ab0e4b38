//! Methods by which a value comes to own something: they open what they put into a field of their
//! receiver, which has a method to close it.

use go_syntax::{ExprKind, StmtKind};
use go_types::{Callee, LocalId, LocalKind, Object};

use super::contract::{Gives, Subject};
use super::outcome::{Fate, Outcome};
use super::tracker::Tracker;
use crate::cfg::NodeKind;

/// What exported methods are called that begin the use of a value. Others, such as `Write`, open on
/// demand what they need.
const BEGINNING: [&str; 8] = [
    "Open", "Start", "Connect", "Dial", "Init", "Listen", "Setup", "Begin",
];

impl Tracker<'_, '_> {
    /// What the receiver of the root becomes, where the root puts a resource into one of its fields.
    pub(super) fn takes_in(&self, name: &str, unless_error: bool) -> Option<Gives> {
        let begins = BEGINNING.iter().any(|word| name.starts_with(word));
        if !begins && name.starts_with(char::is_uppercase) {
            return None;
        }
        let body = self.body();
        let (recv, _) = body.names().locals().find(|(_, local)| {
            local.func == body.root() && matches!(local.kind, LocalKind::Receiver(_))
        })?;
        let class = self.class_of(body.type_of_local(recv))?;
        if !self.models().class(class).passes_on {
            return None;
        }
        let why = self
            .acquisitions()
            .into_iter()
            .find_map(|(call, point, gives)| {
                let inner = self.models().class(gives.class);
                if point.func != body.root() || !inner.passes_on || inner.until_go.is_some() {
                    return None;
                }
                match gives.subject {
                    Subject::Result => {
                        let outcomes = self.follow_call(call, point, &gives).ok()?;
                        let mut outcomes = outcomes.iter();
                        outcomes
                            .any(|outcome| self.is_put_into(outcome, recv))
                            .then(|| inner.noun.clone())
                    }
                    // By another method of its own.
                    Subject::Receiver => match self.facts().callee(call) {
                        Callee::Selected { x, .. } if body.object(x) == Object::Local(recv) => {
                            Some(gives.why)
                        }
                        _ => None,
                    },
                    Subject::Param(_) | Subject::Global => None,
                }
            })?;
        Some(Gives {
            subject: Subject::Receiver,
            result: 0,
            class,
            field: "".into(),
            unless_error,
            why,
        })
    }

    /// Whether the resource ends up in a field of `owner`.
    fn is_put_into(&self, outcome: &Outcome, owner: LocalId) -> bool {
        if outcome.fate != Fate::Kept || self.ends_in_error(outcome) {
            return false;
        }
        let NodeKind::Stmt(stmt) = self.facts().cfg(outcome.at.func).kind(outcome.at.node) else {
            return false;
        };
        let StmtKind::Assign { lhs, .. } = self.file().stmt(stmt).kind else {
            return false;
        };
        self.file().exprs(lhs).iter().any(|&target| {
            let target = self.file().unparen(target);
            matches!(self.file().expr(target).kind, ExprKind::Selector { .. })
                && self
                    .place(target)
                    .is_some_and(|(local, path)| local == owner && path.len() == 1)
        })
    }
}
