//! Profiles out and in again, and what is refused.

use super::*;

fn small() -> Profile {
    let mut builder = Builder::new(&[("defers", "count"), ("held", "nanoseconds")]);
    builder
        .shown_first("held")
        .period("cpu", "nanoseconds", 10)
        .taken(
            std::time::UNIX_EPOCH + std::time::Duration::from_secs(5),
            std::time::Duration::from_millis(2),
        )
        .comment("made by a test");
    let program = builder.mapping(&Mapping {
        start: 0x40_0000,
        end: 0x50_0000,
        offset: 0,
        file: "/bin/x".into(),
        build_id: "abc".into(),
    });
    let inlined = Frame {
        inlined: true,
        address: 0x40_1000,
        mapping: Some(program),
        start_line: 3,
        ..Frame::new("main.small", "/src/a.go", 4)
    };
    let outer = Frame {
        address: 0x40_1000,
        mapping: Some(program),
        start_line: 10,
        ..Frame::new("main.big", "/src/a.go", 12)
    };
    let stack = [inlined, outer, Frame::new("main.main", "/src/a.go", 20)];
    let labels = [
        Label::Text("site".into(), "a.go:4".into()),
        Label::Number("goid".into(), 7, "".into()),
    ];
    builder.sample(&stack, &[1, 100], &labels);
    builder.sample(&stack, &[2, 50], &labels);
    builder.sample(&stack[1..], &[1], &[]);
    builder.finish()
}

fn written(profile: &Profile) -> Vec<u8> {
    let mut out = Vec::new();
    profile.write(&mut out).expect("written");
    out
}

#[test]
fn what_is_written_is_read_again() {
    let profile = small();
    let read = Profile::read(&written(&profile)).expect("a profile");
    assert_eq!(read, profile);
    assert_eq!(
        Profile::read(&read.proto.encode_to_vec()).expect("without gzip"),
        profile
    );
    let kinds: Vec<_> = read
        .sample_types()
        .map(|kind| format!("{}/{}", kind.kind, kind.unit))
        .collect();
    assert_eq!(kinds, ["defers/count", "held/nanoseconds"]);
    assert_eq!(read.position(&["nothing", "held"]), Some(1));
    assert_eq!(
        (read.time_nanos(), read.duration_nanos()),
        (5_000_000_000, 2_000_000)
    );
    assert_eq!(read.comments().collect::<Vec<_>>(), ["made by a test"]);
    assert_eq!(read.mappings().next().map(|m| m.end), Some(0x50_0000));
    assert_eq!(written(&read), written(&profile), "bytes are repeatable");
}

#[test]
fn equal_stacks_are_one_sample() {
    let profile = small();
    let values: Vec<_> = profile.samples().map(|sample| sample.values()).collect();
    assert_eq!(values, [&[3, 150][..], &[1, 0]]);
    let first = profile.samples().next().expect("a sample");
    let frames: Vec<_> = first
        .frames()
        .map(|frame| (frame.function.into_owned(), frame.line, frame.inlined))
        .collect();
    let of = |name: &str, line, inlined| (name.to_owned(), line, inlined);
    assert_eq!(
        frames,
        [
            of("main.small", 4, true),
            of("main.big", 12, false),
            of("main.main", 20, false)
        ]
    );
    assert_eq!(
        first.labels().collect::<Vec<_>>(),
        [
            Label::Text("site".into(), "a.go:4".into()),
            Label::Number("goid".into(), 7, "".into())
        ]
    );
}

#[test]
fn what_is_no_profile_is_refused() {
    let reason = |bytes: &[u8]| Profile::read(bytes).expect_err("refused").to_string();
    assert_eq!(reason(b""), "the profile is empty");
    assert!(reason(b"goroutine profile: total 5\n").contains("this is text"));
    assert!(reason(&[0xff; 40]).contains("not a pprof profile"));
    let whole = written(&small());
    for cut in [3, 12, whole.len() / 2, whole.len() - 1] {
        assert!(
            reason(&whole[..cut]).contains("cannot be unpacked"),
            "cut at {cut}"
        );
    }
    let plain = small().proto.encode_to_vec();
    assert!(reason(&plain[..plain.len() - 1]).contains("not a pprof profile"));
}

/// What a profile with one thing wrong is refused for.
fn refused(change: impl FnOnce(&mut proto::Profile)) -> String {
    let mut proto = small().proto;
    change(&mut proto);
    Profile::read(&proto.encode_to_vec())
        .expect_err("refused")
        .to_string()
}

#[test]
fn contradictions_are_told() {
    let has = |text: String, part: &str| assert!(text.contains(part), "{text}");
    has(
        refused(|p| p.sample[0].location_id[0] = 99),
        "no location 99",
    );
    has(refused(|p| p.location[0].mapping_id = 9), "no mapping 9");
    has(
        refused(|p| p.location[0].line[0].function_id = 9),
        "no function 9",
    );
    has(refused(|p| p.function[0].name = 999), "no string 999");
    has(refused(|p| p.function[0].name = -1), "no string -1");
    has(
        refused(|p| p.function[1].id = 1),
        "function 1 is there twice",
    );
    has(refused(|p| p.sample[0].value = vec![1]), "has 1 values");
    has(refused(|p| p.sample_type.clear()), "what its values mean");
    has(
        refused(|p| p.string_table[0] = b"x".to_vec()),
        "first string",
    );
}

#[test]
fn identifiers_need_not_be_positions() {
    let mut proto = small().proto;
    for location in &mut proto.location {
        location.id += 1000;
    }
    for id in proto
        .sample
        .iter_mut()
        .flat_map(|sample| &mut sample.location_id)
    {
        *id += 1000;
    }
    assert_eq!(
        Profile::read(&proto.encode_to_vec()).expect("read"),
        small()
    );
}

#[test]
fn little_bytes_do_not_become_much_memory() {
    // Gzip makes a thousand bytes of one.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 1 << 22]).expect("packed");
    let bomb = bomb.finish().expect("packed");
    assert!(bomb.len() < 1 << 13);
    let limits = Limits {
        unpacked: 1 << 20,
        memory: 1 << 20,
        frames: 1 << 10,
    };
    let refused = |bytes: &[u8]| Profile::read_within(bytes, &limits).expect_err("refused");
    assert!(matches!(refused(&bomb), ReadError::TooLarge(_)));
    // Empty samples: two bytes for a structure.
    let many = [0x12, 0x00].repeat(100_000);
    assert!(matches!(refused(&many), ReadError::TooMuchMemory(_)));
    // Empty labels in one sample.
    let labels = [0x1a, 0x00].repeat(50_000);
    let mut sample = vec![0x12];
    prost::encoding::encode_varint(labels.len() as u64, &mut sample);
    sample.extend(labels);
    assert!(matches!(refused(&sample), ReadError::TooMuchMemory(_)));
    // Few locations with many lines, used often.
    let mut proto = small().proto;
    proto.location[0].line = vec![proto.location[0].line[0].clone(); 100];
    proto.sample[0].location_id = vec![1; 100];
    assert!(matches!(
        refused(&proto.encode_to_vec()),
        ReadError::TooManyFrames(_)
    ));
}

#[test]
fn names_that_are_not_text_are_read() {
    let mut proto = small().proto;
    let name = usize::try_from(proto.function[0].name).expect("an index");
    proto.string_table[name] = vec![b'm', 0xff];
    let profile = Profile::read(&proto.encode_to_vec()).expect("read");
    let first = profile
        .samples()
        .next()
        .and_then(|sample| sample.frames().next());
    assert_eq!(first.expect("a frame").function, "m\u{fffd}");
}
