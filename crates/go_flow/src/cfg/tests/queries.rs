//! Questions to graphs.

use crate::testing::{Snippet, path_texts, with_body, with_facts};
use crate::{Cfg, EdgeKind, FunctionFacts, NodeId, Visit};

fn node(facts: &FunctionFacts<'_>, text: &str) -> NodeId {
    facts.at(text).node
}

#[test]
fn cycles() {
    with_body(
        "before()
        for cond() {
            inside()
            if a { leave(); return }
            if b { stop(); break }
            if c { fail(); panic(1) }
        }
        again:
        round()
        if d { goto again }
        after()",
        |facts| {
            let cfg = facts.root_cfg();
            for text in ["inside", "if a", "if b", "round", "goto again"] {
                assert!(cfg.in_cycle(node(facts, text)), "{text}");
            }
            for text in [
                "before", "leave", "return", "stop", "break", "fail", "after",
            ] {
                assert!(!cfg.in_cycle(node(facts, text)), "{text}");
            }
            assert!(cfg.in_same_cycle(node(facts, "inside"), node(facts, "if b")));
            assert!(!cfg.in_same_cycle(node(facts, "inside"), node(facts, "round")));
            assert!(!cfg.in_same_cycle(node(facts, "after"), node(facts, "after")));
        },
    );
}

#[test]
fn a_loop_that_always_leaves_is_no_cycle() {
    with_body("for x() { g(); return }\nfor { h(); break }", |facts| {
        let cfg = facts.root_cfg();
        assert!(cfg.nodes().all(|node| !cfg.in_cycle(node.id)));
    });
}

#[test]
fn a_goto_out_and_back_is_a_cycle() {
    with_body(
        "for { again: g(); goto out }
        out: h()
        if x { goto again }",
        |facts| {
            let cfg = facts.root_cfg();
            assert!(cfg.in_same_cycle(node(facts, "g()"), node(facts, "h()")));
        },
    );
}

#[test]
fn reaching_the_exit() {
    with_body(
        "a()
        if x { b(); return }
        if y { c(); panic(1) }
        d()
        for { e() }",
        |facts| {
            let cfg = facts.root_cfg();
            for (text, expected) in [
                ("a()", true),
                ("b()", true),
                ("if y", false),
                ("c()", false),
                ("d()", false),
                ("e()", false),
            ] {
                assert_eq!(cfg.can_reach_exit(node(facts, text)), expected, "{text}");
            }
            assert!(cfg.can_reach_exit(cfg.entry()));
            assert!(cfg.can_reach_exit(cfg.exit()));
        },
    );
}

#[test]
fn reaches_takes_at_least_one_step() {
    with_body("a()\nfor x { b() }\nc()", |facts| {
        let cfg = facts.root_cfg();
        let (a, b, c) = (node(facts, "a"), node(facts, "b"), node(facts, "c"));
        assert!(cfg.reaches(a, b) && cfg.reaches(a, c) && cfg.reaches(b, c));
        assert!(cfg.reaches(b, b) && !cfg.reaches(a, a) && !cfg.reaches(c, a));
        let cond = cfg.node_of_expr(facts.expr("x")).unwrap();
        assert!(!cfg.reaches_avoiding(a, c, cond));
        assert!(cfg.reaches_avoiding(a, c, b));
    });
}

#[test]
fn dominators() {
    with_body(
        "a()
        if x { b() } else { c() }
        d()
        for y { e() }
        return
        f()",
        |facts| {
            let cfg = facts.root_cfg();
            let dominates = |a, b| cfg.dominates(node(facts, a), node(facts, b));
            assert!(dominates("a()", "d()") && dominates("if x", "b()"));
            assert!(dominates("d()", "e()") && dominates("d()", "d()"));
            assert!(!dominates("b()", "d()") && !dominates("c()", "d()"));
            assert!(!dominates("e()", "return") && !dominates("d()", "a()"));
            // Unreachable.
            assert!(!dominates("a()", "f()") && !dominates("f()", "f()"));
            assert_eq!(
                cfg.immediate_dominator(node(facts, "a()")),
                Some(Cfg::ENTRY)
            );
            assert_eq!(cfg.immediate_dominator(Cfg::ENTRY), None);
            assert_eq!(
                cfg.immediate_dominator(node(facts, "d()")),
                Some(node(facts, "if x"))
            );
        },
    );
}

