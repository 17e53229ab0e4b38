//! What a function returns, as far as it may tell its caller how things stand with a lock.

use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::{Builtin, Callee, LocalId, LocalKind, Object};

use super::Answered;
use super::conditions::{Key, Known, fact};
use super::state::State;
use super::walk::Walk;

impl Walk<'_, '_, '_> {
    /// What is known of a value that is returned.
    pub(super) fn answered(&self, value: ExprId, known: &Known) -> Option<Answered> {
        let facts = self.f.facts;
        let file = facts.file();
        let value = file.unparen(value);
        match file.expr(value).kind {
            ExprKind::Ident => match facts.body().object(value) {
                Object::Nil => Some(Answered::Nil),
                Object::Local(local) => self.fact_of(local, known),
                Object::UniverseConst(_) => match file.expr_text(value) {
                    "true" => Some(Answered::True),
                    "false" => Some(Answered::False),
                    _ => None,
                },
                _ => is_error_name(file.expr_text(value)).then_some(Answered::NonNil),
            },
            ExprKind::Selector { sel, .. } => {
                is_error_name(file.span_text(sel)).then_some(Answered::NonNil)
            }
            ExprKind::Unary { .. } | ExprKind::CompositeLit { .. } => Some(Answered::NonNil),
            ExprKind::Call { .. } => match facts.callee(value) {
                Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                    let makes = [
                        "New",
                        "Errorf",
                        "Wrap",
                        "Wrapf",
                        "Error",
                        "WithStack",
                        "Join",
                    ];
                    let lower = name.to_ascii_lowercase();
                    (makes.contains(&name)
                        || lower.ends_with("errorf")
                        || lower.starts_with("newerr"))
                    .then_some(Answered::NonNil)
                }
                Callee::Builtin(Builtin::New | Builtin::Make) => Some(Answered::NonNil),
                _ => None,
            },
            _ => None,
        }
    }

    fn fact_of(&self, local: LocalId, known: &Known) -> Option<Answered> {
        if let Some(nil) = fact(known, Key::Nil(local)) {
            return Some(if nil { Answered::Nil } else { Answered::NonNil });
        }
        fact(known, Key::True(local)).map(|truth| match truth {
            true => Answered::True,
            false => Answered::False,
        })
    }

    /// What is known of the last named result.
    pub(super) fn named_result(&self, func: FuncId, state: &State) -> Option<Answered> {
        let names = self.f.facts.body().names();
        let last = names
            .locals()
            .filter(|(_, local)| local.func == func && matches!(local.kind, LocalKind::Result(_)))
            .last();
        self.fact_of(last?.0, &state.known)
    }
}

fn is_error_name(name: &str) -> bool {
    name.starts_with("Err") || name.starts_with("err") && name.len() > 3
}
