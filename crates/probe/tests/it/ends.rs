//! What a profile says when its target ends before it does.

use std::time::Duration;

use probe::profile::{Ended, Exit, Profile, Status};

use crate::holds::{Holds, line};

/// Longer than from one look into the target to the next.
const A_LOOK: Duration = Duration::from_millis(1500);

fn exit(profile: &Profile) -> &Exit {
    profile.exit.as_ref().expect("it ended")
}

/// How many promises of a marked line were not kept.
fn unkept(profile: &Profile, mark: &str) -> u64 {
    let wanted = line(&format!("pending: {mark}"));
    let mut pending = exit(profile).pending.iter();
    pending
        .find(|site| site.id.line == wanted && site.id.package == "example.com/holds")
        .map_or(0, probe::profile::Unkept::count)
}

/// Profiles the target while it ends in the way of a command.
fn ended_by(command: &str) -> Option<Profile> {
    let mut target = Holds::start()?;
    target.profiled(|target| {
        assert_eq!(target.tell("hold"), "hold");
        std::thread::sleep(A_LOOK);
        if command == "kill" {
            target.child.kill().expect("it is ours");
        } else {
            target.say(command);
        }
        target.wait_for_end();
    })
}

#[test]
fn an_exit_skips_what_was_promised() {
    let Some(profile) = ended_by("exit") else {
        return;
    };
    assert_eq!(profile.ended, Ended::Exited);
    assert_eq!(exit(&profile).status, Some(Status::Code(3)));
    assert_eq!(unkept(&profile, "held"), 5);
    // Made before anybody looked.
    assert_eq!(unkept(&profile, "main"), 1);
    assert!(exit(&profile).looked.is_some_and(|before| before < 20.0));
}

#[test]
fn a_panic_is_an_exit_too() {
    let Some(profile) = ended_by("panic") else {
        return;
    };
    assert_eq!(exit(&profile).status, Some(Status::Code(2)));
    assert_eq!(unkept(&profile, "held"), 5);
}

#[test]
fn a_signal_is_named() {
    let Some(profile) = ended_by("kill") else {
        return;
    };
    assert_eq!(profile.ended, Ended::Exited);
    assert_eq!(exit(&profile).status, Some(Status::Signal(9)));
    assert_eq!(unkept(&profile, "held"), 5);
}

#[test]
fn another_program_in_its_place_keeps_no_promises() {
    let Some(profile) = ended_by("exec") else {
        return;
    };
    assert_eq!(profile.ended, Ended::Replaced);
    assert_eq!(exit(&profile).status, None);
    assert_eq!(unkept(&profile, "held"), 5);
}

#[test]
fn what_goes_on_has_no_end() {
    let Some(mut target) = Holds::start() else {
        return;
    };
    let Some(profile) = target.profiled(|target| assert_eq!(target.tell("hold"), "hold")) else {
        return;
    };
    assert_eq!((profile.ended, profile.exit), (Ended::Stopped, None));
}
