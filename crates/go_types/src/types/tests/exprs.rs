//! Types of expressions other than selectors and calls.

use super::{check, check_with};

#[test]
fn declared_variables() {
    check(
        "package p
import \"os\"
type T struct{}
func f(a int, b, c *T, d ...string) (r map[string][]byte, err error) {
	_ = a /*: int*/
	_ = c /*: *example.com/p.T*/
	_ = d /*: []string*/
	_ = r /*: map[string][]byte*/
	_ = err /*: error*/
	var x, y chan<- [4]os.File
	_ = y /*: chan<- [4]os.File*/
	_ = x
	var g func(x, y int, z ...any) (a, b rune)
	_ = g /*: func(x int, y int, z ...any) (a rune, b rune)*/
	var s struct{ a, b int; os.File }
	_ = s /*: struct{a int; b int; os.File}*/
	var cc chan (<-chan int)
	_ = cc /*: chan (<-chan int)*/
	return
}",
    );
}

#[test]
fn initial_values() {
    check(
        "package p
import ( \"os\"; \"sync\" )
type T struct{}
func two() (int, *T)
func f(i any, m map[string]float64, ch chan T) {
	a /*: int*/ := 1
	b /*: float64*/, c /*: string*/, d /*: rune*/ := 1.5, \"\", 'x'
	e /*: example.com/p.T*/ := T{}
	g /*: *example.com/p.T*/ := &T{}
	h /*: *sync.Mutex*/ := new(sync.Mutex)
	j /*: []int*/ := make([]int, 3)
	k /*: int*/, l /*: *example.com/p.T*/ := two()
	m1 /*: float64*/, ok1 /*: bool*/ := m[\"\"]
	t1 /*: example.com/p.T*/, ok2 /*: bool*/ := i.(T)
	r1 /*: example.com/p.T*/, ok3 /*: bool*/ := <-ch
	fl /*: func(int) error*/ := func(int) error { return nil }
	o /*: *os.File*/, err /*: error*/ := os.Open(\"\")
	u /*: uint8*/ := uint8(3)
	n /*: bool*/ := a == 1
	_ = *g /*: example.com/p.T*/
	_ = nil /*: untyped nil*/
	var p, q = two()
	_ = q /*: *example.com/p.T*/
	p2 /*: *int*/ := new(a)
}",
    );
}

#[test]
fn operators() {
    check(
        "package p
type D int64
const k D = 1
func f(a, b int, d D, s string, sl []D, arr *[3]bool) {
	_ = a + b /*: int*/
	_ = 2 * d /*: example.com/p.D*/
	_ = d * 2 /*: example.com/p.D*/
	_ = a < b /*: untyped bool*/
	_ = a < b && true /*: untyped bool*/
	_ = 1 + 2.0 /*: untyped float*/
	_ = 'a' + 1 /*: untyped rune*/
	_ = d << a /*: example.com/p.D*/
	_ = -d /*: example.com/p.D*/
	_ = s[0] /*: byte*/
	_ = s[1:] /*: string*/
	_ = sl[0] /*: example.com/p.D*/
	_ = sl[1:] /*: []example.com/p.D*/
	_ = arr[0] /*: bool*/
	_ = arr[:] /*: []bool*/
	_ = &sl[0] /*: *example.com/p.D*/
	_ = (k) /*: example.com/p.D*/
	_ = [...]int{1, 2} /*: [2]int*/
	_ = [...]int{5: 1, 2} /*: [7]int*/
}",
    );
}

#[test]
fn constants_repeat() {
    check(
        "package p
import \"os\"
import \"io/fs\"
type E uint
const ( A E = iota; B; C )
const ( X, Y = iota, \"s\"; Z, W )
func f() {
	_ = C /*: example.com/p.E*/
	_ = Z /*: untyped int*/
	_ = W /*: untyped string*/
	_ = fs.ModeAppend /*: io/fs.FileMode*/
	_ = os.ModePerm /*: io/fs.FileMode*/
	const ( a = 1.5; b )
	_ = b /*: untyped float*/
}",
    );
}

#[test]
fn range_variables() {
    check(
        "package p
type L []string
func seq(yield func(int, *L) bool)
func f(l L, m map[rune]bool, ch <-chan error, p *[2]L, n uint8, it func(func(string) bool)) {
	for i /*: int*/, v /*: string*/ := range l {}
	for k /*: rune*/, v /*: bool*/ := range m {}
	for e /*: error*/ := range ch {}
	for i /*: int*/, v /*: example.com/p.L*/ := range p {}
	for i /*: uint8*/ := range n {}
	for i /*: int*/ := range 10 {}
	for i /*: int*/, c /*: rune*/ := range \"abc\" {}
	for s /*: string*/ := range it {}
	for i /*: int*/, l /*: *example.com/p.L*/ := range seq {}
}",
    );
}

#[test]
fn type_switch_variables() {
    check(
        "package p
func f(x any) {
	switch y := x.(type) {
	case int:
		_ = y /*: int*/
	case *string:
		_ = y /*: *string*/
	case bool, error:
		_ = y /*: any*/
	case nil:
		_ = y /*: any*/
	default:
		_ = y /*: any*/
	}
}",
    );
}

#[test]
fn local_types() {
    check(
        "package p
type T struct{ outer int }
func f() {
	type T struct{ inner string; next *T }
	type U = T
	var t T
	_ = t /*: example.com/p.T*/
	_ = t.inner /*: string*/
	_ = t.next.next.inner /*: string*/
	_ = t.outer /*: ?*/
	var u U
	_ = u.inner /*: string*/
}
func g() {
	var t T
	_ = t.outer /*: int*/
	_ = t.inner /*: ?*/
}",
    );
}

#[test]
fn package_level_variables() {
    check_with(
        &[
            "package p
import ( \"os\"; \"errors\" )
var ErrX = errors.New(\"x\")
var a, b = os.Open(\"x\")
var cyclic1 = cyclic2
var cyclic2 = cyclic1
func f() {
	_ = ErrX /*: error*/
	_ = a /*: *os.File*/
	_ = later /*: map[string]int*/
	_ = os.Stdout /*: *os.File*/
	_ = os.Args /*: []string*/
	_ = cyclic1 /*: ?*/
	_ = os.Missing /*: ?*/
	_ = hook /*: func(x int) string*/
}
var hook = func(x int) string { _ = x /*: int*/; return later2 /*: untyped string*/ }",
            "package p
var later = map[string]int{}
const later2 = \"x\"",
        ],
        &[],
    );
}

#[test]
fn generics() {
    check(
        "package p
import \"sync\"
type List[T any] struct { head T; next *List[T] }
func (l *List[E]) All() []E
func (l *List[E]) Map[U any](f func(E) U) *List[U]
type Names List[string]
type Strings []string
func two() (string, error)
func Pass[T any](t T, err error) T
type Alias[T any] = map[string]T
func Keys[K comparable, V any](m map[K]V) []K
func Zero[T any]() T
func First[S ~[]E, E any](s S) E
func Last[S interface{ ~[]E }, E any](s ...S) (S, E)
func f[P any](l List[int], p P, m sync.Map[string, *P], al Alias[bool]) {
	_ = l /*: example.com/p.List[int]*/
	_ = l.head /*: int*/
	_ = l.next.next.head /*: int*/
	_ = l.All() /*: []int*/
	_ = p /*: P*/
	v /*: *P*/, ok /*: bool*/ := m.Load(\"\")
	_ = Keys(map[string]int{}) /*: []string*/
	_ = Keys[int, bool](nil) /*: []int*/
	_ = Zero[error]() /*: error*/
	_ = Zero() /*: ?*/
	_ = First(Strings{}) /*: string*/
	_ = Last([]int{}) /*: ([]int, int)*/
	_ = Pass(two()) /*: string*/
	_ = al[\"\"] /*: bool*/
	once /*: func() int*/ := sync.OnceValue(func() int { return 1 })
	_ = once() /*: int*/
	var n Names
	_ = n.head /*: string*/
	_ = List[P]{} /*: example.com/p.List[P]*/
}",
    );
}

#[test]
fn builtins() {
    check(
        "package p
func f(s []string, c complex64, x float32, u uint) {
	_ = append(s, \"\") /*: []string*/
	_ = len(s) /*: int*/
	_ = real(c) /*: float32*/
	_ = complex(x, 1) /*: complex64*/
	_ = max(1, u) /*: uint*/
	_ = min(1, 2.5) /*: untyped float*/
	_ = recover() /*: interface{}*/
	panic(1) /*: ()*/
}",
    );
}

#[test]
fn constants_have_values() {
    let text = "package p
const name = \"linux\"
const bits = 32 << (^uint(0) >> 63)
const small = 1.5
func f(x int, b bool) {
	g(name == \"linux\", name + \"!\" < \"z\", len(name) > 4, bits == 64, small >= 1, 'a' == 97)
	g(!true, true && !false, false || 1 != 1, bits, small, name, x, b && false, 1i == 0)
}
func g(...any)";
    let file = go_syntax::parse(go_syntax::Source::new(text.into()), go_syntax::Mode::Full);
    let names = std::sync::Arc::new(crate::PackageNames::new(
        crate::Importer::new("example.com/p"),
        vec![std::sync::Arc::new(file)],
    ));
    let cx = crate::PackageCx::new(&names, &crate::NoPackages);
    let file = names.file(0);
    let root = file.all_funcs().next().expect("a function");
    let body = crate::Body::new(&cx, 0, root);
    let values: Vec<String> = file
        .func(root)
        .exprs
        .iter()
        .filter_map(|expr| file.call(expr))
        .filter(|(fun, _)| file.ident(*fun) == Some("g"))
        .flat_map(|(_, args)| args)
        .map(|&arg| format!("{:?}", body.constant(arg)))
        .collect();
    assert_eq!(
        values,
        [
            "Some(Bool(true))",
            "Some(Bool(true))",
            "Some(Bool(true))",
            "Some(Bool(true))",
            "Some(Bool(true))",
            "Some(Bool(true))",
            "Some(Bool(false))",
            "Some(Bool(true))",
            "Some(Bool(false))",
            "Some(Int(64))",
            "Some(Float(1.5))",
            "Some(Text(\"linux\"))",
            "None",
            "None",
            "Some(Unknown)",
        ]
    );
}
