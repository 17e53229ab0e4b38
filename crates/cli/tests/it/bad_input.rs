//! Whatever the input is, there is a clear message with a way out, and the right exit code; and what
//! can be analysed is.

use crate::harness::{FINDING, Folder};

/// The finding of [`FINDING`] in the file `path`.
fn found(path: &str) -> String {
    format!("{path}:4:22: invalid-suppression")
}

#[test]
fn a_missing_path() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    folder.check(&["./nowhere"]).exits(2).says(&[
        "error: ",
        "nowhere does not exist",
        "help: check the spelling",
    ]);
    folder
        .check(&["nowhere.go"])
        .exits(2)
        .says(&["nowhere.go does not exist", "help: "]);
    let run = folder.check(&["./nowhere", "./p"]).exits(2);
    run.finds(&[&found("p/a.go")]);
}

#[test]
fn a_folder_in_the_place_of_a_file() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    std::fs::create_dir(folder.path("p/x.go")).expect("made");
    folder.check(&["./p"]).exits(1).finds(&[&found("p/a.go")]);
    folder
        .check(&["./p/x.go", "./p"])
        .exits(2)
        .says(&["x.go", "help: "])
        .finds(&[&found("p/a.go")]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_or_in_circles() {
    use std::os::unix::fs::symlink;
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    symlink("nowhere.go", folder.path("p/dangling.go")).expect("a link");
    symlink("b.go", folder.path("p/c.go")).expect("a link");
    symlink("c.go", folder.path("p/b.go")).expect("a link");
    symlink("..", folder.path("p/up")).expect("a link");
    symlink("loop", folder.path("loop")).expect("a link");
    let run = folder.check(&["./..."]).exits(2).says(&[
        "cannot read p/dangling.go",
        "cannot read p/b.go",
        "help: ",
    ]);
    run.finds(&[&found("p/a.go")]);
    for name in ["p/dangling.go", "p/b.go", "./loop", "./loop/..."] {
        folder.check(&[name]).exits(2).says(&["error: ", "help: "]);
    }
    let run = folder.check(&["./p/up/p/up/p", "./p"]).exits(2);
    assert_eq!(
        run.findings().len(),
        1,
        "the same folder by two paths: {run:#?}"
    );
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::module(&[("p/a.go", FINDING), ("q/b.go", "package q\n")]);
    // A file that opens and then fails, for root as well.
    if std::path::Path::new("/proc/self/mem").exists() {
        symlink("/proc/self/mem", folder.path("p/mem.go")).expect("a link");
        folder
            .check(&["./p"])
            .exits(2)
            .says(&["cannot read ", "mem.go", "help: "])
            .finds(&[&found("p/a.go")]);
        std::fs::remove_file(folder.path("p/mem.go")).expect("removed");
    }
    let secret = folder.path("q/b.go");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).expect("set");
    // To root nothing is closed.
    if std::fs::read(&secret).is_err() {
        folder
            .check(&["./..."])
            .exits(2)
            .says(&["cannot read ", "b.go", "help: "])
            .finds(&[&found("p/a.go")]);
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_waited_for() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    let pipe = folder.path("p/pipe.go");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo is there");
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", folder.path("p/zero.go")).expect("a link");
    folder.check(&["./p"]).exits(1).finds(&[&found("p/a.go")]);
    folder
        .check(&["p/pipe.go"])
        .exits(2)
        .says(&["pipe.go", "help: "]);
    folder
        .check(&["p/zero.go"])
        .exits(2)
        .says(&["zero.go", "help: "]);
}

#[test]
fn a_folder_without_go() {
    let folder = Folder::module(&[("p/a.go", FINDING), ("docs/readme.txt", "words")]);
    folder
        .check(&["./docs"])
        .exits(2)
        .says(&["no Go files in ", "docs", "help: "]);
    folder
        .check(&["docs/readme.txt"])
        .exits(2)
        .says(&["readme.txt", "help: "]);
    let empty = Folder::module(&[]);
    let run = empty
        .run(&["check"])
        .exits(2)
        .says(&["there is no Go package to check", "help: "]);
    assert_eq!(run.stdout, "No file was checked.\n");
}

#[test]
fn a_file_of_thirty_megabytes() {
    let function = "func f() {\n\tfor range 3 {\n\t\tx := []int{1, 2, 3}\n\t\tprintln(x[0], \"text\")\n\t}\n}\n\n";
    let mut text = String::from("package p\n\n");
    while text.len() < 30 << 20 {
        text.push_str(function);
    }
    text.push_str("func g() {\n\t//deferscope:ignore no-such-rule\n\tf()\n}\n");
    let folder = Folder::module(&[("p/big.go", &text)]);
    let run = folder.check(&["./p"]).exits(1);
    assert_eq!(run.findings().len(), 1, "the last function is analysed too");
    assert!(run.stdout.contains("invalid-suppression"));
}

#[test]
fn a_binary_with_the_name_of_a_go_file() {
    let folder = Folder::module(&[("p/a.go", "package p\n")]);
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    folder.write("q/binary.go", &noise);
    let run = folder.check(&["./..."]).exits(1);
    let findings = run.findings();
    assert!((1..=10).contains(&findings.len()), "{findings:?}");
    assert!(
        findings
            .iter()
            .all(|finding| finding.starts_with("q/binary.go:")
                && finding.ends_with(": syntax-error"))
    );
    folder.write("q/binary.go", b"\x7fELF\x02\x01\x01\0\0\0");
    assert!(
        folder
            .check(&["q/binary.go"])
            .exits(1)
            .stdout
            .contains("syntax-error")
    );
}

#[test]
fn text_that_is_not_utf8() {
    let folder = Folder::module(&[]);
    folder.write("p/a.go", [FINDING.as_bytes(), b"\n// caf\xe9\n"].concat());
    let run = folder.check(&["./p"]).exits(1);
    assert_eq!(
        run.findings(),
        [found("p/a.go"), "p/a.go:10:7: syntax-error".to_owned()]
    );
    folder.write("p/a.go", b"\xff\xfep\0a\0c\0k\0");
    assert!(folder.check(&["./p"]).exits(1).stdout.contains("UTF-16"));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::module(&[]);
    let dir = folder.root.join(std::ffi::OsStr::from_bytes(b"p\xff"));
    std::fs::create_dir(&dir).expect("made");
    std::fs::write(dir.join(std::ffi::OsStr::from_bytes(b"a\xfe.go")), FINDING).expect("written");
    for format in [
        "text",
        "concise",
        "json",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "checkstyle",
        "rdjson",
    ] {
        let run = folder.run(&["check", "--format", format]).exits(1);
        assert!(
            run.stdout.contains("invalid-suppression"),
            "{format}: {}",
            run.stdout
        );
    }
}

#[test]
fn an_empty_file_and_a_file_of_spaces() {
    for text in ["", "\n\n", "\u{feff}", "// only words\n", "\0"] {
        let folder = Folder::module(&[("p/a.go", text)]);
        assert!(
            folder.check(&["./p"]).exits(1).stdout.contains("p/a.go:"),
            "{text:?}"
        );
    }
}

#[test]
fn a_broken_function_beside_healthy_ones() {
    let text = format!("{FINDING}\nfunc broken( {{\n");
    let folder = Folder::module(&[("p/a.go", &text)]);
    let run = folder.check(&["./p"]).exits(1);
    let findings = run.findings();
    assert_eq!(findings[0], found("p/a.go"));
    assert!(findings[1].ends_with(": syntax-error"), "{findings:?}");
}

#[test]
fn nesting_deeper_than_anybody_writes() {
    let deep = [
        format!(
            "package p\n\nvar x = {}1{}\n",
            "(".repeat(200_000),
            ")".repeat(200_000)
        ),
        format!(
            "package p\n\nfunc f() {{ {} {} }}\n",
            "{".repeat(200_000),
            "}".repeat(200_000)
        ),
        format!("package p\n\nvar x = 1{}\n", " + 1".repeat(200_000)),
        format!(
            "package p\n\nfunc f() {{ defer {} }}\n",
            "g(func() { defer ".repeat(50_000)
        ),
    ];
    for text in deep {
        let folder = Folder::module(&[("p/a.go", &text)]);
        assert!(
            folder
                .check(&["./p"])
                .exits(1)
                .stdout
                .contains("syntax-error")
        );
    }
}

#[test]
fn a_broken_go_mod() {
    for text in [
        "modul example.com/m\n",
        "module \"unclosed\nrequire (\n",
        "\0\0",
        "module m\ngo one\n",
        "",
    ] {
        let folder = Folder::new(&[("go.mod", text), ("p/a.go", FINDING)]);
        let run = folder.check(&["./..."]).exits(1);
        assert_eq!(run.findings(), [found("p/a.go")], "{text:?}: {run:#?}");
    }
    let folder = Folder::new(&[("go.mod", "modul example.com/m\n"), ("p/a.go", FINDING)]);
    folder.check(&["./..."]).says(&["warning: go.mod:1:"]);
}

#[test]
fn a_package_with_two_names() {
    let folder = Folder::module(&[("p/a.go", FINDING), ("p/b.go", "package q\n")]);
    let run = folder.check(&["./..."]).exits(1).says(&["warning: "]);
    assert_eq!(run.findings(), [found("p/a.go")]);
}

#[test]
fn patterns_that_mean_nothing() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    for pattern in [
        "",
        "....",
        "./.../x/...",
        "p/..../q",
        "../../../../../../../..",
        "\u{1}",
        "-",
        "example.org/none/...",
        "/nowhere/...",
    ] {
        let run = folder.check(&["--", pattern]);
        assert_ne!(run.code, Some(1), "{pattern:?}: {run:#?}");
        let run = run.exits(2).says(&["error: "]);
        assert!(run.stderr.contains("help: "), "{pattern:?}: {run:#?}");
    }
    for pattern in [
        "...",
        "./...",
        "example.com/m/...",
        "p",
        "./p/",
        "p/a.go",
        "./p/...",
        ".../p",
        "example.com/m/p",
    ] {
        folder.check(&[pattern]).exits(1).finds(&[&found("p/a.go")]);
    }
}

