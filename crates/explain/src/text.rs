//! An explanation for people: the source with what happens beside it, then the defers, then each way
//! out with what runs there.

use std::io::{self, Write};

use crate::model::{
    Basis, Deed, Defer, Ending, Explanation, Operand, OperandKind, Outcome, Recovers, Run, Times,
    Way, WayKind,
};

/// The source takes so many columns; what is longer is cut.
const SOURCE_WIDTH: usize = 64;
/// Of more deferred calls on one way out only the first are told.
const SHOWN_RUNS: usize = 40;
/// A function of more lines is shown in parts.
const WHOLE: usize = 60;

/// Prints an explanation as text.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write_text(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    writeln!(
        out,
        "{} in {}:{}-{}{}",
        told.function,
        told.path,
        told.line,
        told.end_line,
        if told.literal {
            " (a function literal in it)"
        } else {
            ""
        }
    )?;
    writeln!(out)?;
    source(out, told)?;
    if !told.defers.is_empty() {
        writeln!(out, "\nDefers")?;
        for (index, defer) in told.defers.iter().enumerate() {
            one_defer(out, index, defer)?;
        }
    }
    writeln!(out, "\nWays out")?;
    for (_, group) in grouped(told) {
        one_way(out, told, &group)?;
    }
    writeln!(out, "\n{}", basis(told.basis))?;
    for note in &told.notes {
        writeln!(out, "note: {}", clean(note))?;
    }
    Ok(())
}

/// How the value of a panic is called of which nothing is known.
pub(crate) const UNKNOWN_PANIC: &str = "the value of the panic";

/// How it was found out what is told, in a sentence.
pub(crate) fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Run => {
            "Found out by running the function: nothing in it depends on what is not in the source."
        }
        Basis::Explored => {
            "Found out by running the function for every outcome of the conditions that the source does not decide."
        }
        Basis::ControlFlow => "Found out from the control flow: values are not followed.",
    }
}

/// Text without what a terminal would act upon.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Ways that differ in nothing but the line, with the numbers of the ways.
pub(crate) fn grouped(told: &Explanation) -> Vec<(usize, Vec<&Way>)> {
    let mut groups: Vec<(usize, Vec<&Way>)> = Vec::new();
    for (index, way) in told.ways.iter().enumerate() {
        let same = |other: &&Way| {
            other.kind == way.kind
                && other.text == way.text
                && other.reached == way.reached
                && other.runs == way.runs
                && other.outcomes == way.outcomes
                && other.puts == way.puts
                && other.given == way.given
        };
        match groups.iter_mut().find(|(_, group)| same(&group[0])) {
            Some((_, group)) => group.push(way),
            None => groups.push((index, vec![way])),
        }
    }
    groups
}

/// Marks beside the source: at which line what happens.
pub(crate) fn marks(told: &Explanation) -> Vec<(u32, String)> {
    let mut marks = Vec::new();
    for (index, defer) in told.defers.iter().enumerate() {
        let what = match defer.times {
            Times::Once => "",
            Times::AtMost(_) | Times::Any => ", each round anew",
        };
        let whose = match defer.within {
            Some(line) => format!(" for the literal at line {line}"),
            None => String::new(),
        };
        marks.push((
            defer.site.line,
            format!("D{} is registered{whose}{what}", index + 1),
        ));
    }
    for way in &told.ways {
        if way.kind == WayKind::Calls {
            continue;
        }
        let runs: Vec<String> = way
            .runs
            .iter()
            .map(|run| {
                format!(
                    "D{}{}",
                    run.defer + 1,
                    if run.maybe.is_some() { "?" } else { "" }
                )
            })
            .collect();
        let what = match (way.reached, runs.is_empty()) {
            (false, _) => "never reached".to_owned(),
            (true, true) => "no defer runs".to_owned(),
            (true, false) => format!(
                "{} run{}",
                runs.join(", "),
                if runs.len() == 1 { "s" } else { "" }
            ),
        };
        for &line in &way.lines {
            marks.push((line, format!("out: {what}")));
        }
    }
    marks.sort();
    marks.dedup();
    marks
}

