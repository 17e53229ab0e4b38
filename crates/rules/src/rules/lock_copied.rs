//! `lock-copied`.

use std::rc::Rc;

use diagnostics::Applicability;
use go_syntax::{
    AssignOp, DeclKind, ExprId, ExprKind, FieldId, FieldListId, FuncId, RangeOp, Span, SpecKind,
    StmtId, StmtKind, UnaryOp,
};
use go_types::{Builtin, Callee, Object, PackageCx, Type, TypeId};

use crate::copies::{Copies, copies};
use crate::cx::RuleCx;
use crate::driver::FileInput;
use crate::fresh::{gets_fresh_values, is_moved, is_unused_local, is_unused_pointee, use_of_guard};
use crate::nocopy::{Guard, GuardKind, guard_in};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds copies of values with a lock, a counter or an atomic variable in them.
    ///
    /// ## What it does
    /// Reports where a value is copied that is or contains a `sync.Mutex`, `RWMutex`, `WaitGroup`,
    /// `Once`, `Cond`, `Pool` or `Map`, a type of `sync/atomic`, or any type that declares `Lock` and
    /// `Unlock` for pointers to it (as markers named `noCopy` do): by an assignment or declaration, as
    /// an argument, parameter, receiver, returned or sent value, element of a composite literal, or
    /// variable of a `range` or three-part `for` loop.
    ///
    /// It is silent where a copy does no harm: of composite literals and results of calls, which
    /// nobody else has; of a local variable as long as nobody locked it or took its address (`var c
    /// Config; c.Name = name; return c`), which also means that the same copy is not reported again
    /// where it is passed on; of what a pointer points to that is as fresh; into `_`; where only the
    /// type matters, as in `reflect.TypeOf(v)`; and in tests, of what is printed or compared.
    ///
    /// ## Why it is bad
    /// Copying the value copies the state of the lock. Who locks the copy keeps nobody out who locks
    /// the original, so both are in the critical section at once: a data race. A copy that is made
    /// while the original is locked stays locked for ever, since the `Unlock`, deferred or not, is
    /// about the original; the next `Lock` of the copy never returns. A `Done` on the copy of a
    /// WaitGroup does not end a `Wait` on the original. A Cond panics when it is used after it was
    /// copied. Package sync says of each type that it must not be copied after first use.
    ///
    /// ## Example
    /// ```go
    /// type counter struct {
    /// 	mu sync.Mutex
    /// 	n  map[string]int
    /// }
    ///
    /// func (c counter) add(key string) {
    /// 	c.mu.Lock()
    /// 	defer c.mu.Unlock()
    /// 	c.n[key]++
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type counter struct {
    /// 	mu sync.Mutex
    /// 	n  map[string]int
    /// }
    ///
    /// func (c *counter) add(key string) {
    /// 	c.mu.Lock()
    /// 	defer c.mu.Unlock()
    /// 	c.n[key]++
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When nobody uses the original or the copy concurrently, now or later: in a test, or while the
    /// program starts. Copying the fields that matter one by one says so. Values of other packages'
    /// types that a function neither gets as a parameter nor copies through a pointer are missed.
    ///
    /// It is off by default: too few of its findings in real code have been read to trust it with
    /// more (`docs/triage/issue3-a.md`).
    ///
    /// ## Fix safety
    /// The fix makes a receiver a pointer. It is unsafe: the type then has the method for pointers
    /// only, so values of it may no longer implement an interface, and what the method changes
    /// stays changed.
    pub LockCopied {
        name: "lock-copied",
        category: Locks,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for LockCopied {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        copies(package, input.index, func) != Copies::Nothing
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for func in cx.funcs() {
            check_signature(cx, func);
        }
        let check = Check {
            cx,
            only_pointees: copies(cx.body().cx(), cx.body().file_index(), cx.root())
                == Copies::Pointees,
        };
        let root = cx.file().func(cx.root());
        root.stmts.iter().for_each(|stmt| check.stmt(stmt));
        root.exprs.iter().for_each(|expr| check.expr(expr));
    }
}

fn check_signature(cx: &RuleCx<'_>, func: FuncId) {
    let file = cx.file();
    let node = file.func(func);
    if node.body.is_none() {
        return;
    }
    for field in node.recv.into_iter().flat_map(|list| fields(cx, list)) {
        check_receiver(cx, func, field);
    }
    let mut next = 0;
    for field in fields(cx, file.sig(node.sig).params) {
        let index = next;
        next += file.field(field).names.len().max(1);
        let ty = file.field(field).ty;
        if is_parameter_of_pointers(cx, ty) {
            continue;
        }
        let Some(guard) = guard_in(cx.body(), declared_type(cx, field)) else {
            continue;
        };
        if gets_fresh_values(cx, func, index) {
            continue;
        }
        let names: Vec<&str> = file
            .field(field)
            .names
            .iter()
            .map(|name| file.name(name))
            .collect();
        let what = match names.as_slice() {
            [] => "an unnamed parameter".to_owned(),
            names => format!("the parameter `{}`", names.join("`, `")),
        };
        let holder = file.expr_text(ty);
        report(
            cx,
            file.field(field).span,
            &format!("{what} gets a copy of {}", subject(&guard, holder)),
            &guard,
        )
        .help(format!("make it a pointer: `*{holder}`"));
    }
}

fn fields(cx: &RuleCx<'_>, list: FieldListId) -> impl Iterator<Item = FieldId> {
    cx.file().fields_of(list).iter()
}

/// The type of a parameter or receiver. (Without the declarations of a package, an expression does
/// not tell that it is a type, but a variable is known to have one.)
fn declared_type(cx: &RuleCx<'_>, field: FieldId) -> TypeId {
    let field = cx.file().field(field);
    let name = field.names.first();
    match name.and_then(|name| cx.body().names().declared(name)) {
        Some(local) => cx.body().type_of_local(local),
        None => cx.body().type_of(field.ty),
    }
}

/// Whether a parameter type needs no look: pointers, slices and the like.
fn is_parameter_of_pointers(cx: &RuleCx<'_>, ty: ExprId) -> bool {
    matches!(
        cx.file().expr(ty).kind,
        ExprKind::Star(_)
            | ExprKind::Ellipsis(_)
            | ExprKind::ArrayType { len: None, .. }
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. }
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
    )
}

