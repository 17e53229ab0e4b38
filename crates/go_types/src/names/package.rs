//! The package block and the file blocks: what is declared at the top level of a package, which
//! methods its types have, and what its files import.
//!
//! All of it is syntax: building it walks the top-level declarations once and reads no body.

use std::sync::{Arc, OnceLock};

use go_syntax::{
    DeclKind, ExprId, ExprKind, File, FuncId, GenKeyword, IdRange, NameId, Span, SpecId, SpecKind,
};

use super::table::NameTable;
use crate::loader::{Importer, Loader};

/// How many aliases are followed; one that stands for itself would go on for ever.
const MAX_ALIASES: usize = 16;

/// Something declared at the top level of a package: index into [`PackageNames::members`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberId(pub(crate) u32);

impl MemberId {
    /// The position among the members, for dense side tables.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A method declaration: index into [`PackageNames::methods`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MethodId(pub(crate) u32);

/// An import of one file of a package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImportId {
    /// The file, as index into [`PackageNames::files`].
    pub file: u32,
    /// The place among the imports of the file.
    pub index: u32,
}

/// What a member of a package is, and the node that declares it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberKind {
    /// A constant; `index` is its place in the specification. Its type and value are those of
    /// `origin`: of `spec` itself, unless that leaves them out and so repeats the one before.
    Const {
        spec: SpecId,
        index: u32,
        origin: SpecId,
    },
    /// A variable; `index` is its place in the specification.
    Var { spec: SpecId, index: u32 },
    /// A type.
    Type(SpecId),
    /// A function.
    Func(FuncId),
}

/// Something declared at the top level of a package, methods apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// The file, as index into [`PackageNames::files`].
    pub file: u32,
    /// Its name.
    pub name: NameId,
    /// What it is.
    pub kind: MemberKind,
}

impl Member {
    /// Whether this is a type.
    pub const fn is_type(&self) -> bool {
        matches!(self.kind, MemberKind::Type(_))
    }
}

/// A method declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Method {
    /// The file, as index into [`PackageNames::files`].
    pub file: u32,
    /// Its name.
    pub name: NameId,
    /// The declaration.
    pub func: FuncId,
    /// The name of the receiver's type, without `*` and type parameters, and the file it stands in:
    /// another one than that of the method, when the receiver is declared with an alias.
    base: (u32, Span),
    /// Whether the receiver is a pointer.
    pub pointer: bool,
}

/// How an import makes names visible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportKind {
    /// Under the name that the package gives itself.
    Plain,
    /// Under this name.
    Named(NameId),
    /// `import . "path"`
    Dot,
    /// `import _ "path"`
    Blank,
}

/// An import of a file.
#[derive(Debug)]
pub struct Import {
    /// The specification.
    pub spec: SpecId,
    /// The path as written.
    pub path: Arc<str>,
    /// How it makes names visible.
    pub kind: ImportKind,
    /// The name the package gives itself; asked for at most once.
    package_name: OnceLock<Arc<str>>,
    /// The path that the build knows the package by; asked for at most once.
    canonical: OnceLock<Arc<str>>,
}

/// The names of one package: of a package under analysis (whole trees) or of a dependency (parsed
/// with bodies skipped).
#[derive(Debug)]
pub struct PackageNames {
    importer: Importer,
    files: Vec<Arc<File>>,
    members: Vec<Member>,
    member_table: NameTable,
    methods: Vec<Method>,
    /// Sorted by the name of the receiver's type, then by declaration.
    methods_by_base: Vec<MethodId>,
    /// Names of receivers' types to the first of their methods in `methods_by_base`.
    method_table: NameTable,
    imports: Vec<Vec<Import>>,
}

impl PackageNames {
    /// Collects the declarations of `files`, which are those that the build constraints select:
    /// one package clause for all. When a name is declared twice, the first declaration counts.
    pub fn new(importer: Importer, files: Vec<Arc<File>>) -> Self {
        let mut names = Self {
            importer,
            files: Vec::new(),
            members: Vec::new(),
            member_table: NameTable::default(),
            methods: Vec::new(),
            methods_by_base: Vec::new(),
            method_table: NameTable::default(),
            imports: Vec::with_capacity(files.len()),
        };
        for (index, file) in files.iter().enumerate() {
            names.collect_file(u32::try_from(index).unwrap_or(u32::MAX), file);
        }
        names.files = files;
        names.index();
        names
    }

