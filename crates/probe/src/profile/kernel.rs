//! Our program and its maps in the kernel: attaching it to points, and reading what it counted.

use std::io;
use std::path::Path;
use std::rc::Rc;

use super::error::Error;
use super::holder::{Held, Holder, Start};
use super::points::Point;
use crate::bpf::uprobe::{
    self, BUCKETS, Control, Entry, HELD_SIZE, HITS_SIZE, Kind, Maps, OPEN_KEY, OPEN_SIZE, Watched,
};
use crate::sys::bpf::{Link, Map, MapKind, Place, Program, ProgramKind, own_processor_time};

/// Promises open at one time; more are counted, but their times are lost.
const OPEN_PROMISES: u32 = 1 << 17;
/// Goroutines whose panics are remembered.
const PANICKING: u32 = 1 << 14;
/// Sites times buckets that can be in use.
const MOST_BUCKETS: u32 = 1 << 17;

/// A number that no point has.
const NO_POINT: u64 = u32::MAX as u64;

/// How often a point was hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Hits {
    /// While it counted.
    pub(crate) counted: u64,
    /// At all.
    pub(crate) all: u64,
}

/// How long the promises of a slot waited.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) max: u64,
}

/// Promises of one site in one frame that are not kept yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OpenPromises {
    pub(crate) slot: u32,
    pub(crate) count: u64,
    pub(crate) first: u64,
    pub(crate) window: u64,
}

/// What we have in the kernel.
#[derive(Debug)]
pub(crate) struct Observer {
    maps: Maps,
    program: Program,
    /// Who holds the probes; else we do.
    holder: Option<Rc<Holder>>,
}

