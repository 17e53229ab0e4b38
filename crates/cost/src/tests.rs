//! Every condition, from Go to class and reason. That these are the compiler's own conditions is for
//! `cargo xtask oracle defers` to show; here they are written down one by one.

use std::sync::Arc;

use go_syntax::{Mode, Source, parse};
use go_types::{Body, Importer, Loader, NoPackages, PackageCx, PackageNames};

use crate::{Build, Class, Site, classes};

/// The classes and reasons in a file, which is given without its package clause; a line for each
/// defer of the first function with some.
fn of_build(build: &Build, text: &str) -> Vec<String> {
    with_loader(build, &NoPackages, text)
}

fn with_loader(build: &Build, loader: &dyn Loader, text: &str) -> Vec<String> {
    with_sites(build, loader, text, |site| {
        let class = site.class.map_or("none", |class| class.as_str());
        format!("{class}: {}", site.reason)
    })
}

fn with_sites<T>(
    build: &Build,
    loader: &dyn Loader,
    text: &str,
    visit: impl Fn(&Site) -> T,
) -> Vec<T> {
    let file = parse(Source::new(format!("package p\n{text}").into()), Mode::Full);
    assert_eq!(file.errors(), [], "{text}");
    let importer = Importer::new("example.com/p");
    let names = Arc::new(PackageNames::new(importer, vec![Arc::new(file)]));
    let cx = PackageCx::new(&names, loader);
    let file = names.file(0);
    let mut lines = Vec::new();
    for func in file.all_funcs() {
        if file.func(func).parent.is_none() {
            let body = Body::new(&cx, 0, func);
            lines.extend(classes(&body, build).sites.iter().map(&visit));
        }
    }
    lines
}

fn of(minor: u32, text: &str) -> Vec<String> {
    of_build(&Build::plain(minor), text)
}

/// Asserts on the newest release.
#[track_caller]
fn expect(text: &str, lines: &[&str]) {
    assert_eq!(of(27, text), lines, "{text}");
}

const OPEN: &str = "open-coded: nothing prevents it";
const DEAD: &str = "none: never reached, not compiled";

fn defers(count: usize) -> String {
    "defer g()\n".repeat(count)
}

#[test]
fn up_to_eight_defers_are_written_out() {
    expect(&format!("func f() {{\n{}}}", defers(8)), &[OPEN; 8]);
    expect(
        &format!("func f() {{\n{}}}", defers(9)),
        &["stack-allocated: 9 defers in this function"; 9],
    );
}

#[test]
fn returns_times_defers_are_limited() {
    let with = |returns: usize| {
        let exits = "if c {\nreturn\n}\n".repeat(returns);
        format!("func f(c bool) {{\n{}{exits}}}", defers(4))
    };
    expect(&with(3), &[OPEN; 4]);
    expect(
        &with(4),
        &["stack-allocated: 4 returns × 4 defers = 16 > 15"; 4],
    );
}

#[test]
fn loops_make_records_on_the_heap_and_spoil_the_function() {
    expect(
        "func f() {\nfor {\ndefer g()\n}\n}",
        &["heap-allocated: in a loop (for, line 3)"],
    );
    expect(
        "func f(s []int) {\ndefer g()\nfor range s {\nif s[0] > 1 {\ndefer g()\n}\n}\ndefer g()\n}",
        &[
            "stack-allocated: another defer of the function is in a loop (line 6)",
            "heap-allocated: in a loop (range, line 4)",
            "stack-allocated: another defer of the function is in a loop (line 6)",
        ],
    );
    // A literal is a function of its own.
    expect(
        "func f(s []int) {\nfor range s {\nfunc() {\ndefer g()\n}()\n}\n}",
        &[OPEN],
    );
}

#[test]
fn labels_count_when_a_later_goto_jumps_back() {
    let heap = "heap-allocated: in a loop (goto again, line 3)";
    expect(
        "func f(c bool) {\nagain:\ndefer g()\nif c {\ngoto again\n}\n}",
        &[heap],
    );
    expect(
        "func f(c bool) {\ngoto ahead\nahead:\ndefer g()\n}",
        &[OPEN],
    );
    // The block of the label ends its effect, unless it is a plain one.
    let around = |open: &str| {
        format!("func f(c bool) {{\n{open} {{\nagain:\nif c {{\ngoto again\n}}\n}}\ndefer g()\n}}")
    };
    expect(&around("if c"), &[OPEN]);
    expect(
        &around(""),
        &["heap-allocated: in a loop (goto again, line 4)"],
    );
    expect(
        "func f(c bool) {\nouter:\nfor {\ncontinue outer\n}\ndefer g()\n}",
        &[OPEN],
    );
}

