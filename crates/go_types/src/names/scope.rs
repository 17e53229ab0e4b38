//! The blocks that are open while a body is resolved, and the names declared in them.

use rustc_hash::FxHashMap;

use super::object::LocalId;

/// A stack of blocks. Finding a name takes the same time however many are open.
#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    /// The innermost binding of each visible name.
    heads: FxHashMap<&'a str, u32>,
    bindings: Vec<Binding<'a>>,
    /// Where each open block starts in `bindings`.
    blocks: Vec<u32>,
}

#[derive(Debug)]
struct Binding<'a> {
    name: &'a str,
    local: LocalId,
    /// The binding of the same name that this one hides.
    hidden: Option<u32>,
}

impl<'a> Scopes<'a> {
    /// Opens a block.
    pub(super) fn push(&mut self) {
        self.blocks.push(self.len());
    }

    /// Closes the innermost block.
    pub(super) fn pop(&mut self) {
        let start = self.blocks.pop().unwrap_or_default() as usize;
        for binding in self.bindings.drain(start..).rev() {
            match binding.hidden {
                Some(hidden) => self.heads.insert(binding.name, hidden),
                None => self.heads.remove(binding.name),
            };
        }
    }

    /// Binds `name` in the innermost block from now on.
    pub(super) fn bind(&mut self, name: &'a str, local: LocalId) {
        let hidden = self.heads.insert(name, self.len());
        self.bindings.push(Binding {
            name,
            local,
            hidden,
        });
    }

    /// What `name` means here.
    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.heads
            .get(name)
            .map(|&index| self.bindings[index as usize].local)
    }

    /// What `name` means, when it is declared in the innermost block.
    pub(super) fn find_innermost(&self, name: &str) -> Option<LocalId> {
        let start = self.blocks.last().copied().unwrap_or_default();
        let index = self
            .heads
            .get(name)
            .copied()
            .filter(|&index| index >= start)?;
        Some(self.bindings[index as usize].local)
    }

    fn len(&self) -> u32 {
        u32::try_from(self.bindings.len()).expect("a function declares fewer than 2^32 names")
    }
}
