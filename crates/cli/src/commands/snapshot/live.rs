//! Finding what to look at, and looking.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use probe::sys::memory::{ProcessMemory, monotonic};
use probe::{
    CoreFile, Looking, Process, Reading, Still, StillError, Target, TargetError, open_descriptors,
};

use super::{PauseArg, SnapshotArgs, Taken, opened};

/// Looks, hands over what was seen, and looks again after the time that it is told.
pub(super) fn look(
    args: &SnapshotArgs,
    target: &str,
    next: &mut dyn FnMut(Taken) -> Result<Option<Duration>>,
) -> Result<()> {
    if let Ok(pid) = target.parse::<i32>() {
        return look_at_process(args, pid, next);
    }
    let path = Path::new(target);
    if !path.exists() {
        bail!(
            "{target} is neither the number of a process nor a core file; `pgrep -a NAME` finds the number of a \
             program by its name"
        );
    }
    look_at_core(args, path, next)
}

fn look_at_core(
    args: &SnapshotArgs,
    path: &Path,
    next: &mut dyn FnMut(Taken) -> Result<Option<Duration>>,
) -> Result<()> {
    let shown = path.display();
    let core = CoreFile::open(path)?;
    let Some(program) = args.binary.as_ref().or(core.executable.as_ref()) else {
        bail!("{shown} does not name its program; give it with --binary FILE");
    };
    let bytes = std::fs::read(program).with_context(|| {
        format!(
            "cannot read {}, the program of {shown}; give it with --binary FILE",
            program.display()
        )
    })?;
    let explain = |error: TargetError| match error {
        TargetError::Mismatch => anyhow!(
            "{shown} is not of the program {}, or not of this build; give the right one with --binary FILE",
            program.display()
        ),
        other => anyhow!("{shown} ({}): {other}", program.display()),
    };
    let target = Target::new(&bytes, core.entry).map_err(explain)?;
    let memory = core.memory(target.binary().image());
    // The clock of then is not in it.
    let looking = Looking::Still(&core.registers, None);
    let reading = Reading::start(&target, &memory, looking).map_err(explain)?;
    let snapshot = reading.sum_up();
    let mut warnings = snapshot.warnings.clone();
    if core.missing > 0 {
        warnings.push(format!(
            "{shown} is cut off: {} MiB are missing, and what was in them",
            core.missing >> 20
        ));
    }
    let pid = core
        .pid
        .map_or_else(String::new, |pid| format!(" of pid {pid}"));
    next(Taken {
        from: format!("core{pid} ({})", program.display()),
        snapshot,
        paused: None,
        descriptors: Vec::new(),
        opened: opened::read(&args.evidence)?,
        warnings,
    })
    .map(|_| ())
}

fn look_at_process(
    args: &SnapshotArgs,
    pid: i32,
    next: &mut dyn FnMut(Taken) -> Result<Option<Duration>>,
) -> Result<()> {
    let process = Process::find(pid)?;
    let bytes = match &args.binary {
        Some(path) => read(path)?,
        None => process.read_executable()?,
    };
    let executable = process.executable.display();
    let explain = |error: TargetError| match error {
        TargetError::Unreadable if process.is_still_there() => anyhow!(process.denied()),
        TargetError::Unreadable => anyhow!("process {pid} ended, or runs another program by now"),
        other => anyhow!("process {pid} ({executable}): {other}"),
    };
    let target = Target::new(&bytes, process.entry).map_err(explain)?;
    let memory = ProcessMemory::of(pid);
    loop {
        let mut warnings = Vec::new();
        if process.deleted {
            warnings.push(format!(
                "{executable} was deleted or replaced since the process started"
            ));
        }
        let (reading, paused) = match args.pause {
            PauseArg::None => {
                let reading = Reading::start(&target, &memory, Looking::Running(monotonic()));
                (reading.map_err(explain)?, None)
            }
            PauseArg::Stop => {
                if process.tracer != 0 {
                    bail!(
                        "process {pid} cannot be stopped: process {} traces it, as debuggers do; \
                         leave out --pause",
                        process.tracer
                    );
                }
                let still = Still::look(&target, &memory, pid, args.max_pause);
                let still = still.map_err(|error| match error {
                    StillError::Target(error) => explain(error),
                    StillError::Stop(error) => {
                        anyhow!("process {pid} cannot be stopped: {error}")
                    }
                })?;
                let reading = if let Some(reading) = still.reading {
                    reading
                } else {
                    warnings.push(format!(
                        "reading took longer than --max-pause ({} ms): the process was read again while it ran",
                        args.max_pause.as_millis()
                    ));
                    let reading = Reading::start(&target, &memory, Looking::Running(monotonic()));
                    reading.map_err(explain)?
                };
                (reading, Some(still.paused))
            }
        };
        if !process.is_still_there() {
            warnings.push(format!(
                "process {pid} ended, or started another program, while it was read: a part is missing"
            ));
        }
        let descriptors = open_descriptors(pid).unwrap_or_default();
        let snapshot = reading.sum_up();
        warnings.extend(snapshot.warnings.iter().cloned());
        let inner = process
            .inner_pid
            .map_or_else(String::new, |inner| format!(", {inner} in its namespace"));
        let taken = Taken {
            from: format!("pid {pid}{inner} ({executable})"),
            snapshot,
            paused,
            descriptors: descriptors
                .into_iter()
                .map(|(kind, count)| (kind.as_str(), count))
                .collect(),
            opened: opened::read(&args.evidence)?,
            warnings,
        };
        match next(taken)? {
            Some(wait) => std::thread::sleep(wait),
            None => return Ok(()),
        }
        if !process.is_still_there() {
            bail!("process {pid} ended, or runs another program by now");
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
