//! `overwritten-before-release`.

use go_flow::{Class, Stored};
use go_syntax::{DeclKind, ExprId, ExprKind, File, FuncId, Span, StmtId, StmtKind};
use go_types::{PackageCx, Type};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::owners::ends;
use crate::release::{may_acquire, report_overwritten};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds variables and fields that get a new resource while they hold the old one.
    ///
    /// ## What it does
    /// Reports a file, connection, timer, … whose variable gets another value before it is released,
    /// on some path and with nobody else holding it: in the next round of a loop, mostly, which may
    /// be one that declares the variable anew. Where this
    /// rule runs, the rules about the single kinds (`file-not-closed`, `body-not-closed`, …) leave
    /// these to it, so that there is one finding; where it does not, they report them.
    ///
    /// It also reports a method that opens something into a field which another method of the type
    /// closes, when it does not close what the field holds, nor asks whether it holds anything, and
    /// is made to be called again: it uses the field before, opens in a loop, is called in one, or
    /// has a name like `rotate` or `reconnect` while the field gets its first value elsewhere.
    /// Methods like `Open` and `Start`, those that ask the receiver anything before, and those whose
    /// callers release the field are left alone.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// Nothing can release what nothing holds any more. Each round and each call leaves a descriptor
    /// or a connection behind, so a service that rotates its log or dials again for months runs out
    /// of them.
    ///
    /// ## Example
    /// ```go
    /// type journal struct {
    /// 	f *os.File
    /// }
    ///
    /// func newJournal(path string) (*journal, error) {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return &journal{f: f}, nil
    /// }
    ///
    /// func (j *journal) rotate(path string) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	j.f = f
    /// 	return nil
    /// }
    ///
    /// func (j *journal) Close() error {
    /// 	return j.f.Close()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type journal struct {
    /// 	f *os.File
    /// }
    ///
    /// func newJournal(path string) (*journal, error) {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return &journal{f: f}, nil
    /// }
    ///
    /// func (j *journal) rotate(path string) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	old := j.f
    /// 	j.f = f
    /// 	return old.Close()
    /// }
    ///
    /// func (j *journal) Close() error {
    /// 	return j.f.Close()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When callers in other packages release the field before they call the method, or when the old
    /// value is also held by something that cannot be seen here.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub OverwrittenBeforeRelease {
        name: "overwritten-before-release",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

/// The rules whose resources stay in fields until a method releases them.
const KINDS: [&str; 8] = [
    "file-not-closed",
    "conn-not-closed",
    "listener-not-closed",
    "closer-not-closed",
    "raw-fd-not-closed",
    "sqlconn-not-closed",
    "rows-not-closed",
    "stmt-not-closed",
];

/// How names of methods begin that give a field another value than it has.
const AGAIN: [&str; 18] = [
    "reopen",
    "reconnect",
    "redial",
    "reload",
    "refresh",
    "reset",
    "restart",
    "renew",
    "recreate",
    "rotate",
    "rollover",
    "switch",
    "replace",
    "swap",
    "change",
    "truncate",
    "flip",
    "next",
];

/// Calls are followed so many levels deep when it is asked what they release.
const DEPTH: usize = 3;

impl Rule for OverwrittenBeforeRelease {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_overwritten(cx, &Self::META);
        check_fields(cx);
    }
}

fn check_fields(cx: &RuleCx<'_>) {
    let file = cx.file();
    if cx.is_test() {
        return;
    }
    let Some(method) = Method::of(cx.body().cx(), file, cx.body().file_index(), cx.root()) else {
        return;
    };
    for stored in &cx.leaks().stored {
        let class = cx.models().class(stored.class);
        if class.long_lived || !KINDS.contains(&&*class.rule) || !is_own(cx, stored, &method) {
            continue;
        }
        let Some((target, at)) = store(&method, &stored.field) else {
            continue;
        };
        // What a literal does happens whenever it is called.
        if cx.facts().func_of_stmt(at) != cx.root() || starts_use(method.name()) {
            continue;
        }
        let field = Field {
            package: cx.body().cx(),
            owner: method.owner.clone(),
            name: &stored.field,
            class,
        };
        if field.is_left_alone(&method, file.stmt(at).span)
            || !field.is_released_by_another(&method)
            || field.callers_release(&method)
        {
            continue;
        }
        let is_again = field.is_used_before(&method, file.stmt(at).span)
            || is_repeated(cx, stored, at)
            || field.is_called_in_loop(&method)
            || (begins_again(method.name()) && field.is_set_elsewhere(&method));
        if !is_again {
            continue;
        }
        let name = cx.snippet(target);
        let call = cx.call_snippet(stored.call);
        let noun = &class.noun;
        let finding = cx
            .report(
                &OverwrittenBeforeRelease::META,
                file.expr(target).span,
                format!(
                    "`{name}` gets the {noun} that `{call}` gives, and the one it holds is never closed"
                ),
            )
            .help(format!("close what `{name}` holds before, if it is not nil"));
        let from = file.expr(stored.call).span;
        if !file.stmt(at).span.contains(from) {
            finding.related(from, "it comes from here");
        }
    }
}

