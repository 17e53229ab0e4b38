//! Statements and declarations of a body, with Go's rules about where a name can be used.
//!
//! The walk goes once over the tree, in an order in which every name is declared before the uses
//! that mean it: the right side of `:=` before the left, the operand of a range clause before its
//! variables. Expressions are in `resolve_expr`.

use go_syntax::{
    ArenaId, AssignOp, DeclId, DeclKind, DeclRun, ExprId, ExprKind, FieldId, FieldListId, File,
    FuncId, GenKeyword, IdRange, NameId, RangeOp, Span, SpecId, SpecKind, StmtId, StmtKind,
};
use rustc_hash::FxHashMap;

use super::body::BodyNames;
use super::object::{DeclSite, Init, Label, Local, LocalId, LocalKind, Object, Role, Use};
use super::package::with_origins;
use super::scope::Scopes;
use crate::cx::PackageCx;

/// See [`BodyNames::resolve`].
pub(super) fn resolve(cx: &PackageCx<'_>, file: u32, root: FuncId) -> BodyNames {
    let func = cx.file(file).func(root);
    let mut resolver = Resolver::new(cx, file, root, (func.exprs, func.stmts, func.names));
    resolver.function(root);
    resolver.finish(root)
}

/// See [`BodyNames::resolve_decls`].
pub(super) fn resolve_decls(cx: &PackageCx<'_>, file: u32, run: &DeclRun<'_>) -> BodyNames {
    // No function has this id, so that what literals use of type parameters are captures.
    let root = FuncId::from_index(u32::MAX as usize - 1);
    let mut resolver = Resolver::new(cx, file, root, (run.exprs, run.stmts, run.names));
    for &decl in run.decls {
        resolver.top_decl(decl);
    }
    resolver.finish(root)
}

pub(super) struct Resolver<'c, 'a> {
    pub(super) cx: &'c PackageCx<'a>,
    pub(super) file: &'a File,
    pub(super) file_index: u32,
    /// The innermost function around the current place.
    func: FuncId,
    pub(super) exprs: IdRange<ExprId>,
    stmts: IdRange<StmtId>,
    names: IdRange<NameId>,
    pub(super) scopes: Scopes<'a>,
    pub(super) objects: Vec<Object>,
    declared: Vec<Option<LocalId>>,
    pub(super) locals: Vec<Local>,
    uses: Vec<(LocalId, Use)>,
    labels: Vec<Label>,
    branches: Vec<(NameId, FuncId)>,
    /// Expressions whose right operands are still to come; a stack that all levels share.
    pub(super) pending: Vec<ExprId>,
}

impl<'c, 'a> Resolver<'c, 'a> {
    fn new(
        cx: &'c PackageCx<'a>,
        file: u32,
        func: FuncId,
        (exprs, stmts, names): (IdRange<ExprId>, IdRange<StmtId>, IdRange<NameId>),
    ) -> Self {
        Self {
            cx,
            file: cx.file(file),
            file_index: file,
            func,
            exprs,
            stmts,
            names,
            scopes: Scopes::default(),
            objects: vec![Object::Unknown; exprs.len()],
            declared: vec![None; names.len()],
            locals: Vec::new(),
            uses: Vec::new(),
            labels: Vec::new(),
            branches: Vec::new(),
            pending: Vec::new(),
        }
    }
}

impl Resolver<'_, '_> {
    /// A declaration outside of functions: what it declares at the top level is known already.
    fn top_decl(&mut self, id: DeclId) {
        let DeclKind::Gen { specs, .. } = self.file.decl(id).kind else {
            return;
        };
        for spec in specs.iter() {
            match self.file.spec(spec).kind {
                SpecKind::Import { .. } => {}
                SpecKind::Type { tparams, ty, .. } => {
                    self.scopes.push();
                    if let Some(tparams) = tparams {
                        self.type_params(tparams);
                    }
                    self.expr(ty, Role::Read);
                    self.scopes.pop();
                }
                SpecKind::Value { ty, values, .. } => {
                    self.opt_expr(ty);
                    self.exprs(self.file.exprs(values));
                }
            }
        }
    }

