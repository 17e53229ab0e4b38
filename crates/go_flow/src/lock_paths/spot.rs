//! Which lock a call is about: a place without the names of the function's text, so that those of
//! called functions can be put into it.

use go_syntax::{ExprId, ExprKind, StmtKind, UnaryOp};
use go_types::{Init, LocalId, LocalKind, MemberId, Object, Selection, Type};

use super::LockField;
use crate::facts::FunctionFacts;
use crate::place::{IndexKey, Place, PlaceRoot, Projection};

/// Variables that hold addresses are looked through so many times.
const MAX_ALIASES: usize = 4;

/// Where the path to a lock starts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum SpotRoot {
    Local(LocalId),
    Member(MemberId),
    /// A variable of another package, as written.
    Imported(Box<str>),
}

/// A lock, by the path to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spot {
    pub(crate) root: SpotRoot,
    /// The steps, as they are written: `.mu`, `[0]`.
    pub(crate) path: Vec<Box<str>>,
    /// The variables that are indices on the way.
    pub(crate) indices: Vec<LocalId>,
}

impl Spot {
    /// The lock that an expression denotes, or points to.
    pub(crate) fn of(facts: &FunctionFacts<'_>, expr: ExprId) -> Option<Self> {
        let place = Place::of_operand(facts.body(), expr)?;
        Some(Self::of_place(facts, &place))
    }

    /// The lock at a place; variables that hold nothing but the address of something else are looked
    /// through.
    pub(crate) fn of_place(facts: &FunctionFacts<'_>, place: &Place<'_>) -> Self {
        let mut path = Vec::new();
        let mut indices = Vec::new();
        for step in &place.path {
            path.push(match step {
                Projection::Field(name) => format!(".{name}").into(),
                Projection::Deref => continue,
                Projection::Index(IndexKey::Literal(text)) => format!("[{text}]").into(),
                Projection::Index(IndexKey::Local(local)) => {
                    indices.push(*local);
                    format!("[{local:?}]").into()
                }
                Projection::Index(IndexKey::Member(member)) => format!("[{member:?}]").into(),
            });
        }
        let root = match place.root {
            PlaceRoot::Local(local) => SpotRoot::Local(local),
            PlaceRoot::Member(member) => SpotRoot::Member(member),
            PlaceRoot::Imported { import, name } => {
                SpotRoot::Imported(format!("{import:?}.{name}").into())
            }
        };
        let mut spot = Self {
            root,
            path,
            indices,
        };
        for _ in 0..MAX_ALIASES {
            let Some(next) = spot.resolved(facts) else {
                break;
            };
            spot = next;
        }
        // `s.Mutex.Lock()` and `s.Lock()` are the same when the mutex is embedded.
        if matches!(
            spot.path.last().map(|step| &**step),
            Some(".Mutex" | ".RWMutex")
        ) {
            spot.path.pop();
        }
        spot
    }

    /// The local that the path starts at.
    pub(crate) fn local(&self) -> Option<LocalId> {
        match self.root {
            SpotRoot::Local(local) => Some(local),
            _ => None,
        }
    }

    /// With more steps.
    pub(crate) fn join(&self, steps: &[Box<str>]) -> Self {
        let mut joined = self.clone();
        joined.path.extend(steps.iter().cloned());
        joined
    }

    /// Whether the last step is a field of this name.
    pub(crate) fn ends_like(&self, other: &Self) -> bool {
        match (self.path.last(), other.path.last()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => true,
            _ => false,
        }
    }

    /// The same lock, where the path goes through a field that the function itself filled, in the literal
    /// that the variable at the root was made by.
    pub(crate) fn settled(self, facts: &FunctionFacts<'_>) -> Self {
        self.filled(facts).unwrap_or(self)
    }

    fn filled(&self, facts: &FunctionFacts<'_>) -> Option<Self> {
        let local = self.local()?;
        let (first, rest) = self.path.split_first()?;
        let field = first.strip_prefix('.')?;
        let body = facts.body();
        let file = facts.file();
        let LocalKind::Var {
            init: Init::Value(value),
            ..
        } = body.names().local(local).kind
        else {
            return None;
        };
        if !facts.var(local).is_single_assignment() || is_assigned(facts, &[field]) {
            return None;
        }
        let mut value = file.unparen(value);
        if let ExprKind::Unary {
            op: UnaryOp::Addr,
            x,
        } = file.expr(value).kind
        {
            value = file.unparen(x);
        }
        let ExprKind::CompositeLit { elts, .. } = file.expr(value).kind else {
            return None;
        };
        let given = file.exprs(elts).iter().find_map(|&elt| {
            let ExprKind::KeyValue { key, value } = file.expr(elt).kind else {
                return None;
            };
            (file.ident(key) == Some(field)).then_some(value)
        })?;
        // A value that is copied has a lock of its own.
        let is_pointer = matches!(
            body.cx().ty(body.underlying(body.type_of(given))),
            Type::Pointer(_)
        );
        let target = Self::of(facts, given).filter(|_| is_pointer)?;
        let is_stable = target
            .local()
            .is_none_or(|local| facts.var(local).writes.len() <= 1);
        is_stable.then(|| target.join(rest))
    }

