//! Numbers of variable length, seven bits to the byte, the lowest first.

/// Reads a number of at most 64 bits, and moves on.
pub(crate) fn unsigned(data: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = data.split_first()?;
        *data = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Reads a number of at most 32 bits, as the tables of functions have them.
pub(crate) fn unsigned32(data: &mut &[u8]) -> Option<u32> {
    u32::try_from(unsigned(data)?).ok()
}

/// The signed number that Go folds into an unsigned one.
pub(crate) const fn unfold(value: u32) -> i32 {
    ((value >> 1) as i32) ^ -((value & 1) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_bounded() {
        assert_eq!(unsigned(&mut &[0x96, 0x01][..]), Some(150));
        assert_eq!(unsigned(&mut &[0x80][..]), None);
        assert_eq!(unsigned(&mut &[0xff; 20][..]), None);
        assert_eq!(unsigned32(&mut &[0xff, 0xff, 0xff, 0xff, 0x7f][..]), None);
        assert_eq!([0, 1, 2, 3].map(unfold), [0, -1, 1, -2]);
    }
}
