//! Fields and methods, promoted ones included.

use super::{check, check_with};
use crate::testing::package;
use crate::{NoPackages, PackageCx};

#[test]
fn fields_and_methods() {
    check(
        "package p
import \"os\"
type T struct { a int; f *os.File; g func(int) string }
func (t T) val() error
func (t *T) ptr(x int) (string, error)
type I interface { error; m(int) T; J }
type J interface { n() *J }
func f(t T, p *T, i I, e error) {
	_ = t.a /*: int*/
	_ = p.f /*: *os.File*/
	_ = p.val() /*: error*/
	_ = t.ptr(1) /*: (string, error)*/
	_ = t.ptr /*: func(x int) (string, error)*/
	_ = i.m(1).a /*: int*/
	_ = i.n() /*: *example.com/p.J*/
	_ = i.Error() /*: string*/
	_ = e.Error() /*: string*/
	_ = t.g(1) /*: string*/
	_ = T.val /*: func(example.com/p.T) error*/
	_ = (*T).ptr /*: func(t *example.com/p.T, x int) (string, error)*/
	_ = p.f.Close() /*: error*/
	_ = t.missing /*: ?*/
	_ = struct{ x bool }{}.x /*: bool*/
}",
    );
}

#[test]
fn promotion() {
    check(
        "package p
import ( \"os\"; \"sync\" )
type Base struct { id int; name string }
func (b *Base) Name() string
type Mid struct { *Base; name []byte }
type Top struct { Mid; sync.Mutex; os.Signal }
type Two struct { A; B }
type A struct { x int }
type B struct { x string }
type Loop struct { *Loop; y int }
func f(t Top, two Two, l Loop, file os.File) {
	_ = t.id /*: int*/
	_ = t.name /*: []byte*/
	_ = t.Name() /*: string*/
	_ = t.Lock /*: func()*/
	_ = t.Mutex /*: sync.Mutex*/
	_ = t.Base /*: *example.com/p.Base*/
	_ = t.Signal /*: os.Signal*/
	_ = t.String() /*: string*/
	_ = two.x /*: ?*/
	_ = two.A.x /*: int*/
	_ = l.y /*: int*/
	_ = l.z /*: ?*/
	_ = t.state /*: ?*/
	_ = file.Exported() /*: int*/
	_ = file.hidden /*: ?*/
}",
    );
}

#[test]
fn an_unknown_embedded_type_leaves_doubt() {
    check_with(
        &["package p
import \"example.com/missing\"
type S struct { missing.T; own int; Deep }
type Deep struct { deep int; own bool }
func f(s S) {
	_ = s.own /*: int*/
	_ = s.deep /*: int*/
	_ = s.Deep.deep /*: int*/
	_ = s.deeper /*: ?*/
	_ = s.T /*: example.com/missing.T*/
	_ = s.Close() /*: ?*/
}"],
        &[],
    );
}

#[test]
fn names_and_aliases_of_other_packages() {
    check(
        "package p
import \"os\"
import \"io/fs\"
type Mode = os.FileMode
type Pointer *T
type T struct { a int }
func (T) m()
func f(m Mode, n os.FileMode, p Pointer) {
	_ = m.IsDir() /*: bool*/
	_ = n /*: os.FileMode*/
	_ = fs.FileMode(1) /*: io/fs.FileMode*/
	_ = p.a /*: int*/
}",
    );
}

#[test]
fn constraints() {
    check(
        "package p
import \"context\"
type Named interface { Name() string }
func f[T Named, C interface{ context.Context; extra() int }](t T, c C, list []T) {
	_ = t.Name() /*: string*/
	_ = c.Err() /*: error*/
	_ = c.extra() /*: int*/
	_ = list[0].Name() /*: string*/
}",
    );
}

#[test]
fn fields_of_structs() {
    let package = package(&["package p
type Box[T any] struct { item T; *Base; a, b int }
type Base struct{}
type Ints = Box[int]
type Name string
var ints Ints
"]);
    let cx = PackageCx::new(&package, &NoPackages);
    let member = |name| cx.type_of_member(package.lookup(name).unwrap());
    let fields = |ty| {
        let fields = cx.fields(ty)?.into_iter();
        let text = fields.map(|(name, ty)| format!("{name} {}", cx.type_string(ty)));
        Some(text.collect::<Vec<_>>().join("; "))
    };
    assert_eq!(
        fields(member("ints")).as_deref(),
        Some("item int;  *example.com/p.Base; a int; b int")
    );
    assert_eq!(fields(member("Base")).as_deref(), Some(""));
    assert_eq!(fields(member("Name")), None);
    assert_eq!(fields(crate::TypeId::UNKNOWN), None);
}

#[test]
fn what_is_kept_for_a_package_is_computed_once() {
    let package = package(&["package p"]);
    let cx = PackageCx::new(&package, &NoPackages);
    assert_eq!(*cx.memo(|| 1_u8), 1);
    assert_eq!(*cx.memo(|| 2_u8), 1);
    assert_eq!(*cx.memo(|| 3_u16 + u16::from(*cx.memo(|| 4_u8))), 4);
}
