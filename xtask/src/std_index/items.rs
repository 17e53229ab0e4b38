//! The declarations of a file: the text that the index would keep of each, and what that text uses.
//!
//! What types do not need goes: comments, bodies, the values of variables with a declared type, the
//! elements of composite literals. What is left of the value of a variable still has its type.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use go_syntax::walk::{Node, for_each_child};
use go_syntax::{
    DeclKind, ExprId, ExprKind, File, FuncId, GenKeyword, IdRange, List, Span, SpecId, SpecKind,
};

use super::shorten::{Edit, shorten};

/// Declarations that are kept or left out together.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// The names that it declares in the package; none for a method.
    pub(super) names: Vec<String>,
    /// For a method: the name of its receiver's type, and its own.
    pub(super) method: Option<(String, String)>,
    /// The Go text.
    pub(super) text: String,
    /// The names used in it that may be the package's own.
    pub(super) own: BTreeSet<String>,
    /// The names of imports used in it, and what is selected from them.
    pub(super) imported: BTreeSet<(String, String)>,
    /// Unexported methods that it asks for: those of interfaces.
    pub(super) hidden_methods: BTreeSet<String>,
}

/// The items of a file. `imports` are the names that its imports go by.
pub(super) fn items(file: &File, imports: &BTreeSet<String>) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for &decl in file.top_decls() {
        match file.decl(decl).kind {
            DeclKind::Bad => bail!("a declaration that cannot be read"),
            DeclKind::Func(func) => items.extend(function(file, func, imports)?),
            DeclKind::Gen {
                keyword: GenKeyword::Import,
                ..
            } => {}
            DeclKind::Gen {
                keyword: GenKeyword::Const,
                specs,
                ..
            } if counts(file, specs) => items.push(const_group(file, specs, imports)),
            DeclKind::Gen { keyword, specs, .. } => {
                items.extend(
                    specs
                        .iter()
                        .map(|spec| single(file, keyword, spec, imports)),
                );
            }
        }
    }
    Ok(items)
}

fn function(file: &File, func: FuncId, imports: &BTreeSet<String>) -> Result<Option<Item>> {
    let node = file.func(func);
    let name = node.name.map_or("_", |name| file.name(name));
    let mut build = Builder::new(file, imports);
    build.use_node(Node::Func(func));
    let mut item = build.finish("", Span::new(node.span.start, file.sig(node.sig).span.end));
    match node.recv {
        None if matches!(name, "init" | "_") => return Ok(None),
        None => item.names.push(name.to_owned()),
        Some(_) if name == "_" => return Ok(None),
        Some(fields) => {
            let Some(ty) = file
                .fields_of(fields)
                .iter()
                .next()
                .map(|id| file.field(id).ty)
            else {
                bail!("method {name} has no receiver");
            };
            let Some(base) = receiver_base(file, ty) else {
                bail!("the receiver of method {name} names no type");
            };
            item.method = Some((base.to_owned(), name.to_owned()));
        }
    }
    Ok(Some(item))
}

fn receiver_base(file: &File, mut ty: ExprId) -> Option<&str> {
    loop {
        match file.expr(ty).kind {
            ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Index { x, .. } => ty = x,
            _ => return file.ident(ty),
        }
    }
}

/// Whether the constants of a declaration depend on each other's places.
fn counts(file: &File, specs: IdRange<SpecId>) -> bool {
    specs.iter().any(|spec| {
        let SpecKind::Value { values, .. } = file.spec(spec).kind else {
            return false;
        };
        let values = file.exprs(values);
        values.is_empty()
            || values
                .iter()
                .any(|&value| mentions_iota(file, Node::Expr(value)))
    })
}

fn mentions_iota(file: &File, node: Node) -> bool {
    let mut found = matches!(node, Node::Expr(id) if file.ident(id) == Some("iota"));
    for_each_child(file, node, |child| found |= mentions_iota(file, child));
    found
}

