//! An explanation as plain data: what is printed as text, JSON and HTML. Documented for readers of the
//! JSON in docs/explain.md.

use serde::Serialize;

/// The version of the JSON: it grows when something is removed or changes its meaning.
pub const SCHEMA: u32 = 1;

/// What the defers of a function do.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// [`SCHEMA`]
    pub schema: u32,
    /// The import path of the package.
    pub package: String,
    /// `F`, `T.M` or `(*T).M`: the declared function.
    pub function: String,
    /// The path of the file.
    pub path: String,
    /// The first line of what is explained.
    pub line: u32,
    /// The last line.
    pub end_line: u32,
    /// Whether a function literal within the declared function is explained.
    pub literal: bool,
    /// The function without its body.
    pub signature: String,
    /// How it was found out what is told.
    pub basis: Basis,
    /// The `defer` statements in the order of the source, those of literals included.
    pub defers: Vec<Defer>,
    /// The ways out in the order of the source.
    pub ways: Vec<Way>,
    /// What else should be known.
    pub notes: Vec<String>,
    /// The lines of the function, for the formats that show them.
    #[serde(skip)]
    pub source: Vec<String>,
}

/// How it was found out what is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The function was run: nothing in it depends on what is not in the source.
    Run,
    /// It was run for all outcomes of the conditions that the source does not decide.
    Explored,
    /// Only its control flow was looked at: there are too many paths, or something in it that cannot
    /// be run.
    ControlFlow,
}

/// Which defer is meant, in whatever tool speaks of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct SiteId {
    /// The import path of the package.
    pub package: String,
    /// The declared function around it.
    pub function: String,
    /// The path of the file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The place among the defers that start on that line, from 0.
    pub ordinal: u32,
}

/// A `defer` statement.
#[derive(Clone, Debug, Serialize)]
pub struct Defer {
    /// Which one.
    pub site: SiteId,
    /// The last line of the statement.
    pub end_line: u32,
    /// The deferred call.
    pub call: String,
    /// The line of the literal at whose end it runs; absent for the function that is explained.
    pub within: Option<u32>,
    /// What is evaluated when the statement is passed, in this order.
    pub operands: Vec<Operand>,
    /// Variables from outside that the deferred literal uses: it sees them as they are when it runs.
    pub sees: Vec<String>,
    /// Named results that the deferred literal may change.
    pub changes: Vec<String>,
    /// What the call releases.
    pub releases: Option<String>,
    /// Whether it recovers.
    pub recovers: Recovers,
    /// How many times it can be registered in one call of its function.
    pub times: Times,
    /// Why it never runs.
    pub never: Option<String>,
    /// How the compiler implements it: `open-coded`, `stack-allocated`, `heap-allocated`. Nothing when
    /// nobody computed it.
    pub class: Option<String>,
}

/// What kind of operand something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperandKind {
    /// The function value that is called.
    Function,
    /// The receiver, copied.
    Receiver,
    /// The address of the receiver: its content is that of the time of the call.
    ReceiverAddress,
    /// An argument.
    Argument,
}

/// What is evaluated when a defer statement is passed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Operand {
    /// What it is.
    pub kind: OperandKind,
    /// How it is written.
    pub text: String,
    /// Its value, where the source decides it.
    pub value: Option<String>,
    /// The line at which it is evaluated.
    pub line: u32,
    /// The first line at which the variable is given another value afterwards, which this operand does
    /// not see.
    pub changes_at: Option<u32>,
}

/// Whether a deferred call recovers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recovers {
    /// It does not call `recover`, as far as this package tells.
    No,
    /// It calls `recover` itself.
    Yes,
    /// `recover` is called, but not by the deferred function itself: it gives nil and stops nothing.
    WithoutEffect,
    /// What is called is not known.
    Unknown,
}

/// How many times something happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Times {
    /// Once at most.
    Once,
    /// So many times at most.
    AtMost(u64),
    /// Any number of times.
    Any,
}

