//! Our tree, told as go/ast would tell it: the Rust half of the syntax oracle.
//!
//! [`walk`] visits a file in go/ast's preorder and names each node as go/ast does, with the start
//! and end that *our* tree gives it. Its Go counterpart is `xtask/go/astdump`; both sides write the
//! same lines, so that equal digests mean equal trees.

use go_syntax::{
    AssignOp, BinaryOp, BranchKind, ChanDir, DeclId, DeclKind, ExprId, ExprKind, FieldListId, File,
    FuncId, GenKeyword, IdRange, LitKind, NameId, RangeOp, SigId, Span, SpecId, SpecKind, StmtId,
    StmtKind, UnaryOp,
};

/// One node: its kind, place, a detail where the kind does not say it all, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) kind: &'static str,
    pub(crate) span: Span,
    pub(crate) detail: &'a str,
    /// The package name, or within an import declaration.
    pub(crate) in_imports: bool,
}

impl Node<'_> {
    /// The line that both sides hash.
    pub(crate) fn line(&self) -> String {
        let Span { start, end } = self.span;
        if self.detail.is_empty() {
            format!("{} {start} {end}\n", self.kind)
        } else {
            format!("{} {start} {end} {}\n", self.kind, self.detail)
        }
    }
}

/// Visits the nodes of `file` in go/ast's preorder.
pub(crate) fn walk(file: &File, emit: &mut dyn FnMut(Node<'_>)) {
    Walker {
        file,
        emit,
        in_imports: false,
    }
    .file();
}

/// A digest of lines: FNV-1a with 64 bits, as Go's hash/fnv has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest {
    hash: u64,
    pub(crate) count: usize,
}

impl Digest {
    pub(crate) fn new() -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            count: 0,
        }
    }

    pub(crate) fn add(&mut self, line: &str) {
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.count += 1;
    }

    pub(crate) fn hex(&self) -> String {
        format!("{:016x}", self.hash)
    }
}

struct Walker<'a> {
    file: &'a File,
    emit: &'a mut dyn FnMut(Node<'_>),
    in_imports: bool,
}

