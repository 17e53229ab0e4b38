//! Killing `deferscope profile`, the program it looks at, or both, at random moments: the program's own
//! checks hold, its code is as it was, and nothing is left in the kernel's folders.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::target::Target;
use crate::ui::say;

/// How long the kernel may take to clean up.
const PATIENCE: Duration = Duration::from_secs(3);
/// Profiles are killed within so many milliseconds: while they read, place probes, look, end.
const WITHIN: u64 = 1500;

/// So many rounds; fails at the first that goes wrong.
pub(super) fn run(deferscope: &Path, program: &Path, rounds: u32, seed: u64) -> Result<()> {
    let mut seed = seed;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let mut killed = [0u32; 3];
    for round in 1..=rounds {
        let who = random(3);
        let after = Duration::from_millis(random(WITHIN));
        one(deferscope, program, who, after)
            .with_context(|| format!("round {round}, killed after {after:?}"))?;
        if let Some(count) = usize::try_from(who)
            .ok()
            .and_then(|who| killed.get_mut(who))
        {
            *count += 1;
        }
        if round % 20 == 0 {
            say!("{round} rounds");
        }
    }
    let [ours, theirs, both] = killed;
    say!(
        "{rounds} rounds: deferscope killed in {ours}, the program in {theirs}, both in {both}; nothing remained, \
         the program's checks held"
    );
    Ok(())
}

fn one(deferscope: &Path, program: &Path, who: u64, after: Duration) -> Result<()> {
    let mut target = Target::start(program, &["0", "2", "100"])?;
    let mut profiler = Command::new(deferscope)
        .args(["profile", &target.pid().to_string(), "--overhead", "20%"])
        .args(["--for", "1s", "--format", "evidence"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", deferscope.display()))?;
    std::thread::sleep(after);
    let (ours, theirs) = (who != 1, who != 0);
    if ours && profiler.try_wait()?.is_none() {
        profiler.kill().context("killing deferscope")?;
    }
    if theirs {
        target.kill()?;
    }
    let output = profiler.wait_with_output()?;
    if !ours && !output.status.success() {
        // It may have been too early for anything; but it must say so.
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(2) || !said.contains("process") {
            bail!("deferscope ended with {}: {said}", output.status);
        }
    }
    if !theirs {
        check_target(&mut target, program)?;
    }
    nothing_remains()
}

/// It lives, makes progress, found nothing wrong, and its code is that of its file.
fn check_target(target: &mut Target, program: &Path) -> Result<()> {
    if !target.is_running()? {
        bail!("the program is dead");
    }
    let begin = Instant::now();
    while let Some(at) = changed_code(target.pid(), program)? {
        if begin.elapsed() > PATIENCE {
            bail!("a probe is still in the program, at {at:#x} of its file");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let first = target.ask()?;
    std::thread::sleep(Duration::from_millis(50));
    let last = target.ask()?;
    if last.rounds() <= first.rounds() || last.bad != 0.0 {
        bail!("the program does not go on, or found something wrong: {last:?}");
    }
    Ok(())
}

/// Where the code of a process is not that of its file.
fn changed_code(pid: u32, program: &Path) -> Result<Option<u64>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let file = File::open(program)?;
    let name = program.to_string_lossy();
    let mut compared = 0;
    for line in maps.lines().filter(|line| line.ends_with(&*name)) {
        let mut fields = line.split_ascii_whitespace();
        let (Some(range), Some(rights), Some(offset)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if !rights.contains('x') {
            continue;
        }
        let number = |text: &str| u64::from_str_radix(text, 16);
        let (start, end) = range.split_once('-').context("a range of addresses")?;
        let (start, end, offset) = (number(start)?, number(end)?, number(offset)?);
        let length = usize::try_from(end - start)?;
        let (mut loaded, mut stored) = (vec![0; length], vec![0; length]);
        memory.read_exact_at(&mut loaded, start)?;
        let read = read_as_far(&file, &mut stored, offset)?;
        compared += read;
        let same = loaded.iter().zip(&stored).take(read);
        if let Some(at) = same.into_iter().position(|(one, other)| one != other) {
            return Ok(Some(offset + at as u64));
        }
    }
    if compared == 0 {
        bail!("no code of {name} is mapped in process {pid}");
    }
    Ok(None)
}

fn read_as_far(file: &File, buffer: &mut [u8], offset: u64) -> Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

/// No uprobe is registered by name, and nothing is pinned.
fn nothing_remains() -> Result<()> {
    let events = Path::new("/sys/kernel/tracing/uprobe_events");
    if let Ok(text) = std::fs::read_to_string(events)
        && !text.trim().is_empty()
    {
        bail!("{} has {text}", events.display());
    }
    let pinned = Path::new("/sys/fs/bpf");
    if let Ok(mut entries) = std::fs::read_dir(pinned)
        && let Some(entry) = entries.next()
    {
        bail!("something is pinned: {}", entry?.path().display());
    }
    Ok(())
}
