//! The functions of a package as the machine needs them: bodies, graphs, which variables matter
//! where.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, File, FuncId, Span, StmtKind};
use go_types::{Body, DeclSite, LocalId, Object, PackageCx, Role};
use rustc_hash::FxHashMap;

use super::Site;
use super::declared::Declared;
use super::paths::Paths;
use super::state::Sym;
use crate::cfg::{Cfg, NodeId, NodeKind};
use crate::facts::FunctionFacts;

/// The variables that still matter at each node of a function.
pub(super) struct Live(Vec<Vec<u64>>);

impl Live {
    pub(super) fn at(&self, node: NodeId, local: LocalId) -> bool {
        self.0[node.index()][local.index() / 64] >> (local.index() % 64) & 1 != 0
    }
}

/// What is computed once for each function or literal.
type ByFunc<T> = RefCell<FxHashMap<(usize, FuncId), Rc<T>>>;

/// Names by number, and numbers by name.
#[derive(Default)]
struct Syms {
    by_text: FxHashMap<Rc<str>, Sym>,
    texts: Vec<Rc<str>>,
}

/// The functions of a package.
pub(super) struct Program<'a> {
    pub(super) cx: &'a PackageCx<'a>,
    pub(super) declared: Vec<Declared>,
    by_func: FxHashMap<(u32, FuncId), usize>,
    bodies: &'a [OnceCell<Body<'a>>],
    facts: Vec<OnceCell<FunctionFacts<'a>>>,
    live: ByFunc<Live>,
    captured: ByFunc<Vec<LocalId>>,
    asked: ByFunc<FxHashMap<ExprId, Sym>>,
    cells: Vec<OnceCell<Vec<bool>>>,
    pub(super) paths: Paths,
    gives: RefCell<FxHashMap<usize, bool>>,
    syms: RefCell<Syms>,
}