#[test]
fn the_path_that_leaves() {
    with_body(
        "f, err := open()
        if err != nil { return }
        for _, x := range xs {
            if x { return }
        }
        f.Close()",
        |facts| {
            let cfg = facts.root_cfg();
            let close = node(facts, "f.Close()");
            let leaves = |node| match node {
                _ if node == close => Visit::Skip,
                _ if node == cfg.exit() => Visit::Stop,
                _ => Visit::Continue,
            };
            let path = cfg.find_path(node(facts, "if err"), leaves).unwrap();
            assert_eq!(
                path_texts(facts, facts.root(), &path),
                ["err != nil", "return", "}"]
            );
            let ok = cfg.successors(node(facts, "if err"))[1];
            assert_eq!(ok.kind, EdgeKind::False);
            let path = cfg.find_path(ok.node, leaves).unwrap();
            assert_eq!(path.first(), Some(ok.node));
            assert_eq!(path.last(), Some(cfg.exit()));
            let choices: Vec<_> = path
                .choices(cfg)
                .map(|(node, kind)| {
                    (
                        facts.node_text(crate::Point {
                            func: facts.root(),
                            node,
                        }),
                        kind,
                    )
                })
                .collect();
            assert_eq!(
                choices,
                [
                    ("for _, x := range xs".to_owned(), EdgeKind::RangeBody),
                    ("x".to_owned(), EdgeKind::True)
                ]
            );
        },
    );
}

#[test]
fn a_path_back_to_its_start() {
    with_body("for a { b() }\nc()", |facts| {
        let cfg = facts.root_cfg();
        let b = node(facts, "b()");
        let path = cfg
            .find_path(b, |at| {
                if at == b {
                    Visit::Stop
                } else {
                    Visit::Continue
                }
            })
            .unwrap();
        assert_eq!(
            path_texts(facts, facts.root(), &path),
            ["b()", "for a", "a", "b()"]
        );
        let c = node(facts, "c()");
        assert_eq!(
            cfg.find_path(c, |at| if at == b {
                Visit::Stop
            } else {
                Visit::Continue
            }),
            None
        );
    });
}

#[test]
fn searching_back() {
    with_body("a()\nif x { b() } else { return }\nc()", |facts| {
        let cfg = facts.root_cfg();
        let mut seen = Vec::new();
        cfg.search_before(node(facts, "c()"), |at| {
            seen.push(facts.node_text(crate::Point {
                func: facts.root(),
                node: at,
            }));
            Visit::Continue
        });
        assert_eq!(seen, ["b()", "x", "a()", "Entry"]);
    });
}

#[test]
fn nodes_of_expressions() {
    with_body(
        "x, y := g(a, func() { inner(z) }), b[i]
        if (p && !(q || r(s))) { t() }
        for i := range m(1) { }
        select { case u <- v(): case w = <-chans[2]: }
        switch tag() { case k1, k2(): }
        switch n := o.(type) { case T1: _ = n }
        if c1 && w1(c2 && w2()) {}",
        |facts| {
            let cfg = facts.root_cfg();
            let text = |expr| {
                let node = cfg.node_of_expr(facts.expr(expr)).unwrap();
                facts.node_text(crate::Point {
                    func: facts.root(),
                    node,
                })
            };
            let first = "x, y := g(a, func() { inner(z) }), b[i]";
            for expr in ["x", "a", "b[i]", "i", "func() { inner(z) }"] {
                assert_eq!(text(expr), first);
            }
            assert_eq!(text("p"), "p");
            assert_eq!(text("p && !(q || r(s))"), "p");
            assert_eq!(text("(p && !(q || r(s)))"), "p");
            assert_eq!(text("!(q || r(s))"), "q");
            assert_eq!(text("s"), "r(s)");
            assert_eq!(text("m(1)"), "for i := range m(1)");
            // Channels and values are evaluated before the wait.
            for expr in ["u", "v()", "chans[2]", "2"] {
                assert_eq!(text(expr), "select", "{expr}");
            }
            assert_eq!(text("<-chans[2]"), "case w = <-chans[2]");
            assert_eq!(text("w"), "case w = <-chans[2]");
            assert_eq!(text("tag()"), "switch tag()");
            assert_eq!(text("k1"), "k1");
            assert_eq!(text("k2()"), "k2()");
            assert_eq!(text("o"), "switch n := o.(type)");
            assert_eq!(text("T1"), "T1");
            assert_eq!(text("w2()"), "w2()");
            assert_eq!(text("w1"), "w1(c2 && w2())");
            // What is within a literal belongs to the literal.
            assert_eq!(cfg.node_of_expr(facts.expr("inner(z)")), None);
            let point = facts.point_of_expr(facts.expr("z")).unwrap();
            assert_eq!(point.func, facts.literal(0));
            assert_eq!(facts.node_text(point), "inner(z)");
        },
    );
}

