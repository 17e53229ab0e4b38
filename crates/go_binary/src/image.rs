//! An ELF file as the loader sees it: segments at addresses, and the relocations that matter to Go.
//!
//! Nothing of Go is known here. Section headers may be missing or wrong: only their names are used,
//! as hints.

use object::elf::{self, FileHeader64};
use object::endian::LittleEndian;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, Rela, SectionHeader};

use crate::Error;

/// The machine that a program is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

impl Arch {
    /// The name that Go gives it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The size of the smallest instruction.
    #[must_use]
    pub const fn quantum(self) -> u64 {
        match self {
            Self::Amd64 => 1,
            Self::Arm64 => 4,
        }
    }

    /// The type of the relocation that adds the load address.
    const fn relative(self) -> u32 {
        match self {
            Self::Amd64 => elf::R_X86_64_RELATIVE.0,
            Self::Arm64 => elf::R_AARCH64_RELATIVE.0,
        }
    }
}

/// A part of the file that is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Its address.
    pub address: u64,
    /// Its bytes in the file; what the loader adds to them is zero.
    pub data: &'a [u8],
    /// Whether it can be written to when it is loaded.
    pub writable: bool,
    /// Whether it can be executed.
    pub executable: bool,
}

/// A named part of the file.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its address, or 0.
    pub address: u64,
    /// Its bytes in the file.
    pub data: &'a [u8],
    /// Whether they are compressed.
    pub compressed: bool,
}

/// How a program was linked, as far as the file says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Linkage {
    /// It can be loaded at any address.
    pub position_independent: bool,
    /// It asks for a dynamic loader.
    pub dynamic: bool,
    /// It has a table of symbols.
    pub symbols: bool,
    /// It has debug information.
    pub dwarf: bool,
}

/// An ELF file.
#[derive(Debug)]
pub struct Image<'a> {
    arch: Arch,
    entry: u64,
    linkage: Linkage,
    segments: Vec<Segment<'a>>,
    sections: Vec<Section<'a>>,
    /// Where the loader writes an address, and which one (without the load address), by place.
    relocations: Vec<(u64, u64)>,
}

type Header = FileHeader64<LittleEndian>;
const LE: LittleEndian = LittleEndian;

impl<'a> Image<'a> {
    /// Reads the headers of a file.
    ///
    /// # Errors
    ///
    /// If it is no ELF file for a machine that is known, or is damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        recognise(bytes)?;
        let damaged = |error: object::Error| Error::Elf {
            what: error.to_string(),
        };
        let header = Header::parse(bytes).map_err(damaged)?;
        let arch = match header.e_machine(LE) {
            elf::EM_X86_64 => Arch::Amd64,
            elf::EM_AARCH64 => Arch::Arm64,
            other => {
                return Err(Error::Machine {
                    machine: machine_name(other.0),
                });
            }
        };
        let headers = header.program_headers(LE, bytes).map_err(damaged)?;
        let mut segments = Vec::new();
        let mut dynamic = None;
        let mut interpreter = false;
        for program in headers {
            match program.p_type(LE) {
                elf::PT_LOAD => {
                    // A file that was cut off has less than its header says; what there is, is read.
                    let start = clamp(program.p_offset(LE), bytes.len());
                    let end = clamp(
                        program.p_offset(LE).saturating_add(program.p_filesz(LE)),
                        bytes.len(),
                    );
                    let address = program.p_vaddr(LE);
                    let data = bytes.get(start..end).unwrap_or_default();
                    if data.is_empty() || address.checked_add(data.len() as u64).is_none() {
                        continue;
                    }
                    let flags = program.p_flags(LE);
                    segments.push(Segment {
                        address,
                        data,
                        writable: flags.0 & elf::PF_W.0 != 0,
                        executable: flags.0 & elf::PF_X.0 != 0,
                    });
                }
                elf::PT_DYNAMIC => dynamic = program.dynamic(LE, bytes).ok().flatten(),
                elf::PT_INTERP => interpreter = true,
                _ => {}
            }
        }
        if segments.is_empty() {
            return Err(Error::Elf {
                what: "no part of the file is to be loaded".to_owned(),
            });
        }
        let mut image = Self {
            arch,
            entry: header.e_entry(LE),
            linkage: Linkage {
                position_independent: header.e_type(LE) == elf::ET_DYN,
                dynamic: interpreter,
                symbols: false,
                dwarf: false,
            },
            segments,
            sections: sections(header, bytes),
            relocations: Vec::new(),
        };
        image.linkage.symbols = image.section(b".symtab").is_some();
        image.linkage.dwarf = [&b".debug_info"[..], b".zdebug_info"]
            .iter()
            .any(|name| image.section(name).is_some());
        if let Some(entries) = dynamic {
            image.relocations = image.read_relocations(entries);
        }
        Ok(image)
    }

    /// The machine it is for.
    #[must_use]
    pub const fn arch(&self) -> Arch {
        self.arch
    }

    /// The address of its first instruction, which the kernel tells a process where it put.
    #[must_use]
    pub const fn entry(&self) -> u64 {
        self.entry
    }

    /// How it was linked.
    #[must_use]
    pub const fn linkage(&self) -> Linkage {
        self.linkage
    }

    /// What is loaded.
    #[must_use]
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// The section called `name`.
    #[must_use]
    pub fn section(&self, name: &[u8]) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The bytes of the file from `address` on, to the end of their segment; relocations are not
    /// applied.
    #[must_use]
    pub fn tail(&self, address: u64) -> Option<&'a [u8]> {
        self.segments.iter().find_map(|segment| {
            let offset = usize::try_from(address.checked_sub(segment.address)?).ok()?;
            segment.data.get(offset..).filter(|data| !data.is_empty())
        })
    }

    /// `len` bytes of the file at `address`; relocations are not applied.
    #[must_use]
    pub fn bytes(&self, address: u64, len: usize) -> Option<&'a [u8]> {
        self.tail(address)?.get(..len)
    }

    /// The number at `address`, as it is when the program is loaded at address 0.
    #[must_use]
    pub fn word(&self, address: u64) -> Option<u64> {
        if let Ok(found) = self
            .relocations
            .binary_search_by_key(&address, |&(place, _)| place)
        {
            return self.relocations.get(found).map(|&(_, value)| value);
        }
        let bytes = self.bytes(address, 8)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// The addresses in writable memory that hold `value` when the program is loaded at address 0.
    pub fn holders(&self, value: u64) -> impl Iterator<Item = u64> {
        let relocated = self
            .relocations
            .iter()
            .filter(move |&&(_, held)| held == value)
            .map(|&(place, _)| place);
        let bytes = value.to_le_bytes();
        let stored = self
            .segments
            .iter()
            .filter(|segment| segment.writable)
            .flat_map(move |segment| {
                memchr::memmem::find_iter(segment.data, &bytes)
                    .map(|offset| segment.address + offset as u64)
                    .collect::<Vec<_>>()
            })
            .filter(|address| address % 8 == 0);
        relocated.chain(stored)
    }

    fn read_relocations(&self, entries: &[elf::Dyn64<LittleEndian>]) -> Vec<(u64, u64)> {
        let (mut table, mut size) = (None, 0);
        for entry in entries {
            match entry.d_tag(LE) {
                elf::DT_RELA => table = Some(entry.d_val(LE)),
                elf::DT_RELASZ => size = entry.d_val(LE),
                elf::DT_NULL => break,
                _ => {}
            }
        }
        let Some(data) = table.and_then(|address| self.tail(address)) else {
            return Vec::new();
        };
        let count = clamp(size, data.len()) / size_of::<elf::Rela64<LittleEndian>>();
        let Ok((relocations, _)) =
            object::pod::slice_from_bytes::<elf::Rela64<LittleEndian>>(data, count)
        else {
            return Vec::new();
        };
        let wanted = self.arch.relative();
        let mut found: Vec<_> = relocations
            .iter()
            .filter(|relocation| relocation.r_type(LE, false).0 == wanted)
            .map(|relocation| {
                (
                    relocation.r_offset(LE),
                    relocation.r_addend(LE).cast_unsigned(),
                )
            })
            .collect();
        found.sort_unstable();
        found
    }
}

