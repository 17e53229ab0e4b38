//! Functions that are put on the stack, and goroutines that are started.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::LocalId;

use super::eval::{Machine, Stop, object_of};
use super::ops::Target;
use super::state::{Frame, Gid, Goroutine, Obj, Shared, State, Status, Val};
use crate::cfg::Cfg;

/// So many goroutines are followed, those that have ended apart.
const MAX_GOROUTINES: usize = 7;

impl Machine<'_, '_> {
    /// The parameters of a function, the unnamed ones included, and whether the last takes the rest.
    pub(super) fn params(&self, body: usize, func: FuncId) -> Vec<(Option<LocalId>, bool)> {
        let names = self.program.body(body).names();
        let file = self.program.file(body);
        let mut found = Vec::new();
        for field in file.fields_of(file.sig(file.func(func).sig).params).iter() {
            let field = file.field(field);
            let rest = matches!(file.expr(field.ty).kind, ExprKind::Ellipsis(_));
            if field.names.is_empty() {
                found.push((None, rest));
            }
            for name in field.names.iter() {
                found.push((names.declared(name), rest));
            }
        }
        found
    }

    /// Puts a function on the stack.
    pub(super) fn push(
        &self,
        st: &mut State,
        g: Gid,
        target: &Target,
        args: &[Val],
        dest: Option<ExprId>,
    ) {
        let Target::Code {
            body,
            func,
            receiver,
            cells,
        } = target
        else {
            return;
        };
        let (body, func) = (*body, *func);
        let locals: Vec<(LocalId, Val)> = {
            let mut locals: Vec<_> = cells
                .iter()
                .map(|&(id, cell)| (id, Val::Ref(cell)))
                .collect();
            locals.sort_by_key(|&(id, _)| id);
            locals
        };
        st.goroutines[g].frames.push(Shared::new(Frame {
            body,
            func,
            node: Cfg::ENTRY,
            thunk: None,
            locals,
            memo: Vec::new(),
            waited: false,
            choice: None,
            ranges: Vec::new(),
            decided: Vec::new(),
            rounds: Vec::new(),
            defers: Vec::new(),
            result: Val::Unknown,
            dest,
            group: None,
        }));
        let file = self.program.file(body);
        let names = self.program.body(body).names();
        let node = file.func(func);
        if let Some(recv) = node.recv
            && let Some(receiver) = receiver
        {
            for field in file.fields_of(recv).iter() {
                for name in file.field(field).names.iter() {
                    if let Some(local) = names.declared(name) {
                        self.declare(st, g, local, receiver.clone());
                    }
                }
            }
        }
        let params = self.params(body, func);
        for (index, &(local, rest)) in params.iter().enumerate() {
            let is_list = |val: &Val| is_list(st, val);
            let val =
                if rest && (args.len() != params.len() || !args.get(index).is_some_and(is_list)) {
                    let more = args.get(index..).unwrap_or_default().to_vec();
                    match more.first() {
                        Some(Val::Unknown) => Val::Unknown,
                        None if args.is_empty() && dest.is_none() => Val::Unknown,
                        _ => Val::Ref(st.alloc(Obj::List(more))),
                    }
                } else {
                    args.get(index).cloned().unwrap_or(Val::Unknown)
                };
            if let Some(local) = local {
                self.declare(st, g, local, val);
            }
        }
        if let Some(results) = file.sig(node.sig).results {
            for field in file.fields_of(results).iter() {
                for name in file.field(field).names.iter() {
                    if let Some(local) = names.declared(name) {
                        let ty = self.program.body(body).type_of_local(local);
                        let val = self.zero(st, body, ty, 0);
                        self.declare(st, g, local, val);
                    }
                }
            }
        }
    }

    /// Starts a goroutine.
    pub(super) fn spawn(
        &self,
        st: &mut State,
        g: Gid,
        call: ExprId,
        target: &Target,
        args: &[Val],
        group: Option<Val>,
    ) -> Result<(), Stop> {
        let alive = st
            .goroutines
            .iter()
            .filter(|goroutine| goroutine.status != Status::Ended)
            .count();
        if alive >= MAX_GOROUTINES {
            return Err(Stop::Bound);
        }
        if matches!(target, Target::Opaque | Target::Harmless) {
            args.iter().for_each(|val| st.escape(val));
            return Ok(());
        }
        let started = Some(self.site(st, g, call));
        let (body, func, node) = {
            let frame = st.frame(g);
            (frame.body, frame.func, frame.node)
        };
        st.goroutines.push(Shared::new(Goroutine {
            frames: Vec::new(),
            status: Status::Running,
            exits: false,
            started,
            sent: Vec::new(),
            took: Vec::new(),
        }));
        let new = st.goroutines.len() - 1;
        if matches!(target, Target::Code { .. }) {
            self.push(st, new, target, args, None);
        } else {
            let pending = super::state::Pending {
                call,
                target: target.clone(),
                args: args.into(),
            };
            st.goroutines[new]
                .frames
                .push(Shared::new(thunk(body, func, node, pending)));
        }
        st.frame_mut(new).group = group;
        Ok(())
    }
}

/// A frame that makes one call.
pub(super) fn thunk(
    body: usize,
    func: FuncId,
    node: crate::cfg::NodeId,
    pending: super::state::Pending,
) -> Frame {
    Frame {
        body,
        func,
        node,
        thunk: Some(Rc::new(pending)),
        locals: Vec::new(),
        memo: Vec::new(),
        waited: false,
        choice: None,
        ranges: Vec::new(),
        decided: Vec::new(),
        rounds: Vec::new(),
        defers: Vec::new(),
        result: Val::Unknown,
        dest: None,
        group: None,
    }
}

fn is_list(st: &State, val: &Val) -> bool {
    object_of(val).is_some_and(|id| matches!(st.obj(id), Obj::List(_))) || *val == Val::Unknown
}
