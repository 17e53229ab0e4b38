//! The smallest program that has all that is read: built here byte by byte, so that tests and fuzzing need
//! no Go. It looks as Go's linker makes it, but for its size.

/// Where things are in the file; addresses are [`BASE`] more.
const TEXT: usize = 0x200;
const CLOSURES: usize = 0x380;
const FUNCDATA: usize = 0x3c0;
const MODULE_DATA: usize = 0x400;
const DYNAMIC: usize = 0x580;
const RELOCATIONS: usize = 0x5c0;
const BUILD_INFO: usize = 0x700;
const TABLE: usize = 0x800;
pub(crate) const BASE: u64 = 0x40_0000;

/// What kind of program is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The minor release: 27 for 1.27.
    pub(crate) release: u16,
    pub(crate) arm64: bool,
    /// Addresses in data stand in relocations only.
    pub(crate) position_independent: bool,
}

pub(crate) const KINDS: [Kind; 5] = [
    kind(27, false, false),
    kind(21, false, true),
    kind(19, false, false),
    kind(27, true, false),
    kind(24, true, true),
];

const fn kind(release: u16, arm64: bool, position_independent: bool) -> Kind {
    Kind {
        release,
        arm64,
        position_independent,
    }
}

impl Kind {
    pub(crate) fn name(self) -> String {
        let arch = if self.arm64 { "arm64" } else { "amd64" };
        let pie = if self.position_independent {
            "-pie"
        } else {
            ""
        };
        format!("go1.{}-{arch}{pie}", self.release)
    }
}

/// A function of the program: its code, and numbers for pieces of it.
struct Made {
    name: &'static str,
    start_line: u32,
    deferreturn: u32,
    code: Vec<u8>,
    /// Bytes of code and the line they have.
    lines: Vec<(u32, i32)>,
    /// Bytes of code and how far the stack pointer is below its first value.
    deltas: Vec<(u32, i32)>,
    opens: bool,
}