#[test]
fn loops_over_functions_have_forms_of_their_own() {
    let text = "func f(seq func(func(int) bool)) {\ndefer g()\nfor x := range seq {\ndefer g()\nfunc() { defer g() }()\n_ = x\n}\n}";
    expect(
        text,
        &[
            "stack-allocated: another defer of the function is in a range-over-func body (line 5)",
            "heap-allocated: in a range-over-func body (line 4)",
            OPEN,
        ],
    );
    // The function returns once after the loop, however often the body says so.
    let returns = "if x > 1 {\nreturn\n}\n".repeat(9);
    expect(
        &format!(
            "func f(seq func(func(int) bool)) {{\n{}for x := range seq {{\n{returns}}}\n}}",
            defers(8)
        ),
        &[OPEN; 8],
    );
}

#[test]
fn dead_code_is_dropped_since_1_22() {
    let text = "func f() {\nfor false {\ndefer g()\n}\n}";
    assert_eq!(of(21, text), ["heap-allocated: in a loop (for, line 3)"]);
    assert_eq!(of(22, text), [DEAD]);
    for text in [
        "const off = false\nfunc f() {\nif off {\ndefer g()\n}\n}",
        "func f() {\nreturn\ndefer g()\n}",
        "func f() {\npanic(1)\ndefer g()\n}",
        "func f() {\nif x := 1; false && x > 1 {\ndefer g()\n}\n}",
        "const os = `linux`\nfunc f() {\nswitch os {\ncase `windows`:\ndefer g()\n}\n}",
    ] {
        assert_eq!(of(21, text), [DEAD], "{text}");
        assert_eq!(of(27, text), [DEAD], "{text}");
    }
    // Before, dead returns counted.
    let dead = "return\n".repeat(16);
    let text = format!("func f() {{\ndefer g()\n{dead}}}");
    assert_eq!(
        of(21, &text),
        ["stack-allocated: 16 returns × 1 defers = 16 > 15"]
    );
    assert_eq!(of(22, &text), [OPEN]);
    expect("func f() {\nfor {\n}\ndefer g()\n}", &[OPEN]);
    // A label within revives a block whose condition is constant.
    expect(
        "func f(c bool) {\nif c {\ngoto out\n}\nreturn\nif true {\nin:\ndefer g()\nif c {\ngoto in\n}\n}\nout:\ng()\n}",
        &["heap-allocated: in a loop (goto in, line 8)"],
    );
    expect("func _() {\ndefer g()\n}", &[DEAD]);
}

#[test]
fn tables_save_returns_since_1_27() {
    let cases: String = (0..16)
        .map(|value| format!("case {value}:\nreturn {value}\n"))
        .collect();
    let text = format!("func f(x int) int {{\ndefer g()\nswitch x {{\n{cases}}}\nreturn 0\n}}");
    assert_eq!(
        of(26, &text),
        ["stack-allocated: 17 returns × 1 defers = 17 > 15"]
    );
    assert_eq!(of(27, &text), [OPEN]);
    // Not when a case falls through, or values are far apart.
    let sparse = text.replace("case 15:", "case 1500:");
    assert_eq!(
        of(27, &sparse),
        ["stack-allocated: 17 returns × 1 defers = 17 > 15"]
    );
}

#[test]
fn flags_take_open_coding_away() {
    let text = "func f() {\ndefer g()\n}";
    let plain = Build::default();
    for (build, line) in [
        (plain, OPEN),
        (
            Build {
                no_optimization: true,
                ..plain
            },
            "stack-allocated: built with -N",
        ),
        (
            Build {
                race: true,
                ..plain
            },
            "stack-allocated: built with -race",
        ),
        (
            Build {
                shared_386: true,
                ..plain
            },
            "stack-allocated: a shared object on 386",
        ),
    ] {
        assert_eq!(of_build(&build, text), [line]);
    }
}

