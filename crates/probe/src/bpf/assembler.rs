//! An assembler for the kernel's BPF machine: one method for each kind of instruction, labels for jumps.
//!
//! It knows the encoding and nothing of what programs are for. With it, no compiler is needed for them:
//! neither to build deferscope nor where it runs.

/// A register. The numbers are the kernel's: [`R0`] has results, [`R1`] to [`R5`] are arguments and do not
/// outlive calls, [`R6`] to [`R9`] do, [`FP`] is the end of the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Register(u8);

pub const R0: Register = Register(0);
pub const R1: Register = Register(1);
pub const R2: Register = Register(2);
pub const R3: Register = Register(3);
pub const R4: Register = Register(4);
pub const R5: Register = Register(5);
pub const R6: Register = Register(6);
pub const R7: Register = Register(7);
pub const R8: Register = Register(8);
pub const R9: Register = Register(9);
pub const FP: Register = Register(10);

/// The width of a load or a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    Word,
    Double,
}

impl Width {
    const fn bits(self) -> u8 {
        match self {
            Self::Word => 0x00,
            Self::Double => 0x18,
        }
    }
}

/// An operation on 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Or,
    And,
    ShiftLeft,
    ShiftRight,
    Move,
}

impl Op {
    const fn bits(self) -> u8 {
        match self {
            Self::Add => 0x00,
            Self::Sub => 0x10,
            Self::Mul => 0x20,
            Self::Div => 0x30,
            Self::Or => 0x40,
            Self::And => 0x50,
            Self::ShiftLeft => 0x60,
            Self::ShiftRight => 0x70,
            Self::Move => 0xb0,
        }
    }
}

/// What makes a jump happen; numbers are without a sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum If {
    Equal,
    Greater,
    GreaterOrEqual,
    NotEqual,
    Less,
    /// The numbers have a sign.
    SignedLess,
}

impl If {
    const fn bits(self) -> u8 {
        match self {
            Self::Equal => 0x10,
            Self::Greater => 0x20,
            Self::GreaterOrEqual => 0x30,
            Self::NotEqual => 0x50,
            Self::Less => 0xa0,
            Self::SignedLess => 0xc0,
        }
    }
}

/// A place in the program that jumps go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(usize);

/// What is wrong with a program before the kernel sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AssemblyError {
    /// A label was used and never placed.
    #[error("a jump goes to a label that was never placed")]
    Unplaced,
    /// A jump is longer than an instruction can say.
    #[error("a jump is too far for one instruction")]
    TooFar,
}

/// A program that is being written.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    code: Vec<u64>,
    labels: Vec<Option<usize>>,
    jumps: Vec<(usize, Label)>,
}

const CLASS_LOAD_IMMEDIATE: u8 = 0x18;
const CLASS_LOAD: u8 = 0x61;
const CLASS_STORE_IMMEDIATE: u8 = 0x62;
const CLASS_STORE: u8 = 0x63;
const CLASS_JUMP: u8 = 0x05;
const CLASS_ARITHMETIC: u8 = 0x07;
const ATOMIC: u8 = 0xdb;
const FROM_REGISTER: u8 = 0x08;
const CALL: u8 = 0x85;
const EXIT: u8 = 0x95;
/// The immediate of a 64-bit load is the descriptor of a map.
const PSEUDO_MAP: u8 = 1;

