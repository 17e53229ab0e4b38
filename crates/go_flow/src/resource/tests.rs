//! The engine on small functions: what is left behind, and the contracts that bodies show.

use std::sync::Arc;

use go_syntax::{Mode, Source, parse};
use go_types::{Importer, LocalId, PackageCx, PackageNames};

use super::state::{Fact, How, State, Sym};
use super::{
    Acquire, ArgEffect, Class, ClassId, CloseError, Closing, Contract, Exits, Fate, FunctionModel,
    Gives, Inferred as _, Leak, Models, NoContracts, OnDemand, Subject, Twice, infer_package,
    method_key,
};
use crate::testing::{Snippet, TextPackages, with_packages};

/// A package with a thing to close, one to cancel, one that ends by itself, and one that is named.
pub(super) const R: (&str, &str) = (
    "r",
    "package r
type T struct{}
func Open() (*T, error) { return nil, nil }
func Make() *T { return nil }
func Pair() (a, b *T) { return nil, nil }
func (*T) Close() error { return nil }
func (*T) Use() error { return nil }
func (*T) Write([]byte) (int, error) { return 0, nil }
func (*T) Next() bool { return false }
func Cancelable() func() { return nil }
func Feed() (next func() (int, bool), stop func()) { return nil, nil }
func Wrap(t *T) *Wrapper { return nil }
func Own(t *T) *Owner { return nil }
func Take(t *T) error { return nil }
func Close(t *T) {}
func Borrow(t *T) {}
func Exit() {}
func Unknown(x any) {}
type Wrapper struct{}
func (*Wrapper) Use() {}
type Owner struct{}
func (*Owner) Close() error { return nil }
",
);

fn class(name: &str, release: &[&str]) -> Class {
    Class {
        name: name.into(),
        rule: "thing-not-closed".into(),
        noun: "thing".into(),
        types: Vec::new(),
        field_of: Vec::new(),
        release: release.iter().map(|&name| name.into()).collect(),
        release_via: None,
        passes_on: true,
        by_call: false,
        until_go: None,
        matters_at_end: false,
        long_lived: false,
        habitual: false,
        exhausted_by: Vec::new(),
        fed_by: None,
        drained: false,
        channel: None,
        fires: false,
        is_path: false,
        error_excuses: false,
        closing: Closing::default(),
        note: "".into(),
    }
}

pub(super) fn test_models() -> Models {
    let mut models = Models::new();
    let thing = models.add_class(Class {
        types: vec!["*r.T".into()],
        closing: Closing {
            twice: Twice::Error,
            error: CloseError::Written,
            ..Closing::default()
        },
        exhausted_by: vec!["Next".into()],
        ..class("thing", &["Close"])
    });
    let cancel = models.add_class(Class {
        by_call: true,
        ..class("cancel", &[])
    });
    let feed = models.add_class(Class {
        by_call: true,
        fed_by: Some(0),
        ..class("feed", &[])
    });
    let acquires = [
        ("r.Open", 0, thing, true),
        ("r.Make", 0, thing, false),
        ("r.Pair", 0, thing, false),
        ("r.Pair", 1, thing, false),
        ("r.Cancelable", 0, cancel, false),
        ("r.Feed", 1, feed, false),
    ];
    for (func, result, class, unless_error) in acquires {
        models.add_acquire(Acquire {
            func: func.into(),
            only_arg: Vec::new(),
            gives: Gives {
                subject: Subject::Result,
                result,
                class,
                field: "".into(),
                unless_error,
                why: "".into(),
            },
        });
    }
    let effects = [
        ("r.Wrap", ArgEffect::Wrap),
        ("r.Own", ArgEffect::Own),
        ("r.Take", ArgEffect::Own),
        ("r.Close", ArgEffect::Release),
        ("r.Borrow", ArgEffect::Borrow),
    ];
    for (func, effect) in effects {
        models.add_function(&FunctionModel {
            func: func.into(),
            recv: None,
            params: vec![(0, effect)],
        });
    }
    models.add_end("r.Exit", Exits::Always);
    models
}

