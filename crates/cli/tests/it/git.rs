//! `--new-from-rev`, with a real git.

use std::path::Path;
use std::process::Command;

use crate::check::LOOPS;
use crate::harness::{Folder, Run, finish};

struct Repository(Folder);

impl Repository {
    /// A repository with one commit that holds these files.
    fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self(Folder::module(files));
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        // What users set must not matter.
        for (key, value) in [
            ("diff.noprefix", "true"),
            ("diff.mnemonicPrefix", "true"),
            ("diff.interHunkContext", "50"),
            ("diff.context", "9"),
            ("color.ui", "always"),
            ("diff.external", "false"),
            ("diff.renames", "false"),
            ("diff.relative", "true"),
        ] {
            repository.git(&["config", key, value]);
        }
        repository.commit();
        repository
    }

    fn git(&self, args: &[&str]) {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(args)
            .current_dir(&self.0.root)
            .status()
            .expect("git is there");
        assert!(status.success(), "git {args:?}");
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=x"]);
    }

    fn check_in(&self, folder: &str, args: &[&str]) -> Run {
        let all = [
            "check",
            "--format",
            "concise",
            "--select",
            "defer-in-loop",
            "--new-from-rev",
        ];
        self.0.run_in(folder, &[&all, args].concat())
    }

    fn check(&self, args: &[&str]) -> Run {
        self.check_in(".", args)
    }
}

#[test]
fn only_what_touches_new_lines_is_reported() {
    let repository = Repository::new(&[("p/a.go", LOOPS), ("q/b.go", LOOPS)]);
    repository.check(&["HEAD"]).exits(0).finds(&[]);

    repository.0.write(
        "p/a.go",
        LOOPS.replace("defer g.Close()", "defer g.Close() // later"),
    );
    repository
        .check(&["HEAD"])
        .exits(1)
        .finds(&["p/a.go:15:3: defer-in-loop"]);
    repository
        .check_in("p", &["HEAD"])
        .exits(1)
        .finds(&["a.go:15:3: defer-in-loop"]);
    repository.check_in("q", &["HEAD", "../p"]).exits(1);

    repository
        .0
        .write("p/a.go", LOOPS.replace("import", "// Words.\n\nimport"));
    repository
        .check(&["HEAD", "--statistics"])
        .exits(0)
        .says(&["findings not new"])
        .finds(&[]);
}

#[test]
fn new_and_renamed_files_are_understood() {
    let repository = Repository::new(&[("p/a.go", LOOPS), (".gitignore", "ignored.go\n")]);
    repository.git(&["mv", "p/a.go", "p/b c.go"]);
    repository.check(&["HEAD"]).exits(0).finds(&[]);
    repository
        .0
        .write("p/b c.go", LOOPS.replace("first", "premier"));
    repository.check(&["HEAD"]).exits(0).finds(&[]);
    repository
        .0
        .write("p/b c.go", LOOPS.replace("f.Close", "f.Chmod"));
    repository
        .check(&["HEAD"])
        .exits(1)
        .finds(&["p/b c.go:8:3: defer-in-loop"]);

    let more = LOOPS.replace("first", "third").replace("second", "fourth");
    repository.0.write("p/ünt\"racked.go", &more);
    repository.0.write("p/ignored.go", &more);
    repository.0.write("p/b c.go", LOOPS);
    let expected = [
        "p/ünt\"racked.go:8:3: defer-in-loop",
        "p/ünt\"racked.go:15:3: defer-in-loop",
    ];
    repository.check(&["HEAD"]).exits(1).finds(&expected);
    repository.git(&["add", "--all"]);
    repository.check(&["HEAD"]).exits(1).finds(&expected);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_found() {
    use std::os::unix::ffi::OsStrExt;
    let repository = Repository::new(&[("p/a.go", "package p\n")]);
    let name = Path::new(std::ffi::OsStr::from_bytes(b"\xfft.go"));
    let path = repository.0.path("p").join(name);
    std::fs::write(&path, LOOPS).expect("written");
    assert_eq!(
        repository.check(&["HEAD"]).exits(1).findings().len(),
        2,
        "untracked"
    );
    repository.commit();
    repository.check(&["HEAD"]).exits(0);
    std::fs::write(&path, LOOPS.replace("f.Close", "f.Chmod")).expect("written");
    assert_eq!(
        repository.check(&["HEAD"]).exits(1).findings().len(),
        1,
        "changed"
    );
}

#[test]
fn a_deleted_line_can_make_a_finding_new() {
    let check = "\t\tif f == nil {\n\t\t\tcontinue\n\t\t}\n";
    let text = LOOPS.replace("\t\tdefer f", &format!("{check}\t\tdefer f"));
    let repository = Repository::new(&[("a.go", &text)]);
    repository.0.write("a.go", LOOPS);
    let run = repository.check(&["HEAD"]);
    // The loop belongs to the story of the finding: what was deleted stood between the two.
    run.exits(1).finds(&["a.go:8:3: defer-in-loop"]);
}

#[test]
fn what_git_cannot_say_is_an_error() {
    let repository = Repository::new(&[("a.go", LOOPS)]);
    for revision in ["nowhere", "", "--output=x", "HEAD:a.go", "HEAD~5"] {
        let flag = format!("--new-from-rev={revision}");
        repository
            .0
            .check(&[&flag])
            .exits(2)
            .says(&["git knows no revision `", "help: check the name"]);
    }
    let outside = Folder::module(&[("a.go", LOOPS)]);
    let mut command = outside.command(&["check", "--new-from-rev", "HEAD"]);
    command
        .env("GIT_CEILING_DIRECTORIES", &outside.root)
        .env("GIT_DIR", outside.path("none"));
    finish(&mut command)
        .exits(2)
        .says(&["is not in a git working tree", "help: "]);
    let mut command = repository.0.command(&["check", "--new-from-rev", "HEAD"]);
    finish(command.env("PATH", "/nowhere"))
        .exits(2)
        .says(&["cannot run git", "--new-from-rev needs git"]);
    let mut command = repository.0.command(&[
        "check",
        "--new-from-rev",
        "HEAD",
        "--stdin-filename",
        "a.go",
    ]);
    finish(&mut command).exits(2).says(&["cannot be used with"]);
}
