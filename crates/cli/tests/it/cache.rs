//! What is kept between runs: that nobody can tell from what is found, whatever happens to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::harness::{Folder, Run, finish, repository};

/// A module with a helper that closes files, and a function that relies on it.
const CLOSES: &str = "package helper\n\nimport \"os\"\n\nfunc Done(f *os.File) {\n\tf.Close()\n}\n";
const BORROWS: &str = "package helper\n\nimport \"os\"\n\nfunc Done(f *os.File) {\n\tf.Name()\n}\n";
const USES: &str = "package p\n\nimport (\n\t\"os\"\n\n\t\"example.com/m/helper\"\n)\n\nfunc Use(name string) error {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn err\n\t}\n\thelper.Done(f)\n\treturn nil\n}\n";
const LEAK: &str = "p/p.go:10:12: file-not-closed";

fn module() -> Folder {
    Folder::module(&[("helper/helper.go", CLOSES), ("p/p.go", USES)])
}

/// `check` with a cache of the folder's own.
fn cached(folder: &Folder, args: &[&str]) -> Run {
    let cache = folder.path("cache");
    let mut command = folder.command(&[&["check", "--format", "concise"], args].concat());
    finish(command.env("DEFERSCOPE_CACHE_DIR", cache))
}

/// Checks with a rule that asks what other packages do, and says how much was known.
fn leaks(folder: &Folder) -> (Run, String) {
    let run = cached(folder, &["-v", "--select", "file-not-closed"]);
    let known = run
        .stderr
        .lines()
        .find_map(|line| line.split_once("cache: "))
        .and_then(|(_, line)| line.split_once(" packages"))
        .map(|(known, _)| known.to_owned());
    let known = known.unwrap_or_else(|| panic!("nothing about the cache in {run:#?}"));
    (run, known)
}

fn cache_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the cache is there");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "dfrs")
        })
        .collect();
    files.sort();
    files
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn shop() -> Folder {
    let folder = Folder::new(&[]);
    copy_tree(&repository().join("examples/shop"), &folder.path("shop"));
    folder
}

/// What a run says, but for how long it took.
fn said(run: &Run) -> (Option<i32>, String, String) {
    let timeless: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| !line.contains("time to") && !line.contains("all threads"))
        .filter(|line| !line.contains("standard library"))
        .collect();
    (run.code, run.stdout.clone(), timeless.join("\n"))
}

/// Formats that show no fixes do not try them, and take what others have tried.
#[test]
fn what_was_found_with_fixes_serves_those_who_show_none() {
    const LATE: &str = "package p\n\nimport \"os\"\n\nfunc f(path string) error {\n\tf, err := os.Open(path)\n\tif err != nil {\n\t\treturn err\n\t}\n\t_, err = f.Stat()\n\tif err != nil {\n\t\treturn err\n\t}\n\tdefer f.Close()\n\treturn nil\n}\n";
    let known = |folder: &Folder, format: &str| {
        cached(folder, &["--select", "defer-too-late"]);
        let args = [
            "check",
            "-v",
            "--select",
            "defer-too-late",
            "--format",
            format,
        ];
        let mut command = folder.command(&args);
        let run = finish(command.env("DEFERSCOPE_CACHE_DIR", folder.path("cache")));
        let line = run.stderr.lines().find(|line| line.contains("cache: "));
        line.and_then(|line| Some(line.split_once("cache: ")?.1.split_once(' ')?.0.to_owned()))
            .unwrap_or_else(|| panic!("nothing about the cache in {run:#?}"))
    };
    let folder = Folder::module(&[("p.go", LATE)]);
    // The run before each shows no fixes.
    assert_eq!(known(&folder, "github"), "1");
    assert_eq!(known(&folder, "json"), "0");
    assert_eq!(known(&folder, "json"), "1");
    assert_eq!(known(&folder, "github"), "1");
}

