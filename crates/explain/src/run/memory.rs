//! Variables and what they hold; which of them others may change.

use std::rc::Rc;

use super::value::{CellId, Func, Pointer, Queue, Slice, Value};

/// All variables of a run.
#[derive(Debug, Default)]
pub(super) struct Memory {
    cells: Vec<Value>,
    /// Variables that something unknown can write to.
    escaped: Vec<bool>,
}

impl Memory {
    pub(super) fn new_cell(&mut self, value: Value) -> CellId {
        self.cells.push(value);
        self.escaped.push(false);
        CellId(self.cells.len() - 1)
    }

    pub(super) fn get(&self, cell: CellId) -> &Value {
        &self.cells[cell.0]
    }

    pub(super) fn set(&mut self, cell: CellId, value: Value) {
        self.cells[cell.0] = value;
    }

    /// What a pointer points to; `None` where the way there is not known.
    pub(super) fn load(&self, pointer: &Pointer) -> Option<Value> {
        let mut value = self.get(pointer.cell);
        for &step in pointer.path.iter() {
            value = match value {
                Value::Struct(parts) | Value::Array(parts) => parts.get(step)?,
                _ => return None,
            };
        }
        Some(value.clone())
    }

    /// Writes through a pointer; whether the way there is known.
    pub(super) fn store(&mut self, pointer: &Pointer, value: Value) -> bool {
        let mut place = &mut self.cells[pointer.cell.0];
        for &step in pointer.path.iter() {
            place = match place {
                Value::Struct(parts) | Value::Array(parts) => {
                    match Rc::make_mut(parts).get_mut(step) {
                        Some(part) => part,
                        None => return false,
                    }
                }
                _ => return false,
            };
        }
        *place = value;
        true
    }

    pub(super) fn is_escaped(&self, cell: CellId) -> bool {
        self.escaped[cell.0]
    }

    /// Everything that can be reached from a value can be changed by others from now on.
    pub(super) fn escape(&mut self, value: &Value) {
        match value {
            Value::Pointer(Pointer { cell, .. })
            | Value::Slice(Slice { cell, .. })
            | Value::Map(cell)
            | Value::Chan(cell) => self.escape_cell(*cell),
            Value::Struct(parts) | Value::Array(parts) => {
                for part in parts.iter() {
                    self.escape(part);
                }
            }
            Value::Iface(_, value) => self.escape(value),
            Value::Func(func) => match &**func {
                Func::Literal { env, .. } => {
                    for &cell in env.values() {
                        self.escape_cell(cell);
                    }
                }
                Func::Method { recv, .. } => self.escape(recv),
                Func::External { recv, .. } => {
                    for value in recv {
                        self.escape(value);
                    }
                }
                Func::Declared { .. } | Func::Builtin(_) | Func::Unknown { .. } => {}
            },
            Value::Entries(entries) => {
                for (key, value) in entries.iter() {
                    self.escape(key);
                    self.escape(value);
                }
            }
            Value::Queue(queue) => {
                for value in &queue.values {
                    self.escape(value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn escape_cell(&mut self, cell: CellId) {
        if self.escaped[cell.0] {
            return;
        }
        self.escaped[cell.0] = true;
        let value = self.cells[cell.0].clone();
        self.escape(&value);
    }

    /// The variables that something unknown can write to.
    pub(super) fn all_escaped(&self) -> Vec<CellId> {
        (0..self.cells.len())
            .filter(|&cell| self.escaped[cell])
            .map(CellId)
            .collect()
    }

    pub(super) fn queue(&self, cell: CellId) -> Option<&Queue> {
        match self.get(cell) {
            Value::Queue(queue) => Some(queue),
            _ => None,
        }
    }
}
