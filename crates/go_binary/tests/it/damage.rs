//! Programs that are cut off or damaged: an error that says something, or facts, but never a panic, and no
//! work beyond what the file's size warrants.

use std::io::Write;
use std::path::PathBuf;

use go_binary::Binary;
use object::LittleEndian as LE;
use object::read::elf::{FileHeader, SectionHeader};

use crate::made::{KINDS, program};

/// Reads all there is. What comes out may be wrong, but must be finite and sensible.
fn inspect(bytes: &[u8]) -> Result<usize, String> {
    let binary = Binary::parse(bytes).map_err(|error| {
        let text = error.to_string();
        assert!(text.len() > 20, "{text:?} says nothing");
        text
    })?;
    let defers = binary.defers();
    for found in &defers.functions {
        assert!(found.unreachable.len() <= 8);
        assert!(found.open.as_ref().is_none_or(|open| open.slots.len() <= 8));
    }
    let sites = binary.sites(&defers);
    assert!(sites.len() <= bytes.len(), "a site takes some bytes");
    let table = binary.functions();
    assert!(table.len() <= bytes.len() / 8);
    for function in table.iter().step_by(97) {
        let middle = function.entry + (function.end - function.entry) / 2;
        let _ = (
            binary.frames_at(middle),
            binary.stack_delta(&function, middle),
        );
    }
    Ok(sites.len())
}

/// A generator of numbers that is the same everywhere (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// A program that comes with Go, if there is one.
fn gofmt() -> Option<Vec<u8>> {
    if let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT") {
        let path = PathBuf::from(root).join("bin/gofmt");
        return Some(std::fs::read(path).expect("Go comes with gofmt"));
    }
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "DEFERSCOPE_GOROOT must name the root of Go in CI"
    );
    // Past the capture of output: nobody should think that this was tested.
    writeln!(
        std::io::stderr(),
        "\n*** NOT TESTED: set DEFERSCOPE_GOROOT to damage a Go program ***"
    )
    .expect("stderr is open");
    None
}

#[test]
fn a_small_program_may_be_cut_anywhere() {
    for kind in KINDS {
        let bytes = program(kind);
        let whole = inspect(&bytes);
        assert_eq!(whole, Ok(3));
        for len in 0..bytes.len() {
            let cut = inspect(&bytes[..len]);
            assert!(
                cut.is_err() || cut <= whole,
                "{kind:?} cut to {len}: {cut:?}"
            );
        }
    }
}

#[test]
fn every_byte_of_a_small_program_may_be_anything() {
    for kind in KINDS {
        let mut bytes = program(kind);
        for at in 0..bytes.len() {
            let was = bytes[at];
            for other in [0, 1, 0x7f, 0x80, 0xff, was ^ 1, was ^ 0x80] {
                bytes[at] = other;
                let _ = inspect(&bytes);
            }
            bytes[at] = was;
        }
        assert_eq!(inspect(&bytes), Ok(3), "all damage was undone");
    }
}

#[test]
fn a_program_of_go_may_be_cut_anywhere() {
    let Some(bytes) = gofmt() else { return };
    let whole = inspect(&bytes).expect("a program");
    assert!(whole > 50);
    let mut random = Random(1);
    let mut errors = 0;
    for step in 0..200 {
        let len = if step < 100 {
            step * bytes.len() / 100
        } else {
            random.below(bytes.len())
        };
        errors += usize::from(inspect(&bytes[..len]).is_err());
    }
    assert!(errors > 100, "most of a program is needed: {errors}");
}

#[test]
fn every_section_of_a_program_of_go_may_be_damaged() {
    let Some(mut bytes) = gofmt() else { return };
    let original = bytes.clone();
    let header = object::elf::FileHeader64::<LE>::parse(&*original).expect("ELF");
    let sections = header.sections(LE, &*original).expect("sections");
    let mut damaged = Vec::new();
    for section in sections.iter() {
        let Some((start, len)) = section.file_range(LE) else {
            continue;
        };
        let (start, end) = (start as usize, (start + len) as usize);
        let name = sections.section_name(LE, section).expect("a name");
        let name = String::from_utf8_lossy(name).into_owned();
        for round in 0..4 {
            let mut random = Random(round);
            match round {
                0 => bytes[start..end].fill(0),
                1 => bytes[start..end].fill(0xff),
                2 => bytes[start..end].fill_with(|| random.next().to_le_bytes()[0]),
                // Sparse: most of it still makes sense.
                _ => (0..64).for_each(|_| {
                    bytes[start + random.below(end - start)] = random.next().to_le_bytes()[0];
                }),
            }
            let outcome = inspect(&bytes);
            bytes[start..end].copy_from_slice(&original[start..end]);
            if outcome.is_err() {
                damaged.push(format!("{name} {round}"));
            }
        }
    }
    // Without these nothing can be told, and that is said.
    for vital in [".gopclntab 0", ".gopclntab 1", ".gopclntab 2"] {
        assert!(damaged.iter().any(|name| name == vital), "{damaged:?}");
    }
    assert!(sections.len() > 8, "there are sections to damage");
}

#[test]
fn a_thousand_flips_do_no_harm() {
    let Some(mut bytes) = gofmt() else { return };
    let whole = inspect(&bytes);
    let table = memchr::memmem::find(&bytes, b"\xf1\xff\xff\xff\0\0").expect("a table");
    let mut random = Random(7);
    for round in 0..1_000 {
        // A flip anywhere rarely hits anything: half of the rounds aim at the table of functions and the headers.
        let (start, room) = match round % 4 {
            0 => (0, 0x1000),
            1 => (table, bytes.len() - table),
            _ => (0, bytes.len()),
        };
        let flips: Vec<_> = (0..1 + random.below(32))
            .map(|_| (start + random.below(room), 1u8 << random.below(8)))
            .collect();
        for &(at, bit) in &flips {
            bytes[at] ^= bit;
        }
        let _ = inspect(&bytes);
        for &(at, bit) in &flips {
            bytes[at] ^= bit;
        }
    }
    assert_eq!(inspect(&bytes), whole, "all damage was undone");
}
