//! Probes that are placed one by one, as before Linux 6.6, see what those see that are placed all at once.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use probe::profile::points::Plan;
use probe::sys::bpf::{Place, Program, ProgramKind};

use crate::holds::{Holds, line};
use crate::targets;

#[test]
fn probes_placed_one_by_one_see_the_same() {
    for one_by_one in [false, true] {
        let Some(mut target) = Holds::start() else {
            return;
        };
        let profile = target.profiled_with(one_by_one, |target| {
            for _ in 0..4 {
                assert_eq!(target.tell("hold"), "hold");
            }
            assert_eq!(target.tell("pass"), "pass");
        });
        let Some(profile) = profile else { return };
        let site = |mark: &str| {
            let wanted = line(&format!("pending: {mark}"));
            let mut sites = profile.sites.iter();
            sites
                .find(|site| site.id.line == wanted && site.id.package == "example.com/holds")
                .unwrap_or_else(|| panic!("{one_by_one}: no {mark} in {profile:#?}"))
        };
        let held = site("held");
        assert!(held.exact, "{one_by_one}: {held:?}");
        assert_eq!(held.count.value, 20.0, "{one_by_one}: {held:?}");
        assert_eq!(held.pending, Some(20), "{one_by_one}: {held:?}");
        // These are kept, so that there are times; the program makes more of them by itself.
        let passed = site("passed");
        assert!(passed.count.value >= 50.0, "{one_by_one}: {passed:?}");
        let times = passed.held.as_ref().expect("times");
        assert!(times.count >= 50, "{one_by_one}: {times:?}");
    }
}

/// The figures of docs/profile.md: `cargo test -p probe --test it what_placing_takes -- --nocapture`.
#[test]
fn what_placing_takes_one_by_one_and_together() {
    let Some(target) = Holds::start() else {
        return;
    };
    let path = PathBuf::from(format!("/proc/{}/exe", target.pid()));
    let file = std::fs::read(&path).expect("it runs");
    let binary = go_binary::Binary::parse(&file).expect("a Go program");
    let plan = Plan::new(&binary, &file, &|_| true, true);
    let place = |point: &probe::profile::points::Point| Place {
        offset: point.offset,
        cookie: 0,
    };
    let places: Vec<_> = plan.points.iter().map(place).collect();
    for count in [1, 10] {
        let places = places.get(..count).expect("it has so many");
        let mut took = Vec::new();
        for kind in [ProgramKind::UprobeMulti, ProgramKind::UprobeEach] {
            // `r0 = 0; exit`
            let program = match Program::load(kind, &[0xb7, 0x95]) {
                Ok(program) => program,
                Err(refused) => return targets::not_tested(&refused.error.to_string()),
            };
            let begin = Instant::now();
            let link = match program.attach(&path, places, target.pid()) {
                Ok(link) => link,
                Err(error) => return targets::not_tested(&error.to_string()),
            };
            let placed = begin.elapsed();
            drop(link);
            took.push((placed, begin.elapsed() - placed));
        }
        let figures = format!("{count} probes, placed and taken away: {took:.1?}");
        writeln!(std::io::stdout(), "{figures}").expect("stdout is open");
    }
}
