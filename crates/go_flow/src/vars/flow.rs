//! What happens to a variable when: later writes, reads in between, the values it may have.

use go_syntax::{ExprId, FuncId};
use go_types::{LocalId, LocalKind};

use super::{Access, Definition, Definitions, LateWrite, Value};
use crate::bitset::BitSet;
use crate::cfg::{Cfg, NodeId};
use crate::facts::{FunctionFacts, Point};
use crate::search::Visit;
use crate::sites::LiteralUse;

/// How many copies `y := x` are followed.
const MAX_COPIES: usize = 16;

impl FunctionFacts<'_> {
    /// The writes of `local` that may happen after `point` and before its function ends; see
    /// [`FunctionFacts::accesses_after`].
    pub fn writes_after(&self, point: Point, local: LocalId) -> Vec<LateWrite> {
        let writes = &self.var(local).writes;
        // Most variables are written once, where they are declared.
        if writes.iter().all(|write| write.point == point) && !self.in_cycle(point) {
            return Vec::new();
        }
        self.accesses_after(point, local, writes.iter())
    }

    /// Those of `accesses`, accesses of `local`, that may happen after `point` and before its
    /// function ends, while `local` is the variable that it is at `point`: where it is declared
    /// anew, in the next round of a loop, a search ends. An access counts when its node can be
    /// reached, or when it stands in a literal that exists then and may be called; one at `point`
    /// itself only when it can be reached again. Literals that were deferred before do not count:
    /// they run after everything that is deferred at `point`.
    pub fn accesses_after<'x>(
        &self,
        point: Point,
        local: LocalId,
        accesses: impl Iterator<Item = &'x Access>,
    ) -> Vec<LateWrite> {
        let cfg = self.cfg(point.func);
        let declared = self.declared_in_passing(local);
        let mut after = BitSet::new(cfg.len());
        cfg.search_after(point.node, |node| {
            let here = Point {
                func: point.func,
                node,
            };
            if declared == Some(here) {
                return Visit::Skip;
            }
            after.insert(node.index());
            Visit::Continue
        });
        accesses
            .filter_map(|&access| {
                let in_closure = access.point.func != point.func;
                let later = if in_closure {
                    self.may_run_after(access.point.func, point, &after)
                } else {
                    after.contains(access.point.node.index())
                };
                later.then_some(LateWrite { access, in_closure })
            })
            .collect()
    }

    /// Where `local` is declared, if each time control comes there makes a new variable.
    fn declared_in_passing(&self, local: LocalId) -> Option<Point> {
        let kind = self.body().names().local(local).kind;
        let is_made = matches!(
            kind,
            LocalKind::Var { .. } | LocalKind::TypeSwitchVar { .. }
        );
        let declaration = self.var(local).writes.first().filter(|_| is_made)?;
        Some(declaration.point)
    }

    /// Whether `func` may run after `point`, a node of another function; `after` is what can be
    /// reached from there.
    fn may_run_after(&self, func: FuncId, point: Point, after: &BitSet) -> bool {
        let Some((literal, created)) = self.literal_within(func, point.func) else {
            // A function around that of the point goes on whenever it likes.
            return true;
        };
        if after.contains(created.node.index()) {
            return true;
        }
        match self.literal_use(literal) {
            // It ran where it was created, and that is over; or it runs last.
            LiteralUse::Called { .. } | LiteralUse::Deferred { .. } => false,
            _ => {
                created.node == point.node || self.cfg(point.func).reaches(created.node, point.node)
            }
        }
    }

    /// The literal that stands directly in `outer` and is, or contains, `func`; and where it is
    /// created.
    fn literal_within(&self, func: FuncId, outer: FuncId) -> Option<(FuncId, Point)> {
        let mut at = func;
        loop {
            let parent = self.file().func(at).parent?;
            if parent == outer {
                return Some((at, self.created_at(at)?));
            }
            at = parent;
        }
    }

    /// The reads of `local` at nodes on paths from `from` to `to`, both excluded unless they are
    /// passed again on the way; both are of one function. Reads in a literal count where the literal
    /// is created.
    pub fn reads_between(&self, from: Point, to: Point, local: LocalId) -> Vec<Access> {
        if from.func != to.func {
            return Vec::new();
        }
        let cfg = self.cfg(from.func);
        let between = nodes_between(cfg, from.node, to.node);
        let on_the_way = |access: &&Access| {
            if access.point.func == from.func {
                return between.contains(access.point.node.index());
            }
            self.literal_within(access.point.func, from.func)
                .is_some_and(|(_, created)| between.contains(created.node.index()))
        };
        self.var(local)
            .reads
            .iter()
            .filter(on_the_way)
            .copied()
            .collect()
    }

    /// The writes whose value `local` may have when `point` starts.
    pub fn definitions(&self, point: Point, local: LocalId) -> Definitions {
        let facts = self.var(local);
        let define = |access: &Access| Definition {
            point: access.point,
            value: access.value,
        };
        if facts.is_single_assignment() {
            return Definitions {
                list: facts.writes.iter().map(define).collect(),
                exact: true,
            };
        }
        let owner = self.body().names().local(local).func;
        let cfg = self.cfg(point.func);
        let mut list = Vec::new();
        let mut from_outside = false;
        cfg.search_before(point.node, |node| {
            let here = Point {
                func: point.func,
                node,
            };
            if let Some(write) = facts.write_at(here) {
                list.push(define(write));
                return Visit::Skip;
            }
            from_outside |= node == Cfg::ENTRY;
            Visit::Continue
        });
        from_outside |= point.node == Cfg::ENTRY && owner != point.func;
        let mut exact = !facts.address_taken;
        if owner != point.func && from_outside {
            let mut outside = facts
                .writes
                .iter()
                .filter(|write| write.point.func != point.func);
            list.extend(outside.by_ref().map(define));
            exact = false;
        }
        exact &= !facts
            .captures
            .iter()
            .any(|capture| capture.writes && self.may_have_run(capture.literal, point));
        list.sort_by_key(|definition| definition.point);
        Definitions { list, exact }
    }

    /// Whether the literal `func` (or one in it) may have run before `point`.
    pub(super) fn may_have_run(&self, func: FuncId, point: Point) -> bool {
        if func == point.func {
            return false;
        }
        let Some((literal, created)) = self.literal_within(func, point.func) else {
            return true;
        };
        let cfg = self.cfg(point.func);
        match self.literal_use(literal) {
            // It runs when the function ends.
            LiteralUse::Deferred { .. } => false,
            _ => created.node == point.node || cfg.reaches(created.node, point.node),
        }
    }

    /// The value that a use of a local variable certainly has: the expression that is its only
    /// definition there. Follows `y := x` as far as that goes. For other expressions, they
    /// themselves.
    pub fn value_of(&self, expr: ExprId) -> Option<ExprId> {
        let mut expr = self.file().unparen(expr);
        for _ in 0..MAX_COPIES {
            let Some(local) = self.body().names().local_of(expr) else {
                return Some(expr);
            };
            let point = self.point_of_expr(expr)?;
            match self.definitions(point, local).single()?.value {
                Value::Expr(value) => expr = self.file().unparen(value),
                _ => return None,
            }
        }
        None
    }
}

/// The nodes on paths from `from` to `to`, both excluded.
fn nodes_between(cfg: &Cfg<'_>, from: NodeId, to: NodeId) -> BitSet {
    let stop_at = |end| {
        move |node| {
            if node == end {
                Visit::Skip
            } else {
                Visit::Continue
            }
        }
    };
    let mut forward = BitSet::new(cfg.len());
    cfg.search_after(from, |node| {
        forward.insert(node.index());
        stop_at(to)(node)
    });
    let mut between = BitSet::new(cfg.len());
    cfg.search_before(to, |node| {
        if forward.contains(node.index()) && node != from && node != to {
            between.insert(node.index());
        }
        stop_at(from)(node)
    });
    between
}
