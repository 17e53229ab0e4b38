//! Every form of statement as a graph. Nodes 2 to 5 are the ends.

use crate::testing::{Snippet, assert_graph, with_facts, with_packages};

#[test]
fn simple_statements_follow_each_other() {
    assert_graph(
        "x := 1
        var a, b int
        const c = 2
        type t int
        x++
        ch <- x
        { ; }
        defer g(x)
        go g(x)
        g(x)",
        "0 entry -> 6
        1 exit
        6 `x := 1` -> 7
        7 `var a, b int` -> 8
        8 `const c = 2` -> 9
        9 `type t int` -> 10
        10 `x++` -> 11
        11 `ch <- x` -> 12
        12 `defer g(x)` -> 13
        13 `go g(x)` -> 14
        14 `g(x)` -> 1",
    );
}

#[test]
fn no_statements_and_no_body() {
    assert_graph("", "0 entry -> 1\n1 exit");
    assert_graph("{ {} ; {} }", "0 entry -> 1\n1 exit");
    with_facts("func f()\n", |facts| {
        assert_eq!(facts.root_cfg().render(), "0 entry -> 1\n1 exit\n");
    });
}

#[test]
fn if_else_if_with_short_circuits() {
    assert_graph(
        "if a { b() } else if !c && (d || e) { f() } else { g() }
        h()",
        "0 entry -> 6
        1 exit
        6 if `a` -> true 7, false 8
        7 `b()` -> 13
        8 if `c` -> true 12, false 9
        9 if `d` -> true 11, false 10
        10 if `e` -> true 11, false 12
        11 `f()` -> 13
        12 `g()` -> 13
        13 `h()` -> 1",
    );
}

#[test]
fn if_with_init_and_nothing_in_it() {
    assert_graph(
        "if x := g(); !(!x) {}",
        "0 entry -> 6
        1 exit
        6 `x := g()` -> 7
        7 if `x` -> true 1, false 1",
    );
}

#[test]
fn loops_with_continue_and_break() {
    assert_graph(
        "for i := 0; i < n; i++ {
            if x { continue }
            if y { break }
            g()
        }",
        "0 entry -> 6
        1 exit
        6 `i := 0` -> 7
        7 loop `for i := 0; i < n; i++` -> 8
        8 if `i < n` -> true 9, false 1
        9 if `x` -> true 10, false 11
        10 `continue` -> jump 14
        11 if `y` -> true 12, false 13
        12 `break` -> jump 1
        13 `g()` -> 14
        14 `i++` -> 7",
    );
}

#[test]
fn loops_without_anything() {
    assert_graph(
        "for { }
        g()",
        "0 entry -> 6
        1 exit
        6 loop `for` -> 6
        7 `g()` -> 1 (unreachable)",
    );
    assert_graph(
        "for g() { }",
        "0 entry -> 6
        1 exit
        6 loop `for g()` -> 7
        7 if `g()` -> true 6, false 1",
    );
}

#[test]
fn a_condition_of_a_loop_with_operators() {
    assert_graph(
        "for a || b && c { g() }",
        "0 entry -> 6
        1 exit
        6 loop `for a || b && c` -> 7
        7 if `a` -> true 10, false 8
        8 if `b` -> true 9, false 1
        9 if `c` -> true 10, false 1
        10 `g()` -> 6",
    );
}

#[test]
fn ranges() {
    assert_graph(
        "for range ch { }
        for k, v := range m { return }",
        "0 entry -> 6
        1 exit
        6 range `for range ch` -> 7
        7 next `for range ch` -> body 7, done 8
        8 range `for k, v := range m` -> 9
        9 next `for k, v := range m` -> body 10, done 1
        10 `return` -> return 1",
    );
}

#[test]
fn switch_with_fallthrough_and_default_in_the_middle() {
    assert_graph(
        "switch x := g(); x {
        case 1, 2:
            a()
            fallthrough
        case 3:
            b()
        default:
            c()
        case 4:
            break
        }
        d()",
        "0 entry -> 6
        1 exit
        6 `x := g()` -> 7
        7 tag `switch x := g(); x` -> 8
        8 test `1` -> false 9, case 10
        9 test `2` -> false 13, case 10
        10 enter `case 1, 2` -> 11
        11 `a()` -> 12
        12 `fallthrough` -> jump 14
        13 test `3` -> false 18, case 14
        14 enter `case 3` -> 15
        15 `b()` -> 21
        16 enter `default` -> 17
        17 `c()` -> 21
        18 test `4` -> case 19, default 16
        19 enter `case 4` -> 20
        20 `break` -> jump 21
        21 `d()` -> 1",
    );
}