/// Whether the assignment happens again and again. One that is the very call may be tried again
/// only when that failed.
fn is_repeated(cx: &RuleCx<'_>, stored: &Stored, at: StmtId) -> bool {
    let file = cx.file();
    let point = cx.facts().point_of_stmt(at);
    !file.stmt(at).span.contains(file.expr(stored.call).span)
        && point.is_some_and(|point| cx.facts().in_cycle(point))
}

/// Whether the struct is that of the receiver.
fn is_own(cx: &RuleCx<'_>, stored: &Stored, method: &Method<'_>) -> bool {
    let package = cx.body().cx();
    let Type::Named { name, .. } = package.ty(stored.owner) else {
        return false;
    };
    let named = package.named(name);
    !stored.field.is_empty()
        && *named.name == *method.owner
        && named.package == *package.names().path()
}

/// The only assignment to the field of the receiver, and its target.
fn store(method: &Method<'_>, field: &str) -> Option<(ExprId, StmtId)> {
    let file = method.file;
    let mut found = None;
    for stmt in file.func(method.func).stmts.iter() {
        let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind else {
            continue;
        };
        for &target in file.exprs(lhs) {
            if method.is_field(target, field) {
                if found.is_some() {
                    return None;
                }
                found = Some((target, stmt));
            }
        }
    }
    found
}

/// Whether a method of this name begins the use of a value, once.
fn starts_use(name: &str) -> bool {
    const STARTS: [&str; 22] = [
        "open",
        "init",
        "new",
        "start",
        "setup",
        "dial",
        "connect",
        "listen",
        "run",
        "serve",
        "load",
        "create",
        "make",
        "build",
        "prepare",
        "begin",
        "enable",
        "attach",
        "mount",
        "launch",
        "configure",
        "ensure",
    ];
    let lower = name.to_lowercase();
    STARTS.iter().any(|verb| lower.starts_with(verb)) || ends(name)
}

/// Whether a package only reads or writes what its functions get.
fn reads_or_writes(file: &File, package: ExprId) -> bool {
    matches!(file.ident(package), Some("bufio" | "io" | "fmt"))
}

fn begins_again(name: &str) -> bool {
    let lower = name.to_lowercase();
    AGAIN.iter().any(|verb| lower.starts_with(verb))
}

/// A method, and the name of its receiver.
struct Method<'a> {
    file: &'a File,
    index: u32,
    func: FuncId,
    /// The name of the type.
    owner: String,
    receiver: &'a str,
}

impl<'a> Method<'a> {
    fn of(cx: &PackageCx<'_>, file: &'a File, index: u32, func: FuncId) -> Option<Self> {
        let node = file.func(func);
        let field = file.fields_of(node.recv?).first()?;
        let receiver = file.name(file.field(field).names.first()?);
        let names = cx.names();
        let (id, _) = names
            .methods()
            .find(|(_, method)| method.file == index && method.func == func)?;
        Some(Self {
            file,
            index,
            func,
            owner: names.method_base(id).to_owned(),
            receiver,
        })
    }

    fn name(&self) -> &'a str {
        let name = self.file.func(self.func).name;
        name.map_or("", |name| self.file.name(name))
    }

    fn exprs(&self) -> impl Iterator<Item = ExprId> + use<'a> {
        self.file.func(self.func).exprs.iter()
    }

    fn is_receiver(&self, expr: ExprId) -> bool {
        self.file.ident(self.file.unparen(expr)) == Some(self.receiver)
    }

    /// Whether an expression is this field of the receiver.
    fn is_field(&self, expr: ExprId, field: &str) -> bool {
        let selected = self.file.selector(self.file.unparen(expr));
        selected.is_some_and(|(x, name)| name == field && self.is_receiver(x))
    }
}

/// A field that holds a resource.
struct Field<'p> {
    package: &'p PackageCx<'p>,
    /// The name of the type.
    owner: String,
    name: &'p str,
    class: &'p Class,
}

