//! What is behind a reader or a writer: memory that cannot fail, an answer that nobody can take back,
//! or something that can fail.

use go_flow::Value;
use go_syntax::{ExprId, ExprKind, UnaryOp};
use go_types::{Builtin, Callee, Object};

use crate::cx::RuleCx;

/// Constructors are looked through so many levels deep.
const MAX_LAYERS: usize = 6;

/// What is behind a reader or a writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backing {
    /// Memory, a hash, or nothing at all: no error can come.
    Memory,
    /// The answer to a request, or a standard stream: there is nobody to tell.
    Final,
    /// Something that can fail.
    Other,
}

/// Types that keep what they are given in memory, without their pointers.
const MEMORY: [&str; 11] = [
    "bytes.Buffer",
    "bytes.Reader",
    "strings.Builder",
    "strings.Reader",
    "hash.Hash",
    "hash.Hash32",
    "hash.Hash64",
    "hash/maphash.Hash",
    "net/http/httptest.ResponseRecorder",
    "io.discard",
    "github.com/valyala/bytebufferpool.ByteBuffer",
];

/// What is behind `expr`.
pub(crate) fn backing(cx: &RuleCx<'_>, expr: ExprId) -> Backing {
    backing_within(cx, expr, MAX_LAYERS)
}

fn backing_within(cx: &RuleCx<'_>, expr: ExprId, layers: usize) -> Backing {
    let file = cx.file();
    let body = cx.body();
    let mut expr = file.unparen(expr);
    if let ExprKind::Unary {
        op: UnaryOp::Addr,
        x,
    } = file.expr(expr).kind
    {
        expr = file.unparen(x);
    }
    let ty = body.type_of(expr);
    if !ty.is_unknown() {
        let name = body.type_string(ty);
        let name = name.trim_start_matches('*');
        if MEMORY.contains(&name) {
            return Backing::Memory;
        }
        if name == "net/http.ResponseWriter" {
            return Backing::Final;
        }
    }
    if let Some((x, name)) = file.selector(expr)
        && let Object::Package(_) = body.object(x)
    {
        return match (file.expr_text(x), name) {
            ("os", "Stdout" | "Stderr" | "Stdin") => Backing::Final,
            ("io" | "ioutil", "Discard") => Backing::Memory,
            _ => Backing::Other,
        };
    }
    // `o.Out`, `streams.ErrOut`: what a command prints.
    if let Some((_, "Out" | "ErrOut" | "Stdout" | "Stderr" | "stdout" | "stderr")) =
        file.selector(expr)
    {
        return Backing::Final;
    }
    if layers == 0 {
        return Backing::Other;
    }
    let call = match (file.expr(expr).kind, body.object(expr)) {
        (ExprKind::Call { .. }, _) => expr,
        (_, Object::Local(local)) => {
            // One of several values is taken for all.
            let mut values = cx.facts().var(local).writes.iter().filter_map(|write| {
                let (Value::Expr(value) | Value::Element { expr: value, .. }) = write.value else {
                    return None;
                };
                Some(backing_within(cx, value, layers - 1))
            });
            return values
                .find(|&backing| backing != Backing::Other)
                .unwrap_or(Backing::Other);
        }
        _ => return Backing::Other,
    };
    let args = file.call(call).map_or(&[][..], |(_, args)| args);
    let Callee::Func { package, name, .. } = cx.facts().callee(call) else {
        return match cx.facts().callee(call) {
            // `cmd.OutOrStdout()`
            Callee::Selected { name, .. } if name.contains("OrStd") => Backing::Final,
            Callee::Conversion(_) => match *args {
                [arg] => backing_within(cx, arg, layers - 1),
                _ => Backing::Other,
            },
            Callee::Builtin(Builtin::New) => match *args {
                [ty] if MEMORY.contains(&file.expr_text(ty)) => Backing::Memory,
                _ => Backing::Other,
            },
            _ => Backing::Other,
        };
    };
    let is_hash =
        package == "hash" || package.starts_with("hash/") || package.starts_with("crypto/");
    if matches!(package, "bytes" | "strings") || (is_hash && name.starts_with("New")) {
        return Backing::Memory;
    }
    if package == "os"
        && name.starts_with("Open")
        && args
            .first()
            .is_some_and(|&path| is_of_system(file.expr_text(path)))
    {
        return Backing::Final;
    }
    let wraps =
        name.starts_with("New") || matches!(name, "LimitReader" | "TeeReader" | "NopCloser");
    match args.first() {
        Some(&arg) if wraps => backing_within(cx, arg, layers - 1),
        _ => Backing::Other,
    }
}

/// Whether a path, as it is written, leads to what the system keeps, or to a device.
pub(crate) fn is_of_system(path: &str) -> bool {
    ["\"/proc", "\"/sys", "\"/etc", "\"/dev", "\"/run"]
        .iter()
        .any(|start| path.contains(start))
}
