//! What other programs use: their CPU time and memory.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// What a process used: user and system time in seconds, and its peak memory in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: f64,
}

/// Runs a command to its end, whatever its exit code below 2, and says what it used and printed.
pub(crate) fn measured(command: &Command) -> Result<(Usage, Vec<u8>)> {
    // Python's `resource` knows what a child used; the last line of standard error is ours.
    const PROGRAM: &str = "import resource, subprocess, sys\n\
        code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)\n\
        used = resource.getrusage(resource.RUSAGE_CHILDREN)\n\
        print(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, file=sys.stderr)\n\
        sys.exit(code if code >= 2 or code < 0 else 0)\n";
    let mut wrapper = Command::new("python3");
    wrapper
        .args(["-c", PROGRAM])
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        wrapper.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapper.env(name, value),
            None => wrapper.env_remove(name),
        };
    }
    let output = wrapper
        .output()
        .with_context(|| format!("starting `{}`", process::shown(command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{said}",
            process::shown(command),
            output.status
        );
    }
    let numbers: Vec<f64> = said
        .lines()
        .last()
        .unwrap_or_default()
        .split(' ')
        .map_while(|word| word.parse().ok())
        .collect();
    let [cpu_seconds, peak_bytes] = numbers[..] else {
        bail!("no usage was reported for `{}`", process::shown(command));
    };
    Ok((
        Usage {
            cpu_seconds,
            peak_bytes,
        },
        output.stdout,
    ))
}
