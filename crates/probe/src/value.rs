//! The value of a panic in words: its type, and its text where it is a string or an error that only holds one.

use crate::memory::Copied;
use crate::pending::PanicWords;
use crate::target::Target;

/// `abi.Type`, in all releases that are known here.
mod field {
    pub(super) const FLAGS: u64 = 20;
    pub(super) const KIND: u64 = 23;
    pub(super) const NAME: u64 = 40;
}

/// The name has a star in front that does not belong to it.
const EXTRA_STAR: u8 = 1 << 1;
/// Other bits of the kind are flags.
const KIND_MASK: u8 = 31;
const INT: u8 = 2;
const STRING: u8 = 24;
const LONGEST: usize = 200;

/// Shows a value as far as it is known how.
pub(crate) fn shown(target: &Target<'_>, memory: &Copied<'_>, panic: &PanicWords) -> String {
    let address = panic.value_type;
    if address == 0 {
        return "nil".to_owned();
    }
    let Some(name) = type_name(target, memory, address) else {
        return "?".to_owned();
    };
    let kind = memory
        .byte(address.wrapping_add(field::KIND))
        .map_or(0, |kind| kind & KIND_MASK);
    let text = match (kind, name.as_str()) {
        (STRING, _) | (_, "*errors.errorString" | "*fmt.wrapError" | "*fmt.fmtError") => {
            text(memory, panic.value)
        }
        (INT, _) => memory
            .word(panic.value)
            .map(|number| number.cast_signed().to_string()),
        _ => None,
    };
    match text {
        Some(text) if kind == INT => format!("{name} {text}"),
        Some(text) => format!("{name} {text:?}"),
        None => name,
    }
}

fn type_name(target: &Target<'_>, memory: &Copied<'_>, address: u64) -> Option<String> {
    let types = target
        .binary()
        .module_data()
        .types?
        .wrapping_add(target.bias);
    let bytes = memory.copy(address.checked_add(field::NAME)?, 4)?;
    let offset = u32::from_le_bytes(*bytes.first_chunk()?);
    // A byte of flags, the length in one or two bytes, the text.
    let name = types.checked_add(u64::from(offset))?;
    let first = memory.byte(name + 1)?;
    let (len, text) = if first < 0x80 {
        (usize::from(first), name + 2)
    } else {
        let second = memory.byte(name + 2)?;
        (
            usize::from(first & 0x7f) | usize::from(second) << 7,
            name + 3,
        )
    };
    let text = String::from_utf8(memory.copy(text, len.min(LONGEST))?).ok()?;
    let star = memory.byte(address + field::FLAGS)? & EXTRA_STAR != 0;
    Some(match text.strip_prefix('*') {
        Some(rest) if star => rest.to_owned(),
        _ => text,
    })
}

fn text(memory: &Copied<'_>, at: u64) -> Option<String> {
    let (data, len) = (memory.word(at)?, memory.word(at.checked_add(8)?)?);
    let len = usize::try_from(len).ok()?;
    let bytes = memory.copy(data, len.min(LONGEST))?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if len > LONGEST {
        text.push('…');
    }
    Some(text)
}
