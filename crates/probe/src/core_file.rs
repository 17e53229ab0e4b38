//! A core file: the memory of a process that the kernel, or gcore, wrote down.
//!
//! What a core leaves out, because it is in the program's file unchanged, is taken from there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use go_binary::Image;
use object::LittleEndian as LE;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};

use crate::memory::{Memory, Unreadable};
use crate::process::entry_of;
use crate::sys::stop::Registers;

/// Why a core file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// Its path.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// It is something else.
    #[error("{path} is no core file of a 64-bit process{hint}")]
    NoCore {
        /// Its path.
        path: String,
        /// What to do.
        hint: &'static str,
    },
    /// Parts are missing.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Its path.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// A core file.
#[derive(Debug)]
pub struct CoreFile {
    file: File,
    /// What is in it: address, length, where in the file; by address.
    segments: Vec<(u64, u64, u64)>,
    /// The number that the process had.
    pub pid: Option<i32>,
    /// Where its first instruction was.
    pub entry: u64,
    /// What its threads were about to do.
    pub registers: Vec<Registers>,
    /// The program, as the process knew it.
    pub executable: Option<PathBuf>,
    /// Bytes that the headers promise and the file does not have.
    pub missing: u64,
}

/// Kinds of notes.
const NT_PRSTATUS: u32 = 1;
const NT_AUXV: u32 = 6;
const NT_FILE: u32 = 0x4649_4c45;
/// Notes are small; more is nonsense.
const MOST_NOTES: u64 = 256 << 20;
const MOST_HEADERS: u64 = 64 << 20;

/// Where a thread's status has its number and its registers.
const STATUS_PID: usize = 32;
const STATUS_REGISTERS: usize = 112;

