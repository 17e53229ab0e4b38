//! Names: what is declared where, and what each identifier of a body means.
//!
//! [`PackageNames`] holds the package block and the file blocks, [`BodyNames`] everything below one
//! top-level function. Types have no part in it but for one question that only types answer:
//! whether the key of a composite literal is a field or a value; see `keys`.

mod body;
mod keys;
mod object;
mod package;
mod resolve;
mod resolve_expr;
mod scope;
mod table;

#[cfg(test)]
mod tests;

pub use body::BodyNames;
pub(crate) use keys::is_exported;
pub use object::{DeclSite, Init, Label, Local, LocalId, LocalKind, Object, Role, Use};
pub use package::{
    Import, ImportId, ImportKind, Member, MemberId, MemberKind, Method, MethodId, PackageNames,
    guess_package_name,
};
pub(crate) use resolve::init_value;