impl<'p> Field<'p> {
    fn files(&self) -> impl Iterator<Item = (u32, &'p File)> + use<'p> {
        let package = self.package;
        (0..)
            .take(package.names().files().len())
            .map(move |index| (index, package.file(index)))
    }

    fn is_end(&self, name: &str) -> bool {
        ends(name) || self.class.release.iter().any(|release| **release == *name)
    }

    /// Whether anything before the assignment says that the method knows what the field holds, or
    /// anything after it gives the new one back.
    fn is_left_alone(&self, method: &Method<'_>, at: Span) -> bool {
        let file = method.file;
        let is_before = |span: Span| span.start < at.start;
        // Mentions that are operands of selectors: `s.f.Write`.
        let mut known: Vec<ExprId> = Vec::new();
        for expr in method.exprs() {
            if let Some((x, name)) = file.selector(expr)
                && method.is_field(x, self.name)
            {
                if self.is_end(name) {
                    return true;
                }
                known.push(file.unparen(x));
            }
        }
        for expr in method.exprs() {
            let span = file.expr(expr).span;
            let is_other = method.is_field(expr, self.name)
                && !at.contains(span)
                && !known.contains(&file.unparen(expr));
            if is_other && is_before(span) {
                return true;
            }
            // What is called with the receiver may release what it holds.
            let Some((fun, args)) = file.call(expr) else {
                continue;
            };
            if args.iter().any(|&arg| method.is_receiver(arg)) {
                return true;
            }
            if let Some((x, name)) = file.selector(file.unparen(fun))
                && method.is_receiver(x)
                && self.method_touches(name, DEPTH)
            {
                return true;
            }
        }
        // A condition that asks the receiver may ask whether it is open.
        file.func(method.func).stmts.iter().any(|stmt| {
            let span = file.stmt(stmt).span;
            let asked = match file.stmt(stmt).kind {
                StmtKind::If { cond, .. } => Some(file.expr(cond).span),
                StmtKind::Switch { body, .. } => {
                    Some(Span::new(span.start, file.stmt(body).span.start))
                }
                _ => None,
            };
            asked.is_some_and(|asked| {
                is_before(asked)
                    && method.exprs().any(|expr| {
                        file.ident(expr) == Some(method.receiver)
                            && asked.contains(file.expr(expr).span)
                            && !self.is_used_in(method, expr)
                    })
            })
        })
    }

    /// Whether the receiver at `expr` is that in a use of the field, as `s` in `s.f.Write(…)`.
    fn is_used_in(&self, method: &Method<'_>, expr: ExprId) -> bool {
        let span = method.file.expr(expr).span;
        method.exprs().any(|outer| {
            method.file.expr(outer).span.start == span.start
                && method
                    .file
                    .selector(outer)
                    .is_some_and(|(x, name)| !self.is_end(name) && method.is_field(x, self.name))
        })
    }

    /// Whether the method calls something of what the field holds before it assigns.
    fn is_used_before(&self, method: &Method<'_>, at: Span) -> bool {
        let file = method.file;
        method.exprs().any(|expr| {
            let Some((fun, _)) = file.call(expr) else {
                return false;
            };
            let selected = file.selector(file.unparen(fun));
            file.expr(expr).span.end <= at.start
                && selected
                    .is_some_and(|(x, name)| method.is_field(x, self.name) && !self.is_end(name))
        })
    }

    /// The methods of the type, called `name` if that is given.
    fn methods(&self, name: Option<&str>) -> Vec<Method<'p>> {
        let names = self.package.names();
        names
            .methods_of(&self.owner)
            .filter(|&(id, _)| name.is_none_or(|name| names.method_name(id) == name))
            .filter_map(|(_, method)| {
                let file = self.package.file(method.file);
                Method::of(self.package, file, method.file, method.func)
            })
            .collect()
    }

    /// Whether a method of the type does anything with the field but use it.
    fn method_touches(&self, name: &str, depth: usize) -> bool {
        self.methods(Some(name)).iter().any(|method| {
            let file = method.file;
            let used: Vec<ExprId> = method
                .exprs()
                .filter_map(|expr| file.selector(expr))
                .filter(|(_, name)| !self.is_end(name))
                .map(|(x, _)| file.unparen(x))
                .collect();
            method.exprs().any(|expr| {
                (method.is_field(expr, self.name) && !used.contains(&file.unparen(expr)))
                    || depth > 0
                        && file
                            .call(expr)
                            .and_then(|(fun, _)| file.selector(file.unparen(fun)))
                            .is_some_and(|(x, name)| {
                                method.is_receiver(x) && self.method_touches(name, depth - 1)
                            })
            })
        })
    }