impl Walker<'_> {
    fn node(&mut self, kind: &'static str, span: Span, detail: &str) {
        let node = Node {
            kind,
            span,
            detail,
            in_imports: self.in_imports,
        };
        (self.emit)(node);
    }

    fn file(&mut self) {
        let file = self.file;
        let name = file
            .package_name_id()
            .map(|id| file.name_span(id))
            .unwrap_or_default();
        let start = file.package_keyword().unwrap_or_default().start;
        let end = file
            .top_decls()
            .last()
            .map_or(name.end, |&decl| file.decl(decl).span.end);
        self.node("File", Span::new(start, end), "");
        self.in_imports = true;
        self.node("Ident", name, "");
        self.in_imports = false;
        for &decl in file.top_decls() {
            self.decl(decl);
        }
    }

    fn decl(&mut self, id: DeclId) {
        let decl = self.file.decl(id);
        match decl.kind {
            DeclKind::Bad => self.node("BadDecl", decl.span, ""),
            DeclKind::Gen {
                keyword,
                parens,
                specs,
            } => {
                let word = match keyword {
                    GenKeyword::Import => "import",
                    GenKeyword::Const => "const",
                    GenKeyword::Type => "type",
                    GenKeyword::Var => "var",
                };
                self.in_imports = keyword == GenKeyword::Import;
                let detail = if parens {
                    format!("{word} (")
                } else {
                    word.to_owned()
                };
                self.node("GenDecl", decl.span, &detail);
                for spec in specs.iter() {
                    self.spec(spec);
                }
                self.in_imports = false;
            }
            DeclKind::Func(func) => self.func_decl(decl.span, func),
        }
    }

    fn func_decl(&mut self, span: Span, id: FuncId) {
        let func = self.file.func(id);
        self.node("FuncDecl", span, "");
        if let Some(recv) = func.recv {
            self.field_list(recv);
        }
        if let Some(name) = func.name {
            self.name(name);
        }
        self.sig(func.sig);
        if let Some(body) = func.body {
            self.stmt(body);
        }
    }

    fn spec(&mut self, id: SpecId) {
        let spec = self.file.spec(id);
        match spec.kind {
            SpecKind::Import { name, path } => {
                self.node("ImportSpec", spec.span, "");
                if let Some(name) = name {
                    self.name(name);
                }
                self.node("BasicLit", path, "STRING");
            }
            SpecKind::Value {
                names, ty, values, ..
            } => {
                self.node("ValueSpec", spec.span, "");
                self.names(names);
                self.expr_opt(ty);
                self.exprs(self.file.exprs(values));
            }
            SpecKind::Type {
                name,
                tparams,
                alias,
                ty,
            } => {
                self.node("TypeSpec", spec.span, if alias { "=" } else { "" });
                self.name(name);
                if let Some(tparams) = tparams {
                    self.field_list(tparams);
                }
                self.expr(ty);
            }
        }
    }

    fn name(&mut self, id: NameId) {
        self.node("Ident", self.file.name_span(id), "");
    }

    fn names(&mut self, names: IdRange<NameId>) {
        for name in names.iter() {
            self.name(name);
        }
    }

    fn sig(&mut self, id: SigId) {
        let sig = self.file.sig(id);
        self.node("FuncType", sig.span, "");
        if let Some(tparams) = sig.tparams {
            self.field_list(tparams);
        }
        self.field_list(sig.params);
        if let Some(results) = sig.results {
            self.field_list(results);
        }
    }

    fn field_list(&mut self, id: FieldListId) {
        let list = self.file.field_list(id);
        self.node("FieldList", list.span, "");
        for id in list.fields.iter() {
            let field = self.file.field(id);
            self.node("Field", field.span, "");
            self.names(field.names);
            self.expr(field.ty);
            self.expr_opt(field.tag);
        }
    }

    fn exprs(&mut self, ids: &[ExprId]) {
        for &id in ids {
            self.expr(id);
        }
    }

    fn expr_opt(&mut self, id: Option<ExprId>) {
        if let Some(id) = id {
            self.expr(id);
        }
    }

    fn expr(&mut self, id: ExprId) {
        let expr = self.file.expr(id);
        let span = expr.span;
        match expr.kind {
            ExprKind::Bad => self.node("BadExpr", span, ""),
            ExprKind::Ident => self.node("Ident", span, ""),
            ExprKind::BasicLit(kind) => {
                let detail = match kind {
                    LitKind::Int => "INT",
                    LitKind::Float => "FLOAT",
                    LitKind::Imag => "IMAG",
                    LitKind::Char => "CHAR",
                    LitKind::String => "STRING",
                };
                self.node("BasicLit", span, detail);
            }
            ExprKind::CompositeLit { ty, elts, lbrace } => {
                self.node("CompositeLit", span, &lbrace.to_string());
                self.expr_opt(ty);
                self.exprs(self.file.exprs(elts));
            }
            ExprKind::FuncLit(func) => {
                let func = self.file.func(func);
                self.node("FuncLit", span, "");
                self.sig(func.sig);
                if let Some(body) = func.body {
                    self.stmt(body);
                }
            }
            ExprKind::Paren(x) => {
                self.node("ParenExpr", span, "");
                self.expr(x);
            }
            ExprKind::Selector { x, sel } => {
                self.node("SelectorExpr", span, "");
                self.expr(x);
                self.node("Ident", sel, "");
            }
            ExprKind::Index { x, indices } => {
                let kind = if indices.len() > 1 {
                    "IndexListExpr"
                } else {
                    "IndexExpr"
                };
                self.node(kind, span, "");
                self.expr(x);
                self.exprs(self.file.exprs(indices));
            }
            ExprKind::Slice { x, lo, hi, max } => {
                self.node("SliceExpr", span, if max.is_some() { "3" } else { "" });
                self.expr(x);
                self.expr_opt(lo);
                self.expr_opt(hi);
                self.expr_opt(max);
            }
            ExprKind::TypeAssert { x, ty } => {
                self.node("TypeAssertExpr", span, "");
                self.expr(x);
                self.expr_opt(ty);
            }
            ExprKind::Call { fun, args, spread } => {
                self.node("CallExpr", span, if spread { "..." } else { "" });
                self.expr(fun);
                self.exprs(self.file.exprs(args));
            }
            ExprKind::Star(x) => {
                self.node("StarExpr", span, "");
                self.expr(x);
            }
            ExprKind::Unary { op, x } => {
                self.node("UnaryExpr", span, unary(op));
                self.expr(x);
            }
            ExprKind::Binary { op, x, y } => {
                self.node("BinaryExpr", span, binary(op));
                self.expr(x);
                self.expr(y);
            }
            ExprKind::KeyValue { key, value } => {
                self.node("KeyValueExpr", span, "");
                self.expr(key);
                self.expr(value);
            }
            ExprKind::Ellipsis(elem) => {
                self.node("Ellipsis", span, "");
                self.expr_opt(elem);
            }
            ExprKind::ArrayType { len, elem } => {
                self.node("ArrayType", span, "");
                self.expr_opt(len);
                self.expr(elem);
            }
            ExprKind::StructType(fields) => {
                self.node("StructType", span, "");
                self.field_list(fields);
            }
            // The expression and its signature are one node of go/ast.
            ExprKind::FuncType(sig) => self.sig(sig),
            ExprKind::InterfaceType(methods) => {
                self.node("InterfaceType", span, "");
                self.field_list(methods);
            }
            ExprKind::MapType { key, value } => {
                self.node("MapType", span, "");
                self.expr(key);
                self.expr(value);
            }
            ExprKind::ChanType { dir, elem } => {
                let detail = match dir {
                    ChanDir::Both => "both",
                    ChanDir::Send => "send",
                    ChanDir::Recv => "recv",
                };
                self.node("ChanType", span, detail);
                self.expr(elem);
            }
        }
    }

    fn stmts(&mut self, ids: &[StmtId]) {
        for &id in ids {
            self.stmt(id);
        }
    }

    fn stmt_opt(&mut self, id: Option<StmtId>) {
        if let Some(id) = id {
            self.stmt(id);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let stmt = self.file.stmt(id);
        let span = stmt.span;
        match stmt.kind {
            StmtKind::Bad => self.node("BadStmt", span, ""),
            StmtKind::Empty { implicit } => {
                self.node("EmptyStmt", span, if implicit { "implicit" } else { "" });
            }
            StmtKind::Decl(decl) => {
                self.node("DeclStmt", span, "");
                self.decl(decl);
            }
            StmtKind::Labeled { label, stmt } => {
                self.node("LabeledStmt", span, "");
                self.name(label);
                self.stmt(stmt);
            }
            StmtKind::Expr(x) => {
                self.node("ExprStmt", span, "");
                self.expr(x);
            }
            StmtKind::Send { chan, value } => {
                self.node("SendStmt", span, "");
                self.expr(chan);
                self.expr(value);
            }
            StmtKind::IncDec { x, inc } => {
                self.node("IncDecStmt", span, if inc { "++" } else { "--" });
                self.expr(x);
            }
            StmtKind::Assign { lhs, rhs, op } => {
                let detail = match op {
                    AssignOp::Define => ":=".to_owned(),
                    AssignOp::Assign => "=".to_owned(),
                    AssignOp::Op(op) => format!("{}=", binary(op)),
                };
                self.node("AssignStmt", span, &detail);
                self.exprs(self.file.exprs(lhs));
                self.exprs(self.file.exprs(rhs));
            }
            StmtKind::Go(call) => {
                self.node("GoStmt", span, "");
                self.expr(call);
            }
            StmtKind::Defer(call) => {
                self.node("DeferStmt", span, "");
                self.expr(call);
            }
            StmtKind::Return(results) => {
                self.node("ReturnStmt", span, "");
                self.exprs(self.file.exprs(results));
            }
            StmtKind::Branch { kind, label } => {
                let detail = match kind {
                    BranchKind::Break => "break",
                    BranchKind::Continue => "continue",
                    BranchKind::Goto => "goto",
                    BranchKind::Fallthrough => "fallthrough",
                };
                self.node("BranchStmt", span, detail);
                if let Some(label) = label {
                    self.name(label);
                }
            }
            StmtKind::Block(list) => {
                self.node("BlockStmt", span, "");
                self.stmts(self.file.stmts(list));
            }
            StmtKind::If {
                init,
                cond,
                body,
                els,
            } => {
                self.node("IfStmt", span, "");
                self.stmt_opt(init);
                self.expr(cond);
                self.stmt(body);
                self.stmt_opt(els);
            }
            StmtKind::Switch { init, tag, body } => {
                self.node("SwitchStmt", span, "");
                self.stmt_opt(init);
                self.expr_opt(tag);
                self.stmt(body);
            }
            StmtKind::TypeSwitch { init, guard, body } => {
                self.node("TypeSwitchStmt", span, "");
                self.stmt_opt(init);
                self.stmt(guard);
                self.stmt(body);
            }
            StmtKind::CaseClause {
                list,
                is_default,
                body,
            } => {
                self.node("CaseClause", span, if is_default { "default" } else { "" });
                self.exprs(self.file.exprs(list));
                self.stmts(self.file.stmts(body));
            }
            StmtKind::Select { body } => {
                self.node("SelectStmt", span, "");
                self.stmt(body);
            }
            StmtKind::CommClause { comm, body } => {
                self.node(
                    "CommClause",
                    span,
                    if comm.is_none() { "default" } else { "" },
                );
                self.stmt_opt(comm);
                self.stmts(self.file.stmts(body));
            }
            StmtKind::For {
                init,
                cond,
                post,
                body,
            } => {
                self.node("ForStmt", span, "");
                self.stmt_opt(init);
                self.expr_opt(cond);
                self.stmt_opt(post);
                self.stmt(body);
            }
            StmtKind::Range {
                key,
                value,
                op,
                x,
                body,
            } => {
                let detail = match op {
                    RangeOp::None => "",
                    RangeOp::Define => ":=",
                    RangeOp::Assign => "=",
                };
                self.node("RangeStmt", span, detail);
                self.expr_opt(key);
                self.expr_opt(value);
                self.expr(x);
                self.stmt(body);
            }
        }
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "+",
        UnaryOp::Neg => "-",
        UnaryOp::Not => "!",
        UnaryOp::BitNot => "^",
        UnaryOp::Addr => "&",
        UnaryOp::Recv => "<-",
        UnaryOp::Tilde => "~",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::LOr => "||",
        BinaryOp::LAnd => "&&",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::Mul => "*",
        BinaryOp::Quo => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::And => "&",
        BinaryOp::AndNot => "&^",
    }
}

