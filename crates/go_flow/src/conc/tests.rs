//! Small programs, and who is stuck in them.

use std::sync::Arc;

use go_syntax::{Mode, Source, parse};
use go_types::{Importer, PackageCx, PackageNames};

use super::{StuckGoroutines, StuckKind, StuckPart};
use crate::testing::TextPackages;

/// The kinds of what is stuck, each with the text of the operation, sorted.
fn stuck(text: &str) -> Vec<(StuckKind, String)> {
    let file = parse(Source::new(format!("package p\n{text}").into()), Mode::Full);
    assert_eq!(file.errors(), [], "{text}");
    let loader = TextPackages::new(&[]);
    let names = Arc::new(PackageNames::new(
        Importer::new("example.com/p"),
        vec![Arc::new(file)],
    ));
    let cx = PackageCx::new(&names, &loader);
    let found = StuckGoroutines::of(&cx, StuckPart::All);
    let mut all: Vec<_> = found
        .all
        .iter()
        .map(|stuck| {
            let text = names.file(0).span_text(stuck.site.span).to_owned();
            (stuck.kind, text)
        })
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

fn check(text: &str, expected: &[(StuckKind, &str)]) {
    let found = stuck(text);
    let found: Vec<_> = found.iter().map(|(kind, text)| (*kind, &**text)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_result_that_nobody_waits_for() {
    let with = |make: &str| {
        format!(
            "import \"time\"
            func f(work func() int) int {{
                ch := {make}
                go func() {{ ch <- work() }}()
                select {{
                case n := <-ch: return n
                case <-time.After(1): return 0
                }}
            }}"
        )
    };
    check(
        &with("make(chan int)"),
        &[(StuckKind::Send, "ch <- work()")],
    );
    check(&with("make(chan int, 1)"), &[]);
}

#[test]
fn a_channel_that_is_handed_out_is_left_alone() {
    check(
        "func f() chan int { ch := make(chan int); go func() { ch <- 1 }(); return ch }",
        &[],
    );
    check(
        "func Go(g func() int) chan int { ch := make(chan int); go func() { ch <- g() }(); return ch }
        func TestF() { Go(func() int { return 1 }) }",
        &[(StuckKind::Send, "ch <- g()")],
    );
}

#[test]
fn a_lock_that_is_held_over_a_send() {
    check(
        "import \"sync\"
        type T struct { ch, stop chan bool; mu sync.Mutex; n *N }
        type N struct { c chan bool }
        func (t *T) watch() {
            ch := t.ch
        Loop:
            for {
                select {
                case <-t.n.c:
                    t.mu.Lock()
                    close(ch)
                    t.ch = nil
                    t.mu.Unlock()
                    break Loop
                }
            }
        }
        func (t *T) write() {
            t.mu.Lock()
            defer t.mu.Unlock()
            if t.ch == nil { return }
            t.ch <- true
        }
        func newT() *T { return &T{ch: make(chan bool), n: &N{c: make(chan bool)}} }
        func TestT() {
            t := newT()
            go func() { t.n.c <- true }()
            go t.watch()
            go t.write()
        }",
        &[(StuckKind::Circular, "t.ch <- true")],
    );
}

#[test]
fn an_embedded_lock_is_the_same_one() {
    check(
        "import \"sync\"
        type vm struct { sync.Mutex }
        func (v *vm) a() { v.Lock(); defer v.Unlock(); v.b() }
        func (v *vm) b() { v.Lock(); defer v.Unlock() }
        func TestF() { v := &vm{}; go v.a() }",
        &[(StuckKind::Circular, "v.Lock()")],
    );
}

#[test]
fn a_lock_that_is_kept_in_a_map() {
    check(
        "import \"sync\"
        type info struct { mu sync.Mutex }
        type set struct { mu sync.Mutex; all map[string]*info }
        func (s *set) remove(name string) {
            s.mu.Lock()
            defer s.mu.Unlock()
            i := s.all[name]
            i.mu.Lock()
            defer i.mu.Unlock()
            s.mu.Unlock()
            s.mu.Lock()
        }
        func TestF() {
            s := &set{all: make(map[string]*info)}
            s.all[\"a\"] = &info{}
            go s.remove(\"a\")
            go s.remove(\"a\")
        }",
        &[(StuckKind::Circular, "i.mu.Lock()")],
    );
}

#[test]
fn errors_and_counts() {
    check(
        "func f(urls []string, get func(string) error) error {
            errs := make(chan error)
            for _, u := range urls {
                go func() { errs <- get(u) }()
            }
            for range urls {
                if err := <-errs; err != nil { return err }
            }
            return nil
        }",
        &[(StuckKind::SendOfMany, "errs <- get(u)")],
    );
    check(
        "func f(urls []string, get func(string) error) error {
            errs := make(chan error, len(urls))
            for _, u := range urls {
                go func() { errs <- get(u) }()
            }
            for i := 0; i < len(urls); i++ {
                if err := <-errs; err != nil { return err }
            }
            return nil
        }",
        &[],
    );
}

#[test]
fn a_range_that_nobody_ends() {
    let with = |close: &str| {
        format!(
            "func f(n int, next func() (int, error)) int {{
                ch := make(chan int)
                go func() {{
                    {close}
                    for i := 0; i < n; i++ {{
                        v, err := next()
                        if err != nil {{ return }}
                        ch <- v
                    }}
                    close(ch)
                }}()
                sum := 0
                for v := range ch {{ sum += v }}
                return sum
            }}"
        )
    };
    check(&with(""), &[(StuckKind::Range, "ch")]);
    let right = with("").replace("{ return }", "{ close(ch); return }");
    check(&right, &[]);
}

#[test]
fn groups_and_closers() {
    check(
        "import \"sync\"
        func f(items []int, work func(int) int) int {
            var wg sync.WaitGroup
            ch := make(chan int)
            for _, item := range items {
                wg.Add(1)
                go func() { defer wg.Done(); ch <- work(item) }()
            }
            go func() { wg.Wait(); close(ch) }()
            sum := 0
            for v := range ch { sum += v }
            return sum
        }",
        &[],
    );
    check(
        "import \"sync\"
        func f(items []int, work func(int) int) int {
            var wg sync.WaitGroup
            ch := make(chan int)
            for _, item := range items {
                wg.Add(1)
                go func() { defer wg.Done(); ch <- work(item) }()
            }
            wg.Wait()
            close(ch)
            sum := 0
            for v := range ch { sum += v }
            return sum
        }",
        &[(StuckKind::Circular, "ch <- work(item)")],
    );
}

#[test]
fn contexts() {
    let with = |ctx: &str| {
        format!(
            "import \"context\"
            func f(parent context.Context) {{
                {ctx}
                go func() {{ <-ctx.Done() }}()
            }}"
        )
    };
    check(&with("ctx := parent"), &[]);
    check(
        &with("ctx, cancel := context.WithCancel(parent); defer cancel()"),
        &[],
    );
    check(
        &with("ctx, cancel := context.WithCancel(context.Background()); _ = cancel"),
        &[(StuckKind::Receive, "<-ctx.Done()")],
    );
    check(
        &with("ctx, cancel := context.WithTimeout(context.Background(), 1); _ = cancel"),
        &[],
    );
    check(
        &with("ctx, cancel := context.WithCancel(context.Background()); defer cancel()"),
        &[],
    );
}

/// A type whose goroutine serves the channel `c`, with a method more.
fn server(arm: &str, method: &str) -> String {
    format!(
        "import \"sync\"
        type t struct {{
            mu sync.Mutex
            wg sync.WaitGroup
            c chan int
            quit chan bool
            closed bool
        }}
        func start() *t {{
            t := &t{{c: make(chan int), quit: make(chan bool)}}
            go t.loop()
            return t
        }}
        func (t *t) loop() {{
            for {{
                select {{
                case n := <-t.c: t.use(n)
                {arm}
                }}
            }}
        }}
        func (t *t) stop() {{ close(t.quit) }}
        {method}"
    )
}

#[test]
fn a_loop_that_was_left_serves_nobody() {
    let quit = "case <-t.quit: return";
    let plain = "func (t *t) use(n int) {}
        func (t *t) put(n int) { t.c <- n }";
    check(&server(quit, plain), &[(StuckKind::Send, "t.c <- n")]);
    // It is never left, or drains first.
    check(&server("", plain), &[]);
    check(
        &server(
            "case <-t.quit: for { select { case <-t.c: default: return } }",
            plain,
        ),
        &[],
    );
    // The sender asks as well, or a flag.
    check(
        &server(
            quit,
            "func (t *t) use(n int) {}
            func (t *t) put(n int) { select { case t.c <- n: case <-t.quit: } }",
        ),
        &[],
    );
    check(
        &server(
            quit,
            "func (t *t) use(n int) {}
            func (t *t) put(n int) { if t.closed { return }; t.c <- n }",
        ),
        &[],
    );
    // Somebody else may have the channel.
    check(
        &server(
            quit,
            "func (t *t) use(n int) {}
            func (t *t) get() <-chan int { return t.c }
            func (t *t) put(n int) { t.c <- n }",
        ),
        &[],
    );
}

#[test]
fn a_loop_waits_for_itself() {
    check(
        &server(
            "",
            "func (t *t) use(n int) { if n > 0 { t.put(n - 1) } }
            func (t *t) put(n int) { t.c <- n }",
        ),
        &[(StuckKind::Circular, "t.c <- n")],
    );
    // In a goroutine of its own it may wait.
    check(
        &server(
            "",
            "func (t *t) use(n int) { if n > 0 { go t.put(n - 1) } }
            func (t *t) put(n int) { t.c <- n }",
        ),
        &[],
    );
}

#[test]
fn a_loop_needs_the_lock_of_those_who_wait() {
    let with = |put: &str| {
        server(
            "",
            &format!(
                "func (t *t) use(n int) {{ t.mu.Lock(); t.closed = n == 0; t.mu.Unlock() }}
                func (t *t) put(n int) {{ {put} }}"
            ),
        )
    };
    check(
        &with("t.mu.Lock(); defer t.mu.Unlock(); t.c <- n"),
        &[(StuckKind::Circular, "t.c <- n")],
    );
    check(&with("t.mu.Lock(); t.mu.Unlock(); t.c <- n"), &[]);
}

#[test]
fn a_member_of_a_group_waits_for_the_group() {
    let with = |method: &str| {
        format!(
            "import \"sync\"
            type t struct {{ wg sync.WaitGroup; c chan int }}
            func (t *t) start() {{
                t.wg.Add(1)
                go func() {{ defer t.wg.Done(); t.loop() }}()
            }}
            func (t *t) loop() {{ for n := range t.c {{ if n == 0 {{ {method} }} }} }}
            func (t *t) stop() {{ t.wg.Wait() }}"
        )
    };
    check(&with("t.stop()"), &[(StuckKind::Circular, "t.stop()")]);
    check(&with("go t.stop()"), &[]);
}
