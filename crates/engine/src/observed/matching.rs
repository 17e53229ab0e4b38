//! Which line of today a site was seen at. People edit files after they built them.
//!
//! All sites of a function that are where a defer is are believed. Otherwise the function moved: the
//! smallest shift that brings every site to a defer is taken. When there is none, lines that fit are
//! believed, and of the others those of which the function has as many defers left over as sites.

use go_binary::SiteId;
use profiles::evidence::Site;

use super::source::Declared;

/// Functions are looked for so many lines away.
const MAX_SHIFT: i64 = 2_000;
/// A single site that nothing else vouches for is looked for so many lines away.
const MAX_ALONE: i64 = 60;

/// Whether a function of a program is the one of this name in the source. What is outside of functions
/// has no name there, and several in programs.
pub(super) fn is_same_function(observed: &str, declared: &str) -> bool {
    observed == declared
        || (declared.is_empty()
            && (observed == "glob" || observed == "init" || observed == "glob."))
}

/// For each site the line of today, if there is one.
pub(super) fn today(function: &Declared, sites: &[(&SiteId, &Site)]) -> Vec<Option<u32>> {
    let inside = |line: u32| (function.lines.0..=function.lines.1).contains(&line);
    let is_opening = |site: &Site| !site.resources.is_empty() && site.class.is_none();
    let of_defers: Vec<u32> = sites
        .iter()
        .filter(|(id, site)| !is_opening(site) || has(function, id.line, 0))
        .map(|(id, _)| id.line)
        .collect();
    let shift = shift_of(function, &of_defers);
    let mut today: Vec<Option<u32>> = sites
        .iter()
        .map(|(id, site)| {
            let moved = shifted(id.line, shift.unwrap_or(0))?;
            if has(function, moved, 0) || (is_opening(site) && inside(moved)) {
                return Some(moved);
            }
            None
        })
        .collect();
    in_order(function, sites, &mut today);
    today
}

/// Whether the function has a defer at a line.
fn has(function: &Declared, line: u32, shift: i64) -> bool {
    shifted(line, shift).is_some_and(|line| function.defers.binary_search(&line).is_ok())
}

fn shifted(line: u32, shift: i64) -> Option<u32> {
    u32::try_from(i64::from(line) + shift).ok()
}

/// The smallest shift that brings all lines to defers.
fn shift_of(function: &Declared, lines: &[u32]) -> Option<i64> {
    let &first = lines.first()?;
    let limit = if lines.len() > 1 {
        MAX_SHIFT
    } else {
        MAX_ALONE
    };
    let mut shifts: Vec<i64> = function
        .defers
        .iter()
        .map(|&line| i64::from(line) - i64::from(first))
        .filter(|shift| shift.abs() <= limit)
        .collect();
    shifts.sort_by_key(|shift| (shift.abs(), *shift));
    shifts
        .into_iter()
        .find(|&shift| lines.iter().all(|&line| has(function, line, shift)))
}

/// Matches what is left over in order, when there is as much of it on both sides.
fn in_order(function: &Declared, sites: &[(&SiteId, &Site)], today: &mut [Option<u32>]) {
    let mut left: Vec<u32> = function.defers.clone();
    left.dedup();
    left.retain(|line| !today.contains(&Some(*line)));
    let mut missing: Vec<usize> = (0..sites.len())
        .filter(|&index| today[index].is_none())
        .filter(|&index| sites[index].1.resources.is_empty())
        .collect();
    missing.sort_by_key(|&index| sites[index].0.line);
    let mut lines: Vec<u32> = missing.iter().map(|&index| sites[index].0.line).collect();
    lines.dedup();
    if lines.len() != left.len() {
        return;
    }
    for index in missing {
        let place = lines.iter().position(|&line| line == sites[index].0.line);
        today[index] = place.and_then(|place| left.get(place).copied());
    }
}
