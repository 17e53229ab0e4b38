//! The instructions of one function of amd64, as far as placing probes needs them: which the kernel does by
//! itself, which come in a straight line, which run as often as each other.

use std::collections::{HashMap, HashSet};

use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register,
};

use super::points::Counted;

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) pc: u64,
    /// The kernel does it by itself.
    pub(crate) cheap: bool,
    /// `push rbp`
    pub(crate) pushes_frame: bool,
    /// The function that it calls.
    calls: Option<u64>,
    /// A byte at this distance from the stack pointer is stored.
    stores_byte: Option<i64>,
    /// Where it jumps to inside of the function, by number.
    jumps: Option<usize>,
    /// Whether the next instruction can come after it.
    falls: bool,
    /// Whether the function may end there.
    leaves: bool,
    /// Whether other instructions jump here.
    joins: bool,
}

/// The instructions of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Flow {
    pub(crate) steps: Vec<Step>,
    numbers: HashMap<u64, usize>,
}

/// Larger functions get no search for instructions that run as often as each other.
const LARGEST: usize = 20_000;
/// How many candidates are tried for each site.
const CANDIDATES: usize = 48;

impl Flow {
    /// Decodes the function at `entry`; calls of those that are `fatal` do not return.
    pub(crate) fn decode(code: &[u8], entry: u64, fatal: &HashSet<u64>) -> Self {
        let instructions: Vec<Instruction> =
            Decoder::with_ip(64, code, entry, DecoderOptions::NONE)
                .into_iter()
                .collect();
        let numbers: HashMap<u64, usize> = instructions
            .iter()
            .enumerate()
            .map(|(number, instruction)| (instruction.ip(), number))
            .collect();
        let mut steps: Vec<Step> = instructions
            .iter()
            .map(|instruction| step(instruction, code, entry, &numbers))
            .collect();
        for step in &mut steps {
            if step.calls.is_some_and(|target| fatal.contains(&target)) {
                step.falls = false;
            }
        }
        let targets: Vec<usize> = steps.iter().filter_map(|step| step.jumps).collect();
        for target in targets {
            if let Some(step) = steps.get_mut(target) {
                step.joins = true;
            }
        }
        Self { steps, numbers }
    }

    /// The calls of a function.
    pub(crate) fn calls(&self, target: u64) -> impl Iterator<Item = u64> {
        let calls = self.steps.iter();
        calls
            .filter(move |step| step.calls == Some(target))
            .map(|step| step.pc)
    }

    /// The calls of a function that come soon after a byte was stored at this distance from the stack pointer:
    /// before an open-coded defer is run, its bit is cleared.
    pub(crate) fn calls_after_bits(&self, target: u64, bits: i64) -> impl Iterator<Item = u64> {
        /// Between them, arguments are loaded.
        const NEAR: usize = 8;
        let calls = self.steps.iter().enumerate();
        calls
            .filter(move |(number, step)| {
                let before = self.steps.get(number.saturating_sub(NEAR)..*number);
                step.calls == Some(target)
                    && before
                        .unwrap_or_default()
                        .iter()
                        .rev()
                        .take_while(|step| step.calls.is_none())
                        .any(|step| step.stores_byte == Some(bits))
            })
            .map(|(_, step)| step.pc)
    }

    /// A cheap instruction that runs as often as the one at `pc`: behind it in a straight line, or before it.
    pub(crate) fn made(&self, pc: u64) -> Option<(u64, Counted)> {
        let &site = self.numbers.get(&pc)?;
        if let Some(step) = self.steps.get(site).filter(|step| step.cheap) {
            return Some((step.pc, Counted::Made));
        }
        let behind = self.steps.get(site + 1..)?;
        if self.steps.get(site)?.falls {
            for step in behind.iter().take_while(|step| !step.joins) {
                if step.cheap {
                    return Some((step.pc, Counted::Made));
                }
                if !step.falls || step.jumps.is_some() {
                    break;
                }
            }
        }
        let mut straight = !self.steps.get(site)?.joins;
        let mut tried = 0;
        for number in (0..site).rev() {
            let step = self.steps.get(number)?;
            straight = straight && step.falls && step.jumps.is_none();
            if step.cheap {
                if straight {
                    return Some((step.pc, Counted::Before));
                }
                tried += 1;
                if tried > CANDIDATES || self.steps.len() > LARGEST {
                    break;
                }
                if self.as_often(number, site) {
                    return Some((step.pc, Counted::Before));
                }
            }
            straight = straight && !step.joins;
        }
        // The first instructions of a function are always tried.
        let push = self.steps.iter().position(|step| step.pushes_frame)?;
        (push < site && self.steps.len() <= LARGEST && self.as_often(push, site))
            .then(|| Some((self.steps.get(push)?.pc, Counted::Before)))
            .flatten()
    }

