//! Evidence out and in again, taken together, and what is refused.

use super::*;
use crate::pprof::{Builder, Frame};

const HEADER: &str = r#"{"deferscope":"evidence","version":1,"source":"profile","from":"pid 1 (/bin/x)","seconds":10}"#;

fn site(line: u32) -> Site {
    Site {
        package: "a/b".to_owned(),
        function: "(*T).M".to_owned(),
        file: "a.go".to_owned(),
        line,
        ordinal: 1,
        ..Site::default()
    }
}

fn observed(from: &str, seconds: f64, site: Site) -> Evidence {
    Evidence {
        header: Header {
            from: from.to_owned(),
            seconds: Some(seconds),
            ..Header::default()
        },
        sites: vec![site],
    }
}

#[test]
fn what_is_written_is_read_again() {
    let full = Site {
        class: Some(Class::HeapAllocated),
        count: Some(123),
        count_low: Some(120),
        count_high: Some(126),
        rate: Some(12.3),
        held_ns: Some(Held {
            count: 5,
            mean: 1.5,
            p50: Some(1.0),
            p99: Some(9.0),
            max: Some(9.5),
        }),
        pending: Some(5),
        resources: vec![Resource {
            kind: "file".to_owned(),
            open: 3,
        }],
        panics: Some(0),
        recovers: Some(0),
        ..site(12)
    };
    let evidence = Evidence {
        header: Header {
            source: Source::Snapshot,
            from: "core".to_owned(),
            go_version: Some("go1.27.3".to_owned()),
            started: Some("2026-11-22T00:00:00Z".to_owned()),
            seconds: Some(30.0),
            total_cpu_ns: None,
        },
        sites: vec![site(3), full],
    };
    let mut out = Vec::new();
    write(&mut out, &evidence).expect("written");
    let text = String::from_utf8(out.clone()).expect("text");
    assert!(
        text.starts_with(
            r#"{"deferscope":"evidence","version":1,"source":"snapshot","from":"core""#
        ),
        "{text}"
    );
    assert!(text.contains(
        r#"{"package":"a/b","function":"(*T).M","file":"a.go","line":12,"ordinal":1,"class":"heap-allocated","count":123,"#
    ));
    assert_eq!(read(&out).expect("read"), std::slice::from_ref(&evidence));
    let twice = [out.clone(), out].concat();
    assert_eq!(read(&twice).expect("read"), [evidence.clone(), evidence]);
}

