//! The objects behind all identifiers, known by where they are declared: what tools that compare or
//! index code want, and no rule needs.

use std::sync::Arc;

use go_syntax::{DeclRun, ExprId, ExprKind, File, NameId, StmtKind};
use rustc_hash::FxHashSet;

use crate::body::Body;
use crate::cx::PackageCx;
use crate::names::{LocalKind, Object, PackageNames};
use crate::types::TypeId;
use crate::types::lookup::{Origin, embedded_name};
use crate::types::store::PathId;
use crate::unsafe_package;

/// An identifier that stands for something. Those named `_` stand for nothing, nor do the name of
/// the package in its clause and the `x` in `switch x := y.(type)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// Where the identifier starts.
    pub start: u32,
    /// Whether it declares what it stands for. An embedded field is declared by the name of its type.
    pub definition: bool,
    /// What it stands for.
    pub object: Declared,
}

/// Something by where it is declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Declared {
    /// It is predeclared.
    Predeclared,
    /// It is the package with this canonical path, under the name that a file gives it.
    Package(Arc<str>),
    /// Its name starts at this offset in a file of a package.
    At { package: Arc<str>, start: u32 },
    /// Nothing is known.
    Unknown,
}

/// The definitions among the names of a file, identifiers that are expressions apart: everything
/// that declarations, fields, parameters and labels declare.
pub fn definitions(names: &PackageNames, file: u32) -> Vec<Mention> {
    let tree = names.file(file);
    let uses = branch_labels(tree);
    let is_definition = |&name: &NameId| {
        Some(name) != tree.package_name_id() && tree.name(name) != "_" && !uses.contains(&name)
    };
    let mention = |name| {
        let start = tree.name_span(name).start;
        definition(names.path(), start)
    };
    tree.names().filter(is_definition).map(mention).collect()
}

fn branch_labels(tree: &File) -> FxHashSet<NameId> {
    let label = |stmt| match tree.stmt(stmt).kind {
        StmtKind::Branch { label, .. } => label,
        _ => None,
    };
    tree.all_stmts().filter_map(label).collect()
}

fn definition(path: &Arc<str>, start: u32) -> Mention {
    Mention {
        start,
        definition: true,
        object: Declared::At {
            package: Arc::clone(path),
            start,
        },
    }
}

/// What stands outside of functions between two of them: types, variables and constants with all
/// literals in them, seen as bodies are.
#[derive(Debug)]
pub struct Declarations<'a>(Body<'a>);

impl<'a> Declarations<'a> {
    /// Resolves a run of declarations in the file at index `file`.
    pub fn new(cx: &'a PackageCx<'a>, file: u32, run: &DeclRun<'a>) -> Self {
        Self(Body::of_decls(cx, file, run))
    }

    /// See [`Body::values`].
    pub fn values(&self) -> impl Iterator<Item = (ExprId, TypeId)> + '_ {
        let starts = self.0.names().name_starts(self.0.file());
        let file = self.0.file();
        self.0
            .values()
            .filter(move |&(expr, _)| !starts.contains(&file.expr(expr).span.start))
    }

    /// See [`Body::mentions`].
    pub fn mentions(&self) -> Vec<Mention> {
        self.0.mentions()
    }

    /// See [`Body::type_string`].
    pub fn type_string(&self, ty: TypeId) -> String {
        self.0.type_string(ty)
    }
}

