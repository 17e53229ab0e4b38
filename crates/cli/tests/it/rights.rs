//! `profile` and `snapshot` without all rights, and of programs in other namespaces. To take rights away, the
//! test must have them: it runs as root, with `setpriv` and `unshare` of util-linux.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Folder, Run, finish, not_tested};
use crate::profile::{Process, Teller, holds, refused};

/// Where the folders of tests cannot be seen by others, this one can.
struct Shared(tempfile::TempDir);

impl Shared {
    /// With deferscope and the target in it.
    fn new(target: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), everybody).expect("it is ours");
        let shared = Self(folder);
        let copy = |from: &Path, name: &str| {
            std::fs::copy(from, shared.path(name)).expect("it is copied");
        };
        copy(Path::new(env!("CARGO_BIN_EXE_deferscope")), "deferscope");
        copy(target, "holds");
        shared
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program of the folder as a user without rights but for these.
    fn as_nobody(&self, rights: &str, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        if !rights.is_empty() {
            command.arg(format!("--inh-caps={rights}"));
            command.arg(format!("--ambient-caps={rights}"));
        }
        command.arg(self.path(program)).current_dir("/");
        command
    }

    fn run(&self, rights: &str, args: &[&str]) -> Run {
        finish(self.as_nobody(rights, "deferscope").args(args))
    }
}

/// Whether rights can be taken away here.
fn is_root() -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|ourselves| ourselves.uid() == 0);
    let tools = ["setpriv", "unshare"].iter().all(|tool| {
        let mut tool = Command::new(tool);
        tool.arg("--version").stdout(Stdio::null()).status().is_ok()
    });
    if !root || !tools {
        not_tested("taking rights away needs root, setpriv and unshare");
    }
    root && tools
}

#[test]
fn what_is_missing_is_said_and_what_suffices_suffices() {
    let folder = Folder::new(&[]);
    let Some(target) = holds(&folder).filter(|_| is_root()) else {
        return;
    };
    let shared = Shared::new(&target);
    let theirs = Process::start(&mut Command::new(&target));
    let pid = theirs.pid();
    let profile = ["profile", &pid, "--for", "500ms"];
    // Of another user, and without any right.
    shared.run("", &profile).exits(2).says(&["sudo setcap"]);
    let run = shared.run("", &["snapshot", &pid]).exits(2);
    run.says(&[
        "it belongs to user 0",
        "setcap cap_sys_ptrace,cap_dac_read_search+ep",
    ]);
    // What the words ask for is enough.
    let run = shared.run("+bpf,+perfmon,+sys_ptrace", &profile);
    if refused(&run) {
        return;
    }
    run.exits(0).prints(&["main.pass"]);
    let run = shared.run("+sys_ptrace,+dac_read_search", &["snapshot", &pid]);
    run.exits(0).prints(&["example.com/holds/main.go"]);
    // One's own program: its memory may be read, but for eBPF rights are needed.
    let own = Process::start(&mut shared.as_nobody("", "holds"));
    let pid = own.pid();
    wait_for(|| {
        let exe = std::fs::read_link(format!("/proc/{pid}/exe"));
        exe.is_ok_and(|exe| exe.ends_with("holds"))
    });
    let profile = ["profile", &pid, "--for", "500ms"];
    let run = shared.run("", &profile).exits(2);
    run.says(&["the right to use eBPF", "sudo setcap"]);
    shared.run("+bpf,+perfmon", &profile).exits(0);
    // Before Linux 6.6, more is needed.
    let one_by_one = |rights: &str| {
        let mut command = shared.as_nobody(rights, "deferscope");
        command.args(profile).args(["--sites", "holds/main.go"]);
        finish(command.env("DEFERSCOPE_UPROBES_ONE_BY_ONE", "1"))
    };
    let run = one_by_one("+bpf,+perfmon").exits(2);
    run.says(&["before Linux 6.6", "sudo setcap cap_sys_admin"]);
    one_by_one("+sys_admin").exits(0).prints(&["main.pass"]);
    let run = shared.run("", &["snapshot", &pid]);
    if !run.stderr.contains("ptrace_scope") {
        run.exits(0).prints(&["example.com/holds/main.go"]);
    }
}

#[test]
fn a_program_in_a_container_is_seen_from_outside() {
    let folder = Folder::new(&[]);
    let Some(target) = holds(&folder).filter(|_| is_root()) else {
        return;
    };
    // A root of its own, which has the program and nothing else.
    let root = folder.path("root");
    std::fs::create_dir_all(root.join("proc")).expect("a folder");
    std::fs::copy(&target, root.join("holds")).expect("it is copied");
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--pid", "--fork", "--kill-child"])
        .arg(format!("--mount-proc={}", root.join("proc").display()))
        .arg("chroot")
        .arg(&root)
        .arg("/holds");
    let mut container = Process::start(&mut command);
    let input = container.0.stdin.take().expect("a pipe");
    let outer = container.pid();
    let inner = || {
        let path = format!("/proc/{outer}/task/{outer}/children");
        let text = std::fs::read_to_string(path).ok()?;
        let child = text.split_ascii_whitespace().next()?.to_owned();
        let exe = std::fs::read_link(format!("/proc/{child}/exe")).ok()?;
        exe.ends_with("holds").then_some(child)
    };
    wait_for(|| inner().is_some());
    let pid = inner().expect("it was there");
    let teller = Teller::begin(input, "keep");
    let run = folder.run(&["profile", &pid, "--for", "3s", "--overhead", "10%"]);
    // Without its input, the program would end.
    let _input = teller.end();
    if refused(&run) {
        return;
    }
    // Its defers, and its descriptors: the kernel knows it by another number than it has inside.
    run.exits(0)
        .prints(&["main.pass", "still open: ", " keep "]);
    let run = folder.run(&["snapshot", &pid]).exits(0);
    run.prints(&["1 in its namespace", "example.com/holds/main.go"]);
}

fn wait_for(done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "it does not start"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
