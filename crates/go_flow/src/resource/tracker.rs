//! What is asked again and again while the resources of a function are followed: answers that hold for
//! the whole function, kept where they are dear.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use go_syntax::{BinaryOp, ExprId, ExprKind, File, FuncId, StmtId, StmtKind};
use go_types::{Body, LocalId, LocalKind, Object, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::contract::Contract;
use super::inferred::Inferred;
use super::models::{ClassId, Models};
use super::nodes::NodeInfo;
use super::outcome::Outcome;
use super::state::{Fact, State, Sym};
use crate::cfg::{EdgeKind, NodeKind};
use crate::facts::{FunctionFacts, Point};
use crate::switches::exhaustive;
use crate::trail::Hop;

/// What is asked again and again while resources of a function are followed.
pub(crate) struct Tracker<'f, 'a> {
    facts: &'f FunctionFacts<'a>,
    models: &'f Models,
    inferred: &'f dyn Inferred,
    pub(crate) contracts: RefCell<FxHashMap<ExprId, Rc<Contract>>>,
    pub(crate) nodes: RefCell<FxHashMap<Point, Rc<NodeInfo>>>,
    tested: OnceCell<FxHashSet<LocalId>>,
    switches: OnceCell<FxHashMap<StmtId, StmtId>>,
    exhaustive: OnceCell<FxHashSet<StmtId>>,
    fields: RefCell<FxHashMap<Box<str>, Sym>>,
    /// The fields that the resource at hand was put into.
    pub(crate) put_into: RefCell<Vec<(TypeId, Box<str>)>>,
    /// The kind of the resource at hand.
    pub(crate) class: Cell<ClassId>,
}

impl<'f, 'a> Tracker<'f, 'a> {
    pub(crate) fn new(
        facts: &'f FunctionFacts<'a>,
        models: &'f Models,
        inferred: &'f dyn Inferred,
    ) -> Self {
        Self {
            facts,
            models,
            inferred,
            contracts: RefCell::default(),
            nodes: RefCell::default(),
            tested: OnceCell::new(),
            switches: OnceCell::new(),
            exhaustive: OnceCell::new(),
            fields: RefCell::default(),
            put_into: RefCell::default(),
            class: Cell::new(ClassId::CLOSER),
        }
    }

    #[inline]
    pub(crate) fn facts(&self) -> &'f FunctionFacts<'a> {
        self.facts
    }

    #[inline]
    pub(crate) fn body(&self) -> &'a Body<'a> {
        self.facts.body()
    }

    #[inline]
    pub(crate) fn file(&self) -> &'a File {
        self.facts.file()
    }

    #[inline]
    pub(crate) fn models(&self) -> &'f Models {
        self.models
    }

    #[inline]
    pub(crate) fn inferred(&self) -> &'f dyn Inferred {
        self.inferred
    }

    /// The number of the name of a field.
    pub(crate) fn sym(&self, name: &str) -> Sym {
        if let Some(&sym) = self.fields.borrow().get(name) {
            return sym;
        }
        let mut fields = self.fields.borrow_mut();
        let sym = Sym(u32::try_from(fields.len()).unwrap_or(u32::MAX));
        fields.insert(name.into(), sym);
        sym
    }

    /// Whether the method `name` releases the resource at hand.
    pub(crate) fn releases_by(&self, name: &str) -> bool {
        let class = self.models.class(self.class.get());
        class.release.iter().any(|release| &**release == name)
    }

    /// Whether conditions ask for the value of `local` more than once, or it gets several values, so
    /// that knowing it can rule out paths.
    pub(crate) fn is_tested(&self, local: LocalId) -> bool {
        self.tested
            .get_or_init(|| self.collect_tested())
            .contains(&local)
    }

    fn collect_tested(&self) -> FxHashSet<LocalId> {
        let names = self.body().names();
        let mut counts: FxHashMap<LocalId, u32> = FxHashMap::default();
        for &func in self.facts.funcs() {
            let cfg = self.facts.cfg(func);
            for node in cfg.nodes() {
                if let NodeKind::Cond(_) | NodeKind::Case { .. } | NodeKind::Tag(_) = node.kind {
                    cfg.own_exprs(node.id, |at| {
                        if let Object::Local(local) = self.body().object(at) {
                            *counts.entry(local).or_default() += 1;
                        }
                    });
                }
            }
        }
        let stable = |local: LocalId| {
            let facts = self.facts.var_facts(local);
            let is_result = matches!(names.local(local).kind, LocalKind::Result(_));
            !facts.address_taken && (is_result || !facts.is_written_in_literal())
        };
        // What is returned may be asked for in deferred literals.
        let has_results = names.locals().any(|(_, local)| local.is_result());
        counts
            .into_iter()
            .filter(|&(local, count)| {
                let varies = || !self.facts.var_facts(local).is_single_assignment();
                let matters = count > 1 || has_results || names.local(local).is_result();
                (matters || varies()) && stable(local)
            })
            .map(|(local, _)| local)
            .collect()
    }

    /// The switch that a clause belongs to.
    pub(crate) fn switch_of(&self, clause: StmtId) -> Option<StmtId> {
        let file = self.file();
        let switches = self.switches.get_or_init(|| {
            let mut switches = FxHashMap::default();
            for stmt in file.func(self.facts.root()).stmts.iter() {
                if let StmtKind::Switch { body, .. } | StmtKind::TypeSwitch { body, .. } =
                    file.stmt(stmt).kind
                {
                    for &clause in file.block_stmts(body) {
                        switches.insert(clause, stmt);
                    }
                }
            }
            switches
        });
        switches.get(&clause).copied()
    }

    /// Whether a clause is of a switch over a type of the package that names each of its constants.
    pub(crate) fn is_exhaustive(&self, clause: StmtId) -> bool {
        self.exhaustive
            .get_or_init(|| exhaustive(self.facts, true))
            .contains(&clause)
    }

    /// Whether a path returns an error, or comes by a condition that says there is one.
    pub(crate) fn ends_in_error(&self, outcome: &Outcome) -> bool {
        outcome.error == Some(Fact::NonNil) || outcome.hops.iter().any(|hop| self.tells_error(hop))
    }

    /// Whether it makes a difference for the resource at hand that there is an error.
    pub(super) fn failure_matters(&self) -> bool {
        self.models.class(self.class.get()).error_excuses
    }

    pub(crate) fn tells_error(&self, hop: &Hop) -> bool {
        let (NodeKind::Cond(cond) | NodeKind::Case { expr: cond, .. }) =
            self.facts.cfg(hop.point.func).kind(hop.point.node)
        else {
            return false;
        };
        let truth = matches!(hop.edge, EdgeKind::True | EdgeKind::Case);
        let file = self.file();
        let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
            return false;
        };
        let is_nil = |expr| self.body().object(expr) == Object::Nil;
        let is_error = |expr| {
            let ty = self.body().type_of(expr);
            let name = || file.expr_text(expr).to_lowercase();
            self.body().is_error(ty) || (ty.is_unknown() && name().contains("err"))
        };
        let about = |x, y| is_nil(x) && is_error(y);
        let wanted = match op {
            BinaryOp::Ne => true,
            BinaryOp::Eq => false,
            _ => return false,
        };
        truth == wanted && (about(x, y) || about(y, x))
    }

    /// The variables of the results of a function, in order; `None` for those without a name.
    pub(crate) fn named_results(&self, func: FuncId) -> Vec<Option<LocalId>> {
        let file = self.file();
        let Some(results) = file.sig(file.func(func).sig).results else {
            return Vec::new();
        };
        let names = self.body().names();
        file.fields_of(results)
            .iter()
            .flat_map(|field| file.field(field).names.iter())
            .map(|name| names.declared(name))
            .collect()
    }

    /// Whether a variable of a function around `func` has to do with the resource.
    pub(super) fn is_held_outside(&self, func: FuncId, state: &State) -> bool {
        let names = self.body().names();
        let outer = std::iter::successors(self.file().func(func).parent, |&func| {
            self.file().func(func).parent
        });
        let mut owners = state
            .holders
            .iter()
            .map(|holder| names.local(holder.local).func);
        match func == self.facts.root() {
            true => false,
            false => {
                let outer: Vec<FuncId> = outer.collect();
                owners.any(|owner| outer.contains(&owner))
            }
        }
    }

    /// The call of a `defer` or `go` statement.
    pub(crate) fn call_of(&self, stmt: StmtId) -> Option<ExprId> {
        match self.file().stmt(stmt).kind {
            StmtKind::Defer(call) | StmtKind::Go(call) => Some(self.file().unparen(call)),
            _ => None,
        }
    }
}
