//! What the compiler printed against what we print, statement by statement.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

/// How well both agree.
#[derive(Debug, Default)]
pub(super) struct Score {
    /// Statements that the compiler made code for.
    pub(super) statements: usize,
    /// Those of each class, in the compiler's order: open-coded, stack, heap.
    pub(super) classes: [usize; 3],
    /// Those that we give the same class.
    pub(super) agree: usize,
    /// Defers of generic functions that nothing uses: the compiler does not see them.
    pub(super) unused: usize,
    /// What does not agree.
    pub(super) disagreements: Vec<String>,
}

const CLASSES: [&str; 3] = ["open-coded", "stack-allocated", "heap-allocated"];

/// Compares two prints.
pub(super) fn compare(printed: &str, ours: &str) -> Result<Score> {
    // Generic code and code that was inlined print the same place again.
    let mut theirs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in printed.lines() {
        let (place, class) = line
            .strip_suffix(" defer")
            .and_then(|line| line.rsplit_once(": "))
            .with_context(|| format!("the compiler printed {line:?}"))?;
        theirs.entry(plain(place)).or_default().insert(class);
    }
    if theirs.is_empty() {
        bail!("the compiler printed nothing about defers");
    }
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut generic: BTreeSet<&str> = BTreeSet::new();
    for line in ours.lines() {
        let (place, class) = line
            .split_once('\t')
            .with_context(|| format!("dev defers printed {line:?}"))?;
        let plain_class = class.strip_suffix('*').unwrap_or(class);
        if plain_class != class {
            generic.insert(plain(place));
        }
        // Twice where the compiler makes two copies of different classes.
        if !found.entry(plain(place)).or_default().insert(plain_class) {
            bail!("dev defers printed {line:?} twice");
        }
    }
    let mut score = Score {
        statements: theirs.len(),
        ..Score::default()
    };
    for (place, classes) in &theirs {
        for (count, name) in score.classes.iter_mut().zip(CLASSES) {
            *count += usize::from(classes.contains(name));
        }
        let ours = found.remove(place).unwrap_or_default();
        if *classes == ours {
            score.agree += 1;
        } else {
            score.disagreements.push(format!(
                "{place}: the compiler says {}, we say {}",
                listed(classes),
                listed(&ours)
            ));
        }
    }
    for (place, classes) in found {
        if generic.contains(place) {
            score.unused += 1;
        } else {
            score.disagreements.push(format!(
                "{place}: the compiler says nothing, we say {}",
                listed(&classes)
            ));
        }
    }
    Ok(score)
}

fn listed(classes: &BTreeSet<&str>) -> String {
    if classes.is_empty() {
        return "nothing".to_owned();
    }
    classes.iter().copied().collect::<Vec<_>>().join(" and ")
}

fn plain(place: &str) -> &str {
    place.strip_prefix("./").unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn every_difference_counts() {
        let printed = "./a.go:1:2: open-coded defer\na.go:1:2: open-coded defer\n\
                       b/b.go:3:4: heap-allocated defer\nc.go:5:6: stack-allocated defer\n";
        let ours = "a.go:1:2\topen-coded\nb/b.go:3:4\tstack-allocated\nd.go:7:8\topen-coded\n\
                    e.go:9:9\topen-coded*\n";
        let score = compare(printed, ours).expect("both are well-formed");
        assert_eq!((score.statements, score.agree, score.unused), (3, 1, 1));
        assert_eq!(score.classes, [1, 1, 1]);
        assert_eq!(
            score.disagreements,
            [
                "b/b.go:3:4: the compiler says heap-allocated, we say stack-allocated",
                "c.go:5:6: the compiler says stack-allocated, we say nothing",
                "d.go:7:8: the compiler says nothing, we say open-coded",
            ]
        );
        // Two copies of one statement agree when both classes do.
        let both = "a.go:1:2: open-coded defer\na.go:1:2: stack-allocated defer\n";
        let ours_both = "a.go:1:2\topen-coded\na.go:1:2\tstack-allocated\n";
        assert_eq!(compare(both, ours_both).expect("well-formed").agree, 1);
        assert_eq!(
            compare(both, "a.go:1:2\topen-coded\n")
                .expect("well-formed")
                .disagreements,
            ["a.go:1:2: the compiler says open-coded and stack-allocated, we say open-coded"]
        );
        assert!(compare(both, &format!("{ours_both}{ours_both}")).is_err());
        assert!(compare("", ours).is_err());
        assert!(compare(printed, "nonsense").is_err());
    }
}