    /// What the variable at the root is another name of.
    fn resolved(&self, facts: &FunctionFacts<'_>) -> Option<Self> {
        let local = self.local()?;
        let body = facts.body();
        let file = facts.file();
        let LocalKind::Var {
            init: Init::Value(value),
            ..
        } = body.names().local(local).kind
        else {
            return None;
        };
        if !facts.var(local).is_single_assignment() {
            return None;
        }
        // A copy of a struct has a lock of its own.
        let is_address = matches!(
            file.expr(file.unparen(value)).kind,
            ExprKind::Unary {
                op: UnaryOp::Addr,
                ..
            }
        );
        let is_reference = || {
            matches!(
                body.cx().ty(body.underlying(body.type_of_local(local))),
                Type::Pointer(_) | Type::Interface { .. }
            )
        };
        if !is_address && !is_reference() {
            return None;
        }
        let target = Place::of_operand(body, value)?;
        let mut fields = Vec::new();
        for step in &target.path {
            match step {
                Projection::Field(name) => fields.push(*name),
                _ => return None,
            }
        }
        let is_stable = target
            .local()
            .is_none_or(|local| facts.var(local).writes.len() <= 1);
        if !is_stable || is_assigned(facts, &fields) {
            return None;
        }
        let root = match target.root {
            PlaceRoot::Local(other) if other != local => SpotRoot::Local(other),
            PlaceRoot::Member(member) => SpotRoot::Member(member),
            _ => return None,
        };
        let path = fields.iter().map(|name| format!(".{name}").into());
        Some(Self {
            root,
            path: path.chain(self.path.iter().cloned()).collect(),
            indices: self.indices.clone(),
        })
    }
}

/// Whether a field with one of these names is assigned anywhere in the function.
fn is_assigned(facts: &FunctionFacts<'_>, fields: &[&str]) -> bool {
    let file = facts.file();
    !fields.is_empty()
        && file.func(facts.root()).stmts.iter().any(|stmt| {
            let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind else {
                return false;
            };
            file.exprs(lhs).iter().any(|&target| {
                matches!(file.expr(file.unparen(target)).kind, ExprKind::Selector { sel, .. }
                    if fields.contains(&file.span_text(sel)))
            })
        })
}

/// The field of a type that a lock is: what tells it from others in all functions.
pub(crate) fn field_of(facts: &FunctionFacts<'_>, operand: ExprId) -> Option<LockField> {
    let file = facts.file();
    let body = facts.body();
    let mut operand = file.unparen(operand);
    while let ExprKind::Star(x)
    | ExprKind::Unary {
        op: UnaryOp::Addr,
        x,
    } = file.expr(operand).kind
    {
        operand = file.unparen(x);
    }
    let named = |ty| {
        let ty = body.cx().deref(ty);
        matches!(body.cx().ty(ty), Type::Named { .. }).then(|| body.type_string(ty))
    };
    if let Some((x, name)) = file.selector(operand) {
        if let Object::Package(_) = body.object(x) {
            return Some(LockField(file.expr_text(operand).into()));
        }
        let owner = named(body.type_of(x))?;
        // An embedded lock goes by the type that embeds it.
        return Some(match name {
            "Mutex" | "RWMutex" => LockField(owner.into()),
            _ => LockField(format!("{owner}.{name}").into()),
        });
    }
    match body.object(operand) {
        Object::Member(_) => Some(LockField(file.expr_text(operand).into())),
        Object::Local(local) => {
            let ty = named(body.type_of_local(local))?;
            // A variable that is a lock by itself is only known here.
            (!ty.starts_with("sync.")).then(|| LockField(ty.into()))
        }
        _ => None,
    }
}

/// The type that has the lock embedded, when the operand is a value of it.
pub(crate) fn embedding_type(facts: &FunctionFacts<'_>, operand: ExprId) -> Option<LockField> {
    let body = facts.body();
    let ty = body.cx().deref(body.type_of(operand));
    if !matches!(body.cx().ty(ty), Type::Named { .. }) {
        return None;
    }
    let own = body.type_string(ty);
    (!own.starts_with("sync.")).then(|| LockField(own.into()))
}

/// The same for a lock that a called function takes.
pub(crate) fn field_of_spot(facts: &FunctionFacts<'_>, spot: &Spot) -> Option<LockField> {
    let body = facts.body();
    let mut ty = match spot.root {
        SpotRoot::Local(local) => body.type_of_local(local),
        SpotRoot::Member(member) => {
            if spot.path.is_empty() {
                return Some(LockField(body.cx().names().member_name(member).into()));
            }
            body.cx().type_of_member(member)
        }
        SpotRoot::Imported(_) => return None,
    };
    let mut last: Option<&str> = None;
    for step in &spot.path {
        if let Some(name) = last {
            let Selection::Field(next) = body.selection(ty, name)? else {
                return None;
            };
            ty = next;
        }
        last = Some(step.strip_prefix('.')?);
    }
    let ty = body.cx().deref(ty);
    if !matches!(body.cx().ty(ty), Type::Named { .. }) {
        return None;
    }
    let owner = body.type_string(ty);
    Some(match last {
        Some(name) => LockField(format!("{owner}.{name}").into()),
        None if owner.starts_with("sync.") => return None,
        None => LockField(owner.into()),
    })
}
