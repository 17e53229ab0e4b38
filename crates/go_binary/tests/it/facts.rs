//! What is told of the program that is made here.

use go_binary::{Arch, Binary, Class, Maker, Version, compare};

use crate::made::{BASE, KINDS, program};

fn sites(binary: &Binary<'_>) -> Vec<(String, u32, Class, Option<String>, bool)> {
    let defers = binary.defers();
    let sites = binary.sites(&defers).into_iter();
    sites
        .map(|site| {
            (
                site.id.to_string(),
                site.id.line,
                site.class,
                site.calls,
                site.recovers,
            )
        })
        .collect()
}

#[test]
fn all_kinds_of_programs_tell_the_same_sites() {
    let site = |id: &str, line, class, calls: &str, recovers| {
        (id.to_owned(), line, class, Some(calls.to_owned()), recovers)
    };
    let place = |rest: &str| format!("example.com/made/main.go:{rest}");
    for kind in KINDS {
        let bytes = program(kind);
        let binary = Binary::parse(&bytes).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let arch = if kind.arm64 { Arch::Arm64 } else { Arch::Amd64 };
        assert_eq!(binary.image().arch(), arch);
        assert_eq!(
            binary.version(),
            Version {
                minor: kind.release,
                patch: 1
            }
        );
        assert_eq!(
            binary.image().linkage().position_independent,
            kind.position_independent
        );
        assert_eq!(
            sites(&binary),
            [
                site(
                    &place("21 heap"),
                    21,
                    Class::HeapAllocated,
                    "main.handler",
                    true
                ),
                site(
                    &place("11 main"),
                    11,
                    Class::OpenCoded,
                    "main.handler",
                    true
                ),
                site(&place("12 main"), 12, Class::OpenCoded, "main.heap", false),
            ],
            "{kind:?}"
        );
        let info = binary.build_info().expect("it is there");
        assert_eq!(
            info.main.as_ref().map(|main| main.version.as_str()),
            Some("v1.2.3")
        );
        assert_eq!(info.setting("GOOS"), Some("linux"));
    }
}

#[test]
fn instructions_have_functions_frames_and_stack_depths() {
    let bytes = program(KINDS[0]);
    let binary = Binary::parse(&bytes).expect("a program");
    let main = binary.function_named("main.main").expect("it is there");
    assert_eq!(
        binary.functions().at(main.entry).map(|f| f.id),
        Some(main.id)
    );
    assert_eq!(
        binary.functions().at(main.end - 1).map(|f| f.name),
        Some("main.main")
    );
    assert!(binary.functions().at(BASE).is_none(), "no code");
    assert_eq!(binary.stack_delta(&main, main.entry), Some(0));
    assert_eq!(binary.stack_delta(&main, main.entry + 8), Some(0x20));
    let frames = binary.frames_at(main.entry + 30);
    assert_eq!(frames.len(), 1);
    assert_eq!((frames[0].file, frames[0].line), ("/src/made/main.go", 12));
    assert!(binary.frames_at(BASE).is_empty(), "no code");
    assert_eq!(main.deferreturn, 1);
    let open = binary.open_defers(&main).expect("it has some");
    assert_eq!((open.bits, open.slots), (17, vec![16, 8]));
}

#[test]
fn slots_and_recovering_functions_are_told() {
    let bytes = program(KINDS[3]);
    let binary = Binary::parse(&bytes).expect("a program");
    let defers = binary.defers();
    let makers: Vec<_> = defers.sites().map(|site| site.maker).collect();
    assert_eq!(makers, [Maker::Slot(0), Maker::Slot(1), Maker::Deferproc]);
    let name = |id| {
        binary
            .functions()
            .function(id)
            .map(|function| function.name)
    };
    let recovering: Vec<_> = defers
        .recovering
        .iter()
        .filter_map(|&id| name(id))
        .collect();
    assert_eq!(recovering, ["main.handler"]);
    assert!(
        defers
            .functions
            .iter()
            .all(|function| function.unreachable.is_empty())
    );
}

#[test]
fn two_releases_of_the_program_are_the_same() {
    let [before, after] = [KINDS[1], KINDS[0]].map(program);
    let sites = |bytes: &[u8]| {
        let binary = Binary::parse(bytes).expect("a program");
        binary.sites(&binary.defers())
    };
    let (before, after) = (sites(&before), sites(&after));
    let comparison = compare(&before, &after);
    assert_eq!((comparison.changes.len(), comparison.same), (0, 3));
}

#[test]
fn without_build_information_the_release_is_guessed() {
    let mut bytes = program(KINDS[0]);
    let at = bytes
        .windows(4)
        .position(|bytes| bytes == b"\xff Go")
        .expect("its mark");
    bytes[at] = 0;
    let binary = Binary::parse(&bytes).expect("a program");
    assert_eq!(binary.build_info(), None);
    assert_eq!(binary.version(), Binary::NEWEST);
    assert_eq!(sites(&binary).len(), 3);
}
