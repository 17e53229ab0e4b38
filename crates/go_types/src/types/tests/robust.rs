//! Wrong, cut off, cyclic and enormous programs.

use super::STD;
use crate::testing::{TextPackages, package};
use crate::{Body, Declarations, PackageCx, definitions};

/// Asks about every expression of a file that need not be Go.
fn ask_everything(text: &str) -> usize {
    let names = package(&[text]);
    let loader = TextPackages::new(STD);
    let cx = PackageCx::new(&names, &loader);
    let file = names.file(0);
    let mut known = 0;
    for root in file
        .all_funcs()
        .filter(|&func| file.func(func).parent.is_none())
    {
        let body = Body::new(&cx, 0, root);
        for expr in file.func(root).exprs.iter() {
            let ty = body.type_of(expr);
            known += usize::from(!ty.is_unknown());
            let _ = (
                body.type_string(ty),
                body.callee(expr),
                body.method(expr),
                body.underlying(ty),
                body.type_string(body.final_type_of(expr)),
                body.is_constant(expr),
            );
        }
        for (local, _) in body.names().locals() {
            let _ = body.type_of_local(local);
        }
        let _ = (body.values().count(), body.mentions().len());
    }
    for run in file.decl_runs() {
        let decls = Declarations::new(&cx, 0, &run);
        let _ = decls.mentions().len();
        for (_, ty) in decls.values() {
            let _ = decls.type_string(ty);
        }
    }
    let _ = definitions(&names, 0).len();
    known
}

#[test]
fn cycles_end() {
    for declarations in [
        "type T T",
        "type T = T",
        "type T = U; type U = T",
        "type T struct { T }",
        "type T struct { *T; U }; type U struct { T }",
        "type T interface { T }",
        "type T[P any] struct { f T[T[P]]; T2[P] }; type T2[P any] struct { T[*P] }",
        "type T[P T[P]] interface { m(P) }",
        "var T = T",
        "var T = func() int { return T() }",
        "var T = x.f; var x = T",
        "const T = T",
        "func T() (T, T)",
        "type T []T",
        "type T func(T) T",
        "type T = []T",
        "type T = func() T",
        "type T [len(x)]int; var x T",
        "type T[P T[P] | ~P] interface { P; ~[]P | T[P] }",
        "type T[P interface { *Q }, Q interface { *P }] struct { p P; q Q }",
        "const T = T + T * x; const x = T << T",
    ] {
        let text = format!(
            "package p\n{declarations}\nfunc f(t T, u *T) {{ _ = t.f.g.h; _ = T(t).f; t.m()()(); _ = t[0][0][0]; \
             for x, y := range t {{ _ = x; _ = y }}; z, w := T.f(), u.f; _ = &T{{f: z}}; <-w }}"
        );
        ask_everything(&text);
    }
}

#[test]
fn every_prefix_of_a_file_is_typed() {
    let text = "package p
import ( \"os\"; \"sync\" )
type S[T any] struct { sync.Mutex; v map[string]T; f func(T) (T, error) }
func (s *S[T]) get(k string) (r T, err error) {
	s.Lock()
	defer s.Unlock()
	if v, ok := s.v[k]; ok { return s.f(v) }
	switch x := any(r).(type) { case *os.File: return r, x.Close(); case nil, error: _ = x }
	for i, c := range k[1:] { _, _ = i + 1, c << 2 }
	return *new(T), func() error { return os.Stdout.Close() }()
}";
    for end in 0..text.len() {
        ask_everything(&text[..end]);
    }
    assert_ne!(
        ask_everything(text),
        0,
        "the whole file has expressions with types"
    );
}

#[test]
fn a_constant_of_thousands_of_strings() {
    let text = format!(
        "package p\nconst long = \"\" +\n{}\"x\"\nfunc f() {{ x := long; _ = x }}",
        "\"x\" +\n".repeat(20_000)
    );
    let names = package(&[&text]);
    let loader = TextPackages::new(&[]);
    let cx = PackageCx::new(&names, &loader);
    let body = Body::new(&cx, 0, names.file(0).all_funcs().next().expect("f"));
    let (local, _) = body.names().locals().next().expect("x");
    assert_eq!(body.type_string(body.type_of_local(local)), "string");
}

#[test]
fn long_chains_do_not_need_stack() {
    let sum = "x + ".repeat(30_000);
    let calls = ".m(x)".repeat(30_000);
    let text = format!(
        "package p\ntype T struct{{}}\nfunc (t T) m(T) T\nfunc f(x T) {{\n_ = {sum} x\n_ = x{calls}\n}}\n"
    );
    let names = package(&[&text]);
    let loader = TextPackages::new(&[]);
    let cx = PackageCx::new(&names, &loader);
    let file = names.file(0);
    let body = Body::new(&cx, 0, file.all_funcs().last().expect("f"));
    let longest = file
        .func(body.root())
        .exprs
        .iter()
        .max_by_key(|&expr| file.expr(expr).span.len());
    assert_eq!(
        body.type_string(body.type_of(longest.expect("an expression"))),
        "example.com/p.T"
    );
    ask_everything(&text);
}

#[test]
fn a_long_chain_in_another_package_is_asked_for_once() {
    let adds = ".Add(1)".repeat(80);
    let text = format!(
        "package q\ntype B struct{{}}\nfunc (b *B) Add(n int) *B {{ return b }}\n\
         var All = (&B{{}}){adds}\n"
    );
    let names = package(&["package p\nimport \"example.com/q\"\nfunc f() { x := q.All; _ = x }"]);
    let imports = [("example.com/q", text.as_str())];
    let loader = TextPackages::new(&imports);
    let cx = PackageCx::new(&names, &loader);
    let body = Body::new(&cx, 0, names.file(0).all_funcs().next().expect("f"));
    let (local, _) = body.names().locals().next().expect("x");
    assert_eq!(
        body.type_string(body.type_of_local(local)),
        "*example.com/q.B"
    );
}
