//! The functions of a package that can come to values which must not be copied, as far as the names
//! in them tell: all others need not be looked at.

use go_syntax::{DeclKind, ExprId, ExprKind, File, FuncId, SpecKind, StmtKind, UnaryOp};
use go_types::{MemberKind, PackageCx, Type, TypeId};
use rustc_hash::FxHashSet;

use crate::nocopy::{STD_GUARDS, guard_of};

/// How many slices, maps and channels are looked through.
const MAX_CONTAINERS: usize = 4;

/// Names by which a package speaks of such values: of its types, of fields and variables that hold
/// them, of functions that return them.
struct Words(FxHashSet<Box<str>>);

/// Whether a top-level function may copy such a value. Of the values of other packages, those that
/// neither a declaration of the package nor a `*p` tells of are missed.
pub(crate) fn may_copy(package: &PackageCx<'_>, file: u32, func: FuncId) -> bool {
    let words = package.memo(|| Words::of(package));
    Scan {
        package,
        index: file,
        file: package.file(file),
        words: &words,
        pointed_to: FxHashSet::default(),
    }
    .run(func)
}

impl Words {
    fn of(package: &PackageCx<'_>) -> Self {
        let mut words = Self(FxHashSet::default());
        let names = package.names();
        for (id, member) in names.members() {
            if member.is_type() {
                words.add_type(package, names.member_name(id), package.type_of_member(id));
            }
        }
        for (id, member) in names.members() {
            let tree = names.file(member.file);
            let is_holder = match member.kind {
                MemberKind::Var { spec, index } => match tree.spec(spec).kind {
                    SpecKind::Value { ty: Some(ty), .. } => words.names_type(tree, ty),
                    SpecKind::Value { values, .. } => tree
                        .exprs(values)
                        .get(index as usize)
                        .is_some_and(|&value| words.names_type(tree, value)),
                    _ => false,
                },
                MemberKind::Func(func) => words.returns(tree, func),
                _ => false,
            };
            if is_holder {
                words.0.insert(names.member_name(id).into());
            }
        }
        for (id, method) in names.methods() {
            if words.returns(names.file(method.file), method.func) {
                words.0.insert(names.method_name(id).into());
            }
        }
        let imports_sync = (0..names.files().len()).any(|file| {
            let file = u32::try_from(file).unwrap_or(u32::MAX);
            let mut imports = names.imports(file).iter();
            imports.any(|import| matches!(&*import.path, "sync" | "sync/atomic"))
        });
        if imports_sync {
            words.0.extend(STD_GUARDS.map(Box::from));
        }
        words
    }

    fn add_type(&mut self, package: &PackageCx<'_>, name: &str, ty: TypeId) {
        if holds(package, ty, MAX_CONTAINERS) {
            self.0.insert(name.into());
        }
        for (field, ty) in package.fields(ty).into_iter().flatten() {
            if !holds(package, ty, MAX_CONTAINERS) {
                continue;
            }
            match package.ty(ty) {
                Type::Named { name, .. } if field.is_empty() => {
                    self.0.insert(package.named(name).name.as_ref().into());
                }
                _ => {
                    self.0.insert(field.into());
                }
            }
        }
    }

    /// Whether one of the words stands in a type expression, or in the type of a composite literal,
    /// other than behind a `*`.
    fn names_type(&self, file: &File, expr: ExprId) -> bool {
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            match file.expr(expr).kind {
                ExprKind::Ident => {
                    if self.0.contains(file.expr_text(expr)) {
                        return true;
                    }
                }
                ExprKind::Selector { sel, .. } => {
                    let name = file.span_text(sel);
                    if STD_GUARDS.contains(&name) || self.0.contains(name) {
                        return true;
                    }
                }
                ExprKind::Paren(x)
                | ExprKind::Index { x, .. }
                | ExprKind::ArrayType { elem: x, .. }
                | ExprKind::ChanType { elem: x, .. }
                | ExprKind::CompositeLit { ty: Some(x), .. } => open.push(x),
                ExprKind::MapType { key, value } => open.extend([key, value]),
                ExprKind::StructType(_) => return true,
                _ => {}
            }
        }
        false
    }

    fn returns(&self, file: &File, func: FuncId) -> bool {
        let results = file.sig(file.func(func).sig).results;
        results.is_some_and(|list| {
            file.fields_of(list)
                .iter()
                .any(|field| self.names_type(file, file.field(field).ty))
        })
    }
}

