//! The package block, the blocks of files, and the universe.

use super::{check, check_files};
use crate::names::{MemberKind, guess_package_name};
use crate::testing::package;

#[test]
fn members_of_other_files() {
    check_files(
        &[
            "package p
func f() { _ = /*is:member b.go*/x + /*is:member b.go*/y; /*is:member b.go*/g(); var _ /*is:member b.go*/T; /*is:member a.go*/f() }",
            "package p
const x, z = 1, 2
var ( y = 3 )
type T = int
func g() { /*is:member a.go*/f() }",
        ],
        &[],
    );
}

#[test]
fn a_local_hides_a_package() {
    check(
        "package p
import \"os\"
func f() {
	/*is:package os*/os.Exit(1)
	/*def:os*/os := fake{}
	/*use:os*/os.Exit(1)
}
func g(/*def:os2*/os fake) { /*use:os2*/os.Exit(1) }
type fake struct{}
func (fake) os() {}
func (fake) Exit(int) { /*is:package os*/os.Exit(0) }",
    );
}

#[test]
fn imports_belong_to_their_file() {
    check_files(
        &[
            "package p
import \"os\"
func f() { /*is:package os*/os.Exit(1); /*is:unknown*/fmt.Println() }",
            "package p
import ( \"fmt\"; myos \"os\" )
func g() { /*is:package fmt*/fmt.Println(); /*is:package os*/myos.Exit(1); /*is:unknown*/os.Exit(1) }",
        ],
        &[],
    );
}

#[test]
fn package_level_functions_hide_builtins() {
    check_files(
        &[
            "package p
func f() { /*is:member b.go*/panic(1); /*is:builtin*/recover() }",
            "package p
func panic(x any) {}",
        ],
        &[],
    );
}

#[test]
fn names_that_packages_give_themselves() {
    check_files(
        &["package p
import (
	\"gopkg.in/yaml.v3\"
	\"example.com/odd-path\"
	\"example.com/mod/v2\"
	\"math/rand/v2\"
	_ \"example.com/side\"
	\"C\"
)
func f() {
	/*is:package gopkg.in/yaml.v3*/yaml.Marshal(1)
	/*is:package example.com/odd-path*/surprise.F()
	/*is:unknown*/path.F()
	/*is:package example.com/mod/v2*/mod.F()
	/*is:package math/rand/v2*/rand.N(1)
	/*is:unknown*/side.F()
	/*is:package C*/C.free(1)
}"],
        &[("example.com/odd-path", "package surprise")],
    );
}

#[test]
fn dot_imports() {
    check_files(
        &["package p
import . \"example.com/dsl\"
import . \"example.com/missing\"
func f() {
	/*is:dot example.com/dsl*/Describe(/*is:dot example.com/dsl*/Now)
	/*is:unknown*/Missing()
	/*is:unknown*/hidden()
	/*is:member*/Own()
	/*def:d*/Describe := 1
	_ = /*use:d*/Describe
	_ = /*is:dot example.com/dsl*/S{/*is:field*/Own: 1}
	_ = /*is:dot example.com/dsl*/M{/*is:member*/Own: 1}
}
func Own() {}"],
        &[(
            "example.com/dsl",
            "package dsl
func Describe(any) {}
var Now, hidden int
func Own() {}
type S struct{ Own int }
type M map[any]int",
        )],
    );
}

#[test]
fn guessed_names() {
    for (path, name) in [
        ("os", "os"),
        ("net/http", "http"),
        ("math/rand/v2", "rand"),
        ("github.com/x/y/v12", "y"),
        ("gopkg.in/yaml.v3", "yaml"),
        ("github.com/mattn/go-sqlite3", "sqlite3"),
        ("github.com/x/uuid-go", "uuid"),
        ("github.com/nats-io/nats.go", "nats"),
        ("github.com/x/v1", "v1"),
        ("v2", "v2"),
        ("k8s.io/api/core/v1", "v1"),
        ("C", "C"),
        ("", ""),
    ] {
        assert_eq!(guess_package_name(path), name, "{path}");
    }
}

#[test]
fn members_and_methods_are_listed() {
    let names = package(&[
        "package p
func init() {}
func init() {}
var _ = 1
type T struct{}
func (t *T) A() {}
func (T) B() {}
func (l *List[K]) A() {}",
        "package p
type List[K any] []K
func (t (*(T))) C() {}
func T2() {}
type T int",
    ]);
    let members: Vec<(&str, bool)> = names
        .members()
        .map(|(id, m)| (names.member_name(id), matches!(m.kind, MemberKind::Func(_))))
        .collect();
    assert_eq!(
        members,
        [
            ("init", true),
            ("init", true),
            ("_", false),
            ("T", false),
            ("List", false),
            ("T2", true),
            ("T", false)
        ]
    );
    assert_eq!(names.lookup("init"), None);
    assert_eq!(names.lookup("_"), None);
    assert_eq!(names.lookup("A"), None);
    assert_eq!(
        names.lookup("T").map(|id| names.member(id).file),
        Some(0),
        "the first declaration counts"
    );
    let methods = |base| -> Vec<(&str, bool)> {
        names
            .methods_of(base)
            .map(|(id, method)| (names.method_name(id), method.pointer))
            .collect()
    };
    assert_eq!(methods("T"), [("A", true), ("B", false), ("C", true)]);
    assert_eq!(methods("List"), [("A", true)]);
    assert_eq!(methods("T2"), []);
    assert_eq!(
        names
            .lookup_method("T", "C")
            .map(|id| names.method(id).file),
        Some(1)
    );
    assert_eq!(names.lookup_method("List", "B"), None);
}

#[test]
fn methods_declared_with_an_alias_belong_to_what_it_stands_for() {
    let names = package(&[
        "package p
type Token int
func (Token) A() {}
func (t *tok) B() {}
func (t list[K]) C() {}
func (cycle) D() {}",
        "package p
type tok = token
type token = Token
type list[K any] = List[K]
type List[K any] []K
type cycle = cycle2
type cycle2 = cycle",
    ]);
    let methods = |base| -> Vec<&str> {
        names
            .methods_of(base)
            .map(|(id, _)| names.method_name(id))
            .collect()
    };
    assert_eq!(methods("Token"), ["A", "B"]);
    assert_eq!(methods("tok"), [""; 0]);
    assert_eq!(methods("List"), ["C"]);
}

#[test]
fn labels_of_functions() {
    let names = package(&["package p
func f() { func() { func() {}() }() }
func (t *T) m() { func() {}() }
func (t List[K]) v() {}
var x = func() { func() {}() }"]);
    let labels: Vec<String> = names
        .file(0)
        .all_funcs()
        .map(|func| names.function_label(0, func))
        .collect();
    assert_eq!(
        labels,
        ["f", "f", "f", "(*T).m", "(*T).m", "List.v", "", ""]
    );
}
