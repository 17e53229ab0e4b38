//! The process that holds probes is this test program, started again.

use std::process::{Command, Stdio};

use super::*;
use crate::sys::bpf::programs_of;
use crate::sys::calibration::Specimen;

const WHO: &str = "DEFERSCOPE_TEST_HOLD";

/// Not a test but what the tests start.
#[test]
fn holds_when_it_is_told_to() {
    if std::env::var_os(WHO).is_some() {
        let socket = io::stdin().as_fd().try_clone_to_owned();
        hold(socket.expect("there is an input")).expect("somebody is there");
    }
}

fn start(socket: OwnedFd) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args([
            "--exact",
            "profile::holder::tests::holds_when_it_is_told_to",
        ])
        .env(WHO, "1")
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// `r0 = 0; exit`; nothing where this machine does not let us.
fn program() -> Option<Program> {
    match Program::load(ProgramKind::UprobeMulti, &[0xb7, 0x95]) {
        Ok(program) => Some(program),
        Err(refused) => {
            let why = refused.error;
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "in CI this must be tested, but: {why}"
            );
            // Past the capture of output: nobody should think that this was tested.
            writeln!(io::stderr(), "\n*** NOT TESTED: {why} ***").expect("stderr is open");
            None
        }
    }
}

/// A place in the memory of this process, and the file that the other one knows it by.
fn place(specimen: &Specimen) -> (PathBuf, Vec<Place>) {
    let path = specimen.path();
    let rest = path.strip_prefix("/proc/self").expect("it is ours");
    let path = Path::new("/proc")
        .join(std::process::id().to_string())
        .join(rest);
    let offset = Specimen::CHEAP;
    (path, vec![Place { offset, cookie: 1 }])
}

/// Nanoseconds for one of so many.
fn nanos(times: u32, mut run: impl FnMut()) -> u128 {
    let begin = Instant::now();
    for _ in 0..times {
        run();
    }
    begin.elapsed().as_nanos() / u128::from(times)
}

#[test]
fn what_it_is_told_costs_little_beside_placing_probes() {
    let Some(program) = program() else { return };
    let specimen = Specimen::new().expect("code may be made here");
    let (path, places) = place(&specimen);
    let pid = std::process::id();
    let holder = Holder::start(&start, &program).expect("it starts");
    let before = holder.processor_seconds();
    let placing = nanos(10, || {
        drop(holder.attach(&path, places.clone(), pid).expect("it may"));
    });
    assert!(holder.processor_seconds() > before);
    // A large message, of which the kernel refuses everything.
    let many = vec![places[0]; 1000];
    let nowhere = Path::new("/nowhere");
    let asking = nanos(100, || {
        holder
            .attach(nowhere, many.clone(), pid)
            .expect_err("nothing is there");
    });
    let figures = format!("one probe: {placing} ns; a request with 1,000 places: {asking} ns");
    writeln!(io::stdout(), "{figures}").expect("stdout is open");
    assert!(asking < placing, "{asking} of {placing} ns");
}

#[test]
fn it_ends_with_us_and_says_when_it_is_killed() {
    let Some(program) = program() else { return };
    let specimen = Specimen::new().expect("code may be made here");
    let (path, places) = place(&specimen);
    let pid = std::process::id();
    let holder = Holder::start(&start, &program).expect("it starts");
    holder.check().expect("it is there");
    let theirs = holder.0.borrow().child.id();
    let held = holder.attach(&path, places.clone(), pid).expect("it may");
    drop(holder);
    // What it holds keeps it.
    assert!(Path::new(&format!("/proc/{theirs}")).exists());
    drop(held);
    assert!(!Path::new(&format!("/proc/{theirs}")).exists());

    let holder = Holder::start(&start, &program).expect("it starts");
    let held = holder.attach(&path, places.clone(), pid).expect("it may");
    holder.0.borrow_mut().child.kill().expect("it is ours");
    let error = holder.attach(&path, places, pid).expect_err("it is gone");
    assert!(
        error.to_string().contains("has ended (signal: 9"),
        "{error}"
    );
    assert!(holder.check().is_err());
    drop(held);
    drop(holder);
    drop(program);
    // The other tests of this program have some too.
    assert!(programs_of(pid).is_ok());
}

#[test]
fn what_does_not_start_is_said() {
    let Some(program) = program() else { return };
    let fails = |_: OwnedFd| Command::new("/nowhere/at/all").spawn();
    assert!(Holder::start(&fails, &program).is_err());
    let ends = |_: OwnedFd| Command::new("true").spawn();
    let error = Holder::start(&ends, &program).expect_err("nobody answers");
    assert!(error.to_string().contains("has ended"), "{error}");
}