/// What kind of way out it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayKind {
    /// A return statement.
    Return,
    /// The end of the body.
    End,
    /// A call of `panic`.
    Panic,
    /// A panic in something that is called, or of an operation.
    Calls,
    /// The end of the goroutine: `runtime.Goexit`, `t.FailNow`.
    Goexit,
    /// The end of the process: `os.Exit`, `log.Fatal`.
    Exit,
    /// A wait or a loop without end.
    Blocks,
}

/// A way out of the function.
#[derive(Clone, Debug, Serialize)]
pub struct Way {
    /// What kind.
    pub kind: WayKind,
    /// The lines at which control leaves, in order.
    pub lines: Vec<u32>,
    /// The statement, in one line.
    pub text: String,
    /// Whether control can get there at all, as far as the source tells.
    pub reached: bool,
    /// What holds whenever this way is taken, as decided in the function.
    pub given: Vec<String>,
    /// What was done before, where nothing depends on what is not in the source.
    pub before: Vec<Deed>,
    /// What the return statement puts into the results.
    pub puts: Vec<ResultValue>,
    /// The deferred calls in the order in which they run.
    pub runs: Vec<Run>,
    /// The defers of the function that do not run on this way.
    pub skips: Vec<Skip>,
    /// What comes of it; more than one when deferred calls decide.
    pub outcomes: Vec<Outcome>,
}

/// The value of a result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResultValue {
    /// Its name; its number from 0 in brackets where it has none.
    pub name: String,
    /// Its value: known, or said with the source.
    pub value: String,
    /// Whether the value is known.
    pub known: bool,
}

/// A deferred call that runs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Run {
    /// The number of the defer in [`Explanation::defers`].
    pub defer: usize,
    /// The line of the defer statement.
    pub line: u32,
    /// Why it may not run; absent when it runs whenever this way is taken.
    pub maybe: Option<String>,
    /// How many times.
    pub times: Times,
    /// The values of receiver and arguments, in the order of [`Defer::operands`], as far as known.
    pub values: Vec<Option<String>>,
    /// What it does, in order.
    pub does: Vec<Deed>,
}

/// Something that a deferred call does.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Deed {
    /// It calls a function that is not looked into.
    Calls {
        text: String,
        args: Vec<String>,
        line: u32,
    },
    /// It gives a result of the explained function another value.
    Sets {
        name: String,
        from: String,
        to: String,
        line: u32,
    },
    /// It calls `recover`, which gives the value of the panic and stops it.
    Recovers { value: String, line: u32 },
    /// It calls `recover`, which gives nil.
    RecoversNothing { why: String, line: u32 },
    /// It panics; the panic that was under way, if any, is replaced.
    Panics {
        value: String,
        line: u32,
        replaces: Option<String>,
    },
    /// It ends the goroutine.
    Goexit { line: u32 },
    /// It ends the process: nothing deferred runs any more.
    Exits { text: String, line: u32 },
    /// A function within the source is called and does something of all that.
    Within {
        function: String,
        line: u32,
        does: Vec<Deed>,
    },
    /// A call runs that was deferred within.
    Runs {
        line: u32,
        call: String,
        values: Vec<String>,
        does: Vec<Deed>,
    },
    /// What follows happens only on some of the paths.
    If { given: String, does: Vec<Deed> },
}

/// A defer that does not run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Skip {
    /// The number of the defer in [`Explanation::defers`].
    pub defer: usize,
    /// Why.
    pub why: String,
}

/// How a way out ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The function returns to its caller.
    Returns,
    /// A panic goes on to the caller.
    Panics,
    /// The goroutine ends.
    Goexit,
    /// The process ends.
    Exits,
    /// It never ends.
    Blocks,
}

/// What comes of a way out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Outcome {
    /// How it ends.
    pub ending: Ending,
    /// The results that the caller gets.
    pub results: Vec<ResultValue>,
    /// The value of the panic that goes on.
    pub panic: Option<String>,
    /// Whether a panic was recovered on the way.
    pub recovered: bool,
    /// When this is the outcome, if there are several.
    pub given: Vec<String>,
}
