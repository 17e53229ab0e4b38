//! From statements to nodes and edges. Conditions are in `logic`.
//!
//! The builder goes through the body once, in source order. What it carries along is the list of
//! edges that wait for their target: the next node that is made takes them all. After a statement
//! that control does not pass, the list is empty, and what follows is unreachable.

use std::cell::OnceCell;

use go_syntax::{
    BranchKind, ExprId, ExprKind, File, FuncId, IdRange, List, NameId, StmtId, StmtKind,
};
use go_types::Body;
use rustc_hash::FxHashMap;

use super::{Cfg, Edge, EdgeKind, Edges, End, Loop, LoopId, LoopKind, NodeId, NodeKind, reach};
use crate::bitset::BitSet;
use crate::ends::{self, CallEnd};

/// Edges whose target is not known yet: where they come from, and why they are taken.
pub(super) type Pending = Vec<(NodeId, EdgeKind)>;

/// See [`Cfg::build`].
pub(super) fn build<'a>(body: &Body<'a>, func: FuncId) -> Cfg<'a> {
    let mut builder = Builder::new(body, func);
    builder.pending.push((Cfg::ENTRY, EdgeKind::Next));
    if let Some(block) = builder.file.func(func).body {
        builder.stmt(block);
    }
    let exit = NodeId::from_index(1);
    for (from, kind) in std::mem::take(&mut builder.pending) {
        builder.edges.push((from, exit, kind));
    }
    builder.finish()
}

pub(super) struct Builder<'b, 'a> {
    pub(super) body: &'b Body<'a>,
    pub(super) file: &'a File,
    func: FuncId,
    nodes: Vec<NodeKind>,
    node_stmts: Vec<Option<StmtId>>,
    node_loops: Vec<Option<LoopId>>,
    edges: Vec<(NodeId, NodeId, EdgeKind)>,
    /// The edges that lead to the next node.
    pub(super) pending: Pending,
    /// The statements around that `break` and `continue` can mean.
    targets: Vec<Target>,
    /// By labeled statement.
    labels: FxHashMap<StmtId, NodeId>,
    /// Each `goto`, and the labeled statement it names.
    gotos: Vec<(NodeId, StmtId)>,
    /// The `fallthrough`s of the current clause.
    fallthroughs: Vec<NodeId>,
    /// How many `switch` statements are around.
    switches: u32,
    loops: Vec<Loop>,
    current_loop: Option<LoopId>,
    current_stmt: Option<StmtId>,
    stmts: IdRange<StmtId>,
    stmt_nodes: Vec<Option<NodeId>>,
    stmt_loops: Vec<Option<LoopId>>,
}

/// A statement that can be left by `break`, and what leaves it.
struct Target {
    /// The labeled statement directly around.
    labeled: Option<StmtId>,
    is_loop: bool,
    breaks: Vec<NodeId>,
    continues: Vec<NodeId>,
}

/// How a clause of a switch is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Test {
    /// By comparison with the tag, or with the type of the operand.
    Tag,
    /// By the first condition that holds.
    Cond,
}

impl<'b, 'a> Builder<'b, 'a> {
    fn new(body: &'b Body<'a>, func: FuncId) -> Self {
        let file = body.file();
        let mut nodes = vec![NodeKind::Entry, NodeKind::Exit];
        nodes.extend(End::ALL.map(NodeKind::End));
        let stmts = file.func(func).stmts;
        Self {
            body,
            file,
            func,
            node_stmts: vec![None; nodes.len()],
            node_loops: vec![None; nodes.len()],
            nodes,
            edges: Vec::new(),
            pending: Vec::new(),
            targets: Vec::new(),
            labels: FxHashMap::default(),
            gotos: Vec::new(),
            fallthroughs: Vec::new(),
            switches: 0,
            loops: Vec::new(),
            current_loop: None,
            current_stmt: None,
            stmts,
            stmt_nodes: vec![None; stmts.len()],
            stmt_loops: vec![None; stmts.len()],
        }
    }

    /// Makes a node that all pending edges lead to. Nothing is pending afterwards.
    pub(super) fn open(&mut self, kind: NodeKind) -> NodeId {
        let id = NodeId::from_index(self.nodes.len());
        self.nodes.push(kind);
        self.node_stmts.push(self.current_stmt);
        self.node_loops.push(self.current_loop);
        self.connect(id);
        id
    }

