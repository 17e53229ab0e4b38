//! Ugly input: deep, long, cut off.

use super::{BodyNames, bodies, check, first_body};
use crate::testing::package;
use crate::{NoPackages, PackageCx};

/// Resolves all of a file that need not be Go.
fn resolve(text: &str) -> Vec<BodyNames> {
    let names = package(&[text]);
    bodies(&PackageCx::new(&names, &NoPackages), 0)
}

#[test]
fn long_chains_do_not_need_stack() {
    let sum = "x + ".repeat(90_000);
    let calls = ".f(x)".repeat(40_000);
    let chain = "else if x := x; x { _ = x } ".repeat(20_000);
    let text =
        format!("package p\nfunc f(x T) {{\n_ = {sum} x\n_ = x{calls}\nif x {{}} {chain}\n}}\n");
    let (_, body) = first_body(&text);
    let (x, _) = body.locals().next().expect("x is a local");
    assert_eq!(body.uses(x).len(), 90_001 + 40_001 + 1 + 1);
}

#[test]
fn deep_nesting_fits_the_stack_of_a_thread() {
    for (open, close) in [
        ("func() { ", " }()"),
        ("{ ", " }"),
        ("_ = (", ")"),
        ("for { if x { switch { case x: ", "}}}"),
    ] {
        for depth in [300, 5_000] {
            let text = format!(
                "package p\nfunc f(x int) {{\n{}x{}\n}}\n",
                open.repeat(depth),
                close.repeat(depth)
            );
            assert_eq!(resolve(&text).len(), 1);
        }
    }
    for (open, close) in [
        ("[]T{", "}"),
        ("T{x: ", "}"),
        ("f(", ")"),
        ("a[", "]"),
        ("struct{ a ", "}"),
        ("func(", ")"),
    ] {
        for depth in [300, 5_000] {
            let text = format!(
                "package p\nfunc f(x int) {{ _ = {}x{} }}\n",
                open.repeat(depth),
                close.repeat(depth)
            );
            assert_eq!(resolve(&text).len(), 1);
        }
    }
}

#[test]
fn many_locals_and_labels_take_linear_time() {
    let mut text = String::from("package p\nfunc f() {\n");
    for index in 0..30_000 {
        text.push_str(&format!(
            "x{index} := 1\nL{index}:\n_ = x{}\ngoto L{index}\n",
            index / 2
        ));
    }
    text.push_str("}\n");
    let (_, body) = first_body(&text);
    assert_eq!(body.local_count(), 30_000);
    assert_eq!(body.labels().len(), 30_000);
}

#[test]
fn every_prefix_of_a_file_is_resolved() {
    let text = "package p
import \"os\"
type T[K any] struct{ a K }
func (t *T[K]) m(x ...int) (err error) {
	defer func() { if r := recover(); r != nil { err = r.(error) } }()
L:	for i, v := range map[string]T[int]{\"a\": {a: 1}} {
		select { case c <- v: break L; case y, ok := <-c: _, _ = y, ok; default: }
		switch z := v.(type) { case int, string: goto L; default: _ = z }
	}
	const c, d = iota, 1
	type U struct{ U *U }
	x, y := f(x[1:2], func(a int) { x++ }), &U{U: nil}
	os.Exit(1)
	return
}";
    for end in 0..text.len() {
        for body in resolve(&text[..end]) {
            for (id, _) in body.locals() {
                let _ = body.uses(id);
            }
        }
    }
    check(&format!("{text}\nfunc g() {{ /*is:member*/g() }}"));
}

#[test]
fn redeclarations_do_not_lose_uses() {
    check(
        "package p
func f(/*def:a*/a int, b int) {
	/*use:a write*/a := 1
	/*use:a write*/a, /*use:a write*/a := 1, 2
	/*use:a partwrite*/a.f, /*def:x*/x := 1, 2
	_ = /*use:x*/x
	switch /*is:member*/f { }
}",
    );
}
