//! `deferscope bench` from the outside. That its figures are sane is held by crates/calibration/tests,
//! with a real Go.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::{Folder, Run, finish};

/// A `go` that says it is this release, and does this when it is to build.
fn fake_go(folder: &Folder, path: &str, version: &str, build: &str) {
    folder.write(
        path,
        format!(
            "#!/bin/sh\ncase \"$1\" in\nenv) echo {version} ;;\nbuild) {build} ;;\n*) exit 9 ;;\nesac\n"
        ),
    );
    let status = Command::new("chmod")
        .arg("+x")
        .arg(folder.path(path))
        .status()
        .expect("chmod is there");
    assert!(status.success());
}

/// `bench` with these arguments, in which temporary files are below `tmp`.
fn bench(folder: &Folder, args: &[&str]) -> Run {
    finish(&mut command(folder, args))
}

fn command(folder: &Folder, args: &[&str]) -> Command {
    std::fs::create_dir_all(folder.path("tmp")).expect("a folder is made");
    let mut command = folder.command(&[&["bench"], args].concat());
    command.env("TMPDIR", folder.path("tmp"));
    command
}

/// What is left of the temporary files.
fn left(folder: &Folder) -> usize {
    let entries = std::fs::read_dir(folder.path("tmp")).expect("it is there");
    entries.count()
}

#[test]
#[cfg(unix)]
fn without_go_there_are_clear_words() {
    let folder = Folder::new(&[]);
    let run = finish(command(&folder, &[]).env("PATH", folder.path("none")));
    // Somebody may have Go where it is installed by default.
    if !std::path::Path::new("/usr/local/go/bin/go").exists() {
        let run = run
            .exits(2)
            .says(&["no Go was found", "deferscope bench --go"]);
        assert_eq!(run.stdout, "");
    }
    let run = bench(&folder, &["--go", "1.99.7"]).exits(2);
    run.says(&["cannot find Go 1.99.7", "sdk/go1.99.7"]);
    let run = bench(&folder, &["--go", "tmp"]).exits(2);
    run.says(&["this folder has no bin/go"]);
    assert_eq!(left(&folder), 0);
}

#[test]
#[cfg(unix)]
fn a_go_that_fails_has_its_words() {
    let folder = Folder::new(&[]);
    let cases = [
        (
            "go1.27.3",
            "echo no linker here >&2; exit 1",
            "  | no linker here",
        ),
        ("go1.27.3", ":", "does not compile the benchmark"),
        ("go1.27.3", "kill -9 $$", "signal: 9"),
        ("go1.12", ":", "Go 1.18 or later"),
        ("tinygo", ":", "which is no release"),
    ];
    for (version, build, said) in cases {
        fake_go(&folder, "go", version, build);
        let run = bench(&folder, &["--go", "./go", "--output", "out.toml"]);
        let run = run.exits(2).says(&[said]);
        assert_eq!(run.stdout, "", "{said}");
        assert!(!folder.path("out.toml").exists(), "{said}");
        assert_eq!(left(&folder), 0, "{said}");
    }
    folder.write("go", "#!/bin/sh\necho out of order >&2\nexit 3\n");
    let run = bench(&folder, &["--go", "./go"]).exits(2);
    run.says(&["for its version", "exit status: 3", "out of order"]);
    folder.write("plain", "text");
    bench(&folder, &["--go", "./plain"])
        .exits(2)
        .says(&["cannot be started"]);
    fake_go(&folder, "go", "go1.27.3", ":");
    let run = bench(&folder, &["--go", "./go", "--go", "./go"]).exits(2);
    run.says(&["go1.27.3 is named twice"]);
}

