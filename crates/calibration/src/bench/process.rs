//! Running the `go` command and the benchmark: with a limit, and so that Ctrl-C ends them.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::CalibrationError;

/// Nothing that is asked for prints more; what goes beyond is not kept.
const MAX_OUTPUT: u64 = 4 << 20;

/// How often to look whether a process has ended.
const POLL: Duration = Duration::from_millis(10);

/// A terminal sends Ctrl-C to the processes that we started, too: they get this long to clean up.
const GRACE: Duration = Duration::from_secs(1);

/// What a process that succeeded printed.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs a command to its end. `what` says what it is for: "build the benchmark with /usr/bin/go".
pub(super) fn run(
    command: &mut Command,
    what: &str,
    limit: Duration,
    interrupted: &AtomicBool,
) -> Result<Output, CalibrationError> {
    let failed = |problem: String| CalibrationError::Go {
        what: what.to_owned(),
        problem,
    };
    if interrupted.load(Ordering::Relaxed) {
        return Err(CalibrationError::Interrupted);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let status = wait(&mut child, limit, interrupted);
    if !matches!(status, Ok(Ended::Exit(_))) {
        // Also when waiting failed: nothing is left running.
        let _ = child.kill();
        let _ = child.wait();
    }
    if matches!(status, Ok(Ended::Interrupted)) || interrupted.load(Ordering::Relaxed) {
        return Err(CalibrationError::Interrupted);
    }
    let status = match status {
        Ok(Ended::Exit(status)) => status,
        Ok(Ended::TooLong | Ended::Interrupted) => {
            // Its own children may hold the pipes open: what they print is not waited for.
            return Err(failed(format!(
                "it did not end within {} s and was stopped",
                limit.as_secs()
            )));
        }
        Err(error) => return Err(failed(format!("it cannot be waited for: {error}"))),
    };
    let text = |handle: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&handle.join().unwrap_or_default()).into_owned()
    };
    let output = Output {
        stdout: text(stdout),
        stderr: text(stderr),
    };
    if status.success() {
        return Ok(output);
    }
    let said = match output.stderr.trim() {
        "" => output.stdout.trim(),
        said => said,
    };
    Err(failed(format!("{status}{}", quoted(said))))
}

/// The first lines of what a program said.
fn quoted(said: &str) -> String {
    const LINES: usize = 20;
    let mut text = String::new();
    for line in said.lines().take(LINES) {
        text.push_str("\n  | ");
        text.extend(line.chars().take(300));
    }
    if said.lines().count() > LINES {
        text.push_str("\n  | …");
    }
    text
}

enum Ended {
    Exit(ExitStatus),
    TooLong,
    Interrupted,
}

fn wait(child: &mut Child, limit: Duration, interrupted: &AtomicBool) -> io::Result<Ended> {
    let start = Instant::now();
    let mut since: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::Exit(status));
        }
        if interrupted.load(Ordering::Relaxed) {
            let since = *since.get_or_insert_with(Instant::now);
            if since.elapsed() > GRACE {
                return Ok(Ended::Interrupted);
            }
        } else if start.elapsed() > limit {
            return Ok(Ended::TooLong);
        }
        thread::sleep(POLL);
    }
}

/// Reads to the end beside the waiting: a full pipe would stop the process.
fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What could be read until an error counts.
            let _ = pipe.by_ref().take(MAX_OUTPUT).read_to_end(&mut bytes);
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
        bytes
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration, interrupted: bool) -> Result<Output, CalibrationError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(&mut command, "try", limit, &AtomicBool::new(interrupted))
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_a_process_prints_is_kept() {
        let output = sh("echo out; echo err >&2", LONG, false).expect("it succeeds");
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    fn a_failure_has_its_words() {
        let error = sh("echo no compiler >&2; exit 3", LONG, false).expect_err("it fails");
        let said = error.to_string();
        assert!(
            said.contains("try") && said.contains("exit status: 3"),
            "{said}"
        );
        assert!(said.contains("  | no compiler"), "{said}");
    }

    #[test]
    fn one_that_does_not_end_is_stopped() {
        let start = Instant::now();
        let error = sh("exec sleep 600", Duration::from_millis(100), false).expect_err("it hangs");
        assert!(error.to_string().contains("did not end"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn an_interrupt_ends_it() {
        let error = sh("exec sleep 600", LONG, true).expect_err("before it started");
        assert!(matches!(error, CalibrationError::Interrupted));
        let interrupted = AtomicBool::new(false);
        let start = Instant::now();
        let error = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(100));
                interrupted.store(true, Ordering::Relaxed);
            });
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "exec sleep 600"]);
            run(&mut command, "try", LONG, &interrupted)
        });
        assert!(
            matches!(error, Err(CalibrationError::Interrupted)),
            "{error:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
