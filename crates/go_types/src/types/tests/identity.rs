//! Which types are the same.

use std::sync::Arc;

use go_syntax::{Mode, Source, parse};

use crate::{Importer, NoPackages, PackageCx, PackageNames};

/// Checks that all variables whose names start alike have the same type, and others have not.
#[test]
fn types_are_the_same_by_name_or_by_structure() {
    let text = "package p
type T struct{ A int }
type Alias = T
type Other struct{ A int }
type G[P any] struct{ P P }
type I interface{ M() }
type J interface{ I; N(x int) error }
var (
	a1 T
	a2 Alias
	b1 Other
	c1 struct{ A int }
	c2 struct{ A int }
	d1 struct{ B int }
	e1 G[int]
	e2 G[int]
	f1 G[string]
	g1 func(x int, y ...string) (err error)
	g2 func(int, ...string) error
	h1 func(int, []string) error
	i1 interface{ M(); N(y int) error }
	i2 interface{ N(int) error; I }
	j1 J
	k1 interface{ M() }
	l1 any
	l2 interface{}
	m1 []byte
	m2 []uint8
	n1 map[string]chan<- *T
	n2 map[string]chan<- *Alias
	o1 map[string]chan *T
	q1 [3]int
	q2 [1 + 2]int
	r1 [4]int
	s1 interface{ error; M() }
	s2 interface{ M(); Error() string }
	t1 interface{ ~int | string }
	t2 interface{ string | ~int }
	u1 interface{ int | string }
	v1 interface{ comparable }
)
";
    let file = parse(Source::new(text.as_bytes().to_vec()), Mode::Full);
    assert!(file.errors().is_empty());
    let names = Arc::new(PackageNames::new(Importer::new("p"), vec![Arc::new(file)]));
    let cx = PackageCx::new(&names, &NoPackages);
    let vars: Vec<_> = names
        .members()
        .filter(|(_, member)| !member.is_type())
        .map(|(id, _)| (names.member_name(id), cx.type_of_member(id)))
        .collect();
    assert_eq!(vars.len(), 32);
    for &(a, one) in &vars {
        for &(b, other) in &vars {
            let expected = a.as_bytes()[0] == b.as_bytes()[0];
            assert_eq!(cx.identical(one, other), expected, "{a} and {b}");
        }
    }
    let missing = cx.type_of_member(names.lookup("a1").expect("a variable"));
    assert!(!cx.identical(missing, crate::TypeId::UNKNOWN));
    assert!(!cx.identical(crate::TypeId::UNKNOWN, crate::TypeId::UNKNOWN));
}
