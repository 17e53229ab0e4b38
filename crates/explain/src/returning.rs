//! Functions of the package that never return, by their control flow, and how they end instead.
//!
//! Whether calls panic that may return is not asked: only what must happen counts.

use std::cell::RefCell;

use go_flow::{CallMode, Cfg, End, FunctionFacts, NodeId, NodeKind, Point};
use go_syntax::{ExprId, Features, FuncId};
use go_types::{Body, PackageCx};
use rustc_hash::{FxHashMap, FxHashSet};

/// A declared function, with its file.
type Declared = (u32, FuncId);

/// What is known so far.
pub(crate) struct Returning<'a> {
    cx: &'a PackageCx<'a>,
    /// By file and function: how it ends, if it never returns.
    known: RefCell<FxHashMap<Declared, Option<Vec<End>>>>,
}

impl<'a> Returning<'a> {
    pub(crate) fn new(cx: &'a PackageCx<'a>) -> Self {
        Self {
            cx,
            known: RefCell::default(),
        }
    }

    /// In which ways a declared function ends; nothing when it may return.
    pub(crate) fn ends(&self, file: u32, func: FuncId) -> Option<Vec<End>> {
        if let Some(known) = self.known.borrow().get(&(file, func)) {
            return known.clone();
        }
        // Of one that calls itself nothing is known meanwhile.
        self.known.borrow_mut().insert((file, func), None);
        let ends = self.find(file, func);
        let mut known = self.known.borrow_mut();
        known.insert((file, func), ends.clone());
        ends
    }

    fn find(&self, file: u32, func: FuncId) -> Option<Vec<End>> {
        let node = self.cx.file(file).func(func);
        if !node.features.intersects(Features::BODY) {
            return None;
        }
        let body = Body::new(self.cx, file, func);
        let facts = FunctionFacts::new(&body);
        let cfg = facts.cfg(func);
        let mut ends: Vec<End> = Vec::new();
        let mut seen = FxHashSet::from_iter([cfg.entry()]);
        let mut open = vec![cfg.entry()];
        while let Some(node) = open.pop() {
            match cfg.kind(node) {
                NodeKind::Exit => return None,
                NodeKind::End(end) => ends.push(end),
                _ => {}
            }
            if let Some(called) = self.at(&facts, cfg, node) {
                ends.extend(called);
                continue;
            }
            let next = cfg.successors(node).iter().map(|edge| edge.node);
            open.extend(next.filter(|&node| seen.insert(node)));
        }
        let is_endless = |lp: &&go_flow::Loop| {
            seen.contains(&lp.head) && facts.loop_info(cfg, lp).ways.is_empty()
        };
        if cfg.loops().iter().any(|lp| is_endless(&lp)) {
            ends.push(End::Blocked);
        }
        ends.sort_unstable();
        ends.dedup();
        // What it defers may recover, and then it returns.
        let may_recover = ends.contains(&End::Panic) && !facts.defers().is_empty();
        (!may_recover && !ends.is_empty()).then_some(ends)
    }

    /// How a call at a node ends, when it calls a function of the package that never returns.
    pub(crate) fn at(
        &self,
        facts: &FunctionFacts<'_>,
        cfg: &Cfg<'_>,
        node: NodeId,
    ) -> Option<Vec<End>> {
        let point = Point {
            func: cfg.func(),
            node,
        };
        let mut calls = { facts.calls_at(point).iter() }
            .filter(|site| site.mode == CallMode::Now)
            .map(|site| site.call);
        calls.find_map(|call| self.of_call(facts.body(), call))
    }

    fn of_call(&self, body: &Body<'_>, call: ExprId) -> Option<Vec<End>> {
        let (file, func) = body.declaration(call)?;
        self.ends(file, func)
    }
}
