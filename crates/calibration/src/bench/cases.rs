//! The functions that are measured, as Go, and what the model says is in them.
//!
//! Each `defer` carries a comment `// want CLASS`, which is held against what the compiler prints: a
//! price with the wrong name would be worse than none.

use crate::model::Term;

/// A case: one Go function, called over and over.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// What it is.
    pub(super) name: String,
    /// How often each term happens; nothing for cases that are shown, but are not in the model.
    pub(super) counts: Vec<(Term, u32)>,
    /// The body of the function.
    pub(super) body: String,
    /// What it needs beside it: declarations.
    pub(super) beside: String,
}

/// The sizes of loops.
const LOOPS: [u32; 3] = [1, 10, 1000];

/// A loop that never runs, with a defer in it: with it in the function, no defer is open-coded.
const NEVER: &str = "\tfor never {\n\t\tdefer work() // want heap-allocated\n\t}\n";

/// How many records a P keeps at hand.
const AT_HAND: u32 = 32;

/// The records of `n` pending defers that are not at hand.
fn shared_records(n: u32) -> Option<(Term, u32)> {
    (n > AT_HAND).then(|| (Term::SharedRecord, n - AT_HAND))
}

/// All cases for Go 1.`minor`.
pub(super) fn all(minor: u32) -> Vec<Case> {
    use Term::{
        Call, CapturingClosure, Function, HeapAllocated, Mutex, OpenCoded, Records, Recover,
        StackAllocated,
    };
    let mut cases = Vec::new();
    let mut add = |name: String, counts: &[(Term, u32)], body: String| {
        cases.push(Case {
            name,
            counts: counts.to_vec(),
            body,
            beside: String::new(),
        });
    };
    for n in [1, 2, 4, 8] {
        let body = "\twork()\n".repeat(n as usize);
        add(
            format!("no defer, {}", times(n, "call")),
            &[(Function, 1), (Call, n)],
            body,
        );
    }
    for n in 1..=8 {
        add(
            format!("open-coded, {}", times(n, "defer")),
            &[(Function, 1), (Call, n), (OpenCoded, n)],
            "\tdefer work() // want open-coded\n".repeat(n as usize),
        );
    }
    add(
        "open-coded, capturing closure".to_owned(),
        &[(Function, 1), (Call, 1), (OpenCoded, 1)],
        capture("", "open-coded"),
    );
    for n in [1, 2, 4, 8, 9] {
        let defers = "\tdefer work() // want stack-allocated\n".repeat(n as usize);
        // Nine are too many to be open-coded anyway.
        let never = if n == 9 { "" } else { NEVER };
        add(
            format!("stack-allocated, {}", times(n, "defer")),
            &[(Function, 1), (Records, 1), (Call, n), (StackAllocated, n)],
            format!("{defers}{never}"),
        );
    }
    add(
        "stack-allocated, capturing closure".to_owned(),
        &[(Function, 1), (Records, 1), (Call, 1), (StackAllocated, 1)],
        format!("{}{NEVER}", capture("", "stack-allocated")),
    );
    for n in LOOPS {
        let mut counts = vec![(Function, 1), (Records, 1), (Call, n), (HeapAllocated, n)];
        counts.extend(shared_records(n));
        let capturing = [counts.as_slice(), &[(CapturingClosure, n)]].concat();
        add(
            format!("heap-allocated, loop of {n}"),
            &counts,
            looped(n, "\t\tdefer work() // want heap-allocated\n"),
        );
        add(
            format!("heap-allocated, capturing closure, loop of {n}"),
            &capturing,
            looped(n, &capture("i", "heap-allocated")),
        );
        // An argument is kept by a closure that the compiler makes.
        add(
            format!("heap-allocated, argument, loop of {n}"),
            &capturing,
            looped(n, "\t\tdefer workWith(i) // want heap-allocated\n"),
        );
    }
    for n in [10, 1000] {
        add(
            format!("open-coded in a literal, loop of {n}"),
            &[(Function, n + 1), (Call, n), (OpenCoded, n)],
            looped(
                n,
                "\t\tfunc() {\n\t\t\tdefer work() // want open-coded\n\t\t}()\n",
            ),
        );
    }
    for n in [10, 1000] {
        let data = |how: &str| {
            looped(
                n,
                &format!(
                    "\t\tvar data [64]int\n\t\tdata[i&63] = i\n\t\tat := (i + 1) & 63\n\t\t{how}\n"
                ),
            )
        };
        add(
            format!("512 bytes used at once, loop of {n}"),
            &[],
            data("func() { sink = data[at] }()"),
        );
        add(
            format!("512 bytes captured by a defer, loop of {n}"),
            &[],
            data("defer func() { sink = data[at] }() // want heap-allocated"),
        );
    }
    add(
        "recover without a panic".to_owned(),
        &[(Function, 1), (Call, 1), (OpenCoded, 1), (Recover, 1)],
        recovering(""),
    );
    add(
        "mutex by hand".to_owned(),
        &[(Function, 1), (Call, 1), (Mutex, 1)],
        "\tmu.Lock()\n\twork()\n\tmu.Unlock()\n".to_owned(),
    );
    add(
        "mutex, deferred unlock".to_owned(),
        &[(Function, 1), (Call, 1), (Mutex, 1), (OpenCoded, 1)],
        "\tmu.Lock()\n\tdefer mu.Unlock() // want open-coded\n\twork()\n".to_owned(),
    );
    for depth in [1, 2, 4, 8, 16, 32] {
        add(
            format!("panic and recover, {} deep", times(depth, "frame")),
            &[
                (Function, 1),
                (Call, 1),
                (OpenCoded, 1),
                (Term::Panic, 1),
                (Term::PanicFrame, depth),
            ],
            recovering(&format!("\tnest({depth})\n")),
        );
    }
    if minor >= 23 {
        range_func(&mut cases);
    }
    cases
}