    /// Makes a node that control passes: what comes next follows it.
    fn pass(&mut self, kind: NodeKind) -> NodeId {
        let id = self.open(kind);
        self.pending.push((id, EdgeKind::Next));
        id
    }

    /// Leads all pending edges to `node`.
    fn connect(&mut self, node: NodeId) {
        for (from, kind) in self.pending.drain(..) {
            self.edges.push((from, node, kind));
        }
    }

    fn edge(&mut self, from: NodeId, to: NodeId, kind: EdgeKind) {
        self.edges.push((from, to, kind));
    }

    fn jump_from(&mut self, nodes: Vec<NodeId>) {
        self.pending
            .extend(nodes.into_iter().map(|node| (node, EdgeKind::Jump)));
    }

    fn set_stmt_node(&mut self, stmt: StmtId, node: NodeId) {
        if let Some(position) = self.stmts.position(stmt) {
            self.stmt_nodes[position] = Some(node);
        }
    }

    fn stmt_list(&mut self, list: List<StmtId>) {
        for &stmt in self.file.stmts(list) {
            self.stmt(stmt);
        }
    }

    fn opt_stmt(&mut self, stmt: Option<StmtId>) {
        if let Some(stmt) = stmt {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        self.labeled_stmt(id, None);
    }

    /// A statement; `labeled` is the labeled statement directly around it.
    fn labeled_stmt(&mut self, id: StmtId, labeled: Option<(StmtId, NameId)>) {
        let outer = self.current_stmt.replace(id);
        let first = self.nodes.len();
        self.enter(id);
        self.stmt_kind(id, labeled);
        self.leave(id, first);
        self.current_stmt = outer;
    }

    fn enter(&mut self, id: StmtId) {
        if let Some(position) = self.stmts.position(id) {
            self.stmt_loops[position] = self.current_loop;
        }
    }

    /// A statement that did not name its node gets the first one made since `first`.
    fn leave(&mut self, id: StmtId, first: usize) {
        if self.nodes.len() > first
            && let Some(position) = self.stmts.position(id)
        {
            self.stmt_nodes[position].get_or_insert(NodeId::from_index(first));
        }
    }

    fn stmt_kind(&mut self, id: StmtId, labeled: Option<(StmtId, NameId)>) {
        match self.file.stmt(id).kind {
            StmtKind::Empty { .. } => {}
            StmtKind::Bad
            | StmtKind::Decl(_)
            | StmtKind::Send { .. }
            | StmtKind::IncDec { .. }
            | StmtKind::Assign { .. } => {
                self.simple(id, NodeKind::Stmt(id));
            }
            StmtKind::Expr(x) => self.expr_stmt(id, x),
            StmtKind::Defer(_) => {
                self.simple(id, NodeKind::Defer(id));
            }
            StmtKind::Go(_) => {
                self.simple(id, NodeKind::Go(id));
            }
            StmtKind::Return(_) => {
                let node = self.simple(id, NodeKind::Return(id));
                self.pending.clear();
                self.edge(node, NodeId::from_index(1), EdgeKind::Return);
            }
            StmtKind::Branch { kind, label } => self.branch(id, kind, label),
            StmtKind::Labeled { label, stmt } => {
                let node = self.pass(NodeKind::Label(id));
                self.labels.insert(id, node);
                self.labeled_stmt(stmt, Some((id, label)));
            }
            StmtKind::Block(list) => self.stmt_list(list),
            StmtKind::If { .. } => self.if_chain(id),
            StmtKind::Switch { init, tag, body } => {
                self.opt_stmt(init);
                let mut test = Test::Cond;
                if let Some(tag) = tag {
                    self.value(tag);
                    self.pass(NodeKind::Tag(id));
                    test = Test::Tag;
                }
                self.clauses(body, test, labeled);
            }
            StmtKind::TypeSwitch { init, guard, body } => {
                self.opt_stmt(init);
                self.enter(guard);
                self.values_of_stmt(guard);
                let node = self.pass(NodeKind::Tag(id));
                self.set_stmt_node(guard, node);
                self.clauses(body, Test::Tag, labeled);
            }
            // Clauses outside of their statement do not come from our parser.
            StmtKind::CaseClause { body, .. } | StmtKind::CommClause { body, .. } => {
                self.stmt_list(body);
            }
            StmtKind::Select { body } => self.select(id, body, labeled),
            StmtKind::For { .. } => self.for_loop(id, labeled),
            StmtKind::Range { .. } => self.range_loop(id, labeled),
        }
    }

    /// A statement that is one node.
    fn simple(&mut self, id: StmtId, kind: NodeKind) -> NodeId {
        self.values_of_stmt(id);
        let node = self.pass(kind);
        self.set_stmt_node(id, node);
        node
    }

    fn expr_stmt(&mut self, id: StmtId, x: ExprId) {
        let node = self.simple(id, NodeKind::Stmt(id));
        let call = self.file.unparen(x);
        if matches!(self.file.expr(call).kind, ExprKind::Call { .. })
            && let Some(CallEnd::Never(end)) = ends::call_end(self.body, call)
        {
            self.pending.clear();
            self.edge(node, end_node(end), EdgeKind::Ends);
        }
    }

    fn branch(&mut self, id: StmtId, kind: BranchKind, label: Option<NameId>) {
        let node = self.pass(NodeKind::Branch(id));
        let labeled = label.map(|label| {
            self.body
                .names()
                .branch_target(label)
                .filter(|target| target.func == self.func)
                .map(|target| target.stmt)
        });
        // What cannot be resolved is an error of the program; control then goes on with the next
        // statement, so that nothing is called unreachable because of it.
        match (kind, labeled) {
            (_, Some(None)) | (BranchKind::Goto, None) => {}
            (BranchKind::Goto, Some(Some(stmt))) => {
                self.gotos.push((node, stmt));
                self.pending.clear();
            }
            (BranchKind::Fallthrough, _) => {
                if self.switches > 0 {
                    self.fallthroughs.push(node);
                    self.pending.clear();
                }
            }
            (BranchKind::Break | BranchKind::Continue, _) => {
                let labeled = labeled.flatten();
                let target = self.targets.iter_mut().rev().find(|target| {
                    (kind == BranchKind::Break || target.is_loop)
                        && labeled.is_none_or(|stmt| target.labeled == Some(stmt))
                });
                if let Some(target) = target {
                    let list = if kind == BranchKind::Break {
                        &mut target.breaks
                    } else {
                        &mut target.continues
                    };
                    list.push(node);
                    self.pending.clear();
                }
            }
        }
    }

    /// `if … else if … else …` in a loop: generated code has chains of thousands.
    fn if_chain(&mut self, first: StmtId) {
        let outer = self.current_stmt;
        let mut after = Pending::new();
        let mut next = Some(first);
        while let Some(id) = next.take() {
            let StmtKind::If {
                init,
                cond,
                body,
                els,
            } = self.file.stmt(id).kind
            else {
                self.stmt(id);
                break;
            };
            self.current_stmt = Some(id);
            let start = self.nodes.len();
            self.enter(id);
            self.opt_stmt(init);
            let (yes, no) = self.cond(cond);
            self.leave(id, start);
            self.pending = yes;
            self.stmt(body);
            after.append(&mut self.pending);
            self.pending = no;
            next = els;
        }
        self.pending.append(&mut after);
        self.current_stmt = outer;
    }

    /// The clauses of a `switch`. The tag has been evaluated.
    fn clauses(&mut self, block: StmtId, test: Test, labeled: Option<(StmtId, NameId)>) {
        self.enter(block);
        let outer_fallthroughs = std::mem::take(&mut self.fallthroughs);
        self.switches += 1;
        self.open_target(labeled, false);
        let mut unmatched = std::mem::take(&mut self.pending);
        let mut after = Pending::new();
        let mut default = None;
        for &clause in self.file.block_stmts(block) {
            let StmtKind::CaseClause {
                list,
                is_default,
                body,
            } = self.file.stmt(clause).kind
            else {
                continue;
            };
            let outer = self.current_stmt.replace(clause);
            self.enter(clause);
            let mut matched = Pending::new();
            for &expr in self.file.exprs(list) {
                self.pending = unmatched;
                if test == Test::Cond {
                    let (yes, no) = self.cond(expr);
                    matched.extend(yes);
                    unmatched = no;
                } else {
                    self.value(expr);
                    let node = self.open(NodeKind::Case { clause, expr });
                    matched.push((node, EdgeKind::Case));
                    unmatched = vec![(node, EdgeKind::False)];
                }
            }
            self.pending = matched;
            let fallthroughs = std::mem::take(&mut self.fallthroughs);
            self.jump_from(fallthroughs);
            let node = self.pass(NodeKind::Clause(clause));
            self.set_stmt_node(clause, node);
            if is_default {
                default = Some(node);
            }
            self.stmt_list(body);
            after.append(&mut self.pending);
            self.current_stmt = outer;
        }
        // After the last clause there is nothing to fall into.
        let fallthroughs = std::mem::replace(&mut self.fallthroughs, outer_fallthroughs);
        for (from, kind) in unmatched {
            let is_case = matches!(self.nodes[from.index()], NodeKind::Case { .. });
            let kind = if is_case { EdgeKind::Default } else { kind };
            match default {
                Some(node) => self.edge(from, node, kind),
                None => after.push((from, kind)),
            }
        }
        self.switches -= 1;
        self.pending = after;
        self.jump_from(fallthroughs);
        self.close_target();
    }

    fn select(&mut self, id: StmtId, block: StmtId, labeled: Option<(StmtId, NameId)>) {
        self.enter(block);
        let clauses = self.file.block_stmts(block);
        for &clause in clauses {
            if let StmtKind::CommClause {
                comm: Some(comm), ..
            } = self.file.stmt(clause).kind
            {
                self.values_of_stmt(comm);
            }
        }
        let select = self.open(NodeKind::Select(id));
        self.set_stmt_node(id, select);
        if clauses.is_empty() {
            self.edge(select, end_node(End::Blocked), EdgeKind::Ends);
            return;
        }
        self.open_target(labeled, false);
        let mut after = Pending::new();
        for &clause in clauses {
            let StmtKind::CommClause { comm, body } = self.file.stmt(clause).kind else {
                continue;
            };
            let outer = self.current_stmt.replace(clause);
            self.enter(clause);
            let kind = if comm.is_some() {
                EdgeKind::Case
            } else {
                EdgeKind::Default
            };
            self.pending.push((select, kind));
            let node = self.pass(NodeKind::Comm(clause));
            self.set_stmt_node(clause, node);
            if let Some(comm) = comm {
                self.enter(comm);
                self.set_stmt_node(comm, node);
            }
            self.stmt_list(body);
            after.append(&mut self.pending);
            self.current_stmt = outer;
        }
        self.pending = after;
        self.close_target();
    }

    fn for_loop(&mut self, id: StmtId, labeled: Option<(StmtId, NameId)>) {
        let StmtKind::For {
            init,
            cond,
            post,
            body,
        } = self.file.stmt(id).kind
        else {
            return;
        };
        self.opt_stmt(init);
        let outer = self.open_loop(id, LoopKind::For, labeled);
        let head = self.pass(NodeKind::Loop(id));
        self.open_target(labeled, true);
        let mut done = Pending::new();
        if let Some(cond) = cond {
            (self.pending, done) = self.cond(cond);
        }
        self.stmt(body);
        let continues = self.take_continues();
        self.jump_from(continues);
        self.opt_stmt(post);
        self.connect(head);
        self.close_loop(outer);
        self.pending = done;
        self.close_target();
    }

    fn range_loop(&mut self, id: StmtId, labeled: Option<(StmtId, NameId)>) {
        let StmtKind::Range { x, body, .. } = self.file.stmt(id).kind else {
            return;
        };
        self.value(x);
        let node = self.pass(NodeKind::Range(id));
        self.set_stmt_node(id, node);
        let outer = self.open_loop(id, LoopKind::Range, labeled);
        let next = self.open(NodeKind::RangeNext(id));
        self.open_target(labeled, true);
        self.pending.push((next, EdgeKind::RangeBody));
        self.stmt(body);
        let continues = self.take_continues();
        self.jump_from(continues);
        self.connect(next);
        self.close_loop(outer);
        self.pending.push((next, EdgeKind::RangeDone));
        self.close_target();
    }

    /// Starts a loop whose head is the next node; gives the loop around it.
    fn open_loop(
        &mut self,
        stmt: StmtId,
        kind: LoopKind,
        labeled: Option<(StmtId, NameId)>,
    ) -> Option<LoopId> {
        let id = loop_id(self.loops.len());
        let parent = self.current_loop.replace(id);
        let head = NodeId::from_index(self.nodes.len());
        self.loops.push(Loop {
            id,
            stmt,
            kind,
            label: labeled.map(|(_, name)| name),
            parent,
            head,
            // Until the loop is closed.
            end: head,
        });
        parent
    }

    fn close_loop(&mut self, outer: Option<LoopId>) {
        let end = self.nodes.len();
        if let Some(id) = std::mem::replace(&mut self.current_loop, outer) {
            self.loops[id.index()].end = NodeId::from_index(end);
        }
    }

    fn open_target(&mut self, labeled: Option<(StmtId, NameId)>, is_loop: bool) {
        self.targets.push(Target {
            labeled: labeled.map(|(stmt, _)| stmt),
            is_loop,
            breaks: Vec::new(),
            continues: Vec::new(),
        });
    }

    fn take_continues(&mut self) -> Vec<NodeId> {
        let target = self.targets.last_mut();
        target.map_or_else(Vec::new, |target| std::mem::take(&mut target.continues))
    }

    /// Leaves the innermost target: its `break`s lead to what comes next.
    fn close_target(&mut self) {
        if let Some(target) = self.targets.pop() {
            self.jump_from(target.breaks);
        }
    }

    fn finish(mut self) -> Cfg<'a> {
        self.resolve_gotos();
        let count = self.nodes.len();
        // The order of the kinds: whoever looks for a path prefers the one where conditions hold.
        self.edges.sort_by_key(|&(_, _, kind)| kind);
        let successors = group(count, &self.edges, |&(from, to, kind)| {
            (from, Edge { node: to, kind })
        });
        let predecessors = group(count, &self.edges, |&(from, to, kind)| {
            (to, Edge { node: from, kind })
        });
        let mut cfg = Cfg {
            file: self.file,
            func: self.func,
            nodes: self.nodes,
            successors,
            predecessors,
            stmts: self.stmts,
            stmt_nodes: self.stmt_nodes,
            stmt_loops: self.stmt_loops,
            node_stmts: self.node_stmts,
            node_loops: self.node_loops,
            loops: self.loops,
            reachable: BitSet::default(),
            expr_nodes: OnceCell::new(),
            own_exprs: OnceCell::new(),
            components: OnceCell::new(),
            to_exit: OnceCell::new(),
            dominators: OnceCell::new(),
        };
        cfg.reachable = reach::reachable(&cfg);
        cfg
    }