/// Probes that are placed; dropping it takes them away.
#[derive(Debug)]
pub(crate) enum Probes {
    /// By us.
    Ours(#[expect(dead_code, reason = "what counts is that it is there")] Link),
    /// By a process of its own.
    Held(#[expect(dead_code, reason = "what counts is that it is there")] Held),
}

impl Observer {
    /// Loads the program for this many points and slots.
    pub(crate) fn new(
        kind: ProgramKind,
        points: usize,
        slots: usize,
        goid: u64,
    ) -> Result<Self, Error> {
        let entries = |count: usize| u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        let map = |kind, key, value, entries| {
            Map::new(kind, key, value, entries)
                .map_err(|error| Error::system("making a BPF map", error))
        };
        let (points, slots) = (entries(points), entries(slots));
        let maps = Maps {
            control: map(MapKind::Array, 4, Control::SIZE, 1)?,
            points: map(MapKind::Array, 4, Entry::SIZE, points)?,
            hits: map(MapKind::PerCpuArray, 4, HITS_SIZE, points)?,
            total: map(MapKind::PerCpuArray, 4, 8, 1)?,
            held: map(MapKind::PerCpuArray, 4, HELD_SIZE, slots)?,
            open: map(MapKind::Hash, OPEN_KEY, OPEN_SIZE, OPEN_PROMISES)?,
            buckets: map(
                MapKind::Hash,
                4,
                8,
                slots.saturating_mul(BUCKETS).min(MOST_BUCKETS),
            )?,
            panics: map(MapKind::LruHash, 8, 8, PANICKING)?,
        };
        let goid = i32::try_from(goid).unwrap_or_default();
        let code = uprobe::program(&maps, goid).map_err(|error| Error::Refused {
            error: io::Error::other(error),
            log: String::new(),
        })?;
        let program = Program::load(kind, &code).map_err(Error::load)?;
        Ok(Self {
            maps,
            program,
            holder: None,
        })
    }

    /// Another process will hold the probes, if there is a way to start one.
    pub(crate) fn held_by(mut self, start: Option<Start<'_>>) -> Result<Self, Error> {
        if let Some(start) = start {
            self.holder = Some(Holder::start(start, &self.program)?);
        }
        Ok(self)
    }

    /// That whoever holds the probes is still there.
    pub(crate) fn check_holder(&self) -> Result<(), Error> {
        self.holder.as_ref().map_or(Ok(()), |holder| holder.check())
    }

    /// The processor time of this thread and of the process that holds the probes, in seconds.
    pub(crate) fn own_time(&self) -> f64 {
        let holder = self.holder.as_ref();
        let ours = own_processor_time().unwrap_or(0) as f64 * 1e-9;
        ours + holder.map_or(0.0, |holder| holder.processor_seconds())
    }

    /// Tells the program what to do at a point.
    pub(crate) fn describe(&self, number: usize, entry: Entry) -> Result<(), Error> {
        self.maps
            .points
            .update(&key(number), &entry.bytes())
            .map_err(|error| Error::system("describing a point", error))
    }

    /// Opens and closes windows.
    pub(crate) fn control(&self, control: Control) -> Result<(), Error> {
        self.maps
            .control
            .update(&key(0), &control.bytes())
            .map_err(|error| Error::system("opening a window", error))
    }

    /// Attaches the program to the points with these numbers.
    pub(crate) fn attach(
        &self,
        file: &Path,
        points: &[Point],
        numbers: &[usize],
        pid: u32,
    ) -> Result<Probes, Error> {
        let places: Vec<_> = numbers
            .iter()
            .filter_map(|&number| {
                Some(Place {
                    offset: points.get(number)?.offset,
                    cookie: number as u64,
                })
            })
            .collect();
        let probes = self.place(file, places, pid);
        probes.map_err(|error| match error.raw_os_error() {
            Some(libc::ESRCH) => Error::NoProcess(pid),
            Some(libc::EACCES) if self.program.kind() == ProgramKind::UprobeEach => {
                let what = "placing probes";
                Error::Administrator { what, error }
            }
            _ => Error::system("placing probes", error),
        })
    }

    /// Places probes at instructions that are nobody's points, and takes them away again. Breakpoints that somebody
    /// left there go with them.
    pub(crate) fn touch(&self, file: &Path, offsets: &[u64], pid: u32) -> io::Result<()> {
        let places = offsets.iter().map(|&offset| Place {
            offset,
            cookie: NO_POINT,
        });
        self.place(file, places.collect(), pid).map(drop)
    }

    fn place(&self, file: &Path, places: Vec<Place>, pid: u32) -> io::Result<Probes> {
        match &self.holder {
            Some(holder) => holder.attach(file, places, pid).map(Probes::Held),
            None => self.program.attach(file, &places, pid).map(Probes::Ours),
        }
    }

    /// How often a point was hit, on all processors.
    pub(crate) fn hits(&self, number: usize) -> Result<Hits, Error> {
        let words = words(&self.maps.hits, number)?;
        Ok(words
            .chunks_exact(2)
            .fold(Hits::default(), |mut hits, of_processor| {
                if let [counted, all] = of_processor {
                    hits.counted += counted;
                    hits.all += all;
                }
                hits
            }))
    }

    /// What hits of points that are always watched have cost until now, in seconds.
    pub(crate) fn always_spent(&self) -> Result<f64, Error> {
        let nanos: u64 = words(&self.maps.total, 0)?.iter().sum();
        Ok(nanos as f64 * 1e-9)
    }

    /// Begins to count a point anew.
    pub(crate) fn reset(&self, number: usize) -> Result<(), Error> {
        let map = &self.maps.hits;
        map.update(&key(number), &vec![0; map.value_size()])
            .map_err(|error| Error::system("resetting counts", error))
    }

    /// How long the promises of a slot waited.
    pub(crate) fn kept(&self, slot: usize) -> Result<Kept, Error> {
        let words = words(&self.maps.held, slot)?;
        Ok(words
            .chunks_exact(3)
            .fold(Kept::default(), |mut kept, of_processor| {
                if let [count, sum, max] = of_processor {
                    kept.count += count;
                    kept.sum += sum;
                    kept.max = kept.max.max(*max);
                }
                kept
            }))
    }

    /// The slots, buckets and counts of all times.
    pub(crate) fn buckets(&self) -> Result<Vec<(u32, u32, u64)>, Error> {
        let error = |error| Error::system("reading times", error);
        let map = &self.maps.buckets;
        let mut all = Vec::new();
        for key in map.keys(MOST_BUCKETS as usize).map_err(error)? {
            let Some(value) = map.lookup(&key).map_err(error)? else {
                continue;
            };
            let number = u32::from_le_bytes(first(&key));
            let count = u64::from_le_bytes(first(&value));
            all.push((number / BUCKETS, number % BUCKETS, count));
        }
        Ok(all)
    }

    /// The promises that were made while we watched, and are not kept yet; at most so many entries.
    pub(crate) fn open(&self, at_most: usize) -> Result<Vec<OpenPromises>, Error> {
        let error = |error| Error::system("reading open promises", error);
        let map = &self.maps.open;
        let mut all = Vec::new();
        for key in map.keys(at_most).map_err(error)? {
            let Some(value) = map.lookup(&key).map_err(error)? else {
                continue;
            };
            let word = |bytes: &[u8], at: usize| {
                bytes
                    .get(at..)
                    .map_or(0, |bytes| u64::from_le_bytes(first(bytes)))
            };
            all.push(OpenPromises {
                slot: u32::try_from(word(&key, 16)).unwrap_or(u32::MAX),
                count: word(&value, 0),
                first: word(&value, 8),
                window: word(&value, 32) >> 32,
            });
        }
        Ok(all)
    }

    /// Forgets open promises.
    pub(crate) fn forget(&self, at_most: usize) -> Result<(), Error> {
        let error = |error| Error::system("forgetting open promises", error);
        for key in self.maps.open.keys(at_most).map_err(error)? {
            self.maps.open.delete(&key).map_err(error)?;
        }
        Ok(())
    }
}

impl Point {
    /// As the program knows it, with what a hit costs in nanoseconds.
    pub(crate) const fn entry(&self, watched: Watched, price: u64) -> Entry {
        Entry {
            price,
            kind: match self.kind {
                // Without a slot there is nothing to take the time of.
                Kind::Register | Kind::Run if self.slot == u32::MAX => Kind::Count,
                kind => kind,
            },
            slot: self.slot,
            watched,
            adjust: self.adjust,
        }
    }
}

fn key(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn words(map: &Map, number: usize) -> Result<Vec<u64>, Error> {
    let value = map
        .lookup(&key(number))
        .map_err(|error| Error::system("reading counts", error))?
        .unwrap_or_default();
    let words = value.chunks_exact(8);
    Ok(words.map(|word| u64::from_le_bytes(first(word))).collect())
}

/// The first bytes; zeros where there are too few, which a map that we made never gives.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    debug_assert!(bytes.len() >= N, "a value of a map is cut");
    bytes.first_chunk().copied().unwrap_or([0; N])
}