/// Its name, and the offset of its code.
type Place = (&'static str, usize);

/// `main.main` has two open-coded defers, of `main.handler` on line 11 and of `main.heap` on line 12;
/// `main.heap` has one on the heap on line 21; `main.handler` recovers.
pub(crate) fn program(kind: Kind) -> Vec<u8> {
    let places: Vec<Place> = [
        ("runtime.deferproc", 0x00),
        ("runtime.gorecover", 0x10),
        ("main.main", 0x20),
        ("main.heap", 0x80),
        ("main.handler", 0xb0),
    ]
    .map(|(name, at)| (name, TEXT + at))
    .to_vec();
    let functions = functions(kind, &places);
    let mut file = vec![0; TABLE];
    for (function, &(_, at)) in functions.iter().zip(&places) {
        file[at..at + function.code.len()].copy_from_slice(&function.code);
    }
    let end = TEXT + 0xd0;
    let mut words: Vec<(usize, u64)> = vec![
        (CLOSURES, address(places[4].1)),
        (CLOSURES + 8, address(places[3].1)),
    ];

    let open_defers: &[u8] = if kind.release < 22 {
        &[17, 2, 8, 16]
    } else {
        &[17, 16]
    };
    file[FUNCDATA..FUNCDATA + open_defers.len()].copy_from_slice(open_defers);
    let (table, names_at) = table(kind, &functions, &places, end);
    let go_func = match kind.release {
        ..20 => 304,
        20..27 => 320,
        _ => 344,
    };
    words.extend([
        (MODULE_DATA, address(TABLE)),
        (MODULE_DATA + 8, address(TABLE + names_at)),
        (MODULE_DATA + 176, address(TEXT)),
        (MODULE_DATA + 184, address(end)),
        (MODULE_DATA + 296, address(FUNCDATA)),
        (MODULE_DATA + go_func, address(FUNCDATA)),
    ]);
    if kind.release < 27 {
        words.push((MODULE_DATA + 304, address(FUNCDATA)));
    }
    if kind.position_independent {
        for (number, (at, value)) in words.iter().enumerate() {
            let kind: u64 = if kind.arm64 { 1027 } else { 8 };
            let to = RELOCATIONS + number * 24;
            put(&mut file, to, &address(*at).to_le_bytes());
            put(&mut file, to + 8, &kind.to_le_bytes());
            put(&mut file, to + 16, &value.to_le_bytes());
        }
        let size = words.len() as u64 * 24;
        for (number, word) in [7, address(RELOCATIONS), 8, size, 0, 0].iter().enumerate() {
            put(&mut file, DYNAMIC + number * 8, &u64::to_le_bytes(*word));
        }
    } else {
        for (at, value) in words {
            put(&mut file, at, &value.to_le_bytes());
        }
    }

    let mut build = b"\xff Go buildinf:\x08\x02".to_vec();
    build.resize(32, 0);
    let version = format!("go1.{}.1", kind.release);
    build.push(u8::try_from(version.len()).expect("short"));
    build.extend(version.bytes());
    let modules = "0123456789abcdefpath\texample.com/made\nmod\texample.com/made\tv1.2.3\t\nbuild\tGOOS=linux\n0123456789abcdef";
    build.push(u8::try_from(modules.len()).expect("short"));
    build.extend(modules.bytes());
    put(&mut file, BUILD_INFO, &build);
    file.extend(table);
    header(kind, &mut file);
    file
}

fn address(at: usize) -> u64 {
    BASE + at as u64
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn functions(kind: Kind, places: &[Place]) -> Vec<Made> {
    let code: [Vec<u8>; 5] = if kind.arm64 {
        arm64(places)
    } else {
        amd64(places)
    };
    let [deferproc, gorecover, main, heap, handler] = code;
    // The code of the first defer, and of the second, with the stores into their slots.
    let (first, second) = if kind.arm64 { (20, 8) } else { (25, 17) };
    let rest = u32::try_from(main.len()).expect("short") - first - second;
    let prologue = if kind.arm64 { 4 } else { 8 };
    let frame = if kind.arm64 { 0x30 } else { 0x20 };
    let plain = |name, start_line, code: Vec<u8>| Made {
        name,
        start_line,
        deferreturn: 0,
        lines: vec![(u32::try_from(code.len()).expect("short"), start_line as i32)],
        deltas: vec![(u32::try_from(code.len()).expect("short"), 0)],
        code,
        opens: false,
    };
    let mut functions = vec![
        plain("runtime.deferproc", 100, deferproc),
        plain("runtime.gorecover", 200, gorecover),
        plain("main.main", 10, main),
        plain("main.heap", 20, heap),
        plain("main.handler", 30, handler),
    ];
    functions[2].opens = true;
    functions[2].deferreturn = 1;
    functions[2].lines = vec![(first, 11), (second, 12), (rest, 13)];
    let length = first + second + rest;
    functions[2].deltas = vec![(prologue, 0), (length - prologue, frame)];
    functions[3].deferreturn = 1;
    functions[3].lines = vec![(functions[3].code.len() as u32, 21)];
    functions
}

/// The slots are at 8 and 16 above the stack pointer.
fn amd64(places: &[Place]) -> [Vec<u8>; 5] {
    let lea = |code: &mut Vec<u8>, from: usize, to: usize| {
        let next = from + code.len() + 7;
        code.extend([0x48, 0x8d, 0x05]);
        code.extend(
            i32::try_from(to as i64 - next as i64)
                .expect("near")
                .to_le_bytes(),
        );
    };
    let call = |code: &mut Vec<u8>, from: usize, to: usize| {
        let next = from + code.len() + 5;
        code.push(0xe8);
        code.extend(
            i32::try_from(to as i64 - next as i64)
                .expect("near")
                .to_le_bytes(),
        );
    };
    let mut main = vec![0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x18];
    lea(&mut main, places[2].1, CLOSURES);
    main.extend([0x48, 0x89, 0x44, 0x24, 0x08, 0xc6, 0x44, 0x24, 0x07, 0x01]);
    lea(&mut main, places[2].1, CLOSURES + 8);
    main.extend([0x48, 0x89, 0x44, 0x24, 0x10, 0xc6, 0x44, 0x24, 0x07, 0x03]);
    main.extend([0x48, 0x83, 0xc4, 0x18, 0x5d, 0xc3]);
    let mut heap = vec![];
    lea(&mut heap, places[3].1, CLOSURES);
    call(&mut heap, places[3].1, places[0].1);
    heap.push(0xc3);
    let mut handler = vec![];
    call(&mut handler, places[4].1, places[1].1);
    handler.push(0xc3);
    [vec![0xc3], vec![0xc3], main, heap, handler]
}

/// The slots are at 24 and 32 above the stack pointer.
fn arm64(places: &[Place]) -> [Vec<u8>; 5] {
    const RET: u32 = 0xd65f_03c0;
    // ADR X0, to
    let adr = |pc: usize, to: usize| {
        let distance = u32::try_from(to - pc).expect("forwards");
        0x1000_0000 | (distance & 3) << 29 | (distance >> 2) << 5
    };
    let bl = |pc: usize, to: usize| {
        let distance = i32::try_from(to as i64 - pc as i64).expect("near") / 4;
        0x9400_0000 | distance.cast_unsigned() & 0x03ff_ffff
    };
    // STR X0, [SP, #at]
    let store = |at: u32| 0xf900_03e0 | (at / 8) << 10;
    let (main, heap, handler) = (places[2].1, places[3].1, places[4].1);
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    [
        words(&[RET]),
        words(&[RET]),
        words(&[
            0xf81d_0ffe, // STR LR, [SP, #-48]!
            adr(main + 4, CLOSURES),
            store(24),
            0xd280_0021, // MOV X1, #1
            0x3900_5fe1, // STRB W1, [SP, #23]
            adr(main + 20, CLOSURES + 8),
            store(32),
            RET,
        ]),
        words(&[adr(heap, CLOSURES), bl(heap + 4, places[0].1), RET]),
        words(&[bl(handler, places[1].1), RET]),
    ]
}

/// The table of functions, and where in it the names are.
fn table(kind: Kind, functions: &[Made], places: &[Place], end: usize) -> (Vec<u8>, usize) {
    let quantum = if kind.arm64 { 4 } else { 1 };
    let mut names = vec![0];
    let mut values = vec![0];
    let mut records = Vec::new();
    let mut entries: Vec<(u32, u32)> = Vec::new();
    let entries_size = u32::try_from(functions.len() * 8 + 4)
        .expect("short")
        .next_multiple_of(4);
    for (function, &(_, at)) in functions.iter().zip(places) {
        let name = u32::try_from(names.len()).expect("short");
        names.extend(function.name.bytes().chain([0]));
        let size = u32::try_from(function.code.len()).expect("short");
        let mut runs = |runs: &[(u32, i32)]| {
            let start = u32::try_from(values.len()).expect("short");
            let mut last = -1;
            for &(length, value) in runs {
                varint(&mut values, fold(value - last));
                varint(&mut values, length / quantum);
                last = value;
            }
            values.push(0);
            start
        };
        let pcsp = runs(&function.deltas);
        let pcfile = runs(&[(size, 0)]);
        let pcln = runs(&function.lines);
        let start = entries_size + u32::try_from(records.len()).expect("short");
        entries.push((u32::try_from(at - TEXT).expect("short"), start));
        let funcdata = if function.opens { 5u8 } else { 0 };
        let mut record = vec![
            u32::try_from(at - TEXT).expect("short"),
            name,
            0,
            function.deferreturn,
            pcsp,
            pcfile,
            pcln,
            0,
            0,
        ];
        if kind.release >= 20 {
            record.push(function.start_line);
        }
        record.push(u32::from(funcdata) << 24);
        if function.opens {
            record.extend([u32::MAX, u32::MAX, u32::MAX, u32::MAX, 0]);
        }
        records.extend(record.iter().flat_map(|word| word.to_le_bytes()));
    }
    let mut parts: [Vec<u8>; 5] = [
        names,
        0u32.to_le_bytes().to_vec(),
        b"/src/made/main.go\0".to_vec(),
        values,
        Vec::new(),
    ];
    for (entry, record) in entries {
        parts[4].extend(entry.to_le_bytes());
        parts[4].extend(record.to_le_bytes());
    }
    parts[4].extend(u32::try_from(end - TEXT).expect("short").to_le_bytes());
    parts[4].extend(records);
    let magic = if kind.release < 20 {
        0xffff_fff0
    } else {
        0xffff_fff1u32
    };
    let mut table = magic.to_le_bytes().to_vec();
    table.extend([0, 0, u8::try_from(quantum).expect("short"), 8]);
    for word in [functions.len() as u64, 1, 0] {
        table.extend(word.to_le_bytes());
    }
    let names_at = 72;
    let mut offset = names_at;
    for part in &mut parts {
        part.resize(part.len().next_multiple_of(8), 0);
        table.extend((offset as u64).to_le_bytes());
        offset += part.len();
    }
    table.extend(parts.into_iter().flatten());
    (table, names_at)
}

fn varint(to: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

const fn fold(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

/// The header of the file, and those of its segments; there are no sections.
fn header(kind: Kind, file: &mut [u8]) {
    let len = file.len() as u64;
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    let half = |header: &mut Vec<u8>, value: u16| header.extend(value.to_le_bytes());
    let segments = 1 + u16::from(kind.position_independent);
    half(&mut header, 2 + u16::from(kind.position_independent));
    half(&mut header, if kind.arm64 { 183 } else { 62 });
    header.extend(1u32.to_le_bytes());
    for word in [address(TEXT), 64, 0] {
        header.extend(word.to_le_bytes());
    }
    header.extend(0u32.to_le_bytes());
    for value in [64, 56, segments, 64, 0, 0] {
        half(&mut header, value);
    }
    let mut segment = |kind: u32, at: u64, size: u64| {
        header.extend(kind.to_le_bytes());
        header.extend(7u32.to_le_bytes());
        for word in [at, BASE + at, BASE + at, size, size, 8] {
            header.extend(word.to_le_bytes());
        }
    };
    segment(1, 0, len);
    if kind.position_independent {
        segment(2, DYNAMIC as u64, 48);
    }
    put(file, 0, &header);
}
