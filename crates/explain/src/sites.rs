//! The defer statements of a function, described one by one: what is evaluated when, what the call
//! releases, recovers and changes.

use go_flow::{CallMode, DeferSite, FunctionFacts, Known, LiteralUse, Models, Point};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Features, File, FuncId, LitKind};
use go_types::{Builtin, Callee, LocalId, Role, Type};

use crate::model::{Defer, Operand, OperandKind, Recovers, SiteId, Times};
use crate::releases::{Releases, lies_in};
use crate::source::{Lines, expr_text};

/// What all descriptions need.
pub(crate) struct Sites<'r, 'a> {
    pub(crate) facts: &'r FunctionFacts<'a>,
    /// What the compiler makes of the defers of the function.
    pub(crate) classes: cost::FunctionClasses,
    pub(crate) models: &'r Models,
    pub(crate) lines: &'r Lines,
    pub(crate) package: &'r str,
    pub(crate) function: &'r str,
    pub(crate) path: &'r str,
    /// The function or literal that is explained.
    pub(crate) func: FuncId,
}

impl<'a> Sites<'_, 'a> {
    /// The defers of the explained function and of the literals in it.
    pub(crate) fn wanted(&self) -> Vec<DeferSite<'a>> {
        let file = self.facts.file();
        self.facts
            .defers()
            .iter()
            .filter(|site| lies_in(file, site.point.func, self.func))
            .copied()
            .collect()
    }

    pub(crate) fn describe(&self, site: &DeferSite<'a>) -> Defer {
        let file = self.facts.file();
        let (line, end_line) = self.lines.of(file.stmt(site.stmt).span);
        let within = (site.point.func != self.func)
            .then(|| self.lines.at(file.func(site.point.func).span.start));
        let releases = Releases {
            facts: self.facts,
            models: self.models,
            lines: self.lines,
        };
        let literal = site
            .literal
            .or_else(|| self.facts.literal_called(site.call));
        let (sees, changes) = literal.map_or_else(Default::default, |literal| self.uses(literal));
        Defer {
            site: SiteId {
                package: self.package.to_owned(),
                function: self.function.to_owned(),
                file: self.path.to_owned(),
                line,
                ordinal: site.on_line,
            },
            end_line,
            call: expr_text(file, site.call),
            within,
            operands: self.operands(site, line),
            sees,
            changes,
            releases: releases.of(site),
            recovers: self.recovers(site),
            times: self.times(site),
            never: (!self.facts.reachable(site.point))
                .then(|| "no path leads to this statement".to_owned()),
            class: self
                .classes
                .site(site.stmt)
                .and_then(|site| site.class)
                .map(|class| class.as_str().to_owned()),
        }
    }

    fn times(&self, site: &DeferSite<'a>) -> Times {
        let cfg = self.facts.cfg(site.point.func);
        if !cfg.in_cycle(site.point.node) {
            return Times::Once;
        }
        let mut rounds: u64 = 1;
        for lp in cfg.loops_of(site.stmt) {
            // A body that is always left is no cycle.
            if !cfg.in_same_cycle(lp.head, site.point.node) {
                continue;
            }
            match self.facts.loop_info(cfg, lp).bound {
                Some(bound) => rounds = rounds.saturating_mul(bound),
                None => return Times::Any,
            }
        }
        match rounds {
            1 => Times::Once,
            rounds => Times::AtMost(rounds),
        }
    }

    fn operands(&self, site: &DeferSite<'a>, line: u32) -> Vec<Operand> {
        let (facts, file) = (self.facts, self.facts.file());
        let body = facts.body();
        let Some((fun, args)) = file.call(site.call) else {
            return Vec::new();
        };
        let mut operands = Vec::new();
        let mut add = |kind, expr: ExprId| {
            operands.push(Operand {
                kind,
                text: expr_text(file, expr),
                value: self.value(expr, site.point),
                line,
                changes_at: self.changes(expr, site.point),
            });
        };
        match facts.callee(site.call) {
            Callee::Selected { x, .. } if !body.denotes_type(x) => match body.method(site.call) {
                Some(method) => {
                    let ty = body.cx().ty(body.underlying(body.type_of(x)));
                    let is_pointer = matches!(ty, Type::Pointer(_));
                    if method.pointer && !is_pointer {
                        add(OperandKind::ReceiverAddress, x);
                    } else {
                        add(OperandKind::Receiver, x);
                    }
                }
                None => add(OperandKind::Function, fun),
            },
            Callee::Var(_) | Callee::MemberVar(_) | Callee::Dynamic => {
                add(OperandKind::Function, fun);
            }
            _ => {}
        }
        for &arg in args {
            add(OperandKind::Argument, arg);
        }
        operands
    }

    /// The value of an operand, as far as a constant or the only assignment tells.
    fn value(&self, expr: ExprId, at: Point) -> Option<String> {
        let (facts, file) = (self.facts, self.facts.file());
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::BasicLit(LitKind::Int | LitKind::String | LitKind::Float | LitKind::Char) => {
                Some(expr_text(file, expr))
            }
            ExprKind::Ident => {
                let local = facts.body().names().local_of(expr)?;
                if !facts.body().names().local(local).is_var() {
                    return None;
                }
                match facts.known_at(at, local)? {
                    Known::Zero => None,
                    Known::Constant(value) => Some(expr_text(file, value)),
                }
            }
            _ => None,
        }
    }

    /// The first line after the statement at which a variable that is an operand changes.
    fn changes(&self, expr: ExprId, at: Point) -> Option<u32> {
        let (facts, file) = (self.facts, self.facts.file());
        let local = facts.body().names().local_of(file.unparen(expr))?;
        if !facts.body().names().local(local).is_var() {
            return None;
        }
        facts
            .writes_after(at, local)
            .iter()
            .filter_map(|late| Some(self.lines.at(file.expr(late.access.expr?).span.start)))
            .min()
    }

    /// Names of the variables from outside that a literal uses, and of the results it may change.
    fn uses(&self, literal: FuncId) -> (Vec<String>, Vec<String>) {
        let file = self.facts.file();
        let names = self.facts.body().names();
        let (mut sees, mut changes) = (Vec::new(), Vec::new());
        for (id, local) in names.locals() {
            if !local.is_var() || lies_in(file, local.func, literal) {
                continue;
            }
            let mut uses = names
                .uses(id)
                .iter()
                .filter(|used| lies_in(file, used.func, literal))
                .peekable();
            if uses.peek().is_none() {
                continue;
            }
            let name = file.span_text(local.span).to_owned();
            let written = uses.any(|used| {
                used.role.writes() || matches!(used.role, Role::AddressTaken | Role::PartWrite)
            });
            if written && local.is_result() && local.func == self.func {
                changes.push(name.clone());
            }
            sees.push(name);
        }
        (sees, changes)
    }

    fn recovers(&self, site: &DeferSite<'a>) -> Recovers {
        let facts = self.facts;
        if let Some(literal) = site.literal.or_else(|| facts.literal_called(site.call)) {
            return self.recovers_in(literal);
        }
        match site.callee {
            // In a deferred literal it is as good as a call; see Go's own `gorecover`.
            Callee::Builtin(Builtin::Recover) if self.is_deferred(site.point.func) => Recovers::Yes,
            Callee::Builtin(Builtin::Recover) => Recovers::WithoutEffect,
            Callee::Builtin(_) | Callee::Conversion(_) => Recovers::No,
            Callee::Var(local) => self.recovers_in_variable(local),
            Callee::Dynamic | Callee::Unknown | Callee::MemberVar(_) => Recovers::Unknown,
            _ => match facts.body().declaration(site.call) {
                Some((file, func)) => self.recovers_in_declaration(file, func),
                // Functions of other packages may, but nearly none do.
                None => Recovers::No,
            },
        }
    }

    fn is_deferred(&self, func: FuncId) -> bool {
        func != self.facts.root()
            && matches!(self.facts.literal_runs(func), LiteralUse::Deferred { .. })
    }

    fn recovers_in(&self, literal: FuncId) -> Recovers {
        let file = self.facts.file();
        let mut found = Recovers::No;
        for recover in self.facts.recovers() {
            if recover.point.func == literal
                && matches!(recover.mode, CallMode::Now | CallMode::Deferred(_))
            {
                return Recovers::Yes;
            }
            if lies_in(file, recover.point.func, literal) {
                found = Recovers::WithoutEffect;
            }
        }
        found
    }

    fn recovers_in_variable(&self, _: LocalId) -> Recovers {
        Recovers::Unknown
    }

    fn recovers_in_declaration(&self, file: u32, func: FuncId) -> Recovers {
        recovers_itself(self.facts.body().cx().file(file), func)
    }
}

/// Whether a declared function calls `recover` outside of literals.
pub(crate) fn recovers_itself(tree: &File, func: FuncId) -> Recovers {
    if !tree.func(func).features.intersects(Features::RECOVER) {
        return Recovers::No;
    }
    let mut found = Recovers::WithoutEffect;
    walk(tree, Node::Func(func), |node| match node {
        Node::Func(inner) if inner != func => Descend::Past,
        Node::Expr(expr) => match tree.call(expr) {
            Some((fun, _)) if tree.ident(tree.unparen(fun)) == Some("recover") => {
                found = Recovers::Yes;
                Descend::Stop
            }
            _ => Descend::Into,
        },
        _ => Descend::Into,
    });
    found
}
