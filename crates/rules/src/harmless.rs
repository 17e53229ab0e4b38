//! What is lost when a deferred call does not run because the process ends: nothing, where the
//! kernel or the runtime cleans up anyway, or data, files, profiles and the like.
//!
//! What the call does decides; names do only where nothing else is known of it.

use go_flow::{CallMode, DeferSite, FunctionFacts};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Body, Builtin, Callee, LocalId, LocalKind, Object, Type};

/// What is lost when a deferred call never runs although the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// Buffered data.
    Data,
    /// Files or folders stay.
    Leftover,
    /// A profile or execution trace.
    Profile,
    /// The state of the terminal.
    Terminal,
    /// A transaction.
    Transaction,
    /// A span or the telemetry not sent yet.
    Telemetry,
    /// Another process runs on.
    Process,
    /// A mount stays.
    Mount,
    /// Only the name says that something is put in order.
    Named,
    /// Something that was to be printed or logged.
    Output,
}

impl Loss {
    /// What happens then, as the end of a sentence.
    pub(crate) const fn consequence(self) -> &'static str {
        match self {
            Self::Data => "what is still buffered is lost",
            Self::Leftover => "what it would remove stays on disk",
            Self::Profile => "the profile stays incomplete",
            Self::Terminal => "the terminal is not put back into its former state",
            Self::Transaction => "the transaction is not committed",
            Self::Telemetry => "what was not sent yet is lost",
            Self::Process => "the other process is left to itself",
            Self::Mount => "the mount stays",
            Self::Named => "what it would put in order stays as it is",
            Self::Output => "what it would print is not printed",
        }
    }
}

/// A deferred call that matters even when the process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Harm {
    /// What is lost without it.
    pub(crate) loss: Loss,
    /// The call that matters: the deferred one, or one in the deferred literal.
    pub(crate) call: ExprId,
}

/// How far calls are followed into functions of the package.
const DEPTH: u32 = 2;

/// What is lost when the process ends before the deferred call of `site` runs; `None` when that is
/// harmless, or nothing is known of it.
pub(crate) fn harm_of(facts: &FunctionFacts<'_>, site: &DeferSite<'_>) -> Option<Harm> {
    let harm = match site.literal {
        Some(literal) => harm_in(facts, literal, DEPTH),
        None => loss_of(facts, site.call, DEPTH).map(|loss| Harm {
            loss,
            call: site.call,
        }),
    };
    harm.or_else(|| {
        let call = match site.literal {
            Some(literal) => only_statement(facts, literal)?,
            None => site.call,
        };
        prints(facts, call).then_some(Harm {
            loss: Loss::Output,
            call,
        })
    })
}