fn source(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    let marks = marks(told);
    let shown = |line: u32| {
        told.source.len() <= WHOLE
            || line == told.line
            || marks.iter().any(|&(at, _)| at.abs_diff(line) <= 1)
    };
    let width = told
        .source
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
        .min(SOURCE_WIDTH);
    let digits = told.end_line.to_string().len();
    let mut skipped = false;
    for (line, text) in (told.line..).zip(&told.source) {
        if !shown(line) {
            if !skipped {
                writeln!(out, "{:>digits$} ⋮", "")?;
            }
            skipped = true;
            continue;
        }
        skipped = false;
        let mut text = clean(text);
        if text.chars().count() > width {
            text = text
                .chars()
                .take(width.saturating_sub(1))
                .chain(['…'])
                .collect();
        }
        let mut here = marks
            .iter()
            .filter(|&&(at, _)| at == line)
            .map(|(_, mark)| mark);
        match here.next() {
            None => writeln!(out, "{line:>digits$} │ {}", text.trim_end())?,
            Some(mark) => {
                let pad = width - text.chars().count();
                writeln!(out, "{line:>digits$} │ {text}{:pad$}  ◂ {mark}", "")?;
            }
        }
        for mark in here {
            writeln!(out, "{:>digits$} │ {:width$}  ◂ {mark}", "", "")?;
        }
    }
    Ok(())
}

fn one_defer(out: &mut dyn Write, index: usize, defer: &Defer) -> io::Result<()> {
    write!(
        out,
        "  D{}  line {}  defer {}",
        index + 1,
        defer.site.line,
        clean(&defer.call)
    )?;
    if let Some(class) = &defer.class {
        write!(out, "  [{class}]")?;
    }
    writeln!(out)?;
    for line in defer_lines(defer) {
        writeln!(out, "        {}", clean(&line))?;
    }
    Ok(())
}

/// What there is to say of a defer, a sentence for each line.
pub(crate) fn defer_lines(defer: &Defer) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(within) = defer.within {
        lines.push(format!(
            "runs when the function literal at line {within} ends"
        ));
    }
    if let Some(never) = &defer.never {
        lines.push(never.clone());
    }
    match defer.times {
        Times::Once => {}
        Times::AtMost(most) => lines.push(format!(
            "registered up to {most} times: it stands in a loop"
        )),
        Times::Any => lines.push("registered any number of times: it stands in a loop".to_owned()),
    }
    for operand in &defer.operands {
        lines.push(operand_line(operand));
    }
    if !defer.sees.is_empty() {
        lines.push(format!(
            "sees {} as {} when it runs",
            quoted(&defer.sees),
            if defer.sees.len() == 1 {
                "it is"
            } else {
                "they are"
            }
        ));
    }
    if let Some(releases) = &defer.releases {
        lines.push(if releases.starts_with("closes") {
            releases.clone()
        } else {
            format!("releases {releases}")
        });
    }
    if !defer.changes.is_empty() {
        lines.push(format!("may change the result {}", quoted(&defer.changes)));
    }
    match defer.recovers {
        Recovers::Yes => lines.push("stops a panic: it calls recover itself".to_owned()),
        Recovers::WithoutEffect => lines.push(
            "calls recover without effect: only a call by the deferred function itself counts"
                .to_owned(),
        ),
        Recovers::No | Recovers::Unknown => {}
    }
    lines
}

fn operand_line(operand: &Operand) -> String {
    let what = match operand.kind {
        OperandKind::Function => "the function",
        OperandKind::Receiver => "the receiver",
        OperandKind::ReceiverAddress => "the address of the receiver",
        OperandKind::Argument => "the argument",
    };
    let mut line = format!(
        "{what} `{}` is evaluated at line {}",
        operand.text, operand.line
    );
    if let Some(value) = operand
        .value
        .as_ref()
        .filter(|value| **value != operand.text)
    {
        line.push_str(&format!(": {value}"));
    }
    if let Some(later) = operand.changes_at {
        let seen = if operand.kind == OperandKind::ReceiverAddress {
            "which the call sees"
        } else {
            "which the call does not see"
        };
        line.push_str(&format!(
            "; `{}` changes at line {later}, {seen}",
            operand.text
        ));
    }
    line
}

