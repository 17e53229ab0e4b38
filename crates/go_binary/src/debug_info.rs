//! The runtime's structures as the debug information (DWARF) of a program describes them: for releases whose
//! layouts nobody has measured.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gimli::{AttributeValue, EndianSlice, LittleEndian, UnitOffset};
use thiserror::Error;

use crate::image::Image;
use crate::runtime_layout::{G, M, Panic, Record, RuntimeLayout};
use crate::version::Version;

/// Why the debug information does not tell the layout.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum DebugInfoError {
    /// There is none.
    #[error("the program has no debug information (it was linked with -w, or stripped)")]
    Missing,
    /// It contradicts itself.
    #[error("the debug information is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// The runtime has no such field.
    #[error("the runtime has no {structure}.{field} any more")]
    NoField {
        /// The structure.
        structure: &'static str,
        /// Its field.
        field: &'static str,
    },
}

impl From<gimli::Error> for DebugInfoError {
    fn from(error: gimli::Error) -> Self {
        Self::Damaged {
            what: error.to_string(),
        }
    }
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

const GOROUTINE: &str = "runtime.g";
const THREAD: &str = "runtime.m";
const SAVED: &str = "runtime.gobuf";
const RECORD: &str = "runtime._defer";
const PANIC: &str = "runtime._panic";

/// Where the fields of a structure are, and its size.
#[derive(Debug, Default)]
struct Structure {
    size: u64,
    fields: BTreeMap<Vec<u8>, u64>,
}

impl RuntimeLayout {
    /// Reads the layout from the debug information of a program, built by `release`.
    ///
    /// # Errors
    ///
    /// If there is no debug information, it is damaged, or a field is not where it has to be.
    pub fn read(image: &Image<'_>, release: Version) -> Result<Self, DebugInfoError> {
        let structures = structures(image)?;
        let at = |structure: &'static str, field: &'static str| {
            let found = structures.get(structure);
            let found = found.and_then(|found| found.fields.get(field.as_bytes()));
            found
                .copied()
                .ok_or(DebugInfoError::NoField { structure, field })
        };
        let size = |name: &str| structures.get(name).map_or(0, |found| found.size);
        let saved = at(GOROUTINE, "sched")?;
        let register = |name| Ok::<_, DebugInfoError>(saved + at(SAVED, name)?);
        if at(GOROUTINE, "stack")? != 0 {
            return Err(DebugInfoError::NoField {
                structure: GOROUTINE,
                field: "stack at its start",
            });
        }
        let ranged = at(RECORD, "rangefunc").ok();
        Ok(Self {
            since: release,
            g: G {
                size: size(GOROUTINE),
                panics: at(GOROUTINE, "_panic")?,
                defers: at(GOROUTINE, "_defer")?,
                m: at(GOROUTINE, "m")?,
                sched_sp: register("sp")?,
                sched_pc: register("pc")?,
                sched_bp: register("bp")?,
                syscall_sp: at(GOROUTINE, "syscallsp")?,
                syscall_pc: at(GOROUTINE, "syscallpc")?,
                syscall_bp: at(GOROUTINE, "syscallbp").ok(),
                status: at(GOROUTINE, "atomicstatus")?,
                id: at(GOROUTINE, "goid")?,
                wait_since: at(GOROUTINE, "waitsince")?,
                wait_reason: at(GOROUTINE, "waitreason")?,
                stops: at(GOROUTINE, "trackingSeq").ok(),
                go_pc: at(GOROUTINE, "gopc")?,
                start_pc: at(GOROUTINE, "startpc")?,
            },
            m: match (
                at(THREAD, "gsignal"),
                at(THREAD, "vdsoSP"),
                at(THREAD, "vdsoPC"),
            ) {
                (Ok(signals), Ok(vdso_sp), Ok(vdso_pc)) => Some(M {
                    signals,
                    vdso_sp,
                    vdso_pc,
                }),
                _ => None,
            },
            record: Record {
                size: size(RECORD),
                heap: at(RECORD, "heap")?,
                range_func: ranged,
                sp: at(RECORD, "sp")?,
                pc: at(RECORD, "pc")?,
                function: at(RECORD, "fn")?,
                link: at(RECORD, "link")?,
                head: match ranged {
                    Some(_) => Some(at(RECORD, "head")?),
                    None => None,
                },
                not_waiting: match (at(RECORD, "started"), at(RECORD, "openDefer")) {
                    (Ok(started), Ok(open)) => Some([started, open]),
                    _ => None,
                },
            },
            panic: Panic {
                size: size(PANIC),
                value: at(PANIC, "arg")?,
                link: at(PANIC, "link")?,
                recovered: at(PANIC, "recovered")?,
                goexit: at(PANIC, "goexit")?,
            },
        })
    }
}

/// The bytes of a section, which Go compresses.
fn section<'a>(image: &Image<'a>, name: &str) -> Result<Cow<'a, [u8]>, gimli::Error> {
    /// The header before compressed bytes: kind, size, alignment.
    const HEADER: usize = 24;
    /// No program that there is has more.
    const MOST: usize = 4 << 30;
    let Some(section) = image.section(name.as_bytes()) else {
        return Ok(Cow::Borrowed(&[]));
    };
    if !section.compressed {
        return Ok(Cow::Borrowed(section.data));
    }
    // What is unpacked may not be longer than its header says.
    let sizes = section.data.get(8..16).and_then(|size| size.first_chunk());
    let size = sizes.map_or(0, |size| u64::from_le_bytes(*size));
    let size = usize::try_from(size).unwrap_or(usize::MAX).min(MOST);
    let packed = section.data.get(HEADER..).unwrap_or_default();
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, size)
        .map(Cow::Owned)
        .map_err(|_| gimli::Error::Io)
}

