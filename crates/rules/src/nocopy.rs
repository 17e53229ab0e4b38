//! Which types hold something that must not be copied once it is used: locks, counters, and whatever
//! says so by having the methods of a lock.

use std::cell::RefCell;
use std::rc::Rc;

use go_types::{Body, PackageCx, Selection, Type, TypeId};
use rustc_hash::FxHashMap;

/// What it is that must not be copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GuardKind {
    /// A lock: `sync.Mutex`, `sync.RWMutex`, or a type with methods `Lock` and `Unlock`.
    Lock,
    /// `sync.WaitGroup`
    WaitGroup,
    /// `sync.Once`
    Once,
    /// `sync.Cond`
    Cond,
    /// `sync.Pool` and `sync.Map`
    Shared,
    /// A type of package sync/atomic.
    Atomic,
    /// Some of the above in a type of the standard library that does not show it.
    Hidden,
    /// A marker without data.
    Marker,
}

/// What must not be copied in values of some type.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// What it is.
    pub(crate) kind: GuardKind,
    /// Its type, as messages write it.
    pub(crate) ty: String,
    /// The fields that lead to it, with dots between; empty when the value itself is it.
    pub(crate) path: String,
}

impl Guard {
    fn new(kind: GuardKind, package: &str, name: &str) -> Self {
        let package = package.rsplit('/').next().unwrap_or_default();
        Self {
            kind,
            ty: format!("{package}.{name}"),
            path: String::new(),
        }
    }

    fn within(&self, field: &str) -> Self {
        let path = match self.path.as_str() {
            "" => field.to_owned(),
            path => format!("{field}.{path}"),
        };
        Self {
            path,
            ..self.clone()
        }
    }
}

/// The names of the types of packages sync and sync/atomic that must not be copied.
pub(crate) const STD_GUARDS: [&str; 14] = [
    "Mutex",
    "RWMutex",
    "WaitGroup",
    "Once",
    "Cond",
    "Pool",
    "Map",
    "Bool",
    "Int32",
    "Int64",
    "Uint32",
    "Uint64",
    "Uintptr",
    "Pointer",
];

/// What is known of the types of packages sync and sync/atomic without looking at them.
fn std_guard(package: &str, name: &str) -> Option<GuardKind> {
    Some(match (package, name) {
        ("sync", "Mutex" | "RWMutex") => GuardKind::Lock,
        ("sync", "WaitGroup") => GuardKind::WaitGroup,
        ("sync", "Once") => GuardKind::Once,
        ("sync", "Cond") => GuardKind::Cond,
        ("sync", "Pool" | "Map") => GuardKind::Shared,
        ("sync" | "sync/atomic" | "internal/runtime/atomic", "noCopy") => GuardKind::Marker,
        ("sync/atomic", name) if STD_GUARDS.contains(&name) => GuardKind::Atomic,
        (package, name) if is_hidden_guard(package, name) => GuardKind::Hidden,
        _ => return None,
    })
}

/// The types of other packages of the standard library that must not be copied, of Go 1.27. (A test
/// compares them with their declarations.)
const HIDDEN_GUARDS: &[(&str, &[&str])] = &[
    ("archive/zip", &["ReadCloser", "Reader"]),
    ("crypto/tls", &["Config", "Conn"]),
    ("database/sql", &["Conn", "DB", "Rows", "Stmt", "Tx"]),
    ("debug/gosym", &["LineTable"]),
    ("encoding/gob", &["Decoder", "Encoder"]),
    ("encoding/json/v2", &["Marshalers", "Unmarshalers"]),
    ("expvar", &["Float", "Int", "Map"]),
    ("go/token", &["File", "FileSet"]),
    ("go/types", &["Context", "Named"]),
    ("io", &["PipeReader", "PipeWriter"]),
    ("log", &["Logger"]),
    ("log/slog", &["LevelVar"]),
    ("log/syslog", &["Writer"]),
    ("net", &["Resolver", "UnixListener"]),
    (
        "net/http",
        &[
            "ClientConn",
            "CrossOriginProtection",
            "ServeMux",
            "Server",
            "Transport",
        ],
    ),
    ("net/http/cookiejar", &["Jar"]),
    ("net/http/httptest", &["Server"]),
    ("net/http/httputil", &["ClientConn", "ServerConn"]),
    ("net/rpc", &["Client", "Server"]),
    ("net/textproto", &["Conn", "Pipeline"]),
    ("os", &["Process"]),
    ("runtime/pprof", &["Profile"]),
    ("runtime/trace", &["FlightRecorder"]),
    ("strings", &["Replacer"]),
    ("testing", &["B", "F", "M", "T"]),
];

fn is_hidden_guard(package: &str, name: &str) -> bool {
    HIDDEN_GUARDS
        .binary_search_by_key(&package, |&(package, _)| package)
        .is_ok_and(|at| HIDDEN_GUARDS[at].1.contains(&name))
}

/// Whether a package is one of the standard library that programs can import, as the first part of
/// its path tells. Their types need not be looked at, and so need not be loaded.
fn is_std(package: &str) -> bool {
    const FIRST: [&str; 48] = [
        "archive",
        "bufio",
        "bytes",
        "cmp",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "embed",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "index",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "slices",
        "sort",
        "strconv",
        "strings",
        "structs",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
        "unique",
        "unsafe",
        "weak",
    ];
    let first = package.split('/').next().unwrap_or_default();
    FIRST.binary_search(&first).is_ok() && !package.split('/').any(|part| part == "internal")
}