    /// The package as the one that imports others.
    #[inline]
    pub fn importer(&self) -> &Importer {
        &self.importer
    }

    /// The import path.
    #[inline]
    pub fn path(&self) -> &Arc<str> {
        &self.importer.path
    }

    /// The name in the package clause of the first file that has one.
    pub fn name(&self) -> Option<&str> {
        self.files.iter().find_map(|file| file.package_name())
    }

    /// The files, in the order given.
    #[inline]
    pub fn files(&self) -> &[Arc<File>] {
        &self.files
    }

    /// The file at `index`.
    #[inline]
    pub fn file(&self, index: u32) -> &File {
        &self.files[index as usize]
    }

    /// All members in order of declaration, file by file: also `init` functions and those named
    /// `_`, which no lookup finds.
    pub fn members(&self) -> impl Iterator<Item = (MemberId, Member)> + '_ {
        (0..).map(MemberId).zip(self.members.iter().copied())
    }

    /// The member `id`.
    #[inline]
    pub fn member(&self, id: MemberId) -> Member {
        self.members[id.index()]
    }

    /// The name of the member `id`.
    #[inline]
    pub fn member_name(&self, id: MemberId) -> &str {
        let member = self.member(id);
        self.file(member.file).name(member.name)
    }

    /// Looks `name` up in the package block.
    pub fn lookup(&self, name: &str) -> Option<MemberId> {
        self.member_table
            .find(name, |index| self.member_name(MemberId(index)))
            .map(MemberId)
    }

    /// The method `id`.
    #[inline]
    pub fn method(&self, id: MethodId) -> Method {
        self.methods[id.0 as usize]
    }

    /// All methods in order of declaration, file by file.
    pub fn methods(&self) -> impl Iterator<Item = (MethodId, Method)> + '_ {
        (0..).map(MethodId).zip(self.methods.iter().copied())
    }

    /// The declared methods of the type named `base`, in order of declaration.
    pub fn methods_of(&self, base: &str) -> impl Iterator<Item = (MethodId, Method)> + '_ {
        let base_at = |index: u32| self.method_base(self.methods_by_base[index as usize]);
        let start = self.method_table.find(base, base_at);
        let rest = start.map_or(&[][..], |start| &self.methods_by_base[start as usize..]);
        // The text of the receiver's type is compared with that of the first method found.
        let base = rest.first().map_or("", |&id| self.method_base(id));
        let same_base = move |id: &&MethodId| self.method_base(**id) == base;
        rest.iter()
            .take_while(same_base)
            .map(|&id| (id, self.method(id)))
    }

    /// The declared method `name` of the type named `base`.
    pub fn lookup_method(&self, base: &str, name: &str) -> Option<MethodId> {
        self.methods_of(base)
            .map(|(id, _)| id)
            .find(|&id| self.method_name(id) == name)
    }

    /// The name of the method `id`.
    #[inline]
    pub fn method_name(&self, id: MethodId) -> &str {
        let method = self.method(id);
        self.file(method.file).name(method.name)
    }

    /// The name of the type that the method `id` belongs to; aliases within the package are followed.
    #[inline]
    pub fn method_base(&self, id: MethodId) -> &str {
        let (file, span) = self.method(id).base;
        self.file(file).span_text(span)
    }

    /// The imports of a file in order.
    #[inline]
    pub fn imports(&self, file: u32) -> &[Import] {
        &self.imports[file as usize]
    }

    /// The import `id`.
    #[inline]
    pub fn import(&self, id: ImportId) -> &Import {
        &self.imports[id.file as usize][id.index as usize]
    }

    /// Looks `name` up among the package names that `file` imports. Asks `loader` for the names of
    /// packages that are imported without giving one.
    pub fn lookup_import(&self, file: u32, name: &str, loader: &dyn Loader) -> Option<ImportId> {
        let imports = self.imports.get(file as usize)?;
        let names = self.file(file);
        let found = imports.iter().position(|import| match import.kind {
            ImportKind::Named(id) => names.name(id) == name,
            ImportKind::Plain => self.package_name(import, loader) == name,
            ImportKind::Dot | ImportKind::Blank => false,
        })?;
        Some(ImportId {
            file,
            index: u32::try_from(found).ok()?,
        })
    }

    /// The path by which the build knows what the import `id` names: that of its vendored copy
    /// within the standard library, for example.
    pub fn canonical_path<'a>(&'a self, id: ImportId, loader: &dyn Loader) -> &'a Arc<str> {
        let import = self.import(id);
        import.canonical.get_or_init(|| {
            loader
                .canonical_path(&import.path, &self.importer)
                .unwrap_or_else(|| Arc::clone(&import.path))
        })
    }

    /// The enclosing declared function of `func` as people write it: `F`, `T.M` or `(*T).M`; empty
    /// for a literal outside of any function.
    pub fn function_label(&self, file: u32, func: FuncId) -> String {
        let tree = self.file(file);
        let mut declared = func;
        while let Some(parent) = tree.func(declared).parent {
            declared = parent;
        }
        let node = tree.func(declared);
        let Some(name) = node.name else {
            return String::new();
        };
        let name = tree.name(name);
        match receiver_base(tree, declared) {
            Some((base, true)) => format!("(*{}).{name}", tree.span_text(base)),
            Some((base, false)) => format!("{}.{name}", tree.span_text(base)),
            None => name.to_owned(),
        }
    }

    fn package_name<'a>(&self, import: &'a Import, loader: &dyn Loader) -> &'a str {
        import.package_name.get_or_init(|| {
            loader
                .package_name(&import.path, &self.importer)
                .unwrap_or_else(|| guess_package_name(&import.path).into())
        })
    }

    fn collect_file(&mut self, index: u32, file: &File) {
        let mut imports = Vec::new();
        for &decl in file.top_decls() {
            match file.decl(decl).kind {
                DeclKind::Bad => {}
                DeclKind::Func(func) => self.collect_func(index, file, func),
                DeclKind::Gen {
                    keyword: GenKeyword::Import,
                    specs,
                    ..
                } => {
                    imports.extend(specs.iter().filter_map(|spec| import(file, spec)));
                }
                DeclKind::Gen { keyword, specs, .. } => {
                    for (spec, origin) in with_origins(file, specs) {
                        self.collect_spec(index, file, keyword, (spec, origin));
                    }
                }
            }
        }
        self.imports.push(imports);
    }

    fn collect_func(&mut self, index: u32, file: &File, func: FuncId) {
        let node = file.func(func);
        let Some(name) = node.name else { return };
        if node.recv.is_none() {
            self.members.push(Member {
                file: index,
                name,
                kind: MemberKind::Func(func),
            });
        } else if let Some((base, pointer)) = receiver_base(file, func) {
            self.methods.push(Method {
                file: index,
                name,
                func,
                base: (index, base),
                pointer,
            });
        }
    }

    fn collect_spec(
        &mut self,
        index: u32,
        file: &File,
        keyword: GenKeyword,
        (spec, origin): (SpecId, SpecId),
    ) {
        match file.spec(spec).kind {
            SpecKind::Import { .. } => {}
            SpecKind::Type { name, .. } => {
                self.members.push(Member {
                    file: index,
                    name,
                    kind: MemberKind::Type(spec),
                });
            }
            SpecKind::Value { names, .. } => {
                for (position, name) in (0..).zip(names.iter()) {
                    let kind = if keyword == GenKeyword::Const {
                        MemberKind::Const {
                            spec,
                            index: position,
                            origin,
                        }
                    } else {
                        MemberKind::Var {
                            spec,
                            index: position,
                        }
                    };
                    self.members.push(Member {
                        file: index,
                        name,
                        kind,
                    });
                }
            }
        }
    }

    /// The name that a receiver's type has where it is declared: `U` for a receiver of type `T`, when
    /// the package has `type T = U`.
    fn follow_alias(&self, base: (u32, Span)) -> (u32, Span) {
        let mut current = base;
        for _ in 0..MAX_ALIASES {
            let name = self.file(current.0).span_text(current.1);
            let Some(member) = self.lookup(name).map(|id| self.member(id)) else {
                break;
            };
            let MemberKind::Type(spec) = member.kind else {
                break;
            };
            let tree = self.file(member.file);
            let SpecKind::Type {
                alias: true, ty, ..
            } = tree.spec(spec).kind
            else {
                break;
            };
            match base_of(tree, ty) {
                Some((span, false)) => current = (member.file, span),
                _ => break,
            }
        }
        current
    }

    fn index(&mut self) {
        let mut table = NameTable::with_capacity(self.members.len());
        for (id, member) in self.members() {
            let name = self.file(member.file).name(member.name);
            let is_init = name == "init" && matches!(member.kind, MemberKind::Func(_));
            if name != "_" && !is_init {
                table.insert_if_absent(name, id.0, |index| self.member_name(MemberId(index)));
            }
        }
        self.member_table = table;
        for index in 0..self.methods.len() {
            self.methods[index].base = self.follow_alias(self.methods[index].base);
        }
        let mut methods: Vec<MethodId> = self.methods().map(|(id, _)| id).collect();
        methods.sort_by_key(|&id| self.method_base(id));
        let mut method_table = NameTable::with_capacity(methods.len());
        for (index, &id) in (0..).zip(&methods) {
            method_table.insert_if_absent(self.method_base(id), index, |index| {
                self.method_base(methods[index as usize])
            });
        }
        self.methods_by_base = methods;
        self.method_table = method_table;
    }
}

