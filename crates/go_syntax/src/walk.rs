//! Children of nodes and a walk over a tree without recursion.

use std::cell::Cell;

use crate::ast::{DeclKind, ExprKind, File, SpecKind, StmtKind};
use crate::ids::{DeclId, ExprId, FieldListId, FuncId, SpecId, StmtId};

/// A node that a walk meets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    /// An expression or type.
    Expr(ExprId),
    /// A statement.
    Stmt(StmtId),
    /// A declaration.
    Decl(DeclId),
    /// A specification.
    Spec(SpecId),
    /// A function declaration or literal: receiver, signature, body.
    Func(FuncId),
    /// A field list: the types and tags of its fields.
    Fields(FieldListId),
}

/// What a walk does after it met a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Descend {
    /// Goes on with the children of the node.
    Into,
    /// Passes over them.
    Past,
    /// Ends.
    Stop,
}

/// Calls `visit` for `root` and, as far as `visit` wants, for everything below it: parents before
/// children, children in source order.
pub fn walk(file: &File, root: Node, mut visit: impl FnMut(Node) -> Descend) {
    // Most walks are short, and there are many: they take turns with one stack. A walk within a walk
    // finds none and makes its own.
    let mut stack = STACK.take();
    stack.push(root);
    while let Some(node) = stack.pop() {
        match visit(node) {
            Descend::Into => {
                let base = stack.len();
                for_each_child(file, node, |child| stack.push(child));
                stack[base..].reverse();
            }
            Descend::Past => {}
            Descend::Stop => break,
        }
    }
    stack.clear();
    if stack.capacity() <= KEPT_STACK {
        STACK.set(stack);
    }
}

/// A longer stack is not worth its memory.
const KEPT_STACK: usize = 4096;

thread_local! {
    /// The stack of the last walk, empty.
    static STACK: Cell<Vec<Node>> = const { Cell::new(Vec::new()) };
}

/// Like [`walk`], but passes over the function literals below `root` (`root` itself may be one).
pub fn walk_function(file: &File, root: Node, mut visit: impl FnMut(Node) -> Descend) {
    walk(file, root, |node| match node {
        Node::Func(_) if node != root => Descend::Past,
        _ => visit(node),
    });
}

/// Calls `visit` for each child of `node`, in source order.
pub fn for_each_child(file: &File, node: Node, mut visit: impl FnMut(Node)) {
    match node {
        Node::Expr(id) => expr_children(file, id, visit),
        Node::Stmt(id) => stmt_children(file, id, visit),
        Node::Decl(id) => match file.decl(id).kind {
            DeclKind::Bad => {}
            DeclKind::Gen { specs, .. } => specs.iter().for_each(|spec| visit(Node::Spec(spec))),
            DeclKind::Func(func) => visit(Node::Func(func)),
        },
        Node::Spec(id) => match file.spec(id).kind {
            SpecKind::Import { .. } => {}
            SpecKind::Value { ty, values, .. } => {
                ty.into_iter().for_each(|ty| visit(Node::Expr(ty)));
                file.exprs(values)
                    .iter()
                    .for_each(|&value| visit(Node::Expr(value)));
            }
            SpecKind::Type { tparams, ty, .. } => {
                tparams
                    .into_iter()
                    .for_each(|list| visit(Node::Fields(list)));
                visit(Node::Expr(ty));
            }
        },
        Node::Func(id) => {
            let func = file.func(id);
            let sig = file.sig(func.sig);
            func.recv
                .into_iter()
                .for_each(|list| visit(Node::Fields(list)));
            sig.tparams
                .into_iter()
                .for_each(|list| visit(Node::Fields(list)));
            visit(Node::Fields(sig.params));
            sig.results
                .into_iter()
                .for_each(|list| visit(Node::Fields(list)));
            func.body
                .into_iter()
                .for_each(|body| visit(Node::Stmt(body)));
        }
        Node::Fields(id) => {
            for field in file.fields_of(id).iter() {
                let field = file.field(field);
                visit(Node::Expr(field.ty));
                field.tag.into_iter().for_each(|tag| visit(Node::Expr(tag)));
            }
        }
    }
}

