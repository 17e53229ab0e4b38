//! What fixes make of the source, to the byte: gofmt-clean, comments kept.

use std::path::Path;

use go_types::NoPackages;

use super::harness::{Input, apply, run};

/// Applies all fixes that `rule` offers for the body of a function; with no package at hand.
#[track_caller]
fn assert_fixed(rule: &str, before: &str, after: &str) {
    const HEAD: &str =
        "package p\n\nimport (\n\t\"log\"\n\t\"net/http\"\n\t\"os\"\n\t\"sync\"\n\t\"time\"\n)\n\n";
    let (before, after) = (format!("{HEAD}{before}"), format!("{HEAD}{after}"));
    let rule = rules::rule_by_name(rule).expect("a rule");
    let input = Input {
        path: Path::new("p.go"),
        text: &before,
        go: 27,
    };
    let found = run(rule, &input, &NoPackages);
    let fixes = found.iter().filter_map(|found| found.fix.as_ref());
    let edits: Vec<_> = fixes.flat_map(|fix| fix.edits.clone()).collect();
    assert!(!edits.is_empty(), "no fix for\n{before}");
    assert_eq!(apply(&before, &edits), after);
}

#[test]
fn a_defer_moves_behind_the_check() {
    assert_fixed(
        "defer-before-error-check",
        "func f(url string) error {
	resp, err := http.Get(url)
	// The body is small.
	defer resp.Body.Close() // and never read

	if err != nil {
		return err
	} // checked
	return nil
}
",
        "func f(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	} // checked
	// The body is small.
	defer resp.Body.Close() // and never read
	return nil
}
",
    );
}

#[test]
fn a_comment_on_the_check_stays_with_it() {
    assert_fixed(
        "defer-before-error-check",
        "func f(path string) error {
	f, err := os.Open(path)
	defer func() {
		f.Close()
	}()
	// It may be missing.
	if err != nil {
		return err
	}

	return nil
}
",
        "func f(path string) error {
	f, err := os.Open(path)
	// It may be missing.
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
	}()

	return nil
}
",
    );
}

#[test]
fn a_call_loses_its_defer() {
    assert_fixed(
        "defer-just-before-return",
        "func f(file *os.File) error {
	defer  file.Close() // at last
	return nil
}
",
        "func f(file *os.File) error {
	file.Close() // at last
	return nil
}
",
    );
}

#[test]
fn a_literal_gives_way_to_its_call() {
    assert_fixed(
        "needless-defer-closure",
        "func f(stop func(int, ...string), names ...string) {
	defer func() {
		stop(
			1,
			names...,
		)
	}() // in the end
	names[0] = \"x\"
}
",
        "func f(stop func(int, ...string), names ...string) {
	defer stop(
		1,
		names...,
	) // in the end
	names[0] = \"x\"
}
",
    );
}

#[test]
fn a_call_whose_arguments_come_too_early_is_wrapped() {
    assert_fixed(
        "defer-argument-too-early",
        "func f(start time.Time) (err error) {
	defer log.Println(\"took\", time.Since(start)) // and then
	defer log.Println(
		err,
	)
	defer func(err error) { log.Println(err) }(err)
	return os.Remove(\"x\")
}
",
        "func f(start time.Time) (err error) {
	defer func() { log.Println(\"took\", time.Since(start)) }() // and then
	defer log.Println(
		err,
	)
	defer func(err error) { log.Println(err) }(err)
	return os.Remove(\"x\")
}
",
    );
}

#[test]
fn a_missing_call_is_added() {
    assert_fixed(
        "deferred-call-missing",
        "func trace(name string) func() { return nil }

func timer() func(label string) { return nil }

func f() {
	defer trace(
		\"load\",
	) // and then
	defer func() func() { return nil }()
	defer timer()
	log.Println()
}
",
        "func trace(name string) func() { return nil }

func timer() func(label string) { return nil }

func f() {
	defer trace(
		\"load\",
	)() // and then
	defer func() func() { return nil }()()
	defer timer()
	log.Println()
}
",
    );
}

#[test]
fn an_append_copies_what_is_read_later() {
    assert_fixed(
        "append-aliases",
        "func f(list []int, i int) ([]int, []int) {
	rest := append(list[:i], list[i+1:]...) // without i
	return rest, list
}
",
        "func f(list []int, i int) ([]int, []int) {
	rest := append(list[:i:i], list[i+1:]...) // without i
	return rest, list
}
",
    );
}

#[test]
fn the_first_of_two_appends_copies() {
    assert_fixed(
        "append-aliases",
        "func f() ([]int, []int) {
	base := make([]int, 0, 8)
	first := append(base, 1)
	second := append(base, 2)
	return first, second
}
",
        "func f() ([]int, []int) {
	base := make([]int, 0, 8)
	first := append(base[:len(base):len(base)], 1)
	second := append(base, 2)
	return first, second
}
",
    );
}

#[test]
fn a_receiver_becomes_a_pointer() {
    assert_fixed(
        "lock-copied",
        "type T struct{ mu sync.Mutex }

func (t T /* copied */) f() { log.Println(&t) }

func (T) g() {}
",
        "type T struct{ mu sync.Mutex }

func (t *T /* copied */) f() { log.Println(&t) }

func (*T) g() {}
",
    );
}

#[test]
fn a_receiver_is_looked_at_when_the_function_ends() {
    assert_fixed(
        "defer-receiver-too-early",
        "type stats struct{ lines int }

func (s stats) report() { log.Println(s.lines) }

func f() {
	var s stats
	defer s.report() // at the end
	s.lines++
}
",
        "type stats struct{ lines int }

func (s stats) report() { log.Println(s.lines) }

func f() {
	var s stats
	defer func() { s.report() }() // at the end
	s.lines++
}
",
    );
}
