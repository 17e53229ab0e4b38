//! What the defers of functions cost, by a calibrated model.

use std::collections::{BTreeMap, BTreeSet};

use calibration::{Release, Term};
use go_binary::{Class, SiteId};
use go_syntax::{ExprKind, FuncId};
use go_types::{Body, Role};

use crate::classes::Site;
use crate::reason::Reason;
use crate::survey::Seen;

/// A `defer` statement with its price.
#[derive(Clone, PartialEq, Debug)]
pub struct Priced {
    /// What it is called in other builds and tools.
    pub id: SiteId,
    /// The path of its file, relative to the working folder where it lies below.
    pub path: String,
    /// Its column, from 1, in bytes.
    pub column: u32,
    /// The deferred call, shortened.
    pub call: String,
    /// Its class; nothing when no code is made for it.
    pub class: Option<Class>,
    /// Why.
    pub reason: Reason,
    /// What it costs each time it is passed, beyond the call it makes; nothing when that is not known.
    pub ns: Option<f64>,
    /// Whether it may be passed many times in a call of its function.
    pub repeats: bool,
    /// The variables that the deferred literal moves to the heap.
    pub moves: Vec<String>,
    /// Whether its function is compiled once for each shape of its types.
    pub generic: bool,
    /// Which function or literal of the file it belongs to: defers with the same number share one.
    pub unit: u32,
}

/// What some defers cost together.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Total {
    /// How many are open-coded, have records on the stack, have records on the heap, and are never
    /// compiled.
    pub classes: [u32; 4],
    /// What they cost if each is passed once, and their functions' records with them.
    pub ns: f64,
    /// Whether a price was not known.
    pub incomplete: bool,
}

/// Totals by what they are of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Totals {
    /// By import path.
    pub packages: BTreeMap<String, Total>,
    /// By import path and function.
    pub functions: BTreeMap<(String, String), Total>,
    /// Of everything.
    pub all: Total,
}

/// The prices of what was seen of a function, in the build at `index`.
pub fn price(seen: &Seen<'_>, index: usize, release: &Release) -> Vec<Priced> {
    let Some(classes) = seen.classes.get(index) else {
        return Vec::new();
    };
    let mut on_line: BTreeMap<u32, u32> = BTreeMap::new();
    classes
        .sites
        .iter()
        .map(|site| {
            let place = seen.lines.line_column(seen.file.stmt(site.stmt).span.start);
            let ordinal = on_line.entry(place.line).or_default();
            *ordinal += 1;
            let moves = moved_by(seen.body, site);
            Priced {
                id: SiteId {
                    package: seen.package.to_owned(),
                    function: seen.function.to_owned(),
                    file: seen
                        .path
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned(),
                    line: place.line,
                    ordinal: *ordinal,
                },
                path: seen.path.display().to_string(),
                column: place.column,
                call: shortened(seen.file.expr_text(site.call)),
                class: site.class,
                reason: site.reason.clone(),
                ns: site
                    .class
                    .and_then(|class| ns(class, site, !moves.is_empty(), release)),
                repeats: matches!(site.reason, Reason::Loop { .. } | Reason::RangeFunc { .. }),
                moves,
                generic: classes.generic,
                unit: seen.file.func(site.func).span.start,
            }
        })
        .collect()
}

fn ns(class: Class, site: &Site, captures: bool, release: &Release) -> Option<f64> {
    let price = |term| release.price(term).map(|estimate| estimate.ns);
    match class {
        Class::OpenCoded => price(Term::OpenCoded),
        Class::StackAllocated => price(Term::StackAllocated),
        Class::HeapAllocated => {
            let record = if site.in_range_func() {
                price(Term::RangeFunc).or_else(|| price(Term::HeapAllocated))
            } else {
                price(Term::HeapAllocated)
            }?;
            let closure = if captures {
                price(Term::CapturingClosure)?
            } else {
                0.0
            };
            Some(record + closure)
        }
    }
}

/// The variables that a deferred literal takes to the heap: it outlives the statement when its record
/// is there, and shares what changes.
fn moved_by(body: &Body<'_>, site: &Site) -> Vec<String> {
    let file = body.file();
    let Some((fun, _)) = file.call(site.call) else {
        return Vec::new();
    };
    let ExprKind::FuncLit(literal) = file.expr(file.unparen(fun)).kind else {
        return Vec::new();
    };
    if site.class != Some(Class::HeapAllocated) {
        return Vec::new();
    }
    let names = body.names();
    let within = |func: FuncId| file.func(literal).span.contains(file.func(func).span);
    let mut moved = Vec::new();
    for (id, local) in names.locals() {
        if !local.is_var() || within(local.func) {
            continue;
        }
        let uses = names.uses(id);
        let captured = uses.iter().any(|used| within(used.func));
        let changes = uses.iter().any(|used| used.role != Role::Read);
        if captured && changes {
            moved.push(file.span_text(local.span).to_owned());
        }
    }
    moved
}

/// A call on one line, cut where a literal starts.
fn shortened(call: &str) -> String {
    const LONGEST: usize = 40;
    let line: Vec<&str> = call.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

impl Totals {
    /// Adds up.
    pub fn of(sites: &[Priced], release: &Release) -> Self {
        let mut totals = Self::default();
        // The price of keeping records comes once for each function that does.
        let mut keeping: BTreeSet<(&str, u32)> = BTreeSet::new();
        for site in sites {
            let records = match site.class {
                None | Some(Class::OpenCoded) => 0.0,
                Some(_) if keeping.insert((&site.path, site.unit)) => release
                    .price(Term::Records)
                    .map_or(0.0, |estimate| estimate.ns),
                Some(_) => 0.0,
            };
            let package = site.id.package.clone();
            let function = (package.clone(), site.id.function.clone());
            for total in [
                totals.packages.entry(package).or_default(),
                totals.functions.entry(function).or_default(),
                &mut totals.all,
            ] {
                total.add(site, records);
            }
        }
        totals
    }
}

impl Total {
    fn add(&mut self, site: &Priced, records: f64) {
        let index = match site.class {
            Some(Class::OpenCoded) => 0,
            Some(Class::StackAllocated) => 1,
            Some(Class::HeapAllocated) => 2,
            None => 3,
        };
        self.classes[index] += 1;
        self.incomplete |= site.class.is_some() && site.ns.is_none();
        self.ns += site.ns.unwrap_or(0.0) + records;
    }

    /// How many defers there are.
    pub fn sites(&self) -> u32 {
        self.classes.iter().sum()
    }
}
