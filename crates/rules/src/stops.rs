//! Methods that end what a value does in the background: by name, and by taking nothing that says
//! which part to end.

use go_syntax::{File, FuncId, StmtKind};
use go_types::{Body, PackageCx, Selection, Type, TypeId};

/// What methods are called that end the work of a value for good.
pub(crate) const STOPS: [&str; 16] = [
    "Close",
    "Stop",
    "Shutdown",
    "close",
    "stop",
    "shutdown",
    "Terminate",
    "Quit",
    "quit",
    "Destroy",
    "GracefulStop",
    "StopAndWait",
    "Cancel",
    "Kill",
    "Done",
    "Halt",
];

/// What methods are called that start the work of a value and return.
pub(crate) const STARTS: [&str; 3] = ["Start", "start", "Run"];

/// The method of a type of the package that ends what its values do, with the file it is in.
pub(crate) fn stop_method(package: &PackageCx<'_>, type_name: &str) -> Option<(u32, FuncId)> {
    let names = package.names();
    STOPS[..6].iter().find_map(|stop| {
        let method = names.method(names.lookup_method(type_name, stop)?);
        let file = package.file(method.file);
        (takes_little(file, method.func) && !only_panics(file, method.func))
            .then_some((method.file, method.func))
    })
}

/// Whether all that a method does is to panic: it is not implemented.
fn only_panics(file: &File, func: FuncId) -> bool {
    let Some(body) = file.func(func).body else {
        return false;
    };
    match *file.block_stmts(body) {
        [only] => match file.stmt(only).kind {
            StmtKind::Expr(call) => file
                .call(call)
                .is_some_and(|(fun, _)| file.ident(fun) == Some("panic")),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a method has no parameters but perhaps a context.
fn takes_little(file: &File, func: FuncId) -> bool {
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let mut count = 0;
    for field in params.iter() {
        let field = file.field(field);
        count += field.names.len().max(1);
        if !file.expr_text(field.ty).ends_with("Context") {
            return false;
        }
    }
    count <= 1
}

/// The name of the type of the package that `ty`, or what it points to, is.
pub(crate) fn type_name(body: &Body<'_>, ty: TypeId) -> Option<String> {
    let Type::Named { name, .. } = body.cx().ty(body.cx().deref(ty)) else {
        return None;
    };
    let named = body.cx().named(name);
    let names = body.cx().names();
    (named.package == *names.path() && names.lookup(&named.name).is_some())
        .then(|| named.name.to_string())
}

/// Whether values of `ty` have a method that ends what they do, and takes nothing but a context.
pub(crate) fn can_stop<'n>(body: &Body<'_>, ty: TypeId, names: &[&'n str]) -> Option<&'n str> {
    names.iter().copied().find(|name| {
        let Some(Selection::Method { signature, .. }) = body.selection(ty, name) else {
            return false;
        };
        let Type::Func { params, .. } = body.cx().ty(signature) else {
            return false;
        };
        let params = body.cx().types(params);
        match *params {
            [] => true,
            [one] => body.is_named(one, "context", "Context"),
            _ => false,
        }
    })
}