/// The structures of the runtime that matter.
fn structures(image: &Image<'_>) -> Result<BTreeMap<&'static str, Structure>, DebugInfoError> {
    if !image.linkage().dwarf {
        return Err(DebugInfoError::Missing);
    }
    let wanted = [GOROUTINE, THREAD, SAVED, RECORD, PANIC];
    let sections = gimli::DwarfSections::load(|id| section(image, id.name()))?;
    let dwarf = sections.borrow(|bytes| EndianSlice::new(bytes, LittleEndian));
    let mut found = BTreeMap::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let mut tree = unit.entries_tree(None::<UnitOffset>)?;
        let mut children = tree.root()?.children();
        while let Some(child) = children.next()? {
            let entry = child.entry();
            if entry.tag() != gimli::DW_TAG_structure_type {
                continue;
            }
            let name = name(&dwarf, &unit, entry)?;
            let Some(name) = wanted
                .into_iter()
                .find(|wanted| name.as_deref() == Some(wanted.as_bytes()))
            else {
                continue;
            };
            let mut structure = Structure {
                size: number(entry, gimli::DW_AT_byte_size).unwrap_or(0),
                fields: BTreeMap::new(),
            };
            let mut members = child.children();
            while let Some(member) = members.next()? {
                let member = member.entry();
                let at = number(member, gimli::DW_AT_data_member_location);
                if let (Some(field), Some(at)) = (self::name(&dwarf, &unit, member)?, at) {
                    structure.fields.insert(field, at);
                }
            }
            found.insert(name, structure);
        }
        if found.len() == wanted.len() {
            break;
        }
    }
    Ok(found)
}

fn name(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    unit: &gimli::Unit<Slice<'_>>,
    entry: &gimli::DebuggingInformationEntry<Slice<'_>>,
) -> Result<Option<Vec<u8>>, gimli::Error> {
    let Some(value) = entry.attr_value(gimli::DW_AT_name) else {
        return Ok(None);
    };
    let name = dwarf.attr_string(unit, value)?;
    Ok(Some(name.slice().to_vec()))
}

fn number(entry: &gimli::DebuggingInformationEntry<Slice<'_>>, what: gimli::DwAt) -> Option<u64> {
    match entry.attr_value(what)? {
        AttributeValue::Sdata(value) => u64::try_from(value).ok(),
        value => value.udata_value(),
    }
}
