//! Loops of small functions.

use super::{Answer, Way};
use crate::testing::{Snippet, with_body, with_facts};
use crate::{FunctionFacts, LoopInfo, LoopKind};

/// What is known of the first loop of the root.
fn first_loop(facts: &FunctionFacts<'_>) -> LoopInfo {
    let cfg = facts.root_cfg();
    facts.loop_info(cfg, &cfg.loops()[0])
}

#[track_caller]
fn assert_ways(statements: &str, expected: &[Way]) {
    with_body(statements, |facts| {
        let ways = first_loop(facts).ways;
        let all = [
            Way::Condition,
            Way::Break,
            Way::Jump,
            Way::Return,
            Way::Panic,
            Way::Process,
            Way::Goexit,
            Way::Blocked,
        ];
        let found: Vec<Way> = all.into_iter().filter(|&way| ways.contains(way)).collect();
        assert_eq!(found, expected, "{statements}");
        assert_eq!(ways.is_empty(), expected.is_empty());
    });
}

#[test]
fn ways_out() {
    assert_ways("for { g() }", &[]);
    assert_ways("for true { g() }", &[]);
    assert_ways("for cond { }", &[Way::Condition]);
    assert_ways("for a && b { }; g()", &[Way::Condition]);
    assert_ways("for range x { }", &[Way::Condition]);
    assert_ways("for { if a { break } }", &[Way::Break]);
    assert_ways("for { if a { return } }", &[Way::Return]);
    assert_ways(
        "for { if a { panic(1) }; if b { select { } } }",
        &[Way::Panic, Way::Blocked],
    );
    assert_ways("for { goto out }; out: g()", &[Way::Jump]);
    assert_ways("L: for { for { break L } }", &[Way::Break]);
    assert_ways("L: for { switch x { case 1: break L } }", &[Way::Break]);
}

#[test]
fn what_does_not_leave_a_loop() {
    assert_ways("for { select { case <-a: break } }", &[]);
    assert_ways("for { switch x { case 1: break } }", &[]);
    assert_ways("for { for { break } }", &[]);
    assert_ways("for { for x { } }", &[]);
    assert_ways("for { func() { return }() }", &[]);
    assert_ways("L: for { for { continue L } }", &[]);
    assert_ways("L: for { goto L }", &[Way::Jump]);
    // Not reachable.
    assert_ways("for { continue; break }", &[]);
    assert_ways("for { panic(1); return }", &[Way::Panic]);
    // The shadowed one is not the constant.
    assert_ways("true := x; for true { }", &[Way::Condition]);
}

#[test]
fn inner_loops_are_left_by_jumps_outwards() {
    with_body("L: for { for { if a { continue L }; break L } }", |facts| {
        let cfg = facts.root_cfg();
        let [outer, inner] = [0, 1].map(|index| facts.loop_info(cfg, &cfg.loops()[index]));
        assert!(inner.ways.contains(Way::Jump) && !inner.ways.contains(Way::Break));
        assert!(outer.ways.contains(Way::Break) && !outer.ways.contains(Way::Jump));
        assert!(!inner.is_endless() && !outer.is_endless());
    });
}

#[test]
fn ends_of_calls_are_ways_but_lead_nowhere() {
    with_facts(
        "import (\"os\"; \"runtime\")
        func f() { for { if a { os.Exit(1) }; runtime.Goexit() } }",
        |facts| {
            let info = first_loop(facts);
            assert!(info.ways.contains(Way::Process) && info.ways.contains(Way::Goexit));
            assert!(info.is_endless());
        },
    );
}

#[test]
fn goto_loops() {
    with_body(
        "before()
        again:
        inside()
        if x { leaves(); return }
        for y { inner() }
        if z { goto again }
        after()",
        |facts| {
            let cfg = facts.root_cfg();
            let kinds = |text| -> Vec<LoopKind> {
                cfg.loops_of(facts.stmt(text))
                    .iter()
                    .map(|lp| lp.kind)
                    .collect()
            };
            assert_eq!(kinds("inside"), [LoopKind::Goto]);
            assert_eq!(kinds("inner"), [LoopKind::For, LoopKind::Goto]);
            assert_eq!(kinds("for y"), [LoopKind::Goto]);
            for text in ["before", "leaves", "return", "after", "again:"] {
                assert_eq!(kinds(text), [], "{text}");
            }
            let lp = cfg
                .loops()
                .iter()
                .find(|lp| lp.kind == LoopKind::Goto)
                .unwrap();
            assert_eq!(
                lp.label.map(|label| facts.file().name(label)),
                Some("again")
            );
            assert_eq!(lp.stmt, facts.stmt("again:"));
            let info = facts.loop_info(cfg, lp);
            assert!(info.ways.contains(Way::Condition) && info.ways.contains(Way::Return));
        },
    );
}

#[test]
fn a_goto_loop_without_way_out() {
    with_body("L: g()\nif x { goto L }\nh()\ngoto L", |facts| {
        let cfg = facts.root_cfg();
        assert_eq!(cfg.loops().len(), 1);
        assert!(facts.loop_info(cfg, &cfg.loops()[0]).is_endless());
        assert_eq!(cfg.loops_of(facts.stmt("h()")).len(), 1);
    });
}

#[test]
fn a_forward_goto_is_no_loop() {
    with_body("if x { goto end }\ng()\nend: h()", |facts| {
        assert!(facts.root_cfg().loops().is_empty());
    });
}

