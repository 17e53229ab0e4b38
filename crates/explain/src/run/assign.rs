//! Places that can be assigned to, and assignments.

use std::rc::Rc;

use go_syntax::{AssignOp, ExprId, ExprKind};
use go_types::{Body, DeclSite, LocalId, Object, Type, TypeId};

use super::convert::{Kind, kind};
use super::machine::{Abort, Exec, Machine, Stop};
use super::value::{CellId, Pointer, Value};
use crate::model::Deed;

/// Where an assignment goes.
#[derive(Clone, Debug)]
pub(super) enum Place {
    At(Pointer),
    /// An entry of a map.
    Entry(CellId, Value),
    /// `_`
    Blank,
    /// Somewhere that is not followed.
    Unknown,
}

impl<'a> Machine<'_, 'a> {
    pub(super) fn cell_of(&mut self, local: LocalId) -> Option<CellId> {
        self.frame().env.get(&local).copied()
    }

    /// The variable that holds a package-level variable.
    fn global(&mut self, file: u32, start: u32, name: &str) -> CellId {
        if let Some(&cell) = self.globals.get(&(file, start)) {
            return cell;
        }
        let value = self.unknown(name);
        let cell = self.memory.new_cell(value);
        self.memory.escape_cell(cell);
        self.globals.insert((file, start), cell);
        cell
    }

    /// The place that an expression denotes. Operands are evaluated.
    pub(super) fn place(&mut self, expr: ExprId) -> Exec<Place> {
        self.step()?;
        let body = self.body();
        let file = body.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::Ident => Ok(match self.object(expr) {
                Object::Blank => Place::Blank,
                Object::Local(local) => match self.cell_of(local) {
                    Some(cell) => at(cell),
                    None => Place::Unknown,
                },
                Object::Member(member) => {
                    let names = body.cx().names();
                    let known = names.member(member);
                    let name = names.member_name(member).to_owned();
                    let start = names.file(known.file).name_span(known.name).start;
                    at(self.global(known.file, start, &name))
                }
                _ => {
                    // The text of `_` as something assigned to.
                    if file.expr_text(expr) == "_" {
                        Place::Blank
                    } else {
                        Place::Unknown
                    }
                }
            }),
            ExprKind::Selector { x, sel } => {
                if matches!(self.object(x), Object::Package(_)) {
                    return Ok(Place::Unknown);
                }
                let name = file.span_text(sel).to_owned();
                let ty = body.type_of(x);
                let base = self.base(x, ty)?;
                let inner = match body.cx().ty(body.underlying(ty)) {
                    Type::Pointer(elem) => elem,
                    _ => ty,
                };
                let Some(base) = base else {
                    return Ok(Place::Unknown);
                };
                match field_path(&body, inner, &name) {
                    Some(path) => Ok(self.within(base, &path)),
                    None => Ok(Place::Unknown),
                }
            }
            ExprKind::Index { x, indices } => {
                let Some(&index) = file.exprs(indices).first() else {
                    return Ok(Place::Unknown);
                };
                self.index_place(&body, x, index)
            }
            ExprKind::Star(x) => {
                let pointer = self.value(x)?;
                match pointer {
                    Value::Pointer(pointer) => Ok(Place::At(pointer)),
                    Value::Nil => Err(self.nil_dereference()),
                    _ => Ok(Place::Unknown),
                }
            }
            _ => Ok(Place::Unknown),
        }
    }

    pub(super) fn nil_dereference(&mut self) -> Stop {
        self.runtime_panic("runtime error: invalid memory address or nil pointer dereference")
    }

    /// The struct or array that `x` is or points to.
    fn base(&mut self, x: ExprId, ty: TypeId) -> Exec<Option<Pointer>> {
        let body = self.body();
        if matches!(body.cx().ty(body.underlying(ty)), Type::Pointer(_)) {
            return match self.value(x)? {
                Value::Pointer(pointer) => Ok(Some(pointer)),
                Value::Nil => Err(self.nil_dereference()),
                _ => Ok(None),
            };
        }
        match self.place(x)? {
            Place::At(pointer) => Ok(Some(pointer)),
            _ => Ok(None),
        }
    }

    /// A part of a place, through pointers that are embedded.
    fn within(&mut self, base: Pointer, path: &[usize]) -> Place {
        let mut at = base;
        for &step in path {
            if let Some(Value::Pointer(pointer)) = self.memory.load(&at) {
                at = pointer;
            }
            at = part(&at, step);
        }
        Place::At(at)
    }

    fn index_place(&mut self, body: &Body<'a>, x: ExprId, index: ExprId) -> Exec<Place> {
        let ty = body.type_of(x);
        match kind(body, ty) {
            Kind::Map => {
                let map = self.value(x)?;
                let key = self.value(index)?;
                match map {
                    Value::Map(cell) => Ok(Place::Entry(cell, key)),
                    Value::Nil => Err(self.runtime_panic("assignment to entry in nil map")),
                    _ => Ok(Place::Unknown),
                }
            }
            Kind::Slice(_) => {
                let slice = self.value(x)?;
                let index = self.value(index)?;
                match (slice, index) {
                    (Value::Slice(slice), Value::Int(at)) => {
                        match usize::try_from(at).ok().filter(|&at| at < slice.len) {
                            Some(at) => Ok(Place::At(Pointer {
                                cell: slice.cell,
                                path: Rc::from([slice.start + at]),
                            })),
                            None => Err(self.out_of_range(at, slice.len)),
                        }
                    }
                    (Value::Nil, Value::Int(at)) => Err(self.out_of_range(at, 0)),
                    _ => Ok(Place::Unknown),
                }
            }
            Kind::Array(len, _) => {
                let Some(base) = self.base(x, ty)? else {
                    return Ok(Place::Unknown);
                };
                match self.value(index)? {
                    Value::Int(at) => {
                        match usize::try_from(at).ok().filter(|&at| (at as u64) < len) {
                            Some(at) => Ok(Place::At(part(&base, at))),
                            None => Err(self.out_of_range(at, usize::try_from(len).unwrap_or(0))),
                        }
                    }
                    _ => Ok(Place::Unknown),
                }
            }
            _ => {
                self.value(x)?;
                self.value(index)?;
                Ok(Place::Unknown)
            }
        }
    }

    pub(super) fn out_of_range(&mut self, at: i128, len: usize) -> Stop {
        let text = if at < 0 {
            format!("runtime error: index out of range [{at}]")
        } else {
            format!("runtime error: index out of range [{at}] with length {len}")
        };
        self.runtime_panic(&text)
    }

    /// Puts a value where an assignment goes.
    pub(super) fn store(&mut self, place: &Place, value: Value) {
        match place {
            Place::Blank => {}
            Place::At(pointer) => {
                if self.memory.is_escaped(pointer.cell) {
                    self.memory.escape(&value);
                }
                self.tell_result(pointer, &value);
                if !self.memory.store(pointer, value) {
                    // A part of something that is not known as a whole.
                    let name = self.memory.get(pointer.cell).shown().text;
                    let unknown = self.unknown(&name);
                    self.memory.set(pointer.cell, unknown);
                }
            }
            Place::Entry(cell, key) => {
                let entries = match self.memory.get(*cell) {
                    Value::Entries(entries) => Rc::clone(entries),
                    _ => return,
                };
                let mut entries = (*entries).clone();
                let mut certain = true;
                let mut found = None;
                for (index, (known, _)) in entries.iter().enumerate() {
                    match known.equals(key) {
                        Some(true) => found = Some(index),
                        Some(false) => {}
                        None => certain = false,
                    }
                }
                if !certain {
                    let unknown = self.unknown("a map");
                    self.memory.set(*cell, unknown);
                    return;
                }
                match found {
                    Some(index) => entries[index].1 = value,
                    None => entries.push((key.clone(), value)),
                }
                self.memory.set(*cell, Value::Entries(Rc::new(entries)));
            }
            Place::Unknown => {
                self.memory.escape(&value);
                self.forget_escaped();
            }
        }
    }

    /// Tells that a result of the explained function changes after control has left it.
    fn tell_result(&mut self, pointer: &Pointer, value: &Value) {
        if self.exit.is_none() || !pointer.path.is_empty() {
            return;
        }
        let Some(target) = self.frames.iter().find(|frame| frame.is_target) else {
            return;
        };
        let Some(number) = target.results.iter().position(|&cell| cell == pointer.cell) else {
            return;
        };
        let name = self.result_name(number);
        let from = self.memory.get(pointer.cell).shown().text;
        let line = self.line;
        self.tell(Deed::Sets {
            name,
            from,
            to: value.shown().text,
            line,
        });
    }

    fn result_name(&self, number: usize) -> String {
        let Some(target) = self.frames.iter().find(|frame| frame.is_target) else {
            return format!("[{number}]");
        };
        let file = target.body.file();
        let sig = file.sig(file.func(target.func).sig);
        sig.results
            .into_iter()
            .flat_map(|list| file.fields_of(list).iter())
            .flat_map(|field| file.field(field).names.iter())
            .nth(number)
            .map_or_else(|| format!("[{number}]"), |name| file.name(name).to_owned())
    }

    /// Everything that others may have changed is unknown from now on.
    pub(super) fn forget_escaped(&mut self) {
        self.epoch += 1;
        for cell in self.memory.all_escaped() {
            self.forget(cell);
        }
    }

    /// A variable may have any value from now on.
    pub(super) fn forget(&mut self, cell: CellId) {
        let old = self.memory.get(cell);
        // What is told of it stays: the name it had.
        let name = match old {
            Value::Unknown(unknown) => unknown.0.text.clone(),
            _ => self
                .name_of(cell)
                .unwrap_or_else(|| "a value that is changed elsewhere".to_owned()),
        };
        let unknown = self.unknown(&name);
        self.memory.set(cell, unknown);
    }

    /// The name of the variable that a cell belongs to.
    fn name_of(&self, cell: CellId) -> Option<String> {
        for frame in self.frames.iter().rev() {
            for (&local, &known) in frame.env.iter() {
                if known == cell {
                    let span = frame.body.names().local(local).span;
                    return Some(frame.body.file().span_text(span).to_owned());
                }
            }
        }
        None
    }

    pub(super) fn assign(&mut self, lhs: &[ExprId], rhs: &[ExprId], op: AssignOp) -> Exec<()> {
        let body = self.body();
        match op {
            AssignOp::Op(op) => {
                let (&[x], &[y]) = (lhs, rhs) else {
                    return Err(Stop::Abort(Abort::Unsupported));
                };
                let place = self.place(x)?;
                let left = self.load(&place, x)?;
                let right = self.value(y)?;
                let ty = kind(&body, body.type_of(x));
                let value = self.arithmetic(op, &left, &right, ty, x)?;
                self.store(&place, value);
                Ok(())
            }
            AssignOp::Define => {
                let values = self.right_sides(rhs, lhs.len())?;
                for (&name, (value, from)) in lhs.iter().zip(values) {
                    let file = body.file();
                    let is_new = body
                        .names()
                        .local_of(name)
                        .filter(|&local| body.names().local(local).site == DeclSite::Expr(name));
                    match is_new {
                        Some(local) => {
                            let to = body.type_of_local(local);
                            let value = self.assigned(&body, value, from, to);
                            let cell = self.memory.new_cell(value);
                            self.bind(local, cell);
                        }
                        None if file.expr_text(name) == "_" => {}
                        None => {
                            let to = body.type_of(name);
                            let value = self.assigned(&body, value, from, to);
                            let place = self.place(name)?;
                            self.store(&place, value);
                        }
                    }
                }
                Ok(())
            }
            AssignOp::Assign => {
                let mut places = Vec::new();
                for &x in lhs {
                    places.push(self.place(x)?);
                }
                let values = self.right_sides(rhs, lhs.len())?;
                for ((&x, place), (value, from)) in lhs.iter().zip(&places).zip(values) {
                    let value = if matches!(place, Place::Blank) {
                        value
                    } else {
                        self.assigned(&body, value, from, body.type_of(x))
                    };
                    self.store(place, value);
                }
                Ok(())
            }
        }
    }

    /// A value as one of the type of what it is assigned to; of an unknown type, as it is.
    pub(super) fn assigned(
        &mut self,
        body: &Body<'a>,
        value: Value,
        from: Option<TypeId>,
        to: TypeId,
    ) -> Value {
        match from {
            Some(from) => self.convert(body, value, from, to),
            None => value,
        }
    }

    /// The values of the right side of an assignment to `count` places, with their types.
    pub(super) fn right_sides(
        &mut self,
        rhs: &[ExprId],
        count: usize,
    ) -> Exec<Vec<(Value, Option<TypeId>)>> {
        let body = self.body();
        if rhs.len() == count {
            let mut values = Vec::new();
            for &expr in rhs {
                let value = self.value(expr)?;
                values.push((value, Some(body.type_of(expr))));
            }
            return Ok(values);
        }
        let [only] = rhs else {
            return Err(Stop::Abort(Abort::Unsupported));
        };
        let types = body.results_of_call(*only);
        let values = self.several(*only, count)?;
        Ok(values
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                let ty = types.as_ref().and_then(|types| types.get(index).copied());
                (value, ty)
            })
            .collect())
    }

    /// What is at a place.
    pub(super) fn load(&mut self, place: &Place, expr: ExprId) -> Exec<Value> {
        Ok(match place {
            Place::At(pointer) => match self.memory.load(pointer) {
                Some(value) => value,
                None => self.unknown_at(expr),
            },
            Place::Entry(cell, key) => {
                let (value, _) = self.entry(*cell, &key.clone(), expr);
                value
            }
            Place::Blank | Place::Unknown => self.unknown_at(expr),
        })
    }

    /// The entry of a map, and whether it is there; `None` when that is not known.
    pub(super) fn entry(
        &mut self,
        cell: CellId,
        key: &Value,
        expr: ExprId,
    ) -> (Value, Option<bool>) {
        let Value::Entries(entries) = self.memory.get(cell) else {
            return (self.unknown_at(expr), None);
        };
        let entries = Rc::clone(entries);
        for (known, value) in entries.iter() {
            match known.equals(key) {
                Some(true) => return (value.clone(), Some(true)),
                Some(false) => {}
                None => return (self.unknown_at(expr), None),
            }
        }
        let body = self.body();
        let zero = self.zero(&body, body.type_of(expr));
        (zero, Some(false))
    }
}