#[test]
fn what_follows_an_inlined_goto_counts_as_a_loop() {
    let body = "(n int) {\nagain:\nif n > 0 {\nn--\ngoto again\n}\n}";
    let text = format!("func again{body}\nfunc f() {{\nagain(3)\ndefer g()\n}}");
    let heap = "heap-allocated: after the call of again in line 10, which is inlined and jumps back with goto";
    expect(&text, &[heap]);
    expect(&format!("//go:noinline\n{text}"), &[OPEN]);
    // -N leaves inlining on.
    let kept = Build {
        no_optimization: true,
        ..Build::default()
    };
    assert_eq!(of_build(&kept, &text), [heap]);
    // Through another function, and as a literal; but not from within a block.
    let heap = |line: u32, callee: &str| {
        format!(
            "heap-allocated: after the call of {callee} in line {line}, which is inlined and jumps back with goto"
        )
    };
    let through =
        format!("{text}\nfunc via(n int) {{ again(n) }}\nfunc h() {{\nvia(3)\ndefer g()\n}}");
    assert_eq!(of(27, &through)[1], heap(15, "via"));
    expect(
        &format!("func f() {{\nfunc{body}(3)\ndefer g()\n}}"),
        &[&heap(3, "a literal")],
    );
    expect(
        &format!("func again{body}\nfunc f(c bool) {{\nif c {{\nagain(3)\n}}\ndefer g()\n}}"),
        &[OPEN],
    );
    // As the body of a loop over a function that is inlined with it; before 1.24 that is too long.
    let over = format!(
        "func again{body}\nfunc seq(yield func(int) bool) {{ yield(1) }}\nfunc f() {{\nfor range seq {{\nagain(3)\n}}\ndefer g()\n}}"
    );
    assert_eq!(of(23, &over), [OPEN]);
    assert_eq!(of(24, &over), [heap(11, "the body of the loop")]);
    // Too long for 80 nodes, and short again.
    let long = |calls: usize| {
        let calls = "unknown(n)\n".repeat(calls);
        format!(
            "var unknown func(int)\nfunc again(n int) {{\nagain:\nif n > 0 {{\nn--\ngoto again\n}}\n{calls}}}\nfunc f() {{\nagain(3)\ndefer g()\n}}"
        )
    };
    assert!(of(27, &long(1))[0].starts_with("heap-allocated"));
    expect(&long(2), &[OPEN]);
}

#[test]
fn an_inlined_call_revives_dead_code() {
    let text = |call: &str| {
        format!(
            "func short(n int) int {{ return n }}\nfunc long(n int) {{ recover() }}\nfunc f(c bool) {{\nif c {{\ngoto out\n}}\nreturn\n{call}\ndefer g()\nout:\n}}"
        )
    };
    for minor in [21, 22, 27] {
        for (call, revives) in [
            ("short(1)", true),
            ("c = short(1) > 0", true),
            ("func() { c = true }()", true),
            ("for range []int{short(1)} { }", true),
            ("long(1)", false),
            ("go short(1)", false),
            ("go long(short(1))", true),
            // Within a statement that is dead itself.
            ("if short(1) > 1 { }", false),
            ("_ = c && short(1) > 1", false),
            ("for short(1) > 1 { }", false),
            ("c = !c", false),
        ] {
            let text = text(call);
            let expected = if revives { OPEN } else { DEAD };
            assert_eq!(of(minor, &text), [expected], "1.{minor}: {call}");
        }
    }
}

#[test]
fn a_loop_over_a_function_comes_along_in_1_24_and_1_25() {
    let text = "func seq(yield func(int) bool) { yield(1) }\nfunc f() {\nfunc() {\nfor x := range seq {\ndefer h(x)\n}\n}()\ndefer g()\n}";
    for (minor, spoiled) in [
        (23, false),
        (24, true),
        (25, true),
        (26, false),
        (27, false),
    ] {
        let expected = if spoiled {
            "stack-allocated: another defer of the function is in a range-over-func body (line 6)"
        } else {
            OPEN
        };
        assert_eq!(of(minor, text)[1], expected, "1.{minor}");
    }
}

