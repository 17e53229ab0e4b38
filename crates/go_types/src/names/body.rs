//! The result of resolving one top-level function: dense tables, and questions to them.

use go_syntax::{DeclRun, ExprId, File, FuncId, IdRange, NameId, StmtId};
use rustc_hash::FxHashSet;

use super::object::{DeclSite, Label, Local, LocalId, Object, Use};
use super::resolve;
use crate::cx::PackageCx;

/// What every identifier below one top-level function means.
///
/// The function is the *root*: a function declaration, or a literal that stands outside of any
/// function. Nested literals belong to their root and have no tables of their own.
#[derive(Debug)]
pub struct BodyNames {
    pub(super) root: FuncId,
    pub(super) exprs: IdRange<ExprId>,
    pub(super) stmts: IdRange<StmtId>,
    pub(super) names: IdRange<NameId>,
    /// By position in `exprs`.
    pub(super) objects: Vec<Object>,
    /// By position in `names`.
    pub(super) declared: Vec<Option<LocalId>>,
    pub(super) locals: Vec<Local>,
    /// Grouped by local, in source order within each.
    pub(super) uses: Vec<Use>,
    /// Where the uses of each local start in `uses`; one more entry than there are locals.
    pub(super) use_starts: Vec<u32>,
    pub(super) labels: Vec<Label>,
    /// Names in branch statements, with the index of their label; sorted.
    pub(super) branches: Vec<(NameId, u32)>,
}

impl BodyNames {
    /// Resolves the function `root` of the file at index `file` of `cx`'s package. A literal within
    /// another function is resolved on its own too, but then sees nothing of what is around it;
    /// use [`root_of`](crate::root_of) first.
    pub fn resolve(cx: &PackageCx<'_>, file: u32, root: FuncId) -> Self {
        resolve::resolve(cx, file, root)
    }

    /// Resolves declarations outside of functions, with the literals in them. The result has no
    /// root.
    pub(crate) fn resolve_decls(cx: &PackageCx<'_>, file: u32, run: &DeclRun<'_>) -> Self {
        resolve::resolve_decls(cx, file, run)
    }

    /// All expressions.
    #[inline]
    pub(crate) fn exprs(&self) -> IdRange<ExprId> {
        self.exprs
    }

    /// Where names are declared by nodes of their own. An expression that starts there is one that
    /// the parser has given up: it took a label or a type parameter for the start of an expression.
    pub(crate) fn name_starts(&self, file: &File) -> FxHashSet<u32> {
        let starts = self.names.iter().map(|name| file.name_span(name).start);
        starts.collect()
    }

    /// All statements.
    #[inline]
    pub(crate) fn stmts(&self) -> IdRange<StmtId> {
        self.stmts
    }

    /// The function that was resolved.
    #[inline]
    pub fn root(&self) -> FuncId {
        self.root
    }

    /// What the identifier `expr` means; parentheses are not looked through. For expressions that
    /// are not identifiers, and for those of other functions, the answer is [`Object::Unknown`].
    #[inline]
    pub fn object(&self, expr: ExprId) -> Object {
        self.exprs
            .position(expr)
            .map_or(Object::Unknown, |position| self.objects[position])
    }

    /// Whether `expr` is an expression of the function.
    #[inline]
    pub fn contains(&self, expr: ExprId) -> bool {
        self.exprs.contains(expr)
    }

    /// The position of `expr` among the expressions of the function, for dense side tables.
    #[inline]
    pub fn position(&self, expr: ExprId) -> Option<usize> {
        self.exprs.position(expr)
    }

    /// The number of expressions of the function.
    #[inline]
    pub fn expr_count(&self) -> usize {
        self.exprs.len()
    }

    /// The local that the identifier `expr` means.
    #[inline]
    pub fn local_of(&self, expr: ExprId) -> Option<LocalId> {
        match self.object(expr) {
            Object::Local(id) => Some(id),
            _ => None,
        }
    }

    /// The local that `name` declares. Names of fields, of methods, of the function itself and of
    /// labels declare none, nor does `_`.
    #[inline]
    pub fn declared(&self, name: NameId) -> Option<LocalId> {
        self.declared[self.names.position(name)?]
    }

    /// Whether the identifier `expr` declares its local rather than using it.
    #[inline]
    pub fn is_definition(&self, expr: ExprId) -> bool {
        self.local_of(expr)
            .is_some_and(|id| self.local(id).site == DeclSite::Expr(expr))
    }

    /// All locals in order of declaration.
    pub fn locals(&self) -> impl ExactSizeIterator<Item = (LocalId, &Local)> + '_ {
        self.locals
            .iter()
            .enumerate()
            .map(|(index, local)| (LocalId::from_index(index), local))
    }

    /// The number of locals.
    #[inline]
    pub fn local_count(&self) -> usize {
        self.locals.len()
    }

    /// The local `id`.
    #[inline]
    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.index()]
    }

    /// All uses of a local, those in nested literals included, in source order.
    pub fn uses(&self, id: LocalId) -> &[Use] {
        let start = self.use_starts[id.index()] as usize;
        let end = self.use_starts[id.index() + 1] as usize;
        &self.uses[start..end]
    }

    /// Whether a literal nested in the declaring function uses the local.
    #[inline]
    pub fn is_captured(&self, id: LocalId) -> bool {
        self.local(id).captured
    }

    /// All labels in order of declaration.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The label that a `break`, `continue` or `goto` names; `None` when the function has no such
    /// label.
    pub fn branch_target(&self, name: NameId) -> Option<&Label> {
        let at = self
            .branches
            .binary_search_by_key(&name, |&(name, _)| name)
            .ok()?;
        self.labels.get(self.branches[at].1 as usize)
    }

    /// The label that the labeled statement `stmt` declares.
    pub fn label_of(&self, stmt: StmtId) -> Option<&Label> {
        self.labels.iter().find(|label| label.stmt == stmt)
    }
}
