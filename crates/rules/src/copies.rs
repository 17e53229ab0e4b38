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
struct Words {
    set: FxHashSet<Box<str>>,
    /// A bit for each shape (length, first and last byte) of a word: most identifiers have none.
    shapes: [u64; 16],
}

/// What a function may copy, as far as names tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Copies {
    /// Nothing.
    Nothing,
    /// What it gets as a parameter, or what a pointer points to.
    Pointees,
    /// Anything: it mentions one of the words.
    Anything,
}

/// What a top-level function may copy. Of the values of other packages, those that neither a
/// declaration of the package nor a `*p` tells of are missed.
pub(crate) fn copies(package: &PackageCx<'_>, file: u32, func: FuncId) -> Copies {
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
        let mut words = Self {
            set: FxHashSet::default(),
            shapes: [0; 16],
        };
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
                words.add(names.member_name(id));
            }
        }
        for (id, method) in names.methods() {
            if words.returns(names.file(method.file), method.func) {
                words.add(names.method_name(id));
            }
        }
        words
    }

    fn add(&mut self, word: &str) {
        if let Some((slot, bit)) = shape(word) {
            self.shapes[slot] |= bit;
            self.set.insert(word.into());
        }
    }

    #[inline]
    fn contains(&self, word: &str) -> bool {
        shape(word).is_some_and(|(slot, bit)| self.shapes[slot] & bit != 0)
            && self.set.contains(word)
    }

    fn add_type(&mut self, package: &PackageCx<'_>, name: &str, ty: TypeId) {
        if holds(package, ty, MAX_CONTAINERS) {
            self.add(name);
        }
        for (field, ty) in package.fields(ty).into_iter().flatten() {
            if !holds(package, ty, MAX_CONTAINERS) {
                continue;
            }
            match package.ty(ty) {
                Type::Named { name, .. } if field.is_empty() => {
                    self.add(&package.named(name).name);
                }
                _ => {
                    self.add(&field);
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
                ExprKind::Ident if self.contains(file.expr_text(expr)) => return true,
                ExprKind::Selector { sel, .. } => {
                    let name = file.span_text(sel);
                    if STD_GUARDS.contains(&name) || self.contains(name) {
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

/// Where the bit of a word is; none for the empty word.
#[inline]
fn shape(word: &str) -> Option<(usize, u64)> {
    let bytes = word.as_bytes();
    let (&first, &last) = (bytes.first()?, bytes.last()?);
    let mix = usize::from(first) * 31 + usize::from(last) * 7 + bytes.len() * 61;
    Some((mix / 64 % 16, 1 << (mix % 64)))
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
    fn run(&mut self, func: FuncId) -> Copies {
        let file = self.file;
        let node = file.func(func);
        let body = node.body.map_or(node.span, |body| file.stmt(body).span);
        let mut is_taken = self.takes_foreign_value(func);
        let (mut has_star, mut has_word) = (false, false);
        for expr in node.exprs.iter() {
            match file.expr(expr).kind {
                ExprKind::Ident | ExprKind::Selector { .. } => {
                    has_word = has_word || self.is_word(expr);
                }
                ExprKind::Star(_) => {
                    has_star = has_star || file.expr(expr).span.start > body.start;
                }
                ExprKind::FuncLit(literal) => {
                    is_taken = is_taken || self.takes_foreign_value(literal);
                }
                _ => {}
            }
        }
        if has_word && self.has_word_of_value(func) {
            Copies::Anything
        } else if is_taken || has_star && self.copies_what_a_pointer_points_to(func) {
            Copies::Pointees
        } else {
            Copies::Nothing
        }
    }

    /// Whether one of the words is mentioned other than behind a `*`, after a `&` or before a dot.
    fn has_word_of_value(&mut self, func: FuncId) -> bool {
        let file = self.file;
        let exprs = file.func(func).exprs;
        for expr in exprs.iter() {
            match file.expr(expr).kind {
                ExprKind::Star(x)
                | ExprKind::Selector { x, .. }
                | ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => self.exclude(x),
                _ => {}
            }
        }
        exprs
            .iter()
            .any(|expr| self.is_word(expr) && !self.pointed_to.contains(&expr))
    }

    /// Whether an expression mentions one of the words.
    fn is_word(&self, expr: ExprId) -> bool {
        let word = match self.file.expr(expr).kind {
            ExprKind::Ident => self.file.expr_text(expr),
            ExprKind::Selector { x, sel } => {
                let name = self.file.span_text(sel);
                if matches!(self.file.ident(x), Some("sync" | "atomic")) {
                    return STD_GUARDS.contains(&name);
                }
                name
            }
            _ => return false,
        };
        self.words.contains(word)
    }

    fn exclude(&mut self, expr: ExprId) {
        let file = self.file;
        let mut expr = file.unparen(expr);
        while let ExprKind::CompositeLit { ty: Some(x), .. } | ExprKind::Index { x, .. } =
            file.expr(expr).kind
        {
            expr = file.unparen(x);
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
