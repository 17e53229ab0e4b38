//! The classes of the defers of a function.

use go_binary::Class;
use go_syntax::{ExprId, Features, FuncId, LineIndex, Span, StmtId, StmtKind};
use go_types::Body;
use rustc_hash::FxHashMap;

use crate::build::Build;
use crate::escape;
use crate::lower::{lower, lower_copy};
use crate::passes::{Standing, Verdicts, judge};
use crate::reason::{LoopKind, MOST_DEFERS, MOST_EXITS, Reason};
use crate::tree::{Stmt, inlined_literals, literals};

/// A `defer` statement and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The statement.
    pub stmt: StmtId,
    /// The deferred call.
    pub call: ExprId,
    /// The function or literal whose end it waits for.
    pub func: FuncId,
    /// Its class; nothing when no code is made for it.
    pub class: Option<Class>,
    /// The class of a second copy, where the compiler makes one that differs (before 1.22, in literals that are put in
    /// place of their calls).
    pub copy: Option<Class>,
    /// Why.
    pub reason: Reason,
}

impl Site {
    /// Whether it is one of the forms of Go 1.23 in the body of a loop over a function.
    pub fn in_range_func(&self) -> bool {
        matches!(self.reason, Reason::RangeFunc { .. })
    }
}

/// What becomes of the defers of a top-level function and of the literals in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FunctionClasses {
    /// In source order.
    pub sites: Vec<Site>,
    /// Whether the function has type parameters, its own or those of its receiver: it is compiled where it is
    /// used, once for each shape of its types, or never.
    pub generic: bool,
}

impl FunctionClasses {
    /// The site of a statement.
    pub fn site(&self, stmt: StmtId) -> Option<&Site> {
        self.sites.iter().find(|site| site.stmt == stmt)
    }
}

/// What the compiler makes of the defers of a top-level function, its literals included.
pub fn classes(body: &Body<'_>, build: &Build) -> FunctionClasses {
    let file = body.file();
    let root = body.root();
    if !file.func(root).features.intersects(Features::DEFER) {
        return FunctionClasses::default();
    }
    let lines = file.line_index();
    let mut judge = Judge {
        body,
        build,
        lines: &lines,
        found: FxHashMap::default(),
        copied: FxHashMap::default(),
        dropped: Vec::new(),
    };
    // Functions called `_` are checked and forgotten.
    if file
        .func(root)
        .name
        .is_none_or(|name| file.name(name) != "_")
    {
        // What is dropped anywhere is known before anything is judged.
        let mut lowered = Vec::new();
        let mut waiting = vec![root];
        while let Some(func) = waiting.pop() {
            if file.func(func).features.intersects(Features::BODY) {
                let list = lower(body, build, func, &mut judge.dropped);
                literals(&list, &mut waiting);
                lowered.push((func, list));
            }
        }
        for (func, list) in &lowered {
            judge.function(*func, list);
        }
        if !build.drops_while_writing() {
            judge.copies(&lowered);
        }
    }
    let (found, copied) = (judge.found, judge.copied);
    let mut sites = Vec::new();
    for stmt in file.func(root).stmts.iter() {
        let StmtKind::Defer(call) = file.stmt(stmt).kind else {
            continue;
        };
        let (func, class, reason) = found
            .get(&stmt)
            .cloned()
            .unwrap_or_else(|| (innermost(body, stmt), None, Reason::Dead));
        sites.push(Site {
            stmt,
            call,
            func,
            class,
            copy: copied
                .get(&stmt)
                .copied()
                .filter(|&copy| Some(copy) != class),
            reason,
        });
    }
    FunctionClasses {
        sites,
        generic: is_generic(body),
    }
}

struct Judge<'b, 'a> {
    body: &'b Body<'a>,
    build: &'b Build,
    lines: &'b LineIndex,
    found: FxHashMap<StmtId, (FuncId, Option<Class>, Reason)>,
    /// The classes in second copies of literals.
    copied: FxHashMap<StmtId, Class>,
    /// What the compiler leaves out.
    dropped: Vec<Span>,
}