pub(crate) fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Lines as people write them: `3, 5-8`.
pub(crate) fn line_list(lines: &[u32]) -> String {
    let mut sorted = lines.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for line in sorted {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == line => *end = line,
            _ => parts.push((line, line)),
        }
    }
    let shown: Vec<String> = parts
        .iter()
        .map(|(start, end)| {
            if start == end {
                start.to_string()
            } else {
                format!("{start}-{end}")
            }
        })
        .collect();
    if shown.len() > 8 {
        let (first, last) = (&shown[..6], &shown[shown.len() - 1]);
        return format!("{}, … {last}", first.join(", "));
    }
    shown.join(", ")
}

/// The head of a way out.
pub(crate) fn way_title(group: &[&Way]) -> String {
    let lines: Vec<u32> = group
        .iter()
        .flat_map(|way| way.lines.iter().copied())
        .collect();
    let plural = if lines.len() == 1 { "line" } else { "lines" };
    let way = group[0];
    let at = line_list(&lines);
    match way.kind {
        WayKind::Calls => format!("{} ({plural} {at})", way.text),
        _ => format!("{plural} {at}: {}", way.text),
    }
}

fn one_way(out: &mut dyn Write, told: &Explanation, group: &[&Way]) -> io::Result<()> {
    let way = group[0];
    writeln!(out, "  {}", clean(&way_title(group)))?;
    if !way.reached {
        writeln!(out, "      never reached")?;
        return Ok(());
    }
    for given in &way.given {
        writeln!(out, "      when {}", clean(given))?;
    }
    if !way.puts.is_empty() {
        let puts: Vec<String> = way
            .puts
            .iter()
            .map(|put| format!("{} = {}", put.name, put.value))
            .collect();
        writeln!(out, "      results are set: {}", clean(&puts.join(", ")))?;
    }
    if !way.runs.is_empty() {
        writeln!(out, "      then run, in this order:")?;
    }
    let (shown, hidden) = shortened_runs(&way.runs);
    for (place, run) in shown.iter().enumerate() {
        one_run(out, told, place, run)?;
    }
    if hidden > 0 {
        writeln!(out, "        … and {hidden} more")?;
    }
    if way.runs.is_empty() && told.defers.iter().any(|defer| defer.within.is_none()) {
        writeln!(out, "      no deferred call runs")?;
    }
    for skip in &way.skips {
        writeln!(out, "      D{} does not run: {}", skip.defer + 1, skip.why)?;
    }
    for outcome in &way.outcomes {
        let otherwise = way.outcomes.len() > 1 && outcome.given.is_empty();
        let line = outcome_line(outcome);
        writeln!(
            out,
            "      {}{}",
            if otherwise { "else " } else { "" },
            clean(&line)
        )?;
    }
    Ok(())
}

/// The runs that are told one by one, and the number of the others.
pub(crate) fn shortened_runs(runs: &[Run]) -> (&[Run], usize) {
    let shown = if runs.len() > SHOWN_RUNS + 5 {
        SHOWN_RUNS
    } else {
        runs.len()
    };
    (&runs[..shown], runs.len() - shown)
}

/// What a run is called: the call with its values.
pub(crate) fn run_title(told: &Explanation, run: &Run) -> String {
    let defer = &told.defers[run.defer];
    let mut title = format!("D{} {}", run.defer + 1, defer.call);
    let times = match run.times {
        Times::Once => String::new(),
        Times::AtMost(most) => format!(", up to {most} times, the last registered first"),
        Times::Any => ", any number of times, the last registered first".to_owned(),
    };
    title.push_str(&times);
    let known: Vec<String> = defer
        .operands
        .iter()
        .zip(&run.values)
        .filter_map(|(operand, value)| {
            let value = value.as_ref()?;
            (*value != operand.text).then(|| format!("{} = {value}", operand.text))
        })
        .collect();
    if !known.is_empty() {
        title.push_str(&format!(" with {}", known.join(", ")));
    }
    if let Some(maybe) = &run.maybe {
        title.push_str(&format!(" ({maybe})"));
    }
    title
}