/// Whether values of a type are, or hold by value in containers, what must not be copied.
fn holds(package: &PackageCx<'_>, ty: TypeId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if guard_of(package, ty).is_some() {
        return true;
    }
    let named_elsewhere = match package.ty(ty) {
        Type::Named { name, .. } => package.named(name).package != *package.names().path(),
        _ => false,
    };
    if named_elsewhere {
        return false;
    }
    match package.ty(package.underlying(ty)) {
        Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
            holds(package, elem, depth)
        }
        Type::Map { key, value } => holds(package, key, depth) || holds(package, value, depth),
        _ => false,
    }
}

struct Scan<'s, 'a> {
    package: &'s PackageCx<'a>,
    index: u32,
    file: &'s File,
    words: &'s Words,
    /// Mentions that are behind a `*`, after a `&`, or before a dot: nothing is copied there.
    pointed_to: FxHashSet<ExprId>,
}

impl Scan<'_, '_> {
    fn run(&mut self, func: FuncId) -> bool {
        let file = self.file;
        let node = file.func(func);
        if self.takes_foreign_value(func) || self.copies_what_a_pointer_points_to(func) {
            return true;
        }
        for expr in node.exprs.iter() {
            match file.expr(expr).kind {
                ExprKind::Star(x)
                | ExprKind::Selector { x, .. }
                | ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => self.exclude(x),
                ExprKind::FuncLit(literal) if self.takes_foreign_value(literal) => return true,
                _ => {}
            }
        }
        node.exprs
            .iter()
            .any(|expr| self.is_word(expr) && !self.pointed_to.contains(&expr))
    }

    /// Whether an expression mentions one of the words.
    fn is_word(&self, expr: ExprId) -> bool {
        let word = match self.file.expr(expr).kind {
            ExprKind::Ident => self.file.expr_text(expr),
            ExprKind::Selector { sel, .. } => self.file.span_text(sel),
            _ => return false,
        };
        self.words.0.contains(word)
    }

    fn exclude(&mut self, expr: ExprId) {
        let file = self.file;
        let mut expr = file.unparen(expr);
        loop {
            match file.expr(expr).kind {
                ExprKind::CompositeLit { ty: Some(x), .. } | ExprKind::Index { x, .. } => {
                    expr = file.unparen(x);
                }
                _ => break,
            }
        }
        if self.is_word(expr) {
            self.pointed_to.insert(expr);
        }
    }

    /// Whether a function has a parameter, no pointer, of a type of another package that must not be
    /// copied.
    fn takes_foreign_value(&self, func: FuncId) -> bool {
        let file = self.file;
        let fields = file.fields_of(file.sig(file.func(func).sig).params);
        fields.iter().any(|field| {
            let mut ty = file.unparen(file.field(field).ty);
            while let ExprKind::ArrayType {
                len: Some(_),
                elem: x,
            }
            | ExprKind::Index { x, .. } = file.expr(ty).kind
            {
                ty = file.unparen(x);
            }
            let Some((package, name)) = file.selector(ty) else {
                return false;
            };
            let names = self.package.names();
            let import = file
                .ident(package)
                .and_then(|name| names.lookup_import(self.index, name, self.package.loader()));
            import.is_some_and(|import| {
                guard_of(self.package, self.package.imported_type(import, name)).is_some()
            })
        })
    }

    /// Whether `*p` is assigned, passed, returned or put into a literal.
    fn copies_what_a_pointer_points_to(&self, func: FuncId) -> bool {
        let file = self.file;
        let node = file.func(func);
        let is_star = |&expr: &ExprId| {
            let value = match file.expr(expr).kind {
                ExprKind::KeyValue { value, .. } => value,
                _ => expr,
            };
            matches!(file.expr(file.unparen(value)).kind, ExprKind::Star(_))
        };
        let in_stmts = node.stmts.iter().any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Assign { rhs, .. } | StmtKind::Return(rhs) => {
                file.exprs(rhs).iter().any(is_star)
            }
            StmtKind::Send { value, .. } => is_star(&value),
            StmtKind::Range { x, .. } => is_star(&x),
            StmtKind::Decl(decl) => match file.decl(decl).kind {
                DeclKind::Gen { specs, .. } => {
                    specs.iter().any(|spec| match file.spec(spec).kind {
                        SpecKind::Value { values, .. } => file.exprs(values).iter().any(is_star),
                        _ => false,
                    })
                }
                _ => false,
            },
            _ => false,
        });
        in_stmts
            || node.exprs.iter().any(|expr| match file.expr(expr).kind {
                ExprKind::Call { args, .. } => file.exprs(args).iter().any(is_star),
                ExprKind::CompositeLit { elts, .. } => file.exprs(elts).iter().any(is_star),
                _ => false,
            })
    }
}
