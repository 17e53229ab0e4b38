//! What watches a process besides the probes at its defers: it begins with the profile, is asked now and
//! then, and at the end says what it found. Each has a file of its own.

use go_binary::Binary;

use super::descriptors::Descriptors;
use super::error::Error;
use super::exit::Ending;
use super::found::{Ended, Options, Profile};
use super::target::Target;

/// One of them. What it attaches ends with it.
pub(crate) trait Watcher {
    /// The profile begins: every promise from now on counts.
    ///
    /// # Errors
    ///
    /// Where the profile should not go on without it; what it can be done without is a note of the profile.
    fn begin(&mut self) -> Result<(), Error>;

    /// It is asked every few hundredths of a second, and must be quick: windows wait for it. Gives what it has
    /// cost the process until now, in seconds of processor time.
    ///
    /// # Errors
    ///
    /// As for `begin`.
    fn poll(&mut self) -> Result<f64, Error>;

    /// The time is over, or the process is. What it found goes into the profile, what it cost to its `cost`.
    ///
    /// # Errors
    ///
    /// As for `begin`.
    fn end(&mut self, ended: Ended, profile: &mut Profile) -> Result<(), Error>;
}

/// Those of a profile. What one cannot do is a note.
pub(crate) fn all<'a>(
    target: &Target,
    binary: &'a Binary<'a>,
    options: &Options<'_>,
    notes: &mut Vec<String>,
) -> Vec<Box<dyn Watcher + 'a>> {
    let mut all: Vec<Box<dyn Watcher + 'a>> = vec![Box::new(Ending::new(target))];
    if options.descriptors {
        match Descriptors::new(target, binary, options.overhead / 2.0) {
            Ok(descriptors) => all.push(Box::new(descriptors)),
            Err(error) => notes.push(format!("descriptors are not watched: {error}")),
        }
    }
    all
}
