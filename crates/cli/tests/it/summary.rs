//! `deferscope dev summary`.

use std::path::Path;

use crate::harness::{Folder, Run, deferscope, finish, repository};

const LOG: &str = "package log

import (
	\"fmt\"
	\"io\"
	\"os\"
	\"sync\"
)

type Log struct {
	mu sync.Mutex
	f  *os.File
	n  int
}

var kept *os.File

func Open(path string) (*os.File, error) {
	return os.Open(path)
}

func New(path string) (*Log, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &Log{f: f}, nil
}

func (l *Log) Close() error { return l.f.Close() }

func Shut(_ int, r io.ReadCloser) error {
	return r.Close()
}

func Size(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

func Keep(name string, f *os.File) { kept = f }

func Die(message string) {
	fmt.Println(message)
	os.Exit(1)
}

func (l *Log) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

func (l *Log) lock() { l.mu.Lock() }

func (l *Log) unlock() { l.mu.Unlock() }

func (l *Log) Serve() {
	for {
		l.Count()
	}
}

func (l Log) Double(n int) int { return 2 * n }
";

fn module() -> Folder {
    Folder::module(&[
        ("log/log.go", LOG),
        (
            "other/other.go",
            "package other\n\nfunc Open() {}\n\ntype Log struct{}\n\nfunc (Log) Only() {}\n",
        ),
    ])
}

fn summary(folder: &Folder, function: &str) -> String {
    folder.run(&["dev", "summary", function]).exits(0).stdout
}

/// The line of the module's file that starts with this.
fn line(text: &str) -> usize {
    let at = LOG.lines().position(|line| line.starts_with(text));
    at.expect("a line") + 1
}

#[test]
fn what_a_body_says_is_told_with_its_place() {
    let folder = module();
    for (function, start, facts) in [
        (
            "Log.Close",
            "func (l *Log) Close",
            &["its receiver l is released"][..],
        ),
        (
            "./log.New",
            "func New",
            &[
                "its first result (*Log) is a closer, which the caller has to end by Close, unless the last result (error) is not nil; it holds a file",
            ],
        ),
        ("Shut", "func Shut", &["its parameter r is released"]),
        (
            "Size",
            "func Size",
            &["its parameter f is borrowed: the function is done with it on return"],
        ),
        (
            "Keep",
            "func Keep",
            &["its parameter f is kept for longer than the call"],
        ),
        (
            "Die",
            "func Die",
            &["it never returns: it ends the process"],
        ),
        (
            "Log.Count",
            "func (l *Log) Count",
            &["it takes the lock l.mu for writing and gives it back"],
        ),
        (
            "(*Log).lock",
            "func (l *Log) lock",
            &["it takes the lock l.mu for writing and returns with it"],
        ),
        (
            "Log.unlock",
            "func (l *Log) unlock",
            &["it gives back the lock l.mu, which its caller took"],
        ),
        (
            "Log.Serve",
            "func (l *Log) Serve",
            &["it never returns: it waits or loops for ever, and no deferred call of it runs"],
        ),
    ] {
        let text = summary(&folder, function);
        let place = format!("log/log.go:{}", line(start));
        assert!(text.contains(&format!("  declared at {place}\n")), "{text}");
        for fact in facts {
            let expected = format!("  - {fact} [inferred from the body at {place}]\n");
            assert!(text.contains(&expected), "no {expected:?} in {text}");
        }
    }
}

#[test]
fn a_function_is_found_by_every_form_of_its_name() {
    let folder = module();
    let first = |run: Run| run.exits(0).stdout.lines().next().map(str::to_owned);
    let count = Some("(*example.com/m/log.Log).Count".to_owned());
    for name in [
        "example.com/m/log.Log.Count",
        "(*example.com/m/log.Log).Count",
        "./log.Log.Count",
        "Log.Count",
        "(*Log).Count",
        "log.Log.Count",
    ] {
        assert_eq!(
            first(folder.run(&["dev", "summary", name])),
            count,
            "{name}"
        );
    }
    for name in ["./Log.Count", "../log.Log.Count", "Log.Count"] {
        assert_eq!(
            first(folder.run_in("log", &["dev", "summary", name])),
            count,
            "{name}"
        );
    }
    let double = first(folder.run(&["dev", "summary", "Log.Double"]));
    assert_eq!(double.as_deref(), Some("(example.com/m/log.Log).Double"));
    let open = first(folder.run(&["dev", "summary", "./log.Open"]));
    assert_eq!(open.as_deref(), Some("example.com/m/log.Open"));
}

#[test]
fn nothing_known_is_said() {
    let text = summary(&module(), "Log.Only");
    assert!(text.contains("nothing is known of it"), "{text}");
    assert!(!text.contains("  - "), "{text}");
}

#[test]
fn models_are_told_with_their_file() {
    let folder = module();
    let text = summary(&folder, "os.Open");
    assert!(text.starts_with("os.Open\n"), "{text}");
    let part = "result (*File) is a file, which the caller has to end by Close, unless the last result (error) is not nil [model: [[acquire]] in crates/rules/models/std-os.toml]";
    assert!(text.contains(part), "no {part:?} in {text}");
    let method = summary(&folder, "net/http.Client.Do");
    assert!(
        method.starts_with("(*net/http.Client).Do\n") && method.contains("response body"),
        "{method}"
    );
    let exit = summary(&folder, "os.Exit");
    assert!(
        exit.contains("it never returns: it ends the process [model: [[end]] in "),
        "{exit}"
    );
    folder.write(
        "deferscope.toml",
        "[[models.function]]\nfuncs = [\"example.com/m/log.Size\"]\nparams = { 0 = \"store\" }\n",
    );
    let own = summary(&folder, "Size");
    assert!(
        own.contains("its parameter f is kept for longer than the call [model: [[function]] in deferscope.toml]"),
        "{own}"
    );
    assert!(!own.contains("borrowed"), "{own}");
}

#[test]
fn programs_get_an_object() {
    let folder = module();
    let run = folder
        .run(&["dev", "summary", "--format", "json", "./log.New"])
        .exits(0);
    let object: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(object["function"], "example.com/m/log.New");
    assert_eq!(object["package"], "example.com/m/log");
    assert_eq!(object["known"], true);
    assert_eq!(object["declared"]["path"], "log/log.go");
    assert_eq!(object["declared"]["line"], line("func New"));
    let fact = &object["facts"][0];
    assert_eq!(
        (&fact["about"], &fact["index"]),
        (&"gives".into(), &0.into())
    );
    assert_eq!(fact["class"], "closer");
    assert_eq!(fact["source"]["from"], "body");
    assert_eq!(fact["source"]["line"], line("func New"));
    let run = folder
        .run(&["dev", "summary", "--format", "json", "os.Exit"])
        .exits(0);
    let object: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(object["facts"][0]["effect"], "exits");
    assert_eq!(object["facts"][0]["source"]["from"], "model");
    assert_eq!(object["facts"][0]["source"]["table"], "end");
}

#[test]
fn wrong_names_get_candidates() {
    let folder = module();
    let run = |name: &str| folder.run(&["dev", "summary", name]).exits(2);
    run("Open").says(&[
        "`Open` may be any of 2 functions",
        "example.com/m/log.Open\n",
        "example.com/m/other.Open",
    ]);
    run("Siez").says(&[
        "no function `Siez`",
        "did you mean `example.com/m/log.Size`?",
    ]);
    run("./log.Log.Cuont").says(&["in package `./log", "(*example.com/m/log.Log).Count"]);
    run("example.com/m/nowhere.F").says(&["no package `example.com/m/nowhere`", "`F`"]);
    run("./nowhere.F").says(&["no package `./nowhere`", "no Go source"]);
    run("os.Opne").says(&["no function `os.Opne` in package `os`", "os.Open"]);
    run("a b").says(&["`a b` is not the name of a function", "help: "]);
    run("").says(&["is not the name of a function"]);
}

#[test]
fn packages_that_import_each_other_do_not_hang() {
    let folder = Folder::module(&[
        (
            "a/a.go",
            "package a\n\nimport \"example.com/m/b\"\n\nfunc F() { b.G() }\n",
        ),
        (
            "b/b.go",
            "package b\n\nimport \"example.com/m/a\"\n\nfunc G() { a.F() }\n",
        ),
    ]);
    assert!(summary(&folder, "./a.F").starts_with("example.com/m/a.F\n"));
}

#[test]
fn a_vendored_dependency_is_looked_into() {
    let folder = Folder::new(&[
        (
            "go.mod",
            "module example.com/m\n\ngo 1.22\n\nrequire example.com/dep v1.0.0\n",
        ),
        ("m.go", "package m\n\nimport _ \"example.com/dep\"\n"),
        (
            "vendor/modules.txt",
            "# example.com/dep v1.0.0\n## explicit; go 1.22\nexample.com/dep\n",
        ),
        (
            "vendor/example.com/dep/dep.go",
            "package dep\n\nimport \"os\"\n\nfunc Temp() (*os.File, error) { return os.CreateTemp(\"\", \"x\") }\n",
        ),
    ]);
    let text = summary(&folder, "example.com/dep.Temp");
    assert!(
        text.contains("is a file")
            && text.contains("[inferred from the body at vendor/example.com/dep/dep.go:5]"),
        "{text}"
    );
}

#[test]
fn the_example_service_is_told() {
    let shop = repository().join("examples/shop");
    let run = |function: &str| {
        let mut command = deferscope();
        command
            .current_dir(&shop)
            .args(["dev", "summary", function]);
        finish(&mut command).exits(0).stdout
    };
    let place = |path: &str, start: &str| {
        let text = std::fs::read_to_string(shop.join(Path::new(path))).expect("a file");
        let at = text.lines().position(|line| line.starts_with(start));
        format!(
            "[inferred from the body at {path}:{}]",
            at.expect("a line") + 1
        )
    };
    let open = run("store.Open");
    assert!(
        open.starts_with("example.com/shop/internal/store.Open\n"),
        "{open}"
    );
    assert!(
        open.contains("its first result (*Store) is a closer")
            && open.contains(&place("internal/store/store.go", "func Open")),
        "{open}"
    );
    let len = run("Cache.Len");
    assert!(
        len.contains("it takes the lock c.mu ")
            && len.contains(&place("internal/cache/cache.go", "func (c *Cache) Len")),
        "{len}"
    );
}