fn one_run(out: &mut dyn Write, told: &Explanation, place: usize, run: &Run) -> io::Result<()> {
    writeln!(
        out,
        "        {}. {}",
        place + 1,
        clean(&run_title(told, run))
    )?;
    deeds(out, &run.does, 13)
}

fn deeds(out: &mut dyn Write, does: &[Deed], indent: usize) -> io::Result<()> {
    for deed in does {
        writeln!(out, "{:indent$}{}", "", clean(&deed_line(deed)))?;
        if let Deed::Within { does, .. } | Deed::Runs { does, .. } | Deed::If { does, .. } = deed {
            deeds(out, does, indent + 2)?;
        }
    }
    Ok(())
}

/// A deed in a sentence, without those within it.
pub(crate) fn deed_line(deed: &Deed) -> String {
    match deed {
        Deed::Calls { text, line, .. } => format!("calls {text} (line {line})"),
        Deed::Sets {
            name,
            from,
            to,
            line,
        } => {
            format!("sets the result {name} to {to}; it was {from} (line {line})")
        }
        Deed::Recovers { value, line } if value == UNKNOWN_PANIC => {
            format!("recovers: the panic ends (line {line})")
        }
        Deed::Recovers { value, line } => {
            format!("recovers: the panic with {value} ends (line {line})")
        }
        Deed::RecoversNothing { why, line } => format!("recover gives nil: {why} (line {line})"),
        Deed::Panics {
            value,
            line,
            replaces: None,
        } => format!("panics with {value} (line {line})"),
        Deed::Panics {
            value,
            line,
            replaces: Some(old),
        } => {
            format!("panics with {value}, which replaces the panic with {old} (line {line})")
        }
        Deed::Goexit { line } => format!("ends the goroutine (line {line})"),
        Deed::Exits { text, line } => {
            format!("{text} ends the process: nothing deferred runs any more (line {line})")
        }
        Deed::Within { function, line, .. } => format!("calls {function} (line {line}):"),
        Deed::Runs {
            line, call, values, ..
        } => {
            let values = if values.is_empty() {
                String::new()
            } else {
                format!(" with {}", values.join(", "))
            };
            format!("runs {call}, deferred at line {line}{values}")
        }
        Deed::If { given, .. } => format!("when {given}:"),
    }
}

/// What comes of a way out, in a sentence.
pub(crate) fn outcome_line(outcome: &Outcome) -> String {
    let mut line = match outcome.ending {
        Ending::Returns if outcome.results.is_empty() => "the function returns".to_owned(),
        Ending::Returns => {
            let results: Vec<String> = outcome
                .results
                .iter()
                .map(|result| {
                    if result.name == result.value {
                        format!("{} as it is then", result.name)
                    } else {
                        format!("{} = {}", result.name, result.value)
                    }
                })
                .collect();
            format!("the caller gets {}", results.join(", "))
        }
        Ending::Panics => match &outcome.panic {
            Some(value) if value != UNKNOWN_PANIC => {
                format!("the panic with {value} goes on to the caller")
            }
            _ => "the panic goes on to the caller".to_owned(),
        },
        Ending::Goexit => {
            "the goroutine ends, running the deferred calls of its callers".to_owned()
        }
        Ending::Exits => "the process ends".to_owned(),
        Ending::Blocks => "the function never returns".to_owned(),
    };
    if outcome.recovered {
        line.push_str("; the panic was recovered");
    }
    if !outcome.given.is_empty() {
        line = format!("when {}: {line}", outcome.given.join(" and "));
    }
    line
}