    /// A function declaration or literal. Parameters and body share one block.
    pub(super) fn function(&mut self, id: FuncId) {
        let outer = std::mem::replace(&mut self.func, id);
        let func = self.file.func(id);
        let sig = self.file.sig(func.sig);
        self.scopes.push();
        if let Some(recv) = func.recv {
            self.receiver_types(recv);
        }
        if let Some(tparams) = sig.tparams {
            self.type_params(tparams);
        }
        // No parameter can be used in the type of another one.
        self.field_types(sig.params);
        if let Some(results) = sig.results {
            self.field_types(results);
        }
        if let Some(recv) = func.recv {
            self.declare_fields(recv, LocalKind::Receiver);
        }
        self.declare_fields(sig.params, LocalKind::Param);
        if let Some(results) = sig.results {
            self.declare_fields(results, LocalKind::Result);
        }
        if let Some(body) = func.body {
            self.stmts(body);
        }
        self.scopes.pop();
        self.func = outer;
    }

    /// The receiver's type, whose type arguments are declarations: `func (l *List[T]) …`.
    fn receiver_types(&mut self, recv: FieldListId) {
        for field in self.file.fields_of(recv).iter() {
            let mut ty = self.file.field(field).ty;
            loop {
                match self.file.expr(ty).kind {
                    ExprKind::Paren(x) | ExprKind::Star(x) => ty = x,
                    ExprKind::Index { x, indices } => {
                        self.expr(x, Role::Read);
                        for &index in self.file.exprs(indices) {
                            if matches!(self.file.expr(index).kind, ExprKind::Ident) {
                                self.declare_ident(index, LocalKind::TypeParam(None));
                            } else {
                                self.expr(index, Role::Read);
                            }
                        }
                        break;
                    }
                    _ => {
                        self.expr(ty, Role::Read);
                        break;
                    }
                }
            }
        }
    }

    /// Type parameters, which can be used in each other's constraints.
    fn type_params(&mut self, list: FieldListId) {
        self.declare_fields(list, |field| LocalKind::TypeParam(Some(field)));
        self.field_types(list);
    }

    /// The types of fields, parameters, or elements of an interface.
    pub(super) fn field_types(&mut self, list: FieldListId) {
        for field in self.file.fields_of(list).iter() {
            self.expr(self.file.field(field).ty, Role::Read);
        }
    }

    fn declare_fields(&mut self, list: FieldListId, kind: impl Fn(FieldId) -> LocalKind) {
        for field in self.file.fields_of(list).iter() {
            for name in self.file.field(field).names.iter() {
                self.declare_name(name, kind(field));
            }
        }
    }

    /// The statements of a block, in the block that is open already.
    fn stmts(&mut self, block: StmtId) {
        for &stmt in self.file.block_stmts(block) {
            self.stmt(stmt);
        }
    }

    /// A statement as a block of its own.
    fn block(&mut self, block: StmtId) {
        self.scopes.push();
        self.stmts(block);
        self.scopes.pop();
    }