/// Loops over functions, with and without defers.
fn range_func(cases: &mut Vec<Case>) {
    use Term::{Call, Function, IteratorLoop, IteratorStep, RangeFunc, RangeFuncLoop, Records};
    for n in LOOPS {
        let counts = [
            (Function, 1),
            (Call, n),
            (IteratorLoop, 1),
            (IteratorStep, n),
        ];
        let plain = counts.to_vec();
        let deferred = [
            counts.as_slice(),
            &[(Records, 1), (RangeFuncLoop, 1), (RangeFunc, n)],
            shared_records(n).as_slice(),
        ]
        .concat();
        cases.push(Case {
            name: format!("no defer, loop of {n} over a function"),
            counts: plain,
            body: format!("\tfor range rounds{n} {{\n\t\twork()\n\t}}\n"),
            beside: format!(
                "//go:noinline\nfunc rounds{n}(yield func() bool) {{\n\tfor i := 0; i < {n} && yield(); i++ {{\n\t}}\n}}\n"
            ),
        });
        cases.push(Case {
            name: format!("defer, loop of {n} over a function"),
            counts: deferred,
            body: format!(
                "\tfor range rounds{n} {{\n\t\tdefer work() // want heap-allocated\n\t}}\n"
            ),
            beside: String::new(),
        });
    }
}

/// `1 defer`, `2 defers`.
fn times(n: u32, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A loop with these statements in it, `i` being a new variable in each round with every release.
fn looped(n: u32, body: &str) -> String {
    format!("\tfor round := 0; round < {n}; round++ {{\n\t\ti := round\n\t\t_ = i\n{body}\t}}\n")
}

/// A deferred literal that captures a variable.
fn capture(from: &str, class: &str) -> String {
    let (indent, value) = match from {
        "" => ("\t", "sink"),
        from => ("\t\t", from),
    };
    format!("{indent}x := {value}\n{indent}defer func() {{ sink = x + 1 }}() // want {class}\n")
}

/// A function that recovers from what `body` does.
fn recovering(body: &str) -> String {
    format!(
        "\tdefer func() {{ // want open-coded\n\t\tif recover() != nil {{\n\t\t\tsink++\n\t\t}}\n\t}}()\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_different_and_every_term_is_in_a_case() {
        for (minor, missing) in [(27, 0), (21, 4)] {
            let cases = all(minor);
            let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
            assert_eq!(names.len(), cases.len());
            let terms: BTreeSet<_> = cases.iter().flat_map(|case| &case.counts).collect();
            let terms: BTreeSet<_> = terms.iter().map(|(term, _)| term).collect();
            assert_eq!(terms.len() + missing, Term::ALL.len());
        }
    }
}