    /// Connects each `goto` with its label, and enters the loops that those form which jump back.
    fn resolve_gotos(&mut self) {
        let mut loops: Vec<Loop> = Vec::new();
        let mut by_label: FxHashMap<NodeId, usize> = FxHashMap::default();
        for (node, stmt) in std::mem::take(&mut self.gotos) {
            let Some(&label) = self.labels.get(&stmt) else {
                continue;
            };
            self.edge(node, label, EdgeKind::Jump);
            if label > node {
                continue;
            }
            let end = NodeId::from_index(node.index() + 1);
            if let Some(&known) = by_label.get(&label) {
                let known: &mut Loop = &mut loops[known];
                known.end = known.end.max(end);
                continue;
            }
            let StmtKind::Labeled { label: name, .. } = self.file.stmt(stmt).kind else {
                continue;
            };
            by_label.insert(label, loops.len());
            loops.push(Loop {
                id: loop_id(self.loops.len() + loops.len()),
                stmt,
                kind: LoopKind::Goto,
                label: Some(name),
                parent: self.node_loops[label.index()],
                head: label,
                end,
            });
        }
        self.loops.append(&mut loops);
    }
}

fn loop_id(index: usize) -> LoopId {
    LoopId(u32::try_from(index).expect("a function has fewer than 2^32 loops"))
}

pub(super) fn end_node(end: End) -> NodeId {
    NodeId::from_index(match end {
        End::Panic => 2,
        End::Process => 3,
        End::Goexit => 4,
        End::Blocked => 5,
    })
}

/// Groups edges by the node that `key` gives, in their order.
fn group<T>(count: usize, edges: &[T], key: impl Fn(&T) -> (NodeId, Edge)) -> Edges {
    let mut starts = vec![0_u32; count + 1];
    for edge in edges {
        starts[key(edge).0.index() + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let blank = Edge {
        node: Cfg::ENTRY,
        kind: EdgeKind::Next,
    };
    let mut grouped = vec![blank; edges.len()];
    for edge in edges {
        let (node, edge) = key(edge);
        let slot = &mut next[node.index()];
        grouped[*slot as usize] = edge;
        *slot += 1;
    }
    Edges {
        starts,
        edges: grouped,
    }
}