/// What is left behind in a function with these statements that returns an error.
fn leaks(statements: &str) -> Vec<Leak> {
    let text = format!(
        "import \"r\"\nfunc f(c bool, ch chan *r.T) (err error) {{\n{statements}\n}}\nfunc g(any) {{}}\n"
    );
    let mut list = Vec::new();
    with_packages(&[R], &text, |facts| {
        let leaks = facts.leaks(&test_models(), &NoContracts);
        assert_eq!(leaks.given_up, 0, "{statements}");
        list = leaks.list;
    });
    list
}

/// How the only thing is left behind, and whether only on some paths.
#[track_caller]
fn assert_leak(statements: &str, fate: Fate, otherwise_fine: bool) {
    let found: Vec<_> = leaks(statements)
        .iter()
        .map(|leak| (leak.fate, leak.otherwise_fine))
        .collect();
    assert_eq!(found, [(fate, otherwise_fine)], "{statements}");
}

#[track_caller]
fn assert_fine(statements: &str) {
    assert_eq!(leaks(statements), [], "{statements}");
}

pub(super) const OPEN: &str = "t, err := r.Open(); if err != nil { return err };";

#[test]
fn ways_to_leave_something_behind() {
    assert_leak("r.Make(); return nil", Fate::Discarded, false);
    assert_leak("_ = r.Make(); return nil", Fate::Discarded, false);
    assert_leak("_, err = r.Open(); return err", Fate::Discarded, false);
    assert_leak(&format!("{OPEN} return t.Use()"), Fate::Held, false);
    assert_leak(
        &format!("{OPEN} if c {{ return nil }}; return t.Close()"),
        Fate::Held,
        true,
    );
    assert_leak(
        "t := r.Make(); t = nil; return t.Close()",
        Fate::Overwritten,
        false,
    );
    assert_leak(
        "for range 3 { t := r.Make(); t.Use() }; return nil",
        Fate::Overwritten,
        false,
    );
}

#[test]
fn ways_to_be_done_with_it() {
    assert_fine(&format!("{OPEN} return t.Close()"));
    assert_fine(&format!("{OPEN} defer t.Close(); return t.Use()"));
    assert_fine(&format!(
        "{OPEN} defer func() {{ t.Close() }}(); return t.Use()"
    ));
    assert_fine(&format!(
        "{OPEN} done := t.Close; defer done(); return t.Use()"
    ));
    assert_fine(&format!("{OPEN} ch <- t; return nil"));
    assert_fine(&format!("{OPEN} go func() {{ t.Close() }}(); return nil"));
    assert_fine(&format!(
        "{OPEN} select {{ case ch <- t: default: t.Close() }}; return nil"
    ));
    assert_fine(&format!("{OPEN} r.Unknown(t); return nil"));
    assert_fine(&format!("{OPEN} r.Close(t); return nil"));
    assert_fine(&format!("{OPEN} r.Take(t); return nil"));
    assert_fine(&format!("{OPEN} all := []*r.T{{t}}; g(all); return nil"));
    assert_fine(&format!("{OPEN} for {{ t.Use() }}"));
}

#[test]
fn what_others_do_with_it() {
    assert_leak(
        &format!("{OPEN} r.Borrow(t); return nil"),
        Fate::Held,
        false,
    );
    assert_leak(
        &format!("{OPEN} w := r.Wrap(t); w.Use(); return nil"),
        Fate::Held,
        false,
    );
    assert_fine(&format!("{OPEN} o := r.Own(t); return o.Close()"));
    assert_leak(
        &format!("{OPEN} o := r.Own(t); g(1); _ = o; return nil"),
        Fate::Held,
        false,
    );
}

