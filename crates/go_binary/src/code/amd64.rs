//! x86-64, by way of iced-x86.

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory,
    InstructionInfoOptions, Mnemonic, OpAccess, OpKind, Register,
};

use super::{Event, State, Value};

const CALL: u8 = 0xe8;
/// Go passes the first argument and the first result here.
const RAX: usize = 0;

pub(super) fn likely_calls(code: &[u8], start: u64, targets: &[u64]) -> Vec<u64> {
    memchr::memchr_iter(CALL, code)
        .filter_map(|at| {
            let distance = i32::from_le_bytes(*code.get(at + 1..)?.first_chunk()?);
            let pc = start + at as u64;
            let target = pc.wrapping_add(5).wrapping_add_signed(distance.into());
            targets.binary_search(&target).is_ok().then_some(pc)
        })
        .collect()
}

pub(super) fn loads(code: &[u8], entry: u64) -> Vec<u64> {
    Decoder::with_ip(64, code, entry, DecoderOptions::NONE)
        .into_iter()
        .filter(|instruction| {
            instruction.mnemonic() == Mnemonic::Mov
                && instruction.op1_kind() == OpKind::Memory
                && instruction.is_ip_rel_memory_operand()
        })
        .map(|instruction| instruction.ip_rel_memory_address())
        .collect()
}

pub(super) fn walk(code: &[u8], entry: u64, visit: &mut dyn FnMut(u64, Event, &State)) {
    let end = entry.saturating_add(code.len() as u64);
    let joins = joins(code, entry, end);
    let mut state = State::new(RAX);
    let mut factory = InstructionInfoFactory::new();
    for instruction in Decoder::with_ip(64, code, entry, DecoderOptions::NONE) {
        let pc = instruction.ip();
        if joins.binary_search(&pc).is_ok() {
            state.forget();
        }
        if instruction.is_invalid() {
            state.forget();
            continue;
        }
        match instruction.flow_control() {
            FlowControl::Call | FlowControl::IndirectCall => {
                if instruction.op0_kind() == OpKind::NearBranch64 {
                    visit(pc, Event::Call(instruction.near_branch64()), &state);
                }
                state.call();
            }
            FlowControl::UnconditionalBranch => {
                let target = instruction.near_branch_target();
                if instruction.op0_kind() == OpKind::NearBranch64 && !(entry..end).contains(&target)
                {
                    visit(pc, Event::Call(target), &state);
                }
                state.forget();
            }
            FlowControl::Next | FlowControl::ConditionalBranch => {
                step(&instruction, &mut state, &mut factory, pc, visit);
            }
            _ => state.forget(),
        }
    }
}

/// Where jumps inside of the function go to, sorted.
fn joins(code: &[u8], entry: u64, end: u64) -> Vec<u64> {
    let mut joins: Vec<u64> = Decoder::with_ip(64, code, entry, DecoderOptions::NONE)
        .into_iter()
        .filter(|instruction| {
            instruction.op0_kind() == OpKind::NearBranch64
                && instruction.mnemonic() != Mnemonic::Call
        })
        .map(|instruction| instruction.near_branch64())
        .filter(|target| (entry..end).contains(target))
        .collect();
    joins.sort_unstable();
    joins.dedup();
    joins
}

/// An instruction after which the next one is reached.
fn step(
    instruction: &Instruction,
    state: &mut State,
    factory: &mut InstructionInfoFactory,
    pc: u64,
    visit: &mut dyn FnMut(u64, Event, &State),
) {
    if let Some((address, value)) = stored_word(instruction, state) {
        match address {
            Value::Stack(at) => {
                visit(pc, Event::Store { at, value }, state);
                state.store(at, value);
            }
            Value::Result(call) => state.store_first(call, value),
            Value::Known(_) | Value::Unknown => {}
        }
        return;
    }
    let result = computed(instruction, state);
    let info = factory.info_options(instruction, InstructionInfoOptions::NONE);
    for used in info.used_memory() {
        if writes(used.access()) && used.base() == Register::RSP && used.index() == Register::None {
            let size = i64::try_from(used.memory_size().size()).unwrap_or(i64::MAX);
            state.smear(used.displacement().cast_signed(), size);
        }
    }
    for used in info.used_registers() {
        if !writes(used.access()) {
            continue;
        }
        if used.register().full_register() == Register::RSP {
            // All distances change.
            state.forget();
        } else if let Some(number) = number(used.register()) {
            state.set(number, Value::Unknown);
        }
    }
    if let Some((number, value)) = result {
        state.set(number, value);
    }
}

const fn writes(access: OpAccess) -> bool {
    matches!(
        access,
        OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
    )
}

/// The address and the value of a move of eight bytes from a general register, or of a number, to memory.
fn stored_word(instruction: &Instruction, state: &State) -> Option<(Value, Value)> {
    if instruction.mnemonic() != Mnemonic::Mov || instruction.op0_kind() != OpKind::Memory {
        return None;
    }
    let value = match instruction.op1_kind() {
        OpKind::Register if instruction.op1_register().is_gpr64() => {
            state.register(number(instruction.op1_register())?)
        }
        OpKind::Immediate32to64 => Value::Known(instruction.immediate(1)),
        _ => return None,
    };
    Some((address(instruction, state), value))
}

/// The address of the operand in memory.
fn address(instruction: &Instruction, state: &State) -> Value {
    if instruction.is_ip_rel_memory_operand() {
        return Value::Known(instruction.ip_rel_memory_address());
    }
    if instruction.memory_index() != Register::None {
        return Value::Unknown;
    }
    let displacement = instruction.memory_displacement64().cast_signed();
    match instruction.memory_base() {
        Register::RSP => Value::Stack(displacement),
        base => match number(base).map(|number| state.register(number)) {
            Some(object @ Value::Result(_)) if displacement == 0 => object,
            Some(value) => value.plus(displacement),
            None => Value::Unknown,
        },
    }
}

/// The register that an instruction gives a value that can be told, and the value.
fn computed(instruction: &Instruction, state: &State) -> Option<(usize, Value)> {
    if instruction.op0_kind() != OpKind::Register {
        return None;
    }
    let target = number(instruction.op0_register())?;
    let other = |which: u32| number(instruction.op_register(which));
    let value = match instruction.mnemonic() {
        Mnemonic::Lea => address(instruction, state),
        Mnemonic::Xor if other(1) == Some(target) => Value::Known(0),
        Mnemonic::Mov if is_immediate(instruction.op1_kind()) => {
            Value::Known(instruction.immediate(1))
        }
        Mnemonic::Mov if instruction.op0_register().is_gpr64() => match instruction.op1_kind() {
            OpKind::Register => state.register(other(1)?),
            OpKind::Memory => state.load(address(instruction, state)),
            _ => return None,
        },
        _ => return None,
    };
    Some((target, value))
}

/// A number that fills its register: moves to 32 bits clear the rest.
const fn is_immediate(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Immediate32 | OpKind::Immediate32to64 | OpKind::Immediate64
    )
}

/// The number of a general register.
fn number(register: Register) -> Option<usize> {
    register.is_gpr().then(|| register.full_register().number())
}