    /// Whether `first` runs exactly once before each time that `second` runs: every way to `second` passes it,
    /// every way on from it passes `second`, before it comes back or leaves.
    fn as_often(&self, first: usize, second: usize) -> bool {
        let (to_second, _) = self.reach(&[0], first);
        if to_second.contains(&second) || first == second {
            return false;
        }
        let (on, leaves) = self.reach(&self.after(first), second);
        !leaves && !on.contains(&first)
    }

    /// What can be reached from some instructions without passing another, and whether the function can be
    /// left so.
    fn reach(&self, from: &[usize], not_through: usize) -> (HashSet<usize>, bool) {
        let mut seen: HashSet<usize> = HashSet::new();
        let mut open: Vec<usize> = from.to_vec();
        let mut leaves = false;
        while let Some(number) = open.pop() {
            if number == not_through || !seen.insert(number) {
                continue;
            }
            leaves |= self.steps.get(number).is_none_or(|step| step.leaves);
            open.extend(self.after(number));
        }
        (seen, leaves)
    }

    fn after(&self, number: usize) -> Vec<usize> {
        let Some(step) = self.steps.get(number) else {
            return Vec::new();
        };
        let next = step.falls.then_some(number + 1);
        next.into_iter().chain(step.jumps).collect()
    }
}

fn step(instruction: &Instruction, code: &[u8], entry: u64, numbers: &HashMap<u64, usize>) -> Step {
    let near = instruction.op0_kind() == OpKind::NearBranch64;
    let is_call = instruction.mnemonic() == Mnemonic::Call;
    let target = near.then(|| instruction.near_branch64());
    let jumps = target
        .filter(|_| !is_call)
        .and_then(|target| numbers.get(&target).copied());
    let (falls, leaves) = match instruction.flow_control() {
        // A jump through a table goes to places that are not known here.
        FlowControl::Return | FlowControl::IndirectBranch => (false, true),
        FlowControl::UnconditionalBranch => (false, jumps.is_none()),
        // Neither goes on: `ud2` behind a call that never returns.
        FlowControl::Exception | FlowControl::Interrupt => (false, false),
        _ => (true, false),
    };
    Step {
        pc: instruction.ip(),
        cheap: is_cheap(instruction, code, entry),
        pushes_frame: instruction.code() == Code::Push_r64
            && instruction.op0_register() == Register::RBP,
        calls: target.filter(|_| is_call),
        stores_byte: stored_byte(instruction),
        jumps,
        falls,
        leaves,
        joins: false,
    }
}

/// Whether the kernel does the instruction by itself (`arch/x86/kernel/uprobes.c`): near calls and jumps, the
/// no-operation of one byte, pushes of a general register.
fn is_cheap(instruction: &Instruction, code: &[u8], entry: u64) -> bool {
    let at = usize::try_from(instruction.ip() - entry).unwrap_or(usize::MAX);
    let first = code.get(at).copied().unwrap_or_default();
    match instruction.code() {
        Code::Call_rel32_64 => first == 0xe8,
        Code::Jmp_rel8_64 => first == 0xeb,
        Code::Jmp_rel32_64 => first == 0xe9,
        Code::Push_r64 => matches!(first, 0x41 | 0x50..=0x57) && instruction.len() <= 2,
        Code::Nopd => first == 0x90,
        _ => {
            instruction.flow_control() == FlowControl::ConditionalBranch
                && (matches!(first, 0x70..=0x7f) || first == 0x0f && instruction.len() == 6)
        }
    }
}