impl CoreFile {
    /// Reads the headers and notes of a core file; the memory stays in the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no core file of a machine that is known, or is damaged.
    pub fn open(path: &Path) -> Result<Self, CoreError> {
        let shown = || path.display().to_string();
        let failed = |error| CoreError::Unreadable {
            path: shown(),
            error,
        };
        let damaged = |what| CoreError::Damaged {
            path: shown(),
            what,
        };
        let no_core = |hint| CoreError::NoCore {
            path: shown(),
            hint,
        };
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let mut head = [0; 64];
        file.read_exact_at(&mut head, 0).map_err(|_| no_core(""))?;
        let header = FileHeader64::<LE>::parse(&head[..]).map_err(|_| {
            no_core(if head.starts_with(b"\x28\xb5\x2f\xfd") {
                ": it is packed; unpack it with zstd -d"
            } else {
                ""
            })
        })?;
        if header.e_type(LE) != elf::ET_CORE {
            return Err(no_core(
                ": it is a program; give the number of a process, or show its defers with `deferscope inspect`",
            ));
        }
        let machine = header.e_machine(LE);
        // More headers than 16 bits can count are counted in the first header of sections.
        let headers_at = header.e_phoff(LE);
        let count = match header.e_phnum(LE) {
            0xffff => {
                let mut section = [0; 64];
                file.read_exact_at(&mut section, header.e_shoff(LE))
                    .map_err(|_| damaged("its headers are cut off"))?;
                u64::from(u32::from_le_bytes([
                    section[44],
                    section[45],
                    section[46],
                    section[47],
                ]))
            }
            count => u64::from(count),
        };
        let size = count * 56;
        if size > MOST_HEADERS {
            return Err(damaged("it has too many headers"));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        file.read_exact_at(&mut bytes, headers_at)
            .map_err(|_| damaged("its headers are cut off"))?;
        let programs: &[elf::ProgramHeader64<LE>] =
            object::pod::slice_from_all_bytes(&bytes).map_err(|()| damaged("its headers"))?;
        let mut core = Self {
            file,
            segments: Vec::new(),
            pid: None,
            entry: 0,
            registers: Vec::new(),
            executable: None,
            missing: 0,
        };
        for program in programs {
            let (start, size) = (program.p_offset(LE), program.p_filesz(LE));
            match program.p_type(LE) {
                elf::PT_LOAD if size > 0 => {
                    let there = size.min(len.saturating_sub(start));
                    core.missing += size - there;
                    core.segments.push((program.p_vaddr(LE), there, start));
                }
                elf::PT_NOTE => {
                    if size > MOST_NOTES {
                        return Err(damaged("its notes are too long"));
                    }
                    let mut notes = vec![0; usize::try_from(size).unwrap_or(0)];
                    core.file
                        .read_exact_at(&mut notes, start)
                        .map_err(|_| damaged("its notes are cut off"))?;
                    core.read_notes(&notes, machine == elf::EM_AARCH64);
                }
                _ => {}
            }
        }
        core.segments.sort_unstable();
        if core.entry == 0 {
            return Err(damaged("it does not say where the program was loaded"));
        }
        Ok(core)
    }

    fn read_notes(&mut self, notes: &[u8], arm64: bool) {
        let mut rest = notes;
        let align = |len: u32| (len as usize).saturating_add(3) / 4 * 4;
        while let Some(([a, b, c], body)) = rest
            .split_first_chunk::<12>()
            .map(|(head, body)| (numbers(head), body))
        {
            let (name, data) = (align(a), align(b));
            let Some(description) = body.get(name..name.saturating_add(b as usize)) else {
                return;
            };
            match c {
                NT_PRSTATUS => self.registers.extend(self.thread(description, arm64)),
                NT_AUXV => self.entry = entry_of(description).unwrap_or(self.entry),
                NT_FILE => self.executable = self.mapped_at_entry(description),
                _ => {}
            }
            if self.pid.is_none() {
                self.pid = self.registers.first().map(|registers| registers.thread);
            }
            rest = body.get(name.saturating_add(data)..).unwrap_or_default();
        }
        // Files are named before it is known where the program is, or after.
        if self.executable.is_none() && self.entry != 0 {
            self.executable = find_note(notes, NT_FILE).and_then(|note| self.mapped_at_entry(note));
        }
    }

    #[expect(clippy::unused_self, reason = "it stands beside the other notes")]
    fn thread(&self, status: &[u8], arm64: bool) -> Option<Registers> {
        let word = |at: usize| Some(u64::from_le_bytes(*status.get(at..)?.first_chunk()?));
        let register = |number: usize| word(STATUS_REGISTERS + number * 8);
        let thread = u32::try_from(word(STATUS_PID)? & 0xffff_ffff).ok()?;
        Some(Registers {
            thread: thread.cast_signed(),
            pc: register(if arm64 { 32 } else { 16 })?,
            sp: register(if arm64 { 31 } else { 19 })?,
        })
    }

    /// The file that was mapped where the first instruction is.
    fn mapped_at_entry(&self, note: &[u8]) -> Option<PathBuf> {
        let word = |at: usize| Some(u64::from_le_bytes(*note.get(at..)?.first_chunk()?));
        let count = usize::try_from(word(0)?).ok()?;
        let ranges = note.get(16..16_usize.checked_add(count.checked_mul(24)?)?)?;
        let names = note.get(16 + count * 24..)?;
        let at = (0..count).find(|at| {
            let range = &ranges[at * 24..];
            let part = |which: usize| {
                range.get(which * 8..).and_then(|r| r.first_chunk()).map(|r| u64::from_le_bytes(*r))
            };
            matches!((part(0), part(1)), (Some(start), Some(end)) if start <= self.entry && self.entry < end)
        })?;
        let name = names.split(|&byte| byte == 0).nth(at)?;
        Some(PathBuf::from(String::from_utf8_lossy(name).into_owned()))
    }

    /// The memory, with what the core leaves out taken from the program.
    #[must_use]
    pub const fn memory<'c, 'a>(&'c self, image: &'c Image<'a>) -> CoreMemory<'c, 'a> {
        CoreMemory { core: self, image }
    }
}

fn numbers(head: &[u8; 12]) -> [u32; 3] {
    let (chunks, _) = head.as_chunks::<4>();
    [0, 1, 2].map(|at| chunks.get(at).map_or(0, |chunk| u32::from_le_bytes(*chunk)))
}

fn find_note(notes: &[u8], wanted: u32) -> Option<&[u8]> {
    let mut rest = notes;
    loop {
        let (head, body) = rest.split_first_chunk::<12>()?;
        let [name, len, kind] = numbers(head).map(|n| n as usize);
        let name = name.saturating_add(3) / 4 * 4;
        let description = body.get(name..name.checked_add(len)?)?;
        if kind == wanted as usize {
            return Some(description);
        }
        rest = body.get(name + len.saturating_add(3) / 4 * 4..)?;
    }
}

/// The memory that a core file shows.
#[derive(Clone, Copy, Debug)]
pub struct CoreMemory<'c, 'a> {
    core: &'c CoreFile,
    image: &'c Image<'a>,
}

impl CoreMemory<'_, '_> {
    /// Reads from the core what is in one segment.
    fn part(&self, address: u64, bytes: &mut [u8]) -> Option<usize> {
        let segments = &self.core.segments;
        let at = segments
            .partition_point(|&(start, ..)| start <= address)
            .checked_sub(1)?;
        let &(start, len, offset) = segments.get(at)?;
        let within = address - start;
        let there = usize::try_from(len.checked_sub(within)?)
            .ok()?
            .min(bytes.len());
        if there == 0 {
            return None;
        }
        let read = self
            .core
            .file
            .read_exact_at(&mut bytes[..there], offset + within);
        read.is_ok().then_some(there)
    }

    /// What the program's file has there.
    fn of_file(&self, address: u64, bytes: &mut [u8]) -> Option<usize> {
        let bias = self.core.entry.wrapping_sub(self.image.entry());
        let found = self.image.tail(address.wrapping_sub(bias))?;
        let there = found.len().min(bytes.len());
        bytes.get_mut(..there)?.copy_from_slice(&found[..there]);
        Some(there).filter(|&there| there > 0)
    }
}

impl Memory for CoreMemory<'_, '_> {
    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), Unreadable> {
        let mut rest = bytes;
        let mut at = address;
        while !rest.is_empty() {
            let read = self
                .part(at, rest)
                .or_else(|| self.of_file(at, rest))
                .ok_or(Unreadable::Unmapped { address: at })?;
            at = at.wrapping_add(read as u64);
            rest = &mut rest[read..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_core_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        for bytes in [&b""[..], b"hello", &[0x7f; 100], &[0; 4096]] {
            std::fs::write(&path, bytes).expect("a file");
            let error = CoreFile::open(&path).expect_err("no core");
            assert!(matches!(error, CoreError::NoCore { .. }), "{error}");
        }
        let ours = std::env::current_exe().expect("we are a program");
        let error = CoreFile::open(&ours).expect_err("a program");
        assert!(error.to_string().contains("it is a program"), "{error}");
    }
}
