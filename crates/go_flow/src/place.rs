//! Places: normalised paths to where a value lives, so that two expressions can be seen to denote
//! the same variable, field or mutex.

use go_syntax::ExprId;
use go_types::{Body, ImportId, LocalId, MemberId};

/// Where a path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PlaceRoot<'a> {
    /// A variable of the function.
    Local(LocalId),
    /// A variable of the package.
    Member(MemberId),
    /// A variable of an imported package.
    Imported { import: ImportId, name: &'a str },
}

/// An index that is the same whenever it is evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IndexKey<'a> {
    /// A literal, as written.
    Literal(&'a str),
    /// A constant or variable of the function.
    Local(LocalId),
    /// A constant or variable of the package.
    Member(MemberId),
}

/// One step of a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Projection<'a> {
    /// A field; the pointer before it, if there is one, is followed.
    Field(&'a str),
    /// An element.
    Index(IndexKey<'a>),
    /// What a pointer points to, at the end of a path.
    Deref,
}

/// A normalised access path: `s.mu`, `(*s).mu` and `(&s.mu)` behind a call are the same place. The
/// path is what the text tells; that two different paths may meet through pointers is not seen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place<'a> {
    /// Where it starts.
    pub root: PlaceRoot<'a>,
    /// The steps from there.
    pub path: Vec<Projection<'a>>,
}

impl<'a> Place<'a> {
    /// The place that `expr` denotes; `None` when it is not a path (a call is in it, say).
    pub fn of(body: &Body<'a>, expr: ExprId) -> Option<Self> {
        let _ = (body, expr);
        None
    }

    /// The place of the thing that a method is called on: like [`Place::of`], but a pointer and what
    /// it points to are not told apart.
    pub fn of_operand(body: &Body<'a>, expr: ExprId) -> Option<Self> {
        let _ = (body, expr);
        None
    }

    /// The local at the root, if that is where the path starts.
    pub fn local(&self) -> Option<LocalId> {
        match self.root {
            PlaceRoot::Local(local) => Some(local),
            PlaceRoot::Member(_) | PlaceRoot::Imported { .. } => None,
        }
    }

    /// Whether this is a variable as a whole.
    pub fn is_variable(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether `self` lies within `outer` or is the same.
    pub fn is_within(&self, outer: &Place<'_>) -> bool {
        self.root == outer.root && self.path.starts_with(&outer.path)
    }

    /// Whether the path may lead to something else, or to another value, after a write to `written`:
    /// a variable or field on the way, or an index.
    pub fn changes_with(&self, written: &Place<'_>) -> bool {
        let index = written.is_variable()
            && self.path.iter().any(|step| match (step, written.root) {
                (Projection::Index(IndexKey::Local(a)), PlaceRoot::Local(b)) => *a == b,
                (Projection::Index(IndexKey::Member(a)), PlaceRoot::Member(b)) => *a == b,
                _ => false,
            });
        index || self.is_within(written)
    }
}
