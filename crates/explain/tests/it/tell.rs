//! What is told of functions as people write them: what is known, and what must not be claimed.

use std::path::Path;

use explain::{Basis, Deed, Ending, Explanation, Way, WayKind};
use go_flow::Models;
use go_project::{BuildContext, ProcessEnv, Project};

/// The explanation of a function in a folder.
fn told_in(folder: &Path, target: &str) -> Explanation {
    let (context, _) = BuildContext::from_env(&ProcessEnv);
    let project = Project::open(folder, context);
    explain::explain(&project, &Models::new(), target).expect("an explanation")
}

/// The explanation of the function `f` of a file, given without its package clause.
fn told_of(go: &str, text: &str) -> Explanation {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let module = format!("module example.com/p\n\ngo {go}\n");
    std::fs::write(root.join("go.mod"), module).expect("a file");
    std::fs::write(root.join("p.go"), format!("package p\n{text}")).expect("a file");
    told_in(&root, "p.go:f")
}

fn told(text: &str) -> Explanation {
    told_of("1.22", text)
}

fn upload(function: &str) -> Explanation {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/upload");
    told_in(&folder, &format!("upload.go:{function}"))
}

fn way(told: &Explanation, kind: WayKind, line: u32) -> &Way {
    told.ways
        .iter()
        .find(|way| way.kind == kind && way.lines.contains(&line))
        .unwrap_or_else(|| panic!("no {kind:?} at line {line} in {:#?}", told.ways))
}

fn runs(way: &Way) -> Vec<u32> {
    way.runs.iter().map(|run| run.line).collect()
}

fn results(way: &Way) -> Vec<&str> {
    way.outcomes[0]
        .results
        .iter()
        .map(|result| result.value.as_str())
        .collect()
}

fn text_of(told: &Explanation) -> String {
    let mut out = Vec::new();
    explain::write_text(&mut out, told).expect("text");
    String::from_utf8(out).expect("UTF-8")
}