#[test]
fn nodes_of_statements() {
    with_body(
        "L: for i := 0; i < 3; i++ { g() }
        if x := h(); x { }
        switch { case y: z() }
        { k() }
        {}",
        |facts| {
            let text = |start| facts.node_text(facts.at(start));
            assert_eq!(text("L:"), "L");
            assert_eq!(text("for"), "i := 0");
            assert_eq!(text("i++"), "i++");
            assert_eq!(text("if x"), "x := h()");
            assert_eq!(text("switch"), "y");
            assert_eq!(text("case y"), "case y");
            let cfg = facts.root_cfg();
            let cond = cfg.node_of_expr(facts.expr("i < 3")).unwrap();
            assert_eq!(cfg.stmt_of_node(cond), Some(facts.stmt("for")));
            let cond = cfg.node_of_expr(facts.expr("y")).unwrap();
            assert_eq!(cfg.stmt_of_node(cond), Some(facts.stmt("case y")));
            let block = facts
                .file()
                .stmt(facts.file().func(facts.root()).body.unwrap());
            let go_syntax::StmtKind::Block(list) = block.kind else {
                panic!("a body is a block");
            };
            let stmts = facts.file().stmts(list);
            assert_eq!(
                facts.node_text(facts.point_of_stmt(stmts[3]).unwrap()),
                "k()"
            );
            assert_eq!(facts.point_of_stmt(stmts[4]), None);
        },
    );
}

#[test]
fn functions_around_statements_and_expressions() {
    with_facts(
        "func f(p func(q int)) {
            a(func(x int) { b(func() { c(y) }, z) }, func() {})
            d()
        }",
        |facts| {
            let [outer, inner, last] = [0, 1, 2].map(|index| facts.literal(index));
            assert_eq!(facts.funcs(), [facts.root(), outer, inner, last]);
            for (text, func) in [
                ("a(", facts.root()),
                ("b(", outer),
                ("c(", inner),
                ("d(", facts.root()),
            ] {
                assert_eq!(facts.func_of_stmt(facts.stmt(text)), func, "{text}");
            }
            for (text, func) in [
                ("y", inner),
                ("z", outer),
                ("func() { c(y) }", outer),
                ("func() {}", facts.root()),
                ("int", facts.root()),
                ("d", facts.root()),
            ] {
                assert_eq!(facts.func_of_expr(facts.expr(text)), func, "{text}");
            }
        },
    );
}

#[test]
fn long_chains_and_deep_nesting() {
    let chain = vec!["a"; 50_000].join(" && ");
    let elses = "if b { } else ".repeat(20_000) + "{ c() }";
    let nested = "if d {".repeat(450) + &"}".repeat(450);
    let calls = "e()".to_owned() + &".m()".repeat(20_000);
    let switch = format!("switch {{ {} }}", "case i: j()\n".repeat(20_000));
    let text = format!(
        "if {chain} || x {{ }}\n{elses}\n{nested}\n{calls}\nv := {chain} && g()\n{switch}\n"
    );
    with_body(&text, |facts| {
        let cfg = facts.root_cfg();
        assert!(cfg.len() > 150_000);
        let last = cfg.nodes().last().unwrap().id;
        assert!(cfg.reachable(last) && !cfg.in_cycle(last) && cfg.can_reach_exit(Cfg::ENTRY));
        assert!(cfg.dominates(node(facts, "v := "), last));
        assert!(cfg.node_of_expr(facts.expr("v")).is_some());
        assert_eq!(facts.calls().len(), 20_001 + 1 + 1 + 20_000);
        assert!(facts.defers().is_empty());
    });
}

#[test]
fn many_jumps_writes_and_loops() {
    let count = 5_000;
    let mut text = "x := 0\n".to_owned();
    for index in 0..count {
        text +=
            &format!("l{index}: x = {index}\nif y {{ goto l{index} }}\nfor range z {{ w(x) }}\n");
    }
    with_body(&text, |facts| {
        let cfg = facts.root_cfg();
        assert_eq!(cfg.loops().len(), 2 * count);
        let x = facts.local("x");
        assert_eq!(facts.var(x).writes.len(), count + 1);
        for read in &facts.var(x).reads {
            assert_eq!(facts.definitions(read.point, x).list.len(), 1);
        }
        for stmt in facts.file().func(facts.root()).stmts.iter() {
            let is_loop = matches!(
                facts.file().stmt(stmt).kind,
                go_syntax::StmtKind::Range { .. }
            );
            assert_eq!(
                cfg.loop_of_stmt(stmt).is_some_and(|lp| lp.stmt == stmt),
                is_loop
            );
        }
    });
}