/// The sections whose headers make sense.
fn sections<'a>(header: &'a Header, bytes: &'a [u8]) -> Vec<Section<'a>> {
    let Ok(table) = header.sections(LE, bytes) else {
        return Vec::new();
    };
    table
        .iter()
        .filter_map(|section| {
            Some(Section {
                name: table.section_name(LE, section).ok()?,
                address: section.sh_addr(LE),
                data: section.data(LE, bytes).ok()?,
                compressed: section.sh_flags(LE).0 & elf::SHF_COMPRESSED.0 != 0,
            })
        })
        .collect()
}

fn clamp(value: u64, len: usize) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX).min(len)
}

fn machine_name(machine: u16) -> String {
    let name = match elf::Machine(machine) {
        elf::EM_RISCV => "RISC-V",
        elf::EM_PPC64 => "PowerPC",
        elf::EM_S390 => "S/390",
        elf::EM_MIPS => "MIPS",
        elf::EM_LOONGARCH => "LoongArch",
        _ => return format!("machine {machine}"),
    };
    name.to_owned()
}

/// Lets only little-endian 64-bit ELF files pass.
fn recognise(bytes: &[u8]) -> Result<(), Error> {
    const ELSEWHERE: &str = "Build the same source with GOOS=linux to compare its defers.";
    const UNPACK: &str = "Give the executable that was made of it.";
    let foreign = |what, hint| Err(Error::Foreign { what, hint });
    match bytes {
        [0x7f, b'E', b'L', b'F', class, data, ..] => match (class, data) {
            (2, 1) => Ok(()),
            (1, _) => foreign("a 32-bit ELF file", "Build it for a 64-bit machine."),
            (2, 2) => foreign("a big-endian ELF file", "Build it for amd64 or arm64."),
            _ => Err(Error::Elf {
                what: "neither 32 nor 64 bits".to_owned(),
            }),
        },
        [b'M', b'Z', ..] => foreign("a Windows program (PE)", ELSEWHERE),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => {
            foreign("a macOS program (Mach-O)", ELSEWHERE)
        }
        [0xca, 0xfe, 0xba, 0xbe, ..] => foreign("a universal macOS program (Mach-O)", ELSEWHERE),
        [0, b'a', b's', b'm', ..] => foreign("a WebAssembly module", ELSEWHERE),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => foreign("an archive", UNPACK),
        [0x1f, 0x8b, ..] => foreign("a gzip file", UNPACK),
        [b'P', b'K', 3, 4, ..] => foreign("a zip file", UNPACK),
        [b'#', b'!', ..] => foreign("a script", UNPACK),
        _ => Err(Error::NotExecutable),
    }
}