#[cfg(test)]
mod tests {
    use go_syntax::{Mode, Source, parse};

    use super::*;

    fn lines(source: &str) -> String {
        let file = parse(Source::from(source), Mode::Full);
        assert!(file.errors().is_empty(), "{:?}", file.errors());
        let mut lines = String::new();
        walk(&file, &mut |node| lines.push_str(&node.line()));
        lines
    }

    /// What go/ast says of these sources was written down by hand, from its documentation.
    #[test]
    fn a_method_is_told_as_go_ast_has_it() {
        let told = lines("package p\nfunc (t T) M() (n int) { return }\n");
        let expected = "File 0 43\nIdent 8 9\nFuncDecl 10 43\nFieldList 15 20\nField 16 19\nIdent 16 17\nIdent 18 19\n\
                        Ident 21 22\nFuncType 10 32\nFieldList 22 24\nFieldList 25 32\nField 26 31\nIdent 26 27\n\
                        Ident 28 31\nBlockStmt 33 43\nReturnStmt 35 41\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn operators_are_told() {
        let told = lines("package p\nvar x = a[b, c] + -d\n");
        let expected = "File 0 30\nIdent 8 9\nGenDecl 10 30 var\nValueSpec 14 30\nIdent 14 15\nBinaryExpr 18 30 +\n\
                        IndexListExpr 18 25\nIdent 18 19\nIdent 20 21\nIdent 23 24\nUnaryExpr 28 30 -\nIdent 29 30\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn the_digest_is_fnv_1a() {
        let mut digest = Digest::new();
        assert_eq!(digest.hex(), "cbf29ce484222325");
        digest.add("a");
        assert_eq!(digest.hex(), "af63dc4c8601ec8c");
    }
}
