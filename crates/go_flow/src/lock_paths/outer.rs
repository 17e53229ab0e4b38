//! Locks as the callers of a function know them.

use go_syntax::ExprId;
use go_types::{Body, LocalKind, MemberId, PackageCx};

use super::spot::{Spot, SpotRoot};
use crate::facts::{FunctionFacts, param_number};

/// A lock as the caller of a function knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct OuterLock {
    base: Base,
    path: Vec<Box<str>>,
}

/// Where the path to it starts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Base {
    Receiver,
    Param(usize),
    Global(MemberId),
}

impl OuterLock {
    /// The lock that it is for the caller.
    pub(crate) fn at(&self, facts: &FunctionFacts<'_>, call: ExprId) -> Option<Spot> {
        let file = facts.file();
        let body = facts.body();
        let base = match self.base {
            Base::Global(member) => Spot {
                root: SpotRoot::Member(member),
                path: Vec::new(),
                indices: Vec::new(),
            },
            Base::Param(index) => {
                let (_, args) = file.call(call)?;
                Spot::of(facts, *args.get(index)?)?
            }
            Base::Receiver => {
                let method = body.method(call)?;
                let operand = method.recv?;
                let base = Spot::of(facts, operand)?;
                let owner = body.cx().deref(body.type_of(operand));
                if owner == method.owner || body.identical(owner, method.owner) {
                    base
                } else {
                    // The method of an embedded field.
                    let name = body.type_string(body.cx().deref(method.owner));
                    let name = name.rsplit('.').next().unwrap_or_default();
                    base.join(&[format!(".{name}").into()])
                }
            }
        };
        Some(base.join(&self.path).settled(facts))
    }

    /// The lock that it is for a method that is called on what `receiver` denotes, or holds.
    pub(super) fn of_receiver(&self, receiver: &Spot) -> Option<Spot> {
        matches!(self.base, Base::Receiver).then(|| receiver.join(&self.path))
    }

    /// A lock of what a method is called on, by the path to it.
    pub(super) const fn of_owner(path: Vec<Box<str>>) -> Self {
        Self {
            base: Base::Receiver,
            path,
        }
    }

    /// The lock as the function writes it, by the names of its receiver and parameters.
    pub(super) fn written(&self, cx: &PackageCx<'_>, receiver: &str, params: &[String]) -> String {
        let base = match self.base {
            Base::Receiver => receiver,
            Base::Param(index) => params.get(index).map_or("_", |name| name),
            Base::Global(member) => cx.names().member_name(member),
        };
        format!("{base}{}", self.path.concat())
    }

    /// How a lock of a function's own is known to its callers.
    pub(super) fn of(body: &Body<'_>, spot: &Spot) -> Option<Self> {
        if !spot.indices.is_empty() {
            return None;
        }
        let base = match spot.root {
            SpotRoot::Member(member) => Base::Global(member),
            SpotRoot::Imported(_) => return None,
            SpotRoot::Local(local) => {
                let what = body.names().local(local);
                if what.func != body.root() {
                    return None;
                }
                match what.kind {
                    LocalKind::Receiver(_) => Base::Receiver,
                    LocalKind::Param(_) => Base::Param(param_number(body, local)?),
                    _ => return None,
                }
            }
        };
        Some(Self {
            base,
            path: spot.path.clone(),
        })
    }
}