    fn stmt(&mut self, id: StmtId) {
        match self.file.stmt(id).kind {
            StmtKind::Bad | StmtKind::Empty { .. } => {}
            StmtKind::Decl(decl) => self.decl(decl),
            StmtKind::Labeled { label, stmt } => {
                self.labels.push(Label {
                    name: label,
                    stmt: id,
                    func: self.func,
                });
                self.stmt(stmt);
            }
            StmtKind::Expr(x) | StmtKind::Go(x) | StmtKind::Defer(x) => self.expr(x, Role::Read),
            StmtKind::Send { chan, value } => {
                self.expr(chan, Role::Read);
                self.expr(value, Role::Read);
            }
            StmtKind::IncDec { x, .. } => self.expr(x, Role::ReadWrite),
            StmtKind::Assign { lhs, rhs, op } => {
                self.assign(self.file.exprs(lhs), self.file.exprs(rhs), op);
            }
            StmtKind::Return(results) => self.exprs(self.file.exprs(results)),
            StmtKind::Branch { label, .. } => {
                if let Some(label) = label {
                    self.branches.push((label, self.func));
                }
            }
            StmtKind::Block(_) => self.block(id),
            StmtKind::If { .. } => self.if_chain(id),
            StmtKind::Switch { init, tag, body } => {
                self.scopes.push();
                self.opt_stmt(init);
                self.opt_expr(tag);
                for &clause in self.file.block_stmts(body) {
                    self.case_clause(clause, |_| {});
                }
                self.scopes.pop();
            }
            StmtKind::TypeSwitch { init, guard, body } => {
                self.scopes.push();
                self.opt_stmt(init);
                self.type_switch(id, guard, body);
                self.scopes.pop();
            }
            // A clause outside of its statement does not come from our parser.
            StmtKind::CaseClause { .. } => self.case_clause(id, |_| {}),
            StmtKind::Select { body } => {
                for &clause in self.file.block_stmts(body) {
                    self.stmt(clause);
                }
            }
            StmtKind::CommClause { comm, body } => {
                self.scopes.push();
                self.opt_stmt(comm);
                for &stmt in self.file.stmts(body) {
                    self.stmt(stmt);
                }
                self.scopes.pop();
            }
            StmtKind::For {
                init,
                cond,
                post,
                body,
            } => {
                self.scopes.push();
                self.opt_stmt(init);
                self.opt_expr(cond);
                self.opt_stmt(post);
                self.block(body);
                self.scopes.pop();
            }
            StmtKind::Range {
                key,
                value,
                op,
                x,
                body,
            } => {
                self.expr(x, Role::Read);
                self.scopes.push();
                for (var, is_key) in [(key, true), (value, false)] {
                    let Some(var) = var else { continue };
                    match self.file.expr(var).kind {
                        ExprKind::Ident if op == RangeOp::Define => {
                            self.declare_ident(
                                var,
                                LocalKind::RangeVar {
                                    stmt: id,
                                    x,
                                    is_key,
                                },
                            );
                        }
                        _ => self.expr(var, Role::Write),
                    }
                }
                self.block(body);
                self.scopes.pop();
            }
        }
    }

    fn opt_stmt(&mut self, stmt: Option<StmtId>) {
        if let Some(stmt) = stmt {
            self.stmt(stmt);
        }
    }

