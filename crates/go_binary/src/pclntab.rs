//! The table of functions that the runtime unwinds stacks with (pclntab), Go 1.18 and later.
//!
//! Layout, as read in `runtime/symtab.go` and held against the releases in `oracle/inspect.md`:
//! a header with offsets; names; files by compilation unit; tables from code to numbers; and for each
//! function a record with arrays of offsets behind it. Nothing is copied: everything is looked up
//! in the bytes, and what lies outside of them is `None`.

use crate::image::{Arch, Image};
use crate::varint;
use crate::{Error, ModuleData};

/// The first bytes of a table, by release.
const MAGIC_1_20: u32 = 0xffff_fff1;
const MAGIC_1_18: u32 = 0xffff_fff0;
const MAGIC_1_16: u32 = 0xffff_fffa;
const MAGIC_1_2: u32 = 0xffff_fffb;

/// A function cannot have more arrays behind its record than these.
const MAX_PCDATA: u32 = 64;

/// Which table of a function tells numbers for its instructions (`PCDATA_…` of `internal/abi`).
pub mod pcdata {
    /// The innermost inlined call that an instruction belongs to.
    pub const INLINE_TREE_INDEX: u32 = 2;
}

/// Which data of a function is meant (`FUNCDATA_…` of `internal/abi`).
pub mod funcdata {
    /// The calls that were inlined into it.
    pub const INLINE_TREE: u32 = 3;
    /// Where its open-coded defers are on the stack.
    pub const OPEN_CODED_DEFERS: u32 = 4;
}

/// How the records of a table look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// Go 1.18 and 1.19: no start line in the record, file and line in the inline tree.
    Go118,
    /// Go 1.20 and later.
    Go120,
}

/// The number of a function in its table: they are sorted by address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FuncId(pub u32);

/// Where a table is, before it is known where the code is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) address: u64,
    pub(crate) data: &'a [u8],
    layout: Layout,
    count: u32,
    offsets: [usize; 5],
}

/// The table of functions of a program.
#[derive(Clone, Copy, Debug)]
pub struct FunctionTable<'a> {
    layout: Layout,
    quantum: u64,
    text: u64,
    text_end: u64,
    go_func: u64,
    names: &'a [u8],
    units: &'a [u8],
    files: &'a [u8],
    values: &'a [u8],
    functions: &'a [u8],
    count: u32,
}

/// The record of one function.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its number.
    pub id: FuncId,
    /// The address of its first instruction.
    pub entry: u64,
    /// The address behind it: where the next one starts.
    pub end: u64,
    /// Its name, as it stands in stack traces: `net/http.(*conn).serve.func1`.
    pub name: &'a str,
    /// The line of the word `func`; of what it stands for if the compiler made it up. Not there before
    /// Go 1.20.
    pub start_line: Option<u32>,
    /// Where in it the runtime goes on after a panic was recovered; 0 when it has no defers.
    pub deferreturn: u32,
    /// `FuncID` of `internal/abi`; its numbers change with releases.
    pub func_id: u8,
    /// It was written in assembler.
    pub assembly: bool,
    pcsp: u32,
    pcfile: u32,
    pcln: u32,
    unit: u32,
    pcdata: &'a [u8],
    funcdata: &'a [u8],
}

impl<'a> Found<'a> {
    /// Finds the table by its section, or by its first bytes.
    pub(crate) fn find(image: &Image<'a>) -> Result<Self, Error> {
        let mut error = Error::NoFunctionTable;
        for name in [&b".gopclntab"[..], b".data.rel.ro.gopclntab"] {
            if let Some(section) = image.section(name) {
                match Self::read(section.address, section.data) {
                    Ok(found) => return Ok(found),
                    Err(other) => error = other,
                }
            }
        }
        for magic in [MAGIC_1_20, MAGIC_1_18] {
            let [a, b, c, d] = magic.to_le_bytes();
            let quantum = image.arch().quantum().to_le_bytes()[0];
            let needle = [a, b, c, d, 0, 0, quantum, 8];
            for segment in image.segments() {
                for at in memchr::memmem::find_iter(segment.data, &needle) {
                    let address = segment.address + at as u64;
                    if address.is_multiple_of(8)
                        && let Ok(found) = Self::read(address, &segment.data[at..])
                    {
                        return Ok(found);
                    }
                }
            }
        }
        Err(error)
    }

