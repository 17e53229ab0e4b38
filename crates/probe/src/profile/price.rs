//! What a hit costs on this machine, measured before each profile.

use super::error::Error;
use super::kernel::Observer;
use super::points::Point;
use crate::bpf::uprobe::{Control, Kind, Watched};
use crate::sys::bpf::{ProgramKind, own_processor_time};
use crate::sys::calibration::Specimen;

/// The prices of hits, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Prices {
    /// A hit that is counted.
    pub count: f64,
    /// One that also takes times.
    pub timed: f64,
    /// What is added where the processor must step.
    pub step: f64,
}

/// It costs processor time, too.
const RUNS: u32 = 400;
/// Where it is twenty times as dear.
const DEAR_RUNS: u32 = 40;
const ROUNDS: usize = 7;

impl Prices {
    /// Measures them with a function of our own, and probes of this kind.
    ///
    /// # Errors
    ///
    /// If the kernel lets us not.
    pub fn measure(kind: ProgramKind) -> Result<Self, Error> {
        let specimen =
            Specimen::new().map_err(|error| Error::system("making a function to probe", error))?;
        let observer = Observer::new(kind, 3, 1, 0)?;
        let pid = std::process::id();
        let bare = nanos(&specimen, RUNS)?;
        let with = |points: &[(u64, Kind)], held: bool, runs: u32| -> Result<f64, Error> {
            let points: Vec<_> = points
                .iter()
                .map(|&(offset, kind)| Point {
                    offset,
                    kind,
                    slot: 0,
                    adjust: 0,
                    dear: false,
                    counts: true,
                })
                .collect();
            for (number, point) in points.iter().enumerate() {
                observer.describe(number, point.entry(Watched::Always, 0))?;
            }
            observer.control(Control {
                watching: true,
                held,
                ..Control::default()
            })?;
            let numbers: Vec<_> = (0..points.len()).collect();
            let _link = observer.attach(&specimen.path(), &points, &numbers, pid)?;
            Ok((nanos(&specimen, runs)? - bare).max(1.0))
        };
        let count = with(&[(Specimen::CHEAP, Kind::Count)], false, RUNS)?;
        let pair = with(
            &[
                (Specimen::CHEAP, Kind::Register),
                (Specimen::CHEAP_TOO, Kind::Run),
            ],
            true,
            RUNS,
        )?;
        let dear = with(&[(Specimen::DEAR, Kind::Count)], false, DEAR_RUNS)?;
        Ok(Self {
            count,
            timed: (pair / 2.0).max(count),
            step: (dear - count).max(0.0),
        })
    }

    /// The price of a hit of a point.
    #[must_use]
    pub fn of(&self, point: &Point, held: bool) -> f64 {
        let timed = held && matches!(point.kind, Kind::Register | Kind::Run);
        let price = if timed { self.timed } else { self.count };
        price + if point.dear { self.step } else { 0.0 }
    }
}

/// Nanoseconds for one run, of some rounds one of the quicker ones: the first are slow, and so are those in which others
/// have the caches. Of the processor's time, for others want that, too.
fn nanos(specimen: &Specimen, runs: u32) -> Result<f64, Error> {
    let clock = || own_processor_time().map_err(|error| Error::system("reading a clock", error));
    let mut rounds = [0.0; ROUNDS];
    for round in &mut rounds {
        let start = clock()?;
        specimen.run(runs);
        *round = (clock()? - start) as f64 / f64::from(runs);
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 3])
}