impl<'a> Judge<'_, 'a> {
    /// Literals within literals that are put in place of their calls are made a second time; the first is
    /// forgotten when nothing but the call used the literal around it.
    fn copies(&mut self, lowered: &[(FuncId, Vec<Stmt<'a>>)]) {
        let mut inlined = Vec::new();
        for (_, list) in lowered {
            inlined_literals(list, &mut inlined);
        }
        for outer in inlined {
            // Dead code is taken out of what is put in place, but not out of the literals in it.
            let mut waiting = Vec::new();
            for (_, list) in lowered.iter().filter(|(func, _)| *func == outer.func) {
                literals(list, &mut waiting);
            }
            while let Some(func) = waiting.pop() {
                let list = lower_copy(self.body, self.build, func);
                literals(&list, &mut waiting);
                let first = std::mem::take(&mut self.found);
                self.function(func, &list);
                let second = std::mem::replace(&mut self.found, first);
                for (stmt, verdict) in second {
                    if outer.gone {
                        self.found.insert(stmt, verdict);
                    } else if let Some(class) = verdict.1 {
                        self.copied.insert(stmt, class);
                    }
                }
            }
        }
    }

    fn function(&mut self, func: FuncId, list: &[Stmt<'a>]) {
        let features = self.body.file().func(func).features;
        if !features.intersects(Features::DEFER) {
            return;
        }
        let verdicts = judge(list, self.build);
        let shared = self.of_function(&verdicts, func);
        for (stmt, standing) in &verdicts.defers {
            let (class, reason) = self.of_defer(standing, shared.as_ref());
            let (class, reason) = if verdicts.unreached.contains(stmt) {
                (None, Reason::Dead)
            } else {
                (Some(class), reason)
            };
            self.found.insert(*stmt, (func, class, reason));
        }
    }

    /// What keeps the function's defers from being open-coded.
    fn of_function(&self, verdicts: &Verdicts<'_>, func: FuncId) -> Option<Reason> {
        if self.build.no_optimization {
            return Some(Reason::NoOptimization);
        }
        let looped = verdicts.defers.iter().find(|(_, standing)| {
            matches!(
                standing,
                Standing::Loop { .. } | Standing::Label(_) | Standing::Inlined { .. }
            )
        });
        if let Some(&(stmt, _)) = looped {
            let line = self.line(stmt);
            return Some(Reason::OtherInLoop { line });
        }
        if let Some(stmt) = verdicts.range_func {
            let line = self.line(stmt);
            return Some(Reason::OtherInRangeFunc { line });
        }
        let (returns, defers) = (verdicts.returns, verdicts.own);
        if defers > MOST_DEFERS {
            return Some(Reason::TooMany { defers });
        }
        if self.build.shared_386 {
            return Some(Reason::Shared386);
        }
        if self.build.race {
            return Some(Reason::Race);
        }
        if defers > 0
            && let Some(name) = escape::result_on_heap(self.body, self.build, func, &self.dropped)
        {
            return Some(Reason::ResultOnHeap { name });
        }
        (returns * defers > MOST_EXITS).then_some(Reason::TooManyExits { returns, defers })
    }

    fn of_defer(&self, standing: &Standing<'_>, shared: Option<&Reason>) -> (Class, Reason) {
        let reason = match *standing {
            Standing::Once => {
                return match shared {
                    None => (Class::OpenCoded, Reason::None),
                    Some(reason) => (Class::StackAllocated, reason.clone()),
                };
            }
            Standing::Loop { stmt, range } => Reason::Loop {
                kind: if range {
                    LoopKind::Range
                } else {
                    LoopKind::For
                },
                line: self.line(stmt),
            },
            Standing::Label(name) => Reason::Loop {
                kind: LoopKind::Label(name.to_owned()),
                line: self.line_of_label(name),
            },
            Standing::Inlined { callee, at } => Reason::Loop {
                kind: LoopKind::Inlined(callee.to_owned()),
                line: self.lines.line(at),
            },
            Standing::RangeFunc { stmt } => Reason::RangeFunc {
                line: self.line(stmt),
            },
        };
        (Class::HeapAllocated, reason)
    }

    fn line(&self, stmt: StmtId) -> u32 {
        self.lines.line(self.body.file().stmt(stmt).span.start)
    }

    fn line_of_label(&self, name: &str) -> u32 {
        let file = self.body.file();
        let labels = file.func(self.body.root()).stmts.iter();
        labels
            .filter(|&stmt| {
                matches!(file.stmt(stmt).kind, StmtKind::Labeled { label, .. } if file.name(label) == name)
            })
            .map(|stmt| self.line(stmt))
            .next()
            .unwrap_or(0)
    }
}

/// The function or literal that a statement stands in.
fn innermost(body: &Body<'_>, stmt: StmtId) -> FuncId {
    let file = body.file();
    let span = file.stmt(stmt).span;
    file.all_funcs()
        .filter(|&func| file.func(func).span.contains(span))
        .last()
        .unwrap_or(body.root())
}

fn is_generic(body: &Body<'_>) -> bool {
    let file = body.file();
    let func = file.func(body.root());
    let receiver_has = func.recv.is_some_and(|recv| {
        file.fields_of(recv).iter().any(|field| {
            let mut ty = file.unparen(file.field(field).ty);
            if let go_syntax::ExprKind::Star(inner) = file.expr(ty).kind {
                ty = file.unparen(inner);
            }
            matches!(file.expr(ty).kind, go_syntax::ExprKind::Index { .. })
        })
    });
    receiver_has || file.sig(func.sig).tparams.is_some()
}
