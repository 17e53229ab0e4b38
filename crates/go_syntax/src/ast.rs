//! The syntax tree: what each node is, and the arenas they live in.
//!
//! Nodes refer to each other by `u32` ids. A [`File`] owns the source text and all nodes of it;
//! every accessor takes an id and returns a `Copy` node, so code that walks the tree holds no
//! borrows but the one of the file. The shape follows the Go specification and, where the
//! specification leaves a choice, go/ast of Go 1.27, against which the tree is checked.
//!
//! Nothing here knows what a name means: see the `go_types` crate.

use crate::ids::{
    ArenaId, DeclId, ExprId, FieldId, FieldListId, FuncId, IdRange, List, NameId, SigId, SpecId,
    StmtId,
};
use crate::position::LineIndex;
use crate::source::Source;

/// A half-open range of byte offsets in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span `start..end`.
    #[inline]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The number of bytes.
    #[inline]
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether no byte is covered.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies within this span.
    #[inline]
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the byte at `offset` is covered.
    #[inline]
    pub const fn covers(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The smallest span that contains both.
    #[inline]
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The span as a range that indexes bytes.
    #[inline]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// An expression or type expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr {
    /// From the first to the last token.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions. Types are expressions, as in go/ast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ExprKind {
    /// A place where the parser found no expression.
    Bad,
    /// The use of a name; its text is that of the span. (On the left of `:=` and in the header of
    /// a range clause it may be the declaration.)
    Ident,
    /// A literal of a basic type.
    BasicLit(LitKind),
    /// `ty{elts}`; `ty` is absent for elements whose type is elided.
    CompositeLit {
        ty: Option<ExprId>,
        elts: List<ExprId>,
        lbrace: u32,
    },
    /// `func(…) … { … }`
    FuncLit(FuncId),
    /// `(x)`
    Paren(ExprId),
    /// `x.sel`; [`File::span_text`] of `sel` is the selected name.
    Selector { x: ExprId, sel: Span },
    /// `x[index, …]`: an index expression or an instantiation.
    Index { x: ExprId, indices: List<ExprId> },
    /// `x[lo:hi:max]`
    Slice {
        x: ExprId,
        lo: Option<ExprId>,
        hi: Option<ExprId>,
        max: Option<ExprId>,
    },
    /// `x.(ty)`; `ty` is absent in `x.(type)`.
    TypeAssert { x: ExprId, ty: Option<ExprId> },
    /// `fun(args)`: a call or a conversion; `spread` when the last argument is followed by `...`.
    Call {
        fun: ExprId,
        args: List<ExprId>,
        spread: bool,
    },
    /// `*x`: a dereference or a pointer type.
    Star(ExprId),
    /// An operator before its operand, `<-x` and the `~T` of constraints included.
    Unary { op: UnaryOp, x: ExprId },
    /// An operator between its operands; unions of constraints are `Or`.
    Binary { op: BinaryOp, x: ExprId, y: ExprId },
    /// `key: value` within a composite literal.
    KeyValue { key: ExprId, value: ExprId },
    /// `...` as an array length, or `...elem` as the type of the last parameter.
    Ellipsis(Option<ExprId>),
    /// `[len]elem`, or the slice type `[]elem` when `len` is absent.
    ArrayType { len: Option<ExprId>, elem: ExprId },
    /// `struct { … }`
    StructType(FieldListId),
    /// `func(…) …`
    FuncType(SigId),
    /// `interface { … }`
    InterfaceType(FieldListId),
    /// `map[key]value`
    MapType { key: ExprId, value: ExprId },
    /// `chan elem`, `chan<- elem`, `<-chan elem`
    ChanType { dir: ChanDir, elem: ExprId },
}

/// The kinds of basic literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LitKind {
    /// `42`, `0x2A`, `0b101`, `0o52`
    Int,
    /// `4.2`, `0x1p-2`
    Float,
    /// `2i`
    Imag,
    /// `'x'`
    Char,
    /// `"x"` and raw strings
    String,
}

/// The direction of a channel type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChanDir {
    /// `chan T`
    Both,
    /// `chan<- T`
    Send,
    /// `<-chan T`
    Recv,
}

