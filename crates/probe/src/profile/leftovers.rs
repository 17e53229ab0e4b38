//! Breakpoints that are in a program though nobody watches it: whoever placed them was killed in the act, and the
//! kernel gave up removing them half-way.
//!
//! They do no harm but cost time whenever the program comes there. A probe that is placed there and removed again
//! takes such a breakpoint with it; one that somebody still needs stays.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::kernel::Observer;
use super::target::{State, Target};
use crate::memory::Memory;
use crate::sys::memory::ProcessMemory;

const PAGE: u64 = 4096;
/// The trap that the kernel and debuggers put in place of an instruction of amd64.
const TRAP: u8 = 0xcc;
/// The kernel says of a page where it is.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
/// And whether it is one of a file: where a breakpoint is, the program has a copy of its own.
const OF_FILE: u64 = 1 << 61;

/// What is left of others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Leftovers {
    /// Breakpoints that do not go: somebody needs them.
    others: usize,
}

impl Leftovers {
    /// Takes away what is there before a profile. What cannot be looked for is not there.
    pub(super) fn before(
        target: &Target,
        file: &[u8],
        observer: &Observer,
        notes: &mut Vec<String>,
    ) -> Self {
        let pid = target.pid;
        let (taken, others) = take_away(target, file, observer);
        if taken > 0 {
            notes.push(format!(
                "took {} out of process {pid} that nobody needed, left there by something that was killed",
                breakpoints(taken)
            ));
        }
        if others > 0 {
            notes.push(format!(
                "something else watches process {pid}, with {}; what it does there takes longer",
                breakpoints(others)
            ));
        }
        Self { others }
    }

    /// Takes away what is there after a profile, which should be nothing.
    pub(super) fn after(
        &mut self,
        target: &Target,
        file: &[u8],
        observer: &Observer,
        notes: &mut Vec<String>,
    ) {
        if target.state() != State::Same {
            return;
        }
        let (_, left) = take_away(target, file, observer);
        if left > self.others {
            notes.push(format!(
                "{} stayed in process {}: it goes on, but a little slower there",
                breakpoints(left - self.others),
                target.pid
            ));
        }
    }
}

fn breakpoints(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} breakpoint{plural}")
}

/// How many went, and how many did not.
fn take_away(target: &Target, file: &[u8], observer: &Observer) -> (usize, usize) {
    let look = || find(target, file).unwrap_or_default();
    let found = look();
    if found.is_empty() {
        return (0, 0);
    }
    // What cannot be touched stays, and is counted.
    let _ = observer.touch(&target.path(), &found, target.pid);
    let left = look();
    (found.len().saturating_sub(left.len()), left.len())
}

/// Where in the file there is a breakpoint. Those of a debugger are its own matter: it is not known then.
fn find(target: &Target, file: &[u8]) -> io::Result<Vec<u64>> {
    let pid = target.pid;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    if status.contains("\nTracerPid:") && !status.contains("\nTracerPid:\t0\n") {
        return Ok(Vec::new());
    }
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let pages = File::open(format!("/proc/{pid}/pagemap"))?;
    let number = i32::try_from(pid).map_err(io::Error::other)?;
    let memory = ProcessMemory::of(number);
    let (name, mut found) = (target.name(), Vec::new());
    for code in maps.lines().filter_map(|line| Code::of(line, &name)) {
        for at in code.own_pages(&pages)? {
            let mut page = [0; PAGE as usize];
            let offset = code.offset + (at - code.start);
            let in_file = usize::try_from(offset).ok().and_then(|at| file.get(at..));
            let (Some(in_file), Ok(())) = (in_file, memory.read(at, &mut page)) else {
                continue;
            };
            let differ = page.iter().zip(in_file).zip(offset..);
            let traps = differ.filter(|((now, was), _)| **now == TRAP && **was != TRAP);
            found.extend(traps.map(|(_, offset)| offset));
        }
    }
    Ok(found)
}

/// Instructions of the executable in the memory of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Code {
    start: u64,
    end: u64,
    /// Where in the file they begin.
    offset: u64,
}

impl Code {
    /// Of a line of `/proc/PID/maps`, if it is of the executable of this name and has instructions.
    fn of(line: &str, name: &str) -> Option<Self> {
        let (range, rest) = line.split_once(' ')?;
        let (flags, rest) = rest.split_once(' ')?;
        let (offset, rest) = rest.split_once(' ')?;
        // The device and the file, then the name, which may have blanks.
        let (_, rest) = rest.split_once(' ')?;
        let (_, path) = rest.split_once(' ')?;
        if !flags.contains('x') || path.trim_start() != name {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(Self {
            start: number(start)?,
            end: number(end)?,
            offset: number(offset)?,
        })
    }

    /// The pages that are not as in the file, or were not at some time.
    fn own_pages(&self, pages: &File) -> io::Result<Vec<u64>> {
        let count = self.end.saturating_sub(self.start) / PAGE;
        let length = usize::try_from(count).map_err(io::Error::other)? * 8;
        let mut bytes = vec![0; length];
        pages.read_exact_at(&mut bytes, self.start / PAGE * 8)?;
        let (words, _) = bytes.as_chunks::<8>();
        let own = words.iter().zip((self.start..).step_by(PAGE as usize));
        Ok(own
            .filter(|(word, _)| {
                let word = u64::from_ne_bytes(**word);
                word & (PRESENT | SWAPPED) != 0 && word & OF_FILE == 0
            })
            .map(|(_, at)| at)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_the_executable_is_known_by_its_name() {
        let line = "00401000-004a3000 r-xp 00001000 08:01 42                         /tmp/a b";
        let code = Code {
            start: 0x40_1000,
            end: 0x4a_3000,
            offset: 0x1000,
        };
        assert_eq!(Code::of(line, "/tmp/a b"), Some(code));
        assert_eq!(Code::of(line, "/tmp/a"), None);
        assert_eq!(Code::of(&line.replace("r-xp", "r--p"), "/tmp/a b"), None);
        assert_eq!(Code::of("7f00-7f01 rw-p 0 00:00 0", ""), None);
        assert_eq!(Code::of("", ""), None);
    }

    #[test]
    fn a_program_that_nobody_watches_has_none() {
        let target = Target::new(std::process::id()).expect("we are a process");
        let file = std::fs::read(target.path()).expect("we may read ourselves");
        assert_eq!(
            find(&target, &file).expect("we may look"),
            Vec::<u64>::new()
        );
    }
}