fn at(cell: CellId) -> Place {
    Place::At(Pointer {
        cell,
        path: Rc::from([]),
    })
}

pub(super) fn part(pointer: &Pointer, step: usize) -> Pointer {
    let path: Vec<usize> = pointer.path.iter().copied().chain([step]).collect();
    Pointer {
        cell: pointer.cell,
        path: path.into(),
    }
}

/// The steps to the field `name`, through embedded fields.
pub(super) fn field_path(body: &Body<'_>, ty: TypeId, name: &str) -> Option<Vec<usize>> {
    let mut level: Vec<(TypeId, Vec<usize>)> = vec![(ty, Vec::new())];
    for _ in 0..6 {
        let mut next = Vec::new();
        for (ty, path) in level {
            let fields = body.fields(body.cx().deref(ty))?;
            for (index, (field, field_ty)) in fields.iter().enumerate() {
                let mut path = path.clone();
                path.push(index);
                if field == name {
                    return Some(path);
                }
                if field.is_empty() {
                    let embedded = body.cx().deref(*field_ty);
                    if let Type::Named { name: id, .. } = body.cx().ty(embedded)
                        && *body.cx().named(id).name == *name
                    {
                        return Some(path);
                    }
                    if body.fields(embedded).is_some() {
                        next.push((embedded, path));
                    }
                }
            }
        }
        if next.is_empty() {
            return None;
        }
        level = next;
    }
    None
}
