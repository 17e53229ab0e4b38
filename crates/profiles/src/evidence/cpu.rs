//! What a CPU profile of Go says of defer sites.
//!
//! Two kinds of frames speak of them. Where the runtime makes a record (`deferproc` and its kin), the
//! frame above is the statement. Where a deferred call runs, there is `deferreturn` or a wrapper
//! (`f.deferwrap1`) whose own declaration is the statement's line; Go leaves wrappers out of most
//! stacks, and then only the function is known. What the runtime does by itself at the end of a
//! function belongs to all of the function's sites; it is shared out by what else is known of them, and
//! counted apart when nothing is. What is called there belongs to the site if there is only one.

use std::collections::{BTreeMap, HashMap};

use go_binary::{Class, SiteId, Symbol};

use super::{Evidence, Header, Site, Source};
use crate::pprof::{Frame, Profile};

/// The evidence of a CPU profile.
#[derive(Clone, PartialEq, Debug)]
pub struct CpuEvidence {
    /// By site.
    pub evidence: Evidence,
    /// CPU time of defer machinery that belongs to no known site, in nanoseconds.
    pub unattributed_ns: u64,
}

/// The profile has no CPU time in it.
#[derive(Debug, thiserror::Error)]
#[error("this is not a CPU profile: it has no values in nanoseconds of `cpu`, but {0}")]
pub struct NoCpuProfile(String);

/// What makes a record, and of which class.
fn maker(name: &str) -> Option<Class> {
    match name {
        "runtime.deferproc" | "runtime.deferprocat" => Some(Class::HeapAllocated),
        "runtime.deferprocStack" => Some(Class::StackAllocated),
        _ => None,
    }
}

/// What runs the calls at the end.
fn is_runner(name: &str) -> bool {
    name == "runtime.deferreturn" || name == "runtime.rundefers"
}

/// What the machinery calls on its own account, under `deferreturn`.
fn is_runtime(name: &str) -> bool {
    name.starts_with("runtime.") || name.starts_with("runtime/internal/")
}

/// What the ends of functions took, by the name of the function.
type Ends = BTreeMap<String, End>;

#[derive(Clone, Copy, Default)]
struct End {
    machinery: u64,
    deferred: u64,
}

#[derive(Default)]
struct Sums {
    machinery: u64,
    deferred: u64,
    class: Option<Class>,
    path: String,
}

/// What a profile says of the sites.
///
/// # Errors
///
/// When it is no CPU profile.
pub fn from_cpu_profile(profile: &Profile, from: &str) -> Result<CpuEvidence, NoCpuProfile> {
    let cpu = profile
        .sample_types()
        .position(|kind| kind.kind == "cpu" && kind.unit == "nanoseconds")
        .ok_or_else(|| {
            let kinds: Vec<_> = profile
                .sample_types()
                .map(|kind| format!("{}/{}", kind.kind, kind.unit))
                .collect();
            NoCpuProfile(kinds.join(", "))
        })?;
    let mut total = 0u64;
    let mut sites: BTreeMap<SiteId, Sums> = BTreeMap::new();
    let mut ends = Ends::new();
    for sample in profile.samples() {
        let value = sample.values().get(cpu).copied().unwrap_or(0);
        let Ok(nanos) = u64::try_from(value) else {
            continue;
        };
        total = total.saturating_add(nanos);
        let frames: Vec<_> = sample.frames().collect();
        attribute(&frames, nanos, &mut sites, &mut ends);
    }
    let unattributed_ns = share_out(&mut sites, ends);
    let seconds = profile.duration_nanos() as f64 / 1e9;
    let header = Header {
        source: Source::Pprof,
        from: from.to_owned(),
        seconds: (seconds > 0.0).then_some(seconds),
        total_cpu_ns: Some(total),
        ..Header::default()
    };
    let sites = sites
        .into_iter()
        .map(|(id, sums)| Site {
            class: sums.class,
            cpu_ns: Some(sums.machinery),
            deferred_cpu_ns: Some(sums.deferred),
            path: Some(sums.path),
            ..Site::at(&id)
        })
        .collect();
    Ok(CpuEvidence {
        evidence: Evidence { header, sites },
        unattributed_ns,
    })
}

