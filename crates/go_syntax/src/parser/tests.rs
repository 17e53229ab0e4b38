//! What is accepted, what is rejected with which words, and how parsing goes on after an error.

use crate::ast::{DeclKind, ExprKind, Features, File, StmtKind};
use crate::{Mode, Source, parse};

fn parse_text(text: &str) -> File {
    parse(Source::from(text), Mode::Full)
}

fn errors(text: &str) -> Vec<String> {
    parse_text(text)
        .errors()
        .iter()
        .map(|e| e.message.clone())
        .collect()
}

#[track_caller]
fn accepts(text: &str) -> File {
    let file = parse_text(text);
    assert!(file.errors().is_empty(), "{text}\n{:?}", file.errors());
    file
}

fn body(statements: &str) -> String {
    format!("package p\nfunc f() {{\n{statements}\n}}\n")
}

#[track_caller]
fn rejects(text: &str, part: &str) {
    let found = errors(text);
    assert!(
        found.iter().any(|e| e.contains(part)),
        "{text}\nwant {part:?}, got {found:?}"
    );
}

/// Names of the functions declared at top level.
fn functions(file: &File) -> Vec<&str> {
    let name = |decl: &crate::DeclId| match file.decl(*decl).kind {
        DeclKind::Func(func) => file.func(func).name.map(|name| file.name(name)),
        _ => None,
    };
    file.top_decls().iter().filter_map(name).collect()
}

#[test]
fn declarations() {
    accepts("package p");
    accepts("package p; import \"a\"; import . \"b\"; import (_ \"c\"; x `d`)");
    accepts(
        "package p\nconst (\n\ta = iota\n\tb\n\tc, d int = 1, 2\n)\nvar x, y = 1, 2\nvar z map[string]int\n",
    );
    accepts(
        "package p\ntype (\n\tA = B\n\tB struct{ C; *D; e.F; x, y int `tag`; g[int]; h [3]int; i []int }\n)\n",
    );
    accepts(
        "package p\ntype I interface {\n\tm(int) (a, b string)\n\tio.Reader\n\t~int | ~[]byte | string\n\tG[int]\n\tn()\n}\n",
    );
    accepts(
        "package p\nfunc f()\nfunc (r *T[P]) m[Q any](a, b int, c ...string) (x int, err error) { return }\n",
    );
    accepts("\u{FEFF}package p\r\nfunc f() {\r\n\tx()\r\n}\r\n");
}

#[test]
fn type_parameters_and_array_lengths() {
    for text in [
        "[P any] int",
        "[P *C] int",
        "[P *T,] int",
        "[P *T, _ any] int",
        "[P (*T),] int",
        "[P *struct{}] int",
        "[P interface{ m() }] int",
        "[P []int] int",
        "[P *C|Q] int",
        "[P, Q any] int",
        "[P C[int], Q D] = int",
        "[P ~int] int",
    ] {
        let file = accepts(&format!("package p\ntype T{text}\n"));
        let spec = file.top_decls()[0];
        let DeclKind::Gen { specs, .. } = file.decl(spec).kind else {
            panic!("type declaration")
        };
        let crate::SpecKind::Type { tparams, .. } = file.spec(specs.iter().next().unwrap()).kind
        else {
            panic!()
        };
        // `[P *C]` alone is an array of P*C elements.
        assert_eq!(
            tparams.is_some(),
            text != "[P *C] int" && text != "[P *C|Q] int",
            "{text}"
        );
    }
    for text in [
        "[N]int",
        "[N * 2]int",
        "[N * (2)]int",
        "[pkg.N]int",
        "[]int",
        "[...]int",
        "[f(x)]int",
        "[len(\"a\")]int",
    ] {
        accepts(&format!("package p\ntype T {text}\n"));
        accepts(&format!("package p\ntype T{text}\n"));
    }
    rejects(
        "package p\ntype T[] struct{}; func f[]() {}",
        "empty type parameter list",
    );
    rejects(
        "package p\nvar f func[P any]()",
        "a function type must have no type parameters",
    );
    rejects(
        "package p\ntype I interface{ m[P any](P) }",
        "a method of an interface must have no type parameters",
    );
    rejects("package p\nfunc f[P]() {}", "type constraint missing");
    rejects(
        "package p\nfunc f[int | string]() {}",
        "type parameter name missing",
    );
}

