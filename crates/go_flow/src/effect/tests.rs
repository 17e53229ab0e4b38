//! Effects of small functions.

use super::PanicRisk;
use crate::testing::{Snippet, with_facts};

const DECLARATIONS: &str = "
    type S struct { n int; p *S }
    type I interface { M() }
    const K = 3
    var s S
    var p *S
    var i I
    var n, k int
    var u uint
    var x, y float64
    var list []int
    var array [4]int
    var m map[string]int
    var ch chan int
    func call() int
";

/// Checks the effect of the statement `_ = text`.
#[track_caller]
fn assert_effect(text: &str, panic: PanicRisk, calls: bool, blocks: bool) {
    with_facts(
        &format!("{DECLARATIONS} func f() {{ _ = {text} }}"),
        |facts| {
            let effect = facts.effect(facts.expr(text));
            assert_eq!(
                (effect.panic, effect.calls, effect.blocks, effect.writes),
                (panic, calls, blocks, false),
                "{text}"
            );
            assert_eq!(facts.effect_at(facts.at("_ =")), effect, "{text}");
        },
    );
}

#[test]
fn expressions_that_only_give_a_value() {
    for text in [
        "1",
        "n + 1",
        "s.n",
        "s.n == K && !(n > 2)",
        "[]int{1, n}",
        "map[string]*S{\"a\": &s}",
        "func() { call() }",
        "m[\"a\"]",
        "array[2]",
        "len(list)",
        "int64(n)",
        "(*S)(nil)",
        "new(*S)",
        "make([]*S, 3, len(list))",
        "n / 2",
        "n % K",
        "x / y",
        "n << u",
        "n >> 3",
        "list[:]",
        "min(n, 2)",
        "I(nil)",
    ] {
        assert_effect(text, PanicRisk::None, false, false);
    }
}

#[test]
fn operations_that_may_panic() {
    for text in [
        "p.n",
        "s.p.n",
        "*p",
        "list[0]",
        "array[n]",
        "list[1:2]",
        "i.(*S)",
        "n / k",
        "n << k",
        "make([]int, n)",
        "[4]int(list)",
        "(*[4]int)(list)",
        "unknown.field",
    ] {
        assert_effect(text, PanicRisk::Operation, false, false);
    }
}

#[test]
fn calls_and_channels() {
    assert_effect("call()", PanicRisk::Call, true, false);
    assert_effect("n + call()", PanicRisk::Call, true, false);
    assert_effect("unknown(1)", PanicRisk::Call, true, false);
    assert_effect("func() int { return 1 }()", PanicRisk::Call, true, false);
    assert_effect("<-ch", PanicRisk::None, false, true);
    assert_effect("recover()", PanicRisk::None, true, false);
}

#[test]
fn statements() {
    use PanicRisk as R;
    for (text, panic, calls, blocks, writes) in [
        ("n = 1", R::None, false, false, true),
        ("n++", R::None, false, false, true),
        ("n /= k", R::Operation, false, false, true),
        ("list[0] = 1", R::Operation, false, false, true),
        ("m[\"a\"] = 1", R::Operation, false, false, true),
        ("_, _ = i.(*S)", R::None, false, false, false),
        ("v, ok := i.(*S)", R::None, false, false, true),
        ("var v, ok = i.(*S)", R::None, false, false, true),
        ("var v *S", R::None, false, false, true),
        ("v, ok := <-ch", R::None, false, true, true),
        ("ch <- 1", R::Operation, false, true, false),
        ("close(ch)", R::Operation, false, false, true),
        ("delete(m, \"a\")", R::None, false, false, true),
        ("panic(1)", R::Certain, false, false, false),
        ("defer call()", R::None, false, false, false),
        ("go call()", R::None, false, false, false),
        ("defer panic(1)", R::None, false, false, false),
        ("defer use(call())", R::Call, true, false, false),
        ("defer p.p.M()", R::Operation, false, false, false),
        ("return", R::None, false, false, false),
        ("select { case ch <- call(): }", R::Call, true, true, false),
        ("case v = <-ch:", R::None, false, false, true),
        ("case ch <- n:", R::Operation, false, false, false),
    ] {
        let source = if text.starts_with("case") {
            format!("{DECLARATIONS} func f() {{ var v int; select {{ {text} }}; _ = v }}")
        } else {
            format!("{DECLARATIONS} func f() {{ {text} }}")
        };
        with_facts(&source, |facts| {
            let effect = facts.effect_at(facts.at(text));
            let found = (effect.panic, effect.calls, effect.blocks, effect.writes);
            assert_eq!(found, (panic, calls, blocks, writes), "{text}");
        });
    }
}

#[test]
fn a_short_circuit_is_judged_operand_by_operand() {
    with_facts(
        &format!("{DECLARATIONS} func f() {{ if n > 0 && call() > 1 {{ }} }}"),
        |facts| {
            let first = facts.point_of_expr(facts.expr("n > 0")).unwrap();
            let second = facts.point_of_expr(facts.expr("call() > 1")).unwrap();
            assert!(facts.effect_at(first).is_pure());
            assert!(facts.effect_at(second).calls);
        },
    );
}

#[test]
fn risks_are_ordered() {
    assert!(PanicRisk::None < PanicRisk::Operation);
    assert!(PanicRisk::Operation < PanicRisk::Call);
    assert!(PanicRisk::Call < PanicRisk::Certain);
}