/// Looks for defer machinery in a stack, from the frame that runs outwards, and gives the time to
/// each site once: a deferred call that defers by itself is time of both.
fn attribute(
    frames: &[Frame<'_>],
    nanos: u64,
    sites: &mut BTreeMap<SiteId, Sums>,
    ends: &mut Ends,
) {
    let mut seen: Vec<SiteId> = Vec::new();
    let mut give = |id: Option<SiteId>, path: &str, class: Option<Class>, deferred: bool| {
        let Some(id) = id.filter(|id| !seen.contains(id)) else {
            return;
        };
        seen.push(id.clone());
        let sums = sites.entry(id).or_default();
        let sum = if deferred {
            &mut sums.deferred
        } else {
            &mut sums.machinery
        };
        *sum = sum.saturating_add(nanos);
        sums.class = sums.class.max(class);
        if sums.path.is_empty() {
            path.clone_into(&mut sums.path);
        }
    };
    for (index, frame) in frames.iter().enumerate() {
        let name = &*frame.function;
        let outer = frames.get(index + 1);
        if let Some(class) = maker(name) {
            if let Some(outer) = outer {
                give(site(outer, outer.line), &outer.file, Some(class), false);
            }
        } else if is_runner(name) {
            let under = frames[..index]
                .iter()
                .rev()
                .find(|under| !is_runtime(&under.function));
            match (under, outer) {
                // Wrappers are dealt with below.
                (Some(under), _) if Symbol::parse(&under.function).is_wrapper() => {}
                (Some(under), Some(outer)) if is_literal_of(&under.function, &outer.function) => {
                    give(site(outer, under.start_line), &outer.file, None, true);
                }
                (under, Some(outer)) => {
                    let end = ends.entry(outer.function.to_string()).or_default();
                    let sum = if under.is_some() {
                        &mut end.deferred
                    } else {
                        &mut end.machinery
                    };
                    *sum = sum.saturating_add(nanos);
                }
                (_, None) => {}
            }
        } else if is_deferred_wrapper(name) {
            // The time of the wrapper itself is machinery.
            let line = if frame.start_line > 0 {
                frame.start_line
            } else {
                frame.line
            };
            let class = outer
                .is_some_and(|outer| !is_runner(&outer.function) && !is_runtime(&outer.function))
                .then_some(Class::OpenCoded);
            give(site(frame, line), &frame.file, class, index > 0);
        }
    }
}

/// Whether this is the compiler's function around a deferred call.
fn is_deferred_wrapper(name: &str) -> bool {
    let symbol = Symbol::parse(name);
    let last = symbol.suffix.rsplit('.').next().unwrap_or_default();
    last.starts_with("deferwrap")
}

/// Whether `inner` is a literal of the declaration that `outer` belongs to.
fn is_literal_of(inner: &str, outer: &str) -> bool {
    let (inner, outer) = (Symbol::parse(inner), Symbol::parse(outer));
    !inner.suffix.is_empty()
        && inner.package == outer.package
        && inner.declaration == outer.declaration
}

/// The site at a line of a frame's function.
fn site(frame: &Frame<'_>, line: u32) -> Option<SiteId> {
    let symbol = Symbol::parse(&frame.function);
    let file = frame.file.rsplit(['/', '\\']).next().unwrap_or_default();
    if line == 0 || file.is_empty() || symbol.package.is_empty() {
        return None;
    }
    Some(SiteId {
        function: symbol.declared_name(),
        package: symbol.package.into_owned(),
        file: file.to_owned(),
        line,
        ordinal: 1,
    })
}

/// Gives what the ends of functions took to the functions' sites, by their other machinery; alike
/// when they have none. Returns what is left.
fn share_out(sites: &mut BTreeMap<SiteId, Sums>, ends: Ends) -> u64 {
    let mut by_function: HashMap<(String, String), Vec<SiteId>> = HashMap::new();
    for (id, sums) in &*sites {
        if sums.class != Some(Class::OpenCoded) {
            let key = (id.package.clone(), id.function.clone());
            by_function.entry(key).or_default().push(id.clone());
        }
    }
    // Literals of one declaration share its sites.
    let mut by_declaration: BTreeMap<(String, String), End> = BTreeMap::new();
    for (function, end) in ends {
        let symbol = Symbol::parse(&function);
        let name = symbol.declared_name();
        let sum = by_declaration
            .entry((symbol.package.into_owned(), name))
            .or_default();
        sum.machinery = sum.machinery.saturating_add(end.machinery);
        sum.deferred = sum.deferred.saturating_add(end.deferred);
    }
    let mut left = 0u64;
    for (declaration, end) in by_declaration {
        let Some(here) = by_function.get(&declaration) else {
            left = left.saturating_add(end.machinery);
            continue;
        };
        let machinery = |id: &SiteId| sites.get(id).map_or(0, |sums| sums.machinery);
        let all: u64 = here.iter().map(machinery).fold(0, u64::saturating_add);
        let parts: Vec<u64> = here
            .iter()
            .map(|id| match all {
                0 => end.machinery / here.len() as u64,
                all => (end.machinery as f64 * (machinery(id) as f64 / all as f64)) as u64,
            })
            .collect();
        for (id, part) in here.iter().zip(parts) {
            if let Some(sums) = sites.get_mut(id) {
                sums.machinery = sums.machinery.saturating_add(part);
                if here.len() == 1 {
                    sums.deferred = sums.deferred.saturating_add(end.deferred);
                }
            }
        }
    }
    left
}
