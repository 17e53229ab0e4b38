//! Types as far as declarations tell: of declarations, of expressions, of members selected in them.

pub(crate) mod store;

pub use store::{NamedId, NamedType, Site, Type, TypeId, TypeList, TypeParam};
