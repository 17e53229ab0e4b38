//! Under which conditions something happens, from the decisions on the paths on which it does: what all
//! of them have in common, and the alternatives beyond that when they are few.
//!
//! What is said is true of each path. It may leave something out, and says so then.

use std::collections::BTreeMap;

use crate::run::{Decision, PathResult};

/// So many alternatives are told.
const MAX_ALTERNATIVES: usize = 3;
/// So many conditions of an alternative are told.
const MAX_CONDITIONS: usize = 3;
/// Of more sets than these only the common part is told.
const MAX_SETS: usize = 128;

/// Conditions that hold together, each with its opposite, if it has one.
type Set<'p> = BTreeMap<&'p str, Option<&'p str>>;

/// When control goes one of the paths, as a list of what holds; decisions that came after control had
/// left the function do not count.
pub(crate) fn leading_to(paths: &[&PathResult]) -> Vec<String> {
    let mut found = common(paths, false);
    match alternatives(paths, |decision| !decision.late) {
        Alternatives::None => {}
        Alternatives::Few(sets) => found.push(either(&sets)),
        Alternatives::Many(count) => {
            found.push(format!("other conditions hold, among {count} combinations"));
        }
    }
    found
}

/// What tells `some` of the paths from the rest of `all`; nothing when that takes many words.
pub(crate) fn distinct(some: &[&PathResult], all: &[&PathResult]) -> Vec<String> {
    let mut found = Vec::new();
    for late in [false, true] {
        let everywhere = common(all, late);
        found.extend(
            common(some, late)
                .into_iter()
                .filter(|text| !everywhere.contains(text)),
        );
    }
    if found.is_empty()
        && some.len() < all.len()
        && let Alternatives::Few(sets) = alternatives(some, |_| true)
    {
        found.push(either(&sets));
    }
    found
}

/// What was decided on all paths.
fn common(paths: &[&PathResult], late: bool) -> Vec<String> {
    let Some((first, rest)) = paths.split_first() else {
        return Vec::new();
    };
    let of = |decision: &&Decision| decision.late == late;
    { first.decisions.iter() }
        .filter(of)
        .map(|decision| &decision.text)
        .filter(|text| {
            rest.iter().all(|path| {
                let mut decisions = path.decisions.iter().filter(of);
                decisions.any(|decision| decision.text == **text)
            })
        })
        .cloned()
        .collect()
}

/// What holds beside what all paths have in common.
enum Alternatives<'p> {
    /// Nothing that matters.
    None,
    /// One of these.
    Few(Vec<Set<'p>>),
    /// One of so many.
    Many(usize),
}

fn alternatives<'p>(
    paths: &[&'p PathResult],
    counts: impl Fn(&Decision) -> bool,
) -> Alternatives<'p> {
    let mut sets: Vec<Set<'p>> = Vec::new();
    for path in paths {
        let decisions = path.decisions.iter().filter(|decision| counts(decision));
        let set = decisions
            .map(|decision| (&*decision.text, decision.opposite.as_deref()))
            .collect();
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    if sets.len() > MAX_SETS {
        return Alternatives::Many(sets.len());
    }
    let shared: Vec<&str> = sets.first().map_or_else(Vec::new, |first| {
        let all_have = |text: &&str| sets.iter().all(|set| set.contains_key(text));
        first.keys().copied().filter(all_have).collect()
    });
    for set in &mut sets {
        set.retain(|text, _| !shared.contains(text));
    }
    simplify(&mut sets);
    let is_short = |set: &Set<'_>| set.len() <= MAX_CONDITIONS;
    match sets.len() {
        _ if sets.iter().any(Set::is_empty) => Alternatives::None,
        0 => Alternatives::None,
        1..=MAX_ALTERNATIVES if sets.iter().all(is_short) => Alternatives::Few(sets),
        count => Alternatives::Many(count),
    }
}

/// Leaves out what does not matter: a set that asks for more than another one, and of two sets that
/// differ in opposite conditions the opposite of what alone is enough: `a, or not a and b` is `a, or b`.
fn simplify(sets: &mut Vec<Set<'_>>) {
    loop {
        let mut index = 0;
        while index < sets.len() {
            let has_less = |(other, set): (usize, &Set<'_>)| {
                let is_within = set.keys().all(|text| sets[index].contains_key(text));
                other != index && is_within && (set.len() < sets[index].len() || other < index)
            };
            if sets.iter().enumerate().any(has_less) {
                sets.remove(index);
            } else {
                index += 1;
            }
        }
        let Some((set, text)) = needless(sets) else {
            return;
        };
        sets[set].remove(text);
    }
}

/// A condition of a set without which nothing else is said: another set has its opposite, and else
/// nothing that this one has not.
fn needless<'p>(sets: &[Set<'p>]) -> Option<(usize, &'p str)> {
    for (index, set) in sets.iter().enumerate() {
        for (text, opposite) in set {
            let Some(opposite) = opposite else { continue };
            let says_rest = |(other, known): (usize, &Set<'_>)| {
                other != index
                    && known.contains_key(opposite)
                    && known
                        .keys()
                        .all(|own| own == opposite || set.contains_key(own))
            };
            if sets.iter().enumerate().any(says_rest) {
                return Some((index, text));
            }
        }
    }
    None
}

/// The alternatives in words.
fn either(sets: &[Set<'_>]) -> String {
    // The same condition at several places.
    let single: Option<Vec<(&str, &str)>> = { sets.iter() }
        .map(|set| match set.keys().collect::<Vec<_>>()[..] {
            [only] => only.strip_suffix(')')?.rsplit_once(" (line "),
            _ => None,
        })
        .collect();
    if let Some(single) = single
        && let [(text, _), ..] = single[..]
        && single.len() > 1
        && single.iter().all(|(other, _)| *other == text)
    {
        let mut lines: Vec<&str> = single.into_iter().map(|(_, line)| line).collect();
        lines.sort_by_key(|line| line.parse::<u32>().ok());
        return format!("{text} (line {})", lines.join(" or "));
    }
    let mut told: Vec<(u32, String)> = { sets.iter() }
        .map(|set| {
            let mut conditions: Vec<&str> = set.keys().copied().collect();
            conditions.sort_by_key(|text| line_of(text));
            let first = conditions.first().map_or(0, |text| line_of(text));
            (first, conditions.join(" and "))
        })
        .collect();
    told.sort();
    let told: Vec<String> = told.into_iter().map(|(_, text)| text).collect();
    told.join(", or ")
}

/// The line that a condition names at its end.
fn line_of(text: &str) -> u32 {
    let line = || {
        text.strip_suffix(')')?
            .rsplit_once(" (line ")?
            .1
            .parse()
            .ok()
    };
    line().unwrap_or(0)
}
