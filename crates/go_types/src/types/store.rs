//! Types as interned ids: equal ids, equal types.
//!
//! A store belongs to one [`PackageCx`](crate::PackageCx); ids of different stores must not meet. A named
//! type is known by the path and name under which it was mentioned, so that mentioning it loads
//! nothing; what it is underneath (or that it is an alias) is found out on demand.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use go_syntax::{ChanDir, ExprId, FieldListId, SpecId};
use rustc_hash::FxHashMap;

use crate::universe::Basic;

/// A type of a [`PackageCx`](crate::PackageCx).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(u32);

impl TypeId {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0);

    /// Not computed yet; only in tables of computed types.
    pub(super) const PENDING: Self = Self(u32::MAX);

    /// Whether nothing is known.
    #[inline]
    pub const fn is_unknown(self) -> bool {
        self.0 == Self::UNKNOWN.0
    }
}

/// An interned list of types, perhaps with names: parameters, results, type arguments. Lists of the
/// same types with other names are other lists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TypeList(u32);

impl TypeList {
    /// The list without types.
    pub const EMPTY: Self = Self(0);
}

/// A named type without its type arguments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NamedId(u32);

/// A package as types know it: by its canonical path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PathId(u32);

/// A place in the declarations of a package.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Site<T> {
    /// The package.
    pub(crate) path: PathId,
    /// The file, as index into the files of the package.
    pub(crate) file: u32,
    /// The node.
    pub(crate) node: T,
}

/// What a type is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Nothing is known.
    Unknown,
    /// A basic type, or the type of an untyped constant or of `nil`.
    Basic(Basic),
    /// A declared type, `error` and `comparable` included. It may turn out to be an alias: see
    /// [`PackageCx::underlying`](crate::PackageCx::underlying).
    Named { name: NamedId, args: TypeList },
    /// A type parameter.
    TypeParam(TypeParam),
    /// `*T`
    Pointer(TypeId),
    /// `[]T`
    Slice(TypeId),
    /// `[n]T`; no length when it is not a plain number.
    Array { len: Option<u64>, elem: TypeId },
    /// `map[K]V`
    Map { key: TypeId, value: TypeId },
    /// `chan T`, `chan<- T`, `<-chan T`
    Chan { dir: ChanDir, elem: TypeId },
    /// A function; the last parameter of a variadic one is a slice.
    Func {
        params: TypeList,
        results: TypeList,
        variadic: bool,
        /// The type parameters that are still to be given, for a generic function.
        tparams: TypeList,
    },
    /// `struct { … }`, by where it stands. Within generic declarations `env` says what the type
    /// parameters stand for, as a list of pairs.
    Struct {
        site: Site<FieldListId>,
        env: TypeList,
    },
    /// `interface { … }`, likewise.
    Interface {
        site: Site<FieldListId>,
        env: TypeList,
    },
    /// `any`, the interface without methods.
    EmptyInterface,
    /// Several values: the results of a call.
    Tuple(TypeList),
}

/// A type parameter, by where it is declared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TypeParam {
    pub(crate) path: PathId,
    pub(crate) file: u32,
    /// Where the name starts: names and expressions can declare type parameters.
    pub(crate) start: u32,
    /// The constraint, where there is one.
    pub(crate) constraint: Option<ExprId>,
}

/// What is known of a declared type by name.
#[derive(Clone, Debug)]
pub struct NamedType {
    pub(crate) path: PathId,
    /// The canonical import path; empty for predeclared types.
    pub package: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// The declaration, for a type declared within a function.
    pub(crate) local: Option<(u32, SpecId)>,
}

/// All types of a context.
#[derive(Debug)]
pub(crate) struct TypeStore {
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    types: Vec<Type>,
    type_ids: FxHashMap<Type, TypeId>,
    lists: Vec<List>,
    list_ids: FxHashMap<Rc<[TypeId]>, TypeList>,
    /// Lists with names by the list without and the names.
    named_lists: FxHashMap<(TypeList, Rc<str>), TypeList>,
    named: Vec<Rc<NamedType>>,
    /// By path.
    named_ids: Vec<FxHashMap<Arc<str>, NamedId>>,
    local_ids: FxHashMap<(PathId, (u32, SpecId)), NamedId>,
    paths: Vec<Arc<str>>,
    path_ids: FxHashMap<Arc<str>, PathId>,
}

#[derive(Debug)]
struct List {
    types: Rc<[TypeId]>,
    /// The names of all, with commas between; empty when there are none.
    names: Rc<str>,
}

