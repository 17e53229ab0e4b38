//! What a profile says of descriptors that the target opened before our eyes.

use probe::Kind;
use probe::profile::{OpenedAt, Profile};

use crate::holds::{Holds, line};

/// Of a kind, at a marked line.
fn at<'p>(profile: &'p Profile, kind: Kind, mark: &str) -> &'p OpenedAt {
    let wanted = line(&format!("opens: {mark}"));
    let opened = profile.descriptors.as_ref().expect("it was watched");
    let mut places = opened.places.iter();
    let found = places.find(|place| {
        let site = place.site.as_ref();
        place.kind == kind && site.is_some_and(|site| site.line == wanted)
    });
    found.unwrap_or_else(|| panic!("{mark} is missing: {opened:#?}"))
}

#[test]
fn what_stays_open_is_known_with_who_opened_it() {
    let Some(mut target) = Holds::start() else {
        return;
    };
    let Some(profile) = target.profiled(|target| assert_eq!(target.tell("open"), "open")) else {
        return;
    };
    let counts = |kind, mark| {
        let place = at(&profile, kind, mark);
        (place.opened, place.open)
    };
    assert_eq!(counts(Kind::File, "kept"), (7, 7));
    assert_eq!(counts(Kind::File, "closed"), (20, 0));
    // Before it listens, `net` tries what the machine can.
    assert_eq!(counts(Kind::Socket, "listener").1, 1);
    assert_eq!(counts(Kind::Socket, "accepted"), (1, 1));
    assert_eq!(counts(Kind::Socket, "dialled"), (1, 1));
    assert_eq!(counts(Kind::Pipe, "pipe"), (2, 2));
    assert_eq!(counts(Kind::Socket, "pair"), (2, 2));
    // Five were closed as a range, one was replaced.
    assert_eq!(counts(Kind::Pipe, "duplicates"), (10, 4));
    assert_eq!(counts(Kind::Pipe, "again"), (1, 1));
    let kept = at(&profile, Kind::File, "kept");
    let site = kept.site.as_ref().expect("a line");
    assert_eq!(
        (
            site.package.as_str(),
            site.function.as_str(),
            site.file.as_str()
        ),
        ("example.com/holds", "keep", "main.go")
    );
    assert!(kept.examples[0].ends_with("/holds") || kept.examples[0].contains("holds"));
    assert!(
        kept.oldest
            .is_some_and(|oldest| oldest > 0.0 && oldest < 60.0)
    );
    let stack = &kept.stacks[0].stack;
    let functions: Vec<_> = stack.iter().map(|place| place.function.as_str()).collect();
    for wanted in [
        "os.Open",
        "main.keep",
        "main.run",
        "main.main",
        "runtime.main",
    ] {
        assert!(functions.contains(&wanted), "{wanted}: {functions:?}");
    }
    let accepted = at(&profile, Kind::Socket, "accepted").site.as_ref();
    assert_eq!(accepted.expect("a line").function, "(*server).start");
    let opened = profile.descriptors.as_ref().expect("it was watched");
    assert!(opened.calls > 0 && opened.cost > 0.0 && opened.prices.call > 0.0);
    assert_eq!(opened.opened, opened.closed + opened.open());
    assert!(profile.notes.is_empty(), "{:?}", profile.notes);
}

#[test]
fn what_is_too_dear_is_given_up_and_said() {
    let Some(mut target) = Holds::start() else {
        return;
    };
    let Some(profile) = target.profiled(|target| {
        target.tell("busy");
        std::thread::sleep(std::time::Duration::from_millis(1500));
    }) else {
        return;
    };
    let opened = profile.descriptors.as_ref().expect("it was watched");
    assert!(opened.seconds < profile.seconds);
    let said = profile.notes.join("\n");
    assert!(said.contains("system calls a second"), "{said}");
}