fn expr_children(file: &File, id: ExprId, mut visit: impl FnMut(Node)) {
    let mut expr = |id| visit(Node::Expr(id));
    match file.expr(id).kind {
        ExprKind::Bad | ExprKind::Ident | ExprKind::BasicLit(_) | ExprKind::Ellipsis(None) => {}
        ExprKind::CompositeLit { ty, elts, .. } => {
            ty.into_iter().for_each(&mut expr);
            file.exprs(elts).iter().copied().for_each(expr);
        }
        ExprKind::FuncLit(func) => visit(Node::Func(func)),
        ExprKind::Paren(x)
        | ExprKind::Star(x)
        | ExprKind::Unary { x, .. }
        | ExprKind::Selector { x, .. }
        | ExprKind::Ellipsis(Some(x))
        | ExprKind::ChanType { elem: x, .. } => expr(x),
        ExprKind::Index { x, indices } => {
            expr(x);
            file.exprs(indices).iter().copied().for_each(expr);
        }
        ExprKind::Slice { x, lo, hi, max } => {
            expr(x);
            [lo, hi, max].into_iter().flatten().for_each(expr);
        }
        ExprKind::TypeAssert { x, ty } => {
            expr(x);
            ty.into_iter().for_each(expr);
        }
        ExprKind::Call { fun, args, .. } => {
            expr(fun);
            file.exprs(args).iter().copied().for_each(expr);
        }
        ExprKind::Binary { x, y, .. }
        | ExprKind::KeyValue { key: x, value: y }
        | ExprKind::MapType { key: x, value: y } => {
            expr(x);
            expr(y);
        }
        ExprKind::ArrayType { len, elem } => {
            len.into_iter().for_each(&mut expr);
            expr(elem);
        }
        ExprKind::StructType(fields) | ExprKind::InterfaceType(fields) => {
            visit(Node::Fields(fields));
        }
        ExprKind::FuncType(sig) => {
            let sig = file.sig(sig);
            sig.tparams
                .into_iter()
                .for_each(|list| visit(Node::Fields(list)));
            visit(Node::Fields(sig.params));
            sig.results
                .into_iter()
                .for_each(|list| visit(Node::Fields(list)));
        }
    }
}

fn stmt_children(file: &File, id: StmtId, mut visit: impl FnMut(Node)) {
    match file.stmt(id).kind {
        StmtKind::Bad | StmtKind::Empty { .. } | StmtKind::Branch { .. } => {}
        StmtKind::Decl(decl) => visit(Node::Decl(decl)),
        StmtKind::Labeled { stmt, .. } => visit(Node::Stmt(stmt)),
        StmtKind::Expr(x) | StmtKind::IncDec { x, .. } | StmtKind::Go(x) | StmtKind::Defer(x) => {
            visit(Node::Expr(x));
        }
        StmtKind::Send { chan, value } => {
            visit(Node::Expr(chan));
            visit(Node::Expr(value));
        }
        StmtKind::Assign { lhs, rhs, .. } => {
            file.exprs(lhs)
                .iter()
                .chain(file.exprs(rhs))
                .for_each(|&x| visit(Node::Expr(x)));
        }
        StmtKind::Return(results) => file
            .exprs(results)
            .iter()
            .for_each(|&x| visit(Node::Expr(x))),
        StmtKind::Block(list) => file
            .stmts(list)
            .iter()
            .for_each(|&stmt| visit(Node::Stmt(stmt))),
        StmtKind::If {
            init,
            cond,
            body,
            els,
        } => {
            init.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
            visit(Node::Expr(cond));
            visit(Node::Stmt(body));
            els.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
        }
        StmtKind::Switch { init, tag, body } => {
            init.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
            tag.into_iter().for_each(|tag| visit(Node::Expr(tag)));
            visit(Node::Stmt(body));
        }
        StmtKind::TypeSwitch { init, guard, body } => {
            init.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
            visit(Node::Stmt(guard));
            visit(Node::Stmt(body));
        }
        StmtKind::CaseClause { list, body, .. } => {
            file.exprs(list).iter().for_each(|&x| visit(Node::Expr(x)));
            file.stmts(body)
                .iter()
                .for_each(|&stmt| visit(Node::Stmt(stmt)));
        }
        StmtKind::Select { body } => visit(Node::Stmt(body)),
        StmtKind::CommClause { comm, body } => {
            comm.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
            file.stmts(body)
                .iter()
                .for_each(|&stmt| visit(Node::Stmt(stmt)));
        }
        StmtKind::For {
            init,
            cond,
            post,
            body,
        } => {
            init.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
            cond.into_iter().for_each(|cond| visit(Node::Expr(cond)));
            post.into_iter().for_each(|stmt| visit(Node::Stmt(stmt)));
            visit(Node::Stmt(body));
        }
        StmtKind::Range {
            key,
            value,
            x,
            body,
            ..
        } => {
            [key, value]
                .into_iter()
                .flatten()
                .for_each(|x| visit(Node::Expr(x)));
            visit(Node::Expr(x));
            visit(Node::Stmt(body));
        }
    }
}
