//! Sites of small functions.

use go_types::{Builtin, Callee};

use super::{CallMode, LiteralUse, LockOp, Mutex};
use crate::testing::{Snippet, with_body, with_facts, with_packages};
use crate::{CallEnd, End, FunctionFacts};

const SYNC: &str = "package sync
    type Locker interface { Lock(); Unlock() }
    type Mutex struct { state int }
    func (m *Mutex) Lock() {}
    func (m *Mutex) Unlock() {}
    func (m *Mutex) TryLock() bool
    type RWMutex struct { w Mutex }
    func (m *RWMutex) Lock() {}
    func (m *RWMutex) Unlock() {}
    func (m *RWMutex) RLock() {}
    func (m *RWMutex) RUnlock() {}
    func (m *RWMutex) TryRLock() bool";

#[test]
fn defers_in_source_order_with_the_function_they_run_in() {
    with_body(
        "defer a(); defer func() { defer b(); c() }(); defer d()
        for x { go func() { defer (e)() }() }",
        |facts| {
            let text = |expr| facts.file().expr_text(expr).to_owned();
            let found: Vec<_> = facts
                .defers()
                .iter()
                .map(|site| (text(site.call), site.ordinal, site.on_line, site.point.func))
                .collect();
            let [first, second] = [facts.literal(0), facts.literal(1)];
            assert_eq!(
                found,
                [
                    ("a()".to_owned(), 0, 0, facts.root()),
                    ("func() { defer b(); c() }()".to_owned(), 1, 1, facts.root()),
                    ("b()".to_owned(), 2, 2, first),
                    ("d()".to_owned(), 3, 3, facts.root()),
                    ("(e)()".to_owned(), 4, 0, second),
                ]
            );
            let literals: Vec<_> = facts.defers().iter().map(|site| site.literal).collect();
            assert_eq!(literals, [None, Some(first), None, None, None]);
            assert_eq!(facts.defers_of(facts.root()).count(), 3);
            assert_eq!(facts.gos().len(), 1);
            assert_eq!(facts.gos()[0].literal, Some(second));
            assert!(facts.in_cycle(facts.gos()[0].point));
        },
    );
}

#[test]
fn calls_in_the_order_in_which_they_are_made() {
    with_body(
        "a(b(c()), d().e(f()))
        if g() && h() { defer i(j()) }
        x := []int{k(func() { l() })}",
        |facts| {
            let text = |site: &super::CallSite| facts.file().expr_text(site.call).to_owned();
            let root: Vec<_> = facts.calls_of(facts.root()).iter().map(text).collect();
            assert_eq!(
                root,
                [
                    "c()",
                    "b(c())",
                    "d()",
                    "f()",
                    "d().e(f())",
                    "a(b(c()), d().e(f()))",
                    "g()",
                    "h()",
                    "j()",
                    "i(j())",
                    "k(func() { l() })"
                ]
            );
            let inner = facts.calls_of(facts.literal(0));
            assert_eq!(inner.iter().map(text).collect::<Vec<_>>(), ["l()"]);
            assert_eq!(facts.calls().len(), 12);
            let at = facts.calls_at(facts.at("defer"));
            assert_eq!(at.iter().map(text).collect::<Vec<_>>(), ["j()", "i(j())"]);
            assert_eq!(at[0].mode, CallMode::Now);
            assert_eq!(at[1].mode, CallMode::Deferred(facts.stmt("defer")));
            assert_eq!(
                facts
                    .calls_at(facts.at("if"))
                    .iter()
                    .map(text)
                    .collect::<Vec<_>>(),
                ["g()"]
            );
            assert_eq!(
                facts.call_site(facts.expr("h()")).map(text),
                Some("h()".to_owned())
            );
            assert_eq!(facts.call_site(facts.expr("x")), None);
        },
    );
}

