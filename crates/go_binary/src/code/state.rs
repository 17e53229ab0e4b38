//! What registers and words of the stack hold, on a straight piece of code.

use std::collections::HashMap;

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Value {
    /// Nothing.
    #[default]
    Unknown,
    /// A number that the code names: zero, or the address of a function or of data.
    Known(u64),
    /// The address of the stack word at this distance from the stack pointer.
    Stack(i64),
    /// What the call with this number returned.
    Result(u32),
}

impl Value {
    /// The value and `offset` added.
    pub(crate) const fn plus(self, offset: i64) -> Self {
        match self {
            Self::Known(address) => Self::Known(address.wrapping_add_signed(offset)),
            Self::Stack(at) => Self::Stack(at.wrapping_add(offset)),
            _ => Self::Unknown,
        }
    }
}

/// Registers, by number, and memory.
#[derive(Debug, Default)]
pub(crate) struct State {
    registers: [Value; 32],
    stack: HashMap<i64, Value>,
    /// The first words of what calls returned.
    objects: HashMap<u32, Value>,
    calls: u32,
    /// The register of first arguments and results.
    first: usize,
}

impl State {
    pub(crate) fn new(first: usize) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    pub(crate) fn register(&self, number: usize) -> Value {
        self.registers.get(number).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, number: usize, value: Value) {
        if let Some(register) = self.registers.get_mut(number) {
            *register = value;
        }
    }

    /// The first argument of a call that is about to happen.
    pub(crate) fn argument(&self) -> Value {
        self.register(self.first)
    }

    /// The word of the stack at a distance from the stack pointer.
    pub(crate) fn stack(&self, at: i64) -> Value {
        self.stack.get(&at).copied().unwrap_or_default()
    }

    /// The word that `address` points to.
    pub(crate) fn load(&self, address: Value) -> Value {
        match address {
            Value::Stack(at) => self.stack(at),
            Value::Result(call) => self.objects.get(&call).copied().unwrap_or_default(),
            _ => Value::Unknown,
        }
    }

    /// Eight bytes go to the stack.
    pub(crate) fn store(&mut self, at: i64, value: Value) {
        self.stack.insert(at, value);
    }

    /// Eight bytes go to the first word of what a call returned.
    pub(crate) fn store_first(&mut self, call: u32, value: Value) {
        self.objects.insert(call, value);
    }

    /// Something of `size` bytes goes to the stack.
    pub(crate) fn smear(&mut self, at: i64, size: i64) {
        self.stack
            .retain(|&word, _| word.saturating_add(8) <= at || word >= at.saturating_add(size));
    }

    /// A call happens: registers do not outlive it.
    pub(crate) fn call(&mut self) {
        self.registers = [Value::Unknown; 32];
        self.calls = self.calls.wrapping_add(1);
        self.objects.remove(&self.calls);
        self.set(self.first, Value::Result(self.calls));
    }

    /// Control may come from elsewhere.
    pub(crate) fn forget(&mut self) {
        self.registers = [Value::Unknown; 32];
        self.stack.clear();
        self.objects.clear();
    }
}