#[test]
fn conditions_rule_out_paths() {
    assert_fine("t, err := r.Open(); if err == nil { t.Close() }; return err");
    assert_fine("t, err := r.Open(); if t != nil { t.Close() }; return err");
    assert_fine("t, err := r.Open(); if t == nil || err != nil { return err }; return t.Close()");
    assert_fine(
        "t, err := r.Open(); switch { case err != nil: return err; default: return t.Close() }",
    );
    assert_fine("t, err := r.Open(); switch err { case nil: t.Close() }; return err");
    assert_fine("var t *r.T; if c { t = r.Make() }; if c { t.Close() }; return nil");
    assert_fine(
        "var t *r.T; ok := false; if c { t = r.Make(); ok = true }; if ok { t.Close() }; return nil",
    );
    assert_leak(
        "t, err := r.Open(); if err == nil { return t.Use() }; return err",
        Fate::Held,
        false,
    );
}

#[test]
fn an_error_that_is_asked_for_late_says_nothing_any_more() {
    assert_leak(
        "t, err := r.Open(); err = t.Use(); if err != nil { return err }; return t.Close()",
        Fate::Held,
        true,
    );
}

#[test]
fn processes_end() {
    assert_fine(&format!("{OPEN} if c {{ r.Exit() }}; return t.Close()"));
    assert_fine(&format!("{OPEN} if c {{ panic(1) }}; return t.Close()"));
}

#[test]
fn results_with_names() {
    assert_fine(&format!(
        "{OPEN} defer func() {{ if err != nil {{ t.Close() }} }}(); if err = t.Use(); err != nil {{ return err }}; t.Close(); return nil"
    ));
}

#[test]
fn reading_to_the_end_releases() {
    assert_fine(&format!("{OPEN} for t.Next() {{ t.Use() }}; return nil"));
    assert_fine(&format!(
        "{OPEN} if !t.Next() {{ return nil }}; return t.Close()"
    ));
    assert_fine(&format!(
        "{OPEN} more := t.Next(); if !more {{ return nil }}; return t.Close()"
    ));
    assert_leak(
        &format!("{OPEN} for t.Next() {{ if c {{ break }} }}; return nil"),
        Fate::Held,
        true,
    );
}

#[test]
fn functions_that_release_when_called() {
    assert_fine("stop := r.Cancelable(); defer stop(); return nil");
    assert_fine("stop := r.Cancelable(); stop(); return nil");
    assert_fine("stop := r.Cancelable(); defer func() { stop() }(); return nil");
    assert_leak(
        "stop := r.Cancelable(); if c { stop() }; return nil",
        Fate::Held,
        true,
    );
    assert_fine(
        "next, stop := r.Feed(); if _, ok := next(); !ok { return nil }; stop(); return nil",
    );
    assert_leak(
        "next, stop := r.Feed(); if _, ok := next(); ok { return nil }; stop(); return nil",
        Fate::Held,
        true,
    );
}

#[test]
fn the_story_leads_to_the_end() {
    let leaks = leaks(&format!("{OPEN} if c {{ return nil }}; return t.Close()"));
    let hops = &leaks[0].hops;
    assert_eq!(hops.first().map(|hop| hop.point), Some(leaks[0].point));
    assert_eq!(hops.last().map(|hop| hop.point), Some(leaks[0].at));
    assert_eq!(leaks[0].result, 0);
}

#[test]
fn each_result_is_followed() {
    let found: Vec<u32> = leaks("a, b := r.Pair(); a.Use(); b.Use(); return nil")
        .iter()
        .map(|leak| leak.result)
        .collect();
    assert_eq!(found, [0, 1]);
    let found = leaks("a, b := r.Pair(); a.Use(); return b.Close()");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].result, 0);
}

