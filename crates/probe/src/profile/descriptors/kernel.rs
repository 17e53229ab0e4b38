//! Our program at the end of system calls, its maps, and what it costs.

use std::io;
use std::os::unix::fs::MetadataExt;

use super::calls;
use crate::bpf::syscalls::{
    self, CALLS, Maps, Namespaced, OPEN_KEY, OPEN_SIZE, PLACE_KEY, PLACE_SIZE, SEEN_SIZE,
};
use crate::profile::error::Error;
use crate::sys::bpf::{Link, Map, MapKind, Program, ProgramKind, own_processor_time};
use crate::sys::descent::Descent;

/// Descriptors that are known at one time.
const MOST_OPEN: u32 = 1 << 16;
/// Places that are told apart.
const MOST_PLACES: u32 = 1 << 13;

/// A descriptor that was opened, and that nobody was seen to close.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Open {
    pub(super) descriptor: u32,
    /// On the clock of [`crate::sys::bpf::monotonic`].
    pub(super) since: u64,
    /// The number of its place.
    pub(super) place: u64,
}

/// Where descriptors are opened, and which.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) what: u32,
    /// The addresses in the stack, the innermost first.
    pub(super) stack: Vec<u64>,
    /// How many.
    pub(super) opened: u64,
}

/// How many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Seen {
    /// System calls.
    pub(super) calls: u64,
    /// Descriptors opened or closed.
    pub(super) changes: u64,
    /// Those of places that there was no room for.
    pub(super) lost: u64,
}

/// What is in the kernel; it is gone when this is.
#[derive(Debug)]
pub(super) struct Observer {
    maps: Maps,
    program: Program,
    link: Option<Link>,
}

impl Observer {
    pub(super) fn new(process: Namespaced) -> Result<Self, Error> {
        let map = |kind, key, value, entries| {
            Map::new(kind, key, value, entries)
                .map_err(|error| Error::system("making a BPF map", error))
        };
        let maps = Maps {
            calls: map(MapKind::Array, 4, 4, CALLS)?,
            seen: map(MapKind::PerCpuArray, 4, SEEN_SIZE, 1)?,
            open: map(MapKind::Hash, OPEN_KEY, OPEN_SIZE, MOST_OPEN)?,
            places: map(MapKind::Hash, PLACE_KEY, PLACE_SIZE, MOST_PLACES)?,
            scratch: map(MapKind::PerCpuArray, 4, PLACE_KEY, 1)?,
        };
        for (call, entry) in calls::table() {
            maps.calls
                .update(&call.to_le_bytes(), &entry.to_le_bytes())
                .map_err(|error| Error::system("describing system calls", error))?;
        }
        let code = syscalls::program(&maps, process).map_err(|error| Error::Refused {
            error: io::Error::other(error),
            log: String::new(),
        })?;
        let program = Program::load(ProgramKind::RawTracepoint, &code).map_err(Error::load)?;
        Ok(Self {
            maps,
            program,
            link: None,
        })
    }

    pub(super) fn attach(&mut self) -> Result<(), Error> {
        let link = self.program.attach_tracepoint("sys_exit");
        let link = link.map_err(|error| Error::system("watching system calls", error))?;
        self.link = Some(link);
        Ok(())
    }

    pub(super) fn detach(&mut self) {
        self.link = None;
    }

    pub(super) const fn is_attached(&self) -> bool {
        self.link.is_some()
    }

    pub(super) fn seen(&self) -> Result<Seen, Error> {
        let value = self.maps.seen.lookup(&0u32.to_le_bytes());
        let value = value.map_err(|error| Error::system("reading counts", error))?;
        let value = value.unwrap_or_default();
        let (processors, _) = value.as_chunks::<{ SEEN_SIZE as usize }>();
        Ok(processors.iter().fold(Seen::default(), |sum, one| Seen {
            calls: sum.calls + word(one, 0),
            changes: sum.changes + word(one, 8),
            lost: sum.lost + word(one, 16),
        }))
    }

