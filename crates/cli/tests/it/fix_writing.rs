//! What `deferscope fix` leaves on the disk when it is hindered: a file is as it was, or as it should be.

#[cfg(unix)]
use std::process::{Command, Stdio};

use crate::harness::Folder;
#[cfg(unix)]
use crate::harness::{deferscope, finish};

/// A file with one safe fix: the `defer` moves up.
const LATE: &str = "package p

import \"os\"

func size(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return info.Size(), nil
}
";

const FIXED: &str = "package p

import \"os\"

func size(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
";

const ARGS: [&str; 5] = [
    "fix",
    "--isolated",
    "--no-cache",
    "--select",
    "defer-too-late",
];

/// So long that it takes several writes.
fn long(text: &str) -> String {
    format!("{text}\n// {}\n", "x".repeat(256 << 10))
}

fn names(module: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(&module.root).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_byte_order_mark_stays() {
    let marked = format!("\u{feff}{LATE}");
    let module = Folder::module(&[("a.go", &marked)]);
    module.run(&ARGS).exits(0);
    assert_eq!(module.read("a.go"), format!("\u{feff}{FIXED}"));
}

/// A limit of the size of files is met in the midst of writing, as a full disk is.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_the_file_as_it_was() {
    let module = Folder::module(&[("a.go", &long(LATE)), ("b.go", LATE)]);
    let before = names(&module);
    let mut command = Command::new("sh");
    command
        .arg("-c")
        // The signal that comes with it would end the program.
        .arg("trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"")
        .arg(deferscope().get_program())
        .args(ARGS)
        .env("GOROOT", "off")
        .env("GOENV", "off")
        .env_remove("GOFLAGS")
        .current_dir(&module.root);
    finish(&mut command).exits(2).says(&[
        "cannot write a.go",
        "it is as it was",
        "repaired 1 finding in 1 file",
    ]);
    assert_eq!(module.read("a.go"), long(LATE));
    assert_eq!(module.read("b.go"), FIXED, "the others are written");
    assert_eq!(names(&module), before, "nothing is left behind");
    module.run(&ARGS).exits(0);
    assert_eq!(module.read("a.go"), long(FIXED));
}

#[cfg(unix)]
#[test]
fn a_folder_that_nobody_may_write_to_leaves_the_file_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let module = Folder::module(&[("p/a.go", LATE)]);
    let set = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(module.path("p"), permissions).expect("set");
    };
    set(0o555);
    // Who may do everything may do this too.
    let is_root = std::fs::write(module.path("p/try"), "").is_ok();
    let run = module.run(&ARGS);
    set(0o755);
    if is_root {
        run.exits(0);
        assert_eq!(module.read("p/a.go"), FIXED);
    } else {
        run.exits(2)
            .says(&["cannot write p/a.go", "it is as it was"]);
        assert_eq!(module.read("p/a.go"), LATE);
    }
}

/// Killed at any time, it has written whole files or none; what is left is done by the next run.
#[cfg(unix)]
#[test]
fn killed_in_the_midst_it_leaves_whole_files() {
    const FILES: usize = 24;
    let (old, new) = (long(LATE), long(FIXED));
    let names: Vec<String> = (0..FILES).map(|n| format!("p{n}/a.go")).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), old.as_str()))
        .collect();
    let module = Folder::module(&files);
    let mut pause = std::time::Duration::from_millis(5);
    loop {
        let mut child = module
            .command(&ARGS)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(pause);
        let has_ended = child.try_wait().expect("a child").is_some();
        child.kill().ok();
        child.wait().expect("a child");
        for name in &names {
            let text = module.read(name);
            assert!(text == old || text == new, "{name} is neither old nor new");
        }
        if has_ended {
            break;
        }
        pause = pause * 5 / 4;
    }
    assert!(names.iter().all(|name| module.read(name) == new));
}