#[test]
fn a_pattern_outside_of_the_module() {
    let folder = Folder::new(&[
        ("m/go.mod", "module example.com/m\n"),
        ("m/a.go", "package m\n"),
        ("other/a.go", FINDING),
    ]);
    let mut command = folder.command(&["check", "--format", "concise", "../other"]);
    let run = crate::harness::finish(command.current_dir(folder.path("m"))).exits(1);
    let path = folder.path("other/a.go");
    assert_eq!(
        run.findings(),
        [found(&path.display().to_string())],
        "above the current folder paths are absolute"
    );
}

#[test]
fn an_invalid_configuration() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    for (text, message) in [
        (
            "selct = ['all']\n",
            "deferscope.toml:1:1: unknown key `selct`\n  help: did you mean `select`?",
        ),
        (
            "\ntests = 'no'\n",
            "deferscope.toml:2:9: `tests` must be true or false, and is a string",
        ),
        (
            "exclude = ['[']\n",
            "deferscope.toml:1:12: `[` is not a glob",
        ),
        ("tests = \n", "deferscope.toml:1:"),
        (
            "ignore = ['defer-in-lop']\n",
            "did you mean `defer-in-loop`?",
        ),
        ("\0", "deferscope.toml:1:1:"),
    ] {
        folder.write("deferscope.toml", text);
        let run = folder.check(&["./p"]).exits(2).says(&["error: ", message]);
        assert_eq!(run.stdout, "", "nothing is analysed");
        folder.run(&["config", "show"]).exits(2).says(&[message]);
        folder.check(&["--isolated", "./p"]).exits(1);
    }
    folder.write("deferscope.toml", b"# \xff");
    folder
        .check(&["./p"])
        .exits(2)
        .says(&["deferscope.toml:1:3: ", "UTF-8"]);
    std::fs::remove_file(folder.path("deferscope.toml")).expect("removed");
    std::fs::create_dir(folder.path("deferscope.toml")).expect("made");
    folder
        .check(&["./p"])
        .exits(2)
        .says(&["cannot read the configuration"]);
    folder
        .check(&["--config", "none.toml", "./p"])
        .exits(2)
        .says(&["cannot read the configuration none.toml"]);
}

