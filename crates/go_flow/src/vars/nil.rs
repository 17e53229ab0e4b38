//! Whether a variable is certainly nil at some point: nothing but nil was assigned to it, or a
//! comparison said so.

use go_syntax::{BinaryOp, ExprId, ExprKind};
use go_types::{LocalId, Object};

use super::Value;
use crate::bitset::BitSet;
use crate::cfg::{Cfg, Edge, EdgeKind, NodeId, NodeKind};
use crate::facts::{FunctionFacts, Point};

impl FunctionFacts<'_> {
    /// Whether `local`, a variable of a type that has nil, certainly is nil when `point` starts: on
    /// every way there its last write gave it nil (or its zero value), or a condition compared it
    /// with nil since then. Always `false` for a variable of another function than that of `point`,
    /// and for one that something unseen may write.
    pub fn is_nil_at(&self, point: Point, local: LocalId) -> bool {
        let facts = self.var(local);
        let owner = self.body().names().local(local).func;
        let unseen = facts
            .captures
            .iter()
            .any(|capture| capture.writes && self.may_have_run(capture.literal, point));
        if owner != point.func || facts.address_taken || unseen {
            return false;
        }
        let cfg = self.cfg(point.func);
        let mut seen = BitSet::new(cfg.len());
        let mut open: Vec<NodeId> = vec![point.node];
        while let Some(node) = open.pop() {
            // Before the entry there is nothing, least of all a write.
            if node == Cfg::ENTRY || cfg.predecessors(node).is_empty() {
                return false;
            }
            for edge in cfg.predecessors(node) {
                if self.says_nil(cfg, *edge, local) || !seen.insert(edge.node.index()) {
                    continue;
                }
                let here = Point {
                    func: point.func,
                    node: edge.node,
                };
                match facts.write_at(here) {
                    Some(write) if self.writes_nil(write.value) => {}
                    Some(_) => return false,
                    None => open.push(edge.node),
                }
            }
        }
        true
    }

    fn writes_nil(&self, value: Value) -> bool {
        match value {
            Value::Zero => true,
            Value::Expr(expr) => self.body().object(expr) == Object::Nil,
            _ => false,
        }
    }

    /// Whether control takes `edge`, seen from where it leads to, only when `local` is nil.
    fn says_nil(&self, cfg: &Cfg<'_>, edge: Edge, local: LocalId) -> bool {
        let NodeKind::Cond(cond) = cfg.kind(edge.node) else {
            return false;
        };
        let file = self.file();
        let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
            return false;
        };
        let object = |expr: ExprId| self.body().object(expr);
        let compares = match (object(x), object(y)) {
            (Object::Local(compared), Object::Nil) | (Object::Nil, Object::Local(compared)) => {
                compared == local
            }
            _ => false,
        };
        compares
            && matches!(
                (op, edge.kind),
                (BinaryOp::Eq, EdgeKind::True) | (BinaryOp::Ne, EdgeKind::False)
            )
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Snippet, with_facts};

    /// Whether `x` is nil where `defer use(x)` stands.
    #[track_caller]
    fn assert_nil(expected: bool, text: &str) {
        let text = format!("func g() (*int, error)\nfunc use(error)\n{text}");
        with_facts(&text, |facts| {
            let is_nil = facts.is_nil_at(facts.at("defer use(x)"), facts.local("x"));
            assert_eq!(is_nil, expected, "{text}");
        });
    }

    #[test]
    fn a_value_that_was_compared_is_nil() {
        assert_nil(
            true,
            "func f() { _, x := g(); if x != nil { return }; defer use(x) }",
        );
        assert_nil(
            true,
            "func f() { _, x := g(); if nil == x { defer use(x) } }",
        );
        assert_nil(
            true,
            "func f() { if _, x := g(); x != nil { return } else { defer use(x) } }",
        );
        assert_nil(
            true,
            "func f(b bool) { _, x := g(); if b && x == nil { defer use(x) } }",
        );
        assert_nil(
            true,
            "func f(b bool) { _, x := g(); if b || x != nil { return }; defer use(x) }",
        );
        assert_nil(
            true,
            "func f() { _, x := g(); switch { case x != nil: return; default: defer use(x) } }",
        );
        assert_nil(
            true,
            "func f() { _, x := g(); for x != nil { _, x = g() }; defer use(x) }",
        );
    }

    #[test]
    fn a_value_that_may_be_something_is_not() {
        assert_nil(false, "func f() { _, x := g(); defer use(x) }");
        assert_nil(
            false,
            "func f() { _, x := g(); if x != nil { defer use(x) } }",
        );
        assert_nil(
            false,
            "func f(b bool) { _, x := g(); if b || x == nil { defer use(x) } }",
        );
        assert_nil(
            false,
            "func f() { _, x := g(); if x != nil { println() }; defer use(x) }",
        );
        assert_nil(
            false,
            "func f() { _, x := g(); if x != nil { return }; _, x = g(); defer use(x) }",
        );
        assert_nil(
            false,
            "func f() { _, x := g(); if _, x := g(); x != nil { return }; defer use(x) }",
        );
        assert_nil(
            false,
            "func f() { _, x := g(); for { if x == nil { break }; break }; defer use(x) }",
        );
    }

    #[test]
    fn a_variable_starts_as_nil_unless_it_is_a_parameter() {
        assert_nil(true, "func f() { var x error; defer use(x) }");
        assert_nil(true, "func f() (x error) { defer use(x); return nil }");
        assert_nil(false, "func f(x error) { defer use(x) }");
        assert_nil(true, "func f() { _, x := g(); x = nil; defer use(x) }");
        assert_nil(
            false,
            "func f() { var x error; for range 3 { defer use(x); _, x = g() } }",
        );
    }

    #[test]
    fn what_is_written_unseen_is_not_known() {
        assert_nil(
            false,
            "func f() { var x error; func() { _, x = g() }(); defer use(x) }",
        );
        assert_nil(
            false,
            "func f() { var x error; p := &x; _, *p = g(); defer use(x) }",
        );
        assert_nil(false, "func f() { var x error; func() { defer use(x) }() }");
        assert_nil(
            true,
            "func f() (x error) { defer func() { _, x = g() }(); defer use(x); return }",
        );
    }

    #[test]
    fn unreachable_code_proves_nothing() {
        assert_nil(false, "func f() { _, x := g(); return; defer use(x) }");
    }
}
