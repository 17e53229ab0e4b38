//! `deferscope inspect` from the outside. That its facts are right is held by
//! `cargo xtask oracle inspect`; that any bytes may be given, by crates/go_binary/tests.

use std::path::PathBuf;

use crate::harness::{Folder, go_root};

/// A Go program, if there is one: those that come with Go.
fn gofmt() -> Option<PathBuf> {
    Some(go_root()?.join("bin/gofmt"))
}

#[test]
fn what_is_no_go_program_for_linux_is_named() {
    let cases: [(&str, &[u8], &str); 7] = [
        ("app.exe", b"MZ\x90\0rest", "a Windows program (PE)"),
        ("app", b"\xcf\xfa\xed\xferest", "a macOS program (Mach-O)"),
        ("fat", b"\xca\xfe\xba\xberest", "a universal macOS program"),
        ("run.sh", b"#!/bin/sh\n", "a script"),
        ("main.go", b"package main\n", "this is no executable"),
        ("empty", b"", "this is no executable"),
        ("cut", b"\x7fELF\x02\x01\x01", "Is the file complete?"),
    ];
    let folder = Folder::new(&[]);
    for (name, bytes, word) in cases {
        folder.write(name, bytes);
        let run = folder.run(&["inspect", name]).exits(2);
        assert_eq!(run.stdout, "", "{name}");
        run.says(&[&format!("cannot inspect {name}: "), word]);
    }
}

#[test]
fn a_program_that_is_not_go_has_no_functions() {
    let folder = Folder::new(&[]);
    let ours = env!("CARGO_BIN_EXE_deferscope");
    let run = folder.run(&["inspect", ours]).exits(2);
    if cfg!(target_os = "linux") {
        run.says(&["no table of Go functions (pclntab)"]);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new(&[]);
    folder
        .run(&["inspect", "nowhere"])
        .exits(2)
        .says(&["nowhere", "give the executable that `go build` made"]);
    folder
        .run(&["inspect", "."])
        .exits(2)
        .says(&["no regular file"]);
    folder.run(&["inspect"]).exits(2);
    folder.run(&["inspect", "--class", "cheap", "x"]).exits(2);
}

#[test]
fn a_program_tells_its_defers_in_both_formats() {
    let Some(gofmt) = gofmt() else { return };
    let gofmt = gofmt.to_str().expect("a path of text");
    let folder = Folder::new(&[]);
    let text = folder.run(&["inspect", gofmt]).exits(0).stdout;
    assert!(text.contains("linux/") && text.contains("CLASS"), "{text}");
    assert!(
        text.contains("sync/once.go") && text.contains("sync.(*Mutex).Unlock"),
        "{text}"
    );

    let json = folder
        .run(&["inspect", "--format", "json", gofmt])
        .exits(0)
        .stdout;
    let objects: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of = |kind: &str| {
        let objects = objects.iter().filter(|object| object["kind"] == kind);
        objects.collect::<Vec<_>>()
    };
    let total: u64 = of("binary")[0]["defers"]
        .as_object()
        .expect("counts")
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(of("binary").len(), 1);
    assert_eq!(of("site").len() as u64, total);
    assert!(total > 50 && of("function").len() > 40, "{total}");
    let once = of("site").into_iter().find(|site| {
        site["package"] == "sync" && site["function"] == "(*Once).doSlow" && site["ordinal"] == 1
    });
    let once = once.expect("sync.Once defers");
    assert_eq!(once["class"], "open-coded");
    assert_eq!(once["file"], "once.go");
}

#[test]
fn filters_choose_what_is_shown() {
    let Some(gofmt) = gofmt() else { return };
    let gofmt = gofmt.to_str().expect("a path of text");
    let folder = Folder::new(&[]);
    let sites = |flags: &[&str]| {
        let args = [&["inspect", "--format", "json", gofmt], flags].concat();
        let json = folder.run(&args).exits(0).stdout;
        json.lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|object| object["kind"] == "site")
            .collect::<Vec<_>>()
    };
    let heap = sites(&["--class", "heap-allocated"]);
    assert!(!heap.is_empty() && heap.iter().all(|site| site["class"] == "heap-allocated"));
    let go = sites(&["--package", "go/..."]);
    assert!(!go.is_empty());
    assert!(go.iter().all(|site| {
        site["package"]
            .as_str()
            .is_some_and(|p| p.starts_with("go/"))
    }));
    assert!(sites(&["--package", "go"]).is_empty(), "not those below it");
}

#[test]
fn a_build_is_the_same_as_itself() {
    let Some(gofmt) = gofmt() else { return };
    let gofmt = gofmt.to_str().expect("a path of text");
    let folder = Folder::new(&[]);
    let text = folder.run(&["inspect", gofmt, gofmt]).exits(0).stdout;
    assert!(text.contains("No differences"), "{text}");
    folder.write("cut", "MZ");
    let run = folder.run(&["inspect", gofmt, "cut"]).exits(2);
    run.says(&["cannot inspect cut"]);
}
