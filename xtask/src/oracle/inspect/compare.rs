//! What was found in a program against what was printed.
//!
//! Every function of the program with defers must have exactly the defers that were printed for the function
//! of the source that it was made of, line by line and class by class; and where defers were printed
//! for a function and none were found, the program must not contain it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use go_binary::{Binary, DeferFunction, Function, Symbol};

use super::printed::{Defers, Places, Printed, SourceFunction};

/// How well a program agrees.
#[derive(Debug, Default)]
pub(super) struct Score {
    /// Functions of the program with defers.
    pub(super) functions: usize,
    /// Their sites: copies of generic code and of inlined literals count for themselves.
    pub(super) sites: usize,
    /// Those of functions that agree.
    pub(super) agree: usize,
    /// Statements that were found at least once.
    pub(super) statements: usize,
    /// Statements of which the program says that nothing reaches them.
    pub(super) unreachable: usize,
    /// Statements that were printed for functions that the program does not contain.
    pub(super) absent: usize,
    /// What does not agree.
    pub(super) disagreements: Vec<String>,
}

pub(super) fn compare(program: &Binary<'_>, printed: &Printed, places: &Places<'_>) -> Score {
    let mut score = Score::default();
    let defers = program.defers();
    let mut groups: BTreeMap<String, Vec<&DeferFunction<'_>>> = BTreeMap::new();
    for found in defers
        .functions
        .iter()
        .filter(|found| !found.sites.is_empty())
    {
        let Some(function) = program.functions().function(found.function) else {
            continue;
        };
        score.functions += 1;
        score.sites += found.sites.len();
        // The bodies of ranges over functions are functions of their own for the compiler. Others that
        // share a name are copies, to be looked at one by one.
        let base = range_base(function.name);
        let key = if base == function.name && !found.ranges_over_functions {
            format!("{} {}", function.name, function.entry)
        } else {
            base.to_owned()
        };
        groups.entry(key).or_default().push(found);
    }
    let mut seen = BTreeSet::new();
    for (name, group) in &groups {
        let reached = |line| group.iter().any(|found| is_reached(program, found, line));
        judge(
            name, group, printed, places, &reached, &mut seen, &mut score,
        );
    }
    let contained = Contained::of(program, places);
    for (function, defers) in &printed.functions {
        if seen.contains(function) {
            score.statements += defers.len();
        } else if let Some(name) = contained.made_of(function) {
            score.disagreements.push(format!(
                "`{name}` at {}:{}: printed {}, none found",
                shown(&function.path),
                function.line,
                listed(defers)
            ));
        } else {
            score.absent += defers.len();
        }
    }
    score
}