fn html_of(told: &Explanation) -> String {
    let mut out = Vec::new();
    explain::write_html(&mut out, told).expect("a page");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn each_way_out_has_its_defers_and_its_outcome() {
    let told = upload("Store.Put");
    assert_eq!(told.basis, Basis::Explored);
    assert_eq!(runs(way(&told, WayKind::Return, 22)), [20]);
    assert_eq!(runs(way(&told, WayKind::Return, 26)), [20]);
    assert_eq!(runs(way(&told, WayKind::Exit, 42)), [0; 0]);
    let last = way(&told, WayKind::Return, 44);
    assert_eq!(runs(last), [35, 29, 28, 20]);
    assert_eq!(results(last)[1], "errors.Join(err, f.Close())");
    let panic = way(&told, WayKind::Panic, 39);
    assert_eq!(panic.outcomes[0].ending, Ending::Returns);
    assert!(panic.outcomes[0].recovered);
    assert_eq!(results(panic)[0], "-1");
    assert!(
        panic.given.contains(&"`s.full` (line 38)".to_owned()),
        "{:?}",
        panic.given
    );
    let recovering = &panic.runs[1];
    assert!(
        matches!(&recovering.does[0], Deed::Recovers { value, line: 30 } if value == "\"store is full\""),
        "{:#?}",
        recovering.does
    );
}

#[test]
fn a_function_that_needs_nothing_from_outside_is_run() {
    let told = upload("Count");
    assert_eq!(told.basis, Basis::Run);
    let out = way(&told, WayKind::Return, 59);
    assert_eq!(runs(out), [54, 54, 54, 51, 50]);
    assert_eq!(results(out), ["45"]);
    // The argument is the one of the time of the defer statement.
    assert_eq!(
        out.runs[3].values,
        [Some("\"step is\"".to_owned()), Some("2".to_owned())]
    );
    assert!(!way(&told, WayKind::Return, 57).reached);
}

#[test]
fn recover_in_the_wrong_place_and_a_panic_that_replaces_another() {
    let told = upload("Outer");
    let out = way(&told, WayKind::Panic, 72);
    assert_eq!(out.outcomes[0].ending, Ending::Panics);
    assert_eq!(out.outcomes[0].panic.as_deref(), Some("\"second\""));
    let text = text_of(&told);
    assert!(text.contains("replaces the panic with \"first\""), "{text}");
    assert!(text.contains("recover gives nil"), "{text}");
}

#[test]
fn before_go_1_22_all_rounds_of_a_loop_share_their_variable() {
    let text = "
func f() (total int) {
	for i := 0; i < 3; i++ {
		defer func() { total += i }()
	}
	return 0
}
";
    assert_eq!(
        results(way(&told_of("1.21", text), WayKind::Return, 7)),
        ["9"]
    );
    assert_eq!(
        results(way(&told_of("1.22", text), WayKind::Return, 7)),
        ["3"]
    );
}

#[test]
fn a_result_without_name_is_out_of_reach() {
    let told = told(
        "
func f() int {
	n := 1
	defer func() { n = 9 }()
	return n
}
",
    );
    assert_eq!(results(way(&told, WayKind::Return, 6)), ["1"]);
}

#[test]
fn what_holds_of_the_first_round_only_is_not_claimed() {
    let told = told(
        "
func g(int) bool

func f() (n int) {
	defer func() { n++ }()
	for i := 0; i < 10; i++ {
		if g(i) {
			return i
		}
	}
	return -1
}
",
    );
    let inner = way(&told, WayKind::Return, 9);
    assert!(
        !inner
            .outcomes
            .iter()
            .any(|outcome| outcome.results[0].known),
        "{inner:#?}"
    );
    assert_eq!(results(way(&told, WayKind::Return, 12)), ["0"]);
}

#[test]
fn what_others_may_change_is_not_claimed() {
    let told = told(
        "
func g(*int)

func f() (n int) {
	x := 1
	g(&x)
	defer func() { n += x }()
	return x
}
",
    );
    let out = way(&told, WayKind::Return, 9);
    assert!(!out.outcomes[0].results[0].known, "{out:#?}");
}

#[test]
fn the_same_question_has_the_same_answer() {
    let told = told(
        "
func g() error
func clean()

func f() (err error) {
	defer func() {
		if err != nil {
			clean()
		}
	}()
	err = g()
	if err != nil {
		return err
	}
	return nil
}
",
    );
    let failing = way(&told, WayKind::Return, 14);
    assert!(
        matches!(&failing.runs[0].does[..], [Deed::Calls { text, .. }] if text == "clean()"),
        "{failing:#?}"
    );
    assert_eq!(way(&told, WayKind::Return, 16).runs[0].does, []);
}

#[test]
fn what_runs_only_on_some_paths_is_told_with_the_reason() {
    let told = told(
        "
func g()

func f(n int) {
	if n > 3 {
		defer g()
	}
}
",
    );
    let end = way(&told, WayKind::End, 9);
    assert_eq!(
        end.runs[0].maybe.as_deref(),
        Some("only if `n > 3` (line 6)")
    );
}

#[test]
fn ends_that_run_no_defer_and_those_that_do() {
    let told = told(
        "
import (
	\"os\"
	\"runtime\"
)

func g()

func f(n int) {
	defer g()
	if n == 1 {
		os.Exit(1)
	}
	if n == 2 {
		runtime.Goexit()
	}
	if n == 3 {
		select {}
	}
	for {
	}
}
",
    );
    assert_eq!(runs(way(&told, WayKind::Exit, 13)), [0; 0]);
    assert_eq!(runs(way(&told, WayKind::Goexit, 16)), [11]);
    assert_eq!(
        way(&told, WayKind::Goexit, 16).outcomes[0].ending,
        Ending::Goexit
    );
    assert_eq!(runs(way(&told, WayKind::Blocks, 19)), [0; 0]);
    assert_eq!(runs(way(&told, WayKind::Blocks, 21)), [0; 0]);
}

#[test]
fn a_defer_that_never_runs_says_why() {
    let told = told(
        "
import \"os\"

func g()

func f() {
	defer g()
	os.Exit(1)
	defer g()
}
",
    );
    let why = |index: usize| told.defers[index].never.clone().unwrap_or_default();
    assert!(
        why(0).contains("only if something panics") || why(0).contains("no way out"),
        "{}",
        why(0)
    );
    assert!(why(1).contains("no path leads"), "{}", why(1));
}

#[test]
fn a_function_with_too_many_paths_is_still_told() {
    let mut text = String::from(
        "\nfunc c(int) bool\nfunc g(int)\n\nfunc f(n int) (err error) {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\terr = nil\n\t\t}\n\t}()\n",
    );
    for index in 0..300 {
        text.push_str(&format!("\tif c({index}) {{\n\t\tdefer g({index})\n\t}}\n"));
    }
    text.push_str("\treturn nil\n}\n");
    let told = told(&text);
    assert_eq!(told.basis, Basis::ControlFlow);
    let out = told
        .ways
        .iter()
        .find(|way| way.kind == WayKind::Return)
        .expect("a return");
    assert_eq!(out.runs.len(), 301);
    // What the literal makes of the result is not passed over.
    assert!(
        results(out)[0].contains("what D1 makes of it"),
        "{:?}",
        results(out)
    );
    let panics = told
        .ways
        .iter()
        .filter(|way| way.kind == WayKind::Calls && !way.runs.is_empty());
    for way in panics {
        assert!(
            way.outcomes.iter().any(|outcome| outcome.recovered),
            "{way:#?}"
        );
    }
    assert!(
        told.notes
            .iter()
            .any(|note| note.contains("too many paths")),
        "{:?}",
        told.notes
    );
}

#[test]
fn endless_recursion_and_loops_come_to_an_end() {
    for body in [
        "for { x++ }",
        "for i := 0; i >= 0; i++ { x += i }",
        "f()",
        "var h func(); h = func() { h() }; h()",
        "for range ch { x++ }",
        "l: x++; if x < 10 { goto l }",
    ] {
        let told = told(&format!(
            "\nvar ch chan int\n\nfunc f() {{\n\tx := 0\n\tdefer println(x)\n\t{body}\n\t_ = x\n}}\n"
        ));
        assert_eq!(told.defers.len(), 1, "{body}");
    }
}

/// The ways out of `f`, which calls `die`, and what is imported.
fn ways_by(die: &str) -> Vec<(WayKind, u32, bool)> {
    let told = told(&format!(
        "
import (\"os\"; \"runtime\")

var _, _ = os.Exit, runtime.Goexit

func g()

{die}

func f(n int) {{
	defer g()
	die(n)
}}
"
    ));
    let line = told.line;
    let ways = told.ways.iter();
    ways.filter(|way| way.kind != WayKind::Calls)
        .map(|way| (way.kind, way.lines[0] - line, way.reached))
        .collect()
}

#[test]
fn a_function_of_the_package_that_never_returns_is_a_way_out() {
    let exits = ways_by("func die(n int) { if n > 1 { g() }; os.Exit(n) }");
    assert_eq!(exits, [(WayKind::Exit, 2, true), (WayKind::End, 3, false)]);
    // By way of another one, and by several ways.
    let exits = ways_by(
        "func die(n int) { if n > 1 { last() }; if n > 2 { g(); panic(n) }; runtime.Goexit() }
func last() { if recover() == nil { g() }; os.Exit(3) }",
    );
    assert_eq!(
        exits,
        [
            (WayKind::Panic, 2, true),
            (WayKind::Exit, 2, true),
            (WayKind::Goexit, 2, true),
            (WayKind::End, 3, false)
        ]
    );
    let blocks = ways_by("func die(n int) { if n > 1 { g() }; for { g() } }");
    assert!(blocks.contains(&(WayKind::End, 3, false)), "{blocks:?}");
}

#[test]
fn a_function_that_may_return_is_no_way_out() {
    for die in [
        "func die(n int) { if n > 1 { os.Exit(n) }; g() }",
        "func die(n int) { if n > 1 { g() }; defer func() { recover() }(); panic(n) }",
        "func die(n int) { if n > 1 { g(); die(n - 1) } }",
        "func die(n int) { if n > 1 { g() }; go os.Exit(n) }",
        "func die(n int) { if n > 1 { g() }; defer os.Exit(n) }",
        "func die(n int)",
    ] {
        let ways = ways_by(die);
        assert!(ways.contains(&(WayKind::End, 3, true)), "{die}: {ways:?}");
    }
}

/// What is said of when `return` is reached, by the line of the return within the function.
fn given(body: &str, line: u32) -> Vec<String> {
    let told = told(&format!(
        "\nfunc a() bool\nfunc b() bool\nfunc c() bool\nfunc d() bool\nfunc g()\n\nfunc f() {{\n\tdefer g()\n{body}\n}}\n"
    ));
    let at = told.line + 1 + line;
    way(&told, WayKind::Return, at).given.clone()
}

#[test]
fn conditions_that_lead_to_one_return_are_alternatives() {
    let either = given("if a() || b() {\n\treturn\n}\ng()", 2);
    assert_eq!(either, ["`a()` (line 11), or `b()` (line 11)"]);
    // What all have in common is said apart.
    let within = given("if a() {\n\tif b() || c() {\n\t\treturn\n\t}\n}\ng()", 3);
    assert_eq!(
        within,
        ["`a()` (line 11)", "`b()` (line 12), or `c()` (line 12)"]
    );
    let both = given(
        "ok := false\nif a() && b() {\n\tok = true\n}\nif c() {\n\tok = true\n}\nif ok {\n\treturn\n}\ng()",
        9,
    );
    assert_eq!(
        both,
        ["`a()` (line 12) and `b()` (line 12), or `c()` (line 15)"]
    );
}

#[test]
fn one_condition_at_several_places_is_said_once() {
    let text = "ok := false\nif a() {\n\tok = true\n}\nif a() {\n\tok = true\n}\nif ok {\n\treturn\n}\ng()";
    assert_eq!(given(text, 9), ["`a()` (line 12 or 15)"]);
}

#[test]
fn a_condition_that_does_not_matter_is_not_told() {
    assert_eq!(given("if a() {\n\tg()\n}\nreturn", 4), [""; 0]);
    assert_eq!(
        given("if a() {\n\tg()\n}\nif b() {\n\treturn\n}\ng()", 5),
        ["`b()` (line 14)"]
    );
}

#[test]
fn too_many_alternatives_are_counted() {
    let many = given("if a() || b() || c() || d() {\n\treturn\n}\ng()", 2);
    assert_eq!(many, ["other conditions hold, among 4 combinations"]);
}

#[test]
fn nothing_of_the_source_is_markup() {
    let told = told(
        "
func g(string)

func f() {
	defer g(\"</script><b>&\\\"'\")
}
",
    );
    let page = html_of(&told);
    assert!(page.contains("&lt;/script&gt;&lt;b&gt;&amp;"), "{page}");
    for markup in [
        "<b>", "<script", "</script", "http:", "https:", "<link", "<img",
    ] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    assert!(page.contains("prefers-color-scheme: dark"));
    assert!(page.ends_with("</html>\n"));
}

/// All keys of a JSON value.
fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_json_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/explain.md");
    let documented = std::fs::read_to_string(path).expect("docs/explain.md");
    let mut found = std::collections::BTreeSet::new();
    for function in ["Store.Put", "Count", "Outer"] {
        let json = serde_json::to_value(upload(function)).expect("JSON");
        keys(&json, &mut found);
    }
    assert!(found.len() > 40, "{found:?}");
    for key in found {
        assert!(
            documented.contains(&format!("`{key}`")),
            "`{key}` is not in docs/explain.md"
        );
    }
}

#[test]
fn a_function_that_decides_itself_whether_to_recover_may_do_either() {
    let told = told(
        "type p struct{ erroring bool; depth int }

func (p *p) catch(verb rune) {
	if err := recover(); err != nil {
		if p.depth > limit() {
			panic(err)
		}
		note(err)
	}
}

func f(p *p, work func()) (handled bool) {
	handled = true
	defer p.catch('v')
	work()
	return
}

var limit func() int
var note func(any)
",
    );
    let way = way(&told, WayKind::Calls, 16);
    assert_eq!(runs(way), [15]);
    let ends: Vec<_> = way
        .outcomes
        .iter()
        .map(|outcome| (outcome.ending, outcome.recovered))
        .collect();
    assert!(ends.contains(&(Ending::Panics, false)), "{ends:?}");
    assert!(ends.contains(&(Ending::Returns, true)), "{ends:?}");
    let text = text_of(&told);
    assert!(
        text.contains("when `(*p).catch recovers` (line 15)"),
        "{text}"
    );
}

#[test]
fn a_panic_that_one_deferred_call_recovers_is_not_said_to_be_recovered_by_another() {
    // So many ways that the function is not run.
    let more: String = (0..24)
        .map(|number| format!("\tif a({number}) {{\n\t\tdefer b({number})\n\t}}\n"))
        .collect();
    let told = told(&format!(
        "var a func(int) bool
var b func(int)

func f() {{
	defer func() {{ recover() }}()
{more}}}
"
    ));
    let text = text_of(&told);
    assert!(text.contains("the function was not run"), "{text}");
    assert!(
        text.contains("when D1 recovers: the function returns"),
        "{text}"
    );
    assert!(!text.contains("when D2 recovers"), "{text}");
    assert!(!text.contains("when D25 recovers"), "{text}");
}
