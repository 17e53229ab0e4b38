//! Values of expressions.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, LitKind, SpecKind, literal};
use go_types::{LocalKind, MemberKind, Object, Type, UniverseConst};

use super::assign::{Place, field_path};
use super::convert::{Kind, dynamic, kind};
use super::machine::{Exec, Machine};
use super::value::{Dynamic, Func, Pointer, Slice, Value};

impl<'a> Machine<'_, 'a> {
    /// The value of an expression that has one.
    pub(super) fn value(&mut self, expr: ExprId) -> Exec<Value> {
        self.step()?;
        let body = self.body();
        let file = body.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::Ident => self.named(expr),
            ExprKind::BasicLit(lit) => {
                let value = self.literal(lit, expr);
                // `var f float64 = 1` keeps its integer until it is assigned.
                Ok(value)
            }
            ExprKind::FuncLit(func) => Ok(Value::Func(Rc::new(Func::Literal {
                file: self.frame().file,
                func,
                env: Rc::clone(&self.frame().env),
            }))),
            ExprKind::CompositeLit { elts, .. } => {
                let elts = file.exprs(elts).to_vec();
                self.composite(expr, &elts)
            }
            ExprKind::Selector { x, sel } => {
                let name = file.span_text(sel).to_owned();
                self.selector(expr, x, &name)
            }
            ExprKind::Index { x, indices } => {
                let indices = file.exprs(indices).to_vec();
                self.index(expr, x, &indices)
            }
            ExprKind::Slice { x, lo, hi, max } => self.slice(expr, x, lo, hi, max),
            ExprKind::TypeAssert { x, ty: Some(ty) } => self.assert_type(expr, x, ty),
            ExprKind::Call { .. } => {
                let values = self.call(expr)?;
                Ok(match values.into_iter().next() {
                    Some(value) => value,
                    None => self.unknown_at(expr),
                })
            }
            ExprKind::Star(x) => match self.value(x)? {
                Value::Pointer(pointer) => Ok(match self.memory.load(&pointer) {
                    Some(value) => value,
                    None => self.unknown_at(expr),
                }),
                Value::Nil => Err(self.nil_dereference()),
                _ => Ok(self.unknown_at(expr)),
            },
            ExprKind::Unary { op, x } => self.unary(expr, op, x),
            ExprKind::Binary { op, x, y } => self.binary(expr, op, x, y),
            _ => Ok(self.unknown_at(expr)),
        }
    }

    /// The values of an expression that gives several: a call, or a `v, ok` form.
    pub(super) fn several(&mut self, expr: ExprId, count: usize) -> Exec<Vec<Value>> {
        let body = self.body();
        let file = body.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::Call { .. } => {
                let mut values = self.call(expr)?;
                while values.len() < count {
                    let value = self.unknown_at(expr);
                    values.push(value);
                }
                Ok(values)
            }
            ExprKind::TypeAssert { x, ty: Some(ty) } => {
                let value = self.value(x)?;
                let wanted = body.type_of(ty);
                Ok(match self.has_type(&value, wanted) {
                    Some(true) => vec![self.unwrapped(&value, wanted), Value::Bool(true)],
                    Some(false) => vec![self.zero(&body, wanted), Value::Bool(false)],
                    None => {
                        let inner = self.unknown_at(expr);
                        let ok = self.unknown(&format!("ok of {}", file.expr_text(expr)));
                        vec![inner, ok]
                    }
                })
            }
            ExprKind::Index { x, indices } => {
                let map = self.value(x)?;
                let key = match file.exprs(indices).first() {
                    Some(&index) => self.value(index)?,
                    None => Value::Nil,
                };
                if let Value::Map(cell) = map {
                    let (value, there) = self.entry(cell, &key, expr);
                    let there = match there {
                        Some(there) => Value::Bool(there),
                        None => self.unknown_at(expr),
                    };
                    return Ok(vec![value, there]);
                }
                Ok(vec![self.unknown_at(expr), self.unknown_at(expr)])
            }
            ExprKind::Unary {
                op: go_syntax::UnaryOp::Recv,
                x,
            } => {
                let chan = self.value(x)?;
                let (value, ok) = self.receive(&chan, expr)?;
                Ok(vec![value, ok])
            }
            _ => Ok((0..count).map(|_| self.unknown_at(expr)).collect()),
        }
    }

    fn literal(&mut self, lit: LitKind, expr: ExprId) -> Value {
        let body = self.body();
        let text = body.file().expr_text(expr);
        literal_value(lit, text).unwrap_or_else(|| self.unknown(text))
    }

    fn named(&mut self, expr: ExprId) -> Exec<Value> {
        let body = self.body();
        Ok(match self.object(expr) {
            Object::Nil => Value::Nil,
            Object::UniverseConst(UniverseConst::True) => Value::Bool(true),
            Object::UniverseConst(UniverseConst::False) => Value::Bool(false),
            Object::Local(local) => match body.names().local(local).kind {
                LocalKind::Const {
                    index,
                    origin,
                    spec,
                } => self.local_constant(expr, spec, origin, index)?,
                _ => match self.cell_of(local) {
                    Some(cell) => self.memory.get(cell).clone(),
                    None => self.unknown_at(expr),
                },
            },
            Object::Member(member) => {
                let names = body.cx().names();
                let known = names.member(member);
                match known.kind {
                    MemberKind::Func(func) => Value::Func(Rc::new(Func::Declared {
                        file: known.file,
                        func,
                    })),
                    MemberKind::Const {
                        spec,
                        index,
                        origin,
                    } => {
                        let iota = match names.file(known.file).spec(spec).kind {
                            SpecKind::Value { iota, .. } => iota,
                            _ => 0,
                        };
                        match self.package_constant(known.file, origin, index, iota) {
                            Some(value) => value,
                            None => self.unknown_at(expr),
                        }
                    }
                    MemberKind::Var { .. } => {
                        let place = self.place(expr)?;
                        self.load(&place, expr)?
                    }
                    MemberKind::Type(_) => self.unknown_at(expr),
                }
            }
            _ => self.unknown_at(expr),
        })
    }

    fn local_constant(
        &mut self,
        expr: ExprId,
        spec: go_syntax::SpecId,
        origin: go_syntax::SpecId,
        index: u32,
    ) -> Exec<Value> {
        let body = self.body();
        let file = body.file();
        let iota = match file.spec(spec).kind {
            SpecKind::Value { iota, .. } => iota,
            _ => 0,
        };
        if let SpecKind::Value { values, .. } = file.spec(origin).kind
            && let Some(&value) = file.exprs(values).get(index as usize)
        {
            let names = |ident: ExprId| match body.names().object(ident) {
                Object::Local(local) => match body.names().local(local).kind {
                    LocalKind::Const {
                        spec,
                        origin,
                        index,
                    } => {
                        let iota = match file.spec(spec).kind {
                            SpecKind::Value { iota, .. } => iota,
                            _ => 0,
                        };
                        Some((origin, index, iota))
                    }
                    _ => None,
                },
                _ => None,
            };
            if let Some(value) = self.constant(self.frame().file, value, iota, &names, 0) {
                return Ok(value);
            }
        }
        Ok(self.unknown_at(expr))
    }

    fn selector(&mut self, expr: ExprId, x: ExprId, name: &str) -> Exec<Value> {
        let body = self.body();
        if matches!(self.object(x), Object::Package(_)) {
            return Ok(self.unknown_at(expr));
        }
        let ty = body.type_of(x);
        match body.selection(ty, name) {
            Some(go_types::Selection::Method { .. }) => {
                let func = self.method_value(x, name)?;
                Ok(Value::Func(func))
            }
            _ => {
                // A field of something that has a place, or of a value.
                if let Place::At(pointer) = self.place(expr)? {
                    if self
                        .memory
                        .load(&Pointer {
                            cell: pointer.cell,
                            path: Rc::from([]),
                        })
                        .is_some_and(|whole| matches!(whole, Value::Unknown(_)))
                    {
                        let text = self.text(expr);
                        return Ok(self.part_of_unknown(pointer.cell, &text));
                    }
                    return Ok(match self.memory.load(&pointer) {
                        Some(value) => value,
                        None => self.unknown_at(expr),
                    });
                }
                let is_place = matches!(
                    body.file().expr(body.file().unparen(x)).kind,
                    ExprKind::Ident
                        | ExprKind::Selector { .. }
                        | ExprKind::Index { .. }
                        | ExprKind::Star(_)
                );
                if !is_place
                    && let Value::Struct(fields) = self.value(x)?
                    && let Some([index]) = field_path(&body, ty, name).as_deref()
                    && let Some(field) = fields.get(*index)
                {
                    return Ok(field.clone());
                }
                let text = self.text(expr);
                self.part_of_place(x, &text)
            }
        }
    }

    /// A field of something unknown: equal to itself as long as nothing may have changed it.
    fn part_of_place(&mut self, x: ExprId, text: &str) -> Exec<Value> {
        let is_path = {
            let body = self.body();
            let file = body.file();
            matches!(
                file.expr(file.unparen(x)).kind,
                ExprKind::Ident | ExprKind::Selector { .. }
            )
        };
        if is_path && let Value::Unknown(unknown) = self.value(x)? {
            let key = format!("{}.{text}@{}", unknown.0.key, self.epoch);
            return Ok(self.unknown_bool(key, false, text));
        }
        Ok(self.unknown(text))
    }

    fn part_of_unknown(&mut self, cell: super::value::CellId, text: &str) -> Value {
        let key = match self.memory.get(cell) {
            Value::Unknown(unknown) => format!("{}.{text}", unknown.0.key),
            _ => return self.unknown(text),
        };
        self.unknown_bool(key, false, text)
    }

    fn index(&mut self, expr: ExprId, x: ExprId, indices: &[ExprId]) -> Exec<Value> {
        let body = self.body();
        // An instantiation of a function.
        if indices.iter().any(|&index| body.denotes_type(index)) {
            return self.value(x);
        }
        let Some(&index) = indices.first() else {
            return Ok(self.unknown_at(expr));
        };
        match kind(&body, body.type_of(x)) {
            Kind::Str => {
                let text = self.value(x)?;
                let at = self.value(index)?;
                match (text, at) {
                    (Value::Str(text), Value::Int(at)) => {
                        match usize::try_from(at)
                            .ok()
                            .and_then(|at| text.as_bytes().get(at).copied())
                        {
                            Some(byte) => Ok(Value::Int(byte.into())),
                            None => Err(self.out_of_range(at, text.len())),
                        }
                    }
                    _ => Ok(self.unknown_at(expr)),
                }
            }
            Kind::Map => {
                let map = self.value(x)?;
                let key = self.value(index)?;
                match map {
                    Value::Map(cell) => Ok(self.entry(cell, &key, expr).0),
                    Value::Nil => Ok(self.zero(&body, body.type_of(expr))),
                    _ => Ok(self.unknown_at(expr)),
                }
            }
            Kind::Array(..) | Kind::Slice(_) | Kind::Pointer => {
                if let ExprKind::CompositeLit { .. } = body.file().expr(body.file().unparen(x)).kind
                {
                    let whole = self.value(x)?;
                    let at = self.value(index)?;
                    return match (whole, at) {
                        (Value::Array(items), Value::Int(at)) => {
                            match usize::try_from(at)
                                .ok()
                                .and_then(|at| items.get(at).cloned())
                            {
                                Some(value) => Ok(value),
                                None => Err(self.out_of_range(at, items.len())),
                            }
                        }
                        (Value::Slice(slice), Value::Int(at)) => {
                            match usize::try_from(at).ok().filter(|&at| at < slice.len) {
                                Some(at) => {
                                    let pointer = Pointer {
                                        cell: slice.cell,
                                        path: Rc::from([slice.start + at]),
                                    };
                                    Ok(self.memory.load(&pointer).unwrap_or(Value::Nil))
                                }
                                None => Err(self.out_of_range(at, slice.len)),
                            }
                        }
                        _ => Ok(self.unknown_at(expr)),
                    };
                }
                let place = self.place(expr)?;
                self.load(&place, expr)
            }
            _ => {
                self.value(x)?;
                self.value(index)?;
                Ok(self.unknown_at(expr))
            }
        }
    }

    fn slice(
        &mut self,
        expr: ExprId,
        x: ExprId,
        lo: Option<ExprId>,
        hi: Option<ExprId>,
        max: Option<ExprId>,
    ) -> Exec<Value> {
        let whole = self.value(x)?;
        let mut bounds = [None, None, None];
        for (bound, part) in bounds.iter_mut().zip([lo, hi, max]) {
            if let Some(part) = part {
                match self.value(part)? {
                    Value::Int(at) => *bound = usize::try_from(at).ok(),
                    _ => return Ok(self.unknown_at(expr)),
                }
                if bound.is_none() {
                    return Err(self.runtime_panic("runtime error: slice bounds out of range"));
                }
            }
        }
        let [lo, hi, max] = bounds;
        match whole {
            Value::Str(text) => {
                let (lo, hi) = (lo.unwrap_or(0), hi.unwrap_or(text.len()));
                match text.get(lo..hi) {
                    Some(part) => Ok(Value::str(part)),
                    None if hi > text.len() || lo > hi => {
                        Err(self.runtime_panic("runtime error: slice bounds out of range"))
                    }
                    None => Ok(self.unknown_at(expr)),
                }
            }
            Value::Slice(slice) => {
                let cap = max.unwrap_or(slice.cap);
                let (lo, hi) = (lo.unwrap_or(0), hi.unwrap_or(slice.len));
                if lo > hi || hi > cap || cap > slice.cap {
                    return Err(self.runtime_panic("runtime error: slice bounds out of range"));
                }
                Ok(Value::Slice(Slice {
                    cell: slice.cell,
                    start: slice.start + lo,
                    len: hi - lo,
                    cap: cap - lo,
                }))
            }
            _ => Ok(self.unknown_at(expr)),
        }
    }

    fn composite(&mut self, expr: ExprId, elts: &[ExprId]) -> Exec<Value> {
        let body = self.body();
        let ty = body.type_of(expr);
        // `{…}` within `[]*T{…}` makes a pointer.
        if let Type::Pointer(elem) = body.cx().ty(body.underlying(ty)) {
            let value = self.composite_of(expr, elts, elem)?;
            let cell = self.memory.new_cell(value);
            return Ok(Value::Pointer(Pointer {
                cell,
                path: Rc::from([]),
            }));
        }
        self.composite_of(expr, elts, ty)
    }

    fn composite_of(&mut self, expr: ExprId, elts: &[ExprId], ty: go_types::TypeId) -> Exec<Value> {
        let body = self.body();
        let file = body.file();
        match kind(&body, ty) {
            Kind::Struct => {
                let Some(fields) = body.fields(ty) else {
                    for &elt in elts {
                        let value = match file.expr(elt).kind {
                            ExprKind::KeyValue { value, .. } => value,
                            _ => elt,
                        };
                        let value = self.value(value)?;
                        self.memory.escape(&value);
                    }
                    return Ok(self.unknown_at_nonnil(expr));
                };
                let Value::Struct(zero) = self.zero(&body, ty) else {
                    return Ok(self.unknown_at_nonnil(expr));
                };
                let mut values = (*zero).clone();
                for (place, &elt) in elts.iter().enumerate() {
                    let (index, value) = match file.expr(elt).kind {
                        ExprKind::KeyValue { key, value } => {
                            let name = file.expr_text(key);
                            let path = field_path(&body, ty, name);
                            (path.and_then(|path| path.first().copied()), value)
                        }
                        _ => (Some(place), elt),
                    };
                    let from = body.type_of(value);
                    let value = self.value(value)?;
                    if let Some(index) = index
                        && let (Some(slot), Some((_, to))) =
                            (values.get_mut(index), fields.get(index))
                    {
                        *slot = self.convert(&body, value, from, *to);
                    }
                }
                Ok(Value::Struct(Rc::new(values)))
            }
            kind @ (Kind::Slice(elem) | Kind::Array(_, elem)) => {
                let mut values: Vec<Value> = match kind {
                    Kind::Array(..) => match self.zero(&body, ty) {
                        Value::Array(zero) => (*zero).clone(),
                        _ => return Ok(self.unknown_at_nonnil(expr)),
                    },
                    _ => Vec::new(),
                };
                let mut next = 0;
                for &elt in elts {
                    let value = match file.expr(elt).kind {
                        ExprKind::KeyValue { key, value } => {
                            match self.value(key)? {
                                Value::Int(at) if (0..4096).contains(&at) => {
                                    next = usize::try_from(at).unwrap_or(next);
                                }
                                _ => return Ok(self.unknown_at_nonnil(expr)),
                            }
                            value
                        }
                        _ => elt,
                    };
                    let from = body.type_of(value);
                    let item = self.value(value)?;
                    let item = self.convert(&body, item, from, elem);
                    while values.len() <= next {
                        let zero = self.zero(&body, elem);
                        values.push(zero);
                    }
                    values[next] = item;
                    next += 1;
                }
                if matches!(kind, Kind::Array(..)) {
                    return Ok(Value::Array(Rc::new(values)));
                }
                let len = values.len();
                let cell = self.memory.new_cell(Value::Array(Rc::new(values)));
                Ok(Value::Slice(Slice {
                    cell,
                    start: 0,
                    len,
                    cap: len,
                }))
            }
            Kind::Map => {
                let Type::Map {
                    key: key_ty,
                    value: value_ty,
                } = body.cx().ty(body.underlying(ty))
                else {
                    return Ok(self.unknown_at_nonnil(expr));
                };
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for &elt in elts {
                    if let ExprKind::KeyValue { key, value } = file.expr(elt).kind {
                        let from = body.type_of(key);
                        let known = self.value(key)?;
                        let known = self.convert(&body, known, from, key_ty);
                        let from = body.type_of(value);
                        let value = self.value(value)?;
                        let value = self.convert(&body, value, from, value_ty);
                        entries.push((known, value));
                    }
                }
                let cell = self.memory.new_cell(Value::Entries(Rc::new(entries)));
                Ok(Value::Map(cell))
            }
            _ => {
                for &elt in elts {
                    let value = match file.expr(elt).kind {
                        ExprKind::KeyValue { value, .. } => value,
                        _ => elt,
                    };
                    let value = self.value(value)?;
                    self.memory.escape(&value);
                }
                Ok(self.unknown_at_nonnil(expr))
            }
        }
    }

    fn unknown_at_nonnil(&mut self, expr: ExprId) -> Value {
        let text = self.text(expr);
        self.unknown_nonnil(&text)
    }

    fn assert_type(&mut self, expr: ExprId, x: ExprId, ty: ExprId) -> Exec<Value> {
        let body = self.body();
        let value = self.value(x)?;
        let wanted = body.type_of(ty);
        match self.has_type(&value, wanted) {
            Some(true) => Ok(self.unwrapped(&value, wanted)),
            Some(false) => {
                let text = format!(
                    "interface conversion: {} is no {}",
                    value.shown().text,
                    body.type_string(wanted)
                );
                Err(self.runtime_panic(&text))
            }
            None => Ok(self.unknown_at(expr)),
        }
    }

    /// Whether a value in an interface has a type.
    pub(super) fn has_type(&mut self, value: &Value, wanted: go_types::TypeId) -> Option<bool> {
        let body = self.body();
        let to_interface = kind(&body, wanted) == Kind::Iface;
        match value {
            Value::Nil => Some(false),
            Value::RuntimeError(_) if body.is_error(wanted) => Some(true),
            Value::RuntimeError(_) if !to_interface => Some(false),
            Value::Iface(Dynamic::Basic(_), _) if to_interface => Some(matches!(
                body.cx().ty(body.underlying(wanted)),
                Type::EmptyInterface
            )),
            Value::Iface(dynamic_type, _) if !to_interface => {
                let wanted = dynamic(&body, wanted);
                match (*dynamic_type, wanted) {
                    (a, b) if a == b => Some(true),
                    (Dynamic::Other(a), Dynamic::Other(b)) => Some(body.identical(a, b)),
                    _ => Some(false),
                }
            }
            _ => None,
        }
    }

    /// The value that an interface holds, as one of a type.
    pub(super) fn unwrapped(&mut self, value: &Value, wanted: go_types::TypeId) -> Value {
        let body = self.body();
        match value {
            Value::Iface(_, inner) if kind(&body, wanted) != Kind::Iface => (**inner).clone(),
            value => value.clone(),
        }
    }
}

/// The value of a basic literal.
pub(super) fn literal_value(lit: LitKind, text: &str) -> Option<Value> {
    match lit {
        LitKind::Int => parse_int(text).map(Value::Int),
        LitKind::Float => text.replace('_', "").parse().ok().map(Value::Float),
        LitKind::String => literal::unquote_str(text).map(|text| Value::str(&text)),
        LitKind::Char => {
            let bytes = literal::unquote(text)?;
            let text = std::str::from_utf8(&bytes).ok()?;
            text.chars()
                .next()
                .map(|c| Value::Int(i128::from(u32::from(c))))
        }
        LitKind::Imag => None,
    }
}

fn parse_int(text: &str) -> Option<i128> {
    let plain = text.replace('_', "").to_lowercase();
    let digits = |prefix: &str, radix| {
        plain
            .strip_prefix(prefix)
            .and_then(|digits| i128::from_str_radix(digits, radix).ok())
    };
    digits("0x", 16)
        .or_else(|| digits("0b", 2))
        .or_else(|| digits("0o", 8))
        .or_else(|| match plain.strip_prefix('0') {
            Some("") => Some(0),
            Some(octal) => i128::from_str_radix(octal, 8).ok(),
            None => plain.parse().ok(),
        })
}
