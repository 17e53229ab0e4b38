//! What becomes of locks, on code of a few lines.

use super::*;
use crate::testing::with_facts;

const DECLARATIONS: &str = "import \"sync\"
type s struct { mu sync.Mutex; rw sync.RWMutex; next *s; n int; ok bool }
func (x *s) lock() { x.mu.Lock() }
func (x *s) unlock() { x.mu.Unlock() }
func (x *s) begin() error { x.mu.Lock(); if x.n == 0 { x.mu.Unlock(); return errNone }; return nil }
func (x *s) size() int { x.mu.Lock(); defer x.mu.Unlock(); return x.n }
func (x *s) deep() int { return x.deep() + x.size() }
func (x *s) step() { x.mu.Unlock(); x.mu.Lock() }
var errNone error
";

/// Checks, for each lock that a method with these statements takes, what happens to it in words.
#[track_caller]
fn assert_fates(statements: &str, expected: &[&str]) {
    let text = format!("{DECLARATIONS}func (x *s) f(a, b bool, list []*s) {{\n{statements}\n}}\n");
    with_facts(&text, |facts| {
        let contracts = LockContracts::of(facts.body().cx());
        let found: Vec<String> = facts
            .taken_locks(&contracts)
            .iter()
            .map(|lock| {
                let mut words: Vec<&str> = lock.events.iter().map(word).collect();
                words.sort_unstable();
                words.dedup();
                words.join(" ")
            })
            .collect();
        assert_eq!(found, expected, "{statements}");
    });
}

fn word(event: &LockEvent) -> &'static str {
    match &event.fate {
        LockFate::Kept { .. } => "kept",
        LockFate::Released => "released",
        LockFate::Again { within: false, .. } => "again",
        LockFate::Again { within: true, .. } => "again-within",
        LockFate::ReleasedTwice { .. } => "twice",
        LockFate::Waits(_) => "waits",
        LockFate::Takes { .. } => "takes",
        LockFate::Unknown => "unknown",
    }
}

#[test]
fn every_path_to_its_end() {
    assert_fates("x.mu.Lock(); x.mu.Unlock()", &["released"]);
    assert_fates(
        "x.mu.Lock(); defer x.mu.Unlock(); if a { return }",
        &["released"],
    );
    assert_fates(
        "x.mu.Lock(); if a { return }; x.mu.Unlock()",
        &["kept released"],
    );
    assert_fates(
        "x.mu.Lock(); if a { panic(1) }; x.mu.Unlock()",
        &["released"],
    );
    assert_fates("x.mu.Lock(); for {}", &[""]);
    assert_fates("for a { x.mu.Lock() }", &["again kept"]);
}

#[test]
fn conditions_agree() {
    assert_fates(
        "if a { x.mu.Lock() }; if a { x.mu.Unlock() }",
        &["released"],
    );
    assert_fates(
        "if x.ok { x.mu.Lock() }; if !x.ok { return }; x.mu.Unlock()",
        &["released"],
    );
    assert_fates(
        "if x.n > 0 { x.mu.Lock() }; if x.n <= 0 { return }; x.mu.Unlock()",
        &["released"],
    );
    assert_fates(
        "if a { x.mu.Lock() }; if b { x.mu.Unlock() }",
        &["kept released"],
    );
    // What is assigned in between is another value.
    assert_fates(
        "if x.ok { x.mu.Lock() }; x.ok = b; if x.ok { x.mu.Unlock() }",
        &["kept released"],
    );
    assert_fates(
        "held := false; if a { x.mu.Lock(); held = true }; if held { x.mu.Unlock() }",
        &["released"],
    );
    assert_fates(
        "held := true; x.mu.Lock(); defer func() { if held { x.mu.Unlock() } }(); if a { held = false; x.mu.Unlock() }",
        &["released"],
    );
}

#[test]
fn tries_count_where_they_succeed() {
    assert_fates(
        "if !x.mu.TryLock() { return }; x.mu.Unlock()",
        &["released"],
    );
    assert_fates("if x.mu.TryLock() { return }", &["kept"]);
    assert_fates(
        "ok := x.mu.TryLock(); if ok { x.mu.Unlock() }",
        &["released"],
    );
    assert_fates("ok := x.mu.TryLock(); if !ok { return }", &["kept"]);
}

#[test]
fn functions_of_the_package_count() {
    assert_fates("x.lock(); x.unlock()", &["released"]);
    assert_fates("x.lock(); if a { return }; x.unlock()", &["kept released"]);
    assert_fates(
        "if err := x.begin(); err != nil { return }; x.unlock()",
        &["released"],
    );
    assert_fates(
        "err := x.begin(); if err != nil { return }; if a { return }; x.unlock()",
        &["kept released"],
    );
    assert_fates(
        "x.mu.Lock(); defer x.mu.Unlock(); x.size()",
        &["again-within"],
    );
    assert_fates(
        "x.mu.Lock(); defer x.mu.Unlock(); x.next.size()",
        &["released takes"],
    );
    assert_fates("x.mu.Lock(); defer x.mu.Unlock(); x.step()", &["released"]);
}

#[test]
fn recursion_comes_to_an_end() {
    assert_fates(
        "x.mu.Lock(); defer x.mu.Unlock(); x.deep()",
        &["again-within"],
    );
}

#[test]
fn what_is_not_followed_is_not_known() {
    assert_fates("x.mu.Lock(); go func() { x.mu.Unlock() }()", &["unknown"]);
    assert_fates("x.mu.Lock(); done := x.mu.Unlock; done()", &["unknown"]);
    assert_fates("for _, e := range list { e.mu.Lock() }", &["unknown"]);
    assert_fates(
        "e := list[0]; e.mu.Lock(); x.next = e; e = nil",
        &["unknown"],
    );
}

#[test]
fn a_lock_is_given_back_once() {
    assert_fates(
        "x.mu.Lock(); defer x.mu.Unlock(); if a { x.mu.Unlock() }",
        &["released twice"],
    );
    assert_fates(
        "x.mu.Lock(); x.mu.Unlock(); x.mu.Lock(); x.mu.Unlock()",
        &["released", "released"],
    );
}

#[test]
fn aliases_are_looked_through() {
    assert_fates(
        "mu := &x.mu; mu.Lock(); if a { x.mu.Unlock(); return }; mu.Unlock()",
        &["released"],
    );
    assert_fates(
        "e := x.next; e.mu.Lock(); x.next.mu.Unlock()",
        &["released"],
    );
    // Another value since.
    assert_fates(
        "e := x.next; x.next = nil; e.mu.Lock(); e.mu.Unlock()",
        &["released"],
    );
}