#[test]
fn too_many_paths_are_given_up() {
    let mut text = String::from("import \"r\"\nfunc f(");
    for index in 0..20 {
        text += &format!("c{index}, d{index} bool, ");
    }
    text += ") {\nt := r.Make()\n";
    for index in 0..20 {
        text += &format!("if c{index} {{ r.Borrow(t) }}\nif c{index} != d{index} {{ t.Use() }}\n");
        text += &format!("if d{index} {{ r.Borrow(t) }}\nif c{index} || d{index} {{ t.Use() }}\n");
    }
    text += "}\n";
    with_packages(&[R], &text, |facts| {
        let leaks = facts.leaks(&test_models(), &NoContracts);
        assert_eq!((leaks.list.len(), leaks.given_up), (0, 1));
    });
}

/// Hands over a package of one file that imports `r`.
fn with_package(text: &str, check: impl FnOnce(&PackageCx<'_>, &Models)) {
    let text = format!("package p\nimport \"r\"\nvar _ = r.Exit\n{text}");
    let file = parse(Source::new(text.clone().into()), Mode::Full);
    assert_eq!(file.errors(), [], "{text}");
    let loader = TextPackages::new(&[R]);
    let importer = Importer::new("example.com/p");
    let names = Arc::new(PackageNames::new(importer, vec![Arc::new(file)]));
    check(&PackageCx::new(&names, &loader), &test_models());
}

/// The contract that is inferred for the function `name` of a file.
fn contract(text: &str, name: &str) -> Contract {
    let mut contract = None;
    with_package(text, |cx, models| {
        let contracts = infer_package(cx, models, &NoContracts);
        let on_demand = OnDemand::new(cx, models, NoContracts);
        assert_eq!(
            on_demand.contract(cx, cx.names().path(), name).as_ref(),
            contracts.get(name),
            "{name} of {text}"
        );
        contract = contracts.get(name).cloned();
    });
    contract.unwrap_or_default()
}

/// Demands that contracts are the same whether all are made at once or each when it is asked for, in
/// whatever order that is.
fn assert_same_on_demand(text: &str, orders: &[&[usize]], name: impl Fn(usize) -> String) {
    with_package(text, |cx, models| {
        let all = infer_package(cx, models, &NoContracts);
        for order in orders {
            let on_demand = OnDemand::new(cx, models, NoContracts);
            for name in order.iter().map(|&index| name(index)) {
                let told = (
                    on_demand.may_give(&name),
                    on_demand.may_end(&name),
                    on_demand.may_exit(&name),
                );
                let known = (
                    all.gives_named(&name),
                    all.ends_named(&name),
                    all.exits_named(&name),
                );
                assert_eq!(told, known, "{name} of {text}");
                let contract = on_demand.contract(cx, cx.names().path(), &name);
                assert_eq!(contract.as_ref(), all.get(&name), "{name} of {text}");
            }
        }
    });
}

#[test]
fn contracts_on_demand_are_those_made_at_once() {
    // A generator of numbers is enough: what matters is that calls go to and fro.
    let mut seed = 1_u32;
    let mut below = move |limit: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % limit
    };
    const COUNT: usize = 24;
    for _ in 0..40 {
        let mut text = String::new();
        for index in 0..COUNT {
            let mut other = || format!("f{}", below(COUNT));
            let (a, b, c) = (other(), other(), other());
            let body = match below(9) {
                0 => "return r.Make()".to_owned(),
                1 => format!("return {a}(t)"),
                2 => "t.Close(); return nil".to_owned(),
                3 => format!("{a}(t); return {b}(nil)"),
                4 => format!("if t == nil {{ return {a}(nil) }}; {b}(t); return {c}(t)"),
                5 => format!("for {{ {a}(t) }}"),
                6 => format!("{a}(t); r.Exit(); return nil"),
                7 => format!("x := {a}(nil); defer x.Close(); {b}(x); return t"),
                _ => format!("go {a}(t); panic({b}(nil))"),
            };
            text += &format!("func f{index}(t *r.T) *r.T {{ {body} }}\n");
        }
        let forwards: Vec<usize> = (0..COUNT).collect();
        let backwards: Vec<usize> = (0..COUNT).rev().collect();
        let mixed: Vec<usize> = (0..COUNT).map(|_| below(COUNT)).collect();
        let orders = [&*forwards, &*backwards, &*mixed];
        assert_same_on_demand(&text, &orders, |index| format!("f{index}"));
    }
}