#[test]
fn unknown_names_on_the_command_line() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    folder.check(&["--select", "defer-in-lop"]).exits(2).says(&[
        "--select",
        "defer-in-lop",
        "did you mean `defer-in-loop`?",
    ]);
    folder
        .check(&["--ignore", "nonsense"])
        .exits(2)
        .says(&["--ignore", "`deferscope rules` lists"]);
    folder
        .check(&["--severity", "locks=fatal"])
        .exits(2)
        .says(&["--severity", "choose off, note, warning or error"]);
    folder
        .check(&["--ignore", "syntax-error"])
        .exits(2)
        .says(&["always reported"]);
    folder
        .run(&["check", "--format", "sarf"])
        .exits(2)
        .says(&["sarf", "sarif"]);
    folder
        .run(&["check", "--formt", "json"])
        .exits(2)
        .says(&["--formt", "--format"]);
    folder.run(&["chek"]).exits(2).says(&["chek", "check"]);
    folder
        .run(&["check", "--jobs", "0"])
        .exits(2)
        .says(&["--jobs"]);
    folder
        .run(&["rule", "defer-in-lop"])
        .exits(2)
        .says(&["did you mean `defer-in-loop`?"]);
    folder
        .run(&[] as &[&str])
        .exits(2)
        .says(&["Usage: deferscope"]);
}

