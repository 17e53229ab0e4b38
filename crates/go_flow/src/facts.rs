//! Everything known of one top-level function and the literals in it, computed when asked for.

use std::cell::{OnceCell, RefCell};
use std::fmt;

use go_syntax::{ArenaId, ExprId, File, FuncId, StmtId};
use go_types::{Body, Callee, LocalId};

use crate::cfg::{Cfg, NodeId};
use crate::ends::{self, CallEnd};
use crate::locks::LockStates;
use crate::sites::{LockCall, Sites};
use crate::vars::VarFacts;

/// A node of one of the graphs of a top-level function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point {
    /// The function or literal.
    pub func: FuncId,
    /// The node in its graph.
    pub node: NodeId,
}

/// The number of the parameter of the top-level function that a variable is, those called `_`
/// counted.
pub(crate) fn param_number(body: &Body<'_>, local: LocalId) -> Option<usize> {
    let file = body.file();
    let params = file.sig(file.func(body.root()).sig).params;
    let fields = file.fields_of(params).iter();
    fields
        .flat_map(|field| file.field(field).names.iter())
        .position(|name| body.names().declared(name) == Some(local))
}

/// The facts about a top-level function with the literals in it.
pub struct FunctionFacts<'a> {
    body: &'a Body<'a>,
    /// The root, and the literals in it, in the order in which they start; consecutive ids.
    funcs: Vec<FuncId>,
    /// By position in `funcs`.
    cfgs: Box<[OnceCell<Cfg<'a>>]>,
    sites: OnceCell<Sites<'a>>,
    locks: OnceCell<Vec<LockCall<'a>>>,
    pub(crate) lock_states: RefCell<LockStates<'a>>,
    /// By number of local.
    vars: Box<[OnceCell<VarFacts>]>,
    /// Where the locals are declared that `var` declares; by number of local.
    declarations: OnceCell<Box<[Option<StmtId>]>>,
}

impl<'a> FunctionFacts<'a> {
    /// Facts about the function of `body`. Cheap: all is computed when asked for.
    pub fn new(body: &'a Body<'a>) -> Self {
        let file = body.file();
        let root = body.root();
        let nested = (root.index() + 1..file.all_funcs().len())
            .map(FuncId::from_index)
            .take_while(|&func| file.func(func).parent.is_some());
        let funcs: Vec<FuncId> = std::iter::once(root).chain(nested).collect();
        Self {
            body,
            cfgs: funcs.iter().map(|_| OnceCell::new()).collect(),
            sites: OnceCell::new(),
            locks: OnceCell::new(),
            lock_states: RefCell::default(),
            declarations: OnceCell::new(),
            vars: (0..body.names().local_count())
                .map(|_| OnceCell::new())
                .collect(),
            funcs,
        }
    }

    /// The function's names, types and callees.
    #[inline]
    pub fn body(&self) -> &'a Body<'a> {
        self.body
    }

    /// The file that the function stands in.
    #[inline]
    pub fn file(&self) -> &'a File {
        self.body.file()
    }

    /// The top-level function.
    #[inline]
    pub fn root(&self) -> FuncId {
        self.funcs[0]
    }

    /// The root and all literals in it, in the order in which they start.
    #[inline]
    pub fn funcs(&self) -> &[FuncId] {
        &self.funcs
    }

    /// The graph of the root or of a literal in it.
    ///
    /// # Panics
    ///
    /// When `func` is neither.
    pub fn cfg(&self, func: FuncId) -> &Cfg<'a> {
        self.cfgs[self.position(func)].get_or_init(|| Cfg::build(self.body, func))
    }

    /// The innermost function around a statement of this function.
    pub fn func_of_stmt(&self, stmt: StmtId) -> FuncId {
        self.innermost(
            |func| self.file().func(func).stmts.contains(stmt),
            |func| {
                self.file()
                    .func(func)
                    .stmts
                    .first()
                    .is_none_or(|first| first <= stmt)
            },
        )
    }

    /// The innermost function around an expression of this function. A literal as an expression
    /// belongs to the function around it, the types of its parameters to the literal.
    pub fn func_of_expr(&self, expr: ExprId) -> FuncId {
        self.innermost(
            |func| self.file().func(func).exprs.contains(expr),
            |func| {
                self.file()
                    .func(func)
                    .exprs
                    .first()
                    .is_none_or(|first| first <= expr)
            },
        )
    }

    /// Where a statement happens; see [`Cfg::node_of_stmt`].
    pub fn point_of_stmt(&self, stmt: StmtId) -> Option<Point> {
        let func = self.func_of_stmt(stmt);
        let node = self.cfg(func).node_of_stmt(stmt)?;
        Some(Point { func, node })
    }

    /// Where an expression is evaluated; see [`Cfg::node_of_expr`].
    pub fn point_of_expr(&self, expr: ExprId) -> Option<Point> {
        let func = self.func_of_expr(expr);
        let node = self.cfg(func).node_of_expr(expr)?;
        Some(Point { func, node })
    }

    /// Whether control can come to a point within its function. (Whether anybody calls the function
    /// is another question.)
    pub fn reachable(&self, point: Point) -> bool {
        self.cfg(point.func).reachable(point.node)
    }

    /// Whether a point can be passed again within one call of its function.
    pub fn in_cycle(&self, point: Point) -> bool {
        self.cfg(point.func).in_cycle(point.node)
    }

    /// What a call calls.
    pub fn callee(&self, call: ExprId) -> Callee<'a> {
        self.body.callee(call)
    }

    /// What is known of a call that never returns, or may not; `None` when it returns as usual.
    pub fn call_end(&self, call: ExprId) -> Option<CallEnd> {
        ends::call_end(self.body, call)
    }

    /// Whether a call may not return although the graph treats it as returning.
    pub fn may_end(&self, call: ExprId) -> bool {
        matches!(self.call_end(call), Some(CallEnd::Maybe(_)))
    }

    pub(crate) fn sites(&self) -> &Sites<'a> {
        self.sites.get_or_init(|| self.collect_sites())
    }

    pub(crate) fn lock_calls(&self) -> &[LockCall<'a>] {
        self.locks.get_or_init(|| self.collect_locks())
    }

    pub(crate) fn var_facts(&self, local: LocalId) -> &VarFacts {
        self.vars[local.index()].get_or_init(|| self.collect_var(local))
    }

    pub(crate) fn declarations(&self) -> &[Option<StmtId>] {
        self.declarations
            .get_or_init(|| self.collect_declarations())
    }

    /// The last function that contains something, where `starts_before` holds for a prefix.
    fn innermost(
        &self,
        contains: impl Fn(FuncId) -> bool,
        starts_before: impl Fn(FuncId) -> bool,
    ) -> FuncId {
        let end = self.funcs.partition_point(|&func| starts_before(func));
        let mut at = end.checked_sub(1).map(|last| self.funcs[last]);
        while let Some(func) = at {
            if contains(func) {
                return func;
            }
            at = self.file().func(func).parent;
        }
        self.root()
    }
}

impl fmt::Debug for FunctionFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionFacts")
            .field("funcs", &self.funcs)
            .finish_non_exhaustive()
    }
}
