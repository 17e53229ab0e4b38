//! Deferred calls, panics and recover.

use go_syntax::{ExprId, StmtId};

use super::calls::How;
use super::funcs::Prepared;
use super::machine::{Deferred, Exec, Machine, Panic, PathRun, Stop, Underway};
use super::value::Value;
use crate::model::Deed;

impl<'a> Machine<'_, 'a> {
    /// `defer call`: everything is evaluated, the call waits.
    pub(super) fn register(&mut self, stmt: StmtId, call: ExprId, line: u32) -> Exec<()> {
        let Prepared { func, args, values } = self.prepare(call)?;
        let text = self.text(call);
        let many = self.frame().general > 0;
        self.frame_mut().defers.push(Deferred {
            stmt,
            line,
            func,
            args,
            values,
            call,
            text,
            many,
        });
        Ok(())
    }

    /// Runs the deferred calls of the function that ends like this; how it ends then.
    pub(super) fn run_defers(&mut self, completion: Exec<()>) -> Exec<()> {
        let mut state = completion;
        if matches!(state, Err(Stop::Exit | Stop::Blocked | Stop::Abort(_))) {
            return state;
        }
        let is_target = self.frame().is_target;
        while let Some(deferred) = self.frame_mut().defers.pop() {
            let before = self.panics.len();
            let panic = match &state {
                Err(Stop::Panic(panic)) => {
                    self.panics.push(Underway {
                        value: panic.value.clone(),
                        recovered: false,
                    });
                    Some(before)
                }
                _ => None,
            };
            self.trace.push(Vec::new());
            let prepared = Prepared {
                func: deferred.func.clone(),
                args: deferred.args.clone(),
                values: Vec::new(),
            };
            self.line = deferred.line;
            let result = self.invoke(
                &prepared,
                deferred.call,
                deferred.line,
                How::Deferred(panic),
            );
            let recovered = panic.is_some_and(|at| self.panics[at].recovered);
            self.panics.truncate(before);
            let was_goexit = matches!(state, Err(Stop::Goexit));
            let old = match &state {
                Err(Stop::Panic(panic)) => Some(panic.clone()),
                _ => None,
            };
            match result {
                Ok(_) => {
                    if recovered {
                        let goes_on = old.is_some_and(|panic| panic.in_goexit);
                        state = if goes_on { Err(Stop::Goexit) } else { Ok(()) };
                        if is_target {
                            self.recovered = true;
                        }
                    }
                }
                Err(Stop::Panic(new)) => {
                    let line = self.line;
                    self.tell(Deed::Panics {
                        value: new.value.shown().text,
                        line,
                        replaces: old
                            .as_ref()
                            .filter(|_| !recovered)
                            .map(|panic| panic.value.shown().text),
                    });
                    state = Err(Stop::Panic(Panic {
                        in_goexit: was_goexit
                            || new.in_goexit
                            || old.is_some_and(|panic| panic.in_goexit),
                        value: new.value,
                    }));
                }
                Err(Stop::Goexit) => state = Err(Stop::Goexit),
                Err(stop @ (Stop::Exit | Stop::Blocked)) => {
                    self.note_run(is_target, deferred);
                    return Err(stop);
                }
                Err(stop @ Stop::Abort(_)) => return Err(stop),
            }
            self.note_run(is_target, deferred);
        }
        state
    }

    fn note_run(&mut self, is_target: bool, deferred: Deferred) {
        let does = self.trace.pop().unwrap_or_default();
        if is_target {
            self.runs.push(PathRun {
                stmt: deferred.stmt,
                values: deferred.values,
                many: deferred.many,
                does,
            });
        } else {
            self.tell(Deed::Runs {
                line: deferred.line,
                call: deferred.text,
                values: deferred
                    .values
                    .into_iter()
                    .map(|value| value.text)
                    .collect(),
                does,
            });
        }
    }

    /// `recover()`
    pub(super) fn recover(&mut self, line: u32, how: How) -> Value {
        let by = match how {
            // `defer recover()` in the function that panics: no function lies between.
            How::Deferred(Some(_)) | How::Spawned => None,
            // In a deferred function that returns it is as good as a call.
            How::Deferred(None) | How::Now => self.frame().run_by,
        };
        let top = self.panics.len().checked_sub(1);
        if let (Some(by), Some(top)) = (by, top)
            && by == top
            && !self.panics[top].recovered
        {
            self.panics[top].recovered = true;
            let value = self.panics[top].value.clone();
            self.tell(Deed::Recovers {
                value: value.shown().text,
                line,
            });
            return value;
        }
        if let Some(top) = top {
            let why = if self.panics[top].recovered {
                "the panic has been recovered already"
            } else {
                "it is not called by a deferred function that the panic runs"
            };
            self.tell(Deed::RecoversNothing {
                why: why.to_owned(),
                line,
            });
        }
        Value::Nil
    }
}
