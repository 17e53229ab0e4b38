//! Random programs, run by an interpreter and along their graphs: both must do the same.

use proptest::prelude::*;

use super::program::{Interpreter, Outcome, Program, Trace, program};
use crate::testing::with_facts;
use crate::{Cfg, EdgeKind, End, NodeId, NodeKind, Point, Visit};

/// How many steps may pass before a run counts as going round for ever. Many more than a program
/// has nodes, times the number of decisions.
const FUEL: usize = 20_000;

/// Walks through the graph; at a choice the next decision tells where to go.
fn follow(cfg: &Cfg<'_>, text: impl Fn(NodeId) -> String, trace: &mut Trace) -> Outcome {
    let mut at = cfg.entry();
    for _ in 0..FUEL {
        match cfg.kind(at) {
            NodeKind::Exit => return Outcome::Returned,
            NodeKind::End(End::Panic) => return Outcome::Panicked,
            NodeKind::End(End::Process) => return Outcome::Exited,
            NodeKind::End(End::Blocked) => return Outcome::Blocked,
            NodeKind::End(End::Goexit) => panic!("no program does that"),
            NodeKind::Stmt(_) => {
                let text = text(at);
                if text != "panic(0)" && text != "os.Exit(1)" {
                    trace.event(text);
                }
            }
            _ => {}
        }
        let edges = cfg.successors(at);
        let by_kind = |kinds: [EdgeKind; 2]| {
            kinds.map(|kind| edges.iter().find(|edge| edge.kind == kind).copied())
        };
        let choice = match cfg.kind(at) {
            NodeKind::Cond(_) => by_kind([EdgeKind::False, EdgeKind::True]),
            NodeKind::RangeNext(_) => by_kind([EdgeKind::RangeDone, EdgeKind::RangeBody]),
            NodeKind::Case { .. } => {
                let [no, yes] = by_kind([EdgeKind::False, EdgeKind::Case]);
                [no.or(by_kind([EdgeKind::Default; 2])[0]), yes]
            }
            _ => [None, None],
        };
        at = match (choice, edges) {
            ([Some(no), Some(yes)], [_, _]) => match trace.decide(&text(at), 2) {
                Some(choice) => [no, yes][choice].node,
                None => return Outcome::Undecided,
            },
            (_, [edge]) => edge.node,
            (_, edges) if matches!(cfg.kind(at), NodeKind::Select(_)) && !edges.is_empty() => {
                match trace.decide("select", edges.len()) {
                    Some(choice) => edges[choice].node,
                    None => return Outcome::Undecided,
                }
            }
            (choice, edges) => panic!("{:?}: {choice:?} {edges:?}", cfg.kind(at)),
        };
    }
    Outcome::Spinning
}

fn check_runs(program: &Program, decisions: &[Vec<u8>]) {
    with_facts(&program.text(), |facts| {
        let cfg = facts.cfg(facts.root());
        let text = |node| {
            facts
                .cfg(facts.root())
                .span_of_node(node)
                .map(|span| facts.file().span_text(span).to_owned())
                .unwrap_or_default()
        };
        for decisions in decisions {
            let mut expected = Trace::new(decisions);
            let outcome = Interpreter {
                trace: &mut expected,
                fuel: FUEL,
            }
            .run(program);
            let mut found = Trace::new(decisions);
            assert_eq!(follow(cfg, text, &mut found), outcome, "{}", cfg.render());
            if outcome == Outcome::Spinning {
                let common = expected.events.len().min(found.events.len());
                expected.events.truncate(common);
                found.events.truncate(common);
            }
            assert_eq!(found, expected, "{}", cfg.render());
        }
    });
}

/// Compares the quick answers with slow ones.
fn check_queries(program: &Program) {
    with_facts(&program.text(), |facts| {
        let cfg = facts.cfg(facts.root());
        let reaches = |from, without: Option<NodeId>, to| {
            let step = |node| match node {
                _ if Some(node) == without => Visit::Skip,
                _ if node == to => Visit::Stop,
                _ => Visit::Continue,
            };
            cfg.search([from], step).is_some()
        };
        for a in cfg.nodes().map(|node| node.id) {
            assert_eq!(cfg.reachable(a), reaches(Cfg::ENTRY, None, a));
            assert_eq!(cfg.in_cycle(a), cfg.reaches(a, a));
            assert_eq!(cfg.can_reach_exit(a), reaches(a, None, cfg.exit()));
            for b in cfg.nodes().map(|node| node.id) {
                let dominates = cfg.reachable(b)
                    && cfg.reachable(a)
                    && (a == b || !reaches(Cfg::ENTRY, Some(a), b));
                assert_eq!(
                    cfg.dominates(a, b),
                    dominates,
                    "{a:?} {b:?}\n{}",
                    cfg.render()
                );
                let together =
                    a == b && cfg.in_cycle(a) || a != b && cfg.reaches(a, b) && cfg.reaches(b, a);
                assert_eq!(cfg.in_same_cycle(a, b), together);
            }
        }
        for stmt in facts.file().func(facts.root()).stmts.iter() {
            for lp in cfg.loops_of(stmt) {
                assert!(cfg.is_in_loop(cfg.node_of_stmt(stmt).unwrap_or(lp.head), lp));
            }
        }
        // Each expression is evaluated at one node, and that node says so.
        for call in facts.calls() {
            let Point { func, node } = call.point;
            assert_eq!(facts.cfg(func).node_of_expr(call.call), Some(node));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_do_what_programs_do(
        program in program(),
        decisions in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..24), 12),
    ) {
        check_runs(&program, &decisions);
    }

    #[test]
    fn quick_answers_are_right(program in program()) {
        check_queries(&program);
    }
}