fn const_group(file: &File, specs: IdRange<SpecId>, imports: &BTreeSet<String>) -> Item {
    let mut group = Item::default();
    let mut texts = Vec::new();
    for spec in specs.iter() {
        let item = single(file, GenKeyword::Const, spec, imports);
        texts.push(item.text.trim_start_matches("const ").to_owned());
        group.names.extend(item.names);
        group.own.extend(item.own);
        group.imported.extend(item.imported);
    }
    group.text = format!("const({})", texts.join("\n"));
    group
}

fn single(file: &File, keyword: GenKeyword, spec: SpecId, imports: &BTreeSet<String>) -> Item {
    let mut build = Builder::new(file, imports);
    let node = file.spec(spec);
    let (word, end, names) = match node.kind {
        SpecKind::Import { .. } => return Item::default(),
        SpecKind::Type { name, .. } => {
            build.use_node(Node::Spec(spec));
            ("type ", node.span.end, vec![file.name(name).to_owned()])
        }
        SpecKind::Value {
            names, ty, values, ..
        } => {
            let is_var = keyword == GenKeyword::Var;
            let end = match ty {
                Some(ty) if is_var => {
                    build.use_node(Node::Expr(ty));
                    file.expr(ty).span.end
                }
                _ => {
                    ty.into_iter().for_each(|ty| build.use_node(Node::Expr(ty)));
                    build.use_values(values);
                    node.span.end
                }
            };
            let names = names
                .iter()
                .map(|name| file.name(name).to_owned())
                .collect();
            (if is_var { "var " } else { "const " }, end, names)
        }
    };
    let mut item = build.finish(word, Span::new(node.span.start, end));
    item.names = names;
    item
}

/// Gathers what a text uses, and what is cut out of it.
struct Builder<'a> {
    file: &'a File,
    imports: &'a BTreeSet<String>,
    edits: Vec<Edit>,
    item: Item,
}

impl<'a> Builder<'a> {
    fn new(file: &'a File, imports: &'a BTreeSet<String>) -> Self {
        Self {
            file,
            imports,
            edits: Vec::new(),
            item: Item::default(),
        }
    }

    fn use_values(&mut self, values: List<ExprId>) {
        for &value in self.file.exprs(values) {
            self.use_node(Node::Expr(value));
        }
    }

    fn use_node(&mut self, node: Node) {
        let file = self.file;
        match node {
            Node::Expr(id) => match file.expr(id).kind {
                ExprKind::Ident => {
                    self.item.own.insert(file.expr_text(id).to_owned());
                    return;
                }
                ExprKind::Selector { x, sel } => {
                    let name = file.span_text(sel);
                    match file.ident(x).filter(|base| self.imports.contains(*base)) {
                        Some(base) => {
                            let used = (base.to_owned(), name.to_owned());
                            self.item.imported.insert(used);
                            return;
                        }
                        None => self.hide(name),
                    }
                }
                ExprKind::CompositeLit {
                    ty: Some(ty),
                    elts,
                    lbrace,
                } if !counts_elements(file, ty) => {
                    self.use_node(Node::Expr(ty));
                    if !file.exprs(elts).is_empty() {
                        self.cut(Span::new(lbrace + 1, file.expr(id).span.end - 1));
                    }
                    return;
                }
                ExprKind::InterfaceType(fields) => {
                    for field in file.fields_of(fields).iter() {
                        for name in file.field(field).names.iter() {
                            self.hide(file.name(name));
                        }
                    }
                }
                _ => {}
            },
            // Without its body.
            Node::Func(id) => {
                let func = file.func(id);
                let sig = file.sig(func.sig);
                let lists = [func.recv, sig.tparams, Some(sig.params), sig.results];
                for list in lists.into_iter().flatten() {
                    self.use_node(Node::Fields(list));
                }
                if func.name.is_none() {
                    let body = file.span_text(Span::new(sig.span.end, func.span.end));
                    let open = body.find('{').unwrap_or_default() as u32;
                    self.cut(Span::new(sig.span.end + open + 1, func.span.end - 1));
                }
                return;
            }
            Node::Stmt(_) | Node::Decl(_) | Node::Spec(_) | Node::Fields(_) => {}
        }
        let mut children = Vec::new();
        for_each_child(file, node, |child| children.push(child));
        for child in children {
            self.use_node(child);
        }
    }

