//! `body-not-drained`.

use go_flow::calls;
use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::{Callee, Init, LocalId, LocalKind, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds bodies of HTTP responses that are closed without anything having been read.
    ///
    /// ## What it does
    /// Reports `resp.Body.Close()` where nothing in the function reads the body of that response,
    /// and the response goes nowhere else.
    ///
    /// ## Why it is bad
    /// A connection is used again only when the body was read to its end: `Close` of an unread one
    /// closes the connection (`net/http/transfer.go`, `net/http/transport.go`), and the next request
    /// pays for a new one, with its handshake.
    ///
    /// ## Example
    /// ```go
    /// func ping(url string) (int, error) {
    /// 	resp, err := http.Get(url)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	return resp.StatusCode, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func ping(url string) (int, error) {
    /// 	resp, err := http.Get(url)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
    /// 	return resp.StatusCode, err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// For the only request to a server, for bodies that are empty, and for those that are so long
    /// that a new connection is cheaper. Go 1.27 and HTTP/2 lose less by it.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub BodyNotDrained {
        name: "body-not-drained",
        category: Release,
        severity: Note,
        default: off,
        needs: BODY,
    }
}

/// Functions that give a response: of net/http, and methods of its client.
const GIVING: [&str; 5] = ["Get", "Post", "PostForm", "Do", "RoundTrip"];

impl Rule for BodyNotDrained {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let calls = calls(package.file(input.index), func);
        !input.is_test && calls.contains("Close") && GIVING.iter().any(|name| calls.contains(name))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() {
            return;
        }
        let file = cx.file();
        for (local, _) in cx.body().names().locals() {
            if !is_response(cx, local) {
                continue;
            }
            if let Some(close) = only_close(cx, local) {
                let name = cx.snippet(close);
                let message = format!(
                    "`{name}` closes a body that nobody has read, so the connection cannot be used again"
                );
                cx.report(&Self::META, file.expr(close).span, message)
                    .help("read the rest first: `io.Copy(io.Discard, …)` with a limit");
            }
        }
    }
}

/// Whether a variable holds the response to a request that this function made.
fn is_response(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let LocalKind::Var {
        init: Init::Element { expr, index: 0, .. },
        ..
    } = cx.body().names().local(local).kind
    else {
        return false;
    };
    match cx.facts().callee(cx.file().unparen(expr)) {
        Callee::Func {
            package: "net/http",
            name,
            ..
        } => GIVING.contains(&name),
        Callee::Selected { name, .. } => {
            let ty = cx.body().cx().deref(cx.body().type_of_local(local));
            GIVING.contains(&name) && cx.body().is_named(ty, "net/http", "Response")
        }
        _ => false,
    }
}

/// The call that closes the body, when nothing else is done with that.
fn only_close(cx: &RuleCx<'_>, local: LocalId) -> Option<ExprId> {
    let file = cx.file();
    let is_it = |expr: ExprId| cx.body().object(file.unparen(expr)) == Object::Local(local);
    let body_of = |expr: ExprId| {
        file.selector(file.unparen(expr))
            .is_some_and(|(x, name)| name == "Body" && is_it(x))
    };
    let (mut close, mut closed, mut bodies, mut fields, mut uses) = (None, 0, 0, 0, 0);
    for expr in file.func(cx.root()).exprs.iter() {
        match file.expr(expr).kind {
            ExprKind::Ident if is_it(expr) && !cx.body().names().is_definition(expr) => uses += 1,
            ExprKind::Selector { x, .. } => {
                fields += usize::from(is_it(x));
                bodies += usize::from(body_of(expr));
            }
            ExprKind::Call { .. } => {
                if let Some((fun, _)) = file.call(expr)
                    && let Some((x, "Close")) = file.selector(file.unparen(fun))
                    && body_of(x)
                {
                    closed += 1;
                    close = close.or(Some(expr));
                }
            }
            // `resp != nil` is no use of it.
            ExprKind::Binary { x, y, .. } => fields += usize::from(is_it(x) || is_it(y)),
            _ => {}
        }
    }
    close.filter(|_| bodies == closed && fields == uses)
}
