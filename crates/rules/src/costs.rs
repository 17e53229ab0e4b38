//! What the rules about cost have in common: classes from the source, prices, and whether what was
//! observed makes them matter.

use calibration::{Calibration, Term};
use cost::{Build, Class, FunctionClasses, Site, classes};
use diagnostics::Evidence;
use diagnostics::evidence::{PILE, grouped, number, percent};

use crate::cx::RuleCx;

/// From this share of a processor on, a defer is hot.
pub(crate) const HOT: f64 = 0.01;
/// From this share of a processor on, something cheaper is worth telling.
const WORTH: f64 = 0.001;

/// What the newest compiler that is known makes of the defers of the function: whoever looks at costs
/// builds with a compiler of today, whatever go.mod asks for at least.
pub(crate) fn classes_of(cx: &RuleCx<'_>) -> FunctionClasses {
    classes(cx.body(), &Build::default())
}

/// The defers of the function that the compiler keeps in records on the heap.
pub(crate) fn heap_allocated(cx: &RuleCx<'_>) -> impl Iterator<Item = Site> {
    let sites = classes_of(cx).sites.into_iter();
    sites.filter(|site| site.class == Some(Class::HeapAllocated))
}

/// What a defer of a class costs on the reference machine, in nanoseconds: with its part in what the
/// function pays once.
pub(crate) fn price(class: &str) -> f64 {
    let release = Calibration::reference().newest();
    let terms: &[Term] = match class {
        "open-coded" => &[Term::OpenCoded],
        "stack-allocated" => &[Term::StackAllocated, Term::Records],
        _ => &[Term::HeapAllocated],
    };
    let prices = terms.iter().filter_map(|&term| release.price(term));
    prices.map(|price| price.ns).sum()
}

/// What a closure that captures variables adds in a loop, in nanoseconds.
pub(crate) fn capture_price() -> f64 {
    let release = Calibration::reference().newest();
    release
        .price(Term::CapturingClosure)
        .map_or(0.0, |price| price.ns)
}

/// The share of a processor that something takes, and how that is known.
pub(crate) struct Share {
    pub(crate) share: f64,
    pub(crate) told: String,
}

/// The share that a line takes at `nanos` for each time it runs. What was measured comes before what is
/// reckoned.
pub(crate) fn share(seen: &Evidence, nanos: f64) -> Option<Share> {
    if let Some(share) = seen.cpu_share.filter(|&share| share > 0.0) {
        let told = format!("takes {} of the CPU time, as measured", percent(share));
        return Some(Share { share, told });
    }
    let rate = seen.rate?;
    let share = rate * nanos / 1e9;
    let told = format!(
        "runs {} times a second, which takes about {} of a processor at {nanos:.1} ns each",
        number(rate),
        percent(share)
    );
    Some(Share { share, told })
}

/// What a line takes that takes `nanos` each time, if something cheaper is worth telling.
pub(crate) fn worth(seen: &Evidence, nanos: f64) -> Option<String> {
    let share = share(seen, nanos).filter(|share| share.share >= WORTH)?;
    Some(share.told)
}

/// Whether records pile up, and how many.
pub(crate) fn pile(seen: &Evidence) -> Option<String> {
    let pending = seen.pending.filter(|&pending| pending >= PILE)?;
    Some(format!("{} of its records wait", grouped(pending)))
}

/// Whether a program that was observed had the defer compiled in this class, as far as anybody knows.
pub(crate) fn is_borne_out(seen: &Evidence, class: Class) -> bool {
    seen.class.is_none_or(|seen| seen == class.as_str())
}
