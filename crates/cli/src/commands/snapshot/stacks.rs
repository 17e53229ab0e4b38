//! Snapshots as stacks with weights: profiles for `go tool pprof`, and flame graphs.
//!
//! A pending call stands where it was promised: the innermost frame is the `defer` statement, and below it
//! is who called its function.

use profiles::flame::Graph;
use profiles::pprof::{Builder, Frame, Label, Profile};

use probe::{Group, Place};

use super::{Filter, Taken, in_packages};

/// The values: pending calls, and goroutines.
pub(super) fn pprof(taken: &Taken, filter: &Filter<'_>) -> Profile {
    let snapshot = &taken.snapshot;
    let mut builder = Builder::new(&[("goroutines", "count"), ("pending", "count")]);
    builder
        .shown_first("pending")
        .taken(snapshot.taken, snapshot.took)
        .comment(&taken.from);
    for group in snapshot
        .groups
        .iter()
        .filter(|group| filter.shows_group(group))
    {
        let waiting = Label::Text("waiting_for".into(), group.reason.as_str().into());
        let frames: Vec<_> = group.stack.iter().map(frame).collect();
        let status = Label::Text("status".into(), group.status.as_str().into());
        let labels = [status, waiting.clone()];
        builder.sample(&frames, &[number(group.count), 0], &labels);
        for pending in &group.pending_at {
            if pending.calls < filter.min || !in_packages(&pending.id.package, filter.packages) {
                continue;
            }
            let labels = [
                Label::Text("site".into(), pending.id.to_string().into()),
                Label::Text("class".into(), pending.class.into()),
                waiting.clone(),
            ];
            let mut frames = vec![frame(&pending.place)];
            frames.extend(callers(group, &pending.place).iter().map(frame));
            builder.sample(&frames, &[0, number(pending.calls)], &labels);
        }
    }
    builder.finish()
}

/// Pending calls as a flame graph.
pub(super) fn graph(taken: &Taken, filter: &Filter<'_>) -> Graph {
    let title = format!("Pending deferred calls: {}", taken.from);
    let mut graph = Graph::new(&title, "pending");
    for group in taken
        .snapshot
        .groups
        .iter()
        .filter(|group| filter.shows_group(group))
    {
        for pending in &group.pending_at {
            if pending.calls < filter.min || !in_packages(&pending.id.package, filter.packages) {
                continue;
            }
            let callers = callers(group, &pending.place);
            let outermost_first = callers.iter().rev().map(|place| place.function.clone());
            let site = format!("defer {}:{}", pending.id.file, pending.id.line);
            let inner = [pending.place.function.clone(), site];
            graph.add(outermost_first.chain(inner), pending.calls);
        }
    }
    graph
}

/// Who called the function with the `defer` statement; nobody where it is not on the stack.
fn callers<'g>(group: &'g Group, place: &Place) -> &'g [Place] {
    let at = group
        .stack
        .iter()
        .position(|frame| frame.function == place.function);
    at.and_then(|at| group.stack.get(at + 1..))
        .unwrap_or_default()
}

fn frame(place: &Place) -> Frame<'_> {
    Frame::new(&place.function, &place.file, place.line)
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
