//! The memory of a living process (`process_vm_readv`), and its clock.

use std::io::IoSliceMut;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use crate::memory::{Memory, Piece, Unreadable};
use crate::sys::priority::Urgent;

/// So many pieces the kernel takes in a call.
const BATCH: usize = 1024;

/// The memory of a process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessMemory {
    pid: Pid,
}

impl ProcessMemory {
    /// That of the process with this number.
    #[must_use]
    pub const fn of(pid: i32) -> Self {
        Self {
            pid: Pid::from_raw(pid),
        }
    }

    /// One call: how many bytes were read.
    fn batch(&self, pieces: &mut [Piece<'_>]) -> Result<usize, Errno> {
        let remote: Vec<_> = pieces
            .iter()
            .filter_map(|piece| {
                Some(RemoteIoVec {
                    base: usize::try_from(piece.address).ok()?,
                    len: piece.bytes.len(),
                })
            })
            .collect();
        let mut local: Vec<_> = pieces
            .iter_mut()
            .map(|piece| IoSliceMut::new(piece.bytes))
            .collect();
        process_vm_readv(self.pid, &mut local, &remote)
    }
}

impl Memory for ProcessMemory {
    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), Unreadable> {
        let wanted = bytes.len();
        let mut pieces = [Piece {
            address,
            bytes,
            done: false,
        }];
        match self.batch(&mut pieces) {
            Ok(read) if read == wanted => Ok(()),
            Err(Errno::ESRCH) => Err(Unreadable::Gone),
            Err(Errno::EPERM) => Err(Unreadable::Denied),
            Ok(_) | Err(_) => Err(Unreadable::Unmapped { address }),
        }
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        // The processors share the work.
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let all: usize = pieces.iter().map(cost).sum();
        let share = all.div_ceil(processors.min(4));
        if share < SMALL {
            return self.read_in_turn(pieces);
        }
        let urgent = Urgent::is_begun();
        std::thread::scope(|scope| {
            let mut rest = pieces;
            while !rest.is_empty() {
                let mut sum = 0;
                let count = rest
                    .iter()
                    .take_while(|piece| {
                        let fits = sum < share;
                        sum += cost(piece);
                        fits
                    })
                    .count();
                let (part, others) = std::mem::take(&mut rest).split_at_mut(count);
                rest = others;
                if rest.is_empty() {
                    self.read_in_turn(part);
                } else {
                    scope.spawn(move || {
                        let _urgent = urgent.then(Urgent::begin);
                        self.read_in_turn(part);
                    });
                }
            }
        });
    }
}

/// What a piece costs, in bytes: finding its pages takes the kernel as long as copying one.
const fn cost(piece: &Piece<'_>) -> usize {
    piece.bytes.len() + 4096
}

/// What costs less is not worth a thread.
const SMALL: usize = 4 << 20;

impl ProcessMemory {
    fn read_in_turn(&self, pieces: &mut [Piece<'_>]) {
        let mut rest = pieces;
        while !rest.is_empty() {
            let count = rest.len().min(BATCH);
            // It stops at the first piece that it cannot read.
            let mut read = match self.batch(&mut rest[..count]) {
                Ok(read) => read,
                Err(Errno::EFAULT) => 0,
                Err(_) => return,
            };
            let mut done = 0;
            for piece in &mut rest[..count] {
                if read < piece.bytes.len() {
                    break;
                }
                read -= piece.bytes.len();
                piece.done = true;
                done += 1;
            }
            let next = if done < count { done + 1 } else { done };
            rest = &mut rest[next..];
        }
    }
}

/// Nanoseconds on the clock that Go calls `nanotime`.
#[must_use]
pub fn monotonic() -> Option<u64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).ok()?;
    let seconds = u64::try_from(now.tv_sec()).ok()?;
    Some(seconds * 1_000_000_000 + u64::try_from(now.tv_nsec()).ok()?)
}