/// Looks at the copies, or the parts, of one function of the source.
fn judge(
    name: &str,
    group: &[&DeferFunction<'_>],
    printed: &Printed,
    places: &Places<'_>,
    reached: &dyn Fn(u32) -> bool,
    seen: &mut BTreeSet<SourceFunction>,
    score: &mut Score,
) {
    let sites = || group.iter().flat_map(|found| &found.sites);
    let mut found: Defers = sites()
        .map(|site| (site.line, site.class().as_str().to_owned()))
        .collect();
    found.sort_unstable();
    let unreachable: usize = group.iter().map(|found| found.unreachable.len()).sum();
    let empty = BTreeSet::new();
    let mut candidates: Option<BTreeSet<&SourceFunction>> = None;
    for site in sites() {
        let place = (places.resolve(site.file), site.line);
        let here: BTreeSet<_> = printed
            .by_line
            .get(&place)
            .unwrap_or(&empty)
            .iter()
            .collect();
        candidates = Some(match candidates {
            Some(others) => others.intersection(&here).copied().collect(),
            None => here,
        });
    }
    // The statements that were printed and not found, if all of that is as it should be.
    let fits = |function: &SourceFunction| {
        let printed = &printed.functions[function];
        // Several copies of a function with ranges over functions have the same name.
        let copies = (found.len() / printed.len().max(1)).max(1);
        let all: Defers = (0..copies).flat_map(|_| printed.iter().cloned()).collect();
        let missing = without(&all, &found)?;
        let is_explained = if group.iter().any(|found| found.open.is_some()) {
            missing.len() == unreachable
        } else {
            // Other defers that never run leave no trace: there is no instruction on their lines.
            missing.iter().all(|&(line, _)| !reached(line))
        };
        is_explained.then_some(missing.len())
    };
    let candidates = candidates.unwrap_or_default();
    let agreed = candidates
        .iter()
        .find_map(|&function| Some((function, fits(function)?)));
    match agreed {
        Some((function, missing)) => {
            score.agree += found.len();
            score.unreachable += missing;
            seen.insert(function.clone());
        }
        None => {
            let printed: Vec<_> = candidates
                .iter()
                .map(|function| listed(&printed.functions[*function]))
                .collect();
            seen.extend(candidates.into_iter().cloned());
            score.disagreements.push(format!(
                "`{name}`: found {} and {unreachable} unreachable, printed {}",
                listed(&found),
                printed.join(" or ")
            ));
        }
    }
}

/// What is left of `whole` without `part`; nothing when not all of `part` is in it, each as often.
fn without(whole: &Defers, part: &Defers) -> Option<Defers> {
    let mut rest = whole.clone();
    for entry in part {
        let at = rest.iter().position(|other| other == entry)?;
        rest.swap_remove(at);
    }
    Some(rest)
}

/// Whether an instruction of a function comes from this line of it.
fn is_reached(program: &Binary<'_>, found: &DeferFunction<'_>, line: u32) -> bool {
    let table = program.functions();
    let Some(function) = table.function(found.function) else {
        return true;
    };
    // Where it goes on after a panic was recovered belongs to no statement, and has the line of any.
    let end = match function.deferreturn {
        0 => function.end,
        offset => function.entry + u64::from(offset),
    };
    let runs = table.lines(&function).filter(|run| run.start < end);
    runs.map(|run| run.start).any(|pc| {
        let frames = program.frames_in(&function, pc);
        frames.last().is_none_or(|frame| frame.line == line)
    })
}

/// The name of a function without `-range1` and the like.
fn range_base(name: &str) -> &str {
    // Type arguments may hold anything.
    let suffixes = name.rfind(']').unwrap_or(0);
    let range = name[suffixes..].find("-range");
    range.map_or(name, |range| &name[..suffixes + range])
}

/// The functions that the program contains, by the line of their word `func`.
struct Contained<'a>(BTreeMap<(PathBuf, u32), Vec<&'a str>>);

impl<'a> Contained<'a> {
    fn of(program: &Binary<'a>, places: &Places<'_>) -> Self {
        let mut contained: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for function in program.functions().iter() {
            if let Some(place) = declared(program, places, &function) {
                contained.entry(place).or_default().push(function.name);
            }
        }
        Self(contained)
    }

    /// A function of the program that was made of this one.
    fn made_of(&self, function: &SourceFunction) -> Option<&'a str> {
        let here = self.0.get(&(function.path.clone(), function.line))?;
        here.first().copied()
    }
}

/// Where a function is declared that somebody wrote: code that the compiler wraps around others has
/// their lines.
fn declared(
    program: &Binary<'_>,
    places: &Places<'_>,
    function: &Function<'_>,
) -> Option<(PathBuf, u32)> {
    let symbol = Symbol::parse(function.name);
    if symbol.is_wrapper()
        || function.name.ends_with("-fm")
        || range_base(function.name) != function.name
    {
        return None;
    }
    let (file, line) = program.declared_at(function)?;
    Some((places.resolve(file), line))
}

fn listed(defers: &Defers) -> String {
    let defers: Vec<_> = defers
        .iter()
        .map(|(line, class)| format!("{line} {class}"))
        .collect();
    format!("[{}]", defers.join(", "))
}

/// The end of a path, which is the same on every machine.
fn shown(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts[parts.len().saturating_sub(3)..].join("/")
}
