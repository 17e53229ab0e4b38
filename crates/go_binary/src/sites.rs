//! The defer sites of a program in the words of its source: one entry for each `defer` statement, with
//! the identity that the same statement has in other builds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crate::Binary;
use crate::code::{self, Event};
use crate::defers::{Class, Defers, Maker};
use crate::pclntab::{FuncId, Function, pcdata};
use crate::symbol::Symbol;

/// What a `defer` statement is called across builds and tools.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SiteId {
    /// The import path of its package.
    pub package: String,
    /// The declaration around it: `F`, `T.M` or `(*T).M`, without type arguments.
    pub function: String,
    /// The name of its file, without folders.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Which of the line's it is, from 1.
    pub ordinal: u32,
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.package, self.file, self.line)?;
        if self.ordinal > 1 {
            write!(f, "#{}", self.ordinal)?;
        }
        write!(f, " {}", self.function)
    }
}

/// A `defer` statement of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its identity.
    pub id: SiteId,
    /// Its class; the dearest where copies differ.
    pub class: Class,
    /// What makes its promise, in the first copy of that class.
    pub maker: Maker,
    /// The path of its file, as the compiler knew it.
    pub path: String,
    /// The name of the function that the first copy is in, as it stands in stack traces.
    pub symbol: String,
    /// How often it was compiled: generic functions once for each shape of their types, literals once for
    /// each place where the function around them was inlined.
    pub copies: u32,
    /// What is called at the end, as far as the code tells it: behind the compiler's wrapper.
    pub calls: Option<String>,
    /// Whether what is called at the end calls `recover`.
    pub recovers: bool,
}

impl Binary<'_> {
    /// The `defer` statements behind `defers`, sorted by identity.
    #[must_use]
    pub fn sites(&self, defers: &Defers<'_>) -> Vec<Site> {
        Namer::new(self, defers).sites(defers)
    }

    /// The identity of each of [`Defers::sites`], in their order.
    #[must_use]
    pub fn identities(&self, defers: &Defers<'_>) -> Vec<SiteId> {
        let namer = Namer::new(self, defers);
        let mut identities = Vec::new();
        for found in &defers.functions {
            let name = self.functions().function(found.function).map(|f| f.name);
            let mut on_line: HashMap<(&str, u32), u32> = HashMap::new();
            for site in &found.sites {
                let ordinal = on_line.entry((site.file, site.line)).or_default();
                *ordinal += 1;
                let name = name.unwrap_or_default();
                identities.push(namer.identity(name, site.file, site.line, *ordinal));
            }
        }
        identities
    }
}

/// What is needed to name sites.
struct Namer<'b, 'a> {
    binary: &'b Binary<'a>,
    named: HashMap<&'a str, FuncId>,
    /// The literals and wrappers directly in a function, by its name.
    inner: HashMap<&'a str, Vec<FuncId>>,
    /// Declarations by file, with their lines, in order.
    declared: HashMap<&'a str, Vec<(u32, &'a str)>>,
    recovering: HashSet<FuncId>,
}

impl<'b, 'a> Namer<'b, 'a> {
    fn new(binary: &'b Binary<'a>, defers: &Defers<'_>) -> Self {
        let files: HashSet<&str> = defers.sites().map(|site| site.file).collect();
        let mut named = HashMap::new();
        let mut declared: HashMap<_, Vec<_>> = HashMap::new();
        let mut inner: HashMap<_, Vec<_>> = HashMap::new();
        for function in binary.functions().iter() {
            named.insert(function.name, function.id);
            let symbol = Symbol::parse(function.name);
            if let Some(outer) = symbol.outer(function.name) {
                inner.entry(outer).or_default().push(function.id);
            }
            if symbol.suffix.is_empty()
                && let Some((file, line)) = binary.declared_at(&function)
                && files.contains(file)
            {
                declared
                    .entry(file)
                    .or_default()
                    .push((line, function.name));
            }
        }
        for lines in declared.values_mut() {
            lines.sort_unstable();
        }
        Self {
            binary,
            named,
            inner,
            declared,
            recovering: defers.recovering.iter().copied().collect(),
        }
    }

    fn sites(&self, defers: &Defers<'a>) -> Vec<Site> {
        let mut sites: BTreeMap<SiteId, Site> = BTreeMap::new();
        for found in &defers.functions {
            let Some(function) = self.binary.functions().function(found.function) else {
                continue;
            };
            let mut on_line: HashMap<(&str, u32), u32> = HashMap::new();
            for site in &found.sites {
                let ordinal = on_line.entry((site.file, site.line)).or_default();
                *ordinal += 1;
                let id = self.identity(function.name, site.file, site.line, *ordinal);
                let target = site
                    .target
                    .and_then(|target| self.binary.functions().function(target))
                    .or_else(|| self.wrapper_on(&function, site.line));
                let (calls, recovers) = self.called(target.as_ref());
                let class = site.class();
                let fresh = || Site {
                    id: id.clone(),
                    class,
                    maker: site.maker,
                    path: site.file.to_owned(),
                    symbol: function.name.to_owned(),
                    copies: 0,
                    calls,
                    recovers,
                };
                let entry = sites.entry(id.clone()).or_insert_with(fresh);
                entry.copies += 1;
                entry.recovers |= recovers;
                if class > entry.class {
                    (entry.class, entry.maker) = (class, site.maker);
                }
            }
        }
        sites.into_values().collect()
    }

