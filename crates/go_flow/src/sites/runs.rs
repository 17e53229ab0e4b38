//! How literals are run: those that a variable holds, like the calls of that variable.

use std::mem::discriminant;

use go_syntax::FuncId;
use go_types::Callee;

use super::{CallMode, CallSite, LiteralUse};
use crate::facts::FunctionFacts;

impl FunctionFacts<'_> {
    /// How the literal `func` is run: its [use](Self::literal_use), but for the one value of a local
    /// variable what the variable is used for, if that is nothing but calls of one kind. So the
    /// literal of `cleanup := func() { … }; defer cleanup()` is a deferred one.
    pub fn literal_runs(&self, func: FuncId) -> LiteralUse {
        let written = self.literal_use(func);
        let LiteralUse::Assigned { local } = written else {
            return written;
        };
        if self.literal_in(local) != Some(func) {
            return written;
        }
        let calls = self.calls().iter();
        let runs: Vec<LiteralUse> = calls
            .filter(|site| self.callee(site.call) == Callee::Var(local))
            .map(run_by)
            .collect();
        match runs.first() {
            Some(first)
                if runs.len() == self.var(local).reads.len()
                    && runs
                        .iter()
                        .all(|other| discriminant(other) == discriminant(first)) =>
            {
                *first
            }
            _ => written,
        }
    }
}

/// What becomes of a literal that this call calls.
fn run_by(site: &CallSite) -> LiteralUse {
    let call = site.call;
    match site.mode {
        CallMode::Now => LiteralUse::Called { call },
        CallMode::Deferred(stmt) => LiteralUse::Deferred { stmt, call },
        CallMode::Spawned(stmt) => LiteralUse::Spawned { stmt, call },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Snippet, with_body};

    /// Checks how the first literal in a function with these statements runs.
    #[track_caller]
    fn assert_runs(statements: &str, expected: impl Fn(LiteralUse) -> bool) {
        with_body(statements, |facts| {
            let runs = facts.literal_runs(facts.literal(0));
            assert!(expected(runs), "{statements}: {runs:?}");
        });
    }

    #[test]
    fn a_literal_runs_as_its_variable_is_called() {
        assert_runs("c := func() {}; defer c()", |run| {
            matches!(run, LiteralUse::Deferred { .. })
        });
        assert_runs("c := func() {}; go c()", |run| {
            matches!(run, LiteralUse::Spawned { .. })
        });
        assert_runs("c := func() {}; c(); (c)()", |run| {
            matches!(run, LiteralUse::Called { .. })
        });
        assert_runs("var c func(); c = func() { c() }; c()", |run| {
            matches!(run, LiteralUse::Called { .. })
        });
        assert_runs(
            "c := func() {}; if true { defer c() } else { defer c() }",
            |run| matches!(run, LiteralUse::Deferred { .. }),
        );
    }

    #[test]
    fn a_variable_with_other_uses_tells_nothing() {
        for statements in [
            "c := func() {}; c(); defer c()",
            "c := func() {}; defer c(); d := c; d()",
            "c := func() {}; if true { c = nil }; c = func() {}; defer c()",
            "c := func() {}; defer c(); _ = &c",
            "c := func() {}; _ = c",
            "var c func(); c = func() {}; defer println(c)",
        ] {
            assert_runs(statements, |run| matches!(run, LiteralUse::Assigned { .. }));
        }
    }

    #[test]
    fn other_literals_run_where_they_stand() {
        assert_runs("defer func() {}()", |run| {
            matches!(run, LiteralUse::Deferred { .. })
        });
        assert_runs("println(func() {})", |run| {
            matches!(run, LiteralUse::Argument { .. })
        });
    }
}
