//! What rules make fixes of: edits that keep comments, indentation and what gofmt has aligned.
//!
//! `lines` inserts, removes and indents whole lines, `names` finds names that are free and visible,
//! `imports` adds imports, `anchors` finds where something is known to be acquired, `release` writes
//! releases, `slots` defers those of semaphores and pools, `errors` makes errors of releases seen,
//! `exits` lets deferred calls run before the process ends, `groups` has goroutines counted before they
//! start and done when they end, `channels` lets those go that wait for each other, `loops` wraps bodies
//! of loops, `by_hand` releases in those that cannot be wrapped, `upwards` moves a `defer` to where it
//! should have been, `writers` writes what is buffered. Every builder gives nothing where it cannot tell
//! that the result is right: a finding without a fix is better than a wrong one.

pub(crate) mod anchors;
mod by_hand;
pub(crate) mod channels;
pub(crate) mod errors;
pub(crate) mod exits;
pub(crate) mod groups;
pub(crate) mod imports;
pub(crate) mod lines;
pub(crate) mod loops;
pub(crate) mod names;
pub(crate) mod release;
pub(crate) mod slots;
pub(crate) mod upwards;
mod writers;

use diagnostics::Applicability;
use go_syntax::Span;

/// A replacement of bytes of the file.
pub(crate) type Change = (Span, String);

/// A repair in the making.
#[derive(Clone, Debug)]
pub(crate) struct Repair {
    /// How far it can be trusted.
    pub(crate) applicability: Applicability,
    /// What it does, in the imperative.
    pub(crate) description: String,
    /// What it changes.
    pub(crate) edits: Vec<Change>,
}

impl crate::cx::Finding<'_> {
    /// Adds a repair, if there is one.
    pub(crate) fn repair(self, repair: Option<Repair>) -> Self {
        match repair {
            Some(repair) => self.fix(repair.applicability, repair.description, repair.edits),
            None => self,
        }
    }
}
