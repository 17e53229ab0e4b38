//! Predeclared functions, and channels.

use std::rc::Rc;

use go_syntax::ExprId;
use go_types::{Basic, Builtin, Type};

use super::calls::How;
use super::convert::{Kind, kind};
use super::machine::{Exec, Machine, Stop};
use super::operators::is_interface;
use super::value::{Dynamic, Pointer, Queue, Shown, Slice, Value};
use crate::model::Deed;

impl<'a> Machine<'_, 'a> {
    /// The arguments of a predeclared function: types are none.
    pub(super) fn builtin_arguments(
        &mut self,
        builtin: Builtin,
        call: ExprId,
        args: &[ExprId],
        values: &mut Vec<Shown>,
    ) -> Exec<Vec<Value>> {
        let body = self.body();
        let _ = call;
        let mut given = Vec::new();
        for (index, &arg) in args.iter().enumerate() {
            if index == 0 && matches!(builtin, Builtin::New | Builtin::Make) {
                if builtin == Builtin::New && !body.denotes_type(arg) {
                    given.push(self.value(arg)?);
                }
                continue;
            }
            let value = self.value(arg)?;
            values.push(value.shown());
            // `panic` takes an interface, and so do elements of slices of interfaces.
            let value = if builtin == Builtin::Panic && !is_interface(&body, arg) {
                let from = body.type_of(arg);
                match value {
                    Value::Nil if matches!(body.cx().ty(from), Type::Basic(Basic::UntypedNil)) => {
                        Value::Nil
                    }
                    Value::Unknown(_) => value,
                    value => Value::Iface(super::convert::dynamic(&body, from), Rc::new(value)),
                }
            } else {
                value
            };
            given.push(value);
        }
        Ok(given)
    }

    /// A call of a predeclared function.
    pub(super) fn builtin(
        &mut self,
        builtin: Builtin,
        args: Vec<Value>,
        call: ExprId,
        line: u32,
        how: How,
    ) -> Exec<Option<Value>> {
        let body = self.body();
        let file = body.file();
        let mut args = args.into_iter();
        Ok(Some(match builtin {
            Builtin::Panic => {
                self.line = line;
                let value = match args.next() {
                    Some(Value::Nil) | None => Value::RuntimeError(
                        "panic called with nil argument (use GODEBUG=panicnil=1 to disable)".into(),
                    ),
                    Some(value) => value,
                };
                return Err(self.raise(value));
            }
            Builtin::Recover => self.recover(line, how),
            Builtin::Print | Builtin::Println => {
                let args: Vec<String> = args.map(|arg| arg.shown().text).collect();
                if how == How::Now {
                    let text = format!("{}({})", builtin.as_str(), args.join(", "));
                    self.tell(Deed::Calls { text, args, line });
                }
                return Ok(None);
            }
            Builtin::Len | Builtin::Cap => match args.next() {
                Some(Value::Str(text)) => Value::Int(text.len() as i128),
                Some(Value::Slice(slice)) => Value::Int(if builtin == Builtin::Len {
                    slice.len as i128
                } else {
                    slice.cap as i128
                }),
                Some(Value::Array(items)) => Value::Int(items.len() as i128),
                Some(Value::Nil) => Value::Int(0),
                Some(Value::Map(cell)) => match self.memory.get(cell) {
                    Value::Entries(entries) => Value::Int(entries.len() as i128),
                    _ => self.unknown_at(call),
                },
                Some(Value::Chan(cell)) => match self.memory.queue(cell) {
                    Some(queue) if builtin == Builtin::Len => {
                        Value::Int(queue.values.len() as i128)
                    }
                    Some(queue) => Value::Int(queue.room as i128),
                    None => self.unknown_at(call),
                },
                _ => self.unknown_at(call),
            },
            Builtin::New => {
                let value = match args.next() {
                    Some(value) => value,
                    None => match body.cx().ty(body.type_of(call)) {
                        Type::Pointer(elem) => self.zero(&body, elem),
                        _ => self.unknown("a zero value"),
                    },
                };
                let cell = self.memory.new_cell(value);
                Value::Pointer(Pointer {
                    cell,
                    path: Rc::from([]),
                })
            }
            Builtin::Make => {
                let ty = body.type_of(call);
                let mut size = || args.next();
                match kind(&body, ty) {
                    Kind::Map => {
                        let cell = self.memory.new_cell(Value::Entries(Rc::default()));
                        Value::Map(cell)
                    }
                    Kind::Chan => {
                        let room = match size() {
                            Some(Value::Int(room)) => usize::try_from(room).ok(),
                            None => Some(0),
                            Some(_) => None,
                        };
                        match room {
                            Some(room) => {
                                let queue = Queue {
                                    room,
                                    ..Queue::default()
                                };
                                Value::Chan(self.memory.new_cell(Value::Queue(Rc::new(queue))))
                            }
                            None => self.unknown_nonnil("a channel"),
                        }
                    }
                    Kind::Slice(elem) => {
                        let len = size();
                        let cap = size().or_else(|| len.clone());
                        match (len, cap) {
                            (Some(Value::Int(len)), Some(Value::Int(cap)))
                                if (0..=4096).contains(&len) && (len..=4096).contains(&cap) =>
                            {
                                let zero = self.zero(&body, elem);
                                let (len, cap) =
                                    (len.unsigned_abs() as usize, cap.unsigned_abs() as usize);
                                let items = (0..cap).map(|_| zero.clone()).collect();
                                let cell = self.memory.new_cell(Value::Array(Rc::new(items)));
                                Value::Slice(Slice {
                                    cell,
                                    start: 0,
                                    len,
                                    cap,
                                })
                            }
                            _ => self.unknown_nonnil(file.expr_text(call)),
                        }
                    }
                    _ => self.unknown_at(call),
                }
            }
            Builtin::Append => {
                let slice = args.next();
                let items: Vec<Value> = args.collect();
                self.append(slice, items, call)
            }
            Builtin::Close => match args.next() {
                Some(Value::Chan(cell)) => {
                    let Some(queue) = self.memory.queue(cell) else {
                        return Ok(None);
                    };
                    if queue.closed {
                        return Err(self.runtime_panic("close of closed channel"));
                    }
                    let queue = Queue {
                        closed: true,
                        ..queue.clone()
                    };
                    self.memory.set(cell, Value::Queue(Rc::new(queue)));
                    return Ok(None);
                }
                Some(Value::Nil) => return Err(self.runtime_panic("close of nil channel")),
                _ => return Ok(None),
            },
            Builtin::Delete => {
                let (map, key) = (args.next(), args.next());
                if let (Some(Value::Map(cell)), Some(key)) = (map, key)
                    && let Value::Entries(entries) = self.memory.get(cell)
                {
                    let certain = entries
                        .iter()
                        .all(|(known, _)| known.equals(&key).is_some());
                    let value = if certain {
                        let left = entries
                            .iter()
                            .filter(|(known, _)| known.equals(&key) == Some(false))
                            .cloned()
                            .collect();
                        Value::Entries(Rc::new(left))
                    } else {
                        self.unknown("a map")
                    };
                    self.memory.set(cell, value);
                }
                return Ok(None);
            }
            Builtin::Clear | Builtin::Copy => {
                for value in args {
                    if let Value::Slice(Slice { cell, .. }) | Value::Map(cell) = value {
                        self.forget(cell);
                    }
                }
                if builtin == Builtin::Clear {
                    return Ok(None);
                }
                self.unknown_at(call)
            }
            Builtin::Max | Builtin::Min => {
                let mut best: Option<i128> = None;
                for value in args {
                    let Value::Int(value) = value else {
                        return Ok(Some(self.unknown_at(call)));
                    };
                    best = Some(match best {
                        None => value,
                        Some(known) if builtin == Builtin::Max => known.max(value),
                        Some(known) => known.min(value),
                    });
                }
                match best {
                    Some(best) => Value::Int(best),
                    None => self.unknown_at(call),
                }
            }
            Builtin::Complex | Builtin::Imag | Builtin::Real => self.unknown_at(call),
        }))
    }

    fn append(&mut self, slice: Option<Value>, items: Vec<Value>, call: ExprId) -> Value {
        let body = self.body();
        let Kind::Slice(elem) = kind(&body, body.type_of(call)) else {
            return self.unknown_at(call);
        };
        if body.file().expr_text(call).contains("...") {
            return self.unknown_at(call);
        }
        let items: Vec<Value> = items
            .into_iter()
            .map(|item| match item {
                item @ (Value::Iface(..) | Value::Nil | Value::Unknown(_)) => item,
                item if kind(&body, elem) == Kind::Iface => {
                    // The static type is not at hand; only basic values occur unwrapped.
                    let dynamic = match &item {
                        Value::Int(_) => Dynamic::Basic(Basic::Int),
                        Value::Str(_) => Dynamic::Basic(Basic::String),
                        Value::Bool(_) => Dynamic::Basic(Basic::Bool),
                        _ => return item,
                    };
                    Value::Iface(dynamic, Rc::new(item))
                }
                item => item,
            })
            .collect();
        let (mut all, spare) = match slice {
            Some(Value::Nil) => (Vec::new(), None),
            Some(Value::Slice(slice)) => match self.memory.get(slice.cell) {
                Value::Array(whole) => {
                    let used = whole[slice.start..slice.start + slice.len].to_vec();
                    let fits = slice.cap - slice.len >= items.len();
                    (used, fits.then_some(slice))
                }
                _ => return self.unknown_at(call),
            },
            _ => return self.unknown_at(call),
        };
        // Into the room that is left, others see it too.
        if let Some(slice) = spare {
            for (offset, item) in items.iter().enumerate() {
                let pointer = Pointer {
                    cell: slice.cell,
                    path: Rc::from([slice.start + slice.len + offset]),
                };
                self.memory.store(&pointer, item.clone());
            }
            return Value::Slice(Slice {
                len: slice.len + items.len(),
                ..slice
            });
        }
        all.extend(items);
        let len = all.len();
        let cell = self.memory.new_cell(Value::Array(Rc::new(all)));
        Value::Slice(Slice {
            cell,
            start: 0,
            len,
            cap: len,
        })
    }

    /// `<-chan`: the value, and whether it was sent.
    pub(super) fn receive(&mut self, chan: &Value, expr: ExprId) -> Exec<(Value, Value)> {
        let body = self.body();
        match chan {
            Value::Chan(cell) if !self.memory.is_escaped(*cell) => {
                for _ in 0..2 {
                    let Some(queue) = self.memory.queue(*cell) else {
                        break;
                    };
                    if let Some((first, rest)) = queue.values.split_first() {
                        let (first, rest) = (first.clone(), rest.to_vec());
                        let queue = Queue {
                            values: rest,
                            ..queue.clone()
                        };
                        self.memory.set(*cell, Value::Queue(Rc::new(queue)));
                        return Ok((first, Value::Bool(true)));
                    }
                    if queue.closed {
                        let elem = match body.cx().ty(body.underlying(body.type_of(expr))) {
                            Type::Tuple(_) => None,
                            _ => Some(body.type_of(expr)),
                        };
                        let zero = match elem {
                            Some(elem) => self.zero(&body, elem),
                            None => self.unknown_at(expr),
                        };
                        return Ok((zero, Value::Bool(false)));
                    }
                    if !self.run_pending()? {
                        return Err(Stop::Blocked);
                    }
                }
                Err(Stop::Blocked)
            }
            Value::Nil => Err(Stop::Blocked),
            _ => {
                self.forget_escaped();
                let value = self.unknown_at(expr);
                let text = format!("ok of {}", self.text(expr));
                Ok((value, self.unknown(&text)))
            }
        }
    }

    /// `chan <- value`
    pub(super) fn send(&mut self, chan: &Value, value: Value) -> Exec<()> {
        match chan {
            Value::Chan(cell) if !self.memory.is_escaped(*cell) => {
                let Some(queue) = self.memory.queue(*cell) else {
                    return Ok(());
                };
                if queue.closed {
                    return Err(self.runtime_panic("send on closed channel"));
                }
                if queue.values.len() >= queue.room {
                    return Err(self.give_up_inside());
                }
                let mut queue = queue.clone();
                queue.values.push(value);
                self.memory.set(*cell, Value::Queue(Rc::new(queue)));
                Ok(())
            }
            Value::Nil => Err(Stop::Blocked),
            _ => {
                self.memory.escape(&value);
                self.forget_escaped();
                Ok(())
            }
        }
    }
}