/// Operators before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+x`
    Plus,
    /// `-x`
    Neg,
    /// `!x`
    Not,
    /// `^x`
    BitNot,
    /// `&x`
    Addr,
    /// `<-x`
    Recv,
    /// `~T`
    Tilde,
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`
    LOr,
    /// `&&`
    LAnd,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `*`
    Mul,
    /// `/`
    Quo,
    /// `%`
    Rem,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `&`
    And,
    /// `&^`
    AndNot,
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub struct Stmt {
    /// From the first to the last token, without the semicolon.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// The kinds of statements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StmtKind {
    /// A place where the parser found no statement.
    Bad,
    /// A semicolon that ends nothing; `implicit` when there is not even that.
    Empty { implicit: bool },
    /// `const`, `type` or `var` within a function.
    Decl(DeclId),
    /// `label: stmt`
    Labeled { label: NameId, stmt: StmtId },
    /// An expression as a statement.
    Expr(ExprId),
    /// `chan <- value`
    Send { chan: ExprId, value: ExprId },
    /// `x++` or `x--`
    IncDec { x: ExprId, inc: bool },
    /// `lhs op rhs`
    Assign {
        lhs: List<ExprId>,
        rhs: List<ExprId>,
        op: AssignOp,
    },
    /// `go call`; `call` is a call expression.
    Go(ExprId),
    /// `defer call`; `call` is a call expression.
    Defer(ExprId),
    /// `return results`
    Return(List<ExprId>),
    /// `break`, `continue`, `goto`, `fallthrough`
    Branch {
        kind: BranchKind,
        label: Option<NameId>,
    },
    /// `{ … }`
    Block(List<StmtId>),
    /// `if init; cond body else els`; `body` is a block, `els` a block or another `if`.
    If {
        init: Option<StmtId>,
        cond: ExprId,
        body: StmtId,
        els: Option<StmtId>,
    },
    /// `switch init; tag body`; `body` is a block of case clauses.
    Switch {
        init: Option<StmtId>,
        tag: Option<ExprId>,
        body: StmtId,
    },
    /// `switch init; guard body`; `guard` is `x := y.(type)` or `y.(type)`, `body` a block of case
    /// clauses.
    TypeSwitch {
        init: Option<StmtId>,
        guard: StmtId,
        body: StmtId,
    },
    /// `case list:` or `default:` (no list) with its statements, within a switch.
    CaseClause {
        list: List<ExprId>,
        is_default: bool,
        body: List<StmtId>,
    },
    /// `select body`; `body` is a block of communication clauses.
    Select { body: StmtId },
    /// `case comm:` or `default:` (no `comm`) with its statements, within a select.
    CommClause {
        comm: Option<StmtId>,
        body: List<StmtId>,
    },
    /// `for init; cond; post body`
    For {
        init: Option<StmtId>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: StmtId,
    },
    /// `for key, value op range x body`
    Range {
        key: Option<ExprId>,
        value: Option<ExprId>,
        op: RangeOp,
        x: ExprId,
        body: StmtId,
    },
}

/// The operator of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOp {
    /// `:=`
    Define,
    /// `=`
    Assign,
    /// `+=`, `<<=` and so on
    Op(BinaryOp),
}

/// How a range clause assigns its iteration variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeOp {
    /// `for range x`
    None,
    /// `for k, v := range x`
    Define,
    /// `for k, v = range x`
    Assign,
}

/// The keyword of a branch statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchKind {
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `goto`
    Goto,
    /// `fallthrough`
    Fallthrough,
}

/// A declaration.
#[derive(Clone, Copy, Debug)]
pub struct Decl {
    /// From the keyword to the last token.
    pub span: Span,
    /// What it is.
    pub kind: DeclKind,
}

/// The kinds of declarations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DeclKind {
    /// A place where the parser found no declaration.
    Bad,
    /// `import`, `const`, `type` or `var`, with parentheses or without.
    Gen {
        keyword: GenKeyword,
        parens: bool,
        specs: IdRange<SpecId>,
    },
    /// A function or method.
    Func(FuncId),
}

/// The keyword of a general declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenKeyword {
    /// `import`
    Import,
    /// `const`
    Const,
    /// `type`
    Type,
    /// `var`
    Var,
}

/// One specification of a general declaration.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// From the first to the last token, without the semicolon.
    pub span: Span,
    /// What it is.
    pub kind: SpecKind,
}

/// The kinds of specifications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpecKind {
    /// `name "path"`; the text of `name` may be `.` or `_`. `path` spans the literal with its
    /// quotes and is empty when missing; see [`File::import_path`].
    Import { name: Option<NameId>, path: Span },
    /// `names ty = values` of a `const` or `var`; `iota` counts from the start of the declaration.
    Value {
        names: IdRange<NameId>,
        ty: Option<ExprId>,
        values: List<ExprId>,
        iota: u32,
    },
    /// `name[tparams] = ty`; `alias` when there is a `=`.
    Type {
        name: NameId,
        tparams: Option<FieldListId>,
        alias: bool,
        ty: ExprId,
    },
}

/// A function declaration, method declaration or function literal.
#[derive(Clone, Copy, Debug)]
pub struct Func {
    /// From `func` to the end of the body (of the signature, when there is none).
    pub span: Span,
    /// Absent for literals.
    pub name: Option<NameId>,
    /// The receiver, with its parentheses.
    pub recv: Option<FieldListId>,
    /// The signature.
    pub sig: SigId,
    /// A block; absent when the function is implemented elsewhere, or the body was skipped.
    pub body: Option<StmtId>,
    /// The function that this literal stands in.
    pub parent: Option<FuncId>,
    /// What occurs in the body, nested literals included.
    pub features: Features,
    /// All expressions of the function: receiver, signature and body, nested literals included.
    pub exprs: IdRange<ExprId>,
    /// All statements of the body, nested literals included.
    pub stmts: IdRange<StmtId>,
    /// All names declared in the function, nested literals included.
    pub names: IdRange<NameId>,
}

/// What occurs in a function body: cheap facts that let later stages pass over most functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Features(u16);

impl Features {
    /// A `defer` statement.
    pub const DEFER: Self = Self(1);
    /// A `go` statement.
    pub const GO: Self = Self(1 << 1);
    /// A function literal.
    pub const FUNC_LIT: Self = Self(1 << 2);
    /// A `for` statement.
    pub const LOOP: Self = Self(1 << 3);
    /// A `goto` statement.
    pub const GOTO: Self = Self(1 << 4);
    /// A `select` statement.
    pub const SELECT: Self = Self(1 << 5);
    /// A selector `Lock`, `RLock`, `Unlock` or `RUnlock`.
    pub const LOCK: Self = Self(1 << 6);
    /// An identifier `recover`.
    pub const RECOVER: Self = Self(1 << 7);
    /// A send statement or a receive expression.
    pub const CHANNEL: Self = Self(1 << 8);
    /// A body: what all functions have that are written in Go.
    pub const BODY: Self = Self(1 << 9);
    /// An identifier `append`.
    pub const APPEND: Self = Self(1 << 10);
    /// Nothing of the above.
    pub const NONE: Self = Self(0);

    /// Whether one of `other` is present.
    #[inline]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    #[inline]
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Parameters and results of a function.
#[derive(Clone, Copy, Debug)]
pub struct Sig {
    /// From `func` (from the parameters, for methods of interfaces) to the last token.
    pub span: Span,
    /// Type parameters.
    pub tparams: Option<FieldListId>,
    /// Parameters.
    pub params: FieldListId,
    /// Results; a single unnamed result has no parentheses.
    pub results: Option<FieldListId>,
}

/// Fields between delimiters.
#[derive(Clone, Copy, Debug)]
pub struct FieldList {
    /// With the delimiters, where there are some.
    pub span: Span,
    /// The fields in order.
    pub fields: IdRange<FieldId>,
    /// Whether the list stands between delimiters.
    pub delimited: bool,
}

/// A field of a struct, parameter, result, type parameter, method or embedded element.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// From the first to the last token, tag included.
    pub span: Span,
    /// Empty for embedded fields and unnamed parameters.
    pub names: IdRange<NameId>,
    /// The type; a [`ExprKind::FuncType`] for methods of interfaces.
    pub ty: ExprId,
    /// The tag, a string literal.
    pub tag: Option<ExprId>,
}

/// A comment with its delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the slash to the last byte; without the newline (and a carriage return before it) of a
    /// line comment.
    pub span: Span,
}

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What, in lower case and without a full stop.
    pub message: String,
}

/// A parsed file: its text, its tree and what was wrong with it.
#[derive(Debug)]
pub struct File {
    pub(crate) source: Source,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) decls: Vec<Decl>,
    pub(crate) specs: Vec<Spec>,
    pub(crate) funcs: Vec<Func>,
    pub(crate) sigs: Vec<Sig>,
    pub(crate) field_lists: Vec<FieldList>,
    pub(crate) fields: Vec<Field>,
    pub(crate) names: Vec<Span>,
    pub(crate) expr_pool: Vec<ExprId>,
    pub(crate) stmt_pool: Vec<StmtId>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) package: Option<Span>,
    pub(crate) package_name: Option<NameId>,
    pub(crate) top: Vec<DeclId>,
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident($id:ty) -> $node:ty, $arena:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(&self, id: $id) -> $node {
            self.$arena[id.index()]
        }
    )*};
}

impl File {
    accessors! {
        /// The expression `id`.
        expr(ExprId) -> Expr, exprs;
        /// The statement `id`.
        stmt(StmtId) -> Stmt, stmts;
        /// The declaration `id`.
        decl(DeclId) -> Decl, decls;
        /// The specification `id`.
        spec(SpecId) -> Spec, specs;
        /// The function `id`.
        func(FuncId) -> Func, funcs;
        /// The signature `id`.
        sig(SigId) -> Sig, sigs;
        /// The field list `id`.
        field_list(FieldListId) -> FieldList, field_lists;
        /// The field `id`.
        field(FieldId) -> Field, fields;
        /// Where the name `id` stands.
        name_span(NameId) -> Span, names;
    }

    /// The source text.
    #[inline]
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The source: text, and whether it was changed to make it text.
    #[inline]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The text of `span`; empty when the span does not lie on character boundaries of this file.
    #[inline]
    pub fn span_text(&self, span: Span) -> &str {
        self.source.text().get(span.range()).unwrap_or_default()
    }

    /// The text of an expression.
    #[inline]
    pub fn expr_text(&self, id: ExprId) -> &str {
        self.span_text(self.expr(id).span)
    }

    /// The text of a declared name; `_` where the parser expected a name and found none.
    #[inline]
    pub fn name(&self, id: NameId) -> &str {
        let text = self.span_text(self.name_span(id));
        if text.is_empty() { "_" } else { text }
    }

    /// The expressions of a list.
    #[inline]
    pub fn exprs(&self, list: List<ExprId>) -> &[ExprId] {
        &self.expr_pool[list.range()]
    }

    /// The statements of a list.
    #[inline]
    pub fn stmts(&self, list: List<StmtId>) -> &[StmtId] {
        &self.stmt_pool[list.range()]
    }

    /// The statements of a block; none when `block` is something else.
    #[inline]
    pub fn block_stmts(&self, block: StmtId) -> &[StmtId] {
        match self.stmt(block).kind {
            StmtKind::Block(list) => self.stmts(list),
            _ => &[],
        }
    }

    /// The fields of a list.
    #[inline]
    pub fn fields_of(&self, list: FieldListId) -> IdRange<FieldId> {
        self.field_list(list).fields
    }

    /// The text of an expression that is a plain identifier.
    #[inline]
    pub fn ident(&self, id: ExprId) -> Option<&str> {
        let expr = self.expr(id);
        matches!(expr.kind, ExprKind::Ident).then(|| self.span_text(expr.span))
    }

    /// Base expression and selected name of `x.sel`.
    #[inline]
    pub fn selector(&self, id: ExprId) -> Option<(ExprId, &str)> {
        match self.expr(id).kind {
            ExprKind::Selector { x, sel } => Some((x, self.span_text(sel))),
            _ => None,
        }
    }

    /// Callee and arguments of a call.
    #[inline]
    pub fn call(&self, id: ExprId) -> Option<(ExprId, &[ExprId])> {
        match self.expr(id).kind {
            ExprKind::Call { fun, args, .. } => Some((fun, self.exprs(args))),
            _ => None,
        }
    }

    /// The expression within any parentheses.
    pub fn unparen(&self, mut id: ExprId) -> ExprId {
        while let ExprKind::Paren(x) = self.expr(id).kind {
            id = x;
        }
        id
    }

    /// The top-level declarations in order.
    #[inline]
    pub fn top_decls(&self) -> &[DeclId] {
        &self.top
    }

    /// All functions, literals included, in the order in which they start: a parent before its literals.
    #[inline]
    pub fn all_funcs(&self) -> impl ExactSizeIterator<Item = FuncId> + use<> {
        (0..self.funcs.len()).map(FuncId::from_index)
    }

    /// All comments in order.
    #[inline]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// What is wrong, in order of position.
    #[inline]
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// Where the keyword `package` stands.
    #[inline]
    pub fn package_keyword(&self) -> Option<Span> {
        self.package
    }

    /// The name after `package`.
    #[inline]
    pub fn package_name(&self) -> Option<&str> {
        self.package_name.map(|id| self.name(id))
    }

    /// The id of the name after `package`.
    #[inline]
    pub fn package_name_id(&self) -> Option<NameId> {
        self.package_name
    }

    /// All import specifications in order.
    pub fn imports(&self) -> impl Iterator<Item = SpecId> + '_ {
        self.top
            .iter()
            .flat_map(|&decl| match self.decl(decl).kind {
                DeclKind::Gen {
                    keyword: GenKeyword::Import,
                    specs,
                    ..
                } => specs.iter(),
                _ => IdRange::EMPTY.iter(),
            })
    }

    /// The unquoted path of an import specification.
    pub fn import_path(&self, id: SpecId) -> Option<std::borrow::Cow<'_, str>> {
        match self.spec(id).kind {
            SpecKind::Import { path, .. } => crate::literal::unquote_str(self.span_text(path)),
            _ => None,
        }
    }

    /// The number of expressions, statements and declarations, as a measure of the tree's size.
    pub fn node_count(&self) -> usize {
        self.exprs.len() + self.stmts.len() + self.decls.len() + self.specs.len()
    }

    /// Starts of lines; computed anew on each call, so keep it while you need it.
    pub fn line_index(&self) -> LineIndex {
        LineIndex::new(self.text())
    }
}
