//! Blocks, and from where on a name can be used.

use super::check;

#[test]
fn parameters_results_and_receiver() {
    check(
        "package p
type T struct{}
func (/*def:r*/r */*is:member*/T) m(/*def:a*/a, /*def:b*/b int, /*def:c*/c ...string) (/*def:n*/n int, /*def:err*/err /*is:type*/error) {
	/*use:n write*/n = /*use:a*/a + /*use:b*/b + len(/*use:c*/c)
	_, /*use:err write*/err = /*use:r*/r.x()
	return
}",
    );
}

#[test]
fn a_parameter_does_not_hide_the_type_of_the_next() {
    check(
        "package p
func f(/*def:int*/int /*is:type*/int, /*def:string*/string /*is:type*/int) (/*def:error*/error /*is:type*/error) {
	return /*use:error*/error
}
func g(f func(/*is:type*/int) /*is:type*/bool, int int) {}",
    );
}

#[test]
fn the_names_of_function_types_declare_nothing() {
    check(
        "package p
func f() {
	var g func(x int, y struct{ x int }) (x int)
	type I interface{ m(x int) (y int) }
	_ = /*is:unknown*/x
	_ = /*is:unknown*/y
	_ = g
}",
    );
}

#[test]
fn a_variable_is_not_visible_in_its_own_initialiser() {
    check(
        "package p
func f(/*def:x1*/x int) {
	{
		/*def:x2*/x := /*use:x1*/x + 1
		/*use:x2*/x++
		var /*def:x3*/y = func() int { return /*is:unknown*/y }
		_ = /*use:x3*/y
	}
	var /*def:z1*/z, w = /*is:unknown*/z, /*use:x1*/x
	const /*def:c1*/c = /*is:unknown*/c + 1
	_, _ = /*use:z1*/z, /*use:c1*/c
	_ = w
}",
    );
}

#[test]
fn a_type_is_visible_in_its_own_declaration() {
    check(
        "package p
type T int
func f() {
	var _ /*is:member*/T
	type /*def:t*/T struct{ next */*use:t*/T }
	var _ /*use:t*/T
	type /*def:g*/G[/*def:p*/P /*is:type*/any, /*def:q*/Q interface{ ~[]/*use:p*/P }] struct{ g /*use:g*/G[/*use:p*/P, /*use:q*/Q] }
	_ = /*is:unknown*/P
}",
    );
}

#[test]
fn short_declarations_assign_to_what_the_block_has() {
    check(
        "package p
func f() (/*def:err1*/err error) {
	/*def:a*/a, /*use:err1 write*/err := g()
	/*def:b*/b, /*use:err1 write*/err := g()
	{
		/*def:c*/c, /*def:err2*/err := g()
		_, _ = /*use:c*/c, /*use:err2*/err
		/*def:d*/d, /*use:err2 write*/err := /*use:err2 read*/err, g2()
		_ = d
	}
	_, _ = /*use:a*/a, /*use:b*/b
	return /*use:err1*/err
}
func g() (int, error) { return 0, nil }
func g2() error { return nil }",
    );
}

#[test]
fn blank_declares_nothing() {
    check(
        "package p
func f(_ int) {
	/*is:blank*/_, /*def:ok*/ok := 1, 2
	for /*is:blank*/_, /*def:v*/v := range []int{} {
		/*is:blank*/_ = /*use:v*/v
	}
	var _, /*def:x*/x = 1, /*use:ok*/ok
	_ = /*use:x*/x
}",
    );
}

#[test]
fn err_hidden_in_the_header_of_an_if() {
    check(
        "package p
func f() error {
	var /*def:err1*/err error
	if /*def:err2*/err := g(); /*use:err2*/err != nil {
		/*def:err3*/err := /*use:err2*/err
		return /*use:err3*/err
	} else if /*def:err4*/err := h(/*use:err2*/err); /*use:err4*/err != nil {
		return /*use:err4*/err
	} else {
		_ = /*use:err4*/err
	}
	return /*use:err1*/err
}
func g() error
func h(error) error",
    );
}

