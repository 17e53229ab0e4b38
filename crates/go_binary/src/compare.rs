//! Two builds, and how their defers differ.

use std::collections::{BTreeMap, HashMap};

use crate::sites::{Site, SiteId};

/// What became of a `defer` statement from one build to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// Its class is a dearer one now.
    Dearer,
    /// Its class is a cheaper one now.
    Cheaper,
    /// It is in the second build only.
    Came,
    /// It is in the first build only.
    Went,
    /// It is on another line now, and else the same.
    Moved,
}

impl Verdict {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [
        Self::Dearer,
        Self::Cheaper,
        Self::Came,
        Self::Went,
        Self::Moved,
    ];

    /// One word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dearer => "dearer",
            Self::Cheaper => "cheaper",
            Self::Came => "came",
            Self::Went => "went",
            Self::Moved => "moved",
        }
    }
}

/// A difference between two builds. At least one of the sites is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change<'s> {
    /// What became of it.
    pub verdict: Verdict,
    /// The site in the first build.
    pub before: Option<&'s Site>,
    /// The site in the second build.
    pub after: Option<&'s Site>,
}

/// All differences, the worst first, and how many sites are the same.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison<'s> {
    /// The differences.
    pub changes: Vec<Change<'s>>,
    /// How many sites are in both builds, in the same place and of the same class.
    pub same: usize,
}

/// Compares two builds. Sites are the same if their identities are; what is left over in a function is
/// matched in the order of lines if the function has as many of them in both builds.
#[must_use]
pub fn compare<'s>(before: &'s [Site], after: &'s [Site]) -> Comparison<'s> {
    let mut comparison = Comparison::default();
    let mut right: HashMap<&SiteId, &Site> = after.iter().map(|site| (&site.id, site)).collect();
    let mut left_over: BTreeMap<_, (Vec<&Site>, Vec<&Site>)> = BTreeMap::new();
    let place = |site: &'s Site| (&site.id.package, &site.id.function, &site.id.file);
    for site in before {
        match right.remove(&site.id) {
            Some(other) => comparison.pair(site, other),
            None => left_over.entry(place(site)).or_default().0.push(site),
        }
    }
    for site in after.iter().filter(|site| right.contains_key(&site.id)) {
        left_over.entry(place(site)).or_default().1.push(site);
    }
    for (before, after) in left_over.into_values() {
        if before.len() == after.len() {
            for (before, after) in before.into_iter().zip(after) {
                comparison.pair(before, after);
            }
            continue;
        }
        comparison
            .changes
            .extend(before.into_iter().map(|site| Change {
                verdict: Verdict::Went,
                before: Some(site),
                after: None,
            }));
        comparison
            .changes
            .extend(after.into_iter().map(|site| Change {
                verdict: Verdict::Came,
                before: None,
                after: Some(site),
            }));
    }
    comparison.changes.sort_by(|one, other| {
        let key = |change: &Change<'s>| {
            (
                change.verdict,
                change.before.or(change.after).map(|s| &s.id),
            )
        };
        key(one).cmp(&key(other))
    });
    comparison
}

impl<'s> Comparison<'s> {
    /// Whether a defer became dearer.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.verdict == Verdict::Dearer)
    }

    fn pair(&mut self, before: &'s Site, after: &'s Site) {
        let verdict = match after.class.cmp(&before.class) {
            std::cmp::Ordering::Greater => Verdict::Dearer,
            std::cmp::Ordering::Less => Verdict::Cheaper,
            std::cmp::Ordering::Equal if before.id == after.id => {
                self.same += 1;
                return;
            }
            std::cmp::Ordering::Equal => Verdict::Moved,
        };
        self.changes.push(Change {
            verdict,
            before: Some(before),
            after: Some(after),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defers::Maker;

    fn site(function: &str, line: u32, maker: Maker) -> Site {
        Site {
            id: SiteId {
                package: "p".to_owned(),
                function: function.to_owned(),
                file: "a.go".to_owned(),
                line,
                ordinal: 1,
            },
            class: maker.class(),
            maker,
            path: "/a.go".to_owned(),
            symbol: format!("p.{function}"),
            copies: 1,
            calls: None,
            recovers: false,
        }
    }

    fn verdicts(before: &[Site], after: &[Site]) -> (Vec<&'static str>, usize, bool) {
        let comparison = compare(before, after);
        let verdicts = comparison.changes.iter().map(|c| c.verdict.as_str());
        (verdicts.collect(), comparison.same, comparison.is_worse())
    }

    #[test]
    fn classes_are_compared_by_identity() {
        let (open, stack) = (Maker::Slot(0), Maker::DeferprocStack);
        let before = [site("f", 1, open), site("g", 5, stack), site("h", 9, open)];
        let after = [
            site("f", 1, stack),
            site("g", 5, open),
            site("h", 9, Maker::Slot(1)),
        ];
        assert_eq!(
            verdicts(&before, &after),
            (vec!["dearer", "cheaper"], 1, true)
        );
    }

    #[test]
    fn sites_move_come_and_go() {
        let open = Maker::Slot(0);
        let before = [site("f", 1, open), site("f", 2, open), site("g", 7, open)];
        let after = [site("f", 11, open), site("f", 12, open)];
        assert_eq!(
            verdicts(&before, &after),
            (vec!["went", "moved", "moved"], 0, false)
        );
        assert_eq!(
            verdicts(&after, &before),
            (vec!["came", "moved", "moved"], 0, false)
        );
        let heap = [site("f", 4, Maker::Deferproc)];
        assert_eq!(
            verdicts(&before[..1], &heap),
            (vec!["dearer"], 0, true),
            "moved and dearer is dearer"
        );
    }

    #[test]
    fn the_same_build_is_the_same() {
        let sites = [site("f", 1, Maker::Slot(0)), site("f", 1, Maker::Slot(0))];
        assert_eq!(verdicts(&sites[..1], &sites[..1]), (vec![], 1, false));
    }
}