#[test]
fn literals_are_made_twice_before_1_22() {
    // The second copy keeps its dead returns, and is made where the literal around it is put in place.
    let dead = "if c {\nreturn\n}\n".repeat(16);
    let text = |open: &str, close: &str| {
        format!(
            "func run(h func()) {{ h() }}\nfunc f(c bool) {{\n{open} {{\nrun(func() {{\ndefer g()\nif false {{\n{dead}}}\n}})\n}}{close}\n}}"
        )
    };
    let copies = |minor: u32, text: &str| {
        with_sites(&Build::plain(minor), &NoPackages, text, |site| {
            (site.class, site.copy)
        })
    };
    let (open, stack) = (Some(Class::OpenCoded), Some(Class::StackAllocated));
    assert_eq!(copies(21, &text("run(func()", ")")), [(open, stack)]);
    assert_eq!(copies(22, &text("run(func()", ")")), [(open, None)]);
    assert_eq!(copies(21, &text("go run(func()", ")")), [(open, None)]);
    // Nothing but the copy is left of a literal that is called on the spot.
    assert_eq!(copies(21, &text("func()", "()")), [(stack, None)]);
}

#[test]
fn results_whose_address_leaves_keep_defers_on_the_stack() {
    let heap = |name: &str| format!("stack-allocated: result {name} lives on the heap");
    let keeps = "var p *int\nvar s func()\nfunc keep(q *int) { p = q }\nfunc only(q *int) { *q = 1 }\nfunc back(q *int) *int { return q }\nfunc run(h func()) { h() }\n";
    for (line, leaves) in [
        ("keep(&r)", true),
        ("only(&r)", false),
        ("keep(back(&r))", true),
        ("only(back(&r))", false),
        ("p = &r", true),
        ("q := &r; only(q)", false),
        ("q := &r; keep(q)", true),
        ("s = func() { r = 1 }", true),
        ("run(func() { r = 1 })", false),
        ("func() { r = 1 }()", false),
        ("go func() { r = 1 }()", true),
        ("defer func() { r = 1 }()", false),
        ("_ = any(&r)", false),
    ] {
        let text = format!("{keeps}func f() (r int) {{\ndefer g()\n_ = 0\n{line}\nreturn 2\n}}");
        let lines = of(27, &text);
        let expected = if leaves { heap("r") } else { OPEN.to_owned() };
        assert_eq!(lines[0], expected, "{line}");
    }
    // A loop over a function that nobody knows captures the results that its body returns.
    let text = "func f(seq func(func(int) bool)) int {\ndefer g()\nfor x := range seq {\nreturn x\n}\nreturn 0\n}";
    assert_eq!(of(27, text), [heap("1")]);
    let known = "func seq(yield func(int) bool) { yield(1) }\nfunc f() int {\ndefer g()\nfor x := range seq {\nreturn x\n}\nreturn 0\n}";
    expect(known, &[OPEN]);
}

/// One package that can be imported.
struct Library(Arc<PackageNames>);

impl Library {
    fn new(text: &str) -> Self {
        let file = parse(Source::new(text.into()), Mode::SkipBodies);
        assert_eq!(file.errors(), [], "{text}");
        let importer = Importer::new("example.com/library");
        Self(Arc::new(PackageNames::new(importer, vec![Arc::new(file)])))
    }
}

impl Loader for Library {
    fn package_name(&self, _: &str, _: &Importer) -> Option<Arc<str>> {
        self.0.name().map(Arc::from)
    }

    fn package(&self, _: &str, _: &Importer) -> Option<Arc<PackageNames>> {
        Some(Arc::clone(&self.0))
    }
}

#[test]
fn interfaces_of_other_packages_keep_what_they_are_given() {
    let library = Library::new("package library\nfunc Scan(targets ...any) { keep(targets) }\n");
    let text = "import \"example.com/library\"\nfunc f() (r int) {\ndefer g()\nlibrary.Scan(&r)\nreturn 1\n}";
    assert_eq!(
        with_loader(&Build::default(), &library, text),
        ["stack-allocated: result r lives on the heap"]
    );
}

/// The bodies of other packages are not read.
#[test]
fn bug_another_package_is_taken_not_to_keep_a_pointer() {
    let library =
        Library::new("package library\nvar kept *int\nfunc Keep(target *int) { kept = target }\n");
    let text = "import \"example.com/library\"\nfunc f() (r int) {\ndefer g()\nlibrary.Keep(&r)\nreturn 1\n}";
    // The compiler says stack-allocated.
    assert_eq!(with_loader(&Build::default(), &library, text), [OPEN]);
}