    pub(super) fn opt_expr(&mut self, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.expr(expr, Role::Read);
        }
    }

    /// `if … else if … else …`: what a header declares can be used in all that follows. A loop,
    /// because generated code has chains of thousands.
    fn if_chain(&mut self, first: StmtId) {
        let mut open = 0;
        let mut next = Some(first);
        while let Some(id) = next.take() {
            match self.file.stmt(id).kind {
                StmtKind::If {
                    init,
                    cond,
                    body,
                    els,
                } => {
                    self.scopes.push();
                    open += 1;
                    self.opt_stmt(init);
                    self.expr(cond, Role::Read);
                    self.block(body);
                    next = els;
                }
                _ => self.stmt(id),
            }
        }
        for _ in 0..open {
            self.scopes.pop();
        }
    }

    /// A clause of a switch; `declare` runs within its block, before the statements.
    fn case_clause(&mut self, id: StmtId, declare: impl FnOnce(&mut Self)) {
        let StmtKind::CaseClause { list, body, .. } = self.file.stmt(id).kind else {
            // After a syntax error, a switch may hold other statements.
            return self.stmt(id);
        };
        self.exprs(self.file.exprs(list));
        self.scopes.push();
        declare(self);
        for &stmt in self.file.stmts(body) {
            self.stmt(stmt);
        }
        self.scopes.pop();
    }

    fn type_switch(&mut self, switch: StmtId, guard: StmtId, body: StmtId) {
        let mut symbol = None;
        match self.file.stmt(guard).kind {
            StmtKind::Assign {
                lhs,
                rhs,
                op: AssignOp::Define,
            } => {
                self.exprs(self.file.exprs(rhs));
                if let [ident] = *self.file.exprs(lhs)
                    && let Some(name) = self.file.ident(ident)
                {
                    self.set_object(
                        ident,
                        if name == "_" {
                            Object::Blank
                        } else {
                            Object::TypeSwitchGuard
                        },
                    );
                    symbol = (name != "_").then_some((name, ident));
                } else {
                    self.exprs(self.file.exprs(lhs));
                }
            }
            _ => self.stmt(guard),
        }
        for &clause in self.file.block_stmts(body) {
            self.case_clause(clause, |this| {
                if let Some((name, ident)) = symbol {
                    let span = this.file.expr(ident).span;
                    let kind = LocalKind::TypeSwitchVar { switch, clause };
                    let local = this.add_local(span, DeclSite::Expr(ident), kind);
                    this.scopes.bind(name, local);
                }
            });
        }
    }

    fn assign(&mut self, lhs: &[ExprId], rhs: &[ExprId], op: AssignOp) {
        match op {
            AssignOp::Define => {
                self.exprs(rhs);
                for (index, &left) in lhs.iter().enumerate() {
                    self.define(left, init_value(rhs, index, lhs.len()));
                }
            }
            AssignOp::Assign => {
                for &left in lhs {
                    self.expr(left, Role::Write);
                }
                self.exprs(rhs);
            }
            AssignOp::Op(_) => {
                for &left in lhs {
                    self.expr(left, Role::ReadWrite);
                }
                self.exprs(rhs);
            }
        }
    }

    /// One operand on the left of `:=`: a new variable, unless the innermost block has one of that
    /// name. The names cannot be used on the right, which has been resolved before.
    fn define(&mut self, left: ExprId, init: Init) {
        match self.file.ident(left) {
            Some(name) if self.scopes.find_innermost(name).is_none() => {
                self.declare_ident(left, LocalKind::Var { ty: None, init });
            }
            _ => self.expr(left, Role::Write),
        }
    }

    fn decl(&mut self, id: DeclId) {
        // Functions and imports cannot be declared within functions.
        let DeclKind::Gen { keyword, specs, .. } = self.file.decl(id).kind else {
            return;
        };
        for (spec, origin) in with_origins(self.file, specs) {
            self.spec(spec, origin, keyword);
        }
    }

    fn spec(&mut self, id: SpecId, origin: SpecId, keyword: GenKeyword) {
        match self.file.spec(id).kind {
            SpecKind::Import { .. } => {}
            SpecKind::Type {
                name, tparams, ty, ..
            } => {
                // A type can be used within its own declaration.
                self.declare_name(name, LocalKind::Type(id));
                self.scopes.push();
                if let Some(tparams) = tparams {
                    self.type_params(tparams);
                }
                self.expr(ty, Role::Read);
                self.scopes.pop();
            }
            SpecKind::Value {
                names, ty, values, ..
            } => {
                self.opt_expr(ty);
                let values = self.file.exprs(values);
                self.exprs(values);
                for (index, name) in names.iter().enumerate() {
                    let kind = if keyword == GenKeyword::Const {
                        LocalKind::Const {
                            spec: id,
                            index: u32::try_from(index).unwrap_or(u32::MAX),
                            origin,
                        }
                    } else {
                        LocalKind::Var {
                            ty,
                            init: init_value(values, index, names.len()),
                        }
                    };
                    self.declare_name(name, kind);
                }
            }
        }
    }

    fn declare_name(&mut self, id: NameId, kind: LocalKind) {
        let name = self.file.name(id);
        if name == "_" {
            return;
        }
        let local = self.add_local(self.file.name_span(id), DeclSite::Name(id), kind);
        if let Some(position) = self.names.position(id) {
            self.declared[position] = Some(local);
        }
        self.scopes.bind(name, local);
    }

    fn declare_ident(&mut self, id: ExprId, kind: LocalKind) {
        let span = self.file.expr(id).span;
        let name = self.file.span_text(span);
        if name == "_" {
            return self.set_object(id, Object::Blank);
        }
        let local = self.add_local(span, DeclSite::Expr(id), kind);
        self.set_object(id, Object::Local(local));
        self.scopes.bind(name, local);
    }

    fn add_local(&mut self, span: Span, site: DeclSite, kind: LocalKind) -> LocalId {
        let id = LocalId::from_index(self.locals.len());
        self.locals.push(Local {
            span,
            site,
            kind,
            func: self.func,
            captured: false,
        });
        id
    }

    pub(super) fn set_object(&mut self, expr: ExprId, object: Object) {
        if let Some(position) = self.exprs.position(expr) {
            self.objects[position] = object;
        }
    }

    /// Records that `expr` means `object`, and what happens to it there.
    pub(super) fn record(&mut self, expr: ExprId, object: Object, role: Role) {
        self.set_object(expr, object);
        if let Object::Local(id) = object {
            let func = self.func;
            let local = &mut self.locals[id.index()];
            local.captured |= local.func != func;
            self.uses.push((id, Use { expr, role, func }));
        }
    }

    fn finish(mut self, root: FuncId) -> BodyNames {
        let (uses, use_starts) = self.group_uses();
        let branches = self.resolve_branches();
        BodyNames {
            root,
            exprs: self.exprs,
            stmts: self.stmts,
            names: self.names,
            objects: self.objects,
            declared: self.declared,
            locals: self.locals,
            uses,
            use_starts,
            labels: self.labels,
            branches,
        }
    }

    /// The uses grouped by local, in source order within each, and where the groups start.
    fn group_uses(&self) -> (Vec<Use>, Vec<u32>) {
        let mut starts = vec![0; self.locals.len() + 1];
        for &(local, _) in &self.uses {
            starts[local.index() + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let Some(&(_, any)) = self.uses.first() else {
            return (Vec::new(), starts);
        };
        let mut grouped = vec![any; self.uses.len()];
        let mut next = starts.clone();
        for &(local, used) in &self.uses {
            let slot = &mut next[local.index()];
            grouped[*slot as usize] = used;
            *slot += 1;
        }
        // The walk leaves the order of the source in few places.
        let place = |used: &Use| self.file.expr(used.expr).span.start;
        for group in starts.windows(2) {
            let uses = &mut grouped[group[0] as usize..group[1] as usize];
            if !uses.is_sorted_by_key(place) {
                uses.sort_by_key(place);
            }
        }
        (grouped, starts)
    }

    /// The index of the label that each branch statement names. Labels have a namespace of their
    /// own in each function, and can be used before they are declared.
    fn resolve_branches(&mut self) -> Vec<(NameId, u32)> {
        if self.branches.is_empty() {
            return Vec::new();
        }
        let mut labels = FxHashMap::default();
        for (index, label) in (0..).zip(&self.labels) {
            labels
                .entry((label.func, self.file.name(label.name)))
                .or_insert(index);
        }
        let mut branches: Vec<(NameId, u32)> = self
            .branches
            .iter()
            .filter_map(|&(name, func)| Some((name, *labels.get(&(func, self.file.name(name)))?)))
            .collect();
        branches.sort_unstable_by_key(|&(name, _)| name.index());
        branches
    }
}

/// What the variable at `index` of `count` starts with.
pub(crate) fn init_value(values: &[ExprId], index: usize, count: usize) -> Init {
    match *values {
        [] => Init::Zero,
        [expr] if count > 1 => Init::Element {
            expr,
            index: u32::try_from(index).unwrap_or(u32::MAX),
            count: u32::try_from(count).unwrap_or(u32::MAX),
        },
        _ => values
            .get(index)
            .map_or(Init::Zero, |&expr| Init::Value(expr)),
    }
}