impl Body<'_> {
    /// What the identifiers stand for that are expressions or selected, or name a label in a branch
    /// statement; [`definitions`] has the rest.
    pub fn mentions(&self) -> Vec<Mention> {
        let tree = self.file();
        let mut mentions = Vec::new();
        let given_up = self.names().name_starts(tree);
        for expr in self.names().exprs().iter() {
            match tree.expr(expr).kind {
                _ if given_up.contains(&tree.expr(expr).span.start) => {}
                ExprKind::Ident => {
                    let mention = self.ident(expr);
                    // As in go/types: the receiver `(l *List[T])` both declares and uses `T`.
                    if self.is_receiver_param(expr) {
                        mentions.extend(mention.clone().map(|mention| Mention {
                            definition: false,
                            ..mention
                        }));
                    }
                    mentions.extend(mention);
                }
                ExprKind::Selector { x, sel } => mentions.push(Mention {
                    start: sel.start,
                    definition: false,
                    object: self.selected(x, tree.span_text(sel)),
                }),
                ExprKind::CompositeLit { elts, .. } => {
                    for &elt in tree.exprs(elts) {
                        mentions.extend(self.field_key(expr, elt));
                    }
                }
                ExprKind::StructType(fields) => {
                    let fields = tree.fields_of(fields).iter().map(|id| tree.field(id));
                    let embedded = fields
                        .filter(|field| field.names.is_empty())
                        .filter_map(|field| embedded_name(self.place(), field.ty));
                    let path = self.cx().names().path();
                    mentions.extend(embedded.map(|name| definition(path, name.start)));
                }
                _ => {}
            }
        }
        for stmt in self.names().stmts().iter() {
            if let StmtKind::Branch {
                label: Some(name), ..
            } = tree.stmt(stmt).kind
            {
                let target = self.names().branch_target(name);
                mentions.push(Mention {
                    start: tree.name_span(name).start,
                    definition: false,
                    object: target.map_or(Declared::Unknown, |label| {
                        self.here(tree.name_span(label.name).start)
                    }),
                });
            }
        }
        mentions
    }

    fn is_receiver_param(&self, expr: ExprId) -> bool {
        let names = self.names();
        names.is_definition(expr)
            && names
                .local_of(expr)
                .is_some_and(|id| names.local(id).kind == LocalKind::TypeParam(None))
    }

    fn ident(&self, expr: ExprId) -> Option<Mention> {
        let (cx, names) = (self.cx(), self.cx().names());
        let object = match self.names().object(expr) {
            Object::Local(id) => self.here(self.names().local(id).span.start),
            Object::Member(id) => {
                let member = names.member(id);
                self.here(names.file(member.file).name_span(member.name).start)
            }
            Object::Package(import) => {
                Declared::Package(Arc::clone(names.canonical_path(import, cx.loader())))
            }
            Object::DotMember(import) => {
                self.member_of(cx.import_path(names, import), self.file().expr_text(expr))
            }
            Object::Builtin(_)
            | Object::UniverseType(_)
            | Object::UniverseConst(_)
            | Object::Nil => Declared::Predeclared,
            Object::FieldKey | Object::TypeSwitchGuard | Object::Blank => return None,
            Object::Unknown => Declared::Unknown,
        };
        Some(Mention {
            start: self.file().expr(expr).span.start,
            definition: self.names().is_definition(expr),
            object,
        })
    }

    /// What `x.name` selects.
    fn selected(&self, x: ExprId, name: &str) -> Declared {
        let typer = self.typer();
        if let Some(path) = typer.package_named(self.place(), x) {
            return self.member_of(path, name);
        }
        let operand = self.type_of(x);
        let found = typer.lookup_through(operand, name, self.cx().root_path(), |_| {});
        found.map_or(Declared::Unknown, |(_, origin)| self.at(origin))
    }

    /// The key of `elt`, where it is the name of a field of the literal `expr`.
    fn field_key(&self, expr: ExprId, elt: ExprId) -> Option<Mention> {
        let tree = self.file();
        let ExprKind::KeyValue { key, .. } = tree.expr(elt).kind else {
            return None;
        };
        if self.names().object(key) != Object::FieldKey {
            return None;
        }
        let typer = self.typer();
        let ty = typer.literal_type(self.type_of(expr));
        let name = tree.expr_text(key);
        let found = typer.lookup_through(ty, name, self.cx().root_path(), |_| {});
        Some(Mention {
            start: tree.expr(key).span.start,
            definition: false,
            object: found.map_or(Declared::Unknown, |(_, origin)| self.at(origin)),
        })
    }

    /// The exported member `name` of another package.
    fn member_of(&self, path: PathId, name: &str) -> Declared {
        let start = || {
            let package = self.cx().package_at(path)?;
            let member = package.member(package.lookup(name)?);
            Some(package.file(member.file).name_span(member.name).start)
        };
        start().map_or(Declared::Unknown, |start| self.at(Some((path, start))))
    }

    fn here(&self, start: u32) -> Declared {
        Declared::At {
            package: Arc::clone(self.cx().names().path()),
            start,
        }
    }

    fn at(&self, origin: Origin) -> Declared {
        // Package unsafe has no source.
        let path = origin.map(|(path, start)| (self.cx().path_text(path), start));
        match path.filter(|(path, _)| **path != *unsafe_package::PATH) {
            Some((package, start)) => Declared::At { package, start },
            None => Declared::Predeclared,
        }
    }
}