#[test]
fn nobody_can_tell_whether_something_was_known() {
    let folder = shop();
    let cache = folder.path("cache");
    let options: &[&[&str]] = &[
        &[],
        &["--select", "all"],
        &[
            "--select",
            "all",
            "--report-unused-suppressions",
            "--generated",
        ],
        &[
            "--select",
            "release,errors",
            "--tests=false",
            "--format",
            "json",
        ],
        &["--severity", "placement=error", "--min-severity", "error"],
        &["--select", "all", "--format", "sarif"],
        &["--format", "gitlab", "--baseline", "../known.json"],
        &["--goos", "windows", "--tags", "x", "--format", "github"],
        &["--select", "all", "--jobs", "1", "./internal/..."],
        &["--select", "all", "cmd/shop/main.go"],
    ];
    let run = |args: &[&str], with_cache: bool| {
        let all = [&["check", "--statistics"], args].concat();
        let mut command = folder.command(&all);
        command.current_dir(folder.path("shop"));
        if with_cache {
            command.env("DEFERSCOPE_CACHE_DIR", &cache);
        } else {
            command.arg("--no-cache");
        }
        said(&finish(&mut command))
    };
    let known = [
        "check",
        "--no-cache",
        "--write-baseline",
        "../known.json",
        "./internal/...",
    ];
    let mut baseline = folder.command(&known);
    finish(baseline.current_dir(folder.path("shop"))).exits(0);

    let compare = |backwards: bool| {
        let mut order: Vec<&[&str]> = options.to_vec();
        if backwards {
            order.reverse();
        }
        let mut found = 0;
        for args in order {
            let plain = run(args, false);
            assert_ne!(plain.0, Some(2), "{args:?}: {plain:?}");
            assert_eq!(run(args, true), plain, "{args:?}, to be kept");
            assert_eq!(run(args, true), plain, "{args:?}, as it was kept");
            found += usize::from(plain.0 == Some(1));
        }
        assert!(found > 5, "there was something to keep");
    };
    compare(false);
    // From here on times tell that files are the same, without a look into them.
    std::thread::sleep(Duration::from_millis(2200));
    compare(true);

    let file = "shop/internal/orders/orders.go";
    let file = if folder.path(file).exists() {
        file.to_owned()
    } else {
        some_file(&folder.path("shop/internal"))
            .strip_prefix(&folder.root)
            .expect("below the root")
            .to_string_lossy()
            .into_owned()
    };
    let text = folder.read(&file);
    folder.write(
        &file,
        format!("{text}\nfunc added(names []string) {{\n\tfor range names {{\n\t\tdefer println()\n\t}}\n}}\n"),
    );
    compare(true);
    folder.write(&file, text);
    compare(false);
}

fn some_file(folder: &Path) -> PathBuf {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    let file = entries.iter().find(|path| {
        path.extension().is_some_and(|extension| extension == "go")
            && !path.to_string_lossy().ends_with("_test.go")
    });
    match file {
        Some(file) => file.clone(),
        None => some_file(entries.iter().find(|path| path.is_dir()).expect("a folder")),
    }
}

#[test]
fn a_change_in_a_helper_reaches_those_who_rely_on_it() {
    let folder = module();
    let (run, known) = leaks(&folder);
    run.exits(0);
    assert_eq!(known, "0 of 2");
    assert_eq!(leaks(&folder).1, "2 of 2");

    folder.write("helper/helper.go", BORROWS);
    let (run, known) = leaks(&folder);
    run.exits(1).finds(&[LEAK]);
    assert_eq!(known, "0 of 2", "the contract of the helper is another");

    folder.write(
        "helper/helper.go",
        BORROWS.replace("f.Name()", "_ = f.Name()"),
    );
    let (run, known) = leaks(&folder);
    run.exits(1).finds(&[LEAK]);
    assert_eq!(known, "1 of 2", "only the helper itself is another");

    folder.write("helper/helper.go", CLOSES);
    let (run, known) = leaks(&folder);
    run.exits(0);
    assert_eq!(known, "2 of 2", "all of this was known once");
}

#[test]
fn packages_that_import_each_other_are_looked_at_all_the_same() {
    let folder = module();
    let circle = CLOSES.replace(
        "import \"os\"",
        "import (\n\t\"os\"\n\n\t_ \"example.com/m/p\"\n)",
    );
    folder.write("helper/helper.go", circle);
    for expected in ["0 of 2", "2 of 2"] {
        let (run, known) = leaks(&folder);
        run.exits(0);
        assert_eq!(known, expected);
    }
}

