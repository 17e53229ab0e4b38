//! The declared functions of a package, and what they and those that they call have to do with
//! goroutines, by name alone: cheap enough to be asked of each package.

use go_syntax::{ExprKind, Features, File, FuncId, StmtKind};
use go_types::PackageCx;
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts go from callees to callers so many times.
const ROUNDS: usize = 6;

/// What is known of a function and all that it calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Facts(u8);

impl Facts {
    /// Something is done with channels, locks, groups or goroutines.
    const CONCERNED: u8 = 1;
    /// Goroutines are started.
    const STARTS: u8 = 1 << 1;
    /// A channel is made.
    const MAKES: u8 = 1 << 2;
    /// Something is sent.
    const SENDS: u8 = 1 << 3;
}

/// A declared function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declared {
    pub(super) file: u32,
    pub(super) func: FuncId,
    /// It stands in a file that declares tests.
    pub(super) in_tests: bool,
    /// It makes channels and sends to some, itself.
    pub(super) sends_to_own: bool,
    facts: Facts,
}

impl Declared {
    fn has(&self, fact: u8) -> bool {
        self.facts.0 & fact != 0
    }

    /// It does something with channels, locks or goroutines, or calls something that may.
    pub(super) fn concerned(&self) -> bool {
        self.has(Facts::CONCERNED)
    }

    /// It starts goroutines, or calls something that may.
    pub(super) fn starts(&self) -> bool {
        self.has(Facts::STARTS)
    }

    /// Channels are made and sent to in it, or in what it calls.
    pub(super) fn makes_and_sends(&self) -> bool {
        self.has(Facts::MAKES) && self.has(Facts::SENDS)
    }
}

/// Whether a function is called by `go test`.
pub(super) fn is_test(name: &str) -> bool {
    ["Test", "Benchmark", "Example", "Fuzz"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The files that declare tests.
pub(super) fn files_with_tests(cx: &PackageCx<'_>) -> FxHashSet<u32> {
    crate::lock_paths::declared_functions(cx)
        .filter(|(_, file, func)| {
            let node = file.func(*func);
            node.recv.is_none() && node.name.is_some_and(|name| is_test(file.name(name)))
        })
        .map(|(index, ..)| index)
        .collect()
}

/// A function, until the facts of what it calls are known.
struct Mentions {
    name: u32,
    calls: Vec<u32>,
}

/// The declared functions of a package.
pub(super) fn declared(cx: &PackageCx<'_>) -> Vec<Declared> {
    let mut found: Vec<Declared> = Vec::new();
    let mut mentions: Vec<Mentions> = Vec::new();
    let mut names: FxHashMap<&str, u32> = FxHashMap::default();
    let mut by_name: Vec<Facts> = Vec::new();
    let tests = files_with_tests(cx);
    let mut number = |name, by_name: &mut Vec<Facts>| {
        let next = by_name.len();
        *names.entry(name).or_insert_with(|| {
            by_name.push(Facts::default());
            u32::try_from(next).unwrap_or(u32::MAX)
        })
    };
    for (index, file, func) in crate::lock_paths::declared_functions(cx) {
        let node = file.func(func);
        let name = node.name.map_or("", |name| file.name(name));
        let mut calls = Vec::new();
        let facts = own_facts(file, func, &mut |called| {
            calls.push(number(called, &mut by_name));
        });
        calls.sort_unstable();
        calls.dedup();
        let name = number(name, &mut by_name);
        by_name[name as usize].0 |= facts.0;
        mentions.push(Mentions { name, calls });
        found.push(Declared {
            file: index,
            func,
            in_tests: false,
            sends_to_own: facts.0 & (Facts::MAKES | Facts::SENDS) == Facts::MAKES | Facts::SENDS,
            facts,
        });
    }
    for _ in 0..ROUNDS {
        let mut changed = false;
        for Mentions { name, calls } in &mentions {
            let own = by_name[*name as usize].0;
            let all = calls
                .iter()
                .fold(own, |all, &call| all | by_name[call as usize].0);
            changed |= all != own;
            by_name[*name as usize].0 = all;
        }
        if !changed {
            break;
        }
    }
    for (declared, Mentions { name, .. }) in found.iter_mut().zip(&mentions) {
        declared.facts = by_name[*name as usize];
        declared.in_tests = tests.contains(&declared.file);
    }
    found
}

/// The names of functions that may come to one of `wanted` by what they call or mention, their own names
/// included.
pub(super) fn names_leading_to<'a>(
    cx: &PackageCx<'a>,
    wanted: &FxHashSet<(u32, FuncId)>,
) -> FxHashSet<&'a str> {
    let mut leading: FxHashSet<&str> = FxHashSet::default();
    let mut others: Vec<(&str, FxHashSet<&str>)> = Vec::new();
    for (index, file, func) in crate::lock_paths::declared_functions(cx) {
        let node = file.func(func);
        let name = node.name.map_or("", |name| file.name(name));
        if wanted.contains(&(index, func)) {
            leading.insert(name);
            continue;
        }
        let mentions = node
            .exprs
            .iter()
            .filter_map(|expr| match file.expr(expr).kind {
                ExprKind::Ident => file.ident(expr),
                ExprKind::Selector { sel, .. } => Some(file.span_text(sel)),
                _ => None,
            });
        others.push((name, mentions.collect()));
    }
    loop {
        let before = leading.len();
        others.retain(|(name, mentions)| {
            let leads = leading.contains(name) || mentions.iter().any(|m| leading.contains(m));
            if leads {
                leading.insert(name);
            }
            !leads
        });
        if leading.len() == before {
            return leading;
        }
    }
}

/// What a function does itself; `visit` is told the names of what it may call.
fn own_facts<'a>(file: &'a File, func: FuncId, visit: &mut dyn FnMut(&'a str)) -> Facts {
    let concerns = Features::GO
        .union(Features::CHANNEL)
        .union(Features::SELECT)
        .union(Features::LOCK);
    let node = file.func(func);
    let mut facts = 0;
    if node.features.intersects(concerns) {
        facts |= Facts::CONCERNED;
    }
    if node.features.intersects(Features::GO) {
        facts |= Facts::STARTS;
    }
    if node.features.intersects(Features::CHANNEL)
        && node
            .stmts
            .iter()
            .any(|stmt| matches!(file.stmt(stmt).kind, StmtKind::Send { .. }))
    {
        facts |= Facts::SENDS;
    }
    for expr in node.exprs.iter() {
        match file.expr(expr).kind {
            ExprKind::Call { fun, .. } => {
                let fun = file.unparen(fun);
                let called = match file.selector(fun) {
                    Some((_, name)) => name,
                    None => file.ident(fun).unwrap_or(""),
                };
                match called {
                    "close" | "Wait" | "Done" | "Add" | "Signal" | "Broadcast" | "cancel"
                    | "WithCancel" => facts |= Facts::CONCERNED,
                    "make" => {
                        // The type may also have a name.
                        let ty = file.call(expr).and_then(|(_, args)| args.first().copied());
                        if ty.is_some_and(|ty| {
                            !matches!(
                                file.expr(ty).kind,
                                ExprKind::MapType { .. } | ExprKind::ArrayType { .. }
                            )
                        }) {
                            facts |= Facts::MAKES;
                        }
                        continue;
                    }
                    _ => {}
                }
                visit(called);
            }
            ExprKind::ChanType { .. } => facts |= Facts::CONCERNED,
            // A method that is handed on.
            ExprKind::Selector { sel, .. } => visit(file.span_text(sel)),
            _ => {}
        }
    }
    Facts(facts)
}