#[test]
fn for_clauses() {
    check(
        "package p
func f(/*def:i1*/i int) {
	for /*def:i2*/i := /*use:i1*/i; /*use:i2*/i < 10; /*use:i2 readwrite*/i++ {
		/*def:i3*/i := /*use:i2*/i
		_ = /*use:i3*/i
	}
	for ; /*use:i1*/i > 0; {
	}
	_ = /*use:i1*/i
}",
    );
}

#[test]
fn range_clauses() {
    check(
        "package p
func f(/*def:x1*/x []int) {
	for /*def:i*/i, /*def:x2*/x := range /*use:x1*/x {
		_, _ = /*use:i*/i, /*use:x2*/x
		/*def:x3*/x := /*use:x2*/x
		_ = /*use:x3*/x
	}
	var /*def:k*/k, /*def:v*/v int
	for /*use:k write*/k, /*use:v write*/v = range /*use:x1*/x {
		_ = /*use:k*/k
	}
	for /*use:x1 partwrite*/x[/*use:k read*/k] = range 3 {
	}
	for range /*use:x1*/x {
	}
}",
    );
}

#[test]
fn switches() {
    check(
        "package p
func f(/*def:x1*/x int) {
	switch /*def:x2*/x := /*use:x1*/x; /*use:x2*/x {
	case /*use:x2*/x:
		/*def:x3*/x := /*use:x2*/x
		_ = /*use:x3*/x
		fallthrough
	case 1:
		_ = /*use:x2*/x
	default:
		_ = /*use:x2*/x
	}
	_ = /*use:x1*/x
}",
    );
}

#[test]
fn each_clause_of_a_type_switch_has_its_own_variable() {
    let text = "package p
func f(/*def:x1*/x any) {
	switch y := 1; /*def:x2*/x := /*use:x1*/x.(type) {
	case int:
		_ = /*use:x2*/x
		_ = y
	case error, interface{ m(x int) }:
		func() { /*use:x2 write*/x = nil }()
		/*use:x2 write*/x, /*def:z*/z := nil, 2
		{ /*def:x3*/x := /*use:z*/z; _ = /*use:x3*/x }
	default:
	}
	switch /*use:x1*/x.(type) {
	case int:
		_ = /*use:x1*/x
	}
	switch _ := /*use:x1*/x.(type) {
	}
}";
    check(text);
    let (_, body) = super::first_body(text);
    let kinds = body
        .locals()
        .filter(|(_, local)| matches!(local.kind, super::super::LocalKind::TypeSwitchVar { .. }));
    let used: Vec<usize> = kinds.map(|(id, _)| body.uses(id).len()).collect();
    assert_eq!(
        used,
        [1, 2, 0],
        "one variable for each clause, each with its own uses"
    );
}

#[test]
fn communication_clauses() {
    check(
        "package p
func f(/*def:c*/c chan int) {
	var /*def:v1*/v, /*def:ok1*/ok = 1, true
	select {
	case /*def:v2*/v, /*def:ok2*/ok := <-/*use:c*/c:
		_, _ = /*use:v2*/v, /*use:ok2*/ok
	case /*use:v1 write*/v, /*use:ok1 write*/ok = <-/*use:c*/c:
		/*def:v3*/v := /*use:v1*/v
		_ = /*use:v3*/v
	case /*use:c*/c <- /*use:v1*/v:
	case <-/*use:c*/c:
		_ = /*use:ok1*/ok
	default:
		_ = /*use:v1*/v
	}
}",
    );
}

#[test]
fn constants_and_iota() {
    check(
        "package p
func f() {
	const (
		/*def:a*/a = /*is:const*/iota
		/*def:b*/b
		/*def:c*/c = /*use:a*/a + /*use:b*/b
	)
	const /*def:iota*/iota = 3
	const /*def:d*/d = /*use:iota*/iota
	_ = /*use:c*/c + /*use:d*/d + A
}
const (
	A, B = iota, iota * 2
	C, D
)",
    );
}