#[test]
fn a_baseline_that_is_none() {
    let folder = Folder::module(&[("p/a.go", FINDING), ("bad.json", "{]")]);
    folder
        .check(&["--baseline", "none.json"])
        .exits(2)
        .says(&["cannot read the baseline none.json", "--write-baseline"]);
    folder
        .check(&["--baseline", "bad.json"])
        .exits(2)
        .says(&["bad.json is not a baseline", "--write-baseline"]);
    folder
        .check(&["--write-baseline", "no/such/folder/known.json"])
        .exits(2)
        .says(&["cannot write no/such/folder/known.json"]);
}

#[test]
fn a_report_that_cannot_be_written() {
    let folder = Folder::module(&[("p/a.go", FINDING)]);
    folder
        .check(&["--output", "no/such/folder/out"])
        .exits(2)
        .says(&["cannot write no/such/folder/out"]);
    folder
        .check(&["--output", "p"])
        .exits(2)
        .says(&["cannot write p"]);
    if std::path::Path::new("/dev/full").exists() {
        folder
            .check(&["--output", "/dev/full"])
            .exits(2)
            .says(&["cannot write /dev/full"]);
        let mut command = folder.command(&["check"]);
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("opened");
        crate::harness::finish(command.stdout(full))
            .exits(2)
            .says(&["cannot write to standard output"]);
    }
}

#[test]
fn standard_input_of_any_kind() {
    let folder = Folder::module(&[("p/a.go", "package p\n")]);
    let check = |input: &[u8]| {
        folder.run_with_stdin(
            &["check", "--format", "concise", "--stdin-filename", "p/a.go"],
            input,
        )
    };
    assert_eq!(
        check(FINDING.as_bytes()).exits(1).findings(),
        [found("p/a.go")]
    );
    assert!(
        check(b"")
            .exits(1)
            .stdout
            .contains("p/a.go:1:1: syntax-error")
    );
    assert!(
        check(b"\0\xff\xfe")
            .exits(1)
            .stdout
            .contains("syntax-error")
    );
    check(b"package p\n").exits(0).finds(&[]);
    let run = folder.run_with_stdin(
        &[
            "check",
            "--format",
            "concise",
            "--stdin-filename",
            "new/b.go",
        ],
        FINDING.as_bytes(),
    );
    assert_eq!(run.exits(1).findings(), [found("new/b.go")]);
    let text = folder
        .run_with_stdin(
            &["check", "--stdin-filename", "./p/../p/a.go"],
            FINDING.as_bytes(),
        )
        .exits(1);
    assert!(
        text.stdout.contains("//deferscope:ignore no-such-rule"),
        "the excerpt is of standard input: {}",
        text.stdout
    );
}

#[cfg(unix)]
#[test]
fn a_current_folder_that_is_gone() {
    let folder = Folder::module(&[]);
    std::fs::create_dir(folder.path("gone")).expect("made");
    let script = "cd gone && rmdir ../gone && exec \"$0\" check";
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_deferscope")])
        .current_dir(&folder.root);
    crate::harness::finish(&mut command)
        .exits(2)
        .says(&["cannot find the current folder"]);
}

#[cfg(unix)]
#[test]
fn names_that_a_terminal_would_act_upon() {
    let folder = Folder::module(&[("a\u{1b}[31mb.go", FINDING)]);
    let run = folder.run(&["check"]).exits(1);
    assert!(!run.stdout.contains('\u{1b}'), "{run:#?}");
    let run = folder.run(&["check", "no\u{1b}[31mne.go"]).exits(2);
    assert!(!run.stderr.contains('\u{1b}'), "{run:#?}");
}
