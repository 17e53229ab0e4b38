//! The control-flow graph of one function or function literal: nodes, edges, loops.
//!
//! `build` makes it, `reach` and `dominators` answer what can be reached and how, `render` prints it.

mod build;
mod dominators;
mod expr_nodes;
mod logic;
mod reach;
mod render;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::fmt;
use std::num::NonZeroU32;

use go_syntax::{ExprId, File, FuncId, IdRange, NameId, Span, StmtId};
use go_types::Body;

use crate::bitset::BitSet;
use dominators::Dominators;
use reach::Components;

/// A node of a [`Cfg`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(NonZeroU32);

impl NodeId {
    pub(crate) fn from_index(index: usize) -> Self {
        let raw = u32::try_from(index + 1).expect("a function has fewer than 2^32 - 1 nodes");
        Self(NonZeroU32::new(raw).expect("index + 1 is not zero"))
    }

    /// The position among the nodes of the graph, for dense side tables.
    #[inline]
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.index())
    }
}

/// How control leaves a function other than by returning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum End {
    /// A panic: deferred calls run, and one of them may recover.
    Panic,
    /// The process ends on the spot: `os.Exit`, `log.Fatal`. No deferred call runs.
    Process,
    /// The goroutine ends: `runtime.Goexit`, `t.FailNow`. Deferred calls run, recover has no effect.
    Goexit,
    /// Nothing more happens in this goroutine: `select {}`. No deferred call runs.
    Blocked,
}

impl End {
    /// All ends.
    pub const ALL: [Self; 4] = [Self::Panic, Self::Process, Self::Goexit, Self::Blocked];

    /// Whether the deferred calls of the function run.
    pub const fn runs_defers(self) -> bool {
        matches!(self, Self::Panic | Self::Goexit)
    }
}

/// What happens at a node. Nodes are steps in the order of evaluation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NodeKind {
    /// The function starts: parameters have their values, named results are zero.
    Entry,
    /// The function returns: results are set, deferred calls run next.
    Exit,
    /// The function does not return. There is one such node for each [`End`], reached or not.
    End(End),
    /// A simple statement: expression, send, `++`, assignment, declaration (or one that could not
    /// be parsed). The calls in it happen here.
    Stmt(StmtId),
    /// `defer`: the function value and the arguments are evaluated, the call is registered.
    Defer(StmtId),
    /// `go`: the function value and the arguments are evaluated, a goroutine starts.
    Go(StmtId),
    /// `return`: results are evaluated and set. The one edge leads to [`NodeKind::Exit`].
    Return(StmtId),
    /// `break`, `continue`, `goto`, `fallthrough`. The one edge leads to the target.
    Branch(StmtId),
    /// A label, at the labeled statement.
    Label(StmtId),
    /// An operand of `&&`, `||` and `!`, or a whole condition without them: edges
    /// [`EdgeKind::True`] and [`EdgeKind::False`].
    Cond(ExprId),
    /// The head of a `for` statement, passed before each test of the condition.
    Loop(StmtId),
    /// The operand of a `range` clause is evaluated.
    Range(StmtId),
    /// The next iteration of a `range` statement: its variables are set, or it is over.
    RangeNext(StmtId),
    /// The tag of a `switch`, or the operand of a type switch, is evaluated.
    Tag(StmtId),
    /// The tag is compared with one expression of a clause: edges [`EdgeKind::Case`] and
    /// [`EdgeKind::False`] ([`EdgeKind::Default`] after the last).
    Case { clause: StmtId, expr: ExprId },
    /// A clause of a `switch` was chosen: its statements come next. In a type switch, its variable
    /// is set.
    Clause(StmtId),
    /// `select`: channel operands and values to send are evaluated, and one clause is waited for.
    Select(StmtId),
    /// A clause of a `select` was chosen: its communication happened, what was received is assigned.
    Comm(StmtId),
}

/// Why control goes from a node to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EdgeKind {
    /// There is no choice.
    Next,
    /// The condition holds.
    True,
    /// The condition does not hold; the tag differs from the expression.
    False,
    /// There is another element.
    RangeBody,
    /// There are no more elements.
    RangeDone,
    /// The tag equals the expression; the communication can proceed.
    Case,
    /// No case matches; no communication can proceed.
    Default,
    /// `break`, `continue`, `goto` or `fallthrough`.
    Jump,
    /// `return`
    Return,
    /// The call never returns.
    Ends,
}