impl TypeStore {
    pub(crate) fn new() -> Self {
        let store = Self {
            inner: RefCell::default(),
        };
        let unknown = store.intern(Type::Unknown);
        debug_assert_eq!(unknown, TypeId::UNKNOWN);
        let empty = store.list(&[]);
        debug_assert_eq!(empty, TypeList::EMPTY);
        let universe = store.path(&Arc::from(""));
        debug_assert_eq!(universe, PathId::UNIVERSE);
        store
    }

    pub(crate) fn intern(&self, ty: Type) -> TypeId {
        let mut inner = self.inner.borrow_mut();
        if let Some(&id) = inner.type_ids.get(&ty) {
            return id;
        }
        let id = TypeId(index(inner.types.len()));
        inner.types.push(ty);
        inner.type_ids.insert(ty, id);
        id
    }

    pub(crate) fn get(&self, id: TypeId) -> Type {
        self.inner.borrow().types[id.0 as usize]
    }

    pub(crate) fn list(&self, types: &[TypeId]) -> TypeList {
        let mut inner = self.inner.borrow_mut();
        if let Some(&id) = inner.list_ids.get(types) {
            return id;
        }
        let id = TypeList(index(inner.lists.len()));
        let types: Rc<[TypeId]> = types.into();
        inner.lists.push(List {
            types: Rc::clone(&types),
            names: Rc::from(""),
        });
        inner.list_ids.insert(types, id);
        id
    }

    pub(crate) fn types(&self, list: TypeList) -> Rc<[TypeId]> {
        Rc::clone(&self.inner.borrow().lists[list.0 as usize].types)
    }

    /// The list with names: those of all types, with commas between.
    pub(crate) fn with_names(&self, list: TypeList, names: &Rc<str>) -> TypeList {
        if names.is_empty() {
            return list;
        }
        let mut inner = self.inner.borrow_mut();
        let key = (list, Rc::clone(names));
        if let Some(&id) = inner.named_lists.get(&key) {
            return id;
        }
        let id = TypeList(index(inner.lists.len()));
        let types = Rc::clone(&inner.lists[list.0 as usize].types);
        inner.lists.push(List {
            types,
            names: Rc::clone(names),
        });
        inner.named_lists.insert(key, id);
        id
    }

    /// The names of a list, with commas between; empty when it has none.
    pub(crate) fn names(&self, list: TypeList) -> Rc<str> {
        Rc::clone(&self.inner.borrow().lists[list.0 as usize].names)
    }

    pub(crate) fn path(&self, path: &Arc<str>) -> PathId {
        let mut inner = self.inner.borrow_mut();
        if let Some(&id) = inner.path_ids.get(path) {
            return id;
        }
        let id = PathId(index(inner.paths.len()));
        inner.paths.push(Arc::clone(path));
        inner.named_ids.push(FxHashMap::default());
        inner.path_ids.insert(Arc::clone(path), id);
        id
    }

    pub(crate) fn path_text(&self, path: PathId) -> Arc<str> {
        Arc::clone(&self.inner.borrow().paths[path.0 as usize])
    }

    /// The type `name` of a package.
    pub(crate) fn named(&self, path: PathId, name: &str) -> NamedId {
        let mut inner = self.inner.borrow_mut();
        if let Some(&id) = inner.named_ids[path.0 as usize].get(name) {
            return id;
        }
        let name: Arc<str> = name.into();
        let id = inner.add_named(path, Arc::clone(&name), None);
        inner.named_ids[path.0 as usize].insert(name, id);
        id
    }

    /// The type `name` that a specification within a function declares.
    pub(crate) fn named_local(
        &self,
        path: PathId,
        name: &str,
        declaration: (u32, SpecId),
    ) -> NamedId {
        let mut inner = self.inner.borrow_mut();
        if let Some(&id) = inner.local_ids.get(&(path, declaration)) {
            return id;
        }
        let id = inner.add_named(path, name.into(), Some(declaration));
        inner.local_ids.insert((path, declaration), id);
        id
    }

    pub(crate) fn named_type(&self, id: NamedId) -> Rc<NamedType> {
        Rc::clone(&self.inner.borrow().named[id.0 as usize])
    }
}

impl Inner {
    fn add_named(&mut self, path: PathId, name: Arc<str>, local: Option<(u32, SpecId)>) -> NamedId {
        let id = NamedId(index(self.named.len()));
        let package = Arc::clone(&self.paths[path.0 as usize]);
        self.named.push(Rc::new(NamedType {
            path,
            package,
            name,
            local,
        }));
        id
    }
}

impl PathId {
    /// The universe, whose types are `error` and `comparable`.
    pub(crate) const UNIVERSE: Self = Self(0);
}

fn index(len: usize) -> u32 {
    // A store dies with the check of its package; four thousand million types would not fit memory.
    u32::try_from(len).expect("fewer than 2^32 types")
}
