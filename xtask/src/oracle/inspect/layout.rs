//! The offsets of the runtime's structures that `go_binary` ships, against the DWARF of a program.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use gimli::{AttributeValue, EndianSlice, LittleEndian, UnitOffset};
use go_binary::{Binary, Image, RuntimeLayout};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// Where the fields of a structure are, and its size.
#[derive(Debug, Default)]
struct Structure {
    size: u64,
    fields: BTreeMap<String, u64>,
}

/// Says where the layout for the program's release is wrong; nothing when it is right.
pub(super) fn check(program: &Binary<'_>) -> Result<Vec<String>> {
    let Some(layout) = RuntimeLayout::of(program.version()) else {
        return Ok(vec![format!("no layout of Go {}", program.version())]);
    };
    let fields = layout.fields();
    let wanted: Vec<&str> = fields.iter().map(|(structure, ..)| *structure).collect();
    let structures = structures(program.image(), &wanted)?;
    let mut wrong = Vec::new();
    for (name, field, offset) in fields {
        let truth = structures.get(name).and_then(|s| s.fields.get(field));
        if truth != Some(&offset) {
            wrong.push(format!("{name}.{field} is at {truth:?}, not at {offset}"));
        }
    }
    for (name, size) in layout.sizes() {
        let truth = structures.get(name).map(|structure| structure.size);
        if truth != Some(size) {
            wrong.push(format!("{name} has {truth:?} bytes, not {size}"));
        }
    }
    Ok(wrong)
}

/// The bytes of a section of DWARF, which Go compresses.
fn section<'a>(image: &Image<'a>, name: &str) -> Result<Cow<'a, [u8]>> {
    /// The header before compressed bytes: kind, size, alignment.
    const HEADER: usize = 24;
    let Some(section) = image.section(name.as_bytes()) else {
        return Ok(Cow::Borrowed(&[]));
    };
    // Sections of DWARF start with a length or a code; 1 and 0 is zlib.
    let is_compressed = section.compressed && section.data.len() > HEADER;
    if !is_compressed {
        return Ok(Cow::Borrowed(section.data));
    }
    miniz_oxide::inflate::decompress_to_vec_zlib(&section.data[HEADER..])
        .map(Cow::Owned)
        .ok()
        .with_context(|| format!("unpacking {name}"))
}

/// The structures with these names.
fn structures(image: &Image<'_>, wanted: &[&str]) -> Result<BTreeMap<String, Structure>> {
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
            let Some(name) = name(&dwarf, &unit, entry)? else {
                continue;
            };
            if !wanted.contains(&name.as_str()) {
                continue;
            }
            let mut structure = Structure {
                size: number(entry, gimli::DW_AT_byte_size),
                fields: BTreeMap::new(),
            };
            let mut members = child.children();
            while let Some(member) = members.next()? {
                let member = member.entry();
                if let Some(field) = self::name(&dwarf, &unit, member)? {
                    let at = number(member, gimli::DW_AT_data_member_location);
                    structure.fields.insert(field, at);
                }
            }
            found.insert(name, structure);
        }
        if wanted.iter().all(|name| found.contains_key(*name)) {
            return Ok(found);
        }
    }
    bail!("the program's DWARF has not all of {wanted:?}")
}

fn name(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    unit: &gimli::Unit<Slice<'_>>,
    entry: &gimli::DebuggingInformationEntry<Slice<'_>>,
) -> Result<Option<String>> {
    let Some(value) = entry.attr_value(gimli::DW_AT_name) else {
        return Ok(None);
    };
    let name = dwarf.attr_string(unit, value)?;
    Ok(Some(name.to_string_lossy().into_owned()))
}

fn number(entry: &gimli::DebuggingInformationEntry<Slice<'_>>, what: gimli::DwAt) -> u64 {
    match entry.attr_value(what) {
        Some(AttributeValue::Sdata(value)) => value.cast_unsigned(),
        Some(value) => value.udata_value().unwrap_or(u64::MAX),
        None => u64::MAX,
    }
}