#[test]
fn what_becomes_of_literals() {
    with_body(
        "func() {}()
        defer func() {}()
        go (func() {})()
        run(1, func() {})
        http.HandlerFunc(func() {})
        x := func() {}
        var y, z = 1, func() {}
        s.f = func() {}
        m[1] = func() {}
        p = struct{ f func() }{f: func() {}}
        _ = []func(){func() {}}
        ch <- func() {}
        _ = func() {}
        _ = func() {} == nil
        defer run(func() {})
        return func() {}",
        |facts| {
            assert_eq!(facts.literal_use(facts.root()), LiteralUse::Root);
            let role = |index| facts.literal_use(facts.literal(index));
            assert!(matches!(role(0), LiteralUse::Called { .. }));
            assert!(
                matches!(role(1), LiteralUse::Deferred { stmt, .. } if stmt == facts.stmt("defer func"))
            );
            assert!(
                matches!(role(2), LiteralUse::Spawned { stmt, .. } if stmt == facts.stmt("go"))
            );
            assert_eq!(
                role(3),
                LiteralUse::Argument {
                    call: facts.expr("run(1, func() {})"),
                    index: 1
                }
            );
            assert!(matches!(role(4), LiteralUse::Argument { index: 0, .. }));
            assert_eq!(
                role(5),
                LiteralUse::Assigned {
                    local: facts.local("x")
                }
            );
            assert_eq!(
                role(6),
                LiteralUse::Assigned {
                    local: facts.local("z")
                }
            );
            for index in 7..=11 {
                assert_eq!(role(index), LiteralUse::Stored, "{index}");
            }
            assert_eq!(role(12), LiteralUse::Other);
            assert_eq!(role(13), LiteralUse::Other);
            assert!(matches!(role(14), LiteralUse::Argument { .. }));
            assert_eq!(
                role(15),
                LiteralUse::Returned {
                    stmt: facts.stmt("return")
                }
            );
            assert_eq!(facts.created_at(facts.literal(5)), Some(facts.at("x :=")));
            assert_eq!(facts.created_at(facts.root()), None);
        },
    );
}

#[test]
fn literals_that_calls_run() {
    with_body(
        "once := func() { a() }
        var late func()
        late = func() { b() }
        twice := func() { c() }
        twice = nil
        defer once()
        late()
        twice()
        func() { d() }()",
        |facts| {
            let called = |text| facts.literal_called(facts.expr(text));
            assert_eq!(called("once()"), Some(facts.literal(0)));
            assert_eq!(called("late()"), Some(facts.literal(1)));
            assert_eq!(called("twice()"), None);
            assert_eq!(called("func() { d() }()"), Some(facts.literal(3)));
            assert_eq!(called("a()"), None);
        },
    );
}

#[test]
fn recovers() {
    with_facts(
        "func f(r T) {
            defer recover()
            defer func() { recover(); func() { _ = (recover)() }() }()
            recover := g
            recover()
            r.recover()
        }",
        |facts| {
            let found: Vec<_> = facts
                .recovers()
                .iter()
                .map(|site| (site.mode, site.point.func))
                .collect();
            assert_eq!(
                found,
                [
                    (
                        CallMode::Deferred(facts.stmt("defer recover")),
                        facts.root()
                    ),
                    (CallMode::Now, facts.literal(0)),
                    (CallMode::Now, facts.literal(1)),
                ]
            );
            assert_eq!(
                facts.callee(facts.recovers()[0].call),
                Callee::Builtin(Builtin::Recover)
            );
        },
    );
}

fn lock_texts(facts: &FunctionFacts<'_>) -> Vec<(String, LockOp, Mutex)> {
    facts
        .locks()
        .iter()
        .map(|lock| {
            (
                facts.file().expr_text(lock.operand).to_owned(),
                lock.op,
                lock.mutex,
            )
        })
        .collect()
}

#[test]
fn locks_by_type() {
    with_packages(
        &[("sync", SYNC)],
        "import \"sync\"
        type own struct{}
        func (own) Lock() {}
        type fields struct { Unlock func() }
        type S struct { mu sync.Mutex; rw *sync.RWMutex; sync.Mutex }
        func f(s *S, l sync.Locker, o own, v fields) {
            s.mu.Lock()
            defer s.mu.Unlock()
            s.rw.RLock()
            s.Lock()
            if s.Mutex.TryLock() {}
            l.Unlock()
            o.Lock()
            v.Unlock()
            (*sync.Mutex).Lock(&s.mu)
            go s.rw.TryRLock()
            s.Lock(1)
        }",
        |facts| {
            use {LockOp as Op, Mutex as M};
            let expected = [
                ("s.mu", Op::Lock, M::Mutex),
                ("s.mu", Op::Unlock, M::Mutex),
                ("s.rw", Op::RLock, M::RwMutex),
                ("s", Op::Lock, M::Mutex),
                ("s.Mutex", Op::TryLock, M::Mutex),
                ("l", Op::Unlock, M::Locker),
                ("o", Op::Lock, M::Other),
                ("&s.mu", Op::Lock, M::Mutex),
                ("s.rw", Op::TryRLock, M::RwMutex),
            ];
            let expected = expected.map(|(text, op, mutex)| (text.to_owned(), op, mutex));
            assert_eq!(lock_texts(facts), expected);
            let place = |index: usize| facts.locks()[index].place.clone().unwrap();
            assert_eq!(place(0), place(1));
            assert_eq!(place(0), place(7));
            assert_eq!(place(3), place(4));
            assert_eq!(place(2), place(8));
            assert_ne!(place(0), place(2));
            assert_ne!(place(0), place(3));
            assert!(matches!(facts.locks()[1].mode, CallMode::Deferred(_)));
            assert!(matches!(facts.locks()[8].mode, CallMode::Spawned(_)));
        },
    );
}