#[test]
fn settings_count() {
    let folder = module();
    folder.write("helper/helper.go", BORROWS);
    let text = |select: &str| format!("select = [{select}]\n");
    folder.write("deferscope.toml", text("\"file-not-closed\""));
    cached(&folder, &[]).exits(1).finds(&[LEAK]);
    folder.write("deferscope.toml", text("\"defer-in-loop\""));
    cached(&folder, &[]).exits(0);
    let ignored = "\"file-not-closed\"]\n[per-file-ignores]\n\"p/**\" = [\"file-not-closed\"";
    folder.write("deferscope.toml", text(ignored));
    cached(&folder, &[]).exits(0);
    folder.write("deferscope.toml", text("\"file-not-closed\""));
    cached(&folder, &[]).exits(1).finds(&[LEAK]);
    let summary = |severity: &str| {
        let severity = format!("file-not-closed={severity}");
        let args = ["--severity", &severity, "--min-severity", "error"];
        cached(&folder, &args)
    };
    summary("warning").exits(0);
    summary("error").exits(1).finds(&[LEAK]);
    summary("warning").exits(0);
}

#[test]
fn a_file_of_the_cache_may_be_anything() {
    let folder = module();
    folder.write("helper/helper.go", BORROWS);
    leaks(&folder).0.finds(&[LEAK]);
    let [file] = &cache_files(&folder.path("cache"))[..] else {
        panic!("there is one file")
    };
    let good = fs::read(file).expect("read");
    let mut garbled = good.clone();
    let middle = garbled.len() / 2;
    garbled[middle] ^= 1;
    let mut foreign = good.clone();
    foreign[0] = b'x';
    for bad in [
        Vec::new(),
        good[..good.len() - 1].to_vec(),
        good[..30].to_vec(),
        garbled,
        foreign,
        vec![0xff; 5000],
        [&good[..], b"more"].concat(),
    ] {
        fs::write(file, &bad).expect("written");
        let (run, known) = leaks(&folder);
        run.exits(1).finds(&[LEAK]);
        assert_eq!(known, "0 of 2");
        let (run, known) = leaks(&folder);
        run.exits(1).finds(&[LEAK]);
        assert_eq!(known, "2 of 2", "it was written anew");
    }
    fs::remove_file(file).expect("removed");
    fs::create_dir(file).expect("a folder in its place");
    leaks(&folder).0.exits(1).finds(&[LEAK]);
}

#[test]
fn a_cache_that_cannot_be_is_no_failure() {
    let folder = module();
    folder.write("helper/helper.go", BORROWS);
    folder.write("file", "");
    folder.write("theirs/note.txt", "");
    for place in ["file", "file/cache", "theirs"] {
        let args = ["--select", "file-not-closed", "--cache-dir", place];
        let quiet = cached(&folder, &args).exits(1).finds(&[LEAK]);
        assert_eq!(quiet.stderr, "", "{place}");
        let help = if place == "theirs" {
            "is no cache"
        } else {
            "cannot use the cache"
        };
        cached(&folder, &[&args[..], &["-v"]].concat()).says(&[help, "help: "]);
    }
    assert_eq!(
        fs::read_dir(folder.path("theirs")).expect("there").count(),
        1,
        "nothing was put into a folder of others"
    );
    for args in [&["--no-cache"][..], &["--cache-dir", "off"]] {
        let all = [&["-v", "--select", "file-not-closed"], args].concat();
        cached(&folder, &all).finds(&[LEAK]).says(&["cache: none"]);
    }
    assert!(!folder.path("cache").exists() && !folder.path("off").exists());
}

#[test]
fn clean_removes_what_is_ours() {
    let folder = module();
    leaks(&folder).0.exits(0);
    let clean = |place: &str| folder.run(&["clean", "--cache-dir", place]);
    folder.write("theirs/note.txt", "");
    clean("theirs")
        .exits(2)
        .says(&["is no cache of deferscope", "help: "]);
    assert!(folder.path("theirs/note.txt").exists());
    clean("cache")
        .exits(0)
        .says(&["1 files with ", "removed from "]);
    assert!(!folder.path("cache").exists());
    clean("cache").exits(0).says(&["0 files with 0 bytes"]);
    assert_eq!(leaks(&folder).1, "0 of 2");
}

