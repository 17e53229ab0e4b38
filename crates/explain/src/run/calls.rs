//! Calls: of functions of the package, which are run, and of others, which are not looked into.

use std::rc::Rc;

use go_flow::End;
use go_syntax::{ExprId, FuncId};
use go_types::Callee;

use super::funcs::Prepared;
use super::machine::{Abort, Exec, Machine, Stop};
use super::value::{Func, Value};
use crate::model::{Deed, Recovers};
use crate::sites::recovers_itself;
use crate::source::one_line;

/// So many deeds of one function are told.
const MAX_DEEDS: usize = 400;

/// Packages whose functions change nothing that the caller has, and do not panic.
const HARMLESS: &[&str] = &[
    "fmt",
    "errors",
    "strings",
    "strconv",
    "math",
    "unicode",
    "unicode/utf8",
    "path",
    "path/filepath",
    "log",
    "bytes",
    "math/bits",
    "cmp",
    "time",
];

/// How a call is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// Where it stands.
    Now,
    /// Deferred, by the panic with this number if there is one.
    Deferred(Option<usize>),
    /// In a goroutine.
    Spawned,
}

impl<'a> Machine<'_, 'a> {
    /// The values that a call expression gives.
    pub(super) fn call(&mut self, call: ExprId) -> Exec<Vec<Value>> {
        let body = self.body();
        let file = body.file();
        let Some((fun, args)) = file.call(call) else {
            return Err(self.give_up_inside());
        };
        let line = self.line_of(file.expr(call).span.start);
        let conversion = match body.callee(call) {
            Callee::Conversion(_) => true,
            Callee::Func { member: None, .. } => body.denotes_type(fun),
            _ => false,
        };
        if conversion {
            let Some(&arg) = args.first() else {
                return Err(self.give_up_inside());
            };
            let value = self.value(arg)?;
            let (from, to) = (body.type_of(arg), body.type_of(fun));
            return Ok(vec![self.convert(&body, value, from, to)]);
        }
        let prepared = self.prepare(call)?;
        self.line = line;
        self.invoke(&prepared, call, line, How::Now)
    }

    /// Makes a call whose parts have been evaluated.
    pub(super) fn invoke(
        &mut self,
        prepared: &Prepared,
        call: ExprId,
        line: u32,
        how: How,
    ) -> Exec<Vec<Value>> {
        self.step()?;
        let Some(func) = &prepared.func else {
            return Err(self.nil_dereference());
        };
        let run_by = match how {
            How::Deferred(panic) => panic,
            How::Now | How::Spawned => None,
        };
        let key = (self.frame().file, call);
        match &**func {
            Func::Literal { file, func: id, .. } => {
                let at = self.world.lines[*file as usize].at(self
                    .world
                    .cx
                    .file(*file)
                    .func(*id)
                    .span
                    .start);
                self.inside(format!("the literal at line {at}"), line, how, |machine| {
                    machine.enter(func, prepared.args.clone(), run_by, None, false)
                })
            }
            Func::Declared { file, func: id } | Func::Method { file, func: id, .. } => {
                if self.memo.opaque.contains(&key) {
                    let text = one_line(self.world.cx.names().function_label(*file, *id).as_str());
                    if let Some(end) = self.end_of(*file, *id, &text, line)? {
                        let shown = call_text(&text, &prepared.args);
                        return Err(self.end_by(end, &shown, line));
                    }
                    let recovers = recovers_itself(self.world.cx.file(*file), *id);
                    let results =
                        self.external("", &text, &text, &[], prepared, call, line, how)?;
                    if recovers == Recovers::Yes {
                        self.may_recover(&text, line, run_by)?;
                    }
                    return Ok(results);
                }
                let name = self.world.cx.names().function_label(*file, *id);
                self.inside(name, line, how, |machine| {
                    machine.enter(func, prepared.args.clone(), run_by, Some(key), false)
                })
            }
            Func::Builtin(builtin) => {
                let value = self.builtin(*builtin, prepared.args.clone(), call, line, how)?;
                Ok(value.into_iter().collect())
            }
            Func::External {
                package,
                name,
                text,
                recv,
            } => self.external(package, name, text, recv, prepared, call, line, how),
            Func::Unknown { text } => {
                let text = text.clone();
                self.external("", &text, &text, &[], prepared, call, line, how)
            }
        }
    }

    /// Runs something whose deeds are told as those of a function.
    fn inside(
        &mut self,
        function: String,
        line: u32,
        how: How,
        run: impl FnOnce(&mut Self) -> Exec<Vec<Value>>,
    ) -> Exec<Vec<Value>> {
        if matches!(how, How::Deferred(_)) {
            return run(self);
        }
        self.trace.push(Vec::new());
        let result = run(self);
        let does = self.trace.pop().unwrap_or_default();
        if !does.is_empty() {
            self.tell(Deed::Within {
                function,
                line,
                does,
            });
        }
        result
    }

    /// A call that is not looked into.
    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    fn external(
        &mut self,
        package: &str,
        name: &str,
        text: &str,
        recv: &[Value],
        prepared: &Prepared,
        call: ExprId,
        line: u32,
        how: How,
    ) -> Exec<Vec<Value>> {
        let body = self.body();
        let end = match (package, name) {
            ("runtime", "Goexit") => Some(End::Goexit),
            ("os", "Exit") | ("log", "Fatal" | "Fatalf" | "Fatalln") => Some(End::Process),
            ("log", "Panic" | "Panicf" | "Panicln") => Some(End::Panic),
            _ => self.world.ends.get(&(self.frame().file, call)).copied(),
        };
        let args: Vec<String> = prepared.args.iter().map(|arg| arg.shown().text).collect();
        let shown = call_text(text, &prepared.args);
        if let Some(end) = end {
            return Err(self.end_by(end, &shown, line));
        }
        let harmless = HARMLESS.contains(&package);
        if how == How::Now
            && self
                .trace
                .last()
                .is_some_and(|deeds| deeds.len() < MAX_DEEDS)
        {
            self.tell(Deed::Calls {
                text: shown.clone(),
                args,
                line,
            });
        }
        if !harmless {
            self.looked_away = true;
            for value in prepared.args.iter().chain(recv) {
                self.memory.escape(value);
            }
            self.forget_escaped();
        }
        let types = body.results_of_call(call).unwrap_or_default();
        let source = one_line(&self.text(call));
        let mut results = Vec::new();
        let is_error_maker = matches!((package, name), ("errors", "New") | ("fmt", "Errorf"));
        for (number, &ty) in types.iter().enumerate() {
            results.push(if is_error_maker {
                self.unknown_nonnil(&source)
            } else if types.len() == 1 {
                self.unknown(&source)
            } else if body.cx().is_error(ty) {
                self.unknown(&format!("the error of {source}"))
            } else if number == 0 {
                self.unknown(&format!("the first result of {source}"))
            } else {
                self.unknown(&format!("result {number} of {source}"))
            });
        }
        Ok(results)
    }

    /// What comes of a call that does not return.
    fn end_by(&mut self, end: End, shown: &str, line: u32) -> Stop {
        match end {
            End::Goexit => {
                if self.exit.is_some() {
                    self.tell(Deed::Goexit { line });
                }
                Stop::Goexit
            }
            End::Process => {
                if self.exit.is_some() {
                    self.tell(Deed::Exits {
                        text: shown.to_owned(),
                        line,
                    });
                }
                Stop::Exit
            }
            End::Blocked => Stop::Blocked,
            End::Panic => {
                let value = self.unknown_nonnil(&format!("the value of {shown}"));
                self.raise(value)
            }
        }
    }

    /// How a function of the package that is not looked into ends, if it never returns.
    fn end_of(&mut self, file: u32, func: FuncId, text: &str, line: u32) -> Exec<Option<End>> {
        let Some(ends) = self.world.returning.ends(file, func) else {
            return Ok(None);
        };
        self.looked_away = true;
        for (index, &end) in ends.iter().enumerate() {
            let is_last = index + 1 == ends.len();
            if is_last || self.choose()? {
                if ends.len() > 1 {
                    let does = match end {
                        End::Panic => "panics",
                        End::Process => "ends the process",
                        End::Goexit => "ends the goroutine",
                        End::Blocked => "waits for ever",
                    };
                    self.decided(&format!("{text} {does}"), None, line);
                }
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// A deferred function that is not looked into calls `recover`: on some of its ways, or on all.
    fn may_recover(&mut self, text: &str, line: u32, run_by: Option<usize>) -> Exec<()> {
        let Some(panic) = run_by.filter(|&panic| !self.panics[panic].recovered) else {
            return Ok(());
        };
        let recovers = self.choose()?;
        let (word, opposite) = match recovers {
            true => ("recovers", "does not recover"),
            false => ("does not recover", "recovers"),
        };
        let opposite = format!("{text} {opposite}");
        self.decided(&format!("{text} {word}"), Some(&opposite), line);
        if recovers {
            self.panics[panic].recovered = true;
            let value = self.panics[panic].value.shown().text;
            self.tell(Deed::Recovers { value, line });
        }
        Ok(())
    }

    /// A statement of the explained function may panic: that is tried once for each state of its
    /// defers.
    pub(super) fn may_panic(&mut self, line: u32) -> Exec<()> {
        let frame = self.frame();
        if !frame.is_target || self.exit.is_some() || !self.memo.risky.contains(&line) {
            return Ok(());
        }
        let registered: Vec<_> = frame.defers.iter().map(|d| (d.stmt, d.many)).collect();
        let open = self.memo.panics_tried.insert(registered);
        if !self.choose_if(open) {
            return Ok(());
        }
        self.line = line;
        self.exit = Some((super::machine::ExitKind::Calls, line));
        self.forget_variables();
        let value = self.unknown_nonnil(crate::text::UNKNOWN_PANIC);
        Err(self.raise(value))
    }

    /// The variables of the explained function are as they were at some place, which is not known.
    fn forget_variables(&mut self) {
        let body = self.body();
        let func = self.frame().func;
        let env = Rc::clone(&self.frame().env);
        let mut cells: Vec<_> = env.iter().map(|(&local, &cell)| (local, cell)).collect();
        cells.sort_by_key(|&(local, _)| local);
        for (local, cell) in cells {
            let known = body.names().local(local);
            if known.func != func && !known.captured {
                continue;
            }
            let changes = body.names().uses(local).iter().any(|used| {
                used.role != go_types::Role::Read && !body.names().is_definition(used.expr)
            });
            if changes {
                let name = body.file().span_text(known.span).to_owned();
                let value = self.unknown(&format!("{name} as it is then"));
                self.memory.set(cell, value);
            }
        }
    }

    /// `go call`
    pub(super) fn spawn(&mut self, call: ExprId, waits_next: bool) -> Exec<()> {
        let prepared = self.prepare(call)?;
        let line = self.line;
        let is_own = matches!(
            prepared.func.as_deref(),
            Some(Func::Literal { .. } | Func::Declared { .. } | Func::Method { .. })
        );
        if is_own && waits_next && self.pending.is_none() {
            self.pending = prepared.func.map(|func| (func, prepared.args, line));
            return Ok(());
        }
        if let Some(func) = &prepared.func {
            self.memory.escape(&Value::Func(Rc::clone(func)));
        }
        for arg in &prepared.args {
            self.memory.escape(arg);
        }
        self.forget_escaped();
        Ok(())
    }

    /// Runs the goroutine that waits for its turn, when this one waits.
    pub(super) fn run_pending(&mut self) -> Exec<bool> {
        let Some((func, args, line)) = self.pending.take() else {
            return Ok(false);
        };
        let panics = std::mem::take(&mut self.panics);
        let result = self.inside("a goroutine".to_owned(), line, How::Spawned, |machine| {
            machine.enter(&func, args, None, None, false)
        });
        self.panics = panics;
        match result {
            Ok(_) | Err(Stop::Goexit) => Ok(true),
            // A panic that nothing recovers ends the process.
            Err(Stop::Panic(_)) => Err(Stop::Exit),
            Err(Stop::Blocked) => Err(Stop::Abort(Abort::Unsupported)),
            Err(stop) => Err(stop),
        }
    }
}

/// A call with its arguments, as they are told.
fn call_text(text: &str, args: &[Value]) -> String {
    let args: Vec<String> = args.iter().map(|arg| arg.shown().text).collect();
    format!("{text}({})", one_line(&args.join(", ")))
}
