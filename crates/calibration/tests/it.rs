//! A short run with a real Go.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use calibration::{Calibration, CalibrationError, Plan, Term, Toolchain, measure};

/// Go, if there is one.
fn go_root() -> Option<PathBuf> {
    if let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT") {
        return Some(PathBuf::from(root));
    }
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "DEFERSCOPE_GOROOT must name the root of Go in CI"
    );
    // Past the capture of output: nobody should think that this was tested.
    writeln!(
        std::io::stderr(),
        "\n*** NOT TESTED: set DEFERSCOPE_GOROOT to measure with Go ***"
    )
    .expect("stderr is open");
    None
}

/// The claims are so far from each other that no busy machine turns them round.
#[test]
fn a_short_run_says_what_is_true_on_every_machine() {
    let Some(root) = go_root() else { return };
    let interrupted = AtomicBool::new(false);
    let go = Toolchain::find(Some(root.as_os_str()), &interrupted).expect("a Go");
    let plan = Plan {
        runs: 3,
        sample: Duration::from_micros(200),
        passes: 3,
    };
    let mut steps = 0;
    let measured = measure(&[go], &plan, &interrupted, &mut |_| steps += 1).expect("a run");
    assert_eq!(steps, 4);
    let release = measured.newest();
    assert_eq!(release.runs, 3);
    let ns = |term| release.price(term).expect("every term has a price").ns;
    // A record is dearer than none, a panic dearer than a record.
    assert!(ns(Term::OpenCoded) < ns(Term::HeapAllocated));
    assert!(ns(Term::HeapAllocated) < ns(Term::Panic));
    assert!(ns(Term::CapturingClosure) > 1.0);
    assert!(release.fit.r_squared > 0.5, "{:?}", release.fit);
    let case = |name: &str| {
        let found = release.cases.iter().find(|case| case.name == name);
        found.unwrap_or_else(|| panic!("no case {name}"))
    };
    let short = case("heap-allocated, loop of 10").time.ns;
    let long = case("heap-allocated, loop of 1000").time.ns;
    assert!((20.0..500.0).contains(&(long / short)), "{short} {long}");
    // Go's allocations do not depend on the machine's mood.
    assert!(case("heap-allocated, loop of 1000").allocations < 50.0);
    let capturing = case("heap-allocated, capturing closure, loop of 1000");
    assert!((1000.0..1050.0).contains(&capturing.allocations));
    let data = case("512 bytes captured by a defer, loop of 1000");
    assert!(
        data.bytes >= 512_000.0 && data.collections > 0.0,
        "{data:?}"
    );
    assert_eq!(case("512 bytes used at once, loop of 1000").bytes, 0.0);

    let text = measured.to_toml();
    let read = Calibration::parse("measured.toml", &text).expect("our own file");
    assert_eq!(read.newest().cases.len(), release.cases.len());
}

#[test]
fn an_interrupt_before_the_first_step_measures_nothing() {
    let interrupted = AtomicBool::new(true);
    let found = Toolchain::find(Some(OsStr::new("/bin/sh")), &interrupted);
    assert!(matches!(found, Err(CalibrationError::Interrupted)));
}
