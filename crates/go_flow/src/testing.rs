//! Helpers of the tests: Go snippets, and the facts about the first function in them.

use std::sync::Arc;

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, File, FuncId, Mode, Source, Span, StmtId, StmtKind, parse};
use go_types::{Body, Importer, Loader, LocalId, PackageCx, PackageNames};

use crate::{Cfg, FunctionFacts, Path, Point};

/// A loader over packages given as text: import path and the only file.
#[derive(Debug, Default)]
pub(crate) struct TextPackages(Vec<(&'static str, Arc<PackageNames>)>);

impl TextPackages {
    pub(crate) fn new(packages: &[(&'static str, &str)]) -> Self {
        let load = |&(path, text): &(&'static str, &str)| {
            let file = parse(Source::new(text.into()), Mode::SkipBodies);
            assert_eq!(file.errors(), [], "{path}");
            let names = PackageNames::new(Importer::new(path), vec![Arc::new(file)]);
            (path, Arc::new(names))
        };
        Self(packages.iter().map(load).collect())
    }
}

impl Loader for TextPackages {
    fn package_name(&self, import_path: &str, from: &Importer) -> Option<Arc<str>> {
        self.package(import_path, from)?.name().map(Arc::from)
    }

    fn package(&self, import_path: &str, _: &Importer) -> Option<Arc<PackageNames>> {
        let found = self.0.iter().find(|(path, _)| *path == import_path)?;
        Some(Arc::clone(&found.1))
    }
}

/// Calls `check` with the facts about the function `f` of a file, which is given without its package
/// clause.
pub(crate) fn with_facts(text: &str, check: impl FnOnce(&FunctionFacts<'_>)) {
    with_packages(&[], text, check);
}

/// Like [`with_facts`], with packages that can be imported.
pub(crate) fn with_packages(
    packages: &[(&'static str, &str)],
    text: &str,
    check: impl FnOnce(&FunctionFacts<'_>),
) {
    let file = parse(Source::new(format!("package p\n{text}").into()), Mode::Full);
    assert_eq!(file.errors(), [], "{text}");
    let loader = TextPackages::new(packages);
    let importer = Importer::new("example.com/p");
    let names = Arc::new(PackageNames::new(importer, vec![Arc::new(file)]));
    let cx = PackageCx::new(&names, &loader);
    let body = Body::new(&cx, 0, function(names.file(0), "f"));
    check(&FunctionFacts::new(&body));
}

/// Calls `check` with the facts about a function with these statements.
pub(crate) fn with_body(statements: &str, check: impl FnOnce(&FunctionFacts<'_>)) {
    with_facts(&format!("func f() {{\n{statements}\n}}\n"), check);
}

/// The function or method with this name.
fn function(file: &File, name: &str) -> FuncId {
    file.all_funcs()
        .find(|&func| file.func(func).name.is_some_and(|id| file.name(id) == name))
        .unwrap_or_else(|| panic!("no function {name}"))
}

/// Ways to name things of a snippet by their text.
pub(crate) trait Snippet<'a> {
    /// The first statement that starts with `text`, in source order.
    fn stmt(&self, text: &str) -> StmtId;
    /// Where that statement happens.
    fn at(&self, text: &str) -> Point;
    /// The first expression whose text is `text`, in source order.
    fn expr(&self, text: &str) -> ExprId;
    /// The local declared first with this name.
    fn local(&self, name: &str) -> LocalId;
    /// The literal that stands at this place among all.
    fn literal(&self, index: usize) -> FuncId;
    /// The text of a span.
    fn text(&self, span: Span) -> String;
    /// The text of a node.
    fn node_text(&self, point: Point) -> String;
    /// The graph of the root.
    fn root_cfg(&self) -> &Cfg<'a>;
}

impl<'a> Snippet<'a> for FunctionFacts<'a> {
    fn stmt(&self, text: &str) -> StmtId {
        let file = self.file();
        let mut found = None;
        walk(file, Node::Func(self.root()), |node| match node {
            Node::Stmt(stmt)
                if !matches!(file.stmt(stmt).kind, StmtKind::Block(_))
                    && file.span_text(file.stmt(stmt).span).starts_with(text) =>
            {
                found = Some(stmt);
                Descend::Stop
            }
            _ => Descend::Into,
        });
        found.unwrap_or_else(|| panic!("no statement {text}"))
    }

    fn at(&self, text: &str) -> Point {
        self.point_of_stmt(self.stmt(text))
            .unwrap_or_else(|| panic!("nothing happens at {text}"))
    }

    fn expr(&self, text: &str) -> ExprId {
        let file = self.file();
        let mut found = None;
        walk(file, Node::Func(self.root()), |node| match node {
            Node::Expr(expr) if file.expr_text(expr) == text => {
                found = Some(expr);
                Descend::Stop
            }
            _ => Descend::Into,
        });
        found.unwrap_or_else(|| panic!("no expression {text}"))
    }

    fn local(&self, name: &str) -> LocalId {
        let names = self.body().names();
        names
            .locals()
            .find(|(_, local)| self.file().span_text(local.span) == name)
            .map(|(id, _)| id)
            .unwrap_or_else(|| panic!("no local {name}"))
    }

    fn literal(&self, index: usize) -> FuncId {
        self.funcs()[index + 1]
    }

    fn text(&self, span: Span) -> String {
        self.file().span_text(span).to_owned()
    }

    fn node_text(&self, point: Point) -> String {
        let cfg = self.cfg(point.func);
        match cfg.span_of_node(point.node) {
            Some(span) => self.text(span),
            None => format!("{:?}", cfg.kind(point.node)),
        }
    }

    fn root_cfg(&self) -> &Cfg<'a> {
        self.cfg(self.root())
    }
}

/// The graph of a function with these statements, as text.
#[track_caller]
pub(crate) fn assert_graph(statements: &str, expected: &str) {
    let trim = |text: &str| -> String {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.fold(String::new(), |all, line| all + line + "\n")
    };
    let mut rendered = String::new();
    with_body(statements, |facts| rendered = facts.root_cfg().render());
    assert!(
        trim(&rendered) == trim(expected),
        "{statements}\n--- expected\n{}--- found\n{rendered}",
        trim(expected)
    );
}

/// The nodes of a path as text.
pub(crate) fn path_texts(facts: &FunctionFacts<'_>, func: FuncId, path: &Path) -> Vec<String> {
    path.steps
        .iter()
        .map(|step| {
            facts.node_text(Point {
                func,
                node: step.node,
            })
        })
        .collect()
}