#[test]
fn switch_without_tag() {
    assert_graph(
        "switch {
        case a, b && c:
            x()
        default:
            fallthrough
        case d:
            y()
        }",
        "0 entry -> 6
        1 exit
        6 if `a` -> true 9, false 7
        7 if `b` -> true 8, false 13
        8 if `c` -> true 9, false 13
        9 enter `case a, b && c` -> 10
        10 `x()` -> 1
        11 enter `default` -> 12
        12 `fallthrough` -> jump 14
        13 if `d` -> true 14, false 11
        14 enter `case d` -> 15
        15 `y()` -> 1",
    );
}

#[test]
fn switch_without_default_can_be_passed_by() {
    assert_graph(
        "switch x { case 1: return }
        g()",
        "0 entry -> 6
        1 exit
        6 tag `switch x` -> 7
        7 test `1` -> case 8, default 10
        8 enter `case 1` -> 9
        9 `return` -> return 1
        10 `g()` -> 1",
    );
    assert_graph("switch { }", "0 entry -> 1\n1 exit");
}

#[test]
fn type_switch() {
    assert_graph(
        "switch x := y.(type) { case int, string: g(x); case nil: }",
        "0 entry -> 6
        1 exit
        6 tag `switch x := y.(type)` -> 7
        7 test `int` -> false 8, case 9
        8 test `string` -> false 11, case 9
        9 enter `case int, string` -> 10
        10 `g(x)` -> 1
        11 test `nil` -> case 12, default 1
        12 enter `case nil` -> 1",
    );
}

#[test]
fn select() {
    assert_graph(
        "select {
        case v, ok := <-ch:
            a(v, ok)
        case c() <- d():
            b()
        default:
        }
        e()",
        "0 entry -> 6
        1 exit
        6 wait `select` -> case 7, case 9, default 11
        7 enter `case v, ok := <-ch` -> 8
        8 `a(v, ok)` -> 12
        9 enter `case c() <- d()` -> 10
        10 `b()` -> 12
        11 enter `default` -> 12
        12 `e()` -> 1",
    );
}

#[test]
fn empty_select_waits_for_ever() {
    assert_graph(
        "select { }
        a()",
        "0 entry -> 6
        1 exit
        5 blocked
        6 wait `select` -> ends 5
        7 `a()` -> 1 (unreachable)",
    );
}

#[test]
fn break_and_continue_in_a_select_in_a_loop() {
    assert_graph(
        "L:
        for {
            select {
            case <-a: break
            case <-b: break L
            case <-c: continue
            }
        }
        d()",
        "0 entry -> 6
        1 exit
        6 label `L` -> 7
        7 loop `for` -> 8
        8 wait `select` -> case 9, case 11, case 13
        9 enter `case <-a` -> 10
        10 `break` -> jump 7
        11 enter `case <-b` -> 12
        12 `break L` -> jump 15
        13 enter `case <-c` -> 14
        14 `continue` -> jump 7
        15 `d()` -> 1",
    );
}

#[test]
fn labels_of_outer_loops() {
    assert_graph(
        "outer:
        for i := range a {
            for range b {
                if i { continue outer }
                break outer
            }
        }",
        "0 entry -> 6
        1 exit
        6 label `outer` -> 7
        7 range `for i := range a` -> 8
        8 next `for i := range a` -> body 9, done 1
        9 range `for range b` -> 10
        10 next `for range b` -> body 11, done 8
        11 if `i` -> true 12, false 13
        12 `continue outer` -> jump 8
        13 `break outer` -> jump 1",
    );
}

#[test]
fn goto_back_and_forth() {
    assert_graph(
        "again:
        i++
        if i < 3 { goto again }
        goto end
        a()
        end:
        b()",
        "0 entry -> 6
        1 exit
        6 label `again` -> 7
        7 `i++` -> 8
        8 if `i < 3` -> true 9, false 10
        9 `goto again` -> jump 6
        10 `goto end` -> jump 12
        11 `a()` -> 12 (unreachable)
        12 label `end` -> 13
        13 `b()` -> 1",
    );
}

#[test]
fn goto_into_a_loop_is_followed_though_go_forbids_it() {
    assert_graph(
        "goto in
        for {
            a()
            in:
            b()
        }",
        "0 entry -> 6
        1 exit
        6 `goto in` -> jump 9
        7 loop `for` -> 8
        8 `a()` -> 9
        9 label `in` -> 10
        10 `b()` -> 7",
    );
}

