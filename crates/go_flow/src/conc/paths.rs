//! The fields that lie between a value and what is asked of it, embedded structs included. They are
//! asked for again at each step, so all answers are kept.

use std::cell::RefCell;
use std::rc::Rc;

use go_types::{Body, Selection, Type, TypeId};
use rustc_hash::FxHashMap;

use super::program::Program;
use super::state::Sym;

/// The fields to go through, one by one, with their types.
pub(super) type Path = Rc<[(Sym, TypeId)]>;

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: Sym,
    pub(super) ty: TypeId,
    /// It has the name of its type.
    is_embedded: bool,
}

/// A method of a type of the package.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The function, as index into those of the package.
    pub(super) index: usize,
    /// Its receiver is a pointer.
    pub(super) pointer: bool,
    /// Where the receiver is.
    pub(super) path: Path,
}

type Fields = Option<Rc<[Field]>>;

/// The answers so far.
#[derive(Default)]
pub(super) struct Paths {
    fields: RefCell<FxHashMap<TypeId, Fields>>,
    to_name: RefCell<FxHashMap<(TypeId, Sym), Option<Path>>>,
    methods: RefCell<FxHashMap<(TypeId, Sym), Option<Found>>>,
}

/// Embedded structs are gone through so many levels deep.
const MAX_DEPTH: u32 = 3;

impl Program<'_> {
    /// The fields of a struct; embedded ones have the name of their type.
    pub(super) fn fields_of(&self, body: &Body<'_>, ty: TypeId) -> Fields {
        if let Some(known) = self.paths.fields.borrow().get(&ty) {
            return known.clone();
        }
        let cx = body.cx();
        let found: Fields = body.fields(ty).map(|fields| {
            let fields = fields.into_iter().map(|(name, ty)| {
                let of_type = match cx.ty(cx.deref(ty)) {
                    Type::Named { name, .. } => Some(&cx.named(name).name),
                    _ => None,
                };
                let is_embedded = of_type.is_some_and(|of| name.is_empty() || **of == *name);
                let name = match of_type {
                    Some(of) if name.is_empty() => self.sym(of),
                    _ => self.sym(&name),
                };
                Field {
                    name,
                    ty,
                    is_embedded,
                }
            });
            fields.collect()
        });
        let mut known = self.paths.fields.borrow_mut();
        known.insert(ty, found.clone());
        found
    }

    /// The fields to go through from a value of type `ty` to its field `name`, the embedded ones
    /// included; at least one.
    pub(super) fn path_to(&self, body: &Body<'_>, ty: TypeId, name: &str) -> Option<Path> {
        let name = self.sym(name);
        if let Some(known) = self.paths.to_name.borrow().get(&(ty, name)) {
            return known.clone();
        }
        let mut path = Vec::new();
        let is_found = self.find(body, ty, 0, &mut path, &mut |field| field.name == name);
        let found = is_found.then(|| path.into());
        let mut known = self.paths.to_name.borrow_mut();
        known.insert((ty, name), found.clone());
        found
    }

    /// The method `name` that a value of type `ty` has by its type, when the package declares it.
    pub(super) fn method_of(&self, body: &Body<'_>, ty: TypeId, name: &str) -> Option<Found> {
        let sym = self.sym(name);
        if let Some(known) = self.paths.methods.borrow().get(&(ty, sym)) {
            return known.clone();
        }
        let found = self.find_method_of(body, ty, name);
        let mut known = self.paths.methods.borrow_mut();
        known.insert((ty, sym), found.clone());
        found
    }

    fn find_method_of(&self, body: &Body<'_>, ty: TypeId, name: &str) -> Option<Found> {
        let Some(Selection::Method { owner, .. }) = body.selection(ty, name) else {
            return None;
        };
        let Type::Named { name: named, .. } = body.cx().ty(owner) else {
            return None;
        };
        let named = body.cx().named(named);
        let names = body.cx().names();
        if named.package != *names.path() {
            return None;
        }
        let method = names.method(names.lookup_method(&named.name, name)?);
        let is_it = |ty: TypeId| {
            let ty = self.cx.deref(ty);
            ty == owner || body.identical(ty, owner)
        };
        let mut path = Vec::new();
        let is_found = is_it(ty)
            || self.find(body, ty, 0, &mut path, &mut |field| {
                field.is_embedded && is_it(field.ty)
            });
        let index = self.index_of(method.file, method.func)?;
        is_found.then(|| Found {
            index,
            pointer: method.pointer,
            path: path.into(),
        })
    }

    fn find(
        &self,
        body: &Body<'_>,
        ty: TypeId,
        depth: u32,
        path: &mut Vec<(Sym, TypeId)>,
        wanted: &mut dyn FnMut(&Field) -> bool,
    ) -> bool {
        let Some(fields) = self.fields_of(body, self.cx.deref(ty)) else {
            return false;
        };
        if let Some(field) = fields.iter().find(|field| wanted(field)) {
            path.push((field.name, field.ty));
            return true;
        }
        depth < MAX_DEPTH
            && fields
                .iter()
                .filter(|field| field.is_embedded)
                .any(|field| {
                    path.push((field.name, field.ty));
                    let is_found = self.find(body, field.ty, depth + 1, path, wanted);
                    if !is_found {
                        path.pop();
                    }
                    is_found
                })
    }
}
