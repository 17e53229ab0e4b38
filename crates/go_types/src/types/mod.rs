//! Types as far as declarations tell: of declarations, of expressions, of what is selected in them.
//!
//! There is no inference from constraints here, no constant arithmetic and no check that a program
//! is right. What would need them is [`Type::Unknown`].

mod call;
mod decl;
mod display;
mod expr;
mod local;
mod lookup;
pub(crate) mod store;
mod subst;
mod type_expr;
pub(crate) mod typer;

#[cfg(test)]
mod tests;

pub use lookup::Selection;
pub use store::{NamedId, NamedType, Site, Type, TypeId, TypeList, TypeParam};