#[test]
fn contracts_on_demand_of_methods_and_namesakes_are_those_made_at_once() {
    let text = "
type a struct { t *r.T }
type b struct { a *a }
func (a *a) open() { a.t = r.Make() }
func (b *b) open() { b.a.open(); b.a = newA() }
func newA() *a { x := &a{}; x.open(); return x }
func newB() *b { x := &b{}; x.open(); return x }
func (a *a) Close() error { return a.t.Close() }
func init() { newA() }
func init() { for {} }
func stop() { init2() }
func init2() { stop() }
";
    let names = [
        "newB", "b.open", "a.open", "newA", "a.Close", "stop", "open",
    ];
    let backwards: Vec<usize> = (0..names.len()).rev().collect();
    let forwards: Vec<usize> = (0..names.len()).collect();
    assert_same_on_demand(text, &[&forwards, &backwards], |index| {
        names[index].to_owned()
    });
}

/// The work that goes into contracts, counted: it is most of what a check costs when it is done for all
/// functions.
#[test]
fn contracts_that_nobody_asks_for_are_not_made() {
    let mut text = String::from(
        "func release(t *r.T) { inner(t) }\nfunc inner(t *r.T) { t.Close() }\nfunc open() *r.T { return r.Make() }\n",
    );
    for index in 0..50 {
        text += &format!(
            "func takes{index}(t *r.T) error {{ for range 3 {{ t.Use() }}; return t.Use() }}\n"
        );
    }
    with_package(&text, |cx, models| {
        let contracts = OnDemand::new(cx, models, NoContracts);
        // What names tell needs no contract of functions that call nothing which gives, or ends.
        assert!(!contracts.may_give("takes1") && !contracts.may_end("takes1"));
        assert_eq!(contracts.count_made(), 0);
        assert!(contracts.may_give("open"));
        assert_eq!(contracts.count_made(), 1);
        let release = contracts.contract(cx, cx.names().path(), "release");
        assert_eq!(
            release.map(|known| known.param(0)),
            Some(ArgEffect::Release)
        );
        assert_eq!(contracts.count_made(), 3);
    });
}

#[test]
fn a_long_chain_of_contracts_does_not_need_a_deep_stack() {
    const COUNT: usize = 3_000;
    let mut text = String::from("func f0(t *r.T) *r.T { return r.Make() }\n");
    for index in 1..COUNT {
        let before = index - 1;
        text += &format!("func f{index}(t *r.T) *r.T {{ return f{before}(t) }}\n");
    }
    assert_same_on_demand(&text, &[&[COUNT - 1, 0]], |index| format!("f{index}"));
}

#[test]
fn a_function_gives_what_it_returns() {
    let given = contract(
        "func open() (*r.T, error) { t, err := r.Open(); if err != nil { return nil, err }; return t, nil }",
        "open",
    );
    assert_eq!(given.gives.len(), 1);
    assert_eq!(given.gives[0].result, 0);
    assert!(given.gives[0].unless_error);
    let direct = contract("func open() (*r.T, error) { return r.Open() }", "open");
    assert_eq!(direct.gives.len(), 1);
    let second = contract("func open() (int, *r.T) { return 1, r.Make() }", "open");
    assert_eq!(second.gives[0].result, 1);
    assert!(!second.gives[0].unless_error);
}

#[test]
fn a_chain_of_functions_gives() {
    let text = "
func c() *r.T { return b() }
func b() *r.T { return a() }
func a() *r.T { return r.Make() }
";
    assert_eq!(contract(text, "c").gives.len(), 1);
}