impl Import {
    /// The last element of the path that is not a version, which most packages are named after.
    pub fn guessed_name(&self) -> &str {
        guess_package_name(&self.path)
    }
}

/// The specifications of a declaration, each with the one whose type and values it has: a constant
/// without either repeats what the one before has.
pub(super) fn with_origins(
    file: &File,
    specs: IdRange<SpecId>,
) -> impl Iterator<Item = (SpecId, SpecId)> + '_ {
    let mut origin = None;
    specs
        .iter()
        .map(move |spec| match (file.spec(spec).kind, origin) {
            (
                SpecKind::Value {
                    ty: None, values, ..
                },
                Some(origin),
            ) if values.is_empty() => (spec, origin),
            _ => {
                origin = Some(spec);
                (spec, spec)
            }
        })
}

fn import(file: &File, spec: SpecId) -> Option<Import> {
    let SpecKind::Import { name, .. } = file.spec(spec).kind else {
        return None;
    };
    let path = file.import_path(spec)?;
    let kind = match name {
        None => ImportKind::Plain,
        Some(id) => match file.name(id) {
            "." => ImportKind::Dot,
            "_" => ImportKind::Blank,
            _ => ImportKind::Named(id),
        },
    };
    Some(Import {
        spec,
        path: path.as_ref().into(),
        kind,
        package_name: OnceLock::new(),
        canonical: OnceLock::new(),
    })
}

