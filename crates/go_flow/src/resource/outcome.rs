//! What may become of a resource on a path: the answer of following it (`explore`), from which
//! `leaks` and `infer` draw their conclusions.

use crate::facts::Point;
use crate::trail::Hop;

use super::state::Fact;

/// What becomes of a resource on a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// The function ends, and it was neither released nor handed on.
    Held,
    /// The last variable that holds it gets another value.
    Overwritten,
    /// Nothing ever holds it.
    Discarded,
    /// It is sent to a channel from which nobody may receive it.
    Unreceived,
    /// It is released, now or by a deferred call.
    Released,
    /// It is returned as this result, or within it.
    Returned {
        /// The number of the result.
        result: u32,
        /// Whether it is the result itself, or its field that the acquisition names.
        itself: bool,
    },
    /// It is handed on to something that is not followed.
    Kept,
}

impl Fate {
    /// Whether nobody can release it any more.
    pub const fn is_leak(self) -> bool {
        matches!(
            self,
            Self::Held | Self::Overwritten | Self::Discarded | Self::Unreceived
        )
    }
}

/// What became of a resource, and on which path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) fate: Fate,
    /// Where it happened.
    pub(crate) at: Point,
    pub(crate) hops: Vec<Hop>,
    /// What is known of the error that the function returns.
    pub(crate) error: Option<Fact>,
    /// Whether it had not become a resource yet.
    pub(crate) dormant: bool,
    /// Whether it is in a struct then that the function made.
    pub(crate) in_object: bool,
}
