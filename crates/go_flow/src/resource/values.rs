//! Which expressions mean the resource, and what else is known of their values.

use go_syntax::{BinaryOp, ExprId, ExprKind, UnaryOp};
use go_types::{LocalId, Object, Type, UniverseConst};

use super::models::ClassId;
use super::state::{Fact, How, State, Sym};
use super::tracker::Tracker;

/// The number of a result that no call has.
pub(crate) const NOWHERE: u32 = u32::MAX - 1;

/// What an expression means in a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Val {
    /// Nothing that matters.
    Other,
    /// Something that has to do with the resource.
    Thing(How),
    /// Several values, of which one has to do with the resource.
    Multi {
        index: u32,
        how: How,
        /// The one that is an error, when that says that nothing was acquired.
        error: Option<u32>,
        /// Whether the resource is the field of it that the acquisition names.
        in_field: bool,
    },
    /// This is known of it.
    Known(Fact),
}

impl Val {
    /// How it has to do with the resource as a single value.
    pub(crate) fn how(self) -> Option<How> {
        match self {
            Self::Thing(how) | Self::Multi { index: 0, how, .. } => Some(how),
            _ => None,
        }
    }
}

/// Values of calls, literals and composite literals of the node at hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Temps(Vec<(ExprId, Val)>);

impl Temps {
    pub(crate) fn set(&mut self, expr: ExprId, val: Val) {
        self.0.push((expr, val));
    }

    fn get(&self, expr: ExprId) -> Val {
        let found = self.0.iter().rev().find(|(at, _)| *at == expr);
        found.map_or(Val::Other, |&(_, val)| val)
    }
}

impl<'a> Tracker<'_, 'a> {
    pub(crate) fn value(&self, state: &State, temps: &Temps, expr: ExprId) -> Val {
        let file = self.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::Ident => self.value_of_name(state, expr),
            ExprKind::Selector { x, sel } => {
                let name = file.span_text(sel);
                if let Some((local, path)) = self.place(expr)
                    && let Some(how) = held(state, local, &path)
                {
                    return Val::Thing(how);
                }
                match self.value(state, temps, x).how() {
                    Some(How::Same) if self.is_channel(name) => Val::Thing(How::Inside),
                    Some(How::Same | How::Own) if self.releases_by(name) => Val::Thing(How::Call),
                    Some(How::Inside | How::Own) if self.is_closable(expr) => {
                        Val::Thing(How::Inside)
                    }
                    // Who has the process of a command can wait for it.
                    Some(How::Same) if name == "Process" && self.is_command() => {
                        Val::Thing(How::Inside)
                    }
                    Some(How::Inside) if name == "Pid" && self.is_command() => {
                        Val::Thing(How::Wrap)
                    }
                    // What closes it closes its parts.
                    Some(How::Same)
                        if self.class.get() == ClassId::CLOSER
                            && (self.is_unknown(expr) || self.is_closable(expr)) =>
                    {
                        Val::Thing(How::Inside)
                    }
                    _ => Val::Other,
                }
            }
            ExprKind::Star(x) | ExprKind::TypeAssert { x, .. } | ExprKind::Slice { x, .. } => {
                self.value(state, temps, x)
            }
            // One of several: releasing it is taken for releasing all.
            ExprKind::Index { x, .. } => match self.value(state, temps, x) {
                Val::Thing(How::Same | How::Inside) => Val::Thing(How::Inside),
                _ => Val::Other,
            },
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => match self.value(state, temps, x) {
                made @ Val::Multi { .. } => made,
                Val::Thing(How::Same | How::Inside) => Val::Thing(How::Inside),
                Val::Thing(how) => Val::Thing(how),
                _ => Val::Known(Fact::NonNil),
            },
            ExprKind::Call { .. } | ExprKind::CompositeLit { .. } | ExprKind::FuncLit(_) => {
                temps.get(expr)
            }
            ExprKind::BasicLit(_) => match self.is_zero(expr) {
                Some(true) => Val::Known(Fact::Nil),
                Some(false) => Val::Known(Fact::NonNil),
                None => Val::Other,
            },
            ExprKind::Binary {
                op: BinaryOp::Add,
                x,
                y,
            } if self.models().class(self.class.get()).is_path => {
                let is_in = |x| self.value(state, temps, x).how().is_some();
                if is_in(x) || is_in(y) {
                    Val::Thing(How::Wrap)
                } else {
                    Val::Other
                }
            }
            _ => Val::Other,
        }
    }

    /// Whether nothing is known of the type of an expression, or of what it points to.
    fn is_unknown(&self, expr: ExprId) -> bool {
        let ty = self.body().type_of(expr);
        let elem = match self.body().cx().ty(ty) {
            Type::Pointer(elem) => elem,
            _ => ty,
        };
        elem.is_unknown()
    }

    fn value_of_name(&self, state: &State, expr: ExprId) -> Val {
        match self.body().object(expr) {
            Object::Local(local) => match held(state, local, &[]) {
                Some(how) => Val::Thing(how),
                None => state.fact(local).map_or(Val::Other, Val::Known),
            },
            Object::Nil => Val::Known(Fact::Nil),
            Object::UniverseConst(UniverseConst::True) => Val::Known(Fact::True),
            Object::UniverseConst(UniverseConst::False) => Val::Known(Fact::False),
            _ => Val::Other,
        }
    }

    /// The variable and the fields that `expr` names.
    pub(crate) fn place(&self, expr: ExprId) -> Option<(LocalId, Vec<Sym>)> {
        let file = self.file();
        let mut path = Vec::new();
        let mut at = file.unparen(expr);
        loop {
            match file.expr(at).kind {
                ExprKind::Ident => match self.body().object(at) {
                    Object::Local(local) => {
                        path.reverse();
                        return Some((local, path));
                    }
                    _ => return None,
                },
                ExprKind::Selector { x, sel } => {
                    path.push(self.sym(file.span_text(sel)));
                    at = file.unparen(x);
                }
                ExprKind::Star(x) => at = file.unparen(x),
                _ => return None,
            }
        }
    }
}

/// How a place has to do with the resource.
fn held(state: &State, local: LocalId, path: &[Sym]) -> Option<How> {
    let mut inside = None;
    for holder in state.holders.iter().filter(|holder| holder.local == local) {
        if holder.path == path {
            return Some(holder.how);
        }
        if holder.path.starts_with(path) && holder.how != How::Wrap {
            inside = Some(How::Inside);
        }
    }
    inside
}

/// One of several values.
pub(crate) fn element(value: Val, wanted: u32) -> Val {
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
        // `v, ok := x.(T)`
        Val::Thing(how) if wanted == 0 => Val::Thing(how),
        Val::Known(fact) if wanted == 0 => Val::Known(fact),
        _ => Val::Other,
    }
}