#[test]
fn a_value_that_keeps_what_it_must_close_is_given() {
    let text = "
type box struct { t *r.T }
func (b *box) Close() error { return b.t.Close() }
func newBox() *box { return &box{t: r.Make()} }
func borrowBox(t *r.T) *box { return &box{t} }
";
    let made = contract(text, "newBox");
    assert_eq!(made.gives.len(), 1);
    assert_eq!(made.gives[0].class, ClassId::CLOSER);
    assert_eq!(contract(text, "borrowBox").gives, []);
}

#[test]
fn what_a_cache_keeps_is_not_given() {
    let text = "
var cache = map[string]*r.T{}
func cached(key string) *r.T { t := r.Make(); cache[key] = t; return t }
";
    assert_eq!(contract(text, "cached").gives, []);
}

#[test]
fn what_functions_do_with_their_parameters() {
    let effect = |body: &str| {
        let text = format!("func do(t *r.T, c bool) error {{ {body} }}\nvar global *r.T\n");
        contract(&text, "do").param(0)
    };
    assert_eq!(effect("return t.Close()"), ArgEffect::Release);
    assert_eq!(
        effect("defer t.Close(); return t.Use()"),
        ArgEffect::Release
    );
    assert_eq!(effect("return t.Use()"), ArgEffect::Borrow);
    assert_eq!(effect("global = t; return nil"), ArgEffect::Keep);
    assert_eq!(effect("go t.Use(); return nil"), ArgEffect::Borrow);
    assert_eq!(
        effect("go func() { t.Close() }(); return nil"),
        ArgEffect::Keep
    );
    // Only sometimes: nobody can rely on either.
    assert_eq!(
        effect("if c { return t.Close() }; return nil"),
        ArgEffect::Keep
    );
    // A nil check is no condition.
    assert_eq!(
        effect("if t != nil { return t.Close() }; return nil"),
        ArgEffect::Release
    );
}

#[test]
fn a_wrapper_owns_what_it_is_given() {
    let text = "
type box struct { t *r.T }
func (b *box) Close() error { return b.t.Close() }
func newBox(t *r.T) *box { return &box{t} }
";
    assert_eq!(contract(text, "newBox").param(0), ArgEffect::Own);
}

#[test]
fn receivers_are_released_by_their_methods() {
    let text = "
type box struct { t *r.T }
func (b *box) Close() error { return b.t.Close() }
func (b *box) look() {}
";
    assert_eq!(contract(text, "box.look").recv, ArgEffect::Borrow);
}

#[test]
fn functions_that_never_return() {
    let text = "
func die() { r.Exit() }
func dieToo() { die() }
func sometimes(c bool) { if c { die() } }
func loop() { for { } }
func serve(ch chan int) { for range ch { } }
";
    assert!(contract(text, "die").never_returns);
    assert!(contract(text, "dieToo").never_returns);
    assert!(contract(text, "loop").never_returns);
    assert!(!contract(text, "sometimes").never_returns);
    assert!(!contract(text, "serve").never_returns);
}

#[test]
fn functions_that_end_the_process() {
    let text = "
func die() { r.Exit() }
func dieToo() { die() }
func check(c bool) { if c { die() } }
func checkToo(c bool) { check(c) }
func loops() { for { die() } }
func fails(c bool) { if c { panic(1) }; die() }
func later() func() { return func() { die() } }
func fine() { later() }
";
    assert_eq!(contract(text, "die").exits, Exits::Always);
    assert_eq!(contract(text, "dieToo").exits, Exits::Always);
    assert_eq!(contract(text, "check").exits, Exits::Maybe);
    assert_eq!(contract(text, "checkToo").exits, Exits::Maybe);
    assert_eq!(contract(text, "loops").exits, Exits::Maybe);
    assert_eq!(contract(text, "fails").exits, Exits::Maybe);
    assert_eq!(contract(text, "later").exits, Exits::Never);
    assert_eq!(contract(text, "fine").exits, Exits::Never);
}

