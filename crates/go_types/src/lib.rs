//! What names mean: scopes and objects within a package and across imports, and as much of types as
//! declarations tell without inference.
//!
//! The order of use: [`PackageNames`] once for each package, [`PackageCx`] for each package and
//! thread, [`Body`] for each top-level function somebody is interested in. Everything is on demand:
//! a package that is imported is loaded when a question needs one of its declarations, a type is
//! computed when somebody asks for it.
//!
//! Wrong programs are not rejected here. What is unknown or contradictory is [`Object::Unknown`] or
//! [`Type::Unknown`], and spreads quietly.

mod body;
mod callee;
mod cx;
mod loader;
mod mentions;
mod names;
mod project_loader;
mod types;
mod universe;
mod unsafe_package;

#[cfg(test)]
mod testing;

pub use body::{Body, MethodCall};
pub use callee::Callee;
pub use cx::{PackageCx, root_of};
pub use loader::{Importer, Loader, NoPackages};
pub use mentions::{Declarations, Declared, Mention, definitions};
pub use names::{
    BodyNames, DeclSite, Import, ImportId, ImportKind, Init, Label, Local, LocalId, LocalKind,
    Member, MemberId, MemberKind, Method, MethodId, Object, PackageNames, Role, Use,
    guess_package_name,
};
pub use project_loader::ProjectLoader;
pub use types::{Constant, NamedId, NamedType, Selection, Site, Type, TypeId, TypeList, TypeParam};
pub use universe::{Basic, Builtin, Predeclared, UniverseConst, UniverseType, predeclared};