fn stored_byte(instruction: &Instruction) -> Option<i64> {
    let stores = instruction.mnemonic() == Mnemonic::Mov
        && instruction.op0_kind() == OpKind::Memory
        && instruction.memory_size().size() == 1
        && instruction.memory_base() == Register::RSP
        && instruction.memory_index() == Register::None;
    stores.then(|| instruction.memory_displacement64().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: u64 = 0x1000;

    fn flow(code: &[&[u8]]) -> Flow {
        Flow::decode(&code.concat(), ENTRY, &HashSet::from([0x2000]))
    }

    // What the tests are made of: a store at the site, and what is around it.
    const STORE: &[u8] = &[0x48, 0x89, 0x44, 0x24, 0x08]; // mov [rsp+8], rax
    const PUSH: &[u8] = &[0x55]; // push rbp
    const MOVE: &[u8] = &[0x48, 0x89, 0xe5]; // mov rbp, rsp
    const TEST: &[u8] = &[0x84, 0xc0]; // test al, al
    const RET: &[u8] = &[0xc3];

    #[test]
    fn a_cheap_instruction_behind_the_site_is_best() {
        // call 0x2000 + ...: far away, and it returns
        let call = &[0xe8, 0x00, 0x10, 0x00, 0x00][..];
        let flow = flow(&[PUSH, MOVE, STORE, MOVE, call, RET]);
        assert_eq!(flow.made(0x1004), Some((0x100c, Counted::Made)));
        // A branch runs as often, too: je +0
        let flow = self::flow(&[PUSH, STORE, TEST, &[0x74, 0x00], RET]);
        assert_eq!(flow.made(0x1001), Some((0x1008, Counted::Made)));
    }

    #[test]
    fn else_one_before_it_that_runs_as_often() {
        // je over a move; then the site, which both ways come to
        let flow = flow(&[PUSH, TEST, &[0x74, 0x03], MOVE, STORE, RET]);
        assert_eq!(flow.made(0x1008), Some((0x1003, Counted::Before)));
    }

    #[test]
    fn a_site_on_one_of_two_ways_has_none() {
        // je over the site
        let flow = flow(&[PUSH, TEST, &[0x74, 0x05], STORE, MOVE, RET]);
        assert_eq!(flow.made(0x1005), None);
    }

    #[test]
    fn a_loop_before_the_site_runs_more_often() {
        // push; (test; jne back to test); store; ret
        let flow = flow(&[PUSH, TEST, &[0x75, 0xfc], STORE, RET]);
        assert_eq!(
            flow.made(0x1005),
            Some((0x1000, Counted::Before)),
            "the push"
        );
    }

    #[test]
    fn calls_that_do_not_return_are_no_way_out() {
        // test; jne to the site; call of the fatal function; the site
        let call = 0x2000u32 - (0x1005 + 5);
        let call = [&[0xe8][..], &call.to_le_bytes()].concat();
        let flow = flow(&[PUSH, TEST, &[0x75, 0x05], &call, STORE, RET]);
        assert_eq!(flow.calls(0x2000).collect::<Vec<_>>(), [0x1005]);
        assert_eq!(
            flow.made(0x100a),
            Some((0x1003, Counted::Before)),
            "the branch"
        );
    }

    #[test]
    fn a_deferred_call_comes_after_its_bit_is_cleared() {
        let clear = &[0xc6, 0x44, 0x24, 0x0f, 0x00][..]; // mov byte [rsp+15], 0
        let call = |at: u32| [&[0xe8][..], &(0x3000 - (at + 5)).to_le_bytes()].concat();
        let flow = flow(&[&call(0x1000), clear, &call(0x100a), RET]);
        let after: Vec<_> = flow.calls_after_bits(0x3000, 15).collect();
        assert_eq!(after, [0x100a], "the first is a plain call");
    }

    #[test]
    fn what_the_kernel_does_itself_is_cheap() {
        let cheap = |code: &[u8]| Flow::decode(code, ENTRY, &HashSet::new()).steps[0].cheap;
        for code in [
            &[0x55][..],
            &[0x41, 0x54],
            &[0x90],
            &[0xe8, 0, 0, 0, 0],
            &[0xe9, 0, 0, 0, 0],
            &[0xeb, 0],
            &[0x0f, 0x84, 0, 0, 0, 0],
            &[0x7f, 0],
        ] {
            assert!(cheap(code), "{code:x?}");
        }
        for code in [
            &[0x5d][..],
            &[0xc3],
            &[0xff, 0xd0],
            &[0x48, 0x89, 0xe5],
            &[0x0f, 0x1f, 0x00],
            &[0xe3, 0],
            &[0x66, 0x90],
        ] {
            assert!(!cheap(code), "{code:x?}");
        }
    }
}
