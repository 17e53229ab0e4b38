//! Keys of composite literals: fields or values.

use super::{check, check_files};

#[test]
fn keys_of_structs_are_fields() {
    check(
        "package p
type S struct{ a, b int; S *S }
type A = S
type B A
var a = 1
func f(/*def:b*/b int) {
	_ = /*is:member*/S{/*is:field*/a: /*is:member*/a, /*is:field*/b: /*use:b*/b}
	_ = A{/*is:field*/a: 1}
	_ = B{/*is:field*/b: 1, /*is:field*/S: &S{/*is:field*/b: /*use:b*/b}}
	_ = struct{ b int }{/*is:field*/b: /*use:b*/b}
	type L struct{ b int }
	_ = &L{/*is:field*/b: /*use:b*/b}
}",
    );
}

#[test]
fn keys_of_maps_and_lists_are_values() {
    check(
        "package p
type M map[int]string
type N M
const k = 1
func f(/*def:x*/x int) {
	_ = M{/*use:x*/x: \"\", /*is:member*/k: \"\"}
	_ = N{/*use:x*/x: \"\"}
	_ = map[int]int{/*use:x*/x: /*use:x*/x}
	_ = []int{/*is:member*/k: /*use:x*/x}
	_ = [...]int{/*is:member*/k: 1}
	type L [4]int
	_ = L{/*is:member*/k: 1}
	_ = map[bool]int{/*is:const*/true: 1}
}",
    );
}

#[test]
fn elided_types() {
    check(
        "package p
type S struct{ x int; in []S }
type P *S
func f(/*def:x*/x int) {
	_ = []S{{/*is:field*/x: /*use:x*/x, in: []S{{/*is:field*/x: 1}}}}
	_ = []*S{{/*is:field*/x: /*use:x*/x}, 3: {/*is:field*/x: 1}}
	_ = map[S]S{{/*is:field*/x: 1}: {/*is:field*/x: /*use:x*/x}}
	_ = map[int]map[int]int{/*use:x*/x: {/*use:x*/x: 1}}
	_ = [][]int{{/*use:x*/x: 1}}
	_ = []struct{ x int }{{/*is:field*/x: /*use:x*/x}}
}",
    );
}

#[test]
fn types_of_other_packages() {
    check_files(
        &["package p
import \"example.com/q\"
const Name = 1
func f(/*def:x*/x int) {
	_ = q.Struct{/*is:field*/Name: /*is:member*/Name}
	_ = &q.Alias{/*is:field*/Name: /*use:x*/x}
	_ = q.Map{/*is:member*/Name: /*use:x*/x, /*use:x*/x: 1}
	_ = []q.Struct{{/*is:field*/Name: 1}}
	_ = q.List{{/*is:field*/Name: 1}}
	_ = Embedding{/*is:field*/Struct: q.Struct{}, /*is:field*/Name: 2}
	_ = q.Generic[int]{/*is:field*/Name: 2}
	_ = q.Elsewhere{/*is:field*/Name: 2}
}
type Embedding struct { q.Struct; Name int }
var Struct int"],
        &[
            (
                "example.com/q",
                "package q
import \"example.com/r\"
type Struct struct { Name int }
type Alias = Struct
type Map map[int]int
type List []*Struct
type Generic[T any] struct { Name T }
type Elsewhere r.S",
            ),
            ("example.com/r", "package r\ntype S struct { Name int }"),
        ],
    );
}

#[test]
fn unknown_types() {
    check(
        "package p
import \"example.com/missing\"
func f(/*def:x*/x int, /*def:n*/Name int) {
	_ = missing.T{/*use:x*/x: 1}
	_ = missing.T{/*is:field*/Name: /*use:n*/Name}
	_ = undeclared{/*is:field*/x: /*use:x*/x}
	_ = recursive{/*is:field*/x: 1}
}
type recursive recursive",
    );
}

#[test]
fn keys_that_are_no_plain_names() {
    check(
        "package p
type S struct{ x int }
func f(/*def:x*/x int) {
	_ = map[int]int{(/*use:x*/x): 1, /*use:x*/x + 1: 2}
	_ = map[any]int{S{/*is:field*/x: 1}: /*use:x*/x}
}",
    );
}