    fn hide(&mut self, method: &str) {
        if !is_exported(method) {
            self.item.hidden_methods.insert(method.to_owned());
        }
    }

    fn cut(&mut self, span: Span) {
        self.edits.push(Edit { span, text: " " });
    }

    fn finish(mut self, word: &str, span: Span) -> Item {
        let text = self.file.text();
        let comments = self.file.comments();
        let first = comments.partition_point(|comment| comment.span.end <= span.start);
        for comment in &comments[first..] {
            if comment.span.start >= span.end {
                break;
            }
            let comment = comment.span;
            if self.edits.iter().any(|edit| edit.span.contains(comment)) {
                continue;
            }
            // As go/scanner has it: a comment over several lines ends a line.
            let several = text[comment.range()].contains('\n');
            let text = if several { "\n" } else { " " };
            self.edits.push(Edit {
                span: comment,
                text,
            });
        }
        self.edits.sort_by_key(|edit| edit.span.start);
        let text = shorten(text, span, &self.edits);
        self.item.text = format!("{word}{text}");
        self.item
    }
}

/// Whether a composite literal of this type is as long as its elements say.
fn counts_elements(file: &File, ty: ExprId) -> bool {
    let ExprKind::ArrayType { len: Some(len), .. } = file.expr(ty).kind else {
        return false;
    };
    matches!(file.expr(len).kind, ExprKind::Ellipsis(None))
}

pub(super) fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use go_syntax::{Mode, Source, parse};

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let file = parse(Source::from(text), Mode::SkipBodies);
        assert!(file.errors().is_empty(), "{:?}", file.errors());
        let imports = file
            .imports()
            .filter_map(|import| file.import_path(import))
            .map(std::borrow::Cow::into_owned)
            .collect();
        let items = items(&file, &imports).expect("items");
        items.into_iter().map(|item| item.text).collect()
    }

    #[test]
    fn signatures_stay_and_bodies_go() {
        let text = "package p\n// A comment.\nfunc F[T any](a, b T) (n int) { return 0 }\nfunc (t *T) M() {}\nfunc init() {}\nfunc _() {}\nfunc G(int)\n";
        let expected = [
            "func F[T any](a,b T)(n int)",
            "func(t *T)M()",
            "func G(int)",
        ];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn of_the_values_of_variables_stays_what_their_types_need() {
        let text = "package p\nimport \"q\"\nvar (\n\ta int = f(1) // Why.\n\tb, c = f(func() int { return 1 }), []int{1, 2}\n\td = [...]string{\"x\", \"y\"}\n\te = &q.T{A: 1}\n)\n";
        let expected = [
            "var a int",
            "var b,c = f(func()int{}),[]int{}",
            "var d =[...]string{\"x\",\"y\"}",
            "var e = &q.T{}",
        ];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn constants_that_count_stay_together() {
        let text = "package p\nconst (\n\tA = iota // The first.\n\tB\n\t_\n\tC\n)\nconst (\n\tX = 1\n\tY = 2\n)\n";
        let expected = ["const(A = iota\nB\n_\nC)", "const X = 1", "const Y = 2"];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn an_item_knows_what_it_uses() {
        let text = "package p\nimport \"q\"\ntype T struct {\n\tq.E\n\tf map[K]func(name q.A) interface{ hidden(); Seen() }\n}\n";
        let file = parse(Source::from(text), Mode::SkipBodies);
        let imports = BTreeSet::from(["q".to_owned()]);
        let items = items(&file, &imports).expect("items");
        let [item] = &items[..] else {
            panic!("{items:?}");
        };
        let own: Vec<&str> = item.own.iter().map(String::as_str).collect();
        assert_eq!(own, ["K"], "names of fields and parameters are no uses");
        let imported: Vec<&str> = item.imported.iter().map(|(_, name)| &**name).collect();
        assert_eq!(imported, ["A", "E"]);
        let hidden: Vec<&str> = item.hidden_methods.iter().map(String::as_str).collect();
        assert_eq!(hidden, ["hidden"]);
    }
}
