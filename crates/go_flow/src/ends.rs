//! Calls that never return: the table, as data, and who is looked up in it.
//!
//! Only exact matches end a path of the graph: a function by the path of its package, a method by
//! the type that declares it. What functions of the program itself do is not here.

use go_syntax::ExprId;
use go_types::{Body, Builtin, Callee};

use crate::cfg::End;

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
        _ => None,
    }
}
