//! Variables of small functions.

use go_types::Role;

use super::Value;
use crate::testing::{Snippet, with_body, with_facts};
use crate::{FunctionFacts, Point};

/// Where writes happen, and the text of what is written.
fn writes(facts: &FunctionFacts<'_>, name: &str) -> Vec<(String, String)> {
    facts
        .var(facts.local(name))
        .writes
        .iter()
        .map(|write| (facts.node_text(write.point), value_text(facts, write.value)))
        .collect()
}

fn value_text(facts: &FunctionFacts<'_>, value: Value) -> String {
    match value {
        Value::Expr(expr) => facts.file().expr_text(expr).to_owned(),
        Value::Element { expr, index, count } => {
            format!("{index}/{count} {}", facts.file().expr_text(expr))
        }
        Value::Updated(_) => "updated".to_owned(),
        Value::Range { is_key, .. } => (if is_key { "key" } else { "value" }).to_owned(),
        other => format!("{other:?}"),
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|&(node, value)| (node.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn every_way_to_write() {
    with_facts(
        "func f(param int) (result int, err error) {
            x, y := 1, 2
            var a, b = g()
            var z int
            (x), y = y, x
            x++
            x += 2
            z, err = g()
            for x = range xs { }
            for k, v := range m { k = v }
            select { case x = <-ch: case y, ok := <-ch: }
            param = 3
            return 4, nil
            return h()
            return
        }",
        |facts| {
            assert_eq!(
                writes(facts, "x"),
                pairs(&[
                    ("x, y := 1, 2", "1"),
                    ("(x), y = y, x", "y"),
                    ("x++", "updated"),
                    ("x += 2", "updated"),
                    ("for x = range xs", "key"),
                    ("case x = <-ch", "<-ch"),
                ])
            );
            assert_eq!(writes(facts, "a"), pairs(&[("var a, b = g()", "0/2 g()")]));
            assert_eq!(writes(facts, "b"), pairs(&[("var a, b = g()", "1/2 g()")]));
            assert_eq!(
                writes(facts, "z"),
                pairs(&[("var z int", "Zero"), ("z, err = g()", "0/2 g()")])
            );
            assert_eq!(
                writes(facts, "err"),
                pairs(&[
                    ("Entry", "Zero"),
                    ("z, err = g()", "1/2 g()"),
                    ("return 4, nil", "nil"),
                    ("return h()", "1/2 h()"),
                ])
            );
            assert_eq!(writes(facts, "result").len(), 3);
            assert_eq!(
                writes(facts, "k"),
                pairs(&[("for k, v := range m", "key"), ("k = v", "v")])
            );
            assert_eq!(
                writes(facts, "v"),
                pairs(&[("for k, v := range m", "value")])
            );
            assert_eq!(
                writes(facts, "ok"),
                pairs(&[("case y, ok := <-ch", "1/2 <-ch")])
            );
            assert_eq!(
                writes(facts, "param"),
                pairs(&[("Entry", "Param"), ("param = 3", "3")])
            );
            // The bare return reads the results.
            let reads = &facts.var(facts.local("result")).reads;
            assert_eq!(reads.len(), 1);
            assert_eq!(facts.node_text(reads[0].point), "return");
        },
    );
}

#[test]
fn type_switch_variables_are_set_in_their_clauses() {
    with_body(
        "switch x := y.(type) { case int: g(x); default: h(x) }",
        |facts| {
            let locals: Vec<_> = facts.body().names().locals().map(|(id, _)| id).collect();
            let texts: Vec<_> = locals
                .iter()
                .map(|&local| facts.node_text(facts.var(local).writes[0].point))
                .collect();
            assert_eq!(texts, ["case int", "default"]);
            assert_eq!(facts.var(locals[1]).reads.len(), 1);
        },
    );
}

#[test]
fn reads_and_captures() {
    with_body(
        "x := g()
        x.f = 1
        _ = &x
        func() { use(x); func() { x = h() }() }()
        const c = 1
        _ = c",
        |facts| {
            let var = facts.var(facts.local("x"));
            let roles: Vec<Role> = var.reads.iter().map(|read| read.role).collect();
            assert_eq!(roles, [Role::PartWrite, Role::AddressTaken, Role::Read]);
            assert!(var.address_taken && var.is_written_in_literal());
            assert_eq!(var.captures.len(), 2);
            assert_eq!(var.captures[0].literal, facts.literal(0));
            assert!(!var.captures[0].writes && var.captures[1].writes);
            assert!(!var.is_single_assignment());
            let constant = facts.var(facts.local("c"));
            assert!(constant.writes.is_empty() && constant.reads.is_empty());
        },
    );
}

/// The texts of the writes of `x` after the statement that starts with `start`.
#[track_caller]
fn assert_late(text: &str, start: &str, expected: &[&str]) {
    with_facts(text, |facts| {
        let late = facts.writes_after(facts.at(start), facts.local("x"));
        let texts: Vec<String> = late
            .iter()
            .map(|write| {
                let mark = if write.in_closure { "closure " } else { "" };
                format!("{mark}{}", facts.node_text(write.access.point))
            })
            .collect();
        assert_eq!(texts, expected, "{text}");
    });
}

#[test]
fn writes_after_a_point() {
    assert_late(
        "func f() { x := 1; defer g(x); x = 2; h() }",
        "defer",
        &["x = 2"],
    );
    assert_late("func f() { x := 1; x = 2; defer g(x); h(x) }", "defer", &[]);
    assert_late(
        "func f() { x := 1; for { defer g(x); if y { x = 2 }; x++ } }",
        "defer",
        &["x = 2", "x++"],
    );
    // The next round has a variable of its own.
    assert_late("func f() { for { x := 1; defer g(x) } }", "defer", &[]);
    assert_late(
        "func f() { for { x := 1; for { defer g(x); x = 2 } } }",
        "defer",
        &["x = 2"],
    );
    assert_late(
        "func f() { x := 1; if y { defer g(x); return }; x = 2 }",
        "defer",
        &[],
    );
    assert_late(
        "func f() { x := 1; if y { defer g(x) } else { x = 2 } }",
        "defer",
        &[],
    );
    assert_late(
        "func f() (x int) { defer g(x); return 3 }",
        "defer",
        &["return 3"],
    );
    assert_late("func f() { var x int; x = 2 }", "x = 2", &[]);
    assert_late("func f() { var x int; for { x = 2 } }", "x = 2", &["x = 2"]);
}

#[test]
fn writes_in_literals_after_a_point() {
    assert_late(
        "func f() { x := 1; defer g(x); func() { x = 2 }() }",
        "defer",
        &["closure x = 2"],
    );
    // It ran already.
    assert_late(
        "func f() { x := 1; func() { x = 2 }(); defer g(x) }",
        "defer",
        &[],
    );
    assert_late(
        "func f() { x := 1; h := func() { x = 2 }; defer g(x); h() }",
        "defer",
        &["closure x = 2"],
    );
    // What was deferred before runs after what is deferred now.
    assert_late(
        "func f() { x := 1; defer func() { x = 2 }(); defer g(x) }",
        "defer g",
        &[],
    );
    assert_late(
        "func f() { x := 1; defer g(x); defer func() { x = 2 }() }",
        "defer g",
        &["closure x = 2"],
    );
    // The two never exist in the same run.
    assert_late(
        "func f() { x := 1; if y { go func() { x = 2 }() } else { defer g(x) } }",
        "defer",
        &[],
    );
    // From within a literal, the function around it goes on.
    assert_late(
        "func f() { x := 1; func() { defer g(x) }(); x = 2 }",
        "defer",
        &["closure x := 1", "closure x = 2"],
    );
    assert_late(
        "func f() { x := 1; func() { func() { x = 2 }() }(); defer g(x) }",
        "defer",
        &[],
    );
}

#[test]
fn reads_between_two_points() {
    with_body(
        "x, err := open()
        log(x)
        if err != nil { use(x); return }
        if y { func() { peek(x) }() }
        defer x.Close()
        after(x)",
        |facts| {
            let x = facts.local("x");
            let texts = |from: Point, to: Point| -> Vec<String> {
                let reads = facts.reads_between(from, to, x);
                reads
                    .iter()
                    .map(|read| facts.node_text(read.point))
                    .collect()
            };
            let (open, close) = (facts.at("x, err"), facts.at("defer"));
            assert_eq!(texts(open, close), ["log(x)", "peek(x)"]);
            assert_eq!(texts(open, facts.at("return")), ["log(x)", "use(x)"]);
            assert_eq!(texts(close, open), Vec::<String>::new());
            let inside = facts.at("peek");
            assert_eq!(texts(open, inside), Vec::<String>::new());
        },
    );
}

#[track_caller]
fn assert_definitions(text: &str, expected: &[&str], exact: bool) {
    with_facts(text, |facts| {
        let found = facts.definitions(facts.at("use("), facts.local("x"));
        let texts: Vec<String> = found
            .list
            .iter()
            .map(|definition| value_text(facts, definition.value))
            .collect();
        assert_eq!(texts, expected, "{text}");
        assert_eq!(found.exact, exact, "{text}");
        assert_eq!(found.single().is_some(), exact && expected.len() == 1);
    });
}

#[test]
fn definitions_that_reach() {
    assert_definitions("func f() { x := 1; use(x) }", &["1"], true);
    assert_definitions("func f(x int) { use(x) }", &["Param"], true);
    assert_definitions("func f(x int) { x = 2; use(x) }", &["2"], true);
    assert_definitions(
        "func f() { x := 1; if y { x = 2 }; use(x); x = 3 }",
        &["1", "2"],
        true,
    );
    assert_definitions(
        "func f() { x := 1; for y { use(x); x = 2 } }",
        &["1", "2"],
        true,
    );
    assert_definitions(
        "func f() { x := 1; for { use(x); x++; break } }",
        &["1"],
        true,
    );
    assert_definitions(
        "func f() { x, err := g(); x, err = h(); use(x, err) }",
        &["0/2 h()"],
        true,
    );
    assert_definitions("func f() (x int) { use(x); return 3 }", &["Zero"], true);
}

#[test]
fn definitions_that_may_change_unseen() {
    assert_definitions("func f() { x := 1; p(&x); use(x) }", &["1"], false);
    assert_definitions(
        "func f() { x := 1; func() { x = 2 }(); use(x) }",
        &["1"],
        false,
    );
    assert_definitions(
        "func f() { x := 1; use(x); func() { x = 2 }() }",
        &["1"],
        true,
    );
    assert_definitions(
        "func f() { x := 1; defer func() { x = 2 }(); use(x) }",
        &["1"],
        true,
    );
    assert_definitions(
        "func f() { x := 1; for { use(x); go func() { x = 2 }() } }",
        &["1"],
        false,
    );
    // Within a literal.
    assert_definitions("func f() { x := 1; func() { use(x) }() }", &["1"], true);
    assert_definitions(
        "func f() { x := 1; x = 2; func() { use(x) }() }",
        &["1", "2"],
        false,
    );
    assert_definitions(
        "func f() { x := 1; x = 2; func() { x = 3; use(x) }() }",
        &["3"],
        true,
    );
    assert_definitions(
        "func f() { x := 1; func() { if y { x = 3 }; use(x) }() }",
        &["1", "3"],
        false,
    );
}

#[test]
fn values_behind_copies() {
    with_body(
        "a := g()
        b := a
        c := (b)
        d := c
        if y { d = h() }
        use(c, d, a)
        e := e2
        _ = e",
        |facts| {
            let value = |index: usize| {
                let (_, args) = facts.file().call(facts.expr("use(c, d, a)")).unwrap();
                let value = facts.value_of(args[index]);
                value.map(|expr| facts.file().expr_text(expr).to_owned())
            };
            assert_eq!(value(0), Some("g()".to_owned()));
            assert_eq!(value(1), None);
            assert_eq!(value(2), Some("g()".to_owned()));
        },
    );
}