    pub(super) fn open(&self) -> Result<Vec<Open>, Error> {
        let all = entries(&self.maps.open, MOST_OPEN)?;
        Ok(all
            .into_iter()
            .map(|(key, value)| Open {
                descriptor: half(&key, 0),
                since: word(&value, 0),
                place: word(&value, 8),
            })
            .collect())
    }

    pub(super) fn places(&self) -> Result<Vec<Place>, Error> {
        let all = entries(&self.maps.places, MOST_PLACES)?;
        Ok(all
            .into_iter()
            .map(|(key, value)| {
                let (words, _) = key.as_chunks::<8>();
                let addresses = words.iter().skip(1).map(|word| u64::from_le_bytes(*word));
                Place {
                    number: word(&value, 8),
                    what: half(&key, 0),
                    stack: addresses.take_while(|&address| address != 0).collect(),
                    opened: word(&value, 0),
                }
            })
            .collect())
    }
}

/// A key of a map, and its value.
type KeyValue = (Vec<u8>, Vec<u8>);

fn entries(map: &Map, at_most: u32) -> Result<Vec<KeyValue>, Error> {
    let error = |error| Error::system("reading descriptors", error);
    let mut all = Vec::new();
    for key in map.keys(at_most as usize).map_err(error)? {
        if let Some(value) = map.lookup(&key).map_err(error)? {
            all.push((key, value));
        }
    }
    Ok(all)
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).and_then(|rest| rest.first_chunk());
    debug_assert!(rest.is_some(), "a value of a map is cut");
    rest.map_or(0, |word| u64::from_le_bytes(*word))
}

fn half(bytes: &[u8], at: usize) -> u32 {
    let rest = bytes.get(at..).and_then(|rest| rest.first_chunk());
    debug_assert!(rest.is_some(), "a value of a map is cut");
    rest.map_or(0, |half| u32::from_le_bytes(*half))
}

/// A process, by the number that it has for itself: what the kernel compares, wherever we are.
pub(super) fn namespaced(pid: u32) -> io::Result<Namespaced> {
    let namespace = std::fs::metadata(format!("/proc/{pid}/ns/pid"))?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let inner = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))
        .and_then(|line| line.split_ascii_whitespace().next_back()?.parse().ok());
    Ok(Namespaced {
        namespace: (namespace.dev(), namespace.ino()),
        pid: inner.unwrap_or(pid),
    })
}

/// What being watched costs, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct CallPrices {
    /// Any system call.
    pub call: f64,
    /// What is added where a descriptor is opened or closed.
    pub change: f64,
}

const RUNS: u32 = 1000;
const ROUNDS: usize = 5;
/// As deep as programs are where they open something.
const DEPTH: u32 = 20;

impl CallPrices {
    /// Measures it with system calls of our own.
    pub(super) fn measure() -> Result<Self, Error> {
        let making = |error| Error::system("making a function to watch", error);
        let descent = Descent::new().map_err(making)?;
        let ourselves = namespaced(std::process::id())
            .map_err(|error| Error::system("reading our own status", error))?;
        let mut observer = Observer::new(ourselves)?;
        let ask = || descent.ask(RUNS, DEPTH);
        let open = || descent.open_and_close(RUNS, DEPTH);
        let bare = (nanos(&ask)?, nanos(&open)?);
        observer.attach()?;
        let call = (nanos(&ask)? - bare.0).max(1.0);
        // An opening and a closing.
        let change = ((nanos(&open)? - bare.1) / 2.0 - call).max(1.0);
        Ok(Self { call, change })
    }

    /// What so much cost, in seconds.
    pub(super) fn seconds(self, seen: Seen) -> f64 {
        (seen.calls as f64 * self.call + seen.changes as f64 * self.change) * 1e-9
    }
}

/// Nanoseconds for one run, in the middle of some rounds; of the processor's time, for others want it too.
fn nanos(runs: &dyn Fn()) -> Result<f64, Error> {
    let clock = || own_processor_time().map_err(|error| Error::system("reading a clock", error));
    let mut rounds = [0.0; ROUNDS];
    for round in &mut rounds {
        let start = clock()?;
        runs();
        *round = (clock()? - start) as f64 / f64::from(RUNS);
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 2])
}