fn check_receiver(cx: &RuleCx<'_>, func: FuncId, field: FieldId) {
    let file = cx.file();
    let node = file.field(field);
    let holder = file.unparen(node.ty);
    if matches!(file.expr(holder).kind, ExprKind::Star(_)) {
        return;
    }
    let Some(guard) = guard_in(cx.body(), declared_type(cx, field)) else {
        return;
    };
    let name = file
        .func(func)
        .name
        .map_or("method", |name| file.name(name));
    let holder_text = file.expr_text(holder);
    let local = node
        .names
        .first()
        .and_then(|name| cx.body().names().declared(name));
    let lock = local.and_then(|local| use_of_guard(cx, local));
    let what = format!(
        "each call of `{name}` copies {}",
        subject(&guard, holder_text)
    );
    let message = match lock {
        Some(_) if guard.kind == GuardKind::Lock => {
            format!("{what}, so it locks one of its own and keeps nobody out")
        }
        _ => with_consequence(&what, &guard),
    };
    let mut finding = cx
        .report(&LockCopied::META, node.span, message)
        .help(format!("make the receiver a pointer: `*{holder_text}`"));
    if let Some(lock) = lock {
        finding = finding.related(file.expr(lock).span, "this is about the copy");
    }
    let start = file.expr(holder).span.start;
    finding.fix(
        Applicability::Unsafe,
        "make the receiver a pointer",
        [(Span::new(start, start), "*".to_owned())],
    );
}

/// The statements and expressions of a function.
struct Check<'c, 'a> {
    cx: &'c RuleCx<'a>,
    /// Nothing else can be copied than what pointers point to.
    only_pointees: bool,
}