#[test]
fn parameters() {
    accepts("package p\nfunc f(int, string, ...[]byte) (int, error) { return 0, nil }");
    accepts(
        "package p\nfunc f(a, b int, c func(x int) (y int), _ chan<- int, d <-chan int, e [2]T, g T[int], h pkg.T) {}",
    );
    rejects(
        "package p\nfunc f(a int, []string) {}",
        "parameter name missing",
    );
    rejects("package p\nfunc f(a int, b) {}", "parameter type missing");
    rejects(
        "package p\nfunc f(a ...int, b int) {}",
        "only allowed with the last parameter",
    );
    rejects(
        "package p\nfunc f() (a ...int) {}",
        "only allowed in parameters",
    );
}

#[test]
fn statements() {
    accepts(&body("if x := f(); x > 0 { } else if y { } else { }"));
    accepts(&body(
        "for { }; for i := range 10 { _ = i }; for range ch { }; for k, v = range m { }; for i := 0; i < 3; i++ { }; for ; ; { }; for x { }",
    ));
    accepts(&body(
        "switch { case a, b: fallthrough; default: }; switch x := y.(type) { case int, nil: }; switch f(); x { }; switch x := 1; y := x.(type) { }",
    ));
    accepts(&body(
        "select { case <-c: case v := <-c: case v, ok = <-c: case c <- 1: default: }",
    ));
    accepts(&body(
        "L: for { break L; continue L; goto L }; go f(); defer func() { recover() }(); c <- <-d; x++; y--",
    ));
    accepts(&body(
        "x, y := 1, 2; x += 1; x &^= 2; x <<= 3; const c = 1; type T int; var v T; ; { }",
    ));
    accepts(&body(
        "if (T{}) == x { }; for _, x := range []T{{1}, {2}} { _ = x }; switch (T{}) { }",
    ));
    accepts(&body(
        "if f(func() bool { return T{} == x }) { }; var _ = T{a: 1, \"b\": {2}, 3: &T{}}",
    ));
    accepts("package p\nfunc f() { return }\nfunc g() (int) { return 1\n}\nfunc h() { L:\n}");
}

#[test]
fn expressions() {
    accepts(&body("_ = a.b.c(d...)[e][f:g:h].(i).j[k, l](m)"));
    accepts(&body("_ = -+!^*&x + (<-c) * a[:] - b[1:] &^ c[:2]"));
    accepts(&body(
        "_ = []int{1, 2,\n}; _ = [...]string{0: \"a\"}; _ = map[K]V{{1}: {2}}; _ = struct{ x int }{1}",
    ));
    accepts(&body(
        "_ = (<-chan int)(nil); _ = <-chan<- chan int(nil); _ = chan (<-chan int)(nil); _ = func(int) bool(nil)",
    ));
    accepts(&body(
        "_ = interface{ m() }(nil); _ = x.(interface{}); _ = f[int](1); _ = G[int, string]{}",
    ));
}

#[test]
fn rejected_with_reasons() {
    for (statements, part) in [
        ("defer f", "must be a function call"),
        ("defer (f())", "must not be parenthesized"),
        ("go func() {}", "must be a function call"),
        ("if { }", "missing condition"),
        (
            "if x := 1 { }",
            "expected boolean expression, found assignment",
        ),
        ("if x; { }", "missing condition"),
        ("if x = 1; y\n{ }", "expected"),
        ("for a, b, c := range x { }", "at most two"),
        ("x := a[1::2]", "middle index"),
        ("x := a[1:2:]", "final index"),
        ("x := a[]", "expected operand"),
        ("switch x = y.(type) { }", "found '='"),
        ("f(a b)", "missing ','"),
        ("f(a\n)", "before newline in argument list"),
        ("x := T{1\n}", "before newline in composite literal"),
        ("a, b", "expected 1 expression"),
        ("x := (T){1}", "must not be parenthesized"),
        ("if x { } else y()", "'if' or block"),
        ("1: x()", "label"),
        ("x = 08", "invalid digit"),
        ("select { x: }", "expected 'case'"),
        ("var x", "expected type"),
        ("a b", "expected ';'"),
        ("func g() {}", "expected"),
        ("x.+y", "selector"),
    ] {
        rejects(&body(statements), part);
    }
    rejects("func f() {}", "expected 'package'");
    rejects(
        "package p\nvar x = 1\nimport \"a\"\n",
        "imports must stand before",
    );
    rejects("package p\nfunc f()\n{\n}\n", "must stand on the line");
    rejects("package p\nx := 1\n", "expected declaration");
    rejects("package p\nimport 5\n", "string literal");
    rejects(
        "package p\ntype T struct { (A); *(B) }",
        "must not be parenthesized",
    );
    rejects("", "expected 'package', found end of file");
}

