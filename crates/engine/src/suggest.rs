//! "Did you mean …?": the known name that a mistyped one most resembles.

/// The one of `known` that `name` most resembles, if one does. Of equals the first.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    // A third of the letters may be wrong, and one always.
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&name, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Letters that differ; `_` and a space for `-` are no difference, and neither is a missing part.
fn distance(name: &str, candidate: &str) -> usize {
    let plain = |text: &str| text.replace(['_', ' '], "-");
    let (name, candidate) = (plain(name), plain(candidate));
    if parts_within(&name, &candidate) {
        return 1;
    }
    strsim::damerau_levenshtein(&name, &candidate)
}

/// Whether the parts of `name` all occur in `candidate`, in this order, and are more than one.
fn parts_within(name: &str, candidate: &str) -> bool {
    let mut rest = candidate.split('-');
    name.contains('-') && name.split('-').all(|part| rest.any(|other| other == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["defer-in-loop", "exit-skips-defer", "locks", "all"];

    #[test]
    fn small_mistakes_are_understood() {
        for (typed, meant) in [
            ("defer-in-lop", "defer-in-loop"),
            ("defer_in_loop", "defer-in-loop"),
            ("Defer-In-Loop", "defer-in-loop"),
            ("defer-loop", "defer-in-loop"),
            ("lock", "locks"),
            ("al", "all"),
        ] {
            assert_eq!(closest(typed, NAMES), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_resembles_nothing_gets_no_suggestion() {
        for typed in ["", "gosec", "unused", "x"] {
            assert_eq!(closest(typed, NAMES), None, "{typed}");
        }
    }
}
