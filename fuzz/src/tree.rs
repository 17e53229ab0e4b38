//! What must hold of every tree, whatever the bytes were.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

use go_syntax::walk::{Descend, Node, for_each_child, walk, walk_function};
use go_syntax::{
    ArenaId, DeclKind, ExprKind, Features, File, FuncId, LineColumn, LineIndex, LitKind, Mode,
    NameId, Source, Span, SpecKind, StmtId, StmtKind, UnaryOp, literal, parse, position,
};

/// The stack that parsing and the walks below must do with, in this build with its checks and counters:
/// less than the 2 MiB that a thread has when nobody says otherwise. The deepest tree that the parser
/// allows, a thousand levels with an operator of each precedence in every level, needs about 1.2 MiB.
const STACK: usize = 3 << 19;

/// Parses `bytes` in every mode and checks all that must hold, on a small stack.
pub fn check(bytes: &[u8]) {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let thread = builder
            .spawn_scoped(scope, || check_modes(bytes))
            .expect("a thread can be started");
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn check_modes(bytes: &[u8]) {
    let file = parse(Source::new(bytes.to_vec()), Mode::Full);
    if file.text().len() != bytes.len() {
        // What is not text at all (UTF-16) has no tree, and one error.
        assert_eq!(
            file.text(),
            "",
            "offsets into the text are offsets into the file"
        );
        assert!(!file.errors().is_empty(), "a file without text is an error");
        return;
    }
    let told = check_file(&file);
    check_functions(&file);
    check_lines(&file);

    let again = parse(Source::new(bytes.to_vec()), Mode::Full);
    assert_eq!(
        told,
        check_file(&again),
        "the same bytes give the same tree"
    );

    let skipped = parse(Source::new(bytes.to_vec()), Mode::SkipBodies);
    check_file(&skipped);
    assert!(
        skipped
            .all_funcs()
            .all(|func| skipped.func(func).body.is_none()),
        "bodies are skipped"
    );
    let imports = parse(Source::new(bytes.to_vec()), Mode::ImportsOnly);
    check_file(&imports);
    if file.errors().is_empty() {
        assert!(
            skipped.errors().is_empty(),
            "what is right stays right: {:?}",
            skipped.errors()
        );
        assert!(
            imports.errors().is_empty(),
            "what is right stays right: {:?}",
            imports.errors()
        );
        let spans = |file: &File| {
            file.top_decls()
                .iter()
                .map(|&decl| file.decl(decl).span)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            spans(&file),
            spans(&skipped),
            "declarations stand where they stood"
        );
        let paths = |file: &File| {
            file.imports()
                .map(|spec| file.spec(spec).span)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            paths(&file),
            paths(&imports),
            "imports stand where they stood"
        );
    }
}

/// Checks what holds of the tree of any mode; equal trees give equal numbers.
fn check_file(file: &File) -> u64 {
    let text = file.text();
    let whole = Span::new(
        0,
        u32::try_from(text.len()).expect("sources are smaller than 4 GiB"),
    );
    let good = |what: &dyn std::fmt::Debug, span: Span| {
        assert!(
            span.start <= span.end && whole.contains(span),
            "{what:?} at {span:?} is outside of the file"
        );
        assert!(
            text.get(span.range()).is_some(),
            "{what:?} at {span:?} cuts a character"
        );
    };
    let lines = file.line_index();
    let mut told = DefaultHasher::new();
    let mut seen = HashSet::new();
    let mut names = HashSet::new();
    let mut name = |id: NameId, within: Option<Span>| {
        assert!(names.insert(id), "{id:?} has two owners");
        let span = file.name_span(id);
        good(&id, span);
        if let Some(within) = within {
            assert!(
                within.contains(span),
                "{id:?} at {span:?} is outside of its owner at {within:?}"
            );
        }
    };

    let mut last = 0;
    for (index, &decl) in file.top_decls().iter().enumerate() {
        let span = file.decl(decl).span;
        assert!(
            last <= span.start,
            "{decl:?} at {span:?} starts before the end of the one before it"
        );
        last = span.end;
        // Where something is missing, an empty node stands at the token that came instead, which may
        // be behind the end of what surrounds it: broken declarations are not held to nest.
        let whole = is_whole(file, &lines, index);
        walk(file, Node::Decl(decl), |node| {
            assert!(seen.insert(node), "{node:?} is met twice");
            let span = span_of(file, node);
            good(&node, span);
            span.hash(&mut told);
            hash_kind(file, node, &mut told);
            for_each_name(file, node, |id| name(id, whole.then_some(span)));
            let mut last = span.start;
            for_each_child(file, node, |child| {
                let within = span_of(file, child);
                if whole {
                    assert!(
                        span.contains(within),
                        "{child:?} at {within:?} is outside of {node:?} at {span:?}"
                    );
                    assert!(
                        last <= within.start,
                        "{child:?} at {within:?} overlaps what is before it in {node:?}"
                    );
                }
                last = within.end;
            });
            Descend::Into
        });
    }

    let mut last = 0;
    for comment in file.comments() {
        good(comment, comment.span);
        assert!(
            last <= comment.span.start,
            "{comment:?} overlaps the one before it"
        );
        last = comment.span.end;
        let start = file.span_text(comment.span).get(..2);
        assert!(
            matches!(start, Some("//" | "/*")),
            "{comment:?} starts with {start:?}"
        );
        // Whatever it says must not panic.
        let _ = position::line_directive(text, comment.span);
        comment.span.hash(&mut told);
    }
    let mut last = 0;
    for error in file.errors() {
        good(error, error.span);
        assert!(
            last <= error.span.start,
            "{error:?} stands behind a later one"
        );
        assert!(!error.message.is_empty(), "{error:?} says nothing");
        last = error.span.start;
        (error.span, &error.message).hash(&mut told);
    }
    told.finish()
}

/// With this many errors a parse may have given up, and says no more of what follows.
const MANY_ERRORS: usize = 100;

/// Whether nothing can be wrong with the top-level declaration at `index`: no error stands on its
/// lines (a line has one error, whatever else is wrong on it), or where the next one starts.
fn is_whole(file: &File, lines: &LineIndex, index: usize) -> bool {
    if file.errors().len() >= MANY_ERRORS {
        return false;
    }
    let decls = file.top_decls();
    let first = lines.line(file.decl(decls[index]).span.start);
    let last = decls
        .get(index + 1)
        .map_or(u32::MAX, |&next| lines.line(file.decl(next).span.start));
    !file
        .errors()
        .iter()
        .any(|error| (first..=last).contains(&lines.line(error.span.start)))
}

fn span_of(file: &File, node: Node) -> Span {
    match node {
        Node::Expr(id) => file.expr(id).span,
        Node::Stmt(id) => file.stmt(id).span,
        Node::Decl(id) => file.decl(id).span,
        Node::Spec(id) => file.spec(id).span,
        Node::Func(id) => file.func(id).span,
        Node::Fields(id) => file.field_list(id).span,
    }
}

fn hash_kind(file: &File, node: Node, hasher: &mut DefaultHasher) {
    match node {
        Node::Expr(id) => discriminant(&file.expr(id).kind).hash(hasher),
        Node::Stmt(id) => discriminant(&file.stmt(id).kind).hash(hasher),
        Node::Decl(id) => discriminant(&file.decl(id).kind).hash(hasher),
        Node::Spec(id) => discriminant(&file.spec(id).kind).hash(hasher),
        Node::Func(id) => (id, file.func(id).exprs.len(), file.func(id).names.len()).hash(hasher),
        Node::Fields(id) => file.fields_of(id).len().hash(hasher),
    }
}

/// Calls `visit` for the names that `node` itself declares.
fn for_each_name(file: &File, node: Node, mut visit: impl FnMut(NameId)) {
    match node {
        Node::Stmt(id) => match file.stmt(id).kind {
            StmtKind::Labeled { label, .. } => visit(label),
            StmtKind::Branch {
                label: Some(label), ..
            } => visit(label),
            _ => {}
        },
        Node::Spec(id) => match file.spec(id).kind {
            SpecKind::Import { name, .. } => name.into_iter().for_each(visit),
            SpecKind::Value { names, .. } => names.iter().for_each(visit),
            SpecKind::Type { name, .. } => visit(name),
        },
        Node::Func(id) => file.func(id).name.into_iter().for_each(visit),
        Node::Fields(id) => {
            for field in file.fields_of(id).iter() {
                file.field(field).names.iter().for_each(&mut visit);
            }
        }
        Node::Expr(_) | Node::Decl(_) => {}
    }
}

/// Each function owns what stands in it, and knows what occurs there.
fn check_functions(file: &File) {
    for id in file.all_funcs() {
        let func = file.func(id);
        if let Some(parent) = func.parent {
            assert!(
                parent < id,
                "{parent:?} is the parent of {id:?}, and comes later"
            );
            let outer = file.func(parent);
            assert!(
                outer.span.contains(func.span),
                "{id:?} is outside of its parent {parent:?}"
            );
            for feature in all_features() {
                assert!(
                    outer.features.intersects(feature) || !func.features.intersects(feature),
                    "{parent:?} lacks {feature:?}, which its literal {id:?} has"
                );
            }
        }
    }
    for &decl in file.top_decls() {
        walk(file, Node::Decl(decl), |node| {
            if let Node::Func(id) = node {
                check_function(file, id);
            }
            Descend::Into
        });
    }
}

fn check_function(file: &File, id: FuncId) {
    let func = file.func(id);
    let mut features = Features::NONE;
    walk(file, Node::Func(id), |node| {
        for_each_name(file, node, |name| {
            assert!(
                func.names.contains(name),
                "{name:?} is not counted to {id:?}"
            )
        });
        match node {
            Node::Expr(expr) => assert!(
                func.exprs.contains(expr),
                "{expr:?} is not counted to {id:?}"
            ),
            Node::Stmt(stmt) => assert!(
                func.stmts.contains(stmt),
                "{stmt:?} is not counted to {id:?}"
            ),
            _ => {}
        }
        Descend::Into
    });
    let Some(body) = func.body else { return };
    walk(file, Node::Stmt(body), |node| {
        features = features.union(feature_of(file, node));
        if let Node::Func(inner) = node {
            features = features.union(Features::FUNC_LIT);
            assert!(
                file.func(inner).parent >= Some(id),
                "{inner:?} does not know that it stands in {id:?}"
            );
        }
        Descend::Into
    });
    walk_function(file, Node::Func(id), |node| {
        if let Node::Func(inner) = node {
            assert_eq!(inner, id, "a walk over a function stays in it");
        }
        Descend::Into
    });
    // A mention is enough for these, and a literal in the signature is none of the body.
    let loose = [Features::FUNC_LIT, Features::LOCK, Features::RECOVER];
    for feature in all_features() {
        if features.intersects(feature) {
            assert!(
                func.features.intersects(feature),
                "{id:?} has {feature:?} and does not know"
            );
        } else if file.errors().is_empty() && !loose.contains(&feature) {
            assert!(
                !func.features.intersects(feature),
                "{id:?} claims {feature:?}"
            );
        }
    }
}

fn all_features() -> [Features; 9] {
    [
        Features::DEFER,
        Features::GO,
        Features::FUNC_LIT,
        Features::LOOP,
        Features::GOTO,
        Features::SELECT,
        Features::LOCK,
        Features::RECOVER,
        Features::CHANNEL,
    ]
}

fn feature_of(file: &File, node: Node) -> Features {
    match node {
        Node::Stmt(id) => statement_feature(file, id),
        Node::Expr(id) => {
            let expr = file.expr(id);
            match expr.kind {
                // Names count where they are called: elsewhere they may be types.
                ExprKind::Call { fun, .. } => {
                    let called = file.selector(fun).map(|(_, name)| name);
                    if matches!(called, Some("Lock" | "RLock" | "Unlock" | "RUnlock")) {
                        Features::LOCK
                    } else if file.ident(fun) == Some("recover") {
                        Features::RECOVER
                    } else {
                        Features::NONE
                    }
                }
                ExprKind::Unary {
                    op: UnaryOp::Recv, ..
                } => Features::CHANNEL,
                ExprKind::BasicLit(LitKind::String | LitKind::Char) => {
                    let text = file.span_text(expr.span);
                    let value = literal::unquote(text);
                    assert!(
                        value.is_some() || !file.errors().is_empty(),
                        "{text} cannot be unquoted"
                    );
                    Features::NONE
                }
                _ => Features::NONE,
            }
        }
        _ => Features::NONE,
    }
}

fn statement_feature(file: &File, id: StmtId) -> Features {
    match file.stmt(id).kind {
        StmtKind::Defer(_) => Features::DEFER,
        StmtKind::Go(_) => Features::GO,
        StmtKind::For { .. } | StmtKind::Range { .. } => Features::LOOP,
        StmtKind::Branch {
            kind: go_syntax::BranchKind::Goto,
            ..
        } => Features::GOTO,
        StmtKind::Select { .. } => Features::SELECT,
        StmtKind::Send { .. } => Features::CHANNEL,
        _ => Features::NONE,
    }
}

/// Lines and offsets are two names of the same places.
fn check_lines(file: &File) {
    let (text, index) = (file.text(), file.line_index());
    let newlines = text.bytes().filter(|&byte| byte == b'\n').count();
    assert_eq!(index.line_count() as usize, newlines + 1);
    let end = u32::try_from(text.len()).expect("sources are smaller than 4 GiB");
    // Every offset of small files, and a spread of those of larger ones.
    let step = (text.len() / 500).max(1);
    for at in (0..=end).step_by(step) {
        let place = index.line_column(at);
        assert_eq!(index.offset(place), Some(at), "offset {at} is {place:?}");
        let line = index.line_span(place.line).expect("a place has a line");
        assert!(
            line.start <= at && at <= line.end,
            "offset {at} is not on its line {}",
            place.line
        );
    }
    assert_eq!(
        index.offset(LineColumn {
            line: index.line_count() + 1,
            column: 1
        }),
        None
    );
    assert_eq!(index.line_span(0), None);
    // Top-level declarations of a right file know their kind.
    if file.errors().is_empty() {
        for &decl in file.top_decls() {
            assert!(
                !matches!(file.decl(decl).kind, DeclKind::Bad),
                "a bad declaration without an error"
            );
        }
    }
    let _ = file.all_funcs().map(ArenaId::index).max();
}
