//! Places: normalised paths to where a value lives, so that two expressions can be seen to denote
//! the same variable, field or mutex.

use go_syntax::{ExprId, ExprKind, UnaryOp};
use go_types::{Body, ImportId, LocalId, MemberId, Object};

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

impl<'a> IndexKey<'a> {
    fn of(body: &Body<'a>, index: ExprId) -> Option<Self> {
        let file = body.file();
        let index = file.unparen(index);
        match file.expr(index).kind {
            ExprKind::BasicLit(_) => Some(Self::Literal(file.expr_text(index))),
            ExprKind::Ident => match body.object(index) {
                Object::Local(local) => Some(Self::Local(local)),
                Object::Member(member) => Some(Self::Member(member)),
                _ => None,
            },
            _ => None,
        }
    }
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
        Self::build(body, expr, false)
    }

    /// The place of the thing that a method is called on: like [`Place::of`], but a pointer and what
    /// it points to are not told apart.
    pub fn of_operand(body: &Body<'a>, expr: ExprId) -> Option<Self> {
        Self::build(body, expr, true)
    }

    fn build(body: &Body<'a>, expr: ExprId, operand: bool) -> Option<Self> {
        let file = body.file();
        // From the outermost step inwards.
        let mut path: Vec<Projection<'a>> = Vec::new();
        let mut at = expr;
        let root = loop {
            match file.expr(at).kind {
                ExprKind::Paren(x) => at = x,
                ExprKind::Ident => match body.object(at) {
                    Object::Local(local) => break PlaceRoot::Local(local),
                    Object::Member(member) => break PlaceRoot::Member(member),
                    Object::DotMember(import) => {
                        let name = file.expr_text(at);
                        break PlaceRoot::Imported { import, name };
                    }
                    _ => return None,
                },
                ExprKind::Selector { x, sel } => {
                    let name = file.span_text(sel);
                    if let Object::Package(import) = body.object(x) {
                        break PlaceRoot::Imported { import, name };
                    }
                    path.push(Projection::Field(name));
                    at = x;
                }
                ExprKind::Star(x) => {
                    // Before a field or an element the pointer is followed anyway.
                    if path.is_empty() && !operand || path.last() == Some(&Projection::Deref) {
                        path.push(Projection::Deref);
                    }
                    at = x;
                }
                ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => {
                    match path.last() {
                        Some(Projection::Deref) => {
                            path.pop();
                        }
                        None if !operand => return None,
                        _ => {}
                    }
                    at = x;
                }
                ExprKind::Index { x, indices } => {
                    let &[index] = file.exprs(indices) else {
                        return None;
                    };
                    path.push(Projection::Index(IndexKey::of(body, index)?));
                    at = x;
                }
                _ => return None,
            }
        };
        path.reverse();
        Some(Self { root, path })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Snippet, with_facts};

    /// Checks with places by their text; the function has variables of all kinds.
    fn with_places(exprs: &[&str], check: impl FnOnce(Vec<Option<Place<'_>>>)) {
        let uses: String = exprs.iter().map(|expr| format!("_ = ({expr})\n")).collect();
        let text = format!(
            "import \"example.com/q\"
            var global S
            const key = 1
            func f(s *S, p **S, i, j int) {{ var t S\n{uses} }}"
        );
        with_facts(&text, |facts| {
            let place = |text: &&str| {
                let expr = facts.expr(&format!("({text})"));
                Place::of(facts.body(), expr)
            };
            check(exprs.iter().map(place).collect());
        });
    }

    #[test]
    fn paths_that_denote_the_same() {
        with_places(
            &[
                "s.mu",
                "(*s).mu",
                "((s)).mu",
                "(&s.mu).f",
                "s.mu.f",
                "*&t",
                "t",
                "(*p).x",
                "(**p).x",
            ],
            |places| {
                let place = |index: usize| places[index].clone().unwrap();
                assert_eq!(place(0), place(1));
                assert_eq!(place(0), place(2));
                assert_eq!(place(3), place(4));
                assert_eq!(place(5), place(6));
                // One pointer more.
                assert_ne!(place(0), place(3));
            },
        );
    }

    #[test]
    fn paths_that_differ() {
        let texts = [
            "s", "*s", "**p", "*p", "s.a", "s.b", "t.a", "global.a", "q.Var", "q.Var.a", "s.l[i]",
            "s.l[j]", "s.l[0]", "s.l[1]", "s.l[key]", "s.l[`x`]",
        ];
        with_places(&texts, |places| {
            for (index, place) in places.iter().enumerate() {
                let place = place.as_ref().unwrap_or_else(|| panic!("{}", texts[index]));
                for (other, text) in places[..index].iter().zip(texts) {
                    assert_ne!(Some(place), other.as_ref(), "{} {text}", texts[index]);
                }
            }
        });
    }

    #[test]
    fn no_paths() {
        with_places(
            &[
                "s.m().x",
                "&t",
                "s.l[i+1]",
                "unknown.x",
                "1",
                "s.l[1:]",
                "<-q.C",
                "nil",
            ],
            |places| assert!(places.iter().all(Option::is_none), "{places:?}"),
        );
    }

    #[test]
    fn operands_of_methods_are_the_same_through_pointers() {
        with_facts(
            "func f(mu *M, s S) { mu.Lock(); (*mu).Lock(); (&s.mu).Lock(); s.mu.Lock(); (&(*mu)).Lock() }",
            |facts| {
                let places: Vec<_> = facts
                    .locks()
                    .iter()
                    .map(|lock| lock.place.clone().unwrap())
                    .collect();
                assert_eq!(places[0], places[1]);
                assert_eq!(places[0], places[4]);
                assert_eq!(places[2], places[3]);
                assert_ne!(places[0], places[2]);
            },
        );
    }

    #[test]
    fn what_a_write_changes() {
        with_places(
            &[
                "s.a.b[i]",
                "s",
                "s.a",
                "s.a.b",
                "s.a.b[i]",
                "i",
                "t",
                "s.a.c",
                "j",
                "s.a.b[i].d",
            ],
            |places| {
                let place = |index: usize| places[index].clone().unwrap();
                let path = place(0);
                for index in [1, 2, 3, 4, 5] {
                    assert!(path.changes_with(&place(index)), "{index}");
                }
                for index in [6, 7, 8, 9] {
                    assert!(!path.changes_with(&place(index)), "{index}");
                }
                assert!(path.is_within(&place(2)) && !place(2).is_within(&path));
                assert_eq!(path.local(), place(1).local());
                assert!(place(1).is_variable() && !path.is_variable());
            },
        );
    }
}