#[test]
fn functions_that_wait_for_ever() {
    let text = "
func park() { select { } }
func parkToo() { park() }
func loop(c chan int) { for { <-c } }
func either(c bool) { if c { park() }; for { } }
func sometimes(c bool) { if c { park() } }
func fails(c chan int) { for { if <-c > 1 { panic(1) } } }
func die() { r.Exit() }
";
    for name in ["park", "parkToo", "loop", "either"] {
        assert!(contract(text, name).blocks, "{name}");
    }
    for name in ["sometimes", "fails", "die"] {
        assert!(!contract(text, name).blocks, "{name}");
    }
}

#[test]
fn recursion_comes_to_an_end() {
    let text = "
func a(n int) *r.T { if n == 0 { return r.Make() }; return b(n - 1) }
func b(n int) *r.T { return a(n) }
";
    assert_eq!(contract(text, "a").gives.len(), 1);
    assert_eq!(contract(text, "b").gives.len(), 1);
}

/// Two locals, to have their numbers.
fn two_locals() -> (LocalId, LocalId) {
    let mut pair = None;
    with_packages(&[], "func f() { a, b := 1, 2; _, _ = a, b }", |facts| {
        pair = Some((facts.local("a"), facts.local("b")));
    });
    pair.expect("they are there")
}

#[test]
fn equal_knowledge_makes_equal_states() {
    let (a, b) = two_locals();
    let mut one = State::default();
    one.hold(a, Vec::new(), How::Same);
    one.hold(b, Vec::new(), How::Wrap);
    one.learn(a, Fact::NonNil);
    one.learn(b, Fact::True);
    let mut two = State::default();
    two.learn(b, Fact::False);
    two.learn(b, Fact::True);
    two.learn(a, Fact::NonNil);
    two.hold(b, Vec::new(), How::Wrap);
    two.hold(a, Vec::new(), How::Same);
    two.hold(a, Vec::new(), How::Same);
    assert_eq!(one, two);
}

#[test]
fn another_value_takes_everything_that_was_known() {
    let (a, b) = two_locals();
    let mut state = State {
        err: Some(a),
        feeder: Some(a),
        more: Some(b),
        ..State::default()
    };
    state.hold(a, vec![Sym(0)], How::Same);
    state.learn(a, Fact::Nil);
    assert!(state.mentions(a) && state.mentions(b));
    state.overwrite(a);
    assert!(!state.mentions(a));
    assert_eq!(state.more, Some(b));
    state.overwrite(b);
    assert_eq!(state, State::default());
}

#[test]
fn a_field_takes_its_fields_with_it() {
    let (a, b) = two_locals();
    let mut state = State::default();
    state.hold(a, vec![Sym(0), Sym(1)], How::Same);
    state.hold(a, vec![Sym(2)], How::Same);
    state.hold(b, vec![Sym(0)], How::Same);
    state.overwrite_path(a, &[Sym(0)]);
    let left: Vec<_> = state
        .holders
        .iter()
        .map(|h| (h.local, h.path.clone()))
        .collect();
    assert_eq!(left, [(a, vec![Sym(2)]), (b, vec![Sym(0)])]);
}

#[test]
fn keys_of_methods() {
    assert_eq!(method_key("(*a/b.T).M"), "a/b.T.M");
    assert_eq!(method_key("(a/b.T).M"), "a/b.T.M");
    assert_eq!(method_key("a/b.F"), "a/b.F");
    assert_eq!(method_key("(a/b.T"), "(a/b.T");
}

#[test]
fn a_later_class_with_the_same_name_replaces_the_first() {
    let mut models = Models::new();
    let first = models.add_class(class("x", &["Close"]));
    let second = models.add_class(class("x", &["Stop"]));
    assert_eq!(first, second);
    assert_eq!(*models.class(first).release, ["Stop".into()]);
}