impl Assembler {
    /// A program without instructions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn emit(&mut self, code: u8, to: Register, from: u8, offset: i16, immediate: i32) {
        let registers = to.0 | from << 4;
        let word = u64::from(code)
            | u64::from(registers) << 8
            | u64::from(offset.cast_unsigned()) << 16
            | u64::from(immediate.cast_unsigned()) << 32;
        self.code.push(word);
    }

    /// `to = to OP number`
    pub fn number(&mut self, op: Op, to: Register, number: i32) {
        self.emit(CLASS_ARITHMETIC | op.bits(), to, 0, 0, number);
    }

    /// `to = to OP from`
    pub fn register(&mut self, op: Op, to: Register, from: Register) {
        let code = CLASS_ARITHMETIC | op.bits() | FROM_REGISTER;
        self.emit(code, to, from.0, 0, 0);
    }

    /// `to = number`, all 64 bits of it.
    pub fn wide(&mut self, to: Register, number: u64) {
        self.load_immediate(to, 0, number);
    }

    /// `to` is the map whose descriptor is given.
    pub fn map(&mut self, to: Register, descriptor: i32) {
        self.load_immediate(to, PSEUDO_MAP, u64::from(descriptor.cast_unsigned()));
    }

    fn load_immediate(&mut self, to: Register, kind: u8, number: u64) {
        let [low, high] = [number, number >> 32].map(|half| {
            let [a, b, c, d, ..] = half.to_le_bytes();
            i32::from_le_bytes([a, b, c, d])
        });
        self.emit(CLASS_LOAD_IMMEDIATE, to, kind, 0, low);
        self.emit(0, Register(0), 0, 0, high);
    }

    /// `to = [from + offset]`
    pub fn load(&mut self, width: Width, to: Register, from: Register, offset: i16) {
        self.emit(CLASS_LOAD | width.bits(), to, from.0, offset, 0);
    }

    /// `[to + offset] = from`
    pub fn store(&mut self, width: Width, to: Register, offset: i16, from: Register) {
        self.emit(CLASS_STORE | width.bits(), to, from.0, offset, 0);
    }

    /// `[to + offset] = number`
    pub fn store_number(&mut self, width: Width, to: Register, offset: i16, number: i32) {
        self.emit(CLASS_STORE_IMMEDIATE | width.bits(), to, 0, offset, number);
    }

    /// `[to + offset] += from`, 64 bits at once.
    pub fn add_at(&mut self, to: Register, offset: i16, from: Register) {
        self.emit(ATOMIC, to, from.0, offset, 0);
    }

    /// Calls a helper of the kernel by its number.
    pub fn call(&mut self, helper: i32) {
        self.emit(CALL, R0, 0, 0, helper);
    }

    /// Ends the program with the result in [`R0`].
    pub fn exit(&mut self) {
        self.emit(EXIT, R0, 0, 0, 0);
    }

    /// A label, to be placed once.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The label is here.
    pub fn place(&mut self, label: Label) {
        if let Some(at) = self.labels.get_mut(label.0) {
            *at = Some(self.code.len());
        }
    }

    /// A jump whose distance is filled in when the program is finished.
    fn emit_jump(&mut self, code: u8, left: Register, right: u8, number: i32, label: Label) {
        self.jumps.push((self.code.len(), label));
        self.emit(CLASS_JUMP | code, left, right, 0, number);
    }

    /// Goes on at the label.
    pub fn jump(&mut self, label: Label) {
        self.emit_jump(0, R0, 0, 0, label);
    }

    /// Goes on at the label if `left` compares so with a number.
    pub fn jump_if(&mut self, condition: If, left: Register, number: i32, label: Label) {
        self.emit_jump(condition.bits(), left, 0, number, label);
    }

    /// Goes on at the label if `left` compares so with `right`.
    pub fn jump_if_register(
        &mut self,
        condition: If,
        left: Register,
        right: Register,
        label: Label,
    ) {
        let code = condition.bits() | FROM_REGISTER;
        self.emit_jump(code, left, right.0, 0, label);
    }

    /// The program, as the kernel takes it.
    ///
    /// # Errors
    ///
    /// If a jump has nowhere to go.
    pub fn finish(mut self) -> Result<Vec<u64>, AssemblyError> {
        for &(at, label) in &self.jumps {
            let target = self.labels.get(label.0).copied().flatten();
            let target = target.ok_or(AssemblyError::Unplaced)?;
            let distance = target as i64 - (at as i64 + 1);
            let distance = i16::try_from(distance).map_err(|_| AssemblyError::TooFar)?;
            if let Some(word) = self.code.get_mut(at) {
                *word |= u64::from(distance.cast_unsigned()) << 16;
            }
        }
        Ok(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(write: impl FnOnce(&mut Assembler)) -> Vec<[u8; 8]> {
        let mut assembler = Assembler::new();
        write(&mut assembler);
        let code = assembler.finish().expect("all labels are placed");
        code.into_iter().map(u64::to_le_bytes).collect()
    }

    // The bytes are those of the instruction set's description (RFC 9669).
    #[test]
    fn arithmetic_is_encoded() {
        let code = bytes(|a| {
            a.number(Op::Move, R1, -8);
            a.register(Op::Move, R6, R1);
            a.number(Op::Add, FP, 1);
            a.register(Op::Sub, R2, R9);
            a.number(Op::ShiftRight, R3, 3);
            a.number(Op::ShiftLeft, R3, 3);
            a.register(Op::Or, R0, R5);
            a.number(Op::And, R0, 0xff);
            a.register(Op::Mul, R0, R5);
            a.number(Op::Div, R4, 8);
        });
        assert_eq!(
            code,
            [
                [0xb7, 0x01, 0, 0, 0xf8, 0xff, 0xff, 0xff],
                [0xbf, 0x16, 0, 0, 0, 0, 0, 0],
                [0x07, 0x0a, 0, 0, 1, 0, 0, 0],
                [0x1f, 0x92, 0, 0, 0, 0, 0, 0],
                [0x77, 0x03, 0, 0, 3, 0, 0, 0],
                [0x67, 0x03, 0, 0, 3, 0, 0, 0],
                [0x4f, 0x50, 0, 0, 0, 0, 0, 0],
                [0x57, 0x00, 0, 0, 0xff, 0, 0, 0],
                [0x2f, 0x50, 0, 0, 0, 0, 0, 0],
                [0x37, 0x04, 0, 0, 8, 0, 0, 0],
            ]
        );
    }

    #[test]
    fn memory_is_encoded() {
        let code = bytes(|a| {
            a.load(Width::Double, R7, R6, 152);
            a.load(Width::Word, R7, R6, 4);
            a.store(Width::Double, FP, -16, R0);
            a.store(Width::Word, FP, -4, R0);
            a.store_number(Width::Word, FP, -4, 7);
            a.store_number(Width::Double, FP, -8, -1);
            a.add_at(R0, 8, R1);
        });
        assert_eq!(
            code,
            [
                [0x79, 0x67, 152, 0, 0, 0, 0, 0],
                [0x61, 0x67, 4, 0, 0, 0, 0, 0],
                [0x7b, 0x0a, 0xf0, 0xff, 0, 0, 0, 0],
                [0x63, 0x0a, 0xfc, 0xff, 0, 0, 0, 0],
                [0x62, 0x0a, 0xfc, 0xff, 7, 0, 0, 0],
                [0x7a, 0x0a, 0xf8, 0xff, 0xff, 0xff, 0xff, 0xff],
                [0xdb, 0x10, 8, 0, 0, 0, 0, 0],
            ]
        );
    }

    #[test]
    fn wide_numbers_and_maps_take_two_places() {
        let code = bytes(|a| {
            a.wide(R1, 0x1122_3344_aabb_ccdd);
            a.map(R1, 5);
        });
        assert_eq!(
            code,
            [
                [0x18, 0x01, 0, 0, 0xdd, 0xcc, 0xbb, 0xaa],
                [0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11],
                [0x18, 0x11, 0, 0, 5, 0, 0, 0],
                [0, 0, 0, 0, 0, 0, 0, 0],
            ]
        );
    }

    #[test]
    fn jumps_go_to_their_labels() {
        let code = bytes(|a| {
            let (top, end) = (a.label(), a.label());
            a.place(top);
            a.jump_if(If::Equal, R0, 0, end);
            a.jump_if_register(If::Less, R1, R2, top);
            a.jump_if(If::SignedLess, R1, -1, top);
            a.jump(top);
            a.call(14);
            a.place(end);
            a.exit();
        });
        assert_eq!(
            code,
            [
                [0x15, 0x00, 4, 0, 0, 0, 0, 0],
                [0xad, 0x21, 0xfe, 0xff, 0, 0, 0, 0],
                [0xc5, 0x01, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff],
                [0x05, 0x00, 0xfc, 0xff, 0, 0, 0, 0],
                [0x85, 0x00, 0, 0, 14, 0, 0, 0],
                [0x95, 0x00, 0, 0, 0, 0, 0, 0],
            ]
        );
    }

    #[test]
    fn a_jump_to_nowhere_is_an_error() {
        let mut assembler = Assembler::new();
        let label = assembler.label();
        assembler.jump(label);
        assert_eq!(assembler.clone().finish(), Err(AssemblyError::Unplaced));
        for _ in 0..40_000 {
            assembler.exit();
        }
        assembler.place(label);
        assert_eq!(assembler.finish(), Err(AssemblyError::TooFar));
    }
}