    /// Whether another method calls what releases what the field holds.
    fn is_released_by_another(&self, than: &Method<'_>) -> bool {
        self.methods(None).iter().any(|method| {
            let file = method.file;
            (method.index, method.func) != (than.index, than.func)
                && method.exprs().any(|expr| {
                    let fun = file.call(expr).map(|(fun, _)| file.unparen(fun));
                    fun.and_then(|fun| file.selector(fun))
                        .is_some_and(|(x, name)| {
                            method.is_field(x, self.name)
                                && self.class.release.iter().any(|release| **release == *name)
                        })
                })
        })
    }

    /// The declared functions that call a method of this name, with the calls.
    fn callers(&self, name: &str) -> Vec<(&'p File, FuncId, Vec<ExprId>)> {
        let mut callers = Vec::new();
        for (_, file) in self.files() {
            for &decl in file.top_decls() {
                let DeclKind::Func(func) = file.decl(decl).kind else {
                    continue;
                };
                let calls = |expr: &ExprId| {
                    let fun = file.call(*expr).map(|(fun, _)| file.unparen(fun));
                    let selected = fun.and_then(|fun| file.selector(fun));
                    selected.is_some_and(|(_, called)| called == name)
                };
                let found: Vec<_> = file.func(func).exprs.iter().filter(calls).collect();
                if !found.is_empty() {
                    callers.push((file, func, found));
                }
            }
        }
        callers
    }

    /// Whether a function that calls the method releases the field itself, or calls what does.
    fn callers_release(&self, method: &Method<'_>) -> bool {
        self.callers(method.name()).iter().any(|&(file, func, _)| {
            let is_deferred = |call: ExprId| {
                file.func(func).stmts.iter().any(|stmt| {
                    matches!(file.stmt(stmt).kind, StmtKind::Defer(deferred) if file.unparen(deferred) == call)
                })
            };
            file.func(func).exprs.iter().any(|expr| {
                let Some((fun, args)) = file.call(expr) else {
                    return false;
                };
                let Some((x, name)) = file.selector(file.unparen(fun)) else {
                    return false;
                };
                let is_of_field = |x: ExprId| {
                    file.selector(file.unparen(x))
                        .is_some_and(|(_, field)| field == self.name)
                };
                let releases = name != method.name()
                    && (!reads_or_writes(file, x) && args.iter().any(|&arg| is_of_field(arg))
                        || (self.is_end(name) && is_of_field(x))
                        || self.method_touches(name, DEPTH));
                releases && !is_deferred(expr)
            })
        })
    }

    /// Whether a method of the type calls it on its own receiver in a loop.
    fn is_called_in_loop(&self, method: &Method<'_>) -> bool {
        self.methods(None).iter().any(|caller| {
            let file = caller.file;
            let loops: Vec<Span> = file
                .func(caller.func)
                .stmts
                .iter()
                .filter(|&stmt| {
                    matches!(
                        file.stmt(stmt).kind,
                        StmtKind::For { .. } | StmtKind::Range { .. }
                    )
                })
                .map(|stmt| file.stmt(stmt).span)
                .collect();
            !loops.is_empty()
                && caller.exprs().any(|expr| {
                    let fun = file.call(expr).map(|(fun, _)| file.unparen(fun));
                    let is_call = fun
                        .and_then(|fun| file.selector(fun))
                        .is_some_and(|(x, name)| caller.is_receiver(x) && name == method.name());
                    is_call && loops.iter().any(|span| span.contains(file.expr(expr).span))
                })
        })
    }

    /// Whether another function gives the field a value.
    fn is_set_elsewhere(&self, than: &Method<'_>) -> bool {
        self.files().any(|(index, file)| {
            file.top_decls().iter().any(|&decl| {
                let DeclKind::Func(func) = file.decl(decl).kind else {
                    return false;
                };
                if (index, func) == (than.index, than.func) {
                    return false;
                }
                let node = file.func(func);
                let is_set = |target: ExprId| {
                    file.selector(file.unparen(target))
                        .is_some_and(|(_, field)| field == self.name)
                };
                node.stmts.iter().any(|stmt| match file.stmt(stmt).kind {
                    StmtKind::Assign { lhs, rhs, .. } => {
                        let is_nil = |value: &ExprId| file.ident(*value) == Some("nil");
                        !file.exprs(rhs).iter().any(is_nil)
                            && file.exprs(lhs).iter().any(|&target| is_set(target))
                    }
                    _ => false,
                }) || node.exprs.iter().any(|expr| match file.expr(expr).kind {
                    ExprKind::CompositeLit {
                        ty: Some(ty), elts, ..
                    } => {
                        file.expr_text(ty) == self.owner
                            && file.exprs(elts).iter().any(|&elt| {
                                matches!(file.expr(elt).kind, ExprKind::KeyValue { key, .. } if file.ident(key) == Some(self.name))
                            })
                    }
                    _ => false,
                })
            })
        })
    }
}
