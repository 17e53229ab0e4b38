//! What uses do to variables.

use super::{check, first_body};

#[test]
fn roles_of_operands() {
    check(
        "package p
func f(/*def:x*/x int, /*def:p*/p *S, /*def:s*/s S, /*def:a*/a []int) {
	/*use:x write*/x = /*use:x read*/x
	(/*use:x write*/x) = 1
	/*use:x readwrite*/x += /*use:x read*/x
	/*use:x readwrite*/x++
	/*use:p partwrite*/p.f = 1
	*/*use:p partwrite*/p = /*use:s read*/s
	(*/*use:p partwrite*/p).f.g++
	/*use:s partwrite*/s.f.g = 2
	/*use:a partwrite*/a[/*use:x read*/x] = 3
	/*use:a partwrite*/a[0], /*use:x write*/x = 1, 2
	_ = &/*use:s address*/s
	_ = &(/*use:s address*/s)
	_ = &/*use:s partaddress*/s.f
	_ = &/*use:a partaddress*/a[/*use:x read*/x]
	_ = &/*use:p partaddress*/p.f.g
	_ = -/*use:x read*/x
	_ = */*use:p read*/p
	/*use:p read*/p.m(/*use:x read*/x).f = 1
	_ = /*use:a read*/a[/*use:x read*/x:]
	/*use:x write*/x, /*def:y*/y := 1, 2
	_ = &S{f: /*use:y read*/y}
	(func() { /*use:y write*/y = 1 })()
	go /*use:p read*/p.m(/*use:y*/y)
	defer /*use:p read*/p.m(&/*use:y address*/y)
}
type S struct{}",
    );
}

#[test]
fn uses_are_in_source_order() {
    let (names, body) = first_body(
        "package p
func f(x, n int) {
	for x = range x { x++ }
	x, y := x + 1, 2
	x = func() int { return x }()
	for i := x; i < n; x++ { x-- }
	_ = y
}",
    );
    let file = names.file(0);
    for (id, local) in body.locals() {
        let starts: Vec<u32> = body
            .uses(id)
            .iter()
            .map(|used| file.expr(used.expr).span.start)
            .collect();
        assert!(starts.is_sorted(), "{}", file.span_text(local.span));
    }
    let (x, _) = body.locals().next().expect("x is the first local");
    assert_eq!(body.uses(x).len(), 10);
    let inside: Vec<bool> = body
        .uses(x)
        .iter()
        .map(|used| used.func != body.root())
        .collect();
    assert_eq!(
        inside.iter().filter(|&&inside| inside).count(),
        1,
        "one use is in the literal"
    );
    assert_eq!(body.local_count(), 4);
}

#[test]
fn initial_values() {
    use crate::names::{Init, LocalKind};
    let (names, body) = first_body(
        "package p
func f() {
	var a int
	var b, c = 1, g()
	d, e := h()
	var i, j int = h()
	k, l, m := 1, 2
}",
    );
    let file = names.file(0);
    let inits: Vec<String> = body
        .locals()
        .map(|(_, local)| match local.kind {
            LocalKind::Var {
                init: Init::Zero, ..
            } => "-".to_owned(),
            LocalKind::Var {
                init: Init::Value(expr),
                ..
            } => file.expr_text(expr).to_owned(),
            LocalKind::Var {
                init: Init::Element { expr, index, count },
                ..
            } => {
                format!("{} {index}/{count}", file.expr_text(expr))
            }
            _ => "?".to_owned(),
        })
        .collect();
    assert_eq!(
        inits,
        [
            "-", "1", "g()", "h() 0/2", "h() 1/2", "h() 0/2", "h() 1/2", "1", "2", "-"
        ]
    );
}