#[test]
fn a_broken_function_does_not_hide_its_neighbours() {
    for broken in [
        "func b( {\n\tx := (1 +\n}",
        "func b() {\n\tif x {\n\t\tf(\n}",
        "func b() {\n\tx := []int{1, 2\n",
        "func b() {\n\tfor i := 0; i < {\n\t}\n}}}",
        "func b() { \"open\n}",
        "func b() {\n\tswitch {\n\tcase\n}",
        "func (b b() {\n}",
        "type b struct {\n\tx int\n\ty",
        "type b interface {\n\tm(\n",
        "var b = map[string]int{\n\t\"a\": 1,\n\t\"b\":",
        "const (\n\tb = \n",
        "import (\n\t\"b\"\n",
        "func b() {\n\tdefer\n\tgo\n\treturn (\n",
        "b b b } ) ] x",
    ] {
        let text = format!(
            "package p\n\nfunc before() {{ g() }}\n\n{broken}\n\nfunc after() {{\n\tg()\n}}\n\nfunc (r R) method() {{}}\n"
        );
        let file = parse_text(&text);
        assert!(!file.errors().is_empty(), "{broken}");
        let found = functions(&file);
        for name in ["before", "after", "method"] {
            assert!(
                found.contains(&name),
                "{broken}\nfound {found:?}\n{:?}",
                file.errors()
            );
        }
        assert!(file.errors().len() <= 6, "{broken}\n{:?}", file.errors());
    }
}

#[test]
fn statements_after_a_bad_one_are_kept() {
    let file = parse_text(&body("x := = 3\ndefer f()\ny(\ndefer g()"));
    let defers = (0..file.stmts.len())
        .filter(|&i| matches!(file.stmts[i].kind, StmtKind::Defer(_)))
        .count();
    assert_eq!(defers, 2, "{:?}", file.errors());
}

