//! The context of one package under analysis: its names, the packages it can ask for, and the types
//! found so far. Used by one thread; another thread makes another context on the same
//! [`PackageNames`].

use std::any::{Any, TypeId as AnyId};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use go_syntax::{ExprId, File, FuncId, SpecId};
use rustc_hash::FxHashMap;

use crate::loader::Loader;
use crate::names::{ImportId, ImportKind, MemberId, Object, PackageNames, is_exported};
use crate::types::consts::Value;
use crate::types::core::Term;
use crate::types::layout::Layout;
use crate::types::store::{PathId, TypeStore};
use crate::types::typer::{Place, Typer};
use crate::types::{NamedId, NamedType, Selection, Type, TypeId, TypeList};
use crate::universe::{Basic, Predeclared, predeclared};
use crate::unsafe_package;

/// What resolving the bodies of one package needs.
pub struct PackageCx<'a> {
    names: &'a Arc<PackageNames>,
    loader: &'a dyn Loader,
    packages: RefCell<FxHashMap<PathId, Option<Arc<PackageNames>>>>,
    store: TypeStore,
    root: PathId,
    members: RefCell<FxHashMap<(PathId, MemberId), TypeId>>,
    underlying: RefCell<FxHashMap<TypeId, TypeId>>,
    constants: RefCell<FxHashMap<(PathId, MemberId), Option<Value>>>,
    cores: RefCell<FxHashMap<TypeId, Option<Term>>>,
    layouts: RefCell<FxHashMap<TypeId, Option<Layout>>>,
    mentions: RefCell<FxHashMap<TypeId, bool>>,
    memos: RefCell<FxHashMap<AnyId, Rc<dyn Any>>>,
    /// The types of expressions outside of the body that the outermost question has come by, by the
    /// package and number of their file.
    pub(crate) answers: RefCell<FxHashMap<(PathId, u32, ExprId), TypeId>>,
    /// How many questions are being answered, one within the other.
    pub(crate) depth: Cell<u32>,
}