impl<'a> Program<'a> {
    pub(super) fn new(
        cx: &'a PackageCx<'a>,
        declared: Vec<Declared>,
        bodies: &'a [OnceCell<Body<'a>>],
    ) -> Self {
        let by_func = declared
            .iter()
            .enumerate()
            .map(|(index, declared)| ((declared.file, declared.func), index))
            .collect();
        let cells = declared.iter().map(|_| OnceCell::new()).collect();
        Self {
            cx,
            facts: declared.iter().map(|_| OnceCell::new()).collect(),
            declared,
            by_func,
            bodies,
            live: RefCell::default(),
            captured: RefCell::default(),
            asked: RefCell::default(),
            cells,
            paths: Paths::default(),
            gives: RefCell::default(),
            syms: RefCell::default(),
        }
    }

    pub(super) fn index_of(&self, file: u32, func: FuncId) -> Option<usize> {
        self.by_func.get(&(file, func)).copied()
    }

    pub(super) fn body(&self, index: usize) -> &'a Body<'a> {
        let Declared { file, func, .. } = self.declared[index];
        self.bodies[index].get_or_init(|| Body::new(self.cx, file, func))
    }

    pub(super) fn facts(&self, index: usize) -> &FunctionFacts<'a> {
        self.facts[index].get_or_init(|| FunctionFacts::new(self.body(index)))
    }

    pub(super) fn file(&self, index: usize) -> &'a File {
        self.cx.file(self.declared[index].file)
    }

    pub(super) fn cfg(&self, index: usize, func: FuncId) -> &Cfg<'a> {
        self.facts(index).cfg(func)
    }

    pub(super) fn site(&self, body: usize, func: FuncId, span: Span) -> Site {
        Site {
            file: self.declared[body].file,
            root: self.declared[body].func,
            func,
            span,
        }
    }

    /// The name of a declared function.
    pub(super) fn name(&self, index: usize) -> &'a str {
        let file = self.file(index);
        let name = file.func(self.declared[index].func).name;
        name.map_or("", |name| file.name(name))
    }

    pub(super) fn sym(&self, text: &str) -> Sym {
        let mut syms = self.syms.borrow_mut();
        if let Some(&sym) = syms.by_text.get(text) {
            return sym;
        }
        let text: Rc<str> = text.into();
        let sym = Sym::try_from(syms.texts.len()).unwrap_or(Sym::MAX);
        syms.texts.push(Rc::clone(&text));
        syms.by_text.insert(text, sym);
        sym
    }

    /// Whether a function may give its caller something that is followed: a channel, a function, a
    /// context, or a value of a type of the package.
    pub(super) fn gives(&self, index: usize) -> bool {
        if let Some(&known) = self.gives.borrow().get(&index) {
            return known;
        }
        let file = self.file(index);
        let node = file.func(self.declared[index].func);
        let gives = file.sig(node.sig).results.is_some_and(|results| {
            file.fields_of(results)
                .iter()
                .any(|field| may_matter(file, file.field(field).ty, 0))
        });
        self.gives.borrow_mut().insert(index, gives);
        gives
    }

    pub(super) fn text_of(&self, sym: Sym) -> Rc<str> {
        Rc::clone(&self.syms.borrow().texts[sym as usize])
    }

    /// Whether a variable lives in the heap: literals share it, or something points to it.
    pub(super) fn in_cell(&self, index: usize, local: LocalId) -> bool {
        let known = self.cells[index].get_or_init(|| {
            let names = self.body(index).names();
            names
                .locals()
                .map(|(id, local)| {
                    local.captured
                        || names
                            .uses(id)
                            .iter()
                            .any(|site| site.role == Role::AddressTaken)
                })
                .collect()
        });
        known.get(local.index()).copied().unwrap_or(false)
    }

    /// The variables of functions around a literal that it uses, itself or in literals within.
    pub(super) fn captured(&self, index: usize, literal: FuncId) -> Rc<Vec<LocalId>> {
        if let Some(known) = self.captured.borrow().get(&(index, literal)) {
            return Rc::clone(known);
        }
        let body = self.body(index);
        let file = body.file();
        let node = file.func(literal);
        let mut found: Vec<LocalId> = node
            .exprs
            .iter()
            .filter_map(|expr| match file.expr(expr).kind {
                ExprKind::Ident => match body.object(expr) {
                    Object::Local(local) => Some(local),
                    _ => None,
                },
                _ => None,
            })
            .filter(|&local| {
                let local = body.names().local(local);
                local.is_var() && !node.span.contains(local.span)
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        let found = Rc::new(found);
        self.captured
            .borrow_mut()
            .insert((index, literal), Rc::clone(&found));
        found
    }

    /// A name for what a condition asks, if the function asks it more than once and it stays the same:
    /// no calls, nothing that is assigned again.
    pub(super) fn asked(&self, index: usize, func: FuncId, cond: ExprId) -> Option<Sym> {
        let known = self.asked.borrow().get(&(index, func)).map(Rc::clone);
        let known = known.unwrap_or_else(|| {
            let made = Rc::new(self.all_asked(index, func));
            self.asked
                .borrow_mut()
                .insert((index, func), Rc::clone(&made));
            made
        });
        known.get(&cond).copied()
    }

    fn all_asked(&self, index: usize, func: FuncId) -> FxHashMap<ExprId, Sym> {
        let facts = self.facts(index);
        let file = self.file(index);
        let mut by_text: FxHashMap<&str, Vec<ExprId>> = FxHashMap::default();
        for node in facts.cfg(func).nodes() {
            if let NodeKind::Cond(cond) = node.kind
                && self.stays(index, cond, 0)
            {
                by_text.entry(file.expr_text(cond)).or_default().push(cond);
            }
        }
        let mut asked = FxHashMap::default();
        for (text, conds) in by_text {
            if conds.len() > 1 {
                let sym = self.sym(text);
                asked.extend(conds.into_iter().map(|cond| (cond, sym)));
            }
        }
        asked
    }

    /// Whether an expression has the same value each time, as far as the text tells.
    fn stays(&self, index: usize, expr: ExprId, depth: u32) -> bool {
        let file = self.file(index);
        let depth = depth + 1;
        if depth > 20 {
            return false;
        }
        match file.expr(expr).kind {
            ExprKind::Paren(x) | ExprKind::Unary { x, .. } => self.stays(index, x, depth),
            ExprKind::BasicLit(_) => true,
            ExprKind::Selector { x, .. } => {
                matches!(self.body(index).object(x), Object::Package(_))
                    || self.stays(index, x, depth)
            }
            ExprKind::Binary { x, y, .. } => {
                self.stays(index, x, depth) && self.stays(index, y, depth)
            }
            ExprKind::Call { fun, args, .. } => {
                file.ident(fun) == Some("len")
                    && file
                        .exprs(args)
                        .iter()
                        .all(|&arg| self.stays(index, arg, depth))
            }
            ExprKind::Ident => match self.body(index).object(expr) {
                Object::Local(local) => {
                    let facts = self.facts(index).var(local);
                    facts.writes.len() <= 1 && !facts.address_taken
                }
                Object::Unknown | Object::Blank => false,
                _ => true,
            },
            _ => false,
        }
    }

    /// The variables whose values still matter, at each node of a function.
    pub(super) fn live_in(&self, index: usize, func: FuncId) -> Rc<Live> {
        if let Some(known) = self.live.borrow().get(&(index, func)) {
            return Rc::clone(known);
        }
        let made = Rc::new(self.live(index, func));
        self.live
            .borrow_mut()
            .insert((index, func), Rc::clone(&made));
        made
    }

    fn live(&self, index: usize, func: FuncId) -> Live {
        let facts = self.facts(index);
        let body = self.body(index);
        let file = body.file();
        let names = body.names();
        let cfg = facts.cfg(func);
        let words = names.local_count() / 64 + 1;
        let mut uses = vec![vec![0_u64; words]; cfg.len()];
        let mut kills = vec![vec![0_u64; words]; cfg.len()];
        let set = |table: &mut Vec<Vec<u64>>, node: NodeId, local: LocalId| {
            table[node.index()][local.index() / 64] |= 1 << (local.index() % 64);
        };
        // Where a literal within is made, as far as this function is concerned.
        let made_in = |mut literal: FuncId| loop {
            let at = facts.created_at(literal)?;
            if at.func == func {
                return Some(at.node);
            }
            literal = at.func;
            if literal == facts.root() {
                return None;
            }
        };
        for (id, local) in names.locals() {
            if !local.is_var() {
                continue;
            }
            for site in names.uses(id) {
                if site.func == func {
                    let Some(node) = cfg.node_of_expr(site.expr) else {
                        continue;
                    };
                    // A shared variable stays the same one when it is assigned.
                    if site.role.reads() || self.in_cell(index, id) {
                        set(&mut uses, node, id);
                    } else {
                        set(&mut kills, node, id);
                    }
                } else if let Some(node) = made_in(site.func) {
                    set(&mut uses, node, id);
                }
            }
            if local.func == func {
                let declared = match local.site {
                    DeclSite::Expr(expr) => cfg.node_of_expr(expr),
                    DeclSite::Name(_) => {
                        facts.declarations()[id.index()].and_then(|stmt| cfg.node_of_stmt(stmt))
                    }
                };
                if let Some(node) = declared
                    && matches!(
                        cfg.kind(node),
                        NodeKind::Stmt(_) | NodeKind::RangeNext(_) | NodeKind::Comm(_)
                    )
                {
                    set(&mut kills, node, id);
                }
                if local.is_result() {
                    set(&mut uses, cfg.exit(), id);
                }
            }
        }
        // The channel and value of an arm are evaluated by the `select` around it.
        for node in cfg.nodes() {
            if let NodeKind::Select(stmt) = node.kind {
                let StmtKind::Select { body: block } = file.stmt(stmt).kind else {
                    continue;
                };
                for &clause in file.block_stmts(block) {
                    let Some(at) = cfg.node_of_stmt(clause) else {
                        continue;
                    };
                    let more = uses[at.index()].clone();
                    for (word, more) in uses[node.id.index()].iter_mut().zip(more) {
                        *word |= more;
                    }
                }
            }
        }
        let mut live = uses.clone();
        let mut changed = true;
        while changed {
            changed = false;
            for node in (0..cfg.len()).rev().map(NodeId::from_index) {
                for edge in cfg.successors(node) {
                    for word in 0..words {
                        let from = live[edge.node.index()][word] & !kills[node.index()][word];
                        let at = &mut live[node.index()][word];
                        if from & !*at != 0 {
                            *at |= from;
                            changed = true;
                        }
                    }
                }
            }
        }
        Live(live)
    }
}

/// Whether a type, as it is written, may hold something that is followed.
fn may_matter(file: &File, ty: ExprId, depth: u32) -> bool {
    const PLAIN: [&str; 19] = [
        "bool",
        "byte",
        "error",
        "float32",
        "float64",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "rune",
        "string",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "uintptr",
        "comparable",
    ];
    match file.expr(ty).kind {
        _ if depth > 8 => true,
        ExprKind::Ident => !PLAIN.contains(&file.expr_text(ty)),
        ExprKind::Selector { x, .. } => matches!(file.ident(x), Some("context" | "sync")),
        ExprKind::Paren(x)
        | ExprKind::Star(x)
        | ExprKind::Index { x, .. }
        | ExprKind::ArrayType { elem: x, .. }
        | ExprKind::MapType { value: x, .. } => may_matter(file, x, depth + 1),
        _ => true,
    }
}

/// The text of a number that is written down.
pub(super) fn number(file: &File, expr: ExprId) -> Option<i64> {
    match file.expr(file.unparen(expr)).kind {
        ExprKind::BasicLit(go_syntax::LitKind::Int) => {
            file.expr_text(file.unparen(expr)).parse().ok()
        }
        _ => None,
    }
}
