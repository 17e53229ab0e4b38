//! Variables, fields and elements: what they hold, and what is assigned to them.

use go_syntax::{ExprId, ExprKind};
use go_types::{LocalId, Object};

use super::eval::{MAX_LIST, Machine, Stop, object_of, st_body};
use super::state::{Gid, Obj, ObjId, State, Val};

impl Machine<'_, '_> {
    /// What a variable holds.
    pub(super) fn read(&self, st: &State, g: Gid, local: LocalId) -> Val {
        let frame = st.frame(g);
        let Some(val) = frame.local(local) else {
            return Val::Unknown;
        };
        if !self.program.in_cell(frame.body, local) {
            return val.clone();
        }
        match *val {
            Val::Ref(cell) if !st.escaped(cell) => match st.obj(cell) {
                Obj::Cell(val) => val.clone(),
                _ => Val::Unknown,
            },
            _ => Val::Unknown,
        }
    }

    /// A new variable.
    pub(super) fn declare(&self, st: &mut State, g: Gid, local: LocalId, val: Val) {
        let in_cell = self.program.in_cell(st.frame(g).body, local);
        let val = if in_cell {
            Val::Ref(st.alloc(Obj::Cell(val)))
        } else {
            val
        };
        st.frame_mut(g).set_local(local, val);
    }

    /// Gives a variable a value.
    pub(super) fn write(&self, st: &mut State, g: Gid, local: LocalId, val: Val) {
        if !self.program.in_cell(st.frame(g).body, local) {
            st.frame_mut(g).set_local(local, val);
            return;
        }
        let cell = match st.frame(g).local(local) {
            Some(&Val::Ref(cell)) => Some(cell),
            _ => None,
        };
        match cell {
            Some(cell) if !st.escaped(cell) => {
                // A struct stays where it is: others may point to it.
                if let (Obj::Cell(Val::Own(old)), Val::Own(new)) = (st.obj(cell).clone(), &val) {
                    let obj = st.obj(*new).clone();
                    *st.obj_mut(old) = obj;
                } else {
                    *st.obj_mut(cell) = Obj::Cell(val);
                }
            }
            _ => st.escape(&val),
        }
    }

    /// Gives the place that `lhs` denotes a value.
    pub(super) fn assign(&self, st: &mut State, g: Gid, lhs: ExprId, val: Val) -> Result<(), Stop> {
        let body = self.body(st, g);
        let file = body.file();
        let lhs = file.unparen(lhs);
        match file.expr(lhs).kind {
            ExprKind::Ident => match body.object(lhs) {
                Object::Local(local) => {
                    if body.names().is_definition(lhs) {
                        self.declare(st, g, local, val);
                    } else {
                        self.write(st, g, local, val);
                    }
                }
                Object::Blank => {}
                _ => st.escape(&val),
            },
            ExprKind::Selector { x, sel } => {
                let name = file.span_text(sel);
                if let Object::Package(_) = body.object(x) {
                    st.escape(&val);
                    return Ok(());
                }
                let mut base = self.eval(st, g, x)?;
                let index = st_body(st, g);
                let path = self.program.path_to(body, body.type_of(x), name);
                let Some(path) = path else {
                    st.escape(&val);
                    return Ok(());
                };
                base = self.walk(st, index, base, &path[..path.len() - 1])?;
                while let Some(id) = object_of(&base)
                    && let Obj::Cell(inner) = st.obj(id)
                {
                    base = inner.clone();
                }
                match object_of(&base) {
                    Some(id) if !st.escaped(id) => {
                        let sym = self.program.sym(name);
                        match st.obj_mut(id) {
                            Obj::Struct { .. } => set_field(st, id, sym, val),
                            Obj::Cond { lock, .. } => *lock = val,
                            _ => st.escape(&val),
                        }
                    }
                    None if base == Val::Nil => return Err(Stop::Discard),
                    _ => st.escape(&val),
                }
            }
            ExprKind::Index { x, indices } => {
                let base = self.eval(st, g, x)?;
                let mut key = None;
                let index = match file.exprs(indices) {
                    &[index] => {
                        key = self.key(st, g, index);
                        self.eval(st, g, index)?
                    }
                    _ => Val::Unknown,
                };
                if let Some(id) = object_of(&base)
                    && !st.escaped(id)
                    && let Obj::Map(entries) = st.obj_mut(id)
                {
                    if let Some(entry) = entries
                        .iter_mut()
                        .find(|(at, _)| key.is_some() && *at == key)
                    {
                        entry.1 = val;
                    } else if entries.len() < MAX_LIST {
                        entries.push((key, val));
                    } else {
                        st.escape(&base);
                        st.escape(&val);
                    }
                    return Ok(());
                }
                if let (Some(id), Val::Int(index)) = (object_of(&base), index)
                    && !st.escaped(id)
                    && let Obj::List(vals) = st.obj_mut(id)
                    && let Some(slot) = usize::try_from(index).ok().and_then(|i| vals.get_mut(i))
                {
                    *slot = val;
                } else {
                    st.escape(&val);
                }
            }
            ExprKind::Star(x) => match self.eval(st, g, x)? {
                Val::Nil => return Err(Stop::Discard),
                Val::Ref(id) if !st.escaped(id) => match (st.obj(id), &val) {
                    (Obj::Cell(_), _) => *st.obj_mut(id) = Obj::Cell(val),
                    (_, &Val::Own(from)) => {
                        let obj = st.obj(from).clone();
                        *st.obj_mut(id) = obj;
                    }
                    _ => st.escape(&Val::Ref(id)),
                },
                _ => st.escape(&val),
            },
            _ => st.escape(&val),
        }
        Ok(())
    }
}

pub(super) fn set_field(st: &mut State, id: ObjId, sym: u32, val: Val) {
    if let Obj::Struct { fields, .. } = st.obj_mut(id) {
        match fields.binary_search_by_key(&sym, |&(sym, _)| sym) {
            Ok(at) => fields[at].1 = val,
            Err(at) => fields.insert(at, (sym, val)),
        }
    }
}
