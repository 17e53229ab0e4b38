//! The target that does as it is told, and profiles of it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use probe::profile::{Error, Options, Profile, profile};

use crate::targets;

/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The target, running; it does not outlive this.
pub(crate) struct Holds {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Holds {
    /// Nothing where there is no Go.
    pub(crate) fn start() -> Option<Self> {
        let mut child = Command::new(targets::holds()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut target = Self {
            child,
            input,
            output,
        };
        assert_eq!(target.tell("hello"), "hello");
        Some(target)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Gives a command.
    pub(crate) fn say(&mut self, command: &str) {
        let input = self.input.as_mut().expect("a pipe");
        writeln!(input, "{command}").expect("it reads");
    }

    /// Gives a command, and returns the answer: nothing if it ends.
    pub(crate) fn tell(&mut self, command: &str) -> String {
        self.say(command);
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line.trim_end().to_owned()
    }

    /// Profiles it while `commands` are given; nothing where this machine lets us not.
    pub(crate) fn profiled(&mut self, commands: impl FnOnce(&mut Self)) -> Option<Profile> {
        self.profiled_with(false, commands)
    }

    /// With probes that are placed one by one, or all at once.
    pub(crate) fn profiled_with(
        &mut self,
        one_by_one: bool,
        commands: impl FnOnce(&mut Self),
    ) -> Option<Profile> {
        // Only one at a time: what is attached is looked for among all that this process has.
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = self.pid();
        let stop = AtomicBool::new(false);
        let result = std::thread::scope(|scope| {
            let profiled = scope.spawn(|| {
                profile(&Options {
                    pid,
                    duration: PATIENCE,
                    overhead: 0.2,
                    // Placed one by one, all would take too long.
                    sites: &|id| !one_by_one || id.package == "example.com/holds",
                    filtered: false,
                    held: true,
                    descriptors: true,
                    holder: None,
                    one_by_one,
                    stop: &stop,
                })
            });
            let begin = Instant::now();
            while !is_watched() {
                if profiled.is_finished() || begin.elapsed() > PATIENCE {
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            commands(self);
            if !self.has_ended() {
                stop.store(true, Ordering::Relaxed);
            }
            profiled.join().expect("it does not panic")
        });
        match result {
            Ok(profile) => Some(profile),
            Err(
                error @ (Error::Rights { .. } | Error::Administrator { .. } | Error::Kernel { .. }),
            ) => {
                targets::not_tested(&error.to_string());
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until it is over, or another program.
    pub(crate) fn wait_for_end(&mut self) {
        let begin = Instant::now();
        while !self.has_ended() {
            assert!(begin.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_some()
            || std::fs::read_link(format!("/proc/{}/exe", self.pid()))
                .is_ok_and(|exe| exe != targets::holds().expect("it was built"))
    }
}

impl Drop for Holds {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a program of ours is attached to the ends of system calls, and has been for a while: before that,
/// what it costs is measured.
fn is_watched() -> bool {
    let link = || {
        let entries = std::fs::read_dir("/proc/self/fdinfo").ok()?;
        entries
            .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
            .find(|text| text.contains("sys_exit"))
            .and_then(|text| {
                Some(
                    text.lines()
                        .find(|line| line.starts_with("link_id"))?
                        .to_owned(),
                )
            })
    };
    let Some(first) = link() else { return false };
    std::thread::sleep(Duration::from_millis(700));
    link() == Some(first)
}

/// The line of the target's source with a mark.
pub(crate) fn line(mark: &str) -> u32 {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/targets/holds/main.go");
    let text = std::fs::read_to_string(source).expect("the source");
    let wanted = format!("// {mark}");
    let at = text.lines().position(|line| line.ends_with(&wanted));
    u32::try_from(at.expect("it is marked") + 1).expect("a small number")
}