    fn read(address: u64, data: &'a [u8]) -> Result<Self, Error> {
        let damaged = |what| Error::FunctionTable { what };
        let magic = u32_at(data, 0).ok_or(damaged("it is empty"))?;
        let layout = match magic {
            MAGIC_1_20 => Layout::Go120,
            MAGIC_1_18 => Layout::Go118,
            MAGIC_1_16 => {
                return Err(Error::OldFunctionTable {
                    release: "1.16 or 1.17",
                });
            }
            MAGIC_1_2 => {
                return Err(Error::OldFunctionTable {
                    release: "1.2 to 1.15",
                });
            }
            _ => return Err(damaged("it does not start with its mark")),
        };
        if data.get(7) != Some(&8) {
            return Err(damaged("it is not for 64-bit addresses"));
        }
        let word = |at: usize| {
            let bytes = data.get(at..)?.first_chunk()?;
            usize::try_from(u64::from_le_bytes(*bytes)).ok()
        };
        let count = word(8).ok_or(damaged("its header is cut off"))?;
        let mut offsets = [0; 5];
        for (offset, at) in offsets.iter_mut().zip([32, 40, 48, 56, 64]) {
            *offset = word(at)
                .filter(|&offset| offset < data.len())
                .ok_or(damaged("a part of it lies outside of it"))?;
        }
        if !offsets.is_sorted() {
            return Err(damaged("its parts are not in their order"));
        }
        // An offset and a record for each function, and the end of the last.
        let room = (data.len() - offsets[4]) / 8;
        let count = u32::try_from(count)
            .ok()
            .filter(|&count| count > 0 && (count as usize) < room)
            .ok_or(damaged("it has no room for its functions"))?;
        Ok(Self {
            address,
            data,
            layout,
            count,
            offsets,
        })
    }

    /// Where the names are: moduledata points there, which is how it is recognised.
    pub(crate) const fn names_address(&self) -> u64 {
        self.address.wrapping_add(self.offsets[0] as u64)
    }

    /// How its records look.
    pub(crate) const fn layout(&self) -> Layout {
        self.layout
    }

    /// The table, now that it is known where the code is.
    pub(crate) fn with(self, arch: Arch, module: &ModuleData) -> Result<FunctionTable<'a>, Error> {
        let [names, units, files, values, functions] = self.offsets;
        let table = FunctionTable {
            layout: self.layout,
            quantum: arch.quantum(),
            text: module.text,
            text_end: module.text_end,
            go_func: module.go_func,
            names: &self.data[names..units],
            units: &self.data[units..files],
            files: &self.data[files..values],
            values: &self.data[values..functions],
            functions: &self.data[functions..],
            count: self.count,
        };
        // Functions that overlap would make the work on a damaged table grow with its square.
        if !(0..=self.count).map(|id| table.entry(id)).is_sorted() {
            return Err(Error::FunctionTable {
                what: "its functions are not in the order of their addresses",
            });
        }
        Ok(table)
    }
}