    /// The wrapper or literal of `function` that starts on `line`, when there is only one. Where the code
    /// comes together before the closure is used, this tells what the code does not.
    fn wrapper_on(&self, function: &Function<'a>, line: u32) -> Option<Function<'a>> {
        let inner = self.inner.get(function.name)?;
        let mut on_line = inner
            .iter()
            .filter_map(|&id| self.binary.functions().function(id))
            .filter(|candidate| {
                let declared = self.binary.declared_at(candidate);
                declared.is_some_and(|(_, start)| start == line)
            });
        let only = on_line.next()?;
        on_line.next().is_none().then_some(only)
    }

    fn identity(&self, symbol: &'a str, file: &'a str, line: u32, ordinal: u32) -> SiteId {
        let symbol = Symbol::parse(self.enclosing(symbol, file, line));
        let main = self
            .binary
            .build_info()
            .and_then(|info| info.path.as_deref());
        SiteId {
            package: match (&*symbol.package, main) {
                ("main", Some(path)) => path.to_owned(),
                (package, _) => package.to_owned(),
            },
            function: symbol.declared_name(),
            file: file.rsplit('/').next().unwrap_or_default().to_owned(),
            line,
            ordinal,
        }
    }

    /// The name of the function whose declaration has the line. When a function with a literal in it is
    /// inlined, the literal is compiled again, and named after where that was; the file and the line
    /// know better.
    fn enclosing(&self, symbol: &'a str, file: &str, line: u32) -> &'a str {
        let parts = Symbol::parse(symbol);
        let outer = symbol[..symbol.len() - parts.suffix.len()].trim_end_matches(['.', '-']);
        let functions = self.binary.functions();
        let fits = self
            .named
            .get(outer)
            .and_then(|&id| functions.function(id))
            .and_then(|function| self.binary.declared_at(&function))
            .is_some_and(|(declared_in, start)| declared_in == file && start <= line);
        if fits || parts.suffix.is_empty() {
            return symbol;
        }
        let before = self.declared.get(file).and_then(|declared| {
            let next = declared.partition_point(|&(start, _)| start <= line);
            declared.get(next.checked_sub(1)?)
        });
        before.map_or(symbol, |&(_, name)| name)
    }

    /// What a deferred function calls, and whether it recovers.
    fn called(&self, target: Option<&Function<'a>>) -> (Option<String>, bool) {
        let Some(target) = target else {
            return (None, false);
        };
        let recovers = |id: FuncId| self.recovering.contains(&id);
        if Symbol::parse(target.name).is_wrapper()
            && let Some((name, id)) = self.wrapped(target)
        {
            return (Some(name.to_owned()), id.is_some_and(recovers));
        }
        (Some(target.name.to_owned()), recovers(target.id))
    }

    /// The first call in a wrapper, inlined or not.
    fn wrapped(&self, wrapper: &Function<'a>) -> Option<(&'a str, Option<FuncId>)> {
        let functions = self.binary.functions();
        let tree: Vec<_> = functions
            .pcdata(wrapper, pcdata::INLINE_TREE_INDEX)
            .filter(|run| run.value >= 0)
            .collect();
        let inlined = tree.first().and_then(|run| {
            let frames = self.binary.frames_in(wrapper, run.start);
            let outermost = frames.len().checked_sub(2)?;
            Some((run.start, frames.get(outermost)?.function, None))
        });
        let mut called = None;
        let code = self.binary.code(wrapper);
        let arch = self.binary.image().arch();
        code::walk(arch, code, wrapper.entry, &mut |pc, event, _| {
            if let Event::Call(target) = event
                && called.is_none()
                && !tree.iter().any(|run| (run.start..run.end).contains(&pc))
                && let Some(function) = functions.at(target)
                && !is_service(function.name)
            {
                called = Some((pc, function.name, Some(function.id)));
            }
        });
        let (_, name, id) = match (inlined, called) {
            (Some(inlined), Some(called)) => {
                if inlined.0 < called.0 {
                    inlined
                } else {
                    called
                }
            }
            (one, other) => one.or(other)?,
        };
        Some((name, id))
    }
}

/// What the compiler calls on its own account.
fn is_service(name: &str) -> bool {
    [
        "runtime.morestack",
        "runtime.panic",
        "runtime.gcWriteBarrier",
        "runtime.race",
    ]
    .iter()
    .any(|service| name.starts_with(service))
}
