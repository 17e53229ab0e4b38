//! What calls call.

use super::{check, check_with};
use crate::testing::{TextPackages, package};
use crate::{Body, NoPackages, PackageCx};

#[test]
fn functions() {
    check(
        "package p
import ( \"os\"; sy \"sync\"; . \"errors\" )
func own()
func gen[T any](T)
type T struct{}
var variable = func() {}
func f(os2 T) {
	os.Exit(1) /*calls os.Exit*/
	(os.Exit)(1) /*calls os.Exit*/
	own() /*calls example.com/p.own*/
	gen(1) /*calls example.com/p.gen*/
	gen[int](1) /*calls example.com/p.gen*/
	_ = sy.OnceValue[int](nil) /*calls sync.OnceValue*/
	_ = New(\"\") /*calls errors.New*/
	variable() /*calls variable variable*/
	func() {}() /*calls literal*/
	missing() /*calls unknown*/
	local := func() {}
	local() /*calls local local*/
	fs := []func(){}
	fs[0]() /*calls dynamic*/
	mk()() /*calls dynamic*/
	_ = len(fs) /*calls builtin len*/
	len := mk
	len() /*calls local len*/
}
func mk() func()",
    );
}

#[test]
fn conversions() {
    check(
        "package p
import ( \"os\"; \"context\" )
type T int
type G[X any] []X
func f[P any](x any) {
	_ = T(1) /*calls conversion to T*/
	_ = (T)(1) /*calls conversion to T*/
	_ = (*T)(nil) /*calls conversion to *T*/
	_ = []byte(\"\") /*calls conversion to []byte*/
	_ = string(\"\") /*calls conversion to string*/
	_ = (func())(nil) /*calls conversion to func()*/
	_ = G[int](nil) /*calls conversion to G*/
	_ = P(x) /*calls conversion to P*/
	_ = (*os.File)(nil) /*calls conversion to *os.File*/
	type L string
	_ = L(\"\") /*calls conversion to L*/
	_ = context.CancelFunc(nil) /*calls context.CancelFunc*/
	_ = context.CancelFunc(nil) /*: context.CancelFunc*/
	fp := new(func())
	(*fp)() /*calls dynamic*/
}",
    );
}

#[test]
fn methods() {
    check(
        "package p
import ( \"os\"; \"sync\" )
type S struct { sync.Mutex; hook func(); c interface{ Close() error }; rw sync.RWMutex }
func (s S) os() *S
type fake struct{}
func (fake) Exit(int)
func f(s *S, file *os.File, e error) {
	s.Lock() /*calls method (*sync.Mutex).Lock of s*/
	s.Mutex.Unlock() /*calls method (*sync.Mutex).Unlock of s.Mutex*/
	s.hook() /*calls field hook of s*/
	s.os().os() /*calls method (example.com/p.S).os of s.os()*/
	_ = file.Close() /*calls method (*os.File).Close of file*/
	_ = e.Error() /*calls method (error).Error of e*/
	s.rw.RLocker().Lock() /*calls method (sync.Locker).Lock of s.rw.RLocker()*/
	(*sync.Mutex).Lock(&s.Mutex) /*calls method (*sync.Mutex).Lock of &s.Mutex*/
	_ = s.c.Close() /*calls method (interface{Close() error}).Close of s.c*/
	{
		os := fake{}
		os.Exit(1) /*calls method (example.com/p.fake).Exit of os*/
	}
	s.unknown() /*calls field unknown of s*/
}",
    );
}

#[test]
fn method_calls_by_type() {
    let names = package(&["package p
import ( \"os\"; \"sync\" )
type S struct { *Inner }
type Inner struct { sync.Mutex }
type M = sync.Mutex
type Other struct{}
func (Other) Lock()
func f(s S, m M, o Other, mu *sync.Mutex) {
	s.Lock()
	m.Lock()
	o.Lock()
	mu.Lock()
	mu.Unlock()
	(*sync.Mutex).Lock(mu)
}"]);
    let loader = TextPackages::new(super::STD);
    let cx = PackageCx::new(&names, &loader);
    let file = names.file(0);
    let root = file.all_funcs().last().expect("f");
    let body = Body::new(&cx, 0, root);
    let calls = file
        .func(root)
        .exprs
        .iter()
        .filter(|&expr| file.call(expr).is_some());
    let found: Vec<(&str, bool, bool)> = calls
        .map(|call| {
            let is = |package, ty| body.is_method_call(call, package, ty, "Lock");
            (
                file.expr_text(call),
                is("sync", "Mutex"),
                is("example.com/p", "Inner"),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("s.Lock()", true, true),
            ("m.Lock()", true, false),
            ("o.Lock()", false, false),
            ("mu.Lock()", true, false),
            ("mu.Unlock()", false, false),
            ("(*sync.Mutex).Lock(mu)", true, false),
        ]
    );
}

#[test]
fn a_declared_type_is_known_without_its_package() {
    let names = package(&["package p
import \"sync\"
func f(mu *sync.Mutex) { mu.Lock(); mu.Unlock() }"]);
    let cx = PackageCx::new(&names, &NoPackages);
    let file = names.file(0);
    let body = Body::new(&cx, 0, file.all_funcs().next().expect("f"));
    let calls = file
        .func(body.root())
        .exprs
        .iter()
        .filter(|&expr| file.call(expr).is_some());
    let found: Vec<bool> = calls
        .map(|call| body.is_method_call(call, "sync", "Mutex", "Lock"))
        .collect();
    assert_eq!(found, [true, false]);
}

#[test]
fn results() {
    check_with(
        &["package p
import \"context\"
import \"example.com/missing\"
func f(ctx context.Context) {
	c /*: context.Context*/, cancel /*: context.CancelFunc*/ := context.WithCancel(ctx)
	cancel() /*: ()*/
	<-c.Done() /*: struct{}*/
	_ = missing.F() /*: ?*/
	var t missing.T
	_ = t /*: example.com/missing.T*/
	_ = t.m() /*: ?*/
	_ = missing.F().g(func(x int) error { return nil /*: untyped nil*/ }) /*: ?*/
	x, y /*: ?*/ := missing.F()
}"],
        &[],
    );
}

#[test]
fn declarations_in_the_package() {
    let names = package(&[
        "package p
import \"sync\"
type S struct { sync.Mutex; hook func(); *Inner }
type I interface { pointer() }
func (s *S) pointer()
func f(s S, i I) {
	own()
	generic[int](1)
	s.pointer()
	(*S).pointer(&s)
	s.promoted()
	s.hook()
	s.Lock()
	i.pointer()
	variable()
	func() {}()
	len(\"\")
	sync.OnceFunc(nil)
	{
		type Inner interface { promoted() }
		Inner(nil).promoted()
	}
}",
        "package p
type Inner struct{}
func own()
func generic[T any](T)
func (Inner) promoted()
var variable = own",
    ]);
    let loader = TextPackages::new(super::STD);
    let cx = PackageCx::new(&names, &loader);
    let file = names.file(0);
    let root = file
        .all_funcs()
        .find(|&func| {
            file.func(func)
                .name
                .is_some_and(|name| file.name(name) == "f")
        })
        .expect("f");
    let body = Body::new(&cx, 0, root);
    let calls = file.func(root).exprs.iter();
    let found: Vec<(&str, String)> = calls
        .filter(|&expr| file.call(expr).is_some())
        .filter_map(|call| {
            let (index, func) = body.declaration(call)?;
            Some((file.expr_text(call), names.function_label(index, func)))
        })
        .collect();
    let expected = [
        ("own()", "own"),
        ("generic[int](1)", "generic"),
        ("s.pointer()", "(*S).pointer"),
        ("(*S).pointer(&s)", "(*S).pointer"),
        ("s.promoted()", "Inner.promoted"),
    ];
    assert_eq!(
        found,
        expected.map(|(call, label)| (call, label.to_owned()))
    );
}

#[test]
fn generic_arguments_tell_what_parameters_stand_for() {
    check(
        "package p
func apply[T, U any](xs []T, f func(T) U) []U
func show[X any](x X) string
func pair[A, B any](a A, b B) map[string]B
func same[X any](x X) X
func fold[T, U any](xs []T, zero U, f func(U, T) map[string]T) U
func chain[T, U, V any](t T, f func(T) U, g func(U) V) V
func wrap[X any](x X) []X
func f(ints []int) {
	_ = apply(ints, show) /*:[]string*/
	_ = apply(ints, same) /*:[]int*/
	_ = apply(ints, wrap) /*:[][]int*/
	_ = apply(ints, show[int]) /*:[]string*/
	_ = fold(ints, 1.5, pair) /*:float64*/
	_ = chain(1, wrap, wrap) /*:[][]int*/
}
",
    );
}
