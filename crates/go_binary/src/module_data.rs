//! The runtime's description of the program (`runtime.moduledata`): where code and data are.

use crate::Error;
use crate::image::Image;
use crate::pclntab::{Found, Layout};

/// What of it matters here. All addresses are those in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModuleData {
    /// Where it stands.
    pub address: u64,
    /// Where the code of Go starts: the table of functions counts from here.
    pub text: u64,
    /// The address behind the code.
    pub text_end: u64,
    /// What the offsets of funcdata are added to (`go:func.*`).
    pub go_func: u64,
    /// What the offsets of types and of their names are added to; not known before Go 1.20.
    pub types: Option<u64>,
}

/// The offsets of fields; the slices of the table of functions come first in all releases.
mod field {
    pub(super) const NAMES: u64 = 8;
    pub(super) const TEXT: u64 = 176;
    pub(super) const TEXT_END: u64 = 184;
}

/// The offsets of `gofunc`. Go 1.20 put the counters of coverage before it, Go 1.27 a length
/// and two sizes of types and tables of interfaces.
const GO_FUNC_1_18: u64 = 304;
const GO_FUNC_1_20: u64 = 320;
const GO_FUNC_1_27: u64 = 344;
/// The offset of `types`.
const TYPES_1_20: u64 = 296;

impl ModuleData {
    pub(crate) fn find(image: &Image<'_>, table: &Found<'_>) -> Result<Self, Error> {
        // It starts with the address of the table of functions, and points into it.
        let by_name = image
            .section(b".go.module")
            .map(|section| section.address)
            .filter(|&address| image.word(address) == Some(table.address));
        by_name
            .into_iter()
            .chain(image.holders(table.address))
            .find_map(|address| Self::read(image, table, address))
            .ok_or(Error::NoModuleData)
    }

    fn read(image: &Image<'_>, table: &Found<'_>, address: u64) -> Option<Self> {
        let word = |offset| image.word(address.checked_add(offset)?);
        if word(field::NAMES)? != table.names_address() {
            return None;
        }
        let (text, text_end) = (word(field::TEXT)?, word(field::TEXT_END)?);
        if text >= text_end || image.tail(text).is_none() {
            return None;
        }
        let types = match table.layout() {
            Layout::Go118 => None,
            Layout::Go120 => Some(word(TYPES_1_20)?),
        };
        let go_func = match table.layout() {
            Layout::Go118 => word(GO_FUNC_1_18)?,
            Layout::Go120 => {
                // The release is not asked, since it can be missing: from Go 1.20 on the addresses of
                // the types' start and end follow each other at 296; Go 1.27 put a length, which is
                // smaller than any address, between them.
                let (start, next) = (word(TYPES_1_20)?, word(304)?);
                word(
                    if next >= start && image.tail(start).is_some() && next >= text {
                        GO_FUNC_1_20
                    } else {
                        GO_FUNC_1_27
                    },
                )?
            }
        };
        Some(Self {
            address,
            text,
            text_end,
            go_func,
            types,
        })
    }
}
