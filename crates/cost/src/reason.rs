//! Why a defer has its class, and what would make it cheaper.

use std::fmt;

/// Why the compiler chose a class. Lines are those of the file that the defer stands in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Nothing speaks against writing the call out at the end.
    None,
    /// The statement is not compiled: it cannot be reached, and the compiler knows.
    Dead,
    /// It stands in a loop.
    Loop {
        /// What makes the loop.
        kind: LoopKind,
        /// Where it starts.
        line: u32,
    },
    /// It stands in the body of a loop over a function.
    RangeFunc {
        /// Where the loop starts.
        line: u32,
    },
    /// Another defer of the function stands in a loop.
    OtherInLoop {
        /// Where it stands.
        line: u32,
    },
    /// Another defer of the function stands in the body of a loop over a function.
    OtherInRangeFunc {
        /// Where it stands.
        line: u32,
    },
    /// More defers than bits in the byte that tells which of them are pending.
    TooMany {
        /// So many.
        defers: u32,
    },
    /// The calls would be written out too often.
    TooManyExits {
        /// `return` statements that can be reached.
        returns: u32,
        /// Defers of the function.
        defers: u32,
    },
    /// A result has to outlive the call.
    ResultOnHeap {
        /// Its name.
        name: String,
    },
    /// Built with `-N`.
    NoOptimization,
    /// Built with `-race`.
    Race,
    /// Built for a shared object on 386.
    Shared386,
}

/// What makes a loop of statements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoopKind {
    /// `for`.
    For,
    /// `for … range`.
    Range,
    /// A label that a later `goto` jumps back to.
    Label(String),
    /// A label in a function that the compiler puts in place of its call.
    Inlined(String),
}

/// The most defers that are written out.
pub(crate) const MOST_DEFERS: u32 = 8;
/// The most exits times defers that are written out.
pub(crate) const MOST_EXITS: u32 = 15;

impl Reason {
    /// Its name in JSON.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Dead => "dead",
            Self::Loop { .. } => "loop",
            Self::RangeFunc { .. } => "range-func",
            Self::OtherInLoop { .. } => "other-in-loop",
            Self::OtherInRangeFunc { .. } => "other-in-range-func",
            Self::TooMany { .. } => "too-many-defers",
            Self::TooManyExits { .. } => "too-many-exits",
            Self::ResultOnHeap { .. } => "result-on-heap",
            Self::NoOptimization => "no-optimization",
            Self::Race => "race",
            Self::Shared386 => "shared-386",
        }
    }

    /// What to change to make the defer cheaper; nothing when it cannot be, or that is not a matter of
    /// the code.
    pub fn advice(&self) -> Option<String> {
        Some(match self {
            Self::None
            | Self::Dead
            | Self::NoOptimization
            | Self::Race
            | Self::Shared386 => return None,
            Self::Loop { kind: LoopKind::Inlined(callee), .. } => format!(
                "write the loop in `{callee}` with for instead of goto"
            ),
            Self::Loop { .. } | Self::RangeFunc { .. } => {
                "put the body of the loop into a function of its own: there the defer is cheaper, and runs at the end of each round".to_owned()
            }
            Self::OtherInLoop { line } | Self::OtherInRangeFunc { line } => format!(
                "put the body of the loop around the defer of line {line} into a function of its own"
            ),
            Self::TooMany { defers } => format!(
                "split the function, or release {} things in one defer",
                defers - MOST_DEFERS + 1
            ),
            Self::TooManyExits { returns, defers } => {
                let exits = MOST_EXITS / (*defers).max(1);
                if exits == 0 {
                    "split the function".to_owned()
                } else {
                    format!(
                        "with at most {exits} of its {returns} return statements the defers would be open-coded: join some, or split the function"
                    )
                }
            }
            Self::ResultOnHeap { name } => format!(
                "do not let the address of `{name}` leave the function: pass a copy, or assign the result at the end"
            ),
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("nothing prevents it"),
            Self::Dead => f.write_str("never reached, not compiled"),
            Self::Loop { kind, line } => match kind {
                LoopKind::For => write!(f, "in a loop (for, line {line})"),
                LoopKind::Range => write!(f, "in a loop (range, line {line})"),
                LoopKind::Label(label) => {
                    write!(f, "in a loop (goto {label}, line {line})")
                }
                LoopKind::Inlined(callee) => write!(
                    f,
                    "after the call of {callee} in line {line}, which is inlined and jumps back with goto"
                ),
            },
            Self::RangeFunc { line } => write!(f, "in a range-over-func body (line {line})"),
            Self::OtherInLoop { line } => {
                write!(
                    f,
                    "another defer of the function is in a loop (line {line})"
                )
            }
            Self::OtherInRangeFunc { line } => write!(
                f,
                "another defer of the function is in a range-over-func body (line {line})"
            ),
            Self::TooMany { defers } => write!(f, "{defers} defers in this function"),
            Self::TooManyExits { returns, defers } => write!(
                f,
                "{returns} returns × {defers} defers = {} > {MOST_EXITS}",
                returns * defers
            ),
            Self::ResultOnHeap { name } => write!(f, "result {name} lives on the heap"),
            Self::NoOptimization => f.write_str("built with -N"),
            Self::Race => f.write_str("built with -race"),
            Self::Shared386 => f.write_str("a shared object on 386"),
        }
    }
}
