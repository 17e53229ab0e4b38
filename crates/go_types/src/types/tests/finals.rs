//! Constants, types that come from around an expression, type parameters and inference, types as text.

use super::check;

#[test]
fn lengths_of_arrays() {
    check(
        "package p
import \"unsafe\"
const ( A = iota + 1; B; C; D = 1 << iota; E float64 = 6 / 4 * 2.0 )
const Text = \"ab\" + \"c\\n\"
type Pair struct { a byte; b int32; c *int; d [0]int }
func f[T any](x string, t T) {
	const local = C - 1
	_ = [B]int{} /*: [2]int*/
	_ = [C * 2]int{} /*: [6]int*/
	_ = [D]int{} /*: [8]int*/
	_ = [E]int{} /*: [2]int*/
	_ = [local]int{} /*: [2]int*/
	_ = [len(Text)]int{} /*: [4]int*/
	_ = ['c' - 'a']int{} /*: [2]int*/
	_ = [^uint8(250)]int{} /*: [5]int*/
	_ = [0x1_0 | 0b1 | 0o10 | 010]int{} /*: [25]int*/
	_ = [7 / 2]int{} /*: [3]int*/
	_ = [7 / 2.0 * 2]int{} /*: [7]int*/
	_ = [max(1, 3, 2)]int{} /*: [3]int*/
	_ = [unsafe.Sizeof(Pair{})]int{} /*: [24]int*/
	_ = [len([4]string{})]int{} /*: [4]int*/
	_ = [...]string{2: x, x, 1: x} /*: [4]string*/
	_ = [unknown]int{} /*: [?]int*/
	_ = len(Text) /*constant*/
	_ = len(x) /*variable*/
	_ = len([2]int{}) /*constant*/
	_ = len([2]int{g()}) /*variable*/
	_ = unsafe.Sizeof(x) /*constant*/
	_ = unsafe.Sizeof(t) /*variable*/
	_ = string('a') /*constant*/
	_ = []byte(Text) /*variable*/
	_ = 1 << len(x) /*variable*/
	_ = any(1) /*variable*/
}
func g() int",
    );
}

#[test]
fn types_from_around() {
    check(
        "package p
type Flag bool
type S struct { f Flag; i any }
func take(f Flag, rest ...int64)
func results(a, b int, m map[bool]int, n uint, ch chan Flag) (Flag, any) {
	_ = a < b /*=bool*/
	if a < b /*=untyped bool*/ { }
	switch { case a < b /*=bool*/: }
	var f Flag = a < b /*=example.com/p.Flag*/
	f = (a < b) /*=example.com/p.Flag*/
	x := !(a == b) /*=bool*/
	take(a < b /*=example.com/p.Flag*/, 1 << n /*=int64*/)
	_ = S{f: a < b /*=example.com/p.Flag*/, i: a < b /*=bool*/}
	_ = f && a < b /*=example.com/p.Flag*/
	_ = m[a < b /*=bool*/]
	ch <- a == b /*=example.com/p.Flag*/
	_ = float64(1 << n /*=float64*/)
	_ = m[x] + 1 << n
	_ = int8(1) + 1<<n /*=int8*/
	func() bool { return a < b /*=bool*/ }()
	v, ok := m[true] /*=(int, bool)*/
	w, f := <-ch /*=(example.com/p.Flag, example.com/p.Flag)*/
	_, _, _ = v, ok, w
	return a < b /*=example.com/p.Flag*/, a < b /*=bool*/
}",
    );
}

#[test]
fn literals_without_type() {
    check(
        "package p
type P struct { x, y int }
func f() {
	_ = []P{{1, 2} /*: example.com/p.P*/}
	_ = []*P{{1, 2} /*: *example.com/p.P*/}
	_ = map[P][]P{{1, 2} /*: example.com/p.P*/: {{3, 4} /*: example.com/p.P*/} /*: []example.com/p.P*/}
	_ = [...][2]int{{1, 2} /*: [2]int*/}
}",
    );
}

#[test]
fn type_parameters() {
    check(
        "package p
type List[E any, M ~map[string]E] struct { m M; e E }
type Bytes interface { ~string | ~[]byte }
type Setter[T any] interface { *T; Set(string) }
type Set struct{}
func (s *Set) Set(string)
func (l *List[A, B]) get(k string) {
	_ = l.m[k] /*: A*/
	for key /*: string*/, v /*: A*/ := range l.m {}
}
func index[B Bytes](b B) {
	_ = b[0] /*: byte*/
	_ = b[1:] /*: B*/
}
func deref[T any, P Setter[T]](p P, t T) {
	_ = *p /*: T*/
	p.Set(\"\") /*: ()*/
}
func make1[T any, P Setter[T]](t T) P
func conv[To, From any](f From) To
func apply[T, U any](s []T, f func(T) U) []U
func double[N ~int | ~float64](n N) N
func pick[T any](a, b T) T
func seq[V any](s func(yield func(V) bool)) V
type Seq[V any] func(yield func(V) bool)
type Getter[T any] interface { Get() T }
type Holder struct{}
func (Holder) Get() rune
func get[T any](g Getter[T]) T
func f(ints []int, s Seq[string]) {
	_ = make1(Set{}) /*: *example.com/p.Set*/
	_ = conv[string](1) /*: string*/
	_ = conv[string] /*: func[From any](f From) string*/
	_ = conv /*: func[To, From any](f From) To*/
	_ = apply(ints, double[int]) /*: []int*/
	_ = apply(ints, func(int) string { return \"\" }) /*: []string*/
	_ = pick(1, 2.5) /*: float64*/
	_ = pick(1, 'a') /*: rune*/
	_ = seq(s) /*: string*/
	_ = get(Holder{}) /*: rune*/
	double /*=func(n int) int*/(1)
	var g func(float64) float64 = double /*=func(n float64) float64*/
	_ = g
}",
    );
}

#[test]
fn types_as_text() {
    check(
        "package p
type I interface { B(x int) error; a(); A() (n int, err error); error }
func f(a struct { X, y int `json:\"x\"`; I }, b any, c interface{}, d byte, e uint8) {
	_ = a /*: struct{X int \"json:\\\"x\\\"\"; y int \"json:\\\"x\\\"\"; example.com/p.I}*/
	_ = b /*: any*/
	_ = c /*: interface{}*/
	_ = d /*: byte*/
	_ = e /*: uint8*/
	var i interface { B(x int) error; a(); A() (n int, err error); error }
	_ = i /*: interface{A() (n int, err error); B(x int) error; a(); error}*/
	_ = i.A() /*: (n int, err error)*/
}
func g[K comparable, V ~int | ~string, W any](m map[K]V)
func h() { _ = g /*: func[K comparable, V ~int | ~string, W any](m map[K]V)*/ }",
    );
}

#[test]
fn types_made_of_themselves() {
    check(
        "package p
import \"unsafe\"
type A [len(A{}) + len(A{})]int
type B struct { b [unsafe.Sizeof(B{}) + unsafe.Sizeof(B{})]B }
type C interface { C | C }
const c = d + d
const d = c + c
func f[T C](a A, b B, t T) {
	_ = a[0] /*: int*/
	_ = b.b[0] /*: example.com/p.B*/
	_ = t[0] /*: ?*/
	_ = [c]int{} /*: [?]int*/
}",
    );
}
