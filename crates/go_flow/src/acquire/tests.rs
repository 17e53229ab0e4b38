//! Acquisitions of small functions.

use super::{Acquisition, ErrorBy};
use crate::FunctionFacts;
use crate::testing::{Snippet, with_facts, with_packages};

fn names(
    facts: &FunctionFacts<'_>,
    found: &Acquisition,
) -> (Vec<String>, Option<(String, u32, ErrorBy)>) {
    let name = |local| {
        let span = facts.body().names().local(local).span;
        facts.file().span_text(span).to_owned()
    };
    let error = found
        .error
        .map(|error| (name(error.local), error.index, error.by));
    (found.values().map(name).collect(), error)
}

#[test]
fn by_type() {
    with_packages(
        &[(
            "os",
            "package os
            type File struct{}
            func Open(name string) (*File, error)
            func Two() (error, error)
            func Flags() (int, bool)",
        )],
        "import \"os\"
        type T struct{ g *os.File }
        func own() (x *os.File, cleanup func(), e error)
        func f(t T) (named error) {
            a, problem := os.Open(``)
            var b, e2 = (os.Open(``))
            c, release, e3 := own()
            t.g, named = os.Open(``)
            _, e4 := os.Open(``)
            first, second := os.Two()
            err, ok := os.Flags()
            h, _ := os.Open(``)
            x, y := 1, 2
            z := os.T(3)
            a = nil
        }",
        |facts| {
            let at = |text| names(facts, &facts.acquisition(facts.stmt(text)).unwrap());
            let by = |name: &str, index| Some((name.to_owned(), index, ErrorBy::Type));
            assert_eq!(at("a, "), (vec!["a".to_owned()], by("problem", 1)));
            assert_eq!(at("var b"), (vec!["b".to_owned()], by("e2", 1)));
            assert_eq!(
                at("c, "),
                (vec!["c".to_owned(), "release".to_owned()], by("e3", 2))
            );
            assert_eq!(at("t.g"), (vec![], by("named", 1)));
            assert_eq!(at("_, e4"), (vec![], by("e4", 1)));
            assert_eq!(at("first"), (vec!["first".to_owned()], by("second", 1)));
            // No result is an error, whatever the variables are called.
            assert_eq!(
                at("err, ok"),
                (vec!["err".to_owned(), "ok".to_owned()], None)
            );
            // Nobody takes the error.
            assert_eq!(at("h, _"), (vec!["h".to_owned()], None));
            assert_eq!(facts.acquisition(facts.stmt("x, y")), None);
            assert_eq!(facts.acquisition(facts.stmt("a = nil")), None);
            let all = facts.acquisitions();
            assert_eq!(all.len(), 9);
            assert_eq!(all[0].stmt, facts.stmt("a, "));
            assert_eq!(all[0].results.len(), 2);
        },
    );
}

#[test]
fn by_name_when_types_are_unknown() {
    with_facts(
        "func f() {
            a, err := unknown()
            b, closeErr := unknown()
            c, ok := unknown()
            err2 := unknown()
            d, _ := unknown()
        }",
        |facts| {
            let at = |text| names(facts, &facts.acquisition(facts.stmt(text)).unwrap());
            let by = |name: &str, index| Some((name.to_owned(), index, ErrorBy::Name));
            assert_eq!(at("a, "), (vec!["a".to_owned()], by("err", 1)));
            assert_eq!(at("b, "), (vec!["b".to_owned()], by("closeErr", 1)));
            assert_eq!(at("c, "), (vec!["c".to_owned(), "ok".to_owned()], None));
            assert_eq!(at("err2"), (vec![], by("err2", 0)));
            assert_eq!(at("d, "), (vec!["d".to_owned()], None));
        },
    );
}