#[test]
fn branches_to_nowhere_are_passed() {
    assert_graph(
        "break
        continue
        goto nowhere
        fallthrough
        L: { break L }
        func() { goto L }()",
        "0 entry -> 6
        1 exit
        6 `break` -> 7
        7 `continue` -> 8
        8 `goto nowhere` -> 9
        9 `fallthrough` -> 10
        10 label `L` -> 11
        11 `break L` -> 12
        12 `func() { goto L }()` -> 1",
    );
    // A fallthrough of the last clause has nothing to fall into.
    assert_graph(
        "switch x { default: fallthrough }
        g()",
        "0 entry -> 6
        1 exit
        6 tag `switch x` -> 7
        7 enter `default` -> 8
        8 `fallthrough` -> jump 9
        9 `g()` -> 1",
    );
}

#[test]
fn short_circuits_in_values_are_nodes_when_they_do_something() {
    assert_graph(
        "x := a && len(b) > 0 || c
        y := a && b() || c
        return y && <-ch, g(x || h(), z && w)",
        "0 entry -> 6
        1 exit
        6 `x := a && len(b) > 0 || c` -> 7
        7 if `a` -> true 8, false 9
        8 if `b()` -> true 10, false 9
        9 if `c` -> true 10, false 10
        10 `y := a && b() || c` -> 11
        11 if `y` -> true 12, false 13
        12 if `<-ch` -> true 13, false 13
        13 if `x` -> true 15, false 14
        14 if `h()` -> true 15, false 15
        15 `return y && <-ch, g(x || h(), z && w)` -> return 1",
    );
}

#[test]
fn short_circuits_within_an_operand_come_before_it() {
    assert_graph(
        "if a && g(b || h()) { c() }",
        "0 entry -> 6
        1 exit
        6 if `a` -> true 7, false 1
        7 if `b` -> true 9, false 8
        8 if `h()` -> true 9, false 9
        9 if `g(b || h())` -> true 10, false 1
        10 `c()` -> 1",
    );
}

#[test]
fn operators_in_strings_and_literals_are_none_of_this_function() {
    assert_graph(
        r#"g("a && b", func() bool { return a && b() })"#,
        "0 entry -> 6
        1 exit
        6 `g(\"a && b\", func() bool { return a && b() })` -> 1",
    );
}

#[test]
fn literals_have_graphs_of_their_own() {
    with_facts(
        "func f() { g(func() { return }); defer func() { for { } }(); h() }",
        |facts| {
            let trim = |text: &str| text.replace("        ", "");
            assert_eq!(
                facts.root_cfg().render(),
                trim(
                    "0 entry -> 6
        1 exit
        6 `g(func() { return })` -> 7
        7 `defer func() { for { } }()` -> 8
        8 `h()` -> 1
        "
                )
            );
            assert_eq!(
                facts.cfg(facts.literal(0)).render(),
                "0 entry -> 6\n1 exit\n6 `return` -> return 1\n"
            );
            assert_eq!(
                facts.cfg(facts.literal(1)).render(),
                "0 entry -> 6\n1 exit\n6 loop `for` -> 6\n"
            );
        },
    );
}

#[test]
fn calls_that_never_return() {
    with_packages(
        &[],
        r#"import ("os"; "log"; "runtime")
        func f() {
            if a { os.Exit(1) }
            if b { log.Fatalf("x") }
            if c { runtime.Goexit() }
            if d { panic("x") }
            (panic("y"))
            g()
        }"#,
        |facts| {
            let expected = "0 entry -> 6
                1 exit
                2 panic
                3 process-end
                4 goexit
                6 if `a` -> true 7, false 8
                7 `os.Exit(1)` -> ends 3
                8 if `b` -> true 9, false 10
                9 `log.Fatalf(\"x\")` -> ends 3
                10 if `c` -> true 11, false 12
                11 `runtime.Goexit()` -> ends 4
                12 if `d` -> true 13, false 14
                13 `panic(\"x\")` -> ends 2
                14 `(panic(\"y\"))` -> ends 2
                15 `g()` -> 1 (unreachable)"
                .replace("                ", "");
            assert_eq!(facts.root_cfg().render().trim(), expected);
        },
    );
}

#[test]
fn shadowed_names_end_nothing() {
    with_facts(
        r#"import "log"
        func f(os T, log T) {
            panic := g
            panic("x")
            os.Exit(1)
            log.Fatal("x")
            defer func() { panic("x") }()
            go os.Exit(1)
        }"#,
        |facts| {
            assert!(facts.root_cfg().can_reach_exit(facts.at("panic := ").node));
            assert!(facts.root_cfg().nodes().all(|node| {
                facts.root_cfg().reachable(node.id) || matches!(node.kind, crate::NodeKind::End(_))
            }));
        },
    );
}