#[test]
fn little_is_enough_and_more_is_no_harm() {
    let text = format!(
        "{HEADER}\n\n{}\n",
        r#"{"package":"p","function":"F","file":"f.go","line":7,"colour":"blue"}"#
    );
    let found = read(text.as_bytes()).expect("read");
    assert_eq!(found[0].sites[0].ordinal, 1);
    assert_eq!(found[0].sites[0].count, None);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let reason = |text: &str| read(text.as_bytes()).expect_err("refused").to_string();
    let after = |line: &str| reason(&format!("{HEADER}\n{line}\n"));
    assert!(reason("").contains("no evidence"));
    assert!(reason("hello").starts_with("line 1: evidence of deferscope begins with"));
    assert!(reason(r#"{"package":"p"}"#).contains("header of the evidence is missing"));
    assert!(reason(r#"{"deferscope":"baseline","version":1}"#).contains("another kind"));
    assert!(
        reason(r#"{"deferscope":"evidence","version":2,"source":"profile"}"#).contains("version 2")
    );
    assert!(reason(r#"{"deferscope":"evidence","version":1,"source":"dream"}"#).contains("dream"));
    assert!(after("{").starts_with("line 2: this is not JSON"));
    assert!(after(r#"{"package":"p","function":"F","file":"f.go"}"#).contains("`line`"));
    assert!(after(r#"{"package":"p","function":"F","file":"f.go","line":0}"#).contains("from 1"));
    assert!(
        after(r#"{"package":"p","function":"F","file":"f.go","line":1,"count":-1}"#)
            .contains("line 2")
    );
    assert!(
        after(r#"{"package":"p","function":"F","file":"f.go","line":1,"rate":-1}"#)
            .contains("rate cannot be -1")
    );
    assert!(
        after(r#"{"package":"p","function":"F","file":"f.go","line":1,"class":"free"}"#)
            .contains("free")
    );
    assert!(after(r#"{"package":"","function":"F","file":"f.go","line":1}"#).contains("empty"));
    assert!(
        after(
            r#"{"package":"p","function":"F","file":"f.go","line":1,"count_low":3,"count_high":2}"#
        )
        .contains("above")
    );
    assert!(after(&"[".repeat(100_000)).contains("line 2"));
    assert!(read(b"\xff\xfe").is_err());
}

#[test]
fn processes_add_up() {
    let seen = |rate| Site {
        count: Some(100),
        rate: Some(rate),
        pending: Some(4),
        ..site(1)
    };
    let merged = Merged::of(vec![
        observed("pid 1", 10.0, seen(10.0)),
        observed("pid 2", 10.0, seen(30.0)),
    ]);
    let sum = merged.sites.values().next().expect("a site");
    assert_eq!(
        (sum.count, sum.rate, sum.pending),
        (Some(200), Some(40.0), Some(8))
    );
    assert_eq!(sum.count_low, None, "both were sure");
}

#[test]
fn one_process_seen_twice_is_one() {
    let seen = |rate, pending| Site {
        count: Some(100),
        count_low: Some(90),
        count_high: Some(110),
        rate: Some(rate),
        pending: Some(pending),
        resources: vec![Resource {
            kind: "file".to_owned(),
            open: pending,
        }],
        ..site(1)
    };
    let snapshot = Site {
        pending: Some(5),
        ..site(1)
    };
    let merged = Merged::of(vec![
        observed("pid 1", 30.0, seen(10.0, 4)),
        observed("pid 1", 10.0, seen(30.0, 9)),
        observed("pid 1", 0.0, snapshot),
    ]);
    let sum = merged.sites.values().next().expect("a site");
    assert_eq!(
        (sum.count, sum.rate, sum.pending),
        (Some(200), Some(15.0), Some(9))
    );
    assert_eq!((sum.count_low, sum.count_high), (Some(180), Some(220)));
    assert_eq!(sum.open(), 9);
}

#[test]
fn held_times_are_weighted() {
    let seen = |count, mean, p99| Site {
        held_ns: Some(Held {
            count,
            mean,
            p99: Some(p99),
            ..Held::default()
        }),
        ..site(1)
    };
    let merged = Merged::of(vec![
        observed("pid 1", 1.0, seen(3, 10.0, 20.0)),
        observed("pid 2", 1.0, seen(1, 50.0, 60.0)),
    ]);
    let held = merged.sites.values().next().and_then(|site| site.held_ns);
    let held = held.expect("held times");
    assert_eq!((held.count, held.mean, held.p99), (4, 20.0, Some(60.0)));
}

/// A stack from the inside outwards: names with lines, and the line of the declaration.
fn stack(frames: &[(&'static str, u32, u32)]) -> Vec<Frame<'static>> {
    frames
        .iter()
        .map(|&(name, line, start_line)| Frame {
            start_line,
            ..Frame::new(
                name,
                if name.starts_with("runtime.") {
                    "/go/src/runtime/panic.go"
                } else {
                    "/src/x/a.go"
                },
                line,
            )
        })
        .collect()
}

#[test]
fn a_cpu_profile_tells_what_defers_take() {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    let mut add = |frames: &[(&'static str, u32, u32)], nanos| {
        builder.sample(&stack(frames), &[1, nanos], &[]);
    };
    add(
        &[
            ("runtime.newdefer", 1, 1),
            ("runtime.deferproc", 2, 1),
            ("x/p.hot", 12, 10),
            ("main.main", 3, 1),
        ],
        40,
    );
    add(
        &[
            ("runtime.deferreturn", 2, 1),
            ("x/p.hot", 20, 10),
            ("main.main", 3, 1),
        ],
        8,
    );
    // A generic method; the wrapper tells the line.
    add(
        &[
            ("x/p.(*box[go.shape.int]).give", 90, 88),
            ("x/p.(*box[...]).use.deferwrap1", 31, 31),
            ("runtime.deferreturn", 2, 1),
            ("x/p.(*box[...]).use", 40, 30),
        ],
        100,
    );
    add(
        &[
            ("x/p.(*box[...]).use.deferwrap1", 31, 31),
            ("x/p.(*box[...]).use", 40, 30),
        ],
        5,
    );
    // A literal, deferred.
    add(
        &[
            ("os.Remove", 1, 1),
            ("x/p.clean.func1", 52, 51),
            ("runtime.deferreturn", 2, 1),
            ("x/p.clean", 60, 50),
        ],
        30,
    );
    // Go has left the wrapper out.
    add(
        &[
            ("x/p.add", 5, 4),
            ("runtime.deferreturn", 2, 1),
            ("x/p.hot", 20, 10),
        ],
        7,
    );
    // A function whose sites are not known.
    add(&[("runtime.deferreturn", 2, 1), ("x/p.other", 70, 65)], 3);
    add(&[("x/p.plain", 80, 79)], 1000);
    let told = from_cpu_profile(&builder.finish(), "cpu.pb.gz").expect("a CPU profile");
    assert_eq!(told.unattributed_ns, 3);
    assert_eq!(told.evidence.header.total_cpu_ns, Some(1193));
    let seen: Vec<_> = told
        .evidence
        .sites
        .iter()
        .map(|site| {
            (
                site.function.as_str(),
                site.line,
                site.class,
                site.cpu_ns,
                site.deferred_cpu_ns,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("(*box).use", 31, Some(Class::OpenCoded), Some(5), Some(100)),
            ("clean", 51, None, Some(0), Some(30)),
            ("hot", 12, Some(Class::HeapAllocated), Some(48), Some(7)),
        ]
    );
    assert_eq!(told.evidence.sites[2].package, "x/p");
    assert_eq!(told.evidence.sites[2].path.as_deref(), Some("/src/x/a.go"));
}

#[test]
fn other_profiles_are_refused() {
    let builder = Builder::new(&[("inuse_space", "bytes")]);
    let error = from_cpu_profile(&builder.finish(), "heap").expect_err("refused");
    assert!(error.to_string().contains("inuse_space/bytes"), "{error}");
}