#[test]
fn depth_and_chains_are_bounded() {
    let deep = [
        format!(
            "package p\nvar x = {}1{}",
            "(".repeat(200_000),
            ")".repeat(200_000)
        ),
        format!("package p\nvar x {}int", "[]".repeat(200_000)),
        format!("package p\nfunc f() {}", "{".repeat(200_000)),
        format!("package p\nvar x = {}y", "-".repeat(200_000)),
        format!("package p\nvar x = {}y", "f(".repeat(200_000)),
        format!("package p\nvar x = {}", "func() {".repeat(200_000)),
        format!("package p\nvar x = {}", "T{".repeat(200_000)),
        format!("package p\nfunc f() {{ {}", "a: ".repeat(200_000)),
        format!("package p\nvar x = {}", "<-".repeat(200_000)),
        format!("package p\nvar x = {}y", "*".repeat(200_000)),
        format!("package p\nvar x {}y", "chan ".repeat(200_000)),
        format!("package p\ntype T [{}", "[".repeat(200_000)),
        format!("package p\nfunc f() {{ {}", "if x { ".repeat(200_000)),
        format!("package p\nvar x = 1{}", " + 1".repeat(200_000)),
        format!("package p\nvar x = a{}", ".b()".repeat(200_000)),
        format!(
            "package p\nfunc f() {{ if x {{ }} {} }}",
            "else if y { }".repeat(200_000)
        ),
    ];
    // Test threads have small stacks; users' threads are larger.
    let run = move || {
        for text in &deep {
            let file = parse_text(text);
            assert!(!file.errors().is_empty());
        }
        // Within the bounds, all is well.
        accepts(&format!("package p\nvar x = 1{}", " + 1".repeat(50_000)));
        accepts(&format!(
            "package p\nvar x = {}1{}",
            "(".repeat(400),
            ")".repeat(400)
        ));
        accepts(&format!(
            "package p\nfunc f() {{ if x {{ }} {} }}",
            "else if y { }".repeat(20_000)
        ));
    };
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn what_is_missing_has_no_width() {
    // The parameters of `J` are missing: its type would start behind the end of what was read.
    for text in [
        "package p\ntype I interface { J[K()\n m() }",
        "package p\ntype I interface { J[K()",
        "package p\nfunc f[",
    ] {
        let file = parse(Source::from(text), Mode::Full);
        assert!(!file.errors().is_empty());
        for span in file.exprs.iter().map(|expr| expr.span) {
            assert!(span.start <= span.end, "{span:?} in {text:?}");
        }
    }
}

#[test]
fn not_go_at_all() {
    for bytes in [
        vec![0u8; 1 << 20],
        vec![0xff; 1 << 20],
        b"}".repeat(1 << 20),
        (0..=255u8).cycle().take(1 << 20).collect(),
    ] {
        let file = parse(Source::new(bytes), Mode::Full);
        assert!(!file.errors().is_empty());
        assert!(file.errors().len() <= 2 * crate::lexer::MAX_ERRORS + 2);
    }
}

#[test]
fn bodies_can_be_skipped() {
    let text = "package p\nimport \"a\"\nfunc f() { x := \"}\" + '}' + `}` /* } */ // }\n}\nvar v = func() { }\nfunc (T) g() int { return 1 }\ntype T int\n";
    let file = parse(Source::from(text), Mode::SkipBodies);
    assert!(file.errors().is_empty(), "{:?}", file.errors());
    assert_eq!(functions(&file), ["f", "g"]);
    assert_eq!(file.top_decls().len(), 5);
    assert!(file.all_funcs().all(|f| file.func(f).body.is_none()));
    let full = accepts(text);
    let spans = |f: &File| {
        f.top_decls()
            .iter()
            .map(|&d| f.decl(d).span)
            .collect::<Vec<_>>()
    };
    assert_eq!(spans(&file), spans(&full));
    assert!(
        !parse(Source::from("package p\nfunc f() {"), Mode::SkipBodies)
            .errors()
            .is_empty()
    );
    let imports = parse(Source::from(text), Mode::ImportsOnly);
    assert_eq!(
        imports
            .imports()
            .filter_map(|i| imports.import_path(i))
            .collect::<Vec<_>>(),
        ["a"]
    );
}

#[test]
fn functions_know_their_parts() {
    let file = accepts(
        "package p\nfunc f() { defer a(); go func() { for { mu.Lock(); recover(); l = append(l, 1) } }() }\nvar v = func() { select {} }\n",
    );
    let funcs: Vec<_> = file.all_funcs().map(|id| (id, file.func(id))).collect();
    assert_eq!(funcs.len(), 3);
    let (outer, literal, global) = (funcs[0].1, funcs[1].1, funcs[2].1);
    assert_eq!(literal.parent, Some(funcs[0].0));
    assert_eq!(global.parent, None);
    for feature in [
        Features::DEFER,
        Features::GO,
        Features::FUNC_LIT,
        Features::LOOP,
        Features::LOCK,
        Features::RECOVER,
        Features::APPEND,
    ] {
        assert!(outer.features.intersects(feature));
    }
    assert!(!literal.features.intersects(Features::DEFER));
    assert!(literal.features.intersects(Features::LOCK));
    assert!(global.features == Features::SELECT.union(Features::BODY));
    let bodyless = accepts("package p\nfunc f()\n");
    let f = bodyless.all_funcs().next().unwrap();
    assert!(bodyless.func(f).features == Features::NONE);
    assert!(literal.exprs.iter().all(|e| outer.exprs.contains(e)));
    assert!(outer.stmts.len() > literal.stmts.len());
}

#[test]
fn spans_cover_their_text() {
    let text = body("x := a . b /*c*/ ( 1 , 2 ) // d");
    let file = accepts(&text);
    let call = (0..file.exprs.len())
        .find(|&i| matches!(file.exprs[i].kind, ExprKind::Call { .. }))
        .unwrap();
    assert_eq!(
        file.span_text(file.exprs[call].span),
        "a . b /*c*/ ( 1 , 2 )"
    );
    assert_eq!(file.comments().len(), 2);
}