impl<'a> FunctionTable<'a> {
    /// How its records look.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// How many functions there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All functions whose records make sense, by address.
    pub fn iter(&self) -> impl Iterator<Item = Function<'a>> {
        (0..self.count).filter_map(|id| self.function(FuncId(id)))
    }

    /// The function with this number.
    #[must_use]
    pub fn function(&self, id: FuncId) -> Option<Function<'a>> {
        if id.0 >= self.count {
            return None;
        }
        let at = id.0 as usize * 8;
        let entry = self.entry(id.0)?;
        let end = self.entry(id.0 + 1)?;
        if end < entry || entry < self.text || end > self.text_end {
            return None;
        }
        let record = self
            .functions
            .get(u32_at(self.functions, at + 4)? as usize..)?;
        let tail = match self.layout {
            Layout::Go118 => 36,
            Layout::Go120 => 40,
        };
        let flags: &[u8; 4] = record.get(tail..)?.first_chunk()?;
        let arrays = record.get(tail + 4..)?;
        let pcdata_count = u32_at(record, 28)?;
        if pcdata_count > MAX_PCDATA {
            return None;
        }
        let (pcdata, arrays) = arrays.split_at_checked(pcdata_count as usize * 4)?;
        let funcdata = arrays.get(..usize::from(flags[3]) * 4)?;
        Some(Function {
            id,
            entry,
            end,
            name: string_at(self.names, u32_at(record, 4)? as usize)?,
            start_line: match self.layout {
                Layout::Go118 => None,
                Layout::Go120 => Some(u32_at(record, 36)?),
            },
            deferreturn: u32_at(record, 12)?,
            func_id: flags[0],
            assembly: flags[1] & 4 != 0,
            pcsp: u32_at(record, 16)?,
            pcfile: u32_at(record, 20)?,
            pcln: u32_at(record, 24)?,
            unit: u32_at(record, 32)?,
            pcdata,
            funcdata,
        })
    }

    fn entry(&self, id: u32) -> Option<u64> {
        let offset = u32_at(self.functions, id as usize * 8)?;
        self.text.checked_add(u64::from(offset))
    }

    /// The function that the instruction at `pc` belongs to.
    #[must_use]
    pub fn at(&self, pc: u64) -> Option<Function<'a>> {
        let offset = u32::try_from(pc.checked_sub(self.text)?).ok()?;
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if u32_at(self.functions, middle as usize * 8)? <= offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let found = self.function(FuncId(low.checked_sub(1)?))?;
        (pc < found.end).then_some(found)
    }

    /// The name at an offset into the names.
    #[must_use]
    pub fn name(&self, offset: u32) -> Option<&'a str> {
        string_at(self.names, offset as usize)
    }

    /// How far the stack pointer is below its value on entry, by instruction.
    #[must_use]
    pub fn stack_deltas(&self, function: &Function<'a>) -> Values<'a> {
        self.values(function, function.pcsp)
    }

    /// The lines of the instructions.
    #[must_use]
    pub fn lines(&self, function: &Function<'a>) -> Values<'a> {
        self.values(function, function.pcln)
    }

    /// The files of the instructions, to be given to [`Self::file`].
    #[must_use]
    pub fn files(&self, function: &Function<'a>) -> Values<'a> {
        self.values(function, function.pcfile)
    }

    /// One of the tables in [`pcdata`]; empty when the function does not have it.
    #[must_use]
    pub fn pcdata(&self, function: &Function<'a>, which: u32) -> Values<'a> {
        let offset = u32_at(function.pcdata, which as usize * 4).unwrap_or(0);
        self.values(function, offset)
    }

    /// The address of the data that [`funcdata`] names.
    #[must_use]
    pub fn funcdata(&self, function: &Function<'a>, which: u32) -> Option<u64> {
        match u32_at(function.funcdata, which as usize * 4)? {
            u32::MAX => None,
            offset => self.go_func.checked_add(u64::from(offset)),
        }
    }

    /// The path of a file that an instruction of `function` comes from.
    #[must_use]
    pub fn file(&self, function: &Function<'a>, file: i32) -> Option<&'a str> {
        let index = function.unit.checked_add(u32::try_from(file).ok()?)?;
        match u32_at(self.units, (index as usize).checked_mul(4)?)? {
            u32::MAX => None,
            offset => string_at(self.files, offset as usize),
        }
    }

    fn values(&self, function: &Function<'_>, offset: u32) -> Values<'a> {
        let data = match offset {
            // Offset 0 stands for no table.
            0 => &[],
            _ => self.values.get(offset as usize..).unwrap_or_default(),
        };
        Values {
            data,
            pc: function.entry,
            end: function.end,
            value: -1,
            quantum: self.quantum,
            first: true,
        }
    }
}

/// A run of instructions that share a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The address of the first.
    pub start: u64,
    /// The address behind the last.
    pub end: u64,
    /// Their number; -1 often stands for none.
    pub value: i32,
}

/// The runs of a function, by address. What does not make sense ends them.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    data: &'a [u8],
    pc: u64,
    end: u64,
    value: i32,
    quantum: u64,
    first: bool,
}

impl Values<'_> {
    /// The number of the instruction at `pc`.
    #[must_use]
    pub fn at(mut self, pc: u64) -> Option<i32> {
        self.find(|run| pc < run.end)
            .filter(|run| run.start <= pc)
            .map(|run| run.value)
    }
}

impl Iterator for Values<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        if self.pc >= self.end {
            return None;
        }
        let change = varint::unsigned32(&mut self.data)?;
        if change == 0 && !self.first {
            self.data = &[];
            return None;
        }
        self.first = false;
        self.value = self.value.wrapping_add(varint::unfold(change));
        let steps = varint::unsigned32(&mut self.data)?;
        let start = self.pc;
        // A run without instructions would let a damaged table go on for ever.
        if steps == 0 {
            self.data = &[];
            return None;
        }
        self.pc = start
            .saturating_add(u64::from(steps) * self.quantum)
            .min(self.end);
        Some(Run {
            start,
            end: self.pc,
            value: self.value,
        })
    }
}

pub(crate) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

/// The text up to the next zero.
fn string_at(data: &[u8], at: usize) -> Option<&str> {
    let rest = data.get(at..)?;
    let end = memchr::memchr(0, rest)?;
    std::str::from_utf8(&rest[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(data: &[u8], size: u64) -> Vec<(u64, u64, i32)> {
        let values = Values {
            data,
            pc: 100,
            end: 100 + size,
            value: -1,
            quantum: 4,
            first: true,
        };
        values.map(|run| (run.start, run.end, run.value)).collect()
    }

    #[test]
    fn runs_are_read_until_their_end() {
        // -1 + 1 for three instructions, + 5 for one, end.
        let table = [2, 3, 10, 1, 0, 99];
        assert_eq!(values(&table, 100), [(100, 112, 0), (112, 116, 5)]);
        assert_eq!(values(&table, 4), [(100, 104, 0)], "not past the function");
        assert_eq!(values(&table[..3], 100), [(100, 112, 0)], "cut off");
        assert_eq!(
            values(&[0, 2, 0], 100),
            [(100, 108, -1)],
            "the first may be 0"
        );
        assert_eq!(values(&[2, 0, 2, 0], 100), [], "a run of nothing");
    }
}
