//! What a deferred call gives back: a lock, a resource of the models, a count.

use go_flow::{CallMode, DeferSite, FunctionFacts, LockOp, Models, Point, Value};
use go_syntax::{ArenaId, ExprId, FuncId};
use go_types::{Builtin, Callee, LocalId};

use crate::source::{Lines, expr_text};

/// What is asked about releases.
pub(crate) struct Releases<'r, 'a> {
    pub(crate) facts: &'r FunctionFacts<'a>,
    pub(crate) models: &'r Models,
    pub(crate) lines: &'r Lines,
}

impl<'a> Releases<'_, 'a> {
    /// What a deferred call releases, in words: the call itself, or those in the deferred literal.
    pub(crate) fn of(&self, site: &DeferSite<'a>) -> Option<String> {
        let mut found = Vec::new();
        match site
            .literal
            .or_else(|| self.facts.literal_called(site.call))
        {
            Some(literal) => self.in_literal(literal, site.point, &mut found),
            None => found.extend(self.of_call(site.call, site.point)),
        }
        found.dedup();
        (!found.is_empty()).then(|| found.join("; "))
    }

    fn in_literal(&self, literal: FuncId, at: Point, found: &mut Vec<String>) {
        for site in self.facts.calls_of(literal) {
            if matches!(site.mode, CallMode::Spawned(_)) {
                continue;
            }
            found.extend(self.of_call(site.call, at));
        }
    }

    fn of_call(&self, call: ExprId, at: Point) -> Option<String> {
        let (facts, file) = (self.facts, self.facts.file());
        if let Some(lock) = facts.locks().iter().find(|lock| lock.call == call) {
            return match lock.op {
                LockOp::Unlock | LockOp::RUnlock => Some(self.lock(lock, call)),
                _ => None,
            };
        }
        let body = facts.body();
        let (fun, args) = file.call(call)?;
        match facts.callee(call) {
            Callee::Builtin(Builtin::Close) => {
                let channel = args.first()?;
                Some(format!(
                    "closes the channel `{}`",
                    expr_text(file, *channel)
                ))
            }
            Callee::Selected { x, name } => {
                let ty = body.type_of(x);
                let class = facts
                    .class_of(self.models, ty)
                    .map(|class| self.models.class(class))
                    .filter(|class| class.release.iter().any(|release| **release == *name));
                if let Some(class) = class {
                    return Some(format!(
                        "{} `{}`{}",
                        class.noun,
                        expr_text(file, x),
                        self.from(x, at)
                    ));
                }
                if body.is_method_call(call, "sync", "WaitGroup", "Done") {
                    return Some(format!(
                        "one count of the wait group `{}`",
                        expr_text(file, x)
                    ));
                }
                if name == "Close" && args.is_empty() {
                    return Some(format!("`{}`{}", expr_text(file, x), self.from(x, at)));
                }
                None
            }
            Callee::Func { package, name, .. } => {
                let key = format!("{package}.{name}");
                let (class, index) = self.models.released_by(&key).next()?;
                let class = self.models.class(class);
                let what = index
                    .and_then(|index| args.get(index))
                    .map(|&arg| format!(" `{}`{}", expr_text(file, arg), self.from(arg, at)))
                    .unwrap_or_default();
                Some(format!("{}{what}", class.noun))
            }
            Callee::Var(_) => {
                let class = facts.class_of(self.models, body.type_of(fun))?;
                let class = self.models.class(class);
                class.by_call.then(|| {
                    format!(
                        "{}, by calling `{}`{}",
                        class.noun,
                        expr_text(file, fun),
                        self.from(fun, at)
                    )
                })
            }
            _ => None,
        }
    }

    fn lock(&self, lock: &go_flow::LockCall<'a>, call: ExprId) -> String {
        let file = self.facts.file();
        let kind = if lock.op.is_read() {
            "the read lock"
        } else {
            "the lock"
        };
        let text = expr_text(file, lock.operand);
        let start = file.expr(call).span.start;
        let line = self
            .facts
            .locks()
            .iter()
            .filter(|other| {
                other.op == lock.op.counterpart()
                    && other.place.is_some()
                    && other.place == lock.place
                    && file.expr(other.call).span.start < start
            })
            .map(|other| self.lines.at(file.expr(other.call).span.start))
            .next_back();
        match line {
            Some(line) => format!("{kind} `{text}`, taken at line {line}"),
            None => format!("{kind} `{text}`"),
        }
    }

    /// Where the value of a variable comes from, when that is one place.
    fn from(&self, expr: ExprId, at: Point) -> String {
        let file = self.facts.file();
        // Of `resp.Body` it is `resp` that comes from somewhere.
        let mut base = file.unparen(expr);
        while let Some((x, _)) = file.selector(base) {
            base = file.unparen(x);
        }
        let Some(local) = self.facts.body().names().local_of(base) else {
            return String::new();
        };
        self.origin(local, at)
    }

    fn origin(&self, local: LocalId, at: Point) -> String {
        let file = self.facts.file();
        if self.facts.body().names().local(local).is_param() {
            return ", a parameter".to_owned();
        }
        let definitions = self.facts.definitions(at, local);
        let [one] = &definitions.list[..] else {
            return String::new();
        };
        let (Value::Expr(value) | Value::Element { expr: value, .. }) = one.value else {
            return String::new();
        };
        let line = self.lines.at(file.expr(value).span.start);
        format!(", from `{}` at line {line}", expr_text(file, value))
    }
}

/// Whether `func` is `outer` or lies in it.
pub(crate) fn lies_in(file: &go_syntax::File, mut func: FuncId, outer: FuncId) -> bool {
    while func != outer {
        match file.func(func).parent {
            Some(parent) if func.index() > outer.index() => func = parent,
            _ => return false,
        }
    }
    true
}