/// An edge as seen from one of its nodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Edge {
    /// The node at the other end.
    pub node: NodeId,
    /// Why control goes there.
    pub kind: EdgeKind,
}

/// A node with its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    /// The number.
    pub id: NodeId,
    /// What happens there.
    pub kind: NodeKind,
}

/// A loop of a [`Cfg`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LoopId(u32);

impl LoopId {
    /// The position among the loops of the graph.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What makes a loop.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoopKind {
    /// A `for` statement.
    For,
    /// A `range` statement.
    Range,
    /// A label and the `goto` that jumps back to it.
    Goto,
}

/// A loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loop {
    /// The number.
    pub id: LoopId,
    /// The `for` or `range` statement; the labeled statement of a goto loop.
    pub stmt: StmtId,
    /// What makes it a loop.
    pub kind: LoopKind,
    /// The label of the statement, if it has one.
    pub label: Option<NameId>,
    /// The innermost `for` or `range` around it.
    pub parent: Option<LoopId>,
    /// The node that every iteration passes first.
    pub head: NodeId,
    /// The nodes of the loop have numbers from that of `head` to before this one, which need not
    /// exist.
    end: NodeId,
}

impl Loop {
    /// The nodes between head and end. Of a loop that `goto` forms, not all of them need to be part
    /// of it; see [`Cfg::is_in_loop`].
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.head.index()..self.end.index()).map(NodeId::from_index)
    }

    pub(crate) fn spans(&self, node: NodeId) -> bool {
        self.head <= node && node < self.end
    }
}

/// The control-flow graph of a function declaration or literal. Literals within it have graphs of
/// their own; a node only creates them.
///
/// Calls may panic; there are no edges for that. See [`crate::Effect`].
pub struct Cfg<'a> {
    file: &'a File,
    func: FuncId,
    nodes: Vec<NodeKind>,
    successors: Edges,
    predecessors: Edges,
    stmts: IdRange<StmtId>,
    /// By position in `stmts`.
    stmt_nodes: Vec<Option<NodeId>>,
    /// By position in `stmts`: the innermost `for` or `range` around.
    stmt_loops: Vec<Option<LoopId>>,
    /// By number of node.
    node_stmts: Vec<Option<StmtId>>,
    /// By number of node.
    node_loops: Vec<Option<LoopId>>,
    loops: Vec<Loop>,
    reachable: BitSet,
    expr_nodes: OnceCell<Box<[Option<NodeId>]>>,
    own_exprs: OnceCell<expr_nodes::OwnExprs>,
    components: OnceCell<Components>,
    to_exit: OnceCell<BitSet>,
    dominators: OnceCell<Dominators>,
}

/// Edges grouped by node.
#[derive(Debug, Default)]
struct Edges {
    /// One more entry than there are nodes.
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

impl Edges {
    fn of(&self, node: NodeId) -> &[Edge] {
        let start = self.starts[node.index()] as usize;
        let end = self.starts[node.index() + 1] as usize;
        &self.edges[start..end]
    }
}

impl<'a> Cfg<'a> {
    /// The node where the function starts.
    pub const ENTRY: NodeId = NodeId(NonZeroU32::MIN);

    /// Builds the graph of `func`, which is the root of `body` or a literal in it. A function
    /// without body returns at once.
    pub fn build(body: &Body<'a>, func: FuncId) -> Self {
        build::build(body, func)
    }

    /// The function.
    #[inline]
    pub fn func(&self) -> FuncId {
        self.func
    }

    /// The file that the function stands in.
    #[inline]
    pub fn file(&self) -> &'a File {
        self.file
    }

    /// Where the function starts.
    #[inline]
    pub fn entry(&self) -> NodeId {
        Self::ENTRY
    }

    /// Where the function returns.
    #[inline]
    pub fn exit(&self) -> NodeId {
        NodeId::from_index(1)
    }

    /// The node for ends of this kind; it has no predecessors when there are none.
    #[inline]
    pub fn end(&self, end: End) -> NodeId {
        build::end_node(end)
    }