#[test]
fn what_is_not_saved_is_not_kept() {
    let folder = module();
    leaks(&folder).0.exits(0);
    let before = fs::read(&cache_files(&folder.path("cache"))[0]).expect("read");
    let args = [
        "check",
        "--cache-dir",
        "cache",
        "--format",
        "concise",
        "--select",
        "file-not-closed",
        "--stdin-filename",
        "helper/helper.go",
    ];
    folder.run_with_stdin(&args, BORROWS.as_bytes()).exits(0);
    let text = USES.replace("\thelper.Done(f)\n", "\t_ = helper.Done\n");
    let args = [&args[..args.len() - 1], &["p/p.go"]].concat();
    folder
        .run_with_stdin(&args, text.as_bytes())
        .exits(1)
        .finds(&[LEAK]);
    let after = fs::read(&cache_files(&folder.path("cache"))[0]).expect("read");
    assert!(before == after);
    assert_eq!(leaks(&folder).1, "2 of 2");
}

#[test]
fn runs_at_the_same_time_do_not_meet() {
    let folder = shop();
    let command = || {
        let mut command = folder.command(&["check", "--select", "all", "--format", "json", "-v"]);
        command
            .current_dir(folder.path("shop"))
            .env("DEFERSCOPE_CACHE_DIR", folder.path("cache"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let expected = finish(command().arg("--no-cache")).exits(1).stdout;
    for _ in 0..3 {
        let children: Vec<_> = (0..6)
            .map(|_| command().spawn().expect("deferscope starts"))
            .collect();
        for child in children {
            let output = child.wait_with_output().expect("it ends");
            assert_eq!(output.status.code(), Some(1));
            assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        }
    }
    let files = cache_files(&folder.path("cache"));
    assert_eq!(files.len(), 1);
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

#[test]
fn a_run_that_is_killed_leaves_a_good_cache() {
    let folder = shop();
    let command = || {
        let mut command = folder.command(&["check", "--select", "all", "--format", "json", "-v"]);
        command
            .current_dir(folder.path("shop"))
            .env("DEFERSCOPE_CACHE_DIR", folder.path("cache"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let file = some_file(&folder.path("shop/internal"));
    let text = fs::read_to_string(&file).expect("read");
    let start = Instant::now();
    let expected = finish(
        command()
            .arg("--no-cache")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    )
    .exits(1)
    .stdout;
    let mut length = u64::try_from(start.elapsed().as_micros()).expect("a short time") + 1000;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut killed = 0;
    for round in 0..100 {
        // Something is new each time, so that there is something to write.
        fs::write(&file, format!("{text}\n// round {round}\n")).expect("written");
        let mut child = command().spawn().expect("deferscope starts");
        let delay = match round % 2 {
            0 => numbers.below(length),
            // Where the cache is written.
            _ => length / 2 + numbers.below(length),
        };
        std::thread::sleep(Duration::from_micros(delay));
        child.kill().expect("it is killed, or has ended");
        let status = child.wait().expect("it has ended");
        let was_killed = status.code().is_none();
        killed += usize::from(was_killed);
        // How long a run takes depends on what else the machine does: too late, so earlier next time.
        length = match was_killed {
            true => length + length / 8,
            false => (length - length / 8).max(1000),
        };
        let next = finish(command().stdout(Stdio::piped()).stderr(Stdio::piped())).exits(1);
        assert_eq!(next.stdout, expected, "after round {round}");
    }
    assert!(
        killed > 10,
        "most runs had ended before they were killed: {killed}"
    );
    let last = finish(command().stdout(Stdio::piped()).stderr(Stdio::piped())).exits(1);
    let (_, known) = last
        .stderr
        .split_once("cache: ")
        .expect("it says how much is known");
    let counts: Vec<&str> = known.split(' ').take(3).collect();
    assert_eq!(counts[0], counts[2], "everything is known: {}", last.stderr);
}
