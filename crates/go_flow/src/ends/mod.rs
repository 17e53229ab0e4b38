//! Calls that never return: who is looked up in the table, and how.
//!
//! Only exact matches end a path of the graph: a function by the path of its package, a method by
//! the type that declares it. What functions of the program itself do is not here.

mod table;

use go_syntax::{ExprId, ExprKind};
use go_types::{Body, Builtin, Callee};

use crate::cfg::End;
use table::{ASSERTIONS, CHAINS, Chain, ROWS, Row, SUSPECTS};

/// What is known of a call that does not return, or may not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallEnd {
    /// It never returns.
    Never(End),
    /// It ends like this under some condition (`syscall.Exec` when it succeeds), or its receiver is
    /// of unknown type and its name says so (`x.Fatal`). The graph treats it as returning.
    Maybe(End),
}

/// What is known of `call` ending here.
pub(crate) fn call_end(body: &Body<'_>, call: ExprId) -> Option<CallEnd> {
    match body.callee(call) {
        Callee::Builtin(Builtin::Panic) => Some(CallEnd::Never(End::Panic)),
        Callee::Func { package, name, .. } => function_end(package, name),
        Callee::Selected { x, name } => method_end(body, call, x, name),
        _ => None,
    }
}

/// The names of all functions and methods that the table knows to end a path, in whatever package.
pub(crate) fn ending_names() -> impl Iterator<Item = &'static str> {
    let rows = ROWS.iter().flat_map(|row| row.names);
    let chains = CHAINS.iter().flat_map(|chain| chain.last);
    rows.chain(chains).copied().chain(["panic"])
}

fn function_end(package: &str, name: &str) -> Option<CallEnd> {
    let row = ROWS
        .iter()
        .find(|row| row.types.is_empty() && row.names.contains(&name) && row.package == package);
    match row {
        Some(row) => Some(outcome(row)),
        None => ASSERTIONS
            .contains(&package)
            .then_some(CallEnd::Maybe(End::Goexit)),
    }
}

/// Types are computed only for names that the table has.
fn method_end(body: &Body<'_>, call: ExprId, x: ExprId, name: &str) -> Option<CallEnd> {
    if let Some(end) = CHAINS
        .iter()
        .filter(|chain| chain.last.contains(&name))
        .find_map(|chain| chain_end(body, chain, x))
    {
        return Some(CallEnd::Never(end));
    }
    let mut rows = ROWS
        .iter()
        .filter(|row| !row.types.is_empty() && row.names.contains(&name))
        .peekable();
    let suspect = SUSPECTS.iter().find(|&&(suspect, _)| suspect == name);
    if rows.peek().is_none() && suspect.is_none() {
        return None;
    }
    match body.method(call) {
        Some(method) => rows
            .find(|row| {
                row.types
                    .iter()
                    .any(|ty| body.cx().is_named(method.owner, row.package, ty))
            })
            .map(outcome),
        // A field of that name: nothing is known of it.
        None if body.selection(body.type_of(x), name).is_some() => None,
        None => suspect.map(|&(_, end)| CallEnd::Maybe(end)),
    }
}

fn outcome(row: &Row) -> CallEnd {
    if row.always {
        CallEnd::Never(row.end)
    } else {
        CallEnd::Maybe(row.end)
    }
}

/// What the chain of calls that `x` is ends in, when it starts as one of `chain`.
fn chain_end(body: &Body<'_>, chain: &Chain, x: ExprId) -> Option<End> {
    let file = body.file();
    let mut at = file.unparen(x);
    // Down to the first call: the one whose operand is no call.
    while let Some((fun, _)) = file.call(at) {
        let ExprKind::Selector { x, .. } = file.expr(file.unparen(fun)).kind else {
            return None;
        };
        let operand = file.unparen(x);
        if let Some(end) = first_of_chain(body, chain, at) {
            return Some(end);
        }
        at = operand;
    }
    None
}

fn first_of_chain(body: &Body<'_>, chain: &Chain, call: ExprId) -> Option<End> {
    let end = |name: &str| {
        chain
            .first
            .iter()
            .find(|&&(first, _)| first == name)
            .map(|&(_, end)| end)
    };
    match body.callee(call) {
        Callee::Func { package, name, .. } if package == chain.global => end(name),
        Callee::Selected { name, .. } => {
            let end = end(name)?;
            let owner = body.method(call)?.owner;
            let is = |ty| body.cx().is_named(owner, chain.package, ty);
            (is(chain.logger) || is(chain.event)).then_some(end)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_matched_by_package_and_name() {
        assert_eq!(
            function_end("os", "Exit"),
            Some(CallEnd::Never(End::Process))
        );
        assert_eq!(
            function_end("log", "Panicf"),
            Some(CallEnd::Never(End::Panic))
        );
        assert_eq!(
            function_end("syscall", "Exec"),
            Some(CallEnd::Maybe(End::Process))
        );
        assert_eq!(
            function_end("runtime", "Goexit"),
            Some(CallEnd::Never(End::Goexit))
        );
        assert_eq!(function_end("example.com/os", "Exit"), None);
        assert_eq!(function_end("os", "Exec"), None);
        // A method of testing.T, not a function.
        assert_eq!(function_end("testing", "Fatal"), None);
    }

    #[test]
    fn no_row_says_two_things() {
        for (index, row) in ROWS.iter().enumerate() {
            for other in &ROWS[index + 1..] {
                let same_types = row.types.is_empty() == other.types.is_empty()
                    && (row.types.is_empty()
                        || row.types.iter().any(|ty| other.types.contains(ty)));
                if row.package == other.package && same_types {
                    for name in row.names {
                        assert!(!other.names.contains(name), "{}.{name}", row.package);
                    }
                }
            }
        }
    }
}