#[test]
fn locks_without_types() {
    with_facts(
        "import \"example.com/sync\"
        var x = unknown()
        func f() { x.mu.Lock(); defer g().Unlock(); sync.Lock() }",
        |facts| {
            let expected = [
                ("x.mu".to_owned(), LockOp::Lock, Mutex::Unknown),
                ("g()".to_owned(), LockOp::Unlock, Mutex::Unknown),
            ];
            assert_eq!(lock_texts(facts), expected);
            assert!(facts.locks()[0].place.is_some());
            assert!(facts.locks()[1].place.is_none());
        },
    );
}

#[test]
fn ends_of_methods_by_type_and_by_name() {
    let packages = [
        (
            "testing",
            "package testing
            type common struct{}
            func (c *common) Fatal(args ...any) {}
            func (c *common) FailNow() {}
            type T struct { common }
            type TB interface { Fatal(args ...any); SkipNow() }",
        ),
        (
            "go.uber.org/zap",
            "package zap
            type Logger struct{}
            func (l *Logger) Fatal(msg string) {}
            func (l *Logger) Panic(msg string) {}
            func L() *Logger",
        ),
        (
            "github.com/rs/zerolog",
            "package zerolog
            type Logger struct{}
            type Event struct{}
            func (l *Logger) Fatal() *Event
            func (l *Logger) Error() *Event
            func (e *Event) Err(err error) *Event
            func (e *Event) Msg(text string)",
        ),
    ];
    with_packages(
        &packages,
        "import (
            \"testing\"
            \"syscall\"
            \"go.uber.org/zap\"
            \"github.com/rs/zerolog\"
            \"github.com/rs/zerolog/log\"
        )
        type own struct{}
        func (own) Fatal() {}
        type has struct{ Fatal func() }
        func f(t *testing.T, tb testing.TB, z *zerolog.Logger, o own, h has) {
            t.Fatal(1)
            t.FailNow()
            tb.SkipNow()
            zap.L().Fatal(``)
            zap.L().Panic(``)
            z.Fatal().Err(nil).Msg(``)
            z.Error().Err(nil).Msg(``)
            log.Fatal().Msg(``)
            log.Info().Msg(``)
            o.Fatal()
            h.Fatal()
            unknown.Fatal()
            unknown.FailNow()
            unknown.Other()
            syscall.Exec()
        }",
        |facts| {
            let end = |text| facts.call_end(facts.expr(text));
            let never = |end| Some(CallEnd::Never(end));
            let maybe = |end| Some(CallEnd::Maybe(end));
            assert_eq!(end("t.Fatal(1)"), never(End::Goexit));
            assert_eq!(end("t.FailNow()"), never(End::Goexit));
            assert_eq!(end("tb.SkipNow()"), never(End::Goexit));
            assert_eq!(end("zap.L().Fatal(``)"), never(End::Process));
            assert_eq!(end("zap.L().Panic(``)"), never(End::Panic));
            assert_eq!(end("z.Fatal().Err(nil).Msg(``)"), never(End::Process));
            assert_eq!(end("z.Error().Err(nil).Msg(``)"), None);
            assert_eq!(end("log.Fatal().Msg(``)"), never(End::Process));
            assert_eq!(end("log.Info().Msg(``)"), None);
            assert_eq!(end("o.Fatal()"), None);
            assert_eq!(end("h.Fatal()"), None);
            assert_eq!(end("unknown.Fatal()"), maybe(End::Process));
            assert_eq!(end("unknown.FailNow()"), maybe(End::Goexit));
            assert_eq!(end("unknown.Other()"), None);
            assert_eq!(end("syscall.Exec()"), maybe(End::Process));
            assert!(facts.may_end(facts.expr("syscall.Exec()")));
            assert!(!facts.may_end(facts.expr("t.Fatal(1)")));
        },
    );
}
