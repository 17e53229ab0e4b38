//! Expectations and findings of one file, matched by defect: which are found, which missed, and
//! what is said besides.

use std::ops::RangeInclusive;

use super::expect::Expected;
use super::list::{Check, Kind};

/// What we say.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) rule: String,
    pub(super) lines: RangeInclusive<u32>,
    /// Other lines of the same file that belong to it.
    pub(super) related: Vec<u32>,
    pub(super) message: String,
}

/// What became of an expectation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// A finding stands on its line, or names the line.
    OnLine,
    /// A finding that answers no other expectation stands in its function.
    InFunction,
    Missed,
    /// Not of something that we mean to report.
    OutOfScope,
    /// Another expectation is of the same defect.
    Repeats,
}

/// The verdicts on one file.
pub(super) struct Judged {
    /// As many as the file has expectations.
    pub(super) outcomes: Vec<Outcome>,
    /// Places of the findings that nobody expects.
    pub(super) besides: Vec<usize>,
}

/// Matches what is expected of `check` in `file` with what is found there.
pub(super) fn judge(check: &Check, file: &str, expected: &Expected, found: &[Finding]) -> Judged {
    let mut used = vec![false; found.len()];
    let mut outcomes: Vec<Outcome> = expected
        .all
        .iter()
        .map(|one| {
            if check.repeats.iter().any(|text| one.text.contains(text)) {
                Outcome::Repeats
            } else if check
                .notes
                .iter()
                .any(|note| note.kind == Kind::Out && note.fits(file, one.line, &one.text))
            {
                Outcome::OutOfScope
            } else {
                Outcome::Missed
            }
        })
        .collect();
    let on_line = |finding: &Finding, line: u32| finding.lines.contains(&line);
    let names = |finding: &Finding, line: u32| finding.related.contains(&line);
    for touches in [&on_line as &dyn Fn(&Finding, u32) -> bool, &names] {
        for (one, outcome) in expected.all.iter().zip(&mut outcomes) {
            for (finding, used) in found.iter().zip(&mut used) {
                if touches(finding, one.line) && (*outcome != Outcome::OnLine || !*used) {
                    *used = true;
                    if *outcome == Outcome::Missed {
                        *outcome = Outcome::OnLine;
                    }
                }
            }
        }
    }
    for (one, outcome) in expected.all.iter().zip(&mut outcomes) {
        if *outcome != Outcome::Missed {
            continue;
        }
        let free = (0..found.len())
            .find(|&at| !used[at] && expected.together(one.line, *found[at].lines.start()));
        if let Some(at) = free {
            used[at] = true;
            *outcome = Outcome::InFunction;
        }
    }
    Judged {
        outcomes,
        besides: (0..found.len()).filter(|&at| !used[at]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::list;
    use super::*;

    fn check(notes: &str) -> Check {
        let list = format!(
            "[[peer]]\nname = 'p'\nrepo = 'o/p'\ncommit = 'c'\nfolder = 'p'\nform = 'want'\n\
             [[peer.check]]\nname = 'x'\npaths = ['a']\nrules = ['r']\nrepeats = ['again']\n{notes}"
        );
        let mut peers = list::parse(&list).expect("a list");
        peers.remove(0).checks.remove(0)
    }

    fn finding(line: u32, related: &[u32]) -> Finding {
        Finding {
            rule: "r".into(),
            lines: line..=line,
            related: related.to_vec(),
            message: String::new(),
        }
    }

    const TEXT: &str = "package p\n\nfunc f() {\n\tg() // want \"a\"\n\tg() // want \"b\"\n\tg() // want \"a again\"\n}\n\n\
        func g() {\n}\n";

    fn outcomes(notes: &str, found: &[Finding]) -> (Vec<Outcome>, usize) {
        let expected = Expected::of(TEXT, list::Form::Want);
        let judged = judge(&check(notes), "a.go", &expected, found);
        (judged.outcomes, judged.besides.len())
    }

    #[test]
    fn one_finding_does_not_answer_for_two_lines() {
        use Outcome::{InFunction, Missed, OnLine, Repeats};
        assert_eq!(
            outcomes("", &[finding(4, &[])]),
            (vec![OnLine, Missed, Repeats], 0)
        );
        assert_eq!(
            outcomes("", &[finding(3, &[])]),
            (vec![InFunction, Missed, Repeats], 0)
        );
        assert_eq!(
            outcomes("", &[finding(4, &[5])]),
            (vec![OnLine, OnLine, Repeats], 0)
        );
    }

    #[test]
    fn what_stands_elsewhere_is_said_besides() {
        use Outcome::{Missed, Repeats};
        assert_eq!(
            outcomes("", &[finding(9, &[])]),
            (vec![Missed, Missed, Repeats], 1)
        );
    }

    #[test]
    fn what_is_out_of_scope_is_neither_missed_nor_said_besides() {
        use Outcome::{Missed, OutOfScope, Repeats};
        let note =
            "[[peer.check.note]]\nkind = 'out'\nfile = 'a.go'\nlines = [4]\nreason = 'style'\n";
        assert_eq!(
            outcomes(note, &[finding(4, &[])]),
            (vec![OutOfScope, Missed, Repeats], 0)
        );
    }
}
