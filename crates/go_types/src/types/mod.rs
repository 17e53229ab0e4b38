//! Types as far as declarations tell: of declarations, of expressions, of what is selected in them.
//!
//! There is no check that a program is right; where one contradicts itself, types are
//! [`Type::Unknown`] or those of one of its statements.

mod call;
pub(crate) mod consts;
pub(crate) mod core;
mod decl;
mod display;
mod expr;
mod finals;
mod identity;
mod infer;
pub(crate) mod layout;
mod local;
pub(crate) mod lookup;
pub(crate) mod store;
mod subst;
mod type_expr;
pub(crate) mod typer;

#[cfg(test)]
mod tests;

pub use consts::Constant;
pub use lookup::Selection;
pub use store::{NamedId, NamedType, Site, Type, TypeId, TypeList, TypeParam};
