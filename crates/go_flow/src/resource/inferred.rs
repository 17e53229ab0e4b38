//! Where the contracts of functions come from, for whoever follows resources.

use std::sync::Arc;

use go_types::PackageCx;

use super::contract::{Contract, PackageContracts};
use super::infer::infer_package;
use super::models::Models;

/// Where the contracts of functions come from.
pub trait Inferred: std::fmt::Debug {
    /// The contract of `name` (`F` or `T.M`) of the package with the canonical path `package`, as
    /// code of `cx` calls it.
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract>;

    /// Whether a function or method called `name`, of whatever package at hand, may give its caller
    /// something to release. Most calls need no further look.
    fn may_give(&self, name: &str) -> bool;

    /// Whether a function or method called `name` may never return, likewise.
    fn may_end(&self, name: &str) -> bool;

    /// Whether a function or method called `name` may end the process, likewise.
    fn may_exit(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// No function has a contract.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoContracts;

impl Inferred for NoContracts {
    fn contract(&self, _: &PackageCx<'_>, _: &str, _: &str) -> Option<Contract> {
        None
    }

    fn may_give(&self, _: &str) -> bool {
        false
    }

    fn may_end(&self, _: &str) -> bool {
        false
    }
}

/// The contracts that one package sees: its own, and those of others.
#[derive(Debug)]
pub struct OwnContracts<D> {
    path: Arc<str>,
    own: PackageContracts,
    others: D,
}

impl<D: Inferred> OwnContracts<D> {
    /// Nothing is known of the functions of the package itself.
    pub fn none(cx: &PackageCx<'_>, others: D) -> Self {
        Self::new(cx, PackageContracts::default(), others)
    }

    /// The contracts of the functions of the package are inferred.
    pub fn infer(cx: &PackageCx<'_>, models: &Models, others: D) -> Self {
        let own = infer_package(cx, models, &others);
        Self::new(cx, own, others)
    }

    fn new(cx: &PackageCx<'_>, own: PackageContracts, others: D) -> Self {
        Self {
            path: Arc::clone(cx.names().path()),
            own,
            others,
        }
    }
}

impl<D: Inferred> Inferred for OwnContracts<D> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        if *package == *self.path {
            self.own.get(name).cloned()
        } else {
            self.others.contract(cx, package, name)
        }
    }

    fn may_give(&self, name: &str) -> bool {
        self.own.gives_named(name) || self.others.may_give(name)
    }

    fn may_end(&self, name: &str) -> bool {
        self.own.ends_named(name) || self.others.may_end(name)
    }

    fn may_exit(&self, name: &str) -> bool {
        self.own.exits_named(name) || self.others.may_exit(name)
    }
}