impl Check<'_, '_> {
    fn stmt(&self, stmt: StmtId) {
        let cx = self.cx;
        let file = cx.file();
        match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, op } if !matches!(op, AssignOp::Op(_)) => {
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                // In `v, ok := m[k]` the first gets the value.
                let lhs = match rhs {
                    [_] => &lhs[..lhs.len().min(1)],
                    _ if lhs.len() == rhs.len() => lhs,
                    _ => return,
                };
                for (&to, &value) in lhs.iter().zip(rhs) {
                    if cx.body().object(to) != Object::Blank {
                        self.copy(value, || format!("`{}` gets", cx.snippet(to)));
                    }
                }
            }
            StmtKind::Decl(decl) => {
                let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
                    return;
                };
                for spec in specs.iter() {
                    let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                        continue;
                    };
                    for (name, &value) in names.iter().zip(file.exprs(values)) {
                        if names.len() == values.len() && file.name(name) != "_" {
                            self.copy(value, || format!("`{}` gets", file.name(name)));
                        }
                    }
                }
            }
            StmtKind::Return(values) => {
                for &value in file.exprs(values) {
                    self.copy(value, || "the caller gets".to_owned());
                }
            }
            StmtKind::Send { value, .. } => {
                self.copy(value, || "the receiver from the channel gets".to_owned());
            }
            StmtKind::Range { key, value, op, .. } if op != RangeOp::None => {
                for var in [key, value].into_iter().flatten() {
                    check_range_variable(cx, stmt, var);
                }
            }
            StmtKind::For {
                init: Some(init),
                post: Some(_),
                ..
            } if cx.go_at_least(22) => check_loop_variables(cx, init),
            _ => {}
        }
    }

    fn expr(&self, expr: ExprId) {
        let cx = self.cx;
        let file = cx.file();
        match file.expr(expr).kind {
            ExprKind::CompositeLit { elts, .. } => {
                for &elt in file.exprs(elts) {
                    let value = match file.expr(elt).kind {
                        ExprKind::KeyValue { value, .. } => value,
                        _ => elt,
                    };
                    self.copy(value, || "the literal gets".to_owned());
                }
            }
            ExprKind::Call { args, .. } if !args.is_empty() && !only_types_matter(cx, expr) => {
                let is_looked_at = cx.is_test() && takes_anything(cx, expr);
                for &arg in file.exprs(args).iter().filter(|_| !is_looked_at) {
                    self.copy(arg, || format!("`{}` gets", cx.call_snippet(expr)));
                }
            }
            _ => {}
        }
    }

    /// Reports when taking the value of `expr` copies what somebody else may use.
    fn copy(&self, expr: ExprId, who: impl FnOnce() -> String) {
        let Some(guard) = self.copied_guard(expr) else {
            return;
        };
        let cx = self.cx;
        let file = cx.file();
        let ty = type_text(cx, cx.body().type_of(expr));
        let what = match guard.path.as_str() {
            "" => format!("{} a copy of `{}`, a `{ty}`", who(), cx.snippet(expr)),
            path => format!(
                "{} a copy of `{}` with the `{}` in its `{path}`",
                who(),
                cx.snippet(expr),
                guard.ty
            ),
        };
        report(cx, file.expr(expr).span, &what, &guard)
            .help("use a pointer to it, or copy the other fields one by one");
    }

    fn copied_guard(&self, expr: ExprId) -> Option<Rc<Guard>> {
        let cx = self.cx;
        let file = cx.file();
        let expr = file.unparen(expr);
        let may_copy = match file.expr(expr).kind {
            ExprKind::Ident if !self.only_pointees => {
                matches!(cx.body().object(expr), Object::Local(_) | Object::Member(_))
            }
            ExprKind::Selector { .. }
            | ExprKind::Index { .. }
            | ExprKind::TypeAssert { ty: Some(_), .. }
            | ExprKind::Unary {
                op: UnaryOp::Recv, ..
            } => !self.only_pointees,
            // What a function has just made, such as `*new(T)`, is nobody else's.
            ExprKind::Star(x) => !matches!(file.expr(file.unparen(x)).kind, ExprKind::Call { .. }),
            _ => false,
        };
        if !may_copy {
            return None;
        }
        let guard = guard_in(cx.body(), cx.body().type_of(expr))?;
        let is_harmless = cx.body().denotes_type(expr)
            || is_unused_local(cx, expr)
            || is_unused_pointee(cx, expr)
            || is_moved(cx, expr);
        (!is_harmless).then_some(guard)
    }
}

fn check_range_variable(cx: &RuleCx<'_>, stmt: StmtId, var: ExprId) {
    let file = cx.file();
    if cx.body().object(var) == Object::Blank {
        return;
    }
    let ty = cx.body().type_of(var);
    let Some(guard) = guard_in(cx.body(), ty) else {
        return;
    };
    let StmtKind::Range { x, .. } = file.stmt(stmt).kind else {
        return;
    };
    let what = format!(
        "`{}` gets a copy of {} in each iteration",
        cx.snippet(var),
        subject(&guard, &type_text(cx, ty))
    );
    report(cx, file.expr(var).span, &what, &guard).help(format!(
        "range over the indices and use `&{}[i]`, or let it hold pointers",
        cx.snippet(x)
    ));
}