/// Where the base type of a method's receiver stands, and whether the receiver is a pointer.
fn receiver_base(file: &File, func: FuncId) -> Option<(Span, bool)> {
    let recv = file.func(func).recv?;
    let field = file.fields_of(recv).first()?;
    base_of(file, file.field(field).ty)
}

/// Where the name in `T`, `*T`, `T[P]` stands, and whether there is a `*`.
fn base_of(file: &File, ty: ExprId) -> Option<(Span, bool)> {
    let mut expr = ty;
    let mut pointer = false;
    loop {
        let node = file.expr(expr);
        match node.kind {
            ExprKind::Ident => return Some((node.span, pointer)),
            ExprKind::Star(x) => {
                pointer = true;
                expr = x;
            }
            ExprKind::Paren(x) | ExprKind::Index { x, .. } => expr = x,
            _ => return None,
        }
    }
}

/// The name that a package with this import path most likely has. Used when the package is not
/// there to be asked.
pub fn guess_package_name(path: &str) -> &str {
    let mut elements = path.rsplit('/');
    let last = elements.next().unwrap_or(path);
    let element = if is_major_version(last) {
        elements.next().unwrap_or(last)
    } else {
        last
    };
    // gopkg.in/yaml.v3
    let element = match element.rsplit_once(".v") {
        Some((name, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => element,
    };
    let element = element.strip_prefix("go-").unwrap_or(element);
    let element = element
        .strip_suffix("-go")
        .or_else(|| element.strip_suffix(".go"))
        .unwrap_or(element);
    // A hyphen cannot be part of a name; what stands after it usually is the name.
    element.rsplit('-').next().unwrap_or(element)
}

fn is_major_version(element: &str) -> bool {
    element.strip_prefix('v').is_some_and(|rest| {
        !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_digit())
            && rest != "0"
            && rest != "1"
    })
}