    /// The number of nodes.
    #[inline]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: there always is an entry.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All nodes, unreachable ones included: entry, exit, ends, then the others in the order of the
    /// source, conditions of loops before and their `post` statements after the body.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node> + '_ {
        self.nodes.iter().enumerate().map(|(index, &kind)| Node {
            id: NodeId::from_index(index),
            kind,
        })
    }

    /// What happens at a node.
    #[inline]
    pub fn kind(&self, node: NodeId) -> NodeKind {
        self.nodes[node.index()]
    }

    /// The edges that leave a node.
    #[inline]
    pub fn successors(&self, node: NodeId) -> &[Edge] {
        self.successors.of(node)
    }

    /// The edges that lead to a node; [`Edge::node`] is where they come from.
    #[inline]
    pub fn predecessors(&self, node: NodeId) -> &[Edge] {
        self.predecessors.of(node)
    }

    /// The node where a statement happens: of a simple statement its own, of a clause the one that
    /// enters it, of another compound statement the first that is evaluated. `None` for a statement in which nothing happens (an empty block) and
    /// for statements of other functions.
    pub fn node_of_stmt(&self, stmt: StmtId) -> Option<NodeId> {
        self.stmt_nodes[self.stmts.position(stmt)?]
    }

    /// The node that evaluates an expression of this function, types in it included. For `a && b` as
    /// a condition this is the node of `a`. `None` for expressions of other functions (a literal as
    /// a whole belongs to the function around it) and for those that are never evaluated, such as
    /// the types of parameters.
    pub fn node_of_expr(&self, expr: ExprId) -> Option<NodeId> {
        let exprs = self.file.func(self.func).exprs;
        self.expr_nodes()[exprs.position(expr)?]
    }

    /// The innermost statement that a node belongs to: of a condition the `if`, `for` or `switch`
    /// or the statement whose value it is part of, of a case the clause. `None` for entry, exit and
    /// ends.
    #[inline]
    pub fn stmt_of_node(&self, node: NodeId) -> Option<StmtId> {
        self.node_stmts[node.index()]
    }

    /// The source that stands for a node in a message: a statement or its head, a condition, the
    /// closing brace for [`NodeKind::Exit`]. `None` for [`NodeKind::Entry`] and [`NodeKind::End`].
    pub fn span_of_node(&self, node: NodeId) -> Option<Span> {
        render::span_of_node(self, node)
    }

    /// The innermost `for` or `range` around a statement.
    pub(crate) fn loop_around_stmt(&self, stmt: StmtId) -> Option<LoopId> {
        self.stmt_loops[self.stmts.position(stmt)?]
    }

    /// The innermost `for` or `range` that a node is part of.
    pub(crate) fn loop_around_node(&self, node: NodeId) -> Option<LoopId> {
        self.node_loops[node.index()]
    }

    /// Whether control can come to a node from the entry without an edge that is cut; edges are asked
    /// for by the node that they leave.
    pub(crate) fn comes_without(
        &self,
        to: NodeId,
        is_cut: impl Fn(NodeId, EdgeKind) -> bool,
    ) -> bool {
        let mut seen = BitSet::new(self.len());
        seen.insert(to.index());
        let mut open = vec![to];
        while let Some(node) = open.pop() {
            if node == self.entry() {
                return true;
            }
            for from in self.predecessors(node) {
                if !is_cut(from.node, from.kind) && seen.insert(from.node.index()) {
                    open.push(from.node);
                }
            }
        }
        false
    }

    /// Whether a node can be reached from the entry.
    #[inline]
    pub fn reachable(&self, node: NodeId) -> bool {
        self.reachable.contains(node.index())
    }

    /// The loops of the function: `for` and `range` in the order of the source, then those that
    /// `goto` forms.
    #[inline]
    pub fn loops(&self) -> &[Loop] {
        &self.loops
    }

    /// The loop `id`.
    #[inline]
    pub fn loop_(&self, id: LoopId) -> &Loop {
        &self.loops[id.index()]
    }

    /// The loop that a `for` or `range` statement is.
    pub fn loop_of_stmt(&self, stmt: StmtId) -> Option<&Loop> {
        let lexical = self.loops.partition_point(|lp| lp.kind != LoopKind::Goto);
        let lexical = &self.loops[..lexical];
        // The head is the first one after what comes before the loop.
        let node = self.node_of_stmt(stmt)?;
        let lp = lexical.get(lexical.partition_point(|lp| lp.head < node))?;
        (lp.stmt == stmt).then_some(lp)
    }
}

impl fmt::Debug for Cfg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}