impl<'a> PackageCx<'a> {
    /// A context for `names`. Cheap: nothing is resolved before somebody asks.
    pub fn new(names: &'a Arc<PackageNames>, loader: &'a dyn Loader) -> Self {
        let store = TypeStore::new();
        let root = store.path(names.path());
        Self {
            names,
            loader,
            packages: RefCell::default(),
            store,
            root,
            members: RefCell::default(),
            underlying: RefCell::default(),
            constants: RefCell::default(),
            cores: RefCell::default(),
            layouts: RefCell::default(),
            mentions: RefCell::default(),
            memos: RefCell::default(),
            answers: RefCell::default(),
            depth: Cell::new(0),
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
        self.lookup_in(self.names, file, name)
    }

    /// [`PackageCx::lookup`] in another package, whose ids the answer then holds.
    pub(crate) fn lookup_in(&self, package: &PackageNames, file: u32, name: &str) -> Object {
        if let Some(member) = package.lookup(name) {
            return Object::Member(member);
        }
        if let Some(import) = package.lookup_import(file, name, self.loader) {
            return Object::Package(import);
        }
        match predeclared(name) {
            Some(Predeclared::Builtin(builtin)) => Object::Builtin(builtin),
            Some(Predeclared::Type(ty)) => Object::UniverseType(ty),
            Some(Predeclared::Const(constant)) => Object::UniverseConst(constant),
            Some(Predeclared::Nil) => Object::Nil,
            None => self
                .lookup_dot(package, file, name)
                .map_or(Object::Unknown, Object::DotMember),
        }
    }

    /// The dot-import of `file` whose package exports `name`.
    fn lookup_dot(&self, from: &PackageNames, file: u32, name: &str) -> Option<ImportId> {
        if !is_exported(name) {
            return None;
        }
        let imports = from.imports(file).iter().zip(0..);
        imports
            .filter(|(import, _)| import.kind == ImportKind::Dot)
            .find_map(|(_, index)| {
                let id = ImportId { file, index };
                let package = self.package_at(self.import_path(from, id))?;
                package.lookup(name).map(|_| id)
            })
    }

    /// The declarations of the package with the canonical path `path`, which may be the package
    /// under analysis itself. Loaded on the first call.
    pub fn package(&self, path: &Arc<str>) -> Option<Arc<PackageNames>> {
        self.package_at(self.store.path(path))
    }

    pub(crate) fn package_at(&self, path: PathId) -> Option<Arc<PackageNames>> {
        if path == self.root {
            return Some(Arc::clone(self.names));
        }
        if let Some(package) = self.packages.borrow().get(&path) {
            return package.clone();
        }
        let text = self.store.path_text(path);
        let package = match &*text {
            unsafe_package::PATH => Some(unsafe_package::package()),
            path => self.loader.package(path, self.names.importer()),
        };
        self.packages.borrow_mut().insert(path, package.clone());
        package
    }

    /// The path of the package that `import` of `from` names.
    pub(crate) fn import_path(&self, from: &PackageNames, import: ImportId) -> PathId {
        self.store.path(from.canonical_path(import, self.loader))
    }

    /// Whether the exported member `name` of a package is a type.
    pub(crate) fn is_type_member(&self, path: PathId, name: &str) -> bool {
        is_exported(name)
            && self.package_at(path).is_some_and(|package| {
                package
                    .lookup(name)
                    .is_some_and(|id| package.member(id).is_type())
            })
    }

    pub(crate) fn root_path(&self) -> PathId {
        self.root
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

    /// What a type is underneath: follows names and aliases, `byte` and `rune` included. Other types, and the predeclared
    /// `error` and `comparable`, are returned as they are. Types declared within a function are known
    /// to its [`Body`](crate::Body) only.
    pub fn underlying(&self, id: TypeId) -> TypeId {
        self.typer().underlying(id)
    }

    /// [`underlying`](Self::underlying), and for a type parameter the type that is underneath all types
    /// it may stand for; unknown when there is no such type.
    pub fn core(&self, id: TypeId) -> TypeId {
        self.typer().core(id)
    }

    /// The type with an alias replaced by what it stands for.
    pub fn canonical(&self, id: TypeId) -> TypeId {
        self.typer().canonical(id)
    }

    /// Whether the type is the named type `name` of the package with the import path `package` (empty
    /// for predeclared types); type arguments are not looked at. Another package is loaded only when
    /// the type is mentioned by a different name, which might be an alias.
    pub fn is_named(&self, id: TypeId, package: &str, name: &str) -> bool {
        self.typer().is_named(id, package, name)
    }

    /// Whether two types are the same type. Named types are the same when they have the same name and
    /// arguments, others when they are made alike; aliases are looked through, and the names of
    /// parameters do not matter. What is unknown is not the same as anything.
    pub fn identical(&self, a: TypeId, b: TypeId) -> bool {
        !a.is_unknown() && self.typer().identical(a, b)
    }

    /// Whether this is the predeclared type `error`.
    pub fn is_error(&self, id: TypeId) -> bool {
        self.is_named(id, "", "error")
    }

    /// Whether values of this type are interfaces.
    pub fn is_interface(&self, id: TypeId) -> bool {
        self.typer().is_interface(id)
    }

    /// Whether values of `ty` have the methods of `interface`, of which there are some.
    pub fn implements(&self, ty: TypeId, interface: TypeId) -> bool {
        let Some(methods) = self.typer().interface_methods(interface) else {
            return false;
        };
        !methods.is_empty() && methods.iter().all(|(name, _, signature)| {
            matches!(
                self.selection(ty, name),
                Some(Selection::Method { signature: own, .. }) if self.identical(own, *signature)
            )
        })
    }

    /// The pointer to a type.
    pub fn pointer_to(&self, id: TypeId) -> TypeId {
        self.intern(Type::Pointer(id))
    }

    /// The type that a pointer type points to; other types are returned as they are.
    pub fn deref(&self, id: TypeId) -> TypeId {
        match self.ty(id) {
            Type::Pointer(elem) => elem,
            _ => id,
        }
    }

    /// The field or method `name` of a value of type `id`, promoted ones included.
    pub fn selection(&self, id: TypeId, name: &str) -> Option<Selection> {
        self.typer().lookup(id, name, self.root)
    }

    /// Names and types of the fields of a struct type, in order; embedded fields have an empty name.
    /// `None` when values of the type are no structs, or nobody knows.
    pub fn fields(&self, id: TypeId) -> Option<Vec<(String, TypeId)>> {
        self.typer().struct_fields(self.underlying(id))
    }

    /// The type that `import.name` denotes. That there is such a type is found out when somebody asks
    /// what it is.
    pub fn imported_type(&self, import: ImportId, name: &str) -> TypeId {
        let path = self.import_path(self.names, import);
        self.named_type(path, name, TypeList::EMPTY)
    }

    /// What a later layer makes of the package once and wants to keep: the first call of each type
    /// `T` computes it.
    pub fn memo<T: Any>(&self, compute: impl FnOnce() -> T) -> Rc<T> {
        let id = AnyId::of::<T>();
        let known = self.memos.borrow().get(&id).map(Rc::clone);
        if let Some(Ok(known)) = known.map(Rc::downcast) {
            return known;
        }
        // Computing may ask for memos of other types.
        let made = Rc::new(compute());
        let kept: Rc<dyn Any> = Rc::clone(&made) as Rc<dyn Any>;
        self.memos.borrow_mut().insert(id, kept);
        made
    }

    /// The type of a declared function or method of the package, without its receiver; where it
    /// mentions type parameters of the receiver, it is not known.
    pub fn signature(&self, file: u32, func: FuncId) -> TypeId {
        let place = Place {
            path: self.root,
            package: self.names,
            file,
        };
        self.typer()
            .signature(place, self.file(file).func(func).sig)
    }

    /// The type of a type expression that stands outside of function bodies, such as that of a
    /// receiver.
    pub fn declared_type(&self, file: u32, ty: ExprId) -> TypeId {
        let place = Place {
            path: self.root,
            package: self.names,
            file,
        };
        self.typer().type_expr(place, ty)
    }

    /// The type of a member of the package.
    pub fn type_of_member(&self, id: MemberId) -> TypeId {
        self.typer().member_type(self.root, self.names, id)
    }

    /// The type in the notation of go/types' `TypeString`, with full package paths; `?` where it is
    /// unknown.
    pub fn type_string(&self, id: TypeId) -> String {
        self.typer().type_string(id)
    }

    fn typer(&self) -> Typer<'_> {
        Typer {
            cx: self,
            body: None,
        }
    }

    pub(crate) fn intern(&self, ty: Type) -> TypeId {
        self.store.intern(ty)
    }

    pub(crate) fn list(&self, types: &[TypeId]) -> TypeList {
        self.store.list(types)
    }

    /// A list of types with names, which have commas between.
    pub(crate) fn named_list(&self, types: &[TypeId], names: &Rc<str>) -> TypeList {
        self.store.with_names(self.store.list(types), names)
    }

    /// The names of a list, with commas between; empty when it has none.
    pub(crate) fn names_of(&self, list: TypeList) -> Rc<str> {
        self.store.names(list)
    }

    /// The type `name` of a package.
    pub(crate) fn named_type(&self, path: PathId, name: &str, args: TypeList) -> TypeId {
        if name == "Pointer" && &*self.store.path_text(path) == unsafe_package::PATH {
            return self.intern(Type::Basic(Basic::UnsafePointer));
        }
        let name = self.store.named(path, name);
        self.intern(Type::Named { name, args })
    }

    /// The type that `declaration`, in a body of the package, declares.
    pub(crate) fn named_local(
        &self,
        path: PathId,
        name: &str,
        declaration: (u32, SpecId),
    ) -> NamedId {
        self.store.named_local(path, name, declaration)
    }

    pub(crate) fn known_member(&self, path: PathId, id: MemberId) -> Option<TypeId> {
        self.members.borrow().get(&(path, id)).copied()
    }

    pub(crate) fn remember_member(&self, path: PathId, id: MemberId, ty: TypeId) {
        self.members.borrow_mut().insert((path, id), ty);
    }

    pub(crate) fn known_underlying(&self, id: TypeId) -> Option<TypeId> {
        self.underlying.borrow().get(&id).copied()
    }

    pub(crate) fn remember_underlying(&self, id: TypeId, underlying: TypeId) {
        self.underlying.borrow_mut().insert(id, underlying);
    }

    pub(crate) fn forget_underlying(&self, id: TypeId) {
        self.underlying.borrow_mut().remove(&id);
    }

    pub(crate) fn path_text(&self, path: PathId) -> Arc<str> {
        self.store.path_text(path)
    }

    /// The id of a short text, of those that constants are.
    pub(crate) fn text_id(&self, text: &str) -> PathId {
        self.store.path(&Arc::from(text))
    }

    pub(crate) fn known_constant(&self, path: PathId, id: MemberId) -> Option<Option<Value>> {
        self.constants.borrow().get(&(path, id)).copied()
    }

    pub(crate) fn remember_constant(&self, path: PathId, id: MemberId, value: Option<Value>) {
        self.constants.borrow_mut().insert((path, id), value);
    }

    pub(crate) fn known_core(&self, param: TypeId) -> Option<Option<Term>> {
        self.cores.borrow().get(&param).copied()
    }

    pub(crate) fn remember_core(&self, param: TypeId, core: Option<Term>) {
        self.cores.borrow_mut().insert(param, core);
    }

    pub(crate) fn known_mention(&self, ty: TypeId) -> Option<bool> {
        self.mentions.borrow().get(&ty).copied()
    }

    pub(crate) fn remember_mention(&self, ty: TypeId, mentions: bool) {
        self.mentions.borrow_mut().insert(ty, mentions);
    }

    pub(crate) fn known_layout(&self, ty: TypeId) -> Option<Option<Layout>> {
        self.layouts.borrow().get(&ty).copied()
    }

    pub(crate) fn remember_layout(&self, ty: TypeId, layout: Option<Layout>) {
        self.layouts.borrow_mut().insert(ty, layout);
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
