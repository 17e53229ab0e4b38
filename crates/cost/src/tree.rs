//! What is left of a function when only defers, returns and the flow between them count.

use go_syntax::{FuncId, StmtId};

/// A statement, in the order in which the compiler meets it.
#[derive(Clone, Debug)]
pub(crate) enum Stmt<'a> {
    /// `defer`.
    Defer(StmtId),
    /// `return`; whether it returns one constant.
    Return {
        constant: bool,
    },
    /// A call of `panic`.
    Panic,
    /// `break` and `continue`.
    Leave,
    Goto(&'a str),
    Label(&'a str),
    /// A call at this offset that is replaced with what it calls. There is a label at its end.
    Inlined {
        callee: &'a str,
        at: u32,
        /// Whether that label is in the list of the statement, rather than in an expression that may not be
        /// evaluated.
        label: bool,
        /// Whether what follows counts as standing in a loop.
        jumps_back: bool,
        /// A `defer` in a loop over a function that comes along.
        range_defer: Option<StmtId>,
        /// The literal that is called.
        literal: Option<Inlined>,
    },
    /// A literal: it is compiled if this is.
    Literal(FuncId),
    /// A block that stays one.
    Block(Vec<Stmt<'a>>),
    If {
        then: Vec<Stmt<'a>>,
        els: Vec<Stmt<'a>>,
        /// The truth of the condition, where the compiler keeps the statement nevertheless.
        truth: Option<bool>,
    },
    Loop {
        stmt: StmtId,
        range: bool,
        body: Vec<Stmt<'a>>,
    },
    Switch {
        cases: Vec<Case<'a>>,
        /// Over an integer of a size that a table may be made of.
        tabular: bool,
    },
    Select(Vec<Vec<Stmt<'a>>>),
    RangeFunc(RangeFunc<'a>),
    /// Anything else.
    Other,
}

/// A literal that is put in place of its call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Inlined {
    pub(crate) func: FuncId,
    /// Whether there is nothing else left of it.
    pub(crate) gone: bool,
}

/// A clause of a switch.
#[derive(Clone, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) body: Vec<Stmt<'a>>,
    /// The constants it is for; nothing when one of them is no integer constant.
    pub(crate) values: Option<Vec<i64>>,
    pub(crate) is_default: bool,
    pub(crate) falls_through: bool,
}

/// A loop over a function: a call of it with the body as a literal, and what follows the call.
#[derive(Clone, Debug)]
pub(crate) struct RangeFunc<'a> {
    pub(crate) stmt: StmtId,
    pub(crate) body: Vec<Stmt<'a>>,
    /// The first `defer` of the body, loops over functions within it included.
    pub(crate) defers: Option<StmtId>,
    /// Jumps that follow the call on behalf of the body.
    pub(crate) gotos: Vec<&'a str>,
    /// Whether the function returns after the call on behalf of the body.
    pub(crate) returns: bool,
}

/// The literals in `list` that are put in place of their calls.
pub(crate) fn inlined_literals(list: &[Stmt<'_>], found: &mut Vec<Inlined>) {
    for stmt in list {
        if let Stmt::Inlined { literal, .. } = stmt {
            found.extend(*literal);
        }
        each_list(stmt, &mut |inner| inlined_literals(inner, found));
    }
}

/// The literals in `list`, wherever they stand.
pub(crate) fn literals(list: &[Stmt<'_>], found: &mut Vec<FuncId>) {
    for stmt in list {
        if let Stmt::Literal(func) = stmt {
            found.push(*func);
        }
        each_list(stmt, &mut |inner| literals(inner, found));
    }
}

/// Calls `visit` for each list within a statement, in order.
pub(crate) fn each_list<'t, 'a>(stmt: &'t Stmt<'a>, visit: &mut dyn FnMut(&'t [Stmt<'a>])) {
    match stmt {
        Stmt::Block(body) | Stmt::Loop { body, .. } => visit(body),
        Stmt::RangeFunc(range) => visit(&range.body),
        Stmt::If { then, els, .. } => {
            visit(then);
            visit(els);
        }
        Stmt::Switch { cases, .. } => cases.iter().for_each(|case| visit(&case.body)),
        Stmt::Select(clauses) => clauses.iter().for_each(|clause| visit(clause)),
        Stmt::Defer(_)
        | Stmt::Return { .. }
        | Stmt::Panic
        | Stmt::Leave
        | Stmt::Goto(_)
        | Stmt::Label(_)
        | Stmt::Inlined { .. }
        | Stmt::Literal(_)
        | Stmt::Other => {}
    }
}