/// The call that is all that a function does.
fn only_statement(facts: &FunctionFacts<'_>, func: FuncId) -> Option<ExprId> {
    let file = facts.file();
    match *file.block_stmts(file.func(func).body?) {
        [only] => match file.stmt(only).kind {
            StmtKind::Expr(call) => Some(file.unparen(call)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a call prints or logs something.
fn prints(facts: &FunctionFacts<'_>, call: ExprId) -> bool {
    match facts.callee(call) {
        Callee::Builtin(Builtin::Print | Builtin::Println) => true,
        Callee::Func { package, name, .. } => {
            matches!(package, "fmt" | "log") && matches!(name, "Print" | "Printf" | "Println")
        }
        _ => false,
    }
}

/// The first call that matters in a function. One that recovers is about panics.
fn harm_in(facts: &FunctionFacts<'_>, func: FuncId, depth: u32) -> Option<Harm> {
    if recovers(facts, func) {
        return None;
    }
    let mut calls = facts.calls_of(func).iter();
    calls.find_map(|site| {
        if matches!(site.mode, CallMode::Spawned(_)) || undoes_on_failure(facts, func, site.call) {
            return None;
        }
        let loss = loss_of(facts, site.call, depth)?;
        Some(Harm {
            loss,
            call: site.call,
        })
    })
}

/// Whether a call in `func` stands in a branch that is taken only when an error of the function
/// around is set: `if err != nil { undo() }`. At an exit in the middle, it is not set yet.
fn undoes_on_failure(facts: &FunctionFacts<'_>, func: FuncId, call: ExprId) -> bool {
    let file = facts.file();
    let names = facts.body().names();
    let call = file.expr(call).span;
    file.func(func).stmts.iter().any(|stmt| {
        let StmtKind::If { cond, body, .. } = file.stmt(stmt).kind else {
            return false;
        };
        let is_outer_error = |expr: ExprId| {
            let Some(local) = names.local_of(expr) else {
                return false;
            };
            names.local(local).func != func && is_error(facts, local)
        };
        let mut tests_error = false;
        if file.stmt(body).span.contains(call) {
            walk(file, Node::Expr(cond), |node| {
                if let Node::Expr(expr) = node {
                    tests_error |= is_outer_error(expr);
                }
                Descend::Into
            });
        }
        tests_error
    })
}

/// Whether a variable holds an error; by its name, when its type is unknown.
fn is_error(facts: &FunctionFacts<'_>, local: LocalId) -> bool {
    let body = facts.body();
    let ty = body.type_of_local(local);
    if body.cx().ty(ty) == Type::Unknown {
        let name = facts.file().span_text(body.names().local(local).span);
        return name == "err" || name.ends_with("Err");
    }
    body.cx().is_error(ty)
}

/// Whether a function calls `recover` itself.
pub(crate) fn recovers(facts: &FunctionFacts<'_>, func: FuncId) -> bool {
    facts
        .recovers()
        .iter()
        .any(|recover| recover.point.func == func)
}

fn loss_of(facts: &FunctionFacts<'_>, call: ExprId, depth: u32) -> Option<Loss> {
    if let Some(literal) = facts.literal_called(call) {
        let depth = depth.checked_sub(1)?;
        return harm_in(facts, literal, depth).map(|harm| harm.loss);
    }
    match facts.callee(call) {
        Callee::Func { package, name, .. } => {
            function_loss(package, name).or_else(|| declared_loss(facts, call, name, depth))
        }
        Callee::Selected { x, name } => method_loss(facts, call, x, name, depth),
        Callee::Var(_) | Callee::MemberVar(_) => {
            let (fun, _) = facts.file().call(call)?;
            named_loss(facts.file().expr_text(facts.file().unparen(fun)))
        }
        _ => None,
    }
}

/// The functions that matter, by package and name.
const FUNCTIONS: &[(&str, &[&str], Loss)] = &[
    ("os", &["Remove", "RemoveAll"], Loss::Leftover),
    ("runtime/pprof", &["StopCPUProfile"], Loss::Profile),
    ("runtime/trace", &["Stop"], Loss::Profile),
    ("golang.org/x/term", &["Restore"], Loss::Terminal),
    (
        "golang.org/x/crypto/ssh/terminal",
        &["Restore"],
        Loss::Terminal,
    ),
    ("github.com/moby/term", &["RestoreTerminal"], Loss::Terminal),
    ("syscall", &["Unmount"], Loss::Mount),
    ("golang.org/x/sys/unix", &["Unmount"], Loss::Mount),
    ("github.com/golang/glog", &["Flush"], Loss::Data),
    (
        "github.com/getsentry/sentry-go",
        &["Flush"],
        Loss::Telemetry,
    ),
];

/// Packages beside the standard library all of whose functions are known: what is not in
/// [`FUNCTIONS`] is harmless, and so are the methods of their types.
const KNOWN: &[&str] = &[
    // Queues in memory.
    "k8s.io/client-go/util/workqueue",
    "k8s.io/klog",
    "k8s.io/klog/v2",
    "k8s.io/component-base/logs",
];

/// Whether an import path is one of the standard library, where names need not tell what functions
/// do. Not so the empty path: nothing is known then.
pub(crate) fn is_standard(facts: &FunctionFacts<'_>, package: &str) -> bool {
    let first = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let own = first(facts.body().cx().names().path());
    let first = first(package);
    // A module may have a name without dots too.
    !first.is_empty() && !first.contains('.') && first != own && !matches!(&*first, "main" | "C")
}

fn function_loss(package: &str, name: &str) -> Option<Loss> {
    FUNCTIONS
        .iter()
        .find(|(of, names, _)| *of == package && names.contains(&name))
        .map(|&(_, _, loss)| loss)
}

/// What a function or method of the package loses; for others, what the name says.
fn declared_loss(facts: &FunctionFacts<'_>, call: ExprId, name: &str, depth: u32) -> Option<Loss> {
    let Some((file, func)) = facts.body().declaration(call) else {
        return match facts.callee(call) {
            Callee::Func { package, .. }
                if !is_standard(facts, package) && !KNOWN.contains(&package) =>
            {
                named_loss(name)
            }
            _ => None,
        };
    };
    let depth = depth.checked_sub(1)?;
    let body = Body::new(facts.body().cx(), file, func);
    harm_in(&FunctionFacts::new(&body), func, depth).map(|harm| harm.loss)
}

/// Packages of writers that hold data back until they are closed.
const WRITERS: &[&str] = &[
    "compress/gzip",
    "compress/zlib",
    "compress/flate",
    "compress/lzw",
    "compress/bzip2",
    "archive/zip",
    "archive/tar",
    "mime/multipart",
    "mime/quotedprintable",
    "encoding/xml",
    "encoding/base64",
    "encoding/hex",
    "encoding/pem",
    "github.com/klauspost/compress/gzip",
    "github.com/klauspost/compress/zstd",
    "github.com/klauspost/compress/zlib",
    "github.com/klauspost/pgzip",
    "github.com/dsnet/compress/bzip2",
    "github.com/ulikunitz/xz",
    "github.com/pierrec/lz4",
    "github.com/pierrec/lz4/v4",
];

fn method_loss(
    facts: &FunctionFacts<'_>,
    call: ExprId,
    x: ExprId,
    name: &str,
    depth: u32,
) -> Option<Loss> {
    let body = facts.body();
    let owner = || owner_of(facts, x);
    let (package, ty) = match name {
        // Compared first: types cost more.
        "Close" | "Flush" | "Sync" | "Stop" | "Commit" | "End" | "Shutdown" | "Wait" | "Kill" => {
            owner()
        }
        // The other end undoes a transaction when the connection breaks.
        "Rollback" => return None,
        _ => {
            let declared = body.declaration(call).is_some();
            let loss = named_loss(name);
            if loss.is_some() && !declared {
                let (package, ty) = owner();
                if KNOWN.contains(&&*package) {
                    return None;
                }
                if is_standard(facts, &package) {
                    let removes = (&*package, &*ty) == ("os", "Root");
                    return removes.then_some(Loss::Leftover);
                }
            }
            return match loss {
                Some(loss) if !declared && !name.to_ascii_lowercase().contains("remove") => {
                    Some(loss)
                }
                _ => declared_loss(facts, call, name, depth),
            };
        }
    };
    match name {
        "Flush" if !matches!(&*package, "net/http" | "net/http/httputil") => {
            if body.declaration(call).is_some() {
                declared_loss(facts, call, name, depth)
            } else {
                Some(Loss::Data)
            }
        }
        "Sync" if package == "go.uber.org/zap" => Some(Loss::Data),
        "Close"
            if WRITERS.contains(&&*package)
                && !ty.ends_with("Reader")
                && !ty.ends_with("ReadCloser") =>
        {
            Some(Loss::Data)
        }
        "Stop" if package == "github.com/pkg/profile" => Some(Loss::Profile),
        "Commit" if package == "database/sql" => Some(Loss::Transaction),
        "End" if package == "go.opentelemetry.io/otel/trace" && ty == "Span" => {
            Some(Loss::Telemetry)
        }
        "Shutdown" if package.starts_with("go.opentelemetry.io/otel") => Some(Loss::Telemetry),
        "Wait" if package == "os/exec" => Some(Loss::Process),
        "Kill" if package == "os" || package == "os/exec" => Some(Loss::Process),
        _ => declared_loss(facts, call, name, depth),
    }
}

/// The package and the name of the type of an operand; where the package is not at hand, the package
/// that has the function which made it, and no name. Both are empty when nothing is known.
pub(crate) fn owner_of(facts: &FunctionFacts<'_>, x: ExprId) -> (String, String) {
    let body = facts.body();
    let known = body.type_string(body.cx().deref(body.type_of(x)));
    let known = known.split('[').next().unwrap_or_default();
    if let Some((package, name)) = known.rsplit_once('.') {
        let maker = matches!((package, name), ("io", "WriteCloser"))
            .then(|| maker_of(facts, x))
            .flatten();
        if let Some(maker) = maker {
            return (maker, String::new());
        }
        return (package.trim_start_matches('*').to_owned(), name.to_owned());
    }
    (maker_of(facts, x).unwrap_or_default(), String::new())
}

/// The package of the function whose result `x` is.
fn maker_of(facts: &FunctionFacts<'_>, x: ExprId) -> Option<String> {
    let file = facts.file();
    let mut value = file.unparen(x);
    if let Object::Local(local) = facts.body().object(value) {
        let LocalKind::Var { init, .. } = facts.body().names().local(local).kind else {
            return None;
        };
        value = file.unparen(init.expr()?);
    }
    let ExprKind::Call { .. } = file.expr(value).kind else {
        return None;
    };
    match facts.callee(value) {
        Callee::Func { package, name, .. }
            if ["New", "Start"].iter().any(|start| name.starts_with(start))
                && !name.ends_with("Reader") =>
        {
            Some(package.to_owned())
        }
        _ => None,
    }
}

/// What names say that nothing else is known of.
fn named_loss(name: &str) -> Option<Loss> {
    const ORDER: &[&str] = &["cleanup", "teardown", "restore", "rollback", "purge"];
    let name = name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let has = |word: &str| name.contains(word);
    if has("stopprofil") || has("stopcpuprofil") {
        Some(Loss::Profile)
    } else if has("flush") {
        Some(Loss::Data)
    } else if has("unmount") {
        Some(Loss::Mount)
    } else if has("remove") {
        Some(Loss::Leftover)
    } else if has("shutdown") || ORDER.iter().any(|word| has(word)) {
        Some(Loss::Named)
    } else {
        None
    }
}