#[test]
fn loops_around_statements() {
    with_body(
        "outer: for i := zero(); i < n; i = post(i) {
            for _, x := range xs { deep(); func() { literal() }() }
            shallow()
        }",
        |facts| {
            let cfg = facts.root_cfg();
            let around = |text: &str| -> Vec<_> {
                let loops = cfg.loops_of(facts.stmt(text));
                loops
                    .iter()
                    .map(|lp| (lp.kind, lp.label.is_some()))
                    .collect()
            };
            let (outer, inner) = ((LoopKind::For, true), (LoopKind::Range, false));
            assert_eq!(around("deep"), [inner, outer]);
            assert_eq!(around("shallow"), [outer]);
            assert_eq!(around("for _, x"), [outer]);
            assert_eq!(around("i = post"), [outer]);
            assert_eq!(around("i := zero"), []);
            assert_eq!(around("for i"), []);
            // The literal is a function of its own.
            assert_eq!(around("literal()"), []);
            let cond = cfg.node_of_expr(facts.expr("i < n")).unwrap();
            assert_eq!(cfg.loops_of_node(cond).len(), 1);
            let x = cfg.node_of_expr(facts.expr("xs")).unwrap();
            assert_eq!(cfg.loops_of_node(x).len(), 1);
            assert_eq!(
                cfg.loop_of_stmt(facts.stmt("for i")).map(|lp| lp.kind),
                Some(LoopKind::For)
            );
            assert_eq!(cfg.loop_of_stmt(facts.stmt("outer")), None);
        },
    );
}

#[track_caller]
fn assert_bound(loop_text: &str, expected: Option<u64>) {
    let text = format!(
        "const (
            N = 2 * (M + 1)
            M = 0x0_4
            Many, Zero = 1 << 10, 0
            Letter = iota
            Float = 1.5
        )
        var fixed [7]int
        func f(n int, arr [3]string, ptr *[5]int, list []int) {{
            const local = N - 1
            table := []string{{\"a\", \"b\"}}
            {loop_text} {{ g() }}
        }}"
    );
    with_facts(&text, |facts| {
        assert_eq!(first_loop(facts).bound, expected, "{loop_text}");
    });
}

#[test]
fn constant_bounds() {
    for (text, bound) in [
        ("for i := 0; i < 10; i++", 10),
        ("for i := 0; i <= N; i++", 11),
        ("for i := local; i > 0; i--", 9),
        ("for i := 10; i >= 1; i -= 3", 4),
        ("for i := 0; 10 > i; i += 4", 3),
        ("for i := 0; i != 6; i += 2", 3),
        ("for i := 5; i < 3; i++", 0),
        ("for n = 0; n < Many; n++", 1024),
        ("for range 4", 4),
        ("for range -1", 0),
        ("for i := range N", 10),
        ("for range Zero", 0),
        ("for range arr", 3),
        ("for range ptr", 5),
        ("for range fixed", 7),
        ("for range []int{1, 2, 3}", 3),
        ("for range map[string]int{\"a\": 1}", 1),
        ("for range table", 2),
    ] {
        assert_bound(text, Some(bound));
    }
}

#[test]
fn no_constant_bounds() {
    for text in [
        "for",
        "for n < 3",
        "for i := 0; i < n; i++",
        "for i := 0; i < 10; i--",
        "for i := 0; i < 10; i += n",
        "for i := 0; i < 10; n++",
        "for i := 0; i != 5; i += 2",
        "for i := 0; i < 10; i += 0",
        "for i := n; i < 10; i++",
        "for range list",
        "for range n",
        "for range Letter",
        "for i := 0; i < Float; i++",
        "for range []int{9: 1}",
        "for range g()",
    ] {
        assert_bound(text, None);
    }
    with_body("for i := 0; i < 10; i++ { i = g() }", |facts| {
        assert_eq!(first_loop(facts).bound, None);
    });
    with_body("for i := 0; i < 10; i++ { g(&i) }", |facts| {
        assert_eq!(first_loop(facts).bound, None);
    });
    with_body("for i := 0; i < 10; i++ { func() { i-- }() }", |facts| {
        assert_eq!(first_loop(facts).bound, None);
    });
    with_body(
        "t := []int{1}\nt = append(t, 2)\nfor range t { }",
        |facts| {
            assert_eq!(first_loop(facts).bound, None);
        },
    );
    with_body("t := map[int]int{}\nt[1] = 2\nfor range t { }", |facts| {
        assert_eq!(first_loop(facts).bound, None);
    });
}

#[test]
fn values_that_lead_to_each_other_in_circles() {
    let copies = "a = b\nb = c\nif x { a, b, c = c, a, b }\nc = a\n".repeat(20);
    with_body(
        &format!(
            "a, b, c := []int{{1}}, []int{{2}}, []int{{3}}\nfor x {{ {copies} }}\nfor range a {{ }}"
        ),
        |facts| {
            let cfg = facts.root_cfg();
            assert_eq!(facts.loop_info(cfg, &cfg.loops()[1]).bound, None);
        },
    );
}

#[test]
fn what_is_ranged_over() {
    let info = |range: &str| {
        let mut found = None;
        with_facts(
            &format!(
                "type C chan int
                func f(c <-chan int, own C, s []int, seq func(func(int) bool)) {{ for range {range} {{ }} }}"
            ),
            |facts| found = Some(first_loop(facts)),
        );
        let info = found.unwrap();
        (info.over_channel, info.over_func)
    };
    assert_eq!(info("c"), (Answer::Yes, Answer::No));
    assert_eq!(info("own"), (Answer::Yes, Answer::No));
    assert_eq!(info("make(chan int)"), (Answer::Yes, Answer::No));
    assert_eq!(info("s"), (Answer::No, Answer::No));
    assert_eq!(info("3"), (Answer::No, Answer::No));
    assert_eq!(info("seq"), (Answer::No, Answer::Yes));
    assert_eq!(info("unknown"), (Answer::Unknown, Answer::Unknown));
    with_body("for x { }", |facts| {
        assert_eq!(first_loop(facts).over_channel, Answer::No);
    });
}