/// How deep structs and arrays are looked into. A type that contains itself would go on for ever.
const MAX_DEPTH: usize = 24;

/// What has been found out in a package.
#[derive(Default)]
struct Guards(RefCell<FxHashMap<TypeId, Option<Rc<Guard>>>>);

/// What must not be copied in values of type `ty`, as a package knows it.
pub(crate) fn guard_of(package: &PackageCx<'_>, ty: TypeId) -> Option<Rc<Guard>> {
    View {
        package,
        body: None,
    }
    .guard(ty, MAX_DEPTH)
}

/// [`guard_of`], for types declared in the function too.
pub(crate) fn guard_in(body: &Body<'_>, ty: TypeId) -> Option<Rc<Guard>> {
    View {
        package: body.cx(),
        body: Some(body),
    }
    .guard(ty, MAX_DEPTH)
}

#[derive(Clone, Copy)]
struct View<'v, 'a> {
    package: &'v PackageCx<'a>,
    body: Option<&'v Body<'a>>,
}

impl View<'_, '_> {
    fn guard(self, ty: TypeId, depth: usize) -> Option<Rc<Guard>> {
        let depth = depth.checked_sub(1)?;
        if !matches!(
            self.package.ty(ty),
            Type::Named { .. } | Type::Struct { .. } | Type::Array { .. } | Type::TypeParam(_)
        ) {
            return None;
        }
        let guards = self.package.memo(Guards::default);
        if let Some(known) = guards.0.borrow().get(&ty) {
            return known.clone();
        }
        let guard = self.compute(ty, depth).map(Rc::new);
        guards.0.borrow_mut().insert(ty, guard.clone());
        guard
    }

    fn compute(self, ty: TypeId, depth: usize) -> Option<Guard> {
        if let Type::TypeParam(_) = self.package.ty(ty) {
            let core = match self.body {
                Some(body) => body.core(ty),
                None => self.package.core(ty),
            };
            return self.guard(core, depth).map(|guard| (*guard).clone());
        }
        let mentioned_std = match self.package.ty(ty) {
            Type::Named { name, .. } => is_std(&self.package.named(name).package),
            _ => false,
        };
        // What an alias stands for, only its package knows.
        let ty = match self.body {
            _ if mentioned_std => ty,
            Some(body) => body.canonical(ty),
            None => self.package.canonical(ty),
        };
        if let Type::Named { name, .. } = self.package.ty(ty) {
            let named = self.package.named(name);
            let is_own = named.package == *self.package.names().path();
            if let Some(kind) = std_guard(&named.package, &named.name)
                && !(is_own && kind == GuardKind::Hidden)
            {
                return Some(Guard::new(kind, &named.package, &named.name));
            }
            if !is_own && is_std(&named.package) {
                return None;
            }
        }
        let underlying = match self.body {
            Some(body) => body.underlying(ty),
            None => self.package.underlying(ty),
        };
        match self.package.ty(underlying) {
            Type::Struct { .. } => self
                .lock_itself(ty, underlying)
                .or_else(|| self.in_fields(underlying, depth)),
            Type::Array { len, elem } => {
                let guard = self.guard(elem, depth)?;
                let kind = match len {
                    Some(0) => GuardKind::Marker,
                    _ => guard.kind,
                };
                Some(Guard {
                    kind,
                    ..(*guard).clone()
                })
            }
            Type::Basic(_) => self.lock_itself(ty, underlying),
            _ => None,
        }
    }

    /// A type that declares `Lock` and `Unlock` for pointers to it.
    fn lock_itself(self, ty: TypeId, underlying: TypeId) -> Option<Guard> {
        let Type::Named { name, .. } = self.package.ty(ty) else {
            return None;
        };
        let is_declared = |name: &str| match self.package.selection(ty, name) {
            Some(Selection::Method {
                owner,
                pointer: true,
                signature,
            }) => {
                owner == ty
                    && matches!(self.package.ty(signature), Type::Func { params, results, .. }
                        if self.package.types(params).is_empty() && self.package.types(results).is_empty())
            }
            _ => false,
        };
        // Two searches are dear; most types have no methods of the name.
        if !is_declared("Lock") || !is_declared("Unlock") {
            return None;
        }
        let is_empty = self
            .package
            .fields(underlying)
            .is_some_and(|fields| fields.is_empty());
        let kind = if is_empty {
            GuardKind::Marker
        } else {
            GuardKind::Lock
        };
        let named = self.package.named(name);
        let mut guard = Guard::new(kind, &named.package, &named.name);
        if named.package == *self.package.names().path() {
            guard.ty = named.name.to_string();
        }
        Some(guard)
    }

    fn in_fields(self, underlying: TypeId, depth: usize) -> Option<Guard> {
        let fields = match self.body {
            Some(body) => body.fields(underlying),
            None => self.package.fields(underlying),
        };
        let mut marker = None;
        for (name, ty) in fields? {
            let Some(guard) = self.guard(ty, depth) else {
                continue;
            };
            let name = match name.as_str() {
                "" => self.embedded_name(ty),
                _ => name,
            };
            let guard = guard.within(&name);
            if guard.kind != GuardKind::Marker {
                return Some(guard);
            }
            marker.get_or_insert(guard);
        }
        marker
    }

    /// The name of an embedded field, which is that of its type.
    fn embedded_name(self, ty: TypeId) -> String {
        match self.package.ty(ty) {
            Type::Named { name, .. } => self.package.named(name).name.to_string(),
            _ => String::new(),
        }
    }
}