/// Since Go 1.22 each iteration has variables of its own, which start as copies of the last ones.
fn check_loop_variables(cx: &RuleCx<'_>, init: StmtId) {
    let file = cx.file();
    let StmtKind::Assign {
        lhs,
        op: AssignOp::Define,
        ..
    } = file.stmt(init).kind
    else {
        return;
    };
    for &var in file.exprs(lhs) {
        let Some(guard) = guard_in(cx.body(), cx.body().type_of(var)) else {
            continue;
        };
        let what = format!(
            "each iteration has a `{}` of its own, a copy of {}",
            cx.snippet(var),
            subject(&guard, &type_text(cx, cx.body().type_of(var)))
        );
        report(cx, file.expr(var).span, &what, &guard)
            .help("declare it before the loop".to_owned());
    }
}

/// Whether the last parameter of a function is `any`: in tests such functions print and compare.
fn takes_anything(cx: &RuleCx<'_>, call: ExprId) -> bool {
    match cx.facts().callee(call) {
        Callee::Func {
            package: "reflect" | "fmt",
            ..
        } => return true,
        Callee::Func { .. } | Callee::Selected { .. } => {}
        _ => return false,
    }
    let body = cx.body();
    let types = body.cx();
    let Some((fun, _)) = cx.file().call(call) else {
        return false;
    };
    let ty = body.type_of(fun);
    let Type::Func { params, .. } = types.ty(body.underlying(ty)) else {
        // The test's own `t`, without the declarations of package testing.
        return ty.is_unknown();
    };
    let last = types.types(params).last().copied();
    last.is_some_and(|last| {
        let elem = match types.ty(last) {
            Type::Slice(elem) => elem,
            _ => last,
        };
        types.ty(body.underlying(elem)) == Type::EmptyInterface
    })
}

/// Whether a call looks at the types of its arguments only, or at nothing but their size.
fn only_types_matter(cx: &RuleCx<'_>, call: ExprId) -> bool {
    match cx.facts().callee(call) {
        Callee::Builtin(Builtin::New | Builtin::Make | Builtin::Len | Builtin::Cap)
        | Callee::Func {
            package: "unsafe", ..
        } => true,
        Callee::Func {
            package: "reflect",
            name,
            ..
        } => name == "TypeOf",
        _ => false,
    }
}

/// What is copied: a lock, or something with a lock in it.
fn subject(guard: &Guard, holder: &str) -> String {
    match guard.path.as_str() {
        "" => format!("a `{}`", guard.ty),
        path => format!("a `{holder}` with the `{}` in its `{path}`", guard.ty),
    }
}

fn type_text(cx: &RuleCx<'_>, ty: TypeId) -> String {
    let text = cx.body().type_string(ty);
    // Without the paths of packages.
    let short = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let own = cx.body().cx().names().path();
    let text = text.replace(&format!("{own}."), "");
    let mut result = String::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '~') {
            word.push(c);
        } else {
            result.push_str(&short(&word));
            word.clear();
            result.push(c);
        }
    }
    result.push_str(&short(&word));
    result
}

fn with_consequence(what: &str, guard: &Guard) -> String {
    let consequence = match guard.kind {
        GuardKind::Lock => {
            "locking the one does not lock the other, and a copy of a locked lock stays locked"
        }
        GuardKind::WaitGroup => {
            "what `Add` and `Done` count on the one, `Wait` on the other does not see"
        }
        GuardKind::Once => "original and copy do their work once each",
        GuardKind::Cond => "a Cond panics when it is used after it was copied",
        GuardKind::Shared => {
            "original and copy go separate ways while they share what they hold inside"
        }
        GuardKind::Atomic => {
            "the copying is no atomic read, and later changes reach only one of the two"
        }
        GuardKind::Hidden => {
            "there are locks or counters in it, which then count for one of the two only"
        }
        GuardKind::Marker => "its type says that it must not be copied",
    };
    format!("{what}: {consequence}")
}

fn report<'c>(cx: &'c RuleCx<'_>, span: Span, what: &str, guard: &Guard) -> crate::Finding<'c> {
    cx.report(&LockCopied::META, span, with_consequence(what, guard))
}