#[test]
#[cfg(unix)]
fn ctrl_c_leaves_nothing_behind() {
    let folder = Folder::new(&[]);
    fake_go(
        &folder,
        "go",
        "go1.27.3",
        &format!("echo $$ > {}; exec sleep 600", folder.path("pid").display()),
    );
    let mut child = command(&folder, &["--go", "./go"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let start = Instant::now();
    while !std::fs::read_to_string(folder.path("pid")).is_ok_and(|pid| pid.ends_with('\n')) {
        assert!(start.elapsed() < Duration::from_secs(60), "it builds");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(left(&folder), 1);
    let kill = |args: &[&str]| {
        let mut command = Command::new("kill");
        command.stderr(std::process::Stdio::null());
        command
            .args(args)
            .status()
            .expect("kill is there")
            .success()
    };
    // To it alone, as a supervisor would: the compiler has not heard of it.
    assert!(kill(&["-INT", &child.id().to_string()]));
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert_eq!(left(&folder), 0);
    assert!(
        !kill(&["-0", folder.read("pid").trim()]),
        "the compiler still runs"
    );
}

#[test]
fn bad_flags_are_named() {
    let folder = Folder::new(&[]);
    for (args, said) in [
        (&["--count", "2"][..], "3..=10000"),
        (&["--time", "1h"], "like 200us"),
        (&["--time", "1us2"], "like 200us"),
        (
            &["--show", "reference", "--count", "5"],
            "cannot be used with",
        ),
        (&["--format", "yaml"], "possible values: text, json"),
    ] {
        bench(&folder, args).exits(2).says(&[said]);
    }
    bench(&folder, &["--show", "none.toml"])
        .exits(2)
        .says(&["cannot read the calibration none.toml"]);
    folder.write(
        "x.toml",
        "deferscope = \"calibration\"\nversion = 1\nspeed = 3\n",
    );
    bench(&folder, &["--show", "x.toml"])
        .exits(2)
        .says(&["x.toml:3", "speed"]);
}

#[test]
fn the_calibration_that_ships_is_shown_in_every_form() {
    let folder = Folder::new(&[]);
    let args = [
        "--show",
        "reference",
        "--output",
        "c.toml",
        "--svg",
        "c.svg",
        "--html",
        "c.html",
    ];
    let run = bench(&folder, &args).exits(0);
    assert!(
        run.stdout.starts_with("the reference machine: "),
        "{}",
        run.stdout
    );
    for word in [
        "go1.21.13",
        "go1.27.3",
        "heap-allocated defer",
        "R² of the model",
    ] {
        assert!(run.stdout.contains(word), "{word}");
    }
    assert!(folder.read("c.svg").starts_with("<svg "));
    assert!(folder.read("c.html").contains("</svg>"));
    // What is written says the same when it is read again.
    let again = bench(&folder, &["--show", "c.toml"]).exits(0);
    assert_eq!(again.stdout, run.stdout);
    let json = bench(&folder, &["--show", "c.toml", "--format", "json"]).exits(0);
    let mut prices = 0;
    for line in json.stdout.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if value["kind"] == "price" && value["term"] == "heap-allocated" {
            prices += 1;
            assert!(value["ns"].as_f64().is_some_and(|ns| ns > 1.0), "{line}");
        }
    }
    assert!(prices >= 2, "{prices}");
}

/// The tables in the documentation are what the command says that stands above them.
#[test]
fn the_documentation_shows_the_calibration_that_ships() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bench.md");
    let docs = std::fs::read_to_string(docs).expect("the documentation");
    let folder = Folder::new(&[]);
    for args in [
        &["--show", "reference", "--go", "1.21", "--go", "1.27"][..],
        &["--show", "reference"],
    ] {
        let run = bench(&folder, args).exits(0);
        let command = format!("$ deferscope bench {}\n", args.join(" "));
        let (_, block) = docs.split_once(&command).expect("the command stands there");
        let (block, _) = block.split_once("```").expect("a block");
        assert!(run.stdout.starts_with(block), "{command}{}", run.stdout);
    }
    let run = bench(&folder, &["--show", "reference", "--go", "1.2"]).exits(2);
    run.says(&["no prices of Go 1.2;", "go1.27.3"]);
}
