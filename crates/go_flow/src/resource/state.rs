//! What is known of a resource at a point of a path.

use go_syntax::{ExprId, StmtId};
use go_types::LocalId;

/// The name of a field, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Sym(pub(crate) u32);

/// How a variable has to do with the resource.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum How {
    /// It is the resource.
    Same,
    /// It is responsible for it: releasing it releases the resource.
    Own,
    /// The resource is somewhere in it.
    Inside,
    /// It refers to it, but releasing it does not release the resource.
    Wrap,
    /// It is a function that releases it.
    Call,
    /// It names the resource to functions that release it: the path of a temporary file.
    Name,
}

/// A variable, or a field of one, that has to do with the resource.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Holder {
    pub(crate) local: LocalId,
    /// The fields from there.
    pub(crate) path: Vec<Sym>,
    pub(crate) how: How,
}

/// What is known of a variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Fact {
    Nil,
    NonNil,
    True,
    False,
}

/// What happened to a resource that is followed beyond its release.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Life {
    /// The first call that wrote to it since its data was last known to be safe.
    pub(crate) written: Option<ExprId>,
    /// The call that released it.
    pub(crate) released: Option<ExprId>,
    /// The release that lost what was written, should it have failed.
    pub(crate) dropped: Option<ExprId>,
    /// Those of the deferred calls that release what was held when they were registered.
    pub(crate) bound: Vec<StmtId>,
}

/// What is known at a point of a path. Lists are sorted, so that equal knowledge is equal.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct State {
    pub(crate) holders: Vec<Holder>,
    /// The variable that says, by not being nil, that nothing was acquired.
    pub(crate) err: Option<LocalId>,
    /// The variable that this one was copied to.
    pub(crate) err_copy: Option<LocalId>,
    /// The variable that says, by being false, that nothing was acquired.
    pub(crate) ok: Option<LocalId>,
    /// The function that has released it when its last result is false.
    pub(crate) feeder: Option<LocalId>,
    /// The variable that says, by being false, that it is released.
    pub(crate) more: Option<LocalId>,
    /// Whether it is not a resource yet: a command that is not started.
    pub(crate) dormant: bool,
    /// Whether it is known to be released.
    pub(crate) spent: bool,
    /// Whether a condition said that there is an error. It keeps paths apart that end with errors and
    /// without.
    pub(crate) failed: bool,
    /// Whether anything was done with it; kept only of what may be left as it is until then.
    pub(crate) used: bool,
    /// What is known of the last value that is returned.
    pub(crate) returned: Option<Fact>,
    pub(crate) known: Vec<(LocalId, Fact)>,
    /// `defer` statements whose calls may release the resource, in the order of registration.
    pub(crate) defers: Vec<StmtId>,
    /// Stays empty where the path ends with the release.
    pub(crate) life: Life,
}

impl State {
    pub(crate) fn hold(&mut self, local: LocalId, path: Vec<Sym>, how: How) {
        let holder = Holder { local, path, how };
        if let Err(at) = self.holders.binary_search(&holder) {
            self.holders.insert(at, holder);
        }
    }

    /// Whether `local` says, by not being nil, that nothing was acquired.
    pub(crate) fn tells_error(&self, local: LocalId) -> bool {
        [self.err, self.err_copy].contains(&Some(local))
    }

    /// `local` gets another value.
    pub(crate) fn overwrite(&mut self, local: LocalId) {
        self.holders.retain(|holder| holder.local != local);
        for told_by in [
            &mut self.err,
            &mut self.err_copy,
            &mut self.ok,
            &mut self.feeder,
            &mut self.more,
        ] {
            if *told_by == Some(local) {
                *told_by = None;
            }
        }
        self.forget(local);
    }

    /// A field of `local` gets another value.
    pub(crate) fn overwrite_path(&mut self, local: LocalId, path: &[Sym]) {
        self.holders
            .retain(|holder| holder.local != local || !holder.path.starts_with(path));
    }

    pub(crate) fn fact(&self, local: LocalId) -> Option<Fact> {
        let at = self
            .known
            .binary_search_by_key(&local, |&(id, _)| id)
            .ok()?;
        Some(self.known[at].1)
    }

    pub(crate) fn learn(&mut self, local: LocalId, fact: Fact) {
        match self.known.binary_search_by_key(&local, |&(id, _)| id) {
            Ok(at) => self.known[at].1 = fact,
            Err(at) => self.known.insert(at, (local, fact)),
        }
    }

    pub(crate) fn forget(&mut self, local: LocalId) {
        if let Ok(at) = self.known.binary_search_by_key(&local, |&(id, _)| id) {
            self.known.remove(at);
        }
    }

    pub(crate) fn forget_all(&mut self) {
        self.known.clear();
    }

    /// Forgets what concerns variables that `keep` does not want.
    pub(crate) fn restrict(&mut self, keep: impl Fn(LocalId) -> bool) {
        self.known.retain(|&(local, _)| keep(local));
    }

    /// Whether the state speaks of `local`.
    pub(crate) fn mentions(&self, local: LocalId) -> bool {
        self.tells_error(local)
            || [self.ok, self.feeder, self.more].contains(&Some(local))
            || self.holders.iter().any(|holder| holder.local == local)
            || self.fact(local).is_some()
    }
}
