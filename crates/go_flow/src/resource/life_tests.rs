//! Resources beyond their release, on small functions.

use super::inferred::NoContracts;
use super::life::What;
use super::tests::{OPEN, R, test_models};
use crate::testing::with_packages;

/// What goes wrong in a function with these statements that returns an error, and whether only on a
/// path that fails.
fn events(statements: &str) -> Vec<(What, bool)> {
    let text = format!(
        "import \"r\"\nfunc f(c bool) (err error) {{\n{statements}\n}}\nfunc g(a, b error) error {{ return a }}\nfunc h(n int, err error) error {{ return err }}\n"
    );
    let mut list = Vec::new();
    with_packages(&[R], &text, |facts| {
        let events = facts.life_events(&test_models(), &NoContracts, &|_| true);
        list = events
            .iter()
            .map(|event| (event.what, event.fails))
            .collect();
    });
    list
}

#[track_caller]
fn assert_events(statements: &str, expected: &[What]) {
    let found = events(&format!("{OPEN} {statements}"));
    let found: Vec<_> = found.into_iter().map(|(what, _)| what).collect();
    assert_eq!(found, expected, "{statements}");
}

const WRITE: &str = "if _, err := t.Write(nil); err != nil { return err };";

#[test]
fn errors_of_releases_are_seen_or_not() {
    let dropped = [What::ErrorDropped];
    assert_events(&format!("defer t.Close(); {WRITE} return nil"), &dropped);
    assert_events(
        &format!("defer func() {{ t.Close() }}(); {WRITE} return nil"),
        &dropped,
    );
    assert_events(&format!("{WRITE} t.Close(); return nil"), &dropped);
    assert_events(
        &format!("{WRITE} if c {{ t.Close(); return nil }}; return t.Close()"),
        &dropped,
    );
    assert_events(&format!("{WRITE} return t.Close()"), &[]);
    assert_events(&format!("{WRITE} _ = t.Close(); return nil"), &[]);
    assert_events("defer t.Close(); return t.Use()", &[]);
    assert_events(
        &format!(
            "{WRITE} if err := t.Use(); err != nil {{ t.Close(); return err }}; return t.Close()"
        ),
        &[],
    );
}

#[test]
fn a_checked_release_before_the_deferred_one_is_enough() {
    let statements = format!("defer t.Close(); {WRITE} return t.Close()");
    assert_events(&statements, &[What::ReleasedTwice { seen: false }]);
}

#[test]
fn second_releases_are_told_with_who_looks() {
    assert_events(
        "t.Close(); return t.Close()",
        &[What::ReleasedTwice { seen: true }],
    );
    assert_events(
        "done := false; defer func() { if !done { t.Close() } }(); done = true; return t.Close()",
        &[],
    );
    let failing = "defer func() { if e := t.Close(); err == nil { err = e } }(); \
                   if err := t.Close(); err != nil { return err }; t = nil; return nil";
    assert!(
        events(&format!("{OPEN} {failing}"))
            .iter()
            .all(|(_, fails)| *fails)
    );
}

#[test]
fn uses_after_the_release_are_told() {
    assert_events(
        "t.Close(); _, err = t.Write(nil); return err",
        &[What::UsedAfter],
    );
    assert_events("return g(t.Close(), h(t.Write(nil)))", &[What::UsedAfter]);
    assert_events(
        "if c { t.Close() }; _, err = t.Write(nil); return err",
        &[What::UsedAfter],
    );
    assert_events("t.Close(); return nil", &[]);
    assert_events("return g(t.Use(), t.Close())", &[]);
    assert_events(
        "if c { return t.Close() }; _, err = t.Write(nil); return err",
        &[],
    );
}