#[test]
fn type_parameters() {
    check(
        "package p
type List[T any] struct{ next *List[T] }
type Pair[K comparable, V any] struct{}
func Map[/*def:k*/K /*is:type*/comparable, /*def:v*/V interface{ ~[]/*use:k*/K }](/*def:m*/m map[/*use:k*/K]/*use:v*/V) (/*def:ks*/ks []/*use:k*/K) {
	var /*def:z*/z /*use:k*/K
	func() { var _ /*use:v*/V }()
	return append(/*use:ks*/ks, /*use:z*/z)
}
func (/*def:l*/l */*is:member*/List[/*def:t*/T]) Push(/*def:x*/x /*use:t*/T) /*is:member*/List[/*use:t*/T] {
	var _ /*use:t*/T = /*use:x*/x
	return */*use:l*/l
}
func (p (/*is:member*/Pair[/*is:blank*/_, /*def:v2*/V])) Second() (v /*use:v2*/V) { return }
func (l List[/*def:any*/any]) Any() (a /*use:any*/any) { return }
func (l List[T]) Generic[/*def:u*/U any](f func(T) /*use:u*/U) (r /*use:u*/U) { return }",
    );
}

#[test]
fn closures_see_what_is_around_them() {
    let text = "package p
func f(/*def:a*/a int) (/*def:r*/r int) {
	/*def:g*/g := func(/*def:b*/b int) (/*def:r2*/r int) {
		/*use:a readwrite*/a++
		return func() int { return /*use:a*/a + /*use:b*/b + /*use:r2*/r }()
	}
	var /*def:rec*/rec func(int) int
	/*use:rec write*/rec = func(/*def:n*/n int) int { return /*use:rec*/rec(/*use:n*/n) }
	return /*use:g*/g(/*use:r*/r)
}";
    check(text);
    let (names, body) = super::first_body(text);
    let captured = body.locals().filter(|(_, local)| local.captured);
    let captured: Vec<&str> = captured
        .map(|(_, local)| names.file(0).span_text(local.span))
        .collect();
    assert_eq!(
        captured,
        ["a", "b", "r", "rec"],
        "the inner r, not the outer one"
    );
}

#[test]
fn a_literal_outside_of_functions_is_a_root() {
    check(
        "package p
var x = 1
var hook = func(/*def:x*/x int) func() int {
	return func() int { return /*use:x*/x + /*is:member*/y }
}
var y = map[string]func(){
	\"a\": func() { _ = /*is:member*/x },
}",
    );
}

#[test]
fn hidden_builtins() {
    check(
        "package p
func f(s []int) {
	_ = /*is:builtin*/len(s)
	/*def:len*/len := /*is:builtin*/len(s)
	_ = /*use:len*/len
	/*def:recover*/recover := func() any { return /*is:builtin*/recover() }
	defer /*use:recover*/recover()
	/*is:builtin*/panic(/*is:nil*/nil)
	/*def:nil*/nil, /*def:true*/true := 1, /*is:const*/true
	_, _ = /*use:nil*/nil, /*use:true*/true
	type /*def:string*/string int
	var _ /*use:string*/string
	var _ /*is:type*/rune
}",
    );
}

#[test]
fn a_block_ends() {
    check(
        "package p
func f() {
	{
		/*def:x*/x := 1
		{ /*def:x2*/x := /*use:x*/x; _ = /*use:x2*/x }
		_ = /*use:x*/x
	}
	_ = /*is:unknown*/x
	if /*def:y*/y := 1; /*use:y*/y > 0 { /*def:z*/z := 1; _ = /*use:z*/z } else { _ = /*is:unknown*/z }
	_ = /*is:unknown*/y
	for /*def:i*/i := range 3 { _ = /*use:i*/i }
	_ = /*is:unknown*/i
	func() { /*def:w*/w := 1; _ = /*use:w*/w }()
	_ = /*is:unknown*/w
}",
    );
}
