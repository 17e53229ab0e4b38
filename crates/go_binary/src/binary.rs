//! A Go program as a whole: its tables found, and questions about instructions answered.

use crate::Error;
use crate::build_info::BuildInfo;
use crate::code;
use crate::image::Image;
use crate::inline::{self, Frame};
use crate::module_data::ModuleData;
use crate::open_defers::OpenDefers;
use crate::pclntab::{Found, Function, FunctionTable, Layout, funcdata};
use crate::version::Version;

/// A Go program.
#[derive(Debug)]
pub struct Binary<'a> {
    image: Image<'a>,
    build: Option<BuildInfo>,
    version: Version,
    module: ModuleData,
    table: FunctionTable<'a>,
}

impl<'a> Binary<'a> {
    /// The newest release whose layouts are known.
    pub const NEWEST: Version = Version::new(27);

    /// Finds the tables of a program.
    ///
    /// # Errors
    ///
    /// If it is no ELF file for a machine that is known, was not made by Go 1.18 or later, or is damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let image = Image::parse(bytes)?;
        let found = Found::find(&image)?;
        let module = ModuleData::find(&image, &found)?;
        let build = BuildInfo::find(&image);
        let version = build
            .as_ref()
            .and_then(BuildInfo::version)
            .unwrap_or(match found.layout() {
                Layout::Go118 => Version::new(18),
                Layout::Go120 => Self::NEWEST,
            });
        let table = found.with(image.arch(), &module)?;
        Ok(Self {
            image,
            build,
            version,
            module,
            table,
        })
    }

    /// The file as the loader sees it.
    #[must_use]
    pub const fn image(&self) -> &Image<'a> {
        &self.image
    }

    /// What `go build` wrote about itself; nothing where that was removed.
    #[must_use]
    pub const fn build_info(&self) -> Option<&BuildInfo> {
        self.build.as_ref()
    }

    /// The release whose layouts are used: that of [`Self::build_info`], or else a guess.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Where code and data are.
    #[must_use]
    pub const fn module_data(&self) -> &ModuleData {
        &self.module
    }

    /// The table of functions.
    #[must_use]
    pub const fn functions(&self) -> &FunctionTable<'a> {
        &self.table
    }

    /// The function called `name`, as it stands in stack traces. This looks through all of them.
    #[must_use]
    pub fn function_named(&self, name: &str) -> Option<Function<'a>> {
        self.table.iter().find(|function| function.name == name)
    }

    /// The code of a function.
    #[must_use]
    pub fn code(&self, function: &Function<'_>) -> &'a [u8] {
        usize::try_from(function.end - function.entry)
            .ok()
            .and_then(|len| self.image.bytes(function.entry, len))
            .unwrap_or_default()
    }

    /// The frames at the instruction at `pc`, the innermost first: what was inlined, and at last the
    /// function itself. For a return address give the address before it. Empty where there is no Go code.
    #[must_use]
    pub fn frames_at(&self, pc: u64) -> Vec<Frame<'a>> {
        self.table.at(pc).map_or_else(Vec::new, |function| {
            inline::frames_at(&self.image, &self.table, &function, pc)
        })
    }

    /// The frames at an instruction of a function that is known already.
    #[must_use]
    pub fn frames_in(&self, function: &Function<'a>, pc: u64) -> Vec<Frame<'a>> {
        inline::frames_at(&self.image, &self.table, function, pc)
    }

    /// How far the stack pointer is below its value on entry when the instruction at `pc` starts. The
    /// caller's frame begins there: above the return address on amd64 (8 more bytes), right there on arm64.
    #[must_use]
    pub fn stack_delta(&self, function: &Function<'a>, pc: u64) -> Option<i32> {
        self.table.stack_deltas(function).at(pc)
    }

    /// The file and the line of the function's declaration, as far as they are known.
    #[must_use]
    pub fn declared_at(&self, function: &Function<'a>) -> Option<(&'a str, u32)> {
        let (file, line) = inline::position(&self.table, function, function.entry)?;
        Some((file, function.start_line.unwrap_or(line)))
    }

    /// Where the open-coded defers of a function are on its stack, if it has such.
    #[must_use]
    pub fn open_defers(&self, function: &Function<'a>) -> Option<OpenDefers> {
        let address = self.table.funcdata(function, funcdata::OPEN_CODED_DEFERS)?;
        OpenDefers::read(self.image.tail(address)?, self.version)
    }

    /// Where the runtime keeps its list of all goroutines: the addresses of `runtime.allglen` and of
    /// `runtime.allgptr`. Read from the code of `runtime.forEachGRace`, which is in every program and needs no
    /// table of symbols.
    #[must_use]
    pub fn goroutine_list(&self) -> Option<(u64, u64)> {
        let function = self.function_named("runtime.forEachGRace")?;
        let loads = code::loads(self.image.arch(), self.code(&function), function.entry);
        let [length, first, ..] = loads[..] else {
            return None;
        };
        Some((length, first))
    }

    /// The function that a closure calls whose first word is at `address`.
    #[must_use]
    pub fn closure_at(&self, address: u64) -> Option<Function<'a>> {
        let entry = self.image.word(address)?;
        self.table.at(entry).filter(|f| f.entry == entry)
    }
}
